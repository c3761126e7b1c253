"""What is wrong with an input: where, what was seen, and what would be right; all of it at once."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

MOST_LINES = 200
"""Problems that a message prints; `InputError.problems` has all of them."""
MOST_NAMES = 12
"""Names that a message lists."""
HIDDEN_CHARACTERS = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
"""Control characters (but tab and line feed) and marks that change the direction of text: a terminal obeys them."""
HIDDEN = re.compile(HIDDEN_CHARACTERS[:-1] + "\ud800-\udfff]")
"""The same, and halves of surrogate pairs, which no file in UTF-8 can hold."""
SIMILARITY = 0.65
"""How alike two names must be for one to be suggested."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input.

    >>> print(Problem("klikk.yaml:31 guarantees.network.target", "99,95", "not a number", "write 99.95"))
    klikk.yaml:31 guarantees.network.target = 99,95: not a number; write 99.95
    """

    where: str
    value: object
    wrong: str
    remedy: str

    def __str__(self) -> str:
        seen = "" if self.value is None else f" = {shorten(self.value)}"
        return printable(f"{self.where}{seen}: {self.wrong}; {self.remedy}")


class InputError(ValueError):
    """An input was refused. `problems` holds everything that is wrong with it.

    >>> print(InputError("plan.yaml", [Problem("plan.yaml:3 name", "a/b", "not safe as a file name", "use letters")]))
    plan.yaml: 1 problem
      plan.yaml:3 name = a/b: not safe as a file name; use letters
    """

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook: where it was raised is of no use to who gave the input."""
        return str(self).splitlines()

    def __init__(self, subject: str, problems: Iterable[Problem]) -> None:
        self.subject = subject
        self.problems = list(problems)
        count = len(self.problems)
        heading = printable(f"{subject}: {count} problem{'s' if count != 1 else ''}")
        lines = [heading, *map(str, self.problems[:MOST_LINES])]
        if count > MOST_LINES:
            lines.append(f"… and {count - MOST_LINES:,} more")
        super().__init__("\n  ".join(lines))


def printable(text: str) -> str:
    """Write out what a terminal or a page would obey and not show: control characters and marks of direction.

    >>> printable("red: \\x1b[31m, reversed: \\u202e")
    'red: U+001B[31m, reversed: U+202E'
    """
    return HIDDEN.sub(lambda found: f"U+{ord(found[0]):04X}", text)


def shorten(value: object, width: int = 60) -> str:
    """Print a value on one line, cut in the middle of nowhere if it is long.

    >>> shorten("a" * 100)
    'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'
    """
    text = " ".join(str(value).split()) or repr(value)
    return text if len(text) <= width else text[: width - 1] + "…"


def one_of(names: Iterable[str], seen: str = "") -> str:
    """Say which names exist, and the closest to the one seen.

    >>> one_of(["gold", "silver"], "glod")
    'did you mean gold? there are gold, silver'
    """
    known = list(names)
    folded = {name.casefold(): name for name in reversed(known)}
    close = [folded[name] for name in difflib.get_close_matches(seen.casefold(), folded, n=1, cutoff=SIMILARITY)]
    some = f"{', '.join(known[:MOST_NAMES])} and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    listed = f"there are {some or ', '.join(known)}" if known else "there are none"
    return f"did you mean {close[0]}? {listed}" if close else listed
