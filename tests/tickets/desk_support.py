"""Calendars, tickets and holds in a line each; and what an assessment says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.evidence.evidence import Evidence
from slakit.measure.business_time import Calendar
from slakit.measure.calendar import to_instant, to_microseconds
from slakit.measure.conventions import Conventions
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy
from slakit.policy.guarantees import Hours

Row = dict[str, Any]

MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATER = "2030-01-01"
YEARS = (to_microseconds(datetime(2005, 1, 1, tzinfo=UTC)), to_microseconds(datetime(2027, 1, 1, tzinfo=UTC)))


def at(text: str, zone: str = "UTC") -> datetime:
    """An instant: with an offset as it is written, else local time of a zone."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def micro(length: timedelta) -> int:
    return length // MICROSECOND


def calendar(
    weekly: Mapping[str, list[str]] | None,
    zone: str = "UTC",
    *,
    holidays: str | None = None,
    closed: Iterable[date] = (),
    span: tuple[int, int] = YEARS,
) -> Calendar:
    """A calendar of some years; around the clock without a week."""
    hours = None if weekly is None else Hours(weekly=dict(weekly), holidays=holidays)
    return Calendar(hours, zone, *span, closed=frozenset(closed))


def elapsed(open_hours: Calendar, start: datetime, end: datetime) -> timedelta:
    """Working time between two instants."""
    pair = (pl.Series([to_microseconds(instant)]) for instant in (start, end))
    return timedelta(microseconds=open_hours.elapsed(*pair)[0])


def after(open_hours: Calendar, start: datetime, working: timedelta) -> datetime | None:
    """The instant at which so much working time has passed."""
    due = open_hours.after(pl.Series([to_microseconds(start)]), pl.Series([micro(working)]))[0]
    return None if due is None else to_instant(due)


def desk(guarantees: str, support: str = "", *, zone: str = "UTC") -> Policy:
    """A policy with guarantees on tickets (flow YAML, one a line) and support terms."""
    listed = "\n".join(f"  - {{window: 1mo, clause: c, {line.strip()}}}" for line in guarantees.strip().splitlines())
    text = f"""\
format: 1
id: desk
provider: Desk
service: Anything
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
time_zone: {zone}
guarantees:
{listed}
support: {{clause: c, {support}}}
"""
    return parse_policy(text, name="desk.yaml")


def ticket(opened: datetime, answered: datetime | timedelta | None = None, name: str = "t", **known: Any) -> Row:
    """A ticket that was answered and resolved at an instant, or after so long; without one it is open."""
    until = opened + answered if isinstance(answered, timedelta) else answered
    row = {"ticket": name, "subscription": "s", "opened": opened, "responded": until, "resolved": until}
    return {**row, "priority": "P1", **known}


def hold(started: datetime, ended: datetime | timedelta | None, name: str = "t") -> Row:
    """A ticket waits for the customer; without an end it still does."""
    until = started + ended if isinstance(ended, timedelta) else ended
    return {"ticket": name, "started": started, "ended": until}


def holder(policy: str = "desk", **known: Any) -> Row:
    """A subscription that began long ago."""
    row = {"subscription": "s", "policy": policy, "monthly_fee": "1000", "currency": "EUR"}
    return {**row, "starts": at("2010-01-01"), **known}


def evidence(tickets: Iterable[Row], holds: Iterable[Row] = (), *, held: Row | None = None, **more: Any) -> Evidence:
    """Checked tables of one subscription."""
    given = {"tickets": list(tickets), "holds": list(holds), **more}
    filled = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in given.items() if rows}
    return Evidence.of(pl.DataFrame([held or holder()], infer_schema_length=None), **filled)


def judged(
    policy: Policy | str,
    tickets: Iterable[Row],
    holds: Iterable[Row] = (),
    period: str = "2026-06",
    *,
    as_of: str | datetime = LATER,
    held: Row | None = None,
    conventions: Conventions | None = None,
    **more: Any,
) -> Review:
    """Assess tickets of one subscription of a policy, or of the library's policy of that name."""
    of_library = isinstance(policy, str)
    given = evidence(tickets, holds, held=held or holder(policy if of_library else "desk"), **more)
    known = None if of_library else {"desk": policy}
    return assess(given, period, as_of, policies=known, ranges=False, conventions=conventions)


def verdicts(review: Review) -> list[str]:
    """Verdicts on tickets, in order of opening."""
    return review.tickets["verdict"].to_list()


def lengths(review: Review, column: str = "elapsed_seconds") -> list[timedelta | None]:
    """A column of seconds, as lengths of time."""
    return [None if value is None else timedelta(seconds=float(value)) for value in review.tickets[column].to_list()]


def attained(review: Review) -> list[tuple[int, int, int, Decimal | None, bool | None]]:
    """Eligible, in time, pending, attainment and verdict of each window."""
    return review.attainment.select("eligible", "met_count", "pending", "attainment", "met").rows()
