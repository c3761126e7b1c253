"""Impacts of components of a page of incident.io; the files are invented."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources import statuspage
from slakit.evidence.sources.incident_io import READER, IncidentIoMapping
from slakit.evidence.sources.reader import PLACEHOLDER
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
INCIDENTS = (FILES / "incident_io_incidents.json").read_bytes()
IMPACTS = (FILES / "incident_io_impacts.json").read_bytes()
NAMES = (FILES / "incident_io_names.json").read_bytes()


def mapping(**keys: Any) -> IncidentIoMapping:
    return IncidentIoMapping(
        format=1, reader="incident-io", **({"counts": {"partial_outage": 1, "full_outage": 1}} | keys)
    )


def changed(**keys: Any) -> bytes:
    """Return the impacts with other values in the last one."""
    file = json.loads(IMPACTS)
    file["component_impacts"][-1] |= keys
    return json.dumps(file).encode()


def test_impacts_that_count_are_outages_and_maintenance_is_maintenance() -> None:
    shares = {"partial_outage": Decimal("0.5"), "full_outage": 1}
    found = assert_laws(READER, [INCIDENTS, NAMES], mapping(counts=shares), silent="component ")
    assert rows(found, "outages", "outage", "item", "started", "ended", "affected") == [
        ("I1", "API", "2026-01-10 10:00:00", "2026-01-10 10:20:00.500", Decimal("0.5")),
        ("I2", "API", "2026-01-10 10:20:00.500", "2026-01-10 11:00:00", Decimal(1)),
        ("I5", "Web app", "2026-02-01 07:00:00", None, Decimal(1)),
    ]
    columns = ("maintenance", "item", "started", "ended", "announced", "kind")
    assert rows(found, "maintenance", *columns) == [
        ("I4", "Web app", "2026-01-25 00:00:00", "2026-01-25 02:00:00", "2026-01-20 09:00:00", "scheduled")
    ]
    assert dict(found.left_out.rows()) == {
        "I3": "degraded_performance, which does not count",
        "incident N4": "it names no component",
    }
    assert found.covered.is_empty()


def test_incidents_and_impacts_say_the_same() -> None:
    assert_laws(READER, [IMPACTS], mapping())
    found = assert_laws(READER, [IMPACTS, INCIDENTS], mapping())
    assert rows(found) == rows(READER.find(READER.records(IMPACTS, None), mapping()))
    assert rows(found, "outages", "item") == [("C1",), ("C1",), ("C2",)]


def test_a_component_may_be_mapped_by_its_id_though_its_name_is_known() -> None:
    found = assert_laws(READER, [IMPACTS, NAMES], mapping(items={"C1": {"subscription": "api"}}), silent="component ")
    assert rows(found, "outages", "item") == [("C1",), ("C1",), ("Web app",)]


def test_a_newer_file_replaces_an_impact_that_was_open() -> None:
    closed = changed(end_at="2026-02-03T09:00:00Z")
    found = assert_laws(READER, [closed, IMPACTS], mapping())
    assert rows(found, "outages", "outage", "ended")[-1] == ("I5", "2026-02-03 09:00:00")


def test_maintenance_may_be_downtime_as_well() -> None:
    found = assert_laws(READER, [IMPACTS], mapping(counts={"under_maintenance": 1}))
    assert rows(found, "outages", "outage") == rows(found, "maintenance", "maintenance") == [("I4",)]


def test_an_unknown_state_is_refused_or_listed() -> None:
    source = changed(status="major_outage")
    with pytest.raises(InputError, match="incident-io I5 status = major_outage: not known; did you mean"):
        READER.find(READER.records(source, None), mapping())
    found = assert_laws(READER, [source], mapping(unmapped="list"))
    assert dict(found.left_out.rows())["I5"] == "major_outage is not known"


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    for source in (INCIDENTS, IMPACTS, NAMES):
        assert READER.recognises(source) == "it has component_impacts, or the summary of a page of incident.io"
        assert statuspage.READER.recognises(source) is None
    draft = READER.draft(READER.records(IMPACTS, None))
    assert list(draft.items) == ["C2", "C1"]  # the most frequent first
    assert [value for value, _ in draft.keys.values()] == [PLACEHOLDER]


@pytest.mark.parametrize("source", [b"", b"<html>", b"[]", b"{}", b"null", IMPACTS[:500], b"id,name\n1,2\n"])
def test_another_file_is_not_recognised_and_refused(source: bytes) -> None:
    assert READER.recognises(source) is None
    with pytest.raises(InputError):
        READER.records(source, None)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (changed(start_at="2026-02-01T08:00:00"), "no offset from UTC"),
        (changed(end_at="$undefined"), "incident-io I5 ended = .*undefined: not a time"),
        (changed(id="I1"), "two of this id"),
        (changed(start_at=None), "input should be a valid string"),
    ],
)
def test_what_is_wrong_is_told(source: bytes, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        READER.records(source, None)
