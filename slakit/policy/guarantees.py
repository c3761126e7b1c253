"""What is promised: metric, target, window, what counts, and what is left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_core import core_schema

from slakit.policy.part import Id, Part, PerTier, Word, one_or_each
from slakit.policy.quantities import Clause, Duration, Percent, PlainDuration, Window, Zone
from slakit.policy.remedies import Credit

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

Metric = Literal["availability", "replacement", "response", "resolution"]
Commitment = Literal["guaranteed", "best_effort"]
Kind = Literal["scheduled", "emergency"]
Clock = Literal["started", "reported", "detected", "reported_or_detected", "diagnosed"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Allowance(Part):
    """Maintenance that qualifies only up to a length per window, the earliest first."""

    at_most: PlainDuration
    per: Literal["window"] = "window"


class Maintenance(Part):
    """A kind of maintenance the provider may do, and the notice it must give."""

    kind: Kind
    notice: PlainDuration | None = None
    """Shortest time between announcement and start; exactly that long is kept."""
    allowance: Allowance | None = None
    preferred: str | None = None
    """When it should happen, where the text only wishes it."""
    clause: Clause


class Begins(Part):
    """Measurement begins later than the subscription."""

    next: Literal["1mo"]
    """At the first of the next month; a start on a first means the month after."""
    after: Literal["starts"] = "starts"
    clause: Clause | None = None


class Hours(Part):
    """A weekly schedule. Spans are wall times, `08:00-17:00`; one may run over midnight."""

    weekly: dict[str, list[str]]
    """Day or range of days (`mon-fri`) to spans."""
    time_zone: Zone | None = None
    """The policy's, if not written."""
    holidays: str | None = None
    """Country, or country and region (`SE`, `DE-BE`), whose public holidays are closed."""
    clause: Clause | None = None

    @field_validator("weekly")
    @classmethod
    def _known_days_and_spans(cls, weekly: dict[str, list[str]]) -> dict[str, list[str]]:
        for days, spans in weekly.items():
            if not all(day in DAYS for day in days.split("-")) or days.count("-") > 1:
                raise ValueError(f"{days} is not a day or a range of days; write it like mon-fri or sat")
            for span in spans:
                if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", span):
                    raise ValueError(f"{span} is not a span of time; write it like 08:00-17:00")
                if span[:5] == span[6:]:
                    raise ValueError(f"{span} is empty; write 00:00-24:00 for the whole day")
        return weekly

    @field_validator("holidays")
    @classmethod
    def _known_holidays(cls, holidays: str | None) -> str | None:
        if holidays is not None:
            from holidays import list_supported_countries

            country, _, region = holidays.partition("-")
            regions = list_supported_countries().get(country)
            if regions is None or (region and region not in regions):
                raise ValueError("no public holidays are known for it; write a country like SE, or a region like DE-BE")
        return holidays


def _around_the_clock(value: object) -> object:
    return None if value == "24/7" else value


OpenHours = Annotated[
    Hours | None, BeforeValidator(_around_the_clock, json_schema_input_type=Hours | Literal["24/7"] | None)
]
"""`24/7`, or a weekly schedule."""


class Exclude(Part):
    """What the contract does not count."""

    maintenance: list[Kind] = []
    causes: list[Word] = []
    tickets: list[Word] = []
    """Kinds of ticket that stay out of an attainment."""
    own_deadline: list[Word] = []
    """Kinds of ticket that stay out where they have a deadline of their own."""


class Fixed(Part):
    """A denominator that the document prints instead of the window's length."""

    of: PlainDuration


class Printed(Part):
    """A figure the document prints as following from the target."""

    per: Literal["1d", "1mo", "1y"]
    downtime: PlainDuration
    clause: Clause


class _PerPriority:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return one_or_each(handler.generate_schema(Duration))


Times = Annotated[Duration | dict[str, Duration], _PerPriority()]
"""One time for all, or a mapping from priority to time."""


def _all_fixed(within: object) -> bool:
    """Whether a time, or each of a mapping, has a fixed length."""
    if isinstance(within, dict):
        return all(_all_fixed(time) for time in within.values())
    return isinstance(within, Duration) and within.microseconds > 0


class Guarantee(Part):
    """One promise, and how it is judged."""

    id: Id
    name: str | None = None
    metric: Metric
    target: Annotated[Percent | None, PerTier()] = None
    """Availability, or share of tickets in time. [percent]"""
    within: Annotated[Times | None, PerTier()] = None
    """Longest time for a replacement, a response or a resolution; by priority where they differ."""
    tiers: list[str] | None = None
    """Tiers it is given to; all, if not written."""
    commitment: Annotated[Commitment, PerTier()] = "guaranteed"
    window: Window
    components: list[Word] = []
    """Components it covers; all, if none is named."""
    covers: str | None = None
    """What that is, in words."""
    clock: Clock = "started"
    """What starts the clock of an outage: when it began, or a signal."""
    hours: OpenHours = None
    exclude: Exclude = Exclude()
    minimum: PlainDuration | None = None
    """A run shorter than this does not count."""
    unit: PlainDuration | None = None
    """Downtime counts in whole units of this."""
    weigh: Literal["affected"] | None = None
    denominator: Literal["window", "less_maintenance"] | Fixed = "window"
    partial: Literal["shorten", "full", "skip"] = "shorten"
    begins: Begins | None = None
    credit: Credit | None = None
    printed: list[Printed] = []
    clause: Clause
    clauses: dict[str, Clause] = Field(
        default={}, description="Clauses of single terms, where they differ from `clause`."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.metric == "availability" and self.target is None:
            raise ValueError("an availability without a target; write target: 99.9")
        if self.metric != "availability" and self.within is None:
            raise ValueError(f"a {self.metric} without a time; write within: 2h")
        if self.metric == "replacement" and self.window.text != "incident":
            raise ValueError("a replacement is judged per incident; write window: incident")
        if self.metric == "availability" and self.window.text == "incident":
            raise ValueError("an availability is judged over a window; write window: 1mo")
        if self.metric == "replacement" and not _all_fixed(self.within):
            raise ValueError("a replacement takes a fixed length of time; write within: 2h")
        if self.metric == "replacement" and self.credit and self.credit.kind not in ("accrual", "flat", "bands"):
            raise ValueError("an incident earns by accrual, flat or bands over a length; write one of these")
        return self

    def clause_of(self, term: str) -> str:
        """Clause of one of its terms."""
        return self.clauses.get(term, self.clause)
