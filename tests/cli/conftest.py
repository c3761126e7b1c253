"""What the tests of the command line share."""

from __future__ import annotations

from cli_support import run

__all__ = ["run"]
