"""A guarantee that is `like` another takes the terms that it does not write itself."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from random import Random

import polars as pl
import pytest
from random_cases import case_of
from random_policies import random_policy, share_terms
from second_calculation import compared
from small_contracts import HEAD, HOUR, LATER, MINUTE, at, down, evidence, holder

from slakit.analysis.assess import assess
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy, policy_schema, policy_text, read_policy, write_policy
from slakit.policy.guarantees import Guarantee
from slakit.policy.quantities import Window
from slakit.problems import InputError

WEB = """\
  - id: web
    name: The shop
    metric: availability
    target: 99.9
    window: 1mo
    components: [web]
    minimum: 5m
    exclude: {causes: [customer], maintenance: [scheduled]}
    printed: [{per: 1mo, downtime: 43m, clause: "1"}]
    credit: {flat: 5%, clause: "3"}
    clause: "1"
"""


def policy(*guarantees: str, rest: str = "") -> Policy:
    likes = "\n".join(f"  - {{{guarantee}}}" for guarantee in guarantees)
    return parse_policy(f"{HEAD}guarantees:\n{WEB}{likes}\n{rest}\n", name="shared.yaml")


def refusal(*guarantees: str, rest: str = "") -> list[str]:
    with pytest.raises(InputError) as refused:
        policy(*guarantees, rest=rest)
    return [str(problem) for problem in refused.value.problems]


def test_what_is_not_written_is_taken() -> None:
    web, api = policy("id: api, like: web, target: 99.5, components: [api]").guarantees
    assert (api.target, api.components) == (Decimal("99.5"), ["api"])
    assert (api.window, api.minimum, api.exclude, api.clause) == (web.window, web.minimum, web.exclude, "1")


def test_names_credits_and_printed_figures_are_not_taken() -> None:
    _, api = policy("id: api, like: web").guarantees
    assert (api.name, api.credit, api.printed) == (None, None, [])


def test_a_chain_is_followed_and_a_null_holds_for_those_after_it() -> None:
    _, api, db = policy("id: api, like: web, minimum: null, window: 1q", "id: db, like: api, target: 99").guarantees
    assert (api.minimum, db.minimum, db.window) == (None, None, Window("1q"))
    assert (db.target, db.components) == (Decimal(99), ["web"])


def test_blocks_are_taken_whole_or_written_whole() -> None:
    _, api = policy("id: api, like: web, exclude: {causes: [power]}").guarantees
    assert (api.exclude.causes, api.exclude.maintenance) == (["power"], [])


def test_the_order_of_the_guarantees_is_of_no_consequence() -> None:
    first = parse_policy(f"{HEAD}guarantees:\n  - {{id: api, like: web}}\n{WEB}", name="shared.yaml")
    assert first.guarantees[0] == policy("id: api, like: web").guarantees[1]


def test_another_metric_needs_the_limit_of_the_first_left_out() -> None:
    api = "id: api, like: web, metric: incidents, at_most: 1"
    assert refusal(api) == [
        "shared.yaml:10 guarantees.api.target: target is no term of a guarantee on incidents; "
        "write target: null to leave it out, or what holds instead"
    ]
    assert policy(f"{api}, target: null").guarantees[1].at_most == 1


REFUSED = {
    "id: api, like: wbe": (
        "shared.yaml:18 guarantees.api.like = wbe: no such guarantee; did you mean web? there are web"
    ),
    "id: api, like: api": (
        "shared.yaml:18 guarantees.api.like = api: a circle: api is like api; write the terms of one of them"
    ),
    "id: api, like: [web]": "shared.yaml:18 guarantees.api.like = ['web']: no such guarantee; there are web",
}


@pytest.mark.parametrize(("guarantee", "told"), REFUSED.items())
def test_a_like_that_leads_nowhere_is_refused(guarantee: str, told: str) -> None:
    assert refusal(guarantee) == [told]


def test_a_circle_of_several_is_refused_at_each_of_them() -> None:
    assert refusal("id: a, like: b", "id: b, like: a", "id: c, like: a") == [
        "shared.yaml:18 guarantees.a.like = b: a circle: a is like b is like a; write the terms of one of them",
        "shared.yaml:19 guarantees.b.like = a: a circle: b is like a is like b; write the terms of one of them",
    ]


def test_a_guarantee_by_itself_is_like_no_other() -> None:
    with pytest.raises(InputError, match="only a guarantee of a policy is like another; write its terms"):
        Guarantee(id="api", like="web", metric="availability", target=99, window="1mo", clause="1")  # type: ignore[arg-type]


def test_what_is_wrong_with_a_shared_term_is_told_once_where_it_is_written() -> None:
    text = f"{HEAD}guarantees:\n{WEB}  - {{id: api, like: web}}\n".replace("[scheduled]", "[sometimes]")
    with pytest.raises(InputError) as refused:
        parse_policy(text, name="shared.yaml")
    assert [str(problem) for problem in refused.value.problems] == [
        "shared.yaml:14 guarantees.web.exclude.maintenance[0] = sometimes: not one of the words for this; "
        "use scheduled or emergency"
    ]


def question(changes: str) -> str:
    return f"readings: [{{id: q, question: Q, clauses: [c], default: a, answers: {{a: {{}}, b: {{set: {changes}}}}}}}]"


def test_an_answer_that_leaves_out_a_guarantee_with_the_same_term_is_refused() -> None:
    both = ("id: api, like: web", "id: db, like: api")
    told = (
        "shared.yaml:20 readings.q.answers.b.set.guarantees.{0}.minimum: db has this term from {0}, and the answer "
        "does not set it there; set guarantees.db.minimum as well, or write minimum in db"
    )
    found = refusal(*both, rest=question("{guarantees.web.minimum: 7m, guarantees.api.minimum: 7m}"))
    assert found == [told.format("web"), told.format("api")]
    set_each = "{guarantees.web.minimum: 7m, guarantees.1.minimum: 7m, guarantees.db.minimum: 7m}"
    assert policy(*both, rest=question(set_each)).readings


def test_an_answer_is_refused_also_where_the_term_is_written_nowhere() -> None:
    assert (
        "set guarantees.api.unit as well"
        in refusal("id: api, like: web", rest=question("{guarantees.web.unit: 1m}"))[0]
    )


def test_an_answer_may_set_what_nobody_takes() -> None:
    own = "id: api, like: web, minimum: 5m, exclude: null"
    changes = "{guarantees.web.minimum: 7m, guarantees.web.credit.flat: 6%, guarantees.web.exclude.causes: [power]}"
    assert policy(own, rest=question(changes)).readings


def test_an_answer_cannot_make_a_guarantee_like_another() -> None:
    assert refusal("id: api, like: web", rest=question("{guarantees.api.like: web}")) == [
        "shared.yaml:19 readings.q.answers.b.set.guarantees.api.like: no term stands at this path (like is not there); "
        "name a term of this file"
    ]


def test_an_amendment_is_of_the_guarantee_that_it_names() -> None:
    amended = policy("id: api, like: web").amend({"guarantees.web.target": Decimal("99.95")})
    assert [guarantee.target for guarantee in amended.guarantees] == [Decimal("99.95"), Decimal("99.9")]


def test_a_policy_is_printed_with_every_term(tmp_path: Path) -> None:
    shared = policy("id: api, like: web, target: 99.5")
    assert "like" not in policy_text(shared)
    write_policy(shared, tmp_path / "whole.yaml")
    assert read_policy(tmp_path / "whole.yaml") == shared


def test_editors_ask_for_the_terms_of_a_guarantee_that_is_like_no_other() -> None:
    guarantee = policy_schema()["$defs"]["Guarantee"]
    assert guarantee["required"] == ["id"]
    assert guarantee["anyOf"] == [{"required": ["like"]}, {"required": ["metric", "window", "clause"]}]


def test_a_policy_says_the_same_with_shared_terms() -> None:
    found = 0
    for seed in range(20):
        tree = random_policy(Random(seed))
        shared = share_terms(Random(seed), tree)
        found += shared != tree
        assert Policy.model_validate(shared) == Policy.model_validate(tree)
    assert found


@pytest.mark.parametrize("seed", range(3))
def test_the_engine_and_the_reference_read_shared_terms_alike(seed: int) -> None:
    rng = Random(seed)
    result = compared(case_of(rng, {"p": share_terms(rng, random_policy(rng, "p"))}))
    assert not result.different, result.told()


SIXTEEN = Path(__file__).with_name("sixteen_guarantees.yaml")


def test_sixteen_guarantees_are_told_in_some_seventy_lines() -> None:
    sixteen = read_policy(SIXTEEN)
    assert len(sixteen.guarantees) == 16
    assert len(SIXTEEN.read_text(encoding="utf-8").splitlines()) < 120
    by_id = {guarantee.id: guarantee for guarantee in sixteen.terms(tier="plus").guarantees}
    assert [by_id[name].target for name in ("web", "api", "queue", "storage", "network")] == [
        Decimal(text) for text in ("99.9", "99.9", "99.95", "99.99", "99.99")
    ]
    assert (by_id["queue"].minimum, by_id["login"].minimum) == (by_id["web"].minimum, None)
    assert {by_id[name].exclude.causes[0] for name in ("queue", "network", "longest", "number")} == {"customer"}
    assert (by_id["fix"].tickets, by_id["change"].target) == (None, Decimal(90))


def test_sixteen_guarantees_are_assessed() -> None:
    sixteen = read_policy(SIXTEEN)
    outages = [
        down(at("2026-06-02T10:00"), 60 * MINUTE, "a", component="web"),
        down(at("2026-06-09T10:00"), 6 * HOUR, "b", component="queue"),
        down(at("2026-06-10T10:00"), 6 * HOUR, "c", component="web", cause="customer"),
    ]
    subscription = holder("sixteen", tier="plus", fee="43200", currency="NOK")  # 1 a minute of June
    given = evidence(outages, subscriptions=[subscription])
    review = assess(given, "2026-06", LATER, policies={"sixteen": sixteen})
    judged = dict(review.availability.select("guarantee", "met").rows())
    # 60 of the 43.2 minutes that 99.9 % allows, 360 of 21.6, none, and 2 of 3 outages
    assert judged | {"web": False, "queue": False, "api": True, "number": True} == judged
    assert dict(review.credits.group_by("remedy").agg(pl.col("amount").sum()).rows()) == {
        "uptime": Decimal("3450.00"),  # the largest: 10 x (360 - 15)
        "outages": Decimal("864.00"),  # 2 of 6 hours beyond 4: 2 x 1 %
    }
