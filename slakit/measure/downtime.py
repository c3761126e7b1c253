"""The ledger: every microsecond of every outage gets one verdict (calculation rules, section 3).

Segments are half-open spans on one line (`intervals.PackedTimeline`), a line for each obligation, so that every step is
a sort or a search. Each step closes some of the segments with its verdict and hands on the rest.
"""

from __future__ import annotations

import polars as pl

from slakit.measure.assessment_input import SEGMENT, VERDICT, AssessmentInput, Batch
from slakit.measure.intervals import carve, foremost, split, union
from slakit.measure.maintenance import cell_edges
from slakit.measure.rules import FOREVER, names_word, per_incident, per_rule, word_codes
from slakit.policy.conditions import INSIDE


def account_downtime(assessed: AssessmentInput) -> pl.DataFrame:
    """Give every segment of every outage its verdict, for every obligation of its subscription.

    Parameters
    ----------
    assessed
        As `input_of` lays it out.

    Returns
    -------
    pl.DataFrame
        `obligation`, `rule`, `outage` (row of the outage), `start`, `end` (µs), `verdict` (position in `VERDICTS`),
        `entry` (position in the `maintenance` of its rule of what took the segment, else null), `window_start`,
        `window_end` (µs; null where no window is judged), `run` (number of its incident within the obligation; null
        where nothing runs) and `decided` (the verdict that the segment has, or would have inside a window that is
        judged). In the order of obligations and time. For each obligation the segments of an outage tile it.
    """
    ledgers = []
    for batch in assessed.batches():
        segments = _drop_lone(batch, _start_clocks(batch, _observe(batch)))
        segments = _drop_overlaps(batch, segments)
        if any(rule.guarantee.minimum for rule in batch.rules):
            shortest = [rule.guarantee.minimum for rule in batch.rules]
            minimum = per_rule((limit.shortest if limit is not None else 0 for limit in shortest), pl.Int64)
            length = pl.lit(batch.runs["length"]).gather(pl.col("run"))
            segments = batch.close_parts(segments.with_columns((length < minimum).alias("inside")), "too_short")
        for entry in batch.entries:
            if not batch.maintenance_cover(entry).is_empty():
                segments = batch.close_parts(batch.under_maintenance(segments, entry), "maintenance", entry=entry)
        segments = batch.close_inside(segments, batch.closed_hours, "outside_hours")
        line = batch.assessed.timeline
        edges = (line.origin, line.origin + line.stride)
        first, last = (line.place(pl.lit(edge), pl.col("timeline")) for edge in edges)
        before = batch.obligations.select(first.alias("start"), batch.placed("starts").alias("end"))
        after = batch.obligations.select(batch.placed("ends").alias("start"), last.alias("end"))
        # the two overlap where the subscription ends before measurement begins
        outside = pl.concat([before, after, batch.suspended.select("start", "end")])
        segments = batch.close_inside(segments, union(outside), "outside_term")
        batch.close(_whole_units(batch, segments), "counted")
        ledgers.append(_in_windows(batch))
    return _with_points(assessed, pl.concat(ledgers))


