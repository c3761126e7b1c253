"""Chart: what is the credit for lost time, against the fee for it?"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from slakit.policy.printing import listed, percent_text, print_percent
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered
from slakit.show.charts.theme import BLUE, GREEN, INK, TICK, VERMILLION
from slakit.show.deduplicate import plans_name, with_part_names
from slakit.show.labels import length_text

COLOURS = [BLUE, GREEN, VERMILLION]


def chart_guarantee_values(worth: pl.DataFrame) -> Drawing:
    """Draw the credit for lost time, as a multiple of the fee for it.

    One row for each guarantee, one disc for each length of outage. Plans and guarantees with the same credits share a
    row.

    Parameters
    ----------
    worth
        From `guarantee_value`, of one plan or several together.
    """
    if worth.is_empty():
        return empty_chart("Nothing to price", "Nothing here guarantees anything about outages.")
    lists = ["downtime_seconds", "credit_percent", "of_lost_time"]
    worth = with_part_names(worth)
    series = worth.group_by("policy", "tier", "guarantee", maintain_order=True).agg(pl.col(lists))
    alike = series.group_by("policy", "tier", *lists, maintain_order=True).agg("guarantee")
    alike = alike.group_by("policy", "guarantee", *lists, maintain_order=True).agg("tier")
    rows: list[dict[str, Any]] = []
    spots: list[dict[str, Any]] = []
    for row in alike.iter_rows(named=True):
        name, guarantees = plans_name(row["policy"], row["tier"], worth), listed(row["guarantee"])
        key, about = f"{name} {guarantees}", []
        for seconds, percent, times in zip(*(row[column] for column in lists), strict=True):
            length, said = length_text(seconds), "no credit"
            if percent:
                said = f"{percent_text(percent, 2)} of the fee, {print_percent(times, 2)} × the fee for the time lost"
            spots.append({"key": key, "name": name, "length": length, "said": said, "times": float(times)})
            about.append(f"{length}: {said}")
        rows.append({"key": key, "figure": f"{name}, {guarantees}", "about": " · ".join(about)})
    best = max(spots, key=lambda spot: spot["times"])
    title = f"Credit for an outage of {best['length']} at {best['name']}: {best['said']}"
    if not best["times"]:
        title = "No credit is due for outages of these lengths"
    subtitle = "Credit for one outage, as a multiple of the fee for the time lost. Left of the line: less."

    lengths = list(dict.fromkeys(spot["length"] for spot in spots))
    y = alt.Y("key:N", sort=[row["key"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    ticks = alt.Axis(values=[0, 0.1, 0.5, 1, 2, 5, 10, 25, 50, 100], grid=True, labelExpr=f"{TICK} + ' ×'")
    scale = alt.Scale(type="symlog", constant=0.5, domainMin=0, nice=False)
    x = alt.X("times:Q", title="credit, as a multiple of the fee for the time lost", scale=scale, axis=ticks)
    palette = alt.Scale(domain=lengths, range=COLOURS[: len(lengths)])
    colour = alt.Color("length:N", title="outage of", scale=palette)
    fields = {"name": "plan", "length": "outage", "said": "credit"}
    tips = [alt.Tooltip(f"{field}:N", title=heading) for field, heading in fields.items()]
    disc = canvas(spots).mark_circle(size=110, yOffset=20, opacity=0.9).encode(y=y, x=x, color=colour, tooltip=tips)
    even = canvas([{"times": 1}]).mark_rule(color=INK, strokeDash=[4, 4], opacity=0.7).encode(x="times:Q")
    return finish(layered(even, disc, *captions(rows, y)), title, subtitle, 60 * len(rows))
