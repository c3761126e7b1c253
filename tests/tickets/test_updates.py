"""Updates on tickets: the longest time without one, until the ticket is resolved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk_support import HOUR, MICROSECOND, MINUTE, Row, at, attained, desk, hold, judged, lengths, ticket, verdicts

from slakit.analysis.explain import explain, explain_ticket
from slakit.analysis.review import Review
from slakit.policy import words
from slakit.problems import InputError
from slakit.show.tables.tickets import show_answer_times, show_late_tickets

OPENED = at("2026-06-05T16:00")  # a Friday
OFFICE = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}}'
EVERY = desk("id: told, metric: update, within: 30m, target: 90")


def sent(*after: timedelta, name: str = "t") -> list[Row]:
    return [{"ticket": name, "sent": OPENED + one} for one in after]


def of(rows: list[Row], updates: list[Row], **more: Any) -> Review:
    return judged(more.pop("policy", EVERY), rows, updates=updates, **more)


@pytest.mark.parametrize(
    ("updates", "longest", "verdict"),
    [
        # resolved after 80 minutes
        ((30, 60), 30, "met"),
        ((20, 40, 55), 25, "met"),
        ((60, 30, 30), 30, "met"),
        ((30,), 50, "missed"),
        ((-5, 25, 80, 85), 55, "missed"),  # only the second was sent while it was open
    ],
)
def test_the_longest_time_without_an_update_decides(updates: tuple[int, ...], longest: int, verdict: str) -> None:
    review = of([ticket(OPENED, 80 * MINUTE)], sent(*(minutes * MINUTE for minutes in updates)))
    assert (lengths(review), verdicts(review)) == ([longest * MINUTE], [verdict])
    late = longest * MINUTE - 30 * MINUTE
    assert lengths(review, "late_seconds") == [late if verdict == "missed" else None]


def test_exactly_the_time_is_kept_unless_it_must_be_passed() -> None:
    row, updates = ticket(OPENED, 50 * MINUTE), sent(30 * MINUTE)
    single = desk("id: told, metric: update, within: 30m")
    strict = desk("id: told, metric: update, within: 30m, strictly: true")
    assert [verdicts(of([row], updates, policy=policy)) for policy in (single, strict)] == [["met"], ["missed"]]
    assert verdicts(of([row], sent(30 * MINUTE + MICROSECOND))) == ["missed"]


def test_an_open_ticket_waits_for_its_next_update_until_one_is_late() -> None:
    row, updates = ticket(OPENED), sent(20 * MINUTE, 45 * MINUTE)
    review = of([row], updates, as_of=OPENED + 75 * MINUTE)
    assert verdicts(review) == ["pending"]
    assert review.tickets["due"].to_list() == [OPENED + 75 * MINUTE]  # 30 minutes after the last
    late = of([row], updates, as_of=OPENED + 75 * MINUTE + MICROSECOND)
    assert verdicts(late) == ["missed"]


def test_a_late_update_is_late_whatever_comes_after_it() -> None:
    review = of([ticket(OPENED)], sent(40 * MINUTE, 50 * MINUTE), as_of=OPENED + 55 * MINUTE)
    assert (verdicts(review), review.tickets["due"].to_list()) == (["missed"], [OPENED + 30 * MINUTE])


def test_the_clock_stands_still_outside_hours_and_during_holds() -> None:
    policy = desk("id: told, metric: update, within: 30m", OFFICE)
    monday = OPENED.replace(day=8, hour=8)  # 16:45 to Monday 08:15 are 30 minutes of support
    updates = [*sent(20 * MINUTE, 45 * MINUTE), {"ticket": "t", "sent": monday + 15 * MINUTE}]
    row = ticket(OPENED, monday + 75 * MINUTE)
    assert lengths(of([row], updates, policy=policy)) == [60 * MINUTE]
    waits = [hold(monday + 20 * MINUTE, 35 * MINUTE)]  # of the last hour, 35 minutes
    review = judged(policy, [row], waits, updates=updates)
    assert (lengths(review), verdicts(review)) == ([30 * MINUTE], ["met"])


def test_times_go_by_priority_and_single_late_tickets_earn_by_how_late_they_are() -> None:
    earns = "credit: {accrual: {credit: 1%, per: 10m, count: complete}, per: incident, clause: c}"
    policy = desk(f"id: told, metric: update, within: {{P1: 30m, P2: 2h}}, {earns}")
    rows = [ticket(OPENED, 80 * MINUTE, "a"), ticket(OPENED, 80 * MINUTE, "b", priority="P2")]
    review = of(rows, sent(25 * MINUTE, name="a"), policy=policy)
    assert verdicts(review) == ["missed", "met"]
    # of a: 55 minutes without an update, 25 too many: two complete ten minutes of 1 % of 1000 EUR
    assert review.credits["amount"].to_list() == [20]


def test_without_the_table_there_is_no_verdict_and_with_an_empty_one_none_was_sent() -> None:
    row = ticket(OPENED, 80 * MINUTE)
    unknown = judged(EVERY, [row])
    assert (verdicts(unknown), attained(unknown)) == (["unknown"], [(0, 0, 0, None, None)])
    assert ("s", "table updates", "not given") in [line[:3] for line in unknown.assumptions.iter_rows()]
    assert "without the table of updates it cannot be judged" in str(explain_ticket(unknown, "t"))
    assert "Ticket" not in str(show_answer_times(unknown, "s").as_raw_html()).split("</caption>")[-1]
    other = ticket(OPENED, 10 * MINUTE, "other")
    known = of([row, other], [{"ticket": "other", "sent": OPENED}])
    assert verdicts(known) == ["missed", "met"]


def test_a_deadline_of_its_own_says_nothing_of_updates() -> None:
    row = ticket(OPENED, 80 * MINUTE, due=OPENED + HOUR)
    assert verdicts(of([row], sent(30 * MINUTE, 60 * MINUTE))) == ["met"]


def test_updates_are_told() -> None:
    review = of([ticket(OPENED, 80 * MINUTE)], sent(30 * MINUTE, 2 * HOUR))
    told = str(explain_ticket(review, "t"))
    assert "Committed: 90 % of tickets updated until resolved, with at most 30m between updates (c)." in told
    assert "50m of working time without an update, at the longest, 20m late: missed." in told
    assert "0 of 1 in time" in str(explain(review, "s", "2026-06"))
    assert "50m" in show_late_tickets(review, "s").as_raw_html()
    assert review.warnings.select("table", "row", "code").rows() == [("updates", 3, "update_outside_ticket")]
    strict = desk("id: told, metric: update, within: {P1: 30m}, strictly: true").terms().guarantee("told")
    assert words.promise(strict) == "updated until resolved, with less than 30m (P1) between updates"


def test_a_resolution_that_is_no_instant_ends_no_updates() -> None:
    with pytest.raises(InputError) as seen:
        of([ticket(OPENED, resolution_minutes="80")], sent(30 * MINUTE))
    [problem] = map(str, seen.value.problems)
    assert problem == "tickets row 2 resolution_minutes: told must know until when there were updates; give resolved"


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("metric: update, target: 90", "an update without a time; write within: 2h"),
        ("metric: update, within: 1mo", "an update is a time of support hours, and these know no months"),
    ],
)
def test_updates_that_mean_nothing_are_refused(said: str, wrong: str) -> None:
    with pytest.raises(InputError) as seen:
        desk(f"id: told, {said}")
    assert wrong in str(seen.value.problems[0])
