"""Keys and words of older policy files, in today's: `each` is `per`, `take` is `select`, `over` is `outage`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slakit.policy.moved_keys import Superseded, as_written, entries_called, moved, moved_change
from slakit.policy.yaml import Place

INCIDENT = "incident"
NOTHING = "nothing: per: window holds where none is written"
RENAMED = {"take": "select", "raised": "multipliers"}
"""Key of a schedule or a remedy → its name today."""
REPLACED = {"deepest": "worst"}
"""Word of `select` → the word of today."""


def renewed(tree: Any) -> Any:
    """Write a policy in today's keys; one that has no older key stays as it is.

    >>> old = {"remedies": [{"id": "r", "each": "guarantee", "credit": {"flat": "5%", "take": "deepest"}}]}
    >>> renewed(old)
    {'remedies': [{'id': 'r', 'credit': {'flat': '5%', 'select': 'worst', 'per': 'guarantee'}}]}
    """
    if not isinstance(tree, dict):
        return tree
    new, found = _translated(tree)
    return new if found else tree


def superseded_keys(tree: Any) -> list[Superseded]:
    """Find the older keys of a policy file.

    >>> superseded_keys({"remedies": [{"id": "r", "each": "incident", "credit": {"flat": "5%"}}]})[0].successor
    'per: incident in its credit'
    """
    return _translated(tree)[1] if isinstance(tree, dict) else []


def renewed_changes(tree: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Write changes of terms (path → value) in today's keys.

    Parameters
    ----------
    tree
        The policy that they change.
    changes
        Path of a term → its value.
    """
    found: dict[str, Any] = {}
    for path, value in changes.items():
        for today, own in moved_change(tree, path, value, changes).items():
            found |= _change(tree, today, own)
    return found


def _translated(tree: dict[str, Any]) -> tuple[dict[str, Any], list[Superseded]]:
    found: list[Superseded] = []
    new = {key: own if key == "readings" else moved(own, (key,), found) for key, own in tree.items()}
    written, tree = tree, new
    for section in ("guarantees", "remedies"):
        if isinstance(tree.get(section), list):
            entries = enumerate(tree[section])
            new[section] = [_holder(entry, (section, number), found) for number, entry in entries]
    if isinstance(written.get("readings"), list):
        new["readings"] = []
        for number, question in enumerate(written["readings"]):
            answers = question.get("answers") if isinstance(question, dict) else None
            if isinstance(answers, dict):
                place = ("readings", number, "answers")
                renewed_answers = {key: _answer(written, own, (*place, key), found) for key, own in answers.items()}
                question = question | {"answers": renewed_answers}
            new["readings"].append(question)
    return new, found


def _holder(entry: Any, place: Place, found: list[Superseded]) -> Any:
    """A guarantee or remedy with its schedules; a remedy's `each` goes to all of them."""
    if not isinstance(entry, dict):
        return entry
    each = None
    if place[0] == "remedies":
        entry = _with_new_names(entry, place, found)
        each = entry.get("each") if "credit" in entry else None
    if each is not None:
        successor = NOTHING if each == "window" else f"per: {each} in its credit"
        found.append(Superseded((*place, "each"), each, successor))
        entry = {key: value for key, value in entry.items() if key != "each"}
    credit = entry.get("credit")
    if isinstance(credit, list):
        places = [(*place, "credit", number) for number in range(len(credit))]
        return entry | {"credit": [_schedule(*pair, each, found) for pair in zip(credit, places, strict=True)]}
    return entry | {"credit": _schedule(credit, (*place, "credit"), each, found)} if credit is not None else entry


def _schedule(credit: Any, place: Place, each: object, found: list[Superseded]) -> Any:
    """A schedule with `per` for what its accrual, or its remedy, said in `each`."""
    if not isinstance(credit, dict):
        return credit
    accrues: list[tuple[Place, object]] = []
    new = _without_each(_with_new_names(credit, place, found), place, accrues)
    for here, written in accrues:
        found.append(Superseded(here, written, NOTHING if written == "window" else f"per: {written} in the credit"))
    own = next((written for _, written in accrues if written != "window"), None)
    if own is not None:
        return new | {"per": own}
    if each in (None, "window") or new.get("per") == INCIDENT or _goes_by_length(new):
        return new
    return new | {"per": each}


def _with_new_names(part: dict[str, Any], place: Place, found: list[Superseded]) -> dict[str, Any]:
    """A schedule, or a remedy, with the names of today; where both are written, the older one stays and is refused."""
    new = {}
    for key, value in part.items():
        name = key if RENAMED.get(key) in part else RENAMED.get(key, key)
        said = REPLACED.get(value, value) if name == "select" and isinstance(value, str) else value
        if (name, said) != (key, value):
            found.append(Superseded((*place, key), value, f"{name}: {said}" if isinstance(said, str) else name))
        new[name] = said
    return new


