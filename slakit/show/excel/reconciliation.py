"""A reconciliation as an Excel workbook."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from slakit.comparison.reconcile import TABLES, Reconciliation
from slakit.locales import in_locale
from slakit.show.columns import RECONCILED, Column
from slakit.show.excel.sheets import Sheet, write_workbook


@in_locale(None)  # a spreadsheet writes numbers and dates as its reader is used to; the text beside them is fixed
def reconciliation_workbook(found: Reconciliation, path: str | Path) -> None:
    """Write a reconciliation as an Excel workbook (see `Reconciliation.to_excel`)."""
    said = pl.DataFrame({"said": found.summary()}, schema={"said": pl.String})
    title = f"{found.provider} (provider) and {found.own} (own)"
    sheets = [Sheet("Summary", title, said, [Column("said", "Result of the reconciliation")])]
    for name in TABLES:
        table: pl.DataFrame = getattr(found, name)
        result = RECONCILED[name]
        notes = [result.note] if result.note else []
        sheets.append(Sheet(name.capitalize(), result.title, table, result.columns, notes=notes))
    write_workbook(path, sheets, made=found.reviews["together"].as_of)
