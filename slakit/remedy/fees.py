"""Fee bases: what a share is a share of."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

import polars as pl

from slakit.measure.rules import Rule
from slakit.policy.currencies import minor_digits
from slakit.policy.quantities import Money, Window
from slakit.policy.remedies import Cap, FeeBasis

MICRO = 10**6
"""Money is carried in millionths of the currency's unit until it is rounded once, at the end."""


def half_up(num: int, den: int) -> int:
    """A fraction rounded to the nearest whole number, halves away from nothing; not negative.

    >>> half_up(5, 2), half_up(7, 3)
    (3, 2)
    """
    return (2 * num + den) // (2 * den)


@dataclass
class Fees:
    """Fees of numbered subscriptions, in millionths of the currency's unit.

    Attributes
    ----------
    subscriptions
        The checked table; its row number is the subscriber.
    """

    subscriptions: pl.DataFrame
    _components: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.subscriptions
        self.monthly = [int(fee * MICRO) for fee in table["monthly_fee"].to_list()]
        self.currencies: list[str] = table["currency"].to_list()
        self.components = [
            json.loads(fees, parse_float=Decimal) if fees else {} for fees in table["component_fees"].to_list()
        ]
        self.digits = [minor_digits(currency) for currency in self.currencies]

    def basis(self, of: FeeBasis, subscriber: int, rule: Rule) -> Fraction:
        """Amount of a fee basis. [millionths]"""
        amounts, parts = self.bases(of, rule)
        return Fraction(amounts[subscriber], parts)

    def bases(self, of: FeeBasis, rule: Rule) -> tuple[list[int], int]:
        """A fee basis of every subscriber, and what to divide it by. [millionths]"""
        if of == "component_fee":
            return self._of_components(tuple(rule.guarantee.components)), 1
        months = {"annual_fee": Fraction(12), "window_fee": _months(rule.guarantee.window)}.get(of, Fraction(1))
        if months == 1:
            return self.monthly, 1
        return [fee * months.numerator for fee in self.monthly], months.denominator

    def _of_components(self, components: tuple[str, ...]) -> list[int]:
        if components not in self._components:
            alone = components[0] if len(components) == 1 else None
            self._components[components] = [
                int(Decimal(own[alone]) * MICRO) if alone in own else monthly
                for own, monthly in zip(self.components, self.monthly, strict=True)
            ]
        return self._components[components]

    def minor(self, subscriber: int, num: int, den: int = 1) -> int:
        """An amount in millionths, as whole minor units, rounded half up."""
        return half_up(num * 10 ** self.digits[subscriber], den * MICRO)

    def limit(self, cap: Cap, subscriber: int, rule: Rule) -> Fraction:
        """Amount of a cap. [millionths]"""
        if isinstance(cap.at_most, Money):
            return Fraction(cap.at_most.amount) * MICRO
        return cap.at_most.value * self.basis(cap.of, subscriber, rule)


def _months(window: Window) -> Fraction:
    if window.months is not None:
        return Fraction(window.months)
    days = {"1d": 1, "1w": 7}.get(window.text, window.rolling_days or 30)
    return Fraction(days, 30)
