"""A comparison as an Excel workbook."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from slakit.comparison.compare import Comparison
from slakit.comparison.summary import tell_comparison
from slakit.locales import in_locale
from slakit.show.excel.review import review_sheets
from slakit.show.excel.sheets import Column, Fact, Sheet, write_workbook

PLAN, OTHER, CURRENCY = Column("plan", "Plan"), Column("other", "Other plan"), Column("currency", "Currency")
SUBSCRIPTION = Column("subscription", "Subscription")
APART = "not the same by all"
NO_DAY = datetime(1980, 1, 1, tzinfo=UTC)
"""What a workbook is dated that has no evidence: the first day that its format knows."""
OWED = [
    SUBSCRIPTION, PLAN, Column("owed", "Owed", "money"), Column("lowest", "Lowest of all readings", "money"),
    Column("highest", "Highest of all readings", "money"), Column("monthly_fee", "Monthly fee", "money"), CURRENCY,
    Column("counted_seconds", "Counted downtime"), Column("windows", "Windows judged"),
    Column("missed", "Windows missed"),
]  # fmt: skip
VERDICTS = [
    SUBSCRIPTION, Column("outage", "Outage"), PLAN, Column("guarantee", "Guarantee"),
    Column("counted_seconds", "Counted"), Column("why", "Verdicts, with the clauses that decide"),
    Column("differs", "By the plans", words={True: APART, False: "the same by all"}, strong=[APART]),
]  # fmt: skip
CROSSINGS = [PLAN, OTHER, Column("downtime_seconds", "From an outage of"), Column("leads", "Earns more")]
CURVES = [
    Column("policy", "Policy"), Column("tier", "Tier"), Column("remedy", "Remedy"),
    Column("downtime_seconds", "Outage"), Column("credit_percent", "Credit", "percent"),
    Column("amount", "Amount", "money"), CURRENCY,
]  # fmt: skip


@in_locale(None)  # a spreadsheet writes numbers and dates as its reader is used to; the text beside them is fixed
def comparison_workbook(comparison: Comparison, path: str | Path) -> None:
    """See `Comparison.to_excel`."""
    made = comparison.review.as_of if comparison.review else NO_DAY
    write_workbook(path, comparison_sheets(comparison), made=made)


def comparison_sheets(comparison: Comparison) -> list[Sheet]:
    """The sheets of a comparison: what it says, the terms, the curves, and what the same outages earn."""
    sheets = [_said(comparison), _terms(comparison)]
    if not comparison.owed.is_empty():
        sheets.append(Sheet("Same outages", "What the same outages earn by every plan's rules", comparison.owed, OWED))
        title = "Every outage by every plan's rules"
        sheets.append(Sheet("Verdicts", title, comparison.verdicts, VERDICTS))
    title = "From which length of one outage on which of two plans earns more"
    sheets.append(Sheet("Crossings", title, comparison.crossings, CROSSINGS))
    title = "Credit curves: break points, a straight line between any two"
    sheets.append(Sheet("Curves", title, comparison.curves, CURVES, facts=[Fact("Fee", "number", comparison.fee)]))
    if comparison.review is not None:
        sheets += [sheet for sheet in review_sheets(comparison.review) if sheet.name in ("Credits", "Assumptions")]
    return sheets


def _said(comparison: Comparison) -> Sheet:
    table = pl.DataFrame({"said": tell_comparison(comparison)}, schema={"said": pl.String})
    return Sheet(
        "Summary", f"Compared: {', '.join(comparison.plans)}", table, [Column("said", "What the comparison says")]
    )


def _terms(comparison: Comparison) -> Sheet:
    wide = comparison.terms.pivot(on="plan", index=["area", "term"], values=["value", "clause"], maintain_order=True)
    columns = [Column("area", "Area"), Column("term", "Term (ISO/IEC 19086)")]
    for plan in comparison.plans:
        columns += [Column(f"value_{plan}", plan), Column(f"clause_{plan}", f"Clause in {plan}")]
    return Sheet("Terms", "Terms in one vocabulary", wide, columns)
