"""Simulated years: against closed forms, through the very assessment, the same however they are computed."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl
import pytest

import slakit as sla
from slakit.analysis.assess import assess
from slakit.evidence.evidence import Evidence
from slakit.measure.calendar import Period
from slakit.outlook.history import history_of, months_of
from slakit.outlook.models import ByRate, OwnMonths, Rate, lengths_of
from slakit.outlook.outlook import Outlook
from slakit.outlook.simulate import evidence_of_years
from slakit.outlook.words import outlook_sentences

ENTERPRISE, HEAVEN = "klink-cloud:enterprise", "wp-heaven"
YEAR, HOURS = "2027-01/2027-12", 8766
SHOP = {"subscription": "shop", "policy": HEAVEN, "monthly_fee": "1600", "currency": "DKK",
        "starts": "2025-01-01T00:00:00+01:00"}  # fmt: skip


def outage(number: int, started: str, hours: float, **more: Any) -> dict[str, Any]:
    begun = datetime.fromisoformat(started).replace(tzinfo=UTC)
    return {"outage": f"o{number}", "subscription": "shop", "started": begun, "ended": begun + timedelta(hours=hours),
            "reported": begun + timedelta(minutes=7), **more}  # fmt: skip


FEW = [
    outage(1, "2026-01-06T03:00", 1, component="web", cause="power"),
    outage(2, "2026-01-06T12:00", 5, component="web", cause="network"),
    outage(3, "2026-02-17T09:00", 2, component="db", cause="customer"),
    outage(4, "2026-02-20T09:00", 0.5),
]


@pytest.fixture(scope="module")
def known() -> Outlook:
    """Years of the model that has a closed form."""
    return sla.outlook(
        [ENTERPRISE, HEAVEN], outages_per_year=HOURS / 999, mean_length="1h", model="exponential", period=YEAR,
        years=600, seed=3,
    )  # fmt: skip


def kept_in_months(target: float) -> float:
    days = [(end - start) / 86_400e6 for start, end in months_of(Period.parse(YEAR))]
    return sum(sla.chance_kept(target, up_hours=999, down_hours=1, days=each) for each in days) / 12


def test_months_missed_are_those_of_the_closed_form(known: Outlook) -> None:
    for plan, target in ((ENTERPRISE, 99.9), (HEAVEN, 99.5)):
        missed = float(known.summary.filter(plan=plan)["months_missed"][0]) / 100
        exact = 1 - kept_in_months(target)
        assert abs(missed - exact) < 4 * math.sqrt(exact * (1 - exact) / (12 * 600))


def test_expected_credit_is_that_of_the_closed_form(known: Outlook) -> None:
    bands = [(99.9, 0.05), (99.0, 0.05), (95.0, 0.15)]  # each adds to the one before
    exact = 12 * 1000 * sum(credit * (1 - kept_in_months(level)) for level, credit in bands)
    expected, error = known.summary.select("expected", "error").row(0)
    assert abs(float(expected) - exact) < 4 * float(error)


def test_every_year_is_what_an_assessment_says() -> None:
    evidence = Evidence.of([SHOP], outages=FEW, maintenance=[{
        "maintenance": "m", "subscription": "shop", "started": "2026-02-17T08:00Z", "ended": "2026-02-17T12:00Z",
        "announced": "2026-02-10T00:00Z", "kind": "scheduled"}])  # fmt: skip
    plans = [ENTERPRISE, HEAVEN]
    found = sla.outlook(plans, evidence=evidence, period=YEAR, years=6, model="history", fee=1000)
    simulation = _simulation(found, evidence)
    drawn = evidence_of_years(simulation, 0, 6)
    policies = {name: offer.policy for name, offer in simulation.offers.items()}
    review = assess(drawn, YEAR, "2029-01-01", policies=policies)
    for row in found.years.iter_rows(named=True):
        name = f"{row['year']} {row['plan']}"
        mine = pl.col("subscription") == name
        assert row["amount"] == (review.credits.filter(mine)["amount"].sum() or 0)
        windows = review.availability.filter(mine, pl.col("met").is_not_null())
        assert (row["windows"], row["missed"]) == (12, (~windows["met"]).sum())
    ranges = review.ranges.with_columns(pl.col("subscription").str.replace(r"^\d+ ", "").alias("plan"))
    means = ranges.group_by("plan", maintain_order=True).agg((pl.col("amount_high").sum() / 6).alias("high"))
    for plan, high in means.iter_rows():
        assert found.summary.filter(plan=plan)["highest"][0] <= high + Decimal("0.01")


def _simulation(found: Outlook, evidence: Evidence) -> Any:
    """The simulation of an outlook, as it is handed to whoever computes it."""
    kept: list[Any] = []

    def run(function: Any, works: Sequence[Any]) -> Iterable[Any]:
        kept.extend(works)
        return [function(*work) for work in works]

    sla.outlook(list(found.plans), evidence=evidence, period=YEAR, years=6, model="history", fee=1000, run=run)
    return kept[0][0]


def test_same_seed_same_years_however_they_are_computed(known: Outlook, monkeypatch: pytest.MonkeyPatch) -> None:
    def backwards(function: Any, works: Sequence[Any]) -> Iterable[Any]:
        return reversed([function(*work) for work in reversed(works)])

    monkeypatch.setattr(importlib.import_module("slakit.outlook.outlook"), "WINDOWS_OF_BLOCK", 24 * 70)
    given: dict[str, Any] = {"outages_per_year": HOURS / 999, "mean_length": "1h", "model": "exponential",
                             "period": YEAR, "ranges": False}  # fmt: skip
    parted = sla.outlook([ENTERPRISE, HEAVEN], years=200, seed=3, run=backwards, **given)
    assert parted.years.equals(known.years.filter(pl.col("year") < 200))
    other = sla.outlook([ENTERPRISE, HEAVEN], years=200, seed=4, **given)
    assert not parted.years.equals(other.years)


def test_plans_go_through_the_same_outages(known: Outlook) -> None:
    alone = sla.outlook([HEAVEN], outages_per_year=HOURS / 999, mean_length="1h", model="exponential", period=YEAR,
                        years=50, seed=3)  # fmt: skip
    mine = known.years.filter(pl.col("plan") == HEAVEN, pl.col("year") < 50)
    assert alone.years.equals(mine)
    (difference,) = known.differences.iter_rows(named=True)
    first, second = known.summary["fee_share"]
    assert difference["difference"] == pytest.approx(second - first, abs=Decimal("0.000002"))
    assert difference["discount"] == pytest.approx(100 * (first - second) / (100 - second), abs=Decimal("0.00001"))


def test_the_shape_of_lengths_moves_the_money() -> None:
    paid = {}
    for spread in (0.0, 1.5):
        found = sla.outlook([ENTERPRISE], outages_per_year=HOURS / 999, mean_length="1h", spread=spread, period=YEAR,
                            years=400, ranges=False)  # fmt: skip
        paid[spread] = found.summary.select("expected", "error").row(0)
    for spread, published in ((0.0, 312.25), (1.5, 139.85)):
        expected, error = paid[spread]
        assert abs(float(expected) - published) < 4 * math.hypot(float(error), 2)


def test_history_is_drawn_as_it_occurred() -> None:
    history = history_of(Evidence.of([SHOP], outages=FEW), Period.parse("2026-01/2026-06"))
    drawn = [one for year in range(40) for one in OwnMonths(history).draw(Random(year), list(months_of(
        Period.parse(YEAR)))).outages]  # fmt: skip
    seen = {(one.component, one.cause, (one.ended or 0) - one.started, (one.reported or 0) - one.started,
             (one.started // 60_000_000) % (7 * 24 * 60)) for one in drawn}  # fmt: skip
    recorded = {(one.component, one.cause, (one.ended or 0) - one.started, (one.reported or 0) - one.started,
                 (one.started // 60_000_000) % (7 * 24 * 60)) for one in history.outages}  # fmt: skip
    assert seen == recorded
    assert 40 * 8 * 0.7 < len(drawn) < 40 * 8 * 1.3


def test_unobserved_time_is_not_quiet_time() -> None:
    coverage = [{"subscription": "shop", "started": "2026-01-01T00:00Z", "ended": "2026-01-16T00:00Z"}]
    evidence = Evidence.of([SHOP], outages=FEW, coverage=coverage)
    history = history_of(evidence, Period.parse("2026-01/2026-06"))
    assert [one.component for one in history.outages] == ["web", "web"]  # the others began unobserved
    months = list(months_of(Period.parse(YEAR)))
    for model in (OwnMonths(history), ByRate(lengths_of(history, 1.4), Rate(None, 2, 15 / 365.25), history)):
        count = sum(len(model.draw(Random(year), months).outages) for year in range(40)) / 40
        assert 35 < count < 75  # two in half a month are about 49 a year, 61 by the prior
    assert sla.outlook([HEAVEN], evidence=evidence, years=2).basis["says"][0] == (
        "From 2 outages in 1 month (2026-01), of which 48 % were observed."
    )


def test_few_outages_weigh_little_against_the_published_spread() -> None:
    history = history_of(Evidence.of([SHOP], outages=FEW), None)
    own = [math.log(length) for length in history.lengths]
    mean = sum(own) / 4
    squares = sum((one - mean) ** 2 for one in own)
    lengths = lengths_of(history, 1.4)
    assert lengths.spread == pytest.approx(math.sqrt((10 * 1.96 + squares) / 13))
    assert lengths.log_median == pytest.approx(mean)


def test_what_nothing_says_is_refused() -> None:
    for given, wrong in (
        ({}, "nothing says how often outages are"),
        ({"outages_per_year": 6}, "nothing says how long outages are"),
        ({"outages_per_year": 6, "length": "soon"}, "not a duration"),
        ({"outages_per_year": 6, "length": "1h", "mean_length": "1h"}, "beside length"),
        ({"outages_per_year": 6, "length": "1h", "model": "weibull"}, "not a model"),
        ({"outages_per_year": 6, "length": "1h", "period": "2027-01"}, "not twelve whole months"),
        ({"evidence": Evidence.of([SHOP], outages=[])}, "nothing tells which months were observed"),
        ({"evidence": Evidence.of([SHOP], outages=[]), "history": "2026-01/2026-06"}, "how long outages are"),
    ):
        with pytest.raises(sla.InputError, match=wrong):
            sla.outlook([HEAVEN], **given)  # type: ignore[arg-type]


def test_it_speaks_in_natural_frequencies(known: Outlook) -> None:
    said = list(outlook_sentences(known))
    assert said[0].startswith("klink.cloud Enterprise: a guarantee is missed in 3")
    assert said[0].endswith(" of 100 months.")
    assert date.fromisoformat("2027-01-01") == known.period.first


@pytest.mark.long
def test_more_years_come_nearer() -> None:
    found = sla.outlook([ENTERPRISE], outages_per_year=HOURS / 999, mean_length="1h", model="exponential", period=YEAR,
                        years=20_000, ranges=False)  # fmt: skip
    few = sla.outlook([ENTERPRISE], outages_per_year=HOURS / 999, mean_length="1h", model="exponential", period=YEAR,
                      years=1_250, ranges=False)  # fmt: skip
    exact = 100 * (1 - kept_in_months(99.9))
    assert abs(float(found.summary["months_missed"][0]) - exact) < 400 * math.sqrt(0.25 / 240_000)
    assert float(few.summary["error"][0] / found.summary["error"][0]) == pytest.approx(4, rel=0.1)
