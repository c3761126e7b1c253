"""What a card says of a policy."""

from __future__ import annotations

import pytest

from slakit.policy import words
from slakit.policy.card import policy_card
from slakit.policy.conditions import Condition
from slakit.policy.files import parse_policy
from slakit.policy.guarantees import Guarantee
from slakit.policy.remedies import Credit

POLICY = """\
format: 1
id: small
provider: Small
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01}
guarantees: [{id: uptime, metric: availability, target: 99.9, window: 1mo, clause: "1"}]
remedies:
  - id: rebate
    for: [uptime]
    credit: {flat: 5%, clause: "2"}
    claims: {within: 5d, after: incident_end, evidence: [a ticket], payout: account_credit, clause: "3"}
recovery: [{id: vm, rpo: 1h, clause: "4"}]
"""


FLAT = "5 % of the monthly fee"


def card() -> dict[str, tuple[str, str]]:
    """Term → what is said of it, and its clause."""
    entries = policy_card(parse_policy(POLICY))
    return {f"{entry.section}: {entry.term}": (entry.value, entry.clause) for entry in entries}


def test_claims_of_a_remedy_are_on_the_card() -> None:
    shown = card()
    assert shown["Claims: Rebate: how"] == ("within 5d after the incident ends", "3")
    assert shown["Claims: Rebate: with"] == ("a ticket", "3")
    assert shown["Claims: Rebate: paid as"] == ("account credit", "3")


def test_a_recovery_without_a_time_says_nothing_of_one() -> None:
    assert card()["Recovery: vm"] == ("at most 1h of data lost", "4")


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (
            {"accrual": {"credit": "5%", "per": "15m", "count": "complete", "after": "target"}},
            "5 % of the monthly fee for each full 15m of downtime beyond what the target allows",
        ),
        (
            {"shortfall": {"step": 1, "credit": "1%", "count": "complete"}},
            "1 % of the monthly fee for each full step of 1 by which the target is missed",
        ),
        (
            {"shortfall": {"credit": "10%"}},
            "10 % of the monthly fee per percentage point short, pro rata",
        ),
        (
            {"shortfall": {"credit": "10%", "from": "full"}},
            "10 % of the monthly fee per percentage point short of 100 %, pro rata",
        ),
        ({"flat": "5%", "per": "incident"}, "5 % of the monthly fee, for each incident in a breached window"),
        (
            {"flat": "5%", "when": {"streak": 2}},
            "5 % of the monthly fee, only from the second breached window in a row on",
        ),
        ({"flat": "5%", "when": {"below": 99}}, "5 % of the monthly fee, only when below 99 %"),
        (
            {"flat": "5%", "multipliers": [{"when": {"streak": 3}, "by": 2}]},
            "5 % of the monthly fee, times 2 from the third breached window in a row on",
        ),
    ],
)
def test_a_schedule_is_told_so_that_it_is_true_of_every_metric(schedule: dict[str, object], said: str) -> None:
    assert words.credit_words(Credit.model_validate({**schedule, "clause": "1"})) == said


def test_the_first_of_a_streak_is_the_first_window_missed() -> None:
    assert words.reach_words(Condition.model_validate({"streak": {"from": 1, "to": 1}})) == "the first breached window"


def test_counts_of_a_window_are_not_counts_of_measurements() -> None:
    terms = {"id": "api", "metric": "availability", "target": 99, "window": "1mo", "clause": "1"}
    guarantee = Guarantee.model_validate({**terms, "measured": {"by": "ratio"}})
    assert words.promise(guarantee) == "99 % per calendar month, from all counts of the window together"


def test_several_schedules_of_a_remedy_are_told_each_in_its_own_words() -> None:
    accrual = "accrual: {credit: 5%, per: 30m, count: complete}"
    two = f'[{{{accrual}, clause: "2"}}, {{for: [uptime], flat: 25 EUR, payout: refund, clause: "3"}}]'
    policy = parse_policy(POLICY.replace('{flat: 5%, clause: "2"}', two))
    entries = {entry.term: (entry.value, entry.clause) for entry in policy_card(policy) if entry.section == "Credits"}
    assert entries["Rebate (1 of 2)"] == ("5 % of the monthly fee for each full 30m of downtime", "2")
    assert entries["Rebate (2 of 2)"] == ("25 EUR (uptime)", "3")
    assert entries["Rebate (2 of 2): paid as"] == ("refund", "3")
    assert entries["Rebate: altogether"][0] == "added up, once per breached window (uptime)"
