"""A policy with other terms: what is set is set exactly, what is agreed is no longer open, and nothing else changes."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from small_contracts import HOUR, at, contract, down, evidence, holder, owed

from slakit.analysis.assess import assess
from slakit.finding.run import findings
from slakit.policy.files import find_policy, library, parse_policy, policy_text, read_policy, write_policy
from slakit.problems import InputError

FOUR = ("network", "infrastructure", "hardware", "connectivity")


def open_questions(name: str, changes: dict[str, object]) -> list[str]:
    return [question.id for question in find_policy(name).amend(changes).readings]


def told(name: str, changes: dict[str, object], **known: Any) -> list[str]:
    with pytest.raises(InputError) as refused:
        find_policy(name).amend(changes, **known)
    return [str(problem) for problem in refused.value.problems]


# --- what is set


def test_a_term_by_the_id_of_its_guarantee() -> None:
    asked = find_policy("wp-heaven").amend({"guarantees.website.target": 99.9})
    assert asked.terms().guarantee("website").target == Decimal("99.9")


def test_a_term_of_one_tier() -> None:
    asked = find_policy("klink-cloud").amend({"guarantees.platform.target.enterprise": 99.95})
    assert {tier: asked.terms(tier=tier).guarantee("platform").target for tier in asked.tiers} == {
        "starter": Decimal("99.5"), "growth": Decimal("99.5"), "enterprise": Decimal("99.95"),
    }  # fmt: skip


def test_one_value_in_place_of_one_for_each_tier() -> None:
    asked = find_policy("klink-cloud").amend({"guarantees.platform.commitment": "guaranteed"})
    assert {asked.terms(tier=tier).guarantee("platform").commitment for tier in asked.tiers} == {"guaranteed"}


NIGHT_AND_DAY = contract(
    "target: 99.9, exclude: {maintenance: [scheduled]}",
    "maintenance: [{id: night, kind: scheduled, notice: 24h, clause: n}, {id: day, kind: scheduled, clause: d}, "
    "{id: at_once, kind: emergency, clause: e}]\n"
    "readings: [{id: notice, question: How long?, clauses: [e], default: none, "
    "answers: {none: {}, some: {set: {maintenance.emergency.notice: 1h}}}}]",
)


def test_an_entry_of_maintenance_by_its_id_or_by_a_kind_that_stands_once() -> None:
    asked = NIGHT_AND_DAY.amend({"maintenance.day.notice": "10d", "maintenance.emergency.notice": "2h"})
    assert [str(entry.notice) for entry in asked.maintenance] == ["24h", "10d", "2h"]
    assert asked.readings == []
    assert NIGHT_AND_DAY.amend({"maintenance.at_once.notice": "2h"}).readings == []  # the same, by its id


def test_a_kind_that_stands_twice_names_no_entry() -> None:
    with pytest.raises(InputError) as refused:
        NIGHT_AND_DAY.amend({"maintenance.scheduled.notice": "10d"})
    (problem,) = map(str, refused.value.problems)
    several = "several entries are of the kind scheduled; name one by its id"
    assert problem == f"small maintenance.scheduled.notice: {several}"
    with pytest.raises(InputError, match=several):
        parse_policy(policy_text(NIGHT_AND_DAY).replace("maintenance.emergency.notice", "maintenance.scheduled.notice"))


def test_a_term_by_the_kind_of_maintenance() -> None:
    asked = find_policy("klink-cloud").amend({"maintenance.scheduled.notice": "72h"})
    assert [str(kind.notice) for kind in asked.maintenance] == ["72h", "None"]


def test_a_row_of_a_table_by_its_number() -> None:
    asked = find_policy("klink-cloud").amend({"guarantees.platform.credit.bands.1.credit": "20%"})
    credit = asked.guarantees[0].credit
    assert credit is not None
    assert [str(band.credit) for band in credit.bands or []] == ["5%", "20%", "25%"]


def test_a_whole_block() -> None:
    wanted = {"per": "window", "at_most": "50%", "clause": "new"}
    asked = find_policy("wp-heaven").amend({"guarantees.website.credit.caps": [wanted]})
    assert [str(cap.at_most) for cap in asked.terms().remedies[0].all_caps] == ["50%"]


def test_a_block_that_was_not_there() -> None:
    change = {"says": "Changes are announced", "notice": "30d", "clause": "new"}
    changes = find_policy("wp-heaven").amend({"contract.changes": change}).contract.changes
    assert changes is not None
    assert str(changes.notice) == "30d"


def test_a_term_taken_away() -> None:
    asked = find_policy("wp-heaven").amend({"maintenance.scheduled.notice": None})
    assert asked.maintenance[0].notice is None


def test_a_term_of_the_policy_itself() -> None:
    assert find_policy("klink-cloud").amend({"currency": "EUR"}).currency == "EUR"


def test_several_terms_at_once() -> None:
    asked = find_policy("wp-heaven").amend(
        {"claims.needed": True, "claims.within": "10d", "claims.after": "window_end"}
    )
    assert asked.claims is not None
    assert (asked.claims.needed, str(asked.claims.within)) == (True, "10d")


def test_a_shared_remedy_stands_for_all_its_guarantees() -> None:
    asked = find_policy("klikk").amend({"guarantees.iaas.window": "1q", "guarantees.iaas.target": 99.9})
    changed = {g.id: (g.window.text, g.target) for g in asked.guarantees}
    assert {changed[name] for name in FOUR} == {("1q", Decimal("99.9"))}
    before = {g.id: (g.window.text, g.target) for g in find_policy("klikk").guarantees if g.id not in FOUR}
    assert {name: term for name, term in changed.items() if name not in FOUR} == before


def test_a_guarantee_keeps_its_name_where_a_remedy_has_it_too() -> None:
    """A schedule of its own has the name of its guarantee: that is one guarantee, and no shared remedy."""
    asked = find_policy("klikk").amend({"guarantees.resolution.target": 95})
    assert asked.terms(tier="gold").guarantee("resolution").target == 95
    assert asked.terms(tier="gold").guarantee("network").target == Decimal("99.95")


@pytest.mark.parametrize(
    ("path", "value", "exact"),
    [
        ("guarantees.website.target", 99.9, "99.9"),
        ("guarantees.website.target", 99.123456, "99.123456"),
        ("guarantees.website.target", 0.1 + 0.2, None),
        ("guarantees.website.credit.shortfall.step", 0.1, "0.1"),
        ("guarantees.website.target", 99, "99"),
        ("guarantees.website.target", Decimal("99.50"), "99.50"),
    ],
)
def test_a_float_is_the_decimal_that_it_prints_as(path: str, value: object, exact: str | None) -> None:
    if exact is None:
        with pytest.raises(InputError, match=r"0\.30000000000000004: more than six decimals"):
            find_policy("wp-heaven").amend({path: value})
        return
    guarantee = find_policy("wp-heaven").amend({path: value}).guarantees[0]
    assert guarantee.credit is not None
    assert guarantee.credit.shortfall is not None
    seen = guarantee.target if path.endswith("target") else guarantee.credit.shortfall.step
    assert (type(seen), str(seen)) == (Decimal, exact)


def test_a_float_inside_a_table_is_exact_as_well() -> None:
    rows = [{"below": 99.95, "credit": "5%"}, {"below": 99.1, "credit": "20%"}]
    credit = find_policy("klink-cloud").amend({"guarantees.platform.credit.bands": rows}).guarantees[0].credit
    assert credit is not None
    assert [band.below for band in credit.bands or []] == [Decimal("99.95"), Decimal("99.1")]


def test_a_float_for_each_tier_is_exact_as_well() -> None:
    asked = find_policy("klink-cloud").amend({"guarantees.platform.target": {"starter": 99.5, "enterprise": 99.95}})
    assert asked.terms(tier="enterprise").guarantee("platform").target == Decimal("99.95")


# --- what stays


@pytest.mark.parametrize("name", library())
def test_without_a_change_only_the_name_is_another(name: str) -> None:
    policy = find_policy(name)
    same = policy.amend({})
    assert same.id == f"{name}-if"
    assert same == policy.model_copy(update={"id": f"{name}-if"})
    assert policy.amend({}, id=name) == policy


def test_the_new_policy_takes_the_name_it_is_given() -> None:
    assert find_policy("klikk").amend({}, id="klikk-2027").id == "klikk-2027"


@pytest.mark.parametrize("name", library())
def test_the_policy_that_is_changed_stays_as_it_was(name: str) -> None:
    policy = find_policy(name)
    before = policy.model_dump_json()
    changes: dict[str, object] = {"currency": "EUR", "guarantees.0.clauses.weather": "9", "tiers": policy.tiers}
    policy.amend(changes)
    assert policy.model_dump_json() == before


def test_the_values_given_stay_as_they_were_and_may_change_afterwards() -> None:
    causes = ["weather"]
    asked = find_policy("wp-heaven").amend({"guarantees.website.exclude.causes": causes})
    causes.append("meteorites")
    assert asked.guarantees[0].exclude.causes == ["weather"]


def test_a_change_of_a_change_keeps_both() -> None:
    once = find_policy("wp-heaven").amend({"guarantees.website.target": 99.9})
    twice = once.amend({"guarantees.website.window": "1q"})
    assert (twice.id, twice.guarantees[0].target) == ("wp-heaven-if-if", Decimal("99.9"))


# --- what is no longer open


def test_a_settled_question_is_gone_and_the_others_stay() -> None:
    every = [question.id for question in find_policy("klikk").readings]
    assert open_questions("klikk", {}) == every
    for path, value, settled in [
        ("guarantees.iaas.window", "1q", "window"),
        ("remedies.iaas.credit.0.per", "incident", "rebate"),
        ("claims.after", "window_end", "claim"),
        ("guarantees.hardware-replacement.credit.accrual.count", "started", "replacement-hours"),
    ]:
        assert open_questions("klikk", {path: value}) == [question for question in every if question != settled]


def test_a_question_that_is_settled_around_the_term_is_gone() -> None:
    claims = {"within": "10d", "after": "window_end", "clause": "new"}
    assert "claim" not in open_questions("klikk", {"claims": claims})


def test_a_question_that_is_settled_within_its_term_is_gone() -> None:
    """Half a fee at most is agreed: that the cap may be 360/365 of a fee is no longer a reading of it."""
    asked = find_policy("klikk").amend({"remedies.iaas.caps.0.at_most": "50%"})
    read = [asked.terms(tier="gold", reading={"cap": answer}) for answer in ("monthly", "annual")]
    caps = [cap for terms in read for remedy in terms.remedies if remedy.id == "iaas" for cap in remedy.all_caps]
    assert [str(cap.at_most) for cap in caps] == ["50%", "50%"]


def test_a_question_is_settled_by_the_number_of_a_guarantee_as_by_its_id() -> None:
    by_number: dict[str, object] = {f"guarantees.{number}.window": "1q" for number in range(4)}
    by_name: dict[str, object] = {f"guarantees.{name}.window": "1q" for name in FOUR}
    assert open_questions("klikk", by_number) == open_questions("klikk", by_name)
    assert "window" not in open_questions("klikk", by_name)


def test_a_question_that_is_settled_in_part_stays_open_for_the_rest() -> None:
    asked = find_policy("klikk").amend({"guarantees.network.window": "1y"})
    quarter = asked.terms(tier="gold", reading={"window": "quarter"})
    month = asked.terms(tier="gold", reading={"window": "month"})
    assert [quarter.guarantee(name).window.text for name in FOUR] == ["1y", "1q", "1q", "1q"]
    assert [month.guarantee(name).window.text for name in FOUR] == ["1y", "1mo", "1mo", "1mo"]


def test_what_is_agreed_holds_under_every_reading() -> None:
    asked = find_policy("klikk").amend({"guarantees.iaas.exclude.maintenance": ["scheduled"]})
    assert "emergency-maintenance" not in [question.id for question in asked.readings]
    assert {tuple(g.exclude.maintenance) for g in asked.guarantees if g.id in FOUR} == {("scheduled",)}


def test_a_settled_question_is_no_finding() -> None:
    asked = find_policy("klikk").amend({"guarantees.iaas.window": "1mo"})
    assert "window-contradicts" in set(findings(find_policy("klikk"))["code"])
    assert "window-contradicts" not in set(findings(asked)["code"])


def test_what_is_agreed_is_no_longer_assumed() -> None:
    """WP Heaven leaves its window open and a month is taken; once a quarter is agreed, no month is."""
    asked = find_policy("wp-heaven").amend({"guarantees.website.window": "1q"})
    assert "window-unstated" in set(findings(find_policy("wp-heaven"))["code"])
    assert findings(asked).filter(code="window-unstated").is_empty()


# --- what is refused


def test_a_misspelled_guarantee_is_told_the_one_that_was_meant() -> None:
    assert told("klink-cloud", {"guarantees.platfrom.target": 99.9}) == [
        "klink-cloud guarantees.platfrom.target: platfrom is not there; "
        "did you mean platform? there are platform, response"
    ]


def test_a_misspelled_kind_is_told_those_that_exist() -> None:
    (problem,) = told("klink-cloud", {"maintenance.planned.notice": "1h"})
    assert problem.startswith("klink-cloud maintenance.planned.notice: planned is not there; ")
    assert problem.endswith("there are scheduled, emergency")


def test_a_row_that_is_not_there_is_not_compared_with_guarantees() -> None:
    (problem,) = told("klink-cloud", {"guarantees.platform.credit.bands.7.below": 99.9})
    assert problem.startswith("klink-cloud guarantees.platform.credit.bands.7.below: 7 is not there; ")
    assert "response" not in problem


def test_a_whole_guarantee_that_is_there_is_not_called_missing() -> None:
    """An entry cannot be replaced as a whole; that has another reason than that it is not there."""
    (problem,) = told("klink-cloud", {"guarantees.platform": {"id": "platform"}})
    assert "platform is not there" not in problem


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (
            "guarantees.website.target",
            101,
            "wp-heaven guarantees.website.target = 101: not a percentage; write a number from 0 to 100",
        ),
        (
            "guarantees.website.target",
            99.9999999,
            "wp-heaven guarantees.website.target = 99.9999999: more than six decimals; write at most six",
        ),
        (
            "guarantees.website.targt",
            99,
            "wp-heaven guarantees.website.targt: not a term of this format; did you mean target?",
        ),
        ("curency", "EUR", "wp-heaven curency: not a term of this format; did you mean currency?"),
        ("currency", "XXQ", "wp-heaven currency = XXQ: not a currency of ISO 4217; write it like EUR"),
        (
            "claims.within",
            "10d",
            "wp-heaven claims.within = 10d: a limit for a claim that is not needed; drop one of the two",
        ),
        (
            "guarantees.website.credit.shortfall.credit",
            "0%",
            "wp-heaven guarantees.website.credit.shortfall: not a share for each point; "
            "write a share of the fee, like 1% or 1/360, or a step",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_the_words_of_a_file_without_lines(path: str, value: object, problem: str) -> None:
    assert told("wp-heaven", {path: value}) == [problem]


def test_an_unknown_tier_is_refused_with_those_that_exist() -> None:
    assert told("klink-cloud", {"guarantees.platform.target.gold": 99}) == [
        "klink-cloud guarantees.platform.target.gold: gold is not a tier of this policy; "
        "there are starter, growth, enterprise"
    ]


def test_bands_that_no_longer_fall_are_refused() -> None:
    assert told("klink-cloud", {"guarantees.platform.credit.bands.2.below": 99.5}) == [
        "klink-cloud guarantees.platform.credit.bands[2].below = 99.5: bands must fall; the band above starts at 99.0"
    ]


def test_a_name_that_is_none_is_refused() -> None:
    (problem,) = told("klink-cloud", {}, id="Mine!")
    assert problem.startswith("klink-cloud id = Mine!: ")


def test_all_unknown_paths_are_told_at_once() -> None:
    problems = told("klink-cloud", {"guarantees.a.target": 99, "maintenance.b.notice": "1h", "support.hours.c.d": 1})
    assert [problem.split(":")[0] for problem in problems] == [
        "klink-cloud guarantees.a.target",
        "klink-cloud maintenance.b.notice",
        "klink-cloud support.hours.c.d",
    ]


def test_all_wrong_values_are_told_at_once() -> None:
    wrong: dict[str, object] = {
        "guarantees.platform.target": 101,
        "guarantees.platform.window": "monthly",
        "zone": "UTC",
    }
    assert [problem.split(" = ")[0].split(":")[0] for problem in told("klink-cloud", wrong)] == [
        "klink-cloud guarantees.platform.target",
        "klink-cloud guarantees.platform.window",
        "klink-cloud zone",
    ]


def test_unknown_paths_and_wrong_values_are_told_at_once() -> None:
    problems = told("klink-cloud", {"guarantees.platfrom.target": 99, "guarantees.platform.window": "monthly"})
    assert len(problems) == 2


def test_a_refused_change_leaves_the_policy_as_it_was() -> None:
    policy = find_policy("wp-heaven")
    before = policy.model_dump_json()
    with pytest.raises(InputError):
        policy.amend({"guarantees.website.target": 99.9, "guarantees.website.window": "monthly"})
    assert policy.model_dump_json() == before


# --- what it is good for


def test_a_changed_policy_is_assessed_in_place_of_the_first() -> None:
    """Four hours down in June leave 99.444 %: nothing under 99 %, 0.0555… points under 99.5 %, 0.4555… under 99.9 %."""
    first = contract("target: 99.5, credit: {shortfall: {credit: 1%}, clause: c}")
    outages = [down(at("2026-06-10"), 4 * HOUR)]

    def paid(changes: dict[str, object]) -> Decimal:
        known = {"small": first.amend(changes)}
        return owed(assess(evidence(outages), "2026-06", "2030-01-01", policies=known, ranges=False))

    assert paid({}) == Decimal("0.56")
    assert paid({"guarantees.uptime.target": 99.9}) == Decimal("4.56")
    assert paid({"guarantees.uptime.target": 99}) == Decimal("0")
    assert paid({"guarantees.uptime.credit.shortfall.credit": "10%"}) == Decimal("5.56")
    assert paid({"guarantees.uptime.minimum": "5h"}) == Decimal("0")


def test_a_settled_question_widens_no_range() -> None:
    started = at("2026-06-10T10:00", "Europe/Oslo")
    outage = down(started, timedelta(minutes=40), reported=started, component="network")
    held = [holder("klikk", "3000", "NOK", tier="gold")]

    def range_under(changes: dict[str, object]) -> tuple[Decimal, Decimal, str]:
        known = {"klikk": find_policy("klikk").amend(changes, id="klikk")}
        review = assess(evidence([outage], subscriptions=held), "2026-04/2026-06", "2026-10-01", policies=known)
        return review.ranges.select("amount_low", "amount_high", "widened_by").row(0)

    low, high, widened = range_under({})
    assert (low, high) == (Decimal("0.00"), Decimal("100.00"))
    assert "window" in str(widened)
    low, high, widened = range_under({"guarantees.iaas.window": "1mo"})
    assert (low, high) == (Decimal("100.00"), Decimal("100.00"))
    assert "window" not in str(widened)


CHANGES: dict[str, dict[str, object]] = {
    "klikk": {"guarantees.iaas.window": "1q", "remedies.iaas.credit.0.flat": "10%", "claims.within": "30d"},
    "klink-cloud": {"guarantees.platform.target.enterprise": 99.95, "maintenance.scheduled.notice": None},
    "wp-heaven": {"guarantees.website.target": 99.9, "guarantees.website.minimum": "5m", "currency": "EUR"},
    "cloudworkz": {"recovery.vm.rpo": "60m", "guarantees.vm.credit": {"flat": "5%", "clause": "new"}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_policy_is_read_back_as_it_was_written(name: str, tmp_path: Path) -> None:
    asked = find_policy(name).amend(CHANGES[name])
    write_policy(asked, tmp_path / "asked.yaml")
    back = read_policy(tmp_path / "asked.yaml")
    assert back == asked
    assert policy_text(back) == policy_text(asked)
    assert findings(back).equals(findings(asked))
    assert back != find_policy(name)
