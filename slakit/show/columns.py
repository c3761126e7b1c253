"""Result tables: what each is, and the heading, unit and words of its columns, for HTML, Excel and the reference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.register import STATES
from slakit.analysis.requirements import REQUIREMENT_MET
from slakit.analysis.verdicts import VERDICT_WORDS
from slakit.policy.printing import percent_text, print_count
from slakit.show.labels import MET, STATUSES, TICKET_VERDICTS, instant_text, length_text, money_text

Kind = Literal["text", "number", "percent", "money", "length", "instant", "date"]
YES_NO = {True: "yes", False: "no"}


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    name
        What the table calls it.
    heading
        What people read above it, without a unit.
    kind
        How its cells are shown. If not given: instants and dates as such, names that end in `seconds` as lengths of
        time, numbers as numbers, anything else as text. `percent` holds percent numbers such as 99.95; `money` is
        shown with the currency of its row.
    words
        Value → what is shown instead; `yes` and `no` for booleans.
    strong
        What is shown, where it makes its row stand out, such as a breach.
    says
        What it means, where the heading does not say it.
    decimals
        Of a percentage in HTML, the rest cut off.
    """

    name: str
    heading: str
    kind: Kind | None = None
    words: Mapping[Any, str] = field(default_factory=dict)
    strong: Collection[str] = ()
    says: str = ""
    decimals: int = 3

    def kind_in(self, table: pl.DataFrame) -> Kind:
        """Return how the cells of a table are shown."""
        dtype = table.schema[self.name]
        if self.kind is not None:
            return self.kind
        if dtype.is_numeric():
            return "length" if self.name.endswith("seconds") else "number"
        return "instant" if dtype == pl.Datetime else "date" if dtype == pl.Date else "text"

    def text(self, value: Any, kind: Kind, *, currency: str | None = None, zone: ZoneInfo | None = None) -> str:
        """Write a cell for people: instants in a time zone, percentages cut and never rounded up."""
        if value in self.words:
            return self.words[value]
        if value is None or value == "":
            return "–"
        if isinstance(value, bool):
            return YES_NO[value]
        written: dict[Kind, Callable[[], str]] = {
            "percent": lambda: percent_text(value, self.decimals),
            "money": lambda: money_text(value, currency),
            "length": lambda: length_text(value),
            "instant": lambda: instant_text(value, zone or ZoneInfo("UTC")),
            "number": lambda: print_count(value),
        }
        return written[kind]() if kind in written else str(value)


@dataclass(frozen=True)
class ResultTable:
    """A result table: its title, its columns in their order, and a sentence on how to read it."""

    title: str
    columns: Sequence[Column]
    note: str = ""

    def column(self, name: str) -> Column:
        """Return the column of a name."""
        return next(column for column in self.columns if column.name == name)

    def headings(self, *names: str) -> list[str]:
        """List headings of columns."""
        return [self.column(name).heading for name in names]

    def texts(
        self, table: pl.DataFrame, names: Sequence[str], zone_of: Callable[[str], ZoneInfo] | None = None
    ) -> Iterator[dict[str, str]]:
        """Write the rows of a table for people.

        Parameters
        ----------
        table
            It has these columns; money also needs its `currency`, and instants the `subscription` whose zone they are
            shown in.
        names
            Columns to show.
        zone_of
            Subscription → time zone of its contract; UTC if not given.

        Yields
        ------
        dict[str, str]
            Heading → text.
        """
        columns = [self.column(name) for name in names]
        kinds = [column.kind_in(table) for column in columns]
        for row in table.iter_rows(named=True):
            zone = zone_of(row["subscription"]) if zone_of else None
            yield {
                column.heading: column.text(row[column.name], kind, currency=row.get("currency"), zone=zone)
                for column, kind in zip(columns, kinds, strict=True)
            }


