"""Arguments and options that several commands share, and the command line that they belong to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

COMMANDS = {
    "A quick question, without files": ("quote",),
    "Contracts": ("policies", "show", "findings", "budget"),
    "Evidence and reviews": ("import", "assess", "reconcile", "explain", "readings", "due", "scorecard"),
    "Claims": ("claim", "calendar", "dossier", "verify", "register"),
    "Comparison": ("compare", "outlook"),
    "Reports": ("batch", "explore"),
    "Files": ("new", "validate", "check", "schema"),
}
"""Question → the commands that answer it, in the order in which a person needs them."""


class Commands(TyperGroup):
    """The commands, listed by question."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 (as typer calls it)
        """Write a section for each question."""
        room = formatter.width - 6 - max(map(len, self.commands))
        for question, names in COMMANDS.items():
            with formatter.section(question):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(room)) for name in names])


app = typer.Typer(
    name="slakit",
    cls=Commands,
    help="Analyse service level agreements: guarantees, what happened, what is owed, and until when it can be claimed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PolicyName = Annotated[str, typer.Argument(metavar="POLICY", help="Id in the library, or path; POLICY:TIER for one.")]
PolicyNames = Annotated[
    list[str], typer.Argument(metavar="POLICY...", help="Ids in the library, or paths; POLICY:TIER for one.")
]
Tier = Annotated[str | None, typer.Option("--tier", "-t", help="One of the policy's tiers.")]
Evidence = Annotated[Path, typer.Argument(metavar="EVIDENCE", help="Folder of tables, or one Excel workbook.")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="Time zone of dates and of times without an offset.")]
PeriodOption = Annotated[
    str, typer.Option("--period", "-p", help="First and last month: 2026-01/2026-09, or one: 2026-10.")
]
AsOf = Annotated[
    str, typer.Option("--as-of", help="Assess as of this date or instant: 2026-10-05, 2026-10-05T12:00:00Z.")
]
AsOfOrNow = Annotated[str | None, typer.Option("--as-of", help="Assess as of this date or instant; by default now.")]
PlansFee = Annotated[float | None, typer.Option("--fee", help="Monthly fee, the same for all plans.")]
Amendments = Annotated[
    list[str] | None,
    typer.Option("--amend", metavar="TERM=VALUE", help="Add the first plan with this term amended; may be repeated."),
]
Subscriptions = Annotated[
    list[str] | None, typer.Option("--subscription", "-s", help="Only this subscription; may be repeated.")
]
Readings = Annotated[
    list[str] | None,
    typer.Option(
        "--reading",
        "-r",
        help="Answer to an open question: question=answer or policy:question=answer; may be repeated.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print one JSON document instead (its schema: slakit schema --of answers).")
]
Closed = Annotated[
    Path | None,
    typer.Option("--closed", metavar="FILE", help="File of closing days besides public holidays: one date a line."),
]
