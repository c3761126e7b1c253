"""Files of other tools into a folder of evidence: read, put together with what was imported before, and written."""

from __future__ import annotations

import dataclasses
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import polars as pl

from slakit._atomic import is_folder, read_whole, write_all
from slakit.arguments import checked
from slakit.evidence.cells import Fault
from slakit.evidence.files import RECEIPT, cannot_read, printed, read_table
from slakit.evidence.formats import read_csv
from slakit.evidence.instants import INSTANT, read_instants
from slakit.evidence.sources.mapping_files import MappingFile, mapping_draft, read_mapping
from slakit.evidence.sources.reader import IN_MAPPING, LEFT_OUT, OF_TICKETS, Found, MappedItem, Reader, SourceMapping
from slakit.evidence.sources.receipt import (
    MOST_IDS,
    Changes,
    ImportReceipt,
    InputFile,
    LeftOut,
    read_receipts,
    receipts_text,
)
from slakit.evidence.sources.registry import find_reader, recognise_reader, said_by
from slakit.evidence.table_checks import MOST_SHOWN, RawTable, check_header, check_rows, read_columns, seen_in, tell
from slakit.evidence.tables import REQUIRED_TABLE, TABLES, InputTable
from slakit.policy.yaml import Document
from slakit.problems import InputError, Problem, one_of

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
        What was read, written and left out, as `imported.json` keeps it; its `changes` are those of this import.

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
    own, left_out = place_rows(found, filled)
    own = {table: checked_rows(rows, TABLES[table], filled) for table, rows in own.items()}
    contents, changes = new_tables(folder, own, filled)

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
            parsed[path] = guarded(reader, "records", partial(reader.records, source, mapping))
        except InputError as error:
            name = Path(path).name
            for problem in error.problems:
                where = f"{name} {problem.where.removeprefix(reader.name).removeprefix(' file').strip()}".strip()
                if document is not None and problem.where.startswith(IN_MAPPING):
                    where = document.where(tuple(problem.where.removeprefix(IN_MAPPING).split(".")))
                problems.append(dataclasses.replace(problem, where=where))
    if problems:
        raise InputError(", ".join(Path(path).name for path in sources), problems)
    return parsed


def kept_records(folder: Path, source: str, before: ImportReceipt | None) -> pl.DataFrame:
    """Read the records that were kept of a source; none where nothing was imported from it."""
    path = folder / KEPT / f"{source}.parquet"
    if before is None:
        return pl.DataFrame()
    try:
        return pl.read_parquet(path.read_bytes())
    except (OSError, pl.exceptions.PolarsError, pl.exceptions.PanicException):
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


