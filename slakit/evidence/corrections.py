"""Decisions on outages: what is wrong with them, which of them hold, and the outages as they are by those."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from slakit.evidence.cells import Fault
from slakit.evidence.instants import INSTANT

if TYPE_CHECKING:
    from slakit.evidence.evidence import Evidence


def find_wrong_corrections(corrections: pl.DataFrame, outages: pl.DataFrame) -> list[Fault]:
    """Find decisions that change an outage to no other times, give times without changing it, or end it too early.

    Parameters
    ----------
    corrections, outages
        The tables as read, with null where a cell could not be.
    """
    changes = corrections["action"] == "changed"
    started, ended = corrections["started"], corrections["ended"]
    times = started.is_not_null() | ended.is_not_null()
    recorded = outages.select("outage", pl.col("started").alias("from"), pl.col("ended").alias("to"))
    recorded = recorded.unique("outage", keep="first")
    known = corrections.select("outage").join(recorded, on="outage", how="left", maintain_order="left")
    beside, alone = "other times beside an action that changes none", "changed to no other times"
    return [
        Fault("action", times & ~changes, beside, "write changed, or leave started and ended empty"),
        Fault("action", ~times & changes, alone, "give started, ended or both"),
        Fault(
            "started",
            ended.is_null() & (started > known["to"]).fill_null(value=False),
            "after the recorded end of the outage",
            "give ended as well, or an earlier start",
        ),
        Fault(
            "ended",
            started.is_null() & (ended < known["from"]).fill_null(value=False),
            "before the recorded start of the outage",
            "give started as well, or a later end",
        ),
    ]


def holding(corrections: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return the agreed decisions that hold: of each outage the last one that is known."""
    known = corrections.filter((pl.col("state") == "agreed") & (pl.col("decided") <= pl.lit(as_of).cast(INSTANT)))
    return known.sort("decided").unique("outage", keep="last", maintain_order=True)


def excluded_outages(evidence: Evidence, as_of: datetime) -> pl.Series:
    """Return the ids of the outages that count nowhere, by agreement."""
    return holding(evidence.corrections, as_of).filter(pl.col("action") == "excluded")["outage"]


def corrected(evidence: Evidence, as_of: datetime) -> Evidence:
    """Return the evidence with the times of outages that were agreed.

    An outage that is excluded stays in the table: see `excluded_outages`. What has agreed times has no bounds any more.

    Parameters
    ----------
    evidence
        Checked tables.
    as_of
        Decisions after it are not known.

    Examples
    --------
    >>> from slakit.evidence.evidence import Evidence
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK",
    ...         "starts": "2025-01-01T00:00:00+01:00"}
    >>> down = {"outage": "o", "subscription": "shop", "started": "2026-06-10T00:00Z", "ended": "2026-06-13T00:00Z"}
    >>> agreed = {"outage": "o", "action": "changed", "ended": "2026-06-12T00:00Z", "reason": "back earlier",
    ...           "by": "both", "decided": "2026-07-02T00:00Z", "state": "agreed"}
    >>> evidence = Evidence.of([shop], outages=[down], corrections=[agreed])
    >>> corrected(evidence, datetime.fromisoformat("2026-07-05T00:00Z")).outages["ended"][0].day
    12
    """
    decided = holding(evidence.corrections, as_of)
    changed = decided.filter(pl.col("action") == "changed").select(
        "outage", pl.col("started").alias("agreed_started"), pl.col("ended").alias("agreed_ended")
    )
    if changed.is_empty():
        return evidence
    outages = evidence.outages.join(changed, on="outage", how="left", maintain_order="left")
    agreed = pl.col("agreed_started").is_not_null() | pl.col("agreed_ended").is_not_null()
    times = [pl.coalesce(f"agreed_{edge}", edge).alias(edge) for edge in ("started", "ended")]
    unbounded = pl.when(~agreed).then(pl.col("^(lower|upper)_(started|ended)$")).name.keep()
    return replace(evidence, outages=outages.with_columns(*times, unbounded).select(evidence.outages.columns))
