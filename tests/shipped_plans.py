"""The policies that ship with slakit, with random evidence for each."""

from __future__ import annotations

from random import Random

from random_cases import Case, case_of

from slakit.policy.files import LIBRARY, library
from slakit.policy.yaml import read_yaml

SHIPPED = tuple(library())


def shipped_case(names: tuple[str, ...], seed: int, subscriptions: int = 1) -> Case:
    """Evidence of so many subscriptions of each of some shipped policies."""
    trees = {name: read_yaml(LIBRARY / f"{name}.yaml").tree for name in names}
    return case_of(Random(f"shipped {seed} {names}"), trees, subscriptions * len(names))


def some_shipped(seed: int, count: int) -> tuple[str, ...]:
    """Some of the shipped policies."""
    return tuple(sorted(Random(seed).sample(SHIPPED, count)))
