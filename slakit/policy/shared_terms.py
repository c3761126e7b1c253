"""Guarantees that share terms: one that is `like` another takes from it what it does not write itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from slakit.policy.yaml import Place
from slakit.problems import one_of

ONES_OWN = ("id", "name", "credit", "printed", "like")
"""Keys that no guarantee takes from another."""


class SharedTerms(NamedTuple):
    """A policy whose guarantees stand whole.

    Attributes
    ----------
    tree
        The policy, without `like`.
    written
        Its guarantees as they are written.
    chains
        Number of each guarantee that is like another → its own and those of the guarantees it takes terms from, the
        nearest first.
    taken
        Place of a term that was taken → the place where it is written.
    wrong
        Place, value, what is wrong and what would be right, of each `like` that leads nowhere.
    """

    tree: Any
    written: list[Any]
    chains: dict[int, list[int]]
    taken: dict[Place, Place]
    wrong: list[tuple[Place, object, str, str]]

    def takers(self, number: int, key: str) -> Iterator[int]:
        """Yield the numbers of the guarantees that have a term from the guarantee at a number, written or not."""
        for taker, chain in self.chains.items():
            if number in chain[1:] and not any(key in self.written[one] for one in chain[: chain.index(number)]):
                yield taker

    def lines(self, written: Mapping[Place, int]) -> dict[Place, int]:
        """Line of every value of the tree: a term that was taken stands where the other guarantee has it."""
        takers: dict[Place, list[Place]] = {}
        for here, there in self.taken.items():
            takers.setdefault(there, []).append(here)
        lines = dict(written)
        for place, line in written.items():
            for here in takers.get(place[:3], []):
                lines[(*here, *place[3:])] = line
        return lines


def with_shared_terms(tree: Any) -> SharedTerms:
    """Write out the guarantees of a policy that are like another.

    Parameters
    ----------
    tree
        The policy as a file has it. It stays as it is.

    Examples
    --------
    >>> web = {"id": "web", "metric": "availability", "target": 99.9, "window": "1mo", "minimum": "5m", "clause": "2"}
    >>> api = {"id": "api", "like": "web", "target": 99.5, "minimum": None}
    >>> with_shared_terms({"guarantees": [web, api]}).tree["guarantees"][1]
    {'id': 'api', 'target': 99.5, 'metric': 'availability', 'window': '1mo', 'clause': '2'}
    """
    entries = tree.get("guarantees") if isinstance(tree, dict) else None
    if not isinstance(entries, list) or not any(_like(entry) is not None for entry in entries):
        return SharedTerms(tree, [], {}, {}, [])
    ids = [entry.get("id") if isinstance(entry, dict) else None for entry in entries]
    whole, chains, wrong = list(entries), {}, []
    taken: dict[Place, Place] = {}
    for number, entry in enumerate(entries):
        if _like(entry) is None:
            continue
        place: Place = ("guarantees", number, "like")
        chain, terms = [number], dict(entry)
        while (name := _like(entries[chain[-1]])) is not None:
            other = ids.index(name) if name in ids else None
            if other is None:
                if len(chain) == 1:  # what is wrong further on is told there
                    known = [known for known in ids if isinstance(known, str) and known != ids[number]]
                    wrong.append((place, name, "no such guarantee", one_of(known, str(name))))
                break
            if other in chain:
                if other == number:
                    around = " is like ".join(str(ids[one]) for one in [*chain, number])
                    wrong.append((place, entry["like"], f"a circle: {around}", "write the terms of one of them"))
                break
            chain.append(other)
            for key, value in entries[other].items():
                if key not in ONES_OWN and key not in terms:
                    terms[key] = value
                    taken[("guarantees", number, key)] = ("guarantees", other, key)
        chains[number] = chain
        whole[number] = {key: value for key, value in terms.items() if key != "like" and value is not None}
    return SharedTerms({**tree, "guarantees": whole}, entries, chains, taken, wrong)


def written_whole(tree: Any) -> Any:
    """Write out the guarantees of a policy that are like another; see `with_shared_terms`.

    Raises
    ------
    ValueError
        A guarantee is like one that does not exist, or like itself.
    """
    shared = with_shared_terms(tree)
    for _, name, wrong, remedy in shared.wrong:
        raise ValueError(f"like {name}: {wrong}; {remedy}")
    return shared.tree


def _like(entry: object) -> object:
    return entry.get("like") if isinstance(entry, dict) else None
