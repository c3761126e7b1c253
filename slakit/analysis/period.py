"""The period that evidence speaks of, where nobody names one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.measure.calendar import Period, add_months
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem


def period_of(evidence: Evidence, plans: Sequence[Terms]) -> Period:
    """The whole windows of all plans in which outages of the evidence began or ended, in each plan's time zone.

    Raises
    ------
    InputError
        There is no outage.
    """
    told = [table[edge] for table in (evidence.outages, evidence.corrections) for edge in ("started", "ended")]
    edges = pl.concat(told).drop_nulls()
    first, last = edges.min(), edges.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        problem = Problem("outages", None, "there is none to compare by", "give some, or compare without evidence")
        raise InputError(evidence.source, [problem])
    zones = [ZoneInfo(terms.time_zone or ASSUMED_ZONE) for terms in plans]
    months = max((g.window.months or 1 for terms in plans for g in terms.guarantees), default=1)
    begin = min(first.astimezone(zone).date() for zone in zones)
    end = max(last.astimezone(zone).date() for zone in zones)
    after = add_months(_aligned(end, months), months)
    ends = [after - timedelta(days=1)]
    for window in (guarantee.window for terms in plans for guarantee in terms.guarantees):
        # windows that do not end with their months: those of a fiscal year, or counted from the start, and sliding ones
        if window.rolling_months or window.from_start or window.start:
            ends.append(add_months(end, (window.rolling_months or window.months or 1) + 1))
        else:
            ends.append(end + timedelta(days=window.rolling_days or (7 if window.text == "1w" else 0)))
    return Period(_aligned(begin, months), add_months(max(ends).replace(day=1), 1))


def _aligned(day: date, months: int) -> date:
    """First day of the span of so many months, counted from January, in which a day lies."""
    return date(day.year, (day.month - 1) // months * months + 1, 1) if months <= 12 else date(day.year, 1, 1)
