"""Where the rules leave two readings of a term: the one that holds, each with its figure."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from small_contracts import (
    DAY,
    HOUR,
    SECOND,
    Row,
    amounts,
    at,
    contract,
    contract_of,
    down,
    downtimes,
    holder,
    judged,
    owed,
    seconds_by_verdict,
)

from slakit.problems import InputError

MAY, JUNE, JULY = at("2026-05-10"), at("2026-06-10"), at("2026-07-10")


def refused(guarantee: str, rest: str = "", *, because: str) -> None:
    with pytest.raises(InputError, match=because):
        contract(guarantee, rest)


def value(measured: object, known: str) -> Row:
    return {"subscription": "s", "guarantee": "uptime", "measured": measured, "value": known}


# ------------------------------------------------------------------------------------------- windows before the period


@pytest.mark.parametrize("band", ["streak: 2", "misses: {from: 2, of: 3}"])
def test_what_is_missed_in_a_row_does_not_depend_on_the_period_that_is_asked_for(band: str) -> None:
    policy = contract(f"target: 99.9, credit: {{bands: [{{{band}, credit: 10%}}], clause: c}}")
    rows = [down(MAY, DAY, "may"), down(JUNE, DAY, "june")]
    assert amounts(judged(policy, rows)) == [100]
    assert amounts(judged(policy, rows, "2026-05/2026-06")) == [0, 100]
    begun = judged(policy, rows, subscriptions=[holder(starts=at("2026-06-01"))])
    assert amounts(begun) == [0]


def test_a_month_without_a_verdict_ends_a_row_of_misses() -> None:
    policy = contract(
        "metric: figure, at_most: 50, measured: {by: last}, credit: {bands: [{streak: 2, credit: 10%}], clause: c}"
    )
    rows = [value(MAY, "60"), value(JULY, "60")]
    assert owed(judged(policy, period="2026-05/2026-07", measurements=rows)) == 0
    assert owed(judged(policy, period="2026-05/2026-07", measurements=[*rows, value(JUNE, "60")])) == 200


def test_a_credit_is_not_given_back_after_a_window_that_nobody_measured() -> None:
    back = "earn_back: {windows: 1}"
    policy = contract(
        f"metric: figure, at_most: 50, measured: {{by: last}}, window: 1d, credit: {{flat: 10%, {back}, clause: c}}"
    )
    missed, good = value(at("2026-06-04T12:00"), "51"), value(at("2026-06-06T12:00"), "50")
    assert owed(judged(policy, measurements=[missed, good])) == 100
    next_day = value(at("2026-06-05T12:00"), "50")
    assert owed(judged(policy, measurements=[missed, next_day, good])) == 0


# ------------------------------------------------------------------------------------------------------------- fees


def charge(month: str, amount: str, component: str | None = None) -> Row:
    return {"subscription": "s", "started": at(month), "amount": amount, "component": component}


def test_a_month_without_a_charge_costs_the_monthly_fee_and_is_told() -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, clause: c}")
    review = judged(policy, [down(JUNE, DAY)], charges=[charge("2026-02-01", "5")])
    assert owed(review) == 100
    (said,) = review.warnings.filter(code="no_charge")["says"]
    assert said == "No charge is told for the month from 2026-06-01: the fee of the subscription is taken."


def test_months_before_the_subscription_are_not_charged() -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, of: {last: 12mo}, clause: c}")
    held = [holder(starts=at("2026-05-01"))]
    review = judged(policy, [down(JUNE, DAY)], subscriptions=held, charges=[charge("2026-06-01", "500")])
    assert owed(review) == 150


def test_a_day_of_the_fee_is_a_thirtieth_of_it_in_any_month() -> None:
    policy = contract("target: 99.9, credit: {flat: 100%, of: daily_fee, clause: c}")
    rows = [down(at("2026-02-10"), DAY, "february"), down(at("2026-03-10"), DAY, "march")]
    assert amounts(judged(policy, rows, "2026-02/2026-03", subscriptions=[holder(fee="30.15")])) == [
        Decimal("1.01"),
        Decimal("1.01"),
    ]


def test_money_is_no_percentage_of_a_fee_of_nothing() -> None:
    policy = contract("target: 99.9, credit: {flat: 25 EUR, clause: c}")
    row = judged(policy, [down(JUNE, DAY)], subscriptions=[holder(fee="0")]).credits.row(0, named=True)
    assert (row["amount"], row["credit_percent"], row["basis_amount"]) == (25, 0, 0)


def test_the_deepest_band_of_points_is_the_one_that_begins_last() -> None:
    bands = "points: {bands: [{from: 1, credit: 25%}, {to: 2, credit: 8h}]}"
    policy = contract(f"target: 99.9, credit: {{flat: 1 point, {bands}, clause: c}}")
    assert owed(judged(policy, [down(JUNE, DAY)])) == 250


def test_a_cap_is_the_most_that_is_paid_whatever_the_minimum() -> None:
    policy = contract_of(
        """
