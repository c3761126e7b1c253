"""What evidence knows of the past: months, the time that was observed, outages and maintenance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

import polars as pl

from slakit.evidence.corrections import corrected, excluded_outages
from slakit.evidence.evidence import Evidence
from slakit.evidence.recurring import with_occurrences
from slakit.measure.calendar import Period, add_months, to_microseconds
from slakit.policy.quantities import MICROSECONDS
from slakit.problems import InputError, Problem

DAY = MICROSECONDS["d"]
YEAR = 8766 * MICROSECONDS["h"]
"""A mean year of 365.25 days. [µs]"""
LAST_DECISION = datetime(9999, 12, 31, tzinfo=UTC)
Span = tuple[int, int]
"""From, and first instant after it. [µs]"""


class Outage(NamedTuple):
    """An outage, recorded or drawn, with the columns of the table of that name. [µs]"""

    component: str | None
    started: int
    ended: int | None
    detected: int | None
    reported: int | None
    diagnosed: int | None
    cause: str | None
    affected: Decimal

    def at(self, started: int, ended: int | None) -> Outage:
        """Return the same outage at another time: reports and the like come as long after its start as they did."""
        by = started - self.started
        detected, reported, diagnosed = (
            None if at is None else at + by for at in (self.detected, self.reported, self.diagnosed)
        )
        return self._replace(started=started, ended=ended, detected=detected, reported=reported, diagnosed=diagnosed)


class Work(NamedTuple):
    """Maintenance, recorded or drawn, with the columns of the table `maintenance`. [µs]"""

    component: str | None
    started: int
    ended: int
    announced: int | None
    kind: str

    def moved(self, by: int) -> Work:
        """Return the same work at another time, announced as long ahead."""
        announced = None if self.announced is None else self.announced + by
        return self._replace(started=self.started + by, ended=self.ended + by, announced=announced)


class Month(NamedTuple):
    """A month of the history, with all that began in it while it was observed.

    Attributes
    ----------
    start, end
        Its edges in UTC. [µs]
    observed
        Spans in which an outage would have been seen, in order and apart.
    outages, works
        What began in these spans.
    """

    start: int
    end: int
    observed: Sequence[Span]
    outages: Sequence[Outage]
    works: Sequence[Work]

    @property
    def share(self) -> float:
        """Return the share of the month that was observed."""
        return sum(end - start for start, end in self.observed) / (self.end - self.start)


@dataclass(frozen=True)
class History:
    """What was observed of one subscription.

    Attributes
    ----------
    period
        Its months.
    months
        Each of them.
    """

    period: Period
    months: Sequence[Month]

    @property
    def outages(self) -> list[Outage]:
        """Return all outages that began in observed time."""
        return [outage for month in self.months for outage in month.outages]

    @property
    def works(self) -> list[Work]:
        """Return all maintenance that began in observed time."""
        return [work for month in self.months for work in month.works]

    @property
    def observed(self) -> int:
        """Return how long it was observed. [µs]"""
        return sum(end - start for month in self.months for start, end in month.observed)

    @property
    def until(self) -> int:
        """Return until when it was observed. [µs]"""
        return max(end for month in self.months for _, end in month.observed)

    @property
    def lengths(self) -> list[int]:
        """Return the lengths of the outages that ended. [µs]"""
        return [one.ended - one.started for one in self.outages if one.ended is not None and one.ended > one.started]


def history_of(evidence: Evidence, period: Period | None) -> History:
    """Read what was observed of the one subscription of some evidence.

    Agreed corrections apply; outages that are excluded by agreement are none. Where there is a table `coverage`, only
    the time that it covers was observed: what began at another time is not used, for nobody knows what else did.

    Parameters
    ----------
    evidence
        Checked tables of one subscription.
    period
        Its months; if not given, those from the first to the last row of coverage, or of outages and maintenance.

    Raises
    ------
    InputError
        There are several subscriptions, nothing says which months were observed, or none of them was.
    """
    names = evidence.names
    if len(names) != 1:
        remedy = f"name one of {', '.join(names[:8])}"
        raise InputError(evidence.source, [Problem("subscription", None, "several are in the evidence", remedy)])
    months = period or _months_told(evidence)
    until = datetime.combine(months.after, datetime.min.time(), UTC)
    known = corrected(with_occurrences(evidence, until), LAST_DECISION)
    excluded = excluded_outages(known, LAST_DECISION)
    columns = [pl.col(name) if name in ("component", "cause", "affected", "kind") else pl.col(name).dt.epoch("us")
               for name in dict.fromkeys((*Outage._fields, *Work._fields))]  # fmt: skip
    of_table = {name: [one for one in columns if one.meta.output_name() in kind._fields]
                for name, kind in (("outages", Outage), ("maintenance", Work))}  # fmt: skip
    recorded = known.outages.filter(~pl.col("outage").is_in(excluded.implode())).select(of_table["outages"])
    outages = [Outage(**row) for row in recorded.select(Outage._fields).iter_rows(named=True)]
    works = [Work(**row) for row in known.maintenance.select(of_table["maintenance"]).iter_rows(named=True)]
    observed = _observed(known, months)
    if not observed:
        wrong = f"none of {months.printed} was observed"
        raise InputError(evidence.source, [Problem("coverage", None, wrong, "name other months with history")])
    return History(months, [_month(edges, observed, outages, works) for edges in months_of(months)])


def months_of(period: Period) -> Iterator[Span]:
    """Yield the months of a period in UTC; a part of a month counts as one."""
    first = period.first
    while first < period.after:
        after = min(add_months(first.replace(day=1), 1), period.after)
        yield _midnight(first), _midnight(after)
        first = after


def _midnight(day: date) -> int:
    return to_microseconds(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _months_told(evidence: Evidence) -> Period:
    """Return the months from the first to the last row that tells when somebody looked."""
    covered = evidence.coverage.filter(pl.col("started") < pl.col("ended"))
    single = evidence.maintenance.filter(pl.col("repeats").is_null())
    tables = [covered] if covered.height else [evidence.outages, single]
    edges = pl.concat([table[edge] for table in tables for edge in ("started", "ended")]).drop_nulls()
    first, last = edges.min(), edges.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        wrong, remedy = "nothing tells which months were observed", "name them with history, like 2025-08/2026-09"
        raise InputError(evidence.source, [Problem("history", None, wrong, remedy)])
    last = max(first, last - timedelta(microseconds=1))
    return Period(first.date().replace(day=1), add_months(last.date().replace(day=1), 1))


def _observed(evidence: Evidence, period: Period) -> list[Span]:
    """Return the time of a period in which all that coverage names was watched; all of it without such a table."""
    whole = (_midnight(period.first), _midnight(period.after))
    rows = evidence.coverage.select("component", pl.col("started", "ended").dt.epoch("us"))
    if rows.is_empty():
        return [whole]
    components = rows["component"].drop_nulls().unique().sort().to_list() or [None]
    spans = [whole]
    for component in components:
        about = rows.filter(pl.col("component").is_null() | pl.col("component").eq_missing(pl.lit(component)))
        covered = joined((start, end) for _, start, end in about.iter_rows())
        spans = [part for span in covered for part in cut(spans, span)]
    return spans


def joined(spans: Iterable[Span]) -> list[Span]:
    """Join spans that overlap or touch.

    >>> joined([(5, 7), (0, 2), (2, 3), (6, 9), (4, 4)])
    [(0, 3), (5, 9)]
    """
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def cut(spans: Iterable[Span], to: Span) -> list[Span]:
    """Return the parts of spans that lie in another."""
    cut_spans = ((max(start, to[0]), min(end, to[1])) for start, end in spans)
    return [(start, end) for start, end in cut_spans if start < end]


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Return the parts of spans that lie in none of some others, which are in order and apart.

    >>> without([(0, 10)], [(2, 3), (8, 12)])
    [(0, 2), (3, 8)]
    """
    left = []
    for start, end in spans:
        at = start
        for low, high in taken:
            if high <= at or low >= end:
                continue
            if low > at:
                left.append((at, low))
            at = max(at, high)
        if at < end:
            left.append((at, end))
    return left


def inside(at: int, spans: Iterable[Span]) -> bool:
    """Return whether an instant lies in any of some spans."""
    return any(start <= at < end for start, end in spans)


def _month(edges: Span, observed: Sequence[Span], outages: Sequence[Outage], works: Sequence[Work]) -> Month:
    seen = cut(observed, edges)
    return Month(
        *edges,
        seen,
        [one for one in outages if inside(one.started, seen)],
        [one for one in works if inside(one.started, seen)],
    )
