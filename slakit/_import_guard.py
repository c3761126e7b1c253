"""Imports without a module that costs every process more than a second and that nothing here needs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

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
