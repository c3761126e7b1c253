"""Subscriptions that change while they run, against numbers worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from contract_of_tiers import CUT_AND_WHOLE, TIERS
from random_policies import policy_of
from reference.trees import tree_of

from slakit.analysis.assess import assess
from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence
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


# Rows in refusals


def told(policy: str, rows: list[Row], **tables: list[Row]) -> list[str]:
    """Judge what is refused."""
    with pytest.raises(InputError) as refused:
        judged(policy, rows, **tables)
    return [str(problem) for problem in refused.value.problems]


def test_a_refusal_names_the_row_of_the_table_beside_subscriptions_of_several_rows() -> None:
    policy = SIMPLE.replace("flat: 20%", "flat: 20%, of: {components: [web]}")
    # rows 2 and 5 are s of one plan, rows 3 and 6 t of two: four phases stand before u, whose row is the third
    priced = [
        row("01-01", "06-11", component_fees='{"web": 1}'),
        row("01-01", "06-11", subscription="t", component_fees='{"web": 1}'),
        row("01-01", subscription="u"),
        row("06-11", component_fees='{"web": 1}'),
        row("06-11", subscription="t", component_fees='{"web": 1}'),
    ]
    outages = [down("06-15 00:00", "06-15 05:00", subscription="u")]
    lacks = "no fee of web, of which a credit is a share; give it"
    assert told(policy, priced, outages=outages) == [f"subscriptions row 4 component_fees: {lacks}"]
    # of one that changes, the row that is in force then
    priced[2:3] = [row("01-01", "03-01", subscription="u"), row("03-01", subscription="u")]
    assert told(policy, priced, outages=outages) == [f"subscriptions row 5 component_fees: {lacks}"]
    # a fee of the term
    policy = SIMPLE.replace("flat: 20%", "flat: 20%, of: term_fee")
    needs = "a fee of the term needs its end; give it"
    closed = [priced[0], row("06-11", "12-01"), row("01-01", subscription="u")]
    assert told(policy, closed, outages=outages) == [f"subscriptions row 4 ends: {needs}"]
    closed = [row("06-11"), row("01-01", "06-11"), row("01-01", "12-01", subscription="u")]
    outages = [down("06-15 00:00", "06-15 05:00")]
    assert told(policy, closed, outages=outages) == [f"subscriptions row 2 ends: {needs}"]


BY_PRIORITY = """
guarantees: [{id: g, metric: response, within: {P1: 1h}, window: 1mo}]
"""
MEASURED = """
guarantees: [{id: m, metric: figure, at_most: 5, measured: {by: mean, unit: ms}, window: 1mo}]
"""


@pytest.mark.parametrize(
    ("policy", "table", "lines", "said"),
    [
        (
            BY_PRIORITY,
            "tickets",
            "ticket,subscription,opened,priority\na,s,{at},P1\n\nb,s,{at},P3\n",
            "tickets row 4 priority = P3: g has no target for this priority; there are P1",
        ),
        (
            BY_PRIORITY,
            "tickets",
            "ticket,subscription,opened,priority,due,response_minutes\n\na,s,{at},P1,{at},5\n",
            "tickets row 3 response_minutes: response_minutes of a ticket with a due time: g must know when it was "
            "answered; give responded",
        ),
        (
            BY_PRIORITY.replace("within: {P1: 1h}", "within: 1h, tickets: {kinds: [incident]}"),
            "tickets",
            "ticket,subscription,opened,kind\na,s,{at},incident\n\nb,s,{at},\n",
            "tickets row 4 kind: g is about tickets of some kind only; give it; those are incident",
        ),
        (
            MEASURED,
            "measurements",
            "subscription,guarantee,measured,value\n\ns,m,{at},\n",
            "measurements row 3: no measurement of m; give value",
        ),
        (
            SIMPLE,
            "claims_made",
            "subscription,remedy,window_start,claimed,amount\ns,g,{at},{at},1\n\ns,h,{at},{at},1\n",
            "claims_made row 4 remedy = h: not a remedy of the policy; there are g",
        ),
    ],
)
def test_a_refusal_names_the_row_of_the_file(tmp_path: Path, policy: str, table: str, lines: str, said: str) -> None:
    subscriptions = "subscription,policy,monthly_fee,currency,starts\ns,p,1,EUR,2026-01-01T00:00Z\n"
    (tmp_path / "subscriptions.csv").write_text(subscriptions)
    (tmp_path / f"{table}.csv").write_text(lines.replace("{at}", at("06-10")))
    policies = {"p": policy_of(HEAD | {"id": "p"} | with_clauses(policy))}
    with pytest.raises(InputError) as refused:
        assess(read_evidence(tmp_path), "2026-06", "2027-01-01", policies=policies)
    assert [str(problem) for problem in refused.value.problems] == [said]


# Plans


def upgraded(change: str, until: str | None = None, **known: Any) -> list[Row]:
    """A subscription of silver, from the change on of gold."""
    return [row("01-01", until or change, tier="silver"), row(change, **({"tier": "gold"} | known))]


def test_a_window_is_cut_where_its_terms_change_and_whole_where_they_do_not() -> None:
    # Ten days of silver, 240 h: 2 h down are 99.17 %, kept. Twenty of gold, 480 h: 1 h down is 99.79 %, missed.
    # `same` has 720 h: 3 h down are 99.58 %, kept. Gold's part pays on 20 of the 30 days of the fee: 10 % of 666.67.
    outages = [down("06-05 00:00", "06-05 02:00"), down("06-20 00:00", "06-20 01:00")]
    review = judged(TIERS, upgraded("06-11"), outages=outages)
    assert levels(review) == [("06-01", "06-11", 240, 2, True), ("06-11", "07-01", 480, 1, False)]
    assert levels(review, "same") == [("06-01", "07-01", 720, 3, True)]
    assert paid(review) == {("g", "06-01"): 0, ("g", "06-11"): Decimal("66.67"), ("same", "06-01"): 0}
    # no part of an outage is told twice, and none is lost
    assert review.ledger.group_by("guarantee").agg("seconds").rows_by_key("guarantee").keys() == {"g", "same"}
    sums = dict(review.ledger.group_by("guarantee").agg(pl.col("seconds").sum()).iter_rows())
    assert sums == {"g": 3 * 3600, "same": 3 * 3600}


def test_a_whole_window_earns_by_the_terms_at_its_end() -> None:
    # 4 h of 720 h are 99.44 %: missed; gold is in force when June ends: 20 % of 1000
    review = judged(TIERS, upgraded("06-11"), outages=[down("06-05 00:00", "06-05 04:00")])
    assert paid(review)["same", "06-01"] == 200


def test_an_outage_over_a_change_is_told_by_the_terms_of_its_time() -> None:
    review = judged(TIERS, upgraded("06-11"), outages=[down("06-10 22:00", "06-11 03:00")])
    assert levels(review) == [("06-01", "06-11", 240, 2, True), ("06-11", "07-01", 480, 3, False)]
    told = review.ledger.filter(pl.col("guarantee") == "g").select("seconds", "verdict").rows()
    assert told == [(2 * 3600, "counted"), (3 * 3600, "counted")]


@pytest.mark.parametrize(
    ("partial", "expected"),
    [("full", [("06-01", "06-11", 720, 3, True), ("06-11", "07-01", 720, 1, False)]), ("skip", [])],
)
def test_a_cut_window_is_judged_as_the_policy_says_of_partial_windows(partial: str, expected: list[Any]) -> None:
    policy = TIERS.replace("window: 1mo", f"window: 1mo\n    partial: {partial}", 1)
    outages = [down("06-05 00:00", "06-05 03:00"), down("06-20 00:00", "06-20 01:00")]
    assert levels(judged(policy, upgraded("06-11"), outages=outages)) == expected


def test_a_suspension_cuts_no_window_of_the_same_terms() -> None:
    # Suspended from 6 to 11 June: 5 days. `same` has 600 h; 2 of the 4 h down count.
    outages = [down("06-05 22:00", "06-06 02:00"), down("06-20 00:00", "06-20 01:00")]
    review = judged(TIERS, upgraded("06-11", "06-06"), outages=outages)
    assert levels(review, "same") == [("06-01", "07-01", 600, 3, True)]
    assert levels(review) == [("06-01", "06-11", 120, 2, False), ("06-11", "07-01", 480, 1, False)]


def test_a_limit_over_the_term_goes_on_through_a_change() -> None:
    # 10 % of 1000 for May, by silver, and for June, by gold; at most 150 over the term
    policy = TIERS.replace(
        "credit: {flat: 10%}", "credit: {flat: 10%, caps: [{at_most: 150 EUR, per: term, clause: c}]}"
    )
    outages = [down("05-10 00:00", "05-10 08:00"), down("06-10 00:00", "06-10 08:00")]
    review = judged(policy, upgraded("06-01"), "2026-05/2026-06", outages=outages)
    assert (paid(review)["g", "05-01"], paid(review)["g", "06-01"]) == (100, 50)


def test_a_limit_per_window_is_one_for_both_parts_of_it() -> None:
    # a third and two thirds of 200, at most 150
    policy = TIERS.replace("credit: {flat: 10%}", "credit: {flat: 20%, caps: [{at_most: 15%, per: window, clause: c}]}")
    outages = [down("06-05 00:00", "06-05 08:00"), down("06-20 00:00", "06-20 08:00")]
    review = judged(policy, upgraded("06-11"), outages=outages)
    assert (paid(review)["g", "06-01"], paid(review)["g", "06-11"]) == (Decimal("66.67"), Decimal("83.33"))


@pytest.mark.parametrize(
    ("credit", "first", "second", "whole"),
    [
        # a third and two thirds of June's fee of 900, of that of May, of a year of them, of a day's, of a quarter's
        ("flat: 10%", "30", "60", "90"),
        ("flat: 10%, of: previous_month_fee", "30", "60", "90"),
        ("flat: 1%, of: annual_fee", "36", "72", "108"),
        ("flat: 300%, of: daily_fee", "30", "60", "90"),
        ("flat: 10%, of: {last: 2mo}", "60", "120", "180"),
        ("flat: 3d", "30", "60", "90"),
        ("bands: [{below: 97, credit: 10%}]", "30", "60", "90"),
        # 5 points each: 12 h of 240 and 24 h of 480; of 720 h 36 h are 5 points as well
        ("shortfall: {from: full}", "15", "30", "45"),
        # the fee of the time lost: 12/240 of 300, 24/480 of 600; 36/720 of 900
        ("multiple: 1", "15", "30", "45"),
        # 12 and 24 hours at 1 % of 900, wherever they lie
        ("accrual: {credit: 1%, per: 1h, count: complete}", "108", "216", "324"),
        # one outage in each part
        ("flat: 10%, per: incident", "90", "90", "180"),
        ("flat: 25 EUR", "25", "25", "25"),
    ],
)
def test_parts_of_a_cut_window_share_its_fee(credit: str, first: str, second: str, whole: str) -> None:
    # Ten and twenty days of June: 12 h and 24 h down miss the target of silver, of gold, and of the whole month
    policy = TIERS.replace("credit: {flat: 10%}", f"credit: {{{credit}}}")
    outages = [down("06-05 00:00", "06-05 12:00"), down("06-20 00:00", "06-21 00:00")]
    rows = [one | {"monthly_fee": "900"} for one in upgraded("06-11")]
    found = paid(judged(policy, rows, outages=outages))
    assert (found["g", "06-01"], found["g", "06-11"]) == (Decimal(first), Decimal(second))
    unchanged = judged(policy, [row("01-01", fee="900", tier="gold")], outages=outages)
    assert paid(unchanged)["g", "06-01"] == Decimal(whole)


def test_the_parts_of_a_quarter_share_the_fees_of_its_months() -> None:
    # April and May at 600, June at (10 x 600 + 20 x 1500) / 30 = 1200: 2400. Of 91 days 71 are silver's, 20 gold's:
    # 10 % of 1872.53 and of 527.47. Shares of the month's fee are of June's.
    rows = [one | {"monthly_fee": fee} for one, fee in zip(upgraded("06-11"), ("600", "1500"), strict=True)]
    outages = [down("04-05 00:00", "04-06 12:00"), down("06-20 00:00", "06-20 12:00")]
    policy = TIERS.replace("window: 1mo", "window: 1q", 1)
    for of, expected in (("window_fee", ("187.25", "52.75")), ("monthly_fee", ("93.63", "26.37"))):
        of_fee = policy.replace("{flat: 10%}", f"{{flat: 10%, of: {of}}}")
        found = paid(judged(of_fee, rows, "2026-04/2026-06", outages=outages))
        assert (found["g", "04-01"], found["g", "06-11"]) == tuple(map(Decimal, expected))


def test_a_suspension_and_the_time_before_the_term_have_no_share_of_the_fee() -> None:
    # From 2 June, suspended from 7 to 11 June: 5 days of silver and 20 of gold, a fifth and four fifths of 900
    rows = [one | {"monthly_fee": "900"} for one in upgraded("06-11", "06-07")]
    rows[0]["starts"] = at("06-02")
    outages = [down("06-05 00:00", "06-05 12:00"), down("06-20 00:00", "06-20 12:00")]
    found = paid(judged(TIERS, rows, outages=outages))
    assert (found["g", "06-01"], found["g", "06-11"]) == (18, 72)
    # what merely starts within the month has all of its fee
    found = paid(judged(TIERS, [row("06-11", fee="900", tier="gold")], outages=outages))
    assert found["g", "06-01"] == 90


@pytest.mark.parametrize(
    ("minimum", "first", "second"),
    [
        # the parts owe 30 and 60: 10 % of 300 and of 600. A third and two thirds of the minimum are theirs; what is
        # carried on adds up to the whole of it.
        ("{from: 90 EUR, otherwise: nothing}", "30", "60"),
        ("{above: 10%, otherwise: nothing}", "0", "0"),
        ("{from: 12%, otherwise: raised}", "36", "72"),
        ("{from: 90 EUR, otherwise: carried}", "0", "90"),
        ("{from: 91 EUR, otherwise: carried}", "0", "0"),
    ],
)
def test_the_parts_of_a_cut_window_share_its_minimum(minimum: str, first: str, second: str) -> None:
    policy = TIERS.replace("flat: 10%", f"flat: 10%, minimum: {minimum}")
    outages = [down("06-05 00:00", "06-05 12:00"), down("06-20 00:00", "06-20 12:00")]
    found = paid(judged(policy, [one | {"monthly_fee": "900"} for one in upgraded("06-11")], outages=outages))
    assert (found["g", "06-01"], found["g", "06-11"]) == (Decimal(first), Decimal(second))


@pytest.mark.parametrize(("partial", "expected"), [("full", ("15", "30")), ("shorten", ("15", "30"))])
def test_time_lost_is_paid_once_whatever_it_is_measured_against(partial: str, expected: tuple[str, str]) -> None:
    # `full`: 12/720 and 24/720 of 900; `shorten`: 12/240 of 300 and 24/480 of 600
    policy = TIERS.replace("flat: 10%", "multiple: 1").replace("window: 1mo", f"window: 1mo\n    partial: {partial}", 1)
    outages = [down("06-05 00:00", "06-05 12:00"), down("06-20 00:00", "06-21 00:00")]
    rows = [one | {"monthly_fee": "900"} for one in upgraded("06-11")]
    found = paid(judged(policy.replace("target: {silver: 99,", "target: {silver: 99.5,"), rows, outages=outages))
    assert (found["g", "06-01"], found["g", "06-11"]) == tuple(map(Decimal, expected))


def test_points_of_a_cut_window_are_worth_the_part_s_share() -> None:
    # two points in each part: by the point 4 % of 300 and of 600, by the band 10 %
    for points, expected in (("each: 2%", (12, 24)), ("bands: [{from: 2, credit: 10%}]", (30, 60))):
        policy = TIERS.replace("flat: 10%", f"flat: 2 points, points: {{{points}}}")
        outages = [down("06-05 00:00", "06-05 12:00"), down("06-20 00:00", "06-20 12:00")]
        found = paid(judged(policy, [one | {"monthly_fee": "900"} for one in upgraded("06-11")], outages=outages))
        assert (found["g", "06-01"], found["g", "06-11"]) == expected


def test_a_streak_goes_on_through_a_change_and_counts_a_cut_window_once() -> None:
    # May, both parts of June, and July are missed: two in a row at the end of June, three at that of July; June's 20
    # are due in thirds
    bands = "[{streak: 1, credit: 1%}, {streak: 2, credit: 2%}, {streak: 3, credit: 3%}]"
    policy = TIERS.replace("credit: {flat: 10%}", f"credit: {{bands: {bands}}}")
    outages = [down(f"{day} 00:00", f"{day} 08:00") for day in ("05-10", "06-05", "06-20", "07-10")]
    rows = upgraded("06-11")
    rows[0]["starts"] = at("05-01")
    review = judged(policy, rows, "2026-05/2026-07", outages=outages)
    amounts = {start: amount for (name, start), amount in paid(review).items() if name == "g"}
    assert amounts == {"05-01": 10, "06-01": Decimal("6.67"), "06-11": Decimal("13.33"), "07-01": 30}


def test_another_policy_cuts_and_does_not_begin_anew() -> None:
    # q begins a month after the start, which was in January: it measures June from the change on
    policies = {"p": TIERS, "q": TIERS.replace("tiers:", "begins: {wait: next_month, clause: c}\ntiers:")}
    rows = upgraded("06-11", policy="q")
    rows[0]["tier"] = "gold"
    review = judged(policies, rows, outages=[down("06-20 00:00", "06-20 05:00")])
    assert levels(review, "same") == [("06-01", "06-11", 240, 0, True), ("06-11", "07-01", 480, 5, False)]


def test_one_remedy_pays_for_a_cut_window_and_a_whole_one_that_end_together() -> None:
    # g is cut: its first part is missed (8 h of 240), its second kept. `same`, missed by 8 h of 720, ends with that,
    # and is whole: a third of 100, and 100.
    review = judged(CUT_AND_WHOLE, upgraded("06-11"), outages=[down("06-05 00:00", "06-05 08:00")])
    assert paid(review) == {("r", "06-01"): Decimal("33.33"), ("r", "06-11"): 100}


def test_a_window_that_slides_starts_anew_with_other_terms() -> None:
    # Gold from noon of 11 June: its first week ends that day and has 12 h; silver's last one ends at noon.
    policy = TIERS.replace("window: 1mo", "window: {rolling: 7d}")
    review = judged(policy, upgraded("06-11 12:00"), "2026-06-10/2026-06-12")
    assert [one[:3] for one in levels(review)] == [
        ("06-04", "06-11", 168),
        ("06-05", "06-11", 156),
        ("06-11", "06-12", 12),
        ("06-11", "06-13", 36),
    ]


def test_tickets_belong_to_the_terms_under_which_they_were_opened() -> None:
    policy = (
        "tiers: [silver, gold]\nguarantees: [{id: g, metric: response, within: {silver: 2h, gold: 1h}, window: 1mo}]"
    )
    tickets = [
        {"ticket": day, "subscription": "s", "opened": at(day), "responded": at(f"{day} 01:30")}
        for day in ("06-09", "06-10", "06-11")
    ]
    review = judged(policy, upgraded("06-11", "06-10"), tickets=tickets)
    assert dict(review.tickets.select("ticket", "verdict").iter_rows()) == {
        "06-09": "met", "06-10": "outside_term", "06-11": "missed",
    }  # fmt: skip


def test_a_single_incident_is_cut_as_a_window_is() -> None:
    # 3 h before the change, 2 h after it: silver has 4 h, gold 1 h
    policy = """
