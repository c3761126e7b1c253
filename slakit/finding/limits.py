"""Findings about what stands around credits: printed bands, caps, claims, payment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, pairwise
from typing import NamedTuple

from slakit.finding.credits import FEE, clause_of, share_percent
from slakit.finding.model import Codes, Finding
from slakit.locales import quantity
from slakit.policy import words
from slakit.policy.guarantees import ON_TICKETS, Guarantee
from slakit.policy.printing import print_duration, print_percent
from slakit.policy.quantities import FULL, LONGEST, MICROSECONDS, PERCENT_SCALE, Duration
from slakit.policy.remedies import Band, Cap, Claims, Credit, Remedy
from slakit.policy.terms import Terms
from slakit.remedy.break_points import proposals
from slakit.remedy.curves import window_length_of
from slakit.remedy.single_outage import AskedLengths, SingleOutage, outcomes_of
from slakit.remedy.values import cases_on_outages, cases_on_shares

CODES: Codes = {
    "claim-closes-early": ("defect", "the claim period can expire before it is known that a credit is due"),
    "band-gap": ("defect", "a level between two bands is in neither"),
    "band-overlap": ("defect", "a level is in two bands with different credits"),
    "band-order": ("defect", "bands are not printed in order"),
    "caps-disagree": ("defect", "two caps over the same span differ"),
    "future-invoice": ("risk", "a credit is only deducted from a future invoice"),
    "claim-short": ("risk", "a claim must be made within less than a week"),
    "claim-requires": ("risk", "a credit is lost where something else that the contract requires was not so"),
    "cap-at-once": ("risk", "the smallest credit reaches the cap"),
    "cap-never-bites": ("note", "a cap that no credit can reach"),
    "cap-reach": ("note", "how often the largest credit is paid before a cap applies"),
}
WEEK = MICROSECONDS["w"]
LONGEST_DAYS = {"1mo": 31, "billing_month": 31, "2mo": 62, "1q": 92, "4mo": 123, "6mo": 184, "1y": 366}
"""Days of the longest window of each kind."""


def limit_findings(terms: Terms) -> Iterator[Finding]:
    """Find what a buyer should know about what limits the credits of one plan."""
    priced = [
        (case, cap, _without(case, case.remedy, cap))
        for case in (*cases_on_outages(terms, FEE), *cases_on_shares(terms, FEE))
        if case.remedy is not None
        for cap in case.remedy.all_caps
    ]
    lengths = [proposals(without, steps=False) for *_, without in priced]
    outcomes_of(AskedLengths([without], own) for (*_, without), own in zip(priced, lengths, strict=True))
    for (case, cap, without), own in zip(priced, lengths, strict=True):
        yield from _cap(case, cap, [(length, without.credit(length)) for length in own])
    figures = {g.id for g in terms.guarantees if g.metric in ("figure", "incidents")}  # their levels are no percentages
    for remedy in terms.remedies:
        for credit in remedy.credit if not figures & set(remedy.guarantees) else ():
            yield from _printed_bands(remedy, credit)
        for one, other in combinations(remedy.all_caps, 2):
            if one.per == other.per and (str(one.at_most), one.of) != (str(other.at_most), other.of):
                figure = f"{words.cap_words(one)}, and {words.cap_words(other)}"
                clauses = tuple(cap.clause or clause_of(remedy) for cap in (one, other))
                yield Finding("caps-disagree", remedy.id, "Two caps over the same period differ", figure, clauses)
        claims = terms.claims_of(remedy)
        if claims is not None and claims.needed and claims.within is not None:
            yield from _claims(terms, remedy, claims, claims.within)
        if claims is not None and claims.requires:
            sentence = "A credit is lost where a requirement beside the breach was not met"
            figure = "; ".join(one.says.rstrip(".") for one in claims.requires)
            clauses = tuple(dict.fromkeys(one.clause or claims.clause or "" for one in claims.requires))
            yield Finding("claim-requires", remedy.id, sentence, figure, clauses)
        stated = [(credit.payout, credit.clause) for credit in remedy.credit]
        stated += [(claims.payout, claims.clause or "")] if claims else []
        clauses = tuple(dict.fromkeys(clause for payout, clause in stated if payout == "future_invoice"))
        if clauses:
            sentence = "A credit is only deducted from a future invoice"
            figure = "a customer who leaves after a bad month receives nothing for that month"
            yield Finding("future-invoice", remedy.id, sentence, figure, clauses)


# --- caps


def _cap(case: SingleOutage, cap: Cap, points: Sequence[tuple[int, Fraction]]) -> Iterator[Finding]:
    """Judge a cap by what outages of some lengths would earn without it."""
    remedy, amount = case.remedy, case.limit(cap)
    assert remedy is not None
    credits = [credit for _, credit in points if credit]
    if not credits:
        return
    # Where the credit grows from nothing on without a jump, none is the smallest.
    grows = any(end - start > 1 for (start, before), (end, after) in pairwise(points) if after and not before)
    by_window = all(credit.earned_per == "window" for credit in remedy.credit)
    seen_whole = cap.per == "incident" or (cap.per == "window" and by_window)  # one outage shows all of such a cap
    clauses, said = (cap.clause or clause_of(remedy),), words.cap_words(cap)
    about, basis = case.rule.guarantee.id, words.fee_words(case.of)
    if amount <= min(credits) and not grows:
        figure = f"{said}; the smallest credit is {share_percent(min(credits) / case.basis)} of {basis}"
        yield Finding("cap-at-once", about, "The smallest credit reaches the cap", figure, clauses)
    elif case.tells_how_much and seen_whole and max(credits) <= amount:
        figure = f"{said}; the largest credit is {share_percent(max(credits) / case.basis)} of {basis}"
        yield Finding("cap-never-bites", about, "No credit can reach the cap", figure, clauses)
    elif cap.per in ("term", "rolling_12mo"):
        times = -(-amount // max(credits))
        sentence = "A cap applies after some of the largest credits for one outage"
        yield Finding("cap-reach", about, sentence, f"{said}: reached by {times} of them", clauses)


def _without(case: SingleOutage, remedy: Remedy, cap: Cap) -> SingleOutage:
    """The same remedy without one of its caps, and without those over longer spans."""

    def kept(caps: list[Cap]) -> list[Cap]:
        return [own for own in caps if own is not cap and own.per in ("incident", "window")]

    credits = [credit.model_copy(update={"caps": kept(credit.caps)}) for credit in remedy.credit]
    bare = remedy.model_copy(update={"caps": kept(remedy.caps), "credit": credits})
    return replace(case, remedy=bare)


# --- bands as they are printed


class BandRange(NamedTuple):
    """Where a band reaches on its measure, with the ends that belong to it. [percent, or µs of one outage]"""

    low: Fraction
    low_in: bool
    high: Fraction
    high_in: bool
    credit: str
    nested: bool
    """It has no end on its deeper side: a deeper row wins over it by design."""

    @classmethod
    def of(cls, band: Band, measure: str) -> BandRange:
        """Return where a band reaches that speaks of one measure alone."""
        bounds, (unit, top) = dict(band.ranges[measure].bounds), SCALES[measure]
        low, high = bounds.get("from", bounds.get("above", 0)), bounds.get("to", bounds.get("below", top))
        open_ended = set(bounds) == {"below"} if measure == "level" else set(bounds) <= {"from", "above"}
        ends = (Fraction(low, unit), "above" not in bounds, Fraction(high, unit), "below" not in bounds)
        return cls(*ends, str(band.credit or band.plus), open_ended)

    def begins_after(self, high: Fraction, high_in: bool) -> bool:
        """Return whether there is something between what ends there and this."""
        return high < self.low or (high == self.low and not high_in and not self.low_in)

    def meets(self, other: BandRange) -> Fraction | None:
        """A place that is in both, if there is one."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        if low < high:
            return (low + high) / 2
        inside = all(own.low_in or own.low < low for own in (self, other))
        inside &= all(own.high_in or own.high > low for own in (self, other))
        return low if low == high and inside else None

    def gives_way_to(self, other: BandRange) -> bool:
        """Return whether the other is a deeper row within this one."""
        return self.nested and self.low <= other.low and other.high <= self.high


