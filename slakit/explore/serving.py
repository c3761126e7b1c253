"""Serving: what is started, in which order, and that nothing of it stays."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import os
import secrets
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from slakit._import_guard import without_slow_imports
from slakit.batch.stopping import until_signal
from slakit.explore.choice import Chosen
from slakit.problems import InputError, Problem

if TYPE_CHECKING:
    from slakit.explore.server import PageServer

HOST = "127.0.0.1"

Ready = Callable[[str, "list[tuple[str, str]]", Path], None]


class Serving:
    """One run of the server; `stop` ends it, at any time.

    Parameters
    ----------
    ready
        Is called when pages can be opened: with the address to open, title and address of every page, and a file
        that leads a browser to the address. The address holds the token, and the arguments of a process can be read
        by every user of the machine; the file can be read by this user only.
    """

    def __init__(self, ready: Ready) -> None:
        self.ready = ready
        self.token = secrets.token_urlsafe(24)
        self.server: PageServer | None = None
        self.ended_by = ""

    def stop(self, reason: str) -> None:
        """Stop serving, or do not begin. Called from a signal.

        It raises nothing: compiled code that is being imported would swallow the exception, and print it.
        """
        self.ended_by = reason
        if self.server is not None:
            self.server.end()

    def go_on(self) -> None:
        """Stop here if told to before."""
        if self.ended_by:
            raise KeyboardInterrupt

    def run(self, chosen: Sequence[Chosen], door: socket.socket) -> None:
        """Serve until stopped."""
        with tempfile.TemporaryDirectory(prefix="slakit-") as name, _kernels(name):
            folder = Path(name).resolve()
            with without_slow_imports():
                from slakit.explore.copies import write_copies
                from slakit.explore.server import PageServer, configuration
            self.go_on()
            pages = write_copies(chosen, folder)
            logging.getLogger("tornado").setLevel(logging.CRITICAL)  # what goes wrong stands on the page
            server = PageServer(
                door,
                pages,
                lambda: self.serves(server, door.getsockname()[1], folder),
                root_dir=str(folder),
                token=self.token,
                log_level=logging.CRITICAL,
                config=configuration(folder),
            )
            self.go_on()
            server.initialize()
            self.go_on()
            server.start()

    def serves(self, server: PageServer, port: int, folder: Path) -> None:
        """Note that the server runs, and say where the pages are; or end it, if told to before."""
        self.server = server
        if self.ended_by:
            server.end()
            return
        base, token = f"http://{HOST}:{port}/", f"?token={self.token}"
        links = [(page.title, f"{base}explore/{page.address}{token}") for page in server.pages]
        address = links[0][1] if len(links) == 1 else f"{base}{token}"
        redirect = folder / "open.html"
        redirect.touch(mode=0o600)
        redirect.write_text(f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={address}">', encoding="utf-8")
        self.ready(address, links, redirect)


def serve(chosen: Sequence[Chosen], ready: Ready, *, port: int = 0) -> str:
    """Serve notebooks as pages, on this machine only, until a signal to end comes; returns its name.

    Parameters
    ----------
    ready
        See `Serving`.
    port
        The port; 0 for one that is free.

    Raises
    ------
    InputError
        Voila is not installed, or the port is taken.
    """
    need_voila()
    with contextlib.closing(open_door(port)) as door:
        serving = Serving(ready)
        with until_signal(serving.stop), contextlib.suppress(KeyboardInterrupt):
            serving.run(chosen, door)
        return serving.ended_by


def need_voila() -> None:
    """Refuse to go on without Voila."""
    if importlib.util.find_spec("voila") is None:
        wrong, remedy = "Voila is not installed", "install it: pip install 'slakit[dashboard]'"
        raise InputError("explore", [Problem("explore", None, wrong, remedy)])


def open_door(port: int) -> socket.socket:
    """Open a port to this machine only."""
    try:
        door = socket.create_server((HOST, port), backlog=128)
    except (OSError, OverflowError) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else error
        wrong = f"cannot be used ({reason})"
        remedy = "choose another, or leave --port out for one that is free"
        raise InputError("explore", [Problem("--port", port, wrong, remedy)]) from None
    door.setblocking(False)
    return door


@contextlib.contextmanager
def _kernels(scratch: str) -> Iterator[None]:
    """Provide what kernels are forked from: it does its imports while this process does its own."""
    with without_slow_imports():
        from slakit.kernels.forkserver import can_fork, close_server, open_server
        from slakit.kernels.preloaded import SCRATCH
    try:
        if can_fork():
            open_server({SCRATCH: scratch}, quiet=True)
        yield
    finally:
        if "slakit.kernels.forkserver" in sys.modules:
            close_server()
