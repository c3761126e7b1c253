"""Assess evidence: what happened by the contract's rules, what is owed, and until when it can be claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import NamedTuple

import polars as pl

from slakit._atomic import is_file
from slakit.analysis import result_tables
from slakit.analysis.assumptions import assumptions_of
from slakit.analysis.bounds import BOUNDS, Bound, at_bound, bounded, bounds_table, bounds_warnings
from slakit.analysis.claims import claim_credits, claim_steps_table, claims_made, claims_table
from slakit.analysis.corrections import corrections_table, decided_otherwise
from slakit.analysis.observation import unobserved_time
from slakit.analysis.plans import Plans, Policies, Settled, plans_of, refuse_means_of_nothing, refuse_unmeasured
from slakit.analysis.ranges import owed_ranges
from slakit.analysis.readings import readings_table
from slakit.analysis.recovery import backups_table, recoveries_table
from slakit.analysis.register import register_table
from slakit.analysis.requirements import refuse_unknown_conditions, requirements_of, requirements_table
from slakit.analysis.review import Review
from slakit.analysis.rights import rights_of
from slakit.analysis.samples import missing_samples, too_few_requests
from slakit.analysis.vocabulary import in_words_of_contracts
from slakit.analysis.warnings import refuse_warnings, warnings_of, warnings_table
from slakit.arguments import checked
from slakit.evidence.corrections import corrected
from slakit.evidence.evidence import Evidence
from slakit.evidence.recurring import with_occurrences
from slakit.measure.calendar import FIRST_YEAR, LAST_YEAR, Period, to_microseconds
from slakit.measure.conventions import Conventions
from slakit.measure.measured_evidence import MeasuredEvidence, measure_evidence
from slakit.measure.rules import courses_of, number_rules
from slakit.policy.document import Policy
from slakit.policy.files import find_policy
from slakit.problems import InputError, Problem
from slakit.remedy.awards import Awarded, Claimed, award_remedies
from slakit.remedy.fees import Fees


@checked
def assess(
    evidence: Evidence,
    period: str | Period,
    as_of: str | date | datetime,
    *,
    reading: Mapping[str, str] | Iterable[str] | None = None,
    policies: Policies | None = None,
    ranges: bool = True,
    conventions: Conventions | None = None,
    strict: bool = False,
) -> Review:
    """Judge evidence by the contracts it names.

    Parameters
    ----------
    evidence
        Checked tables, from `read_evidence` or `Evidence.of`.
    period
        First and last month, or day, both included, in each contract's time zone: `2026-07/2026-09`.
    as_of
        The instant of the assessment: nothing after it is known. A date means its first instant in UTC.
    reading
        Answers to questions the contracts leave open: question → answer, or policy:question → answer. A question that
        is not settled here gets its default, and every other answer goes into `ranges`.
    policies
        Policies by the name the subscriptions give them. By default the library, and files by their path.
    ranges
        Whether to assess under every combination of answers. Without it a range is the one amount.
    conventions
        How the clocks of tickets run where tools differ, and extra closing days; the defaults if not given.
    strict
        Whether evidence that gives rise to warnings is refused.

    Returns
    -------
    Review

    Raises
    ------
    InputError
        A policy, tier, question, answer, period or instant is unknown; all problems at once. With `strict` also for
        each warning.

    Examples
    --------
    >>> evidence = Evidence.of(
    ...     [{"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK",
    ...       "starts": "2025-01-01T00:00:00+01:00"}],
    ...     outages=[{"outage": "o1", "subscription": "shop", "started": "2026-06-10T00:00:00Z",
    ...               "ended": "2026-06-13T00:00:00Z", "detected": "2026-06-10T00:00:00Z"}])
    >>> assess(evidence, "2026-06", "2026-07-01").owed
    {'DKK': Decimal('152.00')}
    """
    span = period if isinstance(period, Period) else Period.parse(period)
    moment = instant_of(as_of)
    settled = Settled.of(reading)
    # the last midnight of the period is a day after that in UTC at most
    evidence = with_occurrences(evidence, datetime.combine(span.after, time(), UTC) + timedelta(days=1))
    known = policies if policies is not None else policies_of(evidence)
    plans = plans_of(evidence, known, settled, every=ranges)
    recorded, warned = in_words_of_contracts(evidence, plans)
    evidence = corrected(recorded, moment)
    done = _calculate(evidence, known, plans, span, moment, conventions)
    tables, measured, awarded = done.tables, done.measured, done.awarded
    chosen = {plan: readings[0] for plan, readings in plans.items()}

    def tables_of(other: Evidence) -> dict[str, pl.DataFrame]:
        """Assess what could be otherwise in the same way, under the chosen reading."""
        read = plans_of(other, known, settled, every=False)
        return _calculate(corrected(other, moment), known, read, span, moment, conventions).tables

    others = decided_otherwise(recorded, moment)
    owed = {name: (other, tables_of(other)["credits"]) for name, other in others.items()}
    tables["register"] = register_table(evidence, tables["credits"], moment)
    tables["corrections"] = corrections_table(recorded, moment, tables["credits"], owed)
    uncertain = bounded(evidence)
    of_them = pl.col("subscription").is_in(uncertain)
    usual = {name: tables[name].filter(of_them) for name in ("availability", "incidents", "credits")}
    at_bounds: dict[Bound, dict[str, pl.DataFrame]] = dict.fromkeys(BOUNDS, usual)
    if uncertain:  # outages that are as short, or as long, as can be
        at_bounds = {bound: tables_of(at_bound(evidence, uncertain, bound)) for bound in BOUNDS}
    tables["bounds"] = bounds_table(usual, at_bounds, chosen)
    warned += bounds_warnings(tables["bounds"])
    missing = list(missing_samples(evidence, chosen, tables, moment))
    few = too_few_requests(evidence, chosen, tables, moment)
    ours = {number for readings in awarded.readings.values() for number in readings[0].reading.rules.values()}
    unobserved = list(unobserved_time(measured, ours, evidence.phases))
    warned += warnings_of(evidence, plans, tables, missing, unobserved, awarded.sources.uncharged, span, moment)
    warnings = warnings_table(warned, evidence)
    if strict:
        refuse_warnings(warnings, evidence.source)
    return Review(
        **tables,
        warnings=warnings,
        assumptions=assumptions_of(evidence, known, chosen, done.fees, tables, missing, few, unobserved, conventions),
        evidence=recorded,
        period=span,
        as_of=moment,
        policies=known,
        terms=chosen,
        counted_charges=awarded.sources.charges,
    )


class _Calculated(NamedTuple):
    """What was measured and awarded, and the tables that show it."""

    measured: MeasuredEvidence
    awarded: Awarded
    fees: Fees
    tables: dict[str, pl.DataFrame]


class MeasuredAndAwarded(NamedTuple):
    """What was measured, and what each remedy pays under each reading, before it is shown as tables.

    Attributes
    ----------
    measured, awarded
        As `measure_evidence` and `award_remedies` give them.
    fees, claims
        Fees of the subscriptions, and the claims already made.
    """

    measured: MeasuredEvidence
    awarded: Awarded
    fees: Fees
    claims: Claimed


def _calculate(
    evidence: Evidence, known: Policies, plans: Plans, span: Period, moment: datetime, conventions: Conventions | None
) -> _Calculated:
    """Measure, award and claim what evidence in the words of the contracts gives rise to."""
    measured, awarded, fees, made = measure_and_award(evidence, known, plans, span, moment, conventions)
    requirements = requirements_of(evidence, awarded, to_microseconds(moment))
    claims = claim_credits(measured, awarded, fees, made, requirements)
    tables = _tables(evidence, plans, measured, awarded, claims, fees)
    tables["requirements"] = requirements_table(requirements, evidence.phases)
    return _Calculated(measured, awarded, fees, tables)


def measure_and_award(
    evidence: Evidence,
    known: Policies,
    plans: Plans,
    span: Period,
    moment: datetime,
    conventions: Conventions | None = None,
) -> MeasuredAndAwarded:
    """Measure evidence in the words of the contracts, and award the remedies of every reading.

    Parameters
    ----------
    evidence
        Checked tables in the words of the contracts, as `in_words_of_contracts` gives them.
    known, plans
        Policies by the name the subscriptions give them, and the terms of every plan, as `plans_of` gives them.
    span, moment
        What is judged, and the instant of the assessment.
    conventions
        How the clocks of tickets run where tools differ; the defaults if not given.

    Raises
    ------
    InputError
        A plan cannot be judged by this evidence.
    """
    fees = Fees(evidence.phases, evidence.charges, history=evidence.numbered("subscriptions"))
    now = to_microseconds(moment)
    made = claims_made(evidence, fees, known, now)
    refuse_unmeasured(evidence, plans)
    refuse_unknown_conditions(evidence, known, plans)
    refuse_means_of_nothing(evidence, plans)
    rules, numbered = number_rules(plans, courses_of(evidence.phases))
    measured = measure_evidence(evidence, rules, span, now, conventions=conventions)
    earlier = None
    if any(terms.looks_back for readings in plans.values() for terms in readings):
        # what is missed in a row goes on from the windows before the period, as far back as evidence reaches
        instants = (evidence.outages["started"], evidence.measurements["measured"], evidence.tickets["opened"])
        begun = [
            at.date() - timedelta(days=1) for at in (column.min() for column in instants) if isinstance(at, datetime)
        ]
        if begun and min(begun) < span.first:
            before = Period(min(begun), span.first)
            earlier = measure_evidence(evidence, rules, before, now, conventions=conventions)
    return MeasuredAndAwarded(measured, award_remedies(measured, numbered, fees, made, earlier), fees, made)


def _tables(
    evidence: Evidence, plans: Plans, measured: MeasuredEvidence, awarded: Awarded, claims: pl.DataFrame, fees: Fees
) -> dict[str, pl.DataFrame]:
    """Show what was measured, awarded and can be claimed under the chosen reading, and the ranges over all."""
    rules, subscriptions = measured.rules, evidence.phases
    chosen = [readings[0] for readings in awarded.readings.values()]
    numbers = sorted({number for one in chosen for number in one.reading.rules.values()})
    ours = result_tables.of_rules(numbers)
    numbered = pl.DataFrame({"award": [number for one in chosen for number in one.awards]}, schema={"award": pl.UInt32})
    credits = numbered.join(awarded.credits, on="award", maintain_order="left_right")
    ranges, answers = owed_ranges(awarded, subscriptions)
    return {
        "ledger": result_tables.ledger_table(measured.assessed, measured.ledger, subscriptions, numbers),
        "availability": result_tables.availability_table(rules, measured.windows.filter(ours), subscriptions),
        "incidents": result_tables.incidents_table(rules, measured.incidents.filter(ours), subscriptions),
        "figures": result_tables.measured_values_table(rules, measured.values.filter(ours), subscriptions),
        "rights": rights_of(measured, awarded, subscriptions),
        "attainment": result_tables.attainment_table(rules, measured.attainment.filter(ours), subscriptions),
        "tickets": result_tables.tickets_table(rules, measured.tickets.filter(ours), evidence),
        "credits": result_tables.credits_table(credits, fees),
        "ranges": result_tables.ranges_table(ranges, fees),
        "readings": readings_table(answers, fees),
        "claims": claims_table(claims, fees),
        "claim_steps": claim_steps_table(claims, fees),
        "recoveries": recoveries_table(evidence, plans, measured.assessed.as_of),
        "backups": backups_table(evidence, plans, measured.assessed.as_of),
    }


@checked
def instant_of(as_of: str | date | datetime) -> datetime:
    """Read the instant of an assessment; a date is its first instant in UTC.

    >>> instant_of("2026-10-05").isoformat()
    '2026-10-05T00:00:00+00:00'

    Raises
    ------
    InputError
        It is not ISO 8601, or a time without an offset.
    """
    moment = as_of if isinstance(as_of, date) else None
    try:
        moment = datetime.fromisoformat(as_of) if isinstance(as_of, str) else moment
    except ValueError:
        moment = None
    only_date = isinstance(as_of, str) and len(as_of) == len("2026-10-05")
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment, only_date = datetime(moment.year, moment.month, moment.day), True
    if moment is not None and only_date:
        moment = moment.replace(tzinfo=UTC)
    if moment is None or moment.tzinfo is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
        no_offset = moment is not None and moment.tzinfo is None
        wrong = "a time without an offset" if no_offset else "not an instant"
        raise InputError("as_of", [Problem("as_of", as_of, wrong, "write it like 2026-10-05T00:00:00Z")])
    return moment.astimezone(UTC)


def policies_of(evidence: Evidence, find: Callable[[str], Policy] = find_policy) -> dict[str, Policy]:
    """Find the policies that subscriptions name: in the library, or as files beside the evidence, or else here.

    Parameters
    ----------
    evidence
        Checked tables, and the folder they are from.
    find
        Reads a policy by its name or path.

    Raises
    ------
    InputError
        Policies that are not there, or are at fault, all at once.
    """
    policies: dict[str, Policy] = {}
    problems: list[Problem] = []
    for name in evidence.subscriptions["policy"].unique(maintain_order=True):
        try:
            policies[name] = policy_beside(name, evidence.folder or Path(), find)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(evidence.source, problems)
    return policies


def policy_beside(name: str, folder: Path, find: Callable[[str], Policy] = find_policy) -> Policy:
    """Find a policy by the name that a subscription gives it: as a file beside the evidence, or else by `find`."""
    beside = folder / name
    return find(str(beside) if name.endswith((".yaml", ".yml")) and is_file(beside) else name)
