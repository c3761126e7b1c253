"""A finding: something a buyer should know about a policy."""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["defect", "gap", "risk", "note"]
SEVERITIES: dict[Severity, str] = {
    "defect": "the text contradicts itself, or its arithmetic is wrong",
    "gap": "a contract of this kind usually states it",
    "risk": "clear, and to the customer's disadvantage",
    "note": "worth knowing",
}
HEADINGS: dict[Severity, str] = {
    "defect": "Contradictions and errors", "gap": "Missing terms", "risk": "Risks", "note": "Notes",
}  # fmt: skip
"""Severity → what readers see."""
COUNTED: dict[Severity, tuple[str, str]] = {
    "defect": ("contradiction or error", "contradictions and errors"), "gap": ("missing term", "missing terms"),
    "risk": ("risk", "risks"), "note": ("note", "notes"),
}  # fmt: skip
"""Severity → what one finding of it is called, and several."""
Codes = dict[str, tuple[Severity, str]]
"""Code → severity, and what it says of a contract: each topic has those of its checks."""


class Finding(NamedTuple):
    """Something a buyer should know.

    Attributes
    ----------
    code
        One of those of its topic.
    about
        The guarantee, remedy or section.
    sentence
        In plain words.
    figure
        Computed figure or witness.
    clauses
        Where the text says it.
    """

    code: str
    about: str
    sentence: str
    figure: str = ""
    clauses: tuple[str, ...] = ()
