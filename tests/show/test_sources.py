"""What was imported, and two sources side by side: tables, charts and headlines of the sample evidence."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import slakit as sla
from slakit import show

FOLDER = Path(__file__).parents[2] / "data_samples" / "imported" / "evidence"


@cache
def found(subscription: str = "") -> sla.Reconciliation:
    mine = sla.read_evidence(FOLDER, subscription=subscription)
    return sla.reconcile(mine, "2026-07/2026-09", "2026-10-05", provider="statuspage", own="uptimerobot")


def cells(table: Any) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = table._tbl_data.to_dicts()
    return rows


def drawn(chart: Any) -> list[dict[str, Any]]:
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def titled(chart: Any) -> str:
    return " ".join(chart.to_dict()["title"]["text"])


def test_imports_name_files_rows_and_the_time_covered() -> None:
    page, monitor = cells(show.show_imports(sla.read_receipts(FOLDER)))
    assert page["Files"] == "incidents.json\nmaintenances.json"
    assert page["Covers"] == "2026-06-18 05:30\nto 2026-10-01 06:00"
    assert page["Rows"] == "6 in outages\n2 in coverage\n1 in maintenance"
    assert (monitor["Records"], monitor["In no row"]) == ("17", "2")


def test_every_record_that_was_left_out_has_its_reason() -> None:
    rows = cells(show.show_left_out(sla.read_receipts(FOLDER)))
    assert [(row["Source"], row["Ids"]) for row in rows[:3]] == [("statuspage", name) for name in ("s8", "s5", "s4")]
    assert "ignores Our own shop" in rows[3]["Reason"]


def test_a_folder_without_imports_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert "written by hand" in show.show_imports({}).as_raw_html()
    assert "written by hand" in show.show_left_out({}).as_raw_html()
    show.headline_imports({})
    assert "nothing" in capsys.readouterr().out


def test_pairs_say_how_they_differ_and_whether_the_other_source_looked() -> None:
    rows = cells(show.show_pairs(found()))
    assert rows[0]["Own against the provider's"] == "starts 8m earlier\nends 11m later"
    said = [row["Own against the provider's"] for row in rows if row["Known to"] == "statuspage alone"]
    assert said == ["uptimerobot did not look", "uptimerobot looked and has none"]


def test_verdicts_that_differ_are_told_by_source() -> None:
    first, *others = cells(show.show_source_windows(found()))
    assert len(others) == 2
    assert first["Provider: statuspage"] == "met\n28m down\n99.937 %"
    assert first["Own: uptimerobot"] == "missed\n47m down\n99.894 %"


def test_credits_by_source_add_up_to_what_each_review_owes() -> None:
    rows = cells(show.show_source_credits(found()))
    assert [row["Difference"] for row in rows] == ["−45.00 USD", "+45.00 USD", "+120.00 USD", "–"]
    for side, heading in (("provider", "Provider: statuspage"), ("own", "Own: uptimerobot")):
        assert sum(float(row[heading].split()[0]) for row in rows) == float(found().reviews[side].owed["USD"])


def test_the_headline_sets_both_sums_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    show.headline_reconciliation(found())
    said = capsys.readouterr().out
    assert "Owed according to uptimerobot, against statuspage: 285.00 USD against 165.00 USD" in said
    assert "If the outages of both count: 330.00 USD" in said


def test_coverage_is_a_lane_for_each_subscription_and_source_with_its_gaps() -> None:
    chart = show.chart_coverage(sla.read_evidence(FOLDER))
    lanes = [row for row in drawn(chart) if "figure" in row]
    assert [row["figure"] for row in lanes] == [
        "quay-support: statuspage", "quay-support: uptimerobot", "quay-sales: statuspage", "quay-sales: uptimerobot",
    ]  # fmt: skip
    assert "without 2d" in lanes[3]["about"]
    assert titled(chart).startswith("1 gap in what the sources cover; the longest is 2d")
    assert sum("outage" in row for row in drawn(chart)) == 11


def test_components_have_lanes_of_their_own_and_open_outages_go_on_to_the_end() -> None:
    row = {"subscription": "shop", "started": "2026-06-10T00:00Z"}
    shop = {"policy": "klikk", "monthly_fee": "9", "currency": "NOK", "starts": "2026-01-01T00:00Z"}
    evidence = sla.Evidence.of(
        [{"subscription": "shop", **shop}],
        outages=[{**row, "outage": "a", "component": "web"}, {**row, "outage": "b", "ended": "2026-06-12T00:00Z"}],
    )
    chart = show.chart_coverage(evidence)
    assert titled(chart) == "No source says what it covers"
    assert {row["figure"] for row in drawn(chart) if "figure" in row} == {
        "shop: written by hand", "shop, web: written by hand",
    }  # fmt: skip
    last = datetime(2026, 6, 12, tzinfo=UTC).timestamp() * 1000
    assert {row["to"] for row in drawn(chart) if "outage" in row} == {last}


def test_outages_of_both_sources_have_one_colour_and_those_of_one_another() -> None:
    chart = show.chart_reconciliation(found())
    known = [row["known"] for row in drawn(chart) if "known" in row]
    assert known.count("in both sources") == 6
    assert known.count("in one source alone") == 4
    assert titled(chart) == "3 outages in both sources, 2 in statuspage alone, 2 in uptimerobot alone"
    alone = show.chart_reconciliation(found("quay-sales"))
    assert titled(alone) == "No outages in both sources, 2 in statuspage alone, 1 in uptimerobot alone"


def test_without_outages_the_charts_say_so() -> None:
    mine = sla.read_evidence(FOLDER)
    never = sla.reconcile(mine, "2026-01", "2026-10-05", provider="statuspage", own="uptimerobot")
    assert titled(show.chart_reconciliation(never)) == "No outage to set side by side"
    assert "no outage" not in show.show_pairs(never).as_raw_html()
    assert "Neither source has an outage" in show.show_pairs(never).as_raw_html()
    assert titled(show.chart_coverage(sla.Evidence.of([]))) == "Nothing to draw"
