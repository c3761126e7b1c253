"""Findings about terms that change what a credit is worth: what is given back, never reached, or of another span."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

from slakit.finding.credits import FEE, clause_of, clause_of_case, share_of, share_percent
from slakit.finding.model import Codes, Finding
from slakit.measure.budgets import budget_of
from slakit.policy import words
from slakit.policy.guarantees import Guarantee
from slakit.policy.printing import exact_percent, percent_text, print_duration
from slakit.policy.quantities import MICROSECONDS, Points
from slakit.policy.remedies import Remedy
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
            yield from _time_measured(terms, guarantee)
    yield from _two_limits(terms)
    for remedy in terms.remedies:
        for limits in [remedy, *remedy.credit]:
            if limits.earn_back is not None:
                said = next(text for term, text, _ in words.limit_words(limits) if term == "given back")
                sentence = "A credit is taken back when the service is good again"
                clause = limits.earn_back.clause or clause_of(remedy)
                yield Finding("earned-back", remedy.id, sentence, f"given back: {said}", (clause,))
        bands = remedy.points.bands if remedy.points is not None else None
        most = _most_points(remedy)
        for band in bands or []:
            bounds = dict(band.bounds)
            least = bounds["from"] if "from" in bounds else bounds["above"] + 1 if "above" in bounds else 0
            if most is not None and least > most:
                sentence = "A credit needs more points than a window can have"
                figure = f"{band.credit} from {least} points on, and a window has at most {percent_text(most)[:-2]}"
                yield Finding("points-unreachable", remedy.id, sentence, figure, (clause_of(remedy),))
    for case in cases_on_outages(terms, FEE):
        if case.remedy is not None and not case.rule.per_incident and case.tells_how_much:
            yield from _against_the_fee(case)


# --- what is measured


def _time_measured(terms: Terms, guarantee: Guarantee) -> Iterator[Finding]:
    whole = drawn_length(guarantee.window)
    # Service hours may leave a part of the time out.
    if guarantee.hours is not None and guarantee.window.text != "incident":
        judged = window_length_of(guarantee, terms.time_zone or "UTC")
        if judged < whole:
            sentence = f"Outages outside the service hours are excluded ({words.hours_words(guarantee.hours)})"
            outside = percent_text(Fraction(100 * (whole - judged), whole), 1)
            figure = f"{outside} of the time is outside them, and an outage then counts as 0s"
            yield Finding("hours-excluded", guarantee.id, sentence, figure, (guarantee.clause_of("hours"),))
    # A window that the contract cuts may be down for longer, where it is judged by its whole length.
    if guarantee.partial == "full" and guarantee.target is not None and guarantee.hours is None:
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
            figure += f"{level.window.with_article}, and {limit.name or limit.id} allows {limit.within}"
            yield Finding("limits-differ", level.id, sentence, figure, (level.clause, limit.clause))


# --- what is paid


def _most_points(remedy: Remedy) -> Fraction | None:
    """No window has more points than this; none where nothing limits them."""
    each = []
    for credit in remedy.credit:
        bands = [band for table in credit.tables for band in table]
        by_count = credit.earned_per in ("window", "guarantee") and (
            credit.flat is not None or credit.bands is not None
        )
        if not by_count or any(band.plus is not None for band in bands):
            return None
        worths = [band.credit for band in bands] if bands else [credit.flat]
        points = [Fraction(worth.count) for worth in worths if isinstance(worth, Points)]
        most = sum(points, Fraction(0)) if credit.select == "sum" else max(points, default=Fraction(0))
        most *= max([Fraction(1), *(Fraction(multiplier.by) for multiplier in credit.multipliers)])
        holders = [g for g in remedy.guarantees if credit.guarantees is None or g in credit.guarantees]
        each.append(most * (1 if credit.earned_per == "window" else len(holders)))
    if not each:
        return None
    if remedy.select in ("largest", "smallest"):
        return max(each) if remedy.select == "largest" else min(each)
    return sum(each, Fraction(0))


def _against_the_fee(case: SingleOutage) -> Iterator[Finding]:
    """The most for one outage, against the fee of the window: it is a share of another's, or more than was paid."""
    window, months, about = case.rule.guarantee.window, FEE_MONTHS.get(str(case.of)), case.rule.guarantee.id
    judged = window.months or window.rolling_months
    if judged is None:
        return
    share = max(share_of(case, length) for length in turning_points(case))
    if months is not None and months != judged and share:
        sentence = f"A share of {words.fee_words(case.of)} is paid for a breach in {window.with_article}"
        of_window = share_percent(share * months / judged)
        figure = f"{share_percent(share)} of it, the most for one outage, is {of_window} of the fee for that time"
        yield Finding("fee-of-other-span", about, sentence, figure, (clause_of_case(case),))
    most = share * case.basis / Fraction(FEE) / judged
    if most > 1:
        sentence = "The credit for one outage can exceed the fee of its window"
        figure = f"up to {share_percent(most)} of the fee for {window.with_article}"
        yield Finding("beyond-the-fee", about, sentence, figure, (clause_of_case(case),))
