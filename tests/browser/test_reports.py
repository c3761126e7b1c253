"""What the batch makes, in a real browser, from disk and without a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser_support import chromium, open_page

from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan

pytestmark = pytest.mark.browser
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
EVIDENCE = Path(__file__).parents[2] / "data_samples" / "evidence"
PLAN = f"""
format: 1
defaults: {{evidence: {EVIDENCE}, period: 2026-01/2026-09, as_of: "2026-10-05T00:00:00Z"}}
reports:
  - {{name: incidents, notebook: {NOTEBOOKS}/incident_review.ipynb, parameters: {{subscription: fjord-iaas}}}}
  - {{name: overview, notebook: {NOTEBOOKS}/overview.ipynb}}
  - {{name: curves, notebook: {NOTEBOOKS}/credit_curves.ipynb}}
  - {{name: budgets, notebook: {NOTEBOOKS}/uptime_budget.ipynb}}
  - {{name: claims, notebook: {NOTEBOOKS}/claims.ipynb}}
"""


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Reports made from the sample evidence."""
    chromium()
    folder = tmp_path_factory.mktemp("batch")
    (folder / "plan.yaml").write_text(PLAN)
    manifest = run_plan(read_plan(folder / "plan.yaml"), folder / "out")
    assert [entry.error for entry in manifest.reports if not entry.is_good] == []
    return folder / "out"


@pytest.mark.parametrize("name", ["incidents", "curves", "budgets", "claims"])
def test_a_report_draws_its_charts_offline_without_a_complaint(browser: Any, reports: Path, name: str) -> None:
    opened = open_page(browser, (reports / f"{name}.html").as_uri())
    opened.page.wait_for_selector(".vega-embed svg, .vega-embed canvas")
    opened.picture(name)
    assert opened.complaints == []


def test_the_index_lists_every_report_and_its_links_open(browser: Any, reports: Path) -> None:
    opened = open_page(browser, (reports / "index.html").as_uri())
    page = opened.page
    for name in ("incidents", "curves", "budgets", "claims"):
        assert page.locator(f"a[href='{name}.html']").count() >= 1
    page.locator("a[href='claims.html']").first.click()
    page.wait_for_selector("h1")
    assert opened.complaints == []


@pytest.mark.parametrize("name", ["index", "overview"])
def test_the_overview_sorts_and_filters_by_keyboard(browser: Any, reports: Path, name: str) -> None:
    opened = open_page(browser, (reports / f"{name}.html").as_uri())
    page = opened.page
    rows, told = page.locator(".ov-subs tbody tr"), page.locator(".ov-find output")
    assert rows.first.locator("td").first.inner_text().startswith("fjord-iaas")  # to be claimed today
    page.locator(".ov input[type=search]").focus()
    page.keyboard.type("klink 2026-10")
    assert (rows.count(), told.inner_text()) == (1, "1 of 7")
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    for _ in range(5):  # provider, checkbox, the table itself, its first two headings
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    heading = page.locator(".ov-subs th[aria-sort]")
    assert (heading.inner_text().strip()[:8], heading.get_attribute("aria-sort")) == ("Provider", "ascending")
    assert rows.first.locator("td").nth(1).inner_text() == "Cloudworkz"
    page.keyboard.press("Space")
    assert rows.first.locator("td").nth(1).inner_text() == "WP Heaven"
    page.set_viewport_size({"width": 400, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    assert opened.complaints == []
