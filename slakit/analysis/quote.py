"""The quick question: which credit is due for an outage, why, and by when to claim it; without any file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

import polars as pl

from slakit import locales
from slakit.analysis.assess import assess
from slakit.analysis.explain import Explanation, explain
from slakit.analysis.period import period_of
from slakit.analysis.plans import Settled
from slakit.analysis.review import Review
from slakit.analysis.scenario import HELD, imagined_holder
from slakit.arguments import checked
from slakit.evidence.evidence import Evidence
from slakit.evidence.instants import read_instants
from slakit.measure.calendar import MICROSECOND, add_months, midnight, to_instant
from slakit.measure.rules import ASSUMED_ZONE
from slakit.policy.document import Policy
from slakit.policy.files import find_plan, policy_of, write_policy
from slakit.policy.printing import print_duration
from slakit.policy.quantities import Duration, Money, PlainDuration, Share
from slakit.policy.yaml import Document
from slakit.problems import InputError, Problem

T = TypeVar("T")

QUESTION = "question"
"""What the subscription of a quick question is called."""
NO_CLAIM = "none"
"""What is written for the claim period where no claim is needed."""
PERCENTAGE = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})? ?%?")
FEE = re.compile(r"(?:([A-Za-z]{3}) ?)?([0-9]{1,12}(?:\.[0-9]{1,6})?)(?: ?([A-Za-z]{3}))?")
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
BEGINS = time(9)
"""When an outage begins of which only the length is known: on the first Monday of its month."""
GAP = timedelta(hours=1)
"""Time between two outages of which only the lengths are known."""
AS_ASKED = "as asked"
"""What stands for the clauses of terms that no document states."""


class AskedOutage(NamedTuple):
    """An outage as it is asked about: its length, and its start or else the month that it is in."""

    length: timedelta
    started: str | None
    month: str | None


@dataclass(frozen=True, eq=False)
class Quote:
    """The answer to a quick question.

    Attributes
    ----------
    policy, tier
        The contract: that of the question, or one that was named.
    review
        The assessment, of one subscription.
    is_own
        Whether the question states its own terms, and names no policy.
    microseconds
        Length of all outages together.
    """

    policy: Policy
    tier: str | None
    review: Review
    is_own: bool
    microseconds: int

    @property
    def owed(self) -> dict[str, Decimal]:
        """Return the credit due, by currency."""
        return self.review.owed

    @property
    def deadline(self) -> datetime | None:
        """Return the earliest instant by which a credit must be claimed, in UTC; none where there is no deadline."""
        earliest = self.review.claims["deadline_earliest"].min()
        return earliest if isinstance(earliest, datetime) else None

    def why(self) -> Explanation:
        """Explain the credit clause by clause, with all that was assumed."""
        return explain(self.review, QUESTION, str(self.review.period))

    def policy_named(self, stem: str) -> Policy:
        """Return the contract under another name, which becomes its id and its provider."""
        name = re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-")[:60].strip("-") or self.policy.id
        return self.policy.model_copy(update={"id": name, "provider": stem})

    @checked
    def save(self, path: str | Path) -> None:
        """Write the terms of the question as a policy, named after the file.

        Raises
        ------
        InputError
            The file is there already, does not end in `.yaml`, or cannot be written; or the question named a policy.
        """
        path = Path(path)
        refuse_save(path, is_own=self.is_own)
        write_policy(self.policy_named(path.stem), path)


def refuse_save(path: Path, *, is_own: bool) -> None:
    """Refuse a file that the terms of a question cannot be saved to.

    Parameters
    ----------
    path
        Of the file.
    is_own
        Whether the question states its own terms, and names no policy.
    """
    problems = []
    if not is_own:
        remedy = "save the terms of a guarantee and credits"
        problems.append(Problem("save", str(path), "the question names a policy, which is one already", remedy))
    if path.suffix not in (".yaml", ".yml"):
        problems.append(Problem("save", str(path), "not a policy file", "let it end in .yaml"))
    if path.exists():
        problems.append(Problem("save", str(path), "there already", "name another file"))
    if problems:
        raise InputError("quote", problems)


@checked
def quote(
    guarantee: str | float | Decimal | None = None,
    credit: str | Iterable[str] = (),
    *,
    fee: str,
    outage: str | Iterable[str],
    month: str = "",
    claim: str = "",
    time_zone: str = "",
    policy: str = "",
    reading: Iterable[str] = (),
    read_on: date | None = None,
) -> Quote:
    """Answer a quick question: which credit is due for an outage, why, and by when to claim it.

    The terms become a policy and the outages evidence, which are assessed like any other.

    Parameters
    ----------
    guarantee
        Availability that is guaranteed for each calendar month. [%]
    credit
        Bands, each `99.9:10%`: below 99.9 % a credit of 10 % of the monthly fee, or an amount (`99.9:50 EUR`).
    fee
        Monthly fee with its currency: `2000 EUR`.
    outage
        Lengths of outages, each with its start if it matters: `3h`, `2026-10-12T14:00/3h`, `2026-11/45m`.
    month
        The month of outages without a start: `2026-10`.
    claim
        Period after the end of the month in which to claim: `30d`; `none` if no claim is needed; empty if not known.
    time_zone
        Of the contract: its months begin and deadlines end there. UTC, if not given.
    policy
        A policy and its tier instead of guarantee, credits, claim period and time zone: `klikk:gold`, `mine.yaml`.
    reading
        Answers to open questions of that policy: `question=answer`.
    read_on
        The day that the policy states as the one on which its terms were read; else the first day of the month.

    Returns
    -------
    Quote

    Raises
    ------
    InputError
        Something of the question is at fault; all problems at once.

    Examples
    --------
    >>> quick = quote(99.9, ["99.9:10%", "99:25%"], fee="2000 EUR", outage="3h", month="2026-10", claim="30d")
    >>> quick.owed
    {'EUR': Decimal('200.00')}
    >>> quick.deadline.isoformat()
    '2026-11-30T23:59:59.999999+00:00'
    """
    asked = _Asked()
    bands = [credit] if isinstance(credit, str) else list(credit)
    lengths = [outage] if isinstance(outage, str) else list(outage)
    money = asked.read("fee", fee, _fee) if fee.strip() else None
    if not fee.strip():
        asked.wrong("fee", None, "missing", "write the monthly fee with its currency, like 2000 EUR")
    if month:
        asked.read("month", month, _month)
    outages = [found for text in lengths if (found := asked.read("outage", text, _outage))]
    if not lengths:
        asked.wrong("outage", None, "none is named", "write its length, like 3h")
    if not month and any(each.started is None and each.month is None for each in outages):
        remedy = "write it like 2026-10, or the start of each outage, like 2026-10-12T14:00/3h"
        asked.wrong("month", None, "missing, for an outage without a start", remedy)
    if time_zone and not locales.is_time_zone(time_zone):
        asked.wrong("time_zone", time_zone, "not a time zone", "write one like Europe/Berlin")
    tier: str | None = None
    contract: Policy | None = None
    if policy:
        given = {"guarantee": guarantee, "credit": bands, "claim": claim, "time_zone": time_zone}
        for name, value in given.items():
            if value not in (None, "", []):
                asked.wrong(name, None, "given beside a policy, which has its own", "leave out one of them")
        try:
            contract, tier = find_plan(policy)
        except InputError as error:
            asked.problems += error.problems
    else:
        named = next((each.month or each.started or "" for each in outages), "")
        day = read_on or (date.fromisoformat(f"{(month or named)[:7]}-01") if not asked.problems else date.min)
        contract = _own_policy(asked, guarantee, bands, claim, time_zone, day)
    if asked.problems or contract is None or money is None:
        raise InputError("quote", asked.problems)
    return _answered(asked, contract, tier, money, outages, month, reading, is_own=not policy)


class _Asked:
    """Reads the parts of a question, gathering problems on the way."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def wrong(self, where: str, value: object, what: str, remedy: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(where, value, what, remedy))

    def read(self, where: str, value: str, parse: Callable[[str], T]) -> T | None:
        """Read one part; nothing, where it is at fault."""
        try:
            return parse(value.strip())
        except ValueError as error:
            wrong, _, remedy = str(error).partition("; ")
            self.wrong(where, value, wrong, remedy)
            return None


