"""The answers people look at: charts, tables and headlines, for notebooks and for memos.

Names are imported when they are first used: a table does not wait for the library of charts.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slakit.show.charts import (
        chart_allowance,
        chart_answers,
        chart_backups,
        chart_budgets,
        chart_claims,
        chart_credit_curves,
        chart_outages,
        chart_recoveries,
    )
    from slakit.show.choose import choose_terms, credit_curves_of, window_budgets_of
    from slakit.show.headline import (
        headline_budgets,
        headline_claims,
        headline_credit_curves,
        headline_review,
        headline_tiers,
        show_headline,
    )
    from slakit.show.tables import (
        headline_desk,
        headline_recovery,
        show_answer_times,
        show_assumptions,
        show_backups,
        show_budgets,
        show_claims,
        show_credits,
        show_late_tickets,
        show_ledger,
        show_payouts,
        show_pending_tickets,
        show_recoveries,
        show_support,
        show_tiers,
    )

_HOMES = {
    "chart_allowance": "charts",
    "chart_answers": "charts",
    "chart_backups": "charts",
    "chart_budgets": "charts",
    "chart_claims": "charts",
    "chart_credit_curves": "charts",
    "chart_outages": "charts",
    "chart_recoveries": "charts",
    "choose_terms": "choose",
    "credit_curves_of": "choose",
    "headline_budgets": "headline",
    "headline_claims": "headline",
    "headline_credit_curves": "headline",
    "headline_desk": "tables",
    "headline_recovery": "tables",
    "headline_review": "headline",
    "headline_tiers": "headline",
    "show_answer_times": "tables",
    "show_assumptions": "tables",
    "show_attainment": "tables",
    "show_backups": "tables",
    "show_budgets": "tables",
    "show_claims": "tables",
    "show_credits": "tables",
    "show_headline": "headline",
    "show_late_tickets": "tables",
    "show_ledger": "tables",
    "show_payouts": "tables",
    "show_pending_tickets": "tables",
    "show_recoveries": "tables",
    "show_support": "tables",
    "show_tiers": "tables",
    "window_budgets_of": "choose",
}

__all__ = [
    "chart_allowance",
    "chart_answers",
    "chart_backups",
    "chart_budgets",
    "chart_claims",
    "chart_credit_curves",
    "chart_outages",
    "chart_recoveries",
    "choose_terms",
    "credit_curves_of",
    "headline_budgets",
    "headline_claims",
    "headline_credit_curves",
    "headline_desk",
    "headline_recovery",
    "headline_review",
    "headline_tiers",
    "show_answer_times",
    "show_assumptions",
    "show_attainment",
    "show_backups",
    "show_budgets",
    "show_claims",
    "show_credits",
    "show_headline",
    "show_late_tickets",
    "show_ledger",
    "show_payouts",
    "show_pending_tickets",
    "show_recoveries",
    "show_support",
    "show_tiers",
    "window_budgets_of",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'slakit.show' has no attribute {name!r}")
    return getattr(import_module(f"slakit.show.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
