"""A widget that shows one chart after the other without a network, and gives files to the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from slakit.show.chart_libraries import libraries
from slakit.show.charts.canvas import Drawing


class ChartView(anywidget.AnyWidget):
    """A chart; the next one takes its place.

    Attributes
    ----------
    spec
        The chart, as JSON of Vega-Lite.
    text
        What it shows, for those who cannot see it.
    on_copied
        Called when the browser has put text on the clipboard.
    """

    _esm = Path(__file__).with_name("chart_view.js")
    spec = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        super().__init__()
        self.on_copied: Callable[[], None] = lambda: None
        self.on_msg(self._answer)
        self.layout.width = "100%"

    def show(self, chart: Drawing) -> None:
        """Show a chart."""
        drawn = chart.to_dict(validate=False)  # slakit makes its own charts, and this is 15 ms that a hand feels
        with self.hold_sync():
            self.text = str(drawn.get("description", ""))
            self.spec = json.dumps(drawn, allow_nan=False)

    def save(self, name: str, mime: str, content: bytes) -> None:
        """Let the browser save a file."""
        self.send({"type": "save", "name": name, "mime": mime}, buffers=[content])

    def copy(self, text: str) -> None:
        """Put text on the clipboard."""
        self.send({"type": "copy", "text": text})

    def _answer(self, _: object, message: Any, __: object) -> None:
        """Send the libraries that draw charts to a page that has none yet; note what was copied."""
        asked = message.get("type") if isinstance(message, dict) else None
        if asked == "libraries":
            self.send({"type": "libraries"}, buffers=[libraries().encode()])
        if asked == "copied":
            self.on_copied()
