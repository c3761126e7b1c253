"""Conventions in which tools differ, and closing days, against cases worked out by hand."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from desk_support import DAY, HOUR, MINUTE, YEARS, after, at, desk, elapsed, evidence, hold, judged, lengths, ticket

from slakit import cli
from slakit.analysis.assess import assess
from slakit.analysis.ticket_times import due_times
from slakit.evidence.files import read_closing_days, read_evidence
from slakit.measure import business_time
from slakit.measure.business_time import Calendar
from slakit.measure.calendar import to_microseconds
from slakit.measure.conventions import Conventions
from slakit.measure.wall_clock import WallCalendar
from slakit.policy.document import Policy
from slakit.policy.guarantees import Hours
from slakit.problems import InputError

OSLO = "Europe/Oslo"
OFFICE = 'hours: {weekly: {mon-fri: ["09:00-17:00"], sat: ["09:00-12:00"]}}'
NIGHTS = 'hours: {weekly: {mon-sun: ["22:00-06:00"]}}'
WALL = Conventions(clock_changes="wall")
OPEN_HOURS = Conventions(business_day="open_hours")
ALWAYS = Conventions(holds="always")


def due(within: str, opened: str, taken: Conventions | None = None, support: str = "", zone: str = OSLO) -> str:
    """When a response is due, in local time."""
    policy = desk(f"id: response, metric: response, within: {within}", support, zone=zone)
    [answer] = due_times(policy.terms(), at(opened, zone), conventions=taken)
    assert answer.due
    return answer.due.isoformat()


@pytest.mark.parametrize(
    ("opened", "within", "passes", "shown"),
    [
        ("2026-10-24T12:00", "24h", "2026-10-25T11:00:00+01:00", "2026-10-25T12:00:00+01:00"),
        ("2026-10-25T01:30", "30m", "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+02:00"),
        ("2026-10-25T01:30", "2h", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"),
        ("2026-10-25T02:40+01:00", "30m", "2026-10-25T03:10:00+01:00", "2026-10-25T03:30:00+01:00"),
        ("2026-03-28T12:00", "24h", "2026-03-29T13:00:00+02:00", "2026-03-29T12:00:00+02:00"),
        ("2026-03-29T01:30", "1h", "2026-03-29T03:30:00+02:00", "2026-03-29T03:00:00+02:00"),
        ("2026-06-10T12:00", "24h", "2026-06-11T12:00:00+02:00", "2026-06-11T12:00:00+02:00"),
    ],
)
def test_a_clock_change_counts_as_it_passes_or_as_the_wall_clock_shows_it(
    opened: str, within: str, passes: str, shown: str
) -> None:
    assert due(within, opened) == due(within, opened, Conventions()) == passes
    assert due(within, opened, WALL) == shown


def test_a_night_of_nine_hours_shows_eight_on_the_wall() -> None:
    night = (at("2026-10-24T22:00", OSLO), at("2026-10-25T06:00", OSLO))
    hours = Hours(weekly={"mon-sun": ["22:00-06:00"]})
    assert elapsed(Calendar(hours, OSLO, *YEARS), *night) == 9 * HOUR
    assert elapsed(WallCalendar(hours, OSLO, *YEARS), *night) == 8 * HOUR
    assert due("9h", "2026-10-24T22:00", None, NIGHTS) == "2026-10-25T06:00:00+01:00"
    assert due("9h", "2026-10-24T22:00", WALL, NIGHTS) == "2026-10-25T23:00:00+01:00"


def test_a_day_around_the_clock_has_24_hours_on_the_wall() -> None:
    wall = WallCalendar(None, OSLO, *YEARS)
    assert elapsed(wall, at("2026-10-25", OSLO), at("2026-10-26", OSLO)) == 24 * HOUR
    assert elapsed(wall, at("2026-03-29", OSLO), at("2026-03-30", OSLO)) == 24 * HOUR
    assert elapsed(wall, at("2026-10-25T00:30Z"), at("2026-10-25T01:30Z")) == 30 * MINUTE
    assert elapsed(wall, at("2026-10-25T01:00Z"), at("2026-10-25T02:00Z")) == 0 * HOUR
    assert after(wall, at("2026-10-25T01:20Z"), 0 * HOUR) == at("2026-10-25T01:20Z")


@pytest.mark.parametrize("weekly", [None, {"mon-sun": ["22:00-06:00"]}, {"mon-fri": ["00:00-24:00"]}])
@pytest.mark.parametrize("zone", [OSLO, "UTC", "Australia/Lord_Howe", "Asia/Kolkata"])
def test_the_wall_clock_adds_up_and_what_is_due_is_due_first_then(
    weekly: dict[str, list[str]] | None, zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = to_microseconds(at("2026-01-01"))
    hours = None if weekly is None else Hours(weekly=weekly)
    slow, fast = (WallCalendar(hours, zone, first, first + 366 * 86_400 * 10**6) for _ in range(2))
    step = timedelta(minutes=97)
    starts = pl.Series([to_microseconds(at("2026-01-01") + number * step) for number in range(5000)])
    ends, working = starts + 3 * 86_400 * 10**6, pl.Series([20 * 3600 * 10**6] * 5000)
    taken, until = slow.elapsed(starts, ends), slow.after(starts, working)
    assert (taken >= 0).all()
    assert (slow.elapsed(starts, starts + 7) + slow.elapsed(starts + 7, ends)).equals(taken)
    assert (slow.elapsed(starts, until) >= working).all()
    assert (slow.elapsed(starts, until - 1) < working).all()
    monkeypatch.setattr(business_time, "MANY", 1)
    assert fast.elapsed(starts, ends).equals(taken)
    assert fast.after(starts, working).equals(until)


def test_a_target_in_business_days_is_days_or_the_hours_of_the_longest_day() -> None:
    friday = "2026-06-05T15:00"
    assert due("1bd", friday, None, OFFICE) == "2026-06-08T15:00:00+02:00"
    # 8 h: Friday 15–17, Saturday 9–12, Monday 9–12
    assert due("1bd", friday, OPEN_HOURS, OFFICE) == "2026-06-08T12:00:00+02:00"
    assert due("8h", friday, OPEN_HOURS, OFFICE) == due("8h", friday, None, OFFICE)


def test_support_around_the_clock_keeps_business_days_of_24_hours() -> None:
    assert due("1bd", "2026-06-05T15:00", OPEN_HOURS) == due("1bd", "2026-06-05T15:00") == "2026-06-08T15:00:00+02:00"


def test_why_says_what_a_business_day_was_taken_for() -> None:
    policy = desk("id: response, metric: response, within: 2bd", OFFICE)
    [days], [hours] = (due_times(policy.terms(), at("2026-06-05"), conventions=taken) for taken in (None, OPEN_HOURS))
    assert days.why == ("2bd is 2 × 24 hours on business days, Monday to Friday (UTC)",)
    assert hours.why == ("2bd is 2 × 8h and runs in support hours: mon-fri 09:00-17:00, sat 09:00-12:00 (UTC)",)


def answered(holds: Sequence[Any], taken: Conventions | None, until: datetime) -> tuple[Any, ...]:
    """Due time, working time and verdict of a ticket opened on a Thursday at 15:00, to be answered in 4 hours."""
    policy = desk("id: response, metric: response, within: 4h", OFFICE)
    review = judged(policy, [ticket(at("2026-06-04T15:00"), until)], holds, conventions=taken)
    return review.tickets["due"][0], lengths(review)[0], review.tickets["verdict"][0]


def test_a_hold_outside_hours_takes_nothing_or_its_whole_length() -> None:
    evening = [hold(at("2026-06-04T16:00"), at("2026-06-04T19:00"))]  # an hour in hours, two outside
    noon = at("2026-06-05T12:30")  # five and a half working hours after it was opened
    assert answered(evening, None, noon) == (at("2026-06-05T12:00"), 4 * HOUR + 30 * MINUTE, "missed")
    assert answered(evening, Conventions(), noon) == answered(evening, None, noon)
    assert answered(evening, ALWAYS, noon) == (at("2026-06-05T14:00"), 2 * HOUR + 30 * MINUTE, "met")


def test_a_hold_never_takes_more_than_there_was() -> None:
    night = [hold(at("2026-06-04T17:00"), at("2026-06-05T09:00"))]
    # 4 h and 16 h: Thursday 2, Friday 8, Saturday 3, Monday 7
    assert answered(night, ALWAYS, at("2026-06-05T10:00")) == (at("2026-06-08T16:00"), 0 * HOUR, "met")


def test_a_hold_after_the_due_time_makes_up_for_nothing() -> None:
    late = [hold(at("2026-06-05T17:00"), at("2026-06-06T09:00"))]  # it was due at 11:00 on that Friday
    assert answered(late, ALWAYS, at("2026-06-06T10:00")) == (at("2026-06-05T11:00"), 11 * HOUR, "missed")


def test_the_defaults_judge_as_before() -> None:
    policy = desk("id: response, metric: response, within: 1bd", OFFICE, zone=OSLO)
    rows = [ticket(at("2026-06-04T15:00") + number * DAY, 50 * HOUR, f"t{number}") for number in range(9)]
    holds = [hold(at("2026-06-05T12:00"), 30 * HOUR, f"t{number}") for number in range(2)]
    before, since = judged(policy, rows, holds), judged(policy, rows, holds, conventions=Conventions())
    assert before.tickets.equals(since.tickets)
    assert before.attainment.equals(since.attainment)


@pytest.mark.parametrize("name", ["clock_changes", "business_day", "holds"])
def test_a_convention_that_does_not_exist_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"{name}: no such convention|{name}.*no such convention"):
        Conventions(**{name: "sometimes"})  # type: ignore[arg-type]


def closing(folder: Path, text: str = "# ours alone\n2026-12-28  # the day after\n") -> Path:
    path = folder / "closed.txt"
    path.write_text(text, encoding="utf-8")
    return path


def norwegian() -> Policy:
    support = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}, holidays: "NO"}'
    return desk("id: response, metric: response, within: 4h", support, zone=OSLO)


def test_closing_days_from_a_file_move_a_due_time_and_say_so(tmp_path: Path) -> None:
    taken = Conventions(closed=read_closing_days(closing(tmp_path)))
    opened = at("2026-12-24T15:00", OSLO)
    [before], [since] = (due_times(norwegian().terms(), opened, conventions=known) for known in (None, taken))
    assert before.due == at("2026-12-28T10:00", OSLO)
    assert since.due == at("2026-12-29T10:00", OSLO)
    assert since.why[1:] == ("Fri 2026-12-25 is a public holiday (NO)", "Mon 2026-12-28 is a closing day")


def test_closing_days_reach_an_assessment() -> None:
    taken = Conventions(closed=frozenset({date(2026, 12, 28)}))
    rows = [ticket(at("2026-12-24T15:00", OSLO), at("2026-12-28T12:00", OSLO))]
    reviews = [judged(norwegian(), rows, period="2026-12", conventions=known) for known in (None, taken)]
    assert [review.tickets["verdict"][0] for review in reviews] == ["missed", "met"]
    assert [lengths(review)[0] for review in reviews] == [6 * HOUR, 2 * HOUR]


def test_a_bad_file_is_refused_with_its_lines(tmp_path: Path) -> None:
    path = closing(tmp_path, "2026-12-24\n24.12.2026\n\nsoon # perhaps\n")
    with pytest.raises(InputError, match="2 problems") as refused:
        read_closing_days(path)
    assert [problem.where for problem in refused.value.problems] == [f"{path}:2", f"{path}:4"]
    path.write_bytes(b"\xff\xfe2")
    with pytest.raises(InputError, match="not UTF-8"):
        read_closing_days(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_closing_days(tmp_path / "nowhere.txt")


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["slakit", *map(str, words)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_the_command_line_takes_closing_days_to_what_is_due(run: Run, tmp_path: Path) -> None:
    words = ("due", "klikk", "--tier", "gold", "--opened", "2026-12-23T15:30+01:00", "--priority", "high", "--closed")
    code, out, _ = run(*words, closing(tmp_path, "2026-12-23\n"))
    assert code == 0
    assert "Thu 2026-12-24 00:30:00 CET" in out
    assert "Wed 2026-12-23 is a closing day" in out
    path = closing(tmp_path, "2026-12-23\nChristmas\n")
    code, out, err = run(*words, path)
    assert (code, out) == (1, "")
    assert f"{path}:2" in err
    assert "Christmas" in err


def test_the_command_line_takes_closing_days_to_assess_and_explain(run: Run, tmp_path: Path) -> None:
    held = {"subscription": "s", "policy": "klikk", "tier": "gold", "monthly_fee": "1000", "currency": "NOK"}
    opened = at("2026-06-10T15:30", OSLO)
    rows = [ticket(opened, opened + 10 * HOUR, priority="high")]
    tables = evidence(rows, held={**held, "starts": at("2010-01-01")})
    folder = tmp_path / "evidence"
    folder.mkdir()
    for name in ("subscriptions", "tickets"):
        getattr(tables, name).write_parquet(folder / f"{name}.parquet")
    closed = ("--closed", closing(tmp_path, "2026-06-10\n"))
    explain = ("explain", folder, "--ticket", "t", "--as-of", "2026-07-01")
    assert "10h of working time" in run(*explain)[1]
    assert "1h30m of working time" in run(*explain, *closed)[1]
    found = []
    for options in ((), closed):
        out = tmp_path / "out"
        code, _, err = run("assess", folder, "-p", "2026-06", "--as-of", "2026-07-01", "-o", out, *options)
        assert code == 0, err
        attainment = pl.read_parquet(out / "attainment.parquet")
        found.append(attainment.filter(pl.col("guarantee") == "resolution")["met_count"][0])
    assert found == [0, 1]


def test_conventions_that_were_chosen_are_listed_as_assumed() -> None:
    evidence = read_evidence(Path(__file__).parents[2] / "data_samples" / "evidence").only("fjord-iaas")
    chosen = Conventions(holds="always", closed=frozenset({date(2026, 12, 24)}))
    review = assess(evidence, "2026-07", "2026-10-05", ranges=False, conventions=chosen)
    mine = review.assumptions.filter(pl.col("subject") == "tickets").select("term", "value").rows()
    assert mine == [("conventions holds", "always"), ("conventions closed", "2026-12-24")]


def test_evidence_of_one_subscription_keeps_its_rows_and_no_others() -> None:
    evidence = read_evidence(Path(__file__).parents[2] / "data_samples" / "evidence")
    mine = evidence.only("fjord-iaas")
    for name in ("subscriptions", "outages", "maintenance", "tickets", "claims_made"):
        assert getattr(mine, name)["subscription"].unique().to_list() == ["fjord-iaas"]
    assert mine.holds["ticket"].is_in(mine.tickets["ticket"].implode()).all()
    assert evidence.only() is evidence
    with pytest.raises(InputError, match="did you mean fjord-iaas"):
        evidence.only("fjord-ias")
