"""Controls, and what they show: moved by hand where somebody can, and still where nobody does."""

from __future__ import annotations

import html
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from slakit.problems import InputError, Problem, one_of
from slakit.show.headline import BOX
from slakit.show.widgets.view import View, html_of

if TYPE_CHECKING:
    from slakit.show.widgets.stage import Stage

Parameters = Mapping[str, Any]
See = Callable[[Parameters], View]
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STYLE = """<style>
.slakit-explorer { display: flex; flex-flow: row wrap; gap: 1rem 1.75rem; align-items: flex-start; overflow: visible; }
.slakit-controls { flex: 1 1 17rem; max-width: 24rem; min-width: 15rem; overflow: visible; }
.slakit-seen { flex: 8 1 30rem; min-width: 0; max-width: 64rem; overflow: visible; }
.slakit-controls b { font-size: 1.05em; } .slakit-label { line-height: 1.35; white-space: normal; margin-top: .35rem; }
.slakit-controls .jupyter-widgets { box-sizing: border-box; }
.slakit-seen .widget-html-content, .slakit-controls .widget-html-content { line-height: 1.4; }
.slakit-tables { overflow-x: auto; max-width: 100%; }
.slakit-alert [role=alert] { border-left: 4px solid #D55E00; padding: .3rem 0 .3rem 1rem; white-space: pre-wrap; }
.slakit-row { flex-flow: row wrap; gap: .25rem; }
</style>"""
ALERT = '<div role="alert"><b>{what}</b>\n{why}\nBelow is what was shown before.</div>'


class Control(NamedTuple):
    """Something that can be moved.

    Attributes
    ----------
    label
        What it is, above it.
    widget
        Of ipywidgets.
    read
        Value of the widget → parameters.
    say
        Value of the widget → words beside the label, where the widget does not say it itself.
    below
        Widgets below it that belong to it.
    heading
        Above the label, where a new part begins.
    """

    label: str
    widget: Any
    read: Callable[[Any], Parameters]
    say: Callable[[Any], str] | None = None
    below: Sequence[Any] = ()
    heading: str = ""

    def laid_out(self, w: Any) -> Any:
        """Heading, label, widget, and what belongs to it, one below the other."""
        head = f"<b>{html.escape(self.heading)}</b><br>" if self.heading else ""
        label = w.HTML().add_class("slakit-label")

        def tell(value: Any) -> None:
            said = f": {self.say(value)}" if self.say else ""
            label.value = head + html.escape(self.label + said)

        tell(self.widget.value)
        self.widget.observe(lambda change: tell(change["new"]), names="value")
        self.widget.layout.width = "auto"
        return w.VBox([label, self.widget, *self.below])


class Explorer:
    """A view that follows its parameters.

    In JupyterLab, and on a page of Voila, it has controls; elsewhere (Papermill, nbconvert) it shows what the
    parameters say, as it is.

    Attributes
    ----------
    parameters
        Parameters of what is shown, by the names that the notebook gives them: a batch that runs the notebook with them
        shows the same.
    view
        What is shown.
    """

    def __init__(
        self, notebook: str, see: See, parameters: Parameters, controls: Callable[[Parameters], Sequence[Control]]
    ) -> None:
        self.notebook = notebook
        self.see = see
        self.parameters = dict(parameters)
        self.view = see(parameters)
        self._controls = controls
        self._panel: Panel | None = None

    @property
    def widget(self) -> Any:
        """The controls and what they show, as a widget of ipywidgets."""
        return self.panel.widget

    @property
    def panel(self) -> Panel:
        """The controls; made when they are first looked at."""
        if self._panel is None:
            self._panel = Panel(self, self._controls(self.parameters))
        return self._panel

    def change(self, **changes: Any) -> None:
        """Take other parameters, and show what they say. What they cannot say leaves all as it was.

        Raises
        ------
        InputError
            A parameter does not exist, or cannot be so.
        """
        unknown = [name for name in changes if name not in self.parameters]
        if unknown:
            told = [Problem(n, changes[n], "not a parameter", one_of(self.parameters, n)) for n in unknown]
            raise InputError(self.notebook, told)
        parameters = {**self.parameters, **changes}
        self.view = self.see(parameters)
        self.parameters = parameters

    def batch_plan(self) -> str:
        """A plan for `slakit batch`, to be kept beside the notebook, that makes this view."""
        return plan_text(self.notebook, self.parameters)

    def save(self, path: str | Path) -> None:
        """Save the first picture (`.png`, `.svg`), or all figures as a workbook (`.xlsx`).

        Raises
        ------
        InputError
            The path ends otherwise, or cannot be written.
        """
        if Path(path).suffix.lower() == ".xlsx":
            from slakit.show.sheets import write_workbook

            write_workbook(path, self.view.sheets(), made=self.view.made)
            return
        from slakit.show.charts.pictures import save_chart

        save_chart(self.view.chart, path)

    def _ipython_display_(self) -> None:
        if is_live():
            from IPython.display import display

            display(self.widget)  # type: ignore[no-untyped-call]
        else:
            self.view.show()

    def __repr__(self) -> str:
        return f"{self.view.label}: {self.view.value}"


