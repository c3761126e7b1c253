"""People who answer: hours, priorities, channels."""

from __future__ import annotations

from typing import Annotated

from slakit.policy.guarantees import OpenHours
from slakit.policy.part import Part, PerTier
from slakit.policy.quantities import Clause


class Priority(Part):
    """A priority, and what falls under it."""

    id: str
    means: str | None = None


class Matrix(Part):
    """Priority by impact and urgency."""

    impact: dict[str, dict[str, str]]
    """Impact → urgency → priority."""
    clause: Clause


class Support(Part):
    """Who answers when, and how tickets are ranked."""

    hours: OpenHours = None
    """Around the clock, if not written."""
    channels: list[str] = []
    coverage: Annotated[str | None, PerTier()] = None
    priorities: list[Priority] = []
    matrix: Matrix | None = None
    ranked_by: str | None = None
    """Who decides the priority."""
    clause: Clause
