"""Files of a tool into a folder of evidence: what is kept, replaced, refused, and what is never half done."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import small_reader
import xlsxwriter
from polars.testing import assert_frame_equal
from small_reader import SHOP, lines, small, small_mapping

from slakit import _atomic
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence
from slakit.evidence.sources import importing
from slakit.evidence.sources.importing import draft_mapping, import_evidence
from slakit.evidence.sources.merging import new_tables
from slakit.evidence.sources.reader import Found
from slakit.evidence.sources.receipt import LeftOut, read_receipts
from slakit.problems import InputError

__all__ = ["small"]  # a fixture
pytestmark = pytest.mark.usefixtures("small")

A1 = "1,1,a,2026-03-01T10:00,2026-03-01T11:00"
A2 = "2,1,a,2026-03-02T10:00,2026-03-02T11:00"
B3 = "3,1,b,2026-03-03T10:00,"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(*args: Any, **keys: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        import_evidence(*args, **keys)
    return [str(problem) for problem in caught.value.problems]


def outages(folder: Path) -> list[tuple[Any, ...]]:
    frame = read_evidence(folder).outages
    return frame.select("outage", "subscription", "component", "started", "ended", "source", "source_id").rows()


def test_rows_carry_where_they_come_from(tmp_path: Path) -> None:
    receipt = import_evidence(lines(tmp_path, A1, B3), tmp_path / "e", small_mapping())
    assert (tmp_path / "e" / "outages.csv").read_text() == (
        "outage,subscription,component,started,ended,source,source_id\n"
        "small/1,shop,network,2026-03-01T09:00:00Z,2026-03-01T10:00:00Z,small,1\n"
        "small/3,shop,,2026-03-03T09:00:00Z,,small,3\n"
    )
    assert (tmp_path / "e" / "coverage.csv").read_text() == (
        "subscription,component,started,ended,source\nshop,network,2026-03-01T09:00:00Z,2026-03-01T10:00:00Z,small\n"
    )
    assert (tmp_path / "e" / "subscriptions.csv").read_text() == (
        "subscription,policy,tier,monthly_fee,currency,starts\nshop,klikk,gold,90,NOK,2026-01-01T00:00:00Z\n"
    )
    assert repr(receipt) == (
        "ImportReceipt(small: 2 records of lines.csv; rows: 2 in outages, 1 in coverage; "
        "covers 2026-03-01T09:00:00Z to 2026-03-01T10:00:00Z; subscriptions: 1 added; "
        "outages: 2 added; coverage: 1 added)"
    )
    assert read_receipts(tmp_path / "e") == {"small": receipt}


def test_the_same_bytes_change_nothing(tmp_path: Path) -> None:
    file = lines(tmp_path, A1, B3)
    import_evidence(file, tmp_path / "e", small_mapping())
    before = contents(tmp_path / "e")
    receipt = import_evidence(file, tmp_path / "e", small_mapping())
    assert receipt.changes == {}
    assert contents(tmp_path / "e") == before


def test_halves_in_any_order_give_what_the_whole_gives(tmp_path: Path) -> None:
    whole = lines(tmp_path, A1, A2, B3)
    halves = [lines(tmp_path, B3, A2, name="one.csv"), lines(tmp_path, A2, A1, name="other.csv")]
    import_evidence(whole, tmp_path / "whole", small_mapping())
    import_evidence(halves, tmp_path / "both", small_mapping())
    for half in halves:
        import_evidence(half, tmp_path / "halves", small_mapping())
    tables = [name for name in contents(tmp_path / "whole") if name.endswith(".csv")]
    assert len(tables) == 3
    for name in tables:
        for other in ("both", "halves"):
            assert (tmp_path / other / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_later_version_replaces_its_rows_and_is_named_an_older_one_is_not_taken(tmp_path: Path) -> None:
    import_evidence(lines(tmp_path, A1, B3), tmp_path / "e", small_mapping())
    later = lines(tmp_path, "3,2,b,2026-03-03T10:00,2026-03-03T12:00", name="later.csv")
    receipt = import_evidence(later, tmp_path / "e", small_mapping())
    assert receipt.changes["outages"].changed == ["small/3"]
    assert json.loads((tmp_path / "e" / "imported.json").read_text())["sources"]["small"]["changes"]["outages"] == {
        "added": 0, "changed": ["small/3"], "removed": [],
    }  # fmt: skip
    before = contents(tmp_path / "e")
    older = import_evidence(lines(tmp_path, B3, name="older.csv"), tmp_path / "e", small_mapping())
    assert older.changes == {}
    after = contents(tmp_path / "e")
    assert {name for name in after if after[name] != before[name]} == {"imported.json"}  # which names the file


def test_what_is_short_by_another_mapping_is_left_out_and_told(tmp_path: Path) -> None:
    file = lines(tmp_path, A1, B3)
    import_evidence(file, tmp_path / "e", small_mapping())
    receipt = import_evidence(file, tmp_path / "e", small_mapping(shortest=2))
    assert receipt.changes["outages"].removed == ["small/1"]
    assert receipt.left_out == [LeftOut("shorter than what counts", 1, ["1"])]


def test_rows_of_others_stay_and_come_first_if_written_by_hand(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    folder.mkdir()
    (folder / "subscriptions.csv").write_text(
        "subscription;policy;monthly_fee;currency;starts\nshop;klikk;9;NOK;2025-01-01T00:00Z\n"
    )
    (folder / "outages.csv").write_text(
        "outage,subscription,started,ended,reported\nmine,shop,2026-01-01T10:00+01:00,,2026-01-01T10:05+01:00\n"
    )
    given = (folder / "subscriptions.csv").read_bytes()
    import_evidence(lines(tmp_path, A1), folder, small_mapping(source="page-b"))
    import_evidence(lines(tmp_path, A2), folder, small_mapping(source="page-a"))
    import_evidence(lines(tmp_path, A1), folder, small_mapping(source="page-b"))
    assert [row[0] for row in outages(folder)] == ["mine", "page-a/2", "page-b/1"]
    assert "2026-01-01T10:05+01:00" in (folder / "outages.csv").read_text()
    assert (folder / "subscriptions.csv").read_bytes() == given
    assert [*read_receipts(folder)] == ["page-a", "page-b"]


def test_one_item_may_be_several_things(tmp_path: Path) -> None:
    several = [{"subscription": "shop", "component": "network"}, {"subscription": "shop"}, {"subscription": "web"}]
    mapping = small_mapping(items={"a": several}, subscriptions={"shop": SHOP, "web": SHOP})
    import_evidence(lines(tmp_path, A1), tmp_path / "e", mapping)
    assert [row[:3] for row in outages(tmp_path / "e")] == [
        ("small/shop/all/1", "shop", None),
        ("small/shop/network/1", "shop", "network"),
        ("small/web/1", "web", None),
    ]


def test_items_that_are_not_named_are_refused_all_at_once_or_listed(tmp_path: Path) -> None:
    file = lines(tmp_path, A1, A2, B3, "4,1,c,2026-03-03T10:00,2026-03-03T12:00")
    mapping = small_mapping(items={"b": "ignore"})
    remedy = "add it with its subscription, or with ignore, or write unmapped: list"
    assert refused(file, tmp_path / "e", mapping) == [
        f"mapping items = a: not named, and has 3 rows; {remedy}",
        f"mapping items = c: not named, and has 2 rows; {remedy}",
    ]
    assert not (tmp_path / "e").exists()
    receipt = import_evidence(file, tmp_path / "e", {**mapping, "unmapped": "list"})
    assert [(each.reason, each.count) for each in receipt.left_out] == [
        ("the mapping does not name a", 2), ("the mapping does not name c", 1), ("the mapping ignores b", 1),
    ]  # fmt: skip
    assert read_evidence(tmp_path / "e").given == {"subscriptions"}  # nothing says that there was no outage


def test_covered_times_of_the_mapping_are_rows_of_all_that_it_names(tmp_path: Path) -> None:
    covered = [{"started": "2026-03-01T00:00", "ended": "2026-04-01T00:00"}]
    import_evidence(lines(tmp_path, B3), tmp_path / "e", small_mapping(covered=covered))
    rows = read_evidence(tmp_path / "e").coverage.select("subscription", "component", "started").rows()
    assert [row[:2] for row in rows] == [("shop", None), ("shop", "network")]
    assert {f"{row[2]:%d %H:%M}" for row in rows} == {"28 23:00"}


def test_records_read_in_another_zone_are_not_mixed(tmp_path: Path) -> None:
    import_evidence(lines(tmp_path, A1), tmp_path / "e", small_mapping())
    told = refused(lines(tmp_path, A2), tmp_path / "e", small_mapping(time_zone="UTC"))
    assert told == [
        "mapping time_zone = UTC: 1 records of small were read with another one (Europe/Oslo); import all files of the "
        "source again with --replace (replace=True in Python)"
    ]
    import_evidence(lines(tmp_path, A1, A2), tmp_path / "e", small_mapping(time_zone="UTC"))
    assert [f"{row[3]:%H}" for row in outages(tmp_path / "e")] == ["10", "10"]
    import_evidence(lines(tmp_path, A2), tmp_path / "e", small_mapping(), replace=True)
    assert [f"{row[0]} {row[3]:%H}" for row in outages(tmp_path / "e")] == ["small/2 09"]


@pytest.mark.parametrize(("keys", "told"), [
    ({"shortest": "CHANGE-ME"}, "mapping shortest = CHANGE-ME: a placeholder that is not filled in"),
    ({"shortst": 1}, "mapping shortst: not a term of this format; did you mean shortest?"),
    ({"reader": "smal"}, "mapping reader = smal: no such reader; did you mean small?"),
    ({"time_zone": "Europe/Olso"}, "mapping time_zone = Europe/Olso: no such time zone"),
    ({"items": {"a": {"subscription": "shp"}, "b": "ignore"}},
     "mapping items.a = shp: no such subscription in the evidence; did you mean shop?"),
    ({"subscriptions": {"shop": {**SHOP, "monthly_fee": "9,5"}}},
     "mapping subscriptions.shop.monthly_fee = 9,5: not a number"),
    ({"covered": [{"started": "March", "ended": "2026-04-01"}]},
     "mapping covered[0].started = March: not a time"),
])  # fmt: skip
def test_a_mapping_is_refused_with(tmp_path: Path, keys: dict[str, Any], told: str) -> None:
    assert any(told in problem for problem in refused(lines(tmp_path, A1), tmp_path / "e", small_mapping(**keys)))


def test_what_a_file_says_is_checked_as_any_evidence(tmp_path: Path) -> None:
    file = lines(tmp_path, "1,1,a,2026-03-01T11:00,2026-03-01T10:00")
    assert refused(file, tmp_path / "e", small_mapping(shortest=-10))[0].startswith("small 1 ended")


def test_an_interrupt_leaves_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_evidence(lines(tmp_path, A1), tmp_path / "e", small_mapping())
    before = contents(tmp_path / "e")
    put = Path.replace
    for last in range(1, 5):
        done: list[Path] = []

        def interrupted(path: Path, target: Path, done: list[Path] = done, last: int = last) -> Path:
            done.append(path)
            if len(done) == last:
                raise KeyboardInterrupt
            return put(path, target)

        monkeypatch.setattr(_atomic.Path, "replace", interrupted)
        with pytest.raises(KeyboardInterrupt):
            import_evidence(lines(tmp_path, A1, A2, B3), tmp_path / "e", small_mapping())
        monkeypatch.setattr(_atomic.Path, "replace", put)
        assert contents(tmp_path / "e") == before


def test_a_folder_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    file = lines(tmp_path, A1)
    monkeypatch.setattr(_atomic.Path, "write_bytes", full)
    assert "No space left" in refused(file, tmp_path / "e" / "f", small_mapping())[0]
    assert not (tmp_path / "e").exists()


def test_imports_at_the_same_time_wait_for_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(*given: Any) -> Any:
        time.sleep(0.05)  # between what was read of the folder and what is written
        return new_tables(*given)

    monkeypatch.setattr(importing, "new_tables", slowly)
    file, folder = lines(tmp_path, A1), tmp_path / "e"
    names = [f"source{number}" for number in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: import_evidence(file, folder, small_mapping(source=name)), names))
    assert list(read_receipts(folder)) == names
    assert read_evidence(folder).outages["source"].to_list() == names


@pytest.mark.parametrize("key", ["read_with", "inputs", "records", "changes", "mapping"])
def test_an_edited_receipt_is_refused(tmp_path: Path, key: str) -> None:
    import_evidence(lines(tmp_path, A1), tmp_path / "e", small_mapping())
    path = tmp_path / "e" / "imported.json"
    written = json.loads(path.read_text())
    written["sources"]["small"][key] = None
    path.write_text(json.dumps(written))
    assert "not a receipt of slakit import" in refused(lines(tmp_path, A1), tmp_path / "e", small_mapping())[0]


def test_records_that_are_none_of_a_source_are_refused(tmp_path: Path) -> None:
    import_evidence(lines(tmp_path, A1), tmp_path / "e", small_mapping())
    kept = tmp_path / "e" / ".imported" / "small.parquet"
    for wrong in (pl.DataFrame({"other": [1]}), pl.DataFrame({"source_id": ["a", "a"]})):
        wrong.write_parquet(kept)
        assert "cannot be read" in refused(lines(tmp_path, A1), tmp_path / "e", small_mapping())[0]


def test_a_file_of_another_reader_is_told(tmp_path: Path) -> None:
    keys = {"format": 1, "reader": "statuspage", "by": "component_states", "counts": {"major_outage": 1}}
    told = refused(Path(__file__).parent / "files" / "pingdom.json", tmp_path / "e", keys)
    assert any("recognised by pingdom" in problem and "is for statuspage" in problem for problem in told)
    (tmp_path / "half.json").write_text('{"incidents": [{"id": "\\ud83d"}]}')
    assert "half of a character" in refused(tmp_path / "half.json", tmp_path / "e", keys)[0]


def test_a_draft_asks_for_what_must_be_decided(tmp_path: Path) -> None:
    reader, text = draft_mapping(lines(tmp_path, A1, A2, B3))
    assert reader == "small"
    (tmp_path / "m.yaml").write_text(text)
    told = refused(lines(tmp_path, A1), tmp_path / "e", tmp_path / "m.yaml")
    assert len(told) == text.count("CHANGE-ME") - 2  # one is in a remark, one key and its text are one
    filled = text.replace("component: CHANGE-ME", "component: network").replace(
        "time_zone: CHANGE-ME", "time_zone: UTC"
    )
    filled = filled.replace("shortest: CHANGE-ME", "shortest: 0").replace("policy: CHANGE-ME", "policy: klikk")
    filled = filled.replace("monthly_fee: CHANGE-ME", "monthly_fee: 9").replace("currency: CHANGE-ME", "currency: NOK")
    filled = filled.replace("starts: CHANGE-ME", "starts: 2026-01-01").replace("CHANGE-ME", "shop")
    (tmp_path / "m.yaml").write_text(filled)
    import_evidence(lines(tmp_path, A1, A2, B3), tmp_path / "e", tmp_path / "m.yaml")
    assert len(outages(tmp_path / "e")) == 3


def test_a_strangers_reader_that_fails_is_listed_and_stops_nobody(tmp_path: Path, small: list[EntryPoint]) -> None:
    small += [EntryPoint("other", "no_such_module:READER", "slakit.readers"),
              EntryPoint("wrong", "small_reader:HEADER", "slakit.readers")]  # fmt: skip
    assert draft_mapping(lines(tmp_path, A1)).reader == "small"
    (tmp_path / "x").write_text("something else")
    with pytest.raises(InputError) as caught:
        draft_mapping(tmp_path / "x")
    told = str(caught.value)
    assert "recognised by none of the readers" in told
    assert "reader other: cannot be loaded from no_such_module:READER (ModuleNotFoundError" in told
    assert "reader wrong: small_reader:HEADER is not a reader of this name" in told


@pytest.mark.parametrize(("content", "told"), [
    (b'{"archive": [{"service_name": "x", "summary": "y", "date": "1"}]}', "the public archive of AWS"),
    (b"<rss><title>Azure Status</title></rss>", "the status history of Azure"),
    (b"HOST_NAME,TIME_UP_SCHEDULED\nweb,1\n", "sums of seconds"),
    (b"\x1f\x8b123", "packed with gzip; unpack it first"),
    (b'{"incidents": [{"id": 1', "it begins as JSON, and is not JSON .* at row 1, character"),
])  # fmt: skip
def test_files_that_are_no_evidence_are_refused_with_the_reason(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(InputError, match=told):
        draft_mapping(tmp_path / "x")


def test_an_evidence_of_imported_rows_is_one_in_memory_and_in_excel_too(tmp_path: Path) -> None:
    import_evidence(lines(tmp_path, A1, B3), tmp_path / "e", small_mapping())
    read = read_evidence(tmp_path / "e")
    frames = {name: pl.read_csv(tmp_path / "e" / f"{name}.csv") for name in ("subscriptions", "outages", "coverage")}
    with xlsxwriter.Workbook(tmp_path / "e.xlsx") as book:
        for name, frame in frames.items():
            frame.write_excel(book, name)
    assert_frame_equal(read_evidence(tmp_path / "e.xlsx").outages, read.outages)
    assert_frame_equal(Evidence.of(**frames).outages, read.outages)


@pytest.mark.parametrize(("broken", "told"), [
    ({"records": lambda *_: pl.DataFrame({"source_id": ["1", "1"]})}, "source_id is not the text of one record each"),
    ({"records": lambda *_: {}["x"]}, "the reader failed (records: KeyError: 'x')"),
    ({"find": lambda *_: Found({"outage": pl.DataFrame({"item": ["a"]})})}, "the reader failed (rows: KeyError"),
])  # fmt: skip
def test_a_reader_that_breaks_its_word_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: dict[str, Any], told: str
) -> None:
    monkeypatch.setattr(small_reader, "READER", replace(small_reader.READER, **broken))
    assert told in refused(lines(tmp_path, A1), tmp_path / "e", small_mapping())[0]
