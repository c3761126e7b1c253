"""Several remedies for the same windows, of which one is paid."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from random_cases import case_of
from random_policies import CAUSES, COMPONENTS, Tree
from second_calculation import compared
from small_contracts import HOUR, MINUTE, Row, at, down, judged

from slakit.analysis.assumptions import assumptions_in_words
from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.comparison.dominance import cases_in_contest, credits_by_length
from slakit.comparison.iso19086 import terms_table
from slakit.policy.card import policy_card
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy
from slakit.policy.mechanics import mechanics_of
from slakit.problems import InputError
from slakit.show.tables.review import show_credits

CONTRACT = """
format: 1
id: small
provider: P
service: S
source: {title: t, language: en, retrieved: 2026-01-01}
currency: EUR
time_zone: UTC
one_of:
  - {id: either, remedies: [a, b], clause: "3"}
"""
ONE_OF = (
    CONTRACT
    + """
guarantees:
  - {id: a, metric: availability, target: 99.9, window: 1mo, clause: "1",
     credit: {bands: [{below: 99.9, credit: 10%}], clause: "1"}}
  - {id: b, metric: availability, target: 99.5, window: 1mo, clause: "2", name: Restoration,
     credit: {multiple: 20, clause: "2"}}
"""
)


def policy_of(*changes: tuple[str, str]) -> Policy:
    text = ONE_OF
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    return parse_policy(text)


def reviewed(outages: list[Row], *changes: tuple[str, str], period: str = "2026-06") -> Review:
    return judged(policy_of(*changes), outages, period, as_of="2026-12-01")


def paid(review: Review) -> list[tuple[str, Decimal, str | None]]:
    return review.credits.select("remedy", "amount", "instead").rows()


def test_of_several_remedies_only_the_largest_is_paid() -> None:
    # of 720 hours 4 are 0.56 %: 100 by the bands, and 20 x 1000 x 4/720 = 111.11 by the time lost
    review = reviewed([down(at("2026-06-10"), 4 * HOUR)])
    assert paid(review) == [("a", 0, "b"), ("b", Decimal("111.11"), None)]
    assert review.claims["remedy"].to_list() == ["b"]
    assert review.owed == {"EUR": Decimal("111.11")}
    # an hour misses 99.9 % only
    assert paid(reviewed([down(at("2026-06-10"), HOUR)])) == [("a", 100, None), ("b", 0, None)]


def test_of_equal_remedies_the_first_written_is_paid() -> None:
    # 3 h 36 min are 0.5 %, and 20 x 1000 x 0.5 % are 100, as the bands pay
    at_half = [down(at("2026-06-10"), 3 * HOUR + 36 * MINUTE)]
    equal = ("target: 99.5", "target: 99.9")
    assert paid(reviewed(at_half, equal)) == [("a", 100, None), ("b", 0, "a")]
    assert paid(reviewed(at_half, equal, ("[a, b]", "[b, a]"))) == [("a", 0, "b"), ("b", 100, None)]


def test_each_window_is_decided_by_itself_and_what_is_not_paid_uses_up_no_cap() -> None:
    # a: 100 a month, at most 150 over the term; June pays b, so July still has all 150 of a, August only 50
    capped = ('clause: "1"}}', 'clause: "1", caps: [{per: term, at_most: 15%}]}}')
    outages = [
        down(at("2026-06-10"), 4 * HOUR, "june"),
        down(at("2026-07-10"), HOUR, "july"),
        down(at("2026-08-10"), HOUR, "august"),
    ]
    review = reviewed(outages, capped, period="2026-06/2026-08")
    of_a = review.credits.filter(remedy="a")
    assert of_a.select("amount", "instead", "cap").rows() == [(0, "b", None), (100, None, None), (50, None, "term")]


def test_compared_are_credits_after_their_own_caps_and_minimum() -> None:
    outages = [down(at("2026-06-10"), 4 * HOUR)]
    capped = ("{multiple: 20,", "{multiple: 20, caps: [{per: window, at_most: 5%}],")
    assert paid(reviewed(outages, capped)) == [("a", 100, None), ("b", 0, "a")]
    small = ("{multiple: 20,", "{multiple: 20, minimum: {from: 20%, otherwise: nothing},")
    assert paid(reviewed(outages, small)) == [("a", 100, None), ("b", 0, None)]
    raised = ("{multiple: 20,", "{multiple: 20, minimum: {from: 20%, otherwise: raised},")
    assert paid(reviewed(outages, raised)) == [("a", 0, "b"), ("b", 200, None)]


def test_a_remedy_that_the_tier_does_not_have_is_no_candidate() -> None:
    tiers = ("currency: EUR", "currency: EUR\ntiers: [basic, best]")
    terms = policy_of(tiers, ("name: Restoration", "name: Restoration, tiers: [best]"))
    assert terms.terms(tier="basic").one_of == []
    assert [choice.id for choice in terms.terms(tier="best").one_of] == ["either"]


def test_the_choice_of_the_customer_is_computed_as_the_largest_and_said() -> None:
    review = reviewed([down(at("2026-06-10"), 4 * HOUR)], ('clause: "3"', 'select: choice, clause: "3"'))
    assert paid(review) == [("a", 0, "b"), ("b", Decimal("111.11"), None)]
    because = "The customer chooses one of these credits; the largest of each window is taken"
    assert ("P", "Credit chosen of a, Restoration", "largest", because) in assumptions_in_words(review).rows()


def test_the_choice_is_told_on_card_and_in_explanations_and_in_tables() -> None:
    review = reviewed([down(at("2026-06-10"), 4 * HOUR)])
    said = "Not paid: of these credits only one is (3), and that for Restoration is the larger."
    assert said in str(explain(review, "s", "2026-06"))
    card = {entry.term: (entry.value, entry.clause) for entry in policy_card(policy_of())}
    assert card["one of either"] == ("only one is paid of A, Restoration: the largest", "3")
    assert "one_of" in mechanics_of(policy_of())
    page = show_credits(review).as_raw_html()
    assert "Paid instead" in page
    assert "Restoration" in page


def test_comparisons_count_the_largest_of_them_once() -> None:
    # a day of the 30 of a month: 20 x 1000 / 30 = 666.67 by the time lost, beside the 100 of the bands
    groups = cases_in_contest(policy_of().terms(), Decimal(1000))
    day = 24 * 3600 * 10**6
    table = terms_table({"small": policy_of().terms()}, Decimal(1000)).filter(code="credit_schedule")
    assert table["value"].item().endswith("only one is paid of A, Restoration: the largest")
    assert credits_by_length(groups, [day]) == {day: round(Fraction(2000, 3) * 10**20)}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("[a, b]", "[a, c]"), "one_of.either.remedies[1] = c: no such remedy; there are a, b"),
        (("[a, b]", "[a, a]"), "a: stands in one_of already; name each remedy once"),
        (
            ('window: 1mo, clause: "2"', 'window: 1q, clause: "2"'),
            "windows that do not compare: 1mo (a) and 1q (b); judge them over the same windows",
        ),
        (
            ("{multiple: 20,", "{multiple: 20, minimum: {from: 20%, otherwise: carried},"),
            "b: what is carried on would be paid later, beside what is paid in its place; "
            "write otherwise: nothing, or raised",
        ),
        (
            ('clause: "3"}', 'clause: "3"}\n  - {id: either, remedies: [a, b]}'),
            "either: named twice; give each its own id",
        ),
    ],
)
def test_what_does_not_compare_is_refused(change: tuple[str, str], says: str) -> None:
    with pytest.raises(InputError) as refusal:
        policy_of(change)
    assert says in str(refusal.value)


INCIDENTS = (
    CONTRACT
    + """
