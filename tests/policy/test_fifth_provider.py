"""A newcomer adds a fifth provider by one YAML file, and no code."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from small_contracts import HOUR, MINUTE, at, down, holder, judged, work

from slakit.analysis.assess import assess
from slakit.evidence.files import read_evidence

FIFTH = """\
format: 1
id: harbour
provider: Harbour Hosting
service: Virtual servers
source: {title: SLA, language: en, retrieved: 2026-02-03}
time_zone: Europe/Berlin
currency: EUR
tiers: [basic, plus]
maintenance:
  - {kind: scheduled, notice: 72h, allowance: {at_most: 4h}, clause: "4"}
guarantees:
  - id: server
    metric: availability
    target: {basic: 99.5, plus: 99.9}
    window: 1mo
    minimum: 5m
    clock: detected
    exclude: {maintenance: [scheduled], causes: [customer]}
    clause: "2"
    credit:
      accrual: {credit: 2%, per: 1h, count: started}
      caps: [{per: window, at_most: 50%}]
      clause: "5"
claims: {within: 30d, after: window_end, clause: "6"}
readings:
  - id: minimum
    question: Do outages of less than five minutes count?
    clauses: ["2"]
    answers:
      left_out: {}
      counted: {set: {guarantees.server.minimum: 0m}}
    default: left_out
"""
JUNE = at("2026-06-10", "Europe/Berlin")
OUTAGES = [
    down(JUNE, 2 * HOUR, "a", detected=JUNE),
    down(JUNE + 5 * HOUR, 4 * MINUTE, "b", detected=JUNE + 5 * HOUR),
    down(JUNE + 50 * HOUR, 5 * HOUR, "c", detected=JUNE + 50 * HOUR),
]
MAINTENANCE = [work(JUNE + 50 * HOUR, 5 * HOUR, notice=72 * HOUR)]


@pytest.fixture
def policy_file(tmp_path: Path) -> Path:
    path = tmp_path / "harbour.yaml"
    path.write_text(FIFTH)
    return path


def test_evidence_names_the_file_by_its_path(policy_file: Path) -> None:
    held = holder(str(policy_file), fee="500", tier="plus")
    review = judged(str(policy_file), OUTAGES, maintenance=MAINTENANCE, subscriptions=[held], ranges=True)
    assert review.availability.select("agreed_seconds", "downtime_seconds").rows() == [
        (Decimal(720 * 3600), Decimal(3 * 3600))
    ]
    assert review.owed == {"EUR": Decimal("30.00")}  # 3 of 3 begun hours, 2 % each, of 500
    low, high = review.ranges.select("amount_low", "amount_high").row(0)
    assert (low, high) == (Decimal("30.00"), Decimal("40.00"))  # the four minutes begin a fourth hour
    assert review.ranges["widened_by"].to_list() == ["minimum"]
    assert review.claims["deadline"].to_list() == [at("2026-07-30T23:59:59.999999", "Europe/Berlin")]


def test_the_file_may_lie_beside_the_evidence(policy_file: Path) -> None:
    folder = policy_file.parent
    (folder / "subscriptions.csv").write_text(
        "subscription,policy,tier,monthly_fee,currency,starts\ns,harbour.yaml,plus,500,EUR,2020-01-01T00:00:00Z\n"
    )
    (folder / "outages.csv").write_text(
        "outage,subscription,started,ended,detected\n"
        "a,s,2026-06-10T00:00:00Z,2026-06-10T02:30:00Z,2026-06-10T00:00:00Z\n"
    )
    policy_file.rename(folder / "harbour.yaml") if policy_file.name != "harbour.yaml" else None
    review = assess(read_evidence(folder), "2026-06", "2026-07-05")
    assert review.owed == {"EUR": Decimal("30.00")}
