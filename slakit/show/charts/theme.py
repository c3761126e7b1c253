"""How charts look: colours that everyone can tell apart, and ink that is legible on light and on dark pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import altair as alt

from slakit import locales

if TYPE_CHECKING:
    from babel import Locale

# Okabe and Ito, Color Universal Design (2008). Their yellow and black are not used: one vanishes on white, one on dark.
BLUE, ORANGE, GREEN, VERMILLION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
SKY, PURPLE, GREY, SLATE = "#56B4E9", "#CC79A7", "#8A8F98", "#666C78"
COLOURS = [BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, GREY]

INK = "currentColor"
"""The colour of the text around the chart, whatever the page: charts are drawn as SVG, which knows it."""
ON_COLOUR = "#10151B"
"""Ink on bars, whose colours are those of a light and of a dark page."""
TICK = "format(datum.value, '~f')"
"""The number at a tick, in a label that says more than the number."""
FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif'


@alt.theme.register("slakit", enable=True)
def slakit_theme() -> alt.theme.ThemeConfig:
    """Return the theme of all charts."""
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
            **({"locale": locale_config(locales.chosen)} if locales.chosen else {}),
        },
    }


# Letters of Unicode CLDR that stand for a part of a date, as d3 writes them.
D3 = {
    "y": "%Y", "M": "%-m", "MM": "%m", "MMM": "%b", "MMMM": "%B", "d": "%-d", "dd": "%d", "E": "%a", "EEEE": "%A",
    "H": "%-H", "HH": "%H", "h": "%-I", "hh": "%I", "mm": "%M", "ss": "%S", "a": "%p",
}  # fmt: skip


def day_format() -> str:
    """Return how an axis writes a day of a year that is named elsewhere."""
    return _d3(locales.chosen.datetime_skeletons["MMMd"].pattern) if locales.chosen else "%-d %b"


def locale_config(locale: Locale) -> Any:
    """Return numbers and dates of a locale, as Vega takes them from d3."""
    from babel.numbers import get_decimal_symbol, get_group_symbol, get_minus_sign_symbol

    numbers = {
        "decimal": get_decimal_symbol(locale), "thousands": get_group_symbol(locale), "grouping": [3],
        "currency": ["", ""], "percent": locale.percent_formats[None].suffix[0] or "%",
        "minus": get_minus_sign_symbol(locale),
    }  # fmt: skip
    day, time = locale.date_formats["medium"].pattern, locale.time_formats["medium"].pattern
    sunday_first = [6, 0, 1, 2, 3, 4, 5]
    times = {
        "dateTime": "%x %X", "date": _d3(day), "time": _d3(time), "periods": ["AM", "PM"],
        "days": [locale.days["format"]["wide"][number] for number in sunday_first],
        "shortDays": [locale.days["format"]["abbreviated"][number] for number in sunday_first],
        "months": [locale.months["format"]["wide"][number] for number in range(1, 13)],
        "shortMonths": [locale.months["format"]["abbreviated"][number] for number in range(1, 13)],
    }  # fmt: skip
    return {"number": numbers, "time": times}


def _d3(pattern: str) -> str:
    """Write a pattern of Unicode CLDR in the letters of d3."""
    pieces = re.findall(r"'([^']*)'|(([A-Za-z])\3*)|([^A-Za-z']+)", pattern)
    return "".join(D3.get(letters.replace("L", "M"), "") or quoted or other for quoted, letters, _, other in pieces)
