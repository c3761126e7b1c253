"""The reference on tickets, claims and subscriptions that change, against numbers worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from contract_of_tiers import CUT_AND_WHOLE, TIERS
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


# One of several remedies

ONE_OF = """
guarantees:
  - {id: a, metric: availability, target: 99.9, window: 1mo, credit: {bands: [{below: 99.9, credit: 10%}]}}
  - {id: b, metric: availability, target: 99.5, window: 1mo, credit: {multiple: 20}}
one_of:
  - {id: either, remedies: [a, b], select: largest}
"""


def paid(found: Tables) -> dict[tuple[str, str], tuple[Decimal, str | None]]:
    return {
        (row["remedy"], f"{row['window_start']:%m-%d}"): (row["amount"], row["instead"]) for row in found["credits"]
    }


def test_of_several_remedies_only_the_largest_is_paid() -> None:
    # June has 720 h. 3 h down: a owes 10 % of 1000; b is kept (99.58 %).
    # 7.2 h down: a 100; b 20 x 1 % of 1000 = 200. 3.6 h down is 99.5 %, which b keeps.
    for length, a, b in ((3, (100, None), (0, None)), (7.2, (0, "b"), (200, None)), (3.6, (100, None), (0, None))):
        found = judged(ONE_OF, {"outages": [outage("06-10", hours(length))]})
        assert paid(found) == {("a", "06-01"): a, ("b", "06-01"): b}
        assert [claim["remedy"] for claim in found["claims"]] == ["b" if b[0] else "a"]


def test_of_equal_remedies_the_first_is_paid() -> None:
    # 3.65 h of 730 h would be 0.5 %; in June 3.6 h are, and b must miss: 99.4 % is 4.32 h, 20 x 0.6 % is 12 %
    policy = ONE_OF.replace("10%", "12%")
    found = judged(policy, {"outages": [outage("06-10", hours(4.32))]})
    assert paid(found) == {("a", "06-01"): (120, None), ("b", "06-01"): (0, "a")}
    found = judged(policy.replace("[a, b]", "[b, a]"), {"outages": [outage("06-10", hours(4.32))]})
    assert paid(found) == {("a", "06-01"): (0, "b"), ("b", "06-01"): (120, None)}


def test_what_is_not_paid_uses_up_no_limit() -> None:
    # b: 200 in June (1 %), which a's limit of 100 over the term does not feel; July, 744 h: 1 h down, a 100, b nothing
    policy = ONE_OF.replace("credit: 10%}]}", "credit: 10%}], caps: [{at_most: 10%, per: term}]}")
    outages = [outage("06-10", hours(7.2)), outage("07-10", hours(1)), outage("08-10", hours(1))]
    found = paid(judged(policy, {"outages": outages}, "2026-06/2026-08"))
    assert found["a", "06-01"] == (0, "b")
    assert found["a", "07-01"] == (100, None)
    assert found["a", "08-01"] == (0, None)


def test_of_remedies_for_one_incident_only_the_largest_is_paid() -> None:
    # Two outages: the network's concerns a alone, the one of everything both. a: 50 each; b: 80.
    policy = """
guarantees:
  - {id: a, metric: downtime, within: 1h, window: incident, credit: {flat: 5%}}
  - {id: b, metric: downtime, within: 2h, window: incident, components: [server], credit: {flat: 8%}}
one_of:
  - {id: either, remedies: [a, b], select: choice}
