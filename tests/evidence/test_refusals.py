"""What is refused, and in which words. Each case: a file, and all that is said about it."""

from pathlib import Path

import polars as pl
import pytest

from slakit.evidence.evidence import Evidence, check_tables
from slakit.evidence.files import read_evidence
from slakit.problems import InputError

SUBSCRIPTIONS = "subscription,policy,monthly_fee,currency,starts\nfjord,klikk,90,NOK,2026-01-01T00:00:00Z\n"
NOON = "2026-03-01T12:00:00Z"
KNOWN_OUTAGE_COLUMNS = (
    "subscription, component, started, ended, detected, reported, diagnosed, cause, affected, lower_started, "
    "lower_ended and 2 more"
)


def refusal(folder: Path, time_zone: str | None = None, **files: str | bytes) -> list[str]:
    """Write files, read them, and return the problems without the line that counts them."""
    written = {"subscriptions__csv": SUBSCRIPTIONS, **files}
    for name, content in written.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(InputError) as refused:
        read_evidence(folder, time_zone=time_zone)
    assert str(refused.value).splitlines()[0].startswith(f"{folder}: {len(refused.value.problems)} problem")
    return [str(problem) for problem in refused.value.problems]


RAGGED = "give every column a value, or nothing between two separators"

OUTAGES = {
    "an end before its start": (
        "outage,subscription,started,ended\no-1,fjord,2026-03-01T10:00:00Z,2026-03-01T09:00:00Z\n",
        "outages.csv row 2 ended = 2026-03-01T09:00:00Z: ends before it starts (2026-03-01T10:00:00Z); "
        "give an end at or after the start",
    ),
    "an id given twice": (
        f"outage,subscription,started\no-1,fjord,{NOON}\no-2,fjord,{NOON}\no-1,fjord,{NOON}\n",
        "outages.csv row 4 outage = o-1: already used in row 2; give each row of outages its own",
    ),
    "a subscription that nobody has": (
        f"outage,subscription,started\no-1,fjrod,{NOON}\n",
        "outages.csv row 2 subscription = fjrod: no such subscription; did you mean fjord? there are fjord",
    ),
    "a required column that is missing, under a misspelled name": (
        f"outage,subscription,strated\no-1,fjord,{NOON}\n",
        "outages.csv row 1: no column started; add it",
        "outages.csv row 1 = strated: not a column of outages; did you mean started? there are outage, "
        f"{KNOWN_OUTAGE_COLUMNS}",
    ),
    "a required value that is empty or blank": (
        f"outage,subscription,started\no-1,fjord,\n  ,fjord,{NOON}\n",
        "outages.csv row 3 outage: empty; give a name",
        "outages.csv row 2 started: empty; give a time such as 2026-03-01T10:00:00Z",
    ),
    "a time without an offset": (
        "outage,subscription,started\no-1,fjord,2026-03-01 10:00:00\n",
        "outages.csv row 2 started = 2026-03-01 10:00:00: no offset from UTC; "
        "add Z or an offset such as +01:00, or read with a time zone for times without one",
    ),
    "a date without a time": (
        "outage,subscription,started\no-1,fjord,2026-03-01\n",
        "outages.csv row 2 started = 2026-03-01: a date without a time of day; "
        "write it like 2026-03-01T10:00:00Z or 2026-03-01T10:00:00+01:00",
    ),
    "a time in another notation": (
        "outage,subscription,started\no-1,fjord,1.3.2026 10:00\n",
        "outages.csv row 2 started = 1.3.2026 10:00: not a time; "
        "write it like 2026-03-01T10:00:00Z or 2026-03-01T10:00:00+01:00",
    ),
    "a day and an hour that do not exist": (
        "outage,subscription,started,ended\no-1,fjord,2026-02-30T10:00:00Z,2026-02-28T24:00:00+01:00\n",
        "outages.csv row 2 started = 2026-02-30T10:00:00Z: this time does not exist; correct the day or the hour",
        "outages.csv row 2 ended = 2026-02-28T24:00:00+01:00: this time does not exist; correct the day or the hour",
    ),
    "more than six decimals of a second": (
        "outage,subscription,started\no-1,fjord,2026-03-01T10:00:00.1234567Z\n",
        "outages.csv row 2 started = 2026-03-01T10:00:00.1234567Z: more than 6 decimals of a second; "
        "round it to microseconds",
    ),
    "a share outside 0 to 1": (
        f"outage,subscription,started,affected\no-1,fjord,{NOON},1.01\no-2,fjord,{NOON},-0.1\n",
        "outages.csv row 2 affected = 1.01: not between 0 and 1; give a share such as 0.25",
        "outages.csv row 3 affected = -0.1: not between 0 and 1; give a share such as 0.25",
    ),
    "a share with too many decimals": (
        f"outage,subscription,started,affected\no-1,fjord,{NOON},0.3333333\n",
        "outages.csv row 2 affected = 0.3333333: more than 6 decimals; round it to 6",
    ),
    "space around a name": (
        f"outage,subscription,started\no-1,fjord ,{NOON}\n",
        "outages.csv row 2 subscription = fjord: space before or after the name; remove it",
    ),
    "a row with too few values": (
        f"outage,subscription,started,ended\no-1,fjord,{NOON}\n",
        f"outages.csv row 2: 3 values under 4 columns; {RAGGED}",
    ),
    "rows with too many values": (
        f"outage,subscription,started\no-1,fjord,{NOON}\no-2,fjord,{NOON},x\n",
        f"outages.csv row 3: 4 values under 3 columns; {RAGGED}",
    ),
    "quotes that do not match": (
        f'outage,subscription,started\no-1,fjord,"{NOON}\n',
        "outages.csv row 2: quotes that do not match; "
        "put a value with quotes, separators or line breaks in quotes, and double the quotes in it",
    ),
    "a quote that polars alone would drop": (
        f'outage,subscription,started,cause\no-1,fjord,{NOON},"{{""a"": 1, ;"b"": 2}}"\n',
        "outages.csv row 2: quotes that do not match; "
        "put a value with quotes, separators or line breaks in quotes, and double the quotes in it",
    ),
    "two columns of one name": (
        "outage,subscription,started,started\n",
        "outages.csv row 1 = started: two columns of this name; keep one",
    ),
    "an empty file": ("", "outages.csv: an empty file; write a header at least, or take the file away"),
    "a NUL byte": (
        "outage,subscription,started\no-\0,fjord,x\n",
        "outages.csv row 2: a NUL byte: this is not text; save it as CSV UTF-8",
    ),
    "Latin-1": (
        "outage,subscription,started\nå,fjord,x\n".encode("latin-1"),
        "outages.csv row 2 = byte 0xe5: not UTF-8; save it as CSV UTF-8",
    ),
    "UTF-16": (
        "outage,subscription".encode("utf-16"),
        "outages.csv: UTF-16, not UTF-8; save it as CSV UTF-8",
    ),
    "line breaks of old Macs": (b"outage\rx", "outages.csv: rows that end in CR alone; save it as CSV UTF-8"),
}


