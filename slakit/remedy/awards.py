"""All remedies of many readings over the same facts; a remedy that two readings share is awarded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import polars as pl

from slakit.measure.assessment_input import COUNTED, AssessmentInput
from slakit.measure.availability import incident_runs, measure_availability, measure_downtime_intervals
from slakit.measure.calendar import calendar_windows
from slakit.measure.measured_evidence import MeasuredEvidence
from slakit.measure.rules import Held, PlanReading, Readings, Rule, per_incident, per_rule
from slakit.policy.conditions import Condition
from slakit.policy.quantities import Window, percent_units
from slakit.policy.remedies import Remedy
from slakit.problems import InputError, Problem
from slakit.remedy.caps import CreditLimits
from slakit.remedy.conditions import asks, with_state
from slakit.remedy.credits import (
    CREDITS,
    Alternatives,
    Award,
    AwardedCredits,
    OutagesOfIncidents,
    Phase,
    award_credits,
)
from slakit.remedy.fees import Fees, FeeSources
from slakit.remedy.paid_once import LEVEL, Owner, paid_once
from slakit.remedy.phases import FACTS_SCHEMA, PhaseFacts, facts_in_phase, moved_to_last_parts, with_last_parts
from slakit.remedy.schedules import conditions_of

ClaimedOfRemedy = Mapping[int, Sequence[tuple[int, int]]]
"""Claims already made under a remedy: subscriber → start of the window (µs) and amount (minor units)."""
Claimed = Mapping[str, ClaimedOfRemedy]
"""Claims already made, by remedy."""
AwardKey = tuple[str, tuple[int, ...]]
"""A remedy as text, and the rules that measure it: what two readings must share to be awarded once."""
KEYS = ["subscriber", "rule", "window_start", "window_end"]
WHOLE = pl.lit(1, dtype=pl.Int64).alias("scale")
"""Times are in whole units; only a mean over components is in parts of a µs."""


@dataclass(frozen=True)
class AwardedReading:
    """A plan under one reading, and where to find the credits of its remedies.

    Attributes
    ----------
    reading
        The plan, its terms, and the numbers of its rules.
    awards
        Of each remedy of the terms: the number of its award.
    phases
        Of plans that are held one after the other: all of them under that reading.
    """

    reading: PlanReading
    awards: Sequence[int]
    phases: Sequence[PlanReading] = ()

    @property
    def remedies(self) -> Iterator[tuple[Remedy, int]]:
        """Return each remedy of the terms, with the number of its award."""
        return zip(self.reading.terms.remedies, self.awards, strict=True)


@dataclass(frozen=True)
class Facts:
    """What was measured, as remedies and rights ask for it.

    Attributes
    ----------
    windows
        Rule → its judged windows and incidents, as `Award` takes them.
    downtime_intervals
        Rule → incidents inside judged windows, and late tickets: `outage` (length, µs) and the window.
    before
        Rule → the windows that ended before those, where a condition looks back.
    parts
        Windows that a change of the subscription cuts, as `MeasuredEvidence` has them.
    """

    windows: Mapping[int, pl.DataFrame]
    downtime_intervals: Mapping[int, pl.DataFrame]
    before: Mapping[int, pl.DataFrame] = field(default_factory=dict)
    parts: pl.DataFrame = field(default_factory=pl.DataFrame)

    def asked_of(
        self, reading: AwardedReading, conditions: Sequence[Condition], guarantees: Sequence[str], rules: Sequence[Rule]
    ) -> pl.DataFrame:
        """Select the windows of some guarantees of a plan, with all that conditions on them ask for.

        Parameters
        ----------
        reading
            The plan under one reading.
        conditions, guarantees
            What is asked, and of what.
        rules
            By number.
        """
        numbers = reading.reading.numbers(guarantees)
        if not reading.phases:
            return self.asked_by(conditions, numbers)
        position = reading.reading.plan.position
        of = (rules, self.windows, self.before, self.parts)
        found = facts_in_phase(reading.phases, position, guarantees, *of)
        return with_conditions(found.windows, self.downtime_intervals_of(numbers), conditions, found.before)

    def asked_by(self, conditions: Sequence[Condition], rules: Iterable[int]) -> pl.DataFrame:
        """Select the windows of some rules, with all that conditions on them ask for."""
        windows = _of_rules(self.windows, rules, FACTS_SCHEMA)
        before = _of_rules(self.before, rules, FACTS_SCHEMA)
        return with_conditions(windows, self.downtime_intervals_of(rules), conditions, before)

    def downtime_intervals_of(self, rules: Iterable[int]) -> pl.DataFrame:
        """Select the downtime intervals of some rules."""
        return _of_rules(self.downtime_intervals, rules, DOWNTIME_INTERVALS)


@dataclass(frozen=True)
class Awarded:
    """What the remedies of all readings pay.

    Attributes
    ----------
    readings
        Plan → its readings, the chosen one first.
    credits
        As `award_credits` gives them: readings in which a remedy has the same text and the same obligations share an
        award.
    rules
        Number of an award → the rules that measure its guarantees.
    facts
        What was measured.
    sources
        What the fees that credits depend on were taken from.
    """

    readings: Mapping[Held, Sequence[AwardedReading]]
    credits: pl.DataFrame
    rules: Sequence[tuple[int, ...]]
    facts: Facts
    sources: FeeSources


def award_remedies(
    measured: MeasuredEvidence,
    readings: Readings,
    fees: Fees,
    claimed: Claimed,
    earlier: MeasuredEvidence | None = None,
) -> Awarded:
    """Award every remedy under every reading; a remedy that two readings share is awarded once.

    Parameters
    ----------
    measured
        As `measure_evidence` gives it.
    readings
        As `number_rules` gives them.
    fees
        Fees of the subscriptions.
    claimed
        Claims already made.
    earlier
        The same, of the windows before; without, a streak begins with the assessment.
    """
    before = _windows_of(earlier) if earlier is not None else pl.DataFrame(schema=FACTS_SCHEMA)
    parts = [one.parts for one in (measured, earlier) if one is not None]
    windows, intervals_by_rule = _windows_of(measured), _by_rule(_downtime_intervals_of(measured))
    facts = Facts(_by_rule(windows), intervals_by_rule, _by_rule(before), pl.concat(parts).unique())
    first = first_alike(measured, windows, before)
    numbers_of: dict[AwardKey, int] = {}
    alternatives: list[Alternatives] = []
    asked: dict[object, pl.DataFrame] = {}
    texts: dict[int, str] = {}  # of remedies, of which readings share most
    awarded: dict[Held, list[AwardedReading]] = {}
    courses: dict[int, list[Sequence[PlanReading]]] = {}
    for plan, of_plan in readings.items():
        awarded[plan] = []
        if plan.course is not None:  # plans that are held one after the other are awarded together
            courses.setdefault(plan.course, []).append(of_plan)
            continue
        for reading in of_plan:
            found: dict[str, int] = {}
            for group in reading.terms.alternatives():
                numbers = [tuple(first[number] for number in reading.numbers(one.guarantees)) for one in group]
                written = [_text(one, texts) for one in group]
                # what is paid of one depends on the others
                others = f" one of {list(zip(written, numbers, strict=True))}" if len(group) > 1 else ""
                keys = [(f"{text}{others}", own) for text, own in zip(written, numbers, strict=True)]
                if keys[0] not in numbers_of:
                    awards = [
                        _award_of(measured, facts, remedy, own, claimed.get(remedy.id, {}), asked)
                        for remedy, own in zip(group, numbers, strict=True)
                    ]
                    outages = [outages_of_incidents(measured, own) for own in numbers] if len(group) > 1 else []
                    alternatives.append(Alternatives(awards, outages))
                    for key in keys:
                        numbers_of[key] = len(numbers_of)
                found |= {remedy.id: numbers_of[key] for remedy, key in zip(group, keys, strict=True)}
            awarded[plan].append(AwardedReading(reading, [found[remedy.id] for remedy in reading.terms.remedies]))
    credits, sources = [pl.DataFrame(schema=CREDITS)], list[FeeSources]()
    awarded_so_far = 0
    for batch in _batches(alternatives):
        paid = award_credits(batch, fees)
        credits.append(paid.credits.with_columns(pl.col("award") + awarded_so_far))
        awarded_so_far += len(paid.sources)
        sources += paid.sources
    for course in courses.values():
        for phases in zip(*course, strict=True):
            written_of = [[_text(one, texts) for one in phase.terms.remedies] for phase in phases]
            choices = [[[one.id for one in group] for group in phase.terms.alternatives()] for phase in phases]
            # limits and windows in a row go on from phase to phase, so that credits depend on the terms of all of them
            together = repr((written_of, choices, [tuple(phase.rules.items()) for phase in phases]))
            keys_of: list[list[AwardKey]] = []
            for position, phase in enumerate(phases):
                numbered = [tuple(phase.numbers(remedy.guarantees)) for remedy in phase.terms.remedies]
                pairs = zip(written_of[position], numbered, strict=True)
                keys_of.append([(f"{text} phase {position} of {together}", own) for text, own in pairs])
            if any(key not in numbers_of for keys in keys_of for key in keys):
                for phase, keys, paid_by in zip(
                    phases, keys_of, _award_phases(measured, facts, phases, fees, claimed), strict=True
                ):
                    place_of = {remedy.id: key for remedy, key in zip(phase.terms.remedies, keys, strict=True)}
                    for remedy_id, paid in paid_by.items():
                        number = numbers_of[place_of[remedy_id]] = len(numbers_of)
                        credits.append(paid.credits.with_columns(pl.lit(number, dtype=pl.UInt32).alias("award")))
                        sources += paid.sources
            for phase, keys in zip(phases, keys_of, strict=True):
                awarded[phase.plan].append(AwardedReading(phase, [numbers_of[key] for key in keys], phases))
    rules = [own for _, own in numbers_of]
    return Awarded(awarded, pl.concat(credits), rules, facts, FeeSources.together(sources))


def _text(remedy: Remedy, known: dict[int, str]) -> str:
    """Write out all of a remedy that credits depend on; once for all readings that share it."""
    if id(remedy) not in known:
        known[id(remedy)] = remedy.model_dump_json(exclude={"claims"})
    return known[id(remedy)]


ROWS_OF_BATCH = 50_000


def _batches(alternatives: Sequence[Alternatives]) -> Iterator[list[Alternatives]]:
    """Part alternatives so that few awards with many windows, or many with few, are awarded at a time."""
    batch, rows = list[Alternatives](), 0
    for group in alternatives:
        batch.append(group)
        rows += sum(award.facts.height for award in group.awards)
        if rows >= ROWS_OF_BATCH:
            yield batch
            batch, rows = [], 0
    if batch:
        yield batch


def _award_of(
    measured: MeasuredEvidence,
    facts: Facts,
    remedy: Remedy,
    numbers: tuple[int, ...],
    claimed: ClaimedOfRemedy,
    known: dict[object, pl.DataFrame],
) -> Award:
    """Put together what a remedy is awarded for; what several remedies ask of the same rules, the first makes known."""
    rules = {number: measured.rules[number] for number in numbers}
    conditions = conditions_of(remedy.credit)
    asked = (numbers, *(condition.model_dump_json() for condition in conditions))
    if asked not in known:
        known[asked] = facts.asked_by(conditions, numbers)
    windows = known[asked]
    if any(rule.guarantee.window.slides for rule in rules.values()):
        windows = _paid_once(measured, remedy, rules, windows)
    return Award(remedy, rules, windows, claimed, *_downtime_of(measured, facts, remedy, rules))


def _downtime_of(
    measured: MeasuredEvidence, facts: Facts, remedy: Remedy, rules: Mapping[int, Rule]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Select the incidents and days of rules, each where any schedule of the remedy asks for them."""
    per = {credit.earned_per for credit in remedy.credit}
    intervals, days = pl.DataFrame(schema=DOWNTIME_INTERVALS), pl.DataFrame(schema=DAYS)
    if "incident" in per:
        intervals = facts.downtime_intervals_of(rules)
    if "day" in per:
        days = downtime_by_day(measured.assessed, measured.ledger, rules)
    return intervals, days


