"""Explore the credit due for an outage, at each plan, by its length."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial

import polars as pl

from slakit.arguments import checked
from slakit.measure.calendar import MICROSECOND
from slakit.policy.files import find_terms
from slakit.policy.printing import listed, percent_text, print_number
from slakit.policy.terms import Terms
from slakit.remedy.curves import credit_curve
from slakit.remedy.fees import exact_fee
from slakit.show.charts.curves import chart_credit_curves
from slakit.show.columns import Column
from slakit.show.deduplicate import Line, lines_of, plans_name
from slakit.show.excel.sheets import Fact, Sheet
from slakit.show.explorers.choices import length_of, lengths, month_words, months
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.shared_controls import fee_control, month_control, plans_control
from slakit.show.explorers.view import View
from slakit.show.labels import length_text, terms_name
from slakit.show.tables.plans import show_payouts, show_tiers

WHAT_IF = "what_if"
USUAL_PLANS = ("klikk", "wp-heaven", "klink-cloud", "cloudworkz")
DRAWN_HOURS = Decimal(72)
"""Longest outage that is drawn, unless a longer one is looked at. [h]"""


@checked
def explore_credits(
    policies: Iterable[str] = USUAL_PLANS,
    *,
    policy: str = "",
    fee: float = 1000,
    outage: str = "4h",
    month: str | None = None,
) -> Explorer:
    """Explore the credit for one outage by its length: choose plans, set the fee, drag the length and the month.

    Parameters
    ----------
    policies
        Ids of the library, or paths of policy files, each alone (all its tiers) or with a tier: `klikk:gold`.
    policy
        The plan that the headline is about, where it is among those compared; otherwise it is the highest credit.
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
    Credit for one outage of 12h: 3.33 % of the fee at Klikk Gold
    """
    chosen = {
        "policies": list(policies), "policy": policy, "fee": fee, "outage": outage,
        "month": month or f"{date.today():%Y-%m}",
    }  # fmt: skip

    @lru_cache(maxsize=64)
    def priced(policies: tuple[str, ...], fee: float, month: str) -> tuple[list[Terms], pl.DataFrame]:
        # Curves do not depend on the length that is looked at: a hand that drags it does not wait for them.
        terms = find_terms(policies)
        return terms, credit_curve(terms, fee=fee, month=month)

    def batched(parameters: Parameters) -> Parameters:
        return {name: value for name, value in parameters.items() if name != "policy" or value}

    return Explorer(WHAT_IF, partial(render_credits, priced), chosen, controls_of_credits, beside=batched)


Priced = Callable[[tuple[str, ...], float, str], tuple[list[Terms], pl.DataFrame]]


def render_credits(priced: Priced, parameters: Parameters) -> View:
    """Render the view of `explore_credits`."""
    policies, fee, month = tuple(parameters["policies"]), parameters["fee"], parameters["month"]
    length = length_of(parameters["outage"], "outage")
    months(month)
    exact_fee(fee)
    terms, curves = priced(policies, fee, month)
    seconds = Decimal(length // MICROSECOND).scaleb(-6)
    paid = credit_curve(terms, fee=fee, month=month, at=[length])
    lines = sorted(lines_of(paid.filter(pl.col("availability").is_not_null())), key=lambda line: -line.points[0][1])
    value, note = _told(lines, seconds)
    about = ""
    own = [one for one in terms if parameters["policy"] in (one.policy, f"{one.policy}:{one.tier}")]
    if parameters["policy"] and own:
        about = f" at {listed(dict.fromkeys(terms_name(one) for one in own))}"
        own_lines = lines_of(
            credit_curve(own, fee=fee, month=month, at=[length]).filter(pl.col("availability").is_not_null())
        )
        value, note = _of_one(own_lines, f"{value}. {note}".strip())
    note = " ".join(filter(None, [note, _by_incident(paid), _without_curve(terms, paid)]))

    def sheets() -> list[Sheet]:
        facts = [Fact(name.capitalize(), "text", str(parameters[name])) for name in ("outage", "month")]
        facts.append(Fact("Fee", "number", fee))
        columns = [
            Column("provider", "Provider"), Column("tier", "Tier (id)"), Column("remedy_name", "Remedy"),
            Column("guarantee_name", "Guarantee"), Column("target", "Committed", "percent"),
            Column("allowed_seconds", "Allowed"),
            Column("downtime_seconds", "Outage"), Column("availability", "Availability", "percent"),
            Column("credit_percent", "Credit", "percent"), Column("amount", "Amount", "money"),
            Column("currency", "Currency"),
        ]  # fmt: skip
        return [
            Sheet("Outage", "Credit for the outage", paid, columns, facts),
            Sheet("Curves", "Credit curves: break points, a straight line between any two", curves, columns, facts),
        ]

    return View(
        label=f"Credit for one outage of {length_text(seconds)}{about}",
        value=value,
        note=f"{note} Measurement windows of {month_words(month)}; monthly fee {print_number(fee)}.",
        chart=chart_credit_curves(curves, float(DRAWN_HOURS), seconds),
        tables={"Credits": lambda: show_payouts(paid, fee), "Guarantees": lambda: show_tiers(terms)},
        sheets=sheets,
    )


def _told(lines: Sequence[Line], seconds: Decimal) -> tuple[str, str]:
    """Say the highest credit and who pays it, and what the others pay."""
    if not lines:
        return "no guarantee", f"No guarantee here is about an outage of {length_text(seconds)}."
    by_credit: dict[Decimal, list[str]] = {}
    for line in lines:
        by_credit.setdefault(line.points[0][1], []).append(line.name)
    (most, best), *others = by_credit.items()
    said = [
        f"{listed(names)} {'pays' if len(names) == 1 else 'pay'} {percent_text(credit, 2) if credit else 'no credit'}"
        for credit, names in others
    ]
    if not most:
        return "no credit", f"No plan pays a credit for {length_text(seconds)}."
    return f"{percent_text(most, 2)} of the fee at {listed(best)}", f"{'; '.join(said)}." if said else ""


def _of_one(lines: Sequence[Line], compared: str) -> tuple[str, str]:
    """Say the credit of the plan that the headline is about; what all plans pay comes after it."""
    if not lines:
        return "no guarantee", f"Highest: {compared}"
    least, most = (choose(line.points[0][1] for line in lines) for choose in (min, max))
    value = f"{percent_text(most, 2)} of the fee" if most else "no credit"
    return value if least == most else f"{percent_text(least, 2)} to {value}", f"Highest: {compared}"


def _by_incident(paid: pl.DataFrame) -> str:
    """List credits for a single incident, which stand beside those of the window and not in the curve."""
    windows = paid.filter(pl.col("availability").is_not_null())["policy"].unique()
    beside = paid.filter(pl.col("availability").is_null() & (pl.col("credit_percent") > 0))
    beside = beside.filter(pl.col("policy").is_in(windows.implode()))
    keys = ["policy", "remedy_name", "credit_percent"]
    alike = beside.group_by(keys, maintain_order=True).agg("tier")
    said = [
        f"{plans_name(policy, tiers, paid)} pays {percent_text(credit, 2)} ({remedy})"
        for policy, remedy, credit, tiers in alike.iter_rows()
    ]
    return f"In addition, for each incident: {'; '.join(said)}." if said else ""


def _without_curve(terms: Sequence[Terms], paid: pl.DataFrame) -> str:
    """List plans without a guarantee about outages, and those drawn as if all requests failed in the outage."""
    priced = set(paid.select("policy", "tier").iter_rows())
    silent = dict.fromkeys(terms_name(one) for one in terms if (one.policy, one.tier) not in priced)
    drawn = {one.policy: paid.filter(pl.col("policy") == one.policy)["guarantee"].to_list() for one in terms}
    sampled = dict.fromkeys(
        terms_name(one) for one in terms if any(g.on_measurements and g.id in drawn[one.policy] for g in one.guarantees)
    )
    said = f"Not drawn: {listed(silent)}, without a guarantee about outages or availability. " * bool(silent)
    said += f"At {listed(sampled)} measured requests decide: in an outage all of them fail." * bool(sampled)
    return said.strip()


def controls_of_credits(parameters: Parameters) -> list[Control]:
    """Return controls of plans, fee, length and month."""
    import ipywidgets as w

    outage = parameters["outage"]
    length = w.SelectionSlider(options=lengths(outage), value=outage, readout=False)
    return [
        plans_control("Plans", "policies", parameters["policies"]),
        fee_control(parameters["fee"]),
        Control("Length of the outage", length, lambda value: {"outage": value}, say=str),
        month_control(parameters["month"]),
    ]