BEST_EFFORT = {"best_effort": "best effort", "guaranteed": "guaranteed"}
IN_TARGET = {True: "yes", False: "no", None: "no verdict yet"}
RUNNING = {True: "still running", False: "over"}
CAPS = {
    "incident": "per incident",
    "window": "per window",
    "rolling_12mo": "per twelve months",
    "term": "over the term",
}
SUBSCRIPTION = Column("subscription", "Subscription")
GUARANTEE = Column("guarantee", "Guarantee")
REMEDY = Column("remedy", "Remedy", says="what the contract owes for a breach")
CURRENCY, CLAUSE = Column("currency", "Currency"), Column("clause", "Clause", says="that decides")
WINDOW = Column("window", "Window", says="by name, in the contract's time zone; in workbooks")
WINDOW_START, WINDOW_END = Column("window_start", "Window from"), Column("window_end", "Window to", says="not included")
WINDOWS = [WINDOW, WINDOW_START, WINDOW_END]
COMMITTED = Column("target", "Committed", "percent", decimals=6)
VERDICT = Column("met", "Verdict", words=MET, strong=[MET[False]], says="empty while the window runs")
STATE = Column("running", "Window is", words=RUNNING)
STARTED, ENDED = Column("started", "From"), Column("ended", "To", says="not included")

ACTIONS = {"excluded": "does not count", "reinstated": "counts as recorded", "changed": "counts with other times"}
UNDECIDED = {True: MET[True], False: MET[False]}
AT_BOUNDS = {"_lower": "shortest", "": "as recorded", "_upper": "longest"}
"""Ends of names of columns, and what they say of the outages."""

REGISTER_SUMS = ResultTable("Money by provider", [
    Column("provider", "Provider"), CURRENCY, Column("claimable", "Claimable now", "money"),
    Column("waiting", "Not claimable yet", "money"), Column("open", "Claimed, no answer yet", "money"),
    Column("credited", "Credited", "money"), Column("refused", "Refused", "money"),
    Column("expired", "Claim expired", "money"),
])  # fmt: skip
CANDIDATE = ResultTable("What a credit of a bill may be", [
    SUBSCRIPTION, REMEDY, WINDOW_START, Column("owed", "Owed", "money"),
    Column("difference", "Difference", "money", says="credited by the bill, less what was owed"),
    Column("status", "Status", words=STATUSES),
], "The nearest amounts in the same currency. Nothing was matched: write into claims_made what you recognise.",
)  # fmt: skip

