"""ServiceNow's table `incident` as CSV: a row for each ticket, or for each state that it went through."""

from __future__ import annotations

from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Literal

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

NAME = "servicenow"
OTHER_NAMES = {
    "ticket": ("Number",),
    "opened": ("Opened",),
    "resolved": ("Resolved",),
    "closed": ("Closed",),
    "updated": ("sys_updated_at", "Updated"),
    "revision": ("Updates",),
    "status": ("incident_state", "State"),
    "priority": ("Priority",),
    "impact": ("Impact",),
    "urgency": ("Urgency",),
}
EARLIER = "an earlier state of a ticket; its last row decides"


class IncidentColumns(TicketColumns):
    """Columns of the export, as the table calls them."""

    ticket: str = "number"
    """Its number."""
    opened: str = "opened_at"
    """When it was opened."""
    responded: str | None = None
    """When it was answered: no column of the table has it; SLA rows have (reader `servicenow-task-sla`)."""
    resolved: list[str] = Field(default_factory=lambda: ["resolved_at"])
    """When it was resolved: the first of these columns that is filled."""
    closed: str | None = "closed_at"
    """When it was closed: a ticket that was closed and has no time of resolution is skipped, and no breach."""
    updated: str | None = "sys_updated_on"
    """When the row was written: the later of two rows of a ticket holds."""
    revision: str | None = "sys_mod_count"
    """Number of the change, which puts rows of one minute in order."""
    status: str | None = "state"
    """The status."""
    priority: str | None = "priority"
    """Its priority."""
    impact: str | None = "impact"
    """Its impact."""
    urgency: str | None = "urgency"
    """Its urgency."""


class IncidentMapping(DeskMapping):
    """Keys of the mapping of a ServiceNow export of incidents."""

    rows: Literal["tickets", "states"]
    """What a row is: a ticket as it is now (`tickets`), or one of the states that a ticket went through, of which the
    last decides and the others tell holds and changes of priority (`states`)."""
    time_form: str | None = None
    """Form of its times, such as `%d-%m-%Y %H:%M`; `2026-07-01 15:20:00` needs none."""
    empty: list[str] = Field(default_factory=lambda: ["?"])
    """What the export writes into an empty cell."""
    columns: IncidentColumns = Field(default_factory=IncidentColumns)
    """Names of its columns, where they are not those of the table."""


def _recognises(source: bytes) -> str | None:
    names = header_names(source)
    return "number and opened_at in its header" if {"number", "opened_at"} <= names else None


def _records(source: bytes, mapping: IncidentMapping | None) -> pl.DataFrame:
    table = read_csv(source, NAME)
    if mapping is None:
        return with_row_ids(table)
    texts = pl.col(pl.String)
    table = table.with_columns(pl.when(~texts.is_in(mapping.empty)).then(texts))
    if mapping.rows == "states" and mapping.columns.updated is None:
        remedy = "name the column that tells when a row was written, or let rows be tickets"
        raise InputError(NAME, [Problem(f"{NAME} columns.updated", None, "states need an order", remedy)])
    rows = read_ticket_rows(table, mapping.columns, mapping.time_form, mapping.time_zone, NAME)
    if "revision" in rows.columns:
        numbers = rows["revision"].cast(pl.Int64, strict=False)
        strange = rows.filter(numbers.is_null())
        if strange.height:
            where = f"{NAME} row {strange['row'][0]} {mapping.columns.revision}"
            raise InputError(
                NAME, [Problem(where, strange["revision"][0], "no number", "let columns.revision be null")]
            )
        rows = rows.with_columns(revision=numbers)
    if mapping.rows == "tickets":
        rows = rows.with_columns(source_id="ticket")
        rows = rows.with_columns(version="updated") if "updated" in rows.columns else rows
        return keep_latest(rows.drop("row", "revision", strict=False), NAME)
    undated = rows.filter(pl.col("updated").is_null())["row"]
    if undated.len():
        wrong, remedy = "a state without a time", "export it with the time at which each row was written"
        raise InputError(NAME, [Problem(f"{NAME} row {row}", None, wrong, remedy) for row in undated])
    moment = pl.col("updated").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    parts = ["ticket", moment, *(["revision"] if "revision" in rows.columns else [])]
    return keep_latest(rows.with_columns(source_id=pl.concat_str(parts, separator="/")).drop("row"), NAME)


