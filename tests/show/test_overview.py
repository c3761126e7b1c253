"""The overview: its figures are those of the tables, it is one page without a network, and it says what changed."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import slakit as sla
from slakit.batch.index import Overview, index_page, read_overview
from slakit.batch.manifest import Manifest, ReportRecord
from slakit.show.overview.facts import overview_of
from slakit.show.overview.page import changes_between, overview_html, script_hash
from slakit.show.overview.show import OVERVIEW

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """Those of the sample evidence on 20 September, as JSON would give them back."""
    evidence = sla.read_evidence(Path(__file__).parents[2] / "data_samples" / "evidence")
    return json.loads(json.dumps(overview_of(sla.assess(evidence, "2026-07/2026-09", "2026-09-20", ranges=False))))


def row(facts: dict[str, Any], key: str, subscription: str) -> dict[str, Any]:
    return next(one for one in facts[key] if one["subscription"] == subscription)


def test_figures_are_those_of_the_review(review: sla.Review) -> None:
    now = overview_of(review)
    assert now["money"]["claimable"] == "3,428.57 NOK · 120.00 USD"
    assert [(one["subscription"], one["days"], one["disputed"]) for one in now["deadlines"]] == [
        ("fjord-iaas", -1, True), ("fjord-iaas", -1, True), ("harbor-enterprise", 5, False),
    ]  # fmt: skip
    assert sum(Decimal(one["owed"]) for one in now["subscriptions"] if one["currency"] == "NOK") == review.owed["NOK"]
    assert [one["subscription"] for one in now["subscriptions"]][:2] == ["fjord-iaas", "harbor-enterprise"]
    assert row(now, "subscriptions", "nordlys-web")["worst"]["level"] == "90 %"


def test_running_windows_have_their_budget_and_the_next_credit(facts: dict[str, Any]) -> None:
    harbor = row(facts, "running", "harbor-enterprise")  # 43m12s of 30 days, and 43m13s are gone; 10 % below 99 %
    assert (harbor["left"], harbor["over"], harbor["now"]) == (None, "1s", "120.00 USD")
    assert harbor["next"] == {"after": "6h28m48s", "amount": "240.00 USD", "grows": False}
    assert row(facts, "running", "nordlys-web")["next"]["grows"]


def test_the_page_is_whole_without_a_script_and_asks_for_nothing(facts: dict[str, Any]) -> None:
    page = overview_html(facts, {"skog-vm": [("skog.html", "claims")]}, [])
    assert page.count("<tr>") >= len(facts["subscriptions"])
    assert '<a href="skog.html">skog-vm</a>' in page
    assert "Nothing changed." in page
    assert not re.search(r"https?:|@import|url\(", page)


def test_names_are_text(facts: dict[str, Any]) -> None:
    subscriptions = [facts["subscriptions"][0] | {"subscription": ATTACK, "plan": ATTACK, "provider": ATTACK}]
    worst = subscriptions[0]["worst"] | {"window": ATTACK, "guarantee": ATTACK, "margin": f'"{ATTACK}'}
    drawn = overview_html(
        facts | {"subscriptions": [subscriptions[0] | {"worst": worst}]}, {ATTACK: [(f'"{ATTACK}', ATTACK)]}, [ATTACK]
    )
    assert "<img" not in drawn


def test_changes_are_told_by_subscription() -> None:
    same, late = ["EUR", "10", "0", None], ["EUR", "5", "5", "end of 1 May"]
    before = {"a": same, "b": late, "gone": same}
    after = {"a": same, "b": [*late[:3], "end of 9 May"], "new": ["NOK", "7", "0", None]}
    assert changes_between(before, after) == [
        "b: next deadline end of 9 May (end of 1 May before).",
        "new is new: owed 7.00 NOK.",
        "gone is no longer in the evidence.",
    ]


def test_a_batch_begins_with_the_overview_that_a_report_shows(facts: dict[str, Any], tmp_path: Path) -> None:
    shown = {"cells": [{"outputs": [{"data": {OVERVIEW: facts}}]}]}
    (tmp_path / "o.ipynb").write_text(json.dumps(shown))
    of_skog: Any = {"parameters": {"subscription": "skog-vm"}, "outputs": {"c.html": "0"}}
    reports = [
        ReportRecord(name="o", notebook="/n/overview.ipynb", status="ok", has_overview=True),
        ReportRecord(name="c", notebook="/n/claims.ipynb", status="ok", **of_skog),
        ReportRecord(name="d", notebook="/n/claims.ipynb", status="failed", error="E: x"),
    ]
    manifest = Manifest(title="T", reports=reports)
    assert read_overview(tmp_path, manifest) == facts
    made = datetime(2026, 9, 13, tzinfo=UTC)
    before = facts["changing"] | {"skog-vm": ["SEK", "1.00", "0", None]}
    page = index_page(manifest, Overview(facts, before, made))
    order = ["One report failed", "Claimable now", "Since the run of 13 September 2026"]
    order += ["skog-vm: owed nothing (1.00 SEK before)", '<a href="c.html">claims</a>']
    order += ["3 reports", "How they were made", "E: x"]
    assert [page.index(text) for text in order] == sorted(page.index(text) for text in order)
    assert f"script-src '{script_hash()}'" in page
    broken = index_page(manifest, Overview(facts | {"subscriptions": [{}]}))
    assert "3 reports" in broken
    assert "<script" not in broken
