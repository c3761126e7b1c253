"""ServiceNow's table `task_sla`: the SLA clocks of tasks, with durations that are written as dates from 1970."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import polars as pl
from pydantic import Field

from slakit.evidence.sources.clocks import (
    CLOCK,
    REMARK_CLOCK,
    REMARK_METRICS,
    REMARK_REOPENED,
    REMARK_UNTOLD,
    ClockMapping,
    find_by_clocks,
)
from slakit.evidence.sources.desks import keep_latest, need_columns
from slakit.evidence.sources.parsing import (
    by_frequency,
    fitting_forms,
    header_names,
    read_csv,
    read_times,
    with_row_ids,
)
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, MappingPart, Reader
from slakit.problems import InputError, Problem

NAME = "servicenow-task-sla"
STAGES: dict[str, Literal["counts", "waits", "ignore"]] = {
    "starting": "counts",
    "in_progress": "counts",
    "paused": "waits",
    "breached": "counts",
    "achieved": "counts",
    "completed": "counts",
    "cancelled": "ignore",
}
DONE = ("achieved", "completed")
OTHER_NAMES = {
    "task": ("task.number", "task_value", "Task"),
    "sla": ("sla.name", "sla_value", "SLA definition", "SLA"),
    "stage": ("Stage",),
    "started": ("Start time",),
    "stopped": ("Stop time",),
    "paused": ("Pause time",),
    "elapsed": ("Actual elapsed time",),
    "business_elapsed": ("Business elapsed time",),
    "updated": ("Updated",),
}


class TaskSlaColumns(MappingPart):
    """Columns of the export, as the table calls them. Those that are null are not read."""

    id: str | None = None
    """The id of the row; without it the task, the SLA and the start."""
    task: str = "task"
    """The ticket."""
    sla: str = "sla"
    """The SLA definition: the name of the clock."""
    stage: str = "stage"
    """The stage."""
    started: str = "start_time"
    """When the clock started."""
    stopped: str = "end_time"
    """When it stopped. Empty: it runs, or waits."""
    paused: str | None = "pause_time"
    """Since when it is paused."""
    elapsed: str | None = "duration"
    """What it counted around the clock."""
    business_elapsed: str | None = "business_duration"
    """What it counted in the hours of its schedule."""
    updated: str | None = "sys_updated_on"
    """When the row last changed: the later of two rows of a clock holds."""
    priority: str | None = None
    """The priority of the task, such as `task.priority`."""
    kind: str | None = None
    """The kind of task, such as `task.sys_class_name`."""
    item: str | None = None
    """What it is about, such as `task.business_service`, to tell subscriptions apart under `items`."""


class TaskSlaMapping(ClockMapping):
    """Keys of the mapping of a ServiceNow export of SLA rows."""

    count: Literal["instants", "duration", "business_duration"]
    """What counts: the `instants` at which clocks started and stopped, so that the hours and holds of the contract
    apply (pauses that ServiceNow made are not known then); or what it counted, without pauses, around the clock
    (`duration`) or in the hours of its schedule (`business_duration`), as `response_minutes` and `resolution_minutes`.
    """
    time_form: str | None = None
    """Form of its times; `2026-07-01 15:20:00` needs none."""
    statuses: dict[str, Literal["counts", "waits", "ignore"]] | None = Field(default_factory=lambda: dict(STAGES))
    """Stage (in lower case, with `_` for blanks) → `counts`; `waits` for the customer, a hold from the pause on; or
    `ignore`. If it is not written, only `cancelled` is ignored and only `paused` waits."""
    columns: TaskSlaColumns = Field(default_factory=TaskSlaColumns)
    """Names of its columns, where they are not those of the table."""


def _recognises(source: bytes) -> str | None:
    names = header_names(source)
    found = {"business_duration", "planned_end_time"} <= names
    return "business_duration and planned_end_time in its header" if found else None


def _records(source: bytes, mapping: TaskSlaMapping | None) -> pl.DataFrame:
    table = read_csv(source, NAME)
    if mapping is None:
        return with_row_ids(table)
    names = {key: name for key, name in mapping.columns.model_dump().items() if name is not None}
    need_columns(table, names.values(), NAME)
    rows = "row " + table["row"].cast(pl.String)
    problems: list[Problem] = []
    read: dict[str, pl.Series | pl.Expr] = {}
    for key, column in (
        ("started", "started"),
        ("stopped", "stopped"),
        ("waits_since", "paused"),
        ("version", "updated"),
    ):
        if column in names:
            read[key], broken = read_times(table[names[column]], mapping.time_form, mapping.time_zone, NAME, rows)
            problems += broken
    for key in ("elapsed", "business_elapsed"):
        if key in names:
            read[key], broken = read_durations(table[names[key]], rows)
            problems += broken
    for key in ("task", "sla", "stage"):
        empty = rows.filter(table[names[key]].is_null())
        problems += [Problem(f"{NAME} {row}", None, f"no {names[key]}", "export that column too") for row in empty]
    if problems:
        raise InputError(NAME, problems)
    texts = {
        "ticket": "task",
        "metric": "sla",
        "status": "stage",
        "priority": "priority",
        "kind": "kind",
        "item": "item",
    }
    read |= {key: table[names[column]] for key, column in texts.items() if column in names}
    read["status"] = table[names["stage"]].str.to_lowercase().str.replace_all(" ", "_").replace("canceled", "cancelled")
    columns = [read.get(key, pl.lit(None, dtype)).alias(key).cast(dtype) for key, dtype in CLOCK.items()]
    own = [table[names["id"]]] if "id" in names else None
    ids = own or [read["ticket"], read["metric"], read["started"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").fill_null("")]
    records = table.select(*columns, *([read["version"].alias("version")] if "version" in read else []))
    return keep_latest(records.with_columns(source_id=pl.concat_str(ids, separator="/")), NAME)


def read_durations(cells: pl.Series, rows: pl.Series) -> tuple[pl.Series, list[Problem]]:
    """Read durations as ServiceNow stores them, dates from 1970, or whole seconds.

    >>> values, _ = read_durations(pl.Series(["1970-01-01 02:37:03", "1970-01-03 00:00:00", "9423"]), pl.Series("abc"))
    >>> values.dt.to_string("polars").to_list()
    ['2h 37m 3s', '2d', '2h 37m 3s']
    """
    dates = cells.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    seconds = cells.str.extract("^([0-9]+)$").cast(pl.Int64) * 1_000_000
    values = dates.cast(pl.Int64).fill_null(seconds)
    wrong = ((values.is_null() & cells.is_not_null()) | (values < 0)).fill_null(False).arg_true()
    remedy = "export the values as they are stored, like 1970-01-01 02:37:03, and not as they are shown"
    problems = [Problem(f"{NAME} {rows[i]} {cells.name}", cells[i], "not a duration", remedy) for i in wrong]
    return values.cast(pl.Duration("us")), problems


def _draft(records: pl.DataFrame) -> Draft:
    columns = TaskSlaColumns()
    found: dict[str, Any] = {}
    for key, others in OTHER_NAMES.items():
        if getattr(columns, key) not in records.columns:
            there = [name for name in others if name in records.columns]
            optional = type(columns).model_fields[key].default is not None and key in ("paused", "elapsed", "updated")
            found[key] = there[0] if there else None if optional or key == "business_elapsed" else PLACEHOLDER
    names = columns.model_dump() | found
    if "sys_id" in records.columns:
        found["id"] = "sys_id"
    keys: dict[str, tuple[Any, str]] = {"metrics": (PLACEHOLDER, REMARK_METRICS)}
    if found:
        keys["columns"] = (found, "columns by the names that this file has; null: not read")
    times = [names[key] for key in ("started", "stopped", "updated") if names[key] in records.columns]
    forms = fitting_forms(pl.concat([records[name].alias("time") for name in times])) if times else [None]
    if forms != [None]:
        keys["time_form"] = (forms[0] if len(forms) == 1 else PLACEHOLDER, "the form of its times: day and month")
    if names["sla"] in records.columns:
        keys["metrics"] = (dict.fromkeys(by_frequency(records[names["sla"]]), PLACEHOLDER), REMARK_METRICS)
    keys["count"] = (PLACEHOLDER, REMARK_CLOCK + "`duration` around the clock, `business_duration` in its schedule")
    keys["reopened"] = (PLACEHOLDER, REMARK_REOPENED)
    keys["untold"] = (PLACEHOLDER, REMARK_UNTOLD)
    return Draft(time_zone=True, keys=keys)


def _find(records: pl.DataFrame, mapping: TaskSlaMapping) -> Found:
    columns: dict[str, Literal["elapsed", "business_elapsed"]]
    columns = {"duration": "elapsed", "business_duration": "business_elapsed"}
    untimed = records["status"].is_in(DONE) & records["stopped"].is_null()
    found = find_by_clocks(records.filter(~untimed), mapping, NAME, columns.get(mapping.count))
    reason = pl.lit("its clock is complete, and when it stopped is not told").alias("reason")
    return replace(found, left_out=pl.concat([found.left_out, records.filter(untimed).select("source_id", reason)]))


READER = Reader(
    NAME,
    "ServiceNow's table task_sla as CSV: when the SLA clocks of tickets started and stopped, or what they counted",
    "curl -u USER:PASSWORD 'https://INSTANCE.service-now.com/task_sla_list.do?CSV&sysparm_query=start_time>=2026-01-01'"
    " -o task_sla.csv",
    TaskSlaMapping,
    _recognises,
    _records,
    _draft,
    _find,
)
