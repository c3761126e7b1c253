"""Times the ticket clocks against a loop over `businesstimedelta`, and against sorting the same rows once; in one run.

    python -m venv loop-env && loop-env/bin/pip install businesstimedelta
    python tests/benchmarks/bench_desk.py [--tickets 1000000] [--loop loop-env/bin/python]

The loop does what a careful script would do for each ticket: working time from opening to answer, less that of its
holds. It runs in a Python of its own, since slakit does not need `businesstimedelta`; without one it is left out. Both
must find the same working time on the sample.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import polars as pl

from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import TABLES
from slakit.measure.calendar import to_microseconds
from slakit.measure.conventions import calendar_of
from slakit.measure.rules import Rule, obligations_of, rules_of
from slakit.measure.tickets import judge_tickets
from slakit.policy.files import parse_policy

START, AS_OF = to_microseconds(datetime(2025, 1, 1, tzinfo=UTC)), to_microseconds(datetime(2026, 1, 1, tzinfo=UTC))
MINUTE, DAY = 60 * 10**6, 86_400 * 10**6
SAMPLE = 400  # tickets that the loop works through
POLICY = """
format: 1
id: desk
provider: Desk
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01}
time_zone: Europe/Stockholm
guarantees:
  - {id: response, metric: response, target: 95, window: 1mo, clause: c, within: {P1: 2h, P2: 4h, P3: 1bd, P4: 3bd}}
support:
  hours: {weekly: {mon-fri: ["08:00-17:00"]}, holidays: SE}
  priorities: [{id: P1}, {id: P2}, {id: P3}, {id: P4}]
  clause: c
"""
LOOP = """
import datetime, json, sys, time
import businesstimedelta, holidays, pytz
given = json.load(sys.stdin)
zone = pytz.timezone("Europe/Stockholm")
workday = businesstimedelta.WorkDayRule(datetime.time(8), datetime.time(17), [0, 1, 2, 3, 4], tz=zone)
rules = businesstimedelta.Rules([workday, businesstimedelta.HolidayRule(holidays.SE(), tz=zone)])
at = lambda micro: datetime.datetime(1970, 1, 1, tzinfo=pytz.utc) + datetime.timedelta(microseconds=micro)
took = lambda start, end: rules.difference(at(start), at(end)).timedelta // datetime.timedelta(microseconds=1)
begin = time.perf_counter()
found = []
for opened, answered, holds in given:
    found.append(took(opened, answered) - sum(took(start, end) for start, end in holds))
