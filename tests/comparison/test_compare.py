"""Plans side by side: who leads from which length of outage, and the same outages by everybody's rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from effort import examples, some_quick
from hypothesis import given
from hypothesis import strategies as st
from sample_evidence import sample_evidence
from small_contracts import DAY, HOUR, LATER, MINUTE, at, down, evidence, holder, work

import slakit as sla
from slakit.comparison.compare import Comparison, compare
from slakit.comparison.iso19086 import terms_table
from slakit.comparison.summary import lead_start, summarize_comparison
from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import TABLES
from slakit.policy.document import Policy
from slakit.policy.files import LIBRARY, find_policy, parse_policy
from slakit.problems import InputError
from slakit.remedy.curves import credit_curve

PERIOD, AS_OF = "2026-01/2026-09", "2026-10-02"
PLANS = [
    "klikk:standard", "klikk:silver", "klikk:gold", "klikk:platinum", "wp-heaven", "klink-cloud:starter",
    "klink-cloud:growth", "klink-cloud:enterprise", "cloudworkz",
]  # fmt: skip
FOUR = ["klikk:gold", "wp-heaven", "klink-cloud:enterprise", "cloudworkz"]
SUBSCRIPTIONS = [
    "fjord-iaas", "fjord-standard", "tind-iaas", "nordlys-web", "harbor-enterprise", "harbor-starter", "skog-vm",
]  # fmt: skip
MONTH = 30 * 86_400 * 10**6
SECOND = 10**6
PLAN = """\
format: 1
id: {id}
provider: Small
service: Anything
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
time_zone: {zone}
guarantees:
{guarantees}
{rest}
"""
AVAILABILITY = "metric: availability, window: 1mo"
INCIDENT = "metric: replacement, within: 2h, window: incident"
DESK = "  - {id: answers, metric: response, target: 95, within: 1h, window: 1mo, clause: c}"


def plan(name: str, guarantees: str, rest: str = "", zone: str = "UTC") -> Policy:
    """A policy of guarantees that are written out, line by line."""
    return parse_policy(PLAN.format(id=name, guarantees=guarantees, rest=rest, zone=zone))


def paying(name: str, credit: str, target: str = "99.9", terms: str = AVAILABILITY, zone: str = "UTC") -> Policy:
    """A policy of one promise of availability, per month unless its terms say otherwise."""
    return plan(
        name, f"  - {{id: up, {terms}, target: {target}, clause: c, credit: {{{credit}, clause: c}}}}", "", zone
    )


@pytest.fixture(scope="module")
def tables() -> Evidence:
    return sample_evidence()


# --- (a) laws: contests and crossings against the curves


def worths() -> st.SearchStrategy[str]:
    return st.sampled_from(["5%", "1/30", "0.1%", "2d", "12.5%", "25 EUR", "0.07 EUR"])


def caps(promise: str) -> st.SearchStrategy[str]:
    own = "incident" if promise == INCIDENT else "window"
    spans = st.sampled_from([own, "rolling_12mo", "term"])
    cap = st.builds("{{per: {}, at_most: {}}}".format, spans, st.sampled_from(["10%", "100%", "1/7", "40 EUR"]))
    return st.lists(cap, max_size=2).map(lambda some: f"caps: [{', '.join(some)}]")


def schedules(promise: str) -> st.SearchStrategy[str]:
    edges = st.lists(st.sampled_from(["99.95", "99.9", "99.5", "98.7654", "95", "50"]), min_size=1, unique=True)
    falling = st.builds(
        lambda some, worth: ", ".join(f"{{below: {edge}, credit: {worth}}}" for edge in sorted(some, reverse=True)),
        edges,
        worths(),
    )
    ranges = st.just("{from: 99, to: 99.8, credit: 5%}, {from: 95, to: 98.9, credit: 20%}, {to: 94.9, credit: 1d}")
    over = st.just(
        "{outage: {above: 1h}, credit: 2%}, {outage: {above: 90m}, credit: 5%}, {outage: {above: 2d}, credit: 30%}"
    )
    alone = promise == INCIDENT  # an incident has a length, and no level
    bands = (over if alone else falling | ranges | over).map("bands: [{}]".format)
    rate = st.sampled_from(["{credit: 1%}", "{credit: 2.5%, from: full}", "{}", "{credit: 100%}"])
    step = st.builds(
        "{{step: {}, credit: {}, count: {}}}".format,
        st.sampled_from([1, 3.3]), worths(), st.sampled_from(["started", "complete"]),
    )  # fmt: skip
    accrual = st.builds(
        "accrual: {{credit: {}, per: {}, count: {}, after: {}}}".format,
        worths(), st.sampled_from(["2h", "7h"]), st.sampled_from(["started", "complete", "nearest"]),
        st.sampled_from(["0m", "3h", "15m"]),
    )  # fmt: skip
    rest = worths().map("flat: {}".format) | st.sampled_from(["multiple: 1", "multiple: 10", "multiple: 0.3"])
    if alone:
        return bands | accrual | worths().map("flat: {}".format)
    return bands | (rate | step).map("shortfall: {}".format) | accrual | rest


@st.composite
def offers(draw: st.DrawFn, name: str) -> Policy:
    promise = draw(st.sampled_from([f"{AVAILABILITY}, target: 99.9", f"{AVAILABILITY}, target: 99", INCIDENT]))
    some = draw(st.lists(schedules(promise), min_size=1, max_size=2))
    credits = ", ".join(f"{{{schedule}, clause: c}}" for schedule in some)
    select = draw(st.sampled_from(["", "select: largest, "])) if len(some) > 1 else ""
    remedy = f"id: credit, for: [up], clause: c, {select}{draw(caps(promise))}"
    return plan(name, f"  - {{id: up, {promise}, clause: c}}", f"remedies: [{{{remedy}, credit: [{credits}]}}]")


def amounts(policy: Policy, fee: Decimal, lengths: list[int]) -> list[Decimal]:
    """What outages of these lengths earn, as `credit_curve` says. [currency units, rounded]"""
    curve = credit_curve(policy.terms(), fee=fee, at=[timedelta(microseconds=length) for length in lengths])
    assert curve.height == len(lengths)
    return curve["amount"].to_list()


def edges(policy: Policy, fee: Decimal) -> list[int]:
    return [int(seconds * SECOND) for seconds in credit_curve(policy.terms(), fee=fee)["downtime_seconds"]]


def changes(found: Comparison) -> list[tuple[int, str]]:
    """From which length on who leads. [µs]"""
    return [(int(bad * SECOND), lead) for bad, lead in found.crossings.select("downtime_seconds", "leads").iter_rows()]


@examples(2)
@given(offers("one"), offers("two"), st.sampled_from(["1234.56", "1000000000000"]), st.data())
def test_the_lead_is_where_the_curves_say_at_every_length(
    one: Policy, two: Policy, amount: str, data: st.DataObject
) -> None:
    fee = Decimal(amount)
    found = compare([one, two], fee=fee)
    turns = changes(found)
    near = [*edges(one, fee), *edges(two, fee), *(bad for bad, _ in turns)]
    some = data.draw(st.lists(st.sampled_from(near), max_size=15)) + [bad for bad, _ in turns][:40]
    some += data.draw(st.lists(st.integers(0, MONTH), min_size=5, max_size=15))
    lengths = sorted({length + beside for length in some for beside in (-1, 0, 1) if 0 <= length + beside <= MONTH})
    for bad, left, right in zip(lengths, amounts(one, fee, lengths), amounts(two, fee, lengths), strict=True):
        leader = next((lead for turn, lead in reversed(turns) if turn <= bad), None)
        ahead = "one" if left > right else "two" if right > left else None
        assert ahead in (None, leader), bad


@examples(2)
@given(offers("one"), offers("two"))
def test_a_lead_begins_where_it_is_said_to_and_the_verdict_sums_it_up(one: Policy, two: Policy) -> None:
    fee = Decimal(10**12)  # so that a microsecond of a slope is more than a cent
    found = compare([one, two], fee=fee)
    turns = changes(found)
    leads = [lead for _, lead in turns]
    assert all(before != after for before, after in pairwise(leads))
    assert [bad for bad, _ in turns] == sorted({bad for bad, _ in turns})
    verdict = {(): "equal", ("one",): "better", ("two",): "worse"}.get(tuple(sorted(set(leads))), "crossing")
    assert found.dominance.row(0) == ("one", "two", verdict, max(0, len(turns) - 1))
    for bad, lead in turns:
        beside = [max(0, bad - 1), bad]
        difference = [
            left - right for left, right in zip(amounts(one, fee, beside), amounts(two, fee, beside), strict=True)
        ]
        sign = 1 if lead == "one" else -1
        assert difference[1] * sign >= 0
        assert bad == 0 or difference[0] * sign <= 0


@examples(1)
@given(offers("one"), offers("two"))
def test_swapping_two_plans_turns_the_verdict_around_and_moves_no_crossing(one: Policy, two: Policy) -> None:
    there, back = compare([one, two]), compare([two, one])
    turned = {"better": "worse", "worse": "better"}
    verdict, count = there.dominance.select("verdict", "crossings").row(0)
    assert back.dominance.row(0) == ("two", "one", turned.get(verdict, verdict), count)
    assert changes(there) == changes(back)
    assert there.leader == back.leader


@examples(1)
@given(offers("one"))
def test_a_plan_is_equal_to_itself(one: Policy) -> None:
    found = compare([one, one.amend({}, id="two")])
    assert found.dominance.rows() == [("one", "two", "equal", 0)]
    assert found.crossings.is_empty()
    assert found.leader is None
    assert summarize_comparison(found) == ["Small and Small (proposed) pay the same for one outage of any length."]


def test_a_slope_crosses_a_step_at_the_exact_microsecond() -> None:
    slope = paying("slope", "shortfall: {credit: 1%, from: full}", target="100")
    step = paying("step", "flat: 5%")
    found = compare([slope, step])
    # 5 % of 30 days is 36 h: there they are even, one microsecond later the slope is ahead
    assert found.crossings.select("downtime_seconds", "leads").rows() == [
        (Decimal("0.000001"), "slope"), (Decimal("2592.000001"), "step"), (Decimal("129600.000001"), "slope"),
    ]  # fmt: skip
    assert found.dominance.row(0) == ("slope", "step", "crossing", 2)


def test_every_two_plans_are_set_against_each_other() -> None:
    found = compare(PLANS)
    pairs = [(one, other) for number, one in enumerate(PLANS) for other in PLANS[number + 1 :]]
    assert found.dominance.select("plan", "other").rows() == pairs
    assert set(found.crossings.select("plan", "other").rows()) <= set(pairs)


def test_a_credit_that_is_earned_without_an_outage_leads_from_nothing_on() -> None:
    found = compare([paying("p", "bands: [{from: 99, to: 100, credit: 5%}]"), "wp-heaven"])
    assert found.crossings.row(0)[2:] == (Decimal(0), "p")
    assert summarize_comparison(found)[-1] == "Small pays more for outages up to 7h12m, WP Heaven beyond."


def test_a_credit_that_is_always_earned_leaves_nothing_free() -> None:
    found = compare([paying("always", "bands: [{to: 100, credit: 5%}]"), "wp-heaven"])
    assert found.terms.filter(plan="always", term="Lowest availability without a credit")["value"].item() == "100 %"


def test_an_outage_of_everything_earns_a_rebate_for_each_component_where_each_earns() -> None:
    reading = {"klikk:rebate": "per_component"}
    hour = [row for row in _whole_outage("klikk", "gold", HOUR, reading) if row["remedy"] == "iaas"]
    assert hour[0]["amount"] == Decimal("133.33")
    # four thirtieths for an hour are more than the twentieth of a plan that pays 5 %
    found = compare(["klikk:gold", paying("twentieth", "flat: 5%", target="99.95")], reading=reading)
    assert found.leader == "klikk:gold"


def test_the_strictest_of_the_promises_that_share_a_remedy_decides_a_contest() -> None:
    promises = "\n".join(
        f"  - {{id: {name}, {AVAILABILITY}, target: {target}, clause: c}}" for name, target in (("a", 99), ("b", 99.9))
    )
    shared = plan("shared", promises, "remedies: [{id: r, for: [a, b], clause: c, credit: {flat: 5%, clause: c}}]")
    found = compare([shared, paying("own", "flat: 5%", target="99.5")], evidence=evidence([_of_july(2 * HOUR)]))
    assert found.owed["owed"].to_list() == [50, 0]
    assert found.crossings.row(0)[2:] == (Decimal("2592.000001"), "shared")


def test_a_contest_is_within_one_window_of_both_plans() -> None:
    """Five days down miss five daily windows; which plan earns more is said for an outage of a day at most."""
    daily = paying("daily", "flat: 5%", terms="metric: availability, window: 1d")
    monthly = paying("monthly", "flat: 10%")
    found = compare([daily, monthly], evidence=evidence([_of_july(5 * DAY)]))
    assert found.owed["owed"].to_list() == [250, 100]
    assert found.crossings["downtime_seconds"].max() <= 86_400


def _of_july(length: timedelta | None, **known: Any) -> dict[str, Any]:
    return down(at("2026-07-10"), length, **known)


def _whole_outage(policy: str, tier: str, length: timedelta, reading: dict[str, str]) -> list[dict[str, Any]]:
    """Credits for one outage of everything."""
    outage = down(at("2026-06-10"), length, reported=at("2026-06-10"))
    held = evidence([outage], subscriptions=[holder(policy, currency="NOK", tier=tier)])
    return sla.assess(held, "2026-06", "2026-07-05", reading=reading).credits.to_dicts()


# --- (b) the same outages by everybody's rules


def by_hand(tables: Evidence, name: str, fee: Decimal | None = None) -> Evidence:
    """The evidence in which every subscription simply holds one plan."""
    policy, _, tier = name.partition(":")
    held = tables.subscriptions.with_columns(
        pl.lit(policy).alias("policy"), pl.lit(tier or None, dtype=pl.String).alias("tier")
    )
    if fee is not None:
        kept = held.schema["monthly_fee"]
        none = pl.lit(None, dtype=pl.String).alias("component_fees")
        held = held.with_columns(pl.lit(fee).cast(kept).alias("monthly_fee"), none)
    frames = {table: getattr(tables, table).clear() for table in TABLES}
    frames |= {"subscriptions": held, "outages": tables.outages, "maintenance": tables.maintenance}
    return Evidence(**frames, source="by hand")


@pytest.fixture(scope="module")
def compared(tables: Evidence) -> Comparison:
    return compare(PLANS, evidence=tables)


@pytest.fixture(scope="module", params=PLANS)
def alone(tables: Evidence, request: pytest.FixtureRequest) -> tuple[str, sla.Review]:
    return request.param, sla.assess(by_hand(tables, request.param), PERIOD, AS_OF)


def test_without_a_period_the_months_of_the_outages_are_compared(compared: Comparison) -> None:
    assert compared.review is not None
    assert str(compared.review.period) == PERIOD
    assert compared.review.as_of.isoformat() == "2026-10-02T00:00:00+00:00"


def test_each_plan_owes_what_it_would_owe_if_it_were_held(compared: Comparison, alone: tuple[str, sla.Review]) -> None:
    name, review = alone
    columns = ["subscription", "currency", "owed", "lowest", "highest"]
    expected = review.headline().select(columns)
    assert expected["subscription"].to_list() == SUBSCRIPTIONS
    assert compared.owed.filter(plan=name).select(columns).rows() == expected.rows()


def test_windows_judged_and_missed_are_those_of_the_plan(compared: Comparison, alone: tuple[str, sla.Review]) -> None:
    name, review = alone
    for row in compared.owed.filter(plan=name).iter_rows(named=True):
        met = review.availability.filter(pl.col("subscription") == row["subscription"])["met"].drop_nulls()
        assert (row["windows"], row["missed"]) == (len(met), int((~met).sum())), row["subscription"]


def test_each_outage_counts_as_the_ledger_of_the_plan_says(compared: Comparison, alone: tuple[str, sla.Review]) -> None:
    name, review = alone
    counts = pl.when(pl.col("verdict") == "counted").then("seconds").otherwise(0).sum().alias("counted")
    sums = review.ledger.group_by("subscription", "outage", "guarantee").agg(counts)
    longest = sums.group_by("subscription", "outage").agg(pl.col("counted").max()).sort("subscription", "outage")
    found = compared.verdicts.filter(plan=name).select("subscription", "outage", "counted_seconds")
    assert found.sort("subscription", "outage").rows() == longest.rows()
    totals = dict(found.group_by("subscription").agg(pl.col("counted_seconds").sum()).iter_rows())
    for row in compared.owed.filter(plan=name).iter_rows(named=True):
        assert row["counted_seconds"] == totals.get(row["subscription"], 0)


def test_every_outage_has_a_verdict_of_every_plan_with_its_reasons(compared: Comparison, tables: Evidence) -> None:
    lasting = tables.outages
    assert compared.verdicts.height == lasting.height * len(PLANS)
    assert set(compared.verdicts["outage"]) == set(lasting["outage"])
    assert compared.verdicts.select("subscription", "outage", "plan").is_unique().all()
    assert compared.verdicts.null_count().row(0) == (0,) * 7
    counting = compared.verdicts.filter(pl.col("counted_seconds") > 0)
    assert counting["why"].str.contains(" counts as downtime").all()
    assert not compared.verdicts.filter(counted_seconds=0)["why"].str.contains(" counts as downtime").any()


def test_an_outage_differs_exactly_where_plans_count_different_lengths(compared: Comparison) -> None:
    groups = compared.verdicts.group_by("subscription", "outage", maintain_order=True)
    said = set()
    for _, rows in groups:
        differs = len(set(rows["counted_seconds"].to_list())) > 1
        assert rows["differs"].to_list() == [differs] * len(PLANS)
        said.add(differs)
    assert said == {True, False}


def test_with_one_fee_for_all_component_fees_play_no_part(compared: Comparison, tables: Evidence) -> None:
    found = compare(["klikk:gold", "klink-cloud:enterprise"], evidence=tables, fee=1000)
    for name in found.plans:
        expected = sla.assess(by_hand(tables, name, Decimal(1000)), PERIOD, AS_OF).headline()
        columns = ["subscription", "owed", "lowest", "highest"]
        assert found.owed.filter(plan=name).select(columns).rows() == expected.select(columns).rows()
    assert set(found.owed["monthly_fee"]) == {Decimal(1000)}
    fjord = compared.owed.filter(plan="klikk:gold", subscription="fjord-iaas").row(0, named=True)
    assert (fjord["monthly_fee"], fjord["owed"]) == (Decimal(45_000), Decimal(22_500))


def test_without_evidence_nothing_is_owed_and_nothing_judged() -> None:
    found = compare(FOUR)
    assert found.review is None
    assert found.owed.is_empty()
    assert found.verdicts.is_empty()
    assert found.sums().is_empty()
    with_evidence = compare(FOUR, evidence=evidence([_of_july(HOUR)]))
    assert found.owed.schema == with_evidence.owed.schema
    assert found.verdicts.schema == with_evidence.verdicts.schema


def test_tickets_and_claims_stay_out(tables: Evidence) -> None:
    assert tables.tickets.height > 0
    bare = Evidence(
        **{name: getattr(tables, name) if name in ("subscriptions", "outages", "maintenance") else table.empty()
           for name, table in TABLES.items()},
        source="bare",
    )  # fmt: skip
    with_all, without = compare(FOUR, evidence=tables), compare(FOUR, evidence=bare)
    assert with_all.owed.equals(without.owed)
    assert with_all.review is not None
    assert with_all.review.tickets.is_empty()
    assert set(with_all.review.claims["status"]) <= {"claimable", "expired", "not_required"}


@pytest.mark.parametrize(
    "subscription", some_quick(["fjord-iaas", "nordlys-web", "harbor-enterprise"], ["nordlys-web"])
)
def test_what_befalls_others_does_not_leak(compared: Comparison, tables: Evidence, subscription: str) -> None:
    own = compare(PLANS, evidence=tables.only(subscription), period=PERIOD, as_of=AS_OF)
    for name in ("owed", "verdicts"):
        together = getattr(compared, name).filter(subscription=subscription)
        assert together.equals(getattr(own, name)), name


def test_maintenance_of_another_subscription_takes_nothing_out() -> None:
    held = [holder(subscription="a"), holder(subscription="b")]
    outages = [_of_july(20 * HOUR, name="o1", subscription="a"), _of_july(20 * HOUR, name="o2", subscription="b")]
    works = [work(at("2026-07-10"), 20 * HOUR, notice=3 * DAY, subscription="b")]
    promise = f"  - {{id: up, {AVAILABILITY}, target: 99.9, clause: c, exclude: {{maintenance: [scheduled]}}, "
    promise += "credit: {flat: 5%, clause: c}}"
    plans = [plan(name, promise, "maintenance: [{kind: scheduled, clause: c}]") for name in ("one", "two")]
    found = compare(plans, evidence=evidence(outages, subscriptions=held, maintenance=works))
    assert dict(found.owed.filter(plan="two").select("subscription", "owed").iter_rows()) == {"a": 50, "b": 0}


def test_a_component_that_a_plan_does_not_name_counts_for_nothing_there(tables: Evidence) -> None:
    found = compare(["klikk:gold", "cloudworkz"], evidence=tables.only("fjord-iaas"))
    outages = tables.outages.filter(subscription="fjord-iaas", component="hardware")["outage"]
    rows = found.verdicts.filter(pl.col("outage").is_in(outages.implode()) & (pl.col("plan") == "cloudworkz"))
    assert rows.height == len(outages) > 0
    assert rows["counted_seconds"].sum() == 0
    assert rows["why"].str.contains("other component").all()


# --- readings


def test_an_answer_is_taken_for_the_curves_and_for_the_outages(tables: Evidence) -> None:
    reading = {"klikk:window": "quarter", "notice": "not_required"}
    found = compare(FOUR, evidence=tables, reading=reading)
    assert found.plans["klikk:gold"].reading["window"] == "quarter"
    assert found.plans["klink-cloud:enterprise"].reading["notice"] == "not_required"
    for name, own in (("klikk:gold", {"window": "quarter"}), ("klink-cloud:enterprise", {"notice": "not_required"})):
        expected = sla.assess(by_hand(tables, name), PERIOD, AS_OF, reading=own).headline()
        assert found.owed.filter(plan=name)["owed"].to_list() == expected["owed"].to_list()


def test_an_answer_leaves_the_other_questions_open(tables: Evidence) -> None:
    mine = tables.only("fjord-iaas")
    found = compare(["klikk:gold", "klink-cloud:enterprise"], evidence=mine, reading={"klikk:claim": "window_end"})
    columns = ["lowest", "highest"]
    hand = sla.assess(by_hand(mine, "klikk:gold"), PERIOD, AS_OF, reading={"claim": "window_end"}).headline()
    assert found.owed.filter(plan="klikk:gold").select(columns).row(0) == hand.select(columns).row(0)
    low, high = found.owed.filter(plan="klink-cloud:enterprise").select(columns).row(0)
    assert low < high


@pytest.mark.parametrize("reading", [{"windw": "quarter"}, {"kilkk:window": "quarter"}, {"window": "century"}])
def test_an_answer_that_nobody_has_is_refused(reading: dict[str, str]) -> None:
    with pytest.raises(InputError, match="reading"):
        compare(["klikk:gold", "wp-heaven"], reading=reading)


def test_an_answer_that_the_named_policy_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="did you mean quarter"):
        compare(["klikk:gold", "wp-heaven"], reading={"klikk:window": "quater"})


def test_an_answer_for_a_policy_holds_for_what_it_was_changed_into() -> None:
    klikk = find_policy("klikk")
    asked = klikk.amend({"guarantees.iaas.clock": "started"})
    found = compare([(klikk, "gold"), (asked, "gold")], reading={"klikk:window": "quarter"})
    assert found.plans["klikk-if:gold"].reading["window"] == "quarter"


# --- the period that is compared by default


@pytest.mark.parametrize(
    ("zone", "started"), [("Europe/Oslo", "2026-07-01T00:30"), ("America/New_York", "2026-06-30T21:00")]
)
def test_an_outage_at_the_edge_of_a_month_is_not_lost(zone: str, started: str) -> None:
    plans = [paying(name, "flat: 5%", zone=zone) for name in ("one", "two")]
    found = compare(plans, evidence=evidence([down(at(started, zone), 80 * MINUTE)]))
    assert found.owed["owed"].to_list() == [50, 50]


def test_a_quarter_is_judged_to_its_end() -> None:
    monthly = paying("monthly", "flat: 5%")
    found = compare([monthly, monthly.amend({"guarantees.up.window": "1q"})], evidence=evidence([_of_july(20 * HOUR)]))
    assert found.owed.select("plan", "owed").rows() == [("monthly", 50), ("monthly-if", 50)]


def test_an_outage_outside_the_period_of_one_plan_says_so() -> None:
    outage = down(at("2026-06-30T22:10"), 90 * MINUTE)
    plans = [paying("one", "flat: 5%"), paying("two", "flat: 5%", zone="Europe/Oslo")]
    found = compare(plans, evidence=evidence([outage]), period="2026-06", as_of=LATER)
    assert found.verdicts["counted_seconds"].to_list() == [5400, 0]
    assert found.verdicts["why"].to_list() == ["1h30m counts as downtime (c)", "outside the period"]


# --- (c) other terms


def test_other_terms_are_worth_the_exact_difference(tables: Evidence) -> None:
    klikk, mine = find_policy("klikk"), tables.only("fjord-iaas")
    asked = klikk.amend({"guarantees.iaas.clock": "started"})
    found = compare([(klikk, "gold"), (asked, "gold")], evidence=mine, fee=45_000)
    owed = dict(found.sums().select("plan", "owed").iter_rows())
    against = dict(found.sums().select("plan", "against_first").iter_rows())
    assert list(owed) == ["klikk:gold", "klikk-if:gold"]
    assert against == {"klikk:gold": 0, "klikk-if:gold": owed["klikk-if:gold"] - owed["klikk:gold"]}
    assert against["klikk-if:gold"] > 0
    assert found.proposed == {"klikk-if:gold"}


def test_other_terms_are_assessed_as_the_changed_policy_is(tables: Evidence) -> None:
    asked = find_policy("wp-heaven").amend({"guarantees.website.target": 99.9, "guarantees.website.clock": "started"})
    mine = tables.only("nordlys-web")
    found = compare(["wp-heaven", asked], evidence=mine)
    held = by_hand(mine, "wp-heaven-if")
    expected = sla.assess(held, PERIOD, AS_OF, policies={"wp-heaven-if": asked}).headline()
    first, changed = found.sums().iter_rows(named=True)
    assert changed["owed"] == expected["owed"][0]
    assert changed["against_first"] == expected["owed"][0] - first["owed"] > 0
    assert found.leader == "wp-heaven-if"


def test_a_term_that_settles_a_question_narrows_the_range(tables: Evidence) -> None:
    klikk, mine = find_policy("klikk"), tables.only("fjord-iaas")
    asked = klikk.amend({"guarantees.iaas.window": "1mo", "remedies.iaas.credit.0.per": "guarantee"})
    found = compare([(klikk, "gold"), (asked, "gold")], evidence=mine)
    (low, high), (asked_low, asked_high) = found.owed.select("lowest", "highest").rows()
    assert low <= asked_low <= asked_high <= high
    assert (low, high) != (asked_low, asked_high)


def test_sums_go_by_currency_and_add_up(compared: Comparison) -> None:
    sums = compared.sums()
    assert sums["plan"].unique(maintain_order=True).to_list() == PLANS
    for row in sums.iter_rows(named=True):
        own = compared.owed.filter(plan=row["plan"], currency=row["currency"])
        for name in ("owed", "lowest", "highest"):
            assert row[name] == own[name].sum()
        first = compared.owed.filter(plan=PLANS[0], currency=row["currency"])["owed"].sum()
        assert row["against_first"] == row["owed"] - first


# --- (d) terms in one vocabulary


def figures(found: Comparison, term: str) -> dict[str, tuple[Decimal | None, bool | None]]:
    rows = found.terms.filter(term=term).select("plan", "figure", "best").iter_rows()
    return {name: (figure, best) for name, figure, best in rows}


LOWER = {"Allowable downtime in 30 days", "Maximum first response time", "Maximum resolution time"}


def test_what_is_best_follows_the_figures() -> None:
    terms = compare(PLANS).terms
    ranked = 0
    for (term,), rows in terms.group_by("term", maintain_order=True):
        known = rows["figure"].drop_nulls()
        if known.n_unique() < 2:
            assert rows["best"].null_count() == rows.height, term
            continue
        best = known.min() if term in LOWER else known.max()
        assert rows["best"].to_list() == [figure == best if figure is not None else None for figure in rows["figure"]]
        ranked += 1
    assert ranked >= 8


def test_every_term_is_said_for_every_plan_in_words() -> None:
    terms = compare(PLANS).terms
    assert terms.select("plan", "area", "term").is_unique().all()
    assert terms["value"].str.strip_chars().str.len_chars().min() > 0
    assert terms["clause"].null_count() == 0
    for name in PLANS:
        assert terms.filter(plan=name).height == terms["term"].n_unique()


def test_terms_carry_the_clauses_they_come_from() -> None:
    terms = compare(FOUR).terms
    said = {
        ("klikk:gold", "Start of downtime"): "Table 2, DT; 3.1.2",
        ("wp-heaven", "Availability objective"): "3.2",
        ("klink-cloud:enterprise", "Credit schedule"): "6",
        ("klink-cloud:enterprise", "Time to claim a credit"): "6",
        ("klikk:gold", "Time to claim a credit"): "1.3; 2.5",
        ("cloudworkz", "Support hours"): "Support and help desk",
        ("klikk:gold", "Other remedies"): "1.2; 2.4",
    }
    for (name, term), clause in said.items():
        assert terms.filter(plan=name, term=term)["clause"].item() == clause, (name, term)


def test_what_is_only_aimed_at_ranks_as_not_promised() -> None:
    found = compare(["klink-cloud:starter", "klink-cloud:enterprise", "wp-heaven"])
    assert figures(found, "Availability objective") == {
        "klink-cloud:starter": (0, False), "klink-cloud:enterprise": (Decimal("99.9"), True),
        "wp-heaven": (Decimal("99.5"), False),
    }  # fmt: skip
    assert figures(found, "Allowable downtime in 30 days") == {
        "klink-cloud:starter": (2_592_000, False), "klink-cloud:enterprise": (2592, True), "wp-heaven": (12_960, False),
    }  # fmt: skip
    times = figures(found, "Maximum first response time")
    assert times["klink-cloud:starter"] == times["wp-heaven"] == (10**9, False)
    assert times["klink-cloud:enterprise"] == (7200, True)
    said = found.terms.filter(plan="klink-cloud:starter", term="Availability objective")["value"].item()
    assert said == "99.5 %, best effort"


def test_credits_of_some_lengths_are_those_of_the_curves() -> None:
    found = compare(FOUR)
    for length, said in ((1, "1h"), (4, "4h"), (24, "1d")):
        for name, terms in found.plans.items():
            curve = credit_curve(terms, fee=1000, at=[timedelta(hours=length)]).filter(
                pl.col("availability").is_not_null()
            )
            figure, _ = figures(found, f"Credit for one outage of {said}")[name]
            assert figure == curve.filter(pl.col("remedy").is_not_null())["credit_percent"].sum()


def test_a_plan_that_pays_by_incident_alone_is_priced_alike_by_terms_and_contests() -> None:
    credit = "accrual: {credit: 5%, per: 1h, count: started}, per: incident"
    by_incident = plan("incidents", f"  - {{id: up, {INCIDENT}, clause: c, credit: {{{credit}, clause: c}}}}")
    found = compare([by_incident, "wp-heaven"])
    assert found.dominance["verdict"].to_list() == ["better"]
    assert figures(found, "Credit for one outage of 1d")["incidents"] == (120, True)


def test_a_plan_that_promises_no_availability_is_not_best_at_exclusions() -> None:
    found = compare([plan("desk", DESK), "wp-heaven"])
    assert figures(found, "Excluded maintenance, and its notice")["desk"][1] is not True


def test_an_answer_due_in_business_days_is_better_than_none() -> None:
    promise = "  - {id: answers, metric: response, within: 1bd, window: 1mo, clause: c}"
    credit = "\n".join([promise, f"  - {{id: up, {AVAILABILITY}, target: 99.9, clause: c}}"])
    found = compare([plan("soon", credit), "wp-heaven"])
    assert figures(found, "Maximum first response time")["soon"][1] is True


# --- (e) what is refused


@pytest.mark.parametrize(
    ("plans", "problems"),
    [
        ([], ["plans: fewer than two; name at least two, like klikk:gold"]),
        (["wp-heaven"], ["plans = wp-heaven: fewer than two; name at least two, like klikk:gold"]),
        (["klikk:gold"], ["plans = klikk:gold: fewer than two; name at least two, like klikk:gold"]),
        (
            ["klikk:gold", "klikk:gold"],
            ["plans = klikk:gold: named twice; name each plan once; give an amended policy another id"],
        ),
        (
            ["klikk", "klikk:gold"],
            ["plans = klikk:gold: named twice; name each plan once; give an amended policy another id"],
        ),
        (
            ["klik", "klikk:glod", "wp-heaven:gold"],
            [
                "policy = klik: not in the library; did you mean klikk? there are ",
                "klikk tier = glod: not a tier of this policy; did you mean gold? there are standard, silver, gold, "
                "platinum",
                "wp-heaven tier = gold: not a tier of this policy; there are none",
            ],
        ),
    ],
)
def test_plans_that_cannot_be_compared_are_refused_all_at_once(plans: list[str], problems: list[str]) -> None:
    with pytest.raises(InputError) as refused:
        compare(plans)
    assert refused.value.subject == "plans"
    told = [str(problem) for problem in refused.value.problems]
    assert [said[: len(start)] for said, start in zip(told, problems, strict=True)] == problems


@pytest.mark.parametrize("fee", [0, -1, float("nan"), float("inf"), Decimal("-0.01")])
def test_a_fee_that_is_none_is_refused(fee: float) -> None:
    with pytest.raises(InputError) as refused:
        compare(["klikk:gold", "wp-heaven"], fee=fee)
    assert str(refused.value) == f"fee: 1 problem\n  fee = {fee}: not a fee; write an amount above 0, like 1600"


def test_evidence_without_an_outage_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        compare(["klikk:gold", "wp-heaven"], evidence=evidence())
    told = "outages: there is none to compare by; give some, or compare without evidence"
    assert str(refused.value) == f"memory: 1 problem\n  {told}"


def test_a_plan_that_pays_in_two_currencies_is_refused() -> None:
    remedy = "remedies: [{id: r, for: [up], clause: c, credit: [{flat: 25 EUR, clause: c}, {flat: 5 USD, clause: c}]}]"
    both = plan("both", f"  - {{id: up, {AVAILABILITY}, target: 99.9, clause: c}}", remedy)
    held = evidence([_of_july(HOUR)], subscriptions=[holder(currency="NOK")])
    with pytest.raises(InputError) as refused:
        compare([both, "wp-heaven"], evidence=held)
    assert sorted(str(problem) for problem in refused.value.problems) == [
        f"subscriptions s @ both currency = NOK: the contract pays in {currency}; give the fee in that currency"
        for currency in ("EUR", "USD")
    ]


# --- (f) amounts of money, fees of all sizes


def test_a_plan_that_pays_in_money_takes_the_same_number_in_its_own_currency() -> None:
    plans = [
        paying("eur", "flat: 25 EUR"),
        paying("usd", "flat: 7 USD", target="99.5"),
        paying("share", "flat: 5%"),
    ]
    held = evidence([_of_july(20 * HOUR)], subscriptions=[holder(currency="NOK", fee="800")])
    found = compare(plans, evidence=held)
    assert found.owed.select("plan", "currency", "monthly_fee", "owed").rows() == [
        ("eur", "EUR", 800, 25), ("usd", "USD", 800, 7), ("share", "NOK", 800, 40),
    ]  # fmt: skip
    assert found.sums().select("plan", "against_first").rows() == [("eur", 0), ("usd", None), ("share", None)]


def test_contests_of_money_depend_on_the_fee() -> None:
    plans = [paying("money", "flat: 25 EUR"), paying("share", "flat: 5%")]
    assert [compare(plans, fee=fee).leader for fee in (100, 500, 1000)] == ["money", None, "share"]


@pytest.mark.parametrize("fee", [Decimal(10**12), 1e12, Decimal("0.000001"), Decimal("99999999999.99")])
def test_huge_and_tiny_fees_are_compared_exactly(fee: Decimal | float) -> None:
    found = compare(
        [paying("one", "flat: 5%"), paying("two", "flat: 1/30")], evidence=evidence([_of_july(HOUR)]), fee=fee
    )
    exact = Decimal(str(fee))
    assert found.owed["monthly_fee"].to_list() == [exact, exact]
    assert found.owed["owed"].to_list() == [round(exact / 20, 2), round(exact / 30, 2)]
    assert found.leader == "one"


def test_a_fee_too_small_for_the_tables_is_refused() -> None:
    with pytest.raises(InputError):
        compare(["klikk:gold", "wp-heaven"], evidence=evidence([_of_july(HOUR)]), fee=Decimal("0.0000001"))


# --- odd evidence and odd plans


@pytest.mark.parametrize("name", ["a @ b", "a @ one", "@", "a @ b @ two", '<b>"x"', "ø % {y}"])
def test_names_with_odd_characters_come_back_as_they_were(name: str) -> None:
    held = evidence([_of_july(20 * HOUR, name="o @ one", subscription=name)], subscriptions=[holder(subscription=name)])
    found = compare([paying("one", "flat: 5%"), paying("two", "flat: 1%")], evidence=held)
    assert found.owed.select("subscription", "plan", "owed").rows() == [(name, "one", 50), (name, "two", 10)]
    assert found.verdicts.select("subscription", "outage", "plan").rows() == [
        (name, "o @ one", "one"), (name, "o @ one", "two"),
    ]  # fmt: skip


def test_a_name_of_two_lines_comes_back_as_it_was() -> None:
    held = evidence([_of_july(20 * HOUR, subscription="x\ny")], subscriptions=[holder(subscription="x\ny")])
    found = compare([paying("one", "flat: 5%"), paying("two", "flat: 1%")], evidence=held)
    assert found.owed.select("subscription", "plan").rows() == [("x\ny", "one"), ("x\ny", "two")]


def test_a_plan_without_a_promise_about_outages_has_verdicts_too() -> None:
    found = compare([plan("desk", DESK), paying("one", "flat: 5%")], evidence=evidence([_of_july(20 * HOUR)]))
    assert found.verdicts["plan"].to_list() == ["desk", "one"]
    assert found.verdicts["differs"].to_list() == [True, True]


def test_a_plan_without_a_promise_about_outages_owes_nothing_and_never_leads() -> None:
    found = compare([plan("desk", DESK), paying("one", "flat: 5%")], evidence=evidence([_of_july(20 * HOUR)]))
    assert found.owed.select("plan", "owed", "counted_seconds", "windows").rows() == [
        ("desk", 0, 0, 0),
        ("one", 50, 72_000, 1),
    ]
    assert found.leader == "one"
    assert found.dominance["verdict"].to_list() == ["worse"]


def test_all_tiers_of_a_policy_are_compared_at_once() -> None:
    assert list(compare(["klink-cloud"]).plans) == PLANS[5:8]
    assert list(compare([find_policy("klink-cloud")]).plans) == PLANS[5:8]
    found = compare(["klink-cloud"])
    assert found.leader == "klink-cloud:enterprise"
    assert found.dominance["verdict"].to_list() == ["equal", "worse", "worse"]


@pytest.mark.parametrize("tier", ["", ":enterprise"])
def test_a_path_names_the_same_plans_as_an_id(tier: str, tables: Evidence) -> None:
    path = str(LIBRARY / "klink-cloud.yaml")
    mine = tables.only("harbor-enterprise")
    by_path = compare([f"{path}{tier}", "wp-heaven"], evidence=mine)
    by_id = compare([f"klink-cloud{tier}", "wp-heaven"], evidence=mine)
    assert list(by_path.plans) == list(by_id.plans)
    assert by_path.owed.equals(by_id.owed)
    assert by_path.terms.equals(by_id.terms)


def test_policies_tiers_and_generators_are_taken_as_well() -> None:
    some: Iterator[Any] = iter([(find_policy("klikk"), "gold"), "wp-heaven"])
    assert repr(compare(some)) == "Comparison(klikk:gold, wp-heaven)"


def test_an_outage_that_still_goes_on_counts_to_the_end_of_the_period() -> None:
    plans = [paying("one", "flat: 5%"), paying("two", "shortfall: {credit: 1%}")]
    found = compare(plans, evidence=evidence([_of_july(None)]))
    assert found.review is not None
    assert str(found.review.period) == "2026-07"
    assert found.verdicts["counted_seconds"].unique().to_list() == [22 * 86_400]
    assert found.owed["owed"].to_list() == [50, round(1000 * (Decimal("99.9") - Decimal(900) / 31) / 100, 2)]


def test_rolling_windows_owe_what_an_assessment_of_them_owes() -> None:
    rolling = paying("rolling", "flat: 5%", terms="metric: availability, window: {rolling: 30d}")
    monthly = paying("monthly", "flat: 10%")
    held = evidence([_of_july(5 * DAY)])
    found = compare([rolling, monthly], evidence=held)
    both = "2026-07/2026-08"  # the outage lies in windows that end in August as well
    expected = sla.assess(by_hand(held, "rolling"), both, "2026-09-02", policies={"rolling": rolling}).headline()
    row = found.owed.filter(plan="rolling").row(0, named=True)
    assert (
        row["owed"] == expected["owed"][0] == 50
    )  # an outage is paid for once, by the first window that holds all of it
    assert (row["windows"], row["missed"]) == (62, 34)


# --- (g) the leader, and sentences


def test_the_four_documents_are_told_as_they_are() -> None:
    assert summarize_comparison(compare(FOUR)) == [
        "No plan pays the most for every length of outage.",
        "Klikk Gold pays more for outages from 21m36s to 1d3h36m, WP Heaven beyond.",
        "Klikk Gold pays more for outages from 21m36s to 43m12s, klink.cloud Enterprise beyond.",
        "Klikk Gold pays more than Cloudworkz for outages beyond 21m36s, and never less.",
        "klink.cloud Enterprise pays more for outages from 43m12s to 7d15h36m, WP Heaven beyond.",
        "WP Heaven pays more than Cloudworkz for outages beyond 3h36m, and never less.",
        "klink.cloud Enterprise pays more than Cloudworkz for outages beyond 43m12s, and never less.",
    ]


def test_the_same_outages_are_told_first(tables: Evidence) -> None:
    found = compare(FOUR, evidence=tables.only("fjord-iaas"), fee=1000)
    sums = {row["plan"]: row for row in found.sums().iter_rows(named=True)}
    first, second, *rest = summarize_comparison(found)
    assert first.startswith("For the same 29 outages of 2026-01/2026-09: Klikk Gold ")
    for name, row in sums.items():
        assert f"{found.names[name]} {row['owed']:,.2f} NOK" in first
    parted = found.verdicts.filter("differs")["outage"].n_unique()
    assert second == f"The contracts count different lengths of downtime for {parted} of 29 outages."
    assert rest == summarize_comparison(compare(FOUR, fee=1000))


def test_one_outage_is_told_in_the_singular() -> None:
    found = compare([paying("one", "flat: 5%"), paying("two", "flat: 1%")], evidence=evidence([_of_july(HOUR)]))
    assert "1 outages" not in " ".join(summarize_comparison(found))


def test_a_leader_is_never_behind_and_somewhere_ahead() -> None:
    assert compare(FOUR).leader is None
    assert compare(["wp-heaven", "cloudworkz"]).leader == "wp-heaven"
    assert compare(["cloudworkz", "wp-heaven"]).leader == "wp-heaven"
    assert compare(["klikk:gold", "klikk:platinum"]).leader is None
    assert compare(["klikk:gold", "klikk:platinum", "cloudworkz"]).leader == "klikk:gold"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [("2592.000001", "beyond 43m12s"), ("3600", "from 1h on"), ("0", "from 0s on"), ("0.000001", "beyond 0s")],
)
def test_the_length_from_which_on_is_told_by_the_shorter_words(seconds: str, said: str) -> None:
    assert lead_start(Decimal(seconds)) == said


@pytest.mark.parametrize("given", [{"period": "soon"}, {"as_of": "tomorrow"}])
def test_a_period_that_is_none_is_refused_without_evidence_too(given: dict[str, str]) -> None:
    with pytest.raises(InputError, match=next(iter(given.values()))):
        sla.compare(["klikk:gold", "wp-heaven"], **given)


def test_updates_are_a_term_where_a_plan_guarantees_them() -> None:
    told = parse_policy(
        """
format: 1
id: told
provider: Told
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01}
guarantees:
  - {id: updates, metric: update, within: {P1: 30m, P2: 2h}, window: 1mo, target: 90, clause: "4"}
"""
    ).terms()
    other = find_policy("klikk").terms(tier="gold")
    rows = terms_table({"told": told, "klikk": other}, Decimal(1000)).filter(code="updates")
    assert rows.select("plan", "value", "figure", "best", "clause").rows() == [
        ("told", "within 30m (P1), 2h (P2)", 1800, True, "4"), ("klikk", "no guarantee", 10**9, False, ""),
    ]  # fmt: skip
    assert terms_table({"klikk": other}, Decimal(1000)).filter(code="updates").is_empty()
