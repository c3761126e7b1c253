"""Dossiers: written whole and alike, and every change of a file or a figure told in a sentence."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from cli_support import Run

import slakit as sla
from slakit.claiming import bag
from slakit.claiming.timestamps import Timestamp, check_timestamp, timestamp_request
from slakit.locales import in_locale

STAMPS = Path(__file__).parent / "stamps"
SHOP = {
    "policy": "klink-cloud", "tier": "enterprise", "monthly_fee": "2400", "currency": "USD",
    "starts": "2026-01-01T00:00:00Z",
}  # fmt: skip
DOWN = {"started": "2026-09-15T08:00:00Z", "ended": "2026-09-15T10:00:00Z", "detected": "2026-09-15T08:00:00Z"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Return the arguments of a dossier, of one subscription of two, with a policy of its own."""
    folder = tmp_path_factory.mktemp("evidence")
    shutil.copyfile(Path(sla.__file__).parent / "policy" / "library" / "klink-cloud.yaml", folder / "ours.yaml")
    shops = [{"subscription": "shop/a", **SHOP, "policy": "ours.yaml"}, {"subscription": "other", **SHOP}]
    outages = [
        {"outage": "=o1", "subscription": "shop/a", **DOWN},
        {"outage": "o2", "subscription": "other", **DOWN},
    ]
    pl.DataFrame(shops).write_csv(folder / "subscriptions.csv")
    pl.DataFrame(outages).write_csv(folder / "outages.csv")
    given = folder.parent / "given"
    given.mkdir()
    (given / "påstand.pdf").write_bytes(b"the contract")
    (given / "statuspage.json").write_bytes(b"{}")
    return {
        "evidence": sla.read_evidence(folder), "period": "2026-09", "as_of": "2026-10-02", "subscriptions": "shop/a",
        "contracts": [given / "påstand.pdf"], "exports": [given / "statuspage.json"], "request_timestamp": True,
    }  # fmt: skip


