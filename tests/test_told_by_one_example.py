"""What only an example tells: changes of the code that no law and no other example would notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from small_contracts import (
    DAY,
    HOUR,
    LATER,
    Row,
    at,
    contract,
    contract_of,
    down,
    evidence,
    holder,
    judged,
    owed,
    seconds_by_verdict,
    work,
)

from slakit.analysis.assess import assess
from slakit.evidence.files import read_evidence
from slakit.problems import InputError
from slakit.remedy.curves import credit_curve
from slakit.remedy.values import guarantee_value

JUNE, JULY = at("2026-06-01"), at("2026-07-01")

# ------------------------------------------------------------------------------------------------ credits, claims


def test_a_window_without_agreed_time_earns_nothing_even_by_a_band_that_begins_nowhere() -> None:
    policy = contract_of(
        """
maintenance: [{kind: scheduled, clause: m}]
guarantees:
  - {id: a, metric: availability, target: 99.9, window: 1mo, components: [a], clause: c}
  - {id: b, metric: availability, target: 99.9, window: 1mo, components: [b], denominator: less_maintenance,
     exclude: {maintenance: [scheduled]}, clause: c}
remedies: [{id: both, for: [a, b], clause: r, credit: {bands: [{to: 99.9, credit: 5%}], clause: r}}]
"""
    )
    assert owed(judged(policy, maintenance=[work(JUNE, JULY - JUNE, component="b")])) == 0


def test_a_credit_of_one_cent_has_a_claim_and_a_deadline() -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, clause: c}", "claims: {within: 10d, clause: k}")
    review = judged(policy, [down(JUNE, DAY)], subscriptions=[holder(fee="0.10")])
    (claim,) = review.claims.rows(named=True)
    assert (claim["amount"], claim["deadline"]) == (Decimal("0.01"), at("2026-07-11") - timedelta(microseconds=1))


@pytest.mark.parametrize(("ends", "owes"), [("2026-09-15", 2000), ("2026-09-25", "2033.33"), ("2026-10-14", "2096.67")])
def test_a_fee_of_the_term_is_its_whole_months_and_thirtieths(ends: str, owes: int | str) -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, of: term_fee, clause: c}")
    held = holder(starts=at("2025-01-15"), ends=at(ends))
    assert owed(judged(policy, [down(JUNE, DAY)], subscriptions=[held])) == Decimal(owes)


def test_a_year_of_fee_is_twelve_months_of_it() -> None:
    policy = contract("target: 99.9, credit: {flat: 1y, clause: c}")
    assert owed(judged(policy, [down(JUNE, DAY)])) == 12_000


# ------------------------------------------------------------------------------------------------ downtime


def test_an_outage_that_affects_nobody_is_no_downtime() -> None:
    nobody = down(JUNE, DAY, "nobody", affected="0")
    some = down(JUNE + HOUR, HOUR, "some", affected="0.01")
    for terms, hours in (("target: 99.9", 1), ("target: 99.9, weigh: affected", Decimal("0.01"))):
        review = judged(contract(terms), [nobody, some])
        assert review.availability["downtime_seconds"].to_list() == [3600 * hours]
        assert seconds_by_verdict(review)["too_small"] == 86_400


def test_no_availability_is_below_nothing() -> None:
    policy = contract("target: 99.9, denominator: 1h, credit: {shortfall: {credit: 1%}, clause: c}")
    review = judged(policy, [down(JUNE, DAY)])
    assert review.availability.select("availability", "downtime_seconds").row(0) == (0, 86_400)
    assert owed(review) == 999


def test_maintenance_that_is_excluded_and_nowhere_described_needs_no_notice() -> None:
    policy = contract("target: 99.9, exclude: {maintenance: [scheduled]}")
    review = judged(
        policy, [down(JUNE, 2 * HOUR)], maintenance=[work(JUNE, HOUR), work(JUNE, DAY, name="e", kind="emergency")]
    )
    assert seconds_by_verdict(review) == {"maintenance": 3600, "counted": 3600}
    assert review.ledger["clause"].to_list() == ["c", "c"]


# ------------------------------------------------------------------------------------------------ rights


def test_a_right_that_needs_an_outage_does_not_arise_without_one() -> None:
    right = "rights: [{id: leave, says: end it, for: [uptime], when: {outage: {to: 5m}}, clause: r}]"
    policy = contract("target: 99.9", right)
    assert judged(policy).rights.is_empty()
    assert judged(policy, [down(JUNE, HOUR / 12)]).rights["right"].to_list() == ["leave"]


# ------------------------------------------------------------------------------------------------ measurements


def measured(values: list[Row]) -> list[Row]:
    row = {"subscription": "s", "guarantee": "uptime", "value": None, "failed": None, "total": None}
    return [row | {"measured": JUNE + number * HOUR} | value for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("by", "level"), [("p95", 91), ("p90", 82), ("p91", 91), ("p50", 46), ("p10", 10), ("p1", 10), ("p99", 91)]
)
def test_a_percentile_is_the_value_of_the_nearest_rank(by: str, level: int) -> None:
    policy = contract(f"metric: figure, at_most: 100, measured: {{by: {by}}}")
    ten = [{"value": Decimal(value)} for value in (91, 10, 28, 19, 37, 55, 46, 73, 64, 82)]
    assert judged(policy, measurements=measured(ten)).figures["level"].to_list() == [level]


@pytest.mark.parametrize("row", [{"total": 10}, {"failed": 1}, {"failed": 11, "total": 10}])
def test_counts_that_are_missing_or_impossible_are_refused(row: Row) -> None:
    with pytest.raises(InputError, match="give failed and total"):
        judged(contract("target: 99.9, measured: {by: ratio}"), measurements=measured([{"failed": 0, "total": 5}, row]))


def test_a_slice_of_nothing_among_nothing_is_no_failure() -> None:
    policy = contract("target: 99.9, window: 1d, measured: {by: mean, slice: 1h}")
    rows = measured([{"failed": 0, "total": 0}, {"failed": 6, "total": 10}])
    levels = judged(policy, (), "2026-06-01", measurements=rows).figures["level"].to_list()
    assert levels == [Decimal("97.5")]


def test_measurements_are_those_of_the_plan_and_not_of_another_guarantee_of_that_name() -> None:
    by_value = contract("target: 99.9, measured: {by: last}")
    by_count = contract("target: 99.9, measured: {by: ratio}")
    rows = [*measured([{"value": Decimal(95)}]), *measured([{"failed": 1, "total": 10}])]
    rows[1] |= {"subscription": "t"}
    held = [holder("value"), holder("count") | {"subscription": "t"}]
    known = {"value": by_value, "count": by_count}
    review = assess(evidence(subscriptions=held, measurements=rows), "2026-06", LATER, policies=known)
    assert review.figures["level"].to_list() == [95, 90]


# ------------------------------------------------------------------------------------------------ evidence


def folder_with(folder: Path, tables: Mapping[str, str]) -> Path:
    head = "subscription,policy,monthly_fee,currency,starts\n"
    (folder / "subscriptions.csv").write_text(head + "s,wp-heaven,1000,DKK,2026-01-01T00:00:00Z\n")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def test_quotes_that_do_not_match_are_refused(tmp_path: Path) -> None:
    rows = 'outage,subscription,started,cause\no1,s,2026-06-01T00:00:00Z,power\no2,s,2026-06-02T00:00:00Z,"a"b"c"\n'
    with pytest.raises(InputError, match=r"outages\.csv row 3"):
        read_evidence(folder_with(tmp_path, {"outages": rows}))


def test_one_odd_time_among_good_ones_is_refused_where_it_stands(tmp_path: Path) -> None:
    good = "".join(f"o{day},s,2026-06-{day:02}T00:00:00Z\n" for day in range(1, 9))
    rows = f"outage,subscription,started\n{good}odd,s,2026-06-31T00:00:00Z\no9,s,2026-06-09T00:00:00Z\n"
    with pytest.raises(InputError, match=r"outages\.csv row 10 started = 2026-06-31T00:00:00Z"):
        read_evidence(folder_with(tmp_path, {"outages": rows}))


def test_a_time_in_another_form_among_usual_ones_is_read(tmp_path: Path) -> None:
    rows = "outage,subscription,started\no1,s,2026-06-01T00:00:00Z\no2,s,2026-06-02T02:00:00+02:00\n"
    starts = read_evidence(folder_with(tmp_path, {"outages": rows})).outages["started"].to_list()
    assert starts == [JUNE, JUNE + DAY]


# ------------------------------------------------------------------------------------------------ policies


def test_a_sliding_window_may_leave_out_maintenance_that_has_no_allowance() -> None:
    policy = contract(
        "target: 99.9, window: {rolling: 7d}, exclude: {maintenance: [scheduled]}",
        "maintenance: [{kind: scheduled, clause: m}, {kind: emergency, clause: e, allowance: {at_most: 4h}}]",
    )
    assert policy.guarantees[0].window.rolling_days == 7
    monthly = "maintenance: [{kind: scheduled, clause: m, allowance: {at_most: 4h, per: 1mo}}]"
    assert contract("target: 99.9, window: {rolling: 7d}, exclude: {maintenance: [scheduled]}", monthly)


def test_the_only_tier_need_not_be_named() -> None:
    policy = contract("target: 99.9", "tiers: [only]")
    assert policy.terms().tier == "only"
    assert policy.terms(tier="only").tier == "only"
    assert judged(policy).availability["met"].to_list() == [True]


def test_three_days_in_one_range_are_refused_in_words() -> None:
    hours = "hours: {weekly: {mon-wed-fri: ['08:00-17:00']}}"
    with pytest.raises(InputError, match="mon-wed-fri is not a day or a range of days; write it like mon-fri or sat"):
        contract(f"target: 99.9, {hours}")


# ------------------------------------------------------------------------------------------------ curves, worth


def test_a_curve_turns_where_an_accrual_begins_and_where_it_ends() -> None:
    accrual = "{credit: 1%, per: 1h, count: exact, after: 8h, to: 20h}"
    curve = credit_curve(contract(f"target: 99.9, credit: {{accrual: {accrual}, clause: c}}").terms())
    points = [(int(down), int(credit)) for down, credit in curve.select("downtime_seconds", "credit_percent").rows()]
    assert [point for point in points if point[0] in (0, 28_800, 72_000, 2_592_000)] == [
        (0, 0), (28_800, 0), (72_000, 12), (2_592_000, 12),
    ]  # fmt: skip


def test_each_guarantee_is_worth_what_its_own_remedy_pays() -> None:
    policy = contract_of(
        """
guarantees:
  - {id: a, metric: availability, target: 99.9, window: 1mo, clause: c}
  - {id: b, metric: availability, target: 99.9, window: 1mo, clause: c}
remedies:
  - {id: small, for: [a], clause: r, credit: {flat: 5%, clause: r}}
  - {id: large, for: [b], clause: r, credit: {flat: 50%, clause: r}}
"""
    )
    worth = guarantee_value(policy.terms(), lengths=[DAY])
    paid = {(row["guarantee"], row["remedy"]): row["credit_percent"] for row in worth.rows(named=True)}
    assert paid == {("a", "small"): 5, ("b", "large"): 50}
