"""Notebooks, tables and charts of the service desk and of recoveries say what the review says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from desk_support import DAY, HOUR, at, desk, holder, judged, ticket

from slakit import show
from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan
from slakit.evidence.files import read_evidence

HOUSE = Path(__file__).parents[2]
SAMPLES = HOUSE / "data_samples" / "evidence"
HELD = ["fjord-iaas", "harbor-enterprise", "skog-vm", "nordlys-web"]
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def samples() -> Review:
    return assess(read_evidence(SAMPLES), "2026-01/2026-09", "2026-10-01T00:00:00Z")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Both notebooks for a subscription to each document, and for evidence without tickets."""
    folder = tmp_path_factory.mktemp("reports")
    bare = folder / "bare"
    bare.mkdir()
    (bare / "subscriptions.csv").write_text((SAMPLES / "subscriptions.csv").read_text())
    known = f'evidence: {SAMPLES}, period: 2026-01/2026-09, as_of: "2026-10-05T00:00:00Z"'
    lines = ["format: 1", f"defaults: {{{known}}}", "reports:"]
    for name in ("service_desk", "recovery"):
        notebook = HOUSE / "notebooks" / f"{name}.ipynb"
        given = [(one, f"subscription: {one}") for one in HELD] + [("bare", f"evidence: {bare}")]
        lines += [f"  - {{name: {name}-{one}, notebook: {notebook}, parameters: {{{put}}}}}" for one, put in given]
    (folder / "plan.yaml").write_text("\n".join(lines))
    manifest = run_plan(read_plan(folder / "plan.yaml"), folder / "out")
    assert [(entry.name, entry.error) for entry in manifest.reports if not entry.is_good] == []
    return {entry.name: entry for entry in manifest.reports}


def headline(reports: dict[str, Any], name: str) -> tuple[str, str]:
    [shown] = reports[name].headlines
    return shown.value, shown.note


@pytest.mark.long
def test_every_report_begins_with_its_answer(reports: dict[str, Any]) -> None:
    assert len(reports) == 10
    assert (
        headline(reports, "service_desk-fjord-iaas")[0]
        == "95.55 % of first responses in time · 84.09 % of resolutions in time"
    )
    assert headline(reports, "service_desk-harbor-enterprise")[0].endswith("in time")
    for one, provider in (("skog-vm", "Cloudworkz"), ("nordlys-web", "WP Heaven")):
        assert headline(reports, f"service_desk-{one}") == (
            "no guarantee",
            f"{provider} guarantees no response or resolution time.",
        )
    assert headline(reports, "recovery-skog-vm")[0] == "1 of 5"
    assert (
        "Depending on the interpretation: 1 (How much work may be lost with a server? 60m); 2 ("
        in headline(reports, "recovery-skog-vm")[1]
    )
    assert headline(reports, "recovery-nordlys-web")[0] == "33 of 34"


@pytest.mark.long
def test_evidence_without_tickets_or_recoveries_gives_a_friendly_page(reports: dict[str, Any]) -> None:
    assert headline(reports, "service_desk-bare")[0] == "no ticket"
    assert headline(reports, "recovery-bare")[0] == "none recorded"


def marks(chart: Any, kind: str) -> list[dict[str, Any]]:
    """The rows that a chart draws as marks of a kind."""
    drawn = chart.to_dict()
    layers = [layer for layer in drawn["layer"] if layer["mark"]["type"] == kind]
    return [row for layer in layers for row in layer["data"].get("values") or drawn["datasets"][layer["data"]["name"]]]


def discs(chart: Any) -> Counter[str]:
    """How many discs of each kind a chart draws."""
    return Counter(row["state"] for row in marks(chart, "circle"))


@pytest.mark.parametrize("subscription", ["fjord-iaas", "harbor-enterprise", "harbor-starter"])
def test_every_judged_ticket_is_a_disc(samples: Review, subscription: str) -> None:
    verdicts = Counter(samples.of(subscription).tickets["verdict"].to_list())
    drawn = discs(show.chart_answers(samples, subscription))
    words = {"met": "in time", "missed": "late", "pending": "not answered yet"}
    assert drawn == Counter({words[name]: count for name, count in verdicts.items() if name in words})


def test_late_tickets_come_worst_first_with_due_and_actual(samples: Review) -> None:
    html = show.show_late_tickets(samples, "fjord-iaas").as_raw_html()
    order = [html.index(name) for name in ("KT-4133", "KT-4109", "KT-4106", "KT-4125", "KT-4122", "KT-4118")]
    assert order == sorted(order)
    assert "2026-09-04 18:49:32" in html
    assert "not yet" in html
    assert "KT-4101" not in html


def test_pending_tickets_say_when_they_will_be_late_and_whether_they_wait(samples: Review) -> None:
    html = show.show_pending_tickets(samples, "fjord-iaas").as_raw_html()
    assert html.index("KT-4144") < html.index("KT-4145")
    assert "on hold" in html
    assert "the clock runs" in html
    assert "2026-10-02 21:30" in html


def test_answer_times_are_those_of_the_tickets(samples: Review) -> None:
    html = show.show_answer_times(samples, "fjord-iaas").as_raw_html()
    assert all(text in html for text in ("93.75 %", "30m1s", "12h40m18s", "95.55 %"))


def test_late_times_are_never_rounded_to_the_target() -> None:
    policy = desk("id: response, metric: response, target: 90, within: 1h")
    opened = at("2026-06-01")
    review = judged(policy, [ticket(opened, HOUR + DAY / 86_400_000)])
    html = show.show_answer_times(review, "s").as_raw_html()
    assert "1h1s" in html


def test_ticks_stand_where_another_reading_draws_the_line(samples: Review) -> None:
    ticks = marks(show.chart_recoveries(samples, "skog-vm"), "tick")
    assert {(row["recovery"], row["used"], row["reading"]) for row in ticks} == {
        (f"sk-r{number}", 2.0, "vm-rpo=120m") for number in (1, 2, 3)
    }


def test_every_gap_between_backups_is_a_disc(samples: Review) -> None:
    assert discs(show.chart_backups(samples, "nordlys-web"))["late"] == 1
    html = show.show_backups(samples, "nordlys-web").as_raw_html()
    assert "2d of 1d" in html
    assert "2026-09-13 02:15" in html


def test_names_that_are_scripts_stay_text() -> None:
    policy = desk("id: response, metric: response, target: 90, within: 1h")
    rows = [ticket(at("2026-06-01"), 3 * HOUR, SCRIPT), ticket(at("2026-06-02"), None, f"{SCRIPT}2")]
    review = judged(policy, rows, as_of=at("2026-06-02T00:30"), held=holder())
    for table in (show.show_late_tickets, show.show_pending_tickets, show.show_answer_times):
        assert "<script" not in table(review, "s").as_raw_html()
    lost = {"recovery": SCRIPT, "subscription": "s", "kind": SCRIPT, "failed": at("2026-06-01")}
    backup = {"subscription": "s", "taken": at("2026-06-01")}
    review = judged("cloudworkz", [], as_of=at("2026-06-09"), recoveries=[lost], backups=[backup])
    for table in (show.show_recoveries, show.show_backups):
        assert "<script" not in table(review, "s").as_raw_html()


def test_where_there_is_nothing_to_draw_the_chart_says_why(samples: Review) -> None:
    for chart in (show.chart_answers, show.chart_recoveries):
        assert "no " in chart(samples, "nordlys-web").to_dict()["description"]
    assert "none is recorded" in show.chart_backups(samples, "fjord-iaas").to_dict()["description"]
