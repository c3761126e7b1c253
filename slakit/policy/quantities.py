"""Percentages, durations, windows, shares of a fee and money: parsed once, kept exact, printed as written."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, BeforeValidator, PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import core_schema

from slakit import locales
from slakit.currencies import known_currency

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

MICROSECONDS = {
    "us": 1,
    "ms": 1_000,
    "s": 10**6,
    "m": 60 * 10**6,
    "h": 3600 * 10**6,
    "d": 86400 * 10**6,
    "w": 7 * 86400 * 10**6,
}
LONGEST = 10_000 * 366 * MICROSECONDS["d"]
"""The longest duration of a contract. [µs]"""
PERCENT_SCALE = 10**6
"""A percentage as an integer: 99.95 is 99_950_000. Six decimals are kept; more are refused."""
FULL = 100 * PERCENT_SCALE
"""100 % in these units."""


class Quantity(ABC):
    """A value written as one word. Subclasses parse it in `parse` and print it back in `__str__`."""

    called: ClassVar[str] = "value"
    pattern: ClassVar[str]
    example: ClassVar[str]

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Read the word; raise `ValueError("what is wrong; what would be right")`."""

    @classmethod
    def read(cls, value: object) -> Self:
        """Take a value of the kind as it is, and parse anything that is written."""
        if isinstance(value, cls):
            return value
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise ValueError(f"not a {cls.called}; write it like {cls.example}")
        return cls.parse(str(value))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        printed = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(cls.read, serialization=printed)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "pattern": cls.pattern, "examples": cls.example.split(", ")}


@dataclass(frozen=True)
class Duration(Quantity):
    """A length of time, of calendar months, or of business days.

    Attributes
    ----------
    text
        As written.
    microseconds
        Length of a plain duration. [µs]
    months, business_days
        Count, where the duration is one of these and has no fixed length.

    >>> Duration.parse("1h30m").microseconds
    5400000000
    >>> Duration.parse("2bd").business_days, Duration.parse("34m19.2s").microseconds
    (2, 2059200000)
    """

    text: str
    microseconds: int = 0
    months: int = 0
    business_days: int = 0

    called: ClassVar[str] = "duration"
    pattern: ClassVar[str] = r"^(\d+(w|d|h|m|ms|us)|\d+(\.\d{1,6})?s)+$|^\d+(bd|mo|q|y)$"
    example: ClassVar[str] = "30m, 48h, 10d, 1mo, 1bd"

    @classmethod
    def parse(cls, text: str) -> Self:
        whole = re.fullmatch(r"([0-9]{1,6})(bd|mo|q|y)", text)
        if whole:
            count, unit = int(whole[1]), whole[2]
            if unit == "bd":
                return cls(text, business_days=count)
            return cls(text, months=count * {"mo": 1, "q": 3, "y": 12}[unit])
        if re.fullmatch(r"[0-9]{1,6}bh", text):
            raise ValueError(f"business hours are no unit; write {text[:-2]}h, which for tickets are support hours")
        if not re.fullmatch(r"([0-9]{1,15}(w|d|h|ms|us|m)|[0-9]{1,15}(\.[0-9]{1,6})?s)+", text):
            raise ValueError(f"not a duration; write a number and a unit, like {cls.example}")
        parts = re.findall(r"([0-9.]+)(w|d|h|ms|us|m|s)", text)
        length = int(sum(Fraction(count) * MICROSECONDS[unit] for count, unit in parts))
        if length > LONGEST:
            raise ValueError("longer than ten thousand years; write a shorter time")
        return cls(text, microseconds=length)

    @property
    def days(self) -> int | None:
        """Number of days, where the duration is written in days."""
        match = re.fullmatch(r"([0-9]+)d", self.text)
        return int(match[1]) if match else None

    def __str__(self) -> str:
        return self.text


