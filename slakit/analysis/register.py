"""The register of claims: what was claimed, answered and credited, against what was owed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import polars as pl

from slakit.analysis.review import CLAIMABLE, Review
from slakit.evidence.answers import known_claims
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.evidence.tables import AMOUNT
from slakit.problems import InputError, Problem

STATES = {
    "open": "no answer yet",
    "credited": "credited",
    "partly": "credited in part",
    "refused": "refused",
    "withdrawn": "withdrawn",
}
"""What has become of a claim that was made."""
SUMS = ("claimable", "waiting", "open", "credited", "refused", "expired")
"""Sums of the register, in the order in which money moves."""
OFFERED = 3
"""Credits owed that are offered for one credit of a bill."""
BILLED = pl.Decimal(38, 18)
CANDIDATES: dict[str, pl.DataType | type[pl.DataType]] = {
    "bill_row": pl.UInt32, "billed": INSTANT, "description": pl.String, "credited": BILLED, "currency": pl.String,
    "subscription": pl.String, "remedy": pl.String, "window_start": INSTANT, "owed": AMOUNT, "difference": BILLED,
    "status": pl.String,
}  # fmt: skip


def register_table(evidence: Evidence, credits: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """List the claims made, each beside the credit that it is for.

    Parameters
    ----------
    evidence
        Checked tables.
    credits
        Of the review.
    as_of
        Claims and answers after it are not known.

    Returns
    -------
    pl.DataFrame
        `subscription`, `remedy`, `window_start` (of the credit; as the claim has it where no credit of the period
        fits), `claimed`, `asked` (null: what was owed), `answered`, `state`, `credited` (null while there is no
        answer), `owed` (null where no credit of the period fits), `difference` (credited to all claims for the credit,
        less what was owed), `currency`, `reason`, `reference`.
    """
    made = known_claims(evidence.numbered("claims_made"), as_of)
    due: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    claimed = pl.col("subscription").is_in(made["subscription"].unique().implode())
    of_windows = credits.filter((pl.col("amount") > 0) & claimed)
    for name, remedy, *window in of_windows.select("subscription", "remedy", "window_start", "window_end").iter_rows():
        due.setdefault((name, remedy), []).append((window[0], window[1]))
    # a window by its row, as where windows slide over one another several begin together
    windows, taken = dict[int, tuple[datetime, datetime]](), set[tuple[object, ...]]()
    claimed_for = made.sort("window_start", "row", maintain_order=True)
    for row, name, remedy, at in claimed_for.select("row", "subscription", "remedy", "window_start").iter_rows():
        fitting = [window for window in due.get((name, remedy), []) if window[0] <= at < window[1]]
        fitting.sort(key=lambda window: (window[0] != at, window[1]))
        left = [window for window in fitting if (name, remedy, *window) not in taken]
        if fitting:  # claimed twice: the second one is for the next window that fits, if there is one
            windows[row] = (left or fitting)[0]
            taken.add((name, remedy, *windows[row]))
    instant = made.schema["claimed"]
    found = pl.DataFrame(
        [(row, *window) for row, window in windows.items()],
        schema={"row": made.schema["row"], "start": instant, "end": instant},
        orient="row",
    )
    owed = of_windows.select(
        "subscription", "remedy", pl.col("window_start").alias("start"), pl.col("window_end").alias("end"),
        pl.col("amount").cast(AMOUNT).alias("owed"),
    )  # fmt: skip
    last = evidence.phases.unique("subscription", keep="last").select("subscription", "currency")
    has_answer = pl.col("outcome").is_not_null() | pl.col("amount").is_not_null()
    credited = pl.when(has_answer).then(pl.col("amount").fill_null(0))
    granted = pl.when(pl.col("amount").is_not_null()).then(pl.lit("credited")).otherwise(pl.lit("open"))
    of_credit = pl.col("credited").sum().over("subscription", "remedy", "start", "end")
    answered = pl.col("credited").is_not_null() & pl.col("owed").is_not_null()
    return (
        made.with_columns(credited.alias("credited"), pl.coalesce("outcome", granted).alias("state"))
        .join(found, on="row", how="left", maintain_order="left")
        .join(owed, on=["subscription", "remedy", "start", "end"], how="left", maintain_order="left")
        .join(last, on="subscription", maintain_order="left")
        .with_columns(
            pl.coalesce("start", "window_start").alias("window_start"),
            pl.when(answered).then(of_credit - pl.col("owed")).cast(AMOUNT).alias("difference"),
        )
        .sort(evidence.order, "window_start", "claimed", maintain_order=True)
        .select(
            "subscription", "remedy", "window_start", "claimed", "asked", "answered", "state", "credited", "owed",
            "difference", "currency", "reason", "reference",
        )
    )  # fmt: skip


def register_sums(review: Review) -> pl.DataFrame:
    """Add up, by provider and currency, what can be claimed, is claimed, was credited and refused, and has expired.

    Parameters
    ----------
    review
        From `assess`.

    Returns
    -------
    pl.DataFrame
        `provider`, `currency`, `claimable` (deadlines that are disputed included), `waiting` (cannot be claimed yet),
        `open` (claimed, no answer yet), `credited`, `refused` (in whole or in part), `expired`. Open and refused are
        what was asked, or else what was owed; `unknown` counts the claims of which neither is known.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    >>> evidence = Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    >>> register_sums(assess(evidence, "2026-06", "2026-07-01")).height
    0
    """
    providers: Mapping[str, str] = {name: review.terms_of(name).provider for name in review.evidence.names}
    status = {"claimable": CLAIMABLE, "waiting": ("waiting",), "expired": ("expired",)}
    amount, zero = pl.col("amount").cast(AMOUNT), pl.lit(0, AMOUNT)
    of_claims = review.claims.select(
        "subscription", "currency", *(
            pl.when(pl.col("status").is_in(own)).then(amount).otherwise(zero).alias(name)
            for name, own in status.items()
        ),
    )  # fmt: skip
    asked = pl.coalesce("asked", "owed")
    # what of a credit is refused is what is left of it
    missing = {
        "open": pl.when(pl.col("state") == "open").then(asked),
        "refused": pl.when(pl.col("state").is_in(["refused", "partly"])).then(asked - pl.col("credited")),
    }
    unknown = pl.col("state").is_in(["open", "refused", "partly"]) & asked.is_null()
    of_register = review.register.select(
        "subscription", "currency", pl.col("credited").fill_null(0),
        *(expression.fill_null(0).cast(AMOUNT).alias(name) for name, expression in missing.items()),
        unknown.cast(pl.Int64).alias("unknown"),
    )  # fmt: skip
    rows = pl.concat([of_claims, of_register], how="diagonal")
    by_provider = rows.with_columns(
        pl.col("subscription").replace_strict(providers, return_dtype=pl.String).alias("provider")
    )
    sums = by_provider.group_by("provider", "currency", maintain_order=True)
    added = sums.agg(*(pl.col(name).sum() for name in SUMS), pl.col("unknown").sum())
    any_money = pl.any_horizontal(*(pl.col(name) != 0 for name in (*SUMS, "unknown")))
    return added.filter(any_money).sort("provider", "currency")


def credit_candidates(review: Review, bill: str | Path) -> pl.DataFrame:
    """Offer, for each credit in a bill, the credits owed that it may be: those of the nearest amounts.

    Nothing is matched: what a person recognises is written into `claims_made` by hand.

    Parameters
    ----------
    review
        From `assess`.
    bill
        A file in the FOCUS format (CSV).

    Returns
    -------
    pl.DataFrame
        Three rows for each credit of the bill, the nearest amount first, or more of the same amount: `bill_row`,
        `billed` (first instant of the billing period), `description`, `credited` (by the bill), `currency`,
        `subscription`, `remedy`, `window_start`, `owed`, `difference` (credited less owed), `status` (of the claim).
        One row without a subscription where nothing is owed in its currency for a time before the end of the billing
        period.

    Raises
    ------
    InputError
        The file cannot be read, or is not in the FOCUS format.
    """
    from slakit.evidence.sources.focus import billed_credits

    path = Path(bill)
    try:
        found = billed_credits(path.read_bytes())
    except OSError as error:
        wrong = f"cannot be read ({error.strerror or error})"
        raise InputError(str(path), [Problem(str(path), None, wrong, "name a FOCUS file (CSV)")]) from None
    owed = review.claims.select("currency", "window_start", "subscription", "remedy", "amount", "status").rows()
    rows = list[tuple[object, ...]]()
    for row, billed, until, item, description, _, credited, currency in found.iter_rows():
        of_bill = (row, billed, description or item, credited, currency)
        fitting = [one for one in owed if one[0] == currency and one[1] < until]
        # of equal amounts all are offered: claims without an answer, and the latest windows, first
        fitting.sort(key=lambda one: one[1], reverse=True)
        fitting.sort(key=lambda one: (abs(credited - one[4]), one[5] != "claimed"))
        equal = sum(credited == one[4] for one in fitting)
        for _, start, subscription, remedy, amount, status in fitting[: max(OFFERED, equal)]:
            rows.append((*of_bill, subscription, remedy, start, amount, credited - amount, status))
        if not fitting:
            rows.append((*of_bill, *[None] * 6))
    return pl.DataFrame(rows, schema=CANDIDATES, orient="row")
