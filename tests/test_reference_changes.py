"""The reference on tickets, claims and subscriptions that change, against numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from reference import assess
from reference.trees import tree_of

Row = dict[str, Any]
Tables = dict[str, list[Row]]
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    """`06-03 09:00` of 2026, in UTC."""
    day, _, time = text.partition(" ")
    return datetime.fromisoformat(f"2026-{day}T{time or '00:00'}+00:00")


def contract(policy: str = "p", fee: str = "1000", **known: Any) -> Row:
    row = {"subscription": "s", "policy": policy, "monthly_fee": Decimal(fee), "currency": "EUR"}
    return row | {"starts": at("01-01"), "ends": None} | known


def judged(
    policies: str | dict[str, str],
    evidence: Tables,
    period: str = "2026-06",
    as_of: datetime = LATER,
    rows: list[Row] | None = None,
) -> Tables:
    """Assess one subscription, of the policy `p` if not said."""
    texts = {"p": policies} if isinstance(policies, str) else policies
    trees = {name: {"id": name} | tree_of(text) for name, text in texts.items()}
    return assess(trees, {"subscriptions": rows or [contract()]} | evidence, period, as_of)


def outage(started: str, length: timedelta, **known: Any) -> Row:
    row = {"outage": started, "subscription": "s", "started": at(started), "ended": at(started) + length}
    return row | known


def ticket(opened: str, **known: Any) -> Row:
    return {"ticket": opened, "subscription": "s", "opened": at(opened), "responded": None, "resolved": None} | known


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


# Tickets

RESPONSE = """
support: {hours: {weekly: {mon-fri: ["08:00-16:00"]}}}
guarantees:
  - {id: g, metric: response, within: {P1: 1h, P2: 4h, P3: 8h}, window: 1mo}
"""


def of_ticket(found: Tables) -> Row:
    (row,) = found["tickets"]
    return row


@pytest.mark.parametrize(
    ("minutes", "verdict", "late"), [("240", "met", None), ("240.5", "missed", 30), ("0", "met", None)]
)
def test_minutes_measured_elsewhere_are_the_elapsed_time(minutes: str, verdict: str, late: int | None) -> None:
    # P2 has 4 h, which are 240 minutes. The hold of the whole day is in the minutes already.
    row = ticket("06-01 09:00", priority="P2", response_minutes=Decimal(minutes))
    hold = {"ticket": row["ticket"], "started": at("06-01"), "ended": at("06-02")}
    found = judged(RESPONSE, {"tickets": [row], "holds": [hold]})
    one = of_ticket(found)
    assert (one["verdict"], one["elapsed_seconds"], one["late_seconds"]) == (verdict, Decimal(minutes) * 60, late)
    assert (one["answered"], one["due"]) == (None, None)
    assert (found["attainment"][0]["eligible"], found["attainment"][0]["pending"]) == (1, 0)


def test_a_ticket_with_an_instant_and_minutes_is_refused() -> None:
    row = ticket("06-01 09:00", priority="P2", responded=at("06-01 10:00"), response_minutes=Decimal(60))
    with pytest.raises(ValueError, match="two answers"):
        judged(RESPONSE, {"tickets": [row]})


def test_minutes_are_no_answer_to_a_deadline_that_is_an_instant() -> None:
    row = ticket("06-01 09:00", priority="P2", due=at("06-01 12:00"), response_minutes=Decimal(60))
    with pytest.raises(ValueError, match="own deadline"):
        judged(RESPONSE, {"tickets": [row]})


def test_minutes_that_have_not_passed_are_no_answer_yet() -> None:
    # Opened at 09:00 on the first; as of 10:59 no 120 minutes have passed, however they are counted.
    row = ticket("06-01 09:00", priority="P2", response_minutes=Decimal(120))
    before = judged(RESPONSE, {"tickets": [row]}, as_of=at("06-01 10:59"))
    assert (of_ticket(before)["verdict"], of_ticket(before)["elapsed_seconds"]) == ("pending", 119 * 60)
    after = judged(RESPONSE, {"tickets": [row]}, as_of=at("06-01 11:00"))
    assert (of_ticket(after)["verdict"], of_ticket(after)["elapsed_seconds"]) == ("met", 120 * 60)


def test_twenty_four_hours_of_minutes_are_a_business_day() -> None:
    policy = RESPONSE.replace("{P1: 1h, P2: 4h, P3: 8h}", "1bd")
    for minutes, verdict in (("1440", "met"), ("1441", "missed")):
        found = judged(policy, {"tickets": [ticket("06-01 09:00", response_minutes=Decimal(minutes))]})
        assert of_ticket(found)["verdict"] == verdict


RANKED = [("answered", "P1", "missed"), ("opened", "P3", "met")]


@pytest.mark.parametrize(("ranked", "priority", "verdict"), RANKED)
def test_a_ticket_is_judged_by_the_priority_at_its_answer_or_at_its_opening(
    ranked: str, priority: str, verdict: str
) -> None:
    # Answered after 2 h: in time for P3 (8 h), too late for P1 (1 h), which it has had since 10:00.
    # What comes after the answer changes nothing.
    policy = RESPONSE.replace("window: 1mo", f"window: 1mo, ranked: {ranked}")
    row = ticket("06-01 09:00", priority="P3", responded=at("06-01 11:00"))
    raised = [
        {"ticket": row["ticket"], "started": at("06-01 10:00"), "priority": "P1"},
        {"ticket": row["ticket"], "started": at("06-01 12:00"), "priority": "P2"},
    ]
    one = of_ticket(judged(policy, {"tickets": [row], "priorities": raised}))
    assert (one["priority"], one["verdict"], one["priorities"]) == (priority, verdict, "P3 → P1")


def test_a_priority_counts_from_its_very_instant() -> None:
    row = ticket("06-01 09:00", priority="P3", responded=at("06-01 11:00"))
    for started, priority in (("06-01 11:00", "P1"), ("06-01 11:01", "P3")):
        changes = [{"ticket": row["ticket"], "started": at(started), "priority": "P1"}]
        one = of_ticket(judged(RESPONSE, {"tickets": [row], "priorities": changes}))
        assert one["priority"] == priority


def test_the_first_priority_speaks_for_the_time_before_it() -> None:
    policy = RESPONSE.replace("window: 1mo", "window: 1mo, ranked: opened")
    row = ticket("06-01 09:00", responded=at("06-01 11:00"))
    changes = [
        {"ticket": row["ticket"], "started": at("06-01 09:30"), "priority": "P2"},
        {"ticket": row["ticket"], "started": at("06-01 10:00"), "priority": "P1"},
    ]
    one = of_ticket(judged(policy, {"tickets": [row], "priorities": changes}))
    assert (one["priority"], one["verdict"]) == ("P2", "met")


def test_what_is_not_answered_has_the_priority_of_now() -> None:
    # After 2 h P1 is late; before it was raised at 10:30 it was P3, with time left.
    row = ticket("06-01 09:00", priority="P3")
    changes = [{"ticket": row["ticket"], "started": at("06-01 10:30"), "priority": "P1"}]
    for now, verdict in (("06-01 10:15", "pending"), ("06-01 11:00", "missed")):
        found = judged(RESPONSE, {"tickets": [row], "priorities": changes}, as_of=at(now))
        assert of_ticket(found)["verdict"] == verdict


UPDATES = """
support: {hours: {weekly: {mon-fri: ["08:00-16:00"]}}}
guarantees:
  - id: g
    metric: update
    within: 1h
    window: 1mo
    credit: {flat: 2%}
