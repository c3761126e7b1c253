"""When an answer to a ticket is due, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from slakit import locales
from slakit.measure.business_time import Calendar, business_days
from slakit.measure.calendar import local_day, midnight, to_instant, to_microseconds
from slakit.measure.conventions import Conventions, calendar_of, working_time
from slakit.measure.hours import closed_days, open_spans
from slakit.measure.rules import ASSUMED_ZONE, rules_of
from slakit.policy.printing import print_duration
from slakit.policy.quantities import Duration
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of

UPDATES = 3
"""How many of the updates that are due are listed."""


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
    as_of: datetime | None = None,
) -> list[DueTime]:
    """When response, resolution and the next updates of a ticket are due.

    Parameters
    ----------
    opened
        With a time zone.
    priority, impact, urgency
        The priority, or what the policy ranks it by.
    conventions
        How the clock runs where tools differ, and extra closing days; the defaults if not given.
    as_of
        Updates are those after this instant, each due when its time has passed since the one before was due; the first
        ones if not given.

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
    matrix = terms.support.matrix.impact if terms.support and terms.support.matrix else {}
    ranked = priority or None
    if ranked is None and matrix:
        if impact not in matrix:
            unknown = Problem("impact", impact, "not an impact of the policy", one_of(matrix, impact or ""))
            raise InputError(terms.policy, [unknown])
        row = matrix[impact]
        if urgency not in row:
            unknown = Problem("urgency", urgency, "not an urgency of the policy", one_of(row, urgency or ""))
            raise InputError(terms.policy, [unknown])
        ranked = row[urgency]
    dues: list[DueTime] = []
    begin, zone = to_microseconds(opened), ZoneInfo(terms.time_zone or ASSUMED_ZONE)
    for rule in rules:
        guarantee, about = rule.guarantee, rule.guarantee.tickets
        if about is not None and about.priorities and ranked not in about.priorities:
            continue
        within = guarantee.within
        if isinstance(within, dict):
            if ranked not in within:
                remedy = one_of(within, ranked or "")
                unknown = Problem(f"{guarantee.id} priority", ranked, "no target for this priority", remedy)
                raise InputError(terms.policy, [unknown])
            within = within[ranked]
        assert within is not None
        run_by = conventions or Conventions()
        last = begin if as_of is None else max(begin, to_microseconds(as_of))
        calendar, working = calendar_of(rule, within, begin, last, run_by), working_time(rule, within, run_by)
        first, count = 1, 1
        if guarantee.metric == "update":
            first, count = calendar.elapsed(pl.Series([begin]), pl.Series([last]))[0] // working + 1, UPDATES
        lengths = pl.Series([working * number for number in range(first, first + count)])
        for due in calendar.after(pl.Series([begin] * count), lengths):
            reached = None if due is None else to_instant(due).astimezone(zone)
            why = (_runs_in(calendar, within, working), *_skipped(calendar, begin, due))
            clause = guarantee.clause_of("within")
            dues.append(DueTime(guarantee.id, ranked, within, reached, guarantee.commitment, clause, why))
    return dues


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
        is_ordinarily_open = True
        if hours is not None:
            without_holidays, start = hours.model_copy(update={"holidays": None}), midnight(day, zone)
            spans = open_spans(without_holidays, zone, start, start)
            is_ordinarily_open = any(local_day(begin, zone) == day for begin, _ in spans)
        if (is_holiday or day in calendar.closed) and is_ordinarily_open:
            why = f"public holiday ({hours.holidays})" if hours and is_holiday else "closing day"
            yield f"{locales.part_of_date(day, 'yMMMEd', '%a %Y-%m-%d')} is a {why}"
        day += timedelta(days=1)
