"""The verdicts, one by one and in their order."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from small_contracts import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    Row,
    amounts,
    at,
    contract,
    down,
    downtimes,
    holder,
    judged,
    seconds_by_verdict,
    work,
)

NOON = at("2026-06-10T12:00")
H = 3600


def verdicts(terms: str, outages: list[Row], rest: str = "", **tables: list[Row]) -> dict[str, Decimal]:
    return seconds_by_verdict(judged(contract(f"target: 99.9, {terms}", rest), outages, **tables))


def test_an_outage_of_another_component_is_told_apart_and_one_of_none_concerns_all() -> None:
    rows = [
        down(NOON, HOUR, "a", component="disk"),
        down(NOON + DAY, HOUR, "b"),
        down(NOON + 2 * DAY, HOUR, "c", component="web"),
    ]
    assert verdicts("components: [web]", rows) == {"other_component": H, "counted": 2 * H}
    assert verdicts("name: all", rows) == {"counted": 3 * H}


def test_an_excluded_cause_is_not_counted_and_an_unknown_one_is() -> None:
    rows = [
        down(NOON + n * DAY, HOUR, f"o{n}", cause=cause)
        for n, cause in enumerate(["customer", None, "cosmic_rays", "Customer", "custommer"])
    ]
    assert verdicts("exclude: {causes: [customer]}", rows) == {"excluded_cause": 2 * H, "counted": 3 * H}


def test_maintenance_of_another_subscription_does_not_cut_the_ledger() -> None:
    policy = contract("target: 99.9, exclude: {maintenance: [scheduled]}")
    rows = [down(NOON, 4 * HOUR, "a", component="web"), down(NOON, 4 * HOUR, "b", component="disk")]
    own = work(NOON + HOUR, HOUR)
    alone = judged(policy, rows, maintenance=[own])
    others = work(NOON, HOUR, name="n") | {"subscription": "other", "component": "web"}
    holders = [holder(), holder(subscription="other")]
    together = judged(policy, rows, maintenance=[own | {"component": None}, others], subscriptions=holders)
    assert together.of("s").ledger.equals(alone.ledger)
    assert alone.ledger.filter(pl.col("verdict") == "overlapping")["seconds"].to_list() == [4 * H]


SIGNALS: dict[str, tuple[str, Row, dict[str, int]]] = {
    "no report": ("reported", {}, {"unreported": 4 * H}),
    "a detection where a report is asked": ("reported", {"detected": NOON}, {"unreported": 4 * H}),
    "a report after an hour": ("reported", {"reported": NOON + HOUR}, {"before_clock_start": H, "counted": 3 * H}),
    "a report before the start": ("reported", {"reported": NOON - HOUR}, {"counted": 4 * H}),
    "a report at the end": ("reported", {"reported": NOON + 4 * HOUR}, {"before_clock_start": 4 * H}),
    "a report after the end": ("reported", {"reported": NOON + 4 * HOUR + MICROSECOND}, {"unreported": 4 * H}),
    "a detection": ("detected", {"detected": NOON + HOUR}, {"before_clock_start": H, "counted": 3 * H}),
    "the earlier of two signals": (
        "reported_or_detected",
        {"reported": NOON + 2 * HOUR, "detected": NOON + HOUR},
        {"before_clock_start": H, "counted": 3 * H},
    ),
    "the only one of two signals": (
        "reported_or_detected",
        {"reported": NOON + 2 * HOUR},
        {"before_clock_start": 2 * H, "counted": 2 * H},
    ),
    "neither of two signals": ("reported_or_detected", {}, {"unreported": 4 * H}),
    "a diagnosis": (
        "diagnosed",
        {"reported": NOON, "diagnosed": NOON + HOUR},
        {"before_clock_start": H, "counted": 3 * H},
    ),
    "a report where no diagnosis is": (
        "diagnosed",
        {"reported": NOON + HOUR},
        {"before_clock_start": H, "counted": 3 * H},
    ),
    "no clock": ("started", {}, {"counted": 4 * H}),
}


@pytest.mark.parametrize(("clock", "signals", "expected"), SIGNALS.values(), ids=SIGNALS.keys())
def test_the_clock_starts_with(clock: str, signals: Row, expected: dict[str, int]) -> None:
    assert verdicts(f"clock: {clock}", [down(NOON, 4 * HOUR, **signals)]) == expected


def test_the_outage_that_starts_first_keeps_the_time_and_ties_go_by_id() -> None:
    policy = contract("target: 99.9")
    rows = [down(NOON + HOUR, HOUR, "a"), down(NOON, 2 * HOUR, "z"), down(NOON, 3 * HOUR, "b")]
    review = judged(policy, rows)
    counted = review.ledger.filter(pl.col("verdict") == "counted").sort("started")
    assert counted.select("outage", "started", "ended").rows() == [("b", NOON, NOON + 3 * HOUR)]


def test_an_outage_that_is_not_counted_takes_no_time_from_another() -> None:
    rows = [down(NOON - HOUR, 5 * HOUR, "a", cause="customer", reported=NOON), down(NOON, 2 * HOUR, "b", reported=NOON)]
    assert verdicts("exclude: {causes: [customer]}, clock: reported", rows) == {
        "excluded_cause": 5 * H,
        "counted": 2 * H,
    }
    silent = [down(NOON - HOUR, 5 * HOUR, "a"), down(NOON, 2 * HOUR, "b", reported=NOON)]
    assert verdicts("clock: reported", silent) == {"unreported": 5 * H, "counted": 2 * H}


def test_an_outage_overlaps_only_from_its_own_clock() -> None:
    rows = [down(NOON, 4 * HOUR, "a", reported=NOON + 3 * HOUR), down(NOON + HOUR, 4 * HOUR, "b", reported=NOON + HOUR)]
    assert verdicts("clock: reported", rows) == {"before_clock_start": 3 * H, "overlapping": H, "counted": 4 * H}


@pytest.mark.parametrize(
    ("length", "verdict"), [(5 * MINUTE - MICROSECOND, "too_short"), (5 * MINUTE, "counted"), (6 * MINUTE, "counted")]
)
def test_a_run_of_exactly_the_minimum_counts(length: object, verdict: str) -> None:
    assert list(verdicts("minimum: 5m", [down(NOON, length)])) == [verdict]  # type: ignore[arg-type]


def test_outages_that_touch_are_one_run() -> None:
    touching = [down(NOON, 3 * MINUTE, "a"), down(NOON + 3 * MINUTE, 2 * MINUTE, "b")]
    assert verdicts("minimum: 5m", touching) == {"counted": 300}
    apart = [down(NOON, 3 * MINUTE, "a"), down(NOON + 3 * MINUTE + MICROSECOND, 2 * MINUTE, "b")]
    assert verdicts("minimum: 5m", apart) == {"too_short": 300}


@pytest.mark.parametrize(("limit", "verdict"), [("{from: 5m}", "counted"), ("{above: 5m}", "too_short")])
def test_a_run_of_exactly_the_minimum_counts_unless_it_must_be_longer(limit: str, verdict: str) -> None:
    assert list(verdicts(f"minimum: {limit}", [down(NOON, 5 * MINUTE)])) == [verdict]
    assert list(verdicts(f"minimum: {limit}", [down(NOON, 5 * MINUTE + MICROSECOND)])) == ["counted"]


GRACES: dict[str, tuple[Row, dict[str, int]]] = {
    "exactly in time": ({"reported": NOON + 2 * HOUR}, {"counted": 4 * H}),
    "before the failure": ({"reported": NOON - HOUR}, {"counted": 4 * H}),
    "late": ({"reported": NOON + 3 * HOUR}, {"before_clock_start": 3 * H, "counted": H}),
    "late, and after the end": ({"reported": NOON + 5 * HOUR}, {"unreported": 4 * H}),
    "never": ({}, {"unreported": 4 * H}),
    "a detection, where a report is asked": ({"detected": NOON}, {"unreported": 4 * H}),
}


@pytest.mark.parametrize(("signals", "expected"), GRACES.values(), ids=GRACES.keys())
def test_a_report_moves_the_clock_only_where_it_comes_later_than_the_grace(
    signals: Row, expected: dict[str, int]
) -> None:
    assert verdicts("clock: reported, grace: 2h", [down(NOON, 4 * HOUR, **signals)]) == expected


def test_a_report_in_time_counts_after_the_end_and_not_before_it_is_made() -> None:
    terms, told = "clock: reported_or_detected, grace: 2h", [down(NOON, HOUR, reported=NOON + 2 * HOUR)]
    assert verdicts(terms, told) == {"counted": H}
    early = judged(contract(f"target: 99.9, {terms}"), told, as_of="2026-06-10T13:30:00Z")
    assert seconds_by_verdict(early) == {"unreported": H}


def test_runs_are_judged_before_maintenance_is_taken_out_and_before_windows_cut_them() -> None:
    rest = "maintenance: [{kind: scheduled, clause: m}]"
    inside = [work(NOON, 4 * MINUTE)]
    found = verdicts(
        "minimum: 5m, exclude: {maintenance: [scheduled]}", [down(NOON, 6 * MINUTE)], rest, maintenance=inside
    )
    assert found == {"maintenance": 240, "counted": 120}
    edge = at("2026-06-01")
    assert verdicts("minimum: 5m", [down(edge - 3 * MINUTE, 6 * MINUTE)]) == {"outside_period": 180, "counted": 180}


NOTICES = {
    "exactly the notice": (48 * HOUR, "maintenance"),
    "a microsecond more": (48 * HOUR + MICROSECOND, "maintenance"),
    "a microsecond less": (48 * HOUR - MICROSECOND, "counted"),
    "a second less": (48 * HOUR - MICROSECOND * 10**6, "counted"),
    "none": (None, "counted"),
    "afterwards": (-HOUR, "counted"),
}


@pytest.mark.parametrize(("notice", "verdict"), NOTICES.values(), ids=NOTICES.keys())
def test_maintenance_announced_with(notice: object, verdict: str) -> None:
    rest = "maintenance: [{kind: scheduled, notice: 48h, clause: m}]"
    works = [work(NOON - HOUR, 3 * HOUR, notice=notice)]  # type: ignore[arg-type]
    assert list(verdicts("exclude: {maintenance: [scheduled]}", [down(NOON, HOUR)], rest, maintenance=works)) == [
        verdict
    ]


def test_maintenance_of_a_kind_that_is_not_left_out_or_of_another_component_counts() -> None:
    rest = "maintenance: [{kind: scheduled, clause: m}, {kind: emergency, clause: e}]"
    outage = [down(NOON, HOUR, component="web")]
    terms = "components: [web], exclude: {maintenance: [scheduled]}"
    assert verdicts(terms, outage, rest, maintenance=[work(NOON, HOUR, kind="emergency")]) == {"counted": H}
    assert verdicts(terms, outage, rest, maintenance=[work(NOON, HOUR, component="disk")]) == {"counted": H}
    assert verdicts(terms, outage, rest, maintenance=[work(NOON, HOUR, component="web")]) == {"maintenance": H}
    assert verdicts(terms, outage, rest, maintenance=[work(NOON, HOUR)]) == {"maintenance": H}


def test_the_clause_of_the_kind_of_maintenance_is_named() -> None:
    rest = "maintenance: [{kind: scheduled, clause: m}, {kind: emergency, clause: e}]"
    policy = contract("target: 99.9, exclude: {maintenance: [scheduled, emergency]}", rest)
    works = [work(NOON, HOUR, name="a"), work(NOON + HOUR, HOUR, name="b", kind="emergency")]
    review = judged(policy, [down(NOON, 3 * HOUR)], maintenance=works)
    assert review.ledger.sort("started").select("verdict", "clause").rows() == [
        ("maintenance", "m"),
        ("maintenance", "e"),
        ("counted", "c"),
    ]


def test_maintenance_outside_an_outage_changes_no_downtime() -> None:
    rest = "maintenance: [{kind: scheduled, clause: m}]"
    works = [work(NOON - 3 * HOUR, 3 * HOUR, name="a"), work(NOON + HOUR, HOUR, name="b")]
    found = verdicts("exclude: {maintenance: [scheduled]}", [down(NOON, HOUR)], rest, maintenance=works)
    assert found == {"counted": H}


@pytest.mark.parametrize(
    ("minutes", "counted", "left"), [(59, 0, 59), (60, 60, 0), (61, 60, 1), (119, 60, 59), (150, 120, 30)]
)
def test_downtime_counts_in_whole_units(minutes: int, counted: int, left: int) -> None:
    expected = {"counted": counted * 60, "rounding_remainder": left * 60}
    found = verdicts("unit: 1h", [down(NOON, minutes * MINUTE)])
    assert found == {name: seconds for name, seconds in expected.items() if seconds}


def test_units_are_counted_in_each_stretch_by_itself_across_outages_that_touch() -> None:
    touching = [down(NOON, 40 * MINUTE, "a"), down(NOON + 40 * MINUTE, 40 * MINUTE, "b")]
    assert verdicts("unit: 1h", touching) == {"counted": 3600, "rounding_remainder": 1200}
    apart = [down(NOON, 40 * MINUTE, "a"), down(NOON + 2 * HOUR, 40 * MINUTE, "b")]
    assert verdicts("unit: 1h", apart) == {"rounding_remainder": 4800}


@pytest.mark.parametrize(
    ("affected", "seconds"),
    [("1", 3600), ("0.5", 1800), ("0.25", 900), ("0", 0), (None, 3600), ("0.333333", "1199.9988")],
)
def test_an_outage_weighs_by_what_it_affected_where_the_contract_says_so(affected: str | None, seconds: object) -> None:
    outage = [down(NOON, HOUR, affected=affected)]
    assert downtimes(judged(contract("target: 99.9, weigh: affected"), outage)) == [Decimal(str(seconds))]
    assert downtimes(judged(contract("target: 99.9"), outage)) == [0 if affected == "0" else 3600]


def test_outside_the_term_is_told_after_maintenance_and_before_what_counts() -> None:
    rest = "maintenance: [{kind: scheduled, clause: m}]"
    found = verdicts(
        "exclude: {maintenance: [scheduled]}",
        [down(NOON, 4 * HOUR)],
        rest,
        maintenance=[work(NOON, HOUR)],
        subscriptions=[holder(starts=NOON + 2 * HOUR, ends=NOON + 3 * HOUR)],
    )
    assert found == {"maintenance": H, "outside_term": 2 * H, "counted": H}


def test_the_period_comes_before_every_other_verdict() -> None:
    rows = [down(at("2026-05-10"), HOUR, "a", cause="customer"), down(at("2026-07-10"), HOUR, "b", component="disk")]
    assert verdicts("exclude: {causes: [customer]}, components: [web]", rows) == {"outside_period": 2 * H}


def test_an_outage_that_goes_on_is_counted_until_the_instant_of_the_assessment() -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}")
    review = judged(policy, [down(NOON, None)], "2026-06/2026-07", as_of="2026-07-03")
    assert [seconds / H for seconds in downtimes(review)] == [20 * 24 + 12, 48]
    assert amounts(review) == [50]


def test_one_outage_is_judged_by_each_guarantee_on_its_own() -> None:
    policy = contract("target: 99.9, components: [web]", "remedies: []")
    both = policy.model_copy(
        update={
            "guarantees": [
                policy.guarantees[0],
                policy.guarantees[0].model_copy(update={"id": "disk", "components": ["disk"]}),
            ]
        }
    )
    review = judged(both, [down(NOON, HOUR, component="web")])
    assert seconds_by_verdict(review, "uptime") == {"counted": H}
    assert seconds_by_verdict(review, "disk") == {"other_component": H}


def test_nothing_counts_in_a_subscription_that_ends_before_its_measurement_begins() -> None:
    policy = contract("target: 99.9, begins: {wait: next_month}, credit: {flat: 5%, clause: c}")
    held = [holder(starts=at("2026-06-02"), ends=at("2026-06-08"))]
    review = judged(policy, [down(NOON, HOUR)], subscriptions=held)
    assert seconds_by_verdict(review) == {"outside_term": H}
    assert downtimes(review) == [0]


def test_no_hardware_is_owed_for_when_the_subscription_ended_before_its_measurement_began() -> None:
    held = [holder("klikk", fee="3000", currency="NOK", tier="gold", starts=at("2026-06-02"), ends=at("2026-06-08"))]
    outage = down(NOON, 40 * HOUR, component="hardware", reported=NOON, diagnosed=NOON)
    review = judged("klikk", [outage], subscriptions=held)
    assert review.owed == {"NOK": 0} or review.owed == {}


SPANS = st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 30), st.integers(1, 12))


@examples(10)
@given(st.lists(SPANS, max_size=8), st.sampled_from([2, 3]))
def test_the_time_in_which_enough_are_down_at_once_counts_once(
    spans: list[tuple[str | None, int, int]], n: int
) -> None:
    rows = [down(NOON + first * HOUR, long * HOUR, f"o{i}", component=c) for i, (c, first, long) in enumerate(spans)]
    lasted = verdicts(f"components: [a, b, c], at_once: {n}", rows)
    runs = [{c for c, first, long in spans if first <= hour < first + long} for hour in range(50)]
    joint = sum(None in names or len(names) >= n for names in runs)
    assert lasted.get("counted", 0) == joint * H
    assert sum(lasted.values()) == sum(long for *_, long in spans) * H


@pytest.mark.parametrize(
    ("window", "strictly", "length", "met"),
    [
        ("incident", "true", 5 * MINUTE, False),
        ("incident", "true", 5 * MINUTE - MICROSECOND, True),
        ("incident", "false", 5 * MINUTE, True),
        ("1mo", "true", 5 * MINUTE, False),
        ("1mo", "false", 5 * MINUTE, True),
    ],
)
def test_downtime_of_exactly_the_limit_misses_a_strict_promise(
    window: str, strictly: str, length: timedelta, met: bool
) -> None:
    policy = contract(f"metric: downtime, within: 5m, strictly: {strictly}, window: {window}")
    review = judged(policy, [down(at("2026-06-10T12:00"), length)])
    judgements = review.incidents if window == "incident" else review.availability
    assert judgements["met"].to_list() == [met]
