"""Charts that draw themselves without a network, wherever a notebook is shown: JupyterLab, Voila, HTML by nbconvert.

The libraries (Vega, 0.9 MB) go into a notebook once, with its first chart; every further chart is a few kB. They are
built by vl-convert, which takes a second or more, and then kept in the user's cache.
"""

from __future__ import annotations

import contextlib
import html
import json
import os
import uuid
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import altair as alt

from slakit._atomic import write_whole

# Charts wait in `slakit.charts` until the libraries are there and the page has given them a width; so the order in
# which a page runs its scripts does not matter.
LIBRARY = """<script>(function(){{var slakit=window.slakit=window.slakit||{{charts:[]}};
if(!slakit.embed){{{bundle}}}
var options={{mode:"vega-lite",renderer:"svg",actions:{{export:true,source:false,compiled:false,editor:false}}}};
slakit.draw=function(){{slakit.charts=slakit.charts.filter(function(chart){{
var box=document.getElementById(chart[0]);if(!box||!box.clientWidth)return chart[2]++<600;
slakit.embed(box,chart[1],options).catch(function(error){{
box.textContent="This chart cannot be drawn: "+error.message}});
return false}});if(slakit.charts.length)setTimeout(slakit.draw,100)}};slakit.draw()}})();</script>"""
CHART = """<div id="{id}" role="figure" style="width:100%;max-width:64rem"><p>{text}</p></div>
<script>(function(){{var slakit=window.slakit=window.slakit||{{charts:[]}};slakit.charts.push(["{id}",{spec},0]);
if(slakit.draw)slakit.draw()}})();</script>"""
VEGA_LITE = alt.SCHEMA_VERSION.removeprefix("v").rsplit(".", 1)[0]


# Titles were broken into lines for a page of some width; on a narrower one they are broken anew, or would be cut off.
EMBED = """;window.slakit.embed=function(box,spec,options){
var fit=function(lines,size){var most=Math.max(16,Math.floor(box.clientWidth/(size*0.6))),all=[].concat(lines||[]);
if(all.every(function(line){return line.length<=most}))return lines;
return all.join(" ").split(" ").reduce(function(rows,word){var last=rows[rows.length-1];
if(rows.length&&(last+" "+word).length<=most)rows[rows.length-1]=last+" "+word;else rows.push(word);return rows},[])};
var title=spec.title;if(title&&title.text)spec=Object.assign({},spec,{title:Object.assign({},title,
{text:fit(title.text,16),subtitle:fit(title.subtitle,12.5)})});
var width=box.clientWidth,config=spec.config||{};
if(width<560)spec=Object.assign({},spec,{config:Object.assign({},config,
{legend:Object.assign({},config.legend,{columns:width<400?1:2})})});
return window.vegaEmbed(box,spec,options)}"""


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
    library = LIBRARY.format(bundle=libraries()) if carrier.needs_library() else ""
    drawn = CHART.format(id=f"slakit-{uuid.uuid4().hex}", text=html.escape(text), spec=script_json(spec))
    return {"text/html": library + drawn, "text/plain": text}


def script_json(value: object) -> str:
    """Write JSON that can stand inside a script element: nothing in it can end the element.

    >>> script_json({"name": "</script>"})
    '{"name":"\\\\u003c/script>"}'
    """
    return json.dumps(value, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def libraries() -> str:
    """Return everything that draws, as one script; it leaves `slakit.embed` behind."""
    return vega_bundle() + EMBED


@lru_cache(maxsize=1)
def vega_bundle() -> str:
    """Return the libraries as one script, from the user's cache, or built and put there."""
    kept = cache_folder() / f"vega-{VEGA_LITE}-{version('vl-convert-python')}.js"
    with contextlib.suppress(OSError):
        return kept.read_text(encoding="utf-8")
    import vl_convert

    built = vl_convert.javascript_bundle(vl_version=VEGA_LITE)  # type: ignore[call-arg]
    built = built.replace("</script", "<\\/script")
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time and nothing else
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, built)
    return built


def cache_folder() -> Path:
    """Return where slakit keeps what it can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slakit"


alt.renderers.register("slakit", slakit_renderer)
alt.renderers.enable("slakit")
