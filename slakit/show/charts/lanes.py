"""Rows of a chart for the guarantees of a subscription, over the time of a review."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import count, takewhile
from textwrap import wrap
from typing import NamedTuple
from zoneinfo import ZoneInfo

import altair as alt

from slakit.analysis.review import Review
from slakit.measure.calendar import add_months
from slakit.show.charts.theme import day_format

LABEL_WIDTH = 30
"""Where names of guarantees wrap. [characters]"""


class Lanes(NamedTuple):
    """One row of a chart for each guarantee of a subscription, and the time that it spans."""

    review: Review
    subscription: str
    zone: ZoneInfo
    names: dict[str, str]

    @classmethod
    def of(cls, review: Review, subscription: str) -> Lanes:
        """Make lanes of the guarantees on outages."""
        terms = review.terms_of(subscription)
        on_outages = [g for g in terms.guarantees if g.metric in ("availability", "replacement")]
        names = {g.id: "\n".join(wrap(g.name or g.id, LABEL_WIDTH)) for g in on_outages}
        return cls(review.of(subscription), subscription, review.zone_of(subscription), names)

    @property
    def y(self) -> alt.Y:
        """Return the rows; names of guarantees have line breaks in them."""
        return lane_rows(list(self.names.values()))

    def x(self, field: str) -> alt.X:
        """Return the axis of time on the contract's wall clock."""
        return time_axis(field, self.review.period.first, self.review.period.after, f"time in {self.zone.key}")


def time_axis(field: str, first: date, after: date, title: str) -> alt.X:
    """Return an axis of days, on a clock in UTC; of months, where there are more than two."""
    axis = alt.Axis(format=day_format(), tickCount=8)
    if (after - first).days > 62:
        # Each name stands at the beginning of its month. That of the month after the period would be cut off.
        ticks = list(takewhile(lambda day: day < after, (add_months(first.replace(day=1), n) for n in count())))
        year = first.year == ticks[-1].year
        at = [milliseconds(day) for day in ticks if day >= first][:: 1 + len(ticks) // 14]
        axis = alt.Axis(values=at, format="%b" if year else "%b %y", labelAlign="left", labelFlush=False)
        title = f"{first.year}, {title}" if year else title
    axis.title = title
    begin, end = milliseconds(first), milliseconds(after)
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", domainMin=begin, domainMax=end, clamp=True), axis=axis)


def lane_rows(names: list[str]) -> alt.Y:
    """Return rows by name; the names have line breaks in them."""
    lines = max(name.count("\n") for name in names)
    said = "split(datum.label, '\\n')"
    axis = alt.Axis(labelExpr=said, labelLimit=230, labelOpacity=1, grid=False, labelLineHeight=15)
    axis.labelOffset = -7 * lines  # else the first line would stand where the middle should
    return alt.Y("lane:N", title=None, axis=axis, scale=alt.Scale(domain=names))


def milliseconds(day: date) -> float:
    """Return the beginning of a day on a clock in UTC. [ms since 1970]"""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000
