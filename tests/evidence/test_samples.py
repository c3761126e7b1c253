"""Outages from samples: conventions by hand, the laws of sampling by simulation, gaps, and several places."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from slakit.evidence import samples as module
from slakit.evidence.samples import ProbedOutages, outages_from
from slakit.problems import InputError

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)


def samples(said: str, step: int = 60, **more: Any) -> pl.DataFrame:
    """Samples at a step [s]: 1 is up, 0 is down, a dot is one that did not come."""
    rows = [(BEGIN + timedelta(seconds=step * place), look == "1") for place, look in enumerate(said) if look != "."]
    table = pl.DataFrame(rows, schema={"measured": pl.Datetime("us", "UTC"), "up": pl.Boolean}, orient="row")
    return table.with_columns(pl.lit(value).alias(name) for name, value in more.items())


def minutes(found: ProbedOutages, first: str = "started", last: str = "ended") -> list[tuple[float, float | None]]:
    """Starts and ends, in minutes from the first sample."""
    rows = found.outages.select(first, last).rows()
    return [((a - BEGIN).total_seconds() / 60, b and (b - BEGIN).total_seconds() / 60) for a, b in rows]


def test_two_failures_at_15_seconds_are_30_seconds_down() -> None:
    (outage,) = outages_from(samples("001", 15), every="15s").outages.rows(named=True)
    assert outage["ended"] - outage["started"] == timedelta(seconds=30)
    assert outage["failures"] == 2


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("first_failure", "first_success", (2, 6)),
        ("confirmed", "first_success", (4, 6)),
        ("last_good", "first_success", (1, 6)),
        ("first_failure", "confirmed", (2, 7)),
        ("first_failure", "last_failure", (2, 5)),
    ],
)
def test_conventions_choose_instants_around_the_failures(start: Any, end: Any, expected: tuple[int, int]) -> None:
    found = outages_from(samples("11000011"), every="1m", failures=3, successes=2, start=start, end=end)
    assert minutes(found) == [expected]
    assert minutes(found, "lower_started", "lower_ended") == [(2, 5)]
    assert minutes(found, "upper_started", "upper_ended") == [(1, 6)]
    assert minutes(found, "detected", "ended")[0][0] == 4


def test_too_few_in_a_row_decide_nothing() -> None:
    assert minutes(outages_from(samples("1001100111"), every="1m", failures=3)) == []
    # one success between failures does not end an outage where two are needed
    found = outages_from(samples("1000100011"), every="1m", failures=3, successes=2)
    assert minutes(found) == [(1, 8)]
    assert found.outages["failures"].to_list() == [6]


def test_what_goes_on_at_the_last_sample_has_no_end() -> None:
    found = outages_from(samples("1100"), every="1m")
    assert minutes(found) == [(2, None)]
    assert minutes(found, "lower_started", "lower_ended") == [(2, None)]


def test_of_a_gap_nothing_is_known() -> None:
    found = outages_from(samples("100....0011"), every="1m")
    assert minutes(found) == [(1, 3), (7, 9)]
    covered = found.coverage.select((pl.col("ended") - pl.col("started")).dt.total_minutes()).to_series().to_list()
    assert covered == [3, 4]


def test_a_gap_may_be_downtime_or_hold_what_was_seen() -> None:
    assert minutes(outages_from(samples("100....0011"), every="1m", missing="down")) == [(1, 9)]
    assert minutes(outages_from(samples("1....1"), every="1m", missing="down")) == [(1, 5)]
    assert minutes(outages_from(samples("100....0011"), every="1m", missing="hold", hold="5m")) == [(1, 9)]
    assert minutes(outages_from(samples("100....0011"), every="1m", missing="hold", hold="2m")) == [(1, 4), (7, 9)]


def test_a_late_sample_is_not_a_missing_one() -> None:
    table = samples("1111").with_columns(pl.col("measured") + pl.duration(seconds=pl.int_range(4) * 29))
    assert outages_from(table, every="1m").coverage.height == 1


@pytest.mark.parametrize(("agree", "expected"), [("any", [(1, 4)]), (2, [(2, 4)]), ("all", [(3, 4)])])
def test_places_agree_on_each_interval(agree: Any, expected: list[tuple[int, int]]) -> None:
    places = [samples(said, place=name) for name, said in (("a", "100011"), ("b", "110011"), ("c", "111011"))]
    assert minutes(outages_from(pl.concat(places), every="1m", agree=agree)) == expected


def test_a_place_without_a_sample_has_no_say() -> None:
    places = [samples(said, place=name) for name, said in (("a", "10011"), ("b", "1.011"))]
    assert minutes(outages_from(pl.concat(places), every="1m", agree="all")) == [(1, 3)]


@given(st.lists(st.text("01.", min_size=1, max_size=12), min_size=1, max_size=4), st.integers(1, 3), st.randoms())
def test_components_are_judged_apart_and_the_order_of_rows_does_not_matter(
    said: list[str], failures: int, shuffle: random.Random
) -> None:
    tables = [samples(text, component=f"c{number}") for number, text in enumerate(said)]
    together = pl.concat(tables)
    order = list(range(together.height))
    shuffle.shuffle(order)
    found = outages_from(together[order], every="1m", failures=failures)
    alone = [outages_from(table, every="1m", failures=failures) for table in tables]
    assert found.outages.equals(pl.concat([one.outages for one in alone]))
    assert found.coverage.equals(pl.concat([one.coverage for one in alone]))


@examples(5)
@given(
    st.lists(st.text("01.", min_size=1, max_size=12), min_size=1, max_size=4),
    st.sampled_from(["by component", "taking turns", "shuffled"]),
    st.integers(1, 9),
    st.integers(1, 3),
    st.sampled_from(["unknown", "hold", "down"]),
    st.booleans(),
    st.randoms(),
)
def test_batches_and_groups_change_nothing(
    said: list[str], order: str, size: int, failures: int, missing: Any, nameless: bool, shuffle: random.Random
) -> None:
    names = [None if nameless and not number else f"c{number}" for number in range(len(said))]
    table = pl.concat(
        [samples(text, component=name) for name, text in zip(names, said, strict=True)], how="vertical_relaxed"
    )
    if order == "taking turns":
        table = table.sort("measured", maintain_order=True)
    elif order == "shuffled":
        table = table[shuffle.sample(range(table.height), table.height)]
    conventions = {"every": "1m", "failures": failures, "successes": 2, "missing": missing, "hold": "2m"}
    whole = outages_from(table, **conventions)
    places = [table.with_columns(place=pl.lit(place)) for place in ("a", "b")]
    agreed = outages_from(pl.concat(places), agree="all", **conventions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BATCH", size)
        patch.setattr(module, "GROUP", size)
        for form in (table, table.lazy(), table.lazy().with_columns(pl.col("component").cast(pl.Categorical))):
            found = outages_from(form, **conventions)
            assert found.outages.equals(whole.outages)
            assert found.coverage.equals(whole.coverage)
        found = outages_from(pl.concat(places).lazy(), agree="all", **conventions)
        assert found.outages.equals(agreed.outages)
        assert found.coverage.equals(agreed.coverage)


def test_samples_are_read_from_files_and_none_are_no_outage(tmp_path: Path) -> None:
    table = pl.concat([samples("1001", component="web"), samples("1011", component="api")])
    table.write_parquet(tmp_path / "samples.parquet")
    table.write_csv(tmp_path / "samples.csv")
    whole = outages_from(table, every="1m")
    instants = pl.col("measured").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", time_zone="UTC")
    written = pl.scan_csv(tmp_path / "samples.csv").with_columns(instants)
    for form in (pl.scan_parquet(tmp_path / "samples.parquet"), written):
        assert outages_from(form, every="1m").outages.equals(whole.outages)
    empty = outages_from(table.clear(), every="1m")
    assert (empty.outages.schema, empty.coverage.schema) == (whole.outages.schema, whole.coverage.schema)


def test_every_sample_without_an_instant_or_a_state_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    table = samples("10101").with_columns(pl.when(pl.int_range(5) % 2 == 0).then("up").alias("up"))
    monkeypatch.setattr(module, "BATCH", 2)
    with pytest.raises(InputError, match="2 of them have no instant, or neither up nor down"):
        outages_from(table, every="1m")


@given(st.text("01", min_size=1, max_size=30), st.integers(1, 3), st.integers(1, 3))
def test_the_usual_outage_lies_between_its_bounds(said: str, failures: int, successes: int) -> None:
    found = outages_from(samples(said), every="1m", failures=failures, successes=successes).outages
    closed = found.drop_nulls("ended")
    assert (found["upper_started"] <= found["lower_started"]).all()
    assert (found["started"] == found["lower_started"]).all()
    assert ((closed["lower_ended"] <= closed["ended"]) & (closed["ended"] <= closed["upper_ended"])).all()


def test_laws_of_sampling() -> None:
    """Means over 4,000 random phases; the standard error of each is below 0.3 s (an interval is 60 s)."""
    chance, every, true = random.Random(1), 60, 600
    rows, phases = [], [chance.uniform(0, every) for _ in range(4_000)]
    for number, phase in enumerate(phases):
        for look in range(20):
            at = look * every + phase
            rows.append((str(number), BEGIN + timedelta(seconds=at), not 300 <= at < 300 + true))
    schema = {"component": pl.String, "measured": pl.Datetime("us", "UTC"), "up": pl.Boolean}
    looks = pl.DataFrame(rows, schema=schema, orient="row")

    def mean(first: str, last: str, **conventions: Any) -> float:
        found = outages_from(looks, every="1m", **conventions).outages
        assert found.height == len(phases)
        return float(found.select((pl.col(last) - pl.col(first)).dt.total_microseconds().mean()).item()) / 1e6

    first = mean("started", "ended")
    assert first == pytest.approx(true, abs=1)
    assert mean("started", "ended", failures=3, start="confirmed") == pytest.approx(first - 2 * every, abs=1e-6)
    assert mean("started", "ended", failures=3) == pytest.approx(first, abs=1e-6)
    assert mean("started", "ended", successes=2, end="confirmed") == pytest.approx(first + every, abs=1e-6)
    assert mean("lower_started", "lower_ended") == pytest.approx(first - every, abs=1e-6)
    assert mean("upper_started", "upper_ended") == pytest.approx(first + every, abs=1e-6)


def test_outages_are_rows_of_evidence() -> None:
    found = outages_from(samples("1001", component="web"), every="1m").evidence("shop", "upper")
    assert found.row(0) == (
        "shop-1", "shop", "web", BEGIN, BEGIN + timedelta(minutes=3), BEGIN + timedelta(minutes=1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "how", "said"),
    [
        (samples("1").drop("up"), {}, "samples up: there is no such column; give true or false"),
        (samples("1").cast({"up": pl.Int8}), {}, "samples up = Int8: not true or false; compare, like status == 1"),
        (
            samples("1").with_columns(pl.col("measured").dt.replace_time_zone(None)),
            {},
            "samples measured = Datetime(time_unit='us', time_zone=None): no instants; give instants with a time zone",
        ),
        (
            samples("1"),
            {"every": "often"},
            "every = often: not a duration; write a number and a unit",
        ),
        (samples("1"), {"every": "0s"}, "every = 0s: no time at all; write a length, like 1m"),
        (samples("1"), {"failures": 0}, "failures = 0: no number of samples; write 1 or more"),
        (samples("1"), {"agree": 2}, "agree = 2: more places than there are (1); name fewer"),
        (
            samples("1"),
            {"missing": "hold", "hold": "30s"},
            "hold = 30s: shorter than the interval of 1m; hold a sample for longer",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(table: pl.DataFrame, how: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as caught:
        outages_from(table, **{"every": "1m", **how})
    assert said in str(caught.value)
