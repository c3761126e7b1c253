"""What limits a credit: per window, per rolling twelve months, per term. Caps per incident act on single rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from slakit.measure.calendar import add_months, local_day, midnight
from slakit.policy.remedies import Cap

SPANS = ("incident", "window", "rolling_12mo", "term")
"""In the order in which caps are applied."""


@dataclass
class Allowance:
    """What is left under the caps of one subscription's remedy, window after window.

    Amounts are whole minor units. Rounding comes before the caps here and after them in the rules; both give the same,
    because rounding half up keeps order and what was paid before is whole:
    round(min(x, c − s)) = min(round(x), round(c) − s).

    Attributes
    ----------
    limits
        Caps, each with its amount.
    elsewhere
        Claims made for windows that this assessment does not judge: start of the window [µs], amount.
    zone
        Time zone in which twelve months are counted.
    """

    limits: Sequence[tuple[Cap, int]]
    elsewhere: Sequence[tuple[int, int]]
    zone: str
    paid: list[tuple[int, int]] = field(default_factory=list)

    def take(self, amount: int, start: int, end: int) -> tuple[int, str | None]:
        """Pay for a window what the caps leave, and name the cap that bit."""
        bit = None
        for cap, limit in self.limits:
            left = max(0, limit - self._used(cap, start, end))
            if amount > left:
                amount, bit = left, cap.per
        self.paid.append((start, amount))
        return amount, bit

    def _used(self, cap: Cap, start: int, end: int) -> int:
        if cap.per == "window":
            return 0
        if cap.per == "term":
            return sum(amount for _, amount in [*self.paid, *self.elsewhere])
        first = midnight(add_months(local_day(end, self.zone), -12), self.zone)
        return sum(amount for at, amount in [*self.paid, *self.elsewhere] if first <= at < start)


def in_order(caps: Sequence[Cap], amount_of: Callable[[Cap], int]) -> list[tuple[Cap, int]]:
    """Caps in the order in which they are applied, each with its amount; those per incident are not among them."""
    later = [cap for cap in caps if cap.per != "incident"]
    return [(cap, amount_of(cap)) for cap in sorted(later, key=lambda cap: SPANS.index(cap.per))]
