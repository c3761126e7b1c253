"""Explorers: views with controls, for JupyterLab and for a page of Voila; as they are, everywhere else."""

from __future__ import annotations

from slakit.light import without_slow_imports

with without_slow_imports():  # altair and anywidget would bring the slow one with them
    from slakit.show.widgets.credits import explore_credits
    from slakit.show.widgets.explorer import Explorer
    from slakit.show.widgets.incident import explore_incident
    from slakit.show.widgets.policy import explore_policy
    from slakit.show.widgets.vendors import explore_vendors

__all__ = ["Explorer", "explore_credits", "explore_incident", "explore_policy", "explore_vendors"]
