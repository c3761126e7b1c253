"""What is owed under every combination of answers, and which questions move it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from slakit.remedy.awards import Awarded, AwardedReading

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


def owed_ranges(awarded: Awarded, subscriptions: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the lowest and highest sum owed to each subscription, over all readings.

    Parameters
    ----------
    awarded
        As `award_remedies` gives it.
    subscriptions
        The checked table.

    Returns
    -------
    pl.DataFrame
        `RANGES`; amounts in minor units, readings as JSON. Where two readings give the same, the one that changes fewer
        answers is named.
    pl.DataFrame
        `ANSWERS`: the sum where one question is answered like that and the others as chosen.
    """
    numbered = subscriptions.with_row_index("subscriber")
    owed = awarded.credits.group_by("award", "subscriber").agg(pl.col("amount").sum())
    ranges, answers = [pl.DataFrame(schema=RANGES)], [pl.DataFrame(schema=ANSWERS)]
    courses: dict[int, list[Sequence[AwardedReading]]] = {}
    for plan, readings in awarded.readings.items():
        if plan.course is not None:
            courses.setdefault(plan.course, []).append(readings)
    each = [(plan, [readings]) for plan, readings in awarded.readings.items() if plan.course is None]
    each += [(phases[-1][0].reading.plan, phases) for phases in courses.values()]
    for plan, phases in each:
        own = [
            pl.col(name).eq_missing(pl.lit(value))
            for name, value in zip(("policy", "tier", "course", "position"), plan, strict=True)
        ]
        # a subscription that changes stands under its last phase; what is owed is that of all of them
        subscribers = numbered.filter(*own)["subscriber"]
        readings = [
            replace(of_reading[-1], awards=[number for one in of_reading for number in one.awards])
            for of_reading in zip(*phases, strict=True)
        ]
        sums: dict[int, pl.Series] = {}
        for phase in phases:
            back = plan.position - phase[0].reading.plan.position
            awards = list(dict.fromkeys(number for one in phase for number in one.awards))
            everyone = pl.DataFrame({"award": awards}, schema={"award": pl.UInt32}).join(
                pl.DataFrame({"subscriber": subscribers - back}), how="cross", maintain_order="left_right"
            )
            found = everyone.join(owed, on=["award", "subscriber"], how="left", maintain_order="left")
            amounts = found["amount"].fill_null(0)
            sums |= {n: amounts.slice(place * len(subscribers), len(subscribers)) for place, n in enumerate(awards)}
        of_plan_ranges, of_plan_answers = _ranges_of_plan(readings, sums, subscribers)
        ranges.append(of_plan_ranges)
        answers.append(of_plan_answers)
    return pl.concat(ranges).sort("subscriber"), pl.concat(answers).sort("subscriber", maintain_order=True)


def _ranges_of_plan(
    readings: Sequence[AwardedReading], sums: Mapping[int, pl.Series], subscribers: pl.Series
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compute the rows of `RANGES` and `ANSWERS` of one plan's subscribers."""
    chosen = readings[0].reading.answers
    ordered = sorted(readings, key=lambda one: len(_changed(one.reading.answers, chosen)))
    nothing = pl.Series([0], dtype=pl.Int128).new_from_index(0, len(subscribers))
    totals: dict[tuple[int, ...], pl.Series] = {}  # readings with the same awards owe the same
    amount = low = high = sum((sums[number] for number in ordered[0].awards), nothing)
    lowest = highest = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(subscribers))  # numbers of readings
    alone: list[tuple[str, str, pl.Series]] = []  # readings in which one answer differs from the chosen ones
    for number, one in enumerate(ordered):
        awards, reading = tuple(one.awards), one.reading.answers
        if awards not in totals:
            totals[awards] = total = sum((sums[award] for award in awards), nothing)
            position = pl.Series([number], dtype=pl.Int64).new_from_index(0, len(subscribers))
            lowest, highest = position.zip_with(total < low, lowest), position.zip_with(total > high, highest)
            low, high = total.zip_with(total < low, low), total.zip_with(total > high, high)
        changed = _changed(reading, chosen)
        if len(changed) == 1:
            alone.append((changed[0], reading[changed[0]], totals[awards]))
    widened: list[set[str]] = [set() for _ in range(len(subscribers))]  # questions that move each subscriber's sum
    for question, _, total in alone:
        for position in (total != amount).arg_true():
            widened[position].add(question)
    order = list(chosen)
    printed = pl.Series([json.dumps(one.reading.answers) for one in ordered])
    ranges = pl.DataFrame(
        {
            "subscriber": subscribers,
            "amount": amount,
            "amount_low": low,
            "amount_high": high,
            "reading_low": printed.gather(lowest),
            "reading_high": printed.gather(highest),
            "widened_by": [", ".join(sorted(names, key=order.index)) for names in widened],
        },
        schema=RANGES,
    )
    as_chosen = [(question, chosen[question], amount) for question in dict.fromkeys(name for name, *_ in alone)]
    listed = [*as_chosen, *alone]
    if not listed:
        return ranges, pl.DataFrame(schema=ANSWERS)
    labels = pl.DataFrame([one[:2] for one in listed], schema=["question", "answer"], orient="row")
    answers = labels.join(subscribers.to_frame(), how="cross", maintain_order="left_right")
    answers = answers.with_columns(pl.concat([total for *_, total in listed]).alias("amount"))
    return ranges, answers.select(list(ANSWERS)).cast(ANSWERS)  # type: ignore[arg-type]


def _changed(reading: Mapping[str, str], chosen: Mapping[str, str]) -> list[str]:
    return [question for question, answer in reading.items() if answer != chosen[question]]
