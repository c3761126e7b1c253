"""What an outlook looks like: dots and squares that add up, tables that say from what it is known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import slakit as sla
from slakit.outlook.outlook import Outlook
from slakit.show import (
    chart_outlook,
    chart_outlook_months,
    show_outlook,
    show_outlook_differences,
    show_outlook_readings,
    show_priced_terms,
)

PLANS = ["klink-cloud:enterprise", "wp-heaven"]


@pytest.fixture(scope="module")
def ahead() -> Outlook:
    return sla.outlook(PLANS, outages_per_year=6, length="90m", years=100, period="2027-01/2027-12")


def marks(chart: Any) -> list[dict[str, Any]]:
    """The rows of the first layer."""
    drawn = chart.to_dict()
    return list(drawn["datasets"][drawn["layer"][0]["data"]["name"]])


def test_fifty_dots_and_a_hundred_squares_for_each_plan(ahead: Outlook) -> None:
    rows = marks(chart_outlook(ahead))
    assert len(rows) == 100
    likely = [row["x"] * 120 for row in rows if row["plan"] == "klink.cloud Enterprise"]
    mean = float(ahead.summary["expected"][0])
    assert sum(likely) / 50 == pytest.approx(mean, rel=0.1)
    squares = marks(chart_outlook_months(ahead))
    missed = [row for row in squares if row["state"] == "missed" and row["plan"] == "WP Heaven"]
    assert len(squares) == 200
    assert len(missed) == round(ahead.summary["months_missed"][1])


def test_tables_say_from_what_it_is_known(ahead: Outlook) -> None:
    said = show_outlook(ahead).as_raw_html()
    assert "6 outages a year, as given." in said
    assert "of 100 months" in said
    assert "lower" in show_outlook_differences(ahead).as_raw_html()
    assert "assumed here" in show_outlook_readings(ahead).as_raw_html()
    priced = sla.price_terms(PLANS[1], outages_per_year=6, length="90m", years=20)
    assert "Website uptime: 99.75 % committed" in show_priced_terms(priced).as_raw_html()


def test_the_explorer_follows_its_parameters() -> None:
    explored = sla.explore_outlook(PLANS, years=20)
    before = explored.view.value
    explored.change(outages_per_year=24.0, length="4h")
    assert explored.view.value != before
    assert "24 outages a year" in explored.view.note
    assert "outages_per_year: 24.0" in explored.batch_plan()
    assert Decimal(explored.view.value.split(" ")[0]) > Decimal(before.split(" ")[0])
