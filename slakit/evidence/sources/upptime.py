"""Upptime: the states that a monitor on GitHub wrote into the log of its repository, or its issues."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, RootModel

from slakit.evidence.formats import refuse_bytes
from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import (
    BYTE_ORDER_MARK,
    as_written,
    instants_of,
    read_shape,
    refuse,
    shape_of,
    with_instants,
)
from slakit.evidence.sources.reader import COVERED, PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.states import (
    MAINTENANCE,
    OUTAGES,
    WEIGHED,
    WHOLE_PAGE,
    Weight,
    covered_by,
    downtimes,
    left_out,
    list_record,
)
from slakit.policy.quantities import PlainDuration
from slakit.problems import InputError, Problem

NAME = "upptime"
FETCH = """\
git clone --bare --filter=tree:0 https://github.com/OWNER/REPOSITORY upptime
git -C upptime log --format='%cI %s' > upptime.log
curl --fail -o issues.json 'https://api.github.com/repos/OWNER/REPOSITORY/issues?state=all&labels=status&per_page=100'
curl --fail -o work.json 'https://api.github.com/repos/OWNER/REPOSITORY/issues?state=all&labels=maintenance&per_page=100'"""
LINE = re.compile(r"(?P<at>\d{4}-\d\d-\d\dT\S+?)[ \t|](?P<subject>.*)")
STATUS = re.compile(r"\S+ (?P<item>.+) is (?P<state>up|down|degraded) \(\S+ in \S+ ms\)")
SQUARES = ("🟩", "🟥", "🟨")
TITLE = re.compile(r"\S+ (?P<item>.+) (?P<what>is down|has degraded performance)")
COMMENT = re.compile(r"<!--(.*?)-->", re.DOTALL)
FIELD = re.compile(r"^\s*(start|end|expectedDown|expectedDegraded)\s*:\s*(.*?)\s*$", re.MULTILINE)

RECORDS: dict[str, Any] = {
    "source_id": pl.String,
    "version": INSTANT,
    "kind": pl.String,  # commit · issue · maintenance · other · list: a file of issues, and what it covers
    "item": pl.String,
    "state": pl.String,
    "created": INSTANT,
    "started": INSTANT,
    "ended": INSTANT,
    "concerned": pl.List(pl.String),
}


class UpptimeMapping(SourceMapping):
    """What states of Upptime mean. An item is a monitor; maintenance names it by its slug (`my-site`).

    The log and the issues tell the same outages: import one of them, or both as two sources. The log is the better one:
    an issue keeps the state in which it was opened, and a person may close it at any time. GitHub gives 100 issues a
    page: fetch all pages (`&page=2`).
    """

    counts: dict[Literal["down", "degraded"], Weight] = {"down": Decimal(1)}
    """States that are downtime, with the share of it that is; `degraded` (slow, or an answer that was not expected) is
    none unless it is named: `{down: 1, degraded: 1}`. A share below 1 counts as such where the guarantee has
    `weigh: affected`; elsewhere the whole time counts."""
    never_up: Literal["list", "outage"] | None = None
    """Of a monitor that the log never shows up, such as the two that the template of Upptime tests itself with: whether
    it is excluded and listed, or is down until today. Needed where there is one that `items` does not ignore."""
    quiet: PlainDuration = PlainDuration.parse("2d")
    """A monitor that wrote no commit for longer was not running, so the time is not covered. Upptime commits the state
    of each monitor once a day, and whenever it changes."""


class _Label(BaseModel):
    name: str


class _Issue(BaseModel):
    number: int
    title: str
    labels: list[_Label]
    created_at: str
    updated_at: str
    closed_at: str | None
    body: str | None = None
    pull_request: Any = None


class _Issues(RootModel[list[_Issue]]):
    pass


def recognises(source: bytes) -> str | None:
    """Recognise a log with commits of Upptime, or issues with its labels."""
    if b"[upptime]" in source and log_lines(source)[0]:
        return "it is a git log with commits of Upptime"
    file = shape_of(source, _Issues) if b'"closed_at"' in source else None
    if file and any(label.name in ("status", "maintenance") for issue in file.root for label in issue.labels):
        return "it has issues of GitHub with the label status or maintenance"
    return None


def records(source: bytes, mapping: UpptimeMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Return a record for each commit of a state, or for each issue and the list of them."""
    is_json = source.removeprefix(BYTE_ORDER_MARK).lstrip()[:1] in (b"[", b"{")
    table = records_of_issues(source) if is_json else records_of_log(source)
    return pl.concat([pl.DataFrame(schema=RECORDS), table], how="diagonal").select(RECORDS.keys())


