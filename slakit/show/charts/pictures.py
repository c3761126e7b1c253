"""Charts as files, for memos and slides: real ink on white paper, at a width of their own."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any, Literal

from slakit.arguments import write_named
from slakit.problems import InputError, Problem
from slakit.show.chart_libraries import vega_lite_version
from slakit.show.charts.canvas import Drawing
from slakit.show.charts.theme import INK

Kind = Literal["png", "svg"]
BLACK, WHITE = "#1B1F24", "#FFFFFF"
FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""Fonts that a drawing program can look up by name; a browser knows the font of the page, a file does not."""


def picture(chart: Drawing, kind: Kind, *, width: int = 760, scale: float = 2) -> bytes:
    """Draw a chart as a picture.

    Parameters
    ----------
    chart
        Of any of the functions that draw one.
    kind
        `png`, or `svg`, which also says in words what it shows.
    width
        Of the picture. [pixels of a screen]
    scale
        Pixels of a PNG for each of these: 2 is sharp on paper.

    Examples
    --------
    >>> from slakit import find_terms, window_budgets
    >>> from slakit.show import chart_budgets
    >>> drawn = picture(chart_budgets(window_budgets(find_terms(["wp-heaven"]), "2026-10")), "svg")
    >>> b"Downtime allowed: 3h43m30s at WP Heaven" in drawn
    True
    """
    import vl_convert

    spec = _inked(chart.to_dict())
    spec["config"] |= {"background": WHITE, "font": FONT}
    spec["width"] = width
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(spec, vl_version=vega_lite_version(), scale=scale))
    drawn = str(vl_convert.vegalite_to_svg(spec, vl_version=vega_lite_version()))
    title = f"<title>{html.escape(spec['description'])}</title>"
    return re.sub(r"(<svg\b[^>]*>)", lambda start: start[1] + title, drawn, count=1).encode()


def save_chart(chart: Drawing, path: str | Path, *, width: int = 760, scale: float = 2) -> None:
    """Write a chart as a picture, whole or not at all.

    Parameters
    ----------
    chart
        Of any of the functions that draw one.
    path
        Ends in `.png` or `.svg`. Its folder exists. A file of that name is replaced.
    width, scale
        As `picture` takes them.

    Raises
    ------
    InputError
        The path ends otherwise, or cannot be written.
    """
    path = Path(path)
    kinds: dict[str, Kind] = {".png": "png", ".svg": "svg"}
    if path.suffix.lower() not in kinds:
        remedy = "let the name end in .png or .svg"
        raise InputError("picture", [Problem("path", path.name, "not a picture that can be drawn", remedy)])
    drawn = picture(chart, kinds[path.suffix.lower()], width=width, scale=scale)
    write_named(path, drawn)


def _inked(part: Any) -> Any:
    """Put a colour in the place of the ink of the page."""
    if isinstance(part, dict):
        return {name: _inked(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_inked(value) for value in part]
    return BLACK if part == INK else part
