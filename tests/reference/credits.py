"""What is owed: schedules, limits, roundings (section 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from typing import Any

from reference.calendars import Span, common, months_before
from reference.downtime import Contract, Incident, Piece, Row
from reference.fees import Fees
from reference.levels import HUNDRED, ON_TICKETS, Fact, Judge, days_of, is_measured, rises
from reference.terms import Tree
from reference.values import (
    NEVER,
    NotCovered,
    fraction,
    in_span,
    instant,
    length_of,
    paid,
    steps,
    worth_of,
)

LEVELS = ("from", "above", "to", "below")
MEASURES = (*LEVELS, "outage", "downtime", "incidents", "deviation", "streak", "misses")


# Conditions


@dataclass
class Conditions:
    """Whether conditions hold in a window of a guarantee."""

    judge: Judge
    fact: Fact

    def hold(self, reach: Tree, incident: Incident | None) -> bool:
        """All that a condition says must hold. Of an outage: of this one, or, in a window, of any."""
        level = {side: reach[side] for side in LEVELS if reach.get(side) is not None}
        if level and (self.fact.level is None or not in_span(level, self.fact.level)):
            return False
        if reach.get("downtime") is not None and not in_span(reach["downtime"], self.fact.downtime, length_of):
            return False
        if (
            self.judge.guarantee.get("combine") == "mean"
            and (reach.get("outage") or reach.get("incidents")) is not None
        ):
            raise NotCovered("single outages of a mean over components")
        if reach.get("incidents") is not None and not in_span(reach["incidents"], Fraction(len(self.fact.incidents))):
            return False
        if reach.get("deviation") is not None and not self.deviates(reach["deviation"]):
            return False
        if reach.get("streak") is not None and not self.in_a_row(reach["streak"]):
            return False
        if reach.get("misses") is not None and not self.misses(reach["misses"]):
            return False
        if reach.get("outage") is None:
            return True
        lengths = [incident.length] if incident else [one.length for one in self.fact.incidents]
        return any(in_span(reach["outage"], length, length_of) for length in lengths)

    def deviates(self, span: Any) -> bool:
        """How far the level misses the target, in percent of the target. What is kept misses by nothing."""
        fact = self.fact
        if fact.met is not False or fact.level is None or fact.limit is None:
            return False
        missed = fact.level - fact.limit if rises(self.judge.guarantee) else fact.limit - fact.level
        missed = (Fraction(10**30) if missed else Fraction(0)) if fact.limit == 0 else HUNDRED * missed / fact.limit
        return in_span(span, missed)

    def before(self) -> list[Fact]:
        """Facts of this window and those before it, the latest first."""
        if self.judge.by_incident:
            raise NotCovered("windows in a row of a promise about single incidents")
        found: list[Fact] = []
        judge: Judge | None = self.judge
        while judge is not None and not judge.by_incident:
            start = min(judge.contract.starts, self.fact.window[0])
            windows = judge.windows((start, self.fact.window[1]))
            found += [judge.fact(window) for window in reversed(windows) if window[1] <= self.fact.window[1]]
            judge = judge.earlier
        return once_each(found)

    def in_a_row(self, span: Any) -> bool:
        """Windows missed in a row, this one the last: a window that is kept ends no row."""
        if self.fact.met is not False:
            return False
        missed = list(takewhile(lambda fact: fact.met is False, self.before()))
        return in_span(span, Fraction(len(missed)))

    def misses(self, span: Tree) -> bool:
        """So many windows missed of the last few that follow each other, this one among them."""
        if self.fact.met is not False:
            return False
        last = self.before()[: int(span["of"])]
        return in_span(span, Fraction(sum(fact.met is False for fact in last)))


def once_each(facts: list[Fact]) -> list[Fact]:
    """Facts, the parts of a window that a change cuts as one: it is missed if any part of it is."""
    windows: dict[Any, Fact] = {}
    for fact in facts:
        known = windows.setdefault(fact.whole, fact)
        if known.met is not False and (fact.met is False or known.met is None):
            windows[fact.whole] = fact
    return list(windows.values())


# Schedules


@dataclass(frozen=True)
class Earned:
    """An amount, before limits, and points that are still to be turned into one."""

    amount: Fraction = Fraction(0)
    points: Fraction = Fraction(0)
    before_caps: Fraction | None = None

    def __add__(self, other: Earned) -> Earned:
        return Earned(self.amount + other.amount, self.points + other.points)

    def times(self, factor: Fraction) -> Earned:
        return Earned(self.amount * factor, self.points * factor)

    @property
    def uncapped(self) -> Fraction:
        return self.amount if self.before_caps is None else self.before_caps

    @property
    def size(self) -> tuple[Fraction, Fraction]:
        return self.amount, self.points


NOTHING = Earned()


@dataclass
class Schedule:
    """One schedule, on one window of one guarantee."""

    credit: Tree
    judge: Judge
    fact: Fact
    fees: Fees | Ones
    share: Fraction = Fraction(1)
    """Of the fee of a window that a change cuts: what its part has, where the parts share it."""

    def __post_init__(self) -> None:
        self.conditions = Conditions(self.judge, self.fact)
        window = self.judge.paid_window(self.fact)
        self.basis = self.share * self.fees.basis(self.credit["of"], self.judge.guarantee, window)
        self.monthly = self.share * self.fees.monthly_of(self.credit["of"], self.judge.guarantee, window)

    @property
    def per(self) -> str:
        """What earns it; if not written, single tickets earn by each late one, single incidents by each of them."""
        guarantee = self.judge.guarantee
        if self.judge.by_incident:
            return "incident"
        single = guarantee["metric"] in ON_TICKETS and guarantee.get("target") is None
        return self.credit["per"] or ("incident" if single else "window")

    def worth(self, text: Any, times: Fraction = Fraction(1)) -> Earned:
        worth = worth_of(text)
        amount = worth.share * self.basis + worth.monthly * self.monthly + worth.money
        return Earned(amount * times, worth.points * times * self.share)

    def earned(self) -> dict[Any, Earned]:
        """What it earns in the window, in all or for each incident or day."""
        if self.fact.met is None:
            return {}  # no verdict and no credit
        if self.per in ("incident", "day") and self.judge.guarantee.get("combine") == "mean":
            raise NotCovered("single incidents or days of a mean over components")
        if self.per == "incident":
            numbered = enumerate(self.fact.incidents)  # two tickets may be late at the same time
            each = {(one.run, number): self.of(one, one.length) for number, one in numbered}
            found = {key: earned for key, earned in each.items() if earned != NOTHING}
            # What a window falls short by an incident that started before it is the window's alone.
            alone = self.credit["kind"] == "shortfall" and not self.fact.incidents and not self.judge.by_incident
            return {"window": self.of(None, self.fact.downtime)} if alone else found
        if self.per == "day":
            return self.by_day()
        return {"window": self.of(None, self.fact.downtime)}

    def of(self, incident: Incident | None, time: Fraction) -> Earned:
        """What a window, or one incident in it, earns."""
        when = self.credit.get("when")
        if when and not self.conditions.hold(when, incident):
            return NOTHING
        if self.credit["kind"] == "bands":
            earned = self.of_bands(incident, time)
        elif self.fact.met:
            earned = NOTHING  # all others are earned by a miss
        else:
            earned = self.of_kind(self.credit, incident, time)
        factor = Fraction(1)
        for multiplier in self.credit["multipliers"]:
            if self.conditions.hold(multiplier["when"], incident):
                factor = fraction(multiplier["by"])
        return earned.times(factor)

    def of_kind(self, rate: Tree, incident: Incident | None, time: Fraction) -> Earned:
        if rate.get("flat") is not None:
            return self.worth(rate["flat"])
        if rate.get("accrual") is not None:
            return self.of_accrual(rate["accrual"], time)
        if rate.get("multiple") is not None:
            after = Fraction(length_of(rate["multiple"]["after"]))
            return Earned(fraction(rate["multiple"]["by"]) * self.basis * self.part_lost(time, after))
        if rate.get("shortfall") is not None:
            return self.of_shortfall(rate["shortfall"], incident)
        return NOTHING

    def part_lost(self, time: Fraction, after: Fraction) -> Fraction:
        """Which part of its time a window has lost, beyond a deductible."""
        guarantee = self.judge.guarantee
        if guarantee["metric"] == "availability" and is_measured(guarantee):
            if after:
                raise NotCovered("a deductible from what measures no time")
            # The rules are silent: what a measured availability lacks stands for the time lost.
            return (HUNDRED - self.fact.level) / HUNDRED if self.fact.level is not None else Fraction(0)
        if guarantee["metric"] in (*ON_TICKETS, "figure"):
            raise NotCovered("the time lost of what measures no time")
        return max(Fraction(0), time - after) / self.fact.agreed if self.fact.agreed else Fraction(0)

    def of_accrual(self, accrual: Tree, time: Fraction) -> Earned:
        """So much for each interval of downtime after a deductible, and none beyond the most that earns."""
        if accrual.get("to") is not None:
            time = min(time, Fraction(length_of(accrual["to"])))
        time = max(Fraction(0), time - self.deductible(accrual))
        return self.worth(accrual["credit"], steps(time, Fraction(length_of(accrual["per"])), accrual["count"]))

    def deductible(self, accrual: Tree) -> Fraction:
        after = accrual.get("after") or "0m"
        if after != "target":
            return Fraction(length_of(after))
        guarantee = self.judge.guarantee
        if guarantee["metric"] in ("downtime", "replacement"):
            return Fraction(length_of(guarantee["within"]))
        if self.fact.limit is None:
            raise NotCovered("the downtime that no target allows")
        return self.fact.agreed * (HUNDRED - self.fact.limit) / HUNDRED

    def of_shortfall(self, shortfall: Tree, incident: Incident | None) -> Earned:
        """Points missed, or whole steps of them."""
        if incident is not None and not self.judge.by_incident:
            if shortfall.get("step") is not None:
                raise NotCovered("steps of a shortfall per incident")
            whole = self.of_shortfall(shortfall, None)
            lengths = sum((one.length for one in self.fact.incidents), Fraction(0))
            return whole.times(incident.length / lengths) if lengths else NOTHING
        points = self.points_missed(shortfall)
        if shortfall.get("step") is not None:
            number = steps(points, fraction(shortfall["step"]), shortfall.get("count") or "started")
            return self.worth(shortfall["credit"], number)
        return Earned(worth_of(shortfall.get("credit") or "1%").share * points * self.basis)

    def points_missed(self, shortfall: Tree) -> Fraction:
        level, limit = self.fact.level, self.fact.limit
        if level is None:
            return Fraction(0)
        start = shortfall.get("from")
        if start in (None, "target"):
            if limit is None:
                raise NotCovered("a shortfall from no target")
            start = limit
        start = HUNDRED if start == "full" else fraction(start)
        stop = None if shortfall.get("to") is None else fraction(shortfall["to"])
        if rises(self.judge.guarantee):
            level = level if stop is None else min(level, stop)
            return max(Fraction(0), level - start)
        level = level if stop is None else max(level, stop)
        return max(Fraction(0), start - level)

    # Bands

    def of_bands(self, incident: Incident | None, time: Fraction) -> Earned:
        bands = list(enumerate(self.credit["bands"]))
        reached = [(number, band) for number, band in bands if self.conditions.hold(band, incident)]
        if not reached:
            return NOTHING
        earned = [self.of_band(band, incident, time) for _, band in reached]
        select = self.credit["select"]
        if select == "sum":
            return sum(earned, NOTHING)
        if select == "largest":
            return max(earned, key=lambda one: one.size)
        named = [[name for name in MEASURES if band.get(name) is not None] for _, band in bands]
        measures = {frozenset("level" if name in LEVELS else name for name in names) for names in named}
        one_measure = len(measures) == 1 and len(next(iter(measures))) == 1
        # Bands that speak of different things do not compare: the later one is then the deeper.
        deepest = max(reached, key=lambda one: self.depth(*one)) if one_measure else reached[-1]
        return self.of_band(deepest[1], incident, time)

    def of_band(self, band: Tree, incident: Incident | None, time: Fraction) -> Earned:
        earned = self.worth(band["credit"]) if band.get("credit") is not None else NOTHING
        return earned + self.of_kind(band["plus"], incident, time) if band.get("plus") else earned

    def depth(self, number: int, band: Tree) -> tuple[Any, ...]:
        """How bad it must be to reach a band.

        The rules are silent on bands that speak of different things; the later one is then the deeper.
        """
        falls = not rises(self.judge.guarantee)
        measures = [
            name for name in ("outage", "downtime", "incidents", "deviation", "streak", "misses") if band.get(name)
        ]
        level = {side: band[side] for side in LEVELS if band.get(side) is not None}
        if level and measures:
            return (0, 0, number)
        if level and falls:
            high = level.get("below", level.get("to"))
            return (-fraction(high) if high is not None else Fraction(-(10**30)), "below" in level, number)
        read: Callable[[Any], Any] = fraction
        span: Any = level
        if len(measures) == 1:
            span = band[measures[0]]
            read = length_of if measures[0] in ("outage", "downtime") else fraction
        elif measures:
            return (0, 0, number)
        if not isinstance(span, dict):
            span = {"from": span}
        low = span.get("from", span.get("above"))
        return (Fraction(read(low)) if low is not None else Fraction(-(10**30)), "above" in span, number)

    # Days

    def by_day(self) -> dict[Any, Earned]:
        """Each local day of the window by the downtime that lies in it."""
        accounts = self.judge.accounts
        kind = self.credit["kind"]
        if accounts is None or self.fact.agreed == 0 or kind not in ("flat", "accrual", "multiple", "bands"):
            raise NotCovered(f"{kind} per day")
        days: dict[Any, Earned] = {}
        for day in days_of(self.fact.window, self.judge.contract):
            time = accounts.downtime_in(day)
            if time:
                parts = [part for one in self.fact.touching if (part := part_of(one, day))]
                longest = sorted(parts, key=lambda one: one.length)[-1:]  # bands go by the longest outage in the day
                fact = Fact(**(vars(self.fact) | {"downtime": time, "incidents": longest}))
                days[day] = Schedule(self.credit | {"per": "window"}, self.judge, fact, self.fees, self.share).of(
                    None, time
                )
        return days


def part_of(incident: Incident, day: Span) -> Incident | None:
    """What of an incident lies in a day."""
    pieces = [Piece(one.outage, common(one.span, day), one.verdict, one.weight) for one in incident.pieces]
    length = sum((piece.weighed for piece in pieces), Fraction(0))
    return Incident(common(incident.run, day), False, pieces, length, length) if length else None


# Remedies


@dataclass
class Owed:
    """What one remedy owes for one window, or for one incident that is judged by itself."""

    window: Span
    whole: Span
    award: Award
    earned: Fraction = Fraction(0)
    basis: Fraction = Fraction(0)
    share: Fraction = Fraction(0)
    """Of the time of the whole window."""
    uncapped: Fraction = Fraction(0)
    amount: Decimal = Decimal(0)
    cap: str | None = None
    instead: str | None = None
    """The remedy that is paid in the place of this one (`one_of`)."""
    guarantees: list[str] = field(default_factory=list)
    """The guarantees that earned it."""
    facts: dict[str, Fact] = field(default_factory=dict)
    by_incident: bool = False
    of_nothing: bool = False
    """Whether it earned a share, of a fee of nothing."""

    @property
    def judges(self) -> list[Judge]:
        return [self.award.judges[name] for name in self.facts]

    @property
    def paid_window(self) -> Span:
        """The window whose fees limits go by."""
        found = [judge.paid_window(self.facts[name]) for name, judge in zip(self.facts, self.judges, strict=True)]
        return next((one for one in found if one == self.whole), self.window)


class Ones:
    """Fees that are all one: what earns a share earns something of them."""

    def basis(self, *_: Any) -> Fraction:
        return Fraction(1)

    monthly_of = share_of_time = basis


@dataclass
class Award:
    """One remedy of one subscription."""

    remedy: Tree
    judges: dict[str, Judge]
    fees: Fees | Ones
    claims: list[Row]
    contract: Contract

    @property
    def currency(self) -> str:
        return str(self.contract.row["currency"])

    def guaranteed(self, name: str, credit: Tree) -> bool:
        """A best-effort tier earns nothing."""
        judge = self.judges.get(name)
        return judge is not None and judge.guarantee["commitment"] == "guaranteed" and name in credit["for"]

    def owed(self, facts: dict[str, list[Fact]]) -> list[Owed]:
        """One row for each window that is judged, before limits."""
        rows = self.rows_of(facts)
        per_schedule = []
        for credit in self.remedy["credit"]:
            earned = [self.earned_by(credit, row) for row in rows]
            per_schedule.append(earned)
        for number, row in enumerate(rows):
            self.combine(row, [earned[number] for earned in per_schedule])
            row.of_nothing = not row.earned and self.earns_a_share(row)
        return rows

    @property
    def limits(self) -> list[Tree]:
        """Whose limits a window has: the schedule's, if it is one, and the remedy's."""
        several = len(self.remedy["credit"]) > 1
        return [self.remedy] if several else [*self.remedy["credit"], self.remedy]

    def earns_a_share(self, row: Owed) -> bool:
        """Whether it would owe something, were there a fee."""
        other = Award(self.remedy, self.judges, Ones(), self.claims, self.contract)
        imagined = Owed(row.window, row.whole, other, by_incident=row.by_incident, facts=row.facts, share=row.share)
        other.combine(imagined, [other.earned_by(credit, imagined) for credit in self.remedy["credit"]])
        return imagined.earned > 0

    def rows_of(self, facts: dict[str, list[Fact]]) -> list[Owed]:
        rows: dict[Any, Owed] = {}
        for name in self.remedy["for"]:
            if name not in facts:
                continue
            alone = self.judges[name].by_incident
            for fact in facts[name]:
                whole = fact.whole or fact.window
                # Where a change cuts the window of one guarantee alone, the others are judged with its last part.
                key = (name, fact.window) if alone else (whole, fact.window[1])
                row = rows.setdefault(key, Owed(fact.window, whole, self, by_incident=alone))
                row.window = max(row.window, fact.window)
                row.facts[name] = fact
                part = self.fees.share_of_time(fact.window, self.judges[name].paid_window(fact))
                row.share = max(row.share, part)
        return sorted(rows.values(), key=lambda row: (row.window[1], row.window[0]))

    def earned_by(self, credit: Tree, row: Owed) -> dict[Any, Earned]:
        """What one schedule earns in a window: once, or for each guarantee, incident or day."""
        found: dict[Any, Earned] = {}
        for name, fact in row.facts.items():
            if credit["kind"] == "none" or not self.guaranteed(name, credit):
                continue
            schedule = Schedule(credit, self.judges[name], fact, self.fees, self.share_of(credit, name, fact))
            row.basis = max(row.basis, schedule.basis)
            for key, earned in schedule.earned().items():
                if earned.amount or earned.points:
                    row.guarantees.append(name)
                if schedule.per == "incident":
                    found[name, key] = earned
                elif schedule.per == "guarantee":
                    found[name] = earned
                elif credit.get("points") or self.remedy.get("points"):
                    found[key] = found.get(key, NOTHING) + earned  # the points of all guarantees together
                else:
                    found[key] = max(found.get(key, NOTHING), earned, key=lambda one: one.size)
        return self.limited(credit, found, row)

    def share_of(self, credit: Tree, name: str, fact: Fact) -> Fraction:
        """The share of the window's fee that a part of it has, where a credit would be due twice without it.

        What is due by the incident, by the day or by the length of downtime is due once, whatever the parts; so is what
        goes by the time lost in the whole window.
        """
        judge = self.judges[name]
        guarantee = judge.guarantee
        part = self.fees.share_of_time(fact.window, judge.paid_window(fact))
        if judge.by_incident:
            return Fraction(1)
        if ((credit.get("points") or self.remedy.get("points")) or {}).get("bands"):
            return Fraction(1)  # all points of the part count, and what they are worth is shared
        if credit["kind"] in ("multiple", "shortfall"):
            of_time = judge.accounts is not None
            whole = guarantee.get("partial") == "full" or isinstance(guarantee.get("denominator"), dict)
            return Fraction(1) if of_time and whole else part
        per = Schedule(credit, judge, fact, self.fees).per
        return Fraction(1) if credit["kind"] == "accrual" or per in ("incident", "day") else part

    def limited(self, credit: Tree, found: dict[Any, Earned], row: Owed) -> dict[Any, Earned]:
        """Points become money; caps of one incident, and, beside other schedules, of the schedule's window."""
        if credit.get("points"):
            points = sum((one.points for one in found.values()), Fraction(0))
            worth = self.worth_of_points(credit["points"], points, credit["of"], row)
            rest = {key: Earned(one.amount) for key, one in found.items() if one.amount}
            found = rest | {"points": Earned(worth)}
        for cap in [*credit["caps"], *self.remedy["caps"]]:
            if cap["per"] == "incident":
                found = {key: self.at_most(one, cap, key, row) for key, one in found.items()}
        if len(self.remedy["credit"]) > 1:
            for cap in credit["caps"]:
                if cap["per"] == "window":
                    found = self.window_cap(found, cap, row)
                elif cap["per"] != "incident":
                    raise NotCovered("a cap over a span on one of several schedules")
            if credit.get("minimum") or credit.get("earn_back"):
                raise NotCovered("a minimum or an earn-back on one of several schedules")
        return found

    def at_most(self, earned: Earned, cap: Tree, key: Any, row: Owed) -> Earned:
        guarantee = self.judges[key[0]].guarantee if isinstance(key, tuple) and key[0] in self.judges else self.one(row)
        most = self.limit(cap["at_most"], cap.get("of"), guarantee, row.paid_window)
        if earned.amount <= most:
            return earned
        row.cap = cap["per"]
        return Earned(most, earned.points, earned.uncapped)

    def window_cap(self, found: dict[Any, Earned], cap: Tree, row: Owed) -> dict[Any, Earned]:
        whole = sum((one.amount for one in found.values()), Fraction(0))
        most = self.limit(cap["at_most"], cap.get("of"), self.one(row), row.paid_window)
        if whole <= most:
            return found
        row.cap = cap["per"]
        return {"window": Earned(most, before_caps=sum((one.uncapped for one in found.values()), Fraction(0)))}

    def one(self, row: Owed) -> Tree:
        name = next((name for name in self.remedy["for"] if name in row.facts), None)
        return self.judges[name].guarantee if name else {}

    def limit(self, text: Any, of: Any, guarantee: Tree, window: Span, share: Fraction = Fraction(1)) -> Fraction:
        """An amount that a limit names; a share of a fee is one of the part's share of the fee."""
        worth = worth_of(text)
        of = of or "monthly_fee"
        basis = self.fees.basis(of, guarantee, window)
        of_fee = worth.share * basis + worth.monthly * self.fees.monthly_of(of, guarantee, window)
        return share * of_fee + worth.money

    def worth_of_points(self, value: Tree, points: Fraction, of: Any, row: Owed) -> Fraction:
        if value.get("each") is not None:
            return points * self.limit(value["each"], of, self.one(row), row.paid_window)
        reached = [band for band in value["bands"] if in_span({k: v for k, v in band.items() if k in LEVELS}, points)]
        if not points or not reached:
            return Fraction(0)
        deepest = max(reached, key=lambda band: (fraction(band.get("from", band.get("above", -1))), "above" in band))
        return self.limit(deepest["credit"], of, self.one(row), row.paid_window, row.share)

    def combine(self, row: Owed, schedules: list[dict[Any, Earned]]) -> None:
        """Several schedules add up, unless the largest or the smallest is taken."""
        select = self.remedy["select"]
        # The rules are silent on `select` where schedules are earned more than once in a window: the sums are compared.
        chosen: Callable[[list[Fraction]], Fraction] = {"sum": sum, "largest": max, "smallest": min}[select]  # type: ignore[assignment]
        row.earned = chosen([sum((one.amount for one in found.values()), Fraction(0)) for found in schedules])
        row.uncapped = chosen([sum((one.uncapped for one in found.values()), Fraction(0)) for found in schedules])
        if self.remedy.get("points"):
            points = sum((one.points for found in schedules for one in found.values()), Fraction(0))
            worth = self.worth_of_points(self.remedy["points"], points, self.remedy["credit"][0]["of"], row)
            row.earned += worth
            row.uncapped += worth


