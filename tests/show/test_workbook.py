"""Workbooks: figures as they are, text that stays text, misses in colour, a file that is there whole or not at all."""

from __future__ import annotations

import re
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import fastexcel
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import slakit as sla
from slakit.analysis.review import Review
from slakit.evidence.workbooks import sheet_parts
from slakit.show import Column, Fact, Sheet, review_workbook, write_workbook
from slakit.show.columns import RESULTS
from slakit.show.excel.cells import Cell, cell_of
from slakit.show.excel.review import SHEETS, review_sheets
from slakit.show.excel.sheets import MISS_INK, MOST_ROWS, workbook_bytes

MADE = datetime(2026, 10, 5, tzinfo=UTC)
LEDGER_TOP = 4
FORMULAS = [
    "=1+1", "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "{=A1}", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x")',
    "http://example.org", "mailto:a@example.org", "internal:Sheet1!A1", "file:///etc/passwd", "007", "1e5", "TRUE",
]  # fmt: skip


def written(tmp_path: Path, *sheets: Sheet) -> Path:
    path = tmp_path / "book.xlsx"
    write_workbook(path, sheets, made=MADE)
    return path


def part(path: Path, name: str) -> str:
    """The XML of a sheet."""
    with zipfile.ZipFile(path) as archive:
        return dict(sheet_parts(archive))[name].decode()


