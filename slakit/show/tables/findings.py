"""Tables of findings in contracts, and of the value of their guarantees."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import polars as pl
from great_tables import GT

from slakit.finding.model import HEADINGS, SEVERITIES
from slakit.policy.plan_names import tiers_text
from slakit.policy.printing import percent_text, print_percent
from slakit.show.deduplicate import plans_name, policy_name, with_part_names
from slakit.show.labels import length_text
from slakit.show.tables.memo import Memo, memo_table


def show_findings(findings: pl.DataFrame, severities: Sequence[str] = tuple(SEVERITIES)) -> GT:
    """Show findings by severity, each with its evidence in numbers and its clauses.

    Parameters
    ----------
    findings
        From `findings`, of one policy or several.
    severities
        Those to show.
    """
    chosen = findings.filter(pl.col("severity").is_in(list(severities)))
    several = chosen["policy"].n_unique() > 1
    names = list(dict.fromkeys(chosen["policy"]))
    ranks = [
        pl.col(column).replace_strict(order, range(len(order)), return_dtype=pl.UInt32)
        for column, order in (("policy", names), ("severity", list(HEADINGS)))
    ]
    rows = [
        {
            "": f"{policy_name(row['policy'], chosen)}: {HEADINGS[row['severity']].lower()}"
            if several
            else HEADINGS[row["severity"]],
            "About": row["subject"] + (f"\n({tiers_text(row['tiers'])})" if row["tiers"] else ""),
            "Finding": row["sentence"],
            "Figure": row["figure"],
            "Clause": row["clauses"],
        }
        for row in chosen.sort(ranks, maintain_order=True).iter_rows(named=True)
    ]
    notes = [f"{HEADINGS[name]}: {meaning}." for name, meaning in SEVERITIES.items() if name in severities]
    widths = {"About": "16%", "Clause": "14%", "Finding": "34%"}
    memo = Memo("Findings", "", notes, groups="", widths=widths)
    return memo_table(rows, memo, "Nothing was found.")


def show_guarantee_values(worth: pl.DataFrame) -> GT:
    """Show how low availability may fall without a credit, and the credit for lost time.

    Parameters
    ----------
    worth
        From `guarantee_value`, of one plan or several together.
    """
    keys = ["policy", "tier", "guarantee", "remedy", "target", "free_availability", "free_seconds"]
    worth = with_part_names(worth)
    series = worth.group_by(*keys, maintain_order=True).agg("downtime_seconds", "credit_percent", "of_lost_time")
    tiers, names = (pl.col(column).unique(maintain_order=True) for column in ("tier", "guarantee"))
    lists = ["downtime_seconds", "credit_percent", "of_lost_time"]
    alike = series.group_by(*[key for key in keys if key != "guarantee"], *lists, maintain_order=True).agg(names)
    alike = alike.group_by(*[key for key in alike.columns if key != "tier"], maintain_order=True).agg(tiers)
    rows = []
    for row in alike.iter_rows(named=True):
        free, length = row["free_availability"], length_text(row["free_seconds"])
        without = f"up to {length}"
        if free is not None:
            without = f"down to {percent_text(free, 6)} ({length})"
        # The longest incident without a credit: one a microsecond short of an edge is below the edge.
        elif len(beyond := length_text(row["free_seconds"] + Decimal("0.000001"))) < len(length):
            without = f"below {beyond}"
        earned = {}
        for seconds, percent, times in zip(*(row[column] for column in lists), strict=True):
            said = f"{percent_text(percent, 2)}\n{print_percent(times, 2)} × the fee for the time lost"
            earned[f"{length_text(seconds)} down"] = said if percent else "no credit"
        rows.append({
            "Plan": plans_name(row["policy"], row["tier"], worth),
            "Guarantee": ", ".join(row["guarantee"]),
            "No credit": without,
            **earned,
        })  # fmt: skip
    headings = list(dict.fromkeys(heading for row in rows for heading in row))
    rows = [{heading: row.get(heading, "–") for heading in headings} for row in rows]
    notes = [
        "Credit as a share of the monthly fee, and as a multiple of the fee for the time lost (a month of 30 days). "
        "One outage in one window."
    ]
    memo = Memo("Value of the guarantees", "", notes, groups="Plan", numbers=headings[3:])
    return memo_table(rows, memo, "No plan here guarantees anything about outages.")
