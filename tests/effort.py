"""How many random examples a law tries, and which of many cases the quick run takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest
from hypothesis import settings

T = TypeVar("T")

QUICK = 25  # what conftest.py gives the profile `quick`


def examples(quick: int, parent: settings | None = None, **more: Any) -> settings:
    """Try so many examples in the quick run, and as many times more as the profile in force tries more."""
    return settings(parent, max_examples=quick * settings().max_examples // QUICK, **more)


def some_quick(cases: Iterable[Any], quick: Iterable[Any]) -> list[Any]:
    """Take all cases as parameters of a test; those that are not in `quick` run with the `long` tests."""
    quick = list(quick)
    return [case if case in quick else pytest.param(case, marks=pytest.mark.long) for case in cases]


def evenly(cases: Sequence[T], count: int) -> list[T]:
    """Take so many of the cases, the first and the last among them, or all where there are not more.

    >>> evenly([1, 2, 3, 4, 5, 6, 7, 8, 9], 3)
    [1, 5, 9]
    """
    if len(cases) <= count:
        return list(cases)
    return [cases[at * (len(cases) - 1) // (count - 1)] for at in range(count)]
