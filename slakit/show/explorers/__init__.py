"""Explorers: views with controls, for JupyterLab and for a page of Voila; as they are, everywhere else."""

from slakit._import_guard import without_slow_imports

with without_slow_imports():  # it would bring the slow one with it
    import anywidget  # noqa: F401
