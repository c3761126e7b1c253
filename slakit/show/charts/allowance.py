"""Chart: how much of the allowed downtime was used, window by window?"""

from __future__ import annotations

from decimal import Decimal

import altair as alt
import polars as pl

from slakit import locales
from slakit.analysis.review import Review
from slakit.measure.budgets import budget_of
from slakit.policy.printing import percent_text
from slakit.show.charts.canvas import Drawing, canvas, empty_chart, finish, layered, wall_clock
from slakit.show.charts.lanes import Lanes
from slakit.show.charts.theme import BLUE, INK, SKY, VERMILLION
from slakit.show.labels import NOT_OBSERVED, counted, length_text, short_length, window_name

MOST_LABELLED = 15
"""Windows of a guarantee beyond which their numbers no longer fit."""


def chart_allowance(review: Review, subscription: str) -> Drawing:
    """Draw how much of the allowed downtime was used, window by window.

    Each window is a gauge: empty is no downtime, full is all that is allowed; one that is over is of another colour.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    lanes = Lanes.of(review, subscription)
    gauges = []
    for row in lanes.review.availability.filter(pl.col("agreed_seconds") > 0).iter_rows(named=True):
        allowed = Decimal(budget_of(row["target"], int(row["agreed_seconds"] * 10**6))).scaleb(-6)
        used = row["downtime_seconds"]
        ratio = float(used / allowed) if allowed else float(used > 0)
        start, end = (wall_clock(row[edge], lanes.zone) for edge in ("window_start", "window_end"))
        state = "running" if row["running"] else "kept" if row["met"] else "missed"
        if row["met"] is None and not row["running"] and row["observed"] is not None:
            state = "unknown"
        name = lanes.names[row["guarantee"]]
        gauges.append({
            "guarantee": row["guarantee"],
            "guarantee_name": " ".join(name.split()),
            "lane": f"{name}\n{percent_text(row['target'], 6)}",
            "from": start, "to": end, "middle": (start + end) / 2,
            "filled": start + (end - start) * (1 if state == "missed" else min(1.0, ratio)),
            "ratio": ratio, "state": state,
            "text": short_length(used) if used else "",
            "used": f"{length_text(used)} of {length_text(allowed)} allowed",
            "window": window_name(row["window_start"], row["window_end"], lanes.zone) + " (running)" * row["running"],
            "availability": percent_text(row["availability"]) if row["availability"] is not None else "–",
        })  # fmt: skip
    if not gauges:
        return empty_chart(
            f"{subscription}: nothing to judge",
            f"No window of {subscription} ends in {review.period.printed}.",
        )
    lanes.names.clear()
    lanes.names.update({gauge["guarantee"]: gauge["lane"] for gauge in gauges})
    over = [gauge for gauge in gauges if gauge["state"] == "missed"]
    worst = max(gauges, key=lambda gauge: gauge["ratio"])
    title = f"{subscription}: {counted(len(over), 'window')} of {len(gauges)} used more downtime than allowed"
    if over:
        times = locales.number(f"{worst['ratio']:,.1f}")
        title += f"; the worst {times} times ({worst['guarantee_name']}, {worst['window']})"
    subtitle = "Each cell is a window, filled by the downtime used of what is allowed; the number is the downtime."

    labels = {"missed": "over: target missed", "kept": "within what is allowed", "running": "window still running"}
    colours = [VERMILLION, BLUE, SKY]
    if any(gauge["state"] == "unknown" for gauge in gauges):
        labels, colours = labels | {"unknown": NOT_OBSERVED}, [*colours, INK]
    said = " : ".join(f"datum.value == '{state}' ? '{label}'" for state, label in labels.items()) + " : ''"
    present = [state for state in labels if any(gauge["state"] == state for gauge in gauges)]
    colour = alt.Color(
        "state:N",
        scale=alt.Scale(domain=list(labels), range=colours),
        legend=alt.Legend(title=None, labelExpr=said, values=present, symbolType="square"),
    )
    fields = {"window": "window", "guarantee_name": "guarantee", "used": "downtime", "availability": "availability"}
    tips = [alt.Tooltip(f"{field}:N", title=heading) for field, heading in fields.items()]
    base, x, y, band = canvas(gauges), lanes.x("from"), lanes.y, {"band": 0.62}
    frame = base.mark_rect(height=band, fill=INK, fillOpacity=0.05, stroke=INK, strokeOpacity=0.3, strokeWidth=1)
    fill = base.mark_rect(height=band, opacity=0.7)
    layers = [
        frame.encode(x=x, x2="to", y=y, tooltip=tips),
        fill.encode(x=x, x2="filled", y=y, tooltip=tips, color=colour),
    ]
    if len(gauges) <= MOST_LABELLED * len(lanes.names):
        layers.append(base.mark_text(fontSize=12, fontWeight=500).encode(x=lanes.x("middle"), y=y, text="text:N"))
    return finish(layered(*layers), title, subtitle, 58 * len(lanes.names))
