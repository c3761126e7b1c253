"""Times in which a monitor saw something up, down or not at all: to outages, and to what the monitor covers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import polars as pl

from slakit.evidence.samples import outages_from
from slakit.policy.quantities import PlainDuration
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
    outages = joined_states(states.filter(pl.col("state") == "down")).select(
        pl.when(again).then(pl.format("{} {}", "source_id", "started")).otherwise("source_id").alias("outage"),
        "source_id",
        "item",
        "started",
        pl.when(~pl.col("goes_on")).then("ended").alias("ended"),
    )
    covered = joined_states(states.filter(pl.col("state") != "unknown"))
    return outages, covered.select("item", "started", "ended")


def joined_states(states: pl.DataFrame) -> pl.DataFrame:
    """Join times of an item that touch or overlap, whatever state they are in: the first one names them."""
    named = states.select("source_id", "item", "started", "ended", "goes_on").sort("source_id")
    return joined_times(named, ["item"], pl.col("source_id").first(), pl.col("goes_on").any())


def joined_times(times: pl.DataFrame, by: Sequence[str], *others: pl.Expr) -> pl.DataFrame:
    """Join times that touch or overlap, so that parts of a time give the rows that the whole gives.

    Parameters
    ----------
    times
        `started`, `ended`, and the columns of `by`.
    by
        What times have in common that are joined.
    others
        What else becomes of the times that are joined.
    """
    ordered = times.sort(*by, "started", "ended", nulls_last=True, maintain_order=True)
    reached = pl.col("ended").cum_max().shift().over(by)
    begun = (pl.col("started") > reached).fill_null(value=True).cum_sum().alias("span")
    spans = ordered.with_columns(begun).group_by(*by, "span", maintain_order=True)
    return spans.agg(pl.col("started").first(), pl.col("ended").max(), *others).drop("span")


def outages_of_samples(samples: pl.DataFrame, **rules: Any) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find outages in samples, and what these cover.

    Parameters
    ----------
    samples
        `source_id`, `item`, `measured`, `up`, and `place` where there are several.
    rules
        The conventions of `outages_from`.

    Returns
    -------
    outages
        As `outages_from` finds them, with `item`, and as `source_id` the first failed sample; of an outage that is none
        but missing samples, the last one before.
    covered
        `item`, `started`, `ended`.
    """
    found = outages_from(samples.rename({"item": "component"}).drop("source_id"), **rules)
    key = pl.col("item").fill_null("").alias("key")
    looks = samples.sort("measured", "source_id").select(key, pl.col("measured").alias("at"), "up", "source_id")
    last = looks.select("key", "at", "source_id").unique(["key", "at"], keep="first", maintain_order=True)
    failed = looks.filter(~pl.col("up")).select("key", "at", failure="source_id")
    failed = failed.unique(["key", "at"], keep="first", maintain_order=True)
    interval = timedelta(microseconds=PlainDuration.parse(rules["every"]).microseconds)
    outages = found.outages.rename({"component": "item"}).with_columns(key, pl.col("lower_started").alias("at"))
    by: dict[str, Any] = {"on": "at", "by": "key", "check_sortedness": False}
    outages = outages.sort("at").join_asof(failed, strategy="forward", tolerance=interval, **by).join_asof(last, **by)
    named = outages.with_columns(pl.coalesce("failure", "source_id").alias("source_id")).drop("key", "at", "failure")
    return named, found.coverage.rename({"component": "item"})


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