"""
    outages = [outage("06-10", hours(3)), outage("06-20", hours(3), component="network")]
    found = judged(policy, {"outages": outages})
    assert paid(found) == {("a", "06-10"): (0, "b"), ("b", "06-10"): (80, None), ("a", "06-20"): (50, None)}


def test_remedies_that_do_not_compare_are_refused() -> None:
    down = {"outages": [outage("06-10", hours(8))]}
    weekly = ONE_OF.replace("target: 99.5, window: 1mo", "target: 99.5, window: 1w")
    with pytest.raises(ValueError, match="do not compare"):
        judged(weekly, down)
    twice = ONE_OF + "  - {id: other, remedies: [b, a], select: largest}\n"
    with pytest.raises(ValueError, match="stands in two"):
        judged(twice, down)


# Subscriptions that change


def changing(
    change: str, *, before: Row | None = None, after: Row | None = None, until: str | None = None
) -> list[Row]:
    """A subscription of two rows: silver, from the change on gold."""
    first = contract(tier="silver", starts=at("01-01"), ends=at(until or change)) | (before or {})
    return [first, contract(tier="gold", starts=at(change)) | (after or {})]


def levels(found: Tables, guarantee: str) -> list[tuple[str, str, int, int, bool | None]]:
    rows = [row for row in found["availability"] if row["guarantee"] == guarantee and not row["running"]]
    return [
        (
            f"{row['window_start']:%m-%d}",
            f"{row['window_end']:%m-%d}",
            int(row["agreed_seconds"] / 3600),
            int(row["downtime_seconds"] / 3600),
            row["met"],
        )
        for row in rows
    ]


def test_a_window_is_cut_where_the_terms_change_and_whole_where_they_do_not() -> None:
    # Ten days of silver, 240 h: 2 h down are 99.17 %, kept. Twenty of gold, 480 h: 1 h down is 99.79 %, missed.
    # `same` has 720 h: 3 h down are 99.58 %, kept. Gold's part pays on 20 of the 30 days of the fee: 10 % of 666.67.
    outages = [outage("06-05", hours(2)), outage("06-20", hours(1))]
    found = judged(TIERS, {"outages": outages}, rows=changing("06-11"))
    assert levels(found, "g") == [("06-01", "06-11", 240, 2, True), ("06-11", "07-01", 480, 1, False)]
    assert levels(found, "same") == [("06-01", "07-01", 720, 3, True)]
    assert paid(found) == {
        ("g", "06-01"): (0, None),
        ("g", "06-11"): (Decimal("66.67"), None),
        ("same", "06-01"): (0, None),
    }
    assert sum(row["seconds"] for row in found["ledger"] if row["guarantee"] == "g") == 3 * 3600


def test_a_window_that_is_not_cut_earns_by_the_terms_at_its_end() -> None:
    # 4 h of 720 h are 99.44 %: missed; gold is in force when June ends: 20 % of 1000
    found = judged(TIERS, {"outages": [outage("06-05", hours(4))]}, rows=changing("06-11"))
    assert paid(found)["same", "06-01"] == (200, None)


def test_an_outage_over_a_change_is_told_by_both_terms() -> None:
    # 10 June 22:00 to 11 June 03:00: 2 h in silver's part, 3 h in gold's, each by its own term
    found = judged(TIERS, {"outages": [outage("06-10 22:00", hours(5))]}, rows=changing("06-11"))
    assert levels(found, "g") == [("06-01", "06-11", 240, 2, True), ("06-11", "07-01", 480, 3, False)]
    own = [
        (row["started"], row["seconds"] / 3600, row["verdict"]) for row in found["ledger"] if row["guarantee"] == "g"
    ]
    assert own == [(at("06-10 22:00"), 2, "counted"), (at("06-11"), 3, "counted")]


@pytest.mark.parametrize(
    ("partial", "expected"),
    [
        # the whole month is the denominator of each part
        ("full", [("06-01", "06-11", 720, 3, True), ("06-11", "07-01", 720, 1, False)]),
        ("skip", []),
    ],
)
def test_a_cut_window_is_judged_as_the_policy_says_of_partial_windows(partial: str, expected: list[Any]) -> None:
    policy = TIERS.replace("window: 1mo", f"window: 1mo\n    partial: {partial}", 1)
    outages = [outage("06-05", hours(3)), outage("06-20", hours(1))]
    assert levels(judged(policy, {"outages": outages}, rows=changing("06-11")), "g") == expected


def test_a_suspension_is_outside_the_term_and_cuts_no_window_of_the_same_terms() -> None:
    # Suspended from 6 to 11 June: 5 days. `same` has 25 days, 600 h; 2 of the 4 h down count.
    outages = [outage("06-05 22:00", hours(4)), outage("06-20", hours(1))]
    found = judged(TIERS, {"outages": outages}, rows=changing("06-11", until="06-06"))
    assert levels(found, "same") == [("06-01", "07-01", 600, 3, True)]
    assert levels(found, "g") == [("06-01", "06-11", 120, 2, False), ("06-11", "07-01", 480, 1, False)]
    own = [(row["verdict"], row["seconds"] / 3600) for row in found["ledger"] if row["guarantee"] == "same"]
    assert own == [("counted", 2), ("outside_term", 2), ("counted", 1)]


def test_the_fee_of_a_month_is_the_mean_by_time() -> None:
    # June: 10 days at 600, 20 at 1500: (6000 + 30000) / 30 = 1200; July is 1500, May 600. 20 % of them.
    rows = changing("06-11", before={"monthly_fee": Decimal(600)}, after={"monthly_fee": Decimal(1500)})
    outages = [outage(f"0{month}-15", hours(5)) for month in (5, 6, 7)]
    found = judged(TIERS, {"outages": outages}, "2026-05/2026-07", rows=rows)
    amounts = {name[1]: amount for name, (amount, _) in paid(found).items() if name[0] == "same"}
    assert amounts == {"05-01": 30, "06-01": 240, "07-01": 300}


def test_a_suspension_weighs_nothing_in_the_fee() -> None:
    # June: 5 days at 600 and 20 at 1500: 33000 / 25 = 1320
    before, after = {"monthly_fee": Decimal(600)}, {"monthly_fee": Decimal(1500)}
    rows = changing("06-11", before=before, after=after, until="06-06")
    found = judged(TIERS, {"outages": [outage("06-20", hours(5))]}, rows=rows)
    assert paid(found)["same", "06-01"] == (264, None)


def test_component_fees_are_means_too() -> None:
    # 10 days at 30 and 20 at 60: 50
    policy = TIERS.replace("{silver: 5%, gold: 20%}}", "100%, of: component_fee}").replace(
        "target: 99.5", "target: 99.5\n    components: [web]"
    )
    before, after = {"component_fees": {"web": Decimal(30)}}, {"component_fees": {"web": Decimal(60)}}
    rows = changing("06-11", before=before, after=after)
    found = judged(policy, {"outages": [outage("06-20", hours(5))]}, rows=rows)
    assert paid(found)["same", "06-01"] == (50, None)


def test_a_limit_over_the_term_goes_on_through_a_change() -> None:
    # 10 % of 1000 for May (silver, missed by 8 h of 744), June in gold; at most 150 over the term
    policy = TIERS.replace("credit: {flat: 10%}", "credit: {flat: 10%, caps: [{at_most: 150 EUR, per: term}]}")
    outages = [outage("05-10", hours(8)), outage("06-10", hours(8))]
    found = judged(policy, {"outages": outages}, "2026-05/2026-06", rows=changing("06-01"))
    assert paid(found)["g", "05-01"] == (100, None)
    assert paid(found)["g", "06-01"] == (50, None)


def test_a_limit_per_window_is_one_for_both_parts_of_it() -> None:
    # Both parts of June are missed: a third and two thirds of 200, at most 150
    policy = TIERS.replace("credit: {flat: 10%}", "credit: {flat: 20%, caps: [{at_most: 15%, per: window}]}")
    outages = [outage("06-05", hours(8)), outage("06-20", hours(8))]
    found = judged(policy, {"outages": outages}, rows=changing("06-11"))
    assert paid(found)["g", "06-01"] == (Decimal("66.67"), None)
    assert paid(found)["g", "06-11"] == (Decimal("83.33"), None)


def test_a_streak_goes_on_through_a_change_and_counts_a_cut_window_once() -> None:
    # May, both parts of June, and July are missed: three months in a row at the end of July, two in June, whose 20 are
    # due in thirds.
    policy = TIERS.replace(
        "credit: {flat: 10%}",
        "credit: {bands: [{streak: 1, credit: 1%}, {streak: 2, credit: 2%}, {streak: 3, credit: 3%}]}",
    )
    outages = [outage(f"{day}", hours(8)) for day in ("05-10", "06-05", "06-20", "07-10")]
    found = judged(
        policy, {"outages": outages}, "2026-05/2026-07", rows=changing("06-11", before={"starts": at("05-01")})
    )
    amounts = {start: amount for (name, start), (amount, _) in paid(found).items() if name == "g"}
    assert amounts == {"05-01": 10, "06-01": Decimal("6.67"), "06-11": Decimal("13.33"), "07-01": 30}


def test_another_policy_cuts_and_does_not_begin_anew() -> None:
    # q begins a month after the start, which was in January: it measures June from the change on
    policies = {"p": TIERS, "q": TIERS.replace("tiers:", "begins: {wait: next_month}\ntiers:")}
    rows = changing("06-11", before={"tier": "gold"}, after={"policy": "q"})
    found = judged(policies, {"outages": [outage("06-20", hours(5))]}, rows=rows)
    assert levels(found, "same") == [("06-01", "06-11", 240, 0, True), ("06-11", "07-01", 480, 5, False)]


def test_a_window_in_two_parts_is_one_row_with_what_is_not_cut() -> None:
    # Both guarantees share a remedy. g is cut: its first part is missed (8 h of 240). The second part is kept, and
    # `same`, missed by 8 h of 720, is judged with it, as it ends with it, and is whole: a third of 100, and 100.
    found = judged(CUT_AND_WHOLE, {"outages": [outage("06-05", hours(8))]}, rows=changing("06-11"))
    assert paid(found) == {("r", "06-01"): (Decimal("33.33"), None), ("r", "06-11"): (100, None)}


def test_a_window_that_slides_starts_anew_with_other_terms() -> None:
    # Gold from noon of 11 June: its first week ends that day and has 12 h; silver's last one ends at noon.
    policy = TIERS.replace("window: 1mo", "window: {rolling: 7d}")
    found = judged(policy, {"outages": []}, "2026-06-10/2026-06-12", rows=changing("06-11 12:00"))
    assert [row[:3] for row in levels(found, "g")] == [
        ("06-04", "06-11", 168),
        ("06-05", "06-11", 156),
        ("06-11", "06-12", 12),
        ("06-11", "06-13", 36),
    ]


def test_tickets_belong_to_the_row_in_whose_span_they_were_opened() -> None:
    policy = (
        "tiers: [silver, gold]\nguarantees: [{id: g, metric: response, within: {silver: 2h, gold: 1h}, window: 1mo}]"
    )
    rows = changing("06-11", until="06-10")
    tickets = [ticket(day, responded=at(day) + hours(1.5)) for day in ("06-09", "06-10", "06-11")]
    found = judged(policy, {"tickets": tickets}, rows=rows)
    told = {row["ticket"]: row["verdict"] for row in found["tickets"]}
    assert told == {"06-09": "met", "06-10": "outside_term", "06-11": "missed"}


@pytest.mark.parametrize(
    ("before", "says"),
    [
        ({"ends": at("06-12")}, "overlap"),
        ({"ends": None}, "overlap"),
        ({"currency": "SEK"}, "currency"),
        ({"billing_day": 5}, "billing_day"),
    ],
)
def test_rows_that_do_not_follow_one_another_are_refused(before: Row, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        judged(TIERS, {"outages": []}, rows=changing("06-11", before=before))


@pytest.mark.parametrize(
    ("of", "basis"),
    [
        # 10 days of June at 600, 20 at 1500: 1200. May 600, July 1500.
        ("monthly_fee", 1200),
        ("previous_month_fee", 600),
        ("next_month_fee", 1500),
        # July 2025 to May 2026, of which the months before the start have its first fee, and June
        ("annual_fee", 11 * 600 + 1200),
        ("window_fee", 1200),
        # ten months of 304 days: 161 at 600 and 143 at 1500
        ("term_fee", 10 * Decimal(161 * 600 + 143 * 1500) / 304),
    ],
)
def test_each_basis_knows_the_fees_of_its_months(of: str, basis: Decimal) -> None:
    policy = TIERS.replace("{silver: 5%, gold: 20%}}", f"100%, of: {of}}}")
    rows = changing(
        "06-11", before={"monthly_fee": Decimal(600)}, after={"monthly_fee": Decimal(1500), "ends": at("11-01")}
    )
    found = judged(policy, {"outages": [outage("06-20", hours(5))]}, rows=rows)
    assert paid(found)["same", "06-01"] == (round(Decimal(basis), 2), None)


def test_a_billing_month_has_the_mean_of_its_own_days() -> None:
    # 21 May to 21 June: 21 days at 600, 10 at 1500: 27600 / 31 = 890.32; 20 % of it are 178.06
    policy = TIERS.replace("window: 1mo", "window: billing_month")
    rows = changing(
        "06-11",
        before={"monthly_fee": Decimal(600), "billing_day": 21},
        after={"monthly_fee": Decimal(1500), "billing_day": 21},
    )
    found = judged(policy, {"outages": [outage("06-15", hours(5))]}, rows=rows)
    assert paid(found)["same", "05-21"] == (Decimal("178.06"), None)


def test_a_single_incident_is_cut_as_a_window_is() -> None:
    # 3 h before the change, 2 h after it: silver has 4 h, gold 1 h
    policy = """
