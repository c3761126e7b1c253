"""The service desk: priorities, response and resolution clocks, and attainment (calculation rules, section 6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from slakit.evidence.tables import Evidence
from slakit.measure.availability import FULL
from slakit.measure.business_time import (
    BUSINESS_DAY,
    Calendar,
    business_days,
    due_with_holds,
    held_time,
    merged_holds,
)
from slakit.measure.calendar import Period, to_instant
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


def holds_of(evidence: Evidence) -> pl.DataFrame:
    """Holds in their order: `ticket` (row of the tickets table), `resolved` (of the ticket), `start`, `end` (µs)."""
    numbers = evidence.tickets.select("ticket", pl.col("resolved").dt.epoch("us")).with_row_index("number")
    holds = evidence.holds.join(numbers, on="ticket", how="left", maintain_order="left")
    start, end = pl.col("started").dt.epoch("us").alias("start"), pl.col("ended").dt.epoch("us").alias("end")
    return holds.select(pl.col("number").alias("ticket"), "resolved", start, end)


def prioritised(tickets: pl.DataFrame, support: Support | None) -> pl.DataFrame:
    """Give every ticket its priority: its own, or that of the policy's impact and urgency matrix, or none."""
    cells = [
        (impact, urgency, priority)
        for impact, row in (support.matrix.impact.items() if support and support.matrix else ())
        for urgency, priority in row.items()
    ]
    matrix = pl.DataFrame(cells, schema=dict.fromkeys(("impact", "urgency", "ranked"), pl.String), orient="row")
    ranked = tickets.join(matrix, on=["impact", "urgency"], how="left", maintain_order="left")
    return ranked.with_columns(pl.coalesce("priority", "ranked").alias("priority")).drop("ranked")


def _unranked(tickets: pl.DataFrame, rule: Rule) -> Iterator[Problem]:
    """Tickets whose priority cannot be told, is not one of the policy, or has no target."""
    support, within = rule.support, rule.guarantee.within
    known = [priority.id for priority in support.priorities] if support else []
    targets = list(within) if isinstance(within, dict) else known
    by_matrix = support is not None and support.matrix is not None
    remedy = "give a priority" + ", or impact and urgency as the policy names them" * by_matrix
    strange = (
        pl.col("priority").is_null() | ~pl.col("priority").is_in(targets) if targets else pl.col("priority").is_null()
    )
    columns = ("ticket", "priority", "impact", "urgency")
    for number, priority, impact, urgency in tickets.filter(strange).select(columns).iter_rows():
        place = f"tickets row {number + 2} priority"
        given = f"impact {impact}, urgency {urgency}" if impact or urgency else None
        if priority is None:
            yield Problem(place, given, "no priority can be found", remedy)
        elif known and priority not in known:
            yield Problem(place, priority, "not a priority of the policy", one_of(known, priority))
        else:
            yield Problem(
                place, priority, f"{rule.guarantee.id} has no target for this priority", one_of(targets, priority)
            )