def place_rows(found: Found, filled: MappingFile) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Give rows their subscription and component, by the items of the mapping.

    Returns
    -------
    own
        Table -> rows with the columns of the table, `source` and `source_id` among them.
    left_out
        `source_id`, `reason`: records that are in no row, and rows that the mapping leaves out.

    Raises
    ------
    InputError
        With every item that the mapping does not name, if it refuses them.
    """
    keys, source = filled.keys, filled.source
    given = {**found.tables, "coverage": found.covered}
    by_item = {name: rows for name, rows in given.items() if name not in OF_TICKETS}
    counts: Counter[str | None] = Counter()
    for rows in by_item.values():
        counts.update(dict(rows.group_by("item").len().iter_rows()))
    targets, ignored = targets_of(keys, counts)
    unmapped = [item for item in counts if item not in ignored and item not in set(targets["item"])]
    if unmapped and keys.unmapped == "refuse":
        raise InputError(filled.document.name, list(unmapped_problems(unmapped, counts, filled)))

    own: dict[str, pl.DataFrame] = {}
    left_out = [found.left_out.select(*LEFT_OUT)]
    tickets = pl.DataFrame(schema={"ticket": pl.String, "placed": pl.String})
    for name, rows in by_item.items():
        joined = rows.join(targets, on="item", how="inner", nulls_equal=True, maintain_order="left")
        unique = next((column.name for column in TABLES[name].columns if column.unique), None)
        if unique is not None:
            placed = joined.with_columns(pl.concat_str(pl.lit(f"{source}/"), "infix", unique).alias("placed"))
            tickets = placed.select("ticket", "placed") if unique == "ticket" else tickets
            joined = placed.drop(unique).rename({"placed": unique})
        own[name] = joined.drop("item", "infix").with_columns(pl.lit(source).alias("source"))
        if "source_id" in rows.columns:
            others = rows.join(targets, on="item", how="anti", nulls_equal=True)
            reason = (
                pl.when(pl.col("item").is_in(list(ignored)))
                .then(pl.format("the mapping ignores {}", "item"))
                .otherwise(pl.format("the mapping does not name {}", pl.col("item").fill_null("what has no item")))
            )
            left_out.append(others.select("source_id", reason.alias("reason")))
    for name in (name for name in given if name in OF_TICKETS):
        if "tickets" not in given:  # they name tickets of another source
            own[name] = given[name].with_columns(pl.lit(source).alias("source"))
            continue
        joined = given[name].join(tickets, on="ticket", how="inner", maintain_order="left")
        own[name] = joined.drop("ticket").rename({"placed": "ticket"}).with_columns(pl.lit(source).alias("source"))
        others = given[name].join(tickets, on="ticket", how="anti")
        left_out.append(others.select("source_id", pl.lit("its ticket is in no row").alias("reason")))

    own["coverage"] = pl.concat([own["coverage"], covered_by_mapping(targets, filled)], how="diagonal").unique()
    if own["coverage"].is_empty():  # a table without a row would say that nothing was observed
        del own["coverage"]
    own = {
        name: rows.select(column.name for column in TABLES[name].columns if column.name in rows.columns)
        for name, rows in own.items()
    }
    return own, pl.concat(left_out).unique()


def targets_of(keys: SourceMapping, items: Iterable[str | None]) -> tuple[pl.DataFrame, set[str]]:
    """List what each item of a source is.

    Returns
    -------
    targets
        `item`, `subscription`, `component`, `infix` (what tells the rows of one item apart in their ids, where it is
        several things); a row for each thing that an item is.
    ignored
        Items whose rows are left out.
    """
    rows: list[tuple[str | None, str, str | None, str]] = []
    ignored = set()
    for item, mapped in keys.items.items():
        if mapped == "ignore":
            ignored.add(item)
            continue
        each: list[MappedItem] = mapped if isinstance(mapped, list) else [mapped]
        subscriptions = Counter(one.subscription for one in each)
        for one in each:
            told_by = [one.subscription] * (len(each) > 1)
            told_by += [one.component or "all"] * (subscriptions[one.subscription] > 1)
            rows.append((item, one.subscription, one.component, "".join(f"{name}/" for name in told_by)))
    if keys.subscription is not None:
        alone = items if not keys.items else [None]  # where items are named, others are not the whole subscription
        rows += [(item, keys.subscription, None, "") for item in alone]
    schema = dict.fromkeys(("item", "subscription", "component", "infix"), pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row"), ignored


def unmapped_problems(
    unmapped: Iterable[str | None], counts: Mapping[str | None, int], filled: MappingFile
) -> Iterator[Problem]:
    """Say of each item that the mapping does not name how many rows it has."""
    for item in sorted(unmapped, key=lambda item: (-counts[item], item or "")):
        rows = f"{counts[item]:,} row{'s' * (counts[item] > 1)}"
        if item is None:
            where, remedy = filled.document.where(()), "name the subscription that they belong to: subscription: ID"
            yield Problem(where, None, f"{rows} of no item, and no subscription", remedy)
        else:
            remedy = "add it with its subscription, or with ignore, or write unmapped: list"
            yield Problem(filled.document.where(("items",)), item, f"not named, and has {rows}", remedy)


def covered_by_mapping(targets: pl.DataFrame, filled: MappingFile) -> pl.DataFrame:
    """Return the rows of `coverage` that the mapping itself tells of: all that it names, in those times."""
    written = filled.keys.covered
    problems = []
    times: dict[str, pl.Series] = {}
    for name in ("started", "ended"):
        text = pl.Series(name, [getattr(each, name) for each in written], dtype=pl.String)
        times[name], broken = read_instants(text, filled.keys.time_zone)
        for rule in broken:
            for index in rule.rows.arg_true():
                wrong, remedy = rule.say(index) if rule.say else (rule.wrong, rule.remedy)
                where = filled.document.where(("covered", index, name))
                problems.append(Problem(where, text[index], wrong, remedy))
    if problems:
        raise InputError(filled.document.name, problems)
    spans = pl.DataFrame({name: values.cast(INSTANT) for name, values in times.items()})
    watched = targets.select("subscription", "component").unique(maintain_order=True)
    return watched.join(spans, how="cross").with_columns(pl.lit(filled.source).alias("source"))


def checked_rows(rows: pl.DataFrame, table: InputTable, filled: MappingFile) -> pl.DataFrame:
    """Check the rows of a source as any evidence is checked, and put them in order.

    Returns
    -------
    pl.DataFrame
        The columns that are given: instants, and text for all else.

    Raises
    ------
    InputError
        With what is wrong, by the id of the record.
    """
    sheet = RawTable(f"{filled.source} {table.name}", rows)
    problems = list(check_header(sheet, table))
    typed, faults = read_columns(sheet, table, None)
    ids = rows["source_id"] if "source_id" in rows.columns else pl.Series([filled.source] * rows.height)
    for fault in [*faults, *check_rows(typed, table, sheet)]:
        problems += told_by_id(fault, sheet, ids, filled)
    if problems:
        raise InputError(f"{filled.source} {table.name}", problems)
    instants = [column.name for column in table.columns if column.kind == "instant" and column.name in rows.columns]
    result = rows.with_columns(pl.all().exclude(instants).cast(pl.String), *(typed[name] for name in instants))
    return result.sort(*instants[:1], pl.all())


def told_by_id(fault: Fault, sheet: RawTable, ids: pl.Series, filled: MappingFile) -> Iterator[Problem]:
    """Word a fault by the ids of records: a row of what is not written yet has no number."""
    if fault.rows is None:
        yield from tell(sheet, fault)
        return
    marked = fault.rows.arg_true()
    for index in marked.head(MOST_SHOWN):
        wrong, remedy = (
            fault.say(index) if fault.say and not fault.wrong.startswith("already") else (fault.wrong, fault.remedy)
        )
        seen = None if fault.wrong == "empty" else seen_in(sheet.cells[fault.column], index)
        yield Problem(f"{filled.source} {ids[index]} {fault.column}", seen, wrong, remedy)
    if len(marked) > MOST_SHOWN:
        yield Problem(sheet.place, None, f"and {len(marked) - MOST_SHOWN} more: {fault.wrong}", fault.remedy)


def new_tables(
    folder: Path, own: Mapping[str, pl.DataFrame], filled: MappingFile
) -> tuple[dict[Path, bytes | None], dict[str, Changes]]:
    """Put the rows of a source among those that a folder holds.

    Returns
    -------
    contents
        File -> its new content, for tables that change; None for one that loses its last row.
    changes
        Table -> rows added, changed and removed, for tables that change.

    Raises
    ------
    InputError
        A table that must change cannot be read or is no CSV, or subscriptions are not known.
    """
    contents: dict[Path, bytes | None] = {}
    changes: dict[str, Changes] = {}
    problems = []
    for name, rows in {**dict.fromkeys(TABLES), **own, REQUIRED_TABLE: subscription_rows(folder, filled)}.items():
        path = folder / f"{name}.csv"
        exists = path.exists()
        others = [folder / f"{name}{end}" for end in (".parquet", ".xlsx", "") if (folder / f"{name}{end}").exists()]
        if rows is not None and others and rows.height:
            problems.append(Problem(others[0].name, None, "rows can be added to CSV only", f"save it as {path.name}"))
        if others or (rows is None and not exists):
            continue
        cells = pl.DataFrame()
        if exists:
            sheet = read_csv(path, path.name)
            problems += sheet.broken
            cells = sheet.cells
        is_own = (cells["source"] == filled.source).fill_null(value=False) if "source" in cells.columns else None
        before = cells.filter(is_own) if is_own is not None else cells.clear()
        after = before.clear() if rows is None else printed(rows).with_columns(pl.all().replace("", None))
        done = changes_between(before, after, name)
        if exists and done == Changes():
            continue
        rest = cells.filter(~is_own) if is_own is not None else cells
        if rest.is_empty() and rows is None:
            contents[path] = None
        else:
            together = pl.concat([rest, after], how="diagonal_relaxed")
            order = [column.name for column in TABLES[name].columns if column.name in together.columns]
            together = together.select(*order, pl.all().exclude(order))
            if "source" in order:  # rows written by hand first, then source by source
                together = together.sort("source", nulls_last=False, maintain_order=True)
            contents[path] = together.write_csv().encode()
        changes[name] = done
    if problems:
        raise InputError(str(folder), problems)
    return contents, {name: done for name, done in changes.items() if done != Changes()}


def subscription_rows(folder: Path, filled: MappingFile) -> pl.DataFrame | None:
    """Return the rows of the mapping's subscriptions that the evidence does not have yet; None if it has all.

    Raises
    ------
    InputError
        A row is not as the table wants it, or the mapping names a subscription that nobody describes.
    """
    keys, document = filled.keys, filled.document
    known, written = subscriptions_of(folder), keys.subscriptions
    where = document.where(("subscriptions",))
    named = [] if keys.subscription is None else [(document.where(("subscription",)), keys.subscription)]
    for item, mapped in keys.items.items():
        each = [] if mapped == "ignore" else mapped if isinstance(mapped, list) else [mapped]
        named += [(document.where(("items", item)), one.subscription) for one in each]
    told = [*known, *(name for name in written if name not in known)]
    wrong, remedy = (
        "no such subscription in the evidence",
        f"describe it under subscriptions, or in {REQUIRED_TABLE}.csv",
    )
    unknown = [
        Problem(place, name, wrong, f"{one_of(told, name)}; {remedy}") for place, name in named if name not in told
    ]
    if unknown:
        raise InputError(document.name, unknown)
    missing = [name for name in written if name not in known]
    if not missing:
        return None
    # numbers are exact, so their text is what was written
    cells = [{"subscription": name} | {key: str(cell) for key, cell in written[name].items() if cell is not None}
             for name in missing]  # fmt: skip
    table = TABLES[REQUIRED_TABLE]
    sheet = RawTable(where, pl.DataFrame(cells, infer_schema_length=None))
    problems = list(check_header(sheet, table))
    typed, faults = read_columns(sheet, table, filled.keys.time_zone)
    for fault in [*faults, *check_rows(typed, table, sheet)]:
        problems += told_by_id(fault, sheet, pl.Series(missing), filled)
    if problems:
        raise InputError(filled.document.name, problems)
    instants = [name for name in ("starts", "ends") if name in sheet.cells.columns]
    return sheet.cells.with_columns(typed[name] for name in instants)


def subscriptions_of(folder: Path) -> list[str]:
    """Return the subscriptions that a folder of evidence describes; none where there is no such table."""
    tables = [folder / f"{REQUIRED_TABLE}{end}" for end in (".csv", ".parquet", ".xlsx")]
    path = next((path for path in tables if path.exists()), None)
    if path is None:
        return []
    sheet = read_table(path)
    if sheet.broken:
        raise InputError(str(path), sheet.broken)
    named = sheet.cells.get_column("subscription", default=pl.Series([], dtype=pl.String))
    return [str(name) for name in named.drop_nulls().unique(maintain_order=True)]


def changes_between(before: pl.DataFrame, after: pl.DataFrame, table: str) -> Changes:
    """Name the rows that differ: by their id, else by that of their record; of coverage, by what is covered."""
    unique = next((column.name for column in TABLES[table].columns if column.unique), None)
    named_by = ["subscription", "component"] if table == "coverage" else [unique or "source_id"]
    if table == REQUIRED_TABLE:
        named_by = ["subscription"]
    columns = list(dict.fromkeys([*before.columns, *after.columns]))
    nothing = pl.DataFrame(schema=dict.fromkeys(columns, pl.String))
    old: dict[str, list[tuple[str | None, ...]]] = {}
    new: dict[str, list[tuple[str | None, ...]]] = {}
    for frame, rows in ((before, old), (after, new)):
        whole = pl.concat([frame, nothing], how="diagonal").select(columns)
        keys = whole.select(pl.concat_str(named_by, separator=" ", ignore_nulls=True)).to_series()
        for key, row in zip(keys, whole.rows(), strict=True):
            rows.setdefault(key, []).append(row)
    changed = [key for key in new if key in old and sorted(new[key], key=str) != sorted(old[key], key=str)]
    added = sum(len(rows) for key, rows in new.items() if key not in old)
    return Changes(added, sorted(changed), sorted(old.keys() - new.keys()))


def reasons_of(left_out: pl.DataFrame) -> list[LeftOut]:
    """Group records that are in no row by the reason, the most frequent first."""
    grouped = left_out.sort("source_id").group_by("reason").agg(pl.len(), pl.col("source_id").head(MOST_IDS))
    rows = grouped.sort(-pl.col("len").cast(pl.Int64), "reason").iter_rows()
    return [LeftOut(reason, count, ids) for reason, count, ids in rows]
