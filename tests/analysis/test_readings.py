"""Open questions: what each answer makes of what is owed, and any calculation under every combination of answers."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from itertools import pairwise

import polars as pl
import pytest
from sample_evidence import AS_OF, PERIOD, sample_evidence, sample_review
from small_contracts import HOUR, at, contract, down, evidence, holder, judged, work

import slakit as sla
from slakit.analysis.readings import under_readings
from slakit.analysis.review import Review
from slakit.evidence.evidence import Evidence
from slakit.measure.budgets import window_budgets
from slakit.policy.files import find_policy
from slakit.policy.terms import Terms, readings_of
from slakit.problems import InputError
from slakit.remedy.curves import credit_curve
from slakit.remedy.values import guarantee_value

HELD = {
    "fjord-iaas": "klikk", "fjord-standard": "klikk", "tind-iaas": "klikk", "nordlys-web": "wp-heaven",
    "harbor-enterprise": "klink-cloud", "harbor-starter": "klink-cloud", "skog-vm": "cloudworkz",
}  # fmt: skip
ASKED = [
    (name, question.id, answer)
    for name in dict.fromkeys(HELD.values())
    for question in find_policy(name).readings
    for answer in question.answers
]
COLUMNS = ["subscription", "currency", "question", "answer", "amount", "difference", "chosen", "moves"]


@pytest.fixture(scope="module")
def tables() -> Evidence:
    return sample_evidence()


@pytest.fixture(scope="module")
def review() -> Review:
    return sample_review()


def owed(review: Review) -> dict[str, Decimal]:
    """What each subscription is owed."""
    return dict(review.headline().select("subscription", "owed").iter_rows())


def default_of(policy: str, asked: str) -> str:
    return next(question.default for question in find_policy(policy).readings if question.id == asked)


# --- what each answer makes of what is owed


def asked_of(policy: str) -> list[tuple[str, str]]:
    """Each question of a policy with each of its answers."""
    return [(question, answer) for name, question, answer in ASKED if name == policy]


@cache
def answered_at_once(number: int) -> dict[str, Decimal]:
    """What each subscription is owed where one question is answered in each policy: its answer of this number."""
    policies = [policy for policy in dict.fromkeys(HELD.values()) if len(asked_of(policy)) > number]
    one_each = {policy: asked_of(policy)[number] for policy in policies}
    reading = {f"{policy}:{question}": answer for policy, (question, answer) in one_each.items()}
    return owed(sla.assess(sample_evidence(), PERIOD, AS_OF, reading=reading, ranges=False))


@pytest.mark.parametrize(("policy", "question", "answer"), ASKED)
def test_an_answer_owes_what_an_assessment_with_it_owes(
    review: Review, policy: str, question: str, answer: str
) -> None:
    answered = answered_at_once(asked_of(policy).index((question, answer)))
    default = owed(review)
    held = [subscription for subscription, name in HELD.items() if name == policy]
    rows = review.readings.filter(question=question, answer=answer)
    rows = rows.filter(pl.col("subscription").is_in(held))
    assert rows["subscription"].to_list() == held
    for row in rows.iter_rows(named=True):
        name = row["subscription"]
        assert row["amount"] == answered[name]
        assert row["difference"] == answered[name] - default[name]
        assert row["chosen"] == (default_of(policy, question) == answer)
    others = [name for name, other in HELD.items() if not asked_of(other)]
    assert {name: answered[name] for name in others} == {name: default[name] for name in others}


def test_every_answer_of_every_question_has_one_row(review: Review) -> None:
    rows = [
        (subscription, question.id, answer)
        for subscription, policy in HELD.items()
        for question in find_policy(policy).readings
        for answer in question.answers
    ]
    assert sorted(review.readings.select("subscription", "question", "answer").rows()) == sorted(rows)
    assert review.readings.columns == COLUMNS
    assert review.readings.null_count().row(0) == (0,) * len(COLUMNS)


def test_the_default_is_chosen_and_stands_before_the_others(review: Review) -> None:
    for (name, asked), rows in review.readings.group_by("subscription", "question", maintain_order=True):
        questions = {question.id: question for question in find_policy(HELD[str(name)]).readings}
        assert rows["chosen"].to_list() == [True] + [False] * (rows.height - 1)
        assert rows["answer"][0] == questions[str(asked)].default
        assert rows["difference"][0] == 0
        assert rows["amount"][0] == owed(review)[str(name)]


def test_a_question_moves_from_its_lowest_answer_to_its_highest(review: Review) -> None:
    moving = 0
    for _, rows in review.readings.group_by("subscription", "question"):
        amounts = rows["amount"].to_list()
        assert set(rows["moves"]) == {max(amounts) - min(amounts)}
        moving += max(amounts) > min(amounts)
    assert moving >= 4


def test_the_question_that_moves_most_comes_first_and_its_answers_stay_together(review: Review) -> None:
    assert review.readings["subscription"].unique(maintain_order=True).to_list() == [
        name for name in HELD if find_policy(HELD[name]).readings
    ]
    for name in HELD:
        own = review.readings.filter(subscription=name).unique("question", keep="first", maintain_order=True)
        assert own["moves"].to_list() == sorted(own["moves"], reverse=True)
        runs = review.readings.filter(subscription=name)["question"].to_list()
        assert sum(one != other for one, other in pairwise(runs)) == max(0, own.height - 1), "rows stay together"


def test_currencies_are_those_of_the_subscriptions(review: Review, tables: Evidence) -> None:
    known = dict(tables.subscriptions.select("subscription", "currency").iter_rows())
    assert all(known[name] == currency for name, currency in review.readings.select("subscription", "currency").rows())


def test_a_contract_without_open_questions_has_no_rows(review: Review) -> None:
    assert review.of("nordlys-web").readings.is_empty()
    assert review.of("nordlys-web").readings.schema == review.readings.schema
    assert not review.of("skog-vm").readings.is_empty()


def test_a_settled_question_is_not_asked_and_shifts_what_the_others_start_from(
    tables: Evidence, review: Review
) -> None:
    settled = sla.assess(tables, PERIOD, AS_OF, reading={"klikk:window": "quarter"})
    before = set(review.readings.filter(subscription="fjord-iaas")["question"])
    after = set(settled.readings.filter(subscription="fjord-iaas")["question"])
    assert before - after == {"window"}
    assert after < before
    for row in settled.readings.filter(pl.col("chosen")).iter_rows(named=True):
        assert row["amount"] == owed(settled)[row["subscription"]]
    assert "window" in set(settled.readings.filter(subscription="skog-vm")["question"]), "another policy's question"


def test_where_every_question_is_settled_none_is_left(tables: Evidence) -> None:
    reading = {f"{name}:{question}": answer for name, question, answer in ASKED}
    settled = sla.assess(tables, PERIOD, AS_OF, reading=reading)
    assert settled.readings.is_empty()
    assert settled.readings.columns == COLUMNS
    assert settled.ranges["amount_low"].to_list() == settled.ranges["amount_high"].to_list()


def test_without_ranges_no_question_is_asked(tables: Evidence) -> None:
    assert sla.assess(tables, PERIOD, AS_OF, ranges=False).readings.is_empty()


def test_every_single_answer_lies_within_the_range(review: Review) -> None:
    spread = review.ranges.select("subscription", "amount", "amount_low", "amount_high")
    rows = review.readings.join(spread, on="subscription", suffix="_chosen")
    assert rows.height == review.readings.height
    assert (rows["amount_low"] <= rows["amount"]).all()
    assert (rows["amount"] <= rows["amount_high"]).all()
    assert (rows["amount"] - rows["difference"]).equals(rows["amount_chosen"], null_equal=False)


def test_the_range_is_widened_by_the_questions_with_an_answer_that_differs(review: Review) -> None:
    for row in review.ranges.iter_rows(named=True):
        own = review.readings.filter(pl.col("subscription") == row["subscription"], pl.col("difference") != 0)
        assert set(filter(None, row["widened_by"].split(", "))) == set(own["question"])


@pytest.mark.long
def test_the_ends_of_the_range_are_owed_under_the_readings_named_for_them(tables: Evidence, review: Review) -> None:
    for row in review.ranges.iter_rows(named=True):
        policy = HELD[row["subscription"]]
        for end in ("low", "high"):
            reading = {f"{policy}:{asked}": answer for asked, answer in json.loads(row[f"reading_{end}"]).items()}
            under = owed(sla.assess(tables, PERIOD, AS_OF, reading=reading, ranges=False))
            assert under[row["subscription"]] == row[f"amount_{end}"]


ASKING = """\
maintenance: [{kind: scheduled, clause: c}]
readings:
  - id: works
    question: Do works count?
    clauses: [c]
    answers:
      yes: {because: a}
      no: {because: b, set: {guarantees.uptime.exclude.maintenance: [scheduled]}}
      twice: {because: d, set: {guarantees.uptime.credit.flat: 10%}}
    default: no