class PlainDuration(Duration):
    """A duration of fixed length: no months, no business days."""

    pattern: ClassVar[str] = r"^(\d+(w|d|h|m|ms|us)|\d+(\.\d{1,6})?s)+$"
    example: ClassVar[str] = "30m, 48h, 10d"

    @classmethod
    def parse(cls, text: str) -> Self:
        duration = super().parse(text)
        if duration.months or duration.business_days:
            raise ValueError(f"not a fixed length of time; write it like {cls.example}")
        return duration


@dataclass(frozen=True)
class Share(Quantity):
    """A share of a fee, written as a percentage, a fraction, or time of the monthly fee (`8h`, `3d`, `1w`, `1mo`).

    A day of a fee is a thirtieth of the monthly fee unless the document says otherwise (calculation rules, section 5),
    and an hour a 24th of a day.

    >>> Share.parse("1/30").value
    Fraction(1, 30)
    >>> Share.parse("5%").value
    Fraction(1, 20)
    """

    text: str
    value: Fraction

    called: ClassVar[str] = "share of a fee"
    pattern: ClassVar[str] = r"^\d+(\.\d+)?%$|^\d+/\d+$|^\d+(h|d|w|mo|y)$"
    example: ClassVar[str] = "5%, 1/30, 1d"
    times: ClassVar[dict[str, Fraction]] = {
        "h": Fraction(1, 720), "d": Fraction(1, 30), "w": Fraction(7, 30), "mo": Fraction(1), "y": Fraction(12),
    }  # fmt: skip

    @classmethod
    def parse(cls, text: str) -> Self:
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?%", text):
            return cls(text, Fraction(text[:-1]) / 100)
        if re.fullmatch(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}", text):
            return cls(text, Fraction(text))
        time = re.fullmatch(r"([0-9]{1,6})(h|d|w|mo|y)", text)
        if time:
            return cls(text, int(time[1]) * cls.times[time[2]])
        raise ValueError(f"not a share of a fee; write it like {cls.example}")

    @property
    def is_time(self) -> bool:
        """Return whether it is written as time of the monthly fee."""
        return self.text[-1] in "hdwoy"

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Money(Quantity):
    """An amount in a currency.

    >>> Money.parse("25 EUR").amount
    Decimal('25')
    """

    amount: Decimal
    currency: str

    called: ClassVar[str] = "amount of money"
    pattern: ClassVar[str] = r"^\d+(\.\d+)? [A-Z]{3}$"
    example: ClassVar[str] = "25 EUR"

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?) ([A-Z]{3})", text)
        if not match:
            raise ValueError(f"not an amount of money; write it like {cls.example}")
        return cls(Decimal(match[1]), known_currency(match[2]))

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@dataclass(frozen=True)
class Points(Quantity):
    """Service points, which a remedy turns into a credit.

    >>> Points.parse("3 points").count
    Decimal('3')
    """

    count: Decimal

    called: ClassVar[str] = "number of points"
    pattern: ClassVar[str] = r"^\d+(\.\d+)? points?$"
    example: ClassVar[str] = "1 point, 3 points"

    @classmethod
    def parse(cls, text: str) -> Self:
        match = re.fullmatch(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) points?", text)
        if not match:
            raise ValueError(f"not a number of points; write it like {cls.example}")
        return cls(Decimal(match[1]))

    def __str__(self) -> str:
        return f"{self.count} point" if self.count == 1 else f"{self.count} points"


