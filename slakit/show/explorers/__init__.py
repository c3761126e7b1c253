"""Explorers: views with controls, for JupyterLab and for a page of Voila; as they are, everywhere else."""

from __future__ import annotations

from slakit._import_guard import without_slow_imports

with without_slow_imports():  # altair and anywidget would bring the slow one with them
    from slakit.show.explorers.credits import explore_credits
    from slakit.show.explorers.explorer import Explorer
    from slakit.show.explorers.incident import explore_incident
    from slakit.show.explorers.policy import explore_policy
    from slakit.show.explorers.vendors import explore_vendors

__all__ = ["Explorer", "explore_credits", "explore_incident", "explore_policy", "explore_vendors"]
