"""Words of letters: one file of texts for each language, and numbers, dates and money as people there write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal
from zoneinfo import ZoneInfo

from slakit import locales
from slakit.claiming.facts import Level
from slakit.measure.calendar import add_months
from slakit.policy.plain_yaml import read_plain
from slakit.policy.printing import exact_money, print_number

LANGUAGES = {"en": "en_GB", "da": "da", "sv": "sv", "nb": "nb", "de": "de"}
"""Language of a letter → the locale in which its numbers and dates are written."""
SAME = {"no": "nb", "nn": "nb"}
"""Languages whose readers are written to in another."""
UNITS = (("day", 86400), ("hour", 3600), ("minute", 60))


def language_of(language: str) -> str:
    """Return the language of the letter to who writes in a language: the same, if there are texts, or English."""
    own = SAME.get(language[:2], language[:2])
    return own if own in LANGUAGES else "en"


@cache
def texts(language: str) -> dict[str, str]:
    """Read the texts of a language: key → text."""
    source = resources.files("slakit.claiming") / "texts" / f"{language}.yaml"
    return {str(key): str(text) for key, text in read_plain(source.read_text(encoding="utf-8")).items()}


class Words:
    """Texts, numbers and dates of a letter in one language; to be used in the block of `writing`."""

    def __init__(self, language: str) -> None:
        self.texts = texts(language)

    def __call__(self, key: str, **facts: str) -> str:
        """Return a text with facts put in."""
        return self.texts[key].format(**facts)

    def missing(self, key: str) -> str:
        """Return the placeholder for what is not known."""
        return f"[{self('to_complete')}: {self(key)}]"

    def clause(self, clause: str) -> str:
        """Name a clause: numbers with the word for it, titles as they are."""
        return self("clause", clause=clause) if clause[:1].isdigit() else clause

    def in_brackets(self, clause: str) -> str:
        """Return a clause in brackets after a space; nothing, if there is none."""
        return f" ({self.clause(clause)})" if clause else ""

    def money(self, amount: Decimal, currency: str) -> str:
        """Write an amount with its currency, with no digit rounded away."""
        return exact_money(amount, currency)

    def percent(self, value: Decimal) -> str:
        """Write a percentage with all digits of the tables."""
        return locales.percent(print_number(value))

    def level(self, level: Level) -> str:
        """Write a committed or measured level."""
        if level.value is None:
            return "–"
        if level.kind == "percent":
            return self.percent(level.value)
        if level.kind == "length":
            return self.length(level.value)
        return f"{print_number(level.value)} {level.unit}".strip()

    def length(self, seconds: Decimal, width: Literal["long", "short"] = "long") -> str:
        """Write a length of time with its units, nothing rounded away."""
        from babel.units import format_unit

        parts, rest = [], seconds
        for unit, size in UNITS:
            count, rest = divmod(rest, size)
            parts += [format_unit(int(count), f"duration-{unit}", width, locale=locales.chosen)] if count else []
        if rest or not parts:
            number = rest.normalize() if rest != rest.to_integral() else int(rest)
            text = format_unit(number, "duration-second", width, format="#,##0.######", locale=locales.chosen)
            parts.append(text)
        return " ".join(part.replace(" ", locales.NO_BREAK) for part in parts)

    def instant(self, moment: datetime, zone: ZoneInfo) -> str:
        """Write an instant to the second, or as fine as it is."""
        local = moment.astimezone(zone)
        return locales.instant(local, "%Y-%m-%d %H:%M:%S" + ".%f" * bool(local.microsecond))

    def long_date(self, day: date) -> str:
        """Write a date with the name of its month."""
        from babel.dates import format_date

        return format_date(day, "long", locale=locales.chosen)

    def until(self, deadline: datetime, zone: ZoneInfo) -> str:
        """Write a deadline: the last instant of a day is that day."""
        local = deadline.astimezone(zone)
        whole_day = (local + timedelta(microseconds=1)).time() == datetime.min.time()
        return f"{self.long_date(local.date()) if whole_day else self.instant(deadline, zone)} ({zone.key})"

    def period(self, start: datetime, end: datetime, zone: ZoneInfo) -> str:
        """Name a window: a month by its name, others by their first and last day or instant."""
        first, after = start.astimezone(zone), end.astimezone(zone)
        if first.time() == after.time() == datetime.min.time():
            last = after.date() - timedelta(days=1)
            if first.day == 1 and add_months(first.date(), 1) == after.date():
                return locales.part_of_date(first.date(), "yMMMM", "%B %Y")
            if last == first.date():
                return self.long_date(last)
            return f"{self.long_date(first.date())} – {self.long_date(last)}"
        return f"{self.instant(start, zone)} – {self.instant(end, zone)}"


@contextmanager
def writing(language: str) -> Iterator[Words]:
    """Write in a language inside this block."""
    with locales.in_locale(LANGUAGES[language]):
        yield Words(language)
