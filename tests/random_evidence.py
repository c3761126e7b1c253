"""Random evidence that is valid and as unpleasant as possible: `random_evidence(seed, policy)`.

Some stretches of each subscription are *quiet*: nothing random happens in them, and the outages planned
there add up to exactly a threshold of the contract, or to one microsecond (or second) more or less. All the
rest is noise: overlaps, touching outages, month edges, clock changes, signals at the wrong time, maintenance
announced one microsecond too late.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]

MICROSECOND = timedelta(microseconds=1)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
ZERO = timedelta(0)
NUDGES = (ZERO, ZERO, MICROSECOND, -MICROSECOND, SECOND, -SECOND)
EXCLUDED_CAUSES = ("customer", "third_party", "third_party_api", "force_majeure")
OTHER_CAUSES = (None, "power", "hardware", "network", "software", "security", "cosmic_rays")
CLOCK_CHANGES = (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Market:
    """What the generator needs to know of a policy to be unpleasant in the right places."""

    zone: str
    currency: str
    tiers: tuple[str | None, ...]
    components: tuple[str | None, ...]
    own_components: tuple[str | None, ...]  # those that a guarantee concerns
    shares: tuple[Fraction, ...]  # of a window: the thresholds
    notice: timedelta
    remedies: tuple[str, ...]
    needs_signal: bool


KLIKK = ("network", "infrastructure", "hardware", "connectivity")
MARKETS = {
    "klikk": Market(
        zone="Europe/Oslo",
        currency="NOK",
        tiers=("standard", "silver", "gold", "platinum"),
        components=(*KLIKK, *KLIKK, "hardware", "hardware", None, "billing"),
        own_components=(*KLIKK, None),
        shares=(Fraction(5, 10_000),),
        notice=36 * HOUR,
        remedies=("iaas", "hardware-replacement"),
        needs_signal=True,
    ),
    "wp-heaven": Market(
        zone="Europe/Copenhagen",
        currency="DKK",
        tiers=(None,),
        components=(None, None, "website", "server", "firewall"),
        own_components=(None,),
        shares=(Fraction(5, 1000), Fraction(5, 1000), Fraction(1, 10)),
        notice=48 * HOUR,
        remedies=("website",),
        needs_signal=True,
    ),
    "klink-cloud": Market(
        zone="UTC",
        currency="USD",
        tiers=("enterprise", "enterprise", "growth", "starter"),
        components=(None, None, "dashboard", "call_routing", "messaging"),
        own_components=(None, "dashboard"),
        shares=(Fraction(1, 1000), Fraction(1, 100), Fraction(5, 100)),
        notice=48 * HOUR,
        remedies=("platform",),
        needs_signal=False,
    ),
}


def first_of_month(year: int, month: int, zone: str) -> datetime:
    """Local midnight at the start of a month, in UTC; month 13 is January of the next year."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime(year, month, 1, tzinfo=ZoneInfo(zone)).astimezone(UTC)


def month_edges(zone: str) -> list[datetime]:
    """November 2025 to the end of December 2026."""
    return [first_of_month(2025, month, zone) for month in range(11, 26)]


