"""Claims already made, and the claims that credits give rise to, with their deadlines under every reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

import polars as pl

from slakit.analysis.outputs import INSTANT, currencies_of, instant, money, names_of
from slakit.analysis.plans import Policies
from slakit.evidence.tables import Evidence
from slakit.measure.case import COUNTED
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.remedies import Remedy
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.awards import AwardKey, Awards
from slakit.remedy.claims import deadline, last_counted, status
from slakit.remedy.fees import Fees

Window = tuple[int, str, int]
"""Subscriber, remedy and start of the window."""
RuleWindow = tuple[int, int, int]
"""Subscriber, rule and start of the window."""
Incident = tuple[int, int] | None
"""Start and end of an outage; `None` while it goes on."""
CLAIMS = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "amount": pl.Int64, "deadline": pl.Int64,
    "deadline_earliest": pl.Int64, "status": pl.String, "evidence_needed": pl.String,
}  # fmt: skip


def claims_made(
    evidence: Evidence, fees: Fees, policies: Policies, as_of: int
) -> dict[str, dict[int, list[tuple[int, int]]]]:
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
    columns = (
        "subscriber",
        "policy",
        "remedy",
        pl.col("window_start").dt.epoch("us"),
        pl.col("claimed").dt.epoch("us"),
        "amount",
    )
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
    deadlines = Deadlines(awards)
    rows = []
    for plan, readings in plans.items():
        earliest: dict[Window, int] = {}
        for limits in {
            deadlines.key(plan, t, r): deadlines.of(plan, t, r) for t in readings for r in t.remedies
        }.values():
            for window, limit in limits.items():
                if limit is not None:
                    earliest[window] = min(limit, earliest.get(window, limit))
        for remedy in readings[0].remedies:
            rows += _rows(awards, plan, readings[0], remedy, deadlines.of(plan, readings[0], remedy), earliest)
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


@dataclass
class Deadlines:
    """Deadlines of all credits above nothing, by remedy and terms of claim; those that readings share, once."""

    awards: Awards
    _known: dict[tuple[AwardKey, str], dict[Window, int | None]] = field(default_factory=dict)

    @cached_property
    def last(self) -> Mapping[RuleWindow, Incident]:
        """The last outage that counted in each judged window."""
        outages = self.awards.case.outages.select("outage", "started", "ended", "open")
        counted = self.awards.ledger.filter(pl.col("verdict") == COUNTED).select(
            "duty", "rule", "outage", "window_start"
        )
        subscribers = self.awards.case.duties.select("duty", "subscriber")
        return last_counted(counted.unique().join(outages, on="outage").join(subscribers, on="duty"))

    @cached_property
    def missed(self) -> set[RuleWindow]:
        """Windows whose guarantee was missed."""
        missed = (
            facts.filter("missed").select("subscriber", "rule", "window_start") for facts in self.awards.facts.values()
        )
        return {window for facts in missed for window in facts.iter_rows()}

    def key(self, plan: Plan, terms: Terms, remedy: Remedy) -> tuple[AwardKey, str]:
        """What the deadlines of a remedy depend on."""
        return self.awards.key(plan, terms, remedy), terms.claims_of(remedy).model_dump_json()

    def of(self, plan: Plan, terms: Terms, remedy: Remedy) -> dict[Window, int | None]:
        """Deadline of every credit of a remedy that is above nothing."""
        key = self.key(plan, terms, remedy)
        if key not in self._known:
            claims, rules = terms.claims_of(remedy), key[0][1]
            owed = self.awards.award(plan, terms, remedy).filter(pl.col("amount") > 0)
            zone = terms.time_zone or ASSUMED_ZONE
            self._known[key] = {
                (subscriber, remedy.id, start): deadline(
                    claims, zone, (start, end), self._incident(subscriber, start, rules)
                )
                for subscriber, start, end in owed.select("subscriber", "window_start", "window_end").iter_rows()
            }
        return self._known[key]

    def _incident(self, subscriber: int, start: int, rules: Sequence[int]) -> Incident:
        """The last counted outage of the guarantees that missed; none while one of them still goes on."""
        windows = [(subscriber, rule, start) for rule in rules]
        found = [self.last[window] for window in windows if window in self.missed and window in self.last]
        ended = [incident for incident in found if incident is not None]
        return max(ended, key=itemgetter(1)) if ended and len(ended) == len(found) else None


def _rows(
    awards: Awards,
    plan: Plan,
    terms: Terms,
    remedy: Remedy,
    limits: Mapping[Window, int | None],
    earliest: Mapping[Window, int],
) -> list[tuple[object, ...]]:
    claims = terms.claims_of(remedy)
    owed = awards.award(plan, terms, remedy).filter(pl.col("amount") > 0)
    made = awards.claimed.get(remedy.id, {})
    rows: list[tuple[object, ...]] = []
    for subscriber, start, end, amount in owed.select("subscriber", "window_start", "window_end", "amount").iter_rows():
        window = (subscriber, remedy.id, start)
        claimed = any(start <= at < end for at, _ in made.get(subscriber, ()))
        state = status(claims, limits[window], claimed, awards.case.as_of)
        rows.append((*window, amount, limits[window], earliest.get(window), state, "; ".join(claims.evidence)))
    return rows
