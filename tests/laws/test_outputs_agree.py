"""CSV, Parquet, Python and the command line say the same; so does what `explain` tells."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from effort import some_quick
from random_cases import Case, random_case
from shipped_plans import shipped_case, some_shipped
from shrink import write_case
from tables_alike import differences

from slakit import cli
from slakit.analysis.assess import assess
from slakit.analysis.explain import WITHOUT_INCIDENT, explain
from slakit.analysis.review import OF_SUBSCRIPTIONS, Review
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence
from slakit.policy.files import find_policy, read_policy
from slakit.policy.quantities import Duration


def asked_by_command_line(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the case as files, and let the command line assess them."""
    write_case(case, folder)
    (folder / "README.md").unlink()
    out = folder.parent / "out"
    words = ("assess", str(folder), "--period", case.period, "--as-of", case.as_of.isoformat(), "--no-ranges")
    monkeypatch.setattr("sys.argv", ["slakit", *words, "--out", str(out)])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code in (0, None)
    return out


def cells_of(frame: pl.DataFrame) -> list[dict[str, object]]:
    """A table as a reader of its CSV sees it."""
    return [{name: _cell(value) for name, value in row.items()} for row in frame.rows(named=True)]


def _cell(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | int | float):
        return Decimal(str(value))
    return "" if value is None else value


def _read(text: str, like: object) -> object:
    return Decimal(text) if isinstance(like, Decimal) and text else text


