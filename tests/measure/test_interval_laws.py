"""Union, subtract, intersect, split and carve agree with `portion` on random input."""

from __future__ import annotations

from itertools import pairwise

import polars as pl
import portion
from effort import examples
from hypothesis import given
from hypothesis import strategies as st

from slakit.measure.intervals import (
    PackedTimeline,
    carve,
    covered_before,
    intersect,
    split,
    subtract,
    union,
)

SPAN = {"start": pl.Int64, "end": pl.Int64}
FAR = 2**61

small = st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda span: (span[0], span[0] + span[1]))
large = st.tuples(st.integers(0, FAR), st.integers(0, FAR)).map(lambda span: (min(span), max(span)))
spans = st.lists(small, max_size=12) | st.lists(large, max_size=6)
law = examples(15)


def frame(rows: list[tuple[int, int]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SPAN, orient="row")


def as_set(rows: list[tuple[int, int]]) -> portion.Interval:
    return portion.Interval(*(portion.closedopen(*row) for row in rows))


def rows_of(interval: portion.Interval) -> list[tuple[int, int]]:
    return [(segment.lower, segment.upper) for segment in interval if not segment.empty]


@law
@given(spans)
def test_union_is_that_of_portion(many: list[tuple[int, int]]) -> None:
    assert union(frame(many)).rows() == rows_of(as_set(many))


@law
@given(spans, st.randoms())
def test_union_does_not_care_for_order_nor_for_being_done_twice(many: list[tuple[int, int]], chance: object) -> None:
    shuffled = list(many)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    once = union(frame(many))
    assert once.equals(union(frame(shuffled)))
    assert once.equals(union(once))


@law
@given(spans, spans)
def test_subtract_is_that_of_portion(many: list[tuple[int, int]], cover: list[tuple[int, int]]) -> None:
    left = subtract(union(frame(many)), union(frame(cover)))
    assert left.rows() == rows_of(as_set(many) - as_set(cover))


@law
@given(spans, spans)
def test_intersect_is_that_of_portion(many: list[tuple[int, int]], cover: list[tuple[int, int]]) -> None:
    both = intersect(union(frame(many)), union(frame(cover)))
    merged = union(both)  # spans of one side that touch stay apart where the other's edge parts them
    assert merged.rows() == rows_of(as_set(many) & as_set(cover))
    assert sum(end - start for start, end in both.rows()) == sum(end - start for start, end in merged.rows())


@law
@given(spans, st.lists(st.integers(-3, 60), max_size=8))
def test_split_pieces_tile_what_was_cut(many: list[tuple[int, int]], at: list[int]) -> None:
    positions = pl.Series(sorted(at), dtype=pl.Int64)
    cut = split(frame(many).with_row_index("piece"), positions).sort("piece", "start", "end")
    for number, (start, end) in enumerate(many):
        parts = cut.filter(pl.col("piece") == number).select("start", "end", "between").rows()
        parts = [part for part in parts if part[0] < part[1]] or parts[
            :1
        ]  # a position given twice leaves nothing between
        inner = sorted({edge for edge in at if start < edge < end})
        edges = [start, *inner, end]
        assert [(first, last) for first, last, _ in parts] == list(pairwise(edges))
        assert all(between == sum(edge <= first for edge in at) for first, _, between in parts if start < end)


@law
@given(spans, spans)
def test_carve_says_of_each_part_on_which_side_it_lies(
    many: list[tuple[int, int]], cover: list[tuple[int, int]]
) -> None:
    merged = union(frame(cover))
    parts = carve(frame(many).with_row_index("piece"), merged)
    for number, row in enumerate(many):
        own = parts.filter(pl.col("piece") == number)
        inside = as_set(own.filter("inside").select("start", "end").rows())
        outside = as_set(own.filter(~pl.col("inside")).select("start", "end").rows())
        assert inside == as_set([row]) & as_set(cover)
        assert outside == as_set([row]) - as_set(cover)


@law
@given(spans, st.lists(st.integers(0, FAR) | st.integers(0, 60), max_size=8))
def test_covered_before_is_the_length_of_the_cover_so_far(cover: list[tuple[int, int]], at: list[int]) -> None:
    merged = union(frame(cover))
    if merged.height and sum(end - start for start, end in merged.rows()) >= 2**62:
        return
    found = covered_before(merged, pl.Series(at, dtype=pl.Int64)).to_list()
    assert found == [sum(max(0, min(end, position) - start) for start, end in merged.rows()) for position in at]


@law
@given(st.integers(-(10**16), 10**16), st.integers(0, 10**15), st.lists(st.integers(0, 400), min_size=1, max_size=4))
def test_lines_laid_end_to_end_do_not_touch(first: int, length: int, lines: list[int]) -> None:
    timeline = PackedTimeline.holding(first, first + length)
    table = pl.DataFrame({"timeline": pl.Series(lines, dtype=pl.UInt32), "first": first, "last": first + length})
    placed = table.select(
        "timeline",
        timeline.place(pl.col("first"), pl.col("timeline")).alias("start"),
        timeline.place(pl.col("last"), pl.col("timeline")).alias("end"),
    )
    back = placed.select(
        timeline.position(pl.col("start"), pl.col("timeline")), timeline.position(pl.col("end"), pl.col("timeline"))
    )
    assert back.rows() == [(first, first + length)] * len(lines)
    for (one, _, end), (other, start, _) in pairwise(placed.rows()):
        assert one >= other or end < start
