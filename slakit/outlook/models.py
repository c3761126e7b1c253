"""Models of outages: each draws the outages and the maintenance of one year that might come."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import NamedTuple, Protocol

from slakit.outlook.history import DAY, YEAR, History, Month, Outage, Span, Work, cut, inside, without

PUBLISHED_SPREAD = 1.4
"""Standard deviation of the logarithm of outage lengths, of published incidents of many providers (1.0 to 1.7)."""
PUBLISHED_WEIGHT = 10
"""Outages of one's own that the published spread is worth."""
FEW = 20
"""With fewer own outages, their lengths by themselves say too little about long ones."""
LONGEST = YEAR
"""Longer than this no outage is drawn: credits have reached their limits long before."""
WEEK, JITTER = 7 * DAY, DAY // 12
STRAIGHT, TRIES = 8, 200
"""Months from which the same day of the week is taken, before another day is; and how many are tried."""


class DrawnYear(NamedTuple):
    """What happens in a year."""

    outages: list[Outage]
    works: list[Work]


class Model(Protocol):
    """Draws years."""

    @property
    def name(self) -> str:
        """Return the name by which it is asked for."""
        ...

    def draw(self, random: Random, months: Sequence[Span]) -> DrawnYear:
        """Draw a year.

        Parameters
        ----------
        random
            The source of chance of this year.
        months
            Edges of its months. [µs]
        """
        ...


