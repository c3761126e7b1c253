"""When an answer is due and why, from Python and from the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from desk_support import at, desk

from slakit import cli
from slakit.analysis.ticket_times import due_times
from slakit.policy.files import find_policy, write_policy
from slakit.policy.terms import Terms
from slakit.problems import InputError

BEFORE_CHRISTMAS = datetime.fromisoformat("2026-12-23T15:30+01:00")


def terms(policy: str, tier: str | None = None) -> Terms:
    return find_policy(policy).terms(tier=tier)


@pytest.mark.parametrize(
    ("tier", "impact", "urgency", "response", "resolution"),
    [
        ("gold", "high", "medium", "2026-12-23T16:00:00+01:00", "2026-12-23T21:30:00+01:00"),
        ("platinum", "high", "high", "2026-12-23T15:45:00+01:00", "2026-12-23T17:30:00+01:00"),
        ("silver", "low", "low", "2026-12-23T16:30:00+01:00", "2026-12-26T07:30:00+01:00"),
        ("standard", "medium", "low", "2026-12-23T17:30:00+01:00", "2026-12-25T15:30:00+01:00"),
    ],
)
def test_klikk_answers_around_the_clock(tier: str, impact: str, urgency: str, response: str, resolution: str) -> None:
    found = due_times(terms("klikk", tier), BEFORE_CHRISTMAS, impact=impact, urgency=urgency)
    assert [answer.due.isoformat() for answer in found if answer.due] == [response, resolution]
    assert {answer.commitment for answer in found} == {"best_effort" if tier == "standard" else "guaranteed"}
    assert all("around the clock" in " ".join(answer.why) for answer in found)


@pytest.mark.parametrize(
    ("priority", "due"),
    [
        ("P1", "2026-12-24T17:00:00+00:00"),
        ("P2", "2026-12-24T19:00:00+00:00"),
        ("P3", "2026-12-25T15:00:00+00:00"),
        ("P4", "2026-12-28T15:00:00+00:00"),
    ],
)
def test_klink_counts_business_days_without_holidays(priority: str, due: str) -> None:
    [answer] = due_times(terms("klink-cloud", "enterprise"), at("2026-12-24T15:00"), priority=priority)
    assert answer.due
    assert answer.due.isoformat() == due
    assert str(answer.within) in answer.why[0]
    assert ("business days" in answer.why[0]) == (priority in ("P3", "P4"))


@pytest.mark.parametrize("policy", ["cloudworkz", "wp-heaven"])
def test_a_policy_that_promises_no_answer_says_so(policy: str) -> None:
    with pytest.raises(InputError, match="promises no answer in time; take a policy with response or resolution"):
        due_times(terms(policy), BEFORE_CHRISTMAS)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        ({"priority": "hgih"}, "did you mean high?"),
        ({"impact": "huge", "urgency": "low"}, "not an impact of the policy"),
        ({"impact": "high", "urgency": "now"}, "not an urgency of the policy"),
        ({}, "not an impact of the policy; there are high, medium, low"),
    ],
)
def test_what_the_policy_does_not_know_is_refused(known: dict[str, str], said: str) -> None:
    with pytest.raises(InputError) as refused:
        due_times(terms("klikk", "gold"), BEFORE_CHRISTMAS, **known)
    assert said in str(refused.value)


def test_holidays_and_the_hours_they_close_are_named() -> None:
    support = 'hours: {weekly: {mon-fri: ["08:00-17:00"], sat: ["10:00-12:00"]}, holidays: "NO"}'
    policy = desk("id: response, metric: response, within: 4h", support, zone="Europe/Oslo")
    [answer] = due_times(policy.terms(), datetime.fromisoformat("2026-12-24T15:30+01:00"))
    assert answer.due
    assert answer.due.isoformat() == "2026-12-28T10:30:00+01:00"  # Christmas is a Friday and a Saturday
    assert answer.why == (
        "4h runs in support hours: mon-fri 08:00-17:00, sat 10:00-12:00 (Europe/Oslo)",
        "Fri 2026-12-25 is a public holiday (NO)",
        "Sat 2026-12-26 is a public holiday (NO)",
    )


def test_a_holiday_on_a_day_that_is_closed_anyway_is_not_worth_a_word() -> None:
    support = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}, holidays: "NO"}'
    policy = desk("id: response, metric: response, within: 4h", support, zone="Europe/Oslo")
    [answer] = due_times(policy.terms(), datetime.fromisoformat("2026-12-24T15:30+01:00"))
    assert [said for said in answer.why if "holiday" in said] == ["Fri 2026-12-25 is a public holiday (NO)"]


def test_business_days_name_the_holidays_that_they_leave_out() -> None:
    support = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}, holidays: "NO"}'
    policy = desk("id: response, metric: response, within: 1bd", support, zone="Europe/Oslo")
    [answer] = due_times(policy.terms(), datetime.fromisoformat("2026-12-24T15:30+01:00"))
    assert answer.due
    assert answer.due.isoformat() == "2026-12-28T15:30:00+01:00"
    assert "Fri 2026-12-25 is a public holiday (NO)" in answer.why


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["slakit", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


def test_the_command_line_prints_what_is_due_and_why(run: Run) -> None:
    words = ("due", "klikk", "--tier", "gold", "--opened", "2026-12-23T15:30+01:00", "--impact", "high")
    code, out, _ = run(*words, "--urgency", "medium")
    assert code == 0
    assert "Wed 2026-12-23 16:00:00 CET" in out
    assert "Wed 2026-12-23 21:30:00 CET" in out
    assert "Tickets resolved in time: 6h runs around the clock." in out
    code, out, _ = run("due", "klink-cloud", "--tier", "growth", "--opened", "2026-06-05T15:00Z", "--priority", "P2")
    assert code == 0
    assert "Mon 2026-06-08 15:00:00 UTC" in out
    assert "best effort" in out


@pytest.mark.parametrize("policy", ["cloudworkz", "wp-heaven"])
def test_the_command_line_refuses_a_policy_without_a_promise(run: Run, policy: str) -> None:
    code, out, err = run("due", policy, "--opened", "2026-12-23T15:30+01:00")
    assert (code, out) == (1, "")
    assert "promises no answer in time" in err


@pytest.mark.parametrize("opened", ["2026-12-23T15:30", "yesterday"])
def test_the_command_line_wants_an_instant_with_an_offset(run: Run, opened: str) -> None:
    code, _, err = run("due", "klikk", "--tier", "gold", "--opened", opened, "--priority", "high")
    assert code == 1
    assert opened in err


def test_a_plan_is_named_with_its_tier_as_elsewhere(run: Run) -> None:
    words = ("--opened", "2026-12-23T15:30+01:00", "--impact", "high", "--urgency", "medium")
    assert run("due", "klikk:gold", *words) == run("due", "klikk", "--tier", "gold", *words)
    assert run("show", "klikk:gold") == run("show", "klikk", "--tier", "gold")


def test_the_next_updates_are_due_one_after_the_other() -> None:
    support = 'hours: {weekly: {mon-fri: ["08:00-17:00"]}}'
    told = desk("id: told, metric: update, within: 30m", support).terms()
    # 20 minutes of Friday and 10 of Monday; then every half-hour
    due = [answer.due for answer in due_times(told, at("2026-06-05T16:40"))]
    assert due == [at("2026-06-08T08:10"), at("2026-06-08T08:40"), at("2026-06-08T09:10")]
    later = due_times(told, at("2026-06-05T16:40"), as_of=at("2026-06-08T08:40"))
    assert [answer.due for answer in later] == [at("2026-06-08T09:10"), at("2026-06-08T09:40"), at("2026-06-08T10:10")]


def test_the_command_line_lists_the_next_updates(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "told.yaml"
    write_policy(desk("id: told, metric: update, within: 30m"), path)
    code, out, _ = run("due", str(path), "--opened", "2026-06-05T16:40Z", "--as-of", "2026-06-05T17:10Z")
    assert code == 0
    assert [f"17:{minute}:00" in out for minute in (10, 40)] == [False, True]
    assert "Fri 2026-06-05 18:40:00 UTC" in out