def _without_each(part: Any, place: Place, accrues: list[tuple[Place, object]]) -> Any:
    """A schedule whose accruals, its own and those of its bands, have no `each`."""
    if isinstance(part, list):
        return [_without_each(entry, (*place, number), accrues) for number, entry in enumerate(part)]
    if not isinstance(part, dict):
        return part
    new = {}
    for key, value in part.items():
        if key == "accrual" and isinstance(value, dict) and "each" in value:
            accrues.append(((*place, key, "each"), value["each"]))
            value = {name: own for name, own in value.items() if name != "each"}
        new[key] = _without_each(value, (*place, key), accrues)
    return new


def _goes_by_length(credit: Mapping[str, Any]) -> bool:
    """Return whether a schedule looks at single incidents whatever its remedy says."""
    bands = credit.get("bands")
    tables = list(bands.values()) if isinstance(bands, dict) else [bands]
    rows = [row for table in tables if isinstance(table, list) for row in table if isinstance(row, dict)]
    accrues = credit.get("per") == INCIDENT and "accrual" in credit
    return accrues or any("outage" in row or "over" in row for row in rows)


def _answer(tree: dict[str, Any], answer: Any, place: Place, found: list[Superseded]) -> Any:
    """An answer that sets today's keys."""
    changes = answer.get("set") if isinstance(answer, dict) else None
    if not isinstance(changes, dict):
        return answer
    translated: dict[str, Any] = {}
    for path, value in changes.items():
        placed = moved_change(tree, path, value, changes)
        if placed != {path: value}:
            inner: list[Superseded] = []
            moved(value, tuple(path.split(".")), inner)
            successor = ", ".join(one.successor for one in inner) or as_written(
                {(one,): own for one, own in placed.items()}
            )
            found.append(Superseded((*place, "set", path), None, successor))
        change = {key: own for one, new in placed.items() for key, own in _change(tree, one, new).items()}
        translated |= change
        if change == placed:
            continue
        if any(isinstance(own, dict | list) for key, own in change.items() if key.endswith(("credit", "accrual"))):
            new = [f"{key}: {own}" for key, own in change.items() if key.endswith(".per")]  # of a whole schedule
            successor = ", ".join(new) or "per, select and multipliers in the credit"
        else:
            successor = ", ".join(f"{key}: {own}" if isinstance(own, str) else key for key, own in change.items())
        found.append(Superseded((*place, "set", path), None, successor))
    return answer | {"set": translated}


def _change(tree: Any, path: str, value: Any) -> dict[str, Any]:
    """One change of a term, as changes of today's terms."""
    section, _, rest = path.partition(".")
    holder, _, term = rest.partition(".")
    if path in ("guarantees", "remedies"):
        return {path: renewed({path: value})[path]}
    if section not in ("guarantees", "remedies"):
        return {path: value}
    if section == "remedies" and term == "each":
        paths = {}
        for entry in entries_called(tree, section, holder):
            credit = entry.get("credit")
            for number, schedule in enumerate(credit if isinstance(credit, list) else [credit]):
                accrual = schedule.get("accrual") if isinstance(schedule, dict) else None
                own = isinstance(accrual, dict) and accrual.get("each") == INCIDENT
                if isinstance(schedule, dict) and not own and not _goes_by_length(schedule):
                    paths[f"{section}.{holder}.credit.{number}.per"] = value
        return paths
    if term == "credit":
        each = next((entry.get("each") for entry in entries_called(tree, section, holder)), None)
        new = _holder({"credit": value} | ({"each": each} if each else {}), (section,), [])
        return {path: new["credit"]}
    if term.removeprefix("credit.").isdecimal():
        return {path: _schedule(value, (), None, [])}
    parent, accrual, last = path.partition(".accrual")
    schedule = parent.partition(".bands")[0]
    if accrual and last == ".each":
        return {f"{schedule}.per": value}
    if term.endswith("accrual") and isinstance(value, dict) and "each" in value:
        plain = {key: own for key, own in value.items() if key != "each"}
        return {path: plain, f"{schedule}.per": value["each"]}

    # any other term of a schedule or a remedy has its name of today
    keys = term.split(".")
    place = 0 if keys[0] != "credit" else 2 if len(keys) > 1 and keys[1].isdecimal() else 1
    if place < len(keys) and (place > 0 or section == "remedies"):
        keys[place] = RENAMED.get(keys[place], keys[place])
        if keys[place] == "select" and isinstance(value, str):
            value = REPLACED.get(value, value)
    return {".".join((section, holder, *keys)): value}
