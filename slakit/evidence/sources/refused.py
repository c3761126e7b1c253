"""Files that people try and that are no evidence of outages: each is refused with the reason, and what to take."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from slakit.problems import Problem

HEAD = 20_000
"""Bytes of a file by which it is told."""


@dataclass(frozen=True)
class RefusedFormat:
    """A format that is not read.

    Attributes
    ----------
    name
        What it is called.
    signs
        Patterns that all occur in the beginning of such a file.
    wrong
        Why it is not read.
    remedy
        What to take instead.
    """

    name: str
    signs: tuple[re.Pattern[bytes], ...]
    wrong: str
    remedy: str


REFUSED = (
    RefusedFormat(
        "AWS public status archive (`data.json`)",
        (re.compile(rb'"(?:archive|current)"\s*:\s*\['), re.compile(rb'"service_name"'), re.compile(rb'"summary"')),
        "the public archive of AWS: its dates are those of the first post, and it has no ends",
        "take the events of your own account (aws health describe-events), or write the outages by hand from the text",
    ),
    RefusedFormat(
        "Azure status history (RSS or HTML)",
        (re.compile(rb"(?i)<(?:rss|html)\b"), re.compile(rb"(?i)azure"), re.compile(rb"(?i)status")),
        "the status history of Azure: times stand in prose only, and are not those of any one customer",
        "take Azure Service Health of your own subscription, or write the outages by hand from the text",
    ),
    RefusedFormat(
        "Nagios or Icinga availability report (CSV)",
        (re.compile(rb"(?i)HOST_NAME"), re.compile(rb"(?i)TIME_(?:UP|DOWN)_(?:UN)?SCHEDULED")),
        "an availability report of Nagios: sums of seconds, which do not say when anything was down",
        "export its state history, one row for each change",
    ),
)


def refuse_known(place: str, source: bytes) -> Iterator[Problem]:
    """Refuse a file of a known format that is no evidence of outages.

    >>> [str(problem) for problem in refuse_known("report.csv", b"HOST_NAME,TIME_UP_SCHEDULED\\nweb,86400\\n")]
    ['report.csv: an availability report of Nagios: sums of seconds, which do not say when anything was down; \
export its state history, one row for each change']
    """
    head = source[:HEAD]
    for known in REFUSED:
        if all(sign.search(head) for sign in known.signs):
            yield Problem(place, None, known.wrong, known.remedy)
