"""What limits a credit, in which order, and which cap is named."""

from __future__ import annotations

from decimal import Decimal

import pytest
from small_contracts import DAY, HOUR, Row, amounts, at, contract, contract_of, down, holder, judged, owed

from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.problems import InputError

NOON = at("2026-06-10T12:00")


def capped(caps: str, schedule: str = "flat: 60%", window: str = "1mo") -> Policy:
    return contract(f"target: 99.9, window: {window}, credit: {{{schedule}, caps: [{caps}], clause: c}}")


def months(*names: str) -> list[Row]:
    return [down(at(f"{name}-10"), 10 * HOUR, name) for name in names]


def named(review: Review) -> list[tuple[Decimal, str | None]]:
    return review.credits.select("amount", "cap").rows()


def claim(window: str, amount: str | None, **known: object) -> Row:
    row = {"subscription": "s", "remedy": "uptime", "window_start": at(window), "claimed": at("2026-01-02")}
    return {**row, "amount": amount, **known}


def test_a_cap_that_does_not_bite_is_not_named() -> None:
    caps = "{per: window, at_most: 60%}, {per: term, at_most: 100%}"
    assert named(judged(capped(caps), months("2026-06"))) == [(600, None)]


def test_a_cap_per_window() -> None:
    review = judged(capped("{per: window, at_most: 50%}"), months("2026-05", "2026-06"), "2026-05/2026-06")
    assert named(review) == [(500, "window"), (500, "window")]
    assert review.credits["credit_percent"].to_list() == [60, 60]


def test_a_cap_per_incident_acts_before_incidents_are_summed() -> None:
    schedule = "accrual: {credit: 10%, per: 1h, count: started}, per: incident"
    rows = [down(NOON, 3 * HOUR, "a"), down(NOON + DAY, 9 * HOUR, "b")]
    review = judged(capped("{per: incident, at_most: 50%}", schedule), rows)
    assert named(review) == [(300 + 500, "incident")]
    both = judged(capped("{per: incident, at_most: 50%}, {per: window, at_most: 70%}", schedule), rows)
    assert named(both) == [(700, "window")]


def test_a_cap_per_term_is_net_of_what_was_paid_before() -> None:
    rows = months("2026-04", "2026-05", "2026-06")
    review = judged(capped("{per: term, at_most: 100%}"), rows, "2026-04/2026-06")
    assert named(review) == [(600, None), (400, "term"), (0, "term")]


def test_windows_that_earn_nothing_use_up_nothing() -> None:
    rows = months("2026-02", "2026-06")
    review = judged(capped("{per: term, at_most: 100%}"), rows, "2026-02/2026-06")
    assert amounts(review) == [600, 0, 0, 0, 400]


def test_a_cap_per_rolling_twelve_months_forgets_what_is_older() -> None:
    rows = [
        down(at(f"{year}-{month:02d}-10"), 10 * HOUR, f"{year}-{month}")
        for year, month in ((2025, 6), (2025, 7), (2026, 5), (2026, 6), (2026, 7))
    ]
    review = judged(capped("{per: rolling_12mo, at_most: 100%}"), rows, "2025-06/2026-07")
    paid = {
        f"{row['window_start']:%Y-%m}": row["amount"] for row in review.credits.iter_rows(named=True) if row["amount"]
    }
    # June 2026 looks back to July 2025: 400 of 1000 were paid. July 2026 looks back to August 2025.
    assert paid == {"2025-06": 600, "2025-07": 400, "2026-06": 600, "2026-07": 400}


def test_claims_made_for_windows_outside_the_assessment_count_against_the_caps() -> None:
    policy = capped("{per: term, at_most: 100%}")
    made = [claim("2025-03-01", "150.50"), claim("2026-03-01", "300")]
    assert named(judged(policy, months("2026-06"), claims_made=made)) == [(Decimal("549.50"), "term")]


