"""The view of an explorer for one choice of its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from great_tables import GT

from slakit.analysis.explain import Explanation
from slakit.show.charts.canvas import Drawing
from slakit.show.excel.comparison import NO_DAY
from slakit.show.excel.sheets import Sheet
from slakit.show.headline import show_headline

ShownTable = GT | Explanation


class SavedFile(NamedTuple):
    """A file that a view can be saved as, beside pictures and a workbook."""

    name: str
    mime: str
    content: Callable[[], bytes]


@dataclass(frozen=True, eq=False)
class View:
    """A value, a sentence, a chart and tables, for one choice of parameters.

    Attributes
    ----------
    label, value, note
        What it is, how much, and the sentence that goes with it.
    chart
        The picture.
    tables
        Heading → what makes the table, for it is made when it is looked at.
    charts
        Heading of a table → what makes the picture that goes with it, where that is another.
    sheets
        Makes the sheets of a workbook.
    made
        When the workbook says that it was made.
    files
        Label of a button → another file to save.
    """

    label: str
    value: str
    note: str
    chart: Drawing
    tables: Mapping[str, Callable[[], ShownTable]]
    sheets: Callable[[], Sequence[Sheet]]
    charts: Mapping[str, Callable[[], Drawing]] = field(default_factory=dict)
    made: datetime = NO_DAY
    files: Mapping[str, SavedFile] = field(default_factory=dict)

    def show(self) -> None:
        """Show all of it as it is, for pages on which nothing can be moved."""
        from IPython.display import display

        show_headline(self.label, self.value, self.note)
        display(self.chart)  # type: ignore[no-untyped-call]
        for heading, table in self.tables.items():
            if heading in self.charts:
                display(self.charts[heading]())  # type: ignore[no-untyped-call]
            display(table())  # type: ignore[no-untyped-call]

    def chart_with(self, heading: str) -> Drawing:
        """Return the picture that goes with a table."""
        return self.charts[heading]() if heading in self.charts else self.chart


def html_of(table: ShownTable) -> str:
    """Return a table as HTML."""
    shown: Any = table.as_raw_html() if isinstance(table, GT) else table._repr_html_()
    return str(shown)
