"""Charts: what could each source of evidence see, and which outages do two of them have in common?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from slakit.comparison.reconcile import Reconciliation
from slakit.evidence.evidence import Evidence
from slakit.policy.printing import print_count
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered, wall_clock
from slakit.show.charts.lanes import milliseconds, time_axis
from slakit.show.charts.theme import BLUE, INK, VERMILLION
from slakit.show.labels import counted, instant_text, length_text, window_name

UTC = ZoneInfo("UTC")
BY_HAND = "written by hand"
MOST_LANES = 24
MOST_BARS = 2_000
LANE, BAR = 66, 14
"""Height of a lane with its captions, and of the bar in it. [px]"""
KNOWN = {True: ("in both sources", BLUE), False: ("in one source alone", VERMILLION)}


def chart_coverage(evidence: Evidence) -> Drawing:
    """Draw when each source could see each subscription, and the outages that it has.

    Parameters
    ----------
    evidence
        Checked tables, such as those that were imported.
    """
    lane = ["subscription", "component", "source"]
    by_hand = pl.col("source").fill_null(BY_HAND)
    outages = evidence.outages.select(*lane[:2], by_hand, "outage", "started", "ended")
    coverage = evidence.coverage.select(*lane[:2], by_hand, "started", "ended").sort("started")
    edges = [*outages["started"], *outages["ended"], *coverage["started"], *coverage["ended"]]
    instants = [instant for instant in edges if instant is not None]
    if not instants:
        return empty_chart("Nothing to draw", "The evidence has no outage, and does not say what was covered.")
    first, last = min(instants), max(instants)
    lanes = pl.concat([coverage.select(lane), outages.select(lane)]).unique(maintain_order=True)

    texts, covered, marks, gaps = [], [], [], []
    for subscription, component, source in lanes.sort(evidence.order, "component", maintain_order=True).iter_rows():
        name = f"{subscription}{f', {component}' if component else ''}: {source}"
        here = (
            (pl.col("subscription") == subscription)
            & pl.col("component").eq_missing(component)
            & (pl.col("source") == source)
        )
        spans = coverage.filter(here).select("started", "ended").rows()
        missing = list(_gaps(spans))
        about = "does not say what it covers"
        if spans:
            about = window_name(spans[0][0], max(end for _, end in spans), UTC)
            about += f" without {_length(sum(missing, timedelta()))}" if missing else ""
        happened = outages.filter(here).select("outage", "started", "ended").rows()
        texts.append({"lane": name, "figure": name, "about": f"{about} · {counted(len(happened), 'outage')}"})
        gaps += [(gap, name) for gap in missing]
        covered += [_bar(name, since, until, UTC) for since, until in spans]
        marks += [_bar(name, started, ended or last, UTC, outage=outage) for outage, started, ended in happened]
    title = "No gap in what the sources cover" if covered else "No source says what it covers"
    if gaps:
        longest, name = max(gaps)
        title = f"{counted(len(gaps), 'gap').capitalize()} in what the sources cover; "
        title += f"the longest is {_length(longest)} ({name})"
    subtitle = "Pale: an outage would have been seen; outside of it nothing is known. Red: outages."
    x = time_axis("from", first.date(), last.date() + timedelta(days=1), "time in UTC")
    return _lanes(texts, covered, marks, x, alt.value(VERMILLION), (title, subtitle))


def chart_reconciliation(found: Reconciliation) -> Drawing:
    """Draw the outages of two sources, for each subscription the provider's above one's own.

    Parameters
    ----------
    found
        From `reconcile`.
    """
    review, pairs = found.reviews["together"], found.pairs
    period = review.period
    if pairs.is_empty():
        return empty_chart("No outage to set side by side", f"Neither source has an outage in {period.printed}.")
    first, after = milliseconds(period.first), milliseconds(period.after)
    concerned = set(pairs["subscription"])
    subscriptions = [name for name in review.evidence.names if name in concerned]

    texts, covered, marks = [], [], []
    for subscription in subscriptions:
        zone = review.zone_of(subscription)
        for side, source in (("provider", found.provider), ("own", found.own)):
            name = f"{subscription}: {source}"
            outage = [f"{side}_outage", f"{side}_started", f"{side}_ended"]
            mine = pairs.filter(pl.col("subscription") == subscription).drop_nulls(outage[0])
            known = mine.group_by(outage, maintain_order=True).agg((pl.col("known_to") == "both").any()).rows()
            alone = sum(not both for *_, both in known)
            about = counted(len(known), "outage") + f", {alone} here alone" * (alone > 0)
            texts.append({"lane": name, "figure": name, "about": about})
            marks += [
                _bar(name, started, ended or review.as_of, zone, outage=outage, known=KNOWN[both][0])
                for outage, started, ended, both in known
            ]
            seen = review.evidence.coverage.filter(subscription=subscription, source=source)
            spans = [_bar(name, since, until, zone) for since, until in seen.select("started", "ended").iter_rows()]
            covered += [bar for bar in spans if bar["from"] < after and bar["to"] > first]

    counts = found.counts
    title = f"{counted(counts['both'], 'outage').capitalize()} in both sources, {counts['provider'] or 'none'} in "
    title += f"{found.provider} alone, {counts['own'] or 'none'} in {found.own} alone"
    subtitle = "The provider's source above one's own."
    subtitle += " Pale: the time that a source covers." * bool(covered) + f" Period {period.printed}."
    zones = dict.fromkeys(review.zone_of(name).key for name in subscriptions)
    x = time_axis("from", period.first, period.after, f"time in {', '.join(zones)}")
    present = [look for look in KNOWN.values() if any(mark["known"] == look[0] for mark in marks)]
    scale = alt.Scale(domain=[words for words, _ in present], range=[colour for _, colour in present])
    colour = alt.Color("known:N", title=None, scale=scale, legend=alt.Legend(symbolType="square"))
    return _lanes(texts, covered, marks, x, colour, (title, subtitle))


def _lanes(
    texts: list[dict[str, Any]],
    covered: list[dict[str, Any]],
    marks: list[dict[str, Any]],
    x: alt.X,
    colour: alt.Color | alt.Value[Any],
    said: tuple[str, str],
) -> Drawing:
    """Draw lanes with captions: pale where a source looked, and outages on top."""
    names = [text["lane"] for text in texts[:MOST_LANES]]
    y = alt.Y("lane:N", axis=None, scale=alt.Scale(domain=names, paddingInner=0, paddingOuter=0))
    shown = [bar for bar in covered if bar["lane"] in names][:MOST_BARS]
    outages = [bar for bar in marks if bar["lane"] in names]
    longest = sorted(outages, key=lambda bar: bar["from"] - bar["to"])[:MOST_BARS]
    title, subtitle = said
    if len(names) < len(texts):
        subtitle += f" Only the first {len(names)} of {print_count(len(texts))} lanes are drawn."
    if len(longest) < len(outages):
        subtitle += f" Only the {print_count(MOST_BARS)} longest outages are drawn."
    tips = [alt.Tooltip(f"{field}:N") for field in ("outage", "time", "length")]
    pale = canvas(shown).mark_bar(height=BAR, yOffset=22, color=INK, opacity=0.16)
    bar = canvas(longest).mark_bar(height=BAR, yOffset=22, opacity=0.9)
    tick = canvas(longest).mark_tick(size=BAR, thickness=3, yOffset=22, opacity=0.9)  # of minutes no bar is seen
    layers = [
        *([pale.encode(x=x, x2="to", y=y, tooltip=[alt.Tooltip("time:N", title="covered")])] if shown else []),
        bar.encode(x=x, x2="to", y=y, color=colour, tooltip=tips),
        tick.encode(x=x, y=y, color=colour, tooltip=tips),
        *captions(texts[:MOST_LANES], y),
    ]
    return finish(layered(*layers), title, subtitle, LANE * len(names))


def _bar(lane: str, started: datetime, ended: datetime, zone: ZoneInfo, **said: str) -> dict[str, Any]:
    return {
        "lane": lane,
        "from": wall_clock(started, zone),
        "to": wall_clock(ended, zone),
        "time": f"{instant_text(started, zone)} – {instant_text(ended, zone)}",
        "length": _length(ended - started),
        **said,
    }


def _length(length: timedelta) -> str:
    return length_text(Decimal(length // timedelta(microseconds=1)).scaleb(-6))


def _gaps(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[timedelta]:
    """Yield the lengths of the times between spans that are sorted by their begin."""
    reached = None
    for since, until in spans:
        if reached is not None and since > reached:
            yield since - reached
        reached = max(reached or until, until)