def _late_holds(holds: pl.DataFrame) -> Iterator[Problem]:
    """Holds that begin after their ticket was resolved."""
    late = holds.with_row_index("number").filter(pl.col("start") > pl.col("resolved"))
    for number, start in late.select("number", "start").iter_rows():
        wrong, remedy = "after the ticket was resolved", "end the hold before, or give the later instant of resolution"
        yield Problem(f"holds row {number + 2} started", to_instant(start), wrong, remedy)


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
        Tickets whose priority cannot be told or has no target, and holds after the resolution; all at once, by row.
    """
    tickets, holds = tickets_of(evidence, as_of), holds_of(evidence)
    same_plan = [(pl.col("policy") == r.policy) & pl.col("tier").eq_missing(pl.lit(r.tier, pl.String)) for r in rules]
    asked = [prioritised(tickets.filter(same), rule.support) for rule, same in zip(rules, same_plan, strict=True)]
    problems = [problem for rule, mine in zip(rules, asked, strict=True) for problem in _unranked(mine, rule)]
    problems += _late_holds(holds) if rules else ()
    if problems:
        raise InputError(evidence.source, list(dict.fromkeys(problems)))
    calendars = Calendars(int(tickets["opened"].min() or as_of), as_of)  # type: ignore[arg-type]
    tables = [pl.DataFrame(schema=JUDGED)]
    for number, (rule, mine) in enumerate(zip(rules, asked, strict=True)):
        for priority, within in _targets(rule):
            ranked = mine if priority is None else mine.filter(pl.col("priority") == priority)
            judged = _clocked(ranked, holds, rule, within, calendars)
            tables.append(judged.with_columns(pl.lit(number, dtype=pl.UInt32).alias("rule")).select(list(JUDGED)))
    place = pl.col("rule").cast(pl.Int64) * 2**32 + pl.col("ticket")  # one key sorts faster than two
    return pl.concat(tables).sort(place)


def _targets(rule: Rule) -> list[tuple[str | None, Duration]]:
    """Longest time by priority; one for all has no priority."""
    within = rule.guarantee.within
    if isinstance(within, Duration):
        return [(None, within)]
    targets: Mapping[str, Duration] = within or {}
    return list(targets.items())


def calendar_of(rule: Rule, within: Duration, first: int, last: int) -> Calendar:
    """The calendar a target runs in: support hours, or business days less the same holidays."""
    hours = rule.support.hours if rule.support else None
    if within.business_days:
        zone = (hours.time_zone if hours else None) or rule.zone
        return Calendar(business_days(hours.holidays if hours else None), zone, first, last)
    return Calendar(hours, rule.zone, first, last)


class Calendars:
    """Calendars over the same time, each made once."""

    def __init__(self, first: int, last: int) -> None:
        self.first, self.last = first, last
        self._made: dict[str, Calendar] = {}

    def of(self, rule: Rule, within: Duration) -> Calendar:
        """The calendar a target runs in."""
        calendar = calendar_of(rule, within, self.first, self.last)
        written = calendar.hours.model_dump_json() if calendar.hours else ""
        return self._made.setdefault(f"{calendar.zone}|{written}", calendar)


def working_time(within: Duration) -> int:
    """Length of a target in working time. [µs]"""
    return within.business_days * BUSINESS_DAY or within.microseconds


def _clocked(
    tickets: pl.DataFrame, holds: pl.DataFrame, rule: Rule, within: Duration, calendars: Calendars
) -> pl.DataFrame:
    if tickets.is_empty():
        return pl.DataFrame(schema={name: dtype for name, dtype in JUDGED.items() if name != "rule"})
    calendar, answer = calendars.of(rule, within), pl.col(ANSWERS[rule.guarantee.metric])
    target = pl.lit(working_time(within), dtype=pl.Int64)
    clocked = tickets.with_columns(
        answer.alias("answered"),
        answer.fill_null(calendars.last).alias("until"),
        target.alias("within"),
        pl.col("due").alias("own_due"),
    )
    waits = _waits(clocked, holds)
    gross = calendar.elapsed(clocked["opened"], clocked["until"]).alias("gross")
    clocked = clocked.with_columns(gross, due_with_holds(calendar, clocked, waits).alias("due"))
    clocked = clocked.join(held_time(calendar, waits), on="ticket", how="left", maintain_order="left")
    elapsed = (pl.col("gross") - pl.col("held").fill_null(0)).alias("elapsed")
    return _by_own_due(clocked.with_columns(elapsed), calendar).with_columns(_verdict(rule).alias("verdict"))


def _by_own_due(clocked: pl.DataFrame, calendar: Calendar) -> pl.DataFrame:
    """A ticket's own deadline takes the place of the target: `within` is then the working time up to it."""
    own = clocked["own_due"]
    if own.null_count() == len(own):
        return clocked
    beyond = calendar.elapsed(own.fill_null(0), clocked["until"]).alias("beyond")
    within = pl.when(pl.col("own_due").is_null()).then("within").otherwise(pl.col("elapsed") - pl.col("beyond"))
    return clocked.with_columns(beyond).with_columns(within.alias("within"), pl.coalesce("own_due", "due").alias("due"))


def _waits(clocked: pl.DataFrame, holds: pl.DataFrame) -> pl.DataFrame:
    """Holds, cut to the time in which the clock of the ticket could run."""
    cut = holds.join(clocked.select("ticket", "opened", "until"), on="ticket")
    start, end = pl.max_horizontal("start", "opened"), pl.min_horizontal("end", "until")  # an open hold has no end
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


def by_priority(
    judged: pl.DataFrame, of: Sequence[str] = ("subscriber", "rule"), elapsed: str = "elapsed"
) -> pl.DataFrame:
    """Attainment and times of answer for each rule and priority, and altogether (`priority` null).

    Parameters
    ----------
    judged
        Judged tickets: `priority`, `answered`, `verdict`, and the columns that are named.
    of
        Columns that tell rules apart.
    elapsed
        Column of working time.

    Returns
    -------
    pl.DataFrame
        The columns of `of`, `priority`, `eligible`, `met_count`, `pending`, `p50`, `p90`, `p95`: working time within
        which so many percent of the answered tickets were answered, in the unit of `elapsed`.
    """
    kept = judged.filter(pl.col("verdict") != "left_out")
    together = kept.with_columns(pl.lit(None, dtype=pl.String).alias("priority"))
    both, keys = pl.concat([together, kept]), [*of, "priority"]
    answered = both.filter(pl.col("answered").is_not_null())
    ranks = {share: -((1 - pl.len().cast(pl.Int64)) * share // 100) for share in (50, 90, 95)}
    quantiles = answered.group_by(keys).agg(
        pl.col(elapsed).sort().get(rank).alias(f"p{share}") for share, rank in ranks.items()
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
