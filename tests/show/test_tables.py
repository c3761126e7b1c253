"""Tables: what a memo needs, in the contract's time, with text that stays text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from great_tables import GT

import slakit as sla
from slakit import credit_curve, find_terms, window_budgets
from slakit.analysis.review import Review
from slakit.policy.files import parse_policy
from slakit.show import (
    show_assumptions,
    show_attainment,
    show_budgets,
    show_claims,
    show_credits,
    show_ledger,
    show_payouts,
    show_support,
    show_tiers,
    show_warnings,
)
from slakit.show.tables.memo import Memo, memo_table

LIBRARY = ["klikk", "wp-heaven", "klink-cloud", "cloudworkz"]
SAMPLES = Path(__file__).parents[2] / "data_samples" / "evidence"
OF_REVIEWS = [show_assumptions, show_attainment, show_claims, show_credits, show_ledger, show_warnings]


def text_of(table: GT) -> str:
    """What a table says, cell after cell."""
    body = table.as_raw_html().partition("<table")[2]
    cells = re.sub(r"<[^>]+>", "|", "<table" + body)
    return html.unescape(re.sub(r"[|\s]*\|[|\s]*", "|", cells))


def test_plans_stand_side_by_side() -> None:
    said = text_of(show_tiers(find_terms(LIBRARY)))
    for part in ("silver, gold and platinum", "21m36s", "3h36m", "43m12s", "no credit",
                 "best effort", "within 72h after the incident ends, in writing"):  # fmt: skip
        assert part in said
    assert text_of(show_support(find_terms(LIBRARY))).count("around the clock") == 7


def test_budgets_are_exact_and_in_the_contracts_month() -> None:
    said = text_of(show_budgets(window_budgets(find_terms(["klikk:gold", "klink-cloud:enterprise"]), "2026-10")))
    assert "Hardware availability and Connectivity availability|Oct 2026|745|99.95 %|22m21s|Table 2" in said
    assert "Platform uptime|Oct 2026|744|99.9 %|44m38.4s|2" in said


def test_outages_are_priced_in_each_currency() -> None:
    terms = find_terms(LIBRARY)
    said = text_of(show_payouts(credit_curve(terms, fee=1600, at=[1, 74.4]), 1600))
    assert "1h down|3d2h24m down" in said
    assert "Platform uptime|80.00 USD (5 %)|400.00 USD (25 %)" in said
    assert "none|no credit|no credit" in said


def test_credits_claims_and_ledger_use_contract_time_and_exact_figures(review: Review) -> None:
    assert "Website uptime|Aug 2026|9.5 %|1,600.00 DKK|152.00 DKK" in text_of(show_credits(review))
    assert "|over the term|" in text_of(show_credits(review, "tind-iaas"))
    assert "fj-01|2026-01-08 03:14|2026-01-08 03:21:30|7m30s|counts as downtime|Table 2" in text_of(
        show_ledger(review, "fjord-iaas")
    )
    claims = text_of(show_claims(review))
    assert "Platform uptime|1 Sep 2026|120.00 USD|5 days|end of 2026-10-10|end of 2026-10-10" in claims
    assert (
        claims.index("Claimable now")
        < claims.index("Deadline disputed")
        < claims.index("passed 1 day ago")
        < claims.index("Claim expired")
    )


def test_a_breach_never_reads_as_a_pass(review: Review) -> None:
    attained = text_of(show_attainment(review, "fjord-iaas"))
    assert "93.333 %|95 %" in attained


def test_warnings_name_the_row_and_say_what_was_not_used(review: Review) -> None:
    said = text_of(show_warnings(review))
    assert "harbor-enterprise|outages|68|Outage ha-13 starts and ends at 2026-08-19 09:00 UTC." in said
    assert "No warnings: the evidence was used as it is written." in text_of(show_warnings(review, "skog-vm"))
    assert "<li>Outage ha-13 starts and ends" in review._repr_html_()
    assert "Warnings" not in review.of("skog-vm")._repr_html_()


@pytest.mark.parametrize("show", OF_REVIEWS)
@pytest.mark.parametrize("subscription", ["skog-vm", "harbor-starter", "nordlys-web"])
def test_every_table_can_be_shown_of_every_subscription(
    review: Review, show: Callable[..., GT], subscription: str
) -> None:
    assert text_of(show(review, subscription))


def test_where_there_is_no_remedy_the_table_says_so(review: Review) -> None:
    for show in (show_credits, show_claims):
        assert "Cloudworkz owes no credit for a breach" in text_of(show(review, "skog-vm"))
    empty = window_budgets(find_terms(["wp-heaven"]), "2026-10").clear()
    assert "No guarantee of availability" in text_of(show_budgets(empty))


def test_scripts_in_names_causes_and_clauses_are_text(hostile: Review) -> None:
    subscription = hostile.evidence.subscriptions["subscription"][0]
    terms = [next(iter(hostile.terms.values()))]
    tables: list[Any] = [show(hostile, subscription) for show in OF_REVIEWS]
    tables += [show_tiers(terms), show_support(terms), show_credits(hostile), show_claims(hostile)]
    tables.append(show_budgets(window_budgets(terms, "2026-10")))
    tables.append(show_payouts(credit_curve(terms, at=[1]), 100))
    for table in tables:
        shown = table._repr_html_()
        assert "<script" not in shown
        assert "<img" not in shown
    assert "<script>alert(1)</script>" in text_of(show_ledger(hostile, subscription)).replace("|", "")


def test_a_policy_without_support_or_cap_has_dashes() -> None:
    terms = parse_policy(
        "format: 1\nid: small\nprovider: S\nservice: T\nsource: {title: T, language: en, retrieved: 2026-01-01}\n"
        "guarantees: [{id: a, metric: availability, target: 99, window: 1mo, clause: c}]"
    ).terms()
    assert "one plan|–|–|–|–|–" in text_of(show_support([terms]))


def test_unknown_plans_are_refused_together() -> None:
    with pytest.raises(sla.InputError) as refused:
        find_terms(["klik", "klikk:glod", "wp-heaven:gold"])
    assert len(refused.value.problems) == 3
    with pytest.raises(sla.InputError, match="no policy is named"):
        find_terms([])


def test_endless_tables_are_cut_and_say_so() -> None:
    rows = [{"Number": str(number)} for number in range(1_200)]
    said = text_of(memo_table(rows, Memo("Numbers", strong=[3, 1_100]), ""))
    assert "The first 1,000 of 1,200 rows." in said
    assert "|999|" in said
    assert "|1000|" not in said


def test_a_table_carries_the_style_that_it_uses_and_no_other() -> None:
    table = show_tiers(find_terms(LIBRARY))
    light, whole = table.as_raw_html(), GT.as_raw_html(table)
    used = {name for names in re.findall('class="([^"]*)"', light) for name in names.split()}
    styled = [
        set(re.findall(r"\.(gt_\w+)", css)) for css in (light.partition("</style>")[0], whole.partition("</style>")[0])
    ]
    assert styled[0] == styled[1] & used
    light = re.sub(' data-label="[^"]*"', "", light)  # names of columns, for phones
    assert re.sub("<style>.*</style>", "", light, flags=re.S) == re.sub("<style>.*</style>", "", whole, flags=re.S)
    assert len(whole) - len(light) > 5_000


def test_where_no_html_is_shown_a_table_is_its_text() -> None:
    lines = repr(show_tiers(find_terms(LIBRARY))).splitlines()
    assert lines[0] == "What each plan guarantees"
    assert lines[1].startswith("Provider | ")


def test_windows_that_run_and_are_missed_already_are_told_beside_the_claims() -> None:
    evidence = sla.read_evidence(SAMPLES, subscription="harbor-enterprise")
    said = text_of(show_claims(sla.assess(evidence, "2026-08/2026-09", "2026-09-20", ranges=False)))
    assert "Waiting for the window's end, harbor-enterprise, Platform uptime, Sep 2026: the target is missed" in said
