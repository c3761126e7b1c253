"""Ticket clocks: priorities, support hours, holds, deadlines (section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from reference.calendars import Span, business_spans, covers, open_spans, total, without
from reference.downtime import Contract, Row, excluded
from reference.terms import Tree
from reference.values import DAY, MINUTE, NotCovered, fraction, instant, time_of, word

ANSWERS = {"response": "responded", "resolution": "resolved", "update": "resolved"}
MINUTES = {"response": "response_minutes", "resolution": "resolution_minutes", "update": "resolution_minutes"}
Number = int | Fraction


@dataclass
class Ticket:
    """A ticket as one promise sees it."""

    id: str
    opened: int
    answered: int | None
    priority: str | None
    verdict: str
    """`met`, `missed`, `pending`, or why it is outside the ratio.

    That is `excluded`, `outside_term`, `not_concerned`, or `unknown` (of updates, where there is no table of them).
    """
    within: int | None = None
    elapsed: Number | None = None
    due: int | None = None
    late: Fraction = Fraction(0)
    kind: str | None = None
    priorities: str | None = None
    """The priorities that it had until its answer, in order, if there were several."""
    ended: Number | None = None
    """The end of it: the answer, or the first instant at which it can have been answered."""


@dataclass
class Desk:
    """The tickets of one promise."""

    tickets: list[Ticket]


def desk_of(guarantee: Tree, policy: Tree, contract: Contract, term: Span, evidence: dict[str, list[Row]]) -> Desk:
    clock = Clock(guarantee, policy, contract)
    found = []
    for row in evidence.get("tickets", []):
        if instant(row["opened"]) < contract.as_of:
            own = {
                name: [one for one in evidence[name] if one["ticket"] == row["ticket"]]
                for name in ("holds", "priorities", "updates")
                if name in evidence
            }
            found.append(clock.judge(row, own, term))
    return Desk(found)


@dataclass
class Clock:
    """How one promise times tickets."""

    guarantee: Tree
    policy: Tree
    contract: Contract

    @property
    def support(self) -> Tree:
        return self.policy.get("support") or {}

    @property
    def hours(self) -> Any:
        hours = self.guarantee.get("hours") or self.support.get("hours")
        return None if hours == "24/7" else hours

    def judge(self, row: Row, own: dict[str, list[Row]], term: Span) -> Ticket:
        """Judge one ticket by what other tables tell of it."""
        holds, updates = own.get("holds", []), own.get("updates")
        metric = self.guarantee["metric"]
        answer = row.get(ANSWERS[metric])
        answered = instant(answer) if answer is not None and instant(answer) <= self.contract.as_of else None
        ticket = Ticket(str(row["ticket"]), instant(row["opened"]), answered, None, "", kind=row.get("kind"))
        ticket.ended = answered
        self.rank(ticket, row, own.get("priorities", []))
        if not self.concerns(row, ticket):
            ticket.verdict = "not_concerned"
            return ticket
        minutes = self.minutes(row, ticket)
        if metric == "update":
            self.by_updates(ticket, row, holds, updates)
        elif row.get("due") is not None:
            if minutes is not None:
                raise ValueError(f"ticket {ticket.id} has its own deadline, and no instant at which it was answered")
            self.by_own_deadline(ticket, instant(row["due"]), holds)
        elif minutes is not None:
            self.by_minutes(ticket, minutes)
        else:
            self.by_clock(ticket, holds)
        if self.stays_out(row):
            ticket.verdict = "excluded"
        elif not covers([term], ticket.opened) or covers(self.contract.suspended, ticket.opened):
            ticket.verdict = "outside_term"
        return ticket

    def rank(self, ticket: Ticket, row: Row, priorities: list[Row]) -> None:
        """The priority at the answer, or, where the promise says so, at the opening.

        Of a ticket that nobody ranked when it was opened the first priority speaks for the time before it.
        """
        until = self.contract.as_of if ticket.answered is None else ticket.answered
        given: dict[int, str] = {}
        for one in priorities:
            if instant(one["started"]) in given:
                raise ValueError(f"ticket {ticket.id} has two priorities from the same instant")
            given[instant(one["started"])] = str(one["priority"])
        known = {at: given[at] for at in sorted(given) if at <= until}
        first = next((known[at] for at in reversed(known) if at <= ticket.opened), self.priority(row))
        had = [first] if first is not None else []
        for at, priority in known.items():
            if at > ticket.opened and (not had or word(priority) != word(had[-1])):
                had.append(priority)
        ticket.priorities = " → ".join(had) if len(had) > 1 else None
        if had:
            ticket.priority = had[0] if self.guarantee.get("ranked") == "opened" else had[-1]

    def minutes(self, row: Row, ticket: Ticket) -> Fraction | None:
        """The length that somebody else measured, in minutes that the contract counts.

        A clock never runs faster than time: what cannot have been answered by now is not answered yet.
        """
        given = row.get(MINUTES[self.guarantee["metric"]])
        if given is None:
            return None
        if row.get(ANSWERS[self.guarantee["metric"]]) is not None:
            raise ValueError(f"ticket {ticket.id} has two answers for one thing: an instant, and minutes")
        if fraction(given) < 0:
            raise ValueError(f"ticket {ticket.id} was answered before it was opened")
        length = fraction(given) * MINUTE
        return length if ticket.opened + length <= self.contract.as_of else None

    def priority(self, row: Row) -> str | None:
        """The `priority` column, else the matrix of impact and urgency."""
        if row.get("priority") is not None:
            return str(row["priority"])
        matrix = (self.support.get("matrix") or {}).get("impact") or {}
        if row.get("impact") is None or row.get("urgency") is None:
            return None
        urgencies = named(matrix, row["impact"]) or {}
        return named(urgencies, row["urgency"])

    def concerns(self, row: Row, ticket: Ticket) -> bool:
        promised = self.guarantee.get("tickets") or {}
        if promised.get("kinds") and (row.get("kind") is None or word(row["kind"]) not in map(word, promised["kinds"])):
            return False
        ranks = promised.get("priorities")
        needs = isinstance(self.guarantee["within"], dict) or ranks
        if needs and ticket.priority is None:
            raise ValueError(f"ticket {ticket.id} has no priority")
        if ranks and word(ticket.priority) not in map(word, ranks):
            return False
        return (
            not isinstance(self.guarantee["within"], dict)
            or named(self.guarantee["within"], ticket.priority) is not None
        )

    def stays_out(self, row: Row) -> bool:
        kind = row.get("kind")
        if kind is None:
            return False
        if word(kind) in map(word, excluded(self.guarantee, "tickets")):
            return True
        return row.get("due") is not None and word(kind) in map(word, excluded(self.guarantee, "own_deadline"))

    def by_own_deadline(self, ticket: Ticket, due: int, holds: list[Row]) -> None:
        """A ticket with its own `due` is judged by that."""
        ticket.due = due
        until = self.contract.as_of if ticket.answered is None else ticket.answered
        if until > due:
            # The rules are silent on how late it is: the clock of the promise goes on, less holds.
            within = self.guarantee["within"]
            target = time_of(named(within, ticket.priority) if isinstance(within, dict) else within)
            late = total(self.running((due, until), holds, bool(target.business_days), until))
            ticket.verdict, ticket.late = "missed", Fraction(late)
        else:
            ticket.verdict = "pending" if ticket.answered is None else "met"

    def target(self, ticket: Ticket) -> Any:
        """The time that a ticket has; business days in days of 24 hours."""
        within = self.guarantee["within"]
        target = time_of(named(within, ticket.priority) if isinstance(within, dict) else within)
        if target.months:
            raise NotCovered("tickets within months")
        ticket.within = target.business_days * DAY if target.business_days else target.microseconds
        return target

    def is_late(self, elapsed: Number, within: int) -> bool:
        """`strictly` speaks of the target; without one the time itself must be passed."""
        strict = bool(self.guarantee.get("strictly")) and self.guarantee.get("target") is None
        return elapsed > within or (strict and elapsed == within)

    def by_clock(self, ticket: Ticket, holds: list[Row]) -> None:
        target = self.target(ticket)
        until = self.contract.as_of if ticket.answered is None else ticket.answered
        until = max(until, ticket.opened)
        elapsed = total(self.running((ticket.opened, until), holds, bool(target.business_days), until))
        self.settle(ticket, elapsed, known=ticket.answered is not None)
        ticket.due = self.due(ticket, ticket.opened, holds, bool(target.business_days), until)

    def by_minutes(self, ticket: Ticket, minutes: Fraction) -> None:
        """Hours and holds are in the minutes already; when it was answered is not known, nor when it was due."""
        self.target(ticket)
        ticket.ended = ticket.opened + minutes
        self.settle(ticket, minutes, known=True)

    def by_updates(self, ticket: Ticket, row: Row, holds: list[Row], updates: list[Row] | None) -> None:
        """The longest time without an update, from the opening until it is resolved, or now."""
        if row.get("resolution_minutes") is not None:
            raise ValueError(f"ticket {ticket.id} is judged by its updates: say when it was resolved")
        target = self.target(ticket)
        if updates is None:
            ticket.verdict = "unknown"
            return
        until = self.contract.as_of if ticket.answered is None else ticket.answered
        until = max(until, ticket.opened)
        sent = {at for one in updates if ticket.opened < (at := instant(one["sent"])) < until}
        gaps = list(pairwise([ticket.opened, *sorted(sent), until]))
        business = bool(target.business_days)
        lengths = [total(self.running(gap, holds, business, until)) for gap in gaps]
        self.settle(ticket, max(lengths), known=ticket.answered is not None)
        late = [gap for gap, length in zip(gaps, lengths, strict=True) if self.is_late(length, ticket.within or 0)]
        ticket.due = self.due(ticket, (late or gaps[-1:])[0][0], holds, business, until)

    def settle(self, ticket: Ticket, elapsed: Number, known: bool) -> None:
        within = ticket.within or 0
        ticket.elapsed = elapsed
        if self.is_late(elapsed, within):
            ticket.verdict, ticket.late = "missed", Fraction(elapsed - within)
        else:
            ticket.verdict = "met" if known else "pending"

    def running(self, within: Span, holds: list[Row], business: bool, until: int) -> list[Span]:
        """When the clock runs: the support hours, or business time, less holds."""
        if business:
            hours = self.hours or {}
            spans = business_spans(self.zone, hours.get("holidays"), within)
        else:
            spans = open_spans(self.hours, self.contract.zone, within)
        waits = []
        for hold in holds:
            # The rules are silent on a hold that goes on beyond now, or beyond the answer: it is known until then.
            ended = until if hold.get("ended") is None else min(until, instant(hold["ended"]))
            waits.append((instant(hold["started"]), ended))
        return without(spans, waits)

    @property
    def zone(self) -> Any:
        from zoneinfo import ZoneInfo

        named_zone = (self.hours or {}).get("time_zone")
        return ZoneInfo(named_zone) if named_zone else self.contract.zone

    def due(self, ticket: Ticket, begun: int, holds: list[Row], business: bool, until: int) -> int | None:
        """The instant at which the time is up; nothing if it does not come within four years."""
        left = ticket.within or 0
        if not left:
            return begun
        for reach in (10, 60, 400, 1500):
            seen = 0
            for start, end in self.running((begun, begun + reach * DAY), holds, business, until):
                if seen + end - start >= left:
                    return start + left - seen
                seen += end - start
        return None


def named(mapping: Any, name: Any) -> Any:
    """Entry of a mapping whose name is a word of evidence."""
    return next((value for key, value in mapping.items() if name is not None and word(key) == word(name)), None)
