"""Cells of a foreign table to a column of evidence: which cells, in which form, and what their words mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

import polars as pl
from pydantic import BeforeValidator, Field, model_validator

from slakit.evidence.cells import EXPECTED, Fault, read_cells
from slakit.evidence.instants import ISO_8601, Broken, read_instants, read_wall_times
from slakit.evidence.sources.reader import MappingPart
from slakit.evidence.tables import InputColumn
from slakit.policy.part import as_list
from slakit.problems import MOST_NAMES, one_of

LENGTHS = {
    "milliseconds": 1_000,
    "seconds": 1_000_000,
    "minutes": 60_000_000,
    "hours": 3_600_000_000,
}
"""Units of lengths that are one number, in microseconds."""
CLOCK_LENGTH = r"^(?P<hours>[0-9]{1,7}):(?P<minutes>[0-5][0-9])(?::(?P<seconds>[0-5][0-9]))?$"
SPELLED_LENGTH = (
    r"(?i)^(?:(?P<days>[0-9]{1,6}) ?d(?:ays?)?)?,? ?(?:(?P<hours>[0-9]{1,7}) ?h(?:ou)?(?:rs?)?)?,? ?"
    r"(?:(?P<minutes>[0-9]{1,8}) ?m(?:in(?:ute)?s?)?)?,? ?(?:(?P<seconds>[0-9]{1,9}) ?s(?:ec(?:ond)?s?)?)?$"
)
PARTS_OF_LENGTH = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
LENGTH_FORMS = (*LENGTHS, "hh:mm:ss", "1d 3h 8m")
TIME_FORMS = ("iso", "unix", "unix_ms", "excel")
NUMBER_FORMS = {"1,234.56": (",", "."), "1.234,56": (".", ","), "1 234,56": (" ", ",")}
"""Forms of numbers -> what parts thousands, and what begins the decimals."""
DIRECTIVES = "YymdbBeHIMSpzaA%jfklTF"
PATTERN_REMEDY = "write a pattern such as '%Y-%m-%d %H:%M:%S', or one of iso, unix, unix_ms, excel"
FORMULA = r"^=|^#(?:N/A|REF!|DIV/0!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)$"
"""A formula, or what a spreadsheet shows in place of its value."""
NARROW_SPACES = "[\u00a0\u202f]"
"""Spaces that do not break a line: tools print them in numbers and before AM and PM."""
EXCEL_EPOCH = -25_569
"""Day 0 of a spreadsheet, counted from 1970."""


def as_word(value: object) -> object:
    """Let a number be written without quotes where a text is meant."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(as_word)]


class CellMap(MappingPart):
    """Where the value of a column of the evidence comes from: columns of the file, or a constant."""

    from_: Annotated[list[str], BeforeValidator(as_list)] | None = Field(default=None, alias="from", min_length=1)
    """Column of the file, or several that are joined."""
    join: str | None = None
    """What stands between the cells of several columns."""
    as_: str | None = Field(default=None, alias="as")
    """Form of the cells. Of times: a pattern such as `%d/%m/%Y %H:%M` (as in Python; `%.f` reads decimals of a second),
    `iso`, `unix`, `unix_ms`, or `excel` (days since 1899-12-30, to the millisecond). Of lengths: `milliseconds`,
    `seconds`, `minutes`, `hours`, `hh:mm:ss` (or hh:mm), `1d 3h 8m` (or 3 hrs, 8 mins). Of numbers: `1,234.56`,
    `1.234,56`, `1 234,56`; plain ones need none."""
    values: dict[str, Text | None] | None = None
    """Cell → the value that it stands for; empty: no value. `*` and `?` stand for any text and any letter; a cell
    written out goes before a pattern, and the first pattern that fits holds. `""` is the empty cell. A cell that is not
    there is not mapped."""
    constant: Text | None = None
    """The value of every row, in place of `from`."""
    after: str | None = None
    """Column of the evidence that the length in the cell is counted from: `ended: {after: started, …}`."""
    before: str | None = None
    """Column of the evidence that the length in the cell is counted back from."""

    @model_validator(mode="after")
    def _makes_sense(self) -> CellMap:
        if (self.from_ is None) == (self.constant is None):
            raise ValueError("neither or both of from and constant; name the column, or say what holds for all rows")
        if self.constant is not None and self.values is not None:
            raise ValueError("values of a constant; remove them")
        if self.from_ is not None and (len(self.from_) > 1) != (self.join is not None):
            raise ValueError(
                "join without several columns; remove it"
                if self.join is not None
                else "several columns without join; say what stands between their cells, such as join: ' '"
            )
        if self.after is not None and self.before is not None:
            raise ValueError("counted after one column and before another; keep one")
        if self.counts and self.as_ not in LENGTH_FORMS:
            raise ValueError(f"a length without its unit; say as: one of {', '.join(LENGTH_FORMS)}")
        return self

    @property
    def counts(self) -> bool:
        """Whether the cell holds a length that is counted from a time."""
        return self.after is not None or self.before is not None

    def needs_zone(self, column: InputColumn) -> bool | None:
        """Tell whether its times are local; None where the file may have both."""
        if column.kind != "instant" or self.counts:
            return False
        if self.as_ == "iso":
            return None
        return self.as_ == "excel" or (self.as_ not in TIME_FORMS and "%z" not in str(self.as_))

    def form_wrong(self, column: InputColumn) -> str:
        """Say what is wrong with the form for a column of the evidence, and the remedy; nothing if it is right."""
        form = self.as_
        if self.counts:
            return "" if column.kind == "instant" else "only a time is counted from another; remove after and before"
        if column.kind == "instant":
            if form is None:
                return f"no form of its times; {PATTERN_REMEDY}"
            return "" if form in TIME_FORMS else pattern_wrong(form)
        if form is None:
            return ""
        if column.kind in ("amount", "share") and form in NUMBER_FORMS:
            return ""
        if column.name.endswith("_minutes"):
            return "" if form in LENGTH_FORMS else f"no form of lengths; use {', '.join(LENGTH_FORMS)}"
        return "a form that is not for this column; remove as"