tiers: [silver, gold]
guarantees: [{id: g, metric: downtime, within: {silver: 4h, gold: 1h}, window: incident, credit: {flat: 10%}}]
"""
    found = judged(policy, {"outages": [outage("06-10 21:00", hours(5))]}, rows=changing("06-11"))
    told = [(row["started"], row["ended"], row["seconds"] / 3600, row["met"]) for row in found["incidents"]]
    assert told == [
        (at("06-10 21:00"), at("06-11"), 3, True),
        (at("06-11"), at("06-11 02:00"), 2, False),
    ]
    assert sum(row["seconds"] for row in found["ledger"]) == 5 * 3600
    assert paid(found) == {("g", "06-10"): (0, None), ("g", "06-11"): (100, None)}


def test_an_outage_is_not_judged_where_no_guarantee_does() -> None:
    # q promises nothing of outages: 2 h before the change are judged, 3 h after it are not
    policies = {"p": TIERS, "q": "guarantees: [{id: t, metric: response, within: 1h, window: 1mo}]"}
    rows = changing("06-11", after={"policy": "q", "tier": None})
    found = judged(policies, {"outages": [outage("06-10 22:00", hours(5))]}, rows=rows)
    told = [(row["guarantee"], row["verdict"], row["seconds"] / 3600) for row in found["ledger"]]
    assert told == [("g", "counted", 2), ("same", "counted", 2), (None, "not_judged", 3)]


def test_two_policies_are_read_each_for_itself() -> None:
    # g (silver, then the policy q) is missed in both parts of June, of 10 and 20 days: 10 % or 20 % of 1000 in each
    text = """
readings:
  - {id: rate, default: low, answers: {low: {}, high: {set: {guarantees.g.credit.flat: 20%}}}}
guarantees: [{id: g, metric: availability, target: 99, window: 1mo, credit: {flat: 10%}}]
"""
    rows = changing("06-11", after={"policy": "q"})
    outages = [outage("06-05", hours(8)), outage("06-20", hours(8))]
    (ranges,) = judged({"p": text, "q": text}, {"outages": outages}, rows=rows)["ranges"]
    assert (ranges["amount"], ranges["amount_low"], ranges["amount_high"]) == (100, 100, 200)
    assert ranges["widened_by"] == "p:rate, q:rate"
