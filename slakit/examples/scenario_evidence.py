"""From what an example says happened to evidence: exactly that much downtime, in exactly that window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from slakit.evidence.evidence import Evidence
from slakit.evidence.files import read_evidence
from slakit.evidence.tables import PARENTS
from slakit.examples.files import Case
from slakit.examples.model import EXAMPLE_TABLES
from slakit.measure.budgets import agreed_time, windows_of
from slakit.measure.calendar import Period, Span, midnight, to_instant
from slakit.measure.hours import open_spans
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.guarantees import ON_TICKETS, Guarantee
from slakit.policy.quantities import FULL, MICROSECONDS, PERCENT_SCALE, Money
from slakit.policy.terms import Terms
from slakit.problems import InputError, Problem

EXAMPLE_NAME = "example"
"""What the subscription of an example is called."""
TICKETS_A_WINDOW = 10_000
EXAMPLE_FEE = Decimal(1000)


def scenario_evidence(case: Case, terms: Terms) -> Evidence:
    """Make evidence of one subscription to which happened what the example says.

    Raises
    ------
    InputError
        The tables are at fault, or what happened cannot be laid out exactly.
    """
    if case.example.evidence is not None:
        return read_evidence(case.folder / case.example.evidence)
    example, zone = case.example, terms.time_zone or ASSUMED_ZONE
    period = Period.parse(example.period)
    fee = example.fee or Money(EXAMPLE_FEE, case.policy.currency or "EUR")
    long_before = period.first.replace(year=period.first.year - 2, day=1)
    fees = ", ".join(f'"{name}": {money.amount}' for name, money in example.components.items())
    subscription = {
        "subscription": EXAMPLE_NAME,
        "policy": case.policy.id,
        "tier": terms.tier,
        "monthly_fee": str(fee.amount),
        "currency": fee.currency,
        "starts": example.starts or to_instant(midnight(long_before, zone)),
        "ends": example.ends,
        "billing_day": example.billing_day,
        "component_fees": f"{{{fees}}}" if fees else None,
    }
    tables: dict[str, list[dict[str, Any]]] = {name: [] for name in EXAMPLE_TABLES}
    ids = {"outages": "outage", "maintenance": "maintenance", "tickets": "ticket"}
    for table, rows in tables.items():
        for number, row in enumerate(getattr(example, table), 1):
            named = {ids[table]: f"{ids[table]}-{number}"} if table in ids else {}
            written = {name: str(value) if isinstance(value, Decimal) else value for name, value in row.items()}
            whose = {"subscription": EXAMPLE_NAME} if table not in PARENTS else {}
            rows.append(named | whose | written)
    for table, rows in _happened(case, terms, period):
        tables[table] += rows
    # What an example does not write did not happen: only what was measured cannot be known from silence,
    # and all time was observed.
    silent = ("measurements", "coverage")
    given: dict[str, Any] = {name: rows for name, rows in tables.items() if rows or name not in silent}
    return Evidence.of([{name: value for name, value in subscription.items() if value is not None}], **given)


def _happened(case: Case, terms: Terms, period: Period) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    example = case.example
    if example.downtime is not None:
        for guarantee, alone, lengths in _each(case, terms, example.downtime, "downtime"):
            spans = _windows(guarantee, terms, period)
            down = [length.microseconds for length in lengths]
            yield "outages", list(_outages(case, terms, guarantee, alone, spans, down))
    if example.availability is not None:
        for guarantee, alone, levels in _each(case, terms, example.availability, "availability"):
            spans = _windows(guarantee, terms, period)
            if guarantee.on_measurements:
                yield "measurements", list(_measurements(guarantee, spans, levels))
            else:
                down = []
                for level, span in zip(levels, spans, strict=False):
                    agreed = agreed_time(guarantee, terms.time_zone or ASSUMED_ZONE, span)
                    scaled, is_percentage = int((100 - level) * PERCENT_SCALE) * agreed, 0 <= level <= 100
                    if scaled % FULL or not is_percentage:
                        wrong = "no whole microsecond of downtime leaves exactly this"
                        wrong = wrong if is_percentage else "not a percentage"
                        raise InputError(
                            case.where, [Problem(f"{case.where} availability", level, wrong, "write downtime")]
                        )
                    down.append(scaled // FULL)
                yield "outages", list(_outages(case, terms, guarantee, alone, spans, down))
    if example.figure is not None:
        for guarantee, _, values in _each(case, terms, example.figure, "figure"):
            yield "measurements", list(_measurements(guarantee, _windows(guarantee, terms, period), values))
    if example.attainment is not None:
        for guarantee, _, levels in _each(case, terms, example.attainment, "attainment"):
            spans = _windows(guarantee, terms, period)
            both = zip(spans, levels, strict=False)
            yield "tickets", [ticket for pair in both for ticket in _tickets(case, terms, guarantee, *pair)]


def _each(case: Case, terms: Terms, given: Any, what: str) -> Iterator[tuple[Guarantee, bool, Sequence[Any]]]:
    """Yield guarantees that something happened to, whether only to them, and what in each window."""
    if isinstance(given, dict):
        for name, values in given.items():
            guarantee = terms.guarantee(name)
            if not _shows(guarantee, what):
                table = "tickets" if guarantee.metric in ON_TICKETS else "outages"
                table = table if guarantee.measured is None else "measurements"
                wrong = f"{what} makes no {table}, by which {name} is judged"
                raise InputError(case.where, [Problem(f"{case.where} {what}", name, wrong, f"write {table}")])
            yield guarantee, True, values if isinstance(values, list) else [values]
        return
    for guarantee in terms.guarantees:
        has_share = guarantee.target is not None and guarantee.metric != "update"
        if _shows(guarantee, what) and (what != "attainment" or has_share):
            yield guarantee, False, given if isinstance(given, list) else [given]
            return
    problem = Problem(f"{case.where} {case.example.name}", None, "no such guarantee", "name a guarantee")
    raise InputError(case.where, [problem])


def _shows(guarantee: Guarantee, what: str) -> bool:
    """Whether what is laid out as evidence is what the guarantee is judged by: slices that are down are measured."""
    if what == "attainment":
        return guarantee.metric in ON_TICKETS
    if what == "figure":
        return guarantee.on_measurements
    by_outages = guarantee.on_outages and guarantee.measured is None
    return by_outages or (what == "availability" and guarantee.metric == what and guarantee.on_measurements)


def _windows(guarantee: Guarantee, terms: Terms, period: Period) -> list[Span]:
    zone = terms.time_zone or ASSUMED_ZONE
    return windows_of(guarantee, zone, period) or [period.span(zone)]


def _outages(
    case: Case, terms: Terms, guarantee: Guarantee, alone: bool, spans: Sequence[Span], lengths: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Yield one outage in each window, from its beginning, or from when the service hours first open in it."""
    zone = terms.time_zone or ASSUMED_ZONE
    if len(lengths) > len(spans):
        wrong = f"{len(lengths)} values for {len(spans)} windows of {guarantee.id}"
        raise InputError(case.where, [Problem(case.where, None, wrong, "write one for each window of the period")])
    for number, ((first, last), length) in enumerate(zip(spans, lengths, strict=False)):
        if length:
            started, ended = _lasting(guarantee, zone, (first, last), length)
            known = to_instant(started)
            row: dict[str, Any] = {"outage": f"{guarantee.id}-{number}", "subscription": EXAMPLE_NAME}
            row |= {"started": known, "ended": to_instant(ended)}
            signals = dict.fromkeys(("detected", "reported", "diagnosed"), known)
            # an outage of a mean is one of all its components
            of = guarantee.components if guarantee.combine == "mean" else guarantee.components[:1]
            if not alone or not of:
                yield row | signals
                continue
            for part, name in enumerate(dict.fromkeys(of)):
                yield row | signals | {"component": name, "outage": f"{row['outage']}{f'-{part}' * (part > 0)}"}


