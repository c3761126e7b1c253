"""Excel workbooks to the cells of their sheets, all as text."""

from __future__ import annotations

import io
import logging
import re
import zipfile
import zlib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl

from slakit.evidence.formats import repeated, unread, without_blank_rows
from slakit.evidence.table_checks import RawTable
from slakit.problems import InputError, Problem, one_of

NOTES = frozenset({"readme", "notes"})
NOT_WHOLE = ("not an Excel workbook, or not a whole one", "save it again as .xlsx")
TOO_LARGE = "save the tables alone as CSV or Parquet"
LARGEST_UNPACKED = 1_000_000_000
"""Bytes of a workbook when it is unpacked."""
MOST_CELLS = 50_000_000
"""Cells of a sheet, from A1 to its last row and column: the reader makes room for all of them."""
# What a damaged, encrypted or older workbook raises.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, ElementTree.ParseError)
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
WIDE_CELL = re.compile(rb"""\br=["']([A-Z]{2,3})[0-9]""")
UNPLACED_CELL = re.compile(rb"""<(?:\w+:)?c(?=[ />])(?![^>]*\br=)""")
ROW = re.compile(rb"""\br=["'][A-Z]{0,3}([0-9]+)["']""")
ERROR_CELL = re.compile(rb'<c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+)([0-9]+)"[^>]*>.*?<v>([^<]*)</v>', re.DOTALL)


def read_workbook(path: Path, place: str) -> dict[str, RawTable]:
    """Read every sheet of a workbook that is not called notes or readme.

    Parameters
    ----------
    path
        The workbook.
    place
        What messages call it; a sheet is called `place sheet`.

    Returns
    -------
    sheets
        Sheet name -> its cells as text, null where empty.

    Raises
    ------
    InputError
        If the file is no workbook, or if slakit was installed without Excel.
    """
    source = path.read_bytes()
    errors = error_cells(source, place)
    workbook = open_workbook(source, place)
    names = [name for name in workbook.sheet_names if name.casefold() not in NOTES]
    return {name: read_sheet(workbook, name, f"{place} {name}", errors.get(name, [])) for name in names}


def read_workbook_of(table: str, path: Path) -> RawTable:
    """Read the workbook of one table: its sheet of that name, or its only sheet."""
    try:
        sheets = read_workbook(path, path.name)
    except InputError as refused:
        return RawTable(path.name, pl.DataFrame(), broken=refused.problems)
    if table not in sheets and len(sheets) == 1:
        return next(iter(sheets.values()))
    return sheets.get(table) or unread(path.name, f"no sheet {table}", one_of(sheets))


def open_workbook(source: bytes, place: str) -> Any:
    """Open a workbook, or say why it cannot be opened."""
    try:
        import fastexcel  # an extra: only those who have workbooks need it
    except ModuleNotFoundError:
        told = Problem(place, None, "reading Excel is not installed", "pip install 'slakit[excel]', or save it as CSV")
        raise InputError(place, [told]) from None
    # It warns of columns without a value; all cells are read as text, so nothing was guessed.
    logging.getLogger("fastexcel.types.dtype").setLevel(logging.ERROR)
    try:
        return fastexcel.read_excel(source)
    except Exception:  # fastexcel's own errors derive from Exception only
        raise InputError(place, [Problem(place, None, *NOT_WHOLE)]) from None


def read_sheet(workbook: Any, name: str, place: str, errors: list[tuple[int, str, str]]) -> RawTable:
    """Read one sheet; its header is its first row that is not blank."""
    try:
        cells = sheet_cells(workbook, name, place, errors)
    except InputError as refused:
        return RawTable(place, pl.DataFrame(), broken=refused.problems)
    filled = cells.select(~pl.all_horizontal(pl.all().is_null())).to_series() if cells.width else pl.Series([False])
    if not filled.any():
        return unread(place, "an empty sheet", "write a header at least, or take the sheet away")
    header = filled.arg_max() or 0
    named = [str(name or "") for name in cells.row(header)]
    if (twice := repeated(named)) is not None:
        return unread(f"{place} row {header + 1}", "two columns of this name", "keep one", twice or "(no name)")
    cells = cells.slice(header + 1).rename(dict(zip(cells.columns, named, strict=True)))
    return without_blank_rows(place, cells, header + 1)


def sheet_cells(workbook: Any, name: str, place: str, errors: list[tuple[int, str, str]]) -> pl.DataFrame:
    """Return all cells of a sheet as text, null where empty; refuse it where it holds errors."""
    try:
        cells: pl.DataFrame = workbook.load_sheet(name, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except Exception:  # as above
        told = [Problem(place, None, "a sheet that cannot be read", "save the workbook again as .xlsx")]
        raise InputError(place, told) from None
    if errors:
        told = [Problem(f"{place} row {row} column {letters}", seen, "an error of Excel", "mend the formula")
                for row, letters, seen in errors]  # fmt: skip
        raise InputError(place, told)
    return cells


def error_cells(source: bytes, place: str) -> dict[str, list[tuple[int, str, str]]]:
    """Find the cells that hold an error such as #DIV/0!: the reader would call them empty.

    What unpacks to more than a machine holds is refused here, before the reader sees it.

    Returns
    -------
    errors
        Sheet name -> row, column letters and error of each.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(source)) as archive:
            if sum(part.file_size for part in archive.infolist()) > LARGEST_UNPACKED:
                raise InputError(place, [Problem(place, None, "a workbook that unpacks to gigabytes", TOO_LARGE)])
            if archive.testzip() is not None:  # a part that is longer than it says
                raise InputError(place, [Problem(place, None, *NOT_WHOLE)])
            errors = {}
            for name, part in sheet_parts(archive):
                refuse_vast(part, f"{place} {name}")
                found = ERROR_CELL.findall(part)
                errors[name] = [(int(row), letters.decode(), seen.decode()) for letters, row, seen in found]
            return errors
    except UNREADABLE:
        raise InputError(place, [Problem(place, None, *NOT_WHOLE)]) from None


def refuse_vast(part: bytes, place: str) -> None:
    """Refuse a sheet of which a cell lies so far away that no machine has room for all before it."""
    columns = 0
    for cell in WIDE_CELL.finditer(part):  # tables of evidence have none
        column = 0
        for letter in cell[1]:
            column = 26 * column + letter - ord("A") + 1
        columns = max(columns, column)
    if UNPLACED_CELL.search(part):  # such a cell follows the one before it
        columns = max(columns, *(len(UNPLACED_CELL.findall(row)) for row in re.split(rb"<(?:\w+:)?row\b", part)))
    rows = max((int(found[1]) for found in ROW.finditer(part)), default=0) if columns else 0
    if rows * columns > MOST_CELLS:
        wrong = f"a sheet of {rows:,} rows and {columns:,} columns"
        raise InputError(place, [Problem(place, None, wrong, "delete what stands far away from the table")])


def sheet_parts(archive: zipfile.ZipFile) -> list[tuple[str, bytes]]:
    """Return the name and the XML of every sheet of a workbook."""
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = ElementTree.fromstring(archive.read("xl/workbook.xml")).iterfind(".//{*}sheet")
    paths = [(sheet.get("name", ""), targets.get(sheet.get(RELATION), "")) for sheet in sheets]
    return [
        (name, archive.read(target.removeprefix("/") if target.startswith("/") else f"xl/{target}"))
        for name, target in paths
    ]
