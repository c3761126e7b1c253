"""Laws that the ledger, availability and credits keep whatever happened."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

import polars as pl
import pytest
from effort import examples, some_quick
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_evidence import random_evidence
from reference_evidence import AS_OF, PERIOD, as_evidence
from small_contracts import (
    DAY,
    HOUR,
    MICROSECOND,
    MINUTE,
    Case,
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
    judged_each,
    owed,
    seconds_by_verdict,
    work,
)

from slakit.analysis.assess import assess
from slakit.analysis.review import Review
from slakit.policy.document import Policy
from slakit.problems import InputError

law = examples(3, suppress_health_check=list(HealthCheck))
PAYING = ("klikk", "wp-heaven", "klink-cloud")
JUNE, JULY = at("2026-06-01"), at("2026-07-01")


def microseconds(seconds: Decimal) -> int:
    return int(seconds * 10**6)


# ------------------------------------------------------------------------------------- verdicts tile outages

UNPLEASANT = contract_of(
    """
maintenance:
  - {kind: scheduled, notice: 48h, clause: m}
  - {kind: emergency, clause: e}
guarantees:
  - {id: plain, metric: availability, target: 99.9, window: 1mo, clause: c}
  - {id: daily, metric: availability, target: 99.9, window: 1d, minimum: 5m, clock: reported, clause: c}
  - {id: weekly, metric: availability, target: 99.9, window: 1w, unit: 7m, components: [web], clause: c,
     hours: {weekly: {mon-fri: ["08:00-17:00"], sat: ["22:00-02:00"]}, holidays: NO}, begins: {wait: next_month},
     exclude: {maintenance: [scheduled, emergency], causes: [customer]}}
  - {id: rolling, metric: availability, target: 99.9, window: {rolling: 7d}, clause: c,
     exclude: {maintenance: [scheduled]}}
  - {id: whole, metric: availability, target: 99.9, window: term, clause: c, weigh: affected}
  - {id: single, metric: replacement, within: 2h, window: incident, clock: diagnosed, minimum: 3m, unit: 10m, clause: c}
  - {id: billed, metric: availability, target: 99.9, window: billing_month, partial: skip, clause: c}
