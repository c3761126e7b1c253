"""The rules that a table keeps, and the words for those who break them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from slakit.evidence.answers import find_wrong_answers
from slakit.evidence.cells import Fault, Reading, read_cells, unfilled
from slakit.evidence.corrections import find_wrong_corrections
from slakit.evidence.instants import in_calendar
from slakit.evidence.phases import find_conflicts
from slakit.evidence.probing import find_wrong_rules
from slakit.evidence.repeats import Repeats
from slakit.evidence.tables import PROVENANCE
from slakit.locales import closest_time_zone, is_time_zone
from slakit.problems import InputError, Problem, one_of

if TYPE_CHECKING:
    from slakit.evidence.tables import InputColumn, InputTable

MOST_SHOWN = 20  # problems told one by one, per rule and column; the rest is counted
MOST_LISTED = 12  # names listed in a remedy
MOST_SEARCHED = 2000  # names among which the closest is looked for


@dataclass(frozen=True)
class RawTable:
    """A table as found: what people call the place, its cells, and the row of each in a spreadsheet."""

    place: str
    cells: pl.DataFrame
    rows: pl.Series | None = None  # without it the first row is row 2: the header is row 1
    header_row: int = 1
    broken: list[Problem] = field(default_factory=list)  # why the file could not be read
    scanned: pl.LazyFrame | None = None  # the cells of a file that is read part by part; then `cells` has no row

    def row(self, index: int) -> int:
        """Return the number of a row as a spreadsheet shows it."""
        return index + 2 if self.rows is None else int(self.rows[index])


def check_sheets(
    sheets: Mapping[str, RawTable],
    tables: Mapping[str, InputTable],
    required: str,
    time_zone: str | None,
    source: str,
    added: Mapping[str, pl.DataFrame],
    problems: Iterable[Problem],
) -> dict[str, pl.DataFrame]:
    """Read and check the sheets of all tables; raise `InputError` with everything that is wrong.

    Parameters
    ----------
    added
        Checked rows that tables have beside those of their sheets.
    problems
        What is wrong beside the sheets.
    """
    problems = list(problems)
    for name in sheets:
        if name not in tables:
            unknown = Problem(sheets[name].place, None, "not a table", one_of(tables, name))
            problems += sheets[name].broken or [unknown]
    if required not in sheets:
        problems.append(Problem(source, None, f"no table {required}", f"add {required}.csv or a sheet {required}"))
    checked: dict[str, pl.DataFrame] = {}
    for name in (name for name in tables if name in sheets):
        problems += sheets[name].broken
        if not sheets[name].broken:
            problems += check_header(sheets[name], tables[name])
            checked[name], faults = read_columns(sheets[name], tables[name], time_zone)
            faults += check_rows(checked[name], tables[name], sheets[name])
            faults += find_conflicts(checked[name]) if name == required else []
            faults += check_repeats(checked[name]) if "repeats" in checked[name].columns else []
            faults += check_references(checked, tables[name], sheets, required)
            if name == "corrections" and "outages" in checked:
                faults += find_wrong_corrections(checked[name], checked["outages"])
            if name == "claims_made":
                faults += find_wrong_answers(checked[name])
            if name == "probing":
                faults += find_wrong_rules(checked[name])
            problems += [problem for fault in faults for problem in tell(sheets[name], fault)]
            if name in added:
                checked[name] = pl.concat([checked[name], added[name]])
    if problems:
        raise InputError(source, problems)
    return checked


def refuse_unknown_zone(time_zone: str | None, source: str) -> None:
    """Refuse a time zone that there is not."""
    if time_zone is not None and not is_time_zone(time_zone):
        raise InputError(source, [Problem("time zone", time_zone, "no such time zone", closest_time_zone(time_zone))])


def check_header(sheet: RawTable, table: InputTable) -> Iterator[Problem]:
    """Refuse columns that are missing, and columns that the table does not have."""
    names = [column.name for column in table.columns]
    place = f"{sheet.place} row {sheet.header_row}"
    for column in table.columns:
        if not column.optional and column.name not in sheet.cells.columns:
            yield Problem(place, None, f"no column {column.name}", "add it")
    for seen in sheet.cells.columns:
        if seen not in names:
            listed = names[: -len(PROVENANCE)]  # nobody writes those by hand
            yield Problem(place, seen, f"not a column of {table.name}", one_of(listed, seen))


def read_columns(sheet: RawTable, table: InputTable, time_zone: str | None) -> tuple[pl.DataFrame, list[Fault]]:
    """Read every column of a table; columns that are missing are null."""
    readings = []
    for column in table.columns:
        if column.name in sheet.cells.columns:
            readings.append(read_cells(sheet.cells[column.name], column, time_zone))
        else:  # it has been told once, as a column: its cells are not told again
            readings.append(Reading(unfilled(column, sheet.cells.height), []))
    faults = [fault for reading in readings for fault in reading.faults]
    return pl.DataFrame([reading.values for reading in readings]), faults


def check_rows(checked: pl.DataFrame, table: InputTable, sheet: RawTable) -> list[Fault]:
    """Find ids given twice, ends before their start, and two answers for one thing."""
    faults = []
    for column in table.columns:
        if column.unique:
            faults.append(find_repeated(checked[column.name], table, sheet))
        if column.not_before:
            faults.append(find_early(checked, column))
        if column.instead_of:
            wrong = f"beside {column.instead_of}, which says the same"
            rows = checked[column.name].is_not_null() & checked[column.instead_of].is_not_null()
            faults.append(Fault(column.name, rows, wrong, "give one of the two"))
    if table.once:
        key = checked.select(table.once)
        rows = key.is_duplicated() & ~key.select(pl.any_horizontal(pl.all().is_null())).to_series()
        wrong = f"another row has the same {' and '.join(table.once)}"
        faults.append(Fault(table.once[-1], rows, wrong, "keep one of them"))
    return faults


def check_repeats(checked: pl.DataFrame) -> list[Fault]:
    """Find rules without a zone, zones without a rule, and rules that do not begin with their first time."""
    rules, zones = checked["repeats"], checked["time_zone"]
    apart = Fault("time_zone", rules.is_not_null() & zones.is_null(), "empty beside a rule", "give one, Europe/Oslo")
    alone = Fault(
        "time_zone", rules.is_null() & zones.is_not_null(), "a zone without a rule", "drop it, or give repeats"
    )
    off = []
    for text, zone, started in checked.select("repeats", "time_zone", "started").iter_rows():
        if None in (text, zone, started):
            off.append(False)
            continue
        day = started.astimezone(ZoneInfo(zone)).date()
        off.append(next(Repeats.parse(text).days(day), None) != day)
    wrong = Fault("repeats", pl.Series(off, dtype=pl.Boolean), "does not begin on the day of started", "let both fit")
    return [apart, alone, wrong]


def find_repeated(ids: pl.Series, table: InputTable, sheet: RawTable) -> Fault:
    """Find ids that an earlier row has already used."""
    rows = pl.repeat(False, len(ids), eager=True)
    if ids.n_unique() < len(ids):  # rare, and five times slower to look for than to rule out
        rows = ~ids.is_first_distinct() & ids.is_not_null()
    remedy = f"give each row of {table.name} its own"

    def say(i: int) -> tuple[str, str]:
        first = (ids == ids[i]).arg_true()[0]
        return f"already used in row {sheet.row(first)}", remedy

    return Fault(ids.name, rows, "already used", remedy, say)


def find_early(checked: pl.DataFrame, column: InputColumn) -> Fault:
    """Find instants before the one that they follow; the same instant is allowed."""
    later, earlier = checked[column.name], checked[column.not_before]
    if column.name in ("ended", "ends"):
        wrong, remedy = "ends before it starts", "give an end at or after the start"
    else:
        wrong, remedy = f"before it was {column.not_before}", f"give a time at or after {column.not_before}"
    rows = (later < earlier).fill_null(False)
    return Fault(column.name, rows, wrong, remedy, lambda i: (f"{wrong} ({cell_text(earlier[i])})", remedy))


def check_references(
    checked: Mapping[str, pl.DataFrame], table: InputTable, sheets: Mapping[str, RawTable], required: str
) -> list[Fault]:
    """Find names that the table they refer to does not have, unless it could not be read itself."""
    faults = []
    for column in table.columns:
        target, names = column.refers_to, checked[table.name][column.name]
        if target in checked and column.name in sheets[target].cells.columns:
            faults.append(find_unknown(names, checked[target][column.name].drop_nulls().unique(), column))
        elif target and target not in sheets and target != required:
            faults.append(find_unknown(names, names.clear(), column))
    return faults


def find_unknown(names: pl.Series, known: pl.Series, column: InputColumn) -> Fault:
    """Find names that are not among those known."""
    rows = ~names.is_in(known.implode()).fill_null(True)
    wrong, remedy = f"no such {column.name}", f"name one of the table {column.refers_to}"

    def say(i: int) -> tuple[str, str]:
        told = one_of(known.sort(), names[i]) if len(known) <= MOST_SEARCHED else remedy
        if len(known) > MOST_LISTED:
            told = f"{told.split('?')[0]}?" if told.startswith("did you mean") else remedy
        return wrong, told

    return Fault(column.name, rows, wrong, remedy, say)


def tell(sheet: RawTable, fault: Fault) -> Iterator[Problem]:
    """Word a fault: row by row up to a limit, then how many more."""
    if fault.rows is None:
        yield Problem(f"{sheet.place} column {fault.column}", None, fault.wrong, fault.remedy)
        return
    if not fault.rows.any():
        return
    marked = fault.rows.arg_true()
    for index in marked.head(MOST_SHOWN):
        wrong, remedy = fault.say(index) if fault.say else (fault.wrong, fault.remedy)
        where = f"{sheet.place} row {sheet.row(index)} {fault.column}"
        unseen = fault.wrong == "empty" or fault.column not in sheet.cells.columns
        seen = None if unseen else seen_in(sheet.cells[fault.column], index)
        yield Problem(where, seen, wrong, remedy)
    if len(marked) > MOST_SHOWN:
        more = f"and {len(marked) - MOST_SHOWN} more: {fault.wrong}"
        yield Problem(f"{sheet.place} column {fault.column}", None, more, fault.remedy)


def seen_in(cells: pl.Series, index: int) -> object:
    """Return a cell as a message shows it; a time that nobody can write is not shown."""
    if cells.dtype.base_type() in (pl.Date, pl.Datetime) and not in_calendar(cells.slice(index, 1))[0]:
        return None
    return cell_text(cells[index])


def cell_text(value: object) -> object:
    """Print a time as files have it; leave all else alone.

    >>> cell_text(datetime(2026, 3, 1, 10, 0, tzinfo=UTC))
    '2026-03-01T10:00:00Z'
    """
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        return value.isoformat()
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
