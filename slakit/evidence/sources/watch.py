"""Times in which a monitor saw something up, down or not at all: to outages, and to what the monitor covers."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import polars as pl

from slakit.problems import InputError, Problem

STATE = pl.Enum(["up", "down", "unknown"])
StillDown = Literal["open", "known"]
"""Whether what is down at the end of a file is still down (`open`), or was for as long as the file tells (`known`)."""


def outages_in(states: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find the outages and the covered times in what a monitor saw; the order of rows does not matter.

    Times of an item that touch or overlap are one. Where two files disagree, down is down.

    Parameters
    ----------
    states
        `source_id`, `item`, `state` (of `STATE`), `started`, `ended`, `goes_on`: whether it was still so when the file
        was made. It counts where nothing later is known of the item.

    Returns
    -------
    outages
        `outage` and `source_id` (of the first time it is made of), `item`, `started`, `ended` (null while it goes on).
    covered
        `item`, `started`, `ended`: the times in which it was up or down.
    """
    latest = pl.col("ended") == pl.col("ended").max().over("item")
    states = states.with_columns(pl.col("goes_on") & latest)
    again = ~pl.col("source_id").is_first_distinct()  # what a gap parts
    outages = joined(states.filter(pl.col("state") == "down")).select(
        pl.when(again).then(pl.format("{} {}", "source_id", "started")).otherwise("source_id").alias("outage"),
        "source_id",
        "item",
        "started",
        pl.when(~pl.col("goes_on")).then("ended").alias("ended"),
    )
    covered = joined(states.filter(pl.col("state") != "unknown"))
    return outages, covered.select("item", "started", "ended")


def joined(times: pl.DataFrame) -> pl.DataFrame:
    """Join times of an item that touch or overlap."""
    times = times.sort("item", "started", "ended", "source_id")
    reached = pl.col("ended").cum_max().shift(1).over("item")
    begins = (pl.col("started") > reached).fill_null(value=True)
    return (
        times.with_columns(begins.cum_sum().alias("joined"))
        .group_by("joined", maintain_order=True)
        .agg(pl.col("item", "source_id", "started").first(), pl.col("ended").max(), pl.col("goes_on").any())
    )


def without(states: pl.DataFrame, gaps: pl.DataFrame) -> pl.DataFrame:
    """Take times in which nothing was seen (`item`, `started`, `ended`) out of states."""
    by_item: dict[str | None, list[tuple[datetime, datetime]]] = {}
    for item, started, ended in gaps.sort("started").rows():
        by_item.setdefault(item, []).append((started, ended))
    rows = []
    for state in states.filter(pl.col("item").is_in(list(by_item))).iter_rows(named=True):
        at, over = state["started"], state["ended"]
        for gap, back in by_item[state["item"]]:
            if gap < over and back > at:
                rows.append({**state, "started": at, "ended": gap} if at < gap else None)
                at = back
        rows.append({**state, "started": at} if at < over else None)
    cut = pl.DataFrame([row for row in rows if row], schema=states.schema)
    return pl.concat([states.filter(pl.col("item").is_in(list(by_item)).not_()), cut])


def refuse_backwards(states: pl.DataFrame, reader: str) -> None:
    """Refuse times that end before they begin.

    Raises
    ------
    InputError
        With every one.
    """
    backwards = states.filter(pl.col("ended") < pl.col("started")).select("source_id", "ended").rows()
    if backwards:
        problems = [
            Problem(f"{reader} {name}", end, "ends before it begins", "fetch it again") for name, end in backwards
        ]
        raise InputError(reader, problems)


def left_out_as(reason: str, records: pl.DataFrame) -> pl.DataFrame:
    """Leave records out, all for one reason."""
    return records.select("source_id", pl.lit(reason).alias("reason"))
