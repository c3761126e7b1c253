"""Service credits: schedules, shared remedies and caps together, one row per subscription, remedy and window."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    "amount": pl.Int128,  # minor units, after caps
    "cap": pl.String,
}
KEY = ["subscriber", "window_start", "window_end"]
KEY_TYPES = {name: CREDITS[name] for name in KEY}
DUE = {name: CREDITS[name] for name in (*KEY, "percent", "basis", "amount", "cap")}
EARNINGS = {
    **KEY_TYPES, "rule": pl.UInt32, "num": pl.Int128, "den": pl.Int128, "money": pl.Boolean, "of_num": pl.Int128,
    "of_den": pl.Int128, "credit": pl.Int32,
}  # fmt: skip
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
    agreed = (pl.col("total").max() > 0).alias("agreed")
    windows = award.facts.group_by(KEY).agg(agreed).sort(KEY)
    rows = windows.filter("agreed").join(_due(award, fees), on=KEY, how="left", maintain_order="left")
    if award.rules:
        rule = next(iter(award.rules.values()))
        amounts, parts = fees.bases(award.remedy.credit[0].of, rule)
        basis = pl.lit(pl.Series(amounts, dtype=pl.Int128)).gather(pl.col("subscriber")) // parts
        rows = rows.with_columns(pl.coalesce("basis", basis).alias("basis"))
    rows = rows.with_columns(pl.col("percent", "amount").fill_null(0), pl.lit(award.remedy.id).alias("remedy"))
    return _limited(award, fees, rows, windows).select(pl.col(name).cast(dtype) for name, dtype in CREDITS.items())


def _due(award: Award, fees: Fees) -> pl.DataFrame:
    """What windows earn before later caps: the key, `percent`, `basis`, `amount`, `cap`."""
    earnings = _earnings(award, fees)
    caps_incidents = any(cap.per == "incident" for cap in award.remedy.all_caps)
    alone = (pl.len().over(KEY) == 1) & ~pl.lit(caps_incidents)
    split = earnings.with_columns(alone.alias("alone"))
    return pl.concat([_simple(split.filter("alone"), fees), _compound(award, fees, split.filter(~pl.col("alone")))])


def _earnings(award: Award, fees: Fees) -> pl.DataFrame:
    """What every schedule gives, with its fee basis as `of_num` / `of_den`."""
    by_incident = award.remedy.each == "incident"
    judged = award.facts.filter(pl.col("total") > 0)
    tables = []
    for number, credit in enumerate(award.remedy.credit):
        found = earned(credit, judged, award.stretches, per_incident=by_incident)
        for rule_number, rule in award.rules.items():
            amounts, parts = fees.bases(credit.of, rule)
            basis = pl.lit(pl.Series(amounts, dtype=pl.Int128)).gather(pl.col("subscriber"))
            of_rule = found.filter(pl.col("rule") == rule_number)
            constants = [pl.lit(parts, dtype=pl.Int128).alias("of_den"), pl.lit(number).alias("credit")]
            tables.append(of_rule.with_columns(basis.alias("of_num"), *constants))
    return pl.concat(tables) if tables else pl.DataFrame(schema=EARNINGS)


def _simple(rows: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Windows that earn one thing, without a cap per incident: whole-number arithmetic on columns.

    Python's integers, because the products of long windows and large fees leave 128 bits.
    """
    columns = ("subscriber", "num", "den", "of_num", "of_den", "money")
    shares, amounts = [], []
    for who, num, den, of_num, of_den, money in rows.select(columns).iter_rows():
        if money:
            amounts.append(fees.minor(who, num, den))
            shares.append(half_up(num * of_den * 100 * MICRO, den * max(1, of_num)))
        else:
            amounts.append(fees.minor(who, num * of_num, den * of_den))
            shares.append(half_up(num * 100 * MICRO, den))
    computed = {"percent": pl.Series(shares, dtype=pl.Int128), "amount": pl.Series(amounts, dtype=pl.Int128)}
    basis = (pl.col("of_num") // pl.col("of_den")).alias("basis")
    return rows.select(*KEY, basis).with_columns(**computed, cap=pl.lit(None, dtype=pl.String)).select(list(DUE))


def _compound(award: Award, fees: Fees, rows: pl.DataFrame) -> pl.DataFrame:
    """Windows that earn several things, or under a cap per incident."""
    found = []
    ordered = rows.sort(*KEY, "credit", "rule").iter_rows(named=True)
    for key, entries in groupby(ordered, key=itemgetter(*KEY)):
        listed = list(entries)
        due = [_entry(award, fees, row) for row in listed]
        share, amount, capped = (
            _combined(award.remedy, due, attrgetter(name)) for name in ("share", "amount", "capped")
        )
        bit = "incident" if amount[0] * capped[1] > capped[0] * amount[1] else None
        basis = listed[0]["of_num"] // listed[0]["of_den"]
        percent = half_up(share[0] * 100 * MICRO, share[1])
        found.append((*key, percent, basis, fees.minor(key[0], *capped), bit))
    return pl.DataFrame(found, schema=DUE, orient="row")


def _entry(award: Award, fees: Fees, row: Mapping[str, int]) -> Due:
    num, den, of_num, of_den = (row[name] for name in ("num", "den", "of_num", "of_den"))
    amount, share = (num * of_num, den * of_den), (num, den)
    if row["money"]:
        amount, share = (num, den), (num * of_den, den * max(1, of_num))
    capped = amount
    for cap in award.remedy.all_caps:
        if cap.per == "incident":
            limit = fees.limit(cap, row["subscriber"], award.rules[row["rule"]])
            if capped[0] * limit.denominator > limit.numerator * capped[1]:
                capped = (limit.numerator, limit.denominator)
    return Due(row["credit"], row["rule"], share, amount, capped)


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


def _limited(award: Award, fees: Fees, rows: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Apply the caps that look across windows, in the order of time."""
    if all(cap.per == "incident" for cap in award.remedy.all_caps):
        return rows
    rule = next(iter(award.rules.values())) if award.rules else None
    paid = []
    due = rows.filter(pl.col("amount") > 0).select(*KEY, "amount", "cap").iter_rows()
    for subscriber, owed in groupby(due, key=itemgetter(0)):
        assert rule is not None
        allowance = _allowance(award, fees, subscriber, rule, windows)
        for _, start, end, amount, bit in owed:
            left, bit_later = allowance.take(amount, start, end)
            paid.append((subscriber, start, end, left, bit_later or bit))
    limited = pl.DataFrame(paid, schema={**KEY_TYPES, "left": pl.Int128, "bit": pl.String}, orient="row")
    joined = rows.join(limited, on=KEY, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("left", "amount").alias("amount"), pl.coalesce("bit", "cap").alias("cap"))


def _allowance(award: Award, fees: Fees, subscriber: int, rule: Rule, windows: pl.DataFrame) -> Allowance:
    def amount_of(cap: Cap) -> int:
        return fees.minor(subscriber, *fees.limit(cap, subscriber, rule).as_integer_ratio())

    claimed = award.claimed.get(subscriber, ())
    inside: list[tuple[int, int]] = []
    if claimed:
        own = windows.filter(pl.col("subscriber") == subscriber)
        inside = own.select("window_start", "window_end").rows()
    elsewhere = [(at, paid) for at, paid in claimed if not any(start <= at < end for start, end in inside)]
    return Allowance(in_order(award.remedy.all_caps, amount_of), elsewhere, rule.zone)