def _award_phases(
    measured: MeasuredEvidence, facts: Facts, phases: Sequence[PlanReading], fees: Fees, claimed: Claimed
) -> list[dict[str, AwardedCredits]]:
    """Award the remedies of each phase of subscriptions that change, in the order of time: limits go on by their id."""
    windows: dict[str, dict[int, list[tuple[int, int]]]] = {}  # of all phases, by the number of the first
    measures: list[dict[str, PhaseFacts]] = []
    for position, phase in enumerate(phases):
        measures.append({})
        for remedy in phase.terms.remedies:
            of = (measured.rules, facts.windows, facts.before, facts.parts)
            own = measures[position][remedy.id] = facts_in_phase(phases, position, remedy.guarantees, *of)
            of_remedy = windows.setdefault(remedy.id, {})
            for subscriber, start, end in own.windows.select("subscriber", "window_start", "window_end").rows():
                of_remedy.setdefault(subscriber - position, []).append((start, end))
    _refuse_unlike_parts(measured, phases, measures, fees)
    limits: dict[str, dict[int, CreditLimits]] = {}
    slid: dict[str, dict[tuple[int, str], int]] = {}  # until when windows that slide have paid
    found: list[dict[str, AwardedCredits]] = []
    for position, phase in enumerate(phases):
        alternatives: list[Alternatives] = []
        left: dict[str, dict[int, CreditLimits]] = {}
        for group in phase.terms.alternatives():
            moved = with_last_parts(pl.concat([measures[position][remedy.id].windows for remedy in group]))
            awards = []
            for remedy in group:
                own, numbers = measures[position][remedy.id], phase.numbers(remedy.guarantees)
                rules = {number: measured.rules[number] for number in numbers}
                every_interval = facts.downtime_intervals_of(numbers)
                of_phase = with_conditions(own.windows, every_interval, conditions_of(remedy.credit), own.before)
                if any(rule.guarantee.window.slides for rule in rules.values()):
                    ended = slid.setdefault(remedy.id, {})
                    already = {
                        (first + position, phase.rules[guarantee]): end
                        for (first, guarantee), end in ended.items()
                        if guarantee in phase.rules
                    }
                    of_phase = _paid_once(measured, remedy, rules, of_phase, already)
                    paying = of_phase.filter("pays").select("subscriber", "rule", "window_end").sort("window_end")
                    for subscriber, number, end in paying.iter_rows():
                        ended[subscriber - position, rules[number].guarantee.id] = end
                of_phase = of_phase.with_columns(pl.col("window_start").alias("part_start"))
                tables = (of_phase, *_downtime_of(measured, facts, remedy, rules))
                of_phase, intervals, days = (moved_to_last_parts(rows, moved) for rows in tables)
                before = limits.setdefault(remedy.id, {})
                left[remedy.id] = {first + position: one for first, one in before.items()}
                of_all = {first + position: spans for first, spans in windows[remedy.id].items()}
                state = Phase(left[remedy.id], of_all, own.later)
                awards.append(Award(remedy, rules, of_phase, claimed.get(remedy.id, {}), intervals, days, state))
            numbers_of = [phase.numbers(remedy.guarantees) for remedy in group]
            outages = [outages_of_incidents(measured, numbers) for numbers in numbers_of] if len(group) > 1 else []
            alternatives.append(Alternatives(awards, outages))
        credits, sources = award_credits(alternatives, fees)
        ids = [award.remedy.id for group in alternatives for award in group.awards]
        found.append(
            {
                remedy_id: AwardedCredits(credits.filter(pl.col("award") == number), [sources[number]])
                for number, remedy_id in enumerate(ids)
            }
        )
        for remedy_id, after in left.items():
            limits[remedy_id] |= {subscriber - position: one for subscriber, one in after.items()}
    return found


