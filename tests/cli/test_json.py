"""Answers in JSON: one document on stdout, and the published schema holds for every command."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer.main
from cli_support import Run

from slakit.cli.answers import answers_schema
from slakit.cli.options import app

HOUSE = Path(__file__).parents[2]
SAMPLES = HOUSE / "data_samples"
EVIDENCE = str(SAMPLES / "evidence")
HARBOR = ("--subscription", "harbor-enterprise", "--period", "2026-09", "--as-of", "2026-10-05")
PERIOD = ("--period", "2026-09", "--as-of", "2026-10-05")
IMPORTED = ("--provider", "statuspage", "--own", "uptimerobot", "--period", "2026-07/2026-09", "--as-of", "2026-10-05")
TERMS = ("--guarantee", "99.9", "--credit", "99.9:10%", "--claim", "30d", "--fee", "2000EUR")
ASKED: dict[str, tuple[str, ...]] = {
    "policies": ("policies", "--mechanic", "earn_back"),
    "policies --mechanics": ("policies", "--mechanics"),
    "show": ("show", "wp-heaven"),
    "findings": ("findings", "klikk:gold"),
    "budget": ("budget", "klikk:gold", "wp-heaven", "--period", "2026-10"),
    "reconcile": ("reconcile", str(SAMPLES / "imported" / "evidence"), *IMPORTED),
    "explain": ("explain", EVIDENCE, *HARBOR, "--window", "2026-09"),
    "readings": ("readings", EVIDENCE, *HARBOR),
    "due": ("due", "klikk", "--tier", "gold", "--opened", "2026-12-23T15:30+01:00", "--priority", "high"),
    "compare": ("compare", "klikk:gold", "wp-heaven", "--evidence", EVIDENCE, "--subscription", "fjord-iaas",
                "--fee", "1600", "--period", "2026-08"),
    "compare without evidence": ("compare", "wp-heaven", "klink-cloud:enterprise"),
    "outlook": ("outlook", "wp-heaven", "--outages-per-year", "6", "--length", "90m", "--period", "2027-01/2027-12",
                "--years", "20"),
    "quote": ("quote", *TERMS, "--outage", "3h", "--month", "2026-10"),
    "findings --profile dora": ("findings", "klink-cloud:enterprise", "--profile", "dora"),
    "scorecard": ("scorecard", EVIDENCE, "--kpis", str(SAMPLES / "kpis.yaml"), *PERIOD),
    "import": ("import", "--list"),
    "check": ("check", str(HOUSE / "tests" / "worked_examples" / "providers" / "wp-heaven.yaml")),
}  # fmt: skip
TRIED_BELOW = ("assess", "calendar", "claim", "dossier", "verify")


@cache
def schema() -> dict[str, Any]:
    return answers_schema()


def document(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    jsonschema.Draft202012Validator(schema(), format_checker=jsonschema.FormatChecker()).validate(found)
    return found


@pytest.mark.parametrize("name", ASKED)
def test_the_document_is_what_the_schema_says(run: Run, name: str) -> None:
    done = run(*ASKED[name], "--json")
    assert done.code == 0, done.err
    assert document(done.out)["command"] in (name, ASKED[name][0])


def test_every_command_with_json_is_tried() -> None:
    commands: Any = typer.main.get_command(app)
    with_json = {
        name for name, command in commands.commands.items() if any("--json" in each.opts for each in command.params)
    }
    assert with_json == {words[0] for words in ASKED.values()} | set(TRIED_BELOW)


def test_money_is_exact_text_and_instants_are_utc(run: Run) -> None:
    found = document(run("assess", EVIDENCE, "--json", *PERIOD).out)
    claims = [claim for claim in found["claims"] if claim["subscription"] == "harbor-enterprise"]
    assert [(claim["amount"], claim["deadline"]) for claim in claims] == [("120.00", "2026-10-10T23:59:59.999999Z")]
    assert found["as_of"] == "2026-10-05T00:00:00Z"


def test_a_calendar_says_what_it_wrote(run: Run, tmp_path: Path) -> None:
    done = run("calendar", EVIDENCE, *HARBOR, "--out", str(tmp_path / "deadlines.ics"), "--json")
    assert [row["amount"] for row in document(done.out)["deadlines"]] == ["120.00"]


def test_claims_say_what_is_missing(run: Run, tmp_path: Path) -> None:
    done = run("claim", EVIDENCE, *HARBOR, "--out", str(tmp_path), "--json")
    found = document(done.out)
    assert (done.code, found["ready"]) == (3, False)
    [claim] = found["claims"]
    assert (claim["amount"], claim["folder"]) == ("120.00", str(tmp_path / claim["name"]))
    assert [need["what"] for need in claim["needs"] if not need["there"]] == [
        "company name", "The service agreement is active"
    ]  # fmt: skip


def test_a_dossier_says_where_it_is_and_what_differs(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "dossier"
    written = document(run("dossier", EVIDENCE, *HARBOR, "--out", str(out), "--json").out)
    assert (written["folder"], written["timestamp_request"]) == (str(out), None)
    (out / "data" / "README.txt").write_text("changed")
    done = run("verify", str(out), "--json")
    found = document(done.out)
    assert (done.code, found["sound"]) == (3, False)
    assert [(one["of"], one["where"]) for one in found["differences"]] == [("file", "data/README.txt")]


def test_what_is_refused_prints_no_document(run: Run) -> None:
    done = run("budget", "klik", "--period", "2026-10", "--json")
    assert (done.code, done.out) == (1, "")


def test_a_file_that_cannot_be_written_leaves_no_document(run: Run, tmp_path: Path) -> None:
    done = run("findings", "wp-heaven", "--json", "--out", str(tmp_path / "findings.txt"))
    assert (done.code, done.out) == (1, "")


def test_an_assessment_is_asked_for_a_place_or_for_json(run: Run) -> None:
    done = run("assess", EVIDENCE, *PERIOD)
    assert done.code == 2
    assert "name the folder or workbook to write with --out, or --json" in done.err


def test_the_schema_is_printed(run: Run) -> None:
    assert json.loads(run("schema", "--of", "answers").out) == schema()
    assert run("schema", "--of", "answers", "--markdown").code == 2
