"""Tables of any tool, read by a mapping; all of them are invented."""

import io
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from pydantic import ValidationError
from reader_laws import assert_laws, rows

from slakit.evidence.files import read_evidence
from slakit.evidence.sources.importing import import_evidence
from slakit.evidence.sources.reader import Found
from slakit.evidence.sources.table import READER, TableMapping, find, records
from slakit.policy.yaml import parse_yaml, problems_of
from slakit.problems import InputError

OUTAGES = """
format: 1
reader: table
time_zone: Europe/Oslo
table: outages
rows: {where: {Severity: [High, Disaster], Problem: "*Unavailable by ICMP ping*"}, empty: ["-"]}
item: {from: [Host, Service], join: "/"}
id: {from: [Host, Time], join: " "}
columns:
  started: {from: Time, as: "%Y-%m-%d %I:%M:%S %p"}
  ended: {from: Recovery time, as: "%Y-%m-%d %I:%M:%S %p"}
  cause: {from: Tags, values: {"*power*": power, net: network, "": null}}
"""
PROBLEMS = b"""Severity,Time,Recovery time,Host,Service,Problem,Tags
High,2026-05-21 08:04:17 PM,2026-05-21 08:05:17 PM,core-1,lan,Unavailable by ICMP ping,site: power cut
Disaster,2026-05-22 12:00:00 AM,-,core-2,lan,"Switch: Unavailable by ICMP ping",net
Warning,2026-05-23 01:00:00 PM,2026-05-23 02:00:00 PM,core-2,lan,Unavailable by ICMP ping,
High,2026-05-24 01:00:00 PM,2026-05-24 02:00:00 PM,core-2,lan,High memory,
High,2026-05-25 01:00:00 PM,2026-05-25 02:00:00 PM,core-2,wan,Unavailable by ICMP ping,
"""


def mapping(text: str, old: str = "", new: str = "") -> TableMapping:
    document = parse_yaml(text.replace(old, new) if old else text, name="map.yaml")
    try:
        return TableMapping.model_validate(document.tree)
    except ValidationError as error:
        raise InputError("map.yaml", problems_of(error, document)) from None


def read(source: bytes, text: str, old: str = "", new: str = "") -> Found:
    known = mapping(text, old, new)
    return find(records(source, known), known)


def refusal(source: bytes, text: str, old: str = "", new: str = "") -> str:
    with pytest.raises(InputError) as refused:
        read(source, text, old, new)
    return str(refused.value)


def workbook(cells: list[list[object]], *, merged: str = "", formula: bool = False) -> bytes:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("Export")
        date = book.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        for row, values in enumerate(cells):
            for column, value in enumerate(values):
                if isinstance(value, datetime):
                    sheet.write_datetime(row, column, value, date)
                elif value is not None:
                    sheet.write(row, column, value)
        if merged:
            sheet.merge_range(merged, "Times")
        if formula:
            sheet.write_formula(1, 2, "=A2", None, "")
    return file.getvalue()


def test_rows_become_outages_and_all_others_say_why_not() -> None:
    found = assert_laws(READER, [PROBLEMS], mapping(OUTAGES))
    assert rows(found, "outages", "outage", "item", "started", "ended", "cause") == [
        ("core-1 2026-05-21 08:04:17 PM", "core-1/lan", "2026-05-21 18:04:17", "2026-05-21 18:05:17", "power"),
        ("core-2 2026-05-22 12:00:00 AM", "core-2/lan", "2026-05-21 22:00:00", None, "network"),
        ("core-2 2026-05-25 01:00:00 PM", "core-2/wan", "2026-05-25 11:00:00", "2026-05-25 12:00:00", None),
    ]
    assert found.left_out.sort("source_id")["reason"].to_list() == [
        "rows.where: Severity is Warning",
        "rows.where: Problem is High memory",
    ]


def test_a_row_that_changes_replaces_itself() -> None:
    later = PROBLEMS.replace(b"AM,-,", b"AM,2026-05-22 12:30:00 AM,")
    known = mapping(OUTAGES, "id:", "version: {from: Recovery time, as: '%Y-%m-%d %I:%M:%S %p'}\nid:")
    found = assert_laws(READER, [later, PROBLEMS], known)
    assert ("2026-05-21 22:00:00", "2026-05-21 22:30:00") in rows(found, "outages", "started", "ended")
    assert found.tables["outages"].height == 3


