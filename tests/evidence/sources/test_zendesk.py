"""Zendesk: instants of events and history before minutes of metrics; holds; tickets of which something is not told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.zendesk import READER, ZendeskMapping
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
METRICS = (FILES / "zendesk.json").read_bytes()
EVENTS = (FILES / "zendesk_events.json").read_bytes()
HISTORY = (FILES / "zendesk_history.csv").read_bytes()
DECIDED: dict[str, Any] = {
    "format": 1,
    "reader": "zendesk",
    "items": {"77": {"subscription": "shop"}, "78": {"subscription": "web"}},
    "item": "organization_id",
    "time_zone": "UTC",
    "minutes": "business",
    "reopened": "last",
    "untold": "ignore",
    "priorities": {"urgent": "p1", "high": "p2", "normal": "p3"},
    "kinds": {"incident": "incident", "question": "ignore"},
    "statuses": {
        **dict.fromkeys(["new", "open", "solved", "closed", "hold"], "counts"),
        "pending": "waits",
    },
}
TICKET = ("ticket", "responded", "resolved", "response_minutes", "resolution_minutes", "priority")


def mapping(**changes: Any) -> ZendeskMapping:
    return ZendeskMapping(**DECIDED | changes)


def test_metrics_give_minutes_by_choice_and_the_instant_of_solving() -> None:
    found = assert_laws(READER, [METRICS], mapping(), joins=True)
    assert rows(found, "tickets", "item", *TICKET) == [
        ("77", "101", None, "2026-07-03 12:00:00", Decimal(20), None, "p2"),
        ("77", "102", None, None, None, None, "p1"),
        ("78", "104", None, "2026-07-02 10:30:00", Decimal(30), None, "p3"),
    ]
    assert rows(found, "left_out") == [
        ("metrics/103", "its kind is 'question', which the mapping leaves out"),
        ("ticket/103", "its kind is 'question', which the mapping leaves out"),
        ("ticket/105", "whether it was answered is not told"),
    ]
    first = assert_laws(READER, [METRICS], mapping(minutes="calendar", reopened="first"), joins=True)
    assert rows(first, "tickets", *TICKET)[0] == ("101", None, None, Decimal(25), Decimal(1560), "p2")
    kept = assert_laws(READER, [METRICS], mapping(untold="keep"), joins=True)
    assert rows(kept, "tickets", *TICKET)[3] == ("105", None, None, None, None, "p3")


def test_events_give_instants_and_holds() -> None:
    decided = mapping(pauses="requester_wait_time")
    found = assert_laws(READER, [METRICS, EVENTS], decided, joins=True)
    assert rows(found, "tickets", *TICKET)[0] == (
        "101",
        "2026-07-01 10:25:10",
        "2026-07-03 12:00:00",
        None,
        None,
        "p2",
    )
    assert rows(found, "holds", "ticket", "started", "ended") == [
        ("101", "2026-07-01 11:00:00", "2026-07-01 15:00:00"),
        ("101", "2026-07-02 12:00:00", "2026-07-03 08:00:00"),  # solved, and opened again
        ("102", "2026-07-01 11:40:00", None),
    ]
    assert ("event/9993", "an event apply_sla, which tells no start, pause or end") in rows(found, "left_out")
    first = mapping(pauses="requester_wait_time", reopened="first")
    found = assert_laws(READER, [METRICS, EVENTS], first, joins=True)
    assert rows(found, "tickets", "resolved")[-1] == ("2026-07-02 12:00:00",)
    assert len(rows(found, "holds")) == 2


def test_the_history_of_fields_tells_holds_by_status_and_changes_of_priority() -> None:
    waits = DECIDED["statuses"] | {"hold": "waits"}
    found = assert_laws(READER, [METRICS, HISTORY], mapping(statuses=waits), joins=True)
    assert rows(found, "tickets", *TICKET)[0] == ("101", None, "2026-07-03 12:00:00", Decimal(20), None, "p3")
    assert rows(found, "priorities", "ticket", "started", "priority") == [("101", "2026-07-01 15:00:00", "p2")]
    assert rows(found, "holds", "ticket", "started", "ended") == [
        ("101", "2026-07-01 11:00:00", "2026-07-01 15:00:00"),
        ("101", "2026-07-02 12:00:00", "2026-07-03 08:00:00"),
        ("101", "2026-07-03 09:00:00", "2026-07-03 10:00:00"),
    ]
    assert rows(found, "left_out")[0] == (
        "change/101/assignee_id/2026-07-01T15:30:00Z/400",
        "a change of assignee_id, which is not read",
    )
    alone = assert_laws(READER, [HISTORY], mapping(untold="keep"), joins=True)
    assert not alone.tables
    assert {reason for _, reason in rows(alone, "left_out")} == {
        "a change of assignee_id, which is not read",
        "it has no time at which it was opened",
    }


def test_tables_of_tickets_and_metrics_are_read_from_csv() -> None:
    tickets = b"id,created_at,updated_at,status,submitter_id,priority,type\n7,2026-07-01 10:00:00,,solved,1,,incident\n"
    metrics = (
        b"ticket_id,solved_at,replies,reply_time_in_minutes.calendar,reply_time_in_minutes.business\n"
        b"7,2026-07-01 12:00:00,1,15,12\n"
    )
    decided = mapping(item=None, time_zone="Europe/Oslo")
    found = assert_laws(READER, [tickets, metrics], decided, joins=True)
    assert rows(found, "tickets", *TICKET) == [("7", None, "2026-07-01 10:00:00", Decimal(12), None, None)]


def test_a_draft_asks_for_what_the_files_need() -> None:
    draft = READER.draft(READER.records(METRICS, None))
    assert not draft.time_zone
    assert list(draft.keys) == ["minutes", "reopened", "untold", "priorities", "statuses", "kinds"]
    draft = READER.draft(READER.records(HISTORY, None))
    assert draft.time_zone
    assert set(draft.keys["statuses"][0]) == {"new", "open", "pending", "hold", "solved"}
    assert "pauses" in READER.draft(READER.records(EVENTS, None)).keys


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (METRICS[:700], "not JSON"),
        (b'{"error": "Couldn\'t authenticate you"}', "no list of tickets, ticket_metrics"),
        (b"[1, 2]", "no list of tickets, ticket_metrics"),
        (METRICS.replace(b'"id": 102', b'"id": "x"'), "zendesk tickets.1.id = x"),
        (METRICS.replace(b"2026-07-01T11:00:00Z", b"yesterday"), "not a time"),
        (HISTORY.replace(b",101,", b",one,"), "zendesk row 2 ticket_id = one"),
        (b"<html>", "not JSON"),
        (b"", "there is no answer"),
    ],
)
def test_what_cannot_be_read_is_refused(source: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        READER.records(source, mapping())


def test_it_recognises_its_files_and_no_others() -> None:
    assert all(READER.recognises(source) for source in (METRICS, EVENTS, HISTORY))
    assert READER.recognises(b'{"incidents": []}') is None
    assert READER.recognises(b"Issue key,Issue id\n") is None
