"""Fee bases (section 5)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

from reference.calendars import CALENDAR_MONTHS, Span, common, first_of, later_month, local_day, midnight, without
from reference.downtime import Contract, Row
from reference.terms import Tree
from reference.values import DAY, HOUR, NEVER, fraction, instant, time_of, word


@dataclass
class Fees:
    """What a subscription pays."""

    contract: Contract
    charges: list[Row]

    @property
    def rows(self) -> tuple[tuple[Span, Row], ...]:
        return self.contract.rows or (((self.contract.starts, self.contract.ends), self.contract.row),)

    @staticmethod
    def fee_in(row: Row, components: list[str] | None) -> Fraction | None:
        """The fee of one row of the subscription, or of components of it; nothing if one of them has none."""
        if components is None:
            return fraction(row["monthly_fee"])
        own = {word(name): fraction(fee) for name, fee in (row.get("component_fees") or {}).items()}
        known = all(word(name) in own for name in components)
        return sum((own[word(name)] for name in components), Fraction(0)) if known else None

    def mean(self, span: Span, components: list[str] | None = None) -> Fraction | None:
        """The fee of a month: of those in force in it, each by the time that it was.

        Where the subscription does not reach it, the fee is the last one before it, or else the first there was.
        """
        weighed = [(own[1] - own[0], row) for term, row in self.rows if (own := common(term, span))[1] > own[0]]
        if not weighed:
            before = [row for term, row in self.rows if term[0] < span[1]]
            weighed = [(1, before[-1] if before else self.rows[0][1])]
        fees = [(weight, self.fee_in(row, components)) for weight, row in weighed]
        if any(fee is None for _, fee in fees):
            return None
        return sum((weight * (fee or 0) for weight, fee in fees), Fraction(0)) / sum(weight for weight, _ in fees)

    def share_of_time(self, part: Span, window: Span) -> Fraction:
        """Which share a part of a window has of the time in which the subscription is in force in it."""
        in_part, in_window = (
            sum(max(0, own[1] - own[0]) for term, _ in self.rows for own in [common(term, span)])
            for span in (part, window)
        )
        return Fraction(in_part, in_window) if in_window else Fraction(1)

    def month_of(self, window: Span) -> date:
        """The month of a window: the one in which it ends."""
        end = self.contract.as_of if window[1] >= NEVER else window[1]
        return first_of(local_day(max(window[0], end - 1), self.contract.zone))

    def month(self, month: date) -> Span:
        return midnight(month, self.contract.zone), midnight(later_month(month, 1), self.contract.zone)

    def span_of(self, guarantee: Tree | None, window: Span, later: int = 0) -> Span:
        """The month of a window, or one so many months later; where the window is of billing months, of these."""
        if (guarantee or {}).get("window") != "billing_month" or self.charges:
            return self.month(later_month(self.month_of(window), later))
        whole = self.contract.windows("billing_month", (window[1] - 1, window[1]))[0]
        return self.month(later_month(local_day(whole[0], self.contract.zone), later))

    def of_month(self, month: date, components: list[str] | None = None) -> Fraction:
        """The fee of one calendar month."""
        return self.of_span(self.month(month), components)

    def of_span(self, span: Span, components: list[str] | None = None) -> Fraction:
        """The fee of a month: what was charged for it, or, of a month of the term, the fee where no charge is known."""
        charged = self.charged(span, components)
        if charged is not None:
            return charged
        if self.charges and (span[1] <= self.contract.starts or span[0] >= self.contract.ends):
            return Fraction(0)
        fee = self.mean(span, components)
        if fee is None:
            raise ValueError(f"no fee of {', '.join(components or [])}")
        return fee

    def charged(self, span: Span, components: list[str] | None = None) -> Fraction | None:
        rows = [row for row in self.charges if span[0] <= instant(row["started"]) < span[1]]
        if components is not None:
            rows = [row for row in rows if row.get("component") and word(row["component"]) in map(word, components)]
        return sum((fraction(row["amount"]) for row in rows), Fraction(0)) if rows else None

    def basis(self, of: Any, guarantee: Tree | None, window: Span) -> Fraction:
        """The amount of which a credit is a share."""
        month = self.span_of(guarantee, window)
        if isinstance(of, dict):
            return self.fee_sum(of, guarantee, window)
        if of == "component_fee":
            return self.of_components(guarantee, month)
        if of == "previous_month_fee":
            return self.of_span(self.span_of(guarantee, window, -1))
        if of == "next_month_fee":
            return self.of_span(self.span_of(guarantee, window, 1))
        if of == "window_fee":
            return self.of_window(guarantee, window)
        if of == "term_fee":
            return self.of_term(window)
        months = {"annual_fee": 12, "quarterly_fee": 3}.get(of, 1)
        # A year is the twelve months that end with the month of the window.
        fees = [self.of_span(self.span_of(guarantee, window, -back)) for back in range(months)]
        return sum(fees, Fraction(0)) / (30 if of == "daily_fee" else 1)

    def monthly_of(self, of: Any, guarantee: Tree | None, window: Span) -> Fraction:
        """The monthly fee of which a credit in time is a part: a day is a thirtieth of it."""
        if isinstance(of, dict) or of in ("component_fee", "previous_month_fee", "next_month_fee"):
            return self.basis(of, guarantee, window)
        return self.of_span(self.span_of(guarantee, window))

    def of_components(self, guarantee: Tree | None, month: Span) -> Fraction:
        """The fees of the guarantee's components together; the monthly fee where one of them is not known."""
        names = (guarantee or {}).get("components") or []
        if names and self.charged(month, names) is not None:
            return self.of_span(month, names)
        known = bool(names) and self.mean(month, names) is not None
        return self.of_span(month, names) if known else self.of_span(month)

    def of_window(self, guarantee: Tree | None, window: Span) -> Fraction:
        """The monthly fee × the months in the window; each month of it has its own fee."""
        text = (guarantee or {}).get("window")
        months = self.months_in(text)
        if not self.charges and text == "term":
            return self.of_term(window)
        if not self.charges and (months == 1 or not self.is_of_months(text)):
            return self.of_span(self.span_of(guarantee, window)) * months
        if not self.charges:
            return self.of_months(str(text), window, int(months))
        if not self.is_of_months((guarantee or {}).get("window")):
            charged = self.charged(window)
            return charged if charged is not None else self.of_month(self.month_of(window)) * months
        zone = self.contract.zone
        first = local_day(window[0], zone)
        edges = [window[0], *(midnight(later_month(first, n), zone) for n in range(1, int(months))), window[1]]
        return sum((self.of_span(span) for span in pairwise(edges)), Fraction(0))

    def of_months(self, text: str, window: Span, months: int) -> Fraction:
        """The fees of the months of a window; of one that a change cuts, of the whole window."""
        end = window[1]
        if not text.startswith("rolling "):
            end = self.contract.windows(text, (window[1] - 1, window[1]))[0][1]
        last = local_day(end, self.contract.zone)
        edges = [midnight(later_month(last, -back), self.contract.zone) for back in range(months + 1)]
        return sum((self.of_span((start, end)) for end, start in pairwise(edges)), Fraction(0))

    def of_term(self, window: Span) -> Fraction:
        """The fees of all months of the term, suspensions left out; of a term without an end, of one month."""
        if self.contract.ends >= NEVER:
            return self.mean(self.month(self.month_of(window))) or Fraction(0)
        blocks = without([(self.contract.starts, self.contract.ends)], self.contract.suspended)
        return sum(((self.mean(block) or 0) * self.months_between(*block) for block in blocks), Fraction(0))

    @staticmethod
    def is_of_months(text: str | None) -> bool:
        return not re.match(r"(every|rolling) \d+d|1h|1d|1w", text or "")

    def months_in(self, text: str | None) -> Fraction:
        if text in CALENDAR_MONTHS:
            return Fraction(CALENDAR_MONTHS[text])
        counted = re.match(r"(?:every|rolling) (\d+)(mo|d)", text or "")
        if counted:
            return Fraction(int(counted[1]), 1 if counted[2] == "mo" else 30)
        fixed = {"1h": Fraction(HOUR, 30 * DAY), "1d": Fraction(1, 30), "1w": Fraction(7, 30)}
        if text == "term":
            return self.months_of_term()
        return fixed.get(text or "", Fraction(1))

    def months_of_term(self) -> Fraction:
        """Months from start to end of the subscription."""
        if self.contract.ends >= NEVER:
            return Fraction(1)
        return self.months_between(self.contract.starts, self.contract.ends)

    def months_between(self, start: int, end: int) -> Fraction:
        """Whole months; days beyond them are thirtieths."""
        zone = self.contract.zone
        first, last = local_day(start, zone), local_day(end, zone)
        months = 0
        while later_month(first, months + 1) <= last:
            months += 1
        return months + Fraction((last - later_month(first, months)) // timedelta(days=1), 30)

    def fee_sum(self, of: Tree, guarantee: Tree | None, window: Span) -> Fraction:
        """Fees of components, of the months before, or both."""
        components = of.get("components") or None
        month = self.span_of(guarantee, window)
        if not of.get("last"):
            return self.of_span(month, components)
        last = time_of(of["last"])
        if not last.months and self.charges:
            return self.of_days(local_day(window[0], self.contract.zone), last.microseconds // DAY, components)
        if not last.months:
            return self.of_span(month, components) * Fraction(last.microseconds, 30 * DAY)
        months = [self.span_of(guarantee, window, -back) for back in range(last.months)]
        fees = sum((self.of_span(one, components) for one in months), Fraction(0))
        return fees / last.months if of.get("mean") else fees

    def of_days(self, until: date, days: int, components: list[str] | None) -> Fraction:
        """Of charges: those of the days before the window, each month's spread over its days."""
        fees = Fraction(0)
        for back in range(1, days + 1):
            month = first_of(until - timedelta(days=back))
            fees += self.of_month(month, components) / (later_month(month, 1) - month).days
        return fees
