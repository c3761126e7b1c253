"""Explorers: a view with controls where a person can move them, the view alone elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slakit import locales
from slakit.problems import InputError, Problem, one_of
from slakit.show.explorers.control import Control, Parameters
from slakit.show.explorers.view import View

if TYPE_CHECKING:
    from slakit.show.explorers.panel import Panel

Render = Callable[[Parameters], View]


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
    name
        What its report, and files that are saved from it, are called.
    """

    def __init__(
        self,
        notebook: str,
        render: Render,
        parameters: Parameters,
        controls: Callable[[Parameters], Sequence[Control]],
        *,
        name: str = "",
        beside: Callable[[Parameters], Parameters] = dict,
    ) -> None:
        self.notebook = notebook
        self.name = name or notebook.replace("_", "-")
        self._beside = beside
        self.render = render
        self.parameters: Parameters = dict(parameters)
        self.view = render(parameters)
        self._controls = controls
        self._panel: Panel | None = None

    @property
    def widget(self) -> Any:
        """Return the controls and what they show, as a widget of ipywidgets."""
        return self.panel.widget

    @property
    def panel(self) -> Panel:
        """Return the controls; they are made when they are first looked at."""
        from slakit.show.explorers.panel import Panel

        if self._panel is None:
            self._panel = Panel(self, self.controls())
        return self._panel

    def controls(self) -> Sequence[Control]:
        """Return controls for the parameters as they are."""
        return self._controls(self.parameters)

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
        self.update(changes)
        if self._panel is not None:
            self._panel.refresh()

    def update(self, changes: Parameters) -> None:
        """Take other parameters, whose controls show them already."""
        parameters = {**self.parameters, **changes}
        self.view = self.render(parameters)
        self.parameters = parameters

    def batch_plan(self) -> str:
        """Write a plan for `slakit batch`, to be kept beside the notebook, that makes this view."""
        locale = {"locale": str(locales.chosen)} if locales.chosen else {}
        return plan_text(self.name, self.notebook, {**self._beside(self.parameters), **locale})

    def save(self, path: str | Path) -> None:
        """Save the first picture (`.png`, `.svg`), or all tables as a workbook (`.xlsx`).

        Raises
        ------
        InputError
            The path ends otherwise, or cannot be written.
        """
        if Path(path).suffix.lower() == ".xlsx":
            from slakit.show.excel.sheets import write_workbook

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
    """Return whether controls can be moved: JupyterLab names the cells that it runs, and Voila names itself."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila/"):
        return True
    from slakit.show.charts.renderer import running_cell

    return running_cell()[0] is not None


def plan_text(name: str, notebook: str, parameters: Parameters) -> str:
    """Write a plan of one report.

    >>> print(plan_text("what-if", "what_if", {"fee": 1000.0, "policies": ["klikk"]}), end="")
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

    report = {"name": name, "notebook": f"{notebook}.ipynb", "parameters": dict(parameters)}
    writer = YAML()
    writer.indent(mapping=2, sequence=4, offset=2)
    stream = io.StringIO()
    writer.dump({"format": 1, "reports": [report]}, stream)
    return stream.getvalue()
