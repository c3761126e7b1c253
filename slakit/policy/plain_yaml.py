r"""The plain YAML that contracts are written in, read in one pass; anything else is left to the careful reader.

Plain is a file that every version of YAML reads alike: mappings and lists by indentation, lists and mappings in
brackets on one line, words and sentences on one line, whole numbers and decimals in usual digits, `true`, `false`,
`null`, and comments. Not plain are tabs, anchors, tags, several documents, blocks of text, text over several lines, all
escapes but `\"` and `\\`, keys that are written twice, and whatever is no YAML.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

DEEPEST_PLAIN = 30
LONGEST_KEY = 100

# Everything that is printed as it is and moves nothing: the careful reader refuses or folds other characters.
CHARACTERS = re.compile(
    "[\n -~\xa0-\u200d\u2010-\u2027\u202f-\u2065\u206a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*"
)
LINE = re.compile(r"^( *)([^ #\n].*)$", re.MULTILINE)
KEY = re.compile(rf'(?:(\w[\w.-]{{0,{LONGEST_KEY}}})|"([^"\\\n]{{0,{LONGEST_KEY}}})"):(?: +|$)')
QUOTED = r""""((?:[^"\\\n]|\\["\\])*)"|'([^'\n]*)'(?!')"""
FIRST = r"""(?:[^\s\-?:,\[\]{}#&*!|>'"%@`]|-(?=[0-9]))"""
COLON_INSIDE = r"(?<=[0-9A-Za-z]):(?=[0-9A-Za-z/])"
SCALAR = re.compile(rf"(?:{QUOTED}|({FIRST}[^:#\n]*(?:{COLON_INSIDE}[^:#\n]*)*))(?: *| *(?<= )#.*)$")
IN_BRACKETS = rf"{FIRST}[^:#?,\[\]{{}}\n]*(?:{COLON_INSIDE}[^:#?,\[\]{{}}\n]*)*"
TOKEN = re.compile(rf" *(?:([\[\]{{}},])|(?:{QUOTED}|({IN_BRACKETS}))(:(?= ))?)")
COMMENT = re.compile(r" *(?: #.*)?$")

WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL"), None),
}
LIKE_A_NUMBER = frozenset("+-.0123456789~=<")
"""What begins with one of these may be something else than text."""
WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")
TEXT = re.compile(r"[0-9]+(?:(?:\.[0-9]+)?(?:[ %/:dhmswqyu-]|bd)|\.[0-9]+\.)")
"""Beginning of what is no number: `24h`, `5%`, `1/30`, `24/7`, `2026-03-01`, `3.1.2`."""


class NotPlainError(Exception):
    """The text is not plain."""


def read_plain(text: str) -> Any:
    """Read plain YAML as plain values, or return nothing if the text is not plain.

    >>> read_plain("target: 99.95\\nwithin: {gold: 1h, silver: 2h}\\ntiers:\\n  - id: gold  # the best")
    {'target': Decimal('99.95'), 'within': {'gold': '1h', 'silver': '2h'}, 'tiers': [{'id': 'gold'}]}
    >>> read_plain("target: &level 99.95") is None
    True
    """
    if not CHARACTERS.fullmatch(text):
        return None
    lines = [(len(indent), content) for indent, content in LINE.findall(text)]
    if not lines or lines[0][0] != 0:
        return None
    try:
        value, end = _block(lines, 0, 0)
    except NotPlainError:
        return None
    return value if end == len(lines) else None


def _block(lines: list[tuple[int, str]], at: int, depth: int) -> tuple[Any, int]:
    """Read the list or the mapping that begins at a line; return it, and the line after it."""
    indent, content = lines[at]
    is_list = content.startswith("- ")
    entries: list[Any] = []
    tree: dict[str, Any] = {}
    if depth > DEEPEST_PLAIN:
        raise NotPlainError
    while at < len(lines):
        column, content = lines[at]
        if column < indent:
            break
        if column > indent or content.startswith("- ") != is_list:
            raise NotPlainError
        if is_list:
            content = content[2:].lstrip(" ")
            if content.startswith("- ") or KEY.match(content):
                lines[at] = (column + len(lines[at][1]) - len(content), content)
                value, at = _block(lines, at, depth + 1)
            else:
                value, at = _value(content, depth), at + 1
            entries.append(value)
            continue

        found = KEY.match(content)
        key = found and (found[1] or found[2])
        if not found or key is None or key in tree:
            raise NotPlainError
        rest, at = content[found.end() :], at + 1
        if rest and rest[0] != "#":
            tree[key] = _value(rest, depth)
        elif at < len(lines) and lines[at][0] > indent:
            tree[key], at = _block(lines, at, depth + 1)
        else:
            tree[key] = None
    return entries if is_list else tree, at


def _value(content: str, depth: int) -> Any:
    """Read the rest of a line."""
    if content[:1] in ("[", "{"):
        value, end = _brackets(content, 1, content[0] == "{", depth + 1)
        if not COMMENT.match(content, end):
            raise NotPlainError
        return value
    found = SCALAR.match(content)
    if not found:
        raise NotPlainError
    return _scalar(*found.groups())


def _brackets(content: str, at: int, is_mapping: bool, depth: int) -> tuple[Any, int]:
    """Read what stands in brackets; return it, and the place after it."""
    entries: list[Any] = []
    tree: dict[str, Any] = {}
    closing = "}" if is_mapping else "]"
    token = TOKEN.match(content, at)
    if depth > DEEPEST_PLAIN:
        raise NotPlainError
    if token and token[1] == closing:
        return tree if is_mapping else entries, token.end()
    while token:
        key = None
        if is_mapping:
            key = next((part for part in token.groups()[1:3] if part is not None), (token[4] or "").rstrip(" "))
            after = token.end()
            if not token[5] or key in tree or len(key) > LONGEST_KEY or "\\" in key:
                break
            token = TOKEN.match(content, after)
            if not token:
                break
        mark, at = token[1], token.end()
        if mark in ("[", "{"):
            value, at = _brackets(content, at, mark == "{", depth + 1)
        elif mark or token[5]:
            break
        else:
            value = _scalar(*token.groups()[1:4])
        if key is None:
            entries.append(value)
        else:
            tree[key] = value
        token = TOKEN.match(content, at)
        if token and token[1] == closing:
            return tree if is_mapping else entries, token.end()
        if not token or token[1] != ",":
            break
        token = TOKEN.match(content, token.end())
    raise NotPlainError


def _scalar(double: str | None, single: str | None, plain: str | None) -> Any:
    """Return a text that was in double or single quotes, or the value of what was in none."""
    if double is not None:
        return re.sub(r"\\(.)", r"\1", double) if "\\" in double else double
    if single is not None:
        return single
    word = (plain or "").rstrip(" ")
    if word[:1] not in LIKE_A_NUMBER:
        return WORDS.get(word, word)
    if WHOLE.fullmatch(word):
        return int(word)
    if DECIMAL.fullmatch(word):
        return Decimal(word)
    if TEXT.match(word):
        return word
    raise NotPlainError
