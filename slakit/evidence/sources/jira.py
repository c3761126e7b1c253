"""Jira's CSV export: when issues were created and resolved, in the zone and words of whoever exported them."""

from __future__ import annotations

from typing import Any

import polars as pl
from pydantic import Field

from slakit.evidence.sources.desks import (
    REMARK_RESPONDED,
    DeskMapping,
    Ticket,
    TicketColumns,
    draft_tickets,
    find_tickets,
    keep_latest,
    read_ticket_rows,
)
from slakit.evidence.sources.parsing import header_names, read_csv, with_row_ids
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader
from slakit.problems import InputError, Problem

NAME = "jira"
REMAINING = r"^-?[0-9]+:[0-9]{2}$|^-?(?:[0-9]+[wdhm] ?)+$"


class JiraColumns(TicketColumns):
    """Columns of the export, as Jira calls them in English."""

    ticket: str = "Issue key"
    """The key of the issue."""
    opened: str = "Created"
    """When it was created."""
    responded: str | None = None
    """A custom field with the instant of the first answer. The SLA columns (`Time to first response`) are none: they
    hold the time that remains."""
    resolved: list[str] = Field(default_factory=lambda: ["Resolved"])
    """When it was resolved: the first of these columns that is filled. Empty: still open."""
    updated: str | None = "Updated"
    """When it last changed: the later of two rows of an issue holds."""
    kind: str | None = "Issue Type"
    """The type of the issue."""
    status: str | None = "Status"
    """The status it has now."""
    priority: str | None = "Priority"
    """Its priority."""


class JiraMapping(DeskMapping):
    """Keys of the mapping of a Jira export."""

    time_form: str | None = None
    """Form of its times: `%d/%b/%y %I:%M %p` for `01/Jul/26 3:20 PM`. ISO 8601 needs none."""
    columns: JiraColumns = Field(default_factory=JiraColumns)
    """Names of its columns, where they are not the usual ones (the header is in the language of the viewer)."""


def _recognises(source: bytes) -> str | None:
    return "Issue key and Issue id in its header" if {"Issue key", "Issue id"} <= header_names(source) else None


def _records(source: bytes, mapping: JiraMapping | None) -> pl.DataFrame:
    table = read_csv(source, NAME)
    if mapping is None:
        return with_row_ids(table)
    if (name := mapping.columns.responded) in table.columns:
        remaining = table.filter(pl.col(name or "").str.contains(REMAINING))
        if remaining.height:
            wrong = "the time that remains, not when the issue was answered"
            remedy = "name no column as responded, or import the SLA of the issues with the reader jira-sla"
            raise InputError(NAME, [Problem(f"{NAME} {name}", remaining[name][0], wrong, remedy)])
    rows = read_ticket_rows(table, mapping.columns, mapping.time_form, mapping.time_zone, NAME).drop("row")
    rows = rows.with_columns(source_id="ticket")
    return keep_latest(rows.rename({"updated": "version"}) if "updated" in rows.columns else rows, NAME)


def _draft(records: pl.DataFrame) -> Draft:
    columns = JiraColumns()
    slas = [name for name in records.columns if name.startswith("Custom field (Time to ")]
    unused = f"; {', '.join(slas)}: the time that remains, not used (the reader jira-sla has answers)" if slas else ""
    return draft_tickets(records, columns, {"columns": ({"responded": PLACEHOLDER}, REMARK_RESPONDED + unused)})


def _find(records: pl.DataFrame, mapping: JiraMapping) -> Found:
    return find_tickets(map(_ticket_of, records.iter_rows(named=True)), mapping, NAME)


def _ticket_of(row: dict[str, Any]) -> Ticket:
    return Ticket(
        row["ticket"],
        [row["source_id"]],
        row["opened"],
        item=row.get("item"),
        words={key: row.get(key) for key in ("priority", "impact", "urgency", "kind", "status")},
        responded=row.get("responded"),
        resolved=row["resolved"],
        closed=row.get("closed"),
    )


READER = Reader(
    NAME,
    "Jira's CSV export of issues: created, resolved, priority",
    "curl -u MAIL:TOKEN 'https://SITE.atlassian.net/sr/jira.issueviews:searchrequest-csv-all-fields/temp/"
    "SearchRequest.csv?jqlQuery=project=KEY' -o issues.csv",
    JiraMapping,
    _recognises,
    _records,
    _draft,
    _find,
)