def cells(path: Path, name: str) -> dict[str, tuple[str | None, str, dict[str, str], str]]:
    """Each cell of a sheet: its type, its text, its style, its number format."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as archive:
        styles = ElementTree.fromstring(archive.read("xl/styles.xml"))
        strings = ElementTree.fromstring(archive.read("xl/sharedStrings.xml"))
    shared = ["".join(one.itertext()) for one in strings]
    forms = {one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{space}numFmt")}
    looks = [one.attrib for one in styles.find(f"{space}cellXfs") or ()]
    found = {}
    for one in ElementTree.fromstring(part(path, name)).iter(f"{space}c"):
        raw, style = one.findtext(f"{space}v") or "", looks[int(one.get("s", "0"))]
        said = shared[int(raw)] if one.get("t") == "s" else raw
        found[one.get("r", "")] = (one.get("t"), said, style, forms.get(style["numFmtId"], ""))
    return found


def table_of(path: Path, name: str, top: int) -> pl.DataFrame:
    """Rows of a sheet, as a reader of Excel sees them."""
    return fastexcel.read_excel(path).load_sheet(name, header_row=top - 1).to_polars()


@pytest.fixture(scope="module")
def book(review: Review, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "review.xlsx"
    review.to_excel(path)
    return path


LAST = datetime(2026, 10, 10, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "kind", "currency", "shown", "form"),
    [
        (Decimal("99.899600"), "percent", None, 99.8996, '0.0#####" %"'),
        (Decimal("99.949999"), "percent", None, 99.949999, '0.0#####" %"'),
        (Decimal("1") / 3, "percent", None, "0.3333333333333333333333333333", "@"),
        (Decimal("99.94999999"), "percent", None, 99.94999999, '0.0#######" %"'),
        (Decimal("22500.000"), "money", "NOK", 22500.0, '#,##0.00 "NOK"'),
        (Decimal("1200.00"), "money", "JPY", 1200.0, '#,##0 "JPY"'),
        (Decimal("1.5"), "money", "KWD", 1.5, '#,##0.000 "KWD"'),
        (Decimal("1033.333333"), "money", "DKK", 1033.333333, '#,##0.000000 "DKK"'),
        (Decimal("-0.5"), "money", None, -0.5, "#,##0.00"),
        (Decimal("1"), "money", '"$;[Red]', 1.0, '#,##0.00 "Red"'),
        (Decimal("9999999999999.99"), "money", "NOK", 9999999999999.99, '#,##0.00 "NOK"'),
        (Decimal("12345678901234567.89"), "money", "NOK", "12345678901234567.89", "@"),
        (10**30, "money", "NOK", 1e30, '#,##0.00 "NOK"'),
        (10**16 + 1, "number", None, "10000000000000001", "@"),
        (float("nan"), "number", None, "nan", ""),
        (0.1, "number", None, 0.1, "#,##0.0"),
        (0.1 + 0.2, "number", None, 0.1 + 0.2, "#,##0.000000"),
        (1e-300, "percent", None, 1e-300, '0.0#####" %"'),
        (Decimal("1E-300"), "number", None, f"{Decimal('1E-300'):f}", "@"),
        (Decimal("450.000000"), "length", None, 450 / 86_400, "[h]:mm:ss"),
        (Decimal("7200.000001"), "length", None, float(Decimal("7200.000001") / 86_400), "[h]:mm:ss.000"),
        (Decimal("-90"), "length", None, "-1m30s", "@"),
        (LAST, "instant", None, datetime(2026, 10, 10, 23, 59, 59, 999_000), "yyyy-mm-dd hh:mm:ss.000"),
        (datetime(1850, 1, 1, tzinfo=UTC), "instant", None, "1850-01-01 00:00:00", ""),
        (date(2026, 10, 5), "date", None, date(2026, 10, 5), "yyyy-mm-dd"),
        ("=1", "text", None, "=1", ""),
        (True, "text", None, "True", ""),
    ],
)
def test_a_figure_is_exact_or_text(value: Any, kind: Any, currency: str | None, shown: Any, form: str) -> None:
    cell = cell_of(value, kind, currency)
    assert cell is not None
    assert (cell.value, cell.form) == (shown, form)
    assert not isinstance(cell.value, str) or cell.width == len(cell.value)


@pytest.mark.parametrize("kind", ["text", "number", "percent", "money", "length", "instant", "date"])
def test_nothing_is_an_empty_cell(kind: Any) -> None:
    assert cell_of(None, kind) is None
    assert cell_of("", "text") is None


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20))
def test_no_number_is_altered(amount: Decimal) -> None:
    cell = cell_of(amount, "money", "NOK")
    assert isinstance(cell, Cell)
    if isinstance(cell.value, str):
        assert Decimal(cell.value) == amount
        assert len(cell.value.replace(".", "").lstrip("-").strip("0")) > 15
    else:
        assert isinstance(cell.value, float)
        in_file = float(f"{cell.value:.16G}")  # as xlsxwriter prints it
        assert Decimal(f"{in_file:.15g}") == amount  # as Excel shows it


def test_text_never_becomes_a_formula_or_a_link(tmp_path: Path) -> None:
    table = pl.DataFrame({"said": FORMULAS, "verdict": ['a "b"'] * len(FORMULAS)})
    columns = [Column("said", "=HEAD()"), Column("verdict", "Verdict", strong=['a "b"'])]
    path = written(tmp_path, Sheet("Sheet", "=TITLE()", table, columns, [Fact("=A1", "text", "=B1")], ["=NOTE()"]))
    xml = part(path, "Sheet")
    assert not re.search(r"<f[ >]|<hyperlink", xml)
    assert '="a ""b"""' in xml.replace("&quot;", '"')
    found = cells(path, "Sheet")
    assert {kind for kind, *_ in found.values()} == {"s"}
    assert [said for _, said, *_ in found.values()][:4] == ["=TITLE()", "=A1", "=B1", "=NOTE()"]
    rows = [found[f"A{row}"] for row in range(6, 6 + len(FORMULAS))]
    assert all(style.get("quotePrefix") == "1" for _, _, style, _ in rows)
    with zipfile.ZipFile(path) as archive:
        assert not any("externalLink" in name or "rels/sheet" in name for name in archive.namelist())
    read = table_of(path, "Sheet", 5)
    assert [text.replace("_x000D_", "\r") for text in read["=HEAD()"]] == FORMULAS


