"""The commands that write dossiers and check them."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from slakit.cli.console import new_table, safe, stderr, stdout
from slakit.cli.options import AsOf, Closed, Evidence, Json, PeriodOption, Readings, Subscriptions, Zone, app

DIFFERS = 3


@app.command()
def dossier(
    evidence: Evidence,
    period: PeriodOption,
    as_of: AsOf,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder to write; it must not be there.")],
    subscription: Subscriptions = None,
    contract: Annotated[
        list[Path] | None,
        typer.Option("--contract", metavar="FILE", help="The contract as a document; may be repeated."),
    ] = None,
    export: Annotated[
        list[Path] | None,
        typer.Option("--export", metavar="FILE", help="File that the evidence was made of; may be repeated."),
    ] = None,
    letter: Annotated[
        list[Path] | None, typer.Option("--letter", metavar="FILE", help="Letter to the provider; may be repeated.")
    ] = None,
    imported: Annotated[
        bool, typer.Option(help="Keep what was imported for these subscriptions: receipt, mappings and records.")
    ] = True,
    timestamp_request: Annotated[
        bool,
        typer.Option("--timestamp-request", help="Also write a request for a time stamp (RFC 3161)."),
    ] = False,
    reading: Readings = None,
    time_zone: Zone = None,
    closed: Closed = None,
    as_json: Json = False,
) -> None:
    """Write all that a claim rests on as one folder with hashes."""
    from slakit.claiming.dossier import write_dossier
    from slakit.claiming.timestamps import REQUEST
    from slakit.cli.reviews import conventions_of
    from slakit.evidence.files import read_evidence

    with stderr().status("reading and assessing", spinner="line"):
        known = read_evidence(evidence, time_zone=time_zone)
        write_dossier(
            known, out, period=period, as_of=as_of, subscriptions=subscription or "", reading=reading,
            conventions=conventions_of(closed), contracts=contract or (), exports=export or (), letters=letter or (),
            imported=imported, request_timestamp=timestamp_request,
        )  # fmt: skip
    if as_json:
        from slakit.cli.answers import DossierAnswer

        request = str(out / REQUEST) if timestamp_request else None
        DossierAnswer(folder=str(out), timestamp_request=request).print()
        return
    said = [f"The dossier is in {out}. Check it: {shlex.join(['slakit', 'verify', str(out)])}"]
    if timestamp_request:
        said.append(f"Send {out / REQUEST} to a time stamp authority, and keep what it answers.")
    for sentence in said:
        stdout().print(sentence, highlight=False, markup=False, soft_wrap=True)


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", help="Folder that slakit dossier wrote.")],
    timestamp: Annotated[
        Path | None,
        typer.Option(
            "--timestamp",
            metavar="FILE",
            help="Answer to the request for a time stamp: .tsr; by default the one in the dossier.",
        ),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="FILE", help="Root certificate of the time stamp authority, in PEM."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compute the hashes and figures of a dossier again."""
    from slakit.claiming.verify import verify_dossier

    with stderr().status("checking", spinner="line"):
        found = verify_dossier(folder, timestamp=timestamp, certificate=certificate)
    if as_json:
        from slakit.cli.answers import DossierDifference, VerifyAnswer

        stamp = found.timestamp
        VerifyAnswer(
            sound=found.sound,
            files=found.files,
            figures=found.figures,
            slakit=found.slakit,
            stamped=None if stamp is None or stamp.wrong else stamp.at,
            differences=DossierDifference.of_table(found.differences),
            notes=found.notes,
        ).print()
        raise typer.Exit(0 if found.sound else DIFFERS)
    console = stdout()
    if not found.sound:
        rows = new_table("where", "what differs")
        for row in found.differences.iter_rows(named=True):
            rows.add_row(*safe(row["where"], row["says"]))
        console.print(rows)
    for note in found.notes:
        console.print(note, highlight=False, markup=False, soft_wrap=True)
    count = found.differences.height
    said = f"{found.files:,} files and {found.figures:,} figures were checked: "
    said += "nothing differs." if found.sound else f"{count:,} difference{'s' * (count != 1)}."
    console.print(said, highlight=False, markup=False, soft_wrap=True)
    if not found.sound:
        raise typer.Exit(DIFFERS)
