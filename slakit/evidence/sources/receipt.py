"""What was imported into a folder of evidence, from where: `imported.json`, and one source of it as an object."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from slakit._atomic import read_whole
from slakit.arguments import checked
from slakit.evidence.files import RECEIPT, cannot_read
from slakit.problems import InputError, Problem

LARGEST_RECEIPT = 500_000_000
MOST_IDS = 1000
"""Ids of records that a receipt lists for one reason."""


@dataclass(frozen=True)
class InputFile:
    """A file that was imported: its name, its hash, and how many records it holds."""

    name: str
    sha256: str
    records: int


@dataclass(frozen=True)
class LeftOut:
    """Records that are in no row for one reason: how many, and their ids (the first thousand)."""

    reason: str
    count: int
    ids: list[str]


@dataclass(frozen=True)
class Changes:
    """Rows of a table that an import added (how many), changed and took away (their ids)."""

    added: int = 0
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


@dataclass(frozen=True, repr=False)
class ImportReceipt:
    """What was imported from one source, and what the last import changed.

    Attributes
    ----------
    source, reader
        Name of the source in the rows, and its reader.
    mapping, mapping_sha256
        Text of the mapping, and its hash.
    read_with
        Keys of the mapping by which the records were read, with their values.
    time_zone
        Zone in which times without an offset were read; None where the source has offsets.
    inputs
        The files, by name.
    records
        Records kept, of all files together.
    covered
        First and last instant that the source covers; None if it does not tell.
    rows
        Table -> rows that it holds from this source.
    left_out
        Records that are in no row, by reason.
    changes
        Table -> what the last import that changed anything did.
    """

    source: str
    reader: str
    mapping: str
    mapping_sha256: str
    read_with: dict[str, Any]
    time_zone: str | None
    inputs: list[InputFile]
    records: int
    covered: list[str] | None
    rows: dict[str, int]
    left_out: list[LeftOut]
    changes: dict[str, Changes]

    @classmethod
    def of(cls, source: str, entry: Mapping[str, Any]) -> ImportReceipt:
        """Read the entry of one source in `imported.json`."""
        return TypeAdapter(cls).validate_python({**entry, "source": source})

    def entry(self) -> dict[str, Any]:
        """Return the entry of `imported.json`, as plain values."""
        return {name: value for name, value in asdict(self).items() if name != "source"}

    @property
    def records_in_no_row(self) -> int:
        """Count the records that are in no row, for any reason."""
        return sum(each.count for each in self.left_out)

    def __repr__(self) -> str:
        return f"ImportReceipt({self.source}: {'; '.join(self.sentences())})"

    def sentences(self) -> list[str]:
        """Say what was read, written, changed and what is in no row, one thing each, without full stops."""
        rows = ", ".join(f"{count:,} in {table}" for table, count in self.rows.items()) or "none"
        files = f"{len(self.inputs)} files" if len(self.inputs) > 1 else self.inputs[0].name
        said = [f"{self.records:,} records of {files}", f"rows: {rows}"]
        if self.covered:
            said.append(f"covers {self.covered[0]} to {self.covered[1]}")
        if not self.changes:
            said.append("nothing changed")
        for table, changes in self.changes.items():
            counts = {"added": changes.added, "changed": len(changes.changed), "removed": len(changes.removed)}
            said.append(f"{table}: {', '.join(f'{count:,} {what}' for what, count in counts.items() if count)}")
        if self.left_out:
            said.append(f"{self.records_in_no_row:,} in no row")
        return said


@checked
def read_receipts(folder: str | Path) -> dict[str, ImportReceipt]:
    """Read what was imported into a folder of evidence.

    Parameters
    ----------
    folder
        The folder of the tables.

    Returns
    -------
    receipts
        Name of each source -> its receipt; none where nothing was imported.

    Raises
    ------
    InputError
        `imported.json` cannot be read, or is none that slakit wrote.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_receipts(folder)
    {}
    """
    path = Path(folder) / RECEIPT
    if not path.exists():
        return {}
    try:
        written = json.loads(read_whole(path, LARGEST_RECEIPT))
        return {source: ImportReceipt.of(source, entry) for source, entry in written["sources"].items()}
    except OSError as error:
        raise InputError(str(path), [cannot_read(str(path), error)]) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        remedy = "take it and the folder .imported away, then import all files again"
        raise InputError(str(path), [Problem(str(path), None, "not a receipt of slakit import", remedy)]) from None


def receipts_text(receipts: Mapping[str, ImportReceipt]) -> str:
    """Write `imported.json`: the same receipts give the same text."""
    sources = {source: receipts[source].entry() for source in sorted(receipts)}
    return json.dumps({"format": 1, "sources": sources}, ensure_ascii=False, indent=1) + "\n"
