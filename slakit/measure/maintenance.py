"""Which maintenance qualifies: kind excluded, component in scope, notice kept, allowance not used up."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from slakit.measure.business_time import BUSINESS_DAY, Calendar, business_days
from slakit.measure.calendar import calendar_windows
from slakit.measure.hours import open_spans
from slakit.measure.intervals import PackedTimeline, intersect, split, union
from slakit.measure.rules import Rule, names_word, per_rule, word_codes
from slakit.policy.guarantees import Maintenance
from slakit.policy.quantities import Window

KINDS = ("scheduled", "emergency")


def qualifying(maintenance: pl.DataFrame, rules: Sequence[Rule], obligations: pl.DataFrame) -> pl.DataFrame:
    """Set maintenance against the obligations of its subscription, and say whether it qualifies.

    Parameters
    ----------
    maintenance
        `row`, `subscriber`, `component`, `kind`, `started`, `ended`, `announced` (µs).
    rules
        By number.
    obligations
        `subscriber`, `timeline`, `rule`.

    Returns
    -------
    pl.DataFrame
        `row`, `timeline`, `rule`, `component`, `kind` (position in `KINDS`), `started`, `ended`, `notice` (required,
        µs), `given` (µs, on business days where these are required; null if never announced), `excluded` (kind),
        `in_scope` (component), `qualifies`.
    """
    scopes = [rule.guarantee.components for rule in rules]
    kind = pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.UInt8)
    coded = maintenance.with_columns(kind.alias("kind"), word_codes(scopes, "component").alias("code"))
    pairs = coded.join(obligations.select("subscriber", "timeline", "rule"), on="subscriber", maintain_order="left")
    unscoped = per_rule((not scope for scope in scopes), pl.Boolean)
    pairs = pairs.with_columns(
        _of_kind(rules, excluded=True).alias("excluded"),
        _of_kind(rules, excluded=False).alias("notice"),
        (unscoped | pl.col("component").is_null() | names_word(scopes, "code")).alias("in_scope"),
    )
    given = pl.col("started") - pl.col("announced")
    known = pairs["announced"].fill_null(pairs["started"])
    for number, rule in enumerate(rules):
        for term in rule.maintenance:
            if term.notice is not None and term.notice.business_days:
                mine = (pl.col("rule") == number) & (pl.col("kind") == KINDS.index(term.kind))
                counted = pl.lit(notice_given(term, rule.zone, known, pairs["started"]))
                given = pl.when(mine & pl.col("announced").is_not_null()).then(counted).otherwise(given)
    pairs = pairs.with_columns(given.alias("given"))
    kept = (pl.col("notice") == 0) | (pl.col("given") >= pl.col("notice")).fill_null(value=False)
    return pairs.with_columns((pl.col("excluded") & pl.col("in_scope") & kept).alias("qualifies"))


def required(term: Maintenance) -> int:
    """Return the notice that a kind of maintenance needs; on business days where it is written in them. [µs]"""
    notice = term.notice
    return notice.business_days * BUSINESS_DAY or notice.microseconds if notice is not None else 0


def notice_given(term: Maintenance, zone: str, announced: pl.Series, started: pl.Series) -> pl.Series:
    """Measure the time between announcements and starts, as the notice of a kind is counted. [µs]

    Parameters
    ----------
    term, zone
        The kind of maintenance, and the contract's time zone.
    announced, started
        Instants, in the same order. [µs]
    """
    if term.notice is None or not term.notice.business_days or started.is_empty():
        return started - announced
    first, last = min(announced.min(), started.min()), started.max()  # type: ignore[type-var]
    calendar = Calendar(business_days(term.holidays), zone, first, last)  # type: ignore[arg-type]
    return calendar.elapsed(announced, started)


def _of_kind(rules: Sequence[Rule], *, excluded: bool) -> pl.Expr:
    """Look up, by rule and kind, whether the kind is excluded, or the notice it requires. [µs]"""
    terms = [{term.kind: term for term in rule.maintenance} for rule in rules]
    cells = [own.get(kind) for own in terms for kind in KINDS]  # type: ignore[call-overload]
    if excluded:
        known = pl.Series([cell is not None for cell in cells], dtype=pl.Boolean)
    else:
        notices = [required(cell) if cell else 0 for cell in cells]
        known = pl.Series(notices, dtype=pl.Int64)
    return pl.lit(known).gather(pl.col("rule") * len(KINDS) + pl.col("kind"))


def cover_of_kind(
    pairs: pl.DataFrame, kind: int, rules: Sequence[Rule], timeline: PackedTimeline, cells: pl.DataFrame
) -> pl.DataFrame:
    """Find the time on the line that qualifying maintenance of one kind takes up: `start`, `end`, disjoint.

    Parameters
    ----------
    pairs
        As `qualifying` gives them.
    kind
        Position in `KINDS`.
    rules
        By number.
    timeline
        The line.
    cells
        Windows, or the days that they slide by: `timeline`, `cell_start`, `cell_end` (µs).
    """
    placed = [
        timeline.place(pl.col(name), pl.col("timeline")).alias(to)
        for name, to in (("started", "start"), ("ended", "end"))
    ]
    of_kind = pairs.filter(pl.col("qualifies") & (pl.col("kind") == kind)).with_columns(placed)
    of_kind = _inside_hours(of_kind, kind, rules, timeline)
    allowances = [
        next((term.allowance for term in rule.maintenance if term.kind == KINDS[kind]), None) for rule in rules
    ]
    if not any(allowances):
        return union(of_kind)
    limits = [allowance.at_most.microseconds if allowance else None for allowance in allowances]
    limited = of_kind.with_columns(per_rule(limits, pl.Int64).alias("limit"))
    free = limited.filter(pl.col("limit").is_null())
    parts = [free.select("start", "end")]
    for number in limited.filter(pl.col("limit").is_not_null())["rule"].unique():
        own = limited.filter(pl.col("rule") == number)
        lines, allowance, counted_over = own.select("timeline", "limit").unique(), allowances[number], cells
        if allowance is not None and allowance.per != "window":  # a calendar span of its own
            touched = own["started"].min(), own["ended"].max()
            spans = calendar_windows(Window(allowance.per), rules[number].zone, *touched)  # type: ignore[arg-type]
            inside = [
                (max(start, timeline.origin), min(end, timeline.origin + timeline.stride)) for start, end in spans
            ]
            table = pl.DataFrame(inside, schema={"cell_start": pl.Int64, "cell_end": pl.Int64}, orient="row")
            counted_over = lines.join(table, how="cross")
        # the first of it, in time order, up to the limit of each window
        merged = union(own).with_columns((pl.col("start") // timeline.stride).cast(pl.UInt32).alias("timeline"))
        cut = split(merged.join(lines, on="timeline"), cell_edges(counted_over, timeline)).sort("start")
        length = pl.col("end") - pl.col("start")
        used = length.cum_sum().over("timeline", "between") - length
        end = pl.min_horizontal("end", pl.col("start") + (pl.col("limit") - used).clip(0))
        kept = cut.with_columns(end.alias("end")).filter(pl.col("end") > pl.col("start"))
        parts.append(kept.select("start", "end"))
    return union(pl.concat(parts))


def concerning(pairs: pl.DataFrame, kind: int, component: str | None, timeline: PackedTimeline) -> pl.DataFrame:
    """Find the time on the line of qualifying maintenance of one kind that concerns a component: `start`, `end`.

    Maintenance that names no component concerns all; without a component, only that is asked for.
    """
    named = pl.col("component").is_null()
    if component is not None:
        named = named | (pl.col("component") == component)
    own = pairs.filter(pl.col("qualifies") & (pl.col("kind") == kind) & named)
    edges = (("started", "start"), ("ended", "end"))
    return union(own.select(timeline.place(pl.col(name), pl.col("timeline")).alias(to) for name, to in edges))


def _inside_hours(pairs: pl.DataFrame, kind: int, rules: Sequence[Rule], timeline: PackedTimeline) -> pl.DataFrame:
    """Cut maintenance to the hours in which its kind may take place."""
    parts = [pairs]
    for number, rule in enumerate(rules):
        hours = next((term.hours for term in rule.maintenance if term.kind == KINDS[kind]), None)
        if hours is None:
            continue
        own = parts[0].filter(pl.col("rule") == number)
        spans = open_spans(hours, rule.zone, timeline.origin, timeline.origin + timeline.stride)
        opened = pl.DataFrame(spans, schema={"start": pl.Int64, "end": pl.Int64}, orient="row")
        clipped = opened.with_columns(
            pl.col("start").clip(timeline.origin), pl.col("end").clip(upper_bound=timeline.origin + timeline.stride)
        )
        lines = own.select("timeline").unique().join(clipped, how="cross")
        on_line = lines.select(
            timeline.place(pl.col(edge), pl.col("timeline")).alias(edge) for edge in ("start", "end")
        )
        parts = [parts[0].filter(pl.col("rule") != number), *parts[1:], intersect(own, union(on_line))]
    return pl.concat([part.select(pairs.columns) for part in parts])


def cell_edges(cells: pl.DataFrame, timeline: PackedTimeline) -> pl.Series:
    """List where the windows of all lines begin and end, in order."""
    placed = [
        cells.select(timeline.place(pl.col(f"cell_{edge}"), pl.col("timeline")).alias("at"))
        for edge in ("start", "end")
    ]
    return pl.concat(placed)["at"].unique().sort()
