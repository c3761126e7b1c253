"""Half-open intervals of integers on one line: union, carve, split, measure. Polars only; no word of a contract.

Many lines become one by laying them end to end (`PackedTimeline`): line k begins at k strides. A cumulative maximum or
a binary search then serves all lines at once, without grouping.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import pairwise

import polars as pl

ROOM = 2**62
"""Positions on the line stay below this, so that 64-bit sums of two of them cannot wrap."""


@dataclass(frozen=True)
class PackedTimeline:
    """Lines of the same length, laid end to end.

    Attributes
    ----------
    origin
        What is position 0 of each line.
    stride
        Distance from the beginning of one line to that of the next: longer than any line, so that no two touch.
    """

    origin: int
    stride: int

    @classmethod
    def holding(cls, first: int, last: int) -> PackedTimeline:
        """Make room for positions from `first` to `last` on each line.

        >>> PackedTimeline.holding(10, 20)
        PackedTimeline(origin=10, stride=12)
        """
        return cls(first, last - first + 2)

    @property
    def capacity(self) -> int:
        """Return how many lines fit before positions leave 64 bits."""
        return ROOM // self.stride

    def place(self, position: pl.Expr, timeline: pl.Expr) -> pl.Expr:
        """Place a position of a line on the one line."""
        return (position.cast(pl.Int64) - self.origin).clip(0, self.stride - 2) + timeline.cast(pl.Int64) * self.stride

    def position(self, placed: pl.Expr, timeline: pl.Expr) -> pl.Expr:
        """Return the position on its own line."""
        return placed - timeline.cast(pl.Int64) * self.stride + self.origin


def union(spans: pl.DataFrame) -> pl.DataFrame:
    """Merge spans that overlap or touch.

    Parameters
    ----------
    spans
        `start`, `end`; any order. Empty spans (`start == end`) vanish.

    Returns
    -------
    pl.DataFrame
        `start`, `end`; disjoint, apart from each other, in order.

    >>> union(pl.DataFrame({"start": [5, 1, 3], "end": [6, 3, 4]})).rows()
    [(1, 4), (5, 6)]
    """
    ordered = spans.lazy().select("start", "end").filter(pl.col("end") > pl.col("start")).sort("start")
    latest = pl.col("end").cum_max()
    begins = (pl.col("start") > latest.shift(1)).fill_null(value=True)
    closes = begins.shift(-1).fill_null(value=True)
    marked = ordered.with_columns(latest.alias("end"), begins.alias("begins"), closes.alias("closes")).collect()
    starts = marked.filter("begins").get_column("start")
    return pl.DataFrame({"start": starts, "end": marked.filter("closes").get_column("end")})


def edges(cover: pl.DataFrame) -> pl.Series:
    """List the edges of disjoint spans in order: start, end, start, end …"""
    return pl.concat([cover["start"], cover["end"]]).sort()


def split(segments: pl.DataFrame, at: pl.Series) -> pl.DataFrame:
    """Cut segments at sorted positions.

    Parameters
    ----------
    segments
        `start`, `end`, and columns that every part keeps.
    at
        Positions to cut at, in order.

    Returns
    -------
    pl.DataFrame
        The segments, cut, with `between`: how many of the positions lie at or before the part's start. The order of
        rows is not kept.

    >>> split(pl.DataFrame({"start": [0], "end": [10]}), pl.Series([4])).rows()
    [(0, 4, 0), (4, 10, 1)]
    """
    at = at.cast(pl.Int64)
    first = at.search_sorted(segments["start"], side="right").alias("between")
    last = at.search_sorted(segments["end"], side="left").alias("last")
    marked = segments.with_columns(first)
    crossed = last > first
    if not crossed.any():
        return marked
    whole = marked.filter(~crossed)
    parts = marked.filter(crossed).with_columns(pl.col("between").cast(pl.Int64), last.filter(crossed).cast(pl.Int64))
    parts = parts.with_columns(pl.int_ranges("between", pl.col("last") + 1).alias("part")).explode("part")
    before = pl.lit(at).gather((pl.col("part") - 1).clip(0))
    after = pl.lit(at).gather(pl.col("part").clip(0, len(at) - 1))
    start = pl.when(pl.col("part") > pl.col("between")).then(before).otherwise("start")
    end = pl.when(pl.col("part") < pl.col("last")).then(after).otherwise("end")
    parts = parts.with_columns(
        start.alias("start"), end.alias("end"), pl.col("part").cast(first.dtype).alias("between")
    )
    return pl.concat([whole, parts.select(whole.columns)])


def carve(segments: pl.DataFrame, cover: pl.DataFrame) -> pl.DataFrame:
    """Cut segments where a cover begins and ends, and say of each part whether it is `inside`.

    Parameters
    ----------
    segments
        `start`, `end`, and columns that every part keeps.
    cover
        Disjoint spans (`union`).

    >>> carve(pl.DataFrame({"start": [0], "end": [10]}), pl.DataFrame({"start": [2], "end": [5]})).rows()
    [(0, 2, False), (2, 5, True), (5, 10, False)]
    """
    inside = (pl.col("between") % 2 == 1).alias("inside")
    return split(segments, edges(cover)).with_columns(inside).drop("between")


def intersect(spans: pl.DataFrame, cover: pl.DataFrame) -> pl.DataFrame:
    """Keep what of the spans lies inside the cover; both disjoint."""
    return carve(spans, cover).filter("inside").drop("inside").sort("start")


def subtract(spans: pl.DataFrame, cover: pl.DataFrame) -> pl.DataFrame:
    """Keep what of the spans lies outside the cover; both disjoint."""
    return carve(spans, cover).filter(~pl.col("inside")).drop("inside").sort("start")


def covered_before(cover: pl.DataFrame, positions: pl.Series) -> pl.Series:
    """Measure how much of a cover lies before each position.

    The length of the cover inside a span is the difference of two of these.

    >>> covered_before(pl.DataFrame({"start": [2], "end": [5]}), pl.Series([0, 3, 9])).to_list()
    [0, 1, 3]
    """
    if cover.is_empty():
        return pl.Series(positions.name, [0], dtype=pl.Int64).new_from_index(0, len(positions))
    lengths = (cover["end"] - cover["start"]).cum_sum()
    begun = cover["start"].search_sorted(positions, side="right").cast(pl.Int64)
    last = (begun - 1).clip(0)
    overhang = (cover["end"].gather(last) - positions).clip(0)
    return pl.select(pl.when(begun > 0).then(lengths.gather(last) - overhang).otherwise(0)).to_series()


def foremost(spans: Sequence[tuple[int, int]], ranks: Sequence[tuple[int, ...]]) -> list[tuple[int, int, int]]:
    """Say of each instant which of the spans that hold it comes first.

    Parameters
    ----------
    spans
        Start and end of each, in any order.
    ranks
        Of each span; the lowest comes first. No two spans that overlap have the same.

    Returns
    -------
    list of tuple
        Number of the span, start and end of the time in which it comes first; in order of time.

    >>> foremost([(0, 10), (2, 4)], [(1,), (0,)])
    [(0, 0, 2), (1, 2, 4), (0, 4, 10)]
    """
    waiting = sorted(range(len(spans)), key=lambda number: spans[number][0], reverse=True)
    running: list[tuple[tuple[int, ...], int]] = []
    first: list[tuple[int, int, int]] = []
    for start, end in pairwise(sorted({edge for span in spans for edge in span})):
        while waiting and spans[waiting[-1]][0] <= start:
            number = waiting.pop()
            heappush(running, (ranks[number], number))
        while running and spans[running[0][1]][1] <= start:
            heappop(running)
        if not running:
            continue
        number = running[0][1]
        if first and first[-1][0] == number and first[-1][2] == start:
            first[-1] = (number, first[-1][1], end)
        else:
            first.append((number, start, end))
    return first
