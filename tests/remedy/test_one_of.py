"""Several remedies for the same windows, of which one is paid."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
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

ONE_OF = """
format: 1
id: small
provider: P
service: S
source: {title: t, language: en, retrieved: 2026-01-01}
currency: EUR
time_zone: UTC
guarantees:
  - {id: a, metric: availability, target: 99.9, window: 1mo, clause: "1",
     credit: {bands: [{below: 99.9, credit: 10%}], clause: "1"}}
  - {id: b, metric: availability, target: 99.5, window: 1mo, clause: "2", name: Restoration,
     credit: {multiple: 20, clause: "2"}}
one_of:
  - {id: either, remedies: [a, b], clause: "3"}
"""


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
    small = ("{multiple: 20,", "{multiple: 20, minimum: {at_least: 20%, otherwise: nothing},")
    assert paid(reviewed(outages, small)) == [("a", 100, None), ("b", 0, None)]
    raised = ("{multiple: 20,", "{multiple: 20, minimum: {at_least: 20%, otherwise: raised},")
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
            ("{multiple: 20,", "{multiple: 20, minimum: {at_least: 20%, otherwise: carried},"),
            "b: what is carried on would be paid later, beside what is paid in its place; "
            "write otherwise: nothing, or raised",
        ),
        (
            ("{multiple: 20,", "{multiple: 20, earn_back: {windows: 2},"),
            "b: what is given back later would change which of them is the largest; "
            "remove earn_back, or let it be paid by itself",
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


def test_credits_for_single_incidents_are_not_compared() -> None:
    text = ONE_OF.replace(
        "metric: availability, target: 99.9, window: 1mo", "metric: downtime, within: 1h, window: incident"
    )
    text = text.replace(
        "metric: availability, target: 99.5, window: 1mo", "metric: downtime, within: 2h, window: incident"
    )
    text = text.replace("bands: [{below: 99.9, credit: 10%}]", "flat: 10%").replace("multiple: 20", "flat: 20%")
    with pytest.raises(InputError, match="credits for single incidents are not compared; judge windows"):
        parse_policy(text)
