"""The engine and the reference side by side: `compared(case)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import reference
from random_cases import Case

from slakit.analysis.assess import assess
from slakit.policy.terms import Terms
from slakit.problems import InputError

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]

WINDOW = ("subscription", "guarantee", "window_start")
CREDIT = ("subscription", "remedy", "window_start")
COMPARED: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ledger": (("subscription", "guarantee", "outage", "verdict"), ("seconds",)),
    "counted": (WINDOW, ("seconds",)),
    "availability": (
        (*WINDOW, "window_end"),
        ("agreed_seconds", "downtime_seconds", "availability", "met", "running", "observed"),
    ),
    "counts": ((*WINDOW, "window_end"), ("met", "running")),
    "figures": ((*WINDOW, "window_end"), ("measurements", "level", "limit", "met", "running")),
    "attainment": ((*WINDOW, "window_end"), ("eligible", "met_count", "pending", "attainment", "met")),
    "tickets": (
        ("subscription", "guarantee", "ticket"),
        (
            "priority",
            "priorities",
            "kind",
            "window_start",
            "opened",
            "answered",
            "due",
            "within_seconds",
            "elapsed_seconds",
            "verdict",
        ),
    ),
    "incidents": (("subscription", "guarantee", "started"), ("ended", "seconds", "within_seconds", "met", "running")),
    "credits": ((*CREDIT, "window_end"), ("credit_percent", "basis_amount", "amount", "currency", "cap", "instead")),
    "claims": (CREDIT, ("amount", "currency", "deadline", "deadline_earliest", "status")),
    "requirements": ((*CREDIT, "requirement"), ("met",)),
    "claim_steps": (CREDIT, ("opens", "report_by", "reported")),
    "rights": (("subscription", "right", "guarantee", "window_start", "window_end"), ("until",)),
    "ranges": (("subscription",), ("currency", "amount", "amount_low", "amount_high", "widened_by")),
    "recoveries": (("subscription", "recovery"), ("rpo_met", "rto_met")),
}
"""Table → what names a row, and what the two must agree on."""


@dataclass
class Comparison:
    """What was compared, and where the two differ.

    Attributes
    ----------
    cells
        Number of values compared.
    different
        Table, row and values of the engine and of the reference.
    refused
        Why the engine, or the reference, did not judge it; empty if both did.
    """

    cells: int = 0
    different: list[tuple[str, tuple[object, ...], object, object]] = field(default_factory=list)
    refused: str = ""

    def told(self, most: int = 12) -> str:
        """The differences, in lines."""
        lines = [f"{table} {key}: engine {ours}, reference {theirs}" for table, key, ours, theirs in self.different]
        return "\n".join(lines[:most])


def compared(case: Case) -> Comparison:
    """Assess a case twice, and compare every table."""
    found = Comparison()
    try:
        told = {name: rows for name, rows in case.evidence.items() if rows}  # an absent table says nothing
        theirs = reference.assess(case.policies, told, case.period, case.as_of)
    except reference.NotCovered as reason:
        return Comparison(refused=f"reference: {reason}")
    try:
        review = assess(case.checked(), case.period, case.as_of, policies=case.parsed())
    except InputError as error:
        return Comparison(refused=f"engine: {error.problems[0].wrong}; {error.problems[0].remedy}")
    ours = {name: getattr(review, name).rows(named=True) for name in COMPARED if hasattr(review, name)}
    terms: dict[str, list[Terms]] = {}
    for row in case.evidence["subscriptions"]:
        terms.setdefault(row["subscription"], []).append(review.terms[row["policy"], row["tier"]])
    here, there = _arranged(ours, terms), _arranged(theirs, terms)
    for table, (key, values) in COMPARED.items():
        one, other = _by_key(here[table], key, values), _by_key(there[table], key, values)
        if table == "tickets":  # the reference gives no working time to a ticket with a deadline of its own
            own = {name for name, row in other.items() if row["within_seconds"] is None and name in one}
            one |= {name: one[name] | {"within_seconds": None, "elapsed_seconds": None} for name in own}
            other |= {name: other[name] | {"elapsed_seconds": None} for name in own}
        for name in sorted({*one, *other}, key=str):
            found.cells += len(values)
            if one.get(name) != other.get(name):
                found.different.append((table, name, one.get(name), other.get(name)))
    return found


def _arranged(tables: Tables, terms: Mapping[str, Sequence[Terms]]) -> dict[str, list[Row]]:
    """Both sides in one form: sums of the ledger, and promised numbers of incidents by themselves.

    Left out is what the rules do not say: a sliding window that still runs, and for which of them an outage is paid;
    the verdict of any window that runs; of weighed outages at once, which keeps the time; what a slice that is down is
    called; the fee of which several schedules of a remedy are a share; by how much an availability is below nothing.
    """
    arranged = {name: list(tables.get(name, [])) for name in COMPARED}
    each = [(name, one) for name, of_name in terms.items() for one in of_name]
    promised = [((name, guarantee.id), guarantee) for name, own in each for guarantee in own.guarantees]
    alone = {(name, remedy.id) for name, own in each for remedy in own.remedies if len(remedy.credit) == 1}
    sliding = {name for name, guarantee in promised if guarantee.window.slides}
    weighed = {name for name, guarantee in promised if guarantee.weigh}
    unnamed = weighed | {name for name, guarantee in promised if guarantee.measured is not None}
    slides = {
        (name, remedy.id)
        for name, own in each
        for remedy in own.remedies
        if any((name, one) in sliding for one in remedy.guarantees)
    }
    for table in ("credits", "claims", "requirements", "claim_steps"):
        arranged[table] = [row for row in arranged[table] if (row["subscription"], row["remedy"]) not in slides]
    arranged["ranges"] = [row for row in arranged["ranges"] if row["subscription"] not in {name for name, _ in slides}]
    for table in ("availability", "figures", "attainment", "incidents"):
        kept = [
            row | {"met": None} if row.get("running") else row
            for row in arranged[table]
            if not (row.get("running") and (row["subscription"], row["guarantee"]) in sliding)
        ]
        arranged[table] = kept
    counts = {name for name, guarantee in promised if guarantee.metric == "incidents"}
    for table in ("availability", "figures"):
        for row in list(arranged[table]):
            if (row["subscription"], row["guarantee"]) in counts:
                arranged[table].remove(row)
                arranged["counts"].append(row)
    for row in arranged["availability"]:
        row["availability"] = row["availability"] if row["availability"] is None else max(0, row["availability"])
    unread = {"not_read": "not_required"}
    arranged["claims"] = [row | {"status": unread.get(row["status"], row["status"])} for row in arranged["claims"]]
    arranged["recoveries"] = [row for row in arranged["recoveries"] if (row["rpo_met"], row["rto_met"]) != (None, None)]
    arranged["figures"] = [row for row in arranged["figures"] if row["measurements"] or not row["running"]]
    sums: dict[tuple[Any, ...], Fraction] = {}
    counted: dict[tuple[Any, ...], Fraction] = {}
    for row in arranged["ledger"]:
        length = Fraction(row["seconds"])
        at_once = (row["subscription"], row["guarantee"]) in unnamed
        key = tuple(None if name == "outage" and at_once else row[name] for name in COMPARED["ledger"][0])
        sums[key] = sums.get(key, Fraction(0)) + length
        if row["verdict"] == "counted" and (row["subscription"], row["guarantee"]) not in sliding:
            window = tuple(row[name] for name in WINDOW)
            counted[window] = counted.get(window, Fraction(0)) + length
    arranged["credits"] = [
        row
        | ({} if (row["subscription"], row["remedy"]) in alone else {"credit_percent": None, "basis_amount": None})
        | ({} if row["basis_amount"] else {"credit_percent": None})
        | ({"cap": None} if row["cap"] in ("minimum", "earned_back") else {})
        for row in arranged["credits"]
        if row["amount"] or row["instead"]
    ]
    arranged["tickets"] = [_told_of_ticket(row) for row in arranged["tickets"] if row["verdict"] != "not_concerned"]
    arranged["ledger"] = [
        dict(zip(COMPARED["ledger"][0], key, strict=True)) | {"seconds": s} for key, s in sums.items()
    ]
    arranged["counted"] = [dict(zip(WINDOW, key, strict=True)) | {"seconds": s} for key, s in counted.items()]
    return arranged


def _told_of_ticket(row: Row) -> Row:
    """A ticket that was answered in time is not due any more."""
    return row | ({"due": None} if row["verdict"] == "met" else {})


def _by_key(rows: list[Row], key: tuple[str, ...], values: tuple[str, ...]) -> dict[tuple[object, ...], Row]:
    return {
        tuple(_plain(row.get(name)) for name in key): {name: _plain(row.get(name)) for name in values} for row in rows
    }


def _plain(value: object) -> object:
    """A value that compares whatever its type: exact numbers as fractions rounded to what tables hold."""
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, Decimal | Fraction | int):
        return (Fraction(value) * 10**6 + Fraction(1, 2)) // 1 / 10**6
    return str(value)
