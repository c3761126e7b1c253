"""Name plans and their parts as their providers do: `Klikk Gold`, not `klikk:gold`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from slakit.policy.printing import readable
from slakit.policy.terms import Terms


def plan_name(provider: str, tier: str | None) -> str:
    """Name a plan by its provider and its tier.

    >>> plan_name("Klikk", "gold"), plan_name("UCloud", "infrequent-access"), plan_name("WP Heaven", None)
    ('Klikk Gold', 'UCloud Infrequent access', 'WP Heaven')
    """
    return f"{provider} {capitalized(readable(tier or ''))}".strip()


def capitalized(words: str) -> str:
    """Write the first letter large, and the others as they are.

    >>> capitalized("multi AZ")
    'Multi AZ'
    """
    return words[:1].upper() + words[1:]


def tiers_text(tiers: str) -> str:
    """Name tiers that are written with commas.

    >>> tiers_text("silver, multi-az")
    'Silver, Multi AZ'
    """
    return ", ".join(capitalized(readable(tier)) for tier in tiers.split(", "))


def part_names(terms: Terms) -> dict[str, str]:
    """Name the guarantees and remedies of a plan; one that its provider does not name is called by its id in words.

    Returns
    -------
    dict[str, str]
        Id → name.

    Examples
    --------
    >>> from slakit.policy.files import find_policy
    >>> part_names(find_policy("klikk").terms(tier="gold"))["hardware-replacement"]
    'Replacement of faulty hardware'
    """
    named = [(part.id, part.name) for part in terms.remedies] + [(part.id, part.name) for part in terms.guarantees]
    in_words = {key: capitalized(readable(key)) for key, _ in named}
    return in_words | {key: name for key, name in named if name}


def plan_names(plans: Mapping[str, Terms], proposed: Collection[str] = ()) -> dict[str, str]:
    """Name plans that stand beside each other, each differently.

    Two plans of one provider are told apart by their services; by their ids, where these are the same too.

    Parameters
    ----------
    plans
        Id → terms.
    proposed
        Ids of plans whose terms are proposed, and not offered.

    Returns
    -------
    dict[str, str]
        Id → name.

    Examples
    --------
    >>> from slakit.policy.files import find_terms
    >>> plans = {terms.policy: terms for terms in find_terms(["wp-heaven", "slack-sla", "slack-sla-2019"])}
    >>> list(plan_names(plans).values())
    ['WP Heaven', 'Slack (Business+ and Enterprise)', 'Slack (Plus and above)']
    """
    short, long = {}, {}
    for plan, terms in plans.items():
        mark = " (proposed)" if plan in proposed else ""
        service = terms.service if terms.service.startswith(terms.provider) else f"{terms.provider} {terms.service}"
        short[plan] = plan_name(terms.provider, terms.tier) + mark
        long[plan] = plan_name(service, terms.tier) + mark
    shared = {name for name, count in Counter(short.values()).items() if count > 1}
    named = {plan: long[plan] if name in shared else name for plan, name in short.items()}
    shared = {name for name, count in Counter(named.values()).items() if count > 1}
    return {plan: plan if name in shared else name for plan, name in named.items()}
