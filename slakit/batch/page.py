"""A report as one page that opens from disk, without a network and without any program but a browser.

Text is escaped by the template, whatever it says. Only what a notebook shows as HTML is taken as HTML.
"""

from __future__ import annotations

import base64
import functools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import mistune
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters.html import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]

from slakit.batch.parameters import parameters_of
from slakit.batch.plan import PlannedReport
from slakit.batch.report_checks import is_path

REPORT_TEMPLATES = Path(__file__).parent / "templates"
HEADLINE = "application/vnd.slakit.headline+json"
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
INVISIBLE = re.compile(r"<(script|style)\b.*?</\1\s*>|<!--.*?-->|\s+", re.DOTALL | re.IGNORECASE)
NO_MARKUP = Markup()
NOT_SHOWN = {"injected-parameters", "papermill-error-cell-tag"}


@dataclass(frozen=True)
class ReportPage:
    """What stands around the outputs of a notebook."""

    report: PlannedReport
    title: str
    error: str | None = None
    made: datetime | None = None
    batch: str = ""


@dataclass(frozen=True)
class PagePart:
    """A piece of a page: `markup` is HTML, `text` and `label` are text."""

    kind: str
    text: str = ""
    label: str = ""
    markup: Markup = NO_MARKUP


@functools.cache
def templates() -> Environment:
    """Give the templates; they escape all that is not marked as HTML."""
    environment = Environment(
        loader=FileSystemLoader(REPORT_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["filename"] = lambda path: Path(path).name
    return environment


@functools.cache
def style(*names: str) -> Markup:
    """Give style sheets, ready to stand in a page."""
    return Markup("\n".join((REPORT_TEMPLATES / name).read_text(encoding="utf-8") for name in names))


def when(instant: datetime | None) -> str:
    """Print an instant for readers."""
    return f"{instant.day} {instant:%B %Y, %H:%M} UTC" if instant else ""


def shown(name: str, value: Any, folder: Path) -> str:
    """Print the value of a parameter: paths as they would be written in `folder`, lists with commas."""
    if isinstance(value, list):
        return ", ".join(shown(name, item, folder) for item in value)
    if value is None:
        return "–"
    if is_path(name) and Path(str(value)).is_absolute():
        return os.path.relpath(value, folder)
    return str(value)


def report_page(page: ReportPage, cells: Iterable[Mapping[str, Any]]) -> str:
    """Draw the page of a report."""
    cells = [cell for cell in cells if not NOT_SHOWN & set(cell["metadata"].get("tags", ()))]
    asked = parameters_of(cells) or {}
    values = {name: page.report.parameters.get(name, parameter.default) for name, parameter in asked.items()}
    folder = page.report.notebook.parent
    parts = list(page_parts(cells))
    if parts and parts[0].kind == "prose":
        # The heading that stands at the top of the page already is dropped.
        heading = re.match(r"\s*<h1>(.*?)</h1>\s*", parts[0].markup, re.DOTALL)
        if heading and Markup(heading[1]).striptags() == Markup(prose(page.title)).striptags():
            parts[0] = PagePart("prose", markup=Markup(parts[0].markup[heading.end() :]))
    template = templates().get_template("report.html.j2")
    return template.render(
        page=page,
        css=style("page.css", "report.css"),
        when=when(page.made),
        parameters=[(name, shown(name, value, folder)) for name, value in values.items()],
        parts=parts,
    )


def page_parts(cells: Iterable[Mapping[str, Any]]) -> Iterator[PagePart]:
    """Turn the cells of a notebook into parts of a page."""
    for cell in cells:
        if cell["cell_type"] == "markdown":
            yield PagePart("prose", markup=prose(cell["source"]))
        elif cell["cell_type"] == "code":
            if cell["source"].strip():
                yield PagePart("source", markup=source(cell["source"]))
            for output in _joined(cell["outputs"]):
                yield from part_of(output)


def part_of(output: Mapping[str, Any]) -> Iterator[PagePart]:
    """Turn one output into a part of a page; nothing if there is nothing to see."""
    if output["output_type"] == "stream":
        yield PagePart("text", text=strip_colours(output["text"]))
    elif output["output_type"] == "error":
        trace = strip_colours("\n".join(output["traceback"]))
        yield PagePart("error", text=trace, label=strip_colours(f"{output['ename']}: {output['evalue']}"))
    else:
        # Among the forms of one output, the one that says most on a page.
        contents, metadata = output["data"], output.get("metadata", {})
        image = next((kind for kind in ("image/svg+xml", "image/png", "image/jpeg") if kind in contents), None)
        if "text/html" in contents:
            html = contents["text/html"]
            yield PagePart("html" if INVISIBLE.sub("", html) else "script", markup=Markup(html))
        elif image is not None:
            content = contents[image]
            # Written into its own address: as an image, an SVG cannot run scripts.
            is_text = image == "image/svg+xml"
            encoded = base64.b64encode(content.encode()).decode() if is_text else "".join(content.split())
            label = str(metadata.get(image, {}).get("alt", ""))
            yield PagePart("image", text=f"data:{image};base64,{encoded}", label=label)
        elif "text/markdown" in contents:
            yield PagePart("prose", markup=prose(strip_colours(contents["text/markdown"]), trusted=False))
        elif "text/plain" in contents and HEADLINE not in contents:
            yield PagePart("text", text=strip_colours(contents["text/plain"]))


def _joined(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Join what was printed in pieces."""
    printed: dict[str, Any] | None = None
    for output in outputs:
        if output["output_type"] == "stream" and printed and printed["name"] == output["name"]:
            printed["text"] += output["text"]
            continue
        if printed:
            yield printed
        printed = dict(output) if output["output_type"] == "stream" else None
        if printed is None:
            yield output
    if printed:
        yield printed


def strip_colours(text: str) -> str:
    """Take terminal colours out of a text."""
    return ANSI.sub("", text)


def prose(text: str, *, trusted: bool = True) -> Markup:
    """Turn Markdown into HTML; HTML inside it is kept only if the author of the notebook wrote it."""
    return Markup(_markdown(not trusted)(text))


@functools.cache
def _markdown(escape: bool) -> Any:
    return mistune.create_markdown(escape=escape, plugins=["table", "strikethrough", "footnotes"])


def source(code: str) -> Markup:
    """Colour Python code."""
    return Markup(highlight(code, PythonLexer(), HtmlFormatter(nowrap=True)))
