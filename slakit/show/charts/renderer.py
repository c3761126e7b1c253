"""Charts that draw themselves without a network, wherever a notebook is shown: JupyterLab, Voila, HTML by nbconvert.

The libraries go into a notebook once, with its first chart; every further chart is a few kB.
"""

from __future__ import annotations

import contextlib
import html
import json
import uuid
from dataclasses import dataclass
from typing import Any

import altair as alt

from slakit.show.chart_libraries import library_element

CHART = """<div id="{id}" role="figure" style="width:100%;max-width:64rem"><p>{text}</p></div>
<script>(function(){{var slakit=window.slakit=window.slakit||{{charts:[]}};slakit.charts.push(["{id}",{spec},0]);
if(slakit.draw)slakit.draw()}})();</script>"""


@dataclass
class Carrier:
    """Where the libraries went: the cell, and the run of it.

    A cell that is run again loses its outputs, and gets the libraries anew.
    """

    cell: str | None = None
    run: str | None = None

    def needs_library(self) -> bool:
        """Return whether the chart that is being shown must bring the libraries along; it is then taken to do so."""
        cell, run = running_cell()
        again = cell is not None and cell == self.cell and run != self.run
        if self.run is not None and not again:
            return False
        self.cell, self.run = cell, run
        return True


def running_cell() -> tuple[str | None, str]:
    """Return the cell and message that the kernel is working on; JupyterLab names the cell, other programs do not."""
    from IPython.core.getipython import get_ipython

    message: Any = {}
    with contextlib.suppress(AttributeError):
        message = get_ipython().get_parent() or {}  # type: ignore[union-attr]
    return message.get("metadata", {}).get("cellId"), message.get("header", {}).get("msg_id", "")


carrier = Carrier()


def slakit_renderer(spec: dict[str, Any], **_: object) -> dict[str, str]:
    """Show a chart; its text comes along, for those who cannot see it and for pages that run no scripts."""
    text = spec.get("description") or "A chart"
    library = library_element() if carrier.needs_library() else ""
    drawn = CHART.format(id=f"slakit-{uuid.uuid4().hex}", text=html.escape(text), spec=script_json(spec))
    return {"text/html": library + drawn, "text/plain": text}


def script_json(value: object) -> str:
    """Write JSON that can stand inside a script element: nothing in it can end the element.

    >>> script_json({"name": "</script>"})
    '{"name":"\\\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


alt.renderers.register("slakit", slakit_renderer)
alt.renderers.enable("slakit")
