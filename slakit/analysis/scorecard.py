"""Scorecards: key performance indicators rated by an authority's own cut points, for publication."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self

import polars as pl
from pydantic import Field, ValidationError, model_validator

from slakit.analysis.result_tables import PERCENT
from slakit.analysis.review import Review
from slakit.arguments import checked
from slakit.evidence.instants import INSTANT
from slakit.policy.guarantees import Guarantee
from slakit.policy.part import Id, Part
from slakit.policy.yaml import Document, parse_yaml, problems_of, read_yaml
from slakit.problems import InputError, Problem, one_of

GOOD, APPROACHING, REQUIRES, INADEQUATE, OTHER = (
    "Good", "Approaching target", "Requires improvement", "Inadequate", "Other",
)  # fmt: skip
RATINGS = (GOOD, APPROACHING, REQUIRES, INADEQUATE, OTHER)
"""Words of the notices under section 71 of the UK Procurement Act 2023."""
SCORECARD: dict[str, pl.DataType | type[pl.DataType]] = {
    "kpi": pl.String, "name": pl.String, "subscription": pl.String, "guarantee": pl.String, "first": INSTANT,
    "after": INSTANT, "windows": pl.Int64, "met": pl.Int64, "level": PERCENT, "unit": pl.String, "good": PERCENT,
    "approaching": PERCENT, "requires_improvement": PERCENT, "rating": pl.String, "why": pl.String,
}  # fmt: skip
MILLIONTH = Decimal("0.000001")


class _Block(Part):
    of_policies: ClassVar[bool] = False


class Kpi(_Block):
    """A key performance indicator: which guarantee it is, and where its words begin."""

    id: Id
    name: str | None = None
    """As it is published; the guarantee's own, if not written."""
    subscription: str | None = None
    """Whose; not needed where the evidence has one."""
    guarantee: str
    over: Literal["period", "worst_window"] = "period"
    """All windows taken together, or the worst of them."""
    good: Decimal | None = None
    """From here on it is good; the guarantee's target, if not written. [percent, or the guarantee's unit]"""
    approaching: Decimal
    """From here on it is approaching the target."""
    requires_improvement: Decimal
    """From here on it requires improvement; beyond, it is inadequate."""
    other: str | None = None
    """Why it is not rated, where the authority says so."""


class Kpis(_Block):
    """A file of key performance indicators."""

    format: Literal[1]
    title: str | None = None
    kpis: Annotated[list[Kpi], Field(min_length=1)]

    @model_validator(mode="after")
    def _ids_are_distinct(self) -> Self:
        ids = [kpi.id for kpi in self.kpis]
        for name in ids:
            if ids.count(name) > 1:
                raise ValueError(f"two KPIs are called {name}; give each its own id")
        return self


@checked
def read_kpis(path: str | Path) -> Kpis:
    """Read key performance indicators, with an authority's own cut points, from a YAML file.

    Raises
    ------
    InputError
        All that is wrong with the file.
    """
    return _kpis_of(read_yaml(path))


@checked
def parse_kpis(text: str, *, name: str = "<text>") -> Kpis:
    """Read key performance indicators from YAML text; see `read_kpis`."""
    return _kpis_of(parse_yaml(text, name=name))


def _kpis_of(document: Document) -> Kpis:
    if not isinstance(document.tree, dict):
        problem = Problem(
            document.where(()), None, "no list of KPIs", "write keys and values, beginning with format: 1"
        )
        raise InputError(document.name, [problem])
    try:
        return Kpis.model_validate(document.tree)
    except ValidationError as error:
        words = [*Kpis.model_fields, *Kpi.model_fields]
        raise InputError(document.name, problems_of(error, document, words)) from None


