"""Arguments of public functions: what makes no sense is refused in words, as `InputError` and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import slakit as sla

SHOP = {
    "subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK",
    "starts": "2025-01-01T00:00:00+01:00",
}  # fmt: skip
EVIDENCE = sla.Evidence.of([SHOP], outages=[])
POLICY = sla.find_policy("wp-heaven")
TERMS = POLICY.terms()
JUNE = sla.Period.parse("2026-06")


@pytest.fixture(scope="module")
def review() -> sla.Review:
    return sla.assess(EVIDENCE, JUNE, "2026-07-01")


def refused(function: Callable[..., object], *args: Any, **kwargs: Any) -> str:
    with pytest.raises(sla.InputError) as error:
        function(*args, **kwargs)
    return str(error.value)


def test_every_argument_of_the_wrong_type_is_named_at_once() -> None:
    message = refused(sla.assess, None, 202606, "2026-07-01", ranges="yes")

    assert message.splitlines() == [
        "assess: 3 problems",
        "  assess evidence: nothing was given; give evidence, as read_evidence and Evidence.of return it",
        "  assess period = 202606: an int; give text, or Period",
        "  assess ranges = yes: a str; give True or False",
    ]


@pytest.mark.parametrize(
    "odd", [None, 3, float("nan"), object(), [None], b"x", {1: 2}, pl.DataFrame()], ids=lambda odd: type(odd).__name__
)
@pytest.mark.parametrize(
    "function",
    [
        sla.find_policy, sla.read_policy, sla.read_evidence, sla.findings, sla.compare, sla.guarantee_value,
        sla.credit_curve, sla.explore_policy, sla.explore_incident, sla.Period.parse, EVIDENCE.only,
        EVIDENCE.row_numbers, TERMS.guarantee, POLICY.amend, JUNE.span,
    ],
    ids=lambda function: function.__qualname__,
)  # fmt: skip
def test_no_public_function_takes_an_odd_object(function: Callable[..., object], odd: object) -> None:
    assert "give " in refused(function, odd)


@pytest.mark.parametrize("fee", [0, -1, float("nan"), float("inf"), 1e300, 10**400, "x", True, Decimal("sNaN"), 1e-9])
@pytest.mark.parametrize(
    "function",
    [
        lambda fee: sla.credit_curve(TERMS, fee=fee),
        lambda fee: sla.guarantee_value(TERMS, fee=fee),
        lambda fee: sla.compare(["wp-heaven", "klink-cloud:enterprise"], fee=fee),
        lambda fee: sla.explore_credits(fee=fee),
    ],
    ids=["credit_curve", "guarantee_value", "compare", "explore_credits"],
)
def test_a_fee_is_read_in_the_same_way_everywhere(function: Callable[[object], object], fee: object) -> None:
    message = refused(function, fee)

    assert "write an amount above 0" in message or "give a number" in message


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (lambda: sla.credit_curve(TERMS, window_length=timedelta(0)), "no length"),
        (lambda: sla.credit_curve(TERMS, window_length=timedelta(-1)), "a negative length"),
        (lambda: sla.credit_curve(TERMS, window_length=timedelta.max), "longer than a century"),
        (lambda: sla.credit_curve(TERMS, at=[timedelta(-1)]), "a negative length"),
        (lambda: sla.guarantee_value(TERMS, [timedelta(hours=-4)]), "a negative length"),
        (lambda: sla.uptime_budget(Decimal("99.9"), timedelta(hours=-1)), "a negative length"),
        (lambda: sla.uptime_budget(float("nan"), timedelta(hours=1)), "not a percentage"),
        (lambda: sla.uptime_budget(101, timedelta(hours=1)), "not a percentage"),
        (lambda: sla.uptime_budget(Fraction(1, 3), timedelta(hours=1)), "not a percentage"),  # type: ignore[arg-type]
    ],
)
def test_lengths_and_targets_that_make_no_sense_are_refused(function: Callable[[], object], wrong: str) -> None:
    assert wrong in refused(function)


def test_a_target_may_be_a_plain_number() -> None:
    assert sla.uptime_budget(99.9, timedelta(days=1)) == timedelta(seconds=86.4)


@pytest.mark.parametrize(
    ("first", "after", "wrong"),
    [
        (date(2026, 7, 1), date(2026, 6, 1), "ends before it begins"),
        (date(2026, 7, 1), date(2026, 7, 1), "ends before it begins"),
        (date.min, date.max, "outside the years"),
        ("2026-06-01", date(2026, 7, 1), "give a date"),
        (datetime(2026, 6, 1), date(2026, 7, 1), "give a date"),
    ],
)
def test_a_period_of_two_days_is_held_to_what_a_written_one_is(first: Any, after: Any, wrong: str) -> None:
    assert wrong in refused(sla.Period, first, after)


@pytest.mark.parametrize("zone", ["", "Nope/Zone", "localtime", "/etc/localtime", "x" * 5000, "a\0b"])
def test_a_period_is_laid_out_in_zones_that_exist(zone: str) -> None:
    assert "write one like Europe/Oslo" in refused(JUNE.span, zone)


def test_who_is_not_in_the_evidence_is_refused_by_every_question_about_it(review: sla.Review) -> None:
    for ask in (review.of, review.plan_of, review.terms_of, review.zone_of):
        assert "did you mean shop?" in refused(ask, "shopp")


def test_an_unknown_table_of_evidence_is_named() -> None:
    assert "did you mean outages?" in refused(EVIDENCE.row_numbers, "outage")


@pytest.mark.parametrize("day", [date.max, datetime(2026, 6, 1), "2026-06-01"])
def test_findings_are_reckoned_from_a_day_of_our_age(day: Any) -> None:
    assert refused(sla.findings, POLICY, as_of=day)


@pytest.mark.parametrize("path", ["/", "/nowhere/x.yaml", "\ud800", "a\0b", "x" * 5000])
def test_a_policy_that_cannot_be_written_says_so(path: str) -> None:
    assert "name a file in a folder that can be written" in refused(sla.write_policy, POLICY, path)


def test_a_calculation_that_returns_no_table_is_refused() -> None:
    assert "returned Terms, not a polars DataFrame" in refused(sla.under_readings, POLICY, lambda terms: terms)


@pytest.mark.parametrize(
    "given",
    [
        {"penalties": [1]},
        {"penalties": {1: 2}},
        {"objective": 99},
        {"grain": Decimal("NaN")},
        {"most": Decimal("Infinity")},
        {"most": Decimal("1E+1000000")},
        {"most": -1},
        {"penalties": {"< 99": Decimal("NaN")}},
    ],
)
def test_a_compensation_is_made_of_intervals_and_finite_amounts(given: dict[str, Any]) -> None:
    assert refused(sla.Compensation, **{"objective": ">= 99", **given})


@pytest.mark.parametrize("given", [{"closed": {"2026-12-24"}}, {"closed": frozenset({"x"})}, {"holds": None}])
def test_conventions_are_words_and_days(given: dict[str, Any]) -> None:
    assert refused(sla.Conventions, **given)


def test_policies_may_come_from_an_iterator_and_are_looked_at_all() -> None:
    def some(*policies: object) -> Iterator[object]:
        yield from policies

    assert sla.findings(some(POLICY)).equals(sla.findings(POLICY))  # type: ignore[arg-type]
    assert "give a policy" in refused(sla.findings, some(POLICY, None))
    assert "give " in refused(sla.findings, TERMS)


def test_a_path_may_be_anything_that_stands_for_one(tmp_path: Path) -> None:
    class Named:
        def __fspath__(self) -> str:
            return str(tmp_path / "copy.yaml")

    sla.write_policy(POLICY, Named())  # type: ignore[arg-type]
    assert sla.read_policy(Named()) == POLICY  # type: ignore[arg-type]
