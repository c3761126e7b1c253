"""What the tests of claims share."""

from __future__ import annotations

from cli_support import run

__all__ = ["run"]
