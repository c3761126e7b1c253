"""The facts of one credit: what was committed and measured, what counted, and how the credit follows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl

from slakit.analysis.explain import Teller, segments_of
from slakit.analysis.review import Review
from slakit.claiming.facts import ClaimedWindow, CountedInterval, JudgedGuarantee, LateTicket, Level
from slakit.policy.guarantees import Guarantee
from slakit.policy.plan_names import part_names, plan_name
from slakit.policy.quantities import Duration
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms

Row = dict[str, Any]


def claimed_window(review: Review, terms: Terms, remedy: Remedy, row: Row) -> ClaimedWindow:
    """Gather the facts of one credit.

    Parameters
    ----------
    review
        Of one subscription.
    terms, remedy
        Its terms, and the remedy under which the credit is owed.
    row
        Of `review.claims`, with the columns of `review.credits` for the same window.
    """
    start, end = row["window_start"], row["window_end"]
    judged = [
        found
        for guarantee in terms.guarantees
        if guarantee.id in remedy.guarantees
        for found in _judged(review, terms, guarantee, start, end)
    ]
    missed = [found for met, found in judged if met is False] or [found for _, found in judged]
    cap = next((cap for cap in remedy.all_caps if str(cap.per) == row["cap"]), None)
    return ClaimedWindow(
        remedy=remedy.id,
        name=part_names(terms)[remedy.id],
        start=start,
        end=end,
        judged=tuple(missed),
        credit_percent=row["credit_percent"],
        basis_amount=row["basis_amount"],
        clause=remedy.clause or remedy.credit[0].clause,
        capped=row["cap"] is not None,
        cap_clause=(cap.clause or remedy.credit[0].clause) if cap else "",
        amount=row["amount"],
        status=row["status"],
        deadline=row["deadline"],
        deadline_earliest=row["deadline_earliest"],
        explanation=tuple(_explained(review, terms, remedy, row)),
    )


def _explained(review: Review, terms: Terms, remedy: Remedy, row: Row) -> Iterator[tuple[int, str]]:
    """Explain a credit as `explain` does: its guarantees in its window, and how it follows."""
    name, start, end = row["subscription"], row["window_start"], row["window_end"]
    told = Teller(review, name, start, end, review.zone_of(name))
    yield 0, f"{name} · {plan_name(terms.provider, terms.tier)} ({told.zone.key}), as of {told.when(review.as_of)}"
    lines = [line for one in terms.guarantees if one.id in remedy.guarantees for line in told.guarantee(one)]
    lines += [*told.remedy(remedy), *told.assumptions()]
    yield from ((depth + 1, sentence) for depth, sentence in lines)


def _touching(table: pl.DataFrame, guarantee: Guarantee, start: datetime, end: datetime, *edges: str) -> Iterator[Row]:
    """Yield the windows of a guarantee that are a credit's; where none is, those that touch it."""
    first, last = edges or ("window_start", "window_end")
    mine = table.filter((pl.col("guarantee") == guarantee.id) & (pl.col(first) < end) & (pl.col(last) > start))
    same = mine.filter((pl.col(first) == start) & (pl.col(last) == end))
    return (mine if same.is_empty() else same).iter_rows(named=True)


def _judged(
    review: Review, terms: Terms, guarantee: Guarantee, start: datetime, end: datetime
) -> Iterator[tuple[bool | None, JudgedGuarantee]]:
    """Yield each window of a guarantee that touches a credit's, and whether it was met."""
    name = part_names(terms)[guarantee.id]
    if guarantee.on_measurements:
        for row in _touching(review.figures, guarantee, start, end):
            kind: Any = "percent" if guarantee.metric == "availability" else "value"
            unit = "" if kind == "percent" else row["unit"] or ""
            yield row["met"], JudgedGuarantee(
                guarantee.id, name, row["window_start"], row["window_end"], guarantee.clause,
                Level(kind, guarantee.limit, unit), Level(kind, row["level"], unit),
            )  # fmt: skip
    elif not guarantee.on_outages:
        for row in _touching(review.attainment, guarantee, start, end):
            yield row["met"], JudgedGuarantee(
                guarantee.id, name, row["window_start"], row["window_end"], guarantee.clause_of("within"),
                Level("percent", guarantee.target), Level("percent", row["attainment"]),
                tickets=_late_tickets(review, guarantee, row["window_start"]),
                tickets_met=row["met_count"], tickets_judged=row["eligible"],
            )  # fmt: skip
    elif guarantee.window.text == "incident":
        for row in _touching(review.incidents, guarantee, start, end, "started", "ended"):
            yield row["met"], JudgedGuarantee(
                guarantee.id, name, row["started"], row["ended"], guarantee.clause,
                Level("length", row["within_seconds"]), Level("length", row["seconds"]),
                downtime_seconds=row["seconds"], intervals=_intervals(review, guarantee, row["started"], row["ended"]),
            )  # fmt: skip
    else:
        for row in _touching(review.availability, guarantee, start, end):
            committed, measured = _levels(review, guarantee, row)
            yield row["met"], JudgedGuarantee(
                guarantee.id, name, row["window_start"], row["window_end"], guarantee.clause, committed, measured,
                row["agreed_seconds"], row["downtime_seconds"],
                intervals=_intervals(review, guarantee, row["window_start"], row["window_end"]),
            )  # fmt: skip


def _levels(review: Review, guarantee: Guarantee, row: Row) -> tuple[Level, Level]:
    """Return what is committed and what was measured, where outages decide on a window."""
    if guarantee.metric == "downtime":
        within = guarantee.within
        most = Decimal(within.microseconds) / 10**6 if isinstance(within, Duration) else None
        return Level("length", most), Level("length", row["downtime_seconds"])
    if guarantee.metric == "incidents":
        told = Teller(review, row["subscription"], review.as_of, review.as_of, review.zone_of(row["subscription"]))
        count = told.incidents(guarantee, row["window_start"], row["window_end"])
        return Level("count", guarantee.limit), Level("count", Decimal(count))
    return Level("percent", row["target"]), Level("percent", row["availability"])


def _intervals(review: Review, guarantee: Guarantee, start: datetime, end: datetime) -> tuple[CountedInterval, ...]:
    """List what counts in a window."""
    segments = segments_of(review, guarantee, start, end)
    mine = segments.filter(pl.col("verdict") == "counted").sort("started", "ended")
    names = ("outage", "component", "started", "ended", "seconds", "clause")
    return tuple(
        CountedInterval(outage, component, started, ended, seconds, clause or guarantee.clause)
        for outage, component, started, ended, seconds, clause in mine.select(names).iter_rows()
    )


def _late_tickets(review: Review, guarantee: Guarantee, window: datetime) -> tuple[LateTicket, ...]:
    missed = (pl.col("guarantee") == guarantee.id) & (pl.col("window_start") == window)
    mine = review.tickets.filter(missed & (pl.col("verdict") == "missed")).sort("opened", "ticket")
    names = ("ticket", "opened", "due", "answered", "late_seconds", "clause")
    return tuple(
        LateTicket(ticket, opened, due, answered, late, clause or guarantee.clause)
        for ticket, opened, due, answered, late, clause in mine.select(names).iter_rows()
    )
