"""Bytes of foreign files to plain values; what cannot be read is refused with its place."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import polars as pl
from pydantic import BaseModel, ValidationError

from slakit.evidence.formats import QUOTE, RAGGED, may_be_broken, refuse_bytes
from slakit.evidence.formats import records as csv_records
from slakit.evidence.instants import INSTANT, read_instants, read_wall_times
from slakit.problems import InputError, Problem

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
SEPARATOR_HINT = re.compile(rb"sep=([,;\t|])\r?\n")
"""A first line that tells Excel what separates cells."""
HALF_ESCAPED = re.compile(r"\\u[dD][89a-fA-F]")
"""Escapes of JSON of which two make one character."""
Shape = TypeVar("Shape", bound=BaseModel)
TIME_FORMS = (
    *(f"%d{mark}%b{mark}%{year} {clock}" for mark in "/- " for year in "yY" for clock in ("%I:%M %p", "%H:%M")),
    *(
        f"{date.replace('/', mark)} {clock}"
        for date in ("%d/%m/%Y", "%m/%d/%Y", "%d/%m/%y", "%m/%d/%y", "%Y/%m/%d")
        for mark in "/-."
        for clock in ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
    ),
)
"""Forms in which tools print local times, for drafts; ISO 8601 needs none."""


def read_json(source: bytes, reader: str) -> Any:
    """Read JSON; `NaN` and the like are refused.

    Raises
    ------
    InputError
        It is not JSON, or not text in UTF-8.
    """
    try:
        text = source.decode("utf-8-sig")
        value = json.loads(text, parse_constant=_no_number)
        if HALF_ESCAPED.search(text):
            json.dumps(value, ensure_ascii=False).encode()  # half of a pair is no character, and no file can hold it
        return value
    except (ValueError, RecursionError) as error:
        refuse_json(error, reader)


def refuse_json(error: Exception, reader: str) -> NoReturn:
    """Refuse a file that JSON cannot be read from, with the place where it breaks."""
    if isinstance(error, UnicodeDecodeError):
        refuse(reader, f"byte {error.start + 1}", None, "not UTF-8", "fetch the file again")
    if isinstance(error, UnicodeEncodeError):
        refuse(reader, "file", None, "half of a character, as an escape such as \\ud83d", "fetch the file again")
    if isinstance(error, json.JSONDecodeError):
        place = f"row {error.lineno}, character {error.colno}"
        refuse(reader, place, None, f"not JSON ({error.msg})", "fetch it again")
    refuse(reader, "file", None, "not JSON that can be read", "fetch the file again")


def read_answers(source: bytes, reader: str) -> list[Any]:
    """Read one JSON value, a list of them, or one after the other, as a loop of curl writes them.

    >>> read_answers(b'{"page": 1} {"page": 2}', "desk"), read_answers(b'[{"page": 1}]', "desk")
    ([{'page': 1}, {'page': 2}], [{'page': 1}])

    Raises
    ------
    InputError
        It is not JSON, or there is none.
    """
    answers: list[Any] = []
    try:
        text = source.decode("utf-8-sig")
        decoder = json.JSONDecoder(parse_constant=_no_number)
        start = _after_space(text, 0)
        while start < len(text):
            answer, end = decoder.raw_decode(text, start)
            answers += answer if isinstance(answer, list) else [answer]
            start = _after_space(text, end)
    except (ValueError, RecursionError) as error:
        refuse_json(error, reader)
    if not answers:
        refuse(reader, "file", None, "there is no answer in it", "fetch it again")
    return answers


def _after_space(text: str, start: int) -> int:
    found = re.compile(r"\s*").match(text, start)
    return found.end() if found else start


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
    if header is None and (hint := SEPARATOR_HINT.match(raw)):
        separator, header = separator or hint[1].decode(), 2
    lines = raw.splitlines(keepends=True) if header else []
    body = b"".join(lines[header - 1 :]) if header else re.sub(rb"\A(?:[ \t]*\r?\n)+", b"", raw)
    if header and not body.partition(b"\n")[0].strip():
        refuse(reader, f"row {header}", None, "there is no header", "name the row that has the names of the columns")
    first = raw.count(b"\n", 0, len(raw) - len(body)) + 1
    top = body.partition(b"\n")[0].decode()
    separator = separator or max(",;\t|", key=top.count)
    try:
        names = next(csv_records(body, separator))
        if len(names) > 1:  # nearly all files are sound, and polars reads those twenty times faster
            cells = pl.read_csv(body, separator=separator, infer_schema=False)
            if not may_be_broken(body, separator, cells):
                return tidy_grid(cells, names, first)
    except (csv.Error, pl.exceptions.PolarsError):
        pass  # told below, with the row
    rows: list[list[str]] = []
    problems = []
    try:
        for number, values in enumerate(csv_records(body, separator), first):
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
    problems = [
        Problem(f"{reader} {ids[index]} {times.name}", times[index], wrong, remedy)
        for rule in broken
        for index, wrong, remedy in rule.told()
    ]
    if problems:
        raise InputError(reader, problems)
    return values


def as_written(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of records whose instants are not read yet, but text."""
    return {name: pl.String if dtype == INSTANT else dtype for name, dtype in schema.items()}


def with_instants(table: pl.DataFrame, schema: Mapping[str, Any], reader: str) -> pl.DataFrame:
    """Read, of records, the columns that are instants by their schema: ISO 8601 with offsets.

    Raises
    ------
    InputError
        As `instants_of` does, for one of them.
    """
    times = [name for name, dtype in schema.items() if dtype == INSTANT and name in table.columns]
    return table.with_columns(instants_of(table[name], None, reader, table["source_id"]) for name in times)


