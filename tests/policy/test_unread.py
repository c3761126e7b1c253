"""A document of which only a part was read is never said to lack what was not read."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from reference.trees import library_policy

import slakit as sla
from slakit.comparison.ranking import rank_plans
from slakit.finding.run import findings
from slakit.policy.card import policy_card
from slakit.policy.document import Policy
from slakit.policy.files import find_policy, library, parse_policy
from slakit.policy.unread import unread_terms
from slakit.show.tables.plans import show_support, show_tiers

ABSENT = re.compile(
    r"no claim|no cap|not limited|no defects?|no gaps?|no maintenance|no notice|without notice|no credit is|"
    r"promises no|without a stated deadline|none promised",
    re.IGNORECASE,
)
IN_PART = [name for name in library() if library_policy(name)["source"].get("read", "whole") != "whole"]
TABLE = """\
format: 1
id: table
provider: Table
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01, read: excerpt}
guarantees:
  - {id: web, metric: availability, target: 99.9, window: 1mo, credit: {flat: 10%, clause: "2"}, clause: "1"}
"""
WHOLE = TABLE.replace(", read: excerpt", "").replace("id: table", "id: whole")


def said_absent(policy: Policy, text: str) -> bool:
    """Whether a text calls something absent; a part that was read may say itself that no claim is needed."""
    own = [claims for claims in (policy.claims, *(remedy.claims for remedy in policy.remedies)) if claims]
    text = text.replace("no claim is needed", "") if any(not claims.needed for claims in own) else text
    return bool(ABSENT.search(text))


@pytest.mark.parametrize("name", IN_PART)
def test_no_card_and_no_finding_calls_absent_what_was_not_read(name: str) -> None:
    policy = find_policy(name)
    plans = [policy.terms(tier=tier) for tier in policy.tiers or [None]]
    quoted = policy.model_dump_json()  # what a reader wrote of the text is his
    told = [f"{entry.term}: {entry.value}" for entry in policy_card(policy)]
    told += [text for row in findings(policy).select("sentence", "figure").iter_rows() for text in row]
    told += [show_tiers(plans).as_raw_html(), show_support(plans).as_raw_html()]
    own = [text for text in told if text not in quoted and not text.endswith(tuple(one.says for one in policy.noticed))]
    assert [text for text in own if said_absent(policy, text)] == []


def test_no_comparison_and_no_ranking_calls_absent_what_was_not_read() -> None:
    compared = sla.compare([plan for name in IN_PART for plan in _plans(name)])
    policies = {plan: find_policy(plan.partition(":")[0]) for plan in compared.plans}
    told = compared.terms.select("plan", "value").iter_rows()
    assert [(plan, text) for plan, text in told if text and said_absent(policies[plan], text)] == []
    read = compared.terms.filter(term="Read")["value"]
    assert read.str.contains(r"^(an excerpt|a third party's).* on \d{4}-\d\d-\d\d").all()
    ranked = rank_plans(compared).table.select("plan", "value").iter_rows()
    assert [(plan, text) for plan, text in ranked if said_absent(policies[plan], text)] == []


def _plans(name: str) -> list[str]:
    tiers = find_policy(name).tiers
    return [f"{name}:{tier}" for tier in tiers[:1]] or [name]


def test_what_was_not_read_scores_nothing_and_is_out_of_the_points() -> None:
    compared = sla.compare([parse_policy(TABLE), parse_policy(WHOLE)])
    table = rank_plans(compared).table
    rows = {(row["plan"], row["criterion"]): row for row in table.to_dicts()}
    unread, known = rows["table", "claim"], rows["whole", "claim"]
    assert (unread["value"], unread["share"], unread["earned"], unread["out_of"]) == ("not read", None, 0, 50)
    assert (known["value"], known["earned"], known["out_of"]) == ("no claim is needed", 25, 100)


def test_a_credit_whose_claim_was_not_read_is_shown_without_a_deadline() -> None:
    review = _assessed(TABLE)
    claim = review.claims.row(0, named=True)
    assert (claim["amount"], claim["status"], claim["deadline"]) == (Decimal("10.00"), "not_read", None)
    assert review.headline()["claimable"].item() == Decimal("10.00")
    unread = review.assumptions.filter(value="not read")["term"].to_list()
    assert unread == [said.term for said in unread_terms(parse_policy(TABLE).terms())]
    assert "whether and until when a credit must be claimed" in unread


def test_a_whole_document_that_says_nothing_of_claims_needs_none() -> None:
    assert _assessed(WHOLE).claims["status"].to_list() == ["not_required"]


def _assessed(text: str) -> sla.Review:
    policy = parse_policy(text)
    subscription = {"subscription": "shop", "policy": policy.id, "monthly_fee": "100", "currency": "EUR"}
    outage = {"outage": "a", "subscription": "shop", "started": "2026-03-01T00:00:00Z", "ended": "2026-03-02T00:00:00Z"}
    evidence = sla.Evidence.of([{**subscription, "starts": "2025-01-01T00:00:00Z"}], outages=[outage])
    return sla.assess(evidence, "2026-03", "2026-04-05", policies={policy.id: policy})
