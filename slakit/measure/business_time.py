"""Working time between two instants, and the instant after a given working time, for any calendar.

A calendar becomes one table of open spans, in instants. Working time is then a binary search in it, for any number of
rows at once, exact to the microsecond; clock changes, holidays and spans over midnight are in the table and cost
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from slakit.measure.calendar import midnight
from slakit.measure.hours import open_spans
from slakit.measure.intervals import Line, covered_before, subtract, union
from slakit.policy.guarantees import Hours
from slakit.problems import InputError, Problem

BUSINESS_DAY = 24 * 3600 * 10**6
"""Working time in a business day, whatever the local clock does. [µs]"""
SPANS = {"start": pl.Int64, "end": pl.Int64}


@dataclass(frozen=True)
class Calendar:
    """When time counts, from one instant to another.

    Attributes
    ----------
    hours
        A weekly schedule; `None` is around the clock.
    zone
        Time zone of the schedule where it names none itself.
    first, last
        Instants that the calendar must cover; it covers a margin beyond them. [µs]
    closed
        Days on which nothing is open, beside the public holidays of the schedule.

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
            spans = [(self.first - 1, self.last + MARGIN)]
        else:
            spans = open_spans(self.hours, self.zone, self.first, self.last + MARGIN)
        opened = union(pl.DataFrame(spans, schema=SPANS, orient="row"))
        return subtract(opened, self._closed_spans()) if self.closed else opened

    def _closed_spans(self) -> pl.DataFrame:
        zone = (self.hours.time_zone if self.hours else None) or self.zone
        days = [(midnight(day, zone), midnight(date.fromordinal(day.toordinal() + 1), zone)) for day in self.closed]
        return union(pl.DataFrame(days, schema=SPANS, orient="row"))

    def elapsed(self, start: pl.Series, end: pl.Series) -> pl.Series:
        """Working time from each start to each end; negative where the end is first. [µs]

        >>> weekdays = Calendar(Hours(weekly={"mon-fri": ["08:00-17:00"]}), "UTC", 0, 10**12)
        >>> noon, day_after = pl.Series([12 * 3600 * 10**6]), pl.Series([36 * 3600 * 10**6])
        >>> weekdays.elapsed(noon, day_after).to_list()  # Thursday 1 January 1970, noon to noon
        [32400000000]
        """
        return covered_before(self.spans, end) - covered_before(self.spans, start)

    def after(self, start: pl.Series, working: pl.Series) -> pl.Series:
        """The first instant at which each working time has passed since each start. [µs]

        Null where the calendar does not reach so far: open time has run out.

        >>> weekdays = Calendar(Hours(weekly={"mon-fri": ["08:00-17:00"]}), "UTC", 0, 10**12)
        >>> start, hour = pl.Series([16 * 3600 * 10**6 + 1800 * 10**6]), pl.Series([3600 * 10**6])
        >>> weekdays.after(start, hour).to_list() == [(24 + 8) * 3600 * 10**6 + 1800 * 10**6]
        True
        """
        lengths = (self.spans["end"] - self.spans["start"]).cum_sum()
        wanted = covered_before(self.spans, start) + working
        index = lengths.search_sorted(wanted, side="left").cast(pl.Int64)
        known = pl.when(index < len(lengths)).then(index)
        reached = pl.lit(self.spans["end"]).gather(known) - (pl.lit(lengths).gather(known) - pl.lit(wanted))
        return pl.select(pl.when(working == 0).then(start).otherwise(reached)).to_series()


MARGIN = 5 * 366 * 86_400_000_000
"""How far beyond the last known instant a due time may lie. [µs]"""


def business_days(holidays: str | None = None) -> Hours:
    """The schedule of business days: Monday to Friday, less the public holidays of a country.

    >>> business_days("SE").weekly
    {'mon-fri': ['00:00-24:00']}
    """
    return Hours(weekly={"mon-fri": ["00:00-24:00"]}, holidays=holidays)


