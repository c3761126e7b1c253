"""What is owed under every combination of answers, and which questions move it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

import polars as pl

from slakit.remedy.awards import Awarded, AwardedReading, AwardKey

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
            replace(of_reading[-1], keys=[key for one in of_reading for key in one.keys])
            for of_reading in zip(*phases, strict=True)
        ]
        sums = {}
        for phase in phases:
            back = plan.position - phase[0].reading.plan.position
            for key in dict.fromkeys(key for one in phase for key in one.keys):
                by_subscriber = awarded.credits[key].group_by("subscriber").agg(pl.col("amount").sum())
                everyone = pl.DataFrame({"subscriber": subscribers - back})
                found = everyone.join(by_subscriber, on="subscriber", how="left", maintain_order="left")
                sums[key] = found["amount"].fill_null(0)
        of_plan_ranges, of_plan_answers = _ranges_of_plan(readings, sums, subscribers)
        ranges.append(of_plan_ranges)
        answers += of_plan_answers
    return pl.concat(ranges).sort("subscriber"), pl.concat(answers).sort("subscriber", maintain_order=True)


def _ranges_of_plan(
    readings: Sequence[AwardedReading], sums: Mapping[AwardKey, pl.Series], subscribers: pl.Series
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Compute the rows of `RANGES` of one plan's subscribers, and tables of `ANSWERS`."""
    chosen = readings[0].reading.answers
    ordered = sorted(readings, key=lambda one: len(_changed(one.reading.answers, chosen)))
    nothing = pl.Series([0], dtype=pl.Int128).new_from_index(0, len(subscribers))
    totals: dict[tuple[AwardKey, ...], pl.Series] = {}  # readings with the same keys owe the same
    amount = low = high = sum((sums[key] for key in ordered[0].keys), nothing)
    lowest = highest = pl.Series([0], dtype=pl.Int64).new_from_index(0, len(subscribers))  # numbers of readings
    alone: list[tuple[str, str, pl.Series]] = []  # readings in which one answer differs from the chosen ones
    for number, one in enumerate(ordered):
        keys, reading = tuple(one.keys), one.reading.answers
        if keys not in totals:
            totals[keys] = total = sum((sums[key] for key in keys), nothing)
            position = pl.Series([number], dtype=pl.Int64).new_from_index(0, len(subscribers))
            lowest, highest = position.zip_with(total < low, lowest), position.zip_with(total > high, highest)
            low, high = total.zip_with(total < low, low), total.zip_with(total > high, high)
        changed = _changed(reading, chosen)
        if len(changed) == 1:
            alone.append((changed[0], reading[changed[0]], totals[keys]))
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
    answers = [
        pl.DataFrame(
            {"subscriber": subscribers, "question": question, "answer": answer, "amount": total}, schema=ANSWERS
        )
        for question, answer, total in [*as_chosen, *alone]
    ]
    return ranges, answers


def _changed(reading: Mapping[str, str], chosen: Mapping[str, str]) -> list[str]:
    return [question for question, answer in reading.items() if answer != chosen[question]]
