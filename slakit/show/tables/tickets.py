"""Headlines and tables of the service desk, and of recoveries and backups."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, Decimal
from typing import Any

import polars as pl
from great_tables import GT

from slakit.analysis.review import Review
from slakit.measure.attainment import by_priority
from slakit.measure.tickets import ANSWERS
from slakit.policy.printing import listed, percent_text, print_count
from slakit.policy.quantities import FULL, PERCENT_SCALE
from slakit.policy.terms import Terms
from slakit.show.headline import show_headline
from slakit.show.labels import counted, instant_text, length_text, terms_name
from slakit.show.tables.memo import Memo, memo_table

MOST_TICKETS = 15
"""Tickets that a table lists; it counts the others."""
ANSWERED = {"response": "answered", "resolution": "resolved"}
BEST_EFFORT = "best effort"


def headline_tickets(review: Review, subscription: str) -> None:
    """How many tickets were answered and resolved in time, and what is still open."""
    label, terms = f"Tickets of {subscription} in {review.period.printed}", review.terms_of(subscription)
    own = review.of(subscription)
    tickets = own.tickets.filter(~pl.col("verdict").is_in(["left_out", "outside_term"]))
    promises = {g.id: g for g in terms.guarantees if g.metric in ANSWERS}
    if not promises:
        show_headline(label, "nothing promised", f"{terms_name(terms)} promises no answer in time.")
        return
    if tickets.is_empty():
        show_headline(label, "no ticket", "No ticket that the promises speak of was opened.")
        return
    parts = []
    for row in _sums(tickets).filter(pl.col("eligible") > 0).iter_rows(named=True):
        share = _share(row["met_count"], row["eligible"])
        parts.append(f"{share} {ANSWERED[promises[row['guarantee']].metric]} in time")
    judged = own.attainment["met"].drop_nulls()
    note = [f"{counted(int((~judged).sum()), 'window')} of {len(judged)} missed the goal."] if len(judged) else []
    firm = {guarantee.commitment for guarantee in promises.values()}
    note += ["No goal is set for the share."] * (not len(judged)) + ["Best effort only."] * (firm == {"best_effort"})
    show_headline(label, " · ".join(parts) or "nothing judged yet", " ".join([*note, *_next_due(review, tickets)]))


def _sums(tickets: pl.DataFrame) -> pl.DataFrame:
    """Counts and times of each guarantee, all priorities together, in the order of the policy."""
    together = by_priority(tickets, ("guarantee",), "elapsed_seconds").filter(pl.col("priority").is_null())
    return tickets.select("guarantee").unique(maintain_order=True).join(together, on="guarantee", maintain_order="left")


def _share(part: int, whole: int) -> str:
    return "–" if not whole else percent_text(Decimal(part * FULL // whole) / PERCENT_SCALE, 2)


def _next_due(review: Review, tickets: pl.DataFrame) -> Iterator[str]:
    waiting = tickets.filter(pl.col("verdict") == "pending").sort("due", nulls_last=True)
    for row in waiting.head(1).iter_rows(named=True):
        zone = review.zone_of(row["subscription"])
        first = f"{instant_text(row['due'], zone)} ({zone.key})"
        yield f"{counted(waiting.height, 'answer')} still due, the first by {first}."


def show_answer_times(review: Review, subscription: str) -> GT:
    """Share in time and times of answer against the target, by priority and altogether.

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
            "Promise": promise_name(terms, row["guarantee"]),
            "Priority": row["priority"] or "all",
            "Promised within": length_text(row["within_seconds"]) if row["priority"] else "",
            "Tickets": print_count(row["eligible"]),
            "In time": _share(row["met_count"], row["eligible"]),
            "Half within": _rounded(row["p50"]),
            "90 % within": _rounded(row["p90"]),
            "95 % within": _rounded(row["p95"]),
        }
        for row in _in_order(seen, terms).iter_rows(named=True)
    ]
    memo = Memo(
        f"How long answers took, {subscription}",
        "Working time, holds left out, of the tickets that were answered.",
        groups="Promise",
        numbers=["Promised within", "Tickets", "In time", "Half within", "90 % within", "95 % within"],
    )
    return memo_table(rows, memo, _no_ticket(review, subscription))


