"""YAML files ↔ policies, the library that ships with slakit, and the JSON Schema for editors."""

from __future__ import annotations

import io
import os
import tempfile
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slakit.policy.checks import coherence
from slakit.policy.document import Policy
from slakit.policy.part import words_of_format
from slakit.policy.yaml import Document, parse_yaml, problems_of, read_yaml
from slakit.problems import InputError, Problem, one_of

LIBRARY = Path(__file__).parent / "library"


def read_policy(path: str | Path) -> Policy:
    """Read a policy file.

    Raises
    ------
    InputError
        All that is wrong with the file, each problem as `file:line path = value: what is wrong; what would be right`.
    """
    return policy_of(read_yaml(path))


def parse_policy(text: str, *, name: str = "<text>") -> Policy:
    """Read a policy from YAML text; see `read_policy`."""
    return policy_of(parse_yaml(text, name=name))


def policy_of(document: Document) -> Policy:
    """Validate a YAML document as a policy; see `read_policy`."""
    if not isinstance(document.tree, dict):
        problem = Problem(document.where(()), None, "not a policy", "write keys and values, beginning with format: 1")
        raise InputError(document.name, [problem])
    try:
        policy = Policy.model_validate(document.tree)
    except ValidationError as error:
        raise InputError(document.name, problems_of(error, document, words_of_format())) from None
    found = [Problem(document.where(place), value, wrong, remedy) for place, value, wrong, remedy in coherence(policy)]
    if found:
        raise InputError(document.name, found)
    return policy


def library() -> list[str]:
    """Ids of the policies that ship with slakit.

    >>> "klikk" in library()
    True
    """
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


def find_policy(name: str | Path) -> Policy:
    """Read a policy of the library by its id, or a policy file by its path.

    >>> find_policy("wp-heaven").provider
    'WP Heaven'

    Raises
    ------
    InputError
        There is no such policy, or the file is at fault.
    """
    text = str(name)
    if text.endswith((".yaml", ".yml")) or os.sep in text:
        return read_policy(text)
    if text not in library():
        remedy = f"{one_of(library(), text)}; or give the path of a .yaml file"
        raise InputError(text or "policy", [Problem("policy", text, "not in the library", remedy)])
    return _from_library(text)


@lru_cache(maxsize=512)
def _from_library(name: str) -> Policy:
    return read_policy(LIBRARY / f"{name}.yaml")


def write_policy(policy: Policy, path: str | Path) -> None:
    """Write a policy as YAML, atomically. Reading it back gives the same policy."""
    path = Path(path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(policy_text(policy))
    Path(temporary).replace(path)


def policy_text(policy: Policy) -> str:
    """The policy as YAML text, as `write_policy` writes it."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.representer.add_representer(Decimal, _represent_decimal)
    stream = io.StringIO()
    writer.dump(policy.model_dump(by_alias=True, exclude_unset=True), stream)
    return stream.getvalue()


def _represent_decimal(representer: Any, value: Decimal) -> Any:
    text = f"{value:f}"
    return representer.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def policy_schema() -> dict[str, Any]:
    """JSON Schema of policy files, for editors to complete and check from."""
    schema = Policy.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "slakit policy"}
