"""Name plans as their providers do: `Klikk Gold`, not `klikk:gold`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from slakit.policy.terms import Terms


def plan_name(provider: str, tier: str | None) -> str:
    """Name a plan by its provider and its tier.

    >>> plan_name("Klikk", "gold"), plan_name("UCloud", "infrequent-access"), plan_name("WP Heaven", None)
    ('Klikk Gold', 'UCloud Infrequent access', 'WP Heaven')
    """
    words = (tier or "").replace("-", " ").replace("_", " ")
    return f"{provider} {words[:1].upper()}{words[1:]}".strip()


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