def between(rng: Random, first: datetime, last: datetime) -> datetime:
    """A moment from `first` to `last`, sometimes at full resolution, mostly coarser."""
    grain = rng.choice((60_000_000, 1_000_000, 1_000_000, 1_000_000, 1))
    offset = rng.randint(0, max(0, (last - first) // MICROSECOND))
    return first + (offset - offset % grain) * MICROSECOND


def parts(rng: Random, total: timedelta, count: int) -> list[timedelta]:
    """`count` durations that add up to `total`; some may be zero."""
    whole = total // MICROSECOND
    cuts = sorted(rng.randint(0, whole) for _ in range(count - 1))
    edges = [0, *cuts, whole]
    return [(after - before) * MICROSECOND for before, after in pairwise(edges)]


# --------------------------------------------------------------------------------------------------
# Subscriptions
# --------------------------------------------------------------------------------------------------


def random_fee(rng: Random) -> Decimal:
    return rng.choice(
        (
            Decimal("1600.00"),
            Decimal("0.00") if rng.random() < 0.1 else Decimal("1234.65"),
            Decimal(30 * rng.randint(0, 99_999) + 15).scaleb(-2),  # a thirtieth of it ends in half a cent
            Decimal(rng.randint(1, 999)),
            Decimal(rng.randint(100, 999_999)).scaleb(-2),
            Decimal(rng.randint(100_000, 99_999_999)).scaleb(-2),
        )
    )


def component_fees(rng: Random, policy: str) -> dict[str, Decimal] | None:
    if policy != "klikk" or rng.random() < 0.4:
        return None
    names = rng.choice((("hardware",), ("hardware", "network"), ("network",), KLIKK))
    return {name: random_fee(rng) for name in names}


def random_term(rng: Random, edges: list[datetime], number: int) -> tuple[datetime, datetime | None]:
    """The first subscription covers everything; the others begin and end where it hurts."""
    if number == 0:
        return edges[0] - rng.randint(40, 300) * DAY, None
    edge = rng.choice(edges[:7])
    starts = rng.choice(
        (
            edge,  # on the first: klikk measures from the month after
            edge - MICROSECOND,
            edge + MICROSECOND,
            between(rng, edge, edge + 27 * DAY),
            between(rng, edge, edge + 27 * DAY),
        )
    )
    ends = rng.choice(
        (
            None,
            None,
            rng.choice(edges[9:]),
            rng.choice(edges[9:]) + rng.choice((MICROSECOND, -MICROSECOND)),
            between(rng, edges[8], edges[-1]),
            between(rng, edges[8], edges[-1]),
            between(rng, starts, starts + 45 * DAY),
        )
    )
    return starts, ends


def random_subscription(rng: Random, policy: str, number: int) -> Row:
    market = MARKETS[policy]
    starts, ends = random_term(rng, month_edges(market.zone), number)
    return {
        "subscription": f"{policy}-{number + 1}",
        "policy": policy,
        "tier": rng.choice(market.tiers),
        "monthly_fee": random_fee(rng),
        "currency": market.currency,
        "starts": starts,
        "ends": ends,
        "reference": rng.choice((None, f"PO-{rng.randint(1000, 9999)}")),
        "billing_day": rng.choice((None, 1, 15, 28)),
        "component_fees": component_fees(rng, policy),
    }


def measured_term(subscription: Row, zone: str) -> tuple[datetime, datetime]:
    """From when to when outages can count."""
    starts = subscription["starts"]
    if subscription["policy"] == "klikk":
        local = starts.astimezone(ZoneInfo(zone))
        starts = first_of_month(local.year, local.month + 1, zone)
    return starts, subscription["ends"] or datetime(2030, 1, 1, tzinfo=UTC)


# --------------------------------------------------------------------------------------------------
# The story of one subscription
# --------------------------------------------------------------------------------------------------


@dataclass
class Story:
    """What happens to one subscription; ids are given at the end."""

    rng: Random
    subscription: Row
    market: Market
    edges: list[datetime]
    quiet: list[tuple[datetime, datetime]] = field(default_factory=list)
    outages: list[Row] = field(default_factory=list)
    maintenance: list[Row] = field(default_factory=list)

    def add_outage(self, started: datetime, ended: datetime | None, **known: Any) -> Row:
        row: Row = {
            "outage": "",
            "subscription": self.subscription["subscription"],
            "component": None,
            "started": started,
            "ended": ended,
            "detected": None,
            "reported": None,
            "diagnosed": None,
            "cause": None,
            "affected": self.rng.choice((1.0, 1.0, 0.5, 0.01, None)),
        }
        self.outages.append(row | known)
        return self.outages[-1]

    def add_maintenance(
        self, started: datetime, ended: datetime, announced: datetime | None, kind: str, component: str | None
    ) -> None:
        self.maintenance.append(
            {
                "maintenance": "",
                "subscription": self.subscription["subscription"],
                "component": component,
                "started": started,
                "ended": ended,
                "announced": announced,
                "kind": kind,
            }
        )

    def is_free(self, started: datetime, ended: datetime | None) -> bool:
        """Nothing random may reach into a quiet stretch."""
        end = ended or datetime(2100, 1, 1, tzinfo=UTC)
        return all(end <= first or started >= last for first, last in self.quiet)


# --------------------------------------------------------------------------------------------------
# Planned: windows at a threshold
# --------------------------------------------------------------------------------------------------


def plan_outage(story: Story, started: datetime, ended: datetime, component: str | None) -> None:
    """An outage of which exactly the time from `started` to `ended` counts."""
    rng = story.rng
    known: Row = {"component": component, "cause": rng.choice(OTHER_CAUSES)}
    if not story.market.needs_signal:
        story.add_outage(started, ended, **known)
        return
    before = rng.choice((ZERO, ZERO, MICROSECOND, SECOND, 3 * HOUR))
    signal = "detected" if story.market.zone == "Europe/Copenhagen" and rng.random() < 0.5 else "reported"
    known[signal] = started if before else started - rng.choice((ZERO, ZERO, MICROSECOND, 2 * HOUR))
    known["diagnosed"] = rng.choice((None, started, ended))
    story.add_outage(started - before, ended, **known)


def plan_maintenance(story: Story, first: datetime, last: datetime) -> datetime:
    """Sometimes maintenance that qualifies, with an outage inside; what follows it is left for the plan."""
    rng = story.rng
    if rng.random() < 0.5:
        return first
    ended = between(rng, first, first + (last - first) / 10)
    early = rng.choice((ZERO, MICROSECOND, DAY))
    story.add_maintenance(first, ended, first - story.market.notice - early, "scheduled", None)
    if ended > first:
        middle = first + (ended - first) / 2
        story.add_outage(middle, ended, reported=middle, component=rng.choice(story.market.own_components))
    return ended


def plan_distractions(story: Story, first: datetime, last: datetime) -> None:
    """Things in a quiet window that must not change anything."""
    rng, notice = story.rng, story.market.notice
    started = between(rng, first, last - HOUR)
    story.add_outage(started, started + HOUR, reported=started, cause=rng.choice(EXCLUDED_CAUSES))
    late = rng.choice((MICROSECOND, SECOND, notice, notice + HOUR))
    story.add_maintenance(started, last, started - notice + late, "scheduled", None)
    story.add_maintenance(first, last, None, "scheduled", rng.choice(story.market.own_components))
    if story.subscription["policy"] == "klikk":
        story.add_outage(started, last, reported=started, component="billing")
        story.add_outage(started, last, component=rng.choice(KLIKK))  # never reported
        story.add_outage(started, last, component="network", reported=last + MICROSECOND)


def plan_threshold(story: Story, window: tuple[datetime, datetime], share: Fraction) -> None:
    """Downtime in a window that is exactly at a threshold, or next to it."""
    rng = story.rng
    measured = measured_term(story.subscription, story.market.zone)
    first, last = max(window[0], measured[0]), min(window[1], measured[1])
    agreed = last - first
    if agreed < 2 * DAY:
        return
    usable = plan_maintenance(story, first, last)
    if story.subscription["policy"] == "wp-heaven":
        agreed = last - usable
    allowed = Fraction(agreed // MICROSECOND) * share
    downtime = (allowed.numerator // allowed.denominator) * MICROSECOND + rng.choice(NUDGES)
    count = rng.randint(1, 6)
    gaps = parts(rng, last - usable - downtime, count + 1)
    if rng.random() < 0.4:
        gaps = sorted(gaps, reverse=rng.random() < 0.5)
        gaps[1:3] = [sum(gaps[1:3], ZERO), ZERO][: len(gaps[1:3])]  # two that touch
    component = rng.choice(story.market.own_components)
    at = usable
    for gap, length in zip(gaps, parts(rng, downtime, count), strict=False):
        plan_outage(story, at + gap, at + gap + length, component)
        at += gap + length
    if rng.random() < 0.5:
        plan_distractions(story, first, last)


def plan_incidents(story: Story, first: datetime, last: datetime) -> None:
    """Hardware incidents of three hours and a bit, up to more than the cap."""
    rng = story.rng
    at = first
    lengths = [3 * HOUR, 4 * HOUR, timedelta(hours=5, minutes=30), 33 * HOUR, 34 * HOUR, 2 * HOUR]
    rng.shuffle(lengths)
    for length in lengths:
        at = between(rng, at + HOUR, at + 2 * DAY)
        total = length + rng.choice(NUDGES)
        if at + total > last:
            return
        started = at
        for part in parts(rng, total, rng.randint(1, 3)):
            before = rng.choice((ZERO, HOUR, MICROSECOND))
            known: Row = {"component": rng.choice(("hardware", "hardware", None))}
            known["diagnosed"] = rng.choice((started, None))
            known["reported"] = started if known["diagnosed"] is None else rng.choice((None, started - before))
            story.add_outage(started - before, started + part, **known)
            started += part
        at += total


def plan_quiet_windows(story: Story) -> None:
    """Three or four months, one of them full of hardware incidents, and for klikk perhaps a whole quarter."""
    rng, edges = story.rng, story.edges
    months = list(pairwise(edges))
    is_klikk = story.subscription["policy"] == "klikk"
    windows = rng.sample(months, rng.randint(3, 4))
    if is_klikk and rng.random() < 0.4:
        quarter = rng.choice((2, 5, 8, 11))  # January, April, July, October 2026
        windows = [w for w in windows if w not in months[quarter : quarter + 3]]
        windows.append((edges[quarter], edges[quarter + 3]))
    story.quiet = windows
    for number, window in enumerate(windows):
        if is_klikk and number == 0:
            plan_incidents(story, *window)
        else:
            plan_threshold(story, window, rng.choice(story.market.shares))


# --------------------------------------------------------------------------------------------------
# Noise: maintenance
# --------------------------------------------------------------------------------------------------


def random_announcement(rng: Random, started: datetime, notice: timedelta) -> datetime | None:
    exactly = started - notice
    return rng.choice(
        (
            exactly,
            exactly,
            exactly - MICROSECOND,
            exactly + MICROSECOND,
            exactly + SECOND,
            exactly - 5 * DAY,
            None,
            started,
            started + HOUR,
        )
    )


def noise_maintenance(story: Story) -> None:
    """Anywhere, over an edge, or against another one."""
    rng, edges = story.rng, story.edges
    started = between(rng, edges[0] - DAY, edges[-1])
    ended = started + between_zero_and(rng, 8 * HOUR)
    if story.maintenance and rng.random() < 0.35:
        other = rng.choice(story.maintenance)
        started = rng.choice((other["started"], other["ended"], between(rng, other["started"], other["ended"])))
        ended = started + between_zero_and(rng, 4 * HOUR)
    elif rng.random() < 0.2:
        edge = rng.choice((*edges, *CLOCK_CHANGES))
        started, ended = edge - between_zero_and(rng, 5 * HOUR), edge + between_zero_and(rng, 5 * HOUR)
    if not story.is_free(started, ended):
        return
    kind = rng.choice(("scheduled", "scheduled", "emergency"))
    announced = random_announcement(rng, started, story.market.notice)
    story.add_maintenance(started, ended, announced, kind, rng.choice(story.market.components))


# --------------------------------------------------------------------------------------------------
# Noise: outages
# --------------------------------------------------------------------------------------------------


def between_zero_and(rng: Random, longest: timedelta) -> timedelta:
    origin = datetime(2026, 1, 1, tzinfo=UTC)
    return between(rng, origin, origin + longest) - origin


def some_length(rng: Random) -> timedelta:
    """Seconds, minutes, hours, rarely days; sometimes nothing, or one microsecond."""
    longest = rng.choice((SECOND, 10 * SECOND, HOUR / 6, HOUR / 2, HOUR, 6 * HOUR, 40 * HOUR))
    special = rng.random()
    if special < 0.03:
        return ZERO
    if special < 0.06:
        return MICROSECOND
    if special > 0.98:
        return rng.randint(2, 45) * DAY
    return between_zero_and(rng, longest)


Stretch = tuple[datetime, datetime | None]


def anywhere(story: Story) -> Stretch:
    started = between(story.rng, story.edges[0], story.edges[-1])
    return started, started + some_length(story.rng)


def over_another(story: Story) -> Stretch:
    """Overlapping, inside, around, with the same start, or touching at one end."""
    rng = story.rng
    other = rng.choice(story.outages)
    first, last = other["started"], other["ended"] or other["started"] + DAY
    return rng.choice(
        (
            (last, last + some_length(rng)),  # touching
            (first - some_length(rng), first),
            (last + MICROSECOND, last + HOUR),  # almost touching
            (first, last),  # the same again
            (first, first + some_length(rng)),
            (between(rng, first, last), last + some_length(rng)),
            (first - some_length(rng), between(rng, first, last)),
            (first - some_length(rng), last + some_length(rng)),
        )
    )


def at_an_edge(story: Story) -> Stretch:
    """Across, up to, or from the start of a month or a clock change, or the start or end of the term."""
    rng = story.rng
    term = [t for t in (story.subscription["starts"], story.subscription["ends"]) if t is not None]
    edge = rng.choice((*story.edges, *CLOCK_CHANGES, *CLOCK_CHANGES, *term, *term))
    return rng.choice(
        (
            (edge - some_length(rng), edge + some_length(rng)),
            (edge - some_length(rng), edge + some_length(rng)),
            (edge - some_length(rng), edge),
            (edge, edge + some_length(rng)),
            (edge - MICROSECOND, edge + MICROSECOND),
        )
    )


def against_maintenance(story: Story) -> Stretch:
    """Inside, around, or half inside maintenance."""
    rng = story.rng
    if not story.maintenance:
        return anywhere(story)
    work = rng.choice(story.maintenance)
    first, last = work["started"], work["ended"]
    return rng.choice(
        (
            (first, last),
            (between(rng, first, last), last + some_length(rng)),
            (first - some_length(rng), between(rng, first, last)),
            (first - some_length(rng), last + some_length(rng)),
            (last, last + some_length(rng)),
        )
    )


def still_open(story: Story) -> Stretch:
    return between(story.rng, story.edges[-4], story.edges[-1]), None


KINDS: tuple[tuple[float, Callable[[Story], Stretch]], ...] = (
    (0.38, anywhere),
    (0.68, over_another),
    (0.84, at_an_edge),
    (0.98, against_maintenance),
    (1.00, still_open),
)


def random_signal(rng: Random, started: datetime, ended: datetime | None) -> datetime | None:
    """Missing, early, in time, at the end, or too late."""
    last = ended or started + DAY
    return rng.choice(
        (
            None,
            started,
            started,
            started - between_zero_and(rng, 2 * DAY),
            started + MICROSECOND,
            between(rng, started, last),
            between(rng, started, last),
            between(rng, started, started + (last - started) / 10),
            last,
            last - MICROSECOND,
            last + MICROSECOND,
            last + between_zero_and(rng, DAY),
        )
    )


def random_component(story: Story, started: datetime) -> str | None:
    """Often that of an outage which is running then, so that the two meet in one guarantee."""
    beside = [o for o in story.outages if o["started"] <= started <= (o["ended"] or started)]
    if beside and story.rng.random() < 0.6:
        component: str | None = story.rng.choice(beside)["component"]
        return component
    return story.rng.choice(story.market.components)


def noise_outage(story: Story) -> None:
    rng = story.rng
    for _ in range(50):
        roll = rng.random()
        pick = next(kind for upto, kind in KINDS if roll <= upto)
        if pick is over_another and not story.outages:
            pick = anywhere
        started, ended = pick(story)
        if story.is_free(started, ended):
            break
    else:  # everything is quiet here: far before the contract
        started, ended = story.edges[0] - 30 * DAY, story.edges[0] - 30 * DAY + HOUR
    excluded = rng.random() < 0.15
    story.add_outage(
        started,
        ended,
        component=random_component(story, started),
        detected=random_signal(rng, started, ended),
        reported=random_signal(rng, started, ended),
        diagnosed=random_signal(rng, started, ended) if rng.random() < 0.6 else None,
        cause=rng.choice(EXCLUDED_CAUSES) if excluded else rng.choice(OTHER_CAUSES),
    )


# --------------------------------------------------------------------------------------------------
# Claims, and all of it together
# --------------------------------------------------------------------------------------------------


def random_claims(rng: Random, subscription: Row, market: Market) -> list[Row]:
    """For windows before, inside and after any assessment; some to the instant, some of unknown amount."""
    edges = month_edges(market.zone)
    starts = [first_of_month(2025, 9, market.zone), *rng.sample(edges, 4)]
    starts.append(between(rng, edges[2], edges[10]))
    fee = subscription["monthly_fee"]
    claims = []
    for start in sorted(set(starts)):
        if rng.random() < 0.5:
            continue
        amount = rng.choice((fee / 30, fee / 2, fee * 29 / 30, fee)).quantize(Decimal("0.01"))
        claims.append(
            {
                "subscription": subscription["subscription"],
                "remedy": rng.choice((market.remedies[0], *market.remedies)),
                "window_start": start,
                "claimed": rng.choice((start + 33 * DAY, between(rng, start, edges[-1] + 30 * DAY))),
                "amount": rng.choice((amount, amount, amount, None)),
            }
        )
    return claims


def told(rng: Random, subscription: Row, policy: str, outages: int) -> Story:
    """The story of one subscription, with exactly so many outages."""
    market = MARKETS[policy]
    story = Story(rng, subscription, market, month_edges(market.zone))
    plan_quiet_windows(story)
    for _ in range(max(4, outages // 5)):
        noise_maintenance(story)
    while len(story.outages) < outages:
        noise_outage(story)
    del story.outages[outages:]
    return story


def numbered(rng: Random, rows: list[Row], key: str) -> list[Row]:
    """In random order, with ids that say nothing of the order: o10 comes before o9."""
    numbers = list(range(1, len(rows) + 1))
    rng.shuffle(numbers)
    rng.shuffle(rows)
    return [row | {key: f"{key[0]}{number}"} for row, number in zip(rows, numbers, strict=True)]


def random_evidence(
    seed: int, policy: str, outages: int = 200, subscriptions: int = 3
) -> dict[str, list[dict[str, Any]]]:
    """Valid evidence for one policy, November 2025 to December 2026; the same for the same seed."""
    rng = Random(f"{policy}/{seed}")
    contracts = [random_subscription(rng, policy, number) for number in range(subscriptions)]
    shares = [outages // subscriptions] * subscriptions
    shares[0] += outages - sum(shares)
    stories = [told(rng, row, policy, share) for row, share in zip(contracts, shares, strict=True)]
    market = MARKETS[policy]
    return {
        "subscriptions": contracts,
        "outages": numbered(rng, [row for story in stories for row in story.outages], "outage"),
        "maintenance": numbered(rng, [row for story in stories for row in story.maintenance], "maintenance"),
        "claims_made": [claim for row in contracts for claim in random_claims(rng, row, market)],
    }
