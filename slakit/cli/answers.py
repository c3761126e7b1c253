"""What commands print with `--json`: one document for each command, and the JSON Schema of all of them.

Rows have the keys of the tables that `--out` writes. Money, percentages and lengths in seconds are exact decimals, as
text; instants are ISO 8601 in UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, Union

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, TypeAdapter, WithJsonSchema

from slakit.problems import HIDDEN

if TYPE_CHECKING:
    import polars as pl

    from slakit.analysis.explain import Explanation


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


Exact = Annotated[
    Decimal,
    PlainSerializer(lambda number: f"{number:f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$", "description": "An exact decimal."}),
]
Instant = Annotated[
    datetime,
    PlainSerializer(_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "description": "ISO 8601, in UTC."}),
]
Severity = Literal["defect", "gap", "risk", "note"]


class Part(BaseModel):
    """A part of a document, with no more keys than the schema names."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)

    @classmethod
    def of_table(cls, table: pl.DataFrame) -> list[Self]:
        """Take the rows of a table, by the columns that the model has."""
        return [cls(**row) for row in table.select(list(cls.model_fields)).iter_rows(named=True)]


class Answer(Part):
    """A document that a command prints."""

    def print(self) -> None:
        """Print the document, and nothing else."""
        import typer

        # what a terminal would obey is escaped: it is the same text to whoever parses it
        typer.echo(HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", self.model_dump_json(indent=2)))


class Told(Part):
    """A sentence of an explanation."""

    depth: int
    """0 is a heading."""
    text: str


class Claim(Part):
    """What has become of the claim for a credit."""

    subscription: str
    remedy: str
    window_start: Instant
    amount: Exact
    currency: str
    status: str
    deadline: Instant | None
    deadline_earliest: Instant | None
    """Under any reading of the contract."""
    evidence_needed: str


class Credit(Part):
    """A credit of a window, or none."""

    subscription: str
    remedy: str
    window_start: Instant
    window_end: Instant
    credit_percent: Exact
    basis_amount: Exact
    amount: Exact
    currency: str
    cap: str | None
    instead: str | None


class Assumption(Part):
    """What neither contract nor evidence says."""

    subject: str
    term: str
    value: str
    because: str


class ListedPolicy(Part):
    """A policy of the library."""

    policy: str
    provider: str
    service: str
    tiers: list[str]
    committed: list[str]
    """Guarantee and level."""
    windows: list[str]
    credit: list[str]
    """Kinds of schedules."""
    read: Literal["whole", "excerpt", "transcription"]


class ListedMechanic(Part):
    """A way in which credits are computed."""

    mechanic: str
    meaning: str
    policies: int
    """How many of the library use it."""


class PoliciesAnswer(Answer):
    """The policies that ship with slakit, or with `--mechanics` the mechanics that they use."""

    command: Literal["policies"] = "policies"
    policies: list[ListedPolicy] = []
    mechanics: list[ListedMechanic] = []


class Term(Part):
    """A term of a contract."""

    section: str
    term: str
    value: str
    clause: str


class ShowAnswer(Answer):
    """A policy as a card."""

    command: Literal["show"] = "show"
    policy: str
    provider: str
    service: str
    read: Literal["whole", "excerpt", "transcription"]
    terms: list[Term]


class Finding(Part):
    """A finding about a contract."""

    policy: str
    provider: str
    tiers: str
    """The tiers that it is about, by commas; empty: all."""
    severity: Severity
    code: str
    about: str
    subject: str
    sentence: str
    figure: str
    clauses: str


class FindingsAnswer(Answer):
    """Findings about contracts."""

    command: Literal["findings"] = "findings"
    findings: list[Finding]


class Budget(Part):
    """Downtime that a guarantee allows in a window."""

    policy: str
    tier: str | None
    provider: str
    guarantee: str
    guarantee_name: str
    window: str
    window_start: Instant
    window_end: Instant
    time_zone: str
    agreed_seconds: Exact
    target: Exact
    budget_seconds: Exact
    commitment: str
    clause: str


class BudgetAnswer(Answer):
    """Downtime that guarantees allow, window by window."""

    command: Literal["budget"] = "budget"
    budgets: list[Budget]


class AssessedSubscription(Part):
    """What is owed to a subscription."""

    subscription: str
    policy: str
    tier: str | None
    owed: Exact
    lowest: Exact | None
    """If ambiguous clauses are read otherwise."""
    highest: Exact | None
    currency: str
    claimable: Exact
    next_deadline: Instant | None


class AcquiredRight(Part):
    """A right that a breach gave rise to."""

    subscription: str
    right: str
    says: str
    guarantee: str
    window_start: Instant
    window_end: Instant
    until: Instant | None
    clause: str


class Warned(Part):
    """A row of the evidence that was not used, or not as it is written."""

    subscription: str
    table: str
    row: int | None
    code: str
    says: str


class RowCount(Part):
    """Rows of the evidence."""

    subscription: str
    table: str
    read: int
    used: int


class AssessAnswer(Answer):
    """An assessment: what is owed and claimable. The other tables are written by `--out`."""

    command: Literal["assess"] = "assess"
    period: str
    as_of: Instant
    owed: dict[str, Exact]
    """By currency."""
    subscriptions: list[AssessedSubscription]
    credits: list[Credit]
    claims: list[Claim]
    rights: list[AcquiredRight]
    assumptions: list[Assumption]
    warnings: list[Warned]
    row_counts: list[RowCount]


class FleetPart(Part):
    """A part of a fleet."""

    part: int
    status: str
    error: str | None


class FleetAnswer(Answer):
    """An assessment in parts."""

    command: Literal["assess --workers"] = "assess --workers"
    period: str
    as_of: Instant | None
    subscriptions: int
    owed: dict[str, Exact]
    claimable: dict[str, Exact]
    warnings: dict[str, int]
    """Code → how many."""
    problems: list[str]
    interrupted_by: str | None
    parts: list[FleetPart]


class Pair(Part):
    """An outage that two sources know, or one of them."""

    subscription: str
    component: str | None
    known_to: Literal["both", "provider", "own"]
    provider_outage: str | None
    provider_started: Instant | None
    provider_ended: Instant | None
    own_outage: str | None
    own_started: Instant | None
    own_ended: Instant | None
    start_difference_seconds: Exact | None
    end_difference_seconds: Exact | None
    overlap_seconds: Exact | None
    other_observed: str | None


class ReconciledCredit(Part):
    """A credit by two sources."""

    subscription: str
    remedy: str
    window_start: Instant
    window_end: Instant
    currency: str
    provider_amount: Exact
    own_amount: Exact
    together_amount: Exact
    difference: Exact


class ReconciledSum(Part):
    """The credits of a subscription by two sources."""

    subscription: str
    currency: str
    provider_amount: Exact
    own_amount: Exact
    together_amount: Exact
    difference: Exact


class ReconcileAnswer(Answer):
    """The outages of two sources side by side."""

    command: Literal["reconcile"] = "reconcile"
    summary: list[str]
    pairs: list[Pair]
    credits: list[ReconciledCredit]
    owed: list[ReconciledSum]


class ExplainAnswer(Answer):
    """Why a credit is due, or whether a ticket was answered in time."""

    command: Literal["explain"] = "explain"
    title: str
    lines: list[Told]


class Reading(Part):
    """An answer to an open question, and what it makes of the credits."""

    subscription: str
    currency: str
    question: str
    asks: str
    """The question in words."""
    answer: str
    amount: Exact
    difference: Exact
    """To the answer that is assumed."""
    chosen: bool
    moves: Exact
    """Between the lowest and the highest answer."""


class Range(Part):
    """What is owed if ambiguous clauses are read otherwise."""

    subscription: str
    currency: str
    amount: Exact
    amount_low: Exact
    amount_high: Exact
    reading_low: str
    reading_high: str
    widened_by: str


class ReadingsAnswer(Answer):
    """Open questions of contracts, and what depends on each."""

    command: Literal["readings"] = "readings"
    readings: list[Reading]
    ranges: list[Range]


class Due(Part):
    """When an answer to a ticket is due."""

    guarantee: str
    guarantee_name: str
    priority: str | None
    within: str
    due: Instant | None
    """None where the calendar never reaches it."""
    commitment: str
    clause: str
    why: list[str]


class DueAnswer(Answer):
    """When answers and updates of a ticket are due."""

    command: Literal["due"] = "due"
    due: list[Due]


class ComparedTerm(Part):
    """A term of a plan, in the vocabulary of ISO/IEC 19086."""

    plan: str
    area: str
    term: str
    code: str
    value: str | None
    figure: Exact | None
    best: bool | None
    clause: str | None


class Crossing(Part):
    """The length of one outage from which another plan pays more."""

    plan: str
    other: str
    downtime_seconds: Exact
    leads: str


class Dominance(Part):
    """Which of two plans pays more, for every length of an outage."""

    plan: str
    other: str
    verdict: str
    crossings: int


class ComparedCredits(Part):
    """Credits for the same outages under a contract."""

    subscription: str
    plan: str
    currency: str
    monthly_fee: Exact
    owed: Exact
    lowest: Exact | None
    highest: Exact | None
    counted_seconds: Exact
    windows: int
    missed: int


class ComparedOutage(Part):
    """An outage under a contract."""

    subscription: str
    outage: str
    plan: str
    guarantee: str | None
    counted_seconds: Exact
    why: str | None
    differs: bool


class CompareAnswer(Answer):
    """Plans side by side."""

    command: Literal["compare"] = "compare"
    plans: dict[str, str]
    """Plan → its name."""
    summary: list[str]
    terms: list[ComparedTerm]
    dominance: list[Dominance]
    crossings: list[Crossing]
    owed: list[ComparedCredits]
    verdicts: list[ComparedOutage]


class ExpectedCredit(Part):
    """What a plan pays in a year, by one model of outages."""

    plan: str
    model: str
    currency: str
    years: int
    months_missed: Exact | None
    """Share of measurement windows in which a guarantee is missed. [percent]"""
    year_missed: Exact
    """Share of years with such a window. [percent]"""
    expected: Exact
    error: Exact | None
    """Monte Carlo standard error of the expected credit."""
    lowest: Exact
    highest: Exact
    """Expected credit under the reading that pays least, and most."""
    p10: Exact
    p50: Exact
    p90: Exact
    fee_share: Exact
    """Of twelve monthly fees. [percent]"""
    nothing: Exact
    deepest: Exact
    right: Exact
    """Years without a credit, with the largest one that a remedy knows, with a right such as to terminate. [percent]"""


class ExpectedDifference(Part):
    """Two plans in the same years, in percent of twelve monthly fees."""

    plan: str
    other: str
    model: str
    difference: Exact
    error: Exact | None
    p10: Exact
    p90: Exact
    more: Exact
    less: Exact
    """Years in which the plan pays more than the other, or less. [percent]"""
    discount: Exact | None
    """By which the fee of the one that pays less must be lower, if it is to cost as much. [percent]"""


class ExpectedReading(Part):
    """What a year pays with one answer to an open question, the others as chosen."""

    plan: str
    model: str
    question: str
    answer: str
    chosen: bool
    expected: Exact
    difference: Exact
    year_missed: Exact
    nothing: Exact
    years: int
    currency: str


class OutlookAnswer(Answer):
    """`slakit outlook --json`."""

    command: Literal["outlook"] = "outlook"
    plans: dict[str, str]
    period: str
    years: int
    seed: int
    fee: Exact
    summary: list[ExpectedCredit]
    differences: list[ExpectedDifference]
    readings: list[ExpectedReading]
    basis: list[str]
    """What the years of the first model are drawn from."""


class QuoteAnswer(Answer):
    """The answer to a quick question."""

    command: Literal["quote"] = "quote"
    owed: dict[str, Exact]
    deadline: Instant | None
    claims: list[Claim]
    credits: list[Credit]
    why: list[Told]
    assumptions: list[Assumption]
    saved: str | None
    """The file that the terms were written to."""


class ListedReader(Part):
    """A reader of files of another tool."""

    reader: str
    reads: str | None
    fetch: str | None
    """How to fetch its files."""
    cannot_be_used: str | None


class NotInARow(Part):
    """Records that are in no row."""

    reason: str
    count: int
    ids: list[str]


class ImportAnswer(Answer):
    """What was imported; or the readers, with `--list`; or the mapping that is to be filled in."""

    command: Literal["import"] = "import"
    readers: list[ListedReader] = []
    mapping_to_fill_in: str | None = None
    source: str | None = None
    reader: str | None = None
    records: int | None = None
    rows: dict[str, int] = {}
    """Table → rows that it holds from this source."""
    in_no_row: list[NotInARow] = []
    evidence: str | None = None


class Example(Part):
    """A worked example, and whether it holds."""

    example: str
    where: str
    source: str
    holds: bool
    differences: list[str]
    refused: str


class CheckAnswer(Answer):
    """Worked examples."""

    command: Literal["check"] = "check"
    examples: list[Example]


class Deadline(Part):
    """A claim that can still be made, and until when."""

    subscription: str
    remedy: str
    amount: Exact
    currency: str
    deadline: Instant


class CalendarAnswer(Answer):
    """Deadlines that were written into a calendar file."""

    command: Literal["calendar"] = "calendar"
    deadlines: list[Deadline]
    files: list[str]


class ClaimNeed(Part):
    """One thing that a claim needs before it can be sent."""

    what: str
    there: bool
    says: str
    """What it is, or what to do."""
    clause: str


class WrittenClaim(Part):
    """A claim that was written: one letter."""

    name: str
    subscription: str
    amount: Exact
    currency: str
    deadline: Instant | None
    language: str
    ready: bool
    needs: list[ClaimNeed]
    folder: str


class CreditNotClaimed(Part):
    """A credit that is owed and not in these claims."""

    subscription: str
    name: str
    start: Instant
    end: Instant
    amount: Exact
    currency: str
    why: str


class ClaimAnswer(Answer):
    """Claims that were written, and what is missing."""

    command: Literal["claim"] = "claim"
    ready: bool
    """All of them can be sent as they are."""
    claims: list[WrittenClaim]
    not_claimed: list[CreditNotClaimed]


class DossierAnswer(Answer):
    """A dossier that was written."""

    command: Literal["dossier"] = "dossier"
    folder: str
    timestamp_request: str | None
    """File to send to a time stamp authority."""


class DossierDifference(Part):
    """What differs in a dossier."""

    of: Literal["file", "figure", "timestamp"]
    where: str
    says: str


class VerifyAnswer(Answer):
    """What a check of a dossier found."""

    command: Literal["verify"] = "verify"
    sound: bool
    """Nothing differs."""
    files: int
    figures: int
    """Cells and lines that were computed again."""
    slakit: str
    """Version that wrote the dossier."""
    stamped: Instant | None
    """When a time stamp authority says that the manifest was there."""
    differences: list[DossierDifference]
    notes: list[str]


class RatedKpi(Part):
    """A key performance indicator, and its rating."""

    kpi: str
    name: str
    subscription: str
    guarantee: str
    first: Instant | None
    after: Instant | None
    windows: int
    met: int
    level: Exact | None
    unit: str
    good: Exact | None
    approaching: Exact
    requires_improvement: Exact
    rating: Literal["Good", "Approaching target", "Requires improvement", "Inadequate", "Other"]
    why: str


class ScorecardAnswer(Answer):
    """Key performance indicators, rated."""

    command: Literal["scorecard"] = "scorecard"
    title: str | None
    kpis: list[RatedKpi]


class DoraPoint(Part):
    """What an article of DORA asks for, and what a contract has."""

    policy: str
    tier: str
    provider: str
    article: str
    asks: str
    point: str
    state: Literal["stated", "part", "missing", "not_read"]
    says: str
    clauses: str
    missing: str


class DoraAnswer(Answer):
    """Contracts held against article 30 of DORA."""

    command: Literal["findings --profile dora"] = "findings --profile dora"
    points: list[DoraPoint]


def told(explanation: Explanation) -> list[Told]:
    """Take the sentences of an explanation."""
    return [Told(depth=depth, text=text) for depth, text in explanation.lines]


def answers_schema() -> dict[str, Any]:
    """Return the JSON Schema of every document that a command prints with `--json`; `command` says which it is.

    >>> sorted(answers_schema()["discriminator"]["mapping"])[:4]
    ['assess', 'assess --workers', 'budget', 'calendar']
    """
    either: Any = Union[tuple(Answer.__subclasses__())]  # noqa: UP007 (made of a list)
    one_of: Any = Annotated[either, Field(discriminator="command")]
    schema = TypeAdapter(one_of).json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "slakit answers"}