def _refuse_unlike_parts(
    measured: MeasuredEvidence, phases: Sequence[PlanReading], measures: Sequence[Mapping[str, PhaseFacts]], fees: Fees
) -> None:
    """Refuse what a change leaves of windows where it cannot be told what is paid for.

    That is the same part of two windows of a remedy, and, of remedies of which one is paid, a part of a window of one
    beside the window, or another part of it, of another.
    """
    slides = [n for n, rule in enumerate(measured.rules) if rule.guarantee.window.slides or rule.per_incident]
    columns = ("subscriber", "window_start", "window_end", "whole_start", "whole_end")
    spans: dict[str, dict[tuple[int, ...], set[tuple[int, int]]]] = {}  # remedy → subscriber and window → its parts
    wrong: dict[int, str] = {}
    for position, by_remedy in enumerate(measures):
        for name, own in by_remedy.items():
            windows = own.windows.filter(~pl.col("rule").is_in(slides))
            of_parts: dict[tuple[int, ...], set[tuple[int, ...]]] = {}
            moved = moved_to_last_parts(windows, with_last_parts(windows))
            for who, *part, first, last in moved.select(columns).rows():
                of_parts.setdefault((who, *part), set()).add((first, last))
            for who, start, end, first, last in windows.select(columns).rows():
                spans.setdefault(name, {}).setdefault((who - position, first, last), set()).add((start, end))
            said = f"{name} is for windows of several lengths, of which the change of plan leaves the same part"
            wrong |= {who: said for (who, *_), wholes in of_parts.items() if len(wholes) > 1}
    groups = [group for phase in phases for group in phase.terms.alternatives()]
    for one, other in sorted({(one.id, other.id) for group in groups for one, other in combinations(group, 2)}):
        for key, parts in spans.get(one, {}).items():
            others = spans.get(other, {}).get(key, set())
            if any(a != b and a[0] < b[1] and b[0] < a[1] for a in parts for b in others):
                parted = f"the change of plan leaves other parts of the windows of {one} than of {other}"
                wrong[key[0]] = f"{parted}, of which one is paid"
    if wrong:
        names, remedy = fees.subscriptions["subscription"], "give the rows of each plan their own id"
        problems = (Problem(f"subscriptions {names[who]}", None, said, remedy) for who, said in wrong.items())
        raise InputError("subscriptions", list(dict.fromkeys(problems)))


