"""What is owed under every combination of answers, and which questions move it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from slakit.analysis.plans import of_plan
from slakit.measure.rules import Plan
from slakit.policy.terms import Terms
from slakit.remedy.awards import Awards

RANGES = {
    "subscriber": pl.UInt32,
    "amount": pl.Int64,
    "amount_low": pl.Int64,
    "amount_high": pl.Int64,
    "reading_low": pl.String,
    "reading_high": pl.String,
    "widened_by": pl.String,
}


def owed_ranges(awards: Awards, plans: Mapping[Plan, Sequence[Terms]]) -> pl.DataFrame:
    """Lowest and highest sum owed to each subscription, over all readings.

    Parameters
    ----------
    plans
        Terms of each plan under each reading, the chosen one first.

    Returns
    -------
    pl.DataFrame
        `RANGES`; amounts in minor units, readings as JSON. Where two readings give the same, the one that changes fewer
        answers is named.
    """
    numbered = awards.fees.subscriptions.with_row_index("subscriber")
    tables = [
        _ranges_of_plan(awards, plan, readings, numbered.filter(of_plan(plan))["subscriber"])
        for plan, readings in plans.items()
    ]
    return pl.concat([pl.DataFrame(schema=RANGES), *tables]).sort("subscriber")


def owed(awards: Awards, plan: Plan, terms: Terms, subscribers: pl.Series) -> pl.Series:
    """Sum owed to each subscriber under one set of terms, in minor units."""
    total = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(subscribers))
    for remedy in terms.remedies:
        credits = awards.award(plan, terms, remedy).group_by("subscriber").agg(pl.col("amount").sum())
        due = pl.DataFrame({"subscriber": subscribers}).join(credits, on="subscriber", how="left", maintain_order="left")
        total = total + due["amount"].fill_null(0)
    return total


@dataclass
class _Extreme:
    """The best sum so far for each subscriber, and the number of the reading that gave it."""

    amount: pl.Series
    reading: pl.Series

    def offer(self, amount: pl.Series, number: int, better: pl.Series) -> None:
        self.amount = amount.zip_with(better, self.amount)
        self.reading = pl.Series([number], dtype=pl.Int64).new_from_index(0, len(amount)).zip_with(better, self.reading)


def _ranges_of_plan(awards: Awards, plan: Plan, readings: Sequence[Terms], subscribers: pl.Series) -> pl.DataFrame:
    chosen = readings[0].reading
    ordered = sorted(readings, key=lambda terms: len(_changed(terms.reading, chosen)))
    amount = owed(awards, plan, ordered[0], subscribers)
    nobody = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(amount))
    low, high = _Extreme(amount, nobody), _Extreme(amount, nobody)
    widened: list[tuple[str, pl.Series]] = []
    for number, terms in enumerate(ordered):
        total = owed(awards, plan, terms, subscribers)
        low.offer(total, number, total < low.amount)
        high.offer(total, number, total > high.amount)
        changed = _changed(terms.reading, chosen)
        if len(changed) == 1:
            widened.append((changed[0], total != amount))
    printed = pl.Series([json.dumps(terms.reading) for terms in ordered])
    return pl.DataFrame(
        {
            "subscriber": subscribers,
            "amount": amount,
            "amount_low": low.amount,
            "amount_high": high.amount,
            "reading_low": printed.gather(low.reading),
            "reading_high": printed.gather(high.reading),
            "widened_by": _named(widened, len(subscribers)),
        },
        schema=RANGES,
    )


def _changed(reading: Mapping[str, str], chosen: Mapping[str, str]) -> list[str]:
    return [question for question, answer in reading.items() if answer != chosen[question]]


def _named(widened: Sequence[tuple[str, pl.Series]], count: int) -> list[str]:
    questions: list[dict[str, None]] = [{} for _ in range(count)]
    for question, moves in widened:
        for position in moves.arg_true():
            questions[position][question] = None
    return [", ".join(names) for names in questions]