def log_lines(source: bytes) -> tuple[list[tuple[str, str, str]], list[Problem]]:
    """Return time, monitor and state of each commit of a state; and what is no line of a log, or a strange state."""
    found, problems = [], []
    text = source.decode("utf-8-sig", errors="replace")
    for number, line in enumerate(text.splitlines(), 1):
        parts = LINE.fullmatch(line.strip())
        status = STATUS.match(parts["subject"]) if parts else None
        where = f"{NAME} line {number}"
        if parts and status:
            found.append((parts["at"], status["item"], status["state"]))
        elif parts is None and line.strip():
            problems.append(Problem(where, line, "not a time and the subject of a commit", "write it with the command"))
        elif parts and parts["subject"].startswith(SQUARES):
            problems.append(Problem(where, line, "not a state that Upptime writes", "correct it, or take it out"))
    return found, problems


def records_of_log(source: bytes) -> pl.DataFrame:
    """Read the commits of states; others, such as those of graphs, are passed over."""
    if (refused := refuse_bytes(source.removeprefix(BYTE_ORDER_MARK), NAME)) is not None:
        raise InputError(NAME, refused.broken)
    lines, problems = log_lines(source)
    if not lines and not problems:
        refuse(NAME, "file", None, "no commit of a state is in it", "write it with the command, for the right branch")
    if problems:
        raise InputError(NAME, problems)
    table = pl.DataFrame(lines, schema=["started", "item", "state"], orient="row")
    at = instants_of(table["started"], None, NAME, table["item"])
    name = pl.format("{} {} is {}", pl.col("started").dt.to_string("%FT%TZ"), "item", "state")
    table = table.with_columns(at, pl.lit("commit").alias("kind"))
    return table.with_columns(name.alias("source_id"), pl.col("started").alias("version")).unique(maintain_order=True)


def records_of_issues(source: bytes) -> pl.DataFrame:
    """Read the issues, each as an outage, as maintenance or as something else."""
    rows = []
    for issue in read_shape(source, _Issues, NAME).root:
        labels = {label.name for label in issue.labels}
        title = TITLE.fullmatch(issue.title.strip())
        row: dict[str, Any] = {
            "source_id": f"issue {issue.number}",
            "version": issue.updated_at,
            "kind": "other",
            "created": issue.created_at,
        }
        if issue.pull_request is None and "maintenance" in labels:
            fields = dict(FIELD.findall("\n".join(COMMENT.findall(issue.body or ""))))
            slugs = f"{fields.get('expectedDown', '')},{fields.get('expectedDegraded', '')}".split(",")
            row |= {"kind": "maintenance", "started": fields.get("start"), "ended": fields.get("end")}
            row["concerned"] = sorted({slug.strip() for slug in slugs} - {""})
        elif issue.pull_request is None and "status" in labels and title:
            state = "down" if title["what"] == "is down" else "degraded"
            row |= {"kind": "issue", "item": title["item"], "state": state}
            row |= {"started": issue.created_at, "ended": issue.closed_at}
        rows.append(row)
    table = pl.DataFrame(rows, schema=as_written(RECORDS)).unique(maintain_order=True)
    if table["source_id"].is_duplicated().any():
        refuse(NAME, "file", None, "two issues of one number", "import the issues of one repository")
    table = with_instants(table, RECORDS, NAME)
    issues = table.filter(kind="issue")
    return pl.concat([table, list_record(issues, "created", pl.col("version"))], how="diagonal")


def draft(records: pl.DataFrame) -> Draft:
    """Return the monitors, and what must be decided of them."""
    times = Counter(records["item"].drop_nulls())
    times.update(slug for slugs in records["concerned"].drop_nulls() for slug in slugs)
    if records.filter(pl.col("concerned").list.len() == 0, kind="maintenance").height:
        times[WHOLE_PAGE] += 1
    keys: dict[str, tuple[Any, str]] = {
        "counts": ({"down": 1}, f"add degraded: 1, or a share of it, if slow answers are downtime; {WEIGHED}")
    }
    if never := never_up(records):
        remark = f"never up in this log: {', '.join(never)}; list excludes them, outage counts them as down till today"
        keys["never_up"] = (PLACEHOLDER, remark)
    return Draft(items=[name for name, _ in times.most_common()], keys=keys)


