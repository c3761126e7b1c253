"""Windows, the time agreed in them, and which of them an assessment judges."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from holidays.utils import country_holidays
from small_contracts import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    Row,
    agreed_hours,
    amounts,
    at,
    contract,
    contract_of,
    down,
    downtimes,
    holder,
    judged,
    seconds_by_verdict,
    work,
)

from slakit.analysis.review import Review
from slakit.measure.calendar import Period
from slakit.measure.hours import closed_days
from slakit.problems import InputError

OSLO = "Europe/Oslo"


def spans(review: Review) -> list[tuple[datetime, datetime]]:
    return review.availability.select("window_start", "window_end").sort("window_end").rows()


def starts(review: Review) -> list[str]:
    return [f"{start:%Y-%m-%d}" for start, _ in spans(review)]


def windows(terms: str, period: str, *, zone: str = "UTC", as_of: str = "2040-01-01", **held: object) -> Review:
    policy = contract(f"target: 99.9, {terms}", zone=zone)
    return judged(policy, [], period, as_of=as_of, subscriptions=[holder(**{"starts": at("2000-01-01"), **held})])


# ------------------------------------------------------------------------------------- calendar windows


@pytest.mark.parametrize(
    ("month", "zone", "hours"),
    [
        ("2026-01", OSLO, 744),
        ("2026-02", OSLO, 672),
        ("2028-02", OSLO, 696),
        ("2026-03", OSLO, 743),
        ("2026-04", OSLO, 720),
        ("2026-10", OSLO, 745),
        ("2026-03", "UTC", 744),
        ("2026-03", "America/New_York", 743),
        ("2026-11", "America/New_York", 721),
        ("2026-10", "Australia/Lord_Howe", Decimal("743.5")),
        ("2011-12", "Pacific/Apia", 720),  # the 30th was left out
    ],
)
def test_a_month_has_so_many_hours(month: str, zone: str, hours: Decimal) -> None:
    assert agreed_hours(windows("window: 1mo", month, zone=zone)) == [hours]


def test_a_day_of_a_clock_change_has_23_or_25_hours() -> None:
    review = windows("window: 1d", "2026-03-28/2026-03-30", zone=OSLO)
    assert agreed_hours(review) == [24, 23, 24]
    review = windows("window: 1d", "2026-10-24/2026-10-26", zone=OSLO)
    assert agreed_hours(review) == [24, 25, 24]


def test_a_day_whose_midnight_is_skipped_begins_with_the_change() -> None:
    review = windows("window: 1d", "2018-11-03/2018-11-05", zone="America/Sao_Paulo")
    assert agreed_hours(review) == [24, 23, 24]


def test_weeks_begin_on_monday() -> None:
    review = windows("window: 1w", "2026-06", zone=OSLO)
    assert starts(review) == ["2026-05-31", "2026-06-07", "2026-06-14", "2026-06-21", "2026-06-28"]
    assert {start.astimezone(at("2026-06-01").tzinfo).hour for start, _ in spans(review)} == {22}
    assert review.availability.sort("window_end")["running"].to_list() == [False] * 4 + [True]


def test_quarters_and_years_are_those_of_the_calendar() -> None:
    quarters = windows("window: 1q", "2026-01/2026-12", zone=OSLO)
    assert agreed_hours(quarters) == [90 * 24 - 1, 91 * 24, 92 * 24, 92 * 24 + 1]
    years = windows("window: 1y", "2026-01/2028-12", zone=OSLO)
    assert agreed_hours(years) == [365 * 24, 365 * 24, 366 * 24]


def test_a_billing_month_begins_on_the_billing_day() -> None:
    review = windows("window: billing_month", "2026-02/2026-04", billing_day="15")
    assert starts(review) == ["2026-01-15", "2026-02-15", "2026-03-15", "2026-04-15"]
    assert agreed_hours(review) == [31 * 24, 28 * 24, 31 * 24, 30 * 24]
    assert review.availability.sort("window_end")["running"].to_list() == [False, False, False, True]


def test_a_billing_month_without_a_billing_day_is_the_calendar_month() -> None:
    assert starts(windows("window: billing_month", "2026-02/2026-04")) == ["2026-02-01", "2026-03-01", "2026-04-01"]


def test_subscriptions_of_one_policy_have_billing_months_of_their_own() -> None:
    held = [holder(subscription=f"s{day}", billing_day=str(day)) for day in (1, 28)]
    review = judged(contract("target: 99, window: billing_month"), [], "2026-02", subscriptions=held)
    ended = review.availability.filter(~pl.col("running")).select("subscription", "window_start").rows()
    assert ended == [("s1", at("2026-02-01")), ("s28", at("2026-01-28"))]


def test_a_rolling_window_is_judged_at_the_end_of_each_day() -> None:
    policy = contract("target: 99.9, window: {rolling: 30d}, credit: {flat: 5%, clause: c}", zone=OSLO)
    outage = down(at("2026-06-10T12:00", OSLO), 44 * MINUTE)
    review = judged(policy, [outage], "2026-06/2026-07")
    table = review.availability.sort("window_end")
    assert table.height == 61
    assert not table["running"].any()
    assert spans(review)[0] == (at("2026-05-03", OSLO), at("2026-06-02", OSLO))
    missed = table.filter(~pl.col("met"))["window_end"].to_list()
    assert (missed[0], missed[-1], len(missed)) == (at("2026-06-11", OSLO), at("2026-07-10", OSLO), 30)
    assert set(table["downtime_seconds"].to_list()) == {0, 44 * 60}


def test_a_rolling_window_over_a_clock_change_is_30_local_days() -> None:
    review = windows("window: {rolling: 30d}", "2026-04-15/2026-04-15", zone=OSLO)
    assert agreed_hours(review) == [30 * 24 - 1]


def test_an_outage_over_midnight_is_counted_once_in_every_rolling_window() -> None:
    policy = contract("target: 99.9, window: {rolling: 2d}")
    review = judged(policy, [down(at("2026-06-09T22:00"), 4 * HOUR)], "2026-06-09/2026-06-12")
    assert [seconds / 3600 for seconds in downtimes(review)] == [2, 4, 2, 0]
    assert seconds_by_verdict(review) == {"counted": 4 * 3600}


@pytest.mark.parametrize(
    "credit",
    [
        "accrual: {credit: 1%, per: 30m, count: started}, per: incident",
        "bands: [{outage: {above: 30m}, credit: 2%}]",
        "flat: 2%, per: incident",
    ],
)
def test_a_remedy_by_incident_is_refused_for_a_rolling_window(credit: str) -> None:
    with pytest.raises(InputError, match="incidents do not belong to one window of rolling 30d"):
        contract(f"target: 99.9, window: {{rolling: 30d}}, credit: {{{credit}, clause: c}}")


def test_the_term_is_judged_when_it_has_ended() -> None:
    policy = contract("target: 99.9, window: term, credit: {flat: 5%, clause: c}")
    held = [holder(starts=at("2025-03-05"), ends=at("2026-06-20"))]
    outage = [down(at("2025-12-24"), 20 * HOUR)]
    review = judged(policy, outage, "2026-06", subscriptions=held)
    assert spans(review) == [(at("2025-03-05"), at("2026-06-20"))]
    assert (downtimes(review), amounts(review)) == ([72_000], [50])
    running = judged(policy, outage, "2026-05", subscriptions=held)
    assert running.availability["running"].to_list() == [True]
    assert (downtimes(running), amounts(running)) == ([72_000], [])


def test_an_open_term_runs_on() -> None:
    policy = contract("target: 99.9, window: term")
    review = judged(policy, [down(at("2025-12-24"), 20 * HOUR)], "2026-06", subscriptions=[holder()])
    assert review.availability["running"].to_list() == [True]


def test_a_window_fee_is_the_monthly_fee_times_the_months_of_the_window() -> None:
    for window, period, fee in (("1mo", "2026-06", 1000), ("1q", "2026-06", 3000), ("1y", "2026-12", 12_000)):
        policy = contract(f"target: 99.9, window: {window}, credit: {{flat: 10%, of: window_fee, clause: c}}")
        review = judged(policy, [down(at(f"{period}-01"), 10 * HOUR)], period)
        assert review.credits["basis_amount"].to_list() == [fee]
        assert amounts(review) == [fee / 10]


def test_the_fee_of_a_window_is_refused_where_the_window_is_the_term() -> None:
    with pytest.raises(InputError, match="a window of term has no fee; use monthly_fee or annual_fee"):
        contract("target: 99.9, window: term, credit: {flat: 10%, of: window_fee, clause: c}")


# ------------------------------------------------------------------------------------- which windows are judged


def test_windows_that_end_in_the_period_are_judged_and_those_that_only_begin_there_run() -> None:
    policy = contract("target: 99.9, window: 1q, credit: {flat: 5%, clause: c}")
    rows = [
        down(at("2026-05-05"), 5 * HOUR, "a"),
        down(at("2026-07-05"), 7 * HOUR, "b"),
        down(at("2026-10-05"), HOUR, "c"),
    ]
    review = judged(policy, rows, "2026-06/2026-07")
    table = review.availability.sort("window_end").select("window_start", "downtime_seconds", "running", "met")
    assert table.rows() == [(at("2026-04-01"), 18_000, False, False), (at("2026-07-01"), 25_200, True, None)]
    assert seconds_by_verdict(review) == {"counted": 12 * 3600, "outside_period": 3600}
    assert amounts(review) == [50]


def test_a_window_that_has_not_ended_by_the_instant_of_the_assessment_runs() -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}")
    rows = [down(at("2026-06-05"), 5 * HOUR)]
    for as_of, running in (("2026-07-01", False), (at("2026-07-01") - MICROSECOND, True)):
        review = judged(policy, rows, as_of=as_of)
        assert review.availability["running"].to_list() == [running]
        assert amounts(review) == ([] if running else [50])


def test_nothing_is_judged_before_it_began() -> None:
    review = judged(contract("target: 99.9"), [down(at("2026-06-05"), HOUR)], as_of="2026-05-01")
    assert review.availability.is_empty()
    assert review.ledger["verdict"].to_list() == ["after_as_of"]
    assert review.owed == {}


def test_the_period_is_in_each_contracts_own_time_zone() -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}", zone=OSLO)
    june = judged(policy, [down(at("2026-06-30T23:00"), 2 * HOUR)])  # already July in Oslo
    assert amounts(june) == [0]
    july = judged(policy, [down(at("2026-06-30T23:00"), 2 * HOUR)], "2026-07")
    assert amounts(july) == [50]


def test_without_a_time_zone_utc_is_assumed_and_said() -> None:
    policy = contract("target: 99.9").model_copy(update={"time_zone": None})
    review = judged(policy, [])
    assert spans(review) == [(at("2026-06-01"), at("2026-07-01"))]
    assert ("small", "time_zone", "UTC") in review.assumptions.select("subject", "term", "value").rows()


@pytest.mark.parametrize(
    ("text", "first", "after"),
    [
        ("2026-07/2026-09", "2026-07-01", "2026-10-01"),
        ("2026-07", "2026-07-01", "2026-08-01"),
        ("2026-12", "2026-12-01", "2027-01-01"),
        ("2028-02", "2028-02-01", "2028-03-01"),
        ("2026-07-01/2026-09-30", "2026-07-01", "2026-10-01"),
        ("2026-07-15/2026-07-15", "2026-07-15", "2026-07-16"),
    ],
)
def test_a_period_includes_both_its_ends(text: str, first: str, after: str) -> None:
    period = Period.parse(text)
    assert (str(period.first), str(period.after)) == (first, after)
    assert Period.parse(str(period)) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "July",
        "2026",
        "2026-13",
        "2026-00",
        "2026-02-30",
        "2026-7",
        "0000-01",
        "10000-01",
        "2026-07/",
    ],
)
def test_other_text_is_no_period(text: str) -> None:
    with pytest.raises(InputError, match="not a period; write it like 2026-07/2026-09"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["9999-12", "0001-01", "1699-12", "1700-01/9998-12", "2200-01"])
def test_a_period_outside_the_years_that_are_judged_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"not a period|a period outside the years 1700 to 2199; look at the year"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["2026-07/2026-06", "2026-07-02/2026-07-01"])
def test_a_period_that_ends_before_it_begins_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="ends before it begins; write the earlier month or day first"):
        Period.parse(text)


@pytest.mark.parametrize("text", ["1700-01", "2198-12"])
def test_the_first_and_last_years_are_judged(text: str) -> None:
    assert judged(contract("target: 99.9"), [], text).owed == {}


# ------------------------------------------------------------------------------------- begin and end of a subscription

BEGUN = {"starts": at("2026-06-11"), "ends": at("2026-08-21")}


def partial(kind: str) -> Review:
    policy = contract(f"target: 99, partial: {kind}, credit: {{shortfall: {{credit: 1%}}, clause: c}}")
    rows = [down(at(f"2026-{month}-15"), 12 * HOUR, month) for month in ("06", "07", "08")]
    rows += [down(at("2026-06-10T18:00"), 8 * HOUR, "before"), down(at("2026-08-20T22:00"), 8 * HOUR, "after")]
    return judged(policy, rows, "2026-05/2026-09", subscriptions=[holder(**BEGUN)])


def test_a_window_cut_by_the_subscription_is_shortened() -> None:
    review = partial("shorten")
    assert agreed_hours(review) == [0, 480, 744, 480, 0]
    assert [seconds / 3600 for seconds in downtimes(review)] == [0, 14, 12, 14, 0]
    assert seconds_by_verdict(review)["outside_term"] == 12 * 3600
    assert review.availability.sort("window_end")["met"].to_list() == [None, False, False, False, None]
    assert amounts(review) == [Decimal("19.17"), Decimal("6.13"), Decimal("19.17")]


def test_or_keeps_its_length() -> None:
    review = partial("full")
    assert agreed_hours(review) == [0, 720, 744, 744, 0]
    assert [seconds / 3600 for seconds in downtimes(review)] == [0, 14, 12, 14, 0]


def test_or_is_not_judged() -> None:
    review = partial("skip")
    assert starts(review) == ["2026-07-01"]
    assert [seconds / 3600 for seconds in downtimes(review)] == [12]
    assert seconds_by_verdict(review) == {"outside_period": (12 + 8 + 12 + 8) * 3600, "counted": 12 * 3600}


def test_a_subscription_that_ends_when_it_starts_has_nothing_agreed() -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}")
    moment = at("2026-06-10")
    review = judged(policy, [down(moment, HOUR)], subscriptions=[holder(starts=moment, ends=moment)])
    assert agreed_hours(review) == [0]
    assert review.availability.select("availability", "met").row(0) == (None, None)
    assert amounts(review) == []
    assert seconds_by_verdict(review) == {"outside_term": 3600}


@pytest.mark.parametrize(
    ("begun", "first_measured"),
    [
        ("2026-05-20", "2026-06-01"),
        ("2026-06-01", "2026-07-01"),  # a start on a first means the month after
        ("2026-05-31T23:59:59.999999", "2026-06-01"),
        ("2026-06-01T00:00:00.000001", "2026-07-01"),
        ("2025-12-31T12:00", "2026-01-01"),
    ],
)
def test_measurement_begins_on_the_first_of_the_next_month(begun: str, first_measured: str) -> None:
    policy = contract("target: 99.9, begins: {wait: next_month}", zone=OSLO)
    held = [holder(starts=at(begun, OSLO))]
    review = judged(policy, [], "2026-01/2026-09", subscriptions=held)
    measured = review.availability.filter(pl.col("agreed_seconds") > 0)["window_start"].min()
    assert measured == at(first_measured, OSLO)


def test_the_policy_says_for_all_when_measurement_begins() -> None:
    policy = contract("target: 99.9", "begins: {wait: next_month, clause: b}")
    review = judged(policy, [down(at("2026-06-05"), HOUR)], subscriptions=[holder(starts=at("2026-06-02"))])
    assert review.ledger.select("verdict", "clause").row(0) == ("outside_term", "b")


# ------------------------------------------------------------------------------------- the denominator


def test_a_printed_denominator_replaces_the_length_of_the_window() -> None:
    policy = contract("target: 99.9, denominator: 43200m")
    review = judged(policy, [down(at("2026-05-05"), 43 * MINUTE + timedelta(seconds=12))], "2026-02/2026-05")
    assert agreed_hours(review) == [720] * 4
    assert review.availability.sort("window_end")["met"].to_list() == [True] * 4


def test_maintenance_that_qualifies_shortens_the_agreed_time_where_the_contract_says_so() -> None:
    rest = "maintenance: [{kind: scheduled, notice: 48h, clause: m}, {kind: emergency, clause: e}]"
    works = [
        work(at("2026-06-02"), 10 * HOUR, notice=48 * HOUR, name="kept"),
        work(at("2026-06-02T05:00"), 10 * HOUR, notice=50 * HOUR, name="overlapping"),
        work(at("2026-06-05"), 10 * HOUR, notice=48 * HOUR - MICROSECOND, name="late"),
        work(at("2026-06-07"), 10 * HOUR, name="silent"),
        work(at("2026-06-09"), 10 * HOUR, name="emergency", kind="emergency"),
        work(at("2026-06-30T20:00"), 10 * HOUR, notice=48 * HOUR, name="edge"),
    ]
    terms = "target: 99.9, exclude: {maintenance: [scheduled]}"
    plain = judged(contract(terms, rest), [], maintenance=works)
    less = judged(contract(f"{terms}, denominator: less_maintenance", rest), [], "2026-06/2026-07", maintenance=works)
    assert agreed_hours(plain) == [720]
    assert agreed_hours(less) == [720 - 15 - 4, 744 - 6]


def test_maintenance_of_another_component_shortens_nothing() -> None:
    terms = "target: 99.9, components: [web], exclude: {maintenance: [scheduled]}, denominator: less_maintenance"
    works = [
        work(at("2026-06-02"), 10 * HOUR, name="other", component="disk"),
        work(at("2026-06-04"), 10 * HOUR, name="own", component="web"),
        work(at("2026-06-06"), 10 * HOUR, name="all"),
    ]
    review = judged(contract(terms, "maintenance: [{kind: scheduled, clause: m}]"), [], maintenance=works)
    assert agreed_hours(review) == [700]


def test_maintenance_and_closed_hours_are_not_taken_off_twice() -> None:
    terms = (
        "target: 99.9, exclude: {maintenance: [scheduled]}, denominator: less_maintenance, "
        "hours: {weekly: {mon-fri: ['08:00-17:00']}}"
    )
    works = [work(at("2026-06-02T06:00"), 4 * HOUR)]  # Tuesday, two hours of it open
    review = judged(contract(terms, "maintenance: [{kind: scheduled, clause: m}]"), [], maintenance=works)
    assert agreed_hours(review) == [22 * 9 - 2]


def test_a_window_that_is_all_maintenance_has_no_verdict_and_no_credit() -> None:
    terms = "target: 99.9, exclude: {maintenance: [scheduled]}, credit: {flat: 5%, clause: c}"
    works = [work(at("2026-05-20"), 60 * DAY)]
    review = judged(
        contract(f"{terms}, denominator: less_maintenance", "maintenance: [{kind: scheduled, clause: m}]"),
        [down(at("2026-06-02"), HOUR)],
        maintenance=works,
    )
    assert agreed_hours(review) == [0]
    assert review.availability["met"].to_list() == [None]
    assert amounts(review) == []


# ------------------------------------------------------------------------------------- service hours


def test_service_hours_are_agreed_and_the_rest_is_not_counted() -> None:
    policy = contract(
        "target: 99, hours: {weekly: {mon-fri: ['08:00-17:00'], sat: ['10:00-12:00', '13:00-14:00']}}", zone=OSLO
    )
    rows = [down(at("2026-06-05T16:00", OSLO), 66 * HOUR)]  # Friday afternoon to Monday 10:00
    review = judged(policy, rows)
    assert agreed_hours(review) == [22 * 9 + 4 * 3]
    assert [seconds / 3600 for seconds in downtimes(review)] == [1 + 3 + 2]
    assert seconds_by_verdict(review)["outside_hours"] == 60 * 3600


@pytest.mark.parametrize(("place", "country", "region"), [("NO", "NO", None), ("DE-BE", "DE", "BE")])
def test_public_holidays_are_those_that_the_library_knows(
    place: str, country: str, region: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = country_holidays(country, subdiv=region, years=2026)
    monkeypatch.setattr("holidays.country_holidays", country_holidays)  # and not what the tests put in its place
    assert closed_days.__wrapped__(place, 2026) == set(known)
    assert date(2026, 12, 25) in known


def test_public_holidays_are_closed() -> None:
    terms = "target: 99, hours: {weekly: {mon-fri: ['08:00-16:00']}, holidays: NO}"
    review = judged(contract(terms, zone=OSLO), [], "2026-05")
    closed = 3  # Friday 1 May, Ascension Day the 14th, Whit Monday the 25th; the 17th is a Sunday
    assert agreed_hours(review) == [(21 - closed) * 8]


def test_holidays_of_a_region_are_closed_there() -> None:
    def hours(where: str) -> list[Decimal]:
        terms = f"target: 99, hours: {{weekly: {{mon-fri: ['08:00-16:00']}}, holidays: {where}}}"
        return agreed_hours(judged(contract(terms, zone="Europe/Berlin"), [], "2026-01"))

    assert hours("DE") == [21 * 8]
    assert hours("DE-BY") == [20 * 8]  # Epiphany, a Tuesday


def test_hours_may_run_over_midnight_and_in_a_zone_of_their_own() -> None:
    policy = contract("target: 99, hours: {weekly: {fri: ['22:00-02:00']}, time_zone: Europe/Oslo}")
    rows = [down(at("2026-06-05T12:00"), DAY)]
    review = judged(policy, rows)
    counted = review.ledger.filter(pl.col("verdict") == "counted").select("started", "ended").rows()
    assert counted == [(at("2026-06-05T22:00", OSLO), at("2026-06-06T02:00", OSLO))]


def test_hours_of_a_night_of_a_clock_change() -> None:
    policy = contract("target: 99, hours: {weekly: {sun: ['00:00-24:00']}}", zone=OSLO)
    assert agreed_hours(judged(policy, [], "2026-03")) == [5 * 24 - 1]
    assert agreed_hours(judged(policy, [], "2026-10")) == [4 * 24 + 1]


def test_a_range_of_days_may_run_over_sunday() -> None:
    policy = contract("target: 99, hours: {weekly: {sat-mon: ['00:00-24:00']}}")
    assert agreed_hours(judged(policy, [], "2026-06")) == [(4 + 4 + 5) * 24]


@pytest.mark.parametrize("weekly", ["{}", "{mon: []}"])
def test_hours_that_are_never_open_are_refused(weekly: str) -> None:
    with pytest.raises(InputError, match="hours that are never open"):
        contract(f"target: 99, hours: {{weekly: {weekly}}}, credit: {{flat: 5%, clause: c}}")


# ------------------------------------------------------------------------------------- an allowance for maintenance


def allowed(terms: str = "") -> Review:
    policy = contract(
        f"target: 99, exclude: {{maintenance: [scheduled]}} {terms}",
        "maintenance: [{kind: scheduled, allowance: {at_most: 4h}, clause: m}]",
    )
    works: list[Row] = [
        work(at("2026-05-31T22:00"), 5 * HOUR, name="edge"),  # two hours in May, three in June
        work(at("2026-06-10"), 3 * HOUR, name="second"),
        work(at("2026-06-20"), HOUR, name="third"),
    ]
    rows = [down(row["started"], row["ended"] - row["started"], row["maintenance"]) for row in works]
    return judged(policy, rows, "2026-05/2026-06", maintenance=works)


def test_only_the_first_four_hours_of_maintenance_in_a_window_qualify() -> None:
    review = allowed()
    assert [seconds / 3600 for seconds in downtimes(review)] == [0, 3]
    counted = review.ledger.filter(pl.col("verdict") == "counted").select("started", "ended").rows()
    assert counted == [
        (at("2026-06-10T01:00"), at("2026-06-10T03:00")),
        (at("2026-06-20"), at("2026-06-20T01:00")),
    ]


def test_the_denominator_is_less_only_by_the_maintenance_allowed() -> None:
    assert agreed_hours(allowed(", denominator: less_maintenance")) == [744 - 2, 720 - 4]


def test_an_allowance_in_a_rolling_window_would_need_two_verdicts_for_one_instant_and_is_refused() -> None:
    with pytest.raises(InputError):
        contract(
            "target: 99, window: {rolling: 30d}, exclude: {maintenance: [scheduled]}",
            "maintenance: [{kind: scheduled, allowance: {at_most: 4h}, clause: m}]",
        )


# ------------------------------------------------------------------------------------- incidents without a window


def test_an_incident_is_judged_in_the_period_in_which_it_ends() -> None:
    policy = contract_of(
        "guarantees: [{id: uptime, metric: replacement, within: 2h, window: incident, clause: c, "
        "credit: {flat: 1%, clause: c}}]"
    )
    outage = [down(at("2026-06-30T22:00"), 5 * HOUR)]
    june, july = judged(policy, outage, "2026-06"), judged(policy, outage, "2026-07")
    assert june.incidents["running"].to_list() == [True]
    assert (amounts(june), amounts(july)) == ([], [10])
    assert seconds_by_verdict(july) == {"counted": 18_000}
    assert july.incidents.select("seconds", "within_seconds", "met").row(0) == (18_000, 7200, False)


def test_outages_that_touch_are_one_incident() -> None:
    policy = contract_of(
        "guarantees: [{id: uptime, metric: replacement, within: 2h, window: incident, clause: c, "
        "credit: {flat: 1%, clause: c}}]"
    )
    start = at("2026-06-10")
    touching = [down(start, 2 * HOUR, "a"), down(start + 2 * HOUR, HOUR, "b")]
    apart = [down(start, 2 * HOUR, "a"), down(start + 2 * HOUR + MICROSECOND, HOUR, "b")]
    assert amounts(judged(policy, touching)) == [10]
    assert [amount for amount in amounts(judged(policy, apart)) if amount] == []
