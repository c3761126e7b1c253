"""Comparisons, findings, worth and readings as people see them: right figures, plain words, text that stays text."""

from __future__ import annotations

import html
import re
import zipfile
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import polars as pl
import pytest
from great_tables import GT
from small_contracts import HOUR, at, down, evidence, holder

import slakit as sla
from slakit import find_terms, findings, guarantee_value
from slakit.analysis.review import Review
from slakit.comparison.compare import Comparison, amended_offers, compare
from slakit.policy.document import Policy
from slakit.policy.files import LIBRARY, find_policy, parse_policy
from slakit.problems import InputError
from slakit.show import (
    chart_guarantee_values,
    chart_readings,
    chart_same_outages,
    headline_comparison,
    headline_findings,
    headline_readings,
    show_dominance,
    show_findings,
    show_guarantee_values,
    show_parted,
    show_readings,
    show_same_outages,
    show_terms,
)
from slakit.show.charts.renderer import slakit_renderer
from slakit.show.headline import MIME

SAMPLES = Path(__file__).parents[2] / "data_samples" / "evidence"
FOUR = ["klikk:gold", "wp-heaven", "klink-cloud:enterprise", "cloudworkz"]
SCRIPT = "<script>alert(1)</script>"
ASKING = f"""
readings:
  - id: works
    question: 'Do works count? {SCRIPT}'
    clauses: ['{SCRIPT}']
    answers:
      yes: {{because: '{SCRIPT}'}}
      no: {{because: '{SCRIPT}', set: {{guarantees.uptime.credit.flat: 10%}}}}
    default: yes
"""
PLAN = """\
format: 1
id: {name}
provider: '{provider}'
service: Anything
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
time_zone: {zone}
guarantees:
  - id: uptime
    metric: availability
    target: 99.9
    window: 1mo
    clause: '{clause}'
    credit: {{flat: {credit}, clause: c}}
{rest}
"""


def small(
    name: str, credit: str = "5%", *, zone: str = "UTC", provider: str = "P", clause: str = "c", rest: str = ""
) -> Policy:
    return parse_policy(PLAN.format(name=name, credit=credit, zone=zone, provider=provider, clause=clause, rest=rest))


def rows_of(chart: Any) -> list[dict[str, Any]]:
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def title_of(chart: Any) -> str:
    return " ".join(chart.to_dict()["title"]["text"])


def said_of(chart: Any) -> str:
    return str(chart.to_dict()["description"])


def text_of(table: GT) -> str:
    """What a table says, cell after cell."""
    body = table.as_raw_html().partition("<table")[2]
    cells = re.sub(r"<[^>]+>", "|", "<table" + body)
    return html.unescape(re.sub(r"[|\s]*\|[|\s]*", "|", cells))


