"""From the names that a notebook is given to terms, budgets and curves of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

import polars as pl

from slakit.analysis.budgets import window_budgets
from slakit.analysis.curves import credit_curve
from slakit.measure.calendar import Period
from slakit.policy.files import find_policy
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem


def choose_terms(policies: Iterable[str]) -> list[Terms]:
    """Terms of the plans that are named.

    Parameters
    ----------
    policies
        Ids of the library, or paths of policy files, each alone (all its tiers) or with a tier: `klikk:gold`.

    Raises
    ------
    InputError
        No plan is named, or policies or tiers are unknown; all problems at once.

    Examples
    --------
    >>> [terms.tier for terms in choose_terms(["klikk:gold", "klink-cloud"])]
    ['gold', 'starter', 'growth', 'enterprise']
    """
    chosen: dict[tuple[str, str | None], Terms] = {}
    problems: list[Problem] = []
    for name in policies:
        try:
            found = _plans(name)
        except InputError as error:
            problems += error.problems
            continue
        chosen |= {(terms.policy, terms.tier): terms for terms in found}
    if not chosen and not problems:
        problems = [Problem("policies", None, "no policy is named", "write at least one, like klikk or klikk:gold")]
    if problems:
        raise InputError("policies", problems)
    return list(chosen.values())


def _plans(name: str) -> list[Terms]:
    policy_name, colon, tier = name.rpartition(":")
    if not colon or "/" in tier or "\\" in tier or tier.endswith((".yaml", ".yml")):
        policy = find_policy(name)
        return [policy.terms(tier=tier) for tier in policy.tiers or [None]]  # type: ignore[list-item]
    return [find_policy(policy_name).terms(tier=tier)]


def window_budgets_of(terms: Iterable[Terms], period: str | Period) -> pl.DataFrame:
    """Allowed downtime of several plans, as `window_budgets` gives it for one."""
    return pl.concat([window_budgets(one, period) for one in terms])


def credit_curves_of(
    terms: Iterable[Terms], fee: Decimal | float = 100, hours: Sequence[float] | None = None
) -> pl.DataFrame:
    """Credit curves of several plans, as `credit_curve` gives them for one.

    Parameters
    ----------
    fee
        The same monthly fee for all. [currency units]
    hours
        Lengths of outage to price; the break points of the curves, if not given. [h]
    """
    at = None if hours is None else [timedelta(hours=length) for length in hours]
    return pl.concat([credit_curve(one, fee=fee, at=at) for one in terms])
