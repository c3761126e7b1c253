"""Service credits: schedules, shared remedies and caps together, one row per subscription, remedy and window."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import NamedTuple

import polars as pl

from slakit.measure.rules import FOREVER, Rule
from slakit.policy.conditions import lies_within
from slakit.policy.quantities import Money
from slakit.policy.remedies import Cap, FeeBasis, Limits, PointValue, Remedy, Worth
from slakit.remedy.caps import CreditLimits
from slakit.remedy.earn_back import given_back
from slakit.remedy.fees import MICRO, Fees, FeeSources, Span, half_up
from slakit.remedy.phases import shares_fee
from slakit.remedy.schedules import WINDOW, credit_value, earned

CREDITS = {
    "award": pl.UInt32,  # number among those awarded together
    "subscriber": pl.UInt32,
    "remedy": pl.String,
    "window_start": pl.Int64,
    "window_end": pl.Int64,
    "percent": pl.Int128,  # of the fee basis, before caps, in millionths of a percent
    "basis": pl.Int128,  # millionths of the currency's unit
    "amount": pl.Int128,  # minor units, after caps
    "cap": pl.String,
    "instead": pl.String,  # id of the remedy that is paid in its place
}
KEY = ["subscriber", "window_start", "window_end"]
AWARD_KEY = ["award", *KEY]
KEY_TYPES = {name: CREDITS[name] for name in AWARD_KEY}
DUE = {name: CREDITS[name] for name in (*AWARD_KEY, "percent", "basis", "amount", "cap")}
EARNINGS = {
    **KEY_TYPES, "rule": pl.UInt32, "incident": pl.Int64, "num": pl.Int128, "den": pl.Int128, "part": pl.Int64,
    "parts": pl.Int64, "money": pl.Boolean, "credit": pl.Int32, "base": pl.Int64,
}  # fmt: skip
PLACES = {name: EARNINGS[name] for name in ("award", "rule", "credit")}
OF_EARNING = {"clause", "tiers", "guarantees", "of", "payout", *Limits.model_fields}
"""What a schedule says besides what it earns."""
ROUNDED_BASIS = (2 * pl.col("of_num") + pl.col("of_den")) // (2 * pl.col("of_den"))
"""A fee basis in whole millionths of the currency's unit, rounded half up."""
Ratio = tuple[int, int]
"""Numerator and denominator, not reduced."""
WindowKey = tuple[int, int, int]
"""`KEY` of a window, or of an incident that is judged by itself."""
OutagesOfIncidents = Mapping[WindowKey, Set[Hashable]]
"""Incident → its outages, by any name."""


@dataclass(frozen=True)
class Phase:
    """What a remedy of a subscription that changes takes over from the phases before, and leaves to those after.

    Attributes
    ----------
    limits
        Subscriber → what its limits have left in the phases before; filled with what this phase leaves.
    windows
        Subscriber → windows of the remedy in all phases. [µs]
    later
        Facts of the phases after, as if they were of this one.
    """

    limits: dict[int, CreditLimits]
    windows: Mapping[int, Sequence[tuple[int, int]]]
    later: pl.DataFrame


@dataclass(frozen=True)
class Award:
    """A remedy as it is to be awarded: the rules that measure its guarantees, and the facts of their windows.

    Attributes
    ----------
    rules
        Number of a rule → the rule.
    facts
        Windows of these rules only, as `schedules.earned` takes them. In a window without agreed time (`total` 0) no
        credit is due, but it belongs to the assessment all the same. Of sliding windows, `pays`: whether one owes for
        something that is not paid for yet.
    claimed
        Claims already made under this remedy: subscriber → start of the window (µs) and amount (minor units).
    downtime_intervals
        Of these windows, for schedules per incident: `number`, the keys of the window, and `outage` (length, µs).
    days
        Of these windows, for schedules per day, as `awards.downtime_by_day` gives them.
    phase
        Of subscriptions that change; their facts have `whole_start` and `whole_end` too, and `part_start`, where the
        window of each guarantee itself begins.
    """

    remedy: Remedy
    rules: Mapping[int, Rule]
    facts: pl.DataFrame
    claimed: Mapping[int, Sequence[tuple[int, int]]]
    downtime_intervals: pl.DataFrame
    days: pl.DataFrame
    phase: Phase | None = None


