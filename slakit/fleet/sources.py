"""Evidence of any size as it lies in a folder: the files of each table, and what is in them."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from slakit._atomic import is_folder, real_path
from slakit.evidence.files import LEFT_BEHIND, cannot_read, holds_only, is_no_table, not_read
from slakit.evidence.formats import FILE_READERS, unread
from slakit.evidence.table_checks import RawTable, check_header
from slakit.evidence.tables import REQUIRED_TABLE, TABLES
from slakit.problems import InputError, Problem

ROW = "row"
"""Column of the number of a row in its table."""
FOLDER_VALUE = re.compile(r"([^=]+)=(.*)", re.DOTALL)
"""How a folder is called that holds the rows of one value of a column: `subscription=fjord-iaas`."""


@dataclass(frozen=True)
class Source:
    """One file of a table.

    Attributes
    ----------
    place
        What messages call it: its path below the folder of the evidence.
    named
        Values of columns that the folders it lies in are named after.
    """

    table: str
    path: Path
    place: str
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Survey:
    """What is in a file.

    Attributes
    ----------
    height
        Its rows.
    span
        How many row numbers it takes up: those of blank rows too.
    schema
        Its columns, as they are found.
    policies, currencies
        Those that it names, if it is of subscriptions.
    problems
        Why it cannot be read.
    """

    source: Source
    sha256: str = ""
    height: int = 0
    span: int = 0
    schema: Mapping[str, pl.DataType] = field(default_factory=dict)
    policies: Sequence[str] = ()
    currencies: Sequence[str] = ()
    problems: Sequence[Problem] = ()


@dataclass(frozen=True)
class Places:
    """The files of a table one after the other, so that its rows can be found in them.

    Attributes
    ----------
    names, before
        Of each file: what messages call it, and how many row numbers those before it take up.
    """

    names: Sequence[str]
    before: Sequence[int]

    def of_row(self, row: int) -> tuple[str, int]:
        """Return the file of a row of the table, and its number there; the header is row 1.

        >>> Places(["outages/a.csv", "outages/b.csv"], [0, 10]).of_row(12)
        ('outages/b.csv', 2)
        """
        index = bisect_right(self.before, row - 2) - 1
        return self.names[index], row - self.before[index]


def sources_of(folder: Path) -> tuple[list[Source], list[Path]]:
    """List the files of all tables of a folder, and what else lies there.

    A table is a file, `outages.parquet` or `outages.csv`, or a folder `outages` of such files, in folders of their own
    or not. Its rows are those of its files in the order of their paths.

    Raises
    ------
    InputError
        It is no folder, a table is there twice, or is none that can be read in parts.
    """
    if not is_folder(folder):
        wrong = "not a folder" if folder.exists() else "no such folder"
        remedy = "give a folder of Parquet or CSV files, or of folders of them: assessed in parts, nothing else is read"
        raise InputError(str(folder), [Problem(str(folder), None, wrong, remedy)])
    sources: list[Source] = []
    others: list[Path] = []
    problems: list[Problem] = []
    places: dict[str, str] = {}
    for path in sorted(folder.iterdir()):
        name = path.stem if path.is_file() else path.name
        if is_no_table(path):
            continue
        if name not in TABLES or not (path.is_dir() or path.suffix.lower() in (*FILE_READERS, ".xlsx")):
            others.append(path)
            continue
        files = [path]
        if path.is_dir():
            files = [file for file in sorted(path.rglob("*")) if file.is_file() and is_read(file.relative_to(path))]
        if name in places:
            problems += unread(f"{places[name]} and {path.name}", f"more than one place for {name}", "keep one").broken
        places[name] = path.name
        if not files:
            problems.append(Problem(path.name, None, "a folder without a file", "put its parts there, or take it away"))
        for file in files:
            place = file.relative_to(folder).as_posix()
            if file.suffix.lower() not in FILE_READERS:
                remedy = "save it as Parquet or CSV: assessed in parts, nothing else is read"
                problems.append(Problem(place, None, "neither Parquet nor CSV", remedy))
            inside = file.relative_to(path).parts[:-1] if path.is_dir() else ()
            matches = [found for part in inside if (found := FOLDER_VALUE.fullmatch(part))]
            sources.append(Source(name, file, place, {found[1]: unquote(found[2]) for found in matches}))
    if REQUIRED_TABLE not in places:
        remedy = f"add {REQUIRED_TABLE}.parquet or a folder {REQUIRED_TABLE}"
        problems.append(Problem(str(folder), None, f"no table {REQUIRED_TABLE}", remedy))
    if problems:
        raise InputError(str(folder), problems)
    return sources, others


def is_read(inside: Path) -> bool:
    """Return whether a file below the folder of a table is one of its parts, and not what other programs left there."""
    return not any(part.startswith((".", "_", "~$")) for part in inside.parts) and inside.name not in LEFT_BEHIND


def refuse_others(folder: Path, others: Iterable[Path], policies: Iterable[str]) -> None:
    """Refuse what lies beside the tables and is neither one nor a policy that subscriptions name."""
    known = frozenset(real_path(folder / name) for name in policies)
    problems = [problem for path in others if not holds_only(path, known) for problem in not_read(path).broken]
    if problems:
        raise InputError(str(folder), problems)


def is_csv(source: Source) -> bool:
    """Return whether a file is CSV, which is read at once; the others are Parquet."""
    return source.path.suffix.lower() == ".csv"


def survey(source: Source) -> Survey:
    """Look through a file: how many rows, which columns, and whether it can be read."""
    try:
        with source.path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if is_csv(source):
            sheet = FILE_READERS[".csv"](source.path, source.place)
            cells, header_row = sheet.cells.lazy(), sheet.header_row
            span = 0 if sheet.rows is None or sheet.rows.is_empty() else int(sheet.rows[-1]) - 1
            broken = sheet.broken
        else:
            with source.path.open("rb") as file:
                whole = file.read(4) == b"PAR1"
            cells, header_row, span = pl.LazyFrame(), 1, 0
            broken = [] if whole else unread(source.place, *NOT_PARQUET).broken
            if whole:
                cells = pl.scan_parquet(source.path, hive_partitioning=False)
                span = cells.select(pl.len()).collect().item()
        if broken:
            return Survey(source, problems=broken)
        cells = with_names(cells, source)
        schema = dict(cells.collect_schema())
        header = RawTable(source.place, pl.DataFrame(schema=schema), header_row=header_row)
        if problems := list(check_header(header, TABLES[source.table])):
            return Survey(source, problems=problems)
        named: dict[str, list[str]] = {name: [] for name in ("policy", "currency")}
        if source.table == REQUIRED_TABLE:
            wanted = [pl.col(name).cast(pl.String).drop_nulls().unique().sort().implode() for name in named]
            named = {name: column[0].to_list() for name, column in cells.select(wanted).collect().to_dict().items()}
        height = span if not is_csv(source) else sheet.cells.height
        return Survey(source, sha256, height, span, schema, named["policy"], named["currency"])
    except OSError as error:
        return Survey(source, problems=[cannot_read(source.place, error)])
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
        return Survey(source, problems=unread(source.place, *NOT_PARQUET).broken)


NOT_PARQUET = ("not a Parquet file, or not a whole one", "write it again")


def with_names(cells: pl.LazyFrame, source: Source) -> pl.LazyFrame:
    """Add the columns that folders are named after, and write words as text."""
    schema = cells.collect_schema()
    added = [pl.lit(value).alias(name) for name, value in source.named.items() if name not in schema]
    words = [pl.col(name).cast(pl.String) for name, dtype in schema.items()
             if dtype.base_type() in (pl.Categorical, pl.Enum)]  # fmt: skip
    return cells.with_columns(*added, *words)


def refuse_unlike(surveys: Sequence[Survey]) -> dict[str, dict[str, pl.DataType]]:
    """Return the columns of each table; refuse a file whose columns are of other types than in those before it.

    A column that is empty in a file has no type there.
    """
    schemas: dict[str, dict[str, pl.DataType]] = {}
    first: dict[tuple[str, str], str] = {}
    problems = []
    for one in surveys:
        known = schemas.setdefault(one.source.table, {})
        for name, dtype in one.schema.items():
            if known.get(name, pl.Null()) == pl.Null():
                known[name], first[one.source.table, name] = dtype, one.source.place
            elif dtype not in (known[name], pl.Null()):
                other = first[one.source.table, name]
                wrong = f"holds {dtype}, and in {other} {known[name]}"
                problems.append(
                    Problem(f"{one.source.place} column {name}", None, wrong, "write all files of a table in one way")
                )
    if problems:
        raise InputError("evidence", problems)
    return schemas


def places_of(surveys: Iterable[Survey]) -> dict[str, Places]:
    """Lay the files of each table one after the other."""
    names: dict[str, list[str]] = {}
    before: dict[str, list[int]] = {}
    after: dict[str, int] = {}
    for one in surveys:
        table = one.source.table
        names.setdefault(table, []).append(one.source.place)
        before.setdefault(table, []).append(after.get(table, 0))
        after[table] = after.get(table, 0) + one.span
    return {table: Places(names[table], before[table]) for table in names}


def in_files(problem: Problem, places: Mapping[str, Places]) -> Problem:
    """Say of a problem with a row of a table in which file the row stands.

    >>> places = {"outages": Places(["outages/a.csv", "outages/b.csv"], [0, 10])}
    >>> print(in_files(Problem("outages row 12 outage", "o1", "already used in row 3", "give each its own"), places))
    outages/b.csv row 2 outage = o1: already used in row 3 of outages/a.csv; give each its own
    """
    found = re.match(r"(\w+) row ([0-9]+)\b", problem.where)
    if found is None or found[1] not in places:
        return problem
    known = places[found[1]]
    file, row = known.of_row(int(found[2]))
    where = f"{file} row {row}{problem.where[found.end() :]}"

    def elsewhere(cited: re.Match[str]) -> str:
        file, row = known.of_row(int(cited[1]))
        return f"in row {row} of {file}"

    wrong = re.sub(r"\bin row ([0-9]+)$", elsewhere, problem.wrong) if len(known.names) > 1 else problem.wrong
    return Problem(where, problem.value, wrong, problem.remedy)
