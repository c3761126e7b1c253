"""Explore: what does an outage earn, at each plan, by its length?"""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

import polars as pl

from slakit.arguments import checked
from slakit.measure.calendar import MICROSECOND
from slakit.policy.files import find_policy, find_terms, library, tiers_of
from slakit.policy.printing import listed, percent_text, print_number
from slakit.policy.terms import Terms
from slakit.problems import one_of
from slakit.remedy.curves import credit_curve
from slakit.remedy.fees import exact_fee
from slakit.show.charts.curves import chart_credit_curves
from slakit.show.deduplicate import Line, lines_of, plans_name
from slakit.show.excel.sheets import Column, Fact, Sheet
from slakit.show.explorers.choices import length_of, lengths, month_words, months
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.view import View
from slakit.show.labels import length_text
from slakit.show.tables.plans import show_payouts, show_tiers

NOTEBOOK = "what_if"
PLANS = ("klikk", "wp-heaven", "klink-cloud", "cloudworkz")
DRAWN = Decimal(72)
"""Longest outage that is drawn, unless a longer one is looked at. [h]"""


@checked
def explore_credits(
    policies: Iterable[str] = PLANS, *, fee: float = 1000, outage: str = "4h", month: str | None = None
) -> Explorer:
    """What does an outage earn, by its length? Choose plans, set the fee, drag the length and the month.

    Parameters
    ----------
    policies
        Ids of the library, or paths of policy files, each alone (all its tiers) or with a tier: `klikk:gold`.
    fee
        The same monthly fee for all, in each plan's currency. [currency units]
    outage
        Length of the outage: `4h`, `21m36s`.
    month
        The month it falls in (`2026-10`): windows are as long as in that month, in each contract's time zone. This
        month, if not given.

    Raises
    ------
    InputError
        Plans are unknown, or the fee, the length or the month is not one.

    Examples
    --------
    >>> explore_credits(["klikk:gold", "wp-heaven"], outage="12h", month="2026-10")
    A month's credit for one outage of 12h: 3.33 % of the fee at Klikk Gold
    """
    chosen = {"policies": list(policies), "fee": fee, "outage": outage, "month": month or f"{date.today():%Y-%m}"}
    priced = lru_cache(maxsize=64)(_priced)
    return Explorer(NOTEBOOK, partial(see_credits, priced), chosen, controls_of_credits)


Priced = Callable[[tuple[str, ...], float, str], tuple[list[Terms], pl.DataFrame]]


def _priced(policies: tuple[str, ...], fee: float, month: str) -> tuple[list[Terms], pl.DataFrame]:
    """Curves do not depend on the length that is looked at: a hand that drags it does not wait for them."""
    terms = find_terms(policies)
    return terms, credit_curve(terms, fee=fee, month=month)


