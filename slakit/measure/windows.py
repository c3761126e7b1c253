"""The windows that an assessment judges, or shows as running."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from slakit.measure.calendar import Period, add_months, calendar_windows, local_day, midnight
from slakit.measure.rules import FOREVER, Rule, per_incident, per_rule
from slakit.policy.quantities import Window


def judged_windows(
    obligations: pl.DataFrame, rules: Sequence[Rule], period: Period, as_of: int, suspensions: pl.DataFrame
) -> pl.DataFrame:
    """Lay out the windows that an assessment judges or shows as running, of every obligation that has windows.

    A window is judged when it ends in the period and by `as_of`; it is running when it begins in the period and ends
    later (calculation rules, 2.6).

    Parameters
    ----------
    obligations
        As `obligations_of` gives them.
    rules
        By number.
    period, as_of
        What is judged, and the instant of the assessment. [µs]
    suspensions
        As `suspensions_of` gives them.

    Returns
    -------
    pl.DataFrame
        `obligation`, `window_start`, `window_end` (µs), `running`, `whole_start`, `whole_end` (of the window of which a
        change of the subscription leaves this part, µs). Each belongs to the phase in which it ends.
    """
    counted = per_rule((rule.guarantee.window.from_start for rule in rules), pl.Boolean)
    own_start = pl.when(counted).then("held_from").otherwise(0).alias("anchor")
    obligations, kind = obligations.with_columns(own_start), ["rule", "billing_day", "anchor"]
    rows = []
    for rule, billing_day, anchor in obligations.select(kind).unique(maintain_order=True).iter_rows():
        window, zone = rules[rule].guarantee.window, rules[rule].zone
        if window.text in ("incident", "term"):
            continue
        spans = calendar_windows(window, zone, *period.span(zone), billing_day=billing_day, starts=anchor)
        rows += [(rule, billing_day, anchor, slid_back(window, first, last, zone), last) for first, last in spans]
    columns = {"rule": pl.UInt32, **dict.fromkeys(("billing_day", "anchor", "window_start", "window_end"), pl.Int64)}
    on_calendar = obligations.join(
        pl.DataFrame(rows, schema=columns, orient="row"), on=kind, maintain_order="left_right"
    )
    before_start = counted & (pl.col("window_end") <= pl.col("anchor"))
    on_calendar = on_calendar.filter(~before_start)
    whole_term = per_rule((rule.guarantee.window.text == "term" for rule in rules), pl.Boolean)
    edges = pl.col("starts").alias("window_start"), pl.col("ends").alias("window_end")
    of_terms = obligations.filter(whole_term).with_columns(edges)
    windows = pl.concat([on_calendar, of_terms.select(on_calendar.columns)])
    partial = per_rule((rule.guarantee.partial == "skip" for rule in rules), pl.Boolean)
    whole = (pl.col("window_start") >= pl.col("starts")) & (pl.col("window_end") <= pl.col("ends"))
    if not suspensions.is_empty():  # a window with a suspension in it is not whole either
        gaps = suspensions.join(obligations.select("obligation", "subscriber"), on="subscriber")
        overlap = (pl.col("started") < pl.col("window_end")) & (pl.col("ended") > pl.col("window_start"))
        cut = windows.join(gaps, on="obligation").filter(overlap)
        cut = cut.select("obligation", "window_start", pl.lit(value=True).alias("cut")).unique()
        windows = windows.join(cut, on=["obligation", "window_start"], how="left", maintain_order="left")
        whole = whole & pl.col("cut").is_null()
    windows = windows.filter(~partial | whole) if not windows.is_empty() else windows
    windows = _cut_by_changes(windows, obligations, rules)
    spans = [period.span(rule.zone) for rule in rules]
    begin, end = (per_rule((span[edge] for span in spans), pl.Int64) for edge in (0, 1))
    slides = per_rule((rule.guarantee.window.slides for rule in rules), pl.Boolean)
    first, last = pl.col("window_start"), pl.col("window_end")
    judged = (last > begin) & (last <= end) & (last <= as_of)
    begun = ((first >= begin) | whole_term) & (first < end) & (first < as_of)
    running = begun & ((last > end) | (last > as_of)) & ~slides
    shown = windows.with_columns(running.alias("running")).filter(judged | running)
    parts = ("window_start", "window_end", "running", "whole_start", "whole_end")
    return shown.select("obligation", *parts).sort("obligation", "window_end")


def _cut_by_changes(windows: pl.DataFrame, obligations: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Leave of each window what lies in the time of its terms, and of these the ones that end in the phase.

    A window that slides is judged at the end of a day: of those that end after the last day of the terms there is one,
    of the part of that day.
    """
    first, last = pl.col("window_start"), pl.col("window_end")
    windows = windows.with_columns(first.alias("whole_start"), last.alias("whole_end"))
    if (
        obligations.select((pl.col("own_until") - pl.col("own_since")).min() == 2 * FOREVER).item()
        or windows.is_empty()
    ):
        return windows
    edges = obligations.select("obligation", "since", "until", "own_since", "own_until")
    windows = windows.join(edges, on="obligation", maintain_order="left")
    slides = per_rule((rule.guarantee.window.slides for rule in rules), pl.Boolean)
    beyond = windows.filter(slides & (last > pl.col("until"))).select("rule", "window_end").unique()
    days = [midnight(local_day(end - 1, rules[rule].zone), rules[rule].zone) for rule, end in beyond.iter_rows()]
    beyond = beyond.with_columns(pl.Series("day", days, dtype=pl.Int64))
    windows = windows.join(beyond, on=["rule", "window_end"], how="left", maintain_order="left")
    windows = windows.filter((pl.col("day") < pl.col("until")).fill_null(value=True))
    windows = windows.with_columns(
        pl.max_horizontal("window_start", "since").alias("window_start"),
        pl.min_horizontal("window_end", "until").alias("window_end"),
    )
    own = (last > pl.col("own_since")) & (last <= pl.col("own_until"))
    return windows.filter((last > first) & own).drop("since", "until", "own_since", "own_until", "day")


