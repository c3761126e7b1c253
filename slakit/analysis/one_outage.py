"""One outage in one window, and what a remedy earns for it, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations, pairwise

from slakit.analysis.budgets import budget_of, seconds_of
from slakit.measure.rules import Rule
from slakit.policy.quantities import FULL, Money, Share, percent_units
from slakit.policy.remedies import Accrual, Band, Cap, Credit, Remedy, Shortfall
from slakit.problems import InputError, Problem
from slakit.remedy.fees import MICRO, Fees, half_up

MOST_STEPS = 5_000
"""A schedule with more steps than this is not drawn."""


@dataclass(frozen=True)
class OneOutage:
    """One window with a single outage in it that counts in full; or one incident, where there is no window.

    Attributes
    ----------
    remedy
        None where nothing is earned.
    rule
        The guarantee, and how it is measured.
    longest
        Agreed service time of the window, which the outage can fill. [µs]
    fees
        Of one subscriber.
    """

    remedy: Remedy | None
    rule: Rule
    longest: int
    fees: Fees

    @property
    def allowed(self) -> int:
        """The longest outage that keeps the promise. [µs]"""
        guarantee = self.rule.guarantee
        if guarantee.metric == "availability":
            return budget_of(guarantee.target if guarantee.target is not None else Decimal(0), self.longest)
        return getattr(guarantee.within, "microseconds", 0)

    def row(self, bad: int) -> tuple[object, ...]:
        """Columns of `CURVES` from `remedy` to `amount`, for an outage of a length. [µs]"""
        guarantee, available = self.rule.guarantee, None
        if not self.rule.per_incident:
            available = Decimal((self.longest - bad) * FULL // self.longest).scaleb(-6)
        paid, basis = self.paid(bad), self._basis(self.remedy.credit[0]) if self.remedy else Fraction(1)
        percent = Decimal(half_up(*(100 * MICRO * paid / basis).as_integer_ratio())).scaleb(-6)
        amount = Decimal(self.fees.minor(0, *paid.as_integer_ratio())).scaleb(-self.fees.digits[0])
        promised = (guarantee.target, seconds_of(self.allowed))
        return (self.remedy and self.remedy.id, guarantee.id, *promised, seconds_of(bad), available, percent, amount)

    def paid(self, bad: int) -> Fraction:
        """What an outage earns, after all caps. [millionths of the currency's unit]"""
        return min([self._together(bad), *self.limits(per_incident=False)])

    def _together(self, bad: int) -> Fraction:
        due = [self._capped(credit, bad) for credit in self._credits]
        return max(due) if self.remedy and self.remedy.take == "largest" else sum(due, Fraction(0))

    def _capped(self, credit: Credit, bad: int) -> Fraction:
        return min([self._earned(credit, bad), *self.limits(per_incident=True)])

    def limits(self, *, per_incident: bool) -> list[Fraction]:
        """Amounts of the caps on one incident, or of those on all else. [millionths]"""
        return [
            Fraction(self.fees.limit(cap, 0, self.rule))
            for cap in self._caps
            if (cap.per == "incident") == per_incident
        ]

    @property
    def _credits(self) -> list[Credit]:
        return self.remedy.credit if self.remedy else []

    @cached_property
    def _caps(self) -> list[Cap]:
        own = self.remedy.caps if self.remedy else []
        return [*(cap for credit in self._credits for cap in credit.caps), *own]

    def _basis(self, credit: Credit) -> Fraction:
        return Fraction(self.fees.basis(credit.of, 0, self.rule))

    def _worth(self, credit: Credit, worth: Share | Money | None) -> Fraction:
        if isinstance(worth, Money):
            return Fraction(worth.amount) * MICRO
        return worth.value * self._basis(credit) if worth is not None else Fraction(0)

    def _total(self, bad: int) -> int:
        """An incident without a window is measured against itself."""
        return bad if self.rule.per_incident else self.longest

    def _earned(self, credit: Credit, bad: int) -> Fraction:
        """What one schedule gives, before caps. [millionths]"""
        if credit.bands is not None:
            reached = [band for band in _by_depth(credit.bands) if _in_band(band, self._total(bad), bad)]
            return self._worth(credit, reached[-1].credit) if reached and self._total(bad) else Fraction(0)
        if bad <= self.allowed:
            return Fraction(0)
        if credit.shortfall is not None:
            return self._shortfall(credit, credit.shortfall, bad)
        if credit.accrual is not None:
            return self._worth(credit, credit.accrual.credit) * _intervals(credit.accrual, bad)
        if credit.multiple is not None:
            return Fraction(credit.multiple) * Fraction(bad, self._total(bad)) * self._basis(credit)
        return self._worth(credit, credit.flat)

    def _shortfall(self, credit: Credit, shortfall: Shortfall, bad: int) -> Fraction:
        total = self._total(bad)
        short = self._level(shortfall) * total - FULL * (total - bad)
        if shortfall.step is None:
            rate = Fraction(shortfall.rate if shortfall.rate is not None else 1)
            return Fraction(short, FULL * total) * rate * self._basis(credit)
        step = percent_units(shortfall.step) * total
        count = -(-short // step) if shortfall.count == "started" else short // step
        return count * self._worth(credit, shortfall.credit)

    def _level(self, shortfall: Shortfall) -> int:
        target = self.rule.guarantee.target
        return FULL if shortfall.from_ == "full" else percent_units(target if target is not None else Decimal(0))

    @property
    def break_points(self) -> list[int]:
        """Lengths of outage between which the curve is straight, in order. [µs]"""
        points = self._jumps()
        for difference in self._differences():
            points = with_crossings(points, difference)
        return _without_straights(points, self.paid)

    def _differences(self) -> Iterator[Callable[[int], Fraction]]:
        """What passes through nothing where the curve bends: credit less cap, one credit less the other."""
        for credit in self._credits:
            for limit in self.limits(per_incident=True):
                yield partial(_beyond, partial(self._earned, credit), limit)
        if self.remedy and self.remedy.take == "largest":
            for one, other in combinations(self._credits, 2):
                yield partial(_apart, partial(self._capped, one), partial(self._capped, other))
        for limit in self.limits(per_incident=False):
            yield partial(_beyond, self._together, limit)

    def _jumps(self) -> list[int]:
        """Every length at or beside which a schedule may jump or bend."""
        edges = {0, self.longest, self.allowed}
        for credit in self._credits:
            edges |= set(self._edges(credit))
        near = {edge + beside for edge in edges for beside in (-1, 0, 1)}
        return sorted(point for point in near if 0 <= point <= self.longest)

    def _edges(self, credit: Credit) -> Iterator[int]:
        for band in credit.bands or []:
            percents = [percent for percent in (band.below, band.from_, band.to) if percent is not None]
            if band.over is not None:
                yield band.over.microseconds
            yield from ((FULL - percent_units(percent)) * self.longest // FULL for percent in percents)
        if credit.shortfall is not None and credit.shortfall.step is not None:
            step, below = percent_units(credit.shortfall.step), FULL - self._level(credit.shortfall)
            for number in self._steps(credit, credit.shortfall.credit, FULL // step + 1):
                yield (number * step + below) * self.longest // FULL
        if credit.accrual is not None:
            per, after = credit.accrual.per.microseconds, credit.accrual.after.microseconds
            for number in self._steps(credit, credit.accrual.credit, self.longest // per + 1 if per else 0):
                yield after + number * per - _lift(credit.accrual)

    def _steps(self, credit: Credit, worth: Share | Money | None, count: int) -> range:
        """Numbers of the steps that can matter: none is seen beyond the lowest cap."""
        limits, each = [*self.limits(per_incident=True), *self.limits(per_incident=False)], self._worth(credit, worth)
        if limits and each > 0:
            count = min(count, int(min(limits) / each) + 1)
        if count > MOST_STEPS:
            remedy = f"ask for single lengths; {MOST_STEPS} are drawn"
            raise InputError(self.rule.policy, [Problem("credit curve", count, "too many steps to draw", remedy)])
        return range(count + 1)


def _beyond(value: Callable[[int], Fraction], limit: Fraction, bad: int) -> Fraction:
    return value(bad) - limit


def _apart(one: Callable[[int], Fraction], other: Callable[[int], Fraction], bad: int) -> Fraction:
    return one(bad) - other(bad)


def _by_depth(bands: Sequence[Band]) -> list[Band]:
    """Bands, the deepest last."""
    if any(band.over for band in bands):
        return sorted(bands, key=lambda band: band.over.microseconds if band.over else 0)
    return sorted(
        bands, key=lambda band: band.below if band.below is not None else band.from_ or Decimal(0), reverse=True
    )


def _in_band(band: Band, total: int, bad: int) -> bool:
    good = (total - bad) * FULL
    if band.over is not None:
        return bad > band.over.microseconds
    if band.below is not None:
        return good < percent_units(band.below) * total
    above_from = band.from_ is None or good >= percent_units(band.from_) * total
    return above_from and (band.to is None or good <= percent_units(band.to) * total)


def _lift(accrual: Accrual) -> int:
    per = accrual.per.microseconds
    return {"complete": 0, "started": per - 1, "nearest": per // 2}[accrual.count]


def _intervals(accrual: Accrual, bad: int) -> int:
    return (max(0, bad - accrual.after.microseconds) + _lift(accrual)) // accrual.per.microseconds


def with_crossings(points: list[int], value: Callable[[int], Fraction]) -> list[int]:
    """Add where a value, straight between neighbouring points, passes through nothing."""
    found = set(points)
    for left, right in pairwise(points):
        low, high = value(left), value(right)
        if right - left > 1 and low * high < 0:
            crossing = left + int((right - left) * low / (low - high))
            found |= {crossing, crossing + 1}
    return sorted(found)


def _without_straights(points: list[int], value: Callable[[int], Fraction]) -> list[int]:
    """Leave out points that lie on the straight line between their neighbours."""
    kept: list[tuple[int, Fraction]] = []
    for point in points:
        here = (point, value(point))
        if len(kept) > 1 and _straight(kept[-2], kept[-1], here):
            kept.pop()
        kept.append(here)
    return [point for point, _ in kept]


def _straight(one: tuple[int, Fraction], two: tuple[int, Fraction], three: tuple[int, Fraction]) -> bool:
    return (two[1] - one[1]) * (three[0] - two[0]) == (three[1] - two[1]) * (two[0] - one[0])
