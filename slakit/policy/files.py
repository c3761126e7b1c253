"""YAML files ↔ policies, the library that ships with slakit, and the JSON Schema for editors."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from slakit.arguments import checked, write_named
from slakit.policy.checks import answers_reach_takers, coherence
from slakit.policy.document import Policy
from slakit.policy.part import words_of_format
from slakit.policy.shared_terms import SharedTerms, with_shared_terms
from slakit.policy.skeleton import PLACEHOLDER
from slakit.policy.terms import Terms
from slakit.policy.yaml import Document, parse_yaml, problems_of, read_yaml
from slakit.problems import InputError, Problem, one_of

LIBRARY = Path(__file__).parent / "library"


@checked
def read_policy(path: str | Path) -> Policy:
    """Read a policy file.

    Raises
    ------
    InputError
        All that is wrong with the file, each problem as `file:line path = value: what is wrong; what would be right`.

    Examples
    --------
    >>> read_policy(LIBRARY / "klikk.yaml").tiers
    ['standard', 'silver', 'gold', 'platinum']
    """
    return policy_of(read_yaml(path))


@checked
def parse_policy(text: str, *, name: str = "<text>") -> Policy:
    """Read a policy from YAML text; see `read_policy`."""
    return policy_of(parse_yaml(text, name=name))


def policy_of(document: Document) -> Policy:
    """Validate a YAML document as a policy; see `read_policy`."""
    if not isinstance(document.tree, dict):
        problem = Problem(document.where(()), None, "not a policy", "write keys and values, beginning with format: 1")
        raise InputError(document.name, [problem])
    remedy = "write what the document says, or delete the line if it does not say it"
    unfilled = [place for place, text in texts_in(document.tree) if PLACEHOLDER in text]
    if unfilled:
        wrong = "a placeholder that is not filled in"
        problems = [Problem(document.where(place), PLACEHOLDER, wrong, remedy) for place in unfilled]
        raise InputError(document.name, problems)

    shared = with_shared_terms(document.tree)
    if shared.wrong:
        raise InputError(document.name, [Problem(document.where(place), *rest) for place, *rest in shared.wrong])  # type: ignore[arg-type]
    written = document
    document = Document(written.name, shared.tree, lambda: shared.lines(written.lines))
    try:
        policy = Policy.model_validate(document.tree)
        problems, sections = [], set(Policy.model_fields)
    except ValidationError as error:
        problems = problems_of(error, document, words_of_format())
        # without its broken sections, to find what is wrong between the others as well
        broken = {str(found["loc"][0]) for found in error.errors()}
        sections = document.tree.keys() & Policy.model_fields.keys() - broken
        policy = Policy.model_validate({**STAND_IN, **{name: document.tree[name] for name in sections}})
    for place, value, wrong, remedy in coherence(policy, sections):
        if place[:3] in shared.taken and remedy == "remove it":
            remedy = f"write {place[2]}: null to leave it out, or what holds instead"
        problems.append(Problem(document.where(place), value, wrong, remedy))
    if not problems:
        found = answers_reach_takers(policy, shared)
        problems = [Problem(document.where(place), *rest) for place, *rest in found]  # type: ignore[arg-type]
    if problems:
        raise InputError(document.name, list(_told_once(problems, shared, document)))
    return policy


def _told_once(problems: list[Problem], shared: SharedTerms, document: Document) -> Iterator[Problem]:
    """Leave out what is wrong with a term that was taken, where it is told of the guarantee that has it."""
    told = {str(problem) for problem in problems}
    places = [(document.where(here), document.where(there)) for here, there in shared.taken.items()]
    for problem in problems:
        written = (
            str(replace(problem, where=there + problem.where.removeprefix(here)))
            for here, there in places
            if problem.where.startswith(here)
        )
        if told.isdisjoint(written):
            yield problem


def texts_in(tree: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every text of a document, keys left out, with its place."""
    if isinstance(tree, str):
        yield place, tree
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from texts_in(value, (*place, key))
    elif isinstance(tree, list):
        for number, value in enumerate(tree):
            yield from texts_in(value, (*place, number))


STAND_IN: dict[str, Any] = {
    "format": 1,
    "id": "x",
    "provider": "x",
    "service": "x",
    "source": {"title": "x", "language": "en", "retrieved": "2000-01-01"},
    "guarantees": [{"id": "stand-in", "metric": "availability", "target": 99, "window": "1mo", "clause": "x"}],
}
"""What stands for required sections that are broken, while the others are compared."""


def library() -> list[str]:
    """Ids of the policies that ship with slakit.

    >>> "klikk" in library()
    True
    """
    return sorted(path.stem for path in LIBRARY.glob("*.yaml"))


@checked
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


@checked
def find_plans(name: str) -> list[tuple[Policy, str | None]]:
    """Read a policy and its tiers, or the one tier that is named with it.

    >>> [tier for _, tier in find_plans("klink-cloud")], find_plans("klikk:gold")[0][1]
    (['starter', 'growth', 'enterprise'], 'gold')

    Raises
    ------
    InputError
        There is no such policy or tier, or the file is at fault.
    """
    plain, tier = policy_and_tier(name)
    policy = find_policy(plain)
    if tier is None:
        return tiers_of(policy)
    policy.terms(tier=tier)
    return [(policy, tier)]


