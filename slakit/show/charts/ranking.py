"""Chart: which plan has the highest weighted score, and why?"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from slakit.comparison.ranking import CRITERIA, Ranking
from slakit.policy.printing import listed, print_percent
from slakit.show.charts.canvas import Drawing, canvas, captions, finish, layered
from slakit.show.charts.theme import BLUE, GREEN, ON_COLOUR, ORANGE, PURPLE, SKY

COLOUR_OF = dict(zip(CRITERIA, (BLUE, ORANGE, GREEN, SKY, PURPLE), strict=True))
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
    rows = [_plan(ranking, plan) for plan in ranking.order]
    pieces = [piece for row in rows for piece in row["pieces"]]
    first = [row for row in rows if row["plan"] in ranking.leaders]
    verb = "rank" if len(first) > 1 else "ranks"
    leaders = listed(ranking.names[plan] for plan in ranking.leaders)
    title = f"{leaders} {verb} first: {first[0]['points']} of 100 points"
    if not pieces:
        title = "Every weight is 0: no plan is ranked"
    subtitle = "Highest weighted score: the best plan on a criterion gets all of its weight, the others in proportion."
    return finish(_bars(rows, pieces), title, subtitle, 64 * len(rows))


def _plan(ranking: Ranking, plan: str) -> dict[str, Any]:
    table, begin, pieces = ranking.table.filter(pl.col("plan") == plan), 0.0, []
    points = print_percent(table["points"][0], 1)
    rank = table["rank"][0]
    name = ranking.names[plan]
    if not rank:
        name = f"{name.removesuffix(' (proposed)')} with the terms you want to negotiate"
    for row in table.iter_rows(named=True):
        earned = float(row["earned"])
        about = {"plan": plan, "name": name, "criterion": CRITERIA[row["criterion"]].label, "value": row["value"]}
        said = {"earned": print_percent(row["earned"], 1), "text": print_percent(row["earned"], 1)}
        if earned:
            room = {"text": said["text"] if earned >= NARROWEST else ""}
            pieces.append({**about, **said, **room, "from": begin, "to": begin + earned, "middle": begin + earned / 2})
        begin += earned
    figure = f"{f'{rank}. ' if rank else ''}{name}: {points} points"
    return {"plan": plan, "points": points, "pieces": pieces, "figure": figure, "about": ""}


def _bars(rows: list[dict[str, Any]], pieces: list[dict[str, Any]]) -> alt.LayerChart:
    y = alt.Y("plan:N", sort=[row["plan"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    x = alt.X("from:Q", title="points", scale=alt.Scale(domain=[0, 100]), axis=alt.Axis(tickCount=6))
    labels = [CRITERIA[name].label for name in CRITERIA if any(p["criterion"] == CRITERIA[name].label for p in pieces)]
    colours = [COLOUR_OF[name] for name in CRITERIA if CRITERIA[name].label in labels]
    scale = alt.Scale(domain=labels, range=colours)
    colour = alt.Color("criterion:N", title=None, scale=scale, legend=alt.Legend(symbolType="square"))
    fields = {"name": "plan", "criterion": "criterion", "value": "says", "earned": "points"}
    tips = [alt.Tooltip(f"{field}:N", title=title) for field, title in fields.items()]
    bar = canvas(pieces).mark_bar(height=18, yOffset=12, opacity=0.9)
    text = canvas(pieces).mark_text(yOffset=12, fontSize=11.5, fontWeight=600, color=ON_COLOUR)
    plain = [{key: row[key] for key in ("plan", "figure", "about")} for row in rows]
    drawn = [
        bar.encode(x=x, x2=alt.X2("to"), y=y, color=colour, tooltip=tips),
        text.encode(x=alt.X("middle:Q"), y=y, text=alt.Text("text:N")),
    ]
    return layered(*(drawn if pieces else []), *captions(plain, y))