@pytest.fixture(scope="module")
def dossier(asked: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sla.write_dossier(folder=tmp_path_factory.mktemp("dossier") / "a", **asked)  # type: ignore[arg-type]


@pytest.fixture
def copied(dossier: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(dossier, tmp_path / "copy"))


def seal_again(folder: Path) -> None:
    """Make the hashes match whatever is in a dossier now."""
    bag.seal(folder, {})
    bag.seal_tags(folder)


def test_it_holds_what_a_claim_rests_on_and_nothing_of_others(dossier: Path) -> None:
    names = bag.files_of(dossier)
    assert {"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt", "manifest-sha256.tsq"} <= {
        *names
    }
    own = {name.removeprefix("data/") for name in names if name.startswith("data/")}
    assert {
        "contract/påstand.pdf", "exports/statuspage.json", "policy/ours.yaml", "evidence/outages.csv", "run.json",
        "tables/credits.csv", "explain/shop_a.txt", "README.txt",
    } <= own  # fmt: skip
    assert (dossier / "data/evidence/outages.csv").read_text().count("\n") == 2
    assert "other" not in (dossier / "data/evidence/subscriptions.csv").read_text()
    assert (dossier / "data/contract/påstand.pdf").read_bytes() == b"the contract"
    run = json.loads((dossier / "data/run.json").read_text())
    assert (run["slakit"], run["arguments"]["as_of"]) == (sla.__version__, "2026-10-02T00:00:00Z")
    size = sum((dossier / "data" / name).stat().st_size for name in own)
    assert f"Payload-Oxum: {size}.{len(own)}\n" in (dossier / "bag-info.txt").read_text()
    assert (dossier / "bagit.txt").read_text() == "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


def test_it_is_sound_and_the_same_bytes_again(asked: dict[str, object], dossier: Path, tmp_path: Path) -> None:
    again = sla.write_dossier(folder=tmp_path / "b", **asked)  # type: ignore[arg-type]
    assert {name: (again / name).read_bytes() for name in bag.files_of(again)} == {
        name: (dossier / name).read_bytes() for name in bag.files_of(dossier)
    }
    with in_locale("da"):  # whoever checks it writes numbers in another way
        found = sla.verify_dossier(again)
    assert (found.sound, found.notes, found.files > 25, found.figures > 100) == (True, [], True, True)


def test_a_byte_changed_a_file_added_and_one_removed_are_told(copied: Path) -> None:
    export = copied / "data/exports/statuspage.json"
    export.write_bytes(b"[]")
    (copied / "data/letters").mkdir()
    (copied / "data/letters/new.md").write_text("added")
    (copied / "data/contract/påstand.pdf").unlink()
    found = sla.verify_dossier(copied)
    assert found.differences.rows() == [
        ("file", "data/contract/påstand.pdf", "It is not there; manifest-sha256.txt names it."),
        ("file", "data/exports/statuspage.json", "It was changed: its SHA-256 is not that in manifest-sha256.txt."),
        ("file", "data/letters/new.md", "It was added; manifest-sha256.txt does not name it."),
    ]


def test_a_figure_changed_is_told_also_where_the_hashes_match(run: Run, copied: Path) -> None:
    credits = copied / "data/tables/credits.csv"
    credits.write_text(credits.read_text().replace("120.00", "240.00"))
    told = copied / "data/explain/shop_a.txt"
    told.write_text(told.read_text().replace("120.00 USD", "240.00 USD"))
    written = copied / "data/run.json"
    written.write_text(written.read_text().replace(f'"slakit": "{sla.__version__}"', '"slakit": "0.0.9"'))
    seal_again(copied)
    done = run("verify", str(copied))
    assert done.code == 3
    assert "credits row 2, amount   The dossier says 240.00, its evidence gives 120.00." in done.out
    assert "explain/shop_a.txt      From line " in done.out
    assert (
        f"The dossier was written with slakit 0.0.9, and checked with {sla.__version__}. Install slakit 0.0.9 to see "
        "whether the version makes the difference."
    ) in done.out
    assert "2 differences." in done.out


def test_evidence_that_cannot_be_assessed_is_told(copied: Path) -> None:
    outages = copied / "data/evidence/outages.csv"
    outages.write_text(outages.read_text().replace("2026-09-15T08:00:00Z", "soon"))
    found = sla.verify_dossier(copied)
    assert found.figures == 0
    assert found.differences["says"][-1].startswith("The figures cannot be computed again: outages")


def link_out(folder: Path) -> None:
    (folder / "data/tables/credits.csv").unlink()
    (folder / "data/tables/credits.csv").symlink_to("/etc/hostname")


def link_folder(folder: Path) -> None:
    (folder / "data/letters").symlink_to("/etc")


def path_out(folder: Path) -> None:
    with (folder / "manifest-sha256.txt").open("a") as manifest:
        manifest.write(f"{'0' * 64}  data/../../secret\n")


def huge_file(folder: Path) -> None:
    with (folder / "data/huge").open("wb") as file:
        file.truncate(bag.LARGEST_BAG + 1)


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "data/pipe")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        (link_out, "data/tables/credits.csv: a link, which may lead out of the dossier"),
        (link_folder, "data/letters: a link"),
        (path_out, "data/../../secret: a path that leads out of the dossier"),
        (huge_file, "over 20,000,000,000 bytes"),
        (a_pipe, "data/pipe: neither a file nor a folder"),
    ],
)
def test_a_hostile_dossier_is_refused(copied: Path, change: Callable[[Path], None], wrong: str) -> None:
    change(copied)
    with pytest.raises(sla.InputError, match=r"[\s\S]*" + wrong.replace(".", r"\.")):
        sla.verify_dossier(copied)


def test_a_policy_outside_the_dossier_is_not_read(copied: Path) -> None:
    written = copied / "data/run.json"
    written.write_text(written.read_text().replace('"ours.yaml": "ours.yaml"', '"ours.yaml": "../../../ours.yaml"'))
    assert "a path, not a file" in sla.verify_dossier(copied).differences["says"][-1]


def test_what_is_no_dossier_is_refused(run: Run, tmp_path: Path) -> None:
    assert "no such folder" in run("verify", str(tmp_path / "nowhere")).err
    done = run("verify", str(tmp_path))
    assert (done.code, "manifest-sha256.txt: not a dossier" in done.err) == (1, True)


def test_it_is_written_whole_or_not_at_all(asked: dict[str, object], dossier: Path, tmp_path: Path) -> None:
    def refused(**other: object) -> str:
        with pytest.raises(sla.InputError) as error:
            sla.write_dossier(**{**asked, "folder": tmp_path / "c", **other})  # type: ignore[arg-type]
        assert list(tmp_path.iterdir()) == []
        return str(error.value)

    assert "there already; name another folder" in refused(folder=dossier)
    assert "windw: no policy here asks this" in refused(reading={"windw": "month"})
    assert "no such file" in refused(letters=[tmp_path / "nothing.md"])
    twice = [STAMPS / "hello.tsr", STAMPS / "hello.tsr"]
    assert "a second file of this name" in refused(exports=twice)
    assert "not in the evidence; did you mean other?" in refused(subscriptions=["othr"])


