"""Findings as a sheet."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from slakit.finding.model import HEADINGS
from slakit.policy.plan_names import tiers_text
from slakit.show.columns import Column
from slakit.show.excel.comparison import NO_DAY
from slakit.show.excel.sheets import Sheet, write_workbook


def findings_workbook(found: pl.DataFrame, path: str | Path) -> None:
    """Write findings as an Excel workbook.

    Parameters
    ----------
    found
        From `findings`.
    path
        Ends in `.xlsx`.

    Raises
    ------
    InputError
        The path does not end in `.xlsx`, cannot be written, or the extra `excel` is not installed.
    """
    write_workbook(path, [findings_sheet(found)], made=NO_DAY)


def findings_sheet(found: pl.DataFrame) -> Sheet:
    """Make the sheet of findings, of one policy or several."""
    providers = [Column("provider", "Provider")] if found["policy"].n_unique() > 1 else []
    shown = found.with_columns(pl.col("tiers").map_elements(tiers_text, return_dtype=pl.String))
    return Sheet("Findings", "What a buyer should know", shown, [
        *providers, Column("severity", "Severity", words=HEADINGS, strong=[HEADINGS["defect"]]),
        Column("subject", "About"), Column("sentence", "Finding"), Column("figure", "Figure"),
        Column("clauses", "Clauses"), Column("tiers", "Tiers"), Column("code", "Code (id)"),
    ])  # fmt: skip
