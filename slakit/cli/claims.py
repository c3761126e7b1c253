"""The command that writes claims: letters, what is missing, and what is attached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from slakit.cli.console import new_table, safe, stderr, stdout
from slakit.cli.options import AsOfOrNow, Closed, Evidence, Json, Readings, Zone, app
from slakit.problems import InputError, Problem

if TYPE_CHECKING:
    from slakit.claiming.facts import ClaimPack
    from slakit.cli.answers import ClaimAnswer

NOT_READY = 3
DOSSIER = "dossier"


@app.command()
def claim(
    evidence: Evidence,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Write a folder for each claim into it.")],
    subscription: Annotated[
        str, typer.Option("--subscription", "-s", help="Whose credits to claim; by default all that can be.")
    ] = "",
    window: Annotated[
        list[str] | None, typer.Option("--window", "-w", help="Month or months: 2026-09; may be repeated.")
    ] = None,
    language: Annotated[
        str, typer.Option("--language", "-l", help="Of the letter: en, da, sv, nb or de; by default the contract's.")
    ] = "",
    formats: Annotated[
        list[str] | None, typer.Option("--format", "-f", help="Of the letter: html, docx or md; may be repeated.")
    ] = None,
    sender: Annotated[
        str, typer.Option("--from", metavar="TEXT", help='Customer and contact: "Fjord AS; Kari Nordmann; k@fjord.no".')
    ] = "",
    account: Annotated[str, typer.Option("--account", metavar="TEXT", help="Account at the provider.")] = "",
    to: Annotated[
        str, typer.Option("--to", metavar="TEXT", help="Where it is sent, if the contract does not say.")
    ] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", metavar="ITEM=TEXT", help="What the contract asks for, in words; may be repeated."),
    ] = None,
    attach: Annotated[
        list[str] | None,
        typer.Option("--attach", metavar="[ITEM=]FILE", help="Attach a file that answers an item; may be repeated."),
    ] = None,
    redact: Annotated[
        list[str] | None,
        typer.Option("--redact", metavar="TEXT", help="Star this text in attached files; may be repeated."),
    ] = None,
    nothing_to_redact: Annotated[
        bool, typer.Option("--nothing-to-redact", help="Attached files hold nothing confidential.")
    ] = False,
    ask: Annotated[
        list[str] | None,
        typer.Option("--ask", metavar="QUESTION=ANSWER", help="Ask for another reading, and say what it would pay."),
    ] = None,
    calendar: Annotated[
        bool, typer.Option("--calendar", help="Also write the deadlines of these subscriptions: deadlines.ics.")
    ] = False,
    dossier: Annotated[
        bool, typer.Option("--dossier", help="Also write a dossier with hashes into the folder of each claim.")
    ] = False,
    as_of: AsOfOrNow = None,
    period: Annotated[
        str | None,
        typer.Option("--period", "-p", help="Period of the assessment; by default the years of the windows, or two."),
    ] = None,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    as_json: Json = False,
) -> None:
    """Write claims that can be sent, and say what is missing.

    Each claim gets a folder: the letter, readiness.md, explanation.txt, and the files attached. Exit code 3 says that
    something is missing.
    """
    from slakit.claiming.calendar import deadline_calendar
    from slakit.claiming.dossier import write_dossier
    from slakit.claiming.files import write_claims
    from slakit.claiming.pack import claim_pack
    from slakit.cli.reviews import assessed, conventions_of

    if redact and nothing_to_redact:
        raise typer.BadParameter("name --redact or --nothing-to-redact, not both")
    moment = as_of or datetime.now(UTC).isoformat()
    assessed_period = period or _years(window or [], moment)
    review = assessed(
        evidence, assessed_period, moment, reading, time_zone, closed,
        ranges=True, subscription=subscription or None,
    )  # fmt: skip
    conventions = conventions_of(closed)
    with stderr().status("writing claims", spinner="line"):
        pack = claim_pack(
            review, subscription, window or (), language=language, sender=sender, account=account, to=to, asked=ask,
            answers=dict(_pair(text) for text in answer or []),
            files={file: item for item, file in map(_file, attach or [])},
            redact=() if nothing_to_redact else redact,
            conventions=conventions,
        )  # fmt: skip
        if not pack.claims:
            raise InputError("claim", [Problem("claim", subscription or None, *_nothing(pack))])
        taken = [out / one.name / DOSSIER for one in pack.claims if dossier and (out / one.name / DOSSIER).exists()]
        if taken:
            wrong, remedy = "there already, and a dossier is not changed", "name another folder with --out"
            raise InputError("claim", [Problem("--dossier", str(folder), wrong, remedy) for folder in taken])
        folders = write_claims(pack, out, formats or ["html"])
        if calendar:
            path = out / "deadlines.ics"
            deadline_calendar(review, sorted({one.subscription for one in pack.claims}), before=path).write(path)
        for one, folder in zip(pack.claims, folders, strict=True) if dossier else ():
            write_dossier(
                review.evidence, folder / DOSSIER, period=assessed_period, as_of=moment,
                subscriptions=one.subscription, reading=reading, conventions=conventions,
                letters=sorted(folder.glob("letter.*")), exports=sorted(folder.glob("attachments/*")),
            )  # fmt: skip
    if as_json:
        _json_of(pack, folders).print()
    else:
        _tell(pack, folders)
    if not pack.ready:
        raise typer.Exit(NOT_READY)


def _years(windows: list[str], moment: str) -> str:
    """Return the years of the windows; without any, this year and the one before."""
    from slakit.measure.calendar import Period

    spans = [Period.parse(window) for window in windows]
    if not spans:
        # a moment that is none is told of when it is assessed
        year = int(moment[:4]) if moment[:4].isdigit() else datetime.now(UTC).year
        return f"{year - 1}-01/{year}-12"
    first, last = min(span.first for span in spans), max(span.after for span in spans) - timedelta(days=1)
    return f"{first.year}-01/{last.year}-12"


def _pair(text: str) -> tuple[str, str]:
    item, found, said = text.partition("=")
    if not found or not said.strip():
        remedy = "write the item as the contract has it, = and what you say of it"
        raise InputError("claim", [Problem("--answer", text, "not an item and its answer", remedy)])
    return item.strip(), said.strip()


def _file(text: str) -> tuple[str, str]:
    """Part the item that a file answers from its path; a file of that very name is one without an item."""
    item, found, file = text.partition("=")
    return (item.strip(), file.strip()) if found and not Path(text).exists() else ("", text)


def _nothing(pack: ClaimPack) -> tuple[str, str]:
    if not pack.not_claimed:
        return "no credit is owed", "look at slakit assess"
    why = "; ".join(dict.fromkeys(one.why for one in pack.not_claimed))
    return f"nothing can be claimed now ({why})", "look at slakit assess"


def _json_of(pack: ClaimPack, folders: list[Path]) -> ClaimAnswer:
    from slakit.cli.answers import ClaimAnswer, ClaimNeed, CreditNotClaimed, WrittenClaim

    def of(part: Any, fact: object) -> Any:
        """Take the fields that the document has."""
        return {name: getattr(fact, name) for name in part.model_fields if hasattr(fact, name)}

    written = [
        WrittenClaim(
            **of(WrittenClaim, claim),
            needs=[ClaimNeed(**of(ClaimNeed, check)) for check in claim.checks],
            folder=str(folder),
        )
        for claim, folder in zip(pack.claims, folders, strict=True)
    ]
    others = [CreditNotClaimed(**of(CreditNotClaimed, one)) for one in pack.not_claimed]
    return ClaimAnswer(ready=pack.ready, claims=written, not_claimed=others)


def _tell(pack: ClaimPack, folders: list[Path]) -> None:
    from slakit.show.labels import deadline_text, money_text

    console = stdout()
    rows = new_table("claim", "amount", "claim until", "ready", "missing")
    for claim in pack.claims:
        until = deadline_text(claim.deadline, claim.zone)
        amount, ready = money_text(claim.amount, claim.currency), "yes" if claim.ready else "no"
        rows.add_row(*safe(claim.name, amount, until, ready, str(len(claim.missing)) if claim.missing else "–"))
    console.print(rows)
    for claim in pack.claims:
        for check in claim.missing:
            clause = f" (clause {check.clause})" if check.clause else ""
            said = f"Missing in {claim.name}: {check.what}{clause}: {check.says}."
            console.print(said, markup=False, highlight=False, soft_wrap=True)
        for file in claim.attachments:
            if file.starred is not None:
                said = f"{file.name}: {file.starred:,} place{'s' * (file.starred != 1)} starred."
                console.print(said, markup=False, highlight=False, soft_wrap=True)
    for one in pack.not_claimed:
        said = f"Not claimed: {one.subscription}, {one.name}, {one.window}, {money_text(one.amount, one.currency)}"
        console.print(f"{said}: {one.why}.", markup=False, highlight=False, soft_wrap=True)
    where = ", ".join(map(str, folders))
    console.print(f"Written to {where}.", markup=False, highlight=False, soft_wrap=True)
