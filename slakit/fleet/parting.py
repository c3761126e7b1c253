"""Rows of evidence to the parts that their subscriptions are in, and ids that no part alone can check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from slakit.evidence.files import write_table
from slakit.evidence.formats import FILE_READERS
from slakit.evidence.tables import PARENTS, TABLES
from slakit.fleet.sources import ROW, Source, is_csv, with_names
from slakit.problems import Problem

SEED = 20_26
UNIQUE = {table.name: column.name for table in TABLES.values() for column in table.columns if column.unique}
"""Tables whose rows have ids of their own, and the column."""
IDS = {**UNIQUE, **{name: key for name, (_, key) in PARENTS.items()}}
"""Tables with ids that rows of several parts may have in common, and the column."""


@dataclass(frozen=True)
class Piece:
    """Rows of a file that are read at once: `length` from `start` on, all of a CSV file.

    Attributes
    ----------
    number
        Of the piece, among those of its table.
    before
        How many row numbers the files before this one take up.
    """

    source: Source
    number: int
    start: int
    length: int
    before: int


def part_rows(piece: Piece, parts: int, shares: int, work: Path) -> None:
    """Write the rows of a piece to the folders of their parts, with the number of each row in its table.

    Parameters
    ----------
    piece
        What to read.
    parts, shares
        How many parts there are, and how many shares of ids.
    work
        The folder to write to, with a folder for each table.
    """
    source, name = piece.source, f"{piece.number:06}.parquet"
    if is_csv(source):
        sheet = FILE_READERS[".csv"](source.path, source.place)
        cells, rows = sheet.cells, sheet.rows
        assert rows is not None
    else:
        cells = pl.scan_parquet(source.path, hive_partitioning=False).slice(piece.start, piece.length).collect()
        rows = pl.int_range(piece.start + 2, piece.start + 2 + cells.height, eager=True)
    cells = with_names(cells.lazy(), source).collect().with_columns((rows + piece.before).alias(ROW))
    if source.table in PARENTS:  # each part reads all of them, and keeps its own
        write_rows(cells, work / source.table / "all" / name)
    else:
        numbered = cells.with_columns(part_of(parts).alias("part"))
        for (part,), own in numbered.partition_by("part", as_dict=True, include_key=False).items():
            write_rows(own, work / source.table / str(part) / name)
    if source.table in IDS:
        keys = cells.select(key_of_id(source.table)).drop_nulls()
        shared = keys.with_columns((pl.col("key") % shares).alias("share"))
        for (share,), own in shared.partition_by("share", as_dict=True, include_key=False).items():
            write_rows(own, work / source.table / f"ids-{share}" / name)


def part_of(parts: int) -> pl.Expr:
    """Compute the part of a subscription."""
    return pl.col("subscription").cast(pl.String).hash(SEED) % parts


def write_rows(rows: pl.DataFrame, path: Path) -> None:
    """Write rows so that they are read again soon; the folder of the table is there."""
    path.parent.mkdir(exist_ok=True)
    write_table(rows, path)


def rows_of(table: str, part: int, schema: Mapping[str, pl.DataType], work: Path) -> pl.DataFrame:
    """Read the rows of a table that are in a part, in their order."""
    columns = {**schema, ROW: pl.Int64()}
    read = [pl.scan_parquet(path).collect() for path in sorted((work / table / str(part)).glob("*.parquet"))]
    return pl.concat([pl.DataFrame(schema=columns), *read], how="diagonal_relaxed").select(list(columns))


def rows_about(table: str, ids: pl.Series, schema: Mapping[str, pl.DataType], work: Path) -> pl.DataFrame:
    """Read the rows of a table that knows no subscription, of some tickets or outages."""
    columns = {**schema, ROW: pl.Int64()}
    kept = [pl.DataFrame(schema=columns)]
    known = ids.cast(pl.String).implode()
    for path in sorted((work / table / "all").glob("*.parquet")):
        kept.append(pl.scan_parquet(path).filter(pl.col(IDS[table]).cast(pl.String).is_in(known)).collect())
    return pl.concat(kept, how="diagonal_relaxed").select(list(columns))


def key_of_id(table: str) -> pl.Expr:
    """Compute a number that stands for the id of a row; null if it has none."""
    id_ = pl.col(IDS[table]).cast(pl.String)
    return pl.when(id_.is_not_null()).then(id_.hash(SEED)).alias("key")


def check_ids(share: int, parts: int, work: Path) -> list[tuple[int | None, Problem]]:
    """Find ids that rows of two parts have, and tickets and outages that no part has, among one share of all ids.

    Returns
    -------
    list of tuple
        The part that is to refuse it, or none if the row is in none; and the problem, with the row in its table.
    """
    found: list[tuple[int | None, Problem]] = []
    keys = {table: _keys(work / table / f"ids-{share}") for table in IDS}
    for table in UNIQUE:
        again = keys[table].filter(keys[table].is_duplicated()).unique()
        rows = _rows_with(table, again, work, part_of(parts).alias("part")) if len(again) else pl.DataFrame()
        for (id_,), same in rows.partition_by("id", as_dict=True, maintain_order=True).items() if len(again) else ():
            first, *others = same.select(ROW, "part").rows()
            for row, part in others:
                if part != first[1]:  # the part finds those of its own
                    wrong, remedy = f"already used in row {first[0]}", f"give each row of {table} its own"
                    found.append((part, Problem(f"{table} row {row} {IDS[table]}", id_, wrong, remedy)))
    for table, (parent, key) in PARENTS.items():
        lost = keys[table].filter(~keys[table].is_in(keys[parent].implode())).unique()
        for row, id_ in _rows_with(table, lost, work).select(ROW, "id").rows() if len(lost) else ():
            where, remedy = f"{table} row {row} {key}", f"name one of the table {parent}"
            found.append((None, Problem(where, id_, f"no such {key}", remedy)))
    return found


def _keys(folder: Path) -> pl.Series:
    read = [pl.scan_parquet(path).collect()["key"] for path in sorted(folder.glob("*.parquet"))]
    return pl.concat([pl.Series("key", dtype=pl.UInt64), *read])


def _rows_with(table: str, keys: pl.Series, work: Path, *others: pl.Expr) -> pl.DataFrame:
    """Look for the rows whose ids have some keys, in the order of the table."""
    id_ = pl.col(IDS[table]).cast(pl.String).alias("id")
    paths = [path for path in sorted((work / table).rglob("*.parquet")) if not path.parent.name.startswith("ids-")]
    own = [
        pl.scan_parquet(path).filter(key_of_id(table).is_in(keys.implode())).select(id_, ROW, *others).collect()
        for path in paths
    ]
    return pl.concat(own).sort(ROW)