""",
    zone="Europe/Oslo",
)


def tiled(review: Review, outages: list[Row], as_of: datetime) -> None:
    """For every guarantee, the pieces of an outage follow each other from its start to its end."""
    guarantees = {
        g.id for terms in review.terms.values() for g in terms.guarantees if g.metric in ("availability", "replacement")
    }
    segments = {
        key: rows.sort("started").select("started", "ended", "seconds").rows()
        for key, rows in review.ledger.filter(pl.col("seconds") > 0)
        .partition_by("subscription", "guarantee", "outage", as_dict=True)
        .items()
    }
    expected = set()
    for outage in outages:
        begin, end = outage["started"], min(outage["ended"] or as_of, as_of)
        for guarantee in guarantees if begin < end else ():
            key = (outage["subscription"], guarantee, outage["outage"])
            expected.add(key)
            found = segments[key]
            assert (found[0][0], found[-1][1]) == (begin, end)
            assert all(before[1] == after[0] for before, after in pairwise(found))
            assert all(segment[0] < segment[1] for segment in found)
            assert sum(microseconds(segment[2]) for segment in found) == (end - begin) // MICROSECOND
    assert set(segments) == expected


@pytest.mark.parametrize("policy", PAYING)
@pytest.mark.parametrize("seed", range(3))
def test_verdicts_tile_every_outage_of_a_real_contract(policy: str, seed: int) -> None:
    rows = random_evidence(seed, policy, outages=90)
    review = assess(as_evidence(rows), PERIOD, AS_OF, ranges=False)
    tiled(review, rows["outages"], AS_OF)


@pytest.mark.parametrize("seed", range(6))
def test_verdicts_tile_every_outage_of_a_contract_with_every_term(seed: int) -> None:
    rows = random_evidence(seed, "klikk", outages=60)
    for row in rows["subscriptions"]:
        row.update(policy="small", tier=None)
    for row in rows["outages"]:
        row["component"] = Random(row["outage"]).choice((None, "web", "disk"))
    evidence = as_evidence({**rows, "claims_made": []})
    review = assess(evidence, "2026-02/2026-07", AS_OF, policies={"small": UNPLEASANT}, ranges=False)
    tiled(review, rows["outages"], AS_OF)


# ------------------------------------------------------------------------------------- splitting changes nothing

KINDS_OF_CREDIT = {
    "bands": "bands: [{below: 99.9, credit: 5%}, {below: 99, credit: 10%}, {below: 95, credit: 25%}]",
    "printed ranges": "bands: [{from: 99, to: 99.89, credit: 5%}, {from: 90, to: 98.99, credit: 10%}, "
    "{to: 89.99, credit: 50%}]",
    "shortfall": "shortfall: {credit: 1%}",
    "shortfall from full": "shortfall: {credit: 2%, from: full}",
    "begun steps": "shortfall: {step: 0.1, credit: 1%}",
    "complete steps": "shortfall: {step: 0.1, credit: 1%, count: complete}",
    "begun half hours": "accrual: {credit: 5%, per: 30m, count: started}",
    "complete half hours after one hour": "accrual: {credit: 5%, per: 30m, count: complete, after: 1h}",
    "nearest half hours": "accrual: {credit: 5%, per: 30m, count: nearest}",
    "half hours of an incident": "accrual: {credit: 5%, per: 30m, count: started}, per: incident",
    "bands on length": "bands: [{outage: {above: 30m}, credit: 5%}, {outage: {above: 4h}, credit: 20%}]",
    "flat": "flat: 5%",
    "flat per incident": "flat: 5%, per: incident",
    "money": "flat: 25 EUR",
    "multiple": "multiple: 100",
}


def schedules(guarantee: str = "target: 99.9") -> dict[str, Policy]:
    return {name: contract(f"{guarantee}, credit: {{{kind}, clause: c}}") for name, kind in KINDS_OF_CREDIT.items()}


SCHEDULES = schedules()


def by_schedule(*outages: list[Row], period: str = "2026-06") -> list[dict[str, Review]]:
    """For each of some lists of outages, what every schedule makes of them."""
    reviews = iter(judged_each([Case(policy, rows) for rows in outages for policy in SCHEDULES.values()], period))
    return [{kind: next(reviews) for kind in SCHEDULES} for _ in outages]


instants = st.integers(0, 30 * 24 * 3600 * 10**6).map(lambda after: JUNE + after * MICROSECOND)
lengths = st.integers(1, 40 * 3600 * 10**6).map(lambda length: length * MICROSECOND)


def halves(outage: Row, cut: datetime) -> list[Row]:
    """An outage in two, with the signals of the whole."""
    return [
        {**outage, "outage": "a", "ended": cut},
        {**outage, "outage": "b", "started": cut},
    ]


@examples(3, law)
@given(started=instants, length=lengths, share=st.floats(0, 1))
def test_an_outage_split_in_two_earns_the_same(started: datetime, length: timedelta, share: float) -> None:
    whole = down(started, length)
    parts = halves(whole, started + share * length)
    wholes, split = by_schedule([whole], parts, period="2026-06/2026-07")
    for kind in KINDS_OF_CREDIT:
        assert downtimes(wholes[kind]) == downtimes(split[kind]), kind
        assert wholes[kind].credits.equals(split[kind].credits), kind


@pytest.mark.parametrize("clock", ["reported", "detected", "reported_or_detected"])
@law
@given(started=instants, length=lengths, share=st.floats(0, 1), late=st.floats(-0.5, 1))
def test_an_outage_split_in_two_starts_the_same_clock(
    clock: str, started: datetime, length: timedelta, share: float, late: float
) -> None:
    policy = contract(f"target: 99.9, clock: {clock}, minimum: 20m, credit: {{shortfall: {{credit: 1%}}, clause: c}}")
    signal = started + late * length
    whole = down(started, length, reported=signal, detected=signal)
    cut = started + share * length
    parts = halves(whole, cut)
    one, two = (judged(policy, rows, "2026-06/2026-07") for rows in ([whole], parts))
    assert downtimes(one) == downtimes(two)
    assert one.credits.equals(two.credits)
    if signal <= cut:
        assert seconds_by_verdict(one) == {name: time for name, time in seconds_by_verdict(two).items() if time}


@settings(law, phases=[Phase.generate])
@given(started=instants, length=lengths, share=st.floats(0, 1))
def test_an_outage_split_in_two_weighs_the_same(started: datetime, length: timedelta, share: float) -> None:
    policy = contract("target: 99.9, weigh: affected, credit: {shortfall: {credit: 1%}, clause: c}")
    whole = down(started, length, affected="0.3")
    parts = halves(whole, started + share * length)
    one, two = (judged(policy, rows, "2026-06/2026-07") for rows in ([whole], parts))
    assert downtimes(one) == downtimes(two)


def test_two_halves_of_two_microseconds_weigh_what_the_whole_weighs() -> None:
    policy = contract("target: 99.9, weigh: affected")
    whole = down(JUNE, 2 * MICROSECOND, affected="0.5")
    parts = halves(whole, JUNE + MICROSECOND)
    assert downtimes(judged(policy, parts)) == downtimes(judged(policy, [whole])) == [Decimal("0.000001")]


@pytest.mark.parametrize("policy", PAYING)
@pytest.mark.parametrize("seed", [11, 12])
def test_every_outage_of_a_real_contract_split_in_two_changes_no_number(policy: str, seed: int) -> None:
    rows = random_evidence(seed, policy, outages=60)
    chance = Random(seed)
    split: list[Row] = []
    for outage in rows["outages"]:
        signals = [outage[name] for name in ("detected", "reported", "diagnosed") if outage[name] is not None]
        if outage["ended"] is None or any(signal > outage["ended"] for signal in signals):
            split.append(outage)
            continue
        cut = outage["started"] + chance.random() * (outage["ended"] - outage["started"])
        cut = max([cut, *signals])  # a signal in the second half would start no clock in the first
        split += [
            {**outage, "outage": f"{outage['outage']}-1", "ended": cut},
            {**outage, "outage": f"{outage['outage']}-2", "started": cut},
        ]
    one, two = (
        assess(as_evidence({**rows, "outages": outages}), PERIOD, AS_OF, ranges=False)
        for outages in (rows["outages"], split)
    )
    assert one.availability.equals(two.availability)
    assert one.credits.equals(two.credits)


# ------------------------------------------------------------------------------------- order and names change nothing


@pytest.mark.parametrize("policy", some_quick(PAYING, PAYING[1:2]))
def test_the_order_of_rows_changes_nothing(policy: str) -> None:
    rows = random_evidence(21, policy, outages=80)
    shuffled = {name: Random(3).sample(table, len(table)) for name, table in rows.items()}
    one, two = (assess(as_evidence(tables), PERIOD, AS_OF) for tables in (rows, shuffled))
    for name in ("ledger", "availability", "credits", "claims", "ranges"):
        before, after = getattr(one, name), getattr(two, name)
        assert before.sort(before.columns).equals(after.sort(before.columns)), name


def test_the_names_of_components_do_not_matter() -> None:
    def review(a: str, b: str) -> Review:
        policy = contract(f"target: 99.9, components: [{a}], credit: {{shortfall: {{credit: 1%}}, clause: c}}")
        rows = [
            down(JUNE, 9 * HOUR, "x", component=a),
            down(JUNE + HOUR, 5 * HOUR, "y", component=b),
            down(JUNE + DAY, HOUR, "z"),
        ]
        return judged(policy, rows, maintenance=[work(JUNE, HOUR, component=b)])

    one, two = review("network", "power"), review("zebra", "aardvark")
    assert one.credits.equals(two.credits)
    assert seconds_by_verdict(one) == seconds_by_verdict(two)


def test_the_ids_of_outages_decide_only_which_of_two_at_once_keeps_the_time() -> None:
    policy = contract("target: 99.9")
    review = judged(
        policy, [down(JUNE, HOUR, "b"), down(JUNE, 2 * HOUR, "a"), down(JUNE, HOUR, "o10"), down(JUNE, HOUR, "o9")]
    )
    counted = review.ledger.filter(pl.col("verdict") == "counted")["outage"].to_list()
    assert counted == ["a"]
    assert seconds_by_verdict(review) == {"counted": 7200, "overlapping": 3 * 3600}


# ------------------------------------------------------------------------------------- months sum to the quarter


@pytest.mark.parametrize("seed", range(3))
def test_the_months_of_a_quarter_sum_to_the_quarter(seed: int) -> None:
    rows = random_evidence(seed, "klikk", outages=90)
    months, quarters = (
        assess(as_evidence(rows), "2026-01/2026-09", AS_OF, reading={"window": answer}, ranges=False).availability
        for answer in ("month", "quarter")
    )
    keys = ["subscription", "guarantee"]
    for quarter in quarters.filter(~pl.col("running")).iter_rows(named=True):
        inside = months.filter(
            (pl.col("window_start") >= quarter["window_start"]) & (pl.col("window_end") <= quarter["window_end"]),
            *(pl.col(key) == quarter[key] for key in keys),
        )
        assert inside.height == 3
        assert inside["agreed_seconds"].sum() == quarter["agreed_seconds"]
        assert inside["downtime_seconds"].sum() == quarter["downtime_seconds"]


# ------------------------------------------------------------------------------------- less never earns less


@examples(3, law)
@given(started=instants, length=lengths, more=lengths)
def test_less_availability_never_earns_less(started: datetime, length: timedelta, more: timedelta) -> None:
    ended = min(started + length, JULY)
    later = min(ended + more, JULY)
    short, long = by_schedule(*([down(started, end - started)] for end in (ended, later)))
    falling = [kind for kind in KINDS_OF_CREDIT if kind != "printed ranges" and owed(short[kind]) > owed(long[kind])]
    assert not falling


def in_oslo(outage: Row) -> Row:
    return {**outage, "reported": outage["started"], "detected": outage["started"], "component": "network"}


@pytest.mark.parametrize(("policy", "tier"), [("klikk", "gold"), ("wp-heaven", None), ("klink-cloud", "enterprise")])
@examples(2, law)
@given(started=instants, length=lengths, more=lengths)
def test_less_availability_never_earns_less_under_a_real_contract(
    policy: str, tier: str | None, started: datetime, length: timedelta, more: timedelta
) -> None:
    held = [holder(policy, tier=tier)]
    short, long = (
        judged(policy, [in_oslo(down(started, span))], "2026-05/2026-09", subscriptions=held)
        for span in (length, length + more)
    )
    assert owed(short) <= owed(long)


def test_a_schedule_printed_with_a_gap_earns_nothing_in_the_gap_and_is_followed_as_printed() -> None:
    month = JULY - JUNE
    at_gap = judged(SCHEDULES["printed ranges"], [down(JUNE, month * 105 // 10_000)])  # 98.95 %: in a range
    in_gap = judged(SCHEDULES["printed ranges"], [down(JUNE, month * 1005 // 100_000)])  # 98.995 %: in none
    assert owed(at_gap) == Decimal("100.00")
    assert owed(in_gap) == 0


# ------------------------------------------------------------------------------------- nothing at the target or above


def kept(kind: str) -> bool:
    """Whether a schedule speaks only of missed targets."""
    return kind not in ("bands on length",)


@examples(3, law)
@given(share=st.floats(0, 1))
def test_nothing_is_earned_at_the_target_or_above(share: float) -> None:
    allowed = (JULY - JUNE) / 1000
    above, at_it = by_schedule([down(JUNE + DAY, share * allowed)], [down(JUNE + DAY, allowed)])
    for kind in filter(kept, KINDS_OF_CREDIT):
        assert amounts(above[kind]) == amounts(at_it[kind]) == [0], kind


EARNS_FROM_THE_FIRST = {
    "bands",
    "flat",
    "flat per incident",
    "money",
    "begun steps",
    "begun half hours",
    "half hours of an incident",
}


def test_one_microsecond_beyond_the_target_earns() -> None:
    allowed = (JULY - JUNE) / 1000
    (beyond,) = by_schedule([down(JUNE + DAY, allowed + MICROSECOND)])
    assert {kind for kind in EARNS_FROM_THE_FIRST if amounts(beyond[kind]) == [0]} == set()


# ------------------------------------------------------------------------------------- at the edge of a band


def exactly(agreed: timedelta, percent: str) -> timedelta:
    """The longest downtime that still keeps a percentage."""
    allowed = (agreed // MICROSECOND) * (100 - Decimal(percent)) / 100
    assert allowed == allowed.to_integral_value(), "not an edge that time can hit"
    return int(allowed) * MICROSECOND


MONTHS = [f"2026-{month:02d}" for month in range(1, 13)] + ["2028-02"]


@pytest.mark.parametrize("month", MONTHS)
def test_at_the_edge_of_each_band_of_klink_no_and_one_microsecond_beyond_yes(month: str) -> None:
    begin = at(f"{month}-01")
    agreed = at(f"{(begin + 32 * DAY):%Y-%m}-01") - begin
    edges = [("99.9", 0, 50), ("99.0", 50, 100), ("95.0", 100, 250)]
    lengths = {}
    for percent, before, beyond in edges:
        length = exactly(agreed, percent)
        lengths[f"{percent} on"] = length, before
        lengths[f"{percent} over"] = length + MICROSECOND, beyond
        lengths[f"{percent} under"] = length - MICROSECOND, before
    held = [holder("klink-cloud", tier="enterprise", subscription=name) for name in lengths]
    rows = [{**down(begin + HOUR, length, name), "subscription": name} for name, (length, _) in lengths.items()]
    review = judged("klink-cloud", rows, month, subscriptions=held)
    paid = dict(review.credits.select("subscription", "amount").iter_rows())
    assert paid == {name: Decimal(amount) for name, (_, amount) in lengths.items()}


@pytest.mark.parametrize("month", [*MONTHS, "2026-03", "2026-10"])
def test_at_the_edge_of_klikk_no_and_one_microsecond_beyond_yes(month: str) -> None:
    begin = at(f"{month}-01", "Europe/Oslo")
    agreed = at(f"{(begin + 33 * DAY):%Y-%m}-01", "Europe/Oslo") - begin
    length = exactly(agreed, "99.95")
    longer = {"on": length, "over": length + MICROSECOND}
    held = [holder("klikk", fee="3000", tier="gold", subscription=name) for name in longer]
    rows = [in_oslo(down(begin + HOUR, span, name)) | {"subscription": name} for name, span in longer.items()]
    review = judged("klikk", rows, month, subscriptions=held)
    for name, met, amount in (("on", True, 0), ("over", False, Decimal("100.00"))):
        assert owed(review.of(name)) == amount
        assert review.of(name).availability.filter(guarantee="network")["met"].to_list() == [met]


@pytest.mark.parametrize(("year", "days"), [("2024", 366), ("2026", 365), ("2028", 366)])
def test_the_widest_case_a_year_at_six_nines_is_decided_to_the_microsecond(year: str, days: int) -> None:
    policy = contract("target: 99.9999, window: 1y, credit: {bands: [{below: 99.9999, credit: 10%}], clause: c}")
    begin = at(f"{year}-01-01")
    length = exactly(days * DAY, "99.9999")
    assert length == timedelta(microseconds=days * 86_400)
    for extra, met, amount in ((0, True, 0), (1, False, 100)):
        review = judged(policy, [down(begin + DAY, length + extra * MICROSECOND)], f"{year}-01/{year}-12")
        assert review.availability["met"].to_list() == [met]
        assert amounts(review) == [amount]


def test_a_century_of_six_decimals_does_not_pass_the_integers() -> None:
    policy = contract("target: 99.999999, window: term, credit: {bands: [{below: 99.999999, credit: 10%}], clause: c}")
    held = [holder(starts=at("1930-01-01"), ends=at("2026-06-15"))]
    agreed = held[0]["ends"] - held[0]["starts"]
    length = (agreed // MICROSECOND) // 10**8 * MICROSECOND
    for extra, amount in ((0, 0), (1, 100)):
        review = judged(policy, [down(at("1999-01-01"), length + extra * MICROSECOND)], subscriptions=held)
        assert amounts(review) == [amount]
    assert agreed_hours(review) == [Decimal(agreed // HOUR)]


def test_availability_is_printed_rounded_down_so_that_a_miss_never_reads_as_a_pass() -> None:
    policy = contract("target: 99.9")
    review = judged(policy, [down(JUNE + DAY, (JULY - JUNE) / 1000 + MICROSECOND)])
    assert review.availability["availability"].to_list() == [Decimal("99.899999")]
    assert review.availability["met"].to_list() == [False]


# ------------------------------------------------------------------------------------- nothing overflows


@pytest.mark.parametrize("fee", ["0", "0.000001", "1", "1000000000000", "999999999999999"])
def test_fees_of_every_size_are_exact(fee: str) -> None:
    review = judged(
        contract("target: 99.9, credit: {flat: 1/3, clause: c}"), [down(JUNE, DAY)], subscriptions=[holder(fee=fee)]
    )
    assert amounts(review) == [(Decimal(fee) / 3).quantize(Decimal("0.01"), "ROUND_HALF_UP")]


def test_an_outage_of_centuries_is_measured() -> None:
    review = judged(contract("target: 99.9"), [down(at("1700-01-01"), None)], as_of=at("2026-07-01"))
    assert downtimes(review) == [Decimal(720 * 3600)]
    total = (at("2026-07-01") - at("1700-01-01")) // timedelta(seconds=1)
    assert sum(seconds_by_verdict(review).values()) == total


def test_an_outage_of_a_microsecond_is_measured() -> None:
    review = judged(contract("target: 100, credit: {flat: 5%, clause: c}"), [down(JUNE, MICROSECOND)])
    assert downtimes(review) == [Decimal("0.000001")]
    assert amounts(review) == [50]


def test_an_outage_of_no_length_is_no_outage() -> None:
    review = judged(contract("target: 100, credit: {flat: 5%, clause: c}"), [down(JUNE, 0 * HOUR)])
    assert (downtimes(review), amounts(review)) == ([0], [0])


@pytest.mark.parametrize("year", [1900, 2100, 2198])
def test_every_century_is_judged_alike(year: int) -> None:
    policy = contract("target: 99.9, credit: {flat: 5%, clause: c}")
    started = at(f"{year}-06-10")
    held = [holder(starts=at("1800-01-01"))]
    review = judged(policy, [down(started, HOUR)], f"{year}-06", as_of=f"{year}-08-01", subscriptions=held)
    assert (downtimes(review), amounts(review)) == ([3600], [50])


def test_a_slip_of_a_millennium_in_maintenance_hides_nothing() -> None:
    policy = contract(
        "target: 99.9, exclude: {maintenance: [scheduled]}", "maintenance: [{kind: scheduled, clause: m}]"
    )
    slipped = work(at("2026-06-10"), 365 * DAY * 7000)
    with pytest.raises(InputError, match="after 2199; look at the year"):
        judged(policy, [down(JUNE, HOUR)], maintenance=[slipped])


def test_ten_thousand_outages_at_once_are_one() -> None:
    policy = contract("target: 99.9")
    rows = [down(JUNE + n * MICROSECOND, HOUR + n % 7 * MINUTE, f"o{n}") for n in range(10_000)]
    review = judged(policy, rows)
    assert downtimes(review) == [Decimal("3960.009995")]


def test_as_of_cuts_what_is_known() -> None:
    policy = contract("target: 99.9")
    rows = [down(JUNE, 10 * HOUR, "a"), down(JUNE + 20 * HOUR, HOUR, "later")]
    review = judged(policy, rows, as_of=JUNE + 2 * HOUR)
    assert seconds_by_verdict(review) == {"counted": 7200, "after_as_of": 0}
    assert review.availability["running"].to_list() == [True]


def test_verdicts_tile_outages_where_maintenance_has_an_allowance() -> None:
    policy = contract(
        "target: 99.9, exclude: {maintenance: [scheduled]}",
        "maintenance: [{kind: scheduled, notice: 48h, allowance: {at_most: 4h}, clause: m}]",
    )
    rows = random_evidence(9, "klikk", outages=60)
    for row in rows["subscriptions"]:
        row.update(policy="small", tier=None)
    evidence = as_evidence({**rows, "claims_made": []})
    review = assess(evidence, "2026-02/2026-07", AS_OF, policies={"small": policy}, ranges=False)
    tiled(review, rows["outages"], AS_OF)
