"""Pages in a real browser: opening them, what they complain about, and the two servers that notebooks are shown by."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from batch_support import MarkedProcess, code

HOUSE = Path(__file__).parents[2]
PATIENCE = 180
"""How long anything is waited for: a machine that does much else draws a chart in more than a minute. [s]"""
TOO_LATE = "[anywidget] Failed to initialize model."
"""What anywidget says of a view that a busy page does not load within two seconds; the view comes all the same."""
NOT_YET = "widget model not found"
"""What the browser says where a busy kernel did not answer in time; the page starts again then."""
# On a slow machine these two seconds are over before the view is there; so they are at once, on any machine.
SLOW = """{
    const timeout = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (length) => {
        if (length !== 2000) return timeout(length);
        window.tooLate = true;
        const over = new AbortController();
        queueMicrotask(() => over.abort());
        return over.signal;
    };
}"""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCAL = re.compile(r"(file|data|blob):|(https?|wss?)://(127\.0\.0\.1|localhost)[:/]")
RUN_ALL = """async () => {
    const app = window.jupyterapp, context = app.shell.currentWidget.sessionContext;
    await context.ready;
    await app.commands.execute("notebook:run-all-cells");
    while (context.session.kernel.status !== "idle") await new Promise(wake => setTimeout(wake, 50));
}"""


def _slider() -> str:
    """A notebook with a slider, and a label that follows it."""
    widgets = """
    import os
    import ipywidgets as w
    slider, label = w.IntSlider(max=most, description="hours"), w.Label("doubled: 0")
    slider.observe(lambda change: setattr(label, "value", f"doubled: {2 * change.new}"), "value")
    w.VBox([slider, label, w.Button(description="Save", icon="download")])
    """
    prose = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# What if it lasts?\nMove the slider."}
    asked = code("most: int = 10  # hours", "parameters")
    cells = [prose, asked, code(widgets), code("print(os.environ.get('SERVER_SOFTWARE'), os.getcwd())")]
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": kernel}, "cells": cells})


SLIDER = _slider()


def chromium() -> str:
    """Find a Chromium; where continuous integration has none, that is a failure."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None and os.environ.get("CI") == "true":
        pytest.fail("continuous integration needs Chromium: apt-get install chromium")
    return found or pytest.skip("no Chromium on this machine")


@dataclass
class Opened:
    """An open page, and what it complained about: errors in its console, and requests that leave this machine."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def picture(self, name: str) -> None:
        """Save a picture of the whole page in the folder that SLAKIT_SCREENSHOTS names, if it names one."""
        if folder := os.environ.get("SLAKIT_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)

    def told(self) -> str:
        """What there is to read on the page, and what it complained about, for whoever asks why a test failed."""
        try:
            text = self.page.locator("body").inner_text(timeout=5000)
        except Exception as error:  # a page that hangs or is gone must not hide why the test failed
            text = str(error)
        return "\n".join([self.page.url, *self.complaints[:20], text[:2000]])

    def wait_until(self, told: str) -> None:
        """Wait until JavaScript says yes, also on a page that compiles none."""
        deadline = time.monotonic() + PATIENCE
        while not self.page.evaluate(told):
            assert time.monotonic() < deadline, f"waited in vain until {told}"
            self.page.wait_for_timeout(100)

    def close(self) -> None:
        """Close the page as a person does, so that it can let go of its kernel."""
        self.page.close(run_before_unload=True)


PAGES: list[Opened] = []
"""Pages that were opened and are not closed."""


def open_page(
    browser: Any, address: str, *, width: int = 1200, height: int = 900, dark: bool = False, slow: bool = False
) -> Opened:
    """Open a page and collect its complaints; a page from disk has no network, a slow one loads all views too late."""
    scheme = "dark" if dark else "light"
    offline = address.startswith("file:")
    size = {"width": width, "height": height}
    context = browser.new_context(offline=offline, viewport=size, color_scheme=scheme)
    if slow:
        context.add_init_script(SLOW)
    opened = Opened(context.new_page())
    complain = opened.complaints.append
    opened.page.on("pageerror", lambda error: None if TOO_LATE in str(error) else complain(str(error)))
    opened.page.on(
        "console", lambda said: complain(said.text) if said.type == "error" and NOT_YET not in said.text else None
    )
    opened.page.on("request", lambda request: None if LOCAL.match(request.url) else complain(request.url))
    opened.page.on("websocket", lambda channel: None if LOCAL.match(channel.url) else complain(channel.url))
    opened.page.set_default_timeout(PATIENCE * 1000)
    PAGES[:] = [*(other for other in PAGES if not other.page.is_closed()), opened]
    opened.page.goto(address, wait_until="commit")
    return opened


def turn(opened: Opened, steps: int, slider: int = 0) -> None:
    """Move a slider of a page by steps, with the arrow keys as a person would."""
    handle = opened.page.locator(".noUi-handle").nth(slider)
    handle.focus()
    for _ in range(abs(steps)):
        handle.press("ArrowRight" if steps > 0 else "ArrowLeft")


def free_port() -> int:
    """Find a port that nobody uses."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


