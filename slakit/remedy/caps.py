"""What limits a credit, window after window: caps and a minimum. Caps per incident act on single rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from slakit.measure.calendar import add_months, calendar_windows, local_day, midnight
from slakit.policy.quantities import Window
from slakit.policy.remedies import Cap, FeeBasis, Minimum, Worth

ORDER = ("incident", "window", "calendar", "rolling_12mo", "term")
"""In which caps are applied; a calendar span of its own comes after the window."""
Whole = tuple[int, int]
"""First instant of a window, and the first one after it. [µs]"""


class Limit(Protocol):
    """Computes the amount of a limit for the window from one instant to another; of a part of a window that a change
    cuts that of the whole window, or, `shared`, the part's share of it. [minor units]"""

    def __call__(self, at_most: Worth, of: FeeBasis, start: int, end: int, *, shared: bool = False) -> int:
        """Compute it."""


@dataclass
class CreditLimits:
    """What is left under the limits of one subscription's remedy, window after window.

    Amounts are whole minor units. Rounding comes before the caps here and after them in the rules; both give the same,
    because rounding half up keeps order and what was paid before is whole:
    round(min(x, c − s)) = min(round(x), round(c) − s).

    Attributes
    ----------
    caps
        None per incident; they are applied in the order of `ORDER`.
    minimum
        What becomes of credits that are too small.
    limit
        Amount of a limit.
    elsewhere
        Claims made for windows that this assessment does not judge: start of the window [µs], amount.
    zone
        Time zone in which days and months are counted.
    billing_day, starts
        Of the subscription, for the spans that are counted from them.
    by_incident
        Whether each window is a single incident: it belongs to the calendar span in which it starts.
    """

    caps: Sequence[Cap]
    minimum: Minimum | None
    limit: Limit
    elsewhere: Sequence[tuple[int, int]]
    zone: str
    billing_day: int = 1
    starts: int = 0
    by_incident: bool = False
    paid: list[tuple[int, int, int, Whole | None]] = field(default_factory=list)
    carried: int = 0

    def __post_init__(self) -> None:
        def place(cap: Cap) -> int:
            return ORDER.index("calendar" if isinstance(cap.per, Window) else cap.per)

        self.caps = sorted(self.caps, key=place)
        self.paid += [(start, start + 1, amount, None) for start, amount in self.elsewhere]

    def take(self, amount: int, start: int, end: int, whole: Whole | None = None) -> tuple[int, str | None]:
        """Pay for a window what the limits leave, and name the one that was applied last.

        Parameters
        ----------
        amount
            What is due. [minor units]
        start, end
            Of the window. [µs]
        whole
            The window that this is a part of, where a change of the subscription cuts it: its parts share a limit.
        """
        applied = None
        otherwise = self.minimum.otherwise if self.minimum is not None else None
        if otherwise == "raised" and self._is_small(amount, start, end):
            amount, applied = self._smallest(start, end), "minimum"
        for cap in self.caps:
            left = max(0, self.limit(cap.at_most, cap.of, start, end) - self._used(cap, start, end, whole))
            if amount > left:
                amount, applied = left, str(cap.per)
        if otherwise == "carried":  # what was too small before counts too
            amount, self.carried = amount + self.carried, 0
        if otherwise not in (None, "raised") and self._is_small(amount, start, end):
            self.carried = amount if otherwise == "carried" else 0
            amount, applied = 0, "minimum"
        self.paid.append((start, end, amount, whole))
        return amount, applied

    def withdraw(self) -> None:
        """Take back what was paid last: another remedy is paid in its place."""
        self.paid.pop()

    def _smallest(self, start: int, end: int) -> int:
        assert self.minimum is not None
        least = self.minimum.from_ if self.minimum.from_ is not None else self.minimum.above
        assert least is not None
        # what is carried on adds up over the parts of a window by itself
        shared = self.minimum.otherwise != "carried"
        return self.limit(least, self.minimum.of, start, end, shared=shared)

    def _is_small(self, amount: int, start: int, end: int) -> bool:
        assert self.minimum is not None
        limit = self._smallest(start, end)
        return amount < limit if self.minimum.from_ is not None else amount <= limit

    def _used(self, cap: Cap, start: int, end: int, whole: Whole | None) -> int:
        """Sum up what other windows have taken of a cap."""
        if cap.per == "window":
            return sum(amount for _, _, amount, of in self.paid if of == whole) if whole is not None else 0
        if cap.per == "term":
            return sum(amount for _, _, amount, _ in self.paid)
        window = Window("rolling 12mo") if cap.per == "rolling_12mo" else cap.per
        assert isinstance(window, Window)
        if window.slides:
            day = local_day(end, self.zone)
            if window.rolling_months is not None:
                back = add_months(day, -window.rolling_months)
            else:
                back = day - timedelta(days=window.rolling_days or 0)
            first = midnight(back, self.zone)
            return sum(amount for at, _, amount, _ in self.paid if first <= at < start)
        at = start if self.by_incident else end - 1
        spans = calendar_windows(window, self.zone, at, at + 1, billing_day=self.billing_day, starts=self.starts)
        first, last = spans[0]
        if self.by_incident:
            return sum(amount for begun, _, amount, _ in self.paid if first <= begun < last)
        return sum(amount for _, until, amount, _ in self.paid if first < until <= last)
