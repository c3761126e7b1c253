"""Datadog: the history of an SLO of monitors or time slices, and its corrections."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, model_validator

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import by_frequency, from_unix, read_shape, refuse, shape_of
from slakit.evidence.sources.reader import LEFT_OUT, PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.watch import STATE, StillDown, left_out_as, outages_in, refuse_backwards
from slakit.problems import InputError, Problem

NAME = "datadog"
UP, DOWN, NO_DATA = 0, 1, 2
RECORDS: dict[str, Any] = {
    "source_id": pl.String,
    "version": pl.Int64,
    "item": pl.String,
    "state": pl.Int64,
    "category": pl.String,  # of a correction, which has no item and no state
    "recurs": pl.Boolean,
    "started": INSTANT,
    "ended": INSTANT,
}
Category = Literal["Scheduled Maintenance", "Outside Business Hours", "Deployment", "Other"]


class DatadogMapping(SourceMapping):
    """Keys of a mapping for Datadog. Items are the SLO as a whole by its name, its groups and its monitors.

    Monitors and groups are parts of the whole: map either the whole or its parts, and write `ignore` for the other.
    """

    no_data: Literal["unknown", "up", "down"] = "unknown"
    """What a time without data is: no coverage (`unknown`), or `up` as in time slices, or `down`."""
    corrections: dict[Category, Literal["scheduled", "emergency", "ignore"]] = {}
    """Which categories of corrections are maintenance of the provider, scheduled or emergency. What else is taken out
    of an SLO, such as hours outside of business, excuses nothing unless the contract says so."""
    still_down: StillDown = "open"
    """Whether what is down at the end of the file is still down (`open`), or was down until then (`known`)."""


class _History(BaseModel):
    name: str | None = None
    group: str | None = None
    history: list[tuple[float, float]] | None = None


class _Data(BaseModel):
    from_ts: int
    to_ts: int
    overall: _History
    groups: list[_History] | None = None
    monitors: list[_History] | None = None


class _HistoryFile(BaseModel):
    data: _Data


class _Correction(BaseModel):
    id: str
    type: Literal["correction"]
    category: Category
    start: int
    end: int | None = None
    rrule: str | None = None
    modified_at: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _attributes_beside_id(cls, entry: Any) -> Any:
        attributes = entry.get("attributes") if isinstance(entry, dict) else None
        return {**entry, **attributes} if isinstance(attributes, dict) else entry


class _CorrectionsFile(BaseModel):
    data: list[_Correction]


def recognises(source: bytes) -> str | None:
    """Recognise the history of an SLO, or its corrections."""
    if shape_of(source, _HistoryFile):
        return "its data have from_ts, to_ts and overall"
    if (corrections := shape_of(source, _CorrectionsFile)) is not None and corrections.data:
        return "its data are corrections"
    return None


def records(source: bytes, mapping: DatadogMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Read the times between changes of state, and the corrections."""
    if shape_of(source, _CorrectionsFile) is not None:
        return _table(
            {
                "source_id": each.id,
                "version": each.modified_at,
                "category": each.category,
                "recurs": each.rrule is not None,
                "started": each.start,
                "ended": each.end,
            }
            for each in read_shape(source, _CorrectionsFile, NAME).data
        )
    data = read_shape(source, _HistoryFile, NAME).data
    if data.overall.history is None:
        remedy = "export its counts as CSV, and import them into `measurements` with the reader table"
        refuse(NAME, "data.overall.history", None, "there is none: an SLO of counts has no states", remedy)
    rows, strange = [], []
    for part in (data.overall, *(data.groups or []), *(data.monitors or [])):
        item = part.group or part.name or "overall"
        changes = sorted(part.history or [])
        strange += [(item, state) for _, state in changes if state not in (UP, DOWN, NO_DATA)]
        # the first change is when the state began, which may be before the time that was asked for
        for (since, state), (until, _) in pairwise([*changes, (data.to_ts, UP)]):
            started, ended = max(round(since), data.from_ts), min(round(until), data.to_ts)
            if started < ended:
                rows.append({"source_id": f"{item}@{started}", "version": ended, "item": item, "state": int(state),
                             "started": started, "ended": ended})  # fmt: skip
    if strange:
        remedy = "0 is up, 1 down, 2 no data"
        raise InputError(NAME, [Problem(f"{NAME} {item} state", state, "not known", remedy) for item, state in strange])
    return _table(rows)