def time_of_ledgers(obligations: pl.DataFrame, windows: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Part the time of each subscription among the phases in whose ledger it is told.

    What is measured as one through a change is told of by each phase for its own windows; a window over the change is
    that of the phase in which it ends.

    Parameters
    ----------
    obligations, windows, rules
        As `judged_windows` takes and gives them.

    Returns
    -------
    pl.DataFrame
        The obligations, with `told_since`, `told_until` (µs). Of single incidents these have no bound: each is told of
        by the phase in which it begins.
    """
    alone = per_incident(rules)
    told = obligations.with_columns(
        pl.when(alone).then(-FOREVER).otherwise("own_since").alias("told_since"),
        pl.when(alone).then(FOREVER).otherwise("own_until").alias("told_until"),
    )
    as_one = ((pl.col("until") > pl.col("own_until")) | (pl.col("since") < pl.col("own_since"))) & ~alone
    if not (goes_on := obligations.filter(as_one)).height:
        return told
    edges = windows.group_by("obligation").agg(pl.col("window_start").min(), pl.col("window_end").max())
    columns = ("obligation", "subscriber", "rule", "own_since", "own_until", "window_start", "window_end")
    groups: dict[tuple[int, str, int], dict[int, list[tuple[int, ...]]]] = {}
    for number, subscriber, rule, *times in goes_on.join(edges, on="obligation", how="left").select(columns).rows():
        leg = rules[rule].leg
        assert leg is not None
        phases = groups.setdefault((subscriber - leg.position, rules[rule].measuring, leg.first), {})
        phases.setdefault(leg.position, []).append((number, *times))
    parted: list[tuple[int, int, int]] = []
    for phases in groups.values():
        *_, before = sorted(phases)
        until = phases[before][0][2]
        for position in sorted(phases, reverse=True):
            _, since, _, first, _ = phases[position][0]
            earlier = phases.get(position - 1)
            if earlier is not None:  # the last window of the phase before ends here, or the first one begins
                ended = earlier[0][4]
                since = ended if ended is not None else min(since, until, since if first is None else first)
            parted += [(number, min(since, until), until) for number, *_ in phases[position]]
            until = min(since, until)
    schema = {"obligation": pl.UInt32, "told_since": pl.Int64, "told_until": pl.Int64}
    return told.update(pl.DataFrame(parted, schema=schema, orient="row"), on="obligation")


def slid_back(window: Window, first: int, last: int, zone: str) -> int:
    """Find the start of the window that ends with a step: further back where it slides. [µs]

    Parameters
    ----------
    window, zone
        The window, and the time zone of its days.
    first, last
        The step: first instant, and the first one after it. [µs]
    """
    if window.rolling_days is not None:
        return midnight(local_day(last - 1, zone) + timedelta(days=1 - window.rolling_days), zone)
    if window.rolling_months is not None:
        return midnight(add_months(local_day(first, zone), 1 - window.rolling_months), zone)
    return first