def test_a_length_stands_for_an_end_or_a_start() -> None:
    text = """
format: 1
reader: table
table: tickets
columns:
  ticket: {from: no}
  opened: {before: responded, from: waited, as: "1d 3h 8m"}
  responded: {from: answered, as: unix_ms}
  resolved: {after: responded, from: worked, as: "hh:mm:ss"}
  priority: {from: prio, values: {1: high, "*": low}}
id: {from: no}
"""
    file = (
        b"no\tanswered\twaited\tworked\tprio\n7\t1785718211500\t1d 3h 8m\t26:07:05\t1\n8\t1785718211500\t2 mins\t\t\n"
    )
    found = assert_laws(READER, [file], mapping(text))
    assert rows(found, "tickets", "ticket", "opened", "responded", "resolved", "priority") == [
        ("7", "2026-08-01 21:42:11.500", "2026-08-03 00:50:11.500", "2026-08-04 02:57:16.500", "high"),
        ("8", "2026-08-03 00:48:11.500", "2026-08-03 00:50:11.500", None, None),
    ]


def test_numbers_of_other_countries_are_exact() -> None:
    text = """
format: 1
reader: table
table: charges
columns:
  started: {from: month, as: iso}
  amount: {from: sum, as: "1.234,56"}
"""
    found = read(b"month;sum\n2026-08-01T00:00:00Z;1.234.567,89\n2026-09-01T00:00:00Z;12,5\n", text)
    assert [str(amount) for amount in found.tables["charges"]["amount"]] == ["1234567.890000", "12.500000"]
    assert "12.50: not a number like 1.234,56" in refusal(b"month;sum\n2026-08-01T00:00:00Z;12.50\n", text)
    minutes = "format: 1\nreader: table\ntable: tickets\nid: {from: no}\ncolumns: {opened: {from: at, as: unix}, "
    minutes += "response_minutes: {from: hours, as: 'hh:mm:ss'}}"
    found = read(b"no,at,hours\n1,1785718211,30:00:01\n", minutes)
    assert str(found.tables["tickets"]["response_minutes"][0]) == "1800.016667"


def test_json_lines_keep_numbers_as_they_are_written() -> None:
    text = """
format: 1
reader: table
table: measurements
item: {from: labels.host}
columns:
  guarantee: {constant: speed}
  measured: {from: at, as: unix}
  value: {from: value}
"""
    file = b'{"at": 1435781430.781, "value": 0.10, "labels": {"host": "a"}}\n\n'
    file += b'{"at": 1435781445, "labels": {"host": "b"}}\n'
    found = assert_laws(READER, [file], mapping(text))
    assert rows(found, "measurements", "item", "measured") == [
        ("a", "2015-07-01 20:10:30.781"),
        ("b", "2015-07-01 20:10:45"),
    ]
    assert "line 2: not JSON" in refusal(file.replace(b"\n\n", b'\n{"at": 1\n'), text)
    assert "one JSON list" in refusal(b"[" + file + b"]", text)


def test_a_workbook_is_read_and_what_it_hides_is_refused() -> None:
    text = """
format: 1
reader: table
time_zone: Europe/Oslo
table: outages
rows: {header: 2}
item: {from: Host}
columns:
  started: {from: Start, as: iso}
  ended: {from: End, as: excel}
"""
    cells = [["Export of May"], ["Host", "Start", "End"], ["a", datetime(2026, 5, 21, 10, 0), 46163.5]]
    assert rows(read(workbook(cells), text), "outages", "item", "started", "ended") == [
        ("a", "2026-05-21 08:00:00", "2026-05-21 10:00:00")
    ]
    assert "cells B1:C2: merged cells" in refusal(workbook(cells, merged="B1:C2"), text)
    assert read(workbook([[], *cells[1:]], merged="B1:C1"), text).tables["outages"].height == 1
    flat = text.replace("rows: {header: 2}\n", "")
    assert "cell C2: a formula without its value" in refusal(workbook(cells[1:], formula=True), flat)
    error = workbook([*cells[1:2], ["a", datetime(2026, 5, 21), "#N/A"]])
    assert "row 2 End = #N/A: a formula or an error" in refusal(error, flat)
    assert "no such column; did you mean Start?" in refusal(workbook(cells), text, "from: Start", "from: Strat")


