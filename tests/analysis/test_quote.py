"""The quick question: the answer is that of any assessment, what is assumed is named, and refusals come all at once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import slakit as sla

TERMS: dict[str, Any] = {
    "guarantee": 99.9, "credit": ["99:25%", "99.9:10%"], "claim": "30d", "time_zone": "Europe/Berlin",
}  # fmt: skip
ASKED: dict[str, Any] = {"fee": "2000EUR", "outage": "3h", "month": "2026-10"}


def test_it_answers_how_much_why_and_by_when() -> None:
    quick = sla.quote(**TERMS, **ASKED)
    assert quick.owed == {"EUR": Decimal("200.00")}
    assert quick.deadline == datetime(2026, 11, 30, 22, 59, 59, 999999, UTC)
    told = str(quick.why())
    assert "Downtime 3h of 31d1h agreed service time" in told
    assert "Start of outage 1: 2026-10-05 09:00." in told
    assert "Whether maintenance counts: not read." in told


def test_what_is_saved_reads_back_to_the_same_answer(tmp_path: Path) -> None:
    quick, path = sla.quote(**TERMS, **ASKED), tmp_path / "North wind.yaml"
    quick.save(path)
    again = sla.quote(policy=str(path), **ASKED)
    assert (again.owed, again.deadline) == (quick.owed, quick.deadline)
    assert (again.policy.id, again.policy.provider) == ("north-wind", "North wind")
    evidence = sla.Evidence.of(
        [{"subscription": "s", "policy": str(path), "monthly_fee": "2000", "currency": "EUR",
          "starts": "2025-01-01T00:00:00Z"}],
        outages=[{"outage": "o", "subscription": "s", "started": "2026-10-20T00:00:00Z",
                  "ended": "2026-10-20T03:00:00Z"}],
    )  # fmt: skip
    review = sla.assess(evidence, "2026-10", "2026-11-02")
    assert review.owed == quick.owed
    assert review.claims["deadline"].to_list() == [quick.deadline]
    with pytest.raises(sla.InputError, match="there already"):
        quick.save(path)
    with pytest.raises(sla.InputError, match="names a policy, which is one already"):
        again.save(tmp_path / "other.yaml")


def test_outages_without_a_start_lie_beside_the_others() -> None:
    quick = sla.quote(**TERMS, **ASKED | {"outage": ["3h", "2026-10-05T09:30/1h", "2h", "2026-11/12h"]})
    assert quick.review.availability["downtime_seconds"].to_list() == [6 * 3600, 12 * 3600]
    assert quick.owed == {"EUR": Decimal("700.00")}
    whole = sla.quote(99, ["99:50 EUR"], fee="1 EUR", outage="31d", month="2026-10")
    assert whole.review.availability["availability"][0] == 0
    assert whole.deadline is None


def test_a_contract_of_the_library_can_be_asked() -> None:
    quick = sla.quote(policy="klikk:gold", fee="1600 NOK", outage="2026-10-12T14:00/3h")
    assert quick.owed == {"NOK": Decimal("53.33")}
    assert quick.deadline == datetime(2026, 10, 15, 15, tzinfo=UTC)
    assert "Ticket, detection and diagnosis: at once." in str(quick.why())


def test_no_claim_may_be_needed() -> None:
    quick = sla.quote(**TERMS | {"claim": "none"}, **ASKED)
    assert quick.review.claims["status"].to_list() == ["not_required"]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(sla.InputError) as refused:
        sla.quote(
            "99,9", ["10%", "99.9:10", "99:5%", "99:6%"], fee="2000", outage=["3", "0h", "2026-99/1h"], month="Oct",
            claim="30", time_zone="CEST",
        )  # fmt: skip
    assert [(problem.where, problem.value) for problem in refused.value.problems] == [
        ("fee", "2000"), ("month", "Oct"), ("outage", "3"), ("outage", "0h"), ("outage", "2026-99/1h"),
        ("time_zone", "CEST"), ("guarantee", "99,9"), ("credit", "10%"), ("credit", "99.9:10"), ("credit", "99"),
        ("claim", "30"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"credit": []}, "credit: none is named; write one at least, like 99.9:10%"),
        ({"credit": ["99.95:10%"]}, "a credit above the guarantee of 99.9 %; write a level of 99.9 at most"),
        ({"credit": ["99.9:50 USD"]}, "the contract pays in USD; give the fee in that currency"),
        ({"month": ""}, "month: missing, for an outage without a start"),
        ({"outage": "32d"}, "no room for all outages in 2026-10; shorten them, or write their starts"),
        ({"outage": "2026-10-25T02:30/1h"}, "02:30 comes twice on 2026-10-25 in Europe/Berlin; write it with its"),
        ({"policy": "wp-heaven"}, "quote: 4 problems"),
        ({"guarantee": None}, "write the availability that is guaranteed, like 99.9, or a policy"),
    ],
)
def test_each_refusal_says_what_would_be_right(change: dict[str, object], says: str) -> None:
    with pytest.raises(sla.InputError) as refused:
        sla.quote(**{**TERMS, **ASKED, **change})
    assert says in str(refused.value)