def _lasting(guarantee: Guarantee, zone: str, window: Span, length: int) -> Span:
    """Place an outage that has a length inside the service hours."""
    first, last = window
    if guarantee.hours is None:
        return first, first + length
    started, rest = None, length
    for begin, end in sorted(open_spans(guarantee.hours, zone, first, last)):
        begin = max(begin, first)
        started = begin if started is None else started
        if end - begin >= rest:
            return started, begin + rest
        rest -= end - begin
    return started if started is not None else first, last


def _measurements(guarantee: Guarantee, spans: Sequence[Span], values: Sequence[Decimal]) -> Iterator[dict[str, Any]]:
    """Yield one measurement in each window; for a mean over slices as many slices without service as it takes."""
    measured = guarantee.measured
    for (first, last), value in zip(spans, values, strict=False):
        row = {"subscription": EXAMPLE_NAME, "guarantee": guarantee.id, "measured": to_instant(first)}
        if measured is not None and measured.by == "ratio":
            yield row | {"failed": int((100 - value) * PERCENT_SCALE), "total": FULL}
        elif measured is not None and measured.slice is not None:
            length = measured.slice.microseconds
            slices = (last - first) // length
            failed = int((100 - value) * PERCENT_SCALE) * slices
            # slices without a row are without failure, or no part of the mean where it takes requests to judge
            for number in range(-(-failed // FULL) if measured.minimum_total is None else slices):
                at = to_instant(first + number * length)
                yield row | {"measured": at, "failed": max(0, min(FULL, failed - number * FULL)), "total": FULL}
        else:
            yield row | {"value": str(value)}


def _tickets(case: Case, terms: Terms, guarantee: Guarantee, window: Span, level: Decimal) -> Iterator[dict[str, Any]]:
    """Yield tickets of which exactly a share is answered, and resolved, at once; others at its end."""
    late = (100 - level) * TICKETS_A_WINDOW / 100
    if late != int(late):
        problem = Problem(f"{case.where} attainment", level, "more than two decimals", "write tickets")
        raise InputError(case.where, [problem])
    opened = to_instant(window[0] + 12 * MICROSECONDS["h"])
    # A kind and a priority of tickets that the guarantee is about: its own, before those of others.
    about = guarantee.tickets
    times = [own.within for own in (guarantee, *terms.guarantees) if isinstance(own.within, dict)]
    known = [priority.id for priority in terms.support.priorities] if terms.support else []
    named = [priority for within in times for priority in within] + known
    counts = {}
    if priorities := (about.priorities if about else []) or named:
        counts["priority"] = priorities[0]
    kinds = [kind for kind in (about.kinds if about else []) if kind not in guarantee.exclude.tickets]
    if any(own.tickets and own.tickets.kinds for own in terms.guarantees):
        kinds.append(EXAMPLE_NAME)  # where kinds matter, one that no other guarantee is about
    if kinds:
        counts["kind"] = kinds[0]
    for number in range(TICKETS_A_WINDOW):
        answered = to_instant(window[1]) - timedelta(microseconds=1) if number < late else opened
        times_of = {"opened": opened, "responded": answered, "resolved": answered}
        yield {"ticket": f"{guarantee.id}-{number}", "subscription": EXAMPLE_NAME, **counts, **times_of}
