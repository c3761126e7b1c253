"""What earns a credit: each window, guarantee, incident or day; and what has no meaning is refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from small_contracts import (
    DAY,
    HOUR,
    MINUTE,
    Case,
    Row,
    amounts,
    at,
    contract,
    contract_of,
    down,
    judged,
    judged_each,
    owed,
    owed_each,
)

from slakit.problems import InputError

NOON = at("2026-06-10T12:00")
TEN_HOURS_TWICE = [down(NOON, 10 * HOUR, "a"), down(NOON + 3 * DAY, 10 * HOUR, "b")]


def earns(schedule: str, rows: list[Row], *, fee: str = "1000") -> Decimal:
    return owed_each([(contract(f"target: 99.9, credit: {{{schedule}, clause: c}}"), rows, fee)])[0]


# ------------------------------------------------------------------------------------- per incident


def test_each_incident_earns_the_fee_of_its_own_time_and_not_of_the_window() -> None:
    assert earns("multiple: 1, per: incident", TEN_HOURS_TWICE, fee="720") == 20
    assert earns("multiple: 1", TEN_HOURS_TWICE, fee="720") == 20


def test_a_shortfall_is_parted_over_the_incidents_so_that_the_allowance_counts_once() -> None:
    """20 h of 720 h are 2.77… points; less the 0.1 that the target allows, of a fee of 720."""
    expected = Decimal("19.28")
    assert earns("shortfall: {credit: 1%}", TEN_HOURS_TWICE, fee="720") == expected
    assert earns("shortfall: {credit: 1%}, per: incident", TEN_HOURS_TWICE, fee="720") == expected


def test_a_window_that_falls_short_by_an_incident_from_before_earns_it_itself() -> None:
    policy = contract("target: 99.9, credit: {shortfall: {credit: 1%}, per: incident, clause: c}")
    by_window = contract("target: 99.9, credit: {shortfall: {credit: 1%}, clause: c}")
    rows = [down(at("2026-05-31T12:00"), 36 * HOUR)]
    assert amounts(judged(policy, rows, "2026-05/2026-06")) == amounts(judged(by_window, rows, "2026-05/2026-06"))


def test_a_cap_per_incident_limits_each_part_of_a_shortfall() -> None:
    rows = [down(NOON, 2 * HOUR, "a"), down(NOON + 3 * DAY, 18 * HOUR, "b")]
    capped = "shortfall: {credit: 1%}, per: incident, caps: [{per: incident, at_most: 5 EUR}]"
    assert earns(capped, rows, fee="720") == Decimal("6.93")  # 1.928 + 5


def test_a_cap_per_incident_is_shared_by_the_schedules_that_add_up() -> None:
    policy = contract(
        "target: 99.9",
        "remedies: [{id: r, for: [uptime], caps: [{per: incident, at_most: 6%}], credit: "
        "[{flat: 5%, per: incident, clause: c}, "
        "{accrual: {credit: 1%, per: 1h, count: started}, per: incident, clause: c}]}]",
    )
    rows = [down(NOON, HOUR, "a"), down(NOON + DAY, 9 * HOUR, "b")]
    assert owed(judged(policy, rows)) == 60 + 60


def test_schedules_that_are_earned_differently_add_up() -> None:
    policy = contract_of(
        "guarantees:\n"
        "  - {id: web, metric: availability, target: 99.9, window: 1mo, components: [web], clause: c}\n"
        "  - {id: disk, metric: availability, target: 99.9, window: 1mo, components: [disk], clause: c}\n"
        "remedies: [{id: r, for: [web, disk], credit: [{flat: 1%, clause: c}, {flat: 2%, per: guarantee, clause: c}, "
        "{flat: 3%, per: incident, clause: c}]}]\n"
    )
    rows = [down(NOON, HOUR, "a", component="web"), down(NOON + DAY, HOUR, "b", component="web")]
    rows.append(down(NOON, HOUR, "c", component="disk"))
    assert owed(judged(policy, rows)) == 10 + 2 * 20 + 3 * 30


LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=5)
GROWING = ["multiple: 3", "shortfall: {credit: 1%}", "shortfall: {credit: 2%, from: full, to: 97}"]


@examples(5)
@given(st.lists(LENGTHS, min_size=8, max_size=8))
def test_what_grows_with_the_time_lost_is_the_same_by_window_and_by_incident(months: list[list[int]]) -> None:
    evidence = [
        [down(at("2026-06-01") + number * 4 * DAY, length * HOUR, f"o{number}") for number, length in enumerate(hours)]
        for hours in months
    ]
    schedules = [f"{growing}{per}" for growing in GROWING for per in ("", ", per: incident")]
    policies = [contract(f"target: 99.9, credit: {{{schedule}, clause: c}}") for schedule in schedules]
    reviews = iter(judged_each([Case(policy, rows) for policy in policies for rows in evidence]))
    due = {schedule: [owed(next(reviews)) for _ in evidence] for schedule in schedules}
    for growing in GROWING:
        assert due[f"{growing}, per: incident"] == due[growing], growing


# ------------------------------------------------------------------------------------- per day

OVER_MIDNIGHT = [down(at("2026-06-10T22:00"), 5 * HOUR, "a"), down(at("2026-06-20T08:00"), HOUR, "b")]
"""Two hours on the tenth, three on the eleventh, one on the twentieth."""


BY_DAY = {
    "flat: 1%": "30",
    "accrual: {credit: 1%, per: 1h, count: complete}": "60",
    "accrual: {credit: 1%, per: 1h, count: complete, after: 1h}": "30",
    "accrual: {credit: 1%, per: 2h, count: started}": "40",
    "multiple: 1": "8.33",
    "bands: [{downtime: {from: 2h}, credit: 1%}, {downtime: {from: 3h}, credit: 5%}]": "60",
    "bands: [{outage: {from: 3h}, credit: 5%}]": "50",
    "flat: 1%, when: {downtime: {from: 2h}}": "20",
    "flat: 1%, multipliers: [{when: {downtime: 3h}, by: 4}]": "60",
    "flat: 2%, caps: [{per: 1d, at_most: 1%}]": "30",
    "flat: 2%, caps: [{per: window, at_most: 1%}]": "10",
}


@pytest.fixture(scope="module")
def by_day() -> dict[str, Decimal]:
    policies = [contract(f"target: 99.9, credit: {{{schedule}, per: day, clause: c}}") for schedule in BY_DAY]
    return dict(zip(BY_DAY, owed_each((policy, OVER_MIDNIGHT, "1000") for policy in policies), strict=True))


@pytest.mark.parametrize("schedule", BY_DAY)
def test_each_day_is_judged_by_the_downtime_that_lies_in_it(by_day: dict[str, Decimal], schedule: str) -> None:
    assert by_day[schedule] == Decimal(BY_DAY[schedule])


def test_a_day_is_a_day_of_the_contracts_time_zone() -> None:
    policy = contract("target: 99.9, credit: {flat: 1%, per: day, clause: c}", zone="Europe/Oslo")
    assert owed(judged(policy, [down(at("2026-06-10T21:00"), 2 * HOUR)])) == 20  # 23:00 to 01:00 in Oslo
    assert owed(judged(policy, [down(at("2026-06-10T22:00"), 2 * HOUR)])) == 10


def test_a_day_on_which_two_guarantees_are_down_is_one_day() -> None:
    policy = contract_of(
        "guarantees:\n"
        "  - {id: web, metric: availability, target: 99.9, window: 1mo, components: [web], clause: c}\n"
        "  - {id: disk, metric: availability, target: 99.9, window: 1mo, components: [disk], clause: c}\n"
        "remedies: [{id: r, for: [web, disk], credit: {flat: 1%, per: day, clause: c}}]\n"
    )
    rows = [down(NOON, HOUR, "a", component="web"), down(NOON + 3 * HOUR, HOUR, "b", component="disk")]
    assert owed(judged(policy, rows)) == 10


def test_days_of_a_window_that_is_kept_earn_nothing() -> None:
    assert earns("flat: 1%, per: day", [down(NOON, 43 * MINUTE)]) == 0


def test_a_day_in_parts_is_one_day_with_its_longest_outage() -> None:
    rows = [down(NOON, 2 * HOUR, "a"), down(NOON + 2 * HOUR, HOUR, "b"), down(NOON + 5 * HOUR, 2 * HOUR, "c")]
    assert earns("bands: [{outage: {from: 3h}, credit: 5%}], per: day", rows) == 50
    assert earns("bands: [{outage: {above: 3h}, credit: 5%}], per: day", rows) == 0


# ------------------------------------------------------------------------------------- without a meaning

REFUSED = [
    ("flat: 5%, caps: [{per: 1d, at_most: 1%}]", "shorter than the window that is judged"),
    ("flat: 5%, caps: [{per: 1w, at_most: 1%}]", "shorter than the window that is judged"),
    ("flat: 5%, caps: [{per: incident, at_most: 1%}]", "a cap per incident on what no incident earns"),
    ("shortfall: {step: 1, credit: 1%}, per: incident", "steps of a shortfall are of a window"),
    ("shortfall: {credit: 1%}, per: day", "a shortfall is of a window, not of one day"),
    (
        "accrual: {credit: 1%, per: 1h, count: exact, after: target}, per: incident",
        "a target allows downtime in a window",
    ),
    ("accrual: {credit: 1%, per: 1h, count: exact, after: target}, per: day", "a target allows downtime in a window"),
    ("bands: [{below: 99, credit: 5%}], per: incident", "goes by the outage of that incident"),
    ("bands: [{below: 99, credit: 5%}], per: day", "goes by the downtime or outage of that day"),
    ("bands: [{outage: {above: 1h}, credit: 5%}], per: window", "the length of one outage is not of a window"),
    ("bands: [{outage: 1h, credit: 5%}], per: guarantee", "the length of one outage is not of a guarantee"),
    (
        "flat: 1 point, per: incident, points: {each: 1%}, caps: [{per: incident, at_most: 1%}]",
        "points are worth money",
    ),
]


@pytest.mark.parametrize(("schedule", "wrong"), REFUSED, ids=[schedule for schedule, _ in REFUSED])
def test_what_has_no_meaning_is_refused_with_the_reason(schedule: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        contract(f"target: 99.9, credit: {{{schedule}, clause: c}}")


@pytest.mark.parametrize(
    ("guarantee", "wrong"),
    [
        ("target: 99, measured: {by: ratio}, credit: {flat: 1%, per: incident, clause: c}", "measurements have no inc"),
        ("target: 99, measured: {by: ratio}, credit: {flat: 1%, per: day, clause: c}", "only downtime lies in days"),
        ("target: 99, window: 1d, credit: {flat: 1%, per: day, clause: c}", "a window of 1d does not consist of days"),
        ("target: 99, window: {rolling: 30d}, credit: {flat: 1%, per: day, clause: c}", "does not consist of days"),
        ("target: 99, weigh: affected, credit: {flat: 1%, per: day, clause: c}", "weighed or rounded downtime"),
        ("metric: response, within: 1h, target: 90, credit: {multiple: 1, clause: c}", "no share of the time lost"),
        ("metric: response, within: 1h, target: 90, credit: {accrual: {credit: 1%, per: 1h, count: exact}, clause: c}",
         r"tickets have no downtime \(uptime\); accrue per: incident"),
    ],
)  # fmt: skip
def test_what_a_guarantee_does_not_measure_is_refused(guarantee: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        contract(guarantee)


def test_a_cap_by_day_is_read_where_days_or_shorter_windows_are_judged() -> None:
    daily = contract("target: 99.9, window: 1d, credit: {flat: 5%, caps: [{per: 1d, at_most: 1%}], clause: c}")
    rows = [down(NOON, HOUR, "a"), down(NOON + DAY, HOUR, "b")]
    assert owed(judged(daily, rows)) == 20
