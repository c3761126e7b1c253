"""What is wrong with an input: where, what was seen, and what would be right; all of it at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

MOST_LINES = 200
"""Problems that a message prints; `InputError.problems` has all of them."""
MOST_NAMES = 12
"""Names that a message lists."""


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
        return f"{self.where}{seen}: {self.wrong}; {self.remedy}"


class InputError(ValueError):
    """An input was refused. `problems` holds everything that is wrong with it.

    >>> print(InputError("plan.yaml", [Problem("plan.yaml:3 name", "a/b", "not safe as a file name", "use letters")]))
    plan.yaml: 1 problem
      plan.yaml:3 name = a/b: not safe as a file name; use letters
    """

    def __init__(self, subject: str, problems: Iterable[Problem]) -> None:
        self.subject = subject
        self.problems = list(problems)
        count = len(self.problems)
        lines = [f"{subject}: {count} problem{'s' if count != 1 else ''}", *map(str, self.problems[:MOST_LINES])]
        if count > MOST_LINES:
            lines.append(f"… and {count - MOST_LINES:,} more")
        super().__init__("\n  ".join(lines))


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
    close = difflib.get_close_matches(seen, known, n=1)
    some = f"{', '.join(known[:MOST_NAMES])} and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    listed = f"there are {some or ', '.join(known)}" if known else "there are none"
    return f"did you mean {close[0]}? {listed}" if close else listed
