"""Tables of what happened and what is owed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl
from great_tables import GT

from slakit.analysis.review import CLAIMABLE, Review
from slakit.policy.unread import without_credit
from slakit.show.columns import RESULTS
from slakit.show.labels import amounts_text, counted, day_text, days_left_text, instant_text
from slakit.show.readable import claim_by, in_words, missed_already, most_urgent_first
from slakit.show.tables.memo import Memo, memo_table

NOT_CONCERNED = ("other_component", "outside_period")
MOST_NOTES = 10
"""Windows that still run that notes tell of one by one."""
RIGHT = ("number", "percent", "money", "length")


def result_table(review: Review, name: str, rows: pl.DataFrame, columns: Sequence[str], memo: Memo, empty: str) -> GT:
    """Show rows of a result table under the headings of its columns.

    Parameters
    ----------
    review
        From `assess`.
    name
        Of the table.
    rows
        Of it.
    columns
        Those to show.
    memo
        What the table says besides its rows.
    empty
        What to say where there is no row.
    """
    result, shown = RESULTS[name], in_words(review, name, rows)
    texts = list(result.texts(shown, columns, review.zone_of if "subscription" in shown.columns else None))
    numbers = [result.column(key).heading for key in columns if result.column(key).kind_in(shown) in RIGHT]
    return memo_table(texts, replace(memo, numbers=numbers), empty)


def narrowed(review: Review, subscription: str) -> Review:
    """Return a review of one subscription, or the whole where none is named."""
    return review.of(subscription) if subscription else review


def about(review: Review) -> str:
    """Write the period of a review and the instant that it is as of."""
    return f"Period {review.period.printed}, as of {instant_text(review.as_of, ZoneInfo('UTC'))} UTC."


def show_credits(review: Review, subscription: str = "") -> GT:
    """Show the credits that are owed: how much, of what, for which window.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    credits = narrowed(review, subscription).credits
    due = credits.filter(pl.col("credit_percent") > 0)
    notes = [f"Together: {amounts_text(due)}."]
    others = credits.height - due.height
    notes += [f"No credit is due for {counted(others, 'other window')}."] if others else []
    columns = ["subscription", "remedy", "window", "credit_percent", "basis_amount", "amount", "cap"]
    columns += ["instead"] if due["instead"].count() else []
    memo = Memo("Credits owed", about(review), notes, groups="Subscription")
    return result_table(review, "credits", due, columns, memo, _no_credit(review, subscription))


def _no_credit(review: Review, subscription: str) -> str:
    if subscription and not review.terms_of(subscription).remedies:
        terms = review.terms_of(subscription)
        return f"{'No credit is due: ' * terms.read_whole}{without_credit(terms)}"
    return "No credit is due: no target with a credit was missed."


