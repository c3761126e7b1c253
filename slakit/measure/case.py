"""What is judged, laid out for measuring: numbered subscriptions, their duties, windows and outages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce

import polars as pl

from slakit.evidence.tables import Evidence
from slakit.measure.calendar import Period
from slakit.measure.hours import closed_hours
from slakit.measure.intervals import Line, carve, intersect, union
from slakit.measure.maintenance import KINDS, concerning, cover_of_kind, qualifying
from slakit.measure.measurements import numbered, slices_down
from slakit.measure.rules import FOREVER, Rule, duties_of, per_rule
from slakit.measure.windows import judged_windows

VERDICTS = (
    "after_as_of",
    "no_length",
    "not_judged",
    "outside_period",
    "other_component",
    "excluded_cause",
    "too_small",
    "unreported",
    "before_clock",
    "alone",
    "overlapping",
    "too_short",
    "maintenance",
    "outside_hours",
    "outside_term",
    "partial_unit",
    "counted",
)
"""In the order in which they are given."""
VERDICT = {name: number for number, name in enumerate(VERDICTS)}
COUNTED = VERDICT["counted"]
LARGEST_CHUNK = 4_000_000
"""Rows (outage × duty) worked on at once: bounds memory, changes no number."""
SAMPLES = {"subscriber": pl.UInt32, "rule": pl.UInt32, "at": pl.Int64}
PIECE = ["line", "rule", "outage", "start", "end", "run"]
"""A piece of an outage; `run` is the incident that it is part of, null before it is known or where nothing runs."""


@dataclass(frozen=True)
class Case:
    """What is judged: numbered subscriptions and rules, their duties and windows, and when.

    Attributes
    ----------
    outages
        `outage` (number in the order of ids), `name` (id), `subscriber`, `component`, `cause`, `started`, `ended`,
        `detected`, `reported`, `diagnosed` (µs), cut at `as_of`; `open` (still going on then); `affected` (millionths);
        `of_rule` (the rule that found it in measurements; null for a recorded one).
    maintenance
        `row`, `subscriber`, `component`, `kind`, `started`, `ended`, `announced` (µs).
    duties, windows
        As `duties_of` and `judged_windows` give them.
    recorded
        Whether there is a table of outages: without one nobody says that nothing happened.
    samples
        Measurements that make outages: `subscriber`, `rule`, `at` (µs).
    """

    rules: Sequence[Rule]
    duties: pl.DataFrame
    windows: pl.DataFrame
    outages: pl.DataFrame
    maintenance: pl.DataFrame
    period: Period
    as_of: int
    recorded: bool = True
    samples: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SAMPLES))

    @cached_property
    def line(self) -> Line:
        """A line that holds every instant that matters."""
        instants = [self.as_of, *(edge for rule in self.rules for edge in self.period.span(rule.zone))]
        tables = [(self.begun, "started", "ended"), (self.windows, "window_start", "window_end")]
        for table, start, end in [*tables, (self.maintenance, "started", "ended")]:
            instants += table.select(pl.col(start).min(), pl.col(end).max()).row(0) if table.height else []
        near = [instant for instant in instants if instant < FOREVER]
        return Line.holding(min(near), max(near))

    @property
    def begun(self) -> pl.DataFrame:
        """Outages that have begun."""
        return self.outages.filter(pl.col("started") < self.as_of)

    def chunks(self) -> Iterable[Chunk]:
        """Duties in runs that fit the line and the memory."""
        counts = self.begun.group_by("subscriber").len("outages")
        sized = self.duties.join(counts, on="subscriber", how="left", maintain_order="left")
        load = sized["outages"].fill_null(0).cast(pl.Int64).cum_sum() // LARGEST_CHUNK
        place = sized["duty"].cast(pl.Int64) // max(1, self.line.capacity)
        numbered = self.duties.with_columns((load + place).alias("chunk"))
        for duties in numbered.partition_by("chunk", include_key=False, maintain_order=True):
            first = duties["duty"][0]
            yield Chunk(self, duties.with_columns((pl.col("duty") - first).alias("line")), first)


@dataclass
class Chunk:
    """A run of duties on one line, and the pieces that have their verdict."""

    case: Case
    duties: pl.DataFrame
    first_duty: int
    closed: list[pl.DataFrame] = field(default_factory=list)
    runs: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Maximal stretches of outages that passed steps 1 to 4: `start`, `end` on the line, in order."""
    members: pl.DataFrame = field(default_factory=pl.DataFrame)
    """Which run an outage of a duty without windows belongs to: `line`, `outage`, `run`."""
    _covers: dict[int, pl.DataFrame] = field(default_factory=dict)

    @property
    def rules(self) -> Sequence[Rule]:
        """The rules of the case."""
        return self.case.rules

    def placed(self, instant: str) -> pl.Expr:
        """Place an instant on the line."""
        return self.case.line.place(pl.col(instant), pl.col("line"))

    @cached_property
    def maintenance(self) -> pl.DataFrame:
        """Maintenance against the duties, as `qualifying` gives it."""
        return qualifying(self.case.maintenance, self.rules, self.duties)

    def maintenance_cover(self, kind: int) -> pl.DataFrame:
        """Time on the line that qualifying maintenance of one kind takes up, whatever component it concerns."""
        if kind not in self._covers:
            self._covers[kind] = cover_of_kind(self.maintenance, kind, self.rules, self.case.line, self.cells)
        return self._covers[kind]

    def maintained(self, kind: int) -> list[str]:
        """Components that qualifying maintenance of one kind names."""
        own = self.maintenance.filter(pl.col("qualifies") & (pl.col("kind") == kind))
        return own["component"].drop_nulls().unique().sort().to_list()

    def maintenance_of(self, kind: int, component: str | None) -> pl.DataFrame:
        """Time on the line in which a component is under maintenance of one kind; without one, all components."""
        return intersect(concerning(self.maintenance, kind, component, self.case.line), self.maintenance_cover(kind))

    def under_maintenance(self, pieces: pl.DataFrame, kind: int) -> pl.DataFrame:
        """Cut pieces, and say of each part whether it is `inside` maintenance of its outage's component.

        An outage without a component, and maintenance without one, concern all.
        """
        cover, named = self.maintenance_cover(kind), self.maintained(kind)
        if not named:
            return carve(pieces, cover)
        component = pl.lit(self.case.outages["component"]).gather(pl.col("outage"))
        pieces = pieces.with_columns(component.alias("component"))
        other = pl.col("component").is_not_null() & ~pl.col("component").is_in(named)
        parts = [
            carve(pieces.filter(pl.col("component").is_null()), cover),
            carve(pieces.filter(other), self.maintenance_of(kind, None)),
            *(carve(pieces.filter(pl.col("component") == name), self.maintenance_of(kind, name)) for name in named),
        ]
        return pl.concat(parts).drop("component")

    @cached_property
    def whole_maintenance(self) -> pl.DataFrame:
        """Time on the line in which maintenance concerns all that the guarantee covers: `start`, `end`, disjoint."""
        kinds = range(len(KINDS))
        named = {name for kind in kinds for name in self.maintained(kind)}
        if not named:
            return union(pl.concat([self.maintenance_cover(kind) for kind in kinds]))
        of = {
            name: union(pl.concat([self.maintenance_of(kind, name) for kind in kinds]))
            for name in (None, *sorted(named))
        }
        parts = [of[None]]
        scopes = {tuple(sorted(rule.guarantee.components)) for rule in self.rules}
        for scope in sorted(scope for scope in scopes if set(scope) <= named and scope):
            rules = [n for n, rule in enumerate(self.rules) if tuple(sorted(rule.guarantee.components)) == scope]
            lines = self.duties.filter(pl.col("rule").is_in(rules))["line"].cast(pl.Int64)
            own = (pl.col("start") // self.case.line.stride).is_in(lines.implode())
            parts.append(reduce(intersect, [of[name] for name in scope]).filter(own).select("start", "end"))
        return union(pl.concat(parts))

    @cached_property
    def closed_hours(self) -> pl.DataFrame:
        """Time outside service hours: `line`, `start`, `end` on the line."""
        return closed_hours(self.rules, self.duties, self.case.line)

    @cached_property
    def windows(self) -> pl.DataFrame:
        """The case's windows of these duties, with `line`, `rule`, `starts`, `ends`."""
        return self.case.windows.join(
            self.duties.select("duty", "line", "rule", "starts", "ends"), on="duty", maintain_order="left"
        )

    @cached_property
    def cells(self) -> pl.DataFrame:
        """The spans that pieces are cut at: windows, or the days that a rolling window slides by."""
        slides = per_rule((rule.guarantee.window.slides for rule in self.rules), pl.Boolean)
        cells = self.windows.filter(~slides).rename({"window_start": "cell_start", "window_end": "cell_end"})
        sliding = self.windows.filter(slides)
        edges = [sliding.select("line", pl.col(f"window_{edge}").alias("cell_start")) for edge in ("start", "end")]
        days = pl.concat(edges).unique().sort("line", "cell_start")
        days = days.with_columns(pl.col("cell_start").shift(-1).over("line").alias("cell_end")).drop_nulls()
        columns = ["line", "cell_start", "cell_end"]
        return pl.concat([cells.select(columns), days.select(columns)])

    def close(self, pieces: pl.DataFrame, verdict: str, *, kind: int | None = None) -> None:
        """Give pieces their verdict."""
        given = [
            pl.lit(VERDICT[verdict], dtype=pl.UInt8).alias("verdict"),
            pl.lit(kind, dtype=pl.UInt8).alias("kind"),
        ]
        self.closed.append(pieces.select(*PIECE, *given))

    def close_inside(self, pieces: pl.DataFrame, cover: pl.DataFrame, verdict: str) -> pl.DataFrame:
        """Give the parts inside a cover their verdict; the rest stays open."""
        if cover.is_empty() or pieces.is_empty():
            return pieces
        return self.close_parts(carve(pieces, cover), verdict)

    def close_parts(self, parts: pl.DataFrame, verdict: str, *, kind: int | None = None) -> pl.DataFrame:
        """Give the parts that are `inside` their verdict; the rest stays open."""
        self.close(parts.filter("inside"), verdict, kind=kind)
        return parts.filter(~pl.col("inside")).drop("inside")


DOWN = {"outage": pl.String, "subscriber": pl.UInt32, "rule": pl.UInt32, "started": pl.Int64, "ended": pl.Int64}


def _slices_down(evidence: Evidence, rules: Sequence[Rule]) -> pl.DataFrame:
    """Slices that are outages by the rule that says so, named by guarantee and number."""
    asked = [(number, rule) for number, rule in enumerate(rules) if rule.guarantee.measured is not None]
    known = numbered(evidence) if asked else pl.DataFrame()
    tables = [pl.DataFrame(schema=DOWN)]
    for number, rule in asked:
        name = pl.format("{} {}", pl.lit(rule.guarantee.id), pl.int_range(pl.len())).alias("outage")
        down = slices_down(known, rule, evidence)
        tables.append(down.with_columns(name, pl.lit(number, dtype=pl.UInt32).alias("rule")).select(list(DOWN)))
    return pl.concat(tables)


def _samples(evidence: Evidence, rules: Sequence[Rule], as_of: int) -> pl.DataFrame:
    """When something was measured, of rules that find outages in measurements."""
    asked = [(number, rule) for number, rule in enumerate(rules) if rule.guarantee.measured is not None]
    known = numbered(evidence).filter(pl.col("at") < as_of) if asked else pl.DataFrame()
    tables = [pl.DataFrame(schema=SAMPLES)]
    for number, rule in asked:
        own = known.filter(pl.col("guarantee") == rule.guarantee.id)
        tables.append(own.select("subscriber", pl.lit(number, dtype=pl.UInt32).alias("rule"), "at"))
    return pl.concat(tables)


def case_of(evidence: Evidence, rules: Sequence[Rule], period: Period, as_of: int) -> Case:
    """Lay out evidence for measuring; nothing after `as_of` is known yet.

    Parameters
    ----------
    evidence
        Checked tables. Subscriptions whose policy and tier no rule names have no duties.
    as_of
        Instant of the assessment. [µs]
    """
    duties = duties_of(evidence.subscriptions, rules)
    windows = judged_windows(duties, rules, period, as_of)
    numbers = evidence.subscriptions.select("subscription", pl.int_range(pl.len(), dtype=pl.UInt32).alias("subscriber"))
    outages = evidence.outages if evidence.outages["outage"].is_sorted() else evidence.outages.sort("outage")
    instants = ("started", "ended", "detected", "reported", "diagnosed")
    outages = outages.join(numbers, on="subscription", maintain_order="left").select(
        "outage",
        "subscriber",
        "component",
        "cause",
        *(pl.col(name).dt.epoch("us") for name in instants),
        (pl.col("affected") * 1_000_000).cast(pl.Int64).alias("affected"),
        pl.lit(None, dtype=pl.UInt32).alias("of_rule"),
    )
    down = _slices_down(evidence, rules).rename({"rule": "of_rule"})
    outages = pl.concat([outages, down], how="diagonal") if down.height else outages
    outages = (
        outages.rename({"outage": "name"})
        .with_columns(pl.col("affected").fill_null(1_000_000))
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
    recorded, samples = "outages" in evidence.given, _samples(evidence, rules, as_of)
    return Case(rules, duties, windows, outages, maintenance, period, as_of, recorded, samples)
