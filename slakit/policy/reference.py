"""The policy format as Markdown, from the models themselves: every part, every key, a provider that uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from slakit.policy.document import Policy
from slakit.policy.part import Part

UNIONS = ("anyOf", "oneOf")
BY_QUESTION: dict[str, list[tuple[str, str, str]]] = {
    "Which outages count, and as what?": [
        ("Outages less than 5 minutes apart are one incident", "Guarantee", "join_gaps: 5m"),
        ("Outages shorter than 5 minutes do not count", "Guarantee", "minimum: 5m"),
        ("Only outages of more than 5 minutes count", "Guarantee", "minimum: {above: 5m}"),
        ("Only outages that affect more than 5 % of users count", "Guarantee", "affected: {above: 5}"),
        ("Two components must be down at once", "Guarantee", "components: [web, api], at_once: 2"),
        ("Downtime counts from the report; one within 24 hours counts from the failure", "Guarantee",
         "clock: reported, grace: 24h"),
        ("Downtime counts in whole minutes", "Guarantee", "unit: 1m"),
        ("Some causes, and announced maintenance, are excluded", "Guarantee",
         "exclude: {maintenance: [scheduled], causes: [customer]}"),
        ("Maintenance at night, or announced 5 business days ahead, qualifies", "Policy",
         "maintenance: [{id: night, kind: scheduled, hours: {weekly: {sun: ['01:00-05:00']}}, clause: '3'}, "
         "{id: announced, kind: scheduled, notice: 5bd, clause: '3'}]"),
        ("Maintenance is excluded up to 4 hours a month", "Maintenance", "allowance: {at_most: 4h, per: 1mo}"),
    ],
    "How is it measured and judged?": [
        ("The target itself is a breach: more than 99.9 %", "Guarantee", "target: 99.9, strictly: true"),
        ("Over the last 30 days, judged each day", "Guarantee", "window: {rolling: 30d}"),
        ("As the mean of the availabilities of components", "Guarantee", "components: [web, api], combine: mean"),
        ("By the share of users that each outage affects", "Guarantee", "weigh: affected"),
        ("Against 730 hours in every month", "Guarantee", "denominator: 730h"),
        ("Time that no monitor observed is downtime", "Guarantee", "missing: down"),
        ("Rounded to two decimals before it is compared", "Guarantee", "rounded: {level: {to: 0.01}}"),
        ("A minute with 5 % of failed requests or more is down", "Guarantee",
         "measured: {by: down, slice: 1m, at: 5}"),
        ("A minute with more than 5 % of failed requests is down", "Guarantee",
         "measured: {by: down, slice: 1m, at: {above: 5}}"),
        ("Hours of fewer than 100 requests are not judged", "Guarantee",
         "measured: {by: mean, slice: 1h, minimum_total: 100}"),
        ("A latency, as a percentile", "Guarantee",
         "metric: figure, at_most: 200, measured: {by: p95, unit: ms}"),
        ("From the month after the start on", "Guarantee", "begins: {wait: next_month}"),
        ("As another guarantee, but for some terms", "Policy",
         "guarantees: [{id: web, metric: availability, target: 99.9, window: 1mo, minimum: 5m, clause: '2'}, "
         "{id: api, like: web, target: 99.5, minimum: null}]"),
    ],
    "What is due for a breach?": [
        ("A table by availability", "Credit", "bands: [{below: 99.9, credit: 5%}, {below: 99, credit: 10%}]"),
        ("A table by the length of each outage", "Credit", "bands: [{outage: {above: 1h}, credit: 5%}]"),
        ("For each percentage point that is missed, to the fraction", "Credit", "shortfall: {credit: 1%}"),
        ("For each 0.1 point that is missed", "Credit", "shortfall: {step: 0.1, credit: 1%}"),
        ("For each hour of downtime, beyond four", "Credit",
         "accrual: {credit: 1%, per: 1h, count: complete, after: 4h}"),
        ("Ten times the fee of the time lost", "Credit", "multiple: 10"),
        ("Ten times the fee of the time lost beyond 15 minutes", "Credit", "multiple: {by: 10, after: 15m}"),
        ("One day's fee for each day with downtime", "Credit", "flat: 1/30, per: day"),
        ("Only after a month with two incidents", "Credit", "flat: 5%, when: {incidents: 2}"),
        ("Twice as much in the second month in a row", "Credit",
         "flat: 5%, multipliers: [{when: {streak: 2}, by: 2}]"),
        ("Points, of which each is 1 %", "Credit", "flat: 2 points, points: {each: 1%}"),
    ],
    "What limits it?": [
        ("At most one monthly fee in twelve months", "Credit",
         "flat: 5%, caps: [{per: rolling_12mo, at_most: 100%}]"),
        ("Credits of 1 USD or less are not paid", "Credit", "flat: 5%, minimum: {above: 1 USD, otherwise: nothing}"),
        ("Credits are carried on until they are 100 USD", "Credit",
         "flat: 5%, minimum: {from: 100 USD, otherwise: carried}"),
        ("Given back where two good months follow", "Credit", "flat: 5%, earn_back: {windows: 2}"),
        ("Of two remedies only the larger is paid", "Policy",
         "remedies: [{id: table, for: [web], credit: {flat: 5%, clause: '4'}}, "
         "{id: clock, for: [web], credit: {multiple: 10, clause: '5'}}]\n"
         "one_of: [{id: either, remedies: [table, clock]}]"),
    ],
    "Who has a claim, and until when?": [
        ("A claim within 30 days of the end of the month", "Claims", "within: 30d"),
        ("The outage must have been reported, at any time", "Claims", "report: {}"),
        ("The outage must have been reported within 24 hours", "Claims", "report: {within: 24h}"),
        ("Invoices must be paid", "Claims", "requires: [{id: paid, says: all invoices are paid, clause: '7'}]"),
        ("One form for each calendar month, in English", "Claims", "form: {one_per: month, language: en}"),
        ("The subject must hold certain words", "Claims", "form: {subject: SLA Credit Request}"),
        ("A right to terminate after three bad months of six", "Policy",
         "rights: [{id: end, says: terminate, for: [web], when: {misses: {from: 3, of: 6}}, clause: '8'}]"),
    ],
    "What is guaranteed of tickets?": [
        ("An answer in an hour, or in four, by priority", "Guarantee",
         "metric: response, within: {high: 1h, low: 4h}"),
        ("95 % of answers in time", "Guarantee", "metric: response, within: 1h, target: 95"),
        ("News every 30 minutes until it is resolved", "Guarantee", "metric: update, within: 30m"),
        ("The priority at the opening decides", "Guarantee",
         "metric: response, within: {high: 1h, low: 4h}, ranked: opened"),
    ],
    "What is guaranteed after a loss of data?": [
        ("At most an hour of data lost, back in less than four", "Policy",
         "recovery: [{id: vm, rpo: 1h, rto: {below: 4h}, clause: '9'}]"),
        ("A backup each day, kept for 30 days", "Policy", "backups: [{id: daily, every: 1d, kept: 30d, clause: '9'}]"),
        ("Kept for 90 days at most", "Policy", "backups: [{id: archive, kept: {to: 90d}, clause: '9'}]"),
    ],
}  # fmt: skip
"""Question → what a contract says, the part that says it, and how it is written there."""
INTRODUCTION = """\
# The policy format

