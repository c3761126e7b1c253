"""How numbers and dates are written for people: internationally, or as somewhere.

Everything here takes what is written internationally and gives it in the marks of the chosen locale: the digits are
the same, so what was rounded down stays rounded down. Words stay English, lengths of time stay `21m36s`, and what
programs read (tables, files, ids) never comes through here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from slakit.arguments import checked
from slakit.problems import InputError, Problem

if TYPE_CHECKING:
    from babel import Locale

chosen: Locale | None = None
"""The locale in force; none is the international writing. The same for all threads: a notebook runs in several."""

LOCALE_NUMBER = re.compile(r"(-?)([0-9][0-9,]*)(?:\.([0-9]+))?")
QUANTITY = re.compile(r"(-?[0-9,.]+)(%| [A-Z]{3}|)")
NO_BREAK = "\u00a0"


MACHINE_ZONES = re.compile(r"^(localtime|posixrules|Factory|(posix|right)/.*)$", re.IGNORECASE)
"""Zones that are those of a machine, or that only some machines know."""


def is_time_zone(name: str) -> bool:
    """Return whether a name is a time zone that is the same on every machine.

    >>> is_time_zone("Europe/Oslo"), is_time_zone("localtime"), is_time_zone("Oslo")
    (True, False, False)
    """
    if MACHINE_ZONES.match(name):
        return False
    try:
        return bool(ZoneInfo(name))
    except (ValueError, OSError, KeyError):
        return False


def closest_time_zone(name: str) -> str:
    """Say which time zone may have been meant, or how one is written.

    >>> closest_time_zone("Europe/Olso")
    'did you mean Europe/Oslo?'
    """
    close = difflib.get_close_matches(name, available_timezones(), n=1)
    return f"did you mean {close[0]}?" if close else "give a name such as Europe/Oslo"


@checked
def use_locale(name: str | None = "") -> None:
    """Write numbers, percentages, money and dates as somewhere, wherever slakit prints for people, from now on.

    Words stay English, and lengths of time stay `21m36s`. Money keeps its code: NOK, DKK and SEK are all "kr". Tables
    as data (frames, CSV, Parquet, JSON), policy files, ids and error messages are not touched.

    Parameters
    ----------
    name
        Language, and country where it matters: `da`, `sv`, `nb`, `de`, `de_CH`, `en-GB`. Nothing, or none, returns to
        the international writing.

    Raises
    ------
    InputError
        There is no such locale.

    Examples
    --------
    >>> import slakit as sla
    >>> review = sla.assess(sla.Evidence.of([
    ...     {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK",
    ...      "starts": "2025-01-01T00:00:00+01:00"}], outages=[]), "2026-06", "2026-07-01")
    >>> sla.use_locale("da")
    >>> sla.explain(review, "shop", "2026-06").lines[4][1].split()
    ['Availability', '100', '%', 'against', '99,5', '%:', 'met.']
    >>> sla.use_locale("")
    >>> sla.explain(review, "shop", "2026-06").lines[4][1].split()
    ['Availability', '100', '%', 'against', '99.5', '%:', 'met.']
    """
    global chosen
    if not name:
        chosen = None
        return
    from babel import Locale, UnknownLocaleError

    try:
        chosen = Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        remedy = "write a language, or a language and a country: da, sv, nb, de, de_CH, en_GB"
        raise InputError("locale", [Problem("locale", name, "not a locale that is known", remedy)]) from None


@contextmanager
def in_locale(name: str | None) -> Iterator[None]:
    """Write as somewhere inside this block, and afterwards as before.

    >>> with in_locale("sv"):
    ...     number("1,234.5").split()
    ['1', '234,5']
    """
    global chosen
    before = chosen
    use_locale(name)
    try:
        yield
    finally:
        chosen = before


# --- numbers


def number(text: str) -> str:
    """Print a number that is written internationally; whatever else it is stays as it is.

    >>> number("1,234.50")
    '1,234.50'
    >>> with in_locale("da"):
    ...     number("1,234.50"), number("99.899"), number("48h")
    ('1.234,50', '99,899', '48h')
    """
    found = LOCALE_NUMBER.fullmatch(text)
    if chosen is None or found is None:
        return text
    from babel.numbers import format_decimal, get_decimal_symbol, get_minus_sign_symbol

    sign, whole, fraction = found.groups()
    if "," in whole:
        whole = format_decimal(int(whole.replace(",", "")), locale=chosen)
    sign = get_minus_sign_symbol(chosen) if sign else ""
    return sign + whole + (get_decimal_symbol(chosen) + fraction if fraction else "")


def percent(text: str) -> str:
    """Print a number that was written, as a percentage.

    >>> percent("99.95")
    '99.95 %'
    """
    if chosen is None:
        return f"{text} %"
    pattern = chosen.percent_formats[None]
    return f"{pattern.prefix[0]}{text}{pattern.suffix[0]}"


def money(text: str, currency: str) -> str:
    """Print a number that was written, as an amount in a currency: its code stands where a sign would.

    >>> money("25", "EUR")
    '25 EUR'
    >>> with in_locale("de-CH"):
    ...     money("25", "EUR").split()
    ['EUR', '25']
    """
    if chosen is None:
        return f"{text} {currency}"
    before, after = re.split(r"[#0,.]+", chosen.currency_formats["standard"].pattern.partition(";")[0], maxsplit=1)
    before, after = (side.replace("¤", currency).replace("'", "") for side in (before, after))
    before += NO_BREAK * before.endswith(currency)
    return f"{before}{text}{NO_BREAK * after.startswith(currency)}{after}"


def quantity(value: object) -> str:
    """Print a figure as a contract states it: a number, a share of a fee, money; lengths of time stay as they are.

    >>> quantity("7.5%"), quantity("1/30")
    ('7.5 %', '1/30')
    >>> with in_locale("da"):
    ...     [quantity(text).replace(NO_BREAK, " ") for text in ("7.5%", "25.50 EUR", "1/30", "48h")]
    ['7,5 %', '25,50 EUR', '1/30', '48h']
    """
    found = QUANTITY.fullmatch(str(value))
    if found is None or (chosen is None and found[2] != "%"):
        return str(value)
    written, unit = number(found[1]), found[2].strip()
    return percent(written) if unit == "%" else money(written, unit) if unit else written


# --- dates


def day(moment: date, otherwise: str = "%Y-%m-%d") -> str:
    """Print a day, by a pattern of `strftime` in the international writing.

    >>> day(date(2026, 2, 11))
    '2026-02-11'
    >>> with in_locale("de"):  # doctest: +SKIP
    ...     day(date(2026, 2, 11))
    '11.02.2026'
    """
    if chosen is None:
        return f"{moment:{otherwise}}"
    from babel.dates import format_date

    return format_date(moment, locale=chosen)


def day_of(text: str) -> str:
    """Print a day that a document gives; a month, a year or words stay as they are.

    >>> with in_locale("sv"):  # doctest: +SKIP
    ...     day_of("2026-02-11"), day_of("2026-02")
    ('11 feb. 2026', '2026-02')
    """
    if chosen is None:
        return text
    try:
        return day(date.fromisoformat(text))
    except ValueError:
        return text


def part_of_date(moment: date, skeleton: str, otherwise: str) -> str:
    """Parts of a date that belong together, by a skeleton of Unicode CLDR: `yMMM` is a month of a year.

    >>> with in_locale("nb"):  # doctest: +SKIP
    ...     part_of_date(date(2026, 10, 1), "yMMM", "%b %Y"), part_of_date(date(2026, 10, 1), "yQQQ", "")
    ('okt. 2026', 'K4 2026')
    """
    if chosen is None:
        return f"{moment:{otherwise}}"
    from babel.dates import format_skeleton

    return format_skeleton(skeleton, moment, locale=chosen)


def days(first: date, last: date, skeleton: str, otherwise: str) -> str:
    """Print from one day, or month, to another, by a skeleton; the text as it is in the international writing.

    >>> with in_locale("da"):  # doctest: +SKIP
    ...     days(date(2026, 2, 12), date(2026, 3, 3), "yMMMd", "")
    ...     days(date(2026, 2, 1), date(2026, 2, 28), "yMMM", "")
    '12. feb.–3. mar. 2026'
    'feb. 2026'
    """
    if chosen is None:
        return otherwise
    from babel.dates import format_interval

    return format_interval(first, last, skeleton, locale=chosen)


def instant(local: datetime, otherwise: str = "%Y-%m-%d %H:%M") -> str:
    """Print an instant on a clock, as fine as the pattern of `strftime` is by which it is written internationally.

    >>> moment = datetime(2026, 2, 11, 9, 9, 5, 250_000)
    >>> with in_locale("da"):  # doctest: +SKIP
    ...     instant(moment), instant(moment, "%Y-%m-%d %H:%M:%S"), instant(moment, "%Y-%m-%d %H:%M:%S.%f")
    ('11. feb. 2026 09.09', '11. feb. 2026 09.09.05', '11. feb. 2026 09.09.05,250000')
    """
    if chosen is None:
        return f"{local:{otherwise}}"
    from babel.dates import format_time, get_datetime_format
    from babel.numbers import get_decimal_symbol

    pattern = chosen.time_formats["medium" if "%S" in otherwise else "short"].pattern
    if "%f" in otherwise:
        pattern = pattern.replace("ss", f"ss'{get_decimal_symbol(chosen)}'SSSSSS")
    time = format_time(local.replace(tzinfo=None), pattern, locale=chosen)
    return str(get_datetime_format("medium", locale=chosen)).replace("'", "").format(time, day(local))
