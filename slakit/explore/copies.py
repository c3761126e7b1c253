"""Copies of notebooks, with their parameters, as Voila serves them. The notebooks themselves stay as they are."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup

from slakit.batch.page import prose, shown
from slakit.batch.papermill import load_notebook_node, parameterize_notebook
from slakit.explore.choice import Chosen

HEADING = re.compile(r"\s*#[ \t]+(.+?)[ \t]*(?:\n|$)")
KERNEL = {"name": "slakit", "display_name": "Python (slakit)", "language": "python"}


@dataclass(frozen=True)
class ServedPage:
    """A page that is served.

    Attributes
    ----------
    address
        Where, below `/explore/`.
    title
        The question that it answers: the first heading of the notebook.
    about
        The first sentence of its prose.
    copy
        The copy, below the served folder.
    home
        The folder of the notebook itself, in which its kernel works.
    """

    address: str
    title: str
    about: str
    copy: str
    home: Path


def write_copies(chosen: Iterable[Chosen], folder: Path) -> list[ServedPage]:
    """Write a copy of each notebook, in a folder of its own, and say where each is served."""
    chosen = list(chosen)
    pages: list[ServedPage] = []
    for number, each in enumerate(chosen, start=1):
        path = each.notebook.path
        taken = {page.address for page in pages}
        plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", path.stem)
        address = f"{plain}-{number}" if plain in taken else plain
        notebook = load_notebook_node(str(path))
        title = take_title(notebook) or path.stem
        about = first_sentence(notebook)
        prepare(notebook, each)
        notebook.metadata["title"] = title
        notebook.metadata["slakit"]["is_alone"] = len(chosen) == 1
        copy = folder / str(number) / f"{address}.ipynb"
        copy.parent.mkdir()
        nbformat.write(notebook, copy)  # type: ignore[no-untyped-call]
        pages.append(ServedPage(address, title, about, copy.relative_to(folder).as_posix(), path.parent))
    return pages


def take_title(notebook: Any) -> str:
    """Take the heading off the top of a notebook: it stands in the header of the page."""
    for cell in notebook.cells:
        heading = HEADING.match(cell.source) if cell.cell_type == "markdown" else None
        if heading:
            cell.source = cell.source[heading.end() :].lstrip("\n")
            return heading[1]
    return ""


def first_sentence(notebook: Any) -> str:
    """Give the first sentence of a notebook's prose, as plain text."""
    for cell in notebook.cells:
        for line in cell.source.splitlines() if cell.cell_type == "markdown" else ():
            if line.strip() and not line.startswith("#"):
                plain = Markup(prose(line)).striptags()
                return plain[: plain.find(". ") + 1] or plain
    return ""


def prepare(notebook: Any, chosen: Chosen) -> None:
    """Give a copy its parameters and its kernel, and list the parameters for the header of its page."""
    asked = chosen.notebook.parameters
    values = {name: chosen.parameters.get(name, parameter.default) for name, parameter in asked.items()}
    folder = chosen.notebook.path.parent
    if chosen.parameters:
        injected = parameterize_notebook(notebook, chosen.parameters, language="python", kernel_name="python3")
        notebook.cells = injected.cells
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata["slakit"] = {"parameters": [[name, shown(name, value, folder)] for name, value in values.items()]}
