"""Attainment of windows against the goal, by priority, and the credits that a miss earns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from desk_support import DAY, HOUR, MICROSECOND, MINUTE, Row, at, attained, desk, holder, judged, ticket, verdicts

from slakit.analysis.review import Review
from slakit.measure.attainment import by_priority

OPENED = at("2026-06-01T09:00")


def tickets(met: int, missed: int, *, opened: Any = OPENED, length: timedelta = HOUR, **known: Any) -> list[Row]:
    """Tickets opened a minute apart, some of them a microsecond late."""
    late = [length] * met + [length + MICROSECOND] * missed
    return [ticket(opened + n * MINUTE, took, f"{opened:%m}-{n}", **known) for n, took in enumerate(late)]


@pytest.mark.parametrize(
    ("goal", "met", "missed", "kept"),
    [
        ("90", 9, 1, True),
        ("90", 899, 101, False),
        ("90", 900, 100, True),
        ("95", 19, 1, True),
        ("95", 18, 1, False),
        ("95", 949, 51, False),
        ("95", 950, 50, True),
        ("33.333333", 1, 2, True),
        ("33.333334", 1, 2, False),
        ("100", 1000, 0, True),
        ("100", 999, 1, False),
    ],
)
def test_the_goal_is_kept_by_exactly_its_share(goal: str, met: int, missed: int, kept: bool) -> None:
    policy = desk(f"id: response, metric: response, target: {goal}, within: 1h")
    [row] = attained(judged(policy, tickets(met, missed)))
    assert row[:3] == (met + missed, met, 0)
    assert row[3] == (Decimal(met) * 10**8 // (met + missed)).scaleb(-6)
    assert row[4] is kept


ANSWER = desk("id: response, metric: response, target: 95, within: 1h")


def test_without_an_eligible_ticket_there_is_no_verdict_and_no_credit() -> None:
    credit = "credit: {shortfall: {credit: 1%, from: target}, clause: c}"
    terms = f"id: resolution, metric: resolution, target: 90, within: 1h, {credit}"
    review = judged(desk(terms), [], period="2026-06")
    assert attained(review) == [(0, 0, 0, None, None)]
    assert review.credits.is_empty()
    left_out = terms.replace("within: 1h", "within: 1h, exclude: {tickets: [service_sla]}")
    alone = judged(desk(left_out), tickets(0, 3, kind="service_sla"))
    assert attained(alone) == [(0, 0, 0, None, None)]
    assert alone.owed == {}


def test_pending_tickets_stay_out_of_the_ratio() -> None:
    rows = [*tickets(1, 0), ticket(at("2026-06-30T23:30"), None, "open")]
    assert attained(judged(ANSWER, rows, as_of=at("2026-07-01T00:00"))) == [(1, 1, 1, Decimal(100), True)]
    assert attained(judged(ANSWER, rows, as_of=at("2026-07-01T00:30"))) == [(1, 1, 1, Decimal(100), True)]
    later = attained(judged(ANSWER, rows, as_of=at("2026-07-01T00:31")))
    assert later == [(2, 1, 0, Decimal(50), False)]


def test_a_ticket_belongs_to_the_window_in_which_it_was_opened() -> None:
    policy = desk("id: response, metric: response, target: 95, within: 1h", zone="Europe/Oslo")
    june = ticket(at("2026-06-30T21:59:59.999999Z"), 2 * HOUR, "june")
    july = ticket(at("2026-06-30T22:00Z"), HOUR, "july")
    review = judged(policy, [june, july], period="2026-06/2026-07")
    assert [row[:2] for row in attained(review)] == [(1, 0), (1, 1)]


def test_a_window_that_runs_has_no_verdict_yet() -> None:
    [row] = attained(judged(ANSWER, tickets(1, 3), as_of=at("2026-06-15")))
    assert row == (4, 1, 0, Decimal(25), None)


def test_a_guarantee_without_a_goal_is_missed_by_one_late_ticket() -> None:
    policy = desk("id: response, metric: response, within: 1h")
    assert attained(judged(policy, tickets(1, 1))) == [(2, 1, 0, Decimal(50), False)]
    assert attained(judged(policy, tickets(2, 0))) == [(2, 2, 0, Decimal(100), True)]


def test_attainment_and_times_by_priority_and_altogether() -> None:
    policy = desk("id: response, metric: response, target: 90, within: {P1: 1h, P2: 10h}")
    fast = [ticket(OPENED + n * MINUTE, (n + 1) * 10 * MINUTE, f"a{n}") for n in range(10)]
    slow = [ticket(OPENED + n * MINUTE, (n + 1) * HOUR, f"b{n}", priority="P2") for n in range(11)]
    review = judged(policy, [*fast, *slow, ticket(OPENED, None, "open", priority="P2")], as_of=OPENED + 12 * HOUR)
    seen = by_priority(review.tickets, ("subscription", "guarantee"), "elapsed_seconds").drop(
        "subscription", "guarantee"
    )
    in_hours = seen.with_columns(pl.col("p50", "p90", "p95").cast(pl.Float64) / 3600)
    assert in_hours.rows() == [
        (None, 22, 16, 0, pytest.approx(10 / 6), 9.0, 10.0),
        ("P1", 10, 6, 0, 1.0, pytest.approx(10 / 6), pytest.approx(10 / 6)),
        ("P2", 12, 10, 0, 6.0, 10.0, 11.0),
    ]


def test_nobody_answered_has_no_times() -> None:
    review = judged(ANSWER, [ticket(OPENED)], as_of=OPENED + 2 * HOUR)
    seen = by_priority(review.tickets, ("subscription", "guarantee"), "elapsed_seconds")
    assert seen.select("eligible", "p50", "p95").rows() == [(1, None, None)] * 2


# Klikk, elevated tiers: the missing points of 90 % are points of the monthly fee.


def klikk(rows: list[Row], tier: str = "silver", period: str = "2026-06", **known: Any) -> Review:
    held = holder("klikk", tier=tier, currency="NOK", monthly_fee="30000", **known)
    return judged("klikk", rows, period=period, held=held)


def resolved(met: int, missed: int, month: str = "2026-06") -> list[Row]:
    return tickets(met, missed, opened=at(f"{month}-10"), length=16 * HOUR, priority="medium")


def of_tickets(review: Review) -> Iterator[dict[str, Any]]:
    return review.credits.filter(remedy="resolution").iter_rows(named=True)


@pytest.mark.parametrize(
    ("met", "missed", "points", "amount"),
    [
        (11, 4, "16.666667", "5000.00"),  # 73.333 %
        (9, 1, "0.000000", "0.00"),
        (89, 11, "1.000000", "300.00"),
        (0, 3, "90.000000", "27000.00"),
        (8999, 1001, "0.010000", "3.00"),
    ],
)
def test_klikk_owes_the_missing_points(met: int, missed: int, points: str, amount: str) -> None:
    [credit] = of_tickets(klikk(resolved(met, missed)))
    assert (credit["credit_percent"], credit["amount"]) == (Decimal(points), Decimal(amount))


def test_a_late_response_alone_earns_nothing() -> None:
    rows = [row | {"responded": row["opened"] + 10 * HOUR} for row in resolved(10, 0)]
    review = klikk(rows)
    assert review.attainment.filter(guarantee="response")["met"].to_list() == [False]
    assert review.owed == {"NOK": Decimal("0.00")}


def test_the_standard_tier_is_best_effort_and_earns_nothing() -> None:
    review = klikk(tickets(0, 5, opened=at("2026-06-10"), length=24 * HOUR, priority="medium"), tier="standard")
    assert review.attainment.filter(guarantee="resolution")["met"].to_list() == [False]
    assert list(of_tickets(review)) == []


def test_the_cap_over_the_term_is_of_this_credit_alone() -> None:
    rows = [row for month in ("2026-06", "2026-07", "2026-08") for row in resolved(1, 1, month)]  # 50 %: 40 points
    down = {"outage": "o", "subscription": "s", "component": "network", "started": at("2026-06-05"),
            "ended": at("2026-06-07"), "reported": at("2026-06-05")}  # fmt: skip
    held = holder("klikk", tier="silver", currency="NOK", monthly_fee="30000")
    review = judged("klikk", rows, period="2026-06/2026-08", held=held, outages=[down])
    paid = [(credit["amount"], credit["cap"]) for credit in of_tickets(review)]
    assert paid == [(Decimal("12000.00"), None), (Decimal("12000.00"), None), (Decimal("6000.00"), "term")]
    assert review.credits.filter(remedy="iaas")["amount"].sum() == Decimal("1000.00")


def test_the_claim_runs_from_the_end_of_the_last_late_ticket() -> None:
    rows = resolved(1, 2)
    review = klikk(rows)
    [claim] = review.claims.filter(remedy="resolution").iter_rows(named=True)
    assert claim["deadline"] == rows[-1]["resolved"] + 3 * DAY
    assert claim["amount"] == Decimal("17000.00")


def test_credits_of_windows_add_up_and_a_ticket_counts_in_one() -> None:
    rows = [*resolved(9, 1), *resolved(4, 1, "2026-07")]
    review = klikk(rows, period="2026-06/2026-07")
    assert [credit["amount"] for credit in of_tickets(review)] == [Decimal("0.00"), Decimal("3000.00")]
    assert review.tickets.filter(guarantee="resolution").height == 15


# ------------------------------------------------------------------------------------- what counts, and how strictly


def test_tickets_outside_the_term_are_not_eligible_and_need_nothing() -> None:
    policy = desk(
        "id: response, metric: response, within: 1h, target: 95, begins: {wait: next_month}", "priorities: [{id: P1}]"
    )
    held = holder(starts=at("2026-05-10"), ends=at("2026-06-20"))
    rows = [
        ticket(at("2026-05-31T23:59:59"), DAY, "early", priority="unknown"),
        ticket(at("2026-06-01"), HOUR, "first"),
        ticket(at("2026-06-20") - MICROSECOND, DAY, "last"),
        ticket(at("2026-06-20"), DAY, "late", priority=None),
    ]
    review = judged(policy, rows, period="2026-05/2026-06", held=held)
    assert verdicts(review) == ["outside_term", "met", "missed", "outside_term"]
    assert [row[:3] for row in attained(review)] == [(0, 0, 0), (2, 1, 0)]


@pytest.mark.parametrize(("strictly", "kept"), [("", True), (", strictly: true", False)])
def test_a_share_that_must_be_passed_is_not_kept_by_itself(strictly: str, kept: bool) -> None:
    policy = desk(f"id: response, metric: response, within: 1h, target: 95{strictly}")
    rows = [ticket(OPENED, HOUR if n else DAY, f"t{n}") for n in range(20)]
    assert judged(policy, rows).attainment["met"].to_list() == [kept]


def test_a_time_that_must_be_kept_strictly_is_not_kept_by_all_of_it() -> None:
    policy = desk("id: response, metric: response, within: 1h, strictly: true")
    rows = [ticket(OPENED, HOUR, "on"), ticket(OPENED, HOUR - MICROSECOND, "under")]
    assert sorted(verdicts(judged(policy, rows))) == ["met", "missed"]


def test_a_guarantee_on_single_tickets_is_missed_by_each_late_one_and_earns_for_each() -> None:
    accrual = "credit: {accrual: {credit: 1%, per: 5m, count: complete, each: incident}, clause: c}"
    policy = desk(f"id: response, metric: response, within: 15m, {accrual}")
    minutes = {"late": 27, "later": 31, "good": 15}
    rows = [ticket(OPENED, timedelta(minutes=length), name) for name, length in minutes.items()]
    review = judged(policy, rows)
    assert review.credits["amount"].to_list() == [20 + 30]
    assert review.attainment["met"].to_list() == [False]
    assert judged(policy, rows[2:]).attainment["met"].to_list() == [True]


def test_tickets_without_a_priority_count_once_altogether() -> None:
    policy = desk("id: response, metric: response, within: 1h")
    judged_tickets = judged(policy, [ticket(OPENED, HOUR, priority=None), ticket(OPENED, HOUR, "u")]).tickets
    shares = by_priority(judged_tickets, ("guarantee",), "elapsed_seconds")
    assert shares.select("priority", "eligible").rows() == [(None, 2), ("P1", 1)]


def test_attainment_says_which_windows_run() -> None:
    policy = desk("id: response, metric: response, within: 1h, target: 95")
    review = judged(policy, [ticket(OPENED, HOUR)], period="2026-05/2026-06", as_of=OPENED + DAY)
    assert review.attainment["running"].to_list() == [False, True]
