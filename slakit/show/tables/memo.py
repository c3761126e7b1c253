"""Tables that can be pasted into a memo: text only, and text stays text, whatever it says."""

from __future__ import annotations

import html
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import polars as pl
from great_tables import GT, loc, style

from slakit.policy.printing import print_count

MOST_ROWS = 1_000
MOST_LINES = 20
ROW = re.compile(r"<tr>(?:(?!</tr>).)*?gt_row.*?</tr>", re.DOTALL)
CELL = re.compile("<td ")
STYLE_ELEMENT = re.compile("<style>(.*?)</style>", re.DOTALL)
EMPHASIS = "var(--slakit-emphasis, #D55E00)"
"""Vermillion, legible on light and on dark pages; a page that knows which it is says how light it should be."""
BEST = "var(--slakit-best, #009E73)"
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


class MemoTable(GT):
    """A table of great_tables that weighs little: a report has a dozen of them, and a batch has thousands of reports.

    In HTML it carries no style that it does not use; where HTML is not shown, it is its text.
    """

    def as_raw_html(self, *args: Any, **options: Any) -> str:
        """Return the table as HTML.

        Parameters
        ----------
        args, options
            As great_tables takes them.
        """
        whole = ROW.sub(self._labelled, super().as_raw_html(*args, **options))
        used = {name for names in re.findall(r'class="([^"]*)"', whole) for name in names.split()}
        return STYLE_ELEMENT.sub(lambda style: f"<style>{_used_rules(style[1], used)}</style>", whole)

    def _labelled(self, row: re.Match[str]) -> str:
        """Name the column in each cell of a row: on a phone, rows are shown as lists."""
        headings = (html.escape(str(column.column_label or "")) for column in self._boxhead._get_default_columns())
        return CELL.sub(lambda cell: f'{cell[0]}data-label="{next(headings, "")}" ', row[0])

    def __repr__(self) -> str:
        """Return the table as text."""
        table: Any = self._tbl_data
        rows = table.head(MOST_LINES)
        left = len(table) - len(rows)
        lines = [str(self._heading.title or ""), " | ".join(rows.columns), *map(" | ".join, rows.iter_rows())]
        return "\n".join(lines + [f"… and {print_count(left)} more rows"] * (left > 0))


def _used_rules(css: str, used: set[str]) -> str:
    """Drop the rules of a style sheet for classes that are not used, and what only spaces it out."""
    if "@" in css:  # rules within rules
        return css
    kept = []
    for selectors, properties in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        own = [one.strip() for one in selectors.split(",") if used.issuperset(re.findall(r"\.([\w-]+)", one))]
        for side in re.findall(r"border-(\w+)-style:\s*none", properties):  # then it has no width and no colour
            properties = re.sub(rf"border-{side}-(width|color):[^;]*;", "", properties)
        tight = re.sub(r"\s*([;,:])\s*", r"\1", " ".join(properties.split()))
        kept.extend([f"{','.join(own)}{{{tight}}}"] if own else [])
    return "\n".join(kept)


def memo_table(rows: Sequence[Mapping[str, str]], memo: Memo, otherwise: str) -> MemoTable:
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
            MemoTable(pl.DataFrame({"note": [otherwise]})).tab_options(column_labels_hidden=True),
            Memo(memo.title, memo.subtitle),
        )
    if len(rows) > MOST_ROWS:  # nobody would read them all
        notes = [*memo.notes, f"The first {print_count(MOST_ROWS)} of {print_count(len(rows))} rows."]
        rows = rows[:MOST_ROWS]
        memo = replace(memo, notes=notes, strong=[row for row in memo.strong if row < MOST_ROWS])
    table = MemoTable(pl.DataFrame(list(rows), infer_schema_length=None), groupname_col=memo.groups)
    if memo.numbers:
        table = table.cols_align("right", columns=list(memo.numbers))
    if memo.dates:
        table = table.tab_style(style.css("white-space: nowrap;"), loc.body(columns=list(memo.dates)))
    if memo.widths:
        table = table.cols_width(cases=dict(memo.widths))
    if memo.strong:
        table = table.tab_style(style.text(color=EMPHASIS, weight="bold"), loc.body(rows=list(memo.strong)))
    return _dressed(table, memo)


def _dressed(table: MemoTable, memo: Memo) -> MemoTable:
    table = table.tab_header(title=memo.title, subtitle=memo.subtitle or None).opt_align_table_header("left")
    for note in memo.notes:
        table = table.tab_source_note(note)
    name = f"t{uuid.uuid4().hex[:8]}"  # short: it stands before every rule, and in every cell
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
