"""What is drawn at random leaves nothing of the format out, and is always accepted."""

from __future__ import annotations

from random import Random

import pytest
from random_cases import random_case
from random_policies import every_key, every_word, policy_of, random_policy, said_in

from slakit.analysis.assess import assess
from slakit.policy.checks import coherence

ENOUGH = 500


def test_every_key_and_every_word_of_the_format_is_drawn() -> None:
    keys, words = every_key(), every_word()
    for seed in range(ENOUGH):
        for model, key, value in said_in(policy_of(random_policy(Random(seed), density=0.3))):
            keys.discard((model, key))
            said = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else [value]
            words -= {(model, key, word) for word in said if isinstance(word, str)}
        words -= {("Policy", "format", 1)}
        if not keys and not words:
            return
    assert not keys, "these keys are never drawn; tell random_policies.py how"
    assert not words


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