RESULTS: dict[str, ResultTable] = {
    "ledger": ResultTable("Every part of every outage, with its verdict and the clause that decided", [
        SUBSCRIPTION, GUARANTEE, Column("outage", "Outage"), Column("component", "Component"), WINDOW_START,
        STARTED, ENDED, Column("seconds", "Length"),
        Column("verdict", "Verdict", words=VERDICT_WORDS, strong=[VERDICT_WORDS["counted"]]), CLAUSE,
    ]),
    "availability": ResultTable("Availability, window by window", [
        SUBSCRIPTION, GUARANTEE, *WINDOWS, Column("agreed_seconds", "Agreed service time"),
        Column("downtime_seconds", "Downtime", says="that counts"),
        Column("availability", "Availability", "percent", says="cut after six decimals"), COMMITTED, VERDICT, STATE,
        Column("observed", "Observed", "percent",
               says="share of the service time until now that coverage or an outage tells of; empty without coverage"),
    ], "Availability is cut after six decimals; the verdict is exact. A window that is still running has none, nor has "
       "one that was not observed and of which no outage shows a breach."),
    "attainment": ResultTable("Tickets that met their target, window by window", [
        SUBSCRIPTION, GUARANTEE, *WINDOWS, Column("eligible", "Tickets judged"), Column("met_count", "In time"),
        Column("pending", "Still open"), Column("attainment", "Attained", "percent"), COMMITTED, VERDICT, STATE,
    ]),
    "tickets": ResultTable("Tickets one by one", [
        SUBSCRIPTION, GUARANTEE, Column("ticket", "Ticket"), Column("priority", "Priority"),
        Column("priorities", "Priorities", says="until the answer, in order, if there were several"),
        Column("kind", "Kind"), WINDOW_START, Column("opened", "Opened"),
        Column("answered", "Answered", words={None: "not yet"}, says="first response, or resolution (also of updates)"),
        Column("in_minutes", "In minutes", says="its length is given in minutes, and not when it was answered or due"),
        Column("due", "Due", says="if the clock is not stopped before"), Column("within_seconds", "Committed"),
        Column("elapsed_seconds", "Took", says="working time without holds; of updates, the longest without one"),
        Column("remaining_seconds", "Time left"), Column("late_seconds", "Late by"),
        Column("verdict", "Verdict", words=TICKET_VERDICTS, strong=["missed"], says="or met, missed, pending"), CLAUSE,
    ], "Lengths in working time, without the time that a ticket was on hold."),
    "credits": ResultTable("Credits", [
        SUBSCRIPTION, REMEDY, *WINDOWS, Column("credit_percent", "Credit before caps", "percent"),
        Column("basis_amount", "Fee basis", "money", says="the fee that the credit is a share of"),
        Column("amount", "Owed", "money", says="after caps"), CURRENCY,
        Column("cap", "Cap applied", words=CAPS),
        Column("instead", "Paid instead", says="another remedy with a larger credit, where the contract pays only one"),
    ]),
    "ranges": ResultTable("Credits owed, and the range if ambiguous clauses are read otherwise", [
        SUBSCRIPTION, Column("amount", "Owed", "money", says="as the contract is read here"),
        Column("amount_low", "Lowest", "money"), Column("amount_high", "Highest", "money"), CURRENCY,
        Column("widened_by", "Questions that widen the range"),
        Column("reading_low", "Read otherwise for the lowest"),
        Column("reading_high", "Read otherwise for the highest"),
    ]),
    "claims": ResultTable("Claims: until when, what was claimed, and what has expired", [
        SUBSCRIPTION, REMEDY, WINDOW_START, Column("amount", "Amount", "money"), CURRENCY,
        Column("status", "Status", words=STATUSES, strong=[STATUSES["claimable"], STATUSES["disputed"]]),
        Column("claim_by", "Claim by", says="the earliest deadline under any reading, in words; in workbooks"),
        Column("days_left", "Days left", says="to that deadline, by the contract's calendar; in workbooks"),
        Column("deadline_earliest", "Earliest deadline", says="under any reading"),
        Column("deadline", "Deadline as read here"), Column("evidence_needed", "Evidence to give"),
    ], "Claim by: the earliest deadline under any reading, in the time zone of the contract."),
    "register": ResultTable("Claims that were made: what was answered and credited, against what was owed", [
        SUBSCRIPTION, REMEDY, WINDOW_START, Column("claimed", "Claimed"),
        Column("asked", "Asked", "money", says="empty: what was owed"), Column("answered", "Answered"),
        Column("state", "Outcome", words=STATES, strong=[STATES["partly"], STATES["refused"]]),
        Column("credited", "Credited", "money"),
        Column("owed", "Owed", "money", says="empty where no credit of the period fits"),
        Column("difference", "Difference", "money",
               says="credited to all claims for the credit, less what was owed; below nothing: too little"),
        CURRENCY, Column("reason", "Reason"), Column("reference", "Reference"),
    ]),
    "recoveries": ResultTable("Recoveries against their targets, under each reading that sets other targets", [
        SUBSCRIPTION, Column("reading", "Reading"), Column("recovery", "Recovery"), Column("kind", "Lost"),
        Column("failed", "Failed"), Column("lost_seconds", "Data loss (RPO)"),
        Column("rpo_seconds", "Committed RPO"), Column("rpo_met", "RPO met", words=IN_TARGET, strong=["no"]),
        Column("back_seconds", "Downtime (RTO)"), Column("rto_seconds", "Committed RTO"),
        Column("rto_met", "RTO met", words=IN_TARGET, strong=["no"]),
        Column("commitment", "Commitment", words=BEST_EFFORT), CLAUSE,
    ]),
    "backups": ResultTable("Backups against the committed interval and retention", [
        SUBSCRIPTION, Column("backup", "Backup"), Column("taken", "Taken", words={None: "none since"}),
        Column("gap_seconds", "Interval", says="since the backup before"),
        Column("every_seconds", "Committed interval"),
        Column("in_time", "In time", words={True: "in time", False: "late"}, strong=["late"]),
        Column("kept_seconds", "Kept for"), Column("keep_seconds", "Committed retention"),
        Column("kept_long_enough", "Long enough", words={True: "yes", False: "too short"}, strong=["too short"]),
        CLAUSE,
    ]),
    "corrections": ResultTable("Decisions on outages, and what is owed with and without them", [
        SUBSCRIPTION, Column("outage", "Outage"), Column("action", "Decision", words=ACTIONS),
        Column("state", "State", strong=["disputed"]), Column("applied", "Applied"),
        Column("recorded_started", "Recorded from"), Column("recorded_ended", "Recorded to"),
        Column("corrected_started", "Decided from"), Column("corrected_ended", "Decided to"),
        Column("reason", "Reason"), Column("by", "Decided by"), Column("decided", "Decided on"),
        Column("owed_recorded", "Owed without decisions", "money"), Column("owed_agreed", "Owed as agreed", "money"),
        Column("owed_disputed", "Owed if disputed decisions held", "money"), CURRENCY,
    ], "Of an outage the last agreed decision applies. Amounts are of the subscription in the period: the same in each "
       "of its rows. If disputed decisions held, the last one of each outage would, whatever its state."),
    "bounds": ResultTable("Verdicts and credits that depend on how long outages lasted within their bounds", [
        SUBSCRIPTION, GUARANTEE, REMEDY, WINDOW_START, WINDOW_END,
        *(Column(f"met{bound}", f"Verdict, {said}", words=UNDECIDED) for bound, said in AT_BOUNDS.items()),
        *(Column(f"amount{bound}", f"Credit, {said}", "money") for bound, said in AT_BOUNDS.items()), CURRENCY,
    ], "Each row is a verdict or a credit. Of single incidents, whose times differ, all of the period are one row."),
    "incidents": ResultTable("Incidents that are judged one by one", [
        SUBSCRIPTION, GUARANTEE, STARTED, ENDED, Column("seconds", "Length"), Column("within_seconds", "Committed"),
        VERDICT, Column("running", "Incident is", words=RUNNING),
    ]),
    "figures": ResultTable("Measured values, window by window", [
        SUBSCRIPTION, GUARANTEE, *WINDOWS, Column("measurements", "Measurements"),
        Column("level", "Level", says="a percentage, or in the unit of the guarantee"),
        Column("limit", "Committed"), Column("unit", "Unit"), VERDICT, STATE,
    ]),
    "readings": ResultTable("Open questions, and what each answer alone makes of the credits owed", [
        SUBSCRIPTION, CURRENCY, Column("question", "Question"), Column("answer", "Answer"),
        Column("amount", "Owed", "money"),
        Column("difference", "Difference", "money", says="to the answer chosen here"),
        Column("chosen", "Chosen here"),
        Column("moves", "Effect", "money", says="between lowest and highest answer"),
    ], "The question with the largest effect comes first."),
    "rights": ResultTable("Rights that breaches gave rise to", [
        SUBSCRIPTION, Column("right", "Right"), Column("says", "Meaning"), GUARANTEE, *WINDOWS,
        Column("until", "To be used by", says="empty where no limit is stated"), CLAUSE,
    ]),
    "claim_steps": ResultTable("Claims that open late, or whose outage had to be reported first", [
        SUBSCRIPTION, REMEDY, WINDOW_START, Column("opens", "Opens"), Column("report_by", "Report by"),
        Column("reported", "Reported in time"),
    ]),
    "requirements": ResultTable("What claims require beside a credit, and whether it was met", [
        SUBSCRIPTION, REMEDY, *WINDOWS, Column("requirement", "Requirement"), Column("says", "Meaning"),
        Column("met", "Met", words=REQUIREMENT_MET, strong=[REQUIREMENT_MET[False]], says="in the whole window"),
        CLAUSE,
    ]),
    "row_counts": ResultTable("Rows of the evidence", [
        SUBSCRIPTION, Column("table", "Table"), Column("read", "Rows read"),
        Column("used", "Rows used", says="that bear on a result of the period"),
    ]),
    "assumptions": ResultTable("Assumptions: what neither contract nor evidence says, and how questions were read", [
        Column("subject", "About", says="policy or subscription"), Column("term", "Term"),
        Column("value", "Assumed"), Column("because", "Because"),
    ]),
    "warnings": ResultTable("Rows of the evidence that were not used, or not as they are written", [
        SUBSCRIPTION, Column("table", "Table"), Column("row", "Row"), Column("code", "Code (id)"),
        Column("says", "Warning"),
    ], "Rows are counted as the file shows them; the header is row 1. Of several rows the first is named."),
}  # fmt: skip
"""The tables of an assessment."""

