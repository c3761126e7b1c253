"""One incident that somebody imagines, by a contract's rules: what would count, what would be owed, and why."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import polars as pl

from slakit.analysis.assess import assess
from slakit.analysis.period import period_of
from slakit.analysis.plans import Settled, currencies_paid, parts_of
from slakit.analysis.review import Review
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.document import Policy
from slakit.policy.files import plan_id
from slakit.policy.quantities import PlainDuration
from slakit.policy.remedies import FeeSum
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem

HELD = timedelta(days=400)
"""How long the subscription has been held when the outage begins: promises that begin late have begun."""
CURRENCY = "EUR"
"""What a fee is taken to be in where the contract names no currency."""
Time = datetime | str | None


@dataclass(frozen=True)
class Scenario:
    """What happens. Times are instants, or text in ISO 8601; without an offset they are in the contract's time zone.

    Attributes
    ----------
    started, ended
        The outage. Without an end it goes on.
    reported, detected, diagnosed
        When the customer reports it, when the provider's monitoring sees it, and when its cause is known.
    component, cause
        What is down, and why; all of the service and unknown, if not given.
    works, works_end
        Maintenance, if there is any.
    notice
        How long before its beginning the maintenance is announced (`48h`); not at all, if empty.
    kind
        `scheduled` or `emergency`.
    """

    started: Time
    ended: Time = None
    reported: Time = None
    detected: Time = None
    diagnosed: Time = None
    component: str | None = None
    cause: str | None = None
    works: Time = None
    works_end: Time = None
    notice: str = ""
    kind: str = "scheduled"


def assess_scenario(
    plan: tuple[Policy, str | None],
    incident: Scenario,
    *,
    fee: Decimal | float = 1000,
    reading: Mapping[str, str] | Iterable[str] | None = None,
    ranges: bool = False,
) -> Review:
    """Assess an imagined incident: one subscription of a plan, held for a year before, and this outage alone.

    Parameters
    ----------
    plan
        A policy and one of its tiers, as `find_plans` gives them.
    incident
        What happens.
    fee
        Monthly fee, and that of each component of which a credit is a share. [currency units]
    reading, ranges
        As `assess` takes them.

    Returns
    -------
    Review
        Of the whole windows in which the incident lies, as known when they have ended. Its one subscription, and its
        outage, are called by the plan and `scenario`.

    Raises
    ------
    InputError
        A time, the length of notice or the fee is at fault; all problems at once.

    Examples
    --------
    >>> from slakit.policy.files import find_plans
    >>> down = Scenario("2026-08-11T09:00", "2026-08-11T13:00", reported="2026-08-11T10:00")
    >>> assess_scenario(find_plans("klikk:gold")[0], down, fee=1500).owed
    {'NOK': Decimal('50.00')}
    """
    policy, tier = plan
    settled = Settled.of(reading)
    settled.refuse_unknown({policy.id: policy})
    answers = settled.of_policy(policy.id, policy)
    terms = policy.terms(tier=tier, reading=answers)
    evidence = _evidence(incident, terms, plan_id(policy, tier), fee)
    read_otherwise = [terms]
    if ranges:  # with one open question answered in another way, windows may be longer
        for question in policy.readings:
            if question.id not in answers:
                others = [answer for answer in question.answers if answer != question.default]
                read_otherwise += [policy.terms(tier=tier, reading={**answers, question.id: other}) for other in others]
    period = period_of(evidence, read_otherwise)
    moment = period.after + timedelta(days=1)
    return assess(evidence, period, moment, reading=answers, policies={policy.id: policy}, ranges=ranges)


def _evidence(incident: Scenario, terms: Terms, name: str, fee: Decimal | float) -> Evidence:
    """The incident as checked tables."""
    zone = terms.time_zone or ASSUMED_ZONE
    paid = currencies_paid([terms]) or {terms.currency or CURRENCY}
    holder = imagined_holder(terms, fee, min(paid))
    known = ("started", "ended", "reported", "detected", "diagnosed", "component", "cause")
    outage = {"outage": "scenario", "subscription": name} | {key: _text(getattr(incident, key)) for key in known}
    works: list[dict[str, str | None]] = []
    if incident.works:
        span = {"started": _text(incident.works), "ended": _text(incident.works_end), "kind": incident.kind}
        works = [{"maintenance": "maintenance", "subscription": name, **span}]
    holders = [{"subscription": name, **holder, "starts": "2000-01-01T00:00:00Z"}]
    tables = Evidence.of(holders, outages=[outage], maintenance=works, time_zone=zone)
    begin = pl.lit(tables.outages["started"][0] - HELD).cast(INSTANT)
    tables = replace(tables, subscriptions=tables.subscriptions.with_columns(begin.alias("starts")))
    if not incident.notice:
        return tables
    try:
        ahead = timedelta(microseconds=PlainDuration.parse(incident.notice).microseconds)
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise InputError("incident", [Problem("incident notice", incident.notice, wrong, remedy)]) from None
    announced = tables.maintenance["started"] - ahead
    return replace(tables, maintenance=tables.maintenance.with_columns(announced=announced))


def imagined_holder(terms: Terms, fee: Decimal | float, currency: str) -> dict[str, str | None]:
    """Return plan and fees of an imagined subscription: the fee is that of each component too."""
    holder = {"policy": terms.policy, "tier": terms.tier, "monthly_fee": str(fee), "currency": currency}
    priced = dict.fromkeys(name for of in parts_of(terms.remedies, FeeSum, set()) for name in of.components)
    if priced:
        holder["component_fees"] = "{" + ", ".join(f"{json.dumps(name)}: {fee}" for name in priced) + "}"
    return holder


def _text(value: Time) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else value or None
