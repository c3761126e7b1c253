"""The charts that explorers draw: an incident on its timeline, a ranking, a length that is looked at."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

import slakit as sla
from slakit import credit_curve, find_terms
from slakit.analysis.scenario import Scenario, assess_scenario
from slakit.comparison.ranking import rank_plans
from slakit.policy.files import find_plans
from slakit.show import chart_credit_curves, chart_incident, chart_ranking
from slakit.show.charts.canvas import Drawing

GOLD = find_plans("klikk:gold")[0]
WORKS = Scenario(
    "2026-08-11T09:00", "2026-08-11T13:00", reported="2026-08-11T10:00", component="network",
    works="2026-08-11T11:00", works_end="2026-08-11T12:00", notice="48h",
)  # fmt: skip


def rows(chart: Drawing) -> list[dict[str, Any]]:
    drawn = chart.to_dict()
    inline = [layer["data"]["values"] for layer in drawn["layer"] if "values" in layer.get("data", {})]
    return [row for values in (*drawn.get("datasets", {}).values(), *inline) for row in values]


def title(chart: Drawing) -> str:
    return " ".join(chart.to_dict()["title"]["text"])


def test_an_incident_is_cut_into_its_verdicts_on_the_wall_clock() -> None:
    chart = chart_incident(assess_scenario(GOLD, WORKS), "klikk:gold")
    assert title(chart) == "2h of the 4h outage counts; credit due: 33.33 NOK"
    pieces = [row for row in rows(chart) if row.get("kind") == "piece" and row["lane"] == "Network availability"]
    said = {(row["when"], row["verdict"], row["text"]) for row in pieces}
    assert said == {
        ("2026-08-11 09:00 – 2026-08-11 10:00", "before the clock starts", "1h"),
        ("2026-08-11 10:00 – 2026-08-11 11:00", "counts as downtime", "1h"),
        ("2026-08-11 11:00 – 2026-08-11 12:00", "agreed maintenance", "1h"),
        ("2026-08-11 12:00 – 2026-08-11 13:00", "counts as downtime", "1h"),
    }
    happened = {row["lane"]: row["said"] for row in rows(chart) if row.get("kind") in ("outage", "maintenance")}
    assert happened == {
        "outage": "outage of network",
        "maintenance": "scheduled maintenance, announced 2026-08-09 11:00",
    }
    assert {row["label"] for row in rows(chart) if "at" in row} == {"reported 10:00"}
    assert "Times in Europe/Oslo" in chart.to_dict()["description"]


def test_pieces_are_as_long_as_the_outage_under_every_promise() -> None:
    chart = chart_incident(assess_scenario(GOLD, Scenario("2026-08-11T09:00", "2026-08-11T13:00")), "klikk:gold")
    lengths: dict[str, float] = {}
    drawn = {(row["lane"], row["from"], row["to"]) for row in rows(chart) if row.get("kind") == "piece"}
    for lane, begin, end in drawn:
        lengths[lane] = lengths.get(lane, 0) + end - begin
    assert len(lengths) == 5
    assert set(lengths.values()) == {4 * 3_600_000.0}


def test_what_lies_outside_the_picture_is_cut_at_its_edge() -> None:
    span = (datetime(2026, 8, 11, 8, tzinfo=UTC), datetime(2026, 8, 11, 9, tzinfo=UTC))
    chart = chart_incident(assess_scenario(GOLD, WORKS), "klikk:gold", span)
    edges = [row[edge] for row in rows(chart) for edge in ("from", "to") if edge in row]
    assert max(edges) - min(edges) <= 3_600_000


def test_an_incident_that_no_promise_concerns_says_so() -> None:
    plan = find_plans("cloudworkz")[0]
    chart = chart_incident(
        assess_scenario(plan, Scenario("2026-08-11T09:00", "2026-08-11T13:00", component="roof")), "cloudworkz"
    )
    assert title(chart) == "No guarantee of the contract covers this outage"


def test_a_subscription_without_an_outage_says_so() -> None:
    shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    evidence = sla.Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    chart = chart_incident(sla.assess(evidence, "2026-06", "2026-07-01"), "shop")
    assert chart.to_dict()["description"] == "No outage. No outage of shop is recorded."


def test_a_ranking_is_cut_into_points_that_add_up() -> None:
    ranking = rank_plans(sla.compare(["klikk:gold", "wp-heaven", "klink-cloud:enterprise"]))
    chart = chart_ranking(ranking)
    pieces = {(row["plan"], row["criterion"]): row["to"] - row["from"] for row in rows(chart) if "criterion" in row}
    points = dict(ranking.table.select("plan", "points").unique().iter_rows())
    for plan, total in points.items():
        assert sum(width for (name, _), width in pieces.items() if name == plan) == pytest.approx(
            float(total), abs=1e-4
        )
    best = ranking.order[0]
    assert title(chart) == f"{ranking.names[best]} ranks first: {points[best]:.1f} of 100 points"


def test_terms_that_are_asked_for_are_marked() -> None:
    asked = sla.find_policy("klikk").amend({"guarantees.iaas.clock": "started"})
    chart = chart_ranking(rank_plans(sla.compare(["klikk:gold", "wp-heaven", (asked, "gold")])))
    assert [
        row["figure"]
        for row in rows(chart)
        if "Klikk Gold with the terms you want to negotiate: " in row.get("figure", "")
    ]


def test_without_weights_the_ranking_says_that_nobody_is_ahead() -> None:
    nothing = dict.fromkeys(("credit", "claim", "support", "budget"), 0)
    chart = chart_ranking(rank_plans(sla.compare(["klikk:gold", "wp-heaven"]), nothing))
    assert title(chart) == "Every weight is 0: no plan is ranked"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1296, "No credit for an outage of 21m36s at WP Heaven and Klikk Gold"),
        (1297, "Credit for an outage of 21m37s: 3.33 % of the monthly fee at Klikk Gold, no credit at WP Heaven"),
        (864_000, "Credit for an outage of 10d: 32.83 % of the monthly fee at WP Heaven, 3.33 % at Klikk Gold"),
    ],
)
def test_a_length_that_is_looked_at_is_marked_on_every_line(seconds: int, said: str) -> None:
    curves = credit_curve(find_terms(["klikk:gold", "wp-heaven"]))
    chart = chart_credit_curves(curves, outage=Decimal(seconds))
    assert title(chart) == said
    discs = [row for row in rows(chart) if row.keys() == {"name", "hours", "credit", "percent", "length"}]
    assert {row["name"] for row in discs} == {"Klikk Gold", "WP Heaven"}
    assert {row["hours"] for row in discs} == {seconds / 3600}