def _observe(batch: Batch) -> pl.LazyFrame:
    """Set every outage against every obligation of its subscription; not yet, for only a few columns will be needed."""
    scopes = [rule.guarantee.components for rule in batch.rules]
    causes = [rule.guarantee.exclude.causes for rule in batch.rules]
    codes = [
        word_codes(scopes, "component").alias("component_code"),
        word_codes(causes, "cause").alias("cause_code"),
    ]
    outages = batch.assessed.begun.lazy().with_columns(pl.col("component").is_null().alias("everywhere"), *codes)
    # a mean over components is judged component by component
    judged = batch.obligations.filter(~pl.col("parted") | pl.col("component").is_not_null())
    judged = judged.select("subscriber", "timeline", "rule", pl.col("component").alias("only"))
    alone = judged["only"].null_count() < judged.height
    pairs = outages.join(judged.lazy(), on="subscriber", maintain_order="left")
    made = batch.assessed.outages["of_rule"].null_count() < batch.assessed.outages.height
    if made or any(rule.guarantee.measured is not None for rule in batch.rules):
        # outages that a rule makes concern that rule, recorded ones all that are not on measurements
        finds = per_rule((rule.guarantee.measured is not None for rule in batch.rules), pl.Boolean)
        own = (pl.col("of_rule") == pl.col("rule")).fill_null(value=False)
        pairs = pairs.filter(own | (pl.col("of_rule").is_null() & ~finds))
    everything = per_rule((not scope for scope in scopes), pl.Boolean)
    in_scope = everything | pl.col("everywhere") | names_word(scopes, "component_code")
    if alone:
        of_it = pl.col("everywhere") | (pl.col("component") == pl.col("only"))
        in_scope = pl.when(pl.col("only").is_null()).then(in_scope).otherwise(of_it)
    enough: pl.Expr = pl.col("affected") > 0  # what affects no user is no downtime
    for number, rule in enumerate(batch.rules):
        if rule.guarantee.affected is not None:
            share = pl.col("affected") * 100  # millionths, as percent units
            inside = pl.all_horizontal(INSIDE[side](share, limit) for side, limit in rule.guarantee.affected.bounds)
            enough = enough & ((pl.col("rule") != number) | inside)
    signals = {
        "reported": pl.col("reported"),
        "detected": pl.col("detected"),
        "reported_or_detected": pl.min_horizontal("reported", "detected"),
        "diagnosed": pl.coalesce("diagnosed", "reported"),
    }
    clocks = [rule.guarantee.clock for rule in batch.rules]
    chosen: pl.Expr = pl.col("started")  # the instant that starts the clock
    for name, signal in signals.items():
        if name in clocks:
            chosen = pl.when(per_rule(clocks, pl.String) == name).then(signal).otherwise(chosen)
    if made:  # what was not observed, or was measured, gives no signal
        chosen = pl.when(pl.col("of_rule").is_not_null()).then("started").otherwise(chosen)
    if any(rule.guarantee.grace for rule in batch.rules):
        grace = per_rule((_length(rule.guarantee.grace) for rule in batch.rules), pl.Int64)
        last = pl.min_horizontal(pl.col("started") + grace, batch.assessed.as_of)  # what comes later is not known yet
        chosen = pl.when((grace > 0) & (chosen <= last)).then("started").otherwise(chosen)
    return pairs.with_columns(
        batch.placed("started").alias("start"),
        batch.placed("ended").alias("end"),
        chosen.alias("signal"),
        in_scope.alias("in_scope"),
        names_word(causes, "cause_code").alias("excluded"),
        enough.alias("enough"),
    )


def _start_clocks(batch: Batch, observed: pl.LazyFrame) -> pl.DataFrame:
    """Close outages that are judged as a whole, by agreement, scope, cause, share or signal, and others before it."""
    silent = pl.col("signal").is_null() | (pl.col("signal") > pl.col("ended"))
    verdict = (
        pl.when("agreed_out").then(VERDICT["excluded_by_agreement"])
        .when(~pl.col("in_scope")).then(VERDICT["other_component"])
        .when("excluded").then(VERDICT["excluded_cause"])
        .when(~pl.col("enough")).then(VERDICT["too_small"])
        .when(silent).then(VERDICT["unreported"])
        .otherwise(None)
    )  # fmt: skip
    no_run = pl.lit(None, dtype=pl.UInt32).alias("run")
    judged = observed.with_columns(no_run).select(*SEGMENT, "signal", verdict.cast(pl.UInt8).alias("verdict")).collect()
    stopped = judged.filter(pl.col("verdict").is_not_null())
    batch.closed.append(stopped.select(*SEGMENT, "verdict", pl.lit(None, dtype=pl.UInt8).alias("entry")))
    begins = pl.max_horizontal("start", batch.placed("signal")).alias("clock")
    clocked = judged.filter(pl.col("verdict").is_null()).with_columns(begins)
    early = clocked.filter(pl.col("clock") > pl.col("start"))
    batch.close(early.with_columns(pl.col("clock").alias("end")), "before_clock_start")
    if any(rule.guarantee.at_once for rule in batch.rules):
        batch.clocks = clocked.select("timeline", "outage", "clock")
    return clocked.with_columns(pl.col("clock").alias("start")).select(SEGMENT).filter(pl.col("end") > pl.col("start"))


