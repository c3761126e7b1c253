"""slakit: what a service level agreement promises, what happened, what is owed, and until when it can be claimed.

Names are imported when they are first used, so that `import slakit` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from slakit.analysis.assess import assess
    from slakit.analysis.explain import explain
    from slakit.analysis.readings import under_readings
    from slakit.analysis.review import Review
    from slakit.comparison.compare import Comparison, compare
    from slakit.evidence.evidence import Evidence
    from slakit.evidence.files import read_evidence
    from slakit.finding.compensation import Compensation
    from slakit.finding.run import findings
    from slakit.locales import use_locale
    from slakit.measure.budgets import uptime_budget, window_budgets
    from slakit.measure.calendar import Period
    from slakit.measure.conventions import Conventions
    from slakit.policy.document import Policy
    from slakit.policy.files import find_policy, library, policy_schema, read_policy, write_policy
    from slakit.policy.terms import Terms
    from slakit.problems import InputError, Problem
    from slakit.remedy.curves import credit_curve
    from slakit.remedy.values import guarantee_value
    from slakit.show.explorers import explore_credits, explore_incident, explore_policy, explore_vendors

__version__ = "0.1.0"

_HOMES = {
    "assess": "analysis.assess",
    "uptime_budget": "measure.budgets",
    "window_budgets": "measure.budgets",
    "compare": "comparison.compare",
    "Comparison": "comparison.compare",
    "Compensation": "finding.compensation",
    "credit_curve": "remedy.curves",
    "explain": "analysis.explain",
    "findings": "finding.run",
    "under_readings": "analysis.readings",
    "Review": "analysis.review",
    "guarantee_value": "remedy.values",
    "read_evidence": "evidence.files",
    "Evidence": "evidence.tables",
    "use_locale": "locales",
    "Period": "measure.calendar",
    "Conventions": "measure.conventions",
    "Policy": "policy.document",
    "find_policy": "policy.files",
    "library": "policy.files",
    "policy_schema": "policy.files",
    "read_policy": "policy.files",
    "write_policy": "policy.files",
    "Terms": "policy.terms",
    "InputError": "problems",
    "Problem": "problems",
    "explore_credits": "show.explorers",
    "explore_incident": "show.explorers",
    "explore_policy": "show.explorers",
    "explore_vendors": "show.explorers",
}

__all__ = [
    "Comparison",
    "Compensation",
    "Conventions",
    "Evidence",
    "InputError",
    "Period",
    "Policy",
    "Problem",
    "Review",
    "Terms",
    "assess",
    "compare",
    "credit_curve",
    "explain",
    "explore_credits",
    "explore_incident",
    "explore_policy",
    "explore_vendors",
    "find_policy",
    "findings",
    "guarantee_value",
    "library",
    "policy_schema",
    "read_evidence",
    "read_policy",
    "under_readings",
    "uptime_budget",
    "use_locale",
    "window_budgets",
    "write_policy",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'slakit' has no attribute {name!r}")
    return getattr(import_module(f"slakit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
