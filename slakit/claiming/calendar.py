"""Deadlines of claims as a calendar file, by RFC 5545."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from slakit._atomic import is_file, read_whole, write_all
from slakit.analysis.review import CLAIMABLE, Review
from slakit.arguments import checked
from slakit.evidence.files import cannot_read
from slakit.measure.calendar import to_instant
from slakit.problems import InputError, Problem
from slakit.show.labels import instant_text, money_text, remedy_names, window_name

Event = Any
"""An event of the package icalendar, whose values a checker cannot tell apart."""
PRODUCT = "-//slakit//deadlines of claims//EN"
LARGEST_CALENDAR = 50_000_000
WARNED = (timedelta(days=7), timedelta(days=1))
"""How long before the end of a deadline a reminder comes."""
DAYS_LEFT = 7
"""A day of its own is entered so many days before a deadline: some programs drop reminders of imported events."""
WEEK_BEFORE = "7d-"
"""How the UID of such a day begins, before that of its deadline."""
HALF_AN_HOUR = timedelta(minutes=30)
"""Length of the event that ends with a deadline within a day."""
CLAIM = "X-SLAKIT-CLAIM"
"""Property that holds subscription, remedy and start of the window, which no title tells exactly."""
UNTIL = "X-SLAKIT-UNTIL"
"""Property that holds the last instant of an event: a day ends elsewhere in another time zone."""
TO_CLAIM = (*CLAIMABLE, "waiting")
KEY = ["subscription", "remedy", "window_start"]
CANCELLED = "CANCELLED"


@dataclass(frozen=True)
class DeadlineCalendar:
    """Deadlines of claims as calendar files.

    Attributes
    ----------
    events
        The calendar file: deadlines to come, and those that were met, marked as cancelled.
    cancelled
        A file that takes those that were met out of a calendar, for programs that heed `METHOD:CANCEL` alone; None
        where there are none.
    deadlines
        What was entered: `uid`, `subscription`, `remedy`, `window_start`, `amount`, `currency`, `deadline` (UTC).
    """

    events: bytes
    cancelled: bytes | None
    deadlines: pl.DataFrame

    @checked
    def write(self, path: str | Path) -> list[Path]:
        """Write the calendar, and beside it `NAME.cancelled.ics` where deadlines were met; both or none.

        Returns
        -------
        list
            The files that were written.

        Raises
        ------
        InputError
            A file cannot be written.
        """
        path = Path(path)
        files = {path: self.events, path.with_suffix(f".cancelled{path.suffix}"): self.cancelled}
        try:
            write_all(files)
        except (OSError, ValueError) as error:
            wrong = f"cannot be written ({getattr(error, 'strerror', None) or error})"
            remedy = "name a file in a folder that can be written"
            raise InputError(str(path), [Problem(str(path), None, wrong, remedy)]) from None
        return [file for file, content in files.items() if content is not None]


@checked
def deadline_calendar(
    review: Review, subscriptions: Iterable[str] = (), *, before: str | Path | None = None
) -> DeadlineCalendar:
    """Enter the deadlines of claims into a calendar file that calendar programs import.

    Each claim that is still open and has a deadline is an event, and a second one seven days before. A deadline at the
    end of a day takes the whole day, in the contract's time zone; another one ends at its instant. The deadline is the
    earliest under any reading or, where that has passed, that of the reading taken. The same review gives the same
    bytes.

    Parameters
    ----------
    review
        From `assess`.
    subscriptions
        Whose deadlines; of all, if none is named.
    before
        A calendar that was written earlier: deadlines that have moved since get a higher SEQUENCE, those that were met
        or are owed no longer are cancelled, those that this review does not tell of are kept. A file that is not there
        is an empty calendar.

    Raises
    ------
    InputError
        The evidence has no such subscription, `before` is no calendar of slakit, or the package icalendar is missing.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> from slakit.evidence.files import read_evidence
    >>> evidence = read_evidence("data_samples/evidence", subscription="harbor-enterprise")
    >>> review = assess(evidence, period="2026-09", as_of="2026-10-02")
    >>> remedy, amount, deadline = deadline_calendar(review).deadlines.select("remedy", "amount", "deadline").row(0)
    >>> remedy, f"{amount}", f"{deadline:%Y-%m-%d %H:%M}"
    ('platform', '120.00', '2026-10-10 23:59')
    """
    _need_icalendar()
    chosen = review.evidence.only(subscriptions).names
    earlier = _events_of(Path(before)) if before is not None else {}
    open_claims = _open_claims(review, chosen)
    events = {str(event["uid"]): event for row in open_claims.iter_rows(named=True) for event in _events(review, row)}
    for uid, event in events.items():
        _go_on_from(event, earlier.get(uid))
    to_come = frozenset(events)
    for uid in earlier.keys() - to_come:
        event = earlier[uid]
        reminded = uid.removeprefix(WEEK_BEFORE) in to_come  # less than a week is left, and the deadline stands
        if _last_instant(event) >= review.as_of and not reminded:
            events[uid] = _cancelled(event, review.as_of) if _told_of(review, event, chosen) else event
    ordered = sorted(events.values(), key=lambda event: (_last_instant(event), str(event["uid"])))
    met = [event for event in ordered if event["status"] == CANCELLED]
    return DeadlineCalendar(_calendar(ordered), _calendar(met, "CANCEL") if met else None, open_claims)


def _need_icalendar() -> None:
    if importlib.util.find_spec("icalendar") is None:
        wrong, remedy = "the package icalendar is not installed", "install it: pip install 'slakit[claims]'"
        raise InputError("calendar", [Problem("calendar", None, wrong, remedy)])


def _open_claims(review: Review, subscriptions: list[str]) -> pl.DataFrame:
    """List the claims that can still be made in time, with the earliest deadline to come and the end of the window."""
    as_of = review.as_of
    mine = pl.col("subscription").is_in(subscriptions) & pl.col("status").is_in(TO_CLAIM)
    to_come = [pl.when(pl.col(name) >= as_of).then(name) for name in ("deadline_earliest", "deadline")]
    listed = review.claims.filter(mine).with_columns(pl.coalesce(to_come).alias("deadline"))
    listed = listed.filter(pl.col("deadline").is_not_null())
    # windows that slide over one another may begin at one instant: they are one entry, by the first deadline
    merged = listed.sort("deadline", maintain_order=True).group_by(KEY, maintain_order=True)
    claims = merged.agg(pl.col("amount").sum(), pl.exclude("amount").first())
    for table, column in ((review.credits, "window_end"), (review.claim_steps, "opens")):
        known = table.group_by(KEY).agg(pl.col(column).max())
        claims = claims.join(known, on=KEY, how="left", maintain_order="left")
    uids = pl.Series("uid", [claim_uid(*key) for key in claims.select(KEY).iter_rows()], dtype=pl.String)
    return claims.select(
        uids, *KEY, "amount", "currency", "deadline", "deadline_earliest", "status", "window_end", "opens",
        "evidence_needed",
    )  # fmt: skip


def claim_uid(subscription: str, remedy: str, window_start: datetime) -> str:
    """Name a claim for ever: ids of remedies have no full stop, so that two claims never share a name."""
    return f"{subscription}-{remedy.replace('-', '.')}-{window_start.astimezone(UTC):%Y%m%dT%H%M%SZ}@slakit"


def _events(review: Review, row: dict[str, Any]) -> Iterator[Event]:
    """Enter the deadline of a claim, and the day on which a week is left."""
    zone = review.zone_of(row["subscription"])
    terms = review.terms_of(row["subscription"])
    remedy = remedy_names(terms).get(row["remedy"], row["remedy"])
    window = window_name(row["window_start"], row["window_end"], zone) if row["window_end"] else ""
    amount, deadline = money_text(row["amount"], row["currency"]), row["deadline"]
    local = deadline.astimezone(zone)
    of = ", ".join(filter(None, (row["subscription"], remedy, window)))
    offset = f"{local:%z}"
    said = [
        f"{amount} from {terms.provider} for {of}.",
        f"Last instant: {local:%Y-%m-%d %H:%M:%S}{f'.{local:%f}' if local.microsecond else ''} in {zone.key} "
        f"(UTC{offset[:3]}:{offset[3:]}).",
    ]
    if row["status"] == "disputed":
        strictest = instant_text(row["deadline_earliest"], zone)
        said.append(f"The claim may already be time-barred (strictest reading: claim by {strictest}): claim today.")
    if row["opens"] is not None:
        said.append(f"It can be made from {instant_text(row['opens'], zone)} on.")
    if row["evidence_needed"]:
        said.append(f"The claim needs: {row['evidence_needed']}.")
    said.append(f"Found by slakit as of {review.as_of:%Y-%m-%d %H:%M} UTC.")
    end_of_day = (local + timedelta(microseconds=1)).timetz().replace(tzinfo=None) == time()
    span = (local.date(), local.date() + timedelta(days=1))
    at: tuple[date, date] = span if end_of_day else (deadline.replace(microsecond=0) - HALF_AN_HOUR, deadline)
    claim = "|".join((row["subscription"], row["remedy"], row["window_start"].astimezone(UTC).isoformat()))
    own = {CLAIM: claim, UNTIL: deadline.astimezone(UTC).isoformat()}
    yield _event(row["uid"], f"Claim {amount}: {of}", said, at, review.as_of, own, reminders=True)
    reminded = local.date() - timedelta(days=DAYS_LEFT)
    if reminded >= review.as_of.astimezone(zone).date():
        title, day = f"{DAYS_LEFT} days left to claim {amount}: {of}", (reminded, reminded + timedelta(days=1))
        own[UNTIL] = (datetime.combine(day[1], time(), zone).astimezone(UTC) - timedelta(microseconds=1)).isoformat()
        yield _event(f"{WEEK_BEFORE}{row['uid']}", title, said, day, review.as_of, own, reminders=False)


def _event(
    uid: str,
    title: str,
    said: list[str],
    at: tuple[date, date],
    as_of: datetime,
    own: Mapping[str, str],
    *,
    reminders: bool,
) -> Event:
    """Make an event; one of days ends before the day that is named as its end."""
    from icalendar import Alarm, Event

    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", as_of.replace(microsecond=0))
    for name, edge in zip(("dtstart", "dtend"), at, strict=True):
        event.add(name, edge.replace(microsecond=0).astimezone(UTC) if isinstance(edge, datetime) else edge)
    event.add("summary", title)
    event.add("description", "\n".join(said))
    event.add("status", "CONFIRMED")
    event.add("sequence", 0)
    event.add("transp", "TRANSPARENT")
    for name, value in own.items():
        event.add(name, value)
    for before in WARNED if reminders else ():
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", title)
        alarm.add("trigger", -before, parameters={"RELATED": "END"})
        event.add_component(alarm)
    return event


def _times(event: Event) -> tuple[date, date]:
    """Return start and end, the end not included."""
    return event.decoded("dtstart"), event.decoded("dtend")


def _last_instant(event: Event) -> datetime:
    return datetime.fromisoformat(event[UNTIL])


def _go_on_from(event: Event, earlier: Event | None) -> None:
    """Number an event after the one that was written before: higher if it moved, or was cancelled meanwhile."""
    if earlier is not None:
        moved = _times(event) != _times(earlier) or earlier["status"] == CANCELLED
        _put(event, "sequence", earlier["sequence"] + moved)


def _put(event: Event, name: str, value: object) -> None:
    """Set a property, in the place of what it was."""
    event.pop(name, None)
    event.add(name, value)


def _told_of(review: Review, event: Event, subscriptions: list[str]) -> bool:
    """Tell whether a review says what became of the claim of an event: it is about that window."""
    subscription, remedy, start = str(event[CLAIM]).rsplit("|", 2)
    if subscription not in subscriptions:
        return False
    window_start = datetime.fromisoformat(start)
    first, last = review.period.span(review.zone_of(subscription).key)
    judged = review.credits.filter(
        (pl.col("subscription") == subscription)
        & (pl.col("remedy") == remedy)
        & (pl.col("window_start").dt.replace_time_zone("UTC") == window_start)
    )
    return not judged.is_empty() or to_instant(first) <= window_start < to_instant(last)


def _cancelled(event: Event, as_of: datetime) -> Event:
    """Mark an event as cancelled; one that is so already stays as it is."""
    if event["status"] == CANCELLED:
        return event
    _put(event, "sequence", event["sequence"] + 1)
    _put(event, "status", CANCELLED)
    _put(event, "dtstamp", as_of.replace(microsecond=0))
    event.subcomponents.clear()  # no reminders of what is met
    return event


def _calendar(events: list[Event], method: str | None = None) -> bytes:
    from icalendar import Calendar

    calendar = Calendar()
    for name, value in (("prodid", PRODUCT), ("version", "2.0"), ("calscale", "GREGORIAN"), ("method", method)):
        if value is not None:
            calendar.add(name, value)
    for event in events:
        calendar.add_component(event)
    written: bytes = calendar.to_ical()
    return written


def _events_of(path: Path) -> dict[str, Event]:
    """Read the events of a calendar that slakit wrote, by their UID; a file that is not there has none."""
    from icalendar import Calendar

    if not is_file(path):
        if path.exists():
            raise InputError(str(path), [Problem(str(path), None, "not a file", "name a calendar file")])
        return {}
    try:
        calendar: Any = Calendar.from_ical(read_whole(path, LARGEST_CALENDAR))
        ours = calendar.get("prodid") == PRODUCT
        events = {str(event["uid"]): event for event in calendar.walk("VEVENT")}
        for event in events.values():
            _, _, start = str(event[CLAIM]).rsplit("|", 2)
            instants = (datetime.fromisoformat(start), _last_instant(event))
            ours = ours and all(at.tzinfo is not None for at in instants) and {"STATUS", "SEQUENCE"} <= event.keys()
            _times(event)
    except OSError as error:
        raise InputError(str(path), [cannot_read(str(path), error)]) from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        ours = False
    if not ours:
        wrong = "not a calendar of deadlines that slakit wrote"
        raise InputError(str(path), [Problem(str(path), None, wrong, "name another file, or take it away")])
    return events
