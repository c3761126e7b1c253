"""Bad tickets are refused together, each with its row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from desk_support import DAY, HOUR, at, desk, evidence, hold, holder, judged, ticket

from slakit.analysis.assess import assess
from slakit.evidence.evidence import Evidence
from slakit.problems import InputError

OPENED = at("2026-06-01T09:00")
PRIORITIES = desk(
    """
    id: response, metric: response, within: {P1: 1h, P2: 2h}
    id: resolution, metric: resolution, within: {P1: 1h, P2: 2h}
    """,
    "priorities: [{id: P1}, {id: P2}], matrix: {impact: {high: {low: P2, high: P1}}, clause: c}",
)


def refused(work: Callable[[], Any]) -> list[str]:
    with pytest.raises(InputError) as seen:
        work()
    return [str(problem) for problem in seen.value.problems]


def test_times_that_cannot_be_and_holds_of_nothing_are_refused_when_tables_are_read() -> None:
    rows = [
        ticket(OPENED, HOUR, "good"),
        ticket(OPENED, -HOUR, "early"),
        ticket(OPENED, HOUR, "resolved early") | {"resolved": OPENED - DAY},
    ]
    holds = [hold(OPENED, HOUR, "good"), hold(OPENED, HOUR, "nobody"), hold(OPENED, -HOUR, "good")]
    problems = refused(lambda: evidence(rows, holds))
    assert sorted(problem.split(" = ")[0] for problem in problems) == [
        "holds row 3 ticket",
        "holds row 4 ended",
        "tickets row 3 resolved",
        "tickets row 3 responded",
        "tickets row 4 resolved",
    ]


def test_priorities_that_cannot_be_told_are_refused_together_and_once() -> None:
    rows = [
        ticket(OPENED, HOUR, "good"),
        ticket(OPENED, HOUR, "typo", priority="P11"),
        ticket(OPENED, HOUR, "neither", priority=None),
        ticket(OPENED, HOUR, "no cell", priority=None, impact="low", urgency="high"),
        ticket(OPENED, HOUR, "half", priority=None, impact="high"),
        ticket(OPENED, HOUR, "ranked", priority=None, impact="high", urgency="low"),
    ]
    problems = refused(lambda: judged(PRIORITIES, rows))
    assert [problem.split(":")[0] for problem in problems[:4]] == [
        "tickets row 3 priority = P11",
        "tickets row 4 priority",
        "tickets row 5 priority = impact low, urgency high",
        "tickets row 6 priority = impact high, urgency None",
    ]
    assert "did you mean P1?" in problems[0]
    assert "give a priority, or impact and urgency" in problems[1]
    assert len(problems) == 4


def test_bad_tickets_of_several_policies_are_told_at_once() -> None:
    held = [holder("klikk", tier="gold", currency="NOK"), holder("klink-cloud", tier="growth") | {"subscription": "k"}]
    rows = [ticket(OPENED, HOUR, "a", priority="P1"), ticket(OPENED, HOUR, "b", priority="high", subscription="k")]
    problems = refused(lambda: assess(Evidence.of(held, tickets=rows), "2026-06", "2026-08-01"))
    assert [problem.split(":")[0] for problem in problems] == [
        "tickets row 2 priority = P1",
        "tickets row 3 priority = high",
    ]


def test_a_priority_that_has_no_target_is_refused() -> None:
    policy = desk("id: response, metric: response, within: {P1: 1h}", "priorities: [{id: P1}, {id: P2}]")
    [problem] = refused(lambda: judged(policy, [ticket(OPENED, HOUR, priority="P2")]))
    assert problem.startswith("tickets row 2 priority = P2: response has no target for this priority; ")


@pytest.mark.parametrize("after", [HOUR, 2 * HOUR])
def test_a_hold_after_the_resolution_takes_nothing_and_is_no_fault(after: timedelta) -> None:
    policy = desk("id: response, metric: response, within: 59m")
    review = judged(policy, [ticket(OPENED, HOUR)], [hold(OPENED + after, None)])
    assert review.tickets.select("verdict", "elapsed_seconds").rows() == [("missed", 3600)]


def test_where_there_is_one_target_for_all_a_ticket_needs_no_priority() -> None:
    policy = desk("id: resolution, metric: resolution, within: 4h, target: 95", "hours: 24/7")
    review = judged(policy, [ticket(OPENED, HOUR, priority=None), ticket(OPENED, 5 * HOUR, "u", priority="any")])
    assert review.attainment.select("eligible", "met_count").rows() == [(2, 1)]


def test_a_priority_that_the_policy_does_not_have_is_refused_even_where_none_is_needed() -> None:
    policy = desk("id: response, metric: response, within: 1h", "priorities: [{id: P1}, {id: P2}]")
    [problem] = refused(lambda: judged(policy, [ticket(OPENED, HOUR, priority="P3")]))
    assert problem.startswith("tickets row 2 priority = P3: not a priority of the policy")


def test_tickets_of_policies_without_a_promise_about_them_need_no_priority() -> None:
    review = judged("cloudworkz", [ticket(OPENED, HOUR, priority=None)], held=holder("cloudworkz", currency="SEK"))
    assert review.tickets.is_empty()
    assert review.attainment.is_empty()


def test_a_zone_that_does_not_exist_is_refused() -> None:
    assert "no such time zone" in refused(lambda: Evidence.of([holder()], time_zone="Europe/Olso"))[0]
    [problem] = refused(lambda: desk("id: response, metric: response, within: 1h", zone="Europe/Olso"))
    assert "Europe/Olso" in problem


@pytest.mark.parametrize("span", ["8:00-17:00", "08:00-25:00", "08:00", "08:00-17:60", "24:00-08:00"])
def test_a_span_that_is_no_span_is_refused(span: str) -> None:
    [problem] = refused(
        lambda: desk("id: response, metric: response, within: 1h", f'hours: {{weekly: {{mon: ["{span}"]}}}}')
    )
    assert "write it like 08:00-17:00" in problem


def test_a_span_that_ends_before_it_begins_runs_over_midnight() -> None:
    policy = desk("id: response, metric: response, within: 8h", 'hours: {weekly: {mon: ["22:00-06:00"]}}')
    review = judged(policy, [ticket(at("2026-06-01T12:00"), at("2026-06-02T12:00"))])
    assert review.tickets["due"].to_list() == [at("2026-06-02T06:00")]
    assert review.tickets["verdict"].to_list() == ["met"]


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ('weekly: {mon: ["08:00-08:00"]}', "08:00-08:00 is empty; write 00:00-24:00 for the whole day"),
        ('weekly: {mon: ["08:00-17:00"]}, holidays: XX', "no public holidays are known for it"),
    ],
)
def test_hours_that_mean_nothing_are_refused(terms: str, said: str) -> None:
    [problem] = refused(lambda: desk("id: response, metric: response, within: 1h", f"hours: {{{terms}}}"))
    assert said in problem
