"""Credit schedules: facts of a window, or of an incident or day in it → a share of a fee, money or points, exactly.

Facts come as `total` and `bad` integers (µs of agreed service time and downtime; tickets and late tickets; millionths
of a measured value), so that every threshold is decided without a division.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import polars as pl

from slakit.policy.conditions import Condition
from slakit.policy.quantities import FULL, Money, Points, Share, percent_units
from slakit.policy.remedies import Band, Credit, Rate, Shortfall
from slakit.remedy.conditions import holds, short_of, wide
from slakit.remedy.fees import MICRO

WINDOW = ["award", "subscriber", "rule", "window_start", "window_end"]
FACTS = [*WINDOW, "incident"]
"""What a credit is earned for: a window, or an incident (its number, else null) in it."""
COUNTED = pl.Int128


def earned(
    credit: Credit, facts: pl.DataFrame, downtime_intervals: pl.DataFrame, days: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Compute what is due for each window by one schedule.

    Parameters
    ----------
    credit
        The schedule.
    facts
        Judged windows: `award` (number), `subscriber`, `rule`, `window_start`, `window_end`, `total`, `bad`, `target`
        (percent units), `sign`, `missed`, `agreed`, `downtime` (in parts of a µs, `scale` of which are one), and what
        conditions ask for (see `conditions.holds`).
    downtime intervals
        Incidents of the same windows, or late tickets: the facts of the window, with `incident` (number) and `outage`
        (length, µs).
    days
        Local days of the same windows on which downtime lies: the facts of the window, with `incident` (number of the
        day), `downtime` (of the day, µs) and `outage` (the longest in it, µs). Needed by a schedule per day.

    Returns
    -------
    pl.DataFrame
        The keys, `num` and `den` (of the fee; of a millionth of the currency's unit where `money`; points where they
        are earned), `part` and `parts` (what share of that is earned, where a window's credit is parted over its
        incidents), and `money`. Only what is above nothing. Schedules per incident or day give a row for each.
    """
    if credit.earned_per == "incident":
        lengths = pl.col("outage").sum().over(WINDOW)
        rows = downtime_intervals.with_columns(lengths.alias("lengths"))
        if credit.shortfall is not None:
            # in a window in which no incident starts, the shortfall for one from before is due for that one alone
            alone = facts.join(rows.select(WINDOW), on=WINDOW, how="anti", maintain_order="left").with_columns(
                pl.lit(None, dtype=pl.Int64).alias("incident"),
                *(pl.lit(1, dtype=pl.Int64).alias(name) for name in ("outage", "lengths")),
            )
            rows = pl.concat([rows, alone.select(rows.columns)])
    elif credit.earned_per == "day":
        rows = days if days is not None else downtime_intervals.clear()
    else:
        rows = facts.with_columns(pl.lit(None, dtype=pl.Int64).alias("incident"))
    of_window = credit.earned_per not in ("incident", "day")
    if credit.when is not None:
        rows = rows.filter(holds(credit.when, of_window=of_window))
    parts, rest = [], rows
    for multiplier in reversed(credit.multipliers):  # where several apply, the last one is taken
        applies = rest.select(holds(multiplier.when, of_window=of_window)).to_series()
        by = Fraction(multiplier.by)
        single = _not_multiplied(credit, rest.filter(applies))
        parts.append(single.with_columns(pl.col("num") * by.numerator, pl.col("den") * by.denominator))
        rest = rest.filter(~applies)
    parts.append(_not_multiplied(credit, rest))
    return pl.concat(parts).filter((pl.col("num") > 0) & (pl.col("part") > 0))


def _not_multiplied(credit: Credit, rows: pl.DataFrame) -> pl.DataFrame:
    """Compute the credit of rows by the bands, the flat credit or the rate of a schedule.

    Of bands, the last in their order that applies is taken, or all that apply where they add up.
    """
    bands, per_incident = credit.bands, credit.by_incident
    if credit.flat is not None:
        return _credit_of(rows.filter("missed"), pl.lit(1), credit.flat)
    if bands is None:
        return _rated(credit, rows.filter("missed"), per_incident=per_incident)
    if credit.select == "sum":
        return pl.concat([_of_band(band, rows.filter(holds(band)), per_incident=per_incident) for band in bands])
    parts = []
    for (sign,), own in rows.partition_by("sign", as_dict=True).items() if rows.height else [((1,), rows)]:
        chosen: pl.Expr = pl.lit(None, dtype=pl.Int64)
        for number in ordered_bands(credit, bands, falls=sign > 0):
            chosen = pl.when(holds(bands[number])).then(number).otherwise(chosen)
        placed = own.with_columns(chosen.alias("band"))
        for number, band in enumerate(bands):
            parts.append(_of_band(band, placed.filter(pl.col("band") == number), per_incident=per_incident))
    return pl.concat(parts)


def _of_band(band: Band, rows: pl.DataFrame, *, per_incident: bool) -> pl.DataFrame:
    credit = _credit_of(rows, pl.lit(1), band.credit)
    return credit if band.plus is None else pl.concat([credit, _rated(band.plus, rows, per_incident=per_incident)])