def find_plan(name: str) -> tuple[Policy, str | None]:
    """Find the one plan of that name.

    Raises
    ------
    InputError
        There is none, or the policy has several tiers and none is named.
    """
    plans = find_plans(name)
    if len(plans) > 1:
        remedy = f"name one: {', '.join(f'{name}:{tier}' for _, tier in plans)}"
        raise InputError("policy", [Problem("policy", name, "has several tiers", remedy)])
    return plans[0]


@checked
def find_terms(plans: str | Iterable[str]) -> list[Terms]:
    """Find the terms of plans by their names, each once.

    Parameters
    ----------
    plans
        Ids of the library, or paths of policy files, each alone (all its tiers) or with a tier: `klikk:gold`.

    Raises
    ------
    InputError
        No plan is named, or policies or tiers are unknown; all problems at once.

    Examples
    --------
    >>> [terms.tier for terms in find_terms(["klikk:gold", "klink-cloud"])]
    ['gold', 'starter', 'growth', 'enterprise']
    """
    chosen: dict[tuple[str, str | None], Terms] = {}
    problems: list[Problem] = []
    for name in [plans] if isinstance(plans, str) else plans:
        try:
            found = [policy.terms(tier=tier) for policy, tier in find_plans(name)]
        except InputError as error:
            problems += error.problems
            continue
        chosen |= {(terms.policy, terms.tier): terms for terms in found}
    if not chosen and not problems:
        problems = [Problem("policies", None, "no policy is named", "write at least one, like klikk or klikk:gold")]
    if problems:
        raise InputError("policies", problems)
    return list(chosen.values())


def plan_id(policy: Policy, tier: str | None) -> str:
    """The name of a plan, as `find_plans` takes it.

    >>> plan_id(find_policy("klikk"), "gold"), plan_id(find_policy("wp-heaven"), None)
    ('klikk:gold', 'wp-heaven')
    """
    return f"{policy.id}:{tier}" if tier else policy.id


def policy_and_tier(name: str) -> tuple[str, str | None]:
    """Part the name of a plan; a colon inside a path is part of the path.

    >>> policy_and_tier("klikk:gold"), policy_and_tier("a:b/mine.yaml")
    (('klikk', 'gold'), ('a:b/mine.yaml', None))
    """
    plain, colon, tier = name.rpartition(":")
    if not colon or "/" in tier or "\\" in tier or tier.endswith((".yaml", ".yml")):
        return name, None
    return plain, tier


def tiers_of(policy: Policy) -> list[tuple[Policy, str | None]]:
    """A policy with each of its tiers; with none, where there is only one plan."""
    tiers: list[str | None] = [*policy.tiers]
    return [(policy, tier) for tier in tiers or [None]]


@lru_cache(maxsize=512)
def _from_library(name: str) -> Policy:
    return read_policy(LIBRARY / f"{name}.yaml")


@checked
def write_policy(policy: Policy, path: str | Path) -> None:
    """Write a policy as YAML, whole or not at all. Reading it back gives the same policy.

    Each guarantee is written with all its terms, also those that it took from another by `like`.

    Raises
    ------
    InputError
        The file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_policy(find_policy("klikk"), Path(folder) / "copy.yaml")
    ...     read_policy(Path(folder) / "copy.yaml") == find_policy("klikk")
    True
    """
    write_named(Path(path), policy_text(policy))


def policy_text(policy: Policy) -> str:
    """The policy as YAML text, as `write_policy` writes it."""
    from ruamel.yaml import YAML

    writer = YAML()
    writer.width = 120
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.representer.add_representer(Decimal, _represent_decimal)
    writer.representer.add_representer(str, _represent_text)
    writer.representer.ignore_aliases = lambda *_: True  # two equal values are two values
    stream = io.StringIO()
    writer.dump(policy.model_dump(by_alias=True, exclude_unset=True), stream)
    return stream.getvalue()


def _represent_text(representer: Any, value: str) -> Any:
    """Quote what only an escape can keep: line breaks of other alphabets."""
    style = '"' if set(value) & set("\x85\u2028\u2029\r\ufeff") else None
    return representer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _represent_decimal(representer: Any, value: Decimal) -> Any:
    text = f"{value:f}"
    return representer.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


def policy_schema() -> dict[str, Any]:
    """JSON Schema of policy files, for editors to complete and check from.

    >>> policy_schema()["title"]
    'slakit policy'
    """
    schema = _any_of(Policy.model_json_schema(by_alias=True))
    guarantee = schema["$defs"]["Guarantee"]
    needed = [key for key in guarantee.pop("required") if key != "id"]
    guarantee |= {"required": ["id"], "anyOf": [{"required": ["like"]}, {"required": needed}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "slakit policy"}


def _any_of(schema: Any) -> Any:
    """A mapping may be read by tier or by priority: both are right until the tiers are known."""
    if isinstance(schema, list):
        return [_any_of(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    named = {"anyOf" if key == "oneOf" else key: _any_of(value) for key, value in schema.items()}
    return {key: value for key, value in named.items() if key != "discriminator"}