PLAN, OTHER = Column("plan", "Plan"), Column("other", "Other plan")
APART = "treated differently"
COMPARED: dict[str, ResultTable] = {
    "owed": ResultTable("Credits for the same outages under each contract", [
        SUBSCRIPTION, PLAN, Column("owed", "Owed", "money"),
        Column("lowest", "Lowest", "money", says="if ambiguous clauses are read otherwise"),
        Column("highest", "Highest", "money", says="if ambiguous clauses are read otherwise"),
        Column("monthly_fee", "Monthly fee", "money"), CURRENCY, Column("counted_seconds", "Counted downtime"),
        Column("windows", "Windows judged"), Column("missed", "Windows missed"),
    ]),
    "verdicts": ResultTable("Every outage under each contract", [
        SUBSCRIPTION, Column("outage", "Outage"), PLAN,
        Column("guarantee", "Guarantee", says="under which most of it counts"),
        Column("counted_seconds", "Counted downtime"), Column("why", "Verdicts and clauses"),
        Column("differs", "Contracts", words={True: APART, False: "treated the same"}, strong=[APART]),
    ]),
    "crossings": ResultTable("The length of one outage from which another plan pays more", [
        PLAN, OTHER, Column("downtime_seconds", "For outages from"), Column("leads", "Pays more"),
    ]),
    "curves": ResultTable("Credit curves: break points, with a straight line between any two", [
        Column("provider", "Provider"), Column("tier", "Tier (id)"), Column("remedy_name", "Remedy"),
        Column("downtime_seconds", "Outage"), Column("credit_percent", "Credit", "percent"),
        Column("amount", "Amount", "money"), CURRENCY,
    ]),
}  # fmt: skip
"""The tables of a comparison."""

