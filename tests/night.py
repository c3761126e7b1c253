"""Compare the engine with the reference for a night: `python tests/night.py --hours 8 --seed 1`.

Each case that differs is made as small as it goes and written to a folder: the policies as YAML, the evidence as CSV,
and what differs. Ends with how many values were compared.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from random_cases import Case, random_case  # noqa: E402
from second_calculation import compared  # noqa: E402
from shrink import shrunk, write_case  # noqa: E402


@dataclass
class Told:
    """What a seed came to."""

    seed: str
    cells: int = 0
    refused: str = ""
    fault: str = ""
    case: Case | None = field(default=None, repr=False)


def judged(seed: str) -> Told:
    """Compare one case; of one that differs, or ends in an error, the smallest that still does."""
    number = hash_of(seed)
    case = random_case(seed, policies=1 + number % 2, subscriptions=3, decided=number % 3 == 0)
    fault, found = fault_of(case)
    if not fault:
        return Told(seed, found.cells, found.refused)  # type: ignore[union-attr]
    kind = fault.split(" ", 1)[0]
    small = shrunk(case, lambda other: fault_of(other)[0].startswith(kind), most=150)
    return Told(seed, found.cells if found else 0, "", fault_of(small)[0], small)


def hash_of(seed: str) -> int:
    """A number that is the same in every process."""
    return sum(seed.encode())


def fault_of(case: Case) -> tuple[str, object]:
    """The first difference, or the error; nothing if both agree, or refuse."""
    try:
        found = compared(case)
    except Exception:
        last = traceback.format_exc().strip().splitlines()
        return f"{last[-1].split(':')[0]} {last[-1]} ({last[-3].strip() if len(last) > 2 else ''})", None
    return found.told(), found


def seeds(first: int, until: float, batch: int) -> Iterator[list[str]]:
    """Batches of seeds, until it is time: a pool would take all of an endless row at once."""
    for start in count(0, batch):
        if time.time() >= until:
            return
        yield [f"{first}/{number}" for number in range(start, start + batch)]


def main() -> int:
    """Read the command, and print what was found."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("--hours", type=float, default=8, help="how long to go on")
    command.add_argument("--seed", type=int, default=int(time.time()), help="the same seed draws the same cases")
    command.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    command.add_argument("--out", type=Path, default=Path("night"), help="folder for the cases that differ")
    asked = command.parse_args()
    until, cells, cases, kinds, refused = time.time() + asked.hours * 3600, 0, 0, Counter[str](), Counter[str]()
    with multiprocessing.get_context("spawn").Pool(asked.workers, maxtasksperchild=500) as pool:
        batches = seeds(asked.seed, until, 10 * asked.workers)
        for told in (told for batch in batches for told in pool.imap_unordered(judged, batch)):
            cells, cases = cells + told.cells, cases + 1
            if told.refused:
                refused[told.refused[:100]] += 1
            if told.case is not None:
                kinds[told.fault.split(" ", 1)[0]] += 1
                folder = asked.out / told.seed.replace("/", "-")
                write_case(told.case, folder)
                (folder / "difference.txt").write_text(told.fault, encoding="utf-8")
                print(f"{told.seed}: {told.fault.splitlines()[0][:300]}", flush=True)
            if cases % 200 == 0:
                print(f"{cases} cases, {cells:,} values compared, {sum(kinds.values())} differ", flush=True)
    print(f"{cases} cases, {cells:,} values compared; {sum(kinds.values())} cases differ: {dict(kinds)}")
    print(f"{sum(refused.values())} refused: {dict(refused.most_common(12))}")
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
