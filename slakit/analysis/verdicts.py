"""Explain in words why a segment of an outage got its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import polars as pl

from slakit.analysis.review import Review
from slakit.evidence.corrections import corrected
from slakit.measure.calendar import to_microseconds
from slakit.measure.hours import open_spans
from slakit.measure.maintenance import notice_given, required
from slakit.policy.guarantees import Guarantee, Maintenance
from slakit.policy.plan_names import capitalized
from slakit.policy.printing import percent_text, print_duration, readable
from slakit.policy.words import hours_words, short_words

VERDICT_WORDS = {
    "counted": "counts as downtime",
    "excluded_by_agreement": "excluded by agreement",
    "other_component": "another component",
    "excluded_cause": "excluded cause",
    "too_small": "affects too little",
    "unreported": "not reported while it lasted",
    "before_clock_start": "before the clock starts",
    "below_concurrency": "too few down at once",
    "overlapping": "already counted",
    "too_short": "too short to count",
    "maintenance": "agreed maintenance",
    "outside_hours": "outside service hours",
    "outside_term": "outside the contract",
    "rounding_remainder": "less than a whole unit",
    "outside_period": "not in this review",
    "no_length": "recorded without a length",
    "after_as_of": "begins after this review",
    "not_judged": "judged by no guarantee",
}
"""Verdicts of the ledger, in words."""
When = Callable[[datetime], str]
SIGNALS = {
    "reported": "report",
    "detected": "detection",
    "reported_or_detected": "report or detection",
    "diagnosed": "diagnosis",
}
NOT_JUDGED = {
    "after_as_of": "it begins after the date of the assessment",
    "no_length": "it begins and ends at the same instant, so its length is unknown",
    "not_judged": "no guarantee of the contract judges recorded outages",
}
"""Verdicts of outages that are told, but have no time to judge or nothing to be judged by; and why."""


@dataclass(frozen=True)
class Reasons:
    """Reasons for the verdicts of one guarantee of one subscription."""

    review: Review
    subscription: str
    guarantee: Guarantee

    @cached_property
    def observed(self) -> dict[str, dict[str, object]]:
        """Return the outages of the subscription by id, with the times that were agreed."""
        evidence = corrected(self.review.evidence, self.review.as_of)
        mine = evidence.outages.filter(pl.col("subscription") == self.subscription)
        return {row["outage"]: row for row in mine.iter_rows(named=True)}

    def outage(self, name: str, when: When) -> str:
        """Describe an outage as it was observed."""
        row = self.observed.get(name)
        if row is None and self.guarantee.measured is None:
            return f"{capitalized(name)}:"  # named by the time from which on it was not observed
        if row is None:
            return f"Measured as down, {name}:"
        ended = f"to {when(row['ended'])}" if row["ended"] else "and still going on"  # type: ignore[arg-type]
        about = [f"component {row['component']}" if row["component"] else "all components"]
        about.append(f"cause {readable(str(row['cause']))}" if row["cause"] else "cause unknown")
        signals = [f"{name} {when(row[name])}" for name in ("detected", "reported", "diagnosed") if row[name]]  # type: ignore[arg-type]
        return f"Outage {name}, {when(row['started'])} {ended} ({', '.join(about + signals)}):"  # type: ignore[arg-type]

    def why(self, segment: Mapping[str, object]) -> str:
        """Explain why a segment of the ledger got its verdict."""
        row = self.observed.get(str(segment["outage"]), {"cause": None})
        affected = row.get("affected")
        share = percent_text(Decimal(str(affected if affected is not None else 1)) * 100, 4)
        signal, minimum, grace = (
            SIGNALS.get(self.guarantee.clock, "start"),
            self.guarantee.minimum,
            self.guarantee.grace,
        )
        late = f", which came more than {grace} after the failure" if grace is not None else ""
        reasons = {
            **NOT_JUDGED,
            "excluded_by_agreement": self._agreed(str(segment["outage"])),
            "outside_period": "outside the windows that were assessed",
            "excluded_cause": f"the contract excludes {readable(str(row['cause']))}",
            "unreported": f"no {signal} in time is recorded, and the clock starts with it",
            "before_clock_start": f"the clock starts with the {signal}{late}",
            "too_small": f"it affects only {share} of the service",
            "below_concurrency": f"fewer than {self.guarantee.at_once} components were down at once",
            "overlapping": "already counted in another outage that runs at the same time",
            "too_short": short_words(minimum) if minimum is not None else "too short",
            "maintenance": "inside maintenance that the contract excludes",
            "outside_hours": "outside the service hours",
            "outside_term": "before measurement begins, or after the subscription ends",
            "rounding_remainder": f"less than a whole {self.guarantee.unit}",
            "counted": "downtime by the contract",
        }
        if str(segment["outage"]) not in self.observed and self.guarantee.measured is None:
            reasons["counted"] = "not observed, which the contract counts as downtime"
        return reasons[str(segment["verdict"])]

    def _agreed(self, outage: str) -> str:
        """Say why it was agreed that an outage does not count."""
        decided = self.review.corrections.filter((pl.col("outage") == outage) & pl.col("applied"))
        return next((f"it was agreed not to count it: {reason} ({by})"
                     for reason, by in decided.select("reason", "by").iter_rows()), "")  # fmt: skip

    def maintenance_that_failed(self, outage: str, when: When) -> Iterator[str]:
        """List maintenance during an outage that does not exclude it, and why not."""
        row = self.observed.get(outage)
        if row is None:
            return
        ended = row["ended"] or self.review.as_of
        at_once = self.review.evidence.maintenance.filter(
            (pl.col("subscription") == self.subscription)
            & (pl.col("started") < pl.lit(ended))
            & (pl.col("ended") > pl.lit(row["started"]))
        )
        for work in at_once.iter_rows(named=True):
            reason = self._failed(work)
            if reason:
                yield f"Maintenance {work['maintenance']} from {when(work['started'])} excludes nothing: {reason}."

    def _failed(self, work: Mapping[str, object]) -> str | None:
        kind, component = str(work["kind"]), work["component"]
        if self.guarantee.components and component and component not in self.guarantee.components:
            return f"it concerns {component}"
        if kind not in self.guarantee.exclude.maintenance:
            return f"{kind} maintenance counts ({self.guarantee.clause_of('maintenance')})"
        entries = [term for term in self.review.terms_of(self.subscription).maintenance if term.kind == kind]
        reasons = [self._short_of(term, work, several=len(entries) > 1) for term in entries]
        if not reasons or None in reasons:
            return None
        return "; ".join(reason for reason in reasons if reason is not None)

    def _short_of(self, term: Maintenance, work: Mapping[str, object], *, several: bool) -> str | None:
        """Say why maintenance does not qualify by an entry of its kind, if it does not."""
        zone = self.review.zone_of(self.subscription).key
        if several and term.hours is not None:
            first, last = (to_microseconds(work[edge]) for edge in ("started", "ended"))  # type: ignore[arg-type]
            if not any(start < last and end > first for start, end in open_spans(term.hours, zone, first, last)):
                return f"it lies outside the hours {hours_words(term.hours)} ({term.clause})"
        if term.notice is None:
            return None
        announced, started = work["announced"], work["started"]
        if announced is None:
            return f"it was never announced, and {term.notice} ahead is required ({term.clause})"
        instants = (pl.Series([to_microseconds(moment)]) for moment in (announced, started))  # type: ignore[arg-type]
        given = notice_given(term, zone, *instants).item()
        if given < required(term):
            counted = " of business days" * bool(term.notice.business_days)
            ahead = f"{print_duration(given)}{counted} ahead"
            return f"it was announced {ahead}, and {term.notice} is required ({term.clause})"
        return None
