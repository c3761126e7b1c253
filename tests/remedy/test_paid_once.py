"""Windows that slide overlap: an outage lies in many of them, and is paid for once."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from small_contracts import DAY, HOUR, MINUTE, Row, at, contract, contract_of, down, judged, owed, work

from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.problems import InputError

JUNE = at("2026-06-01")


def sliding(credit: str, window: str = "{rolling: 30d}") -> Policy:
    return contract(f"target: 99.9, window: {window}, credit: {{{credit}, clause: c}}")


def paid_on(review: Review) -> list[tuple[int, int]]:
    """Day of June 2026 at the end of which something is owed, and how much."""
    paid = review.credits.filter(pl.col("amount") > 0).select("window_end", "amount").rows()
    return [((end - timedelta(seconds=1)).day, int(amount)) for end, amount in paid]


FLAT = sliding("flat: 10%, caps: [{per: window, at_most: 10%}]")
BANDS = sliding("bands: [{below: 99.9, credit: 5%}, {below: 99, credit: 10%}, {below: 95, credit: 30%}]")


@pytest.mark.parametrize(
    ("policy", "outages", "paid"),
    [
        (FLAT, [(4 * DAY, 2 * HOUR)], [(5, 100)]),
        (FLAT, [(4 * DAY + 23 * HOUR, 2 * HOUR)], [(6, 100)]),
        (FLAT, [(4 * DAY, 2 * HOUR), (4 * DAY + 5 * HOUR, 2 * HOUR)], [(5, 100)]),
        (FLAT, [(4 * DAY, 2 * HOUR), (20 * DAY, 2 * HOUR)], [(5, 100), (21, 100)]),
        (FLAT, [(4 * DAY, 30 * MINUTE), (9 * DAY, 30 * MINUTE)], [(10, 100)]),
        (FLAT, [(4 * DAY, 2 * HOUR), (9 * DAY, 40 * MINUTE)], [(5, 100)]),
        (BANDS, [(4 * DAY + 12 * HOUR, 48 * HOUR)], [(7, 300)]),
        (BANDS, [(4 * DAY, 3 * HOUR), (9 * DAY, 9 * HOUR)], [(5, 50), (10, 100)]),
        (sliding("shortfall: {credit: 1%, from: full}"), [(4 * DAY, 7 * HOUR + 12 * MINUTE)], [(5, 10)]),
    ],
)
def test_the_first_window_that_ends_when_an_outage_is_over_pays_for_it(
    policy: Policy, outages: list[tuple[timedelta, timedelta]], paid: list[tuple[int, int]]
) -> None:
    rows = [down(JUNE + begin, length, f"o{number}") for number, (begin, length) in enumerate(outages)]
    assert paid_on(judged(policy, rows)) == paid


def test_every_window_is_judged_as_its_rule_says_all_the_same() -> None:
    review = judged(FLAT, [down(at("2026-05-20"), 2 * HOUR)])
    assert review.availability.filter(~pl.col("met")).height == 18  # to the window that ends with 18 June
    assert review.credits.height == 30
    assert "an outage is paid for once" in review.assumptions["value"].to_list()


def test_an_explanation_names_the_window_that_has_paid() -> None:
    review = judged(FLAT, [down(JUNE + 4 * DAY, 2 * HOUR)])
    told = [line for _, line in explain(review, "s", "2026-06-07").lines]
    assert "Outages before 2026-06-06 have been paid for by the window that ended then." in told


@examples(8)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 30)), min_size=1, max_size=4))
def test_no_more_is_paid_than_if_each_outage_were_alone(outages: list[tuple[int, int]]) -> None:
    rows = [
        down(at("2026-05-10") + day * DAY + number * 6 * HOUR, length * 10 * MINUTE, f"o{number}")
        for number, (day, length) in enumerate(outages)
    ]
    accrual = sliding("accrual: {credit: 1%, per: 1h, count: exact}")
    together = owed(judged(accrual, rows, "2026-05/2026-07"))
    assert together <= sum(length for _, length in outages) * 10 * 1000 / 100 / 60 + 1


def test_each_guarantee_of_a_remedy_has_its_outages_paid_once() -> None:
    policy = contract_of(
        "guarantees:\n"
        "  - {id: web, metric: availability, target: 99.9, window: {rolling: 30d}, components: [web], clause: c}\n"
        "  - {id: disk, metric: availability, target: 99.9, window: {rolling: 30d}, components: [disk], clause: c}\n"
        "remedies: [{id: both, for: [web, disk], credit: {flat: 10%, per: guarantee, clause: c}}]\n"
    )
    rows: list[Row] = [
        down(JUNE + 4 * DAY, 2 * HOUR, "a", component="web"), down(JUNE + 6 * DAY, 2 * HOUR, "b", component="disk"),
    ]  # fmt: skip
    assert paid_on(judged(policy, rows)) == [(5, 100), (7, 100)]


def test_incidents_that_were_one_too_many_are_counted_once() -> None:
    policy = contract("metric: incidents, at_most: 2, window: {rolling: 30d}, credit: {flat: 10%, clause: c}")
    rows = [down(JUNE + day * DAY, HOUR, f"o{day}") for day in (2, 5, 8, 11, 14, 17)]
    assert paid_on(judged(policy, rows)) == [(9, 100), (18, 100)]


def test_an_incident_that_maintenance_parts_at_midnight_is_paid_once() -> None:
    policy = contract(
        "target: 99.9, window: {rolling: 30d}, exclude: {maintenance: [scheduled]}, credit: {flat: 10%, clause: c}",
        "maintenance: [{kind: scheduled, clause: m}]",
    )
    midnight = at("2026-06-06")
    maintained = [work(midnight - HOUR, 2 * HOUR)]
    assert paid_on(judged(policy, [down(midnight - 3 * HOUR, 6 * HOUR)], maintenance=maintained)) == [(6, 100)]


def test_measurements_are_paid_for_again_in_a_window_that_begins_after() -> None:
    policy = contract(
        "metric: figure, at_most: 100, measured: {by: largest}, window: {rolling: 7d}, credit: {flat: 10%, clause: c}"
    )
    rows = [
        {"subscription": "s", "guarantee": "uptime", "measured": JUNE + day * DAY, "value": value}
        for day, value in enumerate([50, 50, 200, 50, 50, 50, 50, 50, 50, 50, 200, *[50] * 19])
    ]
    assert paid_on(judged(policy, measurements=rows)) == [(3, 100), (11, 100)]


@pytest.mark.parametrize(
    "guarantee",
    [
        "target: 99, window: {rolling: 30d}, credit: {flat: 5%, per: incident, clause: c}",
        "target: 99, window: {rolling: 30d}, credit: {flat: 5%, earn_back: {windows: 2}, clause: c}",
    ],
)
def test_what_needs_windows_that_follow_each_other_is_refused(guarantee: str) -> None:
    with pytest.raises(InputError, match="judge a calendar window"):
        contract(guarantee)
