"""Examples as data: what can be said to have happened, what can be expected, and how a difference is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from slakit.examples.check import ExampleOutcome, check
from slakit.examples.files import find_files, read_cases
from slakit.problems import InputError

TERMS = """
terms:
  format: 1
  id: small
  provider: Small
  service: Anything
  source: {title: Terms, language: en, retrieved: 2026-01-01}
  time_zone: Europe/Oslo
  currency: EUR
  guarantees:
    - {id: web, metric: availability, target: 99.9, window: 1mo, components: [web], clause: "1",
       credit: {bands: [{below: 99.9, credit: 10%}, {below: 99, credit: 25%}], clause: "2"}}
    - {id: mail, metric: availability, target: 99, window: 1mo, components: [mail], clause: "1",
       hours: {weekly: {mon-fri: ["08:00-18:00"]}}}
    - {id: delay, metric: figure, at_most: 120, measured: {by: mean, unit: ms}, window: 1mo, clause: "1"}
    - {id: slices, metric: availability, target: 99, measured: {by: down, slice: 5m, at: 5}, window: 1mo, clause: "1"}
    - {id: desk, metric: response, target: 90, within: {P1: 1h, P2: 4h}, window: 1mo, clause: "1"}
    - {id: alerts, metric: response, within: 15m, target: 95, tickets: {kinds: [alert], priorities: [P2]},
       window: 1mo, clause: "1", credit: {bands: [{below: 95, credit: 5%}], clause: "2"}}
  claims: {within: 10d, after: window_end, clause: "3"}
  rights: [{id: leave, says: The customer may end the contract, when: [{below: 99}], for: [web], clause: "4"}]
