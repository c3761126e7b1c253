"""Outage states of Pingdom; the file is invented."""

import json
from pathlib import Path

from reader_laws import assert_laws, rows

from slakit.evidence.sources.pingdom import READER, PingdomMapping

FILE = (Path(__file__).parent / "files/pingdom.json").read_bytes()


def mapping(**keys: str) -> PingdomMapping:
    return PingdomMapping(format=1, reader="pingdom", subscription="shop", **keys)


def file_of(*states: tuple[str, int, int]) -> bytes:
    named = [dict(zip(("status", "timefrom", "timeto"), state, strict=True)) for state in states]
    return json.dumps({"summary": {"states": named}}).encode()


def test_touching_states_are_one_outage_and_an_unknown_state_is_no_coverage() -> None:
    found = assert_laws(READER, [FILE], mapping(), joins=True)
    assert rows(found, "outages", "outage", "item", "started", "ended") == [
        ("1788307200-down", None, "2026-09-02 00:00:00", "2026-09-02 00:20:00"),
        ("1788912000-down", None, "2026-09-09 00:00:00", None),
    ]
    assert rows(found, "covered") == [
        (None, "2026-09-01 00:00:00", "2026-09-03 02:00:00"),
        (None, "2026-09-03 03:00:00", "2026-09-09 00:10:00"),
    ]
    assert found.left_out.rows() == [("1788400800-unknown", "Pingdom did not know the state: no coverage")]


def test_what_is_down_at_the_end_may_be_known_until_then_alone() -> None:
    found = assert_laws(READER, [FILE], mapping(still_down="known"), joins=True)
    assert rows(found, "outages", "ended")[1] == ("2026-09-09 00:10:00",)


def test_two_files_say_what_one_over_both_times_says() -> None:
    first = file_of(("up", 1788220800, 1788912000), ("down", 1788912000, 1788912300))
    longer = file_of(("down", 1788912000, 1788912600))
    then = file_of(("down", 1788912600, 1788913200), ("up", 1788913200, 1788920000))
    found = assert_laws(READER, [first, longer, then], mapping(), joins=True)
    assert rows(found, "outages", "started", "ended") == [("2026-09-09 00:00:00", "2026-09-09 00:20:00")]


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert READER.recognises(FILE) == "it has summary.states with timefrom and timeto"
    draft = READER.draft(READER.records(FILE, None))
    assert (list(draft.items), draft.time_zone, list(draft.keys)) == ([], False, ["still_down"])
