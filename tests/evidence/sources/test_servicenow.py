"""ServiceNow's table incident: tickets as they are now, or the log of their states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.servicenow import EARLIER, READER, IncidentMapping
from slakit.problems import InputError

LOG = (Path(__file__).parent / "files" / "servicenow_incident.csv").read_bytes()
DECIDED: dict[str, Any] = {
    "format": 1,
    "reader": "servicenow",
    "subscription": "erp",
    "rows": "states",
    "time_zone": "Europe/Oslo",
    "time_form": "%d/%m/%Y %H:%M",
    "columns": {"updated": "sys_updated_at", "status": "incident_state"},
    "priorities": {"2 - High": "p2", "3 - Moderate": "p3"},
    "impacts": {"2 - Medium": "medium"},
    "urgencies": {"1 - High": "high", "2 - Medium": "medium"},
    "statuses": {
        **dict.fromkeys(["New", "Active", "Resolved", "Closed"], "counts"),
        **dict.fromkeys(["Awaiting User Info", "Awaiting Evidence"], "waits"),
    },
}


def mapping(**changes: Any) -> IncidentMapping:
    return IncidentMapping(**DECIDED | changes)


def test_the_last_row_decides_and_the_others_tell_holds_and_priorities() -> None:
    found = assert_laws(READER, [LOG], mapping(), joins=True)
    assert rows(found, "tickets", "ticket", "opened", "resolved", "priority", "impact", "urgency", "source_id") == [
        ("INC01", "2026-07-13 06:00:00", "2026-07-13 09:58:00", "p3", "medium", "high", "INC01/2026-07-13T06:05:00Z/0"),
        ("INC02", "2026-07-13 07:00:00", None, "p3", "medium", "medium", "INC02/2026-07-13T07:00:00Z/0"),
    ]
    assert rows(found, "holds", "ticket", "started", "ended") == [
        ("INC01", "2026-07-13 07:00:00", "2026-07-13 09:15:00"),
        ("INC02", "2026-07-13 08:00:00", None),
    ]
    assert rows(found, "priorities", "ticket", "started", "priority") == [("INC01", "2026-07-13 06:30:00", "p2")]
    assert rows(found, "left_out") == [
        ("INC01/2026-07-13T07:00:00Z/3", EARLIER),
        ("INC01/2026-07-13T09:15:00Z/4", EARLIER),
        ("INC03/2026-07-14T08:00:00Z/3", "it was closed, and when it was resolved is not told"),
    ]


def test_states_in_two_files_are_one_ticket() -> None:
    lines = LOG.splitlines(keepends=True)
    first, second = lines[0] + b"".join(lines[1:5]), lines[0] + b"".join(lines[3:])
    halves = assert_laws(READER, [first, second], mapping(), joins=True)
    whole = READER.find(READER.records(LOG, mapping()), mapping())
    assert all(table.equals(halves.tables[name]) for name, table in whole.tables.items())
    assert halves.left_out.equals(whole.left_out)


def test_of_tickets_as_they_are_now_the_later_row_holds() -> None:
    now = mapping(rows="tickets")
    found = assert_laws(READER, [LOG], now, joins=False)
    assert rows(found, "tickets", "ticket", "priority", "resolved") == [("INC01", "p2", "2026-07-13 09:58:00")]
    assert rows(found, "left_out") == [
        ("INC02", "it waits for the customer, and since when is not told"),
        ("INC03", "it was closed, and when it was resolved is not told"),
    ]
    closed = mapping(rows="tickets", columns=DECIDED["columns"] | {"resolved": ["resolved_at", "closed_at"]})
    found = READER.find(READER.records(LOG, closed), closed)
    assert ("INC03", "2026-07-14 08:00:00") in rows(found, "tickets", "ticket", "resolved")


def test_a_draft_finds_the_names_of_this_file_and_the_order_of_day_and_month() -> None:
    keys = READER.draft(READER.records(LOG, None)).keys
    assert keys["rows"][0] == "states"
    assert keys["time_form"][0] == "%d/%m/%Y %H:%M"
    assert keys["columns"][0] == {"responded": "CHANGE-ME", "updated": "sys_updated_at", "status": "incident_state"}
    assert set(keys["statuses"][0].values()) == {"CHANGE-ME"}
    assert "?" not in keys["priorities"][0]


def test_a_status_that_a_ticket_only_had_before_must_be_named_too() -> None:
    few = {name: what for name, what in DECIDED["statuses"].items() if name != "Awaiting Evidence"}
    with pytest.raises(InputError, match="servicenow statuses = Awaiting Evidence: statuses does not name it"):
        READER.find(READER.records(LOG, mapping()), mapping(statuses=few))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (LOG.replace(b"13/07/2026 08:05", b"?"), "a state without a time"),
        (LOG.replace(b"INC02,New,0", b"INC02,New,x"), "no number"),
        (LOG.replace(b"INC02,New", b"?,New"), "no number"),
        (LOG.replace(b"13/07/2026 10:00", b"07/13/2026 10:00"), "not a time in the form"),
        (LOG[:-40], "values under 11 columns"),
        (LOG + LOG.splitlines(keepends=True)[1].replace(b"New", b"Active"), "comes twice, and differs"),
        (b"\x1f\x8b\x08\x00", "not UTF-8|NUL"),
    ],
)
def test_what_cannot_be_read_is_refused(source: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        READER.records(source, mapping())


def test_it_is_recognised_by_its_header() -> None:
    assert READER.recognises(LOG.replace(b"incident_state", b"state"))
    assert READER.recognises(b"Issue key,Issue id\n") is None