@pytest.mark.parametrize("case", OUTAGES)
def test_outages_are_refused_with(tmp_path: Path, case: str) -> None:
    content, *told = OUTAGES[case]
    assert refusal(tmp_path, outages__csv=content) == told


HEADER = "subscription,policy,monthly_fee,currency,starts,ends,billing_day,component_fees\n"
WRITE_NUMBER = "write a number such as 1600.50, with a point before the decimals and nothing between thousands"
FEES = 'write them as {"hardware": 900.50}'
SUBSCRIPTION_ROWS = {
    "a negative fee": (f"a,p,-1,NOK,{NOON},,,", "monthly_fee = -1: negative; give 0 or more"),
    "a decimal comma": (
        f'a,p,"1600,50",NOK,{NOON},,,',
        f"monthly_fee = 1600,50: not a number; {WRITE_NUMBER}",
    ),
    "a fee in words": (f"a,p,NaN,NOK,{NOON},,,", f"monthly_fee = NaN: not a number; {WRITE_NUMBER}"),
    "a fee of a ten-millionth": (
        f"a,p,1e-7,NOK,{NOON},,,",
        "monthly_fee = 1e-7: more than 6 decimals; round it to 6",
    ),
    "a fee beyond all money": (
        f"a,p,1e40,NOK,{NOON},,,",
        "monthly_fee = 1e40: a quadrillion or more; give a smaller number",
    ),
    "a currency in small letters": (
        f"a,p,1,nok,{NOON},,,",
        "currency = nok: not a currency of ISO 4217; write NOK",
    ),
    "a currency by its sign": (
        f"a,p,1,€,{NOON},,,",
        "currency = €: not a currency of ISO 4217; write its three capitals, such as EUR",
    ),
    "a subscription that ends before it starts": (
        f"a,p,1,NOK,{NOON},2026-02-01T00:00:00Z,,",
        f"ends = 2026-02-01T00:00:00Z: ends before it starts ({NOON}); give an end at or after the start",
    ),
    "a billing day that February lacks": (
        f"a,p,1,NOK,{NOON},,29,",
        "billing_day = 29: not between 1 and 28; give a whole number from 1 to 28",
    ),
    "half a billing day": (
        f"a,p,1,NOK,{NOON},,1.5,",
        "billing_day = 1.5: not a whole number; give a whole number from 1 to 28",
    ),
    "fees that are not JSON": (
        f"a,p,1,NOK,{NOON},,,hardware",
        f"component_fees = hardware: not JSON; {FEES}",
    ),
    "fees in a list": (f"a,p,1,NOK,{NOON},,,[1]", f"component_fees = [1]: not a JSON object; {FEES}"),
    "a negative component fee": (
        f'a,p,1,NOK,{NOON},,,"{{""hardware"": -1}}"',
        'component_fees = {"hardware": -1}: the fee of hardware is not a number of 0 or more with at most '
        f"6 decimals; {FEES}",
    ),
    "a component fee that is no number": (
        f'a,p,1,NOK,{NOON},,,"{{""hardware"": NaN}}"',
        'component_fees = {"hardware": NaN}: the fee of hardware is not a number of 0 or more with at most '
        f"6 decimals; {FEES}",
    ),
    "a component named twice": (
        f'a,p,1,NOK,{NOON},,,"{{""a"": 1, ""a"": 2}}"',
        f'component_fees = {{"a": 1, "a": 2}}: a component named twice; {FEES}',
    ),
}


