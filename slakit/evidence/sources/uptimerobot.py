"""Monitors of UptimeRobot with their logs."""

from __future__ import annotations

from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict

from slakit.evidence.sources.parsing import by_frequency, from_unix, read_shape, shape_of
from slakit.evidence.sources.reader import Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.watch import STATE, left_out_as, outages_in, refuse_backwards

NAME = "uptimerobot"
STATE_OF = {1: "down", 2: "up", 98: "up", 99: "unknown"}
"""State by type of log. From `started` (98) on it was watched, and a failure would have been a log of its own."""
IS_DOWN = 9
"""Status of a monitor; 8 only seems down."""


class UptimeRobotMapping(SourceMapping):
    """Keys of a mapping for UptimeRobot. Items are the friendly names of monitors."""


class _Log(BaseModel):
    model_config = ConfigDict(strict=True)

    type: Literal[1, 2, 98, 99]
    datetime: int
    duration: int


class _Monitor(BaseModel):
    model_config = ConfigDict(strict=True)

    id: int
    friendly_name: str
    status: Literal[0, 1, 2, 8, 9]
    logs: list[_Log]


class _File(BaseModel):
    stat: Literal["ok"]
    monitors: list[_Monitor]


def recognises(source: bytes) -> str | None:
    """Recognise the answer of `getMonitors` with logs."""
    return "it has monitors with friendly_name and logs" if shape_of(source, _File) else None


def records(source: bytes, mapping: UptimeRobotMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Read the logs; one that has lasted longer in another file replaces the one that began with it."""
    rows = []
    for monitor in read_shape(source, _File, NAME).monitors:
        newest = max((log.datetime for log in monitor.logs), default=None)
        for log in monitor.logs:
            goes_on = log.datetime == newest and monitor.status == IS_DOWN
            rows.append((str(monitor.id), monitor.friendly_name, log.type, log.datetime, log.duration, goes_on))
    schema = ("monitor", "item", "type", "started", "duration", "goes_on")
    types = (pl.String, pl.String, pl.Int64, pl.Int64, pl.Int64, pl.Boolean)
    table = pl.DataFrame(rows, schema=dict(zip(schema, types, strict=True)), orient="row")
    ended = pl.col("started") + pl.col("duration")
    known = table.select(
        pl.format("{}-{}-{}", "monitor", "started", "type").alias("source_id"),
        ended.alias("version"),
        "item",
        pl.col("type").replace_strict(STATE_OF, return_dtype=STATE).alias("state"),
        from_unix(pl.col("started")),
        from_unix(ended).alias("ended"),
        "goes_on",
    ).unique(maintain_order=True)
    refuse_backwards(known, NAME)
    return known


def draft(records: pl.DataFrame) -> Draft:
    """Say what must be decided: what each monitor is."""
    return Draft(items=by_frequency(records["item"]))


def find(records: pl.DataFrame, mapping: UptimeRobotMapping) -> Found:  # noqa: ARG001
    """Find outages; a monitor that is paused sees nothing."""
    outages, covered = outages_in(records)
    left_out = left_out_as("the monitor was paused: no coverage", records.filter(pl.col("state") == "unknown"))
    return Found({"outages": outages}, left_out, covered)


READER = Reader(
    name=NAME,
    reads="Monitors of UptimeRobot with their logs (API v2, getMonitors with logs=1), 50 monitors a page",
    fetch="curl -d api_key=$KEY -d format=json -d logs=1 https://api.uptimerobot.com/v2/getMonitors -o monitors.json",
    mapping=UptimeRobotMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
