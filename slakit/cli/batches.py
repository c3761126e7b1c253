"""The command that makes many reports."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import Annotated

import typer

from slakit.cli.console import stderr, stdout
from slakit.cli.options import app
from slakit.cli.policies import check_policy

SOME_FAILED = 3


@app.command()
def batch(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="YAML file that lists the reports.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the reports; created if it does not exist.")],
    workers: Annotated[int | None, typer.Option(min=1, help="Number of reports that run at the same time.")] = None,
    self_contained: Annotated[
        bool,
        typer.Option(
            "--self-contained",
            help="Put what draws the charts into every report (0.9 MB each), so that it can be sent alone.",
        ),
    ] = False,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler whose workers make the reports (tcp://…).")
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Print every report as PDF too, by a browser that is installed.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Also make the reports that did not change.")] = False,
) -> None:
    """Run the notebooks of a plan, and write the reports."""
    from slakit.batch.plan import read_plan
    from slakit.batch.progress import progress_bar
    from slakit.batch.run import run_plan

    browser = ""
    if pdf:
        from slakit.batch.pdf import find_browser, print_reports

        browser = find_browser()  # before anything runs
    read = read_plan(plan, check_policy=check_policy)
    with contextlib.ExitStack() as stack:
        executor = None
        if scheduler is not None:
            from slakit.fleet.reports import reports_on

            executor = stack.enter_context(reports_on(scheduler, read, out, workers=workers))
        manifest = run_plan(
            read, out, workers=workers, force=force, self_contained=self_contained,
            progress=stack.enter_context(progress_bar(stderr())), executor=executor,
        )  # fmt: skip
    failed = [entry for entry in manifest.reports if not entry.is_good]
    done = len(manifest.reports) - len(failed)
    stdout().print(
        f"{done} of {len(manifest.reports)} reports are in {out / 'index.html'}",
        markup=False,
        highlight=False,
    )
    unprinted = []
    if browser and not manifest.interrupted_by:
        unprinted = print_reports(manifest.reports, out.resolve(), browser)
    if unprinted:
        stderr().print(f"not printed as PDF: {', '.join(unprinted)}", markup=False, highlight=False)
    if failed:
        stderr().print(f"not made: {', '.join(entry.name for entry in failed)}", markup=False, highlight=False)
    if manifest.interrupted_by:
        raise typer.Exit(128 + signal.Signals[manifest.interrupted_by])
    if failed or unprinted:
        raise typer.Exit(SOME_FAILED)
