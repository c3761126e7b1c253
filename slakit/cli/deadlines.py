"""The command that writes deadlines of claims into a calendar."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from slakit.cli.console import new_table, safe, stdout
from slakit.cli.options import AsOf, Closed, Evidence, Json, PeriodOption, Readings, Subscriptions, Zone, app
from slakit.problems import InputError, Problem


@app.command()
def calendar(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="Calendar file to write or to bring up to date: .ics.")
    ],
    subscription: Subscriptions = None,
    before: Annotated[
        Path | None,
        typer.Option("--before", metavar="FILE", help="Calendar written earlier; by default the one at --out."),
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    as_json: Json = False,
) -> None:
    """Write the deadlines of claims as a calendar file."""
    from slakit.claiming.calendar import deadline_calendar
    from slakit.cli.reviews import assessed
    from slakit.show.labels import days_left, deadline_text, money_text

    if out.suffix.lower() != ".ics":
        raise InputError(str(out), [Problem("--out", str(out), "not a calendar file", "let it end in .ics")])
    if before is not None and not before.exists():
        raise InputError(str(before), [Problem("--before", str(before), "no such file", "name a calendar file")])
    review = assessed(evidence, period, as_of, reading, time_zone, closed, ranges=True, subscription=subscription)
    entered = deadline_calendar(review, subscription or (), before=before or out)
    files = entered.write(out)
    if as_json:
        from slakit.cli.answers import CalendarAnswer, Deadline

        CalendarAnswer(deadlines=Deadline.of_table(entered.deadlines), files=list(map(str, files))).print()
        return
    rows = new_table("subscription", "claim", "until", "days left")
    for row in entered.deadlines.sort("deadline", maintain_order=True).iter_rows(named=True):
        zone = review.zone_of(row["subscription"])
        left = days_left(row["deadline"], review.as_of, zone)
        amount = money_text(row["amount"], row["currency"])
        rows.add_row(*safe(row["subscription"], amount, deadline_text(row["deadline"], zone), str(left)))
    console = stdout()
    if rows.row_count:
        console.print(rows)
    count = entered.deadlines.height
    said = f"{count} deadline{'s' * (count != 1)} to come. The calendar is in {files[0]}."
    if len(files) > 1:
        said += f" To take what was met out of a calendar, import {files[1]}."
    console.print(said, highlight=False, markup=False, soft_wrap=True)
