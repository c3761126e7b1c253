"""Claims already made, and the claims that credits give rise to, with their deadlines under every reading."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from slakit.analysis.plans import Policies
from slakit.analysis.result_tables import currencies_of, instant_column, money_column, names_of
from slakit.evidence.answers import known_claims
from slakit.evidence.evidence import Evidence
from slakit.measure.availability import incidents_of_windows
from slakit.measure.calendar import to_instant
from slakit.measure.measured_evidence import MeasuredEvidence
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.remedies import Claims, Remedy
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.awards import Awarded, AwardedReading, Claimed, Facts
from slakit.remedy.claims import deadlines, openings, report_deadline, status
from slakit.remedy.fees import Fees
from slakit.remedy.phases import facts_in_phase, moved_to_last_parts, with_last_parts

WINDOW = ["subscriber", "remedy", "window_start"]
SPAN = [*WINDOW, "window_end"]
"""A window; windows that slide start together where a change of the subscription cuts them."""
SUBSCRIBER_WINDOW = ["subscriber", "window_start", "window_end"]
DEADLINES = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "window_end": pl.Int64, "amount": pl.Int128,
    "deadline": pl.Int64, "opens": pl.Int64, "report_by": pl.Int64, "reported": pl.Boolean,
}  # fmt: skip
STATUSES = {
    "claimable": "claimable now",
    "disputed": "deadline disputed: claim today",
    "waiting": "waiting: not claimable yet",
    "not_read": "claim terms not read",
    "claimed": "claimed",
    "not_required": "due without a claim",
    "not_valid": "requirement not met",
    "expired": "claim expired",
}
"""Statuses of claims; `disputed` is claimable as read here, and too late by the strictest reading of the contract."""
UNREAD = Claims()
"""What is computed with where the terms of claims were not read: no deadline is known."""
CLAIMS = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "amount": pl.Int128, "deadline": pl.Int64,
    "deadline_earliest": pl.Int64, "status": pl.String, "evidence_needed": pl.String, "opens": pl.Int64,
    "report_by": pl.Int64, "reported": pl.Boolean,
}  # fmt: skip


def claims_made(
    evidence: Evidence, fees: Fees, policies: Policies, as_of: int
) -> dict[str, dict[int, list[tuple[int, int]]]]:
    """List the claims made by `as_of`: remedy → subscriber → start of the window (µs) and amount (minor units).

    Parameters
    ----------
    evidence, fees, policies
        Checked tables, the fees of the subscriptions, and the policies that these name.
    as_of
        The instant of the assessment. [µs]

    Raises
    ------
    InputError
        A claim names a remedy that the subscription's policy does not have.
    """
    phases: dict[str, list[tuple[int, str]]] = {}  # a claim is for a window of any of them
    for subscriber, (name, policy) in enumerate(evidence.phases.select("subscription", "policy").iter_rows()):
        phases.setdefault(name, []).append((subscriber, policy))
    problems = []
    claimed: dict[str, dict[int, list[tuple[int, int]]]] = {}
    named = evidence.numbered("claims_made").select("row", "subscription", "remedy")
    for row, name, remedy in named.iter_rows():
        documents = [policies[policy] for policy in dict.fromkeys(policy for _, policy in phases[name])]
        known = [guarantee.id for document in documents for guarantee in document.guarantees if guarantee.credit]
        known += [one.id for document in documents for one in document.remedies]
        if remedy not in known:
            seen = Problem(f"claims_made row {row} remedy", remedy, "not a remedy of the policy", one_of(known, remedy))
            problems.append(seen)
    if problems:
        raise InputError(evidence.source, problems)
    stands = pl.col("outcome").is_null() | (pl.col("outcome") != "withdrawn")
    made = known_claims(evidence.claims_made, to_instant(as_of)).filter(stands)
    start = pl.col("window_start").dt.epoch("us")
    for name, remedy, at, amount in made.select("subscription", "remedy", start, "amount").iter_rows():
        for subscriber, _ in phases[name]:
            paid = fees.minor(subscriber, int((amount or 0) * 10**6))
            claimed.setdefault(remedy, {}).setdefault(subscriber, []).append((at, paid))
    return claimed


def claim_credits(
    measured: MeasuredEvidence, awarded: Awarded, fees: Fees, claimed: Claimed, requirements: pl.DataFrame
) -> pl.DataFrame:
    """List what can be claimed: one row for each credit that is owed under the chosen reading.

    Parameters
    ----------
    measured, awarded
        As `measure_evidence` and `award_remedies` give them.
    fees
        Fees of the subscriptions.
    claimed
        Claims already made.
    requirements
        Of these credits, as `requirements_of` gives them.

    Returns
    -------
    pl.DataFrame
        `CLAIMS`.
    """
    as_of = measured.assessed.as_of
    numbers, known = _deadlines(measured, awarded, fees)
    made = pl.DataFrame(
        [(who, name, at) for name, by in claimed.items() for who, own in by.items() for at, _ in own],
        schema={"subscriber": pl.UInt32, "remedy": pl.String, "at": pl.Int64},
        orient="row",
    )
    every: dict[tuple[int, int], None] = {}  # plan, and what is claimed under any reading
    chosen, states = list[tuple[int, int, bool, str]](), dict[str, tuple[Claims | None, list[int]]]()
    for plan, (readings, of_readings) in enumerate(zip(awarded.readings.values(), numbers, strict=True)):
        every |= dict.fromkeys((plan, number) for own in of_readings for number in own)
        for (remedy, award), number in zip(readings[0].remedies, of_readings[0], strict=True):
            slides = any(measured.rules[rule].guarantee.window.slides for rule in awarded.rules[award])
            claims = readings[0].reading.terms.claims_of(remedy)
            to_show = [*claims.evidence, *(one.says.rstrip(".") for one in claims.requires)] if claims else []
            chosen.append((plan, number, slides, "; ".join(to_show)))
            states.setdefault(repr(claims and claims.needed), (claims, []))[1].append(number)
    numbered = {"plan": pl.UInt32, "number": pl.UInt32, "slides": pl.Boolean, "evidence_needed": pl.String}
    owed = pl.DataFrame(chosen, schema=numbered, orient="row").join(known, on="number", maintain_order="left_right")
    under_any = pl.DataFrame(list(every), schema={"plan": pl.UInt32, "number": pl.UInt32}, orient="row")
    by_plan = under_any.join(known, on="number")
    for window, name in ((WINDOW, "of_start"), (SPAN, "of_span")):
        limits = by_plan.group_by("plan", *window).agg(pl.col("deadline").min().alias(name))
        owed = owed.join(limits, on=["plan", *window], how="left", maintain_order="left")
    # where windows do not slide, a reading may know a longer one that starts at the same time
    earliest = pl.when("slides").then("of_span").otherwise("of_start").alias("deadline_earliest")
    fits = (pl.col("window_start") <= pl.col("at")) & (pl.col("at") < pl.col("window_end"))
    fitting = owed.join(made, on=["subscriber", "remedy"]).filter(fits)
    marked = pl.concat([fitting.filter(~pl.col("slides")).select(SPAN).unique(), _one_each(fitting.filter("slides"))])
    owed = owed.join(marked.with_columns(claimed=True), on=SPAN, how="left", maintain_order="left")
    broken = requirements.filter(~pl.col("met")).select(SPAN).unique().with_columns(broken=True)
    owed = owed.join(broken, on=SPAN, how="left", maintain_order="left")
    was_claimed, not_valid = (pl.col(name).fill_null(value=False) for name in ("claimed", "broken"))
    # a report that may come at any time is missing until it comes
    over = (pl.col("report_by") < as_of).fill_null(value=True)
    unreported = (~pl.col("reported") & over).fill_null(value=False)
    state = pl.lit(None, dtype=pl.String)
    for claims, own in states.values():
        of_terms = status(claims, pl.col("deadline"), was_claimed, as_of, pl.col("opens"), not_valid, unreported)
        state = pl.when(pl.col("number").is_in(own)).then(of_terms).otherwise(state)
    known = owed.with_columns(earliest, state.alias("status"))
    disputed = ((pl.col("status") == "claimable") & (pl.col("deadline_earliest") < as_of)).fill_null(value=False)
    said = pl.when(disputed).then(pl.lit("disputed")).otherwise("status").alias("status")
    found = known.with_columns(said).select(list(CLAIMS))
    return found.sort("subscriber", "window_start", maintain_order=True)


def _one_each(fitting: pl.DataFrame) -> pl.DataFrame:
    """Find the windows that claims are for where windows slide over one another: each is for one of those it fits.

    That is the one that starts with it, or else the first to end; of two claims that fit the same, the second one is
    for the next.

    Parameters
    ----------
    fitting
        `SPAN`, and `at`, the start of the window that a claim names (µs).
    """
    numbered = fitting.with_columns((pl.col("window_start") != pl.col("at")).alias("inside"))
    taken: set[tuple[object, ...]] = set()
    for _, own in numbered.sort("at", "inside", "window_end").group_by(
        "subscriber", "remedy", "at", maintain_order=True
    ):
        left = [row for row in own.select(SPAN).rows() if row not in taken]
        count = own.filter(pl.struct(SPAN).is_first_distinct()).height
        claims = own.height // count
        taken |= set(list(dict.fromkeys(left))[:claims])
    return pl.DataFrame(list(taken), schema={name: DEADLINES[name] for name in SPAN}, orient="row")


def claims_table(claims: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Show claims with names, instants and amounts.

    Parameters
    ----------
    claims
        As `claim_credits` gives them.
    fees
        Fees of the subscriptions.
    """
    return claims.select(
        names_of(fees.subscriptions),
        "remedy",
        instant_column("window_start"),
        money_column("amount", fees),
        currencies_of(fees),
        instant_column("deadline"),
        instant_column("deadline_earliest"),
        "status",
        "evidence_needed",
    )