guarantees:
  - {id: a, metric: downtime, within: 1h, window: incident, clause: "1", credit: {flat: 5%, clause: "1"}}
  - {id: b, metric: downtime, within: 2h, window: incident, components: [server], clause: "2",
     credit: {accrual: {credit: 2%, per: 1h, after: 2h, count: started}, clause: "2"}}
"""
)


def paid_for_incidents(
    outages: list[Row], *changes: tuple[str, str], period: str = "2026-06"
) -> list[tuple[str, str, Decimal, str | None]]:
    """Remedy, start, amount and the remedy paid instead; in the order of time."""
    text = INCIDENTS
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    review = judged(parse_policy(text), outages, period, as_of="2026-12-01")
    assert sum(review.credits["amount"]) == sum(review.owed.values())
    rows = review.credits.select("remedy", "window_start", "amount", "instead").sort("window_start", "remedy").rows()
    return [(remedy, f"{start:%d %H:%M}", amount, instead) for remedy, start, amount, instead in rows]


def test_of_remedies_for_one_incident_only_the_largest_is_paid() -> None:
    # a: 50 for more than 1 h; b: 20 for each hour after 2 h. 3 h: 50 and 20; 6 h: 50 and 80; the network is a's alone
    outages = [
        down(at("2026-06-10"), 3 * HOUR, "short"),
        down(at("2026-06-15"), 6 * HOUR, "long", component="server"),
        down(at("2026-06-20"), 6 * HOUR, "other", component="network"),
    ]
    assert paid_for_incidents(outages) == [
        ("a", "10 00:00", 50, None), ("b", "10 00:00", 0, "a"), ("a", "15 00:00", 0, "b"), ("b", "15 00:00", 80, None),
        ("a", "20 00:00", 50, None),
    ]  # fmt: skip


def test_incidents_that_share_an_outage_are_one_and_the_sums_of_remedies_are_compared() -> None:
    # from 00:00 to 11:00 a sees one incident: 50. The server is down twice in it, 3 h each: b owes 20 twice
    outages = [
        down(at("2026-06-10"), 3 * HOUR, "first", component="server"),
        down(at("2026-06-10T02:00"), 7 * HOUR, "between", component="network"),
        down(at("2026-06-10T08:00"), 3 * HOUR, "second", component="server"),
    ]
    both = [("a", "10 00:00", 50, None), ("b", "10 00:00", 0, "a"), ("b", "10 08:00", 0, "a")]
    assert paid_for_incidents(outages) == both
    dear = [("a", "10 00:00", 0, "b"), ("b", "10 00:00", 30, None), ("b", "10 08:00", 30, None)]
    assert paid_for_incidents(outages, ("credit: 2%", "credit: 3%")) == dear
    # a minute less of the network: the second outage of the server is an incident of its own
    outages[1] = down(at("2026-06-10T02:00"), 6 * HOUR - MINUTE, "between", component="network")
    assert paid_for_incidents(outages) == [
        ("a", "10 00:00", 50, None), ("b", "10 00:00", 0, "a"), ("a", "10 08:00", 50, None), ("b", "10 08:00", 0, "a"),
    ]  # fmt: skip


def test_what_is_not_paid_for_an_incident_uses_up_no_cap() -> None:
    # a: at most 70 a month; what b takes the place of leaves all of it
    capped = ("flat: 5%, ", 'flat: 5%, caps: [{per: 1mo, at_most: 7%, clause: "1"}], ')
    outages = [
        down(at("2026-06-10"), 6 * HOUR, "long"),
        down(at("2026-06-12"), 3 * HOUR, "short"),
        down(at("2026-06-14"), 3 * HOUR, "shorter"),
    ]
    # on the 14th 20 of the 70 are left, as much as b: of equal ones the first
    assert paid_for_incidents(outages, capped) == [
        ("a", "10 00:00", 0, "b"), ("b", "10 00:00", 80, None), ("a", "12 00:00", 50, None), ("b", "12 00:00", 0, "a"),
        ("a", "14 00:00", 20, None), ("b", "14 00:00", 0, "a"),
    ]  # fmt: skip


def test_the_choice_for_an_incident_is_told() -> None:
    text = INCIDENTS.replace('clause: "3"', 'select: choice, clause: "3"')
    review = judged(parse_policy(text), [down(at("2026-06-10"), 6 * HOUR)], "2026-06", as_of="2026-12-01")
    because = "The customer chooses one of these credits; the largest of each incident is taken"
    assert ("P", "Credit chosen of a, b", "largest", because) in assumptions_in_words(review).rows()
    assert "Not paid: of these credits only one is (3), and that for b is the larger." in str(
        explain(review, "s", "2026-06")
    )
    assert review.claims.select("remedy", "amount").rows() == [("b", 80)]


def test_credits_for_incidents_and_for_windows_do_not_compare() -> None:
    text = INCIDENTS.replace("within: 1h, window: incident", "within: 1h, window: 1mo")
    says = r"windows that do not compare: 1mo \(a\) and incident \(b\); judge them over the same windows"
    with pytest.raises(InputError, match=says):
        parse_policy(text)


def random_choice(rng: Random) -> Tree:
    """A contract of two or three remedies for single incidents, of which one is paid."""
    guarantees = []
    names = ["a", "b", "c"][: rng.choice((2, 2, 3))]
    for name in names:
        count = rng.choice(("started", "complete", "exact"))
        after = rng.choice(("30m", "1h", "2h"))
        by_length = [{"outage": "1h", "credit": "3%"}, {"outage": "4h", "credit": "9%"}]
        accrual = {"credit": "2%", "per": "1h", "count": count, "after": after}
        rate = rng.choice(({"flat": rng.choice(("5%", "8%", "50 EUR"))}, {"accrual": accrual}, {"bands": by_length}))
        credit: Tree = {**rate, "clause": "c"}
        if rng.random() < 0.5:
            per = rng.choice(("incident", "1mo", "term", "rolling_12mo"))
            credit["caps"] = [{"per": per, "at_most": rng.choice(("4%", "7%", "12%")), "clause": "c"}]
        if rng.random() < 0.2:
            credit["minimum"] = {"from": "4%", "otherwise": rng.choice(("nothing", "raised"))}
        guarantee: Tree = {"id": name, "metric": "downtime", "within": rng.choice(("30m", "1h", "2h", "4h"))}
        guarantee |= {"window": "incident", "clause": "c", "credit": credit}
        if rng.random() < 0.6:
            guarantee["components"] = rng.sample(COMPONENTS, rng.choice((1, 2)))
        if rng.random() < 0.3:
            guarantee["join_gaps"] = rng.choice(("5m", "1h", "6h"))
        if rng.random() < 0.2:
            guarantee["exclude"] = {"causes": [rng.choice(CAUSES)]}
        guarantees.append(guarantee)
    head = {"format": 1, "id": "p", "provider": "P", "service": "S", "currency": "EUR", "time_zone": "Europe/Oslo"}
    source = {"title": "t", "language": "en", "retrieved": "2026-01-01"}
    choice = {"id": "either", "remedies": rng.sample(names, len(names)), "select": rng.choice(("largest", "choice"))}
    return {**head, "source": source, "guarantees": guarantees, "one_of": [choice]}


@pytest.mark.parametrize("seed", range(12))
def test_the_engine_and_the_reference_agree(seed: int) -> None:
    rng = Random(f"incidents {seed}")
    result = compared(case_of(rng, {"p": random_choice(rng)}, subscriptions=3))
    assert not result.refused
    assert not result.different, result.told()
