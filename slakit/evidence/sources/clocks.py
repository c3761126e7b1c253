"""Tickets from the SLA clocks of a desk: when each started and stopped, and what it counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, Literal

import polars as pl

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.desks import DeskMapping, Ticket, find_tickets, minutes_of, refuse_unknown
from slakit.evidence.sources.reader import Found

CLOCK: dict[str, Any] = {
    "source_id": pl.String,
    "ticket": pl.String,
    "item": pl.String,
    "metric": pl.String,
    "status": pl.String,
    "started": INSTANT,
    "stopped": INSTANT,
    "elapsed": pl.Duration("us"),
    "business_elapsed": pl.Duration("us"),
    "waits": pl.Boolean,
    "waits_since": INSTANT,
    "priority": pl.String,
    "kind": pl.String,
}
"""Columns of records that are clocks; one without a metric tells the words of its ticket alone."""
MICROSECOND = timedelta(microseconds=1)
REMARK_METRICS = "which clock is the response and which the resolution; `ignore` leaves the others out"
REMARK_CLOCK = (
    "`instants`: when the clocks started and stopped, so that the hours and holds of the contract apply (a pause that "
    "the desk made is not known then); or what the desk counted, in its own hours and without its pauses: "
)
REMARK_UNTOLD = (
    "tickets that lack a clock for their response or their resolution: `ignore` leaves them out; `keep` lets them "
    "stand as not answered or not resolved, for contracts that do not guarantee that time"
)
REMARK_REOPENED = "whether a ticket that was opened again was resolved the `first` time, or the `last`"


class ClockMapping(DeskMapping):
    """What the mappings of all SLA clocks have in common."""

    metrics: dict[str, Literal["response", "resolution", "ignore"]]
    """Name of each clock → whether it runs to the response or to the resolution."""
    reopened: Literal["first", "last"]
    """Whether a ticket that was opened again was resolved the first time; or the last, and then the time in which it
    was resolved is a hold."""
    untold: Literal["ignore", "keep"]
    """Tickets that lack a clock for their response or their resolution, where `metrics` names one: `ignore` leaves them
    out; `keep` lets them stand as not answered or not resolved, for contracts that do not guarantee that time."""


@dataclass(frozen=True)
class _Clock:
    """One run of a clock."""

    source_id: str
    started: datetime
    stopped: datetime | None
    seconds: Decimal | None
    waits: bool
    waits_since: datetime | None


def find_by_clocks(
    records: pl.DataFrame,
    mapping: ClockMapping,
    reader: str,
    count: Literal["elapsed", "business_elapsed"] | None,
) -> Found:
    """Turn records that are clocks into tickets.

    Parameters
    ----------
    records
        With the columns `CLOCK`.
    count
        The column of what the clocks counted, to take it; None to take the instants at which they stopped.
    """
    tickets: list[Ticket] = []
    left_out: list[tuple[str, str]] = []
    unknown: Counter[tuple[str, str]] = Counter()
    rows = records.sort("ticket", "started", "source_id").iter_rows(named=True)
    for name, runs in groupby(rows, key=itemgetter("ticket")):
        ticket = Ticket(name, [], None)
        clocks: dict[str, list[_Clock]] = {"response": [], "resolution": []}
        strange: set[tuple[str, str]] = set()
        about: list[str] = []
        for row in runs:
            if row["metric"] is None:
                about.append(row["source_id"])
                ticket.words = {key: row[key] for key in ("priority", "kind", "status")}
                continue
            status = (mapping.statuses or {}).get(row["status"] or "")
            metric = mapping.metrics.get(row["metric"])
            if metric is None or (row["status"] is not None and mapping.statuses is not None and status is None):
                key, word = ("metrics", row["metric"]) if metric is None else ("statuses", row["status"])
                strange.add((key, word))
                left_out.append((row["source_id"], f"{key} names no {word!r}"))
            elif metric == "ignore":
                left_out.append((row["source_id"], f"its clock is {row['metric']!r}, which the mapping leaves out"))
            elif status == "ignore":
                left_out.append((row["source_id"], f"its status is {row['status']!r}, which the mapping leaves out"))
            elif row["started"] is None:
                left_out.append((row["source_id"], "its clock has not begun"))
            else:
                clocks[metric].append(_clock_of(row, count, status == "waits"))
                ticket.item = row["item"]
                words = {key: row[key] for key in ("priority", "kind") if row[key] is not None}
                ticket.words = {**ticket.words, **words}
        unknown.update(strange)
        given = [*about, *(clock.source_id for run in clocks.values() for clock in run)]
        reason = time_ticket(ticket, clocks["response"], clocks["resolution"], count is not None, mapping.reopened)
        lacking = sorted(name for name in {*mapping.metrics.values()} - {"ignore"} if not clocks[name])
        if reason is None and lacking and mapping.untold == "ignore":
            ticket.source_ids = []
            reason = f"it has no clock for its {lacking[0]}"
        if reason is None:
            ticket.source_ids += about
            tickets.append(ticket)
        reason = reason or "another clock of the ticket for the same thing counts"
        left_out += [(source_id, reason) for source_id in given if source_id not in ticket.source_ids]
    refuse_unknown(unknown, mapping, reader)
    return find_tickets(tickets, mapping, reader, left_out)


def _clock_of(row: dict[str, Any], count: str | None, waits: bool) -> _Clock:
    counted = row[count or "elapsed"]
    seconds = None if counted is None else Decimal(counted // MICROSECOND) / 1_000_000
    return _Clock(
        row["source_id"], row["started"], row["stopped"], seconds, bool(waits or row["waits"]), row["waits_since"]
    )


def time_ticket(
    ticket: Ticket, response: list[_Clock], resolution: list[_Clock], elapsed: bool, reopened: Literal["first", "last"]
) -> str | None:
    """Fill in when a ticket was opened, answered and resolved.

    Of the response the first clock counts, of the resolution the first or all of them. Then the time between two, in
    which the ticket was resolved and not yet open again, is a hold.

    Returns
    -------
    str or None
        Why its clocks cannot be used, if they cannot.
    """
    for runs in (response, resolution):
        if any(one.stopped is None or one.stopped > then.started for one, then in pairwise(runs)):
            return "two of its clocks for the same thing run at once"
    answer, repair = response[:1], resolution[:1] if reopened == "first" else resolution
    used = [*answer, *repair]
    if not used:
        return "none of its clocks counts"
    if elapsed and any(clock.stopped is not None and clock.seconds is None for clock in used):
        return "what its clock counted is not told"
    running = [clock for clock in used if clock.waits and clock.stopped is None]
    if any(clock.waits_since is None for clock in running):
        return "its clock is paused, and since when is not told"
    ticket.source_ids = sorted({clock.source_id for clock in used})
    ticket.opened = min(clock.started for clock in used)
    if answer and answer[0].stopped is not None:
        if elapsed:
            ticket.response_minutes = minutes_of(answer[0].seconds or Decimal(0))
        else:
            ticket.responded = answer[0].stopped
    if repair and repair[-1].stopped is not None:
        if elapsed:
            ticket.resolution_minutes = minutes_of(sum((run.seconds or Decimal(0) for run in repair), Decimal(0)))
        else:
            ticket.resolved = repair[-1].stopped
    if not elapsed:
        gaps = [(then.source_id, one.stopped, then.started) for one, then in pairwise(repair)]
        ticket.holds += [(key, start, end) for key, start, end in gaps if start is not None and start < end]
    ticket.holds += [(clock.source_id, clock.waits_since, None) for clock in running if clock.waits_since is not None]
    return None
