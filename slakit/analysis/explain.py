"""Explain a credit in sentences: outages, verdicts with their clauses, sums, formula, cap and deadline."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from slakit import locales
from slakit.analysis.assumptions import assumptions_in_words
from slakit.analysis.claims import STATUSES
from slakit.analysis.requirements import REQUIREMENT_MET
from slakit.analysis.review import Review
from slakit.analysis.verdicts import NOT_JUDGED, Reasons
from slakit.arguments import checked
from slakit.measure.calendar import Period, to_instant
from slakit.measure.rules import components_of
from slakit.policy import words
from slakit.policy.guarantees import Guarantee
from slakit.policy.printing import exact_money, exact_percent, percent_text, print_duration, print_percent
from slakit.policy.remedies import Remedy, Right
from slakit.policy.terms import Terms
from slakit.policy.unread import without_credit
from slakit.problems import InputError, Problem, one_of


@dataclass(frozen=True)
class Explanation:
    """Sentences that explain a result, each with its depth: 0 is a heading.

    Attributes
    ----------
    title
        Whose contract, and which window.
    lines
        Depth and sentence.
    """

    title: str
    lines: tuple[tuple[int, str], ...]

    def __str__(self) -> str:
        return "\n".join([self.title, *("  " * depth + text for depth, text in self.lines)])

    def _repr_html_(self) -> str:
        shown = [f"<h4>{html.escape(self.title)}</h4>"]
        for depth, text in self.lines:
            heading = "font-weight:600;margin-top:.8em;" if depth == 0 else ""
            shown.append(f'<div style="{heading}margin-left:{depth * 1.5}em">{html.escape(text)}</div>')
        return "".join(shown)


@checked
def explain(review: Review, subscription: str, window: str) -> Explanation:
    """Explain in sentences how a subscription's windows were judged, and which credits are due.

    Parameters
    ----------
    review
        From `assess`.
    subscription
        One of the evidence.
    window
        A period (`2026-08`): every window that lies in it or reaches into it is told of.

    Raises
    ------
    InputError
        The subscription is unknown, or no window of it that was assessed touches the period.

    Examples
    --------
    >>> from slakit.analysis.assess import assess
    >>> from slakit.evidence.evidence import Evidence
    >>> shop = {"subscription": "shop", "policy": "wp-heaven", "monthly_fee": "1600", "currency": "DKK"}
    >>> evidence = Evidence.of([{**shop, "starts": "2025-01-01T00:00:00+01:00"}], outages=[])
    >>> print(explain(assess(evidence, "2026-06", "2026-07-01"), "shop", "2026-06").lines[0][1])
    Website uptime, 2026-06-01 to 2026-07-01: met
    """
    mine = review.of(subscription)
    zone = mine.zone_of(subscription)
    first, last = map(to_instant, Period.parse(window).span(zone.key))
    told = Teller(mine, subscription, first, last, zone)
    terms = mine.terms_of(subscription)
    lines: list[tuple[int, str]] = []
    phases = mine.in_phases(subscription)
    for part in phases:
        of_phase = Teller(part, subscription, first, last, zone)
        own = part.terms_of(subscription)
        judged = [line for guarantee in own.guarantees for line in of_phase.guarantee(guarantee)]
        judged += of_phase.not_judged()
        if not judged:
            continue
        if len(phases) > 1:
            lines += [(0, _phase_words(own, part, of_phase))]
        lines += judged
        for remedy_terms in own.remedies:
            lines += of_phase.remedy(remedy_terms)
        if not own.remedies:
            lines += [(0, "Credits"), (1, without_credit(own))]
        lines += [line for right in own.rights for line in of_phase.right(right)]
    if not lines:
        wrong, remedy = "no window that was assessed touches it", f"take a period inside {review.period}"
        raise InputError(review.evidence.source, [Problem("window", window, wrong, remedy)])
    lines += told.assumptions()
    tier = f" · {terms.tier}" if terms.tier else ""
    moment = f"as of {locales.instant(review.as_of.astimezone(zone))}"
    return Explanation(f"{subscription} · {terms.provider}{tier} · {window} ({zone.key}), {moment}", tuple(lines))


def _phase_words(terms: Terms, part: Review, told: Teller) -> str:
    """Name the plan of a phase, and from when to when it is held."""
    held = part.evidence.subscriptions.sort("starts")
    start, end = held["starts"][0], held["ends"][-1]
    span = f"from {told.day(start)}" + (f" to {told.day(end)}" if end is not None else " on")
    return f"{terms.tier or terms.provider}, {span}"


Line = tuple[int, str]
Row = dict[str, Any]
STOP_AN_OUTAGE = ("excluded_by_agreement", "other_component", "excluded_cause", "too_small", "unreported")
"""Verdicts that an outage gets as a whole, before any of it runs."""
WITHOUT_INCIDENT = ("excluded_by_agreement", "excluded_cause", "too_small", "unreported", "too_short", "maintenance",
                    "outside_hours")  # fmt: skip
"""Verdicts that can keep an outage from becoming an incident."""
DO_NOT_RUN = ("after_as_of", "no_length", "before_clock_start", "below_concurrency")
"""Verdicts of segments that are part of no incident."""


def segments_of(review: Review, guarantee: Guarantee, start: datetime, end: datetime | None = None) -> pl.DataFrame:
    """Find the rows of the ledger that are a window's.

    Where windows slide over one another, time stands in the ledger once: `end` says how far this one goes.
    """
    inside = pl.col("window_start") == start
    if end is not None and guarantee.window.slides:
        inside = (pl.col("started") >= start) & (pl.col("started") < end)
    return review.ledger.filter((pl.col("guarantee") == guarantee.id) & inside)


@dataclass(frozen=True)
class Teller:
    """Tells of one subscription and the windows that touch a span of time."""

    review: Review
    subscription: str
    first: datetime
    last: datetime
    zone: ZoneInfo

    def touching(self, table: pl.DataFrame, start: str = "window_start", end: str = "window_end") -> pl.DataFrame:
        """Return the rows whose window touches the span."""
        return table.filter((pl.col(start) < self.last) & (pl.col(end) > self.first))

    def when(self, moment: datetime) -> str:
        """Write an instant in the contract's zone."""
        local = moment.astimezone(self.zone)
        return locales.instant(local, "%Y-%m-%d %H:%M:%S" + ".%f" * bool(local.microsecond))

    def day(self, moment: datetime) -> str:
        """Write the day of an instant in the contract's zone."""
        return locales.day(moment.astimezone(self.zone))

    def until(self, deadline: datetime) -> str:
        """Write a deadline; one at the end of a day by its day."""
        last_of_day = (deadline + timedelta(microseconds=1)).astimezone(self.zone)
        if last_of_day.hour == last_of_day.minute == last_of_day.second == last_of_day.microsecond == 0:
            return f"through {self.day(deadline)}"
        return f"until {self.when(deadline)}"

    def guarantee(self, guarantee: Guarantee) -> Iterator[Line]:
        """Explain how the windows of a guarantee were judged."""
        on_tickets = not guarantee.on_outages and not guarantee.on_measurements
        one_by_one = guarantee.on_outages and guarantee.window.text == "incident"
        if guarantee.on_measurements:
            table, tell = self.review.figures, self._measured_value
        elif on_tickets:
            table, tell = self.review.attainment, self._tickets
        else:
            table, tell = (self.review.incidents if one_by_one else self.review.availability), self._window
        edges = ("started", "ended") if one_by_one else ("window_start", "window_end")
        for row in self.touching(table.filter(pl.col("guarantee") == guarantee.id), *edges).iter_rows(named=True):
            start, end = (row[edge] for edge in edges)
            span = self.when(start) if one_by_one else f"{self.day(start)} to {self.day(end)}"
            clause = guarantee.clause_of("within") if on_tickets else guarantee.clause
            yield 0, f"{guarantee.name or guarantee.id}, {span}: {_verdict(row)}"
            yield 1, f"Committed: {words.promise(guarantee)} ({clause})."
            if one_by_one:
                yield from self.outages(guarantee, start)
                yield 1, f"It took {print_duration(_microseconds(row['seconds']))}: {_verdict(row)}."
            else:
                yield from tell(guarantee, row)

        if one_by_one:
            yield from self._no_incidents(guarantee)

    def _no_incidents(self, guarantee: Guarantee) -> Iterator[Line]:
        """Explain the outages of which nothing became an incident that is judged by itself."""
        mine = self.review.ledger.filter(pl.col("guarantee") == guarantee.id)
        judged = self.review.incidents.filter(pl.col("guarantee") == guarantee.id)["started"]
        apart = ~pl.col("window_start").is_in(judged.implode())
        others = mine.filter(apart & pl.col("verdict").is_in(WITHOUT_INCIDENT))
        for start in self.touching(others, "started", "ended")["window_start"].unique().sort():
            yield 0, f"{guarantee.name or guarantee.id}, {self.when(start)}: no incident"
            yield from self.outages(guarantee, start)

    def _window(self, guarantee: Guarantee, row: Row) -> Iterator[Line]:
        start, end = row["window_start"], row["window_end"]
        yield from self.outages(guarantee, start, end)
        agreed, down = _microseconds(row["agreed_seconds"]), _microseconds(row["downtime_seconds"])
        if agreed == 0:
            yield 1, "No service time was agreed in this window: nothing to judge."
            return
        if row["availability"] is None:
            missing = "No outages were recorded or ruled out" if guarantee.measured is None else "Nothing was measured"
            missing = "The service was not observed" if row["observed"] is not None else missing
            yield 1, f"{missing}: nothing to judge."
            return
        if row["observed"] is not None and row["observed"] < 100:
            taken = {"down": "is downtime", "excluded": "is no agreed service time"}.get(
                guarantee.missing or "", "counts as time without an outage"
            )
            clause = f" ({guarantee.clause_of('missing')})" if guarantee.missing else ", for the contract is silent"
            yield 1, f"Observed for {percent_text(row['observed'], 6)} of the service time: the rest {taken}{clause}."
        if guarantee.metric != "availability":
            count = f", in {self.incidents(guarantee, start, end)} outages" * (guarantee.metric == "incidents")
            yield 1, f"Downtime {print_duration(down)} of {print_duration(agreed)} agreed service time{count}."
            return
        if guarantee.combine == "mean":
            fees = self.review.evidence.phases.filter(pl.col("subscription") == self.subscription)["component_fees"][0]
            names = components_of(guarantee, fees)
            over = ", ".join(names).replace("_", " ")
            said = f"Downtime is the mean over {len(names)} components ({over}), each judged by itself"
            if len(names) > 1:
                yield 1, f"{said} ({guarantee.clause_of('combine')})."
        budget = agreed * (100 - row["target"]) / 100
        spare = f"the uptime budget is {print_duration(int(budget))}"
        yield 1, f"Downtime {print_duration(down)} of {print_duration(agreed)} agreed service time; {spare}."
        reached = percent_text(row["availability"], 6)
        yield 1, f"Availability {reached} against {exact_percent(guarantee.target)}: {_verdict(row)}."

    def incidents(self, guarantee: Guarantee, first: datetime, last: datetime) -> int:
        """Count the incidents that start in a window: runs of segments without a gap that parts them, if any counts."""
        mine, verdict = self.review.ledger.filter(pl.col("guarantee") == guarantee.id), pl.col("verdict")
        stopped = mine.filter(verdict.is_in(STOP_AN_OUTAGE))["outage"].unique()
        ran = mine.filter(~verdict.is_in(DO_NOT_RUN) & ~pl.col("outage").is_in(stopped.implode())).sort("started")
        apart = pl.col("started") - pl.col("ended").cum_max().shift(1)
        gap = timedelta(microseconds=guarantee.join_gaps.microseconds if guarantee.join_gaps else 1)
        begins = (apart >= gap).fill_null(value=True)
        runs = ran.with_columns(begins.cum_sum().alias("run"))
        counted = runs.filter(pl.col("verdict").is_in(["counted", "outside_period"]))
        starts = counted.group_by("run").agg(pl.col("started").min(), (pl.col("verdict") == "counted").any())
        return starts.filter(pl.col("verdict") & (pl.col("started") >= first) & (pl.col("started") < last)).height

    def _measured_value(self, guarantee: Guarantee, row: Row) -> Iterator[Line]:
        if not row["measurements"]:
            yield 1, "Nothing was measured in this window: nothing to judge."
            return
        many = f"{row['measurements']} measurement{'s' * (row['measurements'] != 1)}"
        if row["level"] is None:
            measured, of = guarantee.measured, "of nothing"
            if measured is not None and measured.minimum_total is not None:
                fewest = f"fewer than {locales.quantity(measured.minimum_total)} requests"
                of = f"of {fewest} together" if measured.by == "ratio" else f"each of {fewest}"
            yield 1, f"{many} {of}: nothing to judge."
            return
        level, limit = print_percent(row["level"], 6), locales.quantity(guarantee.limit)
        if guarantee.metric == "availability":
            level, limit = locales.percent(level), locales.percent(limit)
        elif row["unit"]:
            level, limit = f"{level} {row['unit']}", f"{limit} {row['unit']}"
        yield 1, f"{level} by {many}, against {limit}: {_verdict(row)}."

    def _tickets(self, guarantee: Guarantee, row: Row) -> Iterator[Line]:
        of_window = (pl.col("guarantee") == guarantee.id) & (pl.col("window_start") == row["window_start"])
        mine = self.review.tickets.filter(of_window)
        for ticket in mine.filter(pl.col("verdict").is_in(["missed", "pending"])).iter_rows(named=True):
            yield 1, ticket_words(ticket, self.when, guarantee.metric)
        excluded = mine.filter(pl.col("verdict") == "excluded").height
        if excluded:
            yield 1, f"{excluded} excluded by their kind ({guarantee.clause_of('tickets')})."
        outside = mine.filter(pl.col("verdict") == "outside_term").height
        if outside:
            yield 1, f"{outside} opened before measurement begins or after the subscription ends: not judged."
        if not row["eligible"]:
            yield 1, "No ticket to judge."
            return
        share = f"{row['met_count']} of {row['eligible']} in time: {percent_text(row['attainment'], 6)}"
        goal = f" against {exact_percent(guarantee.target)}: {_verdict(row)}" if guarantee.target is not None else ""
        yield 1, f"{share}{goal}."

    def outages(self, guarantee: Guarantee, start: datetime, end: datetime | None = None) -> Iterator[Line]:
        """Explain every outage of a window, segment by segment, with the verdict and why."""
        segments = segments_of(self.review, guarantee, start, end)
        reasons = Reasons(self.review, self.subscription, guarantee)
        concerned = segments.filter(pl.col("verdict") != "other_component").sort("started")
        for outage in concerned["outage"].unique(maintain_order=True):
            yield 1, reasons.outage(outage, self.when)
            for segment in concerned.filter(pl.col("outage") == outage).iter_rows(named=True):
                length = print_duration(_microseconds(segment["seconds"]))
                clause = f" ({segment['clause']})" if segment["clause"] else ""
                span = f"{self.when(segment['started'])} to {self.when(segment['ended'])}, {length}"
                yield 2, f"{span}: {segment['verdict'].replace('_', ' ')} – {reasons.why(segment)}{clause}."
            for sentence in reasons.maintenance_that_failed(outage, self.when):
                yield 2, sentence
        elsewhere = segments.filter(pl.col("verdict") == "other_component")["outage"].n_unique()
        if elsewhere:
            concerns = "concerns" if elsewhere == 1 else "concern"
            yield 1, f"{elsewhere} more {concerns} other components ({guarantee.clause_of('components')})."
        if concerned.is_empty():
            yield 1, "No outage in this window concerns it."

    def not_judged(self) -> Iterator[Line]:
        """List outages that could not be judged: without length, after the assessment, or under no guarantee."""
        told = self.review.ledger.filter(
            pl.col("verdict").is_in(list(NOT_JUDGED))
            & (pl.col("started") < self.last)
            & (pl.col("ended") >= self.first)
        ).unique("outage", keep="first", maintain_order=True)
        if told.height:
            yield 0, "Outages that were not judged"
        for row in told.iter_rows(named=True):
            why = NOT_JUDGED[row["verdict"]]
            yield 1, f"Outage {row['outage']}, {self.when(row['started'])} to {self.when(row['ended'])}: {why}."

    def remedy(self, remedy: Remedy) -> Iterator[Line]:
        """Explain the credits for the windows under a remedy."""
        terms = self.review.terms_of(self.subscription)
        names = {guarantee.id: guarantee.name for guarantee in terms.guarantees}
        of_remedy = self.review.credits.filter(pl.col("remedy") == remedy.id)
        for row in self.touching(of_remedy).iter_rows(named=True):
            start, end, currency = row["window_start"], row["window_end"], row["currency"]
            name = remedy.name or names.get(remedy.id) or remedy.id
            yield 0, f"Credit for {name}, from {self.day(start)}: {exact_money(row['amount'], currency)}"
            clause = remedy.clause or remedy.credit[0].clause
            yield 1, f"Owed for a breach: {words.remedy_words(remedy)} ({clause})."
            share = percent_text(row["credit_percent"], 6)
            yield 1, f"Credit before caps: {share} of {exact_money(row['basis_amount'], currency)}."
            if any(terms.guarantee(guarantee).window.slides for guarantee in remedy.guarantees):
                # outages that lie in two windows have been paid for by the earlier one
                within = pl.col("window_end").is_between(start, end, closed="none")
                paid = of_remedy.filter((pl.col("amount") > 0) & within)["window_end"].max()
                if isinstance(paid, datetime):
                    yield 1, f"Outages before {self.day(paid)} have been paid for by the window that ended then."
            for cap in remedy.all_caps:
                state = "cap applied" if str(cap.per) == row["cap"] else "not reached"
                clause = f" ({cap.clause})" if cap.clause else ""
                yield 1, f"Cap: {words.cap_words(cap)}{clause}; {state}."
            if row["instead"]:
                choice = next(one for one in terms.one_of if remedy.id in one.remedies)
                clause = f" ({choice.clause})" if choice.clause else ""
                other = next(one for one in terms.remedies if one.id == row["instead"])
                paid = other.name or names.get(other.id) or other.id
                yield 1, f"Not paid: of these credits only one is{clause}, and that for {paid} is the larger."
            yield from self._claim(remedy, start)

    def _claim(self, remedy: Remedy, start: datetime) -> Iterator[Line]:
        terms = self.review.terms_of(self.subscription)
        claims = terms.claims_of(remedy)
        mine = self.review.claims.filter((pl.col("remedy") == remedy.id) & (pl.col("window_start") == start))
        for row in mine.iter_rows(named=True):
            clause = f" ({claims.clause})" if claims and claims.clause else ""
            until = f": {self.until(row['deadline'])}" if row["deadline"] else ""
            said = words.claim_words(claims, read_whole=terms.read_whole)
            yield 1, f"Claim: {said}{clause}{until}. Status: {STATUSES[row['status']]}."
            early = row["deadline_earliest"]
            if early and early != row["deadline"]:
                yield 1, f"Under another reading the claim must be in {self.until(early)}."
            if claims and claims.evidence:
                yield 1, f"The claim needs: {'; '.join(claims.evidence)}."
        required = self.review.requirements.filter((pl.col("remedy") == remedy.id) & (pl.col("window_start") == start))
        for row in required.iter_rows(named=True):
            clause = f" ({row['clause']})" if row["clause"] else ""
            yield 1, f"Requirement: {row['says'].rstrip('.')}{clause}: {REQUIREMENT_MET[row['met']]}."

    def right(self, right: Right) -> Iterator[Line]:
        """Explain where the windows gave rise to a right."""
        arisen = self.touching(self.review.rights.filter(pl.col("right") == right.id))
        for row in arisen.iter_rows(named=True):
            guarantee = self.review.terms_of(self.subscription).guarantee(row["guarantee"])
            yield 0, f"Right, from {self.day(row['window_end'])}"
            yield 1, f"By {guarantee.name or guarantee.id}: {words.right_words(right)} ({right.clause})."
            if row["until"]:
                yield 1, f"It can be used {self.until(row['until'])}."

    def assumptions(self) -> Iterator[Line]:
        """List the assumptions."""
        rows = list(assumptions_in_words(self.review).iter_rows(named=True))
        if rows:
            yield 0, "Assumed"
        for row in rows:
            yield 1, f"{row['term'].rstrip('?')}: {row['value']}. {row['because']}."