BY_PROVIDER, BY_OWN, BY_BOTH = "by the provider's source", "by one's own source", "by both together"
KNOWN_TO = {"both": "both", "provider": "the provider alone", "own": "one's own source alone"}
RECONCILED: dict[str, ResultTable] = {
    "pairs": ResultTable("Outages of two sources side by side", [
        SUBSCRIPTION, Column("component", "Component"),
        Column("known_to", "Known to", words=KNOWN_TO, strong=["the provider alone", "one's own source alone"]),
        Column("provider_outage", "Provider's outage"), Column("provider_started", "Provider: started"),
        Column("provider_ended", "Provider: ended"), Column("own_outage", "Own outage"),
        Column("own_started", "Own: started"), Column("own_ended", "Own: ended"),
        Column("start_difference_seconds", "Own starts later by", says="earlier, if negative"),
        Column("end_difference_seconds", "Own ends later by", says="earlier, if negative"),
        Column("overlap_seconds", "Time in common"),
        Column("other_observed", "Other source looked",
               says="whether it covers any of the time; empty where it does not say what it covers"),
    ], "Outages of one subscription match where they overlap or touch, and are of one component, or one is of all."),
    "windows": ResultTable("Windows by two sources", [
        SUBSCRIPTION, GUARANTEE, WINDOW_START, WINDOW_END, COMMITTED,
        *(Column(f"{side}_downtime_seconds", f"Downtime {by}") for side, by in
          (("provider", BY_PROVIDER), ("own", BY_OWN), ("together", BY_BOTH))),
        *(Column(f"{side}_availability", f"Availability {by}", "percent") for side, by in
          (("provider", BY_PROVIDER), ("own", BY_OWN), ("together", BY_BOTH))),
        *(Column(f"{side}_met", f"Verdict {by}", words=MET) for side, by in
          (("provider", BY_PROVIDER), ("own", BY_OWN), ("together", BY_BOTH))),
        Column("differs", "Verdicts", words={True: "differ", False: "agree"}, strong=["differ"]),
        Column("running", "State", words=RUNNING),
    ]),
    "credits": ResultTable("Credits by two sources", [
        SUBSCRIPTION, REMEDY, WINDOW_START, WINDOW_END,
        Column("provider_amount", f"Owed {BY_PROVIDER}", "money"), Column("own_amount", f"Owed {BY_OWN}", "money"),
        Column("together_amount", f"Owed {BY_BOTH}", "money"),
        Column("difference", "Difference", "money", says="by one's own source, less by the provider's"), CURRENCY,
    ]),
    "owed": ResultTable("Credits owed by two sources", [
        SUBSCRIPTION, Column("provider_amount", f"Owed {BY_PROVIDER}", "money"),
        Column("own_amount", f"Owed {BY_OWN}", "money"), Column("together_amount", f"Owed {BY_BOTH}", "money"),
        Column("difference", "Difference", "money", says="by one's own source, less by the provider's"), CURRENCY,
    ]),
}  # fmt: skip
"""The tables of a reconciliation."""


