"""Codes of all findings, gathered from the modules of their topics, and the page that lists them."""

from __future__ import annotations

from slakit.finding import contract, credits, guarantees, limits, money, questions, unread
from slakit.finding.model import Codes

TOPICS = (questions, guarantees, credits, limits, money, contract, unread)
CODES: Codes = {code: said for topic in TOPICS for code, said in topic.CODES.items()}
"""In the order in which findings of one severity are listed."""


def findings_reference() -> str:
    """Return the page that lists every finding, as Markdown."""
    introduction = (
        "# Findings\n\nEvery finding that `slakit findings` knows. "
        "Printed by `slakit schema --markdown --of findings`.\n\n"
        "A *defect* is a contradiction or an arithmetic error of the contract, a *gap* is a missing term, a *risk* is\n"
        "clear and to the customer's disadvantage, a *note* is worth knowing.\n"
    )
    rows = [f"| `{code}` | {severity} | {says[:1].upper()}{says[1:]} |" for code, (severity, says) in CODES.items()]
    return "\n".join([introduction, "| code | severity | meaning |", "|---|---|---|", *rows]) + "\n"