def is_live() -> bool:
    """Whether somebody can move controls: JupyterLab names the cells that it runs, and Voila names itself."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return True
    from slakit.show.charts.renderer import running_cell

    return running_cell()[0] is not None


def plan_text(notebook: str, parameters: Parameters) -> str:
    """A plan of one report.

    >>> print(plan_text("what_if", {"fee": 1000.0, "policies": ["klikk"]}), end="")
    format: 1
    reports:
      - name: what-if
        notebook: what_if.ipynb
        parameters:
          fee: 1000.0
          policies:
            - klikk
    """
    import io

    from ruamel.yaml import YAML

    report = {"name": notebook.replace("_", "-"), "notebook": f"{notebook}.ipynb", "parameters": dict(parameters)}
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    writer.dump({"format": 1, "reports": [report]}, stream)
    return stream.getvalue()


class Panel:
    """The widgets of an explorer."""

    def __init__(self, explorer: Explorer, controls: Sequence[Control]) -> None:
        import ipywidgets as w

        from slakit.show.widgets.stage import Stage

        self.explorer = explorer
        self.controls = {control.label: control for control in controls}
        self.stage: Stage = Stage()
        self.alert, self.figure, self.table, self.plan = w.HTML(), w.HTML(), w.HTML(), w.Textarea(rows=12)
        self.alert.add_class("slakit-alert")
        self.figure.add_class("slakit-figure")
        self.table.add_class("slakit-tables")
        self.chosen = w.ToggleButtons(options=list(explorer.view.tables), style={"button_width": "auto"})
        self.plan.layout = w.Layout(display="none", width="100%")
        self.widget = self._laid_out(w)
        self._listen()
        self._show()

    def _laid_out(self, w: Any) -> Any:
        """Controls on the left, or on top where there is little room; the view beside them."""
        buttons = w.HBox(list(self._buttons(w)))
        buttons.add_class("slakit-row")
        seen = w.VBox([self.alert, self.figure, self.stage, self.chosen, self.table, buttons, self.plan])
        controls = w.VBox([control.laid_out(w) for control in self.controls.values()])
        for box, name in ((controls, "slakit-controls"), (seen, "slakit-seen")):
            box.add_class(name)
        whole = w.Box([w.HTML(STYLE, layout=w.Layout(display="none")), controls, seen])
        whole.add_class("slakit-explorer")
        return whole

    def _buttons(self, w: Any) -> Iterator[Any]:
        name = self.explorer.notebook.replace("_", "-")
        for label, icon, act in (
            ("Run this in batch", "copy", self._show_plan),
            ("Picture (PNG)", "download", lambda: self._hand_over(f"{name}.png")),
            ("Picture (SVG)", "download", lambda: self._hand_over(f"{name}.svg")),
            ("Excel", "download", lambda: self._hand_over(f"{name}.xlsx")),
        ):
            button = w.Button(description=label, icon=icon, layout=w.Layout(width="auto"))
            button.on_click(lambda _, act=act: self._trying(act))
            yield button

    def _listen(self) -> None:
        for control in self.controls.values():
            control.widget.observe(lambda change, control=control: self._moved(control, change["new"]), names="value")
        self.chosen.observe(lambda _: self._trying(self._show_table), names="value")

    def _moved(self, control: Control, value: Any) -> None:
        """Show what a control says; the last good view stays where that is nothing."""
        if self._trying(lambda: self.explorer.change(**control.read(value))):
            self._show()

    def _trying(self, act: Callable[[], None]) -> bool:
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
        self.figure.value = BOX.format(**{name: html.escape(text) for name, text in shown.items()})
        self._show_table()
        if self.plan.layout.display != "none":
            self.plan.value = self.explorer.batch_plan()

    def _show_table(self) -> None:
        """Show the table that is chosen, and the picture that goes with it."""
        self.stage.show(self.explorer.view.chart_with(self.chosen.value))
        self.table.value = html_of(self.explorer.view.tables[self.chosen.value]())

    def _show_plan(self) -> None:
        """Show the plan and copy it, or hide it."""
        hidden = self.plan.layout.display == "none"
        self.plan.layout.display = "" if hidden else "none"
        if hidden:
            self.plan.value = self.explorer.batch_plan()
            self.stage.copy(self.plan.value)

    def _hand_over(self, name: str) -> None:
        """Let the browser save a picture or a workbook."""
        view, suffix = self.explorer.view, Path(name).suffix
        if suffix in PICTURES:
            from slakit.show.charts.pictures import picture

            drawn = picture(view.chart_with(self.chosen.value), "png" if suffix == ".png" else "svg")
            self.stage.save(name, PICTURES[suffix], drawn)
            return
        from slakit.show.sheets import workbook_bytes

        self.stage.save(name, EXCEL, workbook_bytes(view.sheets(), made=view.made, place=name))