# Limits


@dataclass
class Limits:
    """Caps in their order, then rounding, minimum and earn-back, window after window."""

    rows: list[Owed]
    """All of a remedy, whatever the row of the subscription."""
    carried: Fraction = Fraction(0)

    def apply(self) -> None:
        for row in self.rows:
            self.settle(row)

    def settle(self, row: Owed) -> None:
        """What is paid for a window, after what was paid for those before it."""
        number = next(number for number, one in enumerate(self.rows) if one is row)
        award, amount = row.award, row.earned
        kept = Fraction(1)
        for part in award.limits:
            kept *= max(Fraction(0), 1 - self.given_back(part.get("earn_back"), number))
        if kept != 1:
            row.cap = None
        amount = self.raised(amount * kept, row) if kept else Fraction(0)
        for cap in self.caps(award):
            # those that are not settled yet have no amount; one that goes with an earlier incident has
            amount = self.capped(amount, cap, row, [*self.rows[:number], *self.rows[number + 1 :]])
        row.amount = paid(amount, award.currency)
        for part in award.limits:
            if part.get("minimum"):
                self.carried = self.at_least(part["minimum"], row, amount > 0, self.carried)

    @staticmethod
    def caps(award: Award) -> list[Tree]:
        """Per incident, per window, per rolling span, per term."""
        order = {"incident": 0, "window": 1, "term": 4}
        caps = [cap for part in award.limits for cap in part["caps"] if cap["per"] != "incident"]
        return sorted(caps, key=lambda cap: order.get(cap["per"], 3 if cap["per"].startswith("rolling") else 2))

    def capped(self, amount: Fraction, cap: Tree, row: Owed, others: list[Owed]) -> Fraction:
        span = self.span_of(cap["per"], row)
        most = row.award.limit(cap["at_most"], cap.get("of"), row.award.one(row), row.paid_window)
        if span is None and not row.by_incident:
            # A change cuts a window in two, and leaves one limit for both.
            most -= sum((Fraction(one.amount) for one in others if one.whole == row.whole), Fraction(0))
        if span is not None:
            most -= sum((Fraction(one.amount) for one in others if span[0] <= one.window[0] < span[1]), Fraction(0))
            most -= self.claimed_elsewhere(span)
        most = max(Fraction(0), most)
        if amount <= most:
            return amount
        if paid(amount, row.award.currency) > paid(most, row.award.currency):
            row.cap = cap["per"]
        return most

    def span_of(self, per: str, row: Owed) -> Span | None:
        contract = row.award.contract
        if per == "window":
            return None
        if per == "term":
            return -NEVER, NEVER
        if per == "rolling_12mo":
            return months_before(row.window[1], 12, contract.zone), row.window[1]
        months = per.removeprefix("rolling ").removesuffix("mo")
        if per.startswith("rolling ") and months.isdigit():
            return months_before(row.window[1], int(months), contract.zone), row.window[1]
        if per.startswith("rolling "):
            return row.window[1] - length_of(per.removeprefix("rolling ")), row.window[1]
        # A window belongs to the span in which it ends; an incident, by section 3 whole, to that in which it starts.
        at = row.window[0] if row.by_incident else row.window[1] - 1
        spans = contract.windows(per, (at, at + 1))
        if not spans or (spans[0][1] - spans[0][0] < row.window[1] - row.window[0] and not row.by_incident):
            raise NotCovered(f"a cap per {per} on a longer window")
        return spans[0]

    def claimed_elsewhere(self, span: Span) -> Fraction:
        """Claims already made for windows outside the assessment."""
        taken = Fraction(0)
        for claim in self.rows[0].award.claims:
            start = instant(claim["window_start"])
            inside = any(row.window[0] <= start < row.window[1] for row in self.rows)
            if claim.get("amount") is not None and not inside and span[0] <= start < span[1]:
                taken += fraction(claim["amount"])
        return taken

    def at_least(self, minimum: Tree, row: Owed, owed: bool, carried: Fraction) -> Fraction:
        """What is too small is not paid, raised, or carried on. Compared is what would be paid."""
        strict = minimum.get("above") is not None
        text = minimum["above"] if strict else minimum["from"]
        limit = row.award.limit(text, minimum.get("of"), row.award.one(row), row.paid_window)
        if minimum["otherwise"] != "carried":  # what is carried on adds up over the parts of a window by itself
            limit *= row.share
        limit = Fraction(paid(limit, row.award.currency))
        amount = Fraction(row.amount) + carried
        enough = amount > limit if strict else amount >= limit
        if minimum["otherwise"] == "carried":
            row.amount = paid(amount, row.award.currency) if enough else Decimal(0)
            return Fraction(0) if enough else amount
        if not enough and owed and minimum["otherwise"] == "nothing":
            row.amount = Decimal(0)
        return Fraction(0)

    def raised(self, amount: Fraction, row: Owed) -> Fraction:
        """What is due is raised to a minimum first: a cap is the most that is paid."""
        for part in row.award.limits:
            minimum = part.get("minimum")
            if minimum and minimum["otherwise"] == "raised" and (amount > 0 or row.of_nothing):
                least = row.award.limit(minimum["from"], minimum.get("of"), row.award.one(row), row.paid_window)
                least *= row.share
                amount = least if paid(amount, row.award.currency) < paid(least, row.award.currency) else amount
        return amount

    def given_back(self, earn_back: Tree | None, number: int) -> Fraction:
        """The share given back, when the service is good in each of the windows that follow."""
        row = self.rows[number]
        if not earn_back or not (row.earned or row.of_nothing):
            return Fraction(0)
        count = int(earn_back["windows"])
        missed = [name for name, fact in row.facts.items() if fact.met is False]
        for name in missed or row.facts:
            following = once_each([one.facts[name] for one in self.rows[number + 1 :] if name in one.facts])[:count]
            if len(following) < count or not all(self.is_good(fact, earn_back.get("level")) for fact in following):
                return Fraction(0)
        return fraction_of_share(earn_back.get("share"))

    @staticmethod
    def is_good(fact: Fact, level: Tree | None) -> bool:
        if level is None:
            return fact.met is True
        return fact.level is not None and in_span(level, fact.level)