"""


def test_a_default_that_is_not_the_first_answer_is_the_one_that_is_chosen() -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}", ASKING)
    works = [work(at("2026-06-10"), 20 * HOUR)]
    review = judged(policy, [down(at("2026-06-10"), 20 * HOUR)], maintenance=works, ranges=True)
    assert review.readings.select("answer", "amount", "difference", "chosen", "moves").rows() == [
        ("no", 0, 0, True, 100), ("yes", 50, 50, False, 100), ("twice", 100, 100, False, 100),
    ]  # fmt: skip


def test_two_subscriptions_of_one_plan_are_ranked_each_for_itself() -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}", ASKING)
    held = [holder(subscription="a"), holder(subscription="b", fee="10")]
    outages = [down(at("2026-06-10"), HOUR, name, subscription=name) for name in ("a", "b")]
    review = sla.assess(evidence(outages, subscriptions=held), "2026-06", "2026-08-01", policies={"small": policy})
    rows = review.readings.select("subscription", "answer", "amount", "difference", "moves").rows()
    assert rows == [
        ("a", "no", 50, 0, 50), ("a", "yes", 50, 0, 50), ("a", "twice", 100, 50, 50),
        ("b", "no", Decimal("0.5"), 0, Decimal("0.5")), ("b", "yes", Decimal("0.5"), 0, Decimal("0.5")),
        ("b", "twice", 1, Decimal("0.5"), Decimal("0.5")),
    ]  # fmt: skip


# --- any calculation under every combination


def budgets(terms: Terms) -> pl.DataFrame:
    return window_budgets(terms, "2026-01/2026-12")


@pytest.mark.parametrize("calculate", [budgets, credit_curve, guarantee_value])
@pytest.mark.parametrize(
    ("name", "tier"), [("klikk", "gold"), ("wp-heaven", None), ("klink-cloud", "enterprise"), ("cloudworkz", None)]
)
def test_under_readings_gives_what_each_combination_gives(name: str, tier: str | None, calculate: object) -> None:
    assert callable(calculate)
    policy = find_policy(name)
    every = under_readings(policy, calculate, tier=tier)
    assert every.columns[0] == "reading"
    tables = {key: rows.drop("reading") for (key,), rows in every.group_by("reading", maintain_order=True)}
    expected: dict[str, pl.DataFrame] = {}
    for reading in readings_of(policy):
        table = calculate(policy.terms(tier=tier, reading=reading))
        if not any(table.equals(known) for known in expected.values()):
            expected[json.dumps(reading)] = table
    assert list(tables) == list(expected), "the first reading of those that give the same is named"
    assert all(tables[reading].equals(table) for reading, table in expected.items())
    assert json.loads(next(iter(expected))) == {question.id: question.default for question in policy.readings}


def test_readings_that_change_nothing_are_not_told_twice() -> None:
    every = under_readings(find_policy("klikk"), budgets, tier="gold")
    assert [json.loads(reading)["window"] for reading in every["reading"].unique(maintain_order=True)] == [
        "month", "quarter",
    ]  # fmt: skip


def test_a_contract_without_questions_has_its_one_reading() -> None:
    every = under_readings(find_policy("wp-heaven"), budgets)
    assert set(every["reading"]) == {"{}"}
    assert every.drop("reading").equals(budgets(find_policy("wp-heaven").terms()))


@pytest.mark.parametrize(("name", "tier"), [("klikk", "glod"), ("klikk", None), ("wp-heaven", "gold")])
def test_a_tier_that_is_not_there_is_refused(name: str, tier: str | None) -> None:
    with pytest.raises(InputError, match=f"{name} tier"):
        under_readings(find_policy(name), budgets, tier=tier)
