"""What is written in a policy as one word: lengths of time, shares, money, points; and roundings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
SECOND = 10**6
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
NEVER = (datetime.max.replace(tzinfo=UTC) - EPOCH) // MICROSECOND
"""The last instant there is: the end of what has no end."""
UNITS = {"us": 1, "ms": 1000, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}


class NotCovered(Exception):  # noqa: N818 - it is no error: the interpreter says that it cannot tell
    """The interpreter cannot judge this."""


def instant(moment: datetime) -> int:
    """A moment as whole microseconds since 1970."""
    if moment.tzinfo is None:
        raise ValueError(f"a time needs an offset: {moment}")
    return (moment - EPOCH) // MICROSECOND


def moment(at: int | None) -> datetime | None:
    """Microseconds since 1970 as a moment."""
    return None if at is None else EPOCH + min(at, NEVER - DAY) * MICROSECOND  # every zone can show it


def fraction(number: Any) -> Fraction:
    """A number as it is written: an integer, a decimal, `1/360`, `99.95` or `5%`."""
    text = str(number).strip()
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


@dataclass(frozen=True)
class Time:
    """A length of time: fixed, or of calendar months, or of business days."""

    microseconds: int = 0
    months: int = 0
    business_days: int = 0
    days: int | None = None
    """Where it is written in days: a deadline then is the end of a day."""


def time_of(text: Any) -> Time:
    """Read `30m`, `1h30m`, `10d`, `5bd`, `2mo`, `1q` or `1y`."""
    text = str(text)
    whole = re.fullmatch(r"(\d+)(bd|mo|q|y)", text)
    if whole:
        count = int(whole[1])
        if whole[2] == "bd":
            return Time(business_days=count)
        return Time(months=count * {"mo": 1, "q": 3, "y": 12}[whole[2]])
    parts = re.findall(r"(\d+)(us|ms|w|d|h|m|s)", text)
    if not parts or "".join(count + unit for count, unit in parts) != text:
        raise ValueError(f"{text} is no length of time")
    length = sum(int(count) * UNITS[unit] for count, unit in parts)
    days = int(text[:-1]) if re.fullmatch(r"\d+d", text) else None
    return Time(microseconds=length, days=days)


def length_of(text: Any) -> int:
    """A fixed length of time in microseconds."""
    time = time_of(text)
    if time.months or time.business_days:
        raise ValueError(f"{text} has no fixed length")
    return time.microseconds


MONTHLY_PARTS = {
    "h": Fraction(1, 720),
    "d": Fraction(1, 30),
    "w": Fraction(7, 30),
    "mo": Fraction(1),
    "y": Fraction(12),
}
"""A day of a fee is a thirtieth of the monthly fee (section 5); an hour is a 24th of it."""


@dataclass(frozen=True)
class Worth:
    """A credit as it is written: a share of the fee basis, time of the monthly fee, money, or points."""

    share: Fraction = Fraction(0)
    monthly: Fraction = Fraction(0)
    money: Fraction = Fraction(0)
    points: Fraction = Fraction(0)


def worth_of(text: Any) -> Worth:
    """Read `5%`, `1/30`, `1d`, `25 EUR` or `3 points`."""
    text = str(text)
    if " " in text:
        number, unit = text.split(" ")
        if unit in ("point", "points"):
            return Worth(points=Fraction(number))
        return Worth(money=Fraction(number))
    time = re.fullmatch(r"(\d+)(h|d|w|mo|y)", text)
    if time:
        return Worth(monthly=int(time[1]) * MONTHLY_PARTS[time[2]])
    return Worth(share=fraction(text))


def steps(measure: Fraction, step: Fraction, how: str) -> Fraction:
    """How many steps a measure has: begun ones count, or whole ones, or to the nearest (half goes up), or exactly."""
    exactly = measure / step
    if how == "exact":
        return exactly
    if how in ("started", "up"):
        return Fraction(ceil(exactly))
    if how in ("complete", "down"):
        return Fraction(floor(exactly))
    if how == "nearest":
        return Fraction(floor(exactly + Fraction(1, 2)))
    raise ValueError(f"{how} is no way to count")


def rounded_to(measure: Fraction, step: Fraction, how: str) -> Fraction:
    """A measure in whole steps."""
    return steps(measure, step, how) * step


# Minor units of ISO 4217, where they are not two.
MINOR_UNITS = {
    0: {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF"},
    3: {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"},
    4: {"CLF", "UYW"},
}
MINOR_UNITS[0].add("XPF")


def digits_of(currency: str) -> int:
    """Decimals of the currency's minor unit."""
    return next((digits for digits, names in MINOR_UNITS.items() if currency in names), 2)


def paid(amount: Fraction, currency: str) -> Decimal:
    """An amount in whole minor units, half up; never negative."""
    digits = digits_of(currency)
    return Decimal(floor(max(amount, Fraction(0)) * 10**digits + Fraction(1, 2))).scaleb(-digits)


def floored(number: Fraction, decimals: int = 6) -> Decimal:
    """A number cut to six decimals, as the tables show percentages."""
    return Decimal(floor(number * 10**decimals)).scaleb(-decimals)


def word(text: Any) -> str:
    """A word of evidence or policy without regard to case, blanks and hyphens (rules, section 1)."""
    return re.sub(r"[\s_\-]+", "", str(text)).casefold()


def in_span(span: Any, measure: Fraction, read: Any = fraction) -> bool:
    """Whether a measure lies in a span: `from` and `to` belong to it, `above` and `below` do not."""
    if not isinstance(span, dict):
        span = {"from": span}  # `streak: 2` stands for `streak: {from: 2}`
    inside = True
    if span.get("from") is not None:
        inside &= measure >= read(span["from"])
    if span.get("above") is not None:
        inside &= measure > read(span["above"])
    if span.get("to") is not None:
        inside &= measure <= read(span["to"])
    if span.get("below") is not None:
        inside &= measure < read(span["below"])
    return inside