guarantees: [{id: a, metric: availability, target: 99.9, window: 1mo, clause: c}]
remedies: [{id: r, for: [a], minimum: {from: 5%, otherwise: raised}, caps: [{per: window, at_most: 2%}],
            credit: {flat: 1%, clause: c}}]
"""
    )
    assert owed(judged(policy, [down(JUNE, DAY)])) == 20


# ------------------------------------------------------------------------------------------------------- measuring


def test_any_outage_that_meets_a_condition_is_enough() -> None:
    right = "rights: [{id: leave, says: end it, for: [uptime], when: {outage: {to: 7s}}, clause: r}]"
    rows = [down(JUNE, DAY, "long"), down(JUNE + 2 * DAY, 5 * SECOND, "short")]
    assert judged(contract("target: 99.9", right), rows).rights.height == 1
    assert judged(contract("target: 99.9", right), rows[:1]).rights.is_empty()


def test_an_outage_is_rounded_after_it_is_weighed_and_nothing_cuts_it() -> None:
    policy = contract("target: 99.9, weigh: affected, rounded: {outage: {to: 90m, how: up}}")
    assert downtimes(judged(policy, [down(JUNE, 3.6 * HOUR, affected="0.5")])) == [3 * 3600]
    policy = contract("target: 99.9, rounded: {downtime: {to: 7s, how: nearest}}")
    assert downtimes(judged(policy, [down(at("2026-03-01"), 31 * DAY)], "2026-03")) == [2_678_403]


def test_of_outages_at_once_the_one_whose_clock_starts_first_keeps_the_time() -> None:
    rows = [down(JUNE, 3 * DAY, "o9", component="db"), down(JUNE + DAY, HOUR, "o5")]
    ledger = judged(contract("target: 99.9, at_once: 2"), rows).ledger
    assert ledger.filter(verdict="counted")["outage"].to_list() == ["o9"]


@pytest.mark.parametrize(("other", "counted"), [("Web", 0), ("db", 3600)])
def test_a_component_is_the_same_however_it_is_spelled(other: str, counted: int) -> None:
    rows = [down(JUNE, HOUR, "a", component="web"), down(JUNE, HOUR, "b", component=other)]
    review = judged(contract("target: 99.9, at_once: 2"), rows)
    assert seconds_by_verdict(review).get("counted", 0) == counted
    assert ("taken_as" in review.warnings["code"]) == (not counted)


def test_a_mean_is_over_whole_slices() -> None:
    policy = contract("target: 99.9, window: 1w, measured: {by: mean, slice: 1d}", zone="Australia/Lord_Howe")
    rows = [
        {"subscription": "s", "guarantee": "uptime", "measured": at("2026-09-28", "Australia/Lord_Howe"), "failed": 1,
         "total": 1}
    ]  # fmt: skip
    review = judged(policy, (), "2026-09-28/2026-10-04", measurements=rows)
    assert review.figures["level"].to_list() == [Decimal("85.714285")]


def test_tickets_before_measurement_begins_are_outside_the_term() -> None:
    policy = contract("metric: response, within: 1h, target: 95", "begins: {wait: next_month}")
    opened = {"ticket": "t", "subscription": "s", "opened": at("2026-06-24T18:00")}
    held = [holder(starts=at("2026-06-01"))]
    review = judged(policy, (), "2026-06", subscriptions=held, tickets=[opened], as_of=at("2026-06-24T18:30"))
    assert review.tickets["verdict"].to_list() == ["outside_term"]
    assert review.attainment["pending"].to_list() == [0]


def test_a_ticket_is_late_by_its_own_deadline_less_the_holds_after_it() -> None:
    policy = contract(
        "metric: response, within: 24h, credit: {accrual: {credit: 1%, per: 1h, count: exact}, clause: c}"
    )
    late = {"ticket": "t", "subscription": "s", "opened": JUNE, "due": JUNE + HOUR, "responded": JUNE + 5 * HOUR}
    hold = {"ticket": "t", "started": JUNE, "ended": JUNE + 3 * HOUR}
    assert owed(judged(policy, tickets=[late])) == 40
    assert owed(judged(policy, tickets=[late], holds=[hold])) == 20


def test_windows_from_the_start_are_counted_from_it_and_not_from_where_measurement_begins() -> None:
    policy = contract("target: 99.9, window: {every: 1mo, from: starts}, begins: {wait: next_month}")
    held = [holder(starts=at("2026-05-20"))]
    review = judged(policy, [], "2026-06", subscriptions=held)
    assert at("2026-06-20") in review.availability["window_end"].to_list()
    assert at("2026-05-20") not in review.availability["window_end"].to_list()


def test_a_limit_by_tier_is_promised_to_the_tiers_that_it_names() -> None:
    policy = contract("metric: response, within: 1h, target: {pro: 95}", "tiers: [basic, pro]")
    assert policy.terms(tier="basic").guarantees == []
    assert len(policy.terms(tier="pro").guarantees) == 1


def test_a_mapping_by_tier_inside_a_table_by_tier_is_of_that_tier() -> None:
    credit = "credit: {bands: {basic: [{to: 90, plus: {multiple: {basic: 1.25}}}]}, clause: c}"
    policy = contract(f"target: 99.9, {credit}", "tiers: [basic]")
    (band,) = policy.terms(tier="basic").remedies[0].credit[0].bands or []
    assert band.plus is not None
    assert band.plus.multiple == Decimal("1.25")


def test_a_cap_by_tier_limits_the_tiers_that_it_names() -> None:
    cap = "caps: [{per: window, at_most: {basic: 5%}}]"
    policy = contract(f"target: 99.9, credit: {{flat: 10%, {cap}, clause: c}}", "tiers: [basic, pro]")
    held = [[holder(tier=tier)] for tier in ("basic", "pro")]
    assert [owed(judged(policy, [down(JUNE, DAY)], subscriptions=rows)) for rows in held] == [50, 100]


@pytest.mark.parametrize(("length", "due"), [(HOUR, 0), (DAY, 10)])
def test_the_smallest_of_several_credits_is_nothing_where_one_of_them_is(length: timedelta, due: int) -> None:
    remedy = "{id: r, for: [a], select: smallest, minimum: {from: 7 EUR, otherwise: raised}, credit: CREDIT}"
    credit = "[{flat: 10%, clause: c}, {bands: [{outage: {above: 12h}, credit: 10 EUR}], clause: c}]"
    policy = contract_of(
        f"""