def _table(rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    seconds = {name: pl.Int64 if kind == INSTANT else kind for name, kind in RECORDS.items()}
    table = pl.DataFrame(list(rows), schema=seconds).with_columns(
        from_unix(pl.col("started")), from_unix(pl.col("ended"))
    )
    refuse_backwards(table, NAME)
    return table


def draft(records: pl.DataFrame) -> Draft:
    """Say what must be decided: what each part is, and what no data and corrections mean."""
    keys: dict[str, tuple[Any, str]] = {
        "no_data": ("unknown", "a time without data: unknown (no coverage), up or down"),
        "still_down": ("open", "down at the end of the file: still down (open), or down until then (known)"),
    }
    categories = records["category"].drop_nulls().unique().sort().to_list()
    if categories:
        remark = "each is the provider's maintenance (scheduled, emergency), or excuses nothing (ignore)"
        keys["corrections"] = (dict.fromkeys(categories, PLACEHOLDER), remark)
    return Draft(items=by_frequency(records["item"]), keys=keys)


def find(records: pl.DataFrame, mapping: DatadogMapping) -> Found:
    """Find outages and maintenance. A correction is about all items of its SLO."""
    spans = records.filter(pl.col("item").is_not_null())
    meaning = {UP: "up", DOWN: "down", NO_DATA: mapping.no_data}
    states = spans.with_columns(
        pl.col("state").replace_strict(meaning, return_dtype=STATE),
        pl.lit(mapping.still_down == "open").alias("goes_on"),
    )
    outages, covered = outages_in(states)
    left_out = [left_out_as("there were no data: no coverage", states.filter(pl.col("state") == "unknown"))]

    corrections = records.filter(pl.col("category").is_not_null())
    unknown = [name for name in corrections["category"].unique().sort() if name not in mapping.corrections]
    if unknown and mapping.unmapped == "refuse":
        remedy = "write scheduled, emergency or ignore under corrections"
        problems = [Problem(f"{NAME} mapping corrections", name, "is not there", remedy) for name in unknown]
        raise InputError(NAME, problems)
    kind = pl.col("category").replace_strict(dict(mapping.corrections), default=None, return_dtype=pl.String)
    corrections = corrections.with_columns(kind.alias("kind"))
    is_maintenance = pl.col("kind").is_in(["scheduled", "emergency"]).fill_null(value=False)
    reasons = (
        pl.when(pl.col("kind").is_null())
        .then(pl.format("the mapping does not name its category {}", "category"))
        .when(~is_maintenance)
        .then(pl.format("its category {} is ignored by the mapping", "category"))
        .when("recurs")
        .then(pl.lit("it recurs: write it into the evidence as recurring maintenance"))
        .when(pl.col("ended").is_null())
        .then(pl.lit("it has no end"))
    )
    corrections = corrections.with_columns(reasons.alias("reason"))
    left_out.append(corrections.filter(pl.col("reason").is_not_null()).select("source_id", "reason"))
    items = spans.select("item").unique()
    items = items if items.height else pl.DataFrame({"item": [None]}, schema={"item": pl.String})
    maintenance = corrections.filter(pl.col("reason").is_null()).drop("item").join(items, how="cross")
    named = pl.format("{} {}", "source_id", pl.col("item").fill_null("")).str.strip_chars().alias("maintenance")
    rows = maintenance.select(named, "source_id", "item", "started", "ended", "kind").sort("maintenance")
    return Found(
        {"outages": outages, "maintenance": rows}, pl.concat([pl.DataFrame(schema=LEFT_OUT), *left_out]), covered
    )


READER = Reader(
    name=NAME,
    reads="The history of one Datadog SLO (monitors or time slices; /api/v1/slo/ID/history) and its corrections",
    fetch='curl -H "DD-API-KEY: $KEY" -H "DD-APPLICATION-KEY: $APP" '
    '"https://api.datadoghq.com/api/v1/slo/ID/history?from_ts=1788220800&to_ts=1790812800" -o history.json\n'
    'curl -H "DD-API-KEY: $KEY" -H "DD-APPLICATION-KEY: $APP" '
    "https://api.datadoghq.com/api/v1/slo/ID/corrections -o corrections.json",
    mapping=DatadogMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
