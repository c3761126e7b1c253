"""Logs of UptimeRobot; the file is invented."""

import json
from pathlib import Path

from reader_laws import assert_laws, rows

from slakit.evidence.sources.uptimerobot import READER, UptimeRobotMapping

FILE = (Path(__file__).parent / "files/uptimerobot.json").read_bytes()
MAPPING = UptimeRobotMapping(
    format=1, reader="uptimerobot", items={"Shop": {"subscription": "shop"}, "API": {"subscription": "api"}}
)


def test_logs_are_outages_and_a_pause_is_no_coverage() -> None:
    found = assert_laws(READER, [FILE], MAPPING, joins=True)
    assert rows(found, "outages", "outage", "item", "started", "ended") == [
        ("7001-1788307200-1", "Shop", "2026-09-02 00:00:00", "2026-09-02 00:10:00"),
        ("7001-1788480000-1", "Shop", "2026-09-04 00:00:00", None),
        ("7002-1788307200-1", "API", "2026-09-02 00:00:00", "2026-09-02 00:05:00"),
    ]
    assert rows(found, "covered") == [
        ("API", "2026-09-01 00:00:00", "2026-09-04 00:20:00"),
        ("Shop", "2026-09-01 00:00:00", "2026-09-02 00:10:00"),
        ("Shop", "2026-09-03 00:00:00", "2026-09-04 00:20:00"),
    ]
    assert found.left_out.rows() == [("7001-1788307800-99", "the monitor was paused: no coverage")]


def test_a_later_file_ends_what_was_open() -> None:
    later = json.loads(FILE)
    shop = later["monitors"][0]
    shop["status"] = 2
    shop["logs"][0]["duration"] = 1800
    shop["logs"].insert(0, {"id": 9, "type": 2, "datetime": 1788481800, "duration": 3600})
    for files in ([FILE, json.dumps(later).encode()], [json.dumps(later).encode(), FILE]):
        found = assert_laws(READER, files, MAPPING, joins=True)
        assert ("2026-09-04 00:00:00", "2026-09-04 00:30:00") in rows(found, "outages", "started", "ended")


def test_an_open_outage_of_an_old_file_ends_with_what_it_knew() -> None:
    later = {"stat": "ok", "monitors": [{"id": 7001, "friendly_name": "Shop", "status": 2, "logs": [
        {"type": 2, "datetime": 1788566400, "duration": 60}]}]}  # fmt: skip
    found = assert_laws(READER, [FILE, json.dumps(later).encode()], MAPPING, joins=True)
    assert ("2026-09-04 00:00:00", "2026-09-04 00:20:00") in rows(found, "outages", "started", "ended")


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert READER.recognises(FILE) == "it has monitors with friendly_name and logs"
    assert sorted(READER.draft(READER.records(FILE, None)).items) == ["API", "Shop"]