def _fee(text: str) -> Money:
    found = FEE.fullmatch(text)
    currency = found and (found[1] or found[3])
    if not found or (found[1] and found[3]):
        raise ValueError("not an amount of money; write it like 2000 EUR or 2000.50EUR")
    if not currency:
        raise ValueError("an amount without a currency; write it like 2000 EUR")
    return Money.parse(f"{found[2]} {currency.upper()}")


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01" if MONTH.fullmatch(text) else "")
    except ValueError:
        raise ValueError(
            "not a month; write one like 2026-10, and an outage of another month like 2026-11/3h"
        ) from None


def _outage(text: str) -> AskedOutage:
    start, _, length = text.rpartition("/")
    duration = PlainDuration.parse(length.replace(" ", ""))
    if not duration.microseconds:
        raise ValueError("no length; write at least 1s")
    if MONTH.fullmatch(start):
        _month(start)
    month, started = (start, None) if MONTH.fullmatch(start) else (None, start or None)
    return AskedOutage(timedelta(microseconds=duration.microseconds), started, month)


def _percentage(text: str) -> Decimal:
    if not PERCENTAGE.fullmatch(text) or not 0 < (level := Decimal(text.rstrip("% "))) <= 100:
        raise ValueError("not a percentage; write it with a point, like 99.9")
    return level


