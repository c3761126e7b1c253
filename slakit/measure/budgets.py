"""Uptime budgets: how long a service may be down in a window before a guarantee is broken."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import polars as pl

from slakit.arguments import checked
from slakit.evidence.instants import INSTANT
from slakit.measure.calendar import MICROSECOND, Period, Span, calendar_windows
from slakit.measure.hours import open_spans
from slakit.measure.intervals import covered_before, union
from slakit.measure.rules import ASSUMED_ZONE
from slakit.measure.windows import slid_back
from slakit.policy.guarantees import Guarantee
from slakit.policy.plan_names import part_names
from slakit.policy.printing import print_duration
from slakit.policy.quantities import Duration
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem

EXACT = pl.Decimal(38, 6)
MOST_LENGTH = timedelta(days=36_525)
BUDGETS: dict[str, pl.DataType | type[pl.DataType]] = {
    "policy": pl.String, "tier": pl.String, "guarantee": pl.String, "window": pl.String, "window_start": INSTANT,
    "window_end": INSTANT, "agreed_seconds": EXACT, "target": EXACT, "budget_seconds": EXACT, "budget": pl.String,
    "commitment": pl.String, "clause": pl.String, "time_zone": pl.String, "provider": pl.String,
    "guarantee_name": pl.String,
}  # fmt: skip


@checked
def uptime_budget(target: Decimal | float, length: timedelta) -> timedelta:
    """Compute the downtime that a target allows in a span, to the whole microsecond below.

    Parameters
    ----------
    target
        Availability guaranteed. [percent, exact]
    length
        Agreed service time.

    Returns
    -------
    timedelta
        The longest downtime that still meets the target.

    Raises
    ------
    InputError
        The target is not a percentage, or the span is negative.

    Examples
    --------
    >>> uptime_budget(Decimal("99.95"), timedelta(days=30))
    datetime.timedelta(seconds=1296)
    """
    agreed = exact_length("length", length)
    try:
        exact = Decimal(str(target))
        is_percentage = 0 <= exact <= 100
    except InvalidOperation:
        is_percentage = False
    if not is_percentage:
        raise InputError("target", [Problem("target", target, "not a percentage", "write a number from 0 to 100")])
    return budget_of(exact, agreed) * MICROSECOND


def exact_length(name: str, length: timedelta, *, least: int = 0) -> int:
    """Read a length of time that an argument gives. [µs]

    Parameters
    ----------
    name, length
        The argument.
    least
        The shortest that is taken. [µs]

    >>> exact_length("window_length", timedelta(minutes=1))
    60000000

    Raises
    ------
    InputError
        It is negative, shorter than `least`, or longer than can be assessed.
    """
    exact = length // MICROSECOND
    if not least <= exact <= MOST_LENGTH // MICROSECOND:
        wrong = "a negative length" if exact < 0 else "no length" if exact < least else "longer than a century"
        raise InputError(name, [Problem(name, length, wrong, "write a length like timedelta(hours=4)")])
    return exact


def budget_of(target: Decimal, agreed: int) -> int:
    """Compute the downtime that a target allows, as `uptime_budget` does. [µs]

    Parameters
    ----------
    target
        Availability guaranteed. [percent]
    agreed
        Agreed service time. [µs]

    >>> budget_of(Decimal("99.9"), 86_400_000_000)
    86400000
    """
    return int((100 - Fraction(target)) * agreed // 100)


@checked
def window_budgets(terms: Terms | Iterable[Terms], period: str | Period) -> pl.DataFrame:
    """Compute the allowed downtime of every guarantee of availability, window by window.

    A window belongs to a period when it ends in it; one that is longer than the period, when it touches it.
    Nothing is known here of a customer: billing months begin on the first, no maintenance is taken off, and a
    guarantee over the term or the years of a contract, or for each incident, has no row.

    Parameters
    ----------
    terms
        A policy for one tier.
    period
        First and last month, or day, both included, in the contract's time zone: `2026-10`.

    Returns
    -------
    pl.DataFrame
        `policy`, `tier`, `guarantee`, `window` (`1mo`), `window_start`, `window_end` (UTC), `agreed_seconds`, `target`
        [percent], `budget_seconds`, `budget` (`22m21s`), `commitment`, `clause`, `time_zone`, `provider`,
        `guarantee_name`.

    Raises
    ------
    InputError
        The period cannot be read.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> october = window_budgets(find_policy("klikk").terms(tier="gold"), "2026-10")
    >>> october.select("agreed_seconds", "budget").row(0)   # the month the clocks go back has 745 hours
    (Decimal('2682000.000000'), '22m21s')
    """
    span = period if isinstance(period, Period) else Period.parse(period)
    many = [terms] if isinstance(terms, Terms) else list(terms)
    rows = []
    for one in many:
        zone, names = one.time_zone or ASSUMED_ZONE, part_names(one)
        for guarantee in one.guarantees:
            if guarantee.metric != "availability" or not guarantee.on_outages:
                continue
            target = guarantee.target if guarantee.target is not None else Decimal(0)
            for window in windows_of(guarantee, zone, span):
                agreed = agreed_time(guarantee, zone, window)
                budget = budget_of(target, agreed)
                named = (one.policy, one.tier, guarantee.id, str(guarantee.window), *window)
                measured = (seconds_of(agreed), target, seconds_of(budget), print_duration(budget))
                said = (guarantee.commitment, guarantee.clause, zone, one.provider, names[guarantee.id])
                rows.append((*named, *measured, *said))
    edges = ("window_start", "window_end")
    in_numbers = BUDGETS | dict.fromkeys(edges, pl.Int64())
    return pl.DataFrame(rows, schema=in_numbers, orient="row").with_columns(pl.col(edges).cast(INSTANT))


def windows_of(guarantee: Guarantee, zone: str, period: Period) -> list[Span]:
    """List the windows of a guarantee that belong to a period (see `window_budgets`). [µs]"""
    if guarantee.window.text in ("incident", "term") or guarantee.window.from_start:
        return []
    begin, end = period.span(zone)
    spans = calendar_windows(guarantee.window, zone, begin, end)
    spans = [(slid_back(guarantee.window, first, last, zone), last) for first, last in spans]
    return [(first, last) for first, last in spans if begin < last <= end or last - first > end - begin]


def seconds_of(microseconds: int) -> Decimal:
    """Return microseconds as exact seconds.

    >>> seconds_of(1_500_000)
    Decimal('1.500000')
    """
    return Decimal(microseconds).scaleb(-6)


def agreed_time(guarantee: Guarantee, zone: str, window: Span) -> int:
    """Measure the agreed service time of a whole window: as the document prints it, else in service hours. [µs]

    Parameters
    ----------
    guarantee, zone
        The guarantee, and the contract's time zone.
    window
        Its first instant, and the first one after it. [µs]
    """
    first, last = window
    if isinstance(guarantee.denominator, Duration):
        return guarantee.denominator.microseconds
    if guarantee.hours is None:
        return last - first
    spans = open_spans(guarantee.hours, zone, first, last)
    opened = union(pl.DataFrame(spans, schema={"start": pl.Int64, "end": pl.Int64}, orient="row"))
    before, after = covered_before(opened, pl.Series([first, last]))
    return int(after - before)
