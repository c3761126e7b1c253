"""What a batch does when its world is against it: full disks, endless reports, children that run away."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_support import BatchProcess, WriteNotebook, WritePlan

from slakit.batch import execution, manifest, run
from slakit.batch.manifest import read_manifest
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan
from slakit.problems import InputError

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
POLICY = """
format: 1
id: own
provider: Own
service: Hosting
source: {title: SLA, language: en, retrieved: 2026-11-21}
guarantees:
  - {id: web, metric: availability, target: 99.9, window: 1mo, clause: "1", credit: {flat: 5%, clause: "2"}}
"""
SUBSCRIPTIONS = "subscription,policy,monthly_fee,currency,starts\nshop,own.yaml,100,EUR,2026-01-01T00:00:00Z\n"

pytestmark = pytest.mark.usefixtures("one_server")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "subscriptions.csv").write_text(SUBSCRIPTIONS)
    (folder / "own.yaml").write_text(POLICY)
    return folder


@pytest.fixture
def of_evidence(write_notebook: WriteNotebook, write_plan: WritePlan) -> Path:
    write_notebook("review.ipynb", 'evidence: str = "evidence"\nsubscription: str = "shop"', "print(subscription)")
    return write_plan("reports: [{name: review, notebook: review.ipynb}]")


@pytest.mark.usefixtures("evidence")
def test_a_report_is_made_anew_when_a_policy_that_its_evidence_names_changes(of_evidence: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert [entry.status for entry in run_plan(read_plan(of_evidence), out).reports] == ["ok"]
    assert [entry.status for entry in run_plan(read_plan(of_evidence), out).reports] == ["skipped-unchanged"]
    policy = tmp_path / "evidence" / "own.yaml"
    policy.write_text(POLICY.replace("flat: 5%", "flat: 50%"))
    assert [entry.status for entry in run_plan(read_plan(of_evidence), out).reports] == ["ok"]


@pytest.mark.long
def test_a_policy_elsewhere_that_evidence_names_is_hashed_too(
    of_evidence: Path, evidence: Path, tmp_path: Path
) -> None:
    (evidence / "own.yaml").rename(tmp_path / "own.yaml")
    (evidence / "subscriptions.csv").write_text(SUBSCRIPTIONS.replace("own.yaml", "../own.yaml"))
    (report,) = read_plan(of_evidence).reports
    assert (tmp_path / "own.yaml").resolve() in report.inputs


def refusal_of(plan: Path) -> str:
    with pytest.raises(InputError) as refused:
        read_plan(plan)
    return str(refused.value)


@pytest.mark.usefixtures("evidence")
def test_a_subscription_that_is_not_in_the_evidence_is_refused_before_anything_runs(
    of_evidence: Path, write_plan: WritePlan
) -> None:
    plan = write_plan("reports: [{name: review, notebook: review.ipynb, parameters: {subscription: shopp}}]")
    told = refusal_of(plan)
    assert "parameters.subscription = shopp: not a subscription of the evidence; did you mean shop?" in told
    assert read_plan(write_plan("reports: [{name: review, notebook: review.ipynb}]"))
    assert of_evidence.exists()


def test_evidence_that_is_at_fault_is_refused_before_anything_runs(of_evidence: Path, evidence: Path) -> None:
    (evidence / "subscriptions.csv").write_text(SUBSCRIPTIONS.replace("EUR", "EURO"))
    assert "EURO" in refusal_of(of_evidence) or "ISO 4217" in refusal_of(of_evidence)


def test_plans_are_checked_as_policies_are(write_notebook: WriteNotebook, write_plan: WritePlan) -> None:
    from slakit.cli.policies import check_policy

    write_notebook("compare.ipynb", "plans: list[str] = []", "print(plans)")
    plan = write_plan(
        "reports: [{name: c, notebook: compare.ipynb, parameters: {plans: ['klikk:gold', 'klik', 'klikk:bronze']}}]"
    )
    with pytest.raises(InputError) as refused:
        read_plan(plan, check_policy=check_policy)
    assert [problem.value for problem in refused.value.problems] == ["klik", "klikk:bronze"]


@pytest.fixture
def three(write_notebook: WriteNotebook, write_plan: WritePlan) -> Path:
    write_notebook("n.ipynb", "n: int = 1", "print(n)")
    return write_plan("reports: [{name: 'n-{n}', notebook: n.ipynb, for_each: {n: [1, 2, 3]}}]")


def test_a_folder_that_is_a_file_is_refused_in_one_message(three: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    for out in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(InputError, match="is a file, not a folder; name a folder that can be written"):
            run_plan(read_plan(three), out)


@pytest.mark.long
def test_a_full_disk_is_one_message_a_true_record_and_a_finished_list(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    write = run.write_whole

    def with_little_room(path: Path, content: str | bytes) -> None:
        if path.name.startswith(("n-2", "n-3")):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        write(path, content)

    monkeypatch.setattr(run, "write_whole", with_little_room)
    with pytest.raises(InputError, match=r"No space left on device.*make room there"):
        run_plan(read_plan(three), out, workers=1)
    manifest = read_manifest(out)
    assert [entry.status for entry in manifest.reports] == ["ok", "failed", "interrupted"]
    assert manifest.finished is not None
    assert "No space left on device" in (out / "index.html").read_text()
    monkeypatch.setattr(run, "write_whole", write)
    again = run_plan(read_plan(three), out)
    assert [entry.status for entry in again.reports] == ["skipped-unchanged", "ok", "ok"]


@pytest.mark.long
def test_a_folder_that_vanishes_meanwhile_is_one_message(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    write_notebook("gone.ipynb", "n: int = 1", f"import shutil; shutil.rmtree({str(out)!r})")
    with pytest.raises(InputError, match="cannot be written"):
        run_plan(read_plan(write_plan("reports: [{name: gone, notebook: gone.ipynb}]")), out)


def test_a_disk_too_full_even_for_the_lock_is_one_message(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "ftruncate", full)
    monkeypatch.setattr(run, "write_whole", full)
    with pytest.raises(InputError, match=r"out: cannot be written \(No space left on device\); make room there"):
        run_plan(read_plan(three), tmp_path / "out")


@pytest.mark.long
def test_no_room_for_temporary_files_is_one_message_and_a_finished_list(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/elsewhere/slakit-1")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", full)
    with pytest.raises(InputError, match=r"/elsewhere/slakit-1: cannot be read or written \(No space left on device\)"):
        run_plan(read_plan(three), tmp_path / "out")
    assert read_manifest(tmp_path / "out").finished is not None
    assert (tmp_path / "out" / "index.html").is_file()


@pytest.mark.usefixtures("evidence")
def test_a_file_of_the_evidence_that_vanishes_is_named(
    of_evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = read_plan(of_evidence)
    gone = tmp_path / "evidence" / "own.yaml"

    def vanished(_: Path) -> str:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(gone))

    monkeypatch.setattr(manifest, "sha256", vanished)
    with pytest.raises(InputError, match=r"own.yaml: cannot be read or written \(No such file or directory\)"):
        run_plan(plan, tmp_path / "out")


def test_a_report_that_runs_for_too_long_is_ended(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    write_notebook("waits.ipynb", "n: int = 1", "import time\nif n == 1: time.sleep(600)")
    plan = write_plan("timeout: 2s\nreports: [{name: 'waits-{n}', notebook: waits.ipynb, for_each: {n: [1, 2]}}]")
    manifest = run_plan(read_plan(plan), tmp_path / "out")
    assert [entry.status for entry in manifest.reports] == ["failed", "ok"]
    assert "it ran for longer than 2s; to allow more, write timeout: in the plan" in str(manifest.reports[0].error)


@pytest.mark.parametrize("written", ["0m", "soon", "-5m", "1mo"])
def test_a_time_limit_that_is_none_is_refused(three: Path, write_plan: WritePlan, written: str) -> None:
    assert "timeout" in refusal_of(write_plan(three.read_text().replace("format: 1\n", f"timeout: {written}\n")))


@pytest.mark.long
def test_a_report_that_prints_without_end_is_ended(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execution, "MOST_OUTPUT", 1_000_000)
    write_notebook("prints.ipynb", "n: int = 1", "while True: print('x' * 10_000)")
    manifest = run_plan(read_plan(write_plan("reports: [{name: p, notebook: prints.ipynb}]")), tmp_path / "out")
    assert "it printed more than 1 million characters" in str(manifest.reports[0].error)
    assert (tmp_path / "out" / "p.html").stat().st_size < 5_000_000


RUNAWAY = """
import subprocess, pathlib
child = subprocess.Popen(["sh", "-c", "setsid sleep 600 & sleep 600"], start_new_session=True)
pathlib.Path(mark).write_text("")
if stays:
    while True: sum(range(1000))