def _band(text: str) -> dict[str, Any]:
    level, colon, credit = text.partition(":")
    if not colon:
        raise ValueError("not a level and its credit; write it like 99.9:10%")
    below, credit = _percentage(level.strip()), credit.replace(" ", "")
    try:
        earned = str(_fee(credit)) if credit[-3:].isalpha() else str(Share.parse(credit))
    except ValueError:
        raise ValueError("not a credit; write a share of the fee or an amount, like 99.9:10% or 99.9:50EUR") from None
    return {"below": below, "credit": earned}


def _claims(text: str) -> dict[str, Any]:
    if text == NO_CLAIM:
        return {"needed": False, "clause": AS_ASKED}
    try:
        return {"within": str(Duration.parse(text)), "after": "window_end", "clause": AS_ASKED}
    except ValueError as error:
        wrong, _, remedy = str(error).partition("; ")
        raise ValueError(f"{wrong}; {remedy}, or {NO_CLAIM} if no claim is needed") from None


def _own_policy(
    asked: _Asked, guarantee: str | float | Decimal | None, credit: Sequence[str], claim: str, zone: str, day: date
) -> Policy | None:
    """Make a policy of the terms of a question."""
    target = None if guarantee is None else asked.read("guarantee", str(guarantee), _percentage)
    if guarantee is None:
        asked.wrong("guarantee", None, "missing", "write the availability that is guaranteed, like 99.9, or a policy")
    if not credit and guarantee is not None:
        asked.wrong("credit", None, "none is named", "write one at least, like 99.9:10%")
    bands = [band for text in credit if (band := asked.read("credit", text, _band))]
    levels = [band["below"] for band in bands]
    for level in dict.fromkeys(level for level in levels if levels.count(level) > 1):
        asked.wrong("credit", f"{level}", "two credits below one level", "leave out one of them")
    for level in levels:
        if target is not None and level > target:
            wrong = f"a credit above the guarantee of {target} %"
            asked.wrong("credit", f"{level}", wrong, f"write a level of {target} at most")
    claims = asked.read("claim", claim, _claims) if claim else None
    if asked.problems:
        return None
    tree: dict[str, Any] = {
        "format": 1,
        "id": QUESTION,
        "provider": "Your terms",
        "service": "Service",
        # read in excerpt: what the question does not say is not read, and named among the assumptions
        "source": {"title": "A quick question", "language": "en", "retrieved": day.isoformat(), "read": "excerpt"},
        **({"time_zone": zone} if zone else {}),
        "guarantees": [
            {
                "id": "service",
                "name": "Availability",
                "metric": "availability",
                "target": target,
                "window": "1mo",
                "clause": AS_ASKED,
                "credit": {
                    "of": "monthly_fee",
                    "bands": sorted(bands, key=lambda band: band["below"], reverse=True),
                    "clause": AS_ASKED,
                },
            }
        ],
        **({"claims": claims} if claims else {}),
        "assumed": [
            {"term": "guarantees.service.window", "value": "1mo", "because": "The question is about a month"},
            {"term": "guarantees.service.hours", "value": "around the clock", "because": "No service hours were asked"},
        ],
    }
    return policy_of(Document("quote", tree, dict))


