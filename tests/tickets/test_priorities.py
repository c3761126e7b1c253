"""Tickets that change their priority: which one decides, and how it is told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from desk_support import HOUR, MICROSECOND, MINUTE, Row, at, desk, judged, lengths, ticket

from slakit.analysis.explain import explain_ticket
from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.problems import InputError

OPENED = at("2026-06-01T09:00")
ANSWERED = OPENED + 2 * HOUR
RANKS = "priorities: [{id: P1}, {id: P2}, {id: P3}]"
BY_RANK = "id: response, metric: response, within: {P1: 1h, P2: 4h, P3: 1bd}, target: 90"


def changed(at_instant: datetime, priority: str, name: str = "t") -> Row:
    return {"ticket": name, "started": at_instant, "priority": priority}


def of(policy: Policy, row: Row, *changes: Row, **more: Any) -> Review:
    return judged(policy, [row], priorities=list(changes), **more)


def told(review: Review) -> list[tuple[Any, ...]]:
    return review.tickets.select("priority", "priorities", "verdict").rows()


@pytest.mark.parametrize(
    ("changes", "answered", "opened"),
    [
        # answered after two hours: late as P1, in time as P2 or P3
        ([(HOUR, "P1")], ("P1", "P2 → P1", "missed"), ("P2", "P2 → P1", "met")),
        ([(2 * HOUR, "P1")], ("P1", "P2 → P1", "missed"), ("P2", "P2 → P1", "met")),  # at the very answer
        ([(2 * HOUR + MICROSECOND, "P1")], ("P2", None, "met"), ("P2", None, "met")),
        ([(HOUR, "P2")], ("P2", None, "met"), ("P2", None, "met")),
        ([(HOUR, "P1"), (90 * MINUTE, "P3")], ("P3", "P2 → P1 → P3", "met"), ("P2", "P2 → P1 → P3", "met")),
        ([(-HOUR, "P3"), (-MINUTE, "P1")], ("P1", None, "missed"), ("P1", None, "missed")),
        ([(0 * HOUR, "P1"), (HOUR, "P3")], ("P3", "P1 → P3", "met"), ("P1", "P1 → P3", "missed")),
    ],
)
def test_the_priority_at_the_answer_or_at_the_opening_decides(changes: Any, answered: Any, opened: Any) -> None:
    rows = [changed(OPENED + after, priority) for after, priority in changes]
    given = ticket(OPENED, ANSWERED, priority="P2")
    for ranked, expected in (("answered", answered), ("opened", opened)):
        policy = desk(f"{BY_RANK}, ranked: {ranked}", RANKS)
        assert told(of(policy, given, *rows)) == [expected]


def test_a_ticket_that_nobody_ranked_at_first_has_its_first_priority_from_the_opening() -> None:
    policy = desk(f"{BY_RANK}, ranked: opened", RANKS)
    row = ticket(OPENED, ANSWERED, priority=None)
    assert told(of(policy, row, changed(OPENED + HOUR, "P1"))) == [("P1", None, "missed")]


def test_an_open_ticket_is_judged_by_its_present_priority() -> None:
    policy = desk(BY_RANK, RANKS)
    rows = [changed(OPENED + HOUR, "P1"), changed(OPENED + 5 * HOUR, "P3")]
    review = of(policy, ticket(OPENED, None, priority="P2"), *rows, as_of=OPENED + 2 * HOUR)
    assert told(review) == [("P1", "P2 → P1", "missed")]
    assert lengths(review, "within_seconds") == [HOUR]


def test_the_matrix_gives_way_to_a_priority_of_the_table() -> None:
    policy = desk(BY_RANK, f"{RANKS}, matrix: {{impact: {{high: {{high: P1}}}}, clause: c}}")
    row = ticket(OPENED, ANSWERED, priority=None, impact="high", urgency="high")
    assert told(of(policy, row, changed(OPENED + HOUR, "P2"))) == [("P2", "P1 → P2", "met")]


def test_a_guarantee_about_some_priorities_is_about_those_that_come_to_them() -> None:
    policy = desk("id: response, metric: response, within: 1h, tickets: {priorities: [P1]}", RANKS)
    rows = [ticket(OPENED, ANSWERED, "a", priority="P2"), ticket(OPENED, ANSWERED, "b", priority="P1")]
    changes = [changed(OPENED + HOUR, "p1", "a"), changed(OPENED + HOUR, "P2", "b")]
    review = judged(policy, rows, priorities=changes)
    assert review.tickets.select("ticket", "priorities").rows() == [("a", "P2 → P1")]
    assert review.warnings.select("table", "code").rows() == [("priorities", "taken_as")]
    assert review.row_counts.filter(table="priorities").select("read", "used").rows() == [(2, 1)]


def test_a_change_is_explained_and_what_the_contract_does_not_say_is_assumed() -> None:
    row, change = ticket(OPENED, ANSWERED, priority="P2"), changed(OPENED + HOUR, "P1")
    review = of(desk(BY_RANK, RANKS), row, change, changed(ANSWERED + HOUR, "P3"))
    assert "Ticket t (P2 → P1, judged as P1), opened" in str(explain_ticket(review, "t"))
    assumed = review.assumptions.filter(term="guarantees.response.ranked").select("subject", "value").rows()
    assert assumed == [("s", "answered")]
    assert review.warnings.select("row", "code").rows() == [(3, "priority_after_answer")]
    written = of(desk(f"{BY_RANK}, ranked: answered", RANKS), row, change)
    assert written.assumptions.filter(term="guarantees.response.ranked").is_empty()


def test_priorities_that_mean_nothing_are_refused_where_they_stand() -> None:
    row = ticket(OPENED, ANSWERED, priority="P2")
    policy = desk(BY_RANK, RANKS)
    twice = [changed(OPENED, "P1"), changed(OPENED, "P2")]
    for changes, expected in (
        (twice, ["another row has the same ticket and started; keep one of them"] * 2),
        ([changed(OPENED, "P1", "u")], ["priorities row 2 ticket = u: no such ticket; there are t"]),
        ([changed(OPENED, "P7")], ["priorities row 2 priority = P7: not a priority of the policy; "]),
    ):
        with pytest.raises(InputError) as seen:
            of(policy, row, *changes)
        problems = [str(problem) for problem in seen.value.problems]
        assert len(problems) == len(expected)
        assert all(part in problem for part, problem in zip(expected, problems, strict=True)), problems
