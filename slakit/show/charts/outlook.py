"""Charts: what will a year pay, and how many months miss a guarantee? Likely years as dots, months as squares."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import altair as alt
import polars as pl

from slakit.outlook.outlook import Outlook
from slakit.outlook.words import frequency, window_noun
from slakit.policy.printing import percent_text
from slakit.show.charts.canvas import Drawing, canvas, finish, layered
from slakit.show.charts.theme import BLUE, GREY, INK, VERMILLION
from slakit.show.labels import money_text

DOTS, COLUMNS = 50, 40
"""Likely years that are drawn, and columns in which they stand."""
DOT_ROW, DOT, HIGHEST = 132, 8, 14
SQUARES, ACROSS, SQUARE = 100, 25, 13
"""Months that are drawn, in rows of so many; and their size. [px]"""


def chart_outlook(outlook: Outlook) -> Drawing:
    """Draw 50 likely years of each plan by what they pay: each dot is 1 of 50 years (a quantile dot plot).

    Parameters
    ----------
    outlook
        From `sla.outlook`; its first model is drawn.
    """
    model, names, year = outlook.models[0], outlook.names, 12 * float(outlook.fee)
    shares = {
        plan: _likely([100 * float(one) / year for one in _amounts(outlook, plan, model)]) for plan in outlook.plans
    }
    most = max((max(own) for own in shares.values()), default=0.0) or 1.0
    dots: list[dict[str, Any]] = []
    texts = []
    for row, (plan, own) in enumerate(shares.items()):
        stacks: dict[int, int] = {}
        first = outlook.summary.filter(plan=plan, model=model).row(0, named=True)
        tallest = _tallest(own, most)
        abreast = 1 if tallest <= HIGHEST else 2  # dots side by side in a column
        step = min(DOT, (DOT_ROW - 44) * abreast / tallest)
        for share in own:
            column = round(share / most * COLUMNS)
            number = stacks[column] = stacks.get(column, 0) + 1
            place, beside = -(-number // abreast), (number - 1) % abreast * 0.4
            paid = percent_text(Decimal(str(share)), 2)
            dots.append({
                "x": (column + beside) * most / COLUMNS, "y": (row + 1) * DOT_ROW - place * step,
                "size": (step - 1) ** 2,
                "plan": names[plan], "says": f"1 of {DOTS} likely years: {paid} of the fee",
            })  # fmt: skip
        expected = money_text(first["expected"], first["currency"])
        nothing = frequency(first["nothing"], "year")
        texts.append({"y": row * DOT_ROW + 14, "text": f"{names[plan]}: {expected} on average", "weight": 600})
        about = f"{percent_text(first['fee_share'], 2)} of the fee"
        about += f"; nothing is paid {nothing}" if first["nothing"] else ""
        texts.append({"y": row * DOT_ROW + 30, "text": about, "weight": 400})
    height = DOT_ROW * len(shares)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], reverse=True, nice=False), axis=None)
    scale = alt.Scale(domain=[-most / 100, most * 1.01], nice=False)
    x = alt.X(
        "x:Q", title="credit of a year, in percent of twelve monthly fees", scale=scale, axis=alt.Axis(tickCount=6)
    )
    tips = [alt.Tooltip("plan:N", title="plan"), alt.Tooltip("says:N", title="year")]
    drawn = canvas(dots).mark_circle(color=BLUE, opacity=0.95).encode(
        x=x, y=y, size=alt.Size("size:Q", scale=None, legend=None), tooltip=tips)  # fmt: skip
    best = max(outlook.summary.filter(model=model).rows(named=True), key=lambda row: row["fee_share"])
    title = f"{names[best['plan']]} pays most: {percent_text(best['fee_share'], 2)} of the fee on average"
    if not best["fee_share"]:
        title = "No plan pays anything"
    subtitle = f"Each dot is 1 of {DOTS} likely years. {outlook.basis['says'][0]}"
    return finish(layered(drawn, *_texts(texts, y)), title, subtitle, height)


def chart_outlook_months(outlook: Outlook) -> Drawing:
    """Draw of each plan how many of 100 months miss a guarantee.

    Parameters
    ----------
    outlook
        From `sla.outlook`; its first model is drawn.
    """
    model, names = outlook.models[0], outlook.names
    squares: list[dict[str, Any]] = []
    texts = []
    row_height = SQUARES // ACROSS * (SQUARE + 2) + 40
    rows = [row for row in outlook.summary.filter(model=model).rows(named=True) if row["months_missed"] is not None]
    for row, found in enumerate(rows):
        missed = round(found["months_missed"])
        noun = window_noun(outlook.plans[found["plan"]])
        said = frequency(found["months_missed"], noun)
        texts.append({"y": row * row_height + 14, "text": f"{names[found['plan']]}: missed {said}", "weight": 600})
        for number in range(SQUARES):
            squares.append({
                "x": number % ACROSS * (SQUARE + 2) + SQUARE / 2,
                "y": row * row_height + 30 + number // ACROSS * (SQUARE + 2) + SQUARE / 2,
                "state": "missed" if number < missed else "kept", "plan": names[found["plan"]],
            })  # fmt: skip
    height = row_height * max(1, len(rows))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], reverse=True, nice=False), axis=None)
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, ACROSS * (SQUARE + 2) * 1.6], nice=False), axis=None)
    colours = alt.Scale(domain=["missed", "kept"], range=[VERMILLION, GREY])
    state = alt.Color("state:N", title=None, scale=colours, legend=alt.Legend(symbolType="square"))
    opacity = alt.Opacity("state:N", scale=alt.Scale(domain=["missed", "kept"], range=[1, 0.35]), legend=None)
    tips = [alt.Tooltip("plan:N", title="plan"), alt.Tooltip("state:N", title="month")]
    drawn = canvas(squares).mark_square(size=SQUARE**2 * 0.75).encode(
        x=x, y=y, color=state, opacity=opacity, tooltip=tips)  # fmt: skip
    worst = max(rows, key=lambda row: row["months_missed"]) if rows else None
    title = "No plan has measurement windows"
    if worst is not None:
        noun = window_noun(outlook.plans[worst["plan"]])
        title = f"{names[worst['plan']]} misses a guarantee {frequency(worst['months_missed'], noun)}"
    subtitle = f"Each square is 1 of {SQUARES} months. {outlook.basis['says'][0]}"
    return finish(layered(drawn, *_texts(texts, y)), title, subtitle, height)


def _amounts(outlook: Outlook, plan: str, model: str) -> list[Decimal]:
    return outlook.years.filter(pl.col("plan") == plan, pl.col("model") == model)["amount"].sort().to_list()


def _likely(ordered: list[float]) -> list[float]:
    """Return the middle of each fiftieth of the years."""
    return [ordered[min(len(ordered) - 1, int(len(ordered) * (number + 0.5) / DOTS))] for number in range(DOTS)]


def _tallest(own: list[float], most: float) -> int:
    """Return how many dots the tallest column has."""
    columns: dict[int, int] = {}
    for share in own:
        column = round(share / most * COLUMNS)
        columns[column] = columns.get(column, 0) + 1
    return max(columns.values())


def _texts(rows: list[dict[str, Any]], y: alt.Y) -> list[alt.Chart]:
    """Write the lines above each plan."""
    place = {"y": y, "x": alt.value(0), "text": alt.Text("text:N")}
    heads = canvas([row for row in rows if row["weight"] == 600])
    abouts = canvas([row for row in rows if row["weight"] == 400])
    return [
        heads.mark_text(align="left", fontSize=14, fontWeight=600, color=INK, limit=640).encode(**place),
        abouts.mark_text(align="left", fontSize=12, opacity=0.75, color=INK, limit=640).encode(**place),
    ]
