"""A review as an Excel workbook: a summary, a sheet for every table that has rows, and what was assumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.review import Review
from slakit.locales import in_locale
from slakit.policy.words import SPANS
from slakit.show.excel.sheets import Column, Fact, Sheet, write_workbook
from slakit.show.labels import STATUSES, TICKET_VERDICTS, VERDICTS, counted, deadline_text, instant_text, window_name

MET = {True: "met", False: "missed"}
KEPT = {True: "kept", False: "missed"}
RUNNING = {True: "still running", False: "over"}
SUBSCRIPTION, GUARANTEE, REMEDY, CURRENCY, CLAUSE = (
    Column(name, name.capitalize()) for name in ("subscription", "guarantee", "remedy", "currency", "clause")
)
STARTS = Column("window_start", "Window from")
WINDOW = [Column("window", "Window in the contract's time zone"), STARTS, Column("window_end", "Window to")]
TARGET, STARTED, ENDED = Column("target", "Promised", "percent"), Column("started", "From"), Column("ended", "To")
WITHIN = Column("within_seconds", "Promised within")


class Page(NamedTuple):
    """What the sheet of a table says besides its rows."""

    title: str
    columns: list[Column]
    note: str = ""


PAGES = {
    "ledger": Page("Every piece of every outage, with its verdict and the clause that decided", [
        SUBSCRIPTION, GUARANTEE, Column("outage", "Outage"), Column("component", "Component"), STARTS, STARTED, ENDED,
        Column("seconds", "Length"), Column("verdict", "Verdict", words=VERDICTS, strong=[VERDICTS["counted"]]), CLAUSE,
    ]),
    "availability": Page("Availability, window by window", [
        SUBSCRIPTION, GUARANTEE, *WINDOW, Column("agreed_seconds", "Agreed service time"),
        Column("downtime_seconds", "Downtime"), Column("availability", "Availability", "percent"), TARGET,
        Column("met", "Verdict", words=MET, strong=[MET[False]]), Column("running", "Window is", words=RUNNING),
    ], "Availability is cut after six decimals; the verdict is exact. A window that is still running has none."),
    "attainment": Page("Tickets that met their target, window by window", [
        SUBSCRIPTION, GUARANTEE, *WINDOW, Column("eligible", "Tickets judged"), Column("met_count", "In time"),
        Column("pending", "Still open"), Column("attainment", "Attained", "percent"), TARGET,
        Column("met", "Verdict", words=MET, strong=[MET[False]]), Column("running", "Window is", words=RUNNING),
    ]),
    "tickets": Page("Tickets one by one", [
        SUBSCRIPTION, GUARANTEE, Column("ticket", "Ticket"), Column("priority", "Priority"), Column("kind", "Kind"),
        STARTS, Column("opened", "Opened"), Column("answered", "Answered"), Column("due", "Due"), WITHIN,
        Column("elapsed_seconds", "Took"), Column("remaining_seconds", "Time left"), Column("late_seconds", "Late by"),
        Column("verdict", "Verdict", words=TICKET_VERDICTS, strong=["missed"]), CLAUSE,
    ], "Lengths in working time, time that a ticket was on hold left out."),
    "credits": Page("Credits", [
        SUBSCRIPTION, REMEDY, *WINDOW, Column("credit_percent", "Credit before caps", "percent"),
        Column("basis_amount", "Share of", "money"), Column("amount", "Owed", "money"), CURRENCY,
        Column("cap", "Limited by a cap", words=SPANS),
    ]),
    "ranges": Page("What is owed as the contracts are read here, and over all readings of them", [
        SUBSCRIPTION, Column("amount", "Owed", "money"), Column("amount_low", "Lowest", "money"),
        Column("amount_high", "Highest", "money"), CURRENCY, Column("widened_by", "Questions that widen the range"),
        Column("reading_low", "Reading of the lowest"), Column("reading_high", "Reading of the highest"),
    ]),
    "claims": Page("What can be claimed until when, what was claimed, and what is too late", [
        SUBSCRIPTION, REMEDY, STARTS, Column("amount", "Amount", "money"), CURRENCY,
        Column("status", "Status", words=STATUSES, strong=[STATUSES["claimable"]]),
        Column("claim_by", "Claim by, in the contract's time zone"),
        Column("deadline_earliest", "Earliest deadline under any reading"),
        Column("deadline", "Deadline as the contract is read here"), Column("evidence_needed", "Evidence to give"),
    ], "What can still be claimed stands out. Claim by: the earliest deadline under any reading of the contract."),
    "recoveries": Page("Recoveries against what is promised, under each reading that sets other targets", [
        SUBSCRIPTION, Column("reading", "Reading"), Column("recovery", "Recovery"), Column("kind", "Lost"),
        Column("failed", "Failed"), Column("lost_seconds", "Work lost"), Column("rpo_seconds", "Recovery point"),
        Column("rpo_met", "Point", words=KEPT, strong=[KEPT[False]]), Column("back_seconds", "Back after"),
        Column("rto_seconds", "Recovery time"), Column("rto_met", "Time", words=KEPT, strong=[KEPT[False]]),
        Column("commitment", "Commitment", words={"best_effort": "best effort"}), CLAUSE,
    ]),
    "backups": Page("Backups against what is promised", [
        SUBSCRIPTION, Column("backup", "Backup"), Column("taken", "Taken"), Column("gap_seconds", "After"),
        Column("every_seconds", "Promised every"),
        Column("in_time", "Taken in time", words={True: "in time", False: "late"}, strong=["late"]),
        Column("kept_seconds", "Kept for"), Column("keep_seconds", "Promised for"),
        Column("kept_long_enough", "Kept long enough", words={True: "yes", False: "too short"}, strong=["too short"]),
        CLAUSE,
    ]),
    "incidents": Page("Incidents that are judged one by one", [
        SUBSCRIPTION, GUARANTEE, STARTED, ENDED, Column("seconds", "Length"), WITHIN,
        Column("met", "Verdict", words=MET, strong=[MET[False]]), Column("running", "Incident is", words=RUNNING),
    ]),
    "assumptions": Page("What was assumed because neither document nor evidence says it, and how questions were read", [
        Column("subject", "About"), Column("term", "Term"), Column("value", "Taken as"), Column("because", "Because"),
    ]),
    "warnings": Page("Rows of the evidence that were not used, or not as they are written", [
        SUBSCRIPTION, Column("table", "Table"), Column("row", "Row"), Column("code", "Code"),
        Column("says", "Warning"),
    ], "Rows are counted as the file shows them; the header is row 1. Of several rows the first is named."),
}  # fmt: skip
"""Tables of a review, in the order of their sheets."""
SUMMARY = [
    SUBSCRIPTION, Column("policy", "Policy"), Column("tier", "Tier"), Column("owed", "Owed", "money"),
    Column("lowest", "Lowest of all readings", "money"), Column("highest", "Highest of all readings", "money"),
    CURRENCY, Column("claimable", "Still claimable", "money"),
    Column("claim_by", "Claim by, in the contract's time zone"), Column("next_deadline", "Next deadline"),
    Column("assumed", "What is assumed"),
]  # fmt: skip


@in_locale(None)  # a spreadsheet writes numbers and dates as its reader is used to; the text beside them is fixed
def review_workbook(review: Review, path: str | Path) -> None:
    """Write a review as an Excel workbook: a summary, every table that has rows, and what was assumed.

    Parameters
    ----------
    review
        From `assess`.
    path
        Ends in `.xlsx`. Its folder exists. A file of that name is replaced.

    Raises
    ------
    InputError
        slakit was installed without Excel, the path ends otherwise, or a table is larger than a sheet can be.
    """
    write_workbook(path, review_sheets(review), made=review.as_of)


def review_sheets(review: Review) -> list[Sheet]:
    """The sheets of a review, as `review_workbook` writes them.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> from slakit.evidence.evidence import Evidence
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    >>> evidence = Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    >>> [sheet.name for sheet in review_sheets(assess(evidence, "2026-06", "2026-07-01"))]
    ['Summary', 'Availability', 'Credits', 'Ranges', 'Assumptions']
    """
    about = f"Period {review.period}, as known on {instant_text(review.as_of, ZoneInfo('UTC'))} UTC."
    sheets = [_summary(review)]
    for name, page in PAGES.items():
        table = _readable(review, getattr(review, name))
        if table.height:
            notes = [about, page.note] if page.note else [about]
            sheets.append(Sheet(name.capitalize(), page.title, table, page.columns, notes=notes))
    return sheets


def _summary(review: Review) -> Sheet:
    headline = _said(review, review.headline(), "claim_by", ("next_deadline",), _deadline)
    claimable = headline.group_by("currency", maintain_order=True).agg(pl.col("claimable").sum())
    facts = [Fact("Period", "text", str(review.period)), Fact("As known on", "instant", review.as_of)]
    facts += [Fact(f"Owed in {currency}", "money", amount, currency) for currency, amount in review.owed.items()]
    facts += [
        Fact(f"Still claimable in {currency}", "money", amount, currency)
        for currency, amount in claimable.iter_rows()
        if amount
    ]
    assumed = [_assumed(review, subscription) for subscription in headline["subscription"]]
    table = headline.with_columns(pl.Series("assumed", assumed, dtype=pl.String))
    others, told = counted(review.assumptions.height, "assumption"), counted(review.warnings.height, "warning")
    notes = [f"Owed is the default reading of each contract, or the one chosen. {others.capitalize()} in all, {told}."]
    return Sheet("Summary", f"Owed for {review.period}", table, SUMMARY, facts, notes)


def _assumed(review: Review, subscription: str) -> str:
    """What was assumed of a subscription and of its policy."""
    own = review.assumptions.filter(pl.col("subject").is_in([subscription, review.plan_of(subscription)[0]]))
    return "; ".join(f"{term}: {value}" for _, term, value, _ in own.iter_rows())


def _readable(review: Review, table: pl.DataFrame) -> pl.DataFrame:
    """Add what people read beside instants in UTC, and print readings without brackets."""
    columns = set(table.columns)
    if {"window_start", "window_end"} <= columns:
        table = _said(review, table, "window", ("window_start", "window_end"), window_name)
    if "deadline_earliest" in columns:
        table = _said(review, table, "claim_by", ("deadline_earliest",), _deadline)
    readings = [pl.col(name).map_elements(_reading, pl.String) for name in ("reading_low", "reading_high")]
    return table.with_columns(readings) if "reading_low" in columns else table


def _said(
    review: Review, table: pl.DataFrame, name: str, instants: Sequence[str], say: Callable[..., str | None]
) -> pl.DataFrame:
    """Add a column of text about instants, in the time zone of each contract."""
    zones = {subscription: review.zone_of(subscription) for subscription in table["subscription"].unique()}
    rows = table.select("subscription", *instants).iter_rows()
    return table.with_columns(pl.Series(name, [say(*when, zones[who]) for who, *when in rows], dtype=pl.String))


def _deadline(deadline: datetime | None, zone: ZoneInfo) -> str | None:
    return None if deadline is None else f"{deadline_text(deadline, zone)} ({zone.key})"


def _reading(answers: str) -> str:
    """Answers to questions as people write them.

    >>> _reading('{"window": "quarter", "cap": "monthly"}')
    'window=quarter, cap=monthly'
    """
    return ", ".join(f"{question}={answer}" for question, answer in json.loads(answers).items())
