"""Assess: what it refuses, what it makes of little evidence, and how a review shows itself."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import polars as pl
import pytest
from small_contracts import (
    DAY,
    HOUR,
    LATER,
    MICROSECOND,
    Row,
    amounts,
    at,
    contract,
    down,
    downtimes,
    evidence,
    holder,
    judged,
    seconds_by_verdict,
)

from slakit.analysis.assess import assess
from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import TABLES
from slakit.problems import InputError

NOON = at("2026-06-10T12:00")
POLICY = contract("target: 99.9, credit: {flat: 5%, clause: c}", "claims: {within: 10d}")
GOLD = [holder("klikk", currency="NOK", tier="gold")]


def refused(*args: object, **known: object) -> str:
    with pytest.raises(InputError) as error:
        judged(*args, **known)  # type: ignore[arg-type]
    return str(error.value)


# ------------------------------------------------------------------------------------- what is refused


def test_an_unknown_policy_is_refused_with_those_that_exist() -> None:
    told = refused("klik")
    assert "policy = klik: not in the library; did you mean klikk? there are " in told


def test_all_unknown_policies_are_told_at_once() -> None:
    held = [holder(name, subscription=name) for name in ("klik", "wp-heave", "nowhere.yaml")]
    with pytest.raises(InputError) as error:
        assess(evidence(subscriptions=held), "2026-06", LATER)
    assert len(error.value.problems) == 3


def test_a_policy_that_is_not_among_those_given_is_refused() -> None:
    assert "other" in refused(POLICY, subscriptions=[holder("other")])


def test_all_wrong_tiers_are_told_at_once() -> None:
    held = [
        holder("klikk", subscription="a"),
        holder("klikk", subscription="b", tier="glod"),
        holder("wp-heaven", subscription="c", tier="gold"),
    ]
    assert refused("klikk", subscriptions=held) == (
        "memory: 3 problems\n"
        "  subscriptions a: klikk tier: no tier is named; there are standard, silver, gold, platinum\n"
        "  subscriptions b: klikk tier = glod: not a tier of this policy; did you mean gold? "
        "there are standard, silver, gold, platinum\n"
        "  subscriptions c: wp-heaven tier = gold: not a tier of this policy; there are none"
    )


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (
            {"wndow": "month"},
            "reading = wndow: no policy here asks this; did you mean window? there are window, rebate, ",
        ),
        ({"window": "decade"}, "reading window = decade: not an answer to it; there are month, quarter"),
        ({"klink-cloud:notice": "required"}, "reading = klink-cloud: no plan here is of this policy; there are klikk"),
        ({"klikk:wndow": "month"}, "reading of klikk = wndow: not a question of this policy; did you mean window?"),
        ({"klikk:window": "decade"}, "reading of klikk window = decade: not an answer to it; there are month, quarter"),
        (["window"], "reading = window: not an answer to a question; write question=answer, or policy:question=answer"),
        (["=month"], "reading = =month: not an answer to a question; write question=answer"),
        (["window="], "reading = window=: not an answer to a question; write question=answer"),
    ],
)
def test_a_reading_that_does_not_exist_is_refused(reading: object, told: str) -> None:
    assert told in refused("klikk", subscriptions=GOLD, reading=reading)


def test_a_reading_in_one_word_is_no_list_of_letters() -> None:
    assert "reading windw" not in refused("klikk", subscriptions=GOLD, reading="window=weekly")
    assert "reading window = weekly" in refused("klikk", subscriptions=GOLD, reading="window=weekly")


def test_all_wrong_readings_are_told_at_once() -> None:
    told = refused("klikk", subscriptions=GOLD, reading={"wndow": "month", "cap": "weekly", "wp-heaven:a": "b"})
    assert told.startswith("reading: 3 problems")


def test_an_answer_is_passed_over_by_policies_that_do_not_know_it() -> None:
    held = [
        holder("klikk", subscription="a", tier="gold"),
        holder("cloudworkz", subscription="b"),
        holder("wp-heaven", subscription="c"),
    ]
    review = judged("klikk", subscriptions=held, reading={"window": "quarter"})
    assert review.terms[("klikk", "gold")].reading["window"] == "quarter"
    assert review.terms[("cloudworkz", None)].reading["window"] == "month"


@pytest.mark.parametrize(
    "as_of", ["", "soon", "2026-06-31", "2026-06-10T12:00:00", "10.06.2026", datetime(2026, 6, 10)]
)
def test_what_is_no_instant_is_refused(as_of: object) -> None:
    assert "write it like 2026-10-05T00:00:00Z" in refused(POLICY, as_of=as_of)


@pytest.mark.parametrize(
    "as_of",
    [
        "2026-10-05",
        "2026-10-05T00:00:00Z",
        "2026-10-05T02:00:00+02:00",
        date(2026, 10, 5),
        datetime(2026, 10, 5, tzinfo=UTC),
    ],
)
def test_an_instant_is_read(as_of: object) -> None:
    assert judged(POLICY, as_of=as_of).as_of == datetime(2026, 10, 5, tzinfo=UTC)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------- little evidence

WRITTEN = {
    "ledger": [
        "subscription",
        "guarantee",
        "outage",
        "component",
        "window_start",
        "started",
        "ended",
        "seconds",
        "verdict",
        "clause",
    ],
    "availability": [
        "subscription",
        "guarantee",
        "window_start",
        "window_end",
        "agreed_seconds",
        "downtime_seconds",
        "availability",
        "target",
        "met",
        "running",
        "observed",
    ],
    "credits": [
        "subscription",
        "remedy",
        "window_start",
        "window_end",
        "credit_percent",
        "basis_amount",
        "amount",
        "currency",
        "cap",
        "instead",
    ],
    "ranges": [
        "subscription",
        "currency",
        "amount",
        "amount_low",
        "amount_high",
        "reading_low",
        "reading_high",
        "widened_by",
    ],
    "claims": [
        "subscription",
        "remedy",
        "window_start",
        "amount",
        "currency",
        "deadline",
        "deadline_earliest",
        "status",
        "evidence_needed",
    ],
}


@pytest.mark.parametrize("table", WRITTEN)
def test_a_table_has_the_columns_of_the_rules_also_when_it_is_empty(table: str) -> None:
    full = judged(POLICY, [down(NOON, HOUR)])
    empty = assess(Evidence.of(TABLES["subscriptions"].empty()), "2026-06", LATER)
    assert getattr(full, table).columns == WRITTEN[table]
    assert getattr(empty, table).columns == WRITTEN[table]
    assert getattr(empty, table).is_empty()


def test_tables_have_the_same_types_with_and_without_rows() -> None:
    full = judged(POLICY, [down(NOON, HOUR)])
    empty = assess(Evidence.of(TABLES["subscriptions"].empty()), "2026-06", LATER)
    for table in WRITTEN:
        assert getattr(full, table).schema == getattr(empty, table).schema, table


def test_a_list_without_an_outage_is_evidence() -> None:
    review = judged(POLICY)
    assert review.ledger.is_empty()
    assert downtimes(review) == [0]
    assert review.availability["availability"].to_list() == [100]
    assert amounts(review) == [0]
    assert review.owed == {"EUR": 0}


def test_no_subscription_at_all_is_owed_nothing() -> None:
    review = assess(Evidence.of(TABLES["subscriptions"].empty()), "2026-06", LATER)
    assert review.owed == {}
    assert "nothing owed" in repr(review)
    assert review.headline().is_empty()


def test_a_policy_without_a_promise_on_outages_judges_none() -> None:
    policy = contract("metric: response, target: 95, within: 2h")
    review = judged(policy, [down(NOON, HOUR)], ranges=True)
    assert review.ledger.select("guarantee", "seconds", "verdict").rows() == [(None, 3600, "not_judged")]
    assert review.ranges.select("amount", "amount_low", "amount_high").rows() == [(0, 0, 0)]


def test_an_outage_in_the_future_is_not_known_yet() -> None:
    review = judged(POLICY, [down(NOON, HOUR)], as_of=NOON)
    assert seconds_by_verdict(review) == {"after_as_of": 0}
    begun = judged(POLICY, [down(NOON, HOUR)], as_of=NOON + MICROSECOND)
    assert seconds_by_verdict(begun) == {"counted": Decimal("0.000001")}


def test_outages_long_before_and_after_the_period_are_told_as_such() -> None:
    rows = [down(at("2021-01-01"), HOUR, "a"), down(at("2028-01-01"), HOUR, "b")]
    assert seconds_by_verdict(judged(POLICY, rows)) == {"outside_period": 7200}


def test_a_subscription_without_an_outage_stands_beside_one_with() -> None:
    held = [holder(subscription="a"), holder(subscription="s")]
    review = judged(POLICY, [down(NOON, HOUR)], subscriptions=held)
    assert review.credits.select("subscription", "amount").rows() == [("a", 0), ("s", 50)]


def test_subscriptions_stay_in_the_order_of_the_evidence() -> None:
    names = ["z", "a", "10", "9", "ß", "Ä"]
    review = judged(POLICY, subscriptions=[holder(subscription=name) for name in names], ranges=True)
    assert review.availability["subscription"].to_list() == names
    assert review.ranges["subscription"].to_list() == names
    assert review.headline()["subscription"].to_list() == names


# ------------------------------------------------------------------------------------- what a review says


def two() -> list[Row]:
    return [holder(subscription="a"), holder(subscription="s", fee="2000", currency="USD")]


def test_a_review_of_one_subscription_holds_nothing_of_another() -> None:
    rows = [{**down(NOON, HOUR, name), "subscription": name} for name in ("a", "s")]
    review = judged(POLICY, rows, subscriptions=two(), ranges=True)
    assert review.owed == {"EUR": 50, "USD": 100}
    one = review.of("s")
    assert one.owed == {"USD": 100}
    for table in ("ledger", "availability", "credits", "claims", "ranges"):
        assert set(getattr(one, table)["subscription"]) == {"s"}
    assert one.headline()["subscription"].to_list() == ["s"]
    assert review.owed == {"EUR": 50, "USD": 100}


def test_a_review_of_an_unknown_subscription_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        InputError, match="subscription = shp: not in the evidence; did you mean shop\\? there are shop"
    ):
        judged(POLICY, subscriptions=[holder(subscription="shop")]).of("shp")


def test_the_headline_says_what_is_owed_and_until_when_it_can_be_claimed() -> None:
    rows = [down(at("2026-05-10"), HOUR, "a"), down(at("2026-06-10"), HOUR, "b"), down(at("2026-07-10"), HOUR, "c")]
    made = [{"subscription": "s", "remedy": "uptime", "window_start": at("2026-07-01"), "claimed": at("2026-08-02")}]
    review = judged(POLICY, rows, "2026-05/2026-07", as_of=at("2026-07-05"), claims_made=made, ranges=True)
    row = review.headline().row(0, named=True)
    assert (row["owed"], row["lowest"], row["highest"], row["currency"]) == (100, 100, 100, "EUR")
    assert row["claimable"] == 50  # May is too late, July is still running
    assert row["next_deadline"] == at("2026-07-11") - MICROSECOND
    claimed = judged(POLICY, rows, "2026-05/2026-07", as_of=at("2026-08-03"), claims_made=made)
    assert claimed.headline().row(0, named=True)["claimable"] == 0


def test_what_is_owed_is_printed_in_one_line() -> None:
    review = judged(POLICY, [down(NOON, HOUR)], subscriptions=[holder(fee="12345678.90")])
    assert repr(review) == "Review(2026-06, as of 2030-01-01 00:00Z: 617,283.95 EUR owed)"


HOSTILE = '<script>alert("1")</script><img src=x onerror=alert(1)>&'


def test_hostile_names_are_shown_as_text() -> None:
    rows = [{**down(NOON, HOUR, HOSTILE, component=HOSTILE, cause=HOSTILE), "subscription": HOSTILE}]
    review = judged(POLICY, rows, subscriptions=[holder(subscription=HOSTILE, reference=HOSTILE)], ranges=True)
    page = review._repr_html_()
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert review.ledger["outage"].to_list() == [HOSTILE]


def test_formulas_and_paths_are_names_like_any_other() -> None:
    for name in ("=cmd|'/C calc'!A0", "../../etc/passwd", "@SUM(A1)", "-1+1", "💥", "NULL", "null", "nan"):
        review = judged(POLICY, [{**down(NOON, HOUR), "subscription": name}], subscriptions=[holder(subscription=name)])
        assert review.credits.select("subscription", "amount").rows() == [(name, 50)]


def test_a_review_is_not_changed_by_assessing_again() -> None:
    review = judged(POLICY, [down(NOON, HOUR)])
    before = review.credits.clone()
    judged(POLICY, [down(NOON, DAY)])
    assert review.credits.equals(before)


def test_evidence_is_not_changed_by_an_assessment() -> None:
    tables = evidence([down(NOON, HOUR, "b"), down(NOON, HOUR, "a")])
    before = tables.outages.clone()
    assess(tables, "2026-06", LATER, policies={"small": POLICY})
    assert tables.outages.equals(before)


# ------------------------------------------------------------------------------------- no cliffs


def test_questions_whose_answers_change_nothing_leave_one_amount() -> None:
    """Six questions of two answers are 64 readings."""
    question = (
        "{id: qN, question: Q, clauses: [c], answers: {a: {}, b: {set: {guarantees.uptime.clauses.tN: d}}}, default: a}"
    )
    questions = ", ".join(question.replace("N", str(n)) for n in range(6))
    policy = contract("target: 99.9, clauses: {x: y}, credit: {flat: 5%, clause: c}", f"readings: [{questions}]")
    review = judged(policy, [down(NOON, HOUR)], ranges=True)
    assert review.ranges.select(pl.col("amount_low"), pl.col("amount_high")).row(0) == (50, 50)
