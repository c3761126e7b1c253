"""States over time, and what of them is downtime: shared by the readers of status pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import Field

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.reader import LEFT_OUT
from slakit.evidence.tables import AMOUNT

Weight = Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]
"""The share of a time that is downtime: 1 for the whole, 0.3 for Statuspage's weight of a partial outage."""
OUTAGES: dict[str, Any] = {
    "outage": pl.String,
    "item": pl.String,
    "started": INSTANT,
    "ended": INSTANT,
    "affected": AMOUNT,
    "source_id": pl.String,
}
MAINTENANCE: dict[str, Any] = {
    "maintenance": pl.String,
    "item": pl.String,
    "started": INSTANT,
    "ended": INSTANT,
    "announced": INSTANT,
    "kind": pl.String,
    "source_id": pl.String,
}


class Downtime(NamedTuple):
    """A time in which something was down; `ended` is None while it is."""

    started: datetime
    ended: datetime | None
    affected: Decimal


def downtimes(
    changes: Sequence[tuple[datetime, str]], end: datetime | None, counts: Mapping[Any, Decimal]
) -> list[Downtime]:
    """Find the times in states that count.

    Parameters
    ----------
    changes
        Instants from which on a state holds, in order of time.
    end
        When the last state ends; None where it goes on. What is after it is not looked at.
    counts
        State that counts -> the share of it that is downtime.

    Examples
    --------
    >>> from datetime import UTC
    >>> ten, eleven, noon = (datetime(2026, 3, 1, hour, tzinfo=UTC) for hour in (10, 11, 12))
    >>> found = downtimes([(ten, "down"), (eleven, "up")], noon, {"down": Decimal(1)})
    >>> [(each.started.hour, each.ended.hour) for each in found]
    [(10, 11)]
    """
    found: list[Downtime] = []
    ends = [*(at for at, _ in changes[1:]), None]
    for (started, state), following in zip(changes, ends, strict=True):
        known = [each for each in (following, end) if each is not None]
        ended = min(known, default=None)
        if state not in counts or (ended is not None and ended <= started):
            continue
        if found and found[-1].ended == started and found[-1].affected == counts[state]:
            started = found.pop().started
        found.append(Downtime(started, ended, counts[state]))
    return found


def in_sequence(stem: str, number: int) -> str:
    """Name the rows of one record: the first as the record, those after it with their number.

    >>> in_sequence("4f2k", 0), in_sequence("4f2k", 1)
    ('4f2k', '4f2k-2')
    """
    return f"{stem}-{number + 1}" if number else stem


def left_out(reasons: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Return the table of records that are in no row: `source_id`, `reason`."""
    return pl.DataFrame(list(reasons), schema=LEFT_OUT, orient="row")