@pytest.fixture
def displayed(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Everything that is displayed, as it goes to the notebook."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle) if raw else None)
    return shown


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    """What the notebook compares."""
    mine = sla.read_evidence(SAMPLES).only("fjord-iaas")
    return compare(amended_offers(FOUR, ["guarantees.iaas.clock=started"]), evidence=mine, fee=1000)


@pytest.fixture(scope="module")
def july() -> Comparison:
    """One outage of 20 hours, for one plan that pays 5 % and one that pays 10 %."""
    held = evidence([down(at("2026-07-10"), 20 * HOUR)], subscriptions=[holder(currency="NOK")])
    return compare([small("less"), small("more", "10%")], evidence=held)


# --- the same outages


def test_the_title_names_what_the_best_and_the_least_plan_earn(comparison: Comparison) -> None:
    owed = {row["plan"]: row["owed"] for row in comparison.sums().iter_rows(named=True)}
    assert owed["klikk:gold"] == max(owed[name] for name in FOUR)
    title = f"Credits for the same outages: {owed['klikk:gold']:,.2f} NOK at Klikk Gold, 0.00 NOK at Cloudworkz"
    assert title_of(chart_same_outages(comparison)) == title
    assert "29 outages of 2026-01/2026-09" in said_of(chart_same_outages(comparison))


def test_terms_that_nobody_offers_never_win_the_title(comparison: Comparison) -> None:
    owed = dict(comparison.sums().select("plan", "owed").iter_rows())
    assert owed["klikk-if:gold"] > owed["klikk:gold"]
    assert "proposed" not in title_of(chart_same_outages(comparison))


def test_every_plan_has_its_bar_with_exact_ends(comparison: Comparison) -> None:
    bars = {row["plan"]: row for row in rows_of(chart_same_outages(comparison))}
    assert list(bars) == list(comparison.plans)
    for row in comparison.sums().iter_rows(named=True):
        bar = bars[row["plan"]]
        assert (bar["owed"], bar["low"], bar["high"]) == tuple(
            float(row[name]) for name in ("owed", "lowest", "highest")
        )
        assert bar["figure"] == f"{comparison.names[row['plan']]}: {row['owed']:,.2f} NOK"
        assert (bar["about"] == "however the contract is read") == (row["lowest"] == row["highest"])


def test_the_table_says_what_the_sums_say(comparison: Comparison) -> None:
    said = text_of(show_same_outages(comparison))
    for row in comparison.sums().iter_rows(named=True):
        assert f"|{comparison.names[row['plan']]}|{row['owed']:,.2f} NOK|" in said
    more = comparison.sums().filter(plan="klikk-if:gold")["against_first"].item()
    assert f"|+{more:,.2f} NOK|" in said
    assert "|−" in said
    assert "Period 2026-01/2026-09." in said


def test_without_evidence_charts_and_tables_say_so() -> None:
    bare = compare(FOUR)
    assert said_of(chart_same_outages(bare)) == (
        "No outages to compare by. Give evidence to see its credits under each contract."
    )
    assert "No evidence was given." in text_of(show_same_outages(bare))
    assert "Every plan counts every outage for the same length." in text_of(show_parted(bare))


def test_another_currency_is_said_and_not_subtracted() -> None:
    held = evidence([down(at("2026-07-10"), 20 * HOUR)], subscriptions=[holder(currency="NOK")])
    found = compare([small("share"), small("money", "25 EUR")], evidence=held)
    assert "|money|25.00 EUR|–|2.5 %|−2.5 % of the fee|" in text_of(show_same_outages(found))


def test_currencies_without_cents_have_none() -> None:
    held = evidence([down(at("2026-07-10"), 20 * HOUR)], subscriptions=[holder(currency="JPY", fee="90000")])
    found = compare([small("less"), small("more", "10%")], evidence=held)
    assert title_of(chart_same_outages(found)) == "Credits for the same outages: 9,000 JPY at more, 4,500 JPY at less"
    assert "|more|9,000 JPY|–|+4,500 JPY|20h|1|" in text_of(show_same_outages(found))


def test_amounts_of_different_currencies_are_not_ranked() -> None:
    held = evidence([down(at("2026-07-10"), 20 * HOUR)], subscriptions=[holder(currency="JPY")])
    found = compare([small("share"), small("money", "25 EUR")], evidence=held)
    title = "Credits for the same outages in percent of a monthly fee: 5 % at share, 2.5 % at money"
    assert title_of(chart_same_outages(found)) == title


def test_currencies_are_drawn_as_shares_of_the_fee() -> None:
    found = compare(["klikk:gold", "wp-heaven"], evidence=sla.read_evidence(SAMPLES))
    drawn = chart_same_outages(found).to_dict()
    assert "the plans pay in several currencies" in " ".join(drawn["title"]["subtitle"])
    assert "of a monthly fee" in str(drawn)


def test_downtime_is_counted_for_the_subscriptions_of_its_row() -> None:
    outages = [down(at("2026-07-10"), 20 * HOUR, name, subscription=name) for name in ("a", "b")]
    held = [holder(subscription="a", currency="NOK"), holder(subscription="b", currency="DKK")]
    found = compare([small("less"), small("more", "10%")], evidence=evidence(outages, subscriptions=held))
    assert "|less|50.00 NOK|–|10 %|–|20h|1|" in text_of(show_same_outages(found))


# --- where the rules part


def test_the_outages_that_part_most_are_shown_with_their_reasons(comparison: Comparison) -> None:
    said = text_of(show_parted(comparison, most=3))
    spread = pl.col("counted_seconds").max() - pl.col("counted_seconds").min()
    worst = comparison.verdicts.group_by("outage", maintain_order=True).agg(spread).sort("counted_seconds")
    assert worst["outage"][-1] in said
    assert said.count(" of fjord-iaas: ") == 3
    parted = comparison.verdicts.filter("differs")["outage"].n_unique()
    assert f"{parted - 3} further outages counted differently." in said
    assert "before the clock starts (Table 2, DT; 3.1.2)" in text_of(show_parted(comparison, most=30))


def test_where_all_count_alike_the_table_says_so(july: Comparison) -> None:
    assert "Every plan counts every outage for the same length." in text_of(show_parted(july))


def test_an_outage_outside_the_period_of_a_plan_is_not_told_as_none() -> None:
    held = evidence([down(at("2026-06-30T22:10"), timedelta(minutes=90))])
    plans = [small("one"), small("two", zone="Europe/Oslo")]
    found = compare(plans, evidence=held, period="2026-06", as_of="2026-08-01")
    assert "|two|0s|outside the period|" in text_of(show_parted(found))


# --- contests and terms


def test_who_earns_more_is_told_for_every_two_plans(comparison: Comparison) -> None:
    said = text_of(show_dominance(comparison))
    assert "Klikk Gold WP Heaven|Klikk Gold beyond 21m36s WP Heaven beyond 1d3h36m" in re.sub(r"\s+", " ", said)
    assert "the same for every length" in text_of(show_dominance(compare([small("a"), small("b")])))


def test_every_plan_stands_beside_the_others_term_by_term(comparison: Comparison) -> None:
    said = text_of(show_terms(comparison))
    for name in comparison.names.values():
        assert f"|{name}|" in said
    for term in comparison.terms["term"].unique():
        assert term in said
    assert "Klikk Gold pays more than Cloudworkz for outages beyond 21m36s, and never less." in said


def test_what_is_best_is_bold_and_only_that() -> None:
    found = compare(["wp-heaven", "klink-cloud:enterprise"])
    shown = show_terms(found).as_raw_html()
    best = found.terms.filter("best").height
    assert best > 0
    assert len(re.findall(r"<td[^>]*font-weight: bold", shown)) == best


# --- findings and worth


def test_findings_are_headed_by_policy_and_severity() -> None:
    found = findings(["klikk", "wp-heaven"])
    said = text_of(show_findings(found, ["defect", "gap"]))
    assert "Klikk: contradictions and errors" in said
    assert "WP Heaven: missing terms" in said
    assert "risks" not in said.lower()
    alone = text_of(show_findings(findings(["wp-heaven"])))
    assert "|Risks|" in alone
    assert "WP Heaven:" not in alone


def test_every_finding_that_is_asked_for_is_shown_with_figure_and_clause() -> None:
    found = findings(["klikk"])
    said = re.sub(r"\s+", " ", text_of(show_findings(found)))
    for row in found.iter_rows(named=True):
        for part in (row["sentence"], row["figure"], row["clauses"]):
            assert " ".join(part.split()) in said


def test_nothing_found_is_said() -> None:
    assert "Nothing was found." in text_of(show_findings(findings(["klikk"]).clear()))
    assert "Nothing was found." in text_of(show_findings(findings(["klikk"]), []))


def test_findings_of_one_tier_are_found_by_its_name() -> None:
    policy = find_policy("klink-cloud")
    assert findings(["klink-cloud:starter"]).equals(sla.findings(policy, tier="starter"))
    assert findings(["klink-cloud"]).equals(sla.findings(policy))


def test_findings_of_one_tier_are_found_by_its_path() -> None:
    path = LIBRARY / "klink-cloud.yaml"
    assert findings([f"{path}:starter"]).equals(findings(["klink-cloud:starter"]))


def test_the_title_of_worth_is_the_most_that_lost_time_earns() -> None:
    worth = guarantee_value(find_terms(["klikk", "wp-heaven", "klink-cloud", "cloudworkz"]))
    best = worth.sort("of_lost_time", descending=True).row(0, named=True)
    assert (best["policy"], best["of_lost_time"]) == ("klink-cloud", 36)
    assert title_of(chart_guarantee_values(worth)) == (
        "Credit for an outage of 1h at klink.cloud Enterprise: 5 % of the fee, 36 × the fee for the time lost"
    )
    spots = [row for row in rows_of(chart_guarantee_values(worth)) if "said" in row]
    assert {row["times"] for row in spots} == {float(times) for times in worth["of_lost_time"]}
    names = {row["name"].partition(" ")[0] for row in spots}
    assert names == {"Klikk", "WP", "klink.cloud", "Cloudworkz"}


def test_worth_of_nothing_is_said_in_words() -> None:
    nothing = guarantee_value(find_terms(["cloudworkz"]))
    assert title_of(chart_guarantee_values(nothing)) == "No credit is due for outages of these lengths"
    empty = nothing.clear()
    assert said_of(chart_guarantee_values(empty)) == "Nothing to price. Nothing here guarantees anything about outages."
    assert "No plan here guarantees anything about outages." in text_of(show_guarantee_values(empty))


def test_values_are_tabled_with_the_lowest_availability_without_a_credit() -> None:
    lost = "the fee for the time lost"
    said = re.sub(
        r"\s+", " ", text_of(show_guarantee_values(guarantee_value(find_terms(["klink-cloud", "wp-heaven"]))))
    )
    assert f"down to 99.9 % (43m12s)|5 % 36 × {lost}|5 % 9 × {lost}|10 % 3 × {lost}" in said
    assert f"down to 99.5 % (3h36m)|no credit|0.05 % 0.1 × {lost}|2.83 % 0.85 × {lost}" in said


# --- readings


def test_the_title_of_readings_is_the_range_and_the_largest_effect(review: Review) -> None:
    row = review.ranges.filter(subscription="fjord-iaas").row(0, named=True)
    title = title_of(chart_readings(review, "fjord-iaas"))
    low, high = f"{row['amount_low']:,.2f} NOK", f"{row['amount_high']:,.2f} NOK"
    assert title.startswith(f"fjord-iaas: owed {low} to {high} if ambiguous clauses are read otherwise. ")
    first = review.of("fjord-iaas").readings.row(0, named=True)
    question = review.question("fjord-iaas", first["question"]).rstrip("?")
    assert title.endswith(f" Largest single effect: {question} (+{first['moves']:,.2f} NOK)")


def test_every_question_that_moves_something_has_its_bar(review: Review) -> None:
    own = review.of("fjord-iaas").readings
    bars = {row["question"]: row for row in rows_of(chart_readings(review, "fjord-iaas")) if "owed" not in row}
    assert list(bars) == own.filter(pl.col("moves") > 0)["question"].unique(maintain_order=True).to_list()
    for name, bar in bars.items():
        amounts = own.filter(question=name)["amount"]
        assert (bar["low"], bar["high"]) == (float(amounts.min()), float(amounts.max()))  # type: ignore[arg-type]
        assert bar["about"].count("(assumed)") == 1
        assert all(answer.replace("_", " ") in bar["about"] for answer in own.filter(question=name)["answer"])
    marks = {row["owed"] for row in rows_of(chart_readings(review, "fjord-iaas")) if "owed" in row}
    assert marks == {float(review.ranges.filter(subscription="fjord-iaas")["amount"].item())}


@pytest.mark.parametrize("subscription", ["nordlys-web", "skog-vm", "harbor-starter"])
def test_where_no_question_moves_anything_the_chart_says_so(review: Review, subscription: str) -> None:
    said = said_of(chart_readings(review, subscription))
    assert said.startswith(f"No open question has an effect on what is owed. {subscription}: owed ")
    assert said.endswith("however the contract is read")


def test_the_table_of_readings_names_questions_answers_and_reasons(review: Review) -> None:
    said = re.sub(r"\s+", " ", text_of(show_readings(review, "fjord-iaas")))
    for question in find_policy("klikk").readings:
        assert f"{question.question} ({'; '.join(question.clauses)}): " in said
        assert f"|{question.default.replace('_', ' ')}, assumed here|" in said
        for answer in question.answers.values():
            assert answer.because is None or answer.because in said
    assert "The contract leaves nothing open that this review takes up." in text_of(
        show_readings(review, "nordlys-web")
    )


@pytest.mark.parametrize("show", [chart_readings, show_readings, headline_readings])
def test_an_unknown_subscription_is_refused(review: Review, show: Any) -> None:
    with pytest.raises(InputError, match="did you mean fjord-iaas"):
        show(review, "fjord-ias")


# --- headlines


def test_the_headline_of_a_comparison_is_what_the_best_offer_earns(
    comparison: Comparison, displayed: list[dict[str, Any]]
) -> None:
    headline_comparison(comparison)
    shown = displayed[0][MIME]
    owed = dict(comparison.sums().select("plan", "owed").iter_rows())
    more = owed["klikk-if:gold"] - owed["klikk:gold"]
    assert shown["label"] == "Highest credits for the same outages"
    assert shown["value"] == f"Klikk Gold: {owed['klikk:gold']:,.2f} NOK"
    assert "Lowest: nothing (Cloudworkz)." in shown["note"]
    assert f"With the terms you want to negotiate, Klikk Gold would pay {more:,.2f} NOK more." in shown["note"]


@pytest.mark.parametrize(
    ("plans", "value"), [(["wp-heaven", "cloudworkz"], "WP Heaven"), (FOUR, "no plan for every outage")]
)
def test_without_evidence_the_headline_is_who_leads(
    plans: list[str], value: str, displayed: list[dict[str, Any]]
) -> None:
    headline_comparison(compare(plans))
    assert displayed[0][MIME]["value"] == value


def test_terms_that_change_nothing_are_said_to(displayed: list[dict[str, Any]]) -> None:
    held = evidence([down(at("2026-07-10"), 20 * HOUR)])
    plan = small("one")
    headline_comparison(compare([plan, plan.amend({"guarantees.uptime.target": 99.8}), small("two")], evidence=held))
    assert "With the terms you want to negotiate, one would pay the same." in displayed[0][MIME]["note"]


def test_headlines_count_defects_gaps_and_risks(displayed: list[dict[str, Any]]) -> None:
    found = findings(["klikk"])
    headline_findings(found)
    counts = dict(found["severity"].value_counts().iter_rows())
    kinds = {"defect": "contradictions and errors", "gap": "missing terms", "risk": "risks"}
    assert displayed[0][MIME]["value"] == ", ".join(f"{counts[kind]} {words}" for kind, words in kinds.items())
    assert displayed[0][MIME]["label"] == "In the text of the contract"
    assert displayed[0][MIME]["note"].startswith("Klikk: ")


def test_a_headline_never_says_that_a_contract_read_in_part_has_no_defects(displayed: list[dict[str, Any]]) -> None:
    name = "atlassian-cloud"
    headline_findings(findings([name]))
    headline_findings(findings([name, "klikk"]))
    alone, both = (bundle[MIME]["value"] for bundle in displayed)
    assert " no " not in f" {alone} "
    assert alone.endswith("(read in part; what was not read is not judged)")
    assert both.endswith("(1 of 2 contracts read in part; what was not read is not judged)")


def test_headlines_of_readings_give_the_range(review: Review, displayed: list[dict[str, Any]]) -> None:
    for name in ("fjord-iaas", "nordlys-web", "skog-vm"):
        headline_readings(review, name)
    row = review.ranges.filter(subscription="fjord-iaas").row(0, named=True)
    values = [bundle[MIME]["value"] for bundle in displayed]
    assert values == [f"{row['amount_low']:,.2f} NOK to {row['amount_high']:,.2f} NOK", "158.34 DKK", "nothing"]


# --- choosing offers


def test_a_change_is_read_as_a_policy_file_would_write_it() -> None:
    *named, (changed, tier) = amended_offers(["klikk:gold", "wp-heaven"], ["guarantees.iaas.window=1q", "currency=SEK"])
    assert named == ["klikk:gold", "wp-heaven"]
    assert (changed.id, tier, changed.currency) == ("klikk-if", "gold", "SEK")
    assert {changed.terms(tier="gold").guarantee(name).window.text for name in ("network", "hardware")} == {"1q"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("guarantees.website.target", "not an amended term; write term=value, like guarantees.network.window=1q"),
        ("guarantees.websit.target=99.9", "websit is not there; did you mean website?"),
        ("guarantees.website.target=high", "guarantees.website.target = high: "),
    ],
)
def test_a_change_that_does_not_fit_is_refused(change: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        amended_offers(["wp-heaven", "cloudworkz"], [change])


# --- text that stays text


@pytest.fixture(scope="module")
def hostile_comparison() -> Comparison:
    name = "\"><img src=x onerror='alert(2)'>"
    held = evidence(
        [down(at("2026-07-10"), 20 * HOUR, SCRIPT, subscription=name, detected=at("2026-07-10T01:00"))],
        subscriptions=[holder(subscription=name)],
    )
    return compare([small("odd", provider=SCRIPT, clause=SCRIPT), "wp-heaven"], evidence=held)


def test_scripts_in_comparisons_are_text(hostile_comparison: Comparison) -> None:
    tables = [show_parted, show_terms, show_dominance, show_same_outages]
    for show in tables:
        shown = show(hostile_comparison)._repr_html_()
        assert "<script" not in shown
        assert "<img" not in shown
    assert SCRIPT in text_of(show_parted(hostile_comparison)).replace("|", "")
    assert "<script" not in hostile_comparison._repr_html_()


def test_scripts_in_findings_worth_and_readings_are_text() -> None:
    policy = small("odd", provider=SCRIPT, clause=SCRIPT, rest=ASKING)
    held = evidence(
        [down(at("2026-07-10"), 20 * HOUR, subscription=SCRIPT)], subscriptions=[holder("odd", subscription=SCRIPT)]
    )
    review = sla.assess(held, "2026-07", "2026-08-05", policies={"odd": policy})
    tables = [show_findings(sla.findings(policy)), show_guarantee_values(sla.guarantee_value(policy.terms()))]
    tables.append(show_readings(review, SCRIPT))
    for table in tables:
        assert "<script" not in table._repr_html_()
    assert SCRIPT in text_of(tables[2])
    assert SCRIPT in text_of(tables[0])
    shown = slakit_renderer(chart_readings(review, SCRIPT).to_dict())["text/html"]
    assert "<script>alert(1)" not in shown
    assert "\\u003cscript>alert(1)" in shown


# --- the workbook


@pytest.fixture(scope="module")
def book(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "comparison.xlsx"
    comparison.to_excel(path)
    return path


def sheet(path: Path, name: str, header: int = 2) -> pl.DataFrame:
    return fastexcel.read_excel(path).load_sheet(name, header_row=header).to_polars()


def test_the_workbook_has_a_sheet_for_everything(book: Path) -> None:
    names = ["Summary", "Terms", "Same outages", "Verdicts", "Crossings", "Credits", "Assumptions", "Break points"]
    assert fastexcel.read_excel(book).sheet_names == names


def test_what_is_owed_comes_back_from_the_workbook(book: Path, comparison: Comparison) -> None:
    back = sheet(book, "Same outages")
    columns = ["Plan", "Owed", "Lowest", "Highest", "Monthly fee", "Currency"]
    amounts = comparison.owed.select(
        pl.col("plan").replace(comparison.names),
        pl.col("owed", "lowest", "highest", "monthly_fee").cast(pl.Float64),
        "currency",
    )
    assert back.select(columns).rows() == amounts.rows()
    assert back["Counted downtime (s)"].to_list() == [float(seconds) for seconds in comparison.owed["counted_seconds"]]


def test_verdicts_and_crossings_come_back_from_the_workbook(book: Path, comparison: Comparison) -> None:
    back = sheet(book, "Verdicts")
    names = ["Outage", "Plan", "Guarantee", "Verdicts and clauses"]
    verdicts = comparison.verdicts.with_columns(pl.col("plan").replace(comparison.names))
    assert back.select(names).rows() == verdicts.select("outage", "plan", "guarantee", "why").rows()
    assert (back["Contracts"] == "treated differently").to_list() == comparison.verdicts["differs"].to_list()
    crossings = sheet(book, "Crossings")
    assert crossings["For outages from (s)"].to_list() == [float(s) for s in comparison.crossings["downtime_seconds"]]
    assert crossings["Pays more"].to_list() == comparison.crossings["leads"].replace(comparison.names).to_list()


def test_terms_of_every_plan_come_back_with_their_clauses(book: Path, comparison: Comparison) -> None:
    back = sheet(book, "Terms")
    for plan, name in comparison.names.items():
        own = comparison.terms.filter(plan=plan)
        assert back[name].to_list() == own["value"].to_list()
        assert [clause or "" for clause in back[f"Clause of {name}"]] == own["clause"].to_list()


def test_the_summary_of_the_workbook_is_what_is_told(book: Path, comparison: Comparison) -> None:
    from slakit.comparison.ranking import rank_plans
    from slakit.comparison.summary import summarize_comparison
    from slakit.show.readable import tell_tips

    ranking = rank_plans(comparison)
    facts = len(ranking.order) + ranking.table["criterion"].n_unique()
    above = 2 + facts + len(tell_tips(ranking))
    told = sheet(book, "Summary", above)["Result of the comparison"].to_list()
    assert told == summarize_comparison(comparison)
    with zipfile.ZipFile(book) as archive:
        text = archive.read("xl/sharedStrings.xml").decode()
        assert "Rank 1: " in text
        assert "Weight: Credit for a day&#39;s outage" in text or "Weight: Credit for a day's outage" in text
        chart = archive.read("xl/charts/chart1.xml").decode()
    assert f"Summary!$B$2:$B${1 + len(ranking.order)}" in chart


def test_a_workbook_without_evidence_has_the_terms_alone(tmp_path: Path) -> None:
    compare([small("a"), small("b")]).to_excel(tmp_path / "bare.xlsx")
    assert fastexcel.read_excel(tmp_path / "bare.xlsx").sheet_names == ["Summary", "Terms", "Crossings", "Break points"]
    assert sheet(tmp_path / "bare.xlsx", "Crossings").is_empty()


def test_the_workbook_of_a_hostile_comparison_holds_no_formula(hostile_comparison: Comparison, tmp_path: Path) -> None:
    hostile_comparison.to_excel(path := tmp_path / "hostile.xlsx")
    with zipfile.ZipFile(path) as archive:
        assert not any(re.search(rb"<f[ >]|<script|<img", archive.read(name)) for name in archive.namelist())
    assert set(sheet(path, "Verdicts")["Outage"]) == {SCRIPT}


@pytest.mark.parametrize("name", ["comparison.csv", "comparison"])
def test_a_workbook_of_another_name_is_refused_and_nothing_is_written(
    july: Comparison, tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError):
        july.to_excel(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_workbook_of_one_outage_gives_the_exact_credit(july: Comparison, tmp_path: Path) -> None:
    july.to_excel(tmp_path / "july.xlsx")
    assert dict(sheet(tmp_path / "july.xlsx", "Same outages").select("Plan", "Owed").iter_rows()) == {
        "less": 50.0,
        "more": 100.0,
    }
    assert july.sums()["against_first"].to_list() == [Decimal(0), Decimal(50)]
