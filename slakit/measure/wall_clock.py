"""Working time as a wall clock shows it: a repeated hour counts once, and a skipped one counts though it never was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from slakit.measure.business_time import MARGIN, Calendar
from slakit.measure.calendar import MICROSECOND, to_instant

SECOND = 10**6
DAY = 86_400 * SECOND


@dataclass(frozen=True)
class WallClock:
    """The clock on a wall, which stands still for an hour that comes twice, and jumps over one that is skipped.

    Attributes
    ----------
    changes
        Instants of clock changes, in order. [µs]
    offsets
        Local time less UTC, before the first change and after each. [µs]
    """

    changes: pl.Series
    offsets: pl.Series

    @classmethod
    def of(cls, zone: str, first: int, last: int) -> WallClock:
        """Read the clock of a zone, with the changes from one instant to another.

        Parameters
        ----------
        zone
            IANA name.
        first, last
            Instants. [µs]

        >>> change = 1_792_890_000 * SECOND  # 25 October 2026, 01:00 UTC: 03:00 in Oslo becomes 02:00
        >>> half_hours = pl.Series([change + half * 1800 * SECOND for half in (-1, 0, 1, 2, 3)])
        >>> ((WallClock.of("Europe/Oslo", change, change).shown(half_hours) - change) // (1800 * SECOND)).to_list()
        [3, 4, 4, 4, 5]
        """
        local, changes = ZoneInfo(zone), []
        for day in range(first - 2 * DAY, last + 2 * DAY, DAY):
            old, new = (_offset(local, instant) for instant in (day, day + DAY))
            if old != new:  # the first second of the new offset lies in between
                before, after = day // SECOND, -(-(day + DAY) // SECOND)
                while after - before > 1:
                    middle = (before + after) // 2
                    before, after = (before, middle) if _offset(local, middle * SECOND) == new else (middle, after)
                changes.append(after * SECOND)
        offsets = [_offset(local, first - 2 * DAY), *(_offset(local, change) for change in changes)]
        return cls(*(pl.Series(values, dtype=pl.Int64) for values in (changes, offsets)))

    @cached_property
    def _latest(self) -> pl.Series:
        """Return what the clock shows at most before each change; no limit before the first."""
        return (self.changes + self.offsets.head(len(self.changes))).cum_max()

    def shown(self, instants: pl.Series) -> pl.Series:
        """Return what the clock shows at each instant, in local time since 1970; it never goes back. [µs]"""
        number = self.changes.search_sorted(instants, side="right").cast(pl.Int64)
        local = instants + self.offsets.gather(number)
        floor = pl.lit(self._latest).gather(pl.when(number > 0).then(number - 1))
        return pl.select(pl.max_horizontal(pl.lit(local), floor)).to_series()

    def reached(self, shown: pl.Series) -> pl.Series:
        """Find the first instant at which the clock shows so much, or has jumped over it. [µs]"""
        number = self._latest.search_sorted(shown.fill_null(0), side="left").cast(pl.Int64)
        instants = shown - self.offsets.gather(number)
        begun = pl.lit(self.changes).gather(pl.when(number > 0).then(number - 1))
        later = pl.max_horizontal(pl.lit(instants), begun)
        return pl.select(pl.when(shown.is_not_null()).then(later)).to_series()


def _offset(zone: ZoneInfo, instant: int) -> int:
    return (to_instant(instant).astimezone(zone).utcoffset() or timedelta()) // MICROSECOND


@dataclass(frozen=True)
class WallCalendar(Calendar):
    """A calendar that counts time as the wall clock of its zone shows it: every local day has 24 hours."""

    @cached_property
    def clock(self) -> WallClock:
        """Return the clock by which it counts."""
        return WallClock.of(self.own_zone, self.first, self.last + MARGIN)

    @cached_property
    def _on_wall(self) -> Calendar:
        """Return the same schedule where no clock ever changes."""
        hours = self.hours and self.hours.model_copy(update={"time_zone": None})
        first, last = self.clock.shown(pl.Series([self.first, self.last]))
        return Calendar(hours, "UTC", first, last, self.closed)

    def elapsed(self, start: pl.Series, end: pl.Series) -> pl.Series:
        """Measure working time from each start to each end, as the wall clock shows it. [µs]"""
        return self._on_wall.elapsed(self.clock.shown(start), self.clock.shown(end))

    def after(self, start: pl.Series, working: pl.Series) -> pl.Series:
        """Find the first instant at which the wall clock shows that each working time has passed. [µs]"""
        reached = self.clock.reached(self._on_wall.after(self.clock.shown(start), working))
        return pl.select(pl.when(reached.is_not_null()).then(pl.max_horizontal(reached, start))).to_series()
