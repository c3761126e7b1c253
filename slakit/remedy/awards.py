"""All remedies of many readings over the same facts; a remedy that two readings share is awarded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

from slakit.measure.assessment_input import COUNTED, AssessmentInput
from slakit.measure.attainment import JudgedTickets
from slakit.measure.availability import (
    incident_runs,
    measure_availability,
    measure_downtime_intervals,
    measure_incidents,
)
from slakit.measure.calendar import calendar_windows
from slakit.measure.measured import MeasuredValues, measured_rules
from slakit.measure.rules import Plan, Rule, per_rule, rules_of
from slakit.measure.tickets import ticket_rules
from slakit.policy.conditions import Condition
from slakit.policy.quantities import MICROSECONDS, Window, percent_units
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.remedy.conditions import asks, with_state
from slakit.remedy.credits import Award, award_credits
from slakit.remedy.fees import Fees
from slakit.remedy.paid_once import LEVEL, Owner, paid_once
from slakit.remedy.schedules import conditions_of

Claimed = Mapping[str, Mapping[int, Sequence[tuple[int, int]]]]
"""Claims already made: remedy → subscriber → start of the window (µs) and amount (minor units)."""
AwardKey = tuple[str, tuple[int, ...]]
"""A remedy as text, and the rules that measure it: what two readings must share to be awarded once."""
KEYS = ["subscriber", "rule", "window_start", "window_end"]


@dataclass
class Awards:
    """Awards remedies over the facts of one case.

    Attributes
    ----------
    case, ledger
        As `account_downtime` takes and gives them.
    fees
        Fees of the case's subscriptions.
    claimed
        Claims already made.
    desk, figures
        Tickets, and measurements; their rules are numbered after the case's.
    """

    case: AssessmentInput
    ledger: pl.DataFrame
    fees: Fees
    claimed: Claimed
    desk: JudgedTickets
    figures: MeasuredValues
    _known: dict[AwardKey, pl.DataFrame] = field(default_factory=dict)
    _rules: dict[tuple[Plan, int], list[Rule]] = field(default_factory=dict)

    @cached_property
    def windows(self) -> pl.DataFrame:
        """As `measure_availability` gives them."""
        return measure_availability(self.case, self.ledger)

    @cached_property
    def incidents(self) -> pl.DataFrame:
        """As `measure_incidents` gives them."""
        return measure_incidents(self.case, self.ledger)

    @cached_property
    def rules(self) -> list[Rule]:
        """All rules, by number."""
        return [*self.case.rules, *self.desk.rules, *self.figures.rules]

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Key of a rule → its number."""
        return {rule.key: number for number, rule in enumerate(self.rules)}

    @cached_property
    def facts(self) -> dict[int, pl.DataFrame]:
        """Judged windows and incidents by rule, as `Award` takes them."""
        tables = [facts_of_windows(self.windows), facts_of_incidents(self.incidents), self._of_desk, self._of_figures]
        return _by_rule(with_targets(pl.concat(tables), self.rules))

    @cached_property
    def _of_desk(self) -> pl.DataFrame:
        """Late tickets of all tickets, for each window that has any."""
        late, eligible = (pl.col("eligible") - pl.col("met_count")), pl.col("eligible")
        missed = (~pl.col("met")).fill_null(value=False).alias("missed")
        ended = self.desk.attainment.filter(~pl.col("running")).with_columns(self._desk_rule)
        level = [eligible.alias("total"), late.alias("bad"), missed, eligible.alias("agreed"), late.alias("downtime")]
        return ended.select(*KEYS, *level)

    @property
    def _desk_rule(self) -> pl.Expr:
        return (pl.col("rule") + len(self.case.rules)).cast(pl.UInt32).alias("rule")

    @cached_property
    def _of_figures(self) -> pl.DataFrame:
        """Windows whose level comes from measurements; they have no downtime."""
        number = (pl.col("rule") + len(self.case.rules) + len(self.desk.rules)).cast(pl.UInt32).alias("rule")
        missed = (~pl.col("met")).fill_null(value=False).alias("missed")
        ended = self.figures.measured.filter(~pl.col("running")).with_columns(number)
        none = [pl.lit(None, dtype=pl.Int64).alias(name) for name in ("agreed", "downtime")]
        return ended.select(*KEYS, "total", "bad", missed, *none)

    @cached_property
    def downtime_intervals(self) -> dict[int, pl.DataFrame]:
        """Incidents inside judged windows, and late tickets, by rule: `outage` (length, µs) and the window."""
        inside = measure_downtime_intervals(self.case, self.ledger).join(
            self.case.obligations.select("obligation", "subscriber"), on="obligation"
        )
        length = pl.col("downtime").alias("outage")
        late = self.desk.judged.filter(pl.col("verdict") == "missed").with_columns(self._desk_rule)
        spans = self._of_desk.select(*KEYS)
        lateness = (pl.col("elapsed") - pl.col("within")).clip(0).alias("outage")
        of_desk = late.select("subscriber", "rule", "window_start", lateness).join(
            spans, on=["subscriber", "rule", "window_start"]
        )
        of_incidents = self.incidents.filter(~pl.col("running")).select(*KEYS, length)
        tables = [inside.select(*KEYS, length), of_incidents, of_desk.select(*KEYS, "outage")]
        return _by_rule(pl.concat(tables).with_row_index("number"))

    @cached_property
    def alike(self) -> dict[int, int]:
        """Rule → the first rule that found the same: no emergency maintenance, no difference in how it is read."""
        named = [(rule.policy, rule.tier, rule.guarantee.id) for rule in self.rules]
        if len(set(named)) == len(named):
            return {number: number for number in range(len(named))}
        counted = _by_rule(self.ledger.filter(pl.col("verdict") == COUNTED))
        first: dict[int, int] = {}
        for number, rule in enumerate(self.rules):
            twins = (n for n in set(first.values()) if named[n] == named[number])
            same = (n for n in sorted(twins) if self.rules[n].guarantee.window == rule.guarantee.window)
            found = (n for n in same if _alike(self.facts, n, number) and _alike(counted, n, number))
            first[number] = next(found, number)
        return first

    def rules_of(self, plan: Plan, terms: Terms, guarantees: Sequence[str]) -> dict[int, Rule]:
        """The rules that measure some guarantees, by number."""
        asked = (plan, id(terms))
        if asked not in self._rules:
            self._rules[asked] = [*rules_of(plan, terms), *ticket_rules(plan, terms), *measured_rules(plan, terms)]
        return {self.numbers[rule.key]: rule for rule in self._rules[asked] if rule.guarantee.id in guarantees}

    def key(self, plan: Plan, terms: Terms, remedy: Remedy) -> AwardKey:
        """What a remedy's credits depend on: two readings with the same key owe the same."""
        rules = (self.alike[number] for number in self.rules_of(plan, terms, remedy.guarantees))
        return remedy.model_dump_json(exclude={"claims"}), tuple(rules)

    def award(self, plan: Plan, terms: Terms, remedy: Remedy) -> pl.DataFrame:
        """Credits of one remedy, as `award_credits` gives them."""
        key = self.key(plan, terms, remedy)
        if key not in self._known:
            self._known[key] = self._awarded(remedy, {number: self.rules[number] for number in key[1]})
        return self._known[key]

    def _awarded(self, remedy: Remedy, rules: Mapping[int, Rule]) -> pl.DataFrame:
        facts = self.known(conditions_of(remedy.credit), rules)
        downtime_intervals = _of_rules(self.downtime_intervals, rules, DOWNTIME_INTERVALS)
        if any(rule.guarantee.window.slides for rule in rules.values()):
            facts = self._paid_once(remedy, rules, facts)
        claimed = self.claimed.get(remedy.id, {})
        per_day = any(credit.earned_per == "day" for credit in remedy.credit)
        days = downtime_by_day(self.case, self.ledger, rules) if per_day else None
        return award_measured(remedy, rules, facts, downtime_intervals, self.fees, claimed, days)

    def _paid_once(self, remedy: Remedy, rules: Mapping[int, Rule], facts: pl.DataFrame) -> pl.DataFrame:
        """Facts without what an earlier sliding window of the same guarantee has paid for."""
        sliding = [number for number, rule in rules.items() if rule.guarantee.window.slides]
        obligations = self.case.obligations.filter(pl.col("rule").is_in(sliding))
        ledger = self.ledger.filter(pl.col("rule").is_in(sliding))
        case = replace(
            self.case, windows=self.case.windows.join(obligations.select("obligation"), on="obligation", how="semi")
        )
        of_figures = facts.filter(pl.col("rule").is_in(sliding) & ~pl.col("rule").is_in(obligations["rule"].implode()))

        def remeasure(paid_until: Mapping[Owner, int]) -> pl.DataFrame:
            edges = [(who, rule, end) for (who, rule), end in paid_until.items()]
            paid = pl.DataFrame(edges, schema=PAID_UNTIL, orient="row")
            of_duty = obligations.select("obligation", "subscriber", "rule").join(paid, on=["subscriber", "rule"])
            cut = ledger.join(
                of_duty.select("obligation", "paid_end"), on="obligation", how="left", maintain_order="left"
            )
            cut = cut.with_columns(pl.max_horizontal("start", "paid_end").alias("start")).drop("paid_end")
            again = facts_of_windows(measure_availability(case, cut.filter(pl.col("start") < pl.col("end"))))
            apart = of_figures.join(paid, on=["subscriber", "rule"], how="left").with_columns(
                pl.when(pl.col("window_start") < pl.col("paid_end")).then(0).otherwise("total").alias("total")
            )
            return pl.concat([table.select(*KEYS, *LEVEL) for table in (again, apart)])

        runs = incident_runs(self.case, ledger).join(obligations.select("obligation", "subscriber"), on="obligation")
        incidents: dict[Owner, list[tuple[int, int]]] = {}
        for who, rule, start, end in runs.select("subscriber", "rule", "start", "end").iter_rows():
            incidents.setdefault((who, rule), []).append((start, end))
        slid = facts.filter(pl.col("rule").is_in(sliding))
        others = facts.filter(~pl.col("rule").is_in(sliding)).with_columns(pl.lit(value=True).alias("pays"))
        once = paid_once(remedy.credit, rules, slid, incidents, remeasure)
        return pl.concat([once.select(others.columns), others])

    def known(self, conditions: Sequence[Condition], rules: Mapping[int, Rule]) -> pl.DataFrame:
        """Facts of some rules, with all that conditions on windows ask for."""
        downtime_intervals = _of_rules(self.downtime_intervals, rules, DOWNTIME_INTERVALS)
        return with_conditions(_of_rules(self.facts, rules, FACTS_SCHEMA), downtime_intervals, conditions)


