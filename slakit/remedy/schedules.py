"""Credit schedules: one window's facts → a share of a fee, or money, as an exact fraction.

Facts come as `total` and `bad` integers (µs of agreed service time and downtime; tickets and late tickets), so that
every threshold is decided without a division.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import polars as pl

from slakit.policy.quantities import FULL, Money, Share, percent_units
from slakit.policy.remedies import Accrual, Band, Credit, Shortfall
from slakit.remedy.fees import MICRO

FACTS = ["subscriber", "rule", "window_start", "window_end"]


def earned(credit: Credit, facts: pl.DataFrame, stretches: pl.DataFrame, *, per_incident: bool = False) -> pl.DataFrame:
    """What each window earns by one schedule.

    Parameters
    ----------
    credit
        The schedule.
    facts
        Judged windows: `subscriber`, `rule`, `window_start`, `window_end`, `total`, `bad`, `target` (percent units),
        `missed`.
    stretches
        Counted stretches of the same windows: the same keys and `bad` (µs), `missed` (of the window).
    per_incident
        A flat credit is earned by each stretch, as the remedy says.

    Returns
    -------
    pl.DataFrame
        The keys, `num` and `den` (of the fee; of a millionth of the currency's unit where `money`), and `money`. Only
        what is above nothing. Schedules by incident give a row for each incident.
    """
    if credit.bands is not None:
        by_length = any(band.over for band in credit.bands)
        found = _longest_band(credit.bands, stretches) if by_length else _deepest_band(credit.bands, facts)
    elif credit.shortfall is not None:
        found = _points_missed(credit.shortfall, facts)
    elif credit.accrual is not None:
        found = _accrued(credit.accrual, stretches if credit.accrual.each == "incident" else facts)
    elif credit.multiple is not None:
        factor = Fraction(credit.multiple)
        lost = pl.col("bad").cast(pl.Int128) * factor.numerator
        total = pl.col("total").cast(pl.Int128) * factor.denominator
        found = facts.filter("missed").select(
            *FACTS, lost.alias("num"), total.alias("den"), pl.lit(value=False).alias("money")
        )
    else:
        missed = (stretches if per_incident or credit.per == "incident" else facts).filter("missed")
        found = _worth(missed, pl.lit(1), credit.flat)
    return found.filter(pl.col("num") > 0)


def below(percent: int, total: pl.Expr, bad: pl.Expr) -> pl.Expr:
    """Whether what was achieved is strictly below a percentage, in percent units.

    >>> facts = pl.DataFrame({"total": [1000, 1000], "bad": [1, 2]})
    >>> facts.select(below(99_900_000, pl.col("total"), pl.col("bad"))).to_series().to_list()
    [False, True]
    """
    return (total - bad).cast(pl.Int128) * FULL < pl.lit(percent, dtype=pl.Int128) * total


def _worth(rows: pl.DataFrame, count: pl.Expr, worth: Share | Money | None) -> pl.DataFrame:
    """Rows that earn the same credit, a number of times."""
    if isinstance(worth, Money):
        num, den = int(worth.amount * MICRO), 1
    else:
        share = worth.value if worth is not None else Fraction(0)
        num, den = share.numerator, share.denominator
    times = count.cast(pl.Int128) * num
    return rows.select(
        *FACTS,
        times.alias("num"),
        pl.lit(den, dtype=pl.Int128).alias("den"),
        pl.lit(isinstance(worth, Money)).alias("money"),
    )


def _lower_edge(band: Band) -> int:
    edge = band.below if band.below is not None else band.from_
    return percent_units(edge) if edge is not None else 0


def in_band(band: Band, total: pl.Expr, bad: pl.Expr) -> pl.Expr:
    """Whether what was achieved falls into a band: strictly below, or within a printed closed range."""
    if band.below is not None:
        return below(percent_units(band.below), total, bad)
    inside = pl.lit(value=True)
    if band.from_ is not None:
        inside &= ~below(percent_units(band.from_), total, bad)
    if band.to is not None:
        above = (total - bad).cast(pl.Int128) * FULL > pl.lit(percent_units(band.to), dtype=pl.Int128) * total
        inside &= ~above
    return inside


def _deepest_band(bands: Sequence[Band], facts: pl.DataFrame) -> pl.DataFrame:
    chosen: pl.Expr = pl.lit(None, dtype=pl.Int64)
    for number in sorted(range(len(bands)), key=lambda n: _lower_edge(bands[n]), reverse=True):
        reached = in_band(bands[number], pl.col("total"), pl.col("bad"))
        chosen = pl.when(reached).then(number).otherwise(chosen)
    return _by_band(bands, facts.with_columns(chosen.alias("band")))


def _longest_band(bands: Sequence[Band], stretches: pl.DataFrame) -> pl.DataFrame:
    chosen: pl.Expr = pl.lit(None, dtype=pl.Int64)
    lengths = [band.over.microseconds if band.over else 0 for band in bands]
    for number in sorted(range(len(bands)), key=lambda n: lengths[n]):
        chosen = pl.when(pl.col("bad") > lengths[number]).then(number).otherwise(chosen)
    return _by_band(bands, stretches.with_columns(chosen.alias("band")))


def _by_band(bands: Sequence[Band], placed: pl.DataFrame) -> pl.DataFrame:
    parts = [_worth(placed.filter(pl.col("band") == n), pl.lit(1), band.credit) for n, band in enumerate(bands)]
    return pl.concat(parts)


def _points_missed(shortfall: Shortfall, facts: pl.DataFrame) -> pl.DataFrame:
    """The shortfall, exactly: (level · total − 100 % · good) / (100 % · total), where the target is missed."""
    total, good = pl.col("total").cast(pl.Int128), (pl.col("total") - pl.col("bad")).cast(pl.Int128)
    level = pl.lit(FULL, dtype=pl.Int128) if shortfall.from_ == "full" else pl.col("target").cast(pl.Int128)
    short = level * total - FULL * good
    missed = facts.filter("missed").with_columns(short.alias("short"), total.alias("total"))
    if shortfall.step is not None:
        step = pl.lit(percent_units(shortfall.step), dtype=pl.Int128) * pl.col("total")
        up = step - 1 if shortfall.count == "started" else pl.lit(0, dtype=pl.Int128)
        return _worth(missed, (pl.col("short") + up) // step, shortfall.credit)
    rate = Fraction(shortfall.rate if shortfall.rate is not None else 1)
    num = pl.col("short") * rate.numerator
    den = pl.col("total") * FULL * rate.denominator
    return missed.select(*FACTS, num.alias("num"), den.alias("den"), pl.lit(value=False).alias("money"))


def _accrued(accrual: Accrual, rows: pl.DataFrame) -> pl.DataFrame:
    per = accrual.per.microseconds
    late = (pl.col("bad") - accrual.after.microseconds).clip(0)
    lift = {"complete": 0, "started": per - 1, "nearest": per // 2}[accrual.count]
    return _worth(rows.filter("missed"), (late + lift) // per, accrual.credit)
