"""A policy for one tier under one reading: flat, complete, no question left open."""

from __future__ import annotations

import re
from itertools import product

import pytest

from slakit.policy.files import find_policy, library, parse_policy
from slakit.policy.terms import readings_of
from slakit.problems import InputError

TIERED = """\
format: 1
id: tiered
provider: P
service: S
source: {title: T, language: en, retrieved: 2026-01-01}
tiers: [gold, silver]
guarantees:
  - {id: a, metric: availability, target: {gold: 99.9, silver: 99}, window: 1mo, clause: c}
  - {id: b, metric: availability, target: {gold: 99.9}, window: 1mo, clause: c, credit: {flat: 5%, clause: c}}
  - {id: d, metric: availability, target: 99.9, window: 1mo, tiers: [silver], clause: c}
  - {id: e, metric: resolution, target: 90, within: {gold: {high: 1h, low: 2h}, silver: 3h}, window: 1mo, clause: c}
  - {id: f, metric: response, target: 90, within: {high: 1h, low: 2h}, window: 1mo, clause: c}
remedies:
  - {id: both, for: [a, b], credit: [{flat: 1%, clause: c}, {flat: 2%, tiers: [gold], clause: c}]}
  - {id: golden, for: [a], tiers: [gold], credit: {flat: 1%, clause: c}}
undertakings:
  - {says: For all, clause: c}
  - {says: For gold, tiers: [gold], clause: c}
"""


def told(refused: pytest.ExceptionInfo[InputError]) -> str:
    return str(refused.value).split("\n  ")[1]


def test_an_unknown_tier_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError) as refused:
        find_policy("klikk").terms(tier="glod")
    there = "there are standard, silver, gold, platinum"
    assert told(refused) == f"klikk tier = glod: not a tier of this policy; did you mean gold? {there}"


def test_a_missing_tier_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError) as refused:
        find_policy("klink-cloud").terms()
    assert told(refused) == "klink-cloud tier: no tier is named; there are starter, growth, enterprise"


def test_a_tier_of_a_policy_without_tiers_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        find_policy("wp-heaven").terms(tier="gold")
    assert told(refused) == "wp-heaven tier = gold: not a tier of this policy; there are none"


def test_unknown_questions_and_answers_are_refused_together_with_those_that_exist() -> None:
    with pytest.raises(InputError) as refused:
        find_policy("klikk").terms(tier="gold", reading={"wndow": "month", "cap": "weekly"})
    questions = "window, rebate, emergency-maintenance, replacement-hours, claim, cap"
    assert str(refused.value) == (
        "klikk: 2 problems\n"
        f"  reading of klikk = wndow: not a question of this policy; did you mean window? there are {questions}\n"
        "  reading of klikk cap = weekly: not an answer to it; there are monthly, annual"
    )


def test_an_unknown_guarantee_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match=re.escape("did you mean website? there are website")):
        find_policy("wp-heaven").terms().guarantee("webside")


def test_an_unknown_policy_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match=re.escape("did you mean klikk? there are ")):
        find_policy("klik")


def test_a_guarantee_is_given_to_the_tiers_that_have_a_value() -> None:
    policy = parse_policy(TIERED)
    gold, silver = policy.terms(tier="gold"), policy.terms(tier="silver")
    assert [g.id for g in gold.guarantees] == ["a", "b", "e", "f"]
    assert [g.id for g in silver.guarantees] == ["a", "d", "e", "f"]
    assert [str(terms.guarantee("a").target) for terms in (gold, silver)] == ["99.9", "99"]


def test_times_by_priority_stay_by_priority() -> None:
    policy = parse_policy(TIERED)
    gold, silver = policy.terms(tier="gold"), policy.terms(tier="silver")
    assert {p: str(t) for p, t in gold.guarantee("e").within.items()} == {"high": "1h", "low": "2h"}  # type: ignore[union-attr]
    assert str(silver.guarantee("e").within) == "3h"
    assert set(silver.guarantee("f").within) == {"high", "low"}  # type: ignore[arg-type]


def test_remedies_and_their_schedules_are_those_of_the_tier() -> None:
    policy = parse_policy(TIERED)
    gold, silver = policy.terms(tier="gold"), policy.terms(tier="silver")
    assert [(r.id, r.guarantees, len(r.credit)) for r in gold.remedies] == [
        ("b", ["b"], 1),
        ("both", ["a", "b"], 2),
        ("golden", ["a"], 1),
    ]
    assert [(r.id, r.guarantees, len(r.credit)) for r in silver.remedies] == [("both", ["a"], 1)]


def test_undertakings_are_those_of_the_tier() -> None:
    policy = parse_policy(TIERED)
    assert [said.says for said in policy.terms(tier="silver").undertakings] == ["For all"]
    assert [said.says for said in policy.terms(tier="gold").undertakings] == ["For all", "For gold"]


@pytest.mark.parametrize("name", library())
def test_every_reading_of_every_tier_can_be_read(name: str) -> None:
    policy = find_policy(name)
    for tier, reading in product(policy.tiers or [None], readings_of(policy)):
        assert policy.terms(tier=tier, reading=reading).reading == reading


@pytest.mark.parametrize("name", library())
def test_the_default_reading_comes_first_and_none_twice(name: str) -> None:
    policy = find_policy(name)
    readings = list(readings_of(policy))
    assert readings[0] == policy.terms(tier=(policy.tiers or [None])[0]).reading
    assert len({tuple(reading.items()) for reading in readings}) == len(readings)


def test_a_settled_question_keeps_its_answer() -> None:
    readings = list(readings_of(find_policy("klink-cloud"), {"notice": "not_required"}))
    assert readings == [
        {"emergency-maintenance": "counts", "notice": "not_required"},
        {"emergency-maintenance": "excluded", "notice": "not_required"},
    ]


def test_a_policy_and_its_terms_do_not_change_once_read() -> None:
    policy = find_policy("klikk")
    before = policy.model_dump_json()
    policy.terms(tier="gold", reading={"window": "quarter", "cap": "annual"})
    assert policy.model_dump_json() == before
    with pytest.raises(ValueError, match="frozen"):
        policy.provider = "other"


def test_a_former_name_of_an_answer_is_still_taken() -> None:
    """Who saved a reading before the file was revised gets the same terms."""
    policy = find_policy("slack-sla-v1")
    old, new = (policy.terms(reading={"scheduled-downtime": name}) for name in ("left_out", "excluded"))
    assert old == new
    assert old.reading["scheduled-downtime"] == "excluded"