def _windows_of(measured: MeasuredEvidence) -> pl.DataFrame:
    """Put together judged windows and incidents of all sources."""
    missed = (~pl.col("met")).fill_null(value=False).alias("missed")
    late, eligible = (pl.col("eligible") - pl.col("met_count")), pl.col("eligible")
    of_tickets = measured.attainment.filter(~pl.col("running")).select(
        *KEYS,
        eligible.alias("total"),
        late.alias("bad"),
        missed,
        eligible.alias("agreed"),
        late.alias("downtime"),
        WHOLE,
    )
    no_time = [pl.lit(None, dtype=pl.Int64).alias(name) for name in ("agreed", "downtime")]  # a value is no time
    no_time.append(WHOLE)
    of_values = measured.values.filter(~pl.col("running")).select(*KEYS, "total", "bad", missed, *no_time)
    of_outages = [facts_of_windows(measured.windows), facts_of_incidents(measured.incidents)]
    return with_targets(pl.concat([*of_outages, of_tickets, of_values]), measured.rules)


def _downtime_intervals_of(measured: MeasuredEvidence) -> pl.DataFrame:
    """Put together incidents in judged windows, incidents judged one by one, and late tickets: `DOWNTIME_INTERVALS`."""
    assessed = measured.assessed
    subscribers = assessed.obligations.select("obligation", "subscriber")
    in_windows = measure_downtime_intervals(assessed, measured.ledger).join(subscribers, on="obligation")
    one_by_one = measured.incidents.filter(~pl.col("running"))
    length = pl.col("downtime").alias("outage")
    lateness = (pl.col("elapsed") - pl.col("within")).clip(0).alias("outage")
    late = measured.tickets.filter(pl.col("verdict") == "missed")
    ended = measured.attainment.filter(~pl.col("running")).select(KEYS)
    of_tickets = late.select("subscriber", "rule", "window_start", lateness).join(
        ended, on=["subscriber", "rule", "window_start"]
    )
    tables = [in_windows.select(*KEYS, length), one_by_one.select(*KEYS, length), of_tickets.select(*KEYS, "outage")]
    return pl.concat(tables).with_row_index("number")


