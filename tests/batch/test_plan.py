"""A plan is expanded and checked before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from batch_support import WriteNotebook, WritePlan

from slakit.batch.plan import BatchPlan, read_plan
from slakit.policy.files import library
from slakit.problems import InputError, Problem

PARAMETERS = """
from typing import Literal
policy: str = "klikk"  # which policy
tier: str | None = None
months: list[str] = []
share: float = 0.5
top: int = 3
verbose: bool = False
scale: Literal["linear", "log"] = "linear"
evidence: str = "samples"
"""


@pytest.fixture(autouse=True)
def notebook(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    write_notebook("n.ipynb", PARAMETERS, "print(policy)")
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "outages.csv").write_text("a\n")


def problems(path: Path, **kwargs: object) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_plan(path, **kwargs)  # type: ignore[arg-type]
    return [str(problem).removeprefix(f"{path}:") for problem in caught.value.problems]


def names(plan: BatchPlan) -> list[str]:
    return [report.name for report in plan.reports]


def test_lists_are_combined_each_with_each_and_fill_name_and_parameters(write_plan: WritePlan) -> None:
    plan = read_plan(
        write_plan("""
        title: All of it
        defaults: {share: 0.25, evidence: samples}
        reports:
          - name: r-{policy}-{n}
            notebook: n.ipynb
            parameters: {tier: "{policy}-gold", top: "{n}", months: ["{policy}", x]}
            for_each: {policy: [klikk, wp-heaven], n: [1, 2]}
        """)
    )
    assert plan.title == "All of it"
    assert names(plan) == ["r-klikk-1", "r-klikk-2", "r-wp-heaven-1", "r-wp-heaven-2"]
    assert plan.reports[3].parameters == {
        "share": 0.25,
        "evidence": str(plan.path.parent / "samples"),
        "policy": "wp-heaven",
        "tier": "wp-heaven-gold",
        "top": 2,
        "months": ["wp-heaven", "x"],
    }
    assert plan.reports[0].inputs == (plan.path.parent / "samples",)


def test_rows_are_taken_as_they_are(write_plan: WritePlan) -> None:
    plan = read_plan(
        write_plan("""
        reports:
          - {name: "r-{policy}", notebook: n.ipynb, for_each: [{policy: a, tier: gold}, {policy: b}]}
        """)
    )
    assert [report.parameters for report in plan.reports] == [
        {"policy": "a", "tier": "gold"},
        {"policy": "b"},
    ]


def test_files_named_by_the_notebooks_own_defaults_are_inputs_too(write_plan: WritePlan, tmp_path: Path) -> None:
    plan = read_plan(write_plan("reports: [{name: r, notebook: n.ipynb}]"))
    assert plan.reports[0].inputs == (tmp_path / "samples",)


BROKEN = {
    "a notebook that is not there": (
        "reports:\n  - {name: r, notebook: gone.ipynb}",
        "3 reports[0].notebook = gone.ipynb: cannot be read (No such file or directory); "
        "name a notebook, relative to the plan's folder",
    ),
    "a misspelled parameter": (
        "reports:\n  - {name: r, notebook: n.ipynb, parameters: {polcy: klikk}}",
        "3 reports[0].parameters.polcy = klikk: the notebook has no such parameter; did you mean policy? "
        "there are policy, tier, months, share, top, verbose, scale, evidence",
    ),
    "text for a number": (
        "reports:\n  - name: r\n    notebook: n.ipynb\n    parameters:\n      top: three",
        "6 reports[0].parameters.top = three: not of the parameter's type; the notebook asks for top: int",
    ),
    "a number for text": (
        "reports:\n  - {name: r, notebook: n.ipynb, parameters: {policy: 7}}",
        "3 reports[0].parameters.policy = 7: not of the parameter's type; the notebook asks for policy: str, in quotes",
    ),
    "true for a number": (
        "reports:\n  - {name: r, notebook: n.ipynb, parameters: {share: true}}",
        "3 reports[0].parameters.share = True: not of the parameter's type; the notebook asks for share: float",
    ),
    "nothing for text": (
        "reports:\n  - {name: r, notebook: n.ipynb, parameters: {policy: null}}",
        "3 reports[0].parameters.policy = nothing: not of the parameter's type; "
        "the notebook asks for policy: str, in quotes",
    ),
    "a word that is not among the words": (
        "reports:\n  - {name: r, notebook: n.ipynb, parameters: {scale: cubic}}",
        "3 reports[0].parameters.scale = cubic: not of the parameter's type; "
        "the notebook asks for scale: Literal['linear', 'log']",
    ),
    "one number in a list of texts": (
        "reports:\n  - {name: r, notebook: n.ipynb, parameters: {months: [a, 1]}}",
        "3 reports[0].parameters.months = ['a', 1]: not of the parameter's type; "
        "the notebook asks for months: list[str]",
    ),
    "a default that no notebook has": (
        "defaults: {polices: [klikk]}\nreports:\n  - {name: r, notebook: n.ipynb}",
        "2 defaults.polices = ['klikk']: no notebook of this plan has such a parameter; did you mean policy? "
        "there are evidence, months, policy, scale, share, tier, top, verbose",
    ),
    "evidence that is not there": (
        "defaults: {evidence: gone}\nreports:\n  - {name: r, notebook: n.ipynb}",
        "2 defaults.evidence = gone: no such file or folder; name one that exists, relative to FOLDER",
    ),
    "a name that climbs out of the folder": (
        "reports:\n  - {name: ../r, notebook: n.ipynb}",
        "3 reports[0].name = ../r: not a safe file name; "
        "use letters, digits, . _ and -, beginning with a letter or digit",
    ),
    "a device of Windows": (
        "reports:\n  - {name: nul.old, notebook: n.ipynb}",
        "3 reports[0].name = nul.old: Windows keeps this name for a device; choose another",
    ),
    "the name of the list": (
        "reports:\n  - {name: Index, notebook: n.ipynb}",
        "3 reports[0].name = Index: the list of all reports is called so; choose another",
    ),
    "two names that differ only in case": (
        "reports:\n  - {name: r, notebook: n.ipynb}\n  - {name: R, notebook: n.ipynb}",
        "4 reports[1].name = R: two reports have this name; put what tells them apart in it, like {policy}",
    ),
    "a placeholder that nothing fills": (
        "reports:\n  - {name: 'r-{tire}', notebook: n.ipynb, for_each: {tier: [a, b]}}",
        "3 reports[0].name = r-{tire}: nothing fills {tire}; "
        "write it under for_each; did you mean tier? there are tier",
    ),
    "a key of for_each without effect": (
        "reports:\n  - {name: r, notebook: n.ipynb, for_each: {color: [red]}}",
        "3 reports[0].for_each.color: color is used nowhere; rename it; "
        "there are policy, tier, months, share, top, verbose, scale, evidence",
    ),
    "a for_each that is neither": (
        "reports:\n  - {name: r, notebook: n.ipynb, for_each: [a, b]}",
        "3 reports[0].for_each: neither lists to combine nor rows; "
        "write {tier: [gold, silver]} or [{tier: gold}, {tier: silver}]",
    ),
    "more reports than anybody reads": (
        "reports:\n  - {name: r, notebook: n.ipynb, for_each: {"
        + ", ".join(f"{k}: [{', '.join(map(str, range(30)))}]" for k in "abc")
        + "}}",
        "3 reports[0].for_each = 27000 reports: too many; stay under 10000 an entry",
    ),
}


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plan_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text("format: 1\n" + text)
    assert message.replace("FOLDER", str(tmp_path)) in problems(path)


def test_all_problems_are_told_at_once(write_plan: WritePlan) -> None:
    told = problems(
        write_plan("""
        defaults: {evidence: gone}
        reports:
          - {name: a/b, notebook: n.ipynb, parameters: {tpo: 1, top: x}}
          - {name: c, notebook: gone.ipynb}
        """)
    )
    assert len(told) == 5


@pytest.mark.parametrize("name", ["a b", "é", ".hidden", "-rf", "a..b", "a/b", "a\\b", "end.", "", "x" * 101, "COM1"])
def test_a_name_that_is_not_safe_as_a_file_is_refused(write_plan: WritePlan, name: str) -> None:
    path = write_plan(f"reports:\n  - name: '{name}'\n    notebook: n.ipynb")
    assert any("name" in problem for problem in problems(path))


def test_a_required_parameter_must_be_given(write_plan: WritePlan, write_notebook: WriteNotebook) -> None:
    write_notebook("needs.ipynb", "policy: str")
    told = problems(write_plan("reports:\n  - {name: r, notebook: needs.ipynb}"))
    assert told == ["3 reports[0]: no value for the parameter policy; the notebook asks for policy: str"]


def test_a_notebook_without_a_parameters_cell_is_refused(write_plan: WritePlan, write_notebook: WriteNotebook) -> None:
    write_notebook("plain.ipynb", None, "1")
    told = problems(write_plan("reports:\n  - {name: r, notebook: plain.ipynb}"))
    assert "no cell of this notebook is tagged `parameters`; tag the one that sets them" in told[0]


@pytest.mark.parametrize(
    "content", ["", "{}", "[]", '{"nbformat": 3}', '{"nbformat": 4}', '{"nbformat": 4, "cells": [1]}']
)
def test_a_file_that_is_no_notebook_is_refused(write_plan: WritePlan, tmp_path: Path, content: str) -> None:
    (tmp_path / "bad.ipynb").write_text(content)
    assert "not a notebook" in problems(write_plan("reports:\n  - {name: r, notebook: bad.ipynb}"))[0]


def test_the_parameters_cell_is_read_and_never_run(
    write_plan: WritePlan, write_notebook: WriteNotebook, tmp_path: Path
) -> None:
    write_notebook("trap.ipynb", f"x: int = open({str(tmp_path / 'sprung')!r}, 'w').write('!')")
    read_plan(write_plan("reports: [{name: r, notebook: trap.ipynb}]"))
    assert not (tmp_path / "sprung").exists()


def refuse_all_but_klikk(name: str) -> None:
    if not name.startswith("klikk"):
        raise InputError(name, [Problem(name, None, "no such policy", "there are klikk")])


def test_policies_are_checked_by_the_caller(write_plan: WritePlan) -> None:
    path = write_plan("""
    reports:
      - {name: "r-{policy}", notebook: n.ipynb, for_each: {policy: [klikk, "klikk:gold", klukk]}}
    """)
    told = problems(path, check_policy=refuse_all_but_klikk)
    assert "3 reports[0].for_each.policy[2] = klukk: no such policy; there are klikk" in told


def test_a_policy_file_is_made_absolute_and_counts_as_an_input(write_plan: WritePlan, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("id: own\n")
    checked: list[str] = []
    plan = read_plan(
        write_plan("reports: [{name: r, notebook: n.ipynb, parameters: {policy: 'own.yaml:gold'}}]"),
        check_policy=checked.append,
    )
    assert checked == [f"{tmp_path / 'own.yaml'}:gold"]
    assert plan.reports[0].parameters["policy"] == f"{tmp_path / 'own.yaml'}:gold"
    assert tmp_path / "own.yaml" in plan.reports[0].inputs


def test_reading_a_plan_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = "{'polars', 'altair', 'papermill', 'nbformat', 'jupyter_client', 'rich', 'jinja2'}"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys, slakit.batch.plan; print({heavy} & set(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "set()"


SHOPS = "subscription,policy,monthly_fee,currency,starts\n" + "".join(
    f"{name},wp-heaven,100,DKK,2025-01-01T00:00:00Z\n" for name in ("fjord-a", "fjord-b", "tind")
)


def spanning(write_plan: WritePlan, write_notebook: WriteNotebook, for_each: str, more: str = "") -> Path:
    folder = write_plan("").parent
    write_notebook("s.ipynb", "evidence: str = 'shops'\nsubscription: str = ''\npolicies: list[str] = []", "print(1)")
    (folder / "shops").mkdir(exist_ok=True)
    (folder / "shops" / "subscriptions.csv").write_text(SHOPS)
    report = "{name: 'r-{subscription}', notebook: s.ipynb, for_each: " + for_each + more + "}"
    return write_plan(f"reports: [{report}]")


@pytest.mark.parametrize(
    ("for_each", "found"),
    [
        ("{subscription: all}", ["fjord-a", "fjord-b", "tind"]),
        ("{subscription: 'fjord-*'}", ["fjord-a", "fjord-b"]),
        ("{subscription: [tind, '*-b', all]}", ["tind", "fjord-b", "fjord-a"]),
    ],
)
def test_patterns_span_the_subscriptions_of_the_evidence(
    for_each: str, found: list[str], write_plan: WritePlan, write_notebook: WriteNotebook
) -> None:
    plan = read_plan(spanning(write_plan, write_notebook, for_each))
    assert names(plan) == [f"r-{name}" for name in found]
    assert [report.parameters["subscription"] for report in plan.reports] == found


def test_all_policies_are_those_of_the_library(write_plan: WritePlan, write_notebook: WriteNotebook) -> None:
    plan = read_plan(spanning(write_plan, write_notebook, "{subscription: [tind]}", ", parameters: {policies: all}"))
    assert plan.reports[0].parameters["policies"] == library()
    tiers = spanning(
        write_plan, write_notebook, "{subscription: [tind]}", ", parameters: {policies: [wp-heaven, 'klikk:*']}"
    )
    assert read_plan(tiers).reports[0].parameters["policies"][:2] == ["wp-heaven", "klikk:standard"]


def test_a_pattern_that_matches_nothing_is_refused(write_plan: WritePlan, write_notebook: WriteNotebook) -> None:
    for for_each, told in (
        (
            "{subscription: 'sund-*'}",
            "sund-*: matches no subscription of the evidence; ",
        ),
        ("{subscription: [tind], policies: ['nobody-*']}", "nobody-*: matches no policy of the library"),
    ):
        (problem,) = problems(spanning(write_plan, write_notebook, for_each))
        assert told in problem
    missing = spanning(write_plan, write_notebook, "{subscription: all}", ", parameters: {evidence: nowhere}")
    assert "no evidence whose subscriptions could be found; name its folder" in problems(missing)[0]
