"""What is owed for a miss: credit schedules, fee basis, caps, claims and payout."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from slakit.policy.part import Id, Part, as_list
from slakit.policy.quantities import Clause, Duration, Factor, Money, Percent, PlainDuration, Share

FeeBasis = Literal["monthly_fee", "component_fee", "window_fee", "annual_fee", "previous_month_fee"]
Count = Literal["started", "complete", "nearest"]
Anchor = Literal["window_end", "incident_end", "incident_start", "end_of_second_month"]
KINDS = ("bands", "shortfall", "accrual", "flat", "multiple")


def _worth(value: object) -> object:
    kind = Money if isinstance(value, Money) or (isinstance(value, str) and " " in value) else Share
    return kind.read(value)


class _WorthSchema:
    def __get_pydantic_core_schema__(self, source: object, handler: object) -> object:
        from pydantic_core import core_schema

        printed = core_schema.plain_serializer_function_ser_schema(str)
        return core_schema.no_info_plain_validator_function(_worth, serialization=printed)


Worth = Annotated[
    Share | Money,
    _WorthSchema(),
    WithJsonSchema({"type": "string", "examples": ["5%", "1/30", "1d", "25 EUR"]}),
]
"""A credit: a share of a fee, time of the fee, or money."""


class Band(Part):
    """A row of a credit table: `below` a percentage, in a closed range (`from`, `to`), or `over` a length of outage."""

    below: Percent | None = None
    from_: Percent | None = Field(default=None, alias="from")
    to: Percent | None = None
    over: PlainDuration | None = None
    credit: Worth

    @model_validator(mode="after")
    def _one_reach(self) -> Self:
        ways = [self.below is not None, self.from_ is not None or self.to is not None, self.over is not None]
        if sum(ways) != 1:
            raise ValueError("a band needs one reach; write below, or from and to, or over")
        if self.from_ is not None and self.to is not None and self.from_ > self.to:
            raise ValueError(f"from {self.from_} lies above to {self.to}; write the lower one first")
        return self

    @property
    def reach(self) -> str:
        """What it is a band of: a level (`below`), a printed range, or a length (`over`)."""
        return "below" if self.below is not None else "over" if self.over is not None else "range"


class Shortfall(Part):
    """Points missed, as a share of the fee; in whole steps, where the document says so."""

    rate: Factor | None = None
    """Share of the fee for each percentage point missed, in points. 1 if neither it nor a step is written."""
    from_: Literal["target", "full"] = Field(default="target", alias="from")
    step: Percent | None = None
    credit: Worth | None = None
    """For each step."""
    count: Literal["started", "complete"] = "started"

    @model_validator(mode="after")
    def _step_has_credit(self) -> Self:
        if (self.step is None) != (self.credit is None) or (self.step is not None and self.rate is not None):
            raise ValueError("a step and its credit go together, without a rate; write step: 1 and credit: 1%")
        if self.step == 0:
            raise ValueError("a step of nothing; write a step above 0")
        return self


class Accrual(Part):
    """Credit for each interval of downtime, after a deductible."""

    credit: Worth
    per: PlainDuration
    count: Count
    after: PlainDuration = PlainDuration.parse("0m")
    each: Literal["incident", "window"] = "window"

    @model_validator(mode="after")
    def _per_something(self) -> Self:
        if not self.per.microseconds:
            raise ValueError("an accrual per nothing; write per: 30m")
        return self


class Cap(Part):
    """The most that is paid, over a span."""

    per: Literal["incident", "window", "rolling_12mo", "term"]
    at_most: Worth
    of: FeeBasis = "monthly_fee"
    clause: Clause | None = None


class Credit(Part):
    """A credit schedule: exactly one of bands, shortfall, accrual, flat, multiple."""

    tiers: list[str] | None = None
    """Tiers that earn it; all, if not written."""
    of: FeeBasis = "monthly_fee"
    bands: list[Band] | None = None
    shortfall: Shortfall | None = None
    accrual: Accrual | None = None
    flat: Worth | None = None
    multiple: Factor | None = None
    """Times the fee of the time lost."""
    per: Literal["window", "incident"] = "window"
    """Whether a flat credit is earned once per missed window or once per incident in it."""
    caps: list[Cap] = []
    payout: Literal["future_invoice", "refund", "price_reduction"] | None = None
    clause: Clause

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        written = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(written) != 1:
            seen = " and ".join(written) or "none"
            raise ValueError(f"a credit is of exactly one kind, here {seen}; write one of {', '.join(KINDS)}")
        if self.bands == []:
            raise ValueError("no band; write at least one, like {below: 99.9, credit: 5%}")
        if len({band.reach for band in self.bands or []}) > 1:
            raise ValueError("bands of different kinds; write all below, all from and to, or all over")
        return self

    @property
    def by_incident(self) -> bool:
        """Whether it looks at single incidents."""
        accrues = self.accrual is not None and self.accrual.each == "incident"
        return accrues or self.per == "incident" or any(band.over for band in self.bands or [])

    @property
    def kind(self) -> str:
        """Which of the kinds it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


class Claims(Part):
    """How and until when a credit is asked for."""

    needed: bool = True
    within: Duration | None = None
    after: Anchor = "window_end"
    in_writing: bool = False
    evidence: list[str] = []
    payout: Literal["future_invoice", "refund", "price_reduction"] | None = None
    clause: Clause | None = None


class Remedy(Part):
    """What several guarantees earn together."""

    id: Id
    name: str | None = None
    guarantees: list[Id] = Field(alias="for", min_length=1)
    each: Literal["window", "guarantee", "incident"] = "window"
    """Earned once per window in which any guarantee misses, once for each that misses, or once for each incident."""
    take: Literal["sum", "largest"] = "sum"
    tiers: list[str] | None = None
    credit: Annotated[list[Credit], BeforeValidator(as_list, json_schema_input_type=list[Credit] | Credit)]
    """One schedule, or several."""
    caps: list[Cap] = []
    claims: Claims | None = None
    clause: Clause | None = None

    @property
    def all_caps(self) -> list[Cap]:
        """Caps of its schedules, and its own."""
        return [*(cap for credit in self.credit for cap in credit.caps), *self.caps]
