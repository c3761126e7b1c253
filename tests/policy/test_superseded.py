"""Older policy files are read: `each` is `per` of a schedule, `take` is `select`, `over` is a length of an outage."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_contracts import contract, contract_of, contract_text
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
        f"{path}:21 remedies.more.credit[0].raised[0].streak: {older} when: {{streak: 2}}",
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


OF_GUARANTEE = [
    ("affected: {above: 5%}", "affected: {above: 5}", "affected.above: {} above: 5"),
    ("denominator: {of: 730h}", "denominator: 730h", "denominator.of: {} denominator: 730h"),
    ("begins: {next: 1mo}", "begins: {wait: next_month}", "begins.next: {} wait: next_month"),
    (
        "begins: {wait: 14d, after: starts}",
        "begins: {wait: 14d}",
        "begins.after: {} nothing: it decides nothing",
    ),
    (
        "measured: {by: down, slice: 1m, above: 5}",
        "measured: {by: down, slice: 1m, at: {above: 5}}",
        "measured.above: {} at: {{above: 5}}",
    ),
]
OF_CREDIT = [
    ("bands: [{over: 1h, credit: 5%}]", "bands: [{outage: {above: 1h}, credit: 5%}]",
     "bands[0].over: {} outage: {{above: 1h}}"),
    ("shortfall: {rate: 10}", "shortfall: {credit: 10%}", "shortfall.rate: {} credit: 10%"),
    ("shortfall: {rate: 1/360, from: full}", "shortfall: {credit: 1/360, from: full}",
     "shortfall.rate: {} credit: 1/360"),
    (
        "flat: 5%, minimum: {at_least: 1 EUR, otherwise: raised}",
        "flat: 5%, minimum: {from: 1 EUR, otherwise: raised}",
        "minimum.at_least: {} from: 1 EUR",
    ),
    (
        "flat: 5%, minimum: {more_than: 1 EUR, otherwise: nothing}",
        "flat: 5%, minimum: {above: 1 EUR, otherwise: nothing}",
        "minimum.more_than: {} above: 1 EUR",
    ),
    (
        "flat: 5%, multipliers: [{misses: {from: 2, of: 3}, by: 2}]",
        "flat: 5%, multipliers: [{when: {misses: {from: 2, of: 3}}, by: 2}]",
        "multipliers[0].misses: {} when: {{misses: {{from: 2, of: 3}}}}",
    ),
]  # fmt: skip
OF_POLICY = [
    ("recovery: [{id: vm, rpo: 1h, rto: 4h, strictly: true, clause: c}]",
     "recovery: [{id: vm, rpo: {below: 1h}, rto: {below: 4h}, clause: c}]",
     "recovery.vm.strictly: {} rpo: {{below: 1h}}, rto: {{below: 4h}}"),
    ("recovery: [{id: vm, rpo: 1h, leaves_out: tests, clause: c}]",
     "recovery: [{id: vm, rpo: 1h, excludes: tests, clause: c}]",
     "recovery.vm.leaves_out: {} excludes: tests"),
    ("backups: [{id: vm, every: 1d, strictly: true, clause: c}]",
     "backups: [{id: vm, every: {below: 1d}, clause: c}]",
     "backups.vm.strictly: {} every: {{below: 1d}}"),
    ("backups: [{id: vm, every: 1d, at_least: true, kept: 90d, kept_at_most: true, clause: c}]",
     "backups: [{id: vm, every: 1d, kept: {to: 90d}, clause: c}]",
     "backups.vm.kept_at_most: {} kept: {{to: 90d}}"),
]  # fmt: skip
PAIRS = [
    *((f"target: 99, {older}", "", f"target: 99, {newer}", "", told) for older, newer, told in OF_GUARANTEE),
    *(
        (f"target: 99, credit: {{{older}, clause: c}}", "", f"target: 99, credit: {{{newer}, clause: c}}", "", told)
        for older, newer, told in OF_CREDIT
    ),
    *(("target: 99", older, "target: 99", newer, told) for older, newer, told in OF_POLICY),
]


@pytest.mark.parametrize(("older", "around", "newer", "new_around", "told"), PAIRS, ids=[pair[-1] for pair in PAIRS])
def test_a_limit_in_older_keys_is_the_same_limit(
    older: str, around: str, newer: str, new_around: str, told: str, tmp_path: Path
) -> None:
    policy = contract(newer, new_around)
    assert contract(older, around) == policy
    path = tmp_path / "small.yaml"
    path.write_text(contract_text(older, around))
    lines = CliRunner().invoke(app, ["validate", str(path)]).output
    assert told.format("an older key, which is still read; write") in lines


@pytest.mark.parametrize(
    ("path", "value", "today"),
    [
        ("guarantees.minimum.at_least", 5, {"guarantees.minimum.at_least": 5}),
        ("guarantees.g.credit.bands.gold.0.over", "2h", {"guarantees.g.credit.bands.gold.0.outage.above": "2h"}),
        ("guarantees.g.credit.multipliers.0.streak.from", 3, {"guarantees.g.credit.multipliers.0.when.streak.from": 3}),
        ("guarantees.g.denominator.of", "30d", {"guarantees.g.denominator": "30d"}),
        ("guarantees.g.credit", {"shortfall": {"rate": 2}}, {"guarantees.g.credit": {"shortfall": {"credit": "2%"}}}),
        ("begins.next", "1mo", {"begins.wait": "next_month"}),
        ("guarantees.g.affected.from", "50%", {"guarantees.g.affected.from": 50}),
        ("recovery.vm.strictly", True, {"recovery.vm.rpo": {"below": "1h"}}),
        ("recovery.vm.strictly", False, {"recovery.vm.rpo": {"to": "1h"}}),
        ("backups.vm.kept_at_most", True, {"backups.vm.kept": {"to": "30d"}}),
        ("recovery.vm.rpo", "2h", {"recovery.vm.rpo": "2h"}),
    ],
)
def test_paths_of_limits_lead_to_the_limits_of_today(path: str, value: object, today: dict[str, object]) -> None:
    tree = {"recovery": [{"id": "vm", "rpo": {"to": "1h"}}], "backups": [{"id": "vm", "kept": "30d"}]}
    assert renewed_changes(tree, {path: value}) == today


def test_a_limit_and_its_strictness_set_together_are_one() -> None:
    tree = {"recovery": [{"id": "vm", "rpo": {"to": "1h"}}]}
    changes = {"recovery.vm.rpo": "2h", "recovery.vm.strictly": True}
    assert renewed_changes(tree, changes) == {"recovery.vm.rpo": {"below": "2h"}}


@pytest.mark.parametrize(
    ("guarantee", "key"),
    [
        ("target: 99, credit: {bands: [{over: 1h, outage: 2h, credit: 5%}], clause: c}", "over"),
        ("target: 99, credit: {shortfall: {rate: 1, credit: 1%}, clause: c}", "rate"),
        ("target: 99, credit: {flat: 5%, minimum: {at_least: 1%, from: 2%, otherwise: raised}, clause: c}", "at_least"),
        ("target: 99, begins: {next: 1mo, wait: 14d}", "next"),
    ],
)
def test_an_older_limit_beside_its_successor_is_refused(guarantee: str, key: str) -> None:
    with pytest.raises(InputError, match=key):
        contract(guarantee)


def test_an_answer_may_set_a_limit_by_its_older_key() -> None:
    question = (
        "readings: [{id: q, question: Q, clauses: [c], default: one, answers: {one: {}, "
        "more: {set: {guarantees.uptime.credit.shortfall.rate: 2, guarantees.uptime.affected: {from: 50%}}}}}]"
    )
    policy = contract("target: 99, credit: {shortfall: {}, clause: c}", question)
    today = {"guarantees.uptime.credit.shortfall.credit": "2%", "guarantees.uptime.affected": {"from": 50}}
    assert policy.readings[0].answers["more"].set == today
    assert policy.terms(reading={"q": "more"}).guarantees[0].affected is not None
