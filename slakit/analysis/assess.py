"""Assess evidence: what happened by the contract's rules, what is owed, and until when it can be claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from slakit._atomic import is_file
from slakit.analysis import result_tables
from slakit.analysis.assumptions import assumptions_of
from slakit.analysis.claims import claims_made, claims_of
from slakit.analysis.plans import Plans, Policies, Settled, plans_of, refuse_unmeasured
from slakit.analysis.ranges import owed_ranges
from slakit.analysis.readings import readings_table
from slakit.analysis.recovery import backups_table, recoveries_table
from slakit.analysis.review import Review
from slakit.analysis.rights import rights_of
from slakit.analysis.samples import missing_samples
from slakit.analysis.vocabulary import in_words_of_contracts
from slakit.analysis.warnings import refuse_warnings, warnings_of, warnings_table
from slakit.arguments import checked
from slakit.evidence.evidence import Evidence
from slakit.measure.assessment_input import input_of
from slakit.measure.attainment import judged_tickets
from slakit.measure.calendar import FIRST_YEAR, LAST_YEAR, Period, to_microseconds
from slakit.measure.conventions import Conventions
from slakit.measure.downtime import account_downtime
from slakit.measure.measured import measured_rules, measured_values
from slakit.measure.rules import distinct, rules_of
from slakit.measure.tickets import ticket_rules
from slakit.policy.document import Policy
from slakit.policy.files import find_policy
from slakit.problems import InputError, Problem
from slakit.remedy.awards import Awards, Claimed
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
    known = policies if policies is not None else policies_of(evidence)
    plans = plans_of(evidence, known, Settled.of(reading), every=ranges)
    evidence, warned = in_words_of_contracts(evidence, plans)
    fees = Fees(evidence.subscriptions, evidence.charges)
    made = claims_made(evidence, fees, known, to_microseconds(moment))
    awards = _awards(evidence, plans, (span, to_microseconds(moment)), fees, made, conventions)
    tables = _tables(awards, plans, evidence)
    chosen = {plan: readings[0] for plan, readings in plans.items()}
    missing = list(missing_samples(evidence, chosen, tables, moment))
    warned += warnings_of(evidence, plans, tables, missing, span, moment)
    warnings = warnings_table(warned, evidence)
    if strict:
        refuse_warnings(warnings, evidence.source)
    return Review(
        **tables,
        warnings=warnings,
        assumptions=assumptions_of(evidence, known, chosen, fees, missing, conventions),
        evidence=evidence,
        period=span,
        as_of=moment,
        policies=known,
        terms=chosen,
        counted_charges=frozenset(fees.counted),
    )


def _awards(
    evidence: Evidence,
    plans: Plans,
    when: tuple[Period, int],
    fees: Fees,
    made: Claimed,
    conventions: Conventions | None,
) -> Awards:
    """Measure all that the readings of the plans need, each thing once."""
    refuse_unmeasured(evidence, plans)
    every = [(plan, terms) for plan, readings in plans.items() for terms in readings]
    case = input_of(evidence, distinct(rules_of(plan, terms) for plan, terms in every), *when)
    asked = distinct(ticket_rules(plan, terms) for plan, terms in every)
    desk = judged_tickets(evidence, asked, *when, conventions=conventions)
    figures = measured_values(evidence, distinct(measured_rules(plan, terms) for plan, terms in every), *when)
    return Awards(case, account_downtime(case), fees, made, desk, figures)


def _tables(awards: Awards, plans: Plans, evidence: Evidence) -> dict[str, pl.DataFrame]:
    """The tables under the chosen reading, and the ranges over all."""
    case, desk, subscriptions = awards.case, awards.desk, evidence.subscriptions
    chosen = [(plan, readings[0]) for plan, readings in plans.items()]
    measured = {awards.numbers[rule.key] for plan, terms in chosen for rule in rules_of(plan, terms)}
    ours = result_tables.of_rules(measured)
    asked = {awards.numbers[rule.key] for plan, terms in chosen for rule in ticket_rules(plan, terms)}
    on_tickets = result_tables.of_rules(number - len(case.rules) for number in asked)
    levels = {awards.numbers[rule.key] for plan, terms in chosen for rule in measured_rules(plan, terms)}
    on_figures = result_tables.of_rules(number - len(case.rules) - len(desk.rules) for number in levels)
    credits = [awards.award(plan, terms, remedy) for plan, terms in chosen for remedy in terms.remedies]
    ranges, answers = owed_ranges(awards, plans)
    return {
        "ledger": result_tables.ledger_table(case, awards.ledger, subscriptions, sorted(measured)),
        "availability": result_tables.availability_table(case, awards.windows.filter(ours), subscriptions),
        "incidents": result_tables.incidents_table(case, awards.incidents.filter(ours), subscriptions),
        "figures": result_tables.figures_table(
            awards.figures, awards.figures.measured.filter(on_figures), subscriptions
        ),
        "rights": rights_of(awards, plans),
        "attainment": result_tables.attainment_table(desk, desk.attainment.filter(on_tickets), subscriptions),
        "tickets": result_tables.tickets_table(desk, desk.judged.filter(on_tickets), evidence),
        "credits": result_tables.credits_table(credits, awards.fees),
        "ranges": result_tables.ranges_table(ranges, awards.fees),
        "readings": readings_table(answers, awards.fees),
        **dict(zip(("claims", "claim_steps"), claims_of(awards, plans), strict=True)),
        "recoveries": recoveries_table(evidence, plans, case.as_of),
        "backups": backups_table(evidence, plans, case.as_of),
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

    Raises
    ------
    InputError
        Policies that are not there, or are at fault, all at once.
    """
    policies: dict[str, Policy] = {}
    problems: list[Problem] = []
    for name in evidence.subscriptions["policy"].unique(maintain_order=True):
        beside = (evidence.folder or Path()) / name
        try:
            policies[name] = find(str(beside) if name.endswith((".yaml", ".yml")) and is_file(beside) else name)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(evidence.source, problems)
    return policies
