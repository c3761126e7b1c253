"""What all charts share: rows as data, titles that wrap, marks that say so when there is nothing to draw."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from zoneinfo import ZoneInfo

import altair as alt

from slakit.show.charts import renderer, theme

__all__ = ["Drawing", "canvas", "captions", "empty_chart", "finish", "layered", "renderer", "theme", "wall_clock"]

Drawing = alt.Chart | alt.LayerChart

TITLE_WIDTH, SUBTITLE_WIDTH = 60, 82
"""Where titles wrap, so that they fit half the width of a screen. [characters]"""


def canvas(rows: Iterable[Mapping[str, Any]]) -> alt.Chart:
    """Make a chart over rows of plain numbers and text. The caller turns decimals and instants into them."""
    data = alt.InlineData(values=())
    # Altair checks what is given at once, row by row, and copies lists several times for each layer: not what is set
    # afterwards, and no tuples.
    data.values = tuple(dict(row) for row in rows)
    return alt.Chart(data)


def layered(*charts: Drawing) -> alt.LayerChart:
    """Lay charts on top of each other."""
    return cast(alt.LayerChart, alt.layer(*charts))


def finish(chart: Drawing, title: str, subtitle: str, height: int) -> Drawing:
    """Give a new chart its finding as title and what is drawn as subtitle, both for a screen reader too, and a size."""
    lines = textwrap.wrap(title, TITLE_WIDTH, break_on_hyphens=False) or [""]
    below = textwrap.wrap(subtitle, SUBTITLE_WIDTH, break_on_hyphens=False)
    heading = alt.TitleParams(text=lines, subtitle=below)
    # Set in place, for a chart is new here, and one of layers copies all of them when it is copied.
    chart["width"], chart["height"] = "container", height
    chart["title"], chart["description"] = heading, f"{title}. {subtitle}"
    return chart


def empty_chart(title: str, message: str) -> Drawing:
    """Make a chart that says in words why there is nothing to draw."""
    said = canvas([{"text": textwrap.wrap(message, TITLE_WIDTH)}])
    mark = said.mark_text(align="left", fontSize=14, opacity=0.85, lineHeight=19)
    drawn = mark.encode(x=alt.value(0), y=alt.value(16), text=alt.Text("text:N"))
    return finish(drawn, title, "", 48).properties(description=f"{title}. {message}")


def captions(rows: Iterable[Mapping[str, Any]], y: alt.Y) -> list[alt.Chart]:
    """Write two lines of text above each bar, `figure` and `about`: they need no room beside the bars."""
    base = canvas(rows)
    figure = base.mark_text(align="left", dy=-13, fontSize=14, fontWeight=600, limit=640)
    about = base.mark_text(align="left", dy=4, fontSize=12, opacity=0.75, limit=640)
    return [
        mark.encode(y=y, x=alt.value(0), text=alt.Text(f"{text}:N"))
        for mark, text in ((figure, "figure"), (about, "about"))
    ]


def wall_clock(instant: datetime, zone: ZoneInfo) -> float:
    """Place an instant as the clock on the wall shows it, for an axis in UTC, whatever the reader's time zone. [ms]"""
    return instant.astimezone(zone).replace(tzinfo=UTC).timestamp() * 1000
