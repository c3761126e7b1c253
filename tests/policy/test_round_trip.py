"""What is written reads back as it was; editors can check files by the JSON Schema."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from effort import examples
from hypothesis import Phase, given
from hypothesis import strategies as st

from slakit.policy.document import Policy
from slakit.policy.files import (
    find_policy,
    library,
    parse_policy,
    policy_of,
    policy_schema,
    policy_text,
    read_policy,
    write_policy,
)
from slakit.policy.yaml import Document, parse_yaml, read_yaml
from slakit.problems import InputError

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]  # trees shrink for minutes
LIBRARY = Path(sys.modules[read_policy.__module__].__file__ or "").parent / "library"

TURNING = "".join(map(chr, [0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]))  # refused in texts
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"], exclude_characters=TURNING), min_size=1, max_size=40
)
tricky = st.sampled_from(
    [
        "no",
        "yes",
        "null",
        "~",
        "true",
        "1",
        "3.10",
        "1e3",
        "0x1f",
        "0o17",
        ".inf",
        "1_000",
        "12:30",
        "2026-01-01",
        "=",
        "<<",
        "- a",
        "# a",
        "a: b",
        "'",
        '"',
        "[a",
        "{a",
        "&a",
        "*a",
        "!a",
        "%a",
        "@a",
        "`a",
        " a ",
        "a\nb",
        "a\n",
        "\n",
        "line\u2028separator",
        "tab\there",
        "😀",
        "<script>",
        "|",
        ">",
        "?",
        ",",
        "---",
        "...",
    ]
)
words = texts | tricky
clauses = words.filter(lambda text: bool(text.strip()))
days = st.dates(date(1970, 1, 1)).map(str)
ids = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True)
percents = st.decimals(0, 100, places=6) | st.sampled_from(
    [Decimal("99.95"), Decimal("99.0"), Decimal(100), Decimal(0)]
)
durations = st.builds(
    lambda count, unit: f"{count}{unit}", st.integers(0, 999), st.sampled_from(["s", "m", "h", "d", "w", "us"])
)
shares = st.sampled_from(["5%", "0.5%", "1/30", "30/30", "1d", "25 EUR", "0.50 USD", "100%"])
windows = st.sampled_from(["1d", "1w", "1mo", "1q", "1y", "billing_month"])


@st.composite
def credits(draw: st.DrawFn) -> dict[str, Any]:
    edges = sorted(draw(st.sets(percents, min_size=1, max_size=4)), reverse=True)
    kind = draw(
        st.sampled_from(
            [
                {"bands": [{"below": edge, "credit": draw(shares)} for edge in edges]},
                {"bands": [{"from": min(edges), "to": max(edges), "credit": draw(shares)}]},
                {"flat": draw(shares)},
                {"multiple": Decimal(100)},
                {"shortfall": {"credit": "1.5%", "from": draw(st.sampled_from(["target", "full"]))}},
                {"shortfall": {"step": Decimal("0.1"), "credit": "1%", "count": "complete"}},
                {"accrual": {"credit": "5%", "per": "30m", "count": "nearest", "after": "1h"}, "per": "incident"},
            ]
        )
    )
    caps = draw(st.sampled_from([[], [{"per": "term", "at_most": "30/30"}], [{"per": "window", "at_most": "10 EUR"}]]))
    return {**kind, "caps": caps, "clause": draw(clauses)}


@st.composite
def guarantees(draw: st.DrawFn, name: str) -> dict[str, Any]:
    terms = {
        "id": name,
        "metric": "availability",
        "target": draw(percents),
        "window": draw(windows),
        "clause": draw(clauses),
    }
    some = {
        "name": words,
        "minimum": durations,
        "unit": durations,
        "clock": st.sampled_from(["started", "reported", "detected"]),
        "hours": st.sampled_from(
            ["24/7", {"weekly": {"mon-fri": ["08:00-17:00"], "sat": ["22:00-02:00"]}, "holidays": "NO"}]
        ),
        "exclude": st.sampled_from([{"causes": ["customer"]}, {"maintenance": ["scheduled"]}]),
        "denominator": st.sampled_from(["less_maintenance", {"of": "43200m"}]),
        "components": st.just(["network", "web"]),
        "partial": st.sampled_from(["full", "skip", "shorten"]),
        "credit": credits(),
    }
    for key in draw(st.sets(st.sampled_from(sorted(some)))):
        terms[key] = draw(some[key])
    return terms


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    names = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    tree: dict[str, Any] = {
        "format": 1,
        "id": draw(ids),
        "provider": draw(words),
        "service": draw(words),
        "source": {"title": draw(words), "language": "en", "retrieved": draw(days)},
        "guarantees": [draw(guarantees(name)) for name in names],
        "time_zone": draw(st.sampled_from(["UTC", "Europe/Oslo", None])),
        "undertakings": [{"says": draw(words), "clause": draw(clauses)}],
        "maintenance": draw(st.sampled_from([[], [{"kind": "scheduled", "notice": "48h", "clause": "c"}]])),
        "claims": draw(st.sampled_from([None, {"needed": False}, {"within": "10d", "clause": "3.10"}])),
        "readings": [
            {
                "id": "q",
                "question": draw(words),
                "clauses": [draw(clauses)],
                "answers": {
                    "a": {"because": draw(words)},
                    "b": {"set": {f"guarantees.{names[0]}.target": draw(percents)}},
                },
                "default": "b",
            }
        ],
    }
    return policy_of(Document("generated", tree))


@pytest.mark.parametrize("name", library())
def test_a_policy_of_the_library_reads_back_as_it_was_written(name: str, tmp_path: Path) -> None:
    policy = find_policy(name)
    write_policy(policy, tmp_path / "again.yaml")
    again = read_policy(tmp_path / "again.yaml")
    assert again == policy
    assert again.model_dump_json(by_alias=True, exclude_unset=True) == policy.model_dump_json(
        by_alias=True, exclude_unset=True
    )
    assert policy_text(again) == policy_text(policy)
    assert [path.name for path in tmp_path.iterdir()] == ["again.yaml"]


@examples(30, phases=PHASES)
@given(policies())
def test_any_policy_reads_back_as_it_was_written(policy: Policy) -> None:
    text = policy_text(policy)
    again = parse_policy(text)
    assert again == policy
    assert policy_text(again) == text


@pytest.mark.parametrize(
    "said",
    ["two  spaces  " * 20, "word " * 100, "a\n\n  b\n", "\n", " ", "\ufeff", "3.10", "no"],
    ids=ascii,
)
def test_text_of_any_kind_reads_back_as_it_was_written(said: str) -> None:
    policy = find_policy("wp-heaven").model_copy(update={"provider": said})
    assert parse_policy(policy_text(policy)).provider == said


def test_figures_keep_the_digits_they_are_printed_with() -> None:
    text = policy_text(find_policy("klink-cloud"))
    assert "below: 99.0" in text
    assert "99.9000" not in text


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "policy.yaml"
    write_policy(find_policy("klikk"), path)
    before = path.read_text()

    def fail(_: Policy) -> str:
        raise RuntimeError("in the middle of writing")

    monkeypatch.setattr("slakit.policy.files.policy_text", fail)
    with pytest.raises(RuntimeError):
        write_policy(find_policy("wp-heaven"), path)
    assert path.read_text() == before
    assert [file.name for file in tmp_path.iterdir()] == ["policy.yaml"]


def test_a_written_file_can_be_read_by_others_like_any_file(tmp_path: Path) -> None:
    plain = tmp_path / "plain.txt"
    plain.touch()
    write_policy(find_policy("klikk"), tmp_path / "policy.yaml")
    assert (tmp_path / "policy.yaml").stat().st_mode == plain.stat().st_mode


def plain(tree: Any) -> Any:
    """As an editor's YAML reader sees it: decimals are floats."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(value) for value in tree]
    return float(tree) if isinstance(tree, Decimal) else tree


