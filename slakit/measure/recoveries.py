"""Recovery judged against recovery points and times, and backups against the guaranteed frequency and retention."""

from __future__ import annotations

from typing import Any

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.conditions import DurationRange
from slakit.policy.terms import Terms

RECOVERED: dict[str, Any] = {
    "subscription": pl.String,
    "recovery": pl.String,
    "kind": pl.String,
    "failed": INSTANT,
    "lost": pl.Int64,
    "rpo": pl.Int64,
    "rpo_met": pl.Boolean,
    "back": pl.Int64,
    "rto": pl.Int64,
    "rto_met": pl.Boolean,
    "commitment": pl.String,
    "clause": pl.String,
}
"""One recovery: data lost and time until the service was back (µs), each against its target."""
GAPS: dict[str, Any] = {
    "subscription": pl.String,
    "backup": pl.String,
    "taken": INSTANT,
    "gap": pl.Int64,
    "every": pl.Int64,
    "in_time": pl.Boolean,
    "kept": pl.Int64,
    "keep": pl.Int64,
    "kept_long_enough": pl.Boolean,
    "clause": pl.String,
}
"""One backup: time since the one before it, and time it was kept (µs), each against what is guaranteed."""


def judge_recoveries(evidence: Evidence, plan: Plan, terms: Terms, as_of: int) -> pl.DataFrame:
    """Judge the recoveries of a plan's subscriptions.

    Parameters
    ----------
    evidence
        Checked tables.
    plan, terms
        The plan, and its terms under a reading.
    as_of
        A service that is not back by then is late once its time is up, and has no verdict before. [µs]

    Returns
    -------
    pl.DataFrame
        `RECOVERED`. No verdict where the policy names no target for that loss, or the copy is not known.
    """
    if evidence.recoveries.is_empty():
        return pl.DataFrame(schema=RECOVERED)
    targets = pl.DataFrame(
        [(r.id, *_longest(r.rpo), *_longest(r.rto), r.commitment, r.clause) for r in terms.recovery],
        schema={
            "kind": pl.String,
            "rpo": pl.Int64,
            "most_lost": pl.Int64,
            "rto": pl.Int64,
            "longest_back": pl.Int64,
            "commitment": pl.String,
            "clause": pl.String,
        },
        orient="row",
    )
    now = pl.lit(as_of).cast(INSTANT)
    failed = _of_plan(evidence.recoveries, "failed", evidence, plan).filter(pl.col("failed") < now)
    restored = pl.when(pl.col("restored") <= now).then("restored")
    back = (restored.fill_null(now) - pl.col("failed")).dt.total_microseconds()
    known = failed.join(targets, on="kind", how="left", maintain_order="left").with_columns(
        (pl.col("failed") - pl.col("last_good_copy")).dt.total_microseconds().alias("lost"), back.alias("back")
    )
    late = pl.col("back") > pl.col("longest_back")
    judged = pl.when(restored.is_not_null() | late).then(~late)
    kept = pl.col("lost") <= pl.col("most_lost")
    return known.with_columns(kept.alias("rpo_met"), judged.alias("rto_met")).select(list(RECOVERED))


def judge_backups(evidence: Evidence, plan: Plan, terms: Terms, as_of: int) -> pl.DataFrame:
    """Judge the backups of a plan's subscriptions against each guarantee of backups.

    Parameters
    ----------
    evidence
        Checked tables.
    plan, terms
        The plan, and its terms under a reading.
    as_of
        The instant of the assessment. [µs]

    Returns
    -------
    pl.DataFrame
        `GAPS`. The last row of a subscription has no `taken`: it is the gap until `as_of`. A ceiling on retention is no
        guarantee, and gives no verdict.

    Notes
    -----
    A guarantee in days (`1d`) is kept from one day to the same hour of the next, though a clock change makes that 25
    hours; one in hours (`24h`) is kept to the letter.
    """
    if evidence.backups.is_empty():
        return pl.DataFrame(schema=GAPS)
    now, zone = pl.lit(as_of).cast(INSTANT), terms.time_zone or ASSUMED_ZONE
    taken = evidence.backups.filter(pl.col("taken") <= now).sort("subscription", "taken")
    ends = taken.group_by("subscription", maintain_order=True).agg(pl.col("taken").max().alias("before"))
    none = pl.lit(None, dtype=INSTANT)
    last = ends.select("subscription", none.alias("taken"), none.alias("kept_until"), "before")
    before = pl.col("taken").shift(1).over("subscription").alias("before")
    rows = pl.concat([taken.with_columns(before).select(last.columns), last])
    rows = _of_plan(rows.with_columns(pl.col("taken").fill_null(now).alias("at")), "at", evidence, plan)
    until = pl.col("taken").fill_null(now)
    gap = (until - pl.col("before")).dt.total_microseconds()
    on_clock = (_wall_clock(until, zone) - _wall_clock(pl.col("before"), zone)).dt.total_microseconds()
    kept = (pl.col("kept_until") - pl.col("taken")).dt.total_microseconds()
    tables = [pl.DataFrame(schema=GAPS)]
    for guarantee in terms.backups:
        every, longest = _longest(guarantee.every)
        kept_from = guarantee.kept.lower if guarantee.kept is not None else None  # a ceiling alone guarantees nothing
        keep = kept_from.microseconds if kept_from is not None else None
        fewest = guarantee.kept.shortest if guarantee.kept is not None and kept_from is not None else None
        in_days = guarantee.every is not None and str(guarantee.every.upper).endswith("d")
        shortest = pl.min_horizontal(gap, on_clock) if in_days else gap
        judged = rows.with_columns(
            pl.lit(guarantee.id).alias("backup"),
            gap.alias("gap"),
            pl.lit(every, dtype=pl.Int64).alias("every"),
            (shortest <= pl.lit(longest, dtype=pl.Int64)).alias("in_time"),
            kept.alias("kept"),
            pl.lit(keep, dtype=pl.Int64).alias("keep"),
            (kept >= pl.lit(fewest, dtype=pl.Int64)).alias("kept_long_enough"),
            pl.lit(guarantee.clause).alias("clause"),
        )
        tables.append(judged.select(list(GAPS)))
    return pl.concat(tables)


def _wall_clock(instant: pl.Expr, zone: str) -> pl.Expr:
    return instant.dt.convert_time_zone(zone).dt.replace_time_zone(None)


def _of_plan(table: pl.DataFrame, at: str, evidence: Evidence, plan: Plan) -> pl.DataFrame:
    """Select the rows that lie in the time in which their subscription holds a plan, by an instant of theirs."""
    same_tier = pl.col("tier").eq_missing(pl.lit(plan[1], dtype=pl.String))
    holders = evidence.phases.filter((pl.col("policy") == plan[0]) & same_tier).select("subscription", "since", "until")
    held = table.with_row_index("_row").join(holders, on="subscription", maintain_order="left")
    begun = (pl.col(at) >= pl.col("since")).fill_null(value=True)
    own = held.filter(begun & (pl.col(at) < pl.col("until")).fill_null(value=True))
    return own.sort("_row").select(table.columns)


def _longest(limit: DurationRange | None) -> tuple[int | None, int | None]:
    """A longest time as it is written, and the longest that keeps it. [µs]"""
    if limit is None or limit.upper is None:
        return None, None
    return limit.upper.microseconds, limit.longest
