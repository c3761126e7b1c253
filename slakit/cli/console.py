"""What the commands print: tables, and messages to who is watching."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slakit.problems import InputError, Problem, printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

PIPED_WIDTH = 160
"""Columns of a table that nobody watches being printed."""


def plain(value: object) -> str:
    """A value as a person writes it."""
    if isinstance(value, dict):
        return "/".join(dict.fromkeys(str(entry) for entry in value.values()))
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def safe(*cells: str) -> tuple[str, ...]:
    """Text of files may look like markup: show it as it is."""
    from rich.markup import escape

    return tuple(escape(printable(cell)) for cell in cells)


def stdout() -> Console:
    """Where answers go."""
    console = _console()
    return console if console.is_terminal else _console(width=PIPED_WIDTH)


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    """A console to which text goes without anything that a terminal would obey."""
    from rich.console import Console

    class SafeConsole(Console):
        def print(self, *objects: Any, **how: Any) -> None:
            super().print(*(printable(each) if isinstance(each, str) else each for each in objects), **how)

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # `main` knows what to do

    return SafeConsole(stderr=stderr, width=width)


def new_table(*headers: str, title: str | None = None) -> Table:
    """An empty table."""
    from rich import box
    from rich.table import Table

    return Table(*headers, title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def stderr() -> Console:
    """Where progress and complaints go."""
    return _console(stderr=True)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say in one problem what keeps a folder from being written."""
    try:
        yield
    except OSError as error:
        wrong = f"cannot be written ({error.strerror or error})"
        raise InputError(
            str(folder), [Problem(str(folder), None, wrong, "name a folder that can be written")]
        ) from None
