"""Fee bases: what a share is a share of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

import polars as pl

from slakit.currencies import minor_digits
from slakit.evidence.cells import read_component_fees
from slakit.evidence.phases import changed
from slakit.measure.calendar import add_months, calendar_windows, local_day, midnight, to_microseconds
from slakit.measure.rules import FOREVER, Rule
from slakit.policy.quantities import Money, Share, Window
from slakit.policy.remedies import FeeBasis, FeeSum, Worth
from slakit.problems import InputError, Problem

LEAST_FEE, MOST_FEE = Decimal("0.000001"), Decimal(10**12)
"""Fees that evidence can hold."""
MICRO = 10**6
"""Money is carried in millionths of the currency's unit until it is rounded once, at the end."""


def half_up(num: int, den: int) -> int:
    """Round a fraction to the nearest whole number, halves up; it is not negative.

    Parameters
    ----------
    num, den
        Numerator and denominator.

    >>> half_up(5, 2), half_up(7, 3)
    (3, 2)
    """
    return (2 * num + den) // (2 * den)


def exact_fee(fee: Decimal | float) -> Decimal:
    """Read a monthly fee that an argument gives: exact, above nothing, and no larger or finer than evidence can hold.

    >>> exact_fee(1600.5)
    Decimal('1600.5')

    Raises
    ------
    InputError
        It is not such a fee.
    """
    try:
        exact = Decimal(str(fee))
        fits = Decimal(0) < exact <= MOST_FEE and exact == exact.quantize(LEAST_FEE)
    except InvalidOperation:
        fits = False
    if not fits:
        raise InputError("fee", [Problem("fee", fee, "not a fee", "write an amount above 0, like 1600")])
    return exact


MONTHS: dict[str, int | Fraction] = {"annual_fee": 12, "quarterly_fee": 3, "daily_fee": Fraction(1, 30)}
"""Months of a fee basis; 1 if not named."""
OFFSETS = {"previous_month_fee": -1, "next_month_fee": 1}
Span = tuple[int, int]
"""First instant of a window or incident, and the first one after it. [µs]"""


@dataclass(frozen=True)
class FeeSources:
    """What fees were taken from.

    Attributes
    ----------
    charges
        Rows of the table of charges that were part of them.
    uncharged
        Months that were taken at the fee stated, because no charge of them is told: subscriber and first day.
    """

    charges: frozenset[int] = frozenset()
    uncharged: frozenset[tuple[int, date]] = frozenset()

    @classmethod
    def together(cls, sources: Iterable[FeeSources]) -> FeeSources:
        """Put the sources of several fees together."""
        listed = list(sources)
        charges = frozenset[int]().union(*(one.charges for one in listed))
        return cls(charges, frozenset[tuple[int, date]]().union(*(one.uncharged for one in listed)))


@dataclass(frozen=True)
class Fee:
    """A fee, and what it was taken from.

    Attributes
    ----------
    amount
        Exact. [millionths of the currency's unit]
    sources
        None where the fee stated is all that is asked for.
    """

    amount: Fraction
    sources: FeeSources = FeeSources()

    def __add__(self, other: Fee) -> Fee:
        """Add two fees up."""
        return Fee(self.amount + other.amount, FeeSources.together((self.sources, other.sources)))

    def __mul__(self, share: Fraction) -> Fee:
        """Take a share, or a multiple, of a fee."""
        return Fee(self.amount * share, self.sources)


NOTHING = Fee(Fraction(0))


class FeeRow(NamedTuple):
    """A row of a subscription that changes: its number in the table, its span (µs), and its fees (millionths)."""

    row: int
    starts: int
    ends: int
    monthly: int
    components: Mapping[str, Decimal]


