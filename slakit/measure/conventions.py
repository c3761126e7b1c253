"""Conventions in which tools differ that count working time, and the calendars that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, get_args, get_type_hints

from slakit.arguments import refuse_wrong_fields
from slakit.measure.business_time import BUSINESS_DAY, Calendar, business_days
from slakit.measure.hours import longest_day
from slakit.measure.rules import Rule
from slakit.measure.wall_clock import WallCalendar
from slakit.policy.guarantees import Hours
from slakit.policy.quantities import Duration
from slakit.problems import InputError, Problem, one_of


@dataclass(frozen=True)
class Conventions:
    """How the clocks of tickets run where contracts are silent and tools differ.

    Attributes
    ----------
    clock_changes
        How a span over a clock change is counted. `elapsed` (default): as it passes, so that the local day of 25
        hours has 25. `wall`: as the wall clock of the schedule's zone shows it, so that every local day has 24 hours:
        an hour that comes twice counts once, a skipped one counts though it never was. Tools that keep instants in
        UTC count the first way; spreadsheets, and tools that keep local times without an offset, the second.
    business_day
        What a target of n business days is. `24h` (default): n × 24 hours on business days (Monday to Friday, less
        the public holidays of the support hours), so that it is due at the same time of day. `open_hours`: n × the
        length of the longest day of the support hours, in support hours; support around the clock has no such
        day, and keeps the default. Calendars that step from open day to open day do the first; tools that keep every
        target in hours of a schedule, the second.
    holds
        What a hold outside hours takes. `in_hours` (default): nothing; a hold takes the working time in it. `always`:
        a hold takes its whole length off the elapsed working time (which is never less than nothing), and as much
        working time is added to the target, by which the due time moves. Only holds that begin before the due time
        count. Tools that subtract the plain time a ticket spent in a status do the second.
    closed
        Closing days beside the public holidays of the schedule (default: none). A span belongs to the day on which it
        begins. `read_closing_days` of `slakit.evidence.files` reads them from a file.

    Raises
    ------
    InputError
        A value is not one of those above.

    Examples
    --------
    >>> Conventions(closed=frozenset({date(2026, 12, 24)})).clock_changes
    'elapsed'
    """

    clock_changes: Literal["elapsed", "wall"] = "elapsed"
    business_day: Literal["24h", "open_hours"] = "24h"
    holds: Literal["in_hours", "always"] = "in_hours"
    closed: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        problems = []
        for name, hint in get_type_hints(Conventions).items():
            known, value = get_args(hint), getattr(self, name)
            if name != "closed" and not (isinstance(value, str) and value in known):
                problems.append(Problem(name, str(value), "no such convention", one_of(known, str(value))))
        if problems:
            raise InputError("conventions", problems)
        refuse_wrong_fields(self)


def support_hours(rule: Rule) -> Hours | None:
    """Return when those who answer are there; `None` is around the clock."""
    return rule.support.hours if rule.support else None


def calendar_of(
    rule: Rule, within: Duration, first: int, last: int, conventions: Conventions | None = None
) -> Calendar:
    """Find the calendar a target runs in: support hours, or business days less the same holidays.

    Parameters
    ----------
    rule, within
        The rule of a guarantee on tickets, and its target.
    first, last
        Instants that the calendar must cover. [µs]
    conventions
        Where tools differ; the defaults if not given.
    """
    taken, hours = conventions or Conventions(), support_hours(rule)
    zone = (hours.time_zone if hours else None) or rule.zone
    if within.business_days and not _in_open_hours(hours, taken):
        hours = business_days(hours.holidays if hours else None)
    kind = WallCalendar if taken.clock_changes == "wall" else Calendar
    return kind(hours, zone, first, last, taken.closed)


def working_time(rule: Rule, within: Duration, conventions: Conventions | None = None) -> int:
    """Measure the length of a target in working time. [µs]

    Parameters
    ----------
    rule, within
        The rule of a guarantee on tickets, and its target.
    conventions
        Where tools differ; the defaults if not given.
    """
    hours = support_hours(rule)
    day = longest_day(hours) if hours and _in_open_hours(hours, conventions or Conventions()) else BUSINESS_DAY
    return within.business_days * day or within.microseconds


def _in_open_hours(hours: Hours | None, conventions: Conventions) -> bool:
    return hours is not None and conventions.business_day == "open_hours"


class Calendars:
    """Calendars over the same time, each made once."""

    def __init__(self, first: int, last: int, conventions: Conventions) -> None:
        self.first, self.last, self.conventions = first, last, conventions
        self._made: dict[str, Calendar] = {}

    def of(self, rule: Rule, within: Duration) -> Calendar:
        """Return the calendar a target runs in."""
        return self._once(calendar_of(rule, within, self.first, self.last, self.conventions))

    def of_holds(self, calendar: Calendar) -> Calendar | None:
        """Return the calendar that takes the whole length of holds; none where they run in that of the tickets."""
        if self.conventions.holds == "in_hours":
            return None
        return self._once(replace(calendar, hours=None, zone=calendar.own_zone, closed=frozenset()))

    def _once(self, calendar: Calendar) -> Calendar:
        written = calendar.hours.model_dump_json() if calendar.hours else ""
        return self._made.setdefault(f"{calendar.zone}|{bool(calendar.closed)}|{written}", calendar)
