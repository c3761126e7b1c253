"""What each guarantee measured in each window, and whether its promise was kept."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil
from typing import Any

from reference.calendars import Span, both, common, covers, local_day, midnight, open_spans, total, without
from reference.downtime import Accounts, Contract, Incident, Row, agreed_time, observable
from reference.terms import Tree
from reference.tickets import Desk
from reference.values import MICROSECOND, NEVER, NotCovered, fraction, in_span, instant, length_of, rounded_to

ON_TICKETS = ("response", "resolution", "update")
HUNDRED = Fraction(100)


def is_measured(guarantee: Tree) -> bool:
    """Whether it is judged by measurements, and not by outages (slices that are down are outages)."""
    return bool(guarantee.get("measured")) and guarantee["measured"]["by"] != "down"


def on_outages(guarantee: Tree) -> bool:
    """Whether it is judged by the recorded outages."""
    return guarantee["metric"] not in ON_TICKETS and not guarantee.get("measured")


def limit_of(guarantee: Tree) -> Fraction | None:
    for name in ("target", "at_least", "at_most"):
        if guarantee.get(name) is not None:
            return fraction(guarantee[name])
    return None


def rises(guarantee: Tree) -> bool:
    """Whether more is worse."""
    return guarantee["metric"] == "incidents" or guarantee.get("at_most") is not None


@dataclass
class Fact:
    """One window of one guarantee: what was measured in it."""

    window: Span
    agreed: int = 0
    downtime: Fraction = Fraction(0)
    level: Fraction | None = None
    limit: Fraction | None = None
    met: bool | None = None
    incidents: list[Incident] = field(default_factory=list)
    """Those that belong to the window: they start in it."""
    touching: list[Incident] = field(default_factory=list)
    """Those with counted time in the window."""
    going_on: bool = False
    measurements: int = 0
    eligible: int = 0
    met_count: int = 0
    pending: int = 0
    observed: Fraction | None = None
    """Share of the service time until now that was observed. [percent]"""
    whole: Span | None = None
    """The window of which a change of the subscription left this part."""


@dataclass
class Judge:
    """One guarantee of one subscription: facts of any window, found when asked for."""

    guarantee: Tree
    contract: Contract
    term: Span
    accounts: Accounts | None
    measurements: list[Row]
    desk: Desk | None
    told: bool = True
    """Whether there is a table of what it is judged by; an absent one says nothing."""
    reach: Span = (-NEVER, NEVER)
    """The time in which the guarantee has these terms; other terms come before or after it."""
    earlier: Judge | None = None
    """The guarantee under the terms before."""
    known: dict[Span, Fact] = field(default_factory=dict)
    wholes: dict[Span, Span] = field(default_factory=dict)
    """Parts of windows that a change cuts, and the windows."""

    @property
    def by_incident(self) -> bool:
        return bool(self.guarantee["window"] == "incident")

    def fact(self, window: Span) -> Fact:
        if window not in self.known:
            self.known[window] = self._fact(window)
            self.known[window].whole = self.whole(window)
        return self.known[window]

    def whole(self, window: Span) -> Span:
        """The window of which this is a part, or all."""
        return self.wholes.get(window, window)

    def _fact(self, window: Span) -> Fact:
        if self.desk is not None:
            return self._of_tickets(window)
        if is_measured(self.guarantee):
            return self._of_measurements(window)
        return self._of_outages(window)

    def windows(self, within: Span) -> list[Span]:
        """All windows, less those that a contract does not judge because it is cut short in them."""
        if self.guarantee["window"] == "term":
            self.wholes[self.term] = self.contract.starts, self.contract.ends
            return [self.term] if self.term[1] > within[0] and self.term[0] < within[1] else []
        found = self.contract.windows(self.guarantee["window"], within)
        if self.guarantee.get("partial") == "skip":
            inside = without([self.term], self.contract.suspended)
            found = [one for one in found if any(part[0] <= one[0] and one[1] <= part[1] for part in inside)]
        parts = [part for window in found if (part := self.part_of(window))]
        return [part for part in parts if part[1] > within[0] and part[0] < within[1]]

    def part_of(self, window: Span) -> Span | None:
        """What other terms leave of a window.

        A window that slides is judged at the end of a day: of those that end after the last day of these terms there
        is one, of the part of that day.
        """
        start, end = max(window[0], self.reach[0]), min(window[1], self.reach[1])
        if self.guarantee["window"].startswith("rolling ") and end < window[1]:
            day = midnight(local_day(window[1] - 1, self.contract.zone), self.contract.zone)
            end = end if day < end else start
        if end <= start:
            return None
        self.wholes[start, end] = window
        return start, end

    def cut(self, incident: Incident) -> Incident:
        """An incident under these terms: a change cuts it, as it does a window."""
        run = common(incident.run, self.reach)
        return replace(incident, run=run, going_on=incident.going_on and run[1] == incident.run[1])

    def paid_window(self, fact: Fact) -> Span:
        """The window whose fee a credit is a share of: of a part of one on the calendar, the whole one.

        Windows that slide start anew at a change, and a term without an end has no length to share.
        """
        whole = fact.whole or fact.window
        alone = self.by_incident or self.guarantee["window"].startswith("rolling ") or whole[1] >= NEVER
        return fact.window if alone else whole

    # Outages

    def _of_outages(self, window: Span) -> Fact:
        assert self.accounts is not None
        fact = Fact(window, agreed_time(window, self.accounts, self.whole(window)), self.accounts.downtime_in(window))
        incidents = [self.cut(one) for one in self.accounts.incidents]
        fact.incidents = [one for one in incidents if window[0] <= one.first < window[1]]
        fact.touching = [
            one
            for one in incidents
            if any(common(piece.span, window)[1] > common(piece.span, window)[0] for piece in one.pieces)
        ]
        if self.is_told(window):
            self.judge_outages(fact)
        self.observe(fact)
        return fact

    def observe(self, fact: Fact) -> None:
        """What was seen of a window. One that no coverage reaches can be missed, but it is not known to be kept."""
        assert self.accounts is not None
        if self.accounts.uncovered is None:
            return
        spans = observable(fact.window, self.accounts)
        if not total(spans):
            return
        unseen = total(both(spans, self.accounts.unobserved))
        fact.observed = HUNDRED * (total(spans) - unseen) / total(spans)
        blind = total(both(spans, self.accounts.uncovered)) == total(spans)
        if blind and self.guarantee.get("missing") != "down" and fact.met is not False:
            fact.met = None
            if fact.level == (0 if self.guarantee["metric"] == "incidents" else HUNDRED):
                fact.level = None

    def is_told(self, window: Span) -> bool:
        """Whether anybody says what happened: a table of outages, or, of slices, a measurement in the window."""
        if not self.guarantee.get("measured"):
            return self.told
        return any(
            window[0] <= instant(row["measured"]) < min(window[1], self.contract.as_of) for row in self.measurements
        )

    def judge_outages(self, fact: Fact) -> None:
        metric = self.guarantee["metric"]
        if not fact.agreed:
            return  # no availability, no verdict and no credit
        if metric == "incidents":
            fact.level, fact.limit = Fraction(len(fact.incidents)), limit_of(self.guarantee)
            fact.level = self.rounded(fact.level)
            fact.met = self.keeps(fact.level)
            return
        # The rules are silent: downtime longer than the agreed time (of a printed month) leaves nothing available.
        level = max(Fraction(0), HUNDRED * (fact.agreed - fact.downtime) / fact.agreed)
        fact.level = self.rounded(level)
        if metric == "availability":
            fact.limit = limit_of(self.guarantee)
            fact.met = self.keeps(fact.level)
        else:
            within = self.within
            fact.limit = HUNDRED * (fact.agreed - within) / fact.agreed
            fact.met = fact.downtime < within if self.guarantee.get("strictly") else fact.downtime <= within

    def of_incident(self, incident: Incident) -> Fact:
        """A promise about single incidents: a replacement, or the downtime of one."""
        within = self.within
        kept = incident.length < within if self.guarantee.get("strictly") else incident.length <= within
        return Fact(
            incident.run,
            agreed=incident.run[1] - incident.run[0],
            downtime=incident.length,
            met=kept,
            incidents=[incident],
            touching=[incident],
            going_on=incident.going_on,
        )

    @property
    def within(self) -> int:
        if isinstance(self.guarantee["within"], dict):
            raise NotCovered("times by priority of what is no ticket")
        return length_of(self.guarantee["within"])

    def rounded(self, level: Fraction) -> Fraction:
        rounding = (self.guarantee.get("rounded") or {}).get("level")
        if not rounding:
            return level
        found = rounded_to(level, fraction(rounding["to"]), rounding.get("how") or "nearest")
        return min(found, HUNDRED) if self.guarantee["metric"] == "availability" else found

    def keeps(self, level: Fraction) -> bool:
        limit = limit_of(self.guarantee)
        assert limit is not None
        if level == limit:
            return not self.guarantee.get("strictly")
        return (level < limit) == rises(self.guarantee)

    # Measurements

    def _of_measurements(self, window: Span) -> Fact:
        inside = common(window, self.term)
        fact = Fact(window, limit=limit_of(self.guarantee))
        rows = [row for row in self.measurements if covers([inside], instant(row["measured"]))]
        rows = [row for row in rows if instant(row["measured"]) < self.contract.as_of]
        rows = [row for row in rows if not covers(self.contract.suspended, instant(row["measured"]))]
        if self.guarantee.get("hours"):
            # The rules are silent: what is measured outside the service hours is not measured of the service.
            opened = open_spans(self.guarantee["hours"], self.contract.zone, inside)
            rows = [row for row in rows if covers(opened, instant(row["measured"]))]
        fact.measurements = len(rows)
        if inside[1] <= inside[0]:
            return fact
        level, kept = level_of(rows, self.guarantee["measured"], inside)
        if level is None:
            fact.met = kept
            return fact
        fact.level = self.rounded(level)
        fact.met = self.keeps(fact.level)
        return fact

    # Tickets

    def _of_tickets(self, window: Span) -> Fact:
        assert self.desk is not None
        return of_desk(self.guarantee, self.desk, window, self)


def of_desk(guarantee: Tree, desk: Desk, window: Span, judge: Judge) -> Fact:
    """Attainment of a window: the tickets opened in it (section 6)."""
    tickets = [ticket for ticket in desk.tickets if window[0] <= ticket.opened < window[1]]
    fact = Fact(window, limit=limit_of(guarantee))
    fact.pending = sum(ticket.verdict == "pending" for ticket in tickets)
    fact.met_count = sum(ticket.verdict == "met" for ticket in tickets)
    late = [ticket for ticket in tickets if ticket.verdict == "missed"]
    fact.eligible = fact.met_count + len(late)
    fact.incidents = [
        # A ticket is itself a report.
        Incident(
            (ticket.opened, int(judge.contract.as_of if ticket.ended is None else ticket.ended)),
            going_on=ticket.ended is None,
            length=ticket.late,
            exact=ticket.late,
            reported=[ticket.opened],
        )
        for ticket in late
    ]
    fact.touching = fact.incidents
    fact.downtime = sum((ticket.late for ticket in late), Fraction(0))
    if not fact.eligible:
        return fact
    fact.level = judge.rounded(HUNDRED * fact.met_count / fact.eligible)
    fact.met = not late if fact.limit is None else judge.keeps(fact.level)
    return fact


# Measurements


def share_kept(row: Row) -> Fraction | None:
    """A measurement as a value: itself, or what did not fail of a total, in percent; nothing of nothing."""
    if row.get("value") is not None:
        return fraction(row["value"])
    total = fraction(row["total"])
    return HUNDRED * (total - fraction(row["failed"])) / total if total else None


def level_of(rows: list[Row], measured: Tree, inside: Span) -> tuple[Fraction | None, bool | None]:
    """The level of a window, or whether the promise is kept where there is none."""
    how = measured["by"]
    if how == "ratio":
        return ratio_of(rows) if has_enough(rows, measured) else (None, None)
    if how == "mean" and measured.get("slice"):
        return mean_of_slices(rows, measured, inside), None
    if measured.get("minimum_total") is not None:
        raise NotCovered("fewest requests of what is neither a ratio nor of slices")
    rows = sorted(rows, key=lambda row: row["measured"])
    values = [value for row in rows if (value := share_kept(row)) is not None]
    if not values:
        return None, None
    return statistic(values, how), None


def ratio_of(rows: list[Row]) -> tuple[Fraction | None, bool | None]:
    """1 - failed/total over the window; no requests: met."""
    counts = [row for row in rows if row.get("total") is not None]
    if len(counts) < len(rows):
        raise NotCovered("a ratio of values")
    total = sum((fraction(row["total"]) for row in counts), Fraction(0))
    failed = sum((fraction(row["failed"]) for row in counts), Fraction(0))
    if not counts:
        return None, None
    return (HUNDRED * (total - failed) / total, None) if total else (None, True)


def has_enough(rows: list[Row], measured: Tree) -> bool:
    """Whether there are as many requests as it takes to judge them."""
    if measured.get("minimum_total") is None:
        return True
    if any(row.get("total") is None for row in rows):
        raise ValueError("a value does not tell of how many requests it is")
    return sum((fraction(row["total"]) for row in rows), Fraction(0)) >= fraction(measured["minimum_total"])


def mean_of_slices(rows: list[Row], measured: Tree, inside: Span) -> Fraction | None:
    """The mean over all slices of the window; a slice with no request counts as 0 errors.

    Where it takes so many requests to judge a slice, one with fewer is left out, and so is one of which no row tells.
    """
    length = length_of(measured["slice"])
    if not rows:
        return None
    slices: dict[int, list[Row]] = {}
    for row in rows:
        slices.setdefault((instant(row["measured"]) - inside[0]) // length, []).append(row)
    # The rules are silent: a last slice that the end of the window cuts is a slice.
    number = ceil(Fraction(inside[1] - inside[0], length))
    if measured.get("minimum_total") is not None:
        slices = {at: own for at, own in slices.items() if has_enough(own, measured)}
        number = len(slices)
        if not number:
            return None
    errors = Fraction(0)
    for own in slices.values():
        level, _ = ratio_of(own) if own[0].get("value") is None else (mean([share_kept(row) for row in own]), None)
        errors += HUNDRED - level if level is not None else 0
    return HUNDRED - errors / number


def mean(values: list[Any]) -> Fraction:
    return sum(values, Fraction(0)) / len(values)


def statistic(values: list[Fraction], how: str) -> Fraction:
    if how == "mean":
        return mean(values)
    if how == "sum":
        return sum(values, Fraction(0))
    if how == "largest":
        return max(values)
    if how == "smallest":
        return min(values)
    if how == "last":
        return values[-1]
    rank = ceil(Fraction(int(how[1:]) * len(values), 100))  # the nearest rank
    return sorted(values)[max(rank, 1) - 1]


def slices_down(rows: list[Row], measured: Tree) -> list[Row]:
    """Slices whose share of failures reaches the threshold, or passes it, as outages."""
    length = length_of(measured["slice"])
    down = []
    for start in sorted({row["measured"] for row in rows}):
        own = [row for row in rows if row["measured"] == start]  # what several places counted in one slice
        kept = ratio_of(own)[0] if has_enough(own, measured) else None
        if kept is not None and in_span(measured["at"], HUNDRED - kept):
            down.append({"outage": start.isoformat(), "started": start, "ended": start + length * MICROSECOND})
    return down


# Days


def days_of(window: Span, contract: Contract) -> list[Span]:
    """The local days of a window."""
    if window[1] >= NEVER:
        raise NotCovered("days of what never ends")
    edges = {window[0], window[1]}
    day = local_day(window[0], contract.zone)
    while (start := midnight(day, contract.zone)) < window[1]:
        edges.add(max(start, window[0]))
        day = local_day(start + 30 * 3600 * 10**6, contract.zone)
    ordered = sorted(edges)
    return list(itertools.pairwise(ordered))