def claim_steps_table(claims: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Show the steps before claims that open late, or whose outage had to be reported first.

    Parameters
    ----------
    claims
        As `claim_credits` gives them.
    fees
        Fees of the subscriptions.
    """
    steps = claims.filter(pl.col("opens").is_not_null() | pl.col("reported").is_not_null())
    edges = (instant_column(name) for name in ("window_start", "opens", "report_by"))
    return steps.select(names_of(fees.subscriptions), "remedy", *edges, "reported")


class ClaimedAlike(NamedTuple):
    """Credits of many readings with the same terms of claims, whose deadlines are found at once.

    Attributes
    ----------
    claims, zone
        The terms, and the time zone.
    rules, reading
        Where outages count: the rules that measure the guarantees; of a subscription that changes, its reading too,
        and the remedy.
    """

    claims: Claims
    zone: str
    rules: tuple[int, ...] = ()
    reading: tuple[AwardedReading, Remedy] | None = None


def _deadlines(measured: MeasuredEvidence, awarded: Awarded, fees: Fees) -> tuple[list[list[list[int]]], pl.DataFrame]:
    """Number what is claimed under all readings, what they share once, and find the deadlines.

    Returns
    -------
    list
        Of each plan and reading, the number of what is claimed for each remedy.
    pl.DataFrame
        `DEADLINES`, with that `number`, of all credits above nothing.
    """
    numbers: dict[tuple[int, str], int] = {}  # by award, and terms of claims as text
    texts: dict[int, str] = {id(None): ""}
    alike: dict[object, ClaimedAlike] = {}
    placed: dict[object, list[tuple[int, int]]] = {}  # award, and number of what is claimed
    found = []
    for readings in awarded.readings.values():
        found.append([[0] * len(one.awards) for one in readings])
        for one, own_numbers in zip(readings, found[-1], strict=True):
            for place, (remedy, award) in enumerate(one.remedies):
                stated = one.reading.terms.claims_of(remedy)
                if stated is not None and id(stated) not in texts:
                    texts[id(stated)] = stated.model_dump_json()
                text = texts[id(stated)]
                known = len(numbers)
                own_numbers[place] = number = numbers.setdefault((award, text), known)
                if number < known:
                    continue
                claims, zone = stated or UNREAD, one.reading.terms.time_zone or ASSUMED_ZONE
                of = ClaimedAlike(claims, zone)
                terms: tuple[object, ...] = (text, zone)
                if claims.report or claims.after in ("incident_end", "incident_start"):
                    rules = awarded.rules[award]
                    # windows are cut in its phases only
                    of = ClaimedAlike(claims, zone, rules, (one, remedy) if one.phases else None)
                    terms = (*terms, rules, number if one.phases else None)
                alike.setdefault(terms, of)
                placed.setdefault(terms, []).append((award, number))
    owed = awarded.credits.filter(pl.col("amount") > 0).select("award", *WINDOW, "window_end", "amount")
    tables = [pl.DataFrame(schema={**DEADLINES, "number": pl.UInt32})]
    every_cause: pl.DataFrame | None = None  # looked for once a contract counts from an incident
    for alike_terms, of in alike.items():
        asked = pl.DataFrame(placed[alike_terms], schema={"award": pl.UInt32, "number": pl.UInt32}, orient="row")
        own = owed.join(asked, on="award", maintain_order="left_right").drop("award")
        if own.is_empty():
            continue
        causes = own.clear()
        if of.rules:
            if every_cause is None:
                every_cause = _causes_of_breaches(measured, awarded.facts)
            # the guarantees that missed; all of a remedy, where a band applied without a breach
            causes = every_cause.filter(pl.col("rule").is_in(list(of.rules)))
            if of.reading is not None:  # what is not cut is paid with the last part of what is
                one, remedy = of.reading
                of_facts = (measured.rules, awarded.facts.windows, awarded.facts.before, awarded.facts.parts)
                facts = facts_in_phase(one.phases, one.reading.plan.position, remedy.guarantees, *of_facts)
                causes = moved_to_last_parts(causes, with_last_parts(facts.windows))
            causes = causes.filter(pl.col("missed") | ~pl.col("missed").any().over(SUBSCRIBER_WINDOW))
        tables.append(_with_deadlines(own, of.claims, of.zone, causes, fees))
    return found, pl.concat(tables)


def _with_deadlines(owed: pl.DataFrame, claims: Claims, zone: str, causes: pl.DataFrame, fees: Fees) -> pl.DataFrame:
    """Add until when each credit can be claimed, from when on, and when an outage had to be reported.

    `DEADLINES` and `number`, as `owed` has it.
    """
    anchors = owed["window_end"]
    if claims.after in ("incident_end", "incident_start"):
        # of the last incident; it has no end while one of them goes on. Without an incident the window stands for it
        edge = "ended" if claims.after == "incident_end" else "started"
        last = causes.sort("ended", "started", nulls_last=True).group_by(SUBSCRIBER_WINDOW)
        known = last.agg(pl.col(edge).last(), pl.lit(value=True).first().alias("found"))
        joined = owed.join(known, on=SUBSCRIBER_WINDOW, how="left", maintain_order="left")
        anchors = joined.select(pl.when("found").then(edge).otherwise("window_end").alias(edge))[edge]
    days = fees.subscriptions["billing_day"].fill_null(1).gather(owed["subscriber"])
    limit = deadlines(claims, zone, anchors, days if claims.to_end_of else None)
    opens = openings(claims, zone, anchors)
    known = owed.with_columns(limit.alias("deadline"), opens.alias("opens"))
    report = claims.report
    if report is None:
        none = [pl.lit(None, dtype=DEADLINES[name]).alias(name) for name in ("report_by", "reported")]
        return known.with_columns(none).select(*DEADLINES, "number")
    if report.within is None:
        told = causes.group_by(SUBSCRIBER_WINDOW).agg(pl.col("reported").is_not_null().any())
        told = told.with_columns(pl.lit(None, dtype=pl.Int64).alias("report_by"))
        return known.join(told, on=SUBSCRIBER_WINDOW, how="left", maintain_order="left").select(*DEADLINES, "number")
    edge = "started" if report.after == "incident_start" else "ended"
    begun = causes.filter(pl.col(edge).is_not_null()).unique()
    limits = [report_deadline(report, zone, at, claims.holidays) for at in begun[edge]]
    limited = begun.with_columns(pl.Series("report_by", limits, dtype=pl.Int64))
    in_time = (pl.col("reported") <= pl.col("report_by")).fill_null(value=False)
    by_window = limited.group_by(SUBSCRIBER_WINDOW).agg(pl.col("report_by").max(), in_time.any().alias("reported"))
    # what goes on has no end yet, and so no last instant to report it: nothing is lost so far
    going_on = causes.filter(pl.col(edge).is_null()).select(SUBSCRIBER_WINDOW)
    by_window = by_window.join(going_on, on=SUBSCRIBER_WINDOW, how="anti")
    return known.join(by_window, on=SUBSCRIBER_WINDOW, how="left", maintain_order="left").select(*DEADLINES, "number")


def _causes_of_breaches(measured: MeasuredEvidence, facts: Facts) -> pl.DataFrame:
    """Counted incidents and late tickets, each once.

    `subscriber`, `rule`, `window_start`, `window_end`, `started`, `ended` (null if going on), `reported` (µs), `missed`
    (whether the window missed its target).
    """
    rule_window = ["subscriber", "rule", "window_start", "window_end"]
    assessed = measured.assessed
    subscribers = assessed.obligations.select("obligation", "subscriber")
    incidents = incidents_of_windows(assessed, measured.ledger).join(subscribers, on="obligation")
    ended = pl.when(~pl.col("going")).then("end").alias("ended")
    reported = pl.when(pl.col("reported") <= assessed.as_of).then("reported").alias("reported")
    of_outages = incidents.select(*rule_window, pl.col("start").alias("started"), ended, reported)
    spans = measured.attainment.select(rule_window).unique(rule_window[:-1])
    late = measured.tickets.filter(pl.col("verdict") == "missed").join(spans, on=rule_window[:-1])
    opened = pl.col("opened")
    at_the_earliest = pl.when("in_minutes").then(opened + pl.col("elapsed"))  # its clock can have stood still
    ended = pl.coalesce("answered", at_the_earliest).alias("ended")
    times = [opened.alias("started"), ended, opened.alias("reported")]  # a ticket reports itself
    counted = pl.concat([of_outages, late.select(*rule_window, *times)])
    missed = [windows.filter("missed").select(rule_window) for windows in facts.windows.values()]
    of_missed = pl.concat([counted.select(rule_window).clear(), *missed]).unique()
    marked = of_missed.with_columns(pl.lit(value=True).alias("missed"))
    joined = counted.join(marked, on=rule_window, how="left", maintain_order="left")
    return joined.with_columns(pl.col("missed").fill_null(value=False))
