"""Recoveries against recovery points and times under each reading, and backups against frequency and retention."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from desk_support import DAY, HOUR, LATER, MICROSECOND, MINUTE, Row, at, evidence, holder

from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy
from slakit.problems import InputError

FAILED = at("2026-06-10T12:00")


def recovery(kind: str, lost: timedelta | None, back: timedelta | None, name: str = "r", failed: Any = FAILED) -> Row:
    """A loss of so much work, back after so long; without one it is not known, or not back."""
    copy = None if lost is None else failed - lost
    restored = None if back is None else failed + back
    row = {"recovery": name, "subscription": "s", "kind": kind, "failed": failed}
    return {**row, "last_good_copy": copy, "restored": restored}


def assessed(
    policy: Policy | str, *, as_of: Any = LATER, ranges: bool = True, reading: Any = None, **tables: list[Row]
) -> Review:
    name = policy if isinstance(policy, str) else "own"
    given = evidence([], held=holder(name, currency="SEK"), **tables)
    known = None if isinstance(policy, str) else {"own": policy}
    return assess(given, "2026-06", as_of, policies=known, ranges=ranges, reading=reading)


def outcome(review: Review) -> dict[str, tuple[bool | None, bool | None]]:
    """Recovery point and time kept, by reading."""
    return {
        reading: (rpo, rto) for reading, rpo, rto in review.recoveries.select("reading", "rpo_met", "rto_met").rows()
    }


READ_60, READ_120 = "vm-rpo=60m", "vm-rpo=120m"


@pytest.mark.parametrize(
    ("lost", "back", "strict", "lenient"),
    [
        (60 * MINUTE, 240 * MINUTE, (True, True), (True, True)),
        (60 * MINUTE + MICROSECOND, 240 * MINUTE + MICROSECOND, (False, False), (True, False)),
        (120 * MINUTE, 0 * MINUTE, (False, True), (True, True)),
        (120 * MINUTE + MICROSECOND, HOUR, (False, True), (False, True)),
        (None, HOUR, (None, True), (None, True)),
    ],
)
def test_a_lost_server_is_judged_under_both_readings_to_the_microsecond(
    lost: Any, back: Any, strict: Any, lenient: Any
) -> None:
    review = assessed("cloudworkz", recoveries=[recovery("vm", lost, back)])
    assert outcome(review) == {READ_60: strict, READ_120: lenient}
    assert review.recoveries["reading"].to_list() == [READ_60, READ_120]


def test_the_chosen_reading_comes_first() -> None:
    review = assessed("cloudworkz", recoveries=[recovery("vm", HOUR, HOUR)], reading=["vm-rpo=120m"], ranges=True)
    assert review.recoveries["rpo_seconds"].to_list() == [7200]


@pytest.mark.parametrize(
    ("lost", "back", "kept"),
    [
        (24 * HOUR, 48 * HOUR, (True, True)),
        (24 * HOUR + MICROSECOND, 48 * HOUR, (False, True)),
        (HOUR, 48 * HOUR + MICROSECOND, (True, False)),
    ],
)
def test_a_lost_data_centre_has_targets_of_its_own(lost: Any, back: Any, kept: Any) -> None:
    review = assessed("cloudworkz", recoveries=[recovery("datacenter", lost, back)], ranges=False)
    assert outcome(review) == {"": kept}


@pytest.mark.parametrize(("now", "kept"), [(4 * HOUR, None), (4 * HOUR + MICROSECOND, False)])
def test_what_is_not_back_has_no_verdict_until_its_time_is_up(now: timedelta, kept: bool | None) -> None:
    for back in (None, 5 * HOUR):
        review = assessed("cloudworkz", as_of=FAILED + now, recoveries=[recovery("vm", HOUR, back)], ranges=False)
        assert outcome(review) == {"": (True, kept)}
        assert review.recoveries["back_seconds"][0] * 10**6 == now // MICROSECOND


def test_a_loss_that_comes_later_is_not_known() -> None:
    review = assessed("cloudworkz", as_of=FAILED, recoveries=[recovery("vm", HOUR, HOUR)])
    assert review.recoveries.is_empty()


def test_a_kind_of_loss_without_a_target_has_no_verdict() -> None:
    review = assessed("cloudworkz", recoveries=[recovery("tape", HOUR, HOUR)], ranges=False)
    assert outcome(review) == {"": (None, None)}
    assert review.recoveries["clause"].to_list() == [None]


def test_a_policy_without_recovery_terms_gives_rows_without_verdicts() -> None:
    review = assessed("wp-heaven", recoveries=[recovery("vm", HOUR, HOUR)])
    assert outcome(review) == {"": (None, None)}


FIRST_NIGHT = at("2026-06-01T02:00")


def nightly(*gaps: timedelta, first: datetime = FIRST_NIGHT, kept: timedelta | None = 30 * DAY) -> list[Row]:
    """Backups, each so long after the one before."""
    taken = [first]
    for gap in gaps:
        taken.append(taken[-1] + gap)
    return [{"subscription": "s", "taken": moment, "kept_until": kept and moment + kept} for moment in taken]


def backups(terms: str, zone: str = "UTC") -> Policy:
    text = f"""\