def _drop_lone(batch: Batch, segments: pl.DataFrame) -> pl.DataFrame:
    """Close what runs while too few other components are down, where several must be down at once."""
    needed = [rule.guarantee.at_once for rule in batch.rules]
    if not any(needed):
        return segments
    asked = segments.with_columns(per_rule(needed, pl.Int64).alias("needed"))
    free, joint = (asked.filter(pl.col("needed").is_null() == alike) for alike in (True, False))
    components = batch.assessed.outages.select("outage", "component")
    ordered = joint.join(components, on="outage", maintain_order="left").sort("component", "start")
    fresh = pl.col("start") > pl.col("end").cum_max().shift(1).over("component")
    ordered = ordered.with_columns(fresh.fill_null(value=True).cum_sum().over("component").alias("interval"))
    once = ordered.group_by("component", "interval").agg(
        pl.col("start").min(), pl.col("end").max(), pl.col("needed").first()
    )
    weight = pl.when(pl.col("component").is_null()).then("needed").otherwise(1)  # an outage of all of them is as many
    begin = once.select(pl.col("start").alias("at"), weight.alias("more"), "needed")
    end = once.select(pl.col("end").alias("at"), -weight.alias("more"), "needed")
    steps = pl.concat([begin, end]).group_by("at").agg(pl.col("more").sum(), pl.col("needed").first()).sort("at")
    level = steps.with_columns(pl.col("more").cum_sum().alias("level"), pl.col("at").shift(-1).alias("until"))
    cover = union(level.filter(pl.col("level") >= pl.col("needed")).select(pl.col("at").alias("start"), end="until"))
    parts = carve(joint.drop("needed"), cover)
    batch.close(parts.filter(~pl.col("inside")), "below_concurrency")
    kept = pl.concat([free.drop("needed"), parts.filter("inside").drop("inside")])
    return kept.sort("outage", "start")  # ties stay in the order of ids


def _drop_overlaps(batch: Batch, segments: pl.DataFrame) -> pl.DataFrame:
    """Step 5: what already runs in another outage. The rest knows its `run`, which a short gap does not end."""
    ordered = segments.lazy().sort("start", maintain_order=True)  # ties stay in the order of ids
    latest = pl.col("end").cum_max()
    running = latest.shift(1).fill_null(-1)
    ordered = ordered.with_columns(running.alias("running"), latest.alias("latest"))
    begins = pl.col("start") > pl.col("running")
    if any(rule.guarantee.join_gaps for rule in batch.rules):
        gap = per_rule((_length(rule.guarantee.join_gaps) for rule in batch.rules), pl.Int64)
        on_next_line = pl.col("timeline") != pl.col("timeline").shift(1)
        begins = begins & (on_next_line.fill_null(value=True) | (pl.col("start") - pl.col("running") >= gap))
    down = (pl.col("end") - pl.max_horizontal("start", "running")).clip(0).cum_sum().alias("down")
    number = (begins.cum_sum() - 1).cast(pl.UInt32).alias("run")
    marked = ordered.with_columns(number, begins.alias("begins"), down).collect()
    last = marked.filter(pl.col("begins").shift(-1).fill_null(value=True))
    length = last.select(pl.col("down") - pl.col("down").shift(1, fill_value=0)).to_series()
    batch.runs = pl.DataFrame({"start": marked.filter("begins")["start"], "end": last["latest"], "length": length})
    batch.members = marked.filter(per_incident(batch.rules)).select("timeline", "outage", "run")
    marked = marked.with_columns(_contested(batch, marked).alias("contested"))
    simple = marked.filter(~pl.col("contested"))
    overlap = simple.filter(pl.col("running") > pl.col("start"))
    batch.close(overlap.with_columns(pl.min_horizontal("end", "running").alias("end")), "overlapping")
    first = simple.with_columns(pl.max_horizontal("start", "running").alias("start")).select(SEGMENT)
    kept = first.filter(pl.col("end") > pl.col("start"))
    if simple.height == marked.height:
        return kept
    return pl.concat([kept, _share_out(batch, marked.filter("contested").select(SEGMENT))])


