"""What claims require beside a credit, such as paid invoices, and whether the evidence says that it was so."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from slakit.analysis.plans import Plans, Policies
from slakit.analysis.result_tables import instant_column, names_of
from slakit.evidence.evidence import Evidence
from slakit.measure.rules import Plan
from slakit.policy.remedies import Claims
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.awards import Awarded

REQUIREMENTS = {
    "subscriber": pl.UInt32, "remedy": pl.String, "window_start": pl.Int64, "window_end": pl.Int64,
    "requirement": pl.String, "says": pl.String, "met": pl.Boolean, "clause": pl.String,
}  # fmt: skip
REQUIREMENT_MET = {True: "met", False: "not met", None: "not said by the evidence; taken as met"}
REQUIRED = ["subscriber", "remedy", "window_start", "window_end", "requirement"]


def claims_in(terms: Terms) -> Iterator[Claims]:
    """Yield the terms of claims that terms have: those of all remedies, and those of single ones."""
    stated = (terms.claims, *(remedy.claims for remedy in terms.remedies))
    return (claims for claims in stated if claims is not None)


def refuse_unknown_conditions(evidence: Evidence, policies: Policies, plans: Plans) -> None:
    """Refuse conditions that no claim of the subscription's policy requires, as it is written or under any reading.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    policies, plans
        The policies that subscriptions name, and the terms of each plan under each reading.
    """
    if evidence.conditions.is_empty():
        return
    by_plan: dict[Plan, set[str]] = {}
    for plan, readings in plans.items():
        document = policies[plan[0]]
        written = [document.claims, *(remedy.claims for remedy in document.remedies)]
        read = [claims for terms in readings for claims in claims_in(terms)]
        by_plan[plan] = {one.id for claims in [*written, *read] if claims is not None for one in claims.requires}
    required: dict[str, set[str]] = {}
    for subscription, policy, tier in evidence.phases.select("subscription", "policy", "tier").iter_rows():
        required.setdefault(subscription, set()).update(by_plan[(policy, tier)])
    problems = []
    told = evidence.numbered("conditions").select("row", "subscription", "condition")
    for row, subscription, condition in told.iter_rows():
        known = sorted(required[subscription])
        if condition not in known:
            remedy = one_of(known, condition) if known else "remove the row"
            where = f"conditions row {row} condition"
            problems.append(Problem(where, condition, "no claim under the policy requires this", remedy))
    if problems:
        raise InputError(evidence.source, problems)


def requirements_of(evidence: Evidence, awarded: Awarded, as_of: int) -> pl.DataFrame:
    """List what each credit that is owed under the chosen reading requires, and whether it was met in its window.

    It was not where any part of the window says so, and was where rows that say so cover the whole of it.

    Parameters
    ----------
    evidence
        In the words of the contracts.
    awarded
        As `award_remedies` gives it.
    as_of
        The instant of the assessment; what begins later is not known yet. [µs]

    Returns
    -------
    pl.DataFrame
        `REQUIREMENTS`; `met` is null where the evidence does not say it of the whole window.
    """
    tables = [pl.DataFrame(schema=REQUIREMENTS)]
    subscribers = evidence.phases.with_row_index("subscriber").select("subscriber", "subscription")
    told = evidence.conditions.join(subscribers, on="subscription").select(
        "subscriber",
        pl.col("condition").alias("requirement"),
        pl.col("started").dt.epoch("us"),
        pl.col("ended").dt.epoch("us"),
        (pl.col("met") == "yes").alias("held"),
    )
    told = told.filter(pl.col("started") < as_of)
    for readings in awarded.readings.values():
        chosen = readings[0]
        for remedy, number in chosen.remedies:
            claims = chosen.reading.terms.claims_of(remedy)
            if claims is None or not claims.requires:
                continue
            named = [(one.id, one.says, one.clause or claims.clause or "") for one in claims.requires]
            required = pl.DataFrame(named, schema=["requirement", "says", "clause"], orient="row")
            is_owed = (pl.col("award") == number) & (pl.col("amount") > 0)
            owed = awarded.credits.filter(is_owed).select(REQUIRED[:-1])
            asked = owed.join(required, how="cross", maintain_order="left_right")
            inside = asked.join(told, on=["subscriber", "requirement"]).with_columns(
                pl.max_horizontal("started", "window_start").alias("started"),
                pl.min_horizontal(pl.col("ended").fill_null(pl.col("window_end")), "window_end").alias("ended"),
            )
            inside = inside.filter(pl.col("started") < pl.col("ended"))
            broken = inside.filter(~pl.col("held")).select(REQUIRED).unique().with_columns(met=False)
            # rows that touch or overlap cover together: none begins after all those before it are over
            joins = (pl.col("started") <= pl.col("ended").cum_max().shift(1)).fill_null(value=True).all()
            first, last = pl.col("started").min() == pl.col("window_start").first(), pl.col("ended").max()
            whole = (joins & first & (last == pl.col("window_end").first())).alias("whole")
            held = inside.filter("held").sort("started").group_by(REQUIRED, maintain_order=True).agg(whole)
            held = held.filter("whole").select(*REQUIRED, pl.lit(value=True).alias("met"))
            known = pl.concat([broken, held.join(broken, on=REQUIRED, how="anti")])
            tables.append(asked.join(known, on=REQUIRED, how="left", maintain_order="left").select(list(REQUIREMENTS)))
    return pl.concat(tables).sort("subscriber", "window_start", maintain_order=True)


def requirements_table(requirements: pl.DataFrame, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """Show requirements with names and instants.

    Parameters
    ----------
    requirements
        As `requirements_of` gives them.
    subscriptions
        The checked table.
    """
    edges = (instant_column(name) for name in ("window_start", "window_end"))
    return requirements.select(names_of(subscriptions), "remedy", *edges, "requirement", "says", "met", "clause")