tiers: [silver, gold]
guarantees: [{id: g, metric: downtime, within: {silver: 4h, gold: 1h}, window: incident, credit: {flat: 10%}}]
"""
    review = judged(policy, upgraded("06-11"), outages=[down("06-10 21:00", "06-11 02:00")])
    assert review.incidents.select("seconds", "met").rows() == [(3 * 3600, True), (2 * 3600, False)]
    assert review.ledger["seconds"].sum() == 5 * 3600
    assert paid(review) == {("g", "06-10"): 0, ("g", "06-11"): 100}


def test_what_no_guarantee_of_its_time_judges_is_not_judged() -> None:
    # q guarantees nothing of outages: 2 h before the change are judged, 3 h after it are not
    policies = {"p": TIERS, "q": "guarantees: [{id: t, metric: response, within: 1h, window: 1mo}]"}
    rows = upgraded("06-11", policy="q", tier=None)
    review = judged(policies, rows, outages=[down("06-10 22:00", "06-11 03:00")])
    assert review.ledger.select("guarantee", "verdict", "seconds").rows() == [
        ("g", "counted", 2 * 3600), ("same", "counted", 2 * 3600), (None, "not_judged", 3 * 3600),
    ]  # fmt: skip


def test_two_policies_are_read_each_for_itself() -> None:
    # g is missed in both parts of June, of 10 and 20 days, by p and by q: 10 % or 20 % of 900 in each
    text = """
