"""Notebooks and explorers under a hand: in JupyterLab and on a page of `slakit explore`, with the network off."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from browser_support import HOUSE, SLIDER, Explore, Lab, Opened, open_page, turn

pytestmark = pytest.mark.browser

Start = Callable[..., Explore]
FIGURE = ".slakit-figure"
PICTURE = ".slakit-explorer [role=figure]"
TABLE = ".slakit-tables"


def seen(opened: Opened, number: int = 0) -> dict[str, str]:
    """Figure with its sentence, picture as text, and table of an explorer."""
    explorer = opened.page.locator(".slakit-explorer").nth(number)
    return {
        "figure": explorer.locator(FIGURE).inner_text(),
        "picture": explorer.locator("[role=figure]").get_attribute("aria-label"),
        "drawn": explorer.locator("svg.marks").first.text_content(),
        "table": explorer.locator(TABLE).inner_text(),
    }


def settled(opened: Opened, number: int = 0) -> dict[str, str]:
    """What is seen once it does not change any more."""
    opened.page.locator(".slakit-explorer").nth(number).locator("svg.marks").first.wait_for()
    before: dict[str, str] = {}
    for _ in range(100):
        opened.page.wait_for_timeout(250)
        now = seen(opened, number)
        if now == before:
            return now
        before = now
    raise AssertionError("the page does not come to rest")


def slider(opened: Opened, label: str) -> int:
    """Number of the slider below a label."""
    heads = opened.page.locator(".slakit-label").all_inner_texts()
    count = "label => label.parentElement.querySelectorAll('.noUi-handle').length"
    handles = opened.page.evaluate(f"[...document.querySelectorAll('.slakit-label')].map({count})")
    number = next(place for place, head in enumerate(heads) if head.split("\n")[-1].startswith(label))
    return int(sum(handles[:number]))


def drag(opened: Opened, label: str, steps: int, said: str) -> None:
    """Move the slider below a label, and wait until what is seen says something."""
    turn(opened, steps, slider(opened, label))
    opened.page.locator(".slakit-explorer", has_text=said).first.wait_for()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_notebook_draws_its_charts_without_a_complaint(browser: Any, lab: Lab, dark: bool) -> None:
    opened = lab.open(browser, "notebooks/vendor_comparison.ipynb", dark=dark, width=1500, height=1700)
    opened.page.wait_for_selector(".vega-embed svg")
    assert opened.page.locator(".vega-embed svg").first.bounding_box()["width"] > 400
    opened.picture("lab-dark" if dark else "lab")
    assert opened.complaints == []


def test_a_slider_moves_a_label(browser: Any, lab: Lab) -> None:
    Path(lab.root, "slider.ipynb").write_text(SLIDER, encoding="utf-8")
    opened = lab.open(browser, "slider.ipynb")
    turn(opened, 3)
    opened.page.wait_for_selector("text=doubled: 6")
    assert opened.complaints == []
    opened.close()


def test_dragging_the_length_changes_figure_sentence_picture_and_table(browser: Any, lab: Lab) -> None:
    opened = lab.open(browser, "notebooks/what_if.ipynb", width=1500, height=1500)
    before = settled(opened)
    opened.picture("lab-what-if")
    assert before["figure"].startswith("Credit for one outage of 4h at Klikk Gold\n3.33 % of the fee")
    assert "Highest: 5 % of the fee at klink.cloud Enterprise" in before["figure"]
    drag(opened, "Length of the outage", 9, "Length of the outage: 14h")
    opened.page.wait_for_selector("[aria-label^='Credit for an outage of 14h: 10 %']")
    after = settled(opened)
    assert "10 % of the fee at klink.cloud Enterprise" in after["figure"]
    assert all(before[part] != after[part] for part in before)
    assert "Credit for an outage of 14h: 10 %" in after["picture"].replace("\n", " ")
    assert opened.page.locator(".slakit-label", has_text="Length of the outage: 14h").count() == 1
    opened.picture("lab-what-if-moved")
    drag(opened, "Length of the outage", -9, "Length of the outage: 4h")  # as the next test expects it
    assert opened.complaints == []


def test_dragging_the_ticket_changes_what_counts(browser: Any, lab: Lab) -> None:
    opened = lab.open(browser, "notebooks/what_if.ipynb", width=1500, height=1500)
    before = settled(opened, 1)
    assert "3h30m of the 4h outage counts" in before["picture"]
    drag(opened, "Your ticket", 12, "1h30m before the clock starts")
    opened.page.wait_for_selector("[aria-label^='2h30m of the 4h outage counts']")
    after = settled(opened, 1)
    assert "2h30m of the 4h outage counts" in after["picture"]
    assert all(before[part] != after[part] for part in before)
    opened.page.get_by_text("there is some").click()
    opened.page.wait_for_selector(".slakit-figure >> text=agreed maintenance")
    opened.page.locator(".slakit-explorer").nth(1).get_by_role("button", name="Why").click()
    opened.page.wait_for_selector("text=Downtime 0s of 31d agreed service time")
    opened.page.locator(".slakit-explorer").nth(1).scroll_into_view_if_needed()
    opened.picture("lab-incident")
    assert opened.complaints == []


def test_what_cannot_be_shown_is_said_in_the_widget_and_the_view_stays(browser: Any, lab: Lab) -> None:
    opened = lab.open(browser, "notebooks/what_if.ipynb", width=1500, height=1500)
    before = settled(opened)
    fee = opened.page.locator(".slakit-explorer").first.locator("input[type=number]")
    fee.fill("0")
    fee.press("Enter")
    opened.page.wait_for_selector("[role=alert] >> text=not a fee; write an amount above 0")
    assert settled(opened) == before
    opened.picture("lab-refused")
    fee.fill("2000")
    fee.press("Enter")
    opened.page.wait_for_selector("[role=alert]", state="detached")
    assert "100.00 USD" in settled(opened)["table"]
    assert opened.complaints == []


def test_a_view_can_be_taken_along(browser: Any, lab: Lab) -> None:
    opened = lab.open(browser, "notebooks/vendor_comparison.ipynb", width=1500, height=1500)
    settled(opened)
    for label, name, begins in (
        ("Picture (PNG)", "vendor-comparison.png", b"\x89PNG"),
        ("Picture (SVG)", "vendor-comparison.svg", b"<svg"),
        ("Excel", "vendor-comparison.xlsx", b"PK"),
    ):
        with opened.page.expect_download() as saved:
            opened.page.get_by_role("button", name=label).click()
        assert saved.value.suggested_filename == name
        assert Path(saved.value.path()).read_bytes().startswith(begins)
    opened.page.get_by_role("button", name="Run this in batch").click()
    plan = opened.page.locator(".slakit-seen textarea")
    plan.wait_for()  # its text is set a moment after it stands there
    opened.page.wait_for_function("document.querySelector('.slakit-seen textarea').value.includes('reports:')")
    assert "notebook: vendor_comparison.ipynb" in plan.input_value()
    assert opened.complaints == []


@pytest.mark.parametrize(("dark", "width"), [(True, 1400), (False, 760)], ids=["dark", "half"])
def test_it_can_be_read_in_the_dark_and_at_half_width(browser: Any, lab: Lab, dark: bool, width: int) -> None:
    opened = lab.open(browser, "notebooks/vendor_comparison.ipynb", dark=dark, width=width, height=1500)
    settled(opened)
    box = opened.page.locator("svg.marks").first.bounding_box()
    assert box["width"] > 380
    assert box["x"] + box["width"] <= width
    opened.picture(f"lab-vendors-{'dark' if dark else width}")
    assert opened.complaints == []


def test_weights_move_the_ranking_on_a_page_of_their_own(browser: Any, explore: Start) -> None:
    notebook = HOUSE / "notebooks" / "vendor_comparison.ipynb"
    opened = open_page(browser, explore(str(notebook)).url, width=1300, height=1200, slow=True)
    opened.page.wait_for_selector(".slakit-explorer svg.marks")
    before = settled(opened)
    assert "Highest weighted score\nKlikk Gold" in before["figure"]
    drag(opened, "Time to claim", 5, "Time to claim: 10")
    drag(opened, "Credit for your own outages", -5, "Credit for your own outages: 0")
    drag(opened, "First response", -5, "most of them for time to claim")
    after = settled(opened)
    assert "Highest weighted score\nWP Heaven" in after["figure"]
    assert all(before[part] != after[part] for part in before)
    opened.picture("explore-vendors")
    with opened.page.expect_download() as saved:
        opened.page.get_by_role("button", name="Excel").click()
    assert saved.value.suggested_filename == "vendor-comparison.xlsx"
    assert opened.page.evaluate("window.tooLate")
    assert opened.complaints == []
    opened.close()


def test_outages_of_ones_own_files_are_uploaded_on_the_page(browser: Any, explore: Start, tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    shutil.copytree(HOUSE / "data_samples" / "evidence", folder)
    zipped = shutil.make_archive(str(folder), "zip", tmp_path, "ours")
    broken = tmp_path / "outages.csv"
    broken.write_text("outage,subscription,started,ended\n")

    opened = open_page(
        browser, explore(str(HOUSE / "notebooks" / "vendor_comparison.ipynb")).url, width=1300, height=1200
    )
    opened.page.wait_for_selector(".slakit-explorer svg.marks")
    before = settled(opened)

    def choose(file: str | Path) -> None:
        with opened.page.expect_file_chooser() as chooser:
            opened.page.get_by_text("Choose files").click()
        chooser.value.set_files(file)

    choose(broken)
    opened.page.get_by_text("evidence: no table subscriptions").wait_for()
    assert settled(opened) == before
    choose(zipped)
    opened.page.get_by_text("no table subscriptions").wait_for(state="detached")
    opened.page.locator(".slakit-controls option", has_text="tind-iaas").first.wait_for(state="attached")
    assert settled(opened)["figure"] != before["figure"], "of all subscriptions, not of one"
    opened.picture("explore-upload")
    assert opened.complaints == []
    opened.close()


def test_every_page_that_is_served_by_itself_can_be_used(browser: Any, explore: Start) -> None:
    served = explore()
    assert list(served.links)[:4] == [
        "Which credit is due for an outage, and by when must we claim it?",
        "What would we be paid if the service were down?",
        "Which provider is better for us?",
        "What does this contract say?",
    ]
    for number, address in enumerate(list(served.links.values())[:4]):
        opened = open_page(browser, address, width=1300, height=1200)
        opened.page.wait_for_selector(".slakit-explorer svg.marks")
        settled(opened)
        opened.picture(f"explore-page-{number}")
        assert opened.complaints == []
        opened.close()
