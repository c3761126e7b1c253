"""Credit curves: what one outage earns, by its length, as the exact break points of the schedule."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from slakit.analysis.budgets import EXACT, agreed_time
from slakit.analysis.one_outage import OneOutage
from slakit.measure.calendar import MICROSECOND, Period, calendar_windows
from slakit.measure.rules import Rule, rules_of
from slakit.measure.windows import slid_back
from slakit.policy.guarantees import Fixed, Guarantee
from slakit.policy.quantities import MICROSECONDS, Window
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.fees import Fees

CURVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "policy": pl.String, "tier": pl.String, "remedy": pl.String, "guarantee": pl.String, "target": EXACT,
    "allowed_seconds": EXACT, "downtime_seconds": EXACT, "availability": EXACT, "credit_percent": EXACT,
    "amount": EXACT, "currency": pl.String,
}  # fmt: skip


def credit_curve(
    terms: Terms,
    remedy: str | None = None,
    *,
    window_length: timedelta | None = None,
    month: str | None = None,
    fee: Decimal | float = 100,
    at: Sequence[timedelta] | None = None,
) -> pl.DataFrame:
    """Credit against downtime, for one window with a single outage that counts in full.

    Each row is true to the microsecond, and between two rows the curve is a straight line. A step is two rows, a
    microsecond apart: at a band's edge no, one microsecond beyond yes.

    Parameters
    ----------
    terms
        A policy for one tier, under one reading.
    remedy
        One of `terms.remedies`; all that outages earn, if not named. A remedy of several guarantees is drawn for its
        first. Terms without any such remedy give one curve of nothing, with no `remedy`.
    window_length
        Agreed service time of the window; if not given, 30 days for a month, 91 for a quarter, 365 for a year and
        for the term. A guarantee without a window is drawn for one incident of up to that length, 30 days.
    month
        Instead of a length, a month of the calendar (`2026-10`): each window is as long as the one in which it begins,
        in the contract's time zone and service hours. Windows that no calendar fixes keep their length.
    fee
        Monthly fee, which all fee bases are taken from. [currency units]
    at
        Lengths of outage to give instead of the break points. Those longer than the window are left out.

    Returns
    -------
    pl.DataFrame
        `policy`, `tier`, `remedy`, `guarantee`, `target` [percent], `allowed_seconds` (longest outage that earns
        nothing by the promise), `downtime_seconds`, `availability` [percent, floored; null for an incident],
        `credit_percent` (of the fee basis, after caps), `amount` (rounded to the currency's minor unit), `currency`.

    Raises
    ------
    InputError
        No outage earns a remedy of that name, the month cannot be read, the fee is not above nothing, or the schedule
        has thousands of steps.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> curve = credit_curve(find_policy("klink-cloud").terms(tier="enterprise"))
    >>> curve.select(pl.col("downtime_seconds", "credit_percent").cast(pl.Float64)).rows()[:4]
    [(0.0, 0.0), (2592.0, 0.0), (2592.000001, 5.0), (25920.0, 5.0)]
    >>> october = credit_curve(find_policy("klikk").terms(tier="gold"), "iaas", month="2026-10")
    >>> october["allowed_seconds"][0]   # the month the clocks go back has 745 hours
    Decimal('1341.000000')
    """
    exact_fee = Decimal(str(fee))
    if not exact_fee.is_finite() or exact_fee <= 0:
        raise InputError("fee", [Problem("fee", fee, "not a fee", "write an amount above 0, like 100")])
    asked = None if at is None else [length // MICROSECOND for length in at]
    rows: list[tuple[object, ...]] = []
    for case in cases_of(terms, remedy, Period.parse(month) if month else window_length, exact_fee):
        lengths = case.break_points if asked is None else [length for length in asked if 0 <= length <= case.longest]
        rows += ((terms.policy, terms.tier, *case.row(length), terms.currency) for length in lengths)
    return pl.DataFrame(rows, schema=CURVES, orient="row")


def cases_of(terms: Terms, remedy: str | None, length: timedelta | Period | None, fee: Decimal) -> Iterator[OneOutage]:
    """The remedies that outages earn, each with the guarantee it is drawn for; see `credit_curve`."""
    judged_by = rules_of((terms.policy, terms.tier), terms)
    rules = {rule.guarantee.id: rule for rule in judged_by if rule.guarantee.metric != "incidents"}
    earning = {r.id: (r, [rules[name] for name in r.guarantees if name in rules]) for r in terms.remedies}
    earning = {name: pair for name, pair in earning.items() if pair[1]}
    if remedy is not None and remedy not in earning:
        seen = Problem(f"{terms.policy} remedy", remedy, "no outage earns it", one_of(earning, remedy))
        raise InputError(terms.policy, [seen])
    fees = one_fee(terms, fee)
    for name, (found, judged) in earning.items():
        if remedy in (None, name):
            yield OneOutage(found, judged[0], _longest(judged[0], length), fees)
    if not earning:
        for rule in [rule for rule in rules.values() if rule.guarantee.metric == "availability"][:1]:
            yield OneOutage(None, rule, _longest(rule, length), fees)


def _longest(rule: Rule, length: timedelta | Period | None) -> int:
    if isinstance(length, Period):
        return length_in(rule.guarantee, rule.zone, length)
    return window_length_of(rule.guarantee, length)


def length_in(guarantee: Guarantee, zone: str, month: Period) -> int:
    """Agreed service time of the window in which a month begins; see `credit_curve`. [µs]"""
    window = guarantee.window
    if window.text in ("incident", "term") or window.from_start:
        return window_length_of(guarantee)
    begin, _ = month.span(zone)
    first, last = calendar_windows(window, zone, begin, begin)[0]
    return agreed_time(guarantee, zone, (slid_back(window, first, last, zone), last))


def one_fee(terms: Terms, fee: Decimal) -> Fees:
    """The same monthly fee as every basis. [currency units]"""
    first, after = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)  # a term is a year
    known = {"monthly_fee": [fee], "currency": [terms.currency or "EUR"], "component_fees": [None], "billing_day": [1]}
    return Fees(pl.DataFrame({**known, "starts": [first], "ends": [after]}))


def window_length_of(guarantee: Guarantee, length: timedelta | None = None) -> int:
    """Agreed service time that a guarantee is drawn for: see `credit_curve`. [µs]"""
    if isinstance(guarantee.denominator, Fixed):
        return guarantee.denominator.of.microseconds
    if length is not None:
        return length // MICROSECOND
    return drawn_length(guarantee.window)


def drawn_length(window: Window) -> int:
    """Length of a window that no calendar fixes: months as twelfths of 365 days, in whole days. [µs]

    A month has 30 days, two 61, a quarter 91, four 122, half a year 182, a year 365; so have rolling and counted ones.
    A term, and an incident, which have no length of their own, are drawn for a month.

    >>> [drawn_length(Window.parse(text)) // MICROSECONDS["d"] for text in ("1mo", "2mo", "1q", "6mo", "rolling 12mo")]
    [30, 61, 91, 182, 365]
    """
    fixed = {"1h": MICROSECONDS["h"], "1d": MICROSECONDS["d"], "1w": MICROSECONDS["w"]}
    if window.text in fixed:
        return fixed[window.text]
    months = window.months or window.rolling_months or 1
    return (window.rolling_days or round(Fraction(365 * months, 12))) * MICROSECONDS["d"]
