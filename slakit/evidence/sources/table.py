"""Tables of any tool (CSV, TSV, Excel, JSON lines) by a mapping: rows of evidence, samples, or changes of state."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Literal

import polars as pl
from pydantic import BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from slakit.evidence.cells import Fault
from slakit.evidence.samples import BOUND_EDGES, End, Missing, Start
from slakit.evidence.sources.cell_maps import CellFault, CellMap, Text, formulas, matches, read_mapped, words_of
from slakit.evidence.sources.grids import read_grid
from slakit.evidence.sources.parsing import digests_of, numbered
from slakit.evidence.sources.reader import (
    IN_MAPPING,
    OF_TICKETS,
    PLACEHOLDER,
    Draft,
    Found,
    MappingPart,
    Reader,
    SourceMapping,
)
from slakit.evidence.sources.watch import STATE, outages_in, outages_of_samples
from slakit.evidence.table_checks import MOST_SHOWN
from slakit.evidence.tables import TABLES, InputColumn, InputTable
from slakit.policy.part import Id, as_list
from slakit.problems import InputError, Problem, one_of, shorten

NAME = "table"
CELL = "cell:"
"""What the names of the file's own columns begin with, among the records."""
STATES = ("up", "down", "unknown")
PROBES = InputTable(
    "probes",
    (
        InputColumn("measured", "instant", says="when a probe looked"),
        InputColumn("state", "name", one_of=STATES, says="what it saw; of what is unknown there is no sample"),
        InputColumn("place", "name", optional=True, says="from where it looked"),
    ),
    "A sample of a probe",
)
CHANGES = InputTable(
    "states",
    (
        InputColumn("since", "instant", says="when it changed"),
        InputColumn("state", "name", one_of=STATES, says="how it is from then on, until the next row of the item"),
        InputColumn("until", "instant", optional=True, not_before="since", says="until when that is known, at least"),
    ),
    "A change of state, in a log of all changes",
)
MAPPED_TABLES = {
    name: table for name, table in TABLES.items() if name not in ("subscriptions", "coverage", "probing")
} | {
    "probes": PROBES,
    "states": CHANGES,
}
OPEN_FOR_EVER = {"outages": "ended", "holds": "ended"}
"""Tables of which every row would go on if this column were not mapped."""
Table = Literal[
    "outages", "maintenance", "tickets", "holds", "priorities", "updates", "claims_made", "conditions", "measurements",
    "charges", "recoveries", "backups", "probes", "states",
]  # fmt: skip


class TableRows(MappingPart):
    """Which rows of the file are read."""

    header: int | None = Field(default=None, ge=1)
    """Row that has the names of the columns; the first that is not blank, if it is not written."""
    sheet: str | None = None
    """Sheet of a workbook; not needed where it has only one."""
    empty: list[Text] = Field(default_factory=list)
    """Words that the tool writes into empty cells, such as `-` or `NULL`."""
    where: dict[str, Annotated[list[Text], BeforeValidator(as_list)]] = Field(default_factory=dict)
    """Column of the file → the cells that rows must have there to be read; `*` and `?` stand for any text and any
    letter, `""` for an empty cell. Rows must fit in every column named; all others are skipped."""


class SampleRules(MappingPart):
    """How samples become outages, by the conventions of `outages_from`."""

    every: str
    """Time between two samples, like `1m`."""
    failures: int = Field(ge=1)
    """Failures in a row that make it down."""
    successes: int = Field(ge=1)
    """Good samples in a row that make it up again."""
    start: Start
    """An outage begins with the `first_failure`, the failure that `confirmed` it, or the `last_good` sample."""
    end: End
    """It ends with the `first_success`, with the one that `confirmed` it, or with the `last_failure`."""
    missing: Missing
    """What a sample that did not come means: `unknown`, `hold` the last one, or `down`."""
    hold: str | None = None
    """For how long a sample holds, like `5m`; only with `missing: hold`."""
    agree: int | Literal["any", "all"] | None = None
    """How many places must see a failure; only where `place` is mapped."""

    @model_validator(mode="after")
    def _hold_with_missing(self) -> SampleRules:
        if (self.hold is not None) != (self.missing == "hold"):
            raise ValueError("hold and missing: hold belong together; write both or neither")
        return self


