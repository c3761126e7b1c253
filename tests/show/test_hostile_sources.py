"""Names of foreign files on the pages and in the workbooks of imports and reconciliations: they are text."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import fastexcel
import pytest

import slakit as sla
from slakit import show
from slakit.evidence.sources.receipt import ImportReceipt, InputFile, LeftOut

SCRIPT = "<script>alert(1)</script>"
FORMULA = "=cmd|' /C calc'!A0"
LINES = "two\nlines"
REVERSED = "abc\u202ecod.exe"
SHOP = {
    "subscription": FORMULA, "policy": "wp-heaven", "monthly_fee": "16000", "currency": "DKK",
    "starts": "2025-01-01T00:00:00+01:00",
}  # fmt: skip


def outage(name: str, source: str, ended: str, **more: str) -> dict[str, str]:
    at = {"started": "2026-06-10T00:00Z", "ended": ended, "detected": "2026-06-10T00:00Z"}
    return {"outage": name, "subscription": FORMULA, "component": LINES, "source": source, **at, **more}


@pytest.fixture(scope="module")
def found() -> sla.Reconciliation:
    decided = {
        "outage": LINES, "action": "changed", "ended": "2026-06-11T00:00Z", "reason": SCRIPT, "by": FORMULA,
        "decided": "2026-07-01T00:00Z", "state": "agreed",
    }  # fmt: skip
    disputed = {**decided, "outage": SCRIPT, "action": "excluded", "ended": None, "state": "disputed"}
    outages = [outage(LINES, SCRIPT, "2026-06-12T00:00Z"), outage(SCRIPT, FORMULA, "2026-06-13T00:00Z")]
    evidence = sla.Evidence.of([SHOP], outages=outages, corrections=[decided, disputed])
    return sla.reconcile(evidence, "2026-06", "2026-07-05", provider=SCRIPT, own=FORMULA)


def cells(table: Any) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = table._tbl_data.to_dicts()
    return rows


def test_tables_of_two_sources_show_hostile_names_as_text(found: sla.Reconciliation) -> None:
    together = found.reviews["together"]
    assert "<script>alert" not in show.show_source_windows(found).as_raw_html()
    for table in [
        show.show_pairs(found),
        show.show_source_credits(found),
        show.show_corrections(together),
        show.show_assumptions(together),
    ]:
        page = table.as_raw_html()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
    assert show.chart_reconciliation(found).to_dict()["title"]["text"]


def test_decisions_are_shown_with_what_is_owed_with_and_without_them(found: sla.Reconciliation) -> None:
    table = show.show_corrections(found.reviews["together"])
    said = [(row["Outage"], row["Decision"], row["State"], row["Reason"]) for row in cells(table)]
    assert said == [
        (SCRIPT, "does not count", "disputed", SCRIPT),
        (LINES, "counts with other times", "agreed", SCRIPT),
    ]
    # 3 days of the second outage count, and 1 of the first if that one did not: of 30, less the 0.5 % that are allowed
    owed = "1,520.00 DKK as agreed, 1,520.00 DKK without any decision, 453.33 DKK if disputed ones held"
    assert owed in table.as_raw_html()
    without = sla.assess(sla.Evidence.of([SHOP], outages=[]), "2026-06", "2026-07-05")
    assert "Nothing was decided on an outage." in show.show_corrections(without).as_raw_html()


def test_a_workbook_of_two_sources_holds_hostile_names_as_text(found: sla.Reconciliation, tmp_path: Path) -> None:
    found.to_excel(tmp_path / "found.xlsx")
    with zipfile.ZipFile(tmp_path / "found.xlsx") as archive:
        sheets = [archive.read(name) for name in archive.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 5
    assert not [sheet for sheet in sheets if b"<f>" in sheet or b"<hyperlink" in sheet]
    book = fastexcel.read_excel(tmp_path / "found.xlsx")
    pairs = book.load_sheet("Pairs", header_row=None, dtypes="string").to_polars()
    assert {FORMULA, SCRIPT, LINES} <= {cell for row in pairs.rows() for cell in row}


def test_imports_show_hostile_names_as_text() -> None:
    left_out = [LeftOut(f"the mapping ignores {SCRIPT}", 3, [SCRIPT, REVERSED, LINES])]
    receipt = ImportReceipt(
        source="page", reader="table", mapping="", mapping_sha256="", read_with={}, time_zone=None, records=3,
        inputs=[InputFile(name, "", 1) for name in (SCRIPT, REVERSED, FORMULA)], covered=None, rows={},
        left_out=left_out, changes={},
    )  # fmt: skip
    imports, records = show.show_imports({"page": receipt}), show.show_left_out({"page": receipt})
    for table in (imports, records):
        assert "<script>alert" not in table.as_raw_html()
        assert "\u202e" not in table.as_raw_html()
    assert cells(imports)[0]["Files"] == f"{SCRIPT}\nabcU+202Ecod.exe\n{FORMULA}"
    assert cells(records)[0]["Ids"] == f"{SCRIPT}\nabcU+202Ecod.exe\ntwo lines"


def test_the_summary_writes_money_as_the_locale_does(found: sla.Reconciliation) -> None:
    assert found.summary()[-1] == "Owed by both together: 1,520.00 DKK."
    try:
        sla.use_locale("da")
        assert found.summary()[-1] == "Owed by both together: 1.520,00\u00a0DKK."
    finally:
        sla.use_locale(None)
