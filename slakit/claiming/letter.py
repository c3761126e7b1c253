"""The letter of a claim, in one of five languages, as blocks that any format can hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from slakit.claiming.facts import Claim, ClaimedWindow, CountedInterval, JudgedGuarantee, LateTicket, ReadingTaken
from slakit.claiming.wording import Words, writing

UTC = ZoneInfo("UTC")
MOST_PERIODS = 3
"""Windows that a subject names one by one."""


@dataclass(frozen=True)
class Heading:
    """A heading: of the letter (1), of a section (2) or within one (3)."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Listed:
    """Items one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Names and values, such as those at the head of a letter."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """A table; columns in `right` hold numbers. The last row is a sum if `summed`."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    summed: bool = False


Block = Heading | Paragraph | Listed | Facts | Table


@dataclass(frozen=True)
class Letter:
    """A letter, not yet in any format."""

    title: str
    subject: str
    language: str
    blocks: tuple[Block, ...]


def compose(claim: Claim) -> Letter:
    """Write the letter of a claim.

    What is not known stands in brackets, to be completed.
    """
    with writing(claim.language) as words:
        subject = subject_line(claim, words)
        return Letter(words("title"), subject, claim.language, tuple(_blocks(claim, words, subject)))


def subject_line(claim: Claim, words: Words) -> str:
    """Write the subject: the words that the provider demands first."""
    periods = list(dict.fromkeys(words.period(window.start, window.end, claim.zone) for window in claim.windows))
    if len(periods) > MOST_PERIODS:
        first, last = min(window.start for window in claim.windows), max(window.end for window in claim.windows)
        periods = [words.period(first, last, claim.zone)]
    number = claim.account or claim.reference
    said = words("subject", plan=claim.plan, period=", ".join(periods)) + f" ({number})" * bool(number)
    return f"{claim.subject_words} – {said}" if claim.subject_words else said


def _blocks(claim: Claim, words: Words, subject: str) -> Iterator[Block]:
    yield Facts(tuple(_head(claim, words)))
    yield Heading(subject, 1)
    yield Paragraph(words("greeting"))
    amount = words.money(claim.amount, claim.currency)
    yield Paragraph(words("opening", agreement=claim.agreement, amount=amount))
    yield Heading(words("overview"))
    yield _overview(claim, words)
    for number, window in enumerate(claim.windows, 1):
        yield Heading(f"{number}. {window.name}, {words.period(window.start, window.end, claim.zone)}")
        yield from _window(claim, window, words)
    yield from _readings(claim, words)
    if claim.details:
        yield Heading(words("details"))
        yield Facts(claim.details)
    for says, clause in claim.confirmed:
        yield Paragraph(words("confirmed", says=says, clause=words.in_brackets(clause)))
    if claim.attachments:
        yield Heading(words("enclosures"))
        rows = tuple((file.name, file.sha256) for file in claim.attachments)
        yield Table((words("file"), words("hash")), rows)
        if any(file.starred for file in claim.attachments):
            yield Paragraph(words("starred"))
    yield Paragraph(f"{words(claim.payout or 'pay')} {words('answer')} {words('reserved')}")
    yield Paragraph(words("closing"))
    yield Paragraph("\n".join(claim.sender) if claim.sender else words.missing("sender"))


def _head(claim: Claim, words: Words) -> Iterator[tuple[str, str]]:
    yield words("addressee"), claim.addressee
    yield words("channel"), claim.channel or words.missing("channel")
    yield words("sender"), "\n".join(claim.sender) if claim.sender else words.missing("sender")
    yield words("date"), words.long_date(claim.date)
    if claim.account:
        yield words("account"), claim.account
    if claim.reference and claim.reference != claim.account:
        yield words("number"), claim.reference
    if not claim.account and not claim.reference:
        yield words("number"), words.missing("number")
    yield words("subscription"), f"{claim.subscription} ({claim.plan}, {claim.service})"
    yield words("agreement"), claim.agreement


def _overview(claim: Claim, words: Words) -> Table:
    rows = []
    for window in claim.windows:
        first, *others = window.judged or (None,)
        period, credit = words.period(window.start, window.end, claim.zone), words.money(window.amount, claim.currency)
        levels = (first.name, words.level(first.committed), words.level(first.measured)) if first else ("", "", "")
        name, committed, measured = levels
        rows.append((name or window.name, period, committed, measured, credit))
        rows += [(one.name, "", words.level(one.committed), words.level(one.measured), "") for one in others]
    rows.append((words("total"), "", "", "", words.money(claim.amount, claim.currency)))
    headers = tuple(words(key) for key in ("guarantee", "period", "committed", "measured", "credit"))
    return Table(headers, tuple(rows), frozenset({2, 3, 4}), summed=True)


