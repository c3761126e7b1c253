"""Plans that are offered: how people name them, and their terms under the chosen reading."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from slakit.analysis.plans import Settled
from slakit.policy.document import Policy
from slakit.policy.files import find_plans, plan_id, tiers_of
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem

Offer = str | Policy | tuple[Policy, str | None]
"""A plan: `klikk:gold`, a policy with all its tiers, or a policy and one tier."""


class Offered(NamedTuple):
    """A plan, with its terms under the chosen reading."""

    policy: Policy
    tier: str | None
    terms: Terms


Offers = Mapping[str, Offered]
"""Name of a plan → the plan."""


def offers_of(plans: Iterable[Offer], settled: Settled, *, least: int = 1) -> dict[str, Offered]:
    """Find plans by what people name them.

    Parameters
    ----------
    plans
        `klikk:gold`, an id or a path (all its tiers), a policy, or a policy and a tier.
    settled
        Answers to open questions.
    least
        How many plans there must be.

    Raises
    ------
    InputError
        Plans are unknown, named twice or too few, or an answer is for none of them; all problems at once.
    """
    offers: dict[str, Offered] = {}
    problems: list[Problem] = []
    for asked in plans:
        try:
            if isinstance(asked, str):
                named = find_plans(asked)
            else:
                named = tiers_of(asked) if isinstance(asked, Policy) else [asked]
            for policy, tier in named:
                name = plan_id(policy, tier)
                if name in offers:
                    remedy = "name each plan once; give an amended policy another id"
                    problems.append(Problem("plans", name, "named twice", remedy))
                offers[name] = Offered(policy, tier, policy.terms(tier=tier, reading=settled_for(settled, policy)))
        except InputError as error:
            problems += error.problems
    if not problems and len(offers) < least:
        few = "fewer than two" if least == 2 else "no plan is named"
        many = "name at least two, like klikk:gold" if least == 2 else "name at least one, like klikk:gold"
        problems = [Problem("plans", ", ".join(offers) or None, few, many)]
    if problems:
        raise InputError("plans", problems)
    asking = {name: policy for policy, _, _ in offers.values() for name in (policy.id, policy.origin or "")}
    settled.refuse_unknown(asking)
    return offers


def settled_for(settled: Settled, policy: Policy) -> dict[str, str]:
    """Return the answers for a policy; those for what it was amended from hold for it too, where it still asks."""
    asked = {question.id for question in policy.readings}
    before = settled.answers.get(policy.origin or "", {}) if policy.origin else {}
    return {q: a for q, a in before.items() if q in asked} | settled.of_policy(policy.id, policy)


def answers_of(offers: Offers, settled: Settled) -> dict[str, str]:
    """Return the settled answers as an assessment takes them, whose policies have the names of the plans."""
    return {
        f"{name}:{question}": answer
        for name, offer in offers.items()
        for question, answer in settled_for(settled, offer.policy).items()
    }
