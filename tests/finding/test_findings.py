"""What a buyer is told of a contract: the four documents, every code with and without its cause, and true figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from small_contracts import DAY, HOUR, MINUTE, at, contract, down, holder, judged, seconds_by_verdict, work

from slakit.finding.codes import CODES
from slakit.finding.model import SEVERITIES, Finding
from slakit.finding.run import FINDINGS, findings
from slakit.policy.document import Policy
from slakit.policy.files import find_policy, library, parse_policy
from slakit.policy.printing import readable
from slakit.policy.terms import Terms
from slakit.problems import InputError
from slakit.remedy.curves import credit_curve

MONTH = timedelta(days=30)
MICROSECOND = timedelta(microseconds=1)
LOSSLESS = Decimal(10**12)
"""A fee of which a microsecond's share is still a whole cent."""


@cache
def found_in(name: str) -> pl.DataFrame:
    """The findings about a contract of the library, which many tests read."""
    return findings(find_policy(name))


# --- (a) the four documents


class Told(NamedTuple):
    """A finding as it should stand; a figure or a sentence may go on."""

    policy: str
    code: str
    about: str
    clauses: str
    figure: str = ""
    sentence: str = ""
    tiers: str = ""


QUARTERLY = "Table 2, service level measurement; Table 2, ST"
WHOLE_FEE = "one monthly fee (30 daily fees) over the contract term"
FOUR = "network, infrastructure, hardware, connectivity"
ELEVATED = "silver, gold, platinum"
BACKUPS = "Backups and disaster recovery"
FORMULA = "Table 2, availability metric measurement"

DOCUMENTS = [
    # Klikk: section 8 of the calculation rules
    Told(
        "klikk",
        "window-contradicts",
        "Question: window",
        QUARTERLY,
        "downtime allowed: 21m36s in a calendar month (month); 1h5m31.2s in a calendar quarter (quarter)",
    ),
    Told(
        "klikk",
        "unclear",
        "Question: rebate",
        "Table 1",
        "how often for Service rebate: once per window in which any is breached (per service); for each that "
        "is breached (per component)",
        "How often is the rebate due?",
    ),
    Told(
        "klikk",
        "contradiction",
        "Question: emergency maintenance",
        f"Table 2, EM; {FORMULA}; 3.2.1",
        "maintenance excluded: scheduled for Network availability, Hardware availability and Connectivity "
        "availability, scheduled and emergency for Infrastructure availability (infrastructure only)",
    ),
    Told(
        "klikk",
        "missed-unpaid",
        "hardware-replacement",
        "3.3.3",
        "2h are guaranteed, credits run from 3h on; anything shorter than 4h is without credit",
    ),
    Told(
        "klikk",
        "unclear",
        "Question: replacement hours",
        "3.3.3",
        "credit for Replacement of faulty hardware at 3h30m, of the component's monthly fee: nothing (complete); ",
    ),
    Told(
        "klikk",
        "claim-closes-early",
        "iaas",
        "1.3; 2.5",
        "for an outage on the first day of the window, 28d before the window ends (within 72h after the incident ends, "
        "in writing)",
    ),
    Told(
        "klikk",
        "claim-closes-early",
        "resolution",
        "1.3; 2.5",
        "for tickets on the first day of the window, 28d before the window ends",
        tiers=ELEVATED,
    ),
    Told("klikk", "silence", "Question: claim", "1.3; 2.5", "claim: within 72h after the "),
    Told("klikk", "claim-short", "hardware-replacement, iaas", "1.3; 2.5", "within 72h after the incident ends"),
    Told(
        "klikk",
        "unclear",
        "Question: cap",
        "1.2; 2.4",
        "cap for Service rebate: one monthly fee (30 daily fees) over the contract term (monthly); 360/365 of the",
        tiers="standard",
    ),
    Told(
        "klikk",
        "cap-reach",
        FOUR,
        "1.2",
        "at most one monthly fee (30 daily fees) over the contract term: reached by 30 of them",
    ),
    Told(
        "klikk",
        "cap-reach",
        "resolution",
        "2.4",
        "at most one monthly fee (30 daily fees) over the contract term: reached by 2 of them",
    ),
    Told(
        "klikk",
        "no-remedy",
        "response",
        "Table 3",
        "95 % of tickets in time: no credit is due for a breach",
        tiers=ELEVATED,
    ),
    Told("klikk", "best-effort", "response", "2.3", "95 % of tickets in time: ", tiers="standard"),
    Told("klikk", "best-effort", "resolution", "2.3", "90 % of tickets in time: ", tiers="standard"),
    Told("klikk", "provider-ranks", "support", "2.2; Table 5", "Klikk's support staff"),
    Told("klikk", "provider-measures", "measurement", "1.1; 2.1"),
    Told("klikk", "sole-remedy", "contract", "1.2; 2.4", "The rebates are the only thing"),
    Told("klikk", "contradiction", "Text", "1.2; 3.3.3", sentence="The rebates of tables 1 and 3 are called the "),
    Told("klikk", "contradiction", "Text", "Table 1", sentence="No network outage and no unavailability are "),
    Told("klikk", "contradiction", "Text", "3.2.1; 3.2.3", sentence="Access to the internet is guaranteed, but "),
    Told("klikk", "silence", "Text", "Table 3", sentence="The support rebate is the differ", tiers=ELEVATED),
    Told("klikk", "late-start", "measurement", "Table 2, activation requirements", "a service that starts on 1 Jan"),
    Told("klikk", "maintenance-unannounced", "infrastructure", "Table 2, EM"),
    Told("klikk", "flat-credit", FOUR, "Table 1", "3.333 % of the monthly fee, reached below 99.95 % and for a "),
    Told("klikk", "worst-free", FOUR, "Table 1", "99.95 % (21m36s of 30 days)"),
    Told("klikk", "worst-free", "hardware-replacement", "3.3.3", "anything shorter than 4h"),
    Told("klikk", "worst-free", "resolution", "Table 3; 2.6.1", "90 %", tiers=ELEVATED),
    Told("klikk", "saturated", "hardware-replacement", "3.3.3", "100 % of the component's monthly fee, reached at"),
    Told("klikk", "future-invoice", "hardware-replacement", "3.3.3"),
    Told("klikk", "unstated", "time zone", "", "Assumed: Europe/Oslo"),
    Told("klikk", "unstated", "currency", "", "Assumed: NOK"),
    Told("klikk", "window-unstated", "response: window", "", "Assumed: calendar month"),
    Told("klikk", "undated", "source", "", "read on 2026-11-21"),
    # WP Heaven
    Told("wp-heaven", "window-unstated", "website: window", "", "Assumed: calendar month", "The document reduces the "),
    Told("wp-heaven", "unstated", "claims: needed", "", "Assumed: no", "No claim and no deadline for one is mention"),
    Told("wp-heaven", "terms-old", "source", "", "dated 2023-06-18, 1,252 days before 2026-11-21"),
    Told("wp-heaven", "contradiction", "Text", "3.1; 11.3", sentence="Uptime is defined as realised downtime"),
    Told("wp-heaven", "unclear", "Text", "11.2", sentence="Only downtime that the agreement covers is compens"),
    Told("wp-heaven", "unclear", "Text", "11.2; 11.3", sentence="The price is reduced for the period concerned"),
    Told("wp-heaven", "no-answer-times", "support", "4.1; 5.1", "a ticket without an answer is no breach"),
    Told("wp-heaven", "maintenance-unlimited", "website", "10.1", "a whole window of it announced 48h ahead"),
    Told("wp-heaven", "worst-free", "website", "11.3", "99.5 % (3h36m of 30 days)"),
    Told(
        "wp-heaven",
        "lost-time",
        "website",
        "11.3",
        "1h: no credit; 4h: 0.055 %, 0.1 times the fee",
    ),
    # klink.cloud
    Told(
        "klink-cloud",
        "silence",
        "Question: emergency maintenance",
        "2; 5",
        "maintenance excluded: scheduled (counts); scheduled and emergency (excluded)",
        "Does emergency maintenance count as downtime?",
    ),
    Told("klink-cloud", "unclear", "Question: notice", "2; 5", "maintenance for scheduled: announced 48h ahead; "),
    Told(
        "klink-cloud",
        "best-effort",
        "platform",
        "1; 2",
        "99.5 % per calendar month: no credit even at 0 %",
        tiers="starter, growth",
    ),
    Told("klink-cloud", "best-effort", "response", "1; 3", "answered within 4h (P1), 1bd", tiers="starter, growth"),
    Told("klink-cloud", "changes-at-once", "contract", "8", "notice of a change: none"),
    Told(
        "klink-cloud",
        "business-day-undefined",
        "response",
        "3",
        "within 2h (P1), 4h (P2), 1bd (P3), 2bd (P4). Assumed: Monday to Friday, no holidays",
        tiers="enterprise",
    ),
    Told("klink-cloud", "contradiction", "Text", "1; 3", sentence="Support is around the clock for everybody"),
    Told("klink-cloud", "unclear", "Text", "6", sentence='Customers "may be" eligible', tiers="enterprise"),
    Told("klink-cloud", "unclear", "Text", "2; 7", sentence="Only faults inside the provider's own infrastr"),
    Told("klink-cloud", "unstated", "currency", "", "Assumed: USD"),
    Told("klink-cloud", "unstated", "support: business days", "", "Assumed: Mon–Fri, no holidays, UTC"),
    Told("klink-cloud", "no-remedy", "response", "3", "answered within 2h (P1), 4h (P2), 1bd", tiers="enterprise"),
    Told("klink-cloud", "measurement-unstated", "measurement", ""),
    Told("klink-cloud", "formula-missing", "platform", "2", "99.9 % per calendar month", tiers="enterprise"),
    Told("klink-cloud", "broad-exclusion", "platform", "2", "a month without service, by a supplier's fault, is 100 %"),
    Told("klink-cloud", "future-invoice", "platform", "6", tiers="enterprise"),
    Told("klink-cloud", "worst-free", "platform", "6", "99.9 % (43m12s of 30 days)", tiers="enterprise"),
    Told("klink-cloud", "worst-free", "platform", "2", "0 % (30d of 30 days)", tiers="starter, growth"),
    Told(
        "klink-cloud",
        "lost-time",
        "platform",
        "6",
        "1h: 5 %, 36 times the fee for the time lost; 4h: 5 %, 9 times the fee for the time lost; 1d: 10 %, 3 times",
        tiers="enterprise",
    ),
    Told("klink-cloud", "tier-adds-nothing", "starter → growth", "", "the same targets, the same", tiers="growth"),
    Told("klink-cloud", "undated", "source", ""),
    # Cloudworkz
    Told(
        "cloudworkz",
        "printed-differs",
        "vm",
        "VM uptime",
        "99.9 % allows 1m26.4s; 1m30s would be 99.8958 %",
        "The text prints 1m30s of downtime in a day",
    ),
    Told(
        "cloudworkz",
        "printed-differs",
        "vm",
        "VM uptime",
        "99.9 % allows 8h45m36s; 9h would be 99.8972 %",
        "The text prints 9h of downtime in a year of 365 days",
    ),
    Told(
        "cloudworkz",
        "contradiction",
        "Question: VM RPO",
        BACKUPS,
        "recovery for vm: at most 60m of data lost, back within 240m (60m); at most 120m of data lost, back within",
    ),
    Told(
        "cloudworkz",
        "window-unstated",
        "Question: window",
        "Basic service; VM uptime",
        "downtime allowed: 43m12s in a calendar month (month); 1m26.4s in a day (day); 8h45m36s in a calendar year",
    ),
    Told(
        "cloudworkz",
        "no-remedy",
        "network, vm",
        "Basic service; VM uptime",
        "99.9 % per calendar month: no credit is due for a breach",
    ),
    Told("cloudworkz", "worst-free", "network, vm", "Basic service; VM uptime", "0 % (30d of 30 days)"),
    Told("cloudworkz", "best-effort", "recovery vm", BACKUPS, "at most 60m of data lost, back within 240m"),
    Told("cloudworkz", "best-effort", "recovery datacenter", BACKUPS, "at most 24h of data lost, back within 48h"),
    Told("cloudworkz", "maintenance-unannounced", "network, vm", "VM uptime"),
    Told("cloudworkz", "unstated", "maintenance: scheduled: notice", "", "Assumed: none"),
    Told("cloudworkz", "backup-kept-at-most", "backup archive", BACKUPS, "kept between 0d and 90d"),
    Told(
        "cloudworkz",
        "backup-too-rare",
        "recovery vm",
        f"{BACKUPS}; Basic service",
        "at most 60m of data lost, a backup every 1d",
    ),
    Told("cloudworkz", "unclear", "Text", "VM uptime", sentence='The provider "can provide" 99.9 %'),
    Told("cloudworkz", "suspended", "contract", "Terms of the agreement", "Nothing is guaranteed while the customer"),
    Told("cloudworkz", "auto-renewal", "contract", "Terms of the agreement", "to stop it, write 60d before the end"),
    Told("cloudworkz", "no-answer-times", "support", "Support and help desk"),
    Told("cloudworkz", "undated", "source", ""),
]


