"""A single outage: what it counts as, and what a remedy earns for it, for as many lengths at once as one asks.

Nothing is decided here. Each length becomes a subscription with one window and one outage in it; these are measured and
awarded as those of an assessment are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate
from typing import Literal, NamedTuple

import polars as pl

from slakit.measure.assessment_input import AssessmentInput
from slakit.measure.availability import (
    judge_incidents,
    judge_windows,
    measure_availability,
    measure_downtime_intervals,
    measure_incidents,
)
from slakit.measure.calendar import Period, Span, local_day
from slakit.measure.downtime import account_downtime
from slakit.measure.hours import open_spans
from slakit.measure.intervals import union
from slakit.measure.rules import FOREVER, Rule
from slakit.policy.conditions import Condition
from slakit.policy.guarantees import Guarantee
from slakit.policy.quantities import FULL, MICROSECONDS, percent_units
from slakit.policy.remedies import Basis, Cap, Credit, FeeBasis, Remedy
from slakit.remedy.awards import (
    DAYS,
    DOWNTIME_INTERVALS,
    downtime_by_day,
    facts_of_incidents,
    facts_of_windows,
    with_conditions,
    with_targets,
)
from slakit.remedy.credits import Alternatives, Award, award_credits
from slakit.remedy.fees import MICRO, Fees, half_up
from slakit.remedy.schedules import conditions_of

DIGITS = 20
"""Digits after the point of amounts that are not rounded to the currency's minor unit."""
ULP = Fraction(1, 10**DIGITS)
"""What amounts are exact to. [currency unit]"""
Axis = Literal["time", "share"]
"""What a single outage is long in: µs of service time, or units of 100 % (late tickets, failed requests)."""


class Outcome(NamedTuple):
    """What a single outage comes to.

    Attributes
    ----------
    missed
        Whether the guarantee is missed; of several guarantees, whether any is.
    agreed, downtime
        As measured, rounded as the contract rounds. [µs, or units of 100 %]
    credit
        After all limits, before it is rounded to minor units. [10 ** -20 of the currency's unit]
    amount
        As it is paid. [minor units]
    """

    missed: bool
    agreed: int
    downtime: int
    credit: int
    amount: int


@dataclass(frozen=True, eq=False)
class SingleOutage:
    """One window with a single outage in it that counts in full; or one incident, where there is no window.

    Attributes
    ----------
    remedy
        None where nothing is earned.
    rule
        The guarantee, and how it is measured.
    span
        The window. [µs]
    longest
        Agreed service time of the window, which the outage can fill. [µs, or units of 100 %]
    fee
        Monthly, and every other fee follows from it. [currency units]
    currency
        In whose minor units credits are paid.
    axis
        What the outage is long in.
    """

    remedy: Remedy | None
    rule: Rule
    span: Span
    longest: int
    fee: Decimal
    currency: str
    axis: Axis = "time"

    @cached_property
    def key(self) -> str:
        """Text that is the same for two that come to the same."""
        rule = replace(self.rule, policy="", tier=None).key
        remedy = self.remedy.model_dump_json(exclude={"claims", "clause", "name"}) if self.remedy else ""
        return f"{self.fee}|{self.currency}|{self.axis}|{self.span}|{self.longest}|{rule}|{remedy}"

    def credit(self, downtime: int) -> Fraction:
        """Return what an outage of a length earns, before it is rounded to minor units. [currency units]"""
        return simplest(self.outcome(downtime).credit)

    def outcome(self, downtime: int) -> Outcome:
        """Return what an outage of a length comes to."""
        known = self.known.get(downtime)
        return outcomes([self], [downtime])[downtime] if known is None else known

    @cached_property
    def known(self) -> dict[int, Outcome]:
        """Return what was asked already, of this case or one that comes to the same."""
        return _known(self.key)

    @cached_property
    def schedules(self) -> list[Credit]:
        """Schedules that this guarantee earns."""
        own = self.rule.guarantee.id
        credits = self.remedy.credit if self.remedy else []
        return [credit for credit in credits if credit.guarantees is None or own in credit.guarantees]

    @property
    def of(self) -> FeeBasis:
        """The fee of which its schedules give shares; the monthly one where they differ, and where there is none."""
        bases = {str(credit.of): credit.of for credit in self.schedules}
        monthly: Basis = "monthly_fee"
        return next(iter(bases.values())) if len(bases) == 1 else monthly

    @cached_property
    def basis(self) -> Fraction:
        """That fee. [currency units]"""
        fees = scenario_fees(self.fee, self.currency, 1)
        return fees.basis(self.of, 0, self.rule, self.span).amount / MICRO

    def limit(self, cap: Cap) -> Fraction:
        """Return the amount of a cap. [currency units]"""
        fees = scenario_fees(self.fee, self.currency, 1)
        return fees.limit(cap.at_most, cap.of, 0, self.rule, self.span).amount / MICRO

    @property
    def target(self) -> int:
        """The level that is guaranteed. [percent units]"""
        return percent_units(self.rule.guarantee.target or Decimal(0))

    @cached_property
    def allowed(self) -> int:
        """Return the longest outage that meets the guarantee."""
        near = {guess + beside for guess in allowed_guesses(self) for beside in (-1, 0, 1)}
        known = outcomes([self], sorted({0, self.longest, *(n for n in near if 0 <= n <= self.longest)}))
        kept = max((length for length, outcome in known.items() if not outcome.missed), default=0)
        broken = min((length for length, outcome in known.items() if outcome.missed), default=self.longest + 1)
        (first_missed,) = firsts_where([self], [Search(lambda outcome: outcome.missed, kept, broken)])
        return max(kept, first_missed - 1)

    @property
    def tells_whether(self) -> bool:
        """Return whether one outage shows when something is earned, whatever outages or windows came before."""
        return not _look_further([condition for credit in self.schedules for condition in credit.grounds])

    @property
    def tells_how_much(self) -> bool:
        """Return whether it shows how much that can be as well."""
        return not _look_further([condition for credit in self.schedules for condition in credit.conditions])


