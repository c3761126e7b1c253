"""Tables of claims that were made: what was answered and credited, and money by provider."""

from __future__ import annotations

import polars as pl
from great_tables import GT

from slakit.analysis.register import SUMS, register_sums
from slakit.analysis.review import Review
from slakit.show.columns import CANDIDATE, REGISTER_SUMS, RESULTS, SUBSCRIPTION
from slakit.show.labels import counted, money_text
from slakit.show.readable import in_words
from slakit.show.tables.memo import Memo, memo_table
from slakit.show.tables.review import about, narrowed, result_table


def show_register(review: Review, subscription: str = "") -> GT:
    """Show the claims that were made: what was asked, answered and credited, against what was owed.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    register = narrowed(review, subscription).register
    columns = ["subscription", "remedy", "window_start", "claimed", "asked", "answered", "state", "credited", "owed"]
    columns += [name for name in ("difference", "reason", "reference") if register[name].count()]
    strong = [row for row, state in enumerate(register["state"]) if state in ("partly", "refused")]
    memo = Memo("Claims made", about(review), [RESULTS["register"].note], groups="Subscription", strong=strong)
    return result_table(review, "register", register, columns, memo, "No claim was made yet.")


def show_register_sums(review: Review, subscription: str = "") -> GT:
    """Show, by provider and currency, what can be claimed, is claimed, was credited and refused, and has expired.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    sums = register_sums(narrowed(review, subscription))
    columns = ["provider", *(name for name in SUMS if sums.filter(pl.col(name) != 0).height)]
    unknown = int(sums["unknown"].sum())
    said = f"Not known: what was asked with {counted(unknown, 'claim')}, for windows before the period."
    notes = [said] * bool(unknown)
    memo = Memo("Money by provider", about(review), notes, numbers=REGISTER_SUMS.headings(*columns[1:]))
    rows = list(REGISTER_SUMS.texts(sums, columns))
    return memo_table(rows, memo, "No credit is due, and no claim was made.")


def show_candidates(review: Review, candidates: pl.DataFrame) -> GT:
    """Show the credits of a bill, each with the credits owed that it may be.

    Parameters
    ----------
    review
        From `assess`.
    candidates
        From `credit_candidates`.
    """
    by_bill = []
    for row, text in zip(candidates.iter_rows(named=True), candidate_texts(review, candidates), strict=True):
        credit = f"Row {row['bill_row']}: {money_text(row['credited'], row['currency'])}, {row['description'] or '–'}"
        by_bill.append({"Credit of the bill": credit} | text)
    memo = Memo(
        "Credits of the bill, and what they may be",
        about(review),
        [CANDIDATE.note],
        groups="Credit of the bill",
        numbers=CANDIDATE.headings("owed", "difference"),
    )
    return memo_table(by_bill, memo, "The bill has no credit.")


def candidate_texts(review: Review, candidates: pl.DataFrame) -> list[dict[str, str]]:
    """Write what a credit of a bill may be, row by row.

    Parameters
    ----------
    review
        From `assess`.
    candidates
        From `credit_candidates`.
    """
    columns = ["subscription", "remedy", "window_start", "owed", "difference", "status"]
    known = candidates.filter(pl.col("subscription").is_not_null())
    words = iter(list(CANDIDATE.texts(in_words(review, "candidates", known), columns, review.zone_of)))
    nothing = dict.fromkeys(CANDIDATE.headings(*columns), "–") | {SUBSCRIPTION.heading: "nothing is owed"}
    return [nothing if name is None else next(words) for name in candidates["subscription"]]
