"""Rows of `random_evidence` as checked tables."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl

from slakit.evidence.evidence import Evidence

Row = dict[str, Any]
PERIOD = "2026-01/2026-09"
AS_OF = datetime(2026, 10, 5, tzinfo=UTC)


def fees_as_json(fees: dict[str, Any] | None) -> str | None:
    """Decimals stay as they are written; the standard encoder would turn them down."""
    return None if fees is None else "{" + ", ".join(f'"{name}": {fee}' for name, fee in fees.items()) + "}"


def as_evidence(rows: dict[str, list[Row]]) -> Evidence:
    """Checked tables of plain rows."""
    held = [{**row, "component_fees": fees_as_json(row["component_fees"])} for row in rows["subscriptions"]]
    seen = [{**row, "affected": None if row["affected"] is None else str(row["affected"])} for row in rows["outages"]]
    tables = {"outages": seen, "maintenance": rows["maintenance"], "claims_made": rows["claims_made"]}
    filled = {name: pl.DataFrame(table, infer_schema_length=None) for name, table in tables.items() if table}
    return Evidence.of(pl.DataFrame(held, infer_schema_length=None), **filled)
