"""Chart: what became of the credits owed?"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from slakit.analysis.review import CLAIMABLE, Review
from slakit.policy.printing import print_count
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered
from slakit.show.charts.theme import BLUE, GREEN, GREY, ORANGE, PURPLE, SKY, SLATE, VERMILLION
from slakit.show.labels import (
    STATUSES,
    amounts_text,
    counted,
    days_left,
    days_left_text,
    deadline_text,
    instant_text,
    money_text,
)
from slakit.show.readable import most_urgent_first

MOST_BARS = 40
STATUS_COLOURS = {
    "claimable": GREEN, "disputed": VERMILLION, "waiting": PURPLE,
    "not_read": ORANGE, "claimed": SKY, "not_required": BLUE, "not_valid": SLATE, "expired": GREY,
}  # fmt: skip


def chart_claims(review: Review, subscription: str = "") -> Drawing:
    """Draw what became of the credits owed.

    One bar for each subscription, divided by status, the most urgent first.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence; all of them, if not named.
    """
    claims = (review.of(subscription) if subscription else review).claims
    if claims.is_empty():
        return empty_chart(
            "No credit is due",
            f"No credit is due to {subscription or 'any subscription'} for {review.period.printed}.",
        )
    parts = claims.group_by("subscription", "currency", "status", maintain_order=True).agg(
        pl.col("amount").sum(), pl.len().alias("credits"), pl.col("deadline_earliest").min()
    )
    as_of = instant_text(review.as_of, ZoneInfo("UTC"))
    subtitle = f"Credits owed for {review.period.printed}, by status as of {as_of} UTC."
    # file order where nothing is claimable, or no deadline is known
    limits = pl.col("deadline_earliest").filter(pl.col("status").is_in(CLAIMABLE)).min().alias("limit")
    by_urgency = most_urgent_first(parts).group_by("subscription", maintain_order=True).agg(limits)
    urgent = by_urgency.sort("limit", nulls_last=True, maintain_order=True)["subscription"].to_list()
    order = urgent[:MOST_BARS]
    if len(order) < len(urgent):
        count = print_count(len(urgent))
        subtitle += f" The {MOST_BARS} most urgent of {count} subscriptions; the others are in the table."

    drawn = most_urgent_first(parts).filter(pl.col("subscription").is_in(order))
    amount = pl.col("amount")
    drawn = drawn.with_columns(
        amount.sum().over("subscription").alias("total"),
        (amount.cum_sum().over("subscription") - amount).alias("before"),
    )
    shares = []
    said: dict[str, list[str]] = {name: [] for name in order}
    for row in drawn.iter_rows(named=True):
        status, money = STATUSES[row["status"]], money_text(row["amount"], row["currency"])
        deadline = deadline_text(row["deadline_earliest"], review.zone_of(row["subscription"]))
        shares.append({
            "subscription": row["subscription"],
            "status": status,
            "begin": float(row["before"] / row["total"]),
            "end": float((row["before"] + row["amount"]) / row["total"]),
            "amount": money,
            "credits": counted(row["credits"], "credit"),
            "claim by": deadline if row["status"] in CLAIMABLE else "–",
        })  # fmt: skip
        left = ""
        if row["status"] == "claimable" and row["deadline_earliest"] is not None:
            days = days_left(row["deadline_earliest"], review.as_of, review.zone_of(row["subscription"]))
            left = f" ({days_left_text(days)}{' left' if days else ''})"
        said[row["subscription"]].append(f"{money} {status}{left}")
    texts = [{"subscription": name, "figure": name, "about": " · ".join(parts)} for name, parts in said.items()]

    y = alt.Y("subscription:N", sort=order, axis=None, scale=alt.Scale(paddingInner=0))
    axis = alt.Axis(format="%", tickCount=5)
    x = alt.X("begin:Q", title="share of the credits owed", axis=axis, scale=alt.Scale(domain=[0, 1]))
    present = [status for status in STATUSES if status in set(drawn["status"])]
    scale = alt.Scale(
        domain=[STATUSES[status] for status in present], range=[STATUS_COLOURS[status] for status in present]
    )
    colour = alt.Color("status:N", title=None, scale=scale, legend=alt.Legend(symbolType="square"))
    tips = [alt.Tooltip(f"{field}:N") for field in ("subscription", "status", "amount", "credits", "claim by")]
    bar = canvas(shares).mark_bar(height=14, yOffset=20, opacity=0.85)
    bars = bar.encode(x=x, x2="end:Q", y=y, color=colour, tooltip=tips)
    return finish(layered(bars, *captions(texts, y)), _title(claims), subtitle, 64 * len(order))


def _title(claims: pl.DataFrame) -> str:
    """Say what is claimable now, and how much of it may be time-barred; then what has expired."""
    by_status = {str(status): rows for (status,), rows in claims.group_by("status")}
    open_now = claims.filter(pl.col("status").is_in(CLAIMABLE))
    said = [f"{amounts_text(open_now)} claimable now"]
    if "disputed" in by_status:
        said[0] += f" ({amounts_text(by_status['disputed'])} may already be time-barred: claim today)"
    if "not_required" in by_status:
        said.append(f"{amounts_text(by_status['not_required'])} due without a claim")
    if "not_valid" in by_status:
        said.append(f"claims for {amounts_text(by_status['not_valid'])} not valid")
    if "expired" in by_status:
        said.append(f"claims for {amounts_text(by_status['expired'])} expired")
    title = "; ".join(said)
    return title[:1].upper() + title[1:]