def test_claims_made_for_a_window_that_is_judged_are_not_taken_off_twice() -> None:
    policy = capped("{per: term, at_most: 100%}")
    made = [claim("2026-06-01", "600", claimed=at("2026-07-02"))]
    assert named(judged(policy, months("2026-06"), claims_made=made)) == [(600, None)]
    inside = [claim("2026-06-17T12:34", "600", claimed=at("2026-07-02"))]
    assert named(judged(policy, months("2026-06"), claims_made=inside)) == [(600, None)]


def test_claims_made_later_than_the_assessment_are_not_known_yet() -> None:
    policy = capped("{per: term, at_most: 100%}")
    made = [claim("2025-03-01", "900", claimed=at("2026-07-02"))]
    assert amounts(judged(policy, months("2026-06"), as_of="2026-07-01", claims_made=made)) == [600]
    assert amounts(judged(policy, months("2026-06"), as_of="2026-07-02", claims_made=made)) == [100]


def test_a_claim_without_an_amount_takes_nothing_off_and_that_is_said() -> None:
    review = judged(capped("{per: term, at_most: 100%}"), months("2026-06"), claims_made=[claim("2025-03-01", None)])
    assert named(review) == [(600, None)]
    assert ("s", "claims_made uptime amount", "0") in review.assumptions.select("subject", "term", "value").rows()


def test_claims_of_another_remedy_are_another_purse() -> None:
    policy = contract_of(
        "guarantees:\n"
        "  - {id: uptime, metric: availability, target: 99.9, window: 1mo, clause: c, "
        "credit: {flat: 60%, caps: [{per: term, at_most: 100%}], clause: c}}\n"
        "remedies: [{id: other, for: [uptime], credit: {flat: 1%, clause: c}}]"
    )
    made = [claim("2025-03-01", "900", remedy="other")]
    assert amounts(judged(policy, months("2026-06"), claims_made=made)) == [600, 10]


def test_more_claimed_than_allowed_leaves_nothing_and_never_less() -> None:
    made = [claim("2025-03-01", "5000")]
    assert named(judged(capped("{per: term, at_most: 100%}"), months("2026-06"), claims_made=made)) == [(0, "term")]


def test_a_cap_has_a_basis_of_its_own() -> None:
    caps = "{per: window, at_most: 1%, of: annual_fee}"
    assert named(judged(capped(caps), months("2026-06"))) == [(120, "window")]


def test_a_cap_may_be_money() -> None:
    review = judged(capped("{per: term, at_most: 750.25 EUR}"), months("2026-05", "2026-06"), "2026-05/2026-06")
    assert named(review) == [(600, None), (Decimal("150.25"), "term")]


def test_a_cap_is_rounded_like_an_amount() -> None:
    policy = capped("{per: term, at_most: 1/3}", "flat: 1/6")
    rows = months("2026-04", "2026-05", "2026-06")
    review = judged(policy, rows, "2026-04/2026-06", subscriptions=[holder(fee="1")])
    assert named(review) == [(Decimal("0.17"), None), (Decimal("0.16"), "term"), (0, "term")]


def test_caps_act_from_the_incident_to_the_term_in_whatever_order_they_are_written() -> None:
    caps = ["{per: term, at_most: 70%}", "{per: window, at_most: 50%}", "{per: rolling_12mo, at_most: 60%}"]
    rows = months("2026-05", "2026-06")
    seen = [named(judged(capped(", ".join(order)), rows, "2026-05/2026-06")) for order in (caps, caps[::-1])]
    assert seen[0] == seen[1] == [(500, "window"), (100, "rolling_12mo")]


def test_a_remedy_and_its_schedules_may_both_have_caps() -> None:
    policy = contract_of(
        "guarantees: [{id: uptime, metric: availability, target: 99.9, window: 1mo, clause: c}]\n"
        "remedies: [{id: r, for: [uptime], credit: {flat: 60%, caps: [{per: window, at_most: 50%}], clause: c}, "
        "caps: [{per: term, at_most: 80%}]}]"
    )
    review = judged(policy, months("2026-05", "2026-06"), "2026-05/2026-06")
    assert named(review) == [(500, "window"), (300, "term")]


