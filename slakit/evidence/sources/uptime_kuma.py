"""Uptime Kuma: the heartbeats of its SQLite database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any, Literal

import polars as pl

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.parsing import by_frequency, from_unix, instants_of, refuse
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader, SourceMapping
from slakit.evidence.sources.watch import STATE, joined_states, left_out_as, outages_in, without
from slakit.problems import InputError, Problem

NAME = "uptime-kuma"
COPY = 'sqlite3 kuma.db ".backup monitors.db"'
SQLITE = b"SQLite format 3\0"
DOWN, UP, PENDING, MAINTENANCE = 0, 1, 2, 3
BEATS: dict[str, Any] = {
    "id": pl.Int64,
    "monitor": pl.Int64,
    "status": pl.Int64,
    "important": pl.Int64,
    "time": pl.String,
    "duration": pl.Float64,
    "retries": pl.Int64,
}
MONITORS: dict[str, Any] = {
    "monitor": pl.Int64,
    "name": pl.String,
    "interval": pl.Int64,
    "maxretries": pl.Int64,
    "retry_interval": pl.Int64,
}
PERIODS: dict[str, Any] = {"monitor": pl.Int64, "timestamp": pl.Int64}
RECORDS: dict[str, Any] = {
    "source_id": pl.String,
    "version": INSTANT,
    "kind": pl.String,  # beat · monitor · stat_hourly · stat_daily
    "monitor": pl.Int64,
    "at": INSTANT,
    "status": pl.Int64,
    "retries": pl.Int64,
    "silent_since": INSTANT,  # of a beat after a gap: the beat before it
    "name": pl.String,
    "interval": pl.Int64,
    "maxretries": pl.Int64,
    "retry_interval": pl.Int64,
}


class UptimeKumaMapping(SourceMapping):
    """Keys of a mapping for Uptime Kuma. Items are the names of monitors."""

    start: Literal["confirmed", "first_failure"]
    """Where a monitor has retries, an outage begins when they are used up (`confirmed`), as Uptime Kuma notifies, or
    with the first failed check (`first_failure`), as it computes its own percentage. The checks between are deleted
    after a day; their time is then retries × retry interval."""
    maintenance: Literal["scheduled", "emergency", "own"] | None = None
    """What maintenance in Uptime Kuma is: the provider's, `scheduled` or `emergency`, or one's `own` pause of checks,
    which excuses nothing. Needed where there is any; the monitor saw nothing meanwhile."""


def recognises(source: bytes) -> str | None:
    """Recognise a SQLite database with heartbeats."""
    if not source.startswith(SQLITE):
        return None
    try:
        with closing(_opened(source)) as database:
            is_kuma = {"monitor", "heartbeat"} <= _tables(database)
            return "a SQLite database with monitor and heartbeat" if is_kuma else None
    except sqlite3.Error:
        return None


def records(source: bytes, mapping: UptimeKumaMapping | None) -> pl.DataFrame:  # noqa: ARG001
    """Read monitors, and the beats that tell something new: the first, the last, a change, the end of a gap."""
    if not source.startswith(SQLITE):
        refuse(NAME, "file", None, "not a SQLite database", f"copy it with: {COPY}")
    try:
        with closing(_opened(source)) as database:
            if missing := {"monitor", "heartbeat"} - _tables(database):
                refuse(
                    NAME, "file", None, f"it has no table {min(missing)}", "name the database of Uptime Kuma, kuma.db"
                )
            monitors = _rows(database, "monitor", {"id": "monitor"}, MONITORS)
            beats = _rows(database, "heartbeat", {"monitor_id": "monitor"}, BEATS)
            watched = {
                name: _rows(database, name, {"monitor_id": "monitor"}, PERIODS)
                for name in ("stat_hourly", "stat_daily")
                if name in _tables(database)
            }
    except sqlite3.Error as error:
        refuse(NAME, "file", None, f"SQLite cannot read it ({error})", f"copy it with: {COPY}")
    strange = beats.filter(pl.col("status").is_in([DOWN, UP, PENDING, MAINTENANCE], nulls_equal=True).not_())
    if not strange.is_empty():
        remedy = "0 is down, 1 up, 2 pending, 3 maintenance"
        problems = [
            Problem(f"{NAME} heartbeat {row[0]} status", row[1], "not known", remedy)
            for row in strange.select("id", "status").rows()
        ]
        raise InputError(NAME, problems)
    beats = beats.with_columns(instants_of(beats["time"], "UTC", NAME, beats["id"]).alias("at")).sort(
        "monitor", "at", "id"
    )
    before = {name: pl.col(name).shift(1).over("monitor") for name in ("at", "status", "important")}
    elapsed = pl.col("at") - before["at"]
    # Checks take up to 0.8 of the interval, so two of them are at most 1.8 intervals apart. Where beats between two
    # were deleted, the later one still knows the time since the one before it.
    allowed = pl.duration(seconds=2 * pl.max_horizontal("interval", "retry_interval"))
    adjacent = (before["important"] == 0) | (pl.duration(seconds=pl.col("duration").fill_null(0) + 2) >= elapsed)
    beats = beats.join(monitors.select("monitor", "interval", "retry_interval"), on="monitor", how="left").with_columns(
        pl.when((elapsed > allowed) & adjacent).then(before["at"]).alias("silent_since")
    )
    tells = (
        pl.col("status").ne_missing(before["status"])
        | pl.col("silent_since").is_not_null()
        | (pl.col("at") == pl.col("at").max().over("monitor"))
    )
    newest = beats["at"].max()
    parts = [
        monitors.with_columns(
            _named("monitor", "monitor"),
            pl.lit(newest, dtype=INSTANT).alias("version"),
            pl.lit("monitor").alias("kind"),
        ),
        beats.filter(tells).select(
            _named("beat", "id"), pl.lit("beat").alias("kind"), "monitor", "at", "status", "retries", "silent_since"
        ),
        *(
            table.select(
                pl.format("{}-{}-{}", pl.lit(name), "monitor", "timestamp").alias("source_id"),
                pl.lit(name).alias("kind"),
                "monitor",
                from_unix(pl.col("timestamp")).alias("at"),
            )
            for name, table in watched.items()
        ),
    ]
    return pl.concat([pl.DataFrame(schema=RECORDS), *parts], how="diagonal").select(*RECORDS)


def _named(kind: str, number: str) -> pl.Expr:
    return pl.format("{}-{}", pl.lit(kind), number).alias("source_id")


def _opened(source: bytes) -> sqlite3.Connection:
    """Open a database in memory. A copy without its `-wal` file would not open; it is marked as having none."""
    database = sqlite3.connect(":memory:")
    database.deserialize(source[:18] + b"\1\1" + source[20:])
    database.execute("PRAGMA trusted_schema = OFF")
    return database


def _tables(database: sqlite3.Connection) -> set[str]:
    return {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _rows(database: sqlite3.Connection, table: str, renamed: dict[str, str], schema: dict[str, Any]) -> pl.DataFrame:
    """Read columns of a table; one that older versions do not have is null."""
    there = {name for _, name, *_ in database.execute(f"PRAGMA table_info({table})")}
    own = {ours: theirs for theirs, ours in renamed.items()}
    columns = [own.get(name, name) if own.get(name, name) in there else "NULL" for name in schema]
    cursor = database.execute(f"SELECT {', '.join(columns)} FROM {table}")
    frames = [pl.DataFrame(schema=schema)]
    while rows := cursor.fetchmany(500_000):
        try:
            frames.append(pl.DataFrame(rows, schema=schema, orient="row"))
        except (pl.exceptions.PolarsError, TypeError, OverflowError):
            refuse(
                NAME, table, None, "values of another type than Uptime Kuma writes", "name its own database, kuma.db"
            )
    return pl.concat(frames)


def draft(records: pl.DataFrame) -> Draft:
    """Say what must be decided: what each monitor is, where an outage begins, what maintenance is."""
    beats, _ = _beats_of_monitors(records)
    keys: dict[str, tuple[Any, str]] = {
        "start": (
            PLACEHOLDER,
            "an outage begins when its retries are used up (confirmed), or with the first failed check (first_failure)",
        )
    }
    if (beats["status"] == MAINTENANCE).any():
        remark = (
            "maintenance in Uptime Kuma is the provider's (scheduled, emergency), or one's own pause of checks (own)"
        )
        keys["maintenance"] = (PLACEHOLDER, remark)
    return Draft(items=by_frequency(beats["item"]), keys=keys)


def find(records: pl.DataFrame, mapping: UptimeKumaMapping) -> Found:
    """Find outages, maintenance and the times in which Uptime Kuma itself was running."""
    beats, deleted = _beats_of_monitors(records)
    is_maintenance = pl.col("status") == MAINTENANCE
    if mapping.maintenance is None and not beats.filter(is_maintenance).is_empty():
        remedy = "write whose it is: scheduled, emergency or own"
        raise InputError(NAME, [Problem("mapping maintenance", None, "there is maintenance in the file", remedy)])

    states = _states(beats, mapping.start)
    outages, covered = outages_in(without(states, _silences(records, beats)))
    confirmed = beats.select("source_id", pl.col("at").alias("detected"))
    outages = outages.join(confirmed, on="source_id", how="left", maintain_order="left").with_columns(
        pl.when(pl.col("detected") >= pl.col("started")).then("detected").alias("detected")
    )

    becomes = pl.when(pl.col("status") != PENDING).then("status").backward_fill().over("monitor")
    recovered = beats.filter((pl.col("status") == PENDING) & (becomes != DOWN))
    left_out = [deleted, left_out_as("failed checks that the retries did not confirm: no outage", recovered)]
    paused = joined_states(states.filter(pl.col("state") == "unknown"))
    if mapping.maintenance == "own":
        left_out.append(left_out_as("one's own pause of checks: no coverage", beats.filter(is_maintenance)))
    kind = pl.lit(mapping.maintenance).alias("kind")
    maintenance = paused.select(pl.col("source_id").alias("maintenance"), "source_id", "item", "started", "ended", kind)
    tables = {"outages": outages, **({} if mapping.maintenance == "own" else {"maintenance": maintenance})}
    return Found(tables, pl.concat(left_out), covered)


def _states(beats: pl.DataFrame, start: str) -> pl.DataFrame:
    """Let each beat hold until the next one. What is down has the id of the beat that confirmed it."""
    following = {name: pl.col(name).shift(-1).over("monitor") for name in ("at", "silent_since")}
    before = {name: pl.col(name).shift(1).over("monitor") for name in ("at", "status")}
    interval = pl.duration(seconds="interval")
    # before a gap, what was seen last holds for one interval
    fell_silent = pl.min_horizontal(pl.max_horizontal("at", following["silent_since"]) + interval, following["at"])
    ended = pl.coalesce(
        pl.when(following["silent_since"].is_not_null()).then(fell_silent), following["at"], pl.col("at") + interval
    )
    # of checks that failed before the one that decided, those of the last day are there; the others are only counted
    retry = pl.when(pl.col("retry_interval") > 0).then("retry_interval").otherwise("interval")
    uncounted = pl.when(pl.col("status") == DOWN).then(pl.col("maxretries")).otherwise(0)  # before version 2
    retried = pl.when(pl.col("retries") > 0).then(pl.col("retries") - 1).otherwise(uncounted)
    turns = (before["status"] == UP) & pl.col("status").is_in([DOWN, PENDING]) & pl.col("silent_since").is_null()
    first_failure = pl.when(turns).then(
        pl.max_horizontal(before["at"], pl.col("at") - pl.duration(seconds=retried * retry))
    )
    decides = pl.col("status") != PENDING
    decided = {name: pl.when(decides).then(name).backward_fill().over("monitor") for name in ("status", "source_id")}
    counts = pl.col("status") if start == "confirmed" else decided["status"]
    is_down = (counts == DOWN).fill_null(value=False)
    unknown = pl.when(pl.col("status") == MAINTENANCE).then(pl.lit("unknown"))
    state = unknown.when(is_down).then(pl.lit("down")).otherwise(pl.lit("up"))
    return beats.select(
        pl.when(is_down).then(decided["source_id"]).otherwise("source_id").alias("source_id"),
        "item",
        state.cast(STATE).alias("state"),
        pl.coalesce(first_failure if start == "first_failure" else "at", "at").alias("started"),
        ended.alias("ended"),
        following["at"].is_null().alias("goes_on"),
    )


def _beats_of_monitors(records: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return beats with their monitors, in order, and the beats of monitors that were deleted."""
    monitors = records.filter(pl.col("kind") == "monitor").select(
        "monitor", "name", "interval", "maxretries", "retry_interval"
    )
    monitors = monitors.with_columns(pl.col("interval", "maxretries", "retry_interval").fill_null(0))
    alike = pl.col("name").is_null() | pl.col("name").is_duplicated()
    numbered = pl.format("{} #{}", pl.col("name").fill_null("monitor"), "monitor")
    monitors = monitors.with_columns(pl.when(alike).then(numbered).otherwise("name").alias("item"))
    beats = records.filter(pl.col("kind") == "beat").select(
        "source_id", "monitor", "at", "status", "retries", "silent_since"
    )
    known = beats.join(monitors, on="monitor", how="inner").sort("monitor", "at", "source_id")
    return known, left_out_as("its monitor was deleted", beats.join(monitors, on="monitor", how="anti"))


