"""Incidents of Google Cloud; the files are invented."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.google_cloud import READER, GoogleCloudMapping
from slakit.evidence.sources.reader import PLACEHOLDER, Found
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
NOW = (FILES / "google_cloud_incidents.json").read_bytes()
OLD = (FILES / "google_cloud_2019.json").read_bytes()
SHOWN = ("outage", "item", "started", "ended", "affected")


def mapping(**keys: Any) -> GoogleCloudMapping:
    chosen = {"counts": {"SERVICE_OUTAGE": 1, "SERVICE_DISRUPTION": 1}} | keys
    return GoogleCloudMapping(format=1, reader="google-cloud", **chosen)


def laws(files: list[bytes], chosen: GoogleCloudMapping) -> Found:
    """Return what files say, with the laws checked; a list as a whole is no event."""
    return assert_laws(READER, files, chosen, silent="list ")


def changed(**keys: Any) -> bytes:
    """Return the file with other values in its first incident."""
    incidents = json.loads(NOW)
    incidents[0] |= keys
    return json.dumps(incidents).encode()


def test_an_incident_is_an_outage_of_each_of_its_products() -> None:
    found = laws([NOW], mapping(counts={"SERVICE_OUTAGE": 1, "SERVICE_DISRUPTION": Decimal("0.5")}))
    assert rows(found, "outages", *SHOWN) == [
        ("gFar/sQL1", "Cloud SQL", "2026-05-01 00:00:00", "2026-05-01 00:20:00", Decimal(1)),
        ("gOpen/rUN1", "Cloud Run", "2026-05-20 08:00:00", None, Decimal(1)),
        ("gTwo/rUN1", "Cloud Run", "2026-05-10 10:00:00", "2026-05-10 12:30:15", Decimal("0.5")),
        ("gTwo/sQL1", "Cloud SQL", "2026-05-10 10:00:00", "2026-05-10 12:30:15", Decimal("0.5")),
        ("gWorld/sQL1", "Cloud SQL", "2026-05-02 00:00:00", "2026-05-02 00:40:00", Decimal(1)),
    ]
    assert found.left_out["reason"].to_list() == [
        "its status_impact is SERVICE_INFORMATION, which does not count",
    ]


def test_incidents_of_other_locations_may_be_left_out() -> None:
    found = laws([NOW], mapping(locations=["europe-west4"]))
    assert {row[0] for row in rows(found, "outages", "source_id")} == {"gOpen", "gTwo", "gWorld"}
    assert dict(found.left_out.rows())["gFar"] == "it was elsewhere: us-east1"


def test_incidents_of_2019_count_by_severity_and_stay_open_without_an_end() -> None:
    found = laws([OLD], mapping(counts={"SERVICE_OUTAGE": 1, "high": 1, "medium": 1}))
    assert rows(found, "outages", *SHOWN[:4]) == [
        ("cloud-networking/19002/cloud-networking", "Google Cloud Networking", "2019-01-15 10:00:00", None),
        ("cloud-sql/19002/cloud-sql", "Google Cloud SQL", "2019-02-01 10:00:00", "2019-02-01 12:00:00"),
    ]
    found = laws([OLD, NOW], mapping())
    assert dict(found.left_out.rows())["cloud-sql/19002"] == "its severity is high, which does not count"


def test_the_time_between_two_lists_is_not_covered() -> None:
    items = {"Cloud SQL": {"subscription": "sql"}, "Cloud Run": "ignore"}
    found = laws([OLD, NOW], mapping(items=items))
    assert rows(found, "covered") == [
        ("Cloud SQL", "2019-01-15 10:20:00", "2019-02-01 12:00:00"),
        ("Cloud SQL", "2026-05-01 00:10:00", "2026-05-20 09:00:00"),
    ]


def test_a_corrected_incident_replaces_itself() -> None:
    source = changed(end="2026-05-20T09:30:00+00:00", modified="2026-05-21T00:00:00+00:00")
    found = laws([source, NOW], mapping())
    assert ("gOpen/rUN1", "2026-05-20 09:30:00") in rows(found, "outages", "outage", "ended")


def test_an_archive_may_hold_an_incident_as_it_was_on_several_days() -> None:
    incidents = json.loads(NOW)
    later = incidents[0] | {"end": "2026-05-20T09:30:00+00:00", "modified": "2026-05-21T00:00:00+00:00"}
    found = laws([json.dumps([later, *incidents]).encode()], mapping())
    assert ("gOpen/rUN1", "2026-05-20 09:30:00") in rows(found, "outages", "outage", "ended")


def test_an_unknown_impact_is_refused_or_listed() -> None:
    source = changed(status_impact="SERVICE_DEGRADED")
    with pytest.raises(InputError, match="gOpen status_impact = SERVICE_DEGRADED: not known to Google Cloud"):
        READER.find(READER.records(source, None), mapping())
    found = laws([source], mapping(unmapped="list"))
    assert dict(found.left_out.rows())["gOpen"] == "its status_impact is not known to Google Cloud: SERVICE_DEGRADED"


def test_an_end_before_the_begin_is_listed() -> None:
    found = laws([changed(end="2026-05-19T00:00:00+00:00")], mapping())
    assert dict(found.left_out.rows())["gOpen"] == "it ended when it began, or before: it has no length"


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert (
        READER.recognises(NOW) == READER.recognises(OLD) == "it lists incidents with begin, service_name and modified"
    )
    draft = READER.draft(READER.records(NOW, None))
    assert list(draft.items) == ["Cloud SQL", "Cloud Run"]
    assert {key: value for key, (value, _) in draft.keys.items()} == {"counts": PLACEHOLDER, "locations": PLACEHOLDER}
    assert list(READER.draft(READER.records(OLD, None)).keys) == ["counts"]


@pytest.mark.parametrize(
    "source", [b"", b"<html>Sign in</html>", b"[]", b"{}", b"null", NOW[:500], b"id,number\n1,2\n", b"[" * 100_000]
)
def test_another_file_is_not_recognised_and_refused(source: bytes) -> None:
    assert READER.recognises(source) is None
    with pytest.raises(InputError):
        READER.records(source, None)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (changed(begin="2026-05-20T08:00:00"), "no offset from UTC"),
        (changed(end="12:15 PM PDT"), "not a time"),
        (changed(modified=None), "google-cloud 0.modified: input should be a valid string"),
        (changed(id="gTwo", modified="2026-05-12T00:00:00Z"), "two incidents of this id, which differ"),
    ],
)
def test_what_is_wrong_is_told(source: bytes, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        READER.records(source, None)
