"""Keys that would decide nothing where they stand: they are refused, so that no user relies on them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from slakit.policy.checks_credits import Finding
from slakit.policy.guarantees import ON_TICKETS, Guarantee, Rounded
from slakit.policy.model import PolicyModel
from slakit.policy.quantities import Duration
from slakit.policy.remedies import Claims, Credit
from slakit.policy.yaml import Place

RECORDED = "recorded outages"
SLICES = "slices that are down"
FIGURES = "measurements"
TICKETS = "tickets"
ALL = (RECORDED, SLICES, FIGURES, TICKETS)

MEASURED_FROM: dict[str, tuple[str, ...]] = {
    "clock": (RECORDED,),
    "hours": (RECORDED, SLICES),
    "join_gaps": (RECORDED, SLICES),
    "minimum": (RECORDED, SLICES),
    "unit": (RECORDED, SLICES),
    "weigh": (RECORDED,),
    "denominator": (RECORDED, SLICES),
    "missing": (RECORDED,),
    "exclude.maintenance": (RECORDED, SLICES),
    "exclude.causes": (RECORDED, FIGURES),  # of measurements it says what they must not contain
    "ranked": (TICKETS,),
    "exclude.tickets": (TICKETS,),
    "exclude.own_deadline": (TICKETS,),
    "rounded.outage": (RECORDED, SLICES),
    "rounded.downtime": (RECORDED, SLICES),
    "rounded.level": (RECORDED, SLICES, FIGURES),
}
"""Key → from what a guarantee must be measured, so that the key decides anything."""
METRICS: dict[str, tuple[str, ...]] = {
    "target": ("availability", *ON_TICKETS),
    "at_least": ("figure",),
    "at_most": ("figure", "incidents"),
    "within": ("downtime", "replacement", *ON_TICKETS),
    "measured.unit": ("figure",),
    "rounded.level": ("availability", "figure"),
    "rounded.downtime": ("availability", "downtime"),
    "denominator": ("availability", "downtime"),
    "printed": ("availability",),
}
"""Key → metrics of which it is a term."""


def keys_decide(policy: PolicyModel) -> Iterator[Finding]:
    """Find keys that nothing depends on."""
    for index, guarantee in enumerate(policy.guarantees):
        yield from _of_guarantee(guarantee, ("guarantees", index))
        if guarantee.credit is not None:
            yield from _of_credit(guarantee.credit, ("guarantees", index, "credit"), [guarantee.id])
    for index, remedy in enumerate(policy.remedies):
        if remedy.select != "sum" and len(remedy.credit) == 1:
            yield ("remedies", index, "select"), remedy.select, "one schedule leaves nothing to choose", "remove it"
        for number, credit in enumerate(remedy.credit):
            yield from _of_credit(credit, ("remedies", index, "credit", number), remedy.guarantees)
        if remedy.claims is not None:
            yield from _of_claims(remedy.claims, ("remedies", index, "claims"))
    if policy.claims is not None:
        yield from _of_claims(policy.claims, ("claims",))
    for index, kind in enumerate(policy.maintenance):
        if kind.holidays is not None and not (kind.notice is not None and kind.notice.business_days):
            yield ("maintenance", index, "holidays"), kind.holidays, *NO_BUSINESS_DAYS


NO_BUSINESS_DAYS = ("no time here is in business days", "remove it, or write a time like 5bd")


def _of_guarantee(guarantee: Guarantee, place: Place) -> Iterator[Finding]:
    source = RECORDED if guarantee.measured is None else SLICES
    if guarantee.on_measurements or guarantee.metric in ON_TICKETS:
        source = TICKETS if guarantee.metric in ON_TICKETS else FIGURES
    for key, sources in MEASURED_FROM.items():
        if source not in sources and _differs(guarantee, key):
            yield (*place, *key.split(".")), None, f"{key} decides nothing of {source}", "remove it"
    for key, metrics in METRICS.items():
        in_words = guarantee.metric.replace("_", " ")
        told = source not in MEASURED_FROM.get(key, (source,))
        if guarantee.metric not in metrics and not told and _differs(guarantee, key):
            yield (*place, *key.split(".")), None, f"{key} is no term of a guarantee on {in_words}", "remove it"
    if guarantee.window.text == "incident":
        for key in ("denominator", "partial", "missing", "weigh"):
            if _differs(guarantee, key):
                yield (*place, key), None, f"{key} is of a window, and single incidents have none", "remove it"
    if guarantee.metric == "availability":
        rounding = guarantee.rounded.level
        full = rounded_to(Decimal(100), rounding) if rounding is not None else Decimal(100)
        targets = guarantee.target.values() if isinstance(guarantee.target, dict) else [guarantee.target]
        for target in targets:
            if target is not None and (full < target or (guarantee.strictly and full == target)):
                if rounding is None:
                    yield (*place, "strictly"), None, "nothing is above 100 %", "remove it, or write a lower target"
                    continue
                wrong = f"100 % is rounded to {full:f} %, which misses {target:f} % as well"
                yield (*place, "rounded", "level"), None, wrong, "write a step that divides 100, like 0.01"


def rounded_to(level: Decimal, rounding: Rounded) -> Decimal:
    """Round a percentage to whole steps, at most to 100.

    Parameters
    ----------
    level, rounding
        The percentage, and to which step and how; half a step goes up.

    >>> rounded_to(Decimal(100), Rounded(to=Decimal(99), how="down"))
    Decimal('99')
    """
    how = {"up": ROUND_CEILING, "down": ROUND_FLOOR, "nearest": ROUND_HALF_UP}[rounding.how]
    return min((level / rounding.to).to_integral_value(how) * rounding.to, Decimal(100))


def _differs(part: Any, key: str) -> bool:
    """Return whether a term is written, and not as it would hold without."""
    for name in key.split("."):
        if part is None or name not in part.model_fields_set:
            return False
        default, part = type(part).model_fields[name].get_default(call_default_factory=True), getattr(part, name)
    return bool(part != default)


def _of_credit(credit: Credit, place: Place, names: list[str]) -> Iterator[Finding]:
    if credit.select != "worst" and credit.bands is None:
        yield (*place, "select"), credit.select, "only bands are chosen among", "remove it"
    for position, name in enumerate(credit.guarantees or []):
        if place[0] == "guarantees" and name not in names:
            yield (*place, "for", position), name, "a schedule of one guarantee is for that one", "remove it"
    for rate in [credit, *(band.plus for table in credit.tables for band in table if band.plus is not None)]:
        shortfall = rate.shortfall
        if shortfall is not None and shortfall.step is None and "count" in shortfall.model_fields_set:
            remedy = "write step: 1 and credit: 1%, or remove count"
            yield place, None, "only steps of a shortfall are counted", remedy


def _of_claims(claims: Claims, place: Place) -> Iterator[Finding]:
    if not claims.needed:
        for name in ("opens", "after", "to_end_of", "report", "holidays", "in_writing", "evidence", "form"):
            if _differs(claims, name):
                yield (*place, name), None, "no claim is needed, and so nothing of one decides", "drop one of the two"
        return
    for key, items in (claims.form.answered if claims.form else {}).items():
        for item in items:
            if item not in claims.evidence:
                yield (*place, "form", key), item, "no item of evidence", "write it as evidence has it"
    if claims.to_end_of is not None and claims.within is None and claims.after != "end_of_second_month":
        yield (*place, "to_end_of"), claims.to_end_of, "no deadline that could be put off", "write within"
    window = claims.to_end_of
    if window is not None and (window.slides or window.from_start or window.text in ("term", "incident", "1h")):
        yield (*place, "to_end_of"), window, "a deadline is put off to the end of a calendar window", "write 1mo or 1q"
    times: list[Duration | None] = [claims.opens, claims.within, claims.report.within if claims.report else None]
    if claims.holidays is not None and not any(time is not None and time.business_days for time in times):
        yield (*place, "holidays"), claims.holidays, *NO_BUSINESS_DAYS
