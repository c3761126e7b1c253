"""A widget that shows one chart after the other without a network, and gives files to the browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets

from slakit.show.chart_libraries import libraries
from slakit.show.charts.canvas import Drawing


class ChartSource(ipywidgets.Widget):  # type: ignore[misc]
    """What a chart view draws, and its messages: a plain model, which hears them however late the view loads.

    Attributes
    ----------
    spec
        The chart, as JSON of Vega-Lite.
    text
        What it shows, for those who cannot see it.
    """

    spec = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)


class ChartView(anywidget.AnyWidget):
    """A chart; the next one takes its place.

    Attributes
    ----------
    source
        The chart that is shown.
    on_copied
        Called when the browser has put text on the clipboard.
    """

    _esm = Path(__file__).with_name("chart_view.js")
    source = traitlets.Instance(ChartSource).tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(self) -> None:
        super().__init__(source=ChartSource())
        self.on_copied: Callable[[], None] = lambda: None
        self.source.on_msg(self._answer)
        self.layout.width = "100%"

    def show(self, chart: Drawing) -> None:
        """Show a chart."""
        drawn = chart.to_dict(validate=False)  # slakit makes its own charts, and this is 15 ms that a hand feels
        with self.source.hold_sync():
            self.source.text = str(drawn.get("description", ""))
            self.source.spec = json.dumps(drawn, allow_nan=False)

    def save(self, name: str, mime: str, content: bytes) -> None:
        """Let the browser save a file."""
        self.source.send({"type": "save", "name": name, "mime": mime}, buffers=[content])

    def print(self, page: str) -> None:
        """Let the browser print a page of HTML."""
        self.source.send({"type": "print", "page": page})

    def copy(self, text: str) -> None:
        """Put text on the clipboard."""
        self.source.send({"type": "copy", "text": text})

    def _answer(self, _: object, message: Any, __: object) -> None:
        """Send the libraries that draw charts to a page that has none yet; note what was copied."""
        asked = message.get("type") if isinstance(message, dict) else None
        if asked == "libraries":
            self.source.send({"type": "libraries"}, buffers=[libraries().encode()])
        if asked == "copied":
            self.on_copied()
