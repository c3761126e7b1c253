"""What the reference says of the documents that were read whole, as sums that are easy to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import reference
from reference.trees import library_policy

Row = dict[str, Any]
CURRENCIES = {"klikk": "NOK", "wp-heaven": "DKK", "klink-cloud": "USD"}

# policy -> question -> answers, the default first
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    name: {
        question["id"]: (question["default"], *(one for one in question["answers"] if one != question["default"]))
        for question in library_policy(name).get("readings", [])
    }
    for name in CURRENCIES
}


@dataclass
class Result:
    # (subscription, guarantee, outage, verdict) -> microseconds, zero left out
    verdicts: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    # (subscription, guarantee, start of the judged window) -> agreed, downtime (microseconds), met
    availability: dict[tuple[str, str, datetime], tuple[int, int, bool | None]] = field(default_factory=dict)
    # (subscription, remedy, start of the window or of the incident's clock) -> amount above zero
    credits: dict[tuple[str, str, datetime], Decimal] = field(default_factory=dict)


def assess(
    evidence: dict[str, list[Row]],
    first_month: str,
    last_month: str,
    as_of: datetime,
    reading: dict[str, dict[str, str]] | None = None,
) -> Result:
    """Judge every subscription for the months from `first_month` to `last_month`, as known at `as_of`."""
    subscriptions = [{"currency": CURRENCIES[row["policy"]]} | row for row in evidence["subscriptions"]]
    policies = {row["policy"]: library_policy(row["policy"]) for row in subscriptions}
    settled: dict[str, str] = {}
    for policy in policies:
        settled |= {question: answers[0] for question, answers in QUESTIONS[policy].items()}
        settled |= (reading or {}).get(policy, {})
    period = f"{first_month}/{last_month}"
    tables = reference.assess(policies, evidence | {"subscriptions": subscriptions}, period, as_of, settled)
    return in_short(tables)


def in_short(tables: dict[str, list[Row]]) -> Result:
    result = Result()
    for row in tables["ledger"]:
        key = (row["subscription"], row["guarantee"], row["outage"], row["verdict"])
        if row["seconds"]:
            result.verdicts[key] = result.verdicts.get(key, 0) + int(row["seconds"] * 10**6)
    for row in tables["availability"]:
        if not row["running"]:
            found = int(row["agreed_seconds"] * 10**6), int(row["downtime_seconds"] * 10**6), row["met"]
            result.availability[row["subscription"], row["guarantee"], row["window_start"]] = found
    for row in tables["credits"]:
        if row["amount"]:
            result.credits[row["subscription"], row["remedy"], row["window_start"]] = row["amount"]
    return result