readings:
  - id: rate
    question: q
    clauses: [c]
    default: low
    answers: {low: {}, high: {set: {guarantees.g.credit.flat: 20%}}}
guarantees: [{id: g, metric: availability, target: 99, window: 1mo, credit: {flat: 10%}}]
"""
    outages = [down("06-05 00:00", "06-05 08:00"), down("06-20 00:00", "06-20 08:00")]
    rows = [row("01-01", "06-11", fee="900"), row("06-11", fee="900", policy="q")]
    review = judged({"p": text, "q": text}, rows, outages=outages)
    (found,) = review.ranges.select("amount", "amount_low", "amount_high", "widened_by").rows()
    assert found == (90, 90, 180, "p:rate, q:rate")
    assert set(review.readings.select("question", "amount").rows()) == {
        ("p:rate", 90), ("p:rate", 120), ("q:rate", 90), ("q:rate", 150),
    }  # fmt: skip


def test_a_claim_that_was_made_is_for_a_window_of_any_phase() -> None:
    claim = {
        "subscription": "s",
        "remedy": "same",
        "window_start": at("06-01"),
        "claimed": at("07-02"),
        "amount": "200",
    }
    outages = [down("06-05 00:00", "06-05 04:00")]
    review = judged(TIERS, upgraded("06-11"), outages=outages, claims_made=[claim])
    assert dict(review.claims.select("remedy", "status").iter_rows())["same"] == "claimed"


def test_explain_tells_each_plan_by_itself() -> None:
    review = judged(TIERS, upgraded("06-11"), outages=[down("06-05 00:00", "06-05 04:00")])
    told = [text for depth, text in explain(review, "s", "2026-06").lines if depth == 0]
    assert told == [
        "silver, from 2026-01-01 to 2026-06-11",
        "g, 2026-06-01 to 2026-06-11: missed",
        "Credit for g, from 2026-06-01: 33.33 EUR",
        "gold, from 2026-06-11 on",
        "g, 2026-06-11 to 2026-07-01: met",
        "same, 2026-06-01 to 2026-07-01: missed",
        "Credit for g, from 2026-06-11: 0.00 EUR",
        "Credit for same, from 2026-06-01: 200.00 EUR",
        "Assumed",
    ]
    assert review.headline().select("subscription", "tier", "owed").rows() == [("s", "gold", Decimal("233.33"))]
    assert {"monthly_fee", "windows over a change"} - set(review.assumptions["term"]) == {"monthly_fee"}


def test_one_of_several_remedies_is_paid_for_each_part_of_a_cut_window() -> None:
    # Ten days of June by silver: 12 h of 240 are down, a 10 % and b 15 % of a third of 900. Twenty by gold: 12 h of
    # 480, a 30 % of 600. The limit of a over the term, 350, feels only what is paid: 0 and 180; of July's 270 the 170
    # are left.
    policy = """
