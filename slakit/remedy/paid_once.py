"""Sliding windows: what one of them has paid for does not make a later one pay again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from slakit.measure.rules import Rule
from slakit.policy.remedies import Credit
from slakit.remedy.schedules import earned

KEY = ["subscriber", "rule"]
LEVEL = ["total", "bad", "missed", "downtime"]
Owner = tuple[int, int]
"""A subscriber and a rule."""
Spans = Mapping[Owner, Sequence[tuple[int, int]]]
"""Spans of time: the first instant, and the first one after it. [µs]"""
Remeasure = Callable[[Mapping[Owner, int]], pl.DataFrame]
"""Facts of windows, without the downtime before an instant of their owner."""


def paid_once(
    credits: Sequence[Credit],
    rules: Mapping[int, Rule],
    facts: pl.DataFrame,
    incidents: Spans,
    remeasure: Remeasure,
    already: Mapping[Owner, int],
) -> pl.DataFrame:
    """Leave in each sliding window only the downtime that no window before it has paid for.

    An outage is paid for whole, in the first window in which a credit is due for it and that ends when it is over.

    Parameters
    ----------
    credits, rules
        Schedules of a remedy, and the rules that measure its guarantees, by number.
    facts
        Of sliding windows, as `schedules.earned` takes them.
    incidents
        First and last counted instant of each incident.
    remeasure
        Measures the windows again, without what has been paid for.
    already
        Until when a phase of the subscription before has paid. [µs]

    Returns
    -------
    pl.DataFrame
        The same windows, and whether each `pays`.
    """
    left, paid_until = facts, dict(already)
    settled = []
    windows = [*KEY, "window_start", "window_end"]
    if paid_until and not left.is_empty():
        fresh = remeasure(paid_until).select(*windows, *LEVEL)
        left = left.drop(LEVEL).join(fresh, on=windows, maintain_order="left").select(facts.columns)
    while not left.is_empty():
        over = []
        for who, rule, end in left.select(*KEY, "window_end").rows():
            goes_on = any(first < end < last for first, last in incidents.get((who, rule), ()))
            over.append(not goes_on)
        payable = left.filter(pl.Series(over, dtype=pl.Boolean) & (pl.col("total") > 0))
        due = []
        for credit in credits:
            named = [n for n, rule in rules.items() if rule.guarantee.id in (credit.guarantees or [rule.guarantee.id])]
            own = payable.filter(pl.col("rule").is_in(named)).with_columns(pl.lit(0, dtype=pl.UInt32).alias("award"))
            due.append(earned(credit, own, own.clear()).select(*KEY, "window_end"))
        paying = pl.concat(due).group_by(KEY).agg(pl.col("window_end").min().alias("paid_end"))
        placed = left.join(paying, on=KEY, how="left", maintain_order="left")
        beyond = (pl.col("window_end") > pl.col("paid_end")).fill_null(value=False)
        pays = (pl.col("window_end") == pl.col("paid_end")).fill_null(value=False)
        settled.append(placed.filter(~beyond).with_columns(pays.alias("pays")).drop("paid_end"))
        paid_until |= {(who, rule): end for who, rule, end in paying.iter_rows()}
        left = placed.filter(beyond).drop("paid_end")
        if not left.is_empty():  # what has been paid for is no part of the levels of later windows
            fresh = remeasure(paid_until).select(*windows, *LEVEL)
            left = left.drop(LEVEL).join(fresh, on=windows, maintain_order="left").select(facts.columns)
    return pl.concat(settled) if settled else facts.with_columns(pl.lit(value=True).alias("pays"))
