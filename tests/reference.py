"""A second opinion: verdicts, availability and credits for three contracts, calculated slowly.

This module shares nothing with the package it checks. It follows the calculation rules sentence by sentence:
every outage is cut at every instant at which anything changes, and each of the small pieces that result is
judged on its own by `verdict_of`, which asks the questions in the order in which the rules list them.

Instants are integer microseconds since 1970 (UTC), spans are half-open, shares are fractions. Nothing is
rounded but the money, once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import ceil, floor
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR = 3_600_000_000
NEVER = 10**19  # later than any instant: a subscription without an end


# --------------------------------------------------------------------------------------------------
# Instants and spans
# --------------------------------------------------------------------------------------------------


def instant(moment: datetime) -> int:
    """A moment as microseconds since 1970."""
    if moment.tzinfo is None:
        raise ValueError(f"a time needs an offset: {moment}")
    return (moment - EPOCH) // MICROSECOND


def moment(of: int) -> datetime:
    """Microseconds since 1970 as a moment in UTC."""
    return EPOCH + of * MICROSECOND


@dataclass(frozen=True)
class Span:
    """From `start` (included) to `end` (excluded)."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        return self.start <= other.start and other.end <= self.end

    def common_with(self, other: Span) -> Span:
        start = max(self.start, other.start)
        return Span(start, max(start, min(self.end, other.end)))

    @property
    def length(self) -> int:
        return self.end - self.start


def merged(spans: Iterable[Span]) -> list[Span]:
    """The maximal stretches without a gap: spans that overlap or touch become one."""
    stretches: list[Span] = []
    for span in sorted((s for s in spans if s.length > 0), key=lambda s: (s.start, s.end)):
        if stretches and span.start <= stretches[-1].end:
            last = stretches.pop()
            stretches.append(Span(last.start, max(last.end, span.end)))
        else:
            stretches.append(span)
    return stretches


# --------------------------------------------------------------------------------------------------
# What the three documents say (section 8 of the rules)
# --------------------------------------------------------------------------------------------------

# policy -> question -> answers, the default first
QUESTIONS: dict[str, dict[str, tuple[str, ...]]] = {
    "klikk": {
        "window": ("month", "quarter"),
        "rebate": ("per_service", "per_component", "per_incident"),
        "emergency-maintenance": ("infrastructure_only", "all", "none"),
        "replacement-hours": ("complete", "started"),
        "claim": ("incident_end", "window_end"),
        "cap": ("monthly", "annual"),
    },
    "wp-heaven": {},
    "klink-cloud": {
        "emergency-maintenance": ("counts", "excluded"),
        "notice": ("required", "not_required"),
    },
}
ZONES = {"klikk": "Europe/Oslo", "wp-heaven": "Europe/Copenhagen", "klink-cloud": "UTC"}
EXCLUDED_CAUSES = ("customer", "third_party", "third_party_api", "force_majeure")  # the same in all three
KLIKK_COMPONENTS = ("network", "infrastructure", "hardware", "connectivity")
KLINK_TARGETS = {"starter": Fraction("99.5"), "growth": Fraction("99.5"), "enterprise": Fraction("99.9")}
KLINK_BANDS = (  # availability below -> per cent of the monthly fee, deepest first
    (Fraction(95), Fraction(25)),
    (Fraction(99), Fraction(10)),
    (Fraction("99.9"), Fraction(5)),
)
NO_NOTICE = None


@dataclass(frozen=True)
class Promise:
    """One guarantee under one reading."""

    guarantee: str
    target: Fraction | None  # per cent; None: judged per incident, not per window
    clock: str  # which signal starts it: start, reported, reported_or_detected, diagnosed_else_reported
    component: str | None = None  # None: every component
    maintenance: dict[str, int | None] = field(default_factory=dict)  # kind left out -> notice it requires
    less_maintenance: bool = False  # maintenance shortens the agreed time as well


