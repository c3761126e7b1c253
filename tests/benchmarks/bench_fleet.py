"""Times a fleet of one worker against one of two, and against `assess` on the whole; prints ratios of one run.

    python tests/benchmarks/bench_fleet.py [--outages 1000000] [--memory 4GB] [--files 8] [--without-whole]

One worker has one core, two have two. Time is counted from when workers are there; that of their processors tells more
where other work goes on. The tables are those of the whole, but for their order. Leave the whole out where it does not
fit into memory.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path

import polars as pl
import psutil
from bench_assess import AS_OF, PERIOD, evidence_of

from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.evidence.files import read_evidence
from slakit.fleet.run import assess_fleet

COMPARED = ("credits", "claims", "warnings", "availability")


def write(folder: Path, outages: int, files: int) -> None:
    """Write evidence of a hundred outages a subscription: outages in several files, in no order."""
    evidence = evidence_of(outages, max(1, outages // 100))
    for name in ("subscriptions", "outages", "maintenance"):
        table: pl.DataFrame = getattr(evidence, name)
        (folder / name).mkdir(parents=True)
        rows = -(-table.height // files)
        for number in range(files):
            table.slice(number * rows, rows).write_parquet(folder / name / f"{number:03}.parquet")


def fleet(folder: Path, out: Path, workers: int, memory: str) -> tuple[float, float, int, int]:
    """Assess with so many workers, each with a core. Seconds, those of processors, bytes of a worker, and parts."""
    begun: list[float] = []
    spent: dict[int, float] = {}
    peak, done = [0], threading.Event()

    def watch() -> None:
        own = psutil.Process()
        while not done.wait(0.05):
            for process in own.children(recursive=True):
                try:
                    peak[0] = max(peak[0], process.memory_info().rss)
                    spent[process.pid] = sum(process.cpu_times()[:2])
                except psutil.Error:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(cores)[:workers])
    try:
        summary = assess_fleet(
            folder, out, PERIOD, AS_OF, workers=workers, memory=memory, ranges=False,
            progress=lambda *_: begun.append(time.perf_counter()),
        )  # fmt: skip
    finally:
        os.sched_setaffinity(0, cores)
        done.set()
        watcher.join()
    assert summary.is_good, [part.error for part in summary.parts]
    return begun[-1] - begun[0], sum(spent.values()), peak[0], len(summary.parts)


def same(out: Path, review: Review) -> None:
    """The tables are those of the whole."""
    for name in COMPARED:
        whole: pl.DataFrame = getattr(review, name)
        found = pl.scan_parquet(out / name / "*.parquet").collect()
        assert found.sort(pl.all()).equals(whole.sort(pl.all())), name


def main() -> None:
    """Print the ratios."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--outages", type=int, default=1_000_000)
    arguments.add_argument("--memory", default="4GB")
    arguments.add_argument("--files", type=int, default=8)
    arguments.add_argument("--without-whole", action="store_true")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "evidence"
        write(folder, options.outages, options.files)
        taken, spent = {}, {}
        for workers in (1, 2):
            out = Path(scratch) / f"answer-{workers}"
            taken[workers], spent[workers], peak, parts = fleet(folder, out, workers, options.memory)
            each = taken[workers] / options.outages * 1e6
            print(f"workers: {workers}, parts: {parts}")
            print(f"    {taken[workers]:.1f} s, {each:.2f} µs an outage; {spent[workers]:.1f} s of processors")
            print(f"    {peak / 1e9:.2f} GB a worker at most, of {options.memory}")
        print(f"two workers at {taken[1] / taken[2] / 2:.0%} of twice the rate of one")
        print(f"    by the time of processors at {spent[1] / spent[2]:.0%}")
        if options.without_whole:
            return
        whole = Path(scratch) / "whole"
        whole.mkdir()
        for table in folder.iterdir():
            pl.scan_parquet(table / "*.parquet").sink_parquet(whole / f"{table.name}.parquet")
        begin, begin_spent = time.perf_counter(), time.process_time()
        review = assess(read_evidence(whole), PERIOD, AS_OF, ranges=False)
        seconds, of_processors = time.perf_counter() - begin, time.process_time() - begin_spent
        print(f"read and assessed as a whole: {seconds:.1f} s, {of_processors:.1f} s of processors")
        print(f"    one worker: {taken[1] / seconds:.1f} and {spent[1] / of_processors:.1f} times as long")
        same(out, review)


if __name__ == "__main__":
    main()
