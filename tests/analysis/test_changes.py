"""Subscriptions that change while they run, against numbers worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from random_policies import policy_of
from reference.trees import tree_of

from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.evidence.evidence import Evidence
from slakit.problems import InputError

Row = dict[str, Any]

SOURCE = {"title": "T", "url": "https://example.com", "retrieved": "2026-01-01", "language": "en"}
HEAD = {"format": 1, "provider": "P", "service": "S", "source": SOURCE, "time_zone": "UTC"}
SIMPLE = """
guarantees:
  - {id: g, metric: availability, target: 99.5, window: 1mo, credit: {flat: 20%}}
"""


def with_clauses(text: str) -> Row:
    """Read terms, each with a clause."""
    tree = tree_of(text)
    for guarantee in tree["guarantees"]:
        guarantee.setdefault("clause", "1")
    for priced in (*tree["guarantees"], *tree.get("remedies", ())):
        if "credit" in priced:
            priced["credit"].setdefault("clause", "2")
    return tree


def row(starts: str, ends: str | None = None, fee: str = "1000", **known: Any) -> Row:
    """A row of the subscription `s`; `06-11` is the first instant of that day of 2026, in UTC."""
    held = {"subscription": "s", "policy": "p", "monthly_fee": fee, "currency": "EUR", "starts": at(starts)}
    return held | {"ends": ends and at(ends)} | known


def at(text: str) -> str:
    day, _, time = text.partition(" ")
    return f"2026-{day}T{time or '00:00'}:00Z"


def down(started: str, ended: str, **known: Any) -> Row:
    return {"outage": started, "subscription": "s", "started": at(started), "ended": at(ended)} | known


def judged(policies: str | dict[str, str], rows: list[Row], period: str = "2026-06", **tables: list[Row]) -> Review:
    """Assess a subscription, of the policy `p` if not said, as of 2027."""
    texts = {"p": policies} if isinstance(policies, str) else policies
    known = {name: policy_of(HEAD | {"id": name} | with_clauses(text)) for name, text in texts.items()}
    evidence = Evidence.of(rows, **{"outages": [], **tables})
    return assess(evidence, period, "2027-01-01", policies=known)


def paid(review: Review) -> dict[tuple[str, str], Decimal]:
    rows = review.credits.select("remedy", "window_start", "amount").iter_rows()
    return {(remedy, f"{start:%m-%d}"): amount for remedy, start, amount in rows}


def levels(review: Review, guarantee: str = "g") -> list[tuple[str, str, Decimal, Decimal, bool | None]]:
    """Windows: from, to, agreed hours, downtime hours, met."""
    rows = review.availability.rows(named=True)
    return [
        (
            f"{one['window_start']:%m-%d}",
            f"{one['window_end']:%m-%d}",
            one["agreed_seconds"] / 3600,
            one["downtime_seconds"] / 3600,
            one["met"],
        )
        for one in rows
        if one["guarantee"] == guarantee and not one["running"]
    ]


# Fees


def test_the_fee_of_a_month_is_the_mean_of_those_in_force() -> None:
    # June: 10 days at 600, 20 at 1500: (6000 + 30000) / 30 = 1200; May is 600, July 1500; 20 % of each
    rows = [row("06-11", fee="1500"), row("01-01", "06-11", fee="600")]
    outages = [down(f"0{month}-15 00:00", f"0{month}-15 05:00") for month in (5, 6, 7)]
    review = judged(SIMPLE, rows, "2026-05/2026-07", outages=outages)
    assert paid(review) == {("g", "05-01"): 120, ("g", "06-01"): 240, ("g", "07-01"): 300}
    # no window is cut
    assert [one[:3] for one in levels(review)] == [("05-01", "06-01", 744), ("06-01", "07-01", 720),
                                                   ("07-01", "08-01", 744)]  # fmt: skip


def test_component_fees_are_means_too() -> None:
    # 10 days at 30, 20 at 60: 50
    policy = SIMPLE.replace("flat: 20%", "flat: 100%, of: component_fee").replace("id: g,", "id: g, components: [web],")
    rows = [row("01-01", "06-11", component_fees='{"web": 30}'), row("06-11", component_fees='{"web": 60}')]
    assert paid(judged(policy, rows, outages=[down("06-20 00:00", "06-20 05:00")])) == {("g", "06-01"): 50}


@pytest.mark.parametrize(
    ("of", "basis"),
    [
        ("monthly_fee", "1200"),
        ("previous_month_fee", "600"),
        ("next_month_fee", "1500"),
        # of twelve months eleven at the first fee, those before the start among them
        ("annual_fee", "7800"),
        ("daily_fee", "40"),
        ("window_fee", "1200"),
        # ten months of 304 days, 161 at 600 and 143 at 1500: 1023.355… each
        ("term_fee", "10233.552632"),
        ("{last: 2mo}", "1800"),
    ],
)
def test_each_basis_knows_the_fees_of_its_months(of: str, basis: str) -> None:
    policy = SIMPLE.replace("flat: 20%", f"flat: 100%, of: {of}")
    rows = [row("01-01", "06-11", fee="600"), row("06-11", "11-01", fee="1500")]
    review = judged(policy, rows, outages=[down("06-20 00:00", "06-20 05:00")])
    assert review.credits["basis_amount"].to_list() == [Decimal(basis)]


def test_a_suspension_is_outside_the_term_and_weighs_nothing_in_the_fee() -> None:
    # Suspended from 6 to 11 June. 25 days, 600 h, are agreed; of 5 + 1 h down 2 lie in the suspension: 4 h, 99.33 %.
    # The fee: 5 days at 600 and 20 at 1500: 33000 / 25 = 1320; 20 % are 264.
    rows = [row("01-01", "06-06", fee="600"), row("06-11", fee="1500")]
    outages = [down("06-05 21:00", "06-06 02:00"), down("06-20 00:00", "06-20 01:00")]
    review = judged(SIMPLE, rows, outages=outages)
    assert levels(review) == [("06-01", "07-01", 600, 4, False)]
    assert paid(review) == {("g", "06-01"): 264}
    told = review.ledger.select("verdict", "seconds").rows()
    assert told == [("counted", 3 * 3600), ("outside_term", 2 * 3600), ("counted", 3600)]
    # where a part of a window stands for all of it, and where it is not judged
    assert levels(judged(SIMPLE.replace("1mo,", "1mo, partial: full,"), rows, outages=outages))[0][2] == 720
    assert levels(judged(SIMPLE.replace("1mo,", "1mo, partial: skip,"), rows, outages=outages)) == []


def test_a_ticket_opened_in_a_suspension_is_outside_the_term() -> None:
    policy = "guarantees: [{id: g, metric: response, within: 1h, window: 1mo}]"
    tickets = [
        {"ticket": day, "subscription": "s", "opened": at(day), "responded": at(f"{day} 02:00")}
        for day in ("06-05", "06-06", "06-10", "06-11")
    ]
    review = judged(policy, [row("01-01", "06-06"), row("06-11")], tickets=tickets)
    assert review.tickets["verdict"].to_list() == ["missed", "outside_term", "outside_term", "missed"]


# Rows that do not follow one another


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        (
            row("01-01"),
            row("06-11"),
            "row 2 ends: a later row of s follows, and this one has no end; "
            "end it at 2026-06-11T00:00:00Z or before, or give each its own id",
        ),
        (
            row("01-01", "06-12"),
            row("06-11"),
            "row 2 ends: a later row of s follows, and this one ends after that one starts; "
            "end it at 2026-06-11T00:00:00Z or before, or give each its own id",
        ),
        (
            row("01-01", "06-11"),
            row("06-11", billing_day=5),
            "row 3 billing_day = 5: the row of s before it has none, and a subscription keeps it; "
            "give all its rows the same, or each its own id",
        ),
        (
            row("06-11", currency="SEK"),
            row("01-01", "06-11"),
            "row 2 currency = SEK: the row of s before it has EUR, and a subscription keeps it; "
            "give all its rows the same, or each its own id",
        ),
    ],
)
def test_rows_that_do_not_follow_one_another_are_refused(first: Row, second: Row, told: str) -> None:
    with pytest.raises(InputError) as refused:
        Evidence.of([first, second])
    said = [str(problem).replace(" = 2026-06-12T00:00:00Z", "") for problem in refused.value.problems]
    assert said == [f"subscriptions {told}"]


def test_all_conflicts_are_told_at_once() -> None:
    rows = [row("01-01"), row("06-11", currency="SEK"), row("03-01", "04-01", billing_day=3)]
    with pytest.raises(InputError) as refused:
        Evidence.of(rows)
    places = [problem.where for problem in refused.value.problems]
    assert places == [
        "subscriptions row 2 ends",
        "subscriptions row 3 currency",
        "subscriptions row 3 billing_day",
        "subscriptions row 4 billing_day",
    ]


def test_another_tier_is_refused_in_words() -> None:
    policy = SIMPLE.replace("99.5", "{a: 99, b: 99.5}").replace("guarantees:", "tiers: [a, b]\nguarantees:")
    with pytest.raises(InputError, match="its policy or tier changes while it runs, which is not computed yet"):
        judged(policy, [row("01-01", "06-11", tier="a"), row("06-11", tier="b")])
