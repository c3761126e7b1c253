"""Tickets: priorities, response and resolution clocks (calculation rules, section 6)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.measure.business_time import MINUTE, Calendar, due_with_holds, held_time, merged_holds
from slakit.measure.conventions import Calendars, Conventions, working_time
from slakit.measure.rules import Rule, with_suspended
from slakit.policy.quantities import Duration
from slakit.policy.support import Support
from slakit.problems import InputError, Problem, one_of

ANSWERS = {"response": "responded", "resolution": "resolved", "update": "resolved"}
"""Which instant stops the clock of a guarantee."""
MINUTES = {"response": "response_minutes", "resolution": "resolution_minutes"}
"""Which length stands for the clock of a guarantee; for that of updates, none can."""
NOT_JUDGED = ("excluded", "outside_term", "unknown")
"""Verdicts of tickets that are no part of an attainment."""
LONGEST = 10**9
"""Minutes from which on a length is longer than any time that is known."""
JUDGED = {
    "subscriber": pl.UInt32,
    "rule": pl.UInt32,
    "ticket": pl.UInt32,
    "priority": pl.String,
    "priorities": pl.String,
    "kind": pl.String,
    "opened": pl.Int64,
    "answered": pl.Int64,
    "in_minutes": pl.Boolean,
    "due": pl.Int64,
    "within": pl.Int64,
    "elapsed": pl.Int64,
    "verdict": pl.String,
}
"""A ticket under one guarantee. Instants and working times in µs; `verdict` is met, missed, pending, excluded (by its
kind), outside_term, or unknown (without a table of updates). A ticket whose answer was given `in_minutes` has no
instants `answered` and `due`. Of updates, `elapsed` is the longest time without one, and `due` is when the first time
that was too long, or else the last, is up."""


IN_TERM = (pl.col("opened") >= pl.col("starts")) & (pl.col("opened") < pl.col("ends")) & ~pl.col("suspended")
"""Whether a ticket was opened in the time in which its guarantee is measured."""


def tickets_of(evidence: Evidence, as_of: int) -> pl.DataFrame:
    """Number the tickets that were opened by `as_of`, as they were known then.

    Returns
    -------
    pl.DataFrame
        `ticket` (row of the table), `name`, `subscriber`, `policy`, `tier`, `opened`, `responded`, `resolved`, `due`,
        `response_minutes`, `resolution_minutes` (µs), `priority`, `impact`, `urgency`, `kind`, `suspended` (opened
        while the subscription was).
    """
    holders = evidence.phases.with_row_index("subscriber").select("subscriber", "subscription", "policy", "tier")
    numbered = evidence.tickets.with_row_index("ticket_number").rename({"ticket": "name"})
    known = numbered.join(holders, on="subscription", maintain_order="left")
    instants = [pl.col(name).dt.epoch("us") for name in ("opened", "responded", "resolved", "due")]
    words = ("name", "subscriber", "policy", "tier", "priority", "impact", "urgency", "kind")
    lengths = [
        (pl.when(pl.col(name) < LONGEST).then(name) * MINUTE).cast(pl.Int64).alias(name) for name in MINUTES.values()
    ]
    tickets = known.select(pl.col("ticket_number").alias("ticket"), *words, *instants, *lengths)
    later = [pl.when(pl.col(name) <= as_of).then(name).alias(name) for name in ("responded", "resolved")]
    # no clock runs faster than time: an answer after more minutes than have passed is not known yet
    later += [pl.when(pl.col("opened") + pl.col(name) <= as_of).then(name).alias(name) for name in MINUTES.values()]
    known = with_suspended(tickets, "opened", evidence)
    return known.filter(pl.col("opened") < as_of).with_columns(later)


def holds_of(evidence: Evidence) -> pl.DataFrame:
    """List holds in their order: `ticket` (row of the tickets table), `start`, `end` (µs)."""
    numbers = evidence.tickets.select("ticket").with_row_index("number")
    holds = evidence.holds.join(numbers, on="ticket", how="left", maintain_order="left")
    start, end = pl.col("started").dt.epoch("us").alias("start"), pl.col("ended").dt.epoch("us").alias("end")
    return holds.select(pl.col("number").alias("ticket"), start, end)


def updates_of(evidence: Evidence) -> pl.DataFrame | None:
    """List updates: `ticket` (row of the tickets table), `sent` (µs). Nothing, where there is no table of them."""
    if "updates" not in evidence.given:
        return None
    numbers = evidence.tickets.select("ticket").with_row_index("number")
    updates = evidence.updates.join(numbers, on="ticket", maintain_order="left")
    return updates.select(pl.col("number").alias("ticket"), pl.col("sent").dt.epoch("us"))


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


def priorities_of(evidence: Evidence) -> pl.DataFrame:
    """List changes of priority: `ticket` (row of the tickets table), `started` (µs), `to`, `row` (of its own table)."""
    numbers = evidence.tickets.select("ticket").with_row_index("number")
    changes = evidence.numbered("priorities").join(numbers, on="ticket", maintain_order="left")
    started = pl.col("started").dt.epoch("us")
    return changes.select(pl.col("number").alias("ticket"), started, pl.col("priority").alias("to"), "row")


def with_changes(tickets: pl.DataFrame, changes: pl.DataFrame, rule: Rule, as_of: int) -> pl.DataFrame:
    """Give tickets that changed their priority the one that decides.

    Parameters
    ----------
    tickets
        As `prioritised` gives them.
    changes
        As `priorities_of` gives them.
    rule
        Of which the tickets are.
    as_of
        [µs]

    Returns
    -------
    pl.DataFrame
        The tickets with `priorities` (all until the answer, in words; null if there was one) and `changed_in` (row of
        the table that the priority is from; null if from no such row).
    """
    until = pl.col(ANSWERS[rule.guarantee.metric]).fill_null(as_of).alias("until")
    spans = tickets.select("ticket", "opened", until).unique()
    known = changes.join(spans, on="ticket").filter(pl.col("started") <= pl.col("until"))
    # what a ticket was given before it was opened speaks at its opening, the last of it
    early = (pl.col("started") <= pl.col("opened")).alias("early")
    known = known.sort("ticket", "started").with_columns(early)
    known = known.filter(~(pl.col("early") & pl.col("early").shift(-1).over("ticket").fill_null(value=False)))
    own = tickets.filter(pl.col("priority").is_not_null()).join(known.filter("early"), on="ticket", how="anti")
    first = own.select("ticket", pl.col("opened").alias("started"), pl.col("priority").alias("to"))
    had = pl.concat([first, known.select("ticket", "started", "to", "row")], how="diagonal").sort("ticket", "started")
    had = had.filter((pl.col("to") != pl.col("to").shift(1).over("ticket")).fill_null(value=True))
    decides = pl.first if rule.guarantee.ranked == "opened" else pl.last
    together = pl.when(pl.len() > 1).then(pl.col("to").str.join(" → "))
    settled = had.group_by("ticket", maintain_order=True).agg(
        decides("to").alias("decides"), together.alias("priorities"), decides("row").alias("changed_in")
    )
    joined = tickets.join(settled, on="ticket", how="left", maintain_order="left")
    return joined.with_columns(pl.coalesce("decides", "priority").alias("priority")).drop("decides")


def concerned(tickets: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    """Select the tickets that a guarantee is about."""
    about = rule.guarantee.tickets
    for name, words in (("kind", about.kinds), ("priority", about.priorities)) if about is not None else ():
        tickets = tickets.filter(pl.col(name).is_in(words)) if words else tickets
    return tickets


def _unranked(tickets: pl.DataFrame, rule: Rule, rows: pl.Series) -> Iterator[Problem]:
    """Tickets whose priority cannot be told, is not one of the policy, or has no target.

    Where there is one target for all, a ticket needs no priority; one that it has must still be one of the policy.
    """
    support, within = rule.support, rule.guarantee.within
    known = [priority.id for priority in support.priorities] if support else []
    about = rule.guarantee.tickets.priorities if rule.guarantee.tickets is not None else []
    targets = list(within) if isinstance(within, dict) else about or known
    by_matrix = support is not None and support.matrix is not None
    remedy = "give a priority" + ", or impact and urgency as the policy names them" * by_matrix
    unknown = pl.lit(isinstance(within, dict)) & pl.col("priority").is_null()
    strange = unknown | (~pl.col("priority").is_in(targets)).fill_null(value=False) if targets else unknown
    columns = ("ticket", "changed_in", "priority", "impact", "urgency")
    for number, changed_in, priority, impact, urgency in tickets.filter(strange).select(columns).iter_rows():
        place = f"priorities row {changed_in} priority" if changed_in else f"tickets row {rows[number]} priority"
        given = f"impact {impact}, urgency {urgency}" if impact or urgency else None
        if priority is None:
            yield Problem(place, given, "no priority can be found", remedy)
        elif known and priority not in known:
            yield Problem(place, priority, "not a priority of the policy", one_of(known, priority))
        else:
            yield Problem(
                place, priority, f"{rule.guarantee.id} has no target for this priority", one_of(targets, priority)
            )


def _without_instant(tickets: pl.DataFrame, rule: Rule, rows: pl.Series) -> Iterator[Problem]:
    """Tickets with an answer that is no instant, where their own deadline or their last update is compared with it."""
    metric = rule.guarantee.metric
    minutes, answer = MINUTES.get(metric, "resolution_minutes"), ANSWERS[metric]
    judged = tickets.filter(pl.col(minutes).is_not_null() & ~_excluded(rule))
    wrong = f"{rule.guarantee.id} must know until when there were updates"
    if metric in MINUTES:
        judged = judged.filter(pl.col("due").is_not_null())
        wrong = f"{minutes} of a ticket with a due time: {rule.guarantee.id} must know when it was answered"
    for number in judged["ticket"]:
        yield Problem(f"tickets row {rows[number]} {minutes}", None, wrong, f"give {answer}")


def judge_tickets(
    evidence: Evidence,
    rules: Sequence[Rule],
    obligations: pl.DataFrame,
    as_of: int,
    *,
    conventions: Conventions | None = None,
) -> pl.DataFrame:
    """Run the clock of every ticket under every rule of its subscription.

    Parameters
    ----------
    evidence
        Checked tables.
    rules
        Of all sources, by number.
    obligations
        As `obligations_of` gives them.
    as_of
        [µs]
    conventions
        Where tools differ; the defaults of `Conventions` if not given.

    Returns
    -------
    pl.DataFrame
        `JUDGED`, in the order of rules and tickets.

    Raises
    ------
    InputError
        Tickets whose priority cannot be told or has no target, or whose deadline of their own cannot be compared with
        an answer in minutes; all at once, by row.
    """
    if evidence.tickets.is_empty():
        return pl.DataFrame(schema=JUDGED)
    tickets, holds, changes = tickets_of(evidence, as_of), holds_of(evidence), priorities_of(evidence)
    updates, rows = updates_of(evidence), evidence.row_numbers("tickets")
    terms = obligations.select("subscriber", "rule", "starts", "ends", "since", "until")
    problems: list[Problem] = []
    unranked: list[Problem] = []
    asked: list[tuple[int, Rule, pl.DataFrame]] = []
    for number, rule in enumerate(rules):
        if rule.source != "tickets":
            continue
        held = tickets.join(terms.filter(pl.col("rule") == number), on="subscriber", maintain_order="left")
        held = held.filter((pl.col("opened") >= pl.col("since")) & (pl.col("opened") < pl.col("until")))
        ranked = with_changes(prioritised(held, rule.support), changes, rule, as_of)
        mine = concerned(ranked, rule)
        in_term, about = ranked.filter(IN_TERM), rule.guarantee.tickets
        for name, words in (("kind", about.kinds), ("priority", about.priorities)) if about is not None else ():
            wrong, remedy = (
                f"{rule.guarantee.id} is about tickets of some {name} only",
                f"give it; those are {', '.join(words)}",
            )
            for row in in_term.filter(pl.col(name).is_null())["ticket"] if words else ():
                problems.append(Problem(f"tickets row {rows[row]} {name}", None, wrong, remedy))
        unranked += _unranked(mine.filter(IN_TERM), rule, rows)
        problems += _without_instant(mine.filter(IN_TERM), rule, rows)
        asked.append((number, rule, mine))
    problems += unranked
    if problems:
        raise InputError(evidence.source, list(dict.fromkeys(problems)))
    first = int(tickets["opened"].min() or as_of)  # type: ignore[arg-type]
    calendars = Calendars(first, as_of, conventions or Conventions())
    tables = [pl.DataFrame(schema=JUDGED)]
    for number, rule, mine in asked:
        longest, targets = rule.guarantee.within, list[tuple[str | None, Duration]]()
        if isinstance(longest, Duration):
            targets = [(None, longest)]  # one for all tickets
        elif longest is not None:
            targets = [*longest.items()]
        for priority, within in targets:
            of_rank = mine if priority is None else mine.filter(pl.col("priority") == priority)
            judged = _clocked(of_rank.drop("rule"), holds, updates, rule, within, calendars)
            tables.append(judged.with_columns(pl.lit(number, dtype=pl.UInt32).alias("rule")).select(list(JUDGED)))
    place = pl.col("rule").cast(pl.Int64) * 2**32 + pl.col("ticket")  # one key sorts faster than two
    return pl.concat(tables).sort(place)


def _clocked(
    tickets: pl.DataFrame,
    holds: pl.DataFrame,
    updates: pl.DataFrame | None,
    rule: Rule,
    within: Duration,
    calendars: Calendars,
) -> pl.DataFrame:
    """Run the clocks of tickets with the same target: `JUDGED` but for the rule."""
    if tickets.is_empty():
        return pl.DataFrame(schema={name: dtype for name, dtype in JUDGED.items() if name != "rule"})
    calendar, answer = calendars.of(rule, within), pl.col(ANSWERS[rule.guarantee.metric])
    by_updates = rule.guarantee.metric == "update"
    minutes = pl.lit(None, dtype=pl.Int64) if by_updates else pl.col(MINUTES[rule.guarantee.metric])
    target = pl.lit(working_time(rule, within, calendars.conventions), dtype=pl.Int64)
    clocked = tickets.with_columns(
        answer.alias("answered"),
        minutes.is_not_null().alias("in_minutes"),
        answer.fill_null(calendars.last).alias("until"),
        target.alias("within"),
        pl.when(not by_updates).then("due").alias("own_due"),  # which says nothing of updates
        _excluded(rule).alias("excluded"),
    )
    waiting = calendars.of_holds(calendar)
    if by_updates and updates is None:
        nothing = [pl.lit(None, dtype=pl.Int64).alias(name) for name in ("elapsed", "due")]
        clocked = clocked.with_columns(*nothing, pl.lit(value=True).alias("unknown"))
    elif by_updates and updates is not None:
        clocked = _by_updates(clocked, holds, updates, rule, calendar, waiting)
    else:
        clocked, waits = _run(clocked, holds, calendar, waiting)
        due = pl.when(~pl.col("in_minutes")).then("due").alias("due")  # hours and holds stand in the minutes
        clocked = clocked.with_columns(pl.coalesce(minutes, "elapsed").alias("elapsed"), due)
        clocked = _by_own_due(clocked, waits, calendar, waiting or calendar)
    return clocked.with_columns(_verdict(rule, known="unknown" not in clocked.columns).alias("verdict"))


def _run(
    clocked: pl.DataFrame, holds: pl.DataFrame, calendar: Calendar, waiting: Calendar | None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Run the clock of each `ticket` from `opened` to `until`: rows with `elapsed` and `due`, and the holds in it."""
    # holds, cut to the time in which the clock of the ticket could run; an open hold has no end
    cut = holds.join(clocked.select("ticket", "opened", "until"), on="ticket")
    start, end = pl.max_horizontal("start", "opened"), pl.min_horizontal("end", "until")
    waits = merged_holds(cut.select("ticket", start.alias("start"), end.alias("end")))
    gross = calendar.elapsed(clocked["opened"], clocked["until"]).alias("gross")
    clocked = clocked.with_columns(gross, due_with_holds(calendar, clocked, waits, waiting=waiting).alias("due"))
    if waiting is not None:  # a hold that begins when the ticket is due cannot make up for what was late already
        known = waits.join(clocked.select("ticket", "due"), on="ticket", maintain_order="left")
        waits = known.filter((pl.col("start") < pl.col("due")).fill_null(value=True)).drop("due")
    held = held_time(waiting or calendar, waits)
    clocked = clocked.join(held, on="ticket", how="left", maintain_order="left")
    elapsed = (pl.col("gross") - pl.col("held").fill_null(0)).clip(lower_bound=0).alias("elapsed")
    return clocked.with_columns(elapsed), waits