print(json.dumps({"seconds": time.perf_counter() - begin, "found": found}))
"""


def random_series(seed: int, count: int, below: int) -> pl.Series:
    """Repeatable whole numbers, without another package."""
    return (pl.int_range(count, eager=True).hash(seed) % below).cast(pl.Int64)


def evidence_of(tickets: int) -> Evidence:
    """Invent tickets of 1,000 subscriptions, answered within two weeks; every third waits, some of them twice."""
    number = pl.int_range(tickets, eager=True)
    opened = START + random_series(1, tickets, 350 * 1440) * MINUTE
    answered = opened + random_series(2, tickets, 14 * 1440) * MINUTE
    rank = random_series(3, tickets, 4) + 1
    asked = pl.select(
        pl.format("t{}", number.cast(pl.String)).alias("ticket"),
        pl.format("s{}", random_series(4, tickets, 1000).cast(pl.String)).alias("subscription"),
        instants(opened).alias("opened"),
        instants(answered).alias("responded"),
        pl.format("P{}", rank.cast(pl.String)).alias("priority"),
    )
    waiting = pl.concat([number.filter(number % 3 == 0), number.filter(number % 12 == 0)])
    held_from = opened.gather(waiting) + random_series(5, len(waiting), 2 * 1440) * MINUTE
    waits = pl.select(
        asked["ticket"].gather(waiting).alias("ticket"),
        instants(held_from).alias("started"),
        instants(held_from + random_series(6, len(waiting), 1440) * MINUTE).alias("ended"),
    )
    owners = pl.int_range(1000, eager=True).cast(pl.String)
    held = pl.select(
        pl.format("s{}", owners).alias("subscription"),
        pl.lit("desk").alias("policy"),
        pl.lit(100).alias("monthly_fee"),
        pl.lit("EUR").alias("currency"),
        instants(pl.Series([START])).first().alias("starts"),
    )
    known = {"subscriptions": held, "tickets": asked, "holds": waits}
    tables = {name: _filled(known.get(name, table.empty()), table.empty()) for name, table in TABLES.items()}
    return Evidence(**tables, source="invented")


def instants(micro: pl.Series) -> pl.Expr:
    """Microseconds as instants."""
    return pl.lit(micro).cast(pl.Datetime("us", "UTC"))


def _filled(frame: pl.DataFrame, empty: pl.DataFrame) -> pl.DataFrame:
    columns = [
        (pl.col(name) if name in frame.columns else pl.lit(1 if name == "affected" else None).alias(name)).cast(dtype)
        for name, dtype in empty.schema.items()
    ]
    return frame.select(columns)


def rule_of() -> Rule:
    """The one rule of the policy."""
    [rule] = rules_of(("desk", None), parse_policy(POLICY, name="desk.yaml").terms())
    return rule


def asked_of_loop(evidence: Evidence, judged: pl.DataFrame) -> tuple[list[Any], list[int]]:
    """Tickets with targets in hours, as the loop takes them, and what slakit found."""
    own = judged.filter(pl.col("priority").is_in(["P1", "P2"])).head(SAMPLE)
    names = evidence.tickets["ticket"].gather(own["ticket"]).to_list()
    some = evidence.holds.filter(pl.col("ticket").is_in(names))
    holds = dict(some.group_by("ticket").agg(pl.struct(pl.col("started", "ended").dt.epoch("us"))).iter_rows())
    listed = []
    for name, opened, answered in zip(names, own["opened"], own["answered"], strict=True):
        spans = sorted((max(hold["started"], opened), min(hold["ended"], answered)) for hold in holds.get(name, ()))
        listed.append((opened, answered, united([span for span in spans if span[0] < span[1]])))
    return listed, own["elapsed"].to_list()


def united(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap, as one."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def loop(python: str, tickets: list[Any]) -> dict[str, Any] | None:
    """What `businesstimedelta` finds, and how long it takes; nothing where it is not installed."""
    given = json.dumps(tickets)
    done = subprocess.run([python, "-c", LOOP], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"the loop is left out: {done.stderr.strip().splitlines()[-1]}")
        print("install it:  python -m venv loop-env && loop-env/bin/pip install businesstimedelta")
        print("and name it: --loop loop-env/bin/python")
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def timed(work: Callable[[], pl.DataFrame], times: int = 3) -> tuple[float, pl.DataFrame]:
    """Best of a few runs, and what the last one gave. [s]"""
    best, given = float("inf"), pl.DataFrame()
    for _ in range(times):
        begin = time.perf_counter()
        given = work()
        best = min(best, time.perf_counter() - begin)
    return best, given


def compare(tickets: int, python: str) -> None:
    """Print the ratios."""
    evidence, rule = evidence_of(tickets), rule_of()
    obligations = obligations_of(evidence.phases, [rule])
    ours, judged = timed(lambda: judge_tickets(evidence, [rule], obligations, AS_OF))
    plain, _ = timed(lambda: evidence.tickets.sort("subscription", "opened"))
    targets = rule.guarantee.within
    assert isinstance(targets, dict)
    calendar = calendar_of(rule, targets["P1"], START, AS_OF)
    bare, _ = timed(lambda: calendar.elapsed(judged["opened"], judged["answered"]).to_frame())
    print(
        f"{tickets:>10,} tickets with {evidence.holds.height:,} holds: {ours:.2f} s, {ours / tickets * 1e6:.2f} µs each"
    )
    print(f"{'':>10} {ours / plain:.1f} times a plain sort of the tickets ({plain:.2f} s)")
    print(f"{'':>10} working time alone: {tickets / bare / 1e6:.0f} million pairs a second")
    listed, mine = asked_of_loop(evidence, judged)
    theirs = loop(python, listed)
    if theirs is not None:
        assert theirs["found"] == mine, "the loop and slakit disagree"
        each = theirs["seconds"] / len(listed)
        print(
            f"{'':>10} {each / (ours / tickets):,.0f} times faster per ticket than the loop ({each * 1e6:,.0f} µs each)"
        )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--tickets", type=int, default=1_000_000)
    arguments.add_argument("--loop", default=sys.executable, help="a Python that has businesstimedelta")
    options = arguments.parse_args()
    compare(options.tickets, options.loop)
