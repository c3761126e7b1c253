"""Simulated years under each plan: one year is one subscription, judged as evidence is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import polars as pl

from slakit.analysis.assess import MeasuredAndAwarded, measure_and_award
from slakit.analysis.offers import Offers
from slakit.analysis.plans import Settled, plans_of
from slakit.analysis.result_tables import of_rules
from slakit.analysis.rights import rights_of
from slakit.analysis.vocabulary import in_words_of_contracts
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import INSTANT
from slakit.evidence.tables import TABLES
from slakit.measure.calendar import Period, midnight
from slakit.measure.rules import ASSUMED_ZONE, per_rule
from slakit.outlook.history import Outage, Work, months_of
from slakit.outlook.models import Model
from slakit.remedy.awards import AwardedReading

SETTLED_AFTER = timedelta(days=400)
"""How long after a year all that happened in it is known."""
YEARS: dict[str, Any] = {
    "year": pl.UInt32, "plan": pl.String, "reading": pl.UInt32, "amount": pl.Int64, "windows": pl.UInt32,
    "missed": pl.UInt32, "deepest": pl.Boolean, "right": pl.Boolean,
}  # fmt: skip


@dataclass(frozen=True)
class Simulation:
    """What is simulated; nothing else decides on what comes out.

    Attributes
    ----------
    model
        Draws the outages.
    offers, fees, settled
        Plans by name, their columns `monthly_fee`, `currency` and `component_fees`, and answers to open questions.
    deepest
        Plan → remedy → its largest credit. [millionths of a percent]
    period
        The twelve months that are drawn.
    seed
        Of all years; each has a source of chance of its own, wherever it is drawn.
    """

    model: Model
    offers: Offers
    fees: Mapping[str, tuple[Decimal, str, str | None]]
    settled: Mapping[str, str]
    deepest: Mapping[str, Mapping[str, int]]
    period: Period
    seed: int


@dataclass(frozen=True)
class Block:
    """Some years, judged.

    Attributes
    ----------
    count
        How many.
    years
        Columns of `YEARS`: a row for each year, plan and reading that differs from the chosen one (number 0) in one
        answer at most. `amount` is in minor units; `deepest` and `right` are of the chosen reading.
    answers
        Plan → of each of these readings, question and answer; of the chosen one, none.
    sums
        Plan → what all years pay together, under each of all readings. [minor units]
    downtime
        How long each year's outages last together. [µs]
    """

    count: int
    years: pl.DataFrame
    answers: Mapping[str, Sequence[tuple[str, str] | None]]
    sums: Mapping[str, Sequence[int]]
    downtime: Sequence[int]


def drawn_years(simulation: Simulation, first: int, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw years: tables of outages and maintenance, with the column `year`.

    Parameters
    ----------
    simulation
        What is simulated.
    first, count
        Number of the first year, and how many.
    """
    months = list(months_of(simulation.period))
    outages: list[tuple[int, Any]] = []
    works: list[tuple[int, Any]] = []
    for year in range(first, first + count):
        # text seeds are hashed, so that each year has a source of chance that is independent of the others
        drawn = simulation.model.draw(Random(f"{simulation.seed} {simulation.model.name} {year}"), months)
        outages += [(year, *outage) for outage in drawn.outages]  # type: ignore[misc]
        works += [(year, *work) for work in drawn.works]  # type: ignore[misc]
    return _frame("outages", outages, Outage._fields), _frame("maintenance", works, Work._fields)


def _frame(table: str, rows: Sequence[Any], fields: Sequence[str]) -> pl.DataFrame:
    types = TABLES[table].empty().schema
    drawn = {name: pl.Int64 if types[name] == INSTANT else types[name] for name in fields}
    frame = pl.DataFrame(rows, schema={"year": pl.UInt32, **drawn}, orient="row")
    return frame.with_columns(pl.col(name).cast(types[name]) for name in fields)


