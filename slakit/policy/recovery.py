"""What is lost at most, and how soon it is back: recovery points, recovery times, backups."""

from __future__ import annotations

from slakit.policy.guarantees import Commitment
from slakit.policy.part import Id, Part
from slakit.policy.quantities import Clause, PlainDuration


class Recovery(Part):
    """Targets after one kind of loss."""

    id: Id
    """What was lost: `vm`, `datacenter`."""
    means: str | None = None
    rpo: PlainDuration | None = None
    """Most data that may be lost, as a time (RPO)."""
    rto: PlainDuration | None = None
    """Longest time until the service is back (RTO)."""
    leaves_out: str | None = None
    commitment: Commitment = "guaranteed"
    clause: Clause


class Backup(Part):
    """Copies that are taken, and kept."""

    id: Id
    every: PlainDuration | None = None
    at_least: bool = True
    """Whether it may be more often."""
    kept: PlainDuration | None = None
    kept_at_most: bool = False
    """Whether `kept` is a ceiling, and not a guarantee."""
    places: int | None = None
    restores: str | None = None
    clause: Clause
