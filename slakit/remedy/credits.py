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
from slakit.policy.remedies import Cap, FeeBasis, PointValue, Remedy, Worth
from slakit.remedy.caps import CreditLimits
from slakit.remedy.earn_back import given_back
from slakit.remedy.fees import MICRO, Fees, FeeSources, Span, half_up
from slakit.remedy.phases import shares_fee
from slakit.remedy.schedules import credit_value, earned

CREDITS = {
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
KEY_TYPES = {name: CREDITS[name] for name in KEY}
DUE = {name: CREDITS[name] for name in (*KEY, "percent", "basis", "amount", "cap")}
EARNINGS = {
    **KEY_TYPES, "rule": pl.UInt32, "incident": pl.Int64, "num": pl.Int128, "den": pl.Int128, "part": pl.Int64,
    "parts": pl.Int64, "money": pl.Boolean, "of_num": pl.Int128, "of_den": pl.Int128, "credit": pl.Int32,
}  # fmt: skip
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
    facts, downtime intervals, days
        As `schedules.earned` takes them, of these rules only. In a window without agreed time (`total` 0) no credit is
        due, but it belongs to the assessment all the same.
    claimed
        Claims already made under this remedy: subscriber → start of the window (µs) and amount (minor units).
    phase
        Of subscriptions that change; their facts have `whole_start` and `whole_end` too, and `part_start`, where the
        window of each guarantee itself begins.
    """

    remedy: Remedy
    rules: Mapping[int, Rule]
    facts: pl.DataFrame
    downtime_intervals: pl.DataFrame
    claimed: Mapping[int, Sequence[tuple[int, int]]]
    days: pl.DataFrame | None = None
    phase: Phase | None = None


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
    """What a remedy, by its place among those compared, owes for a window: minor units, and the cap applied so far."""

    subscriber: int
    start: int
    end: int
    number: int
    amount: int
    cap: str | None


class Cut(NamedTuple):
    """What a change of the subscription leaves of a window: the whole one, and the share of its time."""

    whole: Span
    share: Fraction


Cuts = Mapping[tuple[int, ...], Cut]
"""By subscriber, start and end of the window."""


class AwardedCredits(NamedTuple):
    """What a remedy pays, and what the fees that it depends on were taken from.

    Attributes
    ----------
    credits
        `CREDITS`; a row for every judged window, with nothing due where nothing is.
    sources
        Of the fees. A credit of nothing is no share of an unknown fee.
    """

    credits: pl.DataFrame
    sources: FeeSources


class DueCredits(NamedTuple):
    """What a remedy owes before the limits that look across windows: its rows, all its windows, sources of fees, and
    the windows of each of its rules that a change cuts."""

    rows: pl.DataFrame
    windows: pl.DataFrame
    sources: list[FeeSources]
    cuts: Mapping[int, Cuts]


def award_credits(award: Award, fees: Fees) -> AwardedCredits:
    """Award one remedy to every subscription and window it is judged for.

    Parameters
    ----------
    award
        The remedy, and what was measured.
    fees
        Fees of the subscribers.
    """
    return award_one_of([award], fees)[0]


def award_one_of(
    awards: Sequence[Award], fees: Fees, outages: Sequence[OutagesOfIncidents] = ()
) -> list[AwardedCredits]:
    """Award remedies of which only one is paid for a window or incident: the largest credit, of equal ones the first.

    Parameters
    ----------
    awards
        The remedies, and what was measured.
    fees
        Fees of the subscribers.
    outages
        Of each remedy the outages of its single incidents: those that share one, directly or by others, are one.
    """
    found = []
    due = [_due(award, fees) for award in awards]
    compared = _incidents_together(due, outages) if any(outages) else _windows_together(due)
    for own, (limited, across) in zip(due, _limited(awards, fees, due, compared), strict=True):
        credits = limited.select(pl.col(name).cast(dtype) for name, dtype in CREDITS.items())
        found.append(AwardedCredits(credits, FeeSources.together([*own.sources, *across])))
    return found


def _due(award: Award, fees: Fees) -> DueCredits:
    agreed = (pl.col("total").max() > 0).alias("agreed")
    windows = award.facts.group_by(KEY).agg(agreed).sort(KEY)
    judged = award.facts.filter(pl.col("total") > 0)
    if "pays" in judged.columns:  # of sliding windows, those that owe for something that is not paid for yet
        judged = judged.filter("pays").drop("pays")
    cuts = _cuts(award, fees)
    tables, sources = [pl.DataFrame(schema=EARNINGS)], list[FeeSources]()
    for number, credit in enumerate(award.remedy.credit):
        found = earned(credit, judged, award.downtime_intervals, award.days)
        if found.is_empty():
            continue
        for rule_number, rule in award.rules.items():
            if credit.guarantees is None or rule.guarantee.id in credit.guarantees:
                own = found.filter(pl.col("rule") == rule_number)
                shared = shares_fee(award.remedy, credit, rule.guarantee)
                of_rule, of_basis = _with_basis(own, credit.of, rule, fees, cuts.get(rule_number, {}), shared=shared)
                tables.append(of_rule.with_columns(pl.lit(number).alias("credit")).select(list(EARNINGS)))
                sources += of_basis
    earnings = pl.concat(tables)
    due, limits = pl.DataFrame(schema=DUE), list[FeeSources]()
    if not earnings.is_empty():  # in most months, under most readings, nothing is
        due, limits = _due_of(earnings, award, fees, cuts)
    rows = windows.filter("agreed").join(due, on=KEY, how="left", maintain_order="left")
    if award.rules:
        (number, rule), credit = next(iter(award.rules.items())), award.remedy.credit[0]
        shared = shares_fee(award.remedy, credit, rule.guarantee)
        rows, shown = _with_basis(rows, credit.of, rule, fees, cuts.get(number, {}), shared=shared)
        sources += [FeeSources(one.charges) for one in shown]  # what earns nothing is no share of an unknown fee
        rows = rows.with_columns(pl.coalesce("basis", ROUNDED_BASIS).alias("basis"))
    is_due = pl.col("amount").is_not_null()
    if award.remedy.earn_back is not None and award.remedy.earn_back.share.value >= 1:
        is_due = is_due & pl.col("cap").ne_missing("earned_back")  # of what is given back no minimum is due
    rows = rows.with_columns(is_due.alias("is_due"), pl.lit(award.remedy.id).alias("remedy"))
    rows = rows.with_columns(pl.col("percent", "amount").fill_null(0))
    return DueCredits(rows, windows, [*sources, *limits], cuts)


def _due_of(
    earnings: pl.DataFrame, award: Award, fees: Fees, cuts: Mapping[int, Cuts]
) -> tuple[pl.DataFrame, list[FeeSources]]:
    """Put together what a remedy's schedules earn in each window: `DUE`."""
    earn_back = award.remedy.earn_back
    if earn_back is None:
        earnings = earnings.with_columns(pl.lit(None, dtype=pl.Boolean).alias("back"))
    else:
        found = given_back(earn_back, award.facts, award.phase.later if award.phase else None)
        returned = found.with_columns(pl.lit(value=True).alias("back"))
        earnings = earnings.join(returned, on=KEY, how="left", maintain_order="left")
    together = award.remedy.points is not None or bool(caps_on_parts(award.remedy))
    together |= award.remedy.select == "smallest"  # of which a schedule that earns nothing is one
    single = (pl.len().over(KEY) == 1) & ~pl.lit(together) & pl.col("back").is_null()  # one thing is due in the window
    earnings = earnings.with_columns(single.alias("single"))
    simple, compound = earnings.filter("single"), earnings.filter(~pl.col("single"))
    several, limits = _compound(award, fees, compound, cuts)
    return pl.concat([_simple(simple, fees), several]), limits


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


def _with_basis(
    rows: pl.DataFrame, of: FeeBasis, rule: Rule, fees: Fees, cuts: Cuts, *, shared: bool
) -> tuple[pl.DataFrame, list[FeeSources]]:
    """Add a fee basis as `of_num` / `of_den`: looked up, or worked out window by window where it varies.

    Of a window that a change cuts it is that of the whole one, and `shared` a part's share of it.
    """
    if not fees.varies(of):
        amounts, parts = fees.bases(of, rule)
        basis = pl.lit(pl.Series(amounts, dtype=pl.Int128)).gather(pl.col("subscriber"))
        return rows.with_columns(basis.alias("of_num"), pl.lit(parts, dtype=pl.Int128).alias("of_den")), []
    bases = []
    for key in rows.select(KEY).iter_rows():
        whole, share = cuts.get(key, (key[1:], Fraction(1)))
        fee = fees.basis(of, key[0], rule, whole)
        bases.append(fee * share if shared else fee)
    ratios = [fee.amount.as_integer_ratio() for fee in bases]
    named = {"of_num": [ratio[0] for ratio in ratios], "of_den": [ratio[1] for ratio in ratios]}
    with_basis = rows.with_columns(pl.Series(name, values, dtype=pl.Int128) for name, values in named.items())
    return with_basis, [fee.sources for fee in bases]


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
    computed = {"percent": pl.Series(shares, dtype=pl.Int128), "amount": pl.Series(amounts, dtype=pl.Int128)}
    basis = ROUNDED_BASIS.alias("basis")
    return rows.select(*KEY, basis).with_columns(**computed, cap=pl.lit(None, dtype=pl.String)).select(list(DUE))


def _compound(
    award: Award, fees: Fees, rows: pl.DataFrame, cuts: Mapping[int, Cuts]
) -> tuple[pl.DataFrame, list[FeeSources]]:
    """Windows in which several things are due, or points, or under a cap per incident or day: `DUE`."""
    found, sources = [], list[FeeSources]()
    on_parts = caps_on_parts(award.remedy)
    ordered = rows.sort(*KEY, "credit", "rule", "incident").iter_rows(named=True)
    for key, entries in groupby(ordered, key=itemgetter(*KEY)):
        listed = list(entries)
        due = [_entry(list(parts)) for _, parts in groupby(listed, key=itemgetter("credit", "rule", "incident"))]
        due, of_caps = _capped(award, fees, on_parts, due, key, cuts)
        sources += of_caps
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
        found.append((*key, percent, half_up(*of.as_integer_ratio()), fees.minor(key[0], *capped), cap))
    return pl.DataFrame(found, schema=DUE, orient="row"), sources


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
    award: Award,
    fees: Fees,
    caps: Sequence[Cap],
    due: Sequence[Due],
    key: tuple[int, int, int],
    cuts: Mapping[int, Cuts],
) -> tuple[list[Due], list[FeeSources]]:
    """Compute what is left of each incident or day under its caps; schedules that add up share a limit."""
    if not caps:
        return list(due), []
    sums = award.remedy.select == "sum"
    together: dict[tuple[object, ...], list[Due]] = {}
    kept, sources = [], list[FeeSources]()
    for one in due:
        single = award.remedy.credit[one.credit].earned_per in ("incident", "day")
        if single or award.rules[one.rule].per_incident:
            together.setdefault((one.rule, one.incident, None if sums else one.credit), []).append(one)
        else:
            kept.append(one)
    for (number, *_), of_one in together.items():
        rule = award.rules[int(number)]  # type: ignore[call-overload]
        cut = cuts.get(int(number), {}).get(key)  # type: ignore[call-overload]
        span = cut.whole if cut is not None else key[1:]
        limits = [fees.limit(cap.at_most, cap.of, key[0], rule, span) for cap in caps]
        sources += [fee.sources for fee in limits]
        limit = min(fee.amount for fee in limits)
        amount = sum((Fraction(*one.amount) for one in of_one), Fraction(0))
        for one in of_one:
            left = one.amount if amount <= limit else (Fraction(*one.amount) * limit / amount).as_integer_ratio()
            kept.append(one._replace(capped=left))
    return sorted(kept, key=attrgetter("credit", "rule")), sources


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


