"""What is lost at most, and how soon it is back: recovery points, recovery times, backups."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from slakit.policy.conditions import DurationRange, as_from, as_to
from slakit.policy.guarantees import Commitment
from slakit.policy.part import Id, Part
from slakit.policy.quantities import Clause, PlainDuration


def _is_a_longest_time(limit: DurationRange) -> DurationRange:
    if limit.lower is not None:
        raise ValueError("a longest time has no lower end; write 4h, or {below: 4h}")
    if limit.longest == -1:
        raise ValueError("nothing is less than no time; write to: 0m, or a longer limit")
    return limit


AtMost = Annotated[
    DurationRange,
    BeforeValidator(as_to, json_schema_input_type=DurationRange | PlainDuration),
    AfterValidator(_is_a_longest_time),
]
"""A longest time: `4h` stands for `{to: 4h}`, and `{below: 4h}` is less than that."""


class Recovery(Part):
    """Targets after one kind of loss."""

    id: Id
    """What was lost: `vm`, `datacenter`."""
    means: str | None = None
    rpo: AtMost | None = None
    """Most data that may be lost, as a time (RPO). `1h` stands for `to: 1h`; with `below: 1h` less must be lost."""
    rto: AtMost | None = None
    """Longest time until the service is back (RTO). `4h` stands for `to: 4h`; with `below: 4h` it is back sooner."""
    excludes: str | None = None
    commitment: Commitment = "guaranteed"
    clause: Clause


class Backup(Part):
    """Copies that are taken, and kept."""

    id: Id
    every: AtMost | None = None
    """Longest time between two copies. `1d` stands for `to: 1d`; with `below: 1d` less must lie between them."""
    kept: Annotated[DurationRange, BeforeValidator(as_from, json_schema_input_type=DurationRange | PlainDuration)] | (
        None
    ) = None
    """How long a copy is kept. `30d` stands for `from: 30d`; `to: 30d` is a ceiling, and no guarantee."""
    places: int | None = None
    restores: str | None = None
    clause: Clause
