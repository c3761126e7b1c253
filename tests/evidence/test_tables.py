"""Laws of the checked tables: types, exactness, and that neither format nor order changes what is read."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import xlsxwriter
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from slakit.analysis.assess import assess
from slakit.analysis.review import TABLES as RESULTS
from slakit.evidence.evidence import Evidence, check_tables
from slakit.evidence.files import read_evidence, write_table
from slakit.evidence.tables import TABLES
from slakit.problems import InputError

SAMPLES = Path(__file__).parents[2] / "data_samples" / "evidence"
NOON = "2026-03-01T12:00:00Z"
SUBSCRIPTION = {
    "subscription": "fjord",
    "policy": "klikk",
    "monthly_fee": "90",
    "currency": "NOK",
    "starts": NOON,
}


def outage(**cells: object) -> pl.DataFrame:
    """Check evidence of one outage and return its table."""
    row = {"outage": "o-1", "subscription": "fjord", "started": NOON, **cells}
    return Evidence.of([SUBSCRIPTION], outages=[row]).outages


def same(one: Evidence, other: Evidence) -> None:
    """Assert that two pieces of evidence hold the same tables."""
    for name in TABLES:
        assert_frame_equal(getattr(one, name), getattr(other, name))


SAMPLED = [name for name in TABLES if (SAMPLES / f"{name}.csv").exists()]
"""Tables of which there is a sample."""


def as_text(folder: Path, name: str) -> pl.DataFrame:
    """Read a sample table as it is written."""
    return pl.read_csv(folder / f"{name}.csv", infer_schema=False)


@pytest.mark.long
def test_where_rows_come_from_changes_no_result() -> None:
    tables = {name: as_text(SAMPLES, name) for name in SAMPLED}
    told = {name: rows.with_columns(source=pl.lit("page"), source_id=pl.lit("1")) for name, rows in tables.items()}
    before, after = (assess(check_tables(each), "2026-08", "2026-10-05") for each in (tables, told))
    assert after.evidence.outages["source"].unique().to_list() == ["page"]
    for name in RESULTS:
        assert_frame_equal(getattr(before, name), getattr(after, name))


def test_checked_tables_have_the_columns_and_types_that_the_schema_declares() -> None:
    evidence = read_evidence(SAMPLES)
    for name, table in TABLES.items():
        assert getattr(evidence, name).schema == table.empty().schema


def test_tables_that_are_absent_are_empty() -> None:
    evidence = Evidence.of([SUBSCRIPTION])
    assert evidence.counts() == {"subscriptions": 1}
    assert_frame_equal(evidence.holds, TABLES["holds"].empty())


def test_optional_columns_that_are_absent_are_null_and_affected_is_one() -> None:
    row = outage().row(0, named=True)
    assert row["affected"] == Decimal(1)
    assert [row[name] for name in ("component", "ended", "detected", "cause")] == [None] * 4


WRITTEN_TIMES = {
    "2026-03-01T10:00:00Z": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "2026-03-01T10:00:00+01:00": datetime(2026, 3, 1, 9, tzinfo=UTC),
    "2026-03-01T10:00:00+0100": datetime(2026, 3, 1, 9, tzinfo=UTC),
    "2026-03-01T10:00:00-03:30": datetime(2026, 3, 1, 13, 30, tzinfo=UTC),
    "2026-03-01T00:30:00+01": datetime(2026, 2, 28, 23, 30, tzinfo=UTC),
    "2026-03-01 10:00:00Z": datetime(2026, 3, 1, 10, tzinfo=UTC),
    "2026-03-01T10:00Z": datetime(2026, 3, 1, 10, tzinfo=UTC),
    " 2026-03-01 10:00+02:00 ": datetime(2026, 3, 1, 8, tzinfo=UTC),
    "2026-03-01T10:00:00.5Z": datetime(2026, 3, 1, 10, 0, 0, 500_000, tzinfo=UTC),
    "2026-03-01T10:00:00.000001Z": datetime(2026, 3, 1, 10, 0, 0, 1, tzinfo=UTC),
    "2026-03-01T10:00:00.123456000+00:00": datetime(2026, 3, 1, 10, 0, 0, 123_456, tzinfo=UTC),
}


@pytest.mark.parametrize("written", WRITTEN_TIMES)
def test_times_are_read_as_iso_8601_writes_them(written: str) -> None:
    assert outage(started=written)["started"].to_list() == [WRITTEN_TIMES[written]]


@given(
    instant=st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
    minutes=st.integers(-14 * 60, 14 * 60),
)
@examples(6)
def test_an_offset_moves_a_time_by_itself(instant: datetime, minutes: int) -> None:
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    written = f"{instant.isoformat()}{sign}{hours:02}:{rest:02}"
    expected = instant.replace(tzinfo=UTC) - timedelta(minutes=minutes)
    assert outage(started=written)["started"].to_list() == [expected]


@pytest.mark.parametrize(
    "written", ["2026-03-28 02:30", "2026-03-29T03:00:00", "2026-10-25T03:00:00", datetime(2026, 7, 1, 8)]
)
def test_wall_times_are_placed_in_the_zone_that_the_reader_is_given(written: str | datetime) -> None:
    frames = {
        "subscriptions": pl.DataFrame([SUBSCRIPTION]),
        "outages": pl.DataFrame([{"outage": "o", "subscription": "fjord", "started": written}]),
    }
    wall = datetime.fromisoformat(written) if isinstance(written, str) else written
    evidence = check_tables(frames, time_zone="Europe/Oslo")
    assert evidence.outages["started"].to_list() == [wall.replace(tzinfo=ZoneInfo("Europe/Oslo"))]
    assert evidence.subscriptions["starts"].to_list() == [datetime(2026, 3, 1, 12, tzinfo=UTC)]  # has its own


def test_a_datetime_without_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="row 2 started = 2026-07-01T08:00:00: no offset from UTC"):
        outage(started=datetime(2026, 7, 1, 8))


def test_nanoseconds_are_read_where_they_are_whole_microseconds_and_refused_elsewhere() -> None:
    started = pl.Series([1_000, 1_001]).cast(pl.Datetime("ns", "UTC"))
    outages = pl.DataFrame({"outage": ["a", "b"], "subscription": "fjord", "started": started})
    assert Evidence.of([SUBSCRIPTION], outages=outages.head(1)).outages["started"].dt.timestamp("us")[0] == 1
    with pytest.raises(InputError, match=r"row 3 started = .*: more than 6 decimals of a second"):
        Evidence.of([SUBSCRIPTION], outages=outages)


LARGEST = "999999999999999.999999"
WRITTEN_FEES = {
    "0": "0",
    "1600": "1600",
    "+1600.50": "1600.5",
    "0.000001": "0.000001",
    "1.5000000000": "1.5",
    "5.": "5",
    "1e3": "1000",
    "2.5E-3": "0.0025",
    LARGEST: LARGEST,
}


@pytest.mark.parametrize("written", WRITTEN_FEES)
def test_fees_are_read_exactly(written: str) -> None:
    fee = Evidence.of([{**SUBSCRIPTION, "monthly_fee": written}]).subscriptions["monthly_fee"]
    assert fee.to_list() == [Decimal(WRITTEN_FEES[written])]


@given(st.decimals(0, 10**9, places=6))
@examples(6)
def test_any_fee_with_six_decimals_comes_back_as_it_went_in(fee: Decimal) -> None:
    assert Evidence.of([{**SUBSCRIPTION, "monthly_fee": str(fee)}]).subscriptions["monthly_fee"].item() == fee


@pytest.mark.parametrize("fee", [0.1, 1600.55, 1e-6, 1e14, 3, Decimal("0.70")])
def test_fees_of_typed_columns_are_the_numbers_that_they_print(fee: float | Decimal) -> None:
    given_fee = Evidence.of([{**SUBSCRIPTION, "monthly_fee": fee}]).subscriptions["monthly_fee"]
    assert given_fee.item() == Decimal(str(fee))


def test_component_fees_stay_as_they_are_written() -> None:
    written = json.dumps({"network": 6000, "hardware": 0.10})
    assert Evidence.of([{**SUBSCRIPTION, "component_fees": written}]).subscriptions["component_fees"].item() == written


def test_an_end_at_the_start_is_allowed() -> None:
    assert outage(ended=NOON).height == 1


def test_currencies_of_the_past_are_known() -> None:
    assert Evidence.of([{**SUBSCRIPTION, "currency": "HRK"}]).subscriptions["currency"].item() == "HRK"


def write_workbook(path: Path, folder: Path) -> None:
    """Write the sample tables as the sheets of a workbook: text, numbers, and notes beside them."""
    with xlsxwriter.Workbook(path) as workbook:
        for name in SAMPLED:
            table, sheet = as_text(folder, name), workbook.add_worksheet(name)
            for row, cells in enumerate([table.columns, *table.rows()]):
                for column, cell in enumerate(cells):
                    is_number = row and table.columns[column] in ("monthly_fee", "amount", "affected")
                    sheet.write(row, column, float(cell) if is_number and cell else cell)
        workbook.add_worksheet("Notes").write(0, 0, "anything")


def test_csv_parquet_and_excel_hold_the_same_evidence(tmp_path: Path) -> None:
    evidence = read_evidence(SAMPLES)
    for name in TABLES:
        for kind in ("csv", "parquet"):
            (tmp_path / kind).mkdir(exist_ok=True)
            write_table(getattr(evidence, name), tmp_path / kind / f"{name}.{kind}")
    write_workbook(tmp_path / "evidence.xlsx", SAMPLES)
    for source in ("csv", "parquet", "evidence.xlsx"):
        same(read_evidence(tmp_path / source), evidence)


def test_a_table_of_a_folder_may_be_a_workbook_with_one_sheet(tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text((SAMPLES / "subscriptions.csv").read_text())
    with xlsxwriter.Workbook(tmp_path / "holds.xlsx") as workbook:
        workbook.add_worksheet("Sheet1").write_row(0, 0, ["ticket", "started", "ended"])
    assert read_evidence(tmp_path).holds.height == 0


def excel_folder(folder: Path, cells: list[object]) -> Path:
    """Write a folder whose outages are a workbook with one row."""
    (folder / "subscriptions.csv").write_text((SAMPLES / "subscriptions.csv").read_text())
    with xlsxwriter.Workbook(folder / "outages.xlsx", {"default_date_format": "yyyy-mm-dd hh:mm"}) as workbook:
        sheet = workbook.add_worksheet("outages")
        sheet.write_row(2, 0, ["outage", "subscription", "started"])
        sheet.write_row(3, 0, cells)
    return folder


def test_excel_dates_are_wall_times_of_the_zone_given(tmp_path: Path) -> None:
    folder = excel_folder(tmp_path, [42, "fjord-iaas", datetime(2026, 7, 1, 8, 15, 30)])
    row = read_evidence(folder, time_zone="Europe/Oslo").outages.row(0, named=True)
    assert (row["outage"], row["started"]) == ("42", datetime(2026, 7, 1, 6, 15, 30, tzinfo=UTC))


def test_excel_dates_are_refused_without_a_zone(tmp_path: Path) -> None:
    folder = excel_folder(tmp_path, ["o-1", "fjord-iaas", datetime(2026, 7, 1)])
    with pytest.raises(InputError) as refused:
        read_evidence(folder)
    assert str(refused.value.problems[0]).startswith(
        "outages.xlsx outages row 4 started = 2026-07-01 00:00:00: no offset from UTC"
    )


def test_errors_of_excel_are_not_taken_for_empty_cells(tmp_path: Path) -> None:
    folder = excel_folder(tmp_path, ["o-1", "fjord-iaas", NOON])
    with xlsxwriter.Workbook(folder / "outages.xlsx") as workbook:
        sheet = workbook.add_worksheet("outages")
        sheet.write_row(0, 0, ["outage", "subscription", "started", "ended"])
        sheet.write_row(1, 0, ["o-1", "fjord-iaas", NOON])
        sheet.write_formula(1, 3, "=C2/0", None, "#DIV/0!")
    with pytest.raises(InputError) as refused:
        read_evidence(folder)
    assert [str(problem) for problem in refused.value.problems] == [
        "outages.xlsx outages row 2 column D = #DIV/0!: an error of Excel; mend the formula"
    ]


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("line_break", ["\n", "\r\n"])
def test_csv_of_any_dialect_reads_alike(tmp_path: Path, separator: str, mark: str, line_break: str) -> None:
    lines = [SUBSCRIPTION.keys(), SUBSCRIPTION.values()]
    text = mark + line_break.join(separator.join(line) for line in lines)
    (tmp_path / "subscriptions.csv").write_bytes(text.encode())
    same(read_evidence(tmp_path), Evidence.of([SUBSCRIPTION]))


def test_a_readme_hidden_files_and_policies_that_are_named_are_left_alone(tmp_path: Path) -> None:
    row = {**SUBSCRIPTION, "policy": "own.yaml"}
    pl.DataFrame([row, {**row, "subscription": "b", "policy": "policies/other.yml"}]).write_csv(
        tmp_path / "subscriptions.csv"
    )
    (tmp_path / "policies").mkdir()
    for name in ("README.md", "readme", ".DS_Store", "~$outages.xlsx", "Thumbs.db", "own.yaml", "policies/other.yml"):
        (tmp_path / name).write_bytes(b"\0")
    assert read_evidence(tmp_path).counts() == {"subscriptions": 2}


def test_tables_that_were_not_given_are_told_from_empty_ones(tmp_path: Path) -> None:
    assert Evidence.of([SUBSCRIPTION]).given == {"subscriptions"}
    assert Evidence.of([SUBSCRIPTION], outages=[]).given == {"subscriptions", "outages"}
    pl.DataFrame([SUBSCRIPTION]).write_csv(tmp_path / "subscriptions.csv")
    (tmp_path / "outages.csv").write_text("outage,subscription,started\n")
    evidence = read_evidence(tmp_path, subscription="fjord")
    assert evidence.given == {"subscriptions", "outages"}
    assert evidence.folder == tmp_path


def test_rows_keep_the_number_that_the_file_shows(tmp_path: Path) -> None:
    pl.DataFrame([SUBSCRIPTION, {**SUBSCRIPTION, "subscription": "b"}]).write_csv(tmp_path / "subscriptions.csv")
    (tmp_path / "outages.csv").write_text(
        f"outage,subscription,started\no-1,b,{NOON}\n,,\no-2,fjord,{NOON}\no-3,b,{NOON}\n"
    )
    evidence = read_evidence(tmp_path)
    assert evidence.row_numbers("outages").to_list() == [2, 4, 5]
    assert evidence.only("b").row_numbers("outages").to_list() == [2, 5]
    assert evidence.only("fjord").row_numbers("subscriptions").to_list() == [2]


def test_a_start_may_be_a_date_where_a_time_zone_is_named() -> None:
    held = {**SUBSCRIPTION, "starts": "2026-07-01"}
    evidence = Evidence.of([held], time_zone="Europe/Oslo")
    assert evidence.subscriptions["starts"].to_list() == [datetime(2026, 6, 30, 22, tzinfo=UTC)]
    typed = pl.DataFrame([{**SUBSCRIPTION, "starts": datetime(2026, 7, 1).date()}])
    assert Evidence.of(typed, time_zone="Europe/Oslo").subscriptions["starts"].equals(evidence.subscriptions["starts"])


@pytest.mark.parametrize(("column", "zone"), [("starts", None), ("ends", "Europe/Oslo")])
def test_a_date_is_refused_where_its_instant_is_not_clear(column: str, zone: str | None) -> None:
    with pytest.raises(InputError, match=f"row 2 {column} = 2026-07-01: a date without a time of day; write"):
        Evidence.of([{**SUBSCRIPTION, "starts": NOON, column: "2026-07-01"}], time_zone=zone)


HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd|'/C calc'!A0",
    "@SUM(1)",
    "+1+1",
    "-2+3",
    "../../etc/passwd",
    "\tx",
    'a"b,c;d\ne',
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_kept_as_text(tmp_path: Path, text: str) -> None:
    table = pl.DataFrame({"outage": ["o-1"], "subscription": ["fjord"], "started": [NOON], "cause": [text]})
    pl.DataFrame([SUBSCRIPTION]).write_csv(tmp_path / "subscriptions.csv")
    table.write_csv(tmp_path / "outages.csv")
    evidence = read_evidence(tmp_path)
    assert evidence.outages["cause"].to_list() == [text]
    write_table(evidence.outages, tmp_path / "out.parquet")
    assert pl.read_parquet(tmp_path / "out.parquet")["cause"].to_list() == [text]


@pytest.mark.parametrize("text", [text for text in HOSTILE if text[0] in "=+-@\t"])
def test_formulas_are_written_to_csv_behind_an_apostrophe(tmp_path: Path, text: str) -> None:
    write_table(pl.DataFrame({"cause": [text]}), tmp_path / "out.csv")
    assert pl.read_csv(tmp_path / "out.csv")["cause"].to_list() == [f"'{text}"]


def test_evidence_shows_its_source_as_text() -> None:
    evidence = check_tables({"subscriptions": pl.DataFrame([SUBSCRIPTION])}, source="<b>bold</b>")
    assert "&lt;b&gt;bold" in evidence._repr_html_()
    assert "<b>" not in evidence._repr_html_()


def test_csv_is_written_without_exponents_and_with_plain_times(tmp_path: Path) -> None:
    oslo = ZoneInfo("Europe/Oslo")
    table = pl.DataFrame(
        {
            "at": [
                datetime(2026, 8, 3, 12, 15, tzinfo=oslo),
                datetime(2026, 8, 3, 12, 15, 0, 7, tzinfo=oslo),
            ],
            "amount": pl.Series([Decimal("-0.000001"), None], dtype=pl.Decimal(38, 6)),
            "share": [1e-7, 1e20],
            "note": ["-5.00", "-5.00 =="],
            "n": [-1, 2],
        }
    )
    write_table(table, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == (
        "at,amount,share,note,n\n"
        "2026-08-03T10:15:00Z,-0.000001,0.0000001,-5.00,-1\n"
        "2026-08-03T10:15:00.000007Z,,100000000000000000000,'-5.00 ==,2\n"
    )


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    write_table(pl.DataFrame({"n": [1]}), path)
    with pytest.raises(pl.exceptions.PolarsError):
        write_table(pl.DataFrame({"n": [[1]]}), path)
    assert path.read_text() == "n\n1\n"
    assert [found.name for found in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    ("table", "name"),
    [(pl.DataFrame({"n": [1]}), "out.json"), (pl.DataFrame({"at": [datetime(2026, 1, 1)]}), "out.csv")],
)
def test_only_whole_tables_of_known_formats_are_written(tmp_path: Path, table: pl.DataFrame, name: str) -> None:
    with pytest.raises(ValueError, match=r"out\.json|times without a zone"):
        write_table(table, tmp_path / name)
    assert not list(tmp_path.iterdir())


@given(seed=st.integers(0, 2**32 - 1), order=st.permutations(range(20)))
@examples(5)
def test_the_order_of_rows_and_columns_changes_nothing_but_the_order(seed: int, order: list[int]) -> None:
    frames = {name: as_text(SAMPLES, name) for name in SAMPLED}
    shuffled = {
        name: frame.select(frame.columns[i] for i in order if i < frame.width).sample(
            fraction=1, shuffle=True, seed=seed
        )
        for name, frame in frames.items()
    }
    one, other = check_tables(frames), check_tables(shuffled)
    for name, table in TABLES.items():
        keys = [column.name for column in table.columns]
        assert_frame_equal(getattr(one, name).sort(keys), getattr(other, name).sort(keys))


def test_a_broken_parquet_file_is_always_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "subscriptions.csv").write_text((SAMPLES / "subscriptions.csv").read_text())
    path = tmp_path / "outages.parquet"
    write_table(as_text(SAMPLES, "outages"), path)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="not a Parquet file, or not a whole one"):
            read_evidence(tmp_path)


FORK = """
import os, sys
from slakit.evidence.files import read_evidence
child = os.fork()
if child == 0:
    print(read_evidence(sys.argv[1]), flush=True)
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_forked_after_the_import_can_read_evidence() -> None:
    """Polars hangs in a child if the parent has run any of it: importing must not."""
    command = [sys.executable, "-c", FORK, str(SAMPLES)]
    child = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert child.stdout.startswith(f"Evidence({SAMPLES}: 7 subscriptions, 81 outages")


def test_one_subscription_can_be_read_alone() -> None:
    alone = read_evidence(SAMPLES, subscription="nordlys-web")
    same(alone, read_evidence(SAMPLES).only("nordlys-web"))
    assert alone.subscriptions["subscription"].to_list() == ["nordlys-web"]
    same(read_evidence(SAMPLES, subscription=""), read_evidence(SAMPLES))
    with pytest.raises(InputError, match="did you mean nordlys-web"):
        read_evidence(SAMPLES, subscription="nordlys")
