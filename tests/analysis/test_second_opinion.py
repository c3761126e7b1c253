"""An independent calculation agrees on every verdict, every availability and every credit, to the last cent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from random import Random

import polars as pl
import pytest
import second_opinion as reference
from effort import some_quick
from random_evidence import random_evidence
from reference_evidence import AS_OF, PERIOD, Row, as_evidence

from slakit.analysis.assess import assess
from slakit.analysis.review import Review

FIRST, LAST = PERIOD.split("/")
POLICIES = ("klikk", "wp-heaven", "klink-cloud")
Rows = dict[str, list[Row]]


def in_microseconds(seconds: Decimal) -> int:
    return int(seconds * 10**6)


def found(review: Review) -> reference.Result:
    """What slakit says, in the form of the second opinion."""
    result = reference.Result()
    keys = ("subscription", "guarantee", "outage", "verdict")
    for row in (
        review.ledger.filter(pl.col("seconds") > 0).group_by(keys).agg(pl.col("seconds").sum()).iter_rows(named=True)
    ):
        result.verdicts[tuple(row[key] for key in keys)] = in_microseconds(row["seconds"])  # type: ignore[index]
    for row in review.availability.filter(~pl.col("running")).iter_rows(named=True):
        measured = (in_microseconds(row["agreed_seconds"]), in_microseconds(row["downtime_seconds"]), row["met"])
        result.availability[(row["subscription"], row["guarantee"], row["window_start"])] = measured
    for row in review.credits.filter(pl.col("amount") > 0).iter_rows(named=True):
        result.credits[(row["subscription"], row["remedy"], row["window_start"])] = row["amount"]
    return result


def agree(rows: Rows, reading: dict[str, str], period: str = PERIOD, as_of: object = AS_OF) -> None:
    policy = rows["subscriptions"][0]["policy"]
    review = assess(as_evidence(rows), period, as_of, reading=reading, ranges=False)  # type: ignore[arg-type]
    first, _, last = period.partition("/")
    expected = reference.assess(rows, first, last or first, as_of, {policy: reading})  # type: ignore[arg-type]
    seen = found(review)
    assert seen.verdicts == expected.verdicts
    assert seen.availability == expected.availability
    assert seen.credits == expected.credits


def readings(policy: str) -> list[dict[str, str]]:
    questions = reference.QUESTIONS[policy]
    return [dict(zip(questions, answers, strict=True)) for answers in product(*questions.values())]


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("seed", range(100, 106))
def test_it_agrees_under_the_default_reading(policy: str, seed: int) -> None:
    agree(random_evidence(seed, policy, outages=110), {})


def samples() -> Iterator[tuple[str, int, dict[str, str]]]:
    for seed, reading in enumerate(Random(5).sample(readings("klikk"), 12), 200):
        yield "klikk", seed, reading
    for seed, reading in enumerate(readings("klink-cloud"), 200):
        yield "klink-cloud", seed, reading


@pytest.mark.parametrize(
    ("policy", "seed", "reading"), list(samples()), ids=lambda value: value if isinstance(value, str) else ""
)
def test_it_agrees_under_other_readings(policy: str, seed: int, reading: dict[str, str]) -> None:
    agree(random_evidence(seed, policy, outages=80), reading)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("period", ["2026-03", "2026-04/2026-06", "2025-12/2026-12"])
def test_it_agrees_on_other_periods(policy: str, period: str) -> None:
    agree(random_evidence(300, policy, outages=80), {}, period)


@pytest.mark.parametrize("policy", POLICIES)
def test_it_agrees_in_the_middle_of_things(policy: str) -> None:
    rows = random_evidence(301, policy, outages=80)
    instants = [row[name] for row in rows["outages"] for name in ("started", "ended", "reported") if row[name]]
    for as_of in Random(1).sample(instants, 4):
        agree(rows, {}, as_of=as_of)


@pytest.mark.parametrize(
    ("policy", "seed"),
    [
        pytest.param("klikk", 401, marks=pytest.mark.long),
        pytest.param("klink-cloud", 402, marks=pytest.mark.long),
        ("wp-heaven", 403),
    ],
)
def test_the_range_is_the_lowest_and_the_highest_of_all_readings(policy: str, seed: int) -> None:
    rows = random_evidence(seed, policy, outages=36)
    ranges = {row["subscription"]: row for row in assess(as_evidence(rows), PERIOD, AS_OF).ranges.iter_rows(named=True)}
    sums: dict[str, list[tuple[dict[str, str], Decimal]]] = {name: [] for name in ranges}
    for reading in readings(policy):
        credits = reference.assess(rows, FIRST, LAST, AS_OF, {policy: reading}).credits
        for name, own in sums.items():
            own.append((reading, sum((amount for (who, _, _), amount in credits.items() if who == name), Decimal(0))))
    for name, own in sums.items():
        row, default = ranges[name], own[0]
        assert row["amount"] == default[1]
        assert row["amount_low"] == min(amount for _, amount in own)
        assert row["amount_high"] == max(amount for _, amount in own)
        assert dict_of(own, row["reading_low"]) == row["amount_low"]
        assert dict_of(own, row["reading_high"]) == row["amount_high"]
        widening = [
            next(question for question in reading if reading[question] != default[0][question])
            for reading, amount in own
            if sum(reading[question] != default[0][question] for question in reading) == 1 and amount != default[1]
        ]
        assert row["widened_by"] == ", ".join(question for question in default[0] if question in widening)


def dict_of(sums: list[tuple[dict[str, str], Decimal]], reading: str) -> Decimal:
    return next(amount for answers, amount in sums if answers == json.loads(reading))


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("largest", some_quick([1, 7, 60], [7]))
def test_working_in_small_batches_changes_nothing(policy: str, largest: int, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = as_evidence(random_evidence(500, policy, outages=90, subscriptions=5))
    whole = assess(evidence, PERIOD, AS_OF)
    monkeypatch.setattr("slakit.measure.assessment_input.LARGEST_BATCH", largest)
    parts = assess(evidence, PERIOD, AS_OF)
    for name in ("ledger", "availability", "incidents", "credits", "ranges", "claims", "assumptions"):
        assert getattr(parts, name).equals(getattr(whole, name)), name


def test_a_settled_reading_is_the_reading_assessed_alone() -> None:
    evidence = as_evidence(random_evidence(501, "klikk", outages=60))
    settled = assess(evidence, PERIOD, AS_OF, reading={"window": "quarter", "klikk:cap": "annual"})
    alone = assess(evidence, PERIOD, AS_OF, reading=["window=quarter", "cap=annual"], ranges=False)
    for name in ("ledger", "availability", "credits"):
        assert getattr(settled, name).equals(getattr(alone, name))
    assert settled.ranges["amount"].equals(alone.ranges["amount"])
    for text in settled.ranges["reading_high"]:
        assert json.loads(text)["window"] == "quarter"


@pytest.mark.long
def test_three_contracts_assessed_together_are_as_each_alone() -> None:
    each = {policy: random_evidence(502, policy, outages=50) for policy in POLICIES}
    for policy, rows in each.items():
        for table, key in (("outages", "outage"), ("maintenance", "maintenance")):
            for row in rows[table]:
                row[key] = f"{policy}-{row[key]}"
    together = {name: [row for rows in each.values() for row in rows[name]] for name in each["klikk"]}
    review = assess(as_evidence(together), PERIOD, AS_OF)
    for policy, rows in each.items():
        alone = assess(as_evidence(rows), PERIOD, AS_OF)
        own = pl.col("subscription").str.starts_with(policy)
        for name in ("ledger", "availability", "credits", "ranges", "claims"):
            assert getattr(review, name).filter(own).rows() == getattr(alone, name).rows(), (policy, name)
