"""`slakit explore`, as procurement uses it: pages with controls, on this machine only."""

from __future__ import annotations

import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from batch_support import MarkedProcess
from browser_support import HOUSE, SLIDER, Explore, Opened, open_page, turn

pytestmark = pytest.mark.browser

Start = Callable[..., Explore]
COMPARISON = HOUSE / "notebooks" / "vendor_comparison.ipynb"
BROKEN = SLIDER.replace("import ipywidgets as w", "raise ValueError('no <b>such</b> subscription')")


@pytest.fixture(scope="module")
def slider(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook with a slider, and a label that follows it."""
    path = tmp_path_factory.mktemp("slider") / "slider.ipynb"
    path.write_text(SLIDER, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def comparison(browser: Any, explore: Start) -> Iterator[Opened]:
    """The page of the comparison, which changes its width and its colours."""
    opened = open_page(browser, explore(str(COMPARISON)).url)
    opened.page.wait_for_selector(".vega-embed svg")
    yield opened
    opened.close()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (640, False), (1280, True)])
def test_a_page_draws_its_charts_and_hides_its_code(comparison: Opened, width: int, dark: bool) -> None:
    opened = comparison
    opened.page.set_viewport_size({"width": width, "height": 900})
    opened.page.emulate_media(color_scheme="dark" if dark else "light")
    opened.wait_until(f"document.documentElement.scrollWidth <= {width}")
    opened.picture(f"explore-{width}{'-dark' * dark}")
    assert opened.page.title() == "Which provider is better for us?"
    assert opened.page.locator("h1").all_inner_texts() == ["Which provider is better for us?"]
    assert "sla.explore_vendors" not in opened.page.content()
    assert opened.page.locator(".vega-embed svg").first.bounding_box()["width"] > 400
    assert opened.complaints == []


def test_a_slider_moves_a_label_and_the_kernel_ends_with_the_page(browser: Any, slider: Path, explore: Start) -> None:
    served = explore(slider)
    before = len(served.family())
    opened = open_page(browser, served.url)
    opened.page.wait_for_selector(".noUi-handle")
    turn(opened, 3)
    opened.page.wait_for_selector("text=doubled: 6")
    opened.picture("explore-slider")
    assert "voila/" in opened.page.locator("#rendered_cells").inner_text()
    assert str(slider.parent) in opened.page.locator("#rendered_cells").inner_text()
    assert opened.complaints == []
    assert len(served.family()) == before + 1
    opened.close()
    served.wait_until(lambda: len(served.family()) == before)


def test_several_notebooks_are_listed_by_their_questions(browser: Any, slider: Path, explore: Start) -> None:
    opened = open_page(browser, explore(COMPARISON, slider, "-p", "most=4").url)
    opened.picture("explore-list")
    assert opened.page.locator("nav b").all_inner_texts() == ["Which provider is better for us?", "What if it lasts?"]
    opened.page.locator("nav a", has_text="What if it lasts?").click()
    opened.page.wait_for_selector(".noUi-handle")
    turn(opened, 9)
    opened.page.wait_for_selector("text=doubled: 8")
    assert opened.complaints == []
    opened.close()


def test_without_the_token_nothing_is_shown(browser: Any, slider: Path, explore: Start) -> None:
    served = explore(slider)
    bare = served.url.partition("?")[0]
    opened = open_page(browser, bare)
    opened.page.wait_for_selector("text=The key is missing")
    opened.picture("explore-refused")
    for path in ("/", "/explore/slider", "/voila/tree", "/voila/render/1/slider.ipynb", "/api/kernels/1-1-1-1-1"):
        assert status(urljoin(bare, path)) == 403
    assert status(served.url, Host="elsewhere.example") == 403


def test_pages_of_other_origins_cannot_end_a_kernel(slider: Path, explore: Start) -> None:
    base, _, token = explore(slider).url.partition("explore/")
    leave = f"{base}voila/api/shutdown/1-1-1-1-1?{token.partition('?')[2]}"
    assert status(leave, "POST", Origin="https://elsewhere.example") == 403
    assert status(leave, "POST", Origin=base.rstrip("/")) == 204


def test_a_page_may_load_nothing_from_elsewhere(slider: Path, explore: Start) -> None:
    with urllib.request.urlopen(explore(slider).url) as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "http" not in policy


def test_the_browser_is_opened_without_the_token_in_its_arguments(slider: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    opener = tmp_path / "opener"
    opener.write_text(f'#!/bin/sh\necho "$@" > {asked}.part\nmv {asked}.part {asked}\nsleep 60\n')
    opener.chmod(0o700)
    command = [sys.executable, "-m", "slakit", "explore", str(slider)]
    served = MarkedProcess(command, {"BROWSER": f"{opener} %s"}, cwd=HOUSE)
    served.wait_for(asked)
    address = asked.read_text().strip()
    redirect = Path(address.removeprefix("file://"))
    assert address.startswith("file://")
    assert redirect.stat().st_mode & 0o077 == 0
    token = redirect.read_text().partition("token=")[2].partition('"')[0]
    assert len(token) > 20
    for pid in served.family():
        assert token.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    os.killpg(served.process.pid, signal.SIGINT)
    served.end()
    assert not redirect.exists()


def status(address: str, method: str = "GET", **headers: str) -> int:
    """Ask for an address as a program would; returns the status of the reply."""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers, method=method)) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_what_goes_wrong_is_told_in_words(browser: Any, tmp_path: Path, explore: Start) -> None:
    (tmp_path / "broken.ipynb").write_text(BROKEN, encoding="utf-8")
    opened = open_page(browser, explore(tmp_path / "broken.ipynb").url)
    opened.page.wait_for_selector("text=This page is not complete")
    opened.picture("explore-broken")
    assert "ValueError: no <b>such</b> subscription" in opened.page.locator("#rendered_cells").inner_text()
    assert opened.complaints == []
    opened.close()


@pytest.mark.parametrize(("signum", "code"), [("SIGINT", 0), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_however_it_is_ended_nothing_of_it_stays(
    browser: Any, slider: Path, tmp_path: Path, signum: str, code: int
) -> None:
    served = Explore(tmp_path / "scratch", str(slider))
    opened = open_page(browser, served.url)
    opened.page.wait_for_selector(".noUi-handle")
    assert list(served.scratch.iterdir()) != []
    said = served.stop(signal.Signals[signum])
    assert served.process.returncode == code
    assert said.rstrip().endswith("stopped")
    assert served.family() == []
    assert list(served.scratch.iterdir()) == []
    opened.page.close()


def test_a_page_whose_widgets_did_not_arrive_starts_again(browser: Any, slider: Path, explore: Start) -> None:
    opened = open_page(browser, explore(slider).url)
    opened.page.wait_for_selector(".noUi-handle")
    lost = "document.querySelector('.jupyter-widgets').textContent = 'Error displaying widget: model not found'"
    with opened.page.expect_navigation():
        opened.page.evaluate(lost)
    opened.page.wait_for_selector(".noUi-handle")
    assert opened.complaints == []
    opened.close()


def test_a_page_says_that_its_server_is_gone(browser: Any, slider: Path, tmp_path: Path) -> None:
    served = Explore(tmp_path / "scratch", str(slider))
    opened = open_page(browser, served.url)
    opened.page.wait_for_selector(".noUi-handle")
    served.stop()
    opened.page.wait_for_selector("text=no longer connected")
    opened.picture("explore-ended")
    opened.page.close()


def test_ctrl_c_while_it_starts_leaves_nothing_either(slider: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "slakit", "explore", "--no-browser", str(slider)]
    for pause in (0.3, 0.6, 0.9):
        starting = MarkedProcess(command, {"TMPDIR": str(tmp_path / "scratch")}, cwd=HOUSE)
        (tmp_path / "scratch").mkdir(exist_ok=True)
        time.sleep(pause)
        os.killpg(starting.process.pid, signal.SIGINT)
        assert "Traceback" not in starting.end()
        assert starting.process.returncode in (0, 130, -signal.SIGINT)  # the last: before Python itself had started
        assert starting.family() == []
        assert list((tmp_path / "scratch").iterdir()) == []
