"""ServiceNow's SLA rows: instants, or durations written as dates from 1970."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.servicenow_task_sla import READER, TaskSlaMapping
from slakit.problems import InputError

EXPORT = (Path(__file__).parent / "files" / "servicenow_task_sla.csv").read_bytes()
DECIDED: dict[str, Any] = {
    "format": 1,
    "reader": "servicenow-task-sla",
    "subscription": "erp",
    "time_zone": "UTC",
    "metrics": {"P2 response": "response", "P2 resolution": "resolution", "P3 resolution": "resolution"},
    "count": "instants",
    "reopened": "last",
    "untold": "keep",
    "priorities": {"2 - High": "p2", "3 - Moderate": "p3"},
    "columns": {"id": "sys_id", "priority": "task.priority"},
}


def mapping(**changes: Any) -> TaskSlaMapping:
    return TaskSlaMapping(**DECIDED | changes)


def test_clocks_become_instants_and_a_pause_is_a_hold() -> None:
    found = assert_laws(READER, [EXPORT], mapping(), joins=True)
    assert rows(found, "tickets", "ticket", "opened", "responded", "resolved", "priority", "response_minutes") == [
        ("INC01", "2026-07-13 08:00:00", "2026-07-13 08:30:00", "2026-07-14 11:58:00", "p2", None),
        ("INC02", "2026-07-13 09:00:00", None, None, "p3", None),
    ]
    assert rows(found, "holds", "ticket", "started", "ended") == [("INC02", "2026-07-13 10:00:00", None)]
    assert rows(found, "left_out") == [
        ("a2", "its status is 'cancelled', which the mapping leaves out"),
        ("c1", "its clock is complete, and when it stopped is not told"),
    ]


@pytest.mark.parametrize(("count", "minutes"), [("duration", "1543"), ("business_duration", "583")])
def test_dates_from_1970_are_minutes(count: str, minutes: str) -> None:
    found = assert_laws(READER, [EXPORT], mapping(count=count), joins=True)
    told = rows(found, "tickets", "ticket", "responded", "resolved", "response_minutes", "resolution_minutes")
    assert told[0] == ("INC01", None, None, Decimal(30), Decimal(minutes))


def test_two_clocks_at_once_are_not_added_up() -> None:
    both = mapping(statuses={"completed": "counts", "cancelled": "counts", "paused": "waits"})
    found = READER.find(READER.records(EXPORT, both), both)
    assert ("a3", "two of its clocks for the same thing run at once") in rows(found, "left_out")


def test_names_of_clocks_and_stages_are_refused_or_listed() -> None:
    few = {"metrics": {"P2 response": "response"}, "statuses": {"completed": "counts", "cancelled": "ignore"}}
    records = READER.records(EXPORT, mapping())
    with pytest.raises(InputError) as refused:
        READER.find(records, mapping(**few))
    assert {problem.value for problem in refused.value.problems} == {"P2 resolution", "P3 resolution"}
    listed = READER.find(records, mapping(**few, unmapped="list"))
    assert ("b1", "metrics names no 'P3 resolution'") in rows(listed, "left_out")
    assert rows(listed, "tickets", "ticket", "resolved") == [("INC01", None)]


def test_a_draft_asks_for_every_clock() -> None:
    keys = READER.draft(READER.records(EXPORT, None)).keys
    assert list(keys["metrics"][0]) == ["P3 resolution", "P2 resolution", "P2 response"]
    assert (keys["count"][0], keys["reopened"][0]) == ("CHANGE-ME", "CHANGE-ME")
    shown = EXPORT.replace(b"task,sla,stage,start_time", b"Task,SLA definition,Stage,Start time")
    names = READER.draft(READER.records(shown, None)).keys["columns"][0]
    assert names == {"task": "Task", "sla": "SLA definition", "stage": "Stage", "started": "Start time", "id": "sys_id"}


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (EXPORT.replace(b"1970-01-01 01:00:00", b"1 Hour"), "export the values as they are stored"),
        (EXPORT.replace(b"2026-07-13 10:00:00", b"13.07.2026 10 Uhr"), "not a time"),
        (EXPORT.replace(b"INC02", b""), "no task"),
        (EXPORT.replace(b"end_time", b"ended"), "no such column"),
        (b"<!DOCTYPE html>\n<p>Log in</p>\n", "no such column"),
    ],
)
def test_what_cannot_be_read_is_refused(source: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        READER.records(source, mapping())


def test_it_is_recognised_by_its_header() -> None:
    assert READER.recognises(EXPORT)
    assert READER.recognises(b"number,opened_at\n") is None