def answers_under(policy: str, reading: dict[str, dict[str, str]] | None) -> dict[str, str]:
    """Question -> answer: the defaults, but for what the reading answers differently."""
    questions = QUESTIONS[policy]
    answers = {question: known[0] for question, known in questions.items()}
    for question, answer in (reading or {}).get(policy, {}).items():
        if answer not in questions.get(question, ()):
            raise ValueError(f"{policy}: {question}={answer} is not one of its questions and answers")
        answers[question] = answer
    return answers


def klikk_promises(answers: dict[str, str]) -> list[Promise]:
    components_with_emergencies = {
        "infrastructure_only": ("infrastructure",),
        "all": KLIKK_COMPONENTS,
        "none": (),
    }[answers["emergency-maintenance"]]
    promises = []
    for component in KLIKK_COMPONENTS:
        maintenance: dict[str, int | None] = {"scheduled": 36 * HOUR}
        if component in components_with_emergencies:
            maintenance["emergency"] = NO_NOTICE
        promises.append(Promise(component, Fraction("99.95"), "reported", component, maintenance))
    promises.append(Promise("hardware-replacement", None, "diagnosed_else_reported", "hardware"))
    return promises


def klink_promises(answers: dict[str, str], tier: str) -> list[Promise]:
    maintenance: dict[str, int | None] = {"scheduled": 48 * HOUR}
    if answers["notice"] == "not_required":
        maintenance["scheduled"] = NO_NOTICE
    if answers["emergency-maintenance"] == "excluded":
        maintenance["emergency"] = NO_NOTICE
    return [Promise("platform", KLINK_TARGETS[tier], "start", maintenance=maintenance)]


def wp_heaven_promises() -> list[Promise]:
    notice: dict[str, int | None] = {"scheduled": 48 * HOUR}
    return [Promise("website", Fraction("99.5"), "reported_or_detected", maintenance=notice, less_maintenance=True)]


def promises_of(subscription: Row, answers: dict[str, str]) -> list[Promise]:
    if subscription["policy"] == "klikk":
        return klikk_promises(answers)
    if subscription["policy"] == "klink-cloud":
        return klink_promises(answers, subscription["tier"])
    return wp_heaven_promises()


# --------------------------------------------------------------------------------------------------
# Periods, windows, terms
# --------------------------------------------------------------------------------------------------


