"""Ledger → availability per window (calculation rules, section 4), and incidents where there is no window."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from slakit.measure.assessment_input import COUNTED, AssessmentInput, Batch
from slakit.measure.intervals import covered_before, subtract, union
from slakit.measure.means import incidents_of_guarantees, mean_of_components
from slakit.measure.rules import Rule, per_incident, per_rule
from slakit.policy.guarantees import RoundedTime
from slakit.policy.quantities import FULL, PERCENT_SCALE, Duration, percent_units


def measure_availability(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Measure agreed service time and downtime of every window, and judge it.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.

    Returns
    -------
    pl.DataFrame
        `obligation`, `rule`, `subscriber`, `window_start`, `window_end` (µs), `running`, `agreed`, `downtime` (in parts
        of a µs, `scale` of which are one), `scale`, `incidents` (null where nothing asks for them), `total`, `bad` (the
        level is (total − bad) / total), `met` (null where nothing was agreed, or the window runs). Without a table of
        outages, and in windows without a measurement where outages come from measurements, `total` is 0 and `met` null.
        `seen` and `unseen` are the observed and unobserved parts of the service time up to `as_of` (µs, null without a
        table of coverage). A window that no coverage reaches can be missed, but not met: without downtime it has no
        level either.
    """
    rules, keys = assessed.rules, ["obligation", "window_start", "window_end"]
    counted = ledger.filter((pl.col("verdict") == COUNTED) & ~per_incident(rules))
    measured = pl.concat([_measure(batch, counted) for batch in assessed.batches()])
    measured = measured.with_columns(pl.lit(None, dtype=pl.Int64).alias("incidents"))
    of_incidents = [
        number
        for number, rule in enumerate(rules)
        if rule.guarantee.metric == "incidents" or rule.guarantee.rounded.outage is not None
    ]
    if of_incidents:  # which are counted, and may be rounded one by one
        incidents = measure_downtime_intervals(assessed, ledger).filter(pl.col("rule").is_in(of_incidents))
        sums = incidents.group_by(keys).agg(pl.len().cast(pl.Int64).alias("count"), pl.col("added").sum())
        joined = measured.join(sums, on=keys, how="left", maintain_order="left")
        measured = joined.with_columns(
            (pl.col("downtime") + pl.col("added").fill_null(0)).clip(0).alias("downtime"),
            pl.when(pl.col("rule").is_in(of_incidents)).then(pl.col("count").fill_null(0)).alias("incidents"),
        ).drop("added", "count")
    windows = judge_windows(mean_of_components(assessed, measured), rules)
    if assessed.coverage is not None:
        # what nobody saw can be known to be missed, but not to be met; unless it is downtime by the contract
        settled = per_rule((rule.guarantee.missing == "down" for rule in rules), pl.Boolean)
        unsure = pl.col("blind").fill_null(value=False) & ~settled & pl.col("met").fill_null(value=True)
        windows = windows.with_columns(
            pl.when(~unsure).then("met").alias("met"),
            pl.when(unsure & (pl.col("bad") == 0)).then(0).otherwise("total").alias("total"),
        )
    windows = windows.drop("blind")
    if assessed.recorded and not any(rule.guarantee.measured for rule in rules):
        return windows
    # no level and no verdict where nobody recorded or measured anything
    by_samples = per_rule((rule.guarantee.measured is not None for rule in rules), pl.Boolean)
    sampled = assessed.samples.join(
        assessed.obligations.select("obligation", "subscriber", "rule"), on=["subscriber", "rule"]
    )
    inside = placed_in_windows(assessed, sampled.select("obligation", "rule", pl.col("at").alias("start")))
    seen = inside.select(keys).unique().with_columns(pl.lit(value=True).alias("sampled"))
    joined = windows.join(seen, on=keys, how="left", maintain_order="left")
    observed = pl.when(by_samples).then(pl.col("sampled").fill_null(value=False)).otherwise(pl.lit(assessed.recorded))
    return joined.with_columns(
        *(pl.when(observed).then(name).otherwise(0).alias(name) for name in ("total", "bad")),
        pl.when(observed).then("met").alias("met"),
    ).drop("sampled")


