"""Reports run apart from each other, only when something changed, and are never half there."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import nbformat
import pytest
from batch_support import WriteNotebook, WritePlan

from slakit._atomic import UNFINISHED
from slakit.batch.folder import LOCK, locked
from slakit.batch.manifest import Manifest, read_manifest
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan
from slakit.problems import InputError

pytestmark = pytest.mark.usefixtures("one_server")
needs_fork = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")

HEADLINE = """
from IPython.display import display
mime = "application/vnd.slakit.headline+json"
display({mime: {"label": "Owed", "value": f"{amount} EUR", "note": "by <b>Monday</b>"}}, raw=True)
display({mime: {"label": "no value"}}, raw=True)
"""


def statuses(manifest: Manifest) -> dict[str, str]:
    return {entry.name: entry.status for entry in manifest.reports}


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def test_a_batch_writes_notebooks_pages_a_list_and_a_record(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    write_notebook(
        "owed.ipynb", "amount: int = 1  # how much", "# What is owed\n\nText.", HEADLINE, "print(amount * 2)"
    )
    plan = read_plan(write_plan("reports: [{name: 'owed-{amount}', notebook: owed.ipynb, for_each: {amount: [5, 7]}}]"))
    out = tmp_path / "out"
    seen: list[tuple[str, str]] = []
    manifest = run_plan(plan, out, progress=lambda entry, _: seen.append((entry.name, entry.status)))

    assert statuses(manifest) == {"owed-5": "ok", "owed-7": "ok"}
    assert sorted(seen) == [(n, s) for n in ("owed-5", "owed-7") for s in ("ok", "running")]
    written = {path.name for path in out.iterdir()}
    assert written == {
        "owed-5.ipynb",
        "owed-5.html",
        "owed-7.ipynb",
        "owed-7.html",
        "index.html",
        "manifest.json",
    }
    assert read_manifest(out) == manifest

    entry = manifest.reports[1]
    assert entry.title == "What is owed"
    assert [(h.label, h.value, h.note) for h in entry.headlines] == [("Owed", "7 EUR", "by <b>Monday</b>")]
    assert "14" in (out / "owed-7.html").read_text()
    notebook = nbformat.read(out / "owed-7.ipynb", as_version=4)
    assert notebook.metadata.papermill.parameters == {"amount": 7}
    assert notebook.metadata.papermill.output_path == "owed-7.ipynb"
    assert notebook.cells[-1].metadata.papermill.status == "completed"


def test_one_failure_does_not_stop_the_others(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    write_notebook("divide.ipynb", "by: int = 1", "print('before')", "1 / by", "print('after')")
    plan = read_plan(write_plan("reports: [{name: 'by-{by}', notebook: divide.ipynb, for_each: {by: [0, 1, 2]}}]"))
    manifest = run_plan(plan, tmp_path / "out", workers=1)
    assert statuses(manifest) == {"by-0": "failed", "by-1": "ok", "by-2": "ok"}
    assert manifest.reports[0].error == "ZeroDivisionError: division by zero"
    page = (tmp_path / "out" / "by-0.html").read_text()
    assert "not complete" in page
    assert "before" in page
    index = (tmp_path / "out" / "index.html").read_text()
    assert "One report failed" in index
    assert "ZeroDivisionError: division by zero" in index


EARLY_ENDS = {
    "killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "the kernel died of SIGKILL"),
    "crashed": ("import os; os.abort()", "the kernel died of SIGABRT"),
    "left by its back door": ("import os; os._exit(3)", "the kernel died with exit code 3"),
    "left politely": (
        "import sys; sys.exit(0)",
        "SystemExit: the notebook ended itself before its last cell",
    ),
}


@needs_fork
@pytest.mark.parametrize(("source", "error"), EARLY_ENDS.values(), ids=EARLY_ENDS)
def test_a_kernel_that_ended_early_is_a_failure(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path, source: str, error: str
) -> None:
    write_notebook("dies.ipynb", "x: int = 1", source, "print('never')")
    manifest = run_plan(read_plan(write_plan("reports: [{name: dies, notebook: dies.ipynb}]")), tmp_path / "out")
    assert statuses(manifest) == {"dies": "failed"}
    assert error in str(manifest.reports[0].error)
    notebook = nbformat.read(tmp_path / "out" / "dies.ipynb", as_version=4)
    assert notebook.metadata.papermill.exception is True
    by_source = {cell.source: cell.metadata.get("papermill", {}).get("status") for cell in notebook.cells}
    assert by_source[source] == "failed"
    assert by_source["print('never')"] == "pending"


def test_only_what_changed_runs_again(write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path) -> None:
    data = tmp_path / "samples"
    data.mkdir()
    (data / "outages.csv").write_text("1")
    write_notebook("a.ipynb", "n: int = 1\nevidence: str = 'samples'", "n")
    write_notebook("b.ipynb", "n: int = 1", "n")
    text = "reports: [{name: a, notebook: a.ipynb}, {name: b, notebook: b.ipynb}]"
    path, out = write_plan(text), tmp_path / "out"
    unchanged = "skipped-unchanged"

    def again(**kwargs: bool) -> list[str]:
        return list(statuses(run_plan(read_plan(path), out, **kwargs)).values())  # type: ignore[arg-type]

    assert again() == ["ok", "ok"]
    assert again() == [unchanged, unchanged]
    assert again() == [unchanged, unchanged]
    assert run_plan(read_plan(path), out).reports[0].seconds is not None
    (data / "outages.csv").write_text("2")
    assert again() == ["ok", unchanged]
    write_notebook("b.ipynb", "n: int = 1", "n + 1")
    assert again() == [unchanged, "ok"]
    write_plan(text.replace("notebook: b.ipynb", "notebook: b.ipynb, parameters: {n: 2}"))
    assert again() == [unchanged, "ok"]
    (out / "a.html").unlink()
    assert again() == ["ok", unchanged]
    (out / "b.ipynb").write_text("touched by hand")
    assert again() == [unchanged, "ok"]
    assert again(force=True) == ["ok", "ok"]


@pytest.mark.long
def test_a_report_that_failed_runs_again(write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path) -> None:
    marker = tmp_path / "there"
    write_notebook("a.ipynb", "n: int = 1", f"open({str(marker)!r}).close()")
    plan = read_plan(write_plan("reports: [{name: a, notebook: a.ipynb}]"))
    assert statuses(run_plan(plan, tmp_path / "out")) == {"a": "failed"}
    marker.touch()
    assert statuses(run_plan(plan, tmp_path / "out")) == {"a": "ok"}


@pytest.mark.long
def test_a_file_that_changed_while_it_was_read_is_read_again_next_time(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    file = tmp_path / "in.csv"
    file.write_text("old")
    write_notebook("a.ipynb", "in_file: str = ''", "open(in_file, 'a').write('more')")
    plan = read_plan(write_plan("reports: [{name: a, notebook: a.ipynb, parameters: {in_file: in.csv}}]"))
    assert statuses(run_plan(plan, tmp_path / "out")) == {"a": "ok"}
    assert statuses(run_plan(plan, tmp_path / "out")) == {"a": "ok"}


def test_every_report_runs_in_a_process_and_folder_of_its_own(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    source = "import builtins, os; assert not hasattr(builtins, 'leak'); builtins.leak = 1"
    source += "; print(os.getpid(), os.getcwd())"
    write_notebook("a.ipynb", "n: int = 1", source)
    plan = read_plan(write_plan("reports: [{name: 'a-{n}', notebook: a.ipynb, for_each: {n: [1, 2, 3, 4]}}]"))
    before = Path.cwd()
    assert set(statuses(run_plan(plan, tmp_path / "out")).values()) == {"ok"}
    assert Path.cwd() == before
    printed = set()
    for path in (tmp_path / "out").glob("a-*.ipynb"):
        pid, folder = nbformat.read(path, as_version=4).cells[-1].outputs[0].text.split()
        printed.add(pid)
        assert folder == str(tmp_path)
    assert len(printed) == 4


@pytest.mark.long
def test_polars_works_in_forked_kernels_that_run_at_once(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    source = "import polars as pl\nframe = pl.DataFrame({'a': range(10_000)}).with_columns(b=pl.col('a') % 7)"
    write_notebook("a.ipynb", "n: int = 1", source, "frame.group_by('b').agg(pl.col('a').sum()).sort('b')")
    plan = read_plan(write_plan("reports: [{name: 'a-{n}', notebook: a.ipynb, for_each: {n: [1, 2, 3, 4, 5, 6]}}]"))
    assert set(statuses(run_plan(plan, tmp_path / "out", workers=6)).values()) == {"ok"}


def test_what_a_notebook_registers_for_its_end_is_run(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    mark = tmp_path / "left"
    write_notebook(
        "a.ipynb", "n: int = 1", f"import atexit, pathlib; atexit.register(pathlib.Path({str(mark)!r}).touch)"
    )
    run_plan(read_plan(write_plan("reports: [{name: a, notebook: a.ipynb}]")), tmp_path / "out")
    assert mark.exists()


HOSTILE = "'\"\\\n\t</script><script>alert(1)</script>{{7*7}}\u2028é"


def test_hostile_parameters_arrive_as_they_are_and_show_as_text(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    write_notebook("a.ipynb", "text: str = ''", "print(ascii(text))", "raise ValueError(text)")
    quoted = json.dumps(HOSTILE)
    path = write_plan(f"title: {quoted}\nreports: [{{name: a, notebook: a.ipynb, parameters: {{text: {quoted}}}}}]")
    manifest = run_plan(read_plan(path), tmp_path / "out")
    notebook = nbformat.read(tmp_path / "out" / "a.ipynb", as_version=4)
    printed = [cell.outputs[0].text for cell in notebook.cells if cell.source == "print(ascii(text))"]
    assert printed == [ascii(HOSTILE) + "\n"]
    assert "alert(1)" in str(manifest.reports[0].error)
    for name in ("a.html", "index.html"):
        page = (tmp_path / "out" / name).read_text()
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.long
def test_two_batches_cannot_write_the_same_folder(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    write_notebook("a.ipynb", "n: int = 1", "n")
    plan = read_plan(write_plan("reports: [{name: a, notebook: a.ipynb}]"))
    out = tmp_path / "out"
    with (
        locked(out),
        pytest.raises(InputError, match=f"another batch \\(process {os.getpid()}\\) is writing here"),
    ):
        run_plan(plan, out)
    assert statuses(run_plan(plan, out)) == {"a": "ok"}


def test_a_lock_left_by_a_process_that_is_gone_does_not_hold(tmp_path: Path) -> None:
    (tmp_path / LOCK).write_text("99999999")
    with locked(tmp_path):
        pass
    assert leftovers(tmp_path) == []


@pytest.mark.long
def test_what_a_killed_batch_left_is_swept_away(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / f".a.html.0123{UNFINISHED}").write_text("half")
    (out / "manifest.json").write_text('{"half": ')
    write_notebook("a.ipynb", "n: int = 1", "n")
    assert statuses(run_plan(read_plan(write_plan("reports: [{name: a, notebook: a.ipynb}]")), out)) == {"a": "ok"}
    assert leftovers(out) == []


def test_signal_handlers_are_as_before(write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    write_notebook("a.ipynb", "n: int = 1", "n")
    run_plan(read_plan(write_plan("reports: [{name: a, notebook: a.ipynb}]")), tmp_path / "out")
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_reports_share_what_draws_their_charts(
    write_notebook: WriteNotebook, write_plan: WritePlan, tmp_path: Path
) -> None:
    draws = "from IPython.display import HTML; from slakit.show.chart_libraries import library_element"
    write_notebook("chart.ipynb", "who: str = 'a'", draws, "HTML(library_element())")
    plan = read_plan(write_plan("reports: [{name: 'chart-{who}', notebook: chart.ipynb, for_each: {who: [a, b]}}]"))
    out = tmp_path / "out"
    manifest = run_plan(plan, out)
    (shared,) = (out / "assets").iterdir()
    assert "vegaEmbed" in shared.read_text()
    for entry in manifest.reports:
        assert entry.outputs[f"assets/{shared.name}"]
        for name in (f"{entry.name}.html", f"{entry.name}.ipynb"):
            text = (out / name).read_text()
            assert f"assets/{shared.name}" in text
            assert len(text) < 20_000

    shared.unlink()  # all of them lack it now
    assert set(statuses(run_plan(plan, out)).values()) == {"ok"}
    assert shared.is_file()

    alone = run_plan(plan, out, self_contained=True)
    assert set(statuses(alone).values()) == {"ok"}
    assert "vegaEmbed" in (out / "chart-a.html").read_text()
    assert not list((out / "assets").iterdir())
