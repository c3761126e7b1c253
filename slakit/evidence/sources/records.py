"""Files of a source to its records, put together with those that were kept of earlier imports."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import polars as pl

from slakit._atomic import read_whole
from slakit.evidence.files import RECEIPT, cannot_read
from slakit.evidence.sources.mapping_files import MappingFile
from slakit.evidence.sources.reader import IN_MAPPING, Reader, SourceMapping
from slakit.evidence.sources.receipt import ImportReceipt
from slakit.evidence.sources.registry import readers, said_by
from slakit.policy.yaml import Document
from slakit.problems import InputError, Problem

T = TypeVar("T")
LARGEST_SOURCE = 1 << 30
"""Bytes of a file that is read: a database may be as large."""
LARGEST_TEXT_SOURCE = 1 << 28
"""Bytes of a file of text, which takes many times its size in memory."""
BINARY = (b"SQLite format 3\0", b"PAR1", b"PK\x03\x04")
PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"(\xb5/\xfd": "zstd"}
KEPT = ".imported"
"""Folder beside the tables that holds the records of each source, so that a later file can add to them."""
REPLACE = "import all files of the source again with --replace (replace=True in Python)"


def read_sources(files: str | Path | Sequence[str | Path]) -> dict[str, bytes]:
    """Read files whole: path -> content.

    Raises
    ------
    InputError
        One cannot be read, is packed, or is too large.
    """
    paths = [str(files)] if isinstance(files, str | Path) else [str(path) for path in files]
    sources: dict[str, bytes] = {}
    problems = []
    for path in paths:
        try:
            source = read_whole(Path(path), LARGEST_SOURCE)
        except OSError as error:
            problems.append(cannot_read(path, error))
            continue
        packed = next((name for start, name in PACKED.items() if source.startswith(start)), None)
        if packed is not None:
            problems.append(Problem(path, None, f"packed with {packed}", "unpack it first"))
        elif len(source) > LARGEST_TEXT_SOURCE and not source.startswith(BINARY):
            wrong = f"{len(source) / 1e6:,.0f} MB of text, over {LARGEST_TEXT_SOURCE / 1e6:,.0f}"
            problems.append(Problem(path, None, wrong, "import it in parts: they give what the whole gives"))
        sources[path] = source
    if not paths:
        problems.append(Problem("files", None, "none is named", "name one file at least"))
    if problems:
        raise InputError("import", problems)
    return sources


class AskedMapping:
    """A mapping that notes which of its keys a reader asks for while it parses: those records depend on."""

    def __init__(self, mapping: SourceMapping) -> None:
        self._mapping = mapping
        self._asked: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        fields = set(type(self._mapping).model_fields)
        # a method may look at any key of the reader's own
        self._asked |= {name} if name in fields else fields - set(SourceMapping.model_fields)
        return getattr(self._mapping, name)

    def values(self) -> dict[str, Any]:
        """Return the keys that were asked for, with their values as JSON has them."""
        return self._mapping.model_dump(mode="json", include=self._asked)


def guarded(reader: Reader, what: str, work: Callable[[], T]) -> T:
    """Call a reader; whatever else than a refusal it raises is told as one: files of others hold anything.

    Raises
    ------
    InputError
        The reader refuses, or fails.
    """
    try:
        return work()
    except InputError:
        raise
    except Exception as error:
        wrong = f"the reader failed ({what}: {said_by(error)})"
        remedy = "fetch the file again; if it is whole, tell who made the reader"
        raise InputError(reader.name, [Problem(reader.name, None, wrong, remedy)]) from error


def records_of(
    reader: Reader, sources: Mapping[str, bytes], mapping: Any, document: Document | None
) -> dict[str, pl.DataFrame]:
    """Read the records of every file: path -> records.

    Parameters
    ----------
    document
        The file of the mapping, for keys that do not fit a file.

    Raises
    ------
    InputError
        With what is wrong with all the files.
    """
    parsed: dict[str, pl.DataFrame] = {}
    problems = []
    for path, source in sources.items():
        try:
            table = guarded(reader, "records", partial(reader.records, source, mapping))
            parsed[path] = guarded(reader, "ids", partial(with_ids, table))
        except InputError as error:
            name = Path(path).name
            for problem in error.problems:
                where = f"{name} {problem.where.removeprefix(reader.name).removeprefix(' file').strip()}".strip()
                if document is not None and problem.where.startswith(IN_MAPPING):
                    where = document.where(tuple(problem.where.removeprefix(IN_MAPPING).split(".")))
                problems.append(dataclasses.replace(problem, where=where))
    if problems and document is not None:
        problems += others_that_recognise(reader, sources)
    if problems:
        raise InputError(", ".join(Path(path).name for path in sources), problems)
    return parsed


def others_that_recognise(reader: Reader, sources: Mapping[str, bytes]) -> Iterator[Problem]:
    """Say which readers recognise files that the reader of the mapping does not."""
    for path, source in sources.items():
        told = {}
        for one in readers():
            if isinstance(one, Reader):
                with suppress(Exception):  # a reader of somebody else, asked about any file
                    told[one.name] = one.recognises(source)
        if not told.get(reader.name):
            for name, says in told.items():
                if says:
                    wrong = f"recognised by {name} ({says}), and the mapping is for {reader.name}"
                    yield Problem(Path(path).name, None, wrong, "name the file or the mapping that was meant")


def with_ids(records: pl.DataFrame) -> pl.DataFrame:
    """Return records as they are, if each has an id of its own.

    Raises
    ------
    ValueError
        It is no text, is missing, or comes twice.
    """
    ids = records["source_id"]
    if ids.dtype != pl.String or ids.null_count() or ids.n_unique() < len(ids):
        raise ValueError("source_id is not the text of one record each")
    return records


def kept_records(folder: Path, source: str, before: ImportReceipt | None) -> pl.DataFrame:
    """Read the records that were kept of a source; none where nothing was imported from it."""
    path = folder / KEPT / f"{source}.parquet"
    if before is None:
        return pl.DataFrame()
    try:
        return with_ids(pl.read_parquet(path.read_bytes()))
    except (OSError, ValueError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
        problem = Problem(str(path), None, f"{RECEIPT} tells of it, and it cannot be read", REPLACE)
        raise InputError(str(path), [problem]) from None


def refuse_other_reading(
    kept: pl.DataFrame,
    parsed: Mapping[str, pl.DataFrame],
    before: ImportReceipt,
    read_with: Mapping[str, Any],
    filled: MappingFile,
) -> None:
    """Refuse to put together records that were read by different mappings, such as in different zones."""
    new = pl.concat(table.select("source_id") for table in parsed.values())
    old = kept.join(new, on="source_id", how="anti").height
    differ = [key for key in {**before.read_with, **read_with} if before.read_with.get(key) != read_with.get(key)]
    if old:
        problems = [
            Problem(
                filled.document.where((key,)),
                read_with.get(key),
                f"{old:,} records of {filled.source} were read with another one ({before.read_with.get(key)})",
                REPLACE,
            )
            for key in differ
        ]
        raise InputError(filled.document.name, problems)


def merge_records(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put records together: of those with one `source_id` the latest version, else the one that came last.

    >>> one = pl.DataFrame({"source_id": ["a", "b"], "version": [1, 2], "state": ["open", "open"]})
    >>> other = pl.DataFrame({"source_id": ["b", "a"], "version": [1, 2], "state": ["old", "closed"]})
    >>> merge_records([one, other])["state"].to_list()
    ['closed', 'open']
    """
    parts = [part for part in parts if part.width]
    try:
        numbered = [part.with_columns(pl.lit(number).alias("came")) for number, part in enumerate(parts)]
        records = pl.concat(numbered, how="diagonal_relaxed")
    except pl.exceptions.PolarsError as error:
        wrong = f"records do not fit those kept of an earlier import ({said_by(error)})"
        raise InputError("import", [Problem("records", None, wrong, REPLACE)]) from None
    order = ["version", "came"] if "version" in records.columns else ["came"]
    latest = records.sort("source_id", *order, nulls_last=False, maintain_order=True)
    return latest.unique("source_id", keep="last", maintain_order=True).drop("came")


def parquet_of(records: pl.DataFrame) -> bytes:
    """Return records as a Parquet file."""
    written = io.BytesIO()
    records.write_parquet(written)
    return written.getvalue()
