"""Times starting slakit against importing pydantic alone, in fresh processes; prints ratios of one run.

python tests/benchmarks/bench_start.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

COMMANDS = {
    "nothing": ["-c", "pass"],
    "import pydantic": ["-c", "import pydantic; pydantic.BaseModel"],
    "import slakit": ["-c", "import slakit"],
    "slakit --help": ["-m", "slakit", "--help"],
    "slakit policies": ["-m", "slakit", "policies"],
}


def seconds(arguments: list[str], times: int = 9) -> float:
    """Median time of a fresh process."""
    taken = []
    for _ in range(times + 1):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])


if __name__ == "__main__":
    floor = seconds(COMMANDS["nothing"])
    peer = seconds(COMMANDS["import pydantic"]) - floor
    for name in ("import slakit", "slakit --help", "slakit policies"):
        own = seconds(COMMANDS[name]) - floor
        print(f"{name:<16} {own * 1000:6.0f} ms over an empty process, {own / peer:.2f} times importing pydantic")
