"""States over time, and what of them is downtime: shared by the readers of status pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import polars as pl
from pydantic import Field

from slakit.evidence.instants import INSTANT
from slakit.evidence.sources.reader import LEFT_OUT, SourceMapping
from slakit.evidence.tables import AMOUNT

Weight = Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]
"""The share of a time that is downtime, which goes into `affected`: 1 for the whole, 0.3 for Statuspage's weight of a
partial outage. A guarantee takes the share into account if its policy says `weigh: affected`; else all of it counts."""
WEIGHED = "a share below 1 counts as such if the guarantee has weigh: affected, else the whole time counts"
"""What remarks say of shares."""
WHOLE_PAGE = "(whole page)"
"""The item of what names no component."""
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


def list_record(entries: pl.DataFrame, started: str, changed: pl.Expr) -> pl.DataFrame:
    """Return the record of a list as a whole: it covers the time from its oldest incident to its last change.

    Parameters
    ----------
    started
        Column of the instant by which the list is ordered.
    changed
        Last change of an incident or of the page.
    """
    spans = entries.select(started=pl.col(started).min(), ended=changed.max()).drop_nulls()
    name = pl.format("list {} {}", *(pl.col(edge).dt.to_string("%FT%T%.6fZ") for edge in ("started", "ended")))
    return spans.select(
        name.alias("source_id"), pl.col("ended").alias("version"), pl.lit("list").alias("kind"), pl.all()
    )


def in_sequence(stem: str, number: int) -> str:
    """Name the rows of one record: the first as the record, those after it with their number.

    >>> in_sequence("4f2k", 0), in_sequence("4f2k", 1)
    ('4f2k', '4f2k#2')
    """
    return f"{stem}#{number + 1}" if number else stem


def named(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Name components by their code: the name that comes last, with the code where two have the same name.

    >>> named([("a1", "API"), ("b2", "API"), ("c3", "Shop"), ("c3", "Web shop")])
    {'a1': 'API (a1)', 'b2': 'API (b2)', 'c3': 'Web shop'}
    """
    names = dict(pairs)
    times = Counter(names.values())
    return {code: f"{name} ({code})" if times[name] > 1 else name for code, name in names.items()}


def covered_by(lists: pl.DataFrame, mapping: SourceMapping) -> pl.DataFrame:
    """Return what lists of a page cover: each item of the mapping, also one that never was in an incident.

    Parameters
    ----------
    lists
        `started`, `ended` of each list.
    """
    items: list[str | None] = [item for item, what in mapping.items.items() if what != "ignore"]
    covered = pl.DataFrame({"item": items or [None]}, schema_overrides={"item": pl.String})
    return covered.join(lists.select("started", "ended").unique(), how="cross").sort("item", "started", "ended")


def left_out(reasons: Iterable[tuple[str, str]]) -> pl.DataFrame:
    """Return the table of records that are in no row: `source_id`, `reason`."""
    return pl.DataFrame(list(reasons), schema=LEFT_OUT, orient="row")
