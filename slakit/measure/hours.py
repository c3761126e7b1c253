"""Service hours: when a weekly schedule is open, as instants."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import polars as pl

from slakit.measure.calendar import Span, local_day, to_microseconds
from slakit.measure.intervals import PackedTimeline, union
from slakit.measure.rules import Rule
from slakit.policy.guarantees import DAYS, Hours

SPANS = {"start": pl.Int64, "end": pl.Int64}


def open_spans(hours: Hours, zone: str, first: int, last: int) -> list[Span]:
    """List when a schedule is open, day by day, for every local day that touches the time from `first` to `last`.

    A span that is not after its beginning runs over midnight. Wall times that a clock change skips or repeats are read
    with the offset before the change.

    Parameters
    ----------
    hours, zone
        The schedule, and its time zone where it names none itself.
    first, last
        Instants. [µs]

    >>> hours = Hours(weekly={"mon-fri": ["08:00-17:00"]})
    >>> len(open_spans(hours, "UTC", 0, 7 * 86_400_000_000))
    6
    """
    zone = hours.time_zone or zone
    spans = []
    day = local_day(first, zone) - timedelta(days=1)
    while day <= local_day(last, zone):
        if day not in closed_days(hours.holidays, day.year):
            spans += [_instants(day, span, zone) for span in _spans_of(hours, day)]
        day += timedelta(days=1)
    return [span for span in spans if span[1] > first]


def _spans_of(hours: Hours, day: date) -> Iterator[str]:
    for days, spans in hours.weekly.items():
        begin, _, end = days.partition("-")
        first, last = DAYS.index(begin), DAYS.index(end or begin)
        if (day.weekday() - first) % 7 <= (last - first) % 7:
            yield from spans


def _instants(day: date, span: str, zone: str) -> Span:
    begin, end = span.split("-")
    next_day = timedelta(days=end <= begin)
    return _instant(day, begin, zone), _instant(day + next_day, end, zone)


def _instant(day: date, wall: str, zone: str) -> int:
    hour, minute = map(int, wall.split(":"))
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) + timedelta(hours=hour, minutes=minute)
    return to_microseconds(local.astimezone(UTC))


def longest_day(hours: Hours) -> int:
    """Measure the open time of the longest day of a week, by the wall clock; spans that overlap count once. [µs]

    >>> longest_day(Hours(weekly={"mon-fri": ["08:00-12:00", "13:00-17:00"], "sat": ["09:00-12:00"]})) // 3_600_000_000
    8
    """
    lengths = []
    for day in (date(2026, 1, 5 + number) for number in range(7)):
        spans = [_instants(day, span, "UTC") for span in _spans_of(hours, day)]
        opened = union(pl.DataFrame(spans, schema=SPANS, orient="row"))
        lengths.append(int((opened["end"] - opened["start"]).sum()))
    return max(lengths)


@lru_cache(maxsize=256)
def closed_days(country: str | None, year: int) -> frozenset[date]:
    """List the public holidays of a country (`SE`), or of a region of it (`DE-BE`), in a year."""
    if country is None:
        return frozenset()
    import holidays

    name, _, region = country.partition("-")
    return frozenset(holidays.country_holidays(name, subdiv=region or None, years=year))


def closed_hours(rules: Sequence[Rule], obligations: pl.DataFrame, timeline: PackedTimeline) -> pl.DataFrame:
    """Find the time outside the service hours of each obligation that has any.

    Parameters
    ----------
    rules
        By number.
    obligations
        `timeline`, `rule`.
    timeline
        The line.

    Returns
    -------
    pl.DataFrame
        `timeline`, `start`, `end` on the line; disjoint.
    """
    closed = [pl.DataFrame(schema={"timeline": pl.UInt32, "start": pl.Int64, "end": pl.Int64})]
    for number in obligations["rule"].unique().sort():
        rule = rules[number]
        if rule.guarantee.hours is not None:
            first, last = timeline.origin, timeline.origin + timeline.stride
            spans = open_spans(rule.guarantee.hours, rule.zone, first, last)
            opened = union(pl.DataFrame(spans, schema=SPANS, orient="row"))
            # what lies between the edges of open spans is closed
            edges = [first, *opened.select(pl.concat_list("start", "end").explode()).to_series().to_list(), last]
            pairs = [(start, end) for start, end in zip(edges[::2], edges[1::2], strict=True) if start < end]
            between = pl.DataFrame(pairs, schema=SPANS, orient="row")
            closed.append(obligations.filter(pl.col("rule") == number).select("timeline").join(between, how="cross"))
    placed = [timeline.place(pl.col(edge), pl.col("timeline")).alias(edge) for edge in ("start", "end")]
    return pl.concat(closed).with_columns(placed).sort("start")