def outputs_agree(case: Case, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = asked_by_command_line(case, folder, monkeypatch)
    policies = {f"{name}.yaml": read_policy(folder / f"{name}.yaml") for name in case.policies}
    review = assess(read_evidence(folder), case.period, case.as_of, policies=policies, ranges=False)
    in_memory = assess(case.checked(), case.period, case.as_of, policies=case.parsed(), ranges=False)
    for name in OF_SUBSCRIPTIONS:
        frame = getattr(review, name)
        assert pl.read_parquet(out / f"{name}.parquet").equals(frame), name
        expected = cells_of(frame)
        with (out / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            seen = [
                {key: _read(text, like[key]) for key, text in row.items()}
                for row, like in zip(csv.DictReader(file), expected, strict=True)
            ]
        assert seen == expected, name
        assert not differences({name: frame.rows(named=True)}, {name: getattr(in_memory, name).rows(named=True)})


@pytest.mark.parametrize("seed", some_quick(range(2), [0]))
def test_under_random_policies(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs_agree(random_case(f"files {seed}", policies=2, subscriptions=2), tmp_path / "case", monkeypatch)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 160))
def test_under_many_random_policies(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outputs_agree(random_case(f"files {seed}", policies=4, subscriptions=8), tmp_path / "case", monkeypatch)


# ------------------------------------------------------------------------------------------------ explain


def told_verdicts(text: list[str]) -> dict[str, int]:
    """Verdict → how long, as it is told in sentences. [µs]"""
    sums: dict[str, int] = {}
    for line in text:
        piece = re.search(r", ((?:\d+d)?(?:\d+h)?(?:\d+m)?(?:[\d.]+s)?): ([a-z ]+) – ", line)
        if piece:
            verdict = piece[2].replace(" ", "_")
            sums[verdict] = sums.get(verdict, 0) + length_of(piece[1])
    return sums


def length_of(told: str) -> int:
    """A length of time as slakit prints it. [µs]"""
    whole, _, seconds = re.fullmatch(r"((\d+[dhm])*)([\d.]+s)?", told).groups()  # type: ignore[union-attr]
    rest = int(Decimal(seconds[:-1]) * 10**6) if seconds else 0
    return (Duration.parse(whole).microseconds if whole else 0) + rest


def told_segments(review: Review, slides: list[str]) -> pl.DataFrame:
    """The rows of the ledger that the windows hold, once for each: windows of guarantees in `slides` share them."""
    spans, columns = ["guarantee", "window_start"], ["guarantee", "verdict", "seconds"]
    shared = pl.col("guarantee").is_in(slides)
    incidents = review.incidents.select("guarantee", pl.col("started").alias("window_start"))
    fixed = pl.concat([review.availability.filter(~shared).select(spans), incidents])
    windows = review.availability.filter(shared).select("guarantee", first="window_start", last="window_end")
    inside = (pl.col("started") >= pl.col("first")) & (pl.col("started") < pl.col("last"))
    held = review.ledger.join(windows, on="guarantee").filter(inside)
    apart = review.ledger.filter(~pl.col("guarantee").is_in(review.availability["guarantee"].unique().implode()))
    apart = apart.join(incidents, on=spans, how="anti").filter(pl.col("verdict").is_in(WITHOUT_INCIDENT))
    own = review.ledger.join(fixed, on=spans, how="semi")
    return pl.concat([own.select(columns), held.select(columns), apart.select(columns)])


def explained_as_in_the_tables(review: Review) -> None:
    """The amounts, and how long each verdict lasted, are those of the tables."""
    start, end = review.period.first.isoformat(), review.period.after.isoformat()
    assert start < end
    for subscription in review.evidence.subscriptions["subscription"]:
        mine = review.of(subscription)
        judged = [mine.availability, mine.figures, mine.attainment]
        if not sum(table.height for table in judged):
            continue
        told = [text for _, text in explain(review, subscription, str(review.period)).lines]
        owed = sum(mine.credits["amount"], Decimal(0))
        amounts = [re.fullmatch(r"Credit .*: ([\d,.]+) [A-Z]{3}", line) for line in told]
        assert sum((Decimal(a[1].replace(",", "")) for a in amounts if a), Decimal(0)) == owed
        slides = [one.id for one in review.terms_of(subscription).guarantees if one.window.slides]
        shown = told_segments(mine, slides).filter(~pl.col("verdict").is_in(["other_component", "no_length"]))
        sums = {v: int(s * 10**6) for v, s in shown.group_by("verdict").agg(pl.col("seconds").sum()).iter_rows()}
        assert {verdict: length for verdict, length in told_verdicts(told).items() if verdict in sums} == sums


def test_explain_names_every_outage_of_a_window_that_slides() -> None:
    policy = find_policy("klink-cloud").amend({"guarantees.platform.window": {"rolling": "30d"}})
    shop = {"subscription": "shop", "policy": "klink-cloud", "tier": "enterprise", "monthly_fee": 2400,
            "currency": "USD", "starts": "2026-01-01T00:00:00Z"}  # fmt: skip
    down = [{"outage": f"o{day}", "subscription": "shop", "started": f"2026-09-{day}T08:00:00Z",
             "ended": f"2026-09-{day}T09:00:00Z"} for day in (12, 18, 24)]  # fmt: skip
    review = assess(Evidence.of([shop], outages=down), "2026-09", "2026-10-02", policies={"klink-cloud": policy})
    explained_as_in_the_tables(review)
    told = str(explain(review, "shop", "2026-09")).partition("2026-09-01 to 2026-10-01")[2]
    assert re.findall(r"Outage (o\d+)", told)[:3] == ["o12", "o18", "o24"]


def test_a_window_without_an_end_can_be_told_in_any_zone() -> None:
    policy = find_policy("klink-cloud").amend({"guarantees.platform.window": "term", "time_zone": "Pacific/Kiritimati"})
    shop = {"subscription": "shop", "policy": "klink-cloud", "tier": "enterprise", "monthly_fee": 2400,
            "currency": "USD", "starts": "2026-01-01T00:00:00Z"}  # fmt: skip
    review = assess(Evidence.of([shop]), "2026-09", "2026-10-02", policies={"klink-cloud": policy})
    assert "Platform uptime, 2026-01-01 to 9999-12-31" in str(explain(review, "shop", "2026-09"))


@pytest.mark.parametrize("seed", [0, 2])
def test_explain_says_what_the_tables_say(seed: int) -> None:
    case = random_case(f"explain {seed}", policies=2, subscriptions=2)
    explained_as_in_the_tables(assess(case.checked(), case.period, case.as_of, policies=case.parsed(), ranges=False))


def test_explain_says_what_the_tables_say_of_shipped_policies() -> None:
    case = shipped_case(some_shipped(4, 4), 5)
    explained_as_in_the_tables(assess(case.checked(), case.period, case.as_of, policies=case.parsed(), ranges=False))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(100, 180))
def test_explain_says_what_the_tables_say_of_many(seed: int) -> None:
    case = random_case(f"explain {seed}", policies=4, subscriptions=8)
    explained_as_in_the_tables(assess(case.checked(), case.period, case.as_of, policies=case.parsed(), ranges=False))
