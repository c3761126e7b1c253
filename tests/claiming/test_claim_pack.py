"""Claims: facts, letters in five languages whose figures are those of the tables, and what is missing."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from babel.dates import get_month_names
from babel.numbers import parse_decimal
from cli_support import Run

import slakit as sla
from slakit.claiming.attachments import STARS, read_attachments
from slakit.claiming.facts import ClaimPack
from slakit.claiming.files import claim_files, readiness_text
from slakit.claiming.wording import LANGUAGES, texts

EVIDENCE = "data_samples/evidence"
SETTLED = {
    "window": "month", "cap": "monthly", "replacement-hours": "complete",
    "emergency-maintenance": "infrastructure_only",
}  # fmt: skip
"""What is left open moves what is claimed, or until when."""
SENDER = "Harbor ApS; Ida Holm; ida@harbor.example"


@cache
def evidence() -> sla.Evidence:
    return sla.read_evidence(EVIDENCE)


@cache
def review(subscription: str, period: str = "2026-09", as_of: str = "2026-10-05") -> sla.Review:
    return sla.assess(
        evidence().only(subscription), period, as_of, reading=SETTLED if subscription.startswith("fjord") else None
    )


@cache
def cloud(policy: str, tier: str | None = None) -> sla.Review:
    """Two bad months of one subscription, both of which can be claimed."""
    known = {policy: sla.find_policy(policy).amend({"claims.within": "60d"} if tier is None else {})}
    shop = {"subscription": "shop", "policy": policy, "tier": tier, "monthly_fee": "2000", "currency": "USD",
            "starts": "2026-01-01T00:00:00Z", "reference": "ACC-1"}  # fmt: skip
    outages = [
        {"outage": f"o{month}", "subscription": "shop", "started": f"2026-0{month}-15T08:00:00Z",
         "ended": f"2026-0{month}-15T18:30:00Z", "detected": f"2026-0{month}-15T08:00:00Z"}
        for month in (8, 9)
    ]  # fmt: skip
    return sla.assess(
        sla.Evidence.of([shop], outages=outages), "2026-08/2026-09", "2026-10-02", ranges=False, policies=known
    )


class Page(HTMLParser):
    """Tables of a page as rows of cells, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.said, self.in_cell = "", False
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 (as the parser calls it)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.said += data
        if self.in_cell:
            self.tables[-1][-1][-1] += data


def number(text: str, language: str) -> Decimal:
    """Read a number as people of a language write it, whatever stands around it."""
    digits = re.search(r"[0-9](?:[0-9.,\u00a0\u202f ]*[0-9])?", text)
    assert digits is not None
    return parse_decimal(digits[0].replace(" ", "\u00a0"), locale=LANGUAGES[language])


