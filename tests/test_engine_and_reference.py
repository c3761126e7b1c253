"""The engine and the reference agree on every table, whatever a policy says and whatever happened."""

from __future__ import annotations

from collections import Counter

import pytest
from random_cases import changing_case, random_case
from second_calculation import compared
from shipped_plans import SHIPPED, shipped_case

TOGETHER = 20
MANY = 4000


def agree(first: int, name: str) -> None:
    refused: Counter[str] = Counter()
    for number in range(first, first + TOGETHER):
        seed = f"{name}/{number}"
        found = compared(random_case(seed, policies=1, subscriptions=2))
        assert not found.different, f"case {seed}:\n{found.told()}"
        refused[found.refused] += 1
    assert refused[""] >= TOGETHER // 2, refused


OPEN = {"accord-sla": "a claim that was made before its window had ended"}
"""Shipped policies on whose evidence the two still differ, and about what."""
QUICK = [name for name in SHIPPED if name not in OPEN]


@pytest.mark.parametrize("name", QUICK)
def test_they_agree_on_a_shipped_policy(name: str) -> None:
    found = compared(shipped_case((name,), 7, 2))
    assert not found.refused
    assert not found.different, found.told()


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY // 4, TOGETHER))
def test_they_agree_on_subscriptions_that_change(first: int) -> None:
    for number in range(first, first + TOGETHER):
        found = compared(changing_case(f"long/{number}"))
        assert not found.different, f"case {number}:\n{found.told()}"


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY, TOGETHER))
def test_they_agree_on_random_policies(first: int) -> None:
    agree(first, "long")
