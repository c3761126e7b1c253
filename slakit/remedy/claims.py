"""Claims: which credits must be asked for, until when, and what has become of them (calculation rules, section 7)."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from slakit.measure.calendar import add_months, calendar_windows, local_day, midnight
from slakit.measure.hours import closed_days
from slakit.policy.quantities import Duration
from slakit.policy.remedies import Claims, Report

MONTHS_LATER = {"end_of_second_month": 2}
NEVER = pl.lit(value=False)


def deadline(claims: Claims, zone: str, anchor: int, billing_day: int = 1) -> int | None:
    """Find the last instant at which a claim is in time. [µs]

    Parameters
    ----------
    claims
        The terms; without `within` there is no deadline.
    zone
        The contract's time zone: days and months end at its midnight.
    anchor
        Where the time for the claim begins: end of the window, or start or end of the incident. [µs]
    billing_day
        First day of the subscription's billing month, to whose end the deadline may be put off.

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
    day = _anchor_day(claims, zone, anchor)
    if claims.after in MONTHS_LATER:
        return midnight(add_months(day.replace(day=1), MONTHS_LATER[claims.after] + 1), zone) - 1
    if claims.within is None:
        return None
    last = _within(claims, claims.within, zone, anchor)
    if claims.to_end_of is None:
        return last
    return calendar_windows(claims.to_end_of, zone, last, last + 1, billing_day=billing_day)[0][1] - 1


def opening(claims: Claims, zone: str, anchor: int) -> int | None:
    """Find the first instant at which a claim can be made; None where it can at once. [µs]

    Parameters
    ----------
    claims, zone, anchor
        As `deadline` takes them.

    >>> from slakit.measure.calendar import to_instant
    >>> november = midnight(date(2026, 11, 1), "UTC")
    >>> to_instant(opening(Claims(opens="5bd", within="2mo"), "UTC", november)).isoformat()
    '2026-11-07T00:00:00+00:00'
    """
    if claims.opens is None or not claims.needed:
        return None
    last = _within(claims, claims.opens, zone, anchor)
    return last if claims.opens.microseconds and claims.opens.days is None else last + 1


def _anchor_day(claims: Claims, zone: str, anchor: int) -> date:
    """Find the day of the last instant of a window or an incident, or of the first of an incident."""
    return local_day(anchor if claims.after == "incident_start" else anchor - 1, zone)


def _within(claims: Claims, time: Duration, zone: str, anchor: int) -> int:
    """Find the last instant within a time after the anchor. Months after a window run from the day after it. [µs]"""
    day = _anchor_day(claims, zone, anchor)
    if time.months and claims.after in ("window_end", *MONTHS_LATER):
        return midnight(add_months(day + timedelta(days=1), time.months), zone) - 1
    return _after(time, anchor, day, claims.holidays, zone)


def _after(within: Duration, anchor: int, day: date, holidays: str | None, zone: str) -> int:
    """Find the last instant within a time: days, business days and months end with a day. [µs]"""
    if within.business_days:  # Monday to Friday, less public holidays
        last, left = day, within.business_days
        while left:
            last += timedelta(days=1)
            left -= last.weekday() < 5 and last not in closed_days(holidays, last.year)
    elif within.days is not None:
        last = day + timedelta(days=within.days)
    elif within.months:
        last = add_months(day, within.months)
    else:
        return anchor + within.microseconds
    return midnight(last + timedelta(days=1), zone) - 1


def report_deadline(report: Report, zone: str, anchor: int, holidays: str | None) -> int:
    """Find the last instant at which an outage is reported in time. [µs]

    Parameters
    ----------
    report, zone, holidays
        Until when it must be reported (it has a `within`), in which time zone, less whose public holidays.
    anchor
        Start or end of the incident. [µs]
    """
    assert report.within is not None
    last = anchor if report.after == "incident_start" else anchor - 1
    return _after(report.within, anchor, local_day(last, zone), holidays, zone)


def deadlines(claims: Claims, zone: str, anchors: pl.Series, billing_days: pl.Series | None = None) -> pl.Series:
    """Find the deadlines of many claims under the same terms; null where there is none, or no anchor is known yet. [µs]

    Parameters
    ----------
    claims, zone, anchors, billing_days
        As `deadline` takes them, one anchor and day for each claim.
    """
    days = pl.lit(1) if billing_days is None else pl.lit(billing_days)
    asked = pl.DataFrame({"anchor": anchors}).with_columns(days.alias("day"))
    distinct = asked.drop_nulls().unique()
    limits = [deadline(claims, zone, anchor, day) for anchor, day in distinct.iter_rows()]
    table = distinct.with_columns(pl.Series("deadline", limits, dtype=pl.Int64))
    return asked.join(table, on=["anchor", "day"], how="left", maintain_order="left")["deadline"]


def openings(claims: Claims, zone: str, anchors: pl.Series) -> pl.Series:
    """Find the first instants of many claims under the same terms; null where they can be made at once. [µs]

    Parameters
    ----------
    claims, zone, anchors
        As `deadline` takes them, one anchor for each claim.
    """
    if claims.opens is None:
        return pl.Series([None], dtype=pl.Int64).new_from_index(0, len(anchors))
    return pl.Series([None if at is None else opening(claims, zone, at) for at in anchors], dtype=pl.Int64)


def status(
    claims: Claims | None,
    deadline: pl.Expr,
    claimed: pl.Expr,
    as_of: int,
    opens: pl.Expr | None = None,
    not_valid: pl.Expr = NEVER,
    unreported: pl.Expr = NEVER,
) -> pl.Expr:
    """Say what has become of each claim.

    It is `claimed`, `not_valid`, `not_required`, `not_read`, `expired`, `waiting` or `claimable`.

    Parameters
    ----------
    claims
        The terms; none where they were not read.
    deadline, opens
        Last and first instant of a claim; null where there is none. [µs]
    claimed
        Whether it was made.
    as_of
        The instant of the assessment. [µs]
    not_valid
        Whether a requirement was not met; on that depends what is due without a claim as well.
    unreported
        Whether the outage had to be reported, and was not.

    >>> rows = pl.DataFrame({"deadline": [100, 101, None], "claimed": [False, False, True]})
    >>> rows.select(status(Claims(within="72h"), pl.col("deadline"), pl.col("claimed"), 101)).to_series().to_list()
    ['expired', 'claimable', 'claimed']
    """
    late = (deadline < as_of).fill_null(value=False) | unreported
    early = NEVER if opens is None else (opens > as_of).fill_null(value=False)
    unclaimed = pl.when(late).then(pl.lit("expired")).when(early).then(pl.lit("waiting")).otherwise(pl.lit("claimable"))
    if claims is None:
        unclaimed = pl.lit("not_read")
    elif not claims.needed:
        unclaimed = pl.lit("not_required")
    # a claim that was made is one; whether it could be made is then for the parties
    made = claimed if claims is None or claims.needed else claimed & ~not_valid
    return pl.when(made).then(pl.lit("claimed")).when(not_valid).then(pl.lit("not_valid")).otherwise(unclaimed)
