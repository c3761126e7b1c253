"""A fleet: parts together are the whole, whatever fails on the way."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from cli_support import Run, run
from effort import some_quick
from random_cases import Case, random_case

from slakit.analysis.assess import assess
from slakit.analysis.review import TABLES, Review
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence
from slakit.fleet import run as fleet
from slakit.fleet.run import assess_fleet
from slakit.fleet.summary import FleetSummary
from slakit.problems import InputError

__all__ = ["run"]  # a fixture

if importlib.util.find_spec("distributed") is None and os.environ.get("CI") != "true":
    pytest.skip("a fleet needs Dask: pip install 'slakit[fleet]'", allow_module_level=True)

PERIOD, AS_OF = "2026-06/2026-07", "2026-08-05"
SHOP = {"policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK", "starts": "2025-01-01T00:00:00+01:00"}


@pytest.fixture(scope="session")
def scheduler() -> Iterator[str]:
    """Address of a cluster whose two workers are threads of this process."""
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0", memory_limit="4GB"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def case() -> Case:
    """Seven subscriptions of two policies, with rows of every kind."""
    return random_case("fleet 3", policies=2, subscriptions=7, decided=True)


@pytest.fixture(scope="module")
def whole(case: Case) -> Review:
    return assess(case.checked(), case.period, case.as_of, policies=case.parsed(), ranges=False)


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let there be so many parts."""
    return lambda parts: monkeypatch.setattr(fleet, "count_of_parts", lambda *_: parts)


def written(evidence: Evidence, folder: Path, rows: int) -> Path:
    """Write evidence as folders of Parquet files of so many rows each."""
    for name in evidence.given:
        table = getattr(evidence, name)
        (folder / name).mkdir(parents=True)
        for start in range(0, max(table.height, 1), rows):
            table.slice(start, rows).write_parquet(folder / name / f"{start:06}.parquet")
    return folder


def shops(folder: Path, **tables: str) -> Path:
    """Write a table of four shops, and others as CSV."""
    folder.mkdir()
    held = [{"subscription": f"shop-{number}", **SHOP} for number in range(4)]
    pl.DataFrame(held).write_csv(folder / "subscriptions.csv")
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


def read(out: Path, table: str) -> pl.DataFrame:
    return pl.scan_parquet(out / table / "*.parquet").collect()


def assert_alike(out: Path, whole: Review) -> None:
    for name in TABLES:
        found, expected = read(out, name), getattr(whole, name)
        assert found.schema == expected.schema, name
        assert sorted(map(repr, found.rows())) == sorted(map(repr, expected.rows())), name


def of_case(case: Case, folder: Path, out: Path, scheduler: str, **how: Any) -> FleetSummary:
    how = {"policies": case.parsed(), "ranges": False, **how}
    return assess_fleet(folder, out, case.period, case.as_of, scheduler=scheduler, **how)


def of_shops(folder: Path, out: Path, scheduler: str, **how: Any) -> FleetSummary:
    return assess_fleet(folder, out, PERIOD, AS_OF, scheduler=scheduler, **{"ranges": False, **how})


def refusal(called: Callable[[], object]) -> str:
    with pytest.raises(InputError) as refused:
        called()
    return str(refused.value)


@pytest.mark.parametrize("parts", some_quick([1, 2, 7], [7]))
def test_parts_together_are_the_whole(
    case: Case, whole: Review, scheduler: str, tmp_path: Path, parts: int, in_parts: Callable[[int], None]
) -> None:
    in_parts(parts)
    summary = of_case(case, written(case.checked(), tmp_path / "evidence", 17), tmp_path / "out", scheduler)
    assert [part.status for part in summary.parts] == ["done"] * parts, summary
    assert_alike(tmp_path / "out", whole)  # amounts too: yen have no decimals, dinars three
    assert summary.owed == dict(sorted(whole.owed.items()))
    assert summary.rows == dict(sorted(case.checked().counts().items()))
    assert sum(summary.warnings.values()) == whole.warnings.height > 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*TABLES, "summary.json"}


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20))
def test_parts_together_are_the_whole_of_any_evidence(
    seed: int, scheduler: str, tmp_path: Path, in_parts: Callable[[int], None]
) -> None:
    case = random_case(f"fleets {seed}", policies=4, subscriptions=9, decided=True)
    whole = assess(case.checked(), case.period, case.as_of, policies=case.parsed())
    in_parts(4)
    of_case(case, written(case.checked(), tmp_path / "evidence", 30), tmp_path / "out", scheduler, ranges=True)
    assert_alike(tmp_path / "out", whole)


