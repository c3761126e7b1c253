"""How much is tried (`long` tests, random examples, a browser), and holidays that no library can change."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator

os.environ.setdefault("POLARS_MAX_THREADS", "1")  # each worker of pytest has a core; threads in small frames cost more

import holidays
import pytest
from effort import QUICK, evenly
from hypothesis import HealthCheck, settings
from public_holidays import holidays_by_law

# `quick` tries the same few examples each time, so that the README's command says the same on every machine.
# `long` tries many, `night` others each time: `pytest -m "long or hypothesis" --hypothesis-profile night`.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", _COMMON, max_examples=QUICK, derandomize=True, database=None)
settings.register_profile("long", _COMMON, max_examples=4 * QUICK, derandomize=True, database=None, print_blob=True)
settings.register_profile("night", _COMMON, max_examples=200 * QUICK, print_blob=True)
settings.load_profile("quick")


# Rooms whose tests assess contracts: each case takes a tenth of a second or more, and next to nothing elsewhere.
ASSESSING = ("analysis", "comparison", "examples", "finding", "laws", "measure", "remedy", "show", "tickets")
CASES = 2
"""Of so many cases of each test the quick run takes in these rooms, spread evenly; the others are `long`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--browser", action="store_true", help="run the tests in a headless Chromium (CI always does)")
    parser.addoption("--part", metavar="K/N", help="run each N-th test from the K-th on (CI: another part a day)")


@pytest.hookimpl(tryfirst=True)  # before pytest looks at the marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make most cases of a test `long` where cases are costly; see `ASSESSING`."""
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        room = item.path.parent.name
        if (room in ASSESSING or room == "tests") and not item.get_closest_marker("long"):
            cases[item.nodeid.partition("[")[0]].append(item)
    for test in cases.values():
        for item in set(test) - set(evenly(test, CASES)):
            item.add_marker(pytest.mark.long)
    choose(config, items)


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one part of the tests, if one is named; skip those in a browser unless they are asked for, or in CI."""
    if part := config.getoption("--part"):
        number, parts = (int(text) for text in part.split("/"))
        config.hook.pytest_deselected(items=[item for place, item in enumerate(items) if place % parts != number - 1])
        items[:] = items[number - 1 :: parts]
    if config.getoption("--browser") or os.environ.get("CI") == "true":
        return
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="run tests in a browser with --browser"))


@pytest.fixture(scope="session", autouse=True)
def _holidays_by_law() -> Iterator[None]:
    """Let no test depend on the dates that a version of `holidays` knows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(holidays, "country_holidays", holidays_by_law)
        yield