@dataclass
class Fees:
    """Fees of numbered subscriptions, in millionths of the currency's unit.

    A fee is the monthly fee of the subscription; of a subscription with charges, what was charged for the month. A
    month of the term of which no charge is told costs the monthly fee: unknown is never nothing. Where the fee changes,
    that of a month is the mean of the fees in force in it, each by its time; a month that no row of the subscription
    reaches has the fee of the last row before it, or else of the first.

    Attributes
    ----------
    subscriptions
        The checked table, or the phases of its subscriptions; its row number is the subscriber.
    charges
        The checked table: what was charged for a time, as of its first instant.
    imagined
        Of subscriptions that are only imagined: a component's fee that is not given is the whole fee.
    history
        The checked table, with all rows of subscriptions that change, and their numbers, `row`.
    """

    subscriptions: pl.DataFrame
    charges: pl.DataFrame | None = None
    imagined: bool = False
    history: pl.DataFrame | None = None
    _components: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.subscriptions
        self.monthly = [int(fee * MICRO) for fee in table["monthly_fee"].to_list()]
        self.currencies: list[str] = table["currency"].to_list()
        self.components = [read_component_fees(fees) for fees in table["component_fees"].to_list()]
        self.digits = [minor_digits(currency) for currency in self.currencies]
        self.charged: dict[int, list[Charge]] = {}
        if self.charges is not None:
            rows = self.charges.select("subscription", pl.col("started").dt.epoch("us"), "component", "amount")
            for row, (name, at, component, amount) in enumerate(rows.iter_rows()):
                for subscriber in self._numbers[name]:
                    self.charged.setdefault(subscriber, []).append((row, at, component, int(amount * MICRO)))
        self.changes: dict[int, list[FeeRow]] = {}
        if self.history is not None:
            columns = ("row", "subscription", "starts", "ends", "monthly_fee", "component_fees")
            for row, name, starts, ends, fee, fees in changed(self.history).select(columns).iter_rows():
                until = to_microseconds(ends) if ends else FOREVER
                known = FeeRow(row, to_microseconds(starts), until, int(fee * MICRO), read_component_fees(fees))
                for subscriber in self._numbers[name]:
                    self.changes.setdefault(subscriber, []).append(known)

    @cached_property
    def _numbers(self) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for subscriber, name in enumerate(self.subscriptions["subscription"].to_list()):
            numbers.setdefault(name, []).append(subscriber)
        return numbers

    @cached_property
    def _holders(self) -> list[tuple[int, int, int | None]]:
        """Billing day, start and end of each subscription. [µs]"""
        edges = [
            pl.coalesce(f"held_{edge}", own) if f"held_{edge}" in self.subscriptions.columns else pl.col(own)
            for edge, own in (("from", "starts"), ("to", "ends"))
        ]
        rows = self.subscriptions.select("billing_day", edges[0].alias("starts"), edges[1].alias("ends")).rows()
        return [
            (day or 1, to_microseconds(starts), to_microseconds(ends) if ends else None) for day, starts, ends in rows
        ]

    def _row(self, subscriber: int) -> int:
        """Find the number of the row of a subscription that does not change."""
        if self.history is None:
            return subscriber + 2
        name = self.subscriptions["subscription"][subscriber]
        return int(self.history.filter(pl.col("subscription") == name)["row"][0])

    def holder(self, subscriber: int) -> tuple[int, int]:
        """Return the billing day, and the start of the subscription. [µs]"""
        return self._holders[subscriber][:2]

    def varies(self, of: FeeBasis) -> bool:
        """Return whether a fee basis is not the same for all windows."""
        return bool(self.charged or self.changes) or isinstance(of, FeeSum) or of == "term_fee"

    def basis(self, of: FeeBasis, subscriber: int, rule: Rule, span: Span | None = None) -> Fee:
        """Compute a fee basis.

        Parameters
        ----------
        of, rule
            The basis, and the rule of the guarantee that missed its target.
        subscriber
            Whose fee.
        span
            The window or incident; if not given, a month like any other.
        """
        zone = rule.zone
        if isinstance(of, FeeSum):
            return self._sum(of, subscriber, rule, span)
        window = rule.guarantee.window
        if of == "term_fee":
            return Fee(self._of_term(subscriber, zone))
        if span is None or (subscriber not in self.charged and subscriber not in self.changes):
            amounts, parts = self.bases(of, rule)
            return Fee(Fraction(amounts[subscriber], parts))
        if of == "window_fee" and subscriber in self.changes and subscriber not in self.charged:
            if window.text == "term":
                return Fee(self._of_term(subscriber, zone))
            if window.months is None and window.rolling_months is None:
                return self._of_month(subscriber, zone, self._month(rule, subscriber, span)) * _months(window)
            end, (billing_day, starts) = span[1], self.holder(subscriber)
            if not window.slides:  # of a window that a change cuts, all months of the whole window
                end = calendar_windows(window, zone, end - 1, end, billing_day=billing_day, starts=starts)[0][1]
            day, count = local_day(end, zone), window.months or window.rolling_months or 1
            edges = [midnight(add_months(day, -back), zone) for back in range(count, -1, -1)]
            return sum((self._of_month(subscriber, zone, part) for part in pairwise(edges)), NOTHING)
        if of == "window_fee":
            whole_months = window.months or window.rolling_months
            if whole_months is None:  # of a window in days, its share of the month
                month_fee = self._of_month(subscriber, zone, _month(zone, span))
                return self._charges(subscriber, span) or month_fee * _months(window)
            first = local_day(span[0], zone)
            edges = [span[0], *(midnight(add_months(first, n), zone) for n in range(1, whole_months)), span[1]]
            return sum((self._of_month(subscriber, zone, part) for part in pairwise(edges)), NOTHING)
        components = tuple(rule.guarantee.components) if of == "component_fee" else ()
        month = self._month(rule, subscriber, span, OFFSETS.get(of, 0))
        months = _back(month, {"annual_fee": 12, "quarterly_fee": 3}.get(of, 1), zone)
        fee = sum((self._of_month(subscriber, zone, one, components, of) for one in months), NOTHING)
        return fee * Fraction(1, 30) if of == "daily_fee" else fee

    def share_of_time(self, subscriber: int, part: Span, whole: Span) -> Fraction:
        """Compute the share that a part of a window has of the time in which a subscription that changes is held.

        Parameters
        ----------
        subscriber
            Whose window.
        part, whole
            The part and the window. [µs]
        """
        rows = self.changes[subscriber]
        held = [
            sum(max(0, min(row.ends, span[1]) - max(row.starts, span[0])) for row in rows) for span in (part, whole)
        ]
        return Fraction(held[0], held[1]) if held[1] else Fraction(1)

    def _month(self, rule: Rule, subscriber: int, span: Span, offset: int = 0) -> Span:
        """Find the month of a window or incident, or another so many months later: where its fees are not charged and
        the window is a billing month, a billing month. [µs]"""
        if rule.guarantee.window.text != "billing_month" or subscriber in self.charged:
            return _month(rule.zone, span, offset)
        billing_day, starts = self.holder(subscriber)
        at = (span[1] - 1, span[1])
        whole = calendar_windows(rule.guarantee.window, rule.zone, *at, billing_day=billing_day, starts=starts)[0]
        first = add_months(local_day(whole[0], rule.zone), offset)
        return midnight(first, rule.zone), midnight(add_months(first, 1), rule.zone)

    def _in_force(self, subscriber: int, month: Span) -> list[tuple[int, FeeRow]]:
        """List the rows whose fees a month has, each with its time in it."""
        rows = self.changes[subscriber]
        in_force = [(min(row.ends, month[1]) - max(row.starts, month[0]), row) for row in rows]
        weighed = [(time, row) for time, row in in_force if time > 0]
        before = [row for row in rows if row.starts < month[1]]
        return weighed or [(1, before[-1] if before else rows[0])]

    def _mean(self, subscriber: int, month: Span, components: Sequence[str] = ()) -> Fraction | None:
        """The fee of a month of a subscription that changes, or of components of it; none if one of them has none."""
        weighed = self._in_force(subscriber, month)
        if any(name not in row.components for _, row in weighed for name in components):
            return None
        fees = [
            time * (sum((Fraction(row.components[name]) * MICRO for name in components), Fraction(0)))
            if components
            else Fraction(time * row.monthly)
            for time, row in weighed
        ]
        return sum(fees, Fraction(0)) / sum(time for time, _ in weighed)

    def bases(self, of: FeeBasis, rule: Rule) -> tuple[list[int], int]:
        """Compute a fee basis that does not vary, of every subscriber, and what to divide it by. [millionths]

        Parameters
        ----------
        of, rule
            The basis, and the rule of the guarantee that missed its target.
        """
        if of == "component_fee":
            return self._of_components(tuple(rule.guarantee.components)), 1
        months = _months(rule.guarantee.window) if of == "window_fee" else Fraction(MONTHS.get(str(of), 1))
        if months == 1:
            return self.monthly, 1
        return [fee * months.numerator for fee in self.monthly], months.denominator

    def _of_components(self, components: tuple[str, ...]) -> list[int]:
        """The fees of all the components together; of a subscription that does not know each, the monthly fee."""
        if components not in self._components:
            self._components[components] = [
                int(sum(Decimal(own[name]) for name in components) * MICRO)
                if components and all(name in own for name in components)
                else monthly
                for own, monthly in zip(self.components, self.monthly, strict=True)
            ]
        return self._components[components]

    def _sum(self, of: FeeSum, subscriber: int, rule: Rule, span: Span | None) -> Fee:
        """Add up fees of some components, or of some time before the end of the window."""
        last, components, zone = of.last, tuple(of.components), rule.zone
        months = last.months if last is not None and last.months else 1
        if span is None or (subscriber not in self.charged and subscriber not in self.changes):
            named = self._named(components, subscriber, real=span is not None and not self.imagined)
            whole = Fraction(last.days, 30) if last is not None and last.days else Fraction(months)
            return Fee(named if of.mean else named * whole)
        if last is not None and last.days and subscriber not in self.charged:
            month = self._month(rule, subscriber, span)
            return self._of_month(subscriber, zone, month, components) * Fraction(last.days, 30)
        if last is not None and last.days:  # days before the window, each month's fee spread evenly over its days
            total, day = NOTHING, local_day(span[0], zone)
            for back in range(1, last.days + 1):
                at = midnight(day - timedelta(days=back), zone)
                month = _month(zone, (at, at + 1))
                days = (local_day(month[1], zone) - local_day(month[0], zone)).days
                total += self._of_month(subscriber, zone, month, components) * Fraction(1, days)
            return total
        listed = _back(self._month(rule, subscriber, span), months, zone)
        charged = sum((self._of_month(subscriber, zone, month, components) for month in listed), NOTHING)
        return charged * Fraction(1, months) if of.mean else charged

    def _named(self, components: Sequence[str], subscriber: int, *, real: bool, month: Span | None = None) -> Fraction:
        """Monthly fee of the named components; of a subscription that is only imagined, the whole one."""
        row, own = None, self.components[subscriber]
        if subscriber in self.changes and month is not None:
            fee = self._mean(subscriber, month, components)
            if fee is not None:
                return fee
            in_force = (one for _, one in self._in_force(subscriber, month))
            lacking = next(one for one in in_force if not set(components) <= set(one.components))
            row, own = lacking.row, dict(lacking.components)
        missing = [name for name in components if name not in own]
        if not components or (missing and not real):
            return Fraction(self.monthly[subscriber])
        if missing:
            where = f"subscriptions row {row or self._row(subscriber)} component_fees"
            problem = Problem(where, None, f"no fee of {missing[0]}, of which a credit is a share", "give it")
            raise InputError("subscriptions", [problem])
        return sum((Fraction(own[name]) * MICRO for name in components), Fraction(0))

    def _charges(self, subscriber: int, span: Span, components: Sequence[str] = ()) -> Fee | None:
        """Add up what was charged in a span; none if no charge is told."""
        found = [
            (row, amount)
            for row, at, component, amount in self.charged[subscriber]
            if span[0] <= at < span[1] and (not components or component in components)
        ]
        rows = frozenset(row for row, _ in found)
        return Fee(Fraction(sum(amount for _, amount in found)), FeeSources(rows)) if found else None

    def _of_month(
        self, subscriber: int, zone: str, month: Span, components: tuple[str, ...] = (), of: FeeBasis = "monthly_fee"
    ) -> Fee:
        """Find what was charged for a month, or for components in it; the fee stated, where no charge is told."""
        charged = self._charges(subscriber, month, components) if subscriber in self.charged else None
        if charged is not None:
            return charged
        stated = FeeSources()
        if subscriber in self.charged:
            _, starts, ends = self._holders[subscriber]
            if month[1] <= starts or (ends is not None and month[0] >= ends):
                return NOTHING
            stated = FeeSources(uncharged=frozenset({(subscriber, local_day(month[0], zone))}))
        if of != "component_fee":
            return Fee(self._named(components, subscriber, real=True, month=month), stated)
        if subscriber in self.changes:
            fee = self._mean(subscriber, month, components) if components else None
            if fee is not None:
                return Fee(fee, stated)
        elif components and all(name in self.components[subscriber] for name in components):
            return Fee(Fraction(self._of_components(components)[subscriber]), stated)
        whole = self._of_month(subscriber, zone, month)
        return Fee(whole.amount, FeeSources.together((whole.sources, stated)))

    def _of_term(self, subscriber: int, zone: str) -> Fraction:
        """The fees of all months of the subscription: whole ones, and the days beyond them as thirtieths.

        Of one that changes, each stretch without a gap has the mean of its fees.
        """
        rows = self.changes.get(subscriber)
        starts, ends = self.subscriptions.select("starts", "ends").row(subscriber)
        if rows[-1].ends == FOREVER if rows else ends is None:
            last = rows[-1].row if rows else self._row(subscriber)
            wrong = Problem(f"subscriptions row {last} ends", None, "a fee of the term needs its end", "give it")
            raise InputError("subscriptions", [wrong])
        if rows is None:
            return self.monthly[subscriber] * _months_between(to_microseconds(starts), to_microseconds(ends), zone)
        fees = Fraction(0)
        start = rows[0].starts
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            if after is None or after.starts > row.ends:
                mean = self._mean(subscriber, (start, row.ends))
                assert mean is not None
                fees += mean * _months_between(start, row.ends, zone)
                start = after.starts if after is not None else row.ends
        return fees

    def minor(self, subscriber: int, num: int, den: int = 1) -> int:
        """Round an amount in millionths, `num / den`, half up to whole minor units of the subscriber's currency."""
        return half_up(num * 10 ** self.digits[subscriber], den * MICRO)

    def limit(self, at_most: Worth, of: FeeBasis, subscriber: int, rule: Rule, span: Span | None = None) -> Fee:
        """Compute the amount of a cap or a minimum.

        Parameters
        ----------
        at_most, of
            The limit, and the basis of which it is a share.
        subscriber, rule, span
            As `basis` takes them.
        """
        if isinstance(at_most, Money):
            return Fee(Fraction(at_most.amount) * MICRO)
        assert isinstance(at_most, Share), "points are no limit"
        return self.basis(of, subscriber, rule, span) * at_most.value


