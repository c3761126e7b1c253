"""What is drawn at random leaves nothing of the format out, and is always accepted."""

from __future__ import annotations

from random import Random

import pytest
from random_cases import random_case
from random_policies import every_key, every_word, policy_of, random_policy, said_in

from slakit.analysis.assess import assess
from slakit.policy.checks import coherence

MOST = 400


@pytest.mark.long
def test_every_key_of_the_format_is_drawn() -> None:
    missing = every_key()
    for seed in range(MOST):
        missing -= {(model, key) for model, key, _ in said_in(policy_of(random_policy(Random(seed), density=0.3)))}
        if not missing:
            return
    assert not missing, "these keys are never drawn; tell random_policies.py how"


@pytest.mark.long
def test_every_word_of_the_format_is_drawn() -> None:
    missing = every_word() - {("Policy", "format", 1)}
    for seed in range(10 * MOST):
        for model, key, value in said_in(policy_of(random_policy(Random(seed), density=0.3))):
            said = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
            missing -= {(model, key, word) for word in said if isinstance(word, str)}
    assert not missing


@pytest.mark.parametrize("seed", range(40))
def test_what_is_drawn_is_accepted_by_the_projects_own_checks(seed: int) -> None:
    assert list(coherence(policy_of(random_policy(Random(seed))))) == []


def test_the_same_seed_draws_the_same() -> None:
    assert random_case(7) == random_case(7)
    assert random_case(7) != random_case(8)


@pytest.mark.parametrize("seed", range(5))
def test_a_random_case_can_be_assessed(seed: int) -> None:
    case = random_case(seed, policies=1, subscriptions=2)
    review = assess(case.checked(), case.period, case.as_of, policies=case.parsed(), ranges=False)
    assert review.evidence.subscriptions.height == 2
