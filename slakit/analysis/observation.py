"""Unobserved time: how much of it there is in the windows of a guarantee, and what it is taken as."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

import polars as pl

from slakit.evidence.instants import INSTANT, utc_text
from slakit.measure.measured_evidence import MeasuredEvidence
from slakit.measure.rules import per_rule
from slakit.policy.printing import print_duration


class Unobserved(NamedTuple):
    """Time without coverage in what was judged of one guarantee.

    Attributes
    ----------
    subscription, guarantee
        Whose time it is.
    silent
        Whether the contract does not say what such time is: it is taken as up.
    says
        How much of it there is, and what follows, in a sentence.
    """

    subscription: str
    guarantee: str
    silent: bool
    says: str


def unobserved_time(
    measured: MeasuredEvidence, chosen: Collection[int], subscriptions: pl.DataFrame
) -> Iterator[Unobserved]:
    """Find the guarantees of which the contract does not say what unobserved time is, and windows without a verdict.

    Parameters
    ----------
    measured
        With or without coverage: without, nothing is found.
    chosen
        Numbers of the rules of the chosen readings.
    subscriptions
        The phases: their row is the subscriber.
    """
    assessed = measured.assessed
    if assessed.uncovered is None:
        return
    rules = assessed.rules
    names = subscriptions["subscription"].to_list()
    whole = assessed.obligations.filter(pl.col("rule").is_in(list(chosen)) & pl.col("component").is_null())
    gaps = assessed.uncovered.filter(~pl.col("known")).partition_by("obligation", as_dict=True)
    # of windows that slide and overlap the last one is told of
    slides = per_rule((rule.guarantee.window.slides for rule in rules), pl.Boolean)
    last = pl.col("window_end") == pl.col("window_end").max().over("obligation")
    windows = measured.windows.filter(~slides | last).partition_by("obligation", as_dict=True)
    for obligation, subscriber, number in whole.select("obligation", "subscriber", "rule").iter_rows():
        guarantee, found = rules[number].guarantee, windows.get((obligation,))
        if guarantee.window.text == "incident":
            first, until = assessed.period.span(rules[number].zone)
            cut = _cut(gaps.get((obligation,)), first, until)
            unseen = int((cut["ended"] - cut["started"]).sum())
            count, without, what = 1, 0, "the period"
        elif found is None:
            continue
        else:
            first, until = found["window_start"].min(), found["window_end"].max()  # type: ignore[assignment]
            cut = _cut(gaps.get((obligation,)), first, until)
            unseen, count = int(found["unseen"].fill_null(0).sum()), found.filter(pl.col("unseen") > 0).height
            ended = ~pl.col("running") & (pl.col("agreed") > 0) & (pl.col("unseen") > 0)
            without = found.filter(ended & pl.col("met").is_null()).height
            what = "one window" if count == 1 else f"{count} windows"
        if not unseen:
            continue
        silent = guarantee.missing is None
        since, to = (utc_text(at) for at in cut.select(pl.col("started", "ended").cast(INSTANT)).row(0))
        also = ", and other times" if cut.height > 1 else ""
        lost = f"{guarantee.id} was not observed for {print_duration(unseen)} in {what} ({since} to {to}{also})"
        ends = []
        if silent:
            ends.append("it is taken as up, for the contract does not say what it is")
        if without:
            ends.append(f"{'one window has' if without == 1 else f'{without} windows have'} no verdict")
        if ends:
            yield Unobserved(names[subscriber], guarantee.id, silent, f"{lost}: {'; '.join(ends)}.")


def _cut(gaps: pl.DataFrame | None, first: int, until: int) -> pl.DataFrame:
    """Cut spans to a time."""
    if gaps is None:
        return pl.DataFrame(schema={"started": pl.Int64, "ended": pl.Int64})
    cut = gaps.select(
        pl.max_horizontal("started", pl.lit(first)).alias("started"),
        pl.min_horizontal("ended", pl.lit(until)).alias("ended"),
    )
    return cut.filter(pl.col("started") < pl.col("ended"))