@pytest.mark.parametrize("case", SUBSCRIPTION_ROWS)
def test_a_subscription_is_refused_with(tmp_path: Path, case: str) -> None:
    row, told = SUBSCRIPTION_ROWS[case]
    assert refusal(tmp_path, subscriptions__csv=f"{HEADER}{row}\n") == [f"subscriptions.csv row 2 {told}"]


OTHER_TABLES = {
    "maintenance of an unknown kind": (
        "maintenance.csv",
        f"maintenance,subscription,started,ended,kind\nm-1,fjord,{NOON},{NOON},schedulled\n",
        "maintenance.csv row 2 kind = schedulled: no such kind; did you mean scheduled? there are scheduled, emergency",
    ),
    "maintenance without an end": (
        "maintenance.csv",
        f"maintenance,subscription,started,ended,kind\nm-1,fjord,{NOON},,emergency\n",
        "maintenance.csv row 2 ended: empty; give a time such as 2026-03-01T10:00:00Z",
    ),
    "a hold of a ticket that nobody opened": (
        "holds.csv",
        f"ticket,started\nT-1,{NOON}\n",
        "holds.csv row 2 ticket = T-1: no such ticket; there are none",
    ),
    "a ticket resolved before it was opened": (
        "tickets.csv",
        f"ticket,subscription,opened,resolved\nT-1,fjord,{NOON},2026-03-01T11:59:59Z\n",
        f"tickets.csv row 2 resolved = 2026-03-01T11:59:59Z: before it was opened ({NOON}); "
        "give a time at or after opened",
    ),
    "a claim of a negative amount": (
        "claims_made.csv",
        f"subscription,remedy,window_start,claimed,amount\nfjord,iaas,{NOON},{NOON},-0.01\n",
        "claims_made.csv row 2 amount = -0.01: negative; give 0 or more",
    ),
    "a claim without a day": (
        "claims_made.csv",
        f"subscription,remedy,window_start,claimed\nfjord,iaas,{NOON},\n",
        "claims_made.csv row 2 claimed: empty; give a time such as 2026-03-01T10:00:00Z",
    ),
    "a file whose name is no table": (
        "outage.csv",
        "",
        "outage.csv: not a table; did you mean outages? "
        "there are subscriptions, outages, corrections, coverage, maintenance, tickets, holds, priorities, updates, "
        "claims_made, conditions, measurements and 4 more",
    ),
    "a table in a format that is not read": (
        "outages.tsv",
        "",
        "outages.tsv: .tsv is not read; save it as outages.csv, outages.parquet or outages.xlsx",
    ),
    "a second file for a table": (
        "subscriptions.parquet",
        "",
        "subscriptions.csv and subscriptions.parquet: more than one file for subscriptions; keep one",
    ),
    "Parquet that is none": (
        "outages.parquet",
        "PAR1 and then nothing",
        "outages.parquet: not a Parquet file, or not a whole one; write it again",
    ),
    "a workbook that is none": (
        "outages.xlsx",
        "PK and then nothing",
        "outages.xlsx: not an Excel workbook, or not a whole one; save it again as .xlsx",
    ),
}


