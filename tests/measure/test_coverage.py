"""What was observed: without coverage nothing changes, and outside of it the contract says what time is."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from small_contracts import at, contract

from slakit.analysis.assess import assess
from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.comparison.compare import compare
from slakit.evidence.evidence import Evidence
from slakit.problems import InputError
from slakit.show.charts.allowance import chart_allowance
from slakit.show.readable import in_words

Row = dict[str, Any]
SHOP: Row = {
    "subscription": "s", "policy": "small", "monthly_fee": "1000", "currency": "EUR",
    "starts": "2026-01-01T00:00:00Z",
}  # fmt: skip
LATER = "2026-09-01"
TENTH = ("2026-06-10", "2026-06-11")
BEFORE, AFTER = ("2026-01-01", "2026-06-10"), ("2026-06-11", "2026-08-01")


def seen(*spans: tuple[str, str], component: str | None = None) -> list[Row]:
    return [{"subscription": "s", "component": component, "started": at(a), "ended": at(b)} for a, b in spans]


NOTHING = seen(("2026-06-01", "2026-06-01"))
"""Coverage of a monitor that never ran."""


def down(started: str, ended: str, component: str | None = None) -> Row:
    return {"outage": started, "subscription": "s", "component": component, "started": at(started), "ended": at(ended)}


def reviewed(
    guarantee: str, coverage: list[Row] | None, *outages: Row, period: str = "2026-06", as_of: str = LATER, **more: Any
) -> Review:
    tables = more | ({} if coverage is None else {"coverage": coverage})
    given = Evidence.of([SHOP], outages=list(outages), **tables)
    return assess(given, period, as_of, policies={"small": contract(guarantee)})


OWES = "credit: {flat: 10%, clause: c}"
SILENT = f"target: 99.9, {OWES}"


def window(review: Review) -> Row:
    return review.availability.row(0, named=True)


def test_without_coverage_no_window_says_how_much_was_observed() -> None:
    assert window(reviewed(SILENT, None))["observed"] is None


def test_coverage_that_ends_as_it_starts_says_that_nothing_was_observed() -> None:
    found = window(reviewed(SILENT, NOTHING))
    assert (found["met"], found["availability"], found["observed"]) == (None, None, 0)


def test_of_a_subscription_without_a_row_all_time_counts_as_observed_and_a_warning_says_so() -> None:
    given = Evidence.of([SHOP, SHOP | {"subscription": "t"}], outages=[], coverage=NOTHING)
    review = assess(given, "2026-06", LATER, policies={"small": contract(SILENT)})
    assert review.availability.select("subscription", "met", "observed").rows() == [("s", None, 0), ("t", True, None)]
    said = review.warnings.filter(code="no_coverage").select("subscription", "says").rows()
    assert said == [("t", "The table coverage has no row of this subscription: all of its time counts as observed.")]
    alone = assess(given.only("t"), "2026-06", LATER, policies={"small": contract(SILENT)})
    assert alone.availability.equals(review.of("t").availability)


def test_what_was_not_observed_is_told_by_its_length_and_first_time() -> None:
    review = reviewed(SILENT, seen(BEFORE, AFTER))
    assert window(review)["observed"] == Decimal("96.666666")
    assert review.warnings["says"].to_list() == [
        "uptime was not observed for 1d in one window (2026-06-10 00:00 UTC to 2026-06-11 00:00 UTC): it is taken as "
        "up, for the contract does not say what it is."
    ]
    assert ("s", "guarantees.uptime.missing", "up") in review.assumptions.select("subject", "term", "value").rows()


@pytest.mark.parametrize("missing", ["up", "down", "excluded"])
def test_a_contract_that_says_what_unobserved_time_is_gives_no_warning(missing: str) -> None:
    review = reviewed(f"{SILENT}, missing: {missing}", seen(BEFORE, AFTER))
    assert review.warnings.is_empty()
    assert not review.assumptions["term"].str.contains("missing").any()


@pytest.mark.parametrize("missing", ["", ", missing: up"])
def test_a_window_of_which_nothing_was_observed_is_not_kept(missing: str) -> None:
    review = reviewed(SILENT + missing, seen(("2026-07-01", "2026-08-01")), period="2026-06/2026-07")
    assert review.availability["met"].to_list() == [None, True]
    assert "no verdict" in review.warnings["says"].item()
    assert in_words(review, "availability")["met"].to_list() == ["not observed", "met"]
    assert "The service was not observed: nothing to judge." in str(explain(review, "s", "2026-06"))


def test_an_outage_without_coverage_counts_and_is_a_breach_if_it_is_long_enough() -> None:
    for length, met in (("2026-06-10T00:43:12", None), ("2026-06-10T00:43:13", False)):
        review = reviewed(SILENT, NOTHING, down("2026-06-10", length))
        assert window(review)["met"] is met
        assert review.owed == {"EUR": 0 if met is None else 100}


def test_unobserved_downtime_stands_in_the_ledger_with_its_clause() -> None:
    review = reviewed(f"{SILENT}, missing: down, clauses: {{missing: '7'}}", seen(BEFORE, AFTER))
    rows = review.ledger.filter(pl.col("window_start").is_not_null())
    assert rows.select("outage", "seconds", "verdict", "clause").rows() == [
        ("unobserved 2026-06-10T00:00:00Z", 86400, "counted", "7")
    ]
    told = str(explain(review, "s", "2026-06"))
    assert "counted – not observed, which the contract counts as downtime (7)" in told
    assert "Observed for 96.666666 % of the service time: the rest is downtime (7)." in told


def test_unobserved_time_is_maintained_and_closed_as_any_other() -> None:
    hours = "hours: {weekly: {wed: ['08:00-20:00']}}"  # 10 June 2026 is a Wednesday
    work = {"maintenance": "m", "subscription": "s", "component": None, "started": at("2026-06-10T10:00"),
            "ended": at("2026-06-10T12:00"), "announced": at("2026-01-01"), "kind": "scheduled"}  # fmt: skip
    terms = f"{SILENT}, missing: down, {hours}, exclude: {{maintenance: [scheduled]}}"
    assert window(reviewed(terms, seen(BEFORE, AFTER), maintenance=[work]))["downtime_seconds"] == 10 * 3600
    assert window(reviewed(terms, seen(BEFORE, AFTER)))["observed"] == 75  # three of four Wednesdays


def test_a_clock_that_starts_with_a_report_starts_at_once() -> None:
    terms = f"{SILENT}, missing: down, clock: reported"
    assert window(reviewed(terms, seen(BEFORE, AFTER)))["downtime_seconds"] == 86400


def test_a_guarantee_is_observed_while_all_its_components_are() -> None:
    web, db = seen(BEFORE, AFTER, component="web"), seen(("2026-01-01", "2026-06-20"), component="db")
    for scope in ("", ", components: [web, db]"):
        review = reviewed(f"{SILENT}{scope}, missing: excluded", [*web, *db])
        assert window(review)["agreed_seconds"] == (30 - 1 - 11 + 1 - 0) * 86400 - 86400
    assert window(reviewed(f"{SILENT}, components: [web], missing: excluded", [*web, *db]))["agreed_seconds"] == (
        29 * 86400
    )
    assert window(reviewed(f"{SILENT}, components: [mail]", web))["observed"] == 0
    everything = seen(("2026-01-01", "2026-07-01"))
    assert window(reviewed(f"{SILENT}, components: [mail]", [*web, *everything]))["observed"] == 100


def test_a_mean_judges_the_unobserved_time_of_each_component() -> None:
    web, db = seen(BEFORE, AFTER, component="web"), seen(("2026-01-01", "2026-08-01"), component="db")
    review = reviewed(f"{SILENT}, components: [web, db], combine: mean, missing: down", [*web, *db])
    assert window(review)["downtime_seconds"] == 43200
    assert review.ledger.filter(pl.col("verdict") == "counted")["component"].to_list() == ["web"]


def test_maintenance_and_gaps_in_coverage_are_taken_out_once() -> None:
    work = {"maintenance": "m", "subscription": "s", "component": None, "started": at("2026-06-10T12:00"),
            "ended": at("2026-06-11T12:00"), "announced": None, "kind": "scheduled"}  # fmt: skip
    terms = f"{SILENT}, missing: excluded, denominator: less_maintenance, exclude: {{maintenance: [scheduled]}}"
    found = window(reviewed(terms, seen(BEFORE, AFTER), maintenance=[work]))
    assert found["agreed_seconds"] == 28 * 86400 + 43200


def test_what_comes_after_the_assessment_is_neither_observed_nor_unobserved() -> None:
    review = reviewed(f"{SILENT}, missing: down", seen(("2026-01-01", "2026-06-15")), as_of="2026-06-15")
    found = window(review)
    assert (found["observed"], found["downtime_seconds"], found["running"]) == (100, 0, True)


def test_single_incidents_may_be_hidden_in_unobserved_time() -> None:
    review = reviewed(f"metric: downtime, within: 1h, window: incident, {OWES}", seen(BEFORE, AFTER))
    assert "uptime was not observed for 1d in the period" in review.warnings["says"].item()


def test_components_of_coverage_are_taken_in_the_words_of_the_contract() -> None:
    review = reviewed(f"{SILENT}, components: [edge_proxy]", seen(("2026-01-01", "2026-07-01"), component="Edge proxy"))
    assert window(review)["observed"] == 100
    assert "taken_as" in review.warnings["code"].to_list()


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ("target: 99, denominator: 730h, missing: excluded", "nothing is excluded from a printed length"),
        ("target: 99, components: [web, db], combine: mean, missing: excluded", "each component of a mean"),
        ("metric: incidents, at_most: 2, missing: excluded", "a number of incidents is no share of time"),
        ("target: 99, components: [web, db], at_once: 2, missing: down", "several components at once"),
    ],
)
def test_what_could_not_be_computed_is_refused(terms: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        contract(terms)


def test_coverage_ends_after_it_starts() -> None:
    with pytest.raises(InputError, match="ended"):
        reviewed(SILENT, seen(("2026-06-11", "2026-06-10")))


def test_a_credit_differs_by_what_missing_says() -> None:
    instants: list[datetime] = [at(day) for day in TENTH]
    outage = {"outage": "o", "subscription": "s", "started": instants[0], "ended": instants[1]}
    owed = {
        missing: reviewed(f"{SILENT}, missing: {missing}", seen(BEFORE, AFTER)).owed["EUR"]
        for missing in ("up", "down", "excluded")
    }
    assert owed == {"up": 0, "down": 100, "excluded": 0}
    assert reviewed(f"{SILENT}, missing: excluded", seen(BEFORE, AFTER), outage).owed["EUR"] == 100


def test_the_chart_of_allowances_does_not_show_an_unobserved_window_as_missed() -> None:
    review = reviewed(SILENT, seen(("2026-07-01", "2026-08-01")), period="2026-06/2026-07")
    drawn = json.dumps(chart_allowance(review, "s").to_dict())
    assert '"state": "unknown"' in drawn
    assert '"state": "missed"' not in drawn


def test_another_contract_judges_the_same_coverage() -> None:
    given = Evidence.of([SHOP], outages=[], coverage=seen(("2026-07-01", "2026-08-01")))
    up, down = (contract(f"{SILENT}, missing: {missing}", "currency: EUR") for missing in ("up", "down"))
    found = compare([up, down.amend({}, id="other")], evidence=given, period="2026-06", as_of=LATER).owed
    assert found["owed"].to_list() == [0, 100]
