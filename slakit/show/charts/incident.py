"""Chart: what does the contract count of one incident?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from textwrap import wrap
from typing import Any

import altair as alt
import polars as pl

from slakit.analysis.review import Review
from slakit.analysis.verdicts import VERDICT_WORDS
from slakit.evidence.corrections import corrected
from slakit.show.charts.canvas import Drawing, canvas, empty_chart, finish, layered, wall_clock
from slakit.show.charts.lanes import LABEL_WIDTH, lane_rows
from slakit.show.charts.outages import COLOUR_OF
from slakit.show.charts.theme import BLUE, GREY, INK, ON_COLOUR
from slakit.show.labels import instant_text, length_text, short_length, sums_text

ROOM = 0.05
"""Share of the width that a number needs inside its bar."""
AROUND = timedelta(hours=1)
SIGNALS = {"reported": "reported", "detected": "seen by monitoring", "diagnosed": "cause known"}
Span = tuple[datetime, datetime]


def chart_incident(review: Review, subscription: str, span: Span | None = None) -> Drawing:
    """Draw what the contract counts of one incident.

    The outage and the maintenance as they happened, and below them each guarantee that covers them, cut into parts by
    verdict.

    Parameters
    ----------
    review
        From `assess` or `assess_scenario`: of few outages, so that each can be read.
    subscription
        One of the evidence.
    span
        First and last instant to draw; from an hour before to an hour after what happened, if not given.
    """
    own = review.of(subscription)
    pieces = own.ledger.filter(~pl.col("verdict").is_in(["other_component", "outside_period", "not_judged"]))
    outages = corrected(review.evidence, review.as_of).outages.filter(pl.col("subscription") == subscription)
    if outages.is_empty():
        return empty_chart("No outage", f"No outage of {subscription} is recorded.")
    if span is None:
        works = own.evidence.maintenance
        known = [*outages["started"], *outages["ended"], *works["started"], *works["ended"]]
        instants = [instant for instant in known if instant is not None]
        first = min(instants)
        span = first - AROUND, max(*instants, first + AROUND) + AROUND
    timeline = Timeline(own, subscription, span)
    happened, judged = list(timeline.happened(outages)), list(timeline.judged(pieces))

    # How much of the outage counts, under the guarantee that counts most of it.
    main = own.ledger.filter(pl.col("guarantee") == main_guarantee(own))
    counts, whole = (Decimal(rows["seconds"].sum()) for rows in (main.filter(pl.col("verdict") == "counted"), main))
    said = "Nothing counts" if main.is_empty() else "Nothing of the outage counts"
    if counts:
        said = f"{length_text(counts)} of the {length_text(whole)} outage counts"
    title = f"{said}; credit due: {sums_text(review.owed.items())}"
    if pieces.is_empty():
        title = "No guarantee of the contract covers this outage"
    subtitle = f"Times in {timeline.zone.key}. Below what happened, each guarantee that covers it, with its verdicts."

    lanes = list(dict.fromkeys(row["lane"] for row in [*happened, *judged]))
    x, y = timeline.x("from"), lane_rows(lanes)
    tips = [alt.Tooltip("said:N", title="what"), alt.Tooltip("when:N", title="time")]
    bars: dict[str, Any] = {"height": {"band": 0.62}, "cornerRadius": 2, "opacity": 0.85}
    kinds = alt.Scale(domain=["outage", "maintenance"], range=[GREY, BLUE])
    fill = alt.Color("kind:N", scale=kinds, legend=None)
    layers = [canvas(happened).mark_bar(**bars).encode(x=x, x2=alt.X2("to"), y=y, color=fill, tooltip=tips)]
    if judged:
        present = {row["verdict"] for row in judged}
        shown = {words: COLOUR_OF[name] for name, words in VERDICT_WORDS.items() if words in present}
        scale = alt.Scale(domain=list(shown), range=list(shown.values()))
        colour = alt.Color("verdict:N", title=None, scale=scale, legend=alt.Legend(symbolType="square"))
        layers.append(canvas(judged).mark_bar(**bars).encode(x=x, x2=alt.X2("to"), y=y, color=colour, tooltip=tips))
    text = canvas([*happened, *judged]).mark_text(fontSize=12, fontWeight=600, color=ON_COLOUR)
    layers.append(text.encode(x=timeline.x("middle"), y=y, text=alt.Text("text:N")))
    if signals := list(timeline.signals(outages)):
        at = timeline.x("at")
        rule = canvas(signals).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.5, opacity=0.8)
        label = canvas(signals).mark_text(align="left", baseline="bottom", dx=-2, fontSize=11.5, fontWeight=500)
        layers += [rule.encode(x=at), label.encode(x=at, y=alt.value(-2), text=alt.Text("label:N"))]
    drawn = layered(*layers)
    drawn["resolve"] = alt.Resolve(scale=alt.ScaleResolveMap(color="independent"))
    return finish(drawn, title, subtitle, 44 * len(lanes) + 16)


def main_guarantee(review: Review) -> str:
    """Return the guarantee under which most of an outage counts: one about a window, if any covers it."""
    concerned = review.ledger.filter(~pl.col("verdict").is_in(["other_component", "outside_period", "not_judged"]))
    by_window = concerned.filter(pl.col("guarantee").is_in(review.availability["guarantee"].implode()))
    counts = pl.when(pl.col("verdict") == "counted").then(pl.col("seconds")).otherwise(0).sum()
    pieces = concerned if by_window.is_empty() else by_window
    sums = pieces.group_by("guarantee", maintain_order=True).agg(counts)
    first = sums.sort(sums.columns[1], descending=True, maintain_order=True)["guarantee"]
    return str(first[0]) if len(first) else ""


class Timeline:
    """Rows of bars on the contract's wall clock."""

    def __init__(self, review: Review, subscription: str, span: Span) -> None:
        self.review, self.subscription, self.span = review, subscription, span
        self.zone = review.zone_of(subscription)

    def at(self, instant: datetime) -> float:
        """Return the place of an instant. [ms]"""
        return wall_clock(instant, self.zone)

    def x(self, field: str) -> alt.X:
        """Return the axis of time, in hours of the day; a day is named where it begins."""
        clock = "utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : '%-d %b'"
        title = f"{self.span[0].astimezone(self.zone):%Y}, time in {self.zone.key}"
        axis = alt.Axis(tickCount=8, labelExpr=f"utcFormat(datum.value, {clock})", title=title)
        first, last = map(self.at, self.span)
        return alt.X(f"{field}:T", scale=alt.Scale(type="utc", domainMin=first, domainMax=last, clamp=True), axis=axis)

    def bar(self, lane: str, span: tuple[datetime, datetime | None], **said: Any) -> dict[str, Any]:
        """Make a bar with its length in it, if there is room."""
        start, end = span[0], span[1] or self.review.as_of
        first, last = map(self.at, self.span)
        begin, until = (min(max(self.at(edge), first), last) for edge in (start, end))
        length = short_length(Decimal((end - start) // timedelta(microseconds=1)).scaleb(-6))
        shown = length if until - begin > ROOM * (last - first) else ""
        when = f"{instant_text(start, self.zone)} – {instant_text(end, self.zone)}"
        return {
            "lane": lane,
            "from": begin,
            "to": until,
            "middle": (begin + until) / 2,
            "text": shown,
            "when": when,
        } | said

    def happened(self, outages: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """Yield the outages, and the maintenance."""
        for row in outages.iter_rows(named=True):
            about = f"outage of {row['component'] or 'everything'}"
            yield self.bar("outage", (row["started"], row["ended"]), verdict="", said=about, kind="outage")
        works = self.review.evidence.maintenance.filter(pl.col("subscription") == self.subscription)
        for row in works.iter_rows(named=True):
            told = row["announced"]
            known = f"announced {instant_text(told, self.zone)}" if told else "not announced"
            span, about = (row["started"], row["ended"]), f"{row['kind']} maintenance, {known}"
            yield self.bar("maintenance", span, verdict="", said=about, kind="maintenance")

    def judged(self, pieces: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """Yield every part under every guarantee."""
        names = {g.id: g.name or g.id for g in self.review.terms_of(self.subscription).guarantees}
        for row in pieces.iter_rows(named=True):
            lane = "\n".join(wrap(names[row["guarantee"]], LABEL_WIDTH))
            verdict = VERDICT_WORDS[row["verdict"]]
            clause = f" ({row['clause']})" if row["clause"] else ""
            about = f"{length_text(row['seconds'])}: {verdict}{clause}"
            span = (row["started"], row["ended"])
            yield self.bar(lane, span, verdict=verdict, said=about, kind="piece")

    def signals(self, outages: pl.DataFrame) -> Iterator[dict[str, Any]]:
        """Yield when an outage was reported, seen, and understood."""
        for name, said in SIGNALS.items():
            for instant in outages[name].drop_nulls():
                place = self.at(instant)
                if self.at(self.span[0]) <= place <= self.at(self.span[1]):
                    local = instant.astimezone(self.zone)
                    yield {"at": place, "label": f"{said} {local:%H:%M}"}
