"""Explore a contract: its terms, findings and open questions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache, partial
from typing import NamedTuple

import polars as pl
from great_tables import GT

from slakit.arguments import checked
from slakit.finding.model import COUNTED
from slakit.finding.run import findings
from slakit.measure.budgets import window_budgets
from slakit.policy.card import policy_card
from slakit.policy.document import Policy
from slakit.policy.files import find_policy, policy_and_tier, tiers_of
from slakit.policy.plan_names import plan_name
from slakit.policy.terms import Terms
from slakit.remedy.values import guarantee_value
from slakit.show.charts.budgets import chart_budgets
from slakit.show.charts.values import chart_guarantee_values
from slakit.show.columns import Column
from slakit.show.excel.findings import findings_sheet
from slakit.show.excel.sheets import Sheet
from slakit.show.explorers.choices import months
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.explorer import Explorer
from slakit.show.explorers.shared_controls import month_control, plan_control
from slakit.show.explorers.view import View
from slakit.show.labels import counted, document_text
from slakit.show.tables.card import show_card, show_questions
from slakit.show.tables.findings import show_findings, show_guarantee_values
from slakit.show.tables.plans import show_budgets

POLICY_CARD = "policy_card"


@checked
def explore_policy(policy: str = "klikk", *, month: str | None = None) -> Explorer:
    """Explore a contract: its terms with their clauses, findings, open questions and budgets.

    Parameters
    ----------
    policy
        An id of the library, or a path; alone (all its tiers) or with a tier: `klikk:gold`.
    month
        The month that budgets are shown for (`2026-10`); this month, if not given.

    Raises
    ------
    InputError
        The policy or its tier is unknown, or the month is not one.

    Examples
    --------
    >>> explore_policy("wp-heaven", month="2026-10")
    WP Heaven · WordPress hosting: 1 contradiction or error, 6 missing terms
    """
    given = {"policy": policy, "month": month or f"{date.today():%Y-%m}"}
    contracts = lru_cache(maxsize=16)(contract_of)
    return Explorer(POLICY_CARD, partial(render_policy, contracts), given, controls_of_policy)


def render_policy(contracts: Callable[[str, str | None], ContractParts], parameters: Parameters) -> View:
    """Render the view of `explore_policy`."""
    name, tier = policy_and_tier(parameters["policy"])
    months(parameters["month"])
    contract = contracts(name, tier)
    policy, found = contract.policy, contract.found
    budgets = pl.concat([window_budgets(one, parameters["month"]) for one in contract.terms])
    counts = dict(found["severity"].value_counts().iter_rows())
    defects, missing = (counted(counts.get(severity, 0), *COUNTED[severity]) for severity in ("defect", "gap"))
    # The most severe finding, and where the text comes from.
    told = [f"{sentence.rstrip('.')}." for sentence in found.filter(pl.col("severity") == "defect")["sentence"].head(1)]
    told.append(f"{counted(len(policy.readings), 'open question').capitalize()}.")
    told.append(f"{document_text(policy.source)}.")

    def sheets() -> list[Sheet]:
        card = pl.DataFrame(policy_card(policy, tier), schema=["part", "term", "says", "clause"], orient="row")
        titled = f"{policy.provider} · {policy.service}"
        return [
            Sheet("Terms", titled, card, [Column(name, name.capitalize()) for name in card.columns]),
            findings_sheet(found),
            Sheet("Budgets", "Allowed downtime", budgets, [
                Column("tier", "Tier (id)"), Column("guarantee_name", "Guarantee"),
                Column("window_start", "Window from"), Column("window_end", "Window to"),
                Column("target", "Committed", "percent"),
                Column("agreed_seconds", "Agreed service time"), Column("budget_seconds", "Allowed downtime"),
                Column("commitment", "Commitment"), Column("clause", "Clause"),
            ]),
        ]  # fmt: skip

    return View(
        label=f"{policy.provider} · {policy.service}" + (f" · {plan_name('', tier)}" if tier else ""),
        value=f"{defects}, {missing}",
        note=" ".join(told),
        chart=chart_budgets(budgets),
        tables={**contract.tables, "Budgets": lambda: show_budgets(budgets)},
        charts={"Guarantee values": lambda: chart_guarantee_values(contract.values)},
        sheets=sheets,
    )


class ContractParts(NamedTuple):
    """Parts of a contract that do not depend on the month."""

    policy: Policy
    terms: list[Terms]
    found: pl.DataFrame
    values: pl.DataFrame
    tables: dict[str, Callable[[], GT]]


def contract_of(name: str, tier: str | None) -> ContractParts:
    """Read a contract: once for an explorer, which may be dragged through the months."""
    policy = find_policy(name)
    terms = [policy.terms(tier=own) for _, own in tiers_of(policy) if tier in (None, own)] or [policy.terms(tier=tier)]
    found, values = findings(policy, tier=tier), guarantee_value(terms)
    tables: dict[str, Callable[[], GT]] = {
        "Terms": lambda: show_card(policy, tier),
        "Findings": lambda: show_findings(found),
        "Open questions": lambda: show_questions(policy),
        "Guarantee values": lambda: show_guarantee_values(values),
    }
    return ContractParts(policy, terms, found, values, tables)


def controls_of_policy(parameters: Parameters) -> list[Control]:
    """Return controls of contract and month."""
    return [plan_control(parameters["policy"], whole=True, unset={}), month_control(parameters["month"])]