class Alternatives(NamedTuple):
    """Remedies of which only one is paid for a window or incident: the largest credit, of equal ones the first; most
    stand alone.

    Attributes
    ----------
    awards
        The remedies, and what was measured.
    outages
        Of each remedy the outages of its single incidents: those that share one, directly or by others, are one.
    """

    awards: Sequence[Award]
    outages: Sequence[OutagesOfIncidents] = ()


class Due(NamedTuple):
    """What is due by one schedule in one window, or for one incident in it: fractions, reduced only where summed.

    Attributes
    ----------
    credit, rule, incident
        Which schedule, for which guarantee, and for which incident or day where it looks at them.
    share
        Of the fee basis; or points.
    basis
        The fee that it is a share of. [millionths of the currency's unit]
    amount, capped
        Millionths of the currency's unit, before and after caps per incident or day.
    """

    credit: int
    rule: int
    incident: int | None
    share: Ratio
    basis: Fraction
    amount: Ratio
    capped: Ratio


class Entry(NamedTuple):
    """What an award, by its number, owes for a window: minor units, and the cap applied so far."""

    subscriber: int
    start: int
    end: int
    number: int
    amount: int
    cap: str | None


OwedRow = tuple[int, int, int, int, int, str | None, bool]
"""An entry, and whether it is due."""


class Cut(NamedTuple):
    """What a change of the subscription leaves of a window: the whole one, and the share of its time."""

    whole: Span
    share: Fraction


Cuts = Mapping[tuple[int, ...], Cut]
"""By subscriber, start and end of the window."""


class AwardedCredits(NamedTuple):
    """What remedies pay, and what the fees that it depends on were taken from.

    Attributes
    ----------
    credits
        `CREDITS`; a row for every judged window of every award, with nothing due where nothing is.
    sources
        Of the fees, by the number of the award. A credit of nothing is no share of an unknown fee.
    """

    credits: pl.DataFrame
    sources: Sequence[FeeSources]


class DueCredits(NamedTuple):
    """What remedies owe before the limits that look across windows: its rows, and all windows."""

    rows: pl.DataFrame
    windows: pl.DataFrame


Place = tuple[int, int, int]
"""Number of an award, number of a rule, and which schedule of the remedy it is."""


@dataclass(frozen=True)
class Batch:
    """Remedies that are awarded together, by the number of their award.

    Attributes
    ----------
    awards, fees
        The remedies, and the fees of their subscribers.
    cuts
        Of each award the windows of each of its rules that a change cuts.
    bases
        Number of a fee basis that does not vary: amounts of all subscribers, and what to divide them by.
    base_of
        The number of the fee basis of each place; none where it varies.
    sources
        Of each award what its fees are taken from; filled as they are.
    """

    awards: Sequence[Award]
    fees: Fees
    cuts: Sequence[Mapping[int, Cuts]]
    bases: Sequence[tuple[list[int], int]]
    base_of: Mapping[Place, int | None]
    sources: Sequence[list[FeeSources]]

    @classmethod
    def of(cls, awards: Sequence[Award], fees: Fees) -> Batch:
        """Put awards together, and look up their fees."""
        bases: dict[tuple[int, int], tuple[list[int], int]] = {}
        places: dict[Place, tuple[int, int] | None] = {}
        for number, award in enumerate(awards):
            for place, credit in enumerate(award.remedy.credit):
                for rule_number, rule in award.rules.items():
                    key = None
                    if not fees.varies(credit.of):
                        amounts, parts = fees.bases(credit.of, rule)
                        key = id(amounts), parts
                        bases.setdefault(key, (amounts, parts))
                    places[number, rule_number, place] = key
        numbers = {key: number for number, key in enumerate(bases)}
        base_of = {place: None if key is None else numbers[key] for place, key in places.items()}
        cuts = [_cuts(award, fees) for award in awards]
        return cls(awards, fees, cuts, list(bases.values()), base_of, [[] for _ in awards])

    def by_award(self, value_of: Callable[[Award], object], dtype: type[pl.DataType]) -> pl.Expr:
        """Look up a value of each award, from the column `award`."""
        return looked_up(map(value_of, self.awards), "award", dtype)

    def together(self, rows_of: Callable[[Award], pl.DataFrame], only: Iterable[int] | None = None) -> pl.DataFrame:
        """Put rows of all awards, or of some, into one table, with `award`."""
        tables, owners = [], []
        for number in range(len(self.awards)) if only is None else only:
            rows = rows_of(self.awards[number])
            tables.append(rows)
            owners.append(pl.Series("award", [number], dtype=pl.UInt32).new_from_index(0, rows.height))
        return pl.concat(tables, how="diagonal").hstack([pl.concat(owners)])


