"""Make a failing case small: `shrunk(case, fails)`; and write it down: `write_case(case, folder)`."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

from random_cases import Case
from random_policies import policy_of
from ruamel.yaml import YAML

from slakit.policy.checks import coherence

Fails = Callable[[Case], bool]


def shrunk(case: Case, fails: Fails, most: int = 2000) -> Case:
    """Leave out subscriptions, rows, cells and keys of policies as long as it still fails.

    Parameters
    ----------
    fails
        Whether a case shows the fault. What it raises is no such fault.
    most
        Attempts, at most.
    """
    left, smaller = most, True
    while smaller and left > 0:
        smaller = False
        for candidate in _smaller(case):
            left -= 1
            if _shows(candidate, fails):
                case, smaller = candidate, True
                break
            if left <= 0:
                break
    return case


def _shows(case: Case, fails: Fails) -> bool:
    try:
        return fails(case)
    except Exception:  # another fault, or refused: not the one that is looked for
        return False


def _smaller(case: Case) -> Iterator[Case]:
    """Cases with one thing less, the largest things first."""
    subscriptions = case.evidence["subscriptions"]
    for row in subscriptions if len(subscriptions) > 1 else ():
        yield _without_subscription(case, row["subscription"])
    for name, table in case.evidence.items():
        if name != "subscriptions" and table:
            yield from (_with_rows(case, name, part) for part in _parts(table))
    for name, tree in case.policies.items():
        for path in sorted(_paths(tree), key=len):
            changed = deepcopy(tree)
            _drop(changed, path)
            if _accepted(changed):
                yield Case({**case.policies, name: changed}, case.evidence, case.period, case.as_of)
    for name, table in case.evidence.items():
        for index, row in enumerate(table):
            for key, value in row.items():
                if value is not None and key in CAN_BE_EMPTY:
                    yield _with_rows(case, name, [*table[:index], row | {key: None}, *table[index + 1 :]])


CAN_BE_EMPTY = {
    "component", "cause", "affected", "detected", "reported", "diagnosed", "announced", "ends", "component_fees",
    "billing_day", "due", "amount", "kept_until",
}  # fmt: skip


OF_TICKETS = ("holds", "priorities", "updates")
PARENTS = {"tickets": ("ticket", OF_TICKETS), "outages": ("outage", ("corrections",))}
"""Tables that others refer to: the column of their ids, and the others."""


def _parts(table: list[Any]) -> Iterator[list[Any]]:
    """A table without a half, then without each row."""
    half = len(table) // 2
    if half > 1:
        yield from (table[:half], table[half:])
    for index in range(len(table)):
        yield table[:index] + table[index + 1 :]


def _with_rows(case: Case, name: str, rows: list[Any]) -> Case:
    evidence = {**case.evidence, name: rows}
    key, others = PARENTS.get(name, ("", ()))
    kept = {row[key] for row in rows} if key else set()
    for table in others:
        evidence[table] = [row for row in evidence.get(table, []) if row[key] in kept]
    return Case(case.policies, evidence, case.period, case.as_of)


def _without_subscription(case: Case, subscription: str) -> Case:
    evidence = {
        name: [row for row in rows if row.get("subscription") != subscription] for name, rows in case.evidence.items()
    }
    for parent, (key, others) in PARENTS.items():
        kept = {row[key] for row in evidence.get(parent, [])}
        for table in others:
            evidence[table] = [row for row in evidence.get(table, []) if row[key] in kept]
    named = {row["policy"] for row in evidence["subscriptions"]}
    policies = {name: tree for name, tree in case.policies.items() if name in named}
    return Case(policies, evidence, case.period, case.as_of)


def _paths(tree: Any) -> Iterator[tuple[Any, ...]]:
    """Places of everything that a tree holds."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        yield (key,)
        yield from ((key, *rest) for rest in _paths(value))


def _drop(tree: Any, path: tuple[Any, ...]) -> None:
    for key in path[:-1]:
        tree = tree[key]
    del tree[path[-1]]


def _accepted(tree: dict[str, Any]) -> bool:
    try:
        return not list(coherence(policy_of(tree)))
    except Exception:
        return False


def write_case(case: Case, folder: Path) -> None:
    """Write the policies as YAML and the evidence as CSV, so that `slakit assess` can be asked the same."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, tree in case.policies.items():
        (folder / f"{name}.yaml").write_text(as_yaml(tree), encoding="utf-8")
    for name, rows in case.evidence.items():
        if rows:
            with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows({key: _printed(key, value) for key, value in row.items()} for row in rows)
    asked = f"slakit assess . --period {case.period} --as-of {_printed('', case.as_of)} --out out\n"
    (folder / "README.md").write_text(asked, encoding="utf-8")


def _printed(key: str, value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, dict):
        return json.dumps({name: float(fee) for name, fee in value.items()})
    return f"{value}.yaml" if key == "policy" else value


def _number(dumper: Any, number: Decimal) -> Any:
    kind = "int" if number == number.to_integral_value() else "float"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{kind}", f"{number:f}")


def as_yaml(tree: dict[str, Any]) -> str:
    """A tree as the text of a policy file."""
    yaml, text = YAML(), StringIO()
    yaml.representer.add_representer(Decimal, _number)
    yaml.representer.ignore_aliases = lambda *_: True  # anchors are not read
    yaml.dump(tree, text)
    return text.getvalue()
