"""List terms that a buyer may ask of a plan, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

from slakit.measure.calendar import MICROSECOND
from slakit.policy.files import find_plans
from slakit.policy.guarantees import Guarantee
from slakit.policy.plan_names import part_names
from slakit.policy.printing import exact_percent, print_duration
from slakit.policy.quantities import Duration, Window
from slakit.policy.remedies import Claims
from slakit.policy.terms import is_by_tier

LEVELS = tuple(map(Decimal, ("99", "99.5", "99.9", "99.95", "99.99", "99.999")))
"""Availability that providers commit to. [%]"""
BETTER_LEVELS = 2
CLAIM_DAYS = (30, 60)


def negotiable_terms(plan: str) -> dict[str, str]:
    """List better terms to ask of a plan.

    Parameters
    ----------
    plan
        As `compare` takes it. Of a policy with all its tiers, the first tier tells the terms.

    Returns
    -------
    dict[str, str]
        Amended term, as `amended_offers` takes it → in words. What the plan has already is not listed.

    Raises
    ------
    InputError
        The plan is unknown.

    Examples
    --------
    >>> list(negotiable_terms("wp-heaven").items())[:2]
    [('guarantees.website.target=99.9', 'Website uptime: 99.9 % instead of 99.5 %'), \
('guarantees.website.target=99.95', 'Website uptime: 99.95 % instead of 99.5 %')]
    """
    policy, tier = find_plans(plan)[0]
    terms = policy.terms(tier=tier)
    names = part_names(terms)
    by_tier = {guarantee.id for guarantee in policy.guarantees if is_by_tier(guarantee.within, policy.tiers)}
    listed = {}
    for guarantee in terms.guarantees:
        for term, value, said in _of_guarantee(guarantee, has_times=guarantee.id not in by_tier):
            listed[f"guarantees.{guarantee.id}.{term}={value}"] = f"{names[guarantee.id]}: {said}"
    started = "downtime counts from the failure, not from the report"
    for remedy in terms.remedies:
        shared = [guarantee for guarantee in terms.guarantees if guarantee.id in remedy.guarantees]
        if len(shared) > 1 and any(guarantee.clock != "started" for guarantee in shared):
            listed[f"guarantees.{remedy.id}.clock=started"] = f"{names[remedy.id]}, all its guarantees: {started}"
    if terms.claims is not None:
        listed |= dict(_of_claims(terms.claims))
    return listed


def _of_guarantee(guarantee: Guarantee, *, has_times: bool) -> Iterator[tuple[str, str, str]]:
    if guarantee.metric == "availability" and guarantee.target is not None:
        for level in [level for level in LEVELS if level > guarantee.target][:BETTER_LEVELS]:
            yield "target", str(level), f"{exact_percent(level)} instead of {exact_percent(guarantee.target)}"
    if guarantee.on_outages and guarantee.clock != "started":
        yield "clock", "started", "downtime counts from the failure, not from the report"
    if guarantee.on_outages and guarantee.window.text in ("1q", "1y", "6mo"):
        month, own = Window.parse("1mo").words_for_people, guarantee.window.words_for_people
        yield "window", "1mo", f"measured per {month} instead of per {own}"
    if guarantee.commitment == "best_effort":
        yield "commitment", "guaranteed", "guaranteed instead of best effort"
    times = guarantee.within if isinstance(guarantee.within, dict) else {"": guarantee.within}
    for priority, time in times.items() if has_times else ():
        if time is not None and (half := _half(time)):
            term, of_priority = ("within." + priority, f" ({priority})") if priority else ("within", "")
            yield term, half, f"within {half} instead of {time}{of_priority}"
    if guarantee.exclude.causes:
        yield "exclude.causes", "[]", "no cause of an outage is excluded"
    if guarantee.exclude.maintenance:
        yield "exclude.maintenance", "[]", "maintenance counts as downtime"


def _of_claims(claims: Claims) -> Iterator[tuple[str, str]]:
    within = claims.within
    if within is None or within.months or within.business_days:
        return
    for days in CLAIM_DAYS:
        if within.microseconds * MICROSECOND < timedelta(days=days):
            yield f"claims.within={days}d", f"Claim within {days}d instead of {within}"


def _half(time: Duration) -> str:
    """Halve a length of time; empty where that is not one of whole minutes."""
    minutes, rest = divmod(time.microseconds, 120_000_000)
    if time.months or time.business_days or rest or not minutes:
        return ""
    return print_duration(minutes * 60_000_000)
