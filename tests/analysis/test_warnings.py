"""What an assessment says about evidence that it did not use, or not as it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slakit.analysis.assess import assess
from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.analysis.vocabulary import closest, plain_word
from slakit.analysis.warnings import CODES
from slakit.evidence.evidence import Evidence
from slakit.policy.files import parse_policy
from slakit.problems import InputError

CONTRACT = """\
format: 1
id: web
provider: X
service: S
source: {title: x, language: en, retrieved: 2026-11-27}
support: {hours: 24/7, priorities: [{id: urgent}, {id: normal}], clause: "5"}
maintenance: [{kind: scheduled, clause: "3"}]
guarantees:
  - id: net
    metric: availability
    target: 99.9
    window: 1mo
    components: [core_network]
    exclude: {causes: [customer, force_majeure], maintenance: [scheduled]}
    clause: "1"
    credit: {of: monthly_fee, bands: [{below: 99.9, credit: 10%}], clause: "2"}
  - {id: answers, metric: response, within: 4h, target: 95, window: 1mo, tickets: {kinds: [alert]}, clause: "5"}
"""
MEASURED = """\
format: 1
id: web
provider: X
service: S
source: {title: x, language: en, retrieved: 2026-11-27}
guarantees:
  - {id: store, metric: availability, target: 99.9, window: 1mo, measured: {by: ratio}, clause: "1"}
