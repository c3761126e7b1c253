"""Keys of older policy files whose values stand elsewhere today: `over: 1h` of a band is `outage: {above: 1h}`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NamedTuple

from slakit.policy.yaml import Place

CONDITION = ("from", "above", "to", "below", "outage", "downtime", "incidents", "deviation", "streak", "misses")
MOVED: dict[tuple[str, str], Place] = {
    ("bands", "over"): ("outage", "above"),
    ("denominator", "of"): (),
    ("measured", "above"): ("at", "above"),
    ("minimum", "at_least"): ("from",),
    ("minimum", "more_than"): ("above",),
    ("recovery", "leaves_out"): ("excludes",),
    **{(part, key): ("when", key) for part in ("multipliers", "raised") for key in CONDITION},
}
"""Part and key → where its value stands today, from the part on."""


def _next_month(_value: object, _part: Mapping[str, Any]) -> dict[Place, Any]:
    return {("wait",): "next_month"}


def _nothing(_value: object, _part: Mapping[str, Any]) -> dict[Place, Any]:
    return {}


def _share(value: object, _part: Mapping[str, Any]) -> dict[Place, Any]:
    numeric = isinstance(value, int | float | Decimal) and not isinstance(value, bool)
    return {("credit",): f"{Decimal(str(value)):f}%" if numeric else value}


def _strict(*limits: str) -> Callable[[object, Mapping[str, Any]], dict[Place, Any]]:
    def ends(value: object, part: Mapping[str, Any]) -> dict[Place, Any]:
        return {(one,): {"below" if value else "to": _alone(part[one])} for one in limits if part.get(one) is not None}

    return ends


def _ceiling(value: object, part: Mapping[str, Any]) -> dict[Place, Any]:
    return {("kept",): {"to" if value else "from": _alone(part["kept"])}} if part.get("kept") is not None else {}


def _alone(limit: Any) -> Any:
    """A limit that is written alone, or the one end of a range."""
    return next(iter(limit.values())) if isinstance(limit, dict) and len(limit) == 1 else limit


CHANGED: dict[tuple[str, str], Callable[[object, Mapping[str, Any]], dict[Place, Any]]] = {
    ("begins", "after"): _nothing,
    ("begins", "next"): _next_month,
    ("shortfall", "rate"): _share,
    ("recovery", "strictly"): _strict("rpo", "rto"),
    ("backups", "strictly"): _strict("every"),
    ("backups", "at_least"): _nothing,
    ("backups", "kept_at_most"): _ceiling,
}
"""Part and key → what is written today, from the part on, for its value beside the other keys of the part."""
PARTS = {part for part, _ in (*MOVED, *CHANGED)} | {"affected"}


class Superseded(NamedTuple):
    """An older key, or word, of a policy file.

    Attributes
    ----------
    place
        Where it stands, as the file is written.
    written
        Its value.
    successor
        What to write.
    """

    place: Place
    written: object
    successor: str


def moved(node: Any, place: Place, found: list[Superseded]) -> Any:
    """Write each value of a part where it stands today.

    Parameters
    ----------
    node, place
        A part, or whatever else stands at a place of a policy file.
    found
        What is older is added to it.

    >>> moved({"of": "730h"}, ("guarantees", 0, "denominator"), [])
    '730h'
    """
    part = _part(place)
    inside = isinstance(node, dict | list) and _has_older(node, part)
    return _moved(node, part, place, found) if inside else node


def _has_older(node: Any, part: str) -> bool:
    if isinstance(node, list):
        return any(isinstance(entry, dict) and _has_older(entry, part) for entry in node)
    if part in PARTS and any(_is_older(part, key, own) for key, own in node.items()):
        return True
    return any(isinstance(own, dict | list) and _has_older(own, _within(part, key, own)) for key, own in node.items())


def _within(part: str, key: str, value: object) -> str:
    """The part that a key of another one holds; in the table of a tier there are rows, as in a table for all."""
    return part if part == "bands" and isinstance(value, list) else key


def _moved(node: Any, part: str, place: Place, found: list[Superseded]) -> Any:
    if isinstance(node, list):
        return [_moved(entry, part, (*place, number), found) for number, entry in enumerate(node)]
    if not isinstance(node, dict):
        return node
    new = {}
    older = []
    for key, own in node.items():
        if part in PARTS and _is_older(part, key, own):
            older.append(key)
        elif isinstance(own, dict | list):
            new[key] = _moved(own, _within(part, key, own), (*place, key), found)
        else:
            new[key] = own
    for key in older:
        own, changes = node[key], _today(part, key, node[key], node)
        joins_another = (part, key) not in MOVED and part in ("recovery", "backups")
        if not joins_another and any(_is_taken(new, keys) for keys in changes):
            new[key] = own  # both are written: the older one stays, and is refused
            continue
        found.append(Superseded((*place, key), own, as_written(changes, part)))
        for keys, value in changes.items():
            if not keys:
                return value
            *parents, last = keys
            inner = new
            for parent in parents:
                inner[parent] = inner = dict(inner.get(parent) or {})
            inner[last] = value
    return new


def _part(place: Place) -> str:
    """The part at a place: the last key that names one; rows of a table may be those of a tier."""
    names = list(place)
    while names and isinstance(names[-1], int):
        names.pop()
    return "bands" if len(names) > 1 and names[-2] == "bands" else str(names[-1]) if names else ""


def _is_older(part: str, key: str, value: object) -> bool:
    of_share = part == "affected" and isinstance(value, str) and value.endswith("%")
    return of_share or (part, key) in MOVED or (part, key) in CHANGED


def _today(part: str, key: str, value: Any, beside: Mapping[str, Any]) -> dict[Place, Any]:
    """What is written today for a key of a part."""
    if part == "affected":
        return {(key,): _number(value)}
    if (part, key) in MOVED:
        return {MOVED[part, key]: value}
    return CHANGED[part, key](value, beside)


def _number(share: str) -> Any:
    try:
        return Decimal(share.removesuffix("%"))
    except InvalidOperation:
        return share


def _is_taken(part: Mapping[str, Any], keys: Place) -> bool:
    """Return whether a part has a value at a place already, or one that nothing can be added to."""
    node: Any = part
    for key in keys:
        if not isinstance(node, dict):
            return True
        node = node.get(key)
        if node is None:
            return False
    return bool(keys)


def as_written(changes: Mapping[Place, Any], part: str = "") -> str:
    """Print changes of a part as a file writes them.

    >>> as_written({("outage", "above"): "1h"})
    'outage: {above: 1h}'
    """
    said = []
    for keys, value in changes.items():
        text = _flow_of(value)
        for depth, key in enumerate(reversed(keys)):
            text = f"{key}: {text}" if depth == 0 else f"{key}: {{{text}}}"
        said.append(text if keys else f"{part}: {text}")
    return ", ".join(said) or "nothing: it decides nothing"


def _flow_of(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow_of(own)}' for key, own in value.items())}}}"
    return f"[{', '.join(map(_flow_of, value))}]" if isinstance(value, list) else str(value)


def moved_change(tree: Any, path: str, value: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Write one change of a term at the place where the term stands today.

    Parameters
    ----------
    tree
        The policy that it changes.
    path, value
        The term, and its value.
    changes
        All changes that are made together.
    """
    keys: list[str | int] = [int(key) if key.isdecimal() else key for key in path.split(".")]
    if keys[0] in ("guarantees", "remedies", "recovery", "backups", "maintenance") and len(keys) > 1:
        place: Place = (keys[0], 0, *keys[2:])  # the id of an entry is no part
    else:
        place = tuple(keys)
    words = path.split(".")
    for depth in range(1, len(place)):
        part, key, last = _part(place[:depth]), str(place[depth]), depth == len(place) - 1
        if isinstance(place[depth], int) or not _is_older(part, key, value if last else None):
            continue
        if last:
            beside = {} if depth != 2 else next(entries_called(tree, words[0], words[1]), {})
            written = {one.rpartition(".")[2]: own for one, own in changes.items() if one.split(".")[:-1] == words[:-1]}
            moves = _today(part, key, value, {**beside, **written})
        elif (part, key) in MOVED:
            moves = {(*MOVED[part, key], *words[depth + 1 :]): moved(value, place, [])}
        else:
            break
        return {".".join([*words[:depth], *map(str, inner)]): own for inner, own in moves.items()}
    return {path: moved(value, place, [])}


def entries_called(tree: Any, section: str, name: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a section that have a name, or a number."""
    entries = tree.get(section) if isinstance(tree, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict) and name in (entry.get("id"), str(number)):
            yield entry