class Server(MarkedProcess):
    """A command that serves pages; what it prints is read at once, so that it never waits for a reader."""

    def __init__(self, command: list[str], environment: dict[str, str], **how: Any) -> None:
        super().__init__(command, environment, **how)
        self.lines: list[str] = []
        self.reader = threading.Thread(target=self._listen, daemon=True)
        self.reader.start()
        SERVERS.append(self)

    def _listen(self) -> None:
        assert self.process.stdout
        with self.process.stdout as said:
            self.lines.extend(said)

    def end(self) -> str:
        """Wait until it has ended; returns what it printed."""
        self.process.wait(timeout=PATIENCE)
        self.reader.join(timeout=PATIENCE)
        return "".join(self.lines)


SERVERS: list[Server] = []
"""Servers that were started."""


class Explore(Server):
    """`slakit explore`, running; `url` opens it, `links` its pages by title."""

    def __init__(self, scratch: Path, *arguments: str, folder: Path = HOUSE) -> None:
        scratch.mkdir(parents=True, exist_ok=True)
        self.scratch = scratch
        command = [sys.executable, "-m", "slakit", "explore", "--no-browser", *arguments]
        super().__init__(command, {"TMPDIR": str(scratch)}, cwd=folder)
        self.wait_until(lambda: self.started() or self.process.poll() is not None, PATIENCE)
        if not self.started():
            pytest.fail(f"it did not start: {self.end()}")
        titled = pairwise(line.strip() for line in self.lines)
        self.links = {title: address for title, address in titled if "http://" in address}

    def started(self) -> bool:
        """Whether it has said where its pages are."""
        return any("Stop with" in line for line in self.lines)

    @property
    def url(self) -> str:
        """The address to open: the page, or the list of pages if there are several."""
        return list(self.links.values())[-1]

    def stop(self, signum: signal.Signals = signal.SIGINT) -> str:
        """End it by a signal; returns what it printed."""
        if self.process.poll() is None:
            os.kill(self.process.pid, signum)
        return self.end()


class Lab(Server):
    """JupyterLab, running in a folder with copies of `notebooks` and `data_samples`, without anybody's settings."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        for name in ("notebooks", "data_samples"):
            shutil.copytree(HOUSE / name, self.root / name)
        port, self.token = free_port(), "for-this-test-only"
        self.base = f"http://127.0.0.1:{port}/"
        options = {
            "ServerApp.root_dir": self.root,
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": port,
            "ServerApp.port_retries": 0,
            "IdentityProvider.token": self.token,
            "LabApp.extension_manager": "readonly",
        }
        given = [f"--{name}={value}" for name, value in options.items()]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"]
        super().__init__([*command, *given], _apart(folder), cwd=self.root)
        self.kept: dict[str, Opened] = {}
        self.wait_until(self.answers, PATIENCE)

    def answers(self) -> bool:
        """Whether it can be asked."""
        try:
            with urllib.request.urlopen(f"{self.base}api/status?token={self.token}", timeout=1):
                return True
        except OSError:
            assert self.process.poll() is None, self.end()
            return False

    def open(self, browser: Any, notebook: str, *, dark: bool = False, width: int = 1500, height: int = 1500) -> Opened:
        """Show a notebook, by its path below `root`, of which all has run; one that is open is shown again."""
        address = f"{self.base}lab/tree/{notebook}?reset&token={self.token}"
        is_new = notebook not in self.kept or self.kept[notebook].page.is_closed()
        opened = open_page(browser, address, width=width, height=height) if is_new else self.kept[notebook]
        opened.page.set_viewport_size({"width": width, "height": height})
        opened.page.wait_for_selector(".jp-Notebook .jp-Cell")
        theme = "JupyterLab Dark" if dark else "JupyterLab Light"  # it keeps the one that was chosen last
        opened.page.evaluate(f"window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
        opened.page.wait_for_selector(f"body[data-jp-theme-name='{theme}']", state="attached")
        if is_new:
            opened.page.evaluate(RUN_ALL)
        self.kept[notebook] = opened
        return opened

    def close(self) -> None:
        """End it, and whatever it started; JupyterLab itself may wait for its kernels for minutes."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=20)
        for pid in self.family():
            os.kill(pid, signal.SIGKILL)
        self.end()


def _apart(folder: Path) -> dict[str, str]:
    """Keep JupyterLab from the user's settings, and from asking the network for news."""
    places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR")
    more = ("JUPYTERLAB_WORKSPACES_DIR", "IPYTHONDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    apart = {name: str(folder / name.lower()) for name in (*places, *more)}
    page = Path(apart["JUPYTER_CONFIG_DIR"], "labconfig", "page_config.json")
    page.parent.mkdir(parents=True)
    page.write_text(json.dumps({"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}}))
    return apart
