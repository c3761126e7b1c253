"""However a batch ends, nothing of it stays: no kernel, no server, no half-written file."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_support import BatchProcess, WriteNotebook, WritePlan
from effort import some_quick

from slakit.batch.manifest import read_manifest
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")

Start = Callable[[Path, Path], BatchProcess]

# A kernel that is deaf: it computes, with the interpreter's lock mostly held, and has a child of its own.
SLOW = """
import pathlib, subprocess, time
if n >= 2:
    subprocess.Popen(["sleep", "600"])
    pathlib.Path(mark).touch()
    while True: sum(range(1000))
"""


@pytest.fixture
def plan(write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path) -> Path:
    write_notebook("slow.ipynb", f"n: int = 1\nmark: str = {str(tmp_path / 'started')!r}", SLOW)
    return write_plan("reports: [{name: 'r-{n}', notebook: slow.ipynb, for_each: {n: [1, 2, 3, 4]}}]")


@pytest.mark.parametrize("name", some_quick(["SIGINT", "SIGTERM", "SIGHUP"], ["SIGINT"]))
def test_a_batch_told_to_stop_stops_and_says_so(plan: Path, tmp_path: Path, start_batch: Start, name: str) -> None:
    out = tmp_path / "out"
    batch = start_batch(plan, out)
    batch.wait_for(tmp_path / "started")
    batch.wait_until(lambda: "ok" in [entry.status for entry in read_manifest(out).reports])
    os.kill(batch.process.pid, signal.Signals[name])
    assert f"interrupted by {name}" in batch.end()
    assert batch.family() == []
    manifest = read_manifest(out)
    assert manifest.interrupted_by == name
    assert [entry.status for entry in manifest.reports] == ["ok", "interrupted", "interrupted", "interrupted"]
    assert {path.name for path in out.iterdir()} == {"r-1.ipynb", "r-1.html", "index.html", "manifest.json"}


def test_ctrl_c_in_the_terminal_reaches_everybody_and_harms_nobody(
    plan: Path, tmp_path: Path, start_batch: Start
) -> None:
    batch = start_batch(plan, tmp_path / "out")
    batch.wait_for(tmp_path / "started")
    os.killpg(batch.process.pid, signal.SIGINT)
    assert "interrupted by SIGINT" in batch.end()
    assert batch.family() == []


def test_a_batch_killed_outright_leaves_no_process_and_can_be_taken_up(
    plan: Path, tmp_path: Path, start_batch: Start
) -> None:
    out = tmp_path / "out"
    batch = start_batch(plan, out)
    batch.wait_for(tmp_path / "started")
    batch.wait_until(lambda: "ok" in [entry.status for entry in read_manifest(out).reports])
    batch.process.kill()
    batch.wait_until(lambda: batch.family() == [], seconds=10)
    assert json.loads((out / "manifest.json").read_text())["finished"] is None
    manifest = run_plan(read_plan(write_plan_of_one(plan)), out)
    assert [entry.status for entry in manifest.reports] == ["skipped-unchanged"]
    assert not [path for path in out.iterdir() if path.name.startswith(".")]


def write_plan_of_one(plan: Path) -> Path:
    plan.write_text(plan.read_text().replace("[1, 2, 3, 4]", "[1]"))
    return plan


@pytest.mark.long
def test_kernels_end_with_the_process_they_were_forked_from(plan: Path, tmp_path: Path, start_batch: Start) -> None:
    out = tmp_path / "out"
    batch = start_batch(plan, out)
    batch.wait_for(tmp_path / "started")
    servers = [pid for pid in batch.family() if b"preloaded" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(min(servers), signal.SIGKILL)  # forked kernels have the same command line and higher numbers
    batch.wait_until(lambda: "failed" in [entry.status for entry in read_manifest(out).reports])
    os.kill(batch.process.pid, signal.SIGTERM)
    batch.end()
    failed = [entry for entry in read_manifest(out).reports if entry.status == "failed"]
    assert "the kernel died" in str(failed[0].error)
