"""An incident is a run, whatever rows tell it and whatever cuts it; one subscription never changes another."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from effort import examples
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from small_contracts import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    Row,
    amounts,
    at,
    contract,
    down,
    downtimes,
    evidence,
    holder,
    judged,
    owed,
    seconds_by_verdict,
    work,
)

from slakit.analysis.assess import assess
from slakit.analysis.explain import explain
from slakit.analysis.review import OF_SUBSCRIPTIONS
from slakit.policy.document import Policy

JUNE, JULY = at("2026-06-01"), at("2026-07-01")
NOON = at("2026-06-10T12:00")
H = 3600
MAINTENANCE = "maintenance: [{kind: scheduled, clause: m}]"
LONG = contract(
    "target: 100, exclude: {maintenance: [scheduled]}, "
    "credit: {of: monthly_fee, bands: [{outage: {from: 4h}, credit: 10%}], clause: c}",
    MAINTENANCE,
)


# ------------------------------------------------------------------------------------- where windows and works cut it


def test_an_incident_over_the_end_of_a_month_belongs_whole_to_the_month_it_starts_in() -> None:
    inside = judged(LONG, [down(NOON, 6 * HOUR)], "2026-06/2026-07")
    over = judged(LONG, [down(JULY - 3 * HOUR, 6 * HOUR)], "2026-06/2026-07")
    assert amounts(inside) == amounts(over) == [100, 0]
    assert downtimes(over) == [3 * H, 3 * H]


def test_it_does_so_where_only_the_first_month_is_assessed() -> None:
    assert amounts(judged(LONG, [down(JULY - 3 * HOUR, 6 * HOUR)], "2026-06")) == [100]
    assert amounts(judged(LONG, [down(JULY - 3 * HOUR, 6 * HOUR)], "2026-07")) == [0]


# ------------------------------------------------------------------------------------- short gaps in it


def gapped(terms: str, rows: list[Row], rest: str = "", **tables: list[Row]) -> dict[str, Decimal]:
    return seconds_by_verdict(judged(contract(f"target: 99.9, join_gaps: 5m, {terms}", rest), rows, **tables))


def test_a_gap_shorter_than_the_contract_asks_for_joins_two_outages() -> None:
    # 3 and 4 minutes: 7 together, and the gap is not in it
    for gap, found in ((5 * MINUTE - MICROSECOND, {"counted": 420}), (5 * MINUTE, {"too_short": 420})):
        rows = [down(NOON, 3 * MINUTE, "a"), down(NOON + 3 * MINUTE + gap, 4 * MINUTE, "b")]
        assert gapped("minimum: 7m", rows) == found
        assert gapped("minimum: {above: 7m}", rows) == {"too_short": 420}


def test_what_overlaps_is_once_in_the_length_of_a_joined_incident() -> None:
    # 12:00-12:10 with another in it, and 12:12-12:20: 18 minutes, of which 6 were told twice
    rows = [down(NOON, 10 * MINUTE, "a"), down(NOON + 2 * MINUTE, 6 * MINUTE, "b")]
    rows.append(down(NOON + 12 * MINUTE, 8 * MINUTE, "c"))
    assert gapped("minimum: 18m", rows) == {"counted": 18 * 60, "overlapping": 6 * 60}
    assert gapped("minimum: 18m1s", rows) == {"too_short": 18 * 60, "overlapping": 6 * 60}


def test_what_does_not_count_lies_in_a_gap_and_maintenance_in_an_incident() -> None:
    # 10 minutes, 4 of which are the customer's fault, 10 minutes; and of the last 10, 5 under maintenance
    rows = [down(NOON, 10 * MINUTE, "a"), down(NOON + 14 * MINUTE, 10 * MINUTE, "c")]
    rows.append(down(NOON + 10 * MINUTE, 4 * MINUTE, "b", cause="customer"))
    works = [work(NOON + 14 * MINUTE, 5 * MINUTE)]
    found = gapped("minimum: 20m, exclude: {causes: [customer], maintenance: [scheduled]}", rows, maintenance=works)
    assert found == {"counted": 900, "excluded_cause": 240, "maintenance": 300}


def test_joined_outages_are_counted_paid_and_cut_to_units_as_one() -> None:
    rows = [down(NOON, 50 * MINUTE, "a"), down(NOON + 54 * MINUTE, 35 * MINUTE, "b"), down(NOON + DAY, HOUR, "c")]
    # 85 minutes are two whole half-hours, 60 are two; each incident earns 1 % of 1000
    terms = "target: 99.9, unit: 30m, credit: {flat: 1%, per: incident, clause: c}"
    assert owed(judged(contract(terms), rows)) == 30
    joined = judged(contract(f"{terms}, join_gaps: 5m"), rows)
    assert owed(joined) == 20
    assert seconds_by_verdict(joined) == {"counted": 2 * H, "rounding_remainder": 25 * 60}
    count = contract("metric: incidents, at_most: 2, join_gaps: 5m")
    review = judged(count, rows)
    assert review.availability["met"].to_list() == [True]
    assert "in 2 outages" in str(explain(review, "s", "2026-06"))
    assert judged(contract("metric: incidents, at_most: 2"), rows).availability["met"].to_list() == [False]


def test_an_incident_judged_by_itself_lasts_from_its_first_to_its_last_instant_and_weighs_what_counts() -> None:
    # 40 and 30 minutes with 4 between them: 70 minutes, more than an hour
    rows = [down(NOON, 40 * MINUTE, "a"), down(NOON + 44 * MINUTE, 30 * MINUTE, "b")]
    terms = "metric: replacement, within: 1h, window: incident, join_gaps: 5m"
    review = judged(contract(terms), rows)
    found = review.incidents.select("started", "ended", "seconds", "met").rows()
    assert found == [(NOON, NOON + 74 * MINUTE, 70 * 60, False)]


def test_an_incident_that_ended_less_than_the_gap_ago_has_ended() -> None:
    terms = "metric: replacement, within: 1h, window: incident, join_gaps: 5m"
    review = judged(contract(terms), [down(NOON, HOUR)], "2026-06-10", as_of=NOON + HOUR + 2 * MINUTE)
    assert review.incidents.select("running", "met").rows() == [(False, True)]


def test_gaps_are_of_one_subscription_and_one_guarantee() -> None:
    # the last instant of one subscription and the first of the next lie a microsecond apart on the line of the ledger
    rows = [down(JUNE, 3 * MINUTE, "a"), down(JULY - 3 * MINUTE, 3 * MINUTE, "b")]
    others = [row | {"subscription": "t", "outage": f"{row['outage']}2"} for row in rows]
    policy = contract("target: 99.9, join_gaps: 1d, minimum: 5m")
    review = judged(policy, [*rows, *others], subscriptions=[holder(), holder(subscription="t")])
    assert seconds_by_verdict(review) == {"too_short": 12 * 60}


# ------------------------------------------------------------------------------------- what cuts it


def test_maintenance_in_its_middle_leaves_one_incident_of_what_counts() -> None:
    works = [work(NOON + 3 * HOUR, HOUR)]
    assert amounts(judged(LONG, [down(NOON, 5 * HOUR)], maintenance=works)) == [100]
    assert amounts(judged(LONG, [down(NOON, 5 * HOUR - MINUTE)], maintenance=works)) == [0]


def test_an_incident_starts_with_its_first_counted_instant() -> None:
    works = [work(JULY - 2 * HOUR, 2 * HOUR)]
    assert amounts(judged(LONG, [down(JULY - 2 * HOUR, 7 * HOUR)], "2026-06/2026-07", maintenance=works)) == [0, 100]


def test_incidents_are_counted_once_over_the_end_of_a_month_and_over_service_hours() -> None:
    policy = contract(
        "metric: incidents, at_most: 0, hours: {weekly: {mon-sun: ['08:00-17:00']}}, credit: {flat: 10%, clause: c}"
    )
    review = judged(policy, [down(at("2026-06-30T16:00"), DAY)], "2026-06/2026-07")
    assert review.availability["met"].to_list() == [False, True]
    assert amounts(review) == [100, 0]


def test_units_are_cut_from_the_counted_time_of_the_whole_run() -> None:
    policy = contract("target: 99.9, unit: 2h, exclude: {maintenance: [scheduled]}", MAINTENANCE)
    review = judged(policy, [down(NOON, 8 * HOUR)], maintenance=[work(NOON + 3 * HOUR, HOUR)])
    assert seconds_by_verdict(review) == {"counted": 6 * H, "maintenance": H, "rounding_remainder": H}


def test_a_rounded_outage_is_rounded_once_over_the_end_of_a_month() -> None:
    policy = contract("target: 99.9, rounded: {outage: {to: 1h, how: up}}")
    assert downtimes(judged(policy, [down(JULY - 40 * MINUTE, 70 * MINUTE)], "2026-06/2026-07")) == [
        (40 + 50) * 60,
        30 * 60,
    ]


def test_a_sliding_window_counts_the_incidents_that_start_in_it() -> None:
    policy = contract("metric: incidents, at_most: 1, window: {rolling: 7d}")
    rows = [down(at("2026-06-01T12:00"), 30 * HOUR, "a"), down(at("2026-06-06T12:00"), HOUR, "b")]
    review = judged(policy, rows)
    missed = review.availability.filter(~pl.col("met"))["window_end"].to_list()
    assert missed == [at("2026-06-07"), at("2026-06-08")]


@pytest.mark.parametrize(
    "terms", ["metric: incidents, at_most: 1", "target: 99.9, rounded: {outage: {to: 1m, how: up}}"]
)
def test_a_month_without_an_outage_is_a_good_one(terms: str) -> None:
    review = judged(contract(f"{terms}, credit: {{flat: 10%, clause: c}}"), [])
    assert (review.availability["met"].to_list(), amounts(review)) == ([True], [0])
    nothing_counts = judged(contract(f"{terms}, components: [web]"), [down(NOON, HOUR, component="disk")])
    assert nothing_counts.availability["met"].to_list() == [True]


# ------------------------------------------------------------------------------------- claims


def claiming(after: str, within: str = "5d") -> Policy:
    return contract(
        "target: 99.9, credit: {flat: 5%, clause: c}", f"claims: {{within: {within}, after: {after}, clause: c}}"
    )


def test_the_start_of_an_incident_is_that_of_the_run_however_many_rows_tell_it() -> None:
    rows = [down(JUNE, 5 * DAY, "a"), down(JUNE + 4 * DAY, 2 * DAY, "b")]
    review = judged(claiming("incident_start"), rows)
    assert review.claims["deadline"].dt.date().to_list() == [at("2026-06-06").date()]


def test_the_end_of_an_incident_is_its_last_counted_instant() -> None:
    policy = contract(
        "target: 99.9, exclude: {maintenance: [scheduled]}, credit: {flat: 5%, clause: c}",
        MAINTENANCE + "\nclaims: {within: 72h, after: incident_end, clause: c}",
    )
    over_the_edge = down(JULY - DAY, 2 * DAY)
    review = judged(policy, [over_the_edge], maintenance=[work(JULY + 20 * HOUR, 9 * HOUR)])
    assert review.claims["deadline"].to_list() == [JULY + 20 * HOUR + 3 * DAY]


def test_while_an_incident_goes_on_its_start_is_known_and_its_end_is_not() -> None:
    rows = [down(JULY - DAY, None)]
    by_start, by_end = (judged(claiming(f"incident_{edge}"), rows, as_of=JULY + DAY) for edge in ("start", "end"))
    assert by_start.claims["deadline"].dt.date().to_list() == [at("2026-07-05").date()]
    assert by_end.claims["deadline"].to_list() == [None]


def test_a_report_of_any_row_of_an_incident_is_in_time_for_all_of_it() -> None:
    policy = contract(
        "target: 99.9, credit: {flat: 5%, clause: c}",
        "claims: {within: 30d, after: window_end, report: {within: 24h, after: incident_start}, clause: c}",
    )
    rows = [down(NOON, DAY, "a"), down(NOON + 20 * HOUR, DAY, "b", reported=NOON + 22 * HOUR)]
    review = judged(policy, rows)
    assert review.claim_steps.select("report_by", "reported").rows() == [(NOON + DAY, True)]


def test_a_credit_of_a_cent_has_a_claim() -> None:
    policy = contract(
        "target: 99.9, credit: {flat: 10%, clause: c}", "claims: {within: 10d, after: window_end, clause: c}"
    )
    review = judged(policy, [down(NOON, DAY)], subscriptions=[holder(fee="0.10")])
    assert review.claims.select("amount", "status").rows() == [(Decimal("0.01"), "expired")]


# ------------------------------------------------------------------------------------- weights


def test_the_largest_weight_at_each_instant_counts_whichever_outage_it_belongs_to() -> None:
    policy = contract("target: 99.9, weigh: affected")
    rows = [down(JUNE, 10 * HOUR, "partial", affected="0.3"), down(JUNE + 2 * HOUR, 2 * HOUR, "major", affected="1")]
    review = judged(policy, rows)
    assert downtimes(review) == [Decimal("4.4") * H]
    assert seconds_by_verdict(review) == {"counted": 10 * H, "overlapping": 2 * H}


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_two_weights_from_the_same_instant_no_id_decides(names: tuple[str, str]) -> None:
    rows = [down(JUNE, 2 * HOUR, names[0], affected="0.25"), down(JUNE, HOUR, names[1], affected="0.75")]
    assert downtimes(judged(contract("target: 99.9, weigh: affected"), rows)) == [H]


def test_an_incident_is_as_long_as_its_weighed_time() -> None:
    policy = contract("target: 99.9, weigh: affected, credit: {flat: 5%, clause: c, when: {outage: {from: 5h}}}")
    for hours, amount in ((9, 0), (10, 50)):
        assert amounts(judged(policy, [down(JUNE, hours * HOUR, affected="0.5")])) == [amount]


# ------------------------------------------------------------------------------------- maintenance of another component

PAIR = contract("target: 99.9, components: [db, net], exclude: {maintenance: [scheduled]}", MAINTENANCE)


@pytest.mark.parametrize(
    ("of_outage", "of_work", "verdict"),
    [
        ("net", "db", "counted"),
        ("net", "net", "maintenance"),
        ("net", None, "maintenance"),
        (None, "db", "maintenance"),
        ("net", "disk", "counted"),
    ],
)
def test_maintenance_takes_out_downtime_of_its_own_component(
    of_outage: str | None, of_work: str | None, verdict: str
) -> None:
    review = judged(
        PAIR, [down(NOON, HOUR, component=of_outage)], maintenance=[work(NOON - HOUR, 4 * HOUR, component=of_work)]
    )
    assert seconds_by_verdict(review) == {verdict: H}


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_what_is_down_beside_a_maintained_component_counts_whichever_was_first(names: tuple[str, str]) -> None:
    rows = [down(NOON, 2 * HOUR, names[0], component="db"), down(NOON, HOUR, names[1], component="net")]
    review = judged(PAIR, rows, maintenance=[work(NOON - HOUR, 4 * HOUR, component="db")])
    assert seconds_by_verdict(review) == {"counted": H, "overlapping": H, "maintenance": H}


def test_maintenance_shortens_the_agreed_time_only_where_it_concerns_all_that_is_covered() -> None:
    terms = "denominator: less_maintenance, exclude: {maintenance: [scheduled]}"
    month = Decimal(30 * 24 * H)

    def agreed(scope: str, *components: str | None) -> Decimal:
        works = [work(NOON + n * HOUR, 3 * HOUR, name=f"m{n}", component=name) for n, name in enumerate(components)]
        review = judged(contract(f"target: 99.9, {scope}{terms}", MAINTENANCE), [], maintenance=works)
        return month - review.availability["agreed_seconds"][0]

    assert agreed("", None) == agreed("components: [db], ", "db") == 3 * H
    assert agreed("", "db") == agreed("components: [db, net], ", "db") == agreed("components: [net], ", "db") == 0
    assert agreed("components: [db, net], ", "db", "net") == 2 * H
    assert agreed("components: [db, net], ", "db", None) == 3 * H


# ------------------------------------------------------------------------------------- every outage is in the ledger


def test_what_has_no_length_or_has_not_begun_is_told() -> None:
    rows = [down(NOON, 0 * HOUR, "posted"), down(NOON + 5 * DAY, HOUR, "planned"), down(NOON, HOUR, "real")]
    review = judged(contract("target: 99.9"), rows, as_of=NOON + DAY)
    told = review.ledger.select("outage", "guarantee", "started", "ended", "seconds", "verdict").sort("outage").rows()
    assert told == [
        ("planned", "uptime", NOON + 5 * DAY, NOON + 5 * DAY, 0, "after_as_of"),
        ("posted", "uptime", NOON, NOON, 0, "no_length"),
        ("real", "uptime", NOON, NOON + HOUR, H, "counted"),
    ]


def test_outages_that_no_guarantee_judges_are_told() -> None:
    policy = contract("target: 99.9, measured: {by: ratio}")
    rows = [down(NOON, HOUR, "a"), down(NOON, 0 * HOUR, "b")]
    review = judged(policy, rows)
    assert review.ledger.select("outage", "guarantee", "seconds", "verdict").sort("outage").rows() == [
        ("a", None, H, "not_judged"),
        ("b", None, 0, "no_length"),
    ]


# ------------------------------------------------------------------------------------- laws

law = examples(4, suppress_health_check=list(HealthCheck))
EVERY = [
    "target: 99.9, credit: {shortfall: {credit: 1%}, clause: c}",
    "target: 99.9, unit: 7m, credit: {bands: [{outage: {from: 4h}, credit: 10%}], clause: c}",
    "target: 99.9, minimum: 90m, weigh: affected, credit: {shortfall: {credit: 1%}, clause: c}",
    "metric: incidents, at_most: 1, components: [web, disk], credit: {flat: 5%, clause: c}",
    "target: 99.9, components: [web, disk], exclude: {maintenance: [scheduled]}, denominator: less_maintenance, "
    "credit: {accrual: {credit: 1%, per: 1h, count: started, per: incident}, clause: c}".replace(", per: incident", ""),
    "target: 99.9, at_once: 2, rounded: {outage: {to: 1h, how: up}}, credit: {flat: 5%, clause: c}",
    "target: 99.9, window: {rolling: 7d}, hours: {weekly: {mon-fri: ['08:00-17:00']}}",
    "metric: downtime, within: 2h, window: incident, minimum: 1h, credit: {flat: 5%, clause: c}",
]
POLICIES = {f"p{n}": contract(terms, MAINTENANCE) for n, terms in enumerate(EVERY)}
hours = st.integers(0, 40 * 24).map(lambda quarter: JUNE + quarter * HOUR)
row = st.tuples(
    st.sampled_from(sorted(POLICIES)),
    hours,
    st.integers(0, 60).map(lambda quarters: quarters * 15 * MINUTE),
    st.sampled_from([None, "web", "disk"]),
    st.sampled_from(["1", "0.5", "0.25"]),
)


def outages_of(drawn: list[tuple[str, object, object, str | None, str]]) -> list[Row]:
    return [
        down(start, length, f"o{n}", component=component, affected=share) | {"subscription": whose}  # type: ignore[arg-type]
        for n, (whose, start, length, component, share) in enumerate(drawn)
    ]


@examples(1, law)
@given(drawn=st.lists(row, min_size=4, max_size=24), works=st.lists(row, max_size=4))
def test_every_table_says_the_same_of_a_subscription_alone_and_beside_others(
    drawn: list[tuple[str, object, object, str | None, str]],
    works: list[tuple[str, object, object, str | None, str]],
) -> None:
    rows = outages_of(drawn)
    planned = [
        work(start, length, name=f"m{n}", component=component) | {"subscription": whose}  # type: ignore[arg-type]
        for n, (whose, start, length, component, _) in enumerate(works)
    ]
    held = [holder(name, subscription=name) for name in POLICIES]
    together = assess(
        evidence(rows, subscriptions=held, maintenance=planned), "2026-06", "2026-08-01", policies=POLICIES
    )
    for name in POLICIES:
        own = evidence(
            [r for r in rows if r["subscription"] == name],
            subscriptions=[holder(name, subscription=name)],
            maintenance=[r for r in planned if r["subscription"] == name],
        )
        alone = assess(own, "2026-06", "2026-08-01", policies=POLICIES)
        beside = together.of(name)
        for table in OF_SUBSCRIPTIONS:
            one, other = (getattr(review, table).drop("row", strict=False) for review in (alone, beside))
            assert one.equals(other), (name, table)  # a warning's row says where evidence stands, which differs


@law
@given(drawn=st.lists(row, min_size=1, max_size=12), at_share=st.floats(0, 1))
def test_an_outage_split_anywhere_changes_no_table(
    drawn: list[tuple[str, object, object, str | None, str]], at_share: float
) -> None:
    rows = outages_of(drawn)
    first, *others = rows
    middle = first["started"] + (first["ended"] - first["started"]) * at_share
    split = [first | {"ended": middle}, first | {"started": middle, "outage": "o0+"}, *others]
    held = [holder(name, subscription=name) for name in POLICIES]
    whole, parts = (
        assess(evidence(told, subscriptions=held), "2026-06", "2026-08-01", policies=POLICIES) for told in (rows, split)
    )
    for table in ("availability", "incidents", "credits", "claims", "ranges"):
        assert getattr(whole, table).equals(getattr(parts, table)), table


def test_a_nested_outage_beside_a_contract_that_counts_in_units_is_measured_as_alone() -> None:
    plain = contract("target: 99.5, credit: {shortfall: {credit: 1%}, clause: c}")
    policies = {"plain": plain, "units": contract("target: 99.5, unit: 1h")}
    rows = [down(NOON, 72 * HOUR, "a"), down(NOON + 6 * HOUR, HOUR, "b")]
    held = [holder("plain", fee="1600"), holder("units", subscription="other")]
    review = assess(evidence(rows, subscriptions=held), "2026-06", "2026-08-01", policies=policies)
    assert review.of("s").owed == {"EUR": Decimal("152.00")}
    assert seconds_by_verdict(review.of("s")) == {"counted": 72 * H, "overlapping": H}