Every part of a policy file and every key, with a policy that uses the part. Printed by `slakit schema --markdown`.

A key with `?` is optional. A value that differs by tier may be a mapping from tier to value where the table says so
(`name → …`). `slakit schema` prints the JSON Schema, from which an editor completes keys.

What a contract says is found by its question here, and every key in the part below that has it.
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
    return f"{INTRODUCTION}\n{''.join(map(_question, BY_QUESTION))}{sections_of(Policy, users)}"


def _question(question: str) -> str:
    rows = [
        f"| {says} | [{part}](#{part.lower()}) | {' and '.join(f'`{line}`' for line in written.splitlines())} |"
        for says, part, written in BY_QUESTION[question]
    ]
    return "\n".join([f"## {question}", "", "| a contract says | part | write |", "|---|---|---|", *rows]) + "\n\n"


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
        sections.append(f"## {name}\n\n{said}{user}\n\n{keys_table(parts[name])}")
    return "\n\n".join(sections) + "\n"


def keys_table(schema: Mapping[str, Any], without: Collection[str] = ()) -> str:
    """Describe the keys of one part as a table of Markdown.

    Parameters
    ----------
    schema
        JSON Schema of the part.
    without
        Keys that are described elsewhere.
    """
    lines = ["| key | is | meaning |", "|---|---|---|"]
    for key, field in schema.get("properties", {}).items():
        if key not in without:
            meaning = " ".join(str(field.get("description", "")).split()) if "$ref" not in field else ""
            mark = "" if key in schema.get("required", []) else "?"
            lines.append(f"| `{key}`{mark} | {_kind(field)} | {meaning} |".replace("  |", " |"))
    return "\n".join(lines)


def _models(base: type[Part]) -> Iterator[type[Part]]:
    for model in base.__subclasses__():
        if model.of_policies:
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
