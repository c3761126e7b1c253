"""Tables as the sheets of an Excel workbook: every number as it is, headings in words, and text that stays text."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from slakit.arguments import write_named
from slakit.problems import InputError, Problem
from slakit.show.columns import YES_NO, Column, Kind
from slakit.show.excel.cells import Cell, cell_of, in_utc
from slakit.show.styles import BARS, INK, LINE, MISS_FILL, MISS_INK, Styles, line_count, widest

MOST_ROWS, MOST_CHARACTERS = 1_048_576, 32_767
"""What a sheet and a cell of Excel hold."""
UNITS = {"percent": " (%)", "length": " (h:mm:ss)", "instant": " (UTC)"}
CONTRACT_TIME = " (contract time)"
A4, ROW_PIXELS = 9, 20
"""Paper, as Excel numbers it; height of a row of a sheet."""
Area = tuple[int, int, int, int]
"""First row and column, last row and column."""


class Fact(NamedTuple):
    """A single value above a table: what it is, how it is shown, the value, and the currency of money."""

    label: str
    kind: Kind
    value: Any
    currency: str | None = None

    @property
    def heading(self) -> str:
        """Return what it is, with the unit."""
        return self.label + UNITS.get(self.kind, "")

    @property
    def cell(self) -> Cell | None:
        """Return how it stands in a sheet."""
        return cell_of(self.value, self.kind, self.currency)


class Bars(NamedTuple):
    """A bar chart of rows of a sheet, below its table.

    Attributes
    ----------
    title
        What it shows.
    rows
        First row and last, counted from 0: of the table, or of the single values above it.
    values
        Columns of the table that have a bar each; none for the single values.
    names
        Column of the table that names the bars.
    """

    title: str
    rows: tuple[int, int]
    values: Sequence[str] = ()
    names: str = ""


@dataclass(frozen=True, eq=False)
class Sheet:
    """A table as a sheet.

    Attributes
    ----------
    name
        On its tab: at most 31 characters, none of ``[]:*?/\\``.
    title
        Its first row.
    table
        The rows.
    columns
        Columns that are shown, in this order.
    facts
        Single values above the table.
    notes
        Sentences above the table.
    currency
        Column of the table that names the currency of each row, if there is one.
    zones
        Subscription → time zone of its contract: instants of its rows stand in contract time too.
    charts
        Below the table.
    """

    name: str
    title: str
    table: pl.DataFrame
    columns: Sequence[Column]
    facts: Sequence[Fact] = ()
    notes: Sequence[str] = ()
    currency: str = "currency"
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    charts: Sequence[Bars] = ()


def write_workbook(path: str | Path, sheets: Iterable[Sheet], *, made: datetime) -> None:
    """Write sheets as an Excel workbook, whole or not at all.

    Text is written as text whatever it says: nothing becomes a formula or a link. Numbers of more than 15 digits,
    which Excel would alter, are written as text. Instants are in UTC and cut to the millisecond.

    Parameters
    ----------
    path
        Ends in `.xlsx`. Its folder exists. A file of that name is replaced.
    sheets
        At least one.
    made
        When the workbook says that it was made: the same sheets always give the same bytes.

    Raises
    ------
    InputError
        slakit was installed without Excel, the path ends otherwise, or a table is larger than a sheet can be.

    Examples
    --------
    >>> from decimal import Decimal
    >>> from tempfile import TemporaryDirectory
    >>> table = pl.DataFrame({"plan": ["=1+1", "b"], "fee": [Decimal("1200.00"), None], "currency": ["JPY", "DKK"]})
    >>> columns = [Column("plan", "Plan"), Column("fee", "Monthly fee", "money")]
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "fees.xlsx"
    ...     write_workbook(path, [Sheet("Fees", "What each plan costs", table, columns)], made=datetime(2026, 10, 5))
    ...     path.read_bytes()[:2]
    b'PK'
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise InputError(path.name, [Problem(path.name, None, "not the name of a workbook", "let it end in .xlsx")])
    content = workbook_bytes(sheets, made=made, place=path.name)
    write_named(path, content)


