"""Charts: how long did tickets take, did recoveries meet their targets, and were backups on time?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zlib import crc32

import altair as alt
import polars as pl

from slakit.analysis.review import Review
from slakit.measure.attainment import by_priority
from slakit.policy.printing import listed, print_count
from slakit.policy.terms import Terms
from slakit.show.charts.canvas import Drawing, canvas, captions, empty_chart, finish, layered, wall_clock
from slakit.show.charts.theme import BLUE, GREY, INK, SKY, VERMILLION, day_format
from slakit.show.labels import MET, counted, guarantee_names, instant_text, length_text, length_up
from slakit.show.readable import reading_words

IN_TIME = {True: "in time", False: "late"}
STATES = {"met": "in time", "missed": "late", "pending": "not answered yet"}
STATE_COLOURS = {"met": BLUE, "missed": VERMILLION, "pending": SKY}
MOST_TICKETS = 3_000
FARTHEST = 2.0
"""Shares of the committed time beyond this stand at the edge."""


def chart_answers(review: Review, subscription: str) -> Drawing:
    """Draw how long responses and resolutions took, against the committed time of each priority.

    One disc for each ticket: at 100 % the committed time is up.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    terms = review.terms_of(subscription)
    judged = review.of(subscription).tickets.filter(~pl.col("verdict").is_in(["excluded", "outside_term"]))
    if judged.is_empty():
        return empty_chart(
            f"{subscription}: no ticket to judge",
            f"No ticket that a guarantee covers was opened in {review.period.printed}.",
        )
    names = guarantee_names(terms)
    shown = judged.sort("elapsed_seconds", descending=True).head(MOST_TICKETS)
    discs = [_disc(review, row, names) for row in shown.iter_rows(named=True)]
    ranks = [priority.id for priority in terms.support.priorities] if terms.support else []
    lanes = sorted(
        {(row["guarantee"], row["priority"]) for row in judged.iter_rows(named=True)},
        key=lambda lane: (list(names).index(lane[0]), ranks.index(lane[1]) if lane[1] in ranks else len(ranks)),
    )
    said = _said(judged, names)
    title = f"{subscription}: {_late(judged, terms)} late"
    subtitle = "Each disc is a ticket, placed by the working time it took of the time committed for its priority."
    return finish(_strips(discs, said, [_lane(*lane) for lane in lanes]), title, subtitle, 88 * len(lanes))


def _late(judged: pl.DataFrame, terms: Terms) -> str:
    """Count late responses and late resolutions apart: `2 of 45 first responses and 7 of 45 resolutions were`."""
    metrics = {guarantee.id: guarantee.metric for guarantee in terms.guarantees}
    parts = []
    for metric, words in (("response", "first responses"), ("resolution", "resolutions")):
        own = judged.filter(pl.col("guarantee").is_in([name for name in metrics if metrics[name] == metric]))
        if not own.is_empty():
            late = own.filter(pl.col("verdict") == "missed").height
            parts.append(f"{late} of {print_count(own.height)} {words}")
    return f"{listed(parts)} were"


def _lane(guarantee: str, priority: str | None) -> str:
    return f"{guarantee} {priority or ''}"


