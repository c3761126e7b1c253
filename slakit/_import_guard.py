"""Imports without modules that cost every process much and that nothing here needs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

# jsonschema, wherever Jupyter is installed, imports this module, which builds 35 parsers in order to check
# the form of international web addresses. No notebook contains any. Without the module they are not
# checked.
SLOW = "rfc3987_syntax"


@contextlib.contextmanager
def without_slow_imports() -> Iterator[None]:
    """Import, inside this block, as if the slow module were not installed."""
    if SLOW in sys.modules:
        yield
        return
    sys.modules[SLOW] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop(SLOW, None)


@contextlib.contextmanager
def without_package_contents(name: str) -> Iterator[None]:
    """Import single modules of a package, inside this block, without all those that the package itself imports.

    Parameters
    ----------
    name
        Of the package, like `holidays.countries`: it lies in another, which has been imported.
    """
    if name in sys.modules:
        yield
        return
    around, _, own = name.rpartition(".")
    package = ModuleType(name)
    package.__path__ = [str(Path(folder) / own) for folder in sys.modules[around].__path__]
    sys.modules[name] = package
    try:
        yield
    finally:
        sys.modules.pop(name, None)
