"""The second calculation of keys that sections A, B and D of the format brought, against numbers worked out by hand.

June 2026 has 43,200 minutes, and the monthly fee is 43,200 EUR: a minute lost is worth one euro.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from reference import NotCovered, assess
from reference.trees import tree_of

Row = dict[str, Any]
JUNE = datetime(2026, 6, 1, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)
US = timedelta(microseconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEB = "id: web, metric: availability, target: 99.9, window: 1mo"  # 43.2 minutes are allowed in June


def contract(*guarantees: str, **sections: str) -> Row:
    """A policy of guarantees, and other sections, written in YAML."""
    listed = ", ".join(f"{{{one}}}" for one in guarantees)
    text = "\n".join(["id: p", f"guarantees: [{listed}]", *(f"{name}: {said}" for name, said in sections.items())])
    policy: Row = tree_of(text)
    return policy


def judged(policy: Row, as_of: datetime = LATER, reading: dict[str, str] | None = None, **evidence: Any) -> Any:
    """June 2026, looked at in December; columns of the subscription are written among the tables."""
    known = {name: evidence.pop(name) for name in ("tier", "component_fees", "monthly_fee") if name in evidence}
    subscription = {"subscription": "s", "policy": "p", "tier": None, "monthly_fee": Decimal(43200), "currency": "EUR"}
    subscription |= {"starts": datetime(2026, 1, 1, tzinfo=UTC), "ends": None, **known}
    tables = {"subscriptions": [subscription], "outages": [], **evidence}
    return assess({"p": policy}, tables, "2026-06", as_of, reading)


def down(name: str, started: datetime, length: timedelta, **known: Any) -> Row:
    return {"outage": name, "subscription": "s", "started": started, "ended": started + length, **known}


def work(started: datetime, length: timedelta, notice: timedelta, **known: Any) -> Row:
    row = {"maintenance": "m", "subscription": "s", "kind": "scheduled", "announced": started - notice}
    return row | {"started": started, "ended": started + length, **known}


def requests(started: datetime, failed: int, total: int) -> Row:
    return {"subscription": "s", "guarantee": "web", "measured": started, "failed": failed, "total": total}


def minutes(tables: Any, guarantee: str = "web") -> Fraction:
    """Downtime of June."""
    (row,) = (row for row in tables["availability"] if row["guarantee"] == guarantee)
    return Fraction(row["downtime_seconds"], 60)


def verdicts(tables: Any, guarantee: str = "web") -> dict[tuple[str, str], Fraction]:
    """Outage and verdict to minutes."""
    found: dict[tuple[str, str], Fraction] = {}
    for row in tables["ledger"]:
        if row["guarantee"] == guarantee and row["verdict"] != "outside_period":
            key = row["outage"], row["verdict"]
            found[key] = found.get(key, Fraction(0)) + row["seconds"] / 60
    return found


def credit(tables: Any, remedy: str = "web") -> Decimal:
    """What a remedy owes for June, or for all incidents that ended in it."""
    return sum((row["amount"] for row in tables["credits"] if row["remedy"] == remedy), Decimal(0))


# A. Credits and limits


@pytest.mark.parametrize(
    ("said", "owed"),
    [
        ("flat: 1%", 864),  # 432 for each of two days
        ("accrual: {credit: 1%, per: 10m, count: complete, after: 15m}", 864),  # one complete 10 minutes of 15 in each
        ("multiple: 10", 600),
        ("bands: [{downtime: {from: 30m}, credit: 1%}, {downtime: {above: 30m}, credit: 5%}]", 864),
        ("flat: 1%, caps: [{per: window, at_most: 1.5%}]", 648),  # of the days together
        ("flat: 1%, minimum: {from: 2%, otherwise: nothing}", 864),  # the sum reaches it, though no day does
        ("flat: 1%, minimum: {above: 2%, otherwise: nothing}", 0),
        ("flat: 1%, minimum: {from: 3%, otherwise: raised}", 1296),  # once, and not for each day
    ],
)
def test_a_credit_per_day_is_due_for_each_local_day_of_a_month_that_is_breached(said: str, owed: int) -> None:
    # midnight in Oslo is 22:00 UTC: half an hour on 10 June and half an hour on 11 June, 60 of 43.2 minutes
    outages = [down("a", JUNE + 9 * DAY + timedelta(hours=21, minutes=30), HOUR)]
    policy = contract(WEB + ", credit: {" + said + ", per: day}", time_zone="Europe/Oslo")
    assert credit(judged(policy, outages=outages)) == owed


def test_a_month_that_is_kept_owes_nothing_per_day_but_by_bands() -> None:
    outages = [down("a", JUNE + 10 * DAY - 20 * MINUTE, 40 * MINUTE)]  # 40 of 43.2 minutes
    for said, owed in (("flat: 1%", 0), ("bands: [{downtime: {from: 20m}, credit: 1%}]", 864)):
        policy = contract(WEB + ", credit: {" + said + ", per: day}")
        assert credit(judged(policy, outages=outages)) == owed


HOUR_AND_TWENTY = [down("a", JUNE + DAY, 60 * MINUTE), down("b", JUNE + 2 * DAY, 20 * MINUTE)]


@pytest.mark.parametrize(
    ("per", "owed"),
    [
        ("", 650),  # 10 x (80 - 15)
        (", per: window", 650),
        (", per: guarantee", 650),
        (", per: incident", 500),  # 10 x (60 - 15) + 10 x (20 - 15)
        (", per: day", 500),  # the same: each incident has a day of its own
    ],
)
def test_a_multiple_pays_the_time_beyond_its_deductible(per: str, owed: int) -> None:
    policy = contract(WEB + ", credit: {multiple: {by: 10, after: 15m}" + per + "}")
    assert credit(judged(policy, outages=HOUR_AND_TWENTY)) == owed


def test_a_deductible_is_taken_from_each_day_of_an_outage_over_midnight() -> None:
    # 30 minutes before midnight and 40 after it: 10 x (15 + 25) by days, 10 x (70 - 15) by incidents
    outages = [down("a", JUNE + DAY - 30 * MINUTE, 70 * MINUTE)]
    by_day = contract(WEB + ", credit: {multiple: {by: 10, after: 15m}, per: day}")
    by_incident = contract(WEB + ", credit: {multiple: {by: 10, after: 15m}, per: incident}")
    assert credit(judged(by_day, outages=outages)) == 400
    assert credit(judged(by_incident, outages=outages)) == 550


def test_a_deductible_never_takes_more_than_there_is() -> None:
    # of 60 and 20 minutes a deductible of 30 leaves 30 and nothing; of the 80 of the window a day leaves nothing
    by_incident = contract(WEB + ", credit: {multiple: {by: 10, after: 30m}, per: incident}")
    assert credit(judged(by_incident, outages=HOUR_AND_TWENTY)) == 300
    of_window = contract(WEB + ", credit: {multiple: {by: 10, after: 1d}}")
    assert credit(judged(of_window, outages=HOUR_AND_TWENTY)) == 0


@pytest.mark.parametrize(
    "multiple",
    ["{by: {gold: 10, silver: 5}, after: 15m}", "{gold: {by: 10, after: 15m}, silver: {by: 5, after: 15m}}"],
)
def test_a_multiple_with_a_deductible_may_differ_by_tier(multiple: str) -> None:
    policy = contract(WEB + ", credit: {multiple: " + multiple + "}", tiers="[gold, silver, bronze]")
    owed = {tier: credit(judged(policy, outages=HOUR_AND_TWENTY, tier=tier)) for tier in policy["tiers"]}
    assert owed == {"gold": 650, "silver": 325, "bronze": 0}  # 10 x 65, 5 x 65, and no such credit


def test_a_band_adds_a_multiple_with_a_deductible() -> None:
    # 1 % of 43,200 and 2 x (80 - 15)
    policy = contract(WEB + ", credit: {bands: [{below: 99.9, credit: 1%, plus: {multiple: {by: 2, after: 15m}}}]}")
    assert credit(judged(policy, outages=HOUR_AND_TWENTY)) == 432 + 130


def test_a_deductible_needs_a_measure_of_time() -> None:
    policy = contract(WEB + ", measured: {by: ratio}, credit: {multiple: {by: 10, after: 15m}}")
    with pytest.raises(NotCovered, match="measures no time"):
        judged(policy, measurements=[requests(JUNE, 1, 10)])


@pytest.mark.parametrize(
    ("edge", "lost"), [("at: 5", 2), ("at: {above: 5}", 1), ("at: 5.000001", 1), ("at: {above: 4.999999}", 2)]
)
def test_a_slice_is_down_at_a_share_of_failures_or_above_it(edge: str, lost: int) -> None:
    # slices of a minute with 4, 5 and 6 failures of 100
    rows = [requests(JUNE + n * HOUR, failed, 100) for n, failed in enumerate((4, 5, 6))]
    policy = contract(WEB + ", measured: {by: down, slice: 1m, " + edge + "}")
    assert minutes(judged(policy, measurements=rows)) == lost


@pytest.mark.parametrize(
    ("minimum", "counted"),
    [("5m", {"five", "more"}), ("{from: 5m}", {"five", "more"}), ("{above: 5m}", {"more"})],
)
def test_outages_of_a_minimum_or_of_more_than_it_count(minimum: str, counted: set[str]) -> None:
    outages = [
        down("less", JUNE, 5 * MINUTE - US),
        down("five", JUNE + DAY, 5 * MINUTE),
        down("more", JUNE + 2 * DAY, 5 * MINUTE + US),
    ]
    found = verdicts(judged(contract(WEB + f", minimum: {minimum}"), outages=outages))
    assert {outage for outage, verdict in found if verdict == "counted"} == counted
    assert {outage for outage, verdict in found if verdict == "too_short"} == {"less", "five", "more"} - counted


@pytest.mark.parametrize(("end", "met"), [("to", True), ("below", False)])
def test_a_recovery_at_its_limit_misses_it_where_it_must_be_less(end: str, met: bool) -> None:
    policy = contract(WEB, recovery=f"[{{id: vm, rpo: {{{end}: 1h}}, rto: {{{end}: 4h}}}}]")
    row = {"recovery": "r", "subscription": "s", "kind": "vm", "failed": JUNE, "last_good_copy": JUNE - HOUR}
    (found,) = judged(policy, recoveries=[row | {"restored": JUNE + 4 * HOUR}])["recoveries"]
    assert (found["rpo_met"], found["rto_met"]) == (met, met)
    # what is not restored after exactly 4 hours can be back in 4 hours still, but not in less
    (found,) = judged(policy, as_of=JUNE + 4 * HOUR, recoveries=[row | {"restored": None}])["recoveries"]
    assert found["rto_met"] is (None if met else False)


# 432 minutes are 1 % of June: one point below 100, 0.9 points below 99.9
POINT_LOST = [down("a", JUNE + DAY, 432 * MINUTE)]


@pytest.mark.parametrize(
    ("said", "owed"),
    [
        ("{shortfall: {credit: 1/360}}", "108.00"),  # 0.9 / 360 of 43,200
        ("{shortfall: {credit: 2%}}", "777.60"),  # 0.9 x 2 % of 43,200
        ("{shortfall: {step: 0.5, credit: 1/360}}", "240.00"),  # two begun steps of 120
        ("{shortfall: {step: 0.5, credit: 2%}}", "1728.00"),
        ("{accrual: {credit: 1/360, per: 1h, count: complete}}", "840.00"),  # 7 hours of 120
        ("{accrual: {credit: 2%, per: 1h, count: complete}}", "6048.00"),
        ("{accrual: {credit: 1/360, per: 1h, count: exact}}", "864.00"),  # 7.2 hours of 120
        ("{bands: [{below: 99.9, credit: 1/360}]}", "120.00"),
        ("{bands: [{below: 99.9, credit: 2%}]}", "864.00"),
        ("{bands: [{below: 99.9, credit: 1/360, plus: {multiple: 1/2}}]}", "336.00"),  # 120 and half of 432
        ("{flat: 1/360}", "120.00"),
        ("{flat: 2%}", "864.00"),
        ("{multiple: 1/3}", "144.00"),  # a third of 432 euros
        ("{multiple: {by: 1/3, after: 1h}}", "124.00"),  # a third of 372
        ("{multiple: 50%}", "216.00"),
        ("{flat: 3 points, points: {each: 1/360}}", "360.00"),
        ("{flat: 3 points, points: {each: 2%}}", "2592.00"),
        ("{flat: 3 points, points: {bands: [{from: 1, credit: 1/360}, {from: 4, credit: 1/2}]}}", "120.00"),
        ("{flat: 50%, caps: [{per: window, at_most: 1/360}]}", "120.00"),
        ("{flat: 50%, caps: [{per: window, at_most: 2%}]}", "864.00"),
        ("{flat: 1%, minimum: {from: 1/72, otherwise: raised}}", "600.00"),  # 432 raised to 600
        ("{flat: 1%, minimum: {from: 1/72, otherwise: nothing}}", "0"),
        ("{flat: 1%, minimum: {above: 1/100, otherwise: nothing}}", "0"),  # 432 is not more than 432
        ("{flat: 1%, multipliers: [{when: {incidents: 1}, by: 1/3}]}", "144.00"),
        ("{flat: 1%, multipliers: [{when: {incidents: 1}, by: 150%}]}", "648.00"),
    ],
)
def test_a_rate_of_a_fee_is_a_fraction_or_a_percentage(said: str, owed: str) -> None:
    assert credit(judged(contract(f"{WEB}, credit: {said}"), outages=POINT_LOST)) == Decimal(owed)


@pytest.mark.parametrize(("share", "left"), [("1/3", "576.00"), ("25%", "648.00"), ("100%", "0")])
def test_a_fraction_or_a_percentage_of_a_credit_is_given_back(share: str, left: str) -> None:
    # 2 % of 43,200 is 864; July, which is good, gives its share of it back
    policy = contract(WEB + ", credit: {flat: 2%, earn_back: {windows: 1, share: " + share + "}}")
    subscription = {"subscription": "s", "policy": "p", "tier": None, "monthly_fee": Decimal(43200), "ends": None}
    subscription |= {"currency": "EUR", "starts": datetime(2026, 1, 1, tzinfo=UTC)}
    tables = assess({"p": policy}, {"subscriptions": [subscription], "outages": POINT_LOST}, "2026-06/2026-07", LATER)
    assert credit(tables) == Decimal(left)


# B. Measurement


def test_outages_with_less_than_the_gap_between_them_are_one_incident() -> None:
    # 20 minutes, 4:59.999999 up, 30 minutes, 5 minutes up, 10 minutes: two incidents of 50 and of 10 minutes
    at = JUNE + DAY
    outages = [
        down("a", at, 20 * MINUTE),
        down("b", at + 25 * MINUTE - US, 30 * MINUTE),
        down("c", at + 60 * MINUTE - US, 10 * MINUTE),
    ]
    flat = ", credit: {flat: 1%, per: incident}"
    assert credit(judged(contract(WEB + flat), outages=outages)) == 3 * 432
    found = judged(contract(WEB + ", join_gaps: 5m" + flat), outages=outages)
    assert credit(found) == 2 * 432
    assert minutes(found) == 60  # a gap is no downtime


def test_joined_outages_are_long_enough_together_by_their_own_time() -> None:
    # 3 and 4 minutes with 2 minutes between them: 7 minutes, and not 9
    outages = [down("a", JUNE + DAY, 3 * MINUTE), down("b", JUNE + DAY + 5 * MINUTE, 4 * MINUTE)]
    for minimum, counted in (("5m", 7), ("7m", 7), ("{above: 7m}", 0), ("9m", 0)):
        policy = contract(WEB + f", join_gaps: 5m, minimum: {minimum}")
        assert minutes(judged(policy, outages=outages)) == counted
    assert minutes(judged(contract(WEB + ", minimum: 5m"), outages=outages)) == 0


def test_a_chain_of_short_gaps_is_one_incident_judged_by_its_counted_time() -> None:
    # five times 10 minutes, each 4 minutes after the last: one incident of 50 minutes, from first to last 66
    outages = [down(str(n), JUNE + DAY + n * 14 * MINUTE, 10 * MINUTE) for n in range(5)]
    bands = ", credit: {bands: [{outage: {from: 50m}, credit: 1%}, {outage: {above: 50m}, credit: 50%}]}"
    assert credit(judged(contract(WEB + ", join_gaps: 5m" + bands), outages=outages)) == 432
    assert credit(judged(contract(WEB + bands), outages=outages)) == 0


def test_whole_units_are_of_the_joined_incident() -> None:
    # 50 and 35 minutes: whole half-hours of each are 30 and 30; of the 85 together 60, cut at the end
    outages = [down("a", JUNE + DAY, 50 * MINUTE), down("b", JUNE + DAY + 52 * MINUTE, 35 * MINUTE)]
    assert minutes(judged(contract(WEB + ", unit: 30m"), outages=outages)) == 60
    found = verdicts(judged(contract(WEB + ", unit: 30m, join_gaps: 3m"), outages=outages))
    assert found == {("a", "counted"): 50, ("b", "counted"): 10, ("b", "rounding_remainder"): 25}


def test_a_promise_about_single_incidents_judges_joined_outages_once() -> None:
    # 40 and 30 minutes with 10 between them: 70 minutes of an incident of 80, more than an hour
    fix = "id: web, metric: downtime, within: 1h, window: incident"
    outages = [down("a", JUNE + DAY, 40 * MINUTE), down("b", JUNE + DAY + 50 * MINUTE, 30 * MINUTE)]
    assert [row["met"] for row in judged(contract(fix), outages=outages)["incidents"]] == [True, True]
    (row,) = judged(contract(fix + ", join_gaps: 15m"), outages=outages)["incidents"]
    assert (row["met"], row["seconds"], row["ended"] - row["started"]) == (False, 70 * 60, 80 * MINUTE)


def test_what_is_no_downtime_of_the_guarantee_does_not_keep_outages_apart() -> None:
    # between the two an outage that the customer caused: 3 minutes without downtime that counts
    at = JUNE + DAY
    outages = [
        down("a", at, 30 * MINUTE),
        down("theirs", at + 30 * MINUTE, 3 * MINUTE, cause="customer"),
        down("b", at + 33 * MINUTE, 30 * MINUTE),
    ]
    terms = ", exclude: {causes: [customer]}, credit: {flat: 1%, per: incident}"
    assert credit(judged(contract(WEB + terms), outages=outages)) == 2 * 432
    found = judged(contract(WEB + ", join_gaps: 5m" + terms), outages=outages)
    assert (credit(found), minutes(found)) == (432, 60)


def test_joined_outages_are_one_of_a_number_of_incidents() -> None:
    rare = "id: web, metric: incidents, at_most: 1, window: 1mo"
    outages = [down("a", JUNE + DAY, MINUTE), down("b", JUNE + DAY + 3 * MINUTE, MINUTE)]
    for gap, number in (("", 2), (", join_gaps: 2m", 2), (", join_gaps: 3m", 1)):
        (row,) = judged(contract(rare + gap), outages=outages)["figures"]
        assert (row["level"], row["met"]) == (number, number == 1)


MEAN = WEB + ", combine: mean, components: [a, b, c, d]"


def test_a_mean_divides_the_downtime_of_all_components_by_their_number() -> None:
    # a is down for 120 minutes and b for 60 of them: 120 / 4 + 60 / 4 = 45 of 43.2 minutes; together it were 120
    outages = [down("1", JUNE + DAY, 2 * HOUR, component="a"), down("2", JUNE + DAY, HOUR, component="b")]
    found = judged(contract(MEAN + ", credit: {multiple: {by: 10, after: 15m}}"), outages=outages)
    assert minutes(found) == 45
    assert verdicts(found) == {("1", "counted"): 120, ("2", "counted"): 60}  # seconds of an outage stay real
    (row,) = found["availability"]
    assert (row["exact"], row["met"]) == (100 - Fraction(4500, 43200), False)
    assert credit(found) == 300  # 10 x (45 - 15): the deductible is taken from the mean
    assert minutes(judged(contract(MEAN.replace("mean", "union")), outages=outages)) == 120


def test_an_outage_of_no_component_concerns_each_and_overlaps_what_each_has() -> None:
    # all four for 60 minutes; a was down for 30 minutes before, and 30 of the 60: (90 + 60 + 60 + 60) / 4
    outages = [down("a", JUNE + DAY, HOUR, component="a"), down("all", JUNE + DAY + HOUR / 2, HOUR)]
    found = judged(contract(MEAN), outages=outages)
    assert minutes(found) == Fraction(270, 4)
    assert verdicts(found) == {("a", "counted"): 60, ("all", "counted"): 60}
    # of two that concern all, the later one keeps nothing while the first runs
    outages = [down("all", JUNE + DAY, HOUR), down("again", JUNE + DAY + HOUR / 2, HOUR)]
    found = judged(contract(MEAN), outages=outages)
    assert minutes(found) == 90
    assert verdicts(found) == {("all", "counted"): 60, ("again", "overlapping"): 30, ("again", "counted"): 30}


def test_a_mean_of_three_components_is_exact_and_met_at_its_target() -> None:
    # 99.9 of June allows 43.2 minutes, which 3 x 43.2 = 129.6 minutes of one component reach, and a microsecond passes
    mean = contract(WEB + ", combine: mean, components: [a, b, c]")
    for extra, met in ((0 * US, True), (US, False)):
        outages = [down("1", JUNE, 129 * MINUTE + timedelta(seconds=36) + extra, component="a")]
        (row,) = judged(mean, outages=outages)["availability"]
        assert (row["met"], row["target"]) == (met, Fraction("99.9"))


def test_each_component_of_a_mean_is_judged_by_all_rules_alone() -> None:
    # a and b follow each other with 3 minutes each: neither is long enough, though together they were 6
    outages = [down("1", JUNE, 3 * MINUTE, component="a"), down("2", JUNE + 3 * MINUTE, 3 * MINUTE, component="b")]
    found = judged(contract(MEAN + ", minimum: 5m"), outages=outages)
    assert verdicts(found) == {("1", "too_short"): 3, ("2", "too_short"): 3}
    # whole quarters of each: 20 minutes of a are 15, and 20 of b are 15
    outages = [down("1", JUNE, 20 * MINUTE, component="a"), down("2", JUNE, 20 * MINUTE, component="b")]
    assert minutes(judged(contract(MEAN + ", unit: 15m"), outages=outages)) == Fraction(30, 4)
    # 20 minutes rounded up to a half-hour for each incident, and for the month once, of the mean
    up = "{to: 30m, how: up}"
    assert minutes(judged(contract(MEAN + ", rounded: {outage: " + up + "}"), outages=outages)) == 15
    assert minutes(judged(contract(MEAN + ", rounded: {downtime: " + up + "}"), outages=outages)) == 30
    # a's two outages are joined, b's is its own
    outages = [
        down("1", JUNE, 4 * MINUTE, component="a"),
        down("2", JUNE + 5 * MINUTE, 4 * MINUTE, component="b"),
        down("3", JUNE + 8 * MINUTE, 4 * MINUTE, component="a"),
    ]
    found = judged(contract(MEAN + ", join_gaps: 5m, minimum: 8m"), outages=outages)
    assert verdicts(found) == {("1", "counted"): 4, ("2", "too_short"): 4, ("3", "counted"): 4}


def test_maintenance_of_one_component_takes_out_its_part_of_a_mean() -> None:
    # an hour of all four, a being maintained: 3 x 60 / 4
    outages = [down("all", JUNE + DAY, HOUR)]
    policy = contract(MEAN + ", exclude: {maintenance: [scheduled]}, denominator: less_maintenance")
    found = judged(policy, outages=outages, maintenance=[work(JUNE + DAY, HOUR, DAY, component="a")])
    assert (minutes(found), verdicts(found)) == (45, {("all", "counted"): 60})
    assert found["availability"][0]["agreed_seconds"] == 720 * 3600
    # all being maintained, nothing counts, and the agreed time is an hour shorter
    found = judged(policy, outages=outages, maintenance=[work(JUNE + DAY, HOUR, DAY)])
    assert (minutes(found), verdicts(found)) == (0, {("all", "maintenance"): 60})
    assert found["availability"][0]["agreed_seconds"] == 719 * 3600


def test_each_component_of_a_mean_has_an_allowance_of_its_own() -> None:
    # a is worked on from 0 to 1 and b from 1 to 2 o'clock, with an hour allowed: of each as if it were alone
    policy = contract(
        MEAN + ", exclude: {maintenance: [scheduled]}", maintenance="[{kind: scheduled, allowance: {at_most: 1h}}]"
    )
    works = [work(JUNE, HOUR, DAY, component="a"), work(JUNE + HOUR, HOUR, DAY, component="b")]
    outages = [down("1", JUNE, HOUR, component="a"), down("2", JUNE + HOUR, HOUR, component="b")]
    assert minutes(judged(policy, outages=outages, maintenance=works)) == 0


def test_components_of_a_mean_are_those_that_are_paid_for_where_none_is_named() -> None:
    policy = contract(WEB + ", combine: mean")
    outages = [down("1", JUNE, HOUR, component="a"), down("2", JUNE, HOUR, component="elsewhere")]
    fees = {"a": Decimal(100), "b": Decimal(200), "c": Decimal(300)}
    found = judged(policy, outages=outages, component_fees=fees)
    assert minutes(found) == 20
    assert verdicts(found) == {("1", "counted"): 60, ("2", "other_component"): 60}
    assert minutes(judged(policy, outages=outages, component_fees={"a": Decimal(100)})) == 60
    for none in (None, {}):
        with pytest.raises(ValueError, match="over no components"):
            judged(policy, outages=outages, component_fees=none)


def test_a_mean_has_no_single_incidents_but_a_claim_runs_from_its_last_counted_instant() -> None:
    outages = [down("1", JUNE, 2 * HOUR, component="a"), down("2", JUNE + HOUR, 3 * HOUR, component="b")]
    for said in ("flat: 1%, per: incident", "flat: 1%, per: day", "flat: 1%, when: {incidents: 1}"):
        with pytest.raises(NotCovered, match="mean over components"):
            judged(contract(MEAN + ", credit: {" + said + "}"), outages=outages)
    # (120 + 180) / 4 = 75 minutes; the two overlap, and are one outage of the service from 0 to 4 o'clock
    for anchor, hours in (("incident_start", 0), ("incident_end", 4)):
        claims = "{within: 48h, after: " + anchor + "}"
        found = judged(contract(MEAN + ", credit: {flat: 1%}", claims=claims), outages=outages)
        assert [row["deadline"] for row in found["claims"]] == [JUNE + hours * HOUR + 48 * HOUR]


MOSTLY_QUIET = [requests(JUNE, 50, 99), requests(JUNE + HOUR, 10, 100), requests(JUNE + 2 * HOUR, 30, 300)]
"""Three hours that lost 50.5 %, 10 % and 10 % of 99, 100 and 300 requests."""


def test_an_incident_belongs_to_the_month_in_which_it_starts() -> None:
    # 4 h in June are 40 %; 3 h over its end are 30 %, of which June's half leaves 10 %; 4 h in July are 40 % again
    accrual = "accrual: {credit: 10%, per: 1h, count: started, after: {gold: 0h, silver: 2h}}"
    terms = f"credit: {{{accrual}, caps: [{{per: 1mo, at_most: 50%}}]}}"
    policy = contract(f"id: web, metric: downtime, within: 1h, window: incident, {terms}", tiers="[gold, silver]")
    over = datetime(2026, 6, 30, 22, tzinfo=UTC)
    outages = [down("a", JUNE, 4 * HOUR), down("b", over, 3 * HOUR), down("c", over + DAY, 4 * HOUR)]
    for tier, paid in (("gold", [17280, 4320, 17280]), ("silver", [8640, 4320, 8640])):
        known = {"policy": "p", "tier": tier, "monthly_fee": Decimal(43200), "currency": "EUR", "ends": None}
        held = {"subscription": "s", **known, "starts": datetime(2026, 1, 1, tzinfo=UTC)}
        found = assess({"p": policy}, {"subscriptions": [held], "outages": outages}, "2026-06/2026-07", LATER, None)
        assert [row["amount"] for row in found["credits"]] == paid


def test_slices_of_too_few_requests_leave_a_mean() -> None:
    hourly = WEB + ", measured: {by: mean, slice: 1h"
    # (10 + 10) / 2: the first hour, and the 717 of which no row tells, are not judged
    (row,) = judged(contract(hourly + ", minimum_total: 100}"), measurements=MOSTLY_QUIET)["figures"]
    assert (row["exact"], row["met"], row["measurements"]) == (90, False, 3)
    # (50/99 + 10 % + 10 %) / 3
    (row,) = judged(contract(hourly + ", minimum_total: 99}"), measurements=MOSTLY_QUIET)["figures"]
    assert row["exact"] == 100 - (Fraction(5000, 99) + 20) / 3
    # of no hour there are so many: nothing is known
    (row,) = judged(contract(hourly + ", minimum_total: 301}"), measurements=MOSTLY_QUIET)["figures"]
    assert (row["exact"], row["met"]) == (None, None)


def test_requests_of_one_slice_are_counted_together() -> None:
    # 60 requests on the hour and 60 half an hour later are 120 of one slice: 30 of 120 failed
    rows = [requests(JUNE, 10, 60), requests(JUNE + HOUR / 2, 20, 60)]
    policy = contract(WEB + ", measured: {by: mean, slice: 1h, minimum_total: 100}")
    (row,) = judged(policy, measurements=rows)["figures"]
    assert row["exact"] == 75


@pytest.mark.parametrize(("fewest", "exact", "met"), [(499, "81.963927", False), (500, None, None)])
def test_a_ratio_of_too_few_requests_is_not_judged(fewest: int, exact: str | None, met: bool | None) -> None:
    # 90 of 499 failed: 18.036072... %
    policy = contract(WEB + ", measured: {by: ratio, minimum_total: " + str(fewest) + "}, credit: {flat: 1%}")
    found = judged(policy, measurements=MOSTLY_QUIET)
    (row,) = found["figures"]
    assert (row["level"], row["met"]) == (exact and Decimal(exact), met)
    assert credit(found) == (432 if met is False else 0)


def test_a_ratio_of_nothing_is_met_unless_it_takes_some_requests_to_be_judged() -> None:
    rows = [requests(JUNE, 0, 0)]
    for terms, met in (("", True), (", minimum_total: 1", None)):
        policy = contract(WEB + ", measured: {by: ratio" + terms + "}")
        assert [row["met"] for row in judged(policy, measurements=rows)["figures"]] == [met]


def test_a_slice_of_too_few_requests_is_not_down() -> None:
    terms = WEB + ", measured: {by: down, slice: 1h, at: 5, minimum_total: "
    for fewest, hours in ((99, 3), (100, 2), (101, 1), (301, 0)):
        (row,) = judged(contract(terms + f"{fewest}}}"), measurements=MOSTLY_QUIET)["availability"]
        assert (row["downtime_seconds"], row["met"]) == (hours * 3600, hours == 0)


def test_a_value_does_not_tell_of_how_many_requests_it_is() -> None:
    rows = [{"subscription": "s", "guarantee": "web", "measured": JUNE, "value": Decimal(99)}]
    for how in ("mean, slice: 1h", "down, slice: 1h, at: 5", "ratio"):
        with pytest.raises(ValueError, match="how many requests"):
            judged(contract(WEB + ", measured: {by: " + how + ", minimum_total: 100}"), measurements=rows)


NIGHT = "hours: {weekly: {mon-sun: ['02:00-04:00']}}"
EXCLUDED = WEB + ", exclude: {maintenance: [scheduled]}"


def test_maintenance_qualifies_by_any_entry_of_its_kind() -> None:
    # two hours at night with a day's notice, or any time with ten days'
    entries = "[{id: night, kind: scheduled, notice: 24h, " + NIGHT + "}, {id: day, kind: scheduled, notice: 10d}]"
    policy = contract(EXCLUDED, maintenance=entries)
    outages = [down("a", JUNE + DAY, 6 * HOUR)]
    for notice, counted in ((23 * HOUR, 360), (24 * HOUR, 240), (10 * DAY - US, 240), (10 * DAY, 0)):
        assert minutes(judged(policy, outages=outages, maintenance=[work(JUNE + DAY, 6 * HOUR, notice)])) == counted


@pytest.mark.parametrize(("night_first", "counted"), [(True, 60), (False, 180)])
def test_an_allowance_counts_only_what_no_entry_before_it_has_taken(night_first: bool, counted: int) -> None:
    # Work from 02:00 to 04:00, and again from 10:00 to 13:00; nights qualify, and two hours of anything in a month.
    # Nights first: 02-04, and of the allowance 10-12; 12-13 counts. The allowance first: it is used up from 02 to 04,
    # which the nights would have taken anyway; 10-13 counts.
    night = "{id: night, kind: scheduled, " + NIGHT + "}"
    some = "{id: some, kind: scheduled, allowance: {at_most: 2h, per: 1mo}}"
    entries = [night, some] if night_first else [some, night]
    policy = contract(EXCLUDED, maintenance=f"[{', '.join(entries)}]")
    works = [work(JUNE + 2 * HOUR, 2 * HOUR, DAY), work(JUNE + 10 * HOUR, 3 * HOUR, DAY)]
    outages = [down("a", JUNE + 2 * HOUR, 2 * HOUR), down("b", JUNE + 10 * HOUR, 3 * HOUR)]
    assert minutes(judged(policy, outages=outages, maintenance=works)) == counted


def test_what_was_taken_for_one_component_is_not_taken_for_another() -> None:
    # Both hosts are worked on from 02:00 to 04:00, a with ten days' notice. The first entry takes all of it for a; the
    # hour of the second is therefore b's, from 02 to 03.
    entries = "[{id: told, kind: scheduled, notice: 10d}, {id: some, kind: scheduled, allowance: {at_most: 1h}}]"
    policy = contract(EXCLUDED, maintenance=entries)
    at = JUNE + 2 * HOUR
    works = [work(at, 2 * HOUR, 10 * DAY, component="a"), work(at, 2 * HOUR, DAY, component="b")]
    for host, counted in (("a", 0), ("b", 60)):
        outages = [down("1", at, 2 * HOUR, component=host)]
        assert minutes(judged(policy, outages=outages, maintenance=works)) == counted


def test_a_path_names_an_entry_of_maintenance_by_its_id_or_by_a_kind_that_stands_once() -> None:
    entries = "[{id: long, kind: scheduled, notice: 10d}, {id: short, kind: scheduled, notice: 10d}, {kind: emergency}]"
    outages, works = [down("a", JUNE + DAY, HOUR)], [work(JUNE + DAY, HOUR, DAY)]
    for path, counted in (("short.notice", 0), ("emergency.notice", 60), ("scheduled.notice", None)):
        answers = "{as_written: {}, shorter: {set: {maintenance." + path + ": 24h}}}"
        question = "[{id: notice, default: as_written, answers: " + answers + "}]"
        policy = contract(EXCLUDED, maintenance=entries, readings=question)
        if counted is None:
            with pytest.raises(ValueError, match="name one by its id"):
                judged(policy, outages=outages, maintenance=works, reading={"notice": "shorter"})
        else:
            found = judged(policy, outages=outages, maintenance=works, reading={"notice": "shorter"})
            assert minutes(found) == counted


@pytest.mark.parametrize(
    ("reported", "found"),
    [
        (0 * HOUR, {"counted": 1800}),
        (24 * HOUR, {"counted": 1800}),  # exactly 24 hours is in time
        (24 * HOUR + MINUTE, {"before_clock_start": 1441, "counted": 359}),  # late: the clock starts at the report
        (30 * HOUR + US, {"unreported": 1800}),  # late, and after the end
        (None, {"unreported": 1800}),
    ],
)
def test_a_report_moves_the_start_only_when_late(reported: timedelta | None, found: dict[str, int]) -> None:
    at = JUNE + DAY
    outages = [down("a", at, 30 * HOUR, reported=None if reported is None else at + reported)]
    tables = judged(contract(WEB + ", clock: reported, grace: 24h"), outages=outages)
    assert {verdict: minutes for (_, verdict), minutes in verdicts(tables).items()} == found


def test_a_report_in_time_may_come_after_the_end() -> None:
    at = JUNE + DAY
    outages = [down("a", at, HOUR, reported=at + 5 * HOUR)]
    assert minutes(judged(contract(WEB + ", clock: reported"), outages=outages)) == 0
    graced = contract(WEB + ", clock: reported, grace: 24h")
    assert minutes(judged(graced, outages=outages)) == 60
    # before it is made, nobody knows of it
    found = verdicts(judged(graced, as_of=at + 4 * HOUR, outages=outages))
    assert found == {("a", "unreported"): 60}


def test_the_first_of_two_signals_is_in_time() -> None:
    at = JUNE + DAY
    outages = [down("a", at, 30 * HOUR, reported=at + 26 * HOUR, detected=at + 23 * HOUR)]
    assert minutes(judged(contract(WEB + ", clock: reported_or_detected, grace: 24h"), outages=outages)) == 1800


# D. Shared terms


def test_a_guarantee_takes_what_it_does_not_write_from_the_one_it_is_like() -> None:
    # the minimum, the causes and the target are the other's; the component, the credit and the limit are not
    web = WEB + ", components: [web], minimum: 5m, exclude: {causes: [customer]}, credit: {flat: 1%}, name: Web"
    policy = contract(web, "id: mail, like: web, components: [mail], target: 99.5")  # 216 minutes
    outages = [
        down("short", JUNE, 5 * MINUTE - US, component="mail"),
        down("theirs", JUNE + DAY, HOUR, component="mail", cause="customer"),
        down("long", JUNE + 2 * DAY, 217 * MINUTE, component="mail"),
    ]
    found = judged(policy, outages=outages)
    expected = {("short", "too_short"), ("theirs", "excluded_cause"), ("long", "counted")}
    assert set(verdicts(found, "mail")) == expected
    assert {row["guarantee"]: row["met"] for row in found["availability"]} == {"web": True, "mail": False}
    assert [row["remedy"] for row in found["credits"]] == ["web"]  # a credit is nobody else's


def test_components_are_taken_and_a_null_unwrites() -> None:
    web = WEB + ", components: [web], minimum: 5m"
    policy = contract(web, "id: same, like: web", "id: all, like: same, components: null, minimum: null")
    outages = [down("a", JUNE, HOUR, component="mail"), down("b", JUNE + DAY, MINUTE, component="web")]
    found = judged(policy, outages=outages)
    assert verdicts(found, "same") == {("a", "other_component"): 60, ("b", "too_short"): 1}
    assert verdicts(found, "all") == {("a", "counted"): 60, ("b", "counted"): 1}


def test_lists_of_terms_are_taken_whole_or_written_whole() -> None:
    web = WEB + ", exclude: {causes: [customer], maintenance: [scheduled]}"
    policy = contract(web, "id: mail, like: web, exclude: {causes: [power]}")
    outages = [down("a", JUNE, HOUR, cause="customer"), down("b", JUNE + DAY, HOUR, cause="power")]
    found = judged(policy, outages=outages, maintenance=[work(JUNE, HOUR, DAY)])
    assert verdicts(found, "mail") == {("a", "counted"): 60, ("b", "excluded_cause"): 60}


def test_a_limit_of_another_kind_is_taken_as_well_unless_unwritten() -> None:
    rare = "id: rare, like: web, metric: incidents, at_most: 1, target: null"
    (row,) = judged(contract(WEB, rare), outages=HOUR_AND_TWENTY)["figures"]
    assert (row["limit"], row["level"], row["met"]) == (1, 2, False)


def test_a_reading_reaches_only_the_guarantee_that_it_names() -> None:
    answers = "{month: {}, none: {set: {guarantees.web.minimum: 2h}}}"
    question = "[{id: minimum, default: month, answers: " + answers + "}]"
    policy = contract(WEB, "id: mail, like: web", readings=question)
    found = judged(policy, outages=HOUR_AND_TWENTY, reading={"minimum": "none"})
    assert (minutes(found, "web"), minutes(found, "mail")) == (0, 80)


@pytest.mark.parametrize(
    ("guarantees", "wrong"),
    [
        (["id: a, like: b", "id: b, like: a"], "a is like b is like a: a circle"),
        (["id: a, like: a"], "a is like a: a circle"),
        (["id: a, like: z"], "z, which is no guarantee"),
    ],
)
def test_a_likeness_ends_at_a_guarantee_written_whole(guarantees: list[str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        judged(contract(*guarantees))
