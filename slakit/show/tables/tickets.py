"""Tables of the service desk, and of recoveries and backups."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from great_tables import GT

from slakit.analysis.review import Review
from slakit.measure.attainment import by_priority
from slakit.measure.tickets import ANSWERS
from slakit.policy.printing import print_count
from slakit.policy.terms import Terms
from slakit.show.columns import IN_TARGET, RESULTS
from slakit.show.labels import counted, guarantee_name, instant_text, length_text, length_up, share_text, terms_name
from slakit.show.readable import in_words
from slakit.show.tables.memo import Memo, memo_table

MOST_TICKETS = 15
"""Tickets that a table lists; it counts the others."""


def show_answer_times(review: Review, subscription: str) -> GT:
    """Show the share in time, and how long responses and resolutions took, by priority and altogether.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    tickets, terms = review.of(subscription).tickets, review.terms_of(subscription)
    targets = tickets.group_by("guarantee", "priority").agg(pl.col("within_seconds").mode().min())
    seen = by_priority(tickets, ("guarantee",), "elapsed_seconds").join(
        targets, on=["guarantee", "priority"], how="left", nulls_equal=True
    )
    rows = [
        {
            "Guarantee": guarantee_name(terms, row["guarantee"]),
            "Priority": row["priority"] or "all",
            "Committed": length_text(row["within_seconds"]) if row["priority"] else "",
            "Tickets": print_count(row["eligible"]),
            "In time": share_text(row["met_count"], row["eligible"]),
            "Median": length_up(row["p50"]),
            "P90": length_up(row["p90"]),
            "P95": length_up(row["p95"]),
        }
        for row in _in_order(seen, terms).iter_rows(named=True)
    ]
    memo = Memo(
        f"Response and resolution times of {subscription}",
        "Working time without holds, of the tickets that were answered. P90: 90 % took no longer.",
        groups="Guarantee",
        numbers=["Committed", "Tickets", "In time", "Median", "P90", "P95"],
    )
    return memo_table(rows, memo, _no_ticket(review, subscription))


