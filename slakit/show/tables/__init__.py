"""Tables that can be pasted into a memo."""

from __future__ import annotations

from slakit.show.tables.card import show_card, show_questions
from slakit.show.tables.comparison import show_dominance, show_parted, show_readings, show_same_outages, show_terms
from slakit.show.tables.findings import show_findings, show_guarantee_values
from slakit.show.tables.plans import show_budgets, show_payouts, show_support, show_tiers
from slakit.show.tables.ranking import show_ranking
from slakit.show.tables.review import (
    show_assumptions,
    show_attainment,
    show_claims,
    show_credits,
    show_ledger,
    show_warnings,
)
from slakit.show.tables.tickets import (
    headline_recovery,
    headline_tickets,
    show_answer_times,
    show_backups,
    show_late_tickets,
    show_pending_tickets,
    show_recoveries,
)

__all__ = [
    "headline_recovery",
    "headline_tickets",
    "show_answer_times",
    "show_assumptions",
    "show_attainment",
    "show_backups",
    "show_budgets",
    "show_card",
    "show_claims",
    "show_credits",
    "show_dominance",
    "show_findings",
    "show_guarantee_values",
    "show_late_tickets",
    "show_ledger",
    "show_parted",
    "show_payouts",
    "show_pending_tickets",
    "show_questions",
    "show_ranking",
    "show_readings",
    "show_recoveries",
    "show_same_outages",
    "show_support",
    "show_terms",
    "show_tiers",
    "show_warnings",
]
