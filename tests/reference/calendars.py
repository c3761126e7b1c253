"""Time as contracts count it: local days, windows, weekly hours, business days."""

from __future__ import annotations

import itertools
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from reference.values import DAY, HOUR, NotCovered, instant, moment

Span = tuple[int, int]
"""From the first (included) to the second (excluded), in microseconds."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CALENDAR_MONTHS = {"1mo": 1, "2mo": 2, "1q": 3, "4mo": 4, "6mo": 6, "1y": 12}


# Spans


def common(one: Span, other: Span) -> Span:
    """What two spans have in common; empty if nothing."""
    start = max(one[0], other[0])
    return start, max(start, min(one[1], other[1]))


def merged(spans: Iterable[Span]) -> list[Span]:
    """Maximal stretches without a gap: what overlaps or touches becomes one."""
    stretches: list[Span] = []
    for start, end in sorted(span for span in spans if span[1] > span[0]):
        if stretches and start <= stretches[-1][1]:
            stretches[-1] = (stretches[-1][0], max(stretches[-1][1], end))
        else:
            stretches.append((start, end))
    return stretches


def cut_to(spans: Iterable[Span], window: Span) -> list[Span]:
    """The parts of spans inside a window."""
    parts = (common(span, window) for span in spans)
    return [part for part in parts if part[1] > part[0]]


def both(ones: Iterable[Span], others: Iterable[Span]) -> list[Span]:
    """What lies in some of the ones and in some of the others."""
    others = list(others)
    return merged(part for one in ones for part in cut_to(others, one))


def without(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """Spans less holes."""
    holes = merged(holes)
    left: list[Span] = []
    for start, end in merged(spans):
        for hole in holes:
            if hole[1] <= start or hole[0] >= end:
                continue
            if hole[0] > start:
                left.append((start, hole[0]))
            start = max(start, hole[1])
        if start < end:
            left.append((start, end))
    return left


def total(spans: Iterable[Span]) -> int:
    """Length of spans, each instant once."""
    return sum(end - start for start, end in merged(spans))


def covers(spans: Iterable[Span], at: int) -> bool:
    """Whether an instant lies in one of the spans."""
    return any(start <= at < end for start, end in spans)


# Days and months


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day."""
    return instant(datetime(day.year, day.month, day.day, tzinfo=zone))


def local_day(at: int, zone: ZoneInfo) -> date:
    """The local day in which an instant lies."""
    found = moment(at)
    if found is None:
        raise NotCovered("a day of what never ends")
    return found.astimezone(zone).date()


