"""Explorers: what is moved is shown, what cannot be is said, and what is shown can be had again in a batch."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from effort import some_quick

import slakit as sla
from slakit.batch.plan import read_plan
from slakit.batch.run import run_plan
from slakit.locales import in_locale
from slakit.policy.files import parse_policy
from slakit.show.explorers import plan_filter
from slakit.show.explorers.explorer import Explorer, is_live
from slakit.show.explorers.panel import Panel
from slakit.show.headline import MIME

HOUSE = Path(__file__).parents[2]
SAMPLES = HOUSE / "data_samples" / "evidence"
MONTH = "2026-10"
DOCUMENTS = ["klikk:gold", "wp-heaven", "klink-cloud:enterprise", "cloudworkz"]


def credits() -> Explorer:
    return sla.explore_credits(month=MONTH)


def incident() -> Explorer:
    return sla.explore_incident("klikk:gold", reported="2026-08-11T10:00", component="network")


def vendors() -> Explorer:
    return sla.explore_vendors(evidence=SAMPLES, subscription="fjord-iaas")


def policy() -> Explorer:
    return sla.explore_policy("klikk", month=MONTH)


def question() -> Explorer:
    return sla.explore_quote(month=MONTH)


ALL = [credits, incident, vendors, policy, question]
each = pytest.mark.parametrize("make", ALL, ids=lambda make: make.__name__)


@cache
def unmoved(make: Callable[[], Explorer]) -> Explorer:
    """An explorer that tests look at, and none moves."""
    return make()


def move(panel: Panel, label: str, value: object) -> None:
    panel.controls[label].widget.value = value


def told(explorer: Explorer) -> tuple[str, str, str]:
    view = explorer.view
    return view.label, view.value, view.note


# --- what is moved is shown


def test_dragging_the_length_changes_figure_sentence_picture_and_table_together() -> None:
    explorer = credits()
    panel = explorer.panel
    before = (panel.figure.value, panel.chart_view.source.spec, panel.table.value)
    move(panel, "Length of the outage", "30m")
    after = (panel.figure.value, panel.chart_view.source.spec, panel.table.value)
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert explorer.view.value == "3.33 % of the fee at Klikk (all tiers)"
    assert "Credit for an outage of 30m: 3.33 %" in " ".join(json.loads(panel.chart_view.source.spec)["title"]["text"])
    assert "30m down" in panel.table.value
    assert panel.chart_view.source.text.startswith("Credit for an outage of 30m: 3.33 % of the monthly fee at Klikk")


def test_the_month_decides_how_long_an_outage_keeps_the_promise() -> None:
    explorer = sla.explore_credits(["klikk:gold"], outage="22m20s", month="2026-10")
    assert explorer.view.value == "no credit"  # 745 hours: 22m21s are allowed
    explorer.change(month="2026-02")
    assert explorer.view.value == "3.33 % of the fee at Klikk Gold"


def test_the_fee_moves_the_money_and_not_the_share() -> None:
    explorer = credits()
    move(explorer.panel, "Monthly fee", 3000)
    assert explorer.view.value == "5 % of the fee at klink.cloud Enterprise"
    assert "150.00 USD (5 %)" in explorer.panel.table.value


def test_a_plan_is_added_by_its_name_and_taken_away() -> None:
    explorer = credits()
    panel = explorer.panel
    plans = panel.controls["Plans"]
    plans.below[0].value = "slack-sla"
    assert explorer.parameters["policies"][-1] == "slack-sla"
    assert plans.below[0].value == ""
    assert "Slack" in panel.table.value
    plans.below[0].value = "slack-"
    assert explorer.parameters["policies"][-1] == "slack-sla"
    move(panel, "Plans", ["WP Heaven"])
    assert explorer.parameters["policies"] == ["wp-heaven"]


def test_an_incident_follows_ticket_maintenance_component_and_reading() -> None:
    explorer = incident()
    panel = explorer.panel
    assert (explorer.view.value, explorer.view.chart.title.text) == (
        "33.33 NOK",
        ["3h of the 4h outage counts; credit due: 33.33 NOK"],
    )
    move(panel, "Your ticket", "")
    assert explorer.view.value == "nothing"
    assert (
        explorer.view.note == "Every target is met. Not counted: 4h not reported while it lasted (Table 2, DT; 3.1.2)."
    )
    move(panel, "Your ticket", panel.controls["Outage"].widget.value[0])
    move(panel, "Maintenance", True)  # as long as the outage
    assert explorer.view.note == "Every target is met. Not counted: 4h agreed maintenance (Table 2, SM)."
    move(panel, "It was announced", "24h")
    assert explorer.view.value == "33.33 NOK"
    move(panel, "What is down", "")
    assert "3 further targets missed" in explorer.view.note
    move(panel, "How often is the rebate due?", "per_component")
    assert explorer.parameters["reading"] == ["rebate=per_component"]
    assert explorer.view.value == "166.66 NOK"


def test_the_headline_is_about_the_plan_of_the_report() -> None:
    about = sla.explore_credits(policy="wp-heaven", month="2026-10")
    assert str(about) == "Credit for one outage of 4h at WP Heaven: 0.03 % of the fee"
    assert about.view.note.startswith("Highest: 5 % of the fee at klink.cloud Enterprise.")
    about.change(policies=["klikk:gold", "cloudworkz"])
    assert str(about) == "Credit for one outage of 4h: 3.33 % of the fee at Klikk Gold"
    assert "policy:" not in sla.explore_credits(month="2026-10").batch_plan()


def test_weights_move_the_order_and_say_why() -> None:
    explorer = vendors()
    panel = explorer.panel
    assert explorer.view.value == "Klikk Gold"
    for label, weight in (("Time to claim", 10), ("First response", 0), ("Credit for your own outages", 0)):
        move(panel, label, weight)
    assert explorer.view.value == "WP Heaven"
    assert "most of them for time to claim" in explorer.view.note
    assert explorer.parameters["weights"] == {"credit": 5, "outages": 0, "claim": 10, "support": 0, "budget": 5}


def test_a_table_with_a_picture_of_its_own_brings_it() -> None:
    explorer = vendors()
    panel = explorer.panel
    ranked = panel.chart_view.source.spec
    panel.chosen.value = "The same outages"
    assert "Credits for the same outages" in panel.chart_view.source.text
    panel.chosen.value = "Why this order"
    assert panel.chart_view.source.spec == ranked


def test_a_tier_narrows_the_card() -> None:
    explorer = policy()
    everything = explorer.panel.table.value
    move(explorer.panel, "Contract", "klikk:standard")
    assert explorer.view.label.endswith("Standard")
    assert len(explorer.panel.table.value) < len(everything)


@each
def test_every_table_can_be_looked_at(make: Callable[[], Explorer]) -> None:
    panel = unmoved(make).panel
    for heading in panel.chosen.options:
        panel.chosen.value = heading
        assert panel.alert.value == ""
        assert len(panel.table.value) > 100


LIBRARY = sla.library()


@pytest.mark.parametrize(
    "name", some_quick(LIBRARY, [*LIBRARY[::9], "klikk", "wp-heaven", "klink-cloud", "cloudworkz"])
)
def test_every_contract_of_the_library_can_be_explored(name: str) -> None:
    plan = f"{name}:{tiers[0]}" if (tiers := sla.find_policy(name).tiers) else name
    for explorer in (
        sla.explore_policy(name, month=MONTH),
        sla.explore_credits([name], month=MONTH),
        sla.explore_incident(plan, reported="2026-08-11T09:30", works="2026-08-11T10:00", works_end="2026-08-11T11:00"),
    ):
        assert explorer.panel.alert.value == ""
        assert explorer.view.label
        assert explorer.view.chart.to_dict()["description"]


@pytest.mark.parametrize("name", some_quick(DOCUMENTS, DOCUMENTS[:1]))
@pytest.mark.long
def test_every_control_of_an_incident_can_be_moved(name: str) -> None:
    explorer = sla.explore_incident(name, reported="2026-08-11T09:30")
    panel = explorer.panel
    for label in [label for label in panel.controls if label != "Contract"]:
        move(panel, label, another(label, panel.controls[label].widget))
        assert panel.alert.value == "", label
    assert told(explorer) == told(sla.explore_incident(**explorer.parameters))


def another(label: str, widget: Any) -> object:
    """A value that a control can be given."""
    values = [option[1] if isinstance(option, tuple) else option for option in getattr(widget, "options", [])]
    spans = [value for value in values if isinstance(value, datetime)]
    known = {
        "Day": date(2026, 10, 24), "Outage": tuple(spans[100:120:19]), "It runs": tuple(spans[130:150:19]),
        "Maintenance": True, "Monthly fee": 7, "It is": "emergency", "It was announced": "24h",
    }  # fmt: skip
    return known[label] if label in known else values[-1]


def test_the_day_moves_all_that_happens_and_the_contract_unsets_what_was_about_another() -> None:
    explorer = sla.explore_incident("klikk:gold", reported="2026-08-11T10:00", component="network",
                                    works="2026-08-11T11:00", works_end="2026-08-11T12:00")  # fmt: skip
    panel = explorer.panel
    move(panel, "Day", date(2026, 12, 24))
    moved = {name: explorer.parameters[name] for name in ("started", "ended", "reported", "works", "works_end")}
    assert moved == {
        "started": "2026-12-24T09:00", "ended": "2026-12-24T13:00", "reported": "2026-12-24T10:00",
        "works": "2026-12-24T11:00", "works_end": "2026-12-24T12:00",
    }  # fmt: skip
    assert panel.controls["Outage"].say(panel.controls["Outage"].widget.value) == "Thu 24 Dec 09:00 to 13:00, 4h"  # type: ignore[misc]
    move(panel, "Contract", "klink-cloud:enterprise")
    assert panel.alert.value == ""
    assert (explorer.parameters["component"], explorer.parameters["reading"]) == ("", [])
    assert "Does emergency maintenance count as downtime?" in panel.controls
    assert explorer.view.value == "50.00 USD"


def test_a_plan_that_is_none_is_said_beside_the_field() -> None:
    plans = credits().panel.controls["Plans"]
    plans.below[0].value = "klick"
    assert plans.below[1].value.startswith("There is no plan klick: did you mean klikk?")
    plans.below[0].value = "klikk:gold"
    assert plans.below[1].value == ""
    assert plans.widget.value[-1] == "Klikk Gold"


def test_what_the_figure_leaves_out_is_said() -> None:
    explorer = sla.explore_credits(["klikk:gold", "wp-heaven", "aws-s3", "gsa-networx"], outage="12h", month="2026-10")
    assert (
        "In addition, for each incident: Klikk Gold pays 30 % (Replacement of faulty hardware)." in explorer.view.note
    )
    networx = "Networx contractors of the US General Services Administration"
    assert f"Not drawn: {networx}, without a guarantee about outages or availability." in explorer.view.note
    assert "measured requests decide: in an outage all of them fail." in explorer.view.note


def test_terms_that_are_asked_for_can_be_changed_and_taken_back() -> None:
    explorer = sla.explore_vendors(["klikk:gold", "wp-heaven"], changes=["guarantees.iaas.clock=started"])
    panel = explorer.panel
    move(panel, "Plans", ["WP Heaven", "klink.cloud Enterprise"])
    assert panel.alert.value == "", "terms belong to the plan for which they were written"
    assert panel.controls["Terms to negotiate with the first plan"].widget.value == []
    assert explorer.parameters["changes"] == []
    assert explorer.parameters["plans"] == ["wp-heaven", "klink-cloud:enterprise"]
    move(panel, "Plans", ["WP Heaven", "Cloudworkz"])
    assert (panel.alert.value, explorer.view.value) == ("", "WP Heaven")


def test_terms_are_chosen_from_a_list_in_words() -> None:
    explorer = sla.explore_vendors(["wp-heaven", "cloudworkz"])
    terms = explorer.panel.controls["Terms to negotiate with the first plan"]
    terms.below[0].value = "Website uptime: 99.9 % instead of 99.5 %"
    assert explorer.parameters["changes"] == ["guarantees.website.target=99.9"]
    assert "WP Heaven (proposed)" in explorer.panel.table.value
    terms.below[0].value = "fewer outages"
    assert "write term=value" in explorer.panel.alert.value


def test_plans_are_found_by_what_they_guarantee(monkeypatch: pytest.MonkeyPatch) -> None:
    few = {name: name for name in ("klikk:gold", "wp-heaven", "cloudworkz", "aws-ec2:region", "aws-ec2")}
    monkeypatch.setattr(plan_filter, "library_plans", lambda: few)
    plan_filter.terms_of_library.cache_clear()
    try:
        wanted = {"Availability": "99.95 % or more", "Document": plan_filter.ANY}
        assert plan_filter.plans_with(wanted) == ["klikk:gold", "aws-ec2:region"]
        assert plan_filter.plans_with({**wanted, "Document": "read whole"}) == ["klikk:gold"]
        assert plan_filter.plans_with({"First response": "1 hour or less"}) == ["klikk:gold"], "not read is no answer"
        panel = sla.explore_vendors(["klikk:gold", "wp-heaven"]).panel
        shown, box = panel.controls["Plans"].below[2:]
        shown.value = True
        *_, count, found, button = box.children
        assert "4 plans" in count.value
        found.value = "cloudworkz"
        button.click()
        assert panel.explorer.parameters["plans"] == ["klikk:gold", "wp-heaven", "cloudworkz"]
    finally:
        plan_filter.terms_of_library.cache_clear()


def test_the_workbook_of_a_comparison_says_weights_and_sources() -> None:
    summary, ranking, *_, documents = sla.explore_vendors(["klikk:gold", "wp-heaven"]).view.sheets()
    assert "Weight: Time to claim" in [fact.label for fact in summary.facts]
    assert (ranking.name, documents.name) == ("Ranking", "Documents")
    assert documents.table["retrieved"].to_list() == ["2026-11-21", "2026-11-21"]


def test_a_copied_plan_writes_as_the_reader_does() -> None:
    with in_locale("da"):
        assert "locale: da" in credits().batch_plan()
    plan = incident().batch_plan()
    assert "name: incident" in plan
    assert "policies:\n        - klikk:gold" in plan
    assert "outage: 4h" in plan
    assert "locale" not in plan


def test_the_workbook_of_a_scenario_says_that_it_is_one() -> None:
    first = incident().view.sheets()[0]
    assert first.title == "A scenario at Klikk Gold"
    assert first.notes[0].startswith("A scenario")


# --- what cannot be shown is said, and what was shown stays


@pytest.mark.parametrize(
    ("make", "label", "value", "said"),
    [
        (credits, "Monthly fee", 0, "fee = 0.0: not a fee; write an amount above 0, like 1600"),
        (credits, "Plans", [], "policies: no policy is named; write at least one, like klikk or klikk:gold"),
        (vendors, "Plans", ["Klikk Gold"], "fewer than two; name at least two, like klikk:gold"),
        (vendors, "Outages of", "harbor-starter", None),
    ],
)
def test_what_cannot_be_shown_is_said_in_words_and_the_last_view_stays(
    make: Callable[[], Explorer], label: str, value: object, said: str | None
) -> None:
    explorer = make()
    panel = explorer.panel
    before, shown = told(explorer), (panel.figure.value, panel.chart_view.source.spec, panel.table.value)
    parameters = dict(explorer.parameters)
    move(panel, label, value)
    if said is None:
        assert panel.alert.value == ""
        return
    assert said in panel.alert.value
    assert 'role="alert"' in panel.alert.value
    assert "Traceback" not in panel.alert.value
    assert (told(explorer), explorer.parameters) == (before, parameters)
    assert (panel.figure.value, panel.chart_view.source.spec, panel.table.value) == shown


def test_after_a_good_move_nothing_is_said_any_more() -> None:
    panel = credits().panel
    move(panel, "Monthly fee", 0)
    move(panel, "Monthly fee", 200)
    assert panel.alert.value == ""


def test_what_nobody_thought_of_is_said_where_it_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = credits()
    panel = explorer.panel

    def fails(_: object) -> None:
        raise RuntimeError("<b>the disk is full</b>")

    monkeypatch.setattr(explorer, "render", fails)
    move(panel, "Length of the outage", "1h")
    assert "RuntimeError: &lt;b&gt;the disk is full" in panel.alert.value
    assert explorer.parameters["outage"] == "4h"


def test_a_table_that_cannot_be_made_leaves_all_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = credits()
    panel = explorer.panel
    before, shown = told(explorer), (panel.figure.value, panel.chart_view.source.spec, panel.table.value)

    def fails(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("slakit.show.explorers.credits.show_payouts", fails)
    move(panel, "Length of the outage", "1h")
    assert "MemoryError: no room" in panel.alert.value
    assert (told(explorer), explorer.parameters["outage"]) == (before, "4h")
    assert (panel.figure.value, panel.chart_view.source.spec, panel.table.value) == shown


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: sla.explore_credits(["klick"]), "did you mean klikk?"),
        (lambda: sla.explore_credits(outage="4 hours"), "outage = 4 hours: not a duration"),
        (lambda: sla.explore_credits(outage="0s"), "outage = 0s: no length; write at least 1s"),
        (lambda: sla.explore_credits(month="October"), "month = October: not a"),
        (lambda: sla.explore_credits(fee=-1), "fee = -1: not a fee"),
        (lambda: sla.explore_incident("klikk"), "has several tiers; name one: klikk:standard"),
        (lambda: sla.explore_incident("klikk:gold", reading=["window=week"]), "week: not an answer to it"),
        (lambda: sla.explore_policy("klikk:iron"), "iron"),
        (lambda: sla.explore_vendors(["wp-heaven"]), "fewer than two"),
        (lambda: sla.explore_vendors(weights={"price": 1}), "weights = price: not a criterion"),
        (lambda: credits().change(outages="1h"), "outages = 1h: not a parameter; did you mean outage?"),
    ],
)
def test_what_cannot_be_explored_is_refused_before_anything_is_shown(ask: Callable[[], object], message: str) -> None:
    with pytest.raises(sla.InputError) as refused:
        ask()
    assert message in str(refused.value)


# --- what is shown can be had again


@each
def test_parameters_make_the_same_view_again(make: Callable[[], Explorer]) -> None:
    explorer = unmoved(make)
    assert told(Explorer(explorer.notebook, explorer.render, explorer.parameters, lambda _: [])) == told(explorer)


@pytest.mark.long
def test_a_batch_with_the_copied_plan_shows_the_same(tmp_path: Path) -> None:
    for folder in ("notebooks", "data_samples"):
        shutil.copytree(HOUSE / folder, tmp_path / folder)
    explorers = [
        sla.explore_credits(["klikk:gold", "wp-heaven"], month=MONTH),
        sla.explore_vendors(["klikk:gold", "wp-heaven"], SAMPLES, subscription="nordlys-web"),
        policy(),
    ]
    move(explorers[0].panel, "Length of the outage", "12h")
    move(explorers[1].panel, "Time to claim", 9)
    move(explorers[2].panel, "Contract", "klikk:silver")
    explorers[1].parameters["evidence"] = "../data_samples/evidence"
    for explorer in explorers:
        plan = tmp_path / "notebooks" / f"{explorer.notebook}.yaml"
        plan.write_text(explorer.batch_plan(), encoding="utf-8")
        manifest = run_plan(read_plan(plan), tmp_path / explorer.notebook)
        assert [entry.error for entry in manifest.reports if not entry.is_good] == []
        first = manifest.reports[0].headlines[0]
        assert (first.label, first.value, first.note) == told(explorer)


@each
def test_pictures_and_workbooks_can_be_saved(make: Callable[[], Explorer], tmp_path: Path) -> None:
    explorer = unmoved(make)
    for name, begins in (("view.png", b"\x89PNG"), ("view.svg", b"<svg"), ("view.xlsx", b"PK")):
        explorer.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(begins)
    with pytest.raises(sla.InputError):
        explorer.save(tmp_path / "view.doc")


def test_buttons_hand_files_to_the_browser_and_show_the_plan() -> None:
    panel = credits().panel
    sent: list[tuple[Any, Any]] = []
    panel.chart_view.source.send = lambda content, buffers=None: sent.append((content, buffers))
    buttons = panel.widget.children[2].children[-2].children[:-1]
    for button in buttons:
        button.click()
    assert panel.alert.value == ""
    assert [content["type"] for content, _ in sent] == ["copy", "save", "save", "save", "print"]
    assert [content.get("name") for content, _ in sent[1:4]] == ["what-if.png", "what-if.svg", "what-if.xlsx"]
    assert panel.plan.layout.display == ""
    panel.chart_view.source._handle_custom_msg({"type": "copied"}, [])
    assert "Copied" in panel.copied.value
    assert "notebook: what_if.ipynb" in panel.plan.value
    move(panel, "Length of the outage", "1h")
    assert "outage: 1h" in panel.plan.value


# --- where nothing can be moved


@each
def test_without_hands_it_is_shown_as_it_is(make: Callable[[], Explorer], monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda what, **_: shown.append(what))
    explorer = make()
    explorer._ipython_display_()
    headline, *others = shown
    assert headline[MIME] == dict(zip(("label", "value", "note"), told(explorer), strict=True))
    assert len(others) == 1 + len(explorer.view.tables) + len(explorer.view.charts)
    assert {type(other).__name__ for other in others} <= {"Chart", "LayerChart", "MemoTable", "Explanation"}
    assert explorer._panel is None, "no widget is made where nobody can move one"


def test_the_terms_of_a_question_can_be_saved_as_a_policy() -> None:
    explorer = question()
    sent: list[tuple[str, bytes]] = []
    explorer.panel.chart_view.save = lambda name, _, content: sent.append((name, content))  # type: ignore[method-assign]
    explorer.panel._save_file("Policy (YAML)")
    ((name, content),) = sent
    assert name == "my-policy.yaml"
    assert parse_policy(content.decode()).guarantees[0].target == Decimal("99.9")
    move(explorer.panel, "A contract instead of these terms (klikk:gold)", "wp-heaven")
    move(explorer.panel, "Monthly fee, with its currency", "2000 DKK")
    assert repr(explorer) == "Credit due under the terms of WP Heaven: nothing"
    explorer.panel._guarded(lambda: explorer.panel._save_file("Policy (YAML)"))
    assert "nothing to save" in explorer.panel.alert.value


def test_voila_and_jupyterlab_are_where_controls_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_live()
    monkeypatch.setattr("slakit.show.charts.renderer.running_cell", lambda: ("a", "1"))
    assert is_live()
    monkeypatch.setattr("slakit.show.charts.renderer.running_cell", lambda: (None, "1"))
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert is_live()


def test_names_that_are_scripts_stay_text(tmp_path: Path) -> None:
    script = "<script>alert(1)</script>"
    text = (HOUSE / "slakit" / "policy" / "library" / "wp-heaven.yaml").read_text(encoding="utf-8")
    bad = tmp_path / "bad.yaml"
    bad.write_text(text.replace("provider: WP Heaven", f"provider: '{script}'"), encoding="utf-8")
    for explorer in (sla.explore_policy(str(bad), month=MONTH), sla.explore_credits([str(bad)], month=MONTH)):
        panel = explorer.panel
        for heading in panel.chosen.options:
            panel.chosen.value = heading
            assert script not in panel.figure.value + panel.table.value + panel.alert.value


# --- what an attack found


def test_a_refusal_stays_until_its_control_says_something_else() -> None:
    panel = credits().panel
    move(panel, "Monthly fee", 0)
    move(panel, "Length of the outage", "1h")
    assert "not a fee" in panel.alert.value, "the box still says 0"
    move(panel, "Monthly fee", 500)
    assert panel.alert.value == ""


def test_a_change_from_outside_moves_the_controls() -> None:
    explorer = incident()
    panel = explorer.panel
    explorer.change(cause="customer")
    assert panel.controls["Cause"].widget.value == "customer"
    assert "nothing" in panel.figure.value
    explorer.change(policy="wp-heaven", component="")
    assert "How often is the rebate due?" not in panel.controls


def test_a_long_outage_has_as_many_stops_as_a_hand_can_use() -> None:
    explorer = sla.explore_incident("wp-heaven", started="2016-01-01T00:00", ended="2026-01-01T00:00")
    assert len(explorer.panel.controls["Outage"].widget.options) < 1100


@pytest.mark.parametrize(
    ("fee", "said"), [(1234567.89, "monthly fee 1,234,567.89"), (12345.67, "12,345.67"), (1000, "monthly fee 1,000.")]
)
def test_a_fee_is_printed_as_it_is(fee: float, said: str) -> None:
    assert said in sla.explore_credits(["klikk:gold"], fee=fee, month=MONTH).view.note


def test_windows_that_end_in_later_months_are_judged_in_a_comparison_as_well() -> None:
    owed = sla.explore_incident("slack-sla-2019", started="2026-08-11T09:00", ended="2026-08-13T09:00").view.value
    assert owed not in ("nothing", "")
    subscription = {"subscription": "s", "policy": "wp-heaven", "monthly_fee": "1000", "currency": "DKK"}
    evidence = sla.Evidence.of(
        [{**subscription, "starts": "2025-01-01T00:00:00Z"}],
        outages=[{"outage": "o", "subscription": "s", "started": "2026-08-11T09:00Z", "ended": "2026-08-13T09:00Z"}],
    )
    compared = sla.compare(["slack-sla-2019", "wp-heaven"], evidence=evidence, fee=1000)
    assert compared.owed.filter(plan="slack-sla-2019")["owed"][0] > 0


@pytest.mark.parametrize("plan", ["catena-suite:installer", "fortrabbit-platform:trial", "motadata-contract-example"])
def test_every_table_of_an_incident_is_made_for_contracts_that_judge_little(plan: str) -> None:
    for make in sla.explore_incident(plan).view.tables.values():
        assert make()


UPLOAD = "Outages from your own files"
OWN = {
    "subscriptions.csv": b"subscription,policy,monthly_fee,currency,starts\n"
    b"shop,wp-heaven,900,DKK,2025-01-01T00:00Z\nmail,wp-heaven,100,DKK,2025-01-01T00:00Z\n",
    "outages.csv": b"outage,subscription,started,ended\no-1,shop,2026-06-10T00:00Z,2026-06-12T00:00Z\n",
}


def uploaded(files: dict[str, bytes]) -> tuple[dict[str, Any], ...]:
    """Return files as a browser hands them over."""
    about = {"type": "text/csv", "last_modified": datetime(2026, 10, 1, tzinfo=UTC)}
    return tuple(
        {"name": name, "size": len(content), "content": memoryview(content), **about} for name, content in files.items()
    )


@pytest.mark.parametrize("evidence", [SAMPLES, None], ids=["evidence", "none"])
def test_outages_of_uploaded_files_are_compared(evidence: Path | None) -> None:
    explorer = sla.explore_vendors(["klikk:gold", "wp-heaven"], evidence)
    move(explorer.panel, UPLOAD, uploaded(OWN))
    assert explorer.panel.alert.value == ""
    assert [value for _, value in explorer.panel.controls["Outages of"].widget.options] == ["", "shop", "mail"]
    assert "The same outages" in explorer.panel.chosen.options
    assert (explorer.parameters["evidence"], explorer.parameters["subscription"]) == ("evidence", "")
    shop = {"policy": "wp-heaven", "monthly_fee": "900", "currency": "DKK", "starts": "2025-01-01T00:00Z"}
    outage = {"outage": "o-1", "started": "2026-06-10T00:00Z", "ended": "2026-06-12T00:00Z"}
    own = sla.Evidence.of([{"subscription": "shop", **shop}], outages=[{"subscription": "shop", **outage}])
    move(explorer.panel, "Outages of", "shop")
    assert explorer.view.note == sla.explore_vendors(["klikk:gold", "wp-heaven"], own).view.note


def test_vendors_are_ranked_by_years_drawn_from_the_evidence_and_the_view_says_from_what() -> None:
    plans = ["klikk:gold", "wp-heaven"]
    explorer = sla.explore_vendors(plans, SAMPLES, subscription="nordlys-web", outlook_years=20)
    assert "Expected credit and chance of a breach: from 13 outages in 9 months" in explorer.view.note
    assert "Chance of a breach in a year" in explorer.panel.controls
    with pytest.raises(sla.InputError, match="no evidence to draw years from; give evidence, or write 0"):
        sla.explore_vendors(plans, outlook_years=20)


def test_uploaded_files_that_are_at_fault_leave_the_view_as_it_was() -> None:
    explorer = sla.explore_vendors(["klikk:gold", "wp-heaven"], SAMPLES, subscription="nordlys-web")
    before = told(explorer)
    broken = {**OWN, "outages.csv": OWN["outages.csv"].replace(b"06-12", b"06-31")}
    move(explorer.panel, UPLOAD, uploaded(broken))
    assert "outages.csv row 2 ended = 2026-06-31T00:00Z" in explorer.panel.alert.value
    assert told(explorer) == before
    move(explorer.panel, "Time to claim", 9)
    assert told(explorer) != before
    assert "outages.csv row 2" in explorer.panel.alert.value
    move(explorer.panel, UPLOAD, uploaded(OWN))
    assert explorer.panel.alert.value == ""
    assert explorer.parameters["evidence"] == "evidence"


def test_evidence_that_was_never_read_is_refused() -> None:
    with pytest.raises(sla.InputError, match="not read here"):
        sla.explore_vendors(["klikk:gold", "wp-heaven"]).change(evidence="elsewhere")


def test_a_picture_in_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sla.InputError, match="cannot be written"):
        credits().save(tmp_path / "no" / "a.png")


@pytest.mark.parametrize("words", ["amazon", "S3", "aws-s3"])
def test_a_plan_is_found_by_provider_service_and_id(words: str) -> None:
    search = credits().panel.controls["Plans"].below[0]
    assert any(words.casefold() in option.casefold() and "aws-s3" in option for option in search.options)


def test_two_plans_entered_fast_are_both_kept() -> None:
    panel = credits().panel
    tags, search = panel.controls["Plans"].widget, panel.controls["Plans"].below[0]
    emptied_when: list[int] = []
    search.observe(lambda change: emptied_when.append(len(tags.value)) if not change["new"] else None, names="value")
    before = list(tags.value)
    for plan in ("aws-s3", "cloudworkz"):
        search.value = next(option for option in search.options if f"({plan})" in option)
    added = [name for name in ("Amazon Web Services · S3", "Cloudworkz") if name not in before]
    assert tags.value == [*before, *added]
    assert emptied_when[0] == len(before), "the box is emptied before the view is made anew: what is typed next stays"
