"""What claims require beside a credit, and reports that may come at any time."""

from __future__ import annotations

from datetime import datetime

import polars as pl
import pytest
from small_contracts import HOUR, Row, at, contract, down, judged

from slakit.analysis.assumptions import assumptions_in_words
from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.policy.card import policy_card
from slakit.policy.document import Policy
from slakit.policy.remedies import Claims, Report
from slakit.problems import InputError
from slakit.show.excel.review import review_sheets
from slakit.show.tables.review import show_claims

PAID = "{id: invoices_paid, says: All invoices are paid., clause: '7.2'}"
KEPT = "{id: no_breach, says: The customer keeps the contract.}"
REQUIRED = f"within: 30d, requires: [{PAID}, {KEPT}]"


def policy_with(claims: str) -> Policy:
    return contract("target: 99.9, credit: {flat: 10%, clause: c}", f"claims: {{{claims}}}")


def condition(name: str, started: str, ended: str | None, met: str) -> Row:
    rows = {"subscription": "s", "condition": name, "met": met}
    return rows | {"started": at(f"2026-{started}"), "ended": ended and at(f"2026-{ended}")}


def june(claims: str = REQUIRED, *conditions: Row, as_of: str = "2026-07-10", **rest: object) -> Review:
    """June 2026 with two hours of downtime, of which the month allows 43 minutes; 10 % of the fee is due."""
    reported = rest.pop("reported", None)
    outages = [down(at("2026-06-10"), 2 * HOUR, "a", reported=reported)]
    tables = {"conditions": conditions} if conditions else {}
    return judged(policy_with(claims), outages, "2026-06", as_of=as_of, **tables, **rest)


@pytest.mark.parametrize(
    ("rows", "met", "status"),
    [
        ([], None, "claimable"),
        ([("06-01", "07-01", "yes")], True, "claimable"),
        ([("05-01", "06-16", "yes"), ("06-16", None, "yes")], True, "claimable"),  # two that touch cover it
        ([("06-05", "06-20", "yes"), ("06-01", "06-10", "yes"), ("06-20", None, "yes")], True, "claimable"),
        ([("06-01", "06-10", "yes"), ("06-11", None, "yes")], None, "claimable"),  # a day between them is not known
        ([("06-02", None, "yes")], None, "claimable"),
        ([("01-01", "06-01T00:01", "no")], False, "not_valid"),  # a minute of the window is enough
        ([("01-01", "06-01", "no")], None, "claimable"),  # an end is outside its row
        ([("06-30", "06-30", "no")], None, "claimable"),
        ([("07-01", None, "no")], None, "claimable"),
        ([("01-01", None, "yes"), ("06-30", "07-02", "no")], False, "not_valid"),
    ],
)
def test_a_claim_is_valid_where_its_requirement_was_met(
    rows: list[tuple[str, str | None, str]], met: bool | None, status: str
) -> None:
    review = june(REQUIRED, *(condition("invoices_paid", *row) for row in rows))
    assert review.claims["status"].to_list() == [status]
    assert review.requirements.select("requirement", "met").rows() == [("invoices_paid", met), ("no_breach", None)]
    assert review.owed == {"EUR": 100}  # the credit is what was earned; the claim for it is not valid


def test_what_begins_after_the_assessment_is_not_known_yet() -> None:
    early = june(REQUIRED, condition("no_breach", "06-20", None, "no"), as_of="2026-06-20")
    assert early.credits.is_empty()
    before, after = (
        june(REQUIRED, condition("no_breach", "06-30T23:00", None, "no"), as_of=as_of)
        for as_of in ("2026-07-01", "2026-07-02")
    )
    assert [one.claims["status"].item() for one in (before, after)] == ["not_valid", "not_valid"]


def test_a_claim_that_was_made_is_one_and_what_is_not_valid_does_not_expire() -> None:
    broken = condition("no_breach", "06-05", "06-06", "no")
    assert june(REQUIRED, broken, as_of="2026-12-01").claims["status"].item() == "not_valid"
    made = [{"subscription": "s", "remedy": "uptime", "window_start": at("2026-06-01"), "claimed": at("2026-07-02")}]
    assert june(REQUIRED, broken, claims_made=made).claims["status"].item() == "claimed"


def test_what_is_due_without_a_claim_depends_on_its_requirements_too() -> None:
    automatic = f"needed: false, requires: [{KEPT}]"
    assert june(automatic).claims["status"].item() == "not_required"
    assert june(automatic, condition("no_breach", "06-05", "06-06", "no")).claims["status"].item() == "not_valid"


