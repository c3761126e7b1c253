"""What lower rooms may ask of higher ones without knowing them: `slakit` itself fills it in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

write_workbook: Callable[[object, str | Path], None]
"""Write a review or a comparison as a workbook; see `slakit.show.excel.results.result_workbook`."""
