"""Check worked examples: assess what happened, and set what comes out against what must."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
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
            told = str(error)
            if expected is None:
                yield ExampleOutcome(case, (), told)
            else:
                yield ExampleOutcome(case, () if expected in told else (Difference("refused", expected, told),))
            continue
        if expected is not None:
            yield ExampleOutcome(case, (Difference("refused", expected, "an assessment"),))
        else:
            yield ExampleOutcome(case, tuple(_differences(case, review, terms)))


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
            wanted = instant_of(expected)
            first = next(iter(review.claims["deadline"].drop_nulls().sort()), None)
            if first != wanted:
                shown = first.isoformat() if first else "no claim with a deadline"
                yield Difference(what, wanted.isoformat(), shown)
        elif what in HAPPENED:
            # Which names there are in a table, each once, or how many rows there are of each.
            counts = dict(Counter(getattr(review, what)[HAPPENED[what]].to_list()))
            counted = isinstance(expected, dict)
            some = {name: count for name, count in expected.items() if count} if counted else set(expected)
            if some != (counts if counted else set(counts)):
                yield Difference(what, _listed(expected), _listed(counts if counted else list(counts)))
        else:
            slack = case.example.tolerance.slack(what) if case.example.tolerance else Fraction(0)
            yield from _compared(what, expected, _found(what, review, terms, case.example.period), slack)


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
        return
    rows = list(found.by_name.values())
    if isinstance(expected, list):
        # One value for each window: the sum over remedies, or that of the first guarantee.
        windows = rows[0] if rows else []
        if found.sums:
            longest = max(map(len, rows), default=0)
            windows = [sum((Fraction(own[n]) for own in rows if n < len(own)), Fraction(0)) for n in range(longest)]
        for number in range(max(len(expected), len(windows))):
            wanted = expected[number] if number < len(expected) else None
            value = windows[number] if number < len(windows) else None
            if wanted is None or value is None or not _alike(wanted, value, slack):
                shown = _print(wanted) if wanted is not None else "no such window"
                yield Difference(f"{what} of window {number + 1}", shown, _print_like(wanted or value, value))
        return
    value = rows[0][0] if rows and rows[0] else None
    if found.sums:
        value = sum((Fraction(amount) for own in rows for amount in own if amount is not None), Fraction(0))
    if value is None or not _alike(expected, value, slack):
        yield Difference(what, _print(expected), _print_like(expected, value))


def _alike(expected: Any, value: Any, slack: Fraction) -> bool:
    if isinstance(expected, bool):
        return expected is value
    if isinstance(expected, Money):
        wanted = Fraction(expected.amount)
    elif isinstance(expected, Share):
        wanted = expected.value * 100
    elif isinstance(expected, PlainDuration):
        wanted = Fraction(expected.microseconds)
    else:
        wanted = Fraction(expected)
    return abs(wanted - Fraction(value)) <= slack


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


def _found(what: str, review: Review, terms: Terms, period: str) -> FoundValues:
    """What came out under a key of `expect`."""
    if what in ("credit", "share"):
        return _of(review.credits, "remedy", "amount" if what == "credit" else "credit_percent", sums=True)
    if what in OTHERWISE:
        return FoundValues({"": [_credit_otherwise(what.removeprefix("credit_"), review)]}, sums=True)
    if what == "budget":
        return _of(window_budgets(terms, period), "guarantee", "budget_seconds")
    over = ~pl.col("running")
    levels, attainments = review.availability.filter(over), review.attainment.filter(over)
    figures = review.figures.filter(over)
    if what in ("met_lower", "met_upper"):
        keys = ["subscription", "guarantee", "window_start", "window_end"]
        differing = review.bounds.filter(pl.col("guarantee").is_not_null()).select(*keys, pl.col(what).alias("other"))
        levels = levels.join(differing, on=keys, how="left", maintain_order="left")
        return _of(levels.with_columns(pl.coalesce("other", "met").alias("met")), "guarantee", "met")
    if what == "downtime":
        return _of(levels, "guarantee", "downtime_seconds")
    if what == "availability":
        columns = [(levels, "availability"), (attainments, "attainment"), (figures, "level")]
    else:
        alone = review.incidents.with_columns(pl.col("started").alias("window_start"))
        columns = [(table, "met") for table in (levels, figures, attainments, alone)]
    by_name: dict[str, list[Any]] = {}
    for table, column in columns:
        by_name |= _of(table, "guarantee", column).by_name
    return FoundValues(by_name, sums=False)


OTHERWISE = ("credit_lower", "credit_upper", "credit_recorded", "credit_disputed")
"""Sums of credits at the bounds of outages, and by other decisions on them."""


def _credit_otherwise(case: str, review: Review) -> Decimal:
    """Sum the credits at a bound of outages, or as other decisions on them would have it."""
    owed = sum(review.credits["amount"].to_list(), Decimal(0))
    if case in ("recorded", "disputed"):
        return next(iter(review.corrections[f"owed_{case}"]), owed)
    return owed + sum((review.bounds[f"amount_{case}"] - review.bounds["amount"]).drop_nulls().to_list(), Decimal(0))


def _of(table: pl.DataFrame, name: str, column: str, *, sums: bool = False) -> FoundValues:
    """Values of a table by name and window; lengths of time in microseconds."""
    ordered = table.sort("window_start", maintain_order=True) if "window_start" in table.columns else table
    by_name: dict[str, list[Any]] = {key: [] for key in table[name].unique(maintain_order=True)}
    value = (pl.col(column) * 1_000_000).cast(pl.Int64) if column.endswith("_seconds") else pl.col(column)
    for key, own in ordered.select(name, value).iter_rows():
        by_name[key].append(own)
    return FoundValues(by_name, sums)


HAPPENED = {"rights": "right", "claims": "status", "warnings": "code"}
"""Tables of which only is expected what is in them, and the column that names it."""


def _listed(names: Happened) -> str:
    if isinstance(names, dict):
        return ", ".join(f"{name} {count} times" for name, count in sorted(names.items())) or "none"
    return ", ".join(sorted(names)) or "none"
