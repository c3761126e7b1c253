"""The rules that the house keeps: style, types, layers, and what may stand at the top."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parents[2]


def passes(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_finds_nothing_to_mend() -> None:
    passes("ruff", "check", "--no-cache", ".")


def test_every_file_is_formatted() -> None:
    passes("ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.long
def test_types_hold_under_strict_mypy() -> None:
    passes("mypy")


def test_imports_run_one_way() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
        "--no-cache",
    ]
    done = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_top_level_holds_what_it_should_and_nothing_else() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=HOUSE, capture_output=True, text=True, check=False).stdout.split()
    if not listed:
        pytest.skip("not a git checkout")
    top = {Path(name).parts[0] for name in listed}
    allowed = {"pyproject.toml", "slakit", "notebooks", "tests", "data_samples", "README.md"}
    assert {name for name in top if not name.startswith(".")} <= allowed


def test_importing_slakit_imports_nothing_heavy() -> None:
    heavy = "{'polars', 'pydantic', 'altair', 'rich', 'typer', 'ruamel'}"
    code = f"import sys, slakit; sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_public_name_can_be_imported_and_says_what_it_is() -> None:
    import slakit

    for name in slakit.__all__:
        assert getattr(slakit, name).__doc__, name
    with pytest.raises(AttributeError, match="attribute nothing"):
        _ = slakit.nothing