def outages_of_incidents(measured: MeasuredEvidence, numbers: Iterable[int]) -> OutagesOfIncidents:
    """Find the outages of each incident that is judged by itself; what measurements found is known by its start.

    Parameters
    ----------
    measured
        As `measure_evidence` gives it.
    numbers
        Of the rules whose incidents are wanted.
    """
    assessed = measured.assessed
    alone = pl.col("rule").is_in([number for number in numbers if measured.rules[number].per_incident])
    runs = measured.ledger.filter(alone & pl.col("run").is_not_null() & pl.col("window_start").is_not_null())
    known = runs.join(assessed.obligations.select("obligation", "subscriber"), on="obligation")
    known = known.join(assessed.outages.select("outage", "of_rule", "started"), on="outage")
    found: dict[tuple[int, int, int], set[tuple[str, int]]] = {}
    columns = ("subscriber", "window_start", "window_end", "outage", "of_rule", "started")
    for *key, outage, of_rule, started in known.select(columns).unique().rows():
        name = ("recorded", outage) if of_rule is None else ("measured", started)
        found.setdefault((key[0], key[1], key[2]), set()).add(name)
    return found


def first_alike(measured: MeasuredEvidence, windows: pl.DataFrame, before: pl.DataFrame) -> list[int]:
    """Find for each rule the first that found the same: without emergency maintenance, how it is read does not matter.

    Parameters
    ----------
    measured
        As `measure_evidence` gives it.
    windows, before
        Facts of the windows that are assessed, and of those before.
    """
    rules = measured.rules
    named = [(rule.policy, rule.tier, rule.leg, rule.guarantee.id) for rule in rules]
    if len(set(named)) == len(named):
        return list(range(len(named)))
    # which outages are of one incident decides with what it is compared
    counted = measured.ledger.filter((pl.col("verdict") == COUNTED) | per_incident(rules)).drop("obligation")
    tables = [
        {key[0]: rows for key, rows in table.partition_by("rule", as_dict=True, include_key=False).items()}
        for table in (windows, counted, before)
    ]
    nothing = pl.DataFrame()
    first: list[int] = []
    seen: dict[object, list[int]] = {}
    for number, rule in enumerate(rules):
        own = [table.get(number, nothing) for table in tables]
        twins = seen.setdefault((named[number], rule.guarantee.window), [])
        same = (
            n for n in twins if all(table.get(n, nothing).equals(of) for table, of in zip(tables, own, strict=True))
        )
        first.append(next(same, number))
        twins += [number] if first[number] == number else []
    return first


