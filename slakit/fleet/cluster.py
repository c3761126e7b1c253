"""Workers: a Dask cluster of this machine, or one that is there already."""

from __future__ import annotations

import contextlib
import logging
import signal
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from slakit.batch.manifest import versions
from slakit.batch.run import cores
from slakit.problems import InputError, Problem

GLANCE = 0.2
"""How long nothing is looked at. [s]"""
CONNECTED_WITHIN = 15
"""How long a scheduler has to answer, and to have a worker. [s]"""
ASKED_AGAIN = 5
"""How long a cluster that gives nothing back is believed to have workers before it is asked. [s]"""
WITHOUT_WORKERS = 60
"""How long a cluster may be without any worker while parts are left. [s]"""
UNTOLD = 4_000_000_000
"""Bytes of memory that a worker is taken to have, if its cluster sets no limit."""
SMALLEST = 500_000_000
"""Bytes of memory that a worker needs to do anything."""
TOLD = ("python", "slakit", "polars", "slakit source")
"""Versions that are the same on all workers."""


class StoppedError(Exception):
    """Somebody asked to stop."""


@dataclass(frozen=True)
class Workers:
    """Workers that are connected.

    Attributes
    ----------
    client
        A `distributed.Client`.
    count, memory
        How many there are, and bytes that each may use.
    stopping
        Tells whether somebody asked to stop.
    works
        What messages call that which they do.
    """

    client: Any
    count: int
    memory: int
    stopping: Callable[[], bool]
    works: str = "parts"

    def each(self, function: Callable[..., Any], works: Iterable[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        """Call a function with each of some arguments, and yield what it returns as it comes: number, and value.

        Work of a worker that is lost is done again by another one. What is raised is yielded as the value.

        Raises
        ------
        StoppedError
            Somebody asked to stop.
        InputError
            The scheduler went away, or all workers did.
        """
        import distributed

        numbers = {self.client.submit(function, *work, pure=False): number for number, work in enumerate(works)}
        seen_at = time.monotonic()
        try:
            while numbers:
                with (
                    self.client.as_current(),
                    contextlib.suppress(distributed.TimeoutError, distributed.CancelledError),
                ):
                    distributed.wait(list(numbers), timeout=GLANCE, return_when="FIRST_COMPLETED")
                if self.client.status != "running":
                    raise self._lost("the scheduler went away")
                done = [future for future in numbers if future.done()]
                for future in done:
                    if self.stopping():
                        raise StoppedError
                    try:
                        value = future.exception() or future.result()
                    except (distributed.CancelledError, OSError):  # not raised by the work: it would be the exception
                        raise self._lost("the scheduler went away") from None
                    yield numbers.pop(future), value
                if self.stopping():
                    raise StoppedError
                unseen = time.monotonic() - seen_at
                if done or (unseen > ASKED_AGAIN and self._answer()):
                    seen_at = time.monotonic()
                elif unseen > WITHOUT_WORKERS:
                    raise self._lost(f"no worker for {WITHOUT_WORKERS} s")
        finally:
            with contextlib.suppress(Exception):  # a scheduler that is gone needs no telling
                self.client.cancel(list(numbers), force=True)

    def _answer(self) -> bool:
        """Ask the scheduler whether it has a worker."""
        try:
            return bool(self.client.nthreads())
        except OSError:
            raise self._lost("the scheduler went away") from None

    def _lost(self, wrong: str) -> InputError:
        place = str(self.client.scheduler.address if self.client.scheduler else "scheduler")
        remedy = f"start it again and give the same command: {self.works} that are done stay"
        return InputError(place, [Problem(place, None, wrong, remedy)])


@contextlib.contextmanager
def connected(
    workers: int | None,
    scheduler: str | None,
    memory: str | int | None,
    stopping: Callable[[], bool],
    told: Iterable[str] = TOLD,
) -> Iterator[Workers]:
    """Start workers on this machine, or connect to those of a scheduler.

    Parameters
    ----------
    workers
        How many to start; by default one for each core.
    scheduler
        Address of a Dask scheduler instead: `tcp://10.0.0.1:8786`.
    memory
        What one worker may use: `4GB`, or bytes. By default its share of the machine, or what the scheduler says.
    stopping
        Tells whether somebody asked to stop.
    told
        Versions that all workers have as this process has them.

    Raises
    ------
    InputError
        Dask is not installed, no worker can be reached, or one has other versions.
    """
    if workers is not None and scheduler is not None:
        both = Problem("workers", workers, "beside a scheduler, which has its own", "give one of the two")
        raise InputError("workers", [both])
    try:
        import dask
        import distributed
    except ImportError:
        absent = Problem("Dask", None, "not installed", "pip install 'slakit[fleet]'")
        raise InputError("fleet", [absent]) from None
    limit = memory_of(memory)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quiet())
        if scheduler is None:
            count = workers or cores()
            limit = limit or distributed.system.MEMORY_LIMIT // count
            settings = {
                # no data is kept on workers that could be moved elsewhere: one is well, or started anew
                **{f"distributed.worker.memory.{name}": False for name in ("target", "spill", "pause")},
                "distributed.worker.memory.terminate": 0.95,
                "distributed.worker.profile.enabled": False,
            }
            stack.enter_context(dask.config.set(settings))
            environment = {"POLARS_MAX_THREADS": str(max(1, cores() // count)), "DASK_LOGGING__DISTRIBUTED": "critical"}
            with _interrupts_held():
                cluster = distributed.LocalCluster(
                    n_workers=count,
                    threads_per_worker=1,
                    memory_limit=limit,
                    dashboard_address="127.0.0.1:0",
                    env=environment,
                    silence_logs=logging.CRITICAL,
                    local_directory=stack.enter_context(tempfile.TemporaryDirectory(prefix="slakit-")),
                )
            address: Any = stack.enter_context(cluster)
        else:
            address = scheduler
        try:
            client = stack.enter_context(distributed.Client(address, timeout=CONNECTED_WITHIN, set_as_default=False))
            client.wait_for_workers(1, timeout=CONNECTED_WITHIN)
        except (OSError, ValueError, TimeoutError) as error:
            wrong = "has no worker" if isinstance(error, distributed.TimeoutError) else "cannot be reached"
            raise InputError(
                str(scheduler), [Problem(str(scheduler), None, wrong, "look at its address, and start its workers")]
            ) from None
        _refuse_other_versions(client, told)
        if limit is None:
            limit = min(filter(None, client.run(_memory_limit).values()), default=UNTOLD)
        yield Workers(client, len(client.nthreads()), limit, stopping)


def memory_of(memory: str | int | None) -> int | None:
    """Read an amount of memory.

    >>> memory_of("4GB")
    4000000000

    Raises
    ------
    InputError
        It is none, or too little to work with.
    """
    if memory is None:
        return None
    from dask.utils import parse_bytes

    try:
        limit = int(parse_bytes(memory))
    except ValueError:
        wrong = Problem("memory", memory, "not an amount of memory", "write it like 4GB")
        raise InputError("memory", [wrong]) from None
    if limit < SMALLEST:
        wrong = Problem("memory", memory, "too little for a worker", f"give {SMALLEST // 1_000_000}MB or more")
        raise InputError("memory", [wrong])
    return limit


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the log of Dask off the terminal: what matters of it is told in words."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold back Ctrl-C while processes are started: they never see it, and this process sees it afterwards."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _memory_limit(dask_worker: Any) -> int | None:
    limit: int | None = dask_worker.memory_manager.memory_limit
    return limit


def _refuse_other_versions(client: Any, told: Iterable[str]) -> None:
    own = {name: versions()[name] for name in told}
    problems = []
    try:
        of_workers = client.run(versions)
    except ImportError:
        problems.append(Problem("workers", None, "slakit is not installed there", "install the version that is here"))
        of_workers = {}
    for worker, theirs in of_workers.items():
        for name, version in own.items():
            if theirs[name] != version:
                wrong = f"another version than here ({version})"
                problems.append(Problem(f"{worker} {name}", theirs[name], wrong, "install the same"))
    if problems:
        raise InputError("workers", problems)
