"""Lengths of time and percentages as people read them; nothing is rounded in anybody's favour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

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
    """Print a percentage rounded down, so that a miss never reads as a pass.

    >>> print_percent(Decimal("99.8996")), print_percent(Decimal("99.95"))
    ('99.899', '99.95')
    """
    scaled = Fraction(value) * 10**decimals
    floored = Decimal(scaled.numerator // scaled.denominator).scaleb(-decimals)
    text = f"{floored:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def listed(words: Iterable[str]) -> str:
    """Words as one lists them.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    *some, last = list(words) or [""]
    return f"{', '.join(some)} and {last}" if some else last
