"""Contracts held against article 30 of DORA: what is there, with its clause; what is missing; what was not read."""

from __future__ import annotations

import pytest

import slakit as sla

PLAIN = """
format: 1
id: bank-hosting
provider: Bank Hosting
service: hosting
source: {title: Agreement, language: en, retrieved: "2026-01-01"}
guarantees:
  - {id: uptime, metric: availability, target: 99.9, window: 1mo, clause: "2"}
"""
MORE = """
remedies:
  - {id: credit, for: [uptime], credit: {of: monthly_fee, bands: [{below: 99.9, credit: 5%}], clause: "3"}}
maintenance:
  - {kind: scheduled, notice: 5bd, clause: "4"}
monitor: {by: both, clause: "5"}
contract:
  changes: {says: The levels are revised each year by agreement, notice: 3mo, clause: "9"}
undertakings:
  - {says: The provider reports each month how levels were met, clause: "6"}
  - {says: The customer may audit the provider on its premises, clause: "7"}
"""


def held(text: str) -> dict[tuple[str, str], tuple[str, str, str]]:
    from slakit.policy.files import parse_policy

    found = sla.dora_findings(parse_policy(text))
    keys = found.select("article", "point").rows()
    return dict(zip(keys, found.select("state", "clauses", "missing").rows(), strict=True))


@pytest.fixture(scope="module")
def full() -> dict[tuple[str, str], tuple[str, str, str]]:
    return held(PLAIN + MORE)


def test_a_contract_that_has_it_all_is_told_with_clauses(full: dict[tuple[str, str], tuple[str, str, str]]) -> None:
    assert {state for state, _, _ in full.values()} == {"stated"}
    assert {key: clauses for key, (_, clauses, _) in full.items()} == {
        ("30(2)(e)", "service levels"): "2",
        ("30(2)(e)", "updates and revisions"): "9",
        ("30(3)(a)", "targets in figures"): "2",
        ("30(3)(a)", "period of each target"): "2",
        ("30(3)(a)", "measurement"): "5",
        ("30(3)(a)", "undertakings, support hours"): "6; 7",
        ("30(3)(a)", "correction of breaches"): "3",
        ("30(3)(b)", "notice periods"): "4; 9",
        ("30(3)(b)", "reports by the provider"): "6",
        ("30(3)(e)", "right to monitor"): "5; 7",
    }


def test_what_is_missing_is_named() -> None:
    told = held(PLAIN)
    assert {key: missing for key, (state, _, missing) in told.items() if state == "missing"} == {
        ("30(2)(e)", "updates and revisions"): "how service levels are updated and revised",
        ("30(3)(a)", "measurement"): "whose measurements decide",
        ("30(3)(a)", "undertakings, support hours"): "no undertaking, and no support hours",
        ("30(3)(a)", "correction of breaches"): "what follows when a target is missed",
        ("30(3)(b)", "notice periods"): "no notice period",
        ("30(3)(b)", "reports by the provider"): "no duty to report is stated",
        ("30(3)(e)", "right to monitor"): "no right to monitor, inspect or audit is stated",
    }


def test_best_effort_is_no_target_and_the_provider_alone_is_no_monitoring() -> None:
    text = PLAIN.replace('clause: "2"}', 'clause: "2", commitment: best_effort}')
    told = held(text + 'monitor: {by: provider, clause: "5"}\n')
    assert told["30(3)(a)", "targets in figures"] == ("missing", "", "uptime is best effort only")
    assert told["30(3)(e)", "right to monitor"][2].endswith("is stated; the provider alone measures")


def test_silence_of_what_was_read_in_part_is_not_known() -> None:
    told = held(PLAIN.replace('retrieved: "2026-01-01"', 'retrieved: "2026-01-01", read: excerpt'))
    assert told["30(3)(b)", "notice periods"][0] == "not_read"
    assert told["30(2)(e)", "service levels"][0] == "stated"


def test_tiers_are_chosen_and_unknown_ones_refused() -> None:
    assert sla.dora_findings(["klikk:gold", "klink-cloud"])["tier"].unique(maintain_order=True).to_list() == [
        "gold", "starter", "growth", "enterprise",
    ]  # fmt: skip
    assert set(sla.dora_findings("klikk", tier="silver")["tier"]) == {"silver"}
    with pytest.raises(sla.InputError, match="did you mean gold"):
        sla.dora_findings("klikk", tier="glod")