def test_names_that_are_scripts_or_formulas_stay_text(hostile: Review, tmp_path: Path) -> None:
    review = replace(hostile, ledger=hostile.ledger.with_columns(outage=pl.lit("=1+1"), clause=pl.lit("3.1")))
    review_workbook(review, path := tmp_path / "hostile.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert not any(re.search(rb"<f[ >]|<script|<img", archive.read(name)) for name in archive.namelist())
    ledger = table_of(path, "Ledger", LEDGER_TOP)
    assert set(ledger["Outage"]) == {"=1+1"}
    assert ledger.schema["Clause"] == pl.String


def test_what_is_owed_comes_back(book: Path, review: Review) -> None:
    credits = table_of(book, "Credits", 4)
    for currency, owed in review.owed.items():
        amounts = credits.filter(pl.col("Currency") == currency)["Owed"]
        assert sum((Decimal(str(amount)) for amount in amounts), Decimal(0)) == owed
    summary = cells(book, "Summary")
    facts = {summary[f"A{row}"][1]: summary[f"B{row}"] for row in range(2, 10)}
    for currency, owed in review.owed.items():
        kind, value, _, form = facts[f"Owed in {currency}"]
        assert (kind, Decimal(value), form) == (None, owed, f'#,##0.00 "{currency}"')
    assert facts["As of (UTC)"][3] == "yyyy-mm-dd hh:mm:ss"
    assert Decimal(facts["Not claimed yet in USD"][1]) == 120
    headline = table_of(book, "Summary", 12)
    owed = {row["subscription"]: float(row["owed"]) for row in review.headline().iter_rows(named=True)}
    assert dict(headline.select("Subscription", "Owed").iter_rows()) == owed
    assert headline["Currency"].rle_id().n_unique() == headline["Currency"].n_unique()  # as the charts need them
    harbor = headline.row(by_predicate=pl.col("Subscription") == "harbor-enterprise", named=True)
    assert harbor["Claim by"] == "end of 2026-10-10 (UTC)"
    assert harbor["Next deadline (UTC)"] == datetime(2026, 10, 10, 23, 59, 59, 999_000)
    assert "rebate" in headline["Assumed"][0]
    assert "Is availability judged by the month or by the quarter?: month" in headline["Assumed"][0]


def test_a_sheet_for_every_table_that_has_rows(book: Path, review: Review) -> None:
    names = fastexcel.read_excel(book).sheet_names
    assert names == ["Summary", *(name.capitalize() for name in SHEETS if name not in ("corrections", "bounds"))]
    for sheet in review_sheets(review)[1:]:
        assert table_of(book, sheet.name, 3 + len(sheet.notes)).height == getattr(review, sheet.name.lower()).height
    without = replace(review, backups=review.backups.clear(), tickets=review.tickets.clear())
    assert {sheet.name for sheet in review_sheets(without)} == set(names) - {"Backups", "Tickets"}


@pytest.mark.parametrize("name", RESULTS)
def test_every_column_of_a_table_is_described(review: Review, name: str) -> None:
    known = {column.name for column in RESULTS[name].columns}
    assert known - {"window", "claim_by", "days_left"} == set(getattr(review, name).columns)
    said = {word for column in RESULTS[name].columns for word in column.words.values()}
    for column in RESULTS[name].columns:
        assert not column.words or set(column.strong) <= said | set(getattr(review, name)[column.name])


def test_instants_lengths_and_percentages_are_real_figures(book: Path, review: Review) -> None:
    ledger = table_of(book, "Ledger", LEDGER_TOP)
    assert ledger["From (UTC)"].to_list() == review.ledger["started"].dt.replace_time_zone(None).to_list()
    assert ledger["Length (s)"].to_list() == [float(length) for length in review.ledger["seconds"]]
    lengths = ledger["Length (h:mm:ss)"].cast(pl.Duration("ms")).to_list()
    assert lengths == [timedelta(seconds=float(length)) for length in review.ledger["seconds"]]
    found = cells(book, "Availability")
    kind, value, _, form = found["L7"]
    assert (kind, f"{float(value):.15g}", form) == (None, "99.861111", '0.0#####" %"')
    assert found["N7"][1] == "missed"
    assert found["C7"][1] == "Feb 2026"


def test_contract_time_stands_beside_utc(book: Path, review: Review) -> None:
    ledger = table_of(book, "Ledger", LEDGER_TOP)
    rows = review.ledger.select("subscription", "started").iter_rows()
    local = [started.astimezone(review.zone_of(name)).replace(tzinfo=None) for name, started in rows]
    assert ledger["From (contract time)"].to_list() == local


def test_the_summary_has_a_chart_for_every_currency(book: Path) -> None:
    with zipfile.ZipFile(book) as archive:
        charts = [archive.read(name).decode() for name in archive.namelist() if "charts/chart" in name]
        assert b"<drawing " in archive.read("xl/worksheets/sheet1.xml")
    titles = {re.findall(r"<a:t>(.*?)</a:t>", chart)[0] for chart in charts}
    assert titles == {f"Owed, and not claimed yet, in {currency}" for currency in ("NOK", "DKK", "USD")}
    for chart in charts:  # each over rows of its own currency
        first, last = re.findall(r"Summary!\$A\$(\d+)(?::\$A\$(\d+))?", chart)[0]
        currency = next(name for name in ("NOK", "DKK", "USD") if f"in {name}" in chart)
        found = cells(book, "Summary")
        assert {found[f"F{row}"][1] for row in range(int(first), int(last or first) + 1)} == {currency}


def test_instants_of_another_zone_are_turned_into_utc(tmp_path: Path) -> None:
    there = datetime(2026, 7, 1, 2, tzinfo=ZoneInfo("Europe/Oslo"))
    table = pl.DataFrame({"at": [there], "wall": [datetime(2026, 7, 1, 2)]})
    path = written(tmp_path, Sheet("S", "T", table, [Column("at", "At"), Column("wall", "On the wall")]))
    read = table_of(path, "S", 3)
    assert read.row(0, named=True) == {"At (UTC)": datetime(2026, 7, 1), "On the wall": datetime(2026, 7, 1, 2)}


@pytest.mark.parametrize(
    ("name", "word"),
    [("Availability", "missed"), ("Tickets", "missed"), ("Backups", "late"), ("Ledger", "counts as downtime")],
)
def test_misses_are_coloured_and_said(book: Path, name: str, word: str) -> None:
    xml = part(book, name)
    rules = re.findall(r'<conditionalFormatting sqref="([A-Z0-9:]+)">(.*?)</conditionalFormatting>', xml)
    assert any(f'"{word}"' in rule and area.startswith("A") for area, rule in rules)
    assert any(f'"{word}"' in rule and not area.startswith("A") for area, rule in rules)
    assert word in {said for _, said, *_ in cells(book, name).values()}
    with zipfile.ZipFile(book) as archive:
        assert MISS_INK.strip("#").encode() in archive.read("xl/styles.xml").partition(b"<dxfs")[2]


def test_headings_stay_in_sight_and_can_be_filtered(book: Path, review: Review) -> None:
    xml = part(book, "Ledger")
    assert f'ySplit="{LEDGER_TOP}"' in xml
    assert f'<autoFilter ref="A{LEDGER_TOP}:N{LEDGER_TOP + review.ledger.height}"/>' in xml
    assert all(9 <= float(width) <= 63 for width in re.findall(r'<col [^>]*?width="([\d.]+)"', xml))


def test_a_table_without_rows_and_one_without_a_currency(tmp_path: Path) -> None:
    table = pl.DataFrame({"fee": [Decimal("1.50")], "firm": [True]})
    columns = [Column("fee", "Fee", "money"), Column("firm", "Firm", strong=["no"])]
    path = written(tmp_path, Sheet("Rows", "T", table, columns), Sheet("None", "T", table.clear(), columns))
    assert table_of(path, "Rows", 3).rows() == [(1.5, "yes")]
    assert cells(path, "Rows")["A4"][3] == "#,##0.00"
    assert table_of(path, "None", 3).columns == ["Fee", "Firm"]


def test_amounts_that_excel_would_alter_are_text(tmp_path: Path) -> None:
    amounts = [Decimal("12345678901234567.89"), Decimal("158.34")]
    table = pl.DataFrame({"amount": amounts, "currency": ["DKK", "DKK"]})
    path = written(tmp_path, Sheet("S", "T", table, [Column("amount", "Amount", "money")]))
    found = cells(path, "S")
    assert found["A4"][:2] == ("s", "12345678901234567.89")
    assert found["A5"][:2] == (None, "158.34")


def test_the_same_review_gives_the_same_bytes(book: Path, review: Review, tmp_path: Path) -> None:
    review_workbook(review, again := tmp_path / "again.xlsx")
    assert again.read_bytes() == book.read_bytes()
    with zipfile.ZipFile(book) as archive:
        assert b"2026-10-05T00:00:00Z" in archive.read("docProps/core.xml")


def sheet_of(column: pl.Series) -> Sheet:
    return Sheet("Big", "T", column.to_frame(), [Column(column.name, "Figures")])


@pytest.mark.parametrize(
    ("column", "wrong"),
    [
        (pl.int_range(MOST_ROWS - 2, eager=True).alias("n"), "book.xlsx sheet Big = 1,048,574 rows: more than a sheet"),
        (pl.Series("n", ["x" * 32_768]), "book.xlsx sheet Big column n = 32,768 characters: more than a cell"),
        (pl.Series("n", ["😀" * 16_384]), "book.xlsx sheet Big column n = 32,768 characters: more than a cell"),
    ],
    ids=["rows", "characters", "pairs"],
)
def test_what_excel_cannot_hold_is_refused(tmp_path: Path, column: pl.Series, wrong: str) -> None:
    with pytest.raises(sla.InputError, match=re.escape(wrong)) as refused:
        written(tmp_path, sheet_of(column))
    assert "Parquet" in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_the_longest_text_is_written_whole(tmp_path: Path) -> None:
    path = written(tmp_path, sheet_of(pl.Series("n", ["x" * 32_767])))
    assert len(table_of(path, "Big", 3).item()) == 32_767


def test_a_write_that_fails_leaves_the_old_file(
    review: Review, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "review.xlsx"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    for broken in ("xlsxwriter.worksheet.Worksheet.write_number", "pathlib.Path.replace"):
        with monkeypatch.context() as patched:
            patched.setattr(broken, fail)
            with pytest.raises((OSError, sla.InputError), match="no space left"):
                review.to_excel(path)
        assert path.read_bytes() == b"old"
        assert [one.name for one in tmp_path.iterdir()] == ["review.xlsx"]
    review.to_excel(path)
    assert path.read_bytes()[:2] == b"PK"


def test_without_the_extra_it_says_what_to_install(review: Review, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)
    with pytest.raises(sla.InputError, match=re.escape("pip install 'slakit[excel]'")):
        workbook_bytes(review_sheets(review), made=MADE)


def test_a_workbook_ends_in_xlsx(review: Review, tmp_path: Path) -> None:
    with pytest.raises(sla.InputError, match=re.escape("review.xls: not the name of a workbook; let it end in .xlsx")):
        review.to_excel(tmp_path / "review.xls")


def test_a_list_is_written_out(tmp_path: Path) -> None:
    path = written(tmp_path, sheet_of(pl.Series("n", [["=1", "b"], [], None])))
    assert table_of(path, "Big", 3).to_series().to_list()[0] == "=1, b"


def test_no_cell_is_dropped_in_silence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Big row 4 column 1: Excel cannot hold this cell"):
        written(tmp_path, sheet_of(pl.Series("n", [["x" * 32_768]])))
    assert not list(tmp_path.iterdir())


def test_rows_make_room_for_text_that_wraps(tmp_path: Path) -> None:
    table = pl.DataFrame({"why": ["short", "word " * 40, "one\ntwo"], "seconds": [1, 2, 3]})
    columns = [Column("why", "Why"), Column("seconds", "Length of the outage as counted")]
    rows = part(written(tmp_path, Sheet("Tall", "Tall", table, columns)), "Tall")
    heights = {int(row): float(height) for row, height in re.findall(r'<row r="(\d+)"[^>]* ht="([0-9.]+)"', rows)}
    assert heights == {3: 30.0, 5: 60.0, 6: 30.0}  # headings, four lines, two
