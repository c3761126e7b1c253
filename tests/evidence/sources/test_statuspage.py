"""Incidents and maintenance of a Statuspage; the files are invented."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.reader import PLACEHOLDER, Found
from slakit.evidence.sources.statuspage import READER, StatuspageMapping
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
INCIDENTS = (FILES / "statuspage_incidents.json").read_bytes()
MAINTENANCES = (FILES / "statuspage_maintenances.json").read_bytes()
STATES = {"partial_outage": 1, "major_outage": 1}
SHOWN = ("outage", "item", "started", "ended", "affected")


def mapping(**keys: Any) -> StatuspageMapping:
    chosen = {"by": "component_states", "counts": STATES, "maintenance": "announced"} | keys
    return StatuspageMapping(format=1, reader="statuspage", **chosen)


def laws(files: list[bytes], chosen: StatuspageMapping) -> Found:
    """Return what files say, with the laws checked; a list as a whole is no event."""
    return assert_laws(READER, files, chosen, silent="list ")


def changed(**keys: Any) -> bytes:
    """Return the file with other values in its first incident."""
    page = json.loads(INCIDENTS)
    page["incidents"][0] |= keys
    return json.dumps(page).encode()


def test_outages_are_the_times_in_which_a_component_was_in_a_state_that_counts() -> None:
    found = laws([INCIDENTS, MAINTENANCES], mapping())
    whole = Decimal(1)
    assert rows(found, "outages", *SHOWN) == [
        ("i3two/a1api", "API", "2026-03-10 12:00:00.100", "2026-03-10 12:30:00", whole),
        ("i3two/a1api#2", "API", "2026-03-10 13:00:00", "2026-03-10 13:30:00.250", whole),
        # left as major outage: it ends with the incident
        ("i3two/w1web", "Web shop", "2026-03-10 12:00:00.100", "2026-03-10 13:30:00.250", whole),
        ("i5open/w1web", "Web shop", "2026-03-20 10:02:00", None, whole),
    ]
    assert dict(found.left_out.rows()) == {
        "i2slow": "no component was for any time in a state that counts, only in degraded_performance, operational",
        "i4bare": "its updates name no component",
    }


def test_a_state_may_count_by_a_share_and_each_share_is_a_row() -> None:
    found = laws([INCIDENTS], mapping(counts={"partial_outage": Decimal("0.3"), "major_outage": 1}))
    assert [row for row in rows(found, "outages", *SHOWN) if row[0].startswith("i3two")] == [
        ("i3two/a1api", "API", "2026-03-10 12:00:00.100", "2026-03-10 12:30:00", Decimal(1)),
        ("i3two/a1api#2", "API", "2026-03-10 13:00:00", "2026-03-10 13:30:00.250", Decimal("0.3")),
        ("i3two/w1web", "Web shop", "2026-03-10 12:00:00.100", "2026-03-10 12:30:00", Decimal("0.3")),
        ("i3two/w1web#2", "Web shop", "2026-03-10 12:30:00", "2026-03-10 13:30:00.250", Decimal(1)),
    ]


def test_the_span_of_an_incident_may_count_by_its_impact() -> None:
    found = laws([INCIDENTS], mapping(by="incident_span", counts={"critical": 1}))
    assert rows(found, "outages", "outage", "item", "started", "ended") == [
        ("i3two/a1api", "API", "2026-03-10 12:00:00", "2026-03-10 13:30:00.250"),
        ("i3two/w1web", "Web shop", "2026-03-10 12:00:00", "2026-03-10 13:30:00.250"),
        ("i4bare", "(whole page)", "2026-03-15 08:00:00", "2026-03-15 09:30:00"),
    ]
    assert dict(found.left_out.rows())["i5open"] == "its impact is major, which does not count"


def test_an_incident_without_components_may_count_by_its_span() -> None:
    more = mapping(counts={**STATES, "critical": 1}, without_components="incident_span")
    found = laws([INCIDENTS], more)
    assert ("i4bare", "(whole page)", "2026-03-15 08:00:00", "2026-03-15 09:30:00", Decimal(1)) in rows(
        found, "outages", *SHOWN
    )


def test_maintenance_lasts_as_announced_or_as_performed() -> None:
    columns = ("maintenance", "item", "started", "ended", "announced", "kind")
    posted = (
        "i1work/w1web", "Web shop", "2026-03-01 01:00:00", "2026-03-01 01:40:00", "2026-03-01 01:00:00", "emergency",
    )  # fmt: skip
    found = laws([MAINTENANCES, INCIDENTS], mapping())
    assert rows(found, "maintenance", *columns) == [
        posted,
        ("m1done/a1api", "API", "2026-03-12 20:00:00", "2026-03-12 22:00:00", "2026-03-01 09:00:00", "scheduled"),
        ("m2next/a1api", "API", "2026-04-01 20:00:00", "2026-04-01 22:00:00", "2026-03-18 09:00:00", "scheduled"),
    ]
    found = laws([MAINTENANCES, INCIDENTS], mapping(maintenance="performed"))
    assert rows(found, "maintenance", *columns) == [
        posted,
        ("m1done/a1api", "API", "2026-03-12 20:05:00", "2026-03-12 21:10:00", "2026-03-01 09:00:00", "scheduled"),
    ]
    assert dict(found.left_out.rows())["m2next"] == "maintenance that has not begun"
    found = laws([MAINTENANCES], mapping(maintenance="ignore"))
    assert set(found.left_out["reason"]) == {"maintenance, which the mapping ignores"}


def test_what_is_down_in_maintenance_may_be_an_outage_as_well() -> None:
    found = laws([MAINTENANCES], mapping(counts={"under_maintenance": 1}))
    assert rows(found, "outages", "started", "ended") == [("2026-03-12 20:05:00", "2026-03-12 21:10:00")]
    assert found.tables["maintenance"].height == 2


def test_a_list_covers_the_time_from_its_oldest_incident_to_the_last_change() -> None:
    items = {"API": "ignore", "Web shop": {"subscription": "shop"}, "Mail": {"subscription": "mail"}}
    found = laws([INCIDENTS, MAINTENANCES], mapping(items=items))
    assert rows(found, "covered") == [
        ("Mail", "2026-03-01 01:00:00", "2026-03-20 10:05:00"),
        ("Web shop", "2026-03-01 01:00:00", "2026-03-20 10:05:00"),
    ]
    open_alone = json.loads(INCIDENTS)
    open_alone["incidents"] = open_alone["incidents"][:1]
    assert laws([json.dumps(open_alone).encode()], mapping()).covered.is_empty()


def test_a_gap_between_two_lists_is_not_covered() -> None:
    later = json.loads(INCIDENTS.replace(b"2026-03-", b"2026-07-"))
    for incident in later["incidents"]:
        incident["id"] += "x"
    found = laws([INCIDENTS, json.dumps(later).encode()], mapping())
    assert rows(found, "covered", "started") == [("2026-03-01 01:00:00",), ("2026-07-01 01:00:00",)]


def test_a_corrected_incident_replaces_itself() -> None:
    page = json.loads(INCIDENTS)
    page["page"]["updated_at"] = "2026-03-21T00:00:00Z"
    page["incidents"][0] |= {"status": "resolved", "resolved_at": "2026-03-20T10:32:00Z"}
    page["incidents"][0]["updated_at"] = "2026-03-20T10:32:00Z"
    found = laws([json.dumps(page).encode(), INCIDENTS], mapping())
    assert rows(found, "outages", "outage", "ended")[-1] == ("i5open/w1web", "2026-03-20 10:32:00")


def test_components_of_one_name_are_told_apart_by_their_code() -> None:
    found = READER.find(READER.records(INCIDENTS.replace(b'"Web shop"', b'"API"'), None), mapping())
    assert set(found.tables["outages"]["item"]) == {"API (a1api)", "API (w1web)"}


def test_an_unknown_state_is_refused_or_listed() -> None:
    source = INCIDENTS.replace(b'"partial_outage"', b'"partial outage"')
    records = READER.records(source, None)
    with pytest.raises(InputError) as caught:
        READER.find(records, mapping())
    assert str(caught.value).splitlines()[1] == (
        "  statuspage i3two = partial outage: not a state of a component of Statuspage; did you mean partial_outage? "
        "there are operational, degraded_performance, partial_outage, major_outage, under_maintenance"
    )
    found = laws([source], mapping(unmapped="list"))
    assert dict(found.left_out.rows())["i5open"] == "not known to Statuspage: partial outage"


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"counts": {"critical": 1}}, "counts no state of a component"),
        ({"by": "incident_span"}, "counts no impact of an incident"),
        ({"without_components": "incident_span"}, "counts no impact of an incident"),
        ({"counts": {"major_outage": Decimal("1.5")}}, "write a number"),
        ({"counts": {"outage": 1}}, "use degraded_performance, partial_outage"),
        ({"by": PLACEHOLDER}, "use component_states or incident_span"),
    ],
)
def test_a_mapping_that_counts_nothing_is_refused(keys: dict[str, Any], wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        mapping(**keys)


def test_maintenance_must_be_decided_where_there_is_any() -> None:
    with pytest.raises(InputError, match="statuspage maintenance: is missing; write announced, performed or ignore"):
        READER.find(READER.records(MAINTENANCES, None), mapping(maintenance=None))


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert READER.recognises(INCIDENTS) == "it has incidents or scheduled_maintenances with incident_updates"
    draft = READER.draft(READER.records(INCIDENTS, None))
    assert list(draft.items) == ["Web shop", "API", "(whole page)"]
    assert {key: value for key, (value, _) in draft.keys.items()} == dict.fromkeys(
        ("by", "counts", "without_components", "maintenance"), PLACEHOLDER
    )


@pytest.mark.parametrize(
    "source",
    [b"", b"<html><title>Sign in</title></html>", b"[]", b"{}", b"null", INCIDENTS[:999], b"id,name\n1,x\n"],
)
def test_another_file_is_not_recognised_and_refused(source: bytes) -> None:
    assert READER.recognises(source) is None
    with pytest.raises(InputError):
        READER.records(source, None)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (changed(started_at="2026-03-20T10:00:00"), "no offset from UTC"),
        (changed(resolved_at="Mar 20, 10:00 PST"), "not a time"),
        (changed(impact=None), "should be a valid string"),
        (changed(incident_updates=None), "should be a valid list"),
        (changed(id="i4bare"), "two of this id"),
        (b'{"status": {"indicator": "none"}, "incidents": []}', "a summary"),
    ],
)
def test_what_is_wrong_is_told(source: bytes, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        READER.records(source, None)
