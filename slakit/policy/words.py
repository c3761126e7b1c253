"""Terms as one says them: short sentences for cards, explanations and tables."""

from __future__ import annotations

from slakit.policy.guarantees import Guarantee, Hours, Maintenance
from slakit.policy.quantities import Duration, Money, Share
from slakit.policy.remedies import Accrual, Band, Cap, Claims, Credit, Remedy, Shortfall

BASES = {
    "monthly_fee": "the monthly fee",
    "component_fee": "the component's monthly fee",
    "window_fee": "the fee of the window",
    "annual_fee": "the annual fee",
    "previous_month_fee": "the previous month's fee",
}
CLOCKS = {
    "started": "when the service fails",
    "reported": "when it is reported",
    "detected": "when it is detected",
    "reported_or_detected": "when it is reported or detected, whichever is first",
    "diagnosed": "with the diagnosis, or else the report",
}
ANCHORS = {
    "window_end": "the window ends",
    "incident_end": "the incident ends",
    "incident_start": "the incident starts",
    "end_of_second_month": "the end of the second month",
}
MONITORS = {
    "provider": "by the provider alone",
    "customer": "by the customer",
    "third_party": "by somebody else",
    "both": "by the provider, and by somebody else beside it",
}
SPANS = {
    "incident": "for one incident",
    "window": "for one window",
    "rolling_12mo": "over twelve months",
    "term": "over the term",
}


def promise(guarantee: Guarantee) -> str:
    """What a guarantee promises, for one tier.

    >>> promise(Guarantee(id="a", metric="availability", target=99, window="1mo", clause="2"))
    '99 % per calendar month'
    """
    window = guarantee.window.words_for_people
    if guarantee.metric == "availability":
        return f"{guarantee.target} % per {window}"
    share = f"{guarantee.target} % of tickets " if guarantee.target is not None else ""
    verb = {"replacement": "replaced", "response": "answered", "resolution": "resolved"}[guarantee.metric]
    return f"{share}{verb} {times(guarantee.within)}".strip()


def times(within: Duration | dict[str, Duration] | None) -> str:
    """A longest time, or one for each priority.

    >>> times(Duration.parse("2h"))
    'within 2h'
    """
    if within is None:
        return "in time"
    if isinstance(within, Duration):
        return f"within {within}"
    return "within " + ", ".join(f"{time} ({priority})" for priority, time in within.items())


def credit_words(credit: Credit) -> str:
    """How a schedule turns a miss into money.

    >>> credit_words(Credit(flat="1/30", clause="1"))
    '1/30 of the monthly fee'
    """
    of = BASES[credit.of]
    if credit.bands is not None:
        return "; ".join(_band(band) for band in credit.bands) + f" (of {of})" * _shares(credit)
    if credit.shortfall is not None:
        return _shortfall(credit.shortfall, of)
    if credit.accrual is not None:
        return _accrual(credit.accrual, of)
    if credit.multiple is not None:
        return f"{credit.multiple} times the share of {of} for the time lost"
    return _of(credit.flat, of)


def _shares(credit: Credit) -> bool:
    return any(isinstance(band.credit, Share) for band in credit.bands or [])


def _of(worth: Share | Money | None, of: str) -> str:
    return f"{worth} of {of}" if isinstance(worth, Share) else str(worth)


def _band(band: Band) -> str:
    if band.below is not None:
        return f"below {band.below} %: {band.credit}"
    if band.over is not None:
        return f"longer than {band.over}: {band.credit}"
    edges = [
        f"from {band.from_} %" if band.from_ is not None else "",
        f"to {band.to} %" if band.to is not None else "",
    ]
    return f"{' '.join(filter(None, edges))}: {band.credit}"


def _shortfall(shortfall: Shortfall, of: str) -> str:
    start = "100 %" if shortfall.from_ == "full" else "the target"
    if shortfall.step is not None:
        return f"{_of(shortfall.credit, of)} for each {shortfall.count} {shortfall.step} points below {start}"
    rate = shortfall.rate if shortfall.rate is not None else 1
    return f"{rate} % of {of} for each percentage point below {start}, to the fraction"


def _accrual(accrual: Accrual, of: str) -> str:
    after = f" beyond {accrual.after}" if accrual.after.microseconds else ""
    return f"{_of(accrual.credit, of)} for each {accrual.count} {accrual.per}{after} of an {accrual.each}"


def remedy_words(remedy: Remedy) -> str:
    """How a remedy is earned."""
    schedules = " and ".join(credit_words(credit) for credit in remedy.credit)
    if len(remedy.guarantees) == 1:
        return schedules
    how = {
        "window": "once per window in which any of them misses",
        "guarantee": "for each of them that misses",
        "incident": "for each incident in a window that is missed",
    }[remedy.each]
    return f"{schedules}, {how} ({', '.join(remedy.guarantees)})"


def cap_words(cap: Cap) -> str:
    """The most that is paid.

    >>> cap_words(Cap(per="term", at_most="30/30"))
    'at most 30/30 of the monthly fee over the term'
    """
    return f"at most {_of(cap.at_most, BASES[cap.of])} {SPANS[cap.per]}"


def claim_words(claims: Claims) -> str:
    """How a credit is asked for.

    >>> claim_words(Claims(within="10d", after="window_end"))
    'within 10d after the window ends'
    """
    if not claims.needed:
        return "no claim is needed"
    if claims.after == "end_of_second_month":
        return f"by {ANCHORS[claims.after]}"
    limit = f"within {claims.within} after {ANCHORS[claims.after]}" if claims.within else "without a stated deadline"
    return limit + (", in writing" if claims.in_writing else "")


def hours_words(hours: Hours | None) -> str:
    """When people are there.

    >>> hours_words(Hours(weekly={"mon-fri": ["08:00-17:00"]}, holidays="SE"))
    'mon-fri 08:00-17:00, not on public holidays (SE)'
    """
    if hours is None:
        return "around the clock"
    weekly = ", ".join(f"{days} {' '.join(spans)}" for days, spans in hours.weekly.items())
    return weekly + (f", not on public holidays ({hours.holidays})" if hours.holidays else "")


def maintenance_words(maintenance: Maintenance) -> str:
    """What notice a kind of maintenance needs."""
    notice = f"announced {maintenance.notice} ahead" if maintenance.notice else "no notice stated"
    allowance = f", at most {maintenance.allowance.at_most} per window" if maintenance.allowance else ""
    preferred = f"; preferably {maintenance.preferred}" if maintenance.preferred else ""
    return notice + allowance + preferred
