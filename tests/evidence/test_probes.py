"""Samples in the evidence become outages and coverage, by rules that are written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

import slakit as sla
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence, write_table
from slakit.evidence.probes import rule_of_text
from slakit.problems import InputError

BEGIN = datetime(2026, 6, 10, tzinfo=UTC)
SHOP = {
    "subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK",
    "starts": "2025-01-01T00:00:00+01:00",
}  # fmt: skip
RULE = {"subscription": "shop", "every": "1m", "failures": "2"}
HEADER = "subscription,component,measured,up\n"


def samples(said: str, **more: str) -> pl.DataFrame:
    """One a minute: up (1), down (0) or missing (.)."""
    looks = [
        {"subscription": "shop", **more, "measured": BEGIN + timedelta(minutes=minute), "up": mark == "1"}
        for minute, mark in enumerate(said)
        if mark != "."
    ]
    return pl.DataFrame(looks)


def evidence(probes: pl.DataFrame, *rules: dict[str, Any], **more: Any) -> Evidence:
    return Evidence.of([SHOP], probes=probes, probing=list(rules or [RULE]), **more)


def minutes(frame: pl.DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    rows = frame.select(columns).rows()
    return [tuple((at - BEGIN) // timedelta(minutes=1) if isinstance(at, datetime) else at for at in row)
            for row in rows]  # fmt: skip


def refusal(*arguments: Any, **more: Any) -> str:
    with pytest.raises(InputError) as refused:
        read_evidence(*arguments, **more)
    return "\n".join(map(str, refused.value.problems))


def folder_of(path: Path, text: str, rules: str = "") -> Path:
    pl.DataFrame([SHOP]).write_csv(path / "subscriptions.csv")
    (path / "probes.csv").write_text(text)
    if rules:
        (path / "probing.csv").write_text(rules)
    return path


def test_samples_become_outages_with_bounds_and_coverage() -> None:
    read = evidence(samples("110111100011....11"))
    assert minutes(read.outages, "started", "ended", "detected") == [(7, 10, 8)]  # one failure alone is none
    bounds = ("lower_started", "lower_ended", "upper_started", "upper_ended")
    assert minutes(read.outages, *bounds) == [(7, 9, 6, 10)]
    assert minutes(read.coverage, "started", "ended") == [(0, 12), (16, 18)]
    assert read.outages.select("outage", "source").row(0) == ("probes/shop/2026-06-10T00:07:00Z", "probes")
    assert read.row_numbers("outages").to_list() == [None]
    assert {"outages", "coverage", "probing"} <= read.given


def test_every_form_says_the_same(tmp_path: Path) -> None:
    looks = pl.concat([samples("1100110", component="web"), samples("1110001", component="api")])
    whole = evidence(looks)
    assert minutes(whole.outages, "component", "started", "ended") == [("api", 3, 6), ("web", 2, 4)]
    rules = "subscription,every,failures\nshop,1m,2\n"
    folder = folder_of(tmp_path, "", rules)
    write_table(looks, folder / "probes.csv")
    text = (folder / "probes.csv").read_text()
    forms = [read_evidence(folder)]
    (folder / "probes.csv").write_text(text.replace(",", ";").replace("true", "1").replace("false", "0") + "\n;;;\n")
    forms.append(read_evidence(folder))
    (folder / "probes.csv").write_text(text.replace("Z,", ","))
    forms.append(read_evidence(folder, time_zone="UTC"))
    (folder / "probes.csv").unlink()
    write_table(looks.sort("up").with_columns(pl.col("component").cast(pl.Categorical)), folder / "probes.parquet")
    forms.append(read_evidence(folder))
    (folder / "probes.parquet").unlink()
    printed = [line.split(",") for line in text.splitlines()]
    with xlsxwriter.Workbook(str(folder / "probes.xlsx")) as book:
        sheet = book.add_worksheet("probes")
        for number, cells in enumerate(printed):
            sheet.write_row(number, 0, cells)
    forms.append(read_evidence(folder))
    for form in forms:
        assert form.outages.equals(whole.outages)
        assert form.coverage.equals(whole.coverage)


def test_the_nearest_rule_counts_and_an_option_is_for_the_rest(tmp_path: Path) -> None:
    looks = pl.concat([samples("11011001", component=name) for name in ("web", "api")])
    both = evidence(looks, RULE, {"subscription": "shop", "component": "web", "every": "1m"})
    assert both.outages["component"].to_list() == ["api", "web", "web"]
    folder = folder_of(tmp_path, "", "subscription,component,every\nshop,web,1m\n")
    write_table(looks, folder / "probes.csv")
    read = read_evidence(folder, probes=rule_of_text("every=1m,failures=2"))
    assert read.outages.equals(both.outages)
    assert read.probing.select("component", "every", "failures").rows() == [("web", "1m", None), (None, "1m", 2)]
    assert refusal(folder).splitlines() == [
        "probes.csv row 10 = shop api: nothing says how samples of it become outages; "
        "add a row to the table probing, or give --probes every=1m,failures=3"
    ]


def test_places_agree_as_the_rule_says() -> None:
    looks = pl.concat(
        [samples(said, place=place) for place, said in {"a": "10001", "b": "11001", "c": "11111"}.items()]
    )
    rule = {"subscription": "shop", "every": "1m"}
    assert minutes(evidence(looks, {**rule, "agree": "2"}).outages, "started", "ended") == [(2, 4)]
    assert minutes(evidence(looks, {**rule, "agree": "any"}).outages, "started", "ended") == [(1, 4)]
    with pytest.raises(InputError, match=r"row 2 agree: there are several places; write any, all or how many"):
        evidence(looks, rule)
    with pytest.raises(InputError, match=r"row 2 agree = 4: more places than there are \(3\); name fewer"):
        evidence(looks, {**rule, "agree": "4"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("shop,,2026-06-10T00:00Z,yes\n", "row 2 up = yes: neither true nor false; write true or false, or 1 or 0"),
        ("shop,,2026-06-10T00:00Z,\n", "row 2 up: empty; write true or false, or 1 or 0"),
        ("\nshop,,2026-06-10,1\n", "row 3 measured = 2026-06-10: a date without a time"),
        ("shop,,,1\n", "row 2 measured: empty; give a time such as 2026-03-01T10:00:00Z"),
        ("shop,,2026-06-10T00:00Z,1\nshp,,2026-06-10T00:00Z,1\n", "row 3 subscription = shp: no such subscription; "
         "did you mean shop? there are shop"),
        (",,2026-06-10T00:00Z,1\n", "row 2 subscription: empty; give a name"),
        ("shop,we\u202eb,2026-06-10T00:00Z,1\n", "row 2 component"),
        ("shop,a,b,2026-06-10T00:00Z,1\n", "rows that cannot be read; save it as CSV UTF-8; put a value with quotes"),
    ],
)  # fmt: skip
def test_samples_that_are_none_are_refused(tmp_path: Path, text: str, told: str) -> None:
    assert told in refusal(folder_of(tmp_path, HEADER + text), probes={"every": "1m"})


def test_files_that_are_no_samples_are_refused(tmp_path: Path) -> None:
    option = {"probes": {"every": "1m"}}
    assert refusal(folder_of(tmp_path, ""), **option) == (
        "probes.csv: an empty file; write a header at least, or take the file away"
    )
    assert "row 1: no column up; add it" in refusal(folder_of(tmp_path, "subscription,measured,state\n"), **option)
    assert "no row ends within 65,536 bytes" in refusal(folder_of(tmp_path, "x" * 70_000), **option)
    (tmp_path / "probes.csv").write_bytes(b"\xff\xff\n")
    assert "not UTF-8" in refusal(tmp_path, **option)
    (tmp_path / "probes.csv").unlink()
    (tmp_path / "probes.parquet").write_bytes(b"<html>")
    assert refusal(tmp_path, **option).startswith("probes.parquet: not a Parquet file")
    (tmp_path / "probes.parquet").unlink()
    assert refusal(tmp_path, **option) == (
        "--probes: there are no samples to make outages of; add a table probes, or leave the option out"
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (
            "every=1m,failures",
            "--probes = every=1m,failures: not conventions and their values; write them like every=1m",
        ),
        ("every=1m,every=2m", "a convention twice"),
        ("failures=3", "--probes: no convention every; add it"),
        ("every=1m,failure=3", "--probes = failure: not a convention of probes; did you mean failures?"),
        ("every=soon", "--probes every = soon: not a duration"),
        ("every=0s", "--probes every = 0s: no time at all; write a length, like 1m"),
        ("every=1m,failures=0", "--probes failures = 0: not between 1 and 1000000"),
        ("every=1m,start=first", "--probes start = first: no such start"),
        ("every=1m,missing=hold", "--probes hold: hold and missing: hold belong together; write both or neither"),
        ("every=1m,hold=5m", "--probes hold = 5m: hold and missing: hold belong together; write both or neither"),
        ("every=1m,agree=most", "--probes agree = most: neither any, all nor a number of places; write any, all, or 2"),
    ],
)
def test_a_rule_that_is_none_is_refused(rule: str, told: str) -> None:
    with pytest.raises(InputError) as refused:
        rule_of_text(rule)
    assert told in str(refused.value)


def test_rules_are_checked_in_their_table() -> None:
    looks = samples("1100")
    with pytest.raises(InputError, match=r"probing row 3 component: another row is for the same; keep one of them"):
        evidence(looks, RULE, RULE)
    with pytest.raises(InputError, match=r"probing row 2 every = 1 minute: not a duration"):
        evidence(looks, {**RULE, "every": "1 minute"})
    with pytest.raises(InputError, match=r"probing row 2 hold: hold and missing: hold belong together"):
        evidence(looks, {**RULE, "missing": "hold"})


def test_rows_beside_samples_stay_and_an_overlap_is_told() -> None:
    own = {"subscription": "shop", "started": BEGIN, "ended": BEGIN + timedelta(minutes=9)}
    read = evidence(samples("1100011"), outages=[{"outage": "o", **own}], coverage=[own])
    assert read.outages["outage"].to_list() == ["o", "probes/shop/2026-06-10T00:02:00Z"]
    assert read.coverage.height == 2
    review = sla.assess(read, "2026-06", "2026-07-05")
    (told,) = review.warnings.filter(pl.col("code") == "probed_twice").rows(named=True)
    assert (told["row"], told["says"]) == (
        2,
        "1 outage of samples overlaps 1 other row: keep one of the two where both are of the same downtime.",
    )
    assert review.assumptions.filter(pl.col("term") == "probes")["value"].to_list() == [
        "every 1m, failures 2, successes 1, start first failure, end first success, missing unknown"
    ]


def test_a_review_says_where_bounds_of_samples_decide_the_credit() -> None:
    looks = samples("1" * 3 + "0" * 397 + "1" * 600).with_columns(
        (BEGIN + 5 * (pl.col("measured") - BEGIN)).alias("measured")
    )
    review = sla.assess(evidence(looks, {**RULE, "every": "5m"}), "2026-06", "2026-07-05")
    # its clock starts with its detection in minute 20, and it ends in minute 1,995 to 2,000; 0.5 %, 216 minutes, of the
    # 43,200 of the month are allowed
    assert review.bounds.select("amount_lower", "amount", "amount_upper").rows() == [
        (Decimal("65.15"), Decimal("65.33"), Decimal("65.33"))
    ]
    assert review.owed == {"DKK": Decimal("65.33")}


def test_decisions_name_outages_of_samples() -> None:
    decided = {
        "outage": "probes/shop/2026-06-10T00:02:00Z", "action": "excluded", "reason": "our firewall", "by": "both",
        "decided": "2026-07-01T00:00Z", "state": "agreed",
    }  # fmt: skip
    read = evidence(samples("1100011"), corrections=[decided])
    assert sla.assess(read, "2026-06", "2026-07-05").corrections["applied"].to_list() == [True]
    with pytest.raises(InputError, match=r"no such outage"):
        evidence(samples("1100011"), corrections=[{**decided, "outage": "probes/shop/2026-06-10T00:03:00Z"}])


def test_what_was_read_can_be_written_and_read_again(tmp_path: Path) -> None:
    read = evidence(samples("1100011"))
    for table in ("subscriptions", "outages", "coverage", "probing"):
        write_table(getattr(read, table), tmp_path / f"{table}.csv")
    again = read_evidence(tmp_path)
    assert again.outages.equals(read.outages)
    assert again.probing.equals(read.probing)
    write_table(samples("1100011"), tmp_path / "probes.csv")
    assert refusal(tmp_path) == (
        "outages.csv = probes/shop/2026-06-10T00:02:00Z: an outage that samples show, and a row; "
        "remove those rows: they are made of probes.csv again"
    )
