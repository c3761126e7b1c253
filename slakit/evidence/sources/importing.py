"""Files of other tools into a folder of evidence: read, put together with what was imported before, and written."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from slakit._atomic import alone_in, is_folder, write_all
from slakit.arguments import checked
from slakit.evidence.files import RECEIPT, printed
from slakit.evidence.sources.mapping_files import mapping_draft, read_mapping
from slakit.evidence.sources.merging import new_tables, subscriptions_of
from slakit.evidence.sources.placing import checked_rows, place_rows, reasons_of
from slakit.evidence.sources.receipt import ImportReceipt, InputFile, read_receipts, receipts_text
from slakit.evidence.sources.records import (
    KEPT,
    AskedMapping,
    guarded,
    kept_records,
    merge_records,
    parquet_of,
    read_sources,
    records_of,
    refuse_other_reading,
)
from slakit.evidence.sources.registry import find_reader, recognise_reader
from slakit.evidence.tables import TABLES
from slakit.problems import InputError, Problem


@checked
def import_evidence(
    files: str | Path | Sequence[str | Path],
    out: str | Path,
    mapping: str | Path | Mapping[str, Any],
    reader: str | None = None,
    *,
    replace: bool = False,
) -> ImportReceipt:
    """Import files of another tool into a folder of evidence.

    Records are kept beside the tables (`.imported`), so that files may come one after the other, in any order and more
    than once: of one record the latest version counts. Rows of other sources, and those written by hand, stay. All is
    written or nothing; where nothing changes, nothing is written.

    Parameters
    ----------
    files
        One file or several, all of one source.
    out
        The folder of evidence; it is made if it is not there.
    mapping
        A mapping file, or its keys: what the source means. `draft_mapping` writes one to fill in.
    reader
        The reader that the mapping must be for; that of the mapping, if it is empty.
    replace
        Forget what was imported from this source before.

    Returns
    -------
    ImportReceipt
        What was read and written, and what is in no row, as `imported.json` keeps it; its `changes` are those of this
        import.

    Raises
    ------
    InputError
        With everything that is wrong with the mapping, with the files, or with what they say.

    Examples
    --------
    >>> import tempfile
    >>> states = '{"summary": {"states": [{"status": "down", "timefrom": 1788220800, "timeto": 1788224400}]}}'
    >>> shop = {"policy": "klikk", "monthly_fee": "90", "currency": "NOK", "starts": "2026-01-01T00:00:00Z"}
    >>> mapping = {"format": 1, "reader": "pingdom", "subscription": "shop", "still_down": "known",
    ...            "subscriptions": {"shop": shop}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "check.json").write_text(states)
    ...     receipt = import_evidence(Path(folder) / "check.json", Path(folder) / "evidence", mapping)
    ...     receipt.rows, import_evidence(Path(folder) / "check.json", Path(folder) / "evidence", mapping).changes
    ({'outages': 1, 'coverage': 1}, {})
    """
    folder = Path(out)
    if folder.exists() and not is_folder(folder):
        problem = Problem(str(folder), None, "not a folder", "name a folder of evidence, such as evidence")
        raise InputError(str(folder), [problem])
    filled = read_mapping(mapping, reader)
    with alone_in(folder):
        receipts = read_receipts(folder)
        before = receipts.get(filled.source)
        if before is not None and before.reader != filled.reader.name:
            wrong = f"a source that the reader {before.reader} imported"
            problem = Problem(filled.document.where(("source",)), filled.source, wrong, "give this one another name")
            raise InputError(filled.document.name, [problem])

        sources = read_sources(files)
        asked = AskedMapping(filled.keys)
        parsed = records_of(filled.reader, sources, asked, filled.document)
        read_with = asked.values()
        kept = pl.DataFrame() if replace else kept_records(folder, filled.source, before)
        if before is not None and not kept.is_empty() and before.read_with != read_with:
            refuse_other_reading(kept, parsed, before, read_with, filled)
        records = merge_records([kept, *parsed.values()])
        found = guarded(filled.reader, "find", partial(filled.reader.find, records, filled.keys))
        own, left_out = guarded(filled.reader, "rows", partial(place_rows, found, filled))
        own = {table: checked_rows(rows, TABLES[table], filled) for table, rows in own.items()}
        contents, changes = new_tables(folder, own, filled, before)

        inputs = {} if before is None or replace else {file.sha256: file for file in before.inputs}
        for path, source in sources.items():
            sha256 = hashlib.sha256(source).hexdigest()
            inputs.setdefault(sha256, InputFile(Path(path).name, sha256, parsed[path].height))
        covered = None
        if "coverage" in own:
            covered = [*printed(own["coverage"].select(pl.col("started").min(), pl.col("ended").max())).row(0)]
        receipt = ImportReceipt(
            filled.source,
            filled.reader.name,
            filled.text,
            filled.sha256,
            read_with,
            filled.keys.time_zone,
            sorted(inputs.values(), key=lambda file: (file.name, file.sha256)),
            records.height,
            covered,
            {table: own[table].height for table in TABLES if table in own},
            reasons_of(left_out),
            changes,
        )
        lasting = receipt if changes or before is None else dataclasses.replace(receipt, changes=before.changes)
        if not records.equals(kept):
            contents[folder / KEPT / f"{filled.source}.parquet"] = parquet_of(records)
        if lasting != before:
            contents[folder / RECEIPT] = receipts_text({**receipts, filled.source: lasting}).encode()
        try:
            write_all(contents)
        except OSError as error:
            wrong = f"cannot be written ({error.strerror or error})"
            problem = Problem(str(folder), None, wrong, "name a folder that can be written")
            raise InputError(str(folder), [problem]) from None
        return receipt


class MappingDraft(NamedTuple):
    """A mapping to fill in."""

    reader: str
    text: str


@checked
def draft_mapping(
    files: str | Path | Sequence[str | Path], reader: str | None = None, *, evidence: str | Path | None = None
) -> MappingDraft:
    """Draft the mapping of files of another tool: what must be decided has a placeholder and a remark.

    Parameters
    ----------
    files
        One file or several, all of one source.
    reader
        The reader to take; the one that recognises all files, if it is empty.
    evidence
        The folder of evidence, whose subscriptions are named.

    Returns
    -------
    MappingDraft
        `reader`, its name, and `text`, a commented YAML file.

    Raises
    ------
    InputError
        Not exactly one reader recognises the files, or what they hold cannot be read.
    """
    sources = read_sources(files)
    chosen = find_reader(reader) if reader is not None else recognise_reader(sources)
    records = merge_records(list(records_of(chosen, sources, None, None).values()))
    draft = guarded(chosen, "draft", partial(chosen.draft, records))
    known = subscriptions_of(Path(evidence)) if evidence is not None else []
    return MappingDraft(chosen.name, mapping_draft(chosen, draft, known))
