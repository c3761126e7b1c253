"""Credit curves: exact at every edge, straight between points, and what an assessment awards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import polars as pl
import pytest
from effort import examples
from hypothesis import given, reject
from hypothesis import strategies as st
from small_contracts import contract as of_one

from slakit.analysis.assess import assess
from slakit.comparison.compare import compare
from slakit.evidence.evidence import Evidence
from slakit.finding.run import findings
from slakit.policy.document import Policy
from slakit.policy.files import find_plans, find_policy, library, parse_policy
from slakit.policy.guarantees import Hours
from slakit.policy.terms import Terms
from slakit.problems import InputError
from slakit.remedy.break_points import MOST_STEPS, break_points, proposals, turning_points
from slakit.remedy.curves import cases_of, credit_curve
from slakit.remedy.single_outage import SingleOutage, outcomes
from slakit.remedy.values import guarantee_value

FEE = Decimal("1234.56")
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
OF_A_WINDOW = {"rounded:", "denominator:"}


def policy_of(credits: str, terms: str = MONTHLY, rest: str = "select: sum") -> Policy:
    return parse_policy(CONTRACT.format(terms=terms, credits=credits, rest=rest))


def contract(credits: str, terms: str = MONTHLY, rest: str = "select: sum") -> Terms:
    return policy_of(credits, terms, rest).terms()


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
    longer = st.just(
        [
            "{outage: {above: 1h}, credit: 2%}",
            "{outage: {above: 90m}, credit: 5%}",
            "{outage: {above: 2d}, credit: 30%}",
        ]
    )
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
    bands = st.builds("{}, select: {}".format, bands, st.sampled_from(["worst", "worst", "sum"]))
    rate = st.sampled_from(
        ["{credit: 1%}", "{credit: 2.5%, from: full}", "{}", "{credit: 100%}", "{from: 99.5, credit: 10%, to: 97}"]
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
        st.sampled_from(["incident", "window", "day"]),
    )  # fmt: skip
    other = worths().map("flat: {}".format) | st.sampled_from(["multiple: 1", "multiple: 10", "multiple: 0.3"])
    more = st.sampled_from(
        [
            "",
            "",
            ", when: {below: 99.7}",
            ", multipliers: [{when: {downtime: 2h}, by: 2}, {when: {below: 97}, by: 1.5}]",
        ]
    )
    return st.builds("{}{}".format, bands | shortfall | accrual | other, more)


HOW_COUNTED = [
    "",
    "",
    ", rounded: {downtime: {to: 1h, how: up}}",
    ", rounded: {outage: {to: 7m, how: nearest}, level: {to: 0.01, how: down}}",
    ", rounded: {level: {to: 0.1, how: nearest}}",
    ", unit: 5m",
    ", minimum: 40m",
    ", unit: 3h, minimum: 4h, rounded: {downtime: {to: 2h, how: down}}",
    ', hours: {weekly: {mon-fri: ["09:00-17:00"]}}',
    ', hours: {weekly: {mon-sat: ["06:30-23:00"]}}, unit: 10m',
    ", strictly: true",
    ", denominator: 42000m",
]


@st.composite
def contracts(draw: st.DrawFn) -> Policy:
    some = draw(st.lists(schedules(), min_size=1, max_size=2))
    own = f", {draw(caps())}" if len(some) == 1 else ""
    credits = [f"{{{schedule}{own}, clause: c}}" for schedule in some]
    least = [
        "",
        "",
        ", minimum: {from: 9 EUR, otherwise: raised}",
        ", minimum: {above: 1%, otherwise: nothing}",
    ]
    rest = f"select: {draw(st.sampled_from(['sum', 'largest']))}, {draw(caps())}{draw(st.sampled_from(least))}"
    terms = draw(st.sampled_from([MONTHLY, MONTHLY, MONTHLY.replace("99.9", "100")]))
    plain = not any(word in " ".join(credits) for word in OF_WINDOWS)
    terms = draw(st.sampled_from([terms, terms, INCIDENT])) if plain else terms
    ways = [how for how in HOW_COUNTED if terms != INCIDENT or not OF_A_WINDOW & {*how.split()}]
    text, counted = ", ".join(credits), draw(st.sampled_from(ways))
    by_incident = ("}, per: incident", "outage", "over")
    if terms != INCIDENT and not any(word in text for word in by_incident):
        text, rest = (said.replace("{per: incident", "{per: window") for said in (text, rest))
    try:
        return policy_of(text, terms + counted, rest)
    except InputError:  # two mechanics that do not go together
        reject()


JUNE = datetime(2026, 6, 1, tzinfo=UTC)


def ended(hours: Hours | None, length: timedelta) -> datetime:
    """When an outage that begins with June, or with its first service hour, has taken so much of the service hours."""
    if hours is None:
        return JUNE + length
    ((days, (span,)),) = hours.weekly.items()
    opens, closes = (timedelta(hours=int(edge[:2]), minutes=int(edge[3:])) for edge in span.split("-"))
    last = {"mon-fri": 4, "mon-sat": 5}[days]
    day = JUNE
    while True:
        if day.weekday() <= last:
            if length <= closes - opens:
                return day + opens + length
            length -= closes - opens
        day += timedelta(days=1)


def assessed(policy: Policy, lengths: list[int]) -> list[Decimal]:
    """What an assessment of June owes subscribers with one outage of such a length each."""
    hours = policy.guarantees[0].hours
    begun = JUNE if hours is None else ended(hours, timedelta(0))
    holder = {"policy": policy.id, "monthly_fee": str(FEE), "currency": "EUR", "starts": "2020-01-01T00:00:00Z"}
    names = [f"s{number:03}" for number in range(len(lengths))]
    evidence = Evidence.of(
        [{"subscription": name, **holder} for name in names],
        outages=[
            {"outage": name, "subscription": name, "started": begun.isoformat(),
             "ended": ended(hours, timedelta(microseconds=length)).isoformat()}
            for name, length in zip(names, lengths, strict=True)
            if length
        ],
    )  # fmt: skip
    review = assess(evidence, "2026-06", "2026-08-01", policies={policy.id: policy}, ranges=False)
    paid = dict(review.credits.group_by("subscription").agg(pl.col("amount").sum()).iter_rows())
    return [paid.get(name, Decimal(0)) for name in names]


def one(policy: Policy) -> SingleOutage:
    return next(cases_of(policy.terms(), None, None, FEE))


def drawn(policy: Policy) -> list[int]:
    """Break points; few and far between where the schedule has too many steps to be drawn."""
    case = one(policy)
    try:
        return break_points(case)
    except InputError:
        return proposals(case, steps=False)


@examples(6)
@given(contracts(), st.data())
def test_every_edge_and_any_other_length_earns_what_is_assessed(policy: Policy, data: st.DataObject) -> None:
    edges, longest = drawn(policy), one(policy).longest
    some = data.draw(st.lists(st.sampled_from(edges), max_size=12)) + edges[:6] + edges[-6:]
    near = {edge + beside for edge in some for beside in (-1, 0, 1)}
    near |= set(data.draw(st.lists(st.integers(0, longest), min_size=3, max_size=12)))
    lengths = sorted(length for length in near if 0 <= length <= longest)
    asked = credit_curve(policy.terms(), fee=FEE, at=[timedelta(microseconds=length) for length in lengths])
    assert asked["amount"].to_list() == assessed(policy, lengths)


@examples(6)
@given(contracts(), st.data())
def test_between_two_points_the_curve_is_a_straight_line(policy: Policy, data: st.DataObject) -> None:
    case = one(policy)
    try:
        points = break_points(case)
    except InputError:
        return
    assert points[0] == 0
    assert points[-1] == case.longest
    long = [(left, right) for left, right in pairwise(points) if right - left > 1]
    for left, right in data.draw(st.lists(st.sampled_from(long), min_size=1, max_size=8)):
        between = data.draw(st.integers(left, right))
        share = Fraction(between - left, right - left)
        low, here, high = (outcomes([case], [place])[place].credit for place in (left, between, right))
        assert abs(low + share * (high - low) - here) <= 2


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


ENDLESS = [
    "{accrual: {credit: 0.01%, per: 1m, count: complete, after: 17m}, clause: c}",
    "{bands: [{below: 99, plus: {accrual: {credit: 0.01%, per: 1m, count: started}}}], clause: c}",
    "{shortfall: {step: 0.001, credit: 0.02 EUR}, clause: c}",
]


@pytest.mark.parametrize("credit", ENDLESS)
def test_turning_points_tell_where_endless_steps_begin_and_end(credit: str) -> None:
    case = one(policy_of(credit, rest="caps: [{per: window, at_most: 60%}]"))
    with pytest.raises(InputError, match=f"{MOST_STEPS} are drawn"):
        break_points(case)
    credits = {length: case.credit(length) for length in turning_points(case)}
    free, most = max(length for length in credits if not credits[length]), max(credits.values())
    full = min(length for length in credits if credits[length] == most)
    assert most == case.credit(case.longest)
    assert case.credit(full - 1) < most
    assert case.credit(free + 1) > 0


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


# --- faults that a second calculation of the same rule had


def test_rounded_downtime_earns_what_an_assessment_awards() -> None:
    policy = policy_of("{shortfall: {credit: 1%}, clause: c}", f"{MONTHLY}, rounded: {{downtime: {{to: 1h, how: up}}}}")
    curve = credit_curve(policy.terms(), fee=1000, at=[timedelta(minutes=90)])
    assert curve["amount"].to_list() == [Decimal("1.78")]


def test_an_accrual_bends_where_its_deductible_and_its_end_lie() -> None:
    terms = contract("{accrual: {credit: 1%, per: 1h, count: exact, after: 8h, to: 20h}, clause: c}")
    assert points(terms) == [(0, 0), (28_800, 0), (72_000, 12), (2_592_000, 12)]


def test_the_worth_of_two_guarantees_is_that_of_the_remedy_of_each() -> None:
    text = CONTRACT.format(terms=MONTHLY, rest="select: sum", credits="{flat: 5%, clause: c}")
    text = text.replace("remedies:", f"  - {{id: other, clause: c, {MONTHLY.replace('99.9', '99')}}}\nremedies:")
    text += "  - {id: rebate, for: [other], clause: c, credit: [{flat: 20%, clause: c}]}\n"
    worth = guarantee_value(parse_policy(text).terms(), [timedelta(days=1)])
    assert worth.select("guarantee", "remedy", "credit_percent").rows() == [
        ("uptime", "credit", 5), ("other", "rebate", 20),
    ]  # fmt: skip


def test_many_terms_give_the_curves_of_each() -> None:
    plans = [policy.terms(tier=tier) for policy, tier in find_plans("klink-cloud")]
    assert credit_curve(plans).rows() == [row for terms in plans for row in credit_curve(terms).iter_rows()]


@pytest.mark.parametrize("month", [None, "2026-11"])  # begins on a Sunday, as nights of June end: closed
@pytest.mark.parametrize(("window", "seconds"), [("1h", 3600), ("1d", 32_400)])
def test_a_window_of_hours_or_days_is_drawn_where_the_service_is_open(
    window: str, seconds: int, month: str | None
) -> None:
    hours = '{weekly: {"mon-fri": ["08:00-17:00"]}}'
    terms = contract("{flat: 5%, clause: c}", f"metric: availability, target: 99, window: {window}, hours: {hours}")
    assert credit_curve(terms, month=month)["downtime_seconds"].max() == seconds


@pytest.mark.parametrize("measured", ["{by: ratio}", "{by: mean}"])
@pytest.mark.parametrize(
    "credit",
    ["bands: [{from: 90, below: 99.8, credit: 10%}, {below: 90, credit: 20%}]", "shortfall: {credit: 2%}", "flat: 5%"],
)
def test_a_measured_availability_earns_what_it_is_assessed_to_earn(credit: str, measured: str) -> None:
    policy = policy_of(f"{{of: monthly_fee, {credit}, clause: c}}", f"{MONTHLY}, measured: {measured}")
    month = 30 * 86_400
    seconds = [0, month // 1000, month // 1000 + 1, month // 500, month // 500 + 1, month // 10, month // 10 + 1, month]
    curve = credit_curve(policy.terms(), fee=FEE, at=[timedelta(seconds=length) for length in seconds])
    held = {"policy": "small", "monthly_fee": FEE, "currency": "EUR", "starts": "2026-01-01T00:00:00Z"}
    counts = {"guarantee": "uptime", "measured": "2026-06-10T00:00:00Z", "total": month}
    evidence = Evidence.of(
        [{"subscription": str(length), **held} for length in seconds],
        measurements=[{"subscription": str(length), **counts, "failed": length} for length in seconds],
    )
    if measured == "{by: mean}":
        values = [(Decimal(100) * (month - length) / month).quantize(Decimal("1e-6")) for length in seconds]
        evidence = Evidence.of(
            [{"subscription": str(length), **held} for length in seconds],
            measurements=[{"subscription": str(length), "guarantee": "uptime", "measured": counts["measured"],
                           "value": value} for length, value in zip(seconds, values, strict=True)],
        )  # fmt: skip
    review = assess(evidence, "2026-06", "2026-07-01", policies={"small": policy}, ranges=False)
    assert curve["amount"].to_list() == review.credits["amount"].to_list()
    assert curve["availability"].to_list()[:3] == [Decimal(100), Decimal("99.9"), Decimal("99.899961")]


def test_an_object_store_that_is_measured_is_compared_by_what_its_outages_earn() -> None:
    terms = find_policy("aws-s3").terms()
    day = guarantee_value(terms, [timedelta(days=1)]).filter(pl.col("guarantee") == "standard")
    assert day.select("free_availability", "credit_percent").row(0) == (Decimal("99.9"), Decimal(25))
    said = compare(["aws-s3", "wp-heaven"]).terms.filter(pl.col("code") == "credit_for_1d")
    assert said["value"].to_list() == ["50 % of the fee", "2.83 % of the fee"]