def _disc(review: Review, row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    zone = review.zone_of(row["subscription"])
    within = row["within_seconds"]
    used = float(row["elapsed_seconds"] / within) if within > 0 else FARTHEST
    return {
        "lane": _lane(row["guarantee"], row["priority"]),
        "used": min(max(used, 0.0), FARTHEST),
        "spread": (crc32(row["ticket"].encode()) % 97) / 97,
        "state": STATES[row["verdict"]],
        "ticket": row["ticket"],
        "guarantee": names[row["guarantee"]],
        "took": f"{length_text(row['elapsed_seconds'])} of {length_text(within)}",
        "due": instant_text(row["due"], zone),
        "answered": instant_text(row["answered"], zone),
    }


def _said(judged: pl.DataFrame, names: dict[str, str]) -> list[dict[str, str]]:
    """Write captions: the guarantee above each strip, and how long it took."""
    within = judged.group_by("guarantee", "priority").agg(pl.col("within_seconds").mode().min())
    seen = by_priority(judged, ("guarantee",), "elapsed_seconds").join(
        within, on=["guarantee", "priority"], nulls_equal=True
    )
    said = []
    for row in seen.iter_rows(named=True):
        rank = f", {row['priority']}" if row["priority"] else ""
        times = "nothing answered yet"
        if row["p50"] is not None:
            times = f"median {length_up(row['p50'])}, P95 {length_up(row['p95'])}"
        about = f"{print_count(row['met_count'])} of {print_count(row['eligible'])} in time · {times}"
        figure = f"{names[row['guarantee']]}{rank}: {length_text(row['within_seconds'])}"
        said.append({"lane": _lane(row["guarantee"], row["priority"]), "figure": figure, "about": about})
    return said


def _strips(discs: list[dict[str, Any]], said: list[dict[str, str]], lanes: list[str]) -> alt.LayerChart:
    y = alt.Y("lane:N", sort=lanes, axis=None, scale=alt.Scale(domain=lanes, paddingInner=0, paddingOuter=0))
    axis = alt.Axis(values=[0, 0.5, 1, 1.5, 2], labelExpr="datum.value == 2 ? '200 % +' : format(datum.value, '.0%')")
    x = alt.X("used:Q", title="share of the committed time", scale=alt.Scale(domain=[0, FARTHEST]), axis=axis)
    spread = alt.YOffset("spread:Q", scale=alt.Scale(domain=[0, 1], range=[60, 80]))
    present = [state for state, words in STATES.items() if any(disc["state"] == words for disc in discs)]
    scale = alt.Scale(domain=[STATES[one] for one in present], range=[STATE_COLOURS[one] for one in present])
    colour = alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(symbolType="circle"))
    tips = [alt.Tooltip(f"{field}:N") for field in ("ticket", "guarantee", "took", "due", "answered", "state")]
    up = canvas([{"used": 1}]).mark_rule(strokeWidth=1.5, strokeDash=[4, 3]).encode(x="used:Q")
    points = (
        canvas(discs).mark_circle(size=46, opacity=0.7).encode(x=x, y=y, yOffset=spread, color=colour, tooltip=tips)
    )
    return layered(up, points, *captions(said, y))


