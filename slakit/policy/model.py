"""The data of a policy file, section by section."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from slakit.currencies import known_currency
from slakit.policy.guarantees import Begins, Guarantee, Maintenance
from slakit.policy.part import Id, Part, Stated, Word
from slakit.policy.quantities import Clause, Duration, Zone
from slakit.policy.recovery import Backup, Recovery
from slakit.policy.remedies import Claims, OneOf, Remedy, Right
from slakit.policy.shared_terms import written_whole
from slakit.policy.superseded import renewed
from slakit.policy.support import Support

Currency = Annotated[str, AfterValidator(known_currency)]


def _is_day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) or not _exists(text):
        raise ValueError("not a day of the calendar; write it like 2026-11-27")
    return text


def _is_date(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", text) or not _exists(text):
        raise ValueError("not a date; write a year, a month or a day, like 2026, 2026-11 or 2026-11-27")
    return text


def _exists(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text + "0000-01-01"[len(text) :]))
    except ValueError:
        return False


class Source(Part):
    """Where the terms come from."""

    title: str
    language: str
    url: str | None = None
    updated: Annotated[str, AfterValidator(_is_date)] | None = None
    """Date the document gives itself."""
    retrieved: Annotated[str, AfterValidator(_is_day)]
    read: Literal["whole", "excerpt", "transcription"] = "whole"
    attribution: str | None = None
    """Whose transcription it is, and its licence, as it must be named."""
    note: str | None = None


class Renewal(Part):
    """How the contract goes on, and how it ends."""

    renews: Literal["same_length", "monthly", "none"]
    notice: Duration | None = None
    """Before the end, to stop it."""
    clause: Clause


class Changes(Stated):
    """How the provider may change the document."""

    notice: Duration | None = None
    """Between the news of a change and the day it holds; a change holds at once, if not written."""


class Contract(Part):
    """Terms around the guarantees."""

    billing: Stated | None = None
    renewal: Renewal | None = None
    sole_remedy: Stated | None = None
    changes: Changes | None = None
    suspension: Stated | None = None


class Assumed(Part):
    """A term the document does not state, and why the file states it nevertheless."""

    term: str
    value: str
    because: str


class Monitor(Part):
    """Whose measurements decide whether a guarantee was met."""

    by: Literal["provider", "customer", "third_party", "both"]
    """`both`: the provider's measurements, and those of a third party."""
    clause: Clause


Flaw = Literal["contradiction", "silence", "unclear"]
"""What is wrong with a place in a document: it says two things, says nothing, or can be read in two ways."""


class Noticed(Part):
    """A flaw of the text that a reader noticed and no figure shows."""

    says: str
    """What is wrong, in slakit's words."""
    kind: Flaw
    clauses: list[Clause] = Field(min_length=1)
    tiers: list[str] | None = None
    """Tiers it concerns; all, if not written."""


class Answer(Part):
    """What an answer changes."""

    set: dict[str, Any] = {}
    """Path of a term (`guarantees.platform.window`) to its value under this answer."""
    because: str | None = None
    formerly: list[str] = []
    """Names that it had in earlier versions of the file: they are still taken."""


class Question(Part):
    """A place where the document contradicts itself or stays silent."""

    id: Id
    question: str
    kind: Flaw = "unclear"
    clauses: list[Clause]
    answers: dict[Word | Annotated[str, Field(pattern=r"^[0-9][a-z0-9_]*$")], Answer] = Field(min_length=2)
    default: str

    @model_validator(mode="after")
    def _default_is_an_answer(self) -> Self:
        if self.default not in self.answers:
            raise ValueError(f"the default {self.default} is not an answer; use one of {', '.join(self.answers)}")
        return self

    def named(self, answer: str) -> str | None:
        """Return the name of an answer, by this name or a former one; none where there is no such answer."""
        if answer in self.answers:
            return answer
        return next((name for name, own in self.answers.items() if answer in own.formerly), None)


class PolicyModel(Part):
    """One version of one provider's SLA document: everything it says, with the clause it says it in."""

    format: Literal[1]
    id: Id
    provider: str
    service: str
    source: Source
    time_zone: Zone | None = None
    currency: Currency | None = None
    tiers: list[Id] = []
    """Plans a customer can buy, the cheapest first; none where there is only one."""
    begins: Begins | None = None
    maintenance: list[Maintenance] = []
    guarantees: list[Guarantee] = Field(min_length=1)
    remedies: list[Remedy] = []
    one_of: list[OneOf] = []
    """Remedies of which only one is paid for a window or an incident."""
    rights: list[Right] = []
    """Rights beside credits, such as to terminate, that breaches give rise to."""
    claims: Claims | None = None
    support: Support | None = None
    recovery: list[Recovery] = []
    backups: list[Backup] = []
    contract: Contract = Contract()
    undertakings: list[Stated] = []
    """Commitments without a target."""
    monitor: Monitor | None = None
    noticed: list[Noticed] = []
    assumed: list[Assumed] = []
    readings: list[Question] = []
    _origin: str | None = PrivateAttr(default=None)

    _in_todays_keys = model_validator(mode="before")(renewed)
    _with_shared_terms = model_validator(mode="before")(written_whole)

    @property
    def origin(self) -> str | None:
        """Id of the policy that this one was changed from (see `amend`)."""
        return self._origin

    def __eq__(self, other: object) -> bool:
        """Policies that say the same are the same, whatever they were changed from."""
        return isinstance(other, PolicyModel) and dict(self) == dict(other)

    __hash__ = None  # type: ignore[assignment]
