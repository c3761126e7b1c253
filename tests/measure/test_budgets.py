"""Uptime budgets: other people's examples, the clock's changes, and windows of every kind."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slakit.measure.budgets import uptime_budget, window_budgets
from slakit.policy.files import find_policy, parse_policy
from slakit.policy.terms import Terms
from slakit.problems import InputError

MICROSECOND = timedelta(microseconds=1)
YEAR = timedelta(days=365, hours=5, minutes=49, seconds=12)  # 365.2425 days
CONTRACT = """\
format: 1
id: small
provider: Small
service: Anything
time_zone: Europe/Berlin
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
guarantees:
  - {{id: uptime, metric: availability, target: 99.9, clause: c, {terms}}}
"""


def small(terms: str) -> Terms:
    return parse_policy(CONTRACT.format(terms=terms)).terms()


def whole_seconds(length: timedelta) -> int:
    return round(length / timedelta(seconds=1))


@pytest.mark.parametrize(
    ("target", "length", "allowed"),
    [
        ("99", timedelta(days=1), timedelta(minutes=14, seconds=24)),
        ("99", timedelta(weeks=1), timedelta(hours=1, minutes=40, seconds=48)),
        ("99", YEAR / 12, timedelta(hours=7, minutes=18, seconds=17)),
        ("99", YEAR / 4, timedelta(hours=21, minutes=54, seconds=52)),
        ("99", YEAR, timedelta(days=3, hours=15, minutes=39, seconds=30)),
        ("99.9", timedelta(days=30), timedelta(minutes=43, seconds=12)),
    ],
)
def test_budgets_are_those_of_uptime_is(target: str, length: timedelta, allowed: timedelta) -> None:
    assert whole_seconds(uptime_budget(Decimal(target), length)) == whole_seconds(allowed)


@pytest.mark.parametrize(
    ("minutes", "printed"),
    [
        (44_640, ("111:36", "44:38", "22:19")),
        (43_200, ("108:00", "43:12", "21:36")),
        (40_320, ("100:48", "40:19", "20:09")),
        (41_760, ("104:24", "41:46", "20:53")),
        (44_580, ("111:27", "44:35", "22:17")),
        (44_700, ("111:45", "44:42", "22:21")),
    ],
)
def test_budgets_are_those_of_blunix(minutes: int, printed: tuple[str, ...]) -> None:
    for target, text in zip(("99.75", "99.90", "99.95"), printed, strict=True):
        budget = uptime_budget(Decimal(target), timedelta(minutes=minutes))
        minute, second = map(int, text.split(":"))
        assert abs(budget - timedelta(minutes=minute, seconds=second)) < timedelta(seconds=1)


@given(st.integers(0, 100_000_000), st.integers(0, 366 * 86_400 * 10**6))
def test_the_budget_keeps_the_promise_and_a_microsecond_more_does_not(units: int, length: int) -> None:
    budget = uptime_budget(Decimal(units).scaleb(-6), length * MICROSECOND) // MICROSECOND
    assert (length - budget) * 100_000_000 >= units * length
    if units:
        assert length == 0 or (length - budget - 1) * 100_000_000 < units * length


@pytest.mark.parametrize(("target", "length"), [("100.1", 1), ("-1", 1), ("99", -1)])
def test_what_is_no_target_or_no_length_is_refused(target: str, length: int) -> None:
    with pytest.raises(ValueError, match="write"):
        uptime_budget(Decimal(target), timedelta(days=length))


@pytest.mark.parametrize(
    ("period", "hours", "budget"),
    [("2026-10", 745, "22m21s"), ("2026-03", 743, "22m17.4s"), ("2026-02", 672, "20m9.6s"), ("2026-09", 720, "21m36s")],
)
def test_months_are_those_of_oslo(period: str, hours: int, budget: str) -> None:
    budgets = window_budgets(find_policy("klikk").terms(tier="gold"), period)
    assert budgets["agreed_seconds"].unique().to_list() == [Decimal(hours * 3600)]
    assert budgets["budget"].unique().to_list() == [budget]
    assert budgets["guarantee"].to_list() == ["network", "infrastructure", "hardware", "connectivity"]


@pytest.mark.parametrize(
    ("window", "period", "lengths"),
    [
        ("1mo", "2026-01/2026-12", 12),
        ("1q", "2026-01/2026-06", 2),
        ("1q", "2026-05", 1),
        ("1y", "2026-05", 1),
        ("1y", "2025-12/2026-01", 2),
        ("1d", "2026-03", 31),
        ("1w", "2026-03", 5),
        ("{rolling: 30d}", "2026-03", 31),
        ("billing_month", "2026-03", 1),
        ("term", "2026-03", 0),
    ],
)
def test_windows_end_in_the_period_or_are_longer_and_touch_it(window: str, period: str, lengths: int) -> None:
    assert window_budgets(small(f"window: {window}"), period).height == lengths


def test_a_rolling_window_counts_local_days() -> None:
    budgets = window_budgets(small("window: {rolling: 30d}"), "2026-04-10")
    assert budgets["agreed_seconds"].to_list() == [Decimal(30 * 86_400 - 3600)]


@pytest.mark.parametrize(
    ("terms", "seconds"),
    [
        ("window: 1mo, denominator: 43200m", 43_200 * 60),
        ("window: 1mo, hours: {weekly: {mon-fri: ['08:00-18:00']}}", 22 * 36_000),
        ("window: 1mo, hours: {weekly: {mon-sun: ['22:00-06:00', '23:00-05:00']}}", 31 * 8 * 3600 - 3600),
    ],
)
def test_agreed_time_is_what_the_contract_says(terms: str, seconds: int) -> None:
    march = window_budgets(small(terms), "2026-03")
    assert march["agreed_seconds"].to_list() == [Decimal(seconds)]


def test_a_contract_that_promises_nothing_by_windows_gives_an_empty_table() -> None:
    empty = window_budgets(small("window: term"), "2026-03")
    assert empty.is_empty()
    assert empty.schema["window_start"] == pl.Datetime("us", "UTC")


def test_a_period_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(InputError, match="not a period"):
        window_budgets(small("window: 1mo"), "March")