def _paid_once(
    measured: MeasuredEvidence,
    remedy: Remedy,
    rules: Mapping[int, Rule],
    facts: pl.DataFrame,
    already: Mapping[Owner, int] | None = None,
) -> pl.DataFrame:
    """Take from facts what an earlier sliding window of the same guarantee has paid for."""
    sliding = [number for number, rule in rules.items() if rule.guarantee.window.slides]
    obligations = measured.assessed.obligations.filter(pl.col("rule").is_in(sliding))
    ledger = measured.ledger.filter(pl.col("rule").is_in(sliding))
    windows = measured.assessed.windows.join(obligations.select("obligation"), on="obligation", how="semi")
    only_sliding = replace(measured.assessed, windows=windows)
    of_values = facts.filter(pl.col("rule").is_in(sliding) & ~pl.col("rule").is_in(obligations["rule"].implode()))

    def remeasure(paid_until: Mapping[Owner, int]) -> pl.DataFrame:
        edges = [(who, rule, end) for (who, rule), end in paid_until.items()]
        paid = pl.DataFrame(edges, schema=PAID_UNTIL, orient="row")
        of_obligation = obligations.select("obligation", "subscriber", "rule").join(paid, on=["subscriber", "rule"])
        cut = ledger.join(
            of_obligation.select("obligation", "paid_end"), on="obligation", how="left", maintain_order="left"
        )
        cut = cut.with_columns(pl.max_horizontal("start", "paid_end").alias("start")).drop("paid_end")
        again = facts_of_windows(measure_availability(only_sliding, cut.filter(pl.col("start") < pl.col("end"))))
        apart = of_values.join(paid, on=["subscriber", "rule"], how="left").with_columns(
            pl.when(pl.col("window_start") < pl.col("paid_end")).then(0).otherwise("total").alias("total")
        )
        return pl.concat([table.select(*KEYS, *LEVEL) for table in (again, apart)])

    runs = incident_runs(measured.assessed, ledger).join(
        obligations.select("obligation", "subscriber"), on="obligation"
    )
    incidents: dict[Owner, list[tuple[int, int]]] = {}
    for who, rule, start, end in runs.select("subscriber", "rule", "start", "end").iter_rows():
        incidents.setdefault((who, rule), []).append((start, end))
    slid = facts.filter(pl.col("rule").is_in(sliding))
    others = facts.filter(~pl.col("rule").is_in(sliding)).with_columns(pl.lit(value=True).alias("pays"))
    once = paid_once(remedy.credit, rules, slid, incidents, remeasure, already or {})
    return pl.concat([once.select(others.columns), others])


