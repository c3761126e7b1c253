"""Charts: how long did tickets take, did recoveries meet their targets, and were backups on time?"""

from __future__ import annotations

from decimal import Decimal
from zlib import crc32

import altair as alt
import polars as pl

from slakit.analysis.review import Review
from slakit.measure.attainment import by_priority
from slakit.measure.tickets import NOT_JUDGED
from slakit.policy.printing import listed, print_count
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
MEASURES = (("lost", "rpo", "data loss (RPO)"), ("back", "rto", "downtime (RTO)"))
SHARES = alt.Scale(domain=[0, FARTHEST])
SHARE_AXIS = alt.Axis(values=[0, 0.5, 1, 1.5, 2], labelExpr="datum.value == 2 ? '200 % +' : format(datum.value, '.0%')")


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
    judged = review.of(subscription).tickets.filter(~pl.col("verdict").is_in(NOT_JUDGED))
    if judged.is_empty():
        return empty_chart(
            f"{subscription}: no ticket to judge",
            f"No ticket that a guarantee covers was opened in {review.period.printed}.",
        )
    names = guarantee_names(terms)
    shown = judged.sort("elapsed_seconds", descending=True).head(MOST_TICKETS)
    zone, discs = review.zone_of(subscription), []
    for row in shown.iter_rows(named=True):
        within = row["within_seconds"]
        used = float(row["elapsed_seconds"] / within) if within > 0 else FARTHEST
        discs.append({
            "lane": _lane(row["guarantee"], row["priority"]),
            "used": min(max(used, 0.0), FARTHEST),
            "spread": (crc32(row["ticket"].encode()) % 97) / 97,
            "state": STATES[row["verdict"]],
            "ticket": row["ticket"],
            "guarantee": names[row["guarantee"]],
            "took": f"{length_text(row['elapsed_seconds'])} of {length_text(within)}",
            "due": instant_text(row["due"], zone),
            "answered": instant_text(row["answered"], zone),
        })  # fmt: skip
    ranks = [priority.id for priority in terms.support.priorities] if terms.support else []
    lanes = sorted(
        set(judged.select("guarantee", "priority").iter_rows()),
        key=lambda lane: (list(names).index(lane[0]), ranks.index(lane[1]) if lane[1] in ranks else len(ranks)),
    )
    order = [_lane(*lane) for lane in lanes]

    # Late responses and late resolutions are counted apart: `2 of 45 first responses and 7 of 45 resolutions were`.
    parts = []
    counted_as = {"response": "first responses", "resolution": "resolutions", "update": "tickets' updates"}
    for metric, words in counted_as.items():
        own = judged.filter(pl.col("guarantee").is_in([g.id for g in terms.guarantees if g.metric == metric]))
        if not own.is_empty():
            late = own.filter(pl.col("verdict") == "missed").height
            parts.append(f"{late} of {print_count(own.height)} {words}")
    title = f"{subscription}: {listed(parts)} were late"
    subtitle = "Each disc is a ticket, placed by the working time it took of the time committed for its priority."

    y = alt.Y("lane:N", sort=order, axis=None, scale=alt.Scale(domain=order, paddingInner=0, paddingOuter=0))
    x = alt.X("used:Q", title="share of the committed time", scale=SHARES, axis=SHARE_AXIS)
    spread = alt.YOffset("spread:Q", scale=alt.Scale(domain=[0, 1], range=[60, 80]))
    present = [state for state, words in STATES.items() if any(disc["state"] == words for disc in discs)]
    scale = alt.Scale(domain=[STATES[one] for one in present], range=[STATE_COLOURS[one] for one in present])
    colour = alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(symbolType="circle"))
    tips = [alt.Tooltip(f"{field}:N") for field in ("ticket", "guarantee", "took", "due", "answered", "state")]
    points = canvas(discs).mark_circle(size=46, opacity=0.7)
    drawn = points.encode(x=x, y=y, yOffset=spread, color=colour, tooltip=tips)
    chart = layered(_limit(), drawn, *captions(_said(judged, names), y))
    return finish(chart, title, subtitle, 88 * len(lanes))


