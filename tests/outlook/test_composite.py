"""Composite services: published figures, exact arithmetic, and components that share outages."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import product

import pytest

import slakit as sla

AZURE = ["99.99", "99.99", "99.95", "99.9", "99.9", "99.99"]  # of Azure's reference application for Java


def test_azure_in_series_and_in_two_regions() -> None:
    assert f"{sla.in_series(AZURE).availability:.3f}" == "99.720"
    region = sla.in_series(["99.76"])
    both = sla.in_series({"gateway": "99.98", "regions": sla.in_parallel([region, region])})
    assert f"{both.availability:.4f}" == "99.9794"


def test_parallel_is_the_sum_over_all_states() -> None:
    levels = [Fraction(9, 10), Fraction(4, 5), Fraction(1, 2), Fraction(99, 100)]
    for needed in (1, 2, 3, 4):
        exact = Fraction(0)
        for ups in product([True, False], repeat=4):
            chance = Fraction(1)
            for up, level in zip(ups, levels, strict=True):
                chance *= level if up else 1 - level
            exact += chance * (sum(ups) >= needed)
        assert sla.in_parallel([str(float(100 * level)) for level in levels], needed=needed).level == exact


def test_the_weakest_clause_comes_first() -> None:
    shop = sla.in_series({"site": "wp-heaven", "payment": "klink-cloud:enterprise", "database": "99.99"})
    first = shop.weights().row(0, named=True)
    assert (first["component"], first["level"]) == ("site", Decimal("99.5"))
    assert first["clause"] == "WP Heaven: Website uptime, 3.2"
    assert first["minutes"] == pytest.approx(Decimal(216), abs=1)


def test_what_is_no_part_is_refused_at_once() -> None:
    with pytest.raises(sla.InputError) as refused:
        sla.in_series({"a": "101", "b": "no-such-plan", "c": "99"})
    assert len(refused.value.problems) == 2
    with pytest.raises(sla.InputError, match="not a number of the parts"):
        sla.in_parallel(["99"], needed=2)
