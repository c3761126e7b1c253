"""Recoveries and backups of an assessment: under the chosen reading, and under every other that sets other targets."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from slakit.analysis.plans import Plans
from slakit.analysis.result_tables import seconds
from slakit.evidence.evidence import Evidence
from slakit.measure.recoveries import GAPS, RECOVERED, judge_backups, judge_recoveries
from slakit.policy.terms import Terms


def recoveries_table(evidence: Evidence, plans: Plans, as_of: int) -> pl.DataFrame:
    """Show each recovery under every reading that changes a target, the chosen reading first.

    Parameters
    ----------
    evidence, plans
        Checked tables, and the plans that subscriptions hold.
    as_of
        The instant of the assessment. [µs]

    Returns
    -------
    pl.DataFrame
        `subscription`, `reading` (the answers that matter, empty where none does), `recovery`, `kind`, `failed`,
        `lost_seconds`, `rpo_seconds`, `rpo_met`, `back_seconds`, `rto_seconds`, `rto_met`, `commitment`, `clause`.
    """
    tables = [pl.DataFrame(schema={**RECOVERED, "reading": pl.String})]
    for plan, readings in plans.items():
        for label, terms in apart(readings):
            judged = judge_recoveries(evidence, plan, terms, as_of)
            tables.append(judged.with_columns(pl.lit(label).alias("reading")))
    lengths = [seconds(pl.col(name)).alias(f"{name}_seconds") for name in ("lost", "rpo", "back", "rto")]
    return pl.concat(tables).select(
        "subscription",
        "reading",
        "recovery",
        "kind",
        "failed",
        *lengths[:2],
        "rpo_met",
        *lengths[2:],
        "rto_met",
        "commitment",
        "clause",
    )


def backups_table(evidence: Evidence, plans: Plans, as_of: int) -> pl.DataFrame:
    """Show each backup against each guarantee of backups, under the chosen reading.

    Parameters
    ----------
    evidence, plans
        Checked tables, and the plans that subscriptions hold.
    as_of
        The instant of the assessment. [µs]

    Returns
    -------
    pl.DataFrame
        `subscription`, `backup`, `taken` (null for the time since the last one), `gap_seconds`, `every_seconds`,
        `in_time`, `kept_seconds`, `keep_seconds`, `kept_long_enough`, `clause`.
    """
    tables = [judge_backups(evidence, plan, readings[0], as_of) for plan, readings in plans.items()]
    together = pl.concat([pl.DataFrame(schema=GAPS), *tables])
    gap, every, kept, keep = (
        seconds(pl.col(name)).alias(f"{name}_seconds") for name in ("gap", "every", "kept", "keep")
    )
    shown = ("subscription", "backup", "taken", gap, every, "in_time", kept, keep, "kept_long_enough", "clause")
    return together.select(shown)


def apart(readings: Sequence[Terms]) -> list[tuple[str, Terms]]:
    """List the readings that set different recovery targets, each with the answers that do so."""
    seen: dict[str, Terms] = {}
    for terms in readings:
        seen.setdefault(str([target.model_dump_json() for target in terms.recovery]), terms)
    kept = list(seen.values())
    if len(kept) == 1:
        return [("", kept[0])]
    differing = [q for q in kept[0].reading if len({terms.reading[q] for terms in kept}) > 1]
    return [(", ".join(f"{q}={terms.reading[q]}" for q in differing), terms) for terms in kept]
