"""Rights beside credits, such as to terminate, that misses gave rise to."""

from __future__ import annotations

from typing import Any

import polars as pl

from slakit.analysis.plans import Plans
from slakit.analysis.result_tables import instant, names_of
from slakit.evidence.instants import INSTANT
from slakit.measure.rules import ASSUMED_ZONE, Plan
from slakit.policy.remedies import Claims, Right
from slakit.policy.terms import Terms
from slakit.remedy.awards import Awards
from slakit.remedy.claims import deadlines
from slakit.remedy.conditions import holds

RIGHTS: dict[str, Any] = {
    "subscription": pl.String, "right": pl.String, "says": pl.String, "guarantee": pl.String,
    "window_start": INSTANT, "window_end": INSTANT, "until": INSTANT, "clause": pl.String,
}  # fmt: skip


def rights_of(awards: Awards, plans: Plans) -> pl.DataFrame:
    """Rights that arose under the chosen reading: one row for each window at whose end a condition held.

    A condition on single outages holds where it does for the longest of the window; without an outage it does not.
    """
    tables = [pl.DataFrame(schema=RIGHTS)]
    for plan, readings in plans.items():
        tables += [_arisen(awards, plan, readings[0], right) for right in readings[0].rights]
    return pl.concat(tables).sort("subscription", "window_end", "right", "guarantee")


def _arisen(awards: Awards, plan: Plan, terms: Terms, right: Right) -> pl.DataFrame:
    rules = awards.rules_of(plan, terms, right.guarantees)
    facts = awards.known(right.when, rules).filter(pl.col("total") > 0)
    arises = (
        holds(condition) & ((pl.col("outage") > 0) if condition.outage is not None else True)
        for condition in right.when
    )
    held = facts.filter(pl.any_horizontal(arises))
    names = {number: rule.guarantee.id for number, rule in rules.items()}
    until = deadlines(Claims(within=right.within), terms.time_zone or ASSUMED_ZONE, held["window_end"])
    return held.with_columns(until.alias("until")).select(
        names_of(awards.fees.subscriptions),
        pl.lit(right.id).alias("right"),
        pl.lit(right.says).alias("says"),
        pl.col("rule").replace_strict(names, return_dtype=pl.String).alias("guarantee"),
        instant("window_start"),
        instant("window_end"),
        instant("until"),
        pl.lit(right.clause).alias("clause"),
    )