def facts_of_windows(windows: pl.DataFrame) -> pl.DataFrame:
    """Facts of windows that have ended, as `measure_availability` gives them."""
    missed = (~pl.col("met")).fill_null(value=False).alias("missed")
    return windows.filter(~pl.col("running")).select(*KEYS, "total", "bad", missed, "agreed", "downtime")


def facts_of_incidents(incidents: pl.DataFrame) -> pl.DataFrame:
    """Facts of incidents without a window, as `measure_incidents` gives them, each measured against itself."""
    length, down = pl.col("window_end") - pl.col("window_start"), pl.col("downtime")
    missed = (~pl.col("met")).fill_null(value=True).alias("missed")
    level = [length.alias("total"), down.alias("bad"), missed, length.alias("agreed"), down]
    return incidents.filter(~pl.col("running")).select(*KEYS, *level)


def with_targets(facts: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Facts with what their rules promise: `target`, and `sign`."""
    target = per_rule((percent_units(rule.guarantee.limit or 0) for rule in rules), pl.Int64)  # type: ignore[arg-type]
    sign = per_rule((1 if rule.guarantee.falls else -1 for rule in rules), pl.Int64)
    return facts.with_columns(target.alias("target"), sign.alias("sign"))


def award_measured(
    remedy: Remedy,
    rules: Mapping[int, Rule],
    facts: pl.DataFrame,
    downtime_intervals: pl.DataFrame,
    fees: Fees,
    claimed: Mapping[int, Sequence[tuple[int, int]]],
    days: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Award a remedy over what was measured, as `award_credits` gives it.

    Parameters
    ----------
    remedy, rules
        The remedy, and the rules that measure its guarantees, by number.
    facts
        Of these rules, as `with_conditions` gives them.
    downtime intervals
        Incidents of these rules, as `Awards.downtime_intervals` has them.
    fees
        Fees of the subscribers.
    claimed
        Claims already made under the remedy: subscriber → start of the window (µs) and amount (minor units).
    days
        For a schedule per day, as `downtime_by_day` gives them; if not given, each outage begins at midnight.
    """
    per = {credit.earned_per for credit in remedy.credit}
    judged = facts.filter(pl.col("total") > 0).drop("outage", strict=False)
    incidents, of_days = facts.clear(), None
    if "incident" in per:
        found = downtime_intervals.with_columns(pl.col("number").cast(pl.Int64).alias("incident")).drop("number")
        incidents = found.join(judged, on=KEYS, maintain_order="left")
    if "day" in per:
        by_day = days if days is not None else days_from_midnight(downtime_intervals)
        of_days = by_day.join(judged.drop("downtime"), on=KEYS, maintain_order="left")
    return award_credits(Award(remedy, rules, facts, incidents, claimed, of_days), fees)


def with_conditions(
    facts: pl.DataFrame, downtime_intervals: pl.DataFrame, conditions: Sequence[Condition]
) -> pl.DataFrame:
    """Add to the facts of windows what conditions ask of them: windows missed before, incidents, the longest outage."""
    known = with_state(facts, conditions)
    if not asks(conditions, "incidents", "outage"):
        return known
    counted = downtime_intervals.group_by(KEYS)
    found = counted.agg(pl.len().cast(pl.Int64).alias("incidents"), pl.col("outage").max())
    joined = known.join(found, on=KEYS, how="left", maintain_order="left")
    return joined.with_columns(pl.col("incidents", "outage").fill_null(0))


def downtime_by_day(case: AssessmentInput, ledger: pl.DataFrame, rules: Mapping[int, Rule]) -> pl.DataFrame:
    """Counted downtime of each local day of a window on which any lies.

    Returns
    -------
    pl.DataFrame
        `DAYS`: `incident` is the first instant of the day, `downtime` that of the day, `outage` its longest downtime
        interval.
    """
    counted = ledger.filter((pl.col("verdict") == COUNTED) & pl.col("rule").is_in(list(rules)))
    segments = counted.join(case.obligations.select("obligation", "subscriber"), on="obligation").sort(*KEYS, "start")
    found: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for *key, start, end in segments.select(*KEYS, "start", "end").iter_rows():
        for midnight, next_midnight in calendar_windows(Window("1d"), rules[key[1]].zone, start, end):
            first, last = max(start, midnight), min(end, next_midnight)
            spans = found.setdefault((*key, midnight), [])
            if spans and spans[-1][1] == first:
                first, _ = spans.pop()
            spans.append((first, last))
    lengths = {day: [last - first for first, last in spans] for day, spans in found.items()}
    rows = [(*day, sum(of_day), max(of_day)) for day, of_day in lengths.items()]
    return pl.DataFrame(rows, schema=DAYS, orient="row")


def days_from_midnight(downtime_intervals: pl.DataFrame) -> pl.DataFrame:
    """Part outages of which only the length is known over days of 24 hours, as if each began at midnight: `DAYS`."""
    day = MICROSECONDS["d"]
    rows = [
        (*key, number * day, *[min(day, length - number * day)] * 2)
        for *key, length in downtime_intervals.select(*KEYS, "outage").iter_rows()
        for number in range(-(-length // day))
    ]
    return pl.DataFrame(rows, schema=DAYS, orient="row")


def _alike(tables: Mapping[int, pl.DataFrame], one: int, other: int) -> bool:
    """Whether two rules found the same rows."""
    if one not in tables or other not in tables:
        return one not in tables and other not in tables
    left, right = (tables[number].drop("rule", "obligation", strict=False) for number in (one, other))
    return left.equals(right)


FACTS_SCHEMA = {
    "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
    "total": pl.Int64, "bad": pl.Int64, "missed": pl.Boolean, "agreed": pl.Int64, "downtime": pl.Int64,
    "target": pl.Int64, "sign": pl.Int64,
}  # fmt: skip
DOWNTIME_INTERVALS = {
    "number": pl.UInt32, "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
    "outage": pl.Int64,
}  # fmt: skip
PAID_UNTIL = {"subscriber": pl.UInt32, "rule": pl.UInt32, "paid_end": pl.Int64}
DAYS = {
    "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
    "incident": pl.Int64, "downtime": pl.Int64, "outage": pl.Int64,
}  # fmt: skip


def _by_rule(facts: pl.DataFrame) -> dict[int, pl.DataFrame]:
    return {int(key[0]): rows for key, rows in facts.partition_by("rule", as_dict=True).items()}


def _of_rules(facts: Mapping[int, pl.DataFrame], rules: Mapping[int, Rule], schema: Mapping[str, Any]) -> pl.DataFrame:
    known = [facts[number] for number in rules if number in facts]
    return pl.concat(known) if known else pl.DataFrame(schema=schema)
