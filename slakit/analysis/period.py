"""The period that evidence speaks of, where nobody names one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.measure.calendar import Period, add_months
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.quantities import Window
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem


def period_of(evidence: Evidence, plans: Sequence[Terms]) -> Period:
    """The whole windows of all plans in which outages of the evidence began or ended, in each plan's time zone.

    Raises
    ------
    InputError
        There is no outage.
    """
    edges = pl.concat([evidence.outages["started"], evidence.outages["ended"].drop_nulls()])
    first, last = edges.min(), edges.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        problem = Problem("outages", None, "there is none to compare by", "give some, or compare without evidence")
        raise InputError(evidence.source, [problem])
    zones = [ZoneInfo(terms.time_zone or ASSUMED_ZONE) for terms in plans]
    months = max((g.window.months or 1 for terms in plans for g in terms.guarantees), default=1)
    begin = min(first.astimezone(zone).date() for zone in zones)
    end = max(last.astimezone(zone).date() for zone in zones)
    after = add_months(_aligned(end, months), months)
    later = [_latest(end, guarantee.window) for terms in plans for guarantee in terms.guarantees]
    last = max([after - timedelta(days=1), *later])
    return Period(_aligned(begin, months), add_months(last.replace(day=1), 1))


def _aligned(day: date, months: int) -> date:
    """First day of the span of so many months, counted from January, in which a day lies."""
    return date(day.year, (day.month - 1) // months * months + 1, 1) if months <= 12 else date(day.year, 1, 1)


def _latest(last: date, window: Window) -> date:
    """A day by which the last window that holds a day has ended, where that is not the end of its months.

    Weeks, sliding windows, and those of a fiscal year or counted from the start of the contract end in later months.
    """
    if window.rolling_months or window.from_start or window.start:
        return add_months(last, (window.rolling_months or window.months or 1) + 1)
    return last + timedelta(days=window.rolling_days or (7 if window.text == "1w" else 0))
