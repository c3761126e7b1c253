"""Levels from measurements: percentiles, slices, counts that are incomplete, and what nobody measured."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from small_contracts import DAY, HOUR, Row, amounts, at, contract, holder, judged

from slakit.analysis.assess import assess
from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.evidence.evidence import Evidence
from slakit.problems import InputError

JUNE = at("2026-06-01")


def sample(measured: datetime, **known: Any) -> Row:
    return {"subscription": "s", "guarantee": "uptime", "measured": measured, **known}


def counts(*pairs: tuple[int | None, int | None], step: timedelta = DAY) -> list[Row]:
    """Counts of what failed among a total, one after the other."""
    return [sample(JUNE + n * step, failed=failed, total=total) for n, (failed, total) in enumerate(pairs)]


def levels(review: Review) -> list[Decimal | None]:
    return review.figures["level"].to_list()


@pytest.mark.parametrize(("by", "level"), [("p95", "91"), ("p90", "90"), ("p50", "50"), ("p1", "10"), ("p99", "91")])
def test_a_percentile_is_the_value_of_its_nearest_rank(by: str, level: str) -> None:
    values = [10, 20, 30, 40, 50, 60, 70, 80, 90, 91]
    shuffled = [values[n * 7 % 10] for n in range(10)]
    rows = [sample(JUNE + n * HOUR, value=str(value)) for n, value in enumerate(shuffled)]
    review = judged(contract(f"metric: figure, measured: {{by: {by}, unit: ms}}, at_most: 90"), measurements=rows)
    assert levels(review) == [Decimal(level)]
    assert review.figures["met"].to_list() == [Decimal(level) <= 90]


@pytest.mark.parametrize("pair", [(None, 100), (3, None), (101, 100)])
def test_counts_that_are_incomplete_or_impossible_are_refused(pair: tuple[int | None, int | None]) -> None:
    with pytest.raises(InputError, match="measurements row 3: no measurement of uptime") as seen:
        judged(contract("target: 99.9, measured: {by: ratio}"), measurements=counts((0, 100), pair, (0, 100)))
    assert len(seen.value.problems) == 1


def test_a_slice_of_nothing_among_nothing_is_passed_over() -> None:
    policy = contract("target: 99.9, measured: {by: mean, slice: 1d}")
    review = judged(policy, measurements=counts((0, 0), (50, 100), (0, 0)))
    assert levels(review) == [Decimal("98.333333")]
    down = contract("target: 99.9, measured: {by: down, slice: 1h, at: 50}")
    assert judged(down, measurements=counts((0, 0), (1, 2))).availability["downtime_seconds"].to_list() == [3600]


def test_measurements_of_nothing_are_explained_as_nothing_to_judge() -> None:
    review = judged(contract("metric: figure, measured: {by: ratio}, at_least: 99"), measurements=counts((0, 0)))
    assert levels(review) == [None]
    assert "1 measurement of nothing: nothing to judge." in str(explain(review, "s", "2026-06"))


def test_outages_in_measurements_are_numbered_for_each_subscription() -> None:
    policy = contract("target: 99.9, measured: {by: down, slice: 1h, at: 50}")
    rows = counts((2, 2), (2, 2), (2, 2))
    rows[0] |= {"subscription": "other"}
    review = judged(policy, measurements=rows, subscriptions=[holder(), holder(subscription="other")])
    names = review.ledger.sort("subscription", "started").select("subscription", "outage").rows()
    assert names == [("other", "uptime 0"), ("s", "uptime 0"), ("s", "uptime 1")]


def test_a_window_in_which_nothing_was_measured_has_no_verdict() -> None:
    policy = contract("target: 99.9, measured: {by: down, slice: 1h, at: 50}, credit: {flat: 10%, clause: c}")
    review = judged(policy, period="2026-06/2026-07", measurements=counts((2, 2), (0, 2)))
    assert review.availability.select("availability", "met").rows() == [(Decimal("99.861111"), False), (None, None)]
    assert amounts(review) == [100]


def test_without_a_table_of_outages_there_is_no_verdict_and_no_credit() -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, clause: c}")
    nothing_happened = Evidence.of([holder()], outages=[])
    nobody_looked = Evidence.of([holder()])
    kept, unknown = (
        assess(given, "2026-06", "2026-08-01", policies={"small": policy})
        for given in (nothing_happened, nobody_looked)
    )
    assert kept.availability.select("availability", "met").rows() == [(100, True)]
    assert unknown.availability.select("availability", "met").rows() == [(None, None)]
    assert unknown.credits.is_empty()
    assert "nothing to judge" in str(explain(unknown, "s", "2026-06"))


@pytest.mark.parametrize("terms", ["metric: incidents, at_most: 0", "metric: downtime, within: 1h"])
def test_no_other_metric_is_kept_without_a_table_of_outages(terms: str) -> None:
    policy = contract(f"{terms}, credit: {{flat: 10%, clause: c}}")
    review = assess(Evidence.of([holder()]), "2026-06", "2026-08-01", policies={"small": policy})
    assert review.availability.select("availability", "met").rows() == [(None, None)]
