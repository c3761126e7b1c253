"""The summary of a fleet: which parts there are, how each ended, and what they come to together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

SUMMARY_NAME = "summary.json"


class PartRecord(BaseModel):
    """One part.

    Attributes
    ----------
    subscriptions, rows
        How many it has, and rows of each table of evidence.
    owed, claimable
        By currency.
    warnings
        How many of each code.
    seconds
        How long it took. [s]
    error
        Why it failed.
    sha256
        Of its tables.
    """

    part: int
    status: Literal["waiting", "done", "failed"] = "waiting"
    subscriptions: int = 0
    rows: dict[str, int] = {}
    owed: dict[str, Decimal] = {}
    claimable: dict[str, Decimal] = {}
    warnings: dict[str, int] = {}
    seconds: float | None = None
    error: str | None = None
    sha256: str = ""

    @property
    def file(self) -> str:
        """Name the file of the part, in the folder of each table."""
        return f"part-{self.part:06}.parquet"


class FleetSummary(BaseModel):
    """A fleet: an assessment in parts.

    Attributes
    ----------
    key
        Hash of all that the results depend on.
    evidence, inputs
        The folder, and its files with the hash of each.
    period, as_of
        What was assessed, and when.
    versions
        Those that results depend on.
    interrupted_by
        The signal that stopped it, like SIGINT.
    problems
        What is wrong with rows that are in no part.
    subscriptions, rows, owed, claimable, warnings
        Sums over the parts that are done.
    """

    format: Literal[1] = 1
    key: str = ""
    evidence: str = ""
    inputs: dict[str, str] = {}
    period: str = ""
    as_of: datetime | None = None
    versions: dict[str, str] = {}
    started: datetime | None = None
    finished: datetime | None = None
    interrupted_by: str | None = None
    problems: list[str] = []
    subscriptions: int = 0
    rows: dict[str, int] = {}
    owed: dict[str, Decimal] = {}
    claimable: dict[str, Decimal] = {}
    warnings: dict[str, int] = {}
    parts: list[PartRecord] = []

    def with_status(self, *statuses: str) -> list[PartRecord]:
        """List the parts that have one of these statuses."""
        return [part for part in self.parts if part.status in statuses]

    @property
    def is_good(self) -> bool:
        """Return whether all of the evidence was assessed."""
        return not self.problems and len(self.with_status("done")) == len(self.parts)

    def add_up(self) -> None:
        """Add up what the parts that are done come to."""
        done = self.with_status("done")
        self.subscriptions = sum(part.subscriptions for part in done)
        self.rows = _added(part.rows for part in done)
        self.owed, self.claimable = _added(part.owed for part in done), _added(part.claimable for part in done)
        self.warnings = _added(part.warnings for part in done)

    def __str__(self) -> str:
        sums = ", ".join(f"{amount:,} {currency}" for currency, amount in self.owed.items()) or "nothing"
        done = len(self.with_status("done"))
        return f"FleetSummary({self.period}: {done} of {len(self.parts)} parts, {sums} owed)"


def _added(each: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    sums: dict[str, Any] = {}
    for one in each:
        for name, number in one.items():
            sums[name] = sums.get(name, 0) + number
    return dict(sorted(sums.items()))


def read_summary(folder: Path) -> FleetSummary | None:
    """Read the summary of a folder; nothing if there is none that can be read."""
    try:
        return FleetSummary.model_validate_json((folder / SUMMARY_NAME).read_bytes())
    except (OSError, ValidationError):
        return None
