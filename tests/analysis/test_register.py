"""The register of claims: what is refused, what is known when, and money against what was owed; worked out by hand.

The contract owes 5 % of 1,000 EUR for each of May and June.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from small_contracts import HOUR, Row, at, contract, down, judged

from slakit.analysis.register import credit_candidates, register_sums
from slakit.analysis.review import Review
from slakit.problems import InputError

POLICY = contract("target: 99.9, credit: {flat: 5%, clause: c}", "claims: {within: 10d}")
OUTAGES = [down(at(f"2026-{month:02}-10"), 5 * HOUR, f"o{month}") for month in (5, 6)]


def claim(month: int = 6, **known: Any) -> Row:
    row = {"subscription": "s", "remedy": "uptime", "window_start": at(f"2026-{month:02}-01")}
    return row | {"claimed": at("2026-07-02"), "amount": None} | known


def answer(outcome: str, amount: str | None = None, **known: Any) -> Row:
    return claim(answered=at("2026-07-20"), outcome=outcome, amount=amount, **known)


def review(*claims: Row, as_of: str = "2026-08-01", policy: Any = POLICY) -> Review:
    return judged(policy, OUTAGES, "2026-05/2026-06", as_of=at(as_of), claims_made=claims)


def states(found: Review) -> list[tuple[Any, ...]]:
    return found.register.select("state", "credited", "owed", "difference").rows()


def money(found: Review) -> dict[str, Decimal]:
    (row,) = register_sums(found).rows(named=True)
    return {name: amount for name, amount in row.items() if isinstance(amount, Decimal) and amount}


def test_an_answer_is_known_when_it_was_given() -> None:
    credited = answer("credited", "50", reference="C-1")
    assert states(review(credited)) == [("credited", 50, 50, 0)]
    assert states(review(credited, as_of="2026-07-10")) == [("open", None, 50, None)]
    assert money(review(credited)) == {"credited": 50, "expired": 50}  # May was never claimed
    assert review(credited, as_of="2026-07-01").register.is_empty()


def test_what_was_refused_in_part_is_what_was_asked_less_what_was_credited() -> None:
    assert states(review(answer("partly", "20"))) == [("partly", 20, 50, -30)]
    assert money(review(answer("partly", "20", asked="60"))) == {"credited": 20, "refused": 40, "expired": 50}
    assert money(review(answer("refused"))) == {"refused": 50, "expired": 50}
    assert states(review(answer("refused"), claim(amount="50", claimed=at("2026-07-25")))) == [
        ("refused", 0, 50, 0),  # both claims together
        ("credited", 50, 50, 0),
    ]


def test_a_claim_that_was_withdrawn_stands_no_more() -> None:
    long = contract("target: 99.9, credit: {flat: 5%, clause: c}", "claims: {within: 60d}")
    withdrawn = answer("withdrawn")
    assert review(withdrawn, as_of="2026-07-10", policy=long).claims["status"].to_list()[-1] == "claimed"
    assert review(withdrawn, policy=long).claims["status"].to_list()[-1] == "claimable"


def test_a_claim_for_a_window_before_the_period_is_listed_and_what_it_asked_is_not_known() -> None:
    found = review(claim(month=1))
    assert states(found) == [("open", None, None, None)]
    assert register_sums(found)["unknown"].to_list() == [1]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"outcome": "refused"}, "outcome = refused: without the instant of the answer; give answered"),
        ({"answered": at("2026-07-20")}, ": without an outcome; give as outcome one of credited, partly"),
        (answer("refused", "5"), "amount = 5: an amount beside an outcome without a credit; leave it empty"),
        (answer("credited"), "outcome = credited: a credit of nothing; give as amount what was credited"),
        (answer("credited", "5", asked="6"), "outcome = credited: less than was asked; write partly"),
        (answer("partly", "6", asked="6"), "outcome = partly: no less than was asked; write credited"),
        (answer("paid", "6"), "outcome = paid"),
        ({"answered": at("2026-07-01"), "outcome": "refused"}, "before it was claimed"),
    ],
)
def test_contradictions_are_refused_by_row(row: Row, told: str) -> None:
    with pytest.raises(InputError, match="claims_made row 2") as refused:
        review(claim() | row)
    assert told in str(refused.value)


def test_credits_of_a_bill_are_offered_by_amount_and_never_matched(tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    period = "2026-07-01T00:00:00Z,2026-08-01T00:00:00Z"
    bill.write_text(
        "BilledCost,ChargeCategory,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargeDescription\n"
        f"-49.50,Credit,EUR,{period},SLA\n9,Usage,EUR,{period},\n-1,Adjustment,USD,{period},\n"
    )
    found = review(claim(month=5))
    offered = credit_candidates(found, bill).select("bill_row", "window_start", "difference", "status")
    half = Decimal("-0.5")
    assert offered.rows() == [
        (2, at("2026-05-01"), half, "claimed"),  # without an answer: it comes first
        (2, at("2026-06-01"), half, "expired"),
        (4, None, None, None),
    ]
    assert found.register["state"].to_list() == ["open"]
    bill.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no such column"):
        credit_candidates(found, bill)