def _draft(records: pl.DataFrame) -> Draft:
    columns = IncidentColumns()
    found: dict[str, Any] = {"responded": PLACEHOLDER}
    for key, others in OTHER_NAMES.items():
        usual = getattr(columns, key)
        there = [name for name in others if name in records.columns]
        if there and (usual[0] if isinstance(usual, list) else usual) not in records.columns:
            found[key] = [there[0]] if isinstance(usual, list) else there[0]
    columns = IncidentColumns(**found | {"responded": None})
    twice = columns.ticket in records.columns and records[columns.ticket].is_duplicated().any()
    remark = "what a row is: `tickets` as they are now, or `states` that they went through (the last decides)"
    keys: dict[str, tuple[Any, str]] = {"rows": ("states" if twice else "tickets", remark)}
    keys["columns"] = (found, f"{REMARK_RESPONDED}; the reader servicenow-task-sla has answers")
    empty = pl.col(pl.String)
    return draft_tickets(records.with_columns(pl.when(empty != "?").then(empty)), columns, keys)


def _find(records: pl.DataFrame, mapping: IncidentMapping) -> Found:
    if mapping.rows == "tickets":
        return find_tickets((_ticket_of([row], mapping) for row in records.iter_rows(named=True)), mapping, NAME)
    order = ["ticket", "updated", *(["revision"] if "revision" in records.columns else []), "source_id"]
    tickets = []
    earlier: list[tuple[str, str]] = []
    for _, states in groupby(records.sort(order).iter_rows(named=True), key=itemgetter("ticket")):
        rows = list(states)
        ticket = _ticket_of(rows, mapping)
        used = {*ticket.source_ids, *(hold[0] for hold in ticket.holds), *(change[0] for change in ticket.changes)}
        earlier += [(row["source_id"], EARLIER) for row in rows if row["source_id"] not in used]
        tickets.append(ticket)
    return find_tickets(tickets, mapping, NAME, earlier)


def _ticket_of(rows: list[dict[str, Any]], mapping: IncidentMapping) -> Ticket:
    """Put a ticket together from its states, in their order."""
    first, last = rows[0], rows[-1]
    words = {key: last.get(key) for key in ("impact", "urgency", "kind", "status")}
    ticket = Ticket(
        last["ticket"],
        list(dict.fromkeys([first["source_id"], last["source_id"]])),
        last["opened"],
        item=last.get("item"),
        words=words | {"priority": first.get("priority")},
        responded=last.get("responded"),
        resolved=last["resolved"],
        closed=last.get("closed"),
    )
    if mapping.rows == "tickets":
        return ticket
    statuses = mapping.statuses or {}
    ticket.earlier_statuses |= {row["status"] for row in rows[:-1] if row.get("status")}
    start: tuple[str, Any] | None = None
    for row in rows:
        waits = statuses.get(row.get("status") or "") == "waits"
        if waits and start is None:
            start = row["source_id"], row["updated"]
        elif not waits and start is not None:
            ticket.holds.append((*start, row["updated"]))
            start = None
    if start is not None:
        ticket.holds.append((*start, None))
    for before, after in pairwise(rows):
        word = after.get("priority")
        if mapping.priorities is not None and word is not None and word != before.get("priority"):
            ticket.changes.append((after["source_id"], after["updated"], word))
    return ticket


READER = Reader(
    NAME,
    "ServiceNow's table incident as CSV: tickets, or the log of their states",
    "curl -u USER:PASSWORD 'https://INSTANCE.service-now.com/incident_list.do?CSV&sysparm_query=opened_at>=2026-01-01'"
    " -o incident.csv",
    IncidentMapping,
    _recognises,
    _records,
    _draft,
    _find,
)
