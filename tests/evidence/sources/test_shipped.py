"""Mappings that ship with slakit, each on a file of its tool; the files are invented."""

from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.reader import PLACEHOLDER, Reader
from slakit.evidence.sources.registry import recognise_reader
from slakit.evidence.sources.shipped import reader_of

FILES = Path(__file__).parent / "files"
SAMPLES = {
    "every": "1m",
    "failures": 1,
    "successes": 1,
    "start": "first_failure",
    "end": "first_success",
    "missing": "unknown",
}
FILES_OF = {
    "uptimerobot_log.csv": "uptimerobot-csv",
    "zabbix_problems.csv": "zabbix-problems",
    "freshdesk.csv": "freshdesk-csv",
    "prtg_historic.csv": "prtg-historic",
    "pingdom_results.jsonl": "pingdom-results",
}


def filled(reader: Reader, file: bytes, **decided: Any) -> Any:
    """Fill in what the draft of a mapping leaves to decide."""
    drafted = {key: value for key, (value, _) in reader.draft(reader.records(file, None)).keys.items()}
    keys = {"format": 1, "reader": reader.name, **drafted, **decided}
    assert PLACEHOLDER not in str(keys)
    return reader.mapping.model_validate(keys)


def test_uptimerobot() -> None:
    reader, file = reader_of("uptimerobot-csv"), (FILES / "uptimerobot_log.csv").read_bytes()
    draft = reader.draft(reader.records(file, None))
    assert draft.items == ["Shop", "API"]
    assert draft.time_zone
    found = assert_laws(reader, [file], filled(reader, file, time_zone="Europe/Oslo"), joins=True)
    assert rows(found, "outages", "item", "started", "ended") == [
        ("API", "2026-09-02 00:00:00", "2026-09-02 00:05:30"),
        ("Shop", "2026-09-02 00:00:00", "2026-09-02 00:10:00"),
        ("Shop", "2026-09-04 00:00:00", None),
    ]
    assert rows(found, "covered") == [
        ("API", "2026-09-01 00:00:00", "2026-09-04 00:19:30"),
        ("Shop", "2026-09-01 00:00:00", "2026-09-02 00:10:00"),
        ("Shop", "2026-09-03 00:00:00", "2026-09-04 00:20:00"),
    ]
    assert found.left_out["source_id"].to_list() == ["Shop 2026-09-02 02:10:00 Paused"]


def test_zabbix() -> None:
    reader, file = reader_of("zabbix-problems"), (FILES / "zabbix_problems.csv").read_bytes()
    where = {"Severity": ["High", "Disaster"], "Problem": "*Unavailable by ICMP ping*"}
    found = assert_laws(reader, [file], filled(reader, file, time_zone="Europe/Oslo", rows={"where": where}))
    assert rows(found, "outages", "item", "started", "ended") == [
        ("sw-core-1", "2026-09-03 22:05:00", None),
        ("sw-core-2", "2026-09-02 18:04:17", "2026-09-02 19:06:40"),
    ]
    assert sorted(found.left_out["reason"]) == [
        "rows.where: Problem is High memory utilization",
        "rows.where: Severity is Warning",
    ]


def test_freshdesk() -> None:
    reader, file = reader_of("freshdesk-csv"), (FILES / "freshdesk.csv").read_bytes()
    columns = reader.draft(reader.records(file, None)).keys["columns"][0]
    columns["priority"]["values"] = {"Urgent": "p1", "High": "p2", "*": "p3"}
    mapping = filled(reader, file, time_zone="Europe/Oslo", item={"from": "Product"}, columns=columns)
    found = assert_laws(reader, [file], mapping)
    assert rows(found, "tickets", "ticket", "item", "opened", "responded", "resolved", "priority") == [
        ("101", "Shop", "2026-09-01 07:00:00", "2026-09-01 07:20:00", "2026-09-01 10:30:00", "p1"),
        ("102", "Shop", "2026-09-02 14:00:00", None, None, "p3"),
        ("103", "API", "2026-09-03 08:00:00", "2026-09-03 09:00:00", "2026-09-04 07:00:00", "p3"),
    ]
    assert found.left_out.is_empty()


def test_prtg() -> None:
    reader, file = reader_of("prtg-historic"), (FILES / "prtg_historic.csv").read_bytes()
    found = assert_laws(reader, [file], filled(reader, file, item={"constant": "ping"}, samples=SAMPLES), joins=True)
    assert rows(found, "outages", "item", "started", "ended") == [
        ("ping", "2026-09-01 00:01:00", "2026-09-01 00:03:00")
    ]
    assert rows(found, "covered") == [
        ("ping", "2026-09-01 00:00:00", "2026-09-01 00:04:00"),
        ("ping", "2026-09-01 00:05:00", "2026-09-01 00:06:00"),
    ]
    assert sorted(found.left_out["reason"]) == ["it tells no state", "rows.where: Date Time is Averages (of 6 values)"]


def test_pingdom_results() -> None:
    reader, file = reader_of("pingdom-results"), (FILES / "pingdom_results.jsonl").read_bytes()
    found = assert_laws(reader, [file], filled(reader, file, item={"constant": "shop"}, samples=SAMPLES), joins=True)
    assert rows(found, "outages", "outage", "started", "ended") == [
        ("1788220860-43", "2026-09-01 00:01:00", "2026-09-01 00:03:00")
    ]


@pytest.mark.parametrize("name", FILES_OF)
def test_each_file_is_recognised_by_its_reader_alone(name: str) -> None:
    file = (FILES / name).read_bytes()
    reader = reader_of(FILES_OF[name])
    assert recognise_reader({name: file}).name == reader.name
    for other in (b"", b"<html>", b"PK\x03\x04", b"\0" * 64, b"{", file[: len(file.split(b"\n")[0]) // 2]):
        assert reader.recognises(other) is None
