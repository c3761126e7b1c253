"""Decisions on outages: which of them apply, what they make of the money, and what is refused; worked out by hand.

WP Heaven owes 1 % of 1,600 DKK for each percentage point under 99.5 % of June's 720 hours, to the fraction: for three
days of downtime 9.5 % (152.00), for two 6.1667 % (98.67), for one 2.8333 % (45.33).
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_contracts import at, contract
from tables_alike import differences, tables_of

import slakit as sla
from slakit.analysis.assumptions import assumptions_in_words
from slakit.analysis.corrections import decided_otherwise
from slakit.analysis.explain import explain
from slakit.show.excel.review import review_sheets

SHOP = {
    "subscription": "shop",
    "policy": "wp-heaven",
    "monthly_fee": "1600",
    "currency": "DKK",
    "starts": "2025-01-01T00:00:00+01:00",
}
JUNE = ("2026-06", "2026-07-05")
THREE_DAYS = {"outage": "o", "subscription": "shop", "started": "2026-06-10T00:00Z", "ended": "2026-06-13T00:00Z",
              "detected": "2026-06-10T00:00Z"}  # fmt: skip


def decision(action: str, state: str = "agreed", decided: str = "2026-07-02T00:00Z", **more: Any) -> dict[str, Any]:
    """A decision on the outage o, or another one; times are days of June."""
    times = {edge: f"2026-06-{more.pop(edge)}T00:00Z" for edge in ("started", "ended") if edge in more}
    row = {"outage": "o", "action": action, "reason": "a test", "by": "both", "decided": decided, "state": state}
    return row | times | more


def evidence(*corrections: dict[str, Any], outages: Any = (THREE_DAYS,), **tables: Any) -> sla.Evidence:
    return sla.Evidence.of([SHOP], outages=outages, corrections=corrections, **tables)


def reviewed(*corrections: dict[str, Any], as_of: str = JUNE[1], **tables: Any) -> sla.Review:
    return sla.assess(evidence(*corrections, **tables), JUNE[0], as_of)


def money(review: sla.Review) -> tuple[Decimal, ...]:
    """Owed as recorded, as agreed, and if disputed decisions held."""
    (row,) = review.corrections.select("owed_recorded", "owed_agreed", "owed_disputed").unique().rows()
    assert row[1] == review.owed["DKK"]
    return tuple(row)


def amounts(*texts: str) -> tuple[Decimal, ...]:
    return tuple(map(Decimal, texts))


def test_without_decisions_nothing_is_said_and_nothing_assessed_again() -> None:
    review = reviewed()
    assert review.corrections.is_empty()
    assert not decided_otherwise(evidence(), at("2026-07-05"))
    assert review.owed == {"DKK": Decimal("152.00")}


def test_an_outage_that_is_excluded_counts_nowhere_and_is_told() -> None:
    review = reviewed(decision("excluded", reason="our own firewall", by="Ida, WP Heaven"))
    assert money(review) == amounts("152.00", "0.00", "0.00")
    assert review.ledger.select("outage", "seconds", "verdict").rows() == [("o", 3 * 86400, "excluded_by_agreement")]
    assert review.availability["availability"].to_list() == [100]
    (row,) = review.corrections.rows(named=True)
    assert (row["applied"], row["action"], row["state"], row["currency"]) == (True, "excluded", "agreed", "DKK")
    assert (row["recorded_started"], row["recorded_ended"]) == (at("2026-06-10"), at("2026-06-13"))
    assert (row["corrected_started"], row["corrected_ended"]) == (None, None)
    said = review.assumptions.filter(pl.col("term") == "correction o").rows()
    because = "Agreed: our own firewall (Ida, WP Heaven, 2026-07-02 00:00 UTC)"
    assert said == [("shop", "correction o", "excluded", because)]
    assert ("shop", "Outage o", "excluded", because) in assumptions_in_words(review).rows()
    counts = {name: (read, used) for _, name, read, used in review.row_counts.rows()}
    assert (counts["outages"], counts["corrections"]) == ((1, 0), (1, 1))
    assert "it was agreed not to count it: our own firewall (Ida, WP Heaven)" in str(explain(review, "shop", "2026-06"))
    assert "Corrections" in [sheet.name for sheet in review_sheets(review)]
    assert review.warnings.is_empty()


@pytest.mark.parametrize(
    ("times", "owed"),
    [
        ({"ended": "11"}, "45.33"),
        ({"started": "11"}, "98.67"),
        ({"started": "11", "ended": "12"}, "45.33"),
        ({"started": "09"}, "152.00"),  # the clock starts with the detection, which stays
        ({"ended": "14"}, "205.33"),
    ],
)
def test_an_outage_with_other_times_counts_by_them(times: dict[str, str], owed: str) -> None:
    review = reviewed(decision("changed", **times))
    assert money(review) == amounts("152.00", owed, owed)
    assert review.evidence.outages["ended"].to_list() == [at("2026-06-13")]
    (row,) = review.corrections.rows(named=True)
    expected = {"started": "10", "ended": "13"} | times
    assert row["corrected_started"] == at(f"2026-06-{expected['started']}")
    assert row["corrected_ended"] == at(f"2026-06-{expected['ended']}")
    said = review.assumptions.filter(pl.col("term") == "correction o")["value"].to_list()
    assert said == [f"from 2026-06-{expected['started']} 00:00 UTC to 2026-06-{expected['ended']} 00:00 UTC"]


def test_what_is_disputed_does_not_apply_and_its_money_is_told() -> None:
    review = reviewed(decision("excluded", "disputed", reason="force majeure"))
    assert money(review) == amounts("152.00", "152.00", "0.00")
    assert review.corrections["applied"].to_list() == [False]
    said = review.assumptions.filter(pl.col("term") == "correction o").rows()
    because = "Disputed that it is excluded: force majeure (both, 2026-07-02 00:00 UTC)"
    assert said == [("shop", "correction o", "not applied", because)]
    counts = {name: (read, used) for _, name, read, used in review.row_counts.rows()}
    assert (counts["outages"], counts["corrections"]) == ((1, 1), (1, 0))


def test_three_amounts_stand_side_by_side() -> None:
    review = reviewed(decision("changed", ended="12"), decision("changed", "disputed", "2026-07-03T00:00Z", ended="11"))
    assert money(review) == amounts("152.00", "98.67", "45.33")
    assert review.corrections["applied"].to_list() == [True, False]


def test_a_dispute_that_a_later_agreement_settles_is_over() -> None:
    review = reviewed(
        decision("excluded", "disputed", "2026-07-01T00:00Z"), decision("changed", ended="12"),
    )  # fmt: skip
    assert money(review) == amounts("152.00", "98.67", "98.67")
    assert review.assumptions.filter(pl.col("term") == "correction o").height == 1


def test_of_several_agreed_decisions_the_last_that_is_known_applies_in_any_order() -> None:
    out, back = decision("excluded"), decision("reinstated", decided="2026-07-04T00:00Z")
    for rows in ((out, back), (back, out)):
        assert money(reviewed(*rows)) == amounts("152.00", "152.00", "152.00")
        earlier = reviewed(*rows, as_of="2026-07-03")
        assert money(earlier) == amounts("152.00", "0.00", "0.00")
        assert earlier.corrections.height == 1
        assert earlier.warnings["code"].to_list() == ["after_as_of"]
    changed = reviewed(decision("changed", started="11"), decision("changed", decided="2026-07-03T00:00Z", ended="11"))
    assert money(changed) == amounts("152.00", "45.33", "45.33")  # an empty time is as recorded, not as decided before


def test_a_decision_made_at_the_instant_of_the_assessment_is_known() -> None:
    assert reviewed(decision("excluded", decided="2026-07-05T00:00Z")).owed == {"DKK": 0}
    assert reviewed(decision("excluded", decided="2026-07-05T00:00:00.000001Z")).owed == {"DKK": Decimal("152.00")}


def test_an_open_outage_gets_an_end_or_another_start() -> None:
    still_down = [THREE_DAYS | {"ended": None}]
    # from 10 June to the end of June in Copenhagen, 22:00 UTC: 502 of 720 hours
    assert money(reviewed(decision("changed", ended="11"), outages=still_down)) == amounts("1107.56", "45.33", "45.33")
    # from 30 June on: 22 hours
    review = reviewed(decision("changed", started="30"), outages=still_down)
    assert money(review) == amounts("1107.56", "40.89", "40.89")
    assert review.corrections["corrected_ended"].to_list() == [None]
    assert review.assumptions.filter(pl.col("term") == "correction o")["value"][0] == "from 2026-06-30 00:00 UTC on"


def test_signals_stay_as_they_were_recorded() -> None:
    # one before the corrected start starts the clock there; a day or more before, the review warns of it
    early = reviewed(decision("changed", started="12"))
    assert money(early)[1] == Decimal("45.33")
    assert early.warnings["code"].to_list() == ["early_signal"]
    # one after the corrected end starts none: nothing of the outage counts
    late = reviewed(decision("changed", ended="11"), outages=[THREE_DAYS | {"detected": "2026-06-12T00:00Z"}])
    assert money(late) == amounts("45.33", "0.00", "0.00")
    assert late.ledger["verdict"].to_list() == ["unreported"]
    assert late.warnings["code"].to_list() == ["no_signal"]


def test_an_outage_can_move_into_the_period_or_to_no_length() -> None:
    assert reviewed(decision("changed", started="10", ended="10")).ledger["verdict"].to_list() == ["no_length"]
    may = THREE_DAYS | {"started": "2026-05-10T00:00Z", "ended": "2026-05-13T00:00Z", "detected": "2026-05-10T00:00Z"}
    assert money(reviewed(decision("changed", started="12", ended="13"), outages=[may])) == amounts(
        "0.00", "45.33", "45.33"
    )


def test_a_review_assesses_its_evidence_again_with_the_same_result() -> None:
    rows = [decision("changed", ended="12"), decision("excluded", "disputed", "2026-07-03T00:00Z"),
            decision("reinstated", decided="2026-07-06T00:00Z")]  # fmt: skip
    review = reviewed(*rows)
    again = sla.assess(review.evidence, *JUNE)
    assert not differences(tables_of(review), tables_of(again))
    assert review.assumptions.equals(again.assumptions)
    assert sla.assess(review.evidence, "2026-06", "2026-07-07").owed == {"DKK": Decimal("152.00")}


def test_only_subscriptions_with_decisions_are_assessed_again_and_told() -> None:
    other = {**THREE_DAYS, "outage": "p", "subscription": "other"}
    both = sla.Evidence.of(
        [SHOP, SHOP | {"subscription": "other"}], outages=[THREE_DAYS, other], corrections=[decision("excluded")]
    )
    assert {name: found.names for name, found in decided_otherwise(both, at("2026-07-05")).items()} == {
        "recorded": ["shop"]
    }
    review = sla.assess(both, *JUNE)
    assert review.corrections["subscription"].to_list() == ["shop"]
    assert review.owed == {"DKK": Decimal("152.00")}
    assert review.of("other").corrections.is_empty()
    assert both.of_names(["other"]).corrections.is_empty()


def test_agreed_times_have_no_bounds_any_more() -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, clause: c}", "currency: DKK")
    outage = {"outage": "o", "subscription": "shop", "started": at("2026-06-10T10:00"), "ended": at("2026-06-10T10:43")}
    shop = SHOP | {"policy": "small"}
    agreed = decision("changed") | {"ended": at("2026-06-10T10:42")}

    def bounds(*corrections: dict[str, Any]) -> int:
        known = sla.Evidence.of(
            [shop], outages=[outage | {"upper_ended": at("2026-06-10T10:44")}], corrections=corrections
        )
        return sla.assess(known, *JUNE, policies={"small": policy}).bounds.height

    assert (bounds(), bounds(agreed), bounds(decision("excluded"))) == (2, 0, 0)


def test_decisions_apply_where_sources_are_reconciled_and_plans_compared() -> None:
    rows = [THREE_DAYS | {"source": "page"}, THREE_DAYS | {"outage": "m", "source": "monitor"}]
    known = evidence(decision("excluded", outage="m"), outages=rows)
    found = sla.reconcile(known, *JUNE)
    assert found.owed.select("provider_amount", "own_amount").rows() == [amounts("152.00", "0.00")]
    compared = sla.compare(
        ["wp-heaven", "klikk:gold"], evidence=evidence(decision("changed", ended="11")), as_of=JUNE[1]
    )
    assert compared.owed.filter(pl.col("plan") == "wp-heaven")["owed"].to_list() == [Decimal("45.33")]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([decision("excluded", outage="x")], "row 2 outage = x: no such outage"),
        ([decision("excluded", ended="11")], "action = excluded: other times beside an action that changes none"),
        ([decision("changed")], "action = changed: changed to no other times; give started, ended or both"),
        ([decision("changed", started="12", ended="11")], "ended = 2026-06-11T00:00Z: ends before it starts"),
        ([decision("changed", ended="09")], "before the recorded start of the outage; give started as well"),
        ([decision("changed", started="14")], "after the recorded end of the outage; give ended as well"),
        ([decision("excluded"), decision("reinstated")], "another row has the same outage and decided"),
        ([decision("excluded"), decision("reinstated", "disputed")], "another row has the same outage and decided"),
        ([decision("dropped")], "action = dropped"),
        ([decision("excluded", "open")], "state = open"),
        ([decision("excluded", reason="")], "row 2 reason: empty"),
        ([decision("excluded", by=None)], "row 2 by: empty"),
    ],
)
def test_decisions_that_say_nothing_clear_are_refused(rows: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(sla.InputError) as refused:
        evidence(*rows)
    assert message in str(refused.value)


def test_decisions_without_outages_are_refused() -> None:
    with pytest.raises(sla.InputError, match="no such outage"):
        sla.Evidence.of([SHOP], corrections=[decision("excluded")])


def test_decisions_are_read_from_a_folder(tmp_path: Path) -> None:
    for name, rows in {"subscriptions": [SHOP], "outages": [THREE_DAYS], "corrections": [decision("excluded")]}.items():
        pl.DataFrame(rows).write_csv(tmp_path / f"{name}.csv")
    assert sla.assess(sla.read_evidence(tmp_path), *JUNE).owed == {"DKK": 0}
