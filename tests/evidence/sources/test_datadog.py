"""History of an SLO of Datadog and its corrections; the files are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.datadog import READER, DatadogMapping
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
HISTORY, CORRECTIONS = ((FILES / f"datadog_{name}.json").read_bytes() for name in ("history", "corrections"))


def mapping(**keys: Any) -> DatadogMapping:
    items = {"Shop is up": {"subscription": "shop"}, "region:eu": "ignore"}
    return DatadogMapping(format=1, reader="datadog", items=items, **keys)


def test_states_are_outages_and_no_data_is_no_coverage() -> None:
    found = assert_laws(READER, [HISTORY], mapping(), joins=True)
    assert rows(found, "outages", "outage", "started", "ended") == [
        ("Shop is up@1788307200", "2026-09-02 00:00:00", "2026-09-02 00:20:00"),
        ("Shop is up@1788822000", "2026-09-07 23:00:00", None),
        ("region:eu@1788307200", "2026-09-02 00:00:00", "2026-09-02 00:20:00"),
    ]
    assert rows(found, "covered") == [
        ("Shop is up", "2026-09-01 00:00:00", "2026-09-03 00:00:00"),
        ("Shop is up", "2026-09-03 01:00:00", "2026-09-08 00:00:00"),
        ("region:eu", "2026-09-01 00:00:00", "2026-09-08 00:00:00"),
    ]
    assert found.left_out.rows() == [("Shop is up@1788393600", "there were no data: no coverage")]


def test_no_data_is_what_the_mapping_says() -> None:
    down = assert_laws(READER, [HISTORY], mapping(no_data="down", still_down="known"), joins=True)
    assert rows(down, "outages", "started", "ended")[1:] == [
        ("2026-09-02 00:00:00", "2026-09-02 00:20:00"),
        ("2026-09-03 00:00:00", "2026-09-03 01:00:00"),
        ("2026-09-07 23:00:00", "2026-09-08 00:00:00"),
    ]
    up = assert_laws(READER, [HISTORY], mapping(no_data="up"), joins=True)
    assert up.left_out.is_empty()
    assert rows(up, "covered", "started", "ended") == [("2026-09-01 00:00:00", "2026-09-08 00:00:00")] * 2


def test_corrections_are_maintenance_by_category() -> None:
    keys = {"corrections": {"Scheduled Maintenance": "scheduled", "Outside Business Hours": "ignore"}}
    found = assert_laws(READER, [HISTORY, CORRECTIONS], mapping(**keys), joins=True)
    assert rows(found, "maintenance", "maintenance", "item", "started", "ended", "kind") == [
        ("c1 Shop is up", "Shop is up", "2026-09-04 00:00:00", "2026-09-04 01:00:00", "scheduled"),
        ("c1 region:eu", "region:eu", "2026-09-04 00:00:00", "2026-09-04 01:00:00", "scheduled"),
    ]
    assert sorted(found.left_out.rows())[1:] == [
        ("c2", "its category Outside Business Hours is ignored by the mapping"),
        ("c3", "it recurs: write it into the evidence as recurring maintenance"),
    ]
    with pytest.raises(InputError, match="mapping corrections = Outside Business Hours: is not there"):
        READER.find(READER.records(CORRECTIONS, None), mapping(corrections={"Scheduled Maintenance": "scheduled"}))
    listed = assert_laws(READER, [CORRECTIONS], mapping(unmapped="list"))
    assert ("c1", "the mapping does not name its category Scheduled Maintenance") in listed.left_out.rows()


def test_two_windows_of_one_history_say_what_one_says() -> None:
    def window(begin: int, end: int) -> bytes:
        history = json.loads(HISTORY)
        history["data"] |= {"from_ts": begin, "to_ts": end, "groups": None}
        return json.dumps(history).encode()

    begin, cut, end = 1788220800, 1788307800, 1788825600  # the cut is in the first outage
    whole = assert_laws(READER, [window(begin, end)], mapping(), joins=True)
    parts = assert_laws(READER, [window(begin, cut), window(cut, end)], mapping(), joins=True)
    assert rows(parts) == rows(whole)
    assert rows(parts, "covered") == rows(whole, "covered")


def test_an_slo_of_counts_is_refused() -> None:
    counts = json.loads(HISTORY)
    counts["data"]["overall"].pop("history")
    with pytest.raises(InputError, match="an SLO of counts has no states"):
        READER.records(json.dumps(counts).encode(), None)


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert READER.recognises(HISTORY) == "its data have from_ts, to_ts and overall"
    assert READER.recognises(CORRECTIONS) == "its data are corrections"
    draft = READER.draft(READER.records(CORRECTIONS, None))
    assert draft.keys["corrections"][0] == {
        "Outside Business Hours": "CHANGE-ME",
        "Scheduled Maintenance": "CHANGE-ME",
    }
    assert list(READER.draft(READER.records(HISTORY, None)).items) == ["Shop is up", "region:eu"]