def pattern_wrong(form: str) -> str:
    """Say what is wrong with a pattern of times, and the remedy.

    >>> pattern_wrong("%d/%m/%Y %I:%M")
    'a clock of 12 hours without %p; add it, or write %H'
    >>> pattern_wrong("%d/%m/%Y %H:%M")
    ''
    """
    directives = re.findall(r"%(\.?.?)", form)
    if not directives:
        return f"no form of times; {PATTERN_REMEDY}"
    known = {name.removeprefix(".") for name in directives}
    if "Z" in known:
        return "the abbreviation of a zone is not unique; write it as it stands, and give time_zone"
    strange = [name for name in directives if name not in DIRECTIVES or not name] if directives else []
    strange = [name for name in strange if name != ".f"]
    if strange:
        return f"%{strange[0]} is not a part of a time; {PATTERN_REMEDY}"
    if "f" in directives:
        return "%f without its point; write %.f right after %S, which reads the point too"
    if known & {"I", "l"} and "p" not in known:
        return "a clock of 12 hours without %p; add it, or write %H"
    if known & {"H", "k", "T"} and "p" in known:
        return "%p beside a clock of 24 hours; write %I, or leave %p out"
    day = known & {"d", "e"} and known & {"m", "b", "B"}
    if not ("F" in known or (known & {"Y", "y"} and ("j" in known or day))):
        return "no whole date; name year, month and day"
    if not ("T" in known or (known & {"H", "I", "k", "l"} and "M" in known)):
        return "no time of day; name hours and minutes"
    return ""


@dataclass(frozen=True)
class CellFault:
    """One rule that some cells break: the fault, the cells as messages show them, and whether no mapping names them.

    `fault.column` says what people call the cells: the columns of the file.
    """

    fault: Fault
    seen: pl.Series | None = None
    unmapped: bool = False


def glob(pattern: str) -> str:
    """Write a pattern with `*` and `?` as a regular expression of the whole cell."""
    return "^" + "".join({"*": "[\\s\\S]*", "?": "[\\s\\S]"}.get(sign) or re.escape(sign) for sign in pattern) + "$"


def matches(cells: pl.Series, patterns: Iterable[str]) -> pl.Series:
    """Mark cells that fit one of the patterns; an empty cell fits `""` and `*`."""
    patterns = list(patterns)
    words = [pattern for pattern in patterns if not re.search(r"[*?]", pattern)]
    globs = [glob(pattern) for pattern in patterns if re.search(r"[*?]", pattern)]
    written = cells.fill_null("")
    fits = written.is_in(words)
    for pattern in globs:
        fits |= written.str.contains(pattern)
    return fits


