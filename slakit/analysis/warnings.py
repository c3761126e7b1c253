"""Warnings: rows of the evidence that were not used, or not as they are written, each with its reason."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

import polars as pl

from slakit.analysis.event_warnings import maintenance_warnings, outage_warnings, recovery_warnings, ticket_warnings
from slakit.analysis.evidence_rows import row_warnings
from slakit.analysis.money_warnings import claim_warnings, fee_warnings
from slakit.analysis.observation import Unobserved
from slakit.analysis.plans import Plans
from slakit.analysis.samples import NO_VERDICT, Missing
from slakit.analysis.vocabulary import Warned
from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import PROBES, PROVENANCE, TABLES
from slakit.measure.calendar import Period
from slakit.measure.rules import Plan
from slakit.problems import InputError, Problem

WARNINGS: Mapping[str, Any] = MappingProxyType(
    {"subscription": pl.String, "table": pl.String, "row": pl.Int64, "code": pl.String, "says": pl.String}
)
CODES: Mapping[str, str] = MappingProxyType(
    {
        "no_length": "An outage starts and ends at the same instant: its length is unknown, and nothing of it counts",
        "after_as_of": "A row begins after the instant of the assessment: it is not known yet",
        "not_judged": "No guarantee of the contract judges the row",
        "share_not_weighed": "Outages affect a share of the service only (`affected`) and count whole, for no "
        "guarantee weighs the share or asks for one",
        "unknown_component": "The contract does not name the component",
        "taken_as": "A word differs from one of the contract only in case, blanks, hyphens or underscores: it is taken "
        "as that word",
        "near_word": "A word is close to one of the contract, and is not taken as it",
        "early_signal": "An outage was detected, reported or diagnosed a day or more before it started",
        "no_signal": "An outage was not reported, detected or diagnosed while it lasted, and every clock that it could "
        "start starts with that: nothing of it counts",
        "outside_subscription": "A row lies before the subscription starts or after it ends",
        "claim_without_window": "A claim that was made fits no window in which the remedy is due",
        "claim_before_window": "A claim was made before its window began",
        "hold_after_resolution": "A hold begins after its ticket was resolved, and takes nothing",
        "priority_after_answer": "A ticket changes its priority after it was resolved, which decides nothing",
        "update_outside_ticket": "An update was sent before its ticket was opened, or after it was resolved",
        "hold_of_minutes": "A hold is of a ticket whose times are given in minutes, from which it is taken already",
        "maintenance_without_effect": "No guarantee of the contract excludes maintenance of this kind and component",
        "no_charge": "A month has no charge although others have: it is taken at the fee of the subscription",
        "samples_missing": "Measurements are missing in a window: what was not measured is not known, and the warning "
        "says what it is taken as",
        "probed_twice": "Outages of samples overlap other rows of outages: the same downtime may be told of twice",
        "bounds_differ": "Verdicts or credits differ between the bounds of outages: the table bounds says which",
        "no_coverage": "The table coverage has no row of the subscription: all of its time counts as observed",
        "not_observed": "No coverage reaches a time of which the contract does not say what it is, and it is taken as "
        "up; or it reaches nothing of a window, and there is no verdict",
        "repeated": "Several rows claim or measure the same at the same time, and each of them counts",
        "fee_of_nothing": "A credit is a share of what was charged, and no charge is given for that time",
        "claims_not_read": "Money is owed under a contract of which the terms of claims were not read",
    }
)
"""Every code of a warning, and what it means."""


def warnings_of(
    evidence: Evidence,
    plans: Plans,
    tables: Mapping[str, pl.DataFrame],
    missing: Iterable[Missing],
    unobserved: Iterable[Unobserved],
    uncharged: Iterable[tuple[int, date]],
    period: Period,
    as_of: datetime,
) -> Iterator[Warned]:
    """Find the rows of the evidence that the assessment did not use, or that are odd.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    plans
        Terms of each plan under each reading, the chosen one first.
    tables
        Of the review: `ledger`, `credits` and `claims`.
    missing
        Measurements that are missing.
    unobserved
        Time that was not observed.
    uncharged
        Months without a charge: row of the subscription, and first day.
    period, as_of
        What was assessed, and when.
    """
    held, plans = _held_plans(evidence, plans)
    chosen = {plan: readings[0] for plan, readings in plans.items()}
    yield from outage_warnings(evidence, held, chosen, tables["ledger"], as_of)
    yield from maintenance_warnings(evidence, held, plans)
    yield from ticket_warnings(evidence, held, chosen)
    yield from recovery_warnings(evidence, held, plans)
    yield from claim_warnings(evidence, held, chosen, tables, period)
    yield from fee_warnings(evidence, held, plans, tables["credits"], uncharged)
    yield from row_warnings(evidence, held, chosen, as_of)
    for gap in missing:
        lacks = f"{gap.guarantee} has no measurement in {gap.missing:,} of {gap.expected:,} {gap.what}"
        window = f"of the window from {gap.first:%Y-%m-%d} to {gap.last:%Y-%m-%d}"
        so = f"they are {gap.taken}" if gap.missing < gap.expected else NO_VERDICT
        says = f"{lacks} {window}: {so}."
        yield gap.subscription, "measurements", None, "samples_missing", says
    if "coverage" in evidence.given:
        with_rows = set(evidence.coverage["subscription"])
        for name in evidence.names:
            if name not in with_rows:
                says = "The table coverage has no row of this subscription: all of its time counts as observed."
                yield name, "coverage", None, "no_coverage", says
    for time in unobserved:
        yield time.subscription, "coverage", None, "not_observed", time.says


def _held_plans(evidence: Evidence, plans: Plans) -> tuple[dict[str, Plan], Plans]:
    """Find the plan of each subscription; of one that changes, its plans as if they were one: a row is of use if it is
    under any of them."""
    of_names: dict[str, list[Plan]] = {}
    for name, policy, tier in evidence.phases.select("subscription", "policy", "tier").iter_rows():
        of_names.setdefault(name, []).append((policy, tier))
    held: dict[str, Plan] = {}
    known = dict(plans)
    for name, own in of_names.items():
        held[name] = own[-1]
        if len(own) > 1:
            held[name] = (" → ".join(f"{policy} {tier or ''}" for policy, tier in own), None)
            terms = [plans[plan][0] for plan in dict.fromkeys(own)]
            lists = ("guarantees", "remedies", "recovery", "backups")
            together = {part: [entry for one in terms for entry in getattr(one, part)] for part in lists}
            others = [one for plan in dict.fromkeys(own) for one in plans[plan]]
            known[held[name]] = [terms[-1].model_copy(update=together), *others]
    return held, known


def warnings_table(warned: Iterable[Warned], evidence: Evidence) -> pl.DataFrame:
    """Return warnings as a table, in the order of subscriptions, tables and rows."""
    found = pl.DataFrame(list(dict.fromkeys(warned)), schema=dict(WARNINGS), orient="row")
    names = evidence.names
    order = [_rank("subscription", names), _rank("table", list(TABLES)), pl.col("row"), _rank("code", list(CODES))]
    return found.sort(order, nulls_last=True, maintain_order=True)


def _rank(column: str, names: Sequence[str]) -> pl.Expr:
    return pl.col(column).replace_strict(names, range(len(names)), default=len(names), return_dtype=pl.UInt32)


def refuse_warnings(warnings: pl.DataFrame, source: str) -> None:
    """Refuse evidence that gives rise to warnings.

    Raises
    ------
    InputError
        There are some; each is a problem.
    """
    problems = [
        Problem(f"{row['table']} row {row['row']}" if row["row"] is not None else row["table"], row["subscription"],
                row["says"].removesuffix("."), "correct the evidence, or assess without --strict")
        for row in warnings.iter_rows(named=True)
    ]  # fmt: skip
    if problems:
        raise InputError(source, problems)


def evidence_reference() -> str:
    """Return the page that describes every table of evidence and every warning, as Markdown."""
    introduction = (
        "# Tables of evidence\n\nEvery table and column. Printed by `slakit schema --markdown --of evidence`.\n\n"
        "A column with `?` is optional: it may be missing, and its cells may be empty.\n\nEvery table may also have "
        + " and ".join(f"`{column.name}` ({column.says})" for column in PROVENANCE)
        + "; `slakit import` fills them in."
    )
    sections = [introduction, *(table.described() for table in (*TABLES.values(), PROBES))]
    told = "\n".join(f"| `{code}` | {says} |" for code, says in CODES.items())
    sections.append(
        f"## Warnings\n\nRows that were not used, or not as they are written.\n\n| code | meaning |\n|---|---|\n{told}"
    )
    return "\n\n".join(sections) + "\n"
