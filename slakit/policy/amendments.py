"""A policy with other terms: what a contract would be, if that were agreed."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from slakit.policy.checks import coherence
from slakit.policy.model import PolicyModel
from slakit.policy.part import words_of_format
from slakit.policy.superseded import renewed_changes
from slakit.policy.terms import SeveralEntriesError, nested, set_term
from slakit.policy.yaml import Document, problems_of
from slakit.problems import InputError, Problem, one_of

P = TypeVar("P", bound=PolicyModel)


def amended(policy: P, changes: Mapping[str, object], name: str) -> P:
    """See `Policy.amend`."""
    tree = policy.model_dump(by_alias=True, exclude_unset=True)
    tree["id"] = name
    changes = renewed_changes(tree, changes)
    problems: list[Problem] = []
    for path, value in changes.items():
        for single in _each_guarantee(policy, path):
            try:
                set_term(tree, single, _exact(deepcopy(value)))
            except SeveralEntriesError as several:
                kind = str(several.args[0])
                wrong = f"several entries are of the kind {kind}"
                problems.append(Problem(f"{policy.id} {path}", None, wrong, "name one by its id"))
            except KeyError as missing:
                seen, keys, where = str(missing.args[0]), path.split("."), f"{policy.id} {path}"
                held = _held(tree, keys[: keys.index(seen)])
                remedy = one_of(held, seen) if held else "name a term"
                if seen in held:
                    problems.append(Problem(where, None, "a whole entry of a list", "name one of its terms"))
                else:
                    problems.append(Problem(where, None, f"{seen} is not there", remedy))
    agreed = [_by_name(tree, single) for path in changes for single in _each_guarantee(policy, path)]

    # No answer sets what has been agreed, and a question whose answers no longer differ is answered.
    still_open = []
    for question in tree.get("readings", []):
        answers = {}
        for answer, own in question["answers"].items():
            kept = {
                path: value for path, value in own.get("set", {}).items() if not _within(_by_name(tree, path), agreed)
            }
            rest = {key: value for key, value in own.items() if key != "set"}
            answers[answer] = rest | ({"set": kept} if kept else {})
        sets = [own.get("set", {}) for own in answers.values()]
        if any(one != sets[0] for one in sets):
            still_open.append(question | {"answers": answers})
    tree["readings"] = still_open
    tree["assumed"] = [told for told in tree.get("assumed", []) if not _within(told["term"], agreed)]

    document = Document(policy.id, tree)
    try:
        changed = type(policy).model_validate(tree)
    except ValidationError as error:
        raise InputError(policy.id, [*problems, *problems_of(error, document, words_of_format())]) from None
    problems += [Problem(document.where(place), *rest) for place, *rest in coherence(changed)]  # type: ignore[arg-type]
    if problems:
        raise InputError(policy.id, problems)
    changed._origin = policy.origin or policy.id
    return changed


def _held(tree: Any, around: list[str]) -> list[str]:
    """Names of what stands at a path: ids or kinds of a list's entries, their numbers, or keys."""
    node = tree
    for key in around:
        node = _child(node, key)
    if isinstance(node, list):
        return [_name(entry, number) for number, entry in enumerate(node)]
    return [str(key) for key in node] if isinstance(node, dict) else []


def _child(node: Any, key: str) -> Any:
    if isinstance(node, list):
        number = _place(node, key)
        return None if number is None else node[number]
    return node.get(key) if isinstance(node, dict) else None


def _name(entry: Any, number: int) -> str:
    named = (entry.get("id") or entry.get("kind")) if isinstance(entry, dict) else None
    return str(named or number)


def _place(entries: list[Any], key: str) -> int | None:
    """Return the place of an entry by its id, else by its kind, else by its number."""
    numbers = range(len(entries))
    kinds = [entry.get("kind") if isinstance(entry, dict) else None for entry in entries]
    names = [
        *((_name(entry, number), number) for number, entry in enumerate(entries)),
        *zip(kinds, numbers, strict=True),
    ]
    return next((number for name, number in [*names, *((str(n), n) for n in numbers)] if name == key), None)


def _exact(value: Any) -> Any:
    """Floats as the decimals that they print, wherever they stand."""
    if isinstance(value, float):
        return Decimal(str(value))
    if isinstance(value, Mapping):
        return {key: _exact(own) for key, own in value.items()}
    return [_exact(own) for own in value] if isinstance(value, list | tuple) else value


def _each_guarantee(policy: PolicyModel, path: str) -> list[str]:
    """A shared remedy stands for all the guarantees it is for: `guarantees.iaas.window` is the window of each."""
    section, _, rest = path.partition(".")
    name, _, term = rest.partition(".")
    shared = {remedy.id: remedy.guarantees for remedy in policy.remedies}
    if section != "guarantees" or name not in shared or any(g.id == name for g in policy.guarantees):
        return [path]
    return [f"guarantees.{guarantee}.{term}" for guarantee in shared[name]]


def _by_name(tree: dict[str, Any], path: str) -> str:
    """The path with entries of lists under their names: `guarantees.0.window` is `guarantees.platform.window`."""
    keys: list[str] = []
    for key in path.split("."):
        node = tree
        for known in keys:
            node = _child(node, known)
        number = _place(node, key) if isinstance(node, list) else None
        keys.append(key if number is None else _name(node[number], number))
    return ".".join(keys)


def _within(path: str, paths: list[str]) -> bool:
    """Return whether a term has been agreed, or what holds it, or something in it."""
    return any(nested(path, agreed) for agreed in paths)
