"""Compare plans: their terms in one vocabulary, their credit curves, and the same outages under each contract."""

from __future__ import annotations

import html
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import polars as pl

from slakit import _hooks
from slakit.analysis.assess import instant_of
from slakit.analysis.offers import Offer, answers_of, offers_of
from slakit.analysis.plans import Settled
from slakit.analysis.review import Review
from slakit.arguments import checked
from slakit.comparison.dominance import dominance
from slakit.comparison.iso19086 import terms_table
from slakit.comparison.replay import OWED_COLUMNS, VERDICT_COLUMNS, assess_under_all, owed_table, verdict_table
from slakit.evidence.evidence import Evidence
from slakit.measure.calendar import Period
from slakit.policy.files import find_plans
from slakit.policy.plan_names import plan_names
from slakit.policy.terms import Terms
from slakit.policy.yaml import parse_yaml
from slakit.problems import InputError, Problem
from slakit.remedy.curves import credit_curve
from slakit.remedy.fees import exact_fee

COMPARED_FEE = Decimal(1000)


class FeeShares(NamedTuple):
    """Credits of a plan as shares of a monthly fee: what is owed, and the range if read otherwise. [%]"""

    owed: Fraction = Fraction(0)
    lowest: Fraction = Fraction(0)
    highest: Fraction = Fraction(0)


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """Plans side by side.

    Attributes
    ----------
    plans
        Name → terms under the chosen reading.
    proposed
        Names of plans with terms that are proposed (`Policy.amend`), and not offered.
    fee
        Monthly fee that the curves are drawn for. [currency units]
    terms
        What each plan says on each term: `plan`, `area`, `term`, `code`, `value`, `figure`, `best`, `clause`.
    curves
        Exact credit curves, as `credit_curve` gives them.
    dominance
        Every two plans: `plan`, `other`, `verdict` (better, worse, equal, crossing), `crossings`.
    crossings
        `plan`, `other`, `downtime_seconds`, `leads`: from which length of outage on which of the two pays more.
    owed
        With evidence, what each plan would owe each subscription: `subscription`, `plan`, `currency`, `monthly_fee`,
        `owed`, `lowest`, `highest` (range if ambiguous clauses are read otherwise), `counted_seconds`, `windows`,
        `missed`.
    verdicts
        With evidence, every outage under each contract: `subscription`, `outage`, `plan`, `guarantee` (under which
        most of it counts), `counted_seconds`, `why` (its verdicts with their clauses), `differs`.
    review
        With evidence, the assessment of it all.

    Examples
    --------
    >>> compare(["klikk:gold", "klink-cloud:enterprise"])
    Comparison(klikk:gold, klink-cloud:enterprise)
    """

    plans: Mapping[str, Terms]
    proposed: frozenset[str]
    fee: Decimal
    terms: pl.DataFrame
    curves: pl.DataFrame
    dominance: pl.DataFrame
    crossings: pl.DataFrame
    owed: pl.DataFrame
    verdicts: pl.DataFrame
    review: Review | None

    @property
    def names(self) -> dict[str, str]:
        """Names of the plans for people: id → `Klikk Gold`, in the order of the plans."""
        return plan_names(self.plans, self.proposed)

    @property
    def leader(self) -> str | None:
        """Return the plan that pays at least as much as every other for every outage, and more than one of them."""
        for name in self.plans:
            as_first = self.dominance.filter(pl.col("plan") == name)["verdict"]
            as_other = self.dominance.filter(pl.col("other") == name)["verdict"]
            turned = as_other.replace({"better": "worse", "worse": "better"})
            verdicts = {*as_first, *turned}
            if "better" in verdicts and verdicts <= {"better", "equal"}:
                return name
        return None

    def sums(self) -> pl.DataFrame:
        """Sum what each plan would owe: `plan`, `currency`, `owed`, `lowest`, `highest`, `against_first`."""
        order = list(self.plans)
        totals = self.owed.group_by("plan", "currency", maintain_order=True).agg(
            pl.col("owed", "lowest", "highest").sum()
        )
        first = totals.filter(pl.col("plan") == order[0]).select("currency", pl.col("owed").alias("first"))
        rank = pl.col("plan").replace_strict(order, range(len(order)), return_dtype=pl.UInt32)
        joined = totals.join(first, on="currency", how="left", maintain_order="left").sort(rank, maintain_order=True)
        return joined.with_columns((pl.col("owed") - pl.col("first")).alias("against_first")).drop("first")

    @property
    def in_one_currency(self) -> bool:
        """Return whether every plan pays in the same currency; otherwise credits compare as shares of the fee."""
        return self.owed["currency"].n_unique() <= 1

    def shares(self) -> dict[str, FeeShares]:
        """Sum what each plan would owe in percent of a monthly fee, whatever its currency: plan → exact shares.

        A subscription without a fee adds nothing.
        """
        rows = self.owed.filter(pl.col("monthly_fee") > 0).select("plan", "monthly_fee", "owed", "lowest", "highest")
        shares = {plan: FeeShares() for plan in self.plans if plan in set(self.owed["plan"])}
        for plan, fee, *amounts in rows.iter_rows():
            more = (100 * Fraction(amount) / Fraction(fee) for amount in amounts)
            shares[plan] = FeeShares(*map(operator.add, shares[plan], more))
        return shares

    def to_excel(self, path: str | Path) -> None:
        """Write all tables as one workbook, whole or not at all.

        Raises
        ------
        InputError
            The path does not end in `.xlsx`, cannot be written, or the extra `excel` is not installed.
        """
        _hooks.write_workbook(self, path)

    def __repr__(self) -> str:
        return f"Comparison({', '.join(self.plans)})"

    def _repr_html_(self) -> str:
        wide = self.terms.pivot(on="plan", index=["area", "term"], values="value", maintain_order=True)
        head = "".join(f"<th>{html.escape(name)}</th>" for name in wide.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(str(cell or ''))}</td>" for cell in row) + "</tr>"
            for row in wide.iter_rows()
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@checked
def compare(
    plans: Iterable[Offer],
    *,
    fee: Decimal | float | None = None,
    evidence: Evidence | None = None,
    period: str | Period | None = None,
    as_of: str | date | datetime | None = None,
    reading: Mapping[str, str] | Iterable[str] | None = None,
) -> Comparison:
    """Compare plans side by side: terms, curves, and the same outages under each contract.

    Parameters
    ----------
    plans
        Two or more of: `klikk:gold`, an id or a path (all its tiers), a policy, or a policy and a tier. A policy that
        `Policy.amend` changed is compared with the one it came from like any other.
    fee
        The same monthly fee for all; if not given, 1000 for curves, and each subscription's own fee for its outages.
    evidence
        Outages, coverage and maintenance to assess under each contract, without tickets. An outage keeps its component:
        a plan that guarantees nothing about it does not count it.
    period, as_of
        As `assess` takes them; if not given, the months of the outages, and the day after them.
    reading
        Answers to open questions, as `assess` takes them.

    Returns
    -------
    Comparison

    Raises
    ------
    InputError
        Plans are unknown, named twice or fewer than two, the fee is not above 0, or the evidence has no outage;
        all problems at once.

    Examples
    --------
    >>> both = compare(["klikk:gold", "klink-cloud:enterprise"])
    >>> both.dominance.row(0), both.crossings.select("leads").to_series().to_list()
    (('klikk:gold', 'klink-cloud:enterprise', 'crossing', 1), ['klikk:gold', 'klink-cloud:enterprise'])
    """
    settled = Settled.of(reading)
    offers = offers_of(plans, settled, least=2)
    exact = None if fee is None else exact_fee(fee)
    if period and isinstance(period, str):
        period = Period.parse(period)
    if as_of:
        as_of = instant_of(as_of)
    terms = {name: chosen for name, (_, _, chosen) in offers.items()}
    drawn_for = exact if exact is not None else COMPARED_FEE
    won, crossed = dominance(terms, drawn_for)
    review = None
    if evidence is not None:
        review = assess_under_all(offers, evidence, period, as_of, exact, answers_of(offers, settled))
    return Comparison(
        plans=terms,
        proposed=frozenset(name for name, (policy, _, _) in offers.items() if policy.origin),
        fee=drawn_for,
        terms=terms_table(terms, drawn_for),
        curves=credit_curve(terms.values(), fee=drawn_for),
        dominance=won,
        crossings=crossed,
        owed=owed_table(review) if review else pl.DataFrame(schema=OWED_COLUMNS),
        verdicts=verdict_table(review) if review else pl.DataFrame(schema=VERDICT_COLUMNS),
        review=review,
    )


