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
    ordered = [root.__name__, *(name for name in _in_order(root.__name__, parts) if name in models)]
    return "\n\n".join(_section(name, parts[name], models[name], users or {}) for name in ordered) + "\n"


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


def _in_order(name: str, parts: dict[str, Any]) -> list[str]:
    """Names of the parts that a part holds, and those that these hold, as they are met."""
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            target = str(node.get("$ref", "")).removeprefix("#/$defs/")
            if target in parts and target not in found:
                found.append(target)
                walk(parts[target])
            for key, value in node.items():
                if key != "$defs":
                    walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(parts[name])
    return found


def _section(name: str, schema: dict[str, Any], model: type[Part], users: Mapping[str, str]) -> str:
    said = " ".join((model.__doc__ or "").split("\n\n")[0].split())
    user = f" In use: `{users[name]}`." if name in users and name != "Policy" else ""
    rows = [f"## {name}", f"{said}{user}", "| key | is | meaning |\n|---|---|---|"]
    required = schema.get("required", [])
    lines = [_row(key, field, key in required) for key, field in schema.get("properties", {}).items()]
    return "\n\n".join(rows) + "\n" + "\n".join(lines)


def _row(key: str, field: dict[str, Any], required: bool) -> str:
    meaning = " ".join(str(field.get("description", "")).split()) if "$ref" not in field else ""
    mark = "" if required else "?"
    return f"| `{key}`{mark} | {_kind(field)} | {meaning} |".replace("  |", " |")


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
    return _word(field)


def _word(field: dict[str, Any]) -> str:
    examples = field.get("examples")
    if examples:
        return "like " + ", ".join(f"`{example}`" for example in examples[:3])
    kind = field.get("type", "anything")
    named = {"string": "text", "integer": "whole number", "boolean": "true or false", "number": "number"}
    return named.get(kind, kind) if isinstance(kind, str) else "text"
