"""Check worked examples: assess what happened, and set what comes out against what must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from slakit.analysis.assess import assess, instant_of
from slakit.analysis.review import Review
from slakit.examples.files import Case
from slakit.examples.model import Happened
from slakit.examples.scenario_evidence import scenario_evidence
from slakit.measure.budgets import window_budgets
from slakit.measure.calendar import Period
from slakit.policy.printing import print_duration
from slakit.policy.quantities import Money, PlainDuration, Share
from slakit.policy.terms import Terms
from slakit.problems import InputError

LONG_AFTER = timedelta(days=730)


class Difference(NamedTuple):
    """Something that did not come out as it must."""

    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.what}: expected {self.expected}, found {self.found}"


class ExampleOutcome(NamedTuple):
    """What became of an example.

    Attributes
    ----------
    differences
        What did not come out; nothing where the example holds.
    refused
        Why it could not be assessed, where that was not expected.
    """

    case: Case
    differences: tuple[Difference, ...]
    refused: str = ""

    @property
    def holds(self) -> bool:
        """Return whether everything came out."""
        return not self.differences and not self.refused


def check(cases: Iterable[Case]) -> Iterator[ExampleOutcome]:
    """Check examples, one after the other.

    Parameters
    ----------
    cases
        From `read_cases`.
    """
    for case in cases:
        expected = case.example.expect.refused
        try:
            review, terms = _assessed(case)
        except InputError as error:
            yield _after_refusal(case, str(error), expected)
            continue
        if expected is not None:
            yield ExampleOutcome(case, (Difference("refused", expected, "an assessment"),))
        else:
            yield ExampleOutcome(case, tuple(_differences(case, review, terms)))


def _after_refusal(case: Case, told: str, expected: str | None) -> ExampleOutcome:
    if expected is None:
        return ExampleOutcome(case, (), told)
    return ExampleOutcome(case, () if expected in told else (Difference("refused", expected, told),))


def _assessed(case: Case) -> tuple[Review, Terms]:
    example = case.example
    terms = case.policy.terms(tier=example.tier, reading=example.reading)
    evidence = scenario_evidence(case, terms)
    period = Period.parse(example.period)
    after = datetime(period.after.year, period.after.month, period.after.day) + LONG_AFTER
    as_of = instant_of(example.as_of) if example.as_of else after.isoformat() + "Z"
    names = evidence.subscriptions["policy"].unique().to_list()
    policies = dict.fromkeys(names, case.policy)
    reading = {f"{name}:{question}": answer for name in names for question, answer in example.reading.items()}
    return assess(evidence, period, as_of, policies=policies, reading=reading, ranges=False), terms


# --- what came out


def _differences(case: Case, review: Review, terms: Terms) -> Iterator[Difference]:
    expect = case.example.expect
    for what in expect.model_fields_set:
        expected = getattr(expect, what)
        if what == "deadline":
            yield from _deadline(review, expected)
            continue
        if what in HAPPENED:
            yield from _happened(what, expected, getattr(review, what)[HAPPENED[what]].to_list())
            continue
        slack = case.example.tolerance.slack(what) if case.example.tolerance else Fraction(0)
        found = FINDERS[what](review, terms, case.example.period)
        yield from _compared(what, expected, found, slack)


class FoundValues(NamedTuple):
    """What came out: by name (of a guarantee or remedy), the values of its windows in order."""

    by_name: dict[str, list[Any]]
    sums: bool
    """Whether one expected value is the sum of all, or else the first."""


def _compared(what: str, expected: Any, found: FoundValues, slack: Fraction) -> Iterator[Difference]:
    if isinstance(expected, dict):
        for name, value in expected.items():
            own = FoundValues({name: found.by_name[name]} if name in found.by_name else {}, found.sums)
            yield from _compared(f"{what} of {name}", value, own, slack)
    elif isinstance(expected, list):
        yield from _in_order(what, expected, found, slack)
    else:
        value = _one(found)
        if value is None or not _alike(expected, value, slack):
            yield Difference(what, _print(expected), _print_like(expected, value))


def _one(found: FoundValues) -> Any:
    rows = list(found.by_name.values())
    if found.sums:
        return sum((Fraction(value) for values in rows for value in values if value is not None), Fraction(0))
    return rows[0][0] if rows and rows[0] else None


def _in_order(what: str, expected: list[Any], found: FoundValues, slack: Fraction) -> Iterator[Difference]:
    windows = _by_window(found)
    for number in range(max(len(expected), len(windows))):
        wanted = expected[number] if number < len(expected) else None
        value = windows[number] if number < len(windows) else None
        if wanted is None or value is None or not _alike(wanted, value, slack):
            shown = _print(wanted) if wanted is not None else "no such window"
            yield Difference(f"{what} of window {number + 1}", shown, _print_like(wanted or value, value))


def _by_window(found: FoundValues) -> list[Any]:
    """Return one value for each window: the sum over remedies, or that of the first guarantee."""
    rows = list(found.by_name.values())
    if not rows or not found.sums:
        return rows[0] if rows else []
    longest = max(len(values) for values in rows)
    return [sum((Fraction(values[n]) for values in rows if n < len(values)), Fraction(0)) for n in range(longest)]


def _plain(expected: Any) -> Any:
    """Return the number that a printed quantity stands for."""
    if isinstance(expected, Money):
        return Fraction(expected.amount)
    if isinstance(expected, Share):
        return expected.value * 100
    if isinstance(expected, PlainDuration):
        return Fraction(expected.microseconds)
    return expected if isinstance(expected, bool) else Fraction(expected)


def _alike(expected: Any, value: Any, slack: Fraction) -> bool:
    wanted = _plain(expected)
    return wanted is value if isinstance(wanted, bool) else abs(wanted - Fraction(value)) <= slack


def _print(expected: Any) -> str:
    return ("no", "yes")[expected] if isinstance(expected, bool) else str(expected)


def _print_like(expected: Any, value: Any) -> str:
    """Print a value in the way in which the expected one is written."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return _print(value)
    if isinstance(expected, Money):
        return f"{_decimal(value)} {expected.currency}"
    if isinstance(expected, Share):
        return f"{_decimal(value)}%"
    return print_duration(int(value)) if isinstance(expected, PlainDuration) else _decimal(value)


