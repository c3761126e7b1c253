"""The command that answers a quick question, without files."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from slakit.cli.console import stdout
from slakit.cli.options import Json, Readings, app
from slakit.problems import InputError, Problem


@app.command()
def quote(
    guarantee: Annotated[
        str | None, typer.Option("--guarantee", "-g", metavar="PERCENT", help="Guaranteed availability: 99.9.")
    ] = None,
    credit: Annotated[
        list[str] | None,
        typer.Option("--credit", "-c", metavar="LEVEL:CREDIT", help="Credit below a level: 99.9:10%; may be repeated."),
    ] = None,
    fee: Annotated[str, typer.Option("--fee", metavar="MONEY", help="Monthly fee with its currency: 2000EUR.")] = "",
    outage: Annotated[
        list[str] | None,
        typer.Option(
            "--outage",
            "-o",
            metavar="[START/]LENGTH",
            help="Length of an outage, with its start if it matters: 3h, 2026-10-12T14:00/3h; may be repeated.",
        ),
    ] = None,
    month: Annotated[str, typer.Option("--month", "-m", help="Month of the outages without a start: 2026-10.")] = "",
    claim: Annotated[
        str,
        typer.Option("--claim", metavar="PERIOD", help="Claim within this after the month: 30d; none if needless."),
    ] = "",
    time_zone: Annotated[str, typer.Option("--time-zone", help="Time zone of the contract; UTC if not given.")] = "",
    policy: Annotated[
        str, typer.Option("--policy", metavar="POLICY:TIER", help="A contract instead: in the library, or a path.")
    ] = "",
    reading: Readings = None,
    save: Annotated[
        Path | None, typer.Option("--save", metavar="FILE", help="Write the terms as a policy to this .yaml file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Answer a quick question: the credit for an outage."""
    from slakit.analysis.quote import QUESTION, Quote, refuse_save
    from slakit.analysis.quote import quote as answer
    from slakit.show.explorers.incident import sentence_on
    from slakit.show.labels import sums_text

    problems: list[Problem] = []
    found: Quote | None = None
    try:
        found = answer(
            guarantee, credit or [], fee=fee, outage=outage or [], month=month, claim=claim, time_zone=time_zone,
            policy=policy, reading=reading or [], read_on=datetime.now(UTC).date(),
        )  # fmt: skip
    except InputError as error:
        problems += error.problems
    if save is not None:
        try:
            refuse_save(save, is_own=not policy)
        except InputError as error:
            problems += error.problems
    if problems or found is None:
        raise InputError("quote", problems)
    if save is not None:
        found.save(save)
    if as_json:
        from slakit.cli import answers

        answers.QuoteAnswer(
            owed=found.owed,
            deadline=found.deadline,
            claims=answers.Claim.of_table(found.review.claims),
            credits=answers.Credit.of_table(found.review.credits),
            why=answers.told(found.why()),
            assumptions=answers.Assumption.of_table(found.review.assumptions),
            saved=None if save is None else str(save),
        ).print()
        return
    console = stdout()
    for line in (
        f"Credit due: {sums_text(found.owed.items())}",
        sentence_on(found.review, QUESTION),
        "",
        str(found.why()),
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if save is not None:
        console.print(f"\nThe terms are in {save}.", markup=False, highlight=False, soft_wrap=True)
