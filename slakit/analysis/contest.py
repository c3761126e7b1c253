"""Two credit curves against each other: which is never behind, and where they cross, exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import combinations

import polars as pl

from slakit.analysis.budgets import EXACT, seconds_of
from slakit.analysis.curves import cases_of
from slakit.analysis.one_outage import OneOutage, with_crossings
from slakit.policy.quantities import MICROSECONDS
from slakit.policy.terms import Terms

MONTH = 30 * MICROSECONDS["d"]
CONTESTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "other": pl.String, "verdict": pl.String, "crossings": pl.UInt32,
}  # fmt: skip
CROSSINGS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "other": pl.String, "downtime_seconds": EXACT, "leads": pl.String,
}  # fmt: skip
Curve = Callable[[int], Fraction]
"""What an outage of a length [µs] earns. [millionths of the currency's unit]"""


def contests(plans: Mapping[str, Terms], fee: Decimal) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set every two plans against each other, for one outage of any length up to 30 days.

    An outage is taken to concern everything a plan promises, and to count in full. Credits by window are compared; a
    plan that knows only credits by incident is compared with these.

    Parameters
    ----------
    plans
        Name → terms.
    fee
        The same monthly fee for all. [currency units, which are taken to be worth the same]

    Returns
    -------
    pl.DataFrame
        `plan`, `other`, `verdict` (`better`: never behind, somewhere ahead; `worse`; `equal`; `crossing`),
        `crossings` (how often the lead changes).
    pl.DataFrame
        `plan`, `other`, `downtime_seconds` (from which length on), `leads` (the plan that earns more from there).
    """
    curves = {name: list(_cases(terms, fee)) for name, terms in plans.items()}
    verdicts, crossings = [], []
    for one, other in combinations(plans, 2):
        changes = list(_changes(curves[one], curves[other]))
        leads = {lead for _, lead in changes if lead}
        verdicts.append((one, other, _verdict(leads), max(0, len([lead for _, lead in changes if lead]) - 1)))
        named = {1: one, -1: other}
        crossings += [(one, other, seconds_of(bad), named[lead]) for bad, lead in changes if lead]
    return (
        pl.DataFrame(verdicts, schema=CONTESTS, orient="row"),
        pl.DataFrame(crossings, schema=CROSSINGS, orient="row"),
    )


def _cases(terms: Terms, fee: Decimal) -> Iterator[OneOutage]:
    cases = list(cases_of(terms, None, None, fee))
    by_window = [case for case in cases if not case.rule.per_incident]
    yield from by_window or cases


def earned(cases: Sequence[OneOutage], bad: int) -> Fraction:
    """What one outage earns under all remedies of a plan. [millionths]"""
    return sum((case.paid(min(bad, case.longest)) for case in cases), Fraction(0))


def _ahead(one: Sequence[OneOutage], other: Sequence[OneOutage], bad: int) -> Fraction:
    return earned(one, bad) - earned(other, bad)


def _changes(one: Sequence[OneOutage], other: Sequence[OneOutage]) -> Iterator[tuple[int, int]]:
    """Lengths from which on a plan leads that did not lead before, with 1 for the one plan and -1 for the other."""
    bends = {0, MONTH} | {point for case in (*one, *other) for point in case.break_points if point <= MONTH}
    points = bends | {point + 1 for point in bends if point < MONTH}  # a slope leads from its first microsecond on
    difference = partial(_ahead, one, other)
    last = 0
    for bad in with_crossings(sorted(points), difference):
        value = difference(bad)
        lead = (value > 0) - (value < 0)
        if lead and lead != last:
            yield bad, lead
            last = lead


def _verdict(leads: set[int]) -> str:
    return {frozenset(): "equal", frozenset({1}): "better", frozenset({-1}): "worse"}.get(frozenset(leads), "crossing")