def _answered(
    asked: _Asked,
    policy: Policy,
    tier: str | None,
    fee: Money,
    outages: Sequence[AskedOutage],
    month: str,
    reading: Iterable[str],
    *,
    is_own: bool,
) -> Quote:
    """Lay out the outages and assess them."""
    settled = Settled.of(reading)
    settled.refuse_unknown({policy.id: policy})
    answers = settled.of_policy(policy.id, policy)
    terms = policy.terms(tier=tier, reading=answers)
    zone = terms.time_zone or ASSUMED_ZONE
    starts = _starts(asked, outages, month, zone)
    if asked.problems:
        raise InputError("quote", asked.problems)
    rows = [
        {"outage": f"{number}", "subscription": QUESTION, "started": at, "ended": at + each.length}
        | ({} if is_own else dict.fromkeys(("detected", "reported", "diagnosed"), at))
        for number, (each, at) in enumerate(zip(outages, starts, strict=True), start=1)
    ]
    holder = imagined_holder(terms, fee.amount, fee.currency)
    subscription = {"subscription": QUESTION, **holder, "starts": min(starts) - HELD}
    try:
        evidence = Evidence.of([subscription], outages=rows, time_zone=zone)
        period = period_of(evidence, [terms])
        as_of = to_instant(midnight(period.after, zone))
        known = {policy.id: policy}
        review = assess(evidence, period, as_of, reading=answers, policies=known, ranges=bool(policy.readings))
    except InputError as error:
        raise InputError("quote", error.problems) from None
    assumed = list(_assumed(outages, starts, ZoneInfo(zone), is_own=is_own))
    if assumed:
        more = pl.DataFrame(assumed, schema=review.assumptions.schema, orient="row")
        review = replace(review, assumptions=pl.concat([review.assumptions, more]))
    return Quote(policy, tier, review, is_own, sum(each.length // MICROSECOND for each in outages))


def _starts(asked: _Asked, outages: Sequence[AskedOutage], month: str, zone: str) -> list[datetime]:
    """Place the outages: where they say, and the others one after another in their months."""
    texts = pl.Series([each.started for each in outages], dtype=pl.String)
    read, broken = read_instants(texts, zone, dates=True)
    for found in broken:
        for row, wrong, remedy in found.told():
            asked.wrong("outage", texts[row], wrong, remedy)
    if asked.problems:
        return []
    placed: list[datetime | None] = read.to_list()
    for name in dict.fromkeys(each.month or month for each in outages if each.started is None):
        own = [number for number, each in enumerate(outages) if each.started is None and (each.month or month) == name]
        taken = [(at, at + each.length) for at, each in zip(placed, outages, strict=True) if at is not None]
        first = _month(name)
        monday = first + timedelta(days=-first.weekday() % 7)
        last = to_instant(midnight(add_months(first, 1), zone))
        morning = datetime.combine(monday, BEGINS, ZoneInfo(zone)).astimezone(UTC)
        for begin in (morning, to_instant(midnight(first, zone))):
            found_starts = _one_after_another([outages[number].length for number in own], begin, taken)
            if found_starts[-1] + outages[own[-1]].length <= last:
                break
        else:
            asked.wrong("outage", None, f"no room for all outages in {name}", "shorten them, or write their starts")
            return []
        for number, at in zip(own, found_starts, strict=True):
            placed[number] = at
    return [at for at in placed if at is not None]


def _one_after_another(
    lengths: Sequence[timedelta], begin: datetime, taken: Sequence[tuple[datetime, datetime]]
) -> list[datetime]:
    """Find the starts of outages one after another, none of them over one that has its place."""
    starts = []
    for length in lengths:
        for first, last in sorted(taken):
            if begin < last + GAP and first < begin + length + GAP:
                begin = last + GAP
        starts.append(begin)
        begin += length + GAP
    return starts


def _assumed(
    outages: Sequence[AskedOutage], starts: Sequence[datetime], zone: ZoneInfo, *, is_own: bool
) -> Iterator[tuple[str, str, str, str]]:
    """List what the question left open about its outages."""
    for number, (each, at) in enumerate(zip(outages, starts, strict=True), start=1):
        if each.started is None:
            said = f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
            because = f"Of this outage only the length is given ({print_duration(each.length // MICROSECOND)})"
            yield QUESTION, f"start of outage {number}", said, because
    if not is_own:
        because = "Nothing else was asked: the clock of the contract starts with the outage"
        yield QUESTION, "ticket, detection and diagnosis", "at once", because