@dataclass(frozen=True)
class OwnMonths:
    """One's own months, drawn again and again: outages that came together come together.

    Every year has weights of its own for the months (a Bayesian bootstrap), so that what few months leave open shows in
    the range. Of a month that was observed in part the rest is filled from other months: time that nobody observed is
    not quiet time.
    """

    history: History
    name: str = "history"

    def draw(self, random: Random, months: Sequence[Span]) -> DrawnYear:
        """See `Model.draw`."""
        own = [month for month in self.history.months if month.observed]
        weights = [random.gammavariate(month.share, 1.0) for month in own]
        drawn = DrawnYear([], [])
        for start, end in months:
            self._fill(random, own, weights, (start, end), drawn)
        return drawn

    def _fill(
        self, random: Random, own: Sequence[Month], weights: Sequence[float], month: Span, drawn: DrawnYear
    ) -> None:
        """Fill a month with what happened in another, at the same time of the day and on the same day of the week.

        The other is turned by some whole weeks, so that each of its days is as likely to be used. What it leaves open,
        its edges and what was not observed, is filled day by day from others.
        """
        source = random.choices(own, weights)[0]
        turn = -(-(source.end - source.start) // WEEK) * WEEK
        later = (month[0] - source.start + WEEK // 2) // WEEK * WEEK + random.randrange(turn // WEEK) * WEEK
        missing = [month]
        for shift in (later, later - turn):
            missing = self._lay(source, shift, missing, drawn)
        for day in (part for span in missing for part in _days(span)):
            left = [day]
            for attempt in range(TRIES):
                source = random.choices(own, weights)[0]
                days = list(range((source.start - day[0]) // DAY, (source.end - day[0]) // DAY))
                if attempt < STRAIGHT:  # later a day that was never observed is filled from another day of the week
                    days = [number for number in days if number % 7 == 0]
                if days:
                    left = self._lay(source, -random.choice(days) * DAY, left, drawn)
                if not left:
                    break

    def _lay(self, source: Month, shift: int, missing: Sequence[Span], drawn: DrawnYear) -> list[Span]:
        """Lay a month, moved in time, over what is missing, and return what is missing still."""
        seen = [part for start, end in source.observed for part in cut(missing, (start + shift, end + shift))]
        for outage in source.outages:
            if inside(outage.started + shift, seen):
                ended = outage.ended or max(outage.started, self.history.until)  # as far as it was seen
                drawn.outages.append(outage.at(outage.started + shift, ended + shift))
        drawn.works.extend(work.moved(shift) for work in source.works if inside(work.started + shift, seen))
        return without(missing, sorted(seen))


def _days(span: Span) -> Iterator[Span]:
    """Part a span at midnight."""
    at = span[0]
    while at < span[1]:
        until = min((at // DAY + 1) * DAY, span[1])
        yield at, until
        at = until


@dataclass(frozen=True)
class Lengths:
    """How long outages last.

    Attributes
    ----------
    kind
        `lognormal`, or `exponential`.
    log_median
        Logarithm of the length that half of the outages exceed. [log µs]
    spread
        Standard deviation of the logarithm of lengths; of 0 all are as long. Unused where exponential.
    own
        How many own outages the two were learnt from; 0 where they were given, and are taken as they are.
    """

    kind: str
    log_median: float
    spread: float
    own: int = 0

    @property
    def degrees(self) -> int:
        """Return how much is known about the spread, in outages."""
        return PUBLISHED_WEIGHT + max(self.own - 1, 0)

    def learnt(self, random: Random) -> tuple[float, float]:
        """Draw a median and a spread that the own outages leave possible, for one year."""
        if not self.own:
            return self.log_median, self.spread
        spread = self.spread
        if self.kind == "lognormal":
            spread *= math.sqrt(self.degrees / (2 * random.gammavariate(self.degrees / 2, 1.0)))
        wide = spread if self.kind == "lognormal" else 1.0  # the mean of exponential lengths, by its relative error
        return random.gauss(self.log_median, wide / math.sqrt(self.own)), spread

    def draw(self, random: Random, log_median: float, spread: float) -> int:
        """Draw one length. [µs]"""
        if self.kind == "exponential":
            return max(1, round(min(random.expovariate(math.log(2)) * math.exp(log_median), LONGEST)))
        return max(1, round(math.exp(min(random.gauss(log_median, spread), math.log(LONGEST)))))


@dataclass(frozen=True)
class Rate:
    """How often outages begin.

    Attributes
    ----------
    a_year
        Outages in a year of service, where that is given.
    outages, years
        Otherwise how many began in how many observed years.
    """

    a_year: float | None = None
    outages: int = 0
    years: float = 0.0

    def draw(self, random: Random) -> float:
        """Draw a rate that the own outages leave possible: Jeffreys' prior, so a gamma distribution."""
        if self.a_year is not None:
            return self.a_year
        return random.gammavariate(self.outages + 0.5, 1 / self.years)


@dataclass(frozen=True)
class ByRate:
    """Outages that come by chance, at a rate, with lengths of a distribution.

    One begins only after the one before it has ended. Where there is a history each is like one of its outages, drawn
    at random, but for its length: of the same component and cause, on the same day of the week at about the same time,
    reported as long after its start, and inside the maintenance that this one was in. Other maintenance is drawn by the
    month, as it was.
    """

    lengths: Lengths
    rate: Rate
    history: History | None = None
    like: Outage | None = None
    name: str = "lognormal"

    def draw(self, random: Random, months: Sequence[Span]) -> DrawnYear:
        """See `Model.draw`."""
        first, after = months[0][0], months[-1][1]
        rate, (log_median, spread) = self.rate.draw(random), self.lengths.learnt(random)
        samples, drawn = self.samples, DrawnYear([], [])
        if self.without_outages is not None:
            drawn.works.extend(OwnMonths(self.without_outages).draw(random, months).works)
        at = float(first)
        while rate > 0:
            at += random.expovariate(rate) * YEAR
            if at >= after:
                break
            started, length = round(at), self.lengths.draw(random, log_median, spread)
            outage, works = random.choice(samples) if samples else (self.like, ())
            assert outage is not None
            if samples:
                started = _same_time_of_week(random, started, outage.started, first, after)
            drawn.outages.append(outage.at(started, started + length))
            drawn.works.extend(work.moved(started - outage.started) for work in works)
            at = max(at, started + length)
        return drawn

    @cached_property
    def samples(self) -> list[tuple[Outage, list[Work]]]:
        """The own outages, each with the maintenance that it was in."""
        if self.history is None:
            return []
        works = self.history.works
        return [(one, [work for work in works if _overlap(one, work)]) for one in self.history.outages]

    @cached_property
    def without_outages(self) -> History | None:
        """The own months with their other maintenance alone; none where there is no such."""
        if self.history is None:
            return None
        taken = {id(work) for _, works in self.samples for work in works}
        months = [
            month._replace(outages=(), works=[work for work in month.works if id(work) not in taken])
            for month in self.history.months
        ]
        return History(self.history.period, months) if any(month.works for month in months) else None


def _overlap(outage: Outage, work: Work) -> bool:
    same = outage.component is None or work.component is None or outage.component == work.component
    return same and work.started < (outage.ended or outage.started + 1) and outage.started < work.ended


def _same_time_of_week(random: Random, at: int, like: int, first: int, after: int) -> int:
    """Move an instant by half a week at most, to about the time of the week of another; it stays in the year."""
    off = (like - at + WEEK // 2) % WEEK - WEEK // 2 + random.randrange(-JITTER, JITTER)
    moved = at + off
    if moved < first:
        moved += WEEK
    return moved - WEEK if moved >= after else moved


def lengths_of(history: History, spread: float) -> Lengths:
    """Learn how long outages last from a history: its own median, its spread weighed with a published one.

    Parameters
    ----------
    history
        With at least one outage that ended.
    spread
        The published one.
    """
    logs = [math.log(length) for length in history.lengths]
    mean = math.fsum(logs) / len(logs)
    squares = math.fsum((one - mean) ** 2 for one in logs)
    degrees = PUBLISHED_WEIGHT + len(logs) - 1
    return Lengths("lognormal", mean, math.sqrt((PUBLISHED_WEIGHT * spread**2 + squares) / degrees), len(logs))
