"""Several entries of a kind of maintenance: any one qualifies it, and an allowance counts what no earlier one took."""

from __future__ import annotations

from datetime import timedelta

import pytest
from small_contracts import DAY, HOUR, MICROSECOND, Row, at, contract, down, downtimes, judged, seconds_by_verdict, work

from slakit.analysis.explain import explain
from slakit.analysis.review import Review

JUNE = at("2026-06-02")
H = 3600
NIGHT = "hours: {weekly: {mon-sun: ['02:00-04:00']}}"
NIGHT_OR_TOLD = (
    f"{{id: night, kind: scheduled, notice: 24h, {NIGHT}, clause: n}}, "
    "{id: told, kind: scheduled, notice: 10d, clause: t}"
)


def by_entries(entries: str, outages: list[Row], works: list[Row], terms: str = "") -> Review:
    policy = contract(f"target: 99.9, exclude: {{maintenance: [scheduled]}}{terms}", f"maintenance: [{entries}]")
    return judged(policy, outages, maintenance=works)


@pytest.mark.parametrize(
    ("notice", "counted"),
    [(23 * HOUR, 6), (24 * HOUR, 4), (10 * DAY - MICROSECOND, 4), (10 * DAY, 0)],
)
def test_maintenance_qualifies_by_any_entry_of_its_kind(notice: timedelta, counted: int) -> None:
    # down and worked on from 00 to 06: two hours of the night by the first entry, all six by the second
    review = by_entries(NIGHT_OR_TOLD, [down(JUNE, 6 * HOUR)], [work(JUNE, 6 * HOUR, notice=notice)])
    assert downtimes(review) == [counted * H]


def test_the_clause_is_that_of_the_entry_that_took_the_time() -> None:
    review = by_entries(NIGHT_OR_TOLD, [down(JUNE, 6 * HOUR)], [work(JUNE, 6 * HOUR, notice=10 * DAY)])
    found = review.ledger.sort("started").select("verdict", "clause", "seconds").rows()
    assert found == [("maintenance", "t", 2 * H), ("maintenance", "n", 2 * H), ("maintenance", "t", 2 * H)]


def test_it_is_explained_why_none_of_them_qualifies() -> None:
    noon = JUNE + 12 * HOUR
    told = str(explain(by_entries(NIGHT_OR_TOLD, [down(noon, HOUR)], [work(noon, HOUR, notice=DAY)]), "s", "2026-06"))
    assert (
        "excludes nothing: it lies outside the hours mon-sun 02:00-04:00 (n); "
        "it was announced 1d ahead, and 10d is required (t)." in told
    )


@pytest.mark.parametrize(("night_first", "counted"), [(True, 1), (False, 3)])
def test_an_allowance_counts_only_what_no_entry_before_it_has_taken(night_first: bool, counted: int) -> None:
    # Work from 02 to 04 and from 10 to 13. The night first: 02-04, and of two hours in the month 10-12; 12-13 counts.
    # The allowance first: it is used up from 02 to 04, which the night would have taken anyway; 10-13 counts.
    entries = [f"{{id: night, kind: scheduled, {NIGHT}, clause: n}}"]
    entries.insert(night_first, "{id: some, kind: scheduled, allowance: {at_most: 2h}, clause: s}")
    works = [work(JUNE + 2 * HOUR, 2 * HOUR, name="a"), work(JUNE + 10 * HOUR, 3 * HOUR, name="b")]
    review = by_entries(", ".join(entries), [down(JUNE, 24 * HOUR)], works)
    assert seconds_by_verdict(review) == {"maintenance": (5 - counted) * H, "counted": (19 + counted) * H}


def test_what_was_taken_for_one_component_is_not_taken_for_another() -> None:
    # Both are worked on from 02 to 04, web with ten days' notice: the hour of the second entry is that of disk.
    entries = "{id: told, kind: scheduled, notice: 10d, clause: t}, "
    entries += "{id: some, kind: scheduled, allowance: {at_most: 1h}, clause: s}"
    start = JUNE + 2 * HOUR
    works = [
        work(start, 2 * HOUR, notice=10 * DAY, name="a", component="web"),
        work(start, 2 * HOUR, notice=DAY, name="b", component="disk"),
    ]
    for component, counted in (("web", 0), ("disk", 1)):
        review = by_entries(entries, [down(start, 2 * HOUR, component=component)], works)
        assert downtimes(review) == [counted * H]


def test_agreed_time_is_shortened_by_what_any_entry_takes_once() -> None:
    works = [work(JUNE, 6 * HOUR, notice=10 * DAY)]  # the night is in it already
    review = by_entries(NIGHT_OR_TOLD, [], works, ", denominator: less_maintenance")
    assert review.availability["agreed_seconds"].to_list() == [(720 - 6) * H]


def test_a_kind_of_one_entry_beside_one_of_several() -> None:
    entries = NIGHT_OR_TOLD + ", {kind: emergency, clause: e}"
    terms = "target: 99.9, exclude: {maintenance: [emergency, scheduled]}"
    works = [work(JUNE, HOUR, notice=10 * DAY, name="a"), work(JUNE + HOUR, HOUR, name="b", kind="emergency")]
    review = judged(contract(terms, f"maintenance: [{entries}]"), [down(JUNE, 3 * HOUR)], maintenance=works)
    assert review.ledger.sort("started").select("verdict", "clause").rows() == [
        ("maintenance", "t"),
        ("maintenance", "e"),
        ("counted", "c"),
    ]
