"""What a claim says: its facts, before they are put into any language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Level:
    """A level that is committed or measured.

    Attributes
    ----------
    kind
        What `value` is: a percentage, a length (seconds), a number of incidents, or a measured value.
    value
        None where nothing was measured.
    unit
        Of a measured value.
    """

    kind: Literal["percent", "length", "count", "value"]
    value: Decimal | None
    unit: str = ""


@dataclass(frozen=True)
class CountedInterval:
    """Time that counts as downtime: a whole outage, or a part of one."""

    outage: str
    component: str | None
    started: datetime
    ended: datetime
    seconds: Decimal
    clause: str


@dataclass(frozen=True)
class LateTicket:
    """A ticket that was answered or resolved too late, or not at all."""

    ticket: str
    opened: datetime
    due: datetime | None
    answered: datetime | None
    late_seconds: Decimal | None
    clause: str


@dataclass(frozen=True)
class JudgedGuarantee:
    """A guarantee in one of its windows: what was committed, what was measured, and what counted.

    Attributes
    ----------
    clause
        Of what is committed.
    agreed_seconds, downtime_seconds
        Agreed service time, and downtime; none where tickets or measurements decide.
    tickets_met, tickets_judged
        Where tickets decide.
    """

    guarantee: str
    name: str
    start: datetime
    end: datetime
    clause: str
    committed: Level
    measured: Level
    agreed_seconds: Decimal | None = None
    downtime_seconds: Decimal | None = None
    intervals: tuple[CountedInterval, ...] = ()
    tickets: tuple[LateTicket, ...] = ()
    tickets_met: int | None = None
    tickets_judged: int | None = None


@dataclass(frozen=True)
class ClaimedWindow:
    """One credit that is claimed: a remedy, for one window.

    Attributes
    ----------
    remedy, name
        Id, and name.
    judged
        The guarantees that were missed.
    credit_percent, basis_amount, clause
        The credit before caps: a share of an amount, and the clause of it.
    cap_clause
        Of the cap that was applied; none where none was.
    capped
        Whether a cap was applied.
    amount
        What is claimed, as in `review.claims`.
    status, deadline, deadline_earliest
        As in `review.claims`.
    explanation
        Depth and sentence of how it follows, in English (see `explain`).
    """

    remedy: str
    name: str
    start: datetime
    end: datetime
    judged: tuple[JudgedGuarantee, ...]
    credit_percent: Decimal
    basis_amount: Decimal
    clause: str
    capped: bool
    cap_clause: str
    amount: Decimal
    status: str
    deadline: datetime | None
    deadline_earliest: datetime | None
    explanation: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class ReadingTaken:
    """An open question of the contract that moves what is owed, and the answer that is taken or asked for."""

    question: str
    answer: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class ReadingAsked:
    """Answers that the claimant asks for, and what the windows claimed would pay under them."""

    answers: tuple[ReadingTaken, ...]
    amount: Decimal
    difference: Decimal


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a claim, as it is sent.

    Attributes
    ----------
    name
        Of the file.
    answers
        The item of `claims.evidence` that it answers; empty if none.
    content, sha256
        Its bytes, stars in place of what was named, and their hash.
    starred
        How many places are starred; none where nobody said what to star.
    """

    name: str
    answers: str
    content: bytes
    sha256: str
    starred: int | None


@dataclass(frozen=True)
class Check:
    """One thing that a claim needs before it can be sent.

    Attributes
    ----------
    what
        It is called so by the contract, or by slakit.
    there
        Whether it is there.
    says
        What it is, or what to do.
    clause
        That asks for it; empty if none.
    """

    what: str
    there: bool
    says: str
    clause: str = ""


@dataclass(frozen=True)
class Claim:
    """One claim as it is sent: all windows that go into one letter or form.

    Attributes
    ----------
    name
        Of its files.
    subscription, policy, provider, plan, service, agreement
        What it is about; `agreement` is the title of the contract.
    addressee, channel
        Who it goes to and how; empty where the contract does not say how.
    subject_words
        What the provider demands in the subject.
    one_per
        What one letter is for (see `claims.form`).
    reference, account, sender
        As evidence and claimant give them; empty where nobody does.
    details
        Item of `claims.evidence`, and what the claimant says of it.
    confirmed
        Requirements that the evidence says were met, each with its clause.
    claims_clause, payout
        Of the terms of claims.
    deadline
        The earliest under the chosen reading.
    checks
        What the claim needs, and whether it is there.
    """

    name: str
    subscription: str
    policy: str
    provider: str
    plan: str
    service: str
    agreement: str
    zone: ZoneInfo
    language: str
    date: date
    addressee: str
    channel: str
    subject_words: str
    one_per: str
    reference: str
    account: str
    sender: tuple[str, ...]
    windows: tuple[ClaimedWindow, ...]
    amount: Decimal
    currency: str
    taken: tuple[ReadingTaken, ...]
    asked: ReadingAsked | None
    details: tuple[tuple[str, str], ...]
    confirmed: tuple[tuple[str, str], ...]
    attachments: tuple[Attachment, ...]
    claims_clause: str
    payout: str
    deadline: datetime | None
    checks: tuple[Check, ...]

    @property
    def missing(self) -> tuple[Check, ...]:
        """Return what is not there yet."""
        return tuple(check for check in self.checks if not check.there)

    @property
    def ready(self) -> bool:
        """Return whether the claim can be sent as it is."""
        return not self.missing


@dataclass(frozen=True)
class NotClaimed:
    """A credit that is owed and not claimed here, and why."""

    subscription: str
    name: str
    start: datetime
    end: datetime
    window: str
    amount: Decimal
    currency: str
    why: str


@dataclass(frozen=True)
class ClaimPack:
    """Claims that can be made now, and credits that cannot be claimed, with the reason."""

    claims: tuple[Claim, ...]
    not_claimed: tuple[NotClaimed, ...]

    @property
    def ready(self) -> bool:
        """Return whether there is a claim, and every one can be sent as it is."""
        return bool(self.claims) and all(claim.ready for claim in self.claims)
