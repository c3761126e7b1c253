"""Answers that are given in minutes, as a service desk has measured them, instead of instants."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from desk_support import HOUR, MICROSECOND, MINUTE, Row, at, desk, evidence, hold, judged, lengths, ticket, verdicts

from slakit.analysis.explain import explain_ticket
from slakit.measure.attainment import by_priority
from slakit.problems import InputError

OPENED = at("2026-06-05T16:00")  # a Friday; support ends an hour later
OFFICE = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}}'
ANSWER = desk("id: response, metric: response, target: 95, within: 90m", OFFICE)


def given(minutes: Any, name: str = "t", **known: Any) -> Row:
    return ticket(OPENED, None, name, response_minutes=str(minutes), **known)


@pytest.mark.parametrize(
    ("minutes", "verdict", "late"),
    [
        ("90", "met", None),
        ("90.000001", "missed", timedelta(microseconds=60)),
        ("0", "met", None),
        ("91.5", "missed", 1.5),
    ],
)
def test_minutes_are_compared_with_the_target_as_they_are(minutes: str, verdict: str, late: Any) -> None:
    # 90 minutes from Friday 16:00 are up on Monday 08:30; the hold and the weekend are not taken off once more
    review = judged(ANSWER, [given(minutes)], [hold(OPENED, HOUR)])
    assert verdicts(review) == [verdict]
    assert lengths(review, "late_seconds") == [late * MINUTE if isinstance(late, float) else late]
    assert review.tickets.select("answered", "in_minutes", "due").rows() == [(None, True, None)]


def test_more_minutes_than_have_passed_are_no_answer_yet() -> None:
    # as of 16:59 an answer after 60 minutes cannot have been given: 59 have passed on the clock
    review = judged(ANSWER, [given(60)], as_of=OPENED + 59 * MINUTE)
    assert (verdicts(review), lengths(review)) == (["pending"], [59 * MINUTE])
    assert review.tickets["in_minutes"].to_list() == [False]
    assert verdicts(judged(ANSWER, [given(60)], as_of=OPENED + 60 * MINUTE)) == ["met"]
    assert verdicts(judged(ANSWER, [given(10**14)])) == ["missed"]  # by the clock: it is open for years


def test_business_days_are_of_24_hours() -> None:
    policy = desk("id: resolution, metric: resolution, within: 2bd", OFFICE)
    rows = [ticket(OPENED, None, name, resolution_minutes=minutes) for name, minutes in (("a", 2880), ("b", 2881))]
    assert verdicts(judged(policy, rows)) == ["met", "missed"]


def test_minutes_count_in_medians_and_are_told() -> None:
    review = judged(ANSWER, [given(80, "a"), given(100, "b")])
    seen = by_priority(review.tickets, ("guarantee",), "elapsed_seconds")
    assert seen.filter(pl.col("priority").is_null()).select("eligible", "met_count", "p50").rows() == [(2, 1, 6000)]
    assert "no due time, its length given in minutes; 1h40m of working time, 10m late" in str(
        explain_ticket(review, "b")
    )
    assert ("s", "tickets response_minutes", "as given") in [row[:3] for row in review.assumptions.iter_rows()]


def test_a_claim_runs_from_the_earliest_end_of_a_late_ticket() -> None:
    policy = desk("id: response, metric: response, within: 1h, credit: {flat: 5%, clause: c}")
    policy = policy.amend({"claims": {"within": "1d", "after": "incident_end", "clause": "c"}})
    [deadline] = judged(policy, [given(600)]).claims["deadline"].to_list()
    assert deadline == at("2026-06-08") - MICROSECOND  # ten hours after Friday 16:00 it is Saturday; a day more


def test_a_hold_of_minutes_is_told() -> None:
    row = given(80) | {"resolution_minutes": "100"}
    review = judged(ANSWER, [row], [hold(OPENED, HOUR)])
    told = review.warnings.filter(code="hold_of_minutes").select("table", "row", "says").rows()
    assert told == [("holds", 2, "Ticket t is given in minutes: its hold from 2026-06-05 16:00 UTC takes nothing.")]
    assert review.row_counts.filter(table="holds").select("read", "used").rows() == [(1, 0)]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (given(5) | {"responded": OPENED + HOUR},
         "tickets row 2 response_minutes = 5: beside responded, which says the same; give one of the two"),
        (given(-5), "tickets row 2 response_minutes = -5: negative; give 0 or more"),
        (given(5, due=OPENED + HOUR), "tickets row 2 response_minutes: response_minutes of a ticket with a due time: "
         "response must know when it was answered; give responded"),
    ],
)  # fmt: skip
def test_minutes_that_say_nothing_or_too_much_are_refused(row: Row, told: str) -> None:
    with pytest.raises(InputError) as seen:
        judged(ANSWER, [row])
    assert [str(problem) for problem in seen.value.problems] == [told]


def test_a_due_time_of_a_ticket_that_is_excluded_by_it_needs_no_instant() -> None:
    policy = desk("id: response, metric: response, within: 1h, exclude: {own_deadline: [change]}")
    rows = [given(5, due=OPENED + HOUR, kind="change")]
    assert verdicts(judged(policy, rows)) == ["excluded"]
    assert evidence(rows).tickets["response_minutes"].to_list() == [5]
