"""Charts: what would each plan owe for the same outages, and which open question has the largest effect?"""

from __future__ import annotations

import altair as alt
import polars as pl

from slakit.analysis.assumptions import answer_words
from slakit.analysis.review import Review
from slakit.comparison.compare import Comparison
from slakit.policy.printing import percent_text
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered
from slakit.show.charts.theme import BLUE, INK, VERMILLION
from slakit.show.labels import counted, money_text, readings_text


def chart_same_outages(comparison: Comparison) -> Drawing:
    """Draw what each plan would owe for the same outages.

    A bar for what is owed, and a thin line for the range if ambiguous clauses are read otherwise.
    """
    totals = comparison.sums()
    if totals.is_empty():
        return empty_chart("No outages to compare by", "Give evidence to see its credits under each contract.")
    shares = {} if comparison.in_one_currency else comparison.shares()
    totals = totals.unique("plan", keep="first", maintain_order=True) if shares else totals
    rows = []
    for row in totals.iter_rows(named=True):
        name, currency = comparison.names[row["plan"]], row["currency"]
        money, low, high = (money_text(row[key], currency) for key in ("owed", "lowest", "highest"))
        if shares:  # amounts in several currencies do not compare, shares of the fee do
            row |= shares[row["plan"]]._asdict()
            money, low, high = (percent_text(share, 2) for share in shares[row["plan"]])
        spread = f"{low} to {high} if ambiguous clauses are read otherwise"
        rows.append({
            "plan": row["plan"],
            "name": name,
            "figure": f"{name}: {money}",
            "about": spread if row["lowest"] != row["highest"] else "however the contract is read",
            "money": money,
            "owed": float(row["owed"]),
            "low": float(row["lowest"]),
            "high": float(row["highest"]),
        })  # fmt: skip
    offered = [row for row in rows if row["plan"] not in comparison.proposed] or rows
    best, least = max(offered, key=lambda row: row["owed"]), min(offered, key=lambda row: row["owed"])
    title = f"Credits for the same outages: {best['money']} at {best['name']}, {least['money']} at {least['name']}"
    outages = comparison.verdicts.select("subscription", "outage").n_unique()
    period = comparison.review.period.printed if comparison.review else ""
    subtitle = f"{counted(outages, 'outage')} of {period} under each contract, at the same fee."
    if shares:
        title = title.replace(": ", " in percent of a monthly fee: ", 1)
        subtitle = f"{counted(outages, 'outage')} of {period} under each contract; the plans pay in several currencies."
    if any(row["low"] != row["high"] for row in rows):
        subtitle += " Line: range if ambiguous clauses are read otherwise."

    base = canvas(rows)
    y = alt.Y("plan:N", sort=[row["plan"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    unit = "% of a monthly fee" if shares else totals["currency"][0]
    x = alt.X("owed:Q", title=f"owed, {unit}", scale=alt.Scale(domainMin=0), axis=alt.Axis(tickCount=6))
    fields = {"name": "plan", "money": "owed", "about": "range"}
    tips = [alt.Tooltip(f"{field}:N", title=heading) for field, heading in fields.items()]
    bar = base.mark_bar(color=BLUE, height=14, yOffset=20, cornerRadiusEnd=2).encode(y=y, x=x, tooltip=tips)
    spread = base.mark_rule(color=INK, yOffset=20, strokeWidth=2, opacity=0.8)
    line = spread.encode(y=y, x="low:Q", x2="high:Q", tooltip=tips)
    return finish(layered(bar, line, *captions(rows, y)), title, subtitle, 64 * len(rows))


def chart_readings(review: Review, subscription: str) -> Drawing:
    """Draw which open question of the contract has the largest effect on what is owed.

    One bar for each question, from the lowest to the highest answer; the line is what is owed as the contract is read.

    Parameters
    ----------
    review
        From `assess`, with ranges.
    subscription
        One of the evidence.
    """
    own = review.of(subscription)
    moving = own.readings.filter(pl.col("moves") > 0)
    title = f"{subscription}: {readings_text(review, subscription)}".removesuffix(".")
    if moving.is_empty():
        return empty_chart("No open question has an effect on what is owed", title)
    owed, currency = own.ranges.select("amount", "currency").row(0)
    rows = []
    for (question,), answers in moving.group_by("question", maintain_order=True):
        said = [
            f"{answer_words(row['answer'])} {money_text(row['amount'], currency)}" + " (assumed)" * row["chosen"]
            for row in answers.sort("amount").iter_rows(named=True)
        ]
        effect = money_text(answers["moves"][0], currency)
        rows.append({
            "question": question,
            "figure": f"{review.question(subscription, str(question))} Effect: {effect}",
            "about": " · ".join(said),
            "low": float(min(answers["amount"])),
            "high": float(max(answers["amount"])),
        })  # fmt: skip
    subtitle = "What each answer alone makes of it, the other questions as assumed here (the mark)."

    base = canvas(rows)
    y = alt.Y("question:N", sort=[row["question"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    scale, axis = alt.Scale(zero=False, nice=True), alt.Axis(tickCount=6)
    x = alt.X("low:Q", title=f"owed, {currency}", scale=scale, axis=axis)
    tips = [alt.Tooltip("figure:N", title="effect"), alt.Tooltip("about:N", title="answers")]
    bar = base.mark_bar(color=BLUE, height=14, yOffset=20, cornerRadius=2).encode(y=y, x=x, x2="high:Q", tooltip=tips)
    mark = canvas([row | {"owed": float(owed)} for row in rows])
    taken = mark.mark_tick(color=VERMILLION, thickness=3, size=24, yOffset=20).encode(y=y, x="owed:Q")
    return finish(layered(bar, taken, *captions(rows, y)), title, subtitle, 64 * len(rows))