def first_of_month(year: int, month: int, zone: ZoneInfo) -> int:
    """Local midnight at the start of a month; month 13 is January of the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return instant(datetime(year, month, 1, tzinfo=zone))


def period_between(first_month: str, last_month: str, zone: ZoneInfo) -> Span:
    """Both months included: `2026-07`, `2026-09` is July, August and September."""
    first_year, first = (int(part) for part in first_month.split("-"))
    last_year, last = (int(part) for part in last_month.split("-"))
    return Span(first_of_month(first_year, first, zone), first_of_month(last_year, last + 1, zone))


def calendar_windows(months: int, period: Span, zone: ZoneInfo) -> list[Span]:
    """All calendar months (1) or quarters (3) that could matter to the period, in order."""
    first_year = moment(period.start).year - 1
    last_year = moment(period.end).year + 1
    return [
        Span(first_of_month(year, month, zone), first_of_month(year, month + months, zone))
        for year in range(first_year, last_year + 1)
        for month in range(1, 13, months)
    ]


def judged_windows(windows: list[Span], period: Span, as_of: int) -> list[Span]:
    """Those that end in the period, and have ended."""
    return [w for w in windows if period.start < w.end <= period.end and w.end <= as_of]


def running_windows(windows: list[Span], period: Span, as_of: int) -> list[Span]:
    """Those that have begun in the period and not ended by its end, or not by now."""
    begun = [w for w in windows if period.start <= w.start < period.end and w.start < as_of]
    return [w for w in begun if w.end > period.end or w.end > as_of]


def term_of(subscription: Row, zone: ZoneInfo) -> Span:
    """From when to when outages of a subscription are measured."""
    start = instant(subscription["starts"])
    end = NEVER if subscription.get("ends") is None else instant(subscription["ends"])
    if subscription["policy"] == "klikk":  # the first day of the next calendar month
        local = subscription["starts"].astimezone(zone)
        start = first_of_month(local.year, local.month + 1, zone)
    return Span(start, max(start, end))


# --------------------------------------------------------------------------------------------------
# Outages and maintenance as one guarantee sees them
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outage:
    """An outage, cut at `as_of`, with the start of the clock of one guarantee."""

    id: str
    component: str | None
    cause: str | None
    span: Span
    going_on: bool  # it had not ended at `as_of`
    clock: int | None  # None: no signal, or one after the end

    @property
    def clocked(self) -> Span:
        """The part on the clock; only asked of outages that have one."""
        assert self.clock is not None
        return Span(self.clock, self.span.end)


def signal_of(row: Row, clock: str) -> datetime | None:
    reported: datetime | None = row.get("reported")
    detected: datetime | None = row.get("detected")
    diagnosed: datetime | None = row.get("diagnosed")
    started: datetime = row["started"]
    if clock == "reported":
        return reported
    if clock == "reported_or_detected":
        known = [signal for signal in (reported, detected) if signal is not None]
        return min(known) if known else None
    if clock == "diagnosed_else_reported":
        return reported if diagnosed is None else diagnosed
    assert clock == "start"
    return started


def seen_outage(row: Row, clock: str, as_of: int) -> Outage | None:
    """None if it had not started at `as_of`."""
    start = instant(row["started"])
    if start >= as_of:
        return None
    going_on = row.get("ended") is None or instant(row["ended"]) > as_of
    end = as_of if going_on else instant(row["ended"])
    signal = signal_of(row, clock)
    reached = None
    if signal is not None and instant(signal) <= end:
        reached = max(start, instant(signal))
    return Outage(row["outage"], row.get("component"), row.get("cause"), Span(start, end), going_on, reached)


def concerns(component: str | None, promise: Promise) -> bool:
    return component is None or promise.component is None or component == promise.component


def notice_is_kept(row: Row, notice: int | None) -> bool:
    if notice is None:
        return True
    if row.get("announced") is None:
        return False
    return instant(row["started"]) - instant(row["announced"]) >= notice


def qualifying_maintenance(rows: list[Row], promise: Promise) -> list[Span]:
    return [
        Span(instant(row["started"]), instant(row["ended"]))
        for row in rows
        if row["kind"] in promise.maintenance
        and concerns(row.get("component"), promise)
        and notice_is_kept(row, promise.maintenance[row["kind"]])
    ]


# --------------------------------------------------------------------------------------------------
# One subscription before one guarantee: everything a verdict needs to know
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Incident:
    """A run: a maximal stretch without a gap of the outages on the clock."""

    span: Span
    going_on: bool


@dataclass(frozen=True)
class Matter:
    promise: Promise
    outages: list[Outage]
    maintenance: list[Span]
    term: Span
    period: Span
    judged: list[Span]
    running: list[Span]

    @cached_property
    def on_the_clock(self) -> list[Outage]:
        """Those of which something passes steps 1 to 4."""
        return [o for o in self.outages if self.passes(o) and o.clocked.length > 0]

    def passes(self, outage: Outage) -> bool:
        if not concerns(outage.component, self.promise) or outage.cause in EXCLUDED_CAUSES:
            return False
        return outage.clock is not None

    @cached_property
    def incidents(self) -> list[Incident]:
        outages = self.on_the_clock
        return [
            Incident(run, any(o.going_on and run.contains(o.clocked) for o in outages))
            for run in merged(o.clocked for o in outages)
        ]


@dataclass(frozen=True)
class Piece:
    outage: str
    span: Span
    verdict: str


def belongs_to_period(span: Span, going_on: bool, period: Span) -> bool:
    """An incident that ended in the period, or began in it and was still running at its end (or now)."""
    ended_in_it = not going_on and period.start < span.end <= period.end
    began_in_it = period.start <= span.start < period.end
    return ended_in_it or (began_in_it and (going_on or span.end > period.end))


def is_looked_at(piece: Span, outage: Outage, matter: Matter) -> bool:
    """Does the assessment judge, or show as running, what this piece lies in?"""
    if matter.promise.target is not None:
        return any(window.contains(piece) for window in matter.judged + matter.running)
    if matter.passes(outage) and outage.clocked.length > 0:
        for incident in matter.incidents:
            if incident.span.contains(outage.clocked):
                return belongs_to_period(incident.span, incident.going_on, matter.period)
    return belongs_to_period(outage.span, outage.going_on, matter.period)


def runs_in_an_earlier_one(piece: Span, outage: Outage, matter: Matter) -> bool:
    """The outage whose clock started first keeps the time; ties by id."""
    return any(
        other.clocked.contains(piece) and (other.clocked.start, other.id) < (outage.clocked.start, outage.id)
        for other in matter.on_the_clock
    )


def verdict_of(piece: Span, outage: Outage, matter: Matter) -> str:
    """The first that fits. None of the three documents has a minimum, service hours, or a unit."""
    if not is_looked_at(piece, outage, matter):
        return "outside_period"
    if not concerns(outage.component, matter.promise):
        return "other_component"
    if outage.cause in EXCLUDED_CAUSES:
        return "excluded_cause"
    if outage.clock is None:
        return "unreported"
    if piece.start < outage.clock:
        return "before_clock"
    if runs_in_an_earlier_one(piece, outage, matter):
        return "overlapping"
    if any(work.contains(piece) for work in matter.maintenance):
        return "maintenance"
    if not matter.term.contains(piece):
        return "outside_term"
    return "counted"


def instants_of_change(matter: Matter) -> list[int]:
    """Every instant at which any verdict could change."""
    spans = [*matter.maintenance, *matter.judged, *matter.running, matter.term, matter.period]
    edges = {edge for span in spans for edge in (span.start, span.end)}
    for outage in matter.outages:
        edges |= {outage.span.start, outage.span.end}
        edges |= set() if outage.clock is None else {outage.clock}
    return sorted(edges)


def judged_pieces(matter: Matter) -> list[Piece]:
    pieces = []
    changes = instants_of_change(matter)
    for outage in matter.outages:
        cuts = [edge for edge in changes if outage.span.start <= edge <= outage.span.end]
        for start, end in pairwise(cuts):
            piece = Span(start, end)
            pieces.append(Piece(outage.id, piece, verdict_of(piece, outage, matter)))
    return pieces


def counted_within(pieces: list[Piece], window: Span) -> list[Span]:
    return [p.span for p in pieces if p.verdict == "counted" and window.contains(p.span)]


# --------------------------------------------------------------------------------------------------
# Availability
# --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Availability:
    agreed: int
    downtime: int
    met: bool | None

    @property
    def percent(self) -> Fraction:
        return Fraction(100 * (self.agreed - self.downtime), self.agreed)


def agreed_time(window: Span, matter: Matter) -> int:
    service_time = window.common_with(matter.term)
    if not matter.promise.less_maintenance:
        return service_time.length
    inside = [work.common_with(service_time) for work in matter.maintenance]
    return service_time.length - sum(work.length for work in merged(inside))


def availability_in(window: Span, matter: Matter, pieces: list[Piece]) -> Availability:
    agreed = agreed_time(window, matter)
    downtime = sum(span.length for span in counted_within(pieces, window))
    if agreed == 0:
        return Availability(agreed, downtime, None)
    assert matter.promise.target is not None
    met = Fraction(agreed - downtime, agreed) >= matter.promise.target / 100
    return Availability(agreed, downtime, met)


# --------------------------------------------------------------------------------------------------
# Credits, not yet rounded: (start of the window, amount)
# --------------------------------------------------------------------------------------------------


@dataclass
class Case:
    """One subscription, judged: what happened under each of its guarantees."""

    subscription: Row
    answers: dict[str, str]
    claims: list[Row]  # made by `as_of`
    matters: dict[str, Matter] = field(default_factory=dict)
    pieces: dict[str, list[Piece]] = field(default_factory=dict)
    windows: dict[str, dict[Span, Availability]] = field(default_factory=dict)

    @property
    def fee(self) -> Fraction:
        return Fraction(self.subscription["monthly_fee"])


def rounded(amount: Fraction) -> Decimal:
    """Half up to two decimals."""
    return Decimal(floor(amount * 100 + Fraction(1, 2))).scaleb(-2)


def wp_heaven_credits(case: Case) -> list[tuple[int, Fraction]]:
    """Compensation = (guaranteed - actual) x (monthly price / 100)."""
    return [
        (window.start, (Fraction("99.5") - availability.percent) * case.fee / 100)
        for window, availability in case.windows["website"].items()
        if availability.met is False
    ]


def klink_credits(case: Case) -> list[tuple[int, Fraction]]:
    """The deepest band reached; enterprise customers only."""
    if case.subscription["tier"] != "enterprise":
        return []
    owed = []
    for window, availability in case.windows["platform"].items():
        if availability.met is None:
            continue
        reached = [credit for below, credit in KLINK_BANDS if availability.percent < below]
        if reached:
            owed.append((window.start, reached[0] * case.fee / 100))
    return owed


def klikk_thirtieths(case: Case, window: Span) -> int:
    """How many times a thirtieth of the monthly fee is owed for a window, before the cap."""
    missed = [c for c in KLIKK_COMPONENTS if case.windows[c][window].met is False]
    if case.answers["rebate"] == "per_service":
        return 1 if missed else 0
    if case.answers["rebate"] == "per_component":
        return len(missed)
    return sum(len(merged(counted_within(case.pieces[component], window))) for component in missed)


def klikk_cap(case: Case) -> Fraction:
    """Thirty days of fees."""
    if case.answers["cap"] == "annual":
        return 30 * (12 * case.fee) / 365
    return 30 * case.fee / 30


def claimed_elsewhere(case: Case, remedy: str, judged: list[Span]) -> Fraction:
    """Claims already made for windows that this assessment does not judge."""
    total = Fraction(0)
    for claim in case.claims:
        at = instant(claim["window_start"])
        if claim["remedy"] == remedy and not any(w.start <= at < w.end for w in judged):
            total += Fraction(claim["amount"])
    return total


def klikk_iaas_credits(case: Case) -> list[tuple[int, Fraction]]:
    judged = case.matters["network"].judged  # the same for all four components
    left = klikk_cap(case) - claimed_elsewhere(case, "iaas", judged)
    owed = []
    for window in judged:
        amount = max(Fraction(0), min(left, klikk_thirtieths(case, window) * case.fee / 30))
        left -= Fraction(rounded(amount))
        owed.append((window.start, amount))
    return owed


def klikk_replacement_credits(case: Case) -> list[tuple[int, Fraction]]:
    """A thirtieth of the hardware's fee per additional hour beyond three, at most one fee per incident."""
    matter = case.matters["hardware-replacement"]
    fee = Fraction((case.subscription.get("component_fees") or {}).get("hardware", case.fee))
    owed = []
    for incident in matter.incidents:
        if incident.going_on or not matter.period.start < incident.span.end <= matter.period.end:
            continue
        counted = counted_within(case.pieces["hardware-replacement"], incident.span)
        beyond = max(0, sum(span.length for span in counted) - 3 * HOUR)
        hours = Fraction(beyond, HOUR)
        units = ceil(hours) if case.answers["replacement-hours"] == "started" else floor(hours)
        owed.append((incident.span.start, min(fee, units * fee / 30)))
    return owed


