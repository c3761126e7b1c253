"""Currencies: which exist, and how many digits they have."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    """Codes of ISO 4217 in use as money somewhere today."""
    from babel.core import get_global

    in_use = {
        row[0] for rows in get_global("territory_currencies").values() for row in rows if row[2] is None and row[3]
    }
    return frozenset(in_use)


def known_currency(code: str) -> str:
    """Return the code, or say that it is not a currency."""
    if code not in currencies():
        raise ValueError("not a currency of ISO 4217; write it like EUR")
    return code


@lru_cache(maxsize=256)
def minor_digits(currency: str) -> int:
    """Digits after the point in a currency.

    >>> minor_digits("DKK"), minor_digits("JPY")
    (2, 0)
    """
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))
