"""Summarize a comparison in sentences: which plan pays more for which outages, and what the same outages earn."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import polars as pl

from slakit.comparison.compare import Comparison
from slakit.policy.printing import percent_text, print_amount, print_duration, print_money


def summarize_comparison(comparison: Comparison) -> list[str]:
    """List what a buyer should hear of a comparison, the most important first.

    >>> from slakit.comparison.compare import compare
    >>> for sentence in summarize_comparison(compare(["wp-heaven", "cloudworkz"])):
    ...     print(sentence)
    For one outage, WP Heaven pays at least as much as any other plan here.
    WP Heaven pays more than Cloudworkz for outages beyond 3h36m, and never less.
    """
    names, leader = comparison.names, comparison.leader
    sentences: list[str] = []
    if not comparison.owed.is_empty():
        amounts, shares = [], {} if comparison.in_one_currency else comparison.shares()
        for row in comparison.sums().iter_rows(named=True):
            low, high, currency = row["lowest"], row["highest"], row["currency"]
            span = f"{print_amount(low, currency)} to {print_amount(high, currency)}"
            spread = f" ({span}, depending on the interpretation)" if low != high else ""
            share = f", {percent_text(shares[row['plan']].owed, 2)} of a monthly fee" if shares else ""
            amounts.append(f"{names[row['plan']]} {print_money(row['owed'], currency)}{share}{spread}")
        key = ["subscription", "outage"]
        count = comparison.verdicts.select(key).n_unique()
        parted = comparison.verdicts.filter("differs").select(key).n_unique()
        period = comparison.review.period.printed if comparison.review else ""
        outages = "outage" if count == 1 else f"{count} outages"
        sentences.append(f"For the same {outages} of {period}: {'; '.join(amounts)}.")
        sentences.append(f"The contracts count different lengths of downtime for {parted} of {outages}.")
    if leader is not None:
        sentences.append(f"For one outage, {names[leader]} pays at least as much as any other plan here.")
    elif comparison.dominance["verdict"].is_in(["better", "worse", "crossing"]).any():
        sentences.append("No plan pays the most for every length of outage.")
    return sentences + summarize_dominance(comparison)


def summarize_dominance(comparison: Comparison) -> list[str]:
    """Say of every two plans which pays more for which lengths of outage."""
    names, sentences = comparison.names, []
    for plan, rival, verdict in comparison.dominance.select("plan", "other", "verdict").iter_rows():
        one, other, changes = names[plan], names[rival], lead_changes(comparison, plan, rival)
        if verdict == "equal":
            sentences.append(f"{one} and {other} pay the same for one outage of any length.")
        elif verdict != "crossing":
            ahead, behind = (one, other) if verdict == "better" else (other, one)
            start = lead_start(changes[0][0])
            sentences.append(f"{ahead} pays more than {behind} for outages {start}, and never less.")
        else:
            spans = [
                (leads, f"from {_edge(start)} to {_edge(end)}" if start else f"up to {_edge(end)}")
                for (start, leads), (end, _) in pairwise(changes)
            ]
            (first, span), *later = [*spans, (changes[-1][1], "beyond")]
            said = ", ".join(f"{names[leads]} {where}" for leads, where in later)
            sentences.append(f"{names[first]} pays more for outages {span}, {said}.")
    return sentences


def lead_changes(comparison: Comparison, plan: str, other: str) -> list[tuple[Decimal, str]]:
    """List the lengths of outage from which on another of two plans pays more, with the id of that plan. [s]"""
    pair = (pl.col("plan") == plan) & (pl.col("other") == other)
    return list(comparison.crossings.filter(pair).select("downtime_seconds", "leads").iter_rows())


def lead_start(seconds: Decimal) -> str:
    """Name the length of outage at which a lead begins; the microsecond after an edge is beyond the edge.

    >>> lead_start(Decimal("2592.000001")), lead_start(Decimal(3600))
    ('beyond 43m12s', 'from 1h on')
    """
    edge = _edge(seconds)
    return f"from {edge} on" if edge == print_duration(int(seconds * 10**6)) else f"beyond {edge}"


def _edge(seconds: Decimal) -> str:
    """Print the edge at which, or a microsecond after which, a lead begins: the shorter of the two."""
    microseconds = int(seconds * 10**6)
    before, at = print_duration(microseconds - 1), print_duration(microseconds)
    return before if len(before) < len(at) else at
