"""One file of each format to its cells, as they are written; a file that cannot be read says why."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from slakit.evidence.table_checks import MOST_SHOWN, RawTable
from slakit.problems import Problem

SAVE_UTF8 = "save it as CSV UTF-8"
QUOTED = re.compile(rb'"[^"]*(?:""[^"]*)*"')
QUOTE = "put a value with quotes, separators or line breaks in quotes, and double the quotes in it"
RAGGED = "give every column a value, or nothing between two separators"


def unread(place: str, wrong: str, remedy: str, value: object = None) -> RawTable:
    """Return the sheet of a file that cannot be read."""
    return RawTable(place, pl.DataFrame(), broken=[Problem(place, value, wrong, remedy)])


def without_blank_rows(place: str, cells: pl.DataFrame, header_row: int) -> RawTable:
    """Return a sheet without its blank rows; the others keep their numbers."""
    blank = cells.select(pl.all_horizontal(pl.all().is_null())).to_series()
    first = header_row + 1
    if not blank.any():
        return RawTable(place, cells, pl.int_range(first, first + cells.height, eager=True), header_row)
    kept = (~blank).arg_true()
    return RawTable(place, cells.filter(~blank), kept.cast(pl.Int64) + first, header_row)


def read_csv(path: Path, place: str) -> RawTable:
    """Read UTF-8 text with commas or semicolons; every cell stays text."""
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    if (refused := refuse_bytes(raw, place)) is not None:
        return refused
    body = re.sub(rb"\A(?:[ \t]*\r?\n)+", b"", raw)
    header_row = raw.count(b"\n", 0, len(raw) - len(body)) + 1
    separator = find_separator(body.partition(b"\n")[0].decode())
    try:
        twice = repeated(next(records(body, separator)))
        cells = pl.read_csv(body, separator=separator, infer_schema=False)
    except (csv.Error, pl.exceptions.PolarsError):
        return refuse_rows(body, separator, place, header_row) or unread(place, "not CSV", QUOTE)
    if twice is not None:
        return unread(f"{place} row {header_row}", "two columns of this name", "keep one", twice or "(no name)")
    if may_be_broken(body, separator, cells) and (refused := refuse_rows(body, separator, place, header_row)):
        return refused
    return without_blank_rows(place, cells, header_row)


def refuse_bytes(raw: bytes, place: str) -> RawTable | None:
    """Refuse a file that is empty, or that is not text in UTF-8."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return unread(place, "UTF-16, not UTF-8", SAVE_UTF8)
    if not raw or raw.isspace():
        return unread(place, "an empty file", "write a header at least, or take the file away")
    if b"\n" not in raw and b"\r" in raw:
        return unread(place, "rows that end in CR alone", SAVE_UTF8)
    if (start := raw.find(b"\0")) >= 0:
        return unread(f"{place} row {row_of(raw, start)}", "a NUL byte: this is not text", SAVE_UTF8)
    try:
        raw.decode()
    except UnicodeDecodeError as error:
        seen = f"byte 0x{raw[error.start]:02x}"
        return unread(f"{place} row {row_of(raw, error.start)}", "not UTF-8", SAVE_UTF8, seen)
    return None


def row_of(raw: bytes, position: int) -> int:
    """Return the line, counted from 1, that holds a byte."""
    return raw.count(b"\n", 0, position) + 1


def find_separator(header: str) -> str:
    """Find what separates the names of a header.

    >>> find_separator("ticket;started;ended"), find_separator("ticket,started,ended")
    (';', ',')
    """
    return max(",;", key=header.count)


def repeated(names: list[str]) -> str | None:
    """Return a name that comes twice, if any does."""
    return next((name for i, name in enumerate(names) if name in names[:i]), None)


def may_be_broken(body: bytes, separator: str, cells: pl.DataFrame) -> bool:
    """Tell, without reading row by row, whether rows may have too few values or quotes in the wrong place.

    Polars fills up the first with nulls, and drops some of the second.
    """
    mark = separator.encode()
    if b'"' in body:
        body = QUOTED.sub(b"\x01", body)
        begins = [mark + b"\x01", b"\n\x01"]
        ends = [b"\x01" + mark, b"\x01\n", b"\x01\r"]
        quoted = body.count(b"\x01")
        well_begun = body.startswith(b"\x01") + sum(map(body.count, begins))
        well_ended = body.endswith(b"\x01") + sum(map(body.count, ends))
        if b'"' in body or not quoted == well_begun == well_ended:
            return True
    return body.count(mark) != (cells.width - 1) * (cells.height + 1)


def records(body: bytes, separator: str) -> Iterator[list[str]]:
    """Read CSV row by row: slow, and strict about quotes."""
    text = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", newline="")
    return csv.reader(text, delimiter=separator, strict=True)


def refuse_rows(body: bytes, separator: str, place: str, header_row: int) -> RawTable | None:
    """Refuse every row with more or fewer values than the header; or the first whose quotes do not match."""
    row, width, broken = header_row, 0, []
    try:
        for row, values in enumerate(records(body, separator), start=header_row):
            width = width or len(values)
            if values and len(values) != width:
                wrong = f"{len(values)} values under {width} columns"
                broken.append(Problem(f"{place} row {row}", None, wrong, RAGGED))
    except csv.Error:
        broken.append(Problem(f"{place} row {row + 1}", None, "quotes that do not match", QUOTE))
    if len(broken) > MOST_SHOWN:
        more = f"and {len(broken) - MOST_SHOWN} more rows like these"
        broken[MOST_SHOWN:] = [Problem(place, None, more, RAGGED)]
    return RawTable(place, pl.DataFrame(), broken=broken) if broken else None


def read_parquet(path: Path, place: str) -> RawTable:
    """Read a Parquet file; its columns keep their types."""
    with path.open("rb") as file:
        magic = file.read(4)
        file.seek(0)
        try:
            if magic == b"PAR1":
                return RawTable(place, pl.read_parquet(file))
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError):
            pass
    return unread(place, "not a Parquet file, or not a whole one", "write it again")


FILE_READERS = {".csv": read_csv, ".parquet": read_parquet}
