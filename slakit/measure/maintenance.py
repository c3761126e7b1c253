"""Which maintenance qualifies: kind left out, component in scope, notice kept, allowance not used up."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from slakit.measure.intervals import Line, split, union
from slakit.measure.rules import Rule, names_word, per_rule, word_codes

KINDS = ("scheduled", "emergency")


def qualifying(maintenance: pl.DataFrame, rules: Sequence[Rule], duties: pl.DataFrame) -> pl.DataFrame:
    """Maintenance against the duties of its subscription, and whether it qualifies.

    Parameters
    ----------
    maintenance
        `row`, `subscriber`, `component`, `kind`, `started`, `ended`, `announced` (µs).
    duties
        `subscriber`, `line`, `rule`.

    Returns
    -------
    pl.DataFrame
        `row`, `line`, `rule`, `kind` (position in `KINDS`), `started`, `ended`, `notice` (required, µs), `given`
        (µs; null if never announced), `left_out` (kind), `in_scope` (component), `qualifies`.
    """
    scopes = [rule.guarantee.components for rule in rules]
    kind = pl.col("kind").replace_strict(KINDS, range(len(KINDS)), return_dtype=pl.UInt8)
    coded = maintenance.with_columns(kind.alias("kind"), word_codes(scopes, "component").alias("code"))
    pairs = coded.join(duties.select("subscriber", "line", "rule"), on="subscriber", maintain_order="left")
    unscoped = per_rule((not scope for scope in scopes), pl.Boolean)
    pairs = pairs.with_columns(
        _of_kind(rules, left_out=True).alias("left_out"),
        _of_kind(rules, left_out=False).alias("notice"),
        (unscoped | pl.col("component").is_null() | names_word(scopes, "code")).alias("in_scope"),
        (pl.col("started") - pl.col("announced")).alias("given"),
    )
    kept = (pl.col("notice") == 0) | (pl.col("given") >= pl.col("notice")).fill_null(value=False)
    return pairs.with_columns((pl.col("left_out") & pl.col("in_scope") & kept).alias("qualifies"))


def _of_kind(rules: Sequence[Rule], *, left_out: bool) -> pl.Expr:
    """Look up, by rule and kind, whether the kind is left out, or the notice it requires. [µs]"""
    terms = [{term.kind: term for term in rule.maintenance} for rule in rules]
    cells = [own.get(kind) for own in terms for kind in KINDS]  # type: ignore[call-overload]
    if left_out:
        known = pl.Series([cell is not None for cell in cells], dtype=pl.Boolean)
    else:
        notices = [cell.notice.microseconds if cell and cell.notice else 0 for cell in cells]
        known = pl.Series(notices, dtype=pl.Int64)
    return pl.lit(known).gather(pl.col("rule") * len(KINDS) + pl.col("kind"))


def cover_of_kind(
    pairs: pl.DataFrame, kind: int, rules: Sequence[Rule], line: Line, cells: pl.DataFrame
) -> pl.DataFrame:
    """Time on the line that qualifying maintenance of one kind takes up: `start`, `end`, disjoint."""
    placed = [
        line.place(pl.col(name), pl.col("line")).alias(to) for name, to in (("started", "start"), ("ended", "end"))
    ]
    of_kind = pairs.filter(pl.col("qualifies") & (pl.col("kind") == kind)).with_columns(placed)
    allowances = [_allowance(rule, kind) for rule in rules]
    if not any(allowance is not None for allowance in allowances):
        return union(of_kind)
    limit = per_rule(allowances, pl.Int64)
    limited = of_kind.with_columns(limit.alias("limit"))
    free = limited.filter(pl.col("limit").is_null())
    first = _up_to_limit(limited.filter(pl.col("limit").is_not_null()), cells, line)
    return union(pl.concat([free.select("start", "end"), first]))


def _allowance(rule: Rule, kind: int) -> int | None:
    for term in rule.maintenance:
        if term.kind == KINDS[kind] and term.allowance is not None:
            return term.allowance.at_most.microseconds
    return None


def _up_to_limit(limited: pl.DataFrame, cells: pl.DataFrame, line: Line) -> pl.DataFrame:
    """Keep the first of it, in time order, up to the limit of each window."""
    limits = limited.select(pl.col("line"), "limit").unique()
    merged = union(limited).with_columns((pl.col("start") // line.stride).cast(pl.UInt32).alias("line"))
    parts = split(merged.join(limits, on="line"), cell_edges(cells, line)).sort("start")
    used = (pl.col("end") - pl.col("start")).cum_sum().over("line", "between") - (pl.col("end") - pl.col("start"))
    end = pl.min_horizontal("end", pl.col("start") + (pl.col("limit") - used).clip(0))
    return parts.with_columns(end.alias("end")).filter(pl.col("end") > pl.col("start")).select("start", "end")


def cell_edges(cells: pl.DataFrame, line: Line) -> pl.Series:
    """Where the windows of all lines begin and end, in order."""
    placed = [cells.select(line.place(pl.col(f"cell_{edge}"), pl.col("line")).alias("at")) for edge in ("start", "end")]
    return pl.concat(placed)["at"].unique().sort()
