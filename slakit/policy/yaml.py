"""YAML 1.2 text -> plain values, each with the line it stands on. Tags, anchors and oversize files are refused."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from slakit._atomic import read_whole
from slakit.policy.plain_yaml import read_plain
from slakit.problems import HIDDEN, InputError, Problem

if TYPE_CHECKING:
    from pydantic import ValidationError

Place = tuple[str | int, ...]

LARGEST_FILE = 200_000
DEEPEST = 40
PLAIN = "tag:yaml.org,2002:"


@dataclass
class Document:
    """A YAML file as plain values.

    Attributes
    ----------
    name
        How problems call the file.
    tree
        Mappings, lists, strings, integers, decimals, booleans and nothing (`None`).
    find_lines
        Finds the line of every value, by the path of keys that leads to it; it takes long, and is asked only where
        something is wrong.
    """

    name: str
    tree: Any
    find_lines: Callable[[], dict[Place, int]] = dict

    @cached_property
    def lines(self) -> dict[Place, int]:
        """Line of every value, by the path of keys that leads to it."""
        return self.find_lines()

    def line(self, place: Place) -> int:
        """Line of a value, or of the nearest value around it that is written in the file."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def where(self, place: Place) -> str:
        """Say where a value stands: `file:line path`; a document that is no file has no lines."""
        line = f":{self.line(place)}" if self.lines else ""
        return f"{self.name}{line} {self.path(place)}".rstrip()

    def path(self, place: Place) -> str:
        """Print a place, calling list entries by their id where they have one.

        >>> Document("x", {"tiers": ["a", "b"]}).path(("tiers", 1))
        'tiers[1]'
        """
        printed = ""
        node = self.tree
        for key in place:
            node = _child(node, key)
            label = node.get("id") if isinstance(node, dict) else None
            if isinstance(key, int) and not isinstance(label, str):
                printed += f"[{key}]"
            else:
                printed += f".{label if isinstance(key, int) else key}"
        return printed.removeprefix(".")


def _child(node: Any, key: str | int) -> Any:
    try:
        return node[key]
    except (KeyError, IndexError, TypeError):
        return None


