"""The command that turns files of other tools into evidence."""

from __future__ import annotations

import shlex
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from slakit.cli.console import new_table, safe, stderr, stdout, writing
from slakit.cli.options import Json, app
from slakit.problems import InputError, Problem, printable

if TYPE_CHECKING:
    from slakit.evidence.sources.receipt import ImportReceipt

TO_FILL_IN = 3
MOST_NAMED = 10
"""Rows or records that are named; `imported.json` has them all."""


@app.command("import")
def import_(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE...", help="Files of one source, as its tool exports them.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--map", "-m", metavar="FILE", help="Mapping that says what the source means.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="EVIDENCE", help="Folder of evidence that the rows go to.")
    ] = None,
    reader: Annotated[str | None, typer.Option("--reader", help="Reader, if not exactly one knows the files.")] = None,
    draft: Annotated[
        Path | None,
        typer.Option("--draft", metavar="FILE", help="Where to write the mapping to fill in; else beside the tables."),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Forget what was imported from this source before.")
    ] = False,
    list_readers: Annotated[bool, typer.Option("--list", help="List the readers, and how to fetch files.")] = False,
    as_json: Json = False,
) -> None:
    """Import files of other tools as evidence."""
    if list_readers:
        _print_readers(as_json=as_json)
        return
    if not files:
        raise typer.BadParameter("name a FILE at least, or --list")
    if mapping is None:
        _write_draft(files, reader, out, draft, as_json=as_json)
        raise typer.Exit(TO_FILL_IN)
    if out is None:
        raise typer.BadParameter("name the folder of evidence with --out")
    if draft is not None:
        raise typer.BadParameter("a mapping is drafted where there is none: name --map or --draft")
    from slakit.evidence.sources.importing import import_evidence

    with stderr().status("importing", spinner="line"):
        receipt = import_evidence(files, out, mapping, reader, replace=replace)
    if as_json:
        from slakit.cli.answers import ImportAnswer, NotInARow

        ImportAnswer(
            source=receipt.source, reader=receipt.reader, records=receipt.records, rows=receipt.rows,
            in_no_row=[NotInARow(reason=one.reason, count=one.count, ids=one.ids) for one in receipt.left_out],
            evidence=str(out),
        ).print()  # fmt: skip
        return
    _tell(receipt, out)


def _write_draft(files: list[Path], reader: str | None, out: Path | None, draft: Path | None, *, as_json: bool) -> None:
    """Write the mapping that a person must fill in, and say so."""
    from slakit._atomic import write_whole
    from slakit.evidence.files import MAPPING_SUFFIX
    from slakit.evidence.sources.importing import draft_mapping

    with stderr().status("reading", spinner="line"):
        name, text = draft_mapping(files, reader, evidence=out)
    path = draft or (out or Path()) / f"{name}{MAPPING_SUFFIX}"
    if path.exists():
        remedy = f"import with --map {path}, or write another with --draft"
        raise InputError(str(path), [Problem(str(path), None, "there already", remedy)])
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    if as_json:
        from slakit.cli.answers import ImportAnswer

        ImportAnswer(mapping_to_fill_in=str(path)).print()
        return
    again = shlex.join(["slakit", "import", *map(str, files), "--map", str(path), "--out", str(out or "EVIDENCE")])
    typer.echo(printable(f"{path} is written: fill it in, then {again}"))


def _tell(receipt: ImportReceipt, out: Path) -> None:
    """Print what was read, what changed and what is in no row."""
    console = stdout()
    for sentence in receipt.sentences():
        console.print(f"{sentence[:1].upper()}{sentence[1:]}.", markup=False, highlight=False, soft_wrap=True)
    for table, changes in receipt.changes.items():
        for what, ids in (("Changed", changes.changed), ("Removed", changes.removed)):
            if ids:
                console.print(f"{what} in {table}: {_some(ids)}.", markup=False, highlight=False, soft_wrap=True)
    if receipt.left_out:
        rows = new_table("records", "in no row, because", "ids")
        for each in receipt.left_out:
            rows.add_row(*safe(f"{each.count:,}", each.reason, _some(each.ids, each.count)))
        console.print(rows)
    console.print(f"The evidence is in {out}.", markup=False, highlight=False, soft_wrap=True)
    if (months := _months(receipt, out)) is not None:
        as_of = f"{datetime.now(UTC):%Y-%m-%d}"
        line = ["slakit", "assess", str(out), "--period", months, "--as-of", as_of, "--out", "answer"]
        console.print(printable(f"Next: {shlex.join(line)}"), markup=False, highlight=False, soft_wrap=True)


def _months(receipt: ImportReceipt, out: Path) -> str | None:
    """Return the months that a source tells of: those that it covers, else those of its rows."""
    import polars as pl

    from slakit.evidence.tables import TABLES

    if receipt.covered:
        first, end = map(datetime.fromisoformat, receipt.covered)
        edges = [f"{first:%Y-%m}", f"{end - timedelta(microseconds=1):%Y-%m}"]
    else:
        edges = []
        for name in receipt.rows:
            begin = next(column.name for column in TABLES[name].columns if column.kind == "instant")
            rows = pl.scan_csv(out / f"{name}.csv", infer_schema=False).filter(source=receipt.source)
            spanned = rows.select(pl.col(begin).min().alias("first"), pl.col(begin).max().alias("last")).collect()
            edges += [instant[:7] for instant in spanned.row(0) if instant]
    return "/".join(sorted({min(edges), max(edges)})) if edges else None


def _some(ids: list[str], count: int | None = None) -> str:
    others = (count or len(ids)) - MOST_NAMED
    more = f" and {others:,} more" if others > 0 else ""
    return ", ".join(ids[:MOST_NAMED]) + more


def _print_readers(*, as_json: bool) -> None:
    """Print every reader, and the command that fetches what it reads."""
    from slakit.evidence.sources.reader import Reader
    from slakit.evidence.sources.registry import readers

    if as_json:
        from slakit.cli.answers import ImportAnswer, ListedReader

        listed = [
            ListedReader(reader=one.name, reads=one.reads, fetch=one.fetch, cannot_be_used=None)
            if isinstance(one, Reader)
            else ListedReader(reader=one.name, reads=None, fetch=None, cannot_be_used=one.wrong)
            for one in readers()
        ]
        ImportAnswer(readers=listed).print()
        return
    console = stdout()
    for reader in readers():
        says = reader.reads if isinstance(reader, Reader) else f"cannot be used: {reader.wrong}"
        console.print(f"{reader.name}: {says}", markup=False, highlight=False, soft_wrap=True)
        if isinstance(reader, Reader):
            console.print(textwrap.indent(reader.fetch, "    "), markup=False, highlight=False, soft_wrap=True)
