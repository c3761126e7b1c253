"""Jira's CSV export: local times of a 12-hour clock, words of the desk, remaining times that are no answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.jira import READER, JiraMapping
from slakit.problems import InputError

EXPORT = (Path(__file__).parent / "files" / "jira.csv").read_bytes()
DECIDED: dict[str, Any] = {
    "format": 1,
    "reader": "jira",
    "subscription": "mail",
    "time_zone": "Europe/Oslo",
    "time_form": "%d/%b/%y %I:%M %p",
    "priorities": {"Highest": "p1", "High": "p2", "Low": "p3"},
    "kinds": {"Incident": "incident", "Service Request": "ignore"},
    "statuses": {
        "Done": "counts",
        "Waiting for support": "counts",
        "Waiting for customer": "waits",
        "Canceled": "ignore",
    },
}


def mapping(**changes: Any) -> JiraMapping:
    return JiraMapping(**DECIDED | changes)


def test_local_times_become_instants_and_what_is_no_ticket_is_listed() -> None:
    found = assert_laws(READER, [EXPORT], mapping())
    assert rows(found, "tickets", "ticket", "opened", "responded", "resolved", "priority", "kind") == [
        ("OPS-11", "2026-07-01 13:20:00", None, "2026-07-01 15:05:00", "p2", "incident"),
        ("OPS-12", "2026-06-29 22:10:00", None, None, "p1", "incident"),  # 12:10 AM is ten past midnight
    ]
    assert rows(found, "left_out") == [
        ("OPS-13", "its kind is 'Service Request', which the mapping leaves out"),
        ("OPS-14", "its status is 'Canceled', which the mapping leaves out"),
        ("OPS-15", "it waits for the customer, and since when is not told"),
    ]


def test_the_answer_is_read_from_a_field_with_an_instant_and_never_from_remaining_time() -> None:
    answered = mapping(columns={"responded": "Custom field (First answer)"})
    found = READER.find(READER.records(EXPORT, answered), answered)
    assert rows(found, "tickets", "ticket", "responded") == [
        ("OPS-11", "2026-07-01 13:35:00"),
        ("OPS-12", "2026-06-29 22:25:00"),
    ]
    with pytest.raises(InputError, match="the time that remains, not when the issue was answered"):
        READER.records(EXPORT, mapping(columns={"responded": "Custom field (Time to first response)"}))


def test_a_draft_names_every_word_that_must_be_decided() -> None:
    draft = READER.draft(READER.records(EXPORT, None))
    assert draft.time_zone
    assert draft.keys["time_form"][0] == "%d/%b/%y %I:%M %p"
    assert draft.keys["priorities"][0] == dict.fromkeys(["Low", "High", "Highest"], "CHANGE-ME")
    assert list(draft.keys["kinds"][0]) == ["Incident", "Service Request"]
    assert draft.keys["columns"][0] == {"responded": "CHANGE-ME"}
    assert "Custom field (Time to resolution): the time that remains, not used" in draft.keys["columns"][1]
    numbers = EXPORT.replace(b"/Jul/26", b"/07/2026").replace(b"30/Jun/26", b"03/06/2026")
    assert READER.draft(READER.records(numbers, None)).keys["time_form"] == (
        "CHANGE-ME",
        "both %d/%m/%Y %I:%M %p and %m/%d/%Y %I:%M %p can be meant; it decides day and month",
    )


def test_unknown_words_are_refused_together_or_listed() -> None:
    few = {"priorities": {"High": "p2"}, "kinds": {"Incident": "incident", "Service Request": "incident"}}
    records = READER.records(EXPORT, mapping())
    with pytest.raises(InputError) as refused:
        READER.find(records, mapping(**few))
    assert [(problem.where, problem.value) for problem in refused.value.problems] == [
        ("jira priorities", "Highest"),
        ("jira priorities", "Low"),
    ]
    listed = READER.find(records, mapping(**few, unmapped="list"))
    assert listed.tables["tickets"]["ticket"].to_list() == ["OPS-11"]
    assert ("OPS-12", "priorities names no 'Highest'") in rows(listed, "left_out")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (EXPORT.replace(b"02/Jul/26 12:00 PM", b"02.07.2026 14:00"), "not a time in the form"),
        (EXPORT.replace(b"02/Jul/26 12:00 PM", b"29/Mar/26 2:30 AM"), "02:30 does not exist on 2026-03-29"),
        (EXPORT.replace(b"Created", b"Erstellt"), "no such column"),
        (EXPORT[: len(EXPORT) // 2], "values under 16 columns"),
        (b"", "an empty file"),
        (b"<html><body>Log in</body></html>", "no such column"),
        (EXPORT + EXPORT.splitlines(keepends=True)[4].replace(b"Low", b"High"), "jira OPS-13: comes twice"),
    ],
)
def test_what_cannot_be_read_is_refused(source: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        READER.records(source, mapping())


def test_it_is_recognised_by_its_header_and_needs_its_zone() -> None:
    assert READER.recognises(EXPORT)
    assert READER.recognises(b"number,opened_at\n") is None
    with pytest.raises(InputError, match="name the zone that the export was made in as time_zone"):
        READER.records(EXPORT, mapping(time_zone=None))
