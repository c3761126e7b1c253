"""A browser, JupyterLab and `slakit explore`, for the tests of what people look at."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser_support import FLAGS, PAGES, SERVERS, Explore, Lab, chromium


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Add to a failure what its pages show and what the servers have printed."""
    report = yield
    if report.failed and item.get_closest_marker("browser"):
        report.sections += [("a page that is open", opened.told()) for opened in PAGES]
        report.sections += [("a server", "".join(server.lines[-40:])) for server in SERVERS]
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab: `opened = lab.open(browser, "notebooks/claims.ipynb")` opens a notebook and runs all of it."""
    chromium()
    running = Lab(tmp_path_factory.mktemp("lab"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def explore(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Explore]]:
    """Start `slakit explore` with some arguments: `open_page(browser, explore("a.ipynb").url)` opens what it serves."""
    chromium()
    running: dict[tuple[str, ...], Explore] = {}

    def start(*arguments: str | Path) -> Explore:
        key = tuple(map(str, arguments))
        if key not in running or running[key].process.poll() is not None:
            running[key] = Explore(tmp_path_factory.mktemp("explore"), *key)
        return running[key]

    yield start
    for each in running.values():
        each.stop()
        for pid in each.family():
            os.kill(pid, 9)