"""


@on_linux
@pytest.mark.parametrize("stays", [False, True], ids=["when the report ends", "when the batch is killed"])
@pytest.mark.long
def test_a_child_that_leaves_its_process_group_ends_too(
    write_notebook: WriteNotebook,
    write_plan: WritePlan,
    tmp_path: Path,
    start_batch: Callable[[Path, Path], BatchProcess],
    stays: bool,
) -> None:
    mark = tmp_path / "started"
    write_notebook("away.ipynb", f"mark: str = {str(mark)!r}\nstays: bool = {stays}", RUNAWAY)
    batch = start_batch(write_plan("reports: [{name: away, notebook: away.ipynb}]"), tmp_path / "out")
    if stays:
        batch.wait_for(mark)
        time.sleep(0.2)
        batch.process.kill()
    batch.wait_until(lambda: batch.family() == [], seconds=20)


@on_linux
@pytest.mark.long
def test_a_batch_killed_outright_leaves_no_temporary_folder(
    write_notebook: WriteNotebook,
    write_plan: WritePlan,
    tmp_path: Path,
    start_batch: Callable[[Path, Path], BatchProcess],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    temporary = Path(tempfile.mkdtemp(prefix="s"))  # paths of sockets are short
    monkeypatch.setenv("TMPDIR", str(temporary))
    write_notebook("waits.ipynb", f"mark: str = {str(tmp_path / 'started')!r}", RUNAWAY.replace("if stays", "if True"))
    batch = start_batch(write_plan("reports: [{name: w, notebook: waits.ipynb}]"), tmp_path / "out")
    batch.wait_for(tmp_path / "started")
    assert list(temporary.glob("slakit-*"))
    os.kill(batch.process.pid, signal.SIGKILL)
    batch.wait_until(lambda: not list(temporary.glob("slakit-*")), seconds=20)
    shutil.rmtree(temporary)


@on_linux
@pytest.mark.parametrize("step", ["read_manifest", "write_index"])
def test_a_request_to_end_before_and_after_the_reports_leaves_a_finished_list(
    step: str, three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = getattr(run, step)

    def told_to_end(*given: object) -> object:
        os.kill(os.getpid(), signal.SIGTERM)
        return usual(*given)

    monkeypatch.setattr(run, step, told_to_end)
    assert run_plan(read_plan(three), tmp_path / "out").interrupted_by == "SIGTERM"
    assert read_manifest(tmp_path / "out").finished is not None
    assert (tmp_path / "out" / "index.html").is_file()
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]
