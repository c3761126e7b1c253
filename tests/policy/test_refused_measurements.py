"""Measurements that a policy cannot ask for: refused with what would be right."""

from __future__ import annotations

import pytest
from small_contracts import contract

from slakit.problems import InputError

REFUSED = {
    "by: down, slice: 1m": "a slice is down at a share of failures; write by: down with at: 5",
    "by: ratio, at: 5": "a slice is down at a share of failures; write by: down with at: 5",
    "by: down, slice: 1m, at: {to: 5}": "what is down has no highest share of failures; write at: 5, or at: {above: 5}",
    "by: down, slice: 1m, at: {above: 100}": "no share of failures is above 100 %; write at: 100",
    "by: p95, minimum_total: 100": (
        "a value does not tell of how many requests it is; drop minimum_total, or write by: ratio"
    ),
    "by: mean, minimum_total: 100": (
        "a value does not tell of how many requests it is; drop minimum_total, or write by: ratio"
    ),
    "by: down, slice: 1m, at: 5, minimum_total: 1": (
        "a slice without a request is not down anyway; write a higher minimum_total, or drop it"
    ),
}


@pytest.mark.parametrize(("measured", "told"), REFUSED.items(), ids=list(REFUSED))
def test_what_nothing_could_measure_is_refused(measured: str, told: str) -> None:
    with pytest.raises(InputError) as seen:
        contract(f"target: 99, measured: {{{measured}}}")
    assert [str(one) for one in seen.value.problems] == [f"small.yaml:8 guarantees.uptime.measured: {told}"]


def test_no_requests_are_not_the_fewest() -> None:
    with pytest.raises(InputError) as seen:
        contract("target: 99, measured: {by: ratio, minimum_total: 0}")
    told = "small.yaml:8 guarantees.uptime.measured.minimum_total = 0: too small; write a number from 1"
    assert [str(one) for one in seen.value.problems] == [told]
