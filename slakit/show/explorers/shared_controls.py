"""Controls that several explorers have: plans, fee, month."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from slakit.policy.files import find_policy, library, policy_and_tier
from slakit.policy.plan_names import plan_name
from slakit.problems import one_of
from slakit.show.explorers.choices import month_words, months
from slakit.show.explorers.control import Control, Parameters

MoreWidgets = Callable[[Callable[[str], None]], Sequence[Any]]


def _nothing_more(_: Callable[[str], None]) -> Sequence[Any]:
    return ()


@lru_cache(maxsize=1)
def library_plans() -> Mapping[str, str]:
    """List the plans of the library, each policy with tiers also as a whole: id → provider, tier and service."""
    plans = {}
    for name in library():
        policy = find_policy(name)
        plans[name] = f"{policy.provider}{', all tiers' * bool(policy.tiers)} · {policy.service}"
        for tier in policy.tiers:
            plans[f"{name}:{tier}"] = f"{plan_name(policy.provider, tier)} · {policy.service}"
    times = Counter(plans.values())
    return {plan: f"{about} ({plan})" if times[about] > 1 else about for plan, about in plans.items()}


def plan_labels(plans: Sequence[str]) -> dict[str, str]:
    """Name plans as their providers do, each differently: id → name, as short as it can be."""
    named = {plan: policy_and_tier(plan) for plan in plans}
    policies = {plain: find_policy(plain) for plain, _ in named.values()}
    times = Counter(policy.provider for policy in policies.values())
    labels = {}
    for plan, (plain, tier) in named.items():
        policy = policies[plain]
        short = plan_name(policy.provider, tier) + ", all tiers" * bool(policy.tiers and not tier)
        labels[plan] = short if times[policy.provider] == 1 else library_plans().get(plan, f"{short} ({plain})")
    return labels


def plans_control(label: str, name: str, chosen: Sequence[str], more: MoreWidgets = _nothing_more) -> Control:
    """Choose plans: search by provider, service or id and pick one to add it, × to remove it.

    Parameters
    ----------
    label
        Label of the control.
    name
        The parameter that lists the plans.
    chosen
        Plans that are chosen at first.
    more
        Makes further widgets below, from what adds a plan by its id.
    """
    import ipywidgets as w

    known = dict.fromkeys(chosen, "") | dict(library_plans())
    found = {
        f"{about} ({plan})" if about and plan not in about else about or plan: plan for plan, about in known.items()
    }
    names = plan_labels(list(known))
    ids = {name: plan for plan, name in names.items()}
    tags = w.TagsInput(value=[names[plan] for plan in chosen], allowed_tags=list(ids), allow_duplicates=False)
    search = w.Combobox(
        options=list(found),
        placeholder="add a plan: provider, service or id",
        continuous_update=False,
        layout=w.Layout(width="auto"),
    )
    said = w.HTML()

    def add(plan: str) -> None:
        tags.value = list(dict.fromkeys([*tags.value, names[plan]]))

    def find(change: Mapping[str, Any]) -> None:
        written = change["new"].strip()
        plan = found.get(written, written)
        if plan in known:
            search.value = ""  # before the view is made anew, which takes a while: what is typed next must stay
            add(plan)
        elif plan:
            said.value = html.escape(f"There is no plan {plan}: {one_of(known, plan)}.")
            return
        said.value = ""

    search.observe(find, names="value")
    below = [search, said, *more(add)]
    return Control(label, tags, lambda value: {name: [ids[label] for label in value]}, below=below)


def plan_control(plan: str, *, whole: bool, unset: Parameters) -> Control:
    """Choose one plan.

    Parameters
    ----------
    plan
        The plan that is chosen at first.
    whole
        Offer policies with all their tiers as well.
    unset
        Parameters that were about the plan before, and what they are without one.
    """
    import ipywidgets as w

    tiered = {name.partition(":")[0] for name in library_plans() if ":" in name}
    offered = {about: name for name, about in library_plans().items() if whole or name not in tiered}
    options = list(offered.items())
    if plan not in offered.values():
        options.append((plan, plan))
    choice = w.Dropdown(options=options, value=plan)
    return Control("Contract", choice, lambda value: {**unset, "policy": value}, renews=True)


def fee_control(fee: float) -> Control:
    """Set the monthly fee."""
    import ipywidgets as w

    box = w.BoundedFloatText(value=fee, min=0, max=10**9, step=100)
    return Control("Monthly fee", box, lambda value: {"fee": value})


def month_control(month: str) -> Control:
    """Choose the month."""
    import ipywidgets as w

    slider = w.SelectionSlider(options=months(month), value=month, readout=False)
    return Control("Month", slider, lambda value: {"month": value}, say=month_words)