def amended_offers(plans: Iterable[str], changes: Iterable[str] = ()) -> list[Offer]:
    """List plans to compare: those that are named, and the first of them with amended terms.

    Parameters
    ----------
    plans
        As `compare` takes them.
    changes
        `term=value`, the value as a policy file would write it: `guarantees.website.target=99.9`. With any, the first
        plan is compared with these terms too, under a name that ends in `-if`.

    Raises
    ------
    InputError
        A change is not written like that, or does not fit the first plan; all problems at once.

    Examples
    --------
    >>> [offer if isinstance(offer, str) else offer[0].id
    ...  for offer in amended_offers(["wp-heaven", "cloudworkz"], ["guarantees.website.target=99.9"])]
    ['wp-heaven', 'cloudworkz', 'wp-heaven-if']
    """
    named = list(plans)
    terms: dict[str, object] = {}
    problems = []
    for change in changes:
        path, found, value = change.partition("=")
        if not found:
            remedy = "write term=value, like guarantees.network.window=1q"
            problems.append(Problem("changes", change, "not an amended term", remedy))
        terms[path] = parse_yaml(f"value: {value}", name=change).tree["value"]
    if problems:
        raise InputError("changes", problems)
    changed = [(policy.amend(terms), tier) for policy, tier in find_plans(named[0])] if terms and named else []
    return [*named, *changed]
