"""Quantities are read once, kept exact, and printed as they were written."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from slakit.policy.printing import print_duration, print_percent
from slakit.policy.quantities import Duration, Money, PlainDuration, Share, Window, percent_units

HOUR = 3_600_000_000


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("1us", 1),
        ("5ms", 5000),
        ("1s", 10**6),
        ("30m", HOUR // 2),
        ("36h", 36 * HOUR),
        ("1d", 24 * HOUR),
        ("2w", 14 * 24 * HOUR),
        ("1h30m", 3 * HOUR // 2),
        ("1d1h1m1s1ms1us", 25 * HOUR + 61_001_001),
        ("0m", 0),
        ("43200m", 720 * HOUR),
    ],
)
def test_a_duration_is_so_long(text: str, microseconds: int) -> None:
    assert PlainDuration.parse(text).microseconds == Duration.parse(text).microseconds == microseconds
    assert str(Duration.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "5", "h", "5 h", " 5h", "5h ", "-5h", "1.5h", "5H", "5min", "1mo2d", "1bd1h", "٣h", "5h\n"]
)
def test_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        Duration.parse(text)


def test_business_hours_are_refused_with_the_way_to_write_them() -> None:
    for kind in (Duration, PlainDuration):
        with pytest.raises(ValueError, match="write 2h, which for tickets are support hours"):
            kind.parse("2bh")


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("5%", Fraction(1, 20)),
        ("0.1%", Fraction(1, 1000)),
        ("100%", Fraction(1)),
        ("150%", Fraction(3, 2)),
        ("1/30", Fraction(1, 30)),
        ("30/30", Fraction(1)),
        ("360/365", Fraction(72, 73)),
        ("1d", Fraction(1, 30)),
        ("10d", Fraction(1, 3)),
    ],
)
def test_a_share_is_exact(text: str, share: Fraction) -> None:
    assert Share.parse(text).value == share
    assert str(Share.parse(text)) == text


@pytest.mark.parametrize("text", ["", "5", "5 %", "-5%", "1/0", "1/00", "1e2%", ".5%", "5%%", "1/-3", "1,5%", "5%\n"])
def test_other_text_is_no_share(text: str) -> None:
    with pytest.raises(ValueError, match="not a share of a fee"):
        Share.parse(text)


@pytest.mark.parametrize("text", ["25EUR", "25 eur", "-25 EUR", "25 EURO", "EUR 25", "25  EUR", "1,5 EUR", "25 EUR\n"])
def test_other_text_is_no_money(text: str) -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        Money.parse(text)


def test_money_of_the_past_and_of_nowhere_is_refused() -> None:
    for code in ("DEM", "XXX", "XAU", "AAA"):
        with pytest.raises(ValueError, match="not a currency"):
            Money.parse(f"25 {code}")


NO_WINDOWS = [
    "",
    "2h",
    "5mo",
    "monthly",
    "rolling",
    "rolling 0d",
    "rolling 0mo",
    "every 5mo from 01-01",
    "1MO",
    "1mo\n",
]


@pytest.mark.parametrize("text", NO_WINDOWS)
def test_other_text_is_no_window(text: str) -> None:
    with pytest.raises(ValueError, match="not a window"):
        Window.parse(text)


@examples(25)
@given(st.integers(-(10**17), 10**17))
def test_a_printed_duration_reads_back_as_itself(microseconds: int) -> None:
    printed = print_duration(microseconds).removeprefix("-")
    head, _, fraction = printed.removesuffix("s").partition(".")
    whole = Duration.parse(f"{head}s" if printed.endswith("s") else head).microseconds
    assert whole + int(fraction.ljust(6, "0") or 0) == abs(microseconds)


@examples(25)
@given(st.decimals(0, 100, places=6), st.integers(0, 5))
def test_a_printed_percentage_never_reads_better_than_it_is(percent: Decimal, decimals: int) -> None:
    printed = Decimal(print_percent(percent, decimals))
    assert printed <= percent < printed + Decimal(1).scaleb(-decimals)


@examples(25)
@given(st.integers(0, 100_000_000))
def test_six_decimals_of_a_percentage_are_kept(units: int) -> None:
    assert percent_units(Decimal(units).scaleb(-6)) == units


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ("1h", "an hour"),
        ("1mo", "a calendar month"),
        ("2mo", "2 calendar months"),
        ("6mo", "a half-year"),
        ("incident", "an incident"),
        ("rolling 30d", "rolling 30 days"),
        ("rolling 12mo", "rolling 12 months"),
        ("every 3mo from 02-01", "a fiscal quarter from 1 February"),
        ("every 12mo from 07-01", "a fiscal year from 1 July"),
        ("every 12mo from starts", "a year of the contract"),
        ("every 24mo from starts", "24 months of the contract"),
    ],
)
def test_a_window_is_named_as_one_says_it(window: str, said: str) -> None:
    assert Window.parse(window).with_article == said
