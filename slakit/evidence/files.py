"""Evidence from a folder or a workbook, checked; and tables written so that no reader sees half a file."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from slakit._atomic import is_folder, read_whole, real_path, replacing
from slakit.arguments import checked
from slakit.evidence.evidence import Evidence, evidence_of
from slakit.evidence.formats import FILE_READERS, unread
from slakit.evidence.probes import scan_probes
from slakit.evidence.table_checks import RawTable
from slakit.evidence.tables import PROBES, REQUIRED_TABLE, TABLES
from slakit.evidence.workbooks import read_workbook, read_workbook_of
from slakit.problems import InputError, Problem

READ_SUFFIXES = frozenset({*FILE_READERS, ".xlsx"})
# What file managers and programs leave behind, and nobody wrote; so are names that begin with a dot or `~$`.
LEFT_BEHIND = frozenset({"desktop.ini", "thumbs.db"})
RECEIPT = "imported.json"
"""What was imported into a folder, from where: `slakit import` writes it beside the tables."""
MAPPING_SUFFIX = ".map.yaml"
FORMULA_START = r"^[=+\-@\t\r]"
CSV_NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]+)?$"


@checked
def read_evidence(
    path: str | Path,
    *,
    time_zone: str | None = None,
    subscription: str = "",
    probes: Mapping[str, object] | None = None,
) -> Evidence:
    """Read and check the evidence in a folder or in one Excel workbook.

    A folder holds `NAME.csv`, `NAME.parquet` or `NAME.xlsx` for each table of `TABLES`; a workbook holds one
    sheet for each. Only `subscriptions` must be there. CSV is UTF-8, with commas or semicolons. A `README`, hidden
    files, what `slakit import` keeps there (`imported.json`, `NAME.map.yaml`) and policy files that a subscription
    names may lie beside them; any other file or folder is refused, for nobody would read it.

    Parameters
    ----------
    path
        The folder or the workbook.
    time_zone
        The zone of times written without an offset, such as `Europe/Oslo`. Without it they are refused.
    subscription
        Keep only what concerns this one, once all is checked; everything, if it is empty.
    probes
        How samples in the table `probes` become outages where no row of `probing` says so: its columns and their
        values, such as `{"every": "1m", "failures": 3}`.

    Returns
    -------
    evidence
        Every table with the columns and types of `TABLES`, rows in the order of the file.

    Raises
    ------
    InputError
        With every problem of every file: file, row (the header is row 1), column, value, remedy; or there is no such
        subscription.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = Path(folder) / "subscriptions.csv"
    ...     _ = table.write_text(
    ...         "subscription,policy,monthly_fee,currency,starts\\nshop,klikk,9,NOK,2026-01-01T00:00Z\\n"
    ...     )
    ...     read_evidence(folder).counts()
    {'subscriptions': 1}
    """
    path = Path(path)
    try:
        if path.is_dir():
            sheets = read_folder(path)
        elif path.suffix.lower() == ".xlsx" and path.is_file():
            sheets = read_workbook(path, path.name)
        else:
            wrong = "neither a folder nor a workbook" if path.exists() else "no such folder or workbook"
            remedy = "give a folder that holds subscriptions.csv, or an .xlsx with a sheet subscriptions"
            raise InputError(str(path), [Problem(str(path), None, wrong, remedy)])
    except OSError as error:
        raise InputError(str(path), [cannot_read(str(path), error)]) from None
    folder = (path if is_folder(path) else path.parent).absolute()
    whole = evidence_of(sheets, time_zone=time_zone, source=str(path), folder=folder, rule=probes)
    return whole.only(subscription)


def read_folder(folder: Path) -> dict[str, RawTable]:
    """Read the tables of a folder; what cannot be read, and what nobody reads, is a sheet that says why."""
    sheets: dict[str, RawTable] = {}
    others: list[Path] = []
    for path in sorted(folder.iterdir()):
        if is_no_table(path):
            continue
        name = path.stem
        if path.suffix.lower() not in READ_SUFFIXES:
            others.append(path)
        elif name in sheets:
            both = f"{sheets[name].place} and {path.name}"
            sheets[name] = unread(both, f"more than one file for {name}", "keep one")
        else:
            sheets[name] = read_table(path)
    policies: frozenset[Path] = frozenset()  # the files that subscriptions name as their policies
    if REQUIRED_TABLE in sheets:
        cells = sheets[REQUIRED_TABLE].cells
        if "policy" in cells.columns and cells["policy"].dtype == pl.String:
            policies = frozenset(real_path(folder / name) for name in cells["policy"].drop_nulls().unique())
    for path in others:
        if not holds_only(path, policies):
            sheets[path.name] = not_read(path)
    return sheets


def is_no_table(path: Path) -> bool:
    """Tell whether what lies beside the tables is a `README`, is hidden, or was left there by a program.

    So are what `slakit import` keeps beside them: its receipt, and the mappings that it was given.
    """
    name = path.name.lower()
    kept = name == RECEIPT or name.endswith(MAPPING_SUFFIX)
    return kept or name.startswith((".", "~$")) or name in LEFT_BEHIND or path.stem.lower() == "readme"


def holds_only(path: Path, files: frozenset[Path]) -> bool:
    """Return whether a path is one of some files, or a folder that holds nothing but them and hidden files."""
    if path.is_symlink() or not path.is_dir():  # a link may lead round in circles
        return real_path(path) in files
    inside = [each for each in path.iterdir() if not each.name.startswith(".")]
    return bool(inside) and all(holds_only(each, files) for each in inside)


def not_read(path: Path) -> RawTable:
    """Return the sheet of a file or folder beside the tables that nobody reads."""
    name, suffix = path.stem, path.suffix.lower()
    if path.is_dir():
        return unread(path.name, "a folder, which is not read", "move its tables beside subscriptions, or take it away")
    if name in (*TABLES, PROBES.name):
        if suffix in READ_SUFFIXES:  # probes, where tables are read in parts
            remedy = "make outages of them: slakit import, with table: probes in its mapping"
            return unread(path.name, "samples, which are not read where evidence is assessed in parts", remedy)
        remedy = f"save it as {name}.csv, {name}.parquet or {name}.xlsx"
        return unread(path.name, f"{suffix or 'a file without an ending'} is not read", remedy)
    if suffix in (".yaml", ".yml"):
        return unread(path.name, "not read: no subscription names it as its policy", "name it, or take it away")
    return unread(path.name, "not a table, and not read", "take it away; only a README may lie beside the tables")


def read_table(path: Path) -> RawTable:
    """Read the file of one table; a name that is no table is left to the checks."""
    name, place, suffix = path.stem, path.name, path.suffix.lower()
    if name not in (*TABLES, PROBES.name):
        return RawTable(place, pl.DataFrame())
    if path.exists() and not path.is_file():
        return unread(place, "not a file" if not path.is_dir() else "a folder, not a file", "take it away")
    try:
        if name == PROBES.name and suffix != ".xlsx":
            return scan_probes(path, place)
        return read_workbook_of(name, path) if suffix == ".xlsx" else FILE_READERS[suffix](path, place)
    except OSError as error:
        return RawTable(place, pl.DataFrame(), broken=[cannot_read(place, error)])


def read_closing_days(path: str | Path) -> frozenset[date]:
    """Read days on which nothing is open from a text file, as `closing_days_of` reads them.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "closed.txt").write_text("# ours alone\\n2026-12-24\\n")
    ...     read_closing_days(Path(folder) / "closed.txt")
    frozenset({datetime.date(2026, 12, 24)})

    Raises
    ------
    InputError
        The file cannot be read, or lines of it are not dates; all at once, by line.
    """
    try:
        text = read_whole(Path(path)).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(str(path), [Problem(str(path), None, "not UTF-8 text", "save it as UTF-8")]) from None
    except OSError as error:
        raise InputError(str(path), [cannot_read(str(path), error)]) from None
    return closing_days_of(text, name=str(path))


def closing_days_of(text: str, *, name: str = "closing days") -> frozenset[date]:
    """Read days on which nothing is open from text, one ISO date a line; `#` begins a remark.

    >>> sorted(closing_days_of("2026-12-24  # Christmas Eve"))
    [datetime.date(2026, 12, 24)]

    Raises
    ------
    InputError
        A line is not a date.
    """
    days, problems = set(), []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            days.add(date.fromisoformat(written))
        except ValueError:
            problems.append(Problem(f"{name}:{number}", written, "not a date", "write it like 2026-12-24"))
    if problems:
        raise InputError(name, problems)
    return frozenset(days)


def cannot_read(place: str, error: OSError) -> Problem:
    """Say what the operating system says about a file."""
    return Problem(place, None, f"cannot be read ({error.strerror or 'error'})", "look at the path and its rights")


def write_table(frame: pl.DataFrame, path: str | Path) -> None:
    """Write a table as CSV or Parquet, whole or not at all.

    In CSV, instants are ISO 8601 in UTC (`2026-08-03T10:15:00Z`, microseconds where there are any) and
    numbers carry no exponent. A text that a spreadsheet would run as a formula (it starts with `=`, `+`, `-`,
    `@`, a tab or a carriage return, and is no number) stands behind an apostrophe, which a reader of the CSV
    sees. Parquet keeps every text as it is.

    Parameters
    ----------
    frame
        Columns of text, numbers, booleans, dates and instants; instants with a zone.
    path
        Ends in `.csv` or `.parquet`. Its folder exists. A file of that name is replaced.

    Raises
    ------
    ValueError
        If the path ends otherwise, or a column holds times without a zone.
    OSError
        It cannot be written.
    """
    path = Path(path)
    if path.suffix not in FILE_READERS:
        raise ValueError(f"{path.name}: a table is written as .csv or .parquet")
    with replacing(path) as unfinished:
        if path.suffix == ".csv":
            printed(frame).write_csv(unfinished, float_scientific=False)
        else:
            try:
                frame.write_parquet(unfinished)
            except pl.exceptions.ComputeError as error:
                said = re.search(r"os error ([0-9]+)", str(error))
                if said is None:
                    raise
                raise OSError(int(said[1]), os.strerror(int(said[1]))) from None


def printed(frame: pl.DataFrame, *, guarded: bool = True) -> pl.DataFrame:
    """Return the frame with instants, decimals and text as CSV has them; see `write_table`.

    Parameters
    ----------
    frame
        Any columns that `write_table` takes.
    guarded
        Whether an apostrophe is put before what a spreadsheet would run. Without it, what is read back is the same.
    """
    columns = []
    for name, dtype in frame.schema.items():
        column = pl.col(name)
        if dtype.base_type() in (pl.Categorical, pl.Enum):
            column, dtype = column.cast(pl.String), pl.String()
        if isinstance(dtype, pl.Datetime):
            if dtype.time_zone is None:
                raise ValueError(f"column {name}: times without a zone")
            instant = column.dt.cast_time_unit("us").dt.convert_time_zone("UTC")
            whole = instant.dt.strftime("%Y-%m-%dT%H:%M:%SZ")
            fine = instant.dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ")
            columns.append(pl.when(instant.dt.microsecond() == 0).then(whole).otherwise(fine).alias(name))
        elif isinstance(dtype, pl.Decimal):
            columns.append(column.cast(pl.String))
        elif dtype == pl.String and guarded:
            is_formula = column.str.contains(FORMULA_START) & ~column.str.contains(CSV_NUMBER)
            columns.append(pl.when(is_formula).then(pl.concat_str(pl.lit("'"), column)).otherwise(column).alias(name))
        else:
            columns.append(column)
    return frame.select(columns)
