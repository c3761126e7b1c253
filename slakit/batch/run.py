"""Make the reports of a plan: in parallel, only those that changed, with a truthful record throughout."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from slakit._atomic import write_whole
from slakit.batch.folder import locked, sweep, unwritable
from slakit.batch.index import Overview, read_overview, write_index
from slakit.batch.manifest import (
    MANIFEST_NAME,
    Fingerprints,
    Manifest,
    ReportRecord,
    key_of,
    read_manifest,
    sha256,
    versions,
)
from slakit.batch.plan import BatchPlan, PlannedReport
from slakit.batch.stopping import until_signal
from slakit.problems import InputError
from slakit.show.chart_libraries import ASSET, ASSETS

if TYPE_CHECKING:
    from slakit.batch.report import ReportOutcome, Session

SHARED_FOLDER = "assets"
GLANCE = 0.2  # [s] between two looks at whether to stop
SAVE_EVERY = 0.2  # [s] so that thousands of short reports do not spend their time on writing the record

Progress = Callable[[ReportRecord, Manifest], None]


class Executor(Protocol):
    """Where reports are made, if not on this machine."""

    @property
    def count(self) -> int:
        """Return how many can be made at the same time."""

    def ready(self, workers: int, shared: Path | None) -> AbstractContextManager[dict[str, str]]:
        """Be ready to make reports, and provide the environment of their kernels; at the end nothing runs any more."""

    def make(
        self, report: PlannedReport, manifest: Manifest, environment: dict[str, str], session: Session
    ) -> ReportOutcome:
        """Make a report, or stop when the session is ended; `InputError` if none can be made any more."""


def run_plan(
    plan: BatchPlan,
    out_dir: str | Path,
    *,
    workers: int | None = None,
    force: bool = False,
    self_contained: bool = False,
    progress: Progress | None = None,
    executor: Executor | None = None,
) -> Manifest:
    """Make the reports of a plan.

    For each report `NAME.ipynb` and `NAME.html` are written, and for all of them `index.html`, `manifest.json`
    and `assets/`, with what draws their charts. A report that was made before, from the same notebook,
    parameters, files and versions, is left as it is.

    Parameters
    ----------
    plan
        See `read_plan`.
    out_dir
        The folder to write; made if need be.
    workers
        How many reports run at the same time; by default as many as the machine does well.
    force
        Make every report again.
    self_contained
        Put what draws the charts into every report instead (0.9 MB in each file), so that it can be sent alone.
    progress
        Is called with a report whenever its status changes, and the whole record.
    executor
        Where reports are made instead of on this machine: `slakit.fleet.reports.reports_on`.

    Returns
    -------
    Manifest
        What happened. After Ctrl-C or a signal to end, `interrupted_by` names the signal.

    Raises
    ------
    InputError
        Another batch is writing to the same folder, or nothing can be written there: before the first report, or
        any more; or the executor can make no more. What was made until then stays, and the record and the list say
        so if they can be written.
    """
    folder = Path(out_dir).resolve()
    batch = _Batch(plan, folder, progress or (lambda *_: None), executor, self_contained=self_contained)
    with until_signal(batch.stop), locked(folder):  # until the list is written: none may be cut short
        try:
            sweep(folder)
            batch.prepare(force=force)
        except OSError as error:
            raise unwritable(folder, error) from None
        try:
            usual = executor.count if executor else 2 * cores()  # half the time a report waits for its kernel
            batch.run(workers or usual)
        except OSError as error:  # no room for temporary files
            batch.trouble = batch.trouble or error
        batch.finish()
        if isinstance(batch.trouble, InputError):
            raise batch.trouble
        if batch.trouble:
            raise unwritable(folder, batch.trouble) from None
        return batch.manifest


def cores() -> int:
    """Count the cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Batch:
    """One run of a plan into a folder."""

    def __init__(
        self, plan: BatchPlan, folder: Path, progress: Progress, executor: Executor | None, *, self_contained: bool
    ) -> None:
        self.plan = plan
        self.folder = folder
        self.shared = None if self_contained else folder / SHARED_FOLDER
        self.progress = progress
        self.executor = executor
        self.lock = threading.Lock()
        self.is_saved, self.saved_at = False, 0.0
        self.fingerprints = Fingerprints()
        self.sessions: set[Any] = set()
        self.trouble: OSError | InputError | None = None  # the folder cannot be written, or no report made
        self.manifest = Manifest(title=plan.title, plan=str(plan.path), started=datetime.now(UTC), versions=versions())

    def prepare(self, *, force: bool) -> None:
        """List the reports, and find those that need not run again."""
        last = read_manifest(self.folder)
        self.manifest.overview, self.manifest.overview_made = last.overview, last.overview_made
        before = {} if force else {entry.name: entry for entry in last.reports}
        for report in self.plan.reports:
            entry = self.entry(report)
            old = before.get(report.name)
            if old and old.is_good and old.key == entry.key and self.has_outputs(old):
                entry = old.model_copy(update={"status": "skipped-unchanged"})
            self.manifest.reports.append(entry)
        self.save()

    def entry(self, report: PlannedReport) -> ReportRecord:
        """Describe a report that has not run."""
        notebook = self.fingerprints.of_file(report.notebook)
        inputs = self.fingerprints.of_inputs(report.inputs)
        return ReportRecord(
            name=report.name,
            notebook=str(report.notebook),
            notebook_sha256=notebook,
            parameters=report.parameters,
            inputs=inputs,
            key=key_of(
                str(report.notebook), notebook, report.parameters, inputs, self.manifest.versions, bool(self.shared)
            ),
        )

    def has_outputs(self, entry: ReportRecord) -> bool:
        """Return whether the files of a report are there, as they were written."""
        files = [(self.folder / name, known) for name, known in entry.outputs.items()]
        return bool(files) and all(path.is_file() and sha256(path) == known for path, known in files)

    def run(self, workers: int) -> None:
        """Run what is waiting."""
        waiting = [
            (report, entry)
            for report, entry in zip(self.plan.reports, self.manifest.reports, strict=True)
            if entry.status == "waiting"
        ]
        if not waiting or self.manifest.interrupted_by:
            return
        workers = min(workers, len(waiting))
        ready = self.executor.ready if self.executor else kernels
        with ready(workers, self.shared) as environment, ThreadPoolExecutor(workers) as pool:
            running: set[Future[None]] = {pool.submit(self.make, *work, environment) for work in waiting}
            while running:
                done, running = wait(running, timeout=GLANCE)
                if self.is_stopping:
                    self.end_sessions()
                for session in list(self.sessions):
                    session.end_overdue(self.plan.timeout)
                self.save_if_due()
                for future in done:
                    future.result()

    def make(self, report: PlannedReport, entry: ReportRecord, environment: dict[str, str]) -> None:
        """Make one report."""
        from slakit.batch.report import ReportOutcome, Session, make_report

        if self.is_stopping:
            return
        session = Session(scratch=environment.get("IPYTHONDIR"))
        self.sessions.add(session)
        self.update(entry, status="running", started=datetime.now(UTC))
        clock = time.perf_counter()
        try:
            make = self.executor.make if self.executor else make_report
            outcome = make(report, self.manifest, environment, session)
        except Exception as error:  # one report must never stop the others, whatever is wrong with it
            if self.executor and isinstance(error, InputError):  # but nobody is left to make them
                self.trouble = self.trouble or error
            outcome = ReportOutcome(error=f"{type(error).__name__}: {error}")
        self.sessions.discard(session)
        seconds = round(time.perf_counter() - clock, 3)
        if self.is_stopping and outcome.error:
            self.update(entry, status="interrupted", seconds=seconds)
            return
        try:
            self.conclude(entry, outcome, seconds)
        except OSError as error:  # the next report would be lost as well: stop, and say why, once
            self.trouble = self.trouble or error
            wrong = f"its files cannot be written ({error.strerror or error})"
            self.update(entry, status="failed", error=wrong, title=outcome.title, seconds=seconds)

    def conclude(self, entry: ReportRecord, outcome: Any, seconds: float) -> None:
        """Write the files of a report and note how it ended."""
        for name, content in outcome.files.items():
            write_whole(self.folder / name, content)
        hashes = {name: sha256(self.folder / name) for name in [*outcome.files, *outcome.assets]}
        holds = self.fingerprints.still_hold([entry.notebook, *entry.inputs])
        self.update(
            entry,
            status="failed" if outcome.error else "ok",
            key=entry.key if holds else "",  # an input changed meanwhile: what was hashed is not what was read
            title=outcome.title,
            error=outcome.error,
            headlines=outcome.headlines,
            has_overview=outcome.has_overview,
            seconds=seconds,
            outputs=hashes,
        )

    def update(self, entry: ReportRecord, **changes: Any) -> None:
        """Note a change of a report, in the record and to the caller."""
        with self.lock:
            for name, value in changes.items():
                setattr(entry, name, value)
            self.is_saved = False
            self.progress(entry, self.manifest)
        self.save_if_due()

    def save_if_due(self) -> None:
        """Write the record if it changed and was not written just now."""
        with self.lock:
            if not self.is_saved and time.monotonic() - self.saved_at > SAVE_EVERY:
                try:
                    self.save()
                except OSError as error:
                    self.trouble = self.trouble or error

    def save(self) -> None:
        """Write the record."""
        self.saved_at = time.monotonic()
        write_whole(self.folder / MANIFEST_NAME, self.manifest.model_dump_json(indent=2))
        self.is_saved = True

    @property
    def is_stopping(self) -> bool:
        """Return whether no more reports are to start."""
        return bool(self.manifest.interrupted_by or self.trouble)

    def stop(self, reason: str) -> None:
        """Start no more reports and end those that run."""
        self.manifest.interrupted_by = reason

    def end_sessions(self) -> None:
        """Kill the kernels of all that runs."""
        for session in list(self.sessions):
            session.end()

    def finish(self) -> None:
        """Complete the record and write the list of reports."""
        for entry in self.manifest.with_status("waiting", "running"):
            self.update(entry, status="interrupted")
        self.manifest.finished = datetime.now(UTC)
        try:
            self.remove_assets()
            overview = self.overview()
            self.save()
            write_index(self.manifest, self.folder, overview)
        except OSError as error:
            self.trouble = self.trouble or error

    def overview(self) -> Overview | None:
        """Read the overview that a report shows, note what it says, and say what changed since the one before."""
        facts = read_overview(self.folder, self.manifest)
        if facts is None:
            return None
        before, made = self.manifest.overview, self.manifest.overview_made
        self.manifest.overview, self.manifest.overview_made = facts["changing"], self.manifest.started
        return Overview(facts, before if made else None, made)

    def remove_assets(self) -> None:
        """Remove what reports shared that are there no more."""
        named = {name for entry in self.manifest.reports for name in entry.outputs}
        for asset in (self.folder / SHARED_FOLDER).glob("*"):
            if ASSET.fullmatch(asset.name) and f"{SHARED_FOLDER}/{asset.name}" not in named:
                asset.unlink()


@contextlib.contextmanager
def kernels(workers: int, shared: Path | None) -> Iterator[dict[str, str]]:
    """Provide what kernels are forked from, and the environment they get."""
    from slakit._import_guard import without_slow_imports

    with without_slow_imports():
        from slakit.kernels.forkserver import can_fork, close_server, open_server
        from slakit.kernels.preloaded import SCRATCH
    threads = max(1, cores() // workers)
    with tempfile.TemporaryDirectory(prefix="slakit-") as home:
        environment = {"PYTHONHASHSEED": "0", "POLARS_MAX_THREADS": str(threads), "IPYTHONDIR": home, SCRATCH: home}
        environment |= {ASSETS: str(shared) if shared else ""}
        if can_fork():
            open_server(environment, quiet=True)
        try:
            with without_slow_imports():
                import slakit.batch.report  # noqa: F401  while the server does its own imports
            yield environment
        finally:
            if "slakit.kernels.forkserver" in sys.modules:
                close_server()