@pytest.mark.parametrize(
    "told", DOCUMENTS, ids=lambda told: f"{told.policy} {told.code} {told.about} {told.figure}"[:90]
)
def test_a_buyer_is_told_of_the_document(told: Told) -> None:
    rows = found_in(told.policy).filter(code=told.code, about=told.about, clauses=told.clauses)
    if told.tiers:
        rows = rows.filter(tiers=told.tiers)
    assert [
        row for row in rows.iter_rows(named=True)
        if row["figure"].startswith(told.figure) and row["sentence"].startswith(told.sentence)
    ], found_in(told.policy).filter(code=told.code).rows()  # fmt: skip


def test_the_clock_of_klikk_starts_at_the_ticket() -> None:
    told = found_in("klikk").filter(code="clock-at-report", about=FOUR).row(0, named=True)
    assert told["figure"] == "a 60-minute outage reported after 45 minutes counts as 15"
    assert set(told["clauses"].split("; ")) == {"Table 2, DT", "3.1.2", "3.2.3"}


def test_an_hour_that_is_reported_after_45_minutes_counts_as_15_indeed() -> None:
    started = at("2026-06-10T10:00", "Europe/Oslo")
    outage = down(started, HOUR, reported=started + 45 * MINUTE, component="network")
    review = judged("klikk", [outage], subscriptions=[holder("klikk", currency="NOK", tier="gold")])
    assert seconds_by_verdict(review, "network") == {"before_clock_start": 45 * 60, "counted": 15 * 60}


ABSENT = [
    ("wp-heaven", "no-remedy"), ("wp-heaven", "measurement-unstated"), ("wp-heaven", "formula-missing"),
    ("wp-heaven", "undated"), ("wp-heaven", "cap-reach"), ("wp-heaven", "cap-at-once"), ("wp-heaven", "claim-short"),
    ("wp-heaven", "claim-closes-early"), ("wp-heaven", "missed-unpaid"),
    ("klink-cloud", "claim-closes-early"), ("klink-cloud", "claim-short"), ("klink-cloud", "band-gap"),
    ("klink-cloud", "missed-unpaid"), ("klink-cloud", "paid-though-met"), ("klink-cloud", "better-pays-more"),
    ("klink-cloud", "clock-at-report"), ("klink-cloud", "saturated"), ("klink-cloud", "no-answer-times"),
    ("klikk", "formula-missing"), ("klikk", "paid-though-met"), ("klikk", "better-pays-more"),
    ("klikk", "changes-at-once"), ("klikk", "cap-at-once"), ("klikk", "tier-promises-less"),
    ("klikk", "business-day-undefined"), ("cloudworkz", "lost-time"), ("cloudworkz", "claim-short"),
    ("cloudworkz", "business-day-undefined"), ("cloudworkz", "broad-exclusion"), ("cloudworkz", "changes-at-once"),
]  # fmt: skip


@pytest.mark.parametrize(("policy", "code"), ABSENT)
def test_a_buyer_is_not_told_what_the_document_gives_no_cause_for(policy: str, code: str) -> None:
    assert found_in(policy).filter(code=code).is_empty()


def test_maintenance_that_needs_no_notice_is_not_said_to_be_announced() -> None:
    """Infrastructure of Klikk: scheduled maintenance needs 36 hours of notice, emergency maintenance none."""
    told = found_in("klikk").filter(code="maintenance-unlimited", about="infrastructure")
    assert told["clauses"].to_list() == ["Table 2, SM; Table 2, EM"]
    assert "36h" not in told["figure"].item()


def test_an_incident_has_no_availability_that_could_be_full() -> None:
    """The time for a replacement is not judged by the month: that such a month is 100 % says nothing of it."""
    told = found_in("klikk").filter(code="broad-exclusion")
    of_incidents = [row for row in told.iter_rows(named=True) if "hardware-replacement" in row["about"]]
    assert len(of_incidents) == 1
    assert "100 %" not in of_incidents[0]["figure"]


def test_a_share_of_a_components_fee_is_not_called_a_share_of_the_whole_fee() -> None:
    """Klikk's late hardware earns thirtieths of that hardware's fee."""
    found = found_in("klikk").filter(about="hardware-replacement")
    for row in found.filter(pl.col("code").is_in(["lost-time", "saturated"])).iter_rows(named=True):
        assert "component" in row["sentence"] + row["figure"], row


def test_a_question_is_told_once_with_all_that_hangs_on_it() -> None:
    """What 30 days of fees are concerns the rebate of outages for every tier of Klikk."""
    told = found_in("klikk").filter(about="Question: cap")
    assert all("Service rebate" in figure for figure in told["figure"])


def test_the_budgets_beside_those_that_cloudworkz_prints_are_exact() -> None:
    told = found_in("cloudworkz").filter(code="printed-differs")
    assert told["figure"].to_list() == [
        "99.9 % allows 1m26.4s; 1m30s would be 99.8958 %",
        "99.9 % allows 8h45m36s; 9h would be 99.8972 %",
        "1m30s in a day would be 9h7m30s in a year of 365 days, not 9h",
    ]
    day, year = 86_400, 365 * 86_400
    assert [Decimal(day) / 1000, Decimal(year) / 1000] == [Decimal("86.4"), 8 * 3600 + 45 * 60 + 36]
    implied = [100 - Fraction(100 * 90, day), 100 - Fraction(100 * 9 * 3600, year)]
    assert [int(share * 10_000) for share in implied] == [998_958, 998_972]


# --- (b) every code, with its cause and without


SOUND = """\
format: 1
id: northwind
provider: Northwind
service: Database
source: {title: Terms, language: en, updated: 2025-09-01, retrieved: 2026-01-01}
time_zone: Europe/Oslo
currency: NOK
tiers: [silver, gold]
maintenance: [{kind: scheduled, notice: 48h, clause: m}]
guarantees:
  - id: uptime
    metric: availability
    target: {silver: 99.5, gold: 99.9}
    window: 1mo
    clause: "1"
    clauses: {formula: "1.1"}
    credit: {shortfall: {credit: 1%}, clause: "2"}
  - id: response
    metric: response
    target: 95
    within: 4h
    window: 1mo
    clause: "3"
    credit: {shortfall: {credit: 1%}, clause: "4"}
claims: {within: 10d, after: window_end, payout: refund, clause: "5"}
support: {hours: {weekly: {mon-fri: ["08:00-17:00"]}}, clause: "6"}
monitor: {by: third_party, clause: "7"}
backups: [{id: copy, every: 1d, kept: 90d, clause: "8"}]
recovery: []
contract: {changes: {says: Changes are announced, notice: 30d, clause: "9"}}
noticed: []
assumed: []
readings: []
"""
Edit = tuple[str, str]

