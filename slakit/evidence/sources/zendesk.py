"""Zendesk's tickets, ticket metrics, metric events and field history: what one tells, the others complete."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from slakit.evidence.sources.clocks import REMARK_REOPENED
from slakit.evidence.sources.desks import DeskMapping, Ticket, draft_words, find_tickets, keep_latest
from slakit.evidence.sources.parsing import header_names, in_shape, read_answers, read_csv, read_times, refuse
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Found, Reader
from slakit.problems import InputError, Problem

NAME = "zendesk"
SOLVED = ("solved", "closed")
TIMES = ("opened", "updated", "solved", "at")
LISTS = ("tickets", "ticket_metrics", "metric_sets", "ticket_metric_events")
RECORD: dict[str, Any] = {
    "sort": pl.String,  # ticket, metrics, event or change
    "id": pl.String,
    "ticket": pl.String,
    "item": pl.String,
    "opened": pl.String,
    "updated": pl.String,
    "solved": pl.String,
    "at": pl.String,
    "status": pl.String,
    "priority": pl.String,
    "kind": pl.String,
    "what": pl.String,  # metric of an event, field of a change
    "instance": pl.Int64,
    "value": pl.String,  # type of an event, new value of a change
    **{
        f"{name}_{hours}": pl.Int64
        for name in ("reply", "first_resolution", "full_resolution")
        for hours in ("calendar", "business")
    },
}
SIGNS = {
    "change": {"field_name", "ticket_id", "updated", "value"},
    "event": {"ticket_id", "metric", "instance_id", "type", "time"},
    "metrics": {"ticket_id", "solved_at", "replies"},
    "ticket": {"id", "created_at", "updated_at", "status", "submitter_id"},
}
"""Columns by which each sort of CSV is told."""


class ZendeskMapping(DeskMapping):
    """Keys of the mapping of files of Zendesk. Of a ticket, instants count where they are told; else minutes."""

    minutes: Literal["calendar", "business"]
    """Which minutes of the metrics are taken where no instant is told: around the clock, or in the business hours that
    are set in Zendesk."""
    reopened: Literal["first", "last"]
    """Whether a ticket that was opened again was resolved when it was solved for the first time, or for the last."""
    untold: Literal["ignore", "keep"]
    """Tickets of which the files do not tell whether they were answered (no metrics, no metric events) or, once solved,
    when that was: `ignore` leaves them out; `keep` lets them stand as not answered or not solved, for contracts that
    do not guarantee that time."""
    pauses: Literal["requester_wait_time", "agent_work_time"] | None = None
    """The metric whose pauses are holds, where no field history tells statuses: `requester_wait_time` pauses while a
    ticket is pending, `agent_work_time` while it is pending or on hold. Without the key events tell no holds."""
    item: str | None = None
    """Field of tickets that tells subscriptions apart under `items`, such as `organization_id`, `group_id`, `brand_id`.
    """


class _Minutes(BaseModel):
    calendar: int | None = None
    business: int | None = None


class _Metrics(BaseModel):
    ticket_id: int
    created_at: str | None = None
    updated_at: str | None = None
    solved_at: str | None = None
    reply_time_in_minutes: _Minutes = _Minutes()
    first_resolution_time_in_minutes: _Minutes = _Minutes()
    full_resolution_time_in_minutes: _Minutes = _Minutes()


class _Ticket(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: int
    created_at: str
    updated_at: str | None = None
    status: str
    priority: str | None = None
    type: str | None = None
    metric_set: _Metrics | None = None


class _Event(BaseModel):
    id: int
    ticket_id: int
    metric: str
    instance_id: int
    type: str
    time: str


class _Change(BaseModel):
    ticket_id: int
    field_name: str
    updated: str
    value: str | None = None


class _File(BaseModel):
    tickets: list[_Ticket] = []
    ticket: _Ticket | None = None
    ticket_metrics: list[_Metrics] = []
    ticket_metric: _Metrics | None = None
    metric_sets: list[_Metrics] = []
    ticket_metric_events: list[_Event] = []


def _recognises(source: bytes) -> str | None:
    names = header_names(source)
    sort = next((sort for sort, needed in SIGNS.items() if needed <= names), None)
    if sort is not None:
        return f"{', '.join(sorted(SIGNS[sort]))} in its header"
    found = [name for name in (*LISTS[1:], "ticket_metric") if f'"{name}"'.encode() in source]
    of_tickets = b'"tickets"' in source and b".zendesk.com/" in source
    return f"{found[0]} in it" if found else "tickets of zendesk.com in it" if of_tickets else None


def _records(source: bytes, mapping: ZendeskMapping | None) -> pl.DataFrame:
    file = _csv_file(source) if any(needed <= header_names(source) for needed in SIGNS.values()) else _json_file(source)
    tickets, metrics, events, changes = file
    item = mapping.item if mapping is not None else None
    rows = [_ticket_row(ticket, item) for ticket in tickets]
    rows += [_metrics_row(one) for one in [*metrics, *(ticket.metric_set for ticket in tickets)] if one is not None]
    for event in events:
        row = {"sort": "event", "id": f"event/{event.id}", "ticket": str(event.ticket_id), "at": event.time}
        rows.append(row | {"what": event.metric, "instance": event.instance_id, "value": event.type})
    for change in changes:
        row = {"sort": "change", "ticket": str(change.ticket_id), "at": change.updated, "what": change.field_name}
        rows.append(row | {"id": f"change/{change.ticket_id}/{change.field_name}", "value": change.value})
    records = pl.DataFrame(rows, schema=RECORD)
    if mapping is not None:
        problems: list[Problem] = []
        for name in TIMES:
            values, broken = read_times(records[name], None, mapping.time_zone, NAME, records["id"])
            problems += broken
            records = records.with_columns(values.alias(name))
        if problems:
            raise InputError(NAME, problems)
        at = pl.col("at").dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ")
    else:
        at = pl.col("at")
    of_change = pl.concat_str("id", at, pl.col("value").fill_null(""), separator="/")
    source_id = pl.when(pl.col("sort") == "change").then(of_change).otherwise("id").alias("source_id")
    return keep_latest(
        records.select(source_id, *list(RECORD)[:1], *list(RECORD)[2:], version=pl.coalesce("updated", "at")), NAME
    )


def _ticket_row(ticket: _Ticket, item: str | None) -> dict[str, Any]:
    told = (ticket.model_extra or {}).get(item) if item is not None else None
    return {
        "sort": "ticket",
        "id": f"ticket/{ticket.id}",
        "ticket": str(ticket.id),
        "item": None if told is None else str(told),
        "opened": ticket.created_at,
        "updated": ticket.updated_at,
        "status": ticket.status,
        "priority": ticket.priority,
        "kind": ticket.type,
    }


def _metrics_row(one: _Metrics) -> dict[str, Any]:
    row: dict[str, Any] = {"sort": "metrics", "id": f"metrics/{one.ticket_id}", "ticket": str(one.ticket_id)}
    row |= {"opened": one.created_at, "updated": one.updated_at, "solved": one.solved_at}
    for name in ("reply", "first_resolution", "full_resolution"):
        minutes: _Minutes = getattr(one, f"{name}_time_in_minutes")
        row |= {f"{name}_calendar": minutes.calendar, f"{name}_business": minutes.business}
    return row


def _json_file(source: bytes) -> tuple[list[_Ticket], list[_Metrics], list[_Event], list[_Change]]:
    tickets: list[_Ticket] = []
    metrics: list[_Metrics] = []
    events: list[_Event] = []
    for answer in read_answers(source, NAME):
        if not isinstance(answer, dict) or not {*LISTS, "ticket", "ticket_metric"} & answer.keys():
            refuse(NAME, "file", None, f"no list of {', '.join(LISTS)} in it", "fetch one of them")
        file = in_shape(answer, _File, NAME)
        tickets += [*file.tickets, *([file.ticket] if file.ticket else [])]
        metrics += [*file.ticket_metrics, *file.metric_sets, *([file.ticket_metric] if file.ticket_metric else [])]
        events += file.ticket_metric_events
    return tickets, metrics, events, []


def _csv_file(source: bytes) -> tuple[list[_Ticket], list[_Metrics], list[_Event], list[_Change]]:
    table = read_csv(source, NAME)
    sort = next(sort for sort, needed in SIGNS.items() if needed <= set(table.columns))
    shapes: dict[str, type[BaseModel]] = {"ticket": _Ticket, "metrics": _Metrics, "event": _Event, "change": _Change}
    found: dict[str, list[Any]] = {name: [] for name in shapes}
    problems = []
    for row in table.iter_rows(named=True):
        number = row.pop("row")
        if sort == "metrics":
            for name in ("reply", "first_resolution", "full_resolution"):
                stem = f"{name}_time_in_minutes"
                row[stem] = {
                    hours: row.get(f"{stem}.{hours}", row.get(f"{stem}_{hours}")) for hours in ("calendar", "business")
                }
        try:
            found[sort].append(shapes[sort].model_validate(row))
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                where = f"{NAME} row {number} {'.'.join(map(str, fault['loc']))}"
                wrong = fault["msg"][:1].lower() + fault["msg"][1:]
                problems.append(Problem(where, fault["input"], wrong, "export it again"))
    if problems:
        raise InputError(NAME, problems)
    return found["ticket"], found["metrics"], found["event"], found["change"]


def _draft(records: pl.DataFrame) -> Draft:
    of_tickets = records.filter(pl.col("sort") == "ticket")
    changes = records.filter(pl.col("sort") == "change")
    told = {
        name: pl.concat([of_tickets[name], changes.filter(pl.col("what") == name)["value"].alias(name)])
        for name in ("priority", "status")
    }
    keys: dict[str, tuple[Any, str]] = {
        "minutes": (
            PLACEHOLDER,
            "which minutes are taken where no instant is told: calendar or business",
        ),
        "reopened": (
            PLACEHOLDER,
            REMARK_REOPENED,
        ),
        "untold": (
            PLACEHOLDER,
            "tickets of which no answer, or no time of solving, is told: `ignore` leaves them out, `keep` lets them "
            "stand as not answered or not solved, for contracts that do not guarantee that time",
        ),
    }
    if (records["sort"] == "event").any():
        remark = "the metric whose pauses are holds: requester_wait_time (pending), agent_work_time (pending, on hold)"
        keys["pauses"] = (PLACEHOLDER, remark)
    keys |= draft_words(told["priority"], "priorities") | draft_words(told["status"], "statuses")
    keys |= draft_words(of_tickets["kind"], "kinds")
    times = pl.concat([records[name].alias("time") for name in TIMES]).drop_nulls()
    local = times.str.contains(r"(?:Z|[+-][0-9]{2}:?[0-9]{2})$").not_().any()
    return Draft(time_zone=local, keys=keys)


def _find(records: pl.DataFrame, mapping: ZendeskMapping) -> Found:
    tickets = []
    left_out: list[tuple[str, str]] = []
    # of events of one second the lower number comes first
    ordered = records.sort("ticket", "at", pl.col("source_id").str.len_chars(), "source_id")
    for name, group in groupby(ordered.iter_rows(named=True), key=itemgetter("ticket")):
        sorts: dict[str, list[dict[str, Any]]] = defaultdict(list)
        unread: list[tuple[str, str]] = []
        for row in group:
            sorts[row["sort"]].append(row)
        changes: dict[str, list[dict[str, Any]]] = {"status": [], "priority": []}
        for row in sorts["change"]:
            is_read = (mapping.statuses if row["what"] == "status" else mapping.priorities) is not None
            if row["what"] in changes and is_read and row["value"] is not None:
                changes[row["what"]].append(row)
            else:
                unread.append((row["source_id"], f"a change of {row['what']}, which is not read"))
        events: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in sorts["event"]:
            if row["value"] in ("activate", "pause", "fulfill"):
                events[row["what"]].append(row)
            else:
                unread.append((row["source_id"], f"an event {row['value']}, which tells no start, pause or end"))
        ticket, reason = _ticket_of(name, sorts, changes, events, mapping)
        passed = {source_id for source_id, _ in unread}
        read = [row["source_id"] for rows in sorts.values() for row in rows if row["source_id"] not in passed]
        left_out += unread
        if reason is None:
            ticket.source_ids = list(dict.fromkeys([*ticket.source_ids, *read]))
            tickets.append(ticket)
        else:
            left_out += [(source_id, reason) for source_id in read]
    return find_tickets(tickets, mapping, NAME, left_out)


def _ticket_of(
    name: str,
    sorts: dict[str, list[dict[str, Any]]],
    changes: dict[str, list[dict[str, Any]]],
    events: dict[str, list[dict[str, Any]]],
    mapping: ZendeskMapping,
) -> tuple[Ticket, str | None]:
    """Put a ticket together from all that the files tell of it; or say why it is excluded."""
    own = sorts["ticket"][0] if sorts["ticket"] else {}
    metrics = sorts["metrics"][0] if sorts["metrics"] else None
    replies = [row for row in events["reply_time"] if row["instance"] == 1]
    ends = events["resolution_time"] or events["requester_wait_time"]
    activated = [row["at"] for rows in events.values() for row in rows if row["value"] == "activate"]
    opened = own.get("opened") or (metrics or {}).get("opened") or (min(activated) if activated else None)
    first_priority = changes["priority"][0]["value"] if changes["priority"] else own.get("priority")
    status = own.get("status") or (changes["status"][-1]["value"] if changes["status"] else None)
    words = {"priority": first_priority, "kind": own.get("kind"), "status": status}
    used = [rows[0]["source_id"] for rows in (sorts["ticket"], sorts["metrics"], changes["priority"]) if rows]
    used = used or [row["source_id"] for rows in sorts.values() for row in rows]
    ticket = Ticket(name, used, opened, item=own.get("item"), words=words)
    ticket.earlier_statuses = {row["value"] for row in changes["status"][:-1]}

    answered = [row["at"] for row in replies if row["value"] == "fulfill"]
    if answered:
        ticket.responded = answered[0]
    elif metrics is not None:
        ticket.response_minutes = _decimal(metrics[f"reply_{mapping.minutes}"])
    elif not replies and mapping.untold == "ignore":
        return ticket, "whether it was answered is not told"

    if status is None or status in SOLVED:
        _resolve(ticket, metrics, changes["status"], ends, mapping)
        untold = ticket.resolved is None and ticket.resolution_minutes is None and status in SOLVED
        if untold and mapping.untold == "ignore":
            return ticket, "it was solved, and when is not told"

    ticket.holds = _holds(changes["status"], events, mapping)
    for before, after in pairwise(changes["priority"]):
        if after["value"] != before["value"]:
            ticket.changes.append((after["source_id"], after["at"], after["value"]))
    return ticket, None


def _holds(
    statuses: list[dict[str, Any]], events: dict[str, list[dict[str, Any]]], mapping: ZendeskMapping
) -> list[tuple[str, datetime, datetime | None]]:
    """List times that wait for the customer; and, where the last solving counts, those that were solved before it."""
    if statuses and mapping.statuses is not None:
        rows = statuses
        waits = [mapping.statuses.get(row["value"]) == "waits" for row in rows]
        ended = [row["value"] in SOLVED for row in rows]
    else:
        rows = events[mapping.pauses] if mapping.pauses is not None else []
        waits = [row["value"] == "pause" for row in rows]
        ended = [row["value"] == "fulfill" for row in rows]
    holds = []
    for number, row in enumerate(rows):
        reopened = mapping.reopened == "last" and ended[number] and not all(ended[number:])
        if waits[number] or reopened:
            holds.append((row["source_id"], row["at"], rows[number + 1]["at"] if number + 1 < len(rows) else None))
    return holds


def _resolve(
    ticket: Ticket,
    metrics: dict[str, Any] | None,
    statuses: list[dict[str, Any]],
    ends: list[dict[str, Any]],
    mapping: ZendeskMapping,
) -> None:
    """Fill in when a ticket was resolved: by its history of statuses, else by events, else by metrics."""
    solved: list[tuple[datetime, bool]] = [(row["at"], row["value"] in SOLVED) for row in statuses]
    if not any(is_solved for _, is_solved in solved):
        solved = [(row["at"], row["value"] == "fulfill") for row in ends]
    begun = [at for (_, before), (at, now) in pairwise([(None, False), *solved]) if now and not before]
    if begun and mapping.reopened == "first":
        ticket.resolved = begun[0]
    elif begun and solved[-1][1]:
        ticket.resolved = begun[-1]
    elif metrics is not None and mapping.reopened == "last" and not begun:
        ticket.resolved = metrics["solved"]
    elif metrics is not None and not begun:
        ticket.resolution_minutes = _decimal(metrics[f"first_resolution_{mapping.minutes}"])


def _decimal(minutes: int | None) -> Decimal | None:
    return None if minutes is None else Decimal(minutes)


READER = Reader(
    NAME,
    "Zendesk's tickets, ticket metrics and metric events (JSON), or their tables and field history (CSV)",
    "for list in tickets ticket_metrics; do curl -u MAIL/token:TOKEN "
    '"https://SITE.zendesk.com/api/v2/$list.json?page[size]=100" -g -o $list.json; done',
    ZendeskMapping,
    _recognises,
    _records,
    _draft,
    _find,
)
