"""The engine and the reference agree on every table, whatever a policy says and whatever happened."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from random_cases import Case, changing_case, random_case
from second_calculation import compared
from shipped_plans import SHIPPED, shipped_case

from slakit.analysis.assess import assess

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


@pytest.mark.parametrize("number", range(8))
def test_they_agree_on_what_was_observed(number: int) -> None:
    case = random_case(f"covered/{number}", policies=1, subscriptions=2, covered=True)
    found = compared(case)
    assert not found.different, found.told()


@pytest.mark.parametrize("number", range(8))
def test_they_agree_on_outages_that_were_decided_on(number: int) -> None:
    case = random_case(f"decided/{number}", policies=1, subscriptions=2, covered=number % 2 == 1, decided=True)
    found = compared(case)
    assert not found.different, found.told()


@pytest.mark.parametrize(("length", "affected", "owed"), [(12_000_000_001, 0.3, 0), (7_200_000_001, 0.5, 100)])
def test_weighed_time_is_in_whole_microseconds(length: int, affected: float, owed: int) -> None:
    # 30 % of the one are an hour and 0.3 µs, which is an hour; half of the other an hour and 0.5 µs, which is more
    guarantee = {
        "id": "g",
        "metric": "downtime",
        "within": "1h",
        "window": "incident",
        "weigh": "affected",
        "clause": "c",
    }
    head = {"format": 1, "id": "p", "provider": "P", "service": "S", "currency": "EUR", "time_zone": "UTC"}
    source = {"title": "t", "language": "en", "retrieved": "2026-01-01"}
    tree = {**head, "source": source, "guarantees": [{**guarantee, "credit": {"flat": "10%", "clause": "c"}}]}
    at = datetime(2026, 6, 10, tzinfo=UTC)
    outage = {"outage": "o", "subscription": "s", "started": at, "ended": at + timedelta(microseconds=length)}
    known = {"subscription": "s", "policy": "p", "tier": None, "monthly_fee": Decimal(1000), "currency": "EUR"}
    held = {**known, "starts": datetime(2026, 1, 1, tzinfo=UTC), "ends": None}
    evidence = {"subscriptions": [held], "outages": [{**outage, "affected": affected}]}
    case = Case({"p": tree}, evidence, "2026-06", datetime(2026, 7, 1, tzinfo=UTC))
    found = compared(case)
    assert not found.different, found.told()
    assert assess(case.checked(), "2026-06", case.as_of, policies=case.parsed()).owed == {"EUR": owed}


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY // 4, TOGETHER))
def test_they_agree_on_subscriptions_that_change(first: int) -> None:
    for number in range(first, first + TOGETHER):
        found = compared(changing_case(f"long/{number}"))
        assert not found.different, f"case {number}:\n{found.told()}"


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY // 4, TOGETHER))
def test_they_agree_on_what_was_observed_of_changing_subscriptions(first: int) -> None:
    for number in range(first, first + TOGETHER):
        found = compared(changing_case(f"covered/{number}", covered=True))
        assert not found.different, f"case {number}:\n{found.told()}"


@pytest.mark.long
@pytest.mark.parametrize("first", range(0, MANY, TOGETHER))
def test_they_agree_on_random_policies(first: int) -> None:
    agree(first, "long")
