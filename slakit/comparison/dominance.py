"""Two credit curves against each other: which is never behind, and where they cross, exactly."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import combinations, pairwise
from typing import NamedTuple

import polars as pl

from slakit.measure.budgets import EXACT, seconds_of
from slakit.policy.terms import Terms
from slakit.remedy.break_points import bends, proposals
from slakit.remedy.single_outage import AskedLengths, SingleOutage, outcomes_of
from slakit.remedy.values import MONTH, cases_on_outages

NOISE = 100
"""Two credits that differ by no more are the same: each is rounded to its last digit. [10 ** -20 currency units]"""
DOMINANCE: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "other": pl.String, "verdict": pl.String, "crossings": pl.UInt32,
}  # fmt: skip
CROSSING_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "other": pl.String, "downtime_seconds": EXACT, "leads": pl.String,
}  # fmt: skip


def dominance(plans: Mapping[str, Terms], fee: Decimal) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Compare every two plans, for one outage of any length up to 30 days.

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
    curves = {name: ContestCurve.of(cases_in_contest(terms, fee)) for name, terms in plans.items()}
    verdicts, crossings = [], []
    for one, other in combinations(plans, 2):
        changes = _changes(curves[one], curves[other])
        leads = {lead for _, lead in changes}
        verdict = "crossing" if len(leads) == 2 else "better" if 1 in leads else "worse" if leads else "equal"
        verdicts.append((one, other, verdict, max(0, len(changes) - 1)))
        named = {1: one, -1: other}
        crossings += [(one, other, seconds_of(bad), named[lead]) for bad, lead in changes]
    return (
        pl.DataFrame(verdicts, schema=DOMINANCE, orient="row"),
        pl.DataFrame(crossings, schema=CROSSING_COLUMNS, orient="row"),
    )


Contest = Sequence[Sequence[Sequence[SingleOutage]]]
"""What adds up in a plan; of it, the remedies of which one is paid; of these, the outage under each guarantee."""


def cases_in_contest(terms: Terms, fee: Decimal) -> list[list[list[SingleOutage]]]:
    """Group remedies that pay by window, each with all its guarantees; or else those that pay by incident."""
    by_remedy: dict[str | None, list[SingleOutage]] = {}
    for case in cases_on_outages(terms, fee, measured=True):
        by_remedy.setdefault(case.remedy.id if case.remedy else None, []).append(case)
    choices = {name: choice.id for choice in terms.one_of for name in choice.remedies}
    together: dict[tuple[str, str | None], list[list[SingleOutage]]] = {}
    for name, cases in by_remedy.items():
        key = ("one_of", choices[name]) if name in choices else ("remedy", name)
        together.setdefault(key, []).append(cases)
    groups = list(together.values())
    by_window = [group for group in groups if not group[0][0].rule.per_incident]
    return by_window or groups


def credits_by_length(groups: Contest, downtimes: Sequence[int]) -> dict[int, int]:
    """Compute what outages of everything earn under all remedies of a plan, by their length. [10 ** -20]"""
    known = iter(outcomes_of(AskedLengths(cases, downtimes) for group in groups for cases in group))
    of_groups = [[next(known) for _ in group] for group in groups]
    return {downtime: sum(max(own[downtime].credit for own in group) for group in of_groups) for downtime in downtimes}


class ContestCurve(NamedTuple):
    """What one outage earns by its length: straight between neighbouring points. [µs, 10 ** -20 currency units]"""

    points: list[int]
    values: list[int]

    @classmethod
    def of(cls, groups: Contest) -> ContestCurve:
        """Draw the curve of a plan, up to its shortest window."""
        cases = [case for group in groups for cases in group for case in cases]
        longest = min([MONTH, *(case.longest for case in cases)])
        proposed = {length for case in cases for length in proposals(case, steps=True) if length <= longest}
        ends = sorted({0, longest} | proposed)
        bent = bends(partial(credits_by_length, groups), ends, cases[0]) if cases else ends
        values = credits_by_length(groups, bent)
        return cls(bent, [values[point] for point in bent])

    def at(self, downtime: int) -> Fraction:
        """Return what an outage of a length earns."""
        after = bisect_left(self.points, downtime)
        if self.points[after] == downtime:
            return Fraction(self.values[after])
        (left, right), (low, high) = self.points[after - 1 : after + 1], self.values[after - 1 : after + 1]
        return low + Fraction((high - low) * (downtime - left), right - left)


def _changes(one: ContestCurve, other: ContestCurve) -> list[tuple[int, int]]:
    """List the lengths from which on a plan leads that did not before, with 1 for the one plan and -1 for the other."""
    longest = min(one.points[-1], other.points[-1])
    points = sorted({longest} | {point for curve in (one, other) for point in curve.points if point < longest})
    changes: list[tuple[int, int]] = []
    last = 0
    for left, right in pairwise([points[0], *points]):
        lead = _lead(one, other, right)
        if not lead or lead == last:
            continue
        first = right
        low, high = (one.at(place) - other.at(place) for place in (left, right))
        if right - left >= 2 and low != high:
            # the difference is straight between the two: the lead begins near where it crosses zero
            near = left + int((right - left) * low / (low - high)) if low * high < 0 else left
            places = (near + beside for beside in (-1, 0, 1, 2))
            leads = (place for place in places if left < place < right and _lead(one, other, place) == lead)
            first = next(leads, right)
        changes.append((first, lead))
        last = lead
    return changes


def _lead(one: ContestCurve, other: ContestCurve, downtime: int) -> int:
    """Return which of two plans pays more: 1, -1, or 0 where both earn the same, as far as credits are exact."""
    ahead = one.at(downtime) - other.at(downtime)
    return 0 if abs(ahead) <= NOISE else (1 if ahead > 0 else -1)
