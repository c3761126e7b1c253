"""Nothing that a terminal would obey gets there: not from policies, evidence, file names or notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from slakit.batch.report import first_error
from slakit.evidence.evidence import Evidence
from slakit.policy.files import policy_of
from slakit.policy.yaml import parse_yaml
from slakit.problems import HIDDEN, InputError, Problem

HOSTILE = ["\x1b[31mred", "bell\x07", "c1\x9b", "turned\u202eround", "isolated\u2066", "rubbed\x7f out"]
POLICY = """
format: 1
id: own
provider: "{}"
service: Hosting
source: {{title: SLA, language: en, retrieved: 2026-11-21}}
guarantees:
  - {{id: web, metric: availability, target: 99.9, window: 1mo, clause: "{}"}}
"""


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" if HIDDEN.match(character) else character for character in text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", ["provider", "clause"])
def test_control_characters_are_refused_in_policies_and_are_not_repeated(text: str, place: str) -> None:
    fields = (escaped(text), "1") if place == "provider" else ("Own", escaped(text))
    with pytest.raises(InputError, match="a control character, or a mark that reverses text; remove it") as told:
        policy_of(parse_yaml(POLICY.format(*fields)))
    assert place in str(told.value)
    assert not HIDDEN.search(str(told.value))


def test_halves_of_surrogate_pairs_are_refused_in_policies() -> None:
    with pytest.raises(InputError, match="U\\+D800"):
        policy_of(parse_yaml(POLICY.format("half \\ud800", "1")))


@pytest.mark.parametrize("text", HOSTILE)
def test_control_characters_are_refused_in_evidence_and_are_not_repeated(text: str) -> None:
    subscription = {"subscription": text, "policy": "wp-heaven", "monthly_fee": "1", "currency": "DKK"}
    with pytest.raises(InputError, match="a control character, or a mark that reverses text") as told:
        Evidence.of([subscription | {"starts": "2026-01-01T00:00:00Z"}])
    assert not HIDDEN.search(str(told.value))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_problem_and_an_error_of_a_notebook_are_printed_without_them(text: str) -> None:
    assert not HIDDEN.search(str(Problem(text, text, text, text)))
    assert not HIDDEN.search(str(InputError(text, [])))
    assert not HIDDEN.search(first_error(text, text))


def test_a_file_name_is_printed_without_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from slakit.cli.console import safe, stdout

    stdout().print(str(tmp_path / HOSTILE[0]), markup=False)
    stdout().print(*safe(HOSTILE[3]))
    assert not HIDDEN.search(capsys.readouterr().out.replace("\n", ""))