"""


def outcome(example: str, folder: Path) -> ExampleOutcome:
    path = folder / "small.yaml"
    path.write_text(f"format: 1\nsource: ours\n{TERMS}\nexamples:\n  - {{name: it, {example}}}\n", encoding="utf-8")
    (found,) = check(read_cases(path))
    return found


HOLD = [
    "downtime: {web: 1h}, expect: {credit: 100 EUR, share: 10%, met: {web: false, mail: true}, downtime: {web: 1h}}",
    "downtime: 43m12s, expect: {credit: 0 EUR, met: true, budget: 43m12s}",
    "downtime: {web: [1h, 0s, 8h]}, period: 2026-06/2026-08, expect: {credit: [100 EUR, 0 EUR, 250 EUR]}",
    "availability: {web: 98.999999}, expect: {availability: {web: 98.999999}, credit: {web: 250 EUR}}",
    "availability: {web: [99.9, 99.5]}, period: 2026-06/2026-07, expect: {met: {web: [true, false]}}",
    # October has 745 hours in Oslo; the agreed time of mail is its weekdays of ten hours
    "availability: {web: 99.5}, period: 2026-10, expect: {downtime: {web: 3h43m30s}}",
    "availability: {mail: 99.5}, period: 2026-06, expect: {downtime: {mail: 1h6m}, met: {mail: true}}",
    "figure: 130, expect: {met: {delay: false}, availability: {delay: 130}}",
    "attainment: 89.99, expect: {met: {desk: false}, availability: {desk: 89.99}}",
    'outages: [{started: "2026-06-10T10:00:00Z", ended: "2026-06-10T11:00:00Z", component: web}], fee: 40 EUR,'
    ' expect: {credit: 4 EUR, deadline: "2026-07-10T21:59:59.999999Z"}',
    'outages: [{started: "2026-06-10T10:00:00Z", component: web}], as_of: "2026-06-20T00:00:00Z",'
    " expect: {credit: 0 EUR}",
    "tier: gold, downtime: 1h, expect: {refused: not a tier of this policy}",
    "fee: 1 EUR, downtime: {web: 1h}, expect: {credit: 0.11 EUR}, tolerance: {credit: 0.01}, because: it is cut",
    "fee: 1 EUR, downtime: {web: 1h}, expect: {credit: 0.11 EUR}, tolerance: {credit: 0.01 EUR}, because: it is cut",
    "downtime: {web: 1h}, expect: {share: 9%}, tolerance: {share: 1%}, because: it is cut",
    "attainment: {alerts: 90}, expect: {met: {alerts: false}, credit: {alerts: 50 EUR}}",
    "downtime: {web: 9h}, expect: {rights: [leave], warnings: []}",
    "downtime: {web: [9h, 9h, 0s]}, period: 2026-06/2026-08, expect: {rights: {leave: 2}}",
    "downtime: {web: 1h}, expect: {rights: [], warnings: {}}",
    'outages: [{started: "2026-06-10T10:00:00Z", ended: "2026-06-10T10:00:00Z", component: Web}],'
    " expect: {warnings: [no_length, taken_as]}",
]


@pytest.mark.parametrize("example", HOLD)
def test_what_is_true_holds(example: str, tmp_path: Path) -> None:
    found = outcome(example, tmp_path)
    assert found.holds, found


DIFFER = [
    ("downtime: {web: 1h}, expect: {rights: [leave]}", "rights: expected leave, found none"),
    ("downtime: {web: 9h}, expect: {rights: []}", "rights: expected none, found leave"),
    ("downtime: {web: 9h}, expect: {rights: {leave: 2}}", "rights: expected leave 2 times, found leave 1 times"),
    ("downtime: {web: 1h}, expect: {credit: 99 EUR}", "credit: expected 99 EUR, found 100 EUR"),
    ("downtime: {web: 1h}, expect: {share: 5%}", "share: expected 5%, found 10%"),
    ("downtime: {web: 1h}, expect: {met: {web: true}}", "met of web: expected yes, found no"),
    ("downtime: {web: 1h}, expect: {met: {wep: true}}", "met of wep: expected yes, found nothing"),
    ("downtime: {web: 1h}, expect: {downtime: {web: 59m}}", "downtime of web: expected 59m, found 1h"),
    ("downtime: 1h, expect: {budget: 44m}", "budget: expected 44m, found 43m12s"),
    ("downtime: {web: 1h}, expect: {credit: [100 EUR, 0 EUR]}", "credit of window 2: expected 0 EUR, found nothing"),
    ("downtime: 1m, expect: {deadline: 2026-07-10}", "deadline: expected 2026-07-10T00:00:00+00:00, found no claim"),
    ("downtime: 1m, expect: {refused: nonsense}", "refused: expected nonsense, found an assessment"),
    (
        "fee: 1 EUR, downtime: {web: 1h}, expect: {credit: 0.12 EUR}, tolerance: {credit: 0.01}, because: it is cut",
        "credit: expected 0.12 EUR, found 0.1 EUR",
    ),
]


@pytest.mark.parametrize(("example", "told"), DIFFER)
def test_what_is_not_true_is_told_with_what_was_found(example: str, told: str, tmp_path: Path) -> None:
    found = outcome(example, tmp_path)
    assert not found.holds
    assert str(found.differences[0]).startswith(told)


REFUSED = [
    ("downtime: 1h, availability: 99, expect: {met: true}", "what happened is said twice"),
    ("downtime: 1h, expect: {}", "nothing is expected"),
    ("downtime: 1h, expect: {credt: 1 EUR}", "expect.credt: not a term of this format; did you mean credit?"),
    ("downtime: 1h, expect: {met: true}, tolerance: {credit: 1}", "a tolerance without a reason"),
    ("downtime: soon, expect: {met: true}", "not a duration"),
    ("downtime: 1h, expect: {credit: 1 EUR}, tolerance: {credit: 1 USD}, because: x", "the credit is in EUR"),
    ("downtime: 1h, expect: {credit: 1 EUR}, tolerance: {credit: little}, because: x", "not a number"),
    ("downtime: 1h, expect: {credit: 1 EUR}, tolerance: {met: 1}, because: x", "tolerance.met: not a term"),
]


@pytest.mark.parametrize(("example", "told"), REFUSED)
def test_a_file_at_fault_is_refused_with_its_line(example: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        outcome(example, tmp_path)
    assert told in str(refused.value)
    assert "small.yaml:" in str(refused.value)


UNASSESSED = [
    ("downtime: {web: [1h, 1h]}, expect: {met: true}", "2 values for 1 windows of web"),
    ("availability: 101, expect: {met: true}", "not a percentage"),
    ("attainment: 33.333, expect: {met: true}", "more than two decimals"),
    ("downtime: {wep: 1h}, expect: {met: true}", "did you mean web?"),
    ("outages: [{started: yesterday}], expect: {met: true}", "yesterday"),
    (
        "availability: {slices: 99}, expect: {met: true}",
        "availability makes no measurements, by which slices is judged; write measurements",
    ),
    (
        "downtime: {delay: 1h}, expect: {met: true}",
        "downtime makes no measurements, by which delay is judged; write measurements",
    ),
    ("downtime: {desk: 1h}, expect: {met: true}", "downtime makes no tickets, by which desk is judged; write tickets"),
    ("figure: {web: 1}, expect: {met: true}", "figure makes no outages, by which web is judged; write outages"),
]


@pytest.mark.parametrize(("example", "told"), UNASSESSED)
def test_what_cannot_have_happened_is_refused_in_words(example: str, told: str, tmp_path: Path) -> None:
    found = outcome(example, tmp_path)
    assert not found.holds
    assert told in found.refused


def test_two_examples_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = "  - {name: it, downtime: 1h, expect: {met: true}}\n" * 2
    (tmp_path / "a.yaml").write_text(f"format: 1\nsource: ours\n{TERMS}\nexamples:\n{twice}", encoding="utf-8")
    with pytest.raises(InputError, match="named twice"):
        read_cases(tmp_path / "a.yaml")


def test_a_policy_beside_the_examples_is_found(tmp_path: Path) -> None:
    policy = "\n".join(line[2:] for line in TERMS.strip().splitlines()[1:])
    (tmp_path / "mine.yaml").write_text(policy, encoding="utf-8")
    example = "{name: it, downtime: {web: 1h}, expect: {credit: 100 EUR}}"
    told = f"format: 1\npolicy: mine.yaml\nsource: ours\nexamples: [{example}]"
    (tmp_path / "told.yaml").write_text(told, encoding="utf-8")
    assert [path.name for path in find_files([tmp_path])] == ["told.yaml"]
    (found,) = check(read_cases(tmp_path / "told.yaml"))
    assert found.holds


def test_a_folder_without_examples_and_a_path_that_is_not_there_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        find_files([tmp_path, tmp_path / "nowhere.yaml"])
    assert len(refused.value.problems) == 2


def test_evidence_in_a_folder_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "subscriptions.csv").write_text(
        "subscription,policy,monthly_fee,currency,starts\na,small,1000,EUR,2025-01-01T00:00:00Z\n", encoding="utf-8"
    )
    outages = "outage,subscription,component,started,ended\no,a,web,2026-06-10T10:00:00Z,2026-06-10T11:00:00Z\n"
    (folder / "outages.csv").write_text(outages, encoding="utf-8")
    assert outcome("evidence: evidence, expect: {credit: 100 EUR}", tmp_path).holds
