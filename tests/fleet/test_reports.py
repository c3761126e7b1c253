"""Reports made by a cluster: those of a batch on one machine, however it ends."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from batch_support import code
from cli_support import Run, run

from slakit.batch.manifest import Manifest, ReportRecord, read_manifest
from slakit.batch.plan import BatchPlan, read_plan
from slakit.batch.run import run_plan
from slakit.fleet.reports import reports_on
from slakit.problems import InputError

__all__ = ["run"]  # a fixture

if importlib.util.find_spec("distributed") is None and os.environ.get("CI") != "true":
    pytest.skip("a cluster needs Dask: pip install 'slakit[fleet]'", allow_module_level=True)

SHORT = "print(n)\nassert n != 2, 'two'"
ENDLESS = """
import os, pathlib, time
folder = pathlib.Path(mark)
if n >= 2:
    (folder / str(os.getpid())).touch()
    time.sleep(600)
"""
KILLS_ITS_WORKER = """
import os, pathlib, signal
if not (pathlib.Path(mark) / "killed").exists():
    (pathlib.Path(mark) / "killed").touch()
    server = pathlib.Path(f"/proc/{os.getppid()}/stat").read_text().rsplit(")", 1)[1].split()
    os.kill(int(server[1]), signal.SIGKILL)
"""


@contextmanager
def cluster(**how: Any) -> Iterator[Any]:
    """Start one worker process that makes two reports at a time."""
    import distributed

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        with distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, dashboard_address="127.0.0.1:0", memory_limit=0, **how
        ) as started:
            yield started


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    with cluster() as started:
        yield started.scheduler_address


@pytest.fixture
def planned(tmp_path: Path) -> Callable[..., BatchPlan]:
    """Write a plan of three reports of a notebook with one cell."""

    def write(cell: str, timeout: str = "15m") -> BatchPlan:
        (tmp_path / "mark").mkdir()
        parameters = f"n: int = 1\nmark: str = {str(tmp_path / 'mark')!r}"
        cells = [code(parameters, "parameters"), code(cell)]
        kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
        notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
        (tmp_path / "short.ipynb").write_text(json.dumps(notebook))
        reports = "[{name: 'r-{n}', notebook: short.ipynb, for_each: {n: [1, 2, 3]}}]"
        (tmp_path / "plan.yaml").write_text(f"format: 1\ntimeout: {timeout}\nreports: {reports}\n")
        return read_plan(tmp_path / "plan.yaml")

    return write


def made_on(scheduler: str, plan: BatchPlan, out: Path, progress: Any = None) -> Manifest:
    with reports_on(scheduler, plan, out) as executor:
        return run_plan(plan, out, executor=executor, progress=progress)


def statuses(out: Path) -> list[str]:
    return [entry.status for entry in read_manifest(out).reports]


def timeless(out: Path) -> dict[str, Any]:
    """Read a manifest without times, and the hashes of notebooks and pages that tell times."""
    found = json.loads((out / "manifest.json").read_text())
    for told in (found, *found["reports"]):
        for name in ("started", "finished", "seconds"):
            told.pop(name, None)
    return {**found, "reports": [{**told, "outputs": list(told["outputs"])} for told in found["reports"]]}


def kernels(folder: Path) -> list[int]:
    """List the kernels that live of those that left a mark."""
    return [int(mark.name) for mark in folder.iterdir() if Path(f"/proc/{mark.name}").exists()]


def refusal(called: Callable[[], object]) -> str:
    with pytest.raises(InputError) as refused:
        called()
    return str(refused.value)


def test_a_cluster_makes_the_reports_of_one_machine(
    run: Run, scheduler: str, planned: Callable[..., BatchPlan], tmp_path: Path
) -> None:
    plan = planned(SHORT)
    done = run("batch", str(plan.path), "--out", str(tmp_path / "far"), "--scheduler", scheduler)
    assert done.code == 3, done.err
    assert "2 of 3 reports are in" in done.out
    assert "failed r-2: AssertionError: two" in done.err
    run_plan(plan, tmp_path / "near")
    assert timeless(tmp_path / "far") == timeless(tmp_path / "near")
    assert statuses(tmp_path / "far") == ["ok", "failed", "ok"]
    assert {path.name for path in (tmp_path / "far").iterdir()} == {path.name for path in (tmp_path / "near").iterdir()}


def test_an_interrupted_batch_leaves_no_kernel_on_workers(
    scheduler: str, planned: Callable[..., BatchPlan], tmp_path: Path
) -> None:
    plan, out, mark = planned(ENDLESS), tmp_path / "out", tmp_path / "mark"

    def interrupt(entry: ReportRecord, _: Manifest) -> None:
        if entry.status == "ok":
            signal.setitimer(signal.ITIMER_REAL, 0.01)

    before = signal.signal(signal.SIGALRM, lambda *_: wait_then(lambda: os.kill(os.getpid(), signal.SIGINT), mark))
    try:
        manifest = made_on(scheduler, plan, out, interrupt)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert manifest.interrupted_by == "SIGINT"
    assert statuses(out) == ["ok", "interrupted", "interrupted"]
    assert list(mark.iterdir())
    assert kernels(mark) == []
    assert {path.name for path in out.iterdir()} == {"r-1.ipynb", "r-1.html", "index.html", "manifest.json"}


def wait_then(act: Callable[[], object], mark: Path) -> None:
    """Do something as soon as a kernel has left its mark."""
    deadline = time.monotonic() + 60
    while not list(mark.iterdir()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    act()


@pytest.mark.long
def test_a_report_may_not_run_for_longer_than_the_plan_says(
    scheduler: str, planned: Callable[..., BatchPlan], tmp_path: Path
) -> None:
    manifest = made_on(scheduler, planned(ENDLESS, "1s"), tmp_path / "out")
    assert statuses(tmp_path / "out")[1:] == ["failed", "failed"]
    assert "it ran for longer than 1s; to allow more, write timeout: in the plan" in str(manifest.reports[1].error)
    assert kernels(tmp_path / "mark") == []


@pytest.mark.long
def test_a_scheduler_that_goes_away_is_told_and_reports_that_are_done_stay(
    planned: Callable[..., BatchPlan], tmp_path: Path
) -> None:
    plan, out, mark = planned(ENDLESS), tmp_path / "out", tmp_path / "mark"
    with cluster(processes=False, protocol="tcp://", host="127.0.0.1") as ends:

        def end(entry: ReportRecord, _: Manifest) -> None:
            if entry.status == "ok":  # beside the batch, for it starts no other report before this returns
                threading.Thread(target=wait_then, args=(ends.close, mark)).start()

        said = refusal(lambda: made_on(ends.scheduler_address, plan, out, end))
    assert "the scheduler went away; start it again and give the same command: reports that are done stay" in said
    assert statuses(out) == ["ok", "interrupted", "interrupted"]
    assert {path.name for path in out.iterdir()} == {"r-1.ipynb", "r-1.html", "index.html", "manifest.json"}
    wait_until_none(mark)


def wait_until_none(mark: Path) -> None:
    deadline = time.monotonic() + 20
    while kernels(mark) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert kernels(mark) == []


@pytest.mark.long
def test_what_a_lost_worker_did_is_done_again(planned: Callable[..., BatchPlan], tmp_path: Path) -> None:
    with cluster() as started:
        made_on(started.scheduler_address, planned(KILLS_ITS_WORKER), tmp_path / "out")
    assert (tmp_path / "mark" / "killed").exists()
    assert statuses(tmp_path / "out") == ["ok", "ok", "ok"]


def test_a_worker_that_does_not_see_the_plan_is_refused(
    scheduler: str, planned: Callable[..., BatchPlan], tmp_path: Path
) -> None:
    plan = replace(planned(SHORT), path=tmp_path / "elsewhere" / "plan.yaml")
    said = refusal(lambda: made_on(scheduler, plan, tmp_path / "out"))
    assert f"does not see {plan.path}; keep plan, notebooks, evidence and reports where all workers see them" in said
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["batch", "assess"])
def test_without_dask_the_remedy_is_told_before_anything_is_shown(
    run: Run, command: str, planned: Callable[..., BatchPlan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    how = [str(planned(SHORT).path), "--out", str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"]
    if command == "assess":
        (tmp_path / "subscriptions.csv").write_text("subscription,policy\n")
        how = [str(tmp_path), *how[1:], "--period", "2026-06", "--as-of", "2026-08-05"]
        for name in ("plan.yaml", "short.ipynb"):
            (tmp_path / name).unlink()
    done = run(command, *how)
    assert done.code == 1
    assert " ".join(done.err.split()) == "slakit: fleet: 1 problem Dask: not installed; pip install 'slakit[fleet]'"
    assert not (tmp_path / "out").exists()
