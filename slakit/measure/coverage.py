"""What could be seen: the time in which evidence knows whether what a guarantee covers was up or down."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from slakit.evidence.instants import INSTANT
from slakit.measure.assessment_input import AssessmentInput
from slakit.measure.intervals import PackedTimeline, carve, subtract, union
from slakit.measure.rules import per_rule

UNCOVERED = {"obligation": pl.UInt32, "started": pl.Int64, "ended": pl.Int64, "known": pl.Boolean}


def with_uncovered(assessed: AssessmentInput) -> AssessmentInput:
    """Find the time that no coverage reaches, and make outages of it where the contract counts it as downtime.

    A guarantee is covered while all that it covers is: each of its components, or, where it names none, each that the
    coverage of its subscription names. A row of coverage without a component is about all of them. An outage that
    concerns the guarantee tells of its time, covered or not: only the rest is unobserved. Of a subscription without a
    row of coverage nothing is known to be uncovered.

    Parameters
    ----------
    assessed
        As laid out from the recorded tables. Without a table of coverage it is returned as it is.

    Returns
    -------
    AssessmentInput
        With `uncovered`, and outages of rules with `missing: down`, each named by when it begins.
    """
    if assessed.coverage is None:
        return assessed
    obligations = assessed.obligations.filter(
        per_rule((rule.guarantee.measured is None for rule in assessed.rules), pl.Boolean),
        pl.col("subscriber").is_in(assessed.coverage["subscriber"].unique().implode()),
    )
    needed = _needed(assessed, obligations)
    # from the beginning of the term to its end, or to now: what comes later is not known to anybody
    edges = pl.col("starts"), pl.min_horizontal("ends", assessed.as_of).alias("until")
    terms = obligations.select("obligation", "subscriber", *edges).filter(pl.col("starts") < pl.col("until"))
    if terms.is_empty():
        return replace(assessed, uncovered=pl.DataFrame(schema=UNCOVERED))
    line = PackedTimeline.holding(terms["starts"].min(), terms["until"].max())  # type: ignore[arg-type]
    parts = [pl.DataFrame(schema=UNCOVERED)]
    capacity = max(1, line.capacity)
    place = pl.col("obligation").cast(pl.Int64) // capacity
    for own in terms.with_columns(place.alias("batch")).partition_by("batch", include_key=False):
        lines = own.with_columns((pl.col("obligation").cast(pl.Int64) % capacity).alias("timeline"))
        parts.append(_of_lines(assessed, lines, needed, line))
    uncovered = pl.concat(parts).sort("obligation", "started")
    down = per_rule((rule.guarantee.missing == "down" for rule in assessed.rules), pl.Boolean)
    about = obligations.filter(down & ~(pl.col("parted") & pl.col("component").is_null()))
    lost = uncovered.filter(~pl.col("known")).join(
        about.select("obligation", "subscriber", "rule", "component"), on="obligation", maintain_order="left"
    )
    lost = lost.drop_nulls("subscriber")
    names = [
        " ".join(["unobserved", *([component] if component else []), started.isoformat().replace("+00:00", "Z")])
        for component, started in lost.select("component", pl.col("started").cast(INSTANT)).iter_rows()
    ]
    made = lost.select(
        (pl.int_range(pl.len()) + assessed.outages.height).cast(pl.UInt32).alias("outage"),
        pl.Series("name", names, dtype=pl.String),
        "subscriber",
        "component",
        "started",
        "ended",
        pl.lit(1_000_000, dtype=pl.Int64).alias("affected"),
        pl.col("rule").cast(pl.UInt32).alias("of_rule"),
        (pl.col("ended") == assessed.as_of).alias("open"),
    )
    outages = pl.concat([assessed.outages, made], how="diagonal") if made.height else assessed.outages
    return replace(assessed, outages=outages, uncovered=uncovered)


def _needed(assessed: AssessmentInput, obligations: pl.DataFrame) -> pl.DataFrame:
    """List what must be covered for an obligation: `obligation`, `subscriber`, `needed` (a component, null for all)."""
    assert assessed.coverage is not None
    named = assessed.coverage.drop_nulls("component").group_by("subscriber").agg(pl.col("component").unique().sort())
    known = {subscriber: tuple(names) for subscriber, names in named.iter_rows()}
    parts: dict[tuple[int, int], list[str]] = {}  # of a mean: its components
    for subscriber, rule, component in obligations.select("subscriber", "rule", "component").iter_rows():
        if component is not None:
            parts.setdefault((subscriber, rule), []).append(component)
    rows: list[tuple[int, int, str | None]] = []
    for obligation, subscriber, rule, component in obligations.select(
        "obligation", "subscriber", "rule", "component"
    ).iter_rows():
        if component is not None:
            over = [component]
        else:
            scope = assessed.rules[rule].guarantee.components
            over = parts.get((subscriber, rule)) or list(dict.fromkeys(scope)) or list(known.get(subscriber, ()))
        rows += [(obligation, subscriber, one) for one in (over or [None])]
    schema = {"obligation": pl.UInt32, "subscriber": pl.UInt32, "needed": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _of_lines(
    assessed: AssessmentInput, terms: pl.DataFrame, needed: pl.DataFrame, line: PackedTimeline
) -> pl.DataFrame:
    """Find the uncovered time of obligations that fit one line."""
    assert assessed.coverage is not None

    def placed(rows: pl.DataFrame) -> pl.DataFrame:
        cut = rows.with_columns(
            pl.max_horizontal("started", "starts").alias("start"), pl.min_horizontal("ended", "until").alias("end")
        ).filter(pl.col("start") < pl.col("end"))
        return cut.with_columns(line.place(pl.col(edge), pl.col("timeline")).alias(edge) for edge in ("start", "end"))

    whole = placed(terms.with_columns(pl.col("starts").alias("started"), pl.col("until").alias("ended")))
    whole = whole.select("obligation", "timeline", "start", "end")
    suspended = placed(assessed.suspensions.join(terms, on="subscriber"))
    whole = subtract(whole, union(suspended))
    pairs = terms.join(needed.drop("subscriber"), on="obligation", maintain_order="left")
    about = pl.col("component").is_null() | (pl.col("component") == pl.col("needed"))
    rows = placed(pairs.join(assessed.coverage, on="subscriber").filter(about))
    gaps = [whole.clear().select("start", "end")]
    # the n-th component of every obligation at a time: what any of them leaves uncovered is uncovered
    order = pairs.with_columns(pl.int_range(pl.len()).over("obligation").alias("n"))
    numbered = rows.join(
        order.select("obligation", "needed", "n"), on=["obligation", "needed"], nulls_equal=True, maintain_order="left"
    )
    for n in order["n"].unique().sort():
        having = whole.join(order.filter(pl.col("n") == n).select("obligation"), on="obligation", how="semi")
        gaps.append(subtract(having, union(numbered.filter(pl.col("n") == n))).select("start", "end"))
    uncovered = union(pl.concat(gaps))
    told = carve(uncovered, union(placed(_concerning(assessed, terms))))
    timeline = pl.col("start") // line.stride
    own = terms.select("timeline", "obligation")
    parts = told.with_columns(timeline.alias("timeline")).join(own, on="timeline", maintain_order="left")
    return parts.select(
        "obligation",
        line.position(pl.col("start"), pl.col("timeline")).alias("started"),
        line.position(pl.col("end"), pl.col("timeline")).alias("ended"),
        pl.col("inside").alias("known"),
    )


def _concerning(assessed: AssessmentInput, terms: pl.DataFrame) -> pl.DataFrame:
    """Find recorded outages that concern what an obligation covers: each tells of its time."""
    recorded = assessed.outages.filter(pl.col("of_rule").is_null()).select(
        "subscriber", "started", "ended", pl.col("component").alias("down")
    )
    scopes = assessed.obligations.select("obligation", "rule", pl.col("component").alias("only"))
    pairs = terms.join(scopes, on="obligation", maintain_order="left").join(recorded, on="subscriber")
    everything = per_rule((not rule.guarantee.components for rule in assessed.rules), pl.Boolean)
    named = [(number, word) for number, rule in enumerate(assessed.rules) for word in rule.guarantee.components]
    of_scope = pl.DataFrame(named, schema={"rule": pl.UInt32, "down": pl.String}, orient="row").unique()
    marked = pairs.join(of_scope.with_columns(pl.lit(value=True).alias("in_scope")), on=["rule", "down"], how="left")
    of_it = pl.when(pl.col("only").is_null()).then(everything | pl.col("in_scope").fill_null(value=False)).otherwise(
        pl.col("down") == pl.col("only")
    )  # fmt: skip
    return marked.filter(pl.col("down").is_null() | of_it)
