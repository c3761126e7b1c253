"""What readers of service desks share: words of the desk to those of the contract, tickets to rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from slakit.evidence.sources.parsing import by_frequency, fitting_forms, read_times, refuse_twice
from slakit.evidence.sources.reader import LEFT_OUT, PLACEHOLDER, Draft, Found, MappingPart, SourceMapping
from slakit.evidence.tables import TABLES
from slakit.problems import InputError, Problem, one_of

TABLES_OF_WORDS = {"priority": "priorities", "impact": "impacts", "urgency": "urgencies", "kind": "kinds"}
"""Column of the evidence -> key of the mapping that translates its words."""
REMARKS = {
    "priorities": "what each priority of the desk is called in the contract; it decides the limit of each ticket",
    "kinds": "which kinds of ticket the contract is about (`incident`, …); `ignore` leaves the others out",
    "statuses": "whether the contract's clock runs: counts, waits (for the customer: a hold), or ignore (skipped)",
}


REMARK_RESPONDED = (
    "responded: the column with the instant of the first answer. Without one (null) every ticket stands as not "
    "answered, and breaches a guarantee of responses: then take it for contracts alone that guarantee none"
)


class DeskMapping(SourceMapping):
    """What the mappings of all service desks have in common."""

    priorities: dict[str, str] | None = None
    """Priority as the tool writes it → as the contract names it; `ignore` leaves its tickets out. Without the key
    priorities are not read."""
    impacts: dict[str, str] | None = None
    """Impact as the tool writes it → as the contract names it, likewise."""
    urgencies: dict[str, str] | None = None
    """Urgency as the tool writes it → as the contract names it, likewise."""
    kinds: dict[str, str] | None = None
    """Kind of ticket as the tool writes it → as the contract names it, likewise."""
    statuses: dict[str, Literal["counts", "waits", "ignore"]] | None = None
    """Status as the tool writes it → `counts`; `waits` for the customer, a hold where the source tells since when; or
    `ignore`, which leaves tickets that have it last out (such as those that were cancelled). Without the key statuses
    are not read."""


class TicketColumns(MappingPart):
    """Names of columns of an export with a row for each ticket. Those without a name are not read."""

    ticket: str
    """Its id."""
    opened: str
    """When it was opened."""
    responded: str | None = None
    """When it was answered."""
    resolved: list[str]
    """When it was resolved: the first of these columns that is filled."""
    closed: str | None = None
    """When it was closed: a ticket that was closed and has no time of resolution is skipped, and no breach."""
    updated: str | None = None
    """When it last changed: the later of two rows of a ticket holds."""
    kind: str | None = None
    """Its kind."""
    status: str | None = None
    """Its status."""
    priority: str | None = None
    """Its priority."""
    impact: str | None = None
    """Its impact."""
    urgency: str | None = None
    """Its urgency."""
    item: str | None = None
    """What it is about (a project, service, organisation), to tell subscriptions apart under `items`."""


@dataclass
class Ticket:
    """A ticket as a desk tells it, before its words are those of the contract."""

    ticket: str
    source_ids: list[str]
    """The records that it is made of; its row names the first."""
    opened: datetime | None
    item: str | None = None
    words: Mapping[str, str | None] = field(default_factory=dict)
    """`priority`, `impact`, `urgency`, `kind`, `status`, as the desk writes them."""
    earlier_statuses: set[str] = field(default_factory=set)
    """Statuses that it had before, which the mapping has to name as well."""
    responded: datetime | None = None
    resolved: datetime | None = None
    closed: datetime | None = None
    response_minutes: Decimal | None = None
    resolution_minutes: Decimal | None = None
    holds: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    """Record, start and end of each time in which it waits for the customer."""
    changes: list[tuple[str, datetime, str]] = field(default_factory=list)
    """Record, instant and word of each later priority."""


def read_ticket_rows(
    table: pl.DataFrame, columns: TicketColumns, form: str | None, time_zone: str | None, reader: str
) -> pl.DataFrame:
    """Read an export with a row for each ticket, or for each state of one.

    Returns
    -------
    pl.DataFrame
        `row`, and the named columns under the names of `TicketColumns`; times are instants.

    Raises
    ------
    InputError
        Columns are not there, tickets have no id, or times cannot be read; with all of them.
    """
    named = {key: value for key, value in columns.model_dump().items() if isinstance(value, str)}
    need_columns(table, [*named.values(), *columns.resolved], reader)
    ids = table[columns.ticket]
    rows = table["row"].filter(ids.is_null())
    problems = [Problem(f"{reader} row {row}", None, f"no {columns.ticket}", "export that column too") for row in rows]
    read: dict[str, pl.Series] = {"row": table["row"]}
    for key, name in named.items():
        read[key] = table[name]
        if key in ("opened", "responded", "closed", "updated"):
            read[key], broken = read_times(table[name], form, time_zone, reader, ids)
            problems += broken
    resolved = []
    for name in columns.resolved:
        values, broken = read_times(table[name], form, time_zone, reader, ids)
        problems += broken
        resolved.append(values)
    if problems:
        raise InputError(reader, problems)
    frame = pl.DataFrame(read)
    return frame.with_columns(resolved=pl.coalesce(resolved))


def keep_latest(records: pl.DataFrame, reader: str) -> pl.DataFrame:
    """Keep one record of each `source_id`: the later `version`; two that differ and tell no order are refused."""
    records = records.unique(maintain_order=True)
    if "version" in records.columns:
        latest = pl.col("version").max().over("source_id")
        records = records.filter(pl.col("version").eq_missing(latest))
    remedy = "name the column that tells when a row last changed, or keep one"
    refuse_twice(records, reader, "comes twice, and differs", remedy)
    return records


def draft_words(words: pl.Series, key: str) -> dict[str, tuple[Any, str]]:
    """Draft the table of words `key`: every word of the source, the most frequent first, to be decided."""
    seen = by_frequency(words)
    remark = REMARKS.get(key, f"what each word is called in the contract under {key}")
    return {key: (dict.fromkeys(seen, PLACEHOLDER), remark)} if seen else {}


def draft_tickets(table: pl.DataFrame, columns: TicketColumns, more: Mapping[str, tuple[Any, str]]) -> Draft:
    """Draft the mapping of an export with a row for each ticket, from the cells of one."""
    named = {key: name for key, name in columns.model_dump().items() if isinstance(name, str)}
    there = {key: name for key, name in named.items() if name in table.columns}
    absent = {key: PLACEHOLDER if key in ("ticket", "opened") else None for key in named if key not in there}
    times = [there[key] for key in ("opened", "closed", "updated") if key in there]
    times += [name for name in columns.resolved if name in table.columns]
    forms = fitting_forms(pl.concat([table[name].alias("time") for name in times])) if times else []
    if not any(name in table.columns for name in columns.resolved):
        absent["resolved"] = PLACEHOLDER
    keys = dict(more)
    if absent:
        drafted, remark = keys.get("columns", ({}, ""))
        remark = "; ".join(filter(None, [remark, "columns of the usual names that the file does not have"]))
        keys["columns"] = ({**absent, **drafted}, remark)
    if forms != [None]:
        fits = f"both {' and '.join(map(str, forms))} can be meant" if len(forms) > 1 else "the form of its times"
        keys["time_form"] = (forms[0] if len(forms) == 1 else PLACEHOLDER, f"{fits}; it decides day and month")
    for column, key in TABLES_OF_WORDS.items():
        if column in there:
            keys |= draft_words(table[there[column]], key)
    if "status" in there:
        keys |= draft_words(table[there["status"]], "statuses")
    items = by_frequency(table[there["item"]]) if "item" in there else []
    return Draft(items=items, time_zone=True, keys=keys)


def find_tickets(
    tickets: Iterable[Ticket], mapping: DeskMapping, reader: str, left_out: Iterable[tuple[str, str]] = ()
) -> Found:
    """Turn tickets of a desk into the tables `tickets`, `holds` and `priorities`.

    Parameters
    ----------
    left_out
        Records that are in no ticket, and why.

    Raises
    ------
    InputError
        Words are in no table of the mapping, unless it lists them; each once, with the number of tickets.
    """
    rows: list[dict[str, Any]] = []
    holds: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    excluded = list(left_out)
    unknown: Counter[tuple[str, str]] = Counter()
    for ticket in sorted(tickets, key=lambda one: one.ticket):
        words, reason, strange = _translate(ticket, mapping)
        reason = reason or _why_not(ticket, mapping)
        if reason is None and strange:
            unknown.update(set(strange))
            reason = f"{strange[0][0]} names no {strange[0][1]!r}"
        if reason is not None:
            used = [*ticket.source_ids, *(hold[0] for hold in ticket.holds), *(change[0] for change in ticket.changes)]
            excluded += [(source_id, reason) for source_id in dict.fromkeys(used)]
            continue
        first = {"item": ticket.item, "ticket": ticket.ticket}
        rows.append(
            {
                **first,
                "opened": ticket.opened,
                "responded": ticket.responded,
                "resolved": ticket.resolved,
                **words,
                "response_minutes": ticket.response_minutes,
                "resolution_minutes": ticket.resolution_minutes,
                "source_id": ticket.source_ids[0],
            }
        )
        holds += [{**first, "started": start, "ended": end, "source_id": key} for key, start, end in ticket.holds]
        for key, start, word in ticket.changes:
            if (priority := (mapping.priorities or {})[word]) == "ignore":
                excluded.append((key, f"its priority is {word!r}, which the mapping leaves out"))
            else:
                changes.append({**first, "started": start, "priority": priority, "source_id": key})
    refuse_unknown(unknown, mapping, reader)
    tables = {"tickets": _frame("tickets", rows), "holds": _frame("holds", holds)}
    tables["priorities"] = _frame("priorities", changes)
    return Found(
        tables={name: frame for name, frame in tables.items() if frame.height},
        left_out=pl.DataFrame(sorted(set(excluded)), schema=LEFT_OUT, orient="row"),
    )


def refuse_unknown(unknown: Counter[tuple[str, str]], mapping: DeskMapping, reader: str) -> None:
    """Refuse words that no table of the mapping names, counted by table and word; unless it lists their tickets."""
    if mapping.unmapped == "list" or not unknown:
        return
    problems = []
    for (key, word), count in unknown.items():
        wrong = f"{key} does not name it, and {count:,} ticket{'s have' if count != 1 else ' has'} it"
        remedy = f"name it under {key}, or let `unmapped: list` leave such tickets out"
        problems.append(Problem(f"{reader} {key}", word, wrong, remedy))
    raise InputError(reader, problems)


def _translate(ticket: Ticket, mapping: DeskMapping) -> tuple[dict[str, str | None], str | None, list[tuple[str, str]]]:
    """Return the words of the contract, why one of its own excludes the ticket, and words that none names."""
    words: dict[str, str | None] = {}
    reason = None
    strange = []
    tables: dict[str, Mapping[str, str] | None] = {
        column: getattr(mapping, key) for column, key in [*TABLES_OF_WORDS.items(), ("status", "statuses")]
    }
    for column, table in tables.items():
        word = ticket.words.get(column)
        if table is None or word is None:
            continue
        key = TABLES_OF_WORDS.get(column, "statuses")
        if word not in table:
            strange.append((key, word))
        elif table[word] == "ignore":
            reason = f"its {column} is {word!r}, which the mapping leaves out"
        elif column != "status":
            words[column] = table[word]
    if mapping.statuses is not None:
        strange += [("statuses", word) for word in sorted(ticket.earlier_statuses) if word not in mapping.statuses]
    strange += [("priorities", word) for *_, word in ticket.changes if word not in (mapping.priorities or {})]
    return words, reason, strange


def _why_not(ticket: Ticket, mapping: DeskMapping) -> str | None:
    """Say why a ticket cannot be used, if it cannot."""
    if ticket.opened is None:
        return "it has no time at which it was opened"
    for word, instant in (("answered", ticket.responded), ("resolved", ticket.resolved)):
        if instant is not None and instant < ticket.opened:
            return f"it was {word} before it was opened"
    if ticket.closed is not None and ticket.resolved is None and ticket.resolution_minutes is None:
        return "it was closed, and when it was resolved is not told"
    waits = (mapping.statuses or {}).get(ticket.words.get("status") or "") == "waits"
    if waits and ticket.resolved is None and not any(end is None for *_, end in ticket.holds):
        return "it waits for the customer, and since when is not told"
    return None


def _frame(table: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as an evidence table with `item` in place of the subscription."""
    others = ("subscription", "source", "source_id")
    dtypes = {column.name: column.dtype for column in TABLES[table].columns if column.name not in others}
    schema = {"item": pl.String, **dtypes, "source_id": pl.String}
    return pl.DataFrame(rows, schema=schema)


def minutes_of(seconds: Decimal) -> Decimal:
    """Return seconds as minutes, to 60 microseconds.

    >>> minutes_of(Decimal(2 * 3600 + 37 * 60 + 3))
    Decimal('157.050000')
    """
    return (seconds / 60).quantize(Decimal("0.000001"))


def need_columns(table: pl.DataFrame, names: Iterable[str], reader: str) -> None:
    """Refuse a table that lacks columns; all of them are told."""
    known = [name for name in table.columns if name != "row"]
    missing = [name for name in names if name not in known]
    if missing:
        raise InputError(
            reader, [Problem(f"{reader} header", name, "no such column", one_of(known, name)) for name in missing]
        )