@checked
def scorecard(review: Review, kpis: Kpis) -> pl.DataFrame:
    """Rate key performance indicators over the period of a review.

    The words are those of contract performance notices under the UK Procurement Act 2023; where one ends and the next
    begins is the authority's to say. Windows that are over and were judged are taken; levels are compared exactly.

    Parameters
    ----------
    review
        From `assess`, over the months that the notice is about.
    kpis
        From `read_kpis`.

    Returns
    -------
    pl.DataFrame
        A row each: `kpi`, `name`, `subscription`, `guarantee`, `first` and `after` (of the windows that were judged),
        `windows`, `met` (how many of them), `level` (cut after six decimals), `unit` (`%`, or the guarantee's), `good`,
        `approaching`, `requires_improvement` (the cut points), `rating` (one of `RATINGS`), `why` (it is `Other`).

    Raises
    ------
    InputError
        A subscription or guarantee is unknown or has no level, cut points are not in order; all problems at once.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> from slakit.evidence.files import read_evidence
    >>> evidence = read_evidence("data_samples/evidence", subscription="harbor-enterprise")
    >>> kpis = parse_kpis('''
    ... format: 1
    ... kpis:
    ...   - {id: uptime, guarantee: platform, approaching: 99.8, requires_improvement: 99}
    ... ''')
    >>> scorecard(assess(evidence, "2026-01/2026-09", "2026-10-05"), kpis).select("level", "rating").row(0)
    (Decimal('99.750351'), 'Requires improvement')
    """
    rows, problems = [], []
    for kpi in kpis.kpis:
        try:
            rows.append(_rated(review, kpi))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(kpis.title or "KPIs", problems)
    return pl.DataFrame(rows, schema=SCORECARD, orient="row")


def _rated(review: Review, kpi: Kpi) -> dict[str, object]:
    """Rate one indicator."""
    names = review.evidence.names
    where = f"kpis.{kpi.id}"
    if kpi.subscription is None and len(names) > 1:
        remedy = f"name the subscription: {one_of(names)}"
        raise InputError("KPIs", [Problem(f"{where}.subscription", None, "several in the evidence", remedy)])
    subscription = kpi.subscription or names[0]
    if subscription not in names:
        remedy = one_of(names, subscription)
        raise InputError("KPIs", [Problem(f"{where}.subscription", subscription, "not in the evidence", remedy)])
    known = {guarantee.id: guarantee for guarantee in review.terms_of(subscription).guarantees}
    guarantee = known.get(kpi.guarantee)
    if guarantee is None:
        remedy = one_of(known, kpi.guarantee)
        raise InputError("KPIs", [Problem(f"{where}.guarantee", kpi.guarantee, "not of its contract", remedy)])
    found = _table_of(review, guarantee)
    if found is None:
        wrong, remedy = "it has no level to rate", "name one on availability, tickets or measured values"
        raise InputError("KPIs", [Problem(f"{where}.guarantee", kpi.guarantee, wrong, remedy)])
    table, level, limit = found
    less_is_better = guarantee.on_measurements and not guarantee.falls
    own = table.filter((pl.col("subscription") == subscription) & (pl.col("guarantee") == guarantee.id))
    judged = own.filter(~pl.col("running") & pl.col(level).is_not_null())
    good = _good(kpi, judged[limit].unique().to_list(), where)
    cuts = [cut for cut in (good, kpi.approaching, kpi.requires_improvement) if cut is not None]
    if cuts != sorted(cuts, reverse=not less_is_better) or len(set(cuts)) < len(cuts):
        way = "rise" if less_is_better else "fall"
        told = ", ".join(f"{cut:f}".rstrip("0").rstrip(".") if cut % 1 else f"{cut:.0f}" for cut in cuts)
        wrong = "cut points that are not in order"
        remedy = f"let them {way} from good to requires_improvement"
        raise InputError("KPIs", [Problem(where, told, wrong, remedy)])
    value: Fraction | None = None
    why = kpi.other or ""
    if judged.is_empty():
        why = why or "No window of the period is over and was judged."
    elif kpi.over == "worst_window":
        value = Fraction(judged[level].max() if less_is_better else judged[level].min())  # type: ignore[arg-type]
    else:
        value = _together(guarantee, judged)
        if value is None:
            wrong, remedy = "its windows cannot be taken together", "write over: worst_window"
            raise InputError("KPIs", [Problem(f"{where}.over", kpi.over, wrong, remedy)])
    passed = kpi.good is None and guarantee.strictly
    rating = OTHER
    if not why and value is not None and good is not None:
        rating = rating_of(value, cuts, less_is_better=less_is_better, passed=passed)
    unit = judged["unit"][0] if "unit" in judged.columns and judged.height else "%"
    return {
        "kpi": kpi.id,
        "name": kpi.name or guarantee.name or guarantee.id,
        "subscription": subscription,
        "guarantee": guarantee.id,
        "first": judged["window_start"].min(),
        "after": judged["window_end"].max(),
        "windows": judged.height,
        "met": judged["met"].sum(),
        "level": None if value is None else _cut(value),
        "unit": unit,
        "good": good,
        "approaching": kpi.approaching,
        "requires_improvement": kpi.requires_improvement,
        "rating": rating,
        "why": why,
    }


