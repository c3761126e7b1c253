"""Words of charts and tables: windows, plans, instants, lengths and money, as people write them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from slakit import locales
from slakit.analysis.claims import STATUSES as STATUSES
from slakit.measure.calendar import add_months
from slakit.policy.model import Source
from slakit.policy.plan_names import plan_name
from slakit.policy.printing import listed, percent_text, print_duration, print_money
from slakit.policy.quantities import FULL, PERCENT_SCALE
from slakit.policy.terms import Terms
from slakit.policy.unread import READ

if TYPE_CHECKING:
    from slakit.analysis.review import Review

TICKET_VERDICTS = {"outside_term": "outside the contract", "unknown": "not known"}
MET = {True: "met", False: "missed", None: "no verdict yet"}
NOT_OBSERVED = "not observed"
"""Verdict of a window that is over and that no coverage reaches."""
WINDOWS = {
    "1d": "a day",
    "1w": "a week",
    "1mo": "a month",
    "1q": "a quarter",
    "1y": "a year",
    "billing_month": "a billing month",
}


def document_text(source: Source) -> str:
    """Name a document, its date, when it was retrieved, and how much of it was read.

    >>> from slakit.policy.files import find_policy
    >>> document_text(find_policy("wp-heaven").source)
    'Service Level Agreement (SLA), dated 2023-06-18, retrieved 2026-11-21, read: the whole document'
    """
    dated = f", dated {source.updated}" if source.updated else ""
    return f"{source.title}{dated}, retrieved {source.retrieved}, read: {READ[source.read]}"


def tell_documents(sources: Mapping[str, Source]) -> list[str]:
    """Tell from which document the terms of each plan come: name of the plan → source."""
    plans: dict[str, list[str]] = {}
    for plan, source in sources.items():
        plans.setdefault(document_text(source), []).append(plan)
    return [f"{listed(named)}: {text}." for text, named in plans.items()]


def window_name(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """Name a window as one says it, in the contract's time zone.

    >>> from datetime import UTC
    >>> oslo = ZoneInfo("Europe/Oslo")
    >>> window_name(datetime(2026, 9, 30, 22, tzinfo=UTC), datetime(2026, 10, 31, 23, tzinfo=UTC), oslo)
    'Oct 2026'
    """
    first, after = start.astimezone(zone), end.astimezone(zone)
    whole_days = first.time() == after.time() == datetime.min.time()
    if whole_days and first.day == 1:
        month = locales.part_of_date(first.date(), "yMMM", "%b %Y")
        quarter = locales.part_of_date(first.date(), "yQQQ", f"Q{(first.month + 2) // 3} %Y")
        named = {1: month, 3: quarter, 12: f"{first:%Y}"}
        aligned = {1: True, 3: first.month % 3 == 1, 12: first.month == 1}
        for months, name in named.items():
            if add_months(first.date(), months) == after.date() and aligned[months]:
                return name
    last = (after - timedelta(microseconds=1)).date()
    if last == first.date():
        return day_text(first, zone)
    return locales.days(first.date(), last, "yMMMd", f"{first:%-d %b} – {last:%-d %b %Y}")


def day_text(instant: datetime, zone: ZoneInfo) -> str:
    """Write the day of an instant in a contract's time zone.

    >>> from datetime import UTC
    >>> day_text(datetime(2026, 2, 10, 23, 9, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
    '11 Feb 2026'
    """
    return locales.day(instant.astimezone(zone), "%-d %b %Y")


def terms_name(terms: Terms) -> str:
    """Name a plan as its provider does."""
    return plan_name(terms.provider, terms.tier)


def guarantee_names(terms: Terms) -> dict[str, str]:
    """Name the guarantees of a plan, by their ids."""
    return {guarantee.id: guarantee.name or guarantee.id for guarantee in terms.guarantees}


def guarantee_name(terms: Terms, guarantee: str) -> str:
    """Name a guarantee, and say that it is best effort where it is."""
    found = terms.guarantee(guarantee)
    return (found.name or found.id) + ", best effort" * (found.commitment == "best_effort")


def remedy_names(terms: Terms) -> dict[str, str]:
    """Name the remedies of a plan, by their ids; one without a name is called like its guarantee."""
    names = guarantee_names(terms)
    return {remedy.id: remedy.name or names.get(remedy.id, remedy.id) for remedy in terms.remedies}


def instant_text(instant: datetime | None, zone: ZoneInfo) -> str:
    """Write an instant in a contract's time zone, seconds only where there are any.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 2, 11, 8, 9, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
    '2026-02-11 09:09'
    """
    if instant is None:
        return "–"
    local = instant.astimezone(zone)
    return locales.instant(local, "%Y-%m-%d %H:%M" + ":%S" * bool(local.second or local.microsecond))


def deadline_text(instant: datetime | None, zone: ZoneInfo) -> str:
    """Write a deadline: the last instant of a day is said to be the end of that day.

    >>> from datetime import UTC
    >>> deadline_text(datetime(2026, 10, 10, 23, 59, 59, 999_999, tzinfo=UTC), ZoneInfo("UTC"))
    'end of 2026-10-10'
    """
    if instant is None:
        return "–"
    local = instant.astimezone(zone)
    if (local + timedelta(microseconds=1)).time() == datetime.min.time():
        return f"end of {locales.day(local)}"
    return instant_text(instant, zone)


def days_left(deadline: datetime, as_of: datetime, zone: ZoneInfo) -> int:
    """Count the days from one instant to a deadline, by the calendar of a time zone; below nothing if it has passed.

    >>> from datetime import UTC
    >>> days_left(datetime(2026, 10, 10, 23, 59, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC), ZoneInfo("UTC"))
    5
    """
    return (deadline.astimezone(zone).date() - as_of.astimezone(zone).date()).days


def days_left_text(days: int | None, *, passed: bool = False) -> str:
    """Write how many days are left to a deadline.

    >>> days_left_text(5), days_left_text(1), days_left_text(0), days_left_text(-2), days_left_text(0, passed=True)
    ('5 days', '1 day', 'today', 'passed 2 days ago', 'passed today')
    """
    if days is None:
        return "–"
    if days == 0:
        return "passed today" if passed else "today"
    return counted(days, "day") if days > 0 else f"passed {counted(-days, 'day')} ago"


def left_text(deadline: datetime, as_of: datetime, zone: ZoneInfo) -> str:
    """Write how long a deadline is ahead.

    >>> from datetime import UTC
    >>> left_text(datetime(2026, 10, 6, 8, tzinfo=UTC), datetime(2026, 10, 5, 9, tzinfo=UTC), ZoneInfo("UTC"))
    '1 day left'
    """
    days = days_left(deadline, as_of, zone)
    return f"{days_left_text(days)}{' left' if days else ''}"


def length_text(seconds: Decimal | None) -> str:
    """Write a length of time, nothing rounded away.

    >>> length_text(Decimal("1296.000000"))
    '21m36s'
    """
    return "–" if seconds is None else print_duration(int(seconds * 10**6))


def short_length(seconds: Decimal) -> str:
    """Write a length of time in its two largest units, the rest cut off: for places where little fits.

    >>> short_length(Decimal(93_784)), short_length(Decimal("0.5")), short_length(Decimal(0))
    ('1d2h', '<1s', '0s')
    """
    if 0 < seconds < 1:
        return "<1s"
    for unit, finer in ((86400, 3600), (3600, 60), (60, 1)):
        if seconds >= unit:
            return print_duration(int(seconds // finer * finer) * 10**6)
    return print_duration(int(seconds) * 10**6)


def money_text(amount: Decimal, currency: str | None) -> str:
    """Write an amount with its currency, thousands apart, in as many digits as the currency has.

    >>> money_text(Decimal("22500.000"), "NOK"), money_text(Decimal("1200"), "JPY")
    ('22,500.00 NOK', '1,200 JPY')
    """
    return print_money(amount, currency)


def sums_text(sums: Iterable[tuple[str, Decimal]]) -> str:
    """Write amounts in several currencies, without those of nothing.

    >>> sums_text([("NOK", Decimal(1500)), ("USD", Decimal(0)), ("DKK", Decimal("158.34"))])
    '1,500.00 NOK · 158.34 DKK'
    """
    return " · ".join(money_text(amount, currency) for currency, amount in sums if amount) or "nothing"


def amounts_text(table: pl.DataFrame) -> str:
    """Write the sums of the amounts of a table, currency by currency.

    >>> amounts_text(pl.DataFrame({"currency": ["NOK", "NOK"], "amount": [Decimal(1500), Decimal(20)]}))
    '1,520.00 NOK'
    """
    return sums_text(table.group_by("currency", maintain_order=True).agg(pl.col("amount").sum()).iter_rows())


def counted(number: int, one: str, many: str | None = None) -> str:
    """Write a number of things.

    >>> counted(1, "window"), counted(3, "window"), counted(0, "outage")
    ('1 window', '3 windows', 'no outages')
    """
    return f"{number:,} {one}" if number == 1 else f"{number or 'no'} {many or one + 's'}"


def sign_text(amount: Decimal, currency: str) -> str:
    """Write a difference of two amounts with its sign.

    >>> sign_text(Decimal("-1500"), "NOK")
    '−1,500.00 NOK'
    """
    return f"{'+' if amount > 0 else '−'}{money_text(abs(amount), currency)}"


def share_text(part: int, whole: int) -> str:
    """Write a share as a percentage, cut after two decimals.

    >>> share_text(2, 3), share_text(0, 0)
    ('66.66 %', '–')
    """
    return percent_text(Decimal(part * FULL // whole) / PERCENT_SCALE, 2) if whole else "–"


def length_up(seconds: Decimal | None) -> str:
    """Write a length to the second, rounded up: it never looks shorter than it is."""
    return length_text(None if seconds is None else seconds.to_integral_value(ROUND_CEILING))


def readings_text(review: Review, subscription: str) -> str:
    """Write what is owed if ambiguous clauses are read otherwise, and which of them has the largest effect.

    Raises
    ------
    InputError
        The evidence has no such subscription.
    """
    own = review.of(subscription)
    row = next(own.ranges.iter_rows(named=True), None)
    if row is None:
        return "nothing to read"
    low, high, currency = row["amount_low"], row["amount_high"], row["currency"]
    if low == high:
        return f"owed {money_text(low, currency)}, however the contract is read."
    said = f"owed {money_text(low, currency)} to {money_text(high, currency)} if ambiguous clauses are read otherwise."
    first = own.readings.filter(pl.col("moves") > 0)["question"].head(1).to_list()
    if not first:
        return f"{said} No single clause has an effect of its own."
    effect = max(own.readings.filter(question=first[0])["difference"], key=abs)
    question = review.question(subscription, first[0]).rstrip("?")
    return f"{said} Largest single effect: {question} ({sign_text(effect, currency)})."
