"""Money to the last minor unit: fractions, currencies, the fee a percentage is of, months of a term, years of a fee."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from small_contracts import DAY, HOUR, at, contract, contract_of, down, holder, judged, owed, work

from slakit.currencies import CODES, minor_digits
from slakit.evidence.evidence import Evidence
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy, policy_text
from slakit.problems import InputError

NOON = at("2026-06-10T12:00")
ALL_DAY = [down(at("2026-06-01"), 72 * HOUR)]
"""Ten points of June."""


def shortfall(credit: str) -> Policy:
    return contract(f"target: 100, credit: {{shortfall: {{credit: {credit}}}, clause: c}}")


@pytest.mark.parametrize(
    ("credit", "amount"),
    [("1/360", "750000.00"), ("0.277778%", "750000.60"), ("5%", "13500000.00")],
)
def test_a_credit_for_each_point_is_a_share_of_the_fee(credit: str, amount: str) -> None:
    review = judged(shortfall(credit), ALL_DAY, subscriptions=[holder(fee="27000000")])
    assert owed(review) == Decimal(amount)


@pytest.mark.parametrize("wrong", ["0/3", "1/0", "1d", "a third", "-1%", "0%", "25 EUR", "5"])
def test_a_credit_for_each_point_that_is_no_share_is_refused(wrong: str) -> None:
    with pytest.raises(InputError, match="shortfall"):
        shortfall(wrong)


@pytest.mark.parametrize("schedule", ["multiple: 1/3", "flat: 10%, multipliers: [{when: {below: 99}, by: 1/3}]"])
def test_a_factor_may_be_a_fraction(schedule: str) -> None:
    policy = contract(f"target: 99.9, credit: {{{schedule}, clause: c}}")
    assert owed(judged(policy, ALL_DAY)) == Decimal("33.33")
    assert parse_policy(policy_text(policy)) == policy


# ------------------------------------------------------------------------------------- minor units


@pytest.mark.parametrize(
    ("currency", "amount"),
    [
        ("HUF", "2412.06"), ("IDR", "2412.06"), ("COP", "2412.06"), ("LAK", "2412.06"), ("MGA", "2412.06"),
        ("IQD", "2412.063"), ("LYD", "2412.063"), ("CLF", "2412.0630"), ("JPY", "2412"), ("UGX", "2412"),
        ("ISK", "2412"),
    ],
)  # fmt: skip
def test_amounts_have_the_minor_unit_of_iso_4217(currency: str, amount: str) -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, clause: c}")
    review = judged(policy, [down(NOON, HOUR)], subscriptions=[holder(fee="24120.63", currency=currency)])
    assert str(review.credits["amount"][0]) == amount


def test_the_currencies_in_use_have_codes_of_three_capitals_and_at_most_four_digits() -> None:
    assert all(len(code) == 3 and code.isupper() for code in CODES)
    assert {minor_digits(code) for code in CODES} == {0, 2, 3, 4}


# ------------------------------------------------------------------------------------- what a percentage is of

FEES = '{"droplets": 100, "volumes": 300}'
EACH = """
guarantees:
  - {id: droplets, metric: availability, target: 99.9, window: 1mo, components: [droplets], clause: c}
  - {id: volumes, metric: availability, target: 99.9, window: 1mo, components: [volumes], clause: c}
remedies:
  - {id: r, for: [droplets, volumes], credit: {of: component_fee, bands: [{below: 99, credit: 25%}], PER clause: c}}
"""
BOTH = [down(at("2026-06-01"), DAY, "a", component="droplets"), down(at("2026-06-05"), DAY, "b", component="volumes")]


@pytest.mark.parametrize(
    ("policy", "row"),
    [
        ("digitalocean", (25, 400, 100)),
        (contract_of(EACH.replace("PER", "per: guarantee,")), (25, 400, 100)),
        (contract_of(EACH.replace("PER", "")), (25, 300, 75)),
    ],
)
def test_a_credit_of_several_components_is_a_percentage_of_their_fees(
    policy: Policy | str, row: tuple[int, ...]
) -> None:
    held = holder("digitalocean" if isinstance(policy, str) else "small", currency="USD", component_fees=FEES)
    review = judged(policy, BOTH, subscriptions=[held])
    assert review.credits.filter(pl.col("amount") > 0).select("credit_percent", "basis_amount", "amount").row(0) == row


def test_a_guarantee_that_is_maintained_all_month_owes_nothing_beside_one_that_is_kept() -> None:
    """Nothing is agreed for b: no level, no verdict, no band."""
    policy = contract_of(
        "maintenance: [{kind: scheduled, clause: m}]\n"
        "guarantees:\n"
        "  - {id: a, metric: availability, target: 99.9, window: 1mo, components: [a], clause: c}\n"
        "  - {id: b, metric: availability, target: 99.9, window: 1mo, components: [b], "
        "exclude: {maintenance: [scheduled]}, denominator: less_maintenance, clause: c}\n"
        "remedies: [{id: r, for: [a, b], credit: {bands: [{to: 99.9, credit: 5%}], clause: c}}]\n"
    )
    maintained = [work(at("2026-06-01"), 30 * DAY, component="b")]
    assert owed(judged(policy, maintenance=maintained)) == 0
    assert owed(judged(policy, [down(NOON, HOUR, component="a")], maintenance=maintained)) == 50


# ------------------------------------------------------------------------------------- terms and years


@pytest.mark.parametrize(
    ("starts", "ends", "amount"),
    [
        ("2026-01-01", "2027-01-01", "1200.00"),  # twelve months
        ("2026-01-15", "2026-07-15", "600.00"),  # six, counted from the day it starts
        ("2026-01-15", "2026-07-14", "596.67"),  # five, and 29 days as thirtieths
        ("2026-01-31", "2026-07-01", "503.33"),  # five, and one day from 30 June
        ("2026-05-20", "2026-06-19", "100.00"),  # 30 days of the month that it is short of
    ],
)
def test_the_fee_of_a_term_is_of_its_months_and_days(starts: str, ends: str, amount: str) -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, of: term_fee, clause: c}")
    held = holder(starts=at(starts), ends=at(ends))
    assert owed(judged(policy, [down(NOON, HOUR)], subscriptions=[held])) == Decimal(amount)


def test_a_year_of_the_fee_is_twelve_months_of_it() -> None:
    assert owed(judged(contract("target: 99.9, credit: {flat: 1y, clause: c}"), [down(NOON, HOUR)])) == 12_000


@pytest.mark.parametrize(("currency", "known"), [("BGN", True), ("HRK", True), ("DEM", False), ("CNH", False)])
def test_evidence_and_policies_know_the_same_currencies(currency: str, known: bool) -> None:
    held = {"subscription": "web", "policy": "web", "monthly_fee": "1", "starts": "2026-01-01T00:00:00Z"}
    assert (currency in CODES) is known
    if known:
        assert Evidence.of([{**held, "currency": currency}]).subscriptions["currency"].to_list() == [currency]
    else:
        with pytest.raises(InputError, match="not a currency of ISO 4217"):
            Evidence.of([{**held, "currency": currency}])