@pytest.mark.parametrize("case", OTHER_TABLES)
def test_other_files_are_refused_with(tmp_path: Path, case: str) -> None:
    name, content, told = OTHER_TABLES[case]
    assert refusal(tmp_path, **{name.replace(".", "__"): content}) == [told]


def test_a_folder_in_place_of_a_table_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outages.csv").mkdir()
    assert refusal(tmp_path) == ["outages.csv: a folder, not a file; take it away"]


def test_a_link_to_nowhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outages.csv").symlink_to(tmp_path / "gone.csv")
    assert refusal(tmp_path) == [
        "outages.csv: cannot be read (No such file or directory); look at the path and its rights"
    ]


@pytest.mark.parametrize("name", ["gone", "notes.md"])
def test_what_is_neither_a_folder_nor_a_workbook_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "notes.md").write_text("")
    with pytest.raises(InputError, match="give a folder that holds subscriptions"):
        read_evidence(tmp_path / name)


def test_evidence_without_subscriptions_is_refused_once(tmp_path: Path) -> None:
    (tmp_path / "outages.csv").write_text(f"outage,subscription,started\no-1,fjord,{NOON}\n")
    with pytest.raises(InputError) as refused:
        read_evidence(tmp_path)
    assert [str(problem) for problem in refused.value.problems] == [
        f"{tmp_path}: no table subscriptions; add subscriptions.csv or a sheet subscriptions"
    ]


def test_the_problems_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(
        tmp_path,
        outages__csv="outage,subscription,started\no-1,nobody,yesterday\n",
        holds__csv=b"\xff",
        tickets__csv=f"ticket,subscription,opened\n,fjord,{NOON}\n",
    )
    assert [line.split(":")[0] for line in told] == [
        "outages.csv row 2 started = yesterday",
        "outages.csv row 2 subscription = nobody",
        "tickets.csv row 2 ticket",
        "holds.csv row 1 = byte 0xff",
    ]


def test_twenty_problems_of_a_kind_are_shown_and_the_rest_is_counted(tmp_path: Path) -> None:
    rows = "".join(f"o-{i},fjord,soon\n" for i in range(157))
    told = refusal(tmp_path, outages__csv=f"outage,subscription,started\n{rows}")
    assert len(told) == 21
    assert told[19].startswith("outages.csv row 21 started = soon: not a time")
    assert told[20] == (
        "outages.csv column started: and 137 more: not a time; "
        "write it like 2026-03-01T10:00:00Z or 2026-03-01T10:00:00+01:00"
    )


def test_rows_are_numbered_as_a_spreadsheet_does(tmp_path: Path) -> None:
    blank_lines_and_a_line_break_in_a_cell = (
        f'\n\noutage,subscription,started,cause\no-1,fjord,{NOON},"two\nlines"\n\n\no-2,fjord,soon,\n'
    )
    told = refusal(tmp_path, outages__csv=blank_lines_and_a_line_break_in_a_cell)
    assert told[0].startswith("outages.csv row 7 started = soon")


WALL_TIMES = {
    "skipped by the clock change": (
        "2026-03-29T02:30:00",
        "02:30 does not exist on 2026-03-29 in Europe/Oslo; write it with its offset",
    ),
    "repeated by the clock change": (
        "2026-10-25 02:30",
        "02:30 comes twice on 2026-10-25 in Europe/Oslo; write it with its offset",
    ),
}


@pytest.mark.parametrize("case", WALL_TIMES)
def test_a_wall_time_is_refused_where_it_is(tmp_path: Path, case: str) -> None:
    seen, told = WALL_TIMES[case]
    outages = f"outage,subscription,started\no-1,fjord,{NOON}\no-2,fjord,2026-01-01T00:00\no-3,fjord,{seen}\n"
    assert refusal(tmp_path, "Europe/Oslo", outages__csv=outages) == [f"outages.csv row 4 started = {seen}: {told}"]


def test_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such time zone; did you mean Europe/Oslo"):
        read_evidence(tmp_path, time_zone="Europe/Olso")


