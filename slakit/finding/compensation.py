"""What a schedule of penalties and rewards can get wrong: four properties, each with a witness.

The properties are those of Müller, Gutiérrez, Fernández and Ruiz-Cortés, *Automated Validation of Compensable SLAs*
(IEEE Transactions on Services Computing, 2021): a compensation is inconsistent (CCC), saturated (CSC), incoherent
(GCC), or pays both ways at once (VFC) when some level of service shows that it is. Schedules are steps, or straight
between points, so looking at the points beside every edge decides each property exactly.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from slakit.arguments import refuse_wrong_fields
from slakit.problems import InputError, Problem

MOST_AMOUNT = 10**18
Number = int | Decimal | Fraction
COMPARE: dict[str, Callable[[Fraction, Fraction], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
NUMBER = r"\s*(-?\d+(?:\.\d+)?)\s*"


class Point(NamedTuple):
    """A level of service, and what is due at it."""

    level: Fraction
    met: bool
    penalty: Fraction
    reward: Fraction = Fraction(0)


class Verdicts(NamedTuple):
    """What is wrong with a compensation, each with the levels that show it; `None` where nothing does.

    Attributes
    ----------
    inconsistent
        CCC: a better and a worse level, where the better one costs the provider more or rewards it less.
    saturated
        CSC: a level at which the penalty or the reward is the largest that may be.
    incoherent
        GCC: a level with a penalty though the objective is met, or with a reward though it is missed.
    both
        VFC: a level at which a penalty and a reward are due.
    """

    inconsistent: tuple[Point, Point] | None
    saturated: Point | None
    incoherent: Point | None
    both: Point | None


def judge(points: Sequence[Point], most: Number | None = None, most_reward: Number | None = None) -> Verdicts:
    """Decide the four properties on the points that matter.

    Parameters
    ----------
    points
        From the best level of service to the worst, with both sides of every jump.
    most, most_reward
        Largest penalty and reward of their declared ranges; without one nothing is saturated.
    """
    worse = ((one, two) for one, two in pairwise(points) if one.penalty > two.penalty or one.reward < two.reward)
    full = (p for p in points if most is not None and p.penalty >= most > 0)
    full_reward = (p for p in points if most_reward is not None and p.reward >= most_reward > 0)
    wrong = (p for p in points if (p.met and p.penalty > 0) or (not p.met and p.reward > 0))
    twice = (p for p in points if p.penalty > 0 and p.reward > 0)
    return Verdicts(
        next(worse, None), next(full, None) or next(full_reward, None), next(wrong, None), next(twice, None)
    )


class Interval(NamedTuple):
    """Levels that earn the same; an end that is open, or absent, leaves its level out."""

    low: Fraction | None
    high: Fraction | None
    low_in: bool
    high_in: bool

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read `[9900, 9995)`, `< 9900`, `>= 120` or `= 80`.

        >>> Interval.parse("[99, 99.5)").holds(Fraction(199, 2))
        False

        Raises
        ------
        ValueError
            It is not written like that, or its ends are the wrong way round.
        """
        span = re.fullmatch(rf"\s*([\[(]){NUMBER},{NUMBER}([\])])\s*", text)
        if span:
            low, high = Fraction(span[2]), Fraction(span[3])
            if low > high:
                raise ValueError(f"{text}: the lower end comes first; write [{span[3]}, {span[2]}]")
            return cls(low, high, span[1] == "[", span[4] == "]")
        compared, level = comparison(text)
        if compared == "=":
            return cls(level, level, low_in=True, high_in=True)
        if compared.startswith("<"):
            return cls(None, level, low_in=False, high_in=compared == "<=")
        return cls(level, None, low_in=compared == ">=", high_in=False)

    def holds(self, level: Fraction) -> bool:
        """Return whether a level lies in it."""
        above = self.low is None or level > self.low or (self.low_in and level == self.low)
        return above and (self.high is None or level < self.high or (self.high_in and level == self.high))


def comparison(text: str) -> tuple[str, Fraction]:
    """Read a comparison with a number.

    >>> comparison(">= 99.95")
    ('>=', Fraction(1999, 20))

    Raises
    ------
    ValueError
        It is not one.
    """
    found = re.fullmatch(rf"\s*(<=|>=|<|>|=){NUMBER}", text)
    if not found:
        raise ValueError(f"{text}: not a comparison or an interval; write it like >= 99.9 or [99, 99.9)")
    return found[1], Fraction(found[2])