def _by_updates(
    clocked: pl.DataFrame,
    holds: pl.DataFrame,
    updates: pl.DataFrame,
    rule: Rule,
    calendar: Calendar,
    waiting: Calendar | None,
) -> pl.DataFrame:
    """Add the longest time without an update, `elapsed`, and `due`: when the first that was too long was up."""
    spans = clocked.select("ticket", "opened", "until", "within").unique()
    inside = (pl.col("sent") > pl.col("opened")) & (pl.col("sent") < pl.col("until"))
    told = updates.join(spans, on="ticket").filter(inside).select("ticket", pl.col("sent").alias("from"))
    begins = pl.concat([spans.select("ticket", pl.col("opened").alias("from")), told]).unique().sort("ticket", "from")
    gaps = begins.join(spans.drop("opened"), on="ticket", maintain_order="left").rename({"ticket": "of"})
    until = pl.coalesce(pl.col("from").shift(-1).over("of"), "until").alias("until")
    gaps = gaps.select("of", pl.col("from").alias("opened"), until, "within").with_row_index("ticket")
    held = holds.rename({"ticket": "of"}).join(gaps.select("of", "ticket"), on="of").select("ticket", "start", "end")
    run, _ = _run(gaps, held, calendar, waiting)
    late = ~_kept(rule)
    longest = (
        run.sort("ticket")
        .group_by("of")
        .agg(pl.col("elapsed").max(), pl.coalesce(pl.col("due").filter(late).first(), pl.col("due").last()))
    )
    return clocked.drop("due").join(longest, left_on="ticket", right_on="of", how="left", maintain_order="left")


