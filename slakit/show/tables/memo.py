"""Tables that can be pasted into a memo: text only, and text stays text, whatever it says."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import polars as pl
from great_tables import GT, loc, style

from slakit.policy.printing import print_count

MOST_ROWS = 1_000
EMPHASIS = "#D55E00"
"""Vermillion, legible on light and on dark pages."""
BEST = "#009E73"
"""Bluish green, the same."""
# The ink and the paper of the page: notebooks may be dark, and pages stripe the rows of tables themselves.
STYLE = """
ID table, ID tr, ID th, ID td { background-color: transparent !important; }
ID table, ID tr, ID th, ID .gt_heading, ID .gt_sourcenote { color: inherit !important; }
ID td.gt_row { white-space: pre-line; vertical-align: top; }
ID td.gt_row.gt_right { white-space: nowrap; }
"""


@dataclass(frozen=True)
class Memo:
    """What a table says besides its cells.

    Attributes
    ----------
    title, subtitle
        Above the table.
    notes
        Below it.
    groups
        Column whose values head groups of rows.
    numbers
        Columns that are aligned to the right.
    widths
        Column → width, where it matters.
    strong
        Rows that stand out.
    dates
        Columns that are not broken over lines.
    """

    title: str
    subtitle: str = ""
    notes: Sequence[str] = ()
    groups: str | None = None
    numbers: Sequence[str] = ()
    widths: Mapping[str, str] = field(default_factory=dict)
    strong: Sequence[int] = ()
    dates: Sequence[str] = ()


def memo_table(rows: Sequence[Mapping[str, str]], memo: Memo, otherwise: str) -> GT:
    """Make a table of text; great_tables escapes all of it.

    Parameters
    ----------
    rows
        Column heading → text, the same headings in each.
    otherwise
        What to say where there is no row.
    """
    if not rows:
        return _dressed(
            GT(pl.DataFrame({"note": [otherwise]})).tab_options(column_labels_hidden=True),
            Memo(memo.title, memo.subtitle),
        )
    if len(rows) > MOST_ROWS:  # nobody would read them all
        notes = [*memo.notes, f"The first {print_count(MOST_ROWS)} of {print_count(len(rows))} rows."]
        rows = rows[:MOST_ROWS]
        memo = replace(memo, notes=notes, strong=[row for row in memo.strong if row < MOST_ROWS])
    table = GT(pl.DataFrame(list(rows), infer_schema_length=None), groupname_col=memo.groups)
    if memo.numbers:
        table = table.cols_align("right", columns=list(memo.numbers))
    if memo.dates:
        table = table.tab_style(style.css("white-space: nowrap;"), loc.body(columns=list(memo.dates)))
    if memo.widths:
        table = table.cols_width(cases=dict(memo.widths))
    if memo.strong:
        table = table.tab_style(style.text(color=EMPHASIS, weight="bold"), loc.body(rows=list(memo.strong)))
    return _dressed(table, memo)


def _dressed(table: GT, memo: Memo) -> GT:
    table = table.tab_header(title=memo.title, subtitle=memo.subtitle or None).opt_align_table_header("left")
    for note in memo.notes:
        table = table.tab_source_note(note)
    name = f"slakit-{uuid.uuid4().hex}"
    return (
        table.with_id(name)
        .opt_css(STYLE.replace("ID", f"#{name}"))
        .tab_options(
            table_font_size="13px",
            table_margin_left="0",
            heading_title_font_size="16px",
            heading_title_font_weight="bold",
            heading_subtitle_font_size="13px",
            column_labels_font_weight="bold",
            row_group_font_weight="bold",
            table_border_top_style="none",
            heading_border_bottom_color="#8A8F98",
            source_notes_font_size="12px",
            data_row_padding="5px",
            container_overflow_x="auto",
        )
    )