class TableMapping(SourceMapping):
    """Keys of a mapping for any table."""

    table: Table
    """The table of evidence that its rows become. Or `probes`: rows are samples, which become outages and coverage. Or
    `states`: rows are changes of state, which become outages and coverage likewise."""
    rows: TableRows = TableRows()
    """Which rows are read."""
    item: CellMap | None = None
    """What a row is about: a component, monitor, host, service. `items` says what each is. Not needed where the file is
    about one thing alone."""
    id: CellMap | None = None
    """What names a row, and stays the same when the row changes; a row that comes again with the same id replaces the
    one before. Without it a row is named by its content: equal rows count each in one
    file, and once in several."""
    version: CellMap | None = None
    """When the row last changed: of several rows with one id the latest holds, and one without a time comes first."""
    columns: dict[str, CellMap]
    """Column of the evidence → where its value comes from. Of `probes`: `measured`, `state`, `place`; of `states`:
    `since`, `state`, `until`; `state` is `up`, `down` or `unknown`. A state that no mapping names is always refused:
    the one before it would go on."""
    samples: SampleRules | None = None
    """How samples become outages; only of `probes`."""
    tickets_of: Id | None = None
    """Source that the tickets were imported from; only of `holds`, `priorities` and `updates`. Without it `ticket` is
    as the table `tickets` has it."""

    @field_validator("columns")
    @classmethod
    def _columns_of_table(cls, columns: dict[str, CellMap], info: ValidationInfo) -> dict[str, CellMap]:
        table = info.data.get("table")
        if table is None:
            return columns  # told already
        known = {column.name: column for column in columns_of(table)}
        for name, cell in columns.items():
            if name in ("subscription", "component"):
                raise ValueError(f"{name} is no column here; name the cells as item, and say under items what each is")
            if name not in known:
                raise ValueError(f"{table} have no column {name}; {one_of(known, name)}")
            if wrong := cell.form_wrong(known[name]):
                what, _, remedy = wrong.partition("; ")
                raise ValueError(f"{name} has {what}; {remedy}")
            start = cell.after or cell.before
            if start is not None and (start not in columns or columns[start].counts or known[start].kind != "instant"):
                raise ValueError(f"{name} is counted from {start}, which is no time of its own; map that column first")
        needed = [column.name for column in known.values() if not column.optional and not column.unique]
        needed += [OPEN_FOR_EVER[table]] if table in OPEN_FOR_EVER else []
        missing = [name for name in needed if name not in columns]
        if missing:
            raise ValueError(f"{', '.join(missing)} not mapped; say which column of the file it is, or a constant")
        return columns

    @model_validator(mode="after")
    def _keys_fit_table(self) -> TableMapping:
        if (self.samples is not None) != (self.table == "probes"):
            raise ValueError("samples and table: probes belong together; write both or neither")
        if self.samples is not None and (self.samples.agree is not None) != ("place" in self.columns):
            raise ValueError("samples.agree and columns.place belong together; write both or neither")
        if self.item is not None and self.table in OF_TICKETS:
            raise ValueError(f"{self.table} belong to tickets and have no item of their own; remove item")
        if self.tickets_of is not None and self.table not in OF_TICKETS:
            raise ValueError(f"{self.table} do not belong to tickets; remove tickets_of")
        for name, cell in (("item", self.item), ("id", self.id)):
            if cell is not None and (cell.as_ is not None or cell.counts):
                raise ValueError(f"{name} has a form; remove as, after and before")
        if self.version is not None and self.id is None:
            raise ValueError("version without id; name what stays the same when a row changes")
        local = [cell.needs_zone(column) for cell, column in self.instants()]
        if self.time_zone is None and True in local:
            raise ValueError("time_zone missing; name the zone in which the tool prints times, such as Europe/Oslo")
        if self.time_zone is not None and local and not any(zone is not False for zone in local):
            raise ValueError("time_zone is not used, for all times have an offset; remove it")
        return self

    def instants(self) -> list[tuple[CellMap, InputColumn]]:
        """Return what is read as a time, with the column that it fills."""
        known = [
            (self.columns[column.name], column) for column in columns_of(self.table) if column.name in self.columns
        ]
        version = [] if self.version is None else [(self.version, VERSION)]
        return [(cell, column) for cell, column in [*known, *version] if column.kind == "instant"]

    def cells_read(self) -> list[str]:
        """Return the columns of the file that make the content of a row."""
        maps = [self.item, self.id, self.version, *self.columns.values()]
        named = chain.from_iterable(cell.from_ or () for cell in maps if cell is not None)
        return list(dict.fromkeys(named))


