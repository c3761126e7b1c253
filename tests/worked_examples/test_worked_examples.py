"""Every worked example of every provider that ships, and of keys of the format, as `slakit check` runs them."""

from __future__ import annotations

from pathlib import Path

import pytest
from effort import some_quick

from slakit.examples.check import check
from slakit.examples.files import find_files, read_cases
from slakit.policy.files import library

HERE = Path(__file__).parent / "providers"
FILES = find_files([HERE, HERE.with_name("keys")])


# the four documents and every key; the others with the long tests
DOCUMENTS = ("klikk", "wp-heaven", "klink-cloud", "cloudworkz")
QUICK = [p for p in FILES if p.stem in DOCUMENTS or p.parent != HERE]


@pytest.mark.parametrize("path", some_quick(FILES, QUICK), ids=lambda path: path.stem)
def test_what_must_come_out_comes_out(path: Path) -> None:
    wrong = [outcome for outcome in check(read_cases(path)) if not outcome.holds]
    assert [(str(one.case), one.refused or list(map(str, one.differences))) for one in wrong] == []


def test_every_policy_has_worked_examples() -> None:
    shown = {case.policy.id for path in FILES for case in read_cases(path)}
    assert set(library()) - shown == set()
