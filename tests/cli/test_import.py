"""From a file of a tool to a credit on the command line, with what is said in between."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
from cli_support import Run, run

__all__ = ["run"]  # a fixture

SAMPLES = Path(__file__).parents[2] / "data_samples" / "imported"
STATES = {"summary": {"states": [
    {"status": "up", "timefrom": 1788220800, "timeto": 1788307200},
    {"status": "down", "timefrom": 1788307200, "timeto": 1788318000},
    {"status": "up", "timefrom": 1788318000, "timeto": 1790812800},
]}}  # fmt: skip
"""September 2026, with three hours down: 99.58 %, for which 5 % are due."""
ANSWERS = {"policy": "klink-cloud", "monthly_fee": "2400", "currency": "USD", "starts": "2026-01-01T00:00:00Z"}


def test_two_commands_lead_from_a_file_to_a_credit(run: Run, tmp_path: Path) -> None:
    file, folder = tmp_path / "check.json", tmp_path / "evidence"
    file.write_text(json.dumps(STATES))
    mapping = folder / "pingdom.map.yaml"

    drafted = run("import", str(file), "--out", str(folder))
    assert drafted.code == 3
    assert f"--map {mapping} --out {folder}" in drafted.out
    refused = run("import", str(file), "--map", str(mapping), "--out", str(folder))
    assert refused.code == 1
    assert "a placeholder that is not filled in" in refused.err
    again = run("import", str(file), "--out", str(folder))
    assert again.code == 1
    assert f"there already; import with --map {mapping}" in again.err

    text = mapping.read_text().replace("# tier: CHANGE-ME", "tier: enterprise")
    for key, answer in ANSWERS.items():
        text = text.replace(f"    {key}: CHANGE-ME", f"    {key}: {answer}")
    mapping.write_text(text.replace("CHANGE-ME", "shop"))
    done = run("import", str(file), "--map", str(mapping), "--out", str(folder))
    assert done.code == 0, done.err
    assert "Rows: 1 in outages, 1 in coverage." in done.out
    assert "Outages: 1 added." in done.out

    line = done.out.partition("Next: slakit ")[2].split()
    assert line[:4] == ["assess", str(folder), "--period", "2026-09"]
    assessed = run(*line[:5], "2026-10-05", "--out", str(tmp_path / "answer"))
    assert assessed.code == 0, assessed.err
    assert "Owed in all: 120.00 USD" in assessed.out


def test_the_sample_evidence_is_what_two_commands_make(run: Run, tmp_path: Path) -> None:
    pages = [str(SAMPLES / "incidents.json"), str(SAMPLES / "maintenances.json")]
    for files, source in ((pages, "statuspage"), ([str(SAMPLES / "monitors.json")], "uptimerobot")):
        done = run("import", *files, "--map", str(SAMPLES / f"{source}.map.yaml"), "--out", str(tmp_path))
        assert done.code == 0, done.err
    made, kept = ({path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
                  for folder in (tmp_path, SAMPLES / "evidence"))  # fmt: skip
    assert set(made) == set(kept)
    for name, path in made.items():
        if name.suffix == ".parquet":  # whose bytes depend on the version of polars
            assert pl.read_parquet(path).equals(pl.read_parquet(kept[name]))
        else:
            assert path.read_bytes() == kept[name].read_bytes(), name


def test_a_row_of_subscriptions_follows_the_mapping_until_somebody_edits_it(run: Run, tmp_path: Path) -> None:
    file, mapping, folder = tmp_path / "check.json", tmp_path / "map.yaml", tmp_path / "evidence"
    file.write_text(json.dumps(STATES))

    def imported(**row: str) -> str:
        keys = {"format": 1, "reader": "pingdom", "subscription": "shop", "subscriptions": {"shop": {**ANSWERS, **row}}}
        mapping.write_text(json.dumps(keys))
        done = run("import", str(file), "--map", str(mapping), "--out", str(folder))
        return done.out + done.err

    assert "Subscriptions: 1 added." in imported(policy="klink")
    assert "Changed in subscriptions: shop." in imported(tier="enterprise", starts="2026-01-01T01:00:00+01:00")
    assert "Nothing changed." in imported(tier="enterprise")
    table = folder / "subscriptions.csv"
    table.write_text(table.read_text().replace("2400", "2500"))
    assert "Nothing changed." in imported(tier="growth")
    assert "2500" in table.read_text()
    table.unlink()
    assert f"{mapping}:1 subscriptions.shop.starts = 2026-01-01: a date" in imported(starts="2026-01-01")


def test_months_are_those_of_the_rows_where_the_source_covers_nothing(run: Run, tmp_path: Path) -> None:
    file, mapping = tmp_path / "tickets.csv", tmp_path / "map.yaml"
    file.write_text("key,at\nA,2026-07-31T23:00:00-02:00\nB,2026-09-30T12:00:00Z\n")
    keys = {"format": 1, "reader": "table", "table": "tickets", "subscription": "shop", "id": {"from": "key"},
            "columns": {"opened": {"from": "at", "as": "iso"}}, "subscriptions": {"shop": ANSWERS}}  # fmt: skip
    mapping.write_text(json.dumps(keys))
    done = run("import", str(file), "--map", str(mapping), "--out", str(tmp_path / "evidence"))
    assert "--period 2026-08/2026-09" in done.out, done.err


def test_readers_are_listed_with_what_fetches_their_files(run: Run) -> None:
    listed = run("import", "--list")
    assert listed.code == 0
    assert "google-cloud: " in listed.out
    assert "curl --fail -o incidents.json https://status.cloud.google.com/incidents.json" in listed.out


def test_wrong_usage_is_told(run: Run, tmp_path: Path) -> None:
    assert run("import").code == 2
    assert run("import", "x.json", "--map", "m.yaml").code == 2
    missing = run("import", str(tmp_path / "x.json"), "--out", str(tmp_path / "e"))
    assert missing.code == 1
    assert "cannot be read (No such file or directory)" in missing.err
    assert not (tmp_path / "e").exists()
