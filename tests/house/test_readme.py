"""The README's Python runs, and what it shows of the command line is what the command line prints."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest
from cli_support import Run, run

__all__ = ["run"]  # a fixture

HOUSE = Path(__file__).parents[2]
README = (HOUSE / "README.md").read_text(encoding="utf-8")
SHELL = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(HOUSE)
    example = doctest.DocTestParser().get_doctest(README, {}, "README", "README.md", 0)
    assert example.examples, "the README shows Python"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    runner.run(example)
    assert runner.summarize(verbose=False).failed == 0


def shown() -> list[tuple[str, str]]:
    """Commands of the README that show their output."""
    found = []
    for block in SHELL.findall(README):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            if command.startswith("slakit ") and output.strip():
                found.append((command, output.rstrip()))
    return found


@pytest.mark.parametrize(("command", "output"), shown(), ids=[command for command, _ in shown()])
def test_commands_print_what_is_shown(
    command: str, output: str, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HOUSE)
    monkeypatch.setenv("NO_COLOR", "1")
    words = command.replace("/tmp/answer", str(tmp_path)).split()[1:]
    done = run(*words)
    lines = (done.out + done.err).replace(str(tmp_path), "/tmp/answer").splitlines()
    printed = [" ".join(line.split()) for line in lines]  # how wide a column is differs between versions of rich
    position = 0
    for line in (" ".join(line.split()) for line in output.splitlines()):
        if line == "...":
            continue
        assert line in printed[position:], f"{line!r} is not printed any more by {command}"
        position = printed.index(line, position) + 1
