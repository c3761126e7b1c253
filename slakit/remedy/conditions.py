"""Whether a condition holds: a `Condition` as an expression over measured rows.

Rows carry the level as `total` and `bad` (the level is `(total - bad) / total`, in percent), `target` (percent units)
and `sign` (1 where less is worse, else -1), and whatever else a condition asks for: `outage` (µs; of a window, the list
of all its outages, of which any will do) and `downtime` (in parts of a µs, `scale` of which are one), `incidents`,
`streak`, and `misses_n` for the last n windows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import polars as pl

from slakit.policy.conditions import INSIDE, Condition, Misses
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
    total = wide("total")  # levels are compared without a division: both sides are multiplied by the total
    found = [pl.lit(value=True)]
    for measure, span in condition.ranges.items():
        if measure == "level":
            good = (total - wide("bad")) * FULL
            found += [INSIDE[side](good, pl.lit(units, dtype=pl.Int128) * total) for side, units in span.bounds]
        elif measure == "deviation":
            short, whole = short_of(pl.col("target")), wide("target") * total
            found += [INSIDE[side](short * FULL, pl.lit(units, dtype=pl.Int128) * whole) for side, units in span.bounds]
            found.append(short > 0)
        elif measure == "outage" and of_window:
            inside = pl.all_horizontal(INSIDE[side](pl.element(), pl.lit(units)) for side, units in span.bounds)
            found.append(pl.col("outage").list.eval(inside).list.any().fill_null(value=False))
        else:
            column = pl.col(f"misses_{span.of}" if isinstance(span, Misses) else measure)
            parts = pl.col("scale") if measure == "downtime" else pl.lit(1)
            sides = [INSIDE[side](column, pl.lit(units) * parts) for side, units in span.bounds]
            if measure in ("streak", "misses"):  # of breaches of which this window is the last: a good one has none
                sides.append(pl.col("missed"))
            found.append(pl.all_horizontal(sides).fill_null(value=False))
    return pl.all_horizontal(found)


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
        Of the windows that are assessed; with `missed_before`, whether an earlier part of the window was missed.
    conditions
        What is asked.
    before
        Facts of the windows that ended before them; without, the first one assessed is the first of all.
    """
    asked = [span for condition in conditions for span in (condition.streak, condition.misses) if span is not None]
    if not asked:
        return facts
    spans = sorted({span.of for span in asked if isinstance(span, Misses)})
    if "missed_before" in facts.columns:
        judged = (pl.col("missed") & (pl.col("total") > 0)) | pl.col("missed_before")
        counted_as = facts.with_columns(judged.alias("missed"), pl.lit(1, dtype=pl.Int64).alias("total"))
    else:
        counted_as = facts
    state = [*KEYS, "window_start", "window_end", "total", "missed"]
    every = counted_as.select(state)
    if before is not None:
        every = pl.concat([before.select(state), every])
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
