"""The reference against the examples that providers, courts and calculators published, and ours at every edge."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import count
from math import ceil
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from reference import assess
from reference.assessment import measured_term
from reference.calendars import open_spans, period_of, windows_of
from reference.downtime import Contract
from reference.levels import ON_TICKETS, is_measured
from reference.terms import readings_of, terms_of
from reference.trees import library_policy, tree_of
from reference.values import DAY, fraction, instant, length_of, moment

Row = dict[str, Any]
EXAMPLES = Path(__file__).parent / "worked_examples" / "providers"
EARLY = datetime(2023, 1, 1, tzinfo=UTC)
NUMBERS = count()


def written() -> list[Any]:
    cases = []
    for path in sorted(EXAMPLES.glob("*.yaml")):
        file = tree_of(path.read_text("utf-8"))
        for example in file["examples"]:
            if "policy" in file and not example["expect"].get("refused") and set(example["expect"]) != {"budget"}:
                # the quick run takes each fifth, and each that somebody else published
                theirs = example.get("source", file["source"]) != "ours"
                marks = () if theirs or len(cases) % 5 == 0 else pytest.mark.long
                name = f"{path.stem}: {example['name']}"
                cases.append(pytest.param(file["policy"], example, id=name, marks=marks))
    return cases


class World:
    """The evidence that an example stands for."""

    def __init__(self, name: str, example: Row) -> None:
        self.policy = library_policy(name)
        self.example = example
        self.period = str(example.get("period", "2026-06"))
        self.answers = readings_of(self.policy, {key: str(value) for key, value in example.get("reading", {}).items()})
        self.zone = ZoneInfo(self.policy.get("time_zone") or "UTC")
        self.span = period_of(self.period, self.zone)
        self.terms = terms_of(self.policy, example.get("tier"), self.answers)
        fee, currency = str(example.get("fee", f"1000 {self.policy.get('currency', 'EUR')}")).split()
        fees = {name: Decimal(str(fee).split()[0]) for name, fee in example.get("components", {}).items()}
        self.subscription = {
            "subscription": "s",
            "policy": name,
            "tier": self.terms.tier,
            "monthly_fee": Decimal(fee),
            "currency": currency,
            "starts": when(example.get("starts")) or EARLY,
            "ends": when(example.get("ends")),
            "component_fees": fees or None,
            "billing_day": example.get("billing_day"),
        }
        ends = instant(self.subscription["ends"]) if self.subscription["ends"] else 10**18
        # seen long enough after the period for what it judges to have ended
        as_of = instant(when(example["as_of"])) if "as_of" in example else self.span[1] + 2 * DAY
        self.contract = Contract(self.subscription, self.zone, instant(self.subscription["starts"]), ends, as_of)
        self.tables: dict[str, list[Row]] = {"subscriptions": [self.subscription]}
        self.told: set[str] = set()
        """Guarantees of which the example says what was measured."""
        self.tell()

    def tell(self) -> None:
        for name in ("outages", "maintenance", "tickets", "measurements", "charges", "holds", "claims_made"):
            self.tables[name] = [self.row(row) for row in self.example.get(name, [])]
        for number, ticket in enumerate(self.tables["tickets"], 1):
            ticket["ticket"] = f"ticket-{number}"
        for name in ("priorities", "updates"):
            self.tables[name] = [self.row(row) for row in self.example.get(name, [])]
        for measure in ("downtime", "availability", "attainment", "figure"):
            if measure in self.example:
                self.tell_measure(measure, self.example[measure])

    def row(self, written: Row) -> Row:
        number = next(NUMBERS)
        known = {name: f"{name}-{number}" for name in ("outage", "maintenance", "ticket") if name not in written}
        row: Row = known | {"subscription": "s"}
        for key, value in written.items():
            is_time = isinstance(value, str) and value[:2] == "20" and "T" in value
            row[key] = when(value) if is_time else value
        return row

    def tell_measure(self, measure: str, said: Any) -> None:
        for guarantee in self.terms.guarantees:
            if not self.concerns(guarantee, measure) or guarantee["window"] == "1h":
                continue
            own = said.get(guarantee["id"]) if isinstance(said, dict) else said
            if own is None:
                continue
            self.told.add(guarantee["id"])
            text = guarantee["window"] if guarantee["window"] != "incident" else "1mo"
            contract = self.contract
            windows = windows_of(
                text, self.zone, self.span, contract.starts, contract.ends, self.example.get("billing_day")
            )
            windows = [window for window in windows if self.span[0] < window[1] <= self.span[1]]
            values = own if isinstance(own, list) else [own] * len(windows)
            for window, value in zip(windows, values, strict=True):
                self.happen(guarantee, measure, window, value)

    @staticmethod
    def concerns(guarantee: Row, measure: str) -> bool:
        if guarantee["metric"] in ON_TICKETS:
            return measure == "attainment"
        if is_measured(guarantee) and guarantee["metric"] == "figure":
            return measure == "figure"
        return measure in ("availability", "downtime")

    def happen(self, guarantee: Row, measure: str, window: tuple[int, int], value: Any) -> None:
        if measure == "attainment":
            self.answer(window, Fraction(str(value)))
            return
        if is_measured(guarantee):
            self.measure(guarantee, window, Fraction(str(value)))
            return
        term = measured_term(guarantee.get("begins") or self.policy.get("begins"), self.contract)
        inside = max(window[0], term[0]), min(window[1], term[1])
        agreed = sum(end - start for start, end in open_spans(guarantee.get("hours"), self.zone, inside))
        if isinstance(guarantee.get("denominator"), dict):
            agreed = length_of(guarantee["denominator"]["of"])
        length = length_of(value) if measure == "downtime" else ceil(agreed * (100 - fraction(value)) / 100)
        at = moment(window[0] if measure == "downtime" else inside[0])
        components = guarantee.get("components") or [None]
        row = {"started": at, "ended": moment(instant(at) + length), "component": components[0]}
        if length:
            self.tables["outages"].append(self.row({}) | row | dict.fromkeys(("reported", "detected", "diagnosed"), at))

    def measure(self, guarantee: Row, window: tuple[int, int], value: Fraction) -> None:
        row = {"subscription": "s", "guarantee": guarantee["id"], "measured": moment(window[0])}
        if guarantee["metric"] == "figure":
            self.tables["measurements"].append(row | {"value": value})
            return
        slices = guarantee["measured"].get("slice")
        starts = range(window[0], window[1], length_of(slices)) if slices else [window[0]]
        failed = ceil(100 * 10**6 - value * 10**6)
        counts = {"failed": failed, "total": 100 * 10**6}
        self.tables["measurements"] += [row | counts | {"measured": moment(at)} for at in starts]

    def answer(self, window: tuple[int, int], value: Fraction) -> None:
        priority = next((one["id"] for one in (self.policy.get("support") or {}).get("priorities") or []), None)
        opened = (value / 100).denominator
        for number in range(opened):
            at = moment(window[0] + number)
            late = moment(window[1] - 1) if number >= value * opened / 100 else at
            known = {"opened": at, "responded": late, "resolved": late, "priority": priority, "kind": "incident"}
            self.tables["tickets"].append(self.row({}) | known)


def when(text: Any) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text))


@pytest.mark.parametrize(("name", "example"), written())
def test_published_examples(name: str, example: Row) -> None:
    world = World(name, example)
    as_of = moment(world.contract.as_of)
    found = assess({name: world.policy}, world.tables, world.period, as_of, world.answers)
    for thing, expected in example["expect"].items():
        if thing in CHECKS:
            CHECKS[thing](found, expected, world)


def check_credit(found: dict[str, list[Row]], expected: Any, _: World) -> None:
    rows = found["credits"]
    if isinstance(expected, dict):
        for remedy, amount in expected.items():
            assert sum(row["amount"] for row in rows if row["remedy"] == remedy) == money(amount)
    elif isinstance(expected, list):
        assert [row["amount"] for row in rows] == [money(amount) for amount in expected]
    else:
        assert sum(row["amount"] for row in rows) == money(expected)


def money(text: str) -> Decimal:
    return Decimal(text.split()[0])


def check_share(found: dict[str, list[Row]], expected: Any, _: World) -> None:
    rows = found["credits"]
    if isinstance(expected, dict):
        rows = [row for row in rows if row["remedy"] in expected]
        expected = list(expected.values())
    shares = expected if isinstance(expected, list) else [expected]
    assert [row["credit_percent"] / 100 for row in rows] == [fraction(share) for share in shares]


def check_met(found: dict[str, list[Row]], expected: Any, world: World) -> None:
    rows = [row for name in ("availability", "figures", "attainment", "incidents") for row in found[name]]
    if isinstance(expected, dict):
        for guarantee, met in expected.items():
            assert {row["met"] for row in rows if row["guarantee"] == guarantee} == {met}
    elif isinstance(expected, list):
        assert [row["met"] for row in rows] == expected
    else:
        rows = [row for row in rows if not world.told or row["guarantee"] in world.told]
        judged = {row["met"] for row in rows if row["met"] is not None} or {True}
        assert all(judged) == expected


def check_availability(found: dict[str, list[Row]], expected: Any, _: World) -> None:
    rows = found["availability"] + [row | {"availability": row["level"]} for row in found["figures"]]
    for row in rows:
        own = expected.get(row["guarantee"]) if isinstance(expected, dict) else expected
        assert own is None or row["availability"] == Decimal(str(own))


def check_downtime(found: dict[str, list[Row]], expected: Any, _: World) -> None:
    for row in found["availability"]:
        own = expected.get(row["guarantee"]) if isinstance(expected, dict) else expected
        assert own is None or row["downtime_seconds"] * 10**6 == length_of(own)


def check_deadline(found: dict[str, list[Row]], expected: Any, _: World) -> None:
    assert {claim["deadline"] for claim in found["claims"]} == {when(expected)}


CHECKS = {
    "credit": check_credit,
    "share": check_share,
    "met": check_met,
    "availability": check_availability,
    "downtime": check_downtime,
    "deadline": check_deadline,
}