def later_month(day: date, months: int) -> date:
    """The same day some months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def first_of(day: date) -> date:
    return day.replace(day=1)


def period_of(period: str, zone: ZoneInfo) -> Span:
    """`2026-07/2026-09` or `2026-07-01/2026-09-30`: first and last, both included."""
    first, _, last = period.partition("/")
    start = _first_day(first)
    end = _last_day(last or first) + timedelta(days=1)
    return midnight(start, zone), midnight(end, zone)


def _first_day(text: str) -> date:
    return date.fromisoformat(text if len(text) == 10 else f"{text}-01")


def _last_day(text: str) -> date:
    if len(text) == 10:
        return date.fromisoformat(text)
    return later_month(date.fromisoformat(f"{text}-01"), 1) - timedelta(days=1)


# Windows


def window_text(window: Any) -> str:
    """A window as one word: `{rolling: 30d}` is `rolling 30d`."""
    if isinstance(window, dict) and "rolling" in window:
        return f"rolling {window['rolling']}"
    if isinstance(window, dict):
        return f"every {window['every']} from {window['from']}"
    return str(window)


def windows_of(text: str, zone: ZoneInfo, within: Span, starts: int, ends: int, billing_day: int | None) -> list[Span]:
    """All windows of a kind that have an instant in common with `within`, by their end."""
    if text == "term":
        found: Iterable[Span] = [(starts, ends)]
    elif text == "1h":
        found = _hours(zone, within)
    else:
        found = _days_and_months(text, zone, within, starts, billing_day)
    return sorted(
        (span for span in found if span[1] > within[0] and span[0] < within[1]), key=lambda span: (span[1], span[0])
    )


def _hours(zone: ZoneInfo, within: Span) -> Iterator[Span]:
    quarter = HOUR // 4  # offsets of time zones are whole quarters of an hour
    edges = [
        at
        for at in range((within[0] - 2 * HOUR) // quarter * quarter, within[1] + 2 * HOUR, quarter)
        if (local := moment(at).astimezone(zone)).minute == 0 and local.second == 0  # type: ignore[union-attr]
    ]
    return itertools.pairwise(edges)


def _days_and_months(text: str, zone: ZoneInfo, within: Span, starts: int, billing_day: int | None) -> Iterator[Span]:
    first, last = local_day(within[0], zone), local_day(within[1], zone)
    every = re.fullmatch(r"every (\d+)mo from (starts|\d\d-\d\d)", text)
    sliding = re.fullmatch(r"rolling (\d+)(d|mo)", text)
    if text in ("1d", "1w") or (sliding and sliding[2] == "d"):
        back = {"1d": 1, "1w": 7}.get(text) or int(sliding[1])  # type: ignore[index]
        step = 7 if text == "1w" else 1
        day = first - timedelta(days=back)
        day -= timedelta(days=day.weekday() if step == 7 else 0)
        while day <= last:
            yield midnight(day, zone), midnight(day + timedelta(days=back), zone)
            day += timedelta(days=step)
        return
    step, length, origin = 1, 1, date(1970, 1, 1)
    if text in CALENDAR_MONTHS:
        step = length = CALENDAR_MONTHS[text]
    elif text == "billing_month":
        # The rules are silent: without a billing day the billing month is the calendar month.
        origin = date(1970, 1, billing_day or 1)
    elif sliding:
        length = int(sliding[1])
    elif every:
        step = length = int(every[1])
        if every[2] == "starts":
            origin = local_day(starts, zone)
        else:
            month, day_of_month = (int(part) for part in every[2].split("-"))
            origin = date(1970, month, day_of_month)
    else:
        raise NotCovered(f"the window {text}")
    months = (first.year - origin.year) * 12 + first.month - origin.month
    number = (months - length) // step - 1
    while later_month(origin, number * step) <= last:
        start = later_month(origin, number * step)
        number += 1
        if every and every[2] == "starts" and start < origin:
            continue
        yield midnight(start, zone), midnight(later_month(origin, (number - 1) * step + length), zone)


def months_before(at: int, months: int, zone: ZoneInfo) -> int:
    """The same local time some months earlier."""
    local = moment(at).astimezone(zone)  # type: ignore[union-attr]
    day = later_month(local.date(), -months)
    return instant(local.replace(year=day.year, month=day.month, day=day.day))


# Hours and business days


@cache
def holidays_in(place: str, year: int) -> frozenset[date]:
    """Public holidays of a country, or of a region of it."""
    import holidays

    country, _, region = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=region or None, years=year))


def is_holiday(day: date, place: str | None) -> bool:
    return place is not None and day in holidays_in(place, day.year)


def days_between(within: Span, zone: ZoneInfo) -> Iterator[date]:
    """Every local day that may have an instant in a span."""
    day, last = local_day(within[0], zone), local_day(within[1], zone)
    while day <= last:
        yield day
        day += timedelta(days=1)


def open_spans(hours: Any, zone: ZoneInfo, within: Span) -> list[Span]:
    """When weekly hours are open, inside a span. No hours: around the clock."""
    if within[1] <= within[0]:
        return []
    if hours is None or hours == "24/7":
        return [within]
    if hours.get("time_zone"):
        zone = ZoneInfo(hours["time_zone"])
    weekly = _weekdays(hours["weekly"])
    spans = []
    for day in days_between((within[0] - DAY, within[1]), zone):
        # The rules are silent: a span that runs over midnight belongs to the day on which it opens.
        if not is_holiday(day, hours.get("holidays")):
            spans += [_wall_span(day, text, zone) for text in weekly.get(DAYS[day.weekday()], [])]
    return merged(cut_to(spans, within))


def _weekdays(weekly: dict[str, list[str]]) -> dict[str, list[str]]:
    spans: dict[str, list[str]] = {}
    for days, texts in weekly.items():
        first, _, last = days.partition("-")
        number, end = DAYS.index(first), DAYS.index(last or first)
        while True:
            spans.setdefault(DAYS[number], []).extend(texts)
            if number == end:
                break
            number = (number + 1) % 7
    return spans


def _wall_span(day: date, text: str, zone: ZoneInfo) -> Span:
    opens, closes = text.split("-")
    start = _wall(day, opens, zone)
    return start, _wall(day + timedelta(days=1 if closes <= opens else 0), closes, zone)


def _wall(day: date, time: str, zone: ZoneInfo) -> int:
    if time == "24:00":
        return midnight(day + timedelta(days=1), zone)
    return instant(datetime(day.year, day.month, day.day, int(time[:2]), int(time[3:]), tzinfo=zone))


def business_spans(zone: ZoneInfo, holidays: str | None, within: Span) -> list[Span]:
    """Business time: all 24 hours of Mondays to Fridays, less holidays."""
    return open_spans({"weekly": {"mon-fri": ["00:00-24:00"]}, "holidays": holidays}, zone, within)


def business_day_after(day: date, count: int, holidays: str | None) -> date:
    """The so-manieth business day after a day."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and not is_holiday(day, holidays):
            count -= 1
    return day
