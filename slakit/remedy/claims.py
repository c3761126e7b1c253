"""Claims: which credits must be asked for, until when, and what has become of them (calculation rules, section 7)."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from slakit.measure.calendar import add_months, local_day, midnight
from slakit.policy.quantities import Duration
from slakit.policy.remedies import Claims

MONTHS_LATER = {"end_of_second_month": 2}


def deadline(claims: Claims, zone: str, anchor: int) -> int | None:
    """The last instant at which a claim is in time. [µs]

    Parameters
    ----------
    claims
        The terms; without `within` there is no deadline.
    zone
        The contract's time zone: days and months end at its midnight.
    anchor
        Where the time for the claim begins: end of the window, or start or end of the incident. [µs]

    Returns
    -------
    int or None
        None where no deadline is stated.

    >>> from slakit.measure.calendar import to_instant
    >>> november = midnight(date(2026, 11, 1), "UTC")
    >>> to_instant(deadline(Claims(within="10d", after="window_end"), "UTC", november)).isoformat()
    '2026-11-10T23:59:59.999999+00:00'
    """
    if not claims.needed:
        return None
    at_end = claims.after in ("window_end", *MONTHS_LATER)
    day = local_day(anchor - 1 if at_end else anchor, zone)  # a window ends with the day before its end
    if claims.after in MONTHS_LATER:
        return midnight(add_months(day.replace(day=1), MONTHS_LATER[claims.after] + 1), zone) - 1
    return None if claims.within is None else _after(claims.within, anchor, day, zone)


def _after(within: Duration, anchor: int, day: date, zone: str) -> int:
    if within.days is not None:
        return midnight(day + timedelta(days=within.days + 1), zone) - 1
    if within.months:
        return midnight(add_months(day, within.months) + timedelta(days=1), zone) - 1
    return anchor + within.microseconds


def deadlines(claims: Claims, zone: str, anchors: pl.Series) -> pl.Series:
    """Deadlines of many claims under the same terms; null where there is none, or the anchor is not known yet. [µs]"""
    distinct = anchors.drop_nulls().unique()
    limits = [deadline(claims, zone, anchor) for anchor in distinct.to_list()]
    table = pl.DataFrame({"anchor": distinct, "deadline": pl.Series(limits, dtype=pl.Int64)})
    return pl.DataFrame({"anchor": anchors}).join(table, on="anchor", how="left", maintain_order="left")["deadline"]


def status(claims: Claims, deadline: pl.Expr, claimed: pl.Expr, as_of: int) -> pl.Expr:
    """`claimed`, `not_required`, `expired` or `claimable`.

    >>> rows = pl.DataFrame({"deadline": [100, 101, None], "claimed": [False, False, True]})
    >>> rows.select(status(Claims(within="72h"), pl.col("deadline"), pl.col("claimed"), 101)).to_series().to_list()
    ['expired', 'claimable', 'claimed']
    """
    late = (deadline < as_of).fill_null(value=False)
    unclaimed = pl.when(late).then(pl.lit("expired")).otherwise(pl.lit("claimable"))
    return pl.when(claimed).then(pl.lit("claimed")).otherwise(unclaimed if claims.needed else pl.lit("not_required"))