def held_time(calendar: Calendar, holds: pl.DataFrame) -> pl.DataFrame:
    """Working time that holds take from each ticket; overlapping holds count once.

    Parameters
    ----------
    holds
        `ticket` (number), `start`, `end` (µs), already cut to the time that counts.

    Returns
    -------
    pl.DataFrame
        `ticket`, `held` (µs).
    """
    merged = merged_holds(holds)
    taken = calendar.elapsed(merged["start"], merged["end"])
    return merged.with_columns(taken.alias("held")).group_by("ticket").agg(pl.col("held").sum())


def merged_holds(holds: pl.DataFrame) -> pl.DataFrame:
    """Holds of each ticket, those that overlap or touch as one: `ticket`, `start`, `end`, in order."""
    kept = holds.filter(pl.col("end") > pl.col("start"))
    if kept.is_empty():
        return kept.select("ticket", "start", "end")
    line = Line.holding(int(kept["start"].min()), int(kept["end"].max()))  # type: ignore[arg-type]
    numbers = kept.select(pl.col("ticket").unique().sort()).with_row_index("line")
    placed = kept.join(numbers, on="ticket").with_columns(
        line.place(pl.col(edge), pl.col("line")).alias(edge) for edge in ("start", "end")
    )
    number = (pl.col("start") // line.stride).alias("line").cast(pl.UInt32)
    merged = union(placed).with_columns(number)
    own = [line.position(pl.col(edge), pl.col("line")).alias(edge) for edge in ("start", "end")]
    return merged.join(numbers, on="line", maintain_order="left").select("ticket", *own)


def due_with_holds(calendar: Calendar, tickets: pl.DataFrame, holds: pl.DataFrame) -> pl.Series:
    """When each ticket is due, its clock standing still during holds.

    Parameters
    ----------
    tickets
        `ticket`, `opened`, `within` (µs).
    holds
        As `merged_holds` gives them.

    Returns
    -------
    pl.Series
        Due instants (µs), in the order of the tickets.
    """
    rows = tickets.with_row_index("row").select("row", "ticket", "opened", "within")
    rows = rows.with_columns(calendar.after(rows["opened"], rows["within"]).alias("due"))
    if holds.is_empty():
        return rows["due"]
    ranked = holds.with_columns(pl.int_range(pl.len()).over("ticket").alias("rank"))
    for rank in range(int(ranked["rank"].max()) + 1):  # type: ignore[arg-type]
        hold = ranked.filter(pl.col("rank") == rank).select("ticket", "start", "end")
        rows = rows.join(hold, on="ticket", how="left", maintain_order="left")
        begin = pl.max_horizontal("start", "opened")
        stands = ((begin < pl.col("due")) & (pl.col("end") > begin)).fill_null(value=False)
        taken = calendar.elapsed(rows.select(begin.alias("at"))["at"].fill_null(0), rows["end"].fill_null(0))
        within = (pl.col("within") + pl.when(stands).then(taken).otherwise(0)).alias("within")
        rows = rows.with_columns(within).drop("start", "end")
        rows = rows.with_columns(calendar.after(rows["opened"], rows["within"]).alias("due"))
    return rows["due"]


def read_closed_days(text: str, *, name: str = "closing days") -> frozenset[date]:
    """Read days on which nothing is open from text, one ISO date a line; `#` begins a remark.

    >>> sorted(read_closed_days("2026-12-24  # Christmas Eve"))
    [datetime.date(2026, 12, 24)]

    Raises
    ------
    InputError
        A line is not a date.
    """
    days, problems = set(), []
    for number, line in enumerate(text.splitlines(), 1):
        written = line.partition("#")[0].strip()
        if not written:
            continue
        try:
            days.add(date.fromisoformat(written))
        except ValueError:
            problems.append(Problem(f"{name}:{number}", written, "not a date", "write it like 2026-12-24"))
    if problems:
        raise InputError(name, problems)
    return frozenset(days)
