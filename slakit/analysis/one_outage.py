"""One outage in one window, and what a remedy earns for it, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property, partial
from itertools import combinations, pairwise

from slakit.analysis.budgets import budget_of, seconds_of
from slakit.measure.rules import Rule
from slakit.policy.guarantees import Roundings
from slakit.policy.quantities import FULL, Money, Points, Share, percent_units
from slakit.policy.reaches import Reach, Span, lies_within
from slakit.policy.remedies import Accrual, Band, Cap, Credit, Minimum, Rate, Remedy, Shortfall
from slakit.problems import InputError, Problem
from slakit.remedy.credits import of_points
from slakit.remedy.fees import MICRO, Fees, half_up
from slakit.remedy.schedules import in_order, lift_of, worth_of

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
            return self._allowed
        if guarantee.metric == "incidents":
            return self.longest if guarantee.at_most else 0
        return getattr(guarantee.within, "microseconds", 0) - guarantee.strictly

    @property
    def tells_whether(self) -> bool:
        """Whether one outage shows when something is earned: no number of outages or windows before it is looked at."""
        return not _look_further([reach for credit in self._credits for reach in credit.grounds])

    @property
    def tells_how_much(self) -> bool:
        """Whether it shows how much that can be as well."""
        return not _look_further([reach for credit in self._credits for reach in credit.reaches])

    def row(self, bad: int) -> tuple[object, ...]:
        """Columns of `CURVES` from `remedy` to `amount`, for an outage of a length. [µs]"""
        guarantee, available = self.rule.guarantee, None
        if not self.rule.per_incident:
            available = Decimal((self.longest - bad) * FULL // self.longest).scaleb(-6)
        paid = self.paid(bad)
        percent = Decimal(half_up(*(100 * MICRO * paid / self.basis).as_integer_ratio())).scaleb(-6)
        amount = Decimal(self.fees.minor(0, *paid.as_integer_ratio())).scaleb(-self.fees.digits[0])
        promised = (guarantee.target, seconds_of(self.allowed))
        return (self.remedy and self.remedy.id, guarantee.id, *promised, seconds_of(bad), available, percent, amount)

    @cached_property
    def _allowed(self) -> int:
        """The longest outage after which the availability, as the contract rounds it, keeps the target."""
        kept = budget_of(self.rule.guarantee.target or Decimal(0), self.longest)
        if self.rule.guarantee.rounded == Roundings() and not self.rule.guarantee.strictly:
            return kept
        near = (edge + beside for edge in (0, *self._level_edges(self._target)) for beside in (-1, 0, 1))
        return max((bad for bad in near if 0 <= bad <= self.longest and self._keeps(bad)), default=0)

    def _keeps(self, bad: int) -> bool:
        level = self._level_after(bad)
        return level > self._target if self.rule.guarantee.strictly else level >= self._target

    def _down(self, bad: int) -> int:
        """Downtime after an outage, as the contract rounds it. [µs]"""
        for rounding in (self.rule.guarantee.rounded.outage, self.rule.guarantee.rounded.downtime):
            if rounding is not None and bad:
                step = rounding.to.microseconds
                bad = (bad + lift_of(rounding.how, step)) // step * step
        return min(bad, self.longest)

    def _level_after(self, bad: int) -> Fraction:
        """Availability after an outage, as the contract rounds it. [percent units]"""
        total, rounding = self._total(bad), self.rule.guarantee.rounded.level
        good = (total - self._down(bad)) * FULL
        if rounding is None:
            return Fraction(good, total)
        step = percent_units(rounding.to)
        return Fraction(min(FULL, (good + lift_of(rounding.how, step * total)) // (step * total) * step))

    def paid(self, bad: int) -> Fraction:
        """What an outage earns, after all limits. [millionths of the currency's unit]"""
        due = self._together(bad)
        if self._raises and 0 < due < self._enough:
            due = self._least
        due = min([due, *self.limits(per_incident=False)])
        return due if self._raises or due >= self._enough else Fraction(0)

    @property
    def _minimum(self) -> Minimum | None:
        return self.remedy.minimum if self.remedy else None

    @property
    def _raises(self) -> bool:
        return self._minimum is not None and self._minimum.otherwise == "raised"

    @cached_property
    def _least(self) -> Fraction:
        """The minimum, as it is paid. [millionths]"""
        if self._minimum is None:
            return Fraction(0)
        worth = self._minimum.at_least if self._minimum.at_least is not None else self._minimum.more_than
        exact = self.fees.limit(worth, self._minimum.of, 0, self.rule)  # type: ignore[arg-type]
        return self.fees.minor(0, *exact.as_integer_ratio()) * self._cent

    @property
    def _cent(self) -> Fraction:
        """Minor unit of the currency. [millionths]"""
        return Fraction(MICRO, 10 ** self.fees.digits[0])

    @cached_property
    def _enough(self) -> Fraction:
        """The smallest credit that is not too small once it is rounded to whole minor units. [millionths]"""
        if self._minimum is None:
            return Fraction(0)
        half = self._cent / 2
        return self._least - half if self._minimum.at_least is not None else self._least + half

    def _together(self, bad: int) -> Fraction:
        due = [self._capped(credit, bad) for credit in self._earning]
        if self.remedy is None or not due:
            return Fraction(0)
        total = {"sum": sum, "largest": max, "smallest": min}[self.remedy.take](due)  # type: ignore[operator]
        if self.remedy.points is None:
            return Fraction(total)
        of = self._basis(self.remedy.credit[0])
        return Fraction(*of_points(self.remedy.points, Fraction(total), of)[1])

    @property
    def _earning(self) -> list[Credit]:
        """Schedules that this guarantee earns."""
        own = self.rule.guarantee.id
        return [credit for credit in self._credits if credit.guarantees is None or own in credit.guarantees]

    def _capped(self, credit: Credit, bad: int) -> Fraction:
        return min([self._earned(credit, bad), *self.limits(per_incident=True)])

    def limits(self, *, per_incident: bool) -> list[Fraction]:
        """Amounts of the caps on one incident, or of those on all else. [millionths]"""
        return [
            Fraction(self.fees.limit(cap.at_most, cap.of, 0, self.rule))
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

    @property
    def basis(self) -> Fraction:
        """The fee of which its first schedule gives a share; the monthly one where nothing is earned. [millionths]"""
        return self._basis(self.remedy.credit[0]) if self.remedy else Fraction(self.fees.monthly[0])

    def _basis(self, credit: Credit) -> Fraction:
        return Fraction(self.fees.basis(credit.of, 0, self.rule))

    def _worth(self, credit: Credit, worth: Share | Money | Points | None) -> Fraction:
        value = worth_of(worth)
        return value * self._basis(credit) if isinstance(worth, Share) else value

    def _total(self, bad: int) -> int:
        """An incident without a window is measured against itself."""
        return bad if self.rule.per_incident else self.longest

    def _earned(self, credit: Credit, bad: int) -> Fraction:
        """What one schedule gives, before caps. [millionths, or points]"""
        if credit.when is not None and not self._holds(credit.when, bad):
            return Fraction(0)
        factors = [Fraction(raised.by) for raised in credit.raised if self._holds(raised, bad)]
        return self._scheduled(credit, bad) * (factors[-1] if factors else 1)

    def _scheduled(self, credit: Credit, bad: int) -> Fraction:
        if credit.bands is not None:
            reached = [n for n in in_order(credit, credit.bands) if self._holds(credit.bands[n], bad)]
            taken = reached if credit.take == "sum" else reached[-1:]
            return sum((self._of_band(credit, credit.bands[n], bad) for n in taken), Fraction(0))
        if bad <= self.allowed:
            return Fraction(0)
        return self._rated(credit, credit, bad) if credit.flat is None else self._worth(credit, credit.flat)

    def _of_band(self, credit: Credit, band: Band, bad: int) -> Fraction:
        more = self._rated(credit, band.plus, bad) if band.plus is not None else Fraction(0)
        return self._worth(credit, band.credit) + more

    def _rated(self, credit: Credit, rate: Rate, bad: int) -> Fraction:
        if rate.shortfall is not None:
            return self._shortfall(credit, rate.shortfall, bad)
        if rate.accrual is not None:
            return self._worth(credit, rate.accrual.credit) * self._intervals(rate.accrual, bad)
        return Fraction(rate.multiple or 0) * Fraction(bad, self._total(bad)) * self._basis(credit)

    def _shortfall(self, credit: Credit, shortfall: Shortfall, bad: int) -> Fraction:
        total, level = self._total(bad), self._level(shortfall)
        short = level * total - FULL * (total - bad)
        if shortfall.to is not None:
            short = min(short, (level - percent_units(shortfall.to)) * total)
        if short <= 0:
            return Fraction(0)
        if shortfall.step is None:
            rate = shortfall.per_point * 100
            return Fraction(short, FULL * total) * rate * self._basis(credit)
        step = percent_units(shortfall.step) * total
        return (short + lift_of(shortfall.count, step)) // step * self._worth(credit, shortfall.credit)

    def _level(self, shortfall: Shortfall) -> int:
        if shortfall.from_ == "target":
            return self._target
        return FULL if shortfall.from_ == "full" else percent_units(shortfall.from_)

    @property
    def _target(self) -> int:
        target = self.rule.guarantee.target
        return percent_units(target if target is not None else Decimal(0))

    def _intervals(self, accrual: Accrual, bad: int) -> Fraction:
        """Intervals of downtime beyond the deductible."""
        after, per = self._after(accrual), accrual.per.microseconds
        length = bad if accrual.to is None else min(bad, accrual.to.microseconds)
        late = max(Fraction(0), length - after)
        return late / per if accrual.count == "exact" else Fraction((late + lift_of(accrual.count, per)) // per)

    def _after(self, accrual: Accrual) -> Fraction:
        if isinstance(accrual.after, str):
            return Fraction((FULL - self._target) * self.longest, FULL)
        return Fraction(accrual.after.microseconds)

    def _holds(self, reach: Reach, bad: int) -> bool:
        """Whether a condition holds in a window with nothing but this outage, after windows that were met."""
        return all(self._lies(measure, span, bad) for measure, span in reach.spans.items())

    def _lies(self, measure: str, span: Span, bad: int) -> bool:
        total = self._total(bad)
        if measure in ("level", "deviation") and not total:
            return False
        if measure == "level":
            found = self._level_after(bad)
        elif measure == "deviation":
            short = self._target - self._level_after(bad)
            if short <= 0 or not self._target:
                return short > 0 and not {"to", "below"} & {side for side, _ in span.bounds}
            found = short * FULL / self._target
        elif measure in ("outage", "downtime"):
            found = Fraction(bad if measure == "outage" else self._down(bad))
        else:
            found = Fraction(int(bad > 0 if measure == "incidents" else bad > self.allowed))
        return lies_within(span, found)

    @property
    def break_points(self) -> list[int]:
        """Lengths of outage between which the curve is straight, in order. [µs]"""
        points = self._jumps()
        for difference in self._differences():
            points = with_crossings(points, difference)
        return without_straights(points, self.paid)

    def _differences(self) -> Iterator[Callable[[int], Fraction]]:
        """What passes through nothing where the curve bends: credit less cap, one credit less the other."""
        for credit in self._credits:
            for limit in self.limits(per_incident=True):
                yield partial(_beyond, partial(self._earned, credit), limit)
        if self.remedy and self.remedy.take == "largest":
            for one, other in combinations(self._credits, 2):
                yield partial(_apart, partial(self._capped, one), partial(self._capped, other))
        for limit in [*self.limits(per_incident=False), *([self._enough] if self._minimum else [])]:
            yield partial(_beyond, self._together, limit)

    @property
    def turning_points(self) -> list[int]:
        """Lengths that tell what a schedule does, in order, without each of its steps. [µs]

        Between two edges a credit never falls, however many steps it rises by: so it is enough to know where it leaves
        nothing, and where it reaches what it comes to at the next edge. Points of a table may fall anywhere.
        """
        if self.remedy and self.remedy.points and self.remedy.points.bands:
            return self.break_points
        edges = self._jumps(steps=False)
        turns = (turn for left, right in pairwise(edges) for turn in self._turns(left, right))
        return sorted({*edges, *turns})

    def _turns(self, left: int, right: int) -> Iterator[int]:
        low, high = self.paid(left), self.paid(right)
        if right - left < 2 or low == high:
            return
        if not low:
            yield from _around(left, right, lambda bad: self.paid(bad) > 0)
        yield from _around(left, right, lambda bad: self.paid(bad) >= high)

    def _jumps(self, *, steps: bool = True) -> list[int]:
        """Every length at or beside which a schedule may jump or bend."""
        edges = {0, self.longest, self.allowed}
        for credit in self._credits:
            edges |= set(self._edges(credit, steps=steps))
        near = {edge + beside for edge in edges for beside in (-1, 0, 1)}
        return sorted(point for point in near if 0 <= point <= self.longest)

    def _edges(self, credit: Credit, *, steps: bool) -> Iterator[int]:
        for reach in credit.reaches:
            yield from self._edges_of(reach)
        for rate in [credit, *(band.plus for band in credit.bands or [] if band.plus is not None)]:
            yield from self._edges_of_rate(rate)
            if steps:
                yield from self._steps_of_rate(credit, rate)

    def _edges_of(self, reach: Reach) -> Iterator[int]:
        """Lengths at which a condition begins or ceases to hold."""
        for measure, span in reach.spans.items():
            for _, limit in span.bounds:
                if measure == "level":
                    yield from self._level_edges(limit)
                elif measure == "deviation":
                    yield from self._level_edges(Fraction(self._target * (FULL - limit), FULL))
                elif measure in ("outage", "downtime"):
                    yield limit

    def _level_edges(self, level: int | Fraction) -> Iterator[int]:
        """Lengths at which the availability passes a level, exactly or as the contract rounds it."""
        rounding = self.rule.guarantee.rounded.level
        step = percent_units(rounding.to) if rounding else 0
        for shift in (Fraction(0), Fraction(step), Fraction(step, 2)):
            yield int((FULL - level + shift) * self.longest // FULL)

    def _edges_of_rate(self, rate: Rate) -> Iterator[int]:
        """Where it begins and ceases to grow."""
        shortfall, accrual = rate.shortfall, rate.accrual
        if shortfall is not None:
            yield from self._level_edges(self._level(shortfall))
            if shortfall.to is not None:
                yield from self._level_edges(percent_units(shortfall.to))
        if accrual is not None:
            yield from (int(self._after(accrual)), *([accrual.to.microseconds] if accrual.to is not None else []))

    def _steps_of_rate(self, credit: Credit, rate: Rate) -> Iterator[int]:
        """Where it grows by a step."""
        shortfall, accrual = rate.shortfall, rate.accrual
        if shortfall is not None and shortfall.step is not None:
            step, below = percent_units(shortfall.step), FULL - self._level(shortfall)
            half = step // 2 if shortfall.count == "nearest" else 0
            for number in self._steps(credit, shortfall.credit, FULL // step + 1):
                yield (number * step - half + below) * self.longest // FULL
        if accrual is not None and accrual.count != "exact":
            per, after = accrual.per.microseconds, int(self._after(accrual))
            for number in self._steps(credit, accrual.credit, self.longest // per + 1):
                yield after + number * per - lift_of(accrual.count, per)

    def _steps(self, credit: Credit, worth: Share | Money | Points | None, count: int) -> range:
        """Numbers of the steps that can matter: none is seen beyond the lowest cap."""
        limits, each = [*self.limits(per_incident=True), *self.limits(per_incident=False)], self._worth(credit, worth)
        if limits and each > 0 and self.remedy is not None and self.remedy.points is None:
            count = min(count, int(min(limits) / each) + 1)
        if count > MOST_STEPS:
            remedy = f"ask for single lengths; {MOST_STEPS} are drawn"
            raise InputError(self.rule.policy, [Problem("credit curve", count, "too many steps to draw", remedy)])
        return range(count + 1)


def _look_further(reaches: list[Reach]) -> bool:
    return any({"incidents", "streak", "misses"} & set(reach.spans) for reach in reaches)


def _beyond(value: Callable[[int], Fraction], limit: Fraction, bad: int) -> Fraction:
    return value(bad) - limit


def _apart(one: Callable[[int], Fraction], other: Callable[[int], Fraction], bad: int) -> Fraction:
    return one(bad) - other(bad)


def _around(left: int, right: int, holds: Callable[[int], bool]) -> tuple[int, int]:
    """The last place at which something does not hold, and the first at which it does: not on the left, on the right.

    >>> _around(0, 10, lambda place: place > 3)
    (3, 4)
    """
    while right - left > 1:
        middle = (left + right) // 2
        left, right = (left, middle) if holds(middle) else (middle, right)
    return left, right


def with_crossings(points: list[int], value: Callable[[int], Fraction]) -> list[int]:
    """Add where a value, straight between neighbouring points, passes through nothing."""
    found = set(points)
    for left, right in pairwise(points):
        low, high = value(left), value(right)
        if right - left > 1 and low * high <= 0 and low != high:
            crossing = left + int((right - left) * low / (low - high))
            found |= {point for point in (crossing - 1, crossing, crossing + 1) if left < point < right}
    return sorted(found)


def without_straights(points: list[int], value: Callable[[int], Fraction]) -> list[int]:
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
