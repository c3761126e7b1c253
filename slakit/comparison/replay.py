"""Assess the same outages, at the same fee, under each contract: what each owes, and where their verdicts differ."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from slakit.analysis.assess import assess
from slakit.analysis.offers import Offers
from slakit.analysis.period import period_of
from slakit.analysis.plans import currencies_paid
from slakit.analysis.review import Review
from slakit.analysis.verdicts import VERDICT_WORDS
from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import TABLES
from slakit.measure.budgets import EXACT
from slakit.measure.calendar import Period
from slakit.policy.printing import print_duration

AT = " @ "
"""Stands between the name of a subscription, or an outage, and the plan under which it is assessed."""
SUFFIXED = rf"(?s)^(.*){AT}(.*?)$"
OWED_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "subscription": pl.String, "plan": pl.String, "currency": pl.String, "monthly_fee": EXACT,
    "owed": EXACT, "lowest": EXACT, "highest": EXACT, "counted_seconds": EXACT, "windows": pl.UInt32,
    "missed": pl.UInt32,
}  # fmt: skip
VERDICT_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "subscription": pl.String, "outage": pl.String, "plan": pl.String, "guarantee": pl.String,
    "counted_seconds": EXACT, "why": pl.String, "differs": pl.Boolean,
}  # fmt: skip


def assess_under_all(
    offers: Offers,
    evidence: Evidence,
    period: str | Period | None,
    as_of: str | date | datetime | None,
    fee: Decimal | None,
    readings: Mapping[str, str],
) -> Review:
    """Assess the outages and maintenance of every subscription under each contract.

    Tickets are excluded: their priorities are words of the contract under which they were opened.
    """
    plans = [terms for _, _, terms in offers.values()]
    span = period if isinstance(period, Period) else Period.parse(period) if period else period_of(evidence, plans)
    moment = as_of if as_of is not None else span.after + timedelta(days=1)
    together = _held_by_all(evidence, offers, fee)
    policies = {name: policy for name, (policy, _, _) in offers.items()}
    return assess(together, span, moment, policies=policies, reading=readings)


def _held_by_all(evidence: Evidence, offers: Offers, fee: Decimal | None) -> Evidence:
    """Return evidence in which each subscription holds each plan."""
    rows_of_plans = []
    for name, (_, tier, terms) in offers.items():
        currencies = currencies_paid([terms])  # a plan that names amounts in one currency must be paid in it
        rows_of_plans.append((name, tier, currencies.pop() if len(currencies) == 1 else None))
    schema = {"plan": pl.String, "of_tier": pl.String, "paid": pl.String}
    plans = pl.DataFrame(rows_of_plans, schema=schema, orient="row")
    named = pl.concat_str("subscription", pl.lit(AT), "plan")
    holders = evidence.subscriptions.join(plans, how="cross").with_columns(
        named.alias("subscription"),
        pl.col("plan").alias("policy"),
        pl.col("of_tier").alias("tier"),
        pl.coalesce("paid", "currency").alias("currency"),
    )
    if fee is not None:
        same = pl.lit(fee).cast(evidence.subscriptions.schema["monthly_fee"]).alias("monthly_fee")
        holders = holders.with_columns(same, pl.lit(None, dtype=pl.String).alias("component_fees"))
    tables: dict[str, Any] = {"subscriptions": holders.drop("plan", "of_tier", "paid")}
    ids = {"outages": "outage", "corrections": "outage", "coverage": "", "maintenance": "maintenance"}
    for table, name in ids.items():
        rows: pl.DataFrame = getattr(evidence, table)
        own = [pl.concat_str(name, pl.lit(AT), "plan").alias(name)] if name else []
        own += [named.alias("subscription")] if "subscription" in rows.columns else []
        tables[table] = rows.join(plans, how="cross").with_columns(own).select(rows.columns)
    empty = {name: getattr(evidence, name).clear() for name in TABLES if name not in tables}
    given = evidence.given & {*tables, "outages"}
    return Evidence(**tables, **empty, source=evidence.source, given=given, folder=evidence.folder)


def owed_table(review: Review) -> pl.DataFrame:
    """Tabulate what each plan would owe each subscription, as `OWED_COLUMNS`."""
    windows = review.availability.filter(pl.col("met").is_not_null())
    judged = windows.group_by("subscription").agg(pl.len().alias("windows"), (~pl.col("met")).sum().alias("missed"))
    counted = longest_counted(review).group_by("subscription").agg(pl.col("counted_seconds").sum())
    fees = review.evidence.phases.select("subscription", "monthly_fee")
    rows = review.headline().join(fees, on="subscription", how="left", maintain_order="left")
    for more in (judged, counted):
        rows = rows.join(more, on="subscription", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("windows", "missed", "counted_seconds").fill_null(0))
    return rows.with_columns(*_parted("subscription")).select(
        pl.col(name).cast(kind) for name, kind in OWED_COLUMNS.items()
    )


def _parted(column: str) -> list[pl.Expr]:
    return [pl.col(column).str.extract(SUFFIXED, 1), pl.col(column).str.extract(SUFFIXED, 2).alias("plan")]


def longest_counted(review: Review) -> pl.DataFrame:
    """Find, for each outage, the guarantee under which most of it counts, or else the one whose scope it is in.

    Columns `subscription`, `outage`, `guarantee`, `counted_seconds`.
    """
    counts = pl.when(pl.col("verdict") == "counted").then(pl.col("seconds")).otherwise(0)
    sums = review.ledger.group_by("subscription", "outage", "guarantee", maintain_order=True).agg(
        counts.sum().alias("counted_seconds"), (pl.col("verdict") == "other_component").all().alias("elsewhere")
    )
    first = sums.sort("counted_seconds", "elsewhere", descending=[True, False], maintain_order=True)
    return first.unique(["subscription", "outage"], keep="first", maintain_order=True).drop("elsewhere")


def verdict_table(review: Review) -> pl.DataFrame:
    """Tabulate every outage under each contract, as `VERDICT_COLUMNS`; `differs` where their lengths do."""
    chosen = longest_counted(review)
    segments = review.ledger.join(chosen, on=["subscription", "outage", "guarantee"], how="semi")
    key = ["subscription", "outage"]
    segments = segments.filter(pl.col("verdict") != "outside_period")
    sums = segments.group_by(*key, "verdict", "clause", maintain_order=True).agg(pl.col("seconds").sum())
    said = [
        f"{print_duration(int(seconds * 10**6))} {VERDICT_WORDS[verdict]}" + (f" ({clause})" if clause else "")
        for seconds, verdict, clause in sums.select("seconds", "verdict", "clause").iter_rows()
    ]
    told = sums.with_columns(pl.Series("said", said, dtype=pl.String)).group_by(key, maintain_order=True)
    why = told.agg(pl.col("said").str.join("; ").alias("why"))
    order = review.evidence.outages.select(*key).with_row_index("row")
    rows = order.join(chosen, on=key, how="left", maintain_order="left")
    rows = rows.join(why, on=key, how="left", maintain_order="left")
    rows = rows.with_columns(*_parted("subscription"), pl.col("outage").str.extract(SUFFIXED, 1))
    nowhere = pl.when(pl.col("guarantee").is_null()).then(pl.lit("no guarantee"))
    otherwise = nowhere.otherwise(pl.lit("outside the period"))
    rows = rows.with_columns(pl.coalesce("why", otherwise).alias("why"), pl.col("counted_seconds").fill_null(0))
    rows = rows.filter(pl.col("guarantee").is_not_null().any().over(key))  # one without length has no verdict
    parts = pl.col("counted_seconds").n_unique().over(key) > 1
    return rows.with_columns(parts.alias("differs")).select(
        pl.col(name).cast(kind) for name, kind in VERDICT_COLUMNS.items()
    )