def _in_order(seen: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """In the order of the policy's guarantees and priorities; all together last."""
    ranked = [priority.id for priority in terms.support.priorities] if terms.support else []
    guarantees = [guarantee.id for guarantee in terms.guarantees]
    places = [
        pl.col(column).replace_strict(names, range(len(names)), default=len(names), return_dtype=pl.UInt32)
        for column, names in (("guarantee", guarantees), ("priority", ranked))
        if names
    ]
    return seen.sort(*places, pl.col("priority").is_null(), "priority")


def promise_name(terms: Terms, guarantee: str) -> str:
    """Name of a guarantee, and that it is best effort where it is."""
    found = terms.guarantee(guarantee)
    return (found.name or found.id) + (", " + BEST_EFFORT) * (found.commitment == "best_effort")


def _rounded(seconds: Decimal | None) -> str:
    """A length to the second, rounded up: it never looks shorter than it is."""
    return "–" if seconds is None else length_text(seconds.to_integral_value(ROUND_CEILING))


def _no_ticket(review: Review, subscription: str) -> str:
    terms = review.terms_of(subscription)
    if not any(guarantee.metric in ANSWERS for guarantee in terms.guarantees):
        return f"{terms_name(terms)} promises no answer in time."
    return f"No ticket of {subscription} that the promises speak of was opened in {review.period.printed}."


def show_late_tickets(review: Review, subscription: str) -> GT:
    """The tickets that missed their target, the worst first.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    tickets, zone = review.of(subscription).tickets, review.zone_of(subscription)
    late = tickets.filter(pl.col("verdict") == "missed").sort("late_seconds", descending=True, maintain_order=True)
    rows = [
        {**_about(review, row), "Answered": instant_text(row["answered"], zone) if row["answered"] else "not yet",
         "Took": length_text(row["elapsed_seconds"]), "Allowed": length_text(row["within_seconds"]),
         "Late by": length_text(row["late_seconds"]), "Clause": row["clause"]}
        for row in late.head(MOST_TICKETS).iter_rows(named=True)
    ]  # fmt: skip
    others = late.height - len(rows)
    notes = [f"Times in {zone.key}; lengths in working time, holds left out."]
    notes += [f"{counted(others, 'other ticket')} were late by less."] * bool(others)
    memo = Memo(
        f"Late tickets of {subscription}, the worst first",
        "",
        notes,
        groups="Promise",
        numbers=["Took", "Allowed", "Late by"],
    )
    otherwise = "No ticket missed its target." if tickets.height else _no_ticket(review, subscription)
    return memo_table(rows, memo, otherwise)


def _about(review: Review, row: dict[str, Any]) -> dict[str, str]:
    terms, zone = review.terms_of(row["subscription"]), review.zone_of(row["subscription"])
    return {
        "Ticket": row["ticket"],
        "Promise": promise_name(terms, row["guarantee"]),
        "Priority": row["priority"] or "–",
        "Opened": instant_text(row["opened"], zone),
        "Due": instant_text(row["due"], zone),
    }


def show_pending_tickets(review: Review, subscription: str) -> GT:
    """Tickets without an answer whose time is not up, the most urgent first.

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
    rows = [
        {**_about(review, row), "Time left": length_text(row["remaining_seconds"]),
         "Now": "waits for the customer: each hour of waiting moves it" if row["ticket"] in held else "the clock runs"}
        for row in pending.head(MOST_TICKETS).iter_rows(named=True)
    ]  # fmt: skip
    others = pending.height - len(rows)
    notes = [f"Times in {zone.key}; due is when it will be late, if the clock is not stopped before."]
    notes += [f"{counted(others, 'other ticket')} are due later."] * bool(others)
    memo = Memo(f"Still to be answered, {subscription}", "", notes, numbers=["Time left"])
    otherwise = "No ticket waits for an answer in time." if tickets.height else _no_ticket(review, subscription)
    return memo_table(rows, memo, otherwise)


def headline_recovery(review: Review, subscription: str) -> None:
    """How many recoveries kept what is promised, over the readings, and whether backups were on time."""
    own, terms = review.of(subscription), review.terms_of(subscription)
    promised = "" if terms.recovery else f"{terms_name(terms)} promises no recovery. "
    judged = own.backups.filter(pl.col("in_time").is_not_null())
    late = judged.filter(~pl.col("in_time"))
    longest = f"the longest gap is {length_text(_longest(judged))}" if judged.height else ""
    if own.recoveries.is_empty() and judged.is_empty():
        show_headline(f"Recoveries and backups of {subscription}", "none recorded", promised)
    elif own.recoveries.is_empty():
        in_time = f"{judged.height - late.height} of {judged.height}"
        note = f"{promised}No recovery is recorded. Between backups {longest}."
        show_headline(f"Backups of {subscription} in time", in_time, note)
    else:
        note = f" {counted(late.height, 'backup').capitalize()} late; {longest}." if judged.height else ""
        kept, said = _recovered(own.recoveries)
        show_headline(f"Recoveries of {subscription} within what is promised", kept, said + note)


def _recovered(recoveries: pl.DataFrame) -> tuple[str, str]:
    """How many kept their targets under the chosen reading, and a note on the others and on other readings."""
    missed = (~pl.col("rpo_met") | ~pl.col("rto_met")).fill_null(value=False)
    by_reading = recoveries.group_by("reading", maintain_order=True).agg(
        (pl.col("rpo_met") & pl.col("rto_met")).sum().alias("kept"), missed.sum().alias("missed"), pl.len().alias("all")
    )
    first = by_reading.row(0, named=True)
    openly = first["all"] - first["kept"] - first["missed"]
    said = [f"{first['missed']} missed a target."] * bool(first["missed"])
    said += [f"{openly} without a verdict yet."] * bool(openly)
    if by_reading.height > 1:
        readings = listed(f"{row['kept']} under {row['reading']}" for row in by_reading.iter_rows(named=True))
        said.append(f"By how the contract is read: {readings}.")
    return f"{first['kept']} of {first['all']}", " ".join(said)


def _longest(backups: pl.DataFrame) -> Decimal:
    longest: Decimal = backups["gap_seconds"].max()  # type: ignore[assignment]
    return longest


def show_recoveries(review: Review, subscription: str) -> GT:
    """Each recovery against recovery point and time, under each reading that sets other targets.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    recoveries, zone = review.of(subscription).recoveries, review.zone_of(subscription)
    several = recoveries["reading"].n_unique() > 1
    rows = [
        {
            **({"Reading": row["reading"]} if several else {}),
            "Recovery": row["recovery"],
            "Lost": row["kind"],
            "Failed": instant_text(row["failed"], zone),
            "Work lost": _against(row["lost_seconds"], row["rpo_seconds"]),
            "Point": KEPT[row["rpo_met"]],
            "Back after": _against(row["back_seconds"], row["rto_seconds"]),
            "Time": KEPT[row["rto_met"]],
            "Clause": row["clause"] or "–",
        }
        for row in recoveries.iter_rows(named=True)
    ]
    missed = [n for n, row in enumerate(rows) if KEPT[False] in (row["Point"], row["Time"])]
    firm = recoveries["commitment"].drop_nulls().unique().to_list()
    notes = [f"Times in {zone.key}."] + ["All of these targets are best effort."] * (firm == ["best_effort"])
    memo = Memo(
        f"Recoveries of {subscription}", f"As known on {instant_text(review.as_of, zone)}.", notes,
        groups="Reading" if several else None, strong=missed,
    )  # fmt: skip
    return memo_table(rows, memo, f"No recovery of {subscription} is recorded.")


KEPT = {True: "kept", False: "missed", None: "no verdict"}


def _against(seconds: Decimal | None, limit: Decimal | None) -> str:
    return f"{length_text(seconds)} of {length_text(limit)}" if limit is not None else length_text(seconds)


def show_backups(review: Review, subscription: str) -> GT:
    """Gaps between backups that are longer than promised, and copies that were not kept long enough.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    backups, zone = review.of(subscription).backups, review.zone_of(subscription)
    bad = backups.filter(~pl.col("in_time").fill_null(value=True) | ~pl.col("kept_long_enough").fill_null(value=True))
    rows = [
        {
            "Backup": row["backup"],
            "Taken": instant_text(row["taken"], zone) if row["taken"] else "none since",
            "After": _against(row["gap_seconds"], row["every_seconds"]),
            "In time": KEPT[row["in_time"]],
            "Kept for": _against(row["kept_seconds"], row["keep_seconds"]),
            "Long enough": KEPT[row["kept_long_enough"]],
            "Clause": row["clause"],
        }
        for row in bad.iter_rows(named=True)
    ]
    judged = backups.filter(pl.col("in_time").is_not_null() | pl.col("kept_long_enough").is_not_null())
    notes = [f"Times in {zone.key}. {counted(judged.height - bad.height, 'other')} as promised."]
    memo = Memo(f"Backups of {subscription}, not as promised", "", notes, numbers=["After", "Kept for"])
    if backups.is_empty():
        promised = review.terms_of(subscription).backups
        return memo_table([], memo, "No backup is recorded." if promised else "No backup is promised or recorded.")
    all_well = f"All {print_count(judged.height)} are as promised."
    return memo_table(rows, memo, all_well if judged.height else "Nothing to judge.")
