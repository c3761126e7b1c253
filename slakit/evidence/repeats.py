"""Rules by which something comes again, as calendars write them (RFC 5545), and the times that follow from them."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
KEYS = ("FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "UNTIL", "COUNT")
LAST_DAY = date(2199, 12, 31)


@dataclass(frozen=True)
class Repeats:
    """A rule by which something comes again.

    Attributes
    ----------
    every
        `DAILY`, `WEEKLY` or `MONTHLY`.
    interval
        Every how many of them.
    weekdays
        Days of the week from 0, each with which of the month it is: 2 is the second, -1 the last, 0 every.
    month_days
        Days of the month; -1 is the last.
    until
        The last day, in the zone of the row, or the last instant.
    count
        How many there are, with the first.
    """

    every: str
    interval: int = 1
    weekdays: tuple[tuple[int, int], ...] = ()
    month_days: tuple[int, ...] = ()
    until: date | None = None
    count: int | None = None

    @classmethod
    def parse(cls, text: str) -> Repeats:
        """Read a rule, such as `FREQ=WEEKLY;BYDAY=SU`.

        Raises
        ------
        ValueError
            It is not one, or says what is not read: with what is wrong and what to write, parted by a semicolon and a
            space.

        Examples
        --------
        >>> Repeats.parse("FREQ=MONTHLY;BYDAY=2SU").weekdays
        ((2, 6),)
        """
        parts = [part.partition("=") for part in text.strip().upper().removeprefix("RRULE:").split(";")]
        given = {key: value for key, _, value in parts}
        if len(given) < len(parts) or not all(value for _, _, value in parts):
            raise ValueError("not a rule; write it like FREQ=WEEKLY;BYDAY=SU")
        if unknown := [key for key in given if key not in KEYS]:
            raise ValueError(f"{unknown[0]} is not read; write it with {', '.join(KEYS)}")
        every = given.get("FREQ", "")
        if every not in ("DAILY", "WEEKLY", "MONTHLY"):
            raise ValueError("neither daily, weekly nor monthly; write FREQ=WEEKLY")
        if "UNTIL" in given and "COUNT" in given:
            raise ValueError("UNTIL and COUNT say the same; write one of them")
        weekdays = tuple(_weekday(day, every) for day in given["BYDAY"].split(",")) if "BYDAY" in given else ()
        month_days = tuple(_number("BYMONTHDAY", day, -31, 31) for day in given.get("BYMONTHDAY", "").split(",") if day)
        if weekdays and (every == "DAILY" or month_days):
            raise ValueError("days of the week are of weeks or months; write FREQ=WEEKLY, or one kind of days")
        if month_days and (every != "MONTHLY" or 0 in month_days):
            raise ValueError("days of a month; write FREQ=MONTHLY;BYMONTHDAY=15, or -1 for the last")
        return cls(
            every,
            _number("INTERVAL", given.get("INTERVAL", "1"), 1, 1000),
            weekdays,
            month_days,
            _until(given["UNTIL"]) if "UNTIL" in given else None,
            _number("COUNT", given["COUNT"], 1, 100_000) if "COUNT" in given else None,
        )

    def days(self, first: date) -> Iterator[date]:
        """List the days of the rule from a day on, without regard to how many or until when."""
        step = 0
        while True:
            if self.every == "DAILY":
                found = [first + timedelta(days=step)]
            elif self.every == "WEEKLY":
                monday = first + timedelta(days=7 * step - first.weekday())
                found = [monday + timedelta(days=day) for _, day in self.weekdays or ((0, first.weekday()),)]
            else:
                years, month = divmod(first.month - 1 + step, 12)
                if first.year + years > LAST_DAY.year:
                    return
                found = self._of_month(first.year + years, month + 1, first.day)
            if found and min(found) > LAST_DAY:
                return
            yield from (day for day in sorted(set(found)) if day >= first)
            step += self.interval

    def _of_month(self, year: int, month: int, day: int) -> list[date]:
        """List the days of a month; one that the month does not have is skipped."""
        last = calendar.monthrange(year, month)[1]
        every = [date(year, month, number) for number in range(1, last + 1)]
        if self.weekdays:
            found = []
            for which, weekday in self.weekdays:
                own = [one for one in every if one.weekday() == weekday]
                if which == 0:
                    found += own
                elif abs(which) <= len(own):
                    found.append(own[which - 1 if which > 0 else which])
            return found
        numbers = self.month_days or (day,)
        return [every[n - 1 if n > 0 else n] for n in numbers if abs(n) <= last]


def _weekday(text: str, every: str) -> tuple[int, int]:
    name, which = text[-2:], text[:-2]
    if name not in DAYS or (which and every != "MONTHLY"):
        raise ValueError(f"{text} is no day of the week here; write {', '.join(DAYS)}, or 2SU with FREQ=MONTHLY")
    number = _number("BYDAY", which, -5, 5) if which else 0
    if which and not number:
        raise ValueError(f"{text} is no day of a month; write 1SU for the first, -1SU for the last")
    return number, DAYS.index(name)


def _number(key: str, text: str, low: int, high: int) -> int:
    plain = text.removeprefix("-").removeprefix("+")
    if not (plain.isascii() and plain.isdigit()) or not low <= int(text) <= high:
        raise ValueError(f"{key} is not a whole number from {low} to {high}; write {key}={max(low, 1)}")
    return int(text)


def _until(text: str) -> date:
    try:
        if "T" in text:
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise ValueError("UNTIL is no day or instant; write UNTIL=20261231, or UNTIL=20261231T230000Z") from None


def occurrences(
    rule: Repeats, started: datetime, ended: datetime, zone: ZoneInfo, until: datetime
) -> Iterator[tuple[date, datetime, datetime]]:
    """List when something that comes again is: the day, the start and the end of each time.

    Each has the wall times of the first. Wall times that a clock change skips or repeats are read with the offset
    before the change.

    Parameters
    ----------
    rule
        By which it comes again.
    started, ended
        The first time.
    zone
        Whose wall times stay the same.
    until
        What begins later is not listed.
    """
    begin, end = started.astimezone(zone), ended.astimezone(zone)
    length = end.replace(tzinfo=None) - begin.replace(tzinfo=None)
    for number, day in enumerate(rule.days(begin.date())):
        wall = datetime.combine(day, begin.time().replace(fold=0))
        first = wall.replace(tzinfo=zone).astimezone(UTC) if number else started
        last = (wall + length).replace(tzinfo=zone).astimezone(UTC) if number else ended
        over = rule.until is not None and (first > rule.until if isinstance(rule.until, datetime) else day > rule.until)
        if first > until or over or (rule.count is not None and number >= rule.count):
            return
        yield day, first, last