def instant(text: str, language: str, zone: str) -> datetime:
    """Read an instant as people of a language write it."""
    names = [get_month_names(width, locale=LANGUAGES[language]) for width in ("abbreviated", "wide")]
    for month, name in ((month, name) for known in names for month, name in known.items()):
        text = re.sub(rf"\b{re.escape(name)}(?![a-z])", f" {month} ", text, flags=re.IGNORECASE)
    day, month, year, hour, minute, second = map(int, re.findall(r"[0-9]+", text)[:6])
    return datetime(year, month, day, hour, minute, second, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@cache
def fjord() -> sla.Claim:
    [claim] = sla.claim_pack(review("fjord-iaas"), sender="Fjord AS; Kari Nordmann", account="K-1").claims
    return claim


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_of_a_letter_are_those_of_the_tables(language: str) -> None:
    claim = replace(fjord(), language=language)
    found = review("fjord-iaas")
    page = Page(sla.claim_letter(claim, "html"))
    owed = found.claims.filter(pl.col("status").is_in(["claimable", "disputed"]))
    summary = page.tables[1]
    assert [number(row[4], language) for row in summary[1:]] == [*owed["amount"], owed["amount"].sum()]
    assert all("NOK" in row[4] for row in summary[1:])
    availability = found.availability.filter(guarantee="infrastructure").row(0, named=True)
    attainment = found.attainment.filter(guarantee="resolution").row(0, named=True)
    levels = [(number(row[2], language), number(row[3], language)) for row in summary[1:-1]]
    assert levels == [
        (row["target"], row[name]) for row, name in ((attainment, "attainment"), (availability, "availability"))
    ]
    counted = found.ledger.filter(guarantee="infrastructure", verdict="counted").sort("started")
    rows = page.tables[3][1:]
    for start, columns in ((1, "UTC"), (3, "Europe/Oslo")):
        edges = [tuple(instant(row[start + side], language, columns) for side in (0, 1)) for row in rows]
        assert edges == counted.select("started", "ended").rows()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_has_every_text_and_no_key_of_the_format(language: str) -> None:
    own, english = texts(language), texts("en")
    assert own.keys() == english.keys()
    assert {key: sorted(re.findall(r"{(\w+)}", text)) for key, text in own.items()} == {
        key: sorted(re.findall(r"{(\w+)}", text)) for key, text in english.items()
    }
    claim = replace(fjord(), language=language)
    letter = Page(sla.claim_letter(claim, "html")).said.partition("}\n\n")[2]
    assert not re.search(r"\b[a-z]+_[a-z]+\b|[{}]|None|per_|iaas\.", letter)
    assert f'lang="{language}"' in sla.claim_letter(claim, "html").decode()


def test_the_document_of_word_says_what_the_page_says() -> None:
    docx = pytest.importorskip("docx")
    claim = replace(fjord(), language="nb")
    document = docx.Document(io.BytesIO(sla.claim_letter(claim, "docx")))
    tables = [[[cell.text for cell in row.cells] for row in table.rows] for table in document.tables]
    assert tables == Page(sla.claim_letter(claim, "html")).tables
    assert document.sections[0].page_width.mm == pytest.approx(210, abs=0.1)


def harbor(**given: object) -> ClaimPack:
    return sla.claim_pack(review("harbor-enterprise"), "harbor-enterprise", "2026-09", **given)  # type: ignore[arg-type]


def test_a_claim_is_ready_only_when_nothing_is_missing(tmp_path: Path) -> None:
    [claim] = harbor().claims
    assert [check.what for check in claim.missing] == ["company name", "The service agreement is active"]
    assert "[to be completed: Customer and contact]" in sla.claim_letter(claim).decode()
    assert "Not ready: 2 missing" in readiness_text(claim)
    shutil.copytree(EVIDENCE, tmp_path / "evidence")
    with (tmp_path / "evidence/conditions.csv").open("a", encoding="utf-8") as conditions:
        conditions.write("harbor-enterprise,active-agreement,2025-01-01T00:00:00Z,,yes\n")
    own = sla.read_evidence(tmp_path / "evidence", subscription="harbor-enterprise")
    answered = sla.assess(own, "2026-09", "2026-10-05", ranges=False)
    pack = sla.claim_pack(answered, sender=SENDER)
    assert pack.ready
    [claim] = pack.claims
    assert claim.confirmed == (("The service agreement is active", "1"),)
    assert "to be completed" not in sla.claim_letter(claim, "md").decode()


def test_a_disputed_deadline_is_not_ready() -> None:
    claim = fjord()
    said = [check.says for check in claim.missing if check.what.startswith("In time")]
    assert said
    assert all(text.startswith("disputed: by the strictest reading") for text in said)


@pytest.mark.parametrize(
    ("subscription", "window", "why"),
    [
        ("harbor-enterprise", "2026-08", "claim expired, it was to be made by end of 2026-09-10"),
        ("nordlys-web", "2026-08", "due without a claim"),
        ("harbor-enterprise", "2026-04", "no credit is owed for it"),
        ("fjord-iaas", "2026-02", "claimed"),
    ],
)
def test_what_cannot_be_claimed_is_refused_with_the_reason(subscription: str, window: str, why: str) -> None:
    found = review(subscription, window, "2026-10-05")
    with pytest.raises(sla.InputError, match=re.escape(why)):
        sla.claim_pack(found, subscription, window)


def test_a_provider_that_wants_one_form_a_month_gets_one_for_each() -> None:
    pack = sla.claim_pack(cloud("google-compute-engine-2016"), language="da", sender=SENDER)
    assert [claim.name for claim in pack.claims] == ["claim-shop-2026-08", "claim-shop-2026-09"]
    missing = [check.what for check in pack.claims[0].missing]
    assert missing == ["Language of the letter", "project ids", "instance ids", "log files"]


def test_a_provider_that_wants_words_in_the_subject_gets_them(tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    log.write_text("GET /health 503 host=db7.internal\n", encoding="utf-8")
    answers = {"region": "eu-north-1", "ids of the resources": "i-0abc"}
    given = {"sender": SENDER, "answers": answers, "files": {str(log): "logs"}}
    found = cloud("aws-ec2", "region")
    [claim] = sla.claim_pack(found, **given).claims  # type: ignore[arg-type]
    assert next(check.what for check in claim.missing) == "Confidential parts of api.log starred"
    [claim] = sla.claim_pack(found, redact=["DB7.internal"], **given).claims  # type: ignore[arg-type]
    assert {"Confidential parts of api.log starred"} & {check.what for check in claim.checks if check.there}
    assert claim.attachments[0].content == f"GET /health 503 host={STARS}\n".encode()
    letter = sla.claim_letter(claim, "md").decode()
    assert re.search(r"^# SLA Credit Request – ", letter, re.MULTILINE)
    assert "eu-north-1" in letter
    assert claim.attachments[0].sha256 in letter
    assert "db7" not in b"".join(claim_files(claim, ["html", "md"]).values()).decode()


def test_what_is_to_be_starred_is_never_left_in_silence(tmp_path: Path) -> None:
    log, picture = tmp_path / "ann.log", tmp_path / "picture.png"
    log.write_text("nothing", encoding="utf-8")
    picture.write_bytes(b"\x89PNG\xff")
    with pytest.raises(sla.InputError) as refused:
        read_attachments({str(log): "", str(picture): "", str(tmp_path / "no"): ""}, ["Ann", " "])
    wrong = [problem.wrong for problem in refused.value.problems]
    assert len(wrong) == 5
    assert {"nothing to star", "in no attached file", "a text to star is in the name of the file"} <= set(wrong)
    with pytest.raises(sla.InputError, match="did you mean company name"):
        harbor(answers={"compny name": "x"})


def test_a_reading_that_is_asked_for_says_what_it_would_pay() -> None:
    [claim] = sla.claim_pack(review("fjord-iaas"), asked={"rebate": "per_incident"}).claims
    other = sla.assess(
        review("fjord-iaas").evidence, "2026-09", "2026-10-05", reading=["rebate=per_incident"], ranges=False
    )
    assert claim.asked is not None
    assert claim.asked.amount == other.credits["amount"].sum()
    assert claim.asked.difference == claim.asked.amount - claim.amount
    with pytest.raises(sla.InputError, match="no policy here asks this"):
        sla.claim_pack(review("fjord-iaas"), asked={"rebat": "per_incident"})


def test_an_incident_that_is_judged_by_itself_is_claimed_with_its_length() -> None:
    found = review("fjord-iaas", "2026-08", "2026-08-14")
    claim = next(one for one in sla.claim_pack(found).claims)
    window = next(window for window in claim.windows if window.remedy == "hardware-replacement")
    assert window.capped
    row = found.incidents.filter(guarantee=window.judged[0].guarantee, met=False).row(0, named=True)
    assert window.judged[0].measured.value == row["seconds"]
    assert "hours" in sla.claim_letter(claim, "md").decode()


def written(folder: Path) -> Iterator[str]:
    return (str(path.relative_to(folder)) for path in sorted(folder.rglob("*")) if path.is_file())


def test_the_command_writes_all_or_nothing(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "claims"
    line = [*f"claim {EVIDENCE} -s harbor-enterprise --as-of 2026-10-05 --period 2026-09 -o".split(), str(out)]
    done = run(*line, "-w", "2026-09", "-f", "md", "-f", "html", "--from", SENDER)
    assert done.code == 3
    assert "Missing in claim-harbor-enterprise-2026-09: The service agreement is active (clause 1)" in done.out
    own = "claim-harbor-enterprise-2026-09"
    files = [f"{own}/{name}" for name in ("explanation.txt", "letter.html", "letter.md", "readiness.md")]
    assert list(written(out)) == files
    pack = sla.claim_pack(review("harbor-enterprise"), language="sv")
    assert sla.write_claims(pack, out, ["md"]) == [out / own]
    assert f"{own}/letter.html" not in set(written(out))  # with the figures of before
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(sla.InputError, match="there are md, html, docx"):
        sla.write_claims(pack, out, ["html", "pdf"])
    assert run(*line, "-w", "2026-08").code == 1
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_windows_that_slide_have_their_own_intervals_and_a_short_subject() -> None:
    policy = sla.find_policy("klink-cloud").amend(
        {"guarantees.platform.window": {"rolling": "7d"}, "claims.within": "60d"}
    )
    shop = {"subscription": "shop", "policy": "klink-cloud", "tier": "enterprise", "monthly_fee": "2400",
            "currency": "USD", "starts": "2026-01-01T00:00:00Z"}  # fmt: skip
    days = [{"outage": f"o{day}", "subscription": "shop", "started": f"2026-09-{day}T22:00:00Z",
             "ended": f"2026-09-{day + 1}T03:00:00Z"} for day in (10, 16, 18, 24, 27)]  # fmt: skip
    known = sla.Evidence.of([shop], outages=days)
    found = sla.assess(known, "2026-09", "2026-10-02", ranges=False, policies={"klink-cloud": policy})
    [claim] = sla.claim_pack(found).claims
    assert len(claim.windows) > 3
    for window in claim.windows:
        [judged] = window.judged
        assert (judged.start, judged.end) == (window.start, window.end)
        assert sum(one.seconds for one in judged.intervals) == judged.downtime_seconds
    subject = re.search(r"^# (.*)$", sla.claim_letter(claim, "md").decode(), re.MULTILINE)
    assert subject is not None
    assert len(subject[1]) < 120


def test_what_is_of_one_subscription_is_not_given_for_several() -> None:
    both = sla.assess(evidence().only(["fjord-iaas", "harbor-enterprise"]), "2026-09", "2026-10-05", ranges=False)
    with pytest.raises(sla.InputError, match="name one: fjord-iaas, harbor-enterprise"):
        sla.claim_pack(both, to="claims@klikk.example")
    assert len(sla.claim_pack(both, sender=SENDER).claims) == 2
