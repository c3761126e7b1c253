"""The cells of one column, as found, to exact typed values; and what is wrong with the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import polars as pl

from slakit.currencies import CODES
from slakit.evidence.instants import in_calendar, read_instants
from slakit.evidence.repeats import Repeats
from slakit.locales import is_time_zone
from slakit.problems import HIDDEN_CHARACTERS, one_of

if TYPE_CHECKING:
    from slakit.evidence.tables import InputColumn

PLAIN_NUMBER = r"^[+-]?[0-9]+(?:\.[0-9]*)?$"
EXPONENT = r"^[+-]?[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]{1,3}$"
MORE_THAN_SIX_PLACES = r"\.[0-9]{6}[0-9]*[1-9]"
WHOLE_NUMBER = r"^[+-]?[0-9]{1,18}(?:\.0*)?$"
WRITE_NUMBER = "write a number such as 1600.50, with a point before the decimals and nothing between thousands"


@dataclass(frozen=True)
class Fault:
    """One rule that some cells of one column break.

    `rows` marks them; without it the whole column is at fault. `say` words one row: what is wrong, what
    would be right; without it, and for the count of rows not shown, `wrong` and `remedy` serve.
    """

    column: str
    rows: pl.Series | None
    wrong: str
    remedy: str
    say: Callable[[int], tuple[str, str]] | None = None


@dataclass(frozen=True)
class Reading:
    """The typed values of one column, null where a cell is empty or at fault, and its faults."""

    values: pl.Series
    faults: list[Fault]


def read_cells(cells: pl.Series, column: InputColumn, time_zone: str | None) -> Reading:
    """Read one column: text or typed cells to the column's type, exactly.

    Every cell that is not empty either has a value or is marked by one of the faults.
    """
    text = as_text(cells, column)
    if text is None:
        wrong = f"a column of {cells.dtype}, which does not hold {EXPECTED[column.kind][0]}"
        fault = Fault(column.name, None, wrong, EXPECTED[column.kind][1])
        return Reading(pl.Series(column.name, [None] * len(cells), dtype=column.dtype), [fault])
    if column.optional and text.null_count() == len(text):
        return Reading(unfilled(column, len(text)), [])
    if column.kind == "instant":
        values, found = read_instants(text, time_zone, dates=column.dates)
        early, late = values < FIRST_INSTANT, values >= LAST_INSTANT
        open_end = "look at the year; where there is no end yet, leave it empty"
        strange = [
            Fault(column.name, early, "before 1700", "look at the year"),
            Fault(column.name, late, "after 2199", open_end if column.not_before else "look at the year"),
        ]
        faults = [*(Fault(column.name, *each) for each in found), *strange]
    else:
        values, faults = CELL_READERS[column.kind](text, column)
    if text.dtype == pl.String:
        hidden = text.str.contains(HIDDEN_CHARACTERS)
        hidden_wrong = "a control character, or a mark that reverses text"
        faults = [Fault(column.name, hidden, hidden_wrong, "remove it"), *faults]
    empty = text.is_null()
    if not column.optional and empty.any():
        faults = [Fault(column.name, empty, "empty", EXPECTED[column.kind][1]), *faults]
    if column.default is not None:
        values = values.set(empty, column.default)
    return Reading(values.alias(column.name), faults)


def unfilled(column: InputColumn, rows: int) -> pl.Series:
    """Return a column none of whose cells is filled: its default, or null, throughout."""
    return pl.Series(column.name, [column.default], dtype=column.dtype).new_from_index(0, rows)


def as_text(cells: pl.Series, column: InputColumn) -> pl.Series | None:
    """Turn cells into text, blank ones into null; typed times stay; None if the type cannot hold the kind."""
    kind, dtype = column.kind, cells.dtype
    if dtype == pl.Null or dtype.base_type() in (pl.Categorical, pl.Enum):
        cells = cells.cast(pl.String)
    elif kind == "instant" and dtype.base_type() == pl.Datetime:
        return cells
    elif kind == "instant" and dtype == pl.Date:
        known = in_calendar(cells)
        numbers = cells.to_physical().cast(pl.String)  # what is no date cannot be printed as one
        cells = cells.set(~known, None).cast(pl.String).zip_with(known, numbers)
    elif kind == "flag" and dtype == pl.Boolean:
        return cells
    elif (kind in ("name", "text", "flag") and dtype.is_integer()) or (
        kind in ("amount", "share", "whole") and dtype.is_numeric()
    ):
        cells = cells.cast(pl.String)  # a float prints as the shortest number that reads back as the same float
    if cells.dtype != pl.String:
        return None
    blank = cells.str.contains(r"^\s*$")
    return cells.set(blank, None) if blank.any() else cells


def read_name(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Keep names as they are; space around one would part what belongs together."""
    spaced = text.str.contains(r"^\s|\s$").fill_null(False)
    faults = [Fault(column.name, spaced, "space before or after the name", "remove it")]
    names = text.set(spaced, None) if spaced.any() else text
    if known := column.one_of:
        wrong = f"no such {column.name}"
        unknown = ~names.is_in(pl.Series(known).implode()).fill_null(True)
        faults.append(Fault(column.name, unknown, wrong, one_of(known), lambda i: (wrong, one_of(known, text[i]))))
    return names, faults


