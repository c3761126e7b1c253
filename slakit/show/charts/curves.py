"""Chart: what is the credit for one outage, by its length?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl

from slakit.policy.printing import listed, percent_text
from slakit.show.charts.canvas import Drawing, canvas, empty_chart, finish, layered
from slakit.show.charts.theme import COLOURS, GREY, INK
from slakit.show.deduplicate import Line, lines_of, on_line
from slakit.show.labels import length_text

HOUR = Decimal(3600)
LABEL_WIDTH = 26
"""Where the names of lines wrap. [characters]"""
CLOSE = Decimal("2.5")
"""Two lengths of time whose ratio is smaller have no room for text between them."""
LINE_HEIGHT = 0.058
"""Height of a line of text, of that of the chart."""


def chart_credit_curves(
    curves: pl.DataFrame, hours: float | Sequence[float] = 72, outage: Decimal | None = None
) -> Drawing:
    """Draw the credit for one outage, by its length.

    Steps are drawn from the break points of the schedules. The axis of time is logarithmic, since targets are missed
    after minutes and bands reach over days. Credits for single incidents are drawn only where there are no others.

    Parameters
    ----------
    curves
        From `credit_curve`, of one plan or several together.
    hours
        Longest outage to draw, or lengths of which the longest is drawn. [h]
    outage
        A length to look at: the title tells its credit, and it is marked on every line. [s]
    """
    over_windows = curves.filter(pl.col("availability").is_not_null())
    drawn = curves if over_windows.is_empty() else over_windows
    if drawn.is_empty():
        return empty_chart("No credit to draw", "Nothing here guarantees anything about outages.")
    longest = max(hours, default=72) if isinstance(hours, Sequence) else hours
    until = max(Decimal(str(longest)) * HOUR, Decimal(60), outage or Decimal(0))
    lines = sorted((line.until(until) for line in lines_of(drawn)), key=lambda line: -line.points[-1][1])
    subtitle = "Credit for one outage in one window. Dashed: the committed level, which a longer outage misses."
    if outage is None:
        return finish(_curves(lines, until), _title(lines, until), subtitle, 340)
    return finish(_curves(lines, until, outage), _title(lines, outage), subtitle, 340)


def _title(lines: list[Line], length: Decimal) -> str:
    """Say what the credit for an outage of a length is at most, and at least."""
    paid = sorted(((line.at(length), line.name) for line in lines), key=lambda pair: -pair[0])
    (most, best), least = paid[0], _said(paid[-1][0])
    title = f"Credit for an outage of {length_text(length)}: {_said(most)} of the monthly fee at {best}"
    if not most:
        return f"No credit for an outage of {length_text(length)} at {listed(name for _, name in paid)}"
    others = [name for credit, name in paid[1:] if _said(credit) == least]
    return title + (f", {least} at {', '.join(others)}" if others else "")


def _said(credit: Decimal) -> str:
    return percent_text(credit, 2) if credit else "no credit"


def _curves(lines: list[Line], until: Decimal, outage: Decimal | None = None) -> alt.LayerChart:
    first = min([Decimal(600), until / 10, *(line.allowed / 2 for line in lines if line.allowed > 0)])
    colours = [COLOURS[number % len(COLOURS)] if line.pays else GREY for number, line in enumerate(lines)]
    names = [line.name for line in lines]
    colour = alt.Color("name:N", scale=alt.Scale(domain=names, range=colours), legend=None)
    span = alt.Scale(type="log", domain=[float(first / HOUR), float(until / HOUR)], nice=False)
    ticks = [1 / 60, 1 / 30, 1 / 12, 1 / 6, 0.5, 1, 2, 4, 8, 24, 72, 168, 720, 2160, 8760]
    minutes, days = "round(datum.value * 60) + ' min'", "datum.value / 24 + ' d'"
    said = f"datum.value < 0.99 ? {minutes} : datum.value < 24 ? datum.value + ' h' : {days}"
    axis = alt.Axis(values=ticks, labelExpr=said, grid=False)
    x = alt.X("hours:Q", title="length of the outage", scale=span, axis=axis)
    y = alt.Y(
        "credit:Q", title="credit, % of the fee", scale=alt.Scale(domainMin=0, nice=True), axis=alt.Axis(tickCount=6)
    )
    fields = {"name": "plan", "length": "outage", "percent": "credit"}
    tips = [alt.Tooltip(f"{field}:N", title=heading) for field, heading in fields.items()]
    line = canvas(spot for line in lines for spot in _spots(line, first))
    drawn = line.mark_line(strokeWidth=2.5, clip=True, strokeJoin="round").encode(
        x=x, y=y, color=colour, order=alt.Order("number:Q"), tooltip=tips
    )
    mark = canvas(_end_labels(lines, until)).mark_text(
        align="left", baseline="middle", dx=8, fontSize=12.5, lineHeight=15, fontWeight=600
    )
    named = mark.encode(x=alt.X("hours:Q"), y=alt.Y("credit:Q"), text=alt.Text("label:N"), color=colour)
    layers = [*_targets(lines, colour), drawn, named]
    if outage is not None:  # a disc on every line, at the length that is looked at
        at = max(outage, first)
        rows = [
            {"name": line.name, "hours": float(at / HOUR), "credit": float(line.at(at)), "percent": _said(line.at(at)),
             "length": length_text(at)}
            for line in lines
        ]  # fmt: skip
        rule = canvas(rows[:1]).mark_rule(strokeWidth=2, opacity=0.55).encode(x=alt.X("hours:Q"))
        disc = canvas(rows).mark_point(filled=True, size=110, opacity=1, stroke="white", strokeWidth=1)
        discs = disc.encode(x=alt.X("hours:Q"), y=alt.Y("credit:Q"), color=colour, tooltip=tips)
        text = canvas(rows[:1]).mark_text(baseline="bottom", fontSize=13, fontWeight=600)
        layers += [rule, discs, text.encode(x=alt.X("hours:Q"), y=alt.value(-3), text=alt.Text("length:N"))]
    return layered(*layers)


def _spots(line: Line, first: Decimal) -> Iterator[dict[str, Any]]:
    """Yield points to draw. A slope is a curve on a logarithmic axis: points on it are added, each of them exact."""
    spots = [line.points[0]]
    for one, two in pairwise(line.points):
        if one[1] != two[1] and two[0] - one[0] > 1:
            start = max(one[0], first)
            steps = [start + (two[0] - start) * (Decimal(step) / 40) ** 3 for step in range(1, 40)]
            spots += [(at, on_line(one, two, at)) for at in steps if at > one[0]]
        spots.append(two)
    for number, (seconds, credit) in enumerate(spots):
        place = {"hours": float(max(seconds, first) / HOUR), "credit": float(credit), "number": number}
        yield {
            "name": line.name,
            **place,
            "length": length_text(seconds.quantize(Decimal("0.000001"))),
            "percent": percent_text(credit, 2),
        }


def _end_labels(lines: list[Line], until: Decimal) -> list[dict[str, Any]]:
    """Place names at the ends of the lines, moved apart where they would overlap; those without credit share one."""
    top = max((float(line.points[-1][1]) for line in lines), default=0) or 1.0
    labels, lowest = [], -top
    silent = [line.name for line in lines if not line.pays]
    if silent:
        text = wrap(f"no credit: {', '.join(silent)}", LABEL_WIDTH)
        labels.append({"name": silent[0], "hours": float(until / HOUR), "credit": 0.0, "label": text})
        lowest = LINE_HEIGHT * top * len(text)
    for line in reversed([line for line in lines if line.pays]):
        end, credit = line.points[-1]
        text = wrap(f"{line.name}: {_said(credit)}".replace(" %", "\u00a0%"), LABEL_WIDTH)
        at = max(float(credit), lowest)
        labels.append({"name": line.name, "hours": float(min(end, until) / HOUR), "credit": at, "label": text})
        lowest = at + LINE_HEIGHT * top * len(text)
    return labels


def _targets(lines: list[Line], colour: alt.Color) -> list[alt.Chart]:
    """Draw the committed levels, as vertical lines with their budgets; the text of one close to the last moves down."""
    levels = {(line.allowed, line.target): line.name for line in reversed(lines) if line.allowed > 0}
    rows: list[dict[str, Any]] = []
    last, at = Decimal(0), 0
    for (allowed, target), name in sorted(levels.items(), key=lambda level: level[0][0]):
        at = at + 30 if last and allowed / last < CLOSE else 8
        last = allowed
        level = percent_text(target, 6) if target is not None else "committed"
        rows.append({"name": name, "hours": float(allowed / HOUR), "label": [level, length_text(allowed)], "at": at})
    rule = (
        canvas(rows).mark_rule(strokeDash=[4, 4], strokeWidth=1.5, opacity=0.8).encode(x=alt.X("hours:Q"), color=colour)
    )
    text = canvas(rows).mark_text(align="left", dx=5, fontSize=12, lineHeight=14, color=INK, opacity=0.85)
    return [rule, text.encode(x=alt.X("hours:Q"), y=alt.Y("at:Q", scale=None, axis=None), text=alt.Text("label:N"))]
