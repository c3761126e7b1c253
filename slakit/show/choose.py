"""From the names that a notebook is given to terms, budgets and curves of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal

import polars as pl

from slakit.comparison.compare import Offer
from slakit.finding.run import findings
from slakit.measure.budgets import window_budgets
from slakit.measure.calendar import Period
from slakit.policy.files import find_plans, find_policy, policy_and_tier
from slakit.policy.terms import Terms
from slakit.policy.yaml import parse_yaml
from slakit.problems import InputError, Problem
from slakit.remedy.curves import credit_curve
from slakit.remedy.values import guarantee_value


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
            found = [policy.terms(tier=tier) for policy, tier in find_plans(name)]
        except InputError as error:
            problems += error.problems
            continue
        chosen |= {(terms.policy, terms.tier): terms for terms in found}
    if not chosen and not problems:
        problems = [Problem("policies", None, "no policy is named", "write at least one, like klikk or klikk:gold")]
    if problems:
        raise InputError("policies", problems)
    return list(chosen.values())


def choose_offers(plans: Iterable[str], changes: Iterable[str] = ()) -> list[Offer]:
    """Plans to compare: those that are named, and the first of them with changed terms.

    Parameters
    ----------
    plans
        As `compare` takes them.
    changes
        `term=value`, the value as a policy file would write it: `guarantees.website.target=99.9`. With any, the first
        plan is compared with these terms too, under a name that ends in `-if`.

    Raises
    ------
    InputError
        A change is not written like that, or does not fit the first plan; all problems at once.

    Examples
    --------
    >>> [offer if isinstance(offer, str) else offer[0].id
    ...  for offer in choose_offers(["wp-heaven", "cloudworkz"], ["guarantees.website.target=99.9"])]
    ['wp-heaven', 'cloudworkz', 'wp-heaven-if']
    """
    named = list(plans)
    terms: dict[str, object] = {}
    problems = []
    for change in changes:
        path, found, value = change.partition("=")
        if not found:
            remedy = "write term=value, like guarantees.network.window=1q"
            problems.append(Problem("changes", change, "not a changed term", remedy))
        terms[path] = parse_yaml(f"value: {value}", name=change).tree["value"]
    if problems:
        raise InputError("changes", problems)
    changed = [(policy.amend(terms), tier) for policy, tier in find_plans(named[0])] if terms and named else []
    return [*named, *changed]


def findings_of(policies: Iterable[str]) -> pl.DataFrame:
    """Findings about the policies, or the plans, that are named.

    Raises
    ------
    InputError
        No policy is named, or policies or tiers are unknown; all problems at once.
    """
    names = list(dict.fromkeys(policies))
    choose_terms(names)
    return pl.concat([findings(find_policy(plain), tier=tier) for plain, tier in map(policy_and_tier, names)])


def worth_of(terms: Iterable[Terms]) -> pl.DataFrame:
    """What the promises of several plans are worth, as `guarantee_value` gives it."""
    return guarantee_value(terms)


def window_budgets_of(terms: Iterable[Terms], period: str | Period) -> pl.DataFrame:
    """Allowed downtime of several plans, as `window_budgets` gives it."""
    return window_budgets(terms, period)


def credit_curves_of(
    terms: Iterable[Terms], fee: Decimal | float = 100, hours: Sequence[float] | None = None
) -> pl.DataFrame:
    """Credit curves of several plans, as `credit_curve` gives them.

    Parameters
    ----------
    fee
        The same monthly fee for all. [currency units]
    hours
        Lengths of outage to price; the break points of the curves, if not given. [h]
    """
    at = None if hours is None else [timedelta(hours=length) for length in hours]
    return credit_curve(terms, fee=fee, at=at)
