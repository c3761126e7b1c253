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


class AskedLengths(NamedTuple):
    """Lengths of outages, and what they hit.

    Attributes
    ----------
    cases
        Guarantees that earn one remedy, all of them hit by the outage; those with a shorter window at most for all of
        it.
    downtimes
        Lengths.
    """

    cases: Sequence[SingleOutage]
    downtimes: Iterable[int]


def outcomes(cases: Sequence[SingleOutage], downtimes: Iterable[int]) -> Mapping[int, Outcome]:
    """Return what outages come to, by their length; see `outcomes_of`."""
    return outcomes_of([AskedLengths(cases, downtimes)])[0]


def outcomes_of(questions: Iterable[AskedLengths]) -> list[Mapping[int, Outcome]]:
    """Return what outages come to; many questions together, for to ask costs most, however much is asked.

    Parameters
    ----------
    questions
        What is asked.

    Returns
    -------
    list of Mapping[int, Outcome]
        Of each question, by length: of those asked for, and perhaps of others.
    """
    found = list[Mapping[int, Outcome]]()
    new: dict[tuple[Decimal, str], dict[int, tuple[AskedLengths, dict[int, None], dict[int, Outcome]]]] = {}
    for question in questions:
        cases = question.cases
        known = cases[0].known if len(cases) == 1 else _known("".join(case.key for case in cases))
        missing = dict.fromkeys(downtime for downtime in question.downtimes if downtime not in known)
        if missing:
            of_fee = new.setdefault((cases[0].fee, cases[0].currency), {})
            of_fee.setdefault(id(known), (question, {}, known))[1].update(missing)
        found.append(known)
    for fee, asked in new.items():
        answers = _answers(
            [AskedLengths(question.cases, list(lengths)) for question, lengths, _ in asked.values()], *fee
        )
        for (_, lengths, known), answer in zip(asked.values(), answers, strict=True):
            known.update(zip(lengths, answer, strict=True))
    return found


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


def _answers(questions: Sequence[AskedLengths], fee: Decimal, currency: str) -> list[list[Outcome]]:
    """Measure and award outages, of a subscriber for each length of a question.

    A minimum is compared with what would be paid: so where there is one, each outage is awarded twice, exactly and in
    the currency's own minor units, and what these say counts where the two are not the same.
    """
    lengths = [list(question.downtimes) for question in questions]
    cases = [case for question in questions for case in question.cases]
    per_case = [own for question, own in zip(questions, lengths, strict=True) for _ in question.cases]
    measured = _measure(cases, per_case)
    rules = [case.rule for case in cases]
    tables = MeasuredOutages(with_targets(measured.facts, rules), *measured[1:])
    by_rule = [table.partition_by("rule", as_dict=True) for table in tables]
    subscribers = 1 << max(map(len, lengths)).bit_length()
    alternatives, awarded = list[Alternatives](), list[int]()
    first = 0
    for number, question in enumerate(questions):
        numbers = range(first, first := first + len(question.cases))
        remedy = question.cases[0].remedy
        if remedy is None:
            continue
        facts, downtime_intervals, days = (
            pl.concat([empty.clear(), *(of[rule,] for rule in numbers if (rule,) in of)])
            for of, empty in zip(by_rule, tables, strict=True)
        )
        if remedy.minimum is not None:
            again = (pl.col("subscriber") + subscribers).cast(pl.UInt32)
            later = (pl.col("number") + measured.downtime_intervals.height).cast(pl.UInt32)
            facts, days = (pl.concat([own, own.with_columns(again)]) for own in (facts, days))
            downtime_intervals = pl.concat([downtime_intervals, downtime_intervals.with_columns(again, later)])
        known = with_conditions(facts, downtime_intervals, conditions_of(remedy.credit))
        of_rules = {rule: rules[rule] for rule in numbers}
        alternatives.append(Alternatives([Award(remedy, of_rules, known, {}, downtime_intervals, days)]))
        awarded.append(number)
    fees = scenario_fees(fee, currency, 2 * subscribers, exact=subscribers)
    paid: dict[tuple[int, int], int] = {}
    credits = award_credits(alternatives, fees).credits
    for award, subscriber, amount in credits.select("award", "subscriber", "amount").iter_rows():
        paid[awarded[award], subscriber] = paid.get((awarded[award], subscriber), 0) + amount
    question_of = [number for number, question in enumerate(questions) for _ in question.cases]
    level: dict[tuple[int, int], tuple[bool, int, int]] = {}
    columns = ("rule", "subscriber", "missed", "agreed", "downtime")
    for rule, subscriber, miss, time, lost in tables.facts.select(columns).iter_rows():
        place = question_of[rule], subscriber
        missed, agreed, down = level.get(place, (False, 0, 0))
        level[place] = (missed or miss, max(agreed, time or 0), max(down, lost or 0))
    scale = 10 ** (DIGITS - fees.digits[-1])
    found = []
    for number, (question, own) in enumerate(zip(questions, lengths, strict=True)):
        remedy = question.cases[0].remedy
        found.append(list[Outcome]())
        for subscriber in range(len(own)):
            credit = paid.get((number, subscriber), 0)
            amount = half_up(credit, scale)
            if remedy is not None and remedy.minimum is not None:
                in_minor_units = paid.get((number, subscriber + subscribers), 0)
                if in_minor_units != amount:
                    amount, credit = in_minor_units, in_minor_units * scale
            found[-1].append(Outcome(*level.get((number, subscriber), (False, 0, 0)), credit, amount))
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