def see_credits(priced: Priced, parameters: Parameters) -> View:
    """The view of `explore_credits`."""
    policies, fee, month = tuple(parameters["policies"]), parameters["fee"], parameters["month"]
    length = length_of(parameters["outage"], "outage")
    months(month)
    exact_fee(fee)
    terms, curves = priced(policies, fee, month)
    seconds = Decimal(length // MICROSECOND).scaleb(-6)
    paid = credit_curve(terms, fee=fee, month=month, at=[length])
    lines = sorted(lines_of(paid.filter(pl.col("availability").is_not_null())), key=lambda line: -line.points[0][1])
    value, note = _told(lines, seconds)
    note = " ".join(filter(None, [note, _by_incident(paid), _without_curve(terms, paid)]))
    return View(
        label=f"A month's credit for one outage of {length_text(seconds)}",
        value=value,
        note=f"{note} Windows as long as those of {month_words(month)}, {print_number(fee)} a month.",
        chart=chart_credit_curves(curves, float(DRAWN), seconds),
        tables={"In money": lambda: show_payouts(paid, fee), "What is promised": lambda: show_tiers(terms)},
        sheets=lambda: _sheets(parameters, paid, curves),
    )


def _told(lines: Sequence[Line], seconds: Decimal) -> tuple[str, str]:
    """The most that is earned, and by whom; and what everybody else pays."""
    if not lines:
        return "nothing to price", f"Nothing here promises anything about an outage of {length_text(seconds)}."
    by_credit: dict[Decimal, list[str]] = {}
    for line in lines:
        by_credit.setdefault(line.points[0][1], []).append(line.name)
    (most, best), *others = by_credit.items()
    said = [f"{listed(names)} {_pays(credit, len(names))}" for credit, names in others]
    if not most:
        return "nothing", f"No plan pays anything for {length_text(seconds)}."
    return f"{percent_text(most, 2)} of the fee at {listed(best)}", f"{'; '.join(said)}." if said else ""


def _by_incident(paid: pl.DataFrame) -> str:
    """Credits for a single incident, which stand beside those of the window and not in the curve."""
    windows = paid.filter(pl.col("availability").is_not_null())["policy"].unique()
    beside = paid.filter(pl.col("availability").is_null() & (pl.col("credit_percent") > 0))
    beside = beside.filter(pl.col("policy").is_in(windows.implode()))
    keys = ["policy", "remedy", "credit_percent"]
    alike = beside.group_by(keys, maintain_order=True).agg("tier")
    said = [
        f"{plans_name(policy, tiers, paid)} pays {percent_text(credit, 2)} ({remedy})"
        for policy, remedy, credit, tiers in alike.iter_rows()
    ]
    return f"For a single incident, beside it: {'; '.join(said)}." if said else ""


def _without_curve(terms: Sequence[Terms], paid: pl.DataFrame) -> str:
    """Plans that no outage earns anything from, and those that are drawn as if all requests failed in it."""
    priced = set(paid.select("policy", "tier").iter_rows())
    silent = dict.fromkeys(one.policy for one in terms if (one.policy, one.tier) not in priced)
    drawn = {one.policy: paid.filter(pl.col("policy") == one.policy)["guarantee"].to_list() for one in terms}
    sampled = dict.fromkeys(
        one.policy for one in terms if any(g.on_figures and g.id in drawn[one.policy] for g in one.guarantees)
    )
    said = f"Nothing to draw for {listed(silent)}: no promise there is about outages or availability. " * bool(silent)
    said += f"Measured requests decide at {listed(sampled)}: in an outage all of them fail." * bool(sampled)
    return said.strip()


def _pays(credit: Decimal, plans: int) -> str:
    verb = "pays" if plans == 1 else "pay"
    return f"{verb} {percent_text(credit, 2)}" if credit else f"{verb} nothing"


def _sheets(parameters: Parameters, paid: pl.DataFrame, curves: pl.DataFrame) -> list[Sheet]:
    facts = [Fact(name.capitalize(), "text", str(parameters[name])) for name in ("outage", "month")]
    facts.append(Fact("Fee", "number", parameters["fee"]))
    columns = [
        Column("policy", "Policy"), Column("tier", "Tier"), Column("remedy", "Remedy"),
        Column("guarantee", "Guarantee"), Column("target", "Promised", "percent"), Column("allowed_seconds", "Allowed"),
        Column("downtime_seconds", "Outage"), Column("availability", "Availability", "percent"),
        Column("credit_percent", "Credit", "percent"), Column("amount", "Amount", "money"),
        Column("currency", "Currency"),
    ]  # fmt: skip
    return [
        Sheet("Outage", "What the outage earns", paid, columns, facts),
        Sheet("Curves", "Credit curves: break points, a straight line between any two", curves, columns, facts),
    ]


def controls_of_credits(parameters: Parameters) -> list[Control]:
    """Plans, fee, length and month."""
    import ipywidgets as w

    outage = parameters["outage"]
    length = w.SelectionSlider(options=lengths(outage), value=outage, readout=False)
    return [
        plans_control("Plans", "policies", parameters["policies"]),
        fee_control(parameters["fee"]),
        Control("Length of the outage", length, lambda value: {"outage": value}, say=str),
        month_control(parameters["month"]),
    ]


def plans_control(label: str, name: str, chosen: Sequence[str]) -> Control:
    """Choose plans: type or pick one to add it, × to take it away."""
    import ipywidgets as w

    known = list(dict.fromkeys([*chosen, *every_plan()]))
    tags = w.TagsInput(value=list(chosen), allowed_tags=known, allow_duplicates=False)
    place = w.Layout(width="auto")
    more = w.Combobox(options=known, placeholder="add a plan: type a provider", continuous_update=False, layout=place)
    said = w.HTML()

    def add(change: Mapping[str, Any]) -> None:
        asked = change["new"].strip()
        said.value = "" if asked in ("", *known) else html.escape(f"No plan {asked}: {one_of(known, asked)}.")
        if asked in known:
            tags.value = list(dict.fromkeys([*tags.value, asked]))
            more.value = ""

    more.observe(add, names="value")
    return Control(label, tags, lambda value: {name: list(value)}, below=[more, said])


def plan_control(plan: str, *, whole: bool, unset: Parameters) -> Control:
    """Choose one plan; what was about the one before is unset. `whole`: policies with all their tiers as well."""
    import ipywidgets as w

    tiered = {name for name in library() if find_policy(name).tiers}
    known = [name for name in every_plan() if whole or name not in tiered]
    words = {name: f"{name} (all tiers)" if name in tiered else name.replace(":", " · ") for name in known}
    options = [(words.get(name, name), name) for name in dict.fromkeys([*known, plan])]
    choice = w.Dropdown(options=options, value=plan)
    return Control("Contract", choice, lambda value: {**unset, "policy": value}, renews=True)


@lru_cache(maxsize=1)
def every_plan() -> tuple[str, ...]:
    """Names of all plans of the library: of each policy with tiers, itself and its tiers."""
    names: list[str] = []
    for name in library():
        names += [name, *(f"{name}:{tier}" for _, tier in tiers_of(find_policy(name)) if tier)]
    return tuple(names)


def fee_control(fee: float) -> Control:
    """Set the monthly fee."""
    import ipywidgets as w

    box = w.BoundedFloatText(value=fee, min=0, max=10**9, step=100)
    return Control("Monthly fee", box, lambda value: {"fee": value})


def month_control(month: str) -> Control:
    """Drag the month."""
    import ipywidgets as w

    slider = w.SelectionSlider(options=months(month), value=month, readout=False)
    return Control("Month", slider, lambda value: {"month": value}, say=month_words)
