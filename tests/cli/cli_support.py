"""Running the command line inside a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from slakit import cli


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command line in this process."""
    monkeypatch.setenv("COLUMNS", "160")

    def run_words(*words: str) -> Done:
        monkeypatch.setattr("sys.argv", ["slakit", *words])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run_words