def evidence_of_years(simulation: Simulation, first: int, count: int) -> Evidence:
    """Draw years, and let each be what a subscription of every plan went through."""
    starts = [
        datetime.fromtimestamp(midnight(simulation.period.first, offer.terms.time_zone or ASSUMED_ZONE) / 10**6, UTC)
        for offer in simulation.offers.values()
    ]
    plans = pl.DataFrame(
        [
            (name, name, offer.tier, *simulation.fees[name], start)
            for (name, offer), start in zip(simulation.offers.items(), starts, strict=True)
        ],
        schema={"plan": pl.String, "policy": pl.String, "tier": pl.String, "monthly_fee": pl.Decimal(38, 6),
                "currency": pl.String, "component_fees": pl.String, "starts": INSTANT},
        orient="row",
    )  # fmt: skip
    years = pl.DataFrame({"year": range(first, first + count)}, schema={"year": pl.UInt32})
    name = pl.concat_str(pl.col("year").cast(pl.String), pl.lit(" "), "plan")
    holders = years.join(plans, how="cross", maintain_order="left_right")
    subscriptions = holders.with_columns(name.alias("subscription"))
    tables = {"subscriptions": subscriptions}
    outages, works = drawn_years(simulation, first, count)
    for table, key, drawn in (("outages", "outage", outages), ("maintenance", "maintenance", works)):
        numbered = drawn.with_row_index(key).join(plans.select("plan"), how="cross", maintain_order="left_right")
        own = pl.concat_str(pl.col(key).cast(pl.String), pl.lit(" "), "plan").alias(key)
        tables[table] = numbered.with_columns(name.alias("subscription"), own)
    checked: dict[str, Any] = {}
    for table, schema in TABLES.items():
        empty = schema.empty()
        if table not in tables:
            checked[table] = empty
            continue
        frame = tables[table]
        absent = [pl.lit(None, dtype=empty.schema[c]).alias(c) for c in empty.columns if c not in frame.columns]
        checked[table] = frame.with_columns(absent).select(empty.columns)
    return Evidence(**checked, source="simulated years", given=frozenset({"subscriptions", "outages", "maintenance"}))


def simulate_block(simulation: Simulation, first: int, count: int, every: bool) -> Block:
    """Draw and judge some years.

    Parameters
    ----------
    simulation
        What is simulated.
    first, count
        Number of the first year, and how many.
    every
        Whether under every reading, or only the chosen one.
    """
    evidence = evidence_of_years(simulation, first, count)
    known = {name: offer.policy for name, offer in simulation.offers.items()}
    plans = plans_of(evidence, known, Settled.of(simulation.settled), every=every)
    in_words, _ = in_words_of_contracts(evidence, plans)
    after = datetime.combine(simulation.period.after, datetime.min.time(), UTC) + SETTLED_AFTER
    done = measure_and_award(in_words, known, plans, simulation.period, after)
    length = pl.col("ended") - pl.col("started")
    lasted = evidence.outages.select(pl.col("subscription"), length.dt.total_microseconds().alias("length"))
    first_plan = next(iter(simulation.offers))
    own = [f"{year} {first_plan}" for year in range(first, first + count)]
    sums = dict(lasted.group_by("subscription").agg(pl.col("length").sum()).iter_rows())
    parts, answers, totals = [pl.DataFrame(schema=YEARS)], {}, {}
    rights = rights_of(done.measured, done.awarded, in_words.phases)["subscription"].unique()
    for position, name in enumerate(simulation.offers):
        subscribers = pl.Series(
            range(position, count * len(simulation.offers), len(simulation.offers)), dtype=pl.UInt32
        )
        readings = next(of_plan for held, of_plan in done.awarded.readings.items() if held.policy == name)
        found = _Plan(done, readings, subscribers)
        totals[name] = [int(found.owed(one).sum()) for one in readings]
        alone = list(_alone(readings))
        answers[name] = [changed for changed, _ in alone]
        deepest = found.reached(simulation.deepest[name])
        with_right = pl.Series([f"{year} {name}" for year in range(first, first + count)]).is_in(rights.implode())
        for number, (_, one) in enumerate(alone):
            windows, missed = found.windows(one)
            parts.append(pl.DataFrame({
                "year": pl.int_range(first, first + count, dtype=pl.UInt32, eager=True), "plan": [name] * count,
                "reading": [number] * count, "amount": found.owed(one), "windows": windows, "missed": missed,
                "deepest": deepest, "right": with_right,
            }, schema=YEARS))  # fmt: skip
    return Block(count, pl.concat(parts), answers, totals, [sums.get(name) or 0 for name in own])


