"""Older policy files are read: `each` is `per` of a schedule, `take` is `select`, `raised` is `multipliers`."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_contracts import contract, contract_of
from typer.testing import CliRunner

from slakit.cli import app
from slakit.policy.document import Policy
from slakit.policy.files import find_policy
from slakit.policy.superseded import renewed_changes, superseded_keys
from slakit.problems import InputError

TWO = """
guarantees:
  - {id: web, metric: availability, target: 99.9, window: 1mo, components: [web], clause: c}
  - {id: disk, metric: availability, target: 99.9, window: 1mo, components: [disk], clause: c}
remedies:
  - {id: both, for: [web, disk], EACH}
"""


def per(policy: Policy, remedy: int = 0) -> list[str]:
    return [credit.earned_per for credit in policy.remedies[remedy].credit]


@pytest.mark.parametrize("each", ["window", "guarantee", "incident"])
def test_a_remedy_that_says_each_is_read_as_a_schedule_that_says_per(each: str) -> None:
    policy = contract_of(TWO.replace("EACH", f"each: {each}, credit: {{flat: 5%, clause: c}}"))
    assert per(policy) == [each]


def test_each_of_a_remedy_goes_to_all_schedules_that_do_not_look_at_incidents_already() -> None:
    credits = (
        "[{flat: 1%, clause: c}, {accrual: {credit: 1%, per: 1h, count: exact, each: incident}, clause: c}, "
        "{bands: [{over: 1h, credit: 1%}], clause: c}]"
    )
    policy = contract_of(TWO.replace("EACH", f"each: guarantee, credit: {credits}"))
    assert per(policy) == ["guarantee", "incident", "incident"]


def test_each_of_an_accrual_is_per_of_its_schedule() -> None:
    old = contract("target: 99.9, credit: {accrual: {credit: 1%, per: 1h, count: exact, each: incident}, clause: c}")
    new = contract("target: 99.9, credit: {accrual: {credit: 1%, per: 1h, count: exact}, per: incident, clause: c}")
    assert old == new


def test_answers_set_the_key_of_today() -> None:
    question = (
        "readings: [{id: q, question: Q, clauses: [c], default: once, answers: {once: {}, "
        "each: {set: {remedies.both.each: incident}}}}]"
    )
    policy = contract_of(TWO.replace("EACH", "credit: {flat: 5%, clause: c}") + question)
    assert policy.readings[0].answers["each"].set == {"remedies.both.credit.0.per": "incident"}
    assert policy.terms(reading={"q": "each"}).remedies[0].credit[0].earned_per == "incident"
    accrual = "accrual: {credit: 1%, per: 1h, count: exact}"
    asked = question.replace("remedies.both.each", "guarantees.uptime.credit.accrual.each")
    own = contract(f"target: 99.9, credit: {{{accrual}, clause: c}}", asked)
    assert own.readings[0].answers["each"].set == {"guarantees.uptime.credit.per": "incident"}
    whole = question.replace(
        "remedies.both.each: incident",
        "guarantees.uptime.credit: {accrual: {credit: 1%, per: 1h, count: exact, each: incident}, clause: c}",
    )
    other = contract(f"target: 99.9, credit: {{{accrual}, clause: c}}", whole)
    assert other.terms(reading={"q": "each"}).remedies[0].credit[0].earned_per == "incident"


def test_an_amendment_may_use_the_older_key() -> None:
    klikk = find_policy("klikk")
    older = klikk.amend({"remedies.iaas.each": "guarantee"})
    newer = klikk.amend({"remedies.iaas.credit.0.per": "guarantee"})
    assert older == newer
    assert "rebate" not in [question.id for question in older.readings]


TABLE = "bands: [{below: 99.9, credit: 1%}, {below: 99, credit: 2%}]"


@pytest.mark.parametrize(
    ("older", "newer"),
    [("take: deepest", "select: worst"), ("take: largest", "select: largest"), ("take: sum", "select: sum"),
     ("select: deepest", "select: worst"), ("raised: [{streak: 2, by: 2}]", "multipliers: [{streak: 2, by: 2}]")],
)  # fmt: skip
def test_a_schedule_in_older_words_is_the_same_schedule(older: str, newer: str) -> None:
    old, new = (contract(f"target: 99.9, credit: {{{TABLE}, {words}, clause: c}}") for words in (older, newer))
    assert old == new
    of_remedy = f"credit: {{{TABLE}, WORDS, clause: c}}"
    shared = [TWO.replace("EACH", of_remedy.replace("WORDS", words)) for words in (older, newer)]
    assert contract_of(shared[0]) == contract_of(shared[1])


def test_take_of_a_remedy_is_select() -> None:
    credits = "[{flat: 1%, clause: c}, {flat: 2%, clause: c}]"
    policies = [contract_of(TWO.replace("EACH", f"{key}: largest, credit: {credits}")) for key in ("take", "select")]
    assert policies[0] == policies[1]
    assert policies[0].remedies[0].select == "largest"


def test_an_older_key_beside_its_successor_is_refused() -> None:
    with pytest.raises(InputError, match=r"guarantees\.uptime\.credit\.take"):
        contract(f"target: 99.9, credit: {{{TABLE}, take: sum, select: sum, clause: c}}")


@pytest.mark.parametrize(
    ("path", "value", "today"),
    [
        ("guarantees.take.credit.take", "deepest", {"guarantees.take.credit.select": "worst"}),
        ("guarantees.take.target", 99, {"guarantees.take.target": 99}),
        ("guarantees.take.credit.flat.take", "1%", {"guarantees.take.credit.flat.take": "1%"}),
        ("remedies.r.take", "largest", {"remedies.r.select": "largest"}),
        ("remedies.r.credit.0.take", "deepest", {"remedies.r.credit.0.select": "worst"}),
        ("remedies.r.credit.1.raised.0.by", 3, {"remedies.r.credit.1.multipliers.0.by": 3}),
        ("remedies.r.credit", {"raised": []}, {"remedies.r.credit": {"multipliers": []}}),
        ("guarantees.g.credit", {"take": "sum"}, {"guarantees.g.credit": {"select": "sum"}}),
        ("remedies.r.credit.0", {"take": "sum"}, {"remedies.r.credit.0": {"select": "sum"}}),
    ],
)
def test_paths_of_older_files_lead_to_the_terms_of_today(path: str, value: object, today: dict[str, object]) -> None:
    assert renewed_changes({}, {path: value}) == today


def test_answers_and_amendments_may_use_older_words() -> None:
    question = (
        "readings: [{id: q, question: Q, clauses: [c], default: one, answers: {one: {}, "
        "all: {set: {guarantees.uptime.credit.take: sum}}}}]"
    )
    policy = contract(f"target: 99.9, credit: {{{TABLE}, take: deepest, clause: c}}", question)
    assert policy.readings[0].answers["all"].set == {"guarantees.uptime.credit.select": "sum"}
    assert policy.terms(reading={"q": "all"}).remedies[0].credit[0].select == "sum"
    older = policy.amend({"guarantees.uptime.credit.take": "sum"})
    assert older == policy.amend({"guarantees.uptime.credit.select": "sum"})
    assert not older.readings


def test_validate_names_the_successor_of_each_older_key(tmp_path: Path) -> None:
    path = tmp_path / "old.yaml"
    path.write_text(
        """format: 1
