"""Credits given back, `earn_back`: what was good again in the windows that follow takes a credit away."""

from __future__ import annotations

import polars as pl

from slakit.policy.conditions import Condition
from slakit.policy.remedies import EarnBack
from slakit.remedy.conditions import holds

KEY = ["subscriber", "window_start", "window_end"]


def given_back(back: EarnBack, facts: pl.DataFrame, later_phases: pl.DataFrame | None = None) -> pl.DataFrame:
    """Find the windows whose credit is given back: so many good ones follow, for each guarantee that missed by itself;
    for all of them, where a band was reached although none missed.

    Windows that are not judged yet are not good yet: the credit stands until they are. One of which nothing is known is
    never good. What is given back counts as never due: it reaches no minimum, and uses up no cap.

    Parameters
    ----------
    back
        How many good windows give it back.
    facts
        Of the windows of its guarantees; those of a subscription that changes have `whole_start` and `whole_end`.
    later_phases
        Facts of the phases of the subscriptions that follow, as if they were of this one: the parts of a window that a
        change cuts count once.

    Returns
    -------
    pl.DataFrame
        `subscriber`, `window_start`, `window_end` (µs).
    """
    good = ~pl.col("missed")
    if back.level is not None:
        good = holds(Condition.model_validate(back.level.model_dump(by_alias=True, exclude_none=True)))
    good = good & (pl.col("total") > 0)
    judged = facts.sort("subscriber", "rule", "window_end").with_columns(good.alias("good"))
    later = [pl.col("good").shift(-n).fill_null(value=False) for n in range(1, back.windows + 1)]
    followed = pl.all_horizontal(later).over("subscriber", "rule")
    if later_phases is not None and not later_phases.is_empty():
        followed = pl.lit(
            pl.Series(_followed(judged, later_phases.with_columns(good.alias("good")), back.windows), dtype=pl.Boolean)
        )
    by_window = judged.with_columns(followed.alias("followed")).group_by(KEY)
    of_missed = pl.col("followed").filter("missed")
    again = by_window.agg(pl.when(pl.col("missed").any()).then(of_missed.all()).otherwise(pl.col("followed").all()))
    return again.filter("followed").select(KEY)


def _followed(judged: pl.DataFrame, later_phases: pl.DataFrame, windows: int) -> list[bool]:
    """Say of windows whether so many good ones follow, through changes of the subscription."""
    columns = ["subscriber", "rule", "window_end", "whole_start", "whole_end", "missed", "total", "good"]
    following: dict[tuple[int, int], list[tuple[int, ...]]] = {}
    for subscriber, rule, *row in (
        pl.concat([judged.select(columns), later_phases.select(columns)]).sort("window_end").rows()
    ):
        following.setdefault((subscriber, rule), []).append(tuple(row))
    found = []
    for subscriber, rule, end in judged.select("subscriber", "rule", "window_end").rows():
        wholes: dict[tuple[int, int], tuple[bool, bool, bool]] = {}  # of several parts one that is missed speaks
        for until, whole_start, whole_end, missed, total, good in following[subscriber, rule]:
            if until <= end:
                continue
            known = wholes.get((whole_start, whole_end))
            if known is None or (not known[0] and (missed or not known[1])):
                wholes[whole_start, whole_end] = (bool(missed), total > 0, bool(good))
        goods = [good for _, _, good in wholes.values()][:windows]
        found.append(len(goods) == windows and all(goods))
    return found
