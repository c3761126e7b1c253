"""Laws that working time keeps for any schedule, zone, clock change and closed day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from slakit.measure import business_time
from slakit.measure.business_time import Calendar
from slakit.measure.calendar import to_microseconds
from slakit.policy.guarantees import DAYS, Hours

ZONES = ("Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "UTC")
CHANGES = {
    "Europe/Oslo": (date(2026, 3, 29), date(2026, 10, 25)),
    "America/New_York": (date(2026, 3, 8), date(2026, 11, 1)),
    "Australia/Lord_Howe": (date(2026, 4, 5), date(2026, 10, 4)),
    "Africa/Cairo": (date(2026, 4, 24), date(2026, 10, 29)),
    "UTC": (date(2026, 2, 28), date(2026, 12, 31)),
}
MINUTE = 60 * 10**6
DAY = 24 * 60 * MINUTE
LENGTH = 8 * DAY
"""How long the slow calculation looks. [µs]"""
LAW = examples(12)

clocks = st.integers(0, 47).map(lambda half: f"{half // 2:02}:{half % 2 * 30:02}")
ends = clocks | st.just("24:00")
spans = st.tuples(clocks, ends).filter(lambda span: span[0] != span[1]).map("-".join)
weeks = st.dictionaries(st.sampled_from(DAYS), st.lists(spans, min_size=1, max_size=3), min_size=1, max_size=7)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """A schedule around a clock change of its zone."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(CHANGES[zone]))
    first = to_microseconds(datetime(change.year, change.month, change.day, tzinfo=UTC)) - 4 * DAY
    days = st.integers(-4, 4).map(lambda count: change + timedelta(days=count))
    closed = draw(st.frozensets(days, max_size=2))
    return Calendar(Hours(weekly=draw(weeks)), zone, first, first + LENGTH, closed=closed)


offsets = st.integers(0, LENGTH)


