"""Files that never end, unpack to gigabytes or are no files are refused at once, with one message."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from slakit.evidence import files, workbooks
from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_closing_days, read_evidence, write_table
from slakit.policy.files import find_policy, write_policy
from slakit.problems import InputError

SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def workbook(rows: str) -> bytes:
    """A workbook with one sheet of these rows."""
    made = io.BytesIO()
    pl.DataFrame({"subscription": ["a"]}).write_excel(made, worksheet="subscriptions")
    changed = io.BytesIO()
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            is_sheet = name == "xl/worksheets/sheet1.xml"
            after.writestr(name, SHEET.format(rows) if is_sheet else before.read(name))
    return changed.getvalue()


def refused(path: Path) -> str:
    with pytest.raises(InputError) as told:
        read_evidence(path)
    return str(told.value)


@pytest.mark.parametrize(
    "cells", ['<c r="XFD1048576"><v>1</v></c>', "<c><v>1</v></c>" * 16384], ids=["below_concurrency", "last"]
)
def test_a_cell_far_away_is_refused_before_room_is_made_for_all_cells_before_it(cells: str, tmp_path: Path) -> None:
    path = tmp_path / "evidence.xlsx"
    path.write_bytes(workbook(f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{cells}</row>'))
    assert "a sheet of 1,048,576 rows and 16,384 columns" in refused(path)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "evidence.xlsx"
    path.write_bytes(workbook(f"<!--{' ' * 100_000}-->"))
    assert path.stat().st_size < 50_000
    monkeypatch.setattr(workbooks, "LARGEST_UNPACKED", 50_000)
    assert "unpacks to gigabytes" in refused(path)


def test_a_part_longer_than_it_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evidence.xlsx"
    whole = workbook("<row/>" * 1000)
    size = len(SHEET.format("<row/>" * 1000)).to_bytes(4, "little")
    path.write_bytes(whole.replace(size, (10).to_bytes(4, "little")))
    assert "not an Excel workbook, or not a whole one" in refused(path)


@pytest.mark.parametrize("name", ["/dev/zero", "a pipe", "a folder", "nul\0name"])
def test_closing_days_are_read_from_a_file_alone(name: str, tmp_path: Path) -> None:
    path = Path(name) if name.startswith("/") else tmp_path / name
    if name == "a pipe":
        os.mkfifo(path)
    elif name == "a folder":
        path.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        read_closing_days(path)


def of_columns(**columns: pl.Series) -> str:
    """What is said of a subscription of which some columns are odd."""
    row = {"subscription": "a", "policy": "klikk", "monthly_fee": "9", "currency": "NOK", "starts": "2026-01-01T00:00Z"}
    with pytest.raises(InputError) as told:
        Evidence.of(pl.DataFrame([row]).with_columns(**columns), time_zone="UTC")
    return str(told.value)


@pytest.mark.parametrize(
    ("starts", "wrong"),
    [
        (pl.Series([2**62]).cast(pl.Datetime("ms", "UTC")), "before the year 1, or after 9999"),
        (pl.Series([-(2**62)]).cast(pl.Datetime("us")), "before the year 1, or after 9999"),
        (pl.Series([2**31 - 1], dtype=pl.Int32).cast(pl.Date), "not a time"),
        (pl.Series([2_932_897], dtype=pl.Int32).cast(pl.Date), "not a time"),
    ],
)
def test_times_beyond_all_calendars_are_refused(starts: pl.Series, wrong: str) -> None:
    assert f"subscriptions row 2 starts: {wrong}" in of_columns(starts=starts)
    assert "a column of" in of_columns(policy=starts)


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ([date(2026, 8, 1), "2026-08-01"], "date and str"),
        (["2026-08-01", date(2026, 8, 1)], "date and str"),
        ([10**40, 1], "int"),
        (["\ud800", "x"], "str"),
    ],
)
def test_rows_that_no_table_holds_are_refused_by_their_column(values: list[object], kinds: str) -> None:
    with pytest.raises(InputError) as told:
        Evidence.of([{"subscription": "a", "starts": value} for value in values])
    assert f"subscriptions starts: values that no column of a table holds together ({kinds})" in str(told.value)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_an_error_of_the_operating_system(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def onto_a_full_disk(_: Path) -> Iterator[Path]:
        yield Path("/dev/full")

    monkeypatch.setattr(files, "replacing", onto_a_full_disk)
    with pytest.raises(OSError, match="No space left on device"):
        write_table(pl.DataFrame({"a": [1] * 1000}), tmp_path / f"table.{suffix}")


def test_nothing_that_is_no_file_is_replaced_by_one(tmp_path: Path) -> None:
    """As root, a policy written to a device such as /dev/null would stand in the device's place for everybody."""
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()
    for place in (pipe, folder):
        with pytest.raises(InputError, match="cannot be written"):
            write_policy(find_policy("klikk"), place)
    assert pipe.is_fifo()
    assert set(tmp_path.iterdir()) == {pipe, folder}


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "mine.yaml", tmp_path / "link.yaml"
    link.symlink_to(target)
    write_policy(find_policy("klikk"), link)
    assert link.is_symlink()
    assert target.read_text("utf-8").startswith("format: 1")
