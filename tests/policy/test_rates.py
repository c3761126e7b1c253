"""A share of a fee is written as a fraction or a percentage wherever one is due; and what the format leaves out."""

from __future__ import annotations

from typing import Any

import pytest
from small_contracts import HOUR, Case, at, contract, down, judged_each

from slakit.policy.document import Policy
from slakit.policy.files import parse_policy
from slakit.policy.words import credit_words
from slakit.problems import InputError

OUTAGES = [down(at("2026-06-02"), 9 * HOUR, "a"), down(at("2026-06-03"), HOUR, "b")]

PLACES = {
    "shortfall.credit": "shortfall: {credit: SHARE}",
    "credit of a step": "shortfall: {step: 0.5, credit: SHARE}",
    "accrual.credit": "accrual: {credit: SHARE, per: 1h, count: complete}",
    "bands": "bands: [{below: 99.9, credit: SHARE}]",
    "plus": "bands: [{below: 99.9, credit: 1%, plus: {shortfall: {credit: SHARE}}}]",
    "flat": "flat: SHARE",
    "multiple": "multiple: SHARE",
    "multiple.by": "multiple: {by: SHARE, after: 15m}",
    "multipliers.by": "flat: 50%, multipliers: [{when: {below: 99.9}, by: SHARE}]",
    "points.each": "bands: [{below: 99.9, credit: 2 points}], points: {each: SHARE}",
    "points.bands": "bands: [{below: 99.9, credit: 2 points}], points: {bands: [{from: 1, credit: SHARE}]}",
    "caps.at_most": "flat: 100%, caps: [{per: window, at_most: SHARE}]",
    "minimum.from": "flat: 1%, minimum: {from: SHARE, otherwise: raised}",
    "minimum.above": "flat: 6%, minimum: {above: SHARE, otherwise: nothing}",
    "earn_back.share": "flat: 50%, earn_back: {windows: 1, share: SHARE}",
}


def owing(said: str, share: str) -> Policy:
    return contract(f"target: 99.9, credit: {{{said.replace('SHARE', share)}, clause: c}}")


SHARES = ("1/20", "5%", "7%")


@pytest.fixture(scope="module")
def due() -> dict[tuple[str, str], Any]:
    """Credits by place and share."""
    written = [(place, share) for place in PLACES for share in SHARES]
    cases = [Case(owing(PLACES[place], share), OUTAGES) for place, share in written]
    reviews = judged_each(cases, "2026-06/2026-07")
    return {key: review.credits.to_dicts() for key, review in zip(written, reviews, strict=True)}


@pytest.mark.parametrize("place", PLACES)
def test_a_fraction_and_a_percentage_are_the_same(due: dict[tuple[str, str], Any], place: str) -> None:
    fraction, percentage, more = (due[place, share] for share in SHARES)
    assert fraction == percentage
    assert fraction != more


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("bonus", "small.yaml:8 guarantees.uptime.bonus: rewards to the provider are not covered"),
        ("malus", "small.yaml:8 guarantees.uptime.malus: rewards to the provider are not covered"),
        ("temperature", "small.yaml:8 guarantees.uptime.temperature: physical quantities are not covered"),
        ("annual_points", "small.yaml:8 guarantees.uptime.annual_points: points added up over years are not covered"),
        (
            "upgrade",
            "small.yaml:8 guarantees.uptime.upgrade: changes of plan at the provider's prices are not covered",
        ),
    ],
)
def test_what_the_format_leaves_out_is_refused_by_name(key: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        contract(f"target: 99.9, {key}: 5%")
    assert [str(problem) for problem in refused.value.problems] == [
        f"{told}; say it in words under undertakings, or remove it"
    ]


def test_what_a_band_adds_for_other_tiers_is_not_said() -> None:
    text = """
format: 1
id: small
provider: P
service: S
source: {title: t, language: en, retrieved: 2026-01-01}
currency: EUR
tiers: [silver, gold]
guarantees:
  - id: a
    metric: availability
    target: 99.9
    window: 1mo
    clause: c
    credit:
      bands: [{from: 99, below: 99.9, credit: 10%}, {below: 99, plus: {multiple: {gold: {by: 10, after: 5m}}}}]
      clause: c
"""
    said = {
        tier: credit_words(parse_policy(text).terms(tier=tier).remedies[0].credit[0]) for tier in ("silver", "gold")
    }
    assert said["silver"] == "from 99 % below 99.9 %: 10 %; below 99 %: no credit (of the monthly fee)"
    assert "below 99 %: 10 times the share of the monthly fee for the time lost beyond 5m" in said["gold"]
