"""A comparison as an Excel workbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from slakit.comparison.compare import Comparison
from slakit.comparison.ranking import CRITERIA, YearsAhead, rank_plans
from slakit.comparison.summary import summarize_comparison
from slakit.locales import in_locale
from slakit.show.columns import COMPARED, Column
from slakit.show.excel.review import review_sheets
from slakit.show.excel.sheets import Bars, Fact, Sheet, write_workbook
from slakit.show.readable import tell_tips, tell_years_ahead

NO_DAY = datetime(1980, 1, 1, tzinfo=UTC)
"""The date of a workbook that has no evidence: the first day that its format knows."""


@in_locale(None)  # a spreadsheet writes numbers and dates as its reader is used to; the text beside them is fixed
def comparison_workbook(comparison: Comparison, path: str | Path) -> None:
    """Write a comparison as an Excel workbook (see `Comparison.to_excel`)."""
    made = comparison.review.as_of if comparison.review else NO_DAY
    write_workbook(path, comparison_sheets(comparison), made=made)


def comparison_sheets(
    comparison: Comparison, weights: Mapping[str, int] | None = None, ahead: YearsAhead | None = None
) -> list[Sheet]:
    """Make the sheets of a comparison: its summary, the terms, the credits for the same outages, the break points.

    Parameters
    ----------
    comparison
        From `compare`.
    weights, ahead
        What the plans are ranked by, as `rank_plans` takes it.
    """
    names = list(comparison.names.values())
    said = pl.DataFrame({"said": summarize_comparison(comparison)}, schema={"said": pl.String})
    ranking = rank_plans(comparison, weights, ahead)
    heads = ranking.table.unique("plan", keep="first", maintain_order=True).select("rank", "plan", "points")
    facts = [
        Fact(f"{f'Rank {rank}' if rank else 'Proposed'}: {comparison.names[plan]}, points of 100", "number", points)
        for rank, plan, points in heads.iter_rows()
    ]
    of_criteria = ranking.table.unique("criterion", keep="first", maintain_order=True).select("criterion", "weight")
    facts += [Fact(f"Weight: {CRITERIA[name].label}", "number", weight) for name, weight in of_criteria.iter_rows()]
    summary = Sheet(
        "Summary", f"Compared: {', '.join(names)}", said, [Column("said", "Result of the comparison")], facts,
        [*tell_years_ahead(ranking), *tell_tips(ranking)],
        charts=[Bars("Points of 100, by the weights above", (0, heads.height - 1))],
    )  # fmt: skip
    wide = comparison.terms.pivot(on="plan", index=["area", "term"], values=["value", "clause"], maintain_order=True)
    columns = [Column("area", "Area"), Column("term", "Term (ISO/IEC 19086)")]
    for plan, name in comparison.names.items():
        columns += [Column(f"value_{plan}", name), Column(f"clause_{plan}", f"Clause of {name}")]
    sheets = [summary, Sheet("Terms", "Terms in one vocabulary", wide, columns)]
    if not comparison.owed.is_empty():
        sheets.append(_sheet(comparison, "owed", "Same outages"))
        sheets.append(_sheet(comparison, "verdicts", "Verdicts"))
    sheets.append(_sheet(comparison, "crossings", "Crossings"))
    if comparison.review is not None:
        sheets += [sheet for sheet in review_sheets(comparison.review) if sheet.name in ("Credits", "Assumptions")]
    fee, points = (
        Fact("Fee", "number", comparison.fee),
        COMPARED["curves"],
    )  # many pages: last, where nobody prints them
    return [*sheets, Sheet("Break points", points.title, comparison.curves, points.columns, facts=[fee])]


def _sheet(comparison: Comparison, name: str, tab: str) -> Sheet:
    """Make the sheet of a table, with the plans by name."""
    table: pl.DataFrame = getattr(comparison, name)
    plans = [column for column in ("plan", "other", "leads") if column in table.columns]
    return Sheet(
        tab, COMPARED[name].title, table.with_columns(pl.col(plans).replace(comparison.names)), COMPARED[name].columns
    )
