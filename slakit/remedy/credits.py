"""Service credits: schedules, shared remedies and caps together, one row per subscription, remedy and window."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

import polars as pl

from slakit.measure.rules import Rule
from slakit.policy.remedies import Cap, Remedy
from slakit.remedy.caps import Allowance, in_order
from slakit.remedy.fees import MICRO, Fees, half_up
from slakit.remedy.schedules import earned

CREDITS = {
    "subscriber": pl.UInt32,
    "remedy": pl.String,
    "window_start": pl.Int64,
    "window_end": pl.Int64,
    "percent": pl.Int128,  # of the fee basis, before caps, in millionths of a percent
    "basis": pl.Int128,  # millionths of the currency's unit
    "amount": pl.Int64,  # minor units, after caps
    "cap": pl.String,
}
Key = tuple[int, int, int]
"""Subscriber, start and end of a window."""
Ratio = tuple[int, int]
"""Numerator and denominator, not reduced."""


@dataclass(frozen=True)
class Award:
    """A remedy as it is to be awarded: the rules that measure its guarantees, and the facts of their windows.

    Attributes
    ----------
    rules
        Number of a rule → the rule.
    facts, stretches
        As `schedules.earned` takes them, of these rules only. A window without agreed time (`total` 0) earns nothing,
        but belongs to the assessment all the same.
    claimed
        Claims already made under this remedy: subscriber → start of the window (µs) and amount (minor units).
    """

    remedy: Remedy
    rules: Mapping[int, Rule]
    facts: pl.DataFrame
    stretches: pl.DataFrame
    claimed: Mapping[int, Sequence[tuple[int, int]]]

    @property
    def caps(self) -> list[Cap]:
        """Caps of its schedules, and its own."""
        return [*(cap for credit in self.remedy.credit for cap in credit.caps), *self.remedy.caps]


class Due(NamedTuple):
    """What one schedule earns in one window, or for one incident in it: fractions that are reduced only where summed.

    Attributes
    ----------
    credit, rule
        Which schedule, and for which guarantee.
    share
        Of the fee basis.
    amount, capped
        Millionths of the currency's unit, before and after caps per incident.
    """

    credit: int
    rule: int
    share: Ratio
    amount: Ratio
    capped: Ratio


def award_credits(award: Award, fees: Fees) -> pl.DataFrame:
    """Award one remedy to every subscription and window it is judged for.

    Returns
    -------
    pl.DataFrame
        `CREDITS`; a row for every judged window, with nothing due where nothing is.
    """
    due = {key: [entry for _, entry in entries] for key, entries in groupby(_due(award, fees), key=itemgetter(0))}
    agreed = pl.col("total").max() > 0
    keys = award.facts.group_by("subscriber", "window_start", "window_end").agg(agreed.alias("agreed"))
    keys = keys.sort("subscriber", "window_start")
    rows = []
    for subscriber, windows in groupby(keys.iter_rows(), key=itemgetter(0)):
        listed = list(windows)
        allowance = _allowance(award, fees, subscriber, [(start, end) for _, start, end, _ in listed])
        for start, end in [(start, end) for _, start, end, agreed_on in listed if agreed_on]:
            entries = due.get((subscriber, start, end), [])
            rows.append(
                (
                    subscriber,
                    award.remedy.id,
                    start,
                    end,
                    *_paid(award, fees, subscriber, (start, end), entries, allowance),
                )
            )
    return pl.DataFrame(rows, schema=CREDITS, orient="row")


def _due(award: Award, fees: Fees) -> Iterator[tuple[Key, Due]]:
    """What is due, in the order of keys."""
    by_incident = award.remedy.each == "incident"
    tables = [
        earned(credit, award.facts.filter(pl.col("total") > 0), award.stretches, per_incident=by_incident).with_columns(
            pl.lit(number).alias("credit")
        )
        for number, credit in enumerate(award.remedy.credit)
    ]
    rows = pl.concat(tables).sort("subscriber", "window_start", "window_end", "credit", "rule")
    for subscriber, rule, start, end, num, den, money, number in rows.iter_rows():
        yield (subscriber, start, end), _entry(award, fees, subscriber, (number, rule), (num, den), money)


def _entry(award: Award, fees: Fees, subscriber: int, which: tuple[int, int], worth: Ratio, money: bool) -> Due:
    credit, rule = award.remedy.credit[which[0]], award.rules[which[1]]
    basis = fees.basis(credit.of, subscriber, rule)
    if money:
        amount, share = worth, (worth[0] * basis.denominator, worth[1] * max(1, basis.numerator))
    else:
        amount, share = (worth[0] * basis.numerator, worth[1] * basis.denominator), worth
    capped = amount
    for cap in award.caps:
        if cap.per == "incident":
            limit = fees.limit(cap, subscriber, rule)
            if capped[0] * limit.denominator > limit.numerator * capped[1]:
                capped = (limit.numerator, limit.denominator)
    return Due(*which, share, amount, capped)


def _allowance(award: Award, fees: Fees, subscriber: int, spans: Sequence[tuple[int, int]]) -> Allowance:
    rule = next(iter(award.rules.values()))
    limits = in_order(
        award.caps, lambda cap: fees.minor(subscriber, *fees.limit(cap, subscriber, rule).as_integer_ratio())
    )
    elsewhere = [
        (at, amount)
        for at, amount in award.claimed.get(subscriber, ())
        if not any(start <= at < end for start, end in spans)
    ]
    return Allowance(limits, elsewhere, rule.zone)


def _paid(
    award: Award,
    fees: Fees,
    subscriber: int,
    span: tuple[int, int],
    entries: Sequence[Due],
    allowance: Allowance,
) -> tuple[int, int, int, str | None]:
    """Share in millionths of a percent, basis, amount in minor units, and the cap that bit."""
    first = entries[0] if entries else None
    rule = award.rules[first.rule] if first else next(iter(award.rules.values()))
    credit = award.remedy.credit[first.credit if first else 0]
    basis = int(fees.basis(credit.of, subscriber, rule))
    if not entries:
        return 0, basis, 0, None
    share, amount, capped = (
        _combined(award.remedy, entries, attrgetter(name)) for name in ("share", "amount", "capped")
    )
    bit = "incident" if amount[0] * capped[1] > capped[0] * amount[1] else None
    paid, bit_later = allowance.take(fees.minor(subscriber, *capped), *span)
    return half_up(share[0] * 100 * MICRO, share[1]), basis, paid, bit_later or bit


def _combined(remedy: Remedy, entries: Sequence[Due], worth: Callable[[Due], Ratio]) -> Ratio:
    """Incidents of a guarantee add up; guarantees and schedules add up or the largest is taken, as the remedy says."""
    if len(entries) == 1:
        return worth(entries[0])
    by_credit = []
    for _, of_credit in groupby(entries, key=attrgetter("credit")):
        by_rule = [
            sum((Fraction(*worth(entry)) for entry in of_rule), Fraction(0))
            for _, of_rule in groupby(of_credit, key=attrgetter("rule"))
        ]
        by_credit.append(max(by_rule) if remedy.each == "window" else sum(by_rule, Fraction(0)))
    total = max(by_credit) if remedy.take == "largest" else sum(by_credit, Fraction(0))
    return total.as_integer_ratio()
