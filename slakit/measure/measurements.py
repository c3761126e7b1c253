"""Measurements as guarantees take them: values, or counts of what failed among a total."""

from __future__ import annotations

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.measure.rules import Rule, holders_of, subscribers_of
from slakit.policy.conditions import INSIDE
from slakit.policy.quantities import FULL, LARGEST_LEVEL, PERCENT_SCALE
from slakit.problems import InputError, Problem


def numbered(evidence: Evidence) -> pl.DataFrame:
    """Number measurements: `subscriber`, `guarantee`, `at` (µs), `value` (millionths), `failed`, `total`, by time."""
    numbers = subscribers_of(evidence).select("subscription", "subscriber")
    value = (pl.col("value") * PERCENT_SCALE).cast(pl.Int64).alias("value")
    at = pl.col("measured").dt.epoch("us").alias("at")
    known = evidence.numbered("measurements").join(numbers, on="subscription", maintain_order="left")
    return known.select("row", "subscriber", "guarantee", at, value, "failed", "total").sort("at")


def of_rule(known: pl.DataFrame, rule: Rule, evidence: Evidence) -> pl.DataFrame:
    """Select the measurements of one guarantee, of the kind it takes.

    Parameters
    ----------
    known
        As `numbered` gives them.
    rule, evidence
        The rule of the guarantee, and the checked tables.

    Raises
    ------
    InputError
        One is of the other kind, or impossible, or a slice begins within another.
    """
    of_guarantee = known.filter(pl.col("guarantee") == rule.guarantee.id)
    own = of_guarantee.join(holders_of(evidence, rule), on="subscriber", maintain_order="left")
    own = own.filter((pl.col("at") >= pl.col("since")) & (pl.col("at") < pl.col("until"))).select(known.columns)
    measured = rule.guarantee.measured
    assert measured is not None
    needed = ["failed", "total"] if measured.takes_counts else ["value"]
    missing = pl.any_horizontal(pl.col(needed).is_null()) | (pl.col("failed") > pl.col("total")).fill_null(value=False)
    largest = (pl.col("value") > LARGEST_LEVEL * PERCENT_SCALE).fill_null(value=False)
    wrong = own.filter(missing | largest)
    if wrong.height:
        remedy = f"give {' and '.join(needed)}" + (", not more failed than there were" if len(needed) > 1 else "")
        seen = [
            Problem(f"measurements row {row}", None, f"no measurement of {rule.guarantee.id}", remedy)
            for row in wrong["row"][:20]
        ]
        raise InputError(evidence.source, seen)
    if measured.slice is None:
        return own
    # counts that several places took of the same slice add up; no slice may begin within another
    counts = pl.col("row").min(), pl.col("value").first(), pl.col("failed").sum(), pl.col("total").sum()
    slices = own.group_by("subscriber", "guarantee", "at", maintain_order=True).agg(*counts).select(own.columns)
    within = pl.col("at") - pl.col("at").shift(1).over("subscriber") < measured.slice.microseconds
    if (overlapping := slices.filter(within)).height:
        problem = f"begins within another slice of {measured.slice} of {rule.guarantee.id}"
        remedy = f"give one row for each {measured.slice}, measured when it begins"
        places = [f"measurements row {row}" for row in overlapping["row"].sort()[:20]]
        raise InputError(evidence.source, [Problem(place, None, problem, remedy) for place in places])
    return slices


def slices_down(known: pl.DataFrame, rule: Rule, evidence: Evidence) -> pl.DataFrame:
    """Find the slices whose share of failures makes an outage: `subscriber`, `started`, `ended` (µs), in order of time.

    Parameters
    ----------
    known
        As `numbered` gives them.
    rule, evidence
        The rule that says so, and the checked tables.
    """
    measured = rule.guarantee.measured
    assert measured is not None
    assert measured.slice is not None
    share, total = pl.col("failed").cast(pl.Int128) * FULL, pl.col("total").cast(pl.Int128)
    assert measured.at is not None
    failing = pl.all_horizontal(INSIDE[side](share, limit * total) for side, limit in measured.at.bounds)
    enough = pl.col("total") >= (measured.minimum_total or 1)
    down = of_rule(known, rule, evidence).filter(enough & failing)
    ended = (pl.col("at") + measured.slice.microseconds).alias("ended")
    return down.select("subscriber", pl.col("at").alias("started"), ended)
