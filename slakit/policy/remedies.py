"""What is owed for a breach: credit schedules, fee basis, caps, claims and payout."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, ClassVar, Literal, Self, get_args

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    PlainSerializer,
    PlainValidator,
    StringConstraints,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from slakit.policy.conditions import Condition, CountRange, LevelRange
from slakit.policy.holidays import known_holidays
from slakit.policy.part import Id, Part, PerTier, Word, as_list
from slakit.policy.quantities import (
    Clause,
    Duration,
    Factor,
    Level,
    Money,
    PlainDuration,
    Points,
    Share,
    Window,
    as_written,
)

Basis = Literal[
    "monthly_fee", "component_fee", "window_fee", "annual_fee", "quarterly_fee", "term_fee", "daily_fee",
    "previous_month_fee", "next_month_fee",
]  # fmt: skip
Count = Literal["started", "complete", "nearest", "exact"]
Earned = Literal["window", "guarantee", "incident", "day"]
Anchor = Literal["window_end", "incident_end", "incident_start", "end_of_second_month"]
Payout = Literal["future_invoice", "refund", "price_reduction", "extension", "voucher", "account_credit"]
KINDS = ("bands", "shortfall", "accrual", "flat", "multiple")


class FeeSum(Part):
    """Fees that are named or added up: of some components, of some time, or both."""

    components: list[Word] = []
    """Without it, the fee of the whole service."""
    last: Duration | None = None
    """In months: those that end with the month of the window. In days: those before the window, or the incident that is
    judged by itself, begins. Without it, the month of the window."""
    mean: bool = False
    """A month of `last`, instead of their sum."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.components and self.last is None:
            raise ValueError("fees of nothing; write components, or last: 12mo")
        if self.last is not None and not self.last.months and not self.last.days:
            raise ValueError("not a time of fees; write days or months, like 30d or 12mo")
        if self.mean and (self.last is None or not self.last.months):
            raise ValueError("a mean of one fee; write last: 12mo")
        return self


def _worth(value: object) -> object:
    if isinstance(value, Money | Points) or (isinstance(value, str) and " " in value):
        return (Points if isinstance(value, Points) or str(value).endswith(("point", "points")) else Money).read(value)
    return Share.read(value)


Worth = Annotated[
    Share | Money | Points,
    PlainValidator(_worth),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "examples": ["5%", "1/30", "1d", "25 EUR", "3 points"]}),
]
"""A credit: a share of a fee, time of the fee, money, or points."""
FeeBasis = Basis | FeeSum


def _level_or_word(value: object) -> object:
    return value if value in ("target", "full") else LevelRange(to=value).to  # type: ignore[arg-type]


class Shortfall(Part):
    """Points missed, as a share of the fee; in whole steps, where the document says so."""

    from_: Annotated[
        Literal["target", "full"] | Decimal,
        PlainValidator(_level_or_word, json_schema_input_type=Literal["target", "full"] | Level),
        PlainSerializer(as_written),
    ] = Field(default="target", alias="from")
    """Where the points are counted from: the target, 100 %, or a level."""
    to: Level | None = None
    """Where counting stops."""
    step: Level | None = None
    credit: Worth = Share.parse("1%")
    """For each step that is missed; where no step is written, for each point, to the fraction: a share of the fee."""
    count: Literal["started", "complete", "nearest"] = "started"

    @property
    def per_point(self) -> Fraction:
        """Share of the fee for each point missed."""
        assert isinstance(self.credit, Share)
        return self.credit.value

    @model_validator(mode="after")
    def _step_has_credit(self) -> Self:
        if self.step is not None and "credit" not in self.model_fields_set:
            raise ValueError("a step without a credit; write credit: 1%")
        if self.step == 0:
            raise ValueError("a step of nothing; write a step above 0")
        share = isinstance(self.credit, Share) and not self.credit.is_time and self.credit.value > 0
        if self.step is None and not share:
            raise ValueError("not a share for each point; write a share of the fee, like 1% or 1/360, or a step")
        return self


def _deductible(value: object) -> object:
    return value if value == "target" else PlainDuration.read(value)