def fraction_of_share(text: Any) -> Fraction:
    worth = worth_of("100%" if text is None else text)
    return worth.share + worth.monthly


# One of several


def settle(owed: dict[str, list[Owed]], written: list[tuple[Span, list[Tree]]]) -> None:
    """Apply the limits of each remedy; of remedies of which one is paid (`one_of`), pay only the largest.

    What is not paid uses up no limit, so such remedies are settled together, window after window.

    Parameters
    ----------
    owed
        Remedy to its rows, in the order of time.
    written
        The time in which a plan of the subscription is in force, and what its policy says of remedies.
    """
    limits = {name: Limits(rows) for name, rows in owed.items()}
    together: dict[Any, list[tuple[int, str, Owed]]] = {}
    alone = set(owed)
    for reach, choices in written:
        for choice in choices:
            members = {
                name: [row for row in owed.get(name, []) if reach[0] <= judged_at(row) < reach[1]]
                for name in choice["remedies"]
            }
            check_choice(choice, choices, members)
            for number, (name, rows) in enumerate(members.items()):
                alone.discard(name)
                for row in rows:
                    key = (choice["id"], (reach, "incident") if row.by_incident else (row.whole, row.window[1]))
                    together.setdefault(key, []).append((number, name, row))
    groups = [
        group for key, rows in together.items() for group in (same_incident(rows) if "incident" in key[1] else [rows])
    ]
    chosen = {id(row) for group in groups for _, _, row in group}
    groups += [[(0, name, row)] for name in owed if name not in alone for row in owed[name] if id(row) not in chosen]
    for group in sorted(groups, key=lambda group: min((row.window[1], row.window[0]) for _, _, row in group)):
        for _, name, row in sorted(group, key=lambda one: (one[2].window[1], one[2].window[0], one[0])):
            limits[name].settle(row)
        sums: dict[str, Decimal] = {}
        for _, name, row in sorted(group, key=lambda one: one[0]):
            sums[name] = sums.get(name, Decimal(0)) + row.amount
        largest = max(sums, key=lambda name: sums[name])  # of several the first
        for _, name, row in group:
            if name != largest and row.amount:
                row.amount, row.instead = Decimal(0), largest
    for name in alone:
        limits[name].apply()


