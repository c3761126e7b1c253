"""Chart: what is the credit for lost time, against the fee for it?"""

from __future__ import annotations

from typing import Any

import altair as alt
import polars as pl

from slakit.policy.printing import listed, percent_text, print_percent
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered
from slakit.show.charts.theme import BLUE, GREEN, INK, TICK, VERMILLION
from slakit.show.deduplicate import plans_name
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
    rows = list(_rows(worth))
    spots = [spot for row in rows for spot in row["spots"]]
    best = max(spots, key=lambda spot: spot["times"])
    title = f"Credit for an outage of {best['length']} at {best['name']}: {best['said']}"
    if not best["times"]:
        title = "No credit is due for outages of these lengths"
    subtitle = "Credit for one outage, as a multiple of the fee for the time lost. Left of the line: less."
    return finish(_discs(rows, spots), title, subtitle, 60 * len(rows))


def _rows(worth: pl.DataFrame) -> Any:
    lists = ["downtime_seconds", "credit_percent", "of_lost_time"]
    series = worth.group_by("policy", "tier", "guarantee", maintain_order=True).agg(pl.col(lists))
    alike = series.group_by("policy", "tier", *lists, maintain_order=True).agg("guarantee")
    alike = alike.group_by("policy", "guarantee", *lists, maintain_order=True).agg("tier")
    for row in alike.iter_rows(named=True):
        name, guarantees = plans_name(row["policy"], row["tier"], worth), listed(row["guarantee"])
        paid = zip(row["downtime_seconds"], row["credit_percent"], row["of_lost_time"], strict=True)
        spots = [_spot(name, guarantees, *values) for values in paid]
        said = " · ".join(f"{spot['length']}: {spot['said']}" for spot in spots)
        yield {"key": f"{name} {guarantees}", "figure": f"{name}, {guarantees}", "about": said, "spots": spots}


def _spot(name: str, guarantees: str, seconds: Any, percent: Any, times: Any) -> dict[str, Any]:
    said = (
        f"{percent_text(percent, 2)} of the fee, {print_percent(times, 2)} × the fee for the time lost"
        if percent
        else "no credit"
    )
    about = {"key": f"{name} {guarantees}", "name": name, "length": length_text(seconds)}
    return about | {"said": said, "times": float(times)}


def _discs(rows: list[dict[str, Any]], spots: list[dict[str, Any]]) -> alt.LayerChart:
    lengths = list(dict.fromkeys(spot["length"] for spot in spots))
    y = alt.Y("key:N", sort=[row["key"] for row in rows], axis=None, scale=alt.Scale(paddingInner=0))
    ticks = alt.Axis(values=[0, 0.1, 0.5, 1, 2, 5, 10, 25, 50, 100], grid=True, labelExpr=f"{TICK} + ' ×'")
    scale = alt.Scale(type="symlog", constant=0.5, domainMin=0, nice=False)
    x = alt.X("times:Q", title="credit, as a multiple of the fee for the time lost", scale=scale, axis=ticks)
    palette = alt.Scale(domain=lengths, range=COLOURS[: len(lengths)])
    colour = alt.Color("length:N", title="outage of", scale=palette)
    said = {"name": "plan", "length": "outage", "said": "credit"}
    tips = [alt.Tooltip(f"{field}:N", title=title) for field, title in said.items()]
    disc = canvas(spots).mark_circle(size=110, yOffset=20, opacity=0.9).encode(y=y, x=x, color=colour, tooltip=tips)
    even = canvas([{"times": 1}]).mark_rule(color=INK, strokeDash=[4, 4], opacity=0.7).encode(x="times:Q")
    plain = [{key: row[key] for key in ("key", "figure", "about")} for row in rows]
    return layered(even, disc, *captions(plain, y))
