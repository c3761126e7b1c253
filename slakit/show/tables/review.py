"""Tables of what happened and what is owed."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl
from great_tables import GT

from slakit.analysis.review import Review
from slakit.policy.printing import percent_text, print_count
from slakit.policy.unread import without_credit
from slakit.show.labels import (
    STATUSES,
    VERDICTS,
    counted,
    day_text,
    deadline_text,
    instant_text,
    length_text,
    money_text,
    sums_text,
    window_name,
)
from slakit.show.tables.memo import Memo, memo_table

NOT_CONCERNED = ("other_component", "outside_period")
CAPS = {"incident": "per incident", "window": "per window", "rolling_12mo": "of twelve months", "term": "of the term"}


def narrowed(review: Review, subscription: str) -> Review:
    """A review of one subscription, or the whole where none is named."""
    return review.of(subscription) if subscription else review


def show_credits(review: Review, subscription: str = "") -> GT:
    """Credits that are owed: how much, of what, for which window.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    credits = narrowed(review, subscription).credits
    due = credits.filter(pl.col("credit_percent") > 0)
    rows = [
        {
            "Subscription": row["subscription"],
            "Remedy": row["remedy"],
            "Window": window_name(row["window_start"], row["window_end"], review.zone_of(row["subscription"])),
            "Credit": percent_text(row["credit_percent"]),
            "of": money_text(row["basis_amount"], row["currency"]),
            "Owed": money_text(row["amount"], row["currency"]),
            "Limited by": f"the cap {CAPS.get(row['cap'], row['cap'])}" if row["cap"] else "",
        }
        for row in due.iter_rows(named=True)
    ]
    sums = due.group_by("currency", maintain_order=True).agg(pl.col("amount").sum()).iter_rows()
    others = credits.height - due.height
    notes = [f"Together: {sums_text(sums)}."]
    notes += [f"{counted(others, 'other window')} judged earned nothing."] if others else []
    memo = Memo("Credits owed", _about(review), notes, groups="Subscription", numbers=["Credit", "of", "Owed"])
    return memo_table(rows, memo, _no_credit(review, subscription))


def _about(review: Review) -> str:
    return f"Period {review.period.printed}, as known on {instant_text(review.as_of, ZoneInfo('UTC'))} UTC."


def _no_credit(review: Review, subscription: str) -> str:
    if subscription and not review.terms_of(subscription).remedies:
        terms = review.terms_of(subscription)
        return f"{'Nothing is owed: ' * terms.read_whole}{without_credit(terms)}"
    return "Nothing is owed: no target was missed that earns a credit."


def show_claims(review: Review, subscription: str = "") -> GT:
    """What can be claimed until when, what was claimed, and what is too late; what can be claimed comes first.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    order = pl.col("status").replace_strict(list(STATUSES), range(len(STATUSES)), return_dtype=pl.UInt32)
    claims = narrowed(review, subscription).claims.sort(
        order, "deadline_earliest", nulls_last=True, maintain_order=True
    )
    rows = []
    for row in claims.iter_rows(named=True):
        zone, start = review.zone_of(row["subscription"]), row["window_start"]
        rows.append({
            "Status": STATUSES[row["status"]].capitalize(),
            "Subscription": row["subscription"],
            "Remedy": row["remedy"],
            "Window from": day_text(start, zone),
            "Amount": money_text(row["amount"], row["currency"]),
            "Claim by": _limit(row["status"], deadline_text(row["deadline_earliest"], zone)),
            "As the contract is read here": _limit(row["status"], deadline_text(row["deadline"], zone)),
            "Evidence to give": row["evidence_needed"] or "–",
        })  # fmt: skip
    memo = Memo(
        "Claims",
        _about(review),
        ["Deadlines in the time zone of each contract. Claim by: the earliest under any reading of the contract."],
        groups="Status",
        numbers=["Amount"],
        strong=[number for number, row in enumerate(claims["status"]) if row == "claimable"],
        dates=["Window from", "Claim by", "As the contract is read here"],
    )
    return memo_table(rows, memo, _no_credit(review, subscription))


def _limit(status: str, deadline: str) -> str:
    if status == "not_read":
        return "not read"
    return "no claim needed" if status == "not_required" else "no deadline runs yet" if deadline == "–" else deadline


def show_attainment(review: Review, subscription: str) -> GT:
    """Tickets that were answered or resolved in time, window by window.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    attainment = review.of(subscription).attainment.filter(pl.col("eligible") + pl.col("pending") > 0)
    names = {guarantee.id: guarantee.name or guarantee.id for guarantee in review.terms_of(subscription).guarantees}
    rows = [
        {
            "Promise": names.get(row["guarantee"], row["guarantee"]),
            "Window": window_name(row["window_start"], row["window_end"], review.zone_of(subscription)),
            "Tickets": print_count(row["eligible"]),
            "In time": print_count(row["met_count"]),
            "Still open": print_count(row["pending"]),
            "Attained": percent_text(row["attainment"]) if row["attainment"] is not None else "–",
            "Promised": percent_text(row["target"], 6) if row["target"] is not None else "–",
        }
        for row in attainment.iter_rows(named=True)
    ]
    missed = [number for number, met in enumerate(attainment["met"]) if met is False]
    numbers = ["Tickets", "In time", "Still open", "Attained", "Promised"]
    memo = Memo(f"Tickets of {subscription}", _about(review), groups="Promise", numbers=numbers, strong=missed)
    return memo_table(rows, memo, f"No promise about tickets of {subscription} was judged in {review.period.printed}.")