"""
HOLDER = {"subscription": "web", "policy": "web", "monthly_fee": "1000", "currency": "EUR",
          "starts": "2026-01-01T00:00:00Z", "ends": "2026-12-01T00:00:00Z"}  # fmt: skip
DAY = {"subscription": "web", "started": "2026-08-10T00:00:00Z", "ended": "2026-08-11T00:00:00Z"}
AS_OF = "2026-09-05T00:00:00Z"


def reviewed(contract: str = CONTRACT, *, strict: bool = False, **tables: list[dict[str, Any]]) -> Review:
    """Assess August of one subscription."""
    evidence = Evidence.of([HOLDER], **{"outages": [], **tables})
    policies = {"web": parse_policy(contract)}
    return assess(evidence, "2026-08", AS_OF, policies=policies, ranges=False, strict=strict)


def warned(contract: str = CONTRACT, **tables: list[dict[str, Any]]) -> list[tuple[str, int | None, str]]:
    """Table, row and code of each warning."""
    return reviewed(contract, **tables).warnings.select("table", "row", "code").rows()


def outage(**cells: object) -> dict[str, Any]:
    return {"outage": "o", **DAY, "component": "core_network", **cells}


def test_a_share_that_a_guarantee_weighs_or_asks_for_is_no_warning() -> None:
    shared = [outage(affected="0.3")]
    assert warned(CONTRACT.replace("target: 99.9\n", "target: 99.9\n    weigh: affected\n"), outages=shared) == []
    asking = CONTRACT.replace("target: 99.9\n", "target: 99.9\n    affected: {from: 10%}\n")
    assert warned(asking, outages=shared) == []


CASES: dict[str, tuple[Mapping[str, list[dict[str, Any]]], tuple[str, int | None, str]]] = {
    "an outage without length": (
        {"outages": [outage(ended=DAY["started"])]},
        ("outages", 2, "no_length"),
    ),
    "an outage after the assessment": (
        {"outages": [outage(), outage(outage="p", started="2026-09-10T00:00:00Z", ended=None)]},
        ("outages", 3, "after_as_of"),
    ),
    "a component that no guarantee names": (
        {"outages": [outage(component="billing")]},
        ("outages", 2, "unknown_component"),
    ),
    "a share that is not weighed": ({"outages": [outage(affected="0.3")]}, ("outages", 2, "share_not_weighed")),
    "a component in capitals": ({"outages": [outage(component="Core Network")]}, ("outages", 2, "taken_as")),
    "a cause with a hyphen": ({"outages": [outage(cause="Force-Majeure")]}, ("outages", 2, "taken_as")),
    "a cause that was mistyped": ({"outages": [outage(cause="custmer")]}, ("outages", 2, "near_word")),
    "a report two days before the outage": (
        {"outages": [outage(reported="2026-08-08T00:00:00Z")]},
        ("outages", 2, "early_signal"),
    ),
    "an outage before the contract": (
        {"outages": [outage(started="2025-08-10T00:00:00Z", ended="2025-08-11T00:00:00Z")]},
        ("outages", 2, "outside_subscription"),
    ),
    "maintenance of a kind that counts": (
        {"maintenance": [{"maintenance": "m", **DAY, "kind": "emergency"}]},
        ("maintenance", 2, "maintenance_without_effect"),
    ),
    "maintenance of something else": (
        {"maintenance": [{"maintenance": "m", **DAY, "kind": "scheduled", "component": "billing"}]},
        ("maintenance", 2, "maintenance_without_effect"),
    ),
    "a ticket kind in capitals": (
        {"tickets": [ticket_row := {"ticket": "t", "subscription": "web", "opened": "2026-08-03T09:00:00Z",
                                    "responded": "2026-08-03T10:00:00Z", "priority": "urgent", "kind": "Alert"}]},
        ("tickets", 2, "taken_as"),
    ),
    "a ticket of a kind that nothing is promised about": (
        {"tickets": [{**ticket_row, "kind": "question"}]},
        ("tickets", 2, "not_judged"),
    ),
    "a ticket after the contract": (
        {"tickets": [{**ticket_row, "kind": "alert", "opened": "2025-08-03T09:00:00Z"}]},
        ("tickets", 2, "outside_subscription"),
    ),
    "a hold after the ticket was resolved": (
        {"tickets": [{**ticket_row, "kind": "alert", "resolved": "2026-08-03T12:00:00Z"}],
         "holds": [{"ticket": "t", "started": "2026-08-03T13:00:00Z", "ended": "2026-08-03T14:00:00Z"}]},
        ("holds", 2, "hold_after_resolution"),
    ),
    "a claim for a month in which nothing is due": (
        {"claims_made": [claim := {"subscription": "web", "remedy": "net", "window_start": "2026-08-01T00:00:00Z",
                                   "claimed": "2026-09-02T00:00:00Z"}]},
        ("claims_made", 2, "claim_without_window"),
    ),
    "a claim for a month before the contract": (
        {"claims_made": [{**claim, "window_start": "2025-08-01T00:00:00Z"}]},
        ("claims_made", 2, "claim_without_window"),
    ),
    "a claim before its month": (
        {"outages": [outage()], "claims_made": [{**claim, "claimed": "2026-07-02T00:00:00Z"}]},
        ("claims_made", 2, "claim_before_window"),
    ),
    "a recovery of something without a target": (
        {"recoveries": [{"recovery": "r", "subscription": "web", "kind": "vm", "failed": DAY["started"]}]},
        ("recoveries", 2, "not_judged"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_row_that_is_not_used_as_it_is_written_is_told(case: str) -> None:
    tables, expected = CASES[case]
    assert warned(**tables) == [expected]


GOOD: dict[str, Mapping[str, list[dict[str, Any]]]] = {
    "an outage with a cause of no contract": {"outages": [outage(cause="power")]},
    "a report some hours before the outage": {"outages": [outage(reported="2026-08-09T20:00:00Z")]},
    "an outage of everything": {"outages": [outage(component=None)]},
    "maintenance of everything": {"maintenance": [{"maintenance": "m", **DAY, "kind": "scheduled"}]},
    "a ticket of the kind promised": {"tickets": [{**ticket_row, "kind": "alert"}]},
    "a claim for what is due": {"outages": [outage()], "claims_made": [claim]},
    "a claim of an earlier period": {"claims_made": [{**claim, "window_start": "2026-03-01T00:00:00Z"}]},
}


@pytest.mark.parametrize("case", GOOD)
def test_rows_that_are_used_are_not_warned_about(case: str) -> None:
    assert warned(**GOOD[case]) == []


def test_a_component_that_differs_only_in_writing_is_taken_as_that_of_the_contract() -> None:
    exact, written = reviewed(outages=[outage()]), reviewed(outages=[outage(component="CORE-network")])
    assert written.owed == exact.owed
    assert str(written.owed["EUR"]) == "100.00"
    assert written.ledger["component"].to_list() == exact.ledger["component"].to_list()


def test_a_cause_that_differs_only_in_writing_is_excluded() -> None:
    assert str(reviewed(outages=[outage(cause="Force Majeure")]).owed.get("EUR", 0)) in ("0", "0.00")


@pytest.mark.parametrize(
    ("reported", "codes"),
    [(None, ["no_signal"]), ("2026-08-11T00:00:01Z", ["no_signal"]), ("2026-08-10T06:00:00Z", [])],
)
def test_an_outage_that_was_not_reported_while_it_lasted_is_told(reported: str | None, codes: list[str]) -> None:
    by_report = CONTRACT.replace("    window: 1mo\n", "    window: 1mo\n    clock: reported\n", 1)
    found = reviewed(by_report, outages=[outage(reported=reported)])
    assert found.warnings["code"].to_list() == codes
    assert found.warnings["says"].to_list() == [
        "Nothing of outage o counts: while it lasted there is no report (net), with which the clock starts."
    ] * len(codes)


@pytest.mark.parametrize(
    ("cells", "why"),
    [({}, "unreported"), ({"cause": "customer", "reported": DAY["started"]}, "excluded cause")],
)
def test_an_outage_that_became_no_incident_is_explained(cells: dict[str, str], why: str) -> None:
    alone = CONTRACT.replace("metric: availability", "metric: downtime").replace("window: 1mo", "window: incident", 1)
    alone = alone.replace("target: 99.9", "within: 1h\n    clock: reported").replace(
        "bands: [{below: 99.9, credit: 10%}]", "flat: 10%"
    )
    told = str(explain(reviewed(alone, outages=[outage(**cells)]), "web", "2026-08"))
    assert "net, 2026-08-10 00:00:00: no incident" in told
    assert f"1d: {why} – " in told


def test_outages_of_a_contract_that_is_judged_by_measurements_are_told() -> None:
    said = reviewed(MEASURED, outages=[outage(component=None)]).warnings
    assert said["code"].to_list() == ["not_judged"]
    assert said["says"][0] == "No guarantee judges outage o: the contract judges store by measurements."


def test_words_are_told_once_with_the_number_of_their_rows() -> None:
    rows = [outage(outage=str(n), component="Core network") for n in range(3)]
    said = reviewed(outages=rows).warnings
    assert said["says"].to_list() == [
        "The component 'Core network' is taken as 'core_network', as the contract writes it (3 rows)."
    ]


def test_mistyped_words_are_looked_for_whatever_other_subscriptions_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slakit.analysis.vocabulary.SEARCHED", 2)
    causes = {"one": ["custmer", "storm"], "other": ["custmer", "rain", "snow"]}  # the other writes free text
    holders = [{**HOLDER, "subscription": name} for name in causes]
    rows = [
        outage(outage=f"{name} {cause}", subscription=name, cause=cause) for name in causes for cause in causes[name]
    ]
    evidence = Evidence.of(holders, outages=rows)
    policies = {"web": parse_policy(CONTRACT)}
    for of in (evidence, evidence.only("one"), evidence.only("other")):
        found = assess(of, "2026-08", AS_OF, policies=policies, ranges=False).warnings.filter(code="near_word")
        assert found["subscription"].to_list() == [name for name in of.names if name == "one"]


def test_strict_assessments_refuse_what_they_would_warn_about() -> None:
    with pytest.raises(InputError) as refused:
        reviewed(strict=True, outages=[outage(ended=DAY["started"]), outage(outage="p", component="billing")])
    assert [problem.where for problem in refused.value.problems] == ["outages row 2", "outages row 3"]
    assert reviewed(strict=True, outages=[outage()]).warnings.is_empty()


def test_a_review_of_one_subscription_has_the_warnings_of_that_one() -> None:
    review = reviewed(outages=[outage(ended=DAY["started"])])
    assert review.of("web").warnings.equals(review.warnings)
    other = {**HOLDER, "subscription": "other"}
    both = Evidence.of([other, HOLDER], outages=[outage(ended=DAY["started"])])
    together = assess(both, "2026-08", AS_OF, policies={"web": parse_policy(CONTRACT)}, ranges=False)
    assert together.of("other").warnings.is_empty()
    assert together.of("web").warnings.equals(review.warnings)


def test_every_warning_has_a_code_that_is_explained() -> None:
    assert {code for _, (_, _, code) in CASES.values()} <= set(CODES)


@given(st.sampled_from(["third_party_api", "customer", "Core-Network"]), st.data())
@settings(max_examples=40, deadline=None)
def test_case_blanks_and_hyphens_make_no_other_word(word: str, data: st.DataObject) -> None:
    letters = [data.draw(st.sampled_from([c.lower(), c.upper()])) if c.isalpha() else data.draw(
        st.sampled_from([" ", "-", "_", ""])) for c in word]  # fmt: skip
    assert plain_word("".join(letters)) == plain_word(word)


@pytest.mark.parametrize(
    ("word", "known"),
    [("server-2", "server-1"), ("db", "dc"), ("third_party", "third_party_api"), ("power", "network"), ("vm", "vms")],
)
def test_words_that_mean_different_things_are_not_close(word: str, known: str) -> None:
    assert closest(word, [known]) is None


HOURLY = MEASURED.replace("{by: ratio}", "{by: down, slice: 1h, at: 100}")


def samples(*hours: int) -> list[dict[str, Any]]:
    """Hours of August, counted from its first instant, in each of which one request was answered."""
    begin = datetime(2026, 8, 1, tzinfo=UTC)
    same = {"subscription": "web", "guarantee": "store", "failed": 0, "total": 1}
    return [{**same, "measured": begin + timedelta(hours=hour)} for hour in hours]


WORKING = "hours: {weekly: {mon-fri: ['09:00-17:00']}},"
SLICES = MEASURED.replace("{by: ratio}", "{by: mean, slice: 1h}")
OSLO = MEASURED + "time_zone: Europe/Oslo\n"
MISSING = {
    "ten hours of a month": (
        HOURLY, [n for n in range(744) if not 100 <= n < 110], "10 of 744 slices of 1h", "they are taken as up"),
    "one hour": (HOURLY, range(1, 744), "1 of 744 slices of 1h", "they are taken as up"),
    "hours of a mean": (SLICES, range(10), "734 of 744 slices of 1h", "they are taken as without failure"),
    "all": (HOURLY, [], "744 of 744 slices of 1h", "there is no verdict"),
    "days of a ratio": (MEASURED, [24 * day for day in (17, 19, 20)], "28 of 31 days", "they are excluded"),
    "days of a contract in Oslo, whose days begin two hours sooner": (
        OSLO, [23, 24], "30 of 31 days", "they are excluded"),
    "an hour of service": (
        HOURLY.replace("target", f"{WORKING} target"), [n for n in range(744) if n != 57],
        "1 of 168 slices of 1h in service hours", "they are taken as up"),
}  # fmt: skip


@pytest.mark.parametrize("case", MISSING)
def test_missing_samples_are_told_with_what_they_are_taken_as(case: str) -> None:
    contract, hours, missing, taken = MISSING[case]
    said = reviewed(contract, measurements=samples(*hours)).warnings
    assert said["code"].to_list() == ["samples_missing"]
    begin = "2026-07-31" if contract is OSLO else "2026-08-01"
    end = "2026-08-31" if contract is OSLO else "2026-09-01"
    expected = f"store has no measurement in {missing} of the window from {begin} to {end}: {taken}."
    assert said["says"][0] == expected


@pytest.mark.parametrize(
    ("contract", "hours"),
    [
        (HOURLY, range(744)), (MEASURED, range(744)), (MEASURED, [0]),
        (HOURLY.replace("target", f"{WORKING} target"), [n for n in range(744) if n % 24 in range(9, 17)]),
    ],
)  # fmt: skip
def test_samples_that_are_all_there_are_not_warned_about(contract: str, hours: Sequence[int]) -> None:
    review = reviewed(contract, measurements=samples(*hours))
    assert review.warnings.is_empty()
    assert not any("missing" in term for term in review.assumptions["term"])


def test_what_missing_samples_are_taken_as_is_an_assumption() -> None:
    review = reviewed(HOURLY, measurements=samples(*range(1, 744)))
    because = "The contract does not say what slices of 1h without a measurement are"
    assert review.assumptions.rows()[-1] == ("web", "missing measurements of store", "taken as up", because)
    nothing = reviewed(HOURLY, measurements=[])
    assert not any("missing" in term for term in nothing.assumptions["term"])


def test_a_ratio_of_few_days_is_of_these_days_and_a_mean_over_days_of_all() -> None:
    failed = {17: 24, 19: 69, 20: 29}
    counts = [{**row, "failed": failed[row["measured"].day - 1], "total": 1440}
              for row in samples(*(24 * day for day in failed))]  # fmt: skip
    of_counts = reviewed(MEASURED, measurements=counts).figures["level"].to_list()
    daily = reviewed(SLICES.replace("1h", "1d"), measurements=counts).figures["level"].to_list()
    assert [*map(str, of_counts), *map(str, daily)] == ["97.175925", "99.726702"]


@pytest.mark.parametrize("by", ["{by: mean, slice: 1h}", "{by: down, slice: 1h, at: 50}"])
def test_a_slice_that_begins_within_another_is_refused(by: str) -> None:
    half = [{**row, "measured": row["measured"] + timedelta(minutes=30)} for row in samples(0)]
    with pytest.raises(InputError, match="row 3: begins within another slice of 1h of store; give one row for each 1h"):
        reviewed(MEASURED.replace("{by: ratio}", by), measurements=[*samples(0), *half])


@pytest.mark.parametrize(
    ("by", "level"), [("{by: mean, slice: 1h}", "99.966397"), ("{by: down, slice: 1h, at: 50}", "100.0")]
)
def test_counts_of_one_slice_from_several_places_are_added(by: str, level: str) -> None:
    rows = [{**samples(0)[0], "failed": failed, "total": total} for failed, total in ((1, 1), (0, 3))]
    review = reviewed(MEASURED.replace("{by: ratio}", by), measurements=rows)
    found = [*review.figures["level"].to_list(), *review.availability["availability"].to_list()]
    assert found == [Decimal(level)]


UNREAD = CONTRACT.replace("retrieved: 2026-11-27", "retrieved: 2026-11-27, read: excerpt")


def test_money_whose_claim_was_not_read_is_a_warning_and_nothing_else_is() -> None:
    review = reviewed(UNREAD, outages=[outage()])
    says = "Whether 100.00 EUR must be claimed, and by when, is not known: it was not read."
    assert review.warnings.rows() == [("web", "subscriptions", 2, "claims_not_read", says)]
    assert reviewed(UNREAD).warnings.is_empty()
    assert reviewed(CONTRACT, outages=[outage()]).warnings.is_empty()
    assert reviewed(UNREAD + "claims: {within: 30d, clause: '7'}\n", outages=[outage()]).warnings.is_empty()


def test_a_list_of_outages_is_taken_as_complete_and_an_absent_one_leaves_it_open() -> None:
    columns = ["subject", "term", "value"]
    assert ("web", "table outages", "complete") in reviewed().assumptions.select(columns).rows()
    evidence = Evidence.of([HOLDER])
    bare = assess(evidence, "2026-08", AS_OF, policies={"web": parse_policy(CONTRACT)}, ranges=False).assumptions
    assert ("web", "table outages", "not given") in bare.select(columns).rows()
    assert ("web", "table tickets", "not given") in bare.select(columns).rows()
    assert "Without the table tickets there is no verdict on answers" in bare["because"].to_list()


CHARGED = """\
format: 1
id: web
provider: X
service: S
source: {title: x, language: en, retrieved: 2026-11-27}
guarantees:
  - {id: web, metric: availability, target: 99.9, window: 1mo, clause: "1",
     credit: {of: FEE, bands: [{below: 99.9, credit: 10%}], clause: "2"}}