def read_yaml(path: str | Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    InputError
        The file cannot be read, is larger than 200 kB, is not YAML 1.2, or uses tags, anchors or duplicate keys.
    """
    path = Path(path)
    try:
        text = read_whole(path, LARGEST_FILE).decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        problem = Problem(str(path), None, f"cannot be read ({reason})", "give a text file in UTF-8")
        raise InputError(str(path), [problem]) from None
    return parse_yaml(text, name=str(path))


def parse_yaml(text: str, *, name: str = "<text>") -> Document:
    """Parse YAML text; see `read_yaml`.

    >>> parse_yaml("target: 99.95\\nnews: no").tree
    {'target': Decimal('99.95'), 'news': 'no'}
    """
    plain = read_plain(text)
    if plain is not None:
        return Document(name, plain, lambda: _read_with_care(text, name).lines)
    return _read_with_care(text, name)


def _read_with_care(text: str, name: str) -> Document:
    """Read any YAML, with the line of each value, and say what is wrong with it."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    reader = YAML(typ="safe", pure=True)
    try:
        _refuse_events(YAML(typ="safe", pure=True).parse(text), name)
        node = reader.compose(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        wrong = f"not YAML ({getattr(error, 'problem', None) or 'unreadable character'})"
        raise InputError(name, [Problem(f"{name}:{line}", None, wrong, "mend the syntax")]) from None
    document = Document(name, None)
    problems: list[Problem] = []
    document.tree = _plain(node, (), document, problems)
    if problems:
        raise InputError(name, problems)
    return document


def _refuse_events(events: Any, name: str) -> None:
    """Walk the stream before anything is built, so that bombs never go off."""
    from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent, DocumentStartEvent, NodeEvent

    depth = documents = 0
    for event in events:
        line = event.start_mark.line + 1
        documents += isinstance(event, DocumentStartEvent)
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        wrong = None
        if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
            wrong = ("anchors and aliases are not read", "write the value out where it is used")
        elif depth > DEEPEST:
            wrong = (f"nested more than {DEEPEST} deep", "flatten it")
        elif getattr(event, "version", None) not in (None, (1, 2)):
            wrong = ("another version of YAML is asked for", "remove the %YAML line; files are YAML 1.2")
        elif documents > 1:
            wrong = ("more than one document", "one file, one document")
        if wrong:
            raise InputError(name, [Problem(f"{name}:{line}", None, *wrong)])


def _plain(node: Any, place: Place, document: Document, problems: list[Problem]) -> Any:
    """Return a node as a plain value, and note its line; what cannot be kept exactly is a problem."""
    if node is None:
        return None
    document.lines[place] = node.start_mark.line + 1
    value, tag = node.value, str(node.tag)
    tag = tag.removeprefix(PLAIN) if tag.startswith(PLAIN) else ""  # of any other tag nothing is read
    if not isinstance(value, str) and tag == "seq":
        return [_plain(child, (*place, i), document, problems) for i, child in enumerate(value)]

    if not isinstance(value, str) and tag == "map":
        tree: dict[str, Any] = {}
        for key_node, value_node in value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key, str):
                problems.append(Problem(f"{document.name}:{line}", None, "a key is not a word", "use a plain word"))
                continue
            _refuse_hidden(key, f"{document.name}:{line}", problems)
            here = (*place, key)
            if key in tree:
                where = f"{document.name}:{line} {document.path(here)}"
                problems.append(Problem(where, None, "written twice", "keep one"))
            tree[key] = _plain(value_node, here, document, problems)
            document.lines[here] = line
        return tree

    if isinstance(value, str):
        if tag == "null":
            return None
        if tag == "bool":
            return value.lower() == "true"
        if tag in ("str", "timestamp"):
            _refuse_hidden(value, document.where(place), problems)
            return value
        try:
            if tag == "int":
                return int(value) if value.lstrip("+-").isdigit() else int(value.replace("_", ""), 0)
            if tag == "float" and Decimal(value).is_finite():
                return Decimal(value)
        except (ValueError, InvalidOperation):
            pass
        if tag in ("int", "float"):
            wrong = "not a number that can be kept exactly"
            problems.append(Problem(document.where(place), value, wrong, "write plain digits"))
            return None
    where = f"{document.name}:{document.lines[place]}"
    problems.append(Problem(where, str(node.tag), "tags are not read", "write a plain value"))
    return None


def _refuse_hidden(text: str, where: str, problems: list[Problem]) -> None:
    """Refuse what a terminal would obey: names and clauses are printed there."""
    if HIDDEN.search(text):
        problems.append(Problem(where, text, "a control character, or a mark that reverses text", "remove it"))


WRONG = {
    "missing": ("missing", "write it"),
    "extra_forbidden": ("not a term of this format", ""),
    "literal_error": ("not one of the words for this", ""),
    "string_type": ("not text", "write a word, in quotes if it looks like a number"),
    "list_type": ("not a list", "write [a, b] or one entry a line with a dash"),
    "model_type": ("not a mapping", "write keys and values"),
    "dict_type": ("not a mapping", "write keys and values"),
    "int_type": ("not a whole number", "write digits"),
    "int_parsing": ("not a whole number", "write digits"),
    "bool_type": ("neither true nor false", "write true or false"),
    "decimal_type": ("not a number", "write digits with a point, like 99.95"),
    "too_short": ("empty", "write at least one entry, or leave it out"),
    "decimal_parsing": ("not a number", "write digits with a point, like 99.95"),
    "string_pattern_mismatch": ("not a name of this format", "use lower-case letters, digits and _"),
    "string_too_long": ("a name that is too long", "use at most 60 characters"),
    "string_too_short": ("empty", "write it, or leave the key out"),
    "greater_than": ("too small", "write a larger number"),
    "greater_than_equal": ("too small", "write a larger number"),
    "less_than": ("too large", "write a smaller number"),
    "less_than_equal": ("too large", "write a smaller number"),
}
NOT_COVERED = {
    "rewards to the provider": ("reward", "rewards", "bonus", "bonuses", "malus", "incentive", "incentives"),
    "physical quantities": ("temperature", "humidity", "voltage", "pressure", "energy", "brightness"),
    "points added up over years": ("points_account", "points_per_year", "annual_points", "points_over"),
    "changes of plan at the provider's prices": ("upgrade", "downgrade", "plan_change", "price_list", "list_price"),
}
"""What this format does not cover → keys that would say it."""
BOUNDS = {"ge": "from", "gt": "above", "le": "up to", "lt": "below"}
SHAPES = {"list_type", "dict_type", "model_type", "string_type"}
"""Errors that only say that a value has another shape: the other branches of a union say more."""
CLOSE = 0.75
"""How alike two words must be for one to be suggested: `less_than` does not mean `more_than`."""


def problems_of(error: ValidationError, document: Document, words: Iterable[str] = ()) -> list[Problem]:
    """Say what a pydantic model found wrong, in the words and at the lines of the file.

    A validator that knows the remedy raises `ValueError("what is wrong; what would be right")`. `words` are the keys
    that exist in the format, to suggest the one that was meant. Where a value may be of several kinds, pydantic tells
    what is wrong with it as each of them: said is only what is wrong with it as the kind that it looks like.
    """
    words = list(words)
    by_place: dict[str, list[Any]] = {}
    for found in error.errors(include_url=False):
        branch = str(found["loc"][-1]) if found["loc"] else ""
        if branch.startswith("literal[") and isinstance(found["input"], dict | list):
            continue  # a mapping is no word: what is wrong is inside it
        if branch.startswith("list[") and isinstance(found["input"], dict):
            continue
        by_place.setdefault(document.where(_written_place(found["loc"], document)), []).append(found)
    problems: dict[str, Problem] = {}
    for errors in by_place.values():
        telling = [found for found in errors if found["type"] not in SHAPES] or errors
        for found in telling:
            place = _written_place(found["loc"], document)
            context = found.get("ctx", {})
            if "error" in context:
                wrong, _, remedy = str(context["error"]).partition("; ")
            else:
                wrong, remedy = WRONG.get(
                    found["type"], (found["msg"][:1].lower() + found["msg"][1:], "see the format")
                )
            if found["type"] == "extra_forbidden":
                key = str(place[-1]) if place else ""
                close = difflib.get_close_matches(key, words, n=1, cutoff=CLOSE)
                remedy = f"did you mean {close[0]}?" if close else "remove it"
                outside = next((topic for topic, keys in NOT_COVERED.items() if key in keys), None)
                if outside is not None:
                    wrong, remedy = f"{outside} are not covered", "say it in words under undertakings, or remove it"
                elif key in words:
                    wrong, remedy = "not a term here", "it belongs to another part of the format; move it, or remove it"
            if "ge" in context or "le" in context or "gt" in context or "lt" in context:
                bound = next(f"{side} {context[key]}" for key, side in BOUNDS.items() if key in context)
                remedy = f"write a number {bound}"
            if "_-]" in context.get("pattern", ""):
                remedy = "use lower-case letters, digits, _ and -"
            elif "ratio" in context.get("pattern", ""):
                wrong, remedy = "not a way of measuring", "use ratio, mean, sum, largest, smallest, last, down or p95"
            if found["type"] == "literal_error":
                remedy = f"use {context['expected']}".replace("'", "")
            shows_value = found["type"] not in ("missing", "extra_forbidden") and not isinstance(
                found["input"], dict | list
            )
            shown = found["input"] if shows_value else None
            problem = Problem(document.where(place), shown, wrong, remedy or "see the format")
            problems.setdefault(str(problem), problem)
    return list(problems.values())


def _written_place(loc: tuple[str | int, ...], document: Document) -> Place:
    """Drop from a pydantic location what names a branch of a model and not a key of the file."""
    place: Place = ()
    node = document.tree
    for depth, key in enumerate(loc):
        last = depth == len(loc) - 1
        is_written = (isinstance(node, dict) and key in node) or (isinstance(node, list) and isinstance(key, int))
        if is_written or (last and isinstance(node, dict) and isinstance(key, str)):
            place = (*place, key)
            node = _child(node, key)
    return place
