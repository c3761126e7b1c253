"""Credits that others have worked out come out of slakit as they printed them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML
from small_contracts import HOUR, MICROSECOND, Row, at, contract, down, holder, judged, work

from slakit.policy.files import parse_policy
from slakit.problems import InputError

HERE = Path(__file__).parent
EXAMPLES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(HERE / "credits.yaml")
CASES = [(example, case) for example in EXAMPLES for case in example["cases"]]


def spans(case: dict[str, Any], name: str) -> list[tuple[Any, Any]]:
    return [(at(str(start)), at(str(end))) for start, end in case.get(name, [])]


def outages_of(case: dict[str, Any]) -> list[Row]:
    if "availability" in case:
        gap = (100 - Decimal(case["availability"])) / 100
        length = int(gap * (720 * HOUR // MICROSECOND)) * MICROSECOND
        return [down(at("2026-06-01"), length)] if length else []
    return [down(start, end - start, f"o{n}") for n, (start, end) in enumerate(spans(case, "outages"))]


def claims_of(case: dict[str, Any]) -> list[Row]:
    return [
        {
            "subscription": "s",
            "remedy": "uptime",
            "window_start": at(f"{month}-01"),
            "claimed": at("2026-06-02"),
            "amount": paid,
        }
        for month, paid in case.get("claims", {}).items()
    ]


@pytest.mark.parametrize(
    ("example", "case"), CASES, ids=[f"{e['source'].split(',')[0]}: {c['says']}" for e, c in CASES]
)
def test_the_credit_is_the_one_published(example: dict[str, Any], case: dict[str, Any]) -> None:
    policy = contract(example["guarantee"], example.get("rest", ""))
    maintenance = [work(start, end - start, name=f"m{n}") for n, (start, end) in enumerate(spans(case, "maintenance"))]
    review = judged(
        policy,
        outages_of(case),
        str(example.get("window", "2026-06")),
        subscriptions=[holder(fee=example["fee"], currency=example["currency"])],
        maintenance=maintenance,
        claims_made=claims_of(case),
    )
    assert review.credits.select("amount", "cap").rows() == [(Decimal(case["credit"]), case.get("cap"))]
    window = review.availability.row(0, named=True)
    if "downtime" in case:
        assert window["downtime_seconds"] == case["downtime"] * 60
        assert window["met"] is case["met"]
    if "prints" in case:
        assert window["availability"] == Decimal(case["prints"])
    if "availability" in case:
        assert window["availability"] == Decimal(case["availability"])


def test_every_example_names_its_source() -> None:
    assert all(example["source"] for example in EXAMPLES)


def test_a_level_of_minus_ten_is_refused() -> None:
    """Accord refuses a measured level below 0; here a level is measured, and the file's own figures are refused."""
    text = (
        "format: 1\nid: a\nprovider: p\nservice: s\nsource: {title: t, language: en, retrieved: 2026-01-01}\n"
        "guarantees:\n  - {id: u, metric: availability, target: -10, window: 1mo, clause: c}\n"
    )
    with pytest.raises(InputError, match=r"target = -10: not a percentage; write a number from 0 to 100"):
        parse_policy(text)


def test_evidence_of_a_negative_level_is_refused() -> None:
    backwards = {"outage": "o", "subscription": "s", "started": at("2026-06-02"), "ended": at("2026-06-01")}
    with pytest.raises(InputError, match="ended"):
        judged(contract("target: 99.9"), [backwards])
    with pytest.raises(InputError, match="not between 0 and 1"):
        judged(contract("target: 99.9"), [down(at("2026-06-01"), HOUR, affected="-0.1")])
    with pytest.raises(InputError, match="negative"):
        judged(contract("target: 99.9"), subscriptions=[holder(fee="-10")])


def test_nodespace_credits_ten_hours_of_twelve() -> None:
    example = next(e for e in EXAMPLES if e["source"].startswith("NodeSpace"))
    review = judged(
        contract(example["guarantee"]), [down(at("2026-06-10T10:00"), 12 * HOUR)], subscriptions=[holder(fee="100")]
    )
    assert review.credits.select("credit_percent", "amount").row(0) == (Decimal(120), Decimal("100.00"))


def test_klikk_and_the_others_in_the_library_give_wp_heavens_own_figure() -> None:
    started = at("2026-06-10", "Europe/Copenhagen")
    outage = down(started, 72 * HOUR, detected=started)
    held = [holder("wp-heaven", fee="1600", currency="DKK")]
    review = judged("wp-heaven", [outage], subscriptions=held)
    assert review.owed == {"DKK": Decimal("152.00")}
    assert review.credits["credit_percent"].to_list() == [Decimal("9.5")]
    assert review.availability.select(pl.col("availability")).item() == Decimal("90")
