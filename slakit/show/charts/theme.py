"""How charts look: colours that everyone can tell apart, and ink that is legible on light and on dark pages."""

from __future__ import annotations

from typing import Any

import altair as alt

# Okabe and Ito, Color Universal Design (2008). Their yellow and black are left out: one vanishes on white, one on dark.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, GREY = "#56B4E9", "#CC79A7", "#8A8F98"
COLOURS = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY]

INK = "currentColor"
"""The colour of the text around the chart, whatever the page: charts are drawn as SVG, which knows it."""
ON_COLOUR = "#10151B"
"""Ink on bars, whose colours are those of a light and of a dark page."""
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif'


@alt.theme.register("slakit", enable=True)
def slakit_theme() -> alt.theme.ThemeConfig:
    """The theme of all charts."""
    axis: Any = {
        "labelColor": INK, "titleColor": INK, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 500,
        "labelOpacity": 0.8, "titleOpacity": 0.8, "gridColor": INK, "gridOpacity": 0.12,
        "domain": False, "ticks": False, "labelPadding": 6, "titlePadding": 10,
    }  # fmt: skip
    title: Any = {
        "anchor": "start", "frame": "bounds", "color": INK, "fontSize": 16, "fontWeight": 600, "lineHeight": 20,
        "subtitleColor": INK, "subtitleFontSize": 12.5, "subtitleFontWeight": 400, "subtitleLineHeight": 17,
        "subtitlePadding": 6, "offset": 16,
    }  # fmt: skip
    legend: Any = {
        "orient": "top", "direction": "horizontal", "titleColor": INK, "labelColor": INK, "labelFontSize": 12,
        "titleFontSize": 12, "symbolStrokeWidth": 0, "labelLimit": 260, "columns": 3, "columnPadding": 14,
    }  # fmt: skip
    return {
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": {
            "background": "transparent",
            "font": FONT,
            "padding": {"left": 4, "right": 10, "top": 6, "bottom": 6},
            "view": {"stroke": None},
            "range": {"category": COLOURS},
            "axis": axis,
            "title": title,
            "legend": legend,
            "text": {"color": INK, "fontSize": 12},
            "rule": {"color": INK},
        },
    }
