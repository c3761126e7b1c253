"""Incidents of Better Stack; the file is invented."""

import json
from pathlib import Path

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.better_stack import READER, BetterStackMapping
from slakit.problems import InputError

FILE = (Path(__file__).parent / "files/better_stack.json").read_bytes()
MAPPING = BetterStackMapping(
    format=1, reader="better-stack", items={"Shop": {"subscription": "shop"}, "API": {"subscription": "api"}}
)


def test_what_was_confirmed_is_an_outage() -> None:
    found = assert_laws(READER, [FILE], MAPPING)
    assert rows(found, "outages", "outage", "item", "started", "ended") == [
        ("411", "Shop", "2026-09-02 00:00:00.123", "2026-09-02 00:15:00"),
        ("413", "API", "2026-09-04 10:00:00", None),
    ]
    assert found.left_out.rows() == [("412", "Better Stack did not confirm it: no outage")]
    assert found.covered.is_empty()


def test_what_is_known_later_wins_in_any_order() -> None:
    later = json.loads(FILE)
    later["data"][2]["attributes"] |= {"status": "Resolved", "resolved_at": "2026-09-04T10:30:00.000Z"}
    for files in ([FILE, json.dumps(later).encode()], [json.dumps(later).encode(), FILE]):
        found = assert_laws(READER, files, MAPPING)
        assert rows(found, "outages", "ended")[0] == ("2026-09-02 00:15:00",)
        assert ("2026-09-04 10:30:00",) in rows(found, "outages", "ended")


def test_an_incident_that_contradicts_itself_is_refused() -> None:
    wrong = json.loads(FILE)
    wrong["data"][0]["attributes"]["resolved_at"] = None
    with pytest.raises(InputError, match="411 resolved_at: its status is Resolved"):
        READER.records(json.dumps(wrong).encode(), None)


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert READER.recognises(FILE) == "its data are incidents with started_at"
    assert list(READER.draft(READER.records(FILE, None)).items) == ["API", "Shop"]
