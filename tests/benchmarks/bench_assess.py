"""Times `assess` against a loop over `portion`, and against sorting the same rows once; prints ratios of one run.

    python tests/benchmarks/bench_assess.py [--outages 1000000] [--growth]

The loop does what a careful script would do for each subscription: unite outages from their reports on, take announced
maintenance out, cut at months, compare and price. Both must give the same money on the sample.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import polars as pl
import portion

from slakit.analysis.assess import assess
from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import TABLES
from slakit.measure.calendar import Period, calendar_windows, midnight
from slakit.policy.files import find_policy
from slakit.policy.quantities import Window

PERIOD, AS_OF = "2026-01/2026-09", datetime(2026, 10, 5, tzinfo=UTC)
START = 1_767_225_600_000_000  # 2026-01-01
LENGTH = 273 * 86_400_000_000
MINUTE = 60_000_000
SAMPLE = 20  # subscriptions that the loop works through


def random_series(seed: int, count: int, below: int) -> pl.Series:
    """Repeatable whole numbers, without another package."""
    return pl.int_range(count, eager=True).hash(seed).cast(pl.UInt64) % below


def evidence_of(outages: int, subscriptions: int) -> Evidence:
    """Invent evidence of klink-cloud and wp-heaven subscriptions: short outages, late reports, some maintenance."""
    number = pl.int_range(subscriptions, eager=True)
    enterprise = number % 2 == 0
    names = pl.format("s{}", pl.lit(number).cast(pl.String).str.zfill(6))
    started = datetime(2025, 1, 1, tzinfo=UTC)
    held = pl.select(
        names.alias("subscription"),
        pl.when(pl.lit(enterprise)).then(pl.lit("klink-cloud")).otherwise(pl.lit("wp-heaven")).alias("policy"),
        pl.when(pl.lit(enterprise)).then(pl.lit("enterprise")).alias("tier"),
        pl.lit(random_series(1, subscriptions, 500_000) + 1000).cast(pl.Decimal(38, 6)).alias("monthly_fee"),
        pl.when(pl.lit(enterprise)).then(pl.lit("USD")).otherwise(pl.lit("DKK")).alias("currency"),
        pl.lit(started).cast(pl.Datetime("us", "UTC")).alias("starts"),
    )
    begins = START + pl.lit(random_series(2, outages, LENGTH)).cast(pl.Int64)
    lasts = pl.lit(random_series(3, outages, 40 * MINUTE)).cast(pl.Int64)
    owner = pl.lit(random_series(4, outages, subscriptions)).cast(pl.Int64)
    late = pl.lit(random_series(5, outages, 15 * MINUTE)).cast(pl.Int64)
    seen = pl.select(
        pl.format("o{}", pl.int_range(outages).cast(pl.String).str.zfill(9)).alias("outage"),
        pl.format("s{}", owner.cast(pl.String).str.zfill(6)).alias("subscription"),
        begins.cast(pl.Datetime("us", "UTC")).alias("started"),
        (begins + lasts).cast(pl.Datetime("us", "UTC")).alias("ended"),
        (begins + late).cast(pl.Datetime("us", "UTC")).alias("reported"),
    )
    works = outages // 10
    at = START + pl.lit(random_series(6, works, LENGTH)).cast(pl.Int64)
    worked_on = pl.lit(random_series(7, works, subscriptions)).cast(pl.String).str.zfill(6)
    done = pl.select(
        pl.format("m{}", pl.int_range(works).cast(pl.String).str.zfill(9)).alias("maintenance"),
        pl.format("s{}", worked_on).alias("subscription"),
        at.cast(pl.Datetime("us", "UTC")).alias("started"),
        (at + 120 * MINUTE).cast(pl.Datetime("us", "UTC")).alias("ended"),
        (at - 48 * 60 * MINUTE).cast(pl.Datetime("us", "UTC")).alias("announced"),
        pl.lit("scheduled").alias("kind"),
    )
    known = {"subscriptions": held, "outages": seen, "maintenance": done}
    tables = {name: _filled(known.get(name, table.empty()), table.empty()) for name, table in TABLES.items()}
    return Evidence(**tables, source="invented")


def _filled(frame: pl.DataFrame, empty: pl.DataFrame) -> pl.DataFrame:
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(1 if name == "affected" else None).alias(name)).cast(dtype)
        for name, dtype in empty.schema.items()
    ]
    return frame.select(columns)


def loop(evidence: Evidence, subscriptions: list[str]) -> dict[tuple[str, int], Decimal]:
    """What is owed by month, by intervals of `portion`, one outage at a time."""
    owed: dict[tuple[str, int], Decimal] = {}
    held = evidence.subscriptions.filter(pl.col("subscription").is_in(subscriptions))
    outages = evidence.outages.filter(pl.col("subscription").is_in(subscriptions))
    works = evidence.maintenance.filter(pl.col("subscription").is_in(subscriptions))
    by_owner = {key[0]: rows for key, rows in outages.partition_by("subscription", as_dict=True).items()}
    works_by_owner = {key[0]: rows for key, rows in works.partition_by("subscription", as_dict=True).items()}
    for name, policy, fee in held.select("subscription", "policy", "monthly_fee").iter_rows():
        zone = "UTC" if policy == "klink-cloud" else "Europe/Copenhagen"
        down, maintained = portion.empty(), portion.empty()
        for started, ended, reported in _instants(by_owner.get(name), ("started", "ended", "reported")):
            begin = started if policy == "klink-cloud" else max(started, reported)
            if begin < ended:
                down |= portion.closedopen(begin, ended)
        for started, ended, announced in _instants(works_by_owner.get(name), ("started", "ended", "announced")):
            if started - announced >= 48 * 60 * MINUTE:
                maintained |= portion.closedopen(started, ended)
        down -= maintained
        period = Period.parse(PERIOD)
        edges = midnight(period.first, zone), midnight(period.after, zone)
        for first, last in calendar_windows(Window("1mo"), zone, *edges):
            month = portion.closedopen(first, last)
            bad = _length(down & month)
            total = last - first - (_length(maintained & month) if policy == "wp-heaven" else 0)
            owed[(name, first)] = _priced(policy, fee, total, bad)
    return owed


def _instants(rows: pl.DataFrame | None, names: tuple[str, ...]) -> list[tuple[int, ...]]:
    return [] if rows is None else rows.select(pl.col(*names).dt.epoch("us")).rows()


def _length(spans: portion.Interval) -> int:
    return sum(span.upper - span.lower for span in spans if not span.empty)


def _priced(policy: str, fee: Decimal, total: int, bad: int) -> Decimal:
    level = 100 * Fraction(total - bad, total)
    if policy == "wp-heaven":
        share = max(Fraction(0), Fraction("99.5") - level) / 100
    else:
        bands = (("99.9", 5), ("99.0", 10), ("95.0", 25))
        share = Fraction(max([0, *(credit for below, credit in bands if level < Fraction(below))]), 100)
    exact = Fraction(fee) * share
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(Decimal("0.01"), ROUND_HALF_UP)


def packed_sort(evidence: Evidence) -> int:
    """Sort one packed key of the same rows: the least that any calculation must do."""
    owner = evidence.outages["subscription"].str.slice(1).cast(pl.Int64)
    return (owner * 2**45 + (evidence.outages["started"].dt.epoch("us") - START)).sort().len()


def timed(work: Callable[[], object], times: int = 3) -> tuple[float, object]:
    """Best of a few runs, and what the last one gave. [s]"""
    best, given = float("inf"), None
    for _ in range(times):
        given = None  # two of them at once would be counted as memory of one
        begin = time.perf_counter()
        given = work()
        best = min(best, time.perf_counter() - begin)
    return best, given


def compare(outages: int, subscriptions: int) -> None:
    """Print the ratios of one size."""
    evidence = evidence_of(outages, subscriptions)
    policies = {name: find_policy(name) for name in ("klink-cloud", "wp-heaven")}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours, review = timed(lambda: assess(evidence, PERIOD, AS_OF, policies=policies, ranges=False))
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / outages
    names = evidence.subscriptions["subscription"].head(SAMPLE).to_list()
    sampled = evidence.outages.filter(pl.col("subscription").is_in(names)).height
    theirs, owed = timed(lambda: loop(evidence, names), 1)
    limit, _ = timed(lambda: packed_sort(evidence))
    agree(review, owed, names)  # type: ignore[arg-type]
    ratio = (theirs / sampled) / (ours / outages)
    each = ours / outages * 1e6
    print(f"{outages:>10,} outages of {subscriptions:,} subscriptions: {ours:.2f} s, {each:.2f} µs each")
    print(f"{'':>10} {ratio:,.0f} times faster per outage than the loop ({theirs / sampled * 1e6:,.0f} µs each)")
    print(f"{'':>10} {ours / limit:.1f} times one packed sort; {memory:,.0f} bytes of memory per outage")


def agree(review: object, owed: dict[tuple[str, int], Decimal], names: list[str]) -> None:
    """Both give the same money."""
    credits = review.credits.filter(pl.col("subscription").is_in(names))  # type: ignore[attr-defined]
    columns = credits.select("subscription", pl.col("window_start").dt.epoch("us"), "amount")
    mine = {(name, at): amount for name, at, amount in columns.iter_rows()}
    assert mine == owed, "the loop and slakit disagree"


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--outages", type=int, default=1_000_000)
    arguments.add_argument("--growth", action="store_true", help="also a tenth and ten times as many")
    options = arguments.parse_args()
    sizes = [options.outages // 10, options.outages, options.outages * 10] if options.growth else [options.outages]
    for size in sizes:
        compare(size, max(1, size // 100))