CREDIT = '    credit: {shortfall: {credit: 1%}, clause: "2"}\n'
DESK = SOUND[SOUND.index("  - id: response") : SOUND.index("claims:")]
OUTAGES = SOUND[SOUND.index("  - id: uptime") : SOUND.index("  - id: response")]
LEVELS = "target: {silver: 99.5, gold: 99.9}"
MINUTES = "  - {{id: minutes, metric: downtime, within: {}, window: 1mo, clause: z}}\n  - id: response"
CONTRACT = 'contract: {changes: {says: Changes are announced, notice: 30d, clause: "9"}}'


def schedule(terms: str) -> Edit:
    return CREDIT, f'    credit: {{{terms}, clause: "2"}}\n'


def bands(*rows: str) -> Edit:
    return schedule(f"bands: [{', '.join(rows)}]")


def question(kind: str, setting: str) -> Edit:
    answers = f"{{a: {{because: A}}, b: {{because: B, set: {{{setting}}}}}}}"
    return "readings: []", f"readings: [{{id: q, question: Which?, kind: {kind}, clauses: [x, y], answers: {answers}, default: a}}]"  # noqa: E501  # fmt: skip


def around(term: str) -> Edit:
    return CONTRACT, CONTRACT.removesuffix("}") + f", {term}}}"


def left_out(kinds: str) -> Edit:
    return "    window: 1mo\n", f"    window: 1mo\n    exclude: {{{kinds}}}\n"


def printed(downtime: str) -> Edit:
    clause = '    clause: "1"\n'
    return clause, f"{clause}    printed: [{{per: 1mo, downtime: {downtime}, clause: p}}]\n"


class Case(NamedTuple):
    """Edits of the sound policy that give a cause, those that mend it again, and what is then told."""

    edits: list[Edit]
    figure: str
    clauses: str
    mended: list[Edit] = []


CASES: dict[str, Case] = {
    "contradiction": Case(
        [question("contradiction", "guarantees.uptime.exclude.maintenance: [scheduled]")],
        "maintenance excluded: none (a); scheduled (b)",
        "x; y",
    ),
    "silence": Case([question("silence", "claims.within: 20d")], "claim: within 10d after the window end", "x; y"),
    "unclear": Case(
        [("noticed: []", 'noticed: [{says: Odd, kind: unclear, clauses: ["12"]}]')],
        "",
        "12",
    ),
    "window-contradicts": Case(
        [question("contradiction", "guarantees.uptime.window: 1d")],
        "downtime allowed: 3h36m in a calendar month (a); 7m12s in a day (b)",
        "x; y",
    ),
    "window-unstated": Case(
        [question("silence", "guarantees.uptime.window: 1y")],
        "downtime allowed: 43m12s in a calendar month (a); 8h45m36s in a calendar year (b)",
        "x; y",
    ),
    "paid-though-met": Case(
        [bands("{to: 99.9, credit: 5%}")],
        "5 % at 99.9 %",
        "2",
        [bands("{below: 99.5, credit: 5%}"), (LEVELS, "target: 99.5")],
    ),
    "missed-unpaid": Case(
        [bands("{below: 99, credit: 5%}"), (LEVELS, "target: 99.9")],
        "without credit at 99.45 %, and down to 99 %",
        "1; 2",
        [bands("{below: 99.9, credit: 5%}"), (LEVELS, "target: 99.9")],
    ),
    "better-pays-more": Case(
        [bands("{below: 99.5, credit: 10%}", "{below: 99, credit: 5%}")],
        "10 % at ",
        "2",
        [bands("{below: 99.5, credit: 5%}", "{below: 99, credit: 10%}")],
    ),
    "band-gap": Case(
        [bands("{from: 98, to: 99.8, credit: 5%}", "{to: 97.99, credit: 10%}")],
        "at 97.995 % no band applies",
        "2",
        [bands("{from: 98, to: 99.8, credit: 5%}", "{to: 98, credit: 10%}")],
    ),
    "band-overlap": Case(
        [bands("{from: 98, to: 99.8, credit: 5%}", "{to: 98.5, credit: 10%}")],
        "at 98.25 % both 10 % and 5 %",
        "2",
        [bands("{from: 98.5, to: 99.8, credit: 5%}", "{to: 98.499999, credit: 10%}")],
    ),
    "band-order": Case(
        [bands("{from: 95, to: 97, credit: 10%}", "{from: 98, to: 99, credit: 5%}", "{to: 94, credit: 50%}")],
        "95 to 97; 98 to 99; 0 to 94",
        "2",
        [bands("{from: 98, to: 99, credit: 5%}", "{from: 95, to: 97, credit: 10%}", "{to: 94, credit: 50%}")],
    ),
    "caps-disagree": Case(
        [schedule("multiple: 10, caps: [{per: window, at_most: 10%}, {per: window, at_most: 20%, clause: k}]")],
        "at most 10 % of the monthly fee for one window, and at most 20 % of the monthly fee for one window",
        "2; k",
        [schedule("multiple: 10, caps: [{per: window, at_most: 10%}, {per: term, at_most: 20%, clause: k}]")],
    ),
    "printed-differs": Case(
        [printed("44m")],
        "99.9 % allows 43m12s; 44m would be 99.8981 %",
        "p",
        [printed("43m12s"), (LEVELS, "target: 99.9")],
    ),
    "claim-closes-early": Case(
        [("after: window_end", "after: incident_end")],
        "for an outage on the first day of the window, 20d before the window ends (within 10d after the incident ends)",
        "5",
    ),
    "backup-too-rare": Case(
        [("recovery: []", "recovery: [{id: vm, rpo: 1h, commitment: best_effort, clause: r}]")],
        "at most 1h of data lost, a backup every 1d",
        "r; 8",
        [
            ("recovery: []", "recovery: [{id: vm, rpo: 1h, commitment: best_effort, clause: r}]"),
            ("every: 1d", "every: 1h"),
        ],
    ),
    "no-remedy": Case([(CREDIT, "")], "99.9 % per calendar month: no credit is due for a breach", "1"),
    "unstated": Case(
        [("assumed: []", "assumed: [{term: time_zone, value: UTC, because: None is named}]")], "Assumed: UTC", ""
    ),
    "formula-missing": Case([('    clauses: {formula: "1.1"}\n', "")], "99.5 % per calendar month", "1"),
    "measurement-unstated": Case([('monitor: {by: third_party, clause: "7"}\n', "")], "ask the provider to name", ""),
    "business-day-undefined": Case(
        [("within: 4h", "within: 2bd"), ('hours: {weekly: {mon-fri: ["08:00-17:00"]}}, ', "")],
        "within 2bd. Assumed: Monday to Friday, no holidays",
        "3",
        [("within: 4h", "within: 2bd")],
    ),
    "no-answer-times": Case([(DESK, "")], "a ticket without an answer is no breach", "6"),
    "backup-kept-at-most": Case([("kept: 90d", "kept: {to: 90d}")], "kept between 0d and 90d", "8"),
    "best-effort": Case(
        [("    window: 1mo\n", "    window: 1mo\n    commitment: best_effort\n")],
        "99.5 % per calendar month: no credit even at 0 %",
        "1",
    ),
    "clock-at-report": Case(
        [("    window: 1mo\n", "    window: 1mo\n    clock: reported\n")],
        "a 60-minute outage reported after 45 minutes counts as 15",
        "1",
    ),
    "short-outages-free": Case(
        [("    window: 1mo\n", "    window: 1mo\n    minimum: 5m\n")], "an outage of 4m59s counts as 0s", "1"
    ),
    "part-down-free": Case(
        [("    window: 1mo\n", "    window: 1mo\n    at_once: 2\n")],
        "1 of its components down for a whole window counts as 0s",
        "1",
    ),
    "part-down-shared": Case(
        [("    window: 1mo\n", "    window: 1mo\n    components: [web, db, disk]\n    combine: mean\n")],
        "one of 3 components down for 60 minutes counts as 20m",
        "1",
    ),
    "maintenance-unlimited": Case(
        [left_out("maintenance: [scheduled]")], "a whole window of it announced 48h ahead leaves 0 %", "m"
    ),
    "maintenance-limited": Case(
        [left_out("maintenance: [scheduled]"), ("notice: 48h, ", "notice: 48h, allowance: {at_most: 4h}, ")],
        "with it and the uptime budget, 98.9444 % remain in the worst case",
        "m",
        [left_out("maintenance: [scheduled]")],
    ),
    "maintenance-unannounced": Case(
        [left_out("maintenance: [scheduled]"), ("notice: 48h, ", "")],
        "announced as it begins, an outage of an hour counts as 0s",
        "m",
        [left_out("maintenance: [scheduled]")],
    ),
    "provider-measures": Case(
        [("by: third_party", "by: provider")], "an outage that it does not record does not count", "7"
    ),
    "provider-ranks": Case([('clause: "6"', 'ranked_by: Northwind, clause: "6"')], "Northwind", "6"),
    "broad-exclusion": Case(
        [left_out("causes: [customer, third_party]")],
        "a month without service, by a supplier's fault, is 100 % (excluded: customer, third party)",
        "1",
        [left_out("causes: [customer, force_majeure]")],
    ),
    "future-invoice": Case(
        [("payout: refund", "payout: future_invoice")], "a customer who leaves after a bad month", "5"
    ),
    "sole-remedy": Case([around("sole_remedy: {says: Nothing else is owed, clause: s}")], "Nothing else is owed", "s"),
    "changes-at-once": Case([("notice: 30d, ", "")], "notice of a change: none. Changes are announced", "9"),
    "claim-short": Case(
        [("within: 10d", "within: 6d")], "within 6d after the window ends", "5", [("within: 10d", "within: 7d")]
    ),
    "claim-requires": Case(
        [("within: 10d", "within: 10d, requires: [{id: paid, says: All invoices are paid., clause: p}]")],
        "All invoices are paid",
        "p",
    ),
    "flat-credit": Case([schedule("flat: 5%")], "5 % of the monthly fee, reached below 99.5 % and for a window", "2"),
    "largest-credit": Case(
        [bands("{below: 99.5, credit: 5%}", "{below: 99, credit: 10%}")],
        "10 % of the monthly fee, reached below 99 %",
        "2",
    ),
    "cap-at-once": Case(
        [schedule("flat: 5%, caps: [{per: term, at_most: 5%, clause: k}]")],
        "at most 5 % of the monthly fee over the contract term; the smallest credit is 5 % of the monthly fee",
        "k",
        [schedule("flat: 5%, caps: [{per: term, at_most: 6%, clause: k}]")],
    ),
    "cap-never-bites": Case(
        [schedule("multiple: 1, caps: [{per: window, at_most: 100%}]")],
        "at most 100 % of the monthly fee for one window; the largest credit is 100 %",
        "2",
        [schedule("multiple: 2, caps: [{per: window, at_most: 100%}]")],
    ),
    "cap-reach": Case(
        [schedule("multiple: 1, caps: [{per: term, at_most: 250%}]")],
        "at most 250 % of the monthly fee over the contract term: reached by 3 of them",
        "2",
        [schedule("multiple: 1, caps: [{per: window, at_most: 50%}]")],
    ),
    "rolling-window": Case(
        [("    window: 1mo\n", "    window: {rolling: 30d}\n")],
        "judged at the end of each day over rolling 30 days. Assumed: one credit",
        "1",
    ),
    "late-start": Case(
        [("tiers: [silver", "begins: {wait: next_month, clause: b}\ntiers: [silver")], "a service that starts on 1", "b"
    ),
    "suspended": Case(
        [around("suspension: {says: While invoices are open, clause: s}")], "While invoices are open", "s"
    ),
    "auto-renewal": Case(
        [around("renewal: {renews: same_length, notice: 60d, clause: t}")],
        "to stop it, write 60d before the end",
        "t",
        [around("renewal: {renews: none, clause: t}")],
    ),
    "tier-promises-less": Case(
        [(LEVELS, "target: {silver: 99.9, gold: 99.5}")],
        "Uptime: 99.9 % per calendar month, and then 99.5 % per calendar month",
        "1",
    ),
    "tier-adds-nothing": Case([(LEVELS, "target: 99.9")], "the same targets, the same credits", ""),
    "terms-old": Case(
        [("updated: 2025-09-01", "updated: 2024-12-31")],
        "dated 2024-12-31, 366 days before 2026-01-01",
        "",
        [("updated: 2025-09-01", "updated: 2025-01-01")],
    ),
    "undated": Case([("updated: 2025-09-01, ", "")], "read on 2026-01-01", ""),
    "read-in-part": Case([("language: en", "language: en, read: excerpt")], "read on 2026-01-01; not read: ", ""),
    "right": Case(
        [
            (
                "readings: []",
                'rights: [{id: end, says: leave, for: [uptime], when: {streak: 3}, clause: "5"}]\nreadings: []',
            )
        ],
        "leave, from the third breached window in a row on",
        "5",
    ),
    "not-read": Case([("updated: 2025-09-01, ", "read: excerpt, ")], "read on 2026-01-01", ""),
    "worst-free": Case(
        [],
        "99.5 % (3h36m of 30 days)",
        "2",
        [(OUTAGES, ""), ('    credit: {shortfall: {credit: 1%}, clause: "4"}\n', "")],
    ),
    "lost-time": Case([], "1h: no credit; 4h: 0.055 %, 0.1 times the fee for the time lost", "2", [(CREDIT, "")]),
    "limits-differ": Case(
        [("  - id: response", MINUTES.format("40m"))],
        "99.5 % allows 3h36m in a calendar month, and minutes allows 40m",
        "1; z",
        [(LEVELS, "target: 99.5"), ("  - id: response", MINUTES.format("3h36m"))],
    ),
    "points-unreachable": Case(
        [schedule("flat: 2 points, points: {bands: [{from: 1, credit: 5%}, {from: 3, credit: 10%}]}")],
        "10% from 3 points on, and a window has at most 2",
        "2",
        [schedule("flat: 3 points, points: {bands: [{from: 1, credit: 5%}, {from: 3, credit: 10%}]}")],
    ),
    "hours-excluded": Case(
        [("    window: 1mo\n", '    window: 1mo\n    hours: {weekly: {mon-fri: ["09:00-17:00"]}}\n')],
        "75.5 % of the time is outside them, and an outage then counts as 0s",
        "1",
    ),
    "partial-full": Case(
        [("    window: 1mo\n", "    window: 1mo\n    partial: full\n")],
        "with half of it left, 3h36m are still allowed: 99 % of that time",
        "1",
    ),
    "earned-back": Case(
        [schedule("shortfall: {credit: 1%}, earn_back: {windows: 3, clause: e}")],
        "given back: 100 % after 3 windows",
        "e",
    ),
    "fee-of-other-span": Case(
        [schedule("flat: 10%, of: quarterly_fee")],
        "10 % of it, the most for one outage, is 30 % of the fee for that time",
        "2",
        [schedule("flat: 10%, of: window_fee")],
    ),
    "beyond-the-fee": Case(
        [schedule("multiple: 2")],
        "up to 200 % of the fee for a calendar month",
        "2",
        [schedule("multiple: 2, caps: [{per: window, at_most: 100%}]")],
    ),
    "saturated": Case([schedule("multiple: 10")], "1000 % of the monthly fee, reached at 0 %", "2"),
}


