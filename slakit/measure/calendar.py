"""Days, months and windows in a contract's time zone, as instants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from slakit import locales
from slakit.arguments import checked, refuse_wrong_fields
from slakit.policy.quantities import MICROSECONDS, Window
from slakit.problems import InputError, Problem

FIRST_YEAR, LAST_YEAR = 1700, 2199
"""Years in which contracts are assessed: the calendar goes on a little before and after."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Span = tuple[int, int]
"""Two instants in microseconds since 1970, UTC; half-open."""


def to_microseconds(instant: datetime) -> int:
    """Return an instant in microseconds since 1970, UTC."""
    return (instant - EPOCH) // MICROSECOND


def to_instant(microseconds: int) -> datetime:
    """Return the instant, in UTC."""
    return EPOCH + microseconds * MICROSECOND


@lru_cache(maxsize=65536)
def midnight(day: date, zone: str) -> int:
    """Return the first instant of a local day. [µs]

    Where a clock change leaves out midnight the day begins with the change; where midnight comes twice, with the first.
    """
    return to_microseconds(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC))


@lru_cache(maxsize=65536)
def local_day(instant: int, zone: str) -> date:
    """Return the local day on which an instant falls."""
    return to_instant(instant).astimezone(ZoneInfo(zone)).date()


def add_months(day: date, months: int) -> date:
    """Return the same day of a later month, or the last day of it if it is shorter.

    >>> add_months(date(2026, 1, 31), 1)
    datetime.date(2026, 2, 28)
    """
    count = day.year * 12 + day.month - 1 + months
    year, month = divmod(count, 12)
    if year > date.max.year:
        return date.max
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


@dataclass(frozen=True)
class Period:
    """Days that an assessment looks at, in each contract's own time zone.

    Attributes
    ----------
    first, after
        First day, and the day after the last.
    """

    first: date
    after: date

    def __post_init__(self) -> None:
        refuse_wrong_fields(self)
        wrong = ""
        if self.first >= self.after:
            wrong, remedy = "a period that ends before it begins", "write the earlier month or day first"
        elif not FIRST_YEAR <= self.first.year <= self.after.year <= LAST_YEAR:
            wrong, remedy = f"a period outside the years {FIRST_YEAR} to {LAST_YEAR}", "look at the year"
        if wrong:
            raise InputError("period", [Problem("period", f"{self.first}/{self.after}", wrong, remedy)])

    @classmethod
    @checked
    def parse(cls, text: str) -> Period:
        """Read `2026-07/2026-09`, `2026-07`, or `2026-07-01/2026-09-30`; both ends belong to it.

        >>> Period.parse("2026-07/2026-09")
        Period(first=datetime.date(2026, 7, 1), after=datetime.date(2026, 10, 1))

        Raises
        ------
        InputError
            It is not a period, or ends before it begins.
        """
        remedy = "write it like 2026-07/2026-09, 2026-07 or 2026-07-01/2026-09-30"
        try:
            begin, slash, end = text.partition("/")
            first, after = _days(begin)[0], _days(end if slash else begin)[1]
        except (ValueError, OverflowError):
            raise InputError("period", [Problem("period", text, "not a period", remedy)]) from None
        try:
            return cls(first, after)
        except InputError as error:
            raise InputError("period", [replace(problem, value=text) for problem in error.problems]) from None

    @checked
    def span(self, zone: str) -> Span:
        """Return the first instant, and the first one after the period. [µs]

        Raises
        ------
        InputError
            The zone is not one that every machine knows.
        """
        if not locales.is_time_zone(zone):
            wrong = "not a time zone, or one that depends on the machine"
            raise InputError("zone", [Problem("zone", zone, wrong, "write one like Europe/Oslo")])
        return midnight(self.first, zone), midnight(self.after, zone)

    def __str__(self) -> str:
        last = self.after - timedelta(days=1)
        if self.first.day == 1 and self.after.day == 1:
            months = f"{self.first:%Y-%m}/{last:%Y-%m}"
            return months[:7] if months[:7] == months[8:] else months
        return f"{self.first}/{last}"

    @property
    def printed(self) -> str:
        """Return the period as one writes it: as it is parsed, or in the months and days of the chosen locale."""
        whole_months = self.first.day == 1 and self.after.day == 1
        return locales.days(self.first, self.after - timedelta(days=1), "yMMM" if whole_months else "yMMMd", str(self))


def _days(text: str) -> tuple[date, date]:
    if re.fullmatch(r"\d{4}-\d{2}", text):
        first = date.fromisoformat(f"{text}-01")
        return first, add_months(first, 1)
    day = date.fromisoformat(text)
    return day, day + timedelta(days=1)


def calendar_windows(
    window: Window, zone: str, first: int, last: int, *, billing_day: int = 1, starts: int | None = None
) -> list[Span]:
    """List the windows, aligned in a time zone, that touch the time from `first` to `last`.

    Parameters
    ----------
    window
        A calendar window, or the billing month. A rolling window gives the local days, or months, it slides by.
    zone
        IANA name.
    first, last
        Instants. [µs]
    billing_day
        First day of a billing month.
    starts
        Start of the subscription, for a window that is counted from it. [µs]

    >>> spans = calendar_windows(Window("1mo"), "Europe/Oslo", midnight(date(2026, 3, 5), "Europe/Oslo"),
    ...                          midnight(date(2026, 3, 9), "Europe/Oslo"))
    >>> [(end - start) // 3_600_000_000 for start, end in spans]
    [743]
    """
    if window.text == "1h":
        hour, day_begin = MICROSECONDS["h"], midnight(local_day(first, zone), zone)
        begin = day_begin + (first - day_begin) // hour * hour
        return [(start, start + hour) for start in range(begin, max(last, first + 1), hour)]
    month, day = window.start or (1, billing_day if window.text == "billing_month" else 1)
    anchor = local_day(starts or 0, zone) if window.from_start else date(2000, month, day)
    spans = []
    days = _starts(window, local_day(first, zone), anchor)
    start = midnight(next(days), zone)
    while start < max(last, first + 1):
        end = midnight(next(days), zone)
        if end > first:
            spans.append((start, end))
        start = end
    return spans


def _starts(window: Window, day: date, anchor: date) -> Iterator[date]:
    """Yield first days of windows, from one that begins at or before a day; those of months count from an anchor."""
    step = 1 if window.rolling_months else window.months
    if step is None:
        days = 7 if window.text == "1w" else 1
        start = day - timedelta(days=day.weekday() if days == 7 else 0)
        while True:
            yield start
            start += timedelta(days=days)
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    count = months // step * step - step
    while True:
        yield add_months(anchor, count)
        count += step


def first_of_next_month(instant: int, zone: str) -> int:
    """Return the first instant of the month after the one an instant falls in. [µs]"""
    return midnight(add_months(local_day(instant, zone).replace(day=1), 1), zone)