@dataclass(frozen=True)
class Window(Quantity):
    """The span over which a guarantee is judged.

    A calendar window (`1h`, `1d`, `1w`, `1mo`, `2mo`, `1q`, `4mo`, `6mo`, `1y`), `billing_month`, `term`, `incident`; a
    span that slides by days (`rolling 30d`) or by months (`rolling 12mo`); or months counted from a day of the year
    (`every 3mo from 02-01`) or from the day the subscription starts (`every 12mo from starts`).

    >>> Window.parse("1q").months
    3
    >>> Window.read({"every": "3mo", "from": "02-01"}).start
    (2, 1)
    """

    text: str

    called: ClassVar[str] = "window"
    words: ClassVar[tuple[str, ...]] = ("1d", "1w", "1mo", "1q", "1y", "billing_month", "term", "incident")
    lengths: ClassVar[dict[str, int]] = {"1mo": 1, "billing_month": 1, "2mo": 2, "1q": 3, "4mo": 4, "6mo": 6, "1y": 12}
    pattern: ClassVar[str] = (
        r"^(1h|1d|1w|1mo|2mo|1q|4mo|6mo|1y|billing_month|term|incident|rolling \d+(d|mo)"
        r"|every \d+mo from (starts|\d\d-\d\d))$"
    )
    example: ClassVar[str] = "1d, 1w, 1mo, 1q, 1y, billing_month, term, incident, {rolling: 30d}"

    @classmethod
    def read(cls, value: object) -> Self:
        if isinstance(value, dict) and set(value) == {"rolling"}:
            value = f"rolling {value['rolling']}"
        if isinstance(value, dict) and set(value) == {"every", "from"}:
            value = f"every {value['every']} from {value['from']}"
        return super().read(value)

    @classmethod
    def parse(cls, text: str) -> Self:
        known = text in cls.words or text in cls.lengths or text == "1h"
        if known or re.fullmatch(r"rolling ([1-9][0-9]{0,3}d|[1-9][0-9]{0,2}mo)", text):
            return cls(text)
        day = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
        every = re.fullmatch(rf"every ([1-9][0-9]{{0,2}})mo from (starts|{day})", text)
        if every and (every[2] == "starts" or 12 % int(every[1]) == 0):
            return cls(text)
        raise ValueError(f"not a window; use {', '.join(cls.words)} or {{rolling: 30d}}")

    @property
    def months(self) -> int | None:
        """Months in a window that is made of months; the step of a rolling one."""
        every = re.match(r"every ([0-9]+)mo", self.text)
        return int(every[1]) if every else self.lengths.get(self.text)

    @property
    def rolling_days(self) -> int | None:
        """Days in a rolling window of days."""
        return int(self.text[8:-1]) if re.fullmatch(r"rolling [0-9]+d", self.text) else None

    @property
    def rolling_months(self) -> int | None:
        """Months in a rolling window of months."""
        return int(self.text[8:-2]) if re.fullmatch(r"rolling [0-9]+mo", self.text) else None

    @property
    def slides(self) -> bool:
        """Return whether it overlaps with the next."""
        return self.text.startswith("rolling ")

    @property
    def from_start(self) -> bool:
        """Return whether it is counted from the start of the subscription."""
        return self.text.endswith(" from starts")

    @property
    def start(self) -> tuple[int, int] | None:
        """Month and day of the year from which it is counted, where it is one."""
        day = re.search(r"from ([0-9]{2})-([0-9]{2})$", self.text)
        return (int(day[1]), int(day[2])) if day else None

    @property
    def words_for_people(self) -> str:
        """The window as one says it."""
        named = {
            "1h": "hour", "1d": "day", "1w": "week", "1mo": "calendar month", "1q": "calendar quarter",
            "1y": "calendar year", "6mo": "half-year", "billing_month": "billing month", "term": "term of the contract",
            "incident": "incident",
        }  # fmt: skip
        if self.text in named:
            return named[self.text]
        if self.rolling_days or self.rolling_months:
            return f"rolling {self.rolling_days or self.rolling_months} {'days' if self.rolling_days else 'months'}"
        spans = {1: "month", 3: "quarter", 6: "half-year", 12: "year"}
        span = spans.get(self.months or 0, f"{self.months} calendar months")
        if self.from_start:
            return f"{span.replace('calendar ', '')} of the contract"
        if self.start is None:
            return span
        first_day = locales.part_of_date(date(2001, *self.start), "MMMMd", "%-d %B")
        return f"fiscal {span.replace('calendar ', '')} from {first_day}"

    @property
    def with_article(self) -> str:
        """One window as one says it: `an hour`, `a fiscal quarter from 1 February`, `2 calendar months`.

        >>> [Window.parse(text).with_article for text in ("1h", "2mo", "rolling 30d", "every 3mo from 02-01")]
        ['an hour', '2 calendar months', 'rolling 30 days', 'a fiscal quarter from 1 February']
        """
        said = self.words_for_people
        if said.startswith("rolling") or said[0].isdigit():
            return said
        return f"an {said}" if self.text in ("1h", "incident") else f"a {said}"

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rolling = {"type": "object", "properties": {"rolling": {"type": "string"}}, "required": ["rolling"]}
        counted = {"every": {"type": "string"}, "from": {"type": "string"}}
        every = {"type": "object", "properties": counted, "required": ["every", "from"]}
        return {"anyOf": [{"type": "string", "pattern": cls.pattern}, rolling, every]}


