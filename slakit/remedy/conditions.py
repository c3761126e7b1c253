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
    """Say of each row whether all that a condition says holds.

    Parameters
    ----------
    condition
        What must hold.
    of_window
        Whether rows are windows, with `outage` a list of lengths, and not single incidents or days.

    >>> facts = pl.DataFrame({"total": [100, 100], "bad": [2, 2], "missed": [False, True], "streak": [0, 2]})
    >>> facts.select(holds(Condition(below=99, streak=2))).to_series().to_list()
    [False, True]
    """
    found = [_lies_in(span, measure, of_window=of_window) for measure, span in condition.ranges.items()]
    return pl.all_horizontal(found) if found else pl.lit(value=True)


def _lies_in(span: Range, measure: str, *, of_window: bool) -> pl.Expr:
    """Say whether a measure lies in a range, without a division: both sides are multiplied by the total."""
    total = wide("total")
    if measure == "level":
        good = (total - wide("bad")) * FULL
        sides = [_compared(side, good, pl.lit(units, dtype=pl.Int128) * total) for side, units in span.bounds]
        return pl.all_horizontal(sides)
    if measure == "deviation":
        short, target = short_of(pl.col("target")), wide("target")
        shares = [(side, pl.lit(units, dtype=pl.Int128) * target * total) for side, units in span.bounds]
        return (short > 0) & pl.all_horizontal(_compared(side, short * FULL, share) for side, share in shares)
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
    """Read a column in 128 bits: times and scaled percentages pass 64."""
    return pl.col(name).cast(pl.Int128)


def short_of(level: pl.Expr) -> pl.Expr:
    """Compute how far the level is on the wrong side of another, times 100 % and the total."""
    return wide("sign") * (level.cast(pl.Int128) * wide("total") - FULL * (wide("total") - wide("bad")))


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
    conditions
        What is asked.
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
    total = missed.cum_sum()
    run = (~known).cum_sum().over(KEYS)
    runs = every.sort(*KEYS, "window_end").with_columns(run.alias("run"))
    counted = runs.with_columns(
        missed.cum_sum().over([*KEYS, "run"]).alias("streak"),
        *((total - total.shift(span).fill_null(0)).over(KEYS).alias(f"misses_{span}") for span in spans),
    )
    columns = [*KEYS, "window_start", "window_end", "streak", *(f"misses_{span}" for span in spans)]
    return facts.join(
        counted.select(columns), on=[*KEYS, "window_start", "window_end"], how="left", maintain_order="left"
    )


def asks(conditions: Sequence[Condition], *measures: str) -> bool:
    """Return whether any condition speaks of one of the measures."""
    return any(measure in condition.ranges for condition in conditions for measure in measures)