id: old
provider: Old
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01}
guarantees:
  - id: web
    metric: availability
    target: 99.9
    window: 1mo
    clause: c
    credit:
      accrual: {credit: 1%, per: 1h, count: exact, each: incident}
      clause: c
remedies:
  - id: more
    for: [web]
    each: guarantee
    take: largest
    credit:
      - {flat: 5%, raised: [{streak: 2, by: 2}], clause: c}
      - {bands: [{below: 99, credit: 5%}], take: deepest, clause: c}
readings:
  - id: q
    question: Q
    clauses: [c]
    answers:
      a: {}
      b: {set: {remedies.more.take: smallest}}
    default: a
"""
    )
    told = CliRunner().invoke(app, ["validate", str(path)]).output.splitlines()
    older = "an older key, which is still read; write"
    assert told == [
        f"{path}:13 guarantees.web.credit.accrual.each: {older} per: incident in the credit",
        f"{path}:19 remedies.more.take: {older} select: largest",
        f"{path}:18 remedies.more.each: {older} per: guarantee in its credit",
        f"{path}:21 remedies.more.credit[0].raised: {older} multipliers",
        f"{path}:22 remedies.more.credit[1].take: {older} select: worst",
        f"{path}:29 readings.q.answers.b.set.remedies.more.take: {older} remedies.more.select: smallest",
        f"{path}: policy, no problem found",
    ]


def test_a_file_of_today_has_nothing_older_and_points_keep_their_each() -> None:
    assert superseded_keys({"remedies": [{"id": "r", "credit": {"flat": "5%", "points": {"each": "1%"}}}]}) == []
    policy = contract("target: 99.9, credit: {flat: 1 point, points: {each: 1%}, clause: c}")
    assert policy.guarantees[0].credit is not None
