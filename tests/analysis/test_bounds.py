"""Bounds of outages: the review says which verdicts and credits they leave open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from small_contracts import at, contract, evidence, holder

from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.evidence.samples import outages_from
from slakit.problems import InputError
from slakit.show.excel.review import review_sheets

POLICY = contract("target: 99.9, credit: {flat: 10%, clause: c}", "currency: EUR")


def outage(ended: str | None, lower: str | None = None, upper: str | None = None, **more: Any) -> dict[str, Any]:
    """From 10:00 on 10 June; bounds are ends."""
    row = {"outage": "o", "subscription": "s", "started": at("2026-06-10T10:00")}
    ends = {"ended": ended, "lower_ended": lower, "upper_ended": upper}
    return row | {name: at(f"2026-06-10T{end}") if end else None for name, end in ends.items()} | more


def reviewed(*outages: dict[str, Any], policy: Any = POLICY, **more: Any) -> Review:
    return assess(evidence(outages, **more), "2026-06", "2026-08-01", policies={"small": policy})


def test_without_bounds_the_table_is_empty() -> None:
    review = reviewed(outage("10:44"))
    assert review.bounds.is_empty()
    assert review.warnings.is_empty()


def test_a_verdict_and_a_credit_that_the_upper_bound_changes() -> None:
    review = reviewed(outage("10:43", "10:42", "10:44"))  # 43m12s are allowed
    verdict, credit = review.bounds.rows(named=True)
    assert [verdict[name] for name in ("guarantee", "met_lower", "met", "met_upper")] == ["uptime", True, True, False]
    assert [credit[name] for name in ("remedy", "amount_lower", "amount", "amount_upper")] == ["uptime", 0, 0, 100]
    assert verdict["window_start"] == credit["window_start"] == at("2026-06-01")
    assert review.warnings.select("code", "says").rows() == [
        (
            "bounds_differ",
            "1 verdict and 1 credit depend on whether outages lasted as long as their lower or upper bounds: "
            "see the table bounds.",
        )
    ]
    assert review.owed == {"EUR": 0}
    assert "Bounds" in [sheet.name for sheet in review_sheets(review)]


def test_bounds_that_change_nothing_are_not_told() -> None:
    assert reviewed(outage("10:50", "10:44", "11:00")).bounds.is_empty()


def test_an_empty_bound_is_as_recorded() -> None:
    review = reviewed(outage("10:44", "10:43"))
    assert review.bounds["met_upper"].drop_nulls().to_list() == [False]
    assert review.bounds["amount_lower"].drop_nulls().to_list() == [0]


def test_only_subscriptions_with_bounds_are_told() -> None:
    held = [holder(), holder() | {"subscription": "other"}]
    other = outage("10:50") | {"outage": "q", "subscription": "other"}
    review = reviewed(outage("10:43", upper="10:44"), other, subscriptions=held)
    assert review.bounds["subscription"].unique().to_list() == ["s"]


def test_single_incidents_are_summed_up() -> None:
    terms = "metric: downtime, within: 1h, window: incident, credit: {flat: 10%, clause: c}"
    review = reviewed(
        outage("11:01", "10:59", "11:02", lower_started=at("2026-06-10T10:01")),
        policy=contract(terms, "currency: EUR"),
    )
    verdict, credit = review.bounds.rows(named=True)
    assert (verdict["window_start"], verdict["met_lower"], verdict["met"]) == (None, True, False)
    assert (credit["amount_lower"], credit["amount"], credit["amount_upper"]) == (0, 100, 100)


def test_a_lower_bound_without_length_is_no_downtime() -> None:
    review = reviewed(outage("10:44", "10:00"))
    assert review.bounds["met_lower"].drop_nulls().to_list() == [True]


def test_bounds_end_after_they_start() -> None:
    with pytest.raises(InputError, match=r"lower_ended"):
        reviewed(outage("10:44", "10:00", lower_started=at("2026-06-10T10:01")))


def test_outages_of_samples_carry_their_bounds() -> None:
    minutes = range(0, 60 * 24 * 30, 5)
    samples = pl.DataFrame(
        {
            "measured": [at("2026-06-01") + timedelta(minutes=n) for n in minutes],
            "up": [not 600 <= n < 645 for n in minutes],
        }
    )
    found = outages_from(samples, every="5m")
    rows = found.evidence("s").to_dicts()
    review = reviewed(*rows)
    assert review.bounds["met"].drop_nulls().to_list() == [False]
    assert review.bounds["met_lower"].drop_nulls().to_list() == [True]
