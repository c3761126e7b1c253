"""Checks of one planned report: its name, its notebook, the parameters it gives and the files they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from slakit._atomic import is_file, real_path
from slakit.batch.parameters import Parameter, parameters_of, read_notebook
from slakit.problems import InputError, Problem, one_of

LONGEST_NAME = 100
SAFE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*", re.ASCII)
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
POLICY_FILE = re.compile(r"(?P<path>.+\.ya?ml)(?P<tier>:[^/\\:]+)?", re.IGNORECASE)

PlanPlace = tuple[str | int, ...]
Given = dict[str, tuple[Any, PlanPlace]]
CheckPolicy = Callable[[str], None]
Wrong = Callable[[PlanPlace, object, str, str], None]


def unsafe_name(name: str) -> str:
    """Say why a name cannot be a file name everywhere, and what would be right; nothing if it can.

    >>> unsafe_name("../budget")
    'not a safe file name; use letters, digits, . _ and -, beginning with a letter or digit'
    >>> unsafe_name("budget-klikk")
    ''
    """
    if not SAFE_NAME.fullmatch(name) or ".." in name or name.endswith("."):
        return "not a safe file name; use letters, digits, . _ and -, beginning with a letter or digit"
    if len(name) > LONGEST_NAME:
        return f"too long for a file name; keep it under {LONGEST_NAME} characters"
    if name.split(".")[0].lower() in RESERVED:
        return "Windows keeps this name for a device; choose another"
    if name.lower() == "index":
        return "the list of all reports is called so; choose another"
    return ""


def is_path(name: str) -> bool:
    """Return whether a parameter of this name holds a path.

    >>> is_path("evidence"), is_path("output_dir"), is_path("tier")
    (True, True, False)
    """
    return name == "evidence" or name.endswith(("_path", "_dir", "_file"))


def is_policy(name: str) -> bool:
    """Return whether a parameter of this name holds policies."""
    return name in ("policy", "policies", "plan", "plans")


@dataclass(frozen=True)
class Notebook:
    """A notebook, as far as a plan needs to know it."""

    path: Path
    parameters: dict[str, Parameter]


@dataclass(frozen=True)
class KnownEvidence:
    """Evidence, as far as a plan needs to know it.

    Attributes
    ----------
    problems
        What is wrong with it.
    policies
        Files of policies that its subscriptions name.
    """

    problems: tuple[Problem, ...] = ()
    subscriptions: tuple[str, ...] = ()
    policies: tuple[Path, ...] = ()


class ReportCheck:
    """Checks reports against their notebooks and against the files they name.

    Parameters
    ----------
    folder
        The plan's folder; paths are relative to it.
    check_policy
        See `read_plan`.
    wrong
        Takes what is wrong: place, value, what, remedy.
    """

    def __init__(self, folder: Path, check_policy: CheckPolicy | None, wrong: Wrong) -> None:
        self.folder = folder
        self.check_policy = check_policy
        self.wrong = wrong
        self.notebooks: dict[str, Notebook | None] = {}
        self.policies: dict[str, list[Problem]] = {}
        self.evidence: dict[Path, KnownEvidence] = {}

    def notebook(self, name: str, place: PlanPlace) -> Notebook | None:
        """Read a notebook, once; nothing if that fails."""
        if name not in self.notebooks:
            try:
                path = _found(self.folder / name) or self.folder / name
                parameters = parameters_of(read_notebook(path)["cells"])
                if parameters is None:
                    raise ValueError("no cell of this notebook is tagged `parameters`; tag the one that sets them")
                self.notebooks[name] = Notebook(path, parameters)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                wrong, _, remedy = str(error).partition("; ")
                known = isinstance(error, ValueError)
                self.wrong(place, name, *((wrong, remedy) if known else ("not a notebook", "save it again")))
                self.notebooks[name] = None
        return self.notebooks[name]

    def known_parameters(self) -> list[str]:
        """Every parameter of every notebook."""
        read = [notebook for notebook in self.notebooks.values() if notebook]
        return sorted({name for notebook in read for name in notebook.parameters})

    def parameters(self, notebook: Notebook, given: Given, place: PlanPlace) -> tuple[dict[str, Any], tuple[Path, ...]]:
        """Check what is given to a notebook; returns it ready to use, and the files and folders it names."""
        ready = {}
        for name, (value, here) in given.items():
            parameter = notebook.parameters.get(name)
            if parameter is None:
                self.wrong(here, value, "the notebook has no such parameter", one_of(notebook.parameters, name))
            elif not parameter.accepts(value):
                quotes = ", in quotes" if parameter.accepts(str(value)) else ""
                remedy = f"the notebook asks for {parameter}{quotes}"
                self.wrong(here, "nothing" if value is None else value, "not of the parameter's type", remedy)
            else:
                ready[name] = self.resolved(name, _plain(value), here)
        for name, parameter in notebook.parameters.items():
            if parameter.is_required and name not in given:
                self.wrong(place, None, f"no value for the parameter {name}", f"the notebook asks for {parameter}")
        self.check_subscription(notebook, ready, given, place)
        return ready, tuple(self.inputs(notebook, ready))

    def check_subscription(self, notebook: Notebook, ready: dict[str, Any], given: Given, place: PlanPlace) -> None:
        """Refuse evidence that cannot be read, and a subscription that is not in it."""
        path = self.value_of(notebook, ready, "evidence")
        if path is None or not (found := _found(notebook.path.parent / path)):
            return
        known = self.known_evidence(found)
        here = given["evidence"][1] if "evidence" in given else place
        for problem in known.problems:
            self.wrong(here, given["evidence"][0] if "evidence" in given else path, *_without_place(problem))
        subscription = self.value_of(notebook, ready, "subscription")
        if subscription and known.subscriptions and subscription not in known.subscriptions:
            here = given["subscription"][1] if "subscription" in given else place
            remedy = one_of(known.subscriptions, subscription)
            self.wrong(here, subscription, "not a subscription of the evidence", remedy)

    def value_of(self, notebook: Notebook, ready: dict[str, Any], name: str) -> str | None:
        """Give the text of a parameter, or of the notebook's default; nothing if it is no text."""
        default = notebook.parameters[name].default if name in notebook.parameters else None
        value = ready.get(name, default)
        return value if isinstance(value, str) else None

    def subscriptions(self, evidence: Path, place: PlanPlace) -> Sequence[str] | None:
        """List the subscriptions of evidence; nothing where it cannot be read, which is told."""
        found = _found(evidence)
        known = self.known_evidence(found) if found else None
        if found is None or known is None or not (known.problems or known.subscriptions):
            self.wrong(place, str(evidence), "no evidence whose subscriptions could be found", "name its folder")
            return None
        for problem in known.problems:
            self.wrong(place, str(evidence), *_without_place(problem))
        return known.subscriptions if not known.problems else None

    def policy_names(self, *, tiers: bool) -> list[str]:
        """List the policies of the library by id, or as `id:tier`."""
        from slakit.policy.files import find_policy, library

        ids = library()
        return [f"{name}:{tier}" for name in ids for tier in find_policy(name).tiers] if tiers else list(ids)

    def known_evidence(self, path: Path) -> KnownEvidence:
        """Read evidence, once; what has no table of subscriptions is the notebook's own affair."""
        from slakit.analysis.assess import policies_of
        from slakit.evidence.files import read_evidence

        if path in self.evidence:
            return self.evidence[path]
        known = KnownEvidence()
        if is_file(path) or any(path.glob("subscriptions.*")):
            try:
                evidence = read_evidence(path)
                policies_of(evidence)
            except InputError as error:
                known = KnownEvidence(problems=tuple(error.problems))
            else:
                folder = path if path.is_dir() else path.parent
                named = [folder / name for name in evidence.subscriptions["policy"].unique(maintain_order=True)]
                policies = tuple(real_path(file) for file in named if is_file(file))
                known = KnownEvidence((), tuple(evidence.names), policies)
        self.evidence[path] = known
        return known

    def resolved(self, name: str, value: Any, place: PlanPlace) -> Any:
        """Make the paths in a value absolute, and check that they and the policies in it exist."""
        if isinstance(value, list):
            return [self.resolved(name, item, place) for item in value]
        if isinstance(value, str) and is_path(name):
            return self.existing(value, place)
        if isinstance(value, str) and is_policy(name):
            return self.policy(value, place)
        return value

    def existing(self, value: str, place: PlanPlace) -> str:
        """Make a path absolute."""
        path = _found(self.folder / value)
        if path is None:
            remedy = f"name one that exists, relative to {self.folder}"
            self.wrong(place, value, "no such file or folder", remedy)
        return str(path or value)

    def policy(self, value: str, place: PlanPlace) -> str:
        """Check a policy; the path of a policy file becomes absolute."""
        file = POLICY_FILE.fullmatch(value)
        name = value
        if file:
            name = self.existing(file["path"], place) + (file["tier"] or "")
            if _found(self.folder / file["path"]) is None:
                return name
        if name not in self.policies:
            self.policies[name] = self.problems_of_policy(name)
        for problem in self.policies[name]:
            self.wrong(place, value, problem.wrong, problem.remedy)
        return name

    def problems_of_policy(self, name: str) -> list[Problem]:
        """Say what is wrong with a policy, by the caller's check."""
        try:
            if self.check_policy:
                self.check_policy(name)
        except InputError as error:
            return [Problem("", None, *_without_place(found)) for found in error.problems]
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            return [Problem("", None, wrong, remedy or "name a policy that exists")]
        return []

    def inputs(self, notebook: Notebook, given: dict[str, Any]) -> Iterator[Path]:
        """List the files and folders that a report reads, by its parameters or the notebook's defaults."""
        for name, parameter in notebook.parameters.items():
            value = given.get(name, parameter.default)
            for text in value if isinstance(value, list) else [value]:
                file = POLICY_FILE.fullmatch(text) if isinstance(text, str) and is_policy(name) else None
                named = file["path"] if file else text if isinstance(text, str) and is_path(name) else None
                if named is not None and (path := _found(notebook.path.parent / named)):
                    yield path
                    if name == "evidence":
                        yield from self.known_evidence(path).policies


def _without_place(problem: Problem) -> tuple[str, str]:
    """Say what is wrong with a file where the place that is named is that of the plan."""
    wrong = f"{problem.where}: {problem.wrong}" if ":" in problem.where else problem.wrong
    return wrong, problem.remedy


def _plain(value: Any) -> Any:
    """Give a value the types that notebooks know: decimals become floats."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _found(path: Path) -> Path | None:
    """Give the absolute path of what is there; a path that cannot even be asked about is not."""
    try:
        return path.resolve(strict=True)
    except (OSError, ValueError, RuntimeError):
        return None