def workbook_bytes(sheets: Iterable[Sheet], *, made: datetime, place: str = "workbook") -> bytes:
    """Return the content of the file that `write_workbook` writes. Messages call it `place`.

    Raises
    ------
    InputError
        slakit was installed without Excel, or a table is larger than a sheet can be.
    """
    try:
        from xlsxwriter import Workbook  # type: ignore[import-untyped]  # an extra: only workbooks need it
    except ModuleNotFoundError:
        told = Problem(place, None, "writing Excel is not installed", "pip install 'slakit[excel]', or write Parquet")
        raise InputError(place, [told]) from None
    sheets = list(sheets)
    if problems := [problem for sheet in sheets for problem in _too_large(sheet, place)]:
        raise InputError(place, problems)
    content = io.BytesIO()
    plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(content, {"in_memory": True, **plain}) as book:
        book.set_properties({"title": sheets[0].title, "author": "slakit", "created": in_utc(made)})
        styles = Styles(book)
        for sheet in sheets:
            page = book.add_worksheet(sheet.name)
            columns = _write_sheet(page, sheet, styles)
            _draw(book, page, sheet, columns)
    return content.getvalue()


def _too_large(sheet: Sheet, place: str) -> Iterator[Problem]:
    """Find what a sheet of Excel cannot hold."""
    where, remedy = f"{place} sheet {sheet.name}", "write this table as Parquet, or narrow it"
    most = MOST_ROWS - _rows_above(sheet)
    if sheet.table.height > most:
        yield Problem(where, f"{sheet.table.height:,} rows", f"more than a sheet of Excel holds ({most:,})", remedy)
    for column in sheet.columns:
        if sheet.table.schema[column.name] != pl.String:
            continue
        long = sheet.table.filter(pl.col(column.name).str.len_chars() > MOST_CHARACTERS // 2)[column.name]
        longest = max((len(text.encode("utf-16-le")) // 2 for text in long), default=0)  # as Excel counts them
        if longest > MOST_CHARACTERS:
            wrong = f"more than a cell of Excel holds ({MOST_CHARACTERS:,})"
            yield Problem(f"{where} column {column.name}", f"{longest:,} characters", wrong, remedy)


def _rows_above(sheet: Sheet) -> int:
    """Count the rows before the first of the table: title, values, notes, an empty row, headings."""
    return 3 + len(sheet.facts) + len(sheet.notes)


def _write_sheet(page: Any, sheet: Sheet, styles: Styles) -> dict[str, int]:
    """Write title, single values and notes, then the table; return where its columns are."""
    aside = styles.named(font_color=INK)
    page.write_string(0, 0, sheet.title, styles.named(bold=True, font_size=14))
    for row, fact in enumerate(sheet.facts, start=1):
        page.write_string(row, 0, fact.heading, aside)
        _put(page, row, 1, fact.cell, styles)
    for row, note in enumerate(sheet.notes, start=1 + len(sheet.facts)):
        page.write_string(row, 0, note, aside)
    strong, area, columns = _write_table(page, sheet, styles)
    top, _, bottom, right = area
    page.freeze_panes(top, 1)
    page.autofilter(top - 1, 0, bottom, right)
    page.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    if sheet.table.height:
        _mark(page, strong, area, styles)
    page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(1, 0)
    page.repeat_rows(top - 1)
    page.set_footer("&L&A&R&P / &N")
    return columns


def _draw(book: Any, page: Any, sheet: Sheet, columns: Mapping[str, int]) -> None:
    """Draw the charts of a sheet, one below the other, below its table."""
    top, below = _rows_above(sheet), _rows_above(sheet) + sheet.table.height + 1
    for bars in sheet.charts:
        first, last = (row + (top if bars.values else 1) for row in bars.rows)
        names = columns[bars.names] if bars.values else 0
        chart = book.add_chart({"type": "bar"})
        for number, column in enumerate(bars.values or [""]):
            values = columns[column] if bars.values else 1
            chart.add_series({
                "name": [sheet.name, top - 1, values] if bars.values else bars.title,
                "categories": [sheet.name, first, names, last, names],
                "values": [sheet.name, first, values, last, values],
                "fill": {"color": BARS[number % len(BARS)]},
                "gap": 60,
            })  # fmt: skip
        chart.set_title({"name": bars.title, "name_font": {"size": 12}})
        chart.set_y_axis({"reverse": True})  # the first row on top
        chart.set_x_axis({"label_position": "low", "major_gridlines": {"visible": True, "line": {"color": "#D9DCE1"}}})
        chart.set_legend({"position": "bottom"} if len(bars.values) > 1 else {"none": True})
        height = 120 + 22 * (last - first + 1) * max(1, len(bars.values))
        chart.set_size({"width": 900, "height": height})
        page.insert_chart(below, 0, chart, {"description": bars.title})
        below += height // ROW_PIXELS + 2


def _write_table(page: Any, sheet: Sheet, styles: Styles) -> tuple[dict[int, Collection[str]], Area, dict[str, int]]:
    """Write headings and rows; return which words stand out in which column, where the rows are, and the columns."""
    top, number = _rows_above(sheet), 0
    columns: dict[str, int] = {}
    above = [[len(fact.heading) for fact in sheet.facts], [fact.cell.width for fact in sheet.facts if fact.cell]]
    strong: dict[int, Collection[str]] = {}
    heights: dict[int, int] = {}
    for column in sheet.columns:
        strong |= {number: column.strong} if column.strong else {}
        values, kind = sheet.table[column.name], column.kind_in(sheet.table)
        unit = UNITS.get(kind, "") if kind != "instant" or getattr(values.dtype, "time_zone", None) else ""
        shown = {column.heading + unit: list(_shown(sheet, column, kind))}
        columns[column.name] = number
        if kind == "instant" and unit and sheet.zones:
            shown[column.heading + CONTRACT_TIME] = list(_in_contract_time(sheet, column))
        if kind == "length":  # a second column of exact seconds
            shown[column.heading + " (s)"] = list(_shown(sheet, column, "number"))
        for heading, cells in shown.items():
            width = widest(heading, cells, max(above[number], default=0) if number < 2 else 0)
            page.write_string(top - 1, number, heading, styles.head("left" if kind == "text" else "right"))
            heights[top - 1] = max(heights.get(top - 1, 1), line_count(heading, width))
            for row, cell in enumerate(cells, start=top):
                _put(page, row, number, cell, styles)
                if cell and isinstance(cell.value, str) and (lines := line_count(cell.value, width)) > 1:
                    heights[row] = max(heights.get(row, 1), lines)
            page.set_column(number, number, width + 2)
            number += 1
    for row, lines in heights.items():  # not every program makes room for a second line by itself
        page.set_row(row, LINE * lines)
    return strong, (top, 0, top - 1 + sheet.table.height, number - 1), columns


def _put(page: Any, row: int, column: int, cell: Cell | None, styles: Styles) -> None:
    """Write a cell as what it is: text never by a method that looks into it."""
    if cell is None:
        return
    if isinstance(cell.value, str):
        refused = page.write_string(row, column, cell.value, styles.of(cell))
    elif isinstance(cell.value, date):
        refused = page.write_datetime(row, column, cell.value, styles.of(cell))
    else:
        refused = page.write_number(row, column, cell.value, styles.of(cell))
    if refused:
        raise ValueError(f"{page.name} row {row + 1} column {column + 1}: Excel cannot hold this cell")


def _mark(page: Any, strong: Mapping[int, Collection[str]], area: Area, styles: Styles) -> None:
    """Colour the rows of breaches, and the words that say so more strongly."""
    from xlsxwriter.utility import xl_rowcol_to_cell  # type: ignore[import-untyped]

    quiet = styles.named(bg_color=MISS_FILL)
    loud = styles.named(bold=True, font_color=MISS_INK, bg_color=MISS_FILL)
    top, _, bottom, _ = area
    for number, words in strong.items():
        place = xl_rowcol_to_cell(top, number, col_abs=True)
        for word in words:
            rule = '={}="{}"'.format(place, word.replace('"', '""'))
            said = (top, number, bottom, number)
            page.conditional_format(*said, {"type": "formula", "criteria": rule, "format": loud})
            page.conditional_format(*area, {"type": "formula", "criteria": rule, "format": quiet})


def _in_contract_time(sheet: Sheet, column: Column) -> Iterator[Cell | None]:
    """Make cells of instants as the clock of each row's contract shows them."""
    for subscription, instant in sheet.table.select("subscription", column.name).iter_rows():
        local = None if instant is None else instant.astimezone(sheet.zones[subscription]).replace(tzinfo=None)
        yield cell_of(local, "instant")


def _shown(sheet: Sheet, column: Column, kind: Kind) -> Iterator[Cell | None]:
    values = sheet.table[column.name]
    if values.dtype == pl.List:
        values = values.cast(pl.List(pl.String)).list.join(", ")
    words = column.words if kind == "text" else {}
    words = words or (YES_NO if values.dtype == pl.Boolean else {})
    if kind == "money" and sheet.currency in sheet.table.columns:
        pairs = zip(values, sheet.table[sheet.currency], strict=True)
        return (cell_of(value, kind, currency) for value, currency in pairs)
    return (cell_of(words.get(value, value) if words else value, kind) for value in values)
