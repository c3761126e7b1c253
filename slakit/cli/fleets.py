"""What `slakit assess` does and says when it assesses in parts."""

from __future__ import annotations

import contextlib
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from slakit.cli.batches import SOME_FAILED
from slakit.cli.console import new_table, safe, stderr, stdout

if TYPE_CHECKING:
    from slakit.cli.answers import FleetAnswer
    from slakit.fleet.summary import FleetSummary

STEPS = {
    "survey": "looking through files",
    "part": "parting rows",
    "check": "comparing ids of parts",
    "assess": "assessing parts",
}
"""Steps of a fleet as people call them."""


def assess_in_parts(evidence: Path, period: str, as_of: str, out: Path, *, as_json: bool = False, **how: Any) -> None:
    """Assess evidence in parts, show how far it is, and print what the parts come to."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from slakit.fleet.run import assess_fleet

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    bar = Progress(*columns, console=stderr())
    tasks = {step: bar.add_task(words, total=None, start=False) for step, words in STEPS.items()}
    with contextlib.ExitStack() as shown:

        def progress(step: str, done: int, of: int) -> None:
            if not bar.live.is_started:  # what is refused at once is refused without bars
                shown.enter_context(bar)
            if done == 0:
                bar.start_task(tasks[step])
            bar.update(tasks[step], completed=done, total=of)

        summary = assess_fleet(evidence, out, period, as_of, progress=progress, **how)
    if as_json:
        _json_of(summary).print()
    else:
        _tell(summary, out)
    if summary.interrupted_by:
        raise typer.Exit(128 + signal.Signals[summary.interrupted_by])
    if not summary.is_good:
        raise typer.Exit(SOME_FAILED)


def _json_of(summary: FleetSummary) -> FleetAnswer:
    from slakit.cli.answers import FleetAnswer, FleetPart

    of_all = {name: getattr(summary, name) for name in FleetAnswer.model_fields if name not in ("command", "parts")}
    parts = [FleetPart(part=part.part, status=part.status, error=part.error) for part in summary.parts]
    return FleetAnswer(**of_all, parts=parts)


def _tell(summary: FleetSummary, out: Path) -> None:
    """Print what the parts come to, and which are missing."""
    if not summary.parts:
        stderr().print("Interrupted before any part was assessed.", highlight=False)
        return
    console, done = stdout(), summary.with_status("done")
    told = f"{summary.subscriptions:,} subscriptions in {len(done):,} of {len(summary.parts):,} parts"
    console.print(f"Assessed {summary.period}, as of {summary.as_of:%Y-%m-%d %H:%M} UTC: {told}", highlight=False)
    rows = new_table("currency", "owed", "claimable now")
    for currency, amount in summary.owed.items():
        rows.add_row(currency, f"{amount:,}", f"{summary.claimable.get(currency, 0):,}")
    console.print(rows)
    count = sum(summary.warnings.values())
    if count:
        kinds = ", ".join(f"{code} {number:,}" for code, number in summary.warnings.items())
        console.print(f"{count:,} warning{'s' * (count > 1)}: {kinds}.", highlight=False, soft_wrap=True)
    console.print(f"Every table is a folder in {out}; summary.json lists the parts.", markup=False, highlight=False)
    failed, problems = summary.with_status("failed"), stderr()
    for part in failed:
        problems.print(f"[red]failed[/red] part {part.part}: {safe(str(part.error))[0]}", highlight=False)
    for problem in summary.problems:
        problems.print(f"[red]refused[/red] {safe(problem)[0]}", highlight=False)
    if summary.interrupted_by:
        problems.print("Interrupted: the same command goes on where it ended.", highlight=False)