def _measure(cases: Sequence[SingleOutage], lengths: Sequence[Sequence[int]]) -> MeasuredOutages:
    """Measure an outage of each length; by a ledger only where something shortens one, or parts it over days.

    The number of a case is that of its rule.
    """
    rules = [case.rule for case in cases]
    by_ledger = list[MeasuredOutages]()
    windows, single, inside = [], [], []
    for place, (case, asked) in enumerate(zip(cases, lengths, strict=True)):
        rule, guarantee = case.rule, case.rule.guarantee
        downtimes = [min(length, case.longest) for length in asked]
        rounds = guarantee.rounded.outage or (guarantee.rounded.downtime and rule.per_incident)
        daily = any(credit.earned_per == "day" for credit in case.schedules)
        if case.axis == "time" and (guarantee.hours or guarantee.minimum or guarantee.unit or rounds or daily):
            number = pl.lit(place, dtype=pl.UInt32).alias("rule")
            by_ledger.append(MeasuredOutages(*(table.with_columns(number) for table in _by_ledger(case, downtimes))))
            continue
        first, last = case.span
        counted = case.axis == "time" and not guarantee.on_measurements
        for who, downtime in enumerate(downtimes):
            if rule.per_incident:
                single += [(who, place, first, first + downtime, downtime)] if counted and downtime else []
                continue
            inside += [(who, place, first, last, downtime)] if counted and downtime else []
            windows.append((who, place, first, last, False, case.longest, downtime, int(downtime > 0), 1))
    facts, downtime_intervals, days = ([getattr(own, name) for own in by_ledger] for name in MeasuredOutages._fields)
    if windows:
        judged = judge_windows(pl.DataFrame(windows, schema=WINDOWS, orient="row"), rules)
        facts.append(facts_of_windows(judged))
    columns = {name: dtype for name, dtype in DOWNTIME_INTERVALS.items() if name != "number"}
    of_windows, incidents = (pl.DataFrame(rows, schema=columns, orient="row") for rows in (inside, single))
    downtime_intervals += [of_windows, incidents]
    if single or not facts:
        ended = incidents.rename({"outage": "downtime"}).with_columns(pl.lit(value=False).alias("running"))
        facts.append(facts_of_incidents(judge_incidents(ended, rules)))
    together = pl.concat(facts)
    measurements = [number for number, rule in enumerate(rules) if rule.guarantee.on_measurements]
    if measurements:
        times = (pl.when(~pl.col("rule").is_in(measurements)).then(name).alias(name) for name in ("agreed", "downtime"))
        together = together.with_columns(times)
    intervals = pl.concat([own.select(list(columns)) for own in downtime_intervals]).with_row_index("number")
    return MeasuredOutages(together, intervals, pl.concat([NO_DAYS, *(own.select(list(DAYS)) for own in days)]))


OUTAGES: dict[str, pl.DataType | type[pl.DataType]] = {
    "outage": pl.UInt32, "name": pl.String, "subscriber": pl.UInt32, "component": pl.String, "cause": pl.String,
    "started": pl.Int64, "ended": pl.Int64, "detected": pl.Int64, "reported": pl.Int64, "diagnosed": pl.Int64,
    "affected": pl.Int64, "of_rule": pl.UInt32, "open": pl.Boolean, "agreed_out": pl.Boolean,
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
        *(pl.lit(value=False).alias(name) for name in ("open", "agreed_out")),
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