VERSION = InputColumn("version", "instant", optional=True)
ITEM = InputColumn("item", "text", optional=True)


def columns_of(table: str) -> list[InputColumn]:
    """Return the columns of a table that a mapping may fill: those that neither items nor the import decide."""
    decided = ("subscription", "component", "source", "source_id")
    return [column for column in MAPPED_TABLES[table].columns if column.name not in decided]


def recognises(source: bytes) -> str | None:  # noqa: ARG001
    """Recognise nothing: what a table means only its mapping says."""
    return None


def records(source: bytes, mapping: TableMapping | None) -> pl.DataFrame:
    """Read all rows of a file; with a mapping, every row that it would refuse is refused here, by its number."""
    if mapping is None:
        cells, _ = read_grid(source, NAME)
        return _as_records(cells, numbered(digests_of(cells, cells.columns)))
    reader = mapping.reader
    cells, rows = read_grid(source, reader, mapping.rows.header, mapping.rows.sheet)
    _need_columns(cells, mapping)
    names = ("row " + rows.cast(pl.String)).alias("name")
    prepared = _without_words_for_empty(cells, mapping)
    read = _read_rows(prepared, mapping, names)
    ids, version = _ids(prepared, read["left"].is_null(), mapping, names)
    found = _as_records(cells, ids)
    if version is not None:
        found = found.with_columns(version.alias("version"))
    return _one_of_each(found, [*mapping.cells_read(), *mapping.rows.where], reader, names)