SAMPLES = b"host,at,up,from\n" + b"".join(
    f"{host},{1785718200 + 60 * minute},{state},{place}\n".encode()
    for host, states in {"a": "1100101", "b": "11?1000"}.items()
    for minute, state in enumerate(states)
    for place in ("ams", "osl")
    if (host, minute, place) != ("a", 2, "osl")
)
PROBES = """
format: 1
reader: table
table: probes
item: {from: host}
columns:
  measured: {from: at, as: unix}
  state: {from: up, values: {1: up, 0: down, "?": unknown}}
  place: {from: from}
samples: {every: 1m, failures: 1, successes: 1, start: first_failure, end: first_success, missing: unknown, agree: all}
"""


def test_samples_become_outages_and_coverage() -> None:
    found = assert_laws(READER, [SAMPLES], mapping(PROBES), joins=True)
    assert rows(found, "outages", "item", "started", "ended") == [
        ("a", "2026-08-03 00:52:00", "2026-08-03 00:54:00"),
        ("a", "2026-08-03 00:55:00", "2026-08-03 00:56:00"),
        ("b", "2026-08-03 00:54:00", None),
    ]
    assert rows(found, "outages", "lower_started", "lower_ended", "upper_started", "upper_ended") == [
        ("2026-08-03 00:52:00", "2026-08-03 00:53:00", "2026-08-03 00:51:00", "2026-08-03 00:54:00"),
        ("2026-08-03 00:54:00", None, "2026-08-03 00:53:00", None),
        ("2026-08-03 00:55:00", "2026-08-03 00:55:00", "2026-08-03 00:54:00", "2026-08-03 00:56:00"),
    ]
    assert rows(found, "covered") == [
        ("a", "2026-08-03 00:50:00", "2026-08-03 00:57:00"),
        ("b", "2026-08-03 00:50:00", "2026-08-03 00:52:00"),
        ("b", "2026-08-03 00:53:00", "2026-08-03 00:57:00"),
    ]
    assert set(found.left_out["reason"]) == {"it tells no state"}


CHANGES = b"""what,when,now,minutes
shop,2026-08-01 00:00,up,1440
shop,2026-08-02 00:00,DOWN,30
shop,2026-08-02 00:15,down,15
shop,2026-08-02 00:30,up,60
shop,2026-08-02 01:30,paused,60
shop,2026-08-02 02:30,down,9
api,2026-08-02 00:00,up,90
"""
STATES = """
format: 1
reader: table
time_zone: UTC
table: states
item: {from: what}
columns:
  since: {from: when, as: "%Y-%m-%d %H:%M"}
  state: {from: now, values: {up: up, DOWN: down, down: down, paused: unknown}}
  until: {after: since, from: minutes, as: minutes}
"""


def test_changes_of_state_become_outages_and_coverage() -> None:
    found = assert_laws(READER, [CHANGES], mapping(STATES), joins=True)
    assert rows(found, "outages", "item", "started", "ended") == [
        ("shop", "2026-08-02 00:00:00", "2026-08-02 00:30:00"),
        ("shop", "2026-08-02 02:30:00", None),
    ]
    assert rows(found, "covered") == [
        ("api", "2026-08-02 00:00:00", "2026-08-02 01:30:00"),
        ("shop", "2026-08-01 00:00:00", "2026-08-02 01:30:00"),
        ("shop", "2026-08-02 02:30:00", "2026-08-02 02:39:00"),
    ]
    assert found.left_out["reason"].to_list() == ["nothing was watched: no coverage"]
    twice = CHANGES + b"shop,2026-08-02 02:30,up,1\n"
    assert "shop 2026-08-02T02:30:00Z: several states at one instant" in refusal(twice, STATES)
    listed = STATES.replace("table: states", "table: states\nunmapped: list").replace(", paused: unknown", "")
    assert "row 6 now = paused: none of the values of state" in refusal(CHANGES, listed)


