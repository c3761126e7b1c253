"""Working time comes out as other programs' tests have it, and as the rules say where they are silent."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from desk_support import DAY, HOUR, MICROSECOND, MINUTE, after, at, calendar, elapsed
from ruamel.yaml import YAML

from slakit.evidence.files import closing_days_of
from slakit.measure.business_time import Calendar, business_days
from slakit.problems import InputError

EXAMPLES: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(
    (Path(__file__).parent / "business_time.yaml").read_text(encoding="utf-8")
)
UNITS = {"h": HOUR, "m": MINUTE, "s": timedelta(seconds=1)}


def named(kind: str) -> list[Any]:
    return [
        pytest.param(example, case, id=f"{example['source']}: {case[0]} {case[1]}")
        for example in EXAMPLES
        for case in example.get(kind, [])
    ]


def length(text: str) -> timedelta:
    return float(text[:-1]) * UNITS[text[-1]]


@cache
def hours_of(source: str) -> Calendar:
    (example,) = (example for example in EXAMPLES if example["source"] == source)
    closed = [date.fromisoformat(str(day)) for day in example.get("closed", [])]
    return calendar(example["weekly"], example.get("zone", "UTC"), holidays=example.get("holidays"), closed=closed)


@pytest.mark.parametrize(("example", "case"), named("elapsed"))
def test_working_time_is_what_they_count(example: dict[str, Any], case: list[str]) -> None:
    zone = example.get("zone", "UTC")
    start, end = (at(str(text), zone) for text in case[:2])
    hours = hours_of(example["source"])
    assert elapsed(hours, start, end) == length(case[2])
    assert elapsed(hours, end, start) == -length(case[2])


@pytest.mark.parametrize(("example", "case"), named("due"))
def test_time_is_up_when_they_say(example: dict[str, Any], case: list[str]) -> None:
    zone = example.get("zone", "UTC")
    assert after(hours_of(example["source"]), at(str(case[0]), zone), length(case[1])) == at(str(case[2]), zone)


NIGHTS = {"mon-sun": ["22:00-06:00"]}


@pytest.mark.parametrize(
    ("evening", "hours"),
    [("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-06", 8)],
    ids=["the clock springs forward", "the clock falls back", "an ordinary night"],
)
def test_a_night_is_as_long_as_it_passes(evening: str, hours: int) -> None:
    start = at(f"{evening}T12:00", "Europe/Oslo")
    assert elapsed(calendar(NIGHTS, "Europe/Oslo"), start, start + DAY) == hours * HOUR


def test_a_clock_that_moves_by_half_an_hour_moves_working_time_by_as_much() -> None:
    start = at("2026-04-04T12:00", "Australia/Lord_Howe")
    assert elapsed(calendar(NIGHTS, "Australia/Lord_Howe"), start, start + DAY) == 8.5 * HOUR


def test_a_day_whose_midnight_is_skipped_begins_with_the_change() -> None:
    cairo = calendar({"fri": ["00:00-24:00"]}, "Africa/Cairo")
    start = at("2026-04-23T12:00", "Africa/Cairo")
    assert elapsed(cairo, start, start + 2 * DAY) == 23 * HOUR


def test_a_span_belongs_to_the_day_on_which_it_begins() -> None:
    dark = calendar(NIGHTS, closed=[date(2026, 6, 10)])
    assert elapsed(dark, at("2026-06-09T12:00"), at("2026-06-10T12:00")) == 8 * HOUR
    assert elapsed(dark, at("2026-06-10T12:00"), at("2026-06-11T12:00")) == 0 * HOUR
    public = calendar(NIGHTS, "Europe/Oslo", holidays="NO")  # 17 May 2026
    assert elapsed(public, at("2026-05-16T12:00", "Europe/Oslo"), at("2026-05-17T12:00", "Europe/Oslo")) == 8 * HOUR
    assert elapsed(public, at("2026-05-17T12:00", "Europe/Oslo"), at("2026-05-18T12:00", "Europe/Oslo")) == 0 * HOUR


def test_spans_that_touch_or_overlap_are_counted_once() -> None:
    torn = calendar({"mon-fri": ["08:00-12:00", "11:00-17:00"], "mon": ["08:00-17:00"]})
    assert elapsed(torn, at("2026-06-01"), at("2026-06-02")) == 9 * HOUR


def test_a_region_has_holidays_of_its_own() -> None:
    week = {"mon-fri": ["09:00-17:00"]}
    womens_day = at("2027-03-08", "Europe/Berlin"), at("2027-03-09", "Europe/Berlin")
    span = (int(at("2027-01-01").timestamp() * 10**6), int(at("2027-06-01").timestamp() * 10**6))
    assert elapsed(calendar(week, "Europe/Berlin", holidays="DE", span=span), *womens_day) == 8 * HOUR
    assert elapsed(calendar(week, "Europe/Berlin", holidays="DE-BE", span=span), *womens_day) == 0 * HOUR


def test_around_the_clock_less_closed_days() -> None:
    always = calendar(None, "Europe/Oslo", closed=[date(2026, 10, 25)])
    assert elapsed(always, at("2026-10-24T22:00Z"), at("2026-10-25T23:00Z")) == 0 * HOUR  # 25 hours long
    assert after(always, at("2026-10-24T21:00Z"), HOUR + MICROSECOND) == at("2026-10-25T23:00Z") + MICROSECOND


def test_a_business_day_is_24_hours_on_a_day_that_is_open() -> None:
    span = (int(at("2026-01-01").timestamp() * 10**6), int(at("2026-12-31").timestamp() * 10**6))
    days = Calendar(business_days("SE"), "Europe/Stockholm", *span)
    friday = at("2026-06-05T16:00", "Europe/Stockholm")
    assert after(days, friday, 24 * HOUR) == at("2026-06-08T16:00", "Europe/Stockholm")
    before_midsummer = at("2026-06-18T16:00", "Europe/Stockholm")  # a Thursday; the eve is no public holiday
    assert after(days, before_midsummer, 48 * HOUR) == at("2026-06-22T16:00", "Europe/Stockholm")
    before_national_day = at("2025-06-05T16:00", "Europe/Stockholm")
    assert (
        elapsed(
            Calendar(business_days("SE"), "Europe/Stockholm", int(before_national_day.timestamp() * 10**6), span[1]),
            before_national_day,
            at("2025-06-09T16:00", "Europe/Stockholm"),
        )
        == 24 * HOUR
    )


def test_nothing_is_due_where_nothing_is_ever_open() -> None:
    shut = calendar({"mon": ["08:00-09:00"]}, span=(0, 1))
    assert after(shut, at("1970-01-01"), 10_000 * HOUR) is None
    assert after(shut, at("1970-01-01"), 0 * HOUR) == at("1970-01-01")


def test_closed_days_are_read_with_all_that_is_wrong() -> None:
    assert closing_days_of("# nothing\n\n2026-12-24 # Christmas Eve\n") == {date(2026, 12, 24)}
    with pytest.raises(InputError, match="2 problems") as refused:
        closing_days_of("2026-13-01\n2026-12-24\nChristmas", name="days.txt")
    assert [problem.where for problem in refused.value.problems] == ["days.txt:1", "days.txt:3"]
