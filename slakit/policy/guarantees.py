"""What is guaranteed: metric, target, window, what counts, and what is excluded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic_core import core_schema

from slakit.policy.conditions import DurationRange, LevelRange, as_from
from slakit.policy.holidays import known_holidays
from slakit.policy.part import Id, Part, PerTier, Word, one_or_each
from slakit.policy.quantities import FULL, Clause, Duration, Level, Percent, PlainDuration, Window, Zone
from slakit.policy.remedies import Credit

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

Metric = Literal["availability", "downtime", "incidents", "figure", "replacement", "response", "resolution", "update"]
ON_OUTAGES = ("availability", "downtime", "incidents", "replacement")
ON_TICKETS = ("response", "resolution", "update")
TIMED = ("downtime", "replacement", *ON_TICKETS)
"""Guaranteed as a time."""
Commitment = Literal["guaranteed", "best_effort"]
Kind = Literal["scheduled", "emergency"]
Clock = Literal["started", "reported", "detected", "reported_or_detected", "diagnosed"]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _time_or(*words: str) -> Callable[[object], object]:
    """Return what reads a fixed length of time, or one of some words."""
    return lambda value: value if value in words else PlainDuration.read(value)


class Allowance(Part):
    """Maintenance that qualifies only up to a length per window, or per calendar span, the earliest first."""

    at_most: PlainDuration
    per: Literal["window", "1d", "1w", "1mo", "1q", "1y"] = "window"


class Begins(Part):
    """Measurement begins later than the subscription."""

    wait: Annotated[
        PlainDuration | Literal["next_month"],
        PlainValidator(_time_or("next_month"), json_schema_input_type=PlainDuration | Literal["next_month"]),
        PlainSerializer(str),
    ]
    """So long after the start; `next_month` is until the first of the next month, also where it starts on a first."""
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
        if not any(weekly.values()):
            raise ValueError("hours that are never open; write them like mon-fri: ['08:00-17:00']")
        for days, spans in weekly.items():
            if not all(day in DAYS for day in days.split("-")) or days.count("-") > 1:
                raise ValueError(f"{days} is not a day or a range of days; write it like mon-fri or sat")
            for span in spans:
                if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", span):
                    raise ValueError(f"{span} is not a span of time; write it like 08:00-17:00")
                if span[:5] == span[6:]:
                    raise ValueError(f"{span} is empty; write 00:00-24:00 for the whole day")
        return weekly

    _holidays_exist = field_validator("holidays")(known_holidays)


def _around_the_clock(value: object) -> object:
    return None if value == "24/7" else value


OpenHours = Annotated[
    Hours | None, BeforeValidator(_around_the_clock, json_schema_input_type=Hours | Literal["24/7"] | None)
]
"""`24/7`, or a weekly schedule."""


class Maintenance(Part):
    """Maintenance that the provider may do, and the notice it must give.

    Of several entries of a kind, any one can qualify it. Time that one has taken does not use up the allowance of those
    after it.
    """

    id: Id | None = None
    """Needed where a kind stands twice."""
    kind: Kind
    notice: Duration | None = None
    """Shortest time between announcement and start; exactly that long is kept. A business day is 24 hours, Monday to
    Friday."""
    holidays: str | None = None
    """Country, or country and region (`SE`, `DE-BE`), whose public holidays are no business days."""
    hours: Hours | None = None
    """Only inside these hours does it qualify."""
    allowance: Allowance | None = None
    preferred: str | None = None
    """When it should happen, where the text only wishes it."""
    clause: Clause

    _holidays_exist = field_validator("holidays")(known_holidays)

    @model_validator(mode="after")
    def _notice_has_a_length(self) -> Self:
        if self.notice is not None and self.notice.months:
            raise ValueError("a notice of months has no fixed length; write it like 48h, 10d or 5bd")
        return self


class Exclude(Part):
    """What the contract excludes."""

    maintenance: list[Kind] = []
    causes: list[Word] = []
    tickets: list[Word] = []
    """Kinds of ticket that are excluded from an attainment."""
    own_deadline: list[Word] = []
    """Kinds of ticket that are excluded where they have a deadline of their own."""


class Tickets(Part):
    """Tickets that a guarantee is about."""

    kinds: list[Word] = []
    """All, if none is named."""
    priorities: list[str] = []
    """All, if none is named."""

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if not self.kinds and not self.priorities:
            raise ValueError("no ticket is named; write kinds, or priorities, or leave it out")
        return self


Rounding = Literal["up", "down", "nearest"]


class Rounded(Part):
    """To which whole step a measure is rounded before anything is compared with it."""

    to: Level
    how: Rounding = "nearest"

    @model_validator(mode="after")
    def _to_something(self) -> Self:
        if not self.to:
            raise ValueError("rounded to nothing; write to: 0.01")
        return self


class RoundedTime(Part):
    """To which whole step of time a measure is rounded; half a step goes up."""

    to: PlainDuration
    how: Rounding

    @model_validator(mode="after")
    def _to_something(self) -> Self:
        if not self.to.microseconds:
            raise ValueError("rounded to nothing; write to: 1m")
        return self


class Roundings(Part):
    """What the contract rounds, and how."""

    outage: RoundedTime | None = None
    """The counted time of each incident. What rounding adds or takes goes to the window it starts in."""
    downtime: RoundedTime | None = None
    """The downtime of a window."""
    level: Rounded | None = None
    """The availability, or figure, of a window."""


class Measured(Part):
    """How measurements become the level of a window, where it does not come from outages.

    A measurement is a value, or counts of what failed among a total, which is the value (total - failed) / total in
    percent.
    """

    by: Annotated[str, StringConstraints(pattern=r"^(ratio|mean|sum|largest|smallest|last|p[1-9][0-9]?|down)$")]
    """One of `ratio` (all counts of the window together), `mean`, `sum`, `largest`, `smallest`, `last`, a percentile by
    nearest rank (`p95`), or `down` (a slice whose share of failures reaches `at` is an outage)."""
    slice: PlainDuration | None = None
    """Length of a measurement. A mean is then over all slices of the window, the last one whole where the window's end
    cuts it; and one without a request is without failure."""
    at: Annotated[LevelRange, BeforeValidator(as_from, json_schema_input_type=LevelRange | Percent)] | None = None
    """Share of failures from which a slice is down. [percent] `5` stands for `from: 5`; with `above: 5` that share
    itself is not enough."""
    minimum_total: int | None = Field(default=None, ge=1, le=10**8)
    """Fewest requests by which anything is judged. A slice of fewer is not down, and is no part of a mean, as are
    slices without a measurement; of a ratio with fewer in the window there is no level, and no verdict."""
    unit: str | None = None
    """Unit of a figure, such as ms."""

    @model_validator(mode="after")
    def _down_has_edge(self) -> Self:
        if (self.by == "down") != (self.at is not None):
            raise ValueError("a slice is down at a share of failures; write by: down with at: 5")
        if self.at is not None:
            side, share = next(iter(self.at.bounds))
            if self.at.to is not None or self.at.below is not None:
                raise ValueError("what is down has no highest share of failures; write at: 5, or at: {above: 5}")
            if share > FULL or (side == "above" and share == FULL):
                raise ValueError("no share of failures is above 100 %; write at: 100")
        if self.by == "down" and self.slice is None:
            raise ValueError("a slice without a length; write slice: 1m")
        if self.slice is not None and (self.by not in ("mean", "down") or not self.slice.microseconds):
            raise ValueError("only a mean, and what is down, is of slices; drop slice")
        return self

    @model_validator(mode="after")
    def _requests_are_counted(self) -> Self:
        if self.minimum_total is not None and not self.takes_counts:
            raise ValueError("a value does not tell of how many requests it is; drop minimum_total, or write by: ratio")
        if self.minimum_total == 1 and self.by == "down":
            raise ValueError("a slice without a request is not down anyway; write a higher minimum_total, or drop it")
        return self

    @property
    def takes_counts(self) -> bool:
        """Return whether a measurement is counts of what failed among a total, and not a value."""
        return self.by in ("ratio", "down") or self.slice is not None


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


def _each_time(within: Duration | dict[str, Any] | None) -> Iterator[Duration]:
    """Yield a time, or each of a mapping: from priority, or from tier and then priority."""
    if isinstance(within, dict):
        for time in within.values():
            yield from _each_time(time)
    elif within is not None:
        yield within


def _called(metric: str) -> str:
    called = {"availability": "an availability", "incidents": "a number of incidents", "update": "an update"}
    return called.get(metric, f"a {metric}")


class Guarantee(Part, defer_build=False):
    """One guarantee, and how it is judged."""

    id: Id
    name: str | None = None
    like: Id | None = None
    """Another guarantee, from which it takes each term that it does not write itself; not its `id`, `name`, `credit`
    and `printed`. `null` leaves a term out. Answers and amendments set the terms of the one that they name alone."""
    metric: Metric
    """`availability`, `downtime`, `incidents` and `replacement` are judged by outages, `response`, `resolution` and
    `update` by tickets, a `figure` by measurements."""
    target: Annotated[Percent | None, PerTier()] = None
    """Availability, or share of tickets in time. [percent]"""
    at_least: Annotated[Level | None, PerTier()] = None
    """Lowest measured value that meets the guarantee. [unit]"""
    at_most: Annotated[Level | None, PerTier()] = None
    """Highest measured value, or number of incidents, that meets the guarantee. [unit]"""
    strictly: bool = False
    """The target itself does not meet the guarantee: it must be passed."""
    measured: Measured | None = None
    within: Annotated[Times | None, PerTier()] = None
    """Longest downtime, or time for a replacement, a response or a resolution, or between updates until the resolution;
    by priority where they differ."""
    tiers: list[str] | None = None
    """Tiers it is given to; all, if not written."""
    commitment: Annotated[Commitment, PerTier()] = "guaranteed"
    window: Window
    """`1mo`, `1d`, `1q`, `billing_month`, `term`, `incident`, `{rolling: 30d}` or `{every: 12mo, from: starts}`."""
    components: list[Word] = []
    """Components it covers; all, if none is named."""
    combine: Literal["union", "mean"] = "union"
    """How downtime of several components becomes that of the guarantee: while any of them is down (`union`), or the
    mean of what each of them, judged by itself by all terms, was down (`mean`). A mean without `components` is over
    those of which the subscription has a fee."""
    at_once: int | None = Field(default=None, ge=2, le=1000)
    """So many of its components must be down at the same time. What concerns all of them concerns as many. Of several
    outages the one whose clock starts first keeps the time."""
    affected: LevelRange | None = None
    """Which share of the customer's service an outage must affect to count. [percent]"""
    tickets: Tickets | None = None
    """Tickets it concerns; all, if not written."""
    ranked: Literal["opened", "answered"] = "answered"
    """Which priority decides of a ticket that changes it: that when it was opened, or when it was answered (if it was
    not: the present one)."""
    covers: str | None = None
    """What that is, in words."""
    clock: Clock = "started"
    """What starts the clock of an outage: when it began, or a signal."""
    grace: PlainDuration | None = None
    """A report or detection not later than this after the beginning leaves the clock at the beginning, even if the
    outage is over by then."""
    hours: OpenHours = None
    """In which time counts. Of tickets those of `support`, if not written: `within: 4h` is then four of these hours."""
    exclude: Exclude = Exclude()
    join_gaps: PlainDuration | None = None
    """Outages with less than this between them are one incident. The time between them is no downtime."""
    minimum: (
        Annotated[DurationRange, BeforeValidator(as_from, json_schema_input_type=DurationRange | PlainDuration)] | None
    ) = None
    """How long an incident must last to count, before maintenance is excluded. `5m` stands for `from: 5m`; with
    `above: 5m` one of exactly this length does not count."""
    unit: PlainDuration | None = None
    """The counted time of each incident is cut down to whole units of this, at its end."""
    rounded: Roundings = Roundings()
    weigh: Literal["affected"] | None = None
    """Downtime counts by the share of users affected, rounded to whole microseconds for a window or an incident."""
    denominator: Annotated[
        PlainDuration | Literal["window", "less_maintenance"],
        PlainValidator(
            _time_or("window", "less_maintenance"),
            json_schema_input_type=Literal["window", "less_maintenance"] | PlainDuration,
        ),
        PlainSerializer(str),
    ] = "window"
    """What downtime is a share of: the window, the window less the maintenance that is excluded, or the length that the
    document prints instead."""
    partial: Literal["shorten", "full", "skip"] = "shorten"
    missing: Literal["up", "down", "excluded"] | None = None
    """What unobserved time is, where the table `coverage` says which that is: time without an outage (`up`), downtime
    (`down`), or no part of the agreed service time (`excluded`). If not written it counts as `up`, by an assumption.
    Recorded outages count, covered or not."""
    begins: Begins | None = None
    credit: Credit | None = None
    printed: list[Printed] = []
    clause: Clause
    clauses: dict[str, Clause] = Field(
        default={}, description="Clauses of single terms, where they differ from `clause`."
    )

    @field_validator("like")
    @classmethod
    def _stands_whole(cls, like: str | None) -> str | None:
        if like is not None:  # a policy has written its terms out by now
            raise ValueError("only a guarantee of a policy is like another; write its terms")
        return None

    @field_validator("minimum")
    @classmethod
    def _has_a_lower_end_alone(cls, minimum: DurationRange | None) -> DurationRange | None:
        if minimum is not None and minimum.upper is not None:
            raise ValueError("a minimum has no upper end; write 5m, or {above: 5m}")
        return minimum

    @field_validator("affected")
    @classmethod
    def _are_shares_of_a_whole(cls, affected: LevelRange | None) -> LevelRange | None:
        if affected is not None and any(share > FULL for _, share in affected.bounds):
            raise ValueError("not a part of a whole; write a percentage, like from: 50")
        return affected

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.metric == "availability" and self.target is None:
            raise ValueError("an availability without a target; write target: 99.9")
        if self.metric == "figure" and (self.measured is None or (self.at_least is None) == (self.at_most is None)):
            raise ValueError("a figure is measured against one limit; write measured, and at_least or at_most")
        if self.metric == "incidents" and self.at_most is None:
            raise ValueError("a number of incidents without a limit; write at_most: 2")
        if self.metric in TIMED and self.within is None:
            raise ValueError(f"{_called(self.metric)} without a time; write within: 2h")
        times = list(_each_time(self.within))
        if self.metric in ("downtime", "replacement") and any(time.months or time.business_days for time in times):
            raise ValueError(f"a {self.metric} takes a fixed length of time; write within: 2h")
        if self.metric in ON_TICKETS and any(time.months for time in times):
            wrong = f"{_called(self.metric)} is a time of support hours, and these know no months"
            raise ValueError(f"{wrong}; write 30d or 20bd")
        return self

    @model_validator(mode="after")
    def _window_fits(self) -> Self:
        alone = self.window.text == "incident"
        if self.metric == "replacement" and not alone:
            raise ValueError("a replacement is judged per incident; write window: incident")
        if self.metric in ("availability", "incidents", "figure") and alone:
            raise ValueError(f"{_called(self.metric)} is judged over a window; write window: 1mo")
        if alone and self.credit and self.credit.kind not in ("accrual", "flat", "bands"):
            said = "write one of these, or window: 1mo and per: incident"
            raise ValueError(f"an incident earns by accrual, flat or bands over a length; {said}")
        return self

    @model_validator(mode="after")
    def _measured_fits(self) -> Self:
        if self.measured is not None and self.metric not in ("availability", "figure"):
            raise ValueError(f"{_called(self.metric)} does not come from measurements; drop measured")
        if self.metric == "figure" and self.measured and self.measured.by == "down":
            raise ValueError("slices that are down make an availability; write metric: availability")
        return self

    @model_validator(mode="after")
    def _mean_fits(self) -> Self:
        if self.combine == "union":
            return self
        if self.metric != "availability" or self.measured is not None:
            raise ValueError("only an availability by recorded outages is a mean over components; drop combine")
        if self.at_once is not None:
            raise ValueError(
                "a mean judges each component by itself, and none is down at once with others; drop at_once"
            )
        if self.weigh is not None:
            raise ValueError("a mean weighs every component alike; drop weigh, or combine")
        if self.missing == "excluded":
            wrong = "each component of a mean has its own unobserved time, and their windows are one"
            raise ValueError(f"{wrong}; write missing: up or down")
        if self.denominator == "less_maintenance" and not self.components:
            wrong = "only maintenance of all components shortens the agreed time of a mean"
            raise ValueError(f"{wrong}; name them, or drop denominator")
        return self

    @model_validator(mode="after")
    def _joint_fits(self) -> Self:
        recorded = self.metric in ON_OUTAGES and self.measured is None
        if self.at_once is not None and (not recorded or self.window.text == "incident"):
            raise ValueError("only outages in a window are down at once; drop at_once")
        if self.at_once is not None and self.components and self.at_once > len(self.components):
            raise ValueError("more at once than there are components; name as many")
        if self.affected is not None and not recorded:
            raise ValueError("only recorded outages affect a share; drop affected")
        if self.missing == "excluded" and self.metric == "incidents":
            raise ValueError("a number of incidents is no share of time; write missing: up or down")
        if self.missing == "down" and self.at_once is not None:
            raise ValueError("unobserved time is not several components at once; drop at_once, or missing")
        if self.tickets is not None and self.metric not in ON_TICKETS:
            raise ValueError(f"{_called(self.metric)} is not about tickets; drop tickets")
        ranks = self.tickets.priorities if self.tickets is not None else []
        if isinstance(self.within, dict) and set(ranks) - set(self.within) and set(ranks) & set(self.within):
            raise ValueError("a priority without a time; write one for each that it concerns")
        return self

    @model_validator(mode="after")
    def _lengths_fit(self) -> Self:
        if self.missing == "excluded" and isinstance(self.denominator, Duration):
            raise ValueError("nothing is excluded from a printed length; drop denominator, or write missing: up")
        if self.grace is not None and self.clock not in ("reported", "detected", "reported_or_detected"):
            raise ValueError("grace is time for a report or a detection; write clock: reported, or drop grace")
        for name, length in (("grace", self.grace), ("join_gaps", self.join_gaps)):
            if length is not None and not length.microseconds:
                raise ValueError(f"{name} without a length says nothing; drop it")
        return self

    @property
    def limit(self) -> Decimal | None:
        """The level guaranteed: a percentage, or a measured value."""
        return next((level for level in (self.target, self.at_least, self.at_most) if level is not None), None)

    @property
    def falls(self) -> bool:
        """Return whether less is worse."""
        return self.at_most is None and self.metric != "incidents"

    @property
    def by_priority(self) -> bool:
        """Return whether it depends on the priority of a ticket."""
        return isinstance(self.within, dict) or (self.tickets is not None and bool(self.tickets.priorities))

    @property
    def on_single_tickets(self) -> bool:
        """Return whether each ticket is guaranteed an answer in time: each late one is a breach."""
        return self.metric in ON_TICKETS and self.target is None

    @property
    def on_outages(self) -> bool:
        """Return whether it is measured from outages: recorded ones, or slices that are down."""
        return self.metric in ON_OUTAGES and (self.measured is None or self.measured.by == "down")

    @property
    def on_measurements(self) -> bool:
        """Return whether it is measured from measurements."""
        return self.measured is not None and self.measured.by != "down"

    def clause_of(self, term: str) -> str:
        """Clause of one of its terms."""
        return self.clauses.get(term, self.clause)
