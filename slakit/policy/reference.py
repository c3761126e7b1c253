"""The policy format as Markdown, from the models themselves: every part, every key, a provider that uses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from slakit.policy.document import Policy
from slakit.policy.part import Part

UNIONS = ("anyOf", "oneOf")
INTRODUCTION = """\
# The policy format

Every part of a policy file and every key, with a policy that uses the part. Printed by `slakit schema --markdown`.

A key with `?` is optional. A value that differs by tier may be a mapping from tier to value where the table says so
(`name → …`). `slakit schema` prints the JSON Schema, from which an editor completes keys.
"""


def format_reference(policies: Iterable[Policy]) -> str:
    """Describe every part of a policy file.

    Parameters
    ----------
    policies
        Where examples are looked for: each part names the first of them that uses it.

    Returns
    -------
    str
        A page with a heading and a table for each part, in the order in which a policy holds them.
    """
    users: dict[str, str] = {}
    for policy in policies:
        for part in _parts_in(policy):
            users.setdefault(type(part).__name__, policy.id)
    return f"{INTRODUCTION}\n{sections_of(Policy, users)}"


def sections_of(root: type[Part], users: Mapping[str, str] | None = None) -> str:
    """Describe a model and every part that it holds.

    Parameters
    ----------
    root
        The model of a whole file.
    users
        Part → the id of a policy that uses it.
    """
    schema = root.model_json_schema(by_alias=True)
    parts = {root.__name__: schema} | schema.get("$defs", {})
    models = {model.__name__: model for model in _models(Part)}
    met = [root.__name__]
    _note_parts(schema, parts, met)
    sections = []
    for name in (name for name in met if name in models):
        said = " ".join((models[name].__doc__ or "").split("\n\n")[0].split())
        user = f" In use: `{users[name]}`." if users and name in users and name != "Policy" else ""
        lines = [f"## {name}", "", f"{said}{user}", "", "| key | is | meaning |", "|---|---|---|"]
        for key, field in parts[name].get("properties", {}).items():
            meaning = " ".join(str(field.get("description", "")).split()) if "$ref" not in field else ""
            mark = "" if key in parts[name].get("required", []) else "?"
            lines.append(f"| `{key}`{mark} | {_kind(field)} | {meaning} |".replace("  |", " |"))
        sections.append("\n".join(lines))
    return "\n\n".join(sections) + "\n"


def _models(base: type[Part]) -> Iterator[type[Part]]:
    for model in base.__subclasses__():
        yield model
        yield from _models(model)


def _parts_in(part: Any) -> Iterator[Part]:
    if isinstance(part, Part):
        yield part
        for name in part.model_fields_set:
            yield from _parts_in(getattr(part, name))
    elif isinstance(part, list | dict):
        for entry in part.values() if isinstance(part, dict) else part:
            yield from _parts_in(entry)


def _note_parts(node: Any, parts: Mapping[str, Any], met: list[str]) -> None:
    """Note the parts that a schema refers to, and those that these hold, as they are met."""
    if isinstance(node, dict):
        target = str(node.get("$ref", "")).removeprefix("#/$defs/")
        if target in parts and target not in met:
            met.append(target)
            _note_parts(parts[target], parts, met)
        for key, value in node.items():
            if key != "$defs":
                _note_parts(value, parts, met)
    elif isinstance(node, list):
        for value in node:
            _note_parts(value, parts, met)


def _kind(field: dict[str, Any]) -> str:
    """Return what may be written for a key, in a few words."""
    if "$ref" in field:
        return str(field["$ref"]).removeprefix("#/$defs/")
    for union in UNIONS:
        if union in field:
            kinds = dict.fromkeys(_kind(option) for option in field[union] if option.get("type") != "null")
            return " or ".join(kinds)
    if "enum" in field:
        return ", ".join(f"`{word}`" for word in field["enum"])
    if "const" in field:
        return f"`{field['const']}`"
    if field.get("type") == "array":
        return f"list of {_kind(field.get('items', {}))}"
    if field.get("type") == "object":
        values = field.get("additionalProperties")
        return f"name → {_kind(values)}" if isinstance(values, dict) else "mapping"
    examples = field.get("examples")
    if examples:
        return "like " + ", ".join(f"`{example}`" for example in examples[:3])
    kind = field.get("type", "anything")
    named = {"string": "text", "integer": "whole number", "boolean": "true or false", "number": "number"}
    return named.get(kind, kind) if isinstance(kind, str) else "text"
