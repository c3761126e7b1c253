"""Until when a credit is claimed, and what has become of the claim."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from small_contracts import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    SECOND,
    Row,
    at,
    contract,
    down,
    holder,
    judged,
)

from slakit.analysis.review import Review
from slakit.measure.calendar import midnight
from slakit.policy.document import Policy
from slakit.policy.remedies import Claims
from slakit.problems import InputError
from slakit.remedy.claims import opening

OSLO = "Europe/Oslo"


def claimed_within(claims: str, zone: str = "UTC", terms: str = "") -> Policy:
    return contract(f"target: 99.9, {terms} credit: {{flat: 5%, clause: c}}", f"claims: {{{claims}}}", zone=zone)


def deadline(claims: str, outages: list[Row], period: str = "2026-10", zone: str = "UTC") -> datetime | None:
    table = judged(claimed_within(claims, zone), outages, period).claims
    assert table.height == 1
    found: datetime | None = table["deadline"][0]
    return found


def october(zone: str = "UTC") -> list[Row]:
    return [down(at("2026-10-10T12:00", zone), HOUR, "a"), down(at("2026-10-20T12:00", zone), HOUR, "b")]


def test_ten_days_after_october_last_through_the_tenth_of_november() -> None:
    assert deadline("within: 10d, after: window_end", october()) == at("2026-11-11") - MICROSECOND


def test_days_end_at_midnight_of_the_contracts_time_zone() -> None:
    assert deadline("within: 10d", october(OSLO), zone=OSLO) == at("2026-11-11", OSLO) - MICROSECOND
    honolulu = "Pacific/Honolulu"
    assert deadline("within: 10d", october(honolulu), zone=honolulu) == at("2026-11-11", honolulu) - MICROSECOND


@pytest.mark.parametrize(
    ("period", "within", "last"),
    [
        ("2026-06", "1mo", "2026-07-31"),
        ("2026-06", "2mo", "2026-08-31"),
        ("2026-02", "1mo", "2026-03-31"),
        ("2026-01", "1mo", "2026-02-28"),
        ("2026-01", "1q", "2026-04-30"),
    ],
)
def test_months_after_a_window_run_from_midnight_of_the_first(period: str, within: str, last: str) -> None:
    rows = [down(at(f"{period}-10T12:00", OSLO), HOUR)]
    found = deadline(f"within: {within}, after: window_end", rows, period, OSLO)
    assert found == at(f"{last}T23:59:59.999999", OSLO)


def test_a_claim_opens_a_month_after_the_window_with_the_first_of_a_month() -> None:
    february = midnight(date(2026, 3, 1), OSLO)
    assert opening(Claims(opens="1mo", within="2mo"), OSLO, february) == midnight(date(2026, 4, 1), OSLO)


def test_days_over_a_clock_change_are_local_days() -> None:
    rows = [down(at("2026-03-20T12:00", OSLO), HOUR)]
    found = deadline("within: 14d, after: incident_end", rows, "2026-03", OSLO)
    assert found == at("2026-04-04", OSLO) - MICROSECOND


def test_hours_run_to_the_second_also_over_a_clock_change() -> None:
    rows = [down(at("2026-10-24T12:00:07", OSLO), HOUR)]
    assert deadline("within: 72h, after: incident_end", rows, zone=OSLO) == rows[0]["ended"] + 72 * HOUR
    assert deadline("within: 72h, after: window_end", rows, zone=OSLO) == at("2026-11-01", OSLO) + 72 * HOUR


def test_the_last_incident_of_the_window_that_counted_is_the_anchor() -> None:
    rows = [*october(), down(at("2026-10-25"), HOUR, "x", component="disk"), down(at("2026-11-02"), HOUR, "later")]
    policy = claimed_within("within: 72h, after: incident_end", terms="components: [web],")
    assert judged(policy, rows, "2026-10").claims["deadline"].to_list() == [at("2026-10-23T13:00")]
    policy = claimed_within("within: 72h, after: incident_start", terms="components: [web],")
    assert judged(policy, rows, "2026-10").claims["deadline"].to_list() == [at("2026-10-23T12:00")]


def test_an_outage_over_the_edge_of_the_window_is_the_anchor_with_its_real_end() -> None:
    rows = [down(at("2026-10-31T20:00"), 8 * HOUR)]
    policy = claimed_within("within: 72h, after: incident_end")
    table = judged(policy, rows, "2026-10").claims
    assert table["deadline"].to_list() == [at("2026-11-04T04:00")]


def test_while_the_outage_goes_on_the_time_has_not_begun() -> None:
    policy = claimed_within("within: 72h, after: incident_end")
    review = judged(policy, [down(at("2026-10-20"), None)], "2026-10", as_of="2026-11-20")
    assert review.claims.select("deadline", "status").rows() == [(None, "claimable")]


def test_months_end_with_the_day_of_the_month_or_the_last_there_is() -> None:
    assert deadline("within: 1mo", october()) == at("2026-12-01") - MICROSECOND  # 31 October, 30 November
    rows = [down(at("2026-06-15"), HOUR)]
    assert deadline("within: 1mo, after: incident_end", rows, "2026-06") == at("2026-07-16") - MICROSECOND
    assert deadline("within: 1y, after: incident_end", rows, "2026-06") == at("2027-06-16") - MICROSECOND


@pytest.mark.parametrize(
    ("period", "end"), [("2026-10", "2027-01-01"), ("2026-12", "2027-03-01"), ("2026-06", "2026-09-01")]
)
def test_the_end_of_the_second_month_after(period: str, end: str) -> None:
    rows = [down(at(f"{period}-10"), HOUR)]
    assert deadline("after: end_of_second_month", rows, period, OSLO) == at(end, OSLO) - MICROSECOND


def test_a_claim_without_a_limit_has_no_deadline() -> None:
    policy = claimed_within("needed: true")
    table = judged(policy, october(), "2026-10", as_of="2039-01-01").claims
    assert table.select("deadline", "deadline_earliest", "status").rows() == [(None, None, "claimable")]


def test_where_no_claim_is_needed_there_is_no_deadline() -> None:
    for policy in (claimed_within("needed: false"), contract("target: 99.9, credit: {flat: 5%, clause: c}")):
        table = judged(policy, october(), "2026-10").claims
        assert table.select("deadline", "status").rows() == [(None, "not_required")]


def test_a_contract_silent_on_claims_is_said_to_be() -> None:
    review = judged(contract("target: 99.9, credit: {flat: 5%, clause: c}"), october(), "2026-10")
    assert ("small", "claims.needed", "false") in review.assumptions.select("subject", "term", "value").rows()


LIMIT = at("2026-11-11") - MICROSECOND


@pytest.mark.parametrize(
    ("as_of", "status"),
    [
        (at("2026-11-01"), "claimable"),
        (LIMIT - SECOND, "claimable"),
        (LIMIT, "claimable"),
        (LIMIT + MICROSECOND, "expired"),
    ],
)
def test_a_credit_is_claimable_through_the_last_instant(as_of: datetime, status: str) -> None:
    table = judged(claimed_within("within: 10d"), october(), "2026-10", as_of=as_of).claims
    assert table["status"].to_list() == [status]


def claim(window: datetime, claimed: datetime, **known: object) -> Row:
    return {"subscription": "s", "remedy": "uptime", "window_start": window, "claimed": claimed, **known}


def claims_of(made: list[Row], as_of: datetime) -> Review:
    return judged(claimed_within("within: 10d"), october(), "2026-10", as_of=as_of, claims_made=made)


def test_a_credit_that_was_claimed_stays_claimed_after_the_deadline() -> None:
    made = [claim(at("2026-10-01"), at("2026-11-05"), amount="50")]
    for as_of in (at("2026-11-05"), at("2027-11-05")):
        assert claims_of(made, as_of).claims["status"].to_list() == ["claimed"]
    assert claims_of(made, at("2026-11-04")).claims["status"].to_list() == ["claimable"]


def test_a_claim_names_its_window_by_any_instant_in_it() -> None:
    for window, status in (
        (at("2026-10-01"), "claimed"),
        (at("2026-10-31T23:59"), "claimed"),
        (at("2026-11-01"), "claimable"),
        (at("2026-09-30T23:59"), "claimable"),
    ):
        assert claims_of([claim(window, at("2026-11-02"))], at("2026-11-03")).claims["status"].to_list() == [status]


def test_a_credit_of_nothing_has_no_claim() -> None:
    review = judged(claimed_within("within: 10d"), [down(at("2026-10-10"), MINUTE)], "2026-09/2026-10")
    assert review.credits["amount"].to_list() == [0, 0]
    assert review.claims.is_empty()
    capped = contract(
        "target: 99.9, credit: {flat: 5%, caps: [{per: term, at_most: 0%}], clause: c}", "claims: {within: 10d}"
    )
    assert judged(capped, october(), "2026-10").claims.is_empty()


def test_what_a_claim_needs_is_listed() -> None:
    policy = claimed_within("within: 10d, evidence: [order number, dates]")
    assert judged(policy, october(), "2026-10").claims["evidence_needed"].to_list() == ["order number; dates"]


def test_a_remedy_may_have_claims_of_its_own() -> None:
    policy = contract(
        "target: 99.9",
        "claims: {within: 10d}\n"
        "remedies: [{id: r, for: [uptime], credit: {flat: 5%, clause: c}, claims: {within: 30d}}]",
    )
    assert judged(policy, october(), "2026-10").claims["deadline"].to_list() == [at("2026-12-01") - MICROSECOND]


def test_where_readings_differ_the_earliest_deadline_is_shown_beside_the_default() -> None:
    question = (
        "{id: q, question: Q, clauses: [c], answers: {a: {}, b: {set: {claims.after: incident_end}}}, default: a}"
    )
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}", f"claims: {{within: 72h}}\nreadings: [{question}]")
    table = judged(policy, october(), "2026-10", ranges=True).claims
    assert table.select("deadline", "deadline_earliest").rows() == [(at("2026-11-04"), at("2026-10-23T13:00"))]
    settled = judged(policy, october(), "2026-10", ranges=True, reading={"q": "b"}).claims
    assert settled.select("deadline", "deadline_earliest").rows() == [(at("2026-10-23T13:00"),) * 2]


def test_a_deadline_after_the_last_incident_is_refused_for_a_rolling_window() -> None:
    with pytest.raises(InputError, match="a sliding window has no last incident of its own; use window_end"):
        contract(
            "target: 99.9, window: {rolling: 30d}, credit: {flat: 5%, clause: c}",
            "claims: {within: 72h, after: incident_end}",
        )


def test_klikk_gives_72_hours_from_the_end_of_the_failure() -> None:
    started = at("2026-10-20T12:00", OSLO)
    outage = down(started, HOUR, component="network", reported=started)
    held = [holder("klikk", fee="3000", currency="NOK", tier="gold")]
    review = judged("klikk", [outage], "2026-10", as_of="2026-11-01", subscriptions=held, ranges=True)
    assert review.claims.select("remedy", "deadline", "status").rows() == [("iaas", started + 73 * HOUR, "expired")]
    later = judged(
        "klikk", [outage], "2026-10", as_of="2026-11-01", subscriptions=held, reading={"claim": "window_end"}
    )
    assert later.claims["deadline"].to_list() == [at("2026-11-01", OSLO) + 72 * HOUR]
    assert later.claims["status"].to_list() == ["claimable"]


def test_klink_gives_ten_days_from_the_end_of_the_month() -> None:
    held = [holder("klink-cloud", currency="USD", tier="enterprise")]
    review = judged("klink-cloud", [down(at("2026-10-20"), DAY)], "2026-10", as_of="2026-11-10", subscriptions=held)
    table = review.claims.select("amount", "deadline", "status", "evidence_needed")
    assert table.rows() == [
        (
            100,
            at("2026-11-11") - MICROSECOND,
            "claimable",
            "company name; account id; incident timeline; The service agreement is active",
        )
    ]
