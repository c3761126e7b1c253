"""Incidents of Better Stack's monitors."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import BaseModel

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import by_frequency, instants_of, read_shape, shape_of
from slakit.evidence.sources.reader import Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.watch import left_out_as
from slakit.problems import InputError, Problem

NAME = "better-stack"


class BetterStackMapping(SourceMapping):
    """Keys of a mapping for Better Stack. Items are the names of incidents, which are those of the monitors."""


class _Attributes(BaseModel):
    name: str | None = None
    status: Literal["Unconfirmed", "Started", "Acknowledged", "Validating", "Resolved"]
    started_at: str
    acknowledged_at: str | None = None
    resolved_at: str | None = None


class _Incident(BaseModel):
    id: str
    type: Literal["incident"]
    attributes: _Attributes


class _File(BaseModel):
    data: list[_Incident]


def recognises(source: bytes) -> str | None:
    """Recognise a page of incidents."""
    return "its data are incidents with started_at" if shape_of(source, _File) else None


def records(source: bytes, mapping: BetterStackMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Read the incidents; what is known later of one replaces what was known before."""
    incidents = read_shape(source, _File, NAME).data
    wrong = [
        Problem(f"{NAME} {each.id} resolved_at", each.attributes.resolved_at, f"its status is {each.attributes.status}",
                "fetch the file again")
        for each in incidents
        if (each.attributes.status == "Resolved") != (each.attributes.resolved_at is not None)
        and each.attributes.status != "Unconfirmed"
    ]  # fmt: skip
    if wrong:
        raise InputError(NAME, wrong)
    table = pl.DataFrame(
        [(each.id, *each.attributes.model_dump().values()) for each in incidents],
        schema=dict.fromkeys(
            ("source_id", "item", "status", "started_at", "acknowledged_at", "resolved_at"), pl.String
        ),
        orient="row",
    )
    times = ("started_at", "acknowledged_at", "resolved_at")
    table = table.with_columns(instants_of(table[name], None, NAME, table["source_id"]) for name in times)
    return table.select(
        "source_id",
        pl.coalesce("resolved_at", "acknowledged_at", "started_at").cast(INSTANT).alias("version"),
        "item",
        "status",
        pl.col("started_at").alias("started"),
        pl.col("resolved_at").alias("ended"),
    )


def draft(records: pl.DataFrame) -> Draft:
    """Say what must be decided: what each monitor is."""
    return Draft(items=by_frequency(records["item"]))


def find(records: pl.DataFrame, mapping: BetterStackMapping) -> Found:  # noqa: ARG001
    """Find outages: every incident that was confirmed. An acknowledgement is one's own team's and says nothing."""
    confirmed = pl.col("status") != "Unconfirmed"
    outages = records.filter(confirmed).select(
        pl.col("source_id").alias("outage"), "source_id", "item", "started", "ended"
    )
    left_out = left_out_as("Better Stack did not confirm it: no outage", records.filter(~confirmed))
    return Found({"outages": outages.sort("started", "outage")}, left_out)


READER = Reader(
    name=NAME,
    reads="Incidents of Better Stack's monitors (/api/v3/incidents), a page at a time; it tells no times covered",
    fetch='curl -H "Authorization: Bearer $TOKEN" '
    '"https://uptime.betterstack.com/api/v3/incidents?from=2026-09-01&to=2026-09-30&per_page=50" -o incidents.json',
    mapping=BetterStackMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
