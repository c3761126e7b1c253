"""Outage states of a Pingdom check."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from slakit.evidence.sources.parsing import from_unix, read_shape, shape_of
from slakit.evidence.sources.reader import Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.watch import STATE, StillDown, left_out_as, outages_in, refuse_backwards

NAME = "pingdom"


class PingdomMapping(SourceMapping):
    """Keys of a mapping for Pingdom. A file is about one check, so the mapping names its `subscription`."""

    still_down: StillDown = "open"
    """Whether a check that is down at the end of the file is still down (`open`), or was down until then (`known`)."""


class _State(BaseModel):
    model_config = ConfigDict(strict=True)

    status: Literal["up", "down", "unknown"]
    timefrom: int
    timeto: int


class _Summary(BaseModel):
    states: list[_State]


class _File(BaseModel):
    summary: _Summary


def recognises(source: bytes) -> str | None:
    """Recognise the answer of `summary.outage`."""
    return "it has summary.states with timefrom and timeto" if shape_of(source, _File) else None


def records(source: bytes, mapping: PingdomMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Read the states; one that lasts longer in another file replaces the one that begins with it."""
    states = read_shape(source, _File, NAME).summary.states
    table = pl.DataFrame(
        [(state.timefrom, state.timeto, state.status) for state in states],
        schema={"started": pl.Int64, "ended": pl.Int64, "state": STATE},
        orient="row",
    )
    known = table.select(
        pl.format("{}-{}", "started", "state").alias("source_id"),
        pl.col("ended").alias("version"),
        "state",
        from_unix(pl.col("started")),
        from_unix(pl.col("ended")),
    ).unique(maintain_order=True)
    refuse_backwards(known, NAME)
    return known


def draft(records: pl.DataFrame) -> Draft:  # noqa: ARG001
    """Say what must be decided about a check."""
    remark = "down at the end of the file: still down (open), or down until then (known), as in a file of a past month"
    return Draft(keys={"still_down": ("open", remark)})


def find(records: pl.DataFrame, mapping: PingdomMapping) -> Found:
    """Find outages; in a time of unknown state the check saw nothing."""
    item = pl.lit(None, dtype=pl.String).alias("item")
    goes_on = pl.lit(mapping.still_down == "open").alias("goes_on")
    outages, covered = outages_in(records.with_columns(item, goes_on))
    left_out = left_out_as("Pingdom did not know the state: no coverage", records.filter(pl.col("state") == "unknown"))
    return Found({"outages": outages}, left_out, covered)


READER = Reader(
    name=NAME,
    reads="Outage states of one Pingdom check (summary.outage); each check is a source of its own",
    fetch='curl -H "Authorization: Bearer $TOKEN" '
    '"https://api.pingdom.com/api/3.1/summary.outage/CHECK?from=1788220800&to=1790812800" -o check.json',
    mapping=PingdomMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