def chart_recoveries(review: Review, subscription: str) -> Drawing:
    """Draw whether recoveries met their recovery point and time objectives.

    Two bars for each recovery, as shares of what is committed under the chosen reading; a tick stands where another
    reading draws the line.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    recoveries = review.of(subscription).recoveries
    if recoveries.is_empty():
        return empty_chart(f"{subscription}: no recovery", f"No recovery of {subscription} is recorded.")
    chosen = recoveries.filter(pl.col("reading") == recoveries["reading"][0])
    missed = chosen.filter(~pl.col("rpo_met") | ~pl.col("rto_met")).height
    title = f"{subscription}: {missed} of {counted(chosen.height, 'recovery', 'recoveries')} missed a target"
    subtitle = "Upper bar: data loss (RPO); lower bar: downtime (RTO); both as shares of what is committed"
    reading = chosen["reading"][0]
    if reading:
        subtitle += f" ({reading_words(review, subscription, reading)}). Ticks: the limit under other readings."
    bars = [bar for row in chosen.iter_rows(named=True) for bar in _bars(row)]
    ticks = [tick for row in recoveries.iter_rows(named=True) for tick in _ticks(row, chosen)]
    said = [_outcome(row) for row in chosen.iter_rows(named=True)]
    return finish(_targets(bars, ticks, said), title, subtitle, 90 * chosen.height)


MEASURES = (("lost", "rpo", "data loss (RPO)"), ("back", "rto", "downtime (RTO)"))


def _bars(row: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for number, (measure, limit, words) in enumerate(MEASURES):
        took, allowed = row[f"{measure}_seconds"], row[f"{limit}_seconds"]
        if took is not None and allowed:
            found.append({
                "recovery": row["recovery"], "measure": words, "number": number,
                "used": min(float(took / allowed), FARTHEST), "state": MET[row[f"{limit}_met"]],
                "took": f"{length_text(took)} of {length_text(allowed)}",
            })  # fmt: skip
    return found


def _ticks(row: dict[str, Any], chosen: pl.DataFrame) -> list[dict[str, Any]]:
    own = chosen.row(chosen["recovery"].to_list().index(row["recovery"]), named=True)
    found = []
    for number, (_, limit, _) in enumerate(MEASURES):
        other, allowed = row[f"{limit}_seconds"], own[f"{limit}_seconds"]
        if other and allowed and other != allowed:
            share = min(float(other / allowed), FARTHEST)
            found.append({"recovery": row["recovery"], "number": number, "used": share, "reading": row["reading"]})
    return found


def _outcome(row: dict[str, Any]) -> dict[str, str]:
    lost = "unknown" if row["lost_seconds"] is None else length_text(row["lost_seconds"])
    still = row["rto_met"] is None and row["rto_seconds"] is not None
    about = f"data loss {lost} · downtime {length_text(row['back_seconds'])}" + ", still down" * still
    return {"recovery": row["recovery"], "figure": f"{row['recovery']} ({row['kind']})", "about": about}


def _targets(bars: list[dict[str, Any]], ticks: list[dict[str, Any]], said: list[dict[str, str]]) -> alt.LayerChart:
    order = [row["recovery"] for row in said]
    y = alt.Y("recovery:N", sort=order, axis=None, scale=alt.Scale(domain=order, paddingInner=0, paddingOuter=0))
    axis = alt.Axis(values=[0, 0.5, 1, 1.5, 2], labelExpr="datum.value == 2 ? '200 % +' : format(datum.value, '.0%')")
    x = alt.X("used:Q", title="share of what is committed", scale=alt.Scale(domain=[0, FARTHEST]), axis=axis)
    colours = alt.Scale(domain=list(MET.values()), range=[BLUE, VERMILLION, GREY])
    present = [state for state in MET.values() if any(bar["state"] == state for bar in bars)]
    colour = alt.Color("state:N", title=None, scale=colours, legend=alt.Legend(values=present, symbolType="square"))
    tips = [alt.Tooltip(f"{field}:N") for field in ("recovery", "measure", "took", "state")]
    layers: list[Drawing] = [canvas([{"used": 1}]).mark_rule(strokeWidth=1.5, strokeDash=[4, 3]).encode(x="used:Q")]
    for number in (0, 1):
        place = 21 + 14 * number
        own = [bar for bar in bars if bar["number"] == number]
        drawn = canvas(own).mark_bar(height=10, yOffset=place, opacity=0.85)
        layers.append(drawn.encode(x=x, y=y, color=colour, tooltip=tips))
        marks = canvas([tick for tick in ticks if tick["number"] == number])
        tick = marks.mark_tick(thickness=2, size=14, yOffset=place, color=INK)
        layers.append(tick.encode(x="used:Q", y=y, tooltip=[alt.Tooltip("reading:N")]))
    return layered(*layers, *captions(said, y))


def chart_backups(review: Review, subscription: str) -> Drawing:
    """Draw whether backups were on time.

    One disc for each backup: how long after the one before.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    backups, zone = review.of(subscription).backups, review.zone_of(subscription)
    judged = backups.filter(pl.col("every_seconds").is_not_null() & pl.col("gap_seconds").is_not_null())
    if judged.is_empty():
        said = "none is recorded" if backups.is_empty() else "no interval is guaranteed"
        return empty_chart(f"{subscription}: no backups to judge", f"Of backups of {subscription} {said}.")
    late = judged.filter(~pl.col("in_time"))
    longest: Decimal = judged["gap_seconds"].max()  # type: ignore[assignment]
    title = f"{subscription}: {_intervals(judged, late.height)}"
    subtitle = f"Time since the backup before; the line is what is committed. The longest: {length_text(longest)}."
    rows = [
        {
            "at": wall_clock(row["taken"] or review.as_of, zone),
            "hours": float(row["gap_seconds"]) / 3600,
            "state": IN_TIME[row["in_time"]],
            "taken": instant_text(row["taken"], zone) if row["taken"] else "none since",
            "after": length_text(row["gap_seconds"]),
        }
        for row in judged.sort("gap_seconds", descending=True).head(MOST_TICKETS).iter_rows(named=True)
    ]
    limits = [{"hours": float(every) / 3600} for every in judged["every_seconds"].unique()]
    time = alt.Axis(format=day_format(), tickCount=8, title=f"time in {zone.key}")
    x = alt.X("at:T", scale=alt.Scale(type="utc"), axis=time)
    hours = alt.Y("hours:Q", title="hours since the one before", scale=alt.Scale(domainMin=0))
    scale = alt.Scale(domain=[IN_TIME[True], IN_TIME[False]], range=[BLUE, VERMILLION])
    present = [state for state in IN_TIME.values() if any(row["state"] == state for row in rows)]
    colour = alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(values=present, symbolType="circle"))
    tips = [alt.Tooltip("taken:N"), alt.Tooltip("after:N"), alt.Tooltip("state:N")]
    points = canvas(rows).mark_circle(size=60, opacity=0.8).encode(x=x, y=hours, color=colour, tooltip=tips)
    line = canvas(limits).mark_rule(strokeWidth=1.5, strokeDash=[4, 3]).encode(y="hours:Q")
    return finish(layered(line, points), title, subtitle, 220)


def _intervals(judged: pl.DataFrame, late: int) -> str:
    """Say how many intervals between backups are longer than the committed one."""
    limits = [length_text(every) for every in judged["every_seconds"].unique().sort()]
    within = limits[0] if len(limits) == 1 else "the committed length"
    if late:
        verb = "is" if late == 1 else "are"
        return f"{late} of {print_count(judged.height)} intervals between backups {verb} longer than {within}"
    return f"All {print_count(judged.height)} intervals between backups are within {within}"
