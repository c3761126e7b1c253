"""The windows that an assessment judges, or shows as running."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import polars as pl

from slakit.measure.calendar import Period, Span, calendar_windows, local_day, midnight
from slakit.measure.rules import Rule, per_rule


def judged_windows(duties: pl.DataFrame, rules: Sequence[Rule], period: Period, as_of: int) -> pl.DataFrame:
    """Windows that an assessment judges or shows as running, of every duty that has windows.

    A window is judged when it ends in the period and by `as_of`; it is running when it begins in the period and ends
    later (calculation rules, 2.6).

    Returns
    -------
    pl.DataFrame
        `duty`, `window_start`, `window_end` (µs), `running`.
    """
    kinds = duties.select("rule", "billing_day").unique(maintain_order=True)
    rows = [
        (rule, billing_day, start, end)
        for rule, billing_day in kinds.iter_rows()
        if rules[rule].guarantee.window.text not in ("incident", "term")
        for start, end in _candidates(rules[rule], billing_day, period)
    ]
    columns = {"rule": pl.UInt32, "billing_day": pl.Int64, "window_start": pl.Int64, "window_end": pl.Int64}
    spans = pl.DataFrame(rows, schema=columns, orient="row")
    windows = duties.join(spans, on=["rule", "billing_day"], maintain_order="left_right")
    windows = pl.concat([windows, _term_windows(duties, rules).select(windows.columns)])
    partial = per_rule((rule.guarantee.partial == "skip" for rule in rules), pl.Boolean)
    whole = (pl.col("window_start") >= pl.col("starts")) & (pl.col("window_end") <= pl.col("ends"))
    return _with_state(windows.filter(~partial | whole), rules, period, as_of)


def _candidates(rule: Rule, billing_day: int, period: Period) -> list[Span]:
    begin, end = period.span(rule.zone)
    window = rule.guarantee.window
    spans = calendar_windows(window, rule.zone, begin, end, billing_day=billing_day)
    if window.rolling_days is None:
        return spans
    back = timedelta(days=window.rolling_days)
    return [(midnight(local_day(last - 1, rule.zone) + timedelta(days=1) - back, rule.zone), last) for _, last in spans]


def _term_windows(duties: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    whole_term = [number for number, rule in enumerate(rules) if rule.guarantee.window.text == "term"]
    terms = duties.filter(pl.col("rule").is_in(whole_term))
    return terms.with_columns(pl.col("starts").alias("window_start"), pl.col("ends").alias("window_end"))


def _with_state(windows: pl.DataFrame, rules: Sequence[Rule], period: Period, as_of: int) -> pl.DataFrame:
    spans = [period.span(rule.zone) for rule in rules]
    begin, end = (
        per_rule((span[0] for span in spans), pl.Int64),
        per_rule((span[1] for span in spans), pl.Int64),
    )
    slides = per_rule((rule.guarantee.window.rolling_days is not None for rule in rules), pl.Boolean)
    whole_term = per_rule((rule.guarantee.window.text == "term" for rule in rules), pl.Boolean)
    first, last = pl.col("window_start"), pl.col("window_end")
    judged = (last > begin) & (last <= end) & (last <= as_of)
    begun = ((first >= begin) | whole_term) & (first < end) & (first < as_of)
    running = begun & ((last > end) | (last > as_of)) & ~slides
    found = windows.with_columns(running.alias("running")).filter(judged | running)
    return found.select("duty", "window_start", "window_end", "running").sort("duty", "window_end")
