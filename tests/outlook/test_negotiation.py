"""The inverse questions: each change is priced as the amended plan would be, on the same years."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import slakit as sla

HOW: dict[str, Any] = {"outages_per_year": 8, "length": "90m", "years": 60, "period": "2027-01/2027-12"}
ENTERPRISE = "klink-cloud:enterprise"


def test_a_change_is_worth_what_the_amended_plan_pays_more() -> None:
    terms = {"guarantees.website.target": 99.9}
    priced = sla.price_terms("wp-heaven", {"99.9": terms}, **HOW).row(0, named=True)
    policy = sla.find_policy("wp-heaven")
    found = sla.outlook(["wp-heaven", policy.amend(terms)], ranges=False, **HOW).summary
    assert priced["expected"] == found["expected"][1]
    assert priced["difference"] == found["expected"][1] - found["expected"][0] > 0
    with pytest.raises(sla.InputError, match="is not there"):
        sla.price_terms("wp-heaven", {"no": {"guarantees.nowhere.target": 1}}, **HOW)
    with pytest.raises(sla.InputError, match="several plans"):
        sla.price_terms("klikk", **HOW)


def test_the_usual_changes_fit_and_the_dearest_is_first() -> None:
    priced = sla.price_terms(ENTERPRISE, **HOW)
    assert priced["change"][0] == "Larger credits: 2 times"
    assert "Platform uptime: 99.95 % committed" in priced["change"].to_list()
    assert priced["difference"].is_sorted(descending=True)
    twice = priced.row(0, named=True)
    assert twice["expected"] == 2 * (twice["expected"] - twice["difference"])


def test_terms_that_pay_for_a_share_of_the_harm() -> None:
    needed = {row["lever"]: row for row in sla.terms_for_harm(ENTERPRISE, 500, **HOW).iter_rows(named=True)}
    first, larger = needed["Terms as they are"], needed["Larger credits"]
    assert not first["enough"]
    assert larger["enough"]
    assert larger["harm_share"] >= 10
    factor = Decimal(larger["change"].removesuffix(" times"))
    assert larger["expected"] == factor * first["expected"]
    with pytest.raises(sla.InputError, match="not above 0"):
        sla.terms_for_harm(ENTERPRISE, 0, **HOW)
