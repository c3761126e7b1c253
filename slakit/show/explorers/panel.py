"""The widgets of an explorer: controls beside what they show."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from slakit.problems import InputError, Problem
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.view import View, html_of
from slakit.show.headline import BOX

if TYPE_CHECKING:
    from slakit.show.explorers.chart_view import ChartView

PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PANEL_STYLE = """<style>
.slakit-explorer { display: flex; flex-flow: row wrap; gap: 1rem 1.75rem; align-items: flex-start; overflow: visible; }
.slakit-controls { flex: 1 1 17rem; max-width: 24rem; min-width: 15rem; overflow: visible; }
.slakit-seen { flex: 8 1 30rem; min-width: 0; max-width: 64rem; overflow: visible; }
.slakit-controls b { font-size: 1.05em; } .slakit-label { line-height: 1.35; white-space: normal; margin-top: .35rem; }
.slakit-controls .jupyter-widgets { box-sizing: border-box; }
.slakit-seen .widget-html-content, .slakit-controls .widget-html-content { line-height: 1.4; }
.slakit-tables { overflow-x: auto; max-width: 100%; }
.slakit-alert [role=alert] { border-left: 4px solid #D55E00; padding: .3rem 0 .3rem 1rem; white-space: pre-wrap; }
.slakit-controls .jupyter-widget-tag-close { visibility: visible !important; }
.slakit-controls .jupyter-widget-tag-close:focus-visible { outline: 2px solid currentColor; }
.slakit-row { flex-flow: row wrap; gap: .25rem; }
.slakit-chart { overflow-x: auto; }
@media screen and (max-width: 60rem) {
  .slakit-explorer { flex-flow: column nowrap; align-items: stretch; gap: .75rem; } .slakit-seen { display: contents; }
  .slakit-explorer > .slakit-controls { order: 2; max-width: none; flex: none; } .slakit-seen > * { order: 3; }
  .slakit-seen > :is(.slakit-alert, .slakit-figure) { order: 0; } .slakit-seen > .slakit-chart { order: 1; }
}
@media screen and (max-width: 46rem) {
  .slakit-tables .gt_table, .slakit-tables .gt_table :is(tbody, tfoot, tr, td.gt_row, .gt_sourcenote) {
    display: block; width: auto !important;
  }
  .slakit-tables .gt_table .gt_col_headings { display: none !important; }
  .slakit-tables .gt_table tr:has(> td.gt_row) { border-bottom: 1px solid #8a8f98; padding: .35rem 0; }
  .slakit-tables .gt_table td.gt_row[data-label] {
    display: flex; justify-content: space-between; gap: 1rem; border: 0 !important; padding: .1rem 0 !important;
    text-align: right !important; white-space: pre-line !important;
  }
  .slakit-tables .gt_table td.gt_row[data-label]::before {
    content: attr(data-label); opacity: .75; text-align: left; flex: 0 0 38%;
  }
}
@media print {
  .slakit-controls, .slakit-row, .slakit-batch, .slakit-seen > .widget-toggle-buttons { display: none !important; }
  .slakit-explorer, .slakit-seen { display: block !important; } .slakit-chart { overflow: visible; }
  .slakit-explorer table.gt_table { font-size: 11px !important; } .gt_group_heading_row { break-after: avoid; }
  .slakit-explorer .gt_table tfoot { display: table-row-group; } .slakit-explorer .gt_table tr { break-inside: avoid; }
  .slakit-explorer div:has(> .gt_table) { overflow: visible !important; }
  .slakit-explorer td.gt_row { white-space: pre-line !important; }
  .slakit-explorer svg.marks { max-width: 100%; height: auto; }
}
</style>"""
ALERT = '<div role="alert"><b>{what}</b>\n{why}\nThe last view that could be shown is below.</div>'
COPIED = '<div role="status">Copied: a plan for <code>slakit batch</code>. Save it beside the notebook.</div>'


class Explored(Protocol):
    """An explorer, as its panel knows it."""

    name: str
    view: View
    parameters: Parameters

    def controls(self) -> Sequence[Control]:
        """List controls for the parameters as they are."""

    def update(self, changes: Parameters) -> None:
        """Take other parameters, whose controls show them already."""

    def batch_plan(self) -> str:
        """Write a plan for `slakit batch` that makes this view."""


class Panel:
    """The widgets of an explorer."""

    def __init__(self, explorer: Explored, controls: Sequence[Control]) -> None:
        import ipywidgets as w

        from slakit.show.explorers.chart_view import ChartView

        self.explorer = explorer
        self.controls: dict[str, Control] = {}
        self.chart_view: ChartView = ChartView()
        self.alert, self.figure, self.table, self.plan = w.HTML(), w.HTML(), w.HTML(), w.Textarea(rows=12)
        self.copied = w.HTML().add_class("slakit-batch")
        self.plan.add_class("slakit-batch")
        self.chart_view.on_copied = lambda: setattr(self.copied, "value", COPIED)
        self.alert.add_class("slakit-alert")
        self.figure.add_class("slakit-figure")
        self.chart_view.add_class("slakit-chart")
        self.table.add_class("slakit-tables")
        self._made: object = None
        self._refused: dict[str, tuple[dict[str, Any], str]] = {}
        self.chosen = w.ToggleButtons(options=list(explorer.view.tables), style={"button_width": "auto"})
        self.plan.layout = w.Layout(display="none", width="100%")
        self.beside = w.VBox()
        self.widget = self._laid_out(w)
        self.chosen.observe(lambda _: self._guarded(self._show_table), names="value")
        self._place(controls)
        self._show()

    def _laid_out(self, w: Any) -> Any:
        """Lay out controls on the left, or on top where there is little room; the view beside them."""
        name, buttons = self.explorer.name, w.HBox()
        for label, icon, act in (
            ("Run this in batch", "copy", self._show_plan),
            ("Picture (PNG)", "download", lambda: self._download(f"{name}.png")),
            ("Picture (SVG)", "download", lambda: self._download(f"{name}.svg")),
            ("Excel", "download", lambda: self._download(f"{name}.xlsx")),
            ("Print or PDF", "print", self._print),
            *((label, "download", partial(self._save_file, label)) for label in self.explorer.view.files),
        ):
            button = w.Button(description=label, icon=icon, layout=w.Layout(width="auto"))
            button.on_click(lambda _, act=act: self._guarded(act))
            buttons.children += (button,)
        buttons.children += (self.copied,)
        buttons.add_class("slakit-row")
        seen = w.VBox([self.alert, self.figure, self.chart_view, self.chosen, self.table, buttons, self.plan])
        for box, css_class in ((self.beside, "slakit-controls"), (seen, "slakit-seen")):
            box.add_class(css_class)
        whole = w.Box([w.HTML(PANEL_STYLE, layout=w.Layout(display="none")), self.beside, seen])
        whole.add_class("slakit-explorer")
        return whole

    def refresh(self) -> None:
        """Show the explorer as it is, with controls that say so."""
        self._refused.clear()
        self._place(self.explorer.controls())
        if list(self.explorer.view.tables) != list(self.chosen.options):
            self.chosen.options = list(self.explorer.view.tables)
        self._show()

    def _place(self, controls: Sequence[Control]) -> None:
        """Put controls where those before were, and listen to them."""
        import ipywidgets as w

        self.controls = {control.label: control for control in controls}
        self.beside.children = [control.laid_out(w) for control in controls]
        for control in controls:
            control.widget.observe(lambda change, control=control: self._moved(control, change["new"]), names="value")

    def _moved(self, control: Control, value: Any) -> None:
        """Show what a control says; the last good view stays where that is nothing, or cannot be drawn.

        What was refused before still stands in its control: it is taken along if it is right by now.
        """
        self._refused.pop(control.label, None)
        own = dict(control.read(value))
        waiting = {name: said for changes, _ in self._refused.values() for name, said in changes.items()}
        if self._follows({**waiting, **own}, control):
            self._refused.clear()
        elif not waiting or not self._follows(own, control):
            self._refused[control.label] = (own, self.alert.value)
        self.alert.value = "".join(said for _, said in self._refused.values())

    def _follows(self, changes: dict[str, Any], control: Control) -> bool:
        """Show a change, or leave all as it was."""
        before = (self.explorer.parameters, self.explorer.view)

        def follow() -> None:
            self.explorer.update(changes)
            self._show()
            if control.renews:
                self.refresh()

        done = self._guarded(follow)
        if not done:
            self.explorer.parameters, self.explorer.view = before
        return done

    def _guarded(self, act: Callable[[], None]) -> bool:
        """Do something; say in words what went wrong."""
        try:
            act()
        except InputError as error:
            said = "\n".join(str(problem) for problem in error.problems)
            self.alert.value = ALERT.format(what="This cannot be shown.", why=html.escape(said))
            return False
        except Exception as error:  # whatever happens, whoever moves the control must see it, and see it here
            said = html.escape(f"{type(error).__name__}: {error}")
            self.alert.value = ALERT.format(what="Something went wrong.", why=said)
            return False
        self.alert.value = ""
        return True

    def _show(self) -> None:
        view = self.explorer.view
        shown = {"label": view.label, "value": view.value, "note": view.note}
        figure = BOX.format(**{name: html.escape(text) for name, text in shown.items()})
        self._show_table()
        self.figure.value = figure
        if self.plan.layout.display != "none":
            self.plan.value = self.explorer.batch_plan()

    def _show_table(self) -> None:
        """Show the table that is chosen, and the picture that goes with it."""
        chart = self.explorer.view.chart_with(self.chosen.value)
        make = self.explorer.view.tables[self.chosen.value]
        if make is not self._made:  # a table that is made by the same is the same
            self.table.value, self._made = html_of(make()), make
        self.chart_view.show(chart)

    def _show_plan(self) -> None:
        """Show the plan and copy it, or hide it."""
        hidden = self.plan.layout.display == "none"
        self.plan.layout.display = "" if hidden else "none"
        self.copied.value = ""
        if hidden:
            self.plan.value = self.explorer.batch_plan()
            self.chart_view.copy(self.plan.value)

    def _save_file(self, label: str) -> None:
        """Let the browser save another file of the view."""
        if label not in self.explorer.view.files:
            raise InputError(label, [Problem(label, None, "nothing to save", "take back what was chosen last")])
        name, mime, content = self.explorer.view.files[label]
        self.chart_view.save(name, mime, content())

    def _print(self) -> None:
        """Let the browser print the view with all its tables, or save it as PDF."""
        from slakit.show.explorers.print_page import page_to_print

        self.chart_view.print(page_to_print(self.explorer.name, self.explorer.view))

    def _download(self, name: str) -> None:
        """Let the browser save a picture or a workbook."""
        view, suffix = self.explorer.view, Path(name).suffix
        if suffix in PICTURES:
            from slakit.show.charts.pictures import picture

            drawn = picture(view.chart_with(self.chosen.value), "png" if suffix == ".png" else "svg")
            self.chart_view.save(name, PICTURES[suffix], drawn)
            return
        from slakit.show.excel.sheets import workbook_bytes

        self.chart_view.save(name, EXCEL, workbook_bytes(view.sheets(), made=view.made, place=name))
