"""Every promise of the four documents is in its file: facts read from the documents, looked up in the terms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from slakit.policy.files import find_policy, library
from slakit.policy.terms import Terms

NOT_THEIRS = ["customer", "third_party", "third_party_api", "force_majeure"]

# document, tier, where the term stands, what it says (as printed)
FACTS = [
    # Klikk
    *(("klikk", "gold", f"guarantees.{name}.target", "99.95") for name in ("network", "infrastructure")),
    *(("klikk", "gold", f"guarantees.{name}.target", "99.95") for name in ("hardware", "connectivity")),
    *(
        ("klikk", "standard", f"guarantees.{name}.components", [name])
        for name in ("network", "infrastructure", "hardware", "connectivity")
    ),
    ("klikk", "gold", "guarantees.network.clock", "reported"),
    ("klikk", "gold", "guarantees.connectivity.clock", "reported"),
    ("klikk", "gold", "guarantees.network.begins.wait", "next_month"),
    ("klikk", "gold", "guarantees.hardware.exclude.causes", NOT_THEIRS),
    ("klikk", "gold", "guarantees.network.exclude.maintenance", ["scheduled"]),
    ("klikk", "gold", "guarantees.infrastructure.exclude.maintenance", ["scheduled", "emergency"]),
    ("klikk", "gold", "maintenance.scheduled.notice", "36h"),
    ("klikk", "gold", "maintenance.emergency.notice", None),
    ("klikk", "gold", "remedies.iaas.credit.0.flat", "1/30"),
    ("klikk", "gold", "remedies.iaas.credit.0.of", "monthly_fee"),
    ("klikk", "gold", "remedies.iaas.caps.0.per", "term"),
    ("klikk", "gold", "remedies.iaas.caps.0.at_most", "30/30"),
    ("klikk", "gold", "remedies.iaas.guarantees", ["network", "infrastructure", "hardware", "connectivity"]),
    ("klikk", "standard", "remedies.iaas.credit.0.flat", "1/30"),
    ("klikk", "gold", "claims.within", "72h"),
    ("klikk", "gold", "claims.in_writing", True),
    ("klikk", "gold", "guarantees.hardware-replacement.within", "2h"),
    ("klikk", "gold", "guarantees.hardware-replacement.clock", "diagnosed"),
    ("klikk", "gold", "remedies.hardware-replacement.credit.0.accrual.after", "3h"),
    ("klikk", "gold", "remedies.hardware-replacement.credit.0.accrual.per", "1h"),
    ("klikk", "gold", "remedies.hardware-replacement.credit.0.accrual.credit", "1/30"),
    ("klikk", "gold", "remedies.hardware-replacement.credit.0.of", "component_fee"),
    ("klikk", "gold", "remedies.hardware-replacement.credit.0.caps.0.at_most", "100%"),
    ("klikk", "gold", "remedies.hardware-replacement.credit.0.payout", "future_invoice"),
    ("klikk", "platinum", "guarantees.response.within", "15m"),
    ("klikk", "gold", "guarantees.response.within", "30m"),
    ("klikk", "silver", "guarantees.response.within", "1h"),
    ("klikk", "standard", "guarantees.response.within", "2h"),
    ("klikk", "gold", "guarantees.response.target", "95"),
    ("klikk", "gold", "guarantees.resolution.target", "90"),
    ("klikk", "standard", "guarantees.response.commitment", "best_effort"),
    ("klikk", "standard", "guarantees.resolution.commitment", "best_effort"),
    ("klikk", "silver", "guarantees.resolution.commitment", "guaranteed"),
    *(
        ("klikk", tier, f"guarantees.resolution.within.{priority}", f"{hours * times}h")
        for tier, hours in {"platinum": 2, "gold": 3, "silver": 4, "standard": 6}.items()
        for priority, times in {"critical": 1, "high": 2, "medium": 4, "low": 8, "planned": 16}.items()
    ),
    ("klikk", "gold", "guarantees.resolution.exclude.tickets", ["service_sla"]),
    ("klikk", "gold", "guarantees.resolution.exclude.own_deadline", ["planned_change"]),
    ("klikk", "gold", "remedies.resolution.credit.0.shortfall.from_", "target"),
    ("klikk", "gold", "support.hours", None),
    *(
        ("klikk", "gold", f"support.matrix.impact.{impact}.{urgency}", priority)
        for impact, row in {
            "high": ("medium", "high", "critical"),
            "medium": ("low", "medium", "high"),
            "low": ("planned", "low", "medium"),
        }.items()
        for urgency, priority in zip(("low", "medium", "high"), row, strict=True)
    ),
    # WP Heaven
    ("wp-heaven", None, "guarantees.website.target", "99.5"),
    ("wp-heaven", None, "guarantees.website.clock", "reported_or_detected"),
    ("wp-heaven", None, "guarantees.website.denominator", "less_maintenance"),
    ("wp-heaven", None, "guarantees.website.window", "1mo"),
    ("wp-heaven", None, "guarantees.website.exclude.causes", NOT_THEIRS),
    ("wp-heaven", None, "maintenance.scheduled.notice", "48h"),
    ("wp-heaven", None, "remedies.website.credit.0.shortfall.credit", "1%"),
    ("wp-heaven", None, "remedies.website.credit.0.of", "monthly_fee"),
    ("wp-heaven", None, "claims.needed", False),
    ("wp-heaven", None, "backups.website.every.to", "1d"),
    ("wp-heaven", None, "backups.website.places", 2),
    # klink.cloud
    ("klink-cloud", "enterprise", "guarantees.platform.target", "99.9"),
    ("klink-cloud", "growth", "guarantees.platform.target", "99.5"),
    ("klink-cloud", "starter", "guarantees.platform.target", "99.5"),
    ("klink-cloud", "enterprise", "guarantees.platform.commitment", "guaranteed"),
    ("klink-cloud", "growth", "guarantees.platform.commitment", "best_effort"),
    ("klink-cloud", "enterprise", "guarantees.platform.window", "1mo"),
    ("klink-cloud", "enterprise", "guarantees.platform.exclude.causes", NOT_THEIRS),
    ("klink-cloud", "enterprise", "maintenance.scheduled.notice", "48h"),
    ("klink-cloud", "enterprise", "maintenance.emergency.notice", None),
    *(
        ("klink-cloud", "enterprise", f"remedies.platform.credit.0.bands.{row}.{column}", value)
        for row, band in enumerate([("99.9", "5%"), ("99.0", "10%"), ("95.0", "25%")])
        for column, value in zip(("below", "credit"), band, strict=True)
    ),
    *(
        ("klink-cloud", tier, f"guarantees.response.within.{severity}", within)
        for tier, row in {
            "starter": ("4h", "1bd", "2bd", "3bd"),
            "growth": ("4h", "1bd", "2bd", "3bd"),
            "enterprise": ("2h", "4h", "1bd", "2bd"),
        }.items()
        for severity, within in zip(("P1", "P2", "P3", "P4"), row, strict=True)
    ),
    ("klink-cloud", "growth", "guarantees.response.commitment", "best_effort"),
    ("klink-cloud", "enterprise", "guarantees.response.commitment", "guaranteed"),
    ("klink-cloud", "enterprise", "claims.within", "10d"),
    ("klink-cloud", "enterprise", "claims.after", "window_end"),
    ("klink-cloud", "enterprise", "claims.evidence", ["company name", "account id", "incident timeline"]),
    ("klink-cloud", "enterprise", "claims.payout", "future_invoice"),
    ("klink-cloud", "enterprise", "support.hours", None),
    # Cloudworkz
    ("cloudworkz", None, "guarantees.network.target", "99.9"),
    ("cloudworkz", None, "guarantees.vm.target", "99.9"),
    ("cloudworkz", None, "guarantees.vm.exclude.maintenance", ["scheduled"]),
    ("cloudworkz", None, "maintenance.scheduled.notice", None),
    ("cloudworkz", None, "guarantees.vm.printed.0.downtime", "1m30s"),
    ("cloudworkz", None, "guarantees.vm.printed.1.downtime", "9h"),
    ("cloudworkz", None, "recovery.vm.rpo.to", "60m"),
    ("cloudworkz", None, "recovery.vm.rto.to", "240m"),
    ("cloudworkz", None, "recovery.datacenter.rpo.to", "24h"),
    ("cloudworkz", None, "recovery.datacenter.rto.to", "48h"),
    ("cloudworkz", None, "backups.image.every.to", "1d"),
    ("cloudworkz", None, "backups.archive.kept.to", "90d"),
    ("cloudworkz", None, "support.hours.weekly.mon-fri", ["08:00-17:00"]),
    ("cloudworkz", None, "support.hours.holidays", "SE"),
    ("cloudworkz", None, "contract.renewal.renews", "same_length"),
    ("cloudworkz", None, "contract.renewal.notice", "60d"),
    ("cloudworkz", None, "remedies", []),
]


def term(terms: Terms, path: str) -> Any:
    node: Any = terms
    for key in path.split("."):
        if isinstance(node, Mapping):
            node = node[key]
        elif isinstance(node, list):
            named = {getattr(entry, "id", None) or getattr(entry, "kind", None): entry for entry in node}
            node = named[key] if key in named else node[int(key)]
        else:
            node = getattr(node, key)
    return node


@pytest.mark.parametrize(
    ("policy", "tier", "path", "printed"),
    FACTS,
    ids=[f"{policy} {tier or ''} {path}".replace("  ", " ") for policy, tier, path, _ in FACTS],
)
def test_the_file_says_what_the_document_says(policy: str, tier: str | None, path: str, printed: Any) -> None:
    found = term(find_policy(policy).terms(tier=tier), path)
    exact = printed is None or isinstance(printed, bool | list)
    assert (found if exact else str(found)) == (printed if exact else str(printed))


def test_there_are_four_documents() -> None:
    assert set(library()) >= {"cloudworkz", "klikk", "klink-cloud", "wp-heaven"}


def test_each_has_its_money_and_its_clock() -> None:
    seen = {name: (find_policy(name).currency, find_policy(name).time_zone) for name in library()}
    assert seen["klikk"] == ("NOK", "Europe/Oslo")
    assert seen["wp-heaven"] == ("DKK", "Europe/Copenhagen")
    assert seen["klink-cloud"] == ("USD", "UTC")
    assert seen["cloudworkz"] == ("SEK", "Europe/Stockholm")


@pytest.mark.parametrize(
    ("policy", "term"),
    [
        ("klikk", "time_zone"),
        ("klikk", "currency"),
        ("wp-heaven", "time_zone"),
        ("wp-heaven", "guarantees.website.window"),
        ("wp-heaven", "claims.needed"),
        ("klink-cloud", "currency"),
        ("klink-cloud", "time_zone"),
        ("cloudworkz", "time_zone"),
        ("cloudworkz", "currency"),
    ],
)
def test_what_no_document_says_is_listed_as_assumed(policy: str, term: str) -> None:
    assert term in [assumed.term for assumed in find_policy(policy).assumed]


QUESTIONS = {
    "klikk": {
        "window": ["month", "quarter"],
        "rebate": ["per_service", "per_component", "per_incident"],
        "emergency-maintenance": ["infrastructure_only", "all", "none"],
        "replacement-hours": ["complete", "started"],
        "claim": ["incident_end", "window_end"],
        "cap": ["monthly", "annual"],
    },
    "wp-heaven": {},
    "klink-cloud": {"emergency-maintenance": ["counts", "excluded"], "notice": ["required", "not_required"]},
    "cloudworkz": {"window": ["month", "day", "year"], "vm-rpo": ["60m", "120m"]},
}


@pytest.mark.parametrize("policy", QUESTIONS)
def test_its_questions_and_answers_are_those_of_the_rules_default_first(policy: str) -> None:
    questions = find_policy(policy).readings
    assert {question.id: list(question.answers) for question in questions} == QUESTIONS[policy]
    assert all(question.default == next(iter(question.answers)) for question in questions)
    assert all(question.clauses for question in questions)


ANSWERS = [
    ("klikk", "gold", "window", "quarter", "guarantees.hardware.window", "1q"),
    ("klikk", "gold", "rebate", "per_component", "remedies.iaas.credit.0.per", "guarantee"),
    ("klikk", "gold", "rebate", "per_incident", "remedies.iaas.credit.0.per", "incident"),
    (
        "klikk",
        "gold",
        "emergency-maintenance",
        "none",
        "guarantees.infrastructure.exclude.maintenance",
        "['scheduled']",
    ),
    (
        "klikk",
        "gold",
        "replacement-hours",
        "started",
        "remedies.hardware-replacement.credit.0.accrual.count",
        "started",
    ),
    ("klikk", "gold", "claim", "window_end", "claims.after", "window_end"),
    ("klikk", "gold", "cap", "annual", "remedies.iaas.caps.0.at_most", "360/365"),
    ("klikk", "gold", "cap", "annual", "remedies.resolution.credit.0.caps.0.at_most", "360/365"),
    ("klink-cloud", "enterprise", "notice", "not_required", "maintenance.scheduled.notice", "None"),
    ("cloudworkz", None, "window", "day", "guarantees.vm.window", "1d"),
    ("cloudworkz", None, "window", "year", "guarantees.network.window", "1y"),
    ("cloudworkz", None, "vm-rpo", "120m", "recovery.vm.rpo.to", "120m"),
]


@pytest.mark.parametrize(("policy", "tier", "question", "answer", "path", "printed"), ANSWERS)
def test_an_answer_changes_the_term(
    policy: str, tier: str | None, question: str, answer: str, path: str, printed: str
) -> None:
    document = find_policy(policy)
    assert str(term(document.terms(tier=tier, reading={question: answer}), path)) == printed
    assert str(term(document.terms(tier=tier), path)) != printed


def test_best_effort_earns_nothing() -> None:
    assert [remedy.id for remedy in find_policy("klink-cloud").terms(tier="growth").remedies] == []
    standard = [remedy.id for remedy in find_policy("klikk").terms(tier="standard").remedies]
    assert standard == ["hardware-replacement", "iaas"]
    gold = [remedy.id for remedy in find_policy("klikk").terms(tier="gold").remedies]
    assert gold == ["hardware-replacement", "resolution", "iaas"]


def test_every_term_that_decides_money_names_its_clause() -> None:
    for name in library():
        for guarantee in find_policy(name).guarantees:
            assert guarantee.clause
            assert guarantee.credit is None or guarantee.credit.clause
        assert all(remedy.clause for remedy in find_policy(name).remedies)
