"""Warnings about money: claims that fit no credit, and fees that credits cannot be a share of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

import polars as pl

from slakit.analysis.evidence_rows import with_terms_held
from slakit.analysis.plans import Plans
from slakit.analysis.vocabulary import Warned
from slakit.evidence.cells import read_component_fees
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import utc_text
from slakit.measure.calendar import Period, to_instant
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.printing import exact_money
from slakit.policy.remedies import FeeSum
from slakit.policy.terms import Terms

KEY_AND_WINDOW = ("subscription", "remedy", "window_start", "window_end")


def claim_warnings(
    evidence: Evidence,
    held: Mapping[str, Plan],
    chosen: Mapping[Plan, Terms],
    tables: Mapping[str, pl.DataFrame],
    period: Period,
) -> Iterator[Warned]:
    """Warn of claims made for windows without a credit or too early, and of claim terms that were not read.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    held, chosen
        The plan of each subscription, and the terms of each plan under the chosen reading.
    tables
        Of the review: `credits` and `claims`.
    period
        What was assessed.
    """
    made = with_terms_held(evidence, "claims_made")
    claimed = pl.col("subscription").is_in(made["subscription"].unique().implode())
    due = tables["credits"].filter((pl.col("amount") > 0) & claimed)
    spans: dict[tuple[str, str], list[tuple[datetime, datetime]]] = {}
    for subscription, remedy, start, end in due.select(KEY_AND_WINDOW).iter_rows():
        spans.setdefault((subscription, remedy), []).append((start, end))
    for row in made.iter_rows(named=True):
        subscription, remedy, at = row["subscription"], row["remedy"], row["window_start"]
        fitting = [span for span in spans.get((subscription, remedy), []) if span[0] <= at < span[1]]
        first, last = period.span(chosen[held[subscription]].time_zone or ASSUMED_ZONE)
        begin = fitting[0][0] if fitting else at
        claim = f"The claim of {utc_text(row['claimed'])} for {remedy}"
        if row["claimed"] < begin:
            says = f"{claim} was made before its window began ({utc_text(begin)})."
            yield subscription, "claims_made", row["row"], "claim_before_window", says
        elif at < row["starts"] or (row["ends"] is not None and at >= row["ends"]):
            says = f"{claim} is for a window outside the subscription."
            yield subscription, "claims_made", row["row"], "claim_without_window", says
        elif not fitting and to_instant(first) <= at < to_instant(last):
            says = f"{claim} fits no window with a credit ({utc_text(at)})."
            yield subscription, "claims_made", row["row"], "claim_without_window", says
    unread = tables["claims"].filter(pl.col("status") == "not_read")
    sums = unread.group_by("subscription", "currency", maintain_order=True)
    rows = sums.agg(pl.col("amount").sum()).join(
        evidence.numbered("subscriptions").unique("subscription", keep="first"),
        on="subscription",
        maintain_order="left",
    )
    for row in rows.iter_rows(named=True):
        owed = exact_money(row["amount"], row["currency"])
        says = f"Whether {owed} must be claimed, and by when, is not known: it was not read."
        yield row["subscription"], "subscriptions", row["row"], "claims_not_read", says


def fee_warnings(
    evidence: Evidence,
    held: Mapping[str, Plan],
    plans: Plans,
    credits: pl.DataFrame,
    uncharged: Iterable[tuple[int, date]],
) -> Iterator[Warned]:
    """Warn of months without a charge, shares of a fee of nothing, and fees of components that no contract names.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    held, plans
        The plan of each subscription, and the terms of each plan under each reading.
    credits
        Of the review.
    uncharged
        Row of the subscription, and first day, of the months taken at the fee stated because no charge of them is told.
    """
    names = evidence.phases["subscription"]
    for subscriber, day in sorted(uncharged):
        says = f"No charge is told for the month from {day}: the fee of the subscription is taken."
        yield names[subscriber], "charges", None, "no_charge", says
    charged = credits.join(evidence.charges, on="subscription", how="semi", maintain_order="left")
    for row in charged.filter((pl.col("credit_percent") > 0) & (pl.col("basis_amount") == 0)).iter_rows(named=True):
        window = f"{row['window_start']:%Y-%m-%d} to {row['window_end']:%Y-%m-%d}"
        says = f"The charges come to a fee of 0 from {window}, of which the credit for {row['remedy']} is a share."
        yield row["subscription"], "charges", None, "fee_of_nothing", says
    given = [
        (row["subscription"], "subscriptions", row["row"], list(read_component_fees(row["component_fees"])))
        for row in evidence.numbered("subscriptions").drop_nulls("component_fees").iter_rows(named=True)
    ]
    charged = evidence.numbered("charges").drop_nulls("component").unique(["subscription", "component"], keep="first")
    given += [(row["subscription"], "charges", row["row"], [row["component"]]) for row in charged.iter_rows(named=True)]
    for subscription, table, number, components in given:
        readings = plans[held[subscription]]
        bases = [c.of for terms in readings for remedy in terms.remedies for c in remedy.credit]
        known = {name for terms in readings for g in terms.guarantees for name in g.components}
        known |= {name for of in bases if isinstance(of, FeeSum) for name in of.components}
        by_component = any(of == "component_fee" or (isinstance(of, FeeSum) and of.components) for of in bases)
        if by_component and known:
            there = ", ".join(sorted(known))
            for name in sorted(set(components) - known):
                says = f"The contract names no component '{name}', whose fee is given; there are {there}."
                yield subscription, table, number, "unknown_component", says