tiers: [silver, gold]
guarantees:
  - id: a
    metric: availability
    target: {silver: 99, gold: 98.9}
    window: 1mo
    credit: {flat: {silver: 10%, gold: 30%}, caps: [{at_most: 350 EUR, per: term, clause: c}]}
  - {id: b, metric: availability, target: {silver: 99, gold: 95}, window: 1mo, credit: {flat: 15%}}
one_of:
  - {id: either, remedies: [a, b], clause: c}
"""
    outages = [down(f"{day} 00:00", f"{day} 12:00") for day in ("06-05", "06-20", "07-10")]
    rows = [one | {"monthly_fee": "900"} for one in upgraded("06-11")]
    review = judged(policy, rows, "2026-06/2026-07", outages=outages)
    assert paid(review) == {
        ("a", "06-01"): 0, ("b", "06-01"): 45, ("a", "06-11"): 180, ("b", "06-11"): 0, ("a", "07-01"): 170,
        ("b", "07-01"): 0,
    }  # fmt: skip


def test_remedies_for_one_guarantee_of_which_one_is_paid_count_its_tickets_once() -> None:
    # One late ticket by silver's terms, two by gold's: `r` owes 7 % of 1000 for each, and g 25 for each
    policy = """
tiers: [silver, gold]
guarantees:
  - {id: g, metric: response, within: {silver: 2h, gold: 1h}, window: 1mo, credit: {flat: 25 EUR}}
