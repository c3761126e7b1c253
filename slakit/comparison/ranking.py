"""Rank plans by what matters to a buyer, each matter with a weight, so that everybody can see why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple, Protocol

import polars as pl

from slakit.comparison.compare import Comparison
from slakit.measure.budgets import EXACT
from slakit.policy.model import Source
from slakit.policy.printing import listed, percent_text
from slakit.policy.terms import Terms
from slakit.policy.unread import NOT_READ
from slakit.problems import InputError, Problem, one_of

DAYS_A_YEAR, SECONDS_A_MINUTE, UNANSWERED = Fraction(365), Fraction(60), Fraction(10**9)
"""Days until a claim must be in, at most; seconds of a time, at least; seconds that mean that none is promised."""
RAREST = Fraction(1)
"""Chance of a breach, at least: a few hundred years do not tell rarer ones apart. [%]"""
MOST_WEIGHT = 10
RANKED: dict[str, pl.DataType | type[pl.DataType]] = {
    "rank": pl.UInt32, "plan": pl.String, "points": EXACT, "criterion": pl.String, "value": pl.String,
    "share": EXACT, "weight": EXACT, "earned": EXACT, "out_of": EXACT,
}  # fmt: skip


class Criterion(NamedTuple):
    """A criterion of a ranking.

    Attributes
    ----------
    label
        In words.
    term
        Code of the term of a comparison that says it; empty where evidence or an outlook does.
    worth
        Figure of the term → how good it is. The best plan gets all points, another in proportion.
    """

    label: str
    term: str
    worth: Callable[[Fraction], Fraction]


class YearsAhead(Protocol):
    """What an `Outlook` says that plans can be ranked by; its attributes."""

    @property
    def plans(self) -> Mapping[str, Terms]:
        """Name → terms."""

    @property
    def fee(self) -> Decimal:
        """The monthly fee of all plans."""

    @property
    def models(self) -> Sequence[str]:
        """Names of the models of outages, the first of which leads."""

    @property
    def summary(self) -> pl.DataFrame:
        """Among others `plan`, `model`, `months_missed`, `year_missed`, `fee_share`."""

    @property
    def basis(self) -> pl.DataFrame:
        """What it is drawn from: `model`, `says`."""


def _as_it_is(figure: Fraction) -> Fraction:
    return figure


def _at_most_a_year(days: Fraction) -> Fraction:
    return min(days, DAYS_A_YEAR)


def _fast(seconds: Fraction) -> Fraction:
    return Fraction(0) if seconds >= UNANSWERED else 1 / max(seconds, SECONDS_A_MINUTE)


def _rare(percent: Fraction) -> Fraction:
    return 1 / max(percent, RAREST)


CRITERIA: dict[str, Criterion] = {
    "credit": Criterion("Credit for a day's outage", "credit_for_1d", _as_it_is),
    "outages": Criterion("Credit for your own outages", "", _as_it_is),
    "claim": Criterion("Time to claim", "time_to_claim", _at_most_a_year),
    "support": Criterion("First response", "first_response", _fast),
    "budget": Criterion("Little downtime allowed", "downtime_in_30_days", _fast),
    "expected": Criterion("Expected credit a year (share of the fee)", "", _as_it_is),
    "breach": Criterion("Chance of a breach in a year", "", _rare),
}
"""What plans are ranked by. Times are worth their inverse (twice as slow, half the points; less than a minute counts as
one), claims without a deadline count as a year, and what is not promised, or only aimed at, is worth nothing. The
higher the expected credit, the more is compensated; the lower the chance of a breach, the better: it is worth its
inverse, too (twice as likely, half the points; less than 1 % counts as 1 %)."""
SHOWN_ONLY = ("breach",)
"""Criteria that weigh nothing unless asked: a guarantee that asks for less is missed less often."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Plans in order.

    Attributes
    ----------
    table
        One row per plan and criterion, the best plan first: `rank` (among those offered), `plan`, `points` (of 100),
        `criterion`, `value` (what the plan says, in words), `share` (how good that is, of the best; percent; null where
        it was not read), `weight`, `earned` (points), `out_of` (points of the matters that were read).
    tips
        `criterion`, `plan`, `weight`: the nearest other weight of one criterion, the rest as they are, with which
        another plan that is offered comes first.
    leaders
        The best of the plans that are offered.
    proposed
        Plans with terms that are proposed (`Policy.amend`), and not offered.
    names
        Names of the plans as their providers call them.
    sources
        The document of each plan.
    basis
        What expected credits and chances of a breach are drawn from, in a sentence; empty without them.
    """

    table: pl.DataFrame
    tips: pl.DataFrame
    leaders: list[str]
    proposed: frozenset[str]
    names: Mapping[str, str]
    sources: Mapping[str, Source]
    basis: str = ""

    @property
    def order(self) -> list[str]:
        """Plans, the best first."""
        return self.table["plan"].unique(maintain_order=True).to_list()


def rank_plans(
    comparison: Comparison, weights: Mapping[str, int] | None = None, ahead: YearsAhead | None = None
) -> Ranking:
    """Rank the plans of a comparison by what matters.

    For each criterion the best plan gets all of the weight, another the same share of it as its figure is of the best
    one's. Points are the sum, out of 100. Plans with the same points share a rank. A matter on which a document was not
    read earns nothing and is out of the points that the plan can get: `out_of` says of how many.

    Parameters
    ----------
    comparison
        From `compare`. Plans that are only proposed (`Policy.amend`) are ranked too.
    weights
        Criterion → weight from 0 to 10, in whole numbers; those not named have 5, and `breach` has 0. Criteria are
        `credit` (for one outage of a day), `outages` (what the same outages earn, where the comparison has evidence),
        `claim` (time to claim), `support` (time to a first response), `budget` (downtime allowed); and with `ahead`
        also `expected` (the credit of a year, as a share of the fee; the higher, the more is compensated) and `breach`
        (the chance that a guarantee is missed in a year; the lower, the better: twice as likely, half the points).
    ahead
        From `outlook`, of the same plans, terms and fee; its first model counts. All plans go through the same outages,
        so that a guarantee that asks for less is missed less often.

    Raises
    ------
    InputError
        A criterion does not exist, or a weight is not a whole number from 0 to 10; or `ahead` is of other plans, terms
        or another fee; all problems at once.

    Examples
    --------
    >>> from slakit.comparison.compare import compare
    >>> ranking = rank_plans(compare(["klikk:gold", "wp-heaven"]), {"claim": 0})
    >>> ranking.order, ranking.table["points"][0]
    (['klikk:gold', 'wp-heaven'], Decimal('100.000000'))
    """
    chosen = weights_of(comparison, weights or {}, ahead)
    if ahead is not None:
        _refuse_others(comparison, ahead)
    says = {name: dict(_figures(comparison, name, ahead)) for name in chosen}
    shares: dict[str, dict[str, Fraction]] = {}  # how good each plan is, as a share of the best one
    for name in chosen:
        worth = dict.fromkeys(comparison.plans, Fraction(0))
        worth |= {plan: CRITERIA[name].worth(figure) for plan, (_, figure) in says[name].items()}
        best = max(worth.values())
        shares[name] = {plan: value / best if best else Fraction(0) for plan, value in worth.items()}
    points = _points(shares, chosen)
    order = sorted(comparison.plans, key=lambda plan: -points[plan])
    offered = [plan for plan in order if plan not in comparison.proposed] or order
    total = sum(chosen.values())
    rows = []
    for plan in order:
        # terms that are only proposed have no rank among those offered
        rank = 1 + sum(points[other] > points[plan] for other in offered) if plan in offered else None
        read_whole = comparison.plans[plan].read_whole
        unread = [name for name in chosen if plan not in says[name] and not read_whole]
        known = total - sum(chosen[name] for name in unread)
        out_of = _exact(Fraction(100 * known, total) if total else Fraction(0))
        for name, weight in chosen.items():
            value = says[name][plan][0] if plan in says[name] else NOT_READ if name in unread else "–"
            share = None if name in unread else _exact(100 * shares[name][plan])
            earned = _exact(_earned(shares, chosen, name, plan))
            rows.append((rank, plan, _exact(points[plan]), name, value, share, Decimal(weight), earned, out_of))
    of_offered = {name: {plan: own[plan] for plan in offered} for name, own in shares.items()}
    schema = {"criterion": pl.String, "plan": pl.String, "weight": pl.UInt32}
    tips = pl.DataFrame(list(_tips(of_offered, chosen)), schema=schema, orient="row")
    leaders = [plan for plan in offered if plan in _leaders(_points(of_offered, chosen))]
    table, sources = pl.DataFrame(rows, schema=RANKED, orient="row"), {n: t.source for n, t in comparison.plans.items()}
    basis = "" if ahead is None else ahead.basis.filter(model=ahead.models[0])["says"][0]
    return Ranking(table, tips, leaders, comparison.proposed, comparison.names, sources, basis)


def weights_of(comparison: Comparison, weights: Mapping[str, int], ahead: YearsAhead | None = None) -> dict[str, int]:
    """Every criterion that a comparison can be ranked by, with its weight; see `rank_plans`."""
    missing = {"outages"} if comparison.review is None else set()
    missing |= {"expected", "breach"} if ahead is None else set()
    known = [name for name in CRITERIA if name not in missing]
    problems = []
    for name, weight in weights.items():
        if name not in CRITERIA:
            problems.append(Problem("weights", name, "not a criterion", one_of(known, name)))
        elif isinstance(weight, bool) or not isinstance(weight, int) or not 0 <= weight <= MOST_WEIGHT:
            problems.append(Problem(f"weights {name}", weight, "not a weight", "write a whole number from 0 to 10"))
    if problems:
        raise InputError("weights", problems)
    return {name: weights.get(name, 0 if name in SHOWN_ONLY else MOST_WEIGHT // 2) for name in known}


def _refuse_others(comparison: Comparison, ahead: YearsAhead) -> None:
    """Refuse an outlook that does not mean the same plans, terms and fee as a comparison."""
    problems = []
    if set(ahead.plans) != set(comparison.plans):
        wrong = f"not the plans that are compared: {listed(comparison.plans)}"
        problems.append(Problem("ahead", listed(ahead.plans), wrong, "give both the same plans"))
    for name, terms in comparison.plans.items():
        if name in ahead.plans and ahead.plans[name] != terms:
            remedy = "give both the same policy and reading"
            problems.append(Problem("ahead", name, "not the terms that are compared", remedy))
    if ahead.fee != comparison.fee:
        wrong = f"not the fee of the comparison, {comparison.fee:f}"
        problems.append(Problem("ahead fee", f"{ahead.fee:f}", wrong, "give both the same fee"))
    if problems:
        raise InputError("outlook", problems)


def _figures(
    comparison: Comparison, criterion: str, ahead: YearsAhead | None
) -> Iterator[tuple[str, tuple[str, Fraction]]]:
    """Yield what each plan says on a criterion, in words and as a figure; nothing of plans that say nothing."""
    if term := CRITERIA[criterion].term:
        said = comparison.terms.filter((pl.col("code") == term) & pl.col("figure").is_not_null())
        for plan, value, figure in said.select("plan", "value", "figure").iter_rows():
            yield plan, (value, Fraction(figure))
        return
    known = {plan for plan, terms in comparison.plans.items() if terms.remedies or terms.read_whole}
    if ahead is not None and criterion in ("expected", "breach"):
        for row in ahead.summary.filter(model=ahead.models[0]).iter_rows(named=True):
            plan = row["plan"]
            if criterion == "expected" and plan in known:
                yield plan, (f"{percent_text(row['fee_share'], 2)} of the fee", Fraction(row["fee_share"]))
            # without a window that is measured nothing can be missed, for nothing is promised
            elif criterion == "breach" and row["months_missed"] is not None:
                yield plan, (f"{percent_text(row['year_missed'], 1)} of years", Fraction(row["year_missed"]))
        return
    # in monthly fees: amounts in several currencies have no sum, but shares have
    for plan, share in comparison.shares().items():
        if plan in known:
            yield plan, (f"{percent_text(share.owed, 2)} of a monthly fee", share.owed)


def _earned(shares: Mapping[str, Mapping[str, Fraction]], weights: Mapping[str, int], name: str, plan: str) -> Fraction:
    total = sum(weights.values())
    return 100 * shares[name][plan] * weights[name] / total if total else Fraction(0)


def _points(shares: Mapping[str, Mapping[str, Fraction]], weights: Mapping[str, int]) -> dict[str, Fraction]:
    plans = next(iter(shares.values()))
    return {plan: sum((_earned(shares, weights, name, plan) for name in weights), Fraction(0)) for plan in plans}


def _tips(shares: Mapping[str, Mapping[str, Fraction]], weights: Mapping[str, int]) -> Iterator[tuple[str, str, int]]:
    """Find, for each criterion, the nearest weight at which another plan is alone in front."""
    first = _leaders(_points(shares, weights))
    for name, now in weights.items():
        for weight in sorted(range(MOST_WEIGHT + 1), key=lambda weight: abs(weight - now)):
            ahead = _leaders(_points(shares, {**weights, name: weight}))
            if not ahead & first and any(weights[other] for other in weights if other != name or weight):
                yield name, min(ahead), weight
                break


def _leaders(points: Mapping[str, Fraction]) -> set[str]:
    best = max(points.values())
    return {plan for plan, value in points.items() if value == best}


def _exact(value: Fraction) -> Decimal:
    """Cut to six decimals: what is shown is never more than what is had."""
    return Decimal(value.numerator * 10**6 // value.denominator).scaleb(-6)
