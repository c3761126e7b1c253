"""Readers of exports that are plain tables: each is a mapping that ships with slakit, in the folder `mappings`."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import polars as pl

from slakit.evidence.sources.grids import read_grid
from slakit.evidence.sources.parsing import BYTE_ORDER_MARK, by_frequency
from slakit.evidence.sources.reader import PLACEHOLDER, Draft, Reader
from slakit.evidence.sources.table import CELL, TableMapping, find, records
from slakit.policy.yaml import parse_yaml
from slakit.problems import InputError

REMARKS = {
    "table": "what a row is: a row of this table; or of probes a sample, of states a change of state",
    "rows": "which rows are read",
    "item": "the column that tells components or subscriptions apart",
    "id": "what names a row, and stays the same when the row changes",
    "version": "when a row last changed: the latest of several with one id holds",
    "columns": "which column of the file each column of the evidence comes from",
    "samples": "how samples become outages",
}
"""What each key is, where the mapping does not say more."""
HEAD = 100_000
"""Bytes in which the header of a file is looked for."""


def reader_of(name: str) -> Reader:
    """Return the reader that reads by the mapping of this name, and drafts it.

    >>> reader_of("uptimerobot-csv").recognises(b"Event,Monitor,Date-Time,Reason,Duration (in mins.)")
    'it has the columns Event, Monitor, Date-Time, Reason, Duration (in mins.)'
    """
    text = (files("slakit.evidence.sources") / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
    shipped = parse_yaml(text, name=f"{name}.yaml").tree

    def recognises(source: bytes) -> str | None:
        columns = shipped["header"]
        return f"it has the columns {', '.join(columns)}" if set(columns) <= names_in(source) else None

    def draft(records: pl.DataFrame) -> Draft:
        return draft_of(shipped["mapping"], shipped["remarks"], records)

    return Reader(name, shipped["reads"], shipped["fetch"], TableMapping, recognises, records, draft, find)


def names_in(source: bytes) -> set[str]:
    """Return the names of columns in the first line of a file; none if it is no text."""
    line = source[:HEAD].lstrip(BYTE_ORDER_MARK + b" \t\r\n").partition(b"\n")[0]
    if line.startswith(b"PK"):
        return set()
    try:
        return set(read_grid(line + b"\n", "file")[0].columns)
    except InputError:
        return set()


def draft_of(mapping: dict[str, Any], remarks: dict[str, str], records: pl.DataFrame) -> Draft:
    """Draft a shipped mapping: its keys as they are, with what must be decided, and the items of the file."""
    column = f"{CELL}{mapping['item'].get('from')}"
    items = by_frequency(records[column]) if column in records.columns else []
    keys = {key: (value, remarks.get(key) or REMARKS[key]) for key, value in mapping.items() if key != "time_zone"}
    zone = mapping.get("time_zone")
    if zone not in (None, PLACEHOLDER):
        keys["time_zone"] = (zone, remarks["time_zone"])
    return Draft(items=items, time_zone=zone == PLACEHOLDER, keys=keys)
