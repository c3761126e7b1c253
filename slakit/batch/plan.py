"""A batch plan: which reports to make, from which notebooks, with which parameters, checked beforehand."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from slakit.batch.report_checks import CheckPolicy, Given, PlanPlace, ReportCheck, is_policy, unsafe_name
from slakit.policy.quantities import PlainDuration
from slakit.policy.yaml import Document, problems_of, read_yaml
from slakit.problems import InputError, Problem, one_of

MOST_REPORTS = 10_000
USUAL_TIMEOUT = PlainDuration.parse("15m")
ALL = "all"
PLAN_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def is_spanned(key: str) -> bool:
    """Return whether patterns may stand for the values of a key of `for_each`: subscriptions and policies."""
    return key == "subscription" or is_policy(key)


def is_pattern(text: str) -> bool:
    """Return whether a text stands for many names.

    >>> is_pattern("all"), is_pattern("fjord-*"), is_pattern("klikk:gold")
    (True, True, False)
    """
    return text == ALL or any(sign in text for sign in "*?[")


def is_pattern_in(items: Any) -> bool:
    """Return whether a list holds a pattern."""
    return any(isinstance(item, str) and is_pattern(item) for item in items)


class ReportEntry(BaseModel):
    """One entry under `reports`: a report, or with `for_each` a family of them.

    Attributes
    ----------
    name
        Name of the report and of its files; `{placeholders}` are filled from `for_each`.
    notebook
        The notebook, relative to the plan's folder.
    parameters
        Parameters, on top of the plan's defaults.
    for_each
        Lists to combine, each with each, or a list of rows. Of subscriptions and policies a list may hold patterns
        (`fjord-*`), and `all` stands for every one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    notebook: str
    parameters: dict[str, Any] = {}
    for_each: Any = Field(default=None, json_schema_extra={"type": ["object", "array", "null"]})

    @field_validator("for_each")
    @classmethod
    def _lists_or_rows(cls, value: Any) -> Any:
        lists = isinstance(value, dict) and all(
            (isinstance(items, list) or (isinstance(items, str) and is_spanned(key))) and items
            for key, items in value.items()
        )
        rows = isinstance(value, list) and all(isinstance(row, dict) for row in value)
        if value is None or (value and (lists or rows)):
            return value
        shape = "{tier: [gold, silver]} or [{tier: gold}, {tier: silver}]"
        raise ValueError(f"neither lists to combine nor rows; write {shape}")


