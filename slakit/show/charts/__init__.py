"""Charts. Each answers one question, and says the answer in its title."""

from __future__ import annotations

from slakit._import_guard import without_slow_imports

with without_slow_imports():  # altair would bring the slow one with it
    from slakit.show.charts.allowance import chart_allowance
    from slakit.show.charts.budgets import chart_budgets
    from slakit.show.charts.claims import chart_claims
    from slakit.show.charts.comparison import chart_readings, chart_same_outages
    from slakit.show.charts.curves import chart_credit_curves
    from slakit.show.charts.incident import chart_incident
    from slakit.show.charts.outages import chart_outages
    from slakit.show.charts.pictures import picture, save_chart
    from slakit.show.charts.ranking import chart_ranking
    from slakit.show.charts.tickets import chart_answers, chart_backups, chart_recoveries
    from slakit.show.charts.values import chart_guarantee_values

__all__ = [
    "chart_allowance",
    "chart_answers",
    "chart_backups",
    "chart_budgets",
    "chart_claims",
    "chart_credit_curves",
    "chart_guarantee_values",
    "chart_incident",
    "chart_outages",
    "chart_ranking",
    "chart_readings",
    "chart_recoveries",
    "chart_same_outages",
    "picture",
    "save_chart",
]
