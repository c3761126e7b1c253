"""A subscription says the same alone and together with any others, in every table."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from effort import some_quick
from random_cases import Case, random_case
from shipped_plans import SHIPPED, shipped_case, some_shipped
from tables_alike import TABLES, differences, tables_of

from slakit.analysis.assess import assess

ANSWERED = tuple(name for name in TABLES if name != "readings")


def alone_is_together(case: Case) -> None:
    policies, evidence = case.parsed(), case.checked()
    together = assess(evidence, case.period, case.as_of, policies=policies, ranges=False)
    for subscription, name in evidence.subscriptions.select("subscription", "policy").iter_rows():
        own = evidence.only(subscription)
        review = assess(own, case.period, case.as_of, policies={name: policies[name]}, ranges=False)
        seen = differences(tables_of(together.of(subscription), ANSWERED), tables_of(review, ANSWERED))
        assert not seen, (subscription, seen)


def in_groups(count: int) -> Mapping[str, tuple[str, ...]]:
    return {f"{SHIPPED[at]}…": SHIPPED[at : at + count] for at in range(0, len(SHIPPED), count)}


@pytest.mark.parametrize("seed", some_quick(range(2), [0]))
def test_on_random_policies(seed: int) -> None:
    alone_is_together(random_case(f"alone {seed}", policies=4, subscriptions=6, decided=True))


def test_on_some_shipped_policies() -> None:
    alone_is_together(shipped_case(some_shipped(1, 6), 1))


@pytest.mark.long
@pytest.mark.parametrize("names", in_groups(12).values(), ids=in_groups(12))
def test_on_every_shipped_policy(names: tuple[str, ...]) -> None:
    alone_is_together(shipped_case(names, 2, subscriptions=2))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 160))
def test_on_many_random_policies(seed: int) -> None:
    alone_is_together(random_case(f"alone {seed}", policies=6, subscriptions=12))
