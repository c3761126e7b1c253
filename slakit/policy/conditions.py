"""Conditions on what was measured: when a band, a schedule, a factor or a right is reached."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from operator import ge, gt, le, lt
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from slakit.policy.part import Part
from slakit.policy.quantities import Duration, Level, PlainDuration, percent_units

Side = Literal["below", "above", "from", "to"]
SIDES: tuple[Side, ...] = ("from", "above", "to", "below")
"""At least, more than, at most, less than."""
MEASURES = ("level", "outage", "downtime", "incidents", "deviation", "streak", "misses")


def as_from(value: object) -> object:
    """Let `streak: 2` be written for `streak: {from: 2}`."""
    return value if isinstance(value, dict | Part) else {"from": value}


def as_to(value: object) -> object:
    """Let `rto: 4h` be written for `rto: {to: 4h}`."""
    return value if isinstance(value, dict | Part) else {"to": value}


class Range(Part):
    """From where to where a measure reaches: `from` and `to` belong to it, `above` and `below` do not."""

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        bounds = dict(self.bounds)
        if not bounds:
            raise ValueError("a span without an end; write from, above, to or below")
        if {"from", "above"} <= set(bounds) or {"to", "below"} <= set(bounds):
            raise ValueError("two ends on one side; write from or above, and to or below")
        low, high = bounds.get("from", bounds.get("above")), bounds.get("to", bounds.get("below"))
        closed = "from" in bounds and "to" in bounds
        if low is not None and high is not None and (low > high or (low == high and not closed)):
            raise ValueError("nothing lies in this span; write the lower end first")
        return self

    @property
    def bounds(self) -> Iterator[tuple[Side, int]]:
        """Side and place of each end, in whole units of the measure."""
        for side in SIDES:
            value = getattr(self, "from_" if side == "from" else side)
            if value is not None:
                yield side, self._units(value)

    @staticmethod
    def _units(value: object) -> int:
        if isinstance(value, Duration):
            return value.microseconds
        return value if isinstance(value, int) else percent_units(value)  # type: ignore[arg-type]


INSIDE = {"from": ge, "above": gt, "to": le, "below": lt}
"""What it takes to be on the right side of an end."""


def lies_within(range_: Range, measured: Fraction) -> bool:
    """Return whether a measure, in its whole units, lies in a span.

    >>> lies_within(CountRange(above=2), Fraction(2))
    False
    """
    return all(INSIDE[side](measured, limit) for side, limit in range_.bounds)


class LevelRange(Range):
    """A span of percentages or figures."""

    from_: Level | None = Field(default=None, alias="from")
    above: Level | None = None
    to: Level | None = None
    below: Level | None = None


class DurationRange(Range):
    """A span of lengths of time."""

    from_: PlainDuration | None = Field(default=None, alias="from")
    above: PlainDuration | None = None
    to: PlainDuration | None = None
    below: PlainDuration | None = None

    @property
    def shortest(self) -> int:
        """The shortest length in it. [µs]"""
        bounds = dict(self.bounds)
        return bounds["above"] + 1 if "above" in bounds else bounds.get("from", 0)

    @property
    def longest(self) -> int | None:
        """The longest length in it; none where it has no upper end. [µs]"""
        bounds = dict(self.bounds)
        return bounds["below"] - 1 if "below" in bounds else bounds.get("to")

    @property
    def lower(self) -> PlainDuration | None:
        """Its lower end as written."""
        return self.from_ if self.from_ is not None else self.above

    @property
    def upper(self) -> PlainDuration | None:
        """Its upper end as written."""
        return self.to if self.to is not None else self.below


class CountRange(Range):
    """A span of whole numbers."""

    from_: int | None = Field(default=None, alias="from", ge=0, le=10**9)
    above: int | None = Field(default=None, ge=0, le=10**9)
    to: int | None = Field(default=None, ge=0, le=10**9)
    below: int | None = Field(default=None, ge=0, le=10**9)


class Misses(CountRange):
    """So many breached windows of the last few that follow each other, this one among them."""

    of: int = Field(ge=1, le=1000)


class Condition(LevelRange):
    """A condition on a window, or on any one outage in it. All that it says must hold.

    `below`, `above`, `from` and `to` speak of the level that the guarantee measures.
    """

    outage: (
        Annotated[DurationRange, BeforeValidator(as_from, json_schema_input_type=DurationRange | PlainDuration)] | None
    ) = None
    """Length of one outage (of one late ticket: how late), each by itself."""
    downtime: (
        Annotated[DurationRange, BeforeValidator(as_from, json_schema_input_type=DurationRange | PlainDuration)] | None
    ) = None
    """Downtime of the window, all outages together."""
    incidents: Annotated[CountRange, BeforeValidator(as_from, json_schema_input_type=CountRange | int)] | None = None
    """Number of counted outages (of late tickets) in the window."""
    deviation: Annotated[LevelRange, BeforeValidator(as_from, json_schema_input_type=LevelRange | Level)] | None = None
    """How far the level misses the target, in percent of the target."""
    streak: Annotated[CountRange, BeforeValidator(as_from, json_schema_input_type=CountRange | int)] | None = None
    """Number of breached windows in a row, this one the last; also those before the period. One without a verdict is no
    breach."""
    misses: Misses | None = None
    """Number of breached windows among the last few, this one being one of them; also those before the period."""

    measured: ClassVar[tuple[str, ...]] = MEASURES[1:]
    without: ClassVar[str] = "a condition that asks for nothing; write what must hold, like streak: 2"

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if not self.ranges:
            raise ValueError(self.without)
        if any(self.bounds):
            super()._is_a_range()  # type: ignore[operator]
        return self

    @property
    def ranges(self) -> dict[str, Range]:
        """Measure → the span it must lie in."""
        ranges: dict[str, Range] = {"level": self} if any(self.bounds) else {}
        named = {name: getattr(self, name) for name in self.measured}
        return ranges | {name: range_ for name, range_ in named.items() if range_ is not None}