def credits_by_remedy(case: Case) -> dict[str, list[tuple[int, Fraction]]]:
    policy = case.subscription["policy"]
    if policy == "wp-heaven":
        return {"website": wp_heaven_credits(case)}
    if policy == "klink-cloud":
        return {"platform": klink_credits(case)}
    return {"iaas": klikk_iaas_credits(case), "hardware-replacement": klikk_replacement_credits(case)}


# --------------------------------------------------------------------------------------------------
# The assessment
# --------------------------------------------------------------------------------------------------


@dataclass
class Result:
    # (subscription, guarantee, outage, verdict) -> microseconds, zero left out
    verdicts: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    # (subscription, guarantee, start of the judged window) -> agreed, downtime (microseconds), met
    availability: dict[tuple[str, str, datetime], tuple[int, int, bool | None]] = field(default_factory=dict)
    # (subscription, remedy, start of the window or of the incident's clock) -> amount above zero
    credits: dict[tuple[str, str, datetime], Decimal] = field(default_factory=dict)


def rows_of(evidence: dict[str, list[Row]], table: str, subscription: Row) -> list[Row]:
    return [r for r in evidence.get(table, []) if r["subscription"] == subscription["subscription"]]


def matter_of(
    promise: Promise,
    subscription: Row,
    evidence: dict[str, list[Row]],
    months: tuple[str, str],
    window_months: int,
    as_of: int,
) -> Matter:
    zone = ZoneInfo(ZONES[subscription["policy"]])
    period = period_between(*months, zone)
    windows = [] if promise.target is None else calendar_windows(window_months, period, zone)
    rows = rows_of(evidence, "outages", subscription)
    seen = [seen_outage(row, promise.clock, as_of) for row in rows]
    return Matter(
        promise=promise,
        outages=[outage for outage in seen if outage is not None],
        maintenance=qualifying_maintenance(rows_of(evidence, "maintenance", subscription), promise),
        term=term_of(subscription, zone),
        period=period,
        judged=judged_windows(windows, period, as_of),
        running=running_windows(windows, period, as_of),
    )


