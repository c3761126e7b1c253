"""A policy file from a stranger is refused before it can do harm, in a second, with one message."""

from __future__ import annotations

import os
import time
from pathlib import Path
from threading import Event, Timer

import pytest

from slakit.policy.files import find_policy, parse_policy, read_policy
from slakit.policy.yaml import LARGEST_FILE
from slakit.problems import InputError

BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

HOSTILE = {
    "a tag that calls a function": ("id: !!python/object/apply:os.system ['touch owned']", "tags are not read"),
    "a tag that makes an object": ("id: !!python/object/new:subprocess.Popen [[true]]", "tags are not read"),
    "a tag that imports a module": ("id: !!python/module:antigravity ''", "tags are not read"),
    "a tag of its own": ("id: !secret x", "tags are not read"),
    "bytes": ("id: !!binary aGVsbG8=", "tags are not read"),
    "a set": ("tiers: !!set {a, b}", "tags are not read"),
    "an ordered map": ("tiers: !!omap [a: 1]", "tags are not read"),
    "an anchor": ("tiers: &tiers [a, b]", "anchors and aliases are not read"),
    "an anchored scalar": ("id: &name x", "anchors and aliases are not read"),
    "a billion laughs": (BOMB, "anchors and aliases are not read"),
    "a structure that holds itself": ("a: &a [*a]", "anchors and aliases are not read"),
    "lists a thousand deep": ("a: " + "[" * 1000, "nested more than 40 deep"),
    "lists a hundred thousand deep": ("a: " + "[" * 100_000, "nested more than 40 deep"),
    "mappings a thousand deep": ("{a: " * 1000, "nested more than 40 deep"),
    "dashes ten thousand deep": ("- " * 10_000, "nested more than 40 deep"),
    "a key written twice": ("id: a\nid: b", "written twice"),
    "a key of a block written twice": ("source: {title: a, title: b}", "written twice"),
    "two documents": ("id: a\n---\nid: b", "more than one document"),
    "a NUL byte": ("id: a\0b", "not YAML"),
    "a bell": ("id: a\x07", "not YAML"),
    "half a character": ("id: \ud800", "not YAML"),
    "a tab for indentation": ("id:\n\t- a", "not YAML"),
    "a list that never ends": ("id: [a", "not YAML"),
    "a quote that never ends": ("id: 'a", "not YAML"),
    "infinity": ("id: .inf", "not a number that can be kept exactly"),
    "minus infinity": ("id: -.inf", "not a number that can be kept exactly"),
    "no number": ("id: .nan", "not a number that can be kept exactly"),
    "ten thousand digits": ("format: " + "9" * 10_000, "not a number that can be kept exactly"),
    "a number of a billion digits": ("format: 1e999999999", "not one of the words"),
    "a list as a key": ("? [a, b]\n: c", "a key is not a word"),
    "a mapping as a key": ("? {a: b}\n: c", "a key is not a word"),
    "a list": ("- a", "not a policy"),
    "a word": ("hello", "not a policy"),
    "nothing": ("", "not a policy"),
    "a comment": ("# nothing here", "not a policy"),
}


@pytest.mark.parametrize(("text", "wrong"), HOSTILE.values(), ids=HOSTILE.keys())
def test_it_is_refused(text: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    began = time.process_time()
    with pytest.raises(InputError, match=wrong):
        parse_policy(text, name="hostile.yaml")
    assert time.process_time() - began < 5
    assert not list(tmp_path.iterdir())


def test_a_merge_key_is_a_key_like_any_other() -> None:
    with pytest.raises(InputError, match="<<: not a term of this format"):
        parse_policy("<<: {id: a}")


def test_no_is_a_word_whatever_version_of_yaml_the_file_asks_for() -> None:
    with pytest.raises(InputError) as refused:
        parse_policy("%YAML 1.1\n---\nprovider: no\n")
    assert "provider = False" not in str(refused.value)


FILES = {
    "of a hundred megabytes": "too large",
    "that is not UTF-8": r"cannot be read \(not UTF-8 text\)",
    "that is UTF-16": r"cannot be read \(not UTF-8 text\)",
    "that is a folder": r"cannot be read \(Is a directory\)",
    "that is not there": r"cannot be read \(No such file or directory\)",
    "that points at itself": r"cannot be read \(Too many levels of symbolic links\)",
    "with a name too long for any disk": r"cannot be read \(File name too long\)",
}


@pytest.mark.parametrize(("kind", "wrong"), FILES.items(), ids=FILES.keys())
def test_a_file_is_refused(kind: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    match kind.split()[-1]:
        case "megabytes":
            path.touch()
            os.truncate(path, 100_000_000)
        case "UTF-8":
            path.write_bytes(b"provider: Caf\xe9\n")
        case "UTF-16":
            path.write_text("provider: Klikk\n", encoding="utf-16")
        case "folder":
            path.mkdir()
        case "itself":
            path.symlink_to(path)
        case "disk":
            path = tmp_path / ("x" * 5000 + ".yaml")
    began = time.process_time()
    with pytest.raises(InputError, match=wrong):
        read_policy(path)
    assert time.process_time() - began < 1


def test_a_name_with_a_nul_byte_is_refused() -> None:
    with pytest.raises(InputError):
        find_policy("evil\0.yaml")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "policy.yaml"
    os.mkfifo(pipe)
    writer = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    hung_up = Event()
    hanging_up = Timer(20, lambda: (hung_up.set(), os.close(writer)))  # frees whoever reads the pipe to its end
    hanging_up.start()
    with pytest.raises(InputError):
        read_policy(pipe)
    hanging_up.cancel()
    hanging_up.join()
    assert not hung_up.is_set()
    os.close(writer)


def test_a_mark_of_byte_order_at_the_beginning_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"\xef\xbb\xbfid: a\n")
    with pytest.raises(InputError, match="provider: missing"):
        read_policy(path)


@pytest.mark.long
def test_the_largest_file_is_answered() -> None:
    text = "a: [" + "1, " * ((LARGEST_FILE - 100) // 3) + "1]"
    with pytest.raises(InputError):
        parse_policy(text)


def test_a_thousand_wrong_keys_are_each_answered() -> None:
    text = "\n".join(f"key_{number}: 1" for number in range(1000))
    with pytest.raises(InputError) as refused:
        parse_policy(text)
    assert len(refused.value.problems) == 1006


def test_terms_with_markup_stay_text() -> None:
    name = "<script>alert(1)</script>"
    policy = parse_policy(
        f"format: 1\nid: a\nprovider: {name}\nservice: {name}\n"
        "source: {title: t, language: en, retrieved: 2026-01-01}\n"
        f"guarantees: [{{id: u, name: {name}, metric: availability, target: 99, window: 1mo, clause: {name}}}]\n"
    )
    assert policy.provider == name
    assert "<script" not in policy._repr_html_()
