"""The command that checks worked examples."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.cli.console import stderr, stdout
from slakit.cli.options import Json, app
from slakit.problems import InputError

if TYPE_CHECKING:
    from slakit.cli.answers import CheckAnswer
    from slakit.examples.check import ExampleOutcome

SOME_DIFFER = 1


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE_OR_DIR...", help="Example files, or folders of them.")],
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also list the examples that hold.")] = False,
    as_json: Json = False,
) -> None:
    """Check worked examples: what happened, and what must come out."""
    from rich.progress import track

    from slakit.examples.check import check as check_cases
    from slakit.examples.files import find_files, read_cases

    cases, unread = [], []
    for path in find_files(paths):
        try:
            cases += read_cases(path)
        except InputError as error:
            unread += error.problems
    checking = track(check_cases(cases), "checking", total=len(cases), console=stderr(), transient=True)
    outcomes: list[ExampleOutcome] = list(checking)
    if as_json and not unread:
        _json_of(outcomes).print()
    elif not as_json:
        _print(outcomes, verbose=verbose)
    if unread:
        raise InputError("examples", unread)
    if not all(outcome.holds for outcome in outcomes):
        raise typer.Exit(SOME_DIFFER)


def _json_of(outcomes: list[ExampleOutcome]) -> CheckAnswer:
    from slakit.cli.answers import CheckAnswer, Example

    return CheckAnswer(
        examples=[
            Example(
                example=str(outcome.case), where=outcome.case.where, source=str(outcome.case.source),
                holds=outcome.holds, differences=list(map(str, outcome.differences)), refused=outcome.refused,
            )
            for outcome in outcomes
        ]
    )  # fmt: skip


def _print(outcomes: list[ExampleOutcome], *, verbose: bool) -> None:
    for outcome in outcomes:
        if verbose or not outcome.holds:
            mark = "holds" if outcome.holds else "differs" if outcome.differences else "refused"
            lines = [f"{mark}  {outcome.case} ({outcome.case.where}; {outcome.case.source})"]
            lines += [f"    {difference}" for difference in outcome.differences]
            lines += [f"    {line}" for line in outcome.refused.splitlines()]
            for line in lines:
                stdout().print(line, markup=False, highlight=False, soft_wrap=True)
    differ = [outcome for outcome in outcomes if not outcome.holds]
    policies = len({outcome.case.policy.id for outcome in outcomes})
    said = f"{len(outcomes) - len(differ)} of {len(outcomes)} examples of {policies} policies hold"
    stdout().print(f"{said}." if not differ else f"{said}; {len(differ)} do not.", highlight=False)