def test_a_remedy_with_claims_of_its_own_has_their_requirements_only() -> None:
    credit = "credit: {flat: 10%, clause: c}, claims: {within: 9d}"
    policy = contract("target: 99.9", f"remedies: [{{id: r, for: [uptime], {credit}}}]\nclaims: {{requires: [{PAID}]}}")
    rows = [condition("invoices_paid", "01-01", None, "no")]
    review = judged(policy, [down(at("2026-06-10"), 2 * HOUR)], "2026-06", as_of="2026-07-02", conditions=rows)
    assert review.claims["status"].item() == "claimable"
    assert review.requirements.is_empty()


def test_conditions_are_matched_as_words_and_an_unknown_one_is_refused() -> None:
    review = june(REQUIRED, condition("Invoices-Paid", "06-05", "06-06", "no"))
    assert review.claims["status"].item() == "not_valid"
    assert review.warnings["code"].to_list() == ["taken_as"]
    with pytest.raises(InputError) as refusal:
        june(REQUIRED, condition("good_mood", "06-05", "06-06", "no"))
    assert str(refusal.value).splitlines()[1:] == [
        "  conditions row 2 condition = good_mood: no claim under the policy requires this; "
        "there are invoices_paid, no_breach"
    ]
    with pytest.raises(InputError, match="no claim under the policy requires this; remove the row"):
        june("within: 30d", condition("good_mood", "06-05", "06-06", "no"))
    with pytest.raises(InputError, match="met = maybe: no such met; there are yes, no"):
        june(REQUIRED, condition("no_breach", "06-05", "06-06", "maybe"))


def test_requirements_are_told_wherever_a_claim_is() -> None:
    broken = condition("invoices_paid", "06-05", "06-06", "no")
    review = june(REQUIRED + ", evidence: [a log]", broken)
    assert review.claims["evidence_needed"].item() == "a log; All invoices are paid; The customer keeps the contract"
    assumed = assumptions_in_words(review).filter(pl.col("term").str.starts_with("Requirement"))
    because = "The table conditions does not say it of the whole window of each credit"
    assert assumed.rows() == [("s", "Requirement of claims: The customer keeps the contract", "met", because)]
    told = str(explain(review, "s", "2026-06"))
    assert "Requirement: All invoices are paid (7.2): not met." in told
    assert "Requirement: The customer keeps the contract: not said by the evidence; taken as met." in told
    assert "Status: requirement not met." in told
    card = {entry.term: entry.value for entry in policy_card(policy_with(REQUIRED)) if entry.section == "Claims"}
    assert card["requires invoices paid"] == "All invoices are paid."
    assert card["how"].endswith(", only if: All invoices are paid; The customer keeps the contract")
    assert "Requirements" in [sheet.name for sheet in review_sheets(review)]
    page = show_claims(review).as_raw_html()
    assert "Requirement not met" in page
    assert "Jun 2026: All invoices are paid." in page


def test_a_requirement_is_named_once() -> None:
    with pytest.raises(InputError, match="two requirements are called paid; give each its own id"):
        Claims(requires=[{"id": "paid", "says": "a"}, {"id": "paid", "says": "b"}])


@pytest.mark.parametrize(
    ("reported", "status"),
    [(None, "expired"), ("06-10T01:00", "claimable"), ("07-05", "claimable"), ("07-11", "expired")],
)
def test_a_report_without_a_limit_must_only_exist(reported: str | None, status: str) -> None:
    told: datetime | None = at(f"2026-{reported}") if reported else None
    review = june("within: 30d, report: {}", reported=told)
    assert review.claims["status"].item() == status
    assert review.claim_steps.select("report_by", "reported").row(0) == (None, status == "claimable")


def test_one_report_keeps_the_claim_of_a_window_and_an_open_outage_can_be_reported() -> None:
    policy = policy_with("within: 30d, report: {}")
    rows = [down(at("2026-06-10"), 2 * HOUR, "a"), down(at("2026-06-20"), 2 * HOUR, "b", reported=at("2026-07-03"))]
    assert judged(policy, rows, "2026-06", as_of="2026-07-02").claims["status"].item() == "expired"
    assert judged(policy, rows, "2026-06", as_of="2026-07-04").claims["status"].item() == "claimable"


def test_a_report_without_a_limit_counts_from_nothing() -> None:
    with pytest.raises(InputError, match="nothing is counted after it; write within: 24h as well, or remove after"):
        Report(after="incident_end")
