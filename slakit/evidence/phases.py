"""Subscriptions that change: rows of one id, one after the other, and the phases in which they hold one plan."""

from __future__ import annotations

from itertools import pairwise

import polars as pl

from slakit.evidence.cells import Fault
from slakit.evidence.instants import INSTANT

PLAN = ["policy", "tier"]
SAME = ("currency", "billing_day")
"""What a subscription keeps from its first row to its last."""


def changed(subscriptions: pl.DataFrame) -> pl.DataFrame:
    """List the rows of subscriptions that have several, by subscription and time, with `row` (from 0, if not there)."""
    numbered = subscriptions if "row" in subscriptions.columns else subscriptions.with_row_index("row")
    rows = numbered.filter(pl.col("subscription").is_duplicated())
    return rows.sort(pl.col("row").min().over("subscription"), "starts", maintain_order=True)


def find_conflicts(subscriptions: pl.DataFrame) -> list[Fault]:
    """Find rows of one subscription that overlap, or that change what stays the same.

    Parameters
    ----------
    subscriptions
        The table as read, with null where a cell could not be.
    """
    found: dict[str, dict[int, tuple[str, str]]] = {"ends": {}, **{column: {} for column in SAME}}
    if not subscriptions["subscription"].is_duplicated().any():
        return []
    rows = changed(subscriptions).drop_nulls(["subscription", "starts"]).rows(named=True)
    for before, row in pairwise(rows):
        if before["subscription"] != row["subscription"]:
            continue
        if before["ends"] is None or before["ends"] > row["starts"]:
            goes_on = "has no end" if before["ends"] is None else "ends after that one starts"
            wrong = f"a later row of {row['subscription']} follows, and this one {goes_on}"
            remedy = f"end it at {row['starts']:%Y-%m-%dT%H:%M:%SZ} or before, or give each its own id"
            found["ends"][before["row"]] = (wrong, remedy)
        for column in SAME:
            if before[column] != row[column]:
                kept = "none" if before[column] is None else before[column]
                wrong = f"the row of {row['subscription']} before it has {kept}, and a subscription keeps it"
                found[column][row["row"]] = (wrong, "give all its rows the same, or each its own id")
    faults = []
    for column, said in found.items():
        marked = pl.int_range(subscriptions.height, eager=True).is_in(list(said))
        faults.append(
            Fault(column, marked, "a conflict between rows of a subscription", "look at them", said.__getitem__)
        )
    return [fault for fault in faults if fault.rows is not None and fault.rows.any()]


def phases_of(subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Put together the rows in which a subscription holds one plan, whatever its fee: these are its phases.

    Parameters
    ----------
    subscriptions
        The checked table.

    Returns
    -------
    pl.DataFrame
        The columns of `subscriptions`, as the last row of the phase has them, but `starts` of its first row; and
        `held_from`, `held_to` (the first start and the last end of the subscription; null where open), `since`,
        `until` (the time that is the phase's: to the start of the next one; null where it has no bound), `course`
        (number of the plans that the subscription holds one after the other, among those of all; null where it is one)
        and `position` (of the phase among those of the subscription, from 0). One row for each phase, in the order in
        which the subscriptions appear and in time. A subscription that does not change is one phase.
    """
    columns = subscriptions.columns
    if not subscriptions["subscription"].is_duplicated().any():
        none = pl.lit(None, dtype=INSTANT)
        held = [pl.col("starts").alias("held_from"), pl.col("ends").alias("held_to")]
        alone = [pl.lit(None, dtype=pl.Int64).alias("course"), pl.lit(0, dtype=pl.Int64).alias("position")]
        return subscriptions.with_columns(*held, none.alias("since"), none.alias("until"), *alone)
    rank = pl.col("row").min().over("subscription")
    rows = subscriptions.with_row_index("row").sort(rank, "starts", maintain_order=True)
    begins = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in ("subscription", *PLAN))
    first = pl.int_range(pl.len()) == 0
    rows = rows.with_columns((begins | first).cum_sum().alias("phase"))
    phases = rows.group_by("phase", maintain_order=True).agg(
        pl.col("starts").first(), *(pl.col(name).last() for name in columns if name != "starts")
    )
    of = "subscription"
    position = pl.int_range(pl.len()).over(of)
    plans = phases.select(of, pl.struct(PLAN).implode().over(of, mapping_strategy="join").alias("plans"))
    written = plans.select(pl.when(pl.len().over(of) > 1).then(pl.col("plans").map_elements(repr, pl.String)))
    course = written.to_series().rank("dense").cast(pl.Int64) - 1
    return phases.with_columns(
        pl.col("starts").first().over(of).alias("held_from"),
        pl.col("ends").last().over(of).alias("held_to"),
        pl.when(position > 0).then("starts").alias("since"),
        pl.col("starts").shift(-1).over(of).alias("until"),
        course.alias("course"),
        position.cast(pl.Int64).alias("position"),
    ).select(*columns, "held_from", "held_to", "since", "until", "course", "position")


def gaps_of(subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Find the gaps between the rows of a subscription: `subscription`, `started`, `ended` (µs)."""
    if not subscriptions["subscription"].is_duplicated().any():
        return pl.DataFrame(schema={"subscription": pl.String, "started": pl.Int64, "ended": pl.Int64})
    rows = changed(subscriptions).with_columns(pl.col("starts").shift(-1).over("subscription").alias("resumed"))
    gaps = rows.filter(pl.col("resumed") > pl.col("ends"))
    edges = pl.col("ends").dt.epoch("us").alias("started"), pl.col("resumed").dt.epoch("us").alias("ended")
    return gaps.select("subscription", *edges)
