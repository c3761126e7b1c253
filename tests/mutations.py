"""Change the source in one place at a time, and see whether a test notices: `python tests/mutations.py --sample 60`.

Works on a copy. A change that no test notices is printed with its place; in the end the share that was noticed.
"""

from __future__ import annotations

import argparse
import ast
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from random import Random

HOUSE = Path(__file__).parents[1]
ROOMS = ("measure", "remedy", "policy", "analysis", "evidence")
QUICK = ("tests/worked_examples", "tests/measure", "tests/remedy", "tests/test_told_by_one_example.py", "tests/laws")
TESTS = {
    "measure": (*QUICK, "tests/tickets", "tests/analysis", "tests/test_engine_and_reference.py"),
    "remedy": (*QUICK, "tests/analysis", "tests/tickets", "tests/test_engine_and_reference.py"),
    "policy": ("tests/policy", *QUICK, "tests/examples", "tests/cli", "tests/analysis", "tests/house/test_doctests.py"),
    "analysis": ("tests/analysis", *QUICK, "tests/tickets", "tests/cli", "tests/policy", "tests/show"),
    "evidence": ("tests/evidence", "tests/cli", *QUICK, "tests/house/test_doctests.py"),
}
"""Room → tests that speak of it, those that tell most first."""
SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
WORDS = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "first": "last",
    "last": "first",
    "ge": "gt",
    "lt": "le",
}
KEPT_CALLS = {"filter", "clip", "unique", "sort", "fill_null", "drop_nulls"}
"""Methods without which an expression still makes sense."""


@dataclass(frozen=True)
class Mutant:
    """One change.

    Attributes
    ----------
    start, end
        Where it stands in the file, in bytes.
    """

    path: Path
    line: int
    start: int
    end: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}  {self.before!r} → {self.after!r}"


def mutants_of(path: Path) -> Iterator[Mutant]:
    """Every change of one file; annotations, docstrings and checks of types are left alone."""
    source = (HOUSE / path).read_text(encoding="utf-8")
    lines = source.encode().splitlines(keepends=True)
    offsets = [0]
    for line in lines:
        offsets.append(offsets[-1] + len(line))
    for node in _nodes(ast.parse(source)):
        for changed in _changes(node):
            start = offsets[node.lineno - 1] + node.col_offset
            end = offsets[node.end_lineno - 1] + node.end_col_offset
            before = source.encode()[start:end].decode()
            yield Mutant(path, node.lineno, start, end, before, ast.unparse(changed))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Expressions and statements that run when something is asked."""
    for name, value in ast.iter_fields(tree):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for node in value if isinstance(value, list) else [value]:
            if not isinstance(node, ast.AST) or isinstance(
                node, ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom
            ):
                continue
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            if isinstance(node, ast.expr | ast.AugAssign | ast.Expr):
                yield node
            yield from _nodes(node)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What a node can be changed into."""
    own = deepcopy(node)
    if isinstance(own, ast.Compare) and type(own.ops[0]) in SWAPS:
        own.ops[0] = SWAPS[type(own.ops[0])]()  # type: ignore[assignment]
        yield own
    elif isinstance(own, ast.BinOp | ast.BoolOp) and type(own.op) in SWAPS:
        own.op = SWAPS[type(own.op)]()  # type: ignore[assignment]
        yield own
    elif isinstance(own, ast.UnaryOp) and isinstance(own.op, ast.Not | ast.Invert):
        yield own.operand
    elif isinstance(own, ast.Constant) and isinstance(own.value, bool):
        yield ast.Constant(not own.value)
    elif isinstance(own, ast.Constant) and isinstance(own.value, int):
        yield ast.Constant(own.value + 1)
    elif isinstance(own, ast.Call) and isinstance(own.func, ast.Attribute) and own.func.attr in KEPT_CALLS:
        yield own.func.value
    elif isinstance(own, ast.Call) and isinstance(own.func, ast.Name) and own.func.id in WORDS:
        own.func.id = WORDS[own.func.id]
        yield own
    elif isinstance(own, ast.IfExp):
        yield own.orelse
    elif isinstance(own, ast.AugAssign) or (
        isinstance(own, ast.Expr) and isinstance(own.value, ast.YieldFrom | ast.Call)
    ):
        yield ast.Pass()


def noticed_by(mutant: Mutant, copy: Path, seconds: int) -> str:
    """The test that fails, or why it ended otherwise; nothing if all pass."""
    source = (HOUSE / mutant.path).read_bytes()
    changed = source[: mutant.start] + mutant.after.encode() + source[mutant.end :]
    (copy / mutant.path).write_bytes(changed)
    tests = [test for test in TESTS[mutant.path.parts[1]] if (copy / test).exists()]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-n",
        "0",
        "-p",
        "no:cacheprovider",
        "--tb=no",
        "-rf",
        *tests,
    ]
    around = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(
            command, cwd=copy, env=around, capture_output=True, text=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        return "it never ends"
    finally:
        (copy / mutant.path).write_bytes(source)
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return "" if done.returncode == 0 else (failed or ["it cannot be imported"])[0][:120]


def main() -> int:
    """Read the command, and print the survivors."""
    command = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    command.add_argument("--sample", type=int, default=60, help="how many changes to try")
    command.add_argument("--seed", type=int, default=1, help="the same seed draws the same changes")
    command.add_argument("--room", choices=ROOMS, action="append", help="one part of the source; all, if not named")
    command.add_argument("--seconds", type=int, default=900, help="after which a run counts as endless")
    asked = command.parse_args()
    rooms = asked.room or ROOMS
    files = [path.relative_to(HOUSE) for room in rooms for path in sorted((HOUSE / "slakit" / room).glob("*.py"))]
    mutants = [mutant for path in files for mutant in mutants_of(path)]
    chosen = Random(asked.seed).sample(mutants, min(asked.sample, len(mutants)))
    noticed = 0
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(HOUSE, copy, ignore=shutil.ignore_patterns(".git", "__pycache__", ".*_cache", "night"))
        for number, mutant in enumerate(chosen, 1):
            by = noticed_by(mutant, copy, asked.seconds)
            noticed += bool(by)
            print(f"{number:4} {'' if by else 'SURVIVES '}{mutant}  {by}", flush=True)
    print(
        f"{noticed} of {len(chosen)} noticed ({100 * noticed / max(1, len(chosen)):.0f} %), of {len(mutants)} changes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