"""


def charge(month: int, amount: int = 100) -> dict[str, Any]:
    return {"subscription": "web", "started": f"2026-{month:02}-01T00:00:00Z", "amount": amount}


@pytest.mark.parametrize(
    ("fee", "used"), [("monthly_fee", 1), ("previous_month_fee", 1), ("next_month_fee", 1), ("quarterly_fee", 3),
                      ("annual_fee", 8)]
)  # fmt: skip
def test_only_charges_that_are_part_of_a_fee_are_used(fee: str, used: int) -> None:
    charges = [charge(month) for month in range(1, 11)]
    review = reviewed(CHARGED.replace("FEE", fee), outages=[outage()], charges=charges)
    counts = review.row_counts.filter(pl.col("table") == "charges").select("read", "used").rows()
    assert counts == [(10, used)]
    assert review.of("web").row_counts.equals(review.row_counts)


def test_a_credit_of_a_month_that_was_not_charged_is_told() -> None:
    contract = CHARGED.replace("FEE", "monthly_fee")
    says = "No charge is told for the month from 2026-08-01: the fee of the subscription is taken."
    review = reviewed(contract, outages=[outage()], charges=[charge(7), charge(9)])
    assert review.warnings.rows() == [("web", "charges", None, "no_charge", says)]
    assert reviewed(contract, outages=[outage()], charges=[charge(8)]).warnings.is_empty()
    assert reviewed(contract, charges=[charge(7)]).warnings.is_empty()
    says = "The charges come to a fee of 0 from 2026-08-01 to 2026-09-01, of which the credit for web is a share."
    review = reviewed(contract, outages=[outage()], charges=[charge(8, 0)])
    assert review.warnings.rows() == [("web", "charges", None, "fee_of_nothing", says)]


def test_rows_outside_the_term_bear_on_no_figure() -> None:
    late = {"started": "2026-12-10T00:00:00Z", "ended": "2026-12-11T00:00:00Z"}
    ticket = {**ticket_row, "kind": "alert"}
    evidence = {"outages": [outage(), outage(outage="p", **late)],
                "tickets": [ticket, {**ticket, "ticket": "u", "opened": "2025-12-31T00:00:00Z"}]}  # fmt: skip
    tables = Evidence.of([HOLDER], **evidence)
    review = assess(tables, "2025-12/2026-12", "2027-01-05", policies={"web": parse_policy(CONTRACT)}, ranges=False)
    counts = review.row_counts.filter(pl.col("table").is_in(["outages", "tickets"])).select("table", "read", "used")
    assert counts.rows() == [("outages", 2, 1), ("tickets", 2, 1)]


def test_a_fee_of_a_component_that_the_contract_does_not_name_is_told() -> None:
    contract = CHARGED.replace("FEE", "{components: [db]}")
    review = reviewed(contract, charges=[{**charge(8), "component": "db"}, {**charge(8), "component": "cache"}])
    says = "The contract names no component 'cache', whose fee is given; there are db."
    assert review.warnings.rows() == [("web", "charges", 3, "unknown_component", says)]
    of_component = CHARGED.replace("FEE", "component_fee").replace("metric", "components: [db], metric")
    held = {**HOLDER, "component_fees": '{"cache": 5, "db": 100}'}
    evidence = Evidence.of([held], outages=[])
    review = assess(evidence, "2026-08", AS_OF, policies={"web": parse_policy(of_component)}, ranges=False)
    assert review.warnings.rows() == [("web", "subscriptions", 2, "unknown_component", says)]
    whole = assess(evidence, "2026-08", AS_OF, policies={"web": parse_policy(CONTRACT)}, ranges=False)
    assert whole.warnings.is_empty()


def test_what_is_claimed_or_measured_twice_is_told() -> None:
    twice = reviewed(MEASURED, measurements=[*samples(*range(744)), *samples(7)])
    says = "2 rows are for store at 2026-08-01 07:00 UTC; each counts."
    assert twice.warnings.rows() == [("web", "measurements", 9, "repeated", says)]
    assert reviewed(HOURLY, measurements=[*samples(*range(744)), *samples(7)]).warnings.is_empty()
    claims = [{**claim, "amount": amount} for amount in (10, 20)]
    assert warned(outages=[outage()], claims_made=claims) == [("claims_made", 2, "repeated")]
