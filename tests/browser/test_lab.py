"""Notebooks in JupyterLab, as analysts use them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from browser_support import SLIDER, Lab, turn

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_notebook_draws_its_charts_without_a_complaint(browser: Any, lab: Lab, dark: bool) -> None:
    opened = lab.open(browser, "notebooks/vendor_comparison.ipynb", dark=dark, width=1500, height=1700)
    opened.page.wait_for_selector(".vega-embed svg", timeout=60_000)
    assert opened.page.locator(".vega-embed svg").first.bounding_box()["width"] > 400
    opened.picture("lab-dark" if dark else "lab")
    assert opened.complaints == []
    opened.close()


def test_a_slider_moves_a_label(browser: Any, lab: Lab) -> None:
    Path(lab.root, "slider.ipynb").write_text(SLIDER, encoding="utf-8")
    opened = lab.open(browser, "slider.ipynb")
    turn(opened, 3)
    opened.page.wait_for_selector("text=doubled: 6")
    assert opened.complaints == []
    opened.close()