def show_claims(review: Review, subscription: str = "") -> GT:
    """Show claims by status, those that are claimable now first, each with its deadline.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    result, claims = RESULTS["claims"], narrowed(review, subscription).claims
    shown = in_words(review, "claims", most_urgent_first(claims))
    columns = ["status", "subscription", "remedy", "window_start", "amount", "days_left", "claim_by", "deadline"]
    columns.append("evidence_needed")
    by_heading = {key: result.column(key).heading for key in columns}
    rows = list(result.texts(shown, columns, review.zone_of))
    for row, claim in zip(rows, shown.iter_rows(named=True), strict=True):
        zone = review.zone_of(claim["subscription"])
        row[by_heading["status"]] = row[by_heading["status"]].capitalize()
        row[by_heading["window_start"]] = day_text(claim["window_start"], zone)
        row[by_heading["days_left"]] = days_left_text(claim["days_left"], passed=claim["status"] == "disputed")
        for key, instant in (("claim_by", claim["deadline_earliest"]), ("deadline", claim["deadline"])):
            row[by_heading[key]] = claim_by(claim["status"], instant, zone).removesuffix(f" ({zone.key})")
    requirements = in_words(review, "requirements", narrowed(review, subscription).requirements)
    broken = requirements.filter(~pl.col("met")).select("subscription", "remedy", "window", "says").rows()
    notes = [result.note]
    running = missed_already(narrowed(review, subscription))
    for row in running.head(MOST_NOTES).iter_rows(named=True):
        window = f"{row['subscription']}, {row['guarantee']}, {row['window']}"
        notes.append(
            f"Waiting for the window's end, {window}: the target is missed already; what is owed is known then."
        )
    if running.height > MOST_NOTES:
        notes.append(f"Waiting for the window's end: {counted(running.height - MOST_NOTES, 'other window')}.")
    notes += [f"Not met, {who}, {remedy}, {window}: {says}" for who, remedy, window, says in broken]
    memo = Memo(
        "Claims",
        about(review),
        notes,
        groups=by_heading["status"],
        numbers=[by_heading["amount"]],
        strong=[row for row, status in enumerate(shown["status"]) if status in CLAIMABLE],
        dates=[by_heading[key] for key in ("window_start", "days_left", "claim_by", "deadline")],
    )
    return memo_table(rows, memo, _no_credit(review, subscription))


def show_attainment(review: Review, subscription: str) -> GT:
    """Show how many tickets were answered or resolved in time, window by window.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    attainment = review.of(subscription).attainment.filter(pl.col("eligible") + pl.col("pending") > 0)
    missed = [number for number, met in enumerate(attainment["met"]) if met is False]
    columns = ["guarantee", "window", "eligible", "met_count", "pending", "attainment", "target"]
    memo = Memo(f"Tickets of {subscription}", about(review), groups="Guarantee", strong=missed)
    empty = f"No guarantee about tickets of {subscription} was judged in {review.period.printed}."
    return result_table(review, "attainment", attainment, columns, memo, empty)


def show_ledger(review: Review, subscription: str) -> GT:
    """Show every part of every outage that a guarantee covers, with its verdict and the clause that decided.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    ledger, zone = review.of(subscription).ledger, review.zone_of(subscription)
    shown = ledger.filter(~pl.col("verdict").is_in(NOT_CONCERNED))
    notes = f"Times in {zone.key}."
    if ledger.height > shown.height:
        others = counted(ledger.height - shown.height, "part")
        notes += f" Not shown: {others} of another component or outside the period."
    strong = [number for number, verdict in enumerate(shown["verdict"]) if verdict == "counted"]
    memo = Memo(f"Outages of {subscription}", about(review), [notes], groups="Guarantee", strong=strong)
    empty = f"No outage of {subscription} is recorded in {review.period.printed}."
    columns = ["guarantee", "outage", "started", "ended", "seconds", "verdict", "clause"]
    rows = shown.with_columns(pl.col("guarantee").fill_null("No guarantee"))
    return result_table(review, "ledger", rows, columns, memo, empty)


def show_assumptions(review: Review, subscription: str = "") -> GT:
    """Show what was assumed because neither contract nor evidence says it, and how open questions were read.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    own = narrowed(review, subscription)
    about_them = "Terms that no document and no evidence states, and how open questions were read."
    memo = Memo("Assumptions", about_them, groups="About")
    columns = ["subject", "term", "value", "because"]
    return result_table(own, "assumptions", own.assumptions, columns, memo, "Nothing was assumed.")


def show_warnings(review: Review, subscription: str = "") -> GT:
    """Show the rows of the evidence that were not used, or not as they are written.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    warnings = narrowed(review, subscription).warnings.with_columns(pl.col("table").str.replace_all("_", " "))
    result = RESULTS["warnings"]
    memo = Memo("Warnings about the evidence", f"{result.title}.", [result.note], groups="Subscription")
    empty = "No warnings: the evidence was used as it is written."
    return result_table(review, "warnings", warnings, ["subscription", "table", "row", "says"], memo, empty)