class Accrual(Part):
    """Credit for each interval of downtime, after a deductible."""

    credit: Worth
    per: PlainDuration
    count: Count
    after: Annotated[
        PlainDuration | Literal["target"],
        PlainValidator(_deductible, json_schema_input_type=PlainDuration | Literal["target"]),
        PlainSerializer(str),
        PerTier(),
    ] = PlainDuration.parse("0m")
    """What is excluded from it: a time, or the downtime that the target allows. For a tier that a mapping does not
    name nothing is."""
    to: PlainDuration | None = None
    """No further credit is due for downtime beyond this."""

    @property
    def after_target(self) -> bool:
        """Return whether, for any tier, it excludes the downtime that the target allows."""
        return "target" in (self.after.values() if isinstance(self.after, dict) else [self.after])

    @model_validator(mode="after")
    def _per_something(self) -> Self:
        if not self.per.microseconds:
            raise ValueError("an accrual per nothing; write per: 30m")
        return self


CapSpan = Literal["incident", "window", "rolling_12mo", "term"]


def _cap_span(value: object) -> object:
    return value if value in get_args(CapSpan) else Window.read(value)


class Multiple(Part):
    """A factor on the fee of the time lost beyond a deductible."""

    by: Annotated[Factor, PerTier()]
    """A tier that a mapping does not name has no such credit."""
    after: PlainDuration
    """Downtime that is excluded from it: once from that of the window, or from that of each incident or each day where
    the credit is due for these."""

    @model_validator(mode="after")
    def _after_something(self) -> Self:
        if not self.after.microseconds:
            raise ValueError("a deductible of nothing; write the factor alone, like multiple: 10")
        return self


def _number_or_part(value: object) -> str:
    return "part" if isinstance(value, dict | Multiple) else "number"


class Rate(Part):
    """A credit that grows with the breach: one of shortfall, accrual, multiple."""

    shortfall: Shortfall | None = None
    accrual: Accrual | None = None
    multiple: Annotated[
        Annotated[Annotated[Factor, Tag("number")] | Annotated[Multiple, Tag("part")], Discriminator(_number_or_part)]
        | None,
        PerTier("by", "after"),
    ] = None
    """Times the fee of the time lost: a factor, or `{by: 10, after: 15m}`."""

    @model_validator(mode="after")
    def _tiers_once(self) -> Self:
        by_tier: Any = self.multiple if isinstance(self.multiple, dict) else {}
        if any(isinstance(one, Multiple) and isinstance(one.by, dict) for one in by_tier.values()):
            raise ValueError("a tier within a tier; write {gold: {by: 10, after: 15m}}")
        return self

    @property
    def factor(self) -> Fraction:
        """Times the fee of the time lost that it is worth; 0 where it is no multiple."""
        return Fraction((self.multiple.by if isinstance(self.multiple, Multiple) else self.multiple) or 0)

    @property
    def deductible(self) -> int:
        """Downtime that its multiple excludes. [µs]"""
        return self.multiple.after.microseconds if isinstance(self.multiple, Multiple) else 0


