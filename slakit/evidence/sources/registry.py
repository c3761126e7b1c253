"""Which readers there are: those of slakit, and those that other packages add; and which of them reads a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points

from slakit.evidence.sources.parsing import BYTE_ORDER_MARK, read_json
from slakit.evidence.sources.reader import Reader
from slakit.evidence.sources.refused import HEAD, refuse_known
from slakit.problems import InputError, Problem, one_of, shorten

GROUP = "slakit.readers"
"""Entry points of readers in other packages: `name = "package.module:READER"`."""
OWN: dict[str, str] = {
    "better-stack": "better_stack",
    "datadog": "datadog",
    "focus": "focus",
    "google-cloud": "google_cloud",
    "incident-io": "incident_io",
    "jira": "jira",
    "jira-sla": "jira_sla",
    "pingdom": "pingdom",
    "prometheus": "prometheus",
    "servicenow": "servicenow",
    "servicenow-task-sla": "servicenow_task_sla",
    "statuspage": "statuspage",
    "table": "table",
    "upptime": "upptime",
    "uptime-kuma": "uptime_kuma",
    "uptimerobot": "uptimerobot",
    "zendesk": "zendesk",
}
"""Name of each reader of slakit -> its module in this room, which is imported when it is used."""
SHIPPED = ("freshdesk-csv", "pingdom-results", "prtg-historic", "uptimerobot-csv", "zabbix-problems")
"""Readers that are a mapping of a plain table, in the folder `mappings`."""


@dataclass(frozen=True)
class BrokenReader:
    """A reader of another package that cannot be used, and why."""

    name: str
    wrong: str


def reader_names() -> list[str]:
    """Return the names of all readers, those of slakit first.

    >>> reader_names()[: len(OWN) + len(SHIPPED)] == [*OWN, *SHIPPED]
    True
    """
    return [*OWN, *SHIPPED, *sorted({point.name for point in entry_points(group=GROUP)} - OWN.keys() - {*SHIPPED})]


def load_reader(name: str) -> Reader | BrokenReader:
    """Load the reader of a name; what is wrong with one of another package is said, for it must stop nobody else's."""
    if name in OWN:
        own: Reader = import_module(f"slakit.evidence.sources.{OWN[name]}").READER
        return own
    if name in SHIPPED:
        from slakit.evidence.sources.shipped import reader_of

        return reader_of(name)
    point = next(point for point in entry_points(group=GROUP) if point.name == name)
    try:
        found = point.load()
    except Exception as error:
        return BrokenReader(name, f"cannot be loaded from {point.value} ({said_by(error)})")
    if not isinstance(found, Reader) or found.name != name:
        return BrokenReader(name, f"{point.value} is not a reader of this name")
    return found


def said_by(error: Exception) -> str:
    """Say what an error of a reader says, on one line."""
    return shorten(f"{type(error).__name__}: {error}", 160)


def readers() -> Iterator[Reader | BrokenReader]:
    """Load every reader."""
    return map(load_reader, reader_names())


def find_reader(name: str, where: str = "reader") -> Reader:
    """Return the reader of a name.

    Raises
    ------
    InputError
        There is none, or it cannot be loaded.
    """
    names = reader_names()
    if name not in names:
        raise InputError(where, [Problem(where, name, "no such reader", one_of(names, name))])
    found = load_reader(name)
    if isinstance(found, BrokenReader):
        raise InputError(where, [Problem(where, name, found.wrong, "update the package that it comes from")])
    return found


def json_fault(source: bytes, place: str) -> Problem | None:
    """Say what is wrong with a file that begins as JSON and is none, such as half of it, or JSON lines."""
    if source[:HEAD].lstrip(BYTE_ORDER_MARK + b" \t\r\n")[:1] not in (b"{", b"["):
        return None
    try:
        read_json(source, place)
    except InputError as error:
        return error.problems[0]
    return None


def recognise_reader(sources: Mapping[str, bytes]) -> Reader:
    """Return the one reader that recognises all files.

    Parameters
    ----------
    sources
        Name -> content of each file.

    Raises
    ------
    InputError
        None recognises them, or several do; or they are of a kind that is no evidence. It says which reader takes
        which file for what, and which readers of other packages failed.
    """
    problems = [problem for place, source in sources.items() for problem in refuse_known(place, source)]
    if problems:
        raise InputError(", ".join(sources), problems)
    told: dict[str, dict[str, str]] = {}
    loaded: dict[str, Reader] = {}
    broken: list[BrokenReader] = []
    for reader in readers():
        if isinstance(reader, BrokenReader):
            broken.append(reader)
            continue
        try:
            says = {place: reader.recognises(source) for place, source in sources.items()}
        except Exception as error:
            broken.append(BrokenReader(reader.name, f"failed while it looked at the file ({said_by(error)})"))
            continue
        told[reader.name] = {place: text for place, text in says.items() if text}
        loaded[reader.name] = reader
    whole = [name for name, says in told.items() if len(says) == len(sources)]
    if len(whole) == 1:
        return loaded[whole[0]]
    for place in sources:
        found = [f"{name} ({says[place]})" for name, says in told.items() if place in says]
        wrong = f"recognised by {' and '.join(found)}" if found else "recognised by none of the readers"
        if not found and (fault := json_fault(sources[place], place)):
            wrong = f"{wrong}; it begins as JSON, and is {fault.wrong}"
            if (at := fault.where.removeprefix(place).strip()) != "file":
                wrong = f"{wrong} at {at}"
        tried = f"tried were {', '.join(told)}" if told else "there are none"
        remedy = "name its reader with --reader (reader= in Python)"
        if not found:
            remedy = f"if it is a table, add --reader table (reader='table' in Python); {tried}"
        problems.append(Problem(place, None, wrong, remedy))
    problems += [Problem(f"reader {one.name}", None, one.wrong, "update its package, or remove it") for one in broken]
    raise InputError(", ".join(sources), problems)
