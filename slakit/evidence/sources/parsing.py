"""Bytes of foreign files to plain values; what cannot be read is refused with its place."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from typing import Any, NoReturn

import polars as pl

from slakit.evidence.formats import QUOTE, RAGGED, refuse_bytes
from slakit.evidence.instants import read_instants
from slakit.problems import InputError, Problem

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
        What separates cells; without it the comma, semicolon or tab that the header has most of.

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
    if (refused := refuse_bytes(source.removeprefix(BYTE_ORDER_MARK), reader)) is not None:
        raise InputError(reader, refused.broken)
    text = source.decode("utf-8-sig")
    header = text.lstrip().partition("\n")[0]
    separator = separator or max(",;\t", key=header.count)
    rows: list[list[str]] = []
    numbers: list[int] = []
    problems = []
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator, strict=True), 1):
            if not any(cell.strip() for cell in cells):
                continue
            if rows and len(cells) != len(rows[0]):
                wrong = f"{len(cells)} values under {len(rows[0])} columns"
                problems.append(Problem(f"{reader} row {number}", None, wrong, RAGGED))
            rows.append([cell.strip() for cell in cells])
            numbers.append(number)
    except csv.Error as error:
        refuse(reader, f"row {len(rows) + 1}", None, f"not CSV ({error})", QUOTE)
    if problems:
        raise InputError(reader, problems)
    seen: Counter[str] = Counter()
    names = []
    for name in rows[0]:
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    columns = zip(*rows[1:], strict=True) if len(rows) > 1 else ([] for _ in names)
    table = {name: [cell or None for cell in cells] for name, cells in zip(names, columns, strict=True)}
    frame = pl.DataFrame(table, schema=dict.fromkeys(names, pl.String))
    return frame.with_columns(pl.Series("row", numbers[1:], dtype=pl.Int64))


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


def refuse(reader: str, where: str, value: object, wrong: str, remedy: str) -> NoReturn:
    """Refuse a source for one thing that is wrong with it."""
    raise InputError(reader, [Problem(f"{reader} {where}", value, wrong, remedy)])