def test_folders_named_after_subscriptions_and_folders_of_csv_are_read(scheduler: str, tmp_path: Path) -> None:
    down = pl.DataFrame(
        {"outage": [f"o{number}" for number in range(8)], "subscription": [f"shop-{number % 4}" for number in range(8)],
         "started": "2026-06-10T00:00:00Z", "ended": "2026-06-11T00:00:00Z", "detected": "2026-06-10T00:00:00Z"}
    ).sort("subscription")  # fmt: skip
    for form in ("parquet", "csv"):
        folder = shops(tmp_path / form)
        for (name,), rows in down.partition_by("subscription", as_dict=True, include_key=form == "csv").items():
            inside = folder / "outages" / (f"subscription={name}" if form == "parquet" else str(name))
            inside.mkdir(parents=True)
            getattr(rows, f"write_{form}")(inside / f"0.{form}")
        (folder / "outages" / "_SUCCESS").touch()
        of_shops(folder, tmp_path / f"out-{form}", scheduler)
    down.write_csv(shops(tmp_path / "whole") / "outages.csv")
    whole = assess(read_evidence(tmp_path / "whole"), PERIOD, AS_OF, ranges=False)
    assert_alike(tmp_path / "out-parquet", whole)
    assert_alike(tmp_path / "out-csv", whole)


BAD = (
    "outage,subscription,started,ended\n"
    "o1,shop-0,2026-06-10T00:00Z,2026-06-11T00:00Z\n\n"
    "o2,shop-1,2026-06-11T00:00Z,2026-06-10T00:00Z\n"
)


def test_a_part_with_bad_rows_is_named_and_stops_no_other(
    run: Run, scheduler: str, tmp_path: Path, in_parts: Callable[[int], None]
) -> None:
    folder = shops(tmp_path / "evidence", outages=BAD)
    in_parts(5)
    how = ("--period", PERIOD, "--as-of", AS_OF, "--no-ranges", "--scheduler", scheduler)
    done = run("assess", str(folder), *how, "--out", str(tmp_path / "out"))
    assert done.code == 3, done.err
    assert "outages.csv row 4 ended = 2026-06-10T00:00Z: ends before it starts" in " ".join(done.err.split())
    assert "3 subscriptions in 4 of 5 parts" in done.out
    assert set(read(tmp_path / "out", "ranges")["subscription"]) == {"shop-0", "shop-2", "shop-3"}
    assert str(tmp_path / "out") in done.out


def test_ids_of_two_parts_and_tickets_of_none_are_refused(
    scheduler: str, tmp_path: Path, in_parts: Callable[[int], None]
) -> None:
    opened = "2026-06-10T00:00Z"
    tickets = "ticket,subscription,opened\n" + "".join(f"t{n % 3},shop-{n},{opened}\n" for n in range(4))
    holds = f"ticket,started\nt0,{opened}\nt9,{opened}\n"
    in_parts(5)
    summary = of_shops(shops(tmp_path / "evidence", tickets=tickets, holds=holds), tmp_path / "out", scheduler)
    assert summary.problems == ["holds.csv row 3 ticket = t9: no such ticket; name one of the table tickets"]
    (failed,) = summary.with_status("failed")
    assert "tickets.csv row 5 ticket = t0: already used in row 2; give each row of tickets its own" in str(failed.error)
    assert not summary.is_good
    assert summary.subscriptions == 3


@pytest.mark.long
def test_an_interrupted_fleet_leaves_no_debris_and_goes_on(
    case: Case, whole: Review, scheduler: str, tmp_path: Path, in_parts: Callable[[int], None]
) -> None:
    folder, out = written(case.checked(), tmp_path / "evidence", 1000), tmp_path / "out"
    in_parts(4)

    def interrupt(step: str, done: int, _: int) -> None:
        if step == "assess" and done == 2:
            os.kill(os.getpid(), signal.SIGINT)

    first = of_case(case, folder, out, scheduler, progress=interrupt)
    assert first.interrupted_by == "SIGINT"
    done = first.with_status("done")
    assert len(done) == 2
    files = {path.name for path in (out / "claims").iterdir()}
    assert files == {part.file for part in done}
    assert {path.name for path in out.iterdir()} == {*TABLES, "summary.json"}
    (out / "ledger" / done[0].file).unlink()

    steps: list[tuple[str, int, int]] = []
    second = of_case(case, folder, out, scheduler, progress=lambda *step: steps.append(step))
    assert steps[-4:] == [("assess", done, 4) for done in (1, 2, 3, 4)]
    assert second.is_good
    assert second.interrupted_by is None
    assert_alike(out, whole)
    steps.clear()
    assert of_case(case, folder, out, scheduler, progress=lambda *step: steps.append(step)).is_good
    assert {step for step, *_ in steps} == {"survey"}  # all is there

    asked = refusal(lambda: of_case(case, folder, out, scheduler, strict=True))
    assert "holds the results of another evidence, question or version; name a new folder, or empty this one" in asked