def facts_of_windows(windows: pl.DataFrame) -> pl.DataFrame:
    """Select the facts of windows that have ended, as `measure_availability` gives them."""
    missed = (~pl.col("met")).fill_null(value=False).alias("missed")
    return windows.filter(~pl.col("running")).select(*KEYS, "total", "bad", missed, "agreed", "downtime", "scale")


def facts_of_incidents(incidents: pl.DataFrame) -> pl.DataFrame:
    """Select the facts of incidents without a window, as `measure_incidents` gives them, each against itself."""
    length, down = pl.col("window_end") - pl.col("window_start"), pl.col("downtime")
    missed = (~pl.col("met")).fill_null(value=True).alias("missed")
    level = [length.alias("total"), down.alias("bad"), missed, length.alias("agreed"), down, WHOLE]
    return incidents.filter(~pl.col("running")).select(*KEYS, *level)


def with_targets(facts: pl.DataFrame, rules: Sequence[Rule]) -> pl.DataFrame:
    """Add to facts what their rules guarantee: `target`, and `sign`."""
    target = per_rule((percent_units(rule.guarantee.limit or 0) for rule in rules), pl.Int64)  # type: ignore[arg-type]
    sign = per_rule((1 if rule.guarantee.falls else -1 for rule in rules), pl.Int64)
    return facts.with_columns(target.alias("target"), sign.alias("sign"))


def with_conditions(
    facts: pl.DataFrame,
    downtime_intervals: pl.DataFrame,
    conditions: Sequence[Condition],
    before: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Add to the facts of windows what conditions ask of them: breaches before, incidents, all outages.

    Parameters
    ----------
    facts, downtime_intervals
        Of the same rules, as `Facts` has them.
    conditions
        Of schedules or rights.
    before
        Facts of windows that ended before those of the assessment.
    """
    known = with_state(facts, conditions, before)
    if not asks(conditions, "incidents", "outage"):
        return known
    counted = downtime_intervals.group_by(KEYS)
    found = counted.agg(pl.len().cast(pl.Int64).alias("incidents"), pl.col("outage"))
    joined = known.join(found, on=KEYS, how="left", maintain_order="left")
    return joined.with_columns(pl.col("incidents").fill_null(0))


def downtime_by_day(assessed: AssessmentInput, ledger: pl.DataFrame, rules: Mapping[int, Rule]) -> pl.DataFrame:
    """Sum up the counted downtime of each local day of a window on which any lies.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.
    rules
        Of which the days are wanted, by number.

    Returns
    -------
    pl.DataFrame
        `DAYS`: `incident` is the first instant of the day, `downtime` that of the day, `outage` its longest downtime
        interval.
    """
    counted = ledger.filter((pl.col("verdict") == COUNTED) & pl.col("rule").is_in(list(rules)))
    segments = counted.join(assessed.obligations.select("obligation", "subscriber"), on="obligation").sort(
        *KEYS, "start"
    )
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


def _of_rules(facts: Mapping[int, pl.DataFrame], rules: Iterable[int], schema: Mapping[str, Any]) -> pl.DataFrame:
    known = [facts[number] for number in rules if number in facts]
    return pl.concat(known) if known else pl.DataFrame(schema=schema)