def words_of(cell: CellMap, name: str, cells: pl.DataFrame, faults: list[CellFault]) -> tuple[pl.Series, pl.Series]:
    """Read the text of the cells, joined and translated.

    Returns
    -------
    text
        What the cells stand for; null where empty.
    seen
        The cells as they are in the file, named as people call them.
    """
    if cell.from_ is None:
        text = pl.Series(name, [cell.constant], dtype=pl.String).new_from_index(0, cells.height)
        return text, text
    columns = [pl.col(column) for column in cell.from_]
    if len(columns) > 1:
        joined = pl.concat_str([column.fill_null("") for column in columns], separator=cell.join or "")
        filled = ~pl.all_horizontal(column.is_null() for column in columns)
        text = cells.select(pl.when(filled).then(joined)).to_series()
    else:
        text = cells[cell.from_[0]]
    seen = text.alias(", ".join(cell.from_))
    if cell.values is None:
        return seen, seen
    known: dict[str | None, str | None] = {}
    patterns = [(re.compile(glob(word)), value) for word, value in cell.values.items() if re.search(r"[*?]", word)]
    unknown = []
    for word in seen.unique():
        written = word or ""
        if written in cell.values:
            known[word] = cell.values[written] or None
        elif word is None:
            known[word] = None
        elif any((fitting := (value or None), pattern.match(written))[1] for pattern, value in patterns):
            known[word] = fitting
        else:
            unknown.append(word)
            known[word] = None
    if unknown:
        wrong = f"none of the values of {name}"
        listed = one_of([word for word in cell.values if word][:MOST_NAMES])
        rows = seen.is_in(unknown)
        fault = Fault(seen.name, rows, wrong, f"add it to the mapping under values; {listed}")
        faults.append(CellFault(fault, seen, unmapped=True))
    return seen.replace_strict(known, return_dtype=pl.String), seen


def read_mapped(
    cell: CellMap,
    column: InputColumn,
    cells: pl.DataFrame,
    read: Mapping[str, pl.Series],
    time_zone: str | None,
    faults: list[CellFault],
) -> pl.Series:
    """Read a column of the evidence from mapped cells, exactly.

    Parameters
    ----------
    read
        The columns that were read before it: `after` and `before` name one.
    faults
        Gets what is wrong.

    Returns
    -------
    pl.Series
        Typed values, null where a cell is empty or at fault.
    """
    text, seen = words_of(cell, column.name, cells, faults)
    if column.kind == "instant":
        if (start := cell.after or cell.before) is not None:
            length, found = read_lengths(text, str(cell.as_))
            values = read[start] + length if cell.after else read[start] - length
        else:
            values, found = read_times(text, str(cell.as_), time_zone)
        faults += [CellFault(Fault(seen.name, *broken), seen) for broken in found]
        text = values
    elif cell.as_ in NUMBER_FORMS:
        thousands, point = NUMBER_FORMS[cell.as_]
        form = rf"^[+-]?(?:[0-9]{{1,3}}(?:{re.escape(thousands)}[0-9]{{3}})+|[0-9]+)(?:{re.escape(point)}[0-9]+)?$"
        spaced = text.str.replace_all(NARROW_SPACES, " ")
        strange = ~spaced.str.contains(form).fill_null(True)
        faults.append(CellFault(Fault(column.name, strange, f"not a number like {cell.as_}", "mend it"), seen))
        whole = spaced.set(strange, None).str.replace_all(thousands, "", literal=True)
        text = whole.str.replace(point, ".", literal=True)
    elif cell.as_ is not None:
        length, found = read_lengths(text, cell.as_)
        faults += [CellFault(Fault(seen.name, *broken), seen) for broken in found]
        minutes = length.dt.total_microseconds().cast(pl.Decimal(38, 6)) / 60_000_000
        text = minutes.cast(pl.Decimal(38, 6)).cast(pl.String)
    refused = text.is_null() & seen.is_not_null()
    reading = read_cells(text.alias(column.name), column, None)
    for fault in reading.faults:
        if fault.wrong == "empty":  # what could not be read is told once
            fault = Fault(seen.name, fault.rows & ~refused if fault.rows is not None else None, *EMPTY[column.kind])
        faults.append(CellFault(Fault(seen.name, fault.rows, fault.wrong, fault.remedy, fault.say), seen))
    return reading.values


EMPTY = {kind: ("empty", f"{remedy}, or leave the row out by rows.where") for kind, (_, remedy) in EXPECTED.items()}


