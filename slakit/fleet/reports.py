"""Reports of a batch, made by the workers of a Dask cluster."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from slakit._atomic import UNFINISHED
from slakit.batch.folder import unwritable
from slakit.batch.manifest import Manifest, versions
from slakit.batch.plan import BatchPlan, PlannedReport
from slakit.batch.report import ReportOutcome, Session, make_report
from slakit.batch.run import cores, kernels
from slakit.fleet.cluster import GLANCE, Workers, connected
from slakit.fleet.run import without_empty
from slakit.policy.quantities import PlainDuration
from slakit.problems import InputError, Problem
from slakit.show.chart_libraries import ASSETS

IDLE = 5
"""How long a worker that makes no report keeps the process that its kernels are forked from. [s]"""
ENDED_WITHIN = 10
"""How long the end of reports that were stopped is waited for. [s]"""


@contextlib.contextmanager
def reports_on(
    scheduler: str, plan: BatchPlan, out_dir: str | Path, *, workers: int | None = None
) -> Iterator[ClusterExecutor]:
    """Connect to a cluster that is to make the reports of a plan.

    Parameters
    ----------
    scheduler
        Address of a Dask scheduler, such as `tcp://10.0.0.1:8786`.
    plan, out_dir
        As of `run_plan`. All workers see the plan, its notebooks and files, and the folder under the same paths.
    workers
        None: the cluster has its own.

    Raises
    ------
    InputError
        Dask is not installed, no worker can be reached, or one has other versions or does not see the files.
    """
    folder = Path(out_dir).resolve()
    with without_empty(folder), connected(workers, scheduler, None, lambda: False, told=versions()) as team:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(prefix=".", suffix=UNFINISHED, dir=folder) as mark:
                files = {path for report in plan.reports for path in (report.notebook, *report.inputs)}
                unseen = team.client.run(_first_unseen, [plan.path, *sorted(files), Path(mark.name)])
        except OSError as error:
            raise unwritable(folder, error) from None
        for worker, path in unseen.items():
            if path is not None:
                place = folder if path.parent == folder else path
                remedy = "keep plan, notebooks, evidence and reports where all workers see them under the same path"
                raise InputError(worker, [Problem(worker, None, f"does not see {place}", remedy)])
        count = sum(team.client.nthreads().values())
        yield ClusterExecutor(replace(team, works="reports"), folder, plan.timeout, count)


def _first_unseen(paths: Iterable[Path]) -> Path | None:
    return next((path for path in paths if not path.exists()), None)


@dataclass(frozen=True)
class ClusterExecutor:
    """Workers that make reports for `run_plan`; it alone writes them, so that none comes late or twice.

    Attributes
    ----------
    team
        The workers.
    folder
        That of the batch, by which the workers know it.
    timeout
        How long a report may run.
    count
        How many they can make at the same time.
    """

    team: Workers
    folder: Path
    timeout: PlainDuration
    count: int

    @contextlib.contextmanager
    def ready(self, workers: int, shared: Path | None) -> Iterator[dict[str, str]]:  # noqa: ARG002
        """Provide what workers do not know of the kernels; at the end, wait until no worker has one of this batch."""
        try:
            yield {ASSETS: str(shared) if shared else ""}
        finally:
            if self.team.client.status == "running":
                with contextlib.suppress(Exception):  # a worker that is lost has none
                    self.team.client.run(_ended, self.folder)

    def make(
        self, report: PlannedReport, manifest: Manifest, environment: dict[str, str], session: Session
    ) -> ReportOutcome:
        """Let a worker make a report, and another one if it is lost."""
        team = replace(self.team, stopping=lambda: session.is_ended)
        told = manifest.model_copy(update={"reports": []})
        work = (report, told, environment, self.timeout, self.folder)
        ((_, value),) = team.each(make_on_worker, [work])
        if isinstance(value, ReportOutcome):
            return value
        if type(value).__name__ == "KilledWorker":
            return ReportOutcome(error="each worker that tried to make it was lost")
        return ReportOutcome(error=f"{type(value).__name__}: {value}")


def make_on_worker(
    report: PlannedReport, manifest: Manifest, environment: dict[str, str], timeout: PlainDuration, folder: Path
) -> ReportOutcome:
    """Make a report in a kernel of this machine, as long as somebody waits for it."""
    import distributed

    worker = distributed.get_worker()
    key = worker.get_current_task()

    def is_wanted() -> bool:
        """Return whether neither the batch nor the scheduler has gone away, and nobody asked to stop."""
        task = worker.state.tasks.get(key)
        return task is not None and task.state == "executing" and worker.status.name not in ("closing", "closed")

    with HERE.for_batch(folder) as here:
        session, done = Session(scratch=here["IPYTHONDIR"]), threading.Event()
        watch = threading.Thread(target=_watch, args=(session, timeout, is_wanted, done), daemon=True)
        watch.start()
        try:
            return make_report(report, manifest, here | environment, session)
        finally:
            done.set()
            watch.join()


def _watch(session: Session, timeout: PlainDuration, is_wanted: Callable[[], bool], done: threading.Event) -> None:
    while not done.wait(GLANCE):
        session.end_overdue(timeout)
        if not is_wanted():
            session.end()


class WorkerKernels:
    """What the kernels of a worker are forked from: opened for the first report, closed when none is left."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running: list[Path] = []
        self.left_at = 0.0
        self.opened = contextlib.ExitStack()
        self.environment: dict[str, str] = {}

    @contextlib.contextmanager
    def for_batch(self, folder: Path) -> Iterator[dict[str, str]]:
        """Provide the environment of a kernel for a report of the batch that writes a folder."""
        with self.lock:
            # one thread a kernel: Dask gives a core to each thing that a worker does
            self.environment = self.environment or self.opened.enter_context(kernels(cores(), None))
            self.running.append(folder)
        try:
            yield self.environment
        finally:
            with self.lock:
                self.running.remove(folder)
                self.left_at = time.monotonic()
            timer = threading.Timer(IDLE, self.close, [IDLE])  # for a batch that was killed and says no more
            timer.daemon = True
            timer.start()

    def close(self, idle: float = 0) -> None:
        """Close it, if no report ran for so many seconds."""
        with self.lock:
            if not self.running and time.monotonic() - self.left_at >= idle:
                self.environment = {}
                self.opened.close()


HERE = WorkerKernels()


async def _ended(folder: Path) -> None:
    """Wait, on a worker, until it makes no report of a batch any more."""
    deadline = time.monotonic() + ENDED_WITHIN
    while folder in HERE.running and time.monotonic() < deadline:
        await asyncio.sleep(GLANCE / 4)
    HERE.close()
