"""The command line as a person meets it: output, exit codes, one message when the input is at fault."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from cli_support import Run

SAMPLES = Path(__file__).parents[2] / "data_samples"
EVIDENCE = str(SAMPLES / "evidence")
QUESTION = ("--period", "2026-01/2026-09", "--as-of", "2026-10-05T00:00:00Z")

KEYS = "subscription guarantee window_start window_end"
COLUMNS = {
    "ledger": "subscription guarantee outage component window_start started ended seconds verdict clause",
    "availability": f"{KEYS} agreed_seconds downtime_seconds availability target met running observed",
    "attainment": f"{KEYS} eligible met_count pending attainment target met running",
    "credits": "subscription remedy window_start window_end credit_percent basis_amount amount currency cap instead",
    "ranges": "subscription currency amount amount_low amount_high reading_low reading_high widened_by",
    "claims": "subscription remedy window_start amount currency deadline deadline_earliest status evidence_needed",
}


def test_policies_lists_the_four_documents(run: Run) -> None:
    done = run("policies")
    assert done.code == 0
    for name in ("klikk", "cloudworkz", "wp-heaven", "klink-cloud"):
        assert name in done.out


def test_show_prints_terms_with_their_clauses(run: Run) -> None:
    done = run("show", "klikk", "--tier", "gold")
    assert done.code == 0
    assert "99.95 % per calendar month" in done.out
    assert "3.3.3" in done.out


def test_budget_counts_the_hour_that_october_gains_in_oslo(run: Run) -> None:
    done = run("budget", "klikk", "--tier", "gold", "--period", "2026-10")
    assert done.code == 0
    assert "22m21s" in done.out


def test_assess_writes_every_table_twice_with_the_columns_of_the_rules(run: Run, tmp_path: Path) -> None:
    done = run("assess", EVIDENCE, *QUESTION, "--out", str(tmp_path / "new" / "folder"))
    assert done.code == 0, done.err
    for name, columns in COLUMNS.items():
        written = tmp_path / "new" / "folder" / name
        assert pl.read_csv(written.with_suffix(".csv")).columns == columns.split()
        assert pl.read_parquet(written.with_suffix(".parquet")).columns == columns.split()
    assert "Owed in all" in done.out
    assert "harbor-enterprise" in done.out


def test_assess_takes_answers_to_questions(run: Run, tmp_path: Path) -> None:
    done = run("assess", EVIDENCE, *QUESTION, "--out", str(tmp_path), "--reading", "klikk:window=quarter")
    assert done.code == 0, done.err
    ranges = pl.read_csv(tmp_path / "ranges.csv").filter(pl.col("subscription") == "fjord-iaas")
    assert json.loads(ranges["reading_high"][0])["window"] == "quarter"


def test_explain_tells_clause_sum_cap_and_deadline(run: Run) -> None:
    done = run("explain", EVIDENCE, "--subscription", "fjord-iaas", "--window", "2026-08", *QUESTION)
    assert done.code == 0, done.err
    for sentence in (
        "the clock starts with the report (Table 2, DT)",
        "Downtime 1h10m of 31d agreed service time; the uptime budget is 22m19.2s.",
        "Availability 99.843189 % against 99.95 %: missed.",
        "Credit before caps: 123.333333 % of 12,000.00 NOK.",
        "over the contract term (1.2); not reached.",
        "Claim: within 72h after the incident ends, in writing (1.3; 2.5): until 2026-08-26 04:20:00. "
        "Status: claim expired.",
    ):
        assert sentence in done.out


def test_explain_says_why_maintenance_excluded_nothing(run: Run) -> None:
    done = run("explain", EVIDENCE, "--subscription", "harbor-enterprise", "--window", "2026-07", *QUESTION)
    assert "it was announced 1d23h59m59s ahead, and 48h is required (5)." in done.out


def test_validate_names_what_it_found_in_order(run: Run) -> None:
    done = run("validate", EVIDENCE, str(SAMPLES / "batch.yaml"))
    assert done.code == 0, done.err
    assert "evidence, no problem found" in done.out
    assert "batch plan, no problem found" in done.out


def test_validate_reports_the_problems_of_all_files_and_exits_with_1(run: Run, tmp_path: Path) -> None:
    first, second = tmp_path / "a.yaml", tmp_path / "b.yaml"
    first.write_text("format: 1\n")
    second.write_text("guarantees: [\n")
    done = run("validate", str(first), str(second), str(SAMPLES / "evidence"))
    assert done.code == 1
    assert "a.yaml:1 id: missing; write it" in done.err
    assert "b.yaml" in done.err
    assert "no problem found" in done.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", "klik"), "policy = klik: not in the library; did you mean klikk?"),
        (("show", "klikk", "--tier", "glod"), "klikk tier = glod: not a tier of this policy; did you mean gold?"),
        (("budget", "klikk:gold", "--period", "2026-13"), "period = 2026-13: not a period"),
        (("assess", "nowhere", *QUESTION, "--out", "x"), "no such folder or workbook"),
        (
            ("assess", EVIDENCE, "--period", "2026-01", "--as-of", "yesterday", "--out", "x"),
            "as_of = yesterday: not an instant",
        ),
        (
            ("assess", EVIDENCE, *QUESTION, "--out", "x", "-r", "window"),
            "reading = window: not an answer to a question",
        ),
        (("assess", EVIDENCE, *QUESTION, "--out", "x", "-r", "windw=month"), "did you mean window?"),
        (("explain", EVIDENCE, "-s", "fjord", "-w", "2026-08", *QUESTION), "subscription = fjord: not in the evidence"),
        (("explain", EVIDENCE, "-s", "skog-vm", "-w", "2025-08", *QUESTION), "no window that was assessed touches it"),
    ],
)
def test_input_at_fault_gives_one_message_on_stderr_and_exit_code_1(
    run: Run, words: tuple[str, ...], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*words)
    assert done.code == 1
    assert message in done.err
    assert "Traceback" not in done.err
    assert not list(tmp_path.iterdir()), "nothing is half-written"


@pytest.mark.parametrize("words", [("asess",), ("show",), ("assess", EVIDENCE), ("batch", "--workers", "0", "x")])
def test_wrong_usage_exits_with_2(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).code == 2


@pytest.mark.parametrize(
    "command", ["", "policies", "show", "validate", "budget", "assess", "explain", "batch", "schema"]
)
def test_every_command_has_help(run: Run, command: str) -> None:
    done = run(*filter(None, (command, "--help")))
    assert done.code == 0
    assert "Usage: slakit" in done.out


def test_markup_in_files_appears_as_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text(
        "subscription,policy,monthly_fee,currency,starts\n[red]x[/red]<script>,wp-heaven,100,DKK,2025-01-01T00:00:00Z\n"
    )
    done = run("assess", str(tmp_path), *QUESTION, "--out", str(tmp_path / "out"))
    assert done.code == 0, done.err
    assert "[red]x[/red]<script>" in done.out


def test_schema_is_json(run: Run) -> None:
    assert json.loads(run("schema").out)["title"] == "slakit policy"


def test_help_lists_every_command_under_a_question(run: Run) -> None:
    from slakit.cli.options import COMMANDS, app

    listed = [name for names in COMMANDS.values() for name in names]
    assert sorted(listed) == sorted(command.name or command.callback.__name__ for command in app.registered_commands)
    shown = run("--help").out
    assert all(f"{question}:" in shown for question in COMMANDS)
    assert "..." not in shown.replace("[ARGS]...", ""), "each command fits its line"


def test_out_is_a_workbook_or_a_folder(run: Run, tmp_path: Path) -> None:
    book, folder = tmp_path / "review.xlsx", tmp_path / "review"
    assert run("assess", EVIDENCE, *QUESTION, "--out", str(book)).code == 0
    assert book.is_file()
    assert run("compare", "klikk:gold", "wp-heaven", "--out", str(folder)).code == 0
    assert (folder / "terms.csv").is_file()


def test_new_writes_empty_tables_to_fill_in(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    done = run("new", "--evidence", str(folder))
    assert done.code == 0, done.err
    assert (folder / "outages.csv").read_text().startswith("outage,subscription,component,started")
    described = (folder / "README.md").read_text()
    columns = [name for path in folder.glob("*.csv") for name in path.read_text().strip().split(",")]
    assert all(f"| `{name}`" in described for name in columns)
    assert run("validate", str(folder)).code == 0
    again = run("new", "--evidence", str(folder))
    assert (again.code, "there already; name a new or an empty folder" in again.err) == (1, True)


def test_new_asks_for_a_name_or_a_folder(run: Run) -> None:
    assert run("new").code == 2
