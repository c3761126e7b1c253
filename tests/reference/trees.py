"""Policy files as plain trees: numbers exact, `no` a word, as YAML 1.2 has it."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LIBRARY = Path(__file__).parents[2] / "slakit" / "policy" / "library"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str, Any] = {}


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(null|~|)$"), ["n", "~", ""])
_Loader.add_implicit_resolver("!number", re.compile(r"^-?\d+(\.\d+)?$"), list("-0123456789"))
_Loader.add_constructor("!number", lambda _, node: Decimal(node.value) if "." in node.value else int(node.value))


def tree_of(text: str) -> Any:
    """What a YAML text says."""
    return yaml.load(text, Loader=_Loader)


@cache
def library_policy(name: str) -> dict[str, Any]:
    """A policy that ships with slakit, as its file says it."""
    policy: dict[str, Any] = tree_of((LIBRARY / f"{name}.yaml").read_text("utf-8"))
    return policy
