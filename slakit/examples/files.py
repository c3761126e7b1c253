"""Example files: which there are, and what they say."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from slakit._atomic import is_file, is_folder, read_whole
from slakit.analysis.assess import policy_beside
from slakit.examples.model import Example, ExampleFile
from slakit.policy.document import Policy
from slakit.policy.files import policy_of
from slakit.policy.part import words_of_format
from slakit.policy.yaml import Document, Place, problems_of, read_yaml
from slakit.problems import InputError, Problem


class Case(NamedTuple):
    """One example, with the policy it is of.

    Attributes
    ----------
    where
        File and line.
    source
        Who published it.
    folder
        What paths in it are relative to.
    """

    where: str
    source: str
    policy: Policy
    example: Example
    folder: Path

    def __str__(self) -> str:
        return f"{self.policy.id}: {self.example.name}"


def find_files(paths: Iterable[Path]) -> list[Path]:
    """Find example files that are named, and those in folders: YAML with `examples`.

    Raises
    ------
    InputError
        A path is not there, or a folder has no example file; all problems at once.
    """
    found: list[Path] = []
    problems = []
    for path in paths:
        if is_folder(path):
            inside = sorted(file for file in path.rglob("*.y*ml") if _has_examples(file))
            found += inside
            if not inside:
                problems.append(Problem(str(path), None, "no example file in it", "name files that have examples"))
        elif is_file(path):
            found.append(path)
        else:
            problems.append(Problem(str(path), None, "not there", "name a file or a folder"))
    if problems:
        raise InputError("examples", problems)
    return found


def _has_examples(path: Path) -> bool:
    """Other YAML may lie in the same folder: data of other tests, plans, policies."""
    if path.suffix not in (".yaml", ".yml"):
        return False
    try:
        lines = read_whole(path).decode(errors="replace").splitlines()
    except OSError:  # a folder or a pipe of that name, a link to nowhere
        return False
    starts = [line.split(":")[0] for line in lines if line[:1].isalpha()]
    return "examples" in starts and "format" in starts


def read_cases(path: Path) -> list[Case]:
    """Read an example file.

    Raises
    ------
    InputError
        Everything that is wrong with the file, or with the policy it is of.
    """
    document, folder = read_yaml(path), path.parent
    if not isinstance(document.tree, dict):
        problem = Problem(document.where(()), None, "not examples", "begin with format: 1 and policy")
        raise InputError(document.name, [problem])
    try:
        file = ExampleFile.model_validate(document.tree)
    except ValidationError as error:
        raise InputError(document.name, problems_of(error, document, words_of_format())) from None
    if file.terms is not None:
        policy = policy_of(Document(document.name, file.terms, lambda: _lines_below("terms", document)))
    else:
        policy = policy_beside(file.policy or "", folder)
    cases: dict[str, Case] = {}
    for number, example in enumerate(file.examples):
        place = ("examples", number)
        if example.name in cases:
            problem = Problem(document.where((*place, "name")), example.name, "named twice", "give each its own name")
            raise InputError(document.name, [problem])
        where = f"{document.name}:{document.line(place)}"
        cases[example.name] = Case(where, example.source or file.source, policy, example, folder)
    return list(cases.values())


def _lines_below(key: str, document: Document) -> dict[Place, int]:
    """Lines of the values below a key, as if they were a document of their own."""
    return {place[1:]: line for place, line in document.lines.items() if place[:1] == (key,)}
