"""Calendar files of deadlines: read by the package that writes them, and by a few lines that know RFC 5545."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import icalendar
import polars as pl
import pytest
from cli_support import Run

import slakit as sla
from slakit.claiming.calendar import claim_uid
from slakit.policy.files import LIBRARY, parse_policy

SHOP = {
    "subscription": "blåbær-og-jordbær-på-øya-ærlig-talt-æøå-æøå", "policy": "klink-cloud", "tier": "enterprise",
    "monthly_fee": "2400", "currency": "USD", "starts": "2026-01-01T00:00:00Z",
}  # fmt: skip
DOWN = {
    "outage": "o1", "subscription": SHOP["subscription"], "started": "2026-09-15T08:00:00Z",
    "ended": "2026-09-15T10:00:00Z", "detected": "2026-09-15T08:00:00Z",
}  # fmt: skip
CLAIMED = {
    "subscription": SHOP["subscription"], "remedy": "platform", "window_start": "2026-09-01T00:00:00Z",
    "claimed": "2026-10-03T00:00:00Z",
}  # fmt: skip
DEADLINE = f"{SHOP['subscription']}-platform-20260901T000000Z@slakit"
WEEK_BEFORE = f"7d-{DEADLINE}"


@cache
def review(as_of: str, period: str = "2026-09", *, claimed: bool = False) -> sla.Review:
    evidence = sla.Evidence.of([SHOP], outages=[DOWN], claims_made=[CLAIMED] if claimed else [])
    return sla.assess(evidence, period, as_of, ranges=False)


def calendar(as_of: str, before: Path | None = None, *, claimed: bool = False) -> sla.DeadlineCalendar:
    return sla.deadline_calendar(review(as_of, claimed=claimed), before=before)


def unfolded(content: bytes) -> list[dict[str, str]]:
    """Read the events of a calendar: physical lines end in CRLF, one that begins with a space goes on with the last."""
    assert content.endswith(b"\r\n")
    physical = content.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in physical)
    for line in physical:
        line.decode()  # no letter is cut in two
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    events: list[dict[str, str]] = []
    alarm = False
    for line in lines:
        name, _, value = line.partition(":")
        alarm = (alarm or line == "BEGIN:VALARM") and line != "END:VALARM"
        if line == "BEGIN:VEVENT":
            events.append({})
        elif events and not alarm and name not in ("BEGIN", "END"):
            events[-1][name] = value
    return events


@pytest.fixture(scope="module")
def early() -> sla.DeadlineCalendar:
    return calendar("2026-10-02")


def test_a_deadline_takes_the_whole_day_in_the_contracts_zone(early: sla.DeadlineCalendar) -> None:
    week, event = unfolded(early.events)
    assert (event["UID"], week["UID"]) == (DEADLINE, WEEK_BEFORE)
    assert (event["DTSTART;VALUE=DATE"], event["DTEND;VALUE=DATE"]) == ("20261010", "20261011")
    assert (week["DTSTART;VALUE=DATE"], week["DTEND;VALUE=DATE"]) == ("20261003", "20261004")
    assert event["TRANSP"] == "TRANSPARENT"
    assert event["DTSTAMP"] == "20261002T000000Z"
    assert "Last instant: 2026-10-10 23:59:59.999999 in UTC (UTC+00:00)." in event["DESCRIPTION"]
    assert "company name\\; account id\\; incident timeline" in event["DESCRIPTION"]
    assert early.cancelled is None


def test_the_package_reads_the_same(early: sla.DeadlineCalendar) -> None:
    read = icalendar.Calendar.from_ical(early.events)
    assert (read["version"], read["calscale"], read["prodid"]) == (
        "2.0", "GREGORIAN", "-//slakit//deadlines of claims//EN",
    )  # fmt: skip
    week, event = read.walk("VEVENT")
    assert event["summary"] == f"Claim 120.00 USD: {SHOP['subscription']}, Platform uptime, Sep 2026"
    assert event.decoded("dtend") - event.decoded("dtstart") == timedelta(days=1)
    alarms = event.walk("VALARM")
    assert [alarm.decoded("trigger") for alarm in alarms] == [timedelta(days=-7), timedelta(days=-1)]
    assert all(alarm["trigger"].params["RELATED"] == "END" and alarm["description"] for alarm in alarms)
    assert not week.walk("VALARM")


def test_the_same_review_gives_the_same_bytes_also_over_itself(early: sla.DeadlineCalendar, tmp_path: Path) -> None:
    assert early.write(tmp_path / "a.ics") == [tmp_path / "a.ics"]
    assert calendar("2026-10-02", tmp_path / "a.ics").events == early.events == calendar("2026-10-02").events
    assert early.events == calendar("2026-10-02", tmp_path / "not there.ics").events


def test_imported_twice_it_is_one_event(early: sla.DeadlineCalendar) -> None:
    imported = {event["UID"]: event for content in (early.events, early.events) for event in unfolded(content)}
    assert len(imported) == 2


def test_a_deadline_that_moves_gets_a_higher_sequence(early: sla.DeadlineCalendar, tmp_path: Path) -> None:
    path = tmp_path / "deadlines.ics"
    path.write_bytes(early.events.replace(b"20261010", b"20261009").replace(b"20261011", b"20261010"))
    week, event = unfolded(calendar("2026-10-02", path).events)
    assert (event["SEQUENCE"], week["SEQUENCE"]) == ("1", "0")


def test_a_deadline_that_is_met_is_cancelled_and_stays_so_until_it_is_past(
    early: sla.DeadlineCalendar, tmp_path: Path
) -> None:
    path = tmp_path / "deadlines.ics"
    early.write(path)
    met = calendar("2026-10-03T12:00:00Z", path, claimed=True)
    assert met.deadlines.is_empty()
    assert [(event["STATUS"], event["SEQUENCE"]) for event in unfolded(met.events)] == [("CANCELLED", "1")] * 2
    assert met.cancelled is not None
    assert b"METHOD:CANCEL\r\n" in met.cancelled
    assert b"METHOD" not in met.events
    assert met.write(path) == [path, tmp_path / "deadlines.cancelled.ics"]
    again = calendar("2026-10-05", path, claimed=True)
    assert [(event["UID"], event["SEQUENCE"]) for event in unfolded(again.events)] == [(DEADLINE, "1")]
    revived = calendar("2026-10-05", path)
    assert [(event["STATUS"], event["SEQUENCE"]) for event in unfolded(revived.events)] == [("CONFIRMED", "2")]
    assert revived.write(path) == [path]
    assert not (tmp_path / "deadlines.cancelled.ics").exists()


def test_what_is_past_is_not_written(early: sla.DeadlineCalendar, tmp_path: Path) -> None:
    early.write(tmp_path / "a.ics")
    assert [event["UID"] for event in unfolded(calendar("2026-10-04", tmp_path / "a.ics").events)] == [DEADLINE]
    assert unfolded(calendar("2026-10-11", tmp_path / "a.ics").events) == []
    assert unfolded(calendar("2026-10-11").events) == []


def test_windows_that_a_review_does_not_tell_of_are_kept(early: sla.DeadlineCalendar, tmp_path: Path) -> None:
    early.write(tmp_path / "a.ics")
    other = sla.deadline_calendar(review("2026-10-03", "2026-10"), before=tmp_path / "a.ics")
    assert [event["STATUS"] for event in unfolded(other.events)] == ["CONFIRMED"] * 2


def test_a_deadline_within_a_day_is_an_instant_and_one_that_is_disputed_moves(tmp_path: Path) -> None:
    text = (LIBRARY / "klikk.yaml").read_text().replace("default: incident_end", "default: window_end")
    klikk = {**SHOP, "policy": "ours", "tier": "gold", "currency": "NOK"}
    late = {"started": "2026-09-30T08:00:00Z", "reported": "2026-09-30T08:00:00Z", "ended": "2026-09-30T20:00:00Z"}
    evidence = sla.Evidence.of([klikk], outages=[DOWN | late])

    def event(as_of: str) -> dict[str, str]:
        known = sla.assess(evidence, "2026-09", as_of, policies={"ours": parse_policy(text)})
        written = sla.deadline_calendar(known, before=tmp_path / "a.ics")
        written.write(tmp_path / "a.ics")
        return next(each for each in unfolded(written.events) if "-iaas-" in each["UID"])

    first = event("2026-10-02")  # 72 h after the incident, the strictest reading: no week is left
    assert (first["DTSTART"], first["DTEND"], first["SEQUENCE"]) == ("20261003T193000Z", "20261003T200000Z", "0")
    assert "Last instant: 2026-10-03 22:00:00 in Europe/Oslo (UTC+02:00)." in first["DESCRIPTION"]
    moved = event("2026-10-03T21:00:00Z")  # 72 h after the window, as it is read
    assert (moved["DTEND"], moved["SEQUENCE"]) == ("20261003T220000Z", "1")
    assert "The claim may already be time-barred (strictest reading: claim by 2026-10-03 22:00)" in moved["DESCRIPTION"]


@pytest.mark.parametrize("content", [b"", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", b"\xff\x00", b"BEGIN:VEVENT\r\n"])
def test_a_calendar_of_others_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "mine.ics"
    path.write_bytes(content)
    with pytest.raises(sla.InputError, match="not a calendar of deadlines that slakit wrote; name another file"):
        calendar("2026-10-02", path)


def test_the_command_writes_some_or_all(run: Run, tmp_path: Path) -> None:
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for name, rows in {"subscriptions": [SHOP, SHOP | {"subscription": "other"}], "outages": [DOWN]}.items():
        pl.DataFrame(rows).write_csv(evidence / f"{name}.csv")
    out = tmp_path / "claims" / "deadlines.ics"
    asked = ("calendar", str(evidence), "--period", "2026-09", "--as-of", "2026-10-02", "--out")
    done = run(*asked, str(out), "-s", SHOP["subscription"])
    assert (done.code, "1 deadline to come." in done.out) == (0, True)
    assert len(unfolded(out.read_bytes())) == 2
    refused = run(*asked, str(tmp_path / "deadlines.txt"))
    assert (refused.code, "let it end in .ics" in refused.err) == (1, True)
    unknown = run(*asked, str(out), "-s", "othr", "-s", SHOP["subscription"])
    assert (unknown.code, "othr: not in the evidence; did you mean other?" in unknown.err) == (1, True), unknown.err


def test_a_name_of_a_claim_is_nobody_elses() -> None:
    start = datetime(2026, 9, 1, tzinfo=UTC)
    assert claim_uid("a", "b-c", start) != claim_uid("a-b", "c", start)
