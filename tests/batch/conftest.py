"""Small notebooks and plans, written where a test wants them."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from batch_support import BatchProcess, WriteNotebook, WritePlan, code

from slakit.kernels import forkserver


@pytest.fixture(scope="session")
def _server() -> Iterator[None]:
    close = forkserver.close_server
    yield
    close()


@pytest.fixture
def one_server(_server: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches of this process fork their kernels from one server: each would import the same for seconds."""
    monkeypatch.setattr(forkserver, "close_server", lambda: None)


@pytest.fixture
def write_notebook(tmp_path: Path) -> WriteNotebook:
    """Write a notebook of a parameters cell (unless None) and further cells; Markdown begins with a #."""

    def write(name: str, parameters: str | None, *sources: str) -> Path:
        cells = [] if parameters is None else [code(parameters, "parameters")]
        for number, source in enumerate(sources):
            prose = {"cell_type": "markdown", "id": f"m{number}", "metadata": {}, "source": source}
            cells.append(prose if source.startswith("#") else code(source))
        for number, cell in enumerate(cells):
            cell["id"] = f"cell{number}"
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
        path = tmp_path / name
        path.write_text(json.dumps(notebook), encoding="utf-8")
        return path

    return write


@pytest.fixture
def write_plan(tmp_path: Path) -> WritePlan:
    """Write a plan beside the notebooks; `format: 1` is put in front."""

    def write(text: str) -> Path:
        path = tmp_path / "plan.yaml"
        path.write_text("format: 1\n" + textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        return path

    return write


@pytest.fixture
def start_batch() -> Iterator[Callable[[Path, Path], BatchProcess]]:
    started: list[BatchProcess] = []

    def start(plan: Path, out: Path) -> BatchProcess:
        started.append(BatchProcess(plan, out))
        return started[-1]

    yield start
    for batch in started:
        if batch.process.poll() is None:
            batch.process.kill()
        batch.process.communicate()
