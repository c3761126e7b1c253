"""Ticket clocks: priorities, support hours, holds, deadlines (section 6)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from reference.calendars import Span, business_spans, covers, open_spans, total, without
from reference.downtime import Contract, Row, excluded
from reference.terms import Tree
from reference.values import DAY, NotCovered, instant, time_of, word

ANSWERS = {"response": "responded", "resolution": "resolved"}


@dataclass
class Ticket:
    """A ticket as one promise sees it."""

    id: str
    opened: int
    answered: int | None
    priority: str | None
    verdict: str
    """`met`, `missed`, `pending`, or why it is outside the ratio: `excluded`, `outside_term`, `not_concerned`."""
    within: int | None = None
    elapsed: int | None = None
    due: int | None = None
    late: Fraction = Fraction(0)
    kind: str | None = None


@dataclass
class Desk:
    """The tickets of one promise."""

    tickets: list[Ticket]


def desk_of(
    guarantee: Tree, policy: Tree, contract: Contract, term: Span, tickets: list[Row], holds: list[Row]
) -> Desk:
    clock = Clock(guarantee, policy, contract)
    found = []
    for row in tickets:
        if instant(row["opened"]) < contract.as_of:
            own = [hold for hold in holds if hold["ticket"] == row["ticket"]]
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

    def judge(self, row: Row, holds: list[Row], term: Span) -> Ticket:
        answer = row.get(ANSWERS[self.guarantee["metric"]])
        answered = instant(answer) if answer is not None and instant(answer) <= self.contract.as_of else None
        ticket = Ticket(
            str(row["ticket"]), instant(row["opened"]), answered, self.priority(row), "", kind=row.get("kind")
        )
        if not self.concerns(row, ticket):
            ticket.verdict = "not_concerned"
            return ticket
        if row.get("due") is not None:
            self.by_own_deadline(ticket, instant(row["due"]), holds)
        else:
            self.by_clock(ticket, holds)
        if self.stays_out(row):
            ticket.verdict = "excluded"
        elif not covers([term], ticket.opened):
            ticket.verdict = "outside_term"
        return ticket

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

    def by_clock(self, ticket: Ticket, holds: list[Row]) -> None:
        within = self.guarantee["within"]
        target = time_of(named(within, ticket.priority) if isinstance(within, dict) else within)
        if target.months:
            raise NotCovered("tickets within months")
        ticket.within = target.business_days * DAY if target.business_days else target.microseconds
        until = self.contract.as_of if ticket.answered is None else ticket.answered
        until = max(until, ticket.opened)
        ticket.elapsed = total(self.running((ticket.opened, until), holds, bool(target.business_days), until))
        # `strictly` speaks of the target; without one the time itself must be passed.
        strict = bool(self.guarantee.get("strictly")) and self.guarantee.get("target") is None
        late = ticket.elapsed > ticket.within or (strict and ticket.elapsed == ticket.within)
        if late:
            ticket.verdict, ticket.late = "missed", Fraction(ticket.elapsed - ticket.within)
        else:
            ticket.verdict = "pending" if ticket.answered is None else "met"
        ticket.due = self.due(ticket, holds, bool(target.business_days), until)

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

    def due(self, ticket: Ticket, holds: list[Row], business: bool, until: int) -> int | None:
        """The instant at which the time is up; nothing if it does not come within four years."""
        left = ticket.within or 0
        if not left:
            return ticket.opened
        for reach in (10, 60, 400, 1500):
            seen = 0
            for start, end in self.running((ticket.opened, ticket.opened + reach * DAY), holds, business, until):
                if seen + end - start >= left:
                    return start + left - seen
                seen += end - start
        return None


def named(mapping: Any, name: Any) -> Any:
    """Entry of a mapping whose name is a word of evidence."""
    return next((value for key, value in mapping.items() if name is not None and word(key) == word(name)), None)