def test_what_no_mapping_names_is_refused_or_listed() -> None:
    told = refusal(PROBLEMS, OUTAGES, "net: network, ", "")
    assert "table row 3 Tags = net: none of the values of cause; add it to the mapping under values" in told
    found = read(PROBLEMS, OUTAGES, 'net: network, "": null}}', "}}\nunmapped: list")
    assert "Tags is net, which no mapping names" in found.left_out["reason"].to_list()
    assert found.tables["outages"].height == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("table: outages", "table: outage", "map.yaml:5 table = outage: not one of the words"),
        (
            "Europe/Oslo",
            "Europe/Olso",
            "map.yaml:4 time_zone = Europe/Olso: no such time zone; did you mean Europe/Oslo?",
        ),
        ("time_zone: Europe/Oslo", "", "time_zone missing; name the zone"),
        ("started:", "begun:", "map.yaml:9 columns: outages have no column begun"),
        ("  started:", "  component: {from: Host}\n  started:", "component is no column here; name the cells as item"),
        ("  ended:", "  detected:", "ended not mapped"),
        ('join: "/"', "as: iso", "map.yaml:7 item: several columns without join"),
        ('%I:%M:%S %p"}\n  cause', '%H:%M:%S %p"}\n  cause', "ended has %p beside a clock of 24 hours"),
        ("from: Tags", "from: Tags, constant: x", "map.yaml:12 columns.cause: neither or both of from and constant"),
        ("from: Tags", "from: Tags, colour: x", "map.yaml:12 columns.cause.colour: not a term of this format"),
        ("{from: Recovery time", "{after: detected, from: Recovery time", "a length without its unit"),
    ],
)
def test_a_mapping_that_makes_no_sense_says_where(old: str, new: str, says: str) -> None:
    with pytest.raises(InputError) as refused:
        mapping(OUTAGES, old, new)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"2026-05-21 08:04:17 PM", b"2026-03-29 02:30:00 AM", "row 2 Time = 2026-03-29 02:30:00 AM: 02:30 does not"),
        (b"2026-05-21 08:04:17 PM", b"2026-10-25 02:30:00 AM", "02:30 comes twice on 2026-10-25 in Europe/Oslo"),
        (b"2026-05-21 08:04:17 PM", b"2026-05-21 20:04:17", "row 2 Time = 2026-05-21 20:04:17: not a time like"),
        (
            b"2026-05-21 08:05:17 PM",
            b"2026-05-21 08:05:17 AM",
            "row 2 ended = 2026-05-21 06:05:17+00:00: before",
        ),
        (b"core-1,lan", b"=HOST(1),lan", "row 2 Host = =HOST(1): a formula or an error"),
        (b"core-1,lan", b",", "row 2 Host, Service: no item"),
        (b'core-2,lan,"', b'core-1,lan,"', ""),
        (b"2026-05-25 01:00:00 PM", b"2026-05-22 12:00:00 AM", "row 3, row 6 = core-2 2026-05-22 12:00:00 AM: "),
        (
            b",Tags",
            b",Tag",
            "mapping columns.cause.from = Tags: the file has no such column",
        ),
        (PROBLEMS, b"<html>Sign in</html>", "HTML or XML, not a table"),
        (PROBLEMS, PROBLEMS[:300], "4 values under 7 columns"),
        (PROBLEMS, b"", "an empty file"),
        (PROBLEMS, b"SQLite format 3\0", "a NUL byte"),
        (PROBLEMS, b"PK\x03\x04half", "not an Excel workbook"),
        (PROBLEMS, b'{"Host": "a"}', "the file has no such column"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(old: bytes, new: bytes, says: str) -> None:
    if says:
        assert says in refusal(PROBLEMS.replace(old, new), OUTAGES)
    else:
        assert read(PROBLEMS.replace(old, new), OUTAGES).tables["outages"].height == 3


def test_all_that_is_wrong_is_said_at_once() -> None:
    broken = PROBLEMS.replace(b"2026-05-21 08:04:17 PM", b"soon").replace(b"2026-05-25 02:00:00 PM", b"later")
    told = refusal(broken.replace(b",net", b",sun"), OUTAGES)
    assert told.startswith("table: 3 problems")


def test_offsets_and_a_time_zone_exclude_each_other() -> None:
    text = "format: 1\nreader: table\ntable: outages\ncolumns:\n"
    text += "  started: {from: a, as: iso}\n  ended: {from: b, as: iso}\n"
    file = b"a,b\n2026-05-21T10:00:00+02:00,2026-05-21T09:00:00Z\n"
    assert read(file, text).tables["outages"].height == 1
    assert "an offset, and the mapping says time_zone: UTC; remove time_zone" in refusal(file, text + "time_zone: UTC")
    assert "no offset from UTC; name the zone that the tool prints" in refusal(file.replace(b"Z", b""), text)
    with pytest.raises(InputError, match="time_zone is not used"):
        mapping(text.replace("as: iso", "as: unix") + "time_zone: UTC")


def test_what_excel_and_browsers_add_is_no_value() -> None:
    plain = read(PROBLEMS, OUTAGES).tables["outages"]
    assert read(b"sep=,\r\n" + PROBLEMS, OUTAGES).tables["outages"].equals(plain)
    spaced = PROBLEMS.replace(b"05:17 PM", "05:17\u202fPM".encode())
    assert read(spaced, OUTAGES).tables["outages"].equals(plain)


def test_an_open_end_needs_an_id() -> None:
    text = "\n".join(line for line in OUTAGES.splitlines() if not line.startswith("id:"))
    told = refusal(PROBLEMS, text)
    assert "columns.ended: it is empty in some rows, and rows have no id" in told
    closed = PROBLEMS.replace(b"AM,-,", b"AM,2026-05-22 12:30:00 AM,")
    found = assert_laws(READER, [closed + closed.splitlines(keepends=True)[1]], mapping(text))
    assert found.tables["outages"].height == 4  # a row that comes twice in one file is two rows


def test_holds_name_tickets_of_another_source(tmp_path: Path) -> None:
    desk = """
format: 1
reader: table
source: desk
table: tickets
id: {from: no}
columns: {opened: {from: at, as: unix}}
subscription: shop
subscriptions: {shop: {policy: klink-cloud, monthly_fee: 9, currency: USD, starts: "2026-01-01T00:00:00Z"}}
"""
    holds = """
format: 1
reader: table
source: waits
table: holds
tickets_of: desk
columns: {ticket: {from: no}, started: {from: from, as: unix}, ended: {from: to, as: unix}}
"""
    for name, text in {
        "desk.yaml": desk,
        "waits.yaml": holds,
        "wrong.yaml": holds.replace("from: to,", "from: too,"),
    }.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "tickets.csv").write_text("no,at\n7,1785718200\n")
    (tmp_path / "waits.csv").write_text("no,from,to\n7,1785718260,1785718320\n")
    evidence = tmp_path / "evidence"
    import_evidence(tmp_path / "tickets.csv", evidence, tmp_path / "desk.yaml")
    import_evidence(tmp_path / "waits.csv", evidence, tmp_path / "waits.yaml")
    assert read_evidence(evidence).holds["ticket"].to_list() == ["desk/7"]
    with pytest.raises(InputError, match=r"wrong.yaml:7 columns.ended.from = too: the file has no such column"):
        import_evidence(tmp_path / "waits.csv", evidence, tmp_path / "wrong.yaml")


def test_a_draft_decides_nothing() -> None:
    draft = READER.draft(records(PROBLEMS, None))
    assert draft.time_zone
    assert draft.keys["table"][0] == "CHANGE-ME"
    assert "Severity (High | Disaster | Warning); Time (" in draft.keys["columns"][1]
    assert READER.recognises(PROBLEMS) is None


def test_names_of_columns_are_their_own() -> None:
    text = "format: 1\nreader: table\ntable: backups\nitem: {from: source_id}\ncolumns: {taken: {from: row, as: unix}}"
    found = read(b"row,source_id,version\n1785718211,a,1\n", text)
    assert rows(found, "backups", "item", "taken") == [("a", "2026-08-03 00:50:11")]
    assert found.tables["backups"].schema["taken"] == pl.Datetime("us", "UTC")