def _look_further(conditions: Iterable[Condition]) -> bool:
    return any({"incidents", "streak", "misses"} & set(condition.ranges) for condition in conditions)


@lru_cache(maxsize=65536)
def simplest(credit: int) -> Fraction:
    """The simplest amount that is a credit to the last of its digits: thirds are thirds. [currency units]

    >>> simplest(33_333333333333333333_33)
    Fraction(100, 3)
    """
    exact = credit * ULP
    near = exact.limit_denominator(10 ** (DIGITS // 2 - 1))
    return near if abs(near - exact) <= ULP else exact


# --- asking for many lengths at once


@lru_cache(maxsize=512)
def _known(_key: str) -> dict[int, Outcome]:
    """Return what is known already of outages with this key."""
    return {}


def outcomes(cases: Sequence[SingleOutage], downtimes: Iterable[int]) -> Mapping[int, Outcome]:
    """Return what outages come to, by their length.

    Parameters
    ----------
    cases
        Guarantees that earn one remedy, all of them hit by the outage; those with a shorter window at most for all of
        it.
    downtimes
        Lengths.

    Returns
    -------
    Mapping[int, Outcome]
        Of these lengths, and perhaps of others.
    """
    known = cases[0].known if len(cases) == 1 else _known("".join(case.key for case in cases))
    missing = [downtime for downtime in dict.fromkeys(downtimes) if downtime not in known]
    if not missing:
        return known
    measured = []
    for number, case in enumerate(cases):
        rule = pl.lit(number, dtype=pl.UInt32).alias("rule")
        tables = _measure(case, [min(length, case.longest) for length in missing])
        measured.append([table.with_columns(rule) for table in tables])
    facts, downtime_intervals, days = (pl.concat(tables) for tables in zip(*measured, strict=True))
    facts = with_targets(facts, [case.rule for case in cases])
    paid = _award(cases, MeasuredOutages(facts, downtime_intervals, days), len(missing))
    missed, agreed, down = [False] * len(paid), [0] * len(paid), [0] * len(paid)
    for number, miss, time, lost in facts.select("subscriber", "missed", "agreed", "downtime").iter_rows():
        missed[number] |= miss
        agreed[number], down[number] = max(agreed[number], time or 0), max(down[number], lost or 0)
    known.update({length: Outcome(missed[n], agreed[n], down[n], *paid[n]) for n, length in enumerate(missing)})
    return known


PARTS = 64
"""Into how many parts all spans together are cut at a time, where places in them are looked for."""
FEWEST_PARTS = 4


class Search(NamedTuple):
    """Something that does not hold at a length on the left, and from some length to the right on does.

    Attributes
    ----------
    holds
        What is looked for.
    left, right
        Lengths at which it does not hold, and at which it does.
    """

    holds: Callable[[Outcome], bool]
    left: int
    right: int


def firsts_where(cases: Sequence[SingleOutage], searches: Sequence[Search]) -> list[int]:
    """Find the first length at which each search holds; all searches ask at once, for asking costs most.

    Parameters
    ----------
    cases
        As `outcomes` takes them.
    searches
        What is looked for, and where.
    """
    spans = [(search.left, search.right) for search in searches]
    # credits mostly rise at the first and the last step of a span in which the contract counts time
    extra: list[list[int]] = []
    for left, right in spans:
        wholes = [(edge // step * step, step) for step in counted_steps(cases[0]) for edge in (left, right)]
        edges = {whole + beyond for whole, step in wholes for beyond in (0, step // 2, step)}
        extra.append([place for edge in edges for place in (edge - 1, edge) if left < place < right])
    while still_open := sum(right - left > 1 for left, right in spans):
        parts = max(FEWEST_PARTS, PARTS // still_open)
        places = []
        for (left, right), own in zip(spans, extra, strict=True):
            cuts = [left + (right - left) * part // parts for part in range(1, parts)]
            places.append(sorted({*(place for place in cuts if place > left), *own}))
        known = outcomes(cases, [place for own in places for place in own])
        for number, search in enumerate(searches):
            left, right = spans[number]
            right = next((place for place in places[number] if search.holds(known[place])), right)
            left = max((place for place in places[number] if place < right), default=left)
            spans[number] = left, right
        extra = [[] for _ in spans]
    return [right for _, right in spans]


def _award(cases: Sequence[SingleOutage], measured: MeasuredOutages, count: int) -> list[tuple[int, int]]:
    """Credit and amount of each subscriber; see `Outcome`.

    A minimum is compared with what would be paid: so where there is one, each outage is awarded twice, exactly and in
    the currency's own minor units, and what these say counts where the two are not the same.
    """
    remedy, first = cases[0].remedy, cases[0]
    if remedy is None:
        return [(0, 0)] * count
    twice = remedy.minimum is not None
    fees = scenario_fees(first.fee, first.currency, 2 * count if twice else count, exact=count)
    facts, downtime_intervals, days = measured
    if twice:
        again = (pl.col("subscriber") + count).cast(pl.UInt32)
        later = (pl.col("number") + downtime_intervals.height).cast(pl.UInt32)
        facts, days = (pl.concat([own, own.with_columns(again)]) for own in (facts, days))
        downtime_intervals = pl.concat([downtime_intervals, downtime_intervals.with_columns(again, later)])
    known = with_conditions(facts, downtime_intervals, conditions_of(remedy.credit))
    rules = {number: case.rule for number, case in enumerate(cases)}
    alone = Alternatives([Award(remedy, rules, known, {}, downtime_intervals, days)])
    awarded = award_credits([alone], fees).credits
    paid: dict[int, int] = {}
    for subscriber, amount in awarded.select("subscriber", "amount").iter_rows():
        paid[subscriber] = paid.get(subscriber, 0) + amount
    scale = 10 ** (DIGITS - scenario_fees(first.fee, first.currency, 1).digits[0])
    found = []
    for number in range(count):
        credit = paid.get(number, 0)
        amount = half_up(credit, scale)
        if twice and paid.get(number + count, 0) != amount:
            amount = paid.get(number + count, 0)
            credit = amount * scale
        found.append((credit, amount))
    return found


@lru_cache(maxsize=256)
def scenario_fees(fee: Decimal, currency: str, count: int, exact: int = 0) -> Fees:
    """The same monthly fee of many subscribers, as every basis; the first ones are paid to the last digit.

    Parameters
    ----------
    fee, currency
        Of all of them.
    count
        How many.
    exact
        How many of them are paid without being rounded to minor units.
    """
    first, after = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)  # a term is a year
    known = {"monthly_fee": [fee], "currency": [currency], "component_fees": [None], "billing_day": [1]}
    one = pl.DataFrame({**known, "starts": [first], "ends": [after]})
    fees = Fees(pl.concat([one] * count), imagined=True)
    fees.digits = [DIGITS] * exact + fees.digits[exact:]
    return fees


# --- measuring


class MeasuredOutages(NamedTuple):
    """What was measured of outages, as an assessment has it, of a subscriber for each length.

    Attributes
    ----------
    facts, downtime intervals
        As `awards.Facts` has them.
    days
        As `downtime_by_day` gives them; none where nothing is earned per day.
    """

    facts: pl.DataFrame
    downtime_intervals: pl.DataFrame
    days: pl.DataFrame


NO_DAYS = pl.DataFrame(schema=DAYS)
WINDOWS: dict[str, pl.DataType | type[pl.DataType]] = {
    "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
    "running": pl.Boolean, "agreed": pl.Int64, "downtime": pl.Int64, "incidents": pl.Int64,
    "scale": pl.Int64,
}  # fmt: skip


def _measure(case: SingleOutage, downtimes: Sequence[int]) -> MeasuredOutages:
    """Measure an outage of each length; by a ledger only where something shortens one, or parts it over days."""
    rule, guarantee = case.rule, case.rule.guarantee
    rounds = guarantee.rounded.outage or (guarantee.rounded.downtime and rule.per_incident)
    daily = any(credit.earned_per == "day" for credit in case.schedules)
    if case.axis == "time" and (guarantee.hours or guarantee.minimum or guarantee.unit or rounds or daily):
        facts, intervals, days = _by_ledger(case, downtimes)
    else:
        days, (first, last) = NO_DAYS, case.span
        none = case.axis == "share" or guarantee.on_measurements
        found = [
            (number, 0, first, first + downtime if rule.per_incident else last, downtime)
            for number, downtime in enumerate([] if none else downtimes)
            if downtime > 0
        ]
        columns = {name: dtype for name, dtype in DOWNTIME_INTERVALS.items() if name != "number"}
        intervals = pl.DataFrame(found, schema=columns, orient="row")
        if rule.per_incident:
            judged = intervals.rename({"outage": "downtime"}).with_columns(pl.lit(value=False).alias("running"))
            facts = facts_of_incidents(judge_incidents(judged, [rule]))
        else:
            rows = [
                (number, 0, first, last, False, case.longest, n, int(n > 0), 1) for number, n in enumerate(downtimes)
            ]
            windows = pl.DataFrame(rows, schema=WINDOWS, orient="row")
            facts = facts_of_windows(judge_windows(windows, [rule]))
    if guarantee.on_measurements:
        facts = facts.with_columns(pl.lit(None, dtype=pl.Int64).alias(name) for name in ("agreed", "downtime"))
    return MeasuredOutages(facts, intervals.with_row_index("number").select(list(DOWNTIME_INTERVALS)), days)


OUTAGES: dict[str, pl.DataType | type[pl.DataType]] = {
    "outage": pl.UInt32, "name": pl.String, "subscriber": pl.UInt32, "component": pl.String, "cause": pl.String,
    "started": pl.Int64, "ended": pl.Int64, "detected": pl.Int64, "reported": pl.Int64, "diagnosed": pl.Int64,
    "affected": pl.Int64, "of_rule": pl.UInt32, "open": pl.Boolean,
}  # fmt: skip
MAINTENANCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "row": pl.UInt32, "subscriber": pl.UInt32, "component": pl.String, "kind": pl.String, "started": pl.Int64,
    "ended": pl.Int64, "announced": pl.Int64,
}  # fmt: skip


def _by_ledger(case: SingleOutage, downtimes: Sequence[int]) -> MeasuredOutages:
    """Facts and downtime intervals of an assessment of one outage for each subscriber."""
    first, last = case.span
    number = pl.int_range(pl.len(), dtype=pl.UInt32)
    started, ends = laid_out(case.rule.guarantee, case.rule.zone, case.span, downtimes)
    rows = pl.DataFrame({"ended": ends}, schema={"ended": pl.Int64}).with_columns(number.alias("subscriber"))
    none = pl.lit(0, dtype=pl.UInt32)
    unchanged = {"since": -FOREVER, "until": FOREVER, "own_since": -FOREVER, "own_until": FOREVER}
    obligations = rows.select(
        pl.col("subscriber").alias("obligation"), "subscriber", none.alias("rule"),
        *(pl.lit(edge, dtype=pl.Int64).alias(name) for name, edge in unchanged.items()),
        pl.lit(min(first, started), dtype=pl.Int64).alias("starts"), pl.lit(FOREVER, dtype=pl.Int64).alias("ends"),
        pl.lit(1, dtype=pl.Int64).alias("billing_day"), pl.lit(None, dtype=pl.String).alias("component"),
        pl.lit(1, dtype=pl.Int64).alias("components"), pl.lit(value=False).alias("parted"),
    )  # fmt: skip
    edges = {"window_start": first, "window_end": last, "whole_start": first, "whole_end": last}
    windows = rows.select(
        pl.col("subscriber").alias("obligation"), pl.lit(value=False).alias("running"),
        *(pl.lit(edge, dtype=pl.Int64).alias(name) for name, edge in edges.items()),
    )  # fmt: skip
    down = rows.filter(pl.col("ended") > started)
    found = pl.lit(0 if case.rule.guarantee.measured else None, dtype=pl.UInt32)
    signals = dict.fromkeys(("started", "detected", "reported", "diagnosed"), pl.lit(started, dtype=pl.Int64))
    outages = down.with_columns(number.alias("outage"), found.alias("of_rule"), **signals).with_columns(
        pl.format("{}", "outage").alias("name"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in ("component", "cause")),
        pl.lit(10**6, dtype=pl.Int64).alias("affected"),
        pl.lit(value=False).alias("open"),
    )
    after = max([last, *ends]) + 2 * MICROSECONDS["d"]
    period = Period(local_day(min(first, started), case.rule.zone), local_day(after, case.rule.zone))
    as_of = after + MICROSECONDS["d"]
    laid = AssessmentInput(
        [case.rule], obligations, windows.clear() if case.rule.per_incident else windows, outages.select(list(OUTAGES)),
        pl.DataFrame(schema=MAINTENANCE), period, as_of,
    )  # fmt: skip
    ledger = account_downtime(laid)
    daily = any(credit.earned_per == "day" for credit in case.schedules)
    days = downtime_by_day(laid, ledger, {0: case.rule}) if daily else NO_DAYS
    if case.rule.per_incident:
        incidents = measure_incidents(laid, ledger)
        return MeasuredOutages(facts_of_incidents(incidents), incidents.rename({"downtime": "outage"}), days)
    subscribers = obligations.select("obligation", "subscriber")
    intervals = measure_downtime_intervals(laid, ledger).join(subscribers, on="obligation")
    facts = facts_of_windows(measure_availability(laid, ledger))
    return MeasuredOutages(facts, intervals.rename({"downtime": "outage"}), days)


def laid_out(guarantee: Guarantee, zone: str, span: Span, downtimes: Sequence[int]) -> tuple[int, list[int]]:
    """Return where an outage begins, and where it ends so that it takes so much of the service hours. [µs]"""
    first, last = span
    if guarantee.hours is None:
        return first, [first + downtime for downtime in downtimes]
    cut = [(max(start, first), min(end, last)) for start, end in open_spans(guarantee.hours, zone, first, last)]
    inside = [(start, end) for start, end in cut if start < end]
    opened = union(pl.DataFrame(inside, schema={"start": pl.Int64, "end": pl.Int64}, orient="row")).rows()
    if not opened:
        return first, [first for _ in downtimes]
    before = [0, *accumulate(end - start for start, end in opened)]
    ends = []
    for downtime in downtimes:
        place = max(0, bisect_left(before, min(downtime, before[-1])) - 1)
        ends.append(opened[place][0] + min(downtime, before[-1]) - before[place])
    return opened[0][0], ends


# --- lengths worth asking about


def allowed_guesses(case: SingleOutage) -> list[int]:
    """Lengths of which one may be the longest that meets the guarantee."""
    guarantee = case.rule.guarantee
    if case.rule.per_incident or guarantee.metric == "downtime":
        within = getattr(guarantee.within, "microseconds", 0)
        return [counted for length in (within, within - guarantee.strictly) for counted in as_counted(case, length)]
    return [counted for edge in level_edges(case, case.target) for counted in as_counted(case, edge)]


def level_edges(case: SingleOutage, level: int | Fraction) -> list[int]:
    """Downtimes at which the availability passes a level, exactly or as the contract rounds it."""
    rounding = case.rule.guarantee.rounded.level
    step = percent_units(rounding.to) if rounding else 0
    shifts = dict.fromkeys((Fraction(0), Fraction(step), Fraction(step, 2)))
    return [int((FULL - level + shift) * case.longest // FULL) for shift in shifts]


def as_counted(case: SingleOutage, downtime: int) -> list[int]:
    """Lengths of outage that may count as a downtime, as the contract counts in units and rounds."""
    steps = counted_steps(case)
    found = {downtime}
    for step in steps:
        whole = downtime // step * step
        found |= {whole, whole + step, whole + step // 2, whole - step // 2, whole + step + step // 2}
    return [length for length in found if 0 <= length <= case.longest]


def counted_steps(case: SingleOutage) -> list[int]:
    """Steps in which a contract counts time. [µs]"""
    if case.axis != "time":
        return []
    guarantee = case.rule.guarantee
    rounded = (guarantee.rounded.outage, guarantee.rounded.downtime)
    steps = [step.to.microseconds for step in rounded if step is not None]
    return [*steps, *([guarantee.unit.microseconds] if guarantee.unit else [])]