def _table_of(review: Review, guarantee: Guarantee) -> tuple[pl.DataFrame, str, str] | None:
    """Find the table that a guarantee is judged in, and its columns of levels and targets; None where it has none."""
    if guarantee.on_measurements:
        return review.figures, "level", "limit"
    if guarantee.metric == "availability" and guarantee.window.text != "incident":
        return review.availability, "availability", "target"
    if not guarantee.on_outages:
        return review.attainment, "attainment", "target"
    return None


def _good(kpi: Kpi, targets: list[Decimal | None], where: str) -> Decimal | None:
    """Find where good begins: as it is written, or at the target; None where no window was judged."""
    if kpi.good is not None:
        return kpi.good
    known = [target for target in targets if target is not None]
    if len(known) > 1:
        wrong, remedy = "the target changes within the period", "write where good begins"
        raise InputError("KPIs", [Problem(f"{where}.good", None, wrong, remedy)])
    return known[0] if known else None


def _together(guarantee: Guarantee, judged: pl.DataFrame) -> Fraction | None:
    """Compute the level of all windows together; None where it does not follow from theirs."""
    if guarantee.on_measurements:
        return None if judged.height > 1 else Fraction(judged["level"][0])
    if not guarantee.on_outages:
        return 100 * Fraction(int(judged["met_count"].sum())) / int(judged["eligible"].sum())
    agreed, down = (Fraction(judged[f"{name}_seconds"].sum()) for name in ("agreed", "downtime"))
    if list(_levels(judged)) != judged["availability"].to_list():
        return None  # of a guarantee that is not measured by time
    return 100 * (1 - down / agreed)


def _levels(judged: pl.DataFrame) -> Iterator[Decimal]:
    for agreed, down in judged.select("agreed_seconds", "downtime_seconds").iter_rows():
        yield _cut(100 * (1 - Fraction(down) / Fraction(agreed))) if agreed else Decimal(100)


def _cut(value: Fraction) -> Decimal:
    """Cut after six decimals."""
    return Decimal(int(value * 10**6 // 1)).scaleb(-6).quantize(MILLIONTH, ROUND_FLOOR)


def rating_of(value: Fraction, cuts: list[Decimal], *, less_is_better: bool = False, passed: bool = False) -> str:
    """Say in a word where a level lies.

    Parameters
    ----------
    value
        The level.
    cuts
        Where good, approaching the target, and requiring improvement begin.
    less_is_better
        Whether a higher level is worse.
    passed
        Whether the first cut point itself is not good.

    >>> cuts = [Decimal(30), Decimal(50), Decimal(80)]
    >>> [rating_of(Fraction(level), cuts, less_is_better=True) for level in (30, 31, 80, 81)]
    ['Good', 'Approaching target', 'Requires improvement', 'Inadequate']
    >>> rating_of(Fraction(99), [Decimal(99), Decimal(98), Decimal(97)], passed=True)
    'Approaching target'
    """
    for word, cut in zip((GOOD, APPROACHING, REQUIRES), cuts, strict=True):
        reached = value <= Fraction(cut) if less_is_better else value >= Fraction(cut)
        if reached and not (passed and word == GOOD and value == Fraction(cut)):
            return word
    return INADEQUATE
