"""Explore: what does this contract say, and what is wrong with it?"""

from __future__ import annotations

from datetime import date

import polars as pl

from slakit.analysis.budgets import window_budgets
from slakit.analysis.finding import SEVERITIES
from slakit.analysis.findings import findings
from slakit.policy.card import policy_card
from slakit.policy.document import Policy
from slakit.policy.files import find_policy, policy_and_tier, tiers_of
from slakit.show.charts.budgets import chart_budgets
from slakit.show.charts.worth import chart_worth
from slakit.show.choose import worth_of
from slakit.show.sheets import Column, Sheet
from slakit.show.tables.card import show_card, show_questions
from slakit.show.tables.findings import show_findings, show_worth
from slakit.show.tables.plans import show_budgets
from slakit.show.widgets.choices import months
from slakit.show.widgets.credits import month_control
from slakit.show.widgets.explorer import Control, Explorer, Parameters
from slakit.show.widgets.view import View
from slakit.show.words import counted

NOTEBOOK = "policy_card"
ALL = "all tiers"


def explore_policy(policy: str = "klikk", *, month: str | None = None) -> Explorer:
    """What does this contract say? Its terms with their clauses, findings, open questions and budgets.

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
    WP Heaven · Managed WordPress hosting: 3 defects, 8 gaps
    """
    given = {"policy": policy, "month": month or f"{date.today():%Y-%m}"}
    return Explorer(NOTEBOOK, see_policy, given, controls_of_policy)


def see_policy(parameters: Parameters) -> View:
    """The view of `explore_policy`."""
    name, tier = policy_and_tier(parameters["policy"])
    policy = find_policy(name)
    months(parameters["month"])
    terms = [policy.terms(tier=own) for _, own in tiers_of(policy) if tier in (None, own)] or [policy.terms(tier=tier)]
    found = findings(policy, tier=tier)
    budgets = pl.concat([window_budgets(one, parameters["month"]) for one in terms])
    worth = worth_of(terms)
    counts = dict(found["severity"].value_counts().iter_rows())
    return View(
        label=f"{policy.provider} · {policy.service}" + (f" · {tier}" if tier else ""),
        value=f"{counted(counts.get('defect', 0), 'defect')}, {counted(counts.get('gap', 0), 'gap')}",
        note=_told(policy, found),
        chart=chart_budgets(budgets),
        tables={
            "Terms": lambda: show_card(policy, tier),
            "Findings": lambda: show_findings(found),
            "Open questions": lambda: show_questions(policy),
            "Budgets": lambda: show_budgets(budgets),
            "Worth": lambda: show_worth(worth),
        },
        charts={"Worth": lambda: chart_worth(worth)},
        sheets=lambda: _sheets(policy, tier, found, budgets),
    )


def _told(policy: Policy, found: pl.DataFrame) -> str:
    """The gravest finding, and where the text comes from."""
    defects = found.filter(pl.col("severity") == "defect")["sentence"].to_list()
    open_questions = counted(len(policy.readings), "open question")
    source = f"{policy.source.title}, retrieved {policy.source.retrieved}, read: {policy.source.read}."
    return " ".join(
        [f"{sentence.rstrip('.')}." for sentence in defects[:1]] + [f"{open_questions.capitalize()}.", source]
    )


def _sheets(policy: Policy, tier: str | None, found: pl.DataFrame, budgets: pl.DataFrame) -> list[Sheet]:
    card = pl.DataFrame(policy_card(policy, tier), schema=["part", "term", "says", "clause"], orient="row")
    titled = f"{policy.provider} · {policy.service}"
    words = {name: name.capitalize() for name in SEVERITIES}
    return [
        Sheet("Terms", titled, card, [Column(name, name.capitalize()) for name in card.columns]),
        Sheet("Findings", "What a buyer should know", found, [
            Column("severity", "Severity", words=words, strong=[words["defect"]]), Column("about", "About"),
            Column("sentence", "Finding"), Column("figure", "Figure"), Column("clauses", "Clauses"),
            Column("tiers", "Tiers"), Column("code", "Code"),
        ]),
        Sheet("Budgets", "Allowed downtime", budgets, [
            Column("tier", "Tier"), Column("guarantee", "Guarantee"), Column("window_start", "Window from"),
            Column("window_end", "Window to"), Column("target", "Promised", "percent"),
            Column("agreed_seconds", "Agreed service time"), Column("budget_seconds", "Allowed downtime"),
            Column("commitment", "Commitment"), Column("clause", "Clause"),
        ]),
    ]  # fmt: skip


def controls_of_policy(parameters: Parameters) -> list[Control]:
    """Tier and month."""
    import ipywidgets as w

    name, _ = policy_and_tier(parameters["policy"])
    tiers = find_policy(name).tiers
    options = [(ALL, name), *((tier, f"{name}:{tier}") for tier in tiers)]
    choice = w.Dropdown(options=options, value=parameters["policy"])
    plan = [Control("Tier", choice, lambda value: {"policy": value})] if tiers else []
    return [*plan, month_control(parameters["month"])]
