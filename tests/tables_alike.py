"""Tables of two assessments, side by side: `differences(one, other)`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from slakit.analysis.review import OF_SUBSCRIPTIONS, Review

Row = dict[str, Any]

TABLES = OF_SUBSCRIPTIONS
"""Every table about subscriptions."""
PLACES = ("row",)
"""Columns that say where evidence stands, and not what follows from it."""


def tables_of(review: Review, names: Iterable[str] = TABLES) -> dict[str, list[Row]]:
    """Tables as rows."""
    return {name: getattr(review, name).rows(named=True) for name in names}


def differences(
    one: Mapping[str, list[Row]], other: Mapping[str, list[Row]], without: Collection[str] = PLACES
) -> dict[str, tuple[list[Row], list[Row]]]:
    """Table → the rows that only the first has, and those that only the second has; in whatever order they stand.

    Parameters
    ----------
    without
        Columns that are not compared.
    """
    found = {}
    for name in one:
        here, there = (Counter(_key(row, without) for row in tables[name]) for tables in (one, other))
        if here != there:
            found[name] = ([dict(key) for key in here - there], [dict(key) for key in there - here])
    return found


def _key(row: Row, without: Collection[str]) -> tuple[tuple[str, Any], ...]:
    return tuple((key, value) for key, value in row.items() if key not in without)


def verdict_seconds(ledger: pl.DataFrame | list[Row], merged: Mapping[str, str] | None = None) -> list[Row]:
    """How long each verdict lasted, whichever outage it was given to.

    Parameters
    ----------
    merged
        Verdict → the one that it is counted as.
    """
    rows = ledger.rows(named=True) if isinstance(ledger, pl.DataFrame) else ledger
    sums: dict[tuple[Any, ...], Decimal] = {}
    for row in rows:
        verdict = (merged or {}).get(row["verdict"], row["verdict"])
        key = (row["subscription"], row["guarantee"], verdict)
        sums[key] = sums.get(key, Decimal(0)) + row["seconds"]
    names = ("subscription", "guarantee", "verdict")
    return [dict(zip(names, key, strict=True)) | {"seconds": length} for key, length in sums.items() if length]