@cache
def validator() -> jsonschema.Draft202012Validator:
    schema = policy_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted(LIBRARY.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_policy_of_the_library_fits_the_schema(path: Path) -> None:
    assert [error.message for error in validator().iter_errors(plain(read_yaml(path).tree))] == []


@examples(10, phases=PHASES)
@given(policies())
def test_any_written_policy_fits_the_schema(policy: Policy) -> None:
    tree = parse_yaml(policy_text(policy)).tree
    assert [error.message for error in validator().iter_errors(plain(tree))] == []


SLIPS = {
    "an unknown key": {"qqq": 1},
    "a list for a word": {"provider": ["a"]},
    "a window that is none": {
        "guarantees": [{"id": "u", "metric": "availability", "target": 99, "window": "monthly", "clause": "c"}]
    },
    "a metric that is none": {
        "guarantees": [{"id": "u", "metric": "uptime", "target": 99, "window": "1mo", "clause": "c"}]
    },
    "a percentage above 100": {
        "guarantees": [{"id": "u", "metric": "availability", "target": 101, "window": "1mo", "clause": "c"}]
    },
    "a duration in words": {"maintenance": [{"kind": "scheduled", "notice": "two days", "clause": "c"}]},
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=SLIPS.keys())
def test_the_schema_finds_what_slakit_finds(slip: dict[str, Any]) -> None:
    tree = plain(read_yaml(LIBRARY / "wp-heaven.yaml").tree)
    assert not list(validator().iter_errors(tree))
    assert list(validator().iter_errors({**tree, **slip}))
    with pytest.raises(InputError):
        policy_of(Document("slip", {**read_yaml(LIBRARY / "wp-heaven.yaml").tree, **slip}))


@pytest.mark.parametrize("window", ["rolling 30d", "{rolling: 7d}", "term"])
def test_windows_without_a_calendar_read_back_as_they_were_written(window: str) -> None:
    text = policy_text(find_policy("wp-heaven")).replace("window: 1mo", f"window: {window}", 1)
    policy = parse_policy(text)
    assert parse_policy(policy_text(policy)) == policy
