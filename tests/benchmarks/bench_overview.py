"""The overview of many subscriptions: seconds of processor time and size, on copies of the sample evidence.

    python tests/benchmarks/bench_overview.py [--subscriptions 500 2000] [--out FOLDER]

With `--out` the evidence and the page are kept, to open in a browser.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import polars as pl

import slakit as sla
from slakit.show.overview.facts import overview_of
from slakit.show.overview.page import overview_html

SAMPLES = Path(__file__).parents[2] / "data_samples" / "evidence"
IDS = ("subscription", "outage", "maintenance", "ticket", "recovery", "backup")


def copies(count: int, folder: Path) -> Path:
    """Write the sample evidence so often that it has so many subscriptions, each copy with names of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted(SAMPLES.glob("*.csv")):
        table = pl.read_csv(path, infer_schema=False)
        ids = [name for name in IDS if name in table.columns]
        subscriptions = pl.read_csv(SAMPLES / "subscriptions.csv", infer_schema=False)["subscription"]
        parts = []
        for number in range(-(-count // len(subscriptions))):
            named = (pl.col(name) + (f"-{number}" if number else "") for name in ids)
            parts.append(table.with_columns(*named))
        pl.concat(parts).write_csv(folder / path.name)
    return folder


def main() -> None:
    """Print a row for each count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscriptions", type=int, nargs="+", default=[7, 500, 2000])
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    print("subscriptions   read   assess   facts   page [s]   data    page [kB]")
    for count in asked.subscriptions:
        with tempfile.TemporaryDirectory() as temporary:
            folder = copies(count, (asked.out or Path(temporary)) / str(count))
            clock = [time.process_time()]
            evidence = sla.read_evidence(folder)
            clock.append(time.process_time())
            review = sla.assess(evidence, "2026-01/2026-10", "2026-10-05")
            clock.append(time.process_time())
            facts = overview_of(review)
            clock.append(time.process_time())
            page = overview_html(facts, {name: [(f"claims-{name}.html", "claims")] for name in evidence.names}, [])
            clock.append(time.process_time())
            took = [after - before for before, after in pairwise(clock)]
            sizes = [len(json.dumps(facts)) / 1000, len(page) / 1000]
            if asked.out:
                folder.with_suffix(".html").write_text(page, encoding="utf-8")
            print(
                f"{len(evidence.names):13,}" + "".join(f"{each:8.2f}" for each in took), *(f"{s:9,.0f}" for s in sizes)
            )


if __name__ == "__main__":
    main()
