"""Review: what an assessment found, as tables, with a headline."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from slakit import _hooks, locales
from slakit.analysis.evidence_rows import rows_used
from slakit.analysis.result_tables import total_owed
from slakit.arguments import checked
from slakit.evidence.corrections import corrected
from slakit.evidence.evidence import Evidence
from slakit.measure.calendar import Period
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.document import Policy
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of

FIRST, LAST = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
STILL_OPEN = ("claimable", "disputed", "waiting", "not_read", "not_required")
"""Statuses of claims that are neither made nor expired."""
CLAIMABLE = ("claimable", "disputed")
"""Statuses of claims that can be made now, as the contract is read."""
OF_SUBSCRIPTIONS = (
    "ledger", "availability", "incidents", "figures", "attainment", "tickets", "credits", "ranges", "readings",
    "rights", "claims", "register", "claim_steps", "requirements", "recoveries", "backups", "corrections", "bounds",
    "warnings",
)  # fmt: skip
"""The tables of an assessment that have a column `subscription`."""
TABLES = (*OF_SUBSCRIPTIONS, "row_counts", "assumptions")
"""All tables of an assessment, as they are written to files."""

SHOWN = 10
"""Warnings that a notebook shows under a review."""


@dataclass(frozen=True, eq=False, repr=False)
class Review:
    """An assessment.

    Attributes
    ----------
    ledger, availability, incidents, figures, attainment, tickets, recoveries, backups
        What happened, by the contract: outages, windows, tickets and backups with their verdicts.
    credits, ranges, readings, rights, claims, claim_steps, requirements
        What is owed, the range if ambiguous clauses are read otherwise, and until when it can be claimed.
    register
        Claims that were made, and what was answered and credited against what was owed.
    corrections
        Decisions on outages, and what would be owed without them, or if those that are disputed held.
    bounds
        Verdicts and credits that depend on how long outages lasted within their bounds.
    assumptions, warnings, row_counts
        What was assumed, and what of the evidence was used. The columns of every table are in `RESULTS.md` beside this
        module, which `slakit schema --markdown --of results` prints. Instants are in UTC.
    evidence, period, as_of
        What was assessed; outages as they were recorded, whatever was decided on them.
    policies, terms
        Policies by the name the subscriptions give them; terms by policy and tier, under the chosen reading.
    counted_charges
        Rows of `charges`, from 0, that were part of a fee.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    >>> evidence = Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    >>> assess(evidence, "2026-06", "2026-07-01")
    Review(2026-06, as of 2026-07-01 00:00Z: 0.00 DKK owed)
    """

    ledger: pl.DataFrame
    availability: pl.DataFrame
    incidents: pl.DataFrame
    figures: pl.DataFrame
    rights: pl.DataFrame
    attainment: pl.DataFrame
    tickets: pl.DataFrame
    credits: pl.DataFrame
    ranges: pl.DataFrame
    claims: pl.DataFrame
    register: pl.DataFrame
    readings: pl.DataFrame
    claim_steps: pl.DataFrame
    requirements: pl.DataFrame
    recoveries: pl.DataFrame
    backups: pl.DataFrame
    corrections: pl.DataFrame
    bounds: pl.DataFrame
    warnings: pl.DataFrame
    assumptions: pl.DataFrame
    evidence: Evidence
    period: Period
    as_of: datetime
    policies: Mapping[str, Policy]
    terms: Mapping[Plan, Terms]
    counted_charges: frozenset[int] = frozenset()

    @property
    def owed(self) -> dict[str, Decimal]:
        """Return the sum of all credits, by currency."""
        return total_owed(self.credits)

    @checked
    def of(self, subscription: str) -> Review:
        """Return the same review, of one subscription only.

        Raises
        ------
        InputError
            The evidence has no such subscription.
        """
        self.plan_of(subscription)
        policies = [policy for policy, _ in self.evidence.plans_held[subscription]]
        tables = {name: getattr(self, name).filter(pl.col("subscription") == subscription) for name in OF_SUBSCRIPTIONS}
        about = self.assumptions.filter(pl.col("subject").is_in([subscription, *policies]))
        parts = {
            name: getattr(self, name)
            for name in ("evidence", "period", "as_of", "policies", "terms", "counted_charges")
        }
        return Review(**tables, assumptions=about, **parts)

    @cached_property
    def row_counts(self) -> pl.DataFrame:
        """Count the rows of the evidence that were read, and those that bear on a result of the period."""
        tables = {name: getattr(self, name) for name in OF_SUBSCRIPTIONS}
        return rows_used(corrected(self.evidence, self.as_of), tables, self.counted_charges)

    @checked
    def plan_of(self, subscription: str) -> Plan:
        """Return policy and tier of a subscription; of one that changes, those that it has in the end.

        Raises
        ------
        InputError
            The evidence has no such subscription.
        """
        held = self.evidence.plans_held.get(subscription)
        if held is None:
            known = self.evidence.names
            seen = Problem("subscription", subscription, "not in the evidence", one_of(known, subscription))
            raise InputError(self.evidence.source, [seen])
        return held[-1]

    def terms_of(self, subscription: str) -> Terms:
        """Return the terms of a subscription under the chosen reading.

        Of one that changes, those that it has in the end, and the guarantees, remedies and the like that only earlier
        ones had.
        """
        last = self.terms[self.plan_of(subscription)]
        plans = self.evidence.plans_held[subscription]
        if len(plans) == 1:
            return last
        together = {}
        for part in ("guarantees", "remedies", "rights", "recovery", "backups"):
            by_id = {entry.id: entry for plan in plans for entry in getattr(self.terms[plan], part)}
            by_id |= {entry.id: entry for entry in getattr(last, part)}
            own = [entry.id for entry in getattr(last, part)]
            together[part] = [by_id[name] for name in dict.fromkeys([*own, *by_id])]
        return last.model_copy(update=together)

    def in_phases(self, subscription: str) -> list[Review]:
        """Return the review of a subscription, parted among the plans that it holds one after the other.

        Windows are in that of the plan in force when they end, single incidents in that of the plan in force when they
        begin. The rest is in all of them.
        """
        mine = self.of(subscription)
        phases = self.evidence.phases.filter(pl.col("subscription") == subscription)
        if phases.height == 1:
            return [mine]
        parted = []
        subscriptions = self.evidence.subscriptions
        for phase in phases.iter_rows(named=True):
            since, until = phase["since"] or FIRST, phase["until"] or LAST
            tables = {}
            for name in ("availability", "figures", "attainment", "credits", "rights"):
                end = pl.col("window_end")
                tables[name] = getattr(mine, name).filter((end > since) & (end <= until))
            begun = (pl.col("started") >= since) & (pl.col("started") < until)
            tables["incidents"] = mine.incidents.filter(begun)
            # an outage is told of with its window, wherever it began
            tables["ledger"] = mine.ledger.filter(begun | pl.col("window_start").is_not_null())
            own = (pl.col("starts") >= phase["starts"]) & (pl.col("starts") < until)
            rows = subscriptions.filter((pl.col("subscription") == subscription) & own)
            parted.append(replace(mine, **tables, evidence=replace(self.evidence, subscriptions=rows)))
        return parted

    def zone_of(self, subscription: str) -> ZoneInfo:
        """Return the time zone of a subscription's contract."""
        return ZoneInfo(self.terms_of(subscription).time_zone or ASSUMED_ZONE)

    def question(self, subscription: str, question: str) -> str:
        """Return the words of an open question of a subscription's contract."""
        policy, _, name = question.rpartition(":")  # the policy is named where a subscription has had several
        asked = self.policies[policy or self.plan_of(subscription)[0]].readings
        return next((one.question for one in asked if one.id == name), question)

    def headline(self) -> pl.DataFrame:
        """Return what is owed to each subscription, the range, and until when it can be claimed.

        Returns
        -------
        pl.DataFrame
            `subscription`, `policy`, `tier` (those in the end), `owed`, `lowest`, `highest`, `currency`, `claimable`
            (amount not yet claimed nor expired), `next_deadline` (the earliest under any reading, of what is
            claimable; where that has passed, as the contract is read).
        """
        open_claims = self.claims.filter(pl.col("status").is_in(STILL_OPEN))
        claimable = open_claims.group_by("subscription").agg(
            pl.col("amount").sum().alias("claimable"),
            pl.when(pl.col("status") == "claimable")
            .then("deadline_earliest")
            .when(pl.col("status") == "disputed")
            .then("deadline")
            .min()
            .alias("next_deadline"),
        )
        owed = self.credits.group_by("subscription").agg(pl.col("amount").sum().alias("owed"))
        last = self.evidence.phases.unique("subscription", keep="last", maintain_order=True)
        subscriptions = last.select("subscription", "policy", "tier", "currency")
        known = subscriptions.filter(pl.col("subscription").is_in(self.ranges["subscription"].implode()))
        spread = self.ranges.select(
            "subscription", pl.col("amount_low").alias("lowest"), pl.col("amount_high").alias("highest")
        )
        joined = known.join(owed, on="subscription", how="left", maintain_order="left")
        joined = joined.join(spread, on="subscription", how="left", maintain_order="left")
        joined = joined.join(claimable, on="subscription", how="left", maintain_order="left")
        return joined.with_columns(pl.col("owed", "claimable").fill_null(0)).select(
            "subscription", "policy", "tier", "owed", "lowest", "highest", "currency", "claimable", "next_deadline"
        )

    @checked
    def to_excel(self, path: str | Path) -> None:
        """Write an Excel workbook: a summary, a sheet for every table that has rows, and what was assumed.

        Parameters
        ----------
        path
            Ends in `.xlsx`. Its folder exists. A file of that name is replaced, whole or not at all.

        Raises
        ------
        InputError
            slakit was installed without Excel, the path ends otherwise, or a table is larger than a sheet can be.
        """
        # What is shown is made in slakit.show, which knows this module: it is looked up when it is asked for.
        _hooks.write_workbook(self, path)

    def __repr__(self) -> str:
        sums = ", ".join(f"{amount:,} {currency}" for currency, amount in self.owed.items()) or "nothing"
        return f"Review({self.period}, as of {self.as_of:%Y-%m-%d %H:%M}Z: {sums} owed)"

    def _repr_html_(self) -> str:
        headline = self.headline()
        head = "".join(f"<th>{name.replace('_', ' ')}</th>" for name in headline.columns)
        rows = ""
        for row in headline.iter_rows():
            cells = []
            for cell in row:
                if isinstance(cell, datetime) and locales.chosen:
                    cells.append(locales.instant(cell))
                else:
                    cells.append(
                        "" if cell is None else locales.quantity(cell) if isinstance(cell, Decimal) else str(cell)
                    )
            rows += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        title = f"Owed for {html.escape(self.period.printed)}, as of {locales.instant(self.as_of)} UTC"
        table = f"<table><caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        said = [html.escape(says) for says in self.warnings["says"].head(SHOWN)]
        if not said:
            return table
        more = self.warnings.height - len(said)
        said += [f"… and {more:,} more in <code>review.warnings</code>"] * (more > 0)
        return f"{table}<p>Warnings about the evidence:</p><ul>{''.join(f'<li>{line}</li>' for line in said)}</ul>"
