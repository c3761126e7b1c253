"""How policies are found by the way they work, and how the format is described from its models."""

from __future__ import annotations

import re
from datetime import date

import pytest
from small_contracts import contract, contract_of

from slakit.policy.files import find_policy, library, parse_policy
from slakit.policy.mechanics import MECHANICS, mechanics_of, windows_of_policy
from slakit.policy.part import words_of_format
from slakit.policy.reference import BY_QUESTION, format_reference
from slakit.policy.skeleton import policy_skeleton
from slakit.problems import InputError


@pytest.mark.parametrize("name", library())
def test_every_mechanic_of_a_policy_has_a_name(name: str) -> None:
    policy = find_policy(name)
    assert mechanics_of(policy)
    assert mechanics_of(policy) <= set(MECHANICS)
    assert windows_of_policy(policy)


def test_the_four_documents_work_by_what_they_say() -> None:
    klikk = mechanics_of(find_policy("klikk"))
    assert {"flat", "accrual", "shortfall", "cap", "response", "replacement"} <= klikk
    assert "bands" not in klikk
    assert {"bands", "claim"} <= mechanics_of(find_policy("klink-cloud"))
    assert "claim" not in mechanics_of(find_policy("wp-heaven"))
    assert windows_of_policy(find_policy("klikk")) == {"1mo", "incident"}


def test_the_reference_has_every_key_of_the_format() -> None:
    text = format_reference([find_policy("klikk")])
    missing = {word for word in words_of_format() if f"| `{word}`" not in text} - words_of_examples()
    assert missing == set()


WEB = "guarantees: [{id: web, metric: availability, target: 99.9, window: 1mo, clause: c}]"
EXAMPLES = [example for examples in BY_QUESTION.values() for example in examples]


@pytest.mark.parametrize(("says", "part", "written"), EXAMPLES, ids=[says for says, _, _ in EXAMPLES])
def test_an_example_of_the_reference_is_a_policy(says: str, part: str, written: str) -> None:
    around = {
        "Guarantee": lambda: contract(written if "target: " in written or "metric: " in written else AT_99 + written),
        "Credit": lambda: contract(f"{AT_99}credit: {{{written}, clause: c}}"),
        "Claims": lambda: contract(f"{AT_99}credit: {{flat: 5%, clause: c}}", f"claims: {{{written}}}"),
        "Maintenance": lambda: contract(EXCLUDED, f"maintenance: [{{kind: scheduled, {written}, clause: c}}]"),
        "Policy": lambda: contract_of(written if written.startswith("guarantees") else f"{WEB}\n{written}"),
    }
    assert around[part]().guarantees, says


AT_99 = "target: 99.9, "
EXCLUDED = f"{AT_99}exclude: {{maintenance: [scheduled]}}"
NEW_KEYS = (
    "join_gaps", "grace", "minimum", "combine", "at: {above", "minimum_total", "multiple: {by", "after: 15m", "like: ",
    "requires", "report: {}", "one_of", "metric: update", "ranked", "per: day", "strictly",
)  # fmt: skip


@pytest.mark.parametrize("key", NEW_KEYS)
def test_the_reference_has_an_example_of_keys_of_odd_contracts(key: str) -> None:
    assert any(key in written for _, _, written in EXAMPLES)


def words_of_examples() -> set[str]:
    """Keys of example files, which are parts too."""
    from slakit.examples.model import Example, ExampleFile, Expected

    return {
        field.alias or name for model in (Example, ExampleFile, Expected) for name, field in model.model_fields.items()
    }


def test_the_reference_names_a_provider_for_what_is_in_use() -> None:
    text = format_reference([find_policy("wp-heaven"), find_policy("klikk")])
    assert "In use: `wp-heaven`." in text
    assert "In use: `klikk`." in text


FILLED = {
    "service": "A database", "title": "Service levels", "notice": "48h", "target": "99.9", "window": "1mo",
    "causes": "customer", "below": "99.9", "credit": "10%", "within": "30d", "evidence": "account", "clause": '"1"',
}  # fmt: skip


def filled(skeleton: str) -> str:
    """The skeleton with something written for each placeholder."""
    return re.sub(r"(\w+): (\[?)CHANGE-ME", lambda found: f"{found[1]}: {found[2]}{FILLED[found[1]]}", skeleton)


def test_a_skeleton_is_valid_once_it_is_filled_in() -> None:
    policy = parse_policy(filled(policy_skeleton('Größe & "Co"', date(2026, 11, 22))))
    assert (policy.id, policy.provider) == ("gr-e-co", 'Größe & "Co"')
    assert policy.source.retrieved == "2026-11-22"


def test_a_skeleton_is_refused_while_a_placeholder_is_left() -> None:
    text = policy_skeleton("Northwind", date(2026, 11, 22))
    with pytest.raises(InputError) as refused:
        parse_policy(text, name="northwind.yaml")
    assert len(refused.value.problems) == 14
    assert str(refused.value.problems[4]).startswith(
        "northwind.yaml:26 guarantees.service.target = CHANGE-ME: a placeholder that is not filled in; write what"
    )
    one_left = filled(text).replace("title: Service levels", "title: CHANGE-ME of 2026")
    with pytest.raises(InputError, match=r"source.title = CHANGE-ME: a placeholder"):
        parse_policy(one_left)


def test_a_name_without_letters_makes_no_id() -> None:
    with pytest.raises(ValueError, match="no letter or digit"):
        policy_skeleton("…", date(2026, 11, 22))
