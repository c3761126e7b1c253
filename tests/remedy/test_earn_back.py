"""What is given back counts as never due: it reaches no minimum, carries nothing on, and uses up no cap."""

from __future__ import annotations

from random import Random

import pytest
from random_cases import case_of
from random_policies import Tree, random_policy
from second_calculation import compared
from small_contracts import HOUR, at, contract, down, holder, judged

from slakit.analysis.review import Review


def of_months(terms: str, months: str, period: str = "2026-05/2026-08") -> list[tuple[int, str | None]]:
    """What is paid for each month of a period, and what limits it; in some months the service is down for 2 hours."""
    outages = [down(at(f"2026-{month}-10"), 2 * HOUR, month) for month in months.split()]
    policy = contract(f"target: 99.9, credit: {{flat: 2%, {terms}, clause: c}}")
    review: Review = judged(policy, outages, period, as_of="2026-12-01")
    return [(int(amount), cap) for amount, cap in review.credits.select("amount", "cap").rows()]


def test_what_is_given_back_is_not_raised_to_a_minimum() -> None:
    raised = "minimum: {from: 5%, otherwise: raised}"
    assert of_months(raised, "05") == [(50, "minimum"), (0, None), (0, None), (0, None)]
    assert of_months(f"{raised}, earn_back: {{windows: 1}}", "05")[0] == (0, "earned_back")
    # half of 20 is left, for which at least 50 are paid
    assert of_months(f"{raised}, earn_back: {{windows: 1, share: 50%}}", "05")[0] == (50, "minimum")


def test_what_is_given_back_is_not_carried_on() -> None:
    # 20 are too few. Those of May are given back by June; July's are carried on and August's make them 40
    carried = "minimum: {from: 3%, otherwise: carried}"
    assert [paid for paid, _ in of_months(carried, "05 07 08")] == [0, 0, 40, 0]
    back = of_months(f"{carried}, earn_back: {{windows: 1}}", "05 07 08")
    assert back == [(0, "earned_back"), (0, None), (0, "minimum"), (40, None)]


def test_what_is_left_may_be_too_small_to_be_paid() -> None:
    nothing = "minimum: {from: 2%, otherwise: nothing}, earn_back: {windows: 1, share: 50%}"
    assert of_months(nothing, "05 08") == [(0, "minimum"), (0, None), (0, None), (20, None)]


def test_what_is_given_back_uses_up_no_cap() -> None:
    capped = "caps: [{per: term, at_most: 2%, clause: c}]"
    assert [paid for paid, _ in of_months(capped, "05 07")] == [20, 0, 0, 0]
    back = of_months(f"{capped}, earn_back: {{windows: 1}}", "05 08")
    assert back == [(0, "earned_back"), (0, None), (0, None), (20, None)]


def test_a_share_is_of_what_was_earned_to_the_fraction() -> None:
    # 1.005 EUR of a fee of 50.25 are 1.01 where all of them stand; of the half 0.5025 are 0.50, not half of 1.01
    policy = contract("target: 99.9, credit: {flat: 2%, earn_back: {windows: 1, share: 50%}, clause: c}")
    review = judged(
        policy, [down(at("2026-05-10"), 2 * HOUR)], "2026-05/2026-06", as_of="2026-12-01",
        subscriptions=[holder(fee="50.25")],
    )  # fmt: skip
    assert [f"{amount:.2f}" for amount in review.credits["amount"]] == ["0.50", "0.00"]


def random_back(rng: Random) -> Tree:
    """A random contract whose credits are given back, and have a minimum."""
    tree = random_policy(rng, "p")
    tree.pop("one_of", None)  # which does not go with what is carried on
    earning = [one for one in [*tree["guarantees"], *tree.get("remedies", [])] if one.get("credit")]
    for one in earning:
        limits = one["credit"] if isinstance(one["credit"], dict) else one
        fixed = any(name in limits for name in ("points", "minimum", "earn_back")) or one.get("points")
        slides = any("rolling" in str(guarantee.get("window")) for guarantee in tree["guarantees"])
        if fixed or slides:
            continue
        limits["earn_back"] = {"windows": rng.choice((1, 1, 2)), "share": rng.choice(("100%", "100%", "50%", "1/3"))}
        otherwise = rng.choice(("raised", "carried", "nothing"))
        limits["minimum"] = {"from": rng.choice(("1%", "5%", "20%")), "otherwise": otherwise}
        if rng.random() < 0.4:
            limits["caps"] = [{"per": "term", "at_most": rng.choice(("5%", "30%"))}]
    return tree


@pytest.mark.parametrize("seed", range(8))
def test_the_engine_and_the_reference_agree(seed: int) -> None:
    rng = Random(f"earn back {seed}")
    result = compared(case_of(rng, {"p": random_back(rng)}))
    assert not result.different, result.told()
