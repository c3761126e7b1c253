"""Plans ranked by what matters: laws of the points, what tips the order, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

import slakit as sla
from slakit.comparison.ranking import CRITERIA, MOST_WEIGHT, rank_plans
from slakit.policy.printing import print_percent

PLANS = ["klikk:gold", "wp-heaven", "klink-cloud:enterprise", "cloudworkz"]
SAMPLES = Path(__file__).parents[2] / "data_samples" / "evidence"
COMPARED = sla.compare(PLANS)
WEIGHTS = st.fixed_dictionaries({name: st.integers(0, MOST_WEIGHT) for name in CRITERIA if CRITERIA[name].term})
CLOSE = Decimal("0.00001")
"""Points are cut to six decimals, each piece by itself."""


@pytest.fixture(scope="module")
def on_evidence() -> sla.Comparison:
    asked = sla.find_policy("klikk").amend({"guarantees.iaas.clock": "started"})
    offers = [*PLANS, (asked, "gold")]
    return sla.compare(offers, evidence=sla.read_evidence(SAMPLES), fee=1000)


@pytest.fixture(scope="module")
def ahead() -> sla.Outlook:
    return sla.outlook(PLANS, outages_per_year=1, length="90m", years=40, period="2027-01/2027-12", ranges=False)


def points(ranking: object) -> dict[str, Decimal]:
    table: pl.DataFrame = ranking.table  # type: ignore[attr-defined]
    return dict(table.select("plan", "points").unique(maintain_order=True).iter_rows())


@given(WEIGHTS)
@examples(15)
def test_points_are_those_of_the_criteria_and_never_more_than_a_hundred(weights: dict[str, int]) -> None:
    ranking = rank_plans(COMPARED, weights)
    sums = ranking.table.group_by("plan").agg(pl.col("earned").sum(), pl.col("points").first())
    for _, earned, total in sums.iter_rows():
        assert 0 <= total <= 100
        assert abs(earned - total) < CLOSE
    assert ranking.table["rank"].is_sorted()
    assert ranking.table["points"].is_sorted(descending=True)


@given(WEIGHTS)
@examples(10)
def test_the_best_plan_on_a_matter_gets_all_of_its_weight(weights: dict[str, int]) -> None:
    table = rank_plans(COMPARED, weights).table
    total = sum(weights.values())
    for name, weight in weights.items():
        most = table.filter(pl.col("criterion") == name)["earned"].max()
        assert abs(Decimal(str(most)) - (Decimal(100 * weight) / total if total else 0)) < CLOSE


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5), st.integers(0, 5))
@examples(7)
def test_only_the_proportions_of_the_weights_matter(credit: int, claim: int, support: int, budget: int) -> None:
    once = {"credit": credit, "claim": claim, "support": support, "budget": budget}
    twice = {name: 2 * weight for name, weight in once.items()}
    assert points(rank_plans(COMPARED, once)) == points(rank_plans(COMPARED, twice))


@given(WEIGHTS)
@examples(7)
def test_a_tip_is_the_nearest_weight_that_puts_another_plan_first(weights: dict[str, int]) -> None:
    ranking = rank_plans(COMPARED, weights)
    tips = {name: (plan, weight) for name, plan, weight in ranking.tips.iter_rows()}
    for name, now in weights.items():
        others = [weight for weight in range(MOST_WEIGHT + 1) if weight != now]
        leaders = {weight: rank_plans(COMPARED, {**weights, name: weight}).leaders for weight in others}
        turning = [w for w in others if not set(leaders[w]) & set(ranking.leaders)]
        if name in tips:
            plan, weight = tips[name]
            assert plan in leaders[weight]
            assert abs(weight - now) == min(abs(other - now) for other in turning)
        else:
            assert not turning


def test_twice_as_slow_is_half_as_good_and_what_is_not_promised_is_nothing() -> None:
    table = rank_plans(COMPARED).table
    shares = {(plan, name): share for plan, name, share in table.select("plan", "criterion", "share").iter_rows()}
    assert shares["klikk:gold", "budget"] == 100  # 21m36s of 30 days
    assert shares["cloudworkz", "budget"] == 50  # 43m12s
    assert shares["wp-heaven", "budget"] == 10  # 3h36m
    assert shares["klikk:gold", "support"] == 100  # 30 minutes
    assert shares["klink-cloud:enterprise", "support"] == 25  # 2 hours
    assert shares["wp-heaven", "support"] == 0  # no guarantee
    assert shares["klink-cloud:enterprise", "claim"] == Decimal(
        "2.739726"
    )  # 10 days of the 365 that no deadline counts


def test_best_effort_counts_as_nothing() -> None:
    table = rank_plans(sla.compare(["klink-cloud:starter", "klink-cloud:enterprise"])).table
    starter = table.filter((pl.col("plan") == "klink-cloud:starter") & (pl.col("criterion") == "support"))
    assert starter["share"][0] < 100


def test_without_any_weight_nobody_is_ahead() -> None:
    ranking = rank_plans(COMPARED, dict.fromkeys(("credit", "claim", "support", "budget"), 0))
    assert set(points(ranking).values()) == {Decimal(0)}
    assert ranking.leaders == PLANS
    assert set(ranking.table["rank"]) == {1}


def test_evidence_adds_what_the_same_outages_earn_in_monthly_fees_over_all_currencies(
    on_evidence: sla.Comparison,
) -> None:
    table = rank_plans(on_evidence).table.filter(pl.col("criterion") == "outages")
    said = dict(table.select("plan", "value").iter_rows())
    owed = on_evidence.owed.filter(pl.col("plan") == "wp-heaven")
    assert owed["currency"].n_unique() > 1
    share = Decimal(owed["owed"].sum()) / 10  # percent of 1,000, whatever the currency
    assert said["wp-heaven"] == f"{print_percent(share, 2)} % of a monthly fee"


def test_terms_that_nobody_offers_are_ranked_but_never_lead(on_evidence: sla.Comparison) -> None:
    ranking = rank_plans(on_evidence, {"outages": 10, "credit": 0, "claim": 0, "support": 0, "budget": 0})
    assert ranking.order[0] == "klikk-if:gold"
    assert ranking.proposed == {"klikk-if:gold"}
    assert ranking.leaders == ["klikk:gold"]
    assert "klikk-if:gold" not in ranking.tips["plan"].to_list()


def test_wrong_weights_are_refused_all_at_once() -> None:
    with pytest.raises(sla.InputError) as refused:
        rank_plans(COMPARED, {"prize": 3, "credit": 11, "claim": 2.5, "support": True})  # type: ignore[dict-item]
    assert str(refused.value).splitlines() == [
        "weights: 4 problems",
        "  weights = prize: not a criterion; there are credit, claim, support, budget",
        "  weights credit = 11: not a weight; write a whole number from 0 to 10",
        "  weights claim = 2.5: not a weight; write a whole number from 0 to 10",
        "  weights support = True: not a weight; write a whole number from 0 to 10",
    ]


def test_an_outlook_adds_its_expected_credit_and_its_chance_of_a_breach(ahead: sla.Outlook) -> None:
    ranking = rank_plans(COMPARED, {"credit": 0, "claim": 0, "support": 0, "budget": 0}, ahead)
    rows = {(row["plan"], row["criterion"]): row for row in ranking.table.to_dicts()}
    summary = {row["plan"]: row for row in ahead.summary.to_dicts()}
    most, least = max(row["fee_share"] for row in summary.values()), min(row["year_missed"] for row in summary.values())
    assert 1 < least < max(row["year_missed"] for row in summary.values())
    for plan, row in summary.items():
        assert abs(rows[plan, "expected"]["share"] - 100 * row["fee_share"] / most) < CLOSE
        assert (
            abs(rows[plan, "breach"]["share"] - 100 * least / row["year_missed"]) < CLOSE
        )  # twice as likely, half as good
        assert rows[plan, "breach"]["value"] == f"{print_percent(row['year_missed'], 1)} % of years"
    assert ranking.basis == ahead.basis["says"][0]
    assert rank_plans(COMPARED, {"expected": 3}).table.equals(rank_plans(COMPARED).table)


def test_a_plan_that_guarantees_nothing_is_not_the_best_at_keeping_it(ahead: sla.Outlook) -> None:
    nothing = pl.when(pl.col("plan") == "wp-heaven").then(None).otherwise(pl.col("months_missed"))
    summary = ahead.summary.with_columns(nothing.alias("months_missed"), pl.lit(Decimal(0)).alias("year_missed"))
    table = rank_plans(COMPARED, ahead=replace(ahead, summary=summary)).table.filter(criterion="breach")
    shares = dict(table.select("plan", "share").iter_rows())
    assert shares == {plan: 0 if plan == "wp-heaven" else 100 for plan in PLANS}


def test_what_was_not_read_has_no_points_for_years_to_come(ahead: sla.Outlook) -> None:
    unread = {name: terms.model_copy(update={"remedies": []}) for name, terms in COMPARED.plans.items()}
    excerpt = COMPARED.plans["cloudworkz"].source.model_copy(update={"read": "excerpt"})
    unread["cloudworkz"] = unread["cloudworkz"].model_copy(update={"source": excerpt})
    ranking = rank_plans(replace(COMPARED, plans=unread), ahead=replace(ahead, plans=unread))
    row = ranking.table.filter(plan="cloudworkz", criterion="expected").row(0, named=True)
    assert (row["value"], row["share"], row["earned"]) == ("not read", None, 0)


def test_an_outlook_of_other_plans_terms_or_fee_is_refused(ahead: sla.Outlook) -> None:
    other = {plan: terms for plan, terms in ahead.plans.items() if plan != "cloudworkz"}
    other["klikk:gold"] = other["klikk:gold"].model_copy(update={"currency": "SEK"})
    with pytest.raises(sla.InputError) as refused:
        rank_plans(COMPARED, ahead=replace(ahead, plans=other, fee=Decimal(500)))
    assert [(one.where, one.remedy) for one in refused.value.problems] == [
        ("ahead", "give both the same plans"),
        ("ahead", "give both the same policy and reading"),
        ("ahead fee", "give both the same fee"),
    ]
