"""Twenty reports: `run_plan` against a loop over the `papermill` command, same notebooks, same run.

    python tests/benchmarks/bench_batch.py [--reports 20] [--loop 20] [--plan data_samples/batch.yaml]

Without a plan, notebooks of the usual kind are made up: parameters, polars, a model, a table, two charts. The
batch is timed as a process of its own, from its start to its end, as the command is; it also draws the pages,
which the command does not.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CELLS = [
    "import altair as alt\nimport polars as pl\nfrom pydantic import BaseModel",
    "class Outage(BaseModel):\n    month: int\n    minutes: float\n"
    "outages = [Outage(month=i % 12 + 1, minutes=i % 37) for i in range(500)]",
    "frame = pl.DataFrame([outage.model_dump() for outage in outages])",
    "table = frame.group_by('month').agg(pl.col('minutes').sum() * share).sort('month')\ntable",
    "alt.Chart(table).mark_bar().encode(x='month:O', y='minutes:Q')",
    "alt.Chart(table).mark_line().encode(x='month:O', y='minutes:Q')",
]
RUN = """
import sys
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan
manifest = run_plan(read_plan(sys.argv[1]), sys.argv[2], force=True)
sys.exit(any(entry.status != "ok" for entry in manifest.reports))
"""


def made_up_plan(folder: Path, reports: int) -> Path:
    """Write a notebook, and a plan of so many reports of it."""
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    sources = [("share: float = 1.0", ["parameters"]), *((source, []) for source in CELLS)]
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{number}",
            "metadata": {"tags": tags},
            "outputs": [],
            "source": source,
        }
        for number, (source, tags) in enumerate(sources)
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells}
    (folder / "outages.ipynb").write_text(json.dumps(notebook))
    plan = folder / "plan.yaml"
    shares = [round(1 + number / 100, 2) for number in range(reports)]
    plan.write_text(
        f"format: 1\nreports:\n- {{name: 'r-{{share}}', notebook: outages.ipynb, for_each: {{share: {shares}}}}}\n"
    )
    return plan


def time_loop(plan: Path, folder: Path, count: int) -> list[float]:
    """Time the `papermill` command on the first reports of a plan, one after the other."""
    from slakit.batch.plan import read_plan

    seconds = []
    for report in read_plan(plan).reports[:count]:
        given = json.dumps(report.parameters)  # JSON is YAML
        target = folder / f"{report.name}.ipynb"
        command = [
            sys.executable,
            "-m",
            "papermill",
            "--no-progress-bar",
            "-y",
            given,
            str(report.notebook),
            str(target),
        ]
        clock = time.perf_counter()
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL, cwd=report.notebook.parent)
        seconds.append(time.perf_counter() - clock)
    return seconds


def time_batch(plan: Path, folder: Path) -> float:
    """Time a whole batch."""
    clock = time.perf_counter()
    subprocess.run([sys.executable, "-c", RUN, str(plan), str(folder / "batch")], check=True)
    return time.perf_counter() - clock


def main() -> None:
    """Print the seconds of both, and the ratio of the throughputs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=int, default=20)
    parser.add_argument("--loop", type=int, default=20, help="of how many reports to take the papermill command's time")
    parser.add_argument("--repeat", type=int, default=3, help="of how many batches to take the median")
    parser.add_argument("--plan", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = chosen.plan or made_up_plan(folder, chosen.reports)
        from slakit.batch.plan import read_plan

        count = len(read_plan(plan).reports)
        loop = time_loop(plan, folder, chosen.loop)
        batches = [time_batch(plan, folder) for _ in range(chosen.repeat)]
    each, batch = statistics.mean(loop), statistics.median(batches)
    print(f"{count} reports, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"papermill command  {each:6.2f} s a report  ({each * count:6.1f} s for all)")
    print(f"slakit batch       {batch / count:6.2f} s a report  ({batch:6.1f} s for all)")
    print(f"ratio              {each * count / batch:6.1f}")


if __name__ == "__main__":
    main()