remedies: [{id: r, for: [g], credit: {flat: 7%, per: incident}}]
one_of: [{id: either, remedies: [g, r], clause: c}]
"""
    tickets = [
        {"ticket": day, "subscription": "s", "opened": at(day), "responded": at(f"{day} 03:00")}
        for day in ("06-05", "06-15", "06-16")
    ]
    found = paid(judged(policy, upgraded("06-11"), tickets=tickets))
    assert found == {("g", "06-01"): 0, ("r", "06-01"): 70, ("g", "06-11"): 0, ("r", "06-11"): 140}


def test_parts_that_do_not_compare_are_refused() -> None:
    # a is cut and b is not: of one_of, b would be paid for the month beside a for the first ten days
    policy = """
tiers: [silver, gold]
guarantees:
  - {id: a, metric: availability, target: {silver: 99, gold: 98}, window: 1mo, credit: {flat: 10%}}
  - {id: b, metric: availability, target: 99.5, window: 1mo, credit: {flat: 15%}}
one_of: [{id: either, remedies: [a, b], clause: c}]
"""
    assert told(policy, upgraded("06-11"), outages=[down("06-05 00:00", "06-05 08:00")]) == [
        "subscriptions s: the change of plan leaves other parts of the windows of a than of b, of which one is paid; "
        "give the rows of each plan their own id"
    ]
    # a month and a quarter that end together: of both, the days after the change are left
    policy = """
