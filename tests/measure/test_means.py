"""Downtime as the mean over components (`combine: mean`): each is judged by itself, and then they are put together."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from small_contracts import DAY, HOUR, MINUTE, amounts, at, contract, down, holder, judged, work

from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.problems import InputError
from slakit.remedy.curves import credit_curve

JUNE = at("2026-06-01")
ONE = contract("target: 99.9, combine: mean, components: [a-1]")
FOUR = "target: 99.9, combine: mean, components: [a, b, c, d]"
MICROSECOND = timedelta(microseconds=1)


def minutes(review: Review) -> list[Decimal]:
    """Downtime of each window."""
    return [seconds / 60 for seconds in review.availability["downtime_seconds"]]


def told(review: Review) -> list[tuple[str, str, Decimal]]:
    """The ledger, in minutes of real time."""
    rows = review.ledger.select("outage", "verdict", "seconds").rows()
    return [(outage, verdict, seconds / 60) for outage, verdict, seconds in rows]


def test_a_mean_divides_the_downtime_of_all_components_by_their_number() -> None:
    # a is down for 120 minutes and b for 60 of them: 120 / 4 + 60 / 4 = 45 of 43.2 minutes; together it were 120
    outages = [down(JUNE, 2 * HOUR, "1", component="a"), down(JUNE, HOUR, "2", component="b")]
    review = judged(contract(f"{FOUR}, credit: {{multiple: 10, clause: c}}"), outages)
    assert minutes(review) == [45]
    assert told(review) == [("1", "counted", 120), ("2", "counted", 60)]  # seconds of an outage stay real
    # 1 - 45 / 43,200 = 99.8958333… %
    assert review.availability.select("availability", "met").rows() == [(Decimal("99.895833"), False)]
    assert amounts(review) == [Decimal("10.42")]  # 10 x 1000 EUR x 45 / 43,200
    assert minutes(judged(contract(FOUR.replace("mean", "union")), outages)) == [120]


def test_an_outage_of_no_component_concerns_each_and_overlaps_what_each_has() -> None:
    # all four for 60 minutes; a was down for 30 minutes before, and 30 of the 60: (90 + 60 + 60 + 60) / 4
    outages = [down(JUNE, HOUR, "a", component="a"), down(JUNE + HOUR / 2, HOUR, "all")]
    review = judged(contract(FOUR), outages)
    assert minutes(review) == [Decimal("67.5")]
    # of the outage of all the first half is counted for b, c and d, the second for a as well
    assert told(review) == [("a", "counted", 60), ("all", "counted", 30), ("all", "counted", 30)]


def test_what_is_of_no_component_of_the_mean_is_told_once() -> None:
    outages = [down(JUNE, HOUR, "other", component="elsewhere"), down(JUNE, 0 * HOUR, "none", component="a")]
    assert told(judged(contract(FOUR), outages)) == [("none", "no_length", 0), ("other", "other_component", 60)]


@pytest.mark.parametrize(("beyond", "met"), [(0 * MICROSECOND, True), (MICROSECOND, False)])
def test_a_mean_of_three_is_exact_and_met_at_its_target(beyond: timedelta, met: bool) -> None:
    # 99.9 of June allows 43.2 minutes, which 3 x 43.2 = 129.6 minutes of one component reach, and a microsecond passes
    mean = contract("target: 99.9, combine: mean, components: [a, b, c]")
    review = judged(mean, [down(JUNE, 129.6 * MINUTE + beyond, component="a")])
    assert review.availability["met"].to_list() == [met]


@pytest.mark.parametrize(
    ("credit", "just", "more"),
    [
        ("accrual: {credit: 1%, per: 1h, count: started}", 10, 20),
        ("accrual: {credit: 1%, per: 1h, after: 1h, count: started}", 0, 10),
        ("multiple: {by: 864, after: 1h}", 0, 0),  # a third of a microsecond of June's fee, 864 times, is no cent
        ("multiple: {by: 720, after: 45m}", 250, 250),  # 720 x 15 minutes of 43,200
        ("bands: [{downtime: {above: 1h}, credit: 5%}]", 0, 50),
        ("flat: 2%, multipliers: [{when: {downtime: {above: 1h}}, by: 3}]", 20, 60),
    ],
)
def test_time_that_is_compared_with_a_length_is_exact(credit: str, just: int, more: int) -> None:
    # 3 hours of one of three components are an hour; a microsecond more is a third of one more than an hour
    mean = contract(f"target: 99.9, combine: mean, components: [a, b, c], credit: {{{credit}, clause: c}}")
    for beyond, amount in ((0 * MICROSECOND, just), (MICROSECOND, more)):
        assert sum(amounts(judged(mean, [down(JUNE, 3 * HOUR + beyond, component="a")]))) == amount


def test_each_component_is_judged_by_all_terms_alone() -> None:
    # a and b follow each other with 3 minutes each: neither is long enough, though together they were 6
    short = [down(JUNE, 3 * MINUTE, "1", component="a"), down(JUNE + 3 * MINUTE, 3 * MINUTE, "2", component="b")]
    assert told(judged(contract(f"{FOUR}, minimum: 5m"), short)) == [("1", "too_short", 3), ("2", "too_short", 3)]
    both = [down(JUNE, 20 * MINUTE, "1", component="a"), down(JUNE, 20 * MINUTE, "2", component="b")]
    # whole quarters of each: (15 + 15) / 4
    assert minutes(judged(contract(f"{FOUR}, unit: 15m"), both)) == [Decimal("7.5")]
    # each outage is rounded up to half an hour, (30 + 30) / 4; or else the month once, 40 / 4 = 10
    assert minutes(judged(contract(f"{FOUR}, rounded: {{outage: {{to: 30m, how: up}}}}"), both)) == [15]
    assert minutes(judged(contract(f"{FOUR}, rounded: {{downtime: {{to: 30m, how: up}}}}"), both)) == [30]


def test_gaps_join_outages_of_one_component() -> None:
    # a's two outages are one of 8 minutes, with a gap of 4 minutes; b's is its own, and too short
    outages = [
        down(JUNE, 4 * MINUTE, "1", component="a"),
        down(JUNE + 5 * MINUTE, 4 * MINUTE, "2", component="b"),
        down(JUNE + 8 * MINUTE, 4 * MINUTE, "3", component="a"),
    ]
    review = judged(contract(f"{FOUR}, join_gaps: 5m, minimum: 8m"), outages)
    assert told(review) == [("1", "counted", 4), ("2", "too_short", 4), ("3", "counted", 4)]


def test_a_mean_that_is_not_rounded_stands_beside_one_that_is() -> None:
    # half a microsecond of downtime is none of it rounded down for another guarantee's sake
    other = (
        "  - {id: r, metric: availability, target: 1, window: 1mo, rounded: {downtime: {to: 1m, how: up}}, clause: c}"
    )
    mean = contract("target: 100, combine: mean, components: [a, b]", other)
    review = judged(mean, [down(JUNE, MICROSECOND, component="a")])
    assert review.availability.select("guarantee", "met").rows() == [("uptime", False), ("r", True)]


def test_maintenance_of_one_component_takes_out_its_part() -> None:
    # an hour of all four, a being maintained: 3 x 60 / 4, and the agreed time is whole
    terms = f"{FOUR}, exclude: {{maintenance: [scheduled]}}, denominator: less_maintenance"
    policy = contract(terms, "maintenance: [{kind: scheduled, clause: m}]")
    review = judged(policy, [down(JUNE, HOUR, "all")], maintenance=[work(JUNE, HOUR, component="a")])
    assert minutes(review) == [45]
    assert (told(review), review.availability["agreed_seconds"].to_list()) == ([("all", "counted", 60)], [720 * 3600])
    # all of them being maintained, nothing counts, and the agreed time is an hour shorter
    review = judged(policy, [down(JUNE, HOUR, "all")], maintenance=[work(JUNE, HOUR)])
    assert minutes(review) == [0]
    assert review.availability["agreed_seconds"].to_list() == [719 * 3600]


def test_each_component_has_an_allowance_of_its_own() -> None:
    # a is worked on from 0 to 1 and b from 1 to 2 o'clock, with an hour allowed: of each as if it were alone
    works = [work(JUNE, HOUR, component="a"), work(JUNE + HOUR, HOUR, name="n", component="b")]
    outages = [down(JUNE, HOUR, "1", component="a"), down(JUNE + HOUR, HOUR, "2", component="b")]
    allowed = "maintenance: [{kind: scheduled, allowance: {at_most: 1h}, clause: m}]"
    policy = contract(f"{FOUR}, exclude: {{maintenance: [scheduled]}}", allowed)
    assert minutes(judged(policy, outages, maintenance=works)) == [0]


PAID_FOR = contract("target: 99.9, combine: mean")


def test_components_are_those_that_are_paid_for_where_none_is_named() -> None:
    outages = [down(JUNE, HOUR, "1", component="a"), down(JUNE, HOUR, "2", component="elsewhere")]
    fees = holder(component_fees='{"a": 100, "b": 200, "c": 300}')
    review = judged(PAID_FOR, outages, subscriptions=[fees])
    assert minutes(review) == [20]
    assert told(review) == [("1", "counted", 60), ("2", "other_component", 60)]
    said = "Downtime is the mean over 3 components (a, b, c), each judged by itself (c)."
    assert said in str(explain(review, "s", "2026-06"))


@pytest.mark.parametrize("fees", [None, "{}"])
def test_without_a_fee_nobody_knows_over_what_the_mean_is(fees: str | None) -> None:
    with pytest.raises(InputError) as seen:
        judged(PAID_FOR, subscriptions=[holder(component_fees=fees)])
    wrong = "uptime is a mean over the components that have a fee, and there are none"
    remedy = "give the fee of each, or name the components in the contract"
    assert [str(one) for one in seen.value.problems] == [f"subscriptions s component_fees: {wrong}; {remedy}"]


@pytest.mark.parametrize(("policy", "fees"), [(PAID_FOR, '{"a-1": 100}'), (ONE, None)])
def test_the_mean_of_one_component_is_that_one(policy: Policy, fees: str | None) -> None:
    outages = [down(JUNE, HOUR, "1", component="A 1"), down(JUNE, 2 * HOUR, "2", component="elsewhere")]
    review = judged(policy, outages, subscriptions=[holder(component_fees=fees)])
    assert minutes(review) == [60]
    assert sorted(told(review)) == [("1", "counted", 60), ("2", "other_component", 120)]
    assert "mean over" not in str(explain(review, "s", "2026-06"))


def test_components_that_change_are_refused() -> None:
    rows = [
        holder(component_fees='{"a": 100, "b": 200}', ends=JUNE),
        holder(component_fees='{"a": 100, "c": 200}', starts=JUNE, ends=JUNE + 365 * DAY),
    ]
    with pytest.raises(InputError, match="uptime is a mean over the components that have a fee, and these change"):
        judged(PAID_FOR, subscriptions=rows)
    named = contract("target: 99.9, combine: mean, components: [a, b]")
    assert minutes(judged(named, [down(JUNE, HOUR, component="a")], subscriptions=rows)) == [30]


@pytest.mark.parametrize(("after", "hours"), [("incident_start", 0), ("incident_end", 4)])
def test_outages_of_components_that_overlap_are_one_where_a_claim_runs_from_it(after: str, hours: int) -> None:
    outages = [down(JUNE, 2 * HOUR, "1", component="a"), down(JUNE + HOUR, 3 * HOUR, "2", component="b")]
    claims = f"claims: {{within: 48h, after: {after}}}"
    review = judged(contract(f"{FOUR}, credit: {{flat: 1%, clause: c}}", claims), outages)
    assert review.claims["deadline"].to_list() == [JUNE + (hours + 48) * HOUR]


def test_a_curve_is_drawn_for_an_outage_of_all_components() -> None:
    owed = f"{FOUR}, credit: {{bands: [{{below: 99.9, credit: 5%}}], clause: c}}"
    mean, union = (credit_curve(contract(terms).terms()) for terms in (owed, owed.replace("mean", "union")))
    assert mean.equals(union)


REFUSED = {
    "target: 99, combine: mean, components: [a, b], at_once: 2": (
        "a mean judges each component by itself, and none is down at once with others; drop at_once"
    ),
    "target: 99, combine: mean, weigh: affected": "a mean weighs every component alike; drop weigh, or combine",
    "target: 99, combine: mean, denominator: less_maintenance": (
        "only maintenance of all components shortens the agreed time of a mean; name them, or drop denominator"
    ),
    **dict.fromkeys(
        (
            "metric: downtime, within: 1h, combine: mean",
            "metric: incidents, at_most: 1, combine: mean",
            "metric: replacement, within: 1h, window: incident, combine: mean",
            "target: 99, measured: {by: ratio}, combine: mean",
        ),
        "only an availability by recorded outages is a mean over components; drop combine",
    ),
}


@pytest.mark.parametrize(("terms", "wrong"), REFUSED.items(), ids=list(REFUSED))
def test_what_no_mean_can_be_is_refused(terms: str, wrong: str) -> None:
    with pytest.raises(InputError) as seen:
        contract(terms)
    assert [str(one).split(": ", 1)[1] for one in seen.value.problems] == [wrong]


OF_A_WINDOW = "a mean over components is of a window, not of one incident or day"


@pytest.mark.parametrize(
    ("credit", "wrong"),
    [
        ("flat: 1%, per: incident", f"{OF_A_WINDOW} (uptime); write per: window"),
        ("flat: 1%, per: day", f"{OF_A_WINDOW} (uptime); write per: window"),
        ("bands: [{outage: {above: 1h}, credit: 1%}]", f"{OF_A_WINDOW} (uptime); write per: window"),
        (
            "flat: 1%, when: {incidents: 1}",
            "a mean over components has no single outages (uptime); write downtime, or a level",
        ),
    ],
)
def test_a_mean_has_no_single_incidents(credit: str, wrong: str) -> None:
    with pytest.raises(InputError) as seen:
        contract(f"{FOUR}, credit: {{{credit}, clause: c}}")
    assert f"small.yaml:8 guarantees.uptime.credit: {wrong}" in map(str, seen.value.problems)
