"""Pages for everyone: what axe-core finds on them, and what the keyboard alone reaches."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser_support import HOUSE, Explore, chromium, open_page

from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan

pytestmark = pytest.mark.browser
PLAN = f"""
format: 1
defaults: {{evidence: {HOUSE}/data_samples/evidence, period: 2026-01/2026-09, as_of: "2026-10-05T00:00:00Z"}}
reports:
  - {{name: claims, notebook: {HOUSE}/notebooks/claims.ipynb}}
"""
CLOSE = ".jupyter-widget-tag-close"


def serious(page: Any) -> list[str]:
    """Name what axe-core finds that is serious or critical, with the first element."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in ("serious", "critical")]


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report and its index."""
    chromium()
    folder = tmp_path_factory.mktemp("batch")
    (folder / "plan.yaml").write_text(PLAN)
    run_plan(read_plan(folder / "plan.yaml"), folder / "out")
    return folder / "out"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["claims", "index"])
def test_axe_finds_nothing_serious_on_a_report_and_the_index(
    browser: Any, reports: Path, name: str, dark: bool
) -> None:
    opened = open_page(browser, (reports / f"{name}.html").as_uri(), dark=dark)
    opened.page.wait_for_selector(".vega-embed svg" if name == "claims" else "h1")
    assert serious(opened.page) == []


def test_a_report_is_read_on_a_phone_without_scrolling_sideways(browser: Any, reports: Path) -> None:
    opened = open_page(browser, (reports / "claims.html").as_uri(), width=400)
    opened.page.wait_for_selector(".vega-embed svg")
    opened.picture("phone-claims")
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 400
    amount = opened.page.locator("td[data-label=Amount]").first.bounding_box()
    assert amount["x"] >= 0
    assert amount["x"] + amount["width"] <= 400


def test_an_explorer_page_is_for_everyone(browser: Any, explore: Callable[..., Explore]) -> None:
    opened = open_page(browser, explore(HOUSE / "notebooks" / "vendor_comparison.ipynb").url)
    page = opened.page
    page.wait_for_selector(".vega-embed svg")
    page.wait_for_selector(f"{CLOSE}[role=button]")
    assert serious(page) == []
    last = page.get_by_role("button", name="Remove Cloudworkz")
    last.focus()
    last.press("Enter")
    last.wait_for(state="detached")
    page.set_viewport_size({"width": 400, "height": 900})
    opened.wait_until("document.documentElement.scrollWidth <= 400")
    answer, control = (page.locator(css).first.bounding_box() for css in (".slakit-figure", ".slakit-controls"))
    assert answer["y"] < control["y"], "the answer comes before the controls"
    assert opened.complaints == []
