"""Exact formulas about outages, against published and independently computed figures."""

from __future__ import annotations

import pytest

import slakit as sla

KEPT = [
    (30, 99.9, 999, 1, 0.688308109), (31, 99.9, 999, 1, 0.684612627), (28, 99.9, 999, 1, 0.696278054),
    (30, 99.95, 999, 1, 0.599186678), (30, 99.99, 999, 1, 0.511102910), (30, 99.5, 999, 1, 0.962170993),
    (30, 99.0, 999, 1, 0.997692939), (30, 99.9, 2190, 1, 0.847905824), (30, 99.9, 720, 0.5, 0.738218620),
    (30, 99.95, 720, 0.5, 0.589147409), (30, 99.9, 2000, 4, 0.739928864), (365, 99.9, 999, 1, 0.548007136),
    (365, 99.9, 2190, 1, 0.933880531), (365, 99.95, 2190, 1, 0.621165335), (365, 99.99, 2190, 1, 0.107431612),
]  # fmt: skip


@pytest.mark.parametrize(("days", "target", "up", "down", "kept"), KEPT)
def test_chance_that_a_window_is_kept(days: int, target: float, up: float, down: float, kept: float) -> None:
    found = sla.chance_kept(target, up_hours=up, down_hours=down, days=days)
    assert found == pytest.approx(kept, abs=6e-10)


def test_chance_with_constant_repairs() -> None:
    one = sla.chance_kept(99.9, up_hours=999, down_hours=1, lengths="constant")
    two = sla.chance_kept(99.9, up_hours=720, down_hours=0.5, lengths="constant")
    assert (1 - one, 1 - two) == (pytest.approx(0.513247744, abs=6e-10), pytest.approx(0.263873238, abs=6e-10))


@pytest.mark.parametrize(
    ("outages", "years", "mean", "low", "high", "none"),
    [(0, 1, 0.5, 0.0005, 2.512, 0.7071), (0, 3, 0.17, 0.0002, 0.837, 0.8660), (1, 1, 1.5, 0.108, 4.674, 0.3536),
     (3, 1, 3.5, 0.845, 8.006, 0.0884), (10, 1, 10.5, 5.141, 17.739, 0.0007), (10, 3, 3.5, 1.714, 5.913, 0.0488)],
)  # fmt: skip
def test_rates_from_few_outages(outages: int, years: int, mean: float, low: float, high: float, none: float) -> None:
    rate = sla.outage_rate(outages, years)
    assert rate.mean == pytest.approx(mean, abs=0.005)
    assert (rate.low, rate.high) == (pytest.approx(low, abs=5e-4), pytest.approx(high, abs=5e-4))
    assert rate.none_next_year == pytest.approx(none, abs=5e-5)


def test_wrong_numbers_are_refused_at_once() -> None:
    with pytest.raises(sla.InputError) as refused:
        sla.chance_kept(101, up_hours=0, down_hours=1, lengths="weibull")
    assert [problem.where for problem in refused.value.problems] == ["up_hours", "target", "lengths"]
    with pytest.raises(sla.InputError):
        sla.outage_rate(-1, 0)
