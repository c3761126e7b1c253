"""The second opinion itself, against numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from random_evidence import random_evidence
from second_opinion import QUESTIONS, Result, Row, assess

MICROSECOND = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
H = 3_600_000_000
OSLO = ZoneInfo("Europe/Oslo")
JUNE = datetime(2026, 5, 31, 22, tzinfo=UTC)  # the first of June in Oslo and Copenhagen
JULY = datetime(2026, 6, 30, 22, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def contract(policy: str, fee: str, **known: Any) -> Row:
    row = {"subscription": "s", "policy": policy, "tier": None, "monthly_fee": Decimal(fee), "ends": None}
    return row | {"starts": datetime(2025, 1, 1, tzinfo=UTC), **known}


def outage(name: str, started: datetime, length: timedelta, **known: Any) -> Row:
    row = {"outage": name, "subscription": "s", "started": started, "ended": started + length}
    return row | {"reported": started, **known}


def work(started: datetime, length: timedelta, notice: timedelta | None, **known: Any) -> Row:
    announced = None if notice is None else started - notice
    row = {"maintenance": "m", "subscription": "s", "started": started, "ended": started + length}
    return row | {"announced": announced, "kind": "scheduled", **known}


def june(
    subscription: Row,
    outages: list[Row],
    maintenance: list[Row] | None = None,
    claims: list[Row] | None = None,
    **answers: str,
) -> Result:
    """June 2026, looked at in December; `answers` with _ for -."""
    reading = {subscription["policy"]: {q.replace("_", "-"): answer for q, answer in answers.items()}}
    evidence = {
        "subscriptions": [subscription],
        "outages": outages,
        "maintenance": maintenance or [],
        "claims_made": claims or [],
    }
    return assess(evidence, "2026-06", "2026-06", LATER, reading)


def test_wp_heaven_prints_152_kroner_for_90_percent() -> None:
    found = june(contract("wp-heaven", "1600"), [outage("o", JUNE + DAY, 72 * HOUR)])
    assert found.availability == {("s", "website", JUNE): (720 * H, 72 * H, False)}
    assert found.credits == {("s", "website", JUNE): Decimal("152.00")}


def test_wp_heaven_maintenance_shortens_the_agreed_time() -> None:
    # 720 h - 20 h = 700 h; 7 h down is 99 %, half a point of 1600 is 8
    maintenance = [work(JUNE + DAY, 20 * HOUR, 48 * HOUR)]
    outages = [outage("o", JUNE + DAY, 27 * HOUR)]
    found = june(contract("wp-heaven", "1600"), outages, maintenance)
    assert found.verdicts == {
        ("s", "website", "o", "maintenance"): 20 * H,
        ("s", "website", "o", "counted"): 7 * H,
    }
    assert found.availability == {("s", "website", JUNE): (700 * H, 7 * H, False)}
    assert found.credits == {("s", "website", JUNE): Decimal("8.00")}
    # one microsecond late: it all counts. 27 of 720 h: 3.75 - 0.5 = 3.25 points
    maintenance = [work(JUNE + DAY, 20 * HOUR, 48 * HOUR - MICROSECOND)]
    found = june(contract("wp-heaven", "1600"), outages, maintenance)
    assert found.credits == {("s", "website", JUNE): Decimal("52.00")}


def test_the_first_signal_starts_the_wp_heaven_clock() -> None:
    at = JUNE + DAY
    late = outage("o", at, 3 * HOUR, reported=at + 2 * HOUR, detected=at + HOUR)
    never = outage("p", at + DAY, HOUR, reported=None)
    after = outage("q", at + 2 * DAY, HOUR, reported=at + 2 * DAY + HOUR + MICROSECOND)
    at_end = outage("r", at + 3 * DAY, HOUR, reported=at + 3 * DAY + HOUR)
    found = june(contract("wp-heaven", "1600"), [late, never, after, at_end])
    assert found.verdicts == {
        ("s", "website", "o", "before_clock_start"): H,
        ("s", "website", "o", "counted"): 2 * H,
        ("s", "website", "p", "unreported"): H,
        ("s", "website", "q", "unreported"): H,
        ("s", "website", "r", "before_clock_start"): H,
    }


@pytest.mark.parametrize(("extra", "owed"), [(0 * HOUR, {}), (MICROSECOND, {"iaas": Decimal("100.00")})])
def test_klikk_misses_one_microsecond_beyond_21_minutes_36(extra: timedelta, owed: dict[str, Decimal]) -> None:
    down = outage("o", JUNE + DAY, timedelta(minutes=21, seconds=36) + extra, component="network")
    found = june(contract("klikk", "3000"), [down])
    assert {remedy: amount for (_, remedy, _), amount in found.credits.items()} == owed
    assert found.verdicts["s", "hardware", "o", "other_component"] == found.availability["s", "network", JUNE][1]


def test_klikk_rebates_differ_by_reading() -> None:
    outages = [
        outage("a", JUNE + DAY, HOUR, component="network"),
        outage("b", JUNE + DAY + HOUR, HOUR, component="network"),  # touches a: one stretch
        outage("c", JUNE + 2 * DAY, MINUTE, component="network"),
        outage("d", JUNE + 3 * DAY, HOUR, component="connectivity"),
        outage("e", JUNE + 4 * DAY, MINUTE, component="hardware"),  # within its budget
    ]
    for rebate, thirtieths in (("per_service", 1), ("per_component", 2), ("per_incident", 3)):
        found = june(contract("klikk", "3000"), outages, rebate=rebate)
        assert found.credits == {("s", "iaas", JUNE): Decimal(100 * thirtieths)}


def test_klikk_emergency_maintenance_differs_by_reading() -> None:
    outages = [outage("o", JUNE + DAY, HOUR)]  # no component: concerns all
    emergency = [work(JUNE + DAY, HOUR, None, kind="emergency")]
    for answer, missed in (("infrastructure_only", 3), ("all", 0), ("none", 4)):
        found = june(contract("klikk", "3000"), outages, emergency, emergency_maintenance=answer)
        assert [met for _, _, met in found.availability.values()].count(False) == missed


def test_klikk_measures_from_the_first_of_the_next_month() -> None:
    outages = [outage("o", JULY - HOUR, 2 * HOUR, component="network")]
    for starts in (datetime(2026, 6, 1, tzinfo=OSLO), datetime(2026, 6, 30, 23, tzinfo=OSLO)):
        found = june(contract("klikk", "3000", starts=starts), outages)
        assert found.verdicts["s", "network", "o", "outside_term"] == H
        assert found.verdicts["s", "network", "o", "outside_period"] == H
        assert found.availability["s", "network", JUNE] == (0, 0, None)


def test_clock_changes_and_quarters() -> None:
    evidence = {"subscriptions": [contract("klikk", "3000")], "outages": []}
    march = assess(evidence, "2026-03", "2026-03", LATER).availability
    assert march["s", "network", datetime(2026, 2, 28, 23, tzinfo=UTC)][0] == 743 * H
    october = assess(evidence, "2026-10", "2026-10", LATER).availability
    assert october["s", "network", datetime(2026, 9, 30, 22, tzinfo=UTC)][0] == 745 * H
    quarters = assess(evidence, "2026-03", "2026-07", LATER, {"klikk": {"window": "quarter"}}).availability
    first, second = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert {start: agreed for (_, _, start), (agreed, _, _) in quarters.items()} == {
        first: (31 + 28 + 31) * 24 * H - H,  # ends in March, though it began before
        second: (30 + 31 + 30) * 24 * H,
    }


def test_what_runs_in_two_outages_stays_with_the_first_clock() -> None:
    at = JUNE + DAY
    outages = [
        outage("late", at, 3 * HOUR, reported=at + HOUR),
        outage("o9", at + 2 * HOUR, 2 * HOUR),
        outage("o10", at + 2 * HOUR, 3 * HOUR),  # the same clock start: o10 comes before o9
        outage("customer", at, 9 * HOUR, cause="customer"),  # keeps nothing
    ]
    verdicts = june(contract("wp-heaven", "1600"), outages).verdicts
    assert verdicts == {
        ("s", "website", "late", "before_clock_start"): H,
        ("s", "website", "late", "counted"): 2 * H,
        ("s", "website", "o10", "overlapping"): H,
        ("s", "website", "o10", "counted"): 2 * H,
        ("s", "website", "o9", "overlapping"): 2 * H,
        ("s", "website", "customer", "excluded_cause"): 9 * H,
    }


@pytest.mark.parametrize(
    ("length", "complete", "started"),
    [
        (3 * HOUR, 0, 0),
        (3 * HOUR + MICROSECOND, 0, 1),
        (5 * HOUR + 30 * MINUTE, 2, 3),
        (33 * HOUR, 30, 30),
        (99 * HOUR, 30, 30),
    ],
)
def test_klikk_hardware_replacement(length: timedelta, complete: int, started: int) -> None:
    at = JUNE + DAY
    down = outage("o", at - 5 * HOUR, length + 5 * HOUR, component="hardware", diagnosed=at)
    subscription = contract("klikk", "3000", component_fees={"hardware": Decimal("60")})
    for answer, hours in (("complete", complete), ("started", started)):
        found = june(subscription, [down], replacement_hours=answer)
        expected = Decimal(2 * hours) if hours else None
        assert found.credits.get(("s", "hardware-replacement", at)) == expected
        assert found.verdicts["s", "hardware-replacement", "o", "before_clock_start"] == 5 * H


def test_an_incident_is_judged_where_it_ends() -> None:
    over_the_edge = outage("o", JUNE - 2 * HOUR, 6 * HOUR, component="hardware")
    found = june(contract("klikk", "3000"), [over_the_edge])
    assert found.credits["s", "hardware-replacement", JUNE - 2 * HOUR] == Decimal("300.00")
    assert found.verdicts["s", "hardware-replacement", "o", "counted"] == 6 * H
    assert found.verdicts["s", "hardware", "o", "outside_period"] == 2 * H
    running = outage("o", JULY - 4 * HOUR, 9 * HOUR, component="hardware")
    found = june(contract("klikk", "3000"), [running])
    assert ("s", "hardware-replacement", JULY - 4 * HOUR) not in found.credits
    assert found.verdicts["s", "hardware-replacement", "o", "counted"] == 9 * H
    long_running = outage("o", JUNE - HOUR, 40 * DAY, component="hardware")
    found = june(contract("klikk", "3000"), [long_running])
    assert found.verdicts["s", "hardware-replacement", "o", "outside_period"] == 40 * 24 * H


def test_klikk_cap_is_net_of_earlier_claims() -> None:
    outages = [outage(f"o{n}", JUNE + n * DAY, HOUR, component="network") for n in range(20)]
    claim = {"subscription": "s", "remedy": "iaas", "window_start": JUNE - DAY, "claimed": JUNE}
    claims = [
        claim | {"amount": Decimal("2900.50")},
        claim | {"amount": None},
        claim | {"amount": Decimal("50"), "claimed": LATER + DAY},
        claim | {"amount": Decimal("70"), "window_start": JUNE},
        claim | {"amount": Decimal("90"), "remedy": "hardware-replacement"},
    ]
    found = june(contract("klikk", "3000"), outages, claims=claims, rebate="per_incident")
    assert found.credits == {("s", "iaas", JUNE): Decimal("99.50")}
    # 30 x 36000 / 365 = 2958.904..., less 2900.50
    found = june(contract("klikk", "3000"), outages, claims=claims, rebate="per_incident", cap="annual")
    assert found.credits == {("s", "iaas", JUNE): Decimal("58.40")}


@pytest.mark.parametrize(
    ("length", "owed"),
    [
        (timedelta(seconds=2592), None),  # 99.9 % of 720 h
        (timedelta(seconds=2592) + MICROSECOND, "5.00"),
        (timedelta(hours=7.2), "5.00"),  # 99 %
        (timedelta(hours=7.2) + MICROSECOND, "10.00"),
        (36 * HOUR, "10.00"),  # 95 %
        (36 * HOUR + MICROSECOND, "25.00"),
    ],
)
def test_klink_bands(length: timedelta, owed: str | None) -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    down = outage("o", start + DAY, length, reported=None)
    found = june(contract("klink-cloud", "100", tier="enterprise"), [down])
    assert found.credits == ({("s", "platform", start): Decimal(owed)} if owed else {})
    assert june(contract("klink-cloud", "100", tier="growth"), [down]).credits == {}


def test_klink_readings() -> None:
    at = datetime(2026, 6, 10, tzinfo=UTC)
    outages = [outage("o", at, HOUR), outage("p", at + DAY, HOUR)]
    maintenance = [work(at, HOUR, None), work(at + DAY, HOUR, None, kind="emergency")]
    for notice, emergency, counted in (
        ("required", "counts", 2),
        ("not_required", "counts", 1),
        ("required", "excluded", 1),
        ("not_required", "excluded", 0),
    ):
        subscription = contract("klink-cloud", "100", tier="enterprise")
        found = june(subscription, outages, maintenance, notice=notice, emergency_maintenance=emergency)
        assert [down for _, down, _ in found.availability.values()] == [counted * H]


def test_what_is_still_down_is_cut_at_as_of() -> None:
    now = JUNE + 10 * DAY
    down = outage("o", JUNE - HOUR, HOUR) | {"ended": None}
    future = outage("p", now, HOUR)
    evidence = {"subscriptions": [contract("wp-heaven", "1600")], "outages": [down, future]}
    found = assess(evidence, "2026-06", "2026-06", now)
    assert found.verdicts == {
        ("s", "website", "o", "outside_period"): H,
        ("s", "website", "o", "counted"): 240 * H,  # June is running
    }
    assert found.availability == {}
    assert found.credits == {}


def test_a_reading_must_exist() -> None:
    with pytest.raises(ValueError, match="window=decade"):
        june(contract("klikk", "1"), [], window="decade")


@pytest.mark.parametrize("policy", QUESTIONS)
@pytest.mark.parametrize("seed", range(4))
def test_verdicts_add_up_to_the_outages(policy: str, seed: int) -> None:
    evidence = random_evidence(seed, policy, outages=90)
    as_of = datetime(2026, 9, 17, 12, tzinfo=UTC)
    found = assess(evidence, "2025-12", "2026-10", as_of)
    guarantees = {guarantee for _, guarantee, _, _ in found.verdicts}
    for row in evidence["outages"]:
        expected = max(timedelta(0), min(row["ended"] or as_of, as_of) - row["started"])
        for guarantee in guarantees:
            spent = [us for (_, g, o, _), us in found.verdicts.items() if (g, o) == (guarantee, row["outage"])]
            assert sum(spent) * MICROSECOND == expected
            assert 0 not in spent


@pytest.mark.parametrize("policy", QUESTIONS)
def test_random_evidence_is_valid_and_repeatable(policy: str) -> None:
    evidence = random_evidence(7, policy)
    assert evidence == random_evidence(7, policy)
    assert evidence != random_evidence(8, policy)
    assert len({row["outage"] for row in evidence["outages"]}) == len(evidence["outages"]) == 200
    known = {row["subscription"] for row in evidence["subscriptions"]}
    for table in ("outages", "maintenance", "claims_made"):
        assert {row["subscription"] for row in evidence[table]} <= known
    for row in evidence["outages"] + evidence["maintenance"]:
        assert row["ended"] is None or row["started"] <= row["ended"]


@pytest.mark.long
def test_random_evidence_ends_up_at_the_thresholds() -> None:
    shares = {"klikk": (2000,), "wp-heaven": (200, 10), "klink-cloud": (1000, 100, 20)}
    for policy, parts in shares.items():
        distances = set()
        for seed in range(20):
            found = assess(random_evidence(seed, policy), "2025-11", "2026-12", datetime(2027, 1, 5, tzinfo=UTC))
            for agreed, downtime, _ in found.availability.values():
                distances |= {downtime - agreed // part for part in parts if agreed}
        assert {-1, 0, 1} <= distances
