"""Working time between two instants, and the instant after a given working time, for any calendar.

A calendar becomes one table of open spans, in instants. Working time is then a search in it, for any number of rows at
once, exact to the microsecond; clock changes, holidays and spans over midnight are in the table and cost nothing. For
many rows the search becomes a look-up, in steps of time on which all spans begin and end: an hour, mostly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from slakit.measure.calendar import local_day, midnight
from slakit.measure.hours import SPANS, open_spans
from slakit.measure.intervals import PackedTimeline, covered_before, subtract, union
from slakit.policy.guarantees import Hours

BUSINESS_DAY = 24 * 3600 * 10**6
"""Working time in a business day, whatever the local clock does. [µs]"""
MINUTE = 60 * 10**6
MANY = 20_000
"""Rows from which a table of steps is worth building."""


@dataclass(frozen=True)
class Calendar:
    """A calendar: the time that counts, from one instant to another.

    Attributes
    ----------
    hours
        A weekly schedule; `None` is around the clock.
    zone
        Time zone of the schedule where it names none itself.
    first, last
        Instants that the calendar must cover; it covers a margin beyond them. [µs]
    closed
        Days that are closed, beside the public holidays of the schedule. A span belongs to the day on which it begins:
        the night shift that began before a closed day goes on in it, and one that would begin on it is excluded.

    Notes
    -----
    Time is counted as it passes: a span over a clock change is an hour shorter or longer. A business day is 24 hours of
    such time on a day that is open.
    """

    hours: Hours | None
    zone: str
    first: int
    last: int
    closed: frozenset[date] = field(default=frozenset())

    @cached_property
    def spans(self) -> pl.DataFrame:
        """When it is open: `start`, `end`, disjoint, in order. [µs]"""
        if self.hours is None:
            always = pl.DataFrame([(self.first - 1, self.last + MARGIN)], schema=SPANS, orient="row")
            days = [(midnight(day, self.zone), midnight(day + timedelta(days=1), self.zone)) for day in self.closed]
            return subtract(always, union(pl.DataFrame(days, schema=SPANS, orient="row"))) if days else always
        zone = self.own_zone
        spans = open_spans(self.hours, zone, self.first, self.last + MARGIN)
        kept = [span for span in spans if local_day(span[0], zone) not in self.closed] if self.closed else spans
        return union(pl.DataFrame(kept, schema=SPANS, orient="row"))

    @property
    def own_zone(self) -> str:
        """Time zone in which its days begin."""
        return (self.hours.time_zone if self.hours else None) or self.zone

    @property
    def never_closes(self) -> bool:
        """Return whether working time is simply time."""
        return self.hours is None and not self.closed

    @cached_property
    def steps(self) -> Steps | None:
        """Return the same in steps of time; none where that would take steps of less than a minute."""
        step = math.gcd(*self.spans["start"], *self.spans["end"])
        return Steps.of(self.spans, step) if step >= MINUTE else None

    def _steps_for(self, rows: int) -> Steps | None:
        return self.steps if rows >= MANY or "steps" in self.__dict__ else None

    def elapsed(self, start: pl.Series, end: pl.Series) -> pl.Series:
        """Measure working time from each start to each end; negative where the end is first. [µs]

        >>> weekdays = Calendar(Hours(weekly={"mon-fri": ["08:00-17:00"]}), "UTC", 0, 10**12)
        >>> noon, day_after = pl.Series([12 * 3600 * 10**6]), pl.Series([36 * 3600 * 10**6])
        >>> weekdays.elapsed(noon, day_after).to_list()  # Thursday 1 January 1970, noon to noon
        [32400000000]
        """
        return end - start if self.never_closes else self._before(end) - self._before(start)

    def _before(self, instants: pl.Series) -> pl.Series:
        table = self._steps_for(len(instants))
        return covered_before(self.spans, instants) if table is None else table.before(instants)

    def after(self, start: pl.Series, working: pl.Series) -> pl.Series:
        """Find the first instant at which each working time has passed since each start. [µs]

        Null where the calendar does not reach so far: open time has run out.

        >>> weekdays = Calendar(Hours(weekly={"mon-fri": ["08:00-17:00"]}), "UTC", 0, 10**12)
        >>> start, hour = pl.Series([16 * 3600 * 10**6 + 1800 * 10**6]), pl.Series([3600 * 10**6])
        >>> weekdays.after(start, hour).to_list() == [(24 + 8) * 3600 * 10**6 + 1800 * 10**6]
        True
        """
        if self.never_closes:
            return start + working
        wanted, table = self._before(start) + working, self._steps_for(len(start))
        if table is not None:
            reached = table.reached(wanted)
        else:
            lengths = (self.spans["end"] - self.spans["start"]).cum_sum()
            index = lengths.search_sorted(wanted, side="left").cast(pl.Int64)
            known = pl.when(index < len(lengths)).then(index)
            short = pl.lit(lengths).gather(known) - pl.lit(wanted)
            reached = pl.select(pl.lit(self.spans["end"]).gather(known) - short).to_series()
        return pl.select(pl.when(working == 0).then(start).otherwise(reached)).to_series()


@dataclass(frozen=True)
class Steps:
    """Open time in steps, each of which is open or closed as a whole.

    Attributes
    ----------
    origin
        Instant of the first step, which is closed, as is the last. [µs]
    step
        Length of a step. [µs]
    marks
        For each step: twice the open steps before it, and one more if it is open itself.
    opened
        Number of each open step.
    """

    origin: int
    step: int
    marks: pl.Series
    opened: pl.Series

    @classmethod
    def of(cls, spans: pl.DataFrame, step: int) -> Steps:
        """Lay out spans, disjoint and in order, that begin and end on whole steps.

        >>> Steps.of(pl.DataFrame({"start": [0], "end": [2 * MINUTE]}), MINUTE).marks.to_list()
        [0, 1, 3, 4]
        """
        edges = spans.select(pl.concat_list("start", "end").explode()).to_series()
        origin = int(edges[0]) - step
        lengths = pl.concat([edges, edges.tail(1) + step]).diff().fill_null(step) // step
        runs = pl.DataFrame({"length": lengths, "open": pl.int_range(len(lengths), eager=True, dtype=pl.Int32) % 2})
        opens = runs.select(pl.col("open").repeat_by("length").explode()).to_series()
        return cls(origin, step, 2 * opens.cum_sum() - opens, (opens == 1).arg_true())

    def before(self, instants: pl.Series) -> pl.Series:
        """Sum up the open time before each instant. [µs]"""
        past = instants - self.origin
        number = (past // self.step).clip(0, len(self.marks) - 1)
        mark = self.marks.gather(number).cast(pl.Int64)
        return (mark // 2) * self.step + (mark % 2) * (past - number * self.step)

    def reached(self, wanted: pl.Series) -> pl.Series:
        """Find where so much of the open time has passed; null where there is not so much. [µs]"""
        number = (wanted - 1) // self.step
        known = pl.when(number < len(self.opened)).then(number.clip(0))
        begun = self.origin + pl.lit(self.opened).gather(known).cast(pl.Int64) * self.step
        return pl.select(begun + (wanted - number * self.step)).to_series()


MARGIN = 5 * 366 * 86_400_000_000
"""How far beyond the last known instant a due time may lie. [µs]"""


def business_days(holidays: str | None = None) -> Hours:
    """Return the schedule of business days: Monday to Friday, less the public holidays of a country.

    >>> business_days("SE").weekly
    {'mon-fri': ['00:00-24:00']}
    """
    return Hours(weekly={"mon-fri": ["00:00-24:00"]}, holidays=holidays)


def held_time(calendar: Calendar, holds: pl.DataFrame) -> pl.DataFrame:
    """Sum up the working time that holds take from each ticket; a hold outside hours takes nothing.

    Parameters
    ----------
    calendar
        In which holds are measured.
    holds
        As `merged_holds` gives them, so that overlapping ones count once.

    Returns
    -------
    pl.DataFrame
        `ticket`, `held` (µs).
    """
    taken = calendar.elapsed(holds["start"], holds["end"]).alias("held")
    return holds.select("ticket").with_columns(taken).group_by("ticket").agg(pl.col("held").sum())


def merged_holds(holds: pl.DataFrame) -> pl.DataFrame:
    """Merge the holds of each ticket that overlap or touch: `ticket`, `start`, `end`, in order."""
    kept = holds.filter(pl.col("end") > pl.col("start"))
    if kept.is_empty():
        return kept.select("ticket", "start", "end")
    timeline = PackedTimeline.holding(int(kept["start"].min()), int(kept["end"].max()))  # type: ignore[arg-type]
    numbers = kept.select(pl.col("ticket").unique().sort()).with_row_index("timeline")
    placed = kept.join(numbers, on="ticket").with_columns(
        timeline.place(pl.col(edge), pl.col("timeline")).alias(edge) for edge in ("start", "end")
    )
    number = (pl.col("start") // timeline.stride).alias("timeline").cast(pl.UInt32)
    merged = union(placed).with_columns(number)
    own = [timeline.position(pl.col(edge), pl.col("timeline")).alias(edge) for edge in ("start", "end")]
    return merged.join(numbers, on="timeline", maintain_order="left").select("ticket", *own)


def due_with_holds(
    calendar: Calendar, tickets: pl.DataFrame, holds: pl.DataFrame, *, waiting: Calendar | None = None
) -> pl.Series:
    """Find when each ticket is due, its clock standing still during holds.

    Parameters
    ----------
    calendar
        In which the clocks of the tickets run.
    tickets
        `ticket`, `opened`, `within` (µs).
    holds
        As `merged_holds` gives them.
    waiting
        The calendar that holds are measured in; that of the tickets, if not given.

    Returns
    -------
    pl.Series
        Due instants (µs), in the order of the tickets.
    """
    rows = tickets.select("ticket", "opened", "within")
    rows = rows.with_columns(calendar.after(rows["opened"], rows["within"]).alias("due"))
    if holds.is_empty():
        return rows["due"]
    held = rows.join(holds, on="ticket", how="semi", maintain_order="left")
    ranked = holds.with_columns(pl.int_range(pl.len()).over("ticket").alias("rank"))
    for rank in range(int(ranked["rank"].max()) + 1):  # type: ignore[arg-type]
        hold = ranked.filter(pl.col("rank") == rank).select("ticket", "start", "end")
        held = held.join(hold, on="ticket", how="left", maintain_order="left")
        begin = pl.max_horizontal("start", "opened")
        stands = ((begin < pl.col("due")) & (pl.col("end") > begin)).fill_null(value=False)
        begun, ended = held.select(begin.alias("at"))["at"].fill_null(0), held["end"].fill_null(0)
        taken = (waiting or calendar).elapsed(begun, ended)
        within = (pl.col("within") + pl.when(stands).then(taken).otherwise(0)).alias("within")
        held = held.with_columns(within).drop("start", "end")
        held = held.with_columns(calendar.after(held["opened"], held["within"]).alias("due"))
    later = held.select("ticket", pl.col("due").alias("later"))
    moved = rows.join(later, on="ticket", how="left", maintain_order="left")
    return moved.select(pl.coalesce("later", "due").alias("due")).to_series()