def _contested(batch: Batch, marked: pl.DataFrame) -> pl.Expr:
    """Say whether it matters, in the run of a segment, which of several outages at once keeps the time."""
    parted = batch.parted
    jointly = any(rule.guarantee.at_once for rule in batch.rules)
    if parted.is_empty() and not jointly and not any(rule.guarantee.weigh for rule in batch.rules):
        return pl.lit(value=False)
    overlap = marked.filter(pl.col("running") > pl.col("start"))["run"].unique()
    outages = batch.assessed.outages
    weighs = per_rule((rule.guarantee.weigh is not None for rule in batch.rules), pl.Boolean).alias("weighs")
    facts = [pl.lit(outages[name]).gather(pl.col("outage")).alias(name) for name in ("affected", "component")]
    joint = per_rule((rule.guarantee.at_once is not None for rule in batch.rules), pl.Boolean).alias("joint")
    apart = pl.col("timeline").is_in(parted.implode()).alias("apart")
    segments = marked.filter(_of_runs(batch, overlap)).select("run", weighs, joint, apart, *facts)
    differ = ((pl.col("affected").n_unique() > 1) & pl.col("weighs").first()) | pl.col("joint").first()
    differ = differ | ((pl.col("component").n_unique() > 1) & pl.col("apart").first())
    return _of_runs(batch, segments.group_by("run").agg(differ.alias("differ")).filter("differ")["run"])


def _of_runs(batch: Batch, runs: pl.Series) -> pl.Expr:
    """Say whether a segment is of one of some runs."""
    chosen = pl.Series([False], dtype=pl.Boolean).new_from_index(0, batch.runs.height).scatter(runs, values=True)
    return pl.lit(chosen).gather(pl.col("run"))


def _share_out(batch: Batch, segments: pl.DataFrame) -> pl.DataFrame:
    """Give each instant of contested runs to one outage.

    One that is not under maintenance comes before one that is, then the larger weight where weights count, then the
    earlier clock, then the id: so neither the order of rows nor an id decides how much is counted.
    """
    parts = segments.with_columns(pl.col("start").alias("clock"), pl.lit(value=False).alias("spared"))
    if batch.clocks.height:  # where several must be down at once, all begin to count at the same instant
        parts = segments.join(batch.clocks, on=["timeline", "outage"], how="left", maintain_order="left")
        parts = parts.with_columns(pl.lit(value=False).alias("spared"))
    for entry in batch.entries:
        cut = batch.under_maintenance(parts, entry)
        parts = cut.with_columns((pl.col("spared") | pl.col("inside")).alias("spared")).drop("inside")
    weighs = per_rule((rule.guarantee.weigh is not None for rule in batch.rules), pl.Boolean)
    weight = pl.when(weighs).then(pl.lit(batch.assessed.outages["affected"]).gather(pl.col("outage"))).otherwise(0)
    ranks = parts.select(pl.col("spared").cast(pl.Int64), -weight.cast(pl.Int64), "clock", "outage").rows()
    spans = parts.select("start", "end").rows()
    first = foremost(spans, ranks)
    kept = pl.DataFrame(first, schema={"part": pl.Int64, "start": pl.Int64, "end": pl.Int64}, orient="row")
    numbered = parts.drop("start", "end").with_row_index("part").with_columns(pl.col("part").cast(pl.Int64))
    # what is left of the parts when the first of each instant is taken
    reached, left = [start for start, _ in spans], []
    for number, start, end in first:  # in order of time
        if start > reached[number]:
            left.append((number, reached[number], start))
        reached[number] = end
    left += [(number, at, end) for number, (at, (_, end)) in enumerate(zip(reached, spans, strict=True)) if at < end]
    lost = pl.DataFrame(left, schema=kept.schema, orient="row")
    batch.close(lost.join(numbered, on="part", maintain_order="left"), "overlapping")
    return kept.join(numbered, on="part", maintain_order="left").select(SEGMENT)


