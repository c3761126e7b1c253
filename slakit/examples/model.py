"""What an example file says."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from slakit.policy.part import Part
from slakit.policy.quantities import Money, PlainDuration, Share
from slakit.policy.reference import sections_of

ExampleRow = dict[str, Any]
"""A row of an evidence table, without its id and its subscription."""


def _exact(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("not a number; write digits with a point, like 99.95")
    return Decimal(value)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | Decimal | datetime) else value


def _slack(value: object) -> object:
    """Read money, a share or a number, whichever is written."""
    if isinstance(value, str) and value.endswith("%"):
        return Share.read(value)
    if isinstance(value, str) and " " in value:
        return Money.read(value)
    return _exact(Decimal(value) if isinstance(value, str) and EXAMPLE_NUMBER.fullmatch(value) else value)


EXAMPLE_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")
Slack = Annotated[Money | Share | Decimal, BeforeValidator(_slack)]
ExampleNumber = Annotated[Decimal, BeforeValidator(_exact)]
Text = Annotated[str, BeforeValidator(_text)]
Lengths = PlainDuration | list[PlainDuration] | dict[str, PlainDuration | list[PlainDuration]]
Numbers = ExampleNumber | list[ExampleNumber] | dict[str, ExampleNumber | list[ExampleNumber]]
Amounts = Money | list[Money] | dict[str, Money | list[Money]]
Shares = Share | list[Share] | dict[str, Share | list[Share]]
MetVerdicts = bool | list[bool] | dict[str, bool | list[bool]]
Happened = list[str] | dict[str, int]
GIVEN = ("downtime", "availability", "attainment", "figure")
"""What can be said to have happened in one word. Tables go together; a word stands alone."""
EXAMPLE_TABLES = (
    "outages",
    "maintenance",
    "measurements",
    "tickets",
    "priorities",
    "updates",
    "charges",
    "claims_made",
    "conditions",
    "coverage",
    "corrections",
)


def moneys(amounts: Amounts | None) -> list[Money]:
    """Return every amount that is written, however it is written."""
    if isinstance(amounts, dict):
        amounts = list(amounts.values())  # type: ignore[arg-type]
    if isinstance(amounts, list):
        return [money for amount in amounts for money in moneys(amount)]
    return [] if amounts is None else [amounts]


class Expected(Part):
    """What must come out. One value for the first window or the sum, a list for windows in order, or a mapping."""

    credit: Amounts | None = None
    """Sum of the credits of the period; by window; or by remedy."""
    share: Shares | None = None
    """Credit as a share of its fee basis, before caps."""
    availability: Numbers | None = None
    """Floored to six decimals. [percent]"""
    met: MetVerdicts | None = None
    credit_lower: Money | None = None
    """Sum of the credits if outages lasted only as long as their lower bounds."""
    credit_upper: Money | None = None
    """The same of their upper bounds."""
    credit_recorded: Money | None = None
    """Sum of the credits without any of the corrections."""
    credit_disputed: Money | None = None
    """The same if corrections that are disputed held too."""
    met_lower: MetVerdicts | None = None
    """Verdicts if outages lasted only as long as their lower bounds."""
    met_upper: MetVerdicts | None = None
    """The same of their upper bounds."""
    downtime: Lengths | None = None
    """What counts."""
    budget: Lengths | None = None
    """Allowed downtime of the first window."""
    deadline: Text | None = None
    """Of the first claim."""
    rights: Happened | None = None
    """Ids of the rights that arose, each once; or how many times each did. `[]` if none did."""
    claims: Happened | None = None
    """Statuses of the claims, each once; or how many claims have each. `[]` if there is no claim."""
    warnings: Happened | None = None
    """Codes of the warnings, each once; or how many there are of each. `[]` if there is none."""
    refused: str | None = None
    """Words of the refusal of the evidence or the terms."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError(f"nothing is expected; write {', '.join(type(self).model_fields)}")
        return self


class Tolerance(Part):
    """By how much what comes out may differ from what is expected, key by key."""

    credit: Slack | None = None
    """Money in the currency of the credit, or a plain number."""
    share: Slack | None = None
    """Percentage points."""
    availability: Slack | None = None
    """Percentage points."""
    downtime: PlainDuration | None = None
    budget: PlainDuration | None = None

    def slack(self, what: str) -> Fraction:
        """Return by how much a value may differ, in the unit in which it is compared."""
        value = getattr(self, what, None)
        if isinstance(value, PlainDuration):
            return Fraction(value.microseconds)
        if isinstance(value, Share):
            return value.value * 100
        return Fraction(value.amount if isinstance(value, Money) else value or 0)