def test_imports_are_kept_of_the_sources_that_rows_name(tmp_path: Path) -> None:
    known = sla.read_evidence("data_samples/imported/evidence")
    (name,) = known.subscriptions["subscription"].unique().head(1)
    page = pl.lit("statuspage").alias("source")  # no row names the other source any more
    known = replace(known, outages=known.outages.with_columns(page), coverage=known.coverage.with_columns(page))
    made = sla.write_dossier(known, tmp_path / "d", period="2026-08", as_of="2026-10-02", subscriptions=name)
    assert {path.name for path in (made / "data/imported").iterdir()} == {
        "imported.json", "statuspage.map.yaml", "statuspage.parquet",
    }  # fmt: skip


def test_the_command_writes_what_verify_takes(run: Run, asked: dict[str, object], tmp_path: Path) -> None:
    evidence = asked["evidence"]
    assert isinstance(evidence, sla.Evidence)
    out = tmp_path / "new" / "d"
    asking = ("--period", "2026-09", "--as-of", "2026-10-02", "-s", "other", "--out", str(out), "--timestamp-request")
    done = run("dossier", evidence.source, *asking, "--letter", str(STAMPS / "root.pem"))
    assert (done.code, "Send " in done.out) == (0, True)
    assert (out / "data/letters/root.pem").exists()
    stamped = run("verify", str(out), "--timestamp", str(STAMPS / "hello.tsr"))
    assert stamped.code == 3
    assert "The time stamp proves nothing: it is of another file, or the manifest was changed since." in stamped.out


def test_a_policy_that_is_not_the_one_of_the_library_is_noted(run: Run, copied: Path) -> None:
    (copied / "data/policy/ours.yaml").rename(copied / "data/policy/klink-cloud.yaml")
    for name in ("run.json", "evidence/subscriptions.csv"):
        changed = (copied / "data" / name).read_text().replace("ours.yaml", "klink-cloud")
        (copied / "data" / name).write_text(changed.replace('": "klink-cloud"', '": "klink-cloud.yaml"'))
    with (copied / "data/policy/klink-cloud.yaml").open("a") as policy:
        policy.write("# changed\n")
    seal_again(copied)
    done = run("verify", str(copied))
    assert f"The policy klink-cloud of the dossier is not the one that comes with slakit {sla.__version__}." in done.out


AT = datetime(2026, 11, 28, 15, 19, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "answer", "certificate", "found"),
    [
        (b"hello\n", "hello.tsr", None, Timestamp(AT, "", "")),
        (b"hello\n", "hello.tsr", "root.pem", Timestamp(AT, "", "CN=Test root")),
        (
            b"hello\n", "hello.tsr", "other.pem",
            Timestamp(AT, "no certificate that was given vouches for the one that signed it", ""),
        ),
        (
            b"hallo\n", "hello.tsr", "root.pem",
            Timestamp(None, "it is of another file, or the manifest was changed since", ""),
        ),
        (
            b"hello\n", "refused.tsr", None,
            Timestamp(None, "the authority refused the request: Bad request format or system error", ""),
        ),
    ],
)  # fmt: skip
def test_an_answer_is_checked(
    content: bytes, answer: str, certificate: str | None, found: Timestamp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slakit.claiming.timestamps._now", lambda: AT)
    assert check_timestamp(content, STAMPS / answer, STAMPS / certificate if certificate else None) == found


def test_a_signature_that_does_not_hold_and_a_time_to_come_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forged = bytearray((STAMPS / "hello.tsr").read_bytes())
    forged[-3] ^= 1
    (tmp_path / "forged.tsr").write_bytes(forged)
    monkeypatch.setattr("slakit.claiming.timestamps._now", lambda: AT)
    told = check_timestamp(b"hello\n", tmp_path / "forged.tsr", STAMPS / "root.pem")
    assert told.wrong == "the signature does not hold"
    monkeypatch.setattr("slakit.claiming.timestamps._now", lambda: datetime(2026, 11, 27, tzinfo=UTC))
    told = check_timestamp(b"hello\n", STAMPS / "hello.tsr")
    assert told.wrong == "its time, 2026-11-28 15:19:19 UTC, is yet to come"
    with pytest.raises(sla.InputError, match="not an answer to a request for a time stamp"):
        check_timestamp(b"hello\n", STAMPS / "root.pem")
    with pytest.raises(sla.InputError, match="not a certificate in PEM"):
        check_timestamp(b"hello\n", STAMPS / "hello.tsr", STAMPS / "hello.tsr")


def test_the_same_manifest_gives_the_same_request() -> None:
    request = timestamp_request(b"hello\n")
    assert request == timestamp_request(b"hello\n")
    # version 1, SHA-256 of the file, certificate wanted: as openssl ts -query -sha256 -cert -no_nonce writes it
    assert request.hex() == (
        "30390201013031300d060960864801650304020105000420"
        "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be030101ff"
    )