@pytest.fixture(autouse=True, scope="module")
def near_future() -> Iterator[None]:
    """Calendars reach not quite a year ahead: they are made faster, and can run out."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(business_time, "MARGIN", 300 * DAY)
        yield


def series(*values: int) -> pl.Series:
    return pl.Series(values, dtype=pl.Int64)


@LAW
@given(calendars(), offsets, offsets, offsets)
def test_parts_add_up_to_the_whole(calendar: Calendar, one: int, two: int, three: int) -> None:
    a, b, c = (series(calendar.first + offset) for offset in (one, two, three))
    assert (calendar.elapsed(a, b) + calendar.elapsed(b, c)).equals(calendar.elapsed(a, c))


@LAW
@given(calendars(), offsets, offsets)
def test_working_time_is_never_longer_than_time_and_never_runs_backwards(
    calendar: Calendar, one: int, two: int
) -> None:
    start, end = sorted((calendar.first + one, calendar.first + two))
    assert 0 <= calendar.elapsed(series(start), series(end))[0] <= end - start


@LAW
@given(calendars(), offsets, st.integers(0, 4 * 60 * MINUTE))
def test_what_is_due_is_due_when_its_time_has_passed_and_not_before(
    calendar: Calendar, opened: int, within: int
) -> None:
    start = series(calendar.first + opened)
    due = calendar.after(start, series(within))
    assert calendar.elapsed(start, due)[0] == within
    if within:
        assert calendar.elapsed(start, due - 1)[0] == within - 1


@LAW
@given(calendars(), offsets, offsets)
def test_the_time_that_has_passed_was_up_by_now(calendar: Calendar, opened: int, now: int) -> None:
    start, end = (series(calendar.first + offset) for offset in sorted((opened, now)))
    assert calendar.after(start, calendar.elapsed(start, end))[0] <= end[0]


@LAW
@given(calendars(), offsets, st.integers(0, 4 * 60 * MINUTE), st.integers(0, 8))
def test_a_closed_day_makes_nothing_due_earlier(calendar: Calendar, opened: int, within: int, day: int) -> None:
    extra = datetime.fromtimestamp(calendar.first / 10**6, UTC).date() + timedelta(days=day)
    fewer = Calendar(calendar.hours, calendar.zone, calendar.first, calendar.last, calendar.closed | {extra})
    start, target = series(calendar.first + opened), series(within)
    assert fewer.after(start, target)[0] >= calendar.after(start, target)[0]


@LAW
@given(calendars(), st.lists(st.tuples(offsets, st.integers(0, 90 * 60 * MINUTE)), min_size=1))
def test_the_table_of_steps_says_the_same_as_the_spans(calendar: Calendar, cases: list[tuple[int, int]]) -> None:
    start = calendar.first - DAY + series(*(opened for opened, _ in cases))
    within = series(*(within for _, within in cases))
    fast = Calendar(calendar.hours, calendar.zone, calendar.first, calendar.last, calendar.closed)
    assert fast.steps is not None
    assert fast.elapsed(start, start + within).equals(calendar.elapsed(start, start + within))
    assert fast.after(start, within).equals(calendar.after(start, within))
    far = series(calendar.first - 400 * DAY, calendar.last + 4000 * DAY)
    assert fast.elapsed(far, far.reverse()).equals(calendar.elapsed(far, far.reverse()))
    assert fast.after(far, far * 0 + 10**15).equals(calendar.after(far, far * 0 + 10**15))


def test_many_rows_take_the_table_of_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(business_time, "MANY", 3)
    calendar = Calendar(Hours(weekly={"mon-fri": ["08:00-17:00"]}), "Europe/Oslo", 0, DAY)
    few = calendar.elapsed(series(0, 1), series(DAY, DAY))
    assert "steps" not in vars(calendar)
    many = calendar.elapsed(series(0, 1, 2), series(DAY, DAY, DAY))
    assert "steps" in vars(calendar)
    assert many.head(2).equals(few)


def test_a_zone_whose_offset_has_seconds_is_exact_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(business_time, "MANY", 1)
    monrovia = to_microseconds(datetime(1971, 6, 1, tzinfo=UTC))  # 44 min 30 s behind until 1972
    calendar = Calendar(Hours(weekly={"mon-sun": ["08:00-17:00"]}), "Africa/Monrovia", monrovia, monrovia + DAY)
    assert calendar.steps is None
    opens = monrovia + 8 * 60 * MINUTE + 44 * MINUTE + 30 * 10**6
    assert calendar.after(series(monrovia), series(1))[0] == opens + 1


def slow_minutes(calendar: Calendar) -> set[int]:
    """Open minutes of the time, looked at one by one on the clock of the wall."""
    assert calendar.hours is not None
    zone = ZoneInfo(calendar.zone)
    begin = calendar.first // MINUTE - 3 * 24 * 60
    walls: dict[tuple[date, int], int] = {}  # the first minute at which the clock shows this
    for minute in range(begin, begin + (LENGTH + 6 * DAY) // MINUTE):
        local = datetime.fromtimestamp(minute * 60, zone)
        walls.setdefault((local.date(), local.hour * 60 + local.minute), minute)

    def shown(day: date, clock: int) -> int:
        """When the clock shows it; what it skips, as if it had not yet been changed."""
        day, clock = day + timedelta(days=clock // 1440), clock % 1440
        return next(walls[day, clock + skip] for skip in (0, 30, 60) if (day, clock + skip) in walls)

    opened: set[int] = set()
    for day in sorted({day for day, _ in walls})[1:-2]:
        for start, end in () if day in calendar.closed else spans_of(calendar.hours, day):
            opened.update(range(shown(day, start), shown(day, end if end > start else end + 1440)))
    return opened


def spans_of(hours: Hours, day: date) -> Iterator[tuple[int, int]]:
    for span in hours.weekly.get(DAYS[day.weekday()], ()):
        start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in span.split("-"))
        yield start, end


@examples(6)
@given(calendars(), st.lists(st.tuples(offsets, offsets), min_size=1, max_size=20))
def test_working_time_agrees_with_counting_minutes(calendar: Calendar, cases: list[tuple[int, int]]) -> None:
    opened = slow_minutes(calendar)
    whole = [tuple(sorted(offset // MINUTE * MINUTE for offset in case)) for case in cases]
    starts, ends = (series(*(calendar.first + case[edge] for case in whole)) for edge in (0, 1))
    counted = [
        sum(minute in opened for minute in range(start // MINUTE, end // MINUTE)) * MINUTE
        for start, end in zip(starts, ends, strict=True)
    ]
    assert calendar.elapsed(starts, ends).to_list() == counted
