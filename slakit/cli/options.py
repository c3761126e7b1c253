"""Arguments and options that several commands share, and the command line that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="slakit",
    help="Analyse service level agreements: what a contract promises, what happened, what is owed, until when.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PolicyName = Annotated[str, typer.Argument(metavar="POLICY", help="Id in the library, or path of a .yaml file.")]
PolicyNames = Annotated[
    list[str], typer.Argument(metavar="POLICY...", help="Ids in the library, or paths; POLICY:TIER for one.")
]
Tier = Annotated[str | None, typer.Option("--tier", "-t", help="One of the policy's tiers.")]
Evidence = Annotated[Path, typer.Argument(metavar="EVIDENCE", help="Folder of tables, or one Excel workbook.")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="Zone of times in the tables that have no offset.")]
PeriodOption = Annotated[
    str, typer.Option("--period", "-p", help="First and last month: 2026-01/2026-09, or one: 2026-10.")
]
AsOf = Annotated[str, typer.Option("--as-of", help="Instant of the assessment: 2026-10-05T00:00:00Z.")]
Readings = Annotated[
    list[str] | None,
    typer.Option("--reading", "-r", help="question=answer or policy:question=answer; may be repeated."),
]
Closed = Annotated[
    Path | None,
    typer.Option("--closed", metavar="FILE", help="Closing days beside public holidays: one date a line, # remarks."),
]
