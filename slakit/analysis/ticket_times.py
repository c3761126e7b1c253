"""When an answer to a ticket is due, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from slakit import locales
from slakit.measure.business_time import Calendar, business_days
from slakit.measure.calendar import local_day, midnight, to_instant, to_microseconds
from slakit.measure.conventions import Conventions, calendar_of, working_time
from slakit.measure.hours import closed_days, open_spans
from slakit.measure.rules import ASSUMED_ZONE, Rule, rules_of
from slakit.policy.guarantees import Hours, Tickets
from slakit.policy.printing import print_duration
from slakit.policy.quantities import Duration
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of


@dataclass(frozen=True)
class DueTime:
    """When one answer is due.

    Attributes
    ----------
    guarantee, priority, within
        The promise, and the target for this priority.
    due
        In the contract's time zone; `None` where the calendar never reaches it.
    commitment, clause
        How firm the promise is, and where it stands.
    why
        Sentences: the hours it runs in, and the days that were skipped.
    """

    guarantee: str
    priority: str | None
    within: Duration
    due: datetime | None
    commitment: str
    clause: str
    why: tuple[str, ...]


def due_times(
    terms: Terms,
    opened: datetime,
    *,
    priority: str | None = None,
    impact: str | None = None,
    urgency: str | None = None,
    conventions: Conventions | None = None,
) -> list[DueTime]:
    """When response and resolution of a ticket are due.

    Parameters
    ----------
    opened
        With a time zone.
    priority, impact, urgency
        The priority, or what the policy ranks it by.
    conventions
        How the clock runs where tools differ, and extra closing days; the defaults if not given.

    Raises
    ------
    InputError
        The policy promises no answer in time, or does not know the priority.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> opened = datetime.fromisoformat("2026-12-23T15:30+01:00")
    >>> [due.due.isoformat() for due in due_times(find_policy("klikk").terms(tier="gold"), opened, priority="high")]
    ['2026-12-23T16:00:00+01:00', '2026-12-23T21:30:00+01:00']
    """
    rules = [rule for rule in rules_of((terms.policy, terms.tier), terms) if rule.source == "tickets"]
    if not rules:
        wrong, remedy = "promises no answer in time", "take a policy with response or resolution targets"
        raise InputError(terms.policy, [Problem(f"{terms.policy} guarantees", None, wrong, remedy)])
    ranked = priority or _ranked(terms, impact, urgency)
    about = [rule for rule in rules if rule.guarantee.tickets is None or _concerns(rule.guarantee.tickets, ranked)]
    return [_due_time(terms, rule, ranked, to_microseconds(opened), conventions or Conventions()) for rule in about]


def _concerns(about: Tickets, priority: str | None) -> bool:
    """Whether a promise about some tickets is about those of a priority."""
    return not about.priorities or priority in about.priorities


def _ranked(terms: Terms, impact: str | None, urgency: str | None) -> str | None:
    matrix = terms.support.matrix.impact if terms.support and terms.support.matrix else {}
    if not matrix:
        return None
    if impact not in matrix:
        raise InputError(
            terms.policy, [Problem("impact", impact, "not an impact of the policy", one_of(matrix, impact or ""))]
        )
    row = matrix[impact]
    if urgency not in row:
        raise InputError(
            terms.policy, [Problem("urgency", urgency, "not an urgency of the policy", one_of(row, urgency or ""))]
        )
    return row[urgency]


def _due_time(terms: Terms, rule: Rule, priority: str | None, opened: int, conventions: Conventions) -> DueTime:
    guarantee = rule.guarantee
    within = guarantee.within
    if isinstance(within, dict):
        if priority not in within:
            wrong = "no target for this priority"
            seen = Problem(f"{guarantee.id} priority", priority, wrong, one_of(within, priority or ""))
            raise InputError(terms.policy, [seen])
        within = within[priority]
    assert within is not None
    calendar, working = calendar_of(rule, within, opened, opened, conventions), working_time(rule, within, conventions)
    due = calendar.after(pl.Series([opened]), pl.Series([working]))[0]
    zone = ZoneInfo(terms.time_zone or ASSUMED_ZONE)
    reached = None if due is None else to_instant(due).astimezone(zone)
    why = (_runs_in(calendar, within, working), *_skipped(calendar, opened, due))
    return DueTime(guarantee.id, priority, within, reached, guarantee.commitment, guarantee.clause_of("within"), why)


def _runs_in(calendar: Calendar, within: Duration, working: int) -> str:
    """The hours in which a target runs."""
    hours, zone, days = calendar.hours, calendar.own_zone, within.business_days
    if hours is None:
        return f"{within} runs around the clock"
    if days and hours.weekly == business_days().weekly:
        return f"{within} is {days} × 24 hours on business days, Monday to Friday ({zone})"
    weekly = ", ".join(f"{named} {' '.join(spans)}" for named, spans in hours.weekly.items())
    length = f" is {days} × {print_duration(working // days)} and" if days else ""
    return f"{within}{length} runs in support hours: {weekly} ({zone})"


def _skipped(calendar: Calendar, opened: int, due: int | None) -> Iterator[str]:
    """Public holidays and closing days, of those that would be open without them."""
    if due is None:
        return
    hours, zone = calendar.hours, calendar.own_zone
    day, last = local_day(opened, zone), local_day(due, zone)
    while day <= last:
        is_holiday = hours is not None and day in closed_days(hours.holidays, day.year)
        if (is_holiday or day in calendar.closed) and _is_ordinarily_open(hours, zone, day):
            why = f"public holiday ({hours.holidays})" if hours and is_holiday else "closing day"
            yield f"{locales.part_of_date(day, 'yMMMEd', '%a %Y-%m-%d')} is a {why}"
        day += timedelta(days=1)


def _is_ordinarily_open(hours: Hours | None, zone: str, day: date) -> bool:
    if hours is None:
        return True
    spans = open_spans(hours.model_copy(update={"holidays": None}), zone, midnight(day, zone), midnight(day, zone))
    return any(local_day(start, zone) == day for start, _ in spans)
