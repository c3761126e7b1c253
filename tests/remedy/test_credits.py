"""What credit is due for a breach: every kind of schedule, shared remedies, fee bases, rounding, currencies."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from small_contracts import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    Row,
    at,
    contract,
    contract_of,
    down,
    holder,
    judged,
    owed,
    owed_each,
)

from slakit.policy.document import Policy
from slakit.problems import InputError

JUNE = at("2026-06-01")
NOON = at("2026-06-10T12:00")
MONTH = 720 * HOUR


def earning(schedule: str, *lengths: timedelta, fee: str = "1000") -> tuple[Policy, list[Row], str]:
    """A schedule, and outages of these lengths, a day apart, in June 2026."""
    rows = [down(NOON + n * DAY, length, f"o{n}") for n, length in enumerate(lengths)]
    return contract(f"target: 99.9, credit: {{{schedule}, clause: c}}"), rows, fee


SCHEDULES: dict[str, tuple[str, list[timedelta], str]] = {
    # of a fee of 1000, 99.9 % of 720 h promised
    "a band": ("bands: [{below: 99.9, credit: 5%}, {below: 99, credit: 10%}]", [HOUR], "50"),
    "the deepest band reached": ("bands: [{below: 99.9, credit: 5%}, {below: 99, credit: 10%}]", [8 * HOUR], "100"),
    "a printed range": ("bands: [{from: 99, to: 99.89, credit: 5%}]", [HOUR], "50"),
    "the lower edge of a printed range": ("bands: [{from: 99, to: 99.89, credit: 5%}]", [MONTH / 100], "50"),
    "below a printed range": ("bands: [{from: 99, to: 99.89, credit: 5%}]", [MONTH / 100 + MICROSECOND], "0"),
    "above a printed range": ("bands: [{from: 99, to: 99.89, credit: 5%}]", [MONTH * 11 / 10_000 - MICROSECOND], "0"),
    "the upper edge of a printed range": ("bands: [{from: 99, to: 99.89, credit: 5%}]", [MONTH * 11 / 10_000], "50"),
    "a range without a lower edge": ("bands: [{to: 99, credit: 5%}]", [MONTH / 100], "50"),
    "a shortfall": ("shortfall: {credit: 1%}", [MONTH / 100], "9.00"),
    "a shortfall without a rate": ("shortfall: {}", [MONTH / 100], "9.00"),
    "twice the shortfall": ("shortfall: {credit: 2%}", [MONTH / 100], "18.00"),
    "a shortfall from 100": ("shortfall: {credit: 1%, from: full}", [MONTH / 100], "10.00"),
    "begun steps": ("shortfall: {step: 1, credit: 1%}", [MONTH / 100], "10"),
    "a step begun by a microsecond": ("shortfall: {step: 0.1, credit: 1%}", [MONTH / 500 + MICROSECOND], "20"),
    "a step exactly": ("shortfall: {step: 0.1, credit: 1%}", [MONTH / 500], "10"),
    "complete steps": ("shortfall: {step: 1, credit: 1%, count: complete}", [MONTH / 100], "0"),
    "a step completed to the microsecond": ("shortfall: {step: 0.1, credit: 1%, count: complete}", [MONTH / 500], "10"),
    "a step short of a microsecond": (
        "shortfall: {step: 0.1, credit: 1%, count: complete}",
        [MONTH / 500 - MICROSECOND],
        "0",
    ),
    "steps in money": ("shortfall: {step: 0.1, credit: 2.50 EUR}", [MONTH / 100], "22.50"),
    "begun hours": ("accrual: {credit: 1%, per: 1h, count: started}", [90 * MINUTE], "20"),
    "complete hours": ("accrual: {credit: 1%, per: 1h, count: complete}", [90 * MINUTE], "10"),
    "the nearest hour, up from the half": ("accrual: {credit: 1%, per: 1h, count: nearest}", [90 * MINUTE], "20"),
    "the nearest hour, down below it": (
        "accrual: {credit: 1%, per: 1h, count: nearest}",
        [90 * MINUTE - MICROSECOND],
        "10",
    ),
    "begun hours of the window": ("accrual: {credit: 1%, per: 1h, count: started}", [90 * MINUTE, 90 * MINUTE], "30"),
    "begun hours of each incident": (
        "accrual: {credit: 1%, per: 1h, count: started}, per: incident",
        [90 * MINUTE, 90 * MINUTE],
        "40",
    ),
    "hours after a deductible": ("accrual: {credit: 1%, per: 1h, count: complete, after: 2h}", [3 * HOUR], "10"),
    "a deductible for each incident": (
        "accrual: {credit: 1%, per: 1h, count: complete, after: 2h}, per: incident",
        [3 * HOUR, 3 * HOUR],
        "20",
    ),
    "a deductible not used up": ("accrual: {credit: 1%, per: 1h, count: started, after: 2h}", [2 * HOUR], "0"),
    "a deductible passed by a microsecond": (
        "accrual: {credit: 1%, per: 1h, count: started, after: 2h}",
        [2 * HOUR + MICROSECOND],
        "10",
    ),
    "money per hour": ("accrual: {credit: 7.50 EUR, per: 1h, count: started}", [90 * MINUTE], "15.00"),
    "bands on the length of an outage": (
        "bands: [{outage: {above: 1h}, credit: 1%}, {outage: {above: 4h}, credit: 5%}]",
        [2 * HOUR, 5 * HOUR],
        "60",
    ),
    "an outage exactly as long as a band": ("bands: [{outage: {above: 1h}, credit: 1%}]", [HOUR], "0"),
    "a flat credit": ("flat: 5%", [HOUR, HOUR], "50"),
    "a flat credit per incident": ("flat: 5%, per: incident", [HOUR, HOUR], "100"),
    "a day of the fee": ("flat: 1d", [HOUR], "33.33"),
    "money": ("flat: 25 EUR", [HOUR], "25.00"),
    "a multiple of the time lost": ("multiple: 10", [72 * HOUR], "1000.00"),
    "once the time lost": ("multiple: 1", [7 * HOUR], "9.72"),
}


@pytest.fixture(scope="module")
def earned() -> dict[str, Decimal]:
    cases = [earning(schedule, *lengths) for schedule, lengths, _ in SCHEDULES.values()]
    return dict(zip(SCHEDULES, owed_each(cases), strict=True))


@pytest.mark.parametrize("name", SCHEDULES)
def test_it_earns(earned: dict[str, Decimal], name: str) -> None:
    assert earned[name] == Decimal(SCHEDULES[name][2])


def test_a_met_target_earns_nothing_however_small_the_gap() -> None:
    schedules = (
        "shortfall: {credit: 1%, from: full}",
        "accrual: {credit: 1%, per: 1h, count: started}",
        "multiple: 100",
        "flat: 5%, per: incident",
    )
    assert owed_each(earning(schedule, MONTH / 1000) for schedule in schedules) == [0, 0, 0, 0]


# ------------------------------------------------------------------------------------- fee bases


@pytest.mark.parametrize(
    ("basis", "window", "amount"),
    [
        ("monthly_fee", "1mo", 1000),
        ("annual_fee", "1mo", 12_000),
        ("previous_month_fee", "1mo", 1000),
        ("window_fee", "1q", 3000),
        ("window_fee", "1y", 12_000),
        ("monthly_fee", "1q", 1000),
    ],
)
def test_a_share_is_of_its_basis(basis: str, window: str, amount: int) -> None:
    policy = contract(f"target: 99.99, window: {window}, credit: {{flat: 100%, of: {basis}, clause: c}}")
    review = judged(policy, [down(NOON, 4 * HOUR)], "2026-06" if window != "1y" else "2026-12")
    assert review.credits.select("basis_amount", "amount").row(0) == (amount, amount)


def test_the_fee_of_a_component_is_taken_where_it_is_known_else_the_monthly_fee_and_that_is_said() -> None:
    policy = contract("target: 99.9, components: [disk], credit: {flat: 10%, of: component_fee, clause: c}")
    known = judged(policy, [down(NOON, HOUR)], subscriptions=[holder(component_fees='{"disk": 123.40}')])
    assert (owed(known), known.assumptions.height) == (Decimal("12.34"), known.assumptions.height)
    unknown = judged(policy, [down(NOON, HOUR)], subscriptions=[holder(component_fees='{"web": 123.40}')])
    assert owed(unknown) == 100
    assert ("s", "component_fees disk", "monthly_fee") in unknown.assumptions.select("subject", "term", "value").rows()
    assert "component_fees disk" not in known.assumptions["term"].to_list()


# ------------------------------------------------------------------------------------- shared remedies

SHARED = """
guarantees:
  - {id: web, metric: availability, target: 99.9, window: 1mo, components: [web], clause: c}
  - {id: disk, metric: availability, target: 99.9, window: 1mo, components: [disk], clause: c}