tiers: [silver, gold]
guarantees:
  - {id: a, metric: availability, target: {silver: 99, gold: 98}, window: 1mo}
  - {id: b, metric: availability, target: {silver: 99.5, gold: 99}, window: 1q}
remedies: [{id: r, for: [a, b], credit: {flat: 10%}}]
"""
    assert told(policy, upgraded("06-11"), outages=[down("06-05 00:00", "06-05 08:00")]) == [
        "subscriptions s: r is for windows of several lengths, of which the change of plan leaves the same part; "
        "give the rows of each plan their own id"
    ]


def test_a_deadline_goes_by_the_incident_of_a_window_that_is_not_cut() -> None:
    # r is paid in the part of gold, for `same`, which is whole and was missed on 5 June: to claim within ten days of it
    policy = """
tiers: [silver, gold]
guarantees:
  - {id: g, metric: availability, target: {silver: 95, gold: 94}, window: 1mo}
  - {id: same, metric: availability, target: 99.5, window: 1mo}
remedies:
  - {id: r, for: [g, same], credit: {flat: 10%}, claims: {within: 10d, after: incident_end, clause: c}}
"""
    review = judged(policy, upgraded("06-11"), outages=[down("06-05 00:00", "06-05 08:00")])
    (claim,) = review.claims.rows(named=True)
    assert (f"{claim['window_start']:%m-%d}", f"{claim['deadline']:%m-%d}") == ("06-11", "06-15")


def test_windows_that_slide_from_a_change_are_claimed_one_by_one() -> None:
    # By gold from 11 June: 8 h down on the 11th and on the 13th are paid by the windows that end with these days, and
    # both start with the change. A claim is for the first of them, a second one for the other.
    policy = TIERS.replace("window: 1mo", "window: {rolling: 30d}", 1)
    outages = [down("06-11 00:00", "06-11 08:00"), down("06-13 00:00", "06-13 08:00")]
    claim = {"subscription": "s", "remedy": "g", "window_start": at("06-11"), "claimed": at("07-02"), "amount": "100"}
    for claims, statuses in (([claim], ["claimed", "not_required"]), ([claim, claim], ["claimed", "claimed"])):
        review = judged(policy, upgraded("06-11"), outages=outages, claims_made=claims)
        due = review.credits.filter((pl.col("remedy") == "g") & (pl.col("amount") > 0))
        assert due.select(pl.col("window_start").dt.day(), pl.col("window_end").dt.day()).rows() == [(11, 12), (11, 14)]
        assert review.claims.filter(pl.col("remedy") == "g")["status"].to_list() == statuses


def test_a_mean_over_components_is_cut_where_its_target_changes() -> None:
    # The mean over two: 2 h of one are 1 h. Silver: 1 of 240 h, 99.58 %; gold: 1 of 480 h, 99.79 %.
    policy = TIERS.replace("window: 1mo", "window: 1mo\n    combine: mean\n    components: [web, db]", 1)
    outages = [
        down("06-05 00:00", "06-05 02:00", component="web"),
        down("06-20 00:00", "06-20 02:00", component="db"),
    ]
    review = judged(policy, upgraded("06-11"), outages=outages)
    assert levels(review) == [("06-01", "06-11", 240, 1, True), ("06-11", "07-01", 480, 1, False)]


def test_a_mean_over_components_whose_fees_change_with_the_tier_is_refused() -> None:
    policy = TIERS.replace("window: 1mo", "window: 1mo\n    combine: mean", 1)
    rows = upgraded("06-11", component_fees='{"web": 1, "db": 2}')
    rows[0]["component_fees"] = '{"web": 1, "cache": 2}'
    with pytest.raises(InputError, match="g is a mean over the components that have a fee, and these change"):
        judged(policy, rows)


def test_components_of_a_mean_over_fees_are_matched_as_words() -> None:
    # `web` of the outage, and of the later row, is the component `Web` of the first: 2 h of one of two are 1 h
    policy = """
