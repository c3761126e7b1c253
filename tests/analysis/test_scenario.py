"""An imagined incident is judged as the same incident in a table would be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

import slakit as sla
from slakit.analysis.review import Review
from slakit.analysis.scenario import Scenario, assess_scenario
from slakit.policy.files import find_plans

GOLD = find_plans("klikk:gold")[0]
DOWN = Scenario("2026-08-11T09:00", "2026-08-11T13:00", reported="2026-08-11T10:00", component="network")


def counted(review: Review, guarantee: str = "network") -> int:
    own = review.ledger.filter((pl.col("guarantee") == guarantee) & (pl.col("verdict") == "counted"))
    return int(own["seconds"].sum())


@given(st.integers(0, 600), st.integers(1, 600), st.one_of(st.none(), st.integers(-60, 700)))
@examples(5)
def test_it_is_judged_like_a_row_of_a_table(begin: int, length: int, signal: int | None) -> None:
    def at(minutes: int) -> str:
        return f"2026-08-{10 + minutes // 1440:02}T{minutes % 1440 // 60:02}:{minutes % 60:02}:00+02:00"

    reported = at(begin + 60 + signal) if signal is not None else ""
    incident = Scenario(at(begin + 60), at(begin + 60 + length), reported=reported)
    rows = {"outage": "o", "started": at(begin + 60), "ended": at(begin + 60 + length), "reported": reported or None}
    subscription = {"subscription": "s", "policy": "klikk", "tier": "gold", "monthly_fee": "1500", "currency": "NOK"}
    evidence = sla.Evidence.of(
        [{**subscription, "starts": "2025-01-01T00:00:00Z"}], outages=[{**rows, "subscription": "s"}]
    )
    assessed = sla.assess(evidence, "2026-08", "2026-09-02", ranges=False)
    imagined = assess_scenario(GOLD, incident, fee=1500)
    assert imagined.owed == assessed.owed
    same = ["guarantee", "started", "ended", "seconds", "verdict", "clause"]
    assert imagined.ledger.select(same).equals(assessed.ledger.select(same))


def test_times_are_those_of_the_contract_unless_they_say_otherwise() -> None:
    local = assess_scenario(GOLD, DOWN).evidence.outages["started"][0]
    assert local == datetime(2026, 8, 11, 7, tzinfo=UTC)
    in_utc = assess_scenario(GOLD, Scenario("2026-08-11T07:00Z", "2026-08-11T11:00Z")).evidence.outages["started"][0]
    assert in_utc == local


@pytest.mark.parametrize(("notice", "seconds"), [("36h", 7200), ("35h59m59s", 10800), ("", 10800)])
def test_maintenance_counts_as_agreed_only_when_its_notice_is_kept(notice: str, seconds: int) -> None:
    works = Scenario(
        "2026-08-11T09:00", "2026-08-11T13:00", reported="2026-08-11T10:00", component="network",
        works="2026-08-11T11:00", works_end="2026-08-11T12:00", notice=notice,
    )  # fmt: skip
    assert counted(assess_scenario(GOLD, works)) == seconds


def test_a_cause_the_provider_does_not_answer_for_earns_nothing() -> None:
    incident = Scenario("2026-08-11T09:00", "2026-08-11T13:00", reported="2026-08-11T09:00", cause="customer")
    assert assess_scenario(GOLD, incident).owed == {"NOK": Decimal(0)}


def test_an_outage_without_an_end_goes_on() -> None:
    review = assess_scenario(GOLD, Scenario("2026-08-31T12:00", reported="2026-08-31T12:00"))
    august = review.availability.filter(pl.col("guarantee") == "network")["downtime_seconds"][0]
    assert august == 12 * 3600


def test_a_reading_with_longer_windows_is_within_the_range() -> None:
    review = assess_scenario(GOLD, DOWN, ranges=True)
    answers = review.readings.filter(pl.col("question") == "window")
    assert set(answers["answer"]) == {"month", "quarter"}
    assert str(review.period) == "2026-07/2026-09"
    assert answers.filter(pl.col("answer") == "quarter")["amount"][0] == Decimal("33.33")


@pytest.mark.parametrize(
    "window",
    ["1d", "1w", "2mo", "4mo", "6mo", "1y", "billing_month", {"rolling": "30d"}, {"rolling": "3mo"},
     {"every": "12mo", "from": "07-01"}, {"every": "6mo", "from": "starts"}],
    ids=str,
)  # fmt: skip
@pytest.mark.parametrize("began", ["2026-08-31T09:00", "2026-10-24T09:00", "2026-12-31T20:00"])
def test_every_window_that_an_incident_lies_in_is_judged(window: object, began: str) -> None:
    policy = sla.find_policy("wp-heaven").amend({"guarantees.website.window": window})
    ended = (datetime.fromisoformat(began) + timedelta(days=2, hours=11)).isoformat()
    review = assess_scenario((policy, None), Scenario(began, ended, reported=began))
    longer = sla.assess(review.evidence, "2025-01/2028-12", "2029-02-01", policies={policy.id: policy}, ranges=False)
    assert review.owed == longer.owed


def test_answers_of_the_reader_hold() -> None:
    by_component = assess_scenario(GOLD, Scenario("2026-08-11T09:00", "2026-08-11T13:00", reported="2026-08-11T09:00"),
                           reading=["rebate=per_component"])  # fmt: skip
    assert by_component.owed == {"NOK": Decimal("166.66")}  # four components, and late replacement: 5 times 1000/30


def test_a_plan_that_names_a_currency_is_paid_in_it() -> None:
    paid_in = {
        name: assess_scenario(
            find_plans(name)[0], Scenario("2026-08-11T09:00", "2026-08-11T13:00")
        ).evidence.subscriptions["currency"][0]
        for name in ("wp-heaven", "klink-cloud:enterprise", "ofcom-automatic-compensation")
    }
    assert paid_in == {"wp-heaven": "DKK", "klink-cloud:enterprise": "USD", "ofcom-automatic-compensation": "GBP"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"started": "2026-08-11"}, "outages row 2 started = 2026-08-11"),
        ({"ended": "2026-08-11T08:00"}, "ends before it starts (2026-08-11T07:00:00Z)"),
        ({"started": "2026-10-25T02:30", "ended": "2026-10-25T09:00"}, "comes twice"),
        ({"works": "2026-08-11T11:00", "works_end": "2026-08-11T12:00", "kind": "secret"}, "secret"),
        (
            {"works": "2026-08-11T11:00", "works_end": "2026-08-11T12:00", "notice": "2 days"},
            "incident notice = 2 days: not a duration; write a number and a unit, like 30m, 48h, 10d",
        ),
    ],
)
def test_what_cannot_have_happened_is_refused(changes: dict[str, str], message: str) -> None:
    happens = {"started": "2026-08-11T09:00", "ended": "2026-08-11T13:00", **changes}
    with pytest.raises(sla.InputError) as refused:
        assess_scenario(GOLD, Scenario(**happens))  # type: ignore[arg-type]
    assert message in str(refused.value)


@pytest.mark.parametrize("fee", [-1, float("nan"), "free"])
def test_a_fee_that_is_none_is_refused(fee: object) -> None:
    with pytest.raises(sla.InputError, match="monthly_fee"):
        assess_scenario(GOLD, DOWN, fee=fee)  # type: ignore[arg-type]
