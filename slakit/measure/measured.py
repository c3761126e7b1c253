"""Measurements → the level of each window: values, or counts of what failed among a total.

A level is held as two whole numbers, `(total - bad) / total` being the level in percent, or the value in hundredths:
a value v stands for the level of v %, whatever its unit, so that one arithmetic serves both.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.measure.availability import keeps
from slakit.measure.measurements import numbered, of_rule
from slakit.measure.rules import Rule, per_rule, with_suspended
from slakit.policy.quantities import FULL, percent_units


def measured_values(evidence: Evidence, rules: Sequence[Rule], windows: pl.DataFrame, as_of: int) -> pl.DataFrame:
    """Judge measurements by window.

    Parameters
    ----------
    evidence
        Checked tables.
    rules
        Of all sources, by number.
    windows
        Of rules on measurements: `subscriber`, `rule`, `window_start`, `window_end`, `starts`, `ends` (µs), `running`.
    as_of
        Nothing measured later is known. [µs]

    Returns
    -------
    pl.DataFrame
        `subscriber`, `rule`, `window_start`, `window_end` (µs), `running`, `total`, `bad`, `measurements` (all, also of
        slices with too few requests), `met` (null without a measurement, with too few requests to be judged by, or
        while the window runs).

    Raises
    ------
    InputError
        A measurement is of the wrong kind: a value where counts are needed, counts where a value is.
    """
    known = with_suspended(numbered(evidence), "at", evidence)
    known = known.filter((pl.col("at") < as_of) & ~pl.col("suspended")).drop("suspended")
    tables = [pl.DataFrame(schema=SCHEMA)]
    for number, rule in enumerate(rules):
        if rule.source != "measurements":
            continue
        own = of_rule(known, rule, evidence)
        by_subscriber = {key[0]: rows for key, rows in own.partition_by("subscriber", as_dict=True).items()}
        of_windows, levels = windows.filter(pl.col("rule") == number), []
        columns = ("subscriber", "window_start", "window_end", "starts", "ends")
        for subscriber, start, end, starts, ends in of_windows.select(columns).iter_rows():
            first, last = max(start, starts), min(end, ends)
            of_subscriber = by_subscriber.get(subscriber, own.clear())
            begin, after = of_subscriber["at"].search_sorted(pl.Series([first, max(first, last)]), side="left")
            inside = of_subscriber.slice(begin, after - begin)
            levels.append((*_level(rule, inside, last - first), inside.height) if inside.height else (0, 0, 0))
        schema = {name: SCHEMA[name] for name in ("total", "bad", "measurements")}
        level = pl.DataFrame(levels, schema=schema, orient="row")
        tables.append(pl.concat([of_windows, level], how="horizontal").select(list(SCHEMA)))
    measured = pl.concat(tables)
    if not rules:
        return measured.with_columns(pl.lit(None, dtype=pl.Boolean).alias("met"))
    # without a request nothing failed, unless it takes some to judge by
    fewest = per_rule((rule.guarantee.measured and rule.guarantee.measured.minimum_total for rule in rules), pl.Int64)
    kept = pl.when(pl.col("total") > 0).then(keeps(rules)).when(fewest.is_null()).then(pl.lit(value=True))
    met = pl.when((pl.col("measurements") > 0) & ~pl.col("running")).then(kept)
    return measured.with_columns(met.alias("met"))


SCHEMA = {
    "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
    "running": pl.Boolean, "total": pl.Int64, "bad": pl.Int64, "measurements": pl.Int64,
}  # fmt: skip


def _level(rule: Rule, rows: pl.DataFrame, length: int) -> tuple[int, int]:
    """Compute the level of a window from its measurements, as the contract rounds it: total, and bad.

    Both are 0 where there is no level.
    """
    measured, values = rule.guarantee.measured, rows["value"]
    assert measured is not None
    total, good, fewest = FULL, 0, measured.minimum_total
    if measured.by == "ratio":
        total = int(rows["total"].sum())
        if total < (fewest or 0):
            return 0, 0
        good = total - int(rows["failed"].sum())
    elif measured.slice is not None:
        slices = -(-length // measured.slice.microseconds)
        if fewest is not None:  # only what has so many requests is judged
            rows = rows.filter(pl.col("total") >= fewest)
            slices = rows.height
            if not slices:
                return 0, 0
        total, good = _mean_of_slices(rows, slices)
    elif measured.by == "mean":
        total, good = FULL * len(values), int(values.sum())
    elif measured.by.startswith("p"):
        rank = -(-int(measured.by[1:]) * len(values) // 100)
        good = int(values.sort()[rank - 1])
    else:
        taken = {"sum": values.sum(), "largest": values.max(), "smallest": values.min(), "last": values[-1]}
        good = int(taken[measured.by])
    rounding = rule.guarantee.rounded.level
    if rounding is None or total == 0:
        return total, total - good
    step = percent_units(rounding.to)
    lift = {"down": 0, "up": step * total - 1, "nearest": step * total // 2}[rounding.how]
    units = (good * FULL + lift) // (step * total) * step
    whole = rule.guarantee.metric == "availability"  # no availability is above 100 %
    return FULL, FULL - (min(units, FULL) if whole else units)


def _mean_of_slices(rows: pl.DataFrame, slices: int) -> tuple[int, int]:
    """Compute the mean of (1 − failed/total) over all slices, those without a request counted as 1: total, and good.

    A slice that the end of the window cuts is a slice.

    The exact mean has a denominator that no integer type holds. Every level of a contract is a whole millionth of a
    percent, so it is enough to know between which two of them the mean lies: between n and n + 1 it is held as n + ½.
    """
    failing = rows.filter((pl.col("total") > 0) & (pl.col("failed") > 0)).group_by("total").agg(pl.col("failed").sum())
    errors = sum((Fraction(failed, total) for total, failed in failing.iter_rows()), Fraction(0))
    mean = FULL * (1 - errors / slices)
    whole = mean.numerator // mean.denominator
    return 2 * FULL, 2 * whole + (mean.denominator != 1)
