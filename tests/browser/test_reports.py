"""What the batch makes, in a real browser, from disk and without a network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan

pytestmark = pytest.mark.browser
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EVIDENCE = Path(__file__).parents[2] / "data_samples" / "evidence"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PLAN = f"""
format: 1
defaults: {{evidence: {EVIDENCE}, period: 2026-01/2026-09, as_of: "2026-10-05T00:00:00Z"}}
reports:
  - {{name: incidents, notebook: {NOTEBOOKS}/incident_review.ipynb, parameters: {{subscription: fjord-iaas}}}}
  - {{name: curves, notebook: {NOTEBOOKS}/credit_curves.ipynb}}
  - {{name: budgets, notebook: {NOTEBOOKS}/uptime_budget.ipynb}}
  - {{name: claims, notebook: {NOTEBOOKS}/claims.ipynb}}
"""


def chromium() -> str:
    """Find a Chromium; where continuous integration has none, that is a failure."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("continuous integration needs Chromium: apt-get install chromium")
    return found or pytest.skip("no Chromium on this machine")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports made from the sample evidence."""
    chromium()
    folder = tmp_path_factory.mktemp("batch")
    (folder / "plan.yaml").write_text(PLAN)
    manifest = run_plan(read_plan(folder / "plan.yaml"), folder / "out")
    assert [entry.error for entry in manifest.reports if not entry.is_good] == []
    return folder / "out"


def opened(browser: Any, page_path: Path) -> tuple[Any, list[str]]:
    """Open a page with the network off, and collect what it complains about."""
    page = browser.new_context(offline=True, viewport={"width": 1200, "height": 900}).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on(
        "request",
        lambda request: None if request.url.startswith(("file:", "data:", "blob:")) else complaints.append(request.url),
    )
    page.goto(page_path.as_uri())
    return page, complaints


@pytest.mark.parametrize("name", ["incidents", "curves", "budgets", "claims"])
def test_a_report_draws_its_charts_offline_without_a_complaint(browser: Any, reports: Path, name: str) -> None:
    page, complaints = opened(browser, reports / f"{name}.html")
    page.wait_for_selector(".vega-embed svg, .vega-embed canvas", timeout=20_000)
    folder = os.environ.get("SLAKIT_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert complaints == []


def test_the_index_lists_every_report_and_its_links_open(browser: Any, reports: Path) -> None:
    page, complaints = opened(browser, reports / "index.html")
    for name in ("incidents", "curves", "budgets", "claims"):
        assert page.locator(f"a[href='{name}.html']").count() >= 1
    page.locator("a[href='claims.html']").first.click()
    page.wait_for_selector("h1")
    assert complaints == []
