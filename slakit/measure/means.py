"""Means over components: each is judged on a line of its own; here they are put together to one guarantee."""

from __future__ import annotations

import polars as pl

from slakit.measure.assessment_input import AssessmentInput
from slakit.measure.intervals import ROOM

OWNER = ["subscriber", "rule"]


def mean_of_components(assessed: AssessmentInput, windows: pl.DataFrame) -> pl.DataFrame:
    """Put the windows of single components together: downtime is the mean of theirs.

    Parameters
    ----------
    assessed
        As `input_of` lays it out.
    windows
        Of all obligations: `obligation`, `subscriber`, `rule`, `window_start`, `window_end`, `agreed`, `downtime` (µs).

    Returns
    -------
    pl.DataFrame
        The windows of whole guarantees, with `scale`: `agreed` and `downtime` are in parts of a µs, of which so many
        are one. A mean has as many as components, so that it is a whole number; all else is in µs.
    """
    of = assessed.obligations.select("obligation", "component", pl.col("components").alias("scale"))
    windows = windows.join(of, on="obligation", maintain_order="left")
    single = pl.col("component").is_not_null()
    parts, whole = windows.filter(single), windows.filter(~single).drop("component")
    if parts.is_empty():
        return whole
    keys = [*OWNER, "window_start", "window_end"]
    sums = parts.group_by(keys).agg(pl.col("downtime").sum().alias("sum"))
    agreed = pl.col("agreed").clip(upper_bound=ROOM // pl.col("scale"))  # a term without an end has no length
    joined = whole.join(sums, on=keys, how="left", maintain_order="left")
    scaled = [(agreed * pl.col("scale")).alias("agreed"), pl.coalesce("sum", "downtime").alias("downtime")]
    return joined.with_columns(scaled).drop("sum")


def _parts_of_guarantees(assessed: AssessmentInput) -> pl.DataFrame:
    """List obligations of single components: `obligation`, and `whole`, that of the guarantee they are a part of."""
    obligations = assessed.obligations.select("obligation", "component", *OWNER)
    wholes = obligations.filter(pl.col("component").is_null()).select(*OWNER, pl.col("obligation").alias("whole"))
    parts = obligations.filter(pl.col("component").is_not_null())
    return parts.join(wholes, on=OWNER, maintain_order="left").select("obligation", "whole")


def ledger_of_guarantees(assessed: AssessmentInput, ledger: pl.DataFrame) -> pl.DataFrame:
    """Tell of each outage once for each guarantee, also where it was judged component by component.

    What a component's outage was judged as, it was for that component. What concerns all of them was judged as often,
    and has at each instant the verdict that comes nearest to counting.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.

    Returns
    -------
    pl.DataFrame
        The ledger, of obligations that are whole guarantees.
    """
    parts = _parts_of_guarantees(assessed)
    if parts.is_empty():
        return ledger
    rows = ledger.join(parts, on="obligation", maintain_order="left").with_columns(
        pl.lit(assessed.outages["component"]).gather(pl.col("outage")).alias("component"),
        pl.col("whole").alias("obligation"),
    )
    one, at = ["obligation", "outage"], ["obligation", "outage", "start"]
    edges = pl.concat([rows.select(*one, pl.col(edge).alias("start")) for edge in ("start", "end")]).unique().sort(at)
    spans = edges.with_columns(pl.col("start").shift(-1).over(one).alias("end")).drop_nulls()
    pieces = spans.join(rows, on=one, suffix="_whole", maintain_order="left_right")
    held = pieces.filter((pl.col("start_whole") <= pl.col("start")) & (pl.col("end") <= pl.col("end_whole")))
    nearest = held.sort([*at, "decided"], descending=[False, False, False, True], maintain_order=True)
    told = nearest.unique(at, keep="first", maintain_order=True).select(ledger.columns)
    others = ledger.join(parts, on="obligation", how="anti", maintain_order="left")
    return pl.concat([others, told]).sort("obligation", "start", maintain_order=True)


def incidents_of_guarantees(assessed: AssessmentInput, ledger: pl.DataFrame, incidents: pl.DataFrame) -> pl.DataFrame:
    """Take incidents of several components that touch or overlap as one outage of the service.

    Parameters
    ----------
    assessed, ledger
        As `account_downtime` takes and gives them.
    incidents
        As `incidents_of_windows` finds them, of single components too.

    Returns
    -------
    pl.DataFrame
        The same, of obligations that are whole guarantees.
    """
    parts = _parts_of_guarantees(assessed)
    if parts.is_empty():
        return incidents
    own = incidents.join(parts, on="obligation", maintain_order="left")
    spans = (
        ledger.filter(pl.col("run").is_not_null())
        .group_by("obligation", "run")
        .agg(pl.col("start").min().alias("begun"), pl.col("end").max().alias("over"))
    )
    runs = own.select("obligation", "run", "whole").unique().join(spans, on=["obligation", "run"])
    runs = runs.sort("whole", "begun", "over")
    fresh = (pl.col("begun") > pl.col("over").cum_max().shift(1)).fill_null(value=True).over("whole")
    runs = runs.with_columns(fresh.cum_sum().over("whole").cast(pl.UInt32).alias("joint"))
    rows = own.join(runs.select("obligation", "run", "joint"), on=["obligation", "run"], maintain_order="left")
    together = rows.unique(["obligation", "run"]).group_by("whole", "joint").agg(
        pl.col("start").min(), pl.col("end").max(), pl.col("downtime", "added").sum(), pl.col("going").any(),
        pl.col("reported").min(),
    )  # fmt: skip
    windows = rows.select("whole", "rule", "window_start", "window_end", "joint").unique(maintain_order=True)
    joined = windows.join(together, on=["whole", "joint"], maintain_order="left")
    joined = joined.rename({"whole": "obligation", "joint": "run"}).select(incidents.columns)
    others = incidents.join(parts, on="obligation", how="anti", maintain_order="left")
    return pl.concat([others, joined])
