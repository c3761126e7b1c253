"""What a schedule of penalties and rewards gets wrong: the verdicts of others, our own, and those of every level."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from slakit.finding.compensation import Compensation, Interval, Point, Verdicts, judge
from slakit.problems import InputError

FILE = Path(__file__).parents[1] / "worked_examples" / "compensations.yaml"
SOURCES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(FILE)
AGREEMENTS = [(source, agreement) for source in SOURCES for agreement in source["agreements"]]
NAMES = {"inconsistent": "CCC", "saturated": "CSC", "incoherent": "GCC", "both": "VFC"}

LEVELS = range(-4, 17)
"""Every level of the small domain; edges are from 0 to 12, so that both ends go on as they are beyond it."""
QUARTERS = [Fraction(number, 4) for number in range(-16, 65)]


class Bounds(NamedTuple):
    """An interval as it is written, and who lies in it, without the reader that is under test."""

    text: str
    holds: Callable[[Fraction], bool]


class Deal(NamedTuple):
    """An agreement as it is given to slakit, and the same as plain questions about a level."""

    compensation: Compensation
    met: Callable[[Fraction], bool]
    penalties: list[tuple[Bounds, int]]
    rewards: list[tuple[Bounds, int]]

    @property
    def lower_is_better(self) -> bool:
        return self.compensation.objective.startswith("<")

    def point(self, level: Fraction) -> Point:
        """What is due at a level, asked of each interval."""
        penalty = max((amount for bounds, amount in self.penalties if bounds.holds(level)), default=0)
        reward = max((amount for bounds, amount in self.rewards if bounds.holds(level)), default=0)
        return Point(level, self.met(level), Fraction(penalty), Fraction(reward))

    def points(self, levels: list[Fraction]) -> list[Point]:
        """The best level first."""
        return [self.point(level) for level in sorted(levels, reverse=not self.lower_is_better)]


def given_agreement(written: dict[str, Any]) -> Compensation:
    asked = ("penalties", "rewards", "most", "most_reward", "grain")
    return Compensation(written["objective"], **{name: written[name] for name in asked if name in written})


def wrong(verdicts: Verdicts) -> list[str]:
    return [name for field, name in NAMES.items() if getattr(verdicts, field) is not None]


def found_by_trying(points: list[Point], most: int | None, most_reward: int | None) -> list[str]:
    """The four questions, asked of every level and of every pair of levels."""
    pairs = list(combinations(points, 2))
    answers = {
        "CCC": any(better.penalty > worse.penalty or better.reward < worse.reward for better, worse in pairs),
        "CSC": any(most is not None and point.penalty >= most > 0 for point in points)
        or any(most_reward is not None and point.reward >= most_reward > 0 for point in points),
        "GCC": any((p.penalty > 0 and p.met) or (p.reward > 0 and not p.met) for p in points),
        "VFC": any(point.penalty > 0 and point.reward > 0 for point in points),
    }
    return [name for name, holds in answers.items() if holds]


def witnesses(verdicts: Verdicts) -> list[Point]:
    single = [verdicts.saturated, verdicts.incoherent, verdicts.both]
    return [*(verdicts.inconsistent or ()), *(point for point in single if point is not None)]


# --- published, and our own


@pytest.mark.parametrize(("source", "agreement"), AGREEMENTS, ids=[agreement["says"] for _, agreement in AGREEMENTS])
def test_the_verdicts_are_those_of_the_file(source: dict[str, Any], agreement: dict[str, Any]) -> None:
    assert wrong(given_agreement(agreement).verdicts) == agreement["verdicts"], source["source"]


DECIDED = [
    pytest.param(agreement, optimum, id=f"{agreement['says']} {optimum}")
    for _, agreement in AGREEMENTS
    for optimum in ("worst_free", "best_unrewarded")
    if optimum in agreement
]


@pytest.mark.parametrize(("agreement", "optimum"), DECIDED)
def test_the_free_and_the_unrewarded_level_are_those_of_the_file(agreement: dict[str, Any], optimum: str) -> None:
    expected = None if agreement[optimum] == "endless" else Fraction(agreement[optimum])
    assert getattr(given_agreement(agreement), optimum) == expected


def test_the_file_holds_the_four_published_agreements_and_names_the_study() -> None:
    published = [source for source in SOURCES if source["published"]]
    assert ["IEEE TSC 2021" in source["source"] for source in published] == [True]
    says = [agreement["says"].split(",")[0] for source in published for agreement in source["agreements"]]
    assert says == ["Amazon EC2", "Host Europe", "Cloud Lock", "GNWT"]
    assert all(source["source"].startswith("our own") for source in SOURCES if not source["published"])


def test_the_witnesses_of_host_europe_are_the_levels_beside_its_gap() -> None:
    host = given_agreement(next(a for _, a in AGREEMENTS if a["says"] == "Host Europe")).verdicts
    assert host.inconsistent is not None
    assert host.saturated is not None
    better, worse = host.inconsistent
    assert [(better.level, better.penalty), (worse.level, worse.penalty)] == [(9800, 10), (9799, 0)]
    assert (host.saturated.level, host.saturated.penalty) == (8990, 100)


def test_the_witness_of_cloud_lock_meets_its_objective_and_pays() -> None:
    lock = given_agreement(next(a for _, a in AGREEMENTS if a["says"].startswith("Cloud Lock, with")))
    witness = lock.verdicts.incoherent
    assert lock.better == "lower"
    assert witness is not None
    assert witness.met
    assert witness.level <= 9900
    assert witness.penalty > 0


# --- laws: every level of a small domain


def amounts() -> st.SearchStrategy[int]:
    return st.sampled_from([0, 5, 10, 25])


@st.composite
def bounds(draw: st.DrawFn) -> Bounds:
    low, high = sorted(draw(st.tuples(st.integers(0, 12), st.integers(0, 12))))
    shape = draw(st.sampled_from(["[]", "[)", "(]", "()", "<", "<=", ">", ">=", "="]))
    if len(shape) == 2 and shape[0] in "[(":
        text = f"{shape[0]}{low}, {high}{shape[1]}"
        return Bounds(
            text,
            lambda x: (x >= low if shape[0] == "[" else x > low) and (x <= high if shape[1] == "]" else x < high),
        )
    compared = {
        "<": lambda x: x < low, "<=": lambda x: x <= low, ">": lambda x: x > low, ">=": lambda x: x >= low,
        "=": lambda x: x == low,
    }  # fmt: skip
    return Bounds(f"{shape} {low}", compared[shape])


@st.composite
def deals(draw: st.DrawFn, grain: int | None) -> Deal:
    parts = st.lists(st.tuples(bounds(), amounts()), max_size=4, unique_by=lambda pair: pair[0].text)
    penalties, rewards = draw(parts), draw(parts)
    objective = draw(bounds().filter(lambda found: found.text[0] in "<>="))
    compensation = Compensation(
        objective.text,
        {found.text: amount for found, amount in penalties},
        {found.text: amount for found, amount in rewards},
        most=draw(st.sampled_from([None, 10, 25])),
        most_reward=draw(st.sampled_from([None, 10, 25])),
        grain=grain,
    )
    return Deal(compensation, objective.holds, penalties, rewards)


def most_of(deal: Deal) -> tuple[int | None, int | None]:
    return deal.compensation.most, deal.compensation.most_reward  # type: ignore[return-value]


def are_true(verdicts: Verdicts, deal: Deal) -> bool:
    """Every witness is a level as it is, and shows what it stands for."""
    assert all(point == deal.point(point.level) for point in witnesses(verdicts))
    most, most_reward = most_of(deal)
    if verdicts.inconsistent:
        better, worse = verdicts.inconsistent
        assert better.level < worse.level if deal.lower_is_better else better.level > worse.level
        assert better.penalty > worse.penalty or better.reward < worse.reward
    if verdicts.saturated:
        full = most is not None and verdicts.saturated.penalty >= most
        assert full or (most_reward is not None and verdicts.saturated.reward >= most_reward)
    if verdicts.incoherent:
        point = verdicts.incoherent
        assert (point.met and point.penalty > 0) or (not point.met and point.reward > 0)
    if verdicts.both:
        assert verdicts.both.penalty > 0
        assert verdicts.both.reward > 0
    return True


@examples(75)
@given(deals(grain=1))
def test_in_whole_steps_the_verdicts_are_those_of_every_level(deal: Deal) -> None:
    everything = deal.points([Fraction(level) for level in LEVELS])
    verdicts = deal.compensation.verdicts
    assert wrong(verdicts) == found_by_trying(everything, *most_of(deal))
    assert are_true(verdicts, deal)
    assert all(point.level.denominator == 1 for point in witnesses(verdicts))


@examples(75)
@given(deals(grain=None))
def test_where_every_number_is_a_level_the_verdicts_are_those_of_every_quarter(deal: Deal) -> None:
    verdicts = deal.compensation.verdicts
    assert wrong(verdicts) == found_by_trying(deal.points(QUARTERS), *most_of(deal))
    assert are_true(verdicts, deal)


@examples(75)
@given(deals(grain=1))
def test_in_whole_steps_the_free_and_the_unrewarded_level_are_those_of_every_level(deal: Deal) -> None:
    everything = deal.points([Fraction(level) for level in LEVELS])
    free = [point.level for point in reversed(everything) if point.penalty == 0]
    unrewarded = [point.level for point in everything if point.reward == 0]
    worst, best = everything[-1].level, everything[0].level
    assert deal.compensation.worst_free == (free[0] if free and free[0] != worst else None)
    assert deal.compensation.best_unrewarded == (unrewarded[0] if unrewarded and unrewarded[0] != best else None)


@examples(75)
@given(deals(grain=None))
def test_where_every_number_is_a_level_nothing_worse_than_the_worst_free_level_is_free(deal: Deal) -> None:
    """An open end has no last level: the level named may then be the end itself, but nothing short of it."""
    worst = deal.compensation.worst_free
    everything = deal.points(QUARTERS)
    if worst is None:
        free = [point for point in everything if point.penalty == 0]
        assert not free or everything[-1] in free
        return
    is_worse = (lambda level: level > worst) if deal.lower_is_better else (lambda level: level < worst)
    assert not [point.level for point in everything if is_worse(point.level) and point.penalty == 0]
    beside = Fraction(-1, 4) if deal.lower_is_better else Fraction(1, 4)
    assert 0 in (deal.point(worst).penalty, deal.point(worst + beside).penalty)


@examples(75)
@given(deals(grain=None))
def test_where_every_number_is_a_level_nothing_better_than_the_best_unrewarded_level_goes_unrewarded(
    deal: Deal,
) -> None:
    best = deal.compensation.best_unrewarded
    everything = deal.points(QUARTERS)
    if best is None:
        unrewarded = [point for point in everything if point.reward == 0]
        assert not unrewarded or everything[0] in unrewarded
        return
    is_better = (lambda level: level < best) if deal.lower_is_better else (lambda level: level > best)
    assert not [point.level for point in everything if is_better(point.level) and point.reward == 0]
    beside = Fraction(1, 4) if deal.lower_is_better else Fraction(-1, 4)
    assert 0 in (deal.point(best).reward, deal.point(best + beside).reward)


points = st.builds(
    Point,
    st.fractions(0, 9),
    st.booleans(),
    st.fractions(0, 3, max_denominator=3),
    st.fractions(0, 3, max_denominator=3),
)


@given(st.lists(points, max_size=8), st.none() | st.integers(0, 3), st.none() | st.integers(0, 3))
def test_a_list_of_points_is_judged_as_every_pair_of_them_is(
    some: list[Point], most: int | None, most_reward: int | None
) -> None:
    verdicts = judge(some, most, most_reward)
    assert wrong(verdicts) == found_by_trying(some, most, most_reward)
    if verdicts.inconsistent:
        better, worse = verdicts.inconsistent
        assert some.index(better) < len(some) - 1 - some[::-1].index(worse)
    assert set(witnesses(verdicts)) <= set(some)


def test_without_a_point_nothing_is_wrong() -> None:
    assert wrong(judge([], most=1, most_reward=1)) == []


# --- figures with a grain


def test_a_step_of_a_twentieth_is_exact() -> None:
    """Figures of two decimals, from 0.05 to 0.05: nothing lies between 99.90 and 99.95."""
    bands = {"[99.50, 99.90]": 10, "<= 99.45": 25}
    stepped = Compensation(">= 99.95", bands, grain=Decimal("0.05"))
    assert wrong(stepped.verdicts) == []
    assert stepped.worst_free == Fraction("99.95")
    assert wrong(Compensation(">= 99.95", bands).verdicts) == ["CCC"]


def test_an_edge_beside_the_grid_is_not_a_level() -> None:
    """Whole numbers only: none lies from 98.2 to 98.8, so nothing is due anywhere."""
    between = Compensation(">= 95", {"[98.2, 98.8]": 10}, grain=1)
    assert wrong(between.verdicts) == []


def test_a_free_level_is_on_the_grid() -> None:
    """Whole numbers only: 99 is the worst of those that are not below 98.5."""
    assert Compensation(">= 99", {"< 98.5": 10}, grain=1).worst_free == 99


def test_the_worst_free_level_of_a_closed_band_is_beside_its_end_and_not_in_the_middle() -> None:
    """9500 is free, and worse than halfway between 9490 and 9990."""
    closed = Compensation(">= 9990", {"<= 9490": 50})
    worst = closed.worst_free
    assert worst is None or worst <= 9500


# --- how agreements are written


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("[9900, 9995)", ["9900", "9994.999"], ["9899.999", "9995"]),
        ("(1, 2]", ["1.001", "2"], ["1", "2.001"]),
        ("[5,5]", ["5"], ["4.999", "5.001"]),
        ("(5, 5)", [], ["5"]),
        ("< 9900", ["-1", "9899.999"], ["9900"]),
        (" <= 99.5 ", ["99.5"], ["99.501"]),
        ("> 0", ["0.001"], ["0"]),
        (">=120", ["120"], ["119.999"]),
        ("= -3", ["-3"], ["-2.999"]),
    ],
)
def test_an_interval_holds_what_it_says(text: str, inside: list[str], outside: list[str]) -> None:
    interval = Interval.parse(text)
    assert all(interval.holds(Fraction(level)) for level in inside)
    assert not any(interval.holds(Fraction(level)) for level in outside)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"objective": "about 99"}, "compensation = about 99: about 99: not a comparison or an interval"),
        ({"objective": "[98, 99]"}, "compensation = [98, 99]: [98, 99]: not a comparison or an interval"),
        ({"penalties": {"98 to 99": 5}}, "not a comparison or an interval; write it like >= 99.9 or [99, 99.9)"),
        ({"penalties": {"[99, 98]": 5}}, "[99, 98]: the lower end comes first; write [98, 99]"),
        ({"rewards": {"> 99": -1}}, "compensation > 99 = -1: a negative amount; write it under the other side"),
        ({"grain": 0}, "compensation grain = 0: not a step; write a number above 0"),
        ({"grain": -1}, "compensation grain = -1: not a step; write a number above 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as refused:
        Compensation(**{"objective": ">= 99", **asked})
    assert len(refused.value.problems) == 1
    assert told in str(refused.value)


def test_all_that_cannot_be_read_is_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        Compensation("good", {"bad": 1, "< 5": -1}, {"worse": 2}, grain=0)
    assert len(refused.value.problems) == 5
