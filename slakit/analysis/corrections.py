"""Decisions on outages beside what they make of the money: as recorded, as agreed, and if the disputed ones held."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

import polars as pl

from slakit.evidence.corrections import holding
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT

Otherwise = Literal["recorded", "disputed"]
"""What else would be owed: without any decision, or if those that are disputed were agreed."""


def decided_otherwise(evidence: Evidence, as_of: datetime) -> dict[Otherwise, Evidence]:
    """Return the evidence of subscriptions whose decisions could be otherwise: without any, and with all agreed.

    Parameters
    ----------
    evidence
        As recorded.
    as_of
        Decisions after it are not known.
    """
    known = _known(evidence, as_of)
    others: dict[Otherwise, Evidence] = {}
    states: dict[Otherwise, str] = {"recorded": "agreed", "disputed": "disputed"}
    for name, state in states.items():
        concerned = known.filter(pl.col("state") == state)["subscription"].unique(maintain_order=True)
        if concerned.is_empty():
            continue
        own = evidence.of_names(concerned.to_list())
        all_agreed = own.corrections.with_columns(pl.lit("agreed").alias("state"))
        others[name] = replace(own, corrections=own.corrections.clear() if name == "recorded" else all_agreed)
    return others


def corrections_table(
    evidence: Evidence,
    as_of: datetime,
    credits: pl.DataFrame,
    otherwise: Mapping[Otherwise, tuple[Evidence, pl.DataFrame]],
) -> pl.DataFrame:
    """Tabulate the decisions on outages that are known, beside what is owed to their subscriptions.

    Parameters
    ----------
    evidence
        As recorded.
    as_of
        Decisions after it are not known.
    credits
        The table of the review.
    otherwise
        What `decided_otherwise` gives, each with the credits that follow from it.

    Returns
    -------
    pl.DataFrame
        `subscription`, `outage`, `action`, `state`, `applied`, `recorded_started`, `recorded_ended` (null while it goes
        on), `corrected_started`, `corrected_ended` (what the decision says; null of what it excludes), `reason`, `by`,
        `decided`, and of the subscription, the same in each of its rows: `owed_recorded`, `owed_agreed`,
        `owed_disputed`, `currency`.
    """
    known = _known(evidence, as_of)
    applied = holding(evidence.corrections, as_of).select("outage", "decided", pl.lit(value=True).alias("applied"))
    times = evidence.outages.select(
        "outage", *(pl.col(edge).alias(f"recorded_{edge}") for edge in ("started", "ended"))
    )
    rows = known.join(applied, on=["outage", "decided"], how="left", maintain_order="left")
    rows = rows.join(times, on="outage", maintain_order="left")
    counts = pl.col("action") != "excluded"
    by_decision = [
        pl.when(counts).then(pl.coalesce(edge, f"recorded_{edge}")).alias(f"corrected_{edge}")
        for edge in ("started", "ended")
    ]
    rows = rows.with_columns(pl.col("applied").fill_null(value=False), *by_decision)
    last = evidence.phases.unique("subscription", keep="last", maintain_order=True)
    owed = _owed(last.select("subscription", "currency"), credits, "owed_agreed")
    for name in ("recorded", "disputed"):
        if name in otherwise:
            other, found = otherwise[name]
            own = _owed(pl.DataFrame({"subscription": other.names}), found, f"owed_{name}")
            owed = owed.join(own, on="subscription", how="left", maintain_order="left")
        else:
            owed = owed.with_columns(pl.lit(None, dtype=owed.schema["owed_agreed"]).alias(f"owed_{name}"))
    owed = owed.with_columns(
        pl.coalesce(f"owed_{name}", "owed_agreed").alias(f"owed_{name}") for name in ("recorded", "disputed")
    )
    return (
        rows.sort(evidence.order, "outage", "decided", maintain_order=True)
        .join(owed, on="subscription", maintain_order="left")
        .select(
            "subscription", "outage", "action", "state", "applied", "recorded_started", "recorded_ended",
            "corrected_started", "corrected_ended", "reason", "by", "decided", "owed_recorded", "owed_agreed",
            "owed_disputed", "currency",
        )
    )  # fmt: skip


def _known(evidence: Evidence, as_of: datetime) -> pl.DataFrame:
    """Return the decisions that are known, with the subscription of each."""
    return evidence.numbered("corrections").filter(pl.col("decided") <= pl.lit(as_of).cast(INSTANT))


def _owed(subscriptions: pl.DataFrame, credits: pl.DataFrame, name: str) -> pl.DataFrame:
    sums = credits.group_by("subscription").agg(pl.col("amount").sum().alias(name))
    owed = subscriptions.join(sums, on="subscription", how="left", maintain_order="left")
    return owed.with_columns(pl.col(name).fill_null(0))
