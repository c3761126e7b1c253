"""Two sources side by side: what matches, what only one knows, and what each would pay, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import fastexcel
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

import slakit as sla

SHOP = {
    "subscription": "shop",
    "policy": "wp-heaven",
    "monthly_fee": "1600",
    "currency": "DKK",
    "starts": "2025-01-01T00:00:00+01:00",
}
JUNE = ("2026-06", "2026-07-05")


def outage(name: str, started: str, ended: str | None, source: str | None, **more: str) -> dict[str, Any]:
    """Write a row of June; times are `day hour:minute` in UTC."""
    times = {
        edge: f"2026-06-{time.replace(' ', 'T')}:00Z" if time else None
        for edge, time in (("started", started), ("ended", ended))
    }
    return {"outage": name, "subscription": "shop", **times, "detected": times["started"], "source": source, **more}


def evidence(*outages: dict[str, Any], **tables: Any) -> sla.Evidence:
    return sla.Evidence.of([SHOP], outages=outages, **tables)


def pairs(found: sla.Reconciliation) -> list[tuple[Any, ...]]:
    return found.pairs.select("provider_outage", "own_outage", "known_to").rows()


def test_outages_that_overlap_are_one_row_with_their_differences() -> None:
    found = sla.reconcile(
        evidence(
            outage("p1", "10 00:05", "10 00:25", "page"),
            outage("m1", "10 00:00", "10 00:30", "monitor"),
        ),
        *JUNE,
    )
    (row,) = found.pairs.to_dicts()
    assert (row["provider_outage"], row["own_outage"], row["known_to"]) == ("p1", "m1", "both")
    assert row["start_difference_seconds"] == Decimal(-300)
    assert row["end_difference_seconds"] == Decimal(300)
    assert row["overlap_seconds"] == Decimal(1200)


def test_what_one_source_has_alone_is_a_row_of_its_own() -> None:
    found = sla.reconcile(
        evidence(
            outage("p1", "10 00:05", "10 00:25", "page"),
            outage("m1", "11 00:00", "11 00:30", "monitor"),
        ),
        *JUNE,
    )
    assert pairs(found) == [("p1", None, "provider"), (None, "m1", "own")]


def test_outages_of_two_components_do_not_match_and_one_of_everything_matches_both() -> None:
    found = sla.reconcile(
        evidence(
            outage("p1", "10 00:00", "10 01:00", "page", component="web"),
            outage("p2", "10 00:00", "10 01:00", "page"),
            outage("m1", "10 00:00", "10 01:00", "monitor", component="mail"),
        ),
        *JUNE,
    )
    assert pairs(found) == [("p1", None, "provider"), ("p2", "m1", "both")]


def test_an_open_outage_goes_on_until_the_day_of_the_assessment() -> None:
    found = sla.reconcile(
        evidence(outage("p1", "10 00:00", None, "page"), outage("m1", "20 00:00", "20 01:00", "monitor")), *JUNE
    )
    (row,) = found.pairs.to_dicts()
    assert row["known_to"] == "both"
    assert row["end_difference_seconds"] is None
    assert row["overlap_seconds"] == Decimal(3600)


def test_coverage_tells_whether_the_other_source_looked() -> None:
    covered = {"subscription": "shop", "started": "2026-06-10T00:00Z", "ended": "2026-06-12T00:00Z", "source": "page"}
    found = sla.reconcile(
        evidence(
            outage("p1", "10 00:00", "10 01:00", "page"),
            outage("m1", "11 00:00", "11 01:00", "monitor"),
            outage("m2", "20 00:00", "20 01:00", "monitor"),
            coverage=[covered],
        ),
        *JUNE,
        provider="page",
    )
    assert found.pairs.select("own_outage", "other_observed").rows() == [(None, None), ("m1", "yes"), ("m2", "no")]
    assert "1 is outside the time that the other one covers" in found.summary()[1]


def test_each_source_is_assessed_alone_and_both_together() -> None:
    rows = (
        outage("p1", "10 00:00", "11 00:00", "page"),
        outage("m1", "10 00:00", "13 00:00", "monitor"),
        outage("x", "20 00:00", "20 01:00", None),
    )
    found = sla.reconcile(evidence(*rows), *JUNE, provider="page", own="monitor")
    for side, kept in (("provider", rows[:1]), ("own", rows[1:2]), ("together", rows)):
        alone = sla.assess(evidence(*kept), *JUNE, ranges=False)
        assert found.reviews[side].owed == alone.owed
        assert found.owed[f"{side}_amount"].sum() == alone.owed["DKK"]
        assert found.credits[f"{side}_amount"].sum() == alone.owed["DKK"]
    assert found.owed["difference"][0] > 0


def test_windows_with_another_verdict_are_marked() -> None:
    found = sla.reconcile(
        evidence(
            outage("p1", "10 00:00", "10 00:01", "page"),
            outage("m1", "10 00:00", "13 00:00", "monitor"),
        ),
        *JUNE,
    )
    assert found.windows.select("provider_met", "own_met", "differs").rows() == [(True, False, True)]
    assert found.windows["own_downtime_seconds"][0] == Decimal(3 * 86400)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({}, "two sources are needed, and the outages have 3 (page, monitor, third); name the two"),
        ({"provider": "pgae"}, "provider = pgae: no outage has this source; did you mean page?"),
        ({"provider": "page", "own": "page"}, "own = page: the same source twice; there are monitor, third"),
    ],
)
def test_sources_that_are_not_two_are_refused(named: dict[str, str], message: str) -> None:
    rows = [outage(name, f"1{n} 00:00", f"1{n} 01:00", name) for n, name in enumerate(("page", "monitor", "third"))]
    with pytest.raises(sla.InputError) as refused:
        sla.reconcile(evidence(*rows), *JUNE, **named)
    assert message in str(refused.value)


def test_one_source_alone_is_refused_with_what_to_do() -> None:
    with pytest.raises(sla.InputError, match="import the provider's page and the monitor's outages"):
        sla.reconcile(evidence(outage("p1", "10 00:00", "10 01:00", "page")), *JUNE)


def test_the_workbook_has_a_sheet_for_each_table(tmp_path: Path) -> None:
    found = sla.reconcile(
        evidence(outage("p1", "10 00:00", "10 01:00", "page"), outage("m1", "10 00:00", "10 02:00", "monitor")), *JUNE
    )
    found.to_excel(tmp_path / "both.xlsx")
    workbook = fastexcel.read_excel(tmp_path / "both.xlsx")
    assert workbook.sheet_names == ["Summary", "Pairs", "Windows", "Credits", "Owed"]


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 6), st.sampled_from([None, "a", "b"])), max_size=5)


@examples(8)
@given(SPANS, SPANS)
def test_every_outage_is_matched_as_a_loop_over_all_pairs_does(first: list[Any], second: list[Any]) -> None:
    def rows(spans: list[Any], source: str) -> list[dict[str, Any]]:
        return [
            outage(f"{source}{n}", f"10 {at // 60:02}:{at % 60:02}", f"10 {(at + for_) // 60:02}:{(at + for_) % 60:02}",
                   source, **({"component": part} if part else {}))
            for n, (at, for_, part) in enumerate(spans)
        ]  # fmt: skip

    always = [outage("page-x", "01 00:00", "01 00:01", "page"), outage("own-x", "02 00:00", "02 00:01", "own")]
    found = sla.reconcile(
        evidence(*always, *rows(first, "page"), *rows(second, "own")), *JUNE, provider="page", own="own"
    )
    expected = {("page-x", None), (None, "own-x")}
    matched: set[str] = set()
    for n, (at, length, part) in enumerate(first):
        for m, (other_at, other_length, other) in enumerate(second):
            if (not part or not other or part == other) and at <= other_at + other_length and other_at <= at + length:
                expected.add((f"page{n}", f"own{m}"))
                matched |= {f"page{n}", f"own{m}"}
    expected |= {(f"page{n}", None) for n in range(len(first)) if f"page{n}" not in matched}
    expected |= {(None, f"own{m}") for m in range(len(second)) if f"own{m}" not in matched}
    assert set(found.pairs.select("provider_outage", "own_outage").rows()) == expected


def test_only_outages_of_the_period_are_set_side_by_side() -> None:
    wp_heaven = "2026-06-30T22:00Z"  # the first of July in Copenhagen
    found = sla.reconcile(
        evidence(
            outage("p1", "10 00:00", "10 01:00", "page"),
            outage("p2", "30 21:00", "30 23:00", "page"),
            outage("m1", "30 20:00", "30 22:00", "monitor"),
            outage("m2", "10 00:00", "10 01:00", "monitor"),
            {**outage("m3", "30 21:00", None, "monitor"), "ended": wp_heaven},
        ),
        "2026-07",
        "2026-08-05",
        provider="page",
    )
    assert pairs(found) == [("p2", "m1", "both"), ("p2", "m3", "both")]
    june = evidence(outage("p1", "10 00:00", "10 01:00", "page"), outage("m3", "29 00:00", "30 22:00", "monitor"))
    assert pairs(sla.reconcile(june, "2026-07", "2026-08-05")) == []
