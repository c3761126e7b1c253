"""How figures of an outlook are rounded."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def rounded(value: Fraction) -> Decimal:
    """Round to six decimals, half a millionth to the even one.

    >>> rounded(Fraction(2, 3))
    Decimal('0.666667')
    """
    return Decimal(round(value * 10**6)).scaleb(-6)
