"""Bytes of foreign files to plain values; what cannot be read is refused with its place."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, NoReturn, TypeVar

import polars as pl
from pydantic import BaseModel, ValidationError

from slakit.evidence.formats import QUOTE, RAGGED, may_be_broken, refuse_bytes
from slakit.evidence.instants import read_instants
from slakit.problems import InputError, Problem

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
Shape = TypeVar("Shape", bound=BaseModel)


def read_json(source: bytes, reader: str) -> Any:
    """Read JSON; `NaN` and the like are refused.

    Raises
    ------
    InputError
        It is not JSON, or not text in UTF-8.
    """
    try:
        return json.loads(source.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        refuse(reader, f"byte {error.start + 1}", None, "not UTF-8", "fetch the file again")
    except json.JSONDecodeError as error:
        refuse(
            reader, f"row {error.lineno}, character {error.colno}", None, f"not JSON ({error.msg})", "fetch it again"
        )
    except (RecursionError, ValueError):
        refuse(reader, "file", None, "not JSON that can be read", "fetch the file again")


def _no_number(text: str) -> NoReturn:
    raise ValueError(text)


def read_csv(source: bytes, reader: str, separator: str | None = None) -> pl.DataFrame:
    """Read CSV of any tool; every cell is text without space around it, null where it is empty.

    Parameters
    ----------
    separator
        What separates cells; without it the comma, semicolon, tab or bar that the header has most of.

    Returns
    -------
    pl.DataFrame
        The columns of the header; a name that comes twice has a number from the second on (`Comment`, `Comment 2`).
        `row` is the number of each row in a spreadsheet (whole, the header is row 1). Blank rows are not there.

    Raises
    ------
    InputError
        It is not CSV in UTF-8, or rows have too many or too few values; with every row.
    """
    cells, rows = csv_grid(source, reader, separator)
    return cells.with_columns(rows.alias("row"))


def csv_grid(
    source: bytes, reader: str, separator: str | None = None, header: int | None = None
) -> tuple[pl.DataFrame, pl.Series]:
    """Read CSV as `read_csv` does, with the numbers of its rows apart: any name of a column may be taken.

    Parameters
    ----------
    header
        Line of the header, counted from 1; the first that is not blank, if it is not said.
    """
    raw = source.removeprefix(BYTE_ORDER_MARK)
    if (refused := refuse_bytes(raw, reader)) is not None:
        raise InputError(reader, refused.broken)
    lines = raw.splitlines(keepends=True) if header else []
    body = b"".join(lines[header - 1 :]) if header else re.sub(rb"\A(?:[ \t]*\r?\n)+", b"", raw)
    if header and not body.partition(b"\n")[0].strip():
        refuse(reader, f"row {header}", None, "there is no header", "name the row that has the names of the columns")
    first = raw.count(b"\n", 0, len(raw) - len(body)) + 1
    top = body.partition(b"\n")[0].decode()
    separator = separator or max(",;\t|", key=top.count)
    try:
        names = next(csv.reader(io.StringIO(body.decode()), delimiter=separator, strict=True))
        if len(names) > 1:  # nearly all files are sound, and polars reads those twenty times faster
            cells = pl.read_csv(body, separator=separator, infer_schema=False)
            if not may_be_broken(body, separator, cells):
                return tidy_grid(cells, names, first)
    except (csv.Error, pl.exceptions.PolarsError):
        pass  # told below, with the row
    rows: list[list[str]] = []
    problems = []
    try:
        for number, values in enumerate(
            csv.reader(io.StringIO(body.decode()), delimiter=separator, strict=True), first
        ):
            if values and len(values) != len(names) and any(value.strip() for value in values):
                wrong = f"{len(values)} values under {len(names)} columns"
                problems.append(Problem(f"{reader} row {number}", None, wrong, RAGGED))
            rows.append(values if len(values) == len(names) else [""] * len(names))
    except csv.Error as error:
        refuse(reader, f"row {first + len(rows)}", None, f"not CSV ({error})", QUOTE)
    if problems:
        raise InputError(reader, problems)
    columns = zip(*rows[1:], strict=True) if len(rows) > 1 else [()] * len(names)
    return tidy_grid(
        pl.DataFrame([pl.Series(f"{i}", cells, pl.String) for i, cells in enumerate(columns)]), names, first
    )


def tidy_grid(cells: pl.DataFrame, names: Sequence[str | None], first: int) -> tuple[pl.DataFrame, pl.Series]:
    """Name the columns of text cells, strip them, and drop blank rows.

    Parameters
    ----------
    cells
        The rows below the header.
    names
        The cells of the header. A column without one is called after its letter, `(column C)`.
    first
        Row of the header, counted from 1.
    """
    seen: Counter[str] = Counter()
    named = []
    for place, name in enumerate(names):
        called = (name or "").strip() or f"(column {_letters(place)})"
        seen[called] += 1
        named.append(called if seen[called] == 1 else f"{called} {seen[called]}")
    stripped = [pl.col(own).str.strip_chars().alias(f"{i}") for i, own in enumerate(cells.columns)]
    cells = cells.select(stripped).select(pl.when(pl.all() != "").then(pl.all())).rename(
        dict(zip((f"{i}" for i in range(len(named))), named, strict=True))
    )  # fmt: skip
    filled = cells.select(~pl.all_horizontal(pl.all().is_null())).to_series()
    rows = filled.arg_true().cast(pl.Int64) + first + 1
    return (cells if filled.all() else cells.filter(filled)), rows.alias("row")


def _letters(place: int) -> str:
    """Return the letters of a column of a spreadsheet, counted from 0."""
    return (_letters(place // 26 - 1) if place >= 26 else "") + chr(ord("A") + place % 26)


def instants_of(times: pl.Series, time_zone: str | None, reader: str, ids: pl.Series) -> pl.Series:
    """Read ISO 8601 times, null where empty.

    Parameters
    ----------
    times
        Text, or datetimes.
    time_zone
        Zone of times without an offset; None to refuse them.
    ids
        Names of the records, for messages.

    Raises
    ------
    InputError
        With every time that cannot be read, by record.
    """
    values, broken = read_instants(times, time_zone)
    problems = []
    for rule in broken:
        for index in rule.rows.arg_true():
            wrong, remedy = rule.say(index) if rule.say else (rule.wrong, rule.remedy)
            problems.append(Problem(f"{reader} {ids[index]} {times.name}", times[index], wrong, remedy))
    if problems:
        raise InputError(reader, problems)
    return values


def from_unix(seconds: pl.Expr) -> pl.Expr:
    """Turn whole or fractional seconds since 1970 into instants, to the nearest microsecond.

    >>> pl.select(from_unix(pl.lit(1435781430.781))).item().isoformat()
    '2015-07-01T20:10:30.781000+00:00'
    """
    return (seconds * 1_000_000).round(0).cast(pl.Int64).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def read_shape(source: bytes, shape: type[Shape], reader: str) -> Shape:
    """Read JSON of a known shape; fields that the shape does not name are passed over.

    Raises
    ------
    InputError
        It is not JSON, or not of that shape; with everything that differs.
    """
    try:
        return shape.model_validate(read_json(source, reader))
    except ValidationError as error:
        problems = []
        for found in error.errors(include_url=False):
            place = ".".join(map(str, found["loc"])) or "file"
            if found["type"] == "missing":
                problems.append(Problem(f"{reader} {place}", None, "there is no such field", "fetch the file again"))
            else:
                wrong = found["msg"][:1].lower() + found["msg"][1:]
                remedy = "ask for it as the manual says; if the format has changed, tell us"
                problems.append(Problem(f"{reader} {place}", found["input"], wrong, remedy))
        raise InputError(reader, problems) from None


def shape_of(source: bytes, shape: type[Shape]) -> Shape | None:
    """Read JSON of a known shape, for recognising it; None if it is anything else."""
    try:
        return read_shape(source, shape, "")
    except InputError:
        return None


def refuse(reader: str, where: str, value: object, wrong: str, remedy: str) -> NoReturn:
    """Refuse a source for one thing that is wrong with it."""
    raise InputError(reader, [Problem(f"{reader} {where}", value, wrong, remedy)])