"""


def updates(row: Row, *sent: str) -> list[Row]:
    return [{"ticket": row["ticket"], "sent": at(one)} for one in sent]


@pytest.mark.parametrize(
    ("sent", "verdict", "elapsed", "due"),
    [
        # gaps of 60, 60 and 30 minutes
        (("06-01 10:00", "06-01 11:00"), "met", 60, "06-01 12:00"),
        # gaps of 61 and 89 minutes: the first that is too long was up at 10:00
        (("06-01 10:01",), "missed", 89, "06-01 10:00"),
        # gaps of 60 and 90 minutes: up at 11:00
        (("06-01 10:00",), "missed", 90, "06-01 11:00"),
        # what was sent before it was opened, or after it was resolved, is no update
        (("06-01 08:30", "06-01 11:31"), "missed", 150, "06-01 10:00"),
    ],
)
def test_no_time_without_an_update_is_longer_than_promised(
    sent: tuple[str, ...], verdict: str, elapsed: int, due: str
) -> None:
    row = ticket("06-01 09:00", resolved=at("06-01 11:30"))
    found = judged(UPDATES, {"tickets": [row], "updates": updates(row, *sent)})
    one = of_ticket(found)
    assert (one["verdict"], one["elapsed_seconds"], one["due"]) == (verdict, elapsed * 60, at(due))
    assert [one["amount"] for one in found["credits"]] == [20 if verdict == "missed" else 0]


def test_time_without_an_update_is_of_support_hours_less_holds() -> None:
    # From Friday 15:30 to Monday 08:20 are 30 + 20 minutes; then to 10:00 are 100, less a hold of 45.
    row = ticket("06-05 15:30", resolved=at("06-08 10:00"))
    hold = {"ticket": row["ticket"], "started": at("06-08 09:00"), "ended": at("06-08 09:45")}
    evidence = {"tickets": [row], "updates": updates(row, "06-08 08:20"), "holds": [hold]}
    one = of_ticket(judged(UPDATES, evidence))
    assert (one["verdict"], one["elapsed_seconds"]) == ("met", 55 * 60)


def test_an_open_ticket_is_pending_until_an_update_is_late() -> None:
    row = ticket("06-01 09:00")
    evidence = {"tickets": [row], "updates": updates(row, "06-01 10:00")}
    for now, verdict in (("06-01 11:00", "pending"), ("06-01 11:01", "missed")):
        one = of_ticket(judged(UPDATES, evidence, as_of=at(now)))
        assert (one["verdict"], one["due"]) == (verdict, at("06-01 11:00"))


def test_without_a_table_of_updates_there_is_no_verdict() -> None:
    row = ticket("06-01 09:00", resolved=at("06-01 15:00"))
    found = judged(UPDATES, {"tickets": [row]})
    assert of_ticket(found)["verdict"] == "unknown"
    assert (found["attainment"][0]["eligible"], found["attainment"][0]["met"]) == (0, None)
    assert not any(one["amount"] for one in found["credits"])
    # a table without a row says that none was sent: 6 h
    assert of_ticket(judged(UPDATES, {"tickets": [row], "updates": []}))["elapsed_seconds"] == 6 * 3600


def test_updates_need_the_instant_of_the_resolution() -> None:
    row = ticket("06-01 09:00", resolution_minutes=Decimal(30))
    with pytest.raises(ValueError, match="say when it was resolved"):
        judged(UPDATES, {"tickets": [row], "updates": []})


# Claims

CLAIMS = """
guarantees:
  - id: g
    metric: availability
    target: 99.9
    window: 1mo
    credit: {flat: 10%}
