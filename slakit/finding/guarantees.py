"""Findings about guarantees: targets, windows, clocks, exclusions, maintenance, recovery, people who answer."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

from slakit.finding.model import Codes, Finding
from slakit.measure.budgets import budget_of
from slakit.policy import words
from slakit.policy.guarantees import ON_TICKETS, Guarantee, Printed
from slakit.policy.printing import exact_percent, percent_text, print_duration, readable
from slakit.policy.quantities import MICROSECONDS, Duration
from slakit.policy.terms import Terms
from slakit.remedy.curves import window_length_of
from slakit.remedy.values import remedies_of

CODES: Codes = {
    "printed-differs": ("defect", "a printed figure does not follow from the target"),
    "backup-too-rare": ("defect", "less data may be lost than changes between two backups"),
    "no-remedy": ("gap", "a guarantee without a credit for a breach"),
    "formula-missing": ("gap", "how the level is computed is not stated"),
    "measurement-unstated": ("gap", "whose measurements decide is not stated"),
    "business-day-undefined": ("gap", "times run in business days that are not defined"),
    "no-answer-times": ("gap", "no response or resolution time is guaranteed"),
    "backup-kept-at-most": ("gap", "how long backups are kept has a ceiling and no floor"),
    "best-effort": ("risk", "a target that the provider only aims at"),
    "clock-at-report": ("risk", "downtime before a report, or an alarm, is excluded"),
    "short-outages-free": ("risk", "outages, or remainders of them, are excluded up to some length"),
    "part-down-free": ("risk", "outages of a part of the service are excluded"),
    "part-down-shared": ("risk", "an outage of one component counts for a share of its length"),
    "maintenance-unlimited": ("risk", "excluded maintenance has no limit"),
    "maintenance-limited": ("risk", "maintenance is excluded up to a limit"),
    "maintenance-unannounced": ("risk", "excluded maintenance needs no notice"),
    "provider-measures": ("risk", "the provider's own measurements decide"),
    "provider-ranks": ("risk", "the provider decides how urgent a ticket is"),
    "broad-exclusion": ("risk", "outages caused by third parties are excluded"),
    "rolling-window": ("risk", "windows overlap, and one outage lies in many of them"),
    "late-start": ("risk", "time is paid for and not yet measured"),
}
SPANS = {"1d": ("a day", 1), "1mo": ("a month of 30 days", 30), "1y": ("a year of 365 days", 365)}
USUAL_DAYS = {
    "1d": (Fraction(1),),
    "1mo": (*map(Fraction, (28, 29, 30, 31)), Fraction(365, 12), Fraction("30.4375"), Fraction(366, 12)),
    "1y": (*map(Fraction, (360, 365, 366)), Fraction("365.25")),
}
"""Days of a day, month or year as documents reckon them, an average month and year among them."""
PER = {"window": "", "1d": " a day", "1w": " a week", "1mo": " a month", "1q": " a quarter", "1y": " a year"}
OTHERS = {"third_party", "third_party_api"}


def guarantee_findings(terms: Terms) -> Iterator[Finding]:
    """Find what a buyer should know about the guarantees of one plan."""
    for guarantee in terms.guarantees:
        on_tickets = guarantee.metric in ON_TICKETS and guarantee.target is not None
        target = f"{exact_percent(guarantee.target)} of tickets in time" if on_tickets else words.promise(guarantee)
        if guarantee.commitment == "best_effort":
            figure = f"{target}: no credit" + " even at 0 %" * (guarantee.target is not None)
            clauses = (guarantee.clause_of("commitment"),)
            yield Finding("best-effort", guarantee.id, "The target is best effort", figure, clauses)
        elif not remedies_of(terms, guarantee.id):
            rights = "; ".join(right.says for right in terms.rights if guarantee.id in right.guarantees)
            only = (
                f"the only consequence of a breach is a right ({rights})" if rights else "no credit is due for a breach"
            )
            sentence = "No credit is due for a breach of this guarantee"
            yield Finding("no-remedy", guarantee.id, sentence, f"{target}: {only}", (guarantee.clause,))
        if guarantee.metric == "availability":
            yield from _measured(guarantee)
            yield from _maintenance(terms, guarantee)
        if guarantee.metric in ("availability", "replacement") and guarantee.clock != "started":
            sentence = f"The clock of an outage starts {words.clock_words(guarantee)}. The time before is excluded"
            late = guarantee.clock.replace("_", " ")
            figure = f"a 60-minute outage {late} after 45 minutes counts as 15"
            if guarantee.grace is not None:
                minute, grace = MICROSECONDS["m"], guarantee.grace.microseconds
                length, signal = (print_duration(grace + minutes * minute) for minutes in (60, 45))
                figure = f"an outage of {length} {late} after {signal} counts as 15m"
            yield Finding("clock-at-report", guarantee.id, sentence, figure, (guarantee.clause_of("clock"),))
        if guarantee.metric in ("availability", "replacement") and OTHERS & set(guarantee.exclude.causes):
            sentence = "Outages caused by suppliers or other third parties are excluded"
            excluded = ", ".join(map(readable, guarantee.exclude.causes))
            kept = "is 100 %" if guarantee.metric == "availability" else "is never late"
            figure = f"a month without service, by a supplier's fault, {kept} (excluded: {excluded})"
            yield Finding("broad-exclusion", guarantee.id, sentence, figure, (guarantee.clause_of("causes"),))
        for term, said in words.concern_words(guarantee):
            if term == "at_once":
                figure = f"{(guarantee.at_once or 0) - 1} of its components down for a whole window counts as 0s"
            elif term == "affected":
                figure = "any other outage counts as 0s, however long it lasts"
            else:
                continue
            yield Finding(
                "part-down-free", guarantee.id, f"Downtime counts {said}", figure, (guarantee.clause_of(term),)
            )
        many = len(set(guarantee.components))
        if guarantee.combine == "mean" and many != 1:
            sentence = (
                "Downtime is the mean over the components: an outage of one of them counts for a share of its length"
            )
            figure = (
                f"one of {many} components down for 60 minutes counts as {print_duration(MICROSECONDS['h'] // many)}"
            )
            unnamed = "the more components the subscription has a fee of, the less an outage of one of them counts"
            clauses = (guarantee.clause_of("combine"),)
            yield Finding("part-down-shared", guarantee.id, sentence, figure if many else unnamed, clauses)
        if guarantee.window.slides and remedies_of(terms, guarantee.id):
            step = "month" if guarantee.window.rolling_months else "day"
            sentence = "Windows overlap, and one outage lies in many of them. "
            sentence += "How often a credit is due for it is not stated"
            figure = f"judged at the end of each {step} over {guarantee.window.words_for_people}. "
            figure += "Assumed: one credit, in the first window that ends when the outage is over"
            yield Finding("rolling-window", guarantee.id, sentence, figure, (guarantee.clause_of("window"),))
    yield from _measurement(terms)
    yield from _people(terms)
    yield from _recoveries(terms)


def _measured(guarantee: Guarantee) -> Iterator[Finding]:
    for printed in guarantee.printed:
        if _follows(guarantee, printed):
            continue
        span, days = SPANS[printed.per]
        length = days * MICROSECONDS["d"]
        exact = print_duration(budget_of(guarantee.target or Decimal(0), length))
        implied = percent_text(100 - Fraction(100 * printed.downtime.microseconds, length), 4)
        sentence = f"The text prints {printed.downtime} of downtime in {span}, which is not what the target allows"
        figure = f"{exact_percent(guarantee.target)} allows {exact}; {printed.downtime} would be {implied}"
        yield Finding("printed-differs", guarantee.id, sentence, figure, (printed.clause,))
    for one, other in combinations(guarantee.printed, 2):
        (first, short), (second, long) = SPANS[one.per], SPANS[other.per]
        consistent = _follows(guarantee, one) and _follows(guarantee, other)
        if consistent or one.downtime.microseconds * long == other.downtime.microseconds * short:
            continue
        as_other = print_duration(int(Fraction(one.downtime.microseconds * long, short)))
        sentence = f"The downtimes printed for {first} and for {second} are not the same level"
        figure = f"{one.downtime} in {first} would be {as_other} in {second}, not {other.downtime}"
        yield Finding("printed-differs", guarantee.id, sentence, figure, (one.clause, other.clause))
    stated = {"formula", "denominator"} & set(guarantee.clauses)
    if not stated and guarantee.denominator == "window" and guarantee.measured is None:
        sentence = "How availability is computed is not stated. Assumed: the share of the window without downtime"
        yield Finding("formula-missing", guarantee.id, sentence, words.promise(guarantee), (guarantee.clause,))
    lengths: list[tuple[str, int, str]] = []
    if guarantee.minimum is not None:
        apart = f" if at least {guarantee.join_gaps} lies between them" if guarantee.join_gaps is not None else ""
        said = f"Outages {words.short_words(guarantee.minimum)} are excluded, however many there are{apart}"
        above = guarantee.minimum.above
        longest = above.microseconds if above is not None else guarantee.minimum.shortest - MICROSECONDS["s"]
        lengths.append(("minimum", longest, said))
    if guarantee.unit is not None:
        said = f"Downtime counts in whole units of {guarantee.unit}; the remainder is excluded"
        lengths.append(("unit", guarantee.unit.microseconds - MICROSECONDS["s"], said))
    for term, longest, sentence in lengths:
        figure = f"an outage of {print_duration(longest)} counts as 0s"
        yield Finding("short-outages-free", guarantee.id, sentence, figure, (guarantee.clause_of(term),))


def _follows(guarantee: Guarantee, printed: Printed) -> bool:
    """Return whether a printed figure is what the target allows in a usual month or year, a part of a second aside."""
    missing = (100 - Fraction(guarantee.target or 0)) / 100
    exact = (missing * days * MICROSECONDS["d"] for days in USUAL_DAYS[printed.per])
    return any(abs(length - printed.downtime.microseconds) < MICROSECONDS["s"] for length in exact)


def _maintenance(terms: Terms, guarantee: Guarantee) -> Iterator[Finding]:
    left_out = [kind for kind in terms.maintenance if kind.kind in guarantee.exclude.maintenance]
    unlimited = [kind for kind in left_out if kind.allowance is None]
    if unlimited:
        kinds, many = " and ".join(words.maintenance_name(kind) for kind in unlimited), len(unlimited) > 1
        notices = {str(kind.notice) for kind in unlimited if kind.notice}
        notice = f" announced {notices.pop()} ahead" if len(notices) == 1 and all(k.notice for k in unlimited) else ""
        are, have = ("are", "have") if many else ("is", "has")
        sentence = f"{kinds.capitalize()} maintenance {are} excluded, and {have} no limit"
        leaves = "leaves 0 % and meets the target"
        if guarantee.denominator == "less_maintenance":
            leaves = "leaves no service time to judge, and no credit is due"
        figure = f"a whole window of it{notice} {leaves}"
        clauses = tuple(kind.clause for kind in unlimited)
        yield Finding("maintenance-unlimited", guarantee.id, sentence, figure, clauses)
    for kind in left_out:
        if kind.allowance is not None:
            allowance, window = kind.allowance, window_length_of(guarantee)
            # What remains where the provider uses up both its maintenance and its budget.
            days, months = window // MICROSECONDS["d"], guarantee.window.months or 1
            spans = max(1, {"1d": days, "1mo": months, "1q": months // 3, "1y": months // 12}.get(allowance.per, 1))
            if allowance.per == "1w" and guarantee.window.text != "1w":
                spans = (days + 12) // 7  # it may begin on the last day of a week
            allowed = min(window, spans * allowance.at_most.microseconds)
            judged = window - allowed if guarantee.denominator == "less_maintenance" else window
            gone = min(window, allowed + budget_of(guarantee.target or Decimal(0), judged))
            remains = percent_text(Fraction(100 * (window - gone), window), 4)
            name = words.maintenance_name(kind)
            sentence = f"Up to {allowance.at_most} of {name} maintenance{PER[allowance.per]} is excluded"
            figure = f"with it and the uptime budget, {remains} remain in the worst case"
            yield Finding("maintenance-limited", guarantee.id, sentence, figure, (kind.clause,))
        if kind.notice is None:
            sentence = f"{words.maintenance_name(kind).capitalize()} maintenance is excluded, and needs no notice"
            figure = "announced as it begins, an outage of an hour counts as 0s"
            yield Finding("maintenance-unannounced", guarantee.id, sentence, figure, (kind.clause,))


def _measurement(terms: Terms) -> Iterator[Finding]:
    on_outages = [guarantee for guarantee in terms.guarantees if guarantee.metric == "availability"]
    if terms.monitor is None and on_outages:
        sentence = "Whose measurements decide is not stated"
        figure = "ask the provider to name an independent monitor"
        yield Finding("measurement-unstated", "measurement", sentence, figure)
    elif terms.monitor is not None and terms.monitor.by == "provider":
        sentence = "The provider's own measurements decide"
        figure = "an outage that it does not record does not count"
        yield Finding("provider-measures", "measurement", sentence, figure, (terms.monitor.clause,))
    begins = next((guarantee.begins for guarantee in terms.guarantees if guarantee.begins is not None), None)
    if begins is not None:
        sentence = "Nothing is measured before the first day of the next month"
        figure = "a service that starts on 1 January is paid for 31 days before an outage can count"
        if isinstance(begins.wait, Duration):
            length = print_duration(begins.wait.microseconds)
            sentence = f"Nothing is measured in the first {length} of a subscription"
            figure = f"an outage in the first {length} is paid for, and does not count"
        yield Finding("late-start", "measurement", sentence, figure, (begins.clause or "",))


def _people(terms: Terms) -> Iterator[Finding]:
    answers = [guarantee for guarantee in terms.guarantees if guarantee.metric in ON_TICKETS]
    clause = (terms.support.clause,) if terms.support else ()
    if all(guarantee.metric == "update" for guarantee in answers):
        figure = "a ticket without an answer is no breach"
        yield Finding("no-answer-times", "support", "No response or resolution time is guaranteed", figure, clause)
    for guarantee in answers if terms.support is None or terms.support.hours is None else []:
        times = guarantee.within.values() if isinstance(guarantee.within, dict) else [guarantee.within]
        if any(isinstance(time, Duration) and time.business_days for time in times):
            sentence = "Tickets are due in business days, which the text does not define"
            figure = f"{words.times(guarantee.within)}. Assumed: Monday to Friday, no holidays"
            yield Finding("business-day-undefined", guarantee.id, sentence, figure, (guarantee.clause,))
            break  # the first stands for all
    if answers and terms.support is not None and terms.support.ranked_by:
        sentence = "The provider decides how urgent a ticket is, and so when it is due"
        yield Finding("provider-ranks", "support", sentence, terms.support.ranked_by, clause)


def _recoveries(terms: Terms) -> Iterator[Finding]:
    for loss in terms.recovery:
        figure = words.recovery_words(loss)
        if loss.commitment == "best_effort":
            yield Finding("best-effort", f"recovery {loss.id}", "The target is best effort", figure, (loss.clause,))
        else:
            sentence = "No credit is due for a breach of this guarantee"
            yield Finding("no-remedy", f"recovery {loss.id}", sentence, figure, (loss.clause,))
    between = [(copy.every.longest or 0, copy.every, copy.clause) for copy in terms.backups if copy.every is not None]
    longest, every, clause = min(between, key=lambda copy: copy[0], default=(0, None, ""))
    for loss in terms.recovery:
        if loss.rpo is not None and every is not None and (loss.rpo.longest or 0) < longest:
            sentence = "The limit on data loss is shorter than the interval between backups"
            figure = f"{words.lost_words(loss.rpo)} of data lost, a backup every {every.upper}"
            yield Finding("backup-too-rare", f"recovery {loss.id}", sentence, figure, (loss.clause, clause))
    for copy in terms.backups:
        if copy.kept is not None and copy.kept.lower is None:
            sentence = "Backups are kept up to a maximum time, and no minimum is guaranteed"
            figure = f"kept between 0d and {copy.kept.upper}"
            yield Finding("backup-kept-at-most", f"backup {copy.id}", sentence, figure, (copy.clause,))


def allows(guarantee: Guarantee) -> str:
    """Downtime that a target allows in its window, in words."""
    return print_duration(budget_of(guarantee.target or Decimal(0), window_length_of(guarantee)))