def _exact_percent(value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise ValueError("not a percentage; write a number from 0 to 100")
    if value != value.quantize(Decimal("0.000001")):
        raise ValueError("more than six decimals; write at most six")
    return value


LARGEST_LEVEL = 10**7
"""No figure is larger: millionths of it, summed over the minutes of a year, stay within 64 bits."""


def _level(value: Decimal) -> Decimal:
    if not 0 <= value <= LARGEST_LEVEL or value != value.quantize(Decimal("0.000001")):
        raise ValueError("not a level; write a number from 0 to ten million, with at most six decimals")
    return value


def as_factor(value: object) -> Decimal | Fraction:
    """Take a number or a percentage as it is written, and a fraction like 1/360 exactly."""
    wrong = ValueError(
        "not a factor; write a number above 0, up to a million, with at most six decimals, 1/360 or 150%"
    )
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,4})?%", value):
        value = Decimal(value[:-1]) / 100
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}", value):
        value = Fraction(value)
    if isinstance(value, Fraction):
        if not 0 < value <= 10**6:
            raise wrong
        return value if value.denominator > 1 else Decimal(value.numerator)
    factor = _decimal(value)
    if not isinstance(factor, Decimal) or not factor.is_finite() or not 0 < factor <= 10**6:
        raise wrong
    if factor != factor.quantize(Decimal("0.000001")):
        raise wrong
    return factor


def as_written(value: object) -> object:
    """Print a fraction or a share as a file writes it; numbers and words stay as they are."""
    return str(value) if isinstance(value, Fraction | Share) else value


def _zone(name: str) -> str:
    if locales.MACHINE_ZONES.match(name):
        raise ValueError("not the same on every machine; name the zone, like Europe/Oslo")
    if not locales.is_time_zone(name):
        raise ValueError("not a time zone; write it like Europe/Oslo")
    return name


def _decimal(value: object) -> object:
    if isinstance(value, str | bool | float):
        raise ValueError("not a number; write digits with a point, like 99.95")
    return Decimal(value) if isinstance(value, int) else value


def _text(value: object) -> object:
    """A clause is a name: `3.10` is not 3.1. Numbers arrive as exact decimals and keep their digits."""
    text = str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value
    if isinstance(text, str) and not text.strip():
        raise ValueError("empty; write where the document says it, like 4.2")
    return text


_NUMBER = WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})
Percent = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_exact_percent), _NUMBER]
Factor = Annotated[
    Decimal | Fraction,
    PlainValidator(as_factor),
    PlainSerializer(as_written),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000},
                {
                    "type": "string",
                    "pattern": r"^\d{1,9}/\d{1,9}$|^\d{1,9}(\.\d{1,4})?%$",
                    "examples": ["1/360", "150%"],
                },
            ]
        }
    ),
]
"""A number above nothing, up to a million; a fraction, or a percentage."""
Level = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_level),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": LARGEST_LEVEL}),
]
"""A percentage, or a figure in the unit of its guarantee."""
Zone = Annotated[str, AfterValidator(_zone)]
Clause = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]})]


def percent_units(value: Decimal) -> int:
    """A percentage in integer units of a millionth of a percent.

    >>> percent_units(Decimal("99.95"))
    99950000
    """
    return int(value * PERCENT_SCALE)
