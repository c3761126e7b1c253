"""Numbers, money and dates as they are written somewhere: exact, everywhere, and back afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_interval,
    format_skeleton,
    format_time,
    get_month_names,
)
from babel.numbers import format_currency, format_decimal, format_percent, get_minus_sign_symbol, parse_decimal
from hypothesis import given
from hypothesis import strategies as st

import slakit as sla
from slakit import credit_curve, find_terms, guarantee_value, locales, window_budgets
from slakit.analysis.review import Review
from slakit.currencies import minor_digits
from slakit.evidence.files import write_table
from slakit.locales import in_locale
from slakit.measure.calendar import Period
from slakit.policy.printing import exact_money, percent_text, print_count, print_money, print_percent
from slakit.show import (
    chart_allowance,
    chart_answers,
    chart_backups,
    chart_budgets,
    chart_claims,
    chart_credit_curves,
    chart_guarantee_values,
    chart_outages,
    chart_readings,
    picture,
    review_workbook,
    show_claims,
)
from slakit.show.labels import deadline_text, instant_text, window_name

OSLO = ZoneInfo("Europe/Oslo")
MINUS = "\u2212"
PLACES = ("da", "sv", "nb", "de")
NUMBERS = {
    "da": ("1.234.567", "99,899 %", "22.500,00 NOK", "1.200 JPY", "0,50 USD"),
    "sv": ("1 234 567", "99,899 %", "22 500,00 NOK", "1 200 JPY", "0,50 USD"),
    "nb": ("1 234 567", "99,899 %", "22 500,00 NOK", "1 200 JPY", "0,50 USD"),
    "de": ("1.234.567", "99,899 %", "22.500,00 NOK", "1.200 JPY", "0,50 USD"),
}
INTERNATIONAL = {
    "percent": "99.899 %", "NOK": "22,500.00 NOK", "JPY": "1,200 JPY", "USD": "0.50 USD", "month": "Oct 2026",
    "quarter": "Q3 2026", "days": "12 Feb – 3 Mar 2026", "day": "1 May 2026", "instant": "2026-02-11 09:09",
    "second": "2026-02-11 09:09:30", "deadline": "end of 2026-10-10", "count": "1,234,567", "period": "2026-01/2026-09",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _back_afterwards() -> Iterator[None]:
    yield
    assert locales.chosen is None


def plain(text: str) -> str:
    """Write with one kind of blank, hyphen, minus and apostrophe: which kind is the business of CLDR, and changes."""
    text = re.sub(r"\s", " ", text)
    return re.sub("[‘’]", "'", re.sub(f"[‐-―{MINUS}]", "-", text))


def as_babel_writes(name: str) -> dict[str, str]:
    """Write the same with babel alone, in whatever way its version of CLDR has it."""
    codes = Locale.parse(name).currency_formats["standard"].pattern.replace("¤", "¤¤")
    moment = datetime(2026, 2, 11, 9, 9, 30)
    second = format_datetime(moment, "medium", locale=name)
    return {
        "percent": format_percent(Decimal("0.99899"), locale=name, decimal_quantization=False),
        "NOK": format_currency(Decimal(22500), "NOK", codes, locale=name),
        "JPY": format_currency(Decimal(1200), "JPY", codes, locale=name),
        "USD": format_currency(Decimal("0.5"), "USD", codes, locale=name),
        "month": format_skeleton("yMMM", date(2026, 10, 1), locale=name),
        "quarter": format_skeleton("yQQQ", date(2026, 7, 1), locale=name),
        "days": format_interval(date(2026, 2, 12), date(2026, 3, 3), "yMMMd", locale=name),
        "day": format_date(date(2026, 5, 1), locale=name),
        "instant": second.replace(format_time(moment, locale=name), format_time(moment, "short", locale=name)),
        "second": second,
        "deadline": f"end of {format_date(date(2026, 10, 10), locale=name)}",
        "count": format_decimal(1_234_567, locale=name),
        "period": format_interval(date(2026, 1, 1), date(2026, 9, 1), "yMMM", locale=name),
    }


def window(first: datetime, after: datetime) -> str:
    return window_name(first.replace(tzinfo=OSLO), after.replace(tzinfo=OSLO), OSLO)


def said() -> dict[str, str]:
    """One of each thing that is printed."""
    morning = datetime(2026, 2, 11, 8, 9, tzinfo=UTC)
    return {
        "percent": percent_text(Decimal("99.8996")),
        "NOK": print_money(Decimal("22500.000"), "NOK"),
        "JPY": print_money(Decimal("1200"), "JPY"),
        "USD": print_money(Decimal("0.5"), "USD"),
        "month": window(datetime(2026, 10, 1), datetime(2026, 11, 1)),
        "quarter": window(datetime(2026, 7, 1), datetime(2026, 10, 1)),
        "days": window(datetime(2026, 2, 12), datetime(2026, 3, 4)),
        "day": window(datetime(2026, 5, 1), datetime(2026, 5, 2)),
        "instant": instant_text(morning, OSLO),
        "second": instant_text(morning.replace(second=30), OSLO),
        "deadline": deadline_text(datetime(2026, 10, 10, 21, 59, 59, 999_999, tzinfo=UTC), OSLO),
        "count": print_count(1_234_567),
        "period": Period.parse("2026-01/2026-09").printed,
    }


@pytest.mark.parametrize("name", PLACES)
def test_everything_is_written_as_it_is_there(name: str) -> None:
    with in_locale(name):
        assert said() == as_babel_writes(name)
    assert said() == INTERNATIONAL


@pytest.mark.parametrize("name", PLACES)
def test_numbers_have_the_marks_of_the_place(name: str) -> None:
    with in_locale(name):
        written = said()
    assert tuple(plain(written[what]) for what in ("count", "percent", "NOK", "JPY", "USD")) == NUMBERS[name]


@pytest.mark.parametrize(("name", "same"), [("da-DK", "da"), ("de_DE", "de"), ("no", "nb"), ("nb_NO", "nb")])
def test_a_country_and_either_way_of_writing_it_will_do(name: str, same: str) -> None:
    with in_locale(name):
        assert said() == as_babel_writes(same)


def test_money_stands_where_its_sign_would() -> None:
    with in_locale("de_CH"):
        assert plain(print_money(Decimal("22500"), "DKK")) == "DKK 22'500.00"
    with in_locale("en_GB"):
        assert plain(print_money(Decimal("22500"), "DKK")) == "DKK 22,500.00"
        assert percent_text(Decimal("99.5")) == "99.5%"


def test_exact_money_keeps_every_digit() -> None:
    with in_locale("da"):
        amounts = [Decimal("1600.333300"), Decimal("1600"), Decimal("0.5")]
        assert [exact_money(amount, "NOK").split()[0] for amount in amounts] == ["1.600,3333", "1.600,00", "0,50"]
        assert plain(exact_money(Decimal("1200"), "JPY")) == "1.200 JPY"


@given(
    st.sampled_from([*PLACES, "de_CH", "en_IN", "fr"]),
    st.decimals(0, 10**6, places=9, allow_nan=False),
    st.integers(0, 6),
)
def test_a_percentage_is_never_rounded_up_wherever_it_is_written(name: str, value: Decimal, decimals: int) -> None:
    with in_locale(name):
        read = parse_decimal(print_percent(value, decimals), locale=name)
    assert read == value.quantize(Decimal(1).scaleb(-decimals), ROUND_FLOOR) <= value
    assert read == Decimal(print_percent(value, decimals))


@given(
    st.sampled_from([*PLACES, "de_CH", "en_IN", "fr"]),
    st.decimals(0, 10**9, places=6, allow_nan=False),
    st.sampled_from(["NOK", "JPY", "KWD"]),
)
def test_an_amount_has_the_digits_that_it_has_internationally(name: str, amount: Decimal, currency: str) -> None:
    with in_locale(name):
        printed = print_money(amount, currency)
    written = printed.replace(currency, "").strip()
    assert parse_decimal(written, locale=name) == Decimal(print_money(amount, currency)[:-4].replace(",", ""))
    assert len(str(parse_decimal(written, locale=name)).partition(".")[2]) == minor_digits(currency)


def test_what_is_less_than_nothing_has_the_sign_of_the_place() -> None:
    with in_locale("sv"):
        assert plain(locales.number("-1,234.50")) == "-1 234,50"
        assert locales.number("-1").startswith(get_minus_sign_symbol("sv"))


@pytest.mark.parametrize("name", ["dansk", "xx", "da_XX", "de DE", "../da"])
def test_an_unknown_locale_is_refused_and_changes_nothing(name: str) -> None:
    with in_locale("da"):
        with pytest.raises(sla.InputError) as refused:
            sla.use_locale(name)
        assert said() == as_babel_writes("da")
    assert str(refused.value) == (
        f"locale: 1 problem\n  locale = {name}: not a locale that is known; "
        "write a language, or a language and a country: da, sv, nb, de, de_CH, en_GB"
    )


@pytest.mark.parametrize("nothing", ["", None])
def test_nothing_returns_to_the_international_writing(nothing: str | None) -> None:
    sla.use_locale("da")
    sla.use_locale(nothing)
    assert said() == INTERNATIONAL


ENGLISH = re.compile(r"\d\.\d+\s?%|\d\.\d+ ×|\d,\d{3}\.\d|\d\.\d\d\s[A-Z]{3}\b|\d{4}-\d\d|\b(?:Mar|May|Oct|Dec) \d{4}")


def texts(part: Any) -> Iterator[str]:
    """Every text of a chart."""
    if isinstance(part, dict):
        for value in part.values():
            yield from texts(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from texts(value)
    elif isinstance(part, str):
        yield part


def charts(review: Review) -> Iterator[Any]:
    plans = find_terms(["klikk", "wp-heaven", "klink-cloud", "cloudworkz"])
    for subscription in ("fjord-iaas", "nordlys-web", "harbor-enterprise", "skog-vm"):
        for draw in (chart_outages, chart_allowance, chart_claims, chart_answers, chart_backups, chart_readings):
            yield draw(review, subscription)
    yield chart_claims(review)
    yield chart_budgets(window_budgets(plans, "2026-01/2026-12"))
    yield chart_credit_curves(credit_curve(plans))
    yield chart_guarantee_values(guarantee_value(plans))


def test_no_chart_says_a_number_in_english(review: Review) -> None:
    with in_locale("de"):
        specs = [chart.to_dict() for chart in charts(review)]
    assert [text for spec in specs for text in texts(spec["datasets"] | spec["title"]) if ENGLISH.search(text)] == []
    assert [text for spec in specs for text in texts(spec["description"]) if ENGLISH.search(text)] == []
    assert {spec["config"]["locale"]["number"]["decimal"] for spec in specs} == {","}
    assert all(len(spec["config"]["locale"]["time"]["shortMonths"]) == 12 for spec in specs)
    assert any(ENGLISH.search(text) for chart in charts(review) for text in texts(chart.to_dict()["datasets"]))
    assert not any("locale" in chart.to_dict()["config"] for chart in charts(review))


def test_axes_are_numbered_and_dated_as_there(review: Review) -> None:
    budgets = window_budgets(find_terms(["wp-heaven"]), "2026-10")
    with in_locale("de"):
        drawn = [picture(chart, "svg").decode() for chart in (
            chart_budgets(budgets), chart_readings(review, "fjord-iaas"), chart_outages(review, "fjord-iaas"),
            chart_claims(review), chart_backups(review, "skog-vm"),
        )]  # fmt: skip
    march, september = get_month_names("wide", locale="de")[3], get_month_names("abbreviated", locale="de")[9]
    for svg, label in zip(drawn, ["1,5 h", "30.000", march, "20 %", f"13. {september}"], strict=True):
        assert f">{label}<" in plain(svg), label


def test_tables_and_explanations_follow(review: Review) -> None:
    with in_locale("da"):
        table = show_claims(review, "harbor-enterprise").as_raw_html()
        told = str(sla.explain(review, "nordlys-web", "2026-08"))
        card = sla.find_policy("klink-cloud")._repr_html_()
    august, september, october = (format_date(date(2026, *day), locale="da") for day in ((8, 1), (9, 1), (10, 10)))
    assert "120,00 USD" in plain(table)
    assert f"end of {october}" in table
    assert "Availability 90 % against 99,5 %: missed." in plain(told)
    assert f"Website uptime, {august} to {september}: missed" in told
    assert "below 99,9 %: 5 %" in plain(card)


def test_what_programs_read_stays_as_it_is(review: Review, tmp_path: Any) -> None:
    written = {}
    for name in ("", "da"):
        with in_locale(name):
            write_table(review.credits, tmp_path / "credits.csv")
            review_workbook(review, tmp_path / "review.xlsx")
            again = sla.read_policy(_saved(tmp_path / "policy.yaml"))
            files = [(tmp_path / file).read_bytes() for file in ("credits.csv", "review.xlsx", "policy.yaml")]
            written[name] = (files, repr(review), str(review.period), again.terms().model_dump_json())
    assert written[""] == written["da"]


def _saved(path: Any) -> Any:
    sla.write_policy(sla.find_policy("wp-heaven"), path)
    return path
