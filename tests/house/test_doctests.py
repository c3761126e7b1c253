"""Every example in a docstring runs."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import slakit

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(slakit.__path__, "slakit.")
    if not module.name.endswith(("__main__", ".preloaded"))
)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_hold(name: str) -> None:
    outcome = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert outcome.failed == 0
