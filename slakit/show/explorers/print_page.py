"""A view as one page for paper: its charts as drawings, and all of its tables."""

from __future__ import annotations

import html
from datetime import date

from slakit.show.charts.pictures import picture
from slakit.show.explorers.view import View, html_of
from slakit.show.headline import BOX

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>
@page {{ size: A4; margin: 14mm; }}
body {{ font: 13px/1.45 system-ui, "Liberation Sans", Arial, sans-serif; color: #1a1f27; background: #fff; margin: 0; }}
svg {{ max-width: 100%; height: auto; }} table {{ width: 100%; }} tfoot {{ display: table-row-group !important; }}
table.gt_table {{ font-size: 11px !important; }} .gt_group_heading_row {{ break-after: avoid; }}
td.gt_row {{ white-space: pre-line !important; }} div:has(> table) {{ overflow: visible !important; }}
tr, figure {{ break-inside: avoid; }} figure {{ margin: 1rem 0; }} section {{ margin: 1.25rem 0; }}
</style></head><body>{body}<p>{made}</p></body></html>"""


def page_to_print(name: str, view: View) -> str:
    """Make a page of a view: its figure, and every table with the picture that goes with it.

    Parameters
    ----------
    name
        What the file is called, if the page is saved as PDF.
    view
        What is shown.
    """
    shown = {"label": view.label, "value": view.value, "note": view.note}
    parts = [BOX.format(**{key: html.escape(text) for key, text in shown.items()})]
    charts = [view.chart, *(make() for make in view.charts.values())]
    parts += [f"<figure>{picture(chart, 'svg').decode()}</figure>" for chart in charts]
    parts += [f"<section>{html_of(make())}</section>" for make in view.tables.values()]
    return PAGE.format(title=html.escape(name), body="".join(parts), made=f"Made {date.today()} with slakit.")
