"""Credits given back: what was good again in the windows that follow takes a credit away."""

from __future__ import annotations

import polars as pl

from slakit.policy.conditions import Condition
from slakit.policy.remedies import Remedy
from slakit.remedy.conditions import holds

KEY = ["subscriber", "window_start", "window_end"]


def given_back(
    remedy: Remedy, facts: pl.DataFrame, rows: pl.DataFrame, later_phases: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Take back credits of windows that so many good ones follow, each guarantee that missed by itself;
    all of them, where a band was reached although none missed.

    Windows that are not judged yet are not good yet: the credit stands until they are. One of which nothing is known is
    never good. What is given back was paid at
    its time: caps over later windows still count it.

    Parameters
    ----------
    remedy, facts
        The remedy, and the facts of its guarantees' windows; those of a subscription that changes have `whole_start`
        and `whole_end`.
    rows
        Its credits.
    later_phases
        Facts of the phases of the subscriptions that follow, as if they were of this one: the parts of a window that a
        change cuts count once.
    """
    back = remedy.earn_back
    if back is None or rows.is_empty():
        return rows
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
    share, due = back.share.value, pl.col("amount") > 0
    kept = (pl.col("amount") * (2 * (share.denominator - share.numerator)) + share.denominator) // (
        2 * share.denominator
    )
    returned = due & pl.col("followed").fill_null(value=False)
    joined = rows.join(again, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(
        pl.when(returned).then(kept.clip(0)).otherwise("amount").alias("amount"),
        pl.when(returned).then(pl.lit("earned_back")).otherwise("cap").alias("cap"),
    ).drop("followed")


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