def results_reference() -> str:
    """Describe every table of an assessment, of a comparison and of a reconciliation, as Markdown."""
    sections = [
        "# Result tables\n\n"
        "Every table that `slakit assess --out FOLDER` writes, the first sheets of a comparison, and what "
        "`slakit reconcile` writes. Printed by `slakit schema --markdown --of results`.\n\n"
        "Instants are in UTC, money and percentages are exact decimals, lengths are exact seconds. Tables on pages and "
        "workbooks show the headings, names instead of ids, and the words below instead of values."
    ]
    units = {"percent": "percent", "money": "currency units"}
    reconciled = {f"{name} of a reconciliation": table for name, table in RECONCILED.items()}
    for name, table in [*RESULTS.items(), *COMPARED.items(), *reconciled.items()]:
        rows = []
        for column in table.columns:
            known = {str(value).lower(): words for value, words in column.words.items() if value is not None}
            unit = "seconds" if column.name.endswith("seconds") else units.get(column.kind or "", "")
            if column.words:
                unit = ", ".join(f"`{value}`: {words}" for value, words in known.items())
            rows.append(f"| `{column.name}` | {column.heading} | {unit} | {column.says} |")
        note = f" {table.note}" * bool(table.note)
        head = f"## {name}\n\n{table.title}.{note}\n\n| column | heading | is | meaning |\n|---|---|---|---|\n"
        sections.append(head + "\n".join(rows))
    return "\n\n".join(sections) + "\n"