class Slope(Rate):
    """An amount that a band adds to its credit."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if sum(getattr(self, kind) is not None for kind in ("shortfall", "accrual", "multiple")) != 1:
            raise ValueError("a band grows in one way; write one of shortfall, accrual, multiple")
        return self


class Band(Condition):
    """A row of a credit table: what must have been measured, and the credit for it."""

    credit: Worth | None = None
    plus: Slope | None = None
    """What is added to the credit, the further the target is missed."""

    without: ClassVar[str] = "a band needs a reach; write below, or from and to, or outage: {above: 1h}"

    @model_validator(mode="after")
    def _earns_something(self) -> Self:
        if self.credit is None and self.plus is None:
            raise ValueError("a band without a credit; write credit: 5%")
        return self

    @property
    def by_outage(self) -> bool:
        """Return whether it looks at the length of one outage."""
        return self.outage is not None


class Multiplier(Part):
    """A factor on the credit of a window of which the condition holds."""

    when: Condition
    by: Factor


class Cap(Part):
    """The most that is paid, over a span."""

    per: Annotated[
        CapSpan | Window,
        PlainValidator(_cap_span, json_schema_input_type=CapSpan | Window),
        PlainSerializer(str),
    ]
    """One incident or window, twelve months back from its end, the term; or any window of its own (`1mo`, `1y`): of
    these a window belongs to the one in which it ends, an incident that is judged by itself to the one in which it
    starts."""
    at_most: Annotated[Worth, PerTier()]
    """A tier that a mapping does not name has no such cap."""
    of: FeeBasis = "monthly_fee"
    clause: Clause | None = None


class Minimum(Part):
    """A credit that is too small is not paid, raised to the minimum, or carried on until it is enough.

    Compared is what would be paid: whole minor units of the currency.
    """

    from_: Worth | None = Field(default=None, alias="from")
    """A credit of so much is paid."""
    above: Worth | None = None
    """Only a larger credit is paid."""
    of: FeeBasis = "monthly_fee"
    otherwise: Literal["nothing", "raised", "carried"]
    clause: Clause | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if (self.from_ is None) == (self.above is None):
            raise ValueError("a minimum needs one limit; write from or above")
        if self.above is not None and self.otherwise == "raised":
            raise ValueError("nothing can be raised to more than a limit; write from")
        return self


class EarnBack(Part):
    """A credit is given back when the service is good again in each of the windows that follow. What is given back
    counts as never due, before minimum and caps: it reaches no minimum, carries nothing on, and uses up no cap."""

    windows: int = Field(ge=1, le=1000)
    level: LevelRange | None = None
    """How good; the target, if not written. A window of which nothing is known is never good."""
    share: Share = Share.parse("100%")
    clause: Clause | None = None


class PointBand(CountRange):
    """A row of a table from points to a credit."""

    credit: Worth


class PointValue(Part):
    """What the points of a window are worth, all guarantees of the remedy together."""

    each: Worth | None = None
    bands: list[PointBand] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.each is None) == (self.bands is None):
            raise ValueError("points are worth one thing; write each: 1%, or bands")
        if self.bands == []:
            raise ValueError("no band; write at least one, like {from: 1, credit: 5%}")
        return self


class Limits(Part):
    """What becomes of a credit once it is earned."""

    points: PointValue | None = None
    caps: list[Cap] = []
    minimum: Minimum | None = None
    earn_back: EarnBack | None = None


class Credit(Rate, Limits, defer_build=False):
    """A credit schedule: exactly one of bands, shortfall, accrual, flat, multiple."""

    tiers: list[str] | None = None
    """Tiers that it is due to; all, if not written."""
    guarantees: list[Id] | None = Field(default=None, alias="for")
    """Guarantees of the remedy that it is due for; all, if not written."""
    of: FeeBasis = "monthly_fee"
    """What a share is a share of. Where charges are in evidence: what was charged for the month; a month of the term of
    which no charge is told costs the monthly fee. `daily_fee` is a thirtieth of it, `component_fee` the fees of all
    components of the guarantee together, or, where one is not known, the monthly fee."""
    bands: Annotated[list[Band] | None, PerTier()] = None
    select: Literal["worst", "largest", "sum"] = "worst"
    """Where several bands apply: the one for the worst service, the one with the largest credit, or all of them."""
    flat: Annotated[Worth | None, PerTier()] = None
    """A share of the fee, time (`1d` is a thirtieth of the monthly fee in any month, `1h` a 720th), money or points."""
    per: Earned | None = None
    """What it is due for: each `window` in which any guarantee of the remedy is breached (the largest of them), each
    `guarantee` that is breached, each `incident` by itself, or each local `day` by the downtime that lies in it (the
    guarantee with the largest). If not written, `incident` where bands name the length of one outage or
    single tickets are guaranteed an answer in time, else `window`."""
    when: Condition | None = None
    """Due only where this holds as well."""
    multipliers: list[Multiplier] = []
    """Factors on the credit; the last one applies of which the condition holds."""
    payout: Payout | None = None
    clause: Clause

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        written = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(written) != 1:
            seen = " and ".join(written) or "none"
            raise ValueError(f"a credit is of exactly one kind, here {seen}; write one of {', '.join(KINDS)}")
        for bands in self.tables:
            if not bands:
                raise ValueError("no band; write at least one, like {below: 99.9, credit: 5%}")
            if len({band.by_outage for band in bands}) > 1:
                raise ValueError("bands of different kinds; write all of windows, or all of single outages")
        return self

    @model_validator(mode="after")
    def _per_has_a_meaning(self) -> Self:
        per, bands = self.earned_per, [band for table in self.tables for band in table]
        rates = self.rates
        shortfalls = [rate.shortfall for rate in rates if rate.shortfall is not None]
        if per in ("window", "guarantee") and any(band.by_outage for band in bands):
            raise ValueError(f"the length of one outage is not of a {per}; write per: incident, or bands on downtime")
        if per in ("incident", "day"):
            # other bands would earn for one incident, or day, what they do for the whole window
            own = {"outage", "downtime"} if per == "day" else {"outage"}
            for band in bands:
                grows = band.plus is not None and band.plus.shortfall is None and band.credit is None
                if not own & set(band.ranges) and not grows:
                    said = " or ".join(sorted(own))
                    raise ValueError(f"a band of per: {per} goes by the {said} of that {per}; write it, or per: window")
            if any(rate.accrual is not None and rate.accrual.after_target for rate in rates):
                raise ValueError(f"a target allows downtime in a window, not in one {per}; write after: 1h")
            if any(shortfall.step is not None for shortfall in shortfalls):
                raise ValueError(f"steps of a shortfall are of a window, not of one {per}; write per: window")
        if per == "day" and shortfalls:
            raise ValueError("a shortfall is of a window, not of one day; write per: window, or judge a window of 1d")
        return self

    @property
    def tables(self) -> list[list[Band]]:
        """Its bands: one table, or one for each tier that has its own."""
        if isinstance(self.bands, dict):
            return list(self.bands.values())
        return [] if self.bands is None else [self.bands]

    @property
    def rates(self) -> list[Rate]:
        """Return what grows with the miss: the schedule itself, and what its bands earn more."""
        return [self, *(band.plus for table in self.tables for band in table if band.plus is not None)]

    @property
    def earned_per(self) -> Earned:
        """Return what earns it, written or not."""
        if self.per is not None:
            return self.per
        return "incident" if any(band.by_outage for bands in self.tables for band in bands) else "window"

    @property
    def by_incident(self) -> bool:
        """Return whether it looks at single incidents."""
        return self.earned_per == "incident"

    @property
    def grounds(self) -> list[Condition]:
        """Every condition on which something is earned at all."""
        bands = [band for table in self.tables for band in table]
        return [*bands, *([self.when] if self.when else [])]

    @property
    def conditions(self) -> list[Condition]:
        """Every condition in it."""
        return [*self.grounds, *(multiplier.when for multiplier in self.multipliers)]

    @property
    def kind(self) -> str:
        """Return which of the kinds it is."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)