def edited(edits: list[Edit]) -> Policy:
    text = SOUND
    for before, after in edits:
        assert before in text, before
        text = text.replace(before, after, 1)
    return parse_policy(text, name="northwind.yaml")


def test_every_code_has_a_case_and_a_severity() -> None:
    assert sorted(CASES) == sorted(CODES)
    assert {severity for severity, _ in CODES.values()} == set(SEVERITIES)


def of_terms(terms: str, code: str) -> tuple[str, str]:
    """Return the sentence and the figure of a finding about a guarantee with these terms."""
    found = findings(edited([("    window: 1mo\n", f"    window: 1mo\n{terms}")])).filter(code=code)
    return found.select("sentence", "figure").row(0)


def test_an_outage_of_exactly_the_limit_is_excluded_where_it_must_be_longer() -> None:
    assert of_terms("    minimum: {above: 5m}\n    join_gaps: 10m\n", "short-outages-free") == (
        "Outages of 5m or less are excluded, however many there are if at least 10m lies between them",
        "an outage of 5m counts as 0s",
    )


def test_entries_of_one_kind_of_maintenance_are_told_apart() -> None:
    edits = [left_out("maintenance: [scheduled]")]
    edits += [("[{kind: scheduled", "[{id: day, kind: scheduled, clause: d}, {id: night, kind: scheduled")]
    found = findings(edited(edits))
    assert found.filter(code="maintenance-unlimited")["sentence"].to_list() == [
        "Scheduled (day) and scheduled (night) maintenance are excluded, and have no limit"
    ]
    assert found.filter(code="maintenance-unannounced")["sentence"].to_list() == [
        "Scheduled (day) maintenance is excluded, and needs no notice"
    ]


def test_a_clock_that_only_a_late_report_moves() -> None:
    assert of_terms("    clock: reported\n    grace: 24h\n", "clock-at-report") == (
        "The clock of an outage starts when it is reported, if that is more than 24h after the failure. "
        "The time before is excluded",
        "an outage of 1d1h reported after 1d45m counts as 15m",
    )


def test_of_a_sound_policy_only_its_worth_is_told() -> None:
    assert set(findings(edited([]))["code"]) == {"worst-free", "lost-time"}


@pytest.mark.parametrize("code", CODES)
def test_a_finding_stands_while_its_cause_does(code: str) -> None:
    case = CASES[code]
    found = findings(edited(case.edits)).filter(code=code)
    assert [row for row in found.iter_rows(named=True) if row["figure"].startswith(case.figure)], found.rows()
    first = next(row for row in found.iter_rows(named=True) if row["figure"].startswith(case.figure))
    assert (first["clauses"], first["severity"]) == (case.clauses, CODES[code][0])
    assert first["sentence"]


@pytest.mark.parametrize(
    ("per", "downtime"), [("1mo", "21m54s"), ("1mo", "22m19s"), ("1y", "4h22m58s"), ("1d", "43s"), ("1d", "44s")]
)
def test_a_printed_figure_of_a_usual_month_or_year_follows_from_the_target(per: str, downtime: str) -> None:
    """An average month has 30.4375 days, and a part of a second is left out in print."""
    clause = '    clause: "1"\n'
    shown = f"{clause}    printed: [{{per: {per}, downtime: {downtime}, clause: p}}]\n"
    codes = set(findings(edited([(LEVELS, "target: 99.95"), (clause, shown)]))["code"])
    assert "printed-differs" not in codes


def test_two_printed_figures_of_the_same_level_do_not_disagree() -> None:
    clause = '    clause: "1"\n'
    both = "[{per: 1d, downtime: 43s, clause: p}, {per: 1mo, downtime: 21m54s, clause: p}]"
    shown = f"{clause}    printed: {both}\n"
    assert "printed-differs" not in set(findings(edited([(LEVELS, "target: 99.95"), (clause, shown)]))["code"])


@pytest.mark.parametrize("code", CODES)
def test_a_finding_is_gone_with_its_cause(code: str) -> None:
    assert code not in set(findings(edited(CASES[code].mended))["code"])


def test_the_cause_of_one_finding_is_the_cause_of_few_others() -> None:
    """Each edit brings its own finding, and of the others only those that follow from the same words."""
    follows = {
        "best-effort": {"tier-promises-less"},
        "contradiction": set(),
        "unclear": set(),
        "unstated": set(),
        "measurement-unstated": set(),
        "provider-measures": set(),
        "provider-ranks": set(),
        "sole-remedy": set(),
        "changes-at-once": set(),
        "clock-at-report": set(),
        "auto-renewal": set(),
        "terms-old": set(),
        "undated": set(),
        "backup-kept-at-most": set(),
        "maintenance-unlimited": set(),
        "broad-exclusion": set(),
        "late-start": set(),
        "suspended": set(),
        "future-invoice": set(),
        "claim-closes-early": set(),
        "formula-missing": set(),
        "short-outages-free": set(),
        "part-down-free": set(),
        "part-down-shared": set(),
        "no-answer-times": set(),
        "backup-too-rare": {"best-effort"},
        "flat-credit": set(),
        "maintenance-unannounced": {"maintenance-unlimited"},
    }
    for code, others in follows.items():
        told = set(findings(edited(CASES[code].edits))["code"]) - {"worst-free", "lost-time", code}
        assert told <= others, code


