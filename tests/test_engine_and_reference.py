"""The engine and the reference agree on every table, whatever a policy says and whatever happened."""

from __future__ import annotations

from collections import Counter

import pytest
from random_cases import random_case
from second_calculation import compared

TOGETHER = 20
QUICK, MANY = 200, 4000


def agree(first: int, name: str) -> None:
    refused: Counter[str] = Counter()
    for number in range(first, first + TOGETHER):
        seed = f"{name}/{number}"
        found = compared(random_case(seed, policies=1, subscriptions=2))
        assert not found.different, f"case {seed}:\n{found.told()}"
        refused[found.refused] += 1
    assert refused[""] >= TOGETHER // 2, refused


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, QUICK, TOGETHER))
def test_they_agree(first: int) -> None:
    agree(first, "quick")


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY, TOGETHER))
def test_they_agree_on_many(first: int) -> None:
    agree(first, "long")