def refuse_twice(records: pl.DataFrame, reader: str, wrong: str, remedy: str) -> None:
    """Refuse records that have one id.

    Raises
    ------
    InputError
        With every id that comes twice.
    """
    twice = records.filter(pl.col("source_id").is_duplicated())["source_id"].unique(maintain_order=True)
    if twice.len():
        raise InputError(reader, [Problem(f"{reader} {name}", None, wrong, remedy) for name in twice])


def by_frequency(words: pl.Series) -> list[str]:
    """List words, the most frequent first; of equally frequent ones in the order of the alphabet.

    >>> by_frequency(pl.Series(["web", "api", "db", "web", None]))
    ['web', 'api', 'db']
    """
    counts = Counter(words.drop_nulls())
    return sorted(counts, key=lambda word: (-counts[word], word))


def read_times(
    times: pl.Series, form: str | None, time_zone: str | None, reader: str, ids: pl.Series
) -> tuple[pl.Series, list[Problem]]:
    """Read times in the form of a tool, and those in ISO 8601 beside them; null where empty.

    Parameters
    ----------
    times
        Text; its name is told in messages.
    form
        Such as `%d/%b/%y %I:%M %p`; None where all are in ISO 8601.
    time_zone
        Zone of times without an offset; None to refuse them.
    ids
        Names of the records, for messages.

    Returns
    -------
    values
        UTC microseconds.
    problems
        Every time that cannot be read, by record.
    """
    local = (
        pl.Series(times.name, [None] * len(times), dtype=pl.Datetime("us")) if form is None else in_form(times, form)
    )
    values, broken = read_wall_times(local, time_zone)
    others, broken_others = read_instants(times.set(local.is_not_null(), None), time_zone)
    problems = []
    for rule in [*broken, *broken_others]:
        for index, wrong, remedy in rule.told():
            if rule.wrong == "not a time":
                wrong = f"not a time in the form {form}" if form else wrong
                remedy = "name its form, such as %d/%m/%Y %H:%M, as time_form in the mapping; months are in English"
            elif rule.wrong == "no offset from UTC":
                remedy = "name the zone that the export was made in as time_zone in the mapping"
            elif rule.say:
                remedy = "export it in UTC, or write it with its offset"
            problems.append(Problem(f"{reader} {ids[index]} {times.name}", times[index], wrong, remedy))
    return values.fill_null(others).cast(INSTANT), problems


def in_form(times: pl.Series, form: str) -> pl.Series:
    """Read local times in a form; null where they are not in it, or before 1900 (a year of two digits is no year)."""
    local = times.str.strptime(pl.Datetime("us"), form, strict=False)
    return local.set((local.dt.year() < 1900).fill_null(False), None)


def fitting_forms(times: pl.Series) -> list[str | None]:
    """Find the forms in which all times can be read; several where the order of day and month is not clear.

    None is ISO 8601, which is read beside any form.

    >>> fitting_forms(pl.Series(["25/Feb/26 10:17 PM", "1/Jul/26 3:20 PM", None]))
    ['%d/%b/%y %I:%M %p']
    >>> fitting_forms(pl.Series(["03/04/2026 10:00"]))
    ['%d/%m/%Y %H:%M', '%m/%d/%Y %H:%M']
    """
    written = times.drop_nulls().unique()
    iso, _ = read_instants(written, "UTC")
    written = written.filter(iso.is_null())
    if written.is_empty():
        return [None]
    return [form for form in TIME_FORMS if in_form(written, form).is_not_null().all()]


def header_names(source: bytes) -> set[str]:
    """Return the names in the first line, if it is a header of CSV; to recognise a file."""
    head = source.removeprefix(BYTE_ORDER_MARK)[:100_000].decode("utf-8", "replace").lstrip().partition("\n")[0]
    return {name.strip().strip('"') for name in head.split(max(",;\t", key=head.count))}


def row_digests(table: pl.DataFrame) -> pl.Series:
    """Return a digest of each row of text, whatever the order of its columns; an id where rows have none.

    >>> one, other = pl.DataFrame({"a": ["x"], "b": [None]}), pl.DataFrame({"b": [None], "a": ["x"]})
    >>> row_digests(one).equals(row_digests(other))
    True
    """
    return digests_of(table, sorted(name for name in table.columns if name != "row"))


def digests_of(table: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Return a digest of what each row has in some columns of text."""
    cells = [pl.col(name).cast(pl.String).fill_null("\0") for name in columns]
    written = table.select(pl.concat_str(cells, separator="\x1f").alias("written"))["written"]
    digests = [hashlib.blake2b(row.encode(), digest_size=10).hexdigest() for row in written]
    return pl.Series("source_id", digests, pl.String)


def numbered(digests: pl.Series) -> pl.Series:
    """Name rows that are written alike apart: from the second on they have a number as well."""
    if digests.n_unique() == digests.len():
        return digests
    number = pl.int_range(1, pl.len() + 1).over("source_id")
    named = pl.when(number > 1).then(pl.format("{}-{}", "source_id", number)).otherwise("source_id")
    return digests.to_frame().select(named.alias("source_id")).to_series()


def with_row_ids(table: pl.DataFrame) -> pl.DataFrame:
    """Let rows be records by what is written in them, each once; for drafts."""
    return table.with_columns(row_digests(table)).unique("source_id", keep="first", maintain_order=True)


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
    return in_shape(read_json(source, reader), shape, reader)


def in_shape(value: Any, shape: type[Shape], reader: str) -> Shape:
    """Return what was read from JSON as a known shape, or refuse it, as `read_shape` does."""
    try:
        return shape.model_validate(value)
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
