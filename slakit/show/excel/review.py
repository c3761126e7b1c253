"""A review as an Excel workbook: a summary, a sheet for every table that has rows, and the assumptions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.review import Review
from slakit.locales import in_locale
from slakit.show.columns import CURRENCY, RESULTS, SUBSCRIPTION, Column
from slakit.show.excel.sheets import Bars, Fact, Sheet, write_workbook
from slakit.show.labels import counted, instant_text, terms_name
from slakit.show.readable import claim_by, in_words

SHEETS = (
    "ledger", "availability", "attainment", "tickets", "credits", "ranges", "claims", "register", "requirements",
    "recoveries", "backups", "incidents", "corrections", "bounds", "assumptions", "warnings",
)  # fmt: skip
"""Tables of a review, in the order of their sheets."""
MOST_BARS = 30
"""Subscriptions of a currency that a chart of the summary shows."""
SUMMARY = [
    SUBSCRIPTION, Column("plan", "Plan"), Column("owed", "Owed", "money"),
    Column("lowest", "Lowest", "money"), Column("highest", "Highest", "money"),
    CURRENCY, Column("claimable", "Not claimed yet", "money"), Column("claim_by", "Claim by"),
    Column("next_deadline", "Next deadline"), Column("assumed", "Assumed"),
]  # fmt: skip


@in_locale(None)  # a spreadsheet writes numbers and dates as its reader is used to; the text beside them is fixed
def review_workbook(review: Review, path: str | Path) -> None:
    """Write a review as an Excel workbook: a summary, every table that has rows, and the assumptions.

    Parameters
    ----------
    review
        From `assess`.
    path
        Ends in `.xlsx`. Its folder exists. A file of that name is replaced.

    Raises
    ------
    InputError
        slakit was installed without Excel, the path ends otherwise, or a table is larger than a sheet can be.
    """
    write_workbook(path, review_sheets(review), made=review.as_of)


def review_sheets(review: Review) -> list[Sheet]:
    """Make the sheets of a review, as `review_workbook` writes them.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> from slakit.evidence.evidence import Evidence
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    >>> evidence = Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    >>> [sheet.name for sheet in review_sheets(assess(evidence, "2026-06", "2026-07-01"))]
    ['Summary', 'Availability', 'Credits', 'Ranges', 'Assumptions']
    """
    about = f"Period {review.period}, as of {instant_text(review.as_of, ZoneInfo('UTC'))} UTC."
    sheets = [_summary(review)]
    for name in SHEETS:
        result, table = RESULTS[name], in_words(review, name)
        if table.height:
            notes = [about, result.note] if result.note else [about]
            zones = zones_of(review, table)
            sheets.append(Sheet(name.capitalize(), result.title, table, result.columns, notes=notes, zones=zones))
    return sheets


def zones_of(review: Review, table: pl.DataFrame) -> dict[str, ZoneInfo]:
    """Return the time zones of the contracts of a table's subscriptions."""
    if "subscription" not in table.columns:
        return {}
    return {name: review.zone_of(name) for name in table["subscription"].unique(maintain_order=True)}


def _summary(review: Review) -> Sheet:
    first = pl.int_range(pl.len()).min().over("currency")  # rows of a currency stand together, as its chart needs them
    headline = review.headline().sort(first, maintain_order=True)
    claimable = headline.group_by("currency", maintain_order=True).agg(pl.col("claimable").sum())
    facts = [Fact("Period", "text", str(review.period)), Fact("As of", "instant", review.as_of)]
    facts += [Fact(f"Owed in {currency}", "money", amount, currency) for currency, amount in review.owed.items()]
    facts += [
        Fact(f"Not claimed yet in {currency}", "money", amount, currency)
        for currency, amount in claimable.iter_rows()
        if amount
    ]
    rows = list(headline.select("subscription", "next_deadline").iter_rows())
    limits = [
        None if deadline is None else claim_by("claimable", deadline, review.zone_of(name)) for name, deadline in rows
    ]
    assumed = [  # of the subscription and of its policy
        "; ".join(f"{term}: {value}" for _, term, value, _ in in_words(review.of(name), "assumptions").iter_rows())
        for name, _ in rows
    ]
    table = headline.with_columns(
        pl.Series("plan", [terms_name(review.terms_of(name)) for name, _ in rows], dtype=pl.String),
        pl.Series("claim_by", limits, dtype=pl.String),
        pl.Series("assumed", assumed, dtype=pl.String),
    )
    others, told = counted(review.assumptions.height, "assumption"), counted(review.warnings.height, "warning")
    notes = [
        "Owed: under the default reading of each contract, or the one chosen. Lowest and highest: the range if "
        f"ambiguous clauses are read otherwise. {others.capitalize()} in all, {told}."
    ]
    charts = list(_charts(table))
    zones = zones_of(review, table)
    return Sheet("Summary", f"Owed for {review.period}", table, SUMMARY, facts, notes, zones=zones, charts=charts)


def _charts(headline: pl.DataFrame) -> Iterator[Bars]:
    """Draw what is owed to each subscription, and not claimed yet, currency by currency."""
    rows = headline.with_row_index("at")
    for (currency,), own in rows.group_by("currency", maintain_order=True):
        if own["owed"].max():
            some = own.head(MOST_BARS)
            more = f" (the first {MOST_BARS} of {own.height})" * (own.height > MOST_BARS)
            title = f"Owed, and not claimed yet, in {currency}{more}"
            yield Bars(title, (some["at"][0], some["at"][-1]), ["owed", "claimable"], "subscription")
