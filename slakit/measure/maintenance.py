"""Which maintenance qualifies: kind excluded, component in scope, notice kept, allowance not used up."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from slakit.measure.business_time import BUSINESS_DAY, Calendar, business_days
from slakit.measure.calendar import calendar_windows
from slakit.measure.hours import open_spans
from slakit.measure.intervals import PackedTimeline, intersect, split, subtract, union
from slakit.measure.rules import Rule, names_word, per_rule, word_codes
from slakit.policy.guarantees import Maintenance
from slakit.policy.quantities import Window


def qualifying(maintenance: pl.DataFrame, rules: Sequence[Rule], obligations: pl.DataFrame) -> pl.DataFrame:
    """Set maintenance against the terms of the obligations of its subscription, and say whether it qualifies by them.

    Parameters
    ----------
    maintenance
        `row`, `subscriber`, `component`, `kind`, `started`, `ended`, `announced` (µs).
    rules
        By number.
    obligations
        `subscriber`, `timeline`, `rule`, `component` (the only one that the obligation is about, or null).

    Returns
    -------
    pl.DataFrame
        `row`, `timeline`, `rule`, `component`, `entry` (of its kind, among the `maintenance` of the rule), `started`,
        `ended`, `notice` (required, µs), `given` (µs, on business days where these are required; null if never
        announced), `in_scope` (component), `qualifies`. What is of no kind that a rule excludes is left out.
    """
    scopes = [rule.guarantee.components for rule in rules]
    coded = maintenance.with_columns(word_codes(scopes, "component").alias("code"))
    held = obligations.select("subscriber", "timeline", "rule", pl.col("component").alias("only"))
    pairs = coded.join(held, on="subscriber", maintain_order="left")
    unscoped = per_rule((not scope for scope in scopes), pl.Boolean)
    of_guarantee = unscoped | names_word(scopes, "code")
    of_it = pl.when(pl.col("only").is_null()).then(of_guarantee).otherwise(pl.col("component") == pl.col("only"))
    pairs = pairs.with_columns(
        (pl.col("component").is_null() | of_it).alias("in_scope"),
    )
    rows = [
        (number, entry, term.kind, required(term))
        for number, rule in enumerate(rules)
        for entry, term in enumerate(rule.maintenance)
    ]
    schema = {"rule": pl.UInt32, "entry": pl.UInt8, "kind": pl.String, "notice": pl.Int64}
    pairs = pairs.join(pl.DataFrame(rows, schema, orient="row"), on=["rule", "kind"], maintain_order="left")
    given = pl.col("started") - pl.col("announced")
    known = pairs["announced"].fill_null(pairs["started"])
    for number, rule in enumerate(rules):
        for entry, term in enumerate(rule.maintenance):
            if term.notice is not None and term.notice.business_days:
                mine = (pl.col("rule") == number) & (pl.col("entry") == entry)
                counted = pl.lit(notice_given(term, rule.zone, known, pairs["started"]))
                given = pl.when(mine & pl.col("announced").is_not_null()).then(counted).otherwise(given)
    pairs = pairs.with_columns(given.alias("given"))
    kept = (pl.col("notice") == 0) | (pl.col("given") >= pl.col("notice")).fill_null(value=False)
    return pairs.with_columns((pl.col("in_scope") & kept).alias("qualifies"))


def required(term: Maintenance) -> int:
    """Return the notice that an entry of maintenance needs; on business days where it is written in them. [µs]"""
    notice = term.notice
    return notice.business_days * BUSINESS_DAY or notice.microseconds if notice is not None else 0


def notice_given(term: Maintenance, zone: str, announced: pl.Series, started: pl.Series) -> pl.Series:
    """Measure the time between announcements and starts, as the notice of an entry is counted. [µs]

    Parameters
    ----------
    term, zone
        The entry of maintenance, and the contract's time zone.
    announced, started
        Instants, in the same order. [µs]
    """
    if term.notice is None or not term.notice.business_days or started.is_empty():
        return started - announced
    first, last = min(announced.min(), started.min()), started.max()  # type: ignore[type-var]
    calendar = Calendar(business_days(term.holidays), zone, first, last)  # type: ignore[arg-type]
    return calendar.elapsed(announced, started)


def cover_of_entry(
    pairs: pl.DataFrame,
    entry: int,
    rules: Sequence[Rule],
    timeline: PackedTimeline,
    cells: pl.DataFrame,
    taken: Callable[[int, str | None], pl.DataFrame],
) -> pl.DataFrame:
    """Find the time on the line of maintenance that qualifies by the entry of that number: `start`, `end`, disjoint.

    Parameters
    ----------
    pairs
        As `qualifying` gives them.
    entry
        Position in the `maintenance` of each rule.
    rules
        By number.
    timeline
        The line.
    cells
        Windows, or the days that they slide by: `timeline`, `cell_start`, `cell_end` (µs).
    taken
        Entry before this one, and component → time that it has taken; it does not use up the allowance of this one.
    """
    placed = [
        timeline.place(pl.col(name), pl.col("timeline")).alias(to)
        for name, to in (("started", "start"), ("ended", "end"))
    ]
    of_entry = pairs.filter(pl.col("qualifies") & (pl.col("entry") == entry)).with_columns(placed)
    of_entry = _inside_hours(of_entry, entry, rules, timeline)
    terms = [rule.maintenance[entry] if entry < len(rule.maintenance) else None for rule in rules]
    allowances = [term.allowance if term is not None else None for term in terms]
    if not any(allowances):
        return union(of_entry)
    limits = [allowance.at_most.microseconds if allowance else None for allowance in allowances]
    limited = of_entry.with_columns(per_rule(limits, pl.Int64).alias("limit"))
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
        entries = rules[number].maintenance
        earlier = [one for one in range(entry) if entries[one].kind == entries[entry].kind]
        if earlier:
            own = pl.concat(
                subtract(
                    own.filter(pl.col("component").eq_missing(pl.lit(name, dtype=pl.String))),
                    union(pl.concat([taken(one, name) for one in earlier])),
                )
                for name in own["component"].unique()
            )
        # the first of it, in time order, up to the limit of each window
        merged = union(own).with_columns((pl.col("start") // timeline.stride).cast(pl.UInt32).alias("timeline"))
        cut = split(merged.join(lines, on="timeline"), cell_edges(counted_over, timeline)).sort("start")
        length = pl.col("end") - pl.col("start")
        used = length.cum_sum().over("timeline", "between") - length
        end = pl.min_horizontal("end", pl.col("start") + (pl.col("limit") - used).clip(0))
        kept = cut.with_columns(end.alias("end")).filter(pl.col("end") > pl.col("start"))
        parts.append(kept.select("start", "end"))
    return union(pl.concat(parts))


def concerning(pairs: pl.DataFrame, entry: int, component: str | None, timeline: PackedTimeline) -> pl.DataFrame:
    """Find the time on the line of maintenance of a component that qualifies by one entry: `start`, `end`.

    Maintenance that names no component concerns all; without a component, only that is asked for.
    """
    named = pl.col("component").is_null()
    if component is not None:
        named = named | (pl.col("component") == component)
    own = pairs.filter(pl.col("qualifies") & (pl.col("entry") == entry) & named)
    edges = (("started", "start"), ("ended", "end"))
    return union(own.select(timeline.place(pl.col(name), pl.col("timeline")).alias(to) for name, to in edges))


def _inside_hours(pairs: pl.DataFrame, entry: int, rules: Sequence[Rule], timeline: PackedTimeline) -> pl.DataFrame:
    """Cut maintenance to the hours of its entry."""
    parts = [pairs]
    for number, rule in enumerate(rules):
        hours = rule.maintenance[entry].hours if entry < len(rule.maintenance) else None
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
