"""Findings about texts that were read in part: what such a part does not say, the whole may say."""

from __future__ import annotations

from slakit import locales
from slakit.finding.model import Codes, Finding
from slakit.policy.printing import listed
from slakit.policy.terms import Terms
from slakit.policy.unread import READ, unread_terms
from slakit.remedy.values import remedies_of

CODES: Codes = {
    "read-in-part": ("note", "only an excerpt, or a third party's transcription, of the text was read"),
    "not-read": ("note", "the part of the text that was read does not say"),
}
SILENT = {
    "undated": "of what date the text is",
    "formula-missing": "how the level is computed",
    "measurement-unstated": "whose measurements decide",
    "no-remedy": "what credit is due for a breach",
    "no-answer-times": "in what time a customer is answered",
    "business-day-undefined": "what a business day is",
    "backup-kept-at-most": "how long backups are kept at least",
    "maintenance-unlimited": "whether excluded maintenance has a limit",
    "maintenance-unannounced": "what notice excluded maintenance needs",
    "changes-at-once": "with what notice the terms can be changed",
    "tier-adds-nothing": "what the higher-priced tier adds",
}
"""Code of a finding that rests on what a text does not say → what that is."""
ASSUMED = ("unstated", "window-unstated")
CONCLUSIONS = (
    "no-answer-times", "maintenance-unlimited", "maintenance-unannounced", "changes-at-once", "tier-adds-nothing",
)  # fmt: skip
"""Codes whose figure only follows if the text is silent indeed."""


def as_far_as_read(finding: Finding) -> Finding:
    """A finding about a text of which only a part was read: its silence is a note, and of that part alone.

    >>> as_far_as_read(Finding("undated", "source", "The text carries no date", "read on 2026-01-01")).sentence
    'The part that was read does not say of what date the text is'
    """
    if finding.code in ASSUMED and finding.figure.startswith("Assumed: "):
        return finding._replace(code="not-read", sentence=f"The part that was read does not say: {finding.sentence}")
    if finding.code == "auto-renewal":
        return finding._replace(figure=finding.figure.replace("no notice is stated", "the notice was not read"))
    if finding.code not in SILENT:
        return finding
    figure = "" if finding.code in CONCLUSIONS else finding.figure.partition(": no credit is due for a breach")[0]
    sentence = f"The part that was read does not say {SILENT[finding.code]}"
    return Finding("not-read", finding.about, sentence, figure, finding.clauses)


def read_in_part(terms: Terms) -> Finding:
    """Tell that only a part of a document was read, and which terms that decide money are not known for that reason."""
    source = terms.source
    sentence = f"Only {READ[source.read]} was read: what is not stated here may be stated in the whole"
    figure = f"read on {locales.day_of(source.retrieved)}"
    unread = listed(unread.term for unread in unread_terms(terms))
    return Finding("read-in-part", "source", sentence, f"{figure}; not read: {unread}" if unread else figure)


def rests_on_silence(finding: Finding, terms: Terms) -> bool:
    """Return whether a finding computes with a credit that the part which was read does not state."""
    return finding.code == "worst-free" and not remedies_of(terms, finding.about)