@pytest.mark.long
def test_a_scheduler_that_goes_away_is_told_and_parts_that_are_done_stay(
    case: Case, scheduler: str, tmp_path: Path, in_parts: Callable[[int], None]
) -> None:
    import distributed

    folder, out = written(case.checked(), tmp_path / "evidence", 1000), tmp_path / "out"
    in_parts(4)
    ends = distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        protocol="tcp://",
        host="127.0.0.1",
    )

    def end(step: str, done: int, _: int) -> None:
        if step == "assess" and done == 2:
            ends.close()

    said = refusal(lambda: of_case(case, folder, out, ends.scheduler_address, progress=end))
    assert "the scheduler went away; start it again and give the same command: parts that are done stay" in said
    assert {path.name for path in out.iterdir()} == {*TABLES, "summary.json"}
    assert of_case(case, folder, out, scheduler).is_good


@pytest.mark.long
def test_what_a_lost_worker_did_is_done_again(
    case: Case, whole: Review, tmp_path: Path, in_parts: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    import distributed

    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    folder, out = written(case.checked(), tmp_path / "evidence", 1000), tmp_path / "out"
    in_parts(7)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster:

        def kill(step: str, done: int, _: int) -> None:
            if step == "assess" and done == 1:
                with distributed.Client(cluster.scheduler_address, set_as_default=False) as client:
                    os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

        summary = of_case(case, folder, out, cluster.scheduler_address, progress=kill)
    assert summary.is_good, summary
    assert_alike(out, whole)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"outages": "outage,subscription,started\n", "stray": ""}, "stray.csv: not a table, and not read"),
        ({"outages": "outage,subscription,began\n"}, "outages.csv row 1: no column started"),
        ({"outages": ""}, "outages.csv: an empty file"),
    ],
)
def test_what_no_part_could_read_is_refused_at_once(
    change: dict[str, str], said: str, scheduler: str, tmp_path: Path
) -> None:
    folder = shops(tmp_path / "evidence", **change)
    assert said in refusal(lambda: of_shops(folder, tmp_path / "out", scheduler))
    assert not (tmp_path / "out").exists()


def test_parts_written_in_two_ways_are_refused(scheduler: str, tmp_path: Path) -> None:
    folder = shops(tmp_path / "evidence")
    (folder / "outages").mkdir()
    rows = pl.DataFrame({"outage": ["o1"], "subscription": ["shop-1"], "started": ["2026-06-10T00:00:00Z"]})
    rows.write_parquet(folder / "outages" / "0.parquet")
    typed = rows.with_columns(pl.col("started").str.to_datetime(time_zone="UTC"), outage=pl.lit("o2"))
    typed.write_parquet(folder / "outages" / "1.parquet")
    said = refusal(lambda: of_shops(folder, tmp_path / "out", scheduler))
    assert "outages/1.parquet column started: holds Datetime(time_unit='us', time_zone='UTC'), and in " in said
    assert "outages/0.parquet String; write all files of a table in one way" in said


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"reading": {"windw": "quarter"}}, "reading = windw: no policy here asks this"),
        ({"time_zone": "Oslo"}, "time zone = Oslo: no such time zone"),
        ({"memory": "much"}, "memory = much: not an amount of memory; write it like 4GB"),
        ({"memory": "4MB"}, "memory = 4MB: too little for a worker; give 500MB or more"),
        ({"workers": 2}, "workers = 2: beside a scheduler, which has its own; give one of the two"),
        ({"scheduler": "tcp://127.0.0.1:9"}, "cannot be reached; look at its address, and start its workers"),
    ],
)
def test_wrong_arguments_are_refused(
    how: dict[str, Any], said: str, scheduler: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slakit.fleet.cluster.CONNECTED_WITHIN", 1)
    folder = shops(tmp_path / "evidence")
    asked = {"scheduler": scheduler, **how}
    assert said in refusal(lambda: of_shops(folder, tmp_path / "out", **asked))
    assert not (tmp_path / "out").exists()


def test_a_folder_of_something_else_is_left_alone(scheduler: str, tmp_path: Path) -> None:
    folder = shops(tmp_path / "evidence")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter.txt").touch()
    assert "is not empty, and holds no results of a fleet" in refusal(
        lambda: of_shops(folder, tmp_path / "out", scheduler)
    )
    assert "one file; name a folder" in refusal(lambda: of_shops(folder, tmp_path / "out.xlsx", scheduler))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["letter.txt"]


def test_without_dask_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask", None)
    said = refusal(lambda: assess_fleet(shops(tmp_path / "evidence"), tmp_path / "out", PERIOD, AS_OF, workers=1))
    assert "Dask: not installed; pip install 'slakit[fleet]'" in said
