"""List what sliders stop at: lengths of time, months, instants on a contract's wall clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from slakit import locales
from slakit.measure.calendar import MICROSECOND, add_months
from slakit.policy.quantities import PlainDuration
from slakit.problems import InputError, Problem

Option = tuple[str, object]
OUTAGE_LENGTHS = [
    "1m", "2m", "3m", "4m", "5m", "6m", "8m", "10m", "12m", "15m", "18m", "20m", "22m", "25m", "30m", "35m", "40m",
    "45m", "50m", "1h", "1h15m", "1h30m", "1h45m", "2h", "2h30m", "3h", "3h30m", "4h", "4h30m", "5h", "6h", "7h",
    "8h", "9h", "10h", "12h", "14h", "16h", "18h", "20h", "22h", "1d", "1d6h", "1d12h", "2d", "2d12h", "3d", "4d",
    "5d", "6d", "7d", "10d", "14d", "21d", "28d",
]  # fmt: skip
"""Lengths of an outage that can be chosen."""
STEP, MOST_STOPS = timedelta(minutes=5), 1000
MONTHS_AROUND = 12


def length_of(text: str, name: str) -> timedelta:
    """Read a length of time as people write it, and as slakit prints it: `4h`, `21m36s`, `44m38.4s`.

    Raises
    ------
    InputError
        It is not one, or has no length.

    Examples
    --------
    >>> length_of("1h30m", "outage"), length_of("44m38.4s", "outage")
    (datetime.timedelta(seconds=5400), datetime.timedelta(seconds=2678, microseconds=400000))
    """
    try:
        whole, point, fraction = text.replace(" ", "").partition(".")
        micro = f"s{fraction[:-1]:0<6}us" if point and re.fullmatch(r"[0-9]{1,6}s", fraction) else point + fraction
        length = PlainDuration.parse(whole + micro).microseconds * MICROSECOND
        problem = None if length else ("no length", "write at least 1s")
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        problem = (wrong, remedy)
    if problem:
        raise InputError(name, [Problem(name, text, *problem)])
    return length


def lengths(own: str, known: Iterable[str] = OUTAGE_LENGTHS) -> list[str]:
    """List lengths to choose from, the given one among them.

    >>> lengths("21m36s")[11:15]
    ['20m', '21m36s', '22m', '25m']
    """
    by_length = {length_of(text, "length") if text != "0s" else timedelta(0): text for text in [*known, own]}
    return [by_length[length] for length in sorted(by_length)]


def months(own: str) -> list[str]:
    """List months to choose from: a year before and after the given one.

    >>> months("2026-10")[::6]
    ['2025-10', '2026-04', '2026-10', '2027-04', '2027-10']

    Raises
    ------
    InputError
        It is not a month.
    """
    try:
        first = date.fromisoformat(f"{own}-01")
    except ValueError:
        raise InputError("month", [Problem("month", own, "not a month", "write it like 2026-10")]) from None
    return [f"{add_months(first, n):%Y-%m}" for n in range(-MONTHS_AROUND, MONTHS_AROUND + 1)]


def month_words(month: str) -> str:
    """Name a month.

    >>> month_words("2026-10")
    'Oct 2026'
    """
    return locales.part_of_date(date.fromisoformat(f"{month}-01"), "yMMM", "%b %Y")


def instants(span: tuple[datetime, datetime], zone: ZoneInfo, known: Iterable[datetime | None]) -> list[Option]:
    """List instants to choose from, with those that are known; labelled by the contract's wall clock.

    Every five minutes or, of a long time, a thousand of them.

    >>> from datetime import UTC
    >>> night = datetime(2026, 10, 25, 0, 55, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC)
    >>> [label for label, _ in instants(night, ZoneInfo("Europe/Oslo"), [])]
    ['Sun 25 Oct 02:55 CEST', 'Sun 25 Oct 02:00 CET']
    """
    first, last = span
    step = STEP * max(1, -(-(last - first) // (STEP * MOST_STOPS)))
    steps = {first + n * step for n in range((last - first) // step + 1)} | {at for at in known if at is not None}
    return [(instant_label(instant, zone), instant) for instant in sorted(steps)]


def instant_label(instant: datetime, zone: ZoneInfo) -> str:
    """Print an instant as a slider says it: with the name of the time where the clock shows it twice."""
    local = instant.astimezone(zone)
    seconds = f":{local:%S}" if local.second else ""
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    day = locales.part_of_date(local.date(), "MMMEd", "%a %-d %b")
    return f"{day} {local:%H:%M}{seconds}" + (f" {local:%Z}" if twice else "")


def written(instant: datetime | None, zone: ZoneInfo) -> str:
    """Print an instant as a parameter: on the wall clock, with its offset where that is needed.

    >>> from datetime import UTC
    >>> written(datetime(2026, 8, 11, 7, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
    '2026-08-11T09:00'
    """
    if instant is None:
        return ""
    local = instant.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    plain = local.isoformat(timespec="auto" if local.microsecond else "seconds" if local.second else "minutes")
    return plain if twice else plain[: -len("+00:00")]
