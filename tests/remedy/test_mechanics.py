"""Mechanics of real agreements come out as they are printed; what was measured, and what state carries over windows."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ruamel.yaml import YAML
from small_contracts import (
    DAY,
    HOUR,
    MINUTE,
    Case,
    Row,
    amounts,
    at,
    contract,
    down,
    holder,
    judged,
    judged_each,
    owed,
    seconds_by_verdict,
    work,
)

from slakit.analysis.explain import explain
from slakit.analysis.review import Review
from slakit.problems import InputError

MECHANICS: list[dict[str, Any]] = YAML(typ="safe", pure=True).load(Path(__file__).parent / "mechanics.yaml")


def value(month: str, measured: str, guarantee: str = "uptime") -> Row:
    return {"subscription": "s", "guarantee": guarantee, "measured": at(f"{month}-15"), "value": measured}


def counts(day: str, failed: int, total: int) -> Row:
    return {"subscription": "s", "guarantee": "uptime", "measured": at(day), "failed": failed, "total": total}


def slices(example: dict[str, Any]) -> list[Row]:
    """Failures spread over slices of 100 requests, or as they are where there are fewer."""
    rows = []
    for day, failed, total in example.get("counts", ()):
        whole, rest = divmod(failed, total)
        spread = [total] * whole + ([rest] if rest or not whole else [])
        rows += [
            counts((at(day) + n * 5 * MINUTE).replace(tzinfo=None).isoformat(), some, total)
            for n, some in enumerate(spread)
        ]
    return rows


def period_of(example: dict[str, Any]) -> str:
    months = sorted(example.get("measured", {"2026-06": ""}))
    return example.get("period", f"{months[0]}/{months[-1]}")


def case_of(example: dict[str, Any]) -> Case:
    outages = [
        down(at(start), timedelta(minutes=length), f"o{n}") for n, (start, length) in enumerate(example.get("down", ()))
    ]
    outages += [
        down(
            at(row["started"]),
            row["hours"] * HOUR,
            f"n{n}",
            component=row.get("component"),
            affected=row.get("affected"),
        )
        for n, row in enumerate(example.get("outages", ()))
    ]
    measured = [value(month, figure) for month, figure in example.get("measured", {}).items()] + slices(example)
    held = {"monthly_fee": example.get("fee", "1000")}
    return Case(contract(example["guarantee"]), outages, held, {"measurements": measured})


@pytest.fixture(scope="module")
def reviews() -> dict[str, Review]:
    """Assessments by the source of the example: all of a period in one."""
    found: dict[str, Review] = {}
    for period in {period_of(example) for example in MECHANICS}:
        alike = [example for example in MECHANICS if period_of(example) == period]
        judged_together = judged_each([case_of(example) for example in alike], period)
        found |= {example["source"]: review for example, review in zip(alike, judged_together, strict=True)}
    return found


@pytest.mark.parametrize("example", MECHANICS, ids=[example["source"] for example in MECHANICS])
def test_it_is_credited_as_printed(reviews: dict[str, Review], example: dict[str, Any]) -> None:
    review = reviews[example["source"]]
    if "owed" in example:
        assert owed(review) == Decimal(example["owed"])
    else:
        assert [str(amount) for amount in amounts(review)] == example["credits"]
    if "verdicts" in example:
        lasted = {verdict: hours * 3600 for verdict, hours in example["verdicts"].items()}
        assert seconds_by_verdict(review) == lasted


def test_a_right_arises_at_the_end_of_the_window_that_completes_it() -> None:
    policy = contract(
        "target: 99.9",
        "rights: [{id: end, says: may terminate, for: [uptime], when: [{misses: {from: 2, of: 3}}, {below: 95}], "
        "within: 30d, clause: '9'}]",
    )
    rows = [down(at(f"2026-0{month}-05"), HOUR, f"o{month}") for month in (1, 3, 6)]
    review = judged(policy, [*rows, down(at("2026-08-05"), 5 * DAY, "long")], "2026-01/2026-08")
    assert review.rights["window_start"].to_list() == [at("2026-03-01"), at("2026-08-01")]
    assert review.rights["until"].to_list()[0] == at("2026-05-01") - timedelta(microseconds=1)
    assert "windows before the period" in review.assumptions["term"].to_list()


def test_a_claim_opens_late_and_needs_a_report() -> None:
    policy = contract(
        "target: 99.9, credit: {flat: 10%, clause: c}",
        "claims: {opens: 5bd, within: 2mo, to_end_of: 1mo, report: {within: 24h}, holidays: NO}",
    )

    def status(reported: str, as_of: str) -> tuple[str, Any]:
        outage = down(at("2026-04-05"), HOUR, reported=at(reported))
        review = judged(policy, [outage], "2026-04", as_of=as_of)
        return review.claims["status"].item(), review.claim_steps

    state, steps = status("2026-04-05T23:00", "2026-05-02")
    assert (state, steps["opens"].item(), steps["reported"].item()) == ("waiting", at("2026-05-09"), True)  # 1 May
    assert status("2026-04-05T23:00", "2026-05-10")[0] == "claimable"
    assert status("2026-04-05T23:00", "2026-07-01T00:00:00Z")[0] == "expired"
    assert status("2026-04-06T00:01", "2026-05-10")[0] == "expired"


def test_slices_that_are_down_make_outages() -> None:
    policy = contract(
        "target: 99.9, measured: {by: down, slice: 1m, at: 5}, minimum: 3m, credit: {flat: 10%, clause: c}"
    )
    rates = [0, *[5] * 50, 4, 6, 6, 0]
    rows = [counts((at("2026-06-02") + n * MINUTE).isoformat(), rate, 100) for n, rate in enumerate(rates)]
    review = judged(policy, [down(at("2026-06-20"), DAY)], measurements=rows)  # recorded outages are not its own
    assert review.availability["downtime_seconds"].item() == 50 * 60
    assert amounts(review) == [Decimal("100.00")]


def test_maintenance_qualifies_in_its_hours_and_up_to_its_yearly_allowance() -> None:
    policy = contract(
        "target: 99.9, exclude: {maintenance: [scheduled]}",
        "maintenance: [{kind: scheduled, hours: {weekly: {tue: ['02:00-06:00']}}, allowance: {at_most: 5h, per: 1y}, "
        "clause: c}]",
    )
    tuesdays = [at("2026-05-26"), at("2026-06-02")]
    outages = [down(day, DAY, f"o{n}") for n, day in enumerate(tuesdays)]
    works = [work(day, DAY, name=f"m{n}") for n, day in enumerate(tuesdays)]
    review = judged(policy, outages, "2026-05/2026-06", maintenance=works)
    assert [float(seconds) / 3600 for seconds in review.availability["downtime_seconds"]] == [20, 23]


FEES = {
    "monthly_fee": 300, "previous_month_fee": 200, "next_month_fee": 400, "quarterly_fee": 600, "annual_fee": 9600,
    "{components: [disk]}": 100, "{last: 2mo}": 500, "{last: 3mo, mean: true}": 200, "daily_fee": 10,
    "{last: 61d}": 300, "{last: 92d}": 1300,
}  # fmt: skip


@pytest.fixture(scope="module")
def charged_by() -> dict[str, Review]:
    charged = {"2026-04": ["100"], "2026-05": ["200"], "2026-06": ["200", "100"], "2026-07": ["400"]}
    charges = [
        {"subscription": "s", "started": at(f"{month}-01"), "amount": amount, "component": "disk" if n else "vm"}
        for month, amounts_ in charged.items()
        for n, amount in enumerate(amounts_)
    ]
    policies = [contract(f"target: 99.9, credit: {{flat: 100%, of: {of}, clause: c}}") for of in FEES]
    outage = [down(at("2026-06-02"), DAY)]
    found = judged_each(Case(policy, outage, tables={"charges": charges}) for policy in policies)
    return dict(zip(FEES, found, strict=True))


@pytest.mark.parametrize(("of", "percent"), FEES.items())
def test_fees_come_from_charges_where_there_are_any(charged_by: dict[str, Review], of: str, percent: int) -> None:
    review = charged_by[of]
    assert amounts(review) == [Decimal(percent)]
    untold = (review.warnings["code"] == "no_charge").sum()
    assert untold == {"annual_fee": 9, "{last: 92d}": 1}.get(of, 0)


def test_named_fees_add_up_and_none_may_be_missing() -> None:
    policy = contract("target: 99.9, credit: {flat: 10%, of: {components: [server, apps]}, clause: c}")
    outage = [down(at("2026-06-02"), DAY)]
    held = [holder(component_fees='{"server": 100, "apps": 50.5, "support": 7}')]
    assert amounts(judged(policy, outage, subscriptions=held)) == [Decimal("15.05")]
    with pytest.raises(InputError, match="no fee of apps"):
        judged(policy, outage, subscriptions=[holder(component_fees='{"server": 100}')])


def test_windows_of_the_contract_and_of_the_fiscal_year() -> None:
    outage = [down(at("2026-06-02"), DAY)]
    yearly = judged(contract("target: 99.9, window: {every: 12mo, from: starts}"), outage,
                    subscriptions=[holder(starts=at("2025-06-15"))])  # fmt: skip
    assert yearly.availability.filter(~pl.col("running"))["window_start"].to_list() == [at("2025-06-15")]
    fiscal = judged(contract("target: 99.9, window: {every: 3mo, from: 02-01}"), outage, "2026-05/2026-07")
    assert fiscal.availability["window_start"].to_list() == [at("2026-05-01")]
    sliding = judged(contract("target: 99.9, window: {rolling: 3mo}"), outage, "2026-06/2026-09")
    assert sliding.availability["met"].to_list() == [False, False, False, True]
    assert sliding.availability["window_start"][0] == at("2026-04-01")


def test_late_tickets_are_incidents() -> None:
    policy = contract(
        "metric: response, target: 100, within: 2h, credit: {accrual: {credit: 10 EUR, per: 1h, count: started}, "
        "per: incident, clause: c}",
        "support: {clause: c}",
    )
    opened = at("2026-06-02T08:00")
    rows = [
        {"ticket": f"t{n}", "subscription": "s", "opened": opened, "responded": opened + length, "priority": "p"}
        for n, length in enumerate((2 * HOUR, 2 * HOUR + MINUTE, 5 * HOUR))
    ]
    assert amounts(judged(policy, tickets=rows)) == [Decimal("40.00")]


@pytest.mark.parametrize(
    ("guarantee", "wrong"),
    [
        ("target: 99, measured: {by: ratio}, credit: {multiple: 1, clause: c}", "measurements are no downtime"),
        ("target: 99, credit: {flat: 1 point, clause: c}", "points that are worth nothing"),
        ("target: 99, credit: {flat: 1%, points: {each: 1%}, clause: c}", "a credit among points"),
        ("target: 99, measured: {by: mean, slice: 5m}, credit: {shortfall: {}, clause: c}", "a mean of slices"),
        ("target: 99, credit: {flat: 1d, of: annual_fee, clause: c}", "no month's|not a month's"),
        ("target: 99, window: {rolling: 30d}, credit: {flat: 1%, when: {incidents: 2}, clause: c}", "incidents do not"),
        ("target: 99, credit: {bands: [{below: 101, credit: 5%}], clause: c}", "not a percentage"),
        ("target: 9, credit: {bands: [{below: 9, credit: 5%}, {below: 8, credit: 1 EUR}], select: largest, clause: c}",
         "do not compare"),
        ("metric: downtime, within: 4h, credit: {bands: [{below: 99, credit: 5%}], clause: c}", "has no level"),
        ("target: 99, measured: {by: ratio}, credit: {flat: 1%, when: {outage: 5m}, clause: c}", "have no outages"),
    ],
)  # fmt: skip
def test_what_cannot_be_computed_is_refused(guarantee: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        contract(guarantee)


def test_measurements_of_the_wrong_kind_are_refused() -> None:
    ratio = contract("target: 99, measured: {by: ratio}")
    with pytest.raises(InputError, match="give failed and total"):
        judged(ratio, measurements=[value("2026-06", "99")])
    with pytest.raises(InputError, match="not judged by measurements"):
        judged(ratio, measurements=[value("2026-06", "99", "speed")])


CLASSES = "support: {priorities: [{id: high}, {id: low}], clause: s}"


def ticket(name: str, days: float, **known: Any) -> Row:
    row = {"ticket": name, "subscription": "s", "opened": at("2026-06-03"), "priority": "high", "kind": "incident"}
    return {**row, "resolved": at("2026-06-03") + days * DAY, **known}


@pytest.mark.parametrize(
    ("about", "verdicts"),
    [
        ("kinds: [incident]", {"a": "met", "b": "missed", "low": "missed"}),
        ("priorities: [low]", {"low": "missed"}),
        ("kinds: [change], priorities: [high]", {"change": "missed"}),
    ],
)
def test_a_promise_about_some_tickets_leaves_the_others_alone(about: str, verdicts: dict[str, str]) -> None:
    policy = contract(f"metric: resolution, target: 80, within: 5d, tickets: {{{about}}}", CLASSES)
    rows = [ticket("a", 5), ticket("b", 5.1), ticket("low", 9, priority="low"), ticket("change", 9, kind="change")]
    review = judged(policy, tickets=rows)
    assert dict(review.tickets.select("ticket", "verdict").iter_rows()) == verdicts
    if "kinds" in about:
        with pytest.raises(InputError, match="is about tickets of some kind only"):
            judged(policy, tickets=[ticket("a", 5), ticket("b", 5, kind=None)])


@pytest.mark.parametrize(
    ("guarantee", "wrong"),
    [
        ("target: 99, window: incident, at_once: 2", "down at once|judged over a window"),
        ("target: 99, components: [a], at_once: 2", "more at once than there are components"),
        ("target: 99, affected: {above: 101}", "not a part of a whole"),
        ("target: 99, tickets: {kinds: [a]}", "not about tickets"),
        ("metric: response, within: 2h, tickets: {priorities: [huge]}", "not a priority of this policy"),
        ("metric: response, within: {high: 2h}, tickets: {priorities: [high, low]}", "a priority without a time"),
    ],
)
def test_what_does_not_concern_a_promise_is_refused(guarantee: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        contract(guarantee, CLASSES)


@pytest.mark.parametrize(
    ("announced", "holidays", "hours"),
    [
        ("2026-05-08T10:00", "", 0),  # five business days to the minute: Friday to Friday
        ("2026-05-08T10:01", "", 4),
        ("2026-05-09T10:00", "", 4),  # a Saturday: four and a bit
        ("2026-05-08T10:00", ", holidays: NO", 4),  # 14 May is Ascension Day
        ("2026-05-07T10:00", ", holidays: NO", 0),
        (None, "", 4),
    ],
)
def test_a_notice_can_be_of_business_days(announced: str | None, holidays: str, hours: int) -> None:
    terms = f"maintenance: [{{kind: scheduled, notice: 5bd{holidays}, clause: m}}]"
    policy = contract("target: 99.9, exclude: {maintenance: [scheduled]}", terms)
    start = at("2026-05-15T10:00")
    works = [{**work(start, 4 * HOUR), "announced": at(announced) if announced else None}]
    review = judged(policy, [down(start, 4 * HOUR)], "2026-05", maintenance=works)
    assert float(review.availability["downtime_seconds"].item()) == hours * 3600
    told = str(explain(review, "s", "2026-05"))
    assert ("5bd" in told) == bool(hours)


@pytest.mark.parametrize(
    ("guarantee", "told"),
    [
        ("metric: figure, at_most: 2, measured: {by: mean, unit: ms}", "3 ms by 1 measurement, against 2 ms: missed."),
        ("target: 99, measured: {by: last}", "3 % by 1 measurement, against 99 %: missed."),
        ("metric: incidents, at_most: 1", "Downtime 3h of 30d agreed service time, in 2 outages."),
        ("metric: downtime, within: 1h", "Downtime 3h of 30d agreed service time."),
        ("metric: downtime, within: 1h, window: incident", "It took 2h: missed."),
        ("target: 99.9", "By uptime: may terminate, from the first breached window in a row on, within 30d (9)."),
        ("target: 99.9", "It can be used through 2026-07-30."),
        ("target: 99.9, affected: {from: 50}", "it affects only 40 % of the service (c)"),
        ("target: 99.9, at_once: 2", "fewer than 2 components were down at once (c)"),
    ],
)
def test_it_is_told_why(guarantee: str, told: str) -> None:
    right = "" if "incident" in guarantee else (
        "rights: [{id: end, says: may terminate, for: [uptime], when: [{streak: 1}], within: 30d, clause: '9'}]"
    )  # fmt: skip
    outages = [
        down(at("2026-06-03"), HOUR, "a"),
        down(at("2026-06-04"), 2 * HOUR, "b"),
        down(at("2026-06-05"), HOUR, "c", component="web", affected="0.4"),
    ]
    policy = contract(guarantee, right)
    measured = [value("2026-06", "3")] if "measured" in guarantee else []
    if "at_once" not in guarantee and "affected" not in guarantee:
        outages = outages[:2]
    assert told in str(explain(judged(policy, outages, measurements=measured), "s", "2026-06"))


def test_a_service_that_is_never_down_misses_by_a_microsecond() -> None:
    policy = contract("metric: downtime, within: 0s, window: incident, credit: {flat: 10%, clause: c}")
    review = judged(policy, [down(at("2026-06-10"), timedelta(microseconds=1))])
    assert review.incidents["met"].to_list() == [False]
    assert review.credits["credit_percent"].to_list() == [10]


@pytest.mark.parametrize(
    ("condition", "paid"),
    [
        ("misses: {from: 2, of: 6}", [0, 100, 0]),
        ("misses: {below: 2, of: 2}", [100, 0, 0]),
        ("streak: {from: 1}", [100, 100, 0]),
        ("streak: {below: 2}", [100, 0, 0]),
    ],
)
def test_a_condition_on_windows_missed_before_never_holds_in_a_good_window(condition: str, paid: list[int]) -> None:
    policy = contract(f"target: 99.9, credit: {{bands: [{{{condition}, credit: 10%}}], clause: c}}")
    rows = [down(at(f"2026-0{month}-10"), 8 * HOUR, f"o{month}") for month in (4, 5)]
    assert amounts(judged(policy, rows, "2026-04/2026-06")) == paid


@pytest.mark.parametrize("per", ["", "per: incident, ", "caps: [{per: incident, at_most: 5%}], "])
def test_a_late_ticket_earns_by_itself_where_no_share_of_tickets_is_promised(per: str) -> None:
    policy = contract(
        f"metric: response, within: 15m, credit: {{accrual: {{credit: 1%, per: 5m, count: complete}}, {per}clause: c}}",
        "support: {priorities: [{id: p}], clause: s}",
    )
    opened = at("2026-06-10T10:00")
    ticket = {"ticket": "t", "subscription": "s", "priority": "p", "opened": opened, "responded": opened + 27 * MINUTE}
    assert amounts(judged(policy, tickets=[ticket])) == [20]


@pytest.mark.parametrize(
    "guarantee", ["metric: incidents, at_most: 1", "target: 99.9, rounded: {outage: {to: 1h, how: up}}"]
)
def test_a_month_without_an_outage_is_a_good_one(guarantee: str) -> None:
    review = judged(contract(f"{guarantee}, credit: {{flat: 10%, clause: c}}"))
    assert (review.availability["met"].to_list(), amounts(review)) == ([True], [0])


def test_an_incident_is_a_run_before_maintenance_and_months_cut_it() -> None:
    policy = contract(
        "target: 100, exclude: {maintenance: [scheduled]}, "
        "credit: {bands: [{outage: {from: 4h}, credit: 10%}], clause: c}",
        "maintenance: [{kind: scheduled, clause: m}]",
    )
    over_the_end = [down(at("2026-06-30T21:00"), 6 * HOUR)]
    assert amounts(judged(policy, over_the_end, "2026-06/2026-07")) == [100, 0]
    parted = [work(at("2026-06-10T03:00"), HOUR)]
    assert amounts(judged(policy, [down(at("2026-06-10"), 7 * HOUR)], maintenance=parted)) == [100]
