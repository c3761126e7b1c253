"""Charts: valid, exact, with a finding in the title, and friendly where there is nothing to draw."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import altair as alt
import polars as pl
import pytest

import slakit as sla
from slakit import credit_curve, find_terms, window_budgets
from slakit.analysis.review import Review
from slakit.analysis.verdicts import VERDICT_WORDS
from slakit.show import chart_allowance, chart_budgets, chart_claims, chart_credit_curves, chart_outages

SUBSCRIPTIONS = [
    "fjord-iaas",
    "fjord-standard",
    "tind-iaas",
    "nordlys-web",
    "harbor-enterprise",
    "harbor-starter",
    "skog-vm",
]
LIBRARY = ["klikk", "wp-heaven", "klink-cloud", "cloudworkz"]


def rows_of(chart: Any) -> list[dict[str, Any]]:
    """All rows that a chart draws."""
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def title_of(chart: Any) -> str:
    return " ".join(chart.to_dict()["title"]["text"])


def is_finished(chart: Any) -> bool:
    spec = chart.to_dict()
    return bool(spec["description"]) and spec["width"] == "container" and spec["autosize"]["type"] == "fit-x"


@pytest.mark.parametrize("subscription", SUBSCRIPTIONS)
def test_every_subscription_has_its_charts(review: Review, subscription: str) -> None:
    for draw in (chart_outages, chart_allowance, chart_claims):
        chart = draw(review, subscription)
        assert is_finished(chart)
        assert subscription in chart.to_dict()["description"] or draw is chart_claims


def test_the_outages_that_count_are_those_of_the_ledger(review: Review) -> None:
    ledger = review.of("fjord-iaas").ledger.filter(~pl.col("verdict").is_in(["other_component", "outside_period"]))
    counting = ledger.filter(pl.col("verdict") == "counted")["outage"].n_unique()
    assert f"{counting} of {ledger['outage'].n_unique()} outages count" in title_of(chart_outages(review, "fjord-iaas"))
    drawn = [row for row in rows_of(chart_outages(review, "fjord-iaas")) if "verdict" in row]
    assert len(drawn) == ledger.group_by("guarantee", "outage").len().height
    assert sum(row["seconds"] for row in drawn) == pytest.approx(float(ledger["seconds"].sum()))


def test_every_verdict_has_words_and_a_colour() -> None:
    from slakit.measure.assessment_input import VERDICTS as KNOWN
    from slakit.show.charts.outages import COLOUR_OF

    assert set(KNOWN) == set(VERDICT_WORDS) == set(COLOUR_OF)


def test_times_are_on_the_contracts_wall_clock(review: Review) -> None:
    first = next(row for row in rows_of(chart_outages(review, "fjord-iaas")) if row.get("outage") == "fj-01")
    assert first["when"] == "2026-01-08 03:12 – 2026-01-08 03:21:30"
    assert (
        first["at"]
        == sla.measure.calendar.to_microseconds(  # type: ignore[attr-defined]
            __import__("datetime").datetime.fromisoformat("2026-01-08T03:12:00+00:00")
        )
        / 1000
    )


def test_gauges_are_full_exactly_where_the_target_is_missed(review: Review) -> None:
    gauges = [row for row in rows_of(chart_allowance(review, "harbor-enterprise")) if "ratio" in row]
    missed = review.of("harbor-enterprise").availability.filter(pl.col("met").eq(other=False))
    assert sum(row["state"] == "missed" for row in gauges) == missed.height
    for row in gauges:
        assert (row["ratio"] > 1) == (row["state"] == "missed")
    brim = next(row for row in gauges if row["window"] == "Jun 2026")
    assert (brim["state"], brim["ratio"], brim["used"]) == ("kept", 1.0, "43m12s of 43m12s allowed")


def test_claims_are_divided_without_a_rest(review: Review) -> None:
    bars = [row for row in rows_of(chart_claims(review)) if "begin" in row]
    for subscription in {row["subscription"] for row in bars}:
        own = [row for row in bars if row["subscription"] == subscription]
        assert own[0]["begin"] == 0
        assert own[-1]["end"] == 1
        assert all(left["end"] == right["begin"] for left, right in pairwise(own))


def test_budgets_that_are_the_same_share_a_bar() -> None:
    chart = chart_budgets(window_budgets(find_terms(LIBRARY), "2026-10"))
    figures = {row["figure"] for row in rows_of(chart)}
    assert figures == {
        "Klikk (all tiers): 22m21s", "klink.cloud Enterprise: 44m38.4s", "Cloudworkz: 44m42s", "WP Heaven: 3h43m30s",
        "klink.cloud Starter and Growth: 3h43m12s",
    }  # fmt: skip
    assert title_of(chart) == "Least downtime allowed: 22m21s at Klikk (all tiers)"


def test_budgets_of_a_year_name_their_shortest_and_longest_month() -> None:
    chart = chart_budgets(window_budgets(find_terms(["klikk:gold"]), "2026-01/2026-12"))
    assert {row["figure"] for row in rows_of(chart)} == {"Klikk Gold: 20m9.6s (Feb 2026) to 22m21s (Oct 2026)"}


@pytest.mark.parametrize("hours", [0, 0.2, 1, 72, 720, 9000])
def test_curves_end_where_they_are_cut(hours: float) -> None:
    chart = chart_credit_curves(credit_curve(find_terms(LIBRARY)), hours)
    spots = [row for row in rows_of(chart) if "credit" in row and "number" in row]
    assert is_finished(chart)
    assert max(row["hours"] for row in spots) <= max(hours, 1 / 60) + 1e-9
    assert min(row["hours"] for row in spots) > 0


def test_every_point_that_is_drawn_lies_on_the_curve() -> None:
    terms = find_terms(["wp-heaven", "klink-cloud:enterprise"])
    chart = chart_credit_curves(credit_curve(terms), 100)
    spots = [row for row in rows_of(chart) if "number" in row and row["hours"] > 0.2]
    assert len(spots) > 40
    for row in spots:
        one = next(plan for plan in terms if row["name"].startswith(plan.provider))
        near = [timedelta(microseconds=round(row["hours"] * 3.6e9) + beside) for beside in (-1, 0, 1)]
        curve = sla.credit_curve(one, at=near)
        low, high = curve["credit_percent"].min(), curve["credit_percent"].max()
        assert float(low) - 1e-6 <= row["credit"] <= float(high) + 1e-6  # type: ignore[arg-type]


def test_plans_without_credit_say_so() -> None:
    chart = chart_credit_curves(credit_curve(find_terms(["cloudworkz", "klink-cloud"])))
    assert "no credit at Cloudworkz, klink.cloud Starter and Growth" in title_of(chart)


def test_replacements_alone_are_drawn() -> None:
    curve = sla.credit_curve(find_terms(["klikk:gold"])[0], "hardware-replacement")
    assert "100 %" in title_of(chart_credit_curves(curve, 72))


def test_where_there_is_nothing_to_draw_the_chart_says_why(review: Review) -> None:
    quiet = sla.assess(
        sla.Evidence.of([
            {"subscription": "quiet", "policy": "cloudworkz", "monthly_fee": "1", "currency": "SEK",
             "starts": "2026-01-01T00:00:00Z"},
        ]), "2026-02", "2026-03-05",
    )  # fmt: skip
    curves, budgets = (table.clear() for table in (sla.credit_curve(find_terms(["wp-heaven"])[0]), _october()))
    empty = [
        chart_outages(quiet, "quiet"), chart_claims(quiet), chart_claims(review, "skog-vm"),
        chart_budgets(budgets), chart_credit_curves(curves),
    ]  # fmt: skip
    for chart in empty:
        assert re.search(r"[Nn]o |[Nn]othing", chart.to_dict()["description"])
    assert is_finished(chart_allowance(quiet, "quiet"))


def _october() -> pl.DataFrame:
    return window_budgets(find_terms(["wp-heaven"]), "2026-10")


def test_many_outages_are_drawn_without_a_limit_of_rows() -> None:
    start = pl.datetime(2026, 1, 1, time_zone="UTC")
    many = pl.select(pl.int_range(6000).alias("n")).select(
        pl.format("o{}", "n").alias("outage"), pl.lit("s").alias("subscription"),
        (start + pl.duration(minutes=60 * pl.col("n"))).alias("started"),
        (start + pl.duration(minutes=60 * pl.col("n") + 1)).alias("ended"),
        (start + pl.duration(minutes=60 * pl.col("n"))).alias("detected"),
    )  # fmt: skip
    held = {"subscription": "s", "policy": "wp-heaven", "monthly_fee": "1", "currency": "DKK"}
    evidence = sla.Evidence.of([{**held, "starts": "2025-01-01T00:00:00Z"}], outages=many.to_dicts())
    chart = chart_outages(sla.assess(evidence, "2026-01/2026-08", "2026-10-01", ranges=False), "s")
    assert "longest are drawn" in chart.to_dict()["description"]
    assert len([row for row in rows_of(chart) if "verdict" in row]) == 2000


def test_the_theme_is_in_force() -> None:
    assert alt.theme.active == "slakit"
    assert Decimal("0.8") == Decimal(str(alt.theme.get()()["config"]["axis"]["labelOpacity"]))  # type: ignore[misc]


def test_a_crowd_of_subscriptions_is_cut_and_says_so() -> None:
    held = {"policy": "wp-heaven", "monthly_fee": "100", "currency": "DKK", "starts": "2025-01-01T00:00:00Z"}
    times = {"started": "2026-02-01T00:00:00Z", "ended": "2026-02-09T00:00:00Z", "detected": "2026-02-01T00:00:00Z"}
    names = [f"s{number}" for number in range(60)]
    urgent = {**held, "policy": "klink-cloud", "tier": "enterprise", "currency": "USD"}
    evidence = sla.Evidence.of(
        [*({"subscription": name, **held} for name in names[:-1]), {"subscription": names[-1], **urgent}],
        outages=[{"outage": f"o{name}", "subscription": name, **times} for name in names],
    )
    chart = chart_claims(sla.assess(evidence, "2026-02", "2026-03-05", ranges=False))
    assert len({row["subscription"] for row in rows_of(chart)}) == 40
    assert "The 40 most urgent of 60 subscriptions" in chart.to_dict()["description"]
    first = next(row for row in rows_of(chart) if "figure" in row)
    assert (first["figure"], "claimable now (5 days left)" in first["about"]) == ("s59", True)