def _windows_together(due: Sequence[DueCredits]) -> Iterator[list[Entry]]:
    """Group what remedies owe by the window that it is owed for, in the order of time."""
    entries = [
        Entry(subscriber, start, end, number, amount, cap)
        for number, one in enumerate(due)
        for subscriber, start, end, amount, cap in one.rows.filter("is_due").select(*KEY, "amount", "cap").iter_rows()
    ]
    for _, of_window in groupby(sorted(entries, key=itemgetter(0, 1, 2, 3)), key=itemgetter(0, 1, 2)):
        yield list(of_window)


def _incidents_together(due: Sequence[DueCredits], outages: Sequence[OutagesOfIncidents]) -> Iterator[list[Entry]]:
    """Group what remedies owe for single incidents: those that share an outage, directly or by others, are one.

    A remedy may owe nothing for an incident, which makes one of others all the same.
    """
    entries = [
        (*key, number, amount, cap, is_due)
        for number, one in enumerate(due)
        for *key, amount, cap, is_due in one.rows.select(*KEY, "amount", "cap", "is_due").iter_rows()
    ]
    groups: dict[int, list[Entry]] = {}
    named: dict[int, list[Hashable]] = {}
    group_of: dict[Hashable, int] = {}
    in_order = sorted(entries, key=itemgetter(0, 2, 1, 3))
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


