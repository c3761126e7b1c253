"""Every key of guarantees, credits, claims and rights decides a result, or describes; none is read and ignored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from small_contracts import HOUR, MINUTE, Case, Row, at, contract, down, holder, judged_each, work

from slakit.analysis.review import Review
from slakit.policy.conditions import Condition, Misses
from slakit.policy.document import Policy
from slakit.policy.guarantees import (
    Allowance,
    Begins,
    Exclude,
    Guarantee,
    Hours,
    Maintenance,
    Measured,
    Rounded,
    RoundedTime,
    Roundings,
    Tickets,
)
from slakit.policy.part import Part
from slakit.policy.recovery import Backup, Recovery
from slakit.policy.remedies import (
    Accrual,
    Band,
    Cap,
    Claims,
    Credit,
    EarnBack,
    FeeSum,
    Minimum,
    Multiple,
    Multiplier,
    OneOf,
    PointBand,
    PointValue,
    Remedy,
    Report,
    Requirement,
    Right,
    Shortfall,
    Slope,
)
from slakit.policy.support import Matrix, Priority, Support
from slakit.problems import InputError

MODELS: tuple[type[Part], ...] = (
    Accrual,
    Allowance,
    Backup,
    Band,
    Begins,
    Cap,
    Claims,
    Credit,
    EarnBack,
    Exclude,
    FeeSum,
    Guarantee,
    Hours,
    Maintenance,
    Matrix,
    Measured,
    Minimum,
    Misses,
    OneOf,
    PointBand,
    PointValue,
    Multiple,
    Multiplier,
    Condition,
    Priority,
    Recovery,
    Remedy,
    Report,
    Requirement,
    Right,
    Rounded,
    RoundedTime,
    Roundings,
    Shortfall,
    Slope,
    Support,
    Tickets,
)
ENDS = {"LevelRange", "DurationRange", "CountRange"}
"""Ends of a range, which are tested where they stand."""
AROUND = {
    "Answer", "Assumed", "Changes", "ClaimForm", "Contract", "Monitor", "Noticed", "Policy", "Printed", "Question",
    "Renewal", "Source", "Stated",
}  # fmt: skip
"""What a policy says beside terms that are computed: cards and findings show it (see test_card_is_whole.py)."""
DESCRIBES = {
    "Backup.places",
    "Backup.restores",
    "Claims.evidence",
    "Claims.form",
    "Claims.in_writing",
    "Claims.payout",
    "Credit.payout",
    "Guarantee.clauses",
    "Guarantee.like",  # written out before anything is decided: test_shared_terms.py
    "Guarantee.covers",
    "Guarantee.name",
    "Guarantee.printed",
    "Maintenance.id",
    "Maintenance.preferred",
    "Measured.unit",
    "OneOf.id",
    "OneOf.select",
    "Priority.id",
    "Priority.means",
    "Recovery.excludes",
    "Recovery.means",
    "Remedy.name",
    "Requirement.says",
    "Right.says",
    "Support.channels",
    "Support.coverage",
    "Support.priorities",
    "Support.ranked_by",
    *(f"{model.__name__}.clause" for model in MODELS if "clause" in model.model_fields),
}
"""Keys that cards, findings and explanations show."""

OUTAGES: list[Row] = [
    down(at("2026-04-14"), HOUR, "f", component="web"),
    down(at("2026-05-12T10:00"), 9 * HOUR, "e", component="web"),
    down(
        at("2026-06-02T10:00"),
        2 * HOUR,
        "a",
        component="web",
        reported=at("2026-06-02T10:30"),
        detected=at("2026-06-02T10:10"),
    ),
    down(at("2026-06-09T22:00"), 5 * HOUR, "b", component="disk", reported=at("2026-06-12T23:00")),
    down(at("2026-06-09T23:00"), HOUR, "c", component="web"),
    down(
        at("2026-06-16T12:00"),
        timedelta(minutes=50, seconds=15),
        "d",
        component="web",
        cause="customer",
        affected="0.4",
        reported=at("2026-06-16T12:20"),
    ),
]
WORK: list[Row] = [
    work(at("2026-06-02T11:00"), HOUR, notice=30 * HOUR, name="m1"),
    work(at("2026-06-16T12:30"), 10 * MINUTE, notice=90 * HOUR, name="m2"),
    work(at("2026-06-10T00:00"), HOUR, name="m3", kind="emergency"),
]
TICKETS: list[Row] = [
    {
        "ticket": name,
        "subscription": "s",
        "opened": opened,
        "responded": opened + answer,
        "priority": rank,
        "kind": kind,
        "resolved": opened + 3 * answer,
        "due": due,
    }
    for name, opened, answer, rank, kind, due in [
        ("t1", at("2026-06-02T10:00"), 3 * HOUR, "high", "incident", None),
        ("t2", at("2026-06-03T10:00"), 30 * MINUTE, "low", "incident", None),
        ("t3", at("2026-06-04T10:00"), 9 * HOUR, "low", "change", at("2026-06-04T18:00")),
    ]
]
BY_MATRIX: list[Row] = [
    {"ticket": "t4", "subscription": "s", "opened": at("2026-06-05T20:00"), "responded": at("2026-06-05T21:30"),
     "impact": "high", "urgency": "low"}
]  # fmt: skip
LOSSES: list[Row] = [
    {"recovery": "r", "subscription": "s", "kind": "vm", "failed": at("2026-06-03T12:00"),
     "last_good_copy": at("2026-06-03T10:00"), "restored": at("2026-06-03T16:00")}
]  # fmt: skip
COPIES: list[Row] = [
    {"subscription": "s", "taken": at(day), "kept_until": at(day) + 30 * 24 * HOUR}
    for day in ("2026-06-01", "2026-06-02", "2026-06-04")
]
ALWAYS: list[Row] = [{"subscription": "s", "started": at("2020-01-01"), "ended": at("2030-01-01")}]
SEEN: list[Row] = [{"subscription": "s", "started": at("2026-06-02"), "ended": at("2026-07-01")}]
CHANGES: list[Row] = [{"ticket": "t1", "started": at("2026-06-02T12:00"), "priority": "low"}]
VALUES: list[Row] = [
    {"subscription": "s", "guarantee": "uptime", "measured": at("2026-06-01") + n * HOUR, "value": str(value)}
    for n, value in enumerate([100, 100, 101, 150, 99])
]
COUNTS: list[Row] = [
    {
        "subscription": "s",
        "guarantee": "uptime",
        "measured": at("2026-06-01") + n * MINUTE,
        "failed": failed,
        "total": total,
    }
    for n, (failed, total) in enumerate([(0, 10), (9, 10), (2, 1000), (300, 400), (0, 0)])
]
SUBSCRIPTION = holder(tier="large", component_fees='{"web": 100, "disk": 300}', starts=at("2025-12-31T12:00"))


def case_of(guarantee: str, rest: str) -> Case:
    """A contract with a row of everything."""
    tables: dict[str, list[Row]] = {"maintenance": WORK, "tickets": TICKETS, "priorities": CHANGES}
    if "matrix" in rest:
        tables["tickets"] = [*TICKETS, *BY_MATRIX]
    tables["coverage"] = SEEN if "missing" in guarantee else ALWAYS
    rows = next((rows for said, rows in MEASUREMENTS.items() if said in guarantee), None)
    tables |= {"recoveries": LOSSES, "backups": COPIES} | ({"measurements": rows} if rows else {})
    return Case(policy_of(guarantee, rest), OUTAGES, SUBSCRIPTION, tables)


def outcome(review: Review) -> Any:
    """Everything that comes out."""
    found = [review.ledger, review.availability, review.attainment, review.figures, review.incidents, review.credits]
    found += [review.tickets, review.recoveries, review.backups]
    return [table.rows() for table in [*found, review.claims, review.requirements, review.rights]]


def policy_of(guarantee: str, rest: str) -> Policy:
    head = "tiers: [small, large]\n"
    head += "" if "support:" in rest else "support: {priorities: [{id: high}, {id: low}], clause: c}\n"
    return contract(guarantee, f"{rest}\n{head}" if rest.startswith("  -") else head + rest)


TARGET = "target: 99.9"
LEFT_OUT = "target: 99.9, exclude: {maintenance: [scheduled]}"


def owes(credit: str, guarantee: str = TARGET) -> str:
    return f"{guarantee}, credit: {{{credit}, clause: c}}"


def kind(terms: str) -> str:
    return f"maintenance: [{{kind: scheduled, {terms}clause: c}}]"


def remedy(terms: str, credit: str = "{flat: 5%, clause: c}") -> str:
    return f"remedies: [{{id: r, for: [uptime], {terms}credit: {credit}}}]"


TWO_REMEDIES = (
    "remedies: [{id: r, for: [uptime], credit: {flat: 5%, clause: c}}, "
    "{id: q, for: [uptime], credit: {flat: 5%, clause: c}}]\n"
)


def claim(terms: str) -> str:
    return f"claims: {{{terms}}}"


def right(terms: str) -> str:
    return f"rights: [{{id: end, says: end it, for: [uptime], {terms}, clause: c}}]"


FLAT = owes("flat: 5%")
LATE = "metric: response, within: 1h, target: 90"
RANKED = "metric: response, within: {high: 1h, low: 4h}, target: 90"
FIGURE = "metric: figure, measured: {by: mean}, at_most: 100"
POINTS = "bands: [{below: 99.9, credit: 2 points}]"
CARRIED = "minimum: {from: 80 EUR, otherwise: carried}"
Pair = tuple[str, str, str, str]
"""A guarantee and the rest of its policy, and the same with the key or with another value of it."""


def terms(one: str, other: str, rest: str = "") -> Pair:
    return one, rest, other, rest


def around(one: str, other: str, guarantee: str = FLAT) -> Pair:
    return guarantee, one, guarantee, other


WORKING = "{weekly: {mon-fri: ['08:00-17:00']}}"
GROWING = owes("shortfall: {}")
STARTING = f"{FLAT}, window: term"
CUT = f"{FLAT}, window: {{every: 12mo, from: 06-01}}"
"""A window that the start of the subscription cuts."""
LEFT_OUT_FLAT = f"{FLAT}, exclude: {{maintenance: [scheduled]}}"
TWO_BANDS = "bands: [{below: 99.9, credit: 5%}, {below: 99, credit: 10%}]"
BACK = "earn_back: {windows: 1, level: {from: 98}}"
TWO_POINTS = "{bands: [{below: 99.9, credit: 2 points}], clause: c}"
TWICE = "[{flat: 5%, clause: c}, {flat: 1%, clause: c}]"
OTHER = (
    "  - {id: more, metric: availability, target: 50, window: 1mo, clause: c}\n"
    "remedies: [{id: r, for: [uptime, more], credit: [{flat: 5%, for: [uptime], clause: c}, {flat: 1%, for: [more], "
    "clause: c}]}]\n"
)
SHARED = (
    "  - {id: more, metric: availability, target: 50, window: 1mo, clause: c}\n"
    "remedies: [{id: r, for: [uptime, more], credit: {flat: 5%, clause: c}}]\n"
)


def zoned(more: str) -> str:
    return WORKING.replace("}}", f"}}, {more}}}")


def accrued(more: str) -> str:
    return f"accrual: {{credit: 1%, per: 1h, count: complete{more}}}"


def sloped(more: str) -> str:
    return f"bands: [{{below: 99.9, credit: 5%, plus: {{{more}}}}}]"


def lost(terms: str) -> str:
    return f"recovery: [{{{terms}, clause: c}}]"


def copied(terms: str) -> str:
    return f"backups: [{{{terms}, clause: c}}]"


def desk(terms: str) -> str:
    return f"support: {{priorities: [{{id: high}}, {{id: low}}], clause: c{terms}}}"


CONDITIONS = {
    "from": "from: 99.5",
    "above": "above: 99.5",
    "to": "to: 99.5",
    "below": "below: 99.5",
    "outage": "outage: 6h",
    "downtime": "downtime: 8h30m",
    "incidents": "incidents: 3",
    "deviation": "deviation: 1",
    "streak": "streak: 2",
    "misses": "misses: {from: 2, of: 3}",
}
COUNT_SIDES = {"from": "from: 2", "above": "above: 1", "to": "to: 1", "below": "below: 2"}
POINT_SIDES = {"from": "from: 3", "above": "above: 2", "to": "to: 1", "below": "below: 2"}

DECIDES: dict[str, Pair] = {
    "Guarantee.id": around(remedy(""), "", TARGET),
    "Guarantee.metric": terms(TARGET, "metric: downtime, within: 1h"),
    "Guarantee.target": terms(TARGET, "target: 98"),
    "Guarantee.at_least": terms("metric: figure, measured: {by: mean}, at_least: 110", FIGURE),
    "Guarantee.at_most": terms(FIGURE, FIGURE.replace("100", "120")),
    "Guarantee.strictly": terms("metric: downtime, within: 9h", "metric: downtime, within: 9h, strictly: true"),
    "Guarantee.measured": terms(FIGURE, FIGURE.replace("mean", "largest")),
    "Guarantee.within": terms("metric: downtime, within: 1h", "metric: downtime, within: 9h"),
    "Guarantee.tiers": terms(FLAT, f"{FLAT}, tiers: [small]"),
    "Guarantee.commitment": terms(FLAT, f"{FLAT}, commitment: best_effort"),
    "Guarantee.window": terms(FLAT, f"{FLAT}, window: 1q"),
    "Guarantee.components": terms(FLAT, f"{FLAT}, components: [web]"),
    "Guarantee.combine": terms(f"{FLAT}, components: [web, disk]", f"{FLAT}, components: [web, disk], combine: mean"),
    "Guarantee.at_once": terms(f"{FLAT}, components: [web, disk]", f"{FLAT}, components: [web, disk], at_once: 2"),
    "Guarantee.affected": terms(FLAT, f"{FLAT}, affected: {{from: 50%}}"),
    "Guarantee.tickets": terms(LATE, f"{LATE}, tickets: {{kinds: [change]}}"),
    "Guarantee.ranked": terms(RANKED, f"{RANKED}, ranked: opened"),
    "Guarantee.clock": terms(FLAT, f"{FLAT}, clock: reported"),
    "Guarantee.hours": terms(FLAT, f"{FLAT}, hours: {WORKING}"),
    "Guarantee.exclude": terms(FLAT, f"{FLAT}, exclude: {{causes: [customer]}}"),
    "Guarantee.grace": terms(f"{FLAT}, clock: reported", f"{FLAT}, clock: reported, grace: 30m"),
    "Guarantee.join_gaps": terms(f"{FLAT}, minimum: 55m", f"{FLAT}, minimum: 55m, join_gaps: 7d"),
    "Guarantee.minimum": terms(FLAT, f"{FLAT}, minimum: 55m"),
    "Guarantee.unit": terms(FLAT, f"{FLAT}, unit: 1m"),
    "Guarantee.rounded": terms(FLAT, f"{FLAT}, rounded: {{downtime: {{to: 1h, how: up}}}}"),
    "Guarantee.weigh": terms(FLAT, f"{FLAT}, weigh: affected"),
    "Guarantee.denominator": terms(FLAT, f"{FLAT}, denominator: 730h"),
    "Guarantee.partial": terms(CUT, f"{CUT}, partial: full"),
    "Guarantee.missing": terms(f"{FLAT}, missing: excluded", f"{FLAT}, missing: down"),
    "Guarantee.begins": terms(FLAT, f"{FLAT}, begins: {{wait: 140d}}"),
    "Guarantee.credit": terms(TARGET, FLAT),
    "Allowance.at_most": around(kind("allowance: {at_most: 1h}, "), kind("allowance: {at_most: 30m}, "), LEFT_OUT),
    "Allowance.per": around(kind("allowance: {at_most: 1h}, "), kind("allowance: {at_most: 1h, per: 1d}, "), LEFT_OUT),
    "Begins.wait": terms(f"{STARTING}, begins: {{wait: 1d}}", f"{STARTING}, begins: {{wait: 2d}}"),
    "Hours.weekly": terms(f"{FLAT}, hours: {WORKING}", f"{FLAT}, hours: {WORKING.replace('fri', 'sun')}"),
    "Hours.time_zone": terms(f"{FLAT}, hours: {WORKING}", f"{FLAT}, hours: {zoned('time_zone: Europe/Oslo')}"),
    "Hours.holidays": terms(f"{FLAT}, hours: {WORKING}", f"{FLAT}, hours: {zoned('holidays: SE')}"),
    "Maintenance.kind": around(
        kind("notice: 48h, "), kind("notice: 48h, ").replace("scheduled", "emergency"), LEFT_OUT
    ),
    "Maintenance.notice": around(kind(""), kind("notice: 48h, "), LEFT_OUT),
    "Maintenance.holidays": around(kind("notice: 1bd, "), kind("notice: 1bd, holidays: IT, "), LEFT_OUT),
    "Maintenance.hours": around(kind(""), kind("hours: {weekly: {tue: ['12:00-13:00']}}, "), LEFT_OUT),
    "Maintenance.allowance": around(kind(""), kind("allowance: {at_most: 30m}, "), LEFT_OUT),
    "Exclude.maintenance": (*around(kind(""), kind(""), FLAT)[:2], LEFT_OUT_FLAT, kind("")),
    "Exclude.causes": terms(FLAT, f"{FLAT}, exclude: {{causes: [customer]}}"),
    "Exclude.tickets": terms(LATE, f"{LATE}, exclude: {{tickets: [change]}}"),
    "Exclude.own_deadline": terms(LATE, f"{LATE}, exclude: {{own_deadline: [change]}}"),
    "Tickets.kinds": terms(LATE, f"{LATE}, tickets: {{kinds: [change]}}"),
    "Tickets.priorities": terms(LATE, f"{LATE}, tickets: {{priorities: [high]}}"),
    "Roundings.outage": terms(FLAT, f"{FLAT}, rounded: {{outage: {{to: 1h, how: up}}}}"),
    "Roundings.downtime": terms(FLAT, f"{FLAT}, rounded: {{downtime: {{to: 1h, how: up}}}}"),
    "Roundings.level": terms(GROWING, f"{GROWING}, rounded: {{level: {{to: 0.5}}}}"),
    "Rounded.to": terms(f"{GROWING}, rounded: {{level: {{to: 0.1}}}}", f"{GROWING}, rounded: {{level: {{to: 0.5}}}}"),
    "Rounded.how": terms(
        f"{GROWING}, rounded: {{level: {{to: 0.5, how: up}}}}", f"{GROWING}, rounded: {{level: {{to: 0.5, how: down}}}}"
    ),
    "RoundedTime.to": terms(
        f"{FLAT}, rounded: {{downtime: {{to: 1h, how: up}}}}", f"{FLAT}, rounded: {{downtime: {{to: 2h, how: up}}}}"
    ),
    "RoundedTime.how": terms(
        f"{FLAT}, rounded: {{downtime: {{to: 1h, how: up}}}}", f"{FLAT}, rounded: {{downtime: {{to: 1h, how: down}}}}"
    ),
    "Measured.by": terms(FIGURE, FIGURE.replace("mean", "largest")),
    "Measured.slice": terms(
        "target: 99, measured: {by: mean, slice: 1m}", "target: 99, measured: {by: mean, slice: 30s}"
    ),
    "Measured.at": terms(
        "target: 99, measured: {by: down, slice: 1m, at: 50}", "target: 99, measured: {by: down, slice: 1m, at: 80}"
    ),
    "Measured.minimum_total": terms(
        "target: 99, measured: {by: ratio}", "target: 99, measured: {by: ratio, minimum_total: 10000}"
    ),
    "Credit.points": terms(owes(f"{POINTS}, points: {{each: 1%}}"), owes(f"{POINTS}, points: {{each: 2%}}")),
    "Credit.caps": terms(FLAT, owes("flat: 5%, caps: [{per: window, at_most: 4%}]")),
    "Credit.minimum": terms(FLAT, owes(f"flat: 5%, {CARRIED}")),
    "Credit.earn_back": terms(
        owes("flat: 5%", "target: 99"), owes("flat: 5%, earn_back: {windows: 1, level: {from: 98.7}}", "target: 99")
    ),
    "Credit.shortfall": terms(FLAT, owes("shortfall: {}")),
    "Credit.accrual": terms(FLAT, owes("accrual: {credit: 1%, per: 1h, count: exact}")),
    "Credit.multiple": terms(FLAT, owes("multiple: 3")),
    "Multiple.by": terms(owes("multiple: {by: 3, after: 15m}"), owes("multiple: {by: 2, after: 15m}")),
    "Multiple.after": terms(owes("multiple: 3"), owes("multiple: {by: 3, after: 15m}")),
    "Credit.tiers": terms(FLAT, owes("flat: 5%, tiers: [small]")),
    "Credit.for": around(remedy("", "[{flat: 5%, clause: c}]"), OTHER, TARGET),
    "Credit.of": terms(FLAT, owes("flat: 5%, of: annual_fee")),
    "Credit.bands": terms(FLAT, owes("bands: [{below: 99, credit: 5%}]")),
    "Credit.select": terms(owes(TWO_BANDS), owes(f"{TWO_BANDS}, select: sum")),
    "Credit.flat": terms(FLAT, owes("flat: 6%")),
    "Credit.per": terms(FLAT, owes("flat: 5%, per: day")),
    "Credit.when": terms(FLAT, owes("flat: 5%, when: {below: 99}")),
    "Credit.multipliers": terms(FLAT, owes("flat: 5%, multipliers: [{when: {below: 99}, by: 2}]")),
    "FeeSum.components": terms(owes("flat: 5%, of: {components: [web]}"), owes("flat: 5%, of: {components: [disk]}")),
    "FeeSum.last": terms(owes("flat: 5%, of: {last: 12mo}"), owes("flat: 5%, of: {last: 6mo}")),
    "FeeSum.mean": terms(owes("flat: 5%, of: {last: 12mo}"), owes("flat: 5%, of: {last: 12mo, mean: true}")),
    "Shortfall.from": terms(owes("shortfall: {}"), owes("shortfall: {from: full}")),
    "Shortfall.to": terms(owes("shortfall: {}"), owes("shortfall: {to: 99.5}")),
    "Shortfall.step": terms(owes("shortfall: {step: 0.1, credit: 1%}"), owes("shortfall: {step: 0.5, credit: 1%}")),
    "Shortfall.credit": terms(owes("shortfall: {step: 0.1, credit: 1%}"), owes("shortfall: {step: 0.1, credit: 2%}")),
    "Shortfall.count": terms(
        owes("shortfall: {step: 0.1, credit: 1%}"), owes("shortfall: {step: 0.1, credit: 1%, count: complete}")
    ),
    "Accrual.credit": terms(owes(accrued("")), owes(accrued("").replace("1%", "2%"))),
    "Accrual.per": terms(owes(accrued("")), owes(accrued("").replace("1h", "30m"))),
    "Accrual.count": terms(owes(accrued("")), owes(accrued("").replace("complete", "started"))),
    "Accrual.after": terms(owes(accrued("")), owes(accrued(", after: target"))),
    "Accrual.to": terms(owes(accrued("")), owes(accrued(", to: 2h"))),
    "Slope.shortfall": terms(owes(sloped("multiple: 1")), owes(sloped("shortfall: {}"))),
    "Slope.accrual": terms(owes(sloped("multiple: 1")), owes(sloped(accrued("")))),
    "Slope.multiple": terms(owes(sloped("multiple: 1")), owes(sloped("multiple: 2"))),
    "Band.credit": terms(owes("bands: [{below: 99.9, credit: 5%}]"), owes("bands: [{below: 99.9, credit: 6%}]")),
    "Band.plus": terms(owes("bands: [{below: 99.9, credit: 5%}]"), owes(sloped("multiple: 1"))),
    "Multiplier.when": terms(
        owes("flat: 5%, multipliers: [{when: {below: 99}, by: 2}]"),
        owes("flat: 5%, multipliers: [{when: {below: 98}, by: 2}]"),
    ),
    "Multiplier.by": terms(
        owes("flat: 5%, multipliers: [{when: {below: 99}, by: 2}]"),
        owes("flat: 5%, multipliers: [{when: {below: 99}, by: 3}]"),
    ),
    "Cap.per": terms(
        owes("flat: 5%, caps: [{per: window, at_most: 7%}]"), owes("flat: 5%, caps: [{per: term, at_most: 7%}]")
    ),
    "Cap.at_most": terms(
        owes("flat: 5%, caps: [{per: window, at_most: 7%}]"), owes("flat: 5%, caps: [{per: window, at_most: 3%}]")
    ),
    "Cap.of": terms(
        owes("flat: 5%, caps: [{per: window, at_most: 3%}]"),
        owes("flat: 5%, caps: [{per: window, at_most: 3%, of: annual_fee}]"),
    ),
    "Minimum.from": terms(owes(f"flat: 5%, {CARRIED}"), owes(f"flat: 5%, {CARRIED.replace('80', '120')}")),
    "Minimum.above": terms(
        owes("flat: 5%, minimum: {from: 50 EUR, otherwise: nothing}"),
        owes("flat: 5%, minimum: {above: 50 EUR, otherwise: nothing}"),
    ),
    "Minimum.of": terms(
        owes("flat: 5%, minimum: {from: 5%, otherwise: nothing}"),
        owes("flat: 5%, minimum: {from: 5%, of: annual_fee, otherwise: nothing}"),
    ),
    "Minimum.otherwise": terms(owes(f"flat: 5%, {CARRIED}"), owes(f"flat: 5%, {CARRIED.replace('carried', 'raised')}")),
    "EarnBack.windows": terms(owes(f"flat: 5%, {BACK}"), owes(f"flat: 5%, {BACK.replace('1', '3')}")),
    "EarnBack.level": terms(owes(f"flat: 5%, {BACK}"), owes(f"flat: 5%, {BACK.replace('98', '99.99')}")),
    "EarnBack.share": terms(owes(f"flat: 5%, {BACK}"), owes(f"flat: 5%, {BACK[:-1]}, share: 50%}}")),
    "PointBand.credit": terms(
        owes(f"{POINTS}, points: {{bands: [{{from: 1, credit: 1%}}]}}"),
        owes(f"{POINTS}, points: {{bands: [{{from: 1, credit: 2%}}]}}"),
    ),
    "PointValue.each": terms(owes(f"{POINTS}, points: {{each: 1%}}"), owes(f"{POINTS}, points: {{each: 2%}}")),
    "PointValue.bands": terms(
        owes(f"{POINTS}, points: {{each: 1%}}"), owes(f"{POINTS}, points: {{bands: [{{from: 1, credit: 1%}}]}}")
    ),
    "Remedy.points": around(
        remedy("points: {each: 1%}, ", TWO_POINTS), remedy("points: {each: 2%}, ", TWO_POINTS), TARGET
    ),
    "Remedy.caps": around(remedy(""), remedy("caps: [{per: window, at_most: 1%}], "), TARGET),
    "Remedy.minimum": around(remedy(""), remedy(f"{CARRIED}, "), TARGET),
    "Remedy.earn_back": around(remedy(""), remedy(f"{BACK}, "), TARGET),
    "Remedy.id": around(remedy(""), remedy("").replace("id: r,", "id: q,"), TARGET),
    "Remedy.for": around(SHARED, SHARED.replace("for: [uptime, more]", "for: [more]"), TARGET),
    "Remedy.select": around(remedy("", TWICE), remedy("select: largest, ", TWICE), TARGET),
    "Remedy.tiers": around(remedy(""), remedy("tiers: [small], "), TARGET),
    "Remedy.credit": around(remedy(""), remedy("", "{flat: 6%, clause: c}"), TARGET),
    "Remedy.claims": around(remedy(""), remedy("claims: {within: 3d}, "), TARGET),
    "Report.within": around(claim("within: 90d, report: {within: 1h}"), claim("within: 90d, report: {within: 10m}")),
    "Report.after": around(
        claim("within: 90d, report: {within: 10m}"), claim("within: 90d, report: {within: 10m, after: incident_end}")
    ),
    "Claims.needed": around(claim("needed: true"), claim("needed: false")),
    "Claims.opens": around(claim("within: 90d"), claim("within: 90d, opens: 60d")),
    "Claims.within": around(claim("within: 90d"), claim("within: 5d")),
    "Claims.after": around(claim("within: 90d"), claim("within: 90d, after: incident_end")),
    "Claims.to_end_of": around(claim("within: 10d"), claim("within: 10d, to_end_of: 1mo")),
    "Claims.report": around(claim("within: 90d"), claim("within: 90d, report: {within: 1h}")),
    "OneOf.remedies": around(
        f"{TWO_REMEDIES}one_of: [{{id: o, remedies: [r, q]}}]",
        f"{TWO_REMEDIES}one_of: [{{id: o, remedies: [q, r]}}]",
        TARGET,
    ),
    "Claims.requires": around(claim("within: 90d"), claim("within: 90d, requires: [{id: paid, says: paid}]")),
    "Requirement.id": around(
        claim("within: 90d, requires: [{id: paid, says: paid}]"),
        claim("within: 90d, requires: [{id: kept, says: paid}]"),
    ),
    "Claims.holidays": around(claim("within: 90bd"), claim("within: 90bd, holidays: SE")),
    "Right.id": around(right("when: {below: 99}"), right("when: {below: 99}").replace("id: end", "id: stop")),
    "Right.for": around(
        OTHER + right("when: {below: 99}"), OTHER + right("when: {below: 99}").replace("[uptime]", "[more]"), TARGET
    ),
    "Right.when": around(right("when: {below: 99}"), right("when: {below: 98}")),
    "Right.within": around(right("when: {below: 99}"), right("when: {below: 99}, within: 30d")),
    "Right.tiers": around(right("when: {below: 99}"), right("when: {below: 99}, tiers: [small]")),
    "Recovery.id": around(lost("id: vm, rpo: 1h"), lost("id: db, rpo: 1h"), TARGET),
    "Recovery.rpo": around(lost("id: vm, rpo: 2h"), lost("id: vm, rpo: {below: 2h}"), TARGET),
    "Recovery.rto": around(lost("id: vm, rto: 4h"), lost("id: vm, rto: {below: 4h}"), TARGET),
    "Recovery.commitment": around(lost("id: vm, rto: 4h"), lost("id: vm, rto: 4h, commitment: best_effort"), TARGET),
    "Backup.id": around(copied("id: daily, every: 1d"), copied("id: other, every: 1d"), TARGET),
    "Backup.every": around(copied("id: daily, every: 1d"), copied("id: daily, every: {below: 1d}"), TARGET),
    "Backup.kept": around(copied("id: daily, kept: 30d"), copied("id: daily, kept: {to: 30d}"), TARGET),
    "Support.hours": around(desk(""), desk(f", hours: {WORKING}"), LATE),
    "Support.matrix": around(
        desk(", matrix: {impact: {high: {low: low}}, clause: c}"),
        desk(", matrix: {impact: {high: {low: high}}, clause: c}"),
        RANKED,
    ),
    "Matrix.impact": around(
        desk(", matrix: {impact: {high: {low: low}}, clause: c}"),
        desk(", matrix: {impact: {high: {low: high}}, clause: c}"),
        RANKED,
    ),
    "Misses.of": terms(
        owes("bands: [{misses: {from: 2, of: 2}, credit: 5%}]"), owes("bands: [{misses: {from: 2, of: 1}, credit: 5%}]")
    ),
    **{
        f"Band.{side}": terms(owes("bands: [{below: 100, credit: 5%}]"), owes(f"bands: [{{{said}, credit: 5%}}]"))
        for side, said in CONDITIONS.items()
    },
    **{f"Condition.{side}": terms(FLAT, owes(f"flat: 5%, when: {{{said}}}")) for side, said in CONDITIONS.items()},
    **{
        f"Misses.{side}": terms(
            owes("bands: [{below: 100, credit: 5%}]"), owes(f"bands: [{{misses: {{{said}, of: 3}}, credit: 5%}}]")
        )
        for side, said in COUNT_SIDES.items()
    },
    **{
        f"PointBand.{side}": terms(
            owes(f"{POINTS}, points: {{each: 1%}}"), owes(f"{POINTS}, points: {{bands: [{{{said}, credit: 1%}}]}}")
        )
        for side, said in POINT_SIDES.items()
    },
}
"""Key → two policies that differ in it, and in what comes out."""
MEASUREMENTS = {"figure": VALUES, "target: 99, measured": COUNTS}


def keys() -> list[str]:
    """Every key of the models, as a file writes it."""
    return [f"{model.__name__}.{field.alias or name}" for model in MODELS for name, field in model.model_fields.items()]


def test_every_key_decides_or_describes() -> None:
    assert sorted({*DECIDES, *DESCRIBES}) == sorted(keys())
    assert not set(DECIDES) & DESCRIBES
    assert {model.__name__ for model in MODELS} | ENDS | AROUND == parts_of_a_policy()


def parts_of_a_policy() -> set[str]:
    """Every part that the schema of a policy has."""
    return {"Policy", *(name for name, part in Policy.model_json_schema()["$defs"].items() if "properties" in part)}


AT_ONCE = 30
"""Keys whose contracts one assessment judges."""


@pytest.fixture(scope="module")
def without_effect() -> Callable[[int], list[str]]:
    """Keys from a place on that change nothing."""

    @cache
    def found(first: int) -> list[str]:
        pairs = {key: DECIDES[key] for key in list(DECIDES)[first : first + AT_ONCE]}
        cases = [case for *one, other, rest in pairs.values() for case in (case_of(*one), case_of(other, rest))]
        outcomes = [outcome(each) for each in judged_each(cases, "2026-04/2026-06", as_of="2026-08-01", ranges=True)]
        return [key for key, one, other in zip(pairs, outcomes[::2], outcomes[1::2], strict=True) if one == other]

    return found


@pytest.mark.parametrize("key", DECIDES)
def test_a_key_changes_what_comes_out(without_effect: Callable[[int], list[str]], key: str) -> None:
    place = list(DECIDES).index(key)
    assert key not in without_effect(place - place % AT_ONCE)


# ------------------------------------------------------------------------------------- refused

IGNORED = [
    (f"{LATE}, clock: reported", "clock decides nothing of tickets"),
    (f"{LATE}, ranked: opened", "no priority decides anything here; remove it, or write times by priority"),
    (f"{TARGET}, ranked: opened", "ranked decides nothing of recorded outages; remove it"),
    (f"{LATE}, hours: {WORKING}", "hours decides nothing of tickets"),
    (f"{LATE}, minimum: 5m", "minimum decides nothing of tickets"),
    (f"{LATE}, missing: down", "missing decides nothing of tickets"),
    (f"{FIGURE}, missing: up", "missing decides nothing of measurements"),
    (f"{LATE}, join_gaps: 5m", "join_gaps decides nothing of tickets"),
    (f"{FIGURE}, join_gaps: 5m", "join_gaps decides nothing of measurements"),
    (f"{LATE}, denominator: less_maintenance", "denominator decides nothing of tickets"),
    (f"{LATE}, exclude: {{causes: [customer]}}", "exclude.causes decides nothing of tickets"),
    (f"{FIGURE}, unit: 1m", "unit decides nothing of measurements"),
    (f"{FIGURE}, weigh: affected", "weigh decides nothing of measurements"),
    (f"{FIGURE}, exclude: {{maintenance: [scheduled]}}", "exclude.maintenance decides nothing of measurements"),
    (f"{FIGURE}, rounded: {{downtime: {{to: 1h, how: up}}}}", "rounded.downtime decides nothing of measurements"),
    (f"{TARGET}, exclude: {{tickets: [change]}}", "exclude.tickets decides nothing of recorded outages"),
    ("target: 99, measured: {by: down, slice: 1m, at: 5}, clock: reported", "clock decides nothing of slices"),
    (f"{TARGET}, at_most: 3", "at_most is no term of a guarantee on availability"),
    (f"{TARGET}, within: 3h", "within is no term of a guarantee on availability"),
    ("metric: downtime, within: 9h, target: 99", "target is no term of a guarantee on downtime"),
    ("metric: incidents, at_most: 2, at_least: 1", "at_least is no term of a guarantee on incidents"),
    ("metric: replacement, within: 2h, window: incident, partial: skip", "partial is of a window"),
    ("metric: downtime, within: 2h, window: incident, missing: down", "missing is of a window"),
    (owes("flat: 5%, select: largest"), "only bands are chosen among"),
    (owes("flat: 5%, for: [other]"), "a schedule of one guarantee is for that one"),
    (owes("shortfall: {count: complete}"), "only steps of a shortfall are counted"),
    (owes("multiple: {by: 3, after: 0m}"), "a deductible of nothing; write the factor alone, like multiple: 10"),
    ("target: 99, measured: {by: ratio}, credit: {multiple: {by: 3, after: 5m}, clause: c}", "are no downtime"),
    (owes("shortfall: {step: 1}"), "a step without a credit; write credit: 1%"),
]


@pytest.mark.parametrize(("guarantee", "wrong"), IGNORED, ids=[wrong for _, wrong in IGNORED])
def test_what_would_be_ignored_is_refused(guarantee: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        contract(guarantee)


@pytest.mark.parametrize(
    ("rest", "wrong"),
    [
        (remedy("select: largest, "), "one schedule leaves nothing to choose"),
        (claim("needed: false, in_writing: true"), "no claim is needed"),
        (claim("to_end_of: 1mo"), "no deadline that could be put off"),
        (claim("within: 5d, holidays: SE"), "no time here is in business days"),
        (kind("notice: 48h, holidays: SE, "), "no time here is in business days"),
    ],
)
def test_what_would_be_ignored_around_a_guarantee_is_refused(rest: str, wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        contract(FLAT, rest)