def read_text(text: pl.Series, _column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Keep text as it is, whatever it is."""
    return text, []


LARGEST_AMOUNT = 10**15
FIRST_INSTANT = datetime(1700, 1, 1, tzinfo=UTC)
LAST_INSTANT = datetime(2200, 1, 1, tzinfo=UTC)


def read_amount(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Read exact decimals with up to six places, none negative; a share is at most 1."""
    plain = without_exponent(text.str.strip_chars())
    is_number = plain.str.contains(PLAIN_NUMBER).fill_null(True)
    too_fine = is_number & plain.str.contains(MORE_THAN_SIX_PLACES).fill_null(False)
    values = plain.set(~is_number | too_fine, None).cast(pl.Decimal(38, 6), strict=False)
    too_large = is_number & ~too_fine & ((values >= LARGEST_AMOUNT) | (values.is_null() & plain.is_not_null()))
    negative = (values < 0).fill_null(False)
    faults = [
        Fault(column.name, ~is_number, "not a number", WRITE_NUMBER),
        Fault(column.name, too_fine, "more than 6 decimals", "round it to 6"),
        Fault(column.name, too_large.fill_null(False), "a quadrillion or more", "give a smaller number"),
    ]
    if column.kind == "share":
        outside = negative | (values > 1).fill_null(False)
        return values, [*faults, Fault(column.name, outside, "not between 0 and 1", "give a share such as 0.25")]
    return values, [*faults, Fault(column.name, negative, "negative", "give 0 or more")]


def without_exponent(text: pl.Series) -> pl.Series:
    """Write `1e-6` as `0.000001`: floats and spreadsheets print very small and very large numbers so."""
    rare = text.filter(text.str.contains(EXPONENT).fill_null(False)).unique()
    if rare.is_empty():
        return text
    return text.replace({written: f"{Decimal(written):f}" for written in rare})


def read_whole_number(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Read whole numbers within the column's range."""
    plain = text.str.strip_chars()
    is_whole = plain.str.contains(WHOLE_NUMBER).fill_null(True)
    values = plain.set(~is_whole, None).str.replace(r"\..*$", "").cast(pl.Int64, strict=False)
    low, high = column.between or (-(10**18), 10**18)
    outside = ~values.is_between(low, high).fill_null(True)
    remedy = f"give a whole number from {low} to {high}"
    return values, [
        Fault(column.name, ~is_whole, "not a whole number", remedy),
        Fault(column.name, outside, f"not between {low} and {high}", remedy),
    ]


def read_currency(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Keep the codes that ISO 4217 lists."""
    unknown = ~text.is_in(pl.Series(sorted(CODES)).implode()).fill_null(True)
    wrong, remedy = "not a currency of ISO 4217", "write its three capitals, such as EUR"

    def say(i: int) -> tuple[str, str]:
        capitals = text[i].strip().upper()
        return wrong, f"write {capitals}" if capitals in CODES else remedy

    return text, [Fault(column.name, unknown, wrong, remedy, say)]


def read_fees(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Keep JSON objects of component -> monthly fee, as they are written."""
    wrongs = {written: wrong for written in text.drop_nulls().unique() if (wrong := fees_wrong(written))}
    remedy = EXPECTED["fees"][1]
    rows = text.is_in(pl.Series(list(wrongs), dtype=pl.String).implode()).fill_null(False)
    fault = Fault(column.name, rows, "not fees of components", remedy, lambda i: (wrongs[text[i]], remedy))
    return text, [fault]


def fees_wrong(written: str) -> str:
    """Say what is wrong with the JSON text of component fees; nothing if it is right.

    >>> fees_wrong('{"hardware": 900.50}'), fees_wrong('{"hardware": -1}')
    ('', 'the fee of hardware is not a number of 0 or more with at most 6 decimals')
    """
    try:
        pairs = json.loads(written, parse_float=Decimal, parse_int=Decimal, object_pairs_hook=Pairs)
    except (ValueError, ArithmeticError, RecursionError):
        return "not JSON"
    if not isinstance(pairs, Pairs):
        return "not a JSON object"
    if len({name for name, _ in pairs}) < len(pairs):
        return "a component named twice"
    for name, fee in pairs:
        if not isinstance(fee, Decimal) or not 0 <= fee < 10**32 or int(fee.as_tuple().exponent) < -6:
            return f"the fee of {name} is not a number of 0 or more with at most 6 decimals"
    return ""


def read_component_fees(written: str | None) -> dict[str, Decimal]:
    """Read the monthly fees of components, exactly, from checked JSON text; none where nothing is written.

    >>> read_component_fees('{"hardware": 900.50}')
    {'hardware': Decimal('900.50')}
    """
    return json.loads(written, parse_float=Decimal, parse_int=Decimal) if written else {}


class Pairs(list[tuple[str, Any]]):
    """The members of a JSON object, repeated names and all."""


def read_repeats(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Keep rules by which something comes again."""
    wrongs: dict[str, tuple[str, str]] = {}
    for written in text.drop_nulls().unique():
        try:
            Repeats.parse(written)
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            wrongs[written] = wrong, remedy
    rows = text.is_in(pl.Series(list(wrongs), dtype=pl.String).implode()).fill_null(False)
    fault = Fault(column.name, rows, "not a rule", EXPECTED["repeats"][1], lambda i: wrongs[text[i]])
    return text.set(rows, None), [fault]


def read_zone(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Keep names of time zones."""
    unknown = [name for name in text.drop_nulls().unique() if not is_time_zone(name)]
    rows = text.is_in(pl.Series(unknown, dtype=pl.String).implode()).fill_null(False)
    return text.set(rows, None), [Fault(column.name, rows, "no such time zone", EXPECTED["zone"][1])]


def read_flag(text: pl.Series, column: InputColumn) -> tuple[pl.Series, list[Fault]]:
    """Read `true` and `false`, or `1` and `0`."""
    if text.dtype == pl.Boolean:
        return text, []
    words = text.str.strip_chars().str.to_lowercase()
    values = words.replace_strict({"true": True, "1": True, "false": False, "0": False}, default=None,
                                  return_dtype=pl.Boolean)  # fmt: skip
    unknown = values.is_null() & text.is_not_null()
    return values, [Fault(column.name, unknown, "neither true nor false", EXPECTED["flag"][1])]


CELL_READERS: dict[str, Callable[[pl.Series, InputColumn], tuple[pl.Series, list[Fault]]]] = {
    "name": read_name,
    "text": read_text,
    "amount": read_amount,
    "share": read_amount,
    "whole": read_whole_number,
    "currency": read_currency,
    "fees": read_fees,
    "repeats": read_repeats,
    "zone": read_zone,
    "flag": read_flag,
}
# What a column holds, and what to give where it does not.
EXPECTED: dict[str, tuple[str, str]] = {
    "name": ("names", "give a name"),
    "text": ("text", "give a text"),
    "instant": ("times", "give a time such as 2026-03-01T10:00:00Z"),
    "amount": ("numbers", WRITE_NUMBER),
    "share": ("numbers", "give a share such as 0.25"),
    "whole": ("whole numbers", "give a whole number"),
    "currency": ("currencies", "write its three capitals, such as EUR"),
    "fees": ("fees of components as JSON", 'write them as {"hardware": 900.50}'),
    "repeats": ("rules", "write one such as FREQ=WEEKLY;BYDAY=SU"),
    "zone": ("time zones", "give a name such as Europe/Oslo"),
    "flag": ("true or false", "write true or false, or 1 or 0"),
}
