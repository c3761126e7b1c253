"""Times commands in fresh processes against one that imports what they are built on; prints ratios of one run.

python tests/benchmarks/bench_start.py [COMMAND...]
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = str(ROOT / "data_samples" / "evidence")
FLOOR = ["-c", "import polars, pydantic, typer, rich, ruamel.yaml"]
TICKET = ["--opened", "2026-12-23T15:30+01:00", "--impact", "high", "--urgency", "medium"]
PERIOD = ["--period", "2026-01/2026-09", "--as-of", "2026-10-05T00:00:00Z"]
COMMANDS: dict[str, list[str]] = {
    "--help": ["--help"],
    "policies": ["policies"],
    "show": ["show", "klikk"],
    "budget": ["budget", "klikk:gold", "--period", "2026-10"],
    "due": ["due", "klikk", "--tier", "gold", *TICKET],
    "validate": ["validate", str(ROOT / "slakit" / "policy" / "library" / "klikk.yaml")],
    "findings": ["findings", "klikk"],
    "compare": ["compare", "klikk:gold", "klink-cloud:enterprise"],
    "assess": ["assess", SAMPLE, *PERIOD],
}
ROUNDS = 7


def started(arguments: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """Time of a fresh process, and that of the processor. [s]"""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, *arguments], env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"failed: {' '.join(arguments)}")
    return time.perf_counter() - begin, used.ru_utime + used.ru_stime


if __name__ == "__main__":
    names = sys.argv[1:] or list(COMMANDS)
    with tempfile.TemporaryDirectory() as folder:
        # compiled once, as where it is installed, whatever this shell says
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{folder}/compiled", "PYTHONDONTWRITEBYTECODE": ""}
        runs = {name: ["-m", "slakit", *COMMANDS[name]] for name in names}
        if "assess" in runs:
            runs["assess"] += ["--out", f"{folder}/answer"]
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ("floor", *runs)}
        for number in range(ROUNDS + 1):
            for name, arguments in {"floor": FLOOR, **runs}.items():
                pair = started(arguments, environment)
                if number:  # the first compiles
                    taken[name].append(pair)
    wall, processor = [statistics.median(pair[side] for pair in taken["floor"]) for side in (0, 1)]
    print(f"imports alone: {wall:.2f} s, {processor:.2f} s of the processor")
    for name in runs:
        waited, used = [statistics.median(pair[side] for pair in taken[name]) for side in (0, 1)]
        print(f"{name:<10} {waited / wall:5.2f} times as long, {used / processor:5.2f} times the processor")