SCALES = {"level": (PERCENT_SCALE, FULL), "outage": (1, LONGEST)}
"""Measure → units of a band's ends in one of a range, and the end of what has none."""


def _printed_bands(remedy: Remedy, credit: Credit) -> Iterator[Finding]:
    bands, about, clauses = credit.bands or [], remedy.id, (credit.clause,)
    measure = next((name for name in SCALES if all(set(band.ranges) == {name} for band in bands)), None)
    if measure is None:
        return
    ranges = [BandRange.of(band, measure) for band in bands]
    if all(own.nested for own in ranges):
        return
    at, unit = ("at", " %") if measure == "level" else ("after an outage of", "")

    def show(place: Fraction) -> str:
        if measure == "level":
            return print_percent(place, 7)
        return "any length" if place == LONGEST else print_duration(int(place))

    depths = [(own.high, own.high_in) if measure == "level" else (own.low, not own.low_in) for own in ranges]
    if depths not in (sorted(depths), sorted(depths)[::-1]):
        printed = "; ".join(f"{show(own.low)} to {show(own.high)}" for own in ranges)
        yield Finding("band-order", about, "Bands are not printed in order", printed, clauses)
    ordered = sorted(ranges)
    covered, closed = ordered[0].high, ordered[0].high_in
    for band in ordered[1:]:
        if band.begins_after(covered, closed):
            sentence = f"Between {show(covered)} and {show(band.low)}{unit} no band applies"
            figure = f"{at} {show((covered + band.low) / 2)}{unit} no band applies"
            yield Finding("band-gap", about, sentence, figure, clauses)
        covered, closed = max((covered, closed), (band.high, band.high_in))
    for lower, upper in combinations(ordered, 2):
        place = None if lower.gives_way_to(upper) or upper.gives_way_to(lower) else lower.meets(upper)
        if place is not None and lower.credit != upper.credit:
            exactly = "exactly " * (lower.high == upper.low)
            sentence = "Two bands apply at once, with different credits"
            figure = f"{at} {exactly}{show(place)}{unit} both {quantity(lower.credit)} and {quantity(upper.credit)}"
            yield Finding("band-overlap", about, sentence, figure, clauses)


