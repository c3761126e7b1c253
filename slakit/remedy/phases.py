"""What was measured of subscriptions that change, as the remedies of one phase ask for it.

A guarantee goes on through a change under its id: its windows in the phases before are the windows before, those in the
phases after follow. The parts of a window that a change cuts count once, missed if any of them is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from slakit.measure.rules import PlanReading, Rule
from slakit.policy.guarantees import ON_TICKETS, Guarantee
from slakit.policy.quantities import Duration
from slakit.policy.remedies import Credit, Remedy

KEYS = ["subscriber", "rule", "window_start", "window_end"]
WHOLE = ["whole_start", "whole_end"]
FACTS_SCHEMA = {
    "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
    "total": pl.Int64, "bad": pl.Int64, "missed": pl.Boolean, "agreed": pl.Int64, "downtime": pl.Int64,
    "scale": pl.Int64, "target": pl.Int64, "sign": pl.Int64,
}  # fmt: skip


class PhaseFacts(NamedTuple):
    """Facts of the windows of one phase, and of those before and after it as if they were of that phase.

    All of them have `whole_start` and `whole_end` (µs); `windows` has `missed_before` too: whether an earlier part of
    the window, in another phase, was missed.
    """

    windows: pl.DataFrame
    before: pl.DataFrame
    later: pl.DataFrame


def facts_in_phase(
    phases: Sequence[PlanReading],
    position: int,
    guarantees: Iterable[str],
    rules: Sequence[Rule],
    windows: Mapping[int, pl.DataFrame],
    before: Mapping[int, pl.DataFrame],
    parts: pl.DataFrame,
) -> PhaseFacts:
    """Select the facts of some guarantees in one phase, with those before and after it.

    Parameters
    ----------
    phases
        The phases of a subscription under one reading.
    position
        The one that is asked for.
    guarantees
        Ids of its guarantees.
    rules
        By number.
    windows, before
        Rule → facts of its windows, and of those before the assessment.
    parts
        Windows that a change cuts, as `MeasuredEvidence` has them.
    """
    empty = pl.DataFrame(schema=FACTS_SCHEMA)
    own, past, later = [empty], [empty], [empty]
    for guarantee in guarantees:
        number = phases[position].rules.get(guarantee)
        if number is None:
            continue
        own.append(windows.get(number, empty))
        past.append(before.get(number, empty))
        for side, others in ((past, range(position - 1, -1, -1)), (later, range(position + 1, len(phases)))):
            for other in others:
                theirs = phases[other].rules.get(guarantee)
                if theirs is None:
                    continue
                if rules[theirs].per_incident or rules[number].per_incident:
                    break  # single incidents are no windows that follow one another
                for known in (windows, before):
                    if theirs in known:
                        side.append(_as_if(known[theirs], parts, number, position - other))
    wholes = [with_wholes(pl.concat(frames, how="diagonal"), parts) for frames in (own, past, later)]
    return PhaseFacts(*_counted_once(wholes[0], wholes[1]), wholes[2])


def _as_if(facts: pl.DataFrame, parts: pl.DataFrame, rule: int, later: int) -> pl.DataFrame:
    """Tell facts as if they were of another phase, so many phases later, and of its rule."""
    subscriber = (pl.col("subscriber").cast(pl.Int64) + later).cast(pl.UInt32)
    return with_wholes(facts, parts).with_columns(subscriber, pl.lit(rule, dtype=pl.UInt32).alias("rule"))


def with_wholes(facts: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Add to facts the edges of the window of which each is a part, or all."""
    known = facts if "whole_start" in facts.columns else facts.with_columns(
        pl.lit(None, dtype=pl.Int64).alias(name) for name in WHOLE
    )  # fmt: skip
    joined = known.join(parts, on=KEYS, how="left", maintain_order="left", suffix="_cut")
    return joined.with_columns(
        pl.coalesce(f"whole_{edge}", f"whole_{edge}_cut", f"window_{edge}").alias(f"whole_{edge}")
        for edge in ("start", "end")
    ).select(known.columns)


def _counted_once(windows: pl.DataFrame, before: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Take the parts of a window together: those before the phase as one, or as what its last part adds to."""
    of = ["subscriber", "rule", *WHOLE]
    once = before.sort("window_end").group_by(of, maintain_order=True).agg(
        pl.col("missed").any(),
        pl.col("total").max(),
        *(pl.col(name).last() for name in before.columns if name not in (*of, "missed", "total")),
    )  # fmt: skip
    added = once.select(*of, pl.col("missed").alias("missed_before"))
    known = windows.join(added, on=of, how="left", maintain_order="left")
    known = known.with_columns(pl.col("missed_before").fill_null(value=False))
    return known, once.join(windows, on=of, how="anti").select(before.columns)


def with_last_parts(windows: pl.DataFrame) -> pl.DataFrame:
    """Find windows of several guarantees that end together, of which a change cuts some: `KEYS`, and `moved`, where the
    last part of them starts. One remedy pays for them at once."""
    together = ["subscriber", "window_end", *WHOLE]
    moved = pl.col("window_start").max().over(together).alias("moved")
    return windows.select(*KEYS, moved).unique(KEYS, maintain_order=True)  # two remedies may be for one guarantee


def moved_to_last_parts(rows: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """Let rows of windows start where the last part of their window does.

    Parameters
    ----------
    rows
        With `KEYS`.
    moved
        As `with_last_parts` gives it.
    """
    joined = rows.join(moved, on=KEYS, how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("moved", "window_start").alias("window_start")).drop("moved")


def shares_fee(remedy: Remedy, credit: Credit, guarantee: Guarantee) -> bool:
    """Return whether, in each part of a window that a change cuts, a credit is a share of the part's fee.

    It is where it is due once for a window: the parts share its fee, so that it is not due twice. What is due for each
    incident, for each day, or by the length of downtime is due once whatever the parts, and so is what goes by the
    time lost in the whole window (`partial: full`, or a printed length).

    Parameters
    ----------
    remedy, credit, guarantee
        The schedule of a remedy, and the guarantee that it is due for.
    """
    if remedy.points is not None and remedy.points.bands is not None:
        return True
    if credit.kind in ("multiple", "shortfall"):
        by_time = not guarantee.on_measurements and guarantee.metric not in ON_TICKETS
        return not by_time or (guarantee.partial != "full" and not isinstance(guarantee.denominator, Duration))
    return credit.kind != "accrual" and credit.earned_per in ("window", "guarantee")