def test_a_cap_on_one_of_several_schedules_is_refused() -> None:
    with pytest.raises(InputError, match="a cap on one of several schedules; write the cap on the remedy"):
        contract_of(
            "guarantees: [{id: uptime, metric: availability, target: 99.9, window: 1mo, clause: c}]\n"
            "remedies: [{id: r, for: [uptime], credit: [{flat: 60%, caps: [{per: window, at_most: 10%}], clause: c}, "
            "{flat: 20%, clause: c}]}]"
        )


def test_subscriptions_have_caps_of_their_own() -> None:
    held = [holder(subscription=name) for name in ("a", "b")]
    rows = [{**down(NOON, HOUR, name), "subscription": name} for name in ("a", "b")]
    assert amounts(judged(capped("{per: term, at_most: 70%}"), rows, subscriptions=held)) == [600, 600]


def test_a_claim_of_an_unknown_remedy_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError) as refused:
        judged(capped(""), claims_made=[claim("2025-03-01", "1", remedy="uptme")])
    assert str(refused.value) == (
        "memory: 1 problem\n"
        "  claims_made row 2 remedy = uptme: not a remedy of the policy; did you mean uptime? there are uptime"
    )


def test_klikk_pays_thirty_thirtieths_and_no_more() -> None:
    rows = [
        {
            **down(at(f"2026-{month:02d}-10", "Europe/Oslo"), HOUR, f"{part}{month}"),
            "component": part,
            "reported": at(f"2026-{month:02d}-10", "Europe/Oslo"),
        }
        for month in range(1, 10)
        for part in ("network", "hardware", "infrastructure", "connectivity")
    ]
    held = [holder("klikk", fee="3000", currency="NOK", tier="gold")]
    review = judged("klikk", rows, "2026-01/2026-09", reading={"rebate": "per_component"}, subscriptions=held)
    paid = review.credits.filter(review.credits["remedy"] == "iaas")
    assert paid["amount"].to_list() == [400] * 7 + [200, 0]
    assert paid["cap"].to_list() == [None] * 7 + ["term"] * 2
    assert owed(review) == 3000


def test_an_incident_belongs_to_the_month_in_which_it_starts() -> None:
    # 4 h in June are 400; 3 h over the end of June are 300, of which June's 500 leave 100; 4 h in July are 400 again
    terms = "metric: downtime, within: 1h, window: incident, credit: {clause: c, "
    terms += "accrual: {credit: 10%, per: 1h, count: started}, caps: [{per: 1mo, at_most: 50%}]}"
    rows = [
        down(NOON, 4 * HOUR, "a"),
        down(at("2026-06-30T22:00"), 3 * HOUR, "b"),
        down(NOON + 30 * DAY, 4 * HOUR, "c"),
    ]
    found = [(400, None), (100, "1mo"), (400, None)]
    assert named(judged(contract(terms), rows, "2026-06/2026-07")) == found
    # the incident over the end ends in July, with which it is assessed; what June paid then is a claim made
    made = [claim("2026-06-10T12:00", "400", remedy="uptime")]
    assert named(judged(contract(terms), rows[1:], "2026-07", claims_made=made)) == found[1:]


@pytest.mark.parametrize("window", ["1mo", "1q"])
def test_days_before_an_incident_are_refused_where_a_window_is_judged(window: str) -> None:
    caps, schedule = "{per: incident, at_most: 100%, of: {last: 30d}}", "multiple: 50, per: incident"
    with pytest.raises(InputError, match="the last 30d would be those before the calendar") as refused:
        capped(caps, schedule, window)
    assert "judge each by itself, window: incident, or write months" in str(refused.value)
    assert capped(caps.replace("30d", "1mo"), schedule, window)
    assert capped(caps.replace("incident", "window"), schedule, window)
