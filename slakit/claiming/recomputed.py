"""What a dossier computes: the same when it is written and when it is checked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from slakit import locales
from slakit._atomic import read_whole
from slakit.analysis.assess import assess
from slakit.analysis.explain import explain
from slakit.analysis.review import TABLES, Review
from slakit.evidence.files import printed, read_evidence
from slakit.measure.conventions import Conventions
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy
from slakit.problems import InputError, Problem

RUN, EVIDENCE, POLICIES, RESULTS, EXPLAINED = "run.json", "evidence", "policy", "tables", "explain"
LARGEST_RUN = 20_000_000
LARGEST_TABLE = 2_000_000_000
"""Bytes of a table of evidence that is assessed."""


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RunConventions(_Written):
    """`Conventions`, as `run.json` has them."""

    clock_changes: Literal["elapsed", "wall"] = "elapsed"
    business_day: Literal["24h", "open_hours"] = "24h"
    holds: Literal["in_hours", "always"] = "in_hours"
    closed: list[date] = []


class RunArguments(_Written):
    """What was asked; `reading` as `question=answer`."""

    subscriptions: list[str]
    period: str
    as_of: str
    reading: list[str] = []
    conventions: RunConventions = RunConventions()


class Run(_Written):
    """`run.json`: with what a dossier was computed, and from what.

    Attributes
    ----------
    slakit, packages
        Version of slakit, and of what its figures depend on.
    arguments
        What was asked.
    policies
        Name of a policy in the table of subscriptions → its file in the folder `policy`.
    """

    format: Literal[1] = 1
    slakit: str
    packages: dict[str, str] = {}
    arguments: RunArguments
    policies: dict[str, str]

    def text(self) -> str:
        """Write `run.json`."""
        return self.model_dump_json(indent=1) + "\n"


def read_run(data: Path) -> Run:
    """Read `run.json` of a dossier.

    Raises
    ------
    InputError
        It cannot be read, or is none that slakit wrote.
    """
    try:
        return Run.model_validate_json(read_whole(data / RUN, LARGEST_RUN))
    except (OSError, ValidationError):
        problem = Problem(f"data/{RUN}", None, "not the file of a dossier", "name the folder that slakit dossier wrote")
        raise InputError(str(data), [problem]) from None


def computed_files(data: Path, run: Run) -> dict[str, str]:
    """Assess the evidence of a dossier by its policies: path in `data` → text of each table and explanation.

    Parameters
    ----------
    data
        The folder `data`, with evidence and policies.
    run
        What `run.json` says, or will say.

    Raises
    ------
    InputError
        Evidence, policies or arguments are at fault.
    """
    refused = []
    for each in (data / EVIDENCE).iterdir() if (data / EVIDENCE).is_dir() else ():
        if each.suffix != ".csv":  # other formats can be small and give tables of any size
            refused.append(Problem(f"data/{EVIDENCE}/{each.name}", None, "not a table of a dossier", "take it away"))
        elif each.stat().st_size > LARGEST_TABLE:
            wrong = f"over {LARGEST_TABLE:,} bytes"
            refused.append(Problem(f"data/{EVIDENCE}/{each.name}", None, wrong, "check the figures in another way"))
    if refused:
        raise InputError(str(data), refused)
    evidence = read_evidence(data / EVIDENCE)
    policies = {name: _policy(data, file) for name, file in run.policies.items()}
    unknown = [name for name in evidence.subscriptions["policy"].unique(maintain_order=True) if name not in policies]
    if unknown:
        wrong, remedy = "not a policy of this dossier", f"give its file in data/{RUN}"
        raise InputError(str(data), [Problem("subscriptions policy", name, wrong, remedy) for name in unknown])
    asked = run.arguments
    conventions = asked.conventions
    with locales.in_locale(None):  # the locale of who checks it changes nothing
        review = assess(
            evidence,
            asked.period,
            asked.as_of,
            reading=asked.reading,
            policies=policies,
            conventions=Conventions(
                conventions.clock_changes, conventions.business_day, conventions.holds, frozenset(conventions.closed)
            ),
        )
        texts = {f"{RESULTS}/{name}.csv": _csv(getattr(review, name)) for name in TABLES}
        for subscription, name in file_names(evidence.names, ".txt").items():
            texts[f"{EXPLAINED}/{name}"] = _explained(review, subscription, asked.period)
        return texts


def _policy(data: Path, file: str) -> Policy:
    if Path(file).name != file:
        raise InputError(str(data), [Problem(f"data/{RUN}", file, "a path, not a file", f"name a file of {POLICIES}")])
    try:
        text = read_whole(data / POLICIES / file).decode()
    except (OSError, UnicodeDecodeError):
        wrong = "cannot be read as a policy"
        raise InputError(str(data), [Problem(f"data/{POLICIES}/{file}", None, wrong, "ask for it again")]) from None
    return parse_policy(text, name=f"{POLICIES}/{file}")


def _csv(table: pl.DataFrame) -> str:
    return printed(table).write_csv(float_scientific=False)


def _explained(review: Review, subscription: str, period: str) -> str:
    try:
        return f"{explain(review, subscription, period)}\n"
    except InputError:  # nothing of it was assessed: the tables have no row of it either
        return f"{subscription}: no window of it was assessed.\n"


def file_names(names: Iterable[str], suffix: str) -> dict[str, str]:
    """Name a file for each of some names, which may be paths, or hold what no file system takes.

    >>> file_names(["fjord-iaas", "a/b", "a:b"], ".txt")
    {'fjord-iaas': 'fjord-iaas.txt', 'a/b': 'a_b.txt', 'a:b': 'a_b-2.txt'}
    """
    files: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        plain = re.sub(r"[^\w.-]", "_", name.removesuffix(suffix)).lstrip("._")[:80] or "_"
        number, file = 1, f"{plain}{suffix}"
        while file.casefold() in taken:
            number += 1
            file = f"{plain}-{number}{suffix}"
        taken.add(file.casefold())
        files[name] = file
    return files