Charge = tuple[int, int, str | None, int]
"""Row of the table, first instant (µs), component, and amount (millionths) of what was charged."""


def _months_between(start: int, end: int, zone: str) -> Fraction:
    """Whole months from one instant to another, and the days beyond them as thirtieths."""
    first, last = local_day(start, zone), local_day(end, zone)
    months = (last.year - first.year) * 12 + last.month - first.month
    if add_months(first, months) > last:
        months -= 1
    return months + Fraction((last - add_months(first, months)).days, 30)


def _month(zone: str, span: Span, offset: int = 0) -> Span:
    """The calendar month in which a window or incident ends, or another so many months later. [µs]"""
    first = add_months(local_day(max(span[0], span[1] - 1), zone).replace(day=1), offset)
    return midnight(first, zone), midnight(add_months(first, 1), zone)


def _back(month: Span, months: int, zone: str) -> list[Span]:
    """So many months that end with a month. [µs]"""
    first = local_day(month[0], zone)
    edges = [midnight(add_months(first, 1 - back), zone) for back in range(months, -1, -1)]
    return list(pairwise(edges))


def _months(window: Window) -> Fraction:
    months = window.months or window.rolling_months
    if months is not None:
        return Fraction(months)
    if window.text == "1h":
        return Fraction(1, 720)
    days = {"1d": 1, "1w": 7}.get(window.text, window.rolling_days or 30)
    return Fraction(days, 30)
