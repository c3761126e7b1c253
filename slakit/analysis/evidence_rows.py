"""Rows of the evidence: those that lie outside what was assessed, and how many bear on a figure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import polars as pl

from slakit.analysis.vocabulary import Warned
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT, utc_text
from slakit.evidence.tables import TABLES
from slakit.measure.rules import Plan
from slakit.policy.terms import Terms

BEGINS = {
    "tickets": "opened", "claims_made": "claimed", "measurements": "measured", "recoveries": "failed",
    "backups": "taken", "maintenance": "started", "outages": "started", "conditions": "started",
    "priorities": "started", "updates": "sent", "corrections": "decided",
}  # fmt: skip
"""When a row of a table begins."""
NOT_USED = ("outside_period", "other_component", "not_judged", "no_length", "after_as_of",
            "excluded_by_agreement")  # fmt: skip
"""Verdicts of outages that bear on no figure of the period."""


def row_warnings(
    evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms], as_of: datetime
) -> Iterator[Warned]:
    """Warn of rows that are there twice, begin after the assessment, or lie outside the time of their subscription.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    held, chosen
        The plan of each subscription, and the terms of each plan under the chosen reading.
    as_of
        The instant of the assessment.
    """
    # claims made twice for one window, and values measured twice at one instant: each of the rows counts
    whole = {plan: {g.id for g in terms.guarantees if g.measured is None or g.measured.slice is None}
             for plan, terms in chosen.items()}  # fmt: skip
    keys = {"claims_made": ("remedy", "window_start"), "measurements": ("guarantee", "measured")}
    filled = evidence.counts()
    for table, key in keys.items():
        if table not in filled:
            continue
        groups = evidence.numbered(table).group_by("subscription", *key, maintain_order=True)
        counted = groups.agg(pl.col("row").min(), pl.len()).filter(pl.col("len") > 1)
        for subscription, name, at, row, count in counted.iter_rows():
            if table == "claims_made" or name in whole[held[subscription]]:
                says = f"{count} rows are for {name} at {utc_text(at)}; each counts."
                yield subscription, table, row, "repeated", says
    for table, begins in BEGINS.items():
        if table in filled and table not in ("maintenance", "outages"):  # outages are told one by one
            after = evidence.numbered(table).filter(pl.col(begins) > pl.lit(as_of).cast(INSTANT))
            yield from _together(after, table, "after_as_of", f"after {utc_text(as_of)}, the instant of the assessment")
    for table in BEGINS:
        # a ticket can go on after the end, and a decision be made then
        if table in filled and table not in ("claims_made", "priorities", "updates", "corrections"):
            where = "before the subscription starts or after it ends"
            yield from _together(beyond_term(evidence, table), table, "outside_subscription", where)


def with_terms_held(evidence: Evidence, table: str) -> pl.DataFrame:
    """Return numbered rows of a table, with the time of their subscription under all its plans: `starts`, `ends`."""
    edges = pl.col("held_from").alias("starts"), pl.col("held_to").alias("ends")
    terms = evidence.phases.select("subscription", *edges).unique(maintain_order=True)
    return evidence.numbered(table).join(terms, on="subscription", maintain_order="left")


def beyond_term(evidence: Evidence, table: str) -> pl.DataFrame:
    """Return the rows of a table that lie before their subscription starts, or after it ends."""
    rows = with_terms_held(evidence, table)
    begun = pl.col(BEGINS[table])
    over = pl.col("ended") if "ended" in rows.columns else begun
    return rows.filter((begun >= pl.col("ends")) | (over < pl.col("starts")))


def _together(rows: pl.DataFrame, table: str, code: str, where: str) -> Iterator[Warned]:
    groups = rows.group_by("subscription", maintain_order=True).agg(pl.col("row").min(), pl.len())
    for subscription, row, count in groups.iter_rows():
        lies = "One row lies" if count == 1 else f"{count} rows lie"
        yield subscription, table, row, code, f"{lies} {where}."


def rows_used(evidence: Evidence, tables: Mapping[str, pl.DataFrame], counted_charges: Collection[int]) -> pl.DataFrame:
    """Count the rows of the evidence that were read, and those that bear on a figure of the period.

    Parameters
    ----------
    evidence
        What was assessed, with the times of outages that were agreed.
    tables
        The tables of the review, of all subscriptions or of one.
    counted_charges
        Rows of `charges` that were part of a fee.

    Returns
    -------
    pl.DataFrame
        `subscription`, `table`, `read`, `used`.
    """
    key = ["subscription", "guarantee"]
    incidents = tables["incidents"].select(*key, window_start="started", window_end="ended")
    judged = [tables[name].select(incidents.columns) for name in ("availability", "figures")]
    edges = [pl.col("window_start").min().alias("first"), pl.col("window_end").max().alias("last")]
    of_guarantee = pl.concat([incidents, *judged]).group_by(key).agg(edges)
    spans = of_guarantee.group_by("subscription").agg(pl.col("first").min(), pl.col("last").max())
    tickets = tables["tickets"].select("ticket").unique().join(beyond_term(evidence, "tickets"), "ticket", how="anti")
    of_nothing = ["maintenance_without_effect", "claim_without_window", "hold_of_minutes",
                  "priority_after_answer", "update_outside_ticket"]  # fmt: skip
    idle = tables["warnings"].filter(pl.col("code").is_in(of_nothing))
    numbered = {name: evidence.numbered(name) for name in TABLES}
    in_use = numbered["maintenance"].join(spans, on="subscription")
    in_use = in_use.filter((pl.col("started") < pl.col("last")) & (pl.col("ended") > pl.col("first")))
    measured = numbered["measurements"].join(of_guarantee, on=["subscription", "guarantee"])
    counted = tables["ledger"].filter(~pl.col("verdict").is_in(NOT_USED)).select("outage").unique()
    counted = counted.join(beyond_term(evidence, "outages"), on="outage", how="anti")
    targets = tables["recoveries"].filter(pl.any_horizontal(pl.col("rpo_seconds", "rto_seconds").is_not_null()))
    counted_rows = pl.int_range(pl.len()).is_in(pl.Series(list(counted_charges), dtype=pl.Int64).implode())
    applied = tables["corrections"].filter("applied").select("outage", "decided")
    used = {
        "corrections": numbered["corrections"].join(applied, on=["outage", "decided"], how="semi"),
        "outages": numbered["outages"].join(counted, on="outage", how="semi"),
        "maintenance": _without(in_use, idle, "maintenance"),
        "tickets": numbered["tickets"].join(tickets, on="ticket", how="semi"),
        "holds": _without(numbered["holds"].join(tickets, on="ticket", how="semi"), idle, "holds"),
        "updates": _without(numbered["updates"].join(tickets, on="ticket", how="semi"), idle, "updates"),
        "priorities": _without(numbered["priorities"].join(tickets, on="ticket", how="semi"), idle, "priorities"),
        "claims_made": _without(numbered["claims_made"], idle, "claims_made"),
        "measurements": measured.filter(pl.col("measured").is_between("first", "last", closed="left")),
        "charges": numbered["charges"].filter(counted_rows),
        "recoveries": numbered["recoveries"].join(targets.select("recovery"), on="recovery", how="semi"),
        "backups": numbered["backups"].join(tables["backups"], on=["subscription", "taken"], how="semi"),
    }
    held = tables["ranges"].select("subscription")
    rows = []
    for of_each in (numbered, used):  # maintenance that comes again is one row
        of_each["maintenance"] = of_each["maintenance"].unique("row", maintain_order=True)
    for name in TABLES:
        counts = [frame.group_by("subscription").len(column) for frame, column in
                  ((numbered[name], "read"), (used.get(name, numbered[name]), "used"))]  # fmt: skip
        known = held.join(counts[0], on="subscription", maintain_order="left")
        known = known.join(counts[1], on="subscription", how="left", maintain_order="left")
        rows.append(known.select("subscription", pl.lit(name).alias("table"), "read", pl.col("used").fill_null(0)))
    return pl.concat(rows).with_columns(pl.col("read", "used").cast(pl.Int64))


def _without(rows: pl.DataFrame, warnings: pl.DataFrame, table: str) -> pl.DataFrame:
    """Return the rows that no warning is about."""
    return rows.join(warnings.filter(pl.col("table") == table), on=["subscription", "row"], how="anti")
