"""What charts and tables say: windows, plans, instants, lengths and money, as people write them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from slakit import locales
from slakit.measure.calendar import add_months
from slakit.policy.printing import print_duration, print_money
from slakit.policy.terms import Terms

if TYPE_CHECKING:
    from slakit.analysis.review import Review

VERDICTS = {
    "counted": "counts as downtime",
    "other_component": "another component",
    "excluded_cause": "excluded cause",
    "too_small": "affects too little",
    "unreported": "not reported while it lasted",
    "before_clock_start": "before the report",
    "below_concurrency": "too few down at once",
    "overlapping": "already counted",
    "too_short": "too short to count",
    "maintenance": "agreed maintenance",
    "outside_hours": "outside service hours",
    "outside_term": "outside the contract",
    "rounding_remainder": "less than a whole unit",
    "outside_period": "not in this review",
    "no_length": "recorded without a length",
    "after_as_of": "begins after this review",
    "not_judged": "judged by no guarantee",
}
TICKET_VERDICTS = {"left_out": "left out", "outside_term": "outside the contract"}
STATUSES = {
    "claimable": "can still be claimed",
    "not_yet": "cannot be claimed yet",
    "not_read": "claim terms not read",
    "claimed": "claimed",
    "not_required": "paid without a claim",
    "expired": "too late to claim",
}
WINDOWS = {
    "1d": "a day",
    "1w": "a week",
    "1mo": "a month",
    "1q": "a quarter",
    "1y": "a year",
    "billing_month": "a billing month",
}


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
    """The day of an instant in a contract's time zone.

    >>> from datetime import UTC
    >>> day_text(datetime(2026, 2, 10, 23, 9, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
    '11 Feb 2026'
    """
    return locales.day(instant.astimezone(zone), "%-d %b %Y")


def plan_name(policy: str, tier: str | None) -> str:
    """A policy and its tier.

    >>> plan_name("klikk", "gold"), plan_name("wp-heaven", None)
    ('klikk gold', 'wp-heaven')
    """
    return f"{policy} {tier}" if tier else policy


def terms_name(terms: Terms) -> str:
    """The provider and the tier."""
    return plan_name(terms.provider, terms.tier)


def instant_text(instant: datetime | None, zone: ZoneInfo) -> str:
    """An instant in a contract's time zone, seconds only where there are any.

    >>> from datetime import UTC
    >>> instant_text(datetime(2026, 2, 11, 8, 9, tzinfo=UTC), ZoneInfo("Europe/Oslo"))
    '2026-02-11 09:09'
    """
    if instant is None:
        return "–"
    local = instant.astimezone(zone)
    return locales.instant(local, "%Y-%m-%d %H:%M" + ":%S" * bool(local.second or local.microsecond))


def deadline_text(instant: datetime | None, zone: ZoneInfo) -> str:
    """A deadline: the last instant of a day is said to be the end of that day.

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


def length_text(seconds: Decimal | None) -> str:
    """A length of time, nothing rounded away.

    >>> length_text(Decimal("1296.000000"))
    '21m36s'
    """
    return "–" if seconds is None else print_duration(int(seconds * 10**6))


def short_length(seconds: Decimal) -> str:
    """A length of time in its two largest units, the rest cut off: for places where little fits.

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
    """An amount with its currency, thousands apart, in as many digits as the currency has.

    >>> money_text(Decimal("22500.000"), "NOK"), money_text(Decimal("1200"), "JPY")
    ('22,500.00 NOK', '1,200 JPY')
    """
    return print_money(amount, currency)


def sums_text(sums: Iterable[tuple[str, Decimal]]) -> str:
    """Amounts in several currencies, those of nothing left out.

    >>> sums_text([("NOK", Decimal(1500)), ("USD", Decimal(0)), ("DKK", Decimal("158.34"))])
    '1,500.00 NOK · 158.34 DKK'
    """
    return " · ".join(money_text(amount, currency) for currency, amount in sums if amount) or "nothing"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number of things.

    >>> counted(1, "window"), counted(3, "window"), counted(0, "outage")
    ('1 window', '3 windows', 'no outages')
    """
    return f"{number:,} {one}" if number == 1 else f"{number or 'no'} {many or one + 's'}"


def readings_text(review: Review, subscription: str) -> str:
    """What is owed over all readings, and which question moves it most.

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
    moving = own.readings.filter(pl.col("moves") > 0).unique("question", maintain_order=True)
    moves = moving.select("question", "moves").iter_rows()
    together = "; ".join(f"{name} moves it by {money_text(by, currency)}" for name, by in moves)
    together = together or "no question moves it"
    return f"owed {money_text(low, currency)} to {money_text(high, currency)}; alone, {together}."