def judged_at(row: Owed) -> int:
    """An instant at which the terms of a row are in force: of windows their end, of incidents their beginning."""
    return row.window[0] if row.by_incident else row.window[1] - 1


def check_choice(choice: Tree, choices: list[Tree], members: dict[str, list[Owed]]) -> None:
    """Refuse what cannot be compared, or is compared twice."""
    for name in choice["remedies"]:
        if sum(name in one["remedies"] for one in choices) > 1:
            raise ValueError(f"{name} stands in two of one_of")
    kinds = {str(judge.guarantee["window"]) for rows in members.values() for row in rows for judge in row.judges}
    if len(kinds) > 1:
        raise ValueError(f"{choice['id']}: windows of {' and '.join(sorted(kinds))} do not compare")
    minimums = [part.get("minimum") or {} for rows in members.values() for row in rows for part in row.award.limits]
    if any(one.get("otherwise") == "carried" for one in minimums):
        raise ValueError(f"{choice['id']}: what is carried on is paid later, beside what is paid in its place")


def same_incident(rows: list[tuple[int, str, Owed]]) -> list[list[tuple[int, str, Owed]]]:
    """Incidents that share an outage, directly or by others, are one."""
    groups: list[tuple[set[str], list[tuple[int, str, Owed]]]] = []
    for one in rows:
        names = {name for fact in one[2].facts.values() for incident in fact.incidents for name in incident.outages}
        joined = [group for group in groups if group[0] & names]
        groups = [group for group in groups if not group[0] & names]
        members = [member for group in joined for member in group[1]]
        groups.append((names.union(*(group[0] for group in joined)), [*members, one]))
    return [members for _, members in groups]
