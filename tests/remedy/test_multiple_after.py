"""A multiple of the fee of the time lost may exclude a time: `multiple: {by: 10, after: 15m}`."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from random_cases import case_of
from random_policies import random_policy
from second_calculation import compared
from small_contracts import DAY, MINUTE, Row, at, contract, down, holder, judged, owed

from slakit.policy.document import Policy
from slakit.policy.files import parse_policy, policy_text
from slakit.policy.words import credit_words
from slakit.problems import InputError
from slakit.remedy.curves import credit_curve

JUNE = at("2026-06-01")
OUTAGES = [down(JUNE + DAY, 60 * MINUTE, "a"), down(JUNE + 2 * DAY, 20 * MINUTE, "b")]


def credit(
    said: str, outages: list[Row] = OUTAGES, guarantee: str = "target: 99.9", tier: str | None = None
) -> Decimal:
    """What is due for June at 43,200 a month, which is 1 a minute."""
    tiers = "tiers: [gold, silver, bronze]" if tier else ""
    policy = contract(f"{guarantee}, credit: {{{said}, clause: c}}", tiers)
    return owed(judged(policy, outages, subscriptions=[holder(fee="43200", tier=tier or None)]))


@pytest.mark.parametrize(
    ("per", "due"),
    [
        ("", 650),  # 10 x (60 + 20 - 15)
        (", per: guarantee", 650),
        (", per: incident", 500),  # 10 x (60 - 15) + 10 x (20 - 15)
        (", per: day", 500),  # each incident has a day of its own
        (", caps: [{per: window, at_most: 600 EUR}]", 600),
        (", multipliers: [{when: {below: 99.9}, by: 2}]", 1300),
    ],
)
def test_the_deductible_counts_once_for_what_the_credit_is_due_for(per: str, due: int) -> None:
    assert credit(f"multiple: {{by: 10, after: 15m}}{per}") == due


def test_an_outage_over_midnight_has_a_deductible_on_each_day() -> None:
    over_midnight = [down(JUNE + DAY - 30 * MINUTE, 70 * MINUTE)]
    assert credit("multiple: {by: 10, after: 15m}, per: day", over_midnight) == 400  # 10 x (15 + 25)
    assert credit("multiple: {by: 10, after: 15m}, per: incident", over_midnight) == 550  # 10 x (70 - 15)


def test_what_is_shorter_than_the_deductible_earns_nothing_and_takes_nothing_from_others() -> None:
    assert credit("multiple: {by: 10, after: 30m}, per: incident") == 300  # 10 x (60 - 30), and nothing of 20
    assert credit("multiple: {by: 10, after: 20m}, per: incident") == 400  # exactly 20 is nothing
    assert credit("multiple: {by: 10, after: 1d}") == 0


def test_downtime_is_rounded_before_the_deductible_is_taken() -> None:
    rounded = "target: 99.9, rounded: {downtime: {to: 1h, how: up}}"
    assert credit("multiple: {by: 10, after: 15m}", guarantee=rounded) == 1050  # 10 x (120 - 15)


def test_a_band_adds_a_multiple_beyond_a_deductible() -> None:
    table = "bands: [{below: 99.9, credit: 100 EUR, plus: {multiple: {by: 1/2, after: 20m}}}]"
    assert credit(table) == 130  # 100 + (80 - 20) / 2


@pytest.mark.parametrize(
    "multiple",
    ["{by: {gold: 10, silver: 5}, after: 15m}", "{gold: {by: 10, after: 15m}, silver: {by: 5, after: 15m}}"],
)
def test_tiers_may_differ(multiple: str) -> None:
    due = {tier: credit(f"multiple: {multiple}", tier=tier) for tier in ("gold", "silver", "bronze")}
    assert due == {"gold": 650, "silver": 325, "bronze": 0}


def priced(said: str) -> Policy:
    return contract(f"target: 99.9, credit: {{multiple: {said}, clause: c}}", "tiers: [gold, silver]")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{by: 10, after: 0m}", "a deductible of nothing; write the factor alone, like multiple: 10"),
        ("{by: 10}", "multiple.after: missing; write it"),
        ("{after: 5m}", "multiple.by: missing; write it"),
        ("{by: 10, after: target}", "not a duration; write a number and a unit, like 30m, 48h, 10d"),
        ("{gold: {by: {gold: 10}, after: 5m}}", "a tier within a tier; write {gold: {by: 10, after: 15m}}"),
        ("{by: {golden: 10}, after: 5m}", "golden is not a tier of this policy"),
    ],
)
def test_what_means_nothing_is_refused(said: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        priced(said)
    assert told in str(refused.value)


def test_it_is_printed_as_it_was_written() -> None:
    policy = priced("{by: {gold: 10, silver: 1/2}, after: 15m}")
    assert parse_policy(policy_text(policy)) == policy
    assert credit_words(policy.terms(tier="gold").remedies[0].credit[0]) == (
        "10 times the share of the monthly fee for the time lost beyond 15m"
    )


def test_a_curve_bends_where_the_deductible_ends() -> None:
    terms = priced("{by: 1000, after: 2h}").terms(tier="gold")
    curve = credit_curve(terms, "uptime")
    paid = dict(zip(curve["downtime_seconds"], curve["credit_percent"], strict=True))
    assert paid[Decimal(7200)] == 0
    assert max(length for length, percent in paid.items() if not percent) == Decimal(7200)
    after = [(length, percent) for length, percent in sorted(paid.items()) if length > 7200 and percent < 100]
    slopes = {round(Fraction(b[1] - a[1]) / Fraction(b[0] - a[0]), 9) for a, b in pairwise(after)}
    assert len(slopes) <= 1


@pytest.mark.parametrize("seed", range(4))
def test_the_engine_and_the_reference_agree(seed: int) -> None:
    rng = Random(seed)
    tree = random_policy(rng, "p")
    for guarantee in tree["guarantees"]:
        if guarantee.get("metric") == "availability" and "measured" not in guarantee:
            per = rng.choice(("window", "guarantee", "incident"))
            guarantee["credit"] = {"multiple": {"by": 7, "after": rng.choice(("5m", "1h"))}, "per": per, "clause": "c"}
    result = compared(case_of(rng, {"p": tree}))
    assert not result.different, result.told()
