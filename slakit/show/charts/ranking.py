"""Chart: which plan has the highest weighted score, and why?"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from slakit.comparison.ranking import CRITERIA, Ranking
from slakit.policy.printing import listed, print_percent
from slakit.show.charts.canvas import Drawing, canvas, captions, finish, layered
from slakit.show.charts.theme import BLUE, GREEN, GREY, ON_COLOUR, ORANGE, PURPLE, SKY, VERMILLION

COLOUR_OF = dict(zip(CRITERIA, (BLUE, ORANGE, GREEN, SKY, PURPLE, VERMILLION, GREY), strict=True))
NARROWEST = 5
"""Points of a part of a bar that has room for its number."""


def chart_ranking(ranking: Ranking) -> Drawing:
    """Draw which plan has the highest weighted score, and why.

    One bar for each plan, cut into the points that each criterion earns it.

    Parameters
    ----------
    ranking
        From `rank_plans`.
    """
    rows: list[dict[str, Any]] = []
    pieces: list[dict[str, Any]] = []
    for plan in ranking.order:
        table, begin = ranking.table.filter(pl.col("plan") == plan), 0.0
        points, rank, name = print_percent(table["points"][0], 1), table["rank"][0], ranking.names[plan]
        if not rank:
            name = f"{name.removesuffix(' (proposed)')} with the terms you want to negotiate"
        figure = f"{rank}. {name}: {points} points" if rank else f"{name}: {points} points"
        rows.append({"plan": plan, "points": points, "figure": figure, "about": ""})
        for row in table.filter(pl.col("earned") > 0).iter_rows(named=True):
            earned, said = float(row["earned"]), print_percent(row["earned"], 1)
            pieces.append({
                "plan": plan, "name": name, "criterion": CRITERIA[row["criterion"]].label, "value": row["value"],
                "earned": said, "text": said if earned >= NARROWEST else "",
                "from": begin, "to": begin + earned, "middle": begin + earned / 2,
            })  # fmt: skip
            begin += earned
    first = [row for row in rows if row["plan"] in ranking.leaders]
    verb = "rank" if len(first) > 1 else "ranks"
    leaders = listed(ranking.names[plan] for plan in ranking.leaders)
    title = f"{leaders} {verb} first: {first[0]['points']} of 100 points"
    if not pieces:
        title = "Every weight is 0: no plan is ranked"
    weights = ", ".join(
        f"{CRITERIA[name].label.lower()} {weight:.0f}"
        for name, weight in ranking.table.select("criterion", "weight").unique(maintain_order=True).iter_rows()
    )
    days = sorted({source.retrieved for source in ranking.sources.values()})
    retrieved = days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
    subtitle = (
        "The best plan on a criterion gets all of its weight, the others in proportion. "
        f"Weights: {weights}. Documents retrieved {retrieved}."
    )

    y = alt.Y("plan:N", sort=[row["plan"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    x = alt.X("from:Q", title="points", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=6))
    present = {piece["criterion"] for piece in pieces}
    colours = {CRITERIA[name].label: COLOUR_OF[name] for name in CRITERIA if CRITERIA[name].label in present}
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("criterion:N", title=None, scale=scale, legend=alt.Legend(symbolType="square"))
    fields = {"name": "plan", "criterion": "criterion", "value": "says", "earned": "points"}
    tips = [alt.Tooltip(f"{field}:N", title=heading) for field, heading in fields.items()]
    bar = canvas(pieces).mark_bar(height=18, yOffset=12, opacity=0.9)
    text = canvas(pieces).mark_text(yOffset=12, fontSize=11.5, fontWeight=600, color=ON_COLOUR)
    plain = [{key: row[key] for key in ("plan", "figure", "about")} for row in rows]
    drawn = [
        bar.encode(x=x, x2=alt.X2("to"), y=y, color=colour, tooltip=tips),
        text.encode(x=alt.X("middle:Q"), y=y, text=alt.Text("text:N")),
    ]
    return finish(layered(*(drawn if pieces else []), *captions(plain, y)), title, subtitle, 64 * len(rows))