guarantees: [{{id: a, metric: availability, target: 99.9, window: 1mo, clause: c}}]
remedies: [{remedy.replace("CREDIT", credit)}]
"""
    )
    assert owed(judged(policy, [down(JUNE, length)])) == due


def test_a_share_of_a_fee_of_nothing_is_raised_to_the_minimum() -> None:
    policy = contract("target: 99.9, credit: {flat: 25%, minimum: {from: 25 EUR, otherwise: raised}, clause: c}")
    assert owed(judged(policy, [down(JUNE, DAY)], charges=[charge("2026-06-01", "0")])) == 25
    assert owed(judged(policy, [], charges=[charge("2026-06-01", "0")])) == 0


def test_an_outage_that_goes_on_can_still_be_reported_within_a_time_after_its_end() -> None:
    claims = "claims: {within: 2mo, report: {within: 1d, after: incident_end}}"
    policy = contract("target: 99.9, credit: {flat: 10%, clause: c}", claims)
    ended, still = down(JUNE, HOUR), down(at("2026-06-20"), None, "still")
    steps = [judged(policy, rows, as_of="2026-07-05") for rows in ([ended], [ended, still])]
    assert [review.claims["status"].to_list() for review in steps] == [["expired"], ["claimable"]]
    assert steps[1].claim_steps.is_empty()


def test_a_slice_measured_before_the_period_says_nothing_of_it() -> None:
    policy = contract("target: 99.5, measured: {by: down, at: 50, slice: 1d}")
    day = {"subscription": "s", "guarantee": "uptime", "failed": 6, "total": 1000}
    levels = [
        judged(policy, measurements=[{**day, "measured": at(measured)}], as_of="2026-06-23").availability
        for measured in ("2026-05-28", "2026-06-01")
    ]
    assert [level["availability"].to_list() for level in levels] == [[None], [100]]


# ---------------------------------------------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("guarantee", "because"),
    [
        ("target: 99, credit: {flat: 1%, when: {}, clause: c}", "a condition that asks for nothing"),
        ("target: 99.95, rounded: {level: {to: 99}}", "100 % is rounded to 99 %"),
        ("target: 100, strictly: true", "nothing is above 100 %"),
        ("target: 100, strictly: true, rounded: {level: {to: 0.1}}", "which misses 100 % as well"),
        ("metric: downtime, within: {P1: 1h, P2: 2h}", "only tickets have priorities"),
        ("metric: response, within: 1mo, target: 95", "these know no months"),
        ("metric: incidents, at_most: 1, denominator: 30m", "denominator is no term of a guarantee on incidents"),
        (
            "metric: replacement, within: 2h, window: incident, credit: {bands: [{below: 99, credit: 1%}], clause: c}",
            "a single incident has a length and no level",
        ),
        ("target: 99, credit: {flat: 1 point, points: {bands: []}, clause: c}", "no band"),
        ("target: 99, credit: {multiple: 2, points: {each: 1%}, clause: c}", "a share of the fee among points"),
        (
            "target: 99, credit: {flat: 1%, clause: c, caps: [{per: term, at_most: 1w, of: daily_fee}]}",
            "time of a fee that is not a month's",
        ),
    ],
)
def test_what_has_no_meaning_is_refused(guarantee: str, because: str) -> None:
    refused(guarantee, because=because)


@pytest.mark.parametrize(
    ("remedy", "because"),
    [
        ("points: {each: 1%}, credit: {flat: 3 points, clause: c, caps: [{per: window, at_most: 3 points}]}",
         "points are no limit"),
        ("points: {each: 1%}, credit: [{flat: 3 points, clause: c}, {flat: 3 points, of: annual_fee, clause: c}]",
         "points of different fees"),
        ("minimum: {from: 5%, otherwise: raised}, "
         "credit: {flat: 3%, clause: c, minimum: {from: 1%, otherwise: nothing}}",
         "minimum stands on the remedy as well"),
        ("points: {each: 1d}, credit: {flat: 3 points, of: daily_fee, clause: c}",
         "time of a fee that is not a month's"),
    ],
)  # fmt: skip
def test_a_remedy_without_a_meaning_is_refused(remedy: str, because: str) -> None:
    refused("target: 99", f"remedies: [{{id: r1, for: [uptime], clause: r, {remedy}}}]", because=because)


@pytest.mark.parametrize("window", ["term", "incident", "{rolling: 30d}", "{every: 1mo, from: starts}"])
def test_a_deadline_is_put_off_to_the_end_of_a_calendar_window_only(window: str) -> None:
    claims = f"claims: {{within: 3d, to_end_of: {window}}}"
    refused("target: 99, credit: {flat: 1%, clause: c}", claims, because="put off to the end of a calendar window")
