"""A progress bar over the reports of a batch, for a terminal."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slakit.batch.manifest import Manifest, ReportRecord

if TYPE_CHECKING:
    from rich.console import Console

    from slakit.batch.run import Progress


@contextlib.contextmanager
def progress_bar(console: Console | None = None) -> Iterator[Progress]:
    """Show a bar, and above it a line for each report that failed.

    Examples
    --------
    >>> from rich.console import Console
    >>> with progress_bar(Console(quiet=True)) as progress:
    ...     progress(ReportRecord(name="budget", notebook="budget.ipynb", status="ok"), Manifest())
    """
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("", total=None)

        def progress(entry: ReportRecord, manifest: Manifest) -> None:
            left = len(manifest.with_status("waiting", "running"))
            running = ", ".join(active.name for active in manifest.with_status("running"))
            total = len(manifest.reports)
            bar.update(task, total=total, completed=total - left, description=escape(running))
            if entry.status == "failed":
                error = escape(str(entry.error))
                bar.console.print(f"[red]failed[/red] {escape(entry.name)}: {error}", highlight=False)

        yield progress
