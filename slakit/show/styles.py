"""How a workbook looks: formats, widths and heights."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import Any

from slakit.show.excel.cells import Cell

# Vermillion and a pale shade of it: Okabe and Ito, Color Universal Design (2008), as in the charts, darker on a fill.
MISS_INK, MISS_FILL, HEAD_FILL, INK = "#9A3B00", "#FCE9DD", "#E8EDF2", "#5A6068"
BARS = ("#0072B2", "#E69F00")
"""Colours of bars, as in charts of reports."""
LINE = 15
"""Height of a line. [points]"""
NARROWEST, WIDEST = 9, 60
"""Characters in a column."""


@dataclass(frozen=True)
class Styles:
    """Formats of a workbook, each made once."""

    book: Any
    made: dict[Any, Any] = field(default_factory=dict)

    def named(self, **properties: Any) -> Any:
        """Return a format by its properties."""
        return self._once(tuple(properties.items()), properties)

    def of(self, cell: Cell) -> Any:
        """Return how a cell looks. Text has a mark that keeps it text when it is edited."""
        if not isinstance(cell.value, str):
            return self._once(cell.form, {"num_format": cell.form, "valign": "top"})
        aligned = "right" if cell.form else "left"
        look = {"quote_prefix": True, "text_wrap": True, "align": aligned, "valign": "top"}
        return self._once(aligned, look | ({"indent": 1} if aligned == "left" else {}))

    def _once(self, key: Any, properties: dict[str, Any]) -> Any:
        if key not in self.made:
            self.made[key] = self.book.add_format(properties)
        return self.made[key]

    def head(self, side: str) -> Any:
        """Return the look of a heading: above text on its side, above figures on theirs."""
        look = {"bold": True, "bg_color": HEAD_FILL, "bottom": 1, "text_wrap": True, "valign": "top", "align": side}
        return self.named(**look, **({"indent": 1} if side == "left" else {}))


def line_count(text: str, width: int) -> int:
    """Count the lines that a text takes in a column. [width: characters]

    >>> line_count("a" * 70, 60), line_count("one\\ntwo", 60), line_count("one", 60)
    (2, 2, 1)
    """
    if len(text) <= width and "\n" not in text:
        return 1
    return sum(len(textwrap.wrap(line, width)) or 1 for line in text.splitlines())


def widest(heading: str, cells: list[Cell | None], least: int) -> int:
    """Return the width of a column: that of its widest cell, longest word above it or half its heading. [characters]"""
    words = [len(heading) // 2 + 4, *(len(word) + 2 for word in heading.split())]
    return min(WIDEST, max([NARROWEST, least, *words, *(cell.width for cell in cells if cell)]))
