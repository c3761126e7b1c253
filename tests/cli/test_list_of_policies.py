"""The list of policies prints every id whole, however narrow the terminal is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from slakit.cli import policies as commands
from slakit.policy.files import library


@pytest.mark.parametrize("width", [20, 60, 200])
def test_ids_are_whole_at_any_width(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.StringIO()
    monkeypatch.setattr(commands, "stdout", lambda: Console(file=written, width=width))
    commands.policies(None, None, mechanics=False)
    printed = {line.split()[0] for line in written.getvalue().splitlines() if line.strip()}
    assert set(library()) <= printed