claims:
  within: 30d
  requires:
    - {id: invoices_paid, says: All invoices are paid.}
    - {id: no_breach, says: The customer keeps the contract.}
"""
DOWN = outage("06-10", hours(2), reported=None)


def condition(name: str, started: str, ended: str | None, met: bool) -> Row:
    return {"subscription": "s", "condition": name, "started": at(started), "ended": ended and at(ended), "met": met}


@pytest.mark.parametrize(
    ("rows", "met", "status"),
    [
        ([], None, "claimable"),
        ([condition("invoices_paid", "06-01", "07-01", True)], True, "claimable"),
        # two halves cover it, a day less does not
        (
            [
                condition("invoices_paid", "05-01", "06-16", True),
                condition("invoices-paid", "06-16", None, True),
            ],
            True,
            "claimable",
        ),
        ([condition("invoices_paid", "06-02", None, True)], None, "claimable"),
        # an instant of the window is enough, and the end of a span is outside it
        ([condition("invoices_paid", "01-01", "06-01 00:01", False)], False, "not_valid"),
        ([condition("invoices_paid", "01-01", "06-01", False)], None, "claimable"),
        ([condition("invoices_paid", "07-01", None, False)], None, "claimable"),
        (
            [
                condition("invoices_paid", "01-01", None, True),
                condition("invoices_paid", "06-30", "07-02", False),
            ],
            False,
            "not_valid",
        ),
    ],
)
def test_a_claim_is_valid_if_what_it_requires_was_met(rows: list[Row], met: bool | None, status: str) -> None:
    found = judged(CLAIMS, {"outages": [DOWN], "conditions": rows}, as_of=at("07-10"))
    (claim,) = found["claims"]
    assert (claim["amount"], claim["status"]) == (100, status)
    assert [(one["requirement"], one["met"]) for one in found["requirements"]] == [
        ("invoices_paid", met),
        ("no_breach", None),
    ]


def test_what_is_not_valid_is_not_expired_and_what_was_claimed_is_claimed() -> None:
    broken = condition("no_breach", "06-05", "06-06", False)
    evidence = {"outages": [DOWN], "conditions": [broken]}
    assert judged(CLAIMS, evidence)["claims"][0]["status"] == "not_valid"
    claim = {"subscription": "s", "remedy": "g", "window_start": at("06-01"), "claimed": at("07-02"), "amount": None}
    assert judged(CLAIMS, evidence | {"claims_made": [claim]})["claims"][0]["status"] == "claimed"


def test_what_is_paid_without_a_claim_depends_on_its_requirements_too() -> None:
    policy = CLAIMS.replace("within: 30d", "needed: false")
    broken = condition("no_breach", "06-05", "06-06", False)
    for rows, status in (([], "not_required"), ([broken], "not_valid")):
        assert judged(policy, {"outages": [DOWN], "conditions": rows})["claims"][0]["status"] == status


def test_an_unknown_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="no claim requires good_mood"):
        judged(CLAIMS, {"outages": [DOWN], "conditions": [condition("good_mood", "06-01", None, True)]})


@pytest.mark.parametrize(
    ("reported", "status"),
    [(None, "expired"), ("06-10 01:00", "claimable"), ("07-05", "claimable"), ("07-11", "expired")],
)
def test_a_report_without_a_limit_must_only_exist(reported: str | None, status: str) -> None:
    policy = CLAIMS.replace("within: 30d", "within: 30d\n  report: {}")
    down = DOWN | {"reported": reported and at(reported)}
    found = judged(policy, {"outages": [down]}, as_of=at("07-10"))
    assert found["claims"][0]["status"] == status
    (steps,) = found["claim_steps"]
    assert (steps["report_by"], steps["reported"]) == (None, status == "claimable")
