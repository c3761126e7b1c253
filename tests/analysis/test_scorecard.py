"""Scorecards: levels against an authority's own cut points, at their edges."""

from __future__ import annotations

from decimal import Decimal

import pytest
from sample_evidence import sample_review

import slakit as sla

SHOP = {
    "subscription": "shop", "policy": "klink-cloud", "tier": "enterprise", "monthly_fee": "2400", "currency": "USD",
    "starts": "2026-01-01T00:00:00Z",
}  # fmt: skip
# 43m12s of June's 30 days: exactly 99.9 %; 7h12m of September's 30 days: exactly 99 %
DOWN = [
    {"outage": "o1", "subscription": "shop", "started": "2026-06-10T00:00:00Z", "ended": "2026-06-10T00:43:12Z"},
    {"outage": "o2", "subscription": "shop", "started": "2026-09-10T00:00:00Z", "ended": "2026-09-10T07:12:00Z"},
]


@pytest.fixture(scope="module")
def reviews() -> dict[str, sla.Review]:
    evidence = sla.Evidence.of([SHOP], outages=[row | {"detected": row["started"]} for row in DOWN])
    return {
        period: sla.assess(evidence, period, "2026-10-05", ranges=False)
        for period in ("2026-06", "2026-06/2026-09", "2026-10")
    }


def rated(review: sla.Review, **terms: object) -> dict[str, object]:
    kpi = {"id": "uptime", "guarantee": "platform", "approaching": 99.5, "requires_improvement": 99, **terms}
    written = "\n".join(f"    {key}: {value}" for key, value in kpi.items())
    found = sla.scorecard(review, sla.parse_kpis(f"format: 1\nkpis:\n  -\n{written}\n"))
    return found.row(0, named=True)


@pytest.mark.parametrize(
    ("period", "terms", "level", "rating"),
    [
        ("2026-06", {}, "99.9", "Good"),  # the target itself meets the guarantee
        ("2026-06", {"good": "99.900001"}, "99.9", "Approaching target"),
        ("2026-06", {"good": 100, "approaching": "99.91"}, "99.9", "Requires improvement"),
        ("2026-06", {"good": 100, "approaching": "99.92", "requires_improvement": "99.91"}, "99.9", "Inadequate"),
        # 43m12s + 7h12m = 28,512 s down of 122 days = 10,540,800 s: 99.729508196…
        ("2026-06/2026-09", {}, "99.729508", "Approaching target"),
        ("2026-06/2026-09", {"over": "worst_window"}, "99", "Requires improvement"),
        ("2026-06/2026-09", {"other": "suspended in June"}, "99.729508", "Other"),
        ("2026-10", {}, None, "Other"),
    ],
)
def test_a_level_is_rated_at_its_cut_points(
    reviews: dict[str, sla.Review], period: str, terms: dict[str, object], level: str | None, rating: str
) -> None:
    row = rated(reviews[period], **terms)
    assert (row["level"], row["rating"]) == (None if level is None else Decimal(level), rating)
    assert bool(row["why"]) == (rating == "Other")


def test_windows_are_counted_and_the_target_is_where_good_begins(reviews: dict[str, sla.Review]) -> None:
    row = rated(reviews["2026-06/2026-09"])
    assert (row["windows"], row["met"], row["good"], row["name"]) == (4, 3, Decimal("99.9"), "Platform uptime")


@pytest.mark.parametrize(
    ("terms", "wrong"),
    [
        ({"approaching": 98}, "kpis.uptime = 99.9, 98, 99: cut points that are not in order; let them fall from good"),
        ({"guarantee": "platfrm"}, "not of its contract; did you mean platform?"),
        ({"subscription": "shp"}, "not in the evidence; did you mean shop?"),
        ({"aproaching": 99}, "did you mean approaching?"),
        ({"over": "year"}, "over = year"),
    ],
)
def test_what_makes_no_scorecard_is_refused(
    reviews: dict[str, sla.Review], terms: dict[str, object], wrong: str
) -> None:
    with pytest.raises(sla.InputError) as error:
        rated(reviews["2026-06"], **terms)
    assert wrong in str(error.value)


def test_answers_of_all_months_are_taken_together() -> None:
    review = sample_review()
    found = sla.scorecard(review, sla.read_kpis("data_samples/kpis.yaml")).row(2, named=True)
    judged = review.of("fjord-iaas").attainment.filter(guarantee="response").drop_nulls("attainment")
    of_all = Decimal(100 * judged["met_count"].sum()) / judged["eligible"].sum()
    assert found["level"] == Decimal(int(of_all * 10**6)) / 10**6
    assert found["rating"] == "Good"
