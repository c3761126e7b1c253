"""Measurements that are missing, or of too few requests: slices, days or windows of which little is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.measure.calendar import local_day, to_instant, to_microseconds
from slakit.measure.hours import open_spans
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.guarantees import Guarantee, Measured
from slakit.policy.terms import Terms

NO_VERDICT = "there is no verdict"
"""What follows where nothing at all was measured in a window."""


class Missing(NamedTuple):
    """Slices, or days, of one window of one guarantee that have no measurement.

    Attributes
    ----------
    subscription, guarantee
        Whose window it is.
    first, last
        The part of the window that could be measured by the instant of the assessment.
    missing, expected
        How many of how many.
    what
        Of which kind: `days`, `slices of 5m`.
    taken
        What they are taken as, in words.
    """

    subscription: str
    guarantee: str
    first: datetime
    last: datetime
    missing: int
    expected: int
    what: str
    taken: str


def missing_samples(
    evidence: Evidence, chosen: Mapping[Plan, Terms], tables: Mapping[str, pl.DataFrame], as_of: datetime
) -> Iterator[Missing]:
    """Find the windows in which slices within service hours, or days, have no measurement.

    Where measurements have no length, one that stands alone in its window is taken as that of all of it.

    Parameters
    ----------
    evidence
        With or without measurements: that a whole table is missing is told otherwise.
    chosen
        Terms of each plan, under the chosen reading.
    tables
        Of the review: `availability` and `figures`.
    as_of
        What comes after it cannot have been measured.
    """
    if "measurements" not in evidence.given:
        return
    key, edges = ["subscription", "guarantee"], ["window_start", "window_end"]
    by_samples = {g.id for terms in chosen.values() for g in terms.guarantees if g.measured is not None}
    if not by_samples:
        return
    windows = pl.concat([tables[name].select(*key, *edges) for name in ("availability", "figures")])
    windows = windows.filter(pl.col("guarantee").is_in(by_samples))
    held = evidence.phases.partition_by("subscription", as_dict=True)
    taken = evidence.measurements.partition_by(key, as_dict=True)
    judged = [
        (name, of, holder, in_phase)
        for (name, of), rows in windows.partition_by(key, as_dict=True, maintain_order=True).items()
        for holder in held[(name,)].iter_rows(named=True)
        if not (in_phase := ending_in(rows, holder)).is_empty()
    ]
    for name, of, holder, rows in judged:
        terms = chosen[holder["policy"], holder["tier"]]
        guarantee, zone = terms.guarantee(of), terms.time_zone or ASSUMED_ZONE
        if guarantee.measured is None:
            continue
        spans = rows.select(edges).rows()
        if guarantee.window.slides:  # its windows overlap: what is missing is told once
            spans = [(min(first for first, _ in spans), max(last for _, last in spans))]
        own = taken.get((name, guarantee.id))
        measured = own["measured"] if own is not None else pl.Series([], dtype=INSTANT)
        for start, end in spans:
            first, last = max(start, holder["held_from"]), min(end, as_of, holder["held_to"] or as_of)
            inside = measured.filter((measured >= first) & (measured < last))
            if guarantee.measured.slice is None and inside.len() == 1:
                continue
            expected, found, what = _counted(guarantee, zone, (first, last), inside)
            if expected > found:
                said = taken_as(guarantee.measured)
                yield Missing(name, guarantee.id, first, last, expected - found, expected, what, said)


def ending_in(windows: pl.DataFrame, phase: Mapping[str, Any]) -> pl.DataFrame:
    """Select the windows that end in a phase of their subscription, by whose terms they are judged."""
    end = pl.col("window_end")
    if phase["since"] is not None:
        windows = windows.filter(end > phase["since"])
    return windows.filter(end <= phase["until"]) if phase["until"] is not None else windows


def taken_as(measured: Measured) -> str:
    """Say what time without a measurement is taken as."""
    if measured.by == "down":
        return "taken as up"
    if measured.slice is not None and measured.minimum_total is None:
        return "taken as without failure"
    return "excluded"


def too_few_requests(
    evidence: Evidence, chosen: Mapping[Plan, Terms], tables: Mapping[str, pl.DataFrame], as_of: datetime
) -> Iterator[tuple[str, str, str, str]]:
    """Find how many slices, or windows, had fewer requests than it takes to judge them.

    Parameters
    ----------
    evidence, chosen, tables, as_of
        As of `missing_samples`.

    Yields
    ------
    tuple of str
        The subscription, the guarantee, what they are taken as, and how many there are of how many.
    """
    edges = [pl.col("window_start").min(), pl.col("window_end").max()]
    for holder in evidence.phases.iter_rows(named=True):
        name = holder["subscription"]
        for guarantee in chosen[holder["policy"], holder["tier"]].guarantees:
            measured = guarantee.measured
            if measured is None or measured.minimum_total is None:
                continue
            own = (pl.col("subscription") == name) & (pl.col("guarantee") == guarantee.id)
            windows = tables["availability" if guarantee.on_outages else "figures"].filter(own)
            if windows.is_empty():
                continue
            if measured.by == "ratio":
                known = windows.filter(pl.col("measurements") > 0)
                small, what, taken = known["level"].null_count(), "windows", "without a verdict"
            else:
                first, last = windows.select(edges).row(0)
                first, last = max(first, holder["starts"]), min(last, as_of, holder["ends"] or as_of)
                inside = (pl.col("measured") >= first) & (pl.col("measured") < last)
                rows = evidence.measurements.filter(own & inside)
                known = rows.group_by("measured").agg(pl.col("total").sum())
                small = known.filter(pl.col("total") < measured.minimum_total).height
                what = f"slices of {measured.slice}"
                taken = "taken as up" if measured.by == "down" else "excluded"
            if small:
                said = f"Fewer than {measured.minimum_total:,} requests: {small:,} of {known.height:,} {what}"
                yield name, guarantee.id, taken, said


def _counted(
    guarantee: Guarantee, zone: str, window: tuple[datetime, datetime], inside: pl.Series
) -> tuple[int, int, str]:
    """Count how many slices, or days, a window has; how many of them were measured; and which they are."""
    assert guarantee.measured is not None
    first, last = map(to_microseconds, window)
    step = guarantee.measured.slice
    if last <= first:
        return 0, 0, ""
    if step is None:
        days = (local_day(last - 1, zone) - local_day(first, zone)) // timedelta(days=1) + 1
        return days, inside.dt.convert_time_zone(ZoneInfo(zone).key).dt.date().n_unique(), "days"
    length = step.microseconds
    measured = (inside - to_instant(first)).dt.total_microseconds() // length
    if guarantee.hours is None:
        return (last - first) // length, measured.n_unique(), f"slices of {step}"
    opened: set[int] = set()  # whole slices of the window of which service hours have a part
    for start, end in open_spans(guarantee.hours, zone, first, last):
        begin, stop = max(start, first) - first, min(end, last) - first
        opened.update(range(begin // length, min(-(-stop // length), (last - first) // length)))
    return len(opened), len(opened & set(measured)), f"slices of {step} in service hours"
