"""Uptime budgets that others have printed come out of slakit to the second."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from slakit.policy.quantities import PlainDuration

EXAMPLES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(Path(__file__).parent / "budgets.yaml")
CASES = [(example["source"], case) for example in EXAMPLES for case in example.get("cases", [])]


def seconds(text: str) -> Decimal:
    return Decimal(PlainDuration.parse(text).microseconds) / 10**6


@pytest.mark.parametrize(
    ("source", "case"),
    CASES,
    ids=[f"{source.split(',')[0]}: {case['target']} of {case['length']}" for source, case in CASES],
)
def test_the_budget_is_the_one_published(source: str, case: dict[str, Any]) -> None:
    from slakit.measure.budgets import uptime_budget

    assert source
    budget = uptime_budget(Decimal(case["target"]), timedelta(seconds=float(seconds(case["length"]))))
    exact = Decimal(budget // timedelta(microseconds=1)) / 10**6
    rounded = exact.quantize(Decimal(1), ROUND_DOWN if case.get("cut") else ROUND_HALF_UP)
    assert rounded == seconds(case["printed"])


def test_a_budget_keeps_the_target_and_a_microsecond_more_does_not() -> None:
    from slakit.measure.budgets import uptime_budget

    for target, days in (("99.9999", 366), ("99.95", 31), ("99.123456", 29), ("0", 1), ("100", 365)):
        length = timedelta(days=days)
        budget = uptime_budget(Decimal(target), length)
        total, bad = length // timedelta(microseconds=1), budget // timedelta(microseconds=1)
        assert 100 * (total - bad) >= Decimal(target) * total
        assert 100 * (total - bad - 1) < Decimal(target) * total