class PlanFile(BaseModel):
    """A plan as written.

    Attributes
    ----------
    title
        Title of the page that lists the reports.
    timeout
        How long a report may run (`15m`).
    defaults
        Parameters for every report whose notebook has them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: Literal[1]
    title: str = "Reports"
    timeout: PlainDuration = USUAL_TIMEOUT
    defaults: dict[str, Any] = {}
    reports: list[ReportEntry] = Field(min_length=1)

    @field_validator("timeout")
    @classmethod
    def _takes_time(cls, value: PlainDuration) -> PlainDuration:
        if not value.microseconds:
            raise ValueError("no time at all; write it like 15m")
        return value


@dataclass(frozen=True)
class PlannedReport:
    """One report to make.

    Attributes
    ----------
    parameters
        The parameters to give; paths among them are absolute.
    inputs
        The files and folders that the parameters name, defaults of the notebook included.
    """

    name: str
    notebook: Path
    parameters: dict[str, Any] = field(default_factory=dict)
    inputs: tuple[Path, ...] = ()


@dataclass(frozen=True)
class BatchPlan:
    """A plan, expanded and checked."""

    path: Path
    title: str
    reports: tuple[PlannedReport, ...]
    timeout: PlainDuration = USUAL_TIMEOUT


def read_plan(path: str | Path, *, check_policy: CheckPolicy | None = None) -> BatchPlan:
    """Read a plan, expand it and check every report in it.

    Parameters
    ----------
    path
        The plan, a YAML file. Notebooks and files in it are relative to its folder.
    check_policy
        Raises `InputError` or `ValueError` if there is no policy of a name, as written under `policy` or
        `policies`.

    Raises
    ------
    InputError
        With everything that is wrong with the plan.
    """
    path = Path(path)
    document = read_yaml(path)
    try:
        written = PlanFile.model_validate(document.tree)
    except ValidationError as error:
        raise InputError(str(path), problems_of(error, document)) from None
    expansion = _Expansion(path, document, written, check_policy)
    reports = list(expansion.reports())
    expansion.check_defaults()
    if expansion.problems:
        once = {str(problem): problem for problem in expansion.problems}
        raise InputError(str(path), once.values())
    return BatchPlan(path.resolve(), written.title, tuple(reports), written.timeout)


@dataclass(frozen=True)
class _Row:
    """One combination of `for_each`, and where each of its values stands."""

    values: dict[str, Any]
    places: dict[str, PlanPlace]


Spans = dict[str, list[tuple[Any, PlanPlace]]]
"""Each key of `for_each` with its values, and where each stands."""


def _rows(entry: ReportEntry, spans: Spans, place: PlanPlace) -> Iterator[_Row]:
    if isinstance(entry.for_each, list):
        for number, row in enumerate(entry.for_each):
            yield _Row(row, {key: (*place, "for_each", number, key) for key in row})
        return
    for chosen in itertools.product(*spans.values()):
        named = dict(zip(spans, chosen, strict=True))
        yield _Row({key: value for key, (value, _) in named.items()}, {key: here for key, (_, here) in named.items()})


class _Expansion:
    """Turns the entries of a plan into reports, gathering problems on the way."""

    def __init__(self, path: Path, document: Document, written: PlanFile, check_policy: CheckPolicy | None) -> None:
        self.document = document
        self.written = written
        self.problems: list[Problem] = []
        self.check = ReportCheck(path.resolve().parent, check_policy, self.wrong)
        self.names: set[str] = set()

    def wrong(self, place: PlanPlace, value: object, what: str, remedy: str) -> None:
        """Note a problem at a place of the file."""
        self.problems.append(Problem(self.document.where(place), value, what, remedy))

    def reports(self) -> Iterator[PlannedReport]:
        """Expand every entry."""
        for number, entry in enumerate(self.written.reports):
            place: PlanPlace = ("reports", number)
            spans = self.spans(entry, place)
            count = len(entry.for_each) if isinstance(entry.for_each, list) else math.prod(map(len, spans.values()))
            if count > MOST_REPORTS:
                self.wrong(
                    (*place, "for_each"),
                    f"{count} reports",
                    "too many",
                    f"stay under {MOST_REPORTS} an entry",
                )
                continue
            self.check_placeholders(entry, place)
            for row in _rows(entry, spans, place):
                report = self.report(entry, place, row)
                if report:
                    yield report

    def spans(self, entry: ReportEntry, place: PlanPlace) -> Spans:
        """List the values of each key of `for_each`, with the names that patterns stand for."""
        if not isinstance(entry.for_each, dict):
            return {}
        spans: Spans = {}
        for key, items in entry.for_each.items():
            here = (*place, "for_each", key)
            values: list[tuple[Any, PlanPlace]] = []
            listed = [items] if isinstance(items, str) else items
            for at, item in enumerate(listed):
                at_item = here if isinstance(items, str) else (*here, at)
                if is_spanned(key) and is_pattern_in([item]):
                    others = [name for name in self.names_like(item, key, entry, at_item) if name not in listed]
                    values += [(name, at_item) for name in others if name not in [value for value, _ in values]]
                else:
                    values.append((item, at_item))
            spans[key] = values
        return spans

    def names_like(self, pattern: str, key: str, entry: ReportEntry, place: PlanPlace) -> list[str]:
        """List the subscriptions of the evidence, or the policies of the library, that a pattern stands for."""
        known: Sequence[str] | None
        if is_policy(key):
            known, among = self.check.policy_names(tiers=":" in pattern), "policy of the library"
        else:
            evidence = self.evidence_of(entry, place)
            known, among = self.check.subscriptions(evidence, place), "subscription of the evidence"
            if known is None:
                return []
        found = [name for name in known if pattern == ALL or fnmatchcase(name, pattern)]
        if not found:
            self.wrong(place, pattern, f"matches no {among}", one_of(known, pattern))
        return found

    def evidence_of(self, entry: ReportEntry, place: PlanPlace) -> Path:
        """Return the evidence that an entry reads: its own, that of the plan, or that of the notebook."""
        given = entry.parameters.get("evidence", self.written.defaults.get("evidence"))
        if isinstance(given, str):
            return self.check.folder / given
        notebook = self.check.notebook(entry.notebook, (*place[:2], "notebook"))
        default = notebook.parameters["evidence"].default if notebook and "evidence" in notebook.parameters else ""
        return notebook.path.parent / str(default) if notebook else self.check.folder

    def listed(self, key: str, value: Any, entry: ReportEntry, place: PlanPlace) -> Any:
        """Write out the patterns in a list of policies; `all` alone stands for such a list."""
        if key not in ("policies", "plans"):
            return value
        items = [value] if isinstance(value, str) and is_pattern(value) else value
        if not isinstance(items, list) or not is_pattern_in(items):
            return value
        each = [self.names_like(item, key, entry, place) if is_pattern_in([item]) else [item] for item in items]
        return list(dict.fromkeys(name for names in each for name in names))

    def report(self, entry: ReportEntry, place: PlanPlace, row: _Row) -> PlannedReport | None:
        """Make one report of an entry, or nothing if its notebook cannot be read."""
        name = str(self.fill(entry.name, row, (*place, "name")))
        self.check_name(name, (*place, "name"))
        notebook = self.check.notebook(entry.notebook, (*place, "notebook"))
        if notebook is None:
            return None
        known = notebook.parameters
        given: Given = {
            key: (self.listed(key, value, entry, ("defaults", key)), ("defaults", key))
            for key, value in self.written.defaults.items()
            if key in known
        }
        given |= {key: (row.values[key], row.places[key]) for key in row.values if key in known}
        for key, value in entry.parameters.items():
            here = (*place, "parameters", key)
            given[key] = (self.listed(key, self.fill(value, row, here), entry, here), here)
        parameters, inputs = self.check.parameters(notebook, given, place)
        return PlannedReport(name, notebook.path, parameters, inputs)

    def fill(self, value: Any, row: _Row, place: PlanPlace) -> Any:
        """Fill the placeholders of a text; one that is all of a text keeps the type of its value."""
        if isinstance(value, list):
            return [self.fill(item, row, place) for item in value]
        if not isinstance(value, str):
            return value
        for name in PLAN_PLACEHOLDER.findall(value):
            if name not in row.values:
                self.wrong(
                    place,
                    value,
                    f"nothing fills {{{name}}}",
                    f"write it under for_each; {one_of(row.values, name)}",
                )
                return value
        alone = PLAN_PLACEHOLDER.fullmatch(value)
        if alone:
            return row.values[alone[1]]
        texts = {key: str(own).lower() if isinstance(own, bool) else str(own) for key, own in row.values.items()}
        return PLAN_PLACEHOLDER.sub(lambda found: texts[found[1]], value)

    def check_placeholders(self, entry: ReportEntry, place: PlanPlace) -> None:
        """Refuse a key of `for_each` that is neither placeholder nor parameter: it does nothing."""
        notebook = self.check.notebook(entry.notebook, (*place, "notebook"))
        if notebook is None or entry.for_each is None:
            return
        texts = [entry.name, *(str(value) for value in entry.parameters.values())]
        filled = {name for text in texts for name in PLAN_PLACEHOLDER.findall(text)}
        rows = [entry.for_each] if isinstance(entry.for_each, dict) else entry.for_each
        for key in dict.fromkeys(key for row in rows for key in row):
            if key not in filled and key not in notebook.parameters:
                where = (*place, "for_each", key) if isinstance(entry.for_each, dict) else (*place, "for_each")
                self.wrong(where, None, f"{key} is used nowhere", f"rename it; {one_of(notebook.parameters, key)}")

    def check_name(self, name: str, place: PlanPlace) -> None:
        """Check that a report's name makes a file name, and one of its own."""
        wrong, _, remedy = unsafe_name(name).partition("; ")
        if wrong:
            self.wrong(place, name, wrong, remedy)
        if name.casefold() in self.names:
            self.wrong(place, name, "two reports have this name", "put what tells them apart in it, like {policy}")
        self.names.add(name.casefold())

    def check_defaults(self) -> None:
        """Refuse defaults that no notebook has."""
        known = self.check.known_parameters()
        for key, value in self.written.defaults.items():
            if key not in known:
                self.wrong(
                    ("defaults", key),
                    value,
                    "no notebook of this plan has such a parameter",
                    one_of(known, key),
                )