def _lane(guarantee: str, priority: str | None) -> str:
    return f"{guarantee} {priority or ''}"


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
    reading = recoveries["reading"][0]
    chosen = recoveries.filter(pl.col("reading") == reading)
    missed = chosen.filter(~pl.col("rpo_met") | ~pl.col("rto_met")).height
    title = f"{subscription}: {missed} of {counted(chosen.height, 'recovery', 'recoveries')} missed a target"
    subtitle = "Upper bar: data loss (RPO); lower bar: downtime (RTO); both as shares of what is committed"
    if reading:
        subtitle += f" ({reading_words(review, subscription, reading)}). Ticks: the limit under other readings."

    order = chosen["recovery"].to_list()
    own, said, bars, ticks = dict(zip(order, chosen.iter_rows(named=True), strict=True)), [], [], []
    for recovery, row in own.items():
        lost = "unknown" if row["lost_seconds"] is None else length_text(row["lost_seconds"])
        still = ", still down" if row["rto_met"] is None and row["rto_seconds"] is not None else ""
        about = f"data loss {lost} · downtime {length_text(row['back_seconds'])}{still}"
        said.append({"recovery": recovery, "figure": f"{recovery} ({row['kind']})", "about": about})
    for number, (measure, limit, words) in enumerate(MEASURES):
        for row in chosen.iter_rows(named=True):
            took, allowed = row[f"{measure}_seconds"], row[f"{limit}_seconds"]
            if took is not None and allowed:
                bars.append({
                    "recovery": row["recovery"], "measure": words, "number": number,
                    "used": min(float(took / allowed), FARTHEST), "state": MET[row[f"{limit}_met"]],
                    "took": f"{length_text(took)} of {length_text(allowed)}",
                })  # fmt: skip
        for row in recoveries.iter_rows(named=True):
            other, allowed = row[f"{limit}_seconds"], own[row["recovery"]][f"{limit}_seconds"]
            if other and allowed and other != allowed:
                share = min(float(other / allowed), FARTHEST)
                ticks.append({"recovery": row["recovery"], "number": number, "used": share, "reading": row["reading"]})

    y = alt.Y("recovery:N", sort=order, axis=None, scale=alt.Scale(domain=order, paddingInner=0, paddingOuter=0))
    x = alt.X("used:Q", title="share of what is committed", scale=SHARES, axis=SHARE_AXIS)
    colours = alt.Scale(domain=list(MET.values()), range=[BLUE, VERMILLION, GREY])
    present = [state for state in MET.values() if any(bar["state"] == state for bar in bars)]
    colour = alt.Color("state:N", title=None, scale=colours, legend=alt.Legend(values=present, symbolType="square"))
    tips = [alt.Tooltip(f"{field}:N") for field in ("recovery", "measure", "took", "state")]
    layers: list[Drawing] = [_limit()]
    for number in range(len(MEASURES)):
        place = 21 + 14 * number
        bar = canvas(bar for bar in bars if bar["number"] == number).mark_bar(height=10, yOffset=place, opacity=0.85)
        tick = canvas(tick for tick in ticks if tick["number"] == number)
        mark = tick.mark_tick(thickness=2, size=14, yOffset=place, color=INK)
        layers.append(bar.encode(x=x, y=y, color=colour, tooltip=tips))
        layers.append(mark.encode(x="used:Q", y=y, tooltip=[alt.Tooltip("reading:N")]))
    return finish(layered(*layers, *captions(said, y)), title, subtitle, 90 * chosen.height)


def _limit() -> alt.Chart:
    """Draw the line at which the committed time is up."""
    line: alt.Chart = canvas([{"used": 1}]).mark_rule(strokeWidth=1.5, strokeDash=[4, 3]).encode(x="used:Q")
    return line


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
    limits = judged["every_seconds"].unique().sort()
    within = length_text(limits[0]) if len(limits) == 1 else "the committed length"
    said = f"All {print_count(judged.height)} intervals between backups are within {within}"
    if not late.is_empty():
        verb = "is" if late.height == 1 else "are"
        said = f"{late.height} of {print_count(judged.height)} intervals between backups {verb} longer than {within}"
    title = f"{subscription}: {said}"
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
    time = alt.Axis(format=day_format(), tickCount=8, title=f"time in {zone.key}")
    x = alt.X("at:T", scale=alt.Scale(type="utc"), axis=time)
    hours = alt.Y("hours:Q", title="hours since the one before", scale=alt.Scale(domainMin=0))
    scale = alt.Scale(domain=[IN_TIME[True], IN_TIME[False]], range=[BLUE, VERMILLION])
    present = [state for state in IN_TIME.values() if any(row["state"] == state for row in rows)]
    colour = alt.Color("state:N", title=None, scale=scale, legend=alt.Legend(values=present, symbolType="circle"))
    tips = [alt.Tooltip("taken:N"), alt.Tooltip("after:N"), alt.Tooltip("state:N")]
    points = canvas(rows).mark_circle(size=60, opacity=0.8).encode(x=x, y=hours, color=colour, tooltip=tips)
    line = (
        canvas({"hours": float(every) / 3600} for every in limits)
        .mark_rule(strokeWidth=1.5, strokeDash=[4, 3])
        .encode(y="hours:Q")
    )
    return finish(layered(line, points), title, subtitle, 220)