# --- claims


def _claims(terms: Terms, remedy: Remedy, claims: Claims, within: Duration) -> Iterator[Finding]:
    if 0 < within.microseconds < WEEK:
        sentence = "A claim must be made within less than a week"
        yield Finding("claim-short", remedy.id, sentence, words.claim_words(claims), (claims.clause or "",))
    judged = [guarantee for guarantee in terms.guarantees if guarantee.id in remedy.guarantees]
    judged = [guarantee for guarantee in judged if guarantee.window.text not in ("incident", "term")]
    ends_later = (within.business_days and claims.holidays) or claims.to_end_of is not None
    if claims.after not in ("incident_end", "incident_start") or not judged or ends_later:
        return
    # An outage at the beginning of the longest window: a limit in days runs to the end of its last day, and business
    # days have as many weekends in them as there can be.
    business_days = within.business_days
    days = business_days + 2 * -(-business_days // 5) + 1 if business_days else 0
    days += within.months * LONGEST_DAYS["1mo"] + (within.days is not None)
    guarantee = max(judged, key=_longest_window)
    early = _longest_window(guarantee) - within.microseconds - days * MICROSECONDS["d"]
    if early > 0:
        sentence = "The claim period can expire before the result of the window is known"
        which = "tickets" if guarantee.metric in ON_TICKETS else "an outage"
        least = "at least " * bool(business_days)
        figure = f"for {which} on the first day of the window, {least}{print_duration(early)} before the window ends"
        figure += f" ({words.claim_words(claims)})"
        yield Finding("claim-closes-early", remedy.id, sentence, figure, (claims.clause or "",))


def _longest_window(guarantee: Guarantee) -> int:
    days = LONGEST_DAYS.get(guarantee.window.text)
    return days * MICROSECONDS["d"] if days else window_length_of(guarantee)
