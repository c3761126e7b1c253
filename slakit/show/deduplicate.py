"""Show once what is alike: tiers and guarantees with the same budgets, plans with the same credit curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from slakit.policy.plan_names import plan_name
from slakit.policy.printing import listed, percent_text
from slakit.show.labels import WINDOWS, length_text, window_name


def with_part_names(plans: pl.DataFrame) -> pl.DataFrame:
    """Write guarantees and remedies of curves, values of guarantees or budgets by name instead of by id."""
    parts = [column for column in ("guarantee", "remedy") if f"{column}_name" in plans.columns]
    return plans.with_columns(pl.col(f"{column}_name").alias(column) for column in parts)


class Budget(NamedTuple):
    """Budgets that are the same, as one bar. Lengths in seconds."""

    name: str
    about: str
    low: Decimal
    high: Decimal
    text: str
    commitment: str

    def row(self) -> dict[str, Any]:
        """Return the row that the chart draws."""
        return {
            "key": f"{self.name} {self.about}",
            "figure": f"{self.name}: {self.text}",
            "about": self.about,
            "low": float(self.low) / 3600,
            "high": float(self.high) / 3600,
            "solid": self.commitment == "guaranteed",
        }


def budgets_of(budgets: pl.DataFrame) -> Iterator[Budget]:
    """Gather tiers and guarantees that allow the same in every window."""
    budgets = with_part_names(budgets)
    series = budgets.group_by("policy", "tier", "guarantee", "window", "target", "commitment", maintain_order=True).agg(
        pl.col("budget_seconds", "budget", "window_start", "window_end"), pl.col("time_zone").first()
    )
    alike = series.group_by("policy", "window", "target", "commitment", "budget", maintain_order=True).agg(
        pl.col("tier").unique(maintain_order=True), pl.col("guarantee").unique(maintain_order=True),
        pl.col("budget_seconds", "window_start", "window_end", "time_zone").first(),
    )  # fmt: skip
    for row in alike.iter_rows(named=True):
        low, high = min(row["budget_seconds"]), max(row["budget_seconds"])
        effort = "" if row["commitment"] == "guaranteed" else ", best effort"
        per = WINDOWS.get(row["window"], row["window"])
        about = f"{percent_text(row['target'], 6)} of {per}{effort} · {', '.join(row['guarantee'])}"
        name = plans_name(row["policy"], row["tier"], budgets)
        text = length_text(low)
        if low != high:
            first: dict[Decimal, str] = {}
            windows = zip(row["budget_seconds"], row["window_start"], row["window_end"], strict=True)
            for seconds, start, end in windows:
                first.setdefault(seconds, window_name(start, end, ZoneInfo(row["time_zone"])))
            text = f"{length_text(low)} ({first[low]}) to {length_text(high)} ({first[high]})"
        yield Budget(name, about, low, high, text, row["commitment"])


def plans_name(policy: str, tiers: Sequence[str | None], table: pl.DataFrame) -> str:
    """Name tiers that are alike: all of them, if the table has no other tier of the policy.

    Parameters
    ----------
    policy
        Id of the policy of the tiers.
    table
        `policy`, `tier` and `provider` of all plans that stand beside each other.
    """
    own = table.filter(pl.col("policy") == policy)
    provider, remark = own["provider"][0], _remark(policy, table)
    if len(tiers) > 1 and len(tiers) == own["tier"].n_unique():
        return f"{provider}{remark} (all tiers)"
    named = [plan_name("", tier).strip() for tier in tiers if tier]
    return " ".join([provider, *([listed(named)] if named else [])]) + remark


def policy_name(policy: str, table: pl.DataFrame) -> str:
    """Name a policy by its provider."""
    return str(table.filter(pl.col("policy") == policy)["provider"][0]) + _remark(policy, table)


def _remark(policy: str, table: pl.DataFrame) -> str:
    """Tell policies of one provider apart: proposed terms, or else by id."""
    known = dict(table.select("policy", "provider").unique(maintain_order=True).iter_rows())
    base = policy.removesuffix("-if") if policy.removesuffix("-if") in known else policy
    others = {other.removesuffix("-if") for other, provider in known.items() if provider == known[policy]}
    return f" ({base})" * (len(others - {base.removesuffix("-if")}) > 0) + " (proposed)" * (base != policy)


class Line(NamedTuple):
    """Curves that are the same, as one line. Points: downtime in seconds, credit in percent."""

    name: str
    allowed: Decimal
    target: Decimal | None
    pays: bool
    points: list[tuple[Decimal, Decimal]]

    def at(self, seconds: Decimal) -> Decimal:
        """Return the credit for a length of outage; for one beyond the last point, that of the last point."""
        for one, two in pairwise(self.points):
            if one[0] <= seconds <= two[0]:
                return one[1] if seconds == one[0] else on_line(one, two, seconds)
        return self.points[-1][1]

    def until(self, end: Decimal) -> Line:
        """Cut the line at a length of outage."""
        inside = [point for point in self.points if point[0] < end]
        beyond = next((point for point in self.points if point[0] >= end), None)
        if beyond is not None:
            inside.append((end, on_line(inside[-1], beyond, end)) if inside else beyond)
        return self._replace(points=inside)


def on_line(one: tuple[Decimal, Decimal], two: tuple[Decimal, Decimal], at: Decimal) -> Decimal:
    """Return the credit on the straight line between two points."""
    return two[1] if two[0] == at else one[1] + (two[1] - one[1]) * (at - one[0]) / (two[0] - one[0])


def lines_of(curves: pl.DataFrame) -> list[Line]:
    """Gather tiers whose curves are the same."""
    curves = with_part_names(curves)
    points = curves.group_by(
        "policy", "tier", "remedy", "guarantee", "target", "allowed_seconds", maintain_order=True
    ).agg("downtime_seconds", "credit_percent")
    alike = points.group_by(
        "policy", "remedy", "target", "allowed_seconds", "downtime_seconds", "credit_percent", maintain_order=True
    ).agg("tier")
    several = (
        alike.group_by("policy").agg(pl.col("remedy").drop_nulls().n_unique() > 1).filter("remedy")["policy"].to_list()
    )
    lines = []
    for row in alike.iter_rows(named=True):
        name = plans_name(row["policy"], row["tier"], curves)
        name += f", {row['remedy']}" if row["remedy"] and row["policy"] in several else ""
        spots = list(zip(row["downtime_seconds"], row["credit_percent"], strict=True))
        lines.append(Line(name, row["allowed_seconds"], row["target"], row["remedy"] is not None, spots))
    return lines
