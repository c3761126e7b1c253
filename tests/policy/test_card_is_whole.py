"""The card tells all that decides money: every field of every part of the format changes it, or is listed as not."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from slakit.policy.card import policy_card_html
from slakit.policy.document import Policy
from slakit.policy.part import Part
from slakit.policy.terms import Terms

AVAILABLE = {"metric": "availability", "target": 99.9, "window": "1mo", "clause": "1"}
HOURS = {"weekly": {"mon-fri": ["08:00-17:00"]}}
BASE: dict[str, Any] = {
    "format": 1, "id": "base", "provider": "Base", "service": "Anything", "tiers": ["basic", "best"],
    "source": {"title": "Terms", "language": "en", "retrieved": "2026-01-01"},
    "maintenance": [{"kind": "scheduled", "clause": "m"}],
    "guarantees": [
        {"id": "web", **AVAILABLE, "components": ["web", "api", "db"], "exclude": {"maintenance": ["scheduled"]}},
        {"id": "late", **AVAILABLE, "begins": {"wait": "14d"}},
        {"id": "counted", **AVAILABLE, "denominator": "720h"},
        {"id": "probed", **AVAILABLE, "measured": {"by": "down", "slice": "1m", "at": 5}},
        {"id": "speed", "metric": "figure", "at_most": 200, "window": "1mo", "measured": {"by": "mean"}, "clause": "1"},
        {"id": "size", "metric": "figure", "at_least": 5, "window": "1mo", "measured": {"by": "last"}, "clause": "1"},
        {"id": "answer", "metric": "response", "within": "1h", "target": 95, "window": "1mo", "clause": "1",
         "tickets": {"kinds": ["incident"]}},
    ],
    "remedies": [
        {"id": "rows", "for": ["web"], "credit": [
            {"bands": [{"below": 99.5, "credit": "5%"}, {"below": 99, "credit": "10%"}], "clause": "c"},
            {"flat": "1%", "when": {"streak": 2}, "clause": "d"},
        ]},
        {"id": "slope", "for": ["web", "late"], "credit": {"shortfall": {"credit": "2%"}, "clause": "c"}},
        {"id": "stairs", "for": ["web"], "credit": {"shortfall": {"step": 1, "credit": "1%"}, "clause": "c"}},
        {"id": "clock", "for": ["web"], "credit": {
            "accrual": {"credit": "1%", "per": "1h", "count": "started"}, "clause": "c"}},
        {"id": "hard", "for": ["web"], "credit": {
            "bands": [{"above": 99, "to": 99.5, "credit": "5%"}, {"below": 97, "credit": "1%",
                       "plus": {"accrual": {"credit": "1%", "per": "1h", "count": "started"}}}], "clause": "c"}},
        {"id": "long", "for": ["web"], "credit": {
            "bands": [{"outage": {"above": "4h"}, "credit": "5%"}], "clause": "c"}},
        {"id": "fees", "for": ["web"], "caps": [{"per": "window", "at_most": "50%"}],
         "minimum": {"from": "1%", "otherwise": "nothing"}, "earn_back": {"windows": 2},
         "credit": {"flat": "5%", "of": {"last": "12mo"}, "clause": "c",
                    "multipliers": [{"when": {"streak": 2}, "by": 2}]}},
        {"id": "each", "for": ["web"], "points": {"each": "1%"}, "credit": {"flat": "2 points", "clause": "c"}},
        {"id": "table", "for": ["web"], "points": {"bands": [{"from": 2, "credit": "1%"}]},
         "credit": {"flat": "2 points", "clause": "c"}},
    ],
    "one_of": [{"id": "either", "remedies": ["stairs", "clock"], "clause": "o"}],
    "rights": [{"id": "end", "says": "terminate", "for": ["web"], "when": {
        "outage": {"above": "1h"}, "downtime": {"above": "2h"}, "incidents": {"above": 2}, "deviation": {"above": 5},
        "misses": {"from": 2, "of": 4}}, "clause": "r"}],
    "claims": {"within": "10d", "report": {"within": "24h"}, "requires": [{"id": "paid", "says": "All is paid"}],
               "evidence": ["name", "number"], "form": {"channel": "email"}},
    "support": {"hours": HOURS, "clause": "s", "priorities": [{"id": "P1"}],
                "matrix": {"impact": {"high": {"high": "P1"}}, "clause": "s"}},
    "recovery": [{"id": "vm", "rpo": "1h", "clause": "v"}],
    "backups": [{"id": "vm", "every": "1d", "kept": "30d", "clause": "v"}],
    "contract": {
        "billing": {"says": "monthly", "clause": "k"}, "renewal": {"renews": "monthly", "clause": "k"},
        "changes": {"says": "by mail", "clause": "k"},
    },
    "undertakings": [{"says": "We try", "clause": "u"}],
    "monitor": {"by": "provider", "clause": "o"},
    "noticed": [{"says": "odd", "kind": "unclear", "clauses": ["n"]}],
    "assumed": [{"term": "currency", "value": "EUR", "because": "a guess"}],
    "readings": [{"id": "month", "question": "Which month?", "clauses": ["q"], "default": "one",
                  "answers": {"one": {}, "other": {"set": {"guarantees.late.window": "1q"}}}}],
}  # fmt: skip
STATED = {"says": "Something", "clause": "z"}
G, R = ("guarantees",), ("remedies",)
CHANGES: dict[str, list[tuple[tuple[str | int, ...], Any]]] = {
    "Policy.provider": [(("provider",), "Other")],
    "Policy.service": [(("service",), "Other")],
    "Policy.source": [(("source", "title"), "Other")],
    "Policy.time_zone": [(("time_zone",), "Europe/Oslo")],
    "Policy.currency": [(("currency",), "EUR")],
    "Policy.tiers": [(("tiers",), ["basic", "best", "more"])],
    "Policy.begins": [(("begins",), {"wait": "next_month"})],
    "Policy.maintenance": [(("maintenance", 0, "kind"), "emergency")],
    "Policy.guarantees": [((*G, 0, "target"), 99)],
    "Policy.remedies": [((*R, 1, "credit", "shortfall", "credit"), "3%")],
    "Policy.one_of": [(("one_of",), [])],
    **{f"OneOf.{name}": [(("one_of", 0, name), value)] for name, value in {
        "id": "both", "remedies": ["slope", "stairs"], "select": "choice", "clause": "x"}.items()},
    "Policy.rights": [(("rights",), [])],
    "Policy.claims": [(("claims",), None)],
    "Policy.support": [(("support",), None)],
    "Policy.recovery": [(("recovery",), [])],
    "Policy.backups": [(("backups",), [])],
    "Policy.contract": [(("contract",), {})],
    "Policy.undertakings": [(("undertakings",), [])],
    "Policy.monitor": [(("monitor",), None)],
    "Policy.noticed": [(("noticed",), [])],
    "Policy.assumed": [(("assumed",), [])],
    "Policy.readings": [(("readings",), [])],
    **{f"Source.{name}": [(("source", name), value)] for name, value in {
        "title": "Other", "language": "no", "url": "https://example.com", "updated": "2025-01-01",
        "retrieved": "2026-02-02", "read": "excerpt", "attribution": "Somebody", "note": "Read twice",
    }.items()},
    **{f"Stated.{name}": [(("undertakings", 0, name), value)] for name, value in {
        "says": "We do", "clause": "x", "tiers": ["best"]}.items()},
    **{f"Changes.{name}": [(("contract", "changes", name), value)] for name, value in {
        "says": "by post", "clause": "x", "tiers": ["best"], "notice": "30d"}.items()},
    **{f"Renewal.{name}": [(("contract", "renewal", name), value)] for name, value in {
        "renews": "same_length", "notice": "30d", "clause": "x"}.items()},
    **{f"Contract.{name}": [(("contract", name), value)] for name, value in {
        "billing": None, "renewal": None, "changes": None, "sole_remedy": STATED, "suspension": STATED}.items()},
    **{f"Monitor.{name}": [(("monitor", name), value)] for name, value in {"by": "customer", "clause": "x"}.items()},
    **{f"Noticed.{name}": [(("noticed", 0, name), value)] for name, value in {
        "says": "odder", "kind": "silence", "clauses": ["x"], "tiers": ["best"]}.items()},
    **{f"Assumed.{name}": [(("assumed", 0, name), value)] for name, value in {
        "term": "time_zone", "value": "UTC", "because": "a convention"}.items()},
    **{f"Question.{name}": [(("readings", 0, name), value)] for name, value in {
        "id": "other", "question": "What month?", "kind": "silence", "clauses": ["x"], "default": "other",
        "answers": {"one": {}, "third": {}}}.items()},
    "Answer.because": [(("readings", 0, "answers", "one", "because"), "It is printed")],
    **{f"Maintenance.{name}": [(("maintenance", 0, name), value)] for name, value in {
        "id": "night", "kind": "emergency", "notice": "48h", "holidays": "SE", "hours": HOURS,
        "allowance": {"at_most": "4h"}, "preferred": "at night", "clause": "x"}.items()},
    "Allowance.at_most": [
        (("maintenance", 0, "allowance"), {"at_most": "4h"}),
        (("maintenance", 0, "allowance"), {"at_most": "5h"}),
    ],
    "Allowance.per": [
        (("maintenance", 0, "allowance"), {"at_most": "4h"}),
        (("maintenance", 0, "allowance"), {"at_most": "4h", "per": "1w"}),
    ],
    "Begins.wait": [((*G, 1, "begins", "wait"), "15d")],
    "Begins.clause": [((*G, 1, "begins", "clause"), "x")],
    **{f"Hours.{name}": [(("support", "hours", name), value)] for name, value in {
        "weekly": {"sat": ["08:00-12:00"]}, "time_zone": "Europe/Oslo", "holidays": "SE", "clause": "x"}.items()},
    **{f"Guarantee.{name}": [((*G, 0, name), value)] for name, value in {
        "name": "Website", "metric": "downtime", "target": 99, "strictly": True, "tiers": ["best"],
        "commitment": "best_effort", "window": "1q", "components": ["web"], "combine": "mean",
        "at_once": 2, "affected": {"from": 50},
        "covers": "The website", "clock": "reported", "hours": HOURS, "exclude": {"causes": ["customer"]},
        "minimum": "5m", "join_gaps": "5m", "unit": "1m", "rounded": {"level": {"to": 0.01}}, "weigh": "affected",
        "denominator": "less_maintenance", "partial": "skip", "missing": "down", "begins": {"wait": "next_month"},
        "credit": {"flat": "7%", "clause": "x"},
        "printed": [{"per": "1mo", "downtime": "43m", "clause": "x"}], "clause": "x", "clauses": {"clock": "x"},
    }.items()},
    "Guarantee.grace": [((*G, 0, "clock"), "reported"), ((*G, 0, "grace"), "24h")],
    "Guarantee.id": [(("rights", 0, "for"), ["web", "late"])],
    "Guarantee.at_most": [((*G, 4, "at_most"), 300)],
    "Guarantee.at_least": [((*G, 5, "at_least"), 6)],
    "Guarantee.measured": [((*G, 4, "measured", "by"), "p95")],
    "Guarantee.within": [((*G, 6, "within"), "2h")],
    "Guarantee.ranked": [((*G, 6, "ranked"), "opened")],
    "Guarantee.tickets": [((*G, 6, "tickets"), None)],
    **{f"Exclude.{name}": [((*G, 0, "exclude", name), value)] for name, value in {
        "maintenance": ["emergency"], "causes": ["customer"], "tickets": ["planned_change"],
        "own_deadline": ["planned_change"]}.items()},
    "Tickets.kinds": [((*G, 6, "tickets", "kinds"), ["service_sla"])],
    "Tickets.priorities": [((*G, 6, "tickets", "priorities"), ["P1"])],
    "Rounded.to": [((*G, 0, "rounded"), {"level": {"to": 0.01}}), ((*G, 0, "rounded"), {"level": {"to": 0.1}})],
    "Rounded.how": [
        ((*G, 0, "rounded"), {"level": {"to": 0.01}}),
        ((*G, 0, "rounded"), {"level": {"to": 0.01, "how": "up"}}),
    ],
    "RoundedTime.to": [
        ((*G, 0, "rounded"), {"outage": {"to": "1m", "how": "up"}}),
        ((*G, 0, "rounded"), {"outage": {"to": "1h", "how": "up"}}),
    ],
    "RoundedTime.how": [
        ((*G, 0, "rounded"), {"outage": {"to": "1m", "how": "up"}}),
        ((*G, 0, "rounded"), {"outage": {"to": "1m", "how": "down"}}),
    ],
    "Roundings.outage": [((*G, 0, "rounded"), {"outage": {"to": "1m", "how": "up"}})],
    "Roundings.downtime": [((*G, 0, "rounded"), {"downtime": {"to": "1m", "how": "up"}})],
    "Roundings.level": [((*G, 0, "rounded"), {"level": {"to": 0.01}})],
    "Measured.by": [((*G, 4, "measured", "by"), "largest")],
    "Measured.slice": [((*G, 3, "measured", "slice"), "5m")],
    "Measured.at": [((*G, 3, "measured", "at"), 10)],
    "Measured.minimum_total": [((*G, 3, "measured", "minimum_total"), 100)],
    "Measured.unit": [((*G, 4, "measured", "unit"), "ms")],
    **{f"Printed.{name}": [
        ((*G, 0, "printed"), [{"per": "1mo", "downtime": "43m", "clause": "x"}]),
        ((*G, 0, "printed"), [{"per": "1mo", "downtime": "43m", "clause": "x", name: value}])] for name, value in {
        "per": "1y", "downtime": "44m", "clause": "y"}.items()},
    **{f"Remedy.{name}": [((*R, 0, name), value)] for name, value in {
        "id": "other", "name": "Table of credits", "guarantees": ["late"], "select": "largest", "tiers": ["best"],
        "claims": {"within": "5d"}, "clause": "x", "caps": [{"per": "window", "at_most": "40%"}],
        "minimum": {"from": "1%", "otherwise": "nothing"}, "earn_back": {"windows": 2},
        "points": {"each": "1%"},
        "credit": [{"flat": "9%", "clause": "c"}]}.items()},
    **{f"Credit.{name}": [((*R, 6, "credit", name), value)] for name, value in {
        "tiers": ["best"], "guarantees": ["web"], "of": "annual_fee", "flat": "6%", "per": "incident",
        "when": {"below": 99}, "multipliers": [], "payout": "refund", "clause": "x", "points": {"each": "1%"},
        "caps": [{"per": "term", "at_most": "100%"}]}.items()},
    "Credit.minimum": [((*R, 1, "credit", "minimum"), {"from": "1%", "otherwise": "nothing"})],
    "Credit.earn_back": [((*R, 1, "credit", "earn_back"), {"windows": 2})],
    "Credit.points": [((*R, 1, "credit", "points"), {"each": "1%"})],
    "Credit.bands": [((*R, 5, "credit", "bands"), [{"outage": {"above": "8h"}, "credit": "5%"}])],
    "Credit.select": [((*R, 0, "credit", 0, "select"), "sum")],
    "Credit.shortfall": [((*R, 1, "credit", "shortfall"), {"credit": "5%"})],
    "Credit.accrual": [((*R, 3, "credit", "accrual"), {"credit": "2%", "per": "1h", "count": "started"})],
    "Credit.multiple": [((*R, 5, "credit"), {"multiple": 2, "clause": "c"})],
    "Limits.points": [((*R, 7, "points", "each"), "2%")],
    "Limits.caps": [((*R, 6, "caps"), [])],
    "Limits.minimum": [((*R, 6, "minimum"), None)],
    "Limits.earn_back": [((*R, 6, "earn_back"), None)],
    "FeeSum.components": [((*R, 6, "credit", "of", "components"), ["web"])],
    "FeeSum.last": [((*R, 6, "credit", "of", "last"), "6mo")],
    "FeeSum.mean": [((*R, 6, "credit", "of", "mean"), True)],
    "Shortfall.from_": [((*R, 1, "credit", "shortfall", "from"), "full")],
    "Shortfall.to": [((*R, 1, "credit", "shortfall", "to"), 90)],
    "Shortfall.step": [((*R, 2, "credit", "shortfall", "step"), 2)],
    "Shortfall.credit": [((*R, 2, "credit", "shortfall", "credit"), "2%")],
    "Shortfall.count": [((*R, 2, "credit", "shortfall", "count"), "complete")],
    **{f"Accrual.{name}": [((*R, 3, "credit", "accrual", name), value)] for name, value in {
        "credit": "2%", "per": "2h", "count": "complete", "after": "target", "to": "8h"}.items()},
    **{f"{model}.{name}": [((*R, 4, "credit", "bands", 1, "plus"), {name: value})]
       for model in ("Rate", "Slope") for name, value in {
        "shortfall": {"credit": "2%"}, "accrual": {"credit": "3%", "per": "1h", "count": "started"},
        "multiple": 2}.items()},
    **{f"Multiple.{name}": [((*R, 5, "credit"), {"multiple": {"by": 2, "after": "15m", name: value}, "clause": "c"})]
       for name, value in {"by": 3, "after": "20m"}.items()},
    "Band.credit": [((*R, 5, "credit", "bands", 0, "credit"), "6%")],
    "Band.plus": [((*R, 4, "credit", "bands", 1, "plus"), None)],
    **{f"Multiplier.{name}": [((*R, 6, "credit", "multipliers", 0), {"when": {"streak": 2}, "by": 2, name: value})]
       for name, value in {"when": {"streak": 3}, "by": 3}.items()},
    **{f"Cap.{name}": [((*R, 6, "caps", 0, name), value)] for name, value in {
        "per": "term", "at_most": "60%", "of": "annual_fee", "clause": "x"}.items()},
    "Minimum.from_": [((*R, 6, "minimum", "from"), "2%")],
    "Minimum.above": [((*R, 6, "minimum"), {"above": "1%", "otherwise": "nothing"})],
    "Minimum.of": [((*R, 6, "minimum", "of"), "annual_fee")],
    "Minimum.otherwise": [((*R, 6, "minimum", "otherwise"), "carried")],
    "Minimum.clause": [((*R, 6, "minimum", "clause"), "x")],
    **{f"EarnBack.{name}": [((*R, 6, "earn_back", name), value)] for name, value in {
        "windows": 3, "level": {"from": 99.99}, "share": "50%", "clause": "x"}.items()},
    "PointValue.each": [((*R, 7, "points", "each"), "2%")],
    "PointValue.bands": [((*R, 8, "points", "bands"), [{"from": 3, "credit": "1%"}])],
    "PointBand.credit": [((*R, 8, "points", "bands", 0, "credit"), "2%")],
    **{f"Right.{name}": [(("rights", 0, name), value)] for name, value in {
        "id": "leave", "says": "leave", "guarantees": ["late"], "when": {"streak": 3}, "within": "30d",
        "tiers": ["best"], "clause": "x"}.items()},
    **{f"Claims.{name}": [(("claims", name), value)] for name, value in {
        "needed": False, "opens": "5bd", "within": "11d", "after": "incident_end", "to_end_of": "1mo", "report": None,
        "holidays": "SE", "in_writing": True, "evidence": ["a log"], "form": None, "payout": "refund", "requires": [],
        "clause": "x"}.items()},
    **{f"ClaimForm.{name}": [(("claims", "form", name), value)] for name, value in {
        "to": "The desk", "channel": "post", "subject": "SLA Claim", "one_per": "month", "language": "en",
        "redact": True, "customer": ["name"], "reference": ["number"], "letter": ["name"], "files": ["name"],
        "source": "a page"}.items()},
    **{f"Requirement.{name}": [(("claims", "requires", 0, name), value)] for name, value in {
        "id": "invoices", "says": "No debts", "clause": "x"}.items()},
    **{f"Report.{name}": [(("claims", "report", name), value)] for name, value in {
        "within": "48h", "after": "incident_end", "clause": "x"}.items()},
    **{f"Support.{name}": [(("support", name), value)] for name, value in {
        "hours": "24/7", "channels": ["phone"], "coverage": "all", "priorities": [], "matrix": None,
        "ranked_by": "the provider", "clause": "x"}.items()},
    "Priority.id": [(("support", "priorities", 0, "id"), "P2")],
    "Priority.means": [(("support", "priorities", 0, "means"), "all is down")],
    "Matrix.impact": [(("support", "matrix", "impact", "high", "high"), "P2")],
    "Matrix.clause": [(("support", "matrix", "clause"), "x")],
    **{f"Recovery.{name}": [(("recovery", 0, name), value)] for name, value in {
        "id": "site", "means": "A machine", "rpo": {"below": "1h"}, "rto": "4h", "excludes": "tests",
        "commitment": "best_effort", "clause": "x"}.items()},
    **{f"Backup.{name}": [(("backups", 0, name), value)] for name, value in {
        "id": "site", "every": {"below": "1d"}, "kept": {"to": "30d"},
        "places": 2,
        "restores": "on request", "clause": "x"}.items()},
    **{f"Condition.{name}": [(("rights", 0, "when", name), value)] for name, value in {
        "from_": None, "outage": {"above": "3h"}, "downtime": {"above": "3h"}, "incidents": {"above": 3},
        "deviation": {"above": 6}, "streak": 2, "misses": {"from": 3, "of": 4}}.items() if name != "from_"},
    **{f"LevelRange.{name}": [((*R, 4, "credit", "bands", 0), {side: 99.2, "credit": "5%"})] for name, side in {
        "from_": "from", "above": "above", "to": "to", "below": "below"}.items()},
    **{f"DurationRange.{name}": [(("rights", 0, "when", "outage"), {side: "7h"})] for name, side in {
        "from_": "from", "above": "above", "to": "to", "below": "below"}.items()},
    **{f"CountRange.{name}": [(("rights", 0, "when", "incidents"), {side: 7})] for name, side in {
        "from_": "from", "above": "above", "to": "to", "below": "below"}.items()},
    "Misses.of": [(("rights", 0, "when", "misses", "of"), 6)],
}  # fmt: skip
"""Part.field → values to set, one after the other: the last changes the card."""
DESCRIPTIVE = {
    "Policy.format": "there is one",
    "Policy.id": "the name of the file in the library; the card is headed by provider and service",
    "Guarantee.like": "its terms are written out",
    "Answer.formerly": "former names of the same answer",
    "Answer.set": "paths and values; the findings tell what each answer makes of the terms",
}
INHERITED = {
    "Condition": "LevelRange", "Band": "Condition", "Misses": "CountRange",
    "PointBand": "CountRange", "Credit": "Limits", "Remedy": "Limits",
}  # fmt: skip


def fields() -> Iterator[str]:
    """Every field of every part of the format; what a part inherits is the other's."""
    waiting: list[type[Part]] = [Part]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        if model in (Part, Terms) or not model.__module__.startswith("slakit.policy"):
            continue
        own = set(model.model_fields)
        for parent in model.__mro__[1:]:
            if hasattr(parent, "model_fields") and parent is not Part and parent.__name__ in INHERITED.values():
                own -= set(parent.model_fields)
        yield from (f"{model.__name__.replace('PolicyModel', 'Policy')}.{name}" for name in own)


def changed(tree: dict[str, Any], path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    new = deepcopy(tree)
    node: Any = new
    for key in path[:-1]:
        node = node[key]
    node[{"from_": "from", "guarantees": "for"}.get(str(path[-1]), path[-1]) if len(path) > 1 else path[-1]] = value
    return new


def card(tree: dict[str, Any]) -> str:
    return policy_card_html(Policy.model_validate(exact(tree)))


def exact(node: Any) -> Any:
    """Numbers with a point as a file has them: exact."""
    if isinstance(node, dict):
        return {key: exact(value) for key, value in node.items()}
    if isinstance(node, list):
        return [exact(value) for value in node]
    return Decimal(str(node)) if isinstance(node, float) else node


ALL = sorted(fields())


@pytest.mark.parametrize("field", ALL)
def test_every_field_of_the_format_is_on_the_card(field: str) -> None:
    if field in DESCRIPTIVE:
        return
    assert field in CHANGES, f"say on the card what {field} is, and add a change of it here"
    seen, tree = card(BASE), BASE
    for path, value in CHANGES[field]:
        before = seen
        tree = changed(tree, path, value)
        if field == "Guarantee.metric":
            tree["guarantees"][0] |= {"within": "1h"}
        seen = card(tree)
    assert seen != before
