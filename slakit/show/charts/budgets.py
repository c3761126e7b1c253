"""Chart: how long may each service be down before its target is missed?"""

from __future__ import annotations

import altair as alt
import polars as pl

from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered
from slakit.show.charts.theme import BLUE, TICK
from slakit.show.deduplicate import budgets_of


def chart_budgets(budgets: pl.DataFrame) -> Drawing:
    """Draw how long each service may be down in a window before its target is missed.

    Plans and guarantees with the same budget share a bar. Where windows of a period differ in length the bar is that of
    the shortest, with a paler end up to the longest.

    Parameters
    ----------
    budgets
        From `window_budgets`, of one plan or several together.
    """
    if budgets.is_empty():
        said = "Nothing here guarantees availability in a window that ends in this period."
        return empty_chart("No uptime budget", said)
    gathered = sorted(budgets_of(budgets), key=lambda budget: (budget.low, budget.name))
    tightest = gathered[0]
    rows = [budget.row() for budget in gathered]
    allowed = "Least downtime allowed" if len(gathered) > 1 else "Downtime allowed"
    title = f"{allowed}: {tightest.text} at {tightest.name}"
    subtitle = "Downtime allowed in one window before the target is missed."
    if any(budget.commitment == "best_effort" for budget in gathered):
        subtitle += " Outlined: best effort, not guaranteed."

    base = canvas(rows)
    y = alt.Y("key:N", sort=[row["key"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    hours = f"datum.value < 0.99 ? round(datum.value * 60) + ' min' : {TICK} + ' h'"
    axis = alt.Axis(tickCount=6, labelExpr=f"datum.value == 0 ? '0' : {hours}")
    low = alt.X("low:Q", title="downtime allowed", scale=alt.Scale(domainMin=0), axis=axis)
    solid = alt.condition("datum.solid", alt.value(1), alt.value(0.12))
    tips = [alt.Tooltip("figure:N", title="allowed"), alt.Tooltip("about:N", title="of")]
    bar = base.mark_bar(color=BLUE, height=14, yOffset=20, stroke=BLUE, cornerRadiusEnd=2)
    tail = base.mark_bar(color=BLUE, height=14, yOffset=20, opacity=0.35, cornerRadiusEnd=2)
    drawn = layered(
        tail.encode(y=y, x=low, x2="high:Q", tooltip=tips),
        bar.encode(y=y, x=low, fillOpacity=solid, tooltip=tips),
        *captions(rows, y),
    )
    return finish(drawn, title, subtitle, 64 * len(rows))
