"""Name what findings are about, as a reader of the contract knows it."""

from __future__ import annotations

from collections.abc import Mapping

from slakit.analysis.assumptions import path_words
from slakit.policy.document import Policy
from slakit.policy.files import tiers_of
from slakit.policy.plan_names import capitalized, part_names
from slakit.policy.printing import readable


def names_of(policy: Policy) -> dict[str, str]:
    """Name the guarantees, remedies and rights of a policy.

    Returns
    -------
    dict[str, str]
        Id → name.
    """
    plans = [policy.terms(tier=tier) for _, tier in tiers_of(policy)]
    named = {right.id: capitalized(readable(right.id)) for terms in plans for right in terms.rights}
    for terms in reversed(plans):
        named |= part_names(terms)
    return named


def subject_of(about: str, names: Mapping[str, str]) -> str:
    """Write what a finding is about in words.

    Parameters
    ----------
    about
        Ids of guarantees and remedies, tiers (`silver → gold`), paths of terms (`network: credit: of`), or sections;
        several with commas.
    names
        Id → name, of the policy.

    Examples
    --------
    >>> subject_of("network: credit: of, vm", {"network": "Network availability", "vm": "Virtual machines"})
    'Network availability: fee that the credit is a share of; Virtual machines'
    >>> subject_of("claims: after", {}), subject_of("silver → gold", {})
    ('Begin of the claim period', 'Silver → Gold')
    """
    return "; ".join(_one_subject(part, names) for part in about.split(", "))


def _one_subject(about: str, names: Mapping[str, str]) -> str:
    if about.startswith("Question: "):
        return about
    if " → " in about:
        return " → ".join(capitalized(readable(tier)) for tier in about.split(" → "))
    holder, _, path = about.partition(": ")
    if holder in names:
        return names[holder] + (f": {_path(path)}" if path else "")
    return capitalized(_path(about))


def _path(words: str) -> str:
    return path_words(words.replace(": ", ".").replace(" ", "_"))
