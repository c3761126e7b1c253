"""Chart: which outages happened, and which of them count?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import altair as alt
import polars as pl

from slakit.analysis.review import Review
from slakit.analysis.verdicts import VERDICT_WORDS
from slakit.policy.printing import percent_text, print_count
from slakit.show.charts.canvas import Drawing, canvas, empty_chart, finish, layered, wall_clock
from slakit.show.charts.lanes import Lanes
from slakit.show.charts.theme import BLUE, GREEN, GREY, INK, PURPLE, SKY, VERMILLION
from slakit.show.labels import counted, instant_text, length_text, window_name

COLOUR_OF = {
    "counted": VERMILLION, "maintenance": BLUE, "excluded_cause": PURPLE, "before_clock_start": SKY, "unreported": SKY,
    "overlapping": GREEN, "too_short": GREEN, "rounding_remainder": GREEN, "outside_hours": GREY, "outside_term": GREY,
    "outside_period": GREY, "other_component": GREY, "too_small": PURPLE, "below_concurrency": GREEN,
    "excluded_by_agreement": PURPLE, "no_length": GREY, "after_as_of": GREY, "not_judged": GREY,
}  # fmt: skip
MOST_OUTAGES = 2_000
MOST_LABELLED = 15
"""Windows of a guarantee beyond which their numbers no longer fit."""


def chart_outages(review: Review, subscription: str) -> Drawing:
    """Draw which outages happened, and which of them count.

    One disc for each outage and guarantee that it concerns, larger for longer ones. Its colour is that of the verdict:
    of `counted` if any of it counts, else of the longest part. Windows that missed their target are tinted;
    maintenance is drawn as small bars below.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    """
    lanes = Lanes.of(review, subscription)
    discs = list(_discs(lanes))
    if not discs:
        return empty_chart(
            f"{subscription}: no outage",
            f"No outage is recorded for {subscription} in {review.period.printed}.",
        )
    shown = sorted(discs, key=lambda disc: -disc["seconds"])[:MOST_OUTAGES]
    outages = {disc["outage"] for disc in discs}
    counting = {disc["outage"] for disc in discs if disc["counts"]}
    missed = lanes.review.availability.filter(pl.col("met").eq(other=False))
    title = f"{subscription}: {len(counting)} of {counted(len(outages), 'outage')} count as downtime"
    title += f"; {counted(missed.height, 'window')} missed the target"
    late = lanes.review.incidents.filter(pl.col("met").eq(other=False)).height
    title += f" and {counted(late, 'incident')} took longer than guaranteed" if late else ""
    subtitle = "Each disc is an outage; larger is longer. Tinted windows missed their target."
    subtitle += f" Period {review.period.printed}."
    if len(shown) < len(discs):
        subtitle += f" Only the {print_count(MOST_OUTAGES)} longest are drawn."

    present = {disc["verdict"] for disc in shown}
    colours = {words: COLOUR_OF[verdict] for verdict, words in VERDICT_WORDS.items() if words in present}
    scale = alt.Scale(domain=list(colours), range=list(colours.values()))
    colour = alt.Color("verdict:N", title=None, scale=scale, legend=alt.Legend(symbolType="circle", symbolSize=120))
    size = alt.Size("seconds:Q", scale=alt.Scale(type="sqrt", range=[30, 700], domainMin=0), legend=None)
    fields = {"outage": "outage", "lane": "guarantee", "when": "time", "said": "verdict"}
    tips = [alt.Tooltip(f"{field}:N", title=heading) for field, heading in fields.items()]
    mark = canvas(shown).mark_circle(opacity=0.75, strokeWidth=1)
    disc = mark.encode(x=lanes.x("at"), y=lanes.y, color=colour, size=size, tooltip=tips)
    layers = [*_missed_windows(lanes, missed), *_maintenance(lanes), disc]
    return finish(layered(*layers), title, subtitle, max(90, 62 * len(lanes.names)))


def _discs(lanes: Lanes) -> Iterator[dict[str, Any]]:
    """Make one row per outage and guarantee, with the verdicts on its parts in words."""
    concerned = lanes.review.ledger.filter(
        ~pl.col("verdict").is_in(["other_component", "outside_period", "after_as_of"])
    )
    pieces = concerned.group_by("guarantee", "outage", "verdict", maintain_order=True).agg(
        pl.col("seconds").sum(), pl.col("started").min(), pl.col("ended").max(), pl.col("clause").first()
    )
    known = pl.col("guarantee").is_in(list(lanes.names))
    for (guarantee, outage), parts in pieces.filter(known).group_by("guarantee", "outage", maintain_order=True):
        verdicts = parts.sort("seconds", descending=True).to_dicts()
        first, last = min(part["started"] for part in verdicts), max(part["ended"] for part in verdicts)
        decisive = next((part for part in verdicts if part["verdict"] == "counted" and part["seconds"]), verdicts[0])
        clause = f" ({decisive['clause']})" if decisive["clause"] else ""
        said = [f"{length_text(part['seconds'])} {VERDICT_WORDS[part['verdict']]}" for part in verdicts]
        yield {
            "lane": lanes.names[str(guarantee)],
            "outage": outage,
            "at": wall_clock(first, lanes.zone),
            "when": f"{instant_text(first, lanes.zone)} – {instant_text(last, lanes.zone)}",
            "seconds": float(parts["seconds"].sum()),
            "verdict": VERDICT_WORDS[decisive["verdict"]],
            "counts": decisive["verdict"] == "counted",
            "said": "; ".join(said) + clause,
        }


def _missed_windows(lanes: Lanes, missed: pl.DataFrame) -> list[alt.Chart]:
    rows = [
        {
            "lane": lanes.names[row["guarantee"]],
            "from": wall_clock(row["window_start"], lanes.zone),
            "to": wall_clock(row["window_end"], lanes.zone),
            "window": window_name(row["window_start"], row["window_end"], lanes.zone),
            "availability": percent_text(row["availability"]),
            "target": f"{percent_text(row['target'], 6)} committed",
        }
        for row in missed.filter(pl.col("guarantee").is_in(list(lanes.names))).iter_rows(named=True)
    ]
    if not rows:
        return []
    tips = [alt.Tooltip(f"{field}:N", title=field) for field in ("window", "availability", "target")]
    tint = canvas(rows).mark_rect(color=VERMILLION, opacity=0.16)
    layers = [tint.encode(x=lanes.x("from"), x2="to", y=lanes.y, tooltip=tips)]
    if len(rows) <= MOST_LABELLED * len(lanes.names):
        label = canvas(rows).mark_text(align="left", dx=3, dy=-22, fontSize=10.5, opacity=0.85)
        layers.append(label.encode(x=lanes.x("from"), y=lanes.y, text="availability:N"))
    return layers


def _maintenance(lanes: Lanes) -> list[alt.Chart]:
    """Draw maintenance in the lanes of the guarantees that it concerns."""
    works = lanes.review.evidence.maintenance.filter(pl.col("subscription") == lanes.subscription)
    scope = {g.id: g.components for g in lanes.review.terms_of(lanes.subscription).guarantees}
    rows = [
        {
            "lane": name,
            "from": wall_clock(work["started"], lanes.zone),
            "maintenance": f"{work['maintenance']} ({work['kind']})",
            "when": f"{instant_text(work['started'], lanes.zone)} – {instant_text(work['ended'], lanes.zone)}",
        }
        for work in works.iter_rows(named=True)
        for guarantee, name in lanes.names.items()
        if not scope[guarantee] or work["component"] is None or work["component"] in scope[guarantee]
    ]
    if not rows:
        return []
    tips = [alt.Tooltip("maintenance:N"), alt.Tooltip("when:N", title="time")]
    bar = canvas(rows).mark_tick(orient="vertical", thickness=4, size=12, yOffset=22, color=INK, opacity=0.45)
    return [bar.encode(x=lanes.x("from"), y=lanes.y, tooltip=tips)]