# --- (c) money as an assessment awards it


def money_of(policy: Policy) -> dict[str, list[str]]:
    """Codes about money with their figures."""
    codes = ("worst-free", "missed-unpaid", "largest-credit", "better-pays-more", "paid-though-met")
    found = findings(policy)
    return {code: found.filter(code=code)["figure"].to_list() for code in codes if code in set(found["code"])}


HOLES = "{from: 90, below: 99.8, credit: 10%}", "{below: 89.9, credit: 20%}"


def test_each_hole_under_a_target_is_told_the_one_just_under_it_first() -> None:
    assert money_of(of_bands(*HOLES))["missed-unpaid"] == [
        "without credit at 99.85 %, and down to 99.8 %",
        "without credit at 89.95 %, and down to 89.9 %",
    ]


@pytest.mark.parametrize("measured", ["{by: ratio}", "{by: mean, slice: 5m}"])
def test_an_availability_from_measurements_has_the_findings_of_one_from_outages(measured: str) -> None:
    bands = f"bands: [{', '.join(HOLES)}]"
    from_outages = money_of(contract(f"target: 99.9, credit: {{{bands}, clause: c}}"))
    found = money_of(contract(f"target: 99.9, measured: {measured}, credit: {{{bands}, clause: c}}"))
    assert found["missed-unpaid"] == from_outages["missed-unpaid"]
    assert found["worst-free"] == ["89.9 %"]
    assert set(found) == set(from_outages)


@pytest.mark.parametrize("how", ["rounded: {downtime: {to: 1m, how: down}}", "unit: 1m"])
def test_what_is_rounded_off_costs_the_provider_nothing(how: str) -> None:
    policy = contract(f"target: 99.9, {how}, credit: {{flat: 10%, clause: c}}")
    assert money_of(policy)["worst-free"] == ["99.898149 % (43m59.999999s of 30 days)"]


def test_the_worst_free_level_is_of_the_service_hours() -> None:
    policy = contract(
        'target: 99, hours: {weekly: {mon-fri: ["09:00-17:00"]}}, '
        "credit: {accrual: {credit: 5%, per: 1h, count: complete, after: 4h}, clause: c}"
    )
    assert money_of(policy)["worst-free"] == ["97.159091 % (4h59m59.999999s of 176 service hours)"]


NET = "{of: {components: [power]}, for: [net], accrual: {credit: 5%, per: 30m, count: complete}, clause: n}"
HOST = "{for: [host], accrual: {credit: 5%, per: 1h, count: complete, after: 1h, each: incident}, clause: h}"


@pytest.mark.parametrize("credits", [[NET, HOST], [HOST, NET]])
def test_each_guarantee_is_told_by_the_schedule_that_it_earns(credits: list[str]) -> None:
    policy = parse_policy(TWO_SCHEDULES.format(", ".join(credits)))
    found = findings(policy)
    told = {row["about"]: row for row in found.filter(code="lost-time").iter_rows(named=True)}
    assert told["net"]["sentence"].startswith("Credit due for one outage, of the monthly fee of power")
    assert told["host"]["sentence"].startswith("Credit due for one outage, of the monthly fee, ")
    assert {name: row["clauses"] for name, row in told.items()} == {"net": "n", "host": "h"}
    late = found.filter(code="missed-unpaid", about="host")["figure"][0]
    assert late == "1h are guaranteed, credits run from 1h on; anything shorter than 2h is without credit"


TWO_SCHEDULES = """\
format: 1
id: two
provider: Two
service: Hosting
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
guarantees:
  - {{id: net, metric: availability, target: 100, components: [net], window: 1mo, clause: g}}
  - {{id: host, metric: replacement, within: 1h, components: [host], window: incident, clause: g}}
remedies: [{{id: both, for: [net, host], credit: [{}]}}]
"""


# --- (d) figures that are true


def only(policy: Policy, code: str) -> str:
    """Figure of the one finding of a code."""
    return str(findings(policy).filter(code=code)["figure"].item())


