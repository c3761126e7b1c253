"""Tables of what was imported: which rows came from where, and which records are in no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from great_tables import GT

from slakit.evidence.sources.receipt import ImportReceipt
from slakit.policy.printing import print_count
from slakit.problems import printable
from slakit.show.labels import counted, instant_text
from slakit.show.tables.memo import Memo, memo_table

MOST_NAMED = 4
"""Files, or ids of records, that a cell names; it counts the others."""
NOTHING = "Nothing was imported into this folder: its tables were written by hand."


def show_imports(receipts: Mapping[str, ImportReceipt]) -> GT:
    """Show which rows came from where: reader, files, time zone, time covered, and rows by table.

    Parameters
    ----------
    receipts
        From `read_receipts`.
    """
    rows = [
        {
            "Source": printable(f"{name}, by the reader {receipt.reader}"),
            "Files": _named([file.name for file in receipt.inputs]),
            "Time zone": receipt.time_zone or "in the file",
            "Covers": "\nto ".join(_instant(edge) for edge in receipt.covered) if receipt.covered else "not told",
            "Records": print_count(receipt.records),
            "Rows": "\n".join(f"{print_count(count)} in {table}" for table, count in receipt.rows.items()) or "none",
            "In no row": print_count(receipt.records_in_no_row),
        }
        for name, receipt in receipts.items()
    ]
    notes = [
        "Times in UTC. Outside of what a source covers it is not known what happened.",
        "imported.json, beside the tables, keeps the mapping and the hash of every file.",
    ]
    memo = Memo("Imported evidence", imported_text(receipts), notes, groups="Source", numbers=["Records", "In no row"])
    return memo_table(rows, memo, NOTHING)


def show_left_out(receipts: Mapping[str, ImportReceipt]) -> GT:
    """Show the records that are in no row, by source and reason.

    Parameters
    ----------
    receipts
        From `read_receipts`.
    """
    rows = [
        {
            "Source": printable(name),
            "Records": print_count(each.count),
            "Reason": printable(each.reason[:1].upper() + each.reason[1:]),
            "Ids": _named(each.ids, each.count),
        }
        for name, receipt in receipts.items()
        for each in receipt.left_out
    ]
    records = sum(receipt.records for receipt in receipts.values())
    without = sum(receipt.records_in_no_row for receipt in receipts.values())
    said = f"{print_count(without)} of {counted(records, 'record')}."
    memo = Memo("Records that are in no row", said, groups="Source", numbers=["Records"], widths={"Reason": "60%"})
    return memo_table(rows, memo, "Every record is in a row." if receipts else NOTHING)


def imported_text(receipts: Mapping[str, ImportReceipt]) -> str:
    """Say how many rows were made of how many records."""
    rows = sum(count for receipt in receipts.values() for count in receipt.rows.values())
    records = sum(receipt.records for receipt in receipts.values())
    files = sum(len(receipt.inputs) for receipt in receipts.values())
    return f"{counted(rows, 'row')} from {counted(records, 'record')} in {counted(files, 'file')}."


def _named(names: Sequence[str], number: int | None = None) -> str:
    others = (len(names) if number is None else number) - MOST_NAMED
    """Name some, one a line; a name of several lines stays on one."""
    shown = [printable(" ".join(name.splitlines())) for name in names[:MOST_NAMED]]
    return "\n".join([*shown, *([f"and {print_count(others)} more"] if others > 0 else [])])


def _instant(text: str) -> str:
    return instant_text(datetime.fromisoformat(text), ZoneInfo("UTC"))
