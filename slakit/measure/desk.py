"""The service desk: priorities, response and resolution clocks, and attainment (calculation rules, section 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from slakit.evidence.tables import Evidence
from slakit.measure.availability import FULL
from slakit.measure.business_time import BUSINESS_DAY, Calendar, business_days, due_with_holds, merged_holds
from slakit.measure.calendar import Period
from slakit.measure.rules import ASSUMED_ZONE, Plan, Rule, duties_of, per_rule
from slakit.measure.windows import judged_windows
from slakit.policy.quantities import Duration, percent_units
from slakit.policy.support import Support
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of

ANSWERS = {"response": "responded", "resolution": "resolved"}
"""Which instant stops the clock of a guarantee."""
JUDGED = {
    "subscriber": pl.UInt32,
    "rule": pl.UInt32,
    "ticket": pl.UInt32,
    "priority": pl.String,
    "kind": pl.String,
    "opened": pl.Int64,
    "answered": pl.Int64,
    "due": pl.Int64,
    "within": pl.Int64,
    "elapsed": pl.Int64,
    "verdict": pl.String,
}
"""A ticket under one guarantee. Instants and working times in µs; `verdict` is met, missed, pending or left_out."""


def desk_rules(plan: Plan, terms: Terms) -> list[Rule]:
    """The rules by which one set of terms measures tickets."""
    zone = terms.time_zone or ASSUMED_ZONE
    return [Rule(*plan, zone, g, (), terms.support) for g in terms.guarantees if g.metric in ANSWERS]


def tickets_of(evidence: Evidence, as_of: int) -> pl.DataFrame:
    """Tickets opened by `as_of`, numbered, as they were known then.

    Returns
    -------
    pl.DataFrame
        `ticket` (row of the table), `name`, `subscriber`, `policy`, `tier`, `opened`, `responded`, `resolved`, `due`
        (µs), `priority`, `impact`, `urgency`, `kind`.
    """
    holders = evidence.subscriptions.with_row_index("subscriber").select("subscriber", "subscription", "policy", "tier")
    numbered = evidence.tickets.with_row_index("ticket_number").rename({"ticket": "name"})
    known = numbered.join(holders, on="subscription", maintain_order="left")
    instants = [pl.col(name).dt.epoch("us") for name in ("opened", "responded", "resolved", "due")]
    words = ("name", "subscriber", "policy", "tier", "priority", "impact", "urgency", "kind")
    tickets = known.select(pl.col("ticket_number").alias("ticket"), *words, *instants)
    later = [pl.when(pl.col(name) <= as_of).then(name).alias(name) for name in ("responded", "resolved")]
    return tickets.filter(pl.col("opened") < as_of).with_columns(later)


def holds_of(evidence: Evidence, as_of: int) -> pl.DataFrame:
    """Holds by `as_of`, an open one until then: `ticket` (row of the tickets table), `start`, `end` (µs)."""
    numbers = evidence.tickets.with_row_index("number").select("number", "ticket")
    holds = evidence.holds.join(numbers, on="ticket", maintain_order="left")
    end = pl.col("ended").dt.epoch("us").fill_null(as_of).clip(upper_bound=as_of)
    return holds.select(
        pl.col("number").alias("ticket"), pl.col("started").dt.epoch("us").alias("start"), end.alias("end")
    )


def prioritised(tickets: pl.DataFrame, support: Support | None, source: str) -> pl.DataFrame:
    """Give every ticket its priority: its own, or that of the policy's impact and urgency matrix.

    Raises
    ------
    InputError
        Tickets with neither, or with a word the policy does not know; each with its row.
    """
    cells = [
        (impact, urgency, priority)
        for impact, row in (support.matrix.impact.items() if support and support.matrix else ())
        for urgency, priority in row.items()
    ]
    matrix = pl.DataFrame(cells, schema=dict.fromkeys(("impact", "urgency", "ranked"), pl.String), orient="row")
    ranked = tickets.join(matrix, on=["impact", "urgency"], how="left", maintain_order="left")
    ranked = ranked.with_columns(pl.coalesce("priority", "ranked").alias("priority"))
    known = [priority.id for priority in support.priorities] if support else []
    problems = [*_unranked(ranked, matrix), *_unknown(ranked, known)]
    if problems:
        raise InputError(source, problems)
    return ranked.drop("ranked")


def _unranked(tickets: pl.DataFrame, matrix: pl.DataFrame) -> Iterator[Problem]:
    for number, impact, urgency in (
        tickets.filter(pl.col("priority").is_null()).select("ticket", "impact", "urgency").iter_rows()
    ):
        given = f"impact {impact}, urgency {urgency}" if impact or urgency else None
        remedy = (
            "give a priority"
            if matrix.is_empty()
            else "give a priority, or impact and urgency as the policy names them"
        )
        yield Problem(f"tickets row {number + 2} priority", given, "no priority can be found", remedy)


def _unknown(tickets: pl.DataFrame, known: Sequence[str]) -> Iterator[Problem]:
    strange = tickets.filter(pl.col("priority").is_not_null() & ~pl.col("priority").is_in(list(known)))
    for number, priority in strange.select("ticket", "priority").iter_rows() if known else ():
        yield Problem(
            f"tickets row {number + 2} priority", priority, "not a priority of the policy", one_of(known, priority)
        )


def judge_tickets(evidence: Evidence, rules: Sequence[Rule], as_of: int) -> pl.DataFrame:
    """Run the clock of every ticket under every rule of its subscription.

    Parameters
    ----------
    rules
        From `desk_rules`; a row's `rule` is the position here.
    as_of
        [µs]

    Returns
    -------
    pl.DataFrame
        `JUDGED`, in the order of rules and tickets.

    Raises
    ------
    InputError
        Tickets whose priority cannot be told, or has no target.
    """
    tickets, holds = tickets_of(evidence, as_of), holds_of(evidence, as_of)
    tables = [pl.DataFrame(schema=JUDGED)]
    for number, rule in enumerate(rules):
        same_tier = pl.col("tier").eq_missing(pl.lit(rule.tier, dtype=pl.String))
        mine = prioritised(tickets.filter((pl.col("policy") == rule.policy) & same_tier), rule.support, evidence.source)
        for priority, within in _targets(mine, rule, evidence.source):
            asked = mine if priority is None else mine.filter(pl.col("priority") == priority)
            tables.append(
                _clocked(asked, holds, rule, within, as_of).with_columns(pl.lit(number, dtype=pl.UInt32).alias("rule"))
            )
    return pl.concat([table.select(list(JUDGED)) for table in tables]).sort("rule", "ticket")


def _targets(tickets: pl.DataFrame, rule: Rule, source: str) -> list[tuple[str | None, Duration]]:
    """Longest time by priority; one for all has no priority."""
    within = rule.guarantee.within
    if isinstance(within, Duration):
        return [(None, within)]
    targets: Mapping[str, Duration] = within or {}
    missing = tickets.filter(~pl.col("priority").is_in(list(targets)))
    if missing.height:
        wrong = f"{rule.guarantee.id} has no target for this priority"
        raise InputError(
            source,
            [
                Problem(f"tickets row {number + 2} priority", priority, wrong, one_of(targets, priority))
                for number, priority in missing.select("ticket", "priority").iter_rows()
            ],
        )
    return list(targets.items())


def calendar_of(rule: Rule, within: Duration, first: int, last: int) -> Calendar:
    """The calendar a target runs in: support hours, or business days where it is written in them."""
    if within.business_days:
        return Calendar(business_days(), rule.zone, first, last)
    return Calendar(rule.support.hours if rule.support else None, rule.zone, first, last)


def working_time(within: Duration) -> int:
    """Length of a target in working time. [µs]"""
    return within.business_days * BUSINESS_DAY or within.microseconds


def _clocked(tickets: pl.DataFrame, holds: pl.DataFrame, rule: Rule, within: Duration, as_of: int) -> pl.DataFrame:
    if tickets.is_empty():
        return pl.DataFrame(schema={name: dtype for name, dtype in JUDGED.items() if name != "rule"})
    first = min(int(tickets["opened"].min()), as_of)  # type: ignore[arg-type]
    calendar = calendar_of(rule, within, first, as_of)
    answer = pl.col(ANSWERS[rule.guarantee.metric])
    clocked = tickets.with_columns(answer.alias("answered"), answer.fill_null(as_of).alias("until"))
    waits = _waits(clocked, holds)
    target = pl.lit(working_time(within), dtype=pl.Int64)
    clocked = clocked.with_columns(target.alias("within"), pl.col("due").alias("own_due"))
    due = due_with_holds(calendar, clocked, waits)
    held = waits.with_columns(calendar.elapsed(waits["start"], waits["end"]).alias("held"))
    held = held.group_by("ticket").agg(pl.col("held").sum())
    gross = calendar.elapsed(clocked["opened"], clocked["until"])
    clocked = clocked.with_columns(gross.alias("gross"), pl.coalesce("own_due", due).alias("due"))
    clocked = clocked.join(held, on="ticket", how="left", maintain_order="left")
    elapsed = (pl.col("gross") - pl.col("held").fill_null(0)).alias("elapsed")
    return clocked.with_columns(elapsed).with_columns(_verdict(rule).alias("verdict"))


def _waits(clocked: pl.DataFrame, holds: pl.DataFrame) -> pl.DataFrame:
    """Holds, cut to the time in which the clock of the ticket could run."""
    cut = holds.join(clocked.select("ticket", "opened", "until"), on="ticket")
    start, end = pl.max_horizontal("start", "opened"), pl.min_horizontal("end", "until")
    return merged_holds(cut.select("ticket", start.alias("start"), end.alias("end")))


def _verdict(rule: Rule) -> pl.Expr:
    """Met: elapsed ≤ target, or answered by its own deadline. Without an answer: missed once its time is up."""
    own = pl.col("own_due").is_not_null()
    in_time = pl.when(own).then(pl.col("until") <= pl.col("own_due")).otherwise(pl.col("elapsed") <= pl.col("within"))
    answered = pl.col("answered").is_not_null()
    exclude = rule.guarantee.exclude
    left_out = pl.col("kind").is_in(exclude.tickets) | (pl.col("kind").is_in(exclude.own_deadline) & own)
    return (
        pl.when(left_out.fill_null(value=False))
        .then(pl.lit("left_out"))
        .when(~in_time)
        .then(pl.lit("missed"))
        .when(answered)
        .then(pl.lit("met"))
        .otherwise(pl.lit("pending"))
    )


def measure_attainment(
    judged: pl.DataFrame, evidence: Evidence, rules: Sequence[Rule], period: Period, as_of: int
) -> pl.DataFrame:
    """Share of tickets that met their target, per window; a ticket belongs to the window in which it was opened.

    Returns
    -------
    pl.DataFrame
        `subscriber`, `rule`, `window_start`, `window_end` (µs), `running`, `eligible`, `met_count`, `pending`, `met`
        (null without an eligible ticket, without a target, or while the window runs).
    """
    duties = duties_of(evidence.subscriptions, rules)
    windows = judged_windows(duties, rules, period, as_of).join(
        duties.select("duty", "subscriber", "rule"), on="duty", maintain_order="left"
    )
    counted = _counted(in_windows(judged, windows), ["subscriber", "rule", "window_start"])
    keys = ["subscriber", "rule", "window_start"]
    shown = windows.select(*keys, "window_end", "running").join(counted, on=keys, how="left", maintain_order="left")
    shown = shown.with_columns(pl.col("eligible", "met_count", "pending").fill_null(0))
    target = per_rule(
        (None if r.guarantee.target is None else percent_units(r.guarantee.target) for r in rules), pl.Int64
    )
    met = pl.col("met_count").cast(pl.Int128) * FULL >= target * pl.col("eligible").cast(pl.Int128)
    return shown.with_columns(pl.when((pl.col("eligible") > 0) & ~pl.col("running")).then(met).alias("met"))


def _counted(judged: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    verdict = pl.col("verdict")
    return judged.group_by(keys, maintain_order=True).agg(
        verdict.is_in(["met", "missed"]).sum().cast(pl.Int64).alias("eligible"),
        (verdict == "met").sum().cast(pl.Int64).alias("met_count"),
        (verdict == "pending").sum().cast(pl.Int64).alias("pending"),
    )


def in_windows(judged: pl.DataFrame, windows: pl.DataFrame) -> pl.DataFrame:
    """Judged tickets with the window in which they were opened; those opened in none are left out."""
    spans = windows.select("subscriber", "rule", "window_start", "window_end").sort("window_start")
    placed = judged.sort("opened").join_asof(
        spans, left_on="opened", right_on="window_start", by=["subscriber", "rule"], check_sortedness=False
    )
    return placed.filter(pl.col("opened") < pl.col("window_end"))


def by_priority(judged: pl.DataFrame) -> pl.DataFrame:
    """Attainment and times of answer for each rule and priority, and altogether (`priority` null).

    Returns
    -------
    pl.DataFrame
        `subscriber`, `rule`, `priority`, `eligible`, `met_count`, `pending`, `p50`, `p90`, `p95` (working time, µs, of
        answered tickets).
    """
    kept = judged.filter(pl.col("verdict") != "left_out")
    together = kept.with_columns(pl.lit(None, dtype=pl.String).alias("priority"))
    both, keys = pl.concat([together, kept]), ["subscriber", "rule", "priority"]
    answered = both.filter(pl.col("answered").is_not_null())
    quantiles = answered.group_by(keys).agg(
        pl.col("elapsed").quantile(share / 100, interpolation="higher").cast(pl.Int64).alias(f"p{share}")
        for share in (50, 90, 95)
    )
    counted = _counted(both, keys)
    return counted.join(quantiles, on=keys, how="left", nulls_equal=True, maintain_order="left").sort(keys)


@dataclass(frozen=True)
class Desk:
    """The tickets of a case: judged one by one, and by window.

    Attributes
    ----------
    rules
        Distinct rules on tickets.
    judged
        As `judge_tickets` gives them, with `window_start` (µs) of the window they were opened in.
    attainment
        As `measure_attainment` gives it.
    """

    rules: Sequence[Rule]
    judged: pl.DataFrame
    attainment: pl.DataFrame


def desk_of(evidence: Evidence, rules: Sequence[Rule], period: Period, as_of: int) -> Desk:
    """Judge all tickets, and sum them up by window."""
    judged = judge_tickets(evidence, rules, as_of)
    attainment = measure_attainment(judged, evidence, rules, period, as_of)
    return Desk(rules, in_windows(judged, attainment), attainment)
