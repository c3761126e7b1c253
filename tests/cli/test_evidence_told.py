"""What the commands say about evidence and examples: rows, warnings, rights, and what was not read."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from cli_support import Run

from slakit.analysis.assess import assess
from slakit.analysis.review import TABLES
from slakit.evidence.files import read_evidence

POLICY = """\
format: 1
id: web
provider: X
service: S
source: {title: x, language: en, retrieved: 2026-11-27}
guarantees:
  - {id: web, metric: availability, target: 99.9, window: 1mo, components: [network], clause: "1",
     credit: {of: monthly_fee, bands: [{below: 99.9, credit: 10%}], clause: "2"}}
rights: [{id: leave, says: The customer may end the contract, when: [{below: 98}], for: [web], clause: "4"}]
"""
QUESTION = ("--period", "2026-08", "--as-of", "2026-09-05T00:00:00Z")


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """A day without network, written with a capital, and an outage without length; the policy lies outside."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (tmp_path / "policy.yaml").write_text(POLICY)
    (folder / "subscriptions.csv").write_text(
        "subscription,policy,monthly_fee,currency,starts\nweb,../policy.yaml,1000,EUR,2026-01-01T00:00:00Z\n"
    )
    (folder / "outages.csv").write_text(
        "outage,subscription,component,started,ended\n"
        "a,web,Network,2026-08-10T00:00:00Z,2026-08-11T00:00:00Z\n,,,,\n"
        "b,web,,2026-08-20T00:00:00Z,2026-08-20T00:00:00Z\n"
    )
    return folder


def test_the_summary_tells_rows_rights_and_warnings(run: Run, evidence: Path, tmp_path: Path) -> None:
    done = run("assess", str(evidence), *QUESTION, "--out", str(tmp_path / "out"))
    assert done.code == 0, done.err
    assert "Owed in all: 100.00 EUR." in done.out
    assert "Rows used: subscriptions 1 of 1, outages 1 of 2." in done.out
    assert "Right of web: The customer may end the contract (Web, window from 2026-08-01)." in done.out
    assert "2 warnings" in done.out
    assert "The component 'Network' is taken as 'network', as the contract writes it." in done.out
    assert "Outage b starts and ends at 2026-08-20 00:00 UTC." in done.out
    warnings = pl.read_csv(tmp_path / "out" / "warnings.csv")
    assert warnings.select("row", "code").rows() == [(2, "taken_as"), (4, "no_length")]


def test_strict_refuses_warnings_and_writes_nothing(run: Run, evidence: Path, tmp_path: Path) -> None:
    done = run("assess", str(evidence), *QUESTION, "--out", str(tmp_path / "out"), "--strict")
    assert done.code == 1
    assert "outages row 4 = web: Outage b starts and ends" in done.err
    assert not (tmp_path / "out").exists()


def test_every_table_of_a_review_is_written_as_python_gives_it(run: Run, evidence: Path, tmp_path: Path) -> None:
    assert run("assess", str(evidence), *QUESTION, "--out", str(tmp_path / "out")).code == 0
    review = assess(read_evidence(evidence), "2026-08", "2026-09-05")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        f"{name}.{suffix}" for name in TABLES for suffix in ("csv", "parquet")
    }
    for name in TABLES:
        frame = getattr(review, name)
        assert pl.read_parquet(tmp_path / "out" / f"{name}.parquet").equals(frame), name
        written = pl.read_csv(tmp_path / "out" / f"{name}.csv", infer_schema=False)
        assert (written.columns, written.height) == (frame.columns, frame.height), name


def test_a_policy_is_found_beside_its_evidence_whatever_the_current_folder(
    evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    read = read_evidence(evidence.relative_to(tmp_path))
    monkeypatch.chdir("/")
    assert str(assess(read, "2026-08", "2026-09-05").owed["EUR"]) == "100.00"


def test_a_policy_is_found_beside_a_workbook(tmp_path: Path) -> None:
    import xlsxwriter

    (tmp_path / "policy.yaml").write_text(POLICY)
    with xlsxwriter.Workbook(str(tmp_path / "evidence.xlsx")) as book:
        sheet = book.add_worksheet("subscriptions")
        sheet.write_row(0, 0, ["subscription", "policy", "monthly_fee", "currency", "starts"])
        sheet.write_row(1, 0, ["web", "policy.yaml", "1000", "EUR", "2026-01-01T00:00:00Z"])
    read = read_evidence(tmp_path / "evidence.xlsx")
    assert assess(read, "2026-08", "2026-09-05").policies["policy.yaml"].id == "web"


def test_one_example_file_at_fault_does_not_stop_the_others(run: Run, tmp_path: Path) -> None:
    good = "format: 1\nsource: ours\npolicy: wp-heaven\nexamples:\n  - {name: n, downtime: 0s, expect: {met: true}}\n"
    (tmp_path / "good.yaml").write_text(good)
    (tmp_path / "large.yaml").write_text(good + "# and so on\n" * 20_000)
    done = run("check", str(tmp_path))
    assert done.code == 1
    assert "1 of 1 examples of 1 policies hold." in done.out
    assert "large.yaml" in done.err
    assert "too large" in done.err


@pytest.mark.parametrize("of", ["evidence", "findings"])
def test_what_has_no_json_schema_says_so(run: Run, of: str) -> None:
    done = run("schema", "--of", of)
    assert done.code == 2
    assert "add --markdown" in done.err


def test_a_rule_makes_outages_of_samples(tmp_path: Path, run: Run) -> None:
    (tmp_path / "subscriptions.csv").write_text(
        "subscription,policy,monthly_fee,currency,starts\nshop,wp-heaven,1600,DKK,2025-01-01T00:00Z\n"
    )
    looks = (f"shop,2026-06-{day:02}T00:00Z,{int(not 3 <= day < 8)}\n" for day in range(1, 31))
    (tmp_path / "probes.csv").write_text("subscription,measured,up\n" + "".join(looks))
    command = ["assess", str(tmp_path), "--period", "2026-06", "--as-of", "2026-07-05T00:00Z", "--json"]
    told = json.loads(run(*command, "--probes", "every=1d,failures=2").out)
    assert {row["table"]: row["used"] for row in told["row_counts"]} == {
        "subscriptions": 1, "outages": 1, "coverage": 1, "probing": 1,
    }  # fmt: skip
    assert run(*command, "--probes", "every=1d,failure=2").code == 1
    assert run(*command, "--probes", "every=1d", "--workers", "2", "--out", str(tmp_path / "out")).code == 2
