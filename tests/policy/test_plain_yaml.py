"""The quick reader of plain YAML gives what the careful reader gives, or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from slakit.policy.files import LIBRARY, library, policy_of
from slakit.policy.plain_yaml import DEEPEST_PLAIN, read_plain
from slakit.policy.yaml import _read_with_care, parse_yaml
from slakit.problems import InputError

TESTS = Path(__file__).parents[1]
TEXTS = [path.read_text() for path in sorted([*LIBRARY.glob("*.yaml"), *(TESTS / "worked_examples").rglob("*.yaml")])]
BITS = [
    ":", ": ", " :", " #", "# c", "#", "-", "- ", "? ", "?", "[", "]", "{", "}", ",", ", ", '"', "'", "''",
    "\\", '\\"', "\\n", "\n", "\n  ", "\n    ", "\n- ", "\n# c\n", "|", ">", "&a ", "*a", "!x ", "%", "@",
    "`", "~", "=", "<<", "null", "true", "yes", "no", "0", "00", "0x1", "0o7", "0b1", "1e5", ".5", "5.",
    "1_0", "+1", "-1", ".inf", ".nan", "1.5", "1.2.3", "2026-01-01", "12:30", "1bd", "---\n", "...\n", "\t",
    "\r", " ", "  ", "\u00a0", "\u2028", "\x85", "\ufeff", "\u200f", "é", "a: b", "{a: 1}", "[1, 2]", "{}",
    "[]", " - ", "://",
]  # fmt: skip
"""What a hand, or an attacker, may put into a file."""


def alike(one: Any, other: Any) -> bool:
    """Equal, of the same types, and in the same order."""
    if isinstance(one, dict) and isinstance(other, dict):
        return list(one) == list(other) and all(alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(alike, one, other))
    return type(one) is type(other) and str(one) == str(other)


@pytest.mark.parametrize("name", library())
def test_policies_that_ship_are_plain(name: str) -> None:
    text = (LIBRARY / f"{name}.yaml").read_text()
    assert alike(read_plain(text), _read_with_care(text, name).tree)


@st.composite
def changed_files(draw: st.DrawFn) -> str:
    """Return some lines of a file, with bits put in and taken out."""
    lines = draw(st.sampled_from(TEXTS)).splitlines()
    first = draw(st.integers(0, len(lines) - 1))
    chosen = lines[first : first + draw(st.integers(1, 4))]
    margin = min(len(line) - len(line.lstrip(" ")) for line in chosen)
    text = "\n".join(line[margin : margin + 100] for line in chosen)
    for _ in range(draw(st.integers(0, 3))):
        place, gone = draw(st.integers(0, len(text))), draw(st.integers(0, 2))
        text = text[:place] + draw(st.sampled_from(BITS)) + text[place + gone :]
    return text


@examples(300)
@given(text=changed_files())
def test_what_is_read_quickly_is_what_is_read_with_care(text: str) -> None:
    plain = read_plain(text)
    if plain is not None:
        assert alike(plain, _read_with_care(text, "text").tree)


@pytest.mark.parametrize(
    "text",
    [
        "a: yes", "a: 012", "a: 1_000", "a: 1e3", "a: 0x1F", "a: .5", "a: +1", "a: ~", "a: =", "a: <<",
        "a:  b : c", "a: 'it''s'", "a: [b, ]", "a: {b}", "a: [b: c]", "a: [b,\n  c]", "a: b\n  c",
        "a: |\n  b", "a:\n- b", "-\n  a", "a: b #c", "a: b# c", "a: [b #c]", "a: https://b/c?d=e",
        'a: {"b": c}', 'a: {"b":c}', "a: -b", "a: 2026-01-01", "a: 24/7", "1: a", "true: a", "a b: c",
        "é: ü", "a: \u00a0b", " a: b", "a:b", "a: b\n\n# c\n\nd: e\n", "- a\n- [b, {c: 1.50}]",
        "- - d\n  - e: f\n    g: h", 'a: {"b ": c}',
    ],
)  # fmt: skip
def test_what_versions_of_yaml_read_differently(text: str) -> None:
    plain = read_plain(text)
    assert plain is None or alike(plain, _read_with_care(text, "text").tree)


def test_deep_nesting_is_left_to_the_careful_reader() -> None:
    assert read_plain("- " * (DEEPEST_PLAIN + 2) + "a") is None
    assert read_plain("a: " + "[" * 100_000) is None


def test_lines_are_found_where_something_is_wrong() -> None:
    document = parse_yaml("format: 1\n# a comment\nguarantees:\n  - id: a\n    target: 99.9\n", name="x.yaml")
    assert document.where(("guarantees", 0, "target")) == "x.yaml:5 guarantees.a.target"
    with pytest.raises(InputError, match=r"x\.yaml:5 guarantees\.a\.metric: missing|x\.yaml:4 guarantees\.a"):
        policy_of(document)
