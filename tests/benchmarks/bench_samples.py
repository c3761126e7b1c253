"""Times `outages_from` against reading the same files, and against a loop on a part; prints ratios of one run.

    python tests/benchmarks/bench_samples.py [--samples 10000000] [--targets 2000] [--order component|time] [--part 20]

One sample a minute and target, up to a second late, about one in a thousand failed. The files are written by component,
or by time with all targets taking turns. The loop reads the samples of a part of the targets with pandas where it is
installed, else as rows, and goes through them one by one; both must find the same outages.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl

from slakit.evidence.samples import outages_from

START = 1_767_225_600_000_000  # 2026-01-01
MINUTE = 60_000_000
CHUNK = 5_000_000  # rows written at a time
FAILURES = 3


def write(folder: Path, samples: int, targets: int, order: str) -> None:
    """Invent samples, file by file."""
    minutes = samples // targets
    for number, first in enumerate(range(0, minutes * targets, CHUNK)):
        row = pl.int_range(first, min(first + CHUNK, minutes * targets), eager=True)
        target, minute = (row // minutes, row % minutes) if order == "component" else (row % targets, row // targets)
        late = (target * minutes + minute).hash(1) % 1_000_000
        spell = ((target * minutes + minute) // 5).hash(2) % 1_000  # failures come five in a row
        pl.select(
            pl.format("target-{}", pl.lit(target).cast(pl.String).str.zfill(5)).alias("component"),
            pl.lit(START + minute * MINUTE + late.cast(pl.Int64)).cast(pl.Datetime("us", "UTC")).alias("measured"),
            (pl.lit(spell) != 0).alias("up"),
        ).write_parquet(folder / f"{number:05}.parquet")


def read(files: Path) -> int:
    """Read all rows, a batch at a time, and do nothing with them."""
    return sum(batch.height for batch in pl.scan_parquet(files).collect_batches(chunk_size=2_000_000))


def loop(files: Path, names: list[str]) -> int:
    """Count outages as a script does: sample by sample, three failures in a row, first failure to first success."""
    part = pl.scan_parquet(files).filter(pl.col("component").is_in(names)).collect()
    try:
        import pandas as pd
    except ImportError:
        groups = [frame.sort("measured").select("measured", "up").rows() for frame in part.partition_by("component")]
    else:
        frame = pd.DataFrame(part.to_dict(as_series=False))
        groups = [
            list(own.sort_values("measured")[["measured", "up"]].itertuples(index=False))
            for _, own in frame.groupby("component")
        ]
    found = 0
    for rows in groups:
        failed, before = 0, None
        for measured, up in rows:
            if before is not None and (measured - before).total_seconds() > 90:
                failed = 0
            before = measured
            failed = 0 if up else failed + 1
            found += failed == FAILURES
    return found


def timed(step: Callable[[], int]) -> tuple[int, float, float]:
    """Return what a step returns, its seconds of the processor, and those of the clock."""
    began, clock = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    value = step()
    over = resource.getrusage(resource.RUSAGE_SELF)
    spent = over.ru_utime + over.ru_stime - began.ru_utime - began.ru_stime
    return value, spent, time.perf_counter() - clock


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=10_000_000)
    parser.add_argument("--targets", type=int, default=2_000)
    parser.add_argument("--order", choices=["component", "time"], default="component")
    parser.add_argument("--part", type=int, default=20, help="targets that the loop goes through")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "*.parquet"
        write(Path(folder), options.samples, options.targets, options.order)
        rows, reading, reading_clock = timed(lambda: read(files))
        count, finding, finding_clock = timed(
            lambda: outages_from(pl.scan_parquet(files), every="1m", failures=FAILURES).outages.height
        )
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000_000
        names = [f"target-{number:05}" for number in range(min(options.part, options.targets))]
        looped, looping, _ = timed(lambda: loop(files, names))
        part = pl.scan_parquet(files).filter(pl.col("component").is_in(names))
        own = outages_from(part, every="1m", failures=FAILURES).outages
        assert own.height == looped, (own.height, looped)
    share = len(names) / options.targets
    print(f"{rows:,} samples of {options.targets:,} targets by {options.order}: {count:,} outages, {memory:.2f} GB")
    print(f"reading          {reading:.1f} s of the processor, {reading_clock:.1f} s of the clock")
    print(f"finding outages  {finding:.1f} s, {finding_clock:.1f} s: {finding / reading:.1f} times as long as reading")
    print(f"a loop           {looping:.1f} s for {share:.1%}: {looping / share / finding:,.0f} times as long")


if __name__ == "__main__":
    main()
