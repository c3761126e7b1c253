"""Full disks, closed pipes, narrow encodings and odd files: one message, and never a traceback."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from cli_support import Run

from slakit import cli

SUBSCRIPTIONS = "subscription,policy,monthly_fee,currency,starts\nshop,{},9,NOK,2026-01-01T00:00Z\n"


def ended_with(monkeypatch: pytest.MonkeyPatch, out: io.TextIOWrapper, *words: str) -> object:
    """Run a command whose answers go to a stream; returns its exit code."""
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.argv", ["slakit", *words])
    try:
        cli.main()
    except SystemExit as stop:
        return stop.code
    return 0


def test_a_full_disk_behind_the_answers_is_one_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    out = io.TextIOWrapper(Full(), encoding="utf-8", write_through=True)
    assert ended_with(monkeypatch, out, "show", "klikk") == 1
    assert capsys.readouterr().err == "slakit: No space left on device\n"


def test_nobody_who_reads_on_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.BytesIO):
        def write(self, _: object) -> int:
            raise BrokenPipeError

    out = io.TextIOWrapper(Gone(), encoding="utf-8", write_through=True)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert ended_with(monkeypatch, out, "show", "klikk") == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_that_knows_few_characters_shows_the_others_as_question_marks(
    encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.BytesIO()
    out = io.TextIOWrapper(shown, encoding=encoding, write_through=True)
    assert ended_with(monkeypatch, out, "show", "klikk") == 0
    assert b"99.95 %" in shown.getvalue()
    out.detach()


def test_a_folder_of_examples_may_hold_pipes_folders_and_links_to_nowhere(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.yaml").symlink_to("link.yaml")
    done = run("check", str(tmp_path))
    assert done.code == 1
    assert "no example file in it" in done.err


def test_a_notebook_of_a_plan_is_a_file(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    (tmp_path / "deep.ipynb").write_text("[" * 100_000)
    for name, wrong in {"pipe": "cannot be read (not a file)", "deep": "not a notebook"}.items():
        plan = tmp_path / "plan.yaml"
        plan.write_text(f"format: 1\nreports: [{{name: a, notebook: {name}.ipynb}}]\n")
        assert wrong in run("validate", str(plan)).err


@pytest.mark.parametrize("policy", ["x" * 5000 + ".yaml", "link.yaml", "/dev/zero", "/", "pipe.yaml"])
def test_a_policy_that_evidence_names_is_a_file(policy: str, run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "link.yaml").symlink_to("link.yaml")
    (tmp_path / "subscriptions.csv").write_text(SUBSCRIPTIONS.format(policy))
    done = run("validate", str(tmp_path))
    assert done.code == 1
    assert done.err.startswith("slakit: ")
