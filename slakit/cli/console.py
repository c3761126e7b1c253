"""What the commands print: tables, and messages to who is watching."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    """Write a value as a person does."""
    if isinstance(value, dict):
        return "/".join(dict.fromkeys(str(entry) for entry in value.values()))
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def safe(*cells: str) -> tuple[str, ...]:
    """Escape texts of files, which may look like markup."""
    from rich.markup import escape

    return tuple(escape(printable(cell)) for cell in cells)


def stdout() -> Console:
    """Return the console for answers."""
    console = _console()
    return console if console.is_terminal else _console(width=PIPED_WIDTH)


def _console(*, stderr: bool = False, width: int | None = None) -> Console:
    """Make a console that prints nothing that a terminal would obey."""
    from rich.console import Console

    class SafeConsole(Console):
        def print(self, *objects: Any, **how: Any) -> None:
            super().print(*(printable(each) if isinstance(each, str) else each for each in objects), **how)

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # `main` knows what to do

    return SafeConsole(stderr=stderr, width=width)


def new_table(*headers: str, title: str | None = None) -> Table:
    """Make an empty table."""
    from rich import box
    from rich.table import Table

    return Table(*headers, title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)


def stderr() -> Console:
    """Return the console for progress and problems."""
    return _console(stderr=True)


def write_result(result: Any, names: Iterable[str], out: Path) -> None:
    """Write a result as one workbook if the path ends in .xlsx, else its tables into a folder.

    Parameters
    ----------
    result
        A `Review` or a `Comparison`.
    names
        Its tables.
    out
        A workbook, or a folder that is created if it does not exist.
    """
    from slakit.evidence.files import write_table

    if out.suffix.lower() == ".xlsx":
        result.to_excel(out)
        return
    if out.suffix.lower() in (".csv", ".parquet", ".xls"):  # a file was meant, and there are many tables
        raise InputError(str(out), [Problem(str(out), None, "one file", "name a folder, or let it end in .xlsx")])
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
        for name in names:
            for suffix in ("csv", "parquet"):
                write_table(getattr(result, name), out / f"{name}.{suffix}")


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Report as one problem why a folder cannot be written."""
    try:
        yield
    except OSError as error:
        wrong = f"cannot be written ({error.strerror or error})"
        raise InputError(
            str(folder), [Problem(str(folder), None, wrong, "name a folder that can be written")]
        ) from None
