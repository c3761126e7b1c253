"""Tables of any tool (CSV, TSV, Excel, JSON lines) to columns of text."""

from __future__ import annotations

import io
import json
import re
import zipfile
from typing import Any

import polars as pl

from slakit.evidence.sources.parsing import BYTE_ORDER_MARK, csv_grid, refuse, tidy_grid
from slakit.evidence.workbooks import NOTES, error_cells, open_workbook, sheet_cells, sheet_parts
from slakit.problems import InputError, Problem, one_of

EMPTY_FORMULA = re.compile(
    rb'<c\b(?![^>]*\bt="str")[^>]*\br="([A-Z]+[0-9]+)"[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)'
    rb"\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
MERGED = re.compile(rb'<mergeCell\b[^>]*\bref="([A-Z]+[0-9]+:[A-Z]+([0-9]+))"')


def read_grid(
    source: bytes, reader: str, header: int | None = None, sheet: str | None = None
) -> tuple[pl.DataFrame, pl.Series]:
    """Read a table; every cell is text without space around it, null where it is empty.

    Parameters
    ----------
    header
        Row of the header, counted from 1; the first that is not blank, if it is not said. JSON lines have none.
    sheet
        Sheet of a workbook; its only one, if it is not said.

    Returns
    -------
    cells
        The columns of the header. Of JSON lines: the fields of all objects, one within another as `a.b`, lists as
        JSON.
    rows
        The number of each row as a spreadsheet or an editor shows it. Blank rows are not there.

    Raises
    ------
    InputError
        It is none of these formats, or broken; with everything that is wrong.
    """
    start = source[:64].lstrip(BYTE_ORDER_MARK + b" \t\r\n")
    if start.startswith(b"PK"):
        return _read_sheet(source, reader, header, sheet)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        refuse(reader, "file", None, "a workbook of Excel 97, or one with a password", "save it as .xlsx or as CSV")
    if start.startswith(b"<"):
        refuse(reader, "file", None, "HTML or XML, not a table", "export it as CSV; a page to sign in is no export")
    if sheet is not None:
        refuse(reader, "sheet", sheet, "the file is no workbook", "remove the key")
    if start.startswith(b"["):
        refuse(reader, "file", None, "one JSON list, not an object on each line", "write lines: jq -c '.[]'")
    if start.startswith(b"{"):
        if header is not None:
            refuse(reader, "header", header, "JSON lines have no header", "remove the key")
        return _read_json_lines(source, reader)
    return csv_grid(source, reader, header=header)


def _read_sheet(source: bytes, reader: str, header: int | None, sheet: str | None) -> tuple[pl.DataFrame, pl.Series]:
    errors = error_cells(source, reader)
    workbook = open_workbook(source, reader)
    names = [name for name in workbook.sheet_names if name.casefold() not in NOTES]
    if sheet is None and len(names) != 1:
        refuse(reader, "sheet", None, f"the workbook has {len(names)} sheets", f"name one as sheet; {one_of(names)}")
    name = sheet or names[0]
    if name not in workbook.sheet_names:
        refuse(reader, "sheet", name, "there is no such sheet", one_of(names, name))
    place = f"{reader} {name}"
    cells = sheet_cells(workbook, name, place, errors.get(name, []))
    filled = cells.select(~pl.all_horizontal(pl.all().is_null())).to_series() if cells.width else pl.Series([False])
    if not filled.any():
        refuse(reader, name, None, "an empty sheet", "write a header at least")
    first = header or (filled.arg_max() or 0) + 1
    if first > cells.height or not filled[first - 1]:
        refuse(reader, f"row {first}", None, "there is no header", "name the row that has the names of the columns")
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        part = dict(sheet_parts(archive))[name]
    problems = [
        Problem(f"{place} cell {cell.decode()}", None, "a formula without its value", "open it in Excel and save it")
        for cell in EMPTY_FORMULA.findall(part)
    ]
    problems += [
        Problem(f"{place} cells {cells.decode()}", None, "merged cells: all but the first are empty", "unmerge them")
        for cells, last in MERGED.findall(part)
        if int(last) >= first
    ]
    if problems:
        raise InputError(reader, problems)
    return tidy_grid(cells.slice(first), cells.row(first - 1), first)


def _read_json_lines(source: bytes, reader: str) -> tuple[pl.DataFrame, pl.Series]:
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        refuse(reader, f"byte {error.start + 1}", None, "not UTF-8", "fetch the file again")
    found: list[dict[str, str | None]] = []
    lines = []
    problems = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            # numbers stay as they are written
            record = json.loads(line, parse_float=str, parse_int=str, parse_constant=str)
        except (ValueError, RecursionError) as error:
            wrong = f"not JSON ({getattr(error, 'msg', 'nested too deep')})"
            problems.append(Problem(f"{reader} line {number}", None, wrong, "write one whole object on each line"))
            continue
        if not isinstance(record, dict):
            problems.append(Problem(f"{reader} line {number}", None, "no object", "write {…} on each line"))
            continue
        found.append(_flat(record))
        lines.append(number)
    if problems:
        raise InputError(reader, problems)
    names = list(dict.fromkeys(name for record in found for name in record))
    if not names:
        refuse(reader, "file", None, "no object has a field", "export it again")
    columns = [pl.Series(name, [record.get(name) for record in found], dtype=pl.String) for name in names]
    cells, places = tidy_grid(pl.DataFrame(columns), names, 0)
    return cells, pl.Series("row", lines, dtype=pl.Int64).gather(places - 1)


def _flat(record: dict[str, Any]) -> dict[str, str | None]:
    """Write all fields of an object as text, those of objects in it by their path."""
    flat: dict[str, str | None] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{inner}": text for inner, text in _flat(value).items()}
        elif value is None or isinstance(value, str):
            flat[name] = value
        else:
            flat[name] = json.dumps(value, ensure_ascii=False)
    return flat
