"""Widgets that find plans of the library by what they guarantee."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

import polars as pl

from slakit.comparison.compare import COMPARED_FEE
from slakit.comparison.iso19086 import terms_table
from slakit.policy.files import find_plans
from slakit.show.explorers.shared_controls import library_plans

ANY = "any"
HOUR, UNANSWERED, DOCUMENT = Decimal(3600), Decimal(10**9), "read"
Wanted = tuple[Decimal | None, Decimal | None]
"""Lowest and highest figure of a term."""
FILTERS: dict[str, tuple[str, dict[str, Wanted]]] = {
    "Availability": (
        "availability_objective",
        {f"{level} % or more": (Decimal(level), None) for level in ("99.5", "99.9", "99.95", "99.99")},
    ),
    "Day's credit": (
        "credit_for_1d",
        {f"{share} % or more": (Decimal(share), None) for share in (5, 10, 25, 50, 100)},
    ),
    "Time to claim": (
        "time_to_claim",
        {
            "30 days or more": (Decimal(30), None),
            "60 days or more": (Decimal(60), None),
            "no deadline": (Decimal(36_500), None),
        },
    ),
    "First response": (
        "first_response",
        {
            "guaranteed": (None, UNANSWERED - 1),
            "4 hours or less": (None, 4 * HOUR),
            "1 hour or less": (None, HOUR),
        },
    ),
    "Document": (DOCUMENT, {"read whole": (None, None)}),
}
"""Label → term of a comparison, and what can be asked of its figure."""


@lru_cache(maxsize=1)
def terms_of_library() -> tuple[pl.DataFrame, frozenset[str]]:
    """Tabulate the terms of all plans of the library, and name those whose document was read whole."""
    plans = {}
    for plan in library_plans():
        found = find_plans(plan)
        if len(found) == 1:
            policy, tier = found[0]
            plans[plan] = policy.terms(tier=tier)
    return terms_table(plans, COMPARED_FEE), frozenset(plan for plan, terms in plans.items() if terms.read_whole)


def plans_with(wanted: Mapping[str, str]) -> list[str]:
    """List plans of the library by what they guarantee. What was not read of a document does not pass a filter.

    Parameters
    ----------
    wanted
        Label of a filter → one of its choices, or `any`.
    """
    terms, read_whole = terms_of_library()
    left = terms["plan"].unique(maintain_order=True).to_list()
    for label, choice in wanted.items():
        code, choices = FILTERS[label]
        if choice == ANY:
            continue
        if code == DOCUMENT:
            left = [plan for plan in left if plan in read_whole]
            continue
        least, most = choices[choice]
        figure = pl.col("figure")
        fits = (figure >= least if least is not None else True) & (figure <= most if most is not None else True)
        passed = set(terms.filter((pl.col("code") == code) & fits)["plan"])
        left = [plan for plan in left if plan in passed]
    return left


def plan_filter(add: Callable[[str], None]) -> list[Any]:
    """Make widgets that filter the plans of the library, and add one that is picked from those left.

    Parameters
    ----------
    add
        Takes the id of the plan.
    """
    import ipywidgets as w

    auto = w.Layout(width="auto")
    shown = w.ToggleButton(description="Filter all plans", icon="filter", layout=auto)
    choices = {
        label: w.Dropdown(options=[ANY, *options], description=label, style={"description_width": "8em"}, layout=auto)
        for label, (_, options) in FILTERS.items()
    }
    found = w.Select(options=[], rows=6, layout=auto)
    count, button = w.HTML(), w.Button(description="Add to the plans", icon="plus", disabled=True, layout=auto)
    box = w.VBox([*choices.values(), count, found, button], layout=w.Layout(display="none"))

    def search(_: object = None) -> None:
        names = library_plans()
        left = plans_with({label: choice.value for label, choice in choices.items()})
        found.options = [(names[plan], plan) for plan in sorted(left, key=lambda plan: names[plan].casefold())]
        found.value = None
        count.value = f'<div role="status">{len(left)} plans</div>'

    def unfold(change: Mapping[str, Any]) -> None:
        box.layout.display = "" if change["new"] else "none"
        if change["new"] and not count.value:
            count.value = '<div role="status">Reading all contracts …</div>'
            search()

    shown.observe(unfold, names="value")
    for choice in choices.values():
        choice.observe(search, names="value")
    found.observe(lambda change: setattr(button, "disabled", change["new"] is None), names="value")
    button.on_click(lambda _: add(found.value))
    return [shown, box]
