"""What is owed under every combination of answers, and which questions move it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from slakit.analysis.plans import of_plan
from slakit.measure.rules import Plan
from slakit.policy.terms import Terms
from slakit.remedy.awards import AwardKey, Awards

RANGES = {
    "subscriber": pl.UInt32,
    "amount": pl.Int128,
    "amount_low": pl.Int128,
    "amount_high": pl.Int128,
    "reading_low": pl.String,
    "reading_high": pl.String,
    "widened_by": pl.String,
}
ANSWERS = {
    "subscriber": pl.UInt32,
    "question": pl.String,
    "answer": pl.String,
    "amount": pl.Int128,  # minor units
}


def owed_ranges(awards: Awards, plans: Mapping[Plan, Sequence[Terms]]) -> tuple[pl.DataFrame, pl.DataFrame]:
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
    pl.DataFrame
        `ANSWERS`: the sum where one question is answered like that and the others as chosen.
    """
    numbered = awards.fees.subscriptions.with_row_index("subscriber")
    ranges, answers = [pl.DataFrame(schema=RANGES)], [pl.DataFrame(schema=ANSWERS)]
    for plan, readings in plans.items():
        subscribers = numbered.filter(of_plan(plan))["subscriber"]
        of_plan_ranges, of_plan_answers = _ranges_of_plan(awards, plan, readings, subscribers)
        ranges.append(of_plan_ranges)
        answers += of_plan_answers
    return pl.concat(ranges).sort("subscriber"), pl.concat(answers).sort("subscriber", maintain_order=True)


@dataclass
class _Owed:
    """Sums owed to the subscribers of one plan, in minor units; a remedy that readings share is summed once."""

    awards: Awards
    plan: Plan
    subscribers: pl.Series
    known: dict[AwardKey, pl.Series] = field(default_factory=dict)

    def key(self, terms: Terms) -> tuple[AwardKey, ...]:
        """What the sum under a reading depends on: readings with the same key owe the same."""
        return tuple(self.awards.key(self.plan, terms, remedy) for remedy in terms.remedies)

    def under(self, terms: Terms) -> pl.Series:
        """Sum of all remedies under one reading."""
        total = pl.Series([0], dtype=pl.Int128).new_from_index(0, len(self.subscribers))
        for remedy, key in zip(terms.remedies, self.key(terms), strict=True):
            if key not in self.known:
                self.known[key] = self._sum(self.awards.award(self.plan, terms, remedy))
            total = total + self.known[key]
        return total

    def _sum(self, credits: pl.DataFrame) -> pl.Series:
        sums = credits.group_by("subscriber").agg(pl.col("amount").sum())
        everyone = pl.DataFrame({"subscriber": self.subscribers})
        return everyone.join(sums, on="subscriber", how="left", maintain_order="left")["amount"].fill_null(0)


@dataclass
class _Extreme:
    """The best sum so far for each subscriber, and the number of the reading that gave it."""

    amount: pl.Series
    reading: pl.Series

    def offer(self, amount: pl.Series, number: int, better: pl.Series) -> None:
        self.amount = amount.zip_with(better, self.amount)
        self.reading = pl.Series([number], dtype=pl.Int64).new_from_index(0, len(amount)).zip_with(better, self.reading)


def _ranges_of_plan(
    awards: Awards, plan: Plan, readings: Sequence[Terms], subscribers: pl.Series
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    chosen = readings[0].reading
    ordered = sorted(readings, key=lambda terms: len(_changed(terms.reading, chosen)))
    owed = _Owed(awards, plan, subscribers)
    amount = owed.under(ordered[0])
    nobody = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(amount))
    low, high = _Extreme(amount, nobody), _Extreme(amount, nobody)
    alone: list[tuple[str, str, pl.Series]] = []
    seen: dict[tuple[AwardKey, ...], pl.Series] = {}
    for number, terms in enumerate(ordered):
        key, changed = owed.key(terms), _changed(terms.reading, chosen)
        if key not in seen:
            total = seen.setdefault(key, owed.under(terms))
            low.offer(total, number, total < low.amount)
            high.offer(total, number, total > high.amount)
        total = seen[key]
        if len(changed) == 1:
            alone.append((changed[0], terms.reading[changed[0]], total))
    widened = [(question, total != amount) for question, _, total in alone]
    printed = pl.Series([json.dumps(terms.reading) for terms in ordered])
    ranges = pl.DataFrame(
        {
            "subscriber": subscribers,
            "amount": amount,
            "amount_low": low.amount,
            "amount_high": high.amount,
            "reading_low": printed.gather(low.reading),
            "reading_high": printed.gather(high.reading),
            "widened_by": _named(widened, len(subscribers), list(chosen)),
        },
        schema=RANGES,
    )
    as_chosen = [(question, chosen[question], amount) for question in dict.fromkeys(name for name, *_ in alone)]
    return ranges, [_answered(subscribers, *answered) for answered in [*as_chosen, *alone]]


def _answered(subscribers: pl.Series, question: str, answer: str, amount: pl.Series) -> pl.DataFrame:
    said = {"subscriber": subscribers, "question": question, "answer": answer, "amount": amount}
    return pl.DataFrame(said, schema=ANSWERS)


def _changed(reading: Mapping[str, str], chosen: Mapping[str, str]) -> list[str]:
    return [question for question, answer in reading.items() if answer != chosen[question]]


def _named(widened: Sequence[tuple[str, pl.Series]], count: int, order: Sequence[str]) -> list[str]:
    """Questions that move each subscriber's sum, in the order of the policy."""
    questions: list[set[str]] = [set() for _ in range(count)]
    for question, moves in widened:
        for position in moves.arg_true():
            questions[position].add(question)
    return [", ".join(sorted(names, key=order.index)) for names in questions]
