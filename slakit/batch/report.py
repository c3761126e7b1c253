"""One report: a notebook run with Papermill, what it says for the list of reports, and its page."""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from jupyter_core.utils import ensure_event_loop
from nbformat import NotebookNode
from pydantic import ValidationError

from slakit.batch.engine import SlakitEngine
from slakit.batch.execution import Session
from slakit.batch.index import overview_in
from slakit.batch.manifest import Headline, Manifest
from slakit.batch.page import HEADLINE, ReportPage, report_page, strip_colours
from slakit.batch.papermill import PapermillExecutionError, execute_notebook, papermill_engines
from slakit.batch.plan import PlannedReport
from slakit.problems import printable
from slakit.show.chart_libraries import ASSET, ASSETS

LONGEST_ERROR = 2_000

papermill_engines.register("slakit", SlakitEngine)
# It cannot read annotations like `str | None` and then warns of parameters that exist; the engine checks.
# What goes wrong in a run stands in its report.
logging.getLogger("papermill").setLevel(logging.CRITICAL)

__all__ = ["ReportOutcome", "Session", "make_report"]


@dataclass
class ReportOutcome:
    """How a report came out.

    Attributes
    ----------
    error
        The first error, as text.
    files
        What to write, by name.
    assets
        Files that the page shares with other reports, by name.
    has_overview
        Whether the notebook shows an overview.
    """

    error: str | None = None
    title: str = ""
    headlines: list[Headline] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    assets: list[str] = field(default_factory=list)
    has_overview: bool = False


def make_report(
    report: PlannedReport, manifest: Manifest, environment: dict[str, str], session: Session
) -> ReportOutcome:
    """Run a notebook and draw its page; if it failed, the page shows the outputs so far and the error."""
    with event_loop():
        error = run_notebook(report, environment, session)
    notebook = session.notebook
    if notebook is None:
        return ReportOutcome(error=error)
    notebook.metadata.papermill["input_path"] = report.notebook.name
    notebook.metadata.papermill["output_path"] = f"{report.name}.ipynb"
    title = title_of(notebook) or report.name
    headlines = list(headlines_in(notebook))
    page = report_page(ReportPage(report, title, error, manifest.started, manifest.title), notebook.cells)
    written = str(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    folder = Path(environment[ASSETS])
    assets = [f"{folder.name}/{name}" for name in sorted(set(ASSET.findall(page))) if (folder / name).is_file()]
    files = {f"{report.name}.ipynb": written, f"{report.name}.html": page}
    has_overview = overview_in(notebook) is not None
    return ReportOutcome(error, title, headlines, files, assets if environment[ASSETS] else [], has_overview)


@contextlib.contextmanager
def event_loop() -> Iterator[None]:
    """Give this thread an event loop for a while; nbclient would make one and leave it open."""
    loop = ensure_event_loop()
    try:
        yield
    finally:
        loop.close()


def run_notebook(report: PlannedReport, environment: dict[str, str], session: Session) -> str | None:
    """Run a notebook in a kernel of its own; returns the first error, if there was one."""
    try:
        execute_notebook(
            str(report.notebook).replace("{", "{{").replace("}", "}}"),  # Papermill fills braces in paths
            None,  # the file is written whole, at the end
            report.parameters,
            engine_name="slakit",
            kernel_name="slakit",
            language="python",
            progress_bar=False,
            session=session,
            launch={"cwd": str(report.notebook.parent), "env": os.environ | environment},
        )
    except PapermillExecutionError as error:
        return first_error(error.ename, error.evalue)
    except Exception as error:  # whatever is wrong with one report, it is that report's failure
        return first_error(type(error).__name__, str(error))
    if session.notebook is not None and session.notebook.metadata.papermill.get("exception"):
        return "SystemExit: the notebook ended itself before its last cell"
    return None


def first_error(name: str, text: str) -> str:
    """Print an error without terminal colours, cut if it is endless."""
    text = printable(strip_colours(f"{name}: {text}".strip()))
    return text if len(text) <= LONGEST_ERROR else f"{text[:LONGEST_ERROR]}…"


def title_of(notebook: NotebookNode) -> str:
    """Give the first heading of a notebook."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.startswith("# "):
                return str(line[2:].strip())
    return ""


def headlines_in(notebook: NotebookNode) -> Iterator[Headline]:
    """Find the figures that a notebook asks to be shown in the list of reports."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            found: Any = output.get("data", {}).get(HEADLINE)
            try:
                if found is not None:
                    yield Headline.model_validate(json.loads(found) if isinstance(found, str) else found)
            except (ValidationError, ValueError):
                continue  # a figure that is not of the form is not worth the report