def _window(claim: Claim, window: ClaimedWindow, words: Words) -> Iterator[Block]:
    for judged in window.judged:
        if len(window.judged) > 1:
            yield Heading(judged.name, 3)
        yield Paragraph(" ".join(_judgement(judged, words)))
        if judged.intervals:
            elsewhere = words("contract_time", zone=claim.zone.key) if claim.zone.key != "UTC" else ""
            yield Paragraph(words("intervals", contract=elsewhere))
            yield _intervals(judged.intervals, claim.zone, words)
        if judged.tickets:
            yield Paragraph(words("late", zone=claim.zone.key))
            yield _tickets(judged.tickets, claim.zone, words)
    percent, basis = words.percent(window.credit_percent), words.money(window.basis_amount, claim.currency)
    said = [words("calculation", percent=percent, basis=basis, clause=words.in_brackets(window.clause))]
    if window.capped:
        said.append(words("capped", clause=words.in_brackets(window.cap_clause)))
    said.append(words("claimed", amount=words.money(window.amount, claim.currency)))
    if claim.claims_clause:
        clause = words.clause(claim.claims_clause)
        # a deadline that the strictest reading has earlier is for the parties, not for the letter
        if window.deadline is not None:
            said.append(words("in_time", clause=clause, until=words.until(window.deadline, claim.zone)))
        else:
            said.append(words("in_time_only", clause=clause))
    yield Paragraph(" ".join(said))


def _judgement(judged: JudgedGuarantee, words: Words) -> Iterator[str]:
    """Say what was committed, and what was measured."""
    clause = words.in_brackets(judged.clause)
    if judged.committed.value is not None:
        yield words("committed_is", level=words.level(judged.committed), clause=clause)
    if judged.agreed_seconds is not None and judged.downtime_seconds is not None:
        lengths = {"downtime": judged.downtime_seconds, "agreed": judged.agreed_seconds}
        yield words("downtime", **{name: words.length(seconds) for name, seconds in lengths.items()})
    if judged.tickets_judged is not None:
        yield words("tickets", met=str(judged.tickets_met), judged=str(judged.tickets_judged))
    if judged.measured.kind == "length" and judged.agreed_seconds is None:
        yield words("incident_took", level=words.level(judged.measured))
    elif judged.measured.value is not None and judged.measured.kind != "length":
        yield words("measured_is", level=words.level(judged.measured))


def _intervals(intervals: Sequence[CountedInterval], zone: ZoneInfo, words: Words) -> Table:
    zones = [UTC, *([zone] if zone.key != "UTC" else [])]
    headers = [words("incident")]
    headers += [f"{words(edge)} ({one.key})" for one in zones for edge in ("from", "to")]
    headers += [words("duration"), words("provision")]
    rows = []
    for one in intervals:
        times = [words.instant(moment, own) for own in zones for moment in (one.started, one.ended)]
        part = f" ({one.component})" if one.component else ""
        rows.append((one.outage + part, *times, words.length(one.seconds, "short"), words.clause(one.clause)))
    return Table(tuple(headers), tuple(rows), frozenset({len(headers) - 2}))


def _tickets(tickets: Sequence[LateTicket], zone: ZoneInfo, words: Words) -> Table:
    headers = tuple(words(key) for key in ("ticket", "opened", "due", "answered", "provision"))

    def at(moment: datetime | None, otherwise: Literal["–", "open"]) -> str:
        if moment is None:
            return words("open") if otherwise == "open" else otherwise
        return words.instant(moment, zone)

    rows = [
        (one.ticket, at(one.opened, "–"), at(one.due, "–"), at(one.answered, "open"), words.clause(one.clause))
        for one in tickets
    ]
    return Table(headers, tuple(rows))


def _readings(claim: Claim, words: Words) -> Iterator[Block]:
    def listed(readings: Sequence[ReadingTaken]) -> Listed:
        return Listed(
            tuple(
                f"{one.question} – {one.answer}{words.in_brackets('; '.join(one.clauses))}" for one in readings
            )
        )  # fmt: skip

    if claim.taken or claim.asked:
        yield Heading(words("readings"))
    if claim.taken:
        yield Paragraph(words("readings_taken"))
        yield listed(claim.taken)
    if claim.asked:
        yield Paragraph(words("readings_asked"))
        yield listed(claim.asked.answers)
        difference = words.money(claim.asked.difference, claim.currency)
        sign = "+" * (claim.asked.difference > 0)
        amount = words.money(claim.asked.amount, claim.currency)
        yield Paragraph(words("asked_pays", amount=amount, difference=f"{sign}{difference}"))
