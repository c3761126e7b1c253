"""Random evidence for any policies, valid and as unpleasant as possible: `random_case(seed)`.

Instants crowd where something changes: edges of windows, terms, maintenance and service hours, clock changes, other
outages, the instant of the assessment; on them, a microsecond before and after. Lengths are those that the policies
name, the downtime that a target just allows, and next to them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from random_policies import CAUSES, COMPONENTS, Tree, policy_of, random_policy

from slakit.evidence.evidence import Evidence, check_tables
from slakit.policy.document import Policy
from slakit.policy.quantities import Duration
from slakit.policy.terms import Terms

Row = dict[str, Any]
Rows = dict[str, list[Row]]

MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
NUDGES = (timedelta(0),) * 5 + (MICROSECOND, -MICROSECOND, MICROSECOND, -MICROSECOND, SECOND, -SECOND)
PERIODS = (
    "2026-03", "2026-10", "2026-02/2026-04", "2026-06/2026-08", "2026-11", "2026-03-20/2026-04-10", "2025-12/2026-01",
)  # fmt: skip
SHORT_PERIODS = ("2026-03-28/2026-03-30", "2026-10-31/2026-11-02")
CLOCK_CHANGES = tuple(
    datetime.fromisoformat(f"2026-{text}:00Z")
    for text in ("03-29T01:00", "10-25T01:00", "03-08T07:00", "11-01T06:00", "04-04T15:00", "10-03T15:30")
)
ROUND_FEES = ("1000", "1600.00", "30.15", "0.10", "0", "1234.65", "99.99", "720")
ID_OF = {"outages": "outage", "maintenance": "maintenance", "tickets": "ticket", "recoveries": "recovery"}


@dataclass
class Case:
    """What an assessment is asked.

    Attributes
    ----------
    policies
        Name → tree of a policy file.
    evidence
        Table → rows; instants are aware datetimes, amounts exact.
    """

    policies: dict[str, Tree]
    evidence: Rows
    period: str
    as_of: datetime

    def parsed(self) -> dict[str, Policy]:
        """The policies."""
        return {name: policy_of(tree) for name, tree in self.policies.items()}

    def checked(self) -> Evidence:
        """The evidence, as checked tables."""
        return as_evidence(self.evidence)


def as_evidence(rows: Mapping[str, list[Row]]) -> Evidence:
    """Checked tables of plain rows; a table without a row is left out."""
    frames = {
        name: pl.DataFrame(
            [{key: _cell(value) for key, value in row.items()} for row in table], infer_schema_length=None
        )
        for name, table in rows.items()
        if table
    }
    return check_tables(frames)


def _cell(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dict):
        return json.dumps({name: float(fee) for name, fee in value.items()})
    return value


def random_case(
    seed: int | str,
    *,
    policies: int = 2,
    subscriptions: int = 3,
    density: float | None = None,
    covered: bool = False,
    decided: bool = False,
) -> Case:
    """Draw policies, and evidence that is unpleasant for them; the same for the same seed.

    Parameters
    ----------
    covered, decided
        Whether there is a table of coverage, and whether there are decisions on outages.
    """
    rng = Random(f"case {seed}")
    drawn = {f"p{number + 1}": random_policy(rng, f"p{number + 1}", density) for number in range(policies)}
    case = case_of(rng, drawn, subscriptions, covered=covered)
    if decided:
        case.evidence["corrections"] = list(_decisions(rng, case.evidence["outages"], case.as_of))
    return case


def _decisions(rng: Random, outages: list[Row], as_of: datetime) -> Iterator[Row]:
    """Decisions on some outages, before the assessment, at it and after it; a few move an outage by a microsecond."""
    ahead = (-40 * DAY, -HOUR, -MICROSECOND, timedelta(0), MICROSECOND, 3 * DAY)
    for outage in outages:
        for after in rng.sample(ahead, rng.choice((0, 0, 1, 1, 2, 3))):
            row = {"outage": outage["outage"], "action": rng.choice(("excluded", "reinstated", "changed", "changed"))}
            if row["action"] == "changed":
                started = outage["started"] + rng.choice((*NUDGES, HOUR, -HOUR, -DAY))
                ended = rng.choice((outage["ended"] or as_of, started, as_of)) + rng.choice((*NUDGES, HOUR, -HOUR))
                row |= {"started": started, "ended": max(started, ended)}
                if rng.random() < 0.3 and ended >= outage["started"]:
                    row |= {"started": None, "ended": ended}
                elif rng.random() < 0.3 and (outage["ended"] is None or started <= outage["ended"]):
                    row["ended"] = None
            state = rng.choice(("agreed", "agreed", "disputed"))
            yield row | {"reason": "drawn", "by": "both", "decided": as_of + after, "state": state}


def case_of(rng: Random, policies: dict[str, Tree], subscriptions: int = 3, *, covered: bool = False) -> Case:
    """Draw evidence of some subscriptions of each policy; when it was `covered` by a monitor, if asked."""
    parsed = {name: policy_of(tree) for name, tree in policies.items()}
    hourly = any(str(guarantee.window) == "1h" for policy in parsed.values() for guarantee in policy.guarantees)
    period = rng.choice(SHORT_PERIODS if hourly else PERIODS)
    names = [name for name in parsed for _ in range(max(1, subscriptions // len(parsed)))]
    first, last = _span(period)
    after = (timedelta(0), MICROSECOND, 3 * DAY, 40 * DAY, 40 * DAY, -MICROSECOND, -9 * DAY)
    as_of = last + rng.choice(after) if rng.random() < 0.8 else first + (last - first) * rng.random()
    as_of = as_of.replace(microsecond=as_of.microsecond if rng.random() < 0.5 else 0)
    rows: Rows = {name: [] for name in ("subscriptions", *TABLES)}
    stories = [
        Story(rng, f"s{number + 1}", name, parsed[name], first, last, as_of) for number, name in enumerate(names)
    ]
    for story in stories:
        for table, told in story.tell().items():
            rows[table] += told
    if covered:
        rows["coverage"] = [row for story in stories for row in story.coverage()]
    return Case(policies, _shuffled(rng, rows), period, as_of)


def changing_case(seed: int | str, *, plans: bool = True, **drawn: Any) -> Case:
    """Draw a case whose subscriptions change while they run: their fee, and with `plans` their tier or policy."""
    case = random_case(seed, **drawn)
    rng = Random(f"change {seed}")
    first, last = _span(case.period)
    parsed = case.parsed()
    changed: list[Row] = []
    for row in case.evidence["subscriptions"]:
        begin, end = max(row["starts"], first - 40 * DAY), min(row["ends"] or last + 9 * DAY, last + 9 * DAY)
        if end <= begin or rng.random() < 0.15:
            changed.append(row)
            continue
        edges = [first, first + DAY, (first + 32 * DAY).replace(day=1), first + 9 * DAY + 3 * HOUR]
        edges += [begin + (end - begin) * rng.random() for _ in range(3)]
        edges = sorted({at.replace(microsecond=0) + rng.choice(NUDGES) for at in edges if begin < at < end})
        changes = sorted(rng.sample(edges, min(len(edges), rng.choice((1, 1, 2)))))
        parts = [dict(row)]
        for at in changes:
            part = dict(parts[-1]) | {"starts": at}
            gap = rng.choice((timedelta(0),) * 4 + (MICROSECOND, 2 * HOUR, 5 * DAY))
            parts[-1]["ends"] = max(parts[-1]["starts"], at - gap)
            part["monthly_fee"] = Decimal(rng.choice((part["monthly_fee"], *ROUND_FEES)))
            if part["component_fees"] and rng.random() < 0.5:
                fees = {name: Decimal(rng.choice(ROUND_FEES)) for name in part["component_fees"]}
                part["component_fees"] = fees
            if plans and rng.random() < 0.8:
                same = [name for name, policy in parsed.items() if (policy.currency or "EUR") == row["currency"]]
                part["policy"] = rng.choice((part["policy"], part["policy"], *same))
                tiers = parsed[part["policy"]].tiers
                part["tier"] = rng.choice(tiers) if tiers else None
            parts.append(part)
        parts[-1]["ends"] = row["ends"]
        changed += parts
    rng.shuffle(changed)
    return Case(case.policies, case.evidence | {"subscriptions": changed}, case.period, case.as_of)


TABLES = (
    "outages", "coverage", "maintenance", "tickets", "holds", "priorities", "updates", "claims_made", "conditions",
    "measurements", "charges", "recoveries", "backups",
)  # fmt: skip


def _shuffled(rng: Random, rows: Rows) -> Rows:
    """Rows in any order, with ids that say nothing of it: o10 comes before o9."""
    for table in rows:
        rng.shuffle(rows[table])
    for table, key in ID_OF.items():
        numbers = rng.sample(range(1, 1000), len(rows[table]))
        renamed = {row[key]: f"{key[0]}{number}" for row, number in zip(rows[table], numbers, strict=True)}
        of_tickets = (*rows["holds"], *rows["priorities"], *rows["updates"]) if table == "tickets" else ()
        for row in (*rows[table], *of_tickets):
            row[key] = renamed[row[key]]
    return rows


def _span(period: str) -> tuple[datetime, datetime]:
    first, _, last = period.partition("/")
    end = last or first
    start = datetime.fromisoformat(first if len(first) == 10 else f"{first}-01").replace(tzinfo=UTC)
    if len(end) == 10:
        return start, datetime.fromisoformat(end).replace(tzinfo=UTC) + DAY
    month = datetime.fromisoformat(f"{end}-01").replace(tzinfo=UTC)
    return start, (month + 32 * DAY).replace(day=1)


def _texts(tree: object) -> Iterator[str]:
    if isinstance(tree, dict):
        tree = list(tree.values())
    if isinstance(tree, list):
        for entry in tree:
            yield from _texts(entry)
    elif isinstance(tree, str):
        yield tree


def _lengths(texts: set[str]) -> list[timedelta]:
    """Every length of time that a policy names."""
    plain = [text for text in texts if re.fullmatch(r"([0-9]+(w|d|h|ms|us|m|s))+", text)]
    return sorted({timedelta(microseconds=Duration.parse(text).microseconds) for text in plain} - {timedelta(0)})


def shared_components(policy: Policy | Terms) -> list[str]:
    """Components of whose fees a credit or a cap is a share: such a fee must be given."""
    lists = " ".join(re.findall(r"FeeSum\(components=\[([^]]*)\]", str(policy)))
    return list(dict.fromkeys(re.findall(r"'([^']*)'", lists)))


@dataclass
class Story:
    """What happens to one subscription."""

    rng: Random
    name: str
    policy_name: str
    policy: Policy
    first: datetime
    last: datetime
    as_of: datetime
    pool: list[datetime] = field(default_factory=list)
    lengths: list[timedelta] = field(default_factory=list)
    count: int = 0
    terms: Terms = field(init=False)

    def tell(self) -> Rows:
        """Draw the rows of every table."""
        tree = self.policy.model_dump(mode="json", by_alias=True, exclude_unset=True)
        self.lengths = [one for one in _lengths(set(_texts(tree))) if one < 60 * DAY]
        self.lengths += [self._allowed(g.target) for g in self.policy.guarantees if isinstance(g.target, Decimal)]
        self.lengths = [one for one in self.lengths if one] or [HOUR]
        subscription = self._subscription()
        self.terms = self.policy.terms(tier=subscription["tier"])
        zone = ZoneInfo(self.policy.time_zone or "UTC")
        term = [subscription["starts"], *([subscription["ends"]] if subscription["ends"] else [])]
        self.pool = [*self._edges(zone), *CLOCK_CHANGES, self.as_of, *term]
        self.pool = [at for at in self.pool if self.first - 40 * DAY < at < self.last + 40 * DAY]
        rows: Rows = {"subscriptions": [subscription]}
        metrics = {guarantee.metric for guarantee in self.policy.guarantees}
        rows["maintenance"] = [self._maintenance() for _ in range(self.rng.choice((0, 1, 2, 4)))]
        many = self.rng.choice((1, 3, 6, 10))
        rows["outages"] = [self._outage() for _ in range(many)]
        if metrics & {"response", "resolution", "update"} or self.rng.random() < 0.1:
            rows["tickets"] = [self._ticket() for _ in range(self.rng.choice((1, 4, 8)))]
            rows["holds"] = [hold for ticket in rows["tickets"] for hold in self._holds(ticket)]
            if self.rng.random() < 0.9:
                rows["updates"] = [update for ticket in rows["tickets"] for update in self._updates(ticket)]
            rows["priorities"] = [change for ticket in rows["tickets"] for change in self._priorities(ticket)]
        rows["claims_made"] = [self._claim() for _ in self.terms.remedies for _ in range(self.rng.choice((0, 0, 1)))]
        stated = (self.terms.claims, *(remedy.claims for remedy in self.terms.remedies))
        required = {one.id for claims in stated if claims for one in claims.requires}
        rows["conditions"] = [
            self._condition(n) for n in sorted(required) for _ in range(self.rng.choice((0, 1, 2, 3)))
        ]
        rows["measurements"] = [m for g in self.terms.guarantees if g.measured for m in self._measurements(g)]
        if "last" in str(tree) or self.rng.random() < 0.2:
            rows["charges"] = self._charges()
        if self.policy.recovery:
            rows["recoveries"] = [self._recovery() for _ in range(self.rng.choice((0, 1, 2)))]
        if self.policy.backups:
            rows["backups"] = [self._backup() for _ in range(self.rng.choice((0, 1, 4)))]
        return rows

    # --- instants and lengths

    def _edges(self, zone: ZoneInfo) -> Iterator[datetime]:
        """Starts of months, some days, and hours of the day that service hours name."""
        month = (self.first - 35 * DAY).replace(day=1, tzinfo=None)
        while month.replace(tzinfo=UTC) < self.last + 35 * DAY:
            yield month.replace(tzinfo=zone).astimezone(UTC)
            month = (month + 32 * DAY).replace(day=1)
        for _ in range(4):
            day = self.first.replace(tzinfo=None) + self.rng.randrange(max(1, (self.last - self.first).days)) * DAY
            for hour in (0, self.rng.choice((8, 12, 13, 17, 22, 2))):
                yield day.replace(hour=hour, tzinfo=zone).astimezone(UTC)

    def _allowed(self, target: Decimal) -> timedelta:
        """The downtime that a target just allows in a month, or in some other span of days."""
        days = self.rng.choice((28, 30, 30, 31, 1, 7, (self.last - self.first).days))
        return timedelta(microseconds=int(days * 86_400_000_000 * (100 - target) / 100))

    def instant(self) -> datetime:
        """An instant near an edge, mostly."""
        if self.rng.random() < 0.25:
            grain = self.rng.choice((MICROSECOND, SECOND, HOUR))
            return self.first + grain * self.rng.randrange((self.last - self.first) // grain)
        at = self.rng.choice(self.pool) + self.rng.choice(NUDGES)
        if self.rng.random() < 0.35:
            at += self.rng.choice((-1, 1)) * self.rng.choice(self.lengths)
        return at

    def length(self) -> timedelta:
        """A length that the policy names, or next to it, or a random one."""
        roll = self.rng.random()
        if roll < 0.06:
            return timedelta(0)
        if roll < 0.6:
            return max(timedelta(0), self.rng.choice(self.lengths) + self.rng.choice(NUDGES))
        longest = self.rng.choice((HOUR // 60, HOUR, 10 * HOUR, 3 * DAY, 20 * DAY))
        return MICROSECOND * self.rng.randrange(longest // MICROSECOND)

    def _near(self, at: datetime) -> datetime | None:
        """Nothing, the same instant, or one before or after it."""
        ahead = self.rng.choice((-1, 1, 1)) * self.length()
        return self.rng.choice((None, at, at, at + ahead, at + self.rng.choice(NUDGES)))

    def stretch(self) -> tuple[datetime, datetime]:
        """A start and an end; both become edges for what is drawn later."""
        started = self.instant()
        ended = self.instant() if self.rng.random() < 0.25 else started + self.length()
        if ended < started or ended - started > 70 * DAY:
            ended = started + self.length()
        self.pool += [started, ended]
        return started, ended

    def word(self, words: tuple[str, ...] | list[str]) -> str | None:
        """None, a word, one that nobody knows, or the word as somebody types it."""
        roll = self.rng.random()
        if roll < 0.35 or not words:
            return None
        if roll < 0.42:
            return "cosmic_rays"
        word = self.rng.choice(words)
        odd = (word.upper(), word.capitalize(), word.replace("_", "-"), word.replace("_", " "))
        return self.rng.choice(odd) if roll > 0.96 else word

    def _id(self) -> str:
        self.count += 1
        return f"{self.name}-{self.count}"

    # --- rows

    def _subscription(self) -> Row:
        rng = self.rng
        starts = datetime(2024, 5, 17, 8, 30, tzinfo=UTC)
        ends = None
        if rng.random() < 0.4:
            zone = ZoneInfo(self.policy.time_zone or "UTC")
            month = self.first.replace(tzinfo=zone).astimezone(UTC)
            starts = rng.choice((month, month + MICROSECOND, month - MICROSECOND, month - 200 * DAY, month + 9 * DAY))
        named = str(self.policy)
        if rng.random() < 0.3 or "term_fee" in named:  # a fee of the term needs its end
            ends = rng.choice((self.last - 5 * DAY, self.last - MICROSECOND, self.last, self.last + 20 * DAY))
        if ends is not None and ends < starts:
            ends = self.last + 20 * DAY if "term_fee" in named else None
        tiers = self.policy.tiers
        priced = COMPONENTS if "FeeSum(components=['" in named or rng.random() < 0.3 else rng.sample(COMPONENTS, 2)
        fees = {word: rng.choice(ROUND_FEES) for word in priced} if priced is COMPONENTS or rng.random() < 0.4 else {}
        fees |= {word: rng.choice(ROUND_FEES) for word in shared_components(self.policy) if word not in fees}
        if "combine='mean'" in named and len(fees) < 2:  # a mean is over components that are named, or have a fee
            fees |= {word: rng.choice(ROUND_FEES) for word in COMPONENTS[:2]}
        return {
            "subscription": self.name, "policy": self.policy_name, "tier": rng.choice(tiers) if tiers else None,
            "monthly_fee": Decimal(rng.choice(ROUND_FEES)), "currency": self.policy.currency or "EUR", "starts": starts,
            "ends": ends, "reference": None,
            "billing_day": rng.choice((None, 1, 15, 28)),
            "component_fees": {word: Decimal(fee) for word, fee in fees.items()} if fees else None,
        }  # fmt: skip

    def _components(self) -> list[str]:
        return sorted({word for g in self.policy.guarantees for word in g.components}) or list(COMPONENTS[:1])

    def coverage(self) -> list[Row]:
        """When a monitor ran: mostly, in parts, hardly ever or not at all."""
        rows, begin = [], self.first - 80 * DAY
        components = self.rng.choice(([None], [None], [None, self.word(self._components())], self._components()))
        for component in components:
            at = begin if self.rng.random() < 0.7 else self.instant()
            for _ in range(self.rng.choice((0, 1, 1, 2, 4))):
                ended = max(at, self.instant() if self.rng.random() < 0.6 else self.last + 40 * DAY)
                row = {"subscription": self.name, "component": component, "started": at, "ended": ended}
                rows.append(row)
                self.pool += [at, ended]
                at = ended + self.rng.choice((-1, 1, 1)) * self.length()
        return rows

    def _maintenance(self) -> Row:
        started, ended = self.stretch()
        notices = [m.notice.microseconds for m in self.policy.maintenance if m.notice and m.notice.microseconds]
        notice = timedelta(microseconds=self.rng.choice(notices)) if notices else 2 * DAY
        announced = self.rng.choice(
            (started - notice, started - notice + self.rng.choice(NUDGES), None, self._near(started))
        )
        return {
            "maintenance": self._id(), "subscription": self.name, "component": self.word(self._components()),
            "started": started, "ended": ended, "announced": announced,
            "kind": self.rng.choice(("scheduled", "scheduled", "emergency")),
        }  # fmt: skip

    def _outage(self) -> Row:
        started, ended = self.stretch()
        gaps = [guarantee.join_gaps for guarantee in self.policy.guarantees if guarantee.join_gaps]
        if gaps and self.rng.random() < 0.5:  # as long after another outage, or works, as would just join them
            gap = timedelta(microseconds=self.rng.choice(gaps).microseconds)
            started = self.pool[-self.rng.choice((3, 5))] + gap + self.rng.choice(NUDGES)
            ended = started + self.length()
            self.pool += [started, ended]
        causes = sorted({word for g in self.policy.guarantees for word in g.exclude.causes} | set(CAUSES[3:]))
        open_ = self.rng.random() < 0.06
        signals = {name: self._near(started) for name in ("detected", "reported", "diagnosed")}
        return {
            "outage": self._id(), "subscription": self.name, "component": self.word(self._components()),
            "started": started, "ended": None if open_ else ended, **signals, "cause": self.word(causes),
            "affected": self.rng.choice((None, None, None, Decimal(1), Decimal("0.5"), Decimal("0.01"), Decimal(0))),
        }  # fmt: skip

    def _ticket(self) -> Row:
        rng, opened, support, ranks = self.rng, self.instant(), self.policy.support, self._ranks()
        kinds = {kind for g in self.policy.guarantees for kind in (*g.exclude.tickets, *g.exclude.own_deadline)}
        kinds |= {kind for g in self.policy.guarantees if g.tickets for kind in g.tickets.kinds}
        by_matrix = support is not None and support.matrix is not None and rng.random() < 0.4
        matrix = support.matrix.impact if support is not None and support.matrix is not None else {}
        impact = rng.choice(sorted(matrix)) if by_matrix else None
        urgency = rng.choice(sorted(matrix[impact])) if impact else None
        responded = max(opened, opened + self.length()) if rng.random() < 0.9 else None
        resolved = max(responded or opened, opened + self.length()) if rng.random() < 0.8 else None
        self.pool.append(opened)
        row: Row = {
            "ticket": self._id(), "subscription": self.name, "opened": opened, "responded": responded,
            "resolved": resolved, "priority": None if by_matrix else rng.choice(ranks), "impact": impact,
            "urgency": urgency, "kind": rng.choice(sorted(kinds | {"incident"})),
            "due": opened + self.length() if rng.random() < 0.15 else None,
        }  # fmt: skip
        row |= {"response_minutes": None, "resolution_minutes": None}
        for answer, minutes in (("responded", "response_minutes"), ("resolved", "resolution_minutes")):
            ends_updates = answer == "resolved" and any(g.metric == "update" for g in self.policy.guarantees)
            if row["due"] is None and row[answer] is not None and not ends_updates and rng.random() < 0.15:
                grains = (self.length() + rng.choice((timedelta(0), timedelta(0), SECOND))) // timedelta(
                    microseconds=60
                )
                row |= {answer: None, minutes: max(Decimal(0), Decimal(grains) / 10**6)}
        return row

    def _ranks(self) -> list[str]:
        support = self.policy.support
        ranks = [one.id for one in support.priorities] if support else []
        withins = [g.within for g in self.policy.guarantees if isinstance(g.within, dict)]
        return ranks or [rank for within in withins for rank in within if rank not in self.policy.tiers] or ["P1", "P2"]

    def _priorities(self, ticket: Row) -> Iterator[Row]:
        if self.rng.random() < 0.3:
            near = (ticket["opened"], ticket["responded"] or self.as_of, ticket["resolved"] or self.as_of)
            nudges = (timedelta(0), MICROSECOND, -MICROSECOND, HOUR, -HOUR, self.length())
            changes = {self.rng.choice(near) + self.rng.choice(nudges) for _ in range(self.rng.choice((1, 2, 3)))}
            for at in sorted(changes):
                yield {"ticket": ticket["ticket"], "started": at, "priority": self.rng.choice(self._ranks())}

    def _updates(self, ticket: Row) -> Iterator[Row]:
        """Updates as far apart as the policy says, or a microsecond more, mostly."""
        at, last = ticket["opened"] - HOUR * self.rng.choice((0, 0, 0, 1)), ticket["resolved"] or self.as_of
        for _ in range(self.rng.choice((0, 1, 3, 6))):
            at += self.length() + self.rng.choice((timedelta(0), timedelta(0), MICROSECOND, -MICROSECOND))
            if at <= last + HOUR:
                yield {"ticket": ticket["ticket"], "sent": at}

    def _holds(self, ticket: Row) -> Iterator[Row]:
        if self.rng.random() < 0.3:
            last = ticket["resolved"] or self.as_of
            for _ in range(self.rng.choice((1, 2))):
                share = timedelta(seconds=max(0, int((last - ticket["opened"]).total_seconds()))) * self.rng.random()
                started = ticket["opened"] + timedelta(seconds=int(share.total_seconds()))
                if started <= last:
                    ended = started + self.length() if self.rng.random() < 0.9 else None
                    yield {"ticket": ticket["ticket"], "started": started, "ended": ended}

    def _condition(self, name: str) -> Row:
        """A time in which a requirement of claims was met, or was not; often a long one."""
        started, ended = self.stretch()
        if self.rng.random() < 0.5:
            started -= 60 * DAY
        over = self.rng.choice((ended, ended, ended + 60 * DAY, None))
        met = self.rng.choice(("yes", "yes", "no"))
        return {"subscription": self.name, "condition": name, "started": started, "ended": over, "met": met}

    def _claim(self) -> Row:
        months = [at for at in self.pool if at.minute == 0]
        start = self.rng.choice(months or [self.first])
        return {
            "subscription": self.name, "remedy": self.rng.choice(self.terms.remedies).id,
            "window_start": start,
            "claimed": start + self.rng.choice((31 * DAY, 33 * DAY, self.length())),
            "amount": self.rng.choice((None, Decimal("1.00"), Decimal("50"), Decimal("333"))),
        }  # fmt: skip

    def _measurements(self, guarantee: Any) -> Iterator[Row]:
        """Values at the limit, or counts at the target; each slice once."""
        rng, measured = self.rng, guarantee.measured
        step = timedelta(microseconds=measured.slice.microseconds) if measured.slice else HOUR
        counts = measured.by in ("ratio", "down") or measured.slice is not None
        limits = [one for one in (guarantee.at_least, guarantee.at_most, guarantee.target) if isinstance(one, Decimal)]
        limit = rng.choice(limits) if limits else Decimal(99)
        zone = ZoneInfo(self.policy.time_zone or "UTC")
        midnight = self.first.replace(tzinfo=zone).astimezone(UTC)
        slots = max(1, (self.last - self.first) // step)
        for number in rng.sample(range(-3, slots + 3), min(slots, rng.choice((1, 3, 10, 30)))):
            at = midnight + number * step
            row: Row = {"subscription": self.name, "guarantee": guarantee.id, "measured": at}
            row |= {"value": None, "failed": None, "total": None}
            if counts:
                total = rng.choice((0, 1, 100, 1000, 10_000))
                share = rng.choice((Decimal(0), (100 - min(limit, Decimal(100))) / 100, Decimal("0.05"), Decimal(1)))
                yield row | {"total": total, "failed": min(total, int(total * share) + rng.choice((0, 0, 1)))}
            else:
                near = (Decimal(0), Decimal("0.000001"), Decimal(-1), Decimal(10))
                yield row | {"value": max(Decimal(0), limit + rng.choice(near))}

    def _charges(self) -> list[Row]:
        """A charge for each month, and sometimes one for each component beside it."""
        zone, rows = ZoneInfo(self.policy.time_zone or "UTC"), []
        for back in range(-4, 14):
            month = (self.first.replace(day=15, tzinfo=None) - back * 30 * DAY).replace(day=1, tzinfo=zone)
            for component in (None, *self.rng.sample(COMPONENTS, self.rng.choice((0, 0, 3)))):
                row = {"subscription": self.name, "component": component, "started": month.astimezone(UTC)}
                rows.append(row | {"amount": Decimal(self.rng.choice(ROUND_FEES))})
        return rows

    def _recovery(self) -> Row:
        failed = self.instant()
        return {
            "recovery": self._id(), "subscription": self.name, "kind": self.rng.choice(self.policy.recovery).id,
            "failed": failed, "last_good_copy": self.rng.choice((None, failed - self.length())),
            "restored": self.rng.choice((None, failed + self.length())),
        }  # fmt: skip

    def _backup(self) -> Row:
        taken = self.instant()
        return {"subscription": self.name, "taken": taken, "kept_until": self.rng.choice((None, taken + self.length()))}