def _in_order(seen: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Sort by the policy's guarantees and priorities; all priorities together come last."""
    ranked = [priority.id for priority in terms.support.priorities] if terms.support else []
    guarantees = [guarantee.id for guarantee in terms.guarantees]
    places = [
        pl.col(column).replace_strict(names, range(len(names)), default=len(names), return_dtype=pl.UInt32)
        for column, names in (("guarantee", guarantees), ("priority", ranked))
        if names
    ]
    return seen.sort(*places, pl.col("priority").is_null(), "priority")


def _no_ticket(review: Review, subscription: str) -> str:
    terms = review.terms_of(subscription)
    if not any(guarantee.metric in ANSWERS for guarantee in terms.guarantees):
        return f"{terms_name(terms)} guarantees no response or resolution time."
    return f"No ticket of {subscription} that a guarantee covers was opened in {review.period.printed}."


def show_late_tickets(review: Review, subscription: str) -> GT:
    """Show the tickets that missed their target, the latest first.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    tickets, zone = review.of(subscription).tickets, review.zone_of(subscription)
    late = tickets.filter(pl.col("verdict") == "missed").sort("late_seconds", descending=True, maintain_order=True)
    notes = [f"Times in {zone.key}; lengths in working time without holds."]
    if late.height > MOST_TICKETS:
        notes.append(f"{counted(late.height - MOST_TICKETS, 'other ticket')} were late by less.")
    memo = Memo(f"Late tickets of {subscription}, the latest first", "", notes, groups="Guarantee")
    empty = "No ticket missed its target." if tickets.height else _no_ticket(review, subscription)
    columns = ["ticket", "guarantee", "priority", "opened", "due", "answered", "elapsed_seconds", "within_seconds",
               "late_seconds", "clause"]  # fmt: skip
    result, shown = RESULTS["tickets"], in_words(review, "tickets", _named(review, subscription, late))
    rows = list(result.texts(shown, columns, review.zone_of))
    for row, in_minutes in zip(rows, shown["in_minutes"], strict=True):
        if in_minutes:
            row["Answered"] = "given in minutes"
    numbers = result.headings("elapsed_seconds", "within_seconds", "late_seconds")
    return memo_table(rows, replace(memo, numbers=numbers), empty)


def _named(review: Review, subscription: str, tickets: pl.DataFrame) -> pl.DataFrame:
    """Cut tickets to those that a table lists; say which are best effort, and which priorities they had."""
    terms = review.terms_of(subscription)
    names = {guarantee.id: guarantee_name(terms, guarantee.id) for guarantee in terms.guarantees}
    changed = pl.format("{} ({})", "priority", "priorities")
    rank = pl.when(pl.col("priorities").is_not_null()).then(changed).otherwise("priority").alias("priority")
    return tickets.head(MOST_TICKETS).with_columns(pl.col("guarantee").replace(names), rank)


def show_pending_tickets(review: Review, subscription: str) -> GT:
    """Show the tickets without an answer whose time is not up, the most urgent first.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    tickets, zone = review.of(subscription).tickets, review.zone_of(subscription)
    pending = tickets.filter(pl.col("verdict") == "pending").sort("due", nulls_last=True)
    holds = review.evidence.holds.filter(pl.col("started") <= review.as_of)
    held = set(holds.filter(pl.col("ended").is_null() | (pl.col("ended") > review.as_of))["ticket"])
    result, shown = RESULTS["tickets"], in_words(review, "tickets", _named(review, subscription, pending))
    columns = ["ticket", "guarantee", "priority", "opened", "due", "remaining_seconds"]
    rows = list(result.texts(shown, columns, review.zone_of))
    for row in rows:
        on_hold = row["Ticket"] in held
        row["Now"] = "on hold: each hour of it moves the due time" if on_hold else "the clock runs"
    notes = [f"Times in {zone.key}. Due: when it will be late, if the clock is not stopped before."]
    if pending.height > MOST_TICKETS:
        notes.append(f"{counted(pending.height - MOST_TICKETS, 'other ticket')} are due later.")
    memo = Memo(f"Open tickets of {subscription}", "", notes, numbers=result.headings("remaining_seconds"))
    empty = "No ticket waits for an answer in time." if tickets.height else _no_ticket(review, subscription)
    return memo_table(rows, memo, empty)


def show_recoveries(review: Review, subscription: str) -> GT:
    """Show each recovery against its recovery point and time objectives, under each reading that sets other ones.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    recoveries, zone = review.of(subscription).recoveries, review.zone_of(subscription)
    result, several = RESULTS["recoveries"], recoveries["reading"].n_unique() > 1
    columns = ["recovery", "kind", "failed", "lost_seconds", "rpo_seconds", "rpo_met", "back_seconds", "rto_seconds",
               "rto_met", "clause"]  # fmt: skip
    columns = ["reading", *columns] if several else columns
    rows = list(result.texts(in_words(review, "recoveries", recoveries), columns, review.zone_of))
    for measured, committed in (("lost_seconds", "rpo_seconds"), ("back_seconds", "rto_seconds")):
        _set_against(rows, *result.headings(measured, committed))
    missed = [number for number, row in enumerate(rows) if IN_TARGET[False] in (row["RPO met"], row["RTO met"])]
    firm = recoveries["commitment"].drop_nulls().unique().to_list()
    notes = [f"Times in {zone.key}."] + ["All of these targets are best effort."] * (firm == ["best_effort"])
    memo = Memo(
        f"Recoveries of {subscription}", f"As of {instant_text(review.as_of, zone)}.", notes,
        groups="Reading" if several else None, strong=missed,
    )  # fmt: skip
    return memo_table(rows, memo, f"No recovery of {subscription} is recorded.")


def _set_against(rows: list[dict[str, str]], measured: str, committed: str) -> None:
    """Write a measured value and the committed one in one cell: `1h of 4h`."""
    for row in rows:
        limit = row.pop(committed)
        row[measured] += f" of {limit}" if limit != "–" else ""


def show_backups(review: Review, subscription: str) -> GT:
    """Show backups that came later than committed, and copies that were not kept long enough.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    backups, zone = review.of(subscription).backups, review.zone_of(subscription)
    result = RESULTS["backups"]
    bad = backups.filter(~pl.col("in_time").fill_null(value=True) | ~pl.col("kept_long_enough").fill_null(value=True))
    columns = ["backup", "taken", "gap_seconds", "every_seconds", "in_time", "kept_seconds", "keep_seconds",
               "kept_long_enough", "clause"]  # fmt: skip
    rows = list(result.texts(bad, columns, review.zone_of))
    for measured, committed in (("gap_seconds", "every_seconds"), ("kept_seconds", "keep_seconds")):
        _set_against(rows, *result.headings(measured, committed))
    judged = backups.filter(pl.col("in_time").is_not_null() | pl.col("kept_long_enough").is_not_null())
    notes = [f"Times in {zone.key}. {counted(judged.height - bad.height, 'other')} as committed."]
    numbers = result.headings("gap_seconds", "kept_seconds")
    memo = Memo(f"Backups of {subscription}: breaches", "", notes, numbers=numbers)
    if backups.is_empty():
        guaranteed = review.terms_of(subscription).backups
        return memo_table([], memo, "No backup is recorded." if guaranteed else "No backup is guaranteed or recorded.")
    all_well = f"All {print_count(judged.height)} are as committed."
    return memo_table(rows, memo, all_well if judged.height else "Nothing to judge.")
