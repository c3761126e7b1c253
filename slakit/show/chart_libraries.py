"""The libraries that draw charts in a browser: Vega, 0.9 MB.

They are built by vl-convert, which takes a second or more, and then kept in the user's cache. A notebook that stands
alone carries them. The reports of a batch share one file of them, in the folder that `SLAKIT_ASSETS` names.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from slakit._atomic import write_whole

ASSETS = "SLAKIT_ASSETS"
"""Environment variable that names the folder, beside the reports, for what they share."""
ASSET = re.compile(r"\bcharts-[0-9a-f]{16}\.js\b")
"""Names of files that reports share."""

# Charts wait in `slakit.charts` until the libraries are there and the page has given them a width; so the order in
# which a page runs its scripts does not matter.
SCRIPT = """(function(){{var slakit=window.slakit=window.slakit||{{charts:[]}};
if(!slakit.embed){{{bundle}}}
var options={{mode:"vega-lite",renderer:"svg",actions:{{export:true,source:false,compiled:false,editor:false}}}};
slakit.draw=function(){{slakit.charts=slakit.charts.filter(function(chart){{
var box=document.getElementById(chart[0]);if(!box||!box.clientWidth)return chart[2]++<600;
slakit.embed(box,chart[1],options).then(function(){{var menu=box.querySelector("summary");
if(menu)menu.setAttribute("aria-label","Save this chart as a picture")}}).catch(function(error){{
box.textContent="This chart cannot be drawn: "+error.message}});
return false}});if(slakit.charts.length)setTimeout(slakit.draw,100)}};slakit.draw()}})();"""
# A notebook in Jupyter has another address than its folder has; a page that was moved alone says what it lacks.
LOADER = """<script>(function(){{var slakit=window.slakit=window.slakit||{{charts:[]}};
if(slakit.draw||slakit.asked)return;slakit.asked=true;
var inside=document.getElementById("jupyter-config-data")&&
location.pathname.match(/^(.*?\\/)(?:(?:lab|doc)(?:\\/workspaces\\/[^\\/]*)?\\/tree|notebooks)\\/(.*)$/);
var script=document.createElement("script");
script.src=(inside?inside[1]+"files/"+inside[2].replace(/[^\\/]*$/,""):"")+{source};
script.onerror=function(){{slakit.charts.forEach(function(chart){{
var box=document.getElementById(chart[0]),note=document.createElement("p");
note.textContent="The chart is not drawn: the file "+{source}+" is not beside this report.";
if(box)box.appendChild(note)}})}};
document.head.appendChild(script)}})();</script>"""

# Titles were broken into lines for a page of some width; on a narrower one they are broken anew, or would be cut off
# or stand below the menu.
EMBED = """;window.slakit.embed=function(box,spec,options){
var room=box.clientWidth-(options.actions?52:14);
var fit=function(lines,size){var most=Math.max(16,Math.floor(room/(size*0.6))),all=[].concat(lines||[]);
if(all.every(function(line){return line.length<=most}))return lines;
return all.join(" ").split(" ").reduce(function(rows,word){var last=rows[rows.length-1];
if(rows.length&&(last+" "+word).length<=most)rows[rows.length-1]=last+" "+word;else rows.push(word);return rows},[])};
var title=spec.title;if(title&&title.text)spec=Object.assign({},spec,{title:Object.assign({},title,
{text:fit(title.text,16),subtitle:fit(title.subtitle,12.5)})});
var width=box.clientWidth,config=spec.config||{};
if(width<560)spec=Object.assign({},spec,{config:Object.assign({},config,
{legend:Object.assign({},config.legend,{columns:width<400?1:2})})});
return window.vegaEmbed(box,spec,options)}"""


def library_element() -> str:
    """Return the element of a page that brings the libraries: with them in it, or with where the page finds them."""
    script = SCRIPT.format(bundle=libraries())
    if not (folder := os.environ.get(ASSETS)):
        return f"<script>{script}</script>"
    shared = Path(folder) / f"charts-{hashlib.sha256(script.encode()).hexdigest()[:16]}.js"
    shared.parent.mkdir(parents=True, exist_ok=True)
    if not shared.is_file() or shared.read_text(encoding="utf-8") != script:
        write_whole(shared, script)
    return LOADER.format(source=json.dumps(f"{shared.parent.name}/{shared.name}"))


def libraries() -> str:
    """Return everything that draws, as one script; it leaves `slakit.embed` behind."""
    return vega_bundle() + EMBED


@lru_cache(maxsize=1)
def vega_bundle() -> str:
    """Return the libraries as one script, from the user's cache, or built and put there."""
    vega_lite = vega_lite_version()
    kept = cache_folder() / f"vega-{vega_lite}-{version('vl-convert-python')}.js"
    with contextlib.suppress(OSError):
        return kept.read_text(encoding="utf-8")
    import vl_convert

    built = vl_convert.javascript_bundle(vl_version=vega_lite)  # type: ignore[call-arg]
    built = built.replace("</script", "<\\/script")
    with contextlib.suppress(OSError):  # a cache that cannot be written costs time and nothing else
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, built)
    return built


def vega_lite_version() -> str:
    """Return the version of Vega-Lite for which altair writes charts, like 6.1."""
    from altair import SCHEMA_VERSION

    return SCHEMA_VERSION.removeprefix("v").rsplit(".", 1)[0]


def cache_folder() -> Path:
    """Return where slakit keeps what it can make again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "slakit"