def _as_records(cells: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    return cells.select(ids.alias("source_id"), pl.all().name.prefix(CELL))


def _need_columns(cells: pl.DataFrame, mapping: TableMapping) -> None:
    """Refuse a mapping that names columns that the file has not."""
    maps = {"item": mapping.item, "id": mapping.id, "version": mapping.version}
    maps |= {f"columns.{name}": cell for name, cell in mapping.columns.items()}
    named = [(f"{key}.from", name) for key, cell in maps.items() if cell is not None for name in cell.from_ or ()]
    named += [("rows.where", name) for name in mapping.rows.where]
    wrong = "the file has no such column"
    problems = [
        Problem(f"{IN_MAPPING}{key}", name, wrong, one_of(cells.columns, name))
        for key, name in named
        if name not in cells.columns
    ]
    if problems:
        raise InputError(mapping.reader, problems)


def _without_words_for_empty(cells: pl.DataFrame, mapping: TableMapping) -> pl.DataFrame:
    """Empty the cells whose words say so; what is not read stays."""
    if not mapping.rows.empty:
        return cells
    named = list(dict.fromkeys([*mapping.cells_read(), *mapping.rows.where]))
    return cells.with_columns(pl.when(~pl.col(named).is_in(mapping.rows.empty)).then(pl.col(named)))


def _ids(
    cells: pl.DataFrame, kept: pl.Series, mapping: TableMapping, names: pl.Series
) -> tuple[pl.Series, pl.Series | None]:
    """Name all rows, and tell when each last changed.

    Raises
    ------
    InputError
        A row that is read has no id, or a time of its last change that cannot be read.
    """
    content = list(dict.fromkeys([*mapping.cells_read(), *mapping.rows.where]))
    if mapping.id is None:
        return numbered(digests_of(cells, content)), None
    faults: list[CellFault] = []
    ids, seen = words_of(mapping.id, "id", cells, faults)
    faults.append(CellFault(Fault(seen.name, ids.is_null(), "no id", "name columns that are never empty")))
    version = None
    if mapping.version is not None:
        version = read_mapped(mapping.version, VERSION, cells, {}, mapping.time_zone, faults)
    if problems := _told(faults, kept, mapping.reader, names):
        raise InputError(mapping.reader, problems)
    return (ids.fill_null(numbered(digests_of(cells, content))) if ids.null_count() else ids), version


def _one_of_each(found: pl.DataFrame, content: Sequence[str], reader: str, names: pl.Series) -> pl.DataFrame:
    """Keep one row of each id: the latest; rows that differ and tell no order are refused."""
    if found["source_id"].n_unique() == found.height:
        return found
    found = found.with_columns(names.alias("name"))
    if "version" in found.columns:
        found = found.filter(pl.col("version").eq_missing(pl.col("version").max().over("source_id")))
    read = [f"{CELL}{name}" for name in dict.fromkeys(content)]
    found = found.unique(["source_id", *read], keep="first", maintain_order=True)
    twice = found.filter(pl.col("source_id").is_duplicated()).group_by("source_id", maintain_order=True).agg("name")
    if twice.height:
        wrong = "several rows with this id, which differ"
        remedy = "name more columns as id, or as version the time of the last change"
        problems = [
            Problem(f"{reader} {', '.join(rows[:MOST_SHOWN])}", name, wrong, remedy) for name, rows in twice.iter_rows()
        ]
        raise InputError(reader, problems)
    return found.drop("name")


def _read_rows(cells: pl.DataFrame, mapping: TableMapping, names: pl.Series) -> pl.DataFrame:
    """Read every row by the mapping.

    Returns
    -------
    pl.DataFrame
        `item`, the columns that are mapped, and `left`: why the row is excluded, null where it is not.

    Raises
    ------
    InputError
        With every cell that is wrong, by the name of its row.
    """
    left = pl.Series("left", [None], dtype=pl.String).new_from_index(0, cells.height)
    for asked, patterns in mapping.rows.where.items():
        fits = matches(cells[asked], patterns)
        text = cells.select(pl.format("rows.where: {} is {}", pl.lit(asked), pl.col(asked).fill_null("empty")))
        left = left.zip_with(fits | left.is_not_null(), text.to_series())
    kept = left.is_null()
    faults: list[CellFault] = formulas(cells, mapping.cells_read())
    read: dict[str, pl.Series] = {}
    known = {column.name: column for column in columns_of(mapping.table)}
    # what is counted from a time comes after it
    for name in sorted(mapping.columns, key=lambda name: mapping.columns[name].counts):
        read[name] = read_mapped(mapping.columns[name], known[name], cells, read, mapping.time_zone, faults)
    if mapping.item is not None:
        read["item"] = read_mapped(mapping.item, ITEM, cells, {}, None, faults)
    else:
        read["item"] = pl.Series("item", [None], dtype=pl.String).new_from_index(0, cells.height)
    if mapping.unmapped == "list" and mapping.table != "states":  # without a change, the state before would go on
        for listed in faults:
            if listed.unmapped and listed.seen is not None and listed.fault.rows is not None:
                said = pl.select(pl.format("{} is {}, which no mapping names", pl.lit(listed.seen.name), listed.seen))
                left = left.zip_with(~listed.fault.rows | left.is_not_null(), said.to_series())
        faults = [fault for fault in faults if not fault.unmapped]
        kept = left.is_null()
    if mapping.item is not None:
        label = ", ".join(mapping.item.from_ or ["item"])
        faults.append(CellFault(Fault(label, read["item"].is_null(), "no item", "leave the row out by rows.where")))
    for name, column in known.items():
        if name in read and column.not_before in read:
            wrong = f"before {column.not_before}"
            backwards = Fault(name, read[name] < read[column.not_before], wrong, "look at the form of the times")
            faults.append(CellFault(backwards, read[name]))
    problems = _told(faults, kept, mapping.reader, names)
    for name, column in known.items():
        is_end = column.optional and column.not_before and mapping.table not in ("probes", "states")
        if name in read and is_end and mapping.id is None and (kept & read[name].is_null()).any():
            wrong = "it is empty in some rows, and rows have no id: a later file that fills it would add rows"
            remedy = "name columns that stay the same, such as id: {from: [Host, Time], join: ' '}"
            problems.append(Problem(f"{IN_MAPPING}columns.{name}", None, wrong, remedy))
    if problems:
        raise InputError(mapping.reader, problems)
    return pl.DataFrame([series.alias(name) for name, series in {**read, "left": left}.items()])


def _told(faults: Sequence[CellFault], kept: pl.Series, reader: str, names: pl.Series) -> list[Problem]:
    """Tell of every fault in rows that are read."""
    problems = []
    for found in faults:
        rule = found.fault
        marked = kept if rule.rows is None else kept & rule.rows.fill_null(False)
        rows = marked.arg_true()
        for row in rows.head(MOST_SHOWN):
            wrong, remedy = rule.say(row) if rule.say else (rule.wrong, rule.remedy)
            seen = None if found.seen is None else found.seen[row]
            problems.append(Problem(f"{reader} {names[row]} {rule.column}", seen, wrong, remedy))
        if len(rows) > MOST_SHOWN:
            more = f"and {len(rows) - MOST_SHOWN:,} more: {rule.wrong}"
            problems.append(Problem(f"{reader} column {rule.column}", None, more, rule.remedy))
    return problems


def find(records: pl.DataFrame, mapping: TableMapping) -> Found:
    """Turn rows into rows of evidence; samples and changes of state into outages and coverage."""
    cells = records.select(pl.col(f"^{CELL}.*$").name.map(lambda name: name.removeprefix(CELL)))
    _need_columns(cells, mapping)
    read = _read_rows(_without_words_for_empty(cells, mapping), mapping, records["source_id"])
    read = read.with_columns(records["source_id"])
    left_out = read.filter(pl.col("left").is_not_null()).select("source_id", pl.col("left").alias("reason"))
    rows = read.filter(pl.col("left").is_null()).drop("left")
    if mapping.table == "probes":
        return _from_probes(rows, left_out, mapping)
    if mapping.table == "states":
        return _from_states(rows, left_out, mapping.reader)
    columns = [column.name for column in columns_of(mapping.table)]
    if (own := MAPPED_TABLES[mapping.table].columns[0]).unique and own.name not in rows:
        rows = rows.with_columns(pl.col("source_id").alias(own.name))
    if mapping.table in OF_TICKETS:
        rows = rows.drop("item")
    if mapping.tickets_of is not None:
        rows = rows.with_columns(pl.format("{}/{}", pl.lit(mapping.tickets_of), "ticket").alias("ticket"))
    first = [name for name in ("item", *columns, "source_id") if name in rows.columns]
    times = [column.name for column in columns_of(mapping.table) if column.kind == "instant" and column.name in rows]
    table = rows.select(first).sort(*times[:1], "source_id")
    return Found({mapping.table: table}, left_out)


def _from_probes(rows: pl.DataFrame, left_out: pl.DataFrame, mapping: TableMapping) -> Found:
    """Find outages in samples; each is named after its first failed sample."""
    assert mapping.samples is not None
    unknown = rows.filter(pl.col("state") == "unknown")
    left_out = pl.concat([left_out, unknown.select("source_id", pl.lit("it tells no state").alias("reason"))])
    samples = rows.filter(pl.col("state") != "unknown").with_columns(pl.col("state") == "up").rename({"state": "up"})
    rules = mapping.samples.model_dump(exclude_none=True)
    found, covered = outages_of_samples(samples, **rules)
    outages = found.select(
        pl.col("source_id").alias("outage"), "item", "started", "ended", "detected", *BOUND_EDGES, "source_id"
    ).sort("started", "source_id")
    return Found({"outages": outages}, left_out, covered)


def _from_states(rows: pl.DataFrame, left_out: pl.DataFrame, reader: str) -> Found:
    """Find outages in changes of state; each state lasts until the next change of the item.

    Raises
    ------
    InputError
        Two rows say otherwise of one item at one instant.
    """
    twice = rows.filter(pl.struct("item", "since").is_duplicated())
    clash = twice.group_by("item", "since").agg(pl.col("state").n_unique().alias("states"), "source_id")
    problems = [
        Problem(f"{reader} {', '.join(sorted(ids))}", f"{item or 'all'} {since:%Y-%m-%dT%H:%M:%SZ}",
                "several states at one instant", "export finer times, or leave one out by rows.where")
        for item, since, states, ids in clash.sort("item", "since").iter_rows()
        if states > 1
    ]  # fmt: skip
    if problems:
        raise InputError(reader, problems)
    until = pl.col("until") if "until" in rows.columns else pl.col("since")
    following = pl.col("since").shift(-1).over("item")
    states = rows.sort("item", "since", "source_id").select(
        "source_id",
        "item",
        pl.col("state").cast(STATE),
        pl.col("since").alias("started"),
        # the last one is known for as long as the file says
        pl.coalesce(following, pl.max_horizontal(until, "since")).alias("ended"),
        following.is_null().alias("goes_on"),
    )
    outages, covered = outages_in(states)
    unknown = states.filter(pl.col("state") == "unknown")
    left_out = pl.concat(
        [left_out, unknown.select("source_id", pl.lit("nothing was watched: no coverage").alias("reason"))]
    )
    outages = outages.select("outage", "item", "started", "ended", "source_id").sort("started", "source_id")
    return Found({"outages": outages}, left_out, covered.filter(pl.col("started") < pl.col("ended")))


WHERE = "{where: {Severity: [High, Disaster], Problem: '*unavailable*'}}"
COLUMNS = (
    "which column of the file each column of the evidence comes from, such as "
    "started: {from: Start, as: '%d/%m/%Y %H:%M'}, ended: {after: started, from: Minutes, as: minutes} or "
    "cause: {from: Reason, values: {Blackout: power}}; of times, as is a pattern, iso, unix, unix_ms or excel"
)
"""What a draft says of columns."""
WORDY = 30
"""Cells that differ, above which a draft does not list them."""


def draft(records: pl.DataFrame) -> Draft:
    """Draft a mapping: nothing is decided, but the columns of the file are listed, with what is in them."""
    cells = records.select(pl.col(f"^{CELL}.*$").name.map(lambda name: name.removeprefix(CELL)))
    local = False
    described = []
    for column in cells.iter_columns():
        filled = column.drop_nulls()
        words = filled.unique(maintain_order=True)
        described.append(f"{column.name} ({' | '.join(map(shorten, words.head(3)))})" if len(words) else column.name)
        local |= bool(len(words)) and bool(words.head(WORDY).str.contains(LOCAL_TIME).all())
    some = {"from": PLACEHOLDER}
    kinds = f"what a row is: one of {', '.join(MAPPED_TABLES)}. To read some rows alone, add rows: {WHERE}"
    keys = {
        "table": (PLACEHOLDER, kinds),
        "item": (some, ITEM_COLUMN),
        "id": (some, "columns that stay the same when a row changes: without it a row that changes is one more"),
        "columns": (
            {name: {**some, "as": PLACEHOLDER} for name in ("started", "ended")},
            f"{COLUMNS}. The file has: {'; '.join(described)}",
        ),
    }
    return Draft(time_zone=local, keys=keys)


ITEM_COLUMN = (
    "the column that tells subscriptions or components apart; say then what each of its cells is, such as items: {web: "
    "{subscription: shop, component: website}, test: ignore}, in place of subscription; else remove it"
)
LOCAL_TIME = (
    r"^[0-9]{1,4}[-/. ](?:[0-9]{1,2}|[A-Za-z]{3,9})[-/. ][0-9]{1,4},?[ T]"
    r"[0-9]{1,2}:[0-9]{2}(?::[0-9.]+)?(?: ?[AaPp][Mm])?$"
)
"""Times as tools print them, without an offset."""

READER = Reader(
    name=NAME,
    reads="Any table with a header (CSV, TSV, Excel .xlsx) or JSON lines, by a mapping that says what its columns are",
    fetch="",
    mapping=TableMapping,
    recognises=recognises,
    records=records,
    draft=draft,
    find=find,
)