TYPES = {
    "times": (
        {"started": [True]},
        "outages column started: a column of Boolean, which does not hold times; "
        "give a time such as 2026-03-01T10:00:00Z",
    ),
    "names": (
        {"outage": [1.5]},
        "outages column outage: a column of Float64, which does not hold names; give a name",
    ),
    "numbers": (
        {"affected": [[1]]},
        "outages column affected: a column of List(Int64), which does not hold numbers; give a share such as 0.25",
    ),
}


@pytest.mark.parametrize("case", TYPES)
def test_a_column_of_a_type_that_cannot_hold_it_is_refused_once(case: str) -> None:
    columns, told = TYPES[case]
    outages = pl.DataFrame({"outage": ["o-1"], "subscription": ["fjord"], "started": [NOON], **columns})
    subscriptions = pl.read_csv(SUBSCRIPTIONS.encode(), infer_schema=False)
    with pytest.raises(InputError) as refused:
        check_tables({"subscriptions": subscriptions, "outages": outages})
    assert [str(problem) for problem in refused.value.problems] == [told]


def test_frames_with_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="outage: not a table; did you mean outages"):
        Evidence.of(pl.read_csv(SUBSCRIPTIONS.encode(), infer_schema=False), outage=[])


def test_among_many_subscriptions_only_the_closest_is_named() -> None:
    known = [
        {
            "subscription": f"customer-{i:05}",
            "policy": "p",
            "monthly_fee": 1,
            "currency": "EUR",
            "starts": NOON,
        }
        for i in range(100)
    ]
    outages = [{"outage": "o", "subscription": "customer-00O42", "started": NOON}]
    with pytest.raises(InputError, match=r"no such subscription; did you mean customer-\d{5}\?$"):
        Evidence.of(known, outages=outages)


ONLY_README = "take it away; only a README may lie beside the tables"
NOT_READ = {
    "outages.txt": "outages.txt: .txt is not read; save it as outages.csv, outages.parquet or outages.xlsx",
    "outages.ndjson": "outages.ndjson: .ndjson is not read; save it as outages.csv, outages.parquet or outages.xlsx",
    "outages.yml": "outages.yml: .yml is not read; save it as outages.csv, outages.parquet or outages.xlsx",
    "outages": "outages: a file without an ending is not read; save it as outages.csv, outages.parquet or outages.xlsx",
    "august/outages.csv": "august: a folder, which is not read; move its tables beside subscriptions, or take it away",
    "notes.txt": f"notes.txt: not a table, and not read; {ONLY_README}",
    "incidents.json": f"incidents.json: not a table, and not read; {ONLY_README}",
    "other.yaml": "other.yaml: not read: no subscription names it as its policy; name it, or take it away",
}


@pytest.mark.parametrize("name", NOT_READ)
def test_a_file_that_nobody_reads_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("outage,subscription,started\n")
    assert refusal(tmp_path) == [NOT_READ[name]]


def test_quotes_that_do_not_match_in_a_cell_are_refused(tmp_path: Path) -> None:
    text = f'outage,subscription,started,cause\no-1,fjord,{NOON},"a"b"c"\n'
    told = refusal(tmp_path, outages__csv=text)
    assert told == [
        "outages.csv row 2: quotes that do not match; "
        "put a value with quotes, separators or line breaks in quotes, and double the quotes in it"
    ]


def test_one_odd_time_in_a_column_of_good_ones_is_refused(tmp_path: Path) -> None:
    rows = "".join(f"o-{n},fjord,{NOON}\n" for n in range(5))
    text = f"outage,subscription,started\n{rows}o-5,fjord,yesterday\n"
    assert refusal(tmp_path, outages__csv=text) == [
        "outages.csv row 7 started = yesterday: not a time; "
        "write it like 2026-03-01T10:00:00Z or 2026-03-01T10:00:00+01:00"
    ]


@pytest.mark.parametrize("column", ["starts", "ends"])
def test_a_year_that_nobody_means_is_refused(column: str) -> None:
    row = {"subscription": "s", "policy": "p", "monthly_fee": "1", "currency": "DKK", "starts": "2026-01-01T00:00:00Z"}
    with pytest.raises(InputError, match="after 2199; look at the year") as told:
        Evidence.of([row | {column: "9999-12-31T00:00:00Z"}])
    assert ("where there is no end yet, leave it empty" in str(told.value)) == (column == "ends")
