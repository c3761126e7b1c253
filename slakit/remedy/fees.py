"""Fee bases: what a share is a share of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

import polars as pl

from slakit.currencies import minor_digits
from slakit.measure.calendar import add_months, local_day, midnight, to_microseconds
from slakit.measure.rules import Rule
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


@dataclass
class Fees:
    """Fees of numbered subscriptions, in millionths of the currency's unit.

    A fee is the monthly fee of the subscription; of a subscription with charges, what was charged for the month. A
    month of the term of which no charge is told costs the monthly fee: unknown is never nothing.

    Attributes
    ----------
    subscriptions
        The checked table; its row number is the subscriber.
    charges
        The checked table: what was charged for a time, as of its first instant.
    imagined
        Of subscriptions that are only imagined: a component's fee that is not given is the whole fee.
    """

    subscriptions: pl.DataFrame
    charges: pl.DataFrame | None = None
    imagined: bool = False
    _components: dict[tuple[str, ...], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        table = self.subscriptions
        self.monthly = [int(fee * MICRO) for fee in table["monthly_fee"].to_list()]
        self.currencies: list[str] = table["currency"].to_list()
        self.components = [
            json.loads(fees, parse_float=Decimal) if fees else {} for fees in table["component_fees"].to_list()
        ]
        self.digits = [minor_digits(currency) for currency in self.currencies]
        self.charged: dict[int, list[Charge]] = {}
        if self.charges is not None:
            number = {name: number for number, name in enumerate(table["subscription"].to_list())}
            rows = self.charges.select("subscription", pl.col("started").dt.epoch("us"), "component", "amount")
            for row, (name, at, component, amount) in enumerate(rows.iter_rows()):
                self.charged.setdefault(number[name], []).append((row, at, component, int(amount * MICRO)))
        self._holders: list[tuple[int | None, datetime]] = table.select("billing_day", "starts").rows()

    @cached_property
    def _terms(self) -> list[tuple[int, int | None]]:
        terms = self.subscriptions.select("starts", "ends").rows()
        return [(to_microseconds(starts), to_microseconds(ends) if ends else None) for starts, ends in terms]

    def holder(self, subscriber: int) -> tuple[int, int]:
        """Return the billing day, and the start of the subscription. [µs]"""
        day, starts = self._holders[subscriber]
        return day or 1, to_microseconds(starts)

    def varies(self, of: FeeBasis) -> bool:
        """Return whether a fee basis is not the same for all windows."""
        return bool(self.charged) or isinstance(of, FeeSum) or of == "term_fee"

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
            return self._sum(of, subscriber, zone, span)
        if of == "term_fee":
            return Fee(self.monthly[subscriber] * self._term(subscriber, zone))
        if span is None or subscriber not in self.charged:
            amounts, parts = self.bases(of, rule)
            return Fee(Fraction(amounts[subscriber], parts))
        if of == "window_fee":
            window = rule.guarantee.window
            whole_months = window.months or window.rolling_months
            if whole_months is None:  # of a window in days, its share of the month
                month_fee = self._of_month(subscriber, zone, _month(zone, span))
                return self._charges(subscriber, span) or month_fee * _months(window)
            first = local_day(span[0], zone)
            edges = [span[0], *(midnight(add_months(first, n), zone) for n in range(1, whole_months)), span[1]]
            return sum((self._of_month(subscriber, zone, part) for part in pairwise(edges)), NOTHING)
        components = tuple(rule.guarantee.components) if of == "component_fee" else ()
        month = _month(zone, span, OFFSETS.get(of, 0))
        months = _back(month, {"annual_fee": 12, "quarterly_fee": 3}.get(of, 1), zone)
        fee = sum((self._of_month(subscriber, zone, one, components, of) for one in months), NOTHING)
        return fee * Fraction(1, 30) if of == "daily_fee" else fee

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

    def _sum(self, of: FeeSum, subscriber: int, zone: str, span: Span | None) -> Fee:
        """Add up fees of some components, or of some time before the end of the window."""
        last, components = of.last, tuple(of.components)
        months = last.months if last is not None and last.months else 1
        if span is None or subscriber not in self.charged:
            named = self._named(components, subscriber, real=span is not None and not self.imagined)
            whole = Fraction(last.days, 30) if last is not None and last.days else Fraction(months)
            return Fee(named if of.mean else named * whole)
        if last is not None and last.days:  # days before the window, each month's fee spread evenly over its days
            total, day = NOTHING, local_day(span[0], zone)
            for back in range(1, last.days + 1):
                at = midnight(day - timedelta(days=back), zone)
                month = _month(zone, (at, at + 1))
                days = (local_day(month[1], zone) - local_day(month[0], zone)).days
                total += self._of_month(subscriber, zone, month, components) * Fraction(1, days)
            return total
        listed = _back(_month(zone, span), months, zone)
        charged = sum((self._of_month(subscriber, zone, month, components) for month in listed), NOTHING)
        return charged * Fraction(1, months) if of.mean else charged

    def _named(self, components: Sequence[str], subscriber: int, *, real: bool) -> Fraction:
        """Monthly fee of the named components; of a subscription that is only imagined, the whole one."""
        own = self.components[subscriber]
        missing = [name for name in components if name not in own]
        if not components or (missing and not real):
            return Fraction(self.monthly[subscriber])
        if missing:
            where = f"subscriptions row {subscriber + 2} component_fees"
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
        charged = self._charges(subscriber, month, components)
        if charged is not None:
            return charged
        starts, ends = self._terms[subscriber]
        if month[1] <= starts or (ends is not None and month[0] >= ends):
            return NOTHING
        stated = FeeSources(uncharged=frozenset({(subscriber, local_day(month[0], zone))}))
        if of != "component_fee":
            return Fee(self._named(components, subscriber, real=True), stated)
        if components and all(name in self.components[subscriber] for name in components):
            return Fee(Fraction(self._of_components(components)[subscriber]), stated)
        whole = self._of_month(subscriber, zone, month)
        return Fee(whole.amount, FeeSources.together((whole.sources, stated)))

    def _term(self, subscriber: int, zone: str) -> Fraction:
        """Months of the subscription: whole ones, and the days beyond them as thirtieths."""
        starts, ends = self.subscriptions.select("starts", "ends").row(subscriber)
        if ends is None:
            wrong = Problem(
                f"subscriptions row {subscriber + 2} ends", None, "a fee of the term needs its end", "give it"
            )
            raise InputError("subscriptions", [wrong])
        first, last = (local_day(to_microseconds(edge), zone) for edge in (starts, ends))
        months = (last.year - first.year) * 12 + last.month - first.month
        if add_months(first, months) > last:
            months -= 1
        return months + Fraction((last - add_months(first, months)).days, 30)

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