def never_up(records: pl.DataFrame) -> list[str]:
    """Return the monitors whose every commit says that they are down."""
    commits = records.filter(kind="commit").group_by("item").agg((pl.col("state") == "down").all().alias("down"))
    return sorted(commits.filter("down")["item"])


def find(records: pl.DataFrame, mapping: UpptimeMapping) -> Found:
    """Return outages from the commits of each monitor or from issues, maintenance, and what is covered."""
    kinds = set(records["kind"])
    if {"commit", "issue"} <= kinds:
        wrong = "a log and issues, which tell the same outages"
        refuse(NAME, "files", None, wrong, "import them as two sources, each with a name of its own")
    never = [item for item in never_up(records) if mapping.items.get(item) != "ignore"]
    if never and mapping.never_up is None:
        remedy = "write never_up: list or never_up: outage, or ignore it under items"
        problems = [Problem(f"{NAME} {item}", None, "never up in this log", remedy) for item in never]
        raise InputError(NAME, problems)

    reasons: dict[str, str] = {}
    outages: list[dict[str, Any]] = []
    commits = records.filter(kind="commit").sort("item", "started", "source_id")
    for (item,), told in commits.group_by("item", maintain_order=True):
        if item in never and mapping.never_up == "list":
            reasons |= dict.fromkeys(told["source_id"], f"{item} was never up in this log")
            continue
        first = dict(zip(told["started"], told["source_id"], strict=True))
        for span in downtimes(told.select("started", "state").rows(), None, mapping.counts):
            name = first[span.started]
            outages.append({"outage": name, "item": item, "source_id": name, **span._asdict()})
        slow = told.filter(state="degraded")["source_id"]
        if "degraded" not in mapping.counts:
            reasons |= dict.fromkeys(slow, "degraded, which does not count")

    maintenance: list[dict[str, Any]] = []
    for entry in records.filter(pl.col("kind").is_in(["issue", "maintenance", "other"])).sort("source_id").to_dicts():
        name, kind, started, ended = (entry[key] for key in ("source_id", "kind", "started", "ended"))
        if kind == "other":
            reasons[name] = "not an issue that Upptime wrote"
        elif kind == "maintenance" and (started is None or ended is None):
            reasons[name] = "maintenance whose text names no start or no end"
        elif ended is not None and ended <= started:
            reasons[name] = "it ended when it began, or before: it has no length"
        elif kind == "maintenance":
            row = {"started": started, "ended": ended, "announced": entry["created"], "kind": "scheduled"}
            for slug in entry["concerned"] or [WHOLE_PAGE]:
                maintenance.append(row | {"maintenance": f"{name} {slug}", "item": slug, "source_id": name})
        elif entry["state"] in mapping.counts:
            row = {"started": started, "ended": ended, "affected": mapping.counts[entry["state"]]}
            outages.append(row | {"outage": name, "item": entry["item"], "source_id": name})
        else:
            reasons[name] = f"{entry['state']}, which does not count"

    # a monitor was running from its first commit to its last, but for the times in which it was quiet
    pause = pl.col("started") - pl.col("started").shift().over("item") > pl.duration(
        microseconds=mapping.quiet.microseconds
    )
    seen = commits.filter(~pl.col("item").is_in(never if mapping.never_up == "list" else []))
    watched = seen.with_columns(run=pause.fill_null(value=False).cum_sum().over("item")).group_by("item", "run")
    spans = watched.agg(pl.col("started").min(), ended=pl.col("started").max()).filter(
        pl.col("ended") > pl.col("started")
    )
    lists = covered_by(records.filter(kind="list"), mapping)
    tables = {
        "outages": pl.DataFrame(outages, schema=OUTAGES),
        "maintenance": pl.DataFrame(maintenance, schema=MAINTENANCE),
    }
    return Found(tables, left_out(reasons.items()), pl.concat([spans.select(COVERED.keys()), lists]).sort(pl.all()))


READER = Reader(
    name=NAME,
    reads="States of an Upptime monitor, from the log of its repository or from its issues",
    fetch=FETCH,
    mapping=UpptimeMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
