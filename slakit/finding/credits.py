"""Findings about credits: the value of guarantees, and schedules judged at their break points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby

from slakit.finding.compensation import Point, judge
from slakit.finding.model import Codes, Finding
from slakit.locales import quantity
from slakit.measure.calendar import MICROSECOND
from slakit.policy import words
from slakit.policy.printing import exact_percent, percent_text, print_duration, print_percent
from slakit.policy.quantities import FULL, MICROSECONDS
from slakit.policy.remedies import Multiple, Remedy
from slakit.policy.terms import Terms
from slakit.remedy.break_points import turning_points
from slakit.remedy.single_outage import SingleOutage, outcomes
from slakit.remedy.values import (
    LENGTHS,
    cases_on_outages,
    cases_on_shares,
    free_level,
    service_month,
    worst_free,
)

CODES: Codes = {
    "paid-though-met": ("defect", "a credit is due although the target is met"),
    "missed-unpaid": ("defect", "the target is missed and no credit is due"),
    "better-pays-more": ("defect", "the credit for a better level is higher than the credit for a worse one"),
    "flat-credit": ("risk", "the credit for the shortest breach is that for the longest"),
    "largest-credit": ("risk", "the largest credit for one outage, however long it lasts"),
    "worst-free": ("note", "the lowest availability without a credit"),
    "lost-time": ("note", "the credit for an outage, against the fee for the lost time"),
    "saturated": ("note", "the credit reaches the whole fee"),
}
FEE = Decimal(1000)


def credit_findings(terms: Terms) -> Iterator[Finding]:
    """Find what a buyer should know about what one plan pays."""
    for case in cases_on_outages(terms, FEE):
        yield from _worst_free(case, "availability")
        if case.remedy is None:
            continue
        earned = []
        for length in (length // MICROSECOND for length in LENGTHS):
            if length > case.longest:
                continue
            # The fee of the window is for that time where a credit is a share of it; else a month has 30 days.
            of_window = case.of == "window_fee" and not case.rule.per_incident
            lost = case.basis * length / case.longest if of_window else Fraction(FEE) * length / service_month(case)
            said, credit = "no credit", case.credit(length)
            if credit:
                share, times = share_percent(share_of(case, length)), print_percent(credit / lost, 2)
                said = f"{share}, {times} times the fee for the time lost"
            earned.append(f"{print_duration(length)}: {said}")
        sentence = f"Credit due for one outage, of {_basis(case)}, and against the fee for the time lost"
        yield Finding("lost-time", case.rule.guarantee.id, sentence, "; ".join(earned), (clause_of_case(case),))
        yield from _schedule(case)
    for case in cases_on_shares(terms, FEE):
        yield from _worst_free(case, "availability" if case.rule.guarantee.on_measurements else "attainment")
        yield from _schedule(case)


# --- the value of a guarantee


def _worst_free(case: SingleOutage, what: str) -> Iterator[Finding]:
    guarantee = case.rule.guarantee
    free = worst_free(case)
    if free is None:
        return
    if by_length(case):
        free = max(free, guarantee.minimum.shortest - 1 if guarantee.minimum else 0)
        sentence, figure = "Longest incident without a credit", free_lengths(case, free)
    else:
        sentence, figure = f"Lowest {what} without a credit", level_above(case, free)
        days, rest = divmod(case.longest, MICROSECONDS["d"])
        if guarantee.hours is not None:
            window = f"{quantity(Decimal(case.longest) / MICROSECONDS['h'])} service hours"
        elif rest or not days:
            window = print_duration(case.longest)
        else:
            window = f"{days} day{'s' * (days != 1)}"
        if case.axis == "time":
            figure += f" ({print_duration(free)} of {window})"
    yield Finding("worst-free", guarantee.id, sentence, figure, (clause_of_case(case),))


def up_to(free: int) -> str:
    """The longest that is free: a microsecond below a whole second is everything shorter than it.

    >>> up_to(3_600_000_000), up_to(3_599_999_999)
    ('up to 1h', 'anything shorter than 1h')
    """
    if not free:
        return "none at all"
    if (free + 1) % MICROSECONDS["s"] == 0:
        return f"anything shorter than {print_duration(free + 1)}"
    return f"up to {print_duration(free)}"


def free_lengths(case: SingleOutage, free: int) -> str:
    """The lengths up to one that is free: from none at all, or from the longest below it that is paid."""
    paid = max((point for point in turning_points(case) if point < free and case.credit(point)), default=None)
    if paid is None:
        return up_to(free)
    low = f"more than {print_duration(paid)}"
    if (paid + 1) % MICROSECONDS["s"] == 0:
        low = f"at least {print_duration(paid + 1)}"
    return f"{low} and {up_to(free).replace('anything shorter', 'less')}"


def share_of(case: SingleOutage, bad: int) -> Fraction:
    """Credit for an outage, as a share of the fee basis."""
    return case.credit(bad) / case.basis


def by_length(case: SingleOutage) -> bool:
    """Return whether a guarantee is about a length of time, and no share of a window."""
    return case.rule.per_incident or case.rule.guarantee.metric == "downtime"


def share_percent(share: Fraction) -> str:
    """A share as a percentage, cut after three decimals."""
    return percent_text(100 * share, 3)


def _basis(case: SingleOutage) -> str:
    return words.fee_words(case.of)


def clause_of(remedy: Remedy) -> str:
    """Return the clause of a remedy."""
    return remedy.clause or remedy.credit[0].clause


def clause_of_case(case: SingleOutage) -> str:
    """Return the clause of what a guarantee earns."""
    remedy = case.remedy
    return (remedy.clause if remedy else None) or next((c.clause for c in case.schedules), case.rule.guarantee.clause)


def level_above(case: SingleOutage, bad: int) -> str:
    """The level that an outage leaves, rounded up: never worse than it was."""
    return percent_text(free_level(case, bad), 6)


def level_below(case: SingleOutage, bad: int) -> str:
    """The level that an outage leaves, rounded down: never better than it was."""
    return percent_text(Decimal((case.longest - bad) * FULL // case.longest).scaleb(-6), 6)


# --- schedules, by their break points


def _schedule(case: SingleOutage) -> Iterator[Finding]:
    about, clauses = case.rule.guarantee.id, (clause_of_case(case),)
    # The curve of credits as levels of service, the best first.
    edges = {0, case.longest, min(case.allowed, case.longest), min(case.allowed + 1, case.longest)}
    lengths = sorted({*turning_points(case), *edges})
    known = outcomes([case], lengths)
    points = [Point(Fraction(bad), not known[bad].missed, case.credit(bad)) for bad in lengths]
    verdicts = judge(points, most=Fraction(FEE))
    if verdicts.inconsistent:
        better, worse = verdicts.inconsistent
        sentence = "The credit for a worse level is lower than for a better one"
        figure = f"{_due(case, better)} at {_place(case, better, level_above(case, int(better.level)))}"
        figure += f", {_due(case, worse)} at {_place(case, worse, level_below(case, int(worse.level)))}"
        yield Finding("better-pays-more", about, sentence, figure, clauses)
    if verdicts.incoherent:
        wrong = verdicts.incoherent
        sentence = "A credit is due although the target is met"
        figure = f"{_due(case, wrong)} at {_place(case, wrong, level_below(case, int(wrong.level)))}"
        yield Finding("paid-though-met", about, sentence, figure, clauses)
    if case.tells_whether:
        yield from _missed_unpaid(case, points, clauses)
    if case.tells_how_much:
        yield from _largest(case, points, clauses)


def _due(case: SingleOutage, point: Point) -> str:
    return share_percent(share_of(case, int(point.level))) if point.penalty else "no credit"


def _place(case: SingleOutage, point: Point, level: str) -> str:
    return print_duration(int(point.level)) if by_length(case) else level


def _missed_unpaid(case: SingleOutage, points: Sequence[Point], clauses: tuple[str, ...]) -> Iterator[Finding]:
    """Each span of levels that miss the target and earn nothing, besides a microsecond's rounding.

    The one just under the target comes first: it is the one that is met most often.
    """
    guarantee, in_lengths = case.rule.guarantee, by_length(case)
    spans = [list(own) for unpaid, own in groupby(points, key=lambda p: not p.met and not p.penalty) if unpaid]
    for span in spans:
        first, last = int(span[0].level), int(span[-1].level)
        at_once = first <= case.allowed + 1  # between two bands of lengths there is a gap, and no late beginning
        if last <= case.allowed + 1 or (in_lengths and not at_once):
            continue
        if in_lengths:
            sentence = "The target is missed before a credit is due"
            starts = [credit.accrual.after for credit in case.schedules if credit.accrual]
            starts += [credit.multiple.after for credit in case.schedules if isinstance(credit.multiple, Multiple)]
            start = next((f", credits run from {after} on" for after in starts), "")
            figure = f"{guarantee.within} are guaranteed{start}; {up_to(last)} is without credit"
        else:
            sentence = f"Some levels below the target of {exact_percent(guarantee.target)} are without credit"
            witness = level_below(case, (first + last) // 2)
            figure = f"without credit at {witness}, and down to {level_above(case, last)}"
        yield Finding("missed-unpaid", guarantee.id, sentence, figure, (guarantee.clause, *clauses))


def _largest(case: SingleOutage, points: Sequence[Point], clauses: tuple[str, ...]) -> Iterator[Finding]:
    about, most = case.rule.guarantee.id, max(point.penalty for point in points)
    if not most:
        return
    reached = next(int(point.level) for point in points if point.penalty == most)
    smallest = min(point.penalty for point in points if point.penalty)
    share, in_lengths = share_of(case, reached), by_length(case)
    above = level_above(case, reached)
    where = f"at {above}" if above == level_below(case, reached) else f"below {above}"
    where = f"at {print_duration(reached)}" if in_lengths else where
    figure = f"{share_percent(share)} of {_basis(case)}, reached {where}"
    if share >= 1:
        yield Finding("saturated", about, "The credit reaches the whole fee", figure, clauses)
    if smallest == most and not in_lengths:
        sentence = "The credit is the same for every breach, however long it lasts"
        yield Finding("flat-credit", about, sentence, f"{figure} and for a window without any service", clauses)
    elif share < 1 and reached < case.longest:
        sentence = "The credit for one outage has a maximum, however long it lasts"
        yield Finding("largest-credit", about, sentence, figure, clauses)
