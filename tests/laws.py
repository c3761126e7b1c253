"""How many random examples a law tries."""

from __future__ import annotations

from typing import Any

from hypothesis import settings

QUICK = 25  # what conftest.py gives the profile `quick`


def examples(quick: int, parent: settings | None = None, **more: Any) -> settings:
    """Try so many examples in the quick run, and as many times more as the profile in force tries more."""
    return settings(parent, max_examples=quick * settings().max_examples // QUICK, **more)
