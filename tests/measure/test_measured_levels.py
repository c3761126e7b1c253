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


@pytest.mark.parametrize(("edge", "hours"), [("at: 5", 2), ("above: 5", 1), ("above: 4.999999", 2), ("above: 0", 3)])
def test_a_slice_is_down_from_a_share_of_failures_or_above_it(edge: str, hours: int) -> None:
    # 4.99, 5 and 5.01 % of 10,000 requests failed
    policy = contract(f"target: 99.9, measured: {{by: down, slice: 1h, {edge}}}")
    review = judged(policy, measurements=counts((499, 10_000), (500, 10_000), (501, 10_000), (0, 10_000)))
    assert review.availability["downtime_seconds"].to_list() == [hours * 3600]


QUIET = counts((50, 99), (10, 100), (30, 300), step=HOUR)
"""Three hours that lost 50.5, 10 and 10 % of 99, 100 and 300 requests."""


def few(review: Review) -> list[tuple[str, str]]:
    """What is assumed of too few requests."""
    rows = review.assumptions.filter(review.assumptions["term"] == "too few requests of uptime")
    return rows.select("value", "because").rows()


@pytest.mark.parametrize(("fewest", "down", "told"), [(99, 3, 0), (100, 2, 1), (101, 1, 2), (301, 0, 3)])
def test_a_slice_of_too_few_requests_is_not_down(fewest: int, down: int, told: int) -> None:
    policy = contract(f"target: 99.9, measured: {{by: down, slice: 1h, at: 5, minimum_total: {fewest}}}")
    review = judged(policy, measurements=QUIET)
    assert review.availability.select("downtime_seconds", "met").rows() == [(down * 3600, down == 0)]
    said = f"Fewer than {fewest} requests: {told} of 3 slices of 1h"
    assert few(review) == ([("taken as up", said)] if told else [])


def test_a_slice_of_too_few_requests_is_left_out_of_a_mean() -> None:
    policy = "target: 99, measured: {{by: mean, slice: 1h, minimum_total: {}}}, credit: {{flat: 10%, clause: c}}"
    # (90 + 90) / 2: the first hour, and the 717 of which no row tells, are not judged
    review = judged(contract(policy.format(100)), measurements=QUIET)
    assert review.figures.select("measurements", "level", "met").rows() == [(3, 90, False)]
    assert few(review) == [("excluded", "Fewer than 100 requests: 1 of 3 slices of 1h")]
    assert "Too few requests: uptime: excluded. Fewer than 100 requests: 1 of 3" in str(explain(review, "s", "2026-06"))
    # (49/99 + 90 % + 90 %) / 3 = 76.498316…
    assert levels(judged(contract(policy.format(99)), measurements=QUIET)) == [Decimal("76.498316")]
    # nothing is known of an hour with so many
    review = judged(contract(policy.format(301)), measurements=QUIET)
    assert review.figures.select("level", "met").rows() == [(None, None)]
    assert amounts(review) == []
    told = "3 measurements each of fewer than 301 requests: nothing to judge."
    assert told in str(explain(review, "s", "2026-06"))


def test_requests_that_several_places_counted_in_a_slice_are_added() -> None:
    # 60 + 60 requests, of which 30 failed
    rows = [sample(JUNE, failed=10, total=60), sample(JUNE, failed=20, total=60)]
    mean = contract("target: 99, measured: {by: mean, slice: 1h, minimum_total: 100}")
    assert levels(judged(mean, measurements=rows)) == [75]
    down = contract("target: 99, measured: {by: down, slice: 1h, at: 25, minimum_total: 100}")
    assert judged(down, measurements=rows).availability["downtime_seconds"].to_list() == [3600]


@pytest.mark.parametrize(("fewest", "level", "met"), [(499, "81.963927", False), (500, None, None)])
def test_a_ratio_of_too_few_requests_is_not_judged(fewest: int, level: str | None, met: bool | None) -> None:
    # 90 of 499 failed: 18.036072… %
    credit = "credit: {flat: 10%, clause: c}"
    policy = contract(f"target: 99, measured: {{by: ratio, minimum_total: {fewest}}}, {credit}")
    review = judged(policy, measurements=QUIET)
    assert review.figures.select("level", "met").rows() == [(level and Decimal(level), met)]
    assert amounts(review) == ([100] if met is False else [])
    said = "Fewer than 500 requests: 1 of 1 windows"
    assert few(review) == ([] if level else [("without a verdict", said)])


def test_a_ratio_of_nothing_is_met_unless_it_takes_requests_to_be_judged() -> None:
    for terms, met in (("", True), (", minimum_total: 1", None)):
        review = judged(contract(f"target: 99, measured: {{by: ratio{terms}}}"), measurements=counts((0, 0)))
        assert review.figures["met"].to_list() == [met]
