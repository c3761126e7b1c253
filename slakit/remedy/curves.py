"""Credit curves: what one outage earns, by its length, as the exact break points of the schedule."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from slakit.arguments import checked
from slakit.currencies import minor_digits
from slakit.measure.budgets import EXACT, agreed_time, exact_length, seconds_of
from slakit.measure.calendar import MICROSECOND, Period, Span, calendar_windows, midnight
from slakit.measure.rules import ASSUMED_ZONE, Rule, rules_of
from slakit.measure.windows import slid_back
from slakit.policy.guarantees import Guarantee
from slakit.policy.plan_names import part_names
from slakit.policy.quantities import FULL, MICROSECONDS, Duration, Window
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.break_points import ask_at_once, break_points
from slakit.remedy.fees import MICRO, exact_fee, half_up
from slakit.remedy.single_outage import ULP, AskedLengths, SingleOutage, laid_out, outcomes, outcomes_of

CURVES: dict[str, pl.DataType | type[pl.DataType]] = {
    "policy": pl.String, "tier": pl.String, "remedy": pl.String, "guarantee": pl.String, "target": EXACT,
    "allowed_seconds": EXACT, "downtime_seconds": EXACT, "availability": EXACT, "credit_percent": EXACT,
    "amount": EXACT, "currency": pl.String, "provider": pl.String,
    "guarantee_name": pl.String, "remedy_name": pl.String,
}  # fmt: skip

SEARCHED = 5 * MICROSECONDS["w"]
"""How far to look for a window in which the service is open, where hours or days are the windows. [µs]"""


@checked
def credit_curve(
    terms: Terms | Iterable[Terms],
    remedy: str | None = None,
    *,
    window_length: timedelta | None = None,
    month: str | None = None,
    fee: Decimal | float = 100,
    at: Sequence[timedelta | float] | None = None,
) -> pl.DataFrame:
    """Credit against downtime, for one window with a single outage that counts in full.

    A guarantee whose level is measured (`measured: {by: ratio}`) is drawn for an outage in which every request fails,
    where as many are made at any time: the level is the share of the window that is left. Guarantees on figures of
    another kind, and on tickets, have no curve. A mean over components is drawn for an outage of all of them.

    Each row is true to the microsecond, and between two rows the curve is a straight line. A step is two rows, a
    microsecond apart: at a band's edge no, one microsecond beyond yes.

    Parameters
    ----------
    terms
        A policy for one tier, under one reading; or several of them.
    remedy
        One of `terms.remedies`; all that outages earn, if not named, each by itself also where only one of them is paid
        (`one_of`). A remedy of several guarantees is drawn for its first. Terms without any such remedy give one curve
        of nothing, with no `remedy`.
    window_length
        Agreed service time of the window; if not given, 30 days for a month, 91 for a quarter, 365 for a year and
        for the term, or the service hours in as many days to the end of June 2026. A guarantee without a window is
        drawn for one incident of up to that length, 30 days.
    month
        Instead of a length, a month of the calendar (`2026-10`): each window is as long as the one in which it begins,
        in the contract's time zone and service hours. Windows that no calendar fixes keep their length.
    fee
        Monthly fee, which all fee bases are taken from. [currency units]
    at
        Lengths of outage to give instead of the break points; numbers are hours. Those longer than the
        window are dropped.

    Returns
    -------
    pl.DataFrame
        `policy`, `tier`, `remedy`, `guarantee`, `target` [percent], `allowed_seconds` (longest outage that
        meets the guarantee), `downtime_seconds` (length of the outage, within service hours), `availability` [as an
        assessment measures it; percent, floored; null for an incident],
        `credit_percent` (of the fee basis, after caps), `amount` (rounded to the currency's minor unit), `currency`,
        `provider`, `guarantee_name`, `remedy_name`.

    Raises
    ------
    InputError
        No outage earns a remedy of that name, the month cannot be read, a length is negative, the fee is not above
        nothing, or the schedule has thousands of steps.

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
    exact = exact_fee(fee)
    asked: list[int] | None = None
    if at is not None:
        asked = []
        for length in at:
            try:
                span = length if isinstance(length, timedelta) else timedelta(hours=float(length))
            except (OverflowError, ValueError):
                raise InputError("at", [Problem("at", length, "not a length", "write hours, or a timedelta")]) from None
            asked.append(exact_length("at", span))
    if window_length is not None:
        exact_length("window_length", window_length, least=1)
    many = [terms] if isinstance(terms, Terms) else list(terms)
    drawn = Period.parse(month) if month is not None else window_length
    rows: list[tuple[object, ...]] = []
    cases = [(one, case) for one in many for case in cases_of(one, remedy, drawn, exact)]
    if asked is None:
        ask_at_once(case for _, case in cases)
    else:
        outcomes_of(AskedLengths([case], [n for n in asked if 0 <= n <= case.longest]) for _, case in cases)
    for one, case in cases:
        lengths = break_points(case) if asked is None else [n for n in asked if 0 <= n <= case.longest]
        known, guarantee = outcomes([case], lengths), case.rule.guarantee
        plan = (one.policy, one.tier, case.remedy and case.remedy.id, guarantee.id)
        names = part_names(one)
        named = (names[guarantee.id], case.remedy and names[case.remedy.id])
        for length in lengths:
            outcome, available = known[length], None
            if not case.rule.per_incident:
                measured = (outcome.agreed, outcome.downtime)
                agreed, down = (case.longest, length) if guarantee.on_measurements else measured
                available = Decimal((agreed - down) * FULL // agreed).scaleb(-6)
            share = 100 * MICRO * outcome.credit * ULP / case.basis
            percent = Decimal(half_up(*share.as_integer_ratio())).scaleb(-6)
            levels = (guarantee.target, seconds_of(case.allowed), seconds_of(length), available)
            amount = Decimal(outcome.amount).scaleb(-minor_digits(case.currency))
            rows.append((*plan, *levels, percent, amount, one.currency, one.provider, *named))
    return pl.DataFrame(rows, schema=CURVES, orient="row")


def cases_of(
    terms: Terms, remedy: str | None, length: timedelta | Period | None, fee: Decimal
) -> Iterator[SingleOutage]:
    """The remedies that outages earn, each with the guarantee it is drawn for; see `credit_curve`."""
    rules = {rule.guarantee.id: rule for rule in rules_drawn(terms)}
    earning = {r.id: (r, [rules[name] for name in r.guarantees if name in rules]) for r in terms.remedies}
    earning = {name: pair for name, pair in earning.items() if pair[1]}
    if remedy is not None and remedy not in earning:
        seen = Problem(f"{terms.policy} remedy", remedy, "not due for an outage", one_of(earning, remedy))
        raise InputError(terms.policy, [seen])
    for name, (found, judged) in earning.items():
        if remedy in (None, name):
            yield scenario_outage(terms, found, judged[0], fee, length)
    if not earning:
        for rule in [rule for rule in rules.values() if rule.guarantee.metric == "availability"][:1]:
            yield scenario_outage(terms, None, rule, fee, length)


def rules_drawn(terms: Terms) -> list[Rule]:
    """Guarantees that one outage can break: no number of incidents, no figure but an availability, no tickets."""
    plan, metrics = (terms.policy, terms.tier), ("availability", "downtime", "replacement")
    every = {rule.guarantee.id: rule for rule in rules_of(plan, terms)}
    return [every[g.id] for g in terms.guarantees if g.metric in metrics]


def scenario_outage(
    terms: Terms, remedy: Remedy | None, rule: Rule, fee: Decimal, length: timedelta | Period | None = None
) -> SingleOutage:
    """A single outage in a window of a guarantee, under one of the remedies that it earns.

    Parameters
    ----------
    terms
        Whose currency is paid.
    remedy, rule
        The remedy, if any, and the guarantee.
    fee
        Monthly fee. [currency units]
    length
        Of the window: see `credit_curve`.
    """
    span = window_drawn(rule.guarantee, rule.zone, length)
    longest = agreed_time(rule.guarantee, rule.zone, span)
    return SingleOutage(remedy, rule, span, longest, fee, terms.currency or "EUR")


def window_drawn(guarantee: Guarantee, zone: str, length: timedelta | Period | None = None) -> Span:
    """The window that a guarantee is drawn for: see `credit_curve`. [µs]

    Without a month it is that which ends with June 2026, in which no clock changes; one of a given agreed time begins
    with that June.
    """
    window, after = guarantee.window, midnight(date(2026, 7, 1), zone)
    fixed = guarantee.denominator.microseconds if isinstance(guarantee.denominator, Duration) else None
    if isinstance(length, Period) and window.text not in ("incident", "term") and not window.from_start:
        begin, _ = length.span(zone)
        windows = calendar_windows(window, zone, begin, begin + SEARCHED)
        return _open_longest(guarantee, zone, ((slid_back(window, *each, zone), each[1]) for each in windows))
    if isinstance(length, timedelta) and fixed is None:
        first = midnight(date(2026, 6, 1), zone)
        agreed = length // MICROSECOND
        if guarantee.hours is None:
            return first, first + agreed
        last = first + agreed
        while agreed_time(guarantee, zone, (first, last)) < agreed:
            last += max(agreed, MICROSECONDS["w"])
        _, (end,) = laid_out(guarantee, zone, (first, last), [agreed])
        return first, end
    long = fixed if fixed is not None and guarantee.hours is None else drawn_length(window)
    return _open_longest(guarantee, zone, ((end - long, end) for end in range(after, after - SEARCHED, -long)))


def _open_longest(guarantee: Guarantee, zone: str, windows: Iterable[Span]) -> Span:
    """The first of some windows; if the service is closed all through it, the one in which it is open longest."""
    looked_at: list[tuple[int, Span]] = []
    for window in windows:
        looked_at.append((agreed_time(guarantee, zone, window), window))
        if looked_at[0][0] or looked_at[-1][0] == window[1] - window[0]:  # none is open longer
            break
    return max(looked_at, key=lambda each: each[0])[1]


def window_length_of(guarantee: Guarantee, zone: str = ASSUMED_ZONE) -> int:
    """Agreed service time that a guarantee is drawn for: see `credit_curve`. [µs]"""
    return agreed_time(guarantee, zone, window_drawn(guarantee, zone))


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