def _decimal(value: Any) -> str:
    exact = Fraction(value)
    return f"{Decimal(exact.numerator) / Decimal(exact.denominator):f}"


# --- tables of the review, by name and window


def _of(table: pl.DataFrame, name: str, column: str, sums: bool) -> FoundValues:
    ordered = table.sort("window_start", maintain_order=True) if "window_start" in table.columns else table
    by_name: dict[str, list[Any]] = {key: [] for key in table[name].unique(maintain_order=True)}
    for key, value in ordered.select(name, column).iter_rows():
        by_name[key].append(value)
    return FoundValues(by_name, sums)


def _credits(review: Review, _terms: Terms, _period: str) -> FoundValues:
    return _of(review.credits, "remedy", "amount", sums=True)


def _shares(review: Review, _terms: Terms, _period: str) -> FoundValues:
    return _of(review.credits, "remedy", "credit_percent", sums=True)


def _levels(review: Review, _terms: Terms, _period: str) -> FoundValues:
    judged = review.availability.filter(~pl.col("running"))
    levels = _of(judged, "guarantee", "availability", sums=False)
    tickets = _of(review.attainment.filter(~pl.col("running")), "guarantee", "attainment", sums=False)
    figures = _of(review.figures.filter(~pl.col("running")), "guarantee", "level", sums=False)
    return FoundValues(levels.by_name | tickets.by_name | figures.by_name, sums=False)


def _met(review: Review, _terms: Terms, _period: str) -> FoundValues:
    over = ~pl.col("running")
    tables = [review.availability.filter(over), review.figures.filter(over), review.attainment.filter(over)]
    alone = review.incidents.with_columns(pl.col("started").alias("window_start"))
    found = [_of(table, "guarantee", "met", sums=False) for table in [*tables, alone]]
    return FoundValues({name: own for one in found for name, own in one.by_name.items()}, sums=False)


def _downtime(review: Review, _terms: Terms, _period: str) -> FoundValues:
    judged = review.availability.filter(~pl.col("running"))
    micros = (pl.col("downtime_seconds") * 1_000_000).cast(pl.Int64).alias("downtime")
    return _of(judged.with_columns(micros), "guarantee", "downtime", sums=False)


def _budget(_review: Review, terms: Terms, period: str) -> FoundValues:
    budgets = window_budgets(terms, period)
    micros = (pl.col("budget_seconds") * 1_000_000).cast(pl.Int64).alias("allowed")
    return _of(budgets.with_columns(micros), "guarantee", "allowed", sums=False)


HAPPENED = {"rights": "right", "warnings": "code"}
"""Tables of which only is expected what is in them, and the column that names it."""


def _happened(what: str, expected: Happened, found: list[str]) -> Iterator[Difference]:
    """Compare what is in a table: which names there are, or how many rows of each."""
    counts = dict(Counter(found))
    wanted = expected if isinstance(expected, dict) else dict.fromkeys(expected, 1)
    known = counts if isinstance(expected, dict) else dict.fromkeys(counts, 1)
    if {name: count for name, count in wanted.items() if count} != known:
        yield Difference(what, _listed(expected), _listed(counts if isinstance(expected, dict) else list(counts)))


def _listed(names: Happened) -> str:
    if isinstance(names, dict):
        return ", ".join(f"{name} {count} times" for name, count in sorted(names.items())) or "none"
    return ", ".join(sorted(names)) or "none"


FINDERS = {
    "credit": _credits,
    "share": _shares,
    "availability": _levels,
    "met": _met,
    "downtime": _downtime,
    "budget": _budget,
}


def _deadline(review: Review, expected: str) -> Iterator[Difference]:
    deadlines: Sequence[datetime] = review.claims["deadline"].drop_nulls().sort().to_list()
    wanted = instant_of(expected)
    if not deadlines or deadlines[0] != wanted:
        found = deadlines[0].isoformat() if deadlines else "no claim with a deadline"
        yield Difference("deadline", wanted.isoformat(), found)