def judge_windows(windows: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Round what was measured as the contract does, and say whether the guarantee is kept.

    Parameters
    ----------
    windows
        `rule`, `agreed`, `downtime` (in parts of a µs), `scale` (how many of them are one), `incidents`, `running`.
    rules
        By number.

    Returns
    -------
    pl.DataFrame
        The same with `downtime` rounded, `total`, `bad`, `met`: see `measure_availability`.
    """
    kept = keeps(rules)
    if any(rule.guarantee.metric == "downtime" for rule in rules):  # which has a length of time instead of a level
        limit = per_rule((_limit(rule) if rule.guarantee.metric == "downtime" else None for rule in rules), pl.Int64)
        kept = pl.when(limit.is_null()).then(kept).otherwise(_in_time(rules, limit))
    if any(rule.guarantee.rounded.downtime for rule in rules):
        step, how = _rounding([rule.guarantee.rounded.downtime for rule in rules])
        rounds = per_rule((rule.guarantee.rounded.downtime is not None for rule in rules), pl.Boolean)
        parts = pl.when(rounds).then(step * pl.col("scale")).otherwise(1)  # any other mean keeps its parts of a µs
        windows = windows.with_columns(rounded(pl.col("downtime"), parts, how).alias("downtime"))
    # a denominator that is printed may be shorter than the downtime: no level is below nothing
    bad = pl.min_horizontal("downtime", "agreed").alias("bad")
    windows = windows.with_columns(pl.col("agreed").alias("total"), bad)
    if any(rule.guarantee.rounded.level for rule in rules):
        windows = _rounded_levels(windows, rules)
    if any(rule.guarantee.metric == "incidents" for rule in rules):
        counts = per_rule((rule.guarantee.metric == "incidents" for rule in rules), pl.Boolean)
        whole = pl.when(pl.col("agreed") > 0).then(FULL).otherwise(0)
        windows = windows.with_columns(
            pl.when(counts).then(whole).otherwise("total").alias("total"),
            pl.when(counts).then(whole - pl.col("incidents") * PERCENT_SCALE).otherwise("bad").alias("bad"),
        )
    judged = (pl.col("agreed") > 0) & ~pl.col("running")
    return windows.with_columns(pl.when(judged).then(kept).alias("met"))


def _rounded_levels(windows: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    levels = [rule.guarantee.rounded.level for rule in rules]
    step = per_rule((percent_units(level.to) if level else 1 for level in levels), pl.Int64).cast(pl.Int128)
    how = per_rule((level.how if level else "down" for level in levels), pl.String)
    rounds = per_rule((level is not None for level in levels), pl.Boolean) & (pl.col("total") > 0)
    total, good = pl.col("total").cast(pl.Int128), available(pl.col("total"), pl.col("bad")) * FULL
    lift = pl.when(how == "up").then(step * total - 1).when(how == "nearest").then(step * total // 2).otherwise(0)
    units = ((good + lift) // (step * pl.max_horizontal(total, 1)) * step).clip(upper_bound=FULL).cast(pl.Int64)
    return windows.with_columns(
        pl.when(rounds).then(FULL).otherwise("total").alias("total"),
        pl.when(rounds).then(FULL - units).otherwise("bad").alias("bad"),
    )


def _rounding(roundings: Sequence[RoundedTime | None]) -> tuple[pl.Expr, pl.Expr]:
    """Step (µs) and direction by rule; a microsecond where nothing is rounded."""
    step = per_rule((rounding.to.microseconds if rounding else 1 for rounding in roundings), pl.Int64)
    return step, per_rule((rounding.how if rounding else "down" for rounding in roundings), pl.String)


def rounded(length: pl.Expr, step: pl.Expr, how: pl.Expr) -> pl.Expr:
    """Round a length to whole steps; half a step goes up.

    Parameters
    ----------
    length, step
        In one unit.
    how
        `up`, `down` or `nearest`.

    >>> lengths = pl.DataFrame({"length": [149, 150]})
    >>> lengths.select(rounded(pl.col("length"), pl.lit(100), pl.lit("nearest"))).to_series().to_list()
    [100, 200]
    """
    lift = pl.when(how == "up").then(step - 1).when(how == "nearest").then(step // 2).otherwise(0)
    return (length + lift) // step * step


def _in_time(rules: Sequence[Rule], limit: pl.Expr) -> pl.Expr:
    """Say whether downtime stays within its limit: the limit itself does not, where it is strict."""
    strictly = per_rule((rule.guarantee.strictly for rule in rules), pl.Boolean)
    return (pl.col("downtime") < limit) | ((pl.col("downtime") == limit) & ~strictly)


def keeps(rules: Sequence[Rule]) -> pl.Expr:
    """Say whether `total` and `bad` keep the level that their rule guarantees."""
    target = per_rule((percent_units(rule.guarantee.limit or 0) for rule in rules), pl.Int64)  # type: ignore[arg-type]
    good, level = available(pl.col("total"), pl.col("bad")) * FULL, target.cast(pl.Int128) * pl.col("total")
    kept = good >= level
    if any(rule.guarantee.strictly or not rule.guarantee.falls for rule in rules):
        falls = per_rule((rule.guarantee.falls for rule in rules), pl.Boolean)
        strictly = per_rule((rule.guarantee.strictly for rule in rules), pl.Boolean)
        kept = pl.when(falls).then(kept).otherwise(good <= level) & ~(strictly & (good == level))
    return kept


def available(agreed: pl.Expr, downtime: pl.Expr) -> pl.Expr:
    """Time the service was there, wide enough to be scaled: µs × percent units pass 64 bits. [µs]"""
    return (agreed - downtime).cast(pl.Int128)


def floored_percent(agreed: pl.Expr, downtime: pl.Expr) -> pl.Expr:
    """Round availability down to six decimals, so that a breach never reads as a pass. [percent]"""
    units = available(agreed, downtime) * FULL // agreed
    percent = units.cast(pl.Decimal(38, 6)) / PERCENT_SCALE
    return pl.when(agreed > 0).then(percent).cast(pl.Decimal(38, 6))


def _measure(batch: Batch, counted: pl.DataFrame) -> pl.DataFrame:
    windows = _agreed(batch)
    weighed = any(rule.guarantee.weigh for rule in batch.rules)
    length = _weighed(batch.assessed) if weighed else pl.col("end") - pl.col("start")
    segments = batch.on_lines(counted).select(batch.placed("start").alias("at"), length.cum_sum().alias("sum"))
    sums = segments["sum"]
    edges = windows.select(batch.placed("window_start").alias("first"), batch.placed("window_end").alias("last"))
    before, after = (segments["at"].search_sorted(edges[edge], side="left") for edge in ("first", "last"))
    within = _running_total(sums, after) - _running_total(sums, before)
    if weighed:
        within = pl.select(_whole_microseconds(pl.lit(within))).to_series()
    subscribers = batch.obligations.select("obligation", "subscriber")
    return (
        windows.with_columns(within.alias("downtime"))
        .join(subscribers, on="obligation", maintain_order="left")
        .select(
            "obligation", "rule", "subscriber", "window_start", "window_end", "running", "agreed", "downtime",
            "seen", "unseen", "blind",
        )
    )  # fmt: skip


def _running_total(totals: pl.Series, count: pl.Series) -> pl.Series:
    return pl.concat([pl.Series([0], dtype=totals.dtype), totals]).gather(count)


MILLIONTHS = 10**6


def _weighed(assessed: AssessmentInput) -> pl.Expr:
    """Measure a segment: its length, times the share affected where the guarantee weighs it. [millionths of a µs]"""
    length = (pl.col("end") - pl.col("start")).cast(pl.Int128)
    weighs = per_rule((rule.guarantee.weigh is not None for rule in assessed.rules), pl.Boolean)
    share = pl.lit(assessed.outages["affected"]).gather(pl.col("outage"))
    return pl.when(weighs).then(length * share).otherwise(length * MILLIONTHS)


def _whole_microseconds(millionths: pl.Expr) -> pl.Expr:
    """Round a weighed length once, so that cutting an outage changes nothing. [µs]"""
    return ((millionths * 2 + MILLIONTHS) // (2 * MILLIONTHS)).cast(pl.Int64)


def _agreed(batch: Batch) -> pl.DataFrame:
    """Windows with their agreed service time: in term, in hours, less maintenance where the guarantee says so."""
    rules = batch.rules
    full = per_rule((rule.guarantee.partial == "full" for rule in rules), pl.Boolean)
    first = pl.max_horizontal("window_start", "starts")
    last = pl.min_horizontal("window_end", "ends")
    windows = batch.windows.with_columns((last > first).alias("in_term"))
    windows = windows.with_columns(
        pl.when(full).then("whole_start").otherwise(first).alias("first"),
        pl.when(full).then("whole_end").otherwise(last).alias("last"),
    )
    closed_time = batch.closed_hours.select("start", "end")
    if not batch.suspended.is_empty():  # where a part of a window stands for all of it, it does for what is suspended
        closed_time = pl.concat([closed_time, batch.suspended.filter(~full).select("start", "end")])
    closed = _inside(batch, windows, union(closed_time)) if not closed_time.is_empty() else 0
    maintained: pl.Expr = pl.lit(0, dtype=pl.Int64)
    if any(rule.guarantee.denominator == "less_maintenance" for rule in rules):
        less = per_rule((rule.guarantee.denominator == "less_maintenance" for rule in rules), pl.Boolean)
        cover = batch.whole_maintenance
        if not closed_time.is_empty():
            cover = subtract(cover, union(closed_time))
        maintained = pl.when(less).then(_inside(batch, windows, cover)).otherwise(0)
    denominators = [rule.guarantee.denominator for rule in rules]
    printed = [of.microseconds if isinstance(of, Duration) else None for of in denominators]
    length = pl.coalesce(per_rule(printed, pl.Int64), pl.col("last") - pl.col("first") - closed)
    agreed = pl.when("in_term").then(length - maintained).otherwise(0)
    windows = _observed(batch, windows)
    excluding = per_rule((rule.guarantee.missing == "excluded" for rule in rules), pl.Boolean)
    lost = pl.when(excluding).then(pl.col("unseen").fill_null(0)).otherwise(0)
    return windows.with_columns((agreed - lost).clip(0).alias("agreed"))


def _observed(batch: Batch, windows: pl.DataFrame) -> pl.DataFrame:
    """Measure how much of the service time of windows, up to now, was observed.

    Returns
    -------
    pl.DataFrame
        The windows with `seen`, `unseen` (µs) and `blind` (no coverage reaches it); null without coverage of
        the subscription.
    """
    if batch.assessed.coverage is None:
        nothing = {"seen": pl.Int64, "unseen": pl.Int64, "blind": pl.Boolean}
        return windows.with_columns(pl.lit(None, dtype=kind).alias(name) for name, kind in nothing.items())
    rules = batch.rules
    subscriber = pl.lit(batch.assessed.obligations["subscriber"]).gather("obligation")
    has_coverage = subscriber.is_in(batch.assessed.coverage["subscriber"].unique().implode())
    told = per_rule((rule.guarantee.measured is None for rule in rules), pl.Boolean) & has_coverage
    until = pl.min_horizontal("window_end", "ends", batch.assessed.as_of)
    own = windows.with_columns(pl.max_horizontal("window_start", "starts").alias("first"), until.alias("last"))
    own = own.with_columns(pl.max_horizontal("first", "last").alias("last"))
    apart = [batch.closed_hours.select("start", "end"), batch.suspended.select("start", "end")]
    if any(rule.guarantee.denominator == "less_maintenance" for rule in rules):
        less = [number for number, rule in enumerate(rules) if rule.guarantee.denominator == "less_maintenance"]
        lines = batch.obligations.filter(pl.col("rule").is_in(less))["timeline"].cast(pl.Int64)
        on_them = (pl.col("start") // batch.assessed.timeline.stride).is_in(lines.implode())
        apart.append(batch.whole_maintenance.filter(on_them))
    outside = union(pl.concat(apart))
    uncovered = batch.uncovered
    observable = pl.col("last") - pl.col("first") - _inside(batch, own, outside)
    unseen = _inside(batch, own, subtract(union(uncovered.filter(~pl.col("known"))), outside))
    blind = (observable > 0) & (_inside(batch, own, subtract(union(uncovered), outside)) >= observable)
    known = {"seen": observable - unseen, "unseen": unseen, "blind": blind}
    found = own.select(pl.when(told).then(value).alias(name) for name, value in known.items())
    return pl.concat([windows, found], how="horizontal")


def _inside(batch: Batch, windows: pl.DataFrame, cover: pl.DataFrame) -> pl.Expr:
    """Length of a cover inside each window. [µs]"""
    edges = windows.select(batch.placed("first").alias("first"), batch.placed("last").alias("last"))
    return pl.lit(covered_before(cover, edges["last"]) - covered_before(cover, edges["first"]))


def measure_incidents(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Measure the counted time of each incident, of guarantees that are judged without a window.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.

    Returns
    -------
    pl.DataFrame
        `obligation`, `rule`, `subscriber`, `window_start`, `window_end` (of the incident, µs), `running`, `downtime`
        (µs), `met`.
    """
    shown = ledger.filter(per_incident(assessed.rules) & pl.col("window_start").is_not_null())
    still = pl.col("open") & (pl.col("window_end") == assessed.as_of)
    windows = (
        shown.filter(pl.col("run").is_not_null())
        .join(assessed.outages.select("outage", "open"), on="outage")
        .group_by("obligation", "run", "window_start", "window_end")
        .agg(still.any().alias("running"))
    )
    incidents = windows.join(incident_runs(assessed, shown), on=["obligation", "run"]).drop(
        "run", "start", "end", "added"
    )
    incidents = incidents.sort("obligation", "window_start")
    step, how = _rounding([rule.guarantee.rounded.downtime for rule in assessed.rules])
    incidents = incidents.with_columns(rounded(pl.col("downtime"), step, how).alias("downtime"))
    ends = per_rule((assessed.period.span(rule.zone)[1] for rule in assessed.rules), pl.Int64)
    running = pl.col("running") | (pl.col("window_end") > ends)
    judged = judge_incidents(incidents.with_columns(running.alias("running")), assessed.rules)
    known = judged.join(assessed.obligations.select("obligation", "subscriber"), on="obligation", maintain_order="left")
    edges = ("window_start", "window_end")
    return known.select("obligation", "rule", "subscriber", *edges, "running", "downtime", "met")


def judge_incidents(incidents: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Say of incidents without a window (`rule`, `downtime`, `running`) whether each keeps its time: `met`."""
    limit = per_rule((_limit(rule) for rule in rules), pl.Int64)
    return incidents.with_columns(pl.when(~pl.col("running")).then(_in_time(rules, limit)).alias("met"))


def _limit(rule: Rule) -> int | None:
    within = rule.guarantee.within
    return getattr(within, "microseconds", None)


def incident_runs(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Measure every incident: a run of outages, before maintenance is taken out and before units and windows cut it.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.

    Returns
    -------
    pl.DataFrame
        `obligation`, `rule`, `run`, `start`, `end` (its first and last counted instant, µs), `downtime` (the counted
        time in it, µs, weighed and rounded where the guarantee does so) and `added` (by rounding, µs), whatever windows
        it lies in; those with any counted time, in the order of obligations and time.
    """
    counted = ledger.filter(pl.col("decided") == COUNTED)
    weighed = any(rule.guarantee.weigh for rule in assessed.rules)
    length = _weighed(assessed) if weighed else pl.col("end") - pl.col("start")
    # segments of a run follow one another in the ledger, and no two of them share an instant
    last = (pl.col("run") != pl.col("run").shift(-1)) | (pl.col("obligation") != pl.col("obligation").shift(-1))
    marked = counted.select(
        "obligation",
        "rule",
        "run",
        "start",
        "end",
        length.cum_sum().alias("total"),
        last.fill_null(value=True).alias("last"),
    )
    first = marked.filter(pl.col("last").shift(1, fill_value=True))
    runs = marked.filter("last").select(
        "obligation",
        "rule",
        "run",
        pl.lit(first["start"]).alias("start"),
        "end",
        (pl.col("total") - pl.col("total").shift(1, fill_value=0)).alias("downtime"),
    )
    if weighed:
        runs = runs.with_columns(_whole_microseconds(pl.col("downtime")).alias("downtime"))
    step, how = _rounding([rule.guarantee.rounded.outage for rule in assessed.rules])
    runs = runs.filter(pl.col("downtime") > 0).with_columns(rounded(pl.col("downtime"), step, how).alias("rounded"))
    runs = runs.with_columns((pl.col("rounded") - pl.col("downtime")).alias("added")).drop("downtime")
    columns = ["obligation", "rule", "run", "start", "end", pl.col("rounded").alias("downtime"), "added"]
    return runs.select(columns)


def measure_downtime_intervals(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Find the incidents of every window: what a remedy per incident counts. Each belongs, whole, to where it starts.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.

    Returns
    -------
    pl.DataFrame
        `obligation`, `rule`, `window_start`, `window_end`, `run`, `start`, `end`, `downtime`, `added` (as
        `incident_runs` gives them, µs), in the order of obligations, windows and time. A window that slides has each
        that starts in it.
    """
    runs = incident_runs(assessed, ledger).filter(~per_incident(assessed.rules))
    return placed_in_windows(assessed, runs).select(
        "obligation", "rule", "window_start", "window_end", "run", "start", "end", "downtime", "added"
    )


def incidents_of_windows(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Find incidents that have counted time in a window, wherever they start: those that can have caused its breach.

    Returns
    -------
    pl.DataFrame
        `obligation`, `rule`, `window_start`, `window_end`, `run`, `start`, `end`, `downtime`, `added` (µs; of the whole
        incident), `going` (it has not ended yet), `reported` (the first report of any of its outages, µs).
    """
    counted = ledger.filter(pl.col("verdict") == COUNTED)
    by_itself = per_incident(assessed.rules)
    keys = ["obligation", "window_start", "window_end", "run"]
    inside = placed_in_windows(assessed, counted.filter(~by_itself).drop("window_start", "window_end"))
    pairs = pl.concat([inside.select(keys), counted.filter(by_itself).select(keys)]).unique(maintain_order=True)
    outages = assessed.outages.select("outage", "open", pl.col("reported"))
    members = (
        ledger.filter(pl.col("run").is_not_null()).select("obligation", "run", "outage").join(outages, on="outage")
    )
    about = members.group_by("obligation", "run").agg(pl.col("open").any(), pl.col("reported").min())
    known = pairs.join(incident_runs(assessed, ledger), on=["obligation", "run"], maintain_order="left")
    known = known.join(about, on=["obligation", "run"], maintain_order="left")
    ends = assessed.obligations.select("obligation", "ends")
    going = (pl.col("open") & (pl.col("ends") > assessed.as_of)).alias("going")
    found = known.join(ends, on="obligation", maintain_order="left").with_columns(going).drop("open", "ends")
    return incidents_of_guarantees(assessed, ledger, found)


def placed_in_windows(assessed: AssessmentInput, rows: pl.DataFrame) -> pl.DataFrame:
    """Add to rows each window of their obligation that their `start` lies in: `window_start`, `window_end` (µs)."""
    edges = ("window_start", "window_end")
    tables = [rows.clear().with_columns(pl.lit(None, dtype=pl.Int64).alias(edge) for edge in edges)]
    for batch in assessed.batches():
        own = batch.on_lines(rows).with_columns(batch.placed("start").alias("at")).drop("timeline")
        own = own if own["at"].is_sorted() else own.sort("at")
        placed = batch.windows.select(*edges, *(batch.placed(edge).alias(f"{edge}_at") for edge in edges))
        first, after = (own["at"].search_sorted(placed[f"{edge}_at"], side="left").cast(pl.Int64) for edge in edges)
        found = placed.select(edges).with_columns(first.alias("first"), after.alias("after"))
        found = found.filter(pl.col("after") > pl.col("first"))
        numbers = found.with_columns(pl.int_ranges("first", "after").alias("number")).explode("number")
        chosen = own.drop("at")[numbers["number"]] if numbers.height else own.drop("at").clear()
        tables.append(chosen.with_columns(*(numbers[edge] for edge in edges)).select(tables[0].columns))
    # a time before the line begins is placed where it begins, and lies in no window
    return pl.concat(tables).filter(
        (pl.col("window_start") <= pl.col("start")) & (pl.col("start") < pl.col("window_end"))
    )