class Report(Part):
    """What must be reported before a credit can be claimed."""

    within: Duration | None = None
    """At any time up to the assessment, if not written."""
    after: Literal["incident_start", "incident_end"] = "incident_start"
    clause: Clause | None = None

    @model_validator(mode="after")
    def _after_counts_something(self) -> Self:
        if self.within is None and "after" in self.model_fields_set:
            raise ValueError("nothing is counted after it; write within: 24h as well, or remove after")
        return self


class Requirement(Part):
    """What must hold for a claim to be valid, such as that all invoices are paid."""

    id: Id
    """The name that the table `conditions` of the evidence calls it by."""
    says: str
    """The requirement, in slakit's words."""
    clause: Clause | None = None


class ClaimForm(Part):
    """The form in which the provider takes a claim, and what answers each item of `evidence`."""

    to: str | None = None
    """Who it is addressed to; the provider, if not written."""
    channel: str | None = None
    """How it is sent, as the provider calls it: a support case, a form with its address, email."""
    subject: str | None = None
    """Words that its subject must hold."""
    one_per: Literal["subscription", "month", "window"] = "subscription"
    """What one letter is for: everything that is claimed, one calendar month of it, or one window."""
    language: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")] | None = None
    """The only language in which claims are taken: `en`."""
    redact: bool = False
    """Confidential parts of files must be starred."""
    customer: list[str] = []
    """Items of `evidence` that the customer's name and contact answer."""
    reference: list[str] = []
    """Items that the order or account number answers."""
    letter: list[str] = []
    """Items that every letter holds: the service, dates and times of the downtime, the words of the subject."""
    files: list[str] = []
    """Items that a file answers. All others the claimant answers in words."""
    source: str | None = None
    """Where this is said, if not in the document itself."""

    @property
    def answered(self) -> dict[str, list[str]]:
        """Return what answers items of `evidence`, by the key that says so."""
        return {key: getattr(self, key) for key in ("customer", "reference", "letter", "files")}


