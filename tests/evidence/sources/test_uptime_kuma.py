"""Databases of Uptime Kuma, invented."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.uptime_kuma import READER, UptimeKumaMapping
from slakit.problems import InputError

BEGIN = datetime(2026, 9, 1)
CONFIRMED = {"start": "confirmed"}


def mapping(**keys: str) -> UptimeKumaMapping:
    return UptimeKumaMapping(format=1, reader="uptime-kuma", items={"Shop": {"subscription": "shop"}}, **keys)


def database(
    beats: Sequence[tuple[Any, ...]],
    monitors: Sequence[tuple[Any, ...]] = ((1, "Shop", 60, 2, 30),),
    stats: Sequence[tuple[str, datetime]] = (),
    retries: bool = True,
) -> bytes:
    """Write a database: beats are (id, monitor, status, important, minutes from the beginning, duration, retries)."""
    made = sqlite3.connect(":memory:")
    made.execute(
        "CREATE TABLE monitor (id INTEGER, name TEXT, interval INTEGER, maxretries INTEGER, retry_interval INTEGER)"
    )
    made.executemany("INSERT INTO monitor VALUES (?, ?, ?, ?, ?)", monitors)
    made.execute(
        "CREATE TABLE heartbeat (id, monitor_id, status, important, time, duration, msg"
        f"{', retries' if retries else ''})"
    )
    for number, monitor, status, important, minutes, duration, failed in beats:
        time = (BEGIN + timedelta(minutes=minutes)).isoformat(" ", "milliseconds")
        values = (number, monitor, status, important, time, duration, "", *((failed,) if retries else ()))
        made.execute(f"INSERT INTO heartbeat VALUES ({', '.join('?' * len(values))})", values)
    for name in {name for name, _ in stats}:
        made.execute(f"CREATE TABLE {name} (id, monitor_id, timestamp, up, down)")
    for name, at in stats:
        made.execute(f"INSERT INTO {name} VALUES (1, 1, ?, 60, 0)", (int((at - datetime(1970, 1, 1)).total_seconds()),))
    made.commit()
    source = made.serialize()
    return source[:18] + b"\2\2" + source[20:]  # as Uptime Kuma's are: with a write-ahead log


def every_minute(said: str, first: int = 1, minute: int = 0, duration: int = 60) -> list[tuple[Any, ...]]:
    """Beats of one monitor: 1 up, 0 down, 2 pending, 3 maintenance, `.` none."""
    beats, before, since, failed = [], None, 0, 0
    for place, status in enumerate(said):
        since += duration
        if status == ".":
            continue
        failed = failed + 1 if status in "02" else 0
        important = before is None or (before != status and "2" not in (before if status == "1" else "", status))
        beats.append((first + len(beats), 1, int(status), int(important), minute + place, since, failed))
        before, since = status, 0
    return beats


@pytest.mark.parametrize(
    ("start", "expected"),
    [("confirmed", "2026-09-01 00:05:00"), ("first_failure", "2026-09-01 00:03:00")],
)
def test_an_outage_begins_when_it_is_confirmed_or_with_the_first_failure(start: str, expected: str) -> None:
    found = assert_laws(READER, [database(every_minute("111220001121"))], mapping(start=start), joins=True)
    assert rows(found, "outages", "outage", "item", "started", "ended", "detected") == [
        ("beat-6", "Shop", expected, "2026-09-01 00:08:00", "2026-09-01 00:05:00")
    ]
    assert found.left_out.rows() == [("beat-11", "failed checks that the retries did not confirm: no outage")]
    assert rows(found, "covered") == [("Shop", "2026-09-01 00:00:00", "2026-09-01 00:12:00")]


def test_retries_give_back_the_first_failure_where_its_beats_were_deleted() -> None:
    # only changes are kept: up at 0, down at 1441 (after two retries of 30 s), up at 1500; then the last day
    changes = [(1, 1, 1, 1, 0, 0, 0), (90, 1, 0, 1, 1441, 30, 3), (95, 1, 1, 1, 1500, 60, 0)]
    last_day = [(5000 + n, 1, 1, 0, 5000 + n, 60, 0) for n in range(3)]
    found = assert_laws(READER, [database([*changes, *last_day])], mapping(start="first_failure"), joins=True)
    assert rows(found, "outages", "started", "ended", "detected") == [
        ("2026-09-02 00:00:00", "2026-09-02 01:00:00", "2026-09-02 00:01:00")
    ]
    assert rows(found, "covered") == [("Shop", "2026-09-01 00:00:00", "2026-09-04 11:23:00")]
    # version 1 counts no retries: those of the monitor are taken
    found = assert_laws(
        READER, [database([*changes, *last_day], retries=False)], mapping(start="first_failure"), joins=True
    )
    assert rows(found, "outages", "started") == [("2026-09-02 00:00:00",)]


def test_what_is_down_at_the_last_beat_has_no_end() -> None:
    found = assert_laws(READER, [database(every_minute("1100"))], mapping(**CONFIRMED), joins=True)
    assert rows(found, "outages", "started", "ended") == [("2026-09-01 00:02:00", None)]


def test_a_monitor_that_was_off_is_a_gap_in_coverage_and_ends_what_is_known_of_an_outage() -> None:
    found = assert_laws(READER, [database(every_minute("1100......0011"))], mapping(**CONFIRMED), joins=True)
    assert rows(found, "outages", "outage", "started", "ended") == [
        ("beat-3", "2026-09-01 00:02:00", "2026-09-01 00:04:00"),
        ("beat-5", "2026-09-01 00:10:00", "2026-09-01 00:12:00"),
    ]
    assert rows(found, "covered", "started", "ended") == [
        ("2026-09-01 00:00:00", "2026-09-01 00:04:00"),
        ("2026-09-01 00:10:00", "2026-09-01 00:14:00"),
    ]
    assert "maintenance" not in found.tables or found.tables["maintenance"].is_empty()


def test_statistics_tell_of_gaps_whose_beats_were_deleted() -> None:
    days = [("stat_daily", BEGIN + timedelta(days=day)) for day in (0, 1, 4, 5)]
    hours = [("stat_hourly", BEGIN + timedelta(days=4, hours=hour)) for hour in (12, 13, 14)]
    hours += [("stat_hourly", BEGIN + timedelta(days=5, hours=hour)) for hour in (0, 1, 5)]
    beats = [(1, 1, 1, 1, 0, 0, 0), (2, 1, 1, 0, 5 * 1440 + 330, 60, 0)]
    found = assert_laws(READER, [database(beats, stats=[*days, *hours])], mapping(**CONFIRMED), joins=True)
    assert rows(found, "covered", "started", "ended") == [
        ("2026-09-01 00:00:00", "2026-09-03 00:00:00"),
        ("2026-09-05 00:00:00", "2026-09-06 02:00:00"),
        ("2026-09-06 05:00:00", "2026-09-06 05:31:00"),
    ]


@pytest.mark.parametrize(("whose", "kinds"), [("scheduled", [("scheduled",)]), ("emergency", [("emergency",)])])
def test_maintenance_is_no_coverage_and_the_provider_s_is_a_row(whose: str, kinds: list[tuple[str]]) -> None:
    source = database(every_minute("110333011"))
    found = assert_laws(READER, [source], mapping(maintenance=whose, **CONFIRMED), joins=True)
    assert rows(found, "maintenance", "kind") == kinds
    assert rows(found, "maintenance", "maintenance", "started", "ended") == [
        ("beat-4", "2026-09-01 00:03:00", "2026-09-01 00:06:00")
    ]
    assert rows(found, "outages", "started", "ended") == [
        ("2026-09-01 00:02:00", "2026-09-01 00:03:00"),
        ("2026-09-01 00:06:00", "2026-09-01 00:07:00"),
    ]
    own = assert_laws(READER, [source], mapping(maintenance="own", **CONFIRMED), joins=True)
    assert own.left_out.rows() == [("beat-4", "one's own pause of checks: no coverage")]
    assert own.covered.equals(found.covered)
    with pytest.raises(InputError, match="there is maintenance in the file; write whose it is"):
        READER.find(READER.records(source, None), mapping(**CONFIRMED))


def test_two_copies_of_a_database_say_what_one_says() -> None:
    whole = every_minute("1112200011111....11")
    files = [database(whole[:8]), database(whole[5:]), database(whole)]
    alone = assert_laws(READER, [files[2]], mapping(**CONFIRMED), joins=True)
    together = assert_laws(READER, files[:2], mapping(**CONFIRMED), joins=True)
    assert rows(together) == rows(alone)
    assert rows(together, "covered") == rows(alone, "covered")


def test_monitors_of_one_name_are_told_apart_and_deleted_ones_are_left_out() -> None:
    beats = [(1, 1, 1, 1, 0, 0, 0), (2, 2, 0, 1, 0, 0, 1), (3, 9, 0, 1, 0, 0, 1)]
    source = database(beats, monitors=[(1, "Shop", 60, 0, 0), (2, "Shop", 60, 0, 0)])
    found = assert_laws(READER, [source], mapping(**CONFIRMED), joins=True)
    assert rows(found, "outages", "item", "ended") == [("Shop #2", None)]
    assert found.left_out.rows() == [("beat-3", "its monitor was deleted")]


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    source = database(every_minute("1130"))
    assert READER.recognises(source) == "a SQLite database with monitor and heartbeat"
    draft = READER.draft(READER.records(source, None))
    assert (list(draft.items), list(draft.keys)) == (["Shop"], ["start", "maintenance"])


def test_a_database_of_something_else_and_broken_ones_are_refused() -> None:
    other = sqlite3.connect(":memory:")
    other.execute("CREATE TABLE t (a)")
    whole = database(every_minute("110"))
    for source in (other.serialize(), whole[: len(whole) // 2], whole[:100], b"SQLite format 3\0", b"<html>"):
        assert READER.recognises(source) is None or source == whole[: len(whole) // 2]
        with pytest.raises(InputError):
            READER.records(source, None)
    with pytest.raises(InputError, match=r"heartbeat 1 status = 7: not known"):
        READER.records(database([(1, 1, 7, 1, 0, 0, 0)]), None)
    with pytest.raises(InputError, match="values of another type"):
        READER.records(database([("one", 1, "up", 1, 0, 0, 0)]), None)
