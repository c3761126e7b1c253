"""SLA answers of Jira Service Management: cycles, reopened requests, pauses."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.jira_sla import READER, JiraSlaMapping
from slakit.problems import InputError

ANSWERS = (Path(__file__).parent / "files" / "jira_sla.json").read_bytes()
DECIDED: dict[str, Any] = {
    "format": 1,
    "reader": "jira-sla",
    "items": {"OPS": {"subscription": "mail"}, "WEB": "ignore"},
    "metrics": {
        "Time to first response": "response",
        "Time to resolution": "resolution",
        "Time to close": "ignore",
    },
    "count": "instants",
    "reopened": "last",
    "untold": "keep",
}


def mapping(**changes: Any) -> JiraSlaMapping:
    return JiraSlaMapping(**DECIDED | changes)


def test_cycles_become_instants_and_the_time_between_two_is_a_hold() -> None:
    found = assert_laws(READER, [ANSWERS], mapping(), joins=True)
    assert rows(found, "tickets", "item", "ticket", "opened", "responded", "resolved") == [
        ("OPS", "OPS-11", "2026-07-01 10:00:00", "2026-07-01 10:15:00", "2026-07-01 13:50:00.001"),
        ("OPS", "OPS-12", "2026-07-01 10:00:00", "2026-07-01 10:05:00", None),
        ("WEB", "WEB-7", "2026-07-01 10:00:00", "2026-07-01 10:09:00", None),
    ]
    assert rows(found, "holds", "ticket", "started", "ended") == [
        ("OPS-11", "2026-07-01 11:45:00", "2026-07-01 13:20:00")
    ]
    assert rows(found, "left_out") == [
        ("OPS-13/1/1782900000000", "its clock is paused, and since when is not told"),
        ("OPS-13/2/1782900000000", "its clock is paused, and since when is not told"),
        ("WEB-7/2", "its clock has not begun"),
        ("WEB-7/3/1782900000000", "its clock is 'Time to close', which the mapping leaves out"),
    ]


def test_what_jira_counted_is_taken_where_the_mapping_says_so() -> None:
    found = assert_laws(READER, [ANSWERS], mapping(count="elapsed"), joins=True)
    told = rows(found, "tickets", "ticket", "responded", "resolved", "response_minutes", "resolution_minutes")
    assert told[0] == ("OPS-11", None, None, Decimal(15), Decimal("120.000017"))
    first = mapping(count="elapsed", reopened="first")
    told = rows(READER.find(READER.records(ANSWERS, first), first), "tickets", "ticket", "resolution_minutes")
    assert told[0] == ("OPS-11", Decimal(90))


def test_a_request_without_a_clock_for_its_resolution_is_no_breach_of_it() -> None:
    found = assert_laws(READER, [ANSWERS], mapping(untold="ignore"), joins=True)
    assert rows(found, "tickets", "ticket") == [("OPS-11",), ("OPS-12",)]
    assert ("WEB-7/1/1782900000000", "it has no clock for its resolution") in rows(found, "left_out")


def test_a_cycle_that_ran_is_replaced_by_the_same_when_it_stopped() -> None:
    answer = json.loads(ANSWERS.splitlines()[1])
    cycle = answer["values"][1].pop("ongoingCycle")
    cycle |= {"stopTime": {"epochMillis": cycle["startTime"]["epochMillis"] + 1_200_000}, "elapsedTime": {"millis": 1}}
    answer["values"][1]["completedCycles"] = [cycle]
    later = json.dumps(answer).encode()
    found = assert_laws(READER, [ANSWERS, later], mapping(), joins=True)
    assert ("OPS-12", "2026-07-01 10:20:00") in rows(found, "tickets", "ticket", "resolved")


def test_a_search_of_the_issues_tells_their_priorities() -> None:
    issues = [
        {"key": key, "fields": fields | {"updated": "2026-07-02T10:00:00.000+0200", "issuetype": {"name": "Incident"}}}
        for key, fields in (
            ("OPS-11", {"priority": {"name": "High"}, "status": {"name": "Done"}}),
            ("OPS-12", {"priority": {"name": "Highest"}, "status": {"name": "Canceled"}}),
            ("OPS-99", {"priority": None, "status": {"name": "Done"}}),
        )
    ]
    search = json.dumps({"issues": issues, "isLast": True}).encode()
    words = {
        "priorities": {"High": "p2", "Highest": "p1"},
        "kinds": {"Incident": "incident"},
        "statuses": {"Done": "counts", "Canceled": "ignore"},
    }
    found = assert_laws(READER, [ANSWERS, search], mapping(**words), joins=True)
    assert rows(found, "tickets", "ticket", "priority", "kind") == [
        ("OPS-11", "p2", "incident"),
        ("WEB-7", None, None),
    ]
    left_out = dict(rows(found, "left_out"))
    assert left_out["issue/OPS-99"] == "none of its clocks counts"
    assert left_out["issue/OPS-12"] == "its status is 'Canceled', which the mapping leaves out"
    assert READER.recognises(search)
    assert "priorities" in READER.draft(READER.records(search, None)).keys


def test_answers_may_come_one_by_one_as_a_list_or_a_file_each() -> None:
    whole = READER.records(ANSWERS, None)
    listed = b"[" + ANSWERS.strip().replace(b"\n", b",") + b"]"
    assert READER.records(listed, None).equals(whole)
    assert READER.records(ANSWERS.replace(b"\n", b""), None).equals(whole)
    draft = READER.draft(whole)
    assert list(draft.items) == ["OPS", "WEB"]
    assert set(draft.keys["metrics"][0]) == set(DECIDED["metrics"])
    assert READER.recognises(ANSWERS)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (ANSWERS[:1000], "not JSON"),
        (b"", "there is no answer"),
        (b"<html>", "not JSON"),
        (b'{"errorMessage": "You do not have permission"}', "values: there is no such field"),
        (ANSWERS.replace(b'"isLastPage": true', b'"isLastPage": false'), "the answer has more pages"),
        (ANSWERS.replace(b"/request/OPS-12", b"/OPS-12"), "no request in it"),
        (ANSWERS.replace(b"1782900000000", b"1e99"), "1e"),
    ],
)
def test_what_cannot_be_read_is_refused(source: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        READER.records(source, mapping())
