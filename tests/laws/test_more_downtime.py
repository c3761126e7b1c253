"""More downtime never earns less, unless the schedule itself pays more for a better level, and the findings say so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from random_cases import Row, as_evidence, shared_components
from shipped_plans import SHIPPED, some_shipped

from slakit.analysis.assess import assess
from slakit.finding.run import findings
from slakit.policy.document import Policy
from slakit.policy.files import find_policy
from slakit.policy.terms import Terms

MAY, DAY = datetime(2026, 5, 4, 9, tzinfo=UTC), timedelta(days=1)
LENGTHS = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 30, 60, 61, 300, 301, 900, 1_799, 1_800, 3_600, 3_601, 7_200, 14_400, 14_401, 43_200)
) + tuple(DAY * days for days in (1, 2, 4, 9, 20))


def outages_of_growing_length(terms: Terms, lengths: list[timedelta]) -> dict[str, list[Row]]:
    """A subscription for each length, with one outage that is noticed at once."""
    subscriptions, outages = [], []
    components = [word for guarantee in terms.guarantees for word in guarantee.components]
    fees = dict.fromkeys([*components, *shared_components(terms)], 1000) or None
    for number, length in enumerate(lengths):
        name = f"s{number:02}"
        subscriptions.append(
            {
                "subscription": name, "policy": terms.policy, "tier": terms.tier, "monthly_fee": "1000",
                "currency": terms.currency or "EUR", "starts": datetime(2024, 1, 1, tzinfo=UTC),
                "ends": datetime(2028, 1, 1, tzinfo=UTC), "component_fees": fees,
            }
        )  # fmt: skip
        signals = dict.fromkeys(("started", "detected", "reported", "diagnosed"), MAY)
        component = components[0] if components else None
        row = {"outage": name, "subscription": name, "component": component, **signals, "ended": MAY + length}
        outages.append(row)
    return {"subscriptions": subscriptions, "outages": outages}


def never_earns_less(policy: Policy, tier: str | None, seed: int) -> None:
    terms = policy.terms(tier=tier)
    if "better-pays-more" in findings(policy, tier=tier)["code"].to_list():
        return
    rng = Random(seed)
    near = [length + rng.choice((-1, 1)) * timedelta(microseconds=1) for length in LENGTHS[1:]]
    lengths = sorted({*LENGTHS, *near})
    rows = outages_of_growing_length(terms, lengths)
    review = assess(as_evidence(rows), "2026-04/2027-01", "2028-01-01", policies={policy.id: policy}, ranges=False)
    owed = dict.fromkeys((row["subscription"] for row in rows["subscriptions"]), 0)
    for subscription, amount in review.credits.select("subscription", "amount").iter_rows():
        owed[subscription] += amount
    earned = [owed[name] for name in sorted(owed)]
    assert earned == sorted(earned), list(zip(lengths, earned, strict=True))


def on_every_tier(name: str, seed: int) -> None:
    policy = find_policy(name)
    for tier in policy.tiers or [None]:
        never_earns_less(policy, tier, seed)


@pytest.mark.parametrize("name", some_shipped(3, 5))
def test_of_some_shipped_policies(name: str) -> None:
    on_every_tier(name, 1)


@pytest.mark.long
@pytest.mark.parametrize("name", SHIPPED)
def test_of_every_shipped_policy(name: str) -> None:
    on_every_tier(name, 2)
