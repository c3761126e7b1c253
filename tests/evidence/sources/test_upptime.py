"""States of an Upptime monitor, from its log and from its issues; the files are invented."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.reader import PLACEHOLDER
from slakit.evidence.sources.upptime import READER, UpptimeMapping
from slakit.problems import InputError

FILES = Path(__file__).parent / "files"
LOG = (FILES / "upptime.log").read_bytes()
ISSUES = (FILES / "upptime_issues.json").read_bytes()
SHOWN = ("item", "started", "ended", "affected")
WHOLE = Decimal(1)


def mapping(**keys: Any) -> UpptimeMapping:
    return UpptimeMapping(format=1, reader="upptime", **({"never_up": "list"} | keys))


def test_a_monitor_is_down_from_the_commit_that_says_so_until_one_says_otherwise() -> None:
    found = assert_laws(READER, [LOG], mapping(), joins=True)
    assert rows(found, "outages", *SHOWN) == [
        ("Shop", "2026-06-01 08:00:00", "2026-06-01 08:45:30", WHOLE),
        ("Shop", "2026-06-02 00:30:00", "2026-06-02 01:00:00", WHOLE),
        ("Shop", "2026-06-11 08:00:00", None, WHOLE),
    ]
    assert rows(found, "outages", "outage", "source_id")[0] == ("2026-06-01T08:00:00Z Shop is down",) * 2
    assert sorted(found.left_out.rows()) == [
        ("2026-06-01T00:00:06Z Test Broken Site is down", "Test Broken Site was never up in this log"),
        ("2026-06-02T00:01:00Z Shop is degraded", "degraded, which does not count"),
        ("2026-06-02T01:00:00Z Shop is degraded", "degraded, which does not count"),
    ]


def test_degraded_counts_if_the_mapping_says_so() -> None:
    found = assert_laws(READER, [LOG], mapping(counts={"down": 1, "degraded": 1}), joins=True)
    assert rows(found, "outages", *SHOWN)[1] == ("Shop", "2026-06-02 00:01:00", "2026-06-02 02:00:00", WHOLE)
    found = assert_laws(READER, [LOG], mapping(counts={"down": 1, "degraded": Decimal("0.5")}), joins=True)
    assert rows(found, "outages", *SHOWN)[1:4] == [
        ("Shop", "2026-06-02 00:01:00", "2026-06-02 00:30:00", Decimal("0.5")),
        ("Shop", "2026-06-02 00:30:00", "2026-06-02 01:00:00", WHOLE),
        ("Shop", "2026-06-02 01:00:00", "2026-06-02 02:00:00", Decimal("0.5")),
    ]


def test_a_monitor_that_was_never_up_must_be_decided_or_ignored() -> None:
    records = READER.records(LOG, None)
    with pytest.raises(InputError) as caught:
        READER.find(records, mapping(never_up=None))
    assert str(caught.value).splitlines()[1:] == [
        "  upptime Test Broken Site: never up in this log; write never_up: list or never_up: outage, or ignore it "
        "under items"
    ]
    found = assert_laws(READER, [LOG], mapping(never_up="outage"), joins=True)
    assert ("Test Broken Site", "2026-06-01 00:00:06", None, WHOLE) in rows(found, "outages", *SHOWN)
    ignored = READER.find(records, mapping(never_up=None, items={"Test Broken Site": "ignore"}))
    assert ignored.tables["outages"].height == 4


def test_a_monitor_covers_the_time_in_which_it_wrote() -> None:
    found = READER.find(READER.records(LOG, None), mapping())
    assert rows(found, "covered") == [
        ("Shop", "2026-06-01 00:00:05", "2026-06-02 02:00:00"),
        ("Shop", "2026-06-10 00:00:05", "2026-06-11 08:00:00"),
    ]
    found = READER.find(READER.records(LOG, None), mapping(quiet="10d"))
    assert rows(found, "covered") == [("Shop", "2026-06-01 00:00:05", "2026-06-11 08:00:00")]


def test_two_logs_that_overlap_say_what_one_says() -> None:
    lines = LOG.splitlines(keepends=True)
    parts = [b"".join(lines[:5]), b"".join(reversed(lines[3:])), LOG.replace(b"+00:00 ", b"+00:00|")]
    assert rows(assert_laws(READER, parts, mapping(), joins=True)) == rows(
        READER.find(READER.records(LOG, None), mapping())
    )


def test_an_issue_lasts_until_it_was_closed() -> None:
    found = assert_laws(READER, [ISSUES], mapping(), silent="list ")
    assert rows(found, "outages", "outage", *SHOWN) == [
        ("issue 2", "Shop", "2026-06-01 08:00:10", "2026-06-01 08:45:38", WHOLE),
        ("issue 7", "Shop", "2026-06-11 08:00:10", None, WHOLE),
    ]
    columns = ("maintenance", "item", "started", "ended", "announced", "kind")
    assert rows(found, "maintenance", *columns) == [
        ("issue 6 api", "api", "2026-06-08 20:00:00", "2026-06-08 21:30:00", "2026-06-03 09:00:00", "scheduled"),
        ("issue 6 shop", "shop", "2026-06-08 20:00:00", "2026-06-08 21:30:00", "2026-06-03 09:00:00", "scheduled"),
    ]
    assert dict(found.left_out.rows()) == {
        "issue 3": "not an issue that Upptime wrote",
        "issue 4": "degraded, which does not count",
        "issue 5": "maintenance whose text names no start or no end",
    }
    assert rows(found, "covered") == [(None, "2026-06-01 08:00:10", "2026-06-11 08:00:12")]


def test_a_log_may_come_with_maintenance_but_not_with_the_issues_of_its_outages() -> None:
    work = json.dumps([issue for issue in json.loads(ISSUES) if issue["labels"][0]["name"] == "maintenance"]).encode()
    found = assert_laws(READER, [LOG, work], mapping(), joins=True)
    assert (found.tables["outages"].height, found.tables["maintenance"].height) == (3, 2)
    both = pl.concat([READER.records(LOG, None), READER.records(ISSUES, None)])
    with pytest.raises(InputError, match="a log and issues, which tell the same outages; import them as two sources"):
        READER.find(both, mapping())


def test_it_is_recognised_and_says_what_must_be_decided() -> None:
    assert READER.recognises(LOG) == "it is a git log with commits of Upptime"
    assert READER.recognises(ISSUES) == "it has issues of GitHub with the label status or maintenance"
    draft = READER.draft(READER.records(LOG, None))
    assert list(draft.items) == ["Shop", "Test Broken Site", "Is it up? API"]
    assert {key: value for key, (value, _) in draft.keys.items()} == {"counts": {"down": 1}, "never_up": PLACEHOLDER}
    assert list(READER.draft(READER.records(ISSUES, None)).items) == ["Shop", "api", "shop", "(whole page)"]


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b" \n",
        b"<html>Sign in</html>",
        b"{}",
        b"null",
        ISSUES[:500],
        LOG[:10],
        b"id,number\n1,2\n",
        b"\xff\xfe\x00",
    ],
)
def test_another_file_is_not_recognised_and_refused(source: bytes) -> None:
    assert READER.recognises(source) is None
    with pytest.raises(InputError):
        READER.records(source, None)


@pytest.mark.parametrize(
    ("source", "wrong"),
    [
        (LOG.replace(b"is up", b"is well"), "line 1 = .*: not a state that Upptime writes"),
        (LOG.replace(b"+02:00", b""), "no offset from UTC"),
        (LOG.replace(b"2026-06-02", b"2026-06-42"), "this time does not exist"),
        (b"a91c02f 2026-06-01 up\n", "line 1 = a91c02f .*: not a time and the subject of a commit"),
        (b"2026-06-01T00:00:05+00:00 Update graphs [upptime]\n", "no commit of a state is in it"),
        (ISSUES.replace(b"2026-06-08T20:00:00.000Z", b"Monday"), "upptime issue 6 started = Monday: not a time"),
        (ISSUES.replace(b'"number": 6', b'"number": 7'), "two issues of one number"),
    ],
)
def test_what_is_wrong_is_told(source: bytes, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        READER.records(source, None)
