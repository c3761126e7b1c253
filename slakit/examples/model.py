"""What an example file says."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from slakit.policy.part import Part
from slakit.policy.quantities import Money, PlainDuration, Share

Row = dict[str, Any]
"""A row of an evidence table, without its id and its subscription."""


def _exact(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("not a number; write digits with a point, like 99.95")
    return Decimal(value)


def _text(value: object) -> object:
    return str(value) if isinstance(value, int | Decimal | datetime) else value


Number = Annotated[Decimal, BeforeValidator(_exact)]
Text = Annotated[str, BeforeValidator(_text)]
Lengths = PlainDuration | list[PlainDuration] | dict[str, PlainDuration | list[PlainDuration]]
Numbers = Number | list[Number] | dict[str, Number | list[Number]]
Amounts = Money | list[Money] | dict[str, Money | list[Money]]
Shares = Share | list[Share] | dict[str, Share | list[Share]]
Verdicts = bool | list[bool] | dict[str, bool | list[bool]]
GIVEN = ("downtime", "availability", "attainment", "figure")
"""What can be said to have happened in one word. Tables go together; a word stands alone."""
TABLES = ("outages", "maintenance", "measurements", "tickets", "charges", "claims_made")


class Expected(Part):
    """What must come out. One value for the first window or the sum, a list for windows in order, or a mapping."""

    credit: Amounts | None = None
    """Sum of the credits of the period; by window; or by remedy."""
    share: Shares | None = None
    """Credit as a share of its fee basis, before caps."""
    availability: Numbers | None = None
    """Floored to six decimals. [percent]"""
    met: Verdicts | None = None
    downtime: Lengths | None = None
    """What counts."""
    budget: Lengths | None = None
    """Allowed downtime of the first window."""
    deadline: Text | None = None
    """Of the first claim."""
    refused: str | None = None
    """Words of the refusal of the evidence or the terms."""

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing is expected; write credit, availability, met, downtime, budget or deadline")
        return self


class Example(Part):
    """What happened to one subscription, and what must come out."""

    name: str
    source: str | None = None
    """Who published it, where it is not whom the file names; `ours` if nobody did."""
    tier: str | None = None
    reading: dict[str, Text] = {}
    fee: Money | None = None
    """Monthly; 1000 in the policy's currency, if not written."""
    components: dict[str, Money] = {}
    """Component → its monthly fee."""
    period: Text = "2026-06"
    starts: Text | None = None
    """Of the subscription; two years before the period, if not written."""
    ends: Text | None = None
    billing_day: int | None = None
    as_of: Text | None = None
    """After everything, if not written."""
    downtime: Lengths | None = None
    availability: Numbers | None = None
    attainment: Numbers | None = None
    figure: Numbers | None = None
    outages: list[Row] = []
    maintenance: list[Row] = []
    measurements: list[Row] = []
    tickets: list[Row] = []
    charges: list[Row] = []
    claims_made: list[Row] = []
    evidence: str | None = None
    """A folder with the evidence of one subscription, relative to the file."""
    expect: Expected
    tolerance: dict[Literal["credit", "share", "availability", "downtime", "budget"], Text] = {}
    """By how much a published number, which is rounded, may differ."""
    because: str | None = None
    """Why there is a tolerance."""

    @model_validator(mode="after")
    def _happened_once(self) -> Self:
        words = [name for name in GIVEN if getattr(self, name) is not None]
        tables = [name for name in TABLES[:2] if getattr(self, name)]
        if len(words) > 1 or (words and tables) or (self.evidence and (words or tables)):
            raise ValueError("what happened is said twice; write one of downtime, availability, outages or evidence")
        if self.tolerance and not self.because:
            raise ValueError("a tolerance without a reason; write because: the page rounds to whole dollars")
        return self


class ExampleFile(Part):
    """Worked examples of one policy."""

    format: Literal[1]
    policy: str | None = None
    """Id in the library, or a path relative to this file."""
    terms: dict[str, Any] | None = None
    """A whole policy, written here."""
    source: str
    """Who published the numbers; `ours` if nobody did."""
    examples: list[Example] = Field(min_length=1)

    @model_validator(mode="after")
    def _of_one_policy(self) -> Self:
        if (self.policy is None) == (self.terms is None):
            raise ValueError("examples of one policy; write policy: an id or a path, or terms: the whole of it")
        return self
