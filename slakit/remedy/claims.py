"""Claims: which credits must be asked for, until when, and what has become of them (calculation rules, section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from slakit.measure.calendar import add_months, local_day, midnight
from slakit.policy.quantities import Duration
from slakit.policy.remedies import Claims

MONTHS_LATER = {"end_of_second_month": 2}


def deadline(claims: Claims, zone: str, span: tuple[int, int], incident: tuple[int, int] | None) -> int | None:
    """The last instant at which a claim is in time. [µs]

    Parameters
    ----------
    claims
        The terms; without `within` there is no deadline.
    zone
        The contract's time zone: days and months end at its midnight.
    span
        The window.
    incident
        The last outage of the window that counted; `None` where none did, or it still goes on.

    Returns
    -------
    int or None
        None where no deadline is stated, or it has not begun to run.

    >>> claims = Claims(within="10d", after="window_end")
    >>> october = midnight(date(2026, 10, 1), "UTC"), midnight(date(2026, 11, 1), "UTC")
    >>> from slakit.measure.calendar import to_instant
    >>> to_instant(deadline(claims, "UTC", october, None)).isoformat()
    '2026-11-10T23:59:59.999999+00:00'
    """
    if not claims.needed or (claims.within is None and claims.after not in MONTHS_LATER):
        return None
    if claims.after in MONTHS_LATER:
        month = local_day(span[1] - 1, zone).replace(day=1)
        return midnight(add_months(month, MONTHS_LATER[claims.after] + 1), zone) - 1
    if claims.after == "window_end":
        return _after(claims.within, span[1], local_day(span[1] - 1, zone), zone)
    if incident is None:
        return None
    anchor = incident[1] if claims.after == "incident_end" else incident[0]
    return _after(claims.within, anchor, local_day(anchor, zone), zone)


def _after(within: Duration | None, anchor: int, day: date, zone: str) -> int | None:
    if within is None:
        return None
    if within.days is not None:
        return midnight(day + timedelta(days=within.days + 1), zone) - 1
    if within.months:
        return midnight(add_months(day, within.months) + timedelta(days=1), zone) - 1
    return anchor + within.microseconds


def status(claims: Claims, limit: int | None, claimed: bool, as_of: int) -> str:
    """`claimed`, `not_required`, `expired` or `claimable`.

    >>> status(Claims(within="72h"), 100, claimed=False, as_of=101)
    'expired'
    """
    if claimed:
        return "claimed"
    if not claims.needed:
        return "not_required"
    return "expired" if limit is not None and as_of > limit else "claimable"


def last_counted(counted: pl.DataFrame) -> Mapping[tuple[int, int, int], tuple[int, int] | None]:
    """The last outage that counted in each window of each rule.

    Parameters
    ----------
    counted
        `subscriber`, `rule`, `window_start`, and of the outage `started`, `ended` (µs), `open`.

    Returns
    -------
    mapping
        (subscriber, rule, start of the window) → start and end of the outage; `None` while it still goes on.
    """
    last = counted.sort("ended").group_by("subscriber", "rule", "window_start").last()
    rows = last.select("subscriber", "rule", "window_start", "started", "ended", "open").iter_rows()
    return {(who, rule, at): None if going else (started, ended) for who, rule, at, started, ended, going in rows}
