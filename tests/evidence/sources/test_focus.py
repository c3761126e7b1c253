"""FOCUS billing files: fees, exactly; no row is a credit of an SLA."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from reader_laws import assert_laws, rows

from slakit.evidence.sources.focus import READER, FocusMapping
from slakit.problems import InputError

BILL = (Path(__file__).parent / "files" / "focus.csv").read_bytes()
DECIDED: dict[str, Any] = {
    "format": 1,
    "reader": "focus",
    "items": {"Store": {"subscription": "store"}, "Support": "ignore"},
    "cost": "BilledCost",
    "categories": {"Usage": "fee", "Purchase": "fee", "Credit": "ignore", "Tax": "ignore"},
    "corrections": "net",
    "currency": "USD",
    "months": "Europe/Oslo",
}


def mapping(**changes: Any) -> FocusMapping:
    return FocusMapping(**DECIDED | changes)


def charges(**changes: Any) -> list[tuple[Any, ...]]:
    decided = mapping(**changes)
    found = assert_laws(READER, [BILL], decided, joins=True)
    return rows(found, "charges", "item", "started", "amount")


def test_what_is_billed_for_a_month_is_added_up_and_rounded_once() -> None:
    # 100.10000000055 + 2 × 0.0000004 − 20.5 = 79.60000080055; two rows that are written alike are two charges
    assert charges() == [
        ("Store", "2026-06-30 22:00:00", Decimal("79.600001")),
        ("Store", "2026-07-31 22:00:00", Decimal("0.3")),
        ("Support", "2026-06-30 22:00:00", Decimal("7.5")),
    ]
    assert charges(corrections="ignore")[0][2] == Decimal("100.100001")
    assert charges(cost="EffectiveCost")[2][2] == Decimal("0.25")


def test_the_month_of_the_bill_is_that_of_the_contract_west_of_greenwich_too() -> None:
    assert charges(months="America/New_York")[0][:2] == ("Store", "2026-07-01 04:00:00")


def test_without_months_a_charge_stands_at_its_own_time_in_utc() -> None:
    assert charges(months=None, corrections="ignore") == [
        ("Store", "2026-07-01 00:00:00", Decimal("100.1")),
        ("Store", "2026-07-01 01:00:00", Decimal("0.000001")),
        ("Store", "2026-08-31 23:00:00", Decimal("0.3")),
        ("Support", "2026-07-01 00:00:00", Decimal("7.5")),
    ]


def test_a_credit_is_no_fee_and_a_negative_fee_is_refused_or_listed() -> None:
    found = READER.find(READER.records(BILL, mapping()), mapping())
    assert sorted(reason for _, reason in rows(found, "left_out")) == [
        "the mapping leaves the category Credit out",
        "the mapping leaves the category Tax out",
    ]
    all_fees = {"categories": dict.fromkeys(DECIDED["categories"], "fee")}
    with pytest.raises(InputError, match="focus cost = -30: a negative amount, in 1 row"):
        READER.find(READER.records(BILL, mapping()), mapping(**all_fees))
    listed = READER.find(READER.records(BILL, mapping()), mapping(**all_fees, unmapped="list"))
    assert [reason for _, reason in rows(listed, "left_out")] == ["a negative amount"]


def test_categories_currencies_and_corrections_that_do_not_fit_are_told_together() -> None:
    euros = BILL.replace(b'7.5,0.25,"USD"', b'7.5,0.25,"EUR"').replace(b"100.10000000055", b"10")
    decided = mapping(categories={"Usage": "fee", "Purchase": "fee"})
    with pytest.raises(InputError) as refused:
        READER.find(READER.records(euros, decided), decided)
    assert [problem.where for problem in refused.value.problems] == ["focus categories", "focus currency"]
    less = READER.records(BILL.replace(b"100.10000000055", b"10"), mapping())
    with pytest.raises(InputError, match="corrections take off more than is charged"):
        READER.find(less, mapping())


def test_a_draft_lists_categories_and_services() -> None:
    draft = READER.draft(READER.records(BILL, None))
    assert list(draft.items) == ["Store", "Support"]
    assert draft.keys["categories"][0] == dict.fromkeys(["Usage", "Credit", "Purchase", "Tax"], "CHANGE-ME")
    assert draft.keys["currency"][0] == "USD"
    assert READER.recognises(BILL)
    assert READER.recognises(b"number,opened_at\n") is None


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (BILL.replace(b"7.5,", b"7;5,"), "not an amount"),
        (BILL.replace(b"7.5,", b"=1+1,"), "not an amount"),
        (BILL.replace(b"7.5,", b"NaN,"), "not an amount"),
        (BILL.replace(b'3E-1,0.3,"USD"', b'NULL,0.3,"USD"'), "an empty cell"),
        (BILL.replace(b"2026-08-31 23:00:00", b"31/08/2026"), "not a time"),
        (BILL.replace(b"BilledCost", b"Cost"), "no such column"),
        (BILL[:-30], "values under 13 columns|quote"),
        (b"<html></html>", "no such column"),
    ],
)
def test_what_cannot_be_read_is_refused(source: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        READER.records(source, mapping())
