"""Percentages, durations, windows, shares of a fee and money: parsed once, kept exact, printed as written."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema
from pydantic_core import core_schema

from slakit.policy.currencies import known_currency

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
    >>> Duration.parse("2bd").business_days
    2
    """

    text: str
    microseconds: int = 0
    months: int = 0
    business_days: int = 0

    called: ClassVar[str] = "duration"
    pattern: ClassVar[str] = r"^(\d+(w|d|h|m|s|ms|us))+$|^\d+(bd|mo|q|y)$"
    example: ClassVar[str] = "30m, 48h, 10d, 1mo, 1bd"

    @classmethod
    def parse(cls, text: str) -> Self:
        whole = re.fullmatch(r"([0-9]{1,6})(bd|mo|q|y)", text)
        if whole:
            count, unit = int(whole[1]), whole[2]
            if unit == "bd":
                return cls(text, business_days=count)
            return cls(text, months=count * {"mo": 1, "q": 3, "y": 12}[unit])
        if not re.fullmatch(r"([0-9]{1,15}(w|d|h|ms|us|m|s))+", text):
            raise ValueError(f"not a duration; write a number and a unit, like {cls.example}")
        parts = re.findall(r"([0-9]+)(w|d|h|ms|us|m|s)", text)
        length = sum(int(count) * MICROSECONDS[unit] for count, unit in parts)
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

    pattern: ClassVar[str] = r"^(\d+(w|d|h|m|s|ms|us))+$"
    example: ClassVar[str] = "30m, 48h, 10d"

    @classmethod
    def parse(cls, text: str) -> Self:
        duration = super().parse(text)
        if duration.months or duration.business_days:
            raise ValueError(f"not a fixed length of time; write it like {cls.example}")
        return duration


@dataclass(frozen=True)
class Share(Quantity):
    """A share of a fee, written as a percentage, a fraction, or days of the fee.

    A day of a fee is a thirtieth of the monthly fee unless the document says otherwise (calculation rules, section 5).

    >>> Share.parse("1/30").value
    Fraction(1, 30)
    >>> Share.parse("5%").value
    Fraction(1, 20)
    """

    text: str
    value: Fraction

    called: ClassVar[str] = "share of a fee"
    pattern: ClassVar[str] = r"^\d+(\.\d+)?%$|^\d+/\d+$|^\d+d$"
    example: ClassVar[str] = "5%, 1/30, 1d"

    @classmethod
    def parse(cls, text: str) -> Self:
        if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?%", text):
            return cls(text, Fraction(text[:-1]) / 100)
        if re.fullmatch(r"[0-9]{1,9}/0*[1-9][0-9]{0,8}", text):
            return cls(text, Fraction(text))
        if re.fullmatch(r"[0-9]{1,6}d", text):
            return cls(text, Fraction(int(text[:-1]), 30))
        raise ValueError(f"not a share of a fee; write it like {cls.example}")

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
class Window(Quantity):
    """The span over which a guarantee is judged: `1d`, `1w`, `1mo`, `1q`, `1y`, `billing_month`, `term`, `incident`,
    or a rolling number of days (`rolling 30d`).

    >>> Window.parse("1q").months
    3
    """

    text: str

    called: ClassVar[str] = "window"
    words: ClassVar[tuple[str, ...]] = ("1d", "1w", "1mo", "1q", "1y", "billing_month", "term", "incident")
    pattern: ClassVar[str] = r"^(1d|1w|1mo|1q|1y|billing_month|term|incident|rolling \d+d)$"
    example: ClassVar[str] = "1d, 1w, 1mo, 1q, 1y, billing_month, term, incident, {rolling: 30d}"

    @classmethod
    def read(cls, value: object) -> Self:
        if isinstance(value, dict) and set(value) == {"rolling"}:
            value = f"rolling {value['rolling']}"
        return super().read(value)

    @classmethod
    def parse(cls, text: str) -> Self:
        if text in cls.words or re.fullmatch(r"rolling [1-9][0-9]{0,3}d", text):
            return cls(text)
        raise ValueError(f"not a window; use {', '.join(cls.words)} or {{rolling: 30d}}")

    @property
    def months(self) -> int | None:
        """Months in a calendar window, where it is made of months."""
        return {"1mo": 1, "billing_month": 1, "1q": 3, "1y": 12}.get(self.text)

    @property
    def rolling_days(self) -> int | None:
        """Days in a rolling window."""
        return int(self.text[8:-1]) if self.text.startswith("rolling ") else None

    @property
    def words_for_people(self) -> str:
        """The window as one says it."""
        named = {
            "1d": "day", "1w": "week", "1mo": "calendar month", "1q": "calendar quarter", "1y": "calendar year",
            "billing_month": "billing month", "term": "term of the contract", "incident": "incident",
        }  # fmt: skip
        return named.get(self.text, self.text)

    def __str__(self) -> str:
        return self.text

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        rolling = {"type": "object", "properties": {"rolling": {"type": "string"}}, "required": ["rolling"]}
        return {"anyOf": [{"type": "string", "pattern": cls.pattern}, rolling]}


def _exact_percent(value: Decimal) -> Decimal:
    if not 0 <= value <= 100:
        raise ValueError("not a percentage; write a number from 0 to 100")
    if value != value.quantize(Decimal("0.000001")):
        raise ValueError("more than six decimals; write at most six")
    return value


def _factor(value: Decimal) -> Decimal:
    if not 0 < value <= 10**6 or value != value.quantize(Decimal("0.000001")):
        raise ValueError("not a factor; write a number above 0, up to a million, with at most six decimals")
    return value


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise ValueError("not a time zone; write it like Europe/Oslo") from None
    return name


def _decimal(value: object) -> object:
    if isinstance(value, str | bool | float):
        raise ValueError("not a number; write digits with a point, like 99.95")
    return Decimal(value) if isinstance(value, int) else value


def _text(value: object) -> object:
    """A clause is a name: `3.10` is not 3.1. Numbers arrive as exact decimals and keep their digits."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


_NUMBER = WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100})
Percent = Annotated[Decimal, BeforeValidator(_decimal), AfterValidator(_exact_percent), _NUMBER]
Factor = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_factor),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000}),
]
"""A number above nothing, up to a million."""
Zone = Annotated[str, AfterValidator(_zone)]
Clause = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": ["string", "number"]})]


def percent_units(value: Decimal) -> int:
    """A percentage in integer units of a millionth of a percent.

    >>> percent_units(Decimal("99.95"))
    99950000
    """
    return int(value * PERCENT_SCALE)
