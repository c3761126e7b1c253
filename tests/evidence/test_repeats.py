"""Maintenance that comes again: rules as calendars write them, at the same wall time through clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from small_contracts import at, contract, down, evidence, judged, seconds_by_verdict

from slakit.analysis.assess import assess
from slakit.evidence.repeats import Repeats, occurrences
from slakit.problems import InputError

OSLO = ZoneInfo("Europe/Oslo")
TERMS = "target: 99.9, exclude: {maintenance: [scheduled]}"


def works(repeats: str | None, started: str = "2026-03-01T01:00", ended: str = "2026-03-01T05:00", **more: Any) -> Any:
    row = {"maintenance": "m", "subscription": "s", "kind": "scheduled", "repeats": repeats, "time_zone": "Europe/Oslo"}
    return row | {"started": at(started, "Europe/Oslo"), "ended": at(ended, "Europe/Oslo")} | more


@pytest.mark.parametrize(
    ("rule", "first", "days"),
    [
        ("FREQ=DAILY;INTERVAL=2", "2026-03-01", ["2026-03-01", "2026-03-03", "2026-03-05"]),
        ("FREQ=WEEKLY", "2026-03-01", ["2026-03-01", "2026-03-08", "2026-03-15"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=TU,TH", "2026-03-03", ["2026-03-03", "2026-03-05", "2026-03-10"]),
        # weeks begin on Monday: the Sunday is of the week before
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU", "2026-03-01", ["2026-03-01", "2026-03-09", "2026-03-15"]),
        ("FREQ=MONTHLY;BYDAY=2SU", "2026-03-08", ["2026-03-08", "2026-04-12", "2026-05-10"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-02-27", ["2026-02-27", "2026-03-27", "2026-04-24"]),
        ("FREQ=MONTHLY;BYDAY=5SU", "2026-03-29", ["2026-03-29", "2026-05-31", "2026-08-30"]),
        ("FREQ=MONTHLY;BYDAY=SA;INTERVAL=2", "2026-05-30", ["2026-05-30", "2026-07-04", "2026-07-11"]),
        ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=1,-1", "2026-02-28", ["2026-02-28", "2026-03-01", "2026-03-31"]),
    ],
)
def test_days_of_rules(rule: str, first: str, days: list[str]) -> None:
    found = islice(Repeats.parse(rule).days(date.fromisoformat(first)), 3)
    assert [day.isoformat() for day in found] == days


def test_a_rule_that_no_month_has_a_day_for_ends() -> None:
    assert list(Repeats.parse("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31").days(date(2026, 2, 1))) == []


def test_wall_times_stay_through_clock_changes() -> None:
    first = datetime(2026, 3, 22, 0, 0, tzinfo=UTC), datetime(2026, 3, 22, 4, 0, tzinfo=UTC)  # 01:00 to 05:00 in Oslo
    until = datetime(2026, 4, 6, tzinfo=UTC)
    times = list(occurrences(Repeats.parse("FREQ=WEEKLY"), *first, OSLO, until))
    assert [(start.hour, (end - start).total_seconds() / 3600) for _, start, end in times] == [(0, 4), (0, 3), (23, 4)]
    assert times[2][1] == datetime(2026, 4, 4, 23, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        ("FREQ=WEEKLY;COUNT=2", 2),
        ("FREQ=WEEKLY;UNTIL=20260315", 3),
        ("FREQ=WEEKLY;UNTIL=20260315T000000Z", 3),  # the third begins at 00:00 UTC
        ("FREQ=WEEKLY;UNTIL=20260314T235959Z", 2),
        ("FREQ=WEEKLY", 5),
    ],
)
def test_rules_end(rule: str, count: int) -> None:
    row = works(rule)
    found = occurrences(Repeats.parse(rule), row["started"], row["ended"], OSLO, datetime(2026, 4, 1, tzinfo=UTC))
    assert len(list(found)) == count


def test_each_time_excludes_downtime() -> None:
    outages = [down(at(f"2026-03-{day:02}T02:00", "Europe/Oslo"), at("2026-01-01T01:00") - at("2026-01-01"), f"o{day}")
               for day in (1, 8, 9, 15)]  # fmt: skip
    review = judged(
        contract(TERMS, zone="Europe/Oslo"), outages, "2026-03", maintenance=[works("FREQ=WEEKLY;BYDAY=SU")]
    )
    assert seconds_by_verdict(review) == {"maintenance": 3 * 3600, "counted": 3600}
    ids = review.evidence.maintenance["maintenance"].to_list()
    assert ids == ["m 2026-03-01", "m 2026-03-08", "m 2026-03-15", "m 2026-03-22", "m 2026-03-29"]
    counts = review.row_counts.filter(table="maintenance").select("read", "used").row(0)
    assert counts == (1, 1)


def test_times_before_the_subscription_are_left_out_without_a_warning() -> None:
    row = works("FREQ=WEEKLY", "2019-01-06T01:00", "2019-01-06T05:00")
    review = judged(contract(TERMS), [], maintenance=[row])
    assert review.warnings.is_empty()
    assert review.evidence.maintenance["started"].min() == at("2020-01-05T01:00", "Europe/Oslo")


def test_an_endless_rule_without_effect_is_told_once() -> None:
    review = judged(contract("target: 99.9"), [], maintenance=[works("FREQ=DAILY")])
    assert review.warnings["code"].to_list() == ["maintenance_without_effect"]


def test_the_same_rows_written_out_give_the_same() -> None:
    written = [
        works(
            None,
            f"2026-03-{day:02}T01:00",
            f"2026-03-{day:02}T05:00",
            maintenance=f"m 2026-03-{day:02}",
            time_zone=None,
        )
        for day in (1, 8, 15, 22, 29)
    ]
    terms = f"{TERMS}, denominator: less_maintenance, credit: {{flat: 10%, clause: c}}"
    outages = [down(at("2026-03-29T00:30", "Europe/Oslo"), at("2026-01-02") - at("2026-01-01"))]
    policies = {"small": contract(terms, zone="Europe/Oslo")}
    by_rule, by_hand = (
        assess(evidence(outages, maintenance=rows), "2026-03", "2026-05-01", policies=policies)
        for rows in ([works("FREQ=WEEKLY")], written)
    )
    for table in ("ledger", "availability", "credits"):
        assert getattr(by_rule, table).equals(getattr(by_hand, table))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("every Sunday", "not a rule"),
        ("FREQ=YEARLY", "neither daily, weekly nor monthly"),
        ("FREQ=WEEKLY;BYHOUR=3", "BYHOUR is not read"),
        ("FREQ=WEEKLY;BYDAY=2SU", "2SU is no day of the week here"),
        ("FREQ=MONTHLY;BYDAY=0SU", "0SU is no day of a month"),
        ("FREQ=WEEKLY;BYDAY=SO", "SO is no day of the week here"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "days of a month"),
        ("FREQ=DAILY;BYDAY=SU", "days of the week are of weeks or months"),
        ("FREQ=WEEKLY;COUNT=0", "COUNT is not a whole number from 1"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20261231", "UNTIL and COUNT say the same"),
        ("FREQ=WEEKLY;UNTIL=2026-12-31", "UNTIL is no day or instant"),
        ("FREQ=WEEKLY;FREQ=DAILY", "not a rule"),
        ("FREQ=WEEKLY;BYDAY=MO", "does not begin on the day of started"),
    ],
)
def test_rules_that_are_not_read(rule: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        evidence(maintenance=[works(rule)])


@pytest.mark.parametrize(
    ("more", "said"),
    [({"time_zone": None}, "empty beside a rule"), ({"repeats": None}, "a zone without a rule"),
     ({"time_zone": "Oslo"}, "no such time zone")],
)  # fmt: skip
def test_a_rule_and_its_zone_come_together(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        evidence(maintenance=[works("FREQ=WEEKLY") | more])