class Claims(Part, defer_build=False):
    """How, from when and until when a credit is asked for."""

    needed: bool = True
    opens: Duration | None = None
    """Not before so long after the anchor (after the window, where a month's end is the deadline); in days: the first
    instant after them."""
    within: Duration | None = None
    after: Anchor = "window_end"
    to_end_of: Window | None = None
    """The deadline is put off to the end of the month, quarter, ... in which it falls."""
    report: Report | None = None
    """The outage must have been reported first; otherwise the claim is lost."""
    requires: list[Requirement] = []
    """What must hold in the whole window of a credit, also where no claim is needed. Where it did not, the claim is not
    valid; what the evidence does not answer is taken as met."""
    holidays: str | None = None
    """Country, or country and region (`SE`, `DE-BE`), whose public holidays are no business days."""
    in_writing: bool = False
    evidence: list[str] = []
    form: ClaimForm | None = None
    payout: Payout | None = None
    clause: Clause | None = None

    _holidays_exist = field_validator("holidays")(known_holidays)

    @model_validator(mode="after")
    def _requirements_have_names(self) -> Self:
        names = [one.id for one in self.requires]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two requirements are called {name}; give each its own id")
        return self

    @property
    def has_deadline(self) -> bool:
        """Return whether a last day for the claim is stated."""
        return self.needed and (self.within is not None or self.after == "end_of_second_month")


class Right(Part):
    """A right, such as to terminate, that arises when a guarantee is missed badly, long or often enough."""

    id: Id
    says: str
    guarantees: list[Id] = Field(alias="for", min_length=1)
    when: Annotated[list[Condition], BeforeValidator(as_list, json_schema_input_type=list[Condition] | Condition)] = (
        Field(min_length=1)
    )
    """A condition on a window, or several of which any will do."""
    within: Duration | None = None
    """After the window ends, to use it."""
    tiers: list[str] | None = None
    clause: Clause


class Remedy(Limits, defer_build=False):
    """The credit for several guarantees together."""

    id: Id
    name: str | None = None
    guarantees: list[Id] = Field(alias="for", min_length=1)
    select: Literal["sum", "largest", "smallest"] = "sum"
    """Of the credits of several schedules: all, the largest, or the smallest, which is nothing where one is nothing."""
    tiers: list[str] | None = None
    credit: Annotated[list[Credit], BeforeValidator(as_list, json_schema_input_type=list[Credit] | Credit)]
    """One schedule, or several."""
    claims: Claims | None = None
    clause: Clause | None = None

    @property
    def all_caps(self) -> list[Cap]:
        """Caps of its schedules, and its own."""
        return [*(cap for credit in self.credit for cap in credit.caps), *self.caps]


class OneOf(Part):
    """Remedies of which only one is paid for the same window, or, of those for single incidents, for the same incident.
    Incidents that share an outage, directly or by others, are the same."""

    id: Id
    remedies: list[Id] = Field(min_length=2)
    """Remedies, or guarantees with a credit of their own."""
    select: Literal["largest", "choice"] = "largest"
    """Paid is the one with the largest credit after its caps and minimum, of equal ones the first written here.
    `choice` is the customer's: the largest is computed, and said to be an assumption."""
    clause: Clause | None = None
