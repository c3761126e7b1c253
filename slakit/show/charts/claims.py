"""Chart: what became of the credits owed?"""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from slakit.analysis.review import Review
from slakit.policy.printing import print_count
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered
from slakit.show.charts.theme import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, VERMILLION
from slakit.show.labels import STATUSES, counted, deadline_text, instant_text, money_text, sums_text
from slakit.show.readable import claim_status

MOST_BARS = 40
STATUS_COLOURS = {
    "claimable": GREEN, "time_barred": VERMILLION, "not_yet": PURPLE,
    "not_read": ORANGE, "claimed": SKY, "not_required": BLUE, "expired": GREY,
}  # fmt: skip


def chart_claims(review: Review, subscription: str = "") -> Drawing:
    """Draw what became of the credits owed.

    One bar for each subscription, divided by status.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    claims = (review.of(subscription) if subscription else review).claims
    claims = claims.with_columns(claim_status(review).alias("status"))
    if claims.is_empty():
        return empty_chart(
            "No credit is due",
            f"No credit is due to {subscription or 'any subscription'} for {review.period.printed}.",
        )
    parts = claims.group_by("subscription", "currency", "status", maintain_order=True).agg(
        pl.col("amount").sum(), pl.len().alias("credits"), pl.col("deadline_earliest").min()
    )
    title = _title(claims)
    as_of = instant_text(review.as_of, ZoneInfo("UTC"))
    subtitle = f"Credits owed for {review.period.printed}, by status as of {as_of} UTC."
    concerned = set(parts["subscription"])
    order = [name for name in review.evidence.subscriptions["subscription"] if name in concerned][:MOST_BARS]
    if len(order) < len(concerned):
        subtitle += f" Only the first {MOST_BARS} of {print_count(len(concerned))} subscriptions are drawn."
    drawn = _with_totals(parts.filter(pl.col("subscription").is_in(order)))
    rows = [_share(review, row) for row in drawn.iter_rows(named=True)]
    return finish(_shares(rows, order), title, subtitle, 64 * len(order))


def _title(claims: pl.DataFrame) -> str:
    """Say what is claimable now, and how much of it may be time-barred; then what has expired."""

    def sums(*statuses: str) -> str:
        own = claims.filter(pl.col("status").is_in(statuses)).group_by("currency", maintain_order=True)
        return sums_text(own.agg(pl.col("amount").sum()).iter_rows())

    known = set(claims["status"])
    said = [f"{sums('claimable', 'time_barred')} claimable now"]
    if "time_barred" in known:
        said[0] += f" ({sums('time_barred')} may already be time-barred: claim today)"
    said += [f"{sums('not_required')} due without a claim"] * ("not_required" in known)
    said += [f"claims for {sums('expired')} expired"] * ("expired" in known)
    title = "; ".join(said)
    return title[:1].upper() + title[1:]


def _with_totals(parts: pl.DataFrame) -> pl.DataFrame:
    order = pl.col("status").replace_strict(list(STATUSES), range(len(STATUSES)), return_dtype=pl.UInt32)
    ordered = parts.with_columns(pl.col("amount").sum().over("subscription").alias("total")).sort(
        order, maintain_order=True
    )
    before = pl.col("amount").cum_sum().over("subscription") - pl.col("amount")
    return ordered.with_columns(before.alias("before"))


def _share(review: Review, row: dict[str, Any]) -> dict[str, Any]:
    zone = review.zone_of(row["subscription"])
    begin, end = row["before"] / row["total"], (row["before"] + row["amount"]) / row["total"]
    return {
        "subscription": row["subscription"],
        "status": STATUSES[row["status"]],
        "begin": float(begin),
        "end": float(end),
        "amount": money_text(row["amount"], row["currency"]),
        "credits": counted(row["credits"], "credit"),
        "claim by": deadline_text(row["deadline_earliest"], zone)
        if row["status"] in ("claimable", "time_barred")
        else "–",
    }


def _shares(rows: list[dict[str, Any]], order: list[str]) -> alt.LayerChart:
    y = alt.Y("subscription:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0))
    share = alt.Axis(format="%", tickCount=5)
    x = alt.X("begin:Q", title="share of the credits owed", axis=share, scale=alt.Scale(domain=[0, 1]))
    present = [status for status in STATUSES if any(row["status"] == STATUSES[status] for row in rows)]
    colours = [STATUS_COLOURS[status] for status in present]
    scale = alt.Scale(domain=[STATUSES[status] for status in present], range=colours)
    colour = alt.Color("status:N", title=None, scale=scale, legend=alt.Legend(symbolType="square"))
    tips = [alt.Tooltip(f"{field}:N") for field in ("subscription", "status", "amount", "credits", "claim by")]
    bar = canvas(rows).mark_bar(height=14, yOffset=20, opacity=0.85)
    return layered(bar.encode(x=x, x2="end:Q", y=y, color=colour, tooltip=tips), *captions(_said(rows, order), y))


def _said(rows: list[dict[str, Any]], order: list[str]) -> list[dict[str, str]]:
    """Write one caption for each bar: every amount with its status."""
    said: dict[str, list[str]] = {name: [] for name in order}
    for row in rows:
        said[row["subscription"]].append(f"{row['amount']} {row['status']}")
    return [{"subscription": name, "figure": name, "about": " · ".join(parts)} for name, parts in said.items()]
