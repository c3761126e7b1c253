"""Rights beside credits, such as to terminate, that breaches gave rise to."""

from __future__ import annotations

from typing import Any

import polars as pl

from slakit.analysis.result_tables import guarantees_of, instant_column, names_of
from slakit.evidence.instants import INSTANT
from slakit.measure.measured_evidence import MeasuredEvidence
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.remedies import Claims
from slakit.remedy.awards import Awarded
from slakit.remedy.claims import deadlines
from slakit.remedy.conditions import holds

RIGHTS: dict[str, Any] = {
    "subscription": pl.String, "right": pl.String, "says": pl.String, "guarantee": pl.String,
    "window_start": INSTANT, "window_end": INSTANT, "until": INSTANT, "clause": pl.String,
}  # fmt: skip


def rights_of(measured: MeasuredEvidence, awarded: Awarded, subscriptions: pl.DataFrame) -> pl.DataFrame:
    """List the rights that arose under the chosen reading: one row for each window at whose end a condition held.

    A condition on single outages holds where it does for any outage of the window; without an outage it does not.

    Parameters
    ----------
    measured, awarded
        As `measure_evidence` and `award_remedies` give them.
    subscriptions
        The checked table.
    """
    names = guarantees_of(measured.rules)
    tables = [pl.DataFrame(schema=RIGHTS)]
    for awarded_reading in (readings[0] for readings in awarded.readings.values()):
        chosen = awarded_reading.reading
        zone = chosen.terms.time_zone or ASSUMED_ZONE
        for right in chosen.terms.rights:
            facts = awarded.facts.asked_of(awarded_reading, right.when, right.guarantees, measured.rules)
            facts = facts.filter(pl.col("total") > 0)
            held = facts.filter(pl.any_horizontal(holds(condition, of_window=True) for condition in right.when))
            until = deadlines(Claims(within=right.within), zone, held["window_end"])
            tables.append(
                held.with_columns(until.alias("until")).select(
                    names_of(subscriptions),
                    pl.lit(right.id).alias("right"),
                    pl.lit(right.says).alias("says"),
                    names,
                    instant_column("window_start"),
                    instant_column("window_end"),
                    instant_column("until"),
                    pl.lit(right.clause).alias("clause"),
                )
            )
    return pl.concat(tables).sort("subscription", "window_end", "right", "guarantee")
