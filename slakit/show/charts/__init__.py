"""Charts. Each answers one question, and says the answer in its title."""

from slakit._import_guard import without_slow_imports

with without_slow_imports():  # altair would bring the slow one with it
    import altair  # noqa: F401
