"""Evidence that a browser hands over: tables, a workbook, a zipped folder; and archives that are refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import slakit as sla
from slakit.evidence import uploads
from slakit.evidence.uploads import evidence_of_files

SAMPLES = Path(__file__).parents[2] / "data_samples" / "evidence"
FILES = {path.name: path.read_bytes() for path in SAMPLES.iterdir()}
SHOP = b"subscription,policy,monthly_fee,currency,starts\nshop,klikk,9,NOK,2026-01-01T00:00Z\n"


def zipped(files: Mapping[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def refusal(files: Mapping[str, bytes]) -> str:
    with pytest.raises(sla.InputError) as refused:
        evidence_of_files(files)
    return str(refused.value)


@pytest.mark.parametrize("top", ["", "mine/"])
def test_a_zipped_folder_is_what_the_folder_is(top: str) -> None:
    content = zipped({f"{top}{name}": one for name, one in FILES.items()} | {"__MACOSX/._outages.csv": b"x"})
    evidence, folder = evidence_of_files({"mine.zip": content}), sla.read_evidence(SAMPLES)
    assert evidence.counts() == evidence_of_files(FILES).counts() == folder.counts()
    assert evidence.outages.equals(folder.outages)
    assert evidence.source == "mine"


def test_a_workbook_is_read_as_one(tmp_path: Path) -> None:
    xlsxwriter = pytest.importorskip("xlsxwriter")
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"))
    sheet = book.add_worksheet("subscriptions")
    for number, line in enumerate(SHOP.decode().splitlines()):
        sheet.write_row(number, 0, line.split(","))
    book.close()
    evidence = evidence_of_files({"ours.xlsx": (tmp_path / "b.xlsx").read_bytes()})
    assert (evidence.source, evidence.names) == ("ours.xlsx", ["shop"])


def test_what_is_wrong_is_said_as_for_a_folder() -> None:
    assert "monthly_fee" in refusal({"subscriptions.csv": SHOP.replace(b",9,", b",dear,")})
    assert "not a table" in refusal({"subscriptions.csv": SHOP, "note.docx": b"x"})
    assert "evidence: no table subscriptions" in refusal({"outages.csv": b"outage,subscription,started,ended\n"})


def test_archives_that_are_none_or_lead_out_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not a zip archive" in refusal({"a.zip": b"PK nothing"})
    whole = zipped({"subscriptions.csv": SHOP * 50})
    assert "not a zip archive" in refusal({"a.zip": whole[: len(whole) // 2]})
    for path in ("../subscriptions.csv", "/etc/subscriptions.csv", "a/..\\..\\x.csv", "C:/x.csv"):
        assert "leads out" in refusal({"a.zip": zipped({path: SHOP})})
    monkeypatch.setattr(uploads, "MOST_BYTES", 1000)
    assert "give slakit the path" in refusal({"a.zip": whole})
