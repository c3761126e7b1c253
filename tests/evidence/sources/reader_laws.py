"""Laws that every reader keeps."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from slakit.evidence.sources.reader import COVERED, LEFT_OUT, Found, Reader

NAMES = ("outage", "maintenance", "ticket")
"""Columns that no two rows of their table have in common."""


def merged(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put records together as an import does: of one id the latest version, or the one that came last."""
    records = pl.concat(parts).with_row_index("came")
    order = ["version", "came"] if "version" in records.columns else ["came"]
    newest = records.sort(order, nulls_last=False, maintain_order=True).unique("source_id", keep="last")
    return newest.sort("came").drop("came")


def assert_laws(
    reader: Reader, files: Sequence[bytes], mapping: Any, *, joins: bool = False, silent: str = ""
) -> Found:
    """Check that order, halves and repetition change nothing, and that every record is accounted for.

    Parameters
    ----------
    joins
        Whether records are joined to rows or say no more than that all was well: such a record may be in no row, and is
        not left out either.
    silent
        How ids begin of records that are no event, such as a list as a whole or the name of a component.

    Returns
    -------
    Found
        What all files say together.
    """
    parsed = [reader.records(file, mapping) for file in files]
    records = merged(parsed)
    found = reader.find(records, mapping)
    for part in parsed:
        assert part["source_id"].is_unique().all()
        assert part["source_id"].null_count() == 0
    assert found.left_out.schema == LEFT_OUT
    assert found.covered.schema == COVERED

    halves = [half for part in parsed for half in (part[: part.height // 2], part[part.height // 2 :])]
    order = random.Random(1).sample(range(records.height), records.height)
    for others in (records[order], records.reverse(), merged([*halves, *parsed]), merged(list(reversed(parsed)))):
        again = reader.find(others, mapping)
        for name, table in found.tables.items():
            assert_frame_equal(again.tables[name], table, check_row_order=False)
        assert_frame_equal(again.left_out, found.left_out, check_row_order=False)
        assert_frame_equal(again.covered, found.covered, check_row_order=False)

    used = {name for table in found.tables.values() for name in table["source_id"]}
    out = set(found.left_out["source_id"])
    assert used.isdisjoint(out)
    assert used | out <= set(records["source_id"])
    if not joins:
        events = {name for name in records["source_id"] if not (silent and name.startswith(silent))}
        assert used | out == events
    for table in found.tables.values():
        for name in set(NAMES) & set(table.columns):
            if table.columns[0] == name:
                assert table[name].is_unique().all()
    return found


def rows(found: Found, table: str = "outages", *columns: str) -> list[tuple[Any, ...]]:
    """Return rows of a table, with times as text: `2026-09-01 10:00:00`."""
    frame = found.tables[table] if table in found.tables else getattr(found, table)
    frame = frame.select(columns or frame.columns)
    return frame.with_columns(pl.col(pl.Datetime).dt.to_string("%Y-%m-%d %H:%M:%S%.f")).sort(pl.all()).rows()
