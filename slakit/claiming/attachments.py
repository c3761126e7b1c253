"""Files that go with a claim, with stars over what must not leave the house."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from slakit._atomic import read_whole
from slakit.claiming.facts import Attachment
from slakit.problems import InputError, Problem

STARS = "*****"
"""Stands for anything that is starred: its length does not tell what was there."""
LARGEST_FILE = 50_000_000


def read_attachments(files: Mapping[str, str], redact: Sequence[str] | None) -> tuple[Attachment, ...]:
    """Read files, and star what is named in all of them.

    Parameters
    ----------
    files
        Path → the item of `claims.evidence` that it answers; empty if none.
    redact
        Texts to star, whatever their case; empty where somebody looked and there is nothing to star, None where nobody
        looked.

    Raises
    ------
    InputError
        A file cannot be read, or is no text; two have the same name; a text to star is empty, is in no file, or is in
        the name of one. All problems at once.
    """
    problems = [Problem("redact", text, "nothing to star", "name a text") for text in redact or () if not text.strip()]
    wanted = [text for text in redact or () if text.strip()]
    contents: dict[str, tuple[str, bytes]] = {}
    for path, answers in files.items():
        try:
            content = read_whole(Path(path), LARGEST_FILE)
        except OSError as error:
            reason = error.strerror or str(error)
            problems.append(Problem("attached file", str(path), f"cannot be read ({reason})", "name a file"))
            continue
        name = Path(path).name
        if name in contents:
            problems.append(Problem("attached file", str(path), "another has the same name", "rename one of them"))
        contents[name] = (answers, content)
    found = dict.fromkeys(wanted, 0)
    attachments = []
    for name, (answers, content) in contents.items():
        starred = content
        if wanted:
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError:
                remedy = "save it as text in UTF-8, or star it yourself and attach it without --redact"
                problems.append(Problem("attached file", name, "no text, so nothing in it can be starred", remedy))
                continue
            for word in wanted:
                found[word] += len(re.findall(re.escape(word), text, re.IGNORECASE))
                if word.casefold() in name.casefold():
                    wrong = "a text to star is in the name of the file"
                    problems.append(Problem("attached file", name, wrong, "rename the file"))
            text, count = star(text, wanted)
            starred = text.encode()
        places = None if redact is None else count if wanted else 0
        attachments.append(Attachment(name, answers, starred, hashlib.sha256(starred).hexdigest(), places))
    problems += [
        Problem("redact", word, "in no attached file", "look at its spelling, or leave it out")
        for word, times in found.items()
        if not times
    ]
    if problems:
        raise InputError("claim", problems)
    return tuple(attachments)


def star(text: str, words: Iterable[str]) -> tuple[str, int]:
    """Put stars in place of words, the longest first, whatever their case; return the text and the number of places.

    >>> star("GET /?user=Ann from 10.0.0.1, ann again", ["ann", "10.0.0.1"])
    ('GET /?user=***** from *****, ***** again', 3)
    """
    longest_first = sorted(words, key=len, reverse=True)
    return re.subn("|".join(map(re.escape, longest_first)), STARS, text, flags=re.IGNORECASE)