def _silences(records: pl.DataFrame, beats: pl.DataFrame) -> pl.DataFrame:
    """Find times in which a monitor was off, by its statistics: hours, or days where hours are not kept any more.

    Beats tell of a gap only for a day, statistics for a year.
    """
    hours, days = (
        records.filter(pl.col("kind") == kind).select("monitor", "at") for kind in ("stat_hourly", "stat_daily")
    )
    by_hour = hours.select("monitor", pl.col("at").dt.truncate("1d")).unique()
    # the first day of the hours that are kept may be cut
    first = by_hour.group_by("monitor").agg(pl.col("at").min())
    by_hour = by_hour.join(first, on=["monitor", "at"], how="anti")
    days = days.join(by_hour, on=["monitor", "at"], how="anti")
    watched = pl.concat(
        [
            hours.with_columns(ended=pl.col("at").dt.offset_by("1h")),
            days.with_columns(ended=pl.col("at").dt.offset_by("1d")),
        ]
    ).sort("monitor", "at", "ended")
    reached = pl.col("ended").cum_max().shift(1).over("monitor")
    items = beats.select("monitor", "item").unique()
    silent = watched.with_columns(reached.alias("started")).filter(pl.col("at") > pl.col("started"))
    return silent.join(items, on="monitor", how="inner").select("item", "started", pl.col("at").alias("ended"))


READER = Reader(
    name=NAME,
    reads="The database of Uptime Kuma 1 and 2 (kuma.db), copied while it runs",
    fetch=COPY,
    mapping=UptimeKumaMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
