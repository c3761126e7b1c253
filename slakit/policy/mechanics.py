"""By which mechanics a policy works: what is measured, how a breach becomes money, what is carried, what limits it."""

from __future__ import annotations

from collections.abc import Iterator

from slakit.policy.model import PolicyModel
from slakit.policy.remedies import Credit, Limits

MECHANICS: dict[str, str] = {
    "availability": "a share of time, from outages",
    "downtime": "a longest time down",
    "incidents": "a number of outages",
    "figure": "a measured value",
    "replacement": "a time for each incident",
    "response": "tickets answered in time",
    "resolution": "tickets resolved in time",
    "update": "tickets with an update each time",
    "measured": "a level from measurements: counts, means, percentiles, slices that are down",
    "rounded": "the level, the downtime or each outage is rounded",
    "bands": "a table of levels",
    "nested": "a slope or an accrual inside a band",
    "shortfall": "a rate, or steps, for points missed",
    "accrual": "for each interval of downtime",
    "flat": "once for each breach",
    "multiple": "times the fee of the time lost",
    "outage": "by the length of one outage",
    "count": "by the number of outages",
    "deviation": "by the deviation from the target, in percent of it",
    "streak": "by breached windows in a row, or of the last few",
    "multiplier": "a factor on the credit",
    "points": "points that are worth money",
    "cap": "the most that is paid",
    "minimum": "the least that is paid, or carried on",
    "earn_back": "given back once the service is good again",
    "one_of": "of several credits only one is paid",
    "rights": "a right that breaches give rise to",
    "claim": "must be asked for",
    "report": "must have been reported first, or opens late",
    "requirement": "valid only if something else holds, such as that invoices are paid",
    "maintenance": "maintenance that is excluded",
    "recovery": "data lost, and time until the service is back",
}
"""Mechanic → what it is. `slakit policies --mechanic` finds policies by these names."""


def mechanics_of(policy: PolicyModel) -> set[str]:
    """Names of the mechanics by which a policy works.

    >>> from slakit.policy.files import find_policy
    >>> sorted(mechanics_of(find_policy("wp-heaven")))
    ['availability', 'maintenance', 'shortfall']
    """
    found: set[str] = set()
    for guarantee in policy.guarantees:
        rounded = guarantee.rounded
        found |= {guarantee.metric}
        found |= {"measured"} if guarantee.measured is not None else set()
        found |= {"rounded"} if (rounded.outage or rounded.downtime or rounded.level) is not None else set()
        found |= {"maintenance"} if guarantee.exclude.maintenance else set()
        found |= set(_of_credit(guarantee.credit)) if guarantee.credit is not None else set()
    for remedy in policy.remedies:
        found |= {name for credit in remedy.credit for name in _of_credit(credit)} | set(_of_limits(remedy))
    claims = [claims for claims in (policy.claims, *(remedy.claims for remedy in policy.remedies)) if claims]
    found |= {"claim" for claim in claims if claim.needed}
    found |= {"report" for claim in claims if claim.report is not None or claim.opens is not None}
    found |= {"requirement" for claim in claims if claim.requires}
    found |= {"one_of"} if policy.one_of else set()
    found |= {"recovery"} if policy.recovery else set()
    return found | ({"rights"} if policy.rights else set())


def windows_of_policy(policy: PolicyModel) -> set[str]:
    """The windows over which its guarantees are judged, as they are written."""
    return {str(guarantee.window) for guarantee in policy.guarantees}


def _of_credit(credit: Credit) -> Iterator[str]:
    yield credit.kind
    yield from _of_limits(credit)
    if any(band.plus is not None for table in credit.tables for band in table):
        yield "nested"
    if credit.multipliers:
        yield "multiplier"
    named = {"outage": "outage", "incidents": "count", "deviation": "deviation", "streak": "streak", "misses": "streak"}
    yield from (named[measure] for condition in credit.conditions for measure in condition.ranges if measure in named)


def _of_limits(limits: Limits) -> Iterator[str]:
    yield from ("cap" for _ in limits.caps)
    for name in ("points", "minimum", "earn_back"):
        if getattr(limits, name) is not None:
            yield name
