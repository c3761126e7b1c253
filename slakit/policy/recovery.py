"""What is lost at most, and how soon it is back: recovery points, recovery times, backups."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

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
    strictly: bool = False
    """The limits themselves are missed: less must be lost, and the service be back sooner."""
    leaves_out: str | None = None
    commitment: Commitment = "guaranteed"
    clause: Clause

    @model_validator(mode="after")
    def _strict_about_something(self) -> Self:
        limits = [limit for limit in (self.rpo, self.rto) if limit is not None]
        if self.strictly and not limits:
            raise ValueError("strict about no limit; write rpo or rto, or remove strictly")
        if self.strictly and any(not limit.microseconds for limit in limits):
            raise ValueError("nothing is less than no time; remove strictly, or write a longer limit")
        return self


class Backup(Part):
    """Copies that are taken, and kept."""

    id: Id
    every: PlainDuration | None = None
    strictly: bool = False
    """Less than `every` must lie between two copies."""
    at_least: bool = True
    """Whether it may be more often."""
    kept: PlainDuration | None = None
    kept_at_most: bool = False
    """Whether `kept` is a ceiling, and not a guarantee."""
    places: int | None = None
    restores: str | None = None
    clause: Clause

    @model_validator(mode="after")
    def _strict_about_something(self) -> Self:
        if self.strictly and self.every is None:
            raise ValueError("strict about no limit; write every, or remove strictly")
        return self
