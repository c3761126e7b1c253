"""Whether a condition holds: a `Condition` as an expression over measured rows.

Rows carry the level as `total` and `bad` (the level is `(total - bad) / total`, in percent), `target` (percent units)
and `sign` (1 where less is worse, else -1), and whatever else a condition asks for: `outage` (µs; of a window, the list
of all its outages, of which any will do) and `downtime` (µs), `incidents`, `streak`, and `misses_n` for the last n
windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from slakit.policy.conditions import Condition, Misses, Range, Side
from slakit.policy.quantities import FULL


def holds(condition: Condition, *, of_window: bool = False) -> pl.Expr:
    """Whether all that a condition says holds.

    Parameters
    ----------
    reach
        The condition.
    of_window
        Whether rows are windows, with `outage` a list of lengths, and not single incidents or days.

    >>> facts = pl.DataFrame({"total": [100, 100], "bad": [2, 2], "missed": [False, True], "streak": [0, 2]})
    >>> facts.select(holds(Condition(below=99, streak=2))).to_series().to_list()
    [False, True]
    """
    found = [_lies(measure, span, of_window=of_window) for measure, span in condition.ranges.items()]
    return pl.all_horizontal(found) if found else pl.lit(value=True)


def _lies(measure: str, span: Range, *, of_window: bool) -> pl.Expr:
    if measure == "level":
        return pl.all_horizontal(_level(side, units) for side, units in span.bounds)
    if measure == "deviation":
        missed = short_of(pl.col("target")) > 0
        return missed & pl.all_horizontal(_deviates(side, units) for side, units in span.bounds)
    if measure == "outage" and of_window:
        inside = pl.all_horizontal(_compared(side, pl.element(), pl.lit(units)) for side, units in span.bounds)
        return pl.col("outage").list.eval(inside).list.any().fill_null(value=False)
    name = f"misses_{span.of}" if isinstance(span, Misses) else measure
    sides = [_compared(side, pl.col(name), pl.lit(units)) for side, units in span.bounds]
    if measure in ("streak", "misses"):  # of breaches of which this window is the last: a good one has none
        sides.append(pl.col("missed"))
    return pl.all_horizontal(sides).fill_null(value=False)


def _compared(side: Side, measured: pl.Expr, limit: pl.Expr) -> pl.Expr:
    compared = {
        "below": measured < limit, "to": measured <= limit, "above": measured > limit, "from": measured >= limit,
    }  # fmt: skip
    return compared[side]


def wide(name: str) -> pl.Expr:
    """A column in 128 bits: times and scaled percentages pass 64."""
    return pl.col(name).cast(pl.Int128)


def _level(side: Side, units: int) -> pl.Expr:
    good = (wide("total") - wide("bad")) * FULL
    return _compared(side, good, pl.lit(units, dtype=pl.Int128) * wide("total"))


def short_of(level: pl.Expr) -> pl.Expr:
    """How far the level is on the wrong side of another, times 100 % and the total."""
    return wide("sign") * (level.cast(pl.Int128) * wide("total") - FULL * (wide("total") - wide("bad")))


def _deviates(side: Side, units: int) -> pl.Expr:
    share = pl.lit(units, dtype=pl.Int128) * wide("target") * wide("total")
    return _compared(side, short_of(pl.col("target")) * FULL, share)


KEYS = ["subscriber", "rule"]


def with_state(
    facts: pl.DataFrame, conditions: Iterable[Condition], before: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Add what conditions ask of the windows before: `streak`, and `misses_n`.

    A window without a verdict is not missed, and so ends a streak as one that is kept does.

    Parameters
    ----------
    facts
        Of the windows that are assessed.
    reaches
        The conditions.
    before
        Facts of the windows that ended before them; without, the first one assessed is the first of all.
    """
    asked = [span for condition in conditions for span in (condition.streak, condition.misses) if span is not None]
    if not asked:
        return facts
    spans = sorted({span.of for span in asked if isinstance(span, Misses)})
    state = [*KEYS, "window_start", "window_end", "total", "missed"]
    every = facts.select(state) if before is None else pl.concat([before.select(state), facts.select(state)])
    known = pl.col("missed") & (pl.col("total") > 0)
    missed = known.cast(pl.Int64)
    run = (~known).cum_sum().over(KEYS)
    runs = every.sort(*KEYS, "window_end").with_columns(run.alias("run"))
    counted = runs.with_columns(
        missed.cum_sum().over([*KEYS, "run"]).alias("streak"),
        *(_lately(missed, span).over(KEYS).alias(f"misses_{span}") for span in spans),
    )
    columns = [*KEYS, "window_start", "window_end", "streak", *(f"misses_{span}" for span in spans)]
    return facts.join(
        counted.select(columns), on=[*KEYS, "window_start", "window_end"], how="left", maintain_order="left"
    )


def _lately(missed: pl.Expr, windows: int) -> pl.Expr:
    total = missed.cum_sum()
    return total - total.shift(windows).fill_null(0)


def asks(conditions: Sequence[Condition], *measures: str) -> bool:
    """Whether any condition speaks of one of the measures."""
    return any(measure in condition.ranges for condition in conditions for measure in measures)
