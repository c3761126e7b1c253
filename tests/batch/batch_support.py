"""What the tests of batches share: the cells of small notebooks, and a batch that can be killed."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WriteNotebook = Callable[..., Path]
WritePlan = Callable[[str], Path]


def code(source: str, *tags: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"c{abs(hash(source)) % 10**8}",
        "metadata": {"tags": list(tags)},
        "outputs": [],
        "source": textwrap.dedent(source),
    }


BATCH = """
import sys
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan
manifest = run_plan(read_plan(sys.argv[1]), sys.argv[2], workers=2)
print("interrupted by", manifest.interrupted_by)
"""


class MarkedProcess:
    """A command in a process of its own, with all that descends from it, to be killed."""

    def __init__(self, command: list[str], environment: dict[str, str] | None = None, **how: Any) -> None:
        # Whatever descends from this process carries the mark in its environment, wherever it moves to.
        self.mark = f"slakit-test-{os.getpid()}-{time.monotonic_ns()}"
        self.process = subprocess.Popen(
            command,
            env=os.environ | (environment or {}) | {"SLAKIT_TEST_MARK": self.mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            **how,
        )

    def family(self) -> list[int]:
        """Every live process that was started by or under this one, itself included."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    marked = self.mark.encode() in (folder / "environ").read_bytes()
                    if marked and (folder / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                        found.append(int(folder.name))
                except OSError:
                    continue
        return found

    def wait_until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain; the family is {self.family()}"
            time.sleep(0.05)

    def wait_for(self, path: Path) -> None:
        self.wait_until(path.exists)

    def end(self) -> str:
        output, _ = self.process.communicate(timeout=60)
        return output


class BatchProcess(MarkedProcess):
    """A batch in a process of its own, to be killed."""

    def __init__(self, plan: Path, out: Path) -> None:
        super().__init__([sys.executable, "-c", BATCH, str(plan), str(out)])
