"""Mapping files: drafted from what a source holds, and read once a person has filled them in."""

from __future__ import annotations

import hashlib
import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slakit.evidence.sources.reader import PLACEHOLDER, CoveredTime, Draft, MappedItem, Reader, SourceMapping
from slakit.evidence.sources.registry import find_reader
from slakit.evidence.tables import REQUIRED_TABLE, TABLES
from slakit.policy.yaml import Document, Place, parse_yaml, problems_of, read_yaml
from slakit.problems import HIDDEN, InputError, Problem, one_of

WIDTH = 120
"""Columns of a drafted mapping."""
PLAIN_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
NOT_TEXT = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that some YAML takes for something else than text."""
ROW_HINTS = {
    "policy": "(slakit policies lists them)",
    "tier": "(needed where there are several)",
    "monthly_fee": "(0 where charges alone are the fee)",
    "currency": "such as EUR",
    "starts": "(such as 2026-01-01T00:00:00+01:00)",
}
"""What a drafted row of subscriptions says besides the words of the table."""
LONGEST_KEY = 1000
"""Characters of a name that YAML takes as a key on one line."""


@dataclass(frozen=True)
class MappingFile:
    """A mapping that is filled in: its reader, its keys, and where each stands."""

    reader: Reader
    keys: SourceMapping
    document: Document
    text: str

    @property
    def source(self) -> str:
        """Name of the source in the rows that it gives."""
        return self.keys.source or self.reader.name

    @property
    def sha256(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def read_mapping(given: str | Path | Mapping[str, Any], reader: str | None = None) -> MappingFile:
    """Read a mapping.

    Parameters
    ----------
    given
        Path of a mapping file, or its keys.
    reader
        The reader it must be for; any, if it is empty.

    Raises
    ------
    InputError
        With everything that is wrong, by line: a placeholder that is left, a key that the reader does not know, a value
        it does not take.
    """
    if isinstance(given, Mapping):
        text = json.dumps(given, ensure_ascii=False, indent=2, default=str)
        document = Document("mapping", parse_yaml(text, name="mapping").tree)
    else:
        document = read_yaml(given)
        text = Path(given).read_text(encoding="utf-8-sig")
    name, tree = document.name, document.tree
    if not isinstance(tree, dict):
        problem = Problem(document.where(()), None, "not a mapping", "write keys and values, beginning with format: 1")
        raise InputError(name, [problem])
    if unfilled := list(_placeholders(tree)):
        wrong = "a placeholder that is not filled in"
        remedy = "decide it, or delete the line if it is optional"
        raise InputError(name, [Problem(document.where(place), PLACEHOLDER, wrong, remedy) for place in unfilled])
    named = tree.get("reader")
    if not isinstance(named, str):
        raise InputError(name, [Problem(document.where(("reader",)), named, "no reader", "name one: reader: table")])
    if reader is not None and named != reader:
        wrong = f"a mapping of another reader than {reader}"
        raise InputError(name, [Problem(document.where(("reader",)), named, wrong, "name the reader of the mapping")])
    found = find_reader(named, document.where(("reader",)))
    try:
        keys = found.mapping.model_validate(tree)
    except ValidationError as error:
        words = {*found.mapping.model_fields, *MappedItem.model_fields, *CoveredTime.model_fields}
        raise InputError(name, problems_of(error, document, words)) from None
    return MappingFile(found, keys, document, text)


def _placeholders(tree: object, place: Place = ()) -> Iterator[Place]:
    """Yield the place of every key and every text that holds a placeholder."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if PLACEHOLDER in key:
                yield (*place, key)
            yield from _placeholders(value, (*place, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from _placeholders(value, (*place, number))
    elif isinstance(tree, str) and PLACEHOLDER in tree:
        yield place


def mapping_draft(reader: Reader, draft: Draft, subscriptions: Sequence[str] = ()) -> str:
    """Write the mapping of a source for a person to fill in.

    Parameters
    ----------
    reader
        Its reader.
    draft
        What must be decided.
    subscriptions
        Those that the evidence knows already; without any, the draft has a row of that table to fill in.

    Returns
    -------
    str
        A commented YAML file; while a placeholder is left in it, it is refused.
    """
    head = [
        *_remark(f"{reader.reads}: what it means as evidence. Write in place of each {PLACEHOLDER} what holds for you; "
                 "while one is left the mapping is refused. Then run slakit import again, with --map and this file."),
        "format: 1",
        f"reader: {reader.name}",
        *_remark("Name of the source in every row that it gives; a second page or account needs a name of its own."),
        f"source: {reader.name}",
    ]  # fmt: skip
    if draft.time_zone:
        head += [*_remark("Zone of the times in the file, which have no offset: such as Europe/Oslo."),
                 f"time_zone: {PLACEHOLDER}"]  # fmt: skip
    for key, (value, remark) in draft.keys.items():
        head += ["", *_remark(f"{remark[:1].upper()}{remark[1:]}." if remark else ""), *_entry(key, value)]

    known = one_of(subscriptions).removeprefix("there are ") if subscriptions else "an id of your own"
    mapped = [""]
    items = [item for item in draft.items if not HIDDEN.search(item)]
    if draft.items:
        mapped += [
            *_remark(f"Which subscription ({known}) and component each item of the source is, the most frequent first; "
                     "`slakit show` prints what a contract covers. Take `component` away where it is everything; "
                     "write a list where it is several; `ignore` leaves the rows of an item out. To leave most out, "
                     "delete them here and write `unmapped: list`."),
            "items:",
            *(f"{_key(item)} {{subscription: {PLACEHOLDER}, component: {PLACEHOLDER}}}" for item in items),
            *(f"  # {HIDDEN.sub('?', item)}: its name has control characters, so it can only be listed"
              for item in draft.items if HIDDEN.search(item)),
        ]  # fmt: skip
        if "unmapped" not in draft.keys:
            mapped += [
                *_remark("What is not named stops the import (refuse), or its rows are skipped and told (list)."),
                "unmapped: refuse",
            ]
    elif "subscription" not in draft.keys:
        mapped += [*_remark(f"The subscription ({known}) that the source is about."), f"subscription: {PLACEHOLDER}"]
    mapped += [
        "",
        *_remark("Times that the source covers, if the file does not tell; outside of them nothing is known:"),
        "# covered: [{started: 2026-01-01T00:00:00Z, ended: 2026-02-01T00:00:00Z}]",
    ]
    if not subscriptions:
        mapped += [
            "",
            *_remark("What is subscribed to. These rows are written where the evidence does not have them yet."),
            "subscriptions:",
            f"  {PLACEHOLDER}:",
        ]
        for column in TABLES[REQUIRED_TABLE].columns[1:6]:
            optional = "# " * column.optional
            says = " ".join(filter(None, (column.says, ROW_HINTS.get(column.name))))
            mapped.append(f"    {optional}{column.name}: {PLACEHOLDER}  # {says}")
    return "\n".join([*head, *mapped]) + "\n"


def _remark(text: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False
    )


def _key(name: str) -> str:
    quoted = json.dumps(name, ensure_ascii=False)
    return f"  {quoted}:" if len(quoted) < LONGEST_KEY else f"  ? {quoted}\n  :"


def _entry(key: str, value: Any, indent: str = "") -> list[str]:
    """Write a key and its value: on one line if it fits, else by indentation."""
    line = f"{indent}{_scalar(key)}: {_flow(value)}"
    if len(line) <= WIDTH or not isinstance(value, dict | list) or not value:
        return [line]
    if isinstance(value, dict):
        return [f"{indent}{_scalar(key)}:", *(row for own in value for row in _entry(own, value[own], indent + "  "))]
    return [f"{indent}{_scalar(key)}:", *(f"{indent}  - {_flow(entry)}" for entry in value)]


def _flow(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(own)}" for key, own in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int | float | Decimal):
        return str(value)
    if PLAIN_WORD.fullmatch(value) and value.lower() not in NOT_TEXT:
        return str(value)
    return json.dumps(value, ensure_ascii=False)
