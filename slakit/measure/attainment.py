"""Attainment: tickets judged one by one, summed up by window and by priority."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from slakit.measure.rules import Rule, per_rule
from slakit.measure.tickets import NOT_JUDGED
from slakit.policy.quantities import FULL, percent_units


def measure_attainment(judged: pl.DataFrame, windows: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Measure the share of tickets that met their target, per window; a ticket belongs to where it was opened.

    Parameters
    ----------
    judged
        As `in_windows` gives them.
    windows
        Of rules on tickets: `subscriber`, `rule`, `window_start`, `window_end` (µs), `running`.
    rules
        By number.

    Returns
    -------
    pl.DataFrame
        `subscriber`, `rule`, `window_start`, `window_end` (µs), `running`, `eligible`, `met_count`, `pending`, `met`
        (null without an eligible ticket, or while the window runs). Without a target each late ticket is a breach.
    """
    keys = ["subscriber", "rule", "window_start"]
    counted = _counted(judged, keys)
    shown = windows.select(*keys, "window_end", "running").join(counted, on=keys, how="left", maintain_order="left")
    shown = shown.with_columns(pl.col("eligible", "met_count", "pending").fill_null(0))
    target = per_rule(
        (FULL if r.guarantee.target is None else percent_units(r.guarantee.target) for r in rules), pl.Int64
    )
    reached, level = pl.col("met_count").cast(pl.Int128) * FULL, target * pl.col("eligible").cast(pl.Int128)
    strictly = per_rule((r.guarantee.strictly and r.guarantee.target is not None for r in rules), pl.Boolean)
    met = (reached > level) | ((reached == level) & ~strictly)
    return shown.with_columns(pl.when((pl.col("eligible") > 0) & ~pl.col("running")).then(met).alias("met"))


def _counted(judged: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    verdict = pl.col("verdict")
    return judged.group_by(keys, maintain_order=True).agg(
        verdict.is_in(["met", "missed"]).sum().cast(pl.Int64).alias("eligible"),
        (verdict == "met").sum().cast(pl.Int64).alias("met_count"),
        (verdict == "pending").sum().cast(pl.Int64).alias("pending"),
    )


def in_windows(judged: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Add to judged tickets the window in which they were opened; those opened in none are dropped.

    Parameters
    ----------
    judged
        As `judge_tickets` gives them.
    windows
        `subscriber`, `rule`, `window_start`, `window_end` (µs).
    """
    spans = windows.select("subscriber", "rule", "window_start", "window_end").sort("window_start")
    placed = judged.sort("opened").join_asof(
        spans, left_on="opened", right_on="window_start", by=["subscriber", "rule"], check_sortedness=False
    )
    return placed.filter(pl.col("opened") < pl.col("window_end"))


def by_priority(
    judged: pl.DataFrame, of: Sequence[str] = ("subscriber", "rule"), elapsed: str = "elapsed"
) -> pl.DataFrame:
    """Sum up attainment and times of answer for each rule and priority, and altogether (`priority` null).

    Parameters
    ----------
    judged
        Judged tickets: `priority`, `answered`, `in_minutes`, `verdict`, and the columns that are named.
    of
        Columns that tell rules apart.
    elapsed
        Column of working time.

    Returns
    -------
    pl.DataFrame
        The columns of `of`, `priority`, `eligible`, `met_count`, `pending`, `p50`, `p90`, `p95`: working time within
        which so many percent of the answered tickets were answered, in the unit of `elapsed`.
    """
    kept = judged.filter(~pl.col("verdict").is_in(NOT_JUDGED))
    together = kept.with_columns(pl.lit(None, dtype=pl.String).alias("priority"))
    both, keys = pl.concat([together, kept.filter(pl.col("priority").is_not_null())]), [*of, "priority"]
    answered = both.filter(pl.col("answered").is_not_null() | pl.col("in_minutes"))
    ranks = {share: -((1 - pl.len().cast(pl.Int64)) * share // 100) for share in (50, 90, 95)}
    quantiles = answered.group_by(keys).agg(
        pl.col(elapsed).sort().get(rank).alias(f"p{share}") for share, rank in ranks.items()
    )
    counted = _counted(both, keys)
    return counted.join(quantiles, on=keys, how="left", nulls_equal=True, maintain_order="left").sort(keys)