def _length(duration: object) -> int:
    return getattr(duration, "microseconds", 0)


def _whole_units(batch: Batch, segments: pl.DataFrame) -> pl.DataFrame:
    """Step 10: cut the counted time of each run down to whole units, from its end."""
    if not any(rule.guarantee.unit for rule in batch.rules):
        return segments
    unit = per_rule((_length(rule.guarantee.unit) for rule in batch.rules), pl.Int64)
    segments = segments.with_columns(unit.alias("unit"))
    free, ordered = segments.filter(pl.col("unit") == 0), segments.filter(pl.col("unit") > 0).sort("start")
    length = pl.col("end") - pl.col("start")
    whole = length.sum().over("run") // pl.col("unit") * pl.col("unit")
    beyond = (length.cum_sum().over("run") - whole).clip(0)
    ordered = ordered.with_columns((pl.col("end") - beyond).alias("whole"))
    rest = ordered.filter(pl.col("end") > pl.col("whole"))
    batch.close(rest.with_columns(pl.max_horizontal("start", "whole").alias("start")), "rounding_remainder")
    within = ordered.filter(pl.col("start") < pl.col("whole")).with_columns(pl.col("whole").alias("end"))
    return pl.concat([free.select(SEGMENT), within.select(SEGMENT)])


def _in_windows(batch: Batch) -> pl.DataFrame:
    """Cut segments at the edges of windows. What lies in none is outside the period, whatever else it was."""
    # here most memory is taken: no step is kept longer than until the next
    ledger = pl.concat(batch.closed).filter(pl.col("end") > pl.col("start"))
    batch.closed.clear()
    alone = per_incident(batch.rules)
    edges = cell_edges(batch.cells, batch.assessed.timeline)
    cells = batch.cells.select(
        batch.placed("cell_start").alias("at"),
        pl.col("cell_start").alias("window_start"),
        pl.col("cell_end").alias("window_end"),
    )
    after_edge = pl.DataFrame({"at": edges}).join(cells, on="at", how="left", maintain_order="left")
    edge = pl.when(pl.col("between") > 0).then(pl.col("between") - 1)  # the edge that a segment lies after
    found = [pl.lit(after_edge[name]).gather(edge).alias(name) for name in ("window_start", "window_end")]
    incidents = _in_incidents(batch, ledger.filter(alone))
    ledger = ledger.filter(~alone)
    ledger = split(ledger, edges)
    columns = [*SEGMENT, "verdict", "entry", "window_start", "window_end"]
    judged = pl.concat([part.select(columns) for part in (ledger.lazy().with_columns(found), incidents.lazy())])
    outside = pl.when(pl.col("window_start").is_null()).then(VERDICT["outside_period"]).otherwise("verdict")
    timeline = batch.assessed.timeline
    instants = [timeline.position(pl.col(edge), pl.col("timeline")).alias(edge) for edge in ("start", "end")]
    obligation = (pl.col("timeline") + batch.first_obligation).cast(pl.UInt32).alias("obligation")
    in_order = judged.sort("start", maintain_order=True)
    return in_order.select(
        obligation,
        "rule",
        "outage",
        *instants,
        outside.cast(pl.UInt8).alias("verdict"),
        "entry",
        "window_start",
        "window_end",
        "run",
        pl.col("verdict").alias("decided"),
    ).collect()


