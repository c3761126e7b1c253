"""Warnings about what happened: outages, maintenance, tickets and recoveries that were not used as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import polars as pl

from slakit.analysis.plans import Plans
from slakit.analysis.verdicts import SIGNALS
from slakit.analysis.vocabulary import Warned
from slakit.evidence.cells import LAST_INSTANT
from slakit.evidence.corrections import excluded_outages
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT, utc_text
from slakit.evidence.tables import PROBES
from slakit.measure.rules import Plan
from slakit.measure.tickets import ANSWERS, MINUTES
from slakit.policy.terms import Terms

EARLY = timedelta(days=1)
BEFORE_THE_CLOCK = ("other_component", "excluded_cause", "too_small", "outside_period")
"""Verdicts of outages that no clock is started for."""


def outage_warnings(
    evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms], ledger: pl.DataFrame, as_of: datetime
) -> Iterator[Warned]:
    """Warn of outages without a length, after the assessment, with an early or no signal, or that no guarantee judges.

    Parameters
    ----------
    evidence
        In the words of the contracts, with the times of outages that were agreed.
    held, chosen
        The plan of each subscription, and the terms of each plan under the chosen reading.
    ledger
        What each guarantee said of each outage.
    as_of
        The instant of the assessment.
    """
    outages = evidence.numbered("outages")
    outages = outages.filter(~pl.col("outage").is_in(excluded_outages(evidence, as_of).implode()))
    for row in outages.filter(pl.col("started") == pl.col("ended")).iter_rows(named=True):
        says = f"Outage {row['outage']} starts and ends at {utc_text(row['started'])}. Its length is unknown."
        yield row["subscription"], "outages", row["row"], "no_length", says
    for row in outages.filter(pl.col("started") >= pl.lit(as_of).cast(INSTANT)).iter_rows(named=True):
        says = f"Outage {row['outage']} begins after {utc_text(as_of)}, the instant of the assessment."
        yield row["subscription"], "outages", row["row"], "after_as_of", says
    yield from _probed_twice(outages)
    for signal in ("detected", "reported", "diagnosed"):
        for row in outages.filter(pl.col(signal) <= pl.col("started") - EARLY).iter_rows(named=True):
            says = f"Outage {row['outage']} was {signal} at {utc_text(row[signal])}, a day or more before it started."
            yield row["subscription"], "outages", row["row"], "early_signal", says
    outage_of = ["subscription", "outage"]
    unreported = ledger.filter(pl.col("verdict") == "unreported").group_by(outage_of)
    silent = unreported.agg(pl.col("guarantee").alias("guarantees"))
    judged = ledger.select(*outage_of, "verdict").join(silent, outage_of, "semi")
    clocked = judged.filter(~pl.col("verdict").is_in(["unreported", *BEFORE_THE_CLOCK]))
    unclocked = outages.select(*outage_of, "row").join(silent.join(clocked, outage_of, "anti"), outage_of)
    lacking: dict[tuple[Plan, frozenset[str]], str] = {}
    for subscription, outage, row, silenced in unclocked.select(*outage_of, "row", "guarantees").iter_rows():
        plan, ids = held[subscription], frozenset(silenced)
        if (plan, ids) not in lacking:
            guarantees = [g for g in chosen[plan].guarantees if g.id in ids]
            clocks = dict.fromkeys(f"{SIGNALS[g.clock]} ({g.id})" for g in guarantees if g.clock in SIGNALS)
            lacking[plan, ids] = f"there is no {' and no '.join(clocks)}, with which the clock starts"
        says = f"Nothing of outage {outage} counts: while it lasted {lacking[plan, ids]}."
        yield subscription, "outages", row, "no_signal", says
    # contracts whose guarantees are judged by something else
    judging = {
        plan: any(g.on_outages and g.measured is None for g in terms.guarantees) for plan, terms in chosen.items()
    }
    idle = [name for name, plan in held.items() if not judging[plan]]
    unjudged = outages.filter(pl.col("subscription").is_in(idle))
    for row in unjudged.iter_rows(named=True):
        measured = [g.id for g in chosen[held[row["subscription"]]].guarantees if g.measured is not None]
        reason = f"the contract judges {', '.join(measured)} by measurements" if measured else "none is about outages"
        says = f"No guarantee judges outage {row['outage']}: {reason}."
        yield row["subscription"], "outages", row["row"], "not_judged", says
    # shares of the service, as status pages tell them, under contracts that ask for none
    shared = {
        plan: any(g.weigh is not None or g.affected is not None for g in terms.guarantees if g.on_outages)
        for plan, terms in chosen.items()
    }
    whole = [name for name, plan in held.items() if judging[plan] and not shared[plan]]
    parts = outages.filter(pl.col("subscription").is_in(whole), pl.col("affected").is_between(0, 1, closed="none"))
    for subscription, row, count in (
        parts.group_by("subscription", maintain_order=True).agg(pl.col("row").min(), pl.len()).iter_rows()
    ):
        rows, counts = ("One outage affects", "counts") if count == 1 else (f"{count:,} outages affect", "count")
        says = f"{rows} a share of the service only and {counts} whole, for no guarantee has 'weigh: affected'."
        yield subscription, "outages", row, "share_not_weighed", says
    # components that no guarantee names, where none covers everything
    scopes = {
        plan: [g.components for g in terms.guarantees if g.on_outages and g.measured is None]
        for plan, terms in chosen.items()
    }
    used = outages.drop_nulls("component")
    first = used.group_by("subscription", "component", maintain_order=True).agg(pl.col("row").min(), pl.len())
    for subscription, component, row, count in first.iter_rows():
        named = scopes[held[subscription]]
        if not named or any(not scope or component in scope for scope in named):
            continue
        known = list(dict.fromkeys(name for scope in named for name in scope))
        more = f" ({count} rows)" if count > 1 else ""
        says = f"No guarantee covers the component '{component}'; there are {', '.join(known)}{more}."
        yield subscription, "outages", row, "unknown_component", says


def _probed_twice(outages: pl.DataFrame) -> Iterator[Warned]:
    """Warn of outages that samples show and that other rows tell of as well."""
    is_probed = (pl.col("source") == PROBES.name).fill_null(value=False)
    until = pl.col("ended").fill_null(pl.lit(LAST_INSTANT).cast(INSTANT)).alias("until")
    spans = outages.select("subscription", "outage", "component", "row", "started", until, is_probed.alias("probed"))
    for (subscription,), own in spans.partition_by("subscription", as_dict=True, maintain_order=True).items():
        shown = own.filter("probed")
        others = own.filter(~pl.col("probed")).select(pl.all().name.suffix("_other"))
        if shown.is_empty() or others.is_empty():
            continue
        pairs = shown.join_where(
            others, pl.col("started") < pl.col("until_other"), pl.col("started_other") < pl.col("until")
        )
        either = pl.col("component").is_null() | pl.col("component_other").is_null()
        pairs = pairs.filter(either | (pl.col("component") == pl.col("component_other")))
        if pairs.is_empty():
            continue
        count, told = pairs["outage"].n_unique(), pairs["outage_other"].n_unique()
        row = next(iter(pairs["row_other"].sort()))
        shows = f"{count:,} outage{'s' * (count > 1)} of samples overlap{'s' * (count == 1)} {told:,} other"
        says = f"{shows} row{'s' * (told > 1)}: keep one of the two where both are of the same downtime."
        yield str(subscription), "outages", row, "probed_twice", says


def maintenance_warnings(evidence: Evidence, held: Mapping[str, Plan], plans: Plans) -> Iterator[Warned]:
    """Warn of maintenance that no guarantee excludes under any reading, whatever its notice."""
    each = evidence.numbered("maintenance").unique("row", keep="first", maintain_order=True)
    words = each.select("subscription", "maintenance", "row", "kind", "component")
    scopes: dict[tuple[Plan, str], list[list[str]]] = {}
    for subscription, maintenance, row, kind, component in words.iter_rows():
        plan = held[subscription]
        if (plan, kind) not in scopes:
            guarantees = {id(g): g for terms in plans[plan] for g in terms.guarantees if g.on_outages}.values()
            scopes[plan, kind] = [g.components for g in guarantees if kind in g.exclude.maintenance]
        excluding = scopes[plan, kind]
        if not any(component is None or not scope or component in scope for scope in excluding):
            what = f"maintenance of {component}" if excluding else f"{kind} maintenance"
            says = f"Maintenance {maintenance} changes nothing: no guarantee excludes {what}."
            yield subscription, "maintenance", row, "maintenance_without_effect", says


def ticket_warnings(evidence: Evidence, held: Mapping[str, Plan], chosen: Mapping[Plan, Terms]) -> Iterator[Warned]:
    """Warn of tickets that no guarantee is about, and of holds that take nothing."""
    if evidence.tickets.is_empty():
        return
    about: dict[Plan, list[tuple[list[str], list[str]]]] = {}
    for plan, terms in chosen.items():
        scopes = [g.tickets for g in terms.guarantees if g.metric in ANSWERS]
        about[plan] = [(scope.kinds, scope.priorities) if scope else ([], []) for scope in scopes]
    changing = pl.col("ticket").is_in(evidence.priorities["ticket"].implode())  # to a priority that may be judged
    ranked = evidence.numbered("tickets").with_columns(pl.when(~changing).then("priority").alias("priority"))
    groups = ranked.group_by("subscription", "kind", "priority", maintain_order=True)
    for subscription, kind, priority, row, count in groups.agg(pl.col("row").min(), pl.len()).iter_rows():
        scopes_ = about[held[subscription]]
        if any((not kinds or kind in kinds) and (not ranks or priority in ranks or priority is None)
               for kinds, ranks in scopes_):  # fmt: skip
            continue
        what = ", ".join(f"{name} {word}" for name, word in (("kind", kind), ("priority", priority)) if word)
        described = f"tickets of {what}" if what and scopes_ else "tickets"
        says = f"No guarantee is about {described}: {count} {'row is' if count == 1 else 'rows are'} not judged."
        yield subscription, "tickets", row, "not_judged", says
    in_minutes = pl.all_horizontal(pl.col(list(MINUTES.values())).is_not_null()).alias("in_minutes")
    known = evidence.tickets.select("ticket", "opened", "resolved", in_minutes)
    holds = evidence.numbered("holds").join(known, on="ticket", maintain_order="left")
    for row in holds.filter(pl.col("started") > pl.col("resolved")).iter_rows(named=True):
        says = f"A hold of ticket {row['ticket']} begins at {utc_text(row['started'])}, after it was resolved."
        yield row["subscription"], "holds", row["row"], "hold_after_resolution", says
    priorities = evidence.numbered("priorities").join(known, on="ticket", maintain_order="left")
    for row in priorities.filter(pl.col("started") > pl.col("resolved")).iter_rows(named=True):
        says = f"Ticket {row['ticket']} is {row['priority']} from {utc_text(row['started'])}, after it was resolved."
        yield row["subscription"], "priorities", row["row"], "priority_after_answer", says
    updates = evidence.numbered("updates").join(known, on="ticket", maintain_order="left")
    outside = (pl.col("sent") < pl.col("opened")) | (pl.col("sent") > pl.col("resolved")).fill_null(value=False)
    for row in updates.filter(outside).iter_rows(named=True):
        side = "before it was opened" if row["sent"] < row["opened"] else "after it was resolved"
        says = f"An update on ticket {row['ticket']} was sent at {utc_text(row['sent'])}, {side}."
        yield row["subscription"], "updates", row["row"], "update_outside_ticket", says
    for row in holds.filter("in_minutes").iter_rows(named=True):
        says = f"Ticket {row['ticket']} is given in minutes: its hold from {utc_text(row['started'])} takes nothing."
        yield row["subscription"], "holds", row["row"], "hold_of_minutes", says


def recovery_warnings(evidence: Evidence, held: Mapping[str, Plan], plans: Plans) -> Iterator[Warned]:
    """Warn of recoveries and backups for which the contract sets no target."""
    targets = {plan: {target.id for terms in readings for target in terms.recovery} for plan, readings in plans.items()}
    for row in evidence.numbered("recoveries").iter_rows(named=True):
        known = targets[held[row["subscription"]]]
        if row["kind"] not in known:
            there = f"; there are {', '.join(sorted(known))}" if known else ""
            says = f"The contract sets no recovery target for the loss of a {row['kind']}{there}."
            yield row["subscription"], "recoveries", row["row"], "not_judged", says
    guaranteed = {plan: any(terms.backups for terms in readings) for plan, readings in plans.items()}
    groups = evidence.numbered("backups").group_by("subscription", maintain_order=True)
    for subscription, row, count in groups.agg(pl.col("row").min(), pl.len()).iter_rows():
        if not guaranteed[held[subscription]]:
            rows = "row is" if count == 1 else "rows are"
            says = f"The contract has no guarantee about backups: {count} {rows} not judged."
            yield subscription, "backups", row, "not_judged", says
