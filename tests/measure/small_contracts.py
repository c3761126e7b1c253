"""Contracts of one guarantee and evidence of one subscription, in a line each; and what an assessment says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl

from slakit.analysis.assess import assess
from slakit.analysis.review import OF_SUBSCRIPTIONS, Review
from slakit.evidence.evidence import Evidence
from slakit.evidence.tables import TABLES
from slakit.policy.document import Policy
from slakit.policy.files import parse_policy

Row = dict[str, Any]

MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LATER = "2030-01-01"

HEAD = """\
format: 1
id: small
provider: Small
service: Anything
source: {title: Terms, language: en, retrieved: 2026-01-01}
"""


def contract(guarantee: str, rest: str = "", *, zone: str = "UTC") -> Policy:
    """A policy with the guarantee `uptime` on availability, per month unless its terms (flow YAML) say otherwise."""
    return parse_policy(contract_text(guarantee, rest, zone=zone), name="small.yaml")


def contract_text(guarantee: str, rest: str = "", *, zone: str = "UTC") -> str:
    """The file of such a policy."""
    window = "" if "window:" in guarantee else "window: 1mo, "
    metric = "" if "metric:" in guarantee else "metric: availability, "
    terms = f"id: uptime, {metric}{window}clause: c, {guarantee}"
    return f"{HEAD}time_zone: {zone}\nguarantees:\n  - {{{terms}}}\n{rest}\n"


def contract_of(body: str, *, zone: str = "UTC") -> Policy:
    """A policy whose guarantees, remedies and so on are all written out."""
    return parse_policy(f"{HEAD}time_zone: {zone}\n{body}\n", name="small.yaml")


def at(text: str, zone: str = "UTC") -> datetime:
    """An instant from local time in a zone: `2026-06-01`, `2026-06-01T10:30`."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def down(started: datetime, length: timedelta | None, name: str = "o", **known: Any) -> Row:
    """An outage; without a length it still goes on."""
    ended = None if length is None else started + length
    return {"outage": name, "subscription": "s", "started": started, "ended": ended, **known}


def work(
    started: datetime, length: timedelta, *, notice: timedelta | None = None, name: str = "m", **known: Any
) -> Row:
    """Maintenance, announced by so much before its start."""
    announced = None if notice is None else started - notice
    row = {"maintenance": name, "subscription": "s", "started": started, "ended": started + length}
    return {**row, "announced": announced, "kind": "scheduled", **known}


def holder(policy: str = "small", fee: str = "1000", currency: str = "EUR", **known: Any) -> Row:
    """A subscription that began long ago."""
    row = {"subscription": "s", "policy": policy, "monthly_fee": fee, "currency": currency}
    return {**row, "starts": at("2020-01-01"), **known}


def evidence(
    outages: Iterable[Row] = (), *, subscriptions: Iterable[Row] | None = None, **tables: Iterable[Row]
) -> Evidence:
    """Checked tables; one without a row is left out, but that of outages, and one subscription stands in for none."""
    given = {"outages": list(outages), **{name: list(rows) for name, rows in tables.items()}}
    filled = {name: pl.DataFrame(rows, infer_schema_length=None) for name, rows in given.items() if rows}
    filled.setdefault("outages", TABLES["outages"].empty())
    held = list(subscriptions) if subscriptions is not None else [holder()]
    return Evidence.of(pl.DataFrame(held, infer_schema_length=None), **filled)


def judged(
    policy: Policy | str,
    outages: Iterable[Row] = (),
    period: str = "2026-06",
    *,
    as_of: str | datetime = LATER,
    reading: Mapping[str, str] | None = None,
    ranges: bool = False,
    **tables: Iterable[Row],
) -> Review:
    """Assess evidence of one subscription of a policy, or of the library's policy of that name."""
    tables.setdefault("subscriptions", [holder("small" if isinstance(policy, Policy) else policy)])
    known = {"small": policy} if isinstance(policy, Policy) else None
    return assess(evidence(outages, **tables), period, as_of, reading=reading, policies=known, ranges=ranges)


def owed(review: Review) -> Decimal:
    """The sum of its credits."""
    return sum(review.owed.values(), Decimal(0))


class Case(NamedTuple):
    """A contract, its outages, what else is said of the subscription, and tables of other evidence."""

    policy: Policy
    outages: Iterable[Row] = ()
    held: Row = {}
    tables: Mapping[str, Iterable[Row]] = {}


NAMING = ("outage", "maintenance", "ticket", "recovery")
"""Columns of evidence that name a row."""


def judged_each(
    cases: Iterable[Case], period: str = "2026-06", *, as_of: str | datetime = LATER, ranges: bool = False
) -> list[Review]:
    """Assess a subscription of each of these contracts, all in one assessment, and part it: reviews as of `judged`."""
    known: dict[str, Policy] = {}
    held: list[Row] = []
    tables: dict[str, list[Row]] = {}
    for number, case in enumerate(cases):
        name = f"s{number}"
        policy = next((known_as for known_as, one in known.items() if one is case.policy), f"small{len(known)}")
        known[policy] = case.policy
        held.append(holder(policy) | case.held | {"subscription": name, "policy": policy})
        for table, rows in {"outages": case.outages, **case.tables}.items():
            tables.setdefault(table, []).extend(_of(name, row) for row in rows)
    review = assess(evidence(**tables, subscriptions=held), period, as_of, policies=known, ranges=ranges)
    return [_alone(review, row["subscription"]) for row in held]


def _of(name: str, row: Row) -> Row:
    """A row of the subscription `s` as one of another, with an id of its own."""
    named = {column: f"{name} {row[column]}" for column in NAMING if column in row}
    return row | named | ({"subscription": name} if "subscription" in row else {})


def _alone(review: Review, name: str) -> Review:
    """The review of one subscription, which is called `s` again."""
    own = review.of(name)
    ids = pl.col(pl.String).str.strip_prefix(f"{name} ")
    tables = {
        table: getattr(own, table).with_columns(ids).with_columns(subscription=pl.lit("s"))
        for table in OF_SUBSCRIPTIONS
    }
    return replace(own, **tables)


def owed_each(cases: Iterable[tuple[Policy, Iterable[Row], str]]) -> list[Decimal]:
    """What each of these contracts owes for its outages of June 2026 and its fee, all in one assessment."""
    told = [Case(policy, rows, {"monthly_fee": fee}) for policy, rows, fee in cases]
    return [owed(review) for review in judged_each(told)]


def amounts(review: Review) -> list[Decimal]:
    """The credits, window after window."""
    return review.credits["amount"].to_list()


def seconds_by_verdict(review: Review, guarantee: str = "uptime") -> dict[str, Decimal]:
    """How long each verdict lasted."""
    own = review.ledger.filter(pl.col("guarantee") == guarantee)
    sums = own.group_by("verdict", maintain_order=True).agg(pl.col("seconds").sum())
    return dict(sums.iter_rows())


def downtimes(review: Review, guarantee: str = "uptime") -> list[Decimal]:
    """Downtime of each window. [s]"""
    own = review.availability.filter(pl.col("guarantee") == guarantee)
    return own.sort("window_end")["downtime_seconds"].to_list()


def agreed_hours(review: Review, guarantee: str = "uptime") -> list[Decimal]:
    """Agreed service time of each window. [h]"""
    own = review.availability.filter(pl.col("guarantee") == guarantee).sort("window_end")
    return [seconds / 3600 for seconds in own["agreed_seconds"].to_list()]
