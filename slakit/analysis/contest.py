"""Two credit curves against each other: which is never behind, and where they cross, exactly."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import combinations, pairwise
from typing import NamedTuple

import polars as pl

from slakit.analysis.budgets import EXACT, seconds_of
from slakit.analysis.one_outage import OneOutage, with_crossings, without_straights
from slakit.analysis.worth import MONTH, cases_on_outages
from slakit.policy.terms import Terms

CONTESTS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "other": pl.String, "verdict": pl.String, "crossings": pl.UInt32,
}  # fmt: skip
CROSSINGS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "other": pl.String, "downtime_seconds": EXACT, "leads": pl.String,
}  # fmt: skip


def contests(plans: Mapping[str, Terms], fee: Decimal) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Set every two plans against each other, for one outage of any length up to 30 days.

    An outage is taken to concern everything a plan promises, to count in full, and to lie in one window, the shortest
    of the two. Credits by window are compared; a plan that knows only credits by incident is compared with these.

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
    curves = {name: Curve.of(cases_in_contest(terms, fee)) for name, terms in plans.items()}
    verdicts, crossings = [], []
    for one, other in combinations(plans, 2):
        changes = list(_changes(curves[one], curves[other]))
        verdicts.append((one, other, _verdict({lead for _, lead in changes}), max(0, len(changes) - 1)))
        named = {1: one, -1: other}
        crossings += [(one, other, seconds_of(bad), named[lead]) for bad, lead in changes]
    return (
        pl.DataFrame(verdicts, schema=CONTESTS, orient="row"),
        pl.DataFrame(crossings, schema=CROSSINGS, orient="row"),
    )


def cases_in_contest(terms: Terms, fee: Decimal) -> list[list[OneOutage]]:
    """Remedies that earn by window, each with all its guarantees; where there are none, those that earn by incident."""
    by_remedy: dict[str | None, list[OneOutage]] = {}
    for case in cases_on_outages(terms, fee):
        by_remedy.setdefault(case.remedy.id if case.remedy else None, []).append(case)
    groups = list(by_remedy.values())
    by_window = [group for group in groups if not group[0].rule.per_incident]
    return by_window or groups


def earned(groups: Sequence[Sequence[OneOutage]], bad: int) -> Fraction:
    """What one outage of everything earns under all remedies of a plan. [millionths]"""
    return sum((_of_remedy(group, bad) for group in groups), Fraction(0))


def _of_remedy(group: Sequence[OneOutage], bad: int) -> Fraction:
    """Once for each guarantee that misses, up to the cap of the window; or once where any does."""
    paid = [case.paid(min(bad, case.longest)) for case in group]
    remedy = group[0].remedy
    if remedy is None or all(credit.earned_per == "window" for credit in remedy.credit):
        return max(paid)
    return min([sum(paid, Fraction(0)), *group[0].limits(per_incident=False)])


class Curve(NamedTuple):
    """What one outage earns by its length: straight between neighbouring points. [µs, millionths]"""

    points: list[int]
    values: list[Fraction]

    @classmethod
    def of(cls, groups: Sequence[Sequence[OneOutage]]) -> Curve:
        """The curve of a plan, up to its shortest window."""
        cases = [case for group in groups for case in group]
        longest = min([MONTH, *(case.longest for case in cases)])
        points = sorted({0, longest} | {point for case in cases for point in case.break_points if point <= longest})
        for group in groups:
            points = _with_turns(points, group)
        bent = without_straights(points, partial(earned, groups))
        return cls(bent, [earned(groups, point) for point in bent])

    def at(self, bad: int) -> Fraction:
        """What an outage of a length earns."""
        after = bisect_left(self.points, bad)
        if self.points[after] == bad:
            return self.values[after]
        (left, right), (low, high) = self.points[after - 1 : after + 1], self.values[after - 1 : after + 1]
        return low + (high - low) * (bad - left) / (right - left)


def _changes(one: Curve, other: Curve) -> Iterator[tuple[int, int]]:
    """Lengths from which on a plan leads that did not lead before, with 1 for the one plan and -1 for the other."""
    longest = min(one.points[-1], other.points[-1])
    points = sorted({longest} | {point for curve in (one, other) for point in curve.points if point < longest})
    ahead = [one.at(point) - other.at(point) for point in points]
    last = _sign(ahead[0])
    if last:
        yield points[0], last
    for (left, right), (low, high) in zip(pairwise(points), pairwise(ahead), strict=True):
        lead = _sign(high)
        if lead and lead != last:
            # A straight difference passes through nothing between the two points, or leaves it after the first.
            steady = right - left == 1 or low == high
            yield right if steady else left + (right - left) * low // (low - high) + 1, lead
            last = lead


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


def _with_turns(points: list[int], group: Sequence[OneOutage]) -> list[int]:
    """Add where one guarantee of a remedy comes to earn more than another, or all of them more than the cap."""
    for one, other in combinations(group, 2):
        points = with_crossings(points, partial(_apart, one, other))
    for limit in group[0].limits(per_incident=False):
        points = with_crossings(points, partial(_beyond, group, limit))
    return points


def _apart(one: OneOutage, other: OneOutage, bad: int) -> Fraction:
    return one.paid(min(bad, one.longest)) - other.paid(min(bad, other.longest))


def _beyond(group: Sequence[OneOutage], limit: Fraction, bad: int) -> Fraction:
    return sum((case.paid(min(bad, case.longest)) for case in group), Fraction(0)) - limit


def _verdict(leads: set[int]) -> str:
    return {frozenset(): "equal", frozenset({1}): "better", frozenset({-1}): "worse"}.get(frozenset(leads), "crossing")
