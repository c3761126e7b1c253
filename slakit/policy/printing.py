"""Lengths of time, percentages and money as people read them; nothing is rounded in anybody's favour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from slakit import locales
from slakit.currencies import minor_digits
from slakit.policy.quantities import MICROSECONDS


def print_duration(microseconds: int) -> str:
    """Print a length of time, largest unit first, nothing rounded away.

    >>> print_duration(1_296_000_000), print_duration(0), print_duration(90_061_500_000)
    ('21m36s', '0s', '1d1h1m1.5s')
    """
    sign, rest = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    printed = ""
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, MICROSECONDS[unit])
        printed += f"{count}{unit}" if count else ""
    seconds = Decimal(rest) / MICROSECONDS["s"]
    if seconds or not printed:
        printed += f"{seconds.normalize():f}s"
    return sign + printed


def print_percent(value: Decimal | Fraction, decimals: int = 3) -> str:
    """Print a percentage without its sign, rounded down, so that a miss never reads as a pass.

    >>> print_percent(Decimal("99.8996")), print_percent(Decimal("99.95"))
    ('99.899', '99.95')
    """
    scaled = Fraction(value) * 10**decimals
    floored = Decimal(scaled.numerator // scaled.denominator).scaleb(-decimals)
    text = f"{floored:f}"
    return locales.number(text.rstrip("0").rstrip(".") if "." in text else text)


def percent_text(value: Decimal | Fraction, decimals: int = 3) -> str:
    """A percentage with its sign, rounded down.

    >>> percent_text(Decimal("99.8996"))
    '99.899 %'
    """
    return locales.percent(print_percent(value, decimals))


def exact_percent(value: Decimal | int | None) -> str:
    """A percentage with its sign, as the contract prints it.

    >>> exact_percent(Decimal("99.50"))
    '99.50 %'
    """
    return locales.percent(locales.quantity(value))


def print_number(value: Decimal | float) -> str:
    """Print a number as it is, thousands apart.

    >>> print_number(1234567.89), print_number(1000.0)
    ('1,234,567.89', '1,000')
    """
    text = f"{Decimal(str(value)):,f}"
    return locales.number(text.rstrip("0").rstrip(".") if "." in text else text)


def print_count(number: int) -> str:
    """A whole number, thousands apart.

    >>> print_count(1200)
    '1,200'
    """
    return locales.number(f"{number:,}")


def print_amount(amount: Decimal, currency: str | None) -> str:
    """An amount without its currency, thousands apart, in as many digits as the currency has.

    >>> print_amount(Decimal("22500.000"), "NOK"), print_amount(Decimal("1200"), "JPY")
    ('22,500.00', '1,200')
    """
    return locales.number(f"{amount:,.{minor_digits(currency) if currency else 2}f}")


def print_money(amount: Decimal, currency: str | None) -> str:
    """An amount with its currency.

    >>> print_money(Decimal("22500.000"), "NOK"), print_money(Decimal("1200"), None)
    ('22,500.00 NOK', '1,200.00')
    """
    printed = print_amount(amount, currency)
    return locales.money(printed, currency) if currency else printed


def exact_money(amount: Decimal, currency: str) -> str:
    """An amount with its currency and all the digits that it has.

    >>> exact_money(Decimal("1600.333300"), "NOK"), exact_money(Decimal("1600"), "NOK")
    ('1,600.3333 NOK', '1,600.00 NOK')
    """
    whole, _, cents = f"{amount:,f}".partition(".")
    fewest = minor_digits(currency) if locales.chosen else 2
    cents = cents.rstrip("0").ljust(fewest, "0")
    return locales.money(locales.number(whole + "." * bool(cents) + cents), currency)


ABBREVIATIONS = frozenset({"api", "az", "btp", "dns", "hvac", "nat", "rpo", "rto", "sla", "vm", "vps", "waf"})
"""Words of keys that people write in capitals."""


def readable(key: str) -> str:
    """Return a key of the format as people read it.

    >>> readable("per_service"), readable("third_party_api"), readable("multi-az")
    ('per service', 'third-party API', 'multi AZ')
    """
    words = key.replace("_", " ").replace("-", " ").split(" ")
    in_words = " ".join(word.upper() if word in ABBREVIATIONS else word for word in words)
    return in_words.replace("third party API", "third-party API")


def listed(words: Iterable[str]) -> str:
    """Words as one lists them.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    *some, last = list(words) or [""]
    return f"{', '.join(some)} and {last}" if some else last
