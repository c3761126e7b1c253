"""Claims already made, and the claims that credits give rise to, with their deadlines under every reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from slakit.analysis.outputs import INSTANT, currencies_of, instant, money, names_of
from slakit.analysis.plans import Policies
from slakit.evidence.tables import Evidence
from slakit.measure.case import COUNTED
from slakit.measure.rules import Plan, Rule
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.awards import Awards
from slakit.remedy.claims import deadline, last_counted, status
from slakit.remedy.fees import Fees

Window = tuple[int, str, int]
"""Subscriber, remedy and start of the window."""
Incident = tuple[int, int] | None
CLAIMS = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "amount": pl.Int64, "deadline": pl.Int64,
    "deadline_earliest": pl.Int64, "status": pl.String, "evidence_needed": pl.String,
}  # fmt: skip


def claims_made(evidence: Evidence, fees: Fees, policies: Policies, as_of: int) -> dict[str, dict[int, list[tuple[int, int]]]]:
    """Claims made by `as_of`: remedy → subscriber → start of the window (µs) and amount (minor units).

    Raises
    ------
    InputError
        A claim names a remedy that the subscription's policy does not have.
    """
    numbers = evidence.subscriptions.with_row_index("subscriber").select("subscriber", "subscription", "policy")
    made = evidence.claims_made.join(numbers, on="subscription", maintain_order="left")
    problems = []
    claimed: dict[str, dict[int, list[tuple[int, int]]]] = {}
    columns = ("subscriber", "policy", "remedy", pl.col("window_start").dt.epoch("us"), pl.col("claimed").dt.epoch("us"), "amount")
    for row, (subscriber, policy, remedy, start, at, amount) in enumerate(made.select(columns).iter_rows(), 2):
        known = _remedy_names(policies, policy)
        if remedy not in known:
            seen = Problem(f"claims_made row {row} remedy", remedy, "not a remedy of the policy", one_of(known, remedy))
            problems.append(seen)
        elif at <= as_of:
            paid = fees.minor(subscriber, int((amount or 0) * 10**6))
            claimed.setdefault(remedy, {}).setdefault(subscriber, []).append((start, paid))
    if problems:
        raise InputError(evidence.source, problems)
    return claimed


def _remedy_names(policies: Policies, policy: str) -> list[str]:
    document = policies[policy]
    return [g.id for g in document.guarantees if g.credit] + [remedy.id for remedy in document.remedies]


def claims_of(awards: Awards, plans: Mapping[Plan, Sequence[Terms]]) -> pl.DataFrame:
    """One row for each credit that is owed under the chosen reading.

    Parameters
    ----------
    plans
        Terms of each plan under each reading, the chosen one first.
    """
    last = last_incidents(awards)
    rows = []
    for plan, readings in plans.items():
        earliest: dict[Window, int] = {}
        for terms in _apart(readings):
            for remedy in terms.remedies:
                for window, limit in _deadlines(awards, plan, terms, remedy, last).items():
                    if limit is not None:
                        earliest[window] = min(limit, earliest.get(window, limit))
        for remedy in readings[0].remedies:
            rows += _rows(awards, plan, readings[0], remedy, last, earliest)
    claims = pl.DataFrame(rows, schema=CLAIMS, orient="row").sort("subscriber", "window_start", maintain_order=True)
    return claims.select(
        names_of(awards.fees.subscriptions),
        "remedy",
        instant("window_start"),
        money("amount", awards.fees),
        currencies_of(awards.fees),
        pl.col("deadline").cast(INSTANT),
        pl.col("deadline_earliest").cast(INSTANT),
        "status",
        "evidence_needed",
    )


def _apart(readings: Sequence[Terms]) -> list[Terms]:
    """Readings that can differ in what is owed when: all but those that differ only in something else."""
    apart = {}
    for terms in readings:
        measured = [g.model_dump_json() for g in terms.guarantees]
        paid = [remedy.model_dump_json() for remedy in terms.remedies]
        asked = terms.claims.model_dump_json() if terms.claims else ""
        apart.setdefault((*measured, *paid, asked, str(terms.maintenance)), terms)
    return list(apart.values())


def last_incidents(awards: Awards) -> Mapping[tuple[int, int, int], Incident]:
    """The last outage that counted in each judged window, by subscriber, rule and start of the window."""
    outages = awards.case.outages.select("outage", "started", "ended", "open")
    counted = awards.ledger.filter(pl.col("verdict") == COUNTED).select("duty", "rule", "outage", "window_start")
    known = counted.unique().join(outages, on="outage").join(awards.case.duties.select("duty", "subscriber"), on="duty")
    return last_counted(known)


def _deadlines(
    awards: Awards, plan: Plan, terms: Terms, remedy: Remedy, last: Mapping[tuple[int, int, int], Incident]
) -> dict[Window, int | None]:
    """Deadline of every credit of a remedy that is above nothing."""
    rules = awards.rules_of_remedy(plan, terms, remedy)
    claims = terms.claims_of(remedy)
    zone = next(iter(rules.values())).zone if rules else "UTC"
    owed = awards.award(plan, terms, remedy).filter(pl.col("amount") > 0)
    missed = _missed(awards, rules)
    limits: dict[Window, int | None] = {}
    for subscriber, start, end in owed.select("subscriber", "window_start", "window_end").iter_rows():
        incident = _last(last, missed, (subscriber, start), rules)
        limits[(subscriber, remedy.id, start)] = deadline(claims, zone, (start, end), incident)
    return limits


def _missed(awards: Awards, rules: Mapping[int, Rule]) -> set[tuple[int, int, int]]:
    keys: set[tuple[int, int, int]] = set()
    for number in rules:
        facts = awards.facts.get(number)
        if facts is not None:
            keys.update(facts.filter("missed").select("subscriber", "rule", "window_start").iter_rows())
    return keys


def _last(
    last: Mapping[tuple[int, int, int], Incident],
    missed: set[tuple[int, int, int]],
    key: tuple[int, int],
    rules: Mapping[int, Rule],
) -> Incident:
    """The last counted outage of the guarantees that missed; none while one of them still goes on."""
    subscriber, start = key
    found = [
        last[(subscriber, rule, start)]
        for rule in rules
        if (subscriber, rule, start) in missed and (subscriber, rule, start) in last
    ]
    if not found or any(incident is None for incident in found):
        return None
    return max((incident for incident in found if incident is not None), key=lambda incident: incident[1])


def _rows(
    awards: Awards,
    plan: Plan,
    terms: Terms,
    remedy: Remedy,
    last: Mapping[tuple[int, int, int], Incident],
    earliest: Mapping[Window, int],
) -> list[tuple[object, ...]]:
    claims = terms.claims_of(remedy)
    limits = _deadlines(awards, plan, terms, remedy, last)
    owed = awards.award(plan, terms, remedy).filter(pl.col("amount") > 0)
    made = awards.claimed.get(remedy.id, {})
    rows = []
    for subscriber, start, end, amount in owed.select("subscriber", "window_start", "window_end", "amount").iter_rows():
        window = (subscriber, remedy.id, start)
        claimed = any(start <= at < end for at, _ in made.get(subscriber, ()))
        state = status(claims, limits[window], claimed, awards.case.as_of)
        needed = "; ".join(claims.evidence)
        rows.append((*window, amount, limits[window], earliest.get(window), state, needed))
    return rows