guarantees: [{id: g, metric: availability, target: 99.9, window: 1mo, combine: mean, credit: {flat: 10%}}]
"""
    rows = [
        row("01-01", "06-11", component_fees='{"Web": 1, "Data Base": 2}'),
        row("06-11", component_fees='{"Web": 3, "data-base": 2}'),
    ]
    review = judged(policy, rows, outages=[down("06-05 00:00", "06-05 02:00", component="web")])
    assert levels(review) == [("06-01", "07-01", 720, 1, False)]
    assert review.warnings.select("table", "row", "says").rows() == [
        ("subscriptions", 2, "The component 'Data Base' is taken as 'data-base', as other rows write it."),
        ("outages", 2, "The component 'web' is taken as 'Web', as other rows write it."),
    ]


def test_an_outage_in_windows_that_slide_is_paid_for_once_through_a_change() -> None:
    # The same terms: the week that ends with 5 June pays, and none of gold's pays for that outage again.
    policy = TIERS.replace("window: 1mo", "window: {rolling: 7d}")
    outages = [down("06-05 00:00", "06-05 08:00")]
    review = judged(policy, upgraded("06-11 12:00"), outages=outages)
    same = review.credits.filter((pl.col("remedy") == "same") & (pl.col("amount") > 0))
    assert same["amount"].to_list() == [50]