def _rated(rate: Rate, missed: pl.DataFrame, *, per_incident: bool) -> pl.DataFrame:
    """Compute a credit that grows with the breach of the window or day, or with the length of each incident in it."""
    lost = wide("outage" if per_incident else "downtime")
    if rate.shortfall is not None:
        found = _points_missed(rate.shortfall, missed)
        if not per_incident:
            return found
        # the credit of the window is parted over its incidents, by their counted time: the allowance counts once
        return found.with_columns(missed["outage"].alias("part"), missed["lengths"].alias("parts"))
    if rate.accrual is not None:
        accrual, per = rate.accrual, wide("scale") * rate.accrual.per.microseconds
        length = lost if accrual.to is None else lost.clip(upper_bound=wide("scale") * accrual.to.microseconds)
        if isinstance(accrual.after, str):  # what the target allows: counted in parts of 100 %
            late, per = length * FULL - (FULL - wide("target")) * wide("agreed"), per * FULL
        else:
            late = length - wide("scale") * accrual.after.microseconds
        late = late.clip(0)
        if accrual.count == "exact":
            return _credit_of(missed, late, accrual.credit, of=per)
        lift = {"complete": 0 * per, "started": per - 1, "nearest": per // 2}[accrual.count]
        return _credit_of(missed, (late + lift) // per, accrual.credit)
    beyond = (lost - wide("scale") * rate.deductible).clip(0)
    agreed = wide("agreed") * rate.factor.denominator
    return _share(missed.filter(pl.col("agreed") > 0), beyond * rate.factor.numerator, agreed)


def _share(rows: pl.DataFrame, num: pl.Expr, den: pl.Expr) -> pl.DataFrame:
    whole = [pl.lit(1, dtype=pl.Int64).alias(name) for name in ("part", "parts")]
    return rows.select(*FACTS, num.alias("num"), den.alias("den"), *whole, pl.lit(value=False).alias("money"))


def _credit_of(
    rows: pl.DataFrame, count: pl.Expr, credit: Share | Money | Points | None, of: pl.Expr | int = 1
) -> pl.DataFrame:
    """Rows that earn the same credit, a number of times; or so many parts of it, where it is parted."""
    value = credit_value(credit)
    num, den = count.cast(COUNTED) * value.numerator, pl.lit(value.denominator, dtype=COUNTED) * of
    return _share(rows, num, den).with_columns(pl.lit(isinstance(credit, Money)).alias("money"))


def credit_value(credit: Share | Money | Points | None) -> Fraction:
    """Return what a credit stands for: a share of a fee, millionths of the currency's unit, or points."""
    if isinstance(credit, Money):
        return Fraction(credit.amount) * MICRO
    if isinstance(credit, Points):
        return Fraction(credit.count)
    return credit.value if credit is not None else Fraction(0)


def ordered_bands(credit: Credit, bands: Sequence[Band], *, falls: bool = True) -> list[int]:
    """Order the numbers of bands, the one that is taken before the others last.

    Bands of one measure go by their depth; those of several as they are printed, the worst last.

    Parameters
    ----------
    credit, bands
        The schedule, and its bands.
    falls
        Whether a level is worse the lower it is.

    >>> bands = [{"below": 98, "credit": "10%"}, {"below": 99, "credit": "5%"}]
    >>> table = Credit(bands=bands, clause="1")
    >>> ordered_bands(table, table.bands)
    [1, 0]
    """
    numbers = list(range(len(bands)))
    if credit.select == "largest":
        return sorted(numbers, key=lambda n: credit_value(bands[n].credit))
    measures = {tuple(band.ranges) for band in bands}
    if len(measures) > 1 or len(next(iter(measures))) > 1:
        return numbers
    falls = falls and measures == {("level",)}
    edges = []  # where each band begins; of one that is below a level, that level
    for band in bands:
        (span,) = band.ranges.values()
        bounds = dict(span.bounds)
        low = bounds.get("from", bounds.get("above", 0))
        edges.append(bounds.get("below", low) if falls else low)
    return sorted(numbers, key=edges.__getitem__, reverse=falls)


def _points_missed(shortfall: Shortfall, missed: pl.DataFrame) -> pl.DataFrame:
    """Compute the shortfall, exactly: (level · total − 100 % · good) / (100 % · total), as far as it is counted."""
    short, total = short_of(_level_from(shortfall)), wide("total")
    if shortfall.to is not None:
        condition = pl.lit(percent_units(shortfall.to), dtype=pl.Int128)
        span = wide("sign") * (_level_from(shortfall).cast(pl.Int128) - condition) * total
        short = pl.min_horizontal(short, span)
    rows = missed.with_columns(short.alias("short"), total.alias("whole"))
    if shortfall.step is not None:
        step = pl.lit(percent_units(shortfall.step), dtype=pl.Int128) * pl.col("whole")
        up = {"started": step - 1, "complete": pl.lit(0, dtype=pl.Int128), "nearest": step // 2}[shortfall.count]
        return _credit_of(rows, (pl.col("short") + up) // step, shortfall.credit)
    rate = shortfall.per_point * 100
    return _share(rows, pl.col("short") * rate.numerator, pl.col("whole") * FULL * rate.denominator)


def _level_from(shortfall: Shortfall) -> pl.Expr:
    if shortfall.from_ == "target":
        return pl.col("target")
    level = FULL if shortfall.from_ == "full" else percent_units(shortfall.from_)
    return pl.lit(level, dtype=pl.Int64)


def lift_of(how: str, step: int) -> int:
    """Return what to add before whole steps are counted: begun ones, complete ones, or the nearest.

    Parameters
    ----------
    how
        As a contract counts or rounds.
    step
        In the unit of what is counted.
    """
    return {"complete": 0, "down": 0, "started": step - 1, "up": step - 1, "nearest": step // 2}[how]


def conditions_of(credits: Sequence[Credit]) -> list[Condition]:
    """List every condition of some schedules."""
    return [condition for credit in credits for condition in credit.conditions]
