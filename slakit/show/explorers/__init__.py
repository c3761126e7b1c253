"""Explorers: views with controls, for JupyterLab and for a page of Voila; as they are, everywhere else."""

from slakit._import_guard import without_slow_imports

with without_slow_imports():  # altair and anywidget would bring the slow one with them
    import altair  # noqa: F401
    import anywidget  # noqa: F401