def read_times(text: pl.Series, form: str, time_zone: str | None) -> tuple[pl.Series, list[Broken]]:
    """Read times in a form: UTC microseconds, null where empty or refused; and the rules that are broken."""
    if form == "iso":
        values, found = read_instants(text, time_zone)
        if time_zone is not None:
            has_offset = text.str.strip_chars().str.contains(ISO_8601) & values.is_not_null()
            has_offset &= text.str.contains(r"(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)$") & text.str.contains(":")
            wrong = f"an offset, and the mapping says time_zone: {time_zone}"
            remedy = "remove time_zone; if other times have none, export all of them in UTC"
            found = [*found, Broken(has_offset.fill_null(False), wrong, remedy)]
        return values, [_in_mapping(broken) for broken in found]
    if form in ("unix", "unix_ms", "excel"):
        number = text.str.strip_chars()
        plain = number.str.contains(r"^[0-9]{1,15}(?:\.[0-9]+)?$").fill_null(True)
        exact = number.set(~plain, None).cast(pl.Decimal(38, 12), strict=False)
        micros = {"unix": 1_000_000, "unix_ms": 1_000, "excel": 86_400_000}[form]
        ticks = pl.select((exact * micros).round(0).cast(pl.Int64, strict=False)).to_series()
        found = [Broken(~plain, f"not a number as {form} has", "name the form that the column has")]
        if form != "excel":
            too_fine = number.str.contains(r"\.[0-9]{6}[0-9]*[1-9]" if form == "unix" else r"\.[0-9]{3}[0-9]*[1-9]")
            found.append(Broken(too_fine.fill_null(False), "finer than a microsecond", "round it"))
            return ticks.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"), found
        # a number of days holds no more than milliseconds
        local = (ticks * 1_000 + EXCEL_EPOCH * 86_400_000_000).cast(pl.Datetime("us"))
        values, local_found = read_wall_times(local, time_zone)
        return values, [*found, *map(_in_mapping, local_found)]
    wrong, remedy = f"not a time like {form}", "name the form that the column has, or the words for empty cells"
    wall = text.str.to_datetime(form, strict=False, time_unit="us")
    if wall.null_count() > text.null_count():  # few times are printed so, and all would be searched for it
        usual = text.str.replace_all(NARROW_SPACES, " ").str.replace("Z$", "+0000" if form.endswith("%z") else "Z")
        wall = usual.str.to_datetime(form, strict=False, time_unit="us")
    found = [Broken(text.is_not_null() & wall.is_null(), wrong, remedy)]
    if "%z" in form:
        return wall.dt.convert_time_zone("UTC"), found
    values, local_found = read_wall_times(wall, time_zone)
    return values, [*found, *map(_in_mapping, local_found)]


def _in_mapping(broken: Broken) -> Broken:
    """Say of times without an offset that the mapping names their zone."""
    if broken.wrong == "no offset from UTC":
        return broken._replace(remedy="name the zone that the tool prints times in as time_zone in the mapping")
    if broken.say is not None:
        say = broken.say
        return broken._replace(say=lambda row: (say(row)[0], "export times in UTC, or with offsets"))
    return broken


def read_lengths(text: pl.Series, form: str) -> tuple[pl.Series, list[Broken]]:
    """Read lengths of time in a form: durations in microseconds, null where empty or refused."""
    wrong = f"not a length like {form}" if form in LENGTH_FORMS[-2:] else f"not a number of {form}"
    remedy = "name the form that the column has"
    plain = text.str.strip_chars()
    if form in LENGTHS:
        is_number = plain.str.contains(r"^[0-9]{1,12}(?:\.[0-9]{1,9})?$").fill_null(True)
        exact = plain.set(~is_number, None).cast(pl.Decimal(38, 9), strict=False)
        micros = pl.select((exact * LENGTHS[form]).round(0).cast(pl.Int64, strict=False)).to_series()
        return micros.cast(pl.Duration("us")), [Broken(~is_number, wrong, remedy)]
    parts = plain.str.extract_groups(CLOCK_LENGTH if form == "hh:mm:ss" else SPELLED_LENGTH).struct.unnest()
    given = [name for name in PARTS_OF_LENGTH if name in parts.columns]
    is_length = parts.select(pl.any_horizontal(pl.col(given).is_not_null())).to_series()
    seconds = pl.sum_horizontal(pl.col(name).cast(pl.Int64).fill_null(0) * PARTS_OF_LENGTH[name] for name in given)
    micros = parts.select((seconds * 1_000_000).cast(pl.Duration("us"))).to_series().set(~is_length, None)
    return micros, [Broken(plain.is_not_null() & ~is_length, wrong, remedy)]


def formulas(cells: pl.DataFrame, columns: Iterable[str]) -> list[CellFault]:
    """Find formulas, and errors of spreadsheets, in place of values."""
    faults = []
    for name in columns:
        begins = cells[name].str.slice(0, 1).is_in(["=", "#"]).fill_null(False)
        if begins.any() and (rows := begins & cells[name].str.contains(FORMULA).fill_null(False)).any():
            wrong = "a formula or an error of a spreadsheet, not a value"
            faults.append(CellFault(Fault(name, rows, wrong, "export values"), cells[name]))
    return faults
