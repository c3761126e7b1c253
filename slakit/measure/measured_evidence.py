"""Everything that is measured for an assessment: outages, tickets and measured values, by rules numbered once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.measure.assessment_input import AssessmentInput, input_of
from slakit.measure.attainment import in_windows, measure_attainment
from slakit.measure.availability import measure_availability, measure_incidents
from slakit.measure.calendar import Period
from slakit.measure.conventions import Conventions
from slakit.measure.coverage import with_uncovered
from slakit.measure.downtime import account_downtime
from slakit.measure.measured import measured_values
from slakit.measure.rules import Rule, measured_by, obligations_of, suspensions_of
from slakit.measure.tickets import judge_tickets
from slakit.measure.windows import judged_windows, time_of_ledgers

EDGES = ["window_start", "window_end", "whole_start", "whole_end"]


@dataclass(frozen=True)
class MeasuredEvidence:
    """What was measured; the column `rule` of every frame is the position in `rules`.

    Attributes
    ----------
    rules
        Of all sources, as `number_rules` gives them.
    assessed, ledger
        As `account_downtime` takes and gives them.
    windows, incidents
        As `measure_availability` and `measure_incidents` give them.
    tickets
        As `judge_tickets` gives them, with `window_start` (µs) of the window they were opened in.
    attainment
        As `measure_attainment` gives it.
    values
        As `measured_values` gives them.
    parts
        Windows that a change of the subscription cuts: `subscriber`, `rule`, `window_start`, `window_end`, and
        `whole_start`, `whole_end` of the window that each is a part of (µs).
    """

    rules: Sequence[Rule]
    assessed: AssessmentInput
    ledger: pl.DataFrame
    windows: pl.DataFrame
    incidents: pl.DataFrame
    tickets: pl.DataFrame
    attainment: pl.DataFrame
    values: pl.DataFrame
    parts: pl.DataFrame


def measure_evidence(
    evidence: Evidence, rules: Sequence[Rule], period: Period, as_of: int, *, conventions: Conventions | None = None
) -> MeasuredEvidence:
    """Measure every obligation of every subscription.

    Parameters
    ----------
    evidence
        Checked tables. Subscriptions whose policy and tier no rule names have no obligations.
    rules
        As `number_rules` gives them.
    period, as_of
        What is judged, and the instant of the assessment. [µs]
    conventions
        How the clocks of tickets run where tools differ; the defaults if not given.

    Raises
    ------
    InputError
        Tickets or measurements cannot be judged as their guarantees ask.
    """
    obligations = obligations_of(evidence.phases, rules)
    windows = judged_windows(obligations, rules, period, as_of, suspensions_of(evidence))
    obligations = time_of_ledgers(obligations, windows, rules)
    windows = windows.join(obligations.drop("billing_day"), on="obligation", maintain_order="left")
    of_outages, of_tickets, of_measurements = (
        windows.filter(measured_by(source, rules)) for source in ("outages", "tickets", "measurements")
    )
    judged_by_outages = obligations.filter(measured_by("outages", rules))
    edges = of_outages.select("obligation", "running", *EDGES)
    assessed = with_uncovered(input_of(evidence, rules, judged_by_outages, edges, period, as_of))
    ledger = account_downtime(assessed)
    tickets = judge_tickets(evidence, rules, obligations, as_of, conventions=conventions)
    tickets = in_windows(tickets, of_tickets)
    cut = (pl.col("window_start") != pl.col("whole_start")) | (pl.col("window_end") != pl.col("whole_end"))
    return MeasuredEvidence(
        rules,
        assessed,
        ledger,
        measure_availability(assessed, ledger),
        measure_incidents(assessed, ledger),
        tickets,
        measure_attainment(tickets, of_tickets, rules),
        measured_values(evidence, rules, of_measurements, as_of),
        windows.filter(cut).select("subscriber", "rule", *EDGES),
    )
