"""Credit curves: exact at every edge, straight between points, and what award_credits would award."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import polars as pl
import pytest
from effort import examples
from hypothesis import given
from hypothesis import strategies as st
from small_contracts import contract as of_one

from slakit.analysis.curves import cases_of, credit_curve
from slakit.analysis.findings import findings
from slakit.analysis.one_outage import MOST_STEPS, OneOutage
from slakit.analysis.worth import cases_on_outages
from slakit.policy.files import find_plans, find_policy, library, parse_policy
from slakit.policy.quantities import percent_units
from slakit.policy.terms import Terms
from slakit.problems import InputError
from slakit.remedy.credits import Award, award_credits
from slakit.remedy.fees import Fees

FEE = Decimal("1234.56")
DAY = 86_400 * 10**6
CONTRACT = """\
format: 1
id: small
provider: Small
service: Anything
source: {{title: Terms, language: en, retrieved: 2026-01-01}}
guarantees:
  - {{id: uptime, clause: c, {terms}}}
remedies:
  - {{id: credit, for: [uptime], clause: c, {rest}, credit: [{credits}]}}
"""
MONTHLY = "metric: availability, target: 99.9, window: 1mo"
OF_WINDOWS = ("downtime", "streak", "after: target", "deviation", "incidents")
INCIDENT = "metric: replacement, within: 2h, window: incident"


def contract(credits: str, terms: str = MONTHLY, rest: str = "take: sum") -> Terms:
    return parse_policy(CONTRACT.format(terms=terms, credits=credits, rest=rest)).terms()


def worths() -> st.SearchStrategy[str]:
    shares = st.sampled_from(["5%", "1/30", "0.1%", "2d", "12.5%"])
    return shares | st.sampled_from(["25 EUR", "0.07 EUR"])


def caps() -> st.SearchStrategy[str]:
    spans = st.sampled_from(["incident", "window", "rolling_12mo", "term"])
    limits = st.sampled_from(["10%", "100%", "1/7", "40 EUR"])
    cap = st.builds("{{per: {}, at_most: {}}}".format, spans, limits)
    return st.lists(cap, max_size=2).map(lambda some: f"caps: [{', '.join(some)}]")


def schedules() -> st.SearchStrategy[str]:
    edges = st.lists(st.sampled_from([99.95, 99.9, 99.5, 99, 98.7654, 95, 50]), min_size=1, unique=True)
    falling = st.builds(
        lambda some, worth: [f"{{below: {edge}, credit: {worth}}}" for edge in sorted(some, reverse=True)],
        edges,
        worths(),
    )
    ranges = st.just(
        ["{from: 99, to: 99.8, credit: 5%}", "{from: 95, to: 98.9, credit: 20%}", "{to: 94.9, credit: 1d}"]
    )
    longer = st.just(["{over: 1h, credit: 2%}", "{over: 90m, credit: 5%}", "{over: 2d, credit: 30%}"])
    printed = st.sampled_from(
        [
            ["{from: 99, below: 99.9, credit: 5%}", "{below: 99, credit: 10%, plus: {multiple: 3}}"],
            ["{below: 99.9, credit: 5%, plus: {shortfall: {from: 99.9, to: 98, step: 0.3, credit: 0.07 EUR}}}"],
            ["{outage: {from: 5m, to: 30m}, credit: 1d}", "{outage: {from: 31m, to: 4h}, credit: 1w}"],
            ["{downtime: {above: 4h}, credit: 3h}", "{downtime: {above: 9h}, credit: 25 EUR}"],
            ["{deviation: 0.5, credit: 10%}", "{deviation: {above: 1.25}, credit: 20%}"],
            ["{below: 99.9, streak: 1, credit: 5%}", "{below: 99.9, streak: 2, credit: 50%}"],
            ["{below: 99.5, incidents: 1, plus: {accrual: {credit: 1%, per: 2h, count: exact, after: target}}}"],
        ]
    )
    bands = (falling | ranges | longer | printed).map(lambda some: f"bands: [{', '.join(some)}]")
    bands = st.builds("{}, take: {}".format, bands, st.sampled_from(["deepest", "deepest", "sum"]))
    rate = st.sampled_from(
        ["{rate: 1}", "{rate: 2.5, from: full}", "{}", "{rate: 100}", "{from: 99.5, rate: 10, to: 97}"]
    )
    step = st.builds(
        "{{step: {}, credit: {}, count: {}, from: {}}}".format,
        st.sampled_from([1, 0.25, 3.3]), worths(), st.sampled_from(["started", "complete", "nearest"]),
        st.sampled_from(["target", "full", "98.5"]),
    )  # fmt: skip
    shortfall = (rate | step).map("shortfall: {}".format)
    accrual = st.builds(
        "accrual: {{credit: {}, per: {}, count: {}, after: {}}}, per: {}".format,
        worths(), st.sampled_from(["30m", "1h", "7h"]),
        st.sampled_from(["started", "complete", "nearest", "exact"]),
        st.sampled_from(["0m", "3h", "15m", "0m, to: 9h"]),
        st.sampled_from(["incident", "window"]),
    )  # fmt: skip
    other = worths().map("flat: {}".format) | st.sampled_from(["multiple: 1", "multiple: 10", "multiple: 0.3"])
    more = st.sampled_from(["", "", ", when: {below: 99.7}", ", raised: [{downtime: 2h, by: 2}, {below: 97, by: 1.5}]"])
    return st.builds("{}{}".format, bands | shortfall | accrual | other, more)


@st.composite
def contracts(draw: st.DrawFn) -> Terms:
    some = draw(st.lists(schedules(), min_size=1, max_size=2))
    own = f", {draw(caps())}" if len(some) == 1 else ""
    credits = [f"{{{schedule}{own}, clause: c}}" for schedule in some]
    least = [
        "",
        "",
        ", minimum: {at_least: 9 EUR, otherwise: raised}",
        ", minimum: {more_than: 1%, otherwise: nothing}",
    ]
    rest = f"take: {draw(st.sampled_from(['sum', 'largest']))}, {draw(caps())}{draw(st.sampled_from(least))}"
    terms = [MONTHLY, MONTHLY.replace("99.9", "100")]
    plain = not any(word in " ".join(credits) for word in OF_WINDOWS)
    guarantee = draw(st.sampled_from([*terms, *([INCIDENT] if plain else [])]))
    text, by_incident = ", ".join(credits), ("}, per: incident", "outage", "over")
    if guarantee != INCIDENT and not any(word in text for word in by_incident):
        text, rest = (said.replace("{per: incident", "{per: window") for said in (text, rest))
    return contract(text, guarantee, rest)


def one(terms: Terms) -> OneOutage:
    return next(cases_of(terms, None, None, FEE))


def awarded(case: OneOutage, lengths: list[int]) -> list[int]:
    """What `award_credits` gives for windows with such outages, each of a subscriber of its own. [minor units]"""
    count = len(lengths)
    subscriptions = pl.DataFrame(
        {
            "monthly_fee": [FEE] * count, "currency": ["EUR"] * count, "component_fees": None,
            "billing_day": [None] * count, "starts": [datetime(2020, 1, 1, tzinfo=UTC)] * count,
        }
    )  # fmt: skip
    guarantee = case.rule.guarantee
    target = percent_units(guarantee.target) if guarantee.target is not None else 0
    rows = [
        (number, 0, 0, 30 * DAY, case.longest if guarantee.target else length, length, length > case.allowed, target)
        for number, length in enumerate(lengths)
    ]
    columns = {
        "subscriber": pl.UInt32, "rule": pl.UInt32, "window_start": pl.Int64, "window_end": pl.Int64,
        "total": pl.Int64, "bad": pl.Int64, "missed": pl.Boolean, "target": pl.Int64,
    }  # fmt: skip
    facts = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        pl.lit(1).alias("sign"), pl.col("total").alias("agreed"), pl.col("bad").alias("downtime"),
        pl.col("missed").cast(pl.Int64).alias("streak"), (pl.col("bad") > 0).cast(pl.Int64).alias("incidents"),
    )  # fmt: skip
    stretches = facts.filter(pl.col("bad") > 0).with_columns(
        pl.col("bad").alias("outage"), pl.col("subscriber").cast(pl.Int64).alias("incident")
    )
    assert case.remedy is not None
    found = award_credits(Award(case.remedy, {0: case.rule}, facts, stretches, {}), Fees(subscriptions))
    paid = dict(found.select("subscriber", "amount").iter_rows())
    return [paid.get(number, 0) for number in range(count)]


@examples(37)
@given(contracts(), st.data())
def test_every_edge_and_any_other_length_earns_what_is_awarded(terms: Terms, data: st.DataObject) -> None:
    case = one(terms)
    edges = case.break_points
    some = data.draw(st.lists(st.sampled_from(edges), max_size=12)) + edges[:6] + edges[-6:]
    near = {edge + beside for edge in some for beside in (-1, 0, 1)}
    near |= set(data.draw(st.lists(st.integers(0, case.longest), min_size=3, max_size=12)))
    lengths = sorted(length for length in near if 0 <= length <= case.longest)
    asked = credit_curve(terms, fee=FEE, at=[timedelta(microseconds=length) for length in lengths])
    assert [int(amount * 100) for amount in asked["amount"]] == awarded(case, lengths)


@examples(37)
@given(contracts(), st.data())
def test_between_two_points_the_curve_is_a_straight_line(terms: Terms, data: st.DataObject) -> None:
    case = one(terms)
    points = case.break_points
    assert points[0] == 0
    assert points[-1] == case.longest
    long = [(left, right) for left, right in pairwise(points) if right - left > 1]
    for left, right in data.draw(st.lists(st.sampled_from(long), min_size=1, max_size=8)):
        between = data.draw(st.integers(left, right))
        share = Fraction(between - left, right - left)
        assert case.paid(between) == case.paid(left) + share * (case.paid(right) - case.paid(left))


def points(terms: Terms, **how: object) -> list[tuple[Decimal, Decimal]]:
    curve = credit_curve(terms, **how)  # type: ignore[arg-type]
    return list(curve.select("downtime_seconds", "credit_percent").iter_rows())


def test_steps_are_two_points_a_microsecond_apart() -> None:
    terms = find_policy("klink-cloud").terms(tier="enterprise")
    assert [(f"{seconds.normalize():f}", int(credit)) for seconds, credit in points(terms)] == [
        ("0", 0), ("2592", 0), ("2592.000001", 5), ("25920", 5), ("25920.000001", 10),
        ("129600", 10), ("129600.000001", 25), ("2592000", 25),
    ]  # fmt: skip


def test_wp_heavens_own_example_lies_on_its_curve() -> None:
    terms = find_policy("wp-heaven").terms()
    days = timedelta(days=31)
    curve = credit_curve(terms, window_length=days, fee=1600, at=[days / 10])
    assert curve.select("availability", "amount", "currency").row(0) == (Decimal(90), Decimal(152), "DKK")


def test_half_hours_are_counted_to_the_nearest() -> None:
    credit = "{accrual: {credit: 5%, per: 30m, count: nearest}, caps: [{per: window, at_most: 100%}], clause: c}"
    lengths = [timedelta(hours=3, minutes=34), timedelta(hours=12), timedelta(minutes=44, seconds=59)]
    curve = credit_curve(contract(credit), at=lengths)
    assert curve["credit_percent"].to_list() == [35, 100, 5]


def test_a_contract_without_a_remedy_gives_a_curve_of_nothing() -> None:
    curve = credit_curve(find_policy("cloudworkz").terms())
    assert curve["remedy"].to_list() == [None, None]
    assert curve["credit_percent"].sum() == 0
    assert curve["allowed_seconds"].to_list() == [2592, 2592]


def test_replacements_are_drawn_by_the_length_of_the_incident() -> None:
    terms = find_policy("klikk").terms(tier="gold")
    hours = [timedelta(hours=length) for length in (3, 4, 5.5, 40)]
    curve = credit_curve(terms, "hardware-replacement", fee=12_000, at=hours)
    assert curve["amount"].to_list() == [0, 400, 800, 12_000]
    assert curve["availability"].null_count() == 4


def test_lengths_that_do_not_fit_into_the_window_are_left_out() -> None:
    daily = contract("{flat: 5%, clause: c}", MONTHLY.replace("1mo", "1d"))
    assert credit_curve(daily, at=[timedelta(hours=1), timedelta(hours=25)]).height == 1


@pytest.mark.parametrize("fee", [0, -5, float("nan"), float("inf")])
def test_a_fee_that_is_none_is_refused(fee: float) -> None:
    with pytest.raises(InputError, match="not a fee"):
        credit_curve(find_policy("wp-heaven").terms(), fee=fee)


def test_an_unknown_remedy_is_refused_with_those_that_exist() -> None:
    with pytest.raises(InputError, match="did you mean iaas"):
        credit_curve(find_policy("klikk").terms(tier="gold"), "iass")


def test_a_schedule_of_endless_steps_is_not_drawn_but_can_be_asked() -> None:
    terms = contract("{accrual: {credit: 0.0001%, per: 1s, count: started}, clause: c}")
    with pytest.raises(InputError, match=f"{MOST_STEPS} are drawn"):
        credit_curve(terms)
    assert credit_curve(terms, at=[timedelta(days=1)])["credit_percent"].to_list() == [Decimal("8.64")]


@pytest.mark.parametrize(
    ("window", "length"),
    [
        ("1h", timedelta(hours=1)),
        ("1w", timedelta(days=7)),
        ("1mo", timedelta(days=30)),
        ("2mo", timedelta(days=61)),
        ("1q", timedelta(days=91)),
        ("4mo", timedelta(days=122)),
        ("6mo", timedelta(days=182)),
        ("1y", timedelta(days=365)),
        ("{rolling: 7d}", timedelta(days=7)),
        ("{rolling: 12mo}", timedelta(days=365)),
        ("{every: 3mo, from: 02-01}", timedelta(days=91)),
        ("{every: 12mo, from: starts}", timedelta(days=365)),
    ],
)
def test_an_outage_can_fill_a_window_of_each_kind(window: str, length: timedelta) -> None:
    curve = credit_curve(contract("{flat: 5%, clause: c}", MONTHLY.replace("1mo", window)))
    assert curve["downtime_seconds"].max() == length.total_seconds()


@pytest.mark.parametrize("name", [name for name in library() if name != "ovh-public-cloud-2016"])
def test_turning_points_tell_what_all_break_points_tell(name: str) -> None:
    policy = find_policy(name)
    for terms in (policy.terms(tier=tier) for tier in policy.tiers or [None]):
        for case in cases_on_outages(terms, Decimal(1000)):
            every = {bad: case.paid(bad) for bad in case.break_points}
            found = {bad: case.paid(bad) for bad in case.turning_points}
            most = max(every.values())
            assert max(found.values()) == most
            if most:
                assert min(b for b in found if found[b] == most) == min(b for b in every if every[b] == most)
            free, known = ({bad for bad, paid in points.items() if not paid} for points in (every, found))
            assert max(free, default=None) == max(known, default=None)


def test_a_schedule_of_many_steps_is_judged_without_drawing_it() -> None:
    policy = of_one(
        "target: 99.9999, credit: {bands: [{below: 99.9999, downtime: 3m, plus: {accrual: {credit: 0.01%, per: 1m, "
        "count: complete}}}], clause: c}"
    )
    with pytest.raises(InputError, match="too many steps to draw"):
        credit_curve(policy.terms())
    found = dict(findings(policy).select("code", "figure").iter_rows())
    assert found["worst-free"] == "99.993056 % (2m59.999999s of 30 days)"
    assert found["saturated"] == "432 % of the monthly fee, reached at 0 %"


# --- windows as long as those of a month


@pytest.mark.parametrize(
    ("plan", "remedy", "month", "hours"),
    [
        ("klikk:gold", "iaas", "2026-10", 745),
        ("klikk:gold", "iaas", "2026-03", 743),
        ("klikk:gold", "iaas", "2028-02", 29 * 24),
        ("klink-cloud:enterprise", "platform", "2026-10", 744),  # in UTC
        ("wp-heaven", "website", "2026-04", 720),
    ],
)
def test_a_month_decides_how_long_its_windows_are(plan: str, remedy: str, month: str, hours: int) -> None:
    ((policy, tier),) = find_plans(plan)
    curve = credit_curve(policy.terms(tier=tier), remedy, month=month)
    assert curve["downtime_seconds"].max() == hours * 3600


def test_a_quarter_is_as_long_as_the_one_in_which_the_month_begins() -> None:
    terms = find_policy("klikk").terms(tier="gold", reading={"window": "quarter"})
    curves = {month: credit_curve(terms, "iaas", month=month) for month in ("2026-01", "2026-11")}
    longest = {month: curve["downtime_seconds"].max() for month, curve in curves.items()}
    assert longest == {"2026-01": (90 * 24 - 1) * 3600, "2026-11": (92 * 24 + 1) * 3600}


@pytest.mark.parametrize("name", library())
def test_every_plan_has_a_curve_in_every_month(name: str) -> None:
    for policy, tier in find_plans(name):
        terms = policy.terms(tier=tier)
        for month in ("2026-02", "2026-10"):
            curve = credit_curve(terms, month=month)
            assert curve.select("guarantee").unique().height == credit_curve(terms).select("guarantee").unique().height
            assert curve["credit_percent"].min() == 0 or curve.is_empty()


def test_a_month_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="period = October: not a period"):
        credit_curve(find_policy("klikk").terms(tier="gold"), month="October")
