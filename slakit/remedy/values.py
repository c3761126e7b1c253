"""The value of a guarantee: the lowest level without a credit, and the credit for lost time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl

from slakit.arguments import checked
from slakit.measure.budgets import EXACT, exact_length, seconds_of
from slakit.measure.rules import ASSUMED_ZONE, Rule
from slakit.policy.plan_names import part_names
from slakit.policy.quantities import FULL, MICROSECONDS
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.remedy.break_points import ask_at_once, turning_points
from slakit.remedy.curves import rules_drawn, scenario_outage, window_drawn
from slakit.remedy.fees import MICRO, exact_fee, half_up
from slakit.remedy.single_outage import AskedLengths, SingleOutage, outcomes_of

LENGTHS = (timedelta(hours=1), timedelta(hours=4), timedelta(days=1))
MONTH = 30 * MICROSECONDS["d"]
"""What a monthly fee buys, where lost time is priced. [µs]"""
WORTH: dict[str, pl.DataType | type[pl.DataType]] = {
    "policy": pl.String, "tier": pl.String, "guarantee": pl.String, "remedy": pl.String, "target": EXACT,
    "free_availability": EXACT, "free_seconds": EXACT, "downtime_seconds": EXACT, "credit_percent": EXACT,
    "of_lost_time": EXACT, "provider": pl.String, "guarantee_name": pl.String, "remedy_name": pl.String,
}  # fmt: skip


@checked
def guarantee_value(
    terms: Terms | Iterable[Terms], lengths: Sequence[timedelta] = LENGTHS, *, fee: Decimal | float = 1000
) -> pl.DataFrame:
    """Return the value of each guarantee about outages: the credit for it, and the lowest level without one.

    Parameters
    ----------
    terms
        A policy for one tier, under one reading; or several of them.
    lengths
        Lengths of one outage, in one window, that counts in full.
    fee
        Monthly fee: it matters only where credits are amounts of money. [currency units]

    Returns
    -------
    pl.DataFrame
        One row per guarantee and length: `policy`, `tier`, `guarantee`, `remedy` (null: none), `target` [percent],
        `free_availability` (the lowest without a credit; percent, rounded up; null for an incident, where
        everything costs, or where other outages and windows decide too), `free_seconds` (the longest outage that does),
        `downtime_seconds`, `credit_percent` (of the monthly fee, after caps), `of_lost_time` (credit as a multiple of
        the fee for the time lost, a month being 30 days, or the service hours in them), `provider`,
        `guarantee_name`, `remedy_name`.

    Raises
    ------
    InputError
        The fee is not above nothing, or a length is negative.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> worth = guarantee_value(find_policy("klink-cloud").terms(tier="enterprise"))
    >>> worth.select(pl.col("free_availability", "credit_percent", "of_lost_time").cast(pl.Float64)).row(0)
    (99.9, 5.0, 36.0)
    """
    exact, asked = exact_fee(fee), [exact_length("lengths", length) for length in lengths]
    many = [terms] if isinstance(terms, Terms) else list(terms)
    rows: list[tuple[object, ...]] = []
    cases = [(one, case) for one in many for case in cases_on_outages(one, exact, measured=True)]
    ask_at_once(case for _, case in cases if case.tells_whether)
    outcomes_of(AskedLengths([case], [length for length in asked if length <= case.longest]) for _, case in cases)
    for one, case in cases:
        free, guarantee = worst_free(case), case.rule.guarantee
        level = None if case.rule.per_incident or free is None else free_level(case, free)
        seconds = None if free is None else seconds_of(free)
        plan = (one.policy, one.tier, guarantee.id, case.remedy and case.remedy.id)
        fitting = [length for length in asked if length <= case.longest]
        names = part_names(one)
        named = (names[guarantee.id], case.remedy and names[case.remedy.id])
        for length in fitting:
            share = case.credit(length) / Fraction(exact)
            of_lost_time = scaled(share * service_month(case) / length) if length else Decimal(0)
            credit = (seconds_of(length), scaled(100 * share), of_lost_time)
            rows.append((*plan, guarantee.target, level, seconds, *credit, one.provider, *named))
    return pl.DataFrame(rows, schema=WORTH, orient="row")


def scaled(value: Fraction) -> Decimal:
    """A figure rounded half up to six decimals; not negative.

    >>> scaled(Fraction(1, 3))
    Decimal('0.333333')
    """
    return Decimal(half_up(*(value * MICRO).as_integer_ratio())).scaleb(-6)


def service_month(case: SingleOutage) -> Fraction:
    """Service time that a monthly fee buys: 30 days, or the service hours in as long. [µs]"""
    if case.rule.guarantee.hours is None:
        return Fraction(MONTH)
    first, last = case.span
    return Fraction(MONTH * case.longest, last - first)


def worst_free(case: SingleOutage) -> int | None:
    """The longest outage that earns nothing; none where every level earns something, or one tells too little. [µs]"""
    if not case.tells_whether:
        return None
    return max((length for length in turning_points(case) if not case.credit(length)), default=None)


def free_level(case: SingleOutage, downtime: int) -> Decimal:
    """Availability that an outage leaves, rounded up, so that it costs the provider nothing indeed. [percent]"""
    return Decimal(-(-(case.longest - downtime) * FULL // case.longest)).scaleb(-6)


def cases_on_outages(terms: Terms, fee: Decimal, *, measured: bool = False) -> Iterator[SingleOutage]:
    """Yield every guarantee about how long outages last, with each remedy it earns; with none where it earns nothing.

    Parameters
    ----------
    terms, fee
        A policy for one tier, under one reading, and a monthly fee. [currency units]
    measured
        With availabilities that come from measurements: all requests of an outage fail, and no other.
    """
    for rule in rules_drawn(terms):
        if rule.guarantee.on_measurements and not measured:
            continue
        earned: list[Remedy | None] = [*remedies_of(terms, rule.guarantee.id)]
        for remedy in earned or [None]:
            yield scenario_outage(terms, remedy, rule, fee)


def cases_on_shares(terms: Terms, fee: Decimal) -> Iterator[SingleOutage]:
    """Yield every other guaranteed percentage that earns something: attainments, and measured availabilities.

    What is late, or fails, is a share of all there is. The same schedules hold, but for those by incident.
    """
    for guarantee in terms.guarantees:
        if guarantee.target is None or guarantee.on_outages:
            continue
        alike = guarantee.model_copy(update={"metric": "availability"})
        rule = Rule(terms.policy, terms.tier, terms.time_zone or ASSUMED_ZONE, alike, ())
        span = window_drawn(guarantee, rule.zone)
        for remedy in remedies_of(terms, guarantee.id):
            if not any(credit.by_incident for credit in remedy.credit):
                yield SingleOutage(remedy, rule, span, FULL, fee, terms.currency or "EUR", "share")


def remedies_of(terms: Terms, guarantee: str) -> list[Remedy]:
    """Return what a guarantee earns: remedies of which a schedule is for it."""
    earned = [remedy for remedy in terms.remedies if guarantee in remedy.guarantees]
    return [
        r for r in earned if any(credit.guarantees is None or guarantee in credit.guarantees for credit in r.credit)
    ]