def _kept(rule: Rule) -> pl.Expr:
    """Whether the time was kept; one for single tickets that must be passed (`strictly`) is not by the whole of it."""
    strictly = rule.guarantee.strictly and rule.guarantee.target is None
    return pl.col("elapsed") < pl.col("within") if strictly else pl.col("elapsed") <= pl.col("within")


def _by_own_due(clocked: pl.DataFrame, waits: pl.DataFrame, calendar: Calendar, waiting: Calendar) -> pl.DataFrame:
    """Put a ticket's own deadline in the place of the target: `within` is then the working time up to it."""
    own = clocked["own_due"]
    if own.null_count() == len(own):
        return clocked
    # by what holds take after the deadline, the answer is not late
    due = clocked.select("ticket", "own_due").drop_nulls()
    cut = waits.join(due, on="ticket").with_columns(pl.max_horizontal("start", "own_due").alias("start"))
    after = cut.filter(pl.col("start") < pl.col("end")).select(waits.columns)
    held_beyond = held_time(waiting, after).rename({"held": "held_beyond"})
    clocked = clocked.join(held_beyond, on="ticket", how="left", maintain_order="left")
    gross = pl.lit(calendar.elapsed(own.fill_null(0), clocked["until"]))
    beyond = (gross - pl.col("held_beyond").fill_null(0)).alias("beyond")  # below nothing while it is not due
    within = pl.when(pl.col("own_due").is_null()).then("within").otherwise(pl.col("elapsed") - pl.col("beyond"))
    return clocked.with_columns(beyond).with_columns(within.alias("within"), pl.coalesce("own_due", "due").alias("due"))


def _excluded(rule: Rule) -> pl.Expr:
    """Whether a ticket is excluded by its kind."""
    exclude, kind = rule.guarantee.exclude, pl.col("kind")
    by_deadline = kind.is_in(exclude.own_deadline) & pl.col("due").is_not_null()
    return (kind.is_in(exclude.tickets) | by_deadline).fill_null(value=False)


def _verdict(rule: Rule, *, known: bool) -> pl.Expr:
    """Met: its time was kept, or it was answered by its own deadline. Without an answer: missed once its time is up."""
    own = pl.col("own_due").is_not_null()
    in_time = pl.when(own).then(pl.col("until") <= pl.col("own_due")).otherwise(_kept(rule))
    answered = pl.col("answered").is_not_null() | pl.col("in_minutes")
    return (
        pl.when("excluded")
        .then(pl.lit("excluded"))
        .when(~IN_TERM)
        .then(pl.lit("outside_term"))
        .when(not known)
        .then(pl.lit("unknown"))
        .when(~in_time)
        .then(pl.lit("missed"))
        .when(answered)
        .then(pl.lit("met"))
        .otherwise(pl.lit("pending"))
    )
