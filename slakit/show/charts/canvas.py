"""What all charts share: titles that wrap, captions, words where there is nothing to draw."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from slakit.show.charts.vega import Drawing, Layer, Part, canvas, channel, composed, constant

TITLE_WIDTH, SUBTITLE_WIDTH = 60, 82
"""Where titles wrap, so that they fit half the width of a screen. [characters]"""


def finish(layers: Iterable[Layer], title: str, subtitle: str, height: int, **more: Any) -> Drawing:
    """Lay layers on top of each other, with the finding as title, what is drawn as subtitle, and a size.

    Parameters
    ----------
    layers
        From the lowest to the one on top.
    title, subtitle
        Text, also for a screen reader.
    height
        Of the chart. [pixels]
    more
        Other properties of the chart, as Vega-Lite names them.
    """
    lines = textwrap.wrap(title, TITLE_WIDTH, break_on_hyphens=False) or [""]
    below = textwrap.wrap(subtitle, SUBTITLE_WIDTH, break_on_hyphens=False)
    look = {"width": "container", "height": height, "title": {"text": lines, "subtitle": below}}
    return Drawing({**composed(layers), **look, "description": f"{title}. {subtitle}", **more})


def empty_chart(title: str, message: str) -> Drawing:
    """Make a chart that says in words why there is nothing to draw."""
    said = canvas([{"text": textwrap.wrap(message, TITLE_WIDTH)}])
    mark = said.mark("text", align="left", fontSize=14, opacity=0.85, lineHeight=19)
    drawn = mark.encode(x=constant(0), y=constant(16), text="text:N")
    return finish([drawn], title, "", 48, description=f"{title}. {message}")


def captions(rows: Iterable[Mapping[str, Any]], y: Part) -> list[Layer]:
    """Write two lines of text above each bar, `figure` and `about`: they need no room beside the bars."""
    base = canvas(rows)
    figure = base.mark("text", align="left", dy=-13, fontSize=14, fontWeight=600, limit=640)
    about = base.mark("text", align="left", dy=4, fontSize=12, opacity=0.75, limit=640)
    return [
        mark.encode(y=y, x=constant(0), text=channel(f"{text}:N"))
        for mark, text in ((figure, "figure"), (about, "about"))
    ]


def wall_clock(instant: datetime, zone: ZoneInfo) -> float:
    """Place an instant as the clock on the wall shows it, for an axis in UTC, whatever the reader's time zone. [ms]"""
    return instant.astimezone(zone).replace(tzinfo=UTC).timestamp() * 1000