def show_ledger(review: Review, subscription: str) -> GT:
    """Every piece of every outage that concerns a promise, with its verdict and the clause that decided.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    ledger = review.of(subscription).ledger
    names = {guarantee.id: guarantee.name or guarantee.id for guarantee in review.terms_of(subscription).guarantees}
    zone = review.zone_of(subscription)
    shown = ledger.filter(~pl.col("verdict").is_in(NOT_CONCERNED))
    rows = [
        {
            "Promise": names.get(row["guarantee"], row["guarantee"]) or "No guarantee",
            "Outage": row["outage"],
            "From": instant_text(row["started"], zone),
            "To": instant_text(row["ended"], zone),
            "Length": length_text(row["seconds"]),
            "Verdict": VERDICTS[row["verdict"]],
            "Clause": row["clause"] or "–",
        }
        for row in shown.iter_rows(named=True)
    ]
    strong = [number for number, verdict in enumerate(shown["verdict"]) if verdict == "counted"]
    left_out = counted(ledger.height - shown.height, "piece")
    notes = [f"Times in {zone.key}."]
    if ledger.height > shown.height:
        notes = [f"Times in {zone.key}. Left out: {left_out} of another component or outside the period."]
    memo = Memo(
        f"Outages of {subscription}", _about(review), notes, groups="Promise", numbers=["Length"], strong=strong
    )
    return memo_table(rows, memo, f"No outage of {subscription} is recorded in {review.period.printed}.")


def show_assumptions(review: Review, subscription: str = "") -> GT:
    """What was assumed because neither document nor evidence says it, and how open questions were read.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    assumptions = narrowed(review, subscription).assumptions
    rows = [
        {"About": row["subject"], "Term": row["term"], "Taken as": row["value"], "Because": row["because"]}
        for row in assumptions.iter_rows(named=True)
    ]
    memo = Memo(
        "What was assumed",
        "Terms that no document and no evidence states, and how open questions were read.",
        groups="About",
    )
    return memo_table(rows, memo, "Nothing was assumed.")


def show_warnings(review: Review, subscription: str = "") -> GT:
    """Rows of the evidence that were not used, or not as they are written.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    rows = [
        {
            "Subscription": row["subscription"],
            "Table": row["table"].replace("_", " "),
            "Row": "–" if row["row"] is None else str(row["row"]),
            "Warning": row["says"],
        }
        for row in narrowed(review, subscription).warnings.iter_rows(named=True)
    ]
    memo = Memo(
        "Warnings about the evidence",
        "Rows that were not used, or not as they are written.",
        ["Rows are counted as the file shows them; the header is row 1. Of several rows the first is named."],
        groups="Subscription",
        numbers=["Row"],
    )
    return memo_table(rows, memo, "No warnings: the evidence was used as it is written.")