def _alone(readings: Sequence[AwardedReading]) -> Iterator[tuple[tuple[str, str] | None, AwardedReading]]:
    """Yield the chosen reading, and those that differ from it in one answer: question and answer."""
    chosen = readings[0].reading.answers
    for one in readings:
        changed = [question for question, answer in one.reading.answers.items() if answer != chosen[question]]
        if not changed:
            yield None, one
        elif len(changed) == 1:
            yield (changed[0], one.reading.answers[changed[0]]), one


class _Plan:
    """What was judged of one plan: a value for each year."""

    def __init__(self, done: MeasuredAndAwarded, readings: Sequence[AwardedReading], subscribers: pl.Series) -> None:
        self.subscribers = subscribers.alias("subscriber").to_frame()
        numbers = sorted({number for one in readings for number in one.awards})
        mine = done.awarded.credits.filter(pl.col("subscriber").is_in(subscribers.implode()))
        self.credits = mine.filter(pl.col("award").is_in(numbers))
        by_award = self.credits.group_by("award", "subscriber").agg(pl.col("amount").sum().cast(pl.Int64))
        self.amounts = {award: self._of_years(by_award.filter(pl.col("award") == award), "amount") for award in numbers}
        self.chosen = readings[0]
        promised = per_rule((r.guarantee.commitment == "guaranteed" for r in done.measured.rules), pl.Boolean)
        self.judged = pl.concat(
            frame.filter(
                pl.col("met").is_not_null(), pl.col("subscriber").is_in(subscribers.implode()), promised
            ).select("subscriber", "rule", "window_end", "met", pl.lit(value=single).alias("single"))
            for frame, single in ((done.measured.windows, False), (done.measured.incidents, True))
        )
        self._totals: dict[tuple[int, ...], pl.Series] = {}

    def _of_years(self, frame: pl.DataFrame, column: str) -> pl.Series:
        joined = self.subscribers.join(frame.select("subscriber", column), on="subscriber", how="left",
                                       maintain_order="left")  # fmt: skip
        return joined[column].fill_null(0)

    def owed(self, reading: AwardedReading) -> pl.Series:
        """Return what is owed in each year. [minor units]"""
        key = tuple(reading.awards)
        if key not in self._totals:
            nothing = pl.Series([0], dtype=pl.Int64).new_from_index(0, self.subscribers.height)
            self._totals[key] = sum((self.amounts[number] for number in key), nothing)
        return self._totals[key]

    def windows(self, reading: AwardedReading) -> tuple[pl.Series, pl.Series]:
        """Return how many windows each year has, and how many of them missed a guarantee.

        Windows that end together are one. An incident that was too long misses the window of a guarantee without
        windows: the month in which it ended.
        """
        ours = self.judged.filter(of_rules(reading.reading.rules.values()))
        windows = ours.filter(~pl.col("single"))
        if windows.is_empty() and not ours.is_empty():
            ended = pl.col("window_end").cast(INSTANT)
            ours = ours.with_columns((ended.dt.year() * 12 + ended.dt.month()).cast(pl.Int64).alias("window_end"))
            found = ours.filter(~pl.col("met")).group_by("subscriber").agg(pl.col("window_end").n_unique().alias("n"))
            months = pl.Series([12], dtype=pl.Int64).new_from_index(0, self.subscribers.height)
            return months, self._of_years(found, "n")
        counts = windows.group_by("subscriber").agg(
            pl.col("window_end").n_unique().alias("windows"),
            pl.col("window_end").filter(~pl.col("met")).n_unique().alias("missed"),
        )
        return self._of_years(counts, "windows"), self._of_years(counts, "missed")

    def reached(self, largest: Mapping[str, int]) -> pl.Series:
        """Return in which years a remedy paid its largest credit for a window."""
        ours = self.credits.filter(pl.col("award").is_in(list(self.chosen.awards)))
        most = pl.col("remedy").replace_strict(largest, default=None, return_dtype=pl.Int128)
        full = ours.filter((pl.col("percent") >= most) & (pl.col("percent") > 0))
        return self.subscribers["subscriber"].is_in(full["subscriber"].implode())