class Example(Part):
    """What happened to one subscription, and what must come out."""

    name: str
    """Told where it does not hold; each name once in a file."""
    source: str | None = None
    """Who published it, if not the source of the file; `ours` if it was not published."""
    tier: str | None = None
    """The only one, if not written."""
    reading: dict[str, Text] = {}
    """Question → answer; the default of each question that is not named."""
    fee: Money | None = None
    """Monthly; 1000 in the policy's currency, if not written."""
    components: dict[str, Money] = {}
    """Component → its monthly fee."""
    period: Text = "2026-06"
    """First and last month, or one."""
    starts: Text | None = None
    """Of the subscription; two years before the period, if not written."""
    ends: Text | None = None
    """Of the subscription; it goes on, if not written."""
    billing_day: int | None = None
    """Day on which a billing month begins."""
    as_of: Text | None = None
    """After everything, if not written."""
    downtime: Lengths | None = None
    """That much, from the beginning of the window: one value, one for each window, or by guarantee."""
    availability: Numbers | None = None
    """The level that comes out, written the same ways. [percent]"""
    attainment: Numbers | None = None
    """Share of tickets answered in time. [percent]"""
    figure: Numbers | None = None
    """What was measured, in the unit of the guarantee."""
    outages: list[ExampleRow] = []
    """Rows as in the table of evidence, without id and subscription."""
    maintenance: list[ExampleRow] = []
    """As outages."""
    measurements: list[ExampleRow] = []
    """As outages."""
    tickets: list[ExampleRow] = []
    """As outages."""
    priorities: list[ExampleRow] = []
    """As outages; the tickets are `ticket-1`, `ticket-2` and so on."""
    updates: list[ExampleRow] = []
    """As priorities."""
    charges: list[ExampleRow] = []
    """As outages."""
    claims_made: list[ExampleRow] = []
    """As outages."""
    conditions: list[ExampleRow] = []
    """As outages."""
    coverage: list[ExampleRow] = []
    """As outages; all time is observed, if not written."""
    corrections: list[ExampleRow] = []
    """Decisions on outages, which are `outage-1`, `outage-2` and so on."""
    evidence: str | None = None
    """A folder with the evidence of one subscription, relative to the file."""
    expect: Expected
    tolerance: Tolerance | None = None
    """By how much a published number, which is rounded, may differ."""
    because: str | None = None
    """Why there is a tolerance."""

    @model_validator(mode="after")
    def _happened_once(self) -> Self:
        words = [name for name in GIVEN if getattr(self, name) is not None]
        tables = [name for name in EXAMPLE_TABLES[:2] if getattr(self, name)]
        if len(words) > 1 or (words and tables) or (self.evidence and (words or tables)):
            raise ValueError("what happened is said twice; write one of downtime, availability, outages or evidence")
        if self.tolerance and not self.because:
            raise ValueError("a tolerance without a reason; write because: the page rounds to whole dollars")
        allowed = self.tolerance.credit if self.tolerance else None
        paid = {money.currency for money in moneys(self.expect.credit)}
        if isinstance(allowed, Money) and paid - {allowed.currency}:
            raise ValueError(f"the credit is in {', '.join(sorted(paid))}; write its tolerance in that currency")
        return self


class ExampleFile(Part):
    """Worked examples of one policy."""

    format: Literal[1]
    policy: str | None = None
    """Id in the library, or a path relative to this file."""
    terms: dict[str, Any] | None = None
    """A whole policy, written here."""
    source: str
    """Who published the numbers; `ours` if they were not published."""
    examples: list[Example] = Field(min_length=1)

    @model_validator(mode="after")
    def _of_one_policy(self) -> Self:
        if (self.policy is None) == (self.terms is None):
            raise ValueError("examples of one policy; write policy: an id or a path, or terms: the whole of it")
        return self


def examples_reference() -> str:
    """Return the page that describes every key of an example file, as Markdown."""
    introduction = (
        "# Example files\n\nEvery key of a file of worked examples. "
        "Printed by `slakit schema --markdown --of examples`.\n\n"
        "A key with `?` is optional. `slakit check` runs the examples.\n"
    )
    return f"{introduction}\n{sections_of(ExampleFile)}"
