"""A batch plan: which reports to make, from which notebooks, with which parameters, checked beforehand."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from slakit.batch.report_checks import CheckPolicy, Given, PlanPlace, ReportCheck, unsafe_name
from slakit.policy.quantities import PlainDuration
from slakit.policy.yaml import Document, problems_of, read_yaml
from slakit.problems import InputError, Problem, one_of

MOST_REPORTS = 10_000
USUAL_TIMEOUT = PlainDuration.parse("15m")
PLAN_PLACEHOLDER = re.compile(r"\{(\w+)\}")


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
        Lists to combine, each with each, or a list of rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    notebook: str
    parameters: dict[str, Any] = {}
    for_each: Any = Field(default=None, json_schema_extra={"type": ["object", "array", "null"]})

    @field_validator("for_each")
    @classmethod
    def _lists_or_rows(cls, value: Any) -> Any:
        lists = isinstance(value, dict) and all(isinstance(items, list) and items for items in value.values())
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


def _rows(entry: ReportEntry, place: PlanPlace) -> Iterator[_Row]:
    place = (*place, "for_each")
    if entry.for_each is None:
        yield _Row({}, {})
    elif isinstance(entry.for_each, list):
        for number, row in enumerate(entry.for_each):
            yield _Row(row, {key: (*place, number, key) for key in row})
    else:
        keys = list(entry.for_each)
        for numbers in itertools.product(*(range(len(items)) for items in entry.for_each.values())):
            chosen = dict(zip(keys, numbers, strict=True))
            yield _Row(
                {key: entry.for_each[key][number] for key, number in chosen.items()},
                {key: (*place, key, number) for key, number in chosen.items()},
            )


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
            if not isinstance(entry.for_each, dict):
                count = len(entry.for_each or [1])
            else:
                count = math.prod(map(len, entry.for_each.values()))
            if count > MOST_REPORTS:
                self.wrong(
                    (*place, "for_each"),
                    f"{count} reports",
                    "too many",
                    f"stay under {MOST_REPORTS} an entry",
                )
                continue
            self.check_placeholders(entry, place)
            for row in _rows(entry, place):
                report = self.report(entry, place, row)
                if report:
                    yield report

    def report(self, entry: ReportEntry, place: PlanPlace, row: _Row) -> PlannedReport | None:
        """Make one report of an entry, or nothing if its notebook cannot be read."""
        name = str(self.fill(entry.name, row, (*place, "name")))
        self.check_name(name, (*place, "name"))
        notebook = self.check.notebook(entry.notebook, (*place, "notebook"))
        if notebook is None:
            return None
        known = notebook.parameters
        given: Given = {key: (value, ("defaults", key)) for key, value in self.written.defaults.items() if key in known}
        given |= {key: (row.values[key], row.places[key]) for key in row.values if key in known}
        for key, value in entry.parameters.items():
            here = (*place, "parameters", key)
            given[key] = (self.fill(value, row, here), here)
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
