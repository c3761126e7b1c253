"""What is judged, laid out for measuring: numbered subscriptions, their obligations, windows and outages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce

import polars as pl

from slakit.evidence.corrections import excluded_outages
from slakit.evidence.evidence import Evidence
from slakit.measure.calendar import Period, to_instant
from slakit.measure.hours import closed_hours
from slakit.measure.intervals import PackedTimeline, carve, intersect, union
from slakit.measure.maintenance import concerning, cover_of_entry, qualifying
from slakit.measure.measurements import numbered, slices_down
from slakit.measure.rules import FOREVER, Rule, per_rule, subscribers_of, suspensions_of

VERDICTS = (
    "after_as_of",
    "no_length",
    "not_judged",
    "outside_period",
    "excluded_by_agreement",
    "other_component",
    "excluded_cause",
    "too_small",
    "unreported",
    "before_clock_start",
    "below_concurrency",
    "overlapping",
    "too_short",
    "maintenance",
    "outside_hours",
    "outside_term",
    "rounding_remainder",
    "counted",
)
"""In the order in which they are given."""
VERDICT = {name: number for number, name in enumerate(VERDICTS)}
COUNTED = VERDICT["counted"]
LARGEST_BATCH = 4_000_000
"""Rows (outage × obligation) worked on at once: bounds memory, changes no number."""
SAMPLES = {"subscriber": pl.UInt32, "rule": pl.UInt32, "at": pl.Int64}
SUSPENSIONS = {"subscriber": pl.UInt32, "started": pl.Int64, "ended": pl.Int64}
SEGMENT = ["timeline", "rule", "outage", "start", "end", "run"]
"""A segment of an outage; `run` is the incident that it is part of, null before it is known or where nothing runs."""


@dataclass(frozen=True)
class AssessmentInput:
    """What is judged: numbered subscriptions and rules, their obligations and windows, and when.

    Attributes
    ----------
    rules
        Of all sources, by number.
    outages
        `outage` (number in the order of ids), `name` (id), `subscriber`, `component`, `cause`, `started`, `ended`,
        `detected`, `reported`, `diagnosed` (µs), cut at `as_of`; `open` (still going on then); `affected` (millionths);
        `agreed_out` (whether it counts nowhere, by agreement);
        `of_rule` (the rule that found it in measurements, or that counts unobserved time as downtime; null for a
        recorded one).
    maintenance
        `row`, `subscriber`, `component`, `kind`, `started`, `ended`, `announced` (µs).
    obligations, windows
        As `obligations_of` and `judged_windows` give them, of rules on outages.
    recorded
        Whether there is a table of outages: without one nobody says that nothing happened.
    samples
        Measurements that make outages: `subscriber`, `rule`, `at` (µs).
    suspensions
        Time in which subscriptions are suspended: `subscriber`, `started`, `ended` (µs).
    coverage
        Time in which an outage would have been seen: `subscriber`, `component`, `started`, `ended` (µs); None without a
        table of it.
    uncovered
        Time in the term, up to `as_of`, that no coverage reaches: `obligation`, `started`, `ended` (µs), `known`
        (whether an outage tells of it); of guarantees on recorded outages. None without a table of coverage.
    """

    rules: Sequence[Rule]
    obligations: pl.DataFrame
    windows: pl.DataFrame
    outages: pl.DataFrame
    maintenance: pl.DataFrame
    period: Period
    as_of: int
    recorded: bool = True
    samples: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SAMPLES))
    suspensions: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SUSPENSIONS))
    coverage: pl.DataFrame | None = None
    uncovered: pl.DataFrame | None = None

    @cached_property
    def timeline(self) -> PackedTimeline:
        """Return a line that holds every instant that matters."""
        instants = [self.as_of, *(edge for rule in self.rules for edge in self.period.span(rule.zone))]
        tables = [(self.begun, "started", "ended")]
        tables += [(self.windows, f"{of}_start", f"{of}_end") for of in ("window", "whole")]
        for table, start, end in [*tables, (self.maintenance, "started", "ended")]:
            instants += table.select(pl.col(start).min(), pl.col(end).max()).row(0) if table.height else []
        near = [instant for instant in instants if instant < FOREVER]
        return PackedTimeline.holding(min(near), max(near))

    @property
    def begun(self) -> pl.DataFrame:
        """Outages that have begun."""
        return self.outages.filter(pl.col("started") < self.as_of)

    @cached_property
    def _batched(self) -> list[pl.DataFrame]:
        """Part obligations in runs that fit the line and the memory; without obligations, one that has none."""
        counts = self.begun.group_by("subscriber").len("outages")
        sized = self.obligations.join(counts, on="subscriber", how="left", maintain_order="left")
        load = sized["outages"].fill_null(0).cast(pl.Int64).cum_sum() // LARGEST_BATCH
        place = sized["obligation"].cast(pl.Int64) // max(1, self.timeline.capacity)
        numbered = self.obligations.with_columns((load + place).alias("batch"))
        runs = numbered.partition_by("batch", include_key=False, maintain_order=True)
        return runs or [numbered.drop("batch")]  # an empty batch gives empty tables their columns

    def batches(self) -> Iterable[Batch]:
        """List the obligations in batches, one after the other."""
        for obligations in self._batched:
            first = obligations["obligation"][0] if obligations.height else 0
            yield Batch(self, obligations.with_columns((pl.col("obligation") - first).alias("timeline")), first)


@dataclass
class Batch:
    """A run of obligations on one line, and the segments that have their verdict."""

    assessed: AssessmentInput
    obligations: pl.DataFrame
    first_obligation: int
    closed: list[pl.DataFrame] = field(default_factory=list)
    runs: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Incidents of outages that passed steps 1 to 4, in order: `start` and `end` on the line, `length` without gaps."""
    members: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Which run an outage of an obligation without windows belongs to: `timeline`, `outage`, `run`."""
    clocks: pl.DataFrame = field(default_factory=pl.DataFrame)
    """When the clock of each outage starts, where several must be down at once: `timeline`, `outage`, `clock`."""
    _covers: dict[int, pl.DataFrame] = field(default_factory=dict)

    @property
    def rules(self) -> Sequence[Rule]:
        """Return the rules of all obligations."""
        return self.assessed.rules

    def on_lines(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Select the rows of these obligations, with the `timeline` of each."""
        ours = pl.col("obligation").is_between(self.first_obligation, self.obligations["obligation"].max())
        timeline = (pl.col("obligation") - self.first_obligation).cast(pl.UInt32).alias("timeline")
        return rows.filter(ours).with_columns(timeline)

    def placed(self, instant: str) -> pl.Expr:
        """Place an instant on the line."""
        return self.assessed.timeline.place(pl.col(instant), pl.col("timeline"))

    @cached_property
    def maintenance(self) -> pl.DataFrame:
        """Maintenance against the obligations, as `qualifying` gives it."""
        return qualifying(self.assessed.maintenance, self.rules, self.obligations)

    @cached_property
    def entries(self) -> range:
        """Numbers of the entries of maintenance that a rule may have."""
        return range(max((len(rule.maintenance) for rule in self.rules), default=0))

    def maintenance_cover(self, entry: int) -> pl.DataFrame:
        """Time on the line of maintenance that qualifies by an entry, whatever component it concerns."""
        if entry not in self._covers:
            line = self.assessed.timeline
            self._covers[entry] = cover_of_entry(
                self.maintenance, entry, self.rules, line, self.cells, self.maintenance_of
            )
        return self._covers[entry]

    def maintained(self, entry: int) -> list[str]:
        """Components that maintenance names which qualifies by an entry."""
        own = self.maintenance.filter(pl.col("qualifies") & (pl.col("entry") == entry))
        return own["component"].drop_nulls().unique().sort().to_list()

    @cached_property
    def parted(self) -> pl.Series:
        """Lines on which qualifying maintenance names a component, so that it matters which component is down."""
        return self.maintenance.filter(pl.col("qualifies") & pl.col("component").is_not_null())["timeline"].unique()

    def maintenance_of(self, entry: int, component: str | None) -> pl.DataFrame:
        """Time on the line in which maintenance of a component qualifies by an entry; without one, of all."""
        return intersect(
            concerning(self.maintenance, entry, component, self.assessed.timeline), self.maintenance_cover(entry)
        )

    def under_maintenance(self, segments: pl.DataFrame, entry: int) -> pl.DataFrame:
        """Cut segments, and say of each part whether it is `inside` maintenance of its outage's component, by an entry.

        An outage without a component, and maintenance without one, concern all components.
        """
        cover, named = self.maintenance_cover(entry), self.maintained(entry)
        if not named:
            return carve(segments, cover)
        component = pl.lit(self.assessed.outages["component"]).gather(pl.col("outage"))
        segments = segments.with_columns(component.alias("component"))
        other = pl.col("component").is_not_null() & ~pl.col("component").is_in(named)
        parts = [
            carve(segments.filter(pl.col("component").is_null()), cover),
            carve(segments.filter(other), self.maintenance_of(entry, None)),
            *(carve(segments.filter(pl.col("component") == name), self.maintenance_of(entry, name)) for name in named),
        ]
        return pl.concat(parts).drop("component")

    @cached_property
    def whole_maintenance(self) -> pl.DataFrame:
        """Time on the line in which maintenance concerns all that the guarantee covers: `start`, `end`, disjoint."""
        named = {name for entry in self.entries for name in self.maintained(entry)}
        if not named:
            nothing = pl.DataFrame(schema={"start": pl.Int64, "end": pl.Int64})
            return union(pl.concat([nothing, *(self.maintenance_cover(entry) for entry in self.entries)]))
        of = {
            name: union(pl.concat([self.maintenance_of(entry, name) for entry in self.entries]))
            for name in (None, *sorted(named))
        }
        parts = [of[None]]
        scopes = {tuple(sorted(rule.guarantee.components)) for rule in self.rules}
        for scope in sorted(scope for scope in scopes if set(scope) <= named and scope):
            rules = [n for n, rule in enumerate(self.rules) if tuple(sorted(rule.guarantee.components)) == scope]
            lines = self.obligations.filter(pl.col("rule").is_in(rules))["timeline"].cast(pl.Int64)
            own = (pl.col("start") // self.assessed.timeline.stride).is_in(lines.implode())
            parts.append(reduce(intersect, [of[name] for name in scope]).filter(own).select("start", "end"))
        return union(pl.concat(parts))

    @cached_property
    def closed_hours(self) -> pl.DataFrame:
        """Time outside service hours: `timeline`, `start`, `end` on the line."""
        return closed_hours(self.rules, self.obligations, self.assessed.timeline)

    @cached_property
    def suspended(self) -> pl.DataFrame:
        """Return the time in which subscriptions are suspended: `rule`, `start`, `end` on the line."""
        held = self.obligations.select("subscriber", "timeline", "rule")
        gaps = self.assessed.suspensions.join(held, on="subscriber")
        return gaps.select("rule", self.placed("started").alias("start"), self.placed("ended").alias("end"))

    @cached_property
    def uncovered(self) -> pl.DataFrame:
        """Return the time that no coverage reaches: `rule`, `start`, `end` on the line, `known`."""
        assert self.assessed.uncovered is not None
        held = self.obligations.select("obligation", "timeline", "rule")
        gaps = self.assessed.uncovered.join(held, on="obligation")
        return gaps.select("rule", self.placed("started").alias("start"), self.placed("ended").alias("end"), "known")

    @cached_property
    def windows(self) -> pl.DataFrame:
        """Return the windows of these obligations, with `timeline`, `rule`, `starts`, `ends`."""
        return self.assessed.windows.join(
            self.obligations.select("obligation", "timeline", "rule", "starts", "ends"),
            on="obligation",
            maintain_order="left",
        )

    @cached_property
    def cells(self) -> pl.DataFrame:
        """Return the spans that segments are cut at: windows, or the days that a rolling window slides by."""
        slides = per_rule((rule.guarantee.window.slides for rule in self.rules), pl.Boolean)
        cells = self.windows.filter(~slides).rename({"window_start": "cell_start", "window_end": "cell_end"})
        sliding = self.windows.filter(slides)
        edges = [sliding.select("timeline", pl.col(f"window_{edge}").alias("cell_start")) for edge in ("start", "end")]
        days = pl.concat(edges).unique().sort("timeline", "cell_start")
        days = days.with_columns(pl.col("cell_start").shift(-1).over("timeline").alias("cell_end")).drop_nulls()
        columns = ["timeline", "cell_start", "cell_end"]
        return pl.concat([cells.select(columns), days.select(columns)])

    def close(self, segments: pl.DataFrame, verdict: str, *, entry: int | None = None) -> None:
        """Give segments their verdict; that of maintenance by an entry."""
        given = [
            pl.lit(VERDICT[verdict], dtype=pl.UInt8).alias("verdict"),
            pl.lit(entry, dtype=pl.UInt8).alias("entry"),
        ]
        self.closed.append(segments.select(*SEGMENT, *given))

    def close_inside(self, segments: pl.DataFrame, cover: pl.DataFrame, verdict: str) -> pl.DataFrame:
        """Give the parts inside a cover their verdict; the rest stays open."""
        if cover.is_empty() or segments.is_empty():
            return segments
        return self.close_parts(carve(segments, cover), verdict)

    def close_parts(self, parts: pl.DataFrame, verdict: str, *, entry: int | None = None) -> pl.DataFrame:
        """Give the parts that are `inside` their verdict; the rest stays open."""
        self.close(parts.filter("inside"), verdict, entry=entry)
        return parts.filter(~pl.col("inside")).drop("inside")


def input_of(
    evidence: Evidence,
    rules: Sequence[Rule],
    obligations: pl.DataFrame,
    windows: pl.DataFrame,
    period: Period,
    as_of: int,
) -> AssessmentInput:
    """Lay out outages for measuring; nothing after `as_of` is known yet.

    Parameters
    ----------
    evidence
        Checked tables.
    rules
        Of all sources, by number.
    obligations, windows
        As `obligations_of` and `judged_windows` give them, of rules on outages.
    period, as_of
        What is judged, and the instant of the assessment. [µs]
    """
    numbers = subscribers_of(evidence).select("subscription", "subscriber")
    outages = evidence.outages if evidence.outages["outage"].is_sorted() else evidence.outages.sort("outage")
    instants = ("started", "ended", "detected", "reported", "diagnosed")
    outages = outages.join(numbers, on="subscription", maintain_order="left").select(
        "outage",
        "subscriber",
        "component",
        "cause",
        *(pl.col(name).dt.epoch("us") for name in instants),
        (pl.col("affected") * 1_000_000).cast(pl.Int64).alias("affected"),
        pl.col("outage").is_in(excluded_outages(evidence, to_instant(as_of)).implode()).alias("agreed_out"),
        pl.lit(None, dtype=pl.UInt32).alias("of_rule"),
    )
    # slices that are outages by the rule that says so, named by guarantee and number, and when it measured anything
    known, of_subscription = numbered(evidence), pl.int_range(pl.len()).over("subscriber")
    tables, samples = [outages], [pl.DataFrame(schema=SAMPLES)]
    for number, rule in enumerate(rules):
        if rule.source != "outages" or rule.guarantee.measured is None:
            continue
        of_rule = pl.lit(number, dtype=pl.UInt32)
        name = pl.format("{} {}", pl.lit(rule.guarantee.id), of_subscription).alias("outage")
        down = slices_down(known, rule, evidence)
        if down.height:
            tables.append(down.with_columns(name, of_rule.alias("of_rule")))
        own = known.filter((pl.col("guarantee") == rule.guarantee.id) & (pl.col("at") < as_of))
        samples.append(own.select("subscriber", of_rule.alias("rule"), "at"))
    outages = pl.concat(tables, how="diagonal")
    outages = (
        outages.rename({"outage": "name"})
        .with_columns(pl.col("affected").fill_null(1_000_000), pl.col("agreed_out").fill_null(value=False))
        .select(pl.int_range(pl.len(), dtype=pl.UInt32).alias("outage"), pl.all())
        .with_columns((pl.col("ended").is_null() | (pl.col("ended") > as_of)).alias("open"))
        .with_columns(pl.col("ended").fill_null(FOREVER).clip(upper_bound=as_of))
    )
    maintenance = evidence.maintenance.join(numbers, on="subscription", maintain_order="left").select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"),
        "subscriber",
        "component",
        "kind",
        *(pl.col(name).dt.epoch("us") for name in ("started", "ended", "announced")),
    )
    coverage = evidence.coverage.join(numbers, on="subscription", maintain_order="left").select(
        "subscriber", "component", *(pl.col(name).dt.epoch("us") for name in ("started", "ended"))
    )
    recorded = "outages" in evidence.given
    return AssessmentInput(
        rules,
        obligations,
        windows,
        outages,
        maintenance,
        period,
        as_of,
        recorded,
        pl.concat(samples),
        suspensions_of(evidence),
        coverage if "coverage" in evidence.given else None,
    )