remedies:
  - {id: both, for: [web, disk], REST credit: CREDIT}
"""


def shared(rest: str, credit: str = "{flat: 5%, clause: c}") -> Policy:
    return contract_of(SHARED.replace("REST", f"{rest}, " if rest else "").replace("CREDIT", credit))


TWICE_WEB_ONCE_DISK = [
    down(NOON, HOUR, "a", component="web"),
    down(NOON + DAY, HOUR, "b", component="web"),
    down(NOON + DAY, HOUR, "c", component="disk"),
    down(NOON + 2 * DAY, MINUTE, "d", component="disk"),
]


PER = {"": 50, "per: window, ": 50, "per: guarantee, ": 100, "per: incident, ": 200, "per: day, ": 150}


@pytest.fixture(scope="module")
def earned_per() -> dict[str, Decimal]:
    cases = [(shared("", f"{{flat: 5%, {per}clause: c}}"), TWICE_WEB_ONCE_DISK, "1000") for per in PER]
    return dict(zip(PER, owed_each(cases), strict=True))


@pytest.mark.parametrize(("per", "amount"), PER.items())
def test_a_shared_remedy_is_earned_once_or_for_each(earned_per: dict[str, Decimal], per: str, amount: int) -> None:
    """Web is down on the tenth and the eleventh, disk on the eleventh and, for a minute, on the twelfth."""
    assert earned_per[per] == amount


def test_incidents_of_a_guarantee_that_is_kept_earn_nothing() -> None:
    rows = [down(NOON, HOUR, "a", component="web"), down(NOON + DAY, MINUTE, "b", component="disk")]
    assert owed(judged(shared("", "{flat: 5%, per: incident, clause: c}"), rows)) == 50


def test_once_per_window_the_guarantee_that_misses_most_decides() -> None:
    rows = [down(NOON, MONTH / 100, "a", component="web"), down(NOON + 2 * DAY, MONTH / 50, "b", component="disk")]
    credit = "{shortfall: {credit: 1%}, clause: c}"
    assert owed(judged(shared("", credit), rows)) == 19
    assert owed(judged(shared("", "{shortfall: {credit: 1%}, per: guarantee, clause: c}"), rows)) == 28


def test_several_schedules_add_up_unless_the_largest_is_taken() -> None:
    credit = "[{flat: 5%, clause: c}, {flat: 30 EUR, clause: c}, {bands: [{below: 99, credit: 50%}], clause: c}]"
    rows = [down(NOON, HOUR, component="web")]
    assert owed(judged(shared("", credit), rows)) == 80
    assert owed(judged(shared("select: largest", credit), rows)) == 50
    each = "[{flat: 5%, per: guarantee, clause: c}, {flat: 30 EUR, per: guarantee, clause: c}]"
    assert owed(judged(shared("select: largest", each), TWICE_WEB_ONCE_DISK)) == 100


def test_an_outage_of_no_component_misses_all_of_them() -> None:
    assert owed(judged(shared("", "{flat: 5%, per: guarantee, clause: c}"), [down(NOON, HOUR)])) == 100


def test_a_guarantee_may_have_a_schedule_of_its_own_beside_a_shared_one() -> None:
    policy = contract(
        "target: 99.9, credit: {flat: 5%, clause: c}",
        "remedies: [{id: more, for: [uptime], credit: {flat: 1%, clause: c}}]",
    )
    review = judged(policy, [down(NOON, HOUR)])
    assert review.credits.select("remedy", "amount").rows() == [("uptime", 50), ("more", 10)]


# ------------------------------------------------------------------------------------- rounding


ROUNDED = {
    ("0.10", "5%"): "0.01",  # 0.005
    ("0.099999", "5%"): "0.00",
    ("1.50", "1%"): "0.02",  # 0.015: half up, not to even
    ("2.50", "1%"): "0.03",
    ("100.05", "1/30"): "3.34",  # 3.335
    ("100.049999", "1/30"): "3.33",
    ("1", "1/3"): "0.33",
    ("2", "1/3"): "0.67",
}


@pytest.fixture(scope="module")
def rounded() -> dict[tuple[str, str], Decimal]:
    cases = [earning(f"flat: {share}", HOUR, fee=fee) for fee, share in ROUNDED]
    return dict(zip(ROUNDED, owed_each(cases), strict=True))


@pytest.mark.parametrize(("fee", "share"), ROUNDED)
def test_an_amount_is_rounded_half_up_to_the_cent(
    rounded: dict[tuple[str, str], Decimal], fee: str, share: str
) -> None:
    assert rounded[fee, share] == Decimal(ROUNDED[fee, share])


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("EUR", "0.50"), ("JPY", "1"), ("KRW", "1"), ("BHD", "0.500"), ("KWD", "0.500"), ("CLP", "1")],
)
def test_an_amount_is_rounded_to_the_currency(currency: str, amount: str) -> None:
    policy = contract("target: 99.9, credit: {flat: 0.05%, clause: c}")
    review = judged(policy, [down(NOON, HOUR)], subscriptions=[holder(currency=currency)])
    assert str(review.credits["amount"][0]) == amount


def test_three_digits_are_kept_and_no_digit_is_invented() -> None:
    policy = contract("target: 99.9, credit: {flat: 0.00125%, clause: c}")
    for currency, amount in (("KWD", "0.013"), ("EUR", "0.01"), ("JPY", "0")):
        assert earnings(policy, currency) == Decimal(amount)


def earnings(policy: Policy, currency: str) -> Decimal:
    return owed(judged(policy, [down(NOON, HOUR)], subscriptions=[holder(currency=currency)]))


def test_a_sum_is_the_sum_of_rounded_rows() -> None:
    policy = contract("target: 99.9, credit: {flat: 1/3, clause: c}")
    rows = [down(at(f"2026-0{month}-10"), HOUR, f"o{month}") for month in (4, 5, 6)]
    review = judged(policy, rows, "2026-04/2026-06", subscriptions=[holder(fee="1")])
    assert review.owed == {"EUR": Decimal("0.99")}


# ------------------------------------------------------------------------------------- currencies


def test_each_subscription_is_paid_in_its_own_currency() -> None:
    policy = contract("target: 99.9, credit: {flat: 1/3, clause: c}")
    held = [holder(subscription=code, currency=code, fee="100") for code in ("EUR", "JPY", "BHD", "USD")]
    rows = [{**down(NOON, HOUR, code), "subscription": code} for code in ("EUR", "JPY", "BHD", "USD")]
    review = judged(policy, rows, subscriptions=held)
    assert review.credits.select("currency", "amount").rows() == [
        ("EUR", Decimal("33.33")),
        ("JPY", Decimal(33)),
        ("BHD", Decimal("33.333")),
        ("USD", Decimal("33.33")),
    ]
    assert review.owed == {"EUR": Decimal("33.33"), "JPY": 33, "BHD": Decimal("33.333"), "USD": Decimal("33.33")}
    assert review.headline().select("currency", "owed", "claimable").rows() == [
        (code, amount, amount) for code, amount in review.owed.items()
    ]


def test_two_subscriptions_of_one_currency_are_summed() -> None:
    policy = contract("target: 99.9, credit: {flat: 1/3, clause: c}")
    held = [holder(subscription=name, fee="1") for name in ("a", "b")]
    rows: list[Row] = [{**down(NOON, HOUR, name), "subscription": name} for name in ("a", "b")]
    assert judged(policy, rows, subscriptions=held).owed == {"EUR": Decimal("0.66")}


@pytest.mark.parametrize(
    "credit",
    [
        "flat: 25 EUR",
        "bands: [{below: 99, credit: 25 EUR}]",
        "accrual: {credit: 1 EUR, per: 1h, count: started}",
        "flat: 5%, caps: [{per: window, at_most: 25 EUR}]",
        "shortfall: {step: 1, credit: 1 EUR}",
    ],
)
def test_money_of_another_currency_than_the_subscriptions_is_refused(credit: str) -> None:
    with pytest.raises(InputError) as refused:
        judged(contract(f"target: 99.9, credit: {{{credit}, clause: c}}"), subscriptions=[holder(currency="USD")])
    assert str(refused.value) == (
        "memory: 1 problem\n  subscriptions s currency = USD: the contract pays in EUR; give the fee in that currency"
    )


def test_money_of_another_currency_under_another_reading_is_refused_too() -> None:
    other = "{set: {guarantees.uptime.credit.flat: 25 USD}}"
    question = f"{{id: q, question: Q, clauses: [c], answers: {{a: {{}}, b: {other}}}, default: a}}"
    policy = contract("target: 99.9, credit: {flat: 10 EUR, clause: c}", f"readings: [{question}]")
    with pytest.raises(InputError, match="the contract pays in USD"):
        judged(policy, [down(NOON, HOUR)], ranges=True)


def test_money_and_a_share_of_a_fee_of_nothing() -> None:
    assert owed_each(earning(schedule, HOUR, fee="0") for schedule in ("flat: 25 EUR", "flat: 5%")) == [25, 0]
