"""A reader of another package, as small as one can be: lines of `id,version,item,started,ended`."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from slakit.evidence.sources import registry
from slakit.evidence.sources.parsing import instants_of, read_csv, refuse
from slakit.evidence.sources.reader import LEFT_OUT, PLACEHOLDER, Draft, Found, Reader, SourceMapping

HEADER = "id,version,item,started,ended"
SHOP = {"policy": "klikk", "tier": "gold", "monthly_fee": 90, "currency": "NOK", "starts": "2026-01-01T00:00:00Z"}


class SmallMapping(SourceMapping):
    """Keys of the smallest reader."""

    shortest: int
    """Hours below which an outage is left out."""


def recognises(source: bytes) -> str | None:
    return "its header" if source.startswith(HEADER.encode()) else None


def records(source: bytes, mapping: SmallMapping | None) -> pl.DataFrame:
    if not recognises(source):
        refuse("small", "file", None, "another header", "fetch it again")
    table = read_csv(source, "small").drop("row").rename({"id": "source_id"})
    zone = mapping.time_zone if mapping is not None else "UTC"
    times = [instants_of(table[name], zone, "small", table["source_id"]) for name in ("started", "ended")]
    return table.with_columns(times)


def draft(records: pl.DataFrame) -> Draft:
    items = records["item"].drop_nulls().value_counts(sort=True)["item"].to_list()
    return Draft(items, True, {"shortest": (PLACEHOLDER, "hours below which an outage is left out")})


def find(records: pl.DataFrame, mapping: SmallMapping) -> Found:
    short = pl.col("ended") - pl.col("started") < pl.duration(hours=mapping.shortest)
    rows = records.filter(~short.fill_null(value=False))
    out = records.filter(short).select("source_id", pl.lit("shorter than what counts").alias("reason"))
    outages = rows.select(pl.col("source_id").alias("outage"), "source_id", "item", "started", "ended")
    spans = records.group_by("item").agg(pl.col("started").min(), pl.col("ended").max())
    return Found({"outages": outages}, out.cast(LEFT_OUT), spans.filter(pl.col("ended").is_not_null()))


READER = Reader("small", "lines of a small tool", "curl -o lines.csv http://localhost", SmallMapping, recognises,
                records, draft, find)  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> list[EntryPoint]:
    """Install the reader as another package would, and nothing else; more entry points may be appended."""
    points = [EntryPoint("small", "small_reader:READER", registry.GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: points if group == registry.GROUP else [])
    return points


def lines(folder: Path, *rows: str, name: str = "lines.csv") -> Path:
    """Write a file of the small tool."""
    path = folder / name
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")
    return path


def small_mapping(**keys: Any) -> dict[str, Any]:
    """Return a mapping that takes the items `a` and `b` as components of a shop."""
    items = {"a": {"subscription": "shop", "component": "network"}, "b": {"subscription": "shop"}}
    return {"format": 1, "reader": "small", "time_zone": "Europe/Oslo", "shortest": 0, "items": items,
            "subscriptions": {"shop": SHOP}, **keys}  # fmt: skip
