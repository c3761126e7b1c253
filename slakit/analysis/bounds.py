"""Bounds of outages: where a verdict or a credit depends on how long an outage lasted at least, or at most."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Literal

import polars as pl

from slakit.analysis.vocabulary import Warned
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.measure.rules import Plan
from slakit.policy.terms import Terms

Bound = Literal["lower", "upper"]
BOUNDS: tuple[Bound, Bound] = ("lower", "upper")
EDGES = ["lower_started", "lower_ended", "upper_started", "upper_ended"]
WINDOW = ["window_start", "window_end"]


def bounded(evidence: Evidence) -> list[str]:
    """List the subscriptions that have an outage with bounds."""
    filled = evidence.outages.filter(pl.any_horizontal(pl.col(EDGES).is_not_null()))
    return filled["subscription"].unique(maintain_order=True).to_list()


def at_bound(evidence: Evidence, subscriptions: Collection[str], bound: Bound) -> Evidence:
    """Return the evidence of some subscriptions, with each outage as long as one of its bounds.

    An outage whose bound is not given is as it was recorded.
    """
    own = evidence.of_names(subscriptions)
    edges = [pl.coalesce(f"{bound}_{edge}", edge).alias(edge) for edge in ("started", "ended")]
    nothing = [pl.lit(None, dtype=INSTANT).alias(edge) for edge in EDGES]
    return replace(own, outages=own.outages.with_columns(*edges).with_columns(nothing))


def bounds_table(
    tables: Mapping[str, pl.DataFrame], bounds: Mapping[Bound, Mapping[str, pl.DataFrame]], chosen: Mapping[Plan, Terms]
) -> pl.DataFrame:
    """Tabulate the verdicts and credits that differ between the bounds of outages.

    Parameters
    ----------
    tables
        Of the review, of subscriptions with bounds: `availability`, `incidents` and `credits`.
    bounds
        The same tables, assessed with outages at their lower and at their upper bounds.
    chosen
        Terms of each plan, under the chosen reading.

    Returns
    -------
    pl.DataFrame
        `subscription`, `guarantee` (of a verdict), `remedy` (of a credit), `window_start`, `window_end` (null where
        single incidents are judged: of all of them), `met_lower`, `met`, `met_upper`, `amount_lower`, `amount`,
        `amount_upper`, `currency`.
    """
    verdicts, credits = (
        _side_by_side({name: part(of) for name, of in (("", tables), *bounds.items())}, keys, value)
        for part, keys, value in (
            (_verdicts, ["subscription", "guarantee", *WINDOW], "met"),
            (lambda of: _credits(of, chosen), ["subscription", "remedy", *WINDOW, "currency"], "amount"),
        )
    )
    amounts = [pl.col(name).fill_null(0) for name in ("amount_lower", "amount", "amount_upper")]
    differ = (pl.col("amount_lower") != pl.col("amount")) | (pl.col("amount_upper") != pl.col("amount"))
    credits = credits.with_columns(amounts).filter(differ)
    same = pl.col("met").eq_missing(pl.col("met_lower")) & pl.col("met").eq_missing(pl.col("met_upper"))
    both = pl.concat([verdicts.filter(~same), credits], how="diagonal")
    columns = ["subscription", "guarantee", "remedy", *WINDOW, "met_lower", "met", "met_upper"]
    return both.select(*columns, "amount_lower", "amount", "amount_upper", "currency").sort(
        "subscription", "window_start", "remedy", "guarantee", maintain_order=True
    )


def _verdicts(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return the verdicts of windows; of single incidents, whether all of them keep their time."""
    columns = ["subscription", "guarantee", *WINDOW, "met"]
    windows = tables["availability"].filter(~pl.col("running")).select(columns)
    nothing = [pl.lit(None, dtype=INSTANT).alias(edge) for edge in WINDOW]
    incidents = tables["incidents"].group_by("subscription", "guarantee").agg(pl.col("met").all()).with_columns(nothing)
    return pl.concat([windows, incidents.select(columns)])


def _credits(tables: Mapping[str, pl.DataFrame], chosen: Mapping[Plan, Terms]) -> pl.DataFrame:
    """Return the credits of windows; of single incidents, whose times differ, the sum of each remedy."""
    alone = {
        remedy.id
        for terms in chosen.values()
        for remedy in terms.remedies
        if all(terms.guarantee(name).window.text == "incident" for name in remedy.guarantees)
    }
    keys = ["subscription", "remedy", *WINDOW, "currency"]
    summed = pl.col("remedy").is_in(list(alone))
    placed = tables["credits"].with_columns(pl.when(~summed).then(pl.col(edge)).alias(edge) for edge in WINDOW)
    return placed.group_by(keys, maintain_order=True).agg(pl.col("amount").sum())


def _side_by_side(tables: Mapping[str, pl.DataFrame], keys: list[str], value: str) -> pl.DataFrame:
    """Set values of three assessments beside each other."""
    own = tables[""]
    for name in BOUNDS:
        other = tables[name].rename({value: f"{value}_{name}"})
        own = own.join(other, on=keys, how="full", coalesce=True, nulls_equal=True, maintain_order="left_right")
    return own


def bounds_warnings(table: pl.DataFrame) -> Iterator[Warned]:
    """Warn of subscriptions whose verdicts or credits the bounds of their outages leave open."""
    for (subscription,), rows in table.partition_by("subscription", as_dict=True, maintain_order=True).items():
        counts = {"verdict": rows["guarantee"].count(), "credit": rows["remedy"].count()}
        said = " and ".join(f"{count} {what}{'s' * (count != 1)}" for what, count in counts.items() if count)
        depends = "depends" if rows.height == 1 else "depend"
        says = (
            f"{said} {depends} on whether outages lasted as long as their lower or upper bounds: see the table bounds."
        )
        yield str(subscription), "outages", None, "bounds_differ", says