@dataclass(frozen=True)
class Compensation:
    """An objective with the penalties and rewards around it.

    Attributes
    ----------
    objective
        The level guaranteed: `>= 9995`, `< 120`, `= 9990`. It says which way is better; `=` takes higher as better.
    penalties, rewards
        Interval → amount. Where several hold, the largest is due; where none does, nothing.
    most, most_reward
        Largest amounts of their declared ranges.
    grain
        Smallest step of the measured figure, where it has one: figures in whole hundredths of a percent have no level
        between 9899 and 9900. Without it every number is a level.

    Raises
    ------
    InputError
        Intervals or the objective cannot be read, amounts are negative or the grain is not above nothing; all problems
        at once.

    Examples
    --------
    >>> printed = Compensation("= 9990", {"[9800, 9980]": 10, "[9500, 9790]": 25, "<= 9490": 50}, most=100, grain=1)
    >>> better, worse = printed.verdicts.inconsistent
    >>> f"{better.penalty} at {better.level}, {worse.penalty} at {worse.level}"
    '10 at 9800, 0 at 9799'
    >>> printed.worst_free
    Fraction(9491, 1)
    """

    objective: str
    penalties: Mapping[str, Number] = field(default_factory=dict)
    rewards: Mapping[str, Number] = field(default_factory=dict)
    most: Number | None = None
    most_reward: Number | None = None
    grain: Number | None = None

    def __post_init__(self) -> None:
        refuse_wrong_fields(self)
        problems: list[Problem] = []
        for read, texts in ((comparison, [self.objective]), (Interval.parse, [*self.penalties, *self.rewards])):
            for text in texts:
                try:
                    read(text)
                except ValueError as error:
                    wrong, _, remedy = str(error).partition("; ")
                    problems.append(Problem("compensation", text, wrong, remedy))
        amounts: list[tuple[str, Number | None]] = [
            *self.penalties.items(), *self.rewards.items(), ("most", self.most), ("most_reward", self.most_reward),
        ]  # fmt: skip
        for name, number in [*amounts, ("grain", self.grain)]:
            if number is None:
                continue
            if (isinstance(number, Decimal) and not number.is_finite()) or not -MOST_AMOUNT <= number <= MOST_AMOUNT:
                wrong, remedy = "not a number that can be calculated with", f"write one of at most {MOST_AMOUNT:,}"
                raise InputError("compensation", [*problems, Problem(f"compensation {name}", number, wrong, remedy)])
        problems += [
            Problem(f"compensation {name}", amount, "a negative amount", "write it under the other side")
            for name, amount in amounts
            if amount is not None and amount < 0
        ]
        if self.grain is not None and self.grain <= 0:
            problems.append(Problem("compensation grain", self.grain, "not a step", "write a number above 0"))
        if problems:
            raise InputError("compensation", problems)

    @property
    def better(self) -> Literal["higher", "lower"]:
        """Return which way the objective points."""
        return "lower" if comparison(self.objective)[0].startswith("<") else "higher"

    @property
    def points(self) -> list[Point]:
        """The levels that decide everything, the best first."""
        edges = sorted(self._edges())
        if self.grain is not None:
            step = Fraction(self.grain)
            levels = {(edge // step + beside) * step for edge in edges for beside in (-1, 0, 1, 2)}
        else:
            between = {(one + two) / 2 for one, two in pairwise(edges)}
            levels = {*edges, *between, edges[0] - 1, edges[-1] + 1}
        compared, target = comparison(self.objective)
        return [
            Point(level, COMPARE[compared](level, target), _due(self.penalties, level), _due(self.rewards, level))
            for level in sorted(levels, reverse=self.better == "higher")
        ]

    @property
    def verdicts(self) -> Verdicts:
        """The four properties."""
        return judge(self.points, self.most, self.most_reward)

    @property
    def worst_free(self) -> Fraction | None:
        """The worst level that costs the provider nothing; none where it goes on without end.

        Without a grain, and where no level is the worst, the level that all free ones lie beyond.
        """
        return self._last_of_run(list(reversed(self.points)), lambda point: point.penalty == 0)

    @property
    def best_unrewarded(self) -> Fraction | None:
        """The best level that earns the provider nothing extra; none where it goes on without end, else as above."""
        return self._last_of_run(self.points, lambda point: point.reward == 0)

    def _last_of_run(self, points: Sequence[Point], holds: Callable[[Point], bool]) -> Fraction | None:
        first = next((number for number, point in enumerate(points) if holds(point)), None)
        if not first:
            return None
        is_limit = self.grain is None and points[first].level not in self._edges()
        return points[first - 1].level if is_limit else points[first].level

    def _edges(self) -> set[Fraction]:
        intervals = [Interval.parse(text) for text in (*self.penalties, *self.rewards)]
        edges = {edge for interval in intervals for edge in (interval.low, interval.high) if edge is not None}
        return {*edges, comparison(self.objective)[1]}


def _due(amounts: Mapping[str, Number], level: Fraction) -> Fraction:
    found = [Fraction(amount) for text, amount in amounts.items() if Interval.parse(text).holds(level)]
    return max(found, default=Fraction(0))