def earned(terms: Terms, levels: list[Fraction | str]) -> list[Fraction]:
    """What an outage that leaves exactly these levels earns. [percent]"""
    lengths = [(100 - Fraction(level)) * (MONTH // MICROSECOND) / 100 for level in levels]
    assert all(length.denominator == 1 for length in lengths)
    asked = [credit_curve(terms, at=[int(length) * MICROSECOND]) for length in lengths]
    return [Fraction(curve["credit_percent"].item()) for curve in asked]


def witnesses(figure: str) -> list[tuple[Fraction, Fraction]]:
    """Credit and level of every `5 % at 99 %` or `no credit at 99 %` of a figure."""
    told = re.findall(r"(no credit|[\d.]+ %) at ([\d.]+) %", figure)
    return [(Fraction(level), Fraction(0 if due == "no credit" else due.removesuffix(" %"))) for due, level in told]


def of_bands(*rows: str, target: str = "99.9") -> Policy:
    return contract(f"target: {target}, credit: {{bands: [{', '.join(rows)}], clause: k}}")


CLIMBING = {
    "a gap between ranges": of_bands("{from: 98, to: 99.8, credit: 5%}", "{to: 97.99, credit: 10%}"),
    "a band that pays less": of_bands("{below: 99.9, credit: 10%}", "{below: 99, credit: 5%}"),
    "a band that pays less, in the middle": of_bands(
        "{below: 99.9, credit: 10%}", "{below: 99, credit: 5%}", "{below: 95, credit: 50%}"
    ),
    "a longer outage that pays less": of_bands(
        "{outage: {above: 1h}, credit: 10%}", "{outage: {above: 5h}, credit: 5%}"
    ),
}


@pytest.mark.parametrize("policy", CLIMBING.values(), ids=CLIMBING)
def test_where_a_better_level_pays_more_both_levels_earn_what_is_told(policy: Policy) -> None:
    (better, more), (worse, less) = witnesses(only(policy, "better-pays-more"))
    assert better > worse
    assert more > less
    assert earned(policy.terms(), [better, worse]) == [more, less]


PAID = {
    "a closed band up to the target": of_bands("{to: 99.9, credit: 5%}"),
    "a closed band beyond the target": of_bands("{to: 99.95, credit: 5%}"),
    "an open band beyond the target": of_bands("{below: 99.95, credit: 5%}"),
    "a length within the budget": of_bands("{outage: {above: 10m}, credit: 5%}"),
}


@pytest.mark.parametrize("policy", PAID.values(), ids=PAID)
def test_where_a_kept_promise_pays_the_level_told_keeps_it_and_earns(policy: Policy) -> None:
    ((level, due),) = witnesses(only(policy, "paid-though-met"))
    assert level >= Fraction("99.9")
    assert due == 5
    assert earned(policy.terms(), [level]) == [5]


UNPAID = {
    "nothing before the first band": (of_bands("{below: 99, credit: 5%}"), "99.45", "99"),
    "a gap below a band that pays": (
        of_bands("{from: 99, to: 99.9, credit: 5%}", "{to: 98.9, credit: 10%}"),
        None,
        None,
    ),
    "a gap and a late first band": (of_bands("{from: 98, to: 99, credit: 5%}", "{to: 96.9, credit: 10%}"), None, None),
    "a first whole hour": (
        contract("target: 99.9, credit: {accrual: {credit: 5%, per: 1h, count: complete}, clause: k}"),
        None,
        None,
    ),
}


@pytest.mark.parametrize(("policy", "between", "down_to"), UNPAID.values(), ids=UNPAID)
def test_where_a_miss_earns_nothing_both_levels_told_are_missed_and_earn_nothing(
    policy: Policy, between: str | None, down_to: str | None
) -> None:
    figures = findings(policy).filter(code="missed-unpaid")["figure"].to_list()
    assert figures
    for figure in figures:
        levels = re.findall(r"([\d.]+) %", figure)
        assert len(levels) == 2
        assert levels == [between or levels[0], down_to or levels[1]]
        assert all(Fraction(level) < Fraction("99.9") for level in levels)
        assert earned(policy.terms(), levels) == [0, 0]


def test_at_a_level_between_two_bands_nothing_is_due() -> None:
    policy = of_bands("{from: 98, to: 99.8, credit: 5%}", "{to: 97.99, credit: 10%}")
    assert only(policy, "band-gap") == "at 97.995 % no band applies"
    assert earned(policy.terms(), ["97.99", "97.995", "98"]) == [10, 0, 5]


def test_a_level_that_a_wider_band_covers_is_in_no_gap() -> None:
    policy = of_bands("{from: 96, to: 99.8, credit: 5%}", "{from: 90, to: 92, credit: 60%}", "{to: 95, credit: 50%}")
    assert earned(policy.terms(), ["94", "95.5"]) == [50, 0]
    assert only(policy, "band-gap") == "at 95.5 % no band applies"


def test_bands_that_overlap_beyond_a_neighbour_are_found() -> None:
    """From 95 to 98 both 50 % and 5 % are printed; the band of 90 to 92 lies between them in the order."""
    policy = of_bands("{from: 95, to: 99.8, credit: 5%}", "{from: 90, to: 92, credit: 50%}", "{to: 98, credit: 50%}")
    assert "band-overlap" in set(findings(policy)["code"])


def test_bands_that_touch_overlap_at_exactly_their_edge() -> None:
    policy = of_bands("{from: 99, to: 99.8, credit: 5%}", "{to: 99, credit: 10%}")
    assert only(policy, "band-overlap") == "at exactly 99 % both 10 % and 5 %"


FREE = {
    "strict bands": (of_bands("{below: 99.9, credit: 5%}", "{below: 99, credit: 10%}"), "99.9 % (43m12s of 30 days)"),
    "a band that begins late": (of_bands("{below: 99, credit: 5%}"), "99 % (7h12m of 30 days)"),
    "a shortfall": (
        contract("target: 99.5, credit: {shortfall: {credit: 1%}, clause: k}"),
        "99.5 % (3h36m of 30 days)",
    ),
    "a multiple": (contract("target: 99.9, credit: {multiple: 10, clause: k}"), "99.9 % (43m12s of 30 days)"),
    "nothing at all": (contract("target: 99.9"), "0 % (30d of 30 days)"),
    "a quarter": (contract("window: 1q, target: 99.9, credit: {flat: 5%, clause: k}"), "99.9 % (2h11m2.4s of 91 days)"),
    "a day": (contract("window: 1d, target: 99, credit: {flat: 5%, clause: k}"), "99 % (14m24s of 1 day)"),
}


@pytest.mark.parametrize(("policy", "figure"), FREE.values(), ids=FREE)
def test_the_free_availability_is_exact(policy: Policy, figure: str) -> None:
    assert only(policy, "worst-free") == figure


@pytest.mark.parametrize("policy", [*CLIMBING.values(), *PAID.values(), *(found[0] for found in UNPAID.values())])
def test_the_free_level_costs_nothing_and_every_level_below_costs_something(policy: Policy) -> None:
    level = Fraction(only(policy, "worst-free").split(" %")[0])
    below = [level - Fraction(step, 10**6) for step in (1, 2, 10, 10**4, 10**6, 10**7)]
    free, *costing = earned(policy.terms(), [level, *below, Fraction(0)])
    assert free == 0
    assert all(cost > 0 for cost in costing)


def test_a_miss_that_begins_to_pay_late_is_not_said_to_pay_at_once() -> None:
    policy = of_bands("{below: 99, credit: 5%}")
    assert earned(policy.terms(), ["99.899999", "99"]) == [0, 0]
    told = findings(policy).filter(code="flat-credit")["figure"].to_list()
    assert not [figure for figure in told if "just beyond the target" in figure]


def test_a_cap_on_a_window_bites_where_several_incidents_earn() -> None:
    """Five outages of two hours earn 25 % without the cap, which lets 20 % through: the cap is no idle one."""
    policy = contract("target: 99.9, credit: {flat: 5%, per: incident, caps: [{per: window, at_most: 20%}], clause: k}")
    outages = [down(at("2026-06-01") + number * DAY, 2 * HOUR, f"o{number}") for number in range(5)]
    assert judged(policy, outages).credits.select("amount", "cap").rows() == [(Decimal("200.00"), "window")]
    assert findings(policy).filter(code="cap-never-bites").is_empty()


def test_a_cap_on_a_window_bites_where_each_of_several_guarantees_earns() -> None:
    second = "  - {id: network, metric: availability, target: 99.9, window: 1mo, clause: c}\n"
    remedy = (
        "remedies: [{id: both, for: [uptime, network], credit: {flat: 5%, per: guarantee, clause: k}, "
        "caps: [{per: window, at_most: 8%}]}]"
    )
    policy = contract("target: 99.9", second + remedy)
    rows = judged(policy, [down(at("2026-06-01"), 2 * HOUR)]).credits.select("amount", "cap").rows()
    assert rows == [(Decimal("80.00"), "window")]
    assert findings(policy).filter(code="cap-never-bites").is_empty()


def test_what_maintenance_and_the_budget_leave_is_what_an_assessment_leaves() -> None:
    """Maintenance comes off the denominator, and so the budget is a share of what remains: 3h14m24s, not 3h36m."""
    policy = contract(
        "target: 99.5, exclude: {maintenance: [scheduled]}, denominator: less_maintenance",
        "maintenance: [{kind: scheduled, allowance: {at_most: 72h}, clause: m}]",
    )
    works = [work(at("2026-06-01"), 72 * HOUR)]
    budget = timedelta(hours=3, minutes=14, seconds=24)
    outages = [down(at("2026-06-01"), 72 * HOUR, "works"), down(at("2026-06-20"), budget, "fault")]
    kept = judged(policy, outages, maintenance=works).availability.row(0, named=True)
    assert (kept["met"], kept["availability"]) == (True, Decimal("99.5"))
    longer = [outages[0], down(at("2026-06-20"), budget + MICROSECOND, "fault")]
    assert judged(policy, longer, maintenance=works).availability["met"].to_list() == [False]
    assert (MONTH - 72 * HOUR - budget) / MONTH == pytest.approx(0.8955)
    assert "89.55 % remain" in only(policy, "maintenance-limited")


def test_maintenance_with_a_limit_is_not_called_unlimited() -> None:
    policy = contract(
        "target: 99.5, exclude: {maintenance: [scheduled]}",
        "maintenance: [{kind: scheduled, notice: 48h, allowance: {at_most: 4h}, clause: m}]",
    )
    assert "maintenance-unlimited" not in set(findings(policy)["code"])


def test_a_claim_is_too_early_by_more_than_nothing() -> None:
    policy = contract(
        "window: 1d, target: 99, credit: {flat: 5%, clause: k}",
        "claims: {within: 23h30m, after: incident_end, clause: z}",
    )
    assert "30m before the window ends" in only(policy, "claim-closes-early")


def test_a_claim_of_720_hours_closes_before_a_month_of_31_days_does() -> None:
    policy = contract(
        "target: 99.9, credit: {flat: 5%, clause: k}", "claims: {within: 720h, after: incident_end, clause: z}"
    )
    claim = judged(policy, [down(at("2026-07-01"), HOUR)], "2026-07").claims.row(0, named=True)
    assert claim["deadline"] < at("2026-08-01")
    assert "claim-closes-early" in set(findings(policy)["code"])


LOST = [("klikk", "gold", "NOK", "Europe/Oslo", FOUR), ("klink-cloud", "enterprise", "USD", "UTC", "platform"),
        ("wp-heaven", None, "DKK", "Europe/Copenhagen", "website")]  # fmt: skip


@pytest.mark.parametrize(("name", "tier", "currency", "zone", "about"), LOST, ids=[found[0] for found in LOST])
def test_what_lost_time_earns_is_what_an_assessment_awards(
    name: str, tier: str | None, currency: str, zone: str, about: str
) -> None:
    rows = findings(find_policy(name), tier=tier).filter(code="lost-time", about=about)
    told = re.findall(r"(\w+): (no credit|([\d.]+) %, ([\d.]+) times the fee for the time lost)", rows["figure"].item())
    assert [length for length, *_ in told] == ["1h", "4h", "1d"]
    for (_, _, share, times), length in zip(told, (HOUR, 4 * HOUR, DAY), strict=True):
        started = at("2026-06-10T10:00", zone)
        component = "network" if name == "klikk" else None
        outage = down(started, length, reported=started, detected=started, component=component)
        review = judged(name, [outage], subscriptions=[holder(name, "3600000", currency, tier=tier)])
        paid = Fraction(sum(review.credits["amount"], Decimal(0))) / 3_600_000
        assert int(100_000 * paid) == int(1000 * Fraction(share or 0))
        assert int(100 * (paid * (MONTH // MICROSECOND) / (length // MICROSECOND))) == int(100 * Fraction(times or 0))


# --- (c) laws


def worths() -> st.SearchStrategy[str]:
    return st.sampled_from(["0%", "1%", "5%", "12.5%", "1/30", "50%", "100%", "120%"])


EDGES = ["99.95", "99.9", "99.8", "99.5", "99", "98.9", "98.7654", "97.99", "95", "50"]


def below_bands() -> st.SearchStrategy[str]:
    falling = st.lists(st.sampled_from(EDGES), min_size=1, max_size=4, unique=True)
    return falling.flatmap(
        lambda edges: st.lists(worths(), min_size=len(edges), max_size=len(edges)).map(
            lambda credits: [
                f"{{below: {edge}, credit: {credit}}}"
                for edge, credit in zip(sorted(edges, key=Decimal, reverse=True), credits, strict=True)
            ]
        )
    ).map(lambda rows: f"bands: [{', '.join(rows)}]")


def printed_ranges() -> st.SearchStrategy[str]:
    ends = st.lists(st.sampled_from(EDGES), min_size=2, max_size=2).map(lambda pair: sorted(pair, key=Decimal))
    row = st.builds(lambda pair, credit: f"{{from: {pair[0]}, to: {pair[1]}, credit: {credit}}}", ends, worths())
    last = st.builds("{{to: {}, credit: {}}}".format, st.sampled_from(EDGES), worths())
    rows = st.lists(row, max_size=3).flatmap(lambda some: last.map(lambda one: [*some, one]))
    return rows.map(lambda some: f"bands: [{', '.join(some)}]")


def shortfalls() -> st.SearchStrategy[str]:
    rate = st.sampled_from(["{credit: 1%}", "{credit: 0.3%, from: full}", "{credit: 25%}"])
    step = st.builds(
        "{{step: {}, credit: {}, count: {}, from: {}}}".format,
        st.sampled_from(["1", "0.25", "3.3"]), worths(), st.sampled_from(["started", "complete"]),
        st.sampled_from(["target", "full"]),
    )  # fmt: skip
    return (rate | step).map("shortfall: {}".format)


def accruals() -> st.SearchStrategy[str]:
    return st.builds(
        "accrual: {{credit: {}, per: {}, count: {}, after: {}}}".format,
        worths(), st.sampled_from(["30m", "1h", "7h"]), st.sampled_from(["started", "complete", "nearest"]),
        st.sampled_from(["0m", "15m", "3h"]),
    )  # fmt: skip


@st.composite
def schedules(draw: st.DrawFn) -> Policy:
    kind = draw(below_bands() | printed_ranges() | shortfalls() | accruals())
    cap = draw(st.sampled_from(["", "caps: [{per: window, at_most: 10%}], ", "caps: [{per: window, at_most: 100%}], "]))
    target = draw(st.sampled_from(["99.9", "99.5", "99", "98.7654", "100"]))
    return contract(f"target: {target}, credit: {{{kind}, {cap}clause: k}}")


def wrongs(terms: Terms, lengths: list[timedelta]) -> set[str]:
    """What is wrong with a schedule, by the credits of many lengths of outage."""
    curve = credit_curve(terms, at=sorted(set(lengths)), fee=LOSSLESS)
    seconds, paid = curve["downtime_seconds"].to_list(), curve["amount"].to_list()
    allowed = curve["allowed_seconds"][0]
    met = [(length, amount) for length, amount in zip(seconds, paid, strict=True) if length <= allowed]
    missed = [pair for pair in zip(seconds, paid, strict=True) if pair[0] > allowed + Decimal("0.000001")]
    answers = {
        "better-pays-more": any(better > worse for better, worse in pairwise(paid)),
        "paid-though-met": any(amount > 0 for _, amount in met),
        "missed-unpaid": any(amount == 0 for _, amount in missed),
        "saturated": max(paid) >= LOSSLESS,
    }
    return {code for code, holds in answers.items() if holds}


def told_of(policy: Policy) -> set[str]:
    """Findings on the schedule; one credit for every miss, of the whole fee, is told as flat."""
    found = findings(policy)
    whole = found.filter(code="flat-credit")["figure"].str.extract(r"^([\d.]+) %").cast(pl.Float64).ge(100).any()
    codes = set(found["code"]) | ({"saturated"} if whole else set())
    return codes & {"better-pays-more", "paid-though-met", "missed-unpaid", "saturated"}


def lengths() -> st.SearchStrategy[list[timedelta]]:
    at_random = st.integers(0, 30 * 86_400).map(lambda seconds: timedelta(seconds=seconds))
    return st.lists(at_random | at_random.map(lambda length: length / 100), min_size=20, max_size=60)


def break_points(terms: Terms) -> Iterator[timedelta]:
    curve = credit_curve(terms)
    for seconds in [*curve["downtime_seconds"], curve["allowed_seconds"][0]]:
        length = int(seconds * 10**6) * MICROSECOND
        yield from (
            length + beside * MICROSECOND for beside in (-1, 0, 1) if timedelta(0) <= length + beside * MICROSECOND
        )


@examples(30)
@given(schedules(), lengths())
def test_what_any_length_of_outage_shows_to_be_wrong_is_found(policy: Policy, some: list[timedelta]) -> None:
    assert wrongs(policy.terms(), some) <= told_of(policy)


@examples(30)
@given(schedules())
def test_what_is_found_to_be_wrong_shows_in_some_length_of_outage(policy: Policy) -> None:
    assert told_of(policy) == wrongs(policy.terms(), list(break_points(policy.terms())))


@examples(30)
@given(schedules())
def test_every_level_that_is_told_earns_what_is_told(policy: Policy) -> None:
    told = findings(policy)
    terms = policy.terms()
    for figure in told.filter(pl.col("code").is_in(["better-pays-more", "paid-though-met"]))["figure"]:
        for level, due in witnesses(figure):
            assert int(1000 * earned(terms, [level])[0]) == int(1000 * due), figure
    for figure in told.filter(code="missed-unpaid")["figure"]:
        assert earned(terms, re.findall(r"([\d.]+) %", figure)) == [0, 0], figure


@examples(30)
@given(schedules(), lengths())
def test_no_outage_that_is_longer_than_the_free_one_is_free(policy: Policy, some: list[timedelta]) -> None:
    level = Fraction(only(policy, "worst-free").split(" %")[0])
    assert earned(policy.terms(), [level]) == [0]
    free = (100 - level) * (MONTH // MICROSECOND) / 100
    curve = credit_curve(policy.terms(), at=some, fee=LOSSLESS)
    shortest = Decimal(int(free) + 25_920).scaleb(-6)
    assert curve.filter(pl.col("downtime_seconds") >= shortest, pl.col("amount") == 0).is_empty()


# --- questions, clauses and words


SETTINGS = {
    "the clock": "guarantees.uptime.clock: reported",
    "the shortest outage": "guarantees.uptime.minimum: 5m",
    "the causes left out": "guarantees.uptime.exclude.causes: [third_party]",
    "the denominator": "guarantees.uptime.denominator: less_maintenance",
    "the time to answer": "guarantees.response.within: 8h",
    "the support hours": "support.hours: 24/7",
    "the payout": "claims.payout: future_invoice",
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_a_question_says_what_its_answers_come_to_whatever_they_set(setting: str) -> None:
    found = findings(edited([question("silence", setting)])).filter(about="Question: q")
    assert found.height == 1
    assert found["sentence"].item() == "Which? A (a). B (b)."
    assert found["figure"].item() != ""


def test_a_question_that_makes_no_difference_to_a_tier_is_not_told_for_it() -> None:
    policy = edited([question("silence", "guarantees.uptime.target.gold: 99.8")])
    assert findings(policy).filter(about="Question: q")["tiers"].to_list() == ["gold"]
    assert findings(policy, tier="silver").filter(about="Question: q").is_empty()


@pytest.mark.parametrize("name", library())
def test_no_clause_is_listed_twice(name: str) -> None:
    for clauses in found_in(name)["clauses"]:
        listed = [clause for clause in clauses.split("; ") if clause]
        assert len(listed) == len(set(listed)), clauses


@pytest.mark.parametrize("name", library())
def test_no_finding_is_told_twice(name: str) -> None:
    found = found_in(name)
    assert found.height == found.unique().height
    assert found["sentence"].str.len_chars().min() > 10


def test_two_kinds_of_maintenance_do_not_count() -> None:
    told = found_in("klikk").filter(code="maintenance-unlimited", about="infrastructure")
    assert told["sentence"].item() == "Scheduled and emergency maintenance are excluded, and have no limit"


# --- (d) the frame


def test_the_frame_has_its_columns_whatever_is_found() -> None:
    names = ["policy", "tiers", "severity", "code", "about", "subject", "sentence", "figure", "clauses", "provider"]
    assert list(FINDINGS) == names
    for frame in (found_in("klikk"), found_in("klikk").clear()):
        assert frame.columns == names
        assert frame.dtypes == [pl.String] * len(names)
        assert frame.null_count().row(0) == (0,) * len(names)


@pytest.mark.parametrize("name", library())
def test_the_gravest_come_first_and_each_has_the_severity_of_its_code(name: str) -> None:
    found = found_in(name)
    ranks = [list(SEVERITIES).index(severity) for severity in found["severity"]]
    assert ranks == sorted(ranks)
    assert [CODES[code][0] for code in found["code"]] == found["severity"].to_list()
    assert set(found["policy"]) == {name}


def test_findings_of_several_policies_stand_one_after_the_other() -> None:
    chosen = [find_policy(name) for name in ("wp-heaven", "cloudworkz")]
    assert findings(chosen).equals(pl.concat([findings(policy) for policy in chosen]))
    assert findings(iter(chosen)).equals(findings(chosen))


def test_a_tier_is_told_what_concerns_it_alone() -> None:
    policy = find_policy("klink-cloud")
    starter, enterprise = (set(findings(policy, tier=tier)["code"]) for tier in ("starter", "enterprise"))
    assert "best-effort" in starter - enterprise
    assert {"no-remedy", "lost-time", "largest-credit"} <= enterprise - starter
    assert set(findings(policy, tier="enterprise")["tiers"]) == {""}
    assert "tier-adds-nothing" in set(findings(policy, tier="growth")["code"])
    assert "tier-adds-nothing" not in starter | enterprise


def test_all_tiers_are_told_what_any_of_them_is() -> None:
    policy = find_policy("klikk")
    together = set(findings(policy)["code"])
    assert together == {code for tier in policy.tiers for code in findings(policy, tier=tier)["code"]}
    for tiers in findings(policy)["tiers"].unique():
        assert set(filter(None, tiers.split(", "))) < set(policy.tiers)


@pytest.mark.parametrize(("name", "tier"), [("klikk", "glod"), ("wp-heaven", "gold")])
def test_an_unknown_tier_is_refused(name: str, tier: str) -> None:
    with pytest.raises(InputError, match=f"{name} tier = {tier}: not a tier of this policy; "):
        findings(find_policy(name), tier=tier)


def test_a_misspelled_tier_is_told_the_one_that_was_meant() -> None:
    with pytest.raises(InputError, match="did you mean gold"):
        findings(find_policy("klikk"), tier="glod")


@pytest.mark.parametrize(
    ("as_of", "figure"),
    [
        (date(2024, 6, 17), None),
        (date(2024, 6, 18), "dated 2023-06-18, 366 days before 2024-06-18"),
        (date(2026, 1, 1), "dated 2023-06-18, 928 days before 2026-01-01"),
        (date(2020, 1, 1), None),
    ],
)
def test_the_age_of_a_text_is_reckoned_from_the_day_given(as_of: date, figure: str | None) -> None:
    found = findings(find_policy("wp-heaven"), as_of=as_of).filter(code="terms-old")
    assert found["figure"].to_list() == ([figure] if figure else [])


def test_without_a_day_the_age_of_a_text_is_reckoned_from_the_day_it_was_read() -> None:
    policy = find_policy("wp-heaven")
    assert policy.source.retrieved == "2026-11-21"
    assert findings(policy).equals(findings(policy, as_of=date(2026, 11, 21)))


def test_a_text_without_a_date_is_undated_and_not_old() -> None:
    codes = set(findings(find_policy("klikk"), as_of=date(2100, 1, 1))["code"])
    assert "undated" in codes
    assert "terms-old" not in codes


def test_the_day_changes_nothing_but_the_age() -> None:
    policy = find_policy("wp-heaven")
    early, late = (findings(policy, as_of=day) for day in (date(2023, 7, 1), date(2030, 1, 1)))
    assert early.equals(late.filter(pl.col("code") != "terms-old"))


def test_a_finding_knows_its_severity() -> None:
    assert CODES[Finding("band-gap", "uptime", "Between two bands").code][0] == "defect"
    assert Finding("undated", "source", "No date").clauses == ()


@pytest.mark.parametrize(
    ("guarantee", "code", "figure"),
    [
        ("target: 99.9, credit: {accrual: {credit: 0.001%, per: 1s, count: started}, clause: c}", "worst-free", "99.9"),
        ("target: 99, window: 1q, credit: {flat: 5%, of: window_fee, clause: c}", "flat-credit", "5 % of the fee"),
        ("target: 90, window: 1h, credit: {flat: 100%, of: window_fee, clause: c}", "worst-free", "6m of 1h"),
        ("target: 99, credit: {flat: 10%, when: {streak: 2}, clause: c}", "worst-free", None),
        ("target: 99, credit: {bands: [{incidents: 3, credit: 5%}], clause: c}", "worst-free", None),
        ("target: 99, credit: {flat: 10%, multipliers: [{when: {streak: 2}, by: 2}], clause: c}", "worst-free", "99 %"),
        ("target: 99, credit: {flat: 10%, multipliers: [{when: {streak: 2}, by: 2}], clause: c}", "flat-credit", None),
        ("metric: incidents, at_most: 2, credit: {flat: 10%, clause: c}", "worst-free", None),
        ("metric: downtime, within: 4h, credit: {flat: 10%, clause: c}", "worst-free", "up to 4h"),
        ("metric: figure, at_most: 2, measured: {by: mean}, credit: {bands: [{above: 2, to: 150, credit: 1%}, "
         "{above: 200, credit: 2%}], clause: c}", "band-gap", None),
        ("target: 99, measured: {by: ratio}", "formula-missing", None),
        ("target: 99, begins: {wait: 14d}", "late-start", "the first 14d"),
    ],
)  # fmt: skip
def test_what_one_outage_cannot_tell_is_not_told(guarantee: str, code: str, figure: str | None) -> None:
    found = findings(contract(guarantee)).filter(code=code)["figure"].to_list()
    assert (figure is None and not found) or (figure is not None and figure in found[0])


# --- (e) what the transcription of many documents showed


def figures(policy: str, code: str, about: str = "") -> list[str]:
    """Figures of a code, of a policy in the library."""
    found = found_in(policy).filter(pl.col("code") == code, pl.col("about").str.contains(about))
    return found["figure"].to_list()


@pytest.mark.parametrize(
    ("policy", "code", "figure"),
    [
        ("slack-sla-2019", "worst-free", "99.99 % (13m6.24s of 91 days)"),
        (
            "slack-sla-2019",
            "lost-time",
            "1h: 0.457 %, 10 times the fee for the time lost; 4h: 1.831 %, 10",
        ),
        (
            "aureum-workspace",
            "lost-time",
            "1h: no credit; 4h: 1.831 %, 10 times the fee for the time lost",
        ),
        ("aws-ec2", "worst-free", "90 % (6m of 1h)"),
        ("aws-ec2", "lost-time", "1h: 100 %, 1 times the fee for the time lost"),
    ],
)
def test_worth_is_told_of_the_length_and_the_fee_of_the_own_window(policy: str, code: str, figure: str) -> None:
    assert [told for told in figures(policy, code) if told.startswith(figure)]


@pytest.mark.parametrize(
    ("policy", "figure"),
    [
        ("aureum-workspace", "2h11m2.4s in a calendar quarter (calendar); 2h11m2.4s in a fiscal quarter from 1 Februa"),
        ("exoscale-compute", "4h22m48s in a calendar year (calendar); 4h22m48s in a year of the contract (contract)"),
    ],
)
def test_what_a_window_allows_reads_well(policy: str, figure: str) -> None:
    told = [row for code in ("window-contradicts", "window-unstated") for row in figures(policy, code)]
    assert [row for row in told if figure in row], told


def test_a_strict_limit_that_is_paid_for_is_no_limit_that_is_kept() -> None:
    assert figures("dyndns-dns", "paid-though-met") == []


@pytest.mark.parametrize(
    ("policy", "about", "figure"),
    [
        (
            "binero-cloud",
            "boundary",
            "credit for Public cloud: network, compute and block storage at 99.95 %, of the monthly fee: 5 %",
        ),
        (
            "binero-cloud",
            "api-table",
            "credit for Public cloud: API, GUI and object storage: only when below 99.0 % (missed)",
        ),
        ("binero-cloud", "fee", "credit: of the monthly fee (total); of the component's monthly fee (service)"),
        (
            "digitalocean",
            "first-band",
            "credit for Droplets at 99.945 %, of the component's monthly fee: nothing",
        ),
        (
            "dyndns-dns",
            "gap",
            "credit at 30m30s, of the monthly fee: nothing (nothing); 3.333 % (day); 23.333 % (",
        ),
        (
            "klikk",
            "rebate",
            "how often for Service rebate: once per window in which any is breached",
        ),
    ],
)
def test_of_a_question_only_what_changes_is_told(policy: str, about: str, figure: str) -> None:
    questions = found_in(policy).filter(about=f"Question: {readable(about)}")["figure"].to_list()
    assert questions
    assert all(told.startswith(figure) and len(told) < 200 for told in questions), questions


def test_a_level_at_which_answers_differ_earns_what_is_told() -> None:
    """Binero: at exactly 99.95 % one reading gives 5 %, the other nothing."""
    policy = find_policy("binero-cloud")
    for answer, credit in (("worse_row", 5), ("better_row", 0)):
        terms = policy.terms(reading={"boundary": answer})
        assert earned(terms, ["99.95"])[0] == credit, answer


def test_a_finding_of_two_schedules_is_of_no_tier_where_there_are_none() -> None:
    assert set(found_in("binero-cloud")["tiers"]) == {""}


@pytest.mark.parametrize(
    ("begins", "sentence"),
    [
        ("{wait: 14d}", "Nothing is measured in the first 14d of a subscription"),
        ("{wait: next_month}", "Nothing is measured before the first day of the next month"),
    ],
)
def test_a_late_start_is_told_as_late_as_it_is(begins: str, sentence: str) -> None:
    told = findings(edited([("tiers: [silver", f"begins: {begins}\ntiers: [silver")])).filter(code="late-start")
    assert told["sentence"].to_list() == [sentence]


OF_OUTAGES = """\
format: 1
id: eastwind
provider: Eastwind
service: Names
source: {title: Terms, language: en, retrieved: 2026-01-01}
guarantees:
  - id: dns
    metric: downtime
    within: 5m
    window: incident
    clause: "1"
    credit: {bands: [BANDS], clause: "2"}
"""


def of_outages(*rows: str) -> dict[str, str]:
    """Code → figure, for a promise with bands of single outages."""
    found = findings(parse_policy(OF_OUTAGES.replace("BANDS", ", ".join(rows)), name="eastwind.yaml"))
    return dict(found.select("code", "figure").iter_rows())


def test_a_gap_between_bands_of_outages_is_told_as_a_gap_and_not_as_a_late_begin() -> None:
    found = of_outages("{outage: {above: 5m, to: 30m}, credit: 1d}", "{outage: {from: 31m}, credit: 1w}")
    assert found["band-gap"] == "after an outage of 30m30s no band applies"
    assert found["worst-free"] == "more than 30m and less than 31m"
    assert "missed-unpaid" not in found


def test_bands_of_outages_that_begin_late_leave_the_first_minutes_unpaid() -> None:
    found = of_outages("{outage: {from: 10m, below: 30m}, credit: 1d}", "{outage: {from: 30m}, credit: 1w}")
    assert found["missed-unpaid"] == "5m are guaranteed; anything shorter than 10m is without credit"
    assert found["worst-free"] == "anything shorter than 10m"
    assert "band-gap" not in found


def test_bands_of_outages_that_touch_overlap_at_exactly_their_edge() -> None:
    found = of_outages("{outage: {from: 5m, to: 30m}, credit: 1d}", "{outage: {from: 30m, to: 60m}, credit: 1w}")
    assert found["band-overlap"] == "after an outage of exactly 30m both 1d and 1w"


def test_nested_rows_beside_a_range_do_not_overlap_and_are_in_order() -> None:
    """Of the dearer plan of Atlassian only the first row names its lower end; the deepest row wins."""
    rows = ("{from: 99.9, below: 99.95, credit: 5%}", "{below: 99.9, credit: 10%}", "{below: 99, credit: 25%}")
    codes = set(findings(of_bands(*rows, target="99.95"))["code"])
    assert not codes & {"band-overlap", "band-order", "band-gap"}


def test_a_range_within_a_row_below_a_level_is_deeper_and_no_overlap() -> None:
    policy = of_bands("{below: 99.9, credit: 5%}", "{from: 95, below: 99, credit: 10%}", "{below: 95, credit: 50%}")
    assert not set(findings(policy)["code"]) & {"band-overlap", "band-order", "band-gap"}


def test_a_range_that_reaches_into_a_deeper_row_overlaps_with_it() -> None:
    policy = of_bands("{from: 98, below: 99.9, credit: 5%}", "{below: 99, credit: 10%}")
    assert only(policy, "band-overlap") == "at 98.5 % both 10 % and 5 %"


def test_a_credit_that_grows_from_nothing_has_no_smallest() -> None:
    grows = edited([schedule("shortfall: {credit: 1000%}, caps: [{per: window, at_most: 1%}]")])
    assert "cap-at-once" not in set(findings(grows)["code"])
    jumps = edited([schedule("shortfall: {step: 1, credit: 10%}, caps: [{per: window, at_most: 1%}]")])
    assert "the smallest credit is 10 %" in next(iter(findings(jumps).filter(code="cap-at-once")["figure"]))


SILENT = [
    "undated", "formula-missing", "measurement-unstated", "no-remedy", "no-answer-times", "unstated",
    "business-day-undefined", "backup-kept-at-most", "maintenance-unlimited", "maintenance-unannounced",
]  # fmt: skip


@pytest.mark.parametrize("code", SILENT)
@pytest.mark.parametrize("read", ["excerpt", "transcription"])
def test_what_was_read_in_part_is_not_called_silent(code: str, read: str) -> None:
    whole = findings(edited(CASES[code].edits))
    part = findings(edited([*CASES[code].edits, ("language: en", f"language: en, read: {read}")]))
    assert code in set(whole["code"])
    assert code not in set(part["code"])
    told = part.filter(code="not-read")
    assert set(told["severity"]) == {"note"}
    assert all(sentence.startswith("The part that was read does not say") for sentence in told["sentence"])