def ticket_words(row: Row, when: Callable[[datetime], str], metric: str) -> str:
    """Write one sentence on a ticket under one guarantee of a metric."""
    if row["verdict"] == "unknown":
        return f"Ticket {row['ticket']}: without the table of updates it cannot be judged."
    state = f"answered {when(row['answered'])}" if row["answered"] else "not answered yet"
    state = "its length given in minutes" if row["in_minutes"] else state
    took = f"{print_duration(_microseconds(row['elapsed_seconds']))} of working time"
    if metric == "update":
        state = state.replace("answered", "resolved")
        took += " without an update, at the longest"
    late = f", {print_duration(_microseconds(row['late_seconds']))} late" if row["late_seconds"] else ""
    until = f"due {when(row['due'])}" if row["due"] else "no due time"
    rank = f" ({row['priority']})" if row["priority"] else ""
    rank = f" ({row['priorities']}, judged as {row['priority']})" if row["priorities"] else rank
    return (
        f"Ticket {row['ticket']}{rank}, opened {when(row['opened'])}: {until}, {state}; "
        f"{took}{late}: {_ticket_verdict(row)}."
    )


def explain_ticket(review: Review, ticket: str) -> Explanation:
    """Explain how one ticket was judged under each guarantee.

    Raises
    ------
    InputError
        No ticket of that name was opened in a window that was assessed.
    """
    mine = review.tickets.filter(pl.col("ticket") == ticket)
    if mine.is_empty():
        known = review.tickets["ticket"].unique(maintain_order=True).to_list()
        unknown = Problem("ticket", ticket, "not assessed", one_of(known[:20], ticket))
        raise InputError(review.evidence.source, [unknown])
    subscription = str(mine["subscription"][0])
    zone, terms = review.zone_of(subscription), review.terms_of(subscription)
    teller = Teller(review.of(subscription), subscription, review.as_of, review.as_of, zone)
    lines: list[Line] = []
    for row in mine.iter_rows(named=True):
        guarantee = terms.guarantee(row["guarantee"])
        lines.append((0, f"{guarantee.name or guarantee.id}: {_ticket_verdict(row)}"))
        lines.append((1, f"Committed: {words.promise(guarantee)} ({row['clause']})."))
        lines.append((1, ticket_words(row, teller.when, guarantee.metric)))
    held = review.evidence.holds.filter(pl.col("ticket") == ticket)
    for start, end in held.select("started", "ended").iter_rows():
        until = teller.when(end) if end else "now"
        lines.append((1, f"Held from {teller.when(start)} to {until}: the clock stood still."))
    return Explanation(f"{ticket} · {subscription} · {terms.provider} ({zone.key})", tuple(lines))


def _verdict(row: Row) -> str:
    if row["running"]:
        return "still running"
    if row["met"] is None and row.get("observed") is not None:
        return "not observed"
    of_tickets = "met_count" in row
    return "met" if row["met"] else "missed" if row["met"] is not None else "no verdict" if of_tickets else "not judged"


def _ticket_verdict(row: Row) -> str:
    return str(row["verdict"]).replace("_", " ")


def _microseconds(seconds: object) -> int:
    return int(Decimal(str(seconds)) * 10**6)
