"""Findings about texts that were read in part: what such a part leaves out, the whole may say."""

from __future__ import annotations

from slakit.analysis.finding import Finding

SILENT = {
    "undated": "of what date the text is",
    "formula-missing": "how the level is computed",
    "measurement-unstated": "whose figures decide",
    "no-remedy": "what a miss earns",
    "no-answer-times": "in what time a customer is answered",
    "business-day-undefined": "what a business day is",
    "backup-kept-at-most": "how long backups are kept at least",
    "maintenance-unlimited": "whether maintenance that does not count has a limit",
    "maintenance-unannounced": "what notice maintenance needs that does not count",
}
"""Code of a finding that rests on what a text does not say → what that is."""
ASSUMED = ("unstated", "window-unstated")
CONCLUSIONS = ("no-answer-times", "maintenance-unlimited", "maintenance-unannounced")
"""Codes whose figure only follows if the text is silent indeed."""


def as_far_as_read(finding: Finding) -> Finding:
    """A finding about a text of which only a part was read: its silence is a note, and of that part alone.

    >>> as_far_as_read(Finding("undated", "source", "The text carries no date", "read on 2026-01-01")).sentence
    'The part that was read does not say of what date the text is'
    """
    if finding.code in ASSUMED and finding.figure.startswith("taken: "):
        return finding._replace(code="not-read", sentence=f"The part that was read does not say: {finding.sentence}")
    if finding.code not in SILENT:
        return finding
    figure = "" if finding.code in CONCLUSIONS else finding.figure.partition(": a miss")[0]
    return Finding("not-read", finding.about, _unsaid(finding.code), figure, finding.clauses)


def _unsaid(code: str) -> str:
    return f"The part that was read does not say {SILENT[code]}"