format: 1
id: own
provider: Own
service: Anything
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
time_zone: {zone}
guarantees: [{{id: uptime, metric: availability, target: 99, window: 1mo, clause: c}}]
backups: [{{id: copy, clause: c, {terms}}}]
"""
    return parse_policy(text, name="own.yaml")


def gaps(review: Review) -> list[bool | None]:
    return review.backups["in_time"].to_list()


def test_a_day_between_backups_is_in_time_and_a_microsecond_more_is_a_gap() -> None:
    rows = nightly(DAY, DAY + MICROSECOND, HOUR)
    review = assessed("wp-heaven", as_of=at("2026-06-03T12:00"), backups=rows)
    assert gaps(review) == [None, True, False, True, True]
    assert review.backups["gap_seconds"][-1] * 10**6 == (at("2026-06-03T12:00") - rows[-1]["taken"]) // MICROSECOND


def test_the_time_since_the_last_backup_counts_too() -> None:
    review = assessed("wp-heaven", as_of=at("2026-06-03T02:00:01"), backups=nightly(DAY))
    assert gaps(review) == [None, True, False]
    assert review.backups["taken"].to_list()[-1] is None


def test_backups_in_any_order_are_judged_in_the_order_of_time() -> None:
    rows = nightly(DAY, 2 * DAY, DAY)
    review = assessed("wp-heaven", as_of=at("2026-06-05T03:00"), backups=rows[::-1])
    assert gaps(review) == [None, True, False, True, True]


def test_a_backup_of_the_future_is_not_known() -> None:
    review = assessed("wp-heaven", as_of=at("2026-06-02T01:00"), backups=nightly(DAY, DAY))
    assert gaps(review) == [None, True]


@pytest.mark.parametrize(("change", "hour"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_every_day_at_the_same_hour_is_in_time_over_a_clock_change(change: str, hour: int) -> None:
    noon = at(f"{change}T12:00", "Europe/Oslo")
    policy = backups("every: 1d", "Europe/Oslo")
    review = assessed(policy, as_of=noon, backups=nightly(hour * HOUR, first=noon - hour * HOUR))
    assert gaps(review) == [None, True, True]
    late = nightly(25 * HOUR + MICROSECOND, first=noon - 25 * HOUR)
    assert gaps(assessed(policy, as_of=noon + HOUR, backups=late))[1] is False
    by_hours = backups("every: 24h", "Europe/Oslo")
    strict = assessed(by_hours, as_of=noon, backups=nightly(hour * HOUR, first=noon - hour * HOUR))
    assert gaps(strict)[1] is (hour == 23)


@pytest.mark.parametrize(("kept", "long_enough"), [(30 * DAY, True), (30 * DAY - MICROSECOND, False), (None, None)])
def test_retention_is_judged_to_the_microsecond(kept: timedelta | None, long_enough: bool | None) -> None:
    review = assessed(backups("kept: 30d"), as_of=at("2026-06-01T03:00"), backups=nightly(kept=kept))
    assert review.backups["kept_long_enough"].to_list() == [long_enough, None]
    assert gaps(review) == [None, None]


def test_a_ceiling_on_retention_is_no_promise() -> None:
    review = assessed("cloudworkz", as_of=at("2026-06-01T03:00"), backups=nightly(kept=DAY), ranges=False)
    assert set(review.backups["kept_long_enough"].to_list()) == {None}


def test_without_evidence_nothing_is_judged() -> None:
    review = assessed("cloudworkz", ranges=False)
    assert review.recoveries.is_empty()
    assert review.backups.is_empty()


STRICT = """
format: 1
id: own
provider: Own
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01}
guarantees: [{id: web, metric: availability, target: 99, window: 1mo, clause: c}]
"""


@pytest.mark.parametrize(("end", "kept"), [("to", True), ("below", False)])
def test_a_limit_may_itself_be_a_miss(end: str, kept: bool) -> None:
    policy = parse_policy(f"{STRICT}recovery: [{{id: vm, rpo: {{{end}: 1h}}, rto: {{{end}: 4h}}, clause: r}}]")
    exactly = [recovery("vm", HOUR, 4 * HOUR)]
    assert outcome(assessed(policy, recoveries=exactly)) == {"": (kept, kept)}
    less = [recovery("vm", HOUR - MICROSECOND, 4 * HOUR - MICROSECOND)]
    assert outcome(assessed(policy, recoveries=less)) == {"": (True, True)}
    # not back after exactly the limit: late at once, or not yet
    still_down = assessed(policy, recoveries=[recovery("vm", None, None)], as_of=FAILED + 4 * HOUR)
    assert outcome(still_down) == {"": (None, None if kept else False)}


@pytest.mark.parametrize(("end", "kept"), [("to", True), ("below", False)])
def test_two_backups_may_have_to_be_less_than_the_interval_apart(end: str, kept: bool) -> None:
    policy = parse_policy(f"{STRICT}backups: [{{id: vm, every: {{{end}: 24h}}, clause: b}}]")
    taken = [{"subscription": "s", "taken": at("2026-06-10") + hours * HOUR} for hours in (0, 24)]
    review = assessed(policy, backups=taken, as_of=at("2026-06-11T01:00"))
    assert review.backups.filter(review.backups["taken"].is_not_null())["in_time"].to_list() == [None, kept]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ("recovery: [{id: vm, rpo: {from: 1h}, clause: r}]", "a longest time has no lower end; write 4h"),
        ("recovery: [{id: vm, rto: {below: 0s}, clause: r}]", "nothing is less than no time; write to: 0m"),
        ("backups: [{id: vm, every: {above: 1d}, clause: r}]", "a longest time has no lower end; write 4h"),
    ],
)
def test_strict_about_nothing_is_refused(section: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        parse_policy(STRICT + section)