def looked_up(values: Iterable[object], column: str, dtype: type[pl.DataType]) -> pl.Expr:
    """Look up values by their number, from a column of numbers."""
    return pl.lit(pl.Series(values, dtype=dtype)).gather(pl.col(column))


def award_credits(alternatives: Sequence[Alternatives], fees: Fees) -> AwardedCredits:
    """Award remedies to every subscription and window that they are judged for, all at once.

    Parameters
    ----------
    alternatives
        The remedies, and what was measured; their awards are numbered in this order.
    fees
        Fees of the subscribers.
    """
    batch = Batch.of([award for group in alternatives for award in group.awards], fees)
    if not batch.awards:
        return AwardedCredits(pl.DataFrame(schema=CREDITS), [])
    limited = _limited(batch, alternatives, _due(batch))
    credits = limited.select(pl.col(name).cast(dtype) for name, dtype in CREDITS.items())
    return AwardedCredits(credits, [FeeSources.together(own) for own in batch.sources])


def _due(batch: Batch) -> DueCredits:
    facts = batch.together(lambda award: award.facts)
    agreed = (pl.col("total").max() > 0).alias("agreed")
    windows = facts.group_by(AWARD_KEY).agg(agreed).sort(AWARD_KEY)
    earnings, due = _earned(batch, facts.filter(pl.col("total") > 0)), pl.DataFrame(schema=DUE)
    if not earnings.is_empty():
        due = _due_of(_with_basis(earnings, batch), batch)
    # beside what earns nothing stands the fee basis of the first guarantee and the first schedule
    first = {number: (number, next(iter(award.rules)), 0) for number, award in enumerate(batch.awards) if award.rules}
    shown = {number: batch.base_of[place] for number, place in first.items()}
    base = looked_up([shown.get(number) for number in range(len(batch.awards))], "award", pl.Int64)
    rows = windows.filter("agreed").join(due, on=AWARD_KEY, how="left", maintain_order="left")
    rows = _with_basis(rows.with_columns(base.alias("base")), batch, first)
    backs = [award.remedy.earn_back for award in batch.awards]
    whole_back = looked_up((back is not None and back.share.value >= 1 for back in backs), "award", pl.Boolean)
    # of what is given back no minimum is due
    is_due = pl.col("amount").is_not_null() & ~(pl.col("cap").eq_missing("earned_back") & whole_back)
    rows = rows.with_columns(
        pl.coalesce("basis", ROUNDED_BASIS).alias("basis"),
        is_due.alias("is_due"),
        batch.by_award(lambda award: award.remedy.id, pl.String).alias("remedy"),
        pl.lit(None, dtype=pl.String).alias("instead"),
        pl.col("percent", "amount").fill_null(0),
    )
    return DueCredits(rows, windows)


def _earned(batch: Batch, judged: pl.DataFrame) -> pl.DataFrame:
    """Compute what schedules earn: `EARNINGS`. Those that say the same are computed at once."""
    alike: dict[str, list[tuple[int, int]]] = {}
    for number, award in enumerate(batch.awards):
        for place, credit in enumerate(award.remedy.credit):
            alike.setdefault(credit.model_dump_json(exclude=OF_EARNING), []).append((number, place))
    level = judged.drop("outage", "pays", strict=False)
    if "pays" in judged.columns:  # of sliding windows, those that owe for something that is not paid for yet
        judged = judged.filter(pl.col("pays").fill_null(value=True)).drop("pays")
    tables = [pl.DataFrame(schema=EARNINGS)]
    for places in alike.values():
        credit = batch.awards[places[0][0]].remedy.credit[places[0][1]]
        numbers = list(dict.fromkeys(number for number, _ in places))
        own = judged if len(numbers) == len(batch.awards) else judged.filter(pl.col("award").is_in(numbers))
        incidents = days = own.clear()
        if credit.earned_per == "incident":
            intervals = batch.together(lambda award: award.downtime_intervals, numbers)
            found = intervals.with_columns(pl.col("number").cast(pl.Int64).alias("incident")).drop("number")
            incidents = found.join(level, on=WINDOW, maintain_order="left")
        elif credit.earned_per == "day":
            by_day = batch.together(lambda award: award.days, numbers)
            days = by_day.join(level.drop("downtime"), on=WINDOW, maintain_order="left")
        earns = earned(credit, own, incidents, days)
        if earns.is_empty():
            continue
        due_for = [
            (number, rule_number, place, batch.base_of[number, rule_number, place])
            for number, place in places
            for named in (batch.awards[number].remedy.credit[place].guarantees,)
            for rule_number, rule in batch.awards[number].rules.items()
            if named is None or rule.guarantee.id in named
        ]
        owners = pl.DataFrame(due_for, schema={**PLACES, "base": pl.Int64}, orient="row")
        placed = earns.join(owners, on=["award", "rule"])
        tables.append(placed.select(list(EARNINGS)))
    return pl.concat(tables)


