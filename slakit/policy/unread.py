"""What is not known of a document of which only a part was read: there, silence is no term."""

from __future__ import annotations

from typing import NamedTuple

from slakit.policy.terms import Terms
from slakit.policy.words import maintenance_name

NOT_READ = "not read"
READ = {
    "whole": "the whole document",
    "excerpt": "an excerpt of the document",
    "transcription": "a third party's transcription",
}
"""What was read of a document, in words."""


class Unread(NamedTuple):
    """A term that the part which was read does not state.

    Attributes
    ----------
    term
        What it is, in words.
    taken
        What a calculation does without it.
    """

    term: str
    taken: str


def unread_terms(terms: Terms) -> list[Unread]:
    """List the terms that decide money and that were not read; none where the whole document was read.

    >>> from slakit.policy.files import find_policy
    >>> unread_terms(find_policy("klikk").terms(tier="gold"))
    []
    """
    if terms.read_whole:
        return []
    unread: dict[str, str] = {}
    claims = [terms.claims_of(remedy) for remedy in terms.remedies]
    if not terms.remedies:
        unread["what credit is due for a breach"] = "credits are not computed"
    elif not any(remedy.all_caps for remedy in terms.remedies):
        unread["the most that is paid"] = "credits are computed without a limit"
    without_deadline = "no deadline is computed: ask the provider"
    if None in claims:
        unread["whether and until when a credit must be claimed"] = without_deadline
    elif any(claim and claim.needed and not claim.has_deadline for claim in claims):
        unread["until when a credit must be claimed"] = without_deadline
    on_outages = [guarantee for guarantee in terms.guarantees if guarantee.on_outages]
    excluded = {kind for guarantee in on_outages for kind in guarantee.exclude.maintenance}
    if on_outages and not excluded:
        unread["whether maintenance counts"] = "maintenance counts as downtime"
    for kind in terms.maintenance:
        if kind.kind in excluded and kind.notice is None:
            unread[f"what notice {maintenance_name(kind)} maintenance needs"] = "none is required"
    if on_outages and not any(guarantee.exclude.causes for guarantee in on_outages):
        unread["which causes are excluded"] = "every cause counts"
    if terms.monitor is None:
        unread["whose measurements decide"] = "the evidence is taken as it is"
    return [Unread(term, taken) for term, taken in unread.items()]


def without_credit(terms: Terms) -> str:
    """Say of a plan without a remedy that it owes no credit, or that this was not read.

    >>> from slakit.policy.files import find_policy
    >>> without_credit(find_policy("cloudworkz").terms())
    'Cloudworkz owes no credit for a breach.'
    """
    if not terms.read_whole:
        return f"What {terms.provider} owes for a breach was not read."
    return f"{terms.provider} owes no credit for a breach" + (f" to tier {terms.tier}." if terms.tier else ".")


def not_read_or(terms: Terms, absent: str) -> str:
    """Say that a term is absent, or, where only a part of the document was read, that it was not read.

    >>> from slakit.policy.files import find_policy
    >>> not_read_or(find_policy("klikk").terms(tier="gold"), "no cap")
    'no cap'
    """
    return absent if terms.read_whole else NOT_READ
