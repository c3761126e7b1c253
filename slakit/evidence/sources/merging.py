"""The rows of a source among those of others in a folder, and what changes there."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from slakit.evidence.files import RECEIPT, printed, read_table
from slakit.evidence.formats import read_csv
from slakit.evidence.instants import read_instants
from slakit.evidence.sources.mapping_files import MappingFile
from slakit.evidence.sources.placing import told_by_id
from slakit.evidence.sources.reader import SourceMapping
from slakit.evidence.sources.receipt import Changes, ImportReceipt
from slakit.evidence.table_checks import RawTable, check_header, check_rows, read_columns
from slakit.evidence.tables import REQUIRED_TABLE, TABLES
from slakit.policy.yaml import parse_yaml
from slakit.problems import InputError, Problem, one_of


def new_tables(
    folder: Path, own: Mapping[str, pl.DataFrame], filled: MappingFile, last: ImportReceipt | None = None
) -> tuple[dict[Path, bytes | None], dict[str, Changes]]:
    """Put the rows of a source among those that a folder holds.

    Parameters
    ----------
    last
        What the last import of the source wrote, if there was one.

    Returns
    -------
    contents
        File -> its new content, for tables that change; None for one that loses its last row.
    changes
        Table -> rows added, changed and removed, for tables that change.

    Raises
    ------
    InputError
        A table that must change cannot be read or is no CSV, or subscriptions are not known.
    """
    contents: dict[Path, bytes | None] = {}
    changes: dict[str, Changes] = {}
    problems = []
    subscribed = subscription_rows(folder, filled, last)
    for name, rows in {**dict.fromkeys(TABLES), **own, REQUIRED_TABLE: subscribed}.items():
        path = folder / f"{name}.csv"
        exists = path.exists()
        others = [folder / f"{name}{end}" for end in (".parquet", ".xlsx", "") if (folder / f"{name}{end}").exists()]
        if rows is not None and others and rows.height:
            problems.append(Problem(others[0].name, None, "rows can be added to CSV only", f"save it as {path.name}"))
        if others or (rows is None and not exists):
            continue
        cells = pl.DataFrame()
        if exists:
            sheet = read_csv(path, path.name)
            problems += sheet.broken
            cells = sheet.cells
        is_own = (cells["source"] == filled.source).fill_null(value=False) if "source" in cells.columns else None
        if name == REQUIRED_TABLE and rows is not None and "subscription" in cells.columns:
            is_own = cells["subscription"].is_in(rows["subscription"].implode()).fill_null(value=False)
        before = cells.filter(is_own) if is_own is not None else cells.clear()
        after = before.clear() if rows is None else printed(rows).with_columns(pl.all().replace("", None))
        done = changes_between(before, after, name)
        if exists and done == Changes():
            continue
        rest = cells.filter(~is_own) if is_own is not None else cells
        if rest.is_empty() and rows is None:
            contents[path] = None
        else:
            together = pl.concat([rest, after], how="diagonal_relaxed")
            order = [column.name for column in TABLES[name].columns if column.name in together.columns]
            together = together.select(*order, pl.all().exclude(order))
            if "source" in order:  # rows written by hand first, then source by source
                together = together.sort("source", nulls_last=False, maintain_order=True)
            contents[path] = together.write_csv().encode()
        changes[name] = done
    if problems:
        raise InputError(str(folder), problems)
    return contents, {name: done for name, done in changes.items() if done != Changes()}


def subscription_rows(folder: Path, filled: MappingFile, last: ImportReceipt | None) -> pl.DataFrame | None:
    """Return the rows of the mapping's subscriptions that the evidence lacks, or has as the last mapping wrote them.

    What a person has edited since stays as it is; None where no row is to be written.

    Raises
    ------
    InputError
        A row is not as the table wants it, or the mapping names a subscription that nobody describes.
    """
    keys, document = filled.keys, filled.document
    known, written = subscriptions_of(folder), keys.subscriptions
    where = document.where(("subscriptions",))
    named = [] if keys.subscription is None else [(document.where(("subscription",)), keys.subscription)]
    for item, mapped in keys.items.items():
        each = [] if mapped == "ignore" else mapped if isinstance(mapped, list) else [mapped]
        named += [(document.where(("items", item)), one.subscription) for one in each]
    told = [*known, *(name for name in written if name not in known)]
    wrong, remedy = (
        "no such subscription in the evidence",
        f"describe it under subscriptions, or in {REQUIRED_TABLE}.csv",
    )
    unknown = [
        Problem(place, name, wrong, f"{one_of(told, name)}; {remedy}") for place, name in named if name not in told
    ]
    if unknown:
        raise InputError(document.name, unknown)
    unedited = _unedited(folder, last)
    missing = {name: row for name, row in written.items() if name not in known or name in unedited}
    if not missing:
        return None
    sheet = RawTable(where, _cells_of(missing))
    table = TABLES[REQUIRED_TABLE]
    problems = list(check_header(sheet, table))
    typed, faults = read_columns(sheet, table, keys.time_zone)
    for fault in [*faults, *check_rows(typed, table, sheet)]:
        for problem in told_by_id(fault, sheet, pl.Series([*missing]), filled):
            name, _, column = problem.where.removeprefix(f"{filled.source} ").rpartition(" ")
            place = document.where(("subscriptions", name, column)) if name in missing else problem.where
            problems.append(dataclasses.replace(problem, where=place))
    if problems:
        raise InputError(document.name, problems)
    instants = [name for name in ("starts", "ends") if name in sheet.cells.columns]
    return sheet.cells.with_columns(typed[name] for name in instants)


def _cells_of(written: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """Return rows of subscriptions as text: numbers of a mapping are exact, so their text is what was written."""
    cells = [{"subscription": name} | {key: str(cell) for key, cell in row.items() if cell is not None}
             for name, row in written.items()]  # fmt: skip
    return pl.DataFrame(cells, infer_schema_length=None)


def _unedited(folder: Path, last: ImportReceipt | None) -> set[str]:
    """Name the subscriptions that stand in the evidence as the last mapping wrote them: no person has edited them."""
    path = folder / f"{REQUIRED_TABLE}.csv"
    if last is None or not path.exists():
        return set()
    try:
        tree = parse_yaml(last.mapping, name=RECEIPT).tree
        written = SourceMapping(format=1, reader=last.reader, subscriptions=tree["subscriptions"]).subscriptions
    except (InputError, ValidationError, KeyError, TypeError):
        return set()
    if not written:
        return set()
    cells = _cells_of(written)
    instants = [name for name in ("starts", "ends") if name in cells.columns]
    wrote = printed(cells.with_columns(read_instants(cells[name], last.time_zone)[0] for name in instants))
    rows_of: list[dict[str, list[dict[str, str]]]] = []
    for table in (wrote, read_csv(path, path.name).cells):
        rows_of.append({})
        for row in table.iter_rows(named=True):
            filled = {column: cell for column, cell in row.items() if cell}
            rows_of[-1].setdefault(row.get("subscription") or "", []).append(filled)
    return {name for name in written if rows_of[0][name] == rows_of[1].get(name)}


def subscriptions_of(folder: Path) -> list[str]:
    """Return the subscriptions that a folder of evidence describes; none where there is no such table."""
    tables = [folder / f"{REQUIRED_TABLE}{end}" for end in (".csv", ".parquet", ".xlsx")]
    path = next((path for path in tables if path.exists()), None)
    if path is None:
        return []
    sheet = read_table(path)
    if sheet.broken:
        raise InputError(str(path), sheet.broken)
    named = sheet.cells.get_column("subscription", default=pl.Series([], dtype=pl.String))
    return [str(name) for name in named.drop_nulls().unique(maintain_order=True)]


def changes_between(before: pl.DataFrame, after: pl.DataFrame, table: str) -> Changes:
    """Name the rows that differ: by their id, else by that of their record; of coverage, by what is covered."""
    unique = next((column.name for column in TABLES[table].columns if column.unique), None)
    named_by = ["subscription", "component"] if table == "coverage" else [unique or "source_id"]
    if table == REQUIRED_TABLE:
        named_by = ["subscription"]
    columns = list(dict.fromkeys([*before.columns, *after.columns]))
    nothing = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    old: dict[str, list[tuple[str | None, ...]]] = {}
    new: dict[str, list[tuple[str | None, ...]]] = {}
    for frame, rows in ((before, old), (after, new)):
        whole = pl.concat([frame, nothing], how="diagonal").select(columns)
        keys = whole.select(pl.concat_str(named_by, separator=" ", ignore_nulls=True)).to_series()
        for key, row in zip(keys, whole.rows(), strict=True):
            rows.setdefault(key, []).append(row)
    changed = [key for key in new if key in old and sorted(new[key], key=str) != sorted(old[key], key=str)]
    added = sum(len(rows) for key, rows in new.items() if key not in old)
    return Changes(added, sorted(changed), sorted(old.keys() - new.keys()))
