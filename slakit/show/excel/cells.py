"""Cells of an Excel workbook: the value that Excel can hold exactly and how it is shown, or else the same as text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from slakit.currencies import minor_digits
from slakit.policy.printing import print_duration
from slakit.show.columns import Kind

MOST_DIGITS = 15
"""Digits of a number that Excel keeps."""
FIRST_DAY = date(1900, 3, 1)
"""Before it Excel counts a day that never was."""
MOST_DAYS = 2_958_465
"""Days in the calendar of Excel."""
AS_TEXT = "@"


class Cell(NamedTuple):
    """What stands in a cell, its number format, and how many characters wide it is."""

    value: str | float | date
    form: str
    width: int


def cell_of(value: Any, kind: Kind, currency: str | None = None) -> Cell | None:
    """Make a cell: a number where Excel can hold it exactly, or else the same as text.

    >>> cell_of(Decimal("99.899600"), "percent")
    Cell(value=99.8996, form='0.0#####" %"', width=10)
    >>> cell_of(Decimal("5401.500000"), "length").form, cell_of(Decimal("22500"), "money", "NOK").form
    ('[h]:mm:ss.000', '#,##0.00 "NOK"')
    >>> cell_of(Decimal("12345678901234567.89"), "money", "NOK").value
    '12345678901234567.89'
    """
    return None if value is None or value == "" else MAKERS.get(kind, _text)(value, currency)


def _text(value: Any, _: str | None = None) -> Cell:
    text = str(value)
    return Cell(text, "", max(map(len, text.splitlines()), default=0))


def _figure(value: Any, form: Callable[[int], str], around: int) -> Cell:
    """Make a number, with as many decimals as it has; as text if Excel would alter it. [around: characters of the unit]

    A float is what it is, and Excel has the same: only of what is shown no more than six decimals.
    """
    inexact = isinstance(value, float)
    if inexact and not isfinite(value):
        return _text(value)
    printed = f"{Decimal(repr(value) if inexact else value):f}"
    whole, _, decimals = printed.partition(".")
    places = len(decimals.rstrip("0"))
    if inexact:
        places = min(places, 6)
    elif places > MOST_DIGITS or len((whole + decimals).lstrip("-").strip("0")) > MOST_DIGITS:
        return Cell(printed, AS_TEXT, len(printed))
    return Cell(float(value), form(places), len(whole) * 4 // 3 + 1 + places + around)


def _number(value: Any, _: str | None = None) -> Cell:
    return _figure(value, lambda places: "#,##0" + "." * bool(places) + "0" * places, 0)


def _percent(value: Any, _: str | None = None) -> Cell:
    cell = _figure(value, lambda places: "0.0" + "#" * max(5, places - 1) + '" %"', 0)
    return cell._replace(width=max(cell.width, 10))


def _money(value: Any, currency: str | None) -> Cell:
    code = re.sub(r"[^A-Za-z]", "", currency or "")[:8]
    fewest = minor_digits(code) if code else 2

    def form(places: int) -> str:
        digits = max(fewest, places)
        return "#,##0" + "." * bool(digits) + "0" * digits + f' "{code}"' * bool(code)

    return _figure(value, form, len(code) + 4)


def _length(value: Any, _: str | None = None) -> Cell:
    """Write seconds as a fraction of a day. Excel shows no negative length, and none beyond its calendar."""
    seconds = Decimal(value)
    if not 0 <= seconds < MOST_DAYS * 86_400:
        return _text(print_duration(int(seconds * 10**6)))._replace(form=AS_TEXT)
    form = "[h]:mm:ss" if seconds == seconds.to_integral_value() else "[h]:mm:ss.000"
    return Cell(float(seconds / 86_400), form, 8 + len(str(int(seconds) // 3600)))


def _instant(value: datetime, _: str | None = None) -> Cell:
    """Write an instant in UTC, cut to the millisecond: Excel would round the last one of a day into the next day."""
    moment = in_utc(value)
    if moment.date() < FIRST_DAY:
        return _text(moment.isoformat(" "))
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return Cell(cut, "yyyy-mm-dd hh:mm:ss" + ".000" * bool(cut.microsecond), 19 + 4 * bool(cut.microsecond))


def _date(value: date, _: str | None = None) -> Cell:
    return Cell(value, "yyyy-mm-dd", 10) if value >= FIRST_DAY else _text(value)


def in_utc(moment: datetime) -> datetime:
    """Turn an instant into what Excel has: in UTC, without saying so."""
    return moment if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)


MAKERS: dict[Kind, Callable[[Any, str | None], Cell]] = {
    "number": _number,
    "percent": _percent,
    "money": _money,
    "length": _length,
    "instant": _instant,
    "date": _date,
}
