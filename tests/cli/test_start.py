"""Commands import what they need, and not what other commands need."""

from __future__ import annotations

import subprocess
import sys

import pytest

DRAWING = {"altair", "great_tables", "ipywidgets", "jinja2", "nbformat", "papermill", "vl_convert", "xlsxwriter"}
TABLES = {"polars", "holidays"}


@pytest.mark.parametrize(
    ("words", "foreign"),
    [
        (("--help",), DRAWING | TABLES | {"pydantic", "rich", "ruamel"}),
        (("show", "--help"), DRAWING | TABLES | {"rich", "ruamel"}),
        (("policies",), DRAWING | {"polars", "ruamel"}),
        (("show", "klikk"), DRAWING | TABLES | {"ruamel"}),
        (("budget", "klikk:gold", "--period", "2026-10"), DRAWING | {"ruamel", "holidays"}),
    ],
)
def test_a_command_imports_only_what_it_needs(words: tuple[str, ...], foreign: set[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "slakit", *words], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert imported & foreign == set()
