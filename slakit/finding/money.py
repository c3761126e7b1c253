"""Findings about terms that change what a credit is worth: what is given back, never reached, or of another span."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from slakit.finding.credits import FEE, clause_of, clause_of_case, percent, share_of
from slakit.finding.model import Codes, Finding
from slakit.measure.budgets import budget_of
from slakit.policy import words
from slakit.policy.guarantees import Guarantee
from slakit.policy.printing import exact_percent, percent_text, print_duration
from slakit.policy.quantities import MICROSECONDS, Points
from slakit.policy.remedies import Credit, Remedy
from slakit.policy.terms import Terms
from slakit.remedy.break_points import turning_points
from slakit.remedy.curves import drawn_length, window_length_of
from slakit.remedy.single_outage import SingleOutage
from slakit.remedy.values import cases_on_outages

CODES: Codes = {
    "limits-differ": ("defect", "two guarantees limit the same downtime to different lengths"),
    "points-unreachable": ("defect", "a credit needs more points than a window can have"),
    "hours-excluded": ("risk", "outages outside the service hours are excluded"),
    "partial-full": ("risk", "a window that is cut allows as much downtime as a whole one"),
    "earned-back": ("risk", "a credit is taken back when the service is good again"),
    "fee-of-other-span": ("note", "credits are a share of the fee of another period than the window"),
    "beyond-the-fee": ("note", "the credit for one outage can exceed the fee of its window"),
}
FEE_MONTHS = {"monthly_fee": 1, "quarterly_fee": 3, "annual_fee": 12}
MONTH_LENGTHS = (28 * MICROSECONDS["d"], 31 * MICROSECONDS["d"])


def money_findings(terms: Terms) -> Iterator[Finding]:
    """Find what a buyer should know about what makes the credits of one plan worth more or less than they seem."""
    for guarantee in terms.guarantees:
        if guarantee.on_outages:
            yield from _hours(terms, guarantee)
            yield from _partial(guarantee)
    yield from _two_limits(terms)
    for remedy in terms.remedies:
        yield from _earned_back(remedy)
        yield from _out_of_reach(remedy)
    for case in cases_on_outages(terms, FEE):
        if case.remedy is not None and not case.rule.per_incident:
            yield from _fee_span(case)
            yield from _beyond_the_fee(case)


# --- what is measured


def _hours(terms: Terms, guarantee: Guarantee) -> Iterator[Finding]:
    """Service hours that leave a part of the time out."""
    if guarantee.hours is None or guarantee.window.text == "incident":
        return
    whole = drawn_length(guarantee.window)
    judged = window_length_of(guarantee, terms.time_zone or "UTC")
    if judged < whole:
        sentence = f"Outages outside the service hours are excluded ({words.hours_words(guarantee.hours)})"
        outside = percent_text(Fraction(100 * (whole - judged), whole), 1)
        figure = f"{outside} of the time is outside them, and an outage then counts as 0s"
        yield Finding("hours-excluded", guarantee.id, sentence, figure, (guarantee.clause_of("hours"),))


def _partial(guarantee: Guarantee) -> Iterator[Finding]:
    """A window that the contract cuts, judged by its whole length: the part that is left may be down for longer."""
    if guarantee.partial == "full" and guarantee.target is not None and guarantee.hours is None:
        whole = drawn_length(guarantee.window)
        allowed = budget_of(guarantee.target, whole)
        level = percent_text(Fraction(100 * (whole // 2 - min(allowed, whole // 2)), whole // 2), 4)
        sentence = "A window that the contract begins or ends in is judged by its whole length"
        figure = f"with half of it left, {print_duration(allowed)} are still allowed: {level} of that time"
        yield Finding("partial-full", guarantee.id, sentence, figure, (guarantee.clause_of("partial"),))


def _two_limits(terms: Terms) -> Iterator[Finding]:
    """A percentage, and beside it a limit in hours and minutes that is not what it allows in any month."""
    levels = [g for g in terms.guarantees if g.metric == "availability" and g.on_outages and g.hours is None]
    limits = [g for g in terms.guarantees if g.metric == "downtime"]
    for level, limit in product(levels, limits):
        within = getattr(limit.within, "microseconds", 0)
        if level.window != limit.window or level.components != limit.components or level.target is None:
            continue
        length = window_length_of(level)
        lengths = MONTH_LENGTHS if level.window.months == 1 else (length, length)
        shortest, longest = (budget_of(level.target, own) for own in lengths)
        if not shortest <= within <= longest:
            sentence = "Two guarantees limit the same downtime to different lengths"
            figure = f"{exact_percent(level.target)} allows {print_duration(budget_of(level.target, length))} in "
            figure += f"{level.window.with_article}, and {limit.id} allows {limit.within}"
            yield Finding("limits-differ", level.id, sentence, figure, (level.clause, limit.clause))


# --- what is paid


def _earned_back(remedy: Remedy) -> Iterator[Finding]:
    for limits in [remedy, *remedy.credit]:
        if limits.earn_back is not None:
            said = next(text for term, text, _ in words.limit_words(limits) if term == "given back")
            sentence = "A credit is taken back when the service is good again"
            clause = limits.earn_back.clause or clause_of(remedy)
            yield Finding("earned-back", remedy.id, sentence, f"given back: {said}", (clause,))


def _out_of_reach(remedy: Remedy) -> Iterator[Finding]:
    """A number of points that no window can come to."""
    bands = remedy.points.bands if remedy.points is not None else None
    most = _most_points(remedy)
    for band in bands or []:
        bounds = dict(band.bounds)
        least = bounds["from"] if "from" in bounds else bounds["above"] + 1 if "above" in bounds else 0
        if most is not None and least > most:
            sentence = "A credit needs more points than a window can have"
            figure = f"{band.credit} from {least} points on, and a window has at most {percent_text(most)[:-2]}"
            yield Finding("points-unreachable", remedy.id, sentence, figure, (clause_of(remedy),))


def _most_points(remedy: Remedy) -> Fraction | None:
    """No window has more points than this; none where nothing limits them."""
    each = []
    for credit in remedy.credit:
        most = _most_of_schedule(credit)
        if most is None:
            return None
        holders = [g for g in remedy.guarantees if credit.guarantees is None or g in credit.guarantees]
        each.append(most * (1 if credit.earned_per == "window" else len(holders)))
    if not each:
        return None
    return (
        max(each)
        if remedy.select == "largest"
        else min(each)
        if remedy.select == "smallest"
        else sum(each, Fraction(0))
    )


def _most_of_schedule(credit: Credit) -> Fraction | None:
    if credit.earned_per not in ("window", "guarantee") or (credit.flat is None and credit.bands is None):
        return None
    bands = [band for table in credit.tables for band in table]
    if any(band.plus is not None for band in bands):
        return None
    worths = [band.credit for band in bands] if bands else [credit.flat]
    points = [Fraction(worth.count) for worth in worths if isinstance(worth, Points)]
    most = sum(points, Fraction(0)) if credit.select == "sum" else max(points, default=Fraction(0))
    return most * max([Fraction(1), *(Fraction(multiplier.by) for multiplier in credit.multipliers)])


def _largest(case: SingleOutage) -> Fraction:
    return max(share_of(case, length) for length in turning_points(case))


def _fee_span(case: SingleOutage) -> Iterator[Finding]:
    """A share of the fee of another span than the window's: what it is of the fee of the window."""
    window, months = case.rule.guarantee.window, FEE_MONTHS.get(str(case.of))
    judged = window.months or window.rolling_months
    if months is None or judged is None or months == judged or not case.tells_how_much:
        return
    share = _largest(case)
    if share:
        sentence = f"A share of {words.fee_words(case.of)} is paid for a breach in {window.with_article}"
        of_window = percent(share * months / judged)
        figure = f"{percent(share)} of it, the most for one outage, is {of_window} of the fee for that time"
        yield Finding("fee-of-other-span", case.rule.guarantee.id, sentence, figure, (clause_of_case(case),))


def _beyond_the_fee(case: SingleOutage) -> Iterator[Finding]:
    """One outage that earns more than was paid for the window."""
    judged = case.rule.guarantee.window.months or case.rule.guarantee.window.rolling_months
    if judged is None or not case.tells_how_much:
        return
    most = _largest(case) * case.basis / Fraction(FEE) / judged
    if most > 1:
        sentence = "The credit for one outage can exceed the fee of its window"
        figure = f"up to {percent(most)} of the fee for {case.rule.guarantee.window.with_article}"
        yield Finding("beyond-the-fee", case.rule.guarantee.id, sentence, figure, (clause_of_case(case),))