def _in_incidents(batch: Batch, ledger: pl.DataFrame) -> pl.DataFrame:
    """An incident is its own window: a run, or the outage itself where nothing of it runs."""
    timeline = batch.assessed.timeline
    runs = [
        timeline.position(pl.lit(batch.runs[edge]).gather(pl.col("run")), pl.col("timeline")).alias(f"window_{edge}")
        for edge in ("start", "end")
    ]
    times = batch.assessed.outages.select("outage", "started", "ended", "open")
    members = batch.members.with_columns(runs).join(times.select("outage", "open"), on="outage")
    still = (pl.col("open") & (pl.col("window_end") == batch.assessed.as_of)).any().over("run")
    members = members.with_columns(still.alias("going")).drop("open", "run")
    known = ledger.join(members, on=["timeline", "outage"], how="left").join(times, on="outage")
    known = known.with_columns(
        pl.coalesce("window_start", "started").alias("window_start"),
        pl.coalesce("window_end", "ended").alias("window_end"),
        pl.coalesce("going", "open").alias("going"),
    )
    known = _cut_incidents(batch, known)
    spans = [batch.assessed.period.span(rule.zone) for rule in batch.rules]
    begin, end = (per_rule((span[edge] for span in spans), pl.Int64) for edge in (0, 1))
    judged = ~pl.col("going") & (pl.col("window_end") > begin) & (pl.col("window_end") <= end)
    begun = (pl.col("window_start") >= begin) & (pl.col("window_start") < end)
    shown = judged | (begun & (pl.col("going") | (pl.col("window_end") > end)))
    return known.with_columns(
        pl.when(shown).then(f"window_{edge}").alias(f"window_{edge}") for edge in ("start", "end")
    )


def _cut_incidents(batch: Batch, ledger: pl.DataFrame) -> pl.DataFrame:
    """Cut incidents where the terms of their guarantee change, and leave those that begin in their own phase."""
    edges = batch.obligations.select("timeline", "since", "until", "own_since", "own_until")
    if edges.select((pl.col("own_until") - pl.col("own_since")).min() == 2 * FOREVER).item() or ledger.is_empty():
        return ledger
    timeline = batch.assessed.timeline
    terms = [timeline.place(pl.col(edge), pl.col("timeline")).alias(f"{edge}_at") for edge in ("since", "until")]
    known = ledger.join(edges.with_columns(terms), on="timeline", maintain_order="left").with_columns(
        (pl.col("going") & (pl.col("window_end") <= pl.col("until"))).alias("going"),
        pl.max_horizontal("window_start", "since").alias("window_start"),
        pl.min_horizontal("window_end", "until").alias("window_end"),
        pl.max_horizontal("start", "since_at").alias("start"),
        pl.min_horizontal("end", "until_at").alias("end"),
    )
    own = (pl.col("window_start") >= pl.col("own_since")) & (pl.col("window_start") < pl.col("own_until"))
    return known.filter((pl.col("end") > pl.col("start")) & own).select(ledger.columns)


def _with_points(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Add outages that have no time to judge: those without length, and those that begin after the assessment."""
    points = assessed.outages.filter((pl.col("ended") <= pl.col("started")) | (pl.col("started") >= assessed.as_of))
    points = points.filter(pl.col("of_rule").is_null())
    if points.is_empty():
        return ledger
    recorded = per_rule((rule.guarantee.measured is None for rule in assessed.rules), pl.Boolean)
    whole = pl.col("component").is_null()
    columns = ("obligation", "rule", "subscriber", "own_since", "own_until")
    obligations = assessed.obligations.filter(recorded & whole).select(columns)
    verdict = pl.when(pl.col("started") >= assessed.as_of).then(VERDICT["after_as_of"]).otherwise(VERDICT["no_length"])
    own = (pl.col("started") >= pl.col("own_since")) & (pl.col("started") < pl.col("own_until"))
    told = (
        points.join(obligations, on="subscriber")
        .filter(own)
        .with_columns(
            pl.col("started").alias("start"),
            pl.col("started").alias("end"),
            verdict.cast(pl.UInt8).alias("verdict"),
            verdict.cast(pl.UInt8).alias("decided"),
            *(
                pl.lit(None, dtype=ledger.schema[name]).alias(name)
                for name in ("entry", "run", "window_start", "window_end")
            ),
        )
    )
    return pl.concat([ledger, told.select(ledger.columns)]).sort("obligation", "start", maintain_order=True)
