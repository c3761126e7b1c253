"""The windows that an assessment judges, or shows as running."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from slakit.measure.calendar import Period, add_months, calendar_windows, local_day, midnight
from slakit.measure.rules import Rule, per_rule
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
        `obligation`, `window_start`, `window_end` (µs), `running`.
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
    spans = [period.span(rule.zone) for rule in rules]
    begin, end = (per_rule((span[edge] for span in spans), pl.Int64) for edge in (0, 1))
    slides = per_rule((rule.guarantee.window.slides for rule in rules), pl.Boolean)
    first, last = pl.col("window_start"), pl.col("window_end")
    judged = (last > begin) & (last <= end) & (last <= as_of)
    begun = ((first >= begin) | whole_term) & (first < end) & (first < as_of)
    running = begun & ((last > end) | (last > as_of)) & ~slides
    shown = windows.filter(~partial | whole).with_columns(running.alias("running")).filter(judged | running)
    return shown.select("obligation", "window_start", "window_end", "running").sort("obligation", "window_end")


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