def _due_of(earnings: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    """Put together what the schedules of remedies earn in each window: `DUE`."""
    returned = [pl.DataFrame(schema=KEY_TYPES)]
    for number, award in enumerate(batch.awards):
        if award.remedy.earn_back is not None:
            later = award.phase.later if award.phase else None
            found = given_back(award.remedy.earn_back, award.facts, later)
            returned.append(found.with_columns(pl.lit(number, dtype=pl.UInt32).alias("award")).select(AWARD_KEY))
    back = pl.lit(value=False)
    if len(returned) > 1:
        backs = pl.concat(returned).with_columns(back=True)
        earnings, back = earnings.join(backs, on=AWARD_KEY, how="left"), pl.col("back").fill_null(value=False)
    single = (pl.len().over(AWARD_KEY) == 1) & ~batch.by_award(_puts_together, pl.Boolean) & ~back
    earnings = earnings.with_columns(single.alias("single"), back.alias("back"))  # one thing is due in the window
    simple, compound = earnings.filter("single"), earnings.filter(~pl.col("single"))
    return pl.concat([_simple(simple, batch.fees), _compound(compound, batch)])


def _puts_together(award: Award) -> bool:
    """Return whether even one thing that is due in a window is not paid as it is."""
    remedy = award.remedy
    together = remedy.points is not None or bool(caps_on_parts(remedy))
    return together or remedy.select == "smallest"  # of which a schedule that earns nothing is one


def _cuts(award: Award, fees: Fees) -> Mapping[int, Cuts]:
    """Find for each rule the windows that a change cuts; not those that slide, of which each part has its own fee."""
    if award.phase is None:
        return {}
    first, last = pl.col("whole_start"), pl.col("whole_end")
    cut = award.facts.filter((pl.col("window_start") != first) | (pl.col("window_end") != last), last < FOREVER)
    found: dict[int, dict[tuple[int, ...], Cut]] = {}
    for number, *key, part_start, start, end in cut.select("rule", *KEY, "part_start", first, last).iter_rows():
        if not award.rules[number].guarantee.window.slides:
            share = fees.share_of_time(key[0], (part_start, key[2]), (start, end))
            found.setdefault(number, {})[tuple(key)] = Cut((start, end), share)
    return found


def _with_basis(rows: pl.DataFrame, batch: Batch, shown: Mapping[int, Place] | None = None) -> pl.DataFrame:
    """Add the fee basis `base` as `of_num` / `of_den`: looked up, or worked out window by window where it varies.

    Of a window that a change cuts it is that of the whole one, or a part's share of it. `shown` has the places of
    awards where rows are of no place themselves; what is only shown is no share of an unknown fee.
    """
    fees = batch.fees
    amounts = [amount for own, _ in batch.bases for amount in own]
    in_row = pl.lit(pl.Series(amounts, dtype=pl.Int128)).gather(
        pl.col("base") * len(fees.monthly) + pl.col("subscriber")
    )
    divided_by = looked_up((parts for _, parts in batch.bases), "base", pl.Int128)
    found = rows.with_columns(in_row.alias("of_num"), divided_by.alias("of_den"))
    if None not in batch.base_of.values():
        return found
    varied = found.filter(pl.col("base").is_null())
    ratios = []
    columns = ["award"] if shown is not None else list(PLACES)
    for who, start, end, *place in varied.select(*KEY, *columns).iter_rows():
        number, rule_number, credit_number = shown[place[0]] if shown is not None else place
        award = batch.awards[number]
        rule, credit = award.rules[rule_number], award.remedy.credit[credit_number]
        whole, share = batch.cuts[number].get(rule_number, {}).get((who, start, end), ((start, end), Fraction(1)))
        fee = fees.basis(credit.of, who, rule, whole)
        amount = fee.amount * share if shares_fee(award.remedy, credit, rule.guarantee) else fee.amount
        ratios.append(amount.as_integer_ratio())
        batch.sources[number].append(FeeSources(fee.sources.charges) if shown is not None else fee.sources)
    worked_out = varied.with_columns(
        pl.Series(name, [ratio[side] for ratio in ratios], dtype=pl.Int128)
        for side, name in enumerate(("of_num", "of_den"))
    )
    return pl.concat([found.filter(pl.col("base").is_not_null()), worked_out]).sort(AWARD_KEY)


def _simple(rows: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Windows in which one thing is due, without a cap per incident: `DUE`, by whole-number arithmetic.

    Python's integers, because the products of long windows and large fees leave 128 bits.
    """
    columns = ("subscriber", "num", "den", "part", "parts", "of_num", "of_den", "money")
    shares, amounts = [], []
    for who, whole, by, part, parts, of_num, of_den, money in rows.select(columns).iter_rows():
        num, den = whole * part, by * parts
        if money:
            amounts.append(fees.minor(who, num, den))
            shares.append(half_up(num * of_den * 100 * MICRO, den * of_num) if of_num else 0)
        else:
            amounts.append(fees.minor(who, num * of_num, den * of_den))
            shares.append(half_up(num * 100 * MICRO, den))
    return rows.select(
        *AWARD_KEY,
        pl.Series("percent", shares, dtype=pl.Int128),
        ROUNDED_BASIS.alias("basis"),
        pl.Series("amount", amounts, dtype=pl.Int128),
        pl.lit(None, dtype=pl.String).alias("cap"),
    )


def _compound(rows: pl.DataFrame, batch: Batch) -> pl.DataFrame:
    """Windows in which several things are due, or points, or under a cap per incident or day: `DUE`."""
    found, fees = [], batch.fees
    ordered = rows.sort(*AWARD_KEY, "credit", "rule", "incident").iter_rows(named=True)
    for (number, *key), entries in groupby(ordered, key=itemgetter(*AWARD_KEY)):
        award, listed = batch.awards[number], list(entries)
        on_parts = caps_on_parts(award.remedy)
        due = [_entry(list(parts)) for _, parts in groupby(listed, key=itemgetter("credit", "rule", "incident"))]
        due = _capped(batch, number, on_parts, due, tuple(key))
        share, amount, capped = (
            _combined(award.remedy, due, attrgetter(name)) for name in ("share", "amount", "capped")
        )
        per_window = all(credit.earned_per == "window" for credit in award.remedy.credit)
        if len({one.basis for one in due}) == 1:
            of = due[0].basis
        elif per_window:  # one guarantee decides
            of = max(due, key=lambda one: Fraction(*one.amount)).basis
        else:  # shares of different fees: that of all of them together
            of = sum({(one.rule): one.basis for one in reversed(due)}.values(), Fraction(0))
            share = (Fraction(*amount) / of if of else Fraction(0)).as_integer_ratio()
        if award.remedy.points is not None:
            share, amount = of_points(award.remedy.points, Fraction(*share), of)
            capped = amount
        if not share[0] and not amount[0]:
            continue  # points that are worth nothing, or the smallest where a schedule earns nothing
        cap = str(on_parts[0].per) if amount[0] * capped[1] > capped[0] * amount[1] else None
        if listed[0]["back"] and award.remedy.earn_back is not None:
            kept = max(Fraction(0), 1 - award.remedy.earn_back.share.value)
            capped, cap = (Fraction(*capped) * kept).as_integer_ratio(), "earned_back"
        percent = half_up(share[0] * 100 * MICRO, share[1])
        found.append((number, *key, percent, half_up(*of.as_integer_ratio()), fees.minor(key[0], *capped), cap))
    return pl.DataFrame(found, schema=DUE, orient="row")


def caps_on_parts(remedy: Remedy) -> list[Cap]:
    """List the caps on what is due for single incidents, or for single days where a remedy is earned per day."""
    daily = all(credit.earned_per == "day" for credit in remedy.credit)
    return [cap for cap in remedy.all_caps if cap.per == "incident" or (daily and str(cap.per) == "1d")]


def of_points(points: PointValue, earned: Fraction, of: Fraction) -> tuple[Ratio, Ratio]:
    """Convert points to a share of the fee, and an amount.

    Parameters
    ----------
    points, earned
        What a point, or a band of points, is paid with; and how many there are.
    of
        The fee basis. [millionths]
    """
    credit, count = points.each, earned
    if points.bands is not None:
        depths = []  # where each band begins: the further up, the worse it is
        for number, band in enumerate(points.bands):
            bounds = dict(band.bounds)
            if lies_within(band, earned):
                depths.append((bounds.get("from", bounds.get("above", -1)), "above" in bounds, -number))
        deepest = points.bands[-max(depths)[2]] if depths else None
        credit, count = (deepest.credit, Fraction(1)) if deepest is not None else (None, Fraction(0))
    value = credit_value(credit) * count
    if isinstance(credit, Money):
        return (value / of if of else value * 0).as_integer_ratio(), value.as_integer_ratio()
    return value.as_integer_ratio(), (value * of).as_integer_ratio()


def _entry(parts: Sequence[Mapping[str, int]]) -> Due:
    """Compute what is due by one schedule for one window, incident or day, all its parts together."""
    first = parts[0]
    values: list[tuple[Ratio, Ratio]] = []  # share of the fee, and amount
    for row in parts:
        num, den = row["num"] * row["part"], row["den"] * row["parts"]
        of_num, of_den = row["of_num"], row["of_den"]
        if row["money"]:
            share = (num * of_den, den * of_num) if of_num else (0, 1)
            values.append((share, (num, den)))
        else:
            values.append(((num, den), (num * of_num, den * of_den)))
    share, amount = values[0]
    if len(values) > 1:
        share = sum((Fraction(*of) for of, _ in values), Fraction(0)).as_integer_ratio()
        amount = sum((Fraction(*of) for _, of in values), Fraction(0)).as_integer_ratio()
    basis = Fraction(first["of_num"], first["of_den"])
    return Due(first["credit"], first["rule"], first["incident"], share, basis, amount, amount)


def _capped(
    batch: Batch, award_number: int, caps: Sequence[Cap], due: Sequence[Due], key: tuple[int, ...]
) -> list[Due]:
    """Compute what is left of each incident or day under its caps; schedules that add up share a limit."""
    if not caps:
        return list(due)
    award, fees = batch.awards[award_number], batch.fees
    sums = award.remedy.select == "sum"
    together: dict[tuple[object, ...], list[Due]] = {}
    kept = []
    for one in due:
        single = award.remedy.credit[one.credit].earned_per in ("incident", "day")
        if single or award.rules[one.rule].per_incident:
            together.setdefault((one.rule, one.incident, None if sums else one.credit), []).append(one)
        else:
            kept.append(one)
    for (number, *_), of_one in together.items():
        rule = award.rules[int(number)]  # type: ignore[call-overload]
        cut = batch.cuts[award_number].get(int(number), {}).get(key)  # type: ignore[call-overload]
        span = cut.whole if cut is not None else (key[1], key[2])
        limits = [fees.limit(cap.at_most, cap.of, key[0], rule, span) for cap in caps]
        batch.sources[award_number].extend(fee.sources for fee in limits)
        limit = min(fee.amount for fee in limits)
        amount = sum((Fraction(*one.amount) for one in of_one), Fraction(0))
        for one in of_one:
            left = one.amount if amount <= limit else (Fraction(*one.amount) * limit / amount).as_integer_ratio()
            kept.append(one._replace(capped=left))
    return sorted(kept, key=attrgetter("credit", "rule"))


def _combined(remedy: Remedy, entries: Sequence[Due], value_of: Callable[[Due], Ratio]) -> Ratio:
    """Add up guarantees, incidents and days as each schedule says; then add up the schedules, or take one of them.

    Once per window, the guarantee with the largest credit decides; per day, the one with the largest on that day.
    Points are those of all guarantees together.
    """
    if remedy.select == "smallest" and len({entry.credit for entry in entries}) < len(remedy.credit):
        return 0, 1  # one of them earns nothing
    if len(entries) == 1:
        return value_of(entries[0])
    by_credit = []
    for number, of_credit in groupby(entries, key=attrgetter("credit")):
        per = remedy.credit[number].earned_per if remedy.points is None else "guarantee"
        values: dict[object, Fraction] = {}
        for entry in of_credit:
            value = Fraction(*value_of(entry))
            if per in ("window", "day"):
                day = entry.incident if per == "day" else None
                values[day] = max(values.get(day, Fraction(0)), value)
            else:
                values[None] = values.get(None, Fraction(0)) + value
        by_credit.append(sum(values.values(), Fraction(0)))
    taken: Callable[[list[Fraction]], Fraction] = {"sum": sum, "largest": max, "smallest": min}[remedy.select]  # type: ignore[assignment]
    return taken(by_credit).as_integer_ratio()


def _windows_together(rows: Iterable[OwedRow]) -> Iterator[list[Entry]]:
    """Group what alternatives owe by the window that it is owed for, in the order of time."""
    entries = sorted((Entry(*row[:-1]) for row in rows if row[-1]), key=itemgetter(0, 1, 2, 3))
    for _, of_window in groupby(entries, key=itemgetter(0, 1, 2)):
        yield list(of_window)


def _incidents_together(rows: Iterable[OwedRow], outages: Mapping[int, OutagesOfIncidents]) -> Iterator[list[Entry]]:
    """Group what alternatives owe for single incidents: those that share an outage, directly or by others, are one.

    A remedy may owe nothing for an incident, which makes one of others all the same.
    """
    groups: dict[int, list[Entry]] = {}
    named: dict[int, list[Hashable]] = {}
    group_of: dict[Hashable, int] = {}
    in_order = sorted(rows, key=itemgetter(0, 2, 1, 3))
    for place, (subscriber, start, end, number, amount, cap, is_due) in enumerate(in_order):
        groups[place] = [Entry(subscriber, start, end, number, amount, cap)] if is_due else []
        named[place] = [(subscriber, name) for name in outages[number].get((subscriber, start, end), ())]
        first, *others = sorted({place, *(group_of[name] for name in named[place] if name in group_of)})
        for other in others:
            groups[first] += groups.pop(other)
            named[first] += named.pop(other)
        group_of |= dict.fromkeys(named[first], first)
    yield from (group for group in groups.values() if group)


def _cuts_of_rows(award: Award, cuts: Mapping[int, Cuts]) -> Cuts:
    """Find the windows of a remedy that a change cuts: the largest share of the time of those that its rules have."""
    found: dict[tuple[int, ...], Cut] = {}
    for number, *key in award.facts.select("rule", *KEY).iter_rows() if cuts else ():
        who, start, end = key
        cut = cuts.get(number, {}).get((who, start, end), Cut((start, end), Fraction(1)))
        known = found.get((who, start, end), cut)
        found[who, start, end] = max(known, cut, key=attrgetter("share"))
    return found


def _limited(batch: Batch, alternatives: Sequence[Alternatives], due: DueCredits) -> pl.DataFrame:
    """Apply the caps that look across windows, in the order of time; of alternatives, pay only one remedy.

    What is not paid uses up no limit.
    """
    limited: dict[int, Alternatives] = {}  # by the number of the first award
    group_of: dict[int, int] = {}
    number = 0
    for group in alternatives:
        alone = group.awards[0]
        caps_on_windows = len(alone.remedy.all_caps) > len(caps_on_parts(alone.remedy))
        unlimited = not caps_on_windows and alone.remedy.minimum is None and alone.phase is None
        if len(group.awards) > 1 or (alone.rules and not unlimited):
            limited[number] = group
            group_of |= dict.fromkeys(range(number, number + len(group.awards)), number)
        number += len(group.awards)
    if not limited:
        return due.rows
    owed: dict[int, list[OwedRow]] = {}
    columns = [*KEY, "award", "amount", "cap", "is_due"]
    for row in due.rows.filter(pl.col("award").is_in(list(group_of))).select(columns).iter_rows():
        owed.setdefault(group_of[row[3]], []).append(row)
    claiming = [number for number in group_of if batch.awards[number].claimed]
    own_windows: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for number, who, start, end in due.windows.filter(pl.col("award").is_in(claiming)).select(AWARD_KEY).iter_rows():
        own_windows.setdefault((number, who), []).append((start, end))
    paid: list[tuple[object, ...]] = []
    for first, rows in owed.items():
        awards, outages = limited[first]
        compared = _windows_together(rows)
        if any(outages):
            compared = _incidents_together(rows, dict(enumerate(outages, first)))
        paid += _paid(batch, range(first, first + len(awards)), compared, own_windows)
    schema = {**KEY_TYPES, "left": pl.Int128, "applied": pl.String, "other": pl.String}
    left = pl.DataFrame(paid, schema=schema, orient="row")
    joined = due.rows.join(left, on=AWARD_KEY, how="left", maintain_order="left")
    coalesced = {"amount": "left", "cap": "applied", "instead": "other"}
    return joined.with_columns(pl.coalesce(new, name).alias(name) for name, new in coalesced.items())


def _paid(
    batch: Batch,
    numbers: Sequence[int],
    compared: Iterable[list[Entry]],
    own_windows: Mapping[tuple[int, int], Sequence[tuple[int, int]]],
) -> list[tuple[object, ...]]:
    """Compute what is paid of what alternatives owe: award, window, minor units, cap, and what is paid instead."""
    fees = batch.fees
    awards = {number: batch.awards[number] for number in numbers}
    paid: list[tuple[object, ...]] = []

    def limits_of(number: int, subscriber: int) -> CreditLimits:
        award = awards[number]
        rule = next(iter(award.rules.values()))

        def limit(at_most: Worth, of: FeeBasis, start: int, end: int, *, shared: bool = False) -> int:
            whole, share = cut_rows[number].get((subscriber, start, end), ((start, end), Fraction(1)))
            fee = fees.limit(at_most, of, subscriber, rule, whole if fees.varies(of) else None)
            batch.sources[number].append(fee.sources)
            amount = fee.amount * share if shared else fee.amount
            return fees.minor(subscriber, *amount.as_integer_ratio())

        claimed = award.claimed.get(subscriber, ())
        inside = own_windows.get((number, subscriber), ())
        if claimed and award.phase is not None:
            inside = award.phase.windows[subscriber]
        elsewhere = [(at, amount) for at, amount in claimed if not any(start <= at < end for start, end in inside)]
        later = [cap for cap in award.remedy.all_caps if cap not in caps_on_parts(award.remedy)]
        holder = fees.holder(subscriber)
        limits = CreditLimits(later, award.remedy.minimum, limit, elsewhere, rule.zone, *holder, rule.per_incident)
        if award.phase is not None:  # what the phases before have left, and those after go on from
            before = award.phase.limits.get(subscriber)
            if before is not None:
                limits.paid, limits.carried = list(before.paid), before.carried
            award.phase.limits[subscriber] = limits
        return limits

    wholes: dict[tuple[int, int, int], tuple[int, int]] = {}
    for award in awards.values():
        if award.phase is not None:
            edges = award.facts.select(*KEY, "whole_start", "whole_end").unique().rows()
            wholes |= {(who, start, end): (first, last) for who, start, end, first, last in edges}

    cut_rows = {number: _cuts_of_rows(award, batch.cuts[number]) for number, award in awards.items()}
    for subscriber, of_subscriber in groupby(compared, key=lambda group: group[0].subscriber):
        limits: dict[int, CreditLimits] = {}
        for group in of_subscriber:
            left: list[tuple[Entry, int, str | None]] = []
            sums: dict[int, int] = {}
            for entry in sorted(group, key=attrgetter("number", "end", "start")):
                _, start, end, number, amount, cap = entry
                if number not in limits:
                    limits[number] = limits_of(number, subscriber)
                kept, applied = limits[number].take(amount, start, end, wholes.get((subscriber, start, end)))
                left.append((entry, kept, applied or cap))
                sums[number] = sums.get(number, 0) + kept
            largest = max(sums, key=lambda number: sums[number])  # of equal ones the first
            for (_, start, end, number, _, _), kept, cap in left:
                instead = awards[largest].remedy.id if kept and number != largest else None
                if number != largest:
                    limits[number].withdraw()
                paid.append((number, subscriber, start, end, 0 if instead else kept, cap, instead))
    return paid
