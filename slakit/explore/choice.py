"""Which notebooks to serve, and with which parameters: all of it checked before anything starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from slakit._atomic import is_file
from slakit.batch.parameters import parameters_of, read_notebook
from slakit.batch.report_checks import CheckPolicy, Given, Notebook, PlanPlace, ReportCheck
from slakit.policy.yaml import parse_yaml
from slakit.problems import InputError, Problem, one_of

USUAL_NOTEBOOKS = ("quick_question.ipynb", "what_if.ipynb", "vendor_comparison.ipynb", "policy_card.ipynb")
PACKAGE = Path(__file__).parents[1]
FOLDERS = (Path("notebooks"), PACKAGE.parent / "notebooks", PACKAGE / "notebooks")
"""Where they are looked for: beside the user, in a checkout, in an installed package."""


@dataclass(frozen=True)
class Chosen:
    """A notebook to serve.

    Attributes
    ----------
    parameters
        The parameters to give; paths among them are absolute.
    """

    notebook: Notebook
    parameters: dict[str, Any]


def choose(
    notebooks: Iterable[Path] = (), given: Iterable[str] = (), *, check_policy: CheckPolicy | None = None
) -> list[Chosen]:
    """Find the notebooks to serve and check what is given to them.

    Parameters
    ----------
    notebooks
        The notebooks; the usual ones, if there are none.
    given
        Parameters, each written `name=value`, a value as in YAML. Each must be a parameter of one of the
        notebooks, and is given to those that have it. Paths are relative to the current folder.
    check_policy
        See `read_plan`.

    Raises
    ------
    InputError
        With everything that is wrong with them.
    """
    choice = _Choice(check_policy)
    read = [notebook for path in list(notebooks) or usual() if (notebook := choice.read(path))]
    written = dict(filter(None, map(choice.split, given)))
    if not choice.problems:  # what a notebook that cannot be read would have asked for, nobody knows
        choice.check_names(written, read)
    chosen = [Chosen(notebook, choice.parameters(notebook, written)) for notebook in read]
    if choice.problems:
        once = {str(problem): problem for problem in choice.problems}
        raise InputError("explore", once.values())
    return chosen


def usual() -> list[Path]:
    """Give the notebooks that are served when none is named.

    Raises
    ------
    InputError
        There are none.
    """
    for folder in FOLDERS:
        found = [folder / name for name in USUAL_NOTEBOOKS if (folder / name).is_file()]
        if found:
            return found
    wrong = f"none of {', '.join(USUAL_NOTEBOOKS)} is here"
    raise InputError("explore", [Problem("notebooks", None, wrong, "name the notebooks to serve")])


class _Choice:
    """Reads notebooks and parameters, gathering problems on the way."""

    def __init__(self, check_policy: CheckPolicy | None) -> None:
        self.problems: list[Problem] = []
        self.check = ReportCheck(Path.cwd(), check_policy, self.wrong)

    def wrong(self, place: PlanPlace, value: object, what: str, remedy: str) -> None:
        """Note a problem of an argument."""
        self.problems.append(Problem(" ".join(map(str, place)), value, what, remedy))

    def read(self, path: Path) -> Notebook | None:
        """Read what a notebook asks for; one that asks for nothing will do."""
        if not is_file(path):
            self.wrong((str(path),), None, "no such file", "name a notebook that exists")
            return None
        try:
            return Notebook(path.resolve(), parameters_of(read_notebook(path)["cells"]) or {})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            wrong, _, remedy = str(error).partition("; ")
            known = isinstance(error, ValueError)
            self.wrong((str(path),), None, *((wrong, remedy) if known else ("not a notebook", "save it again")))
            return None

    def split(self, text: str) -> tuple[str, str] | None:
        """Split `name=value`."""
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            self.wrong(("-p",), text, "not a parameter and its value", "write name=value")
            return None
        return name.strip(), value

    def check_names(self, written: dict[str, str], notebooks: list[Notebook]) -> None:
        """Refuse parameters that no notebook has."""
        known = sorted({name for notebook in notebooks for name in notebook.parameters})
        for name, value in written.items():
            if name not in known:
                self.wrong(("-p", name), value, "none of the notebooks has such a parameter", one_of(known, name))

    def parameters(self, notebook: Notebook, written: dict[str, str]) -> dict[str, Any]:
        """Check what is given to a notebook; returns it ready to use."""
        given: Given = {}
        for name, text in written.items():
            if parameter := notebook.parameters.get(name):
                try:
                    value = as_written(text, parameter.accepts)
                except InputError as error:
                    self.wrong(("-p", name), text, error.problems[0].wrong, error.problems[0].remedy)
                else:
                    given[name] = (value, ("-p", name))
        ready, _ = self.check.parameters(notebook, given, (str(notebook.path.name),))
        return ready


def as_written(text: str, accepts: Callable[[object], bool]) -> Any:
    """Read a value as YAML; where that is not of the type and the text itself is, the text is meant.

    >>> as_written("[klikk:gold, wp-heaven]", lambda value: isinstance(value, list))
    ['klikk:gold', 'wp-heaven']
    >>> as_written("2026", lambda value: isinstance(value, str))
    '2026'
    """
    try:
        value = parse_yaml(text).tree
    except InputError:
        if accepts(text):
            return text
        raise
    return text if not accepts(value) and accepts(text) else value
