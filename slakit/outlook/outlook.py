"""What contracts will pay in a year to come, and how likely they break: simulated years, judged as evidence is."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import prod
from statistics import fmean
from typing import Any

import polars as pl

from slakit.analysis.offers import Offer, Offers, answers_of, offers_of, settled_for
from slakit.analysis.plans import Settled, currencies_paid
from slakit.arguments import checked
from slakit.currencies import known_currency, minor_digits
from slakit.evidence.evidence import Evidence
from slakit.measure.budgets import EXACT, seconds_of
from slakit.measure.calendar import Period, add_months
from slakit.outlook.basis import basis_of
from slakit.outlook.history import YEAR, History, Outage, history_of
from slakit.outlook.models import PUBLISHED_SPREAD, ByRate, Lengths, Model, OwnMonths, Rate, lengths_of
from slakit.outlook.rounding import rounded
from slakit.outlook.simulate import Block, Simulation, simulate_block
from slakit.policy.plan_names import plan_names
from slakit.policy.quantities import PlainDuration
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem, one_of
from slakit.remedy.curves import credit_curve
from slakit.remedy.fees import exact_fee

DEFAULT_FEE, DEFAULT_CURRENCY = Decimal(1000), "EUR"
MOST_YEARS, MOST_RATE = 1_000_000, 10_000.0
WINDOWS_OF_BLOCK = 250_000
"""Measurement windows that are judged at a time: so many that their tables fit into memory."""
WINDOWS_OF_YEAR = {"1h": 8784, "1d": 366, "1w": 53, "1q": 4, "1y": 1}
READ_YEARS = 100
"""Years that are judged under every reading at least; more as long as all together are one block."""
MODELS = {
    "history": "your own months, drawn again and again",
    "lognormal": "outages by chance, with lognormal lengths",
    "exponential": "outages by chance, with exponential lengths",
}
SUMMARY: dict[str, Any] = {
    "plan": pl.String, "model": pl.String, "currency": pl.String, "years": pl.UInt32, "months_missed": EXACT,
    "year_missed": EXACT, "expected": EXACT, "error": EXACT, "lowest": EXACT, "highest": EXACT, "p10": EXACT,
    "p50": EXACT, "p90": EXACT, "fee_share": EXACT, "nothing": EXACT, "deepest": EXACT, "right": EXACT,
}  # fmt: skip
READINGS: dict[str, Any] = {
    "plan": pl.String, "model": pl.String, "question": pl.String, "answer": pl.String, "chosen": pl.Boolean,
    "expected": EXACT, "difference": EXACT, "year_missed": EXACT, "nothing": EXACT, "years": pl.UInt32,
    "currency": pl.String,
}  # fmt: skip
DIFFERENCES: dict[str, Any] = {
    "plan": pl.String, "other": pl.String, "model": pl.String, "difference": EXACT, "error": EXACT, "p10": EXACT,
    "p90": EXACT, "more": EXACT, "less": EXACT, "discount": EXACT,
}  # fmt: skip
CREDITS: dict[str, Any] = {
    "year": pl.UInt32, "plan": pl.String, "model": pl.String, "amount": EXACT, "windows": pl.UInt32,
    "missed": pl.UInt32, "deepest": pl.Boolean, "right": pl.Boolean,
}  # fmt: skip
Work = tuple[Simulation, int, int, bool]
Run = Callable[[Callable[[Simulation, int, int, bool], Block], Sequence[Work]], Iterable[Block]]
"""Calls a function with each of some arguments, and returns what it gives in their order."""


@dataclass(frozen=True, eq=False, repr=False)
class Outlook:
    """What plans would pay in years that might come.

    Attributes
    ----------
    plans, proposed
        Name → terms under the chosen reading; names of those that are proposed (`Policy.amend`), and not offered.
    period, count, seed
        The twelve months that are drawn, how many years of them, and the seed.
    fee
        The monthly fee of all plans.
    models
        Names of the models of outages, the first of which leads: `MODELS`.
    summary
        A row for each plan and model: `months_missed` (share of measurement windows in which a guarantee is missed;
        percent), `year_missed` (of years with such a window), `expected` (mean credit of a year), `error` (Monte Carlo
        standard error of it), `lowest`, `highest` (expected credit under the reading that pays least, and most),
        `p10`, `p50`, `p90` (credit that 10, 50 and 90 of 100 years do not exceed), `fee_share` (expected credit, in
        percent of twelve monthly fees), `nothing`, `deepest`, `right` (years without a credit, with the largest credit
        that a remedy knows, and with a right such as to terminate; percent).
    readings
        The same of each answer to an open question, the others as chosen: `expected`, `difference` (to the chosen
        answer), `year_missed`, `nothing`; from the first `years` of the years.
    differences
        Every plan against each before it, year by year on the same outages, in percent of twelve monthly fees:
        `difference` of the expected credits (`plan` less `other`), its `error`, `p10` and `p90`; `more`, `less` (years
        in which it pays more, or less; percent); `discount` (percent by which the fee of the one that pays less must be
        lower, if it is to cost as much after credits, which are in proportion to fees).
    years
        The credit of each year: `year`, `plan`, `model`, `amount`, `windows`, `missed`, `deepest`, `right`.
    basis
        What it all is drawn from: `model`, `says`.
    downtime
        Model → mean length of all outages of a year together. [s]

    Examples
    --------
    >>> outlook(["klink-cloud:enterprise"], outages_per_year=6, length="90m", years=200, seed=1)
    Outlook(klink-cloud:enterprise: 200 years, seed 1)
    """

    plans: Mapping[str, Terms]
    proposed: frozenset[str]
    period: Period
    count: int
    seed: int
    fee: Decimal
    models: Sequence[str]
    summary: pl.DataFrame
    readings: pl.DataFrame
    differences: pl.DataFrame
    years: pl.DataFrame
    basis: pl.DataFrame
    downtime: Mapping[str, Decimal]

    @property
    def names(self) -> dict[str, str]:
        """Names of the plans for people: id → `Klikk Gold`, in the order of the plans."""
        return plan_names(self.plans, self.proposed)

    def __repr__(self) -> str:
        return f"Outlook({', '.join(self.plans)}: {self.count} years, seed {self.seed})"

    def _repr_html_(self) -> str:
        columns = ["plan", "model", "months_missed", "expected", "error", "p10", "p50", "p90", "currency"]
        head = "".join(f"<th>{name}</th>" for name in columns)
        rows = self.summary.select(columns).iter_rows()
        body = "".join(f"<tr>{''.join(f'<td>{html.escape(str(cell))}</td>' for cell in row)}</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


@checked
def outlook(
    plans: str | Iterable[Offer],
    *,
    evidence: Evidence | None = None,
    subscription: str = "",
    history: str | Period | None = None,
    outages_per_year: float | None = None,
    length: str | None = None,
    mean_length: str | None = None,
    spread: float | None = None,
    model: str | Iterable[str] | None = None,
    fee: Decimal | float | None = None,
    currency: str | None = None,
    period: str | Period | None = None,
    years: int = 2000,
    seed: int = 1,
    reading: Mapping[str, str] | Iterable[str] | None = None,
    ranges: bool = True,
    run: Run | None = None,
) -> Outlook:
    """Simulate years to come, and judge each under every plan: what it pays, and whether it breaks.

    Each simulated year is judged by the very rules by which evidence is assessed, as the first year of a subscription,
    with every claim made in time. All plans go through the same outages, so that differences are differences of
    contracts. The same arguments give the same result, however it is computed.

    Parameters
    ----------
    plans
        As `compare` takes them; one or more.
    evidence, subscription, history
        What happened, of one subscription, and the months in which somebody looked (`2025-08/2026-09`; by default from
        the first row to the last). Instead of it, or beside it:
    outages_per_year
        How many outages begin in a year of service. By default what the evidence says, with what it leaves open.
    length, mean_length
        The length that half of the outages exceed (`90m`), or their mean. By default what the evidence says.
    spread
        Standard deviation of the logarithm of the lengths; 0 for outages that are all as long. 1.4 if not given: own
        outages are weighed with it, which counts as ten of them.
    model
        One or several of `history` (own months, drawn again and again), `lognormal` and `exponential` (outages by
        chance). By default, with evidence, the first two, which show how much depends on the model; without, lognormal.
    fee, currency
        The same monthly fee for all, and the currency of plans that name none. By default those of the subscription,
        or 1000 EUR.
    period
        The twelve months that are drawn; by default those after the history, or next year.
    years
        How many. The error of an expected credit falls with its square root.
    seed
        A whole number. Years of another seed are others; more years of the same begin with the same.
    reading
        Answers to open questions, as `assess` takes them.
    ranges
        Whether to judge under every combination of answers.
    run
        Computes the blocks of years, as `map` does: for instance on several processes.

    Raises
    ------
    InputError
        Plans or models are unknown, nothing says how often or how long outages are, or a number is not one.

    Examples
    --------
    >>> ahead = outlook(["klink-cloud:enterprise"], outages_per_year=6, length="90m", years=200,
    ...                 period="2027-01/2027-12")
    >>> ahead.summary.select("plan", "expected", "p10", "p90").row(0)
    ('klink-cloud:enterprise', Decimal('231.500000'), Decimal('100.000000'), Decimal('350.000000'))
    """
    settled = Settled.of(reading)
    offers = offers_of([plans] if isinstance(plans, str) else plans, settled)
    _refuse_numbers(outages_per_year, spread, years, seed, currency)
    past = None
    if evidence is not None:
        evidence = evidence.only(subscription)
        past = history_of(evidence, Period.parse(history) if isinstance(history, str) else history)
    models = _models(model, past, outages_per_year, _length(length, mean_length, spread), spread)
    months = _twelve_months(period, past)
    fees, exact = _fees(offers, evidence, fee, currency)
    deepest = {name: _deepest(offer.terms) for name, offer in offers.items()}
    answers = answers_of(offers, settled)
    simulations = [Simulation(one, offers, fees, answers, deepest, months, seed) for one in models]
    size = max(1, WINDOWS_OF_BLOCK // sum(_windows_of_year(offer.terms) for offer in offers.values()))
    works = [(one, first, min(size, years - first), False) for one in simulations for first in range(0, years, size)]
    read = _years_under_readings(offers, settled, years) if ranges else 0
    works += [(one, 0, read, True) for one in simulations if read]
    blocks = list(run(simulate_block, works) if run else (simulate_block(*work) for work in works))
    of_readings = blocks[len(blocks) - len(simulations) :] if read else [None] * len(simulations)
    count = -(-years // size)
    found = [
        _found(simulation, blocks[number * count : (number + 1) * count], under, years)
        for number, (simulation, under) in enumerate(zip(simulations, of_readings, strict=True))
    ]
    return Outlook(
        plans={name: offer.terms for name, offer in offers.items()},
        proposed=frozenset(name for name, offer in offers.items() if offer.policy.origin),
        period=months,
        count=years,
        seed=seed,
        fee=exact,
        models=[one.name for one in models],
        summary=pl.DataFrame([row for one in found for row in one.summary], schema=SUMMARY, orient="row"),
        readings=pl.DataFrame([row for one in found for row in one.readings], schema=READINGS, orient="row"),
        differences=pl.DataFrame([row for one in found for row in one.differences], schema=DIFFERENCES, orient="row"),
        years=pl.concat(one.years for one in found),
        basis=pl.DataFrame(
            [(one.name, says) for one in models for says in basis_of(one)],
            schema={"model": pl.String, "says": pl.String},
            orient="row",
        ),
        downtime={model.name: one.downtime for model, one in zip(models, found, strict=True)},
    )


def _years_under_readings(offers: Offers, settled: Settled, years: int) -> int:
    """Return how many years are judged under every reading; the fewer, the more readings there are."""
    windows, several = 0, False
    for offer in offers.values():
        known = settled_for(settled, offer.policy)
        readings = prod(len(asked.answers) for asked in offer.policy.readings if asked.id not in known)
        windows += readings * _windows_of_year(offer.terms)
        several |= readings > 1
    return min(years, max(READ_YEARS, WINDOWS_OF_BLOCK // windows)) if several else 0


def _windows_of_year(terms: Terms) -> int:
    """Return about how many measurement windows a year has under a plan."""
    windows = [one.window for one in terms.guarantees]
    return sum(WINDOWS_OF_YEAR.get(one.text, 366 if one.rolling_days else 12) for one in windows) or 12


def _refuse_numbers(
    outages_per_year: float | None, spread: float | None, years: int, seed: int, currency: str | None
) -> None:
    """Refuse numbers that are none of what they are to be."""
    problems = []
    if outages_per_year is not None and not 0 <= outages_per_year <= MOST_RATE:
        remedy = f"write one from 0 to {MOST_RATE:,}, like 6"
        problems.append(Problem("outages_per_year", outages_per_year, "not a number of outages", remedy))
    if spread is not None and not 0 <= spread <= 5:
        problems.append(Problem("spread", spread, "not a spread of lengths", "write one from 0 to 5, like 1.4"))
    if not 1 <= years <= MOST_YEARS:
        problems.append(Problem("years", years, "not a number of years", f"write one from 1 to {MOST_YEARS:,}"))
    if seed < 0:
        problems.append(Problem("seed", seed, "less than 0", "write a whole number from 0 on"))
    if currency is not None:
        try:
            known_currency(currency)
        except ValueError as error:
            problems.append(Problem("currency", currency, *str(error).split("; ")))
    if problems:
        raise InputError("outlook", problems)


def _length(length: str | None, mean_length: str | None, spread: float | None) -> Callable[[str], float | None]:
    """Return the logarithm of the median length, by the kind of distribution, where it is given. [log µs]"""
    if length is not None and mean_length is not None:
        raise InputError("outlook", [Problem("mean_length", mean_length, "beside length", "give one of the two")])
    given = length if length is not None else mean_length
    if given is None:
        return lambda _: None
    name = "length" if length is not None else "mean_length"
    try:
        microseconds = PlainDuration.parse(given).microseconds
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise InputError("outlook", [Problem(name, given, wrong, remedy)]) from None
    if not 0 < microseconds <= YEAR:
        raise InputError("outlook", [Problem(name, given, "not a length of outages", "write one like 90m")])
    wide = PUBLISHED_SPREAD if spread is None else spread

    def log_median(kind: str) -> float:
        if length is not None:
            return math.log(microseconds)
        return math.log(microseconds) - wide**2 / 2 if kind == "lognormal" else math.log(microseconds * math.log(2))

    return log_median


def _models(
    asked: str | Iterable[str] | None,
    past: History | None,
    a_year: float | None,
    log_median: Callable[[str], float | None],
    spread: float | None,
) -> list[Model]:
    """Put together the models that are asked for; the one that leads first."""
    if asked is None:
        given = a_year is not None or log_median("lognormal") is not None or spread is not None
        both = past is not None and past.outages and not given
        asked = ["lognormal", "history"] if both else ["lognormal"]  # the one that held the truth as often as it says
    names = [asked] if isinstance(asked, str) else list(dict.fromkeys(asked))
    problems = [Problem("model", name, "not a model", one_of(MODELS, name)) for name in names if name not in MODELS]
    if not names:
        problems.append(Problem("model", None, "none is named", "name one, like lognormal"))
    if past is None and "history" in names:
        problems.append(Problem("model", "history", "there is no evidence", "give evidence, or ask for lognormal"))
    by_rate = [name for name in names if name != "history"]
    if by_rate and past is None and a_year is None:
        remedy = "give evidence, or outages_per_year"
        problems.append(Problem("outages_per_year", None, "nothing says how often outages are", remedy))
    if by_rate and log_median("lognormal") is None and (past is None or not past.lengths):
        wrong = "nothing says how long outages are"
        problems.append(Problem("length", None, wrong, "give the length that half of them exceed, like 90m"))
    if problems:
        raise InputError("outlook", problems)
    models: list[Model] = []
    for name in names:
        if name == "history":
            assert past is not None
            models.append(OwnMonths(past))
            continue
        rate = Rate(a_year) if a_year is not None else Rate(None, len(past.outages), past.observed / YEAR)  # type: ignore[union-attr]
        published = PUBLISHED_SPREAD if spread is None else spread
        median = log_median(name)
        if median is not None:
            lengths = Lengths(name, median, published)
        else:
            assert past is not None
            lengths = lengths_of(past, published)
            if name == "exponential":
                mean = fmean(past.lengths)
                lengths = Lengths(name, math.log(mean * math.log(2)), 0.0, len(past.lengths))
        at_once = Outage(None, 0, None, 0, 0, 0, None, Decimal(1))
        models.append(ByRate(lengths, rate, past if past is not None and past.outages else None, at_once, name))
    return models


def _twelve_months(period: str | Period | None, past: History | None) -> Period:
    """Return the months that are drawn."""
    if period is None:
        first = past.period.after if past is not None else date(date.today().year + 1, 1, 1)
        if first.day != 1:
            first = add_months(first.replace(day=1), 1)
        return Period(first, add_months(first, 12))
    months = Period.parse(period) if isinstance(period, str) else period
    if months.first.day != 1 or months.after != add_months(months.first, 12):
        remedy = "write them like 2027-01/2027-12"
        raise InputError("outlook", [Problem("period", str(months), "not twelve whole months", remedy)])
    return months


def _fees(
    offers: Offers, evidence: Evidence | None, fee: Decimal | float | None, currency: str | None
) -> tuple[dict[str, tuple[Decimal, str, str | None]], Decimal]:
    """Return monthly fee, currency and fees of components of every plan, and the fee of all."""
    held = evidence.subscriptions.row(-1, named=True) if evidence is not None else {}
    exact = exact_fee(fee) if fee is not None else held.get("monthly_fee") or DEFAULT_FEE
    parts = held.get("component_fees") if fee is None else None
    fees = {}
    for name, offer in offers.items():
        paid = currencies_paid([offer.terms])
        usual = currency or offer.terms.currency or held.get("currency") or DEFAULT_CURRENCY
        fees[name] = (exact, paid.pop() if len(paid) == 1 else usual, parts)
    return fees, exact


def _deepest(terms: Terms) -> dict[str, int]:
    """Return the largest credit of each remedy, for an outage as long as its window. [millionths of a percent]"""
    curves = credit_curve(terms)
    most = curves.filter(pl.col("remedy").is_not_null()).group_by("remedy").agg(pl.col("credit_percent").max())
    return {remedy: int(percent.scaleb(6)) for remedy, percent in most.iter_rows()}


@dataclass(frozen=True)
class _Found:
    """Rows of the tables of an outlook, of one model."""

    summary: list[tuple[Any, ...]]
    readings: list[tuple[Any, ...]]
    differences: list[tuple[Any, ...]]
    years: pl.DataFrame
    downtime: Decimal


def _found(simulation: Simulation, blocks: Sequence[Block], under: Block | None, count: int) -> _Found:
    """Sum up all years of one model, and those that were judged under every reading."""
    model = simulation.model.name
    years = pl.concat(block.years for block in blocks)
    summary: list[tuple[Any, ...]] = []
    readings: list[tuple[Any, ...]] = []
    drawn = []
    by_plan: dict[str, list[int]] = {}
    for plan in simulation.offers:
        fee, currency, _ = simulation.fees[plan]
        unit = 10 ** minor_digits(currency)
        chosen = years.filter(pl.col("plan") == plan)
        amounts = by_plan[plan] = chosen["amount"].to_list()
        expected, error = Fraction(sum(amounts), count * unit), _error(amounts, unit)
        bounds = [expected, expected]
        if under is not None:  # how far readings lie apart is known from fewer years: they are the same for all
            sums = under.sums[plan]
            apart = (Fraction(bound - sums[0], under.count * unit) for bound in (min(sums), max(sums)))
            bounds = [max(expected + off, Fraction(0)) for off in apart]
            assumed = simulation.offers[plan].terms.reading
            readings += _answers(under, assumed, (plan, model, currency), expected, unit)
        shares = [int((chosen["missed"] > 0).sum()), int((chosen["amount"] == 0).sum()),
                  int(chosen["deepest"].sum()), int(chosen["right"].sum())]  # fmt: skip
        missed, nothing, deepest, right = (_percent(share, count) for share in shares)
        windows = _percent(int(chosen["missed"].sum()), int(chosen["windows"].sum()))
        ordered = sorted(amounts)
        quantiles = [rounded(Fraction(_quantile(ordered, tenth), unit)) for tenth in (1, 5, 9)]
        share = rounded(100 * expected / (12 * Fraction(fee)))
        summary.append((plan, model, currency, count, windows, missed, rounded(expected), error,
                        *map(rounded, bounds), *quantiles,
                        share, nothing, deepest, right))  # fmt: skip
        money = (pl.col("amount").cast(EXACT) / unit).cast(EXACT).alias("amount")
        drawn.append(chosen.with_columns(money, pl.lit(model).alias("model")).select(
            pl.col(name).cast(kind) for name, kind in CREDITS.items()))  # fmt: skip
    seconds = Fraction(sum(sum(block.downtime) for block in blocks), count)
    return _Found(
        summary,
        readings,
        list(_differences(simulation, by_plan, count)),
        pl.concat(drawn),
        seconds_of(int(seconds)),
    )


def _answers(
    under: Block, chosen: Mapping[str, str], of: tuple[str, str, str], expected: Fraction, unit: int
) -> Iterator[tuple[Any, ...]]:
    """Yield rows of `READINGS`, the question that moves the expected credit most first."""
    plan, model, currency = of
    sums = under.years.filter(pl.col("plan") == plan).group_by("reading").agg(
        pl.col("amount").sum(), (pl.col("missed") > 0).sum().alias("missed"), (pl.col("amount") == 0).sum().alias("no")
    )  # fmt: skip
    found: dict[int, list[int]] = {number: rest for number, *rest in sums.iter_rows()}
    by_question: dict[str, list[tuple[str, int]]] = {}
    for number, changed in enumerate(under.answers[plan]):
        if changed is not None:
            by_question.setdefault(changed[0], []).append((changed[1], number))

    def moves(question: str) -> int:
        return max(abs(found[number][0] - found[0][0]) for _, number in by_question[question])

    for question in sorted(by_question, key=moves, reverse=True):
        for answer, number in [(chosen[question], 0), *by_question[question]]:
            amount, missed, no = found[number]
            apart = Fraction(amount - found[0][0], under.count * unit)
            shares = (_percent(share, under.count) for share in (missed, no))
            yield (plan, model, question, answer, number == 0, rounded(max(expected + apart, Fraction(0))),
                   rounded(apart), *shares, under.count, currency)  # fmt: skip


def _differences(simulation: Simulation, amounts: Mapping[str, Sequence[int]], count: int) -> Iterator[tuple[Any, ...]]:
    """Yield rows of `DIFFERENCES`: all plans cost the same, so that shares of the fee are compared in any currency."""
    units = {plan: 10 ** minor_digits(simulation.fees[plan][1]) for plan in amounts}
    finest = max(units.values())
    fine = {plan: [amount * (finest // units[plan]) for amount in own] for plan, own in amounts.items()}
    names = list(amounts)
    for place, plan in enumerate(names):
        year = 12 * Fraction(simulation.fees[plan][0]) * finest / 100  # a percent of the fee of a year
        for other in names[:place]:
            apart = [mine - its for mine, its in zip(fine[plan], fine[other], strict=True)]
            ordered = sorted(apart)
            quantiles = [rounded(_quantile(ordered, tenth) / year) for tenth in (1, 9)]
            sides = [_percent(sum(one > 0 for one in apart), count), _percent(sum(one < 0 for one in apart), count)]
            less, more = sorted(Fraction(sum(fine[one]), count) / year for one in (plan, other))
            discount = rounded(100 * (more - less) / (100 - less)) if less < 100 else None
            mean, error = rounded(Fraction(sum(apart), count) / year), _error(apart, year)
            yield plan, other, simulation.model.name, mean, error, *quantiles, *sides, discount


def _percent(part: int, whole: int) -> Decimal | None:
    return rounded(Fraction(100 * part, whole)) if whole else None


def _error(amounts: Sequence[int], unit: Fraction | int) -> Decimal | None:
    """Return the standard error of a mean, exact but for its root; of one year there is none."""
    count = len(amounts)
    if count < 2:
        return None
    squares = Fraction(count * sum(amount * amount for amount in amounts) - sum(amounts) ** 2)
    return Decimal(math.isqrt(int(squares * 10**12 / (count**2 * (count - 1) * unit**2)))).scaleb(-6)


def _quantile(ordered: Sequence[int], tenth: int) -> int:
    """Return the amount that so many tenths of the years do not exceed."""
    return ordered[-(-len(ordered) * tenth // 10) - 1]
