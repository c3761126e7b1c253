"""Clocks of single tickets: holds, edges, deadlines of their own, priorities and business days."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk_support import (
    DAY,
    HOUR,
    LATER,
    MICROSECOND,
    MINUTE,
    Row,
    at,
    desk,
    hold,
    holder,
    judged,
    lengths,
    ticket,
    verdicts,
)
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.policy.files import find_policy

WEEK = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}}'
OPENED = at("2026-06-01T09:00")  # a Monday


def answers(within: str, support: str = WEEK, zone: str = "UTC") -> Policy:
    return desk(f"id: response, metric: response, target: 95, within: {within}", support, zone=zone)


def due_of(review: Review) -> list[Any]:
    return review.tickets["due"].to_list()


@pytest.mark.parametrize(
    ("took", "verdict"),
    [(4 * HOUR, "met"), (4 * HOUR + MICROSECOND, "missed"), (0 * HOUR, "met"), (4 * HOUR - MICROSECOND, "met")],
)
def test_exactly_the_target_is_met_and_a_microsecond_more_is_missed(took: timedelta, verdict: str) -> None:
    review = judged(answers("4h"), [ticket(OPENED, took)])
    assert verdicts(review) == [verdict]
    assert lengths(review) == [took]
    assert lengths(review, "late_seconds") == [took - 4 * HOUR if verdict == "missed" else None]


@pytest.mark.parametrize(
    ("as_of", "verdict", "left"),
    [
        (OPENED + HOUR, "pending", 3 * HOUR),
        (OPENED + 4 * HOUR, "pending", 0 * HOUR),
        (OPENED + 4 * HOUR + MICROSECOND, "missed", None),
    ],
)
def test_without_an_answer_it_is_pending_until_its_time_is_up(as_of: Any, verdict: str, left: Any) -> None:
    review = judged(answers("4h"), [ticket(OPENED)], as_of=as_of)
    assert verdicts(review) == [verdict]
    assert due_of(review) == [OPENED + 4 * HOUR]
    assert lengths(review, "remaining_seconds") == [left]


def test_an_answer_that_is_not_known_yet_is_no_answer() -> None:
    rows = [ticket(OPENED, 6 * HOUR), ticket(OPENED + 5 * HOUR, HOUR, "unborn")]
    assert verdicts(judged(answers("4h"), rows, as_of=OPENED + 5 * HOUR)) == ["missed"]


Zammad = tuple[str, str, list[tuple[str, str]], str, str, int, int]
# Zammad, test/unit/ticket_sla_test.rb: Berlin, 09:00 to 18:00 every day; times in UTC. Opened, answered, waits, which
# answer, due, minutes of work, minutes early (late if negative).
ZAMMAD: dict[str, Zammad] = {
    "answered late": ("2013-03-21T09:30", "2013-03-21T14:00", [], "60m", "2013-03-21T10:30", 270, -210),
    "closed early": ("2013-03-21T09:30", "2013-03-21T11:30", [], "180m", "2013-03-21T12:30", 120, 60),
    "half an hour of waiting before the answer": (
        "2013-06-04T09:00", "2013-06-04T10:45", [("10:00", "10:30")], "120m", "2013-06-04T11:30", 75, 45,
    ),
    "half an hour of waiting before it is closed": (
        "2013-06-04T09:00", "2013-06-04T12:00", [("10:00", "10:30")], "250m", "2013-06-04T13:40", 150, 100,
    ),
    "waiting when it came and again": (
        "2013-06-04T09:00", "2013-06-04T12:00", [("09:00", "10:30"), ("11:00", "12:00")], "240m",
        "2013-06-04T15:30", 30, 210,
    ),
    "waiting all the time": (
        "2013-06-04T09:00", "2013-06-04T12:00", [("09:00", "12:00")], "240m", "2013-06-04T16:00", 0, 240,
    ),
    "five hours of waiting until the evening": (
        "2013-06-04T09:00", "2013-06-04T16:00", [("10:00", "15:00")], "120m", "2013-06-04T16:00", 120, 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ZAMMAD.values(), ids=ZAMMAD)
def test_tickets_take_as_long_as_zammad_says(case: Zammad) -> None:
    opened, answered, waits, within, due, took, early = case
    policy = answers(within, 'hours: {weekly: {mon-sun: ["09:00-18:00"]}}', "Europe/Berlin")
    holds = [hold(*(at(f"{opened[:10]}T{clock}") for clock in wait)) for wait in waits]
    review = judged(policy, [ticket(at(opened), at(answered))], holds, opened[:7])
    assert lengths(review) == [took * MINUTE]
    assert verdicts(review) == ["missed" if early < 0 else "met"]
    late = lengths(review, "late_seconds")[0]
    assert late == -early * MINUTE if early < 0 else not late
    if not waits or waits[-1][1] != "12:00" or took == 30:
        assert due_of(review) == [at(due)]


def test_a_hold_outside_hours_takes_nothing() -> None:
    held = hold(at("2026-06-01T17:00"), at("2026-06-02T08:00"))
    review = judged(answers("10h"), [ticket(OPENED, at("2026-06-02T10:00"))], [held])
    assert lengths(review) == [10 * HOUR]
    assert verdicts(review) == ["met"]


def test_a_hold_over_a_holiday_takes_only_its_working_time() -> None:
    policy = answers("9h", 'hours: {weekly: {mon-fri: ["08:00-17:00"]}, holidays: NO}', "Europe/Oslo")
    opened, answered = at("2026-05-13T16:00", "Europe/Oslo"), at("2026-05-15T17:00", "Europe/Oslo")  # Ascension between
    held = hold(opened, at("2026-05-15T09:00", "Europe/Oslo"))
    review = judged(policy, [ticket(opened, answered)], [held], "2026-05")
    assert lengths(review) == [8 * HOUR]
    assert due_of(review) == [at("2026-05-18T09:00", "Europe/Oslo")]


def test_a_hold_over_a_clock_change_is_as_long_as_it_passes() -> None:
    opened = at("2026-03-28T12:00", "Europe/Oslo")
    review = judged(
        answers("10h", "hours: 24/7", "Europe/Oslo"),
        [ticket(opened, at("2026-03-29T12:00", "Europe/Oslo"))],
        [hold(opened, at("2026-03-29T06:00", "Europe/Oslo"))],
        "2026-03",
    )
    assert lengths(review) == [6 * HOUR]
    assert due_of(review) == [at("2026-03-29T16:00", "Europe/Oslo")]


def test_holds_that_overlap_or_touch_count_once() -> None:
    torn = [(0, 2), (1, 3), (1, 2), (3, 4), (3, 3)]
    holds = [hold(OPENED + start * HOUR, OPENED + end * HOUR) for start, end in torn]
    review = judged(answers("2h"), [ticket(OPENED, 6 * HOUR)], holds)
    assert lengths(review) == [2 * HOUR]
    assert due_of(review) == [OPENED + 6 * HOUR]


def test_an_open_hold_stops_the_clock_until_now() -> None:
    review = judged(answers("4h"), [ticket(OPENED)], [hold(OPENED + HOUR, None)], as_of=OPENED + 7 * HOUR)
    assert verdicts(review) == ["pending"]
    assert lengths(review) == [HOUR]
    assert lengths(review, "remaining_seconds") == [3 * HOUR]
    assert due_of(review) == [at("2026-06-02T10:00")]


def test_a_hold_after_the_answer_changes_nothing() -> None:
    row = ticket(OPENED, 2 * HOUR) | {"resolved": OPENED + 7 * HOUR}
    review = judged(answers("2h"), [row], [hold(OPENED + 2 * HOUR, OPENED + 5 * HOUR)])
    assert lengths(review) == [2 * HOUR]
    assert due_of(review) == [OPENED + 2 * HOUR]


def test_a_hold_before_the_ticket_was_opened_takes_only_what_lies_after() -> None:
    review = judged(answers("4h"), [ticket(OPENED, 3 * HOUR)], [hold(OPENED - DAY, OPENED + HOUR)])
    assert lengths(review) == [2 * HOUR]
    assert due_of(review) == [OPENED + 5 * HOUR]


def test_a_hold_that_begins_when_the_time_is_up_comes_too_late() -> None:
    review = judged(answers("4h"), [ticket(OPENED, 6 * HOUR)], [hold(OPENED + 4 * HOUR, OPENED + 5 * HOUR)])
    assert verdicts(review) == ["missed"]
    assert due_of(review) == [OPENED + 4 * HOUR]


def test_each_of_several_holds_moves_what_is_due() -> None:
    holds = [hold(OPENED + 3 * HOUR, OPENED + 5 * HOUR), hold(OPENED + HOUR, OPENED + 2 * HOUR)]
    review = judged(answers("4h"), [ticket(OPENED, 7 * HOUR)], holds)
    assert due_of(review) == [OPENED + 7 * HOUR]
    assert verdicts(review) == ["met"]


moments = st.integers(0, 4 * 24 * 4).map(lambda quarter: OPENED + quarter * 15 * MINUTE)


@examples(3)
@given(moments, st.none() | moments, st.lists(st.tuples(moments, moments), max_size=4), st.integers(1, 40))
def test_a_ticket_is_late_by_the_working_time_since_it_was_due(
    opened: Any, answered: Any, waits: list[tuple[Any, Any]], quarters: int
) -> None:
    answered = None if answered is None else max(opened, answered)
    holds = [hold(min(wait), max(wait)) for wait in waits if answered is None or min(wait) <= answered]
    as_of = OPENED + 5 * DAY
    policy = answers(f"{15 * quarters}m")
    review = judged(policy, [ticket(opened, answered)], holds, as_of=as_of)
    due, until = due_of(review)[0], answered or as_of
    if verdicts(review) == ["missed"]:
        since = judged(answers("1m"), [ticket(due, max(due, until))], holds, as_of=LATER)
        assert due < until
        assert lengths(review, "late_seconds") == lengths(since)
    else:
        assert lengths(review)[0] <= 15 * quarters * MINUTE  # type: ignore[operator]


@pytest.mark.parametrize(
    ("answered", "as_of", "verdict"),
    [
        (OPENED + 9 * DAY, LATER, "met"),
        (OPENED + 9 * DAY + MICROSECOND, LATER, "missed"),
        (None, OPENED + 9 * DAY, "pending"),
        (None, OPENED + 9 * DAY + MICROSECOND, "missed"),
    ],
)
def test_a_ticket_with_a_deadline_of_its_own_is_judged_by_that(answered: Any, as_of: Any, verdict: str) -> None:
    review = judged(answers("1h"), [ticket(OPENED, answered, due=OPENED + 9 * DAY)], as_of=as_of)
    assert verdicts(review) == [verdict]
    assert due_of(review) == [OPENED + 9 * DAY]


def test_a_ticket_is_late_by_its_own_deadline_too() -> None:
    late = ticket(OPENED, 5 * HOUR, due=OPENED + HOUR)
    early = ticket(OPENED, None, "early", due=OPENED + 6 * HOUR)
    review = judged(answers("24h"), [late, early], as_of=OPENED + 5 * HOUR)
    assert verdicts(review) == ["missed", "pending"]
    assert lengths(review, "late_seconds") == [4 * HOUR, None]
    assert lengths(review, "remaining_seconds") == [None, HOUR]


def test_planned_changes_with_a_deadline_and_tickets_of_the_service_levels_stay_out_at_klikk() -> None:
    opened = at("2026-06-01T09:00", "Europe/Oslo")
    low: Row = {"priority": "low"}
    rows = [
        ticket(opened, 100 * DAY, "own", kind="planned_change", due=opened + DAY, **low),
        ticket(opened, 100 * DAY, "none", kind="planned_change", **low),
        ticket(opened, 100 * DAY, "outage", kind="service_sla", **low),
        ticket(opened, 100 * DAY, "plain", kind="incident", due=opened + 100 * DAY, **low),
        ticket(opened, HOUR, "unkind", **(low | {"kind": None})),
    ]
    review = judged("klikk", rows, held=holder("klikk", tier="gold", currency="NOK"))
    solved = review.tickets.filter(guarantee="resolution").sort("ticket")
    assert dict(solved.select("ticket", "verdict").rows()) == {
        "own": "excluded", "none": "missed", "outage": "excluded", "plain": "met", "unkind": "met",
    }  # fmt: skip
    assert review.attainment.filter(guarantee="resolution").select("eligible", "met_count").row(0) == (3, 2)


CELLS = {
    ("high", "low"): "medium", ("high", "medium"): "high", ("high", "high"): "critical",
    ("medium", "low"): "low", ("medium", "medium"): "medium", ("medium", "high"): "high",
    ("low", "low"): "planned", ("low", "medium"): "low", ("low", "high"): "medium",
}  # fmt: skip


def test_every_impact_and_urgency_gives_the_priority_of_the_matrix() -> None:
    rows = [
        ticket(at("2026-06-02") + n * MINUTE, HOUR, f"t{n}", priority=None, impact=impact, urgency=urgency)
        for n, (impact, urgency) in enumerate(CELLS)
    ]
    rows.append(ticket(at("2026-06-03"), HOUR, "own", priority="low", impact="high", urgency="high"))
    review = judged("klikk", rows, held=holder("klikk", tier="silver", currency="NOK"))
    own = review.tickets.filter(guarantee="resolution")
    assert own["priority"].to_list() == [*CELLS.values(), "low"]
    hours = {"critical": 4, "high": 8, "medium": 16, "low": 32, "planned": 64}
    assert [float(seconds) / 3600 for seconds in own["within_seconds"]] == [hours[name] for name in own["priority"]]


SLOWER = {"P1": "2026-06-05T19:00", "P2": "2026-06-08T15:00", "P3": "2026-06-09T15:00", "P4": "2026-06-10T15:00"}
FASTER = {"P1": "2026-06-05T17:00", "P2": "2026-06-05T19:00", "P3": "2026-06-08T15:00", "P4": "2026-06-09T15:00"}
KLINK = {"enterprise": FASTER, "growth": SLOWER, "starter": SLOWER}


@pytest.mark.parametrize("tier", KLINK)
def test_business_days_of_klink_skip_the_weekend(tier: str) -> None:
    friday = at("2026-06-05T15:00")
    rows = [ticket(friday, at(due), name, priority=name) for name, due in KLINK[tier].items()]
    rows += [ticket(friday, at(due) + MICROSECOND, f"late {name}", priority=name) for name, due in KLINK[tier].items()]
    review = judged("klink-cloud", rows, held=holder("klink-cloud", tier=tier, currency="USD"))
    by_name = {name: (due, verdict) for name, due, verdict in review.tickets.select("ticket", "due", "verdict").rows()}
    for name, due in KLINK[tier].items():
        assert by_name[name] == (at(due), "met")
        assert by_name[f"late {name}"] == (at(due), "missed")


def test_business_days_that_begin_on_a_weekend_begin_on_monday() -> None:
    row = ticket(at("2026-06-06T12:00"), at("2026-06-09T00:00"), priority="P3")
    review = judged("klink-cloud", [row], held=holder("klink-cloud", tier="enterprise", currency="USD"))
    assert due_of(review) == [at("2026-06-09T00:00")]
    assert lengths(review) == [24 * HOUR]


def test_business_days_leave_out_the_holidays_of_the_support_hours() -> None:
    support = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}, holidays: SE, time_zone: Europe/Stockholm}'
    wednesday = at("2026-05-13T12:00", "Europe/Stockholm")  # Ascension is on Thursday
    review = judged(answers("1bd", support), [ticket(wednesday, HOUR)], period="2026-05")
    assert due_of(review) == [at("2026-05-15T12:00", "Europe/Stockholm")]


def test_the_policies_judge_the_tickets_that_the_documents_speak_of() -> None:
    metrics = {
        name: sorted(g.id for g in find_policy(name).guarantees if g.metric in ("response", "resolution"))
        for name in ("klikk", "klink-cloud", "wp-heaven", "cloudworkz")
    }
    assert metrics == {
        "klikk": ["resolution", "response"],
        "klink-cloud": ["response"],
        "wp-heaven": [],
        "cloudworkz": [],
    }
