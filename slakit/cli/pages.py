"""The command that serves pages to explore."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import Annotated

import typer

from slakit.cli.console import stderr, stdout
from slakit.cli.options import app
from slakit.cli.policies import check_policy


@app.command()
def explore(
    notebooks: Annotated[
        list[Path] | None,
        typer.Argument(metavar="NOTEBOOK...", help="Notebooks to serve; by default those with explorers."),
    ] = None,
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            "-p",
            metavar="NAME=VALUE",
            help="Parameter of the notebooks, its value as in YAML; may be repeated.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the server; 0 for any free port.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the pages in a browser.")] = True,
) -> None:
    """Serve notebooks as pages with controls, on this machine only."""
    from slakit.explore.choice import choose
    from slakit.explore.serving import serve

    chosen = choose(notebooks or (), parameters or (), check_policy=check_policy)
    stderr().print("starting …", markup=False, highlight=False)

    def ready(address: str, links: list[tuple[str, str]], redirect: Path) -> None:
        for title, link in links:
            stdout().print(f"{title}\n    {link}", markup=False, highlight=False, soft_wrap=True)
        if len(links) > 1:
            stdout().print(f"All of them\n    {address}", markup=False, highlight=False, soft_wrap=True)
        stderr().print("Only this machine can open them. Stop with Ctrl-C.", markup=False, highlight=False)
        if browser:
            open_browser(redirect.as_uri())

    ended_by = serve(chosen, ready, port=port)
    with contextlib.suppress(OSError):  # the terminal may be gone
        stderr().print("stopped", markup=False, highlight=False)
    if ended_by not in ("", "SIGINT"):  # Ctrl-C is how one says that one is done
        raise typer.Exit(128 + signal.Signals[ended_by])


def open_browser(address: str) -> None:
    """Open a page, without waiting for the browser."""
    import threading
    import webbrowser

    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
