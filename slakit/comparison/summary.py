"""A comparison in sentences: who is ahead for which outages, and what the same outages would have earned."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import polars as pl

from slakit.comparison.compare import Comparison
from slakit.policy.printing import print_amount, print_duration, print_money


def tell_comparison(comparison: Comparison) -> list[str]:
    """What a buyer would want to hear of a comparison, the most important first.

    >>> from slakit.comparison.compare import compare
    >>> for sentence in tell_comparison(compare(["wp-heaven", "cloudworkz"])):
    ...     print(sentence)
    For one outage, wp-heaven never earns less than any other plan here.
    wp-heaven never earns less than cloudworkz, and more beyond 3h36m.
    """
    return [*_owed(comparison), *_leader(comparison), *tell_contests(comparison)]


def _owed(comparison: Comparison) -> Iterator[str]:
    if comparison.owed.is_empty():
        return
    said = [f"{name} {_money(*sums)}" for name, sums in _sums(comparison)]
    count = comparison.verdicts.select("subscription", "outage").n_unique()
    period = comparison.review.period.printed if comparison.review else ""
    outages = "outage" if count == 1 else f"{count} outages"
    yield f"For the same {outages} of {period}: {'; '.join(said)}."
    parted = comparison.verdicts.filter("differs").select("subscription", "outage").n_unique()
    yield f"Of {outages}, {parted} count{'s' * (parted == 1)} for a different length by one plan than by another."


def _sums(comparison: Comparison) -> Iterator[tuple[str, tuple[Decimal, Decimal, Decimal, str]]]:
    for row in comparison.sums().iter_rows(named=True):
        yield row["plan"], (row["owed"], row["lowest"], row["highest"], row["currency"])


def _money(owed: Decimal, low: Decimal, high: Decimal, currency: str) -> str:
    span = f"{print_amount(low, currency)} to {print_amount(high, currency)}"
    return print_money(owed, currency) + (f" ({span} by how it is read)" if low != high else "")


def _leader(comparison: Comparison) -> Iterator[str]:
    if comparison.leader is not None:
        yield f"For one outage, {comparison.leader} never earns less than any other plan here."
    elif comparison.dominance["verdict"].is_in(["better", "worse", "crossing"]).any():
        yield "No plan is ahead for every length of outage."


def tell_contests(comparison: Comparison) -> Iterator[str]:
    """Of every two plans, which earns more for which outages."""
    for row in comparison.dominance.iter_rows(named=True):
        one, other = row["plan"], row["other"]
        changes = comparison.crossings.filter((pl.col("plan") == one) & (pl.col("other") == other))
        if row["verdict"] == "equal":
            yield f"{one} and {other} earn the same for one outage of any length."
        elif row["verdict"] == "crossing":
            spans = changes.select("downtime_seconds", "leads").iter_rows()
            leads = ", ".join(f"{lead} {beyond(seconds)}" for seconds, lead in spans)
            yield f"Of {one} and {other}, the one that earns more is {leads}."
        else:
            ahead, behind = (one, other) if row["verdict"] == "better" else (other, one)
            yield f"{ahead} never earns less than {behind}, and more {beyond(changes['downtime_seconds'][0])}."


def beyond(seconds: Decimal) -> str:
    """A length from which on something holds; the microsecond after an edge is beyond the edge.

    >>> beyond(Decimal("2592.000001")), beyond(Decimal(3600))
    ('beyond 43m12s', 'from 1h on')
    """
    microseconds = int(seconds * 10**6)
    before, at = print_duration(microseconds - 1), print_duration(microseconds)
    return f"beyond {before}" if len(before) < len(at) else f"from {at} on"