def _limited(
    awards: Sequence[Award], fees: Fees, due: Sequence[DueCredits], compared: Iterable[list[Entry]]
) -> list[tuple[pl.DataFrame, list[FeeSources]]]:
    """Apply the caps that look across windows, in the order of time; of what is compared, pay only one remedy.

    What is not paid uses up no limit.
    """
    later = [[cap for cap in one.remedy.all_caps if cap not in caps_on_parts(one.remedy)] for one in awards]
    unlimited = not later[0] and awards[0].remedy.minimum is None and awards[0].phase is None
    if len(awards) == 1 and (unlimited or not awards[0].rules):
        return [(due[0].rows.with_columns(pl.lit(None, dtype=pl.String).alias("instead")), [])]
    paid: list[list[tuple[object, ...]]] = [[] for _ in awards]
    sources: list[list[FeeSources]] = [[] for _ in awards]

    def limits_of(number: int, subscriber: int) -> CreditLimits:
        award = awards[number]
        rule = next(iter(award.rules.values()))

        def limit(at_most: Worth, of: FeeBasis, start: int, end: int, *, shared: bool = False) -> int:
            whole, share = cut_rows[number].get((subscriber, start, end), ((start, end), Fraction(1)))
            fee = fees.limit(at_most, of, subscriber, rule, whole if fees.varies(of) else None)
            sources[number].append(fee.sources)
            amount = fee.amount * share if shared else fee.amount
            return fees.minor(subscriber, *amount.as_integer_ratio())

        claimed = award.claimed.get(subscriber, ())
        inside: Sequence[tuple[int, int]] = ()
        if claimed and award.phase is not None:
            inside = award.phase.windows[subscriber]
        elif claimed:
            own = due[number].windows.filter(pl.col("subscriber") == subscriber)
            inside = own.select("window_start", "window_end").rows()
        elsewhere = [(at, amount) for at, amount in claimed if not any(start <= at < end for start, end in inside)]
        holder = fees.holder(subscriber)
        alone = rule.per_incident
        limits = CreditLimits(later[number], award.remedy.minimum, limit, elsewhere, rule.zone, *holder, alone)
        if award.phase is not None:  # what the phases before have left, and those after go on from
            before = award.phase.limits.get(subscriber)
            if before is not None:
                limits.paid, limits.carried = list(before.paid), before.carried
            award.phase.limits[subscriber] = limits
        return limits

    wholes: dict[tuple[int, int, int], tuple[int, int]] = {}
    for award in awards:
        if award.phase is not None:
            edges = award.facts.select(*KEY, "whole_start", "whole_end").unique().rows()
            wholes |= {(who, start, end): (first, last) for who, start, end, first, last in edges}

    cut_rows = [_cuts_of_rows(award, one.cuts) for award, one in zip(awards, due, strict=True)]
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
                paid[number].append((subscriber, start, end, 0 if instead else kept, cap, instead))
    schema = {**KEY_TYPES, "left": pl.Int128, "applied": pl.String, "instead": pl.String}
    found = []
    for one, rows, taken in zip(due, paid, sources, strict=True):
        limited = pl.DataFrame(rows, schema=schema, orient="row")
        joined = one.rows.join(limited, on=KEY, how="left", maintain_order="left")
        amounts = pl.coalesce("left", "amount").alias("amount"), pl.coalesce("applied", "cap").alias("cap")
        found.append((joined.with_columns(amounts), taken))
    return found
