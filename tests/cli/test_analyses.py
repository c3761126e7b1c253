"""Commands that judge contracts: findings, compare and readings, as a person meets them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import fastexcel
import polars as pl
import pytest
from cli_support import Run
from sample_evidence import sample_review

import slakit as sla
from slakit.comparison.summary import summarize_comparison
from slakit.finding.model import COUNTED, HEADINGS
from slakit.policy.files import LIBRARY, find_policy

SAMPLES = Path(__file__).parents[2] / "data_samples"
EVIDENCE = str(SAMPLES / "evidence")
QUESTION = ("--period", "2026-01/2026-09", "--as-of", "2026-10-05T00:00:00Z")
FJORD = ("--evidence", EVIDENCE, "--subscription", "fjord-iaas")
TWO = ("klikk:gold", "wp-heaven")


@pytest.mark.parametrize("command", ["findings", "compare", "readings"])
def test_every_analysis_has_help(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.code == 0
    assert f"Usage: slakit {command}" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ("findings",),
        ("findings", "klikk", "--as-of", "yesterday"),
        ("findings", "klikk", "--grave"),
        ("compare",),
        ("compare", *TWO, "--fee", "much"),
        ("readings",),
        ("readings", EVIDENCE, "--period", "2026-01/2026-09"),
        ("readings", EVIDENCE, *QUESTION, "--out", "readings.csv"),
    ],
)
def test_wrong_usage_exits_with_2(run: Run, words: tuple[str, ...]) -> None:
    done = run(*words)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("findings", "klik"), "policy = klik: not in the library; did you mean klikk?"),
        (("findings", "klikk:glod"), "klikk tier = glod: not a tier of this policy; did you mean gold?"),
        (("findings", "klikk", "--tier", "glod"), "klikk tier = glod: not a tier of this policy; did you mean gold?"),
        (
            ("findings", "klikk", "--severity", "defekt", "-s", "grave"),
            "severity: 2 problems\n  severity = defekt: not a severity; did you mean defect? "
            "there are defect, gap, risk, note\n  severity = grave: not a severity; ",
        ),
        (("findings", "klikk", "--out", "found.txt"), "found.txt: not a table; let it end in .csv, .parquet or .xlsx"),
        (("findings", "klikk", "--out", "nowhere/found.csv"), "nowhere/found.csv: cannot be written"),
        (("compare", "klikk:gold"), "plans = klikk:gold: fewer than two; name at least two, like klikk:gold"),
        (("compare", "klikk:gold", "klikk"), "plans = klikk:gold: named twice; name each plan once"),
        (("compare", "klik", "klikk:glod"), "plans: 2 problems"),
        (("compare", *TWO, "--fee", "0"), "fee = 0.0: not a fee; write an amount above 0, like 1600"),
        (("compare", *TWO, "--fee", "nan"), "fee = nan: not a fee"),
        (("compare", *TWO, "--amend", "window"), "changes = window: not an amended term; write term=value"),
        (("compare", *TWO, "--amend", "guarantees.iass.window=1q"), "iass is not there"),
        (("compare", *TWO, "--amend", "guarantees.iaas.window=[1q"), "guarantees.iaas.window=[1q"),
        (("compare", *TWO, "--evidence", "nowhere"), "no such folder or workbook"),
        (("compare", *TWO, "-e", EVIDENCE, "--subscription", "fjord"), "subscription = fjord: not in the evidence"),
        (("compare", *TWO, *FJORD, "--period", "2026-13"), "period = 2026-13: not a period"),
        (("compare", *TWO, *FJORD, "--as-of", "yesterday"), "as_of = yesterday: not an instant"),
        (("compare", *TWO, "-r", "window"), "reading = window: not an answer to a question"),
        (("compare", *TWO, "-r", "klikk:window=century"), "reading of klikk window = century: not an answer to it"),
        (("compare", *TWO, "--out", "both.csv"), "both.csv"),
        (("compare", *TWO, "--out", "nowhere/both.xlsx"), "nowhere/both.xlsx: cannot be written"),
        (("readings", "nowhere", *QUESTION), "no such folder or workbook"),
        (("readings", EVIDENCE, *QUESTION, "-s", "fjord"), "subscription = fjord: not in the evidence"),
        (("readings", EVIDENCE, *QUESTION, "-r", "windw=month"), "did you mean window?"),
        (("readings", EVIDENCE, "--period", "2026-13", "--as-of", "2026-10-05"), "period = 2026-13: not a period"),
    ],
)
def test_input_at_fault_gives_one_message_and_writes_nothing(
    run: Run, words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.code == 1
    assert done.err.count("slakit: ") == 1
    assert message in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir()), "nothing is half-written"


def test_a_misspelled_question_is_refused(run: Run) -> None:
    assert run("compare", *TWO, "-r", "windw=quarter").code == 1


# --- findings


@pytest.mark.parametrize("name", ["klikk", "wp-heaven", "klink-cloud", "cloudworkz"])
def test_findings_are_told_in_words_and_counted(run: Run, name: str) -> None:
    done = run("findings", name)
    found = sla.findings(find_policy(name))
    assert done.code == 0, done.err
    headings = [HEADINGS[severity] for severity in found["severity"].unique(maintain_order=True)]
    shown = [line.split("  ")[0].strip() for line in done.out.splitlines()]
    assert [line for line in shown if line in HEADINGS.values()] == headings
    assert not any(code in done.out for code in found["code"].unique() if "-" in code)
    counts = dict(found["severity"].value_counts().iter_rows())
    said = [f"{counts[word]} {COUNTED[word][counts[word] != 1]}" for word in COUNTED if word in counts]
    assert done.out.splitlines()[-1] == f"{', '.join(said)}."


def test_a_severity_leaves_the_others_out(run: Run, tmp_path: Path) -> None:
    done = run("findings", "klikk", "-s", "defect", "-s", "gap", "--out", str(tmp_path / "found.csv"))
    assert done.code == 0, done.err
    written = pl.read_csv(tmp_path / "found.csv")
    assert set(written["severity"]) == {"defect", "gap"}
    assert "risk" not in done.out.splitlines()[-1]


def test_findings_of_one_tier(run: Run, tmp_path: Path) -> None:
    by_name = run("findings", "klink-cloud:starter", "--out", str(tmp_path / "a.csv"))
    by_option = run("findings", "klink-cloud", "--tier", "starter", "--out", str(tmp_path / "b.csv"))
    assert by_name.code == by_option.code == 0
    assert by_name.out.replace("a.csv", "") == by_option.out.replace("b.csv", "")
    expected = sla.findings(find_policy("klink-cloud"), tier="starter")
    for name in ("a.csv", "b.csv"):
        assert pl.read_csv(tmp_path / name)["code"].to_list() == expected["code"].to_list()


def test_findings_of_several_policies_stand_one_after_the_other(run: Run) -> None:
    done = run("findings", "wp-heaven", str(LIBRARY / "cloudworkz.yaml"))
    assert done.code == 0, done.err
    lines = [line.strip() for line in done.out.splitlines()]
    assert lines.index("WP Heaven") < lines.index("Cloudworkz")


def test_findings_are_written_as_a_workbook(run: Run, tmp_path: Path) -> None:
    done = run("findings", "klikk", "wp-heaven", "--out", str(tmp_path / "found.xlsx"))
    assert done.code == 0, done.err
    written = pl.read_excel(tmp_path / "found.xlsx", read_options={"header_row": None})
    assert "Contradictions and errors" in written.to_series(1).to_list()


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_findings_are_written_as_they_are(run: Run, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"found.{ending}"
    done = run("findings", "klikk", "wp-heaven", "--out", str(path))
    assert done.code == 0, done.err
    written = pl.read_csv(path) if ending == "csv" else pl.read_parquet(path)
    expected = sla.findings([find_policy("klikk"), find_policy("wp-heaven")])
    assert written.columns == expected.columns
    assert written.fill_null("").rows() == expected.rows()


@pytest.mark.parametrize(("day", "old"), [("2023-07-01", False), ("2030-01-01", True)])
def test_the_age_of_a_text_is_reckoned_from_the_day_given(run: Run, day: str, old: bool) -> None:
    done = run("findings", "wp-heaven", "--as-of", day)
    assert done.code == 0, done.err
    expected = sla.findings(find_policy("wp-heaven"), as_of=date.fromisoformat(day))
    assert ("The text is old" in done.out) == ("terms-old" in set(expected["code"])) == old


def test_nothing_found_is_said(run: Run) -> None:
    done = run("findings", "wp-heaven", "--severity", "defect")
    found = sla.findings(find_policy("wp-heaven")).filter(severity="defect")
    assert done.code == 0, done.err
    last = done.out.splitlines()[-1]
    assert last == ("Nothing found." if found.is_empty() else f"{found.height} {COUNTED['defect'][found.height > 1]}.")


def test_markup_in_a_policy_appears_as_text(run: Run, tmp_path: Path) -> None:
    text = (LIBRARY / "klikk.yaml").read_text(encoding="utf-8").replace('clause: "Table 1"', 'clause: "[red]T1[/red]"')
    (tmp_path / "odd.yaml").write_text(text, encoding="utf-8")
    done = run("findings", str(tmp_path / "odd.yaml"))
    assert done.code == 0, done.err
    assert "[red]T1[/red]" in done.out
    done = run("compare", f"{tmp_path / 'odd.yaml'}:gold", "wp-heaven")
    assert done.code == 0, done.err


def test_a_path_with_a_colon_is_a_path(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "a:b"
    folder.mkdir()
    (folder / "mine.yaml").write_text((LIBRARY / "wp-heaven.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert run("compare", str(folder / "mine.yaml"), "cloudworkz").code == 0
    assert run("findings", str(folder / "mine.yaml")).code == 0


# --- compare


def test_compare_tells_what_the_comparison_tells(run: Run) -> None:
    done = run("compare", *TWO, "klink-cloud:enterprise", "cloudworkz")
    assert done.code == 0, done.err
    told = summarize_comparison(sla.compare([*TWO, "klink-cloud:enterprise", "cloudworkz"]))
    assert done.out.splitlines()[: len(told)] == told
    for part in ("Availability objective", "99.95 %", "Allowable downtime in 30 days", "3h36m", "Governance"):
        assert part in done.out
    assert "Outages the contracts treat most differently" not in done.out


def test_compare_puts_the_same_outages_through_every_plan(run: Run) -> None:
    done = run("compare", *TWO, *FJORD, "--fee", "1000")
    assert done.code == 0, done.err
    mine = sla.read_evidence(EVIDENCE).only("fjord-iaas")
    told = summarize_comparison(sla.compare(list(TWO), evidence=mine, fee=1000))
    assert done.out.splitlines()[: len(told)] == told
    assert "Outages the contracts treat most differently" in done.out
    assert "before the clock starts (Table 2, DT; 3.1.2)" in " ".join(done.out.split())


def test_compare_asks_for_other_terms_of_the_first_plan(run: Run) -> None:
    done = run("compare", *TWO, *FJORD, "--fee", "1000", "--amend", "guarantees.iaas.clock=started")
    assert done.code == 0, done.err
    klikk = find_policy("klikk")
    offers = [*TWO, (klikk.amend({"guarantees.iaas.clock": "started"}), "gold")]
    mine = sla.read_evidence(EVIDENCE).only("fjord-iaas")
    assert done.out.splitlines()[0] == summarize_comparison(sla.compare(offers, evidence=mine, fee=1000))[0]
    assert "Klikk Gold (proposed)" in done.out.splitlines()[0]


def test_compare_keeps_to_a_period_and_an_instant(run: Run) -> None:
    done = run("compare", *TWO, *FJORD, "--period", "2026-07/2026-09", "--as-of", "2026-10-05T00:00:00Z")
    assert done.code == 0, done.err
    assert done.out.startswith("For the same ")
    assert " of 2026-07/2026-09: " in done.out.splitlines()[0]
    early = run("compare", *TWO, *FJORD, "--period", "2026-07/2026-09", "--as-of", "2026-08-01T00:00:00Z")
    assert early.code == 0, early.err
    assert early.out.splitlines()[0] != done.out.splitlines()[0]


@pytest.mark.long
def test_compare_takes_answers(run: Run) -> None:
    done = run("compare", *TWO, *FJORD, "-r", "klikk:window=quarter")
    mine = sla.read_evidence(EVIDENCE).only("fjord-iaas")
    quarter = sla.compare(list(TWO), evidence=mine, reading={"klikk:window": "quarter"})
    assert done.out.splitlines()[0] == summarize_comparison(quarter)[0]
    assert done.out.splitlines()[0] != run("compare", *TWO, *FJORD).out.splitlines()[0]


def test_compare_writes_a_workbook(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "both.xlsx"
    done = run("compare", *TWO, *FJORD, "--out", str(path))
    assert done.code == 0, done.err
    assert f"Everything is in {path}." in done.out.replace("\n", "")
    assert "Same outages" in fastexcel.read_excel(path).sheet_names
    plans = fastexcel.read_excel(path).load_sheet("Same outages", header_row=2).to_polars()["Plan"].to_list()
    assert plans == list(sla.compare(list(TWO)).names.values())


def test_compare_survives_an_outage_outside_the_period_of_one_plan(run: Run, tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text(
        "subscription,policy,tier,monthly_fee,currency,starts\ns,klikk,gold,100,NOK,2025-01-01T00:00:00Z\n"
    )
    (tmp_path / "outages.csv").write_text(
        "outage,subscription,started,ended,reported\n"
        "o,s,2026-06-30T22:10:00Z,2026-06-30T23:40:00Z,2026-06-30T22:10:00Z\n"
    )
    done = run("compare", "klikk:gold", "klink-cloud:enterprise", "-e", str(tmp_path), "-p", "2026-06")
    assert done.code == 0, done.err
    assert "Outages the contracts treat most differently" in done.out
    assert "1h30m counts as downtime (2)" in done.out


# --- readings


def test_readings_are_ranked_and_summed_up(run: Run) -> None:
    done = run("readings", EVIDENCE, *QUESTION, "--subscription", "fjord-iaas")
    assert done.code == 0, done.err
    review = sample_review().of("fjord-iaas")
    moving = review.readings.filter(pl.col("moves") > 0)
    asked = moving["question"].unique(maintain_order=True).to_list()
    places = [done.out.index(f" {name}=") for name in asked]
    assert len(asked) >= 3
    assert places == sorted(places)
    for row in moving.iter_rows(named=True):
        assert f"{row['amount']:,.2f} NOK" in done.out
        assert row["chosen"] or f"{row['difference']:+,}" in done.out
    low, high = review.ranges.select("amount_low", "amount_high").row(0)
    assert f"fjord-iaas: owed {low:,.2f} NOK to {high:,.2f} NOK if ambiguous clauses are read otherwise. " in done.out
    assert "harbor" not in done.out


@pytest.mark.long
def test_readings_of_all_subscriptions_end_in_a_sentence_for_each(run: Run) -> None:
    done = run("readings", EVIDENCE, *QUESTION)
    assert done.code == 0, done.err
    names = pl.read_csv(SAMPLES / "evidence" / "subscriptions.csv")["subscription"].to_list()
    assert [line.partition(":")[0] for line in done.out.splitlines()[-len(names) :]] == names
    assert "nordlys-web: owed 158.34 DKK, however the contract is read." in done.out


@pytest.mark.long
def test_a_settled_question_is_ranked_no_more(run: Run) -> None:
    open_ = run("readings", EVIDENCE, *QUESTION, "-s", "fjord-iaas")
    settled = run("readings", EVIDENCE, *QUESTION, "-s", "fjord-iaas", "-r", "klikk:window=quarter")
    assert settled.code == 0, settled.err
    assert "quarter" in open_.out
    assert "quarter" not in settled.out


def test_the_register_offers_the_credits_of_a_bill(run: Run, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    bill.write_text(
        "BilledCost,ChargeCategory,BillingCurrency,BillingPeriodStart,BillingPeriodEnd\n"
        "-120.00,Credit,USD,2026-10-01T00:00:00Z,2026-11-01T00:00:00Z\n"
    )
    done = run("register", EVIDENCE, *QUESTION, "--bill", str(bill), "--out", str(tmp_path / "out"))
    assert done.code == 0, done.err
    assert "credited in part" in done.out
    assert pl.read_parquet(tmp_path / "out" / "candidates.parquet")["window_start"][0].month == 9  # the latest first
    bill.write_text("nothing\n")
    refused = run("register", EVIDENCE, *QUESTION, "--bill", str(bill))
    assert (refused.code, "no such column" in refused.err) == (1, True)