def case_of(
    subscription: Row,
    evidence: dict[str, list[Row]],
    months: tuple[str, str],
    as_of: int,
    answers: dict[str, str],
) -> Case:
    claims = [
        claim
        for claim in rows_of(evidence, "claims_made", subscription)
        if claim.get("amount") is not None and instant(claim["claimed"]) <= as_of
    ]
    case = Case(subscription, answers, claims)
    window_months = 3 if answers.get("window") == "quarter" else 1
    for promise in promises_of(subscription, answers):
        matter = matter_of(promise, subscription, evidence, months, window_months, as_of)
        pieces = judged_pieces(matter)
        case.matters[promise.guarantee] = matter
        case.pieces[promise.guarantee] = pieces
        case.windows[promise.guarantee] = {w: availability_in(w, matter, pieces) for w in matter.judged}
    return case


def enter(case: Case, result: Result) -> None:
    """Write one subscription's facts into the result."""
    name = case.subscription["subscription"]
    for guarantee, pieces in case.pieces.items():
        for piece in pieces:
            key = (name, guarantee, piece.outage, piece.verdict)
            result.verdicts[key] = result.verdicts.get(key, 0) + piece.span.length
    for guarantee, windows in case.windows.items():
        for window, found in windows.items():
            key_of_window = (name, guarantee, moment(window.start))
            result.availability[key_of_window] = (found.agreed, found.downtime, found.met)
    for remedy, owed in credits_by_remedy(case).items():
        for start, amount in owed:
            if rounded(amount) > 0:
                result.credits[(name, remedy, moment(start))] = rounded(amount)


def assess(
    evidence: dict[str, list[Row]],
    first_month: str,
    last_month: str,
    as_of: datetime,
    reading: dict[str, dict[str, str]] | None = None,
) -> Result:
    """Judge every subscription for the months from `first_month` to `last_month`, as known at `as_of`."""
    result = Result()
    for subscription in evidence["subscriptions"]:
        answers = answers_under(subscription["policy"], reading)
        case = case_of(subscription, evidence, (first_month, last_month), instant(as_of), answers)
        enter(case, result)
    return result
