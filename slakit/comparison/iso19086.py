"""Put the terms of several plans in one vocabulary, that of ISO/IEC 19086, with figures that can be ranked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from typing import Literal, NamedTuple

import polars as pl

from slakit import locales
from slakit.comparison.dominance import cases_in_contest, credits_by_length
from slakit.measure.budgets import EXACT, budget_of, seconds_of
from slakit.measure.calendar import MICROSECOND
from slakit.policy import words
from slakit.policy.guarantees import Guarantee
from slakit.policy.plan_names import part_names
from slakit.policy.printing import exact_percent, percent_text, print_duration, readable
from slakit.policy.quantities import Duration
from slakit.policy.terms import Terms
from slakit.policy.unread import NOT_READ, READ
from slakit.remedy.break_points import ask_at_once
from slakit.remedy.curves import window_length_of
from slakit.remedy.single_outage import ULP
from slakit.remedy.values import LENGTHS, MONTH, cases_on_outages, free_level, scaled, worst_free

Better = Literal["higher", "lower"]
TERM_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "plan": pl.String, "area": pl.String, "term": pl.String, "code": pl.String, "value": pl.String,
    "figure": EXACT, "best": pl.Boolean,
    "clause": pl.String,
}  # fmt: skip
NOT_STATED = "–"
SEVERAL = "depends on several outages"


TERM_LABELS: dict[str, tuple[str, str]] = {
    "availability_objective": ("Availability", "Availability objective"),
    "measurement_period": ("Availability", "Measurement period"),
    "downtime_in_30_days": ("Availability", "Allowable downtime in 30 days"),
    "downtime_in_its_period": ("Availability", "Allowable downtime in its own period"),
    "lowest_free_availability": ("Availability", "Lowest availability without a credit"),
    "credit_for_1h": ("Remedies", "Credit for one outage of 1h"),
    "credit_for_4h": ("Remedies", "Credit for one outage of 4h"),
    "credit_for_1d": ("Remedies", "Credit for one outage of 1d"),
    "credit_schedule": ("Remedies", "Credit schedule"),
    "credit_limit": ("Remedies", "Cap on credits"),
    "time_to_claim": ("Remedies", "Time to claim a credit"),
    "paid_as": ("Remedies", "Paid as"),
    "start_of_downtime": ("Exclusions", "Start of downtime"),
    "maintenance_excluded": ("Exclusions", "Excluded maintenance, and its notice"),
    "causes_excluded": ("Exclusions", "Excluded causes"),
    "support_hours": ("Service support", "Support hours"),
    "first_response": ("Service support", "Maximum first response time"),
    "resolution": ("Service support", "Maximum resolution time"),
    "updates": ("Service support", "Maximum time between updates"),
    "rpo": ("Data management", "Recovery point objective (RPO)"),
    "rto": ("Data management", "Recovery time objective (RTO)"),
    "backup_interval": ("Data management", "Backup interval"),
    "measured": ("Governance", "Measurement"),
    "notice_of_changed_terms": ("Governance", "Notice of changed terms"),
    "other_remedies": ("Governance", "Other remedies"),
    "document": ("Source", "Document"),
    "read": ("Source", "Read"),
}
"""Code of each term → the area it belongs to, and what it is called; in the order in which they are shown."""


class Stance(NamedTuple):
    """What one plan says on one term.

    Attributes
    ----------
    code
        The term: one of `LABELS`.
    value
        In words.
    figure, better
        A number to rank by, and which way is better for the customer; none where words cannot be ranked.
    silent
        Whether the plan says nothing on it: of a document read in part, that is not known.
    """

    code: str
    value: str
    clause: str = ""
    figure: Decimal | None = None
    better: Better | None = None
    silent: bool = False


def terms_table(plans: Mapping[str, Terms], fee: Decimal) -> pl.DataFrame:
    """List what each plan says on each term, in the vocabulary of ISO/IEC 19086-1.

    Parameters
    ----------
    plans
        Name → terms.
    fee
        Monthly fee: it matters only where credits are amounts of money. [currency units]

    Returns
    -------
    pl.DataFrame
        `plan`, `area` (availability, remedies, …), `term`, `code` (of the term), `value` (words), `figure` (to rank by;
        lengths in seconds, shares in percent), `best` (whether no other plan is better for the customer; null where
        none can be ranked, or all are the same), `clause`. What was not read of a document is `not read`, and has no
        figure.
    """
    rows: list[tuple[str, Stance]] = []
    answers = {"response": "first_response", "resolution": "resolution"}
    if any(guarantee.metric == "update" for terms in plans.values() for guarantee in terms.guarantees):
        answers["update"] = "updates"  # which few contracts guarantee
    for name, terms in plans.items():
        of_money = (_availability(terms, fee), _remedies(terms, fee))
        for stance in chain(*of_money, _limits(terms), _people(terms, answers), _data_and_contract(terms)):
            # what rests on the silence of a document is known only where all of it was read
            unread = not terms.read_whole and (stance.silent or stance.value == NOT_STATED)
            rows.append((name, stance._replace(value=NOT_READ, figure=None) if unread else stance))
        source = terms.source
        dated = f", dated {locales.day_of(source.updated)}" if source.updated else ""
        rows.append((name, Stance("document", f"{source.title}{dated}")))
        rows.append((name, Stance("read", f"{READ[source.read]}, on {locales.day_of(source.retrieved)}")))
    figures: dict[str, list[Decimal]] = {}
    for _, stance in rows:
        if stance.figure is not None:
            figures.setdefault(stance.code, []).append(stance.figure)
    order = list(TERM_LABELS)
    table = []
    for name, (code, value, clause, figure, better, _) in sorted(rows, key=lambda row: order.index(row[1].code)):
        of_all = figures.get(code, [])
        best = None
        if better is not None and figure is not None and len(set(of_all)) > 1:
            best = figure == (max(of_all) if better == "higher" else min(of_all))
        table.append((name, *TERM_LABELS[code], code, value, figure, best, clause))
    return pl.DataFrame(table, schema=TERM_COLUMNS, orient="row")


# --- availability


def _availability(terms: Terms, fee: Decimal) -> Iterator[Stance]:
    own = [guarantee for guarantee in terms.guarantees if guarantee.metric == "availability"]
    if not own:
        yield Stance("availability_objective", "none", "", Decimal(0), "higher", silent=True)
        return
    least = min(own, key=lambda guarantee: guarantee.target or Decimal(0))
    target, clause = least.target or Decimal(0), least.clause
    value = f"{exact_percent(target)}{_effort(least)}"
    yield Stance("availability_objective", value, clause, _firm(least, target), "higher")
    names = f" for each of {len(own)} components" if len(own) > 1 else ""
    yield Stance("measurement_period", least.window.words_for_people + names, clause)
    budget = budget_of(target, MONTH)
    seconds = _firm(least, seconds_of(budget), seconds_of(MONTH))
    value = print_duration(budget) + _effort(least)
    yield Stance("downtime_in_30_days", value, clause, seconds, "lower")
    budgets = ((budget_of(g.target or Decimal(0), window_length_of(g)), g) for g in own)
    longest, guarantee = max(budgets, key=lambda pair: pair[0])
    said = f"{print_duration(longest)} in {guarantee.window.with_article}"
    yield Stance("downtime_in_its_period", said, clause)
    by_window = [case for case in cases_on_outages(terms, fee, measured=True) if not case.rule.per_incident]
    ask_at_once(case for case in by_window if case.tells_whether)
    worst = [free_level(case, free) for case in by_window if (free := worst_free(case)) is not None]
    level = min(worst, default=Decimal(100))
    said, known = percent_text(level, 6), all(case.tells_whether for case in by_window)
    free = any(case.remedy is None for case in by_window)
    value, figure = (said, level) if known else (SEVERAL, None)
    yield Stance("lowest_free_availability", value, clause, figure, "higher", silent=free)


def _effort(guarantee: Guarantee) -> str:
    return "" if guarantee.commitment == "guaranteed" else ", best effort"


def _firm(guarantee: Guarantee, figure: Decimal, otherwise: Decimal = Decimal(0)) -> Decimal:
    """Rank a best-effort target as if it were not guaranteed."""
    return figure if guarantee.commitment == "guaranteed" else otherwise


# --- remedies


def _remedies(terms: Terms, fee: Decimal) -> Iterator[Stance]:
    lengths = [length // MICROSECOND for length in LENGTHS]
    credits = credits_by_length(cases_in_contest(terms, fee), lengths)
    for length in LENGTHS:
        share = credits[length // MICROSECOND] * ULP / Fraction(fee)
        percent = scaled(100 * share)
        value = f"{percent_text(percent, 2)} of the fee" if share else "no credit"
        code = f"credit_for_{print_duration(length // MICROSECOND)}"
        yield Stance(code, value, _clauses(terms), percent, "higher", silent=not terms.remedies)
    names = part_names(terms)
    schedules = [words.remedy_words(remedy) for remedy in terms.remedies]
    schedules += [words.choice_words(choice, names) for choice in terms.one_of]
    yield Stance("credit_schedule", _each(schedules), _clauses(terms))
    caps = _each(words.cap_words(cap) for remedy in terms.remedies for cap in remedy.all_caps)
    yield Stance("credit_limit", caps)
    yield _claim(terms)
    claims = {remedy.id: terms.claims_of(remedy) for remedy in terms.remedies}
    paid = {(own.payout if (own := claims[r.id]) else None) or c.payout for r in terms.remedies for c in r.credit}
    value = _each(sorted(payout.replace("_", " ") for payout in paid if payout))
    yield Stance("paid_as", value)


def _clauses(terms: Terms) -> str:
    return "; ".join(dict.fromkeys(remedy.clause or remedy.credit[0].clause for remedy in terms.remedies))


def _each(said: Iterator[str] | list[str]) -> str:
    return "\n".join(dict.fromkeys(said)) or NOT_STATED


def _claim(terms: Terms) -> Stance:
    claims = [terms.claims_of(remedy) for remedy in terms.remedies]
    if not claims:
        return Stance("time_to_claim", NOT_STATED, figure=Decimal(0), better="higher")
    said = _each(words.claim_words(claim, read_whole=terms.read_whole) for claim in claims)
    stated = [claim for claim in claims if claim is not None]
    clause = stated[0].clause or "" if stated else ""
    if not terms.read_whole and any(claim is None or (claim.needed and not claim.has_deadline) for claim in claims):
        return Stance("time_to_claim", said, clause, None, "higher")
    days: list[Decimal] = []
    for claim in stated:
        if claim.needed and claim.after == "end_of_second_month":
            days.append(Decimal(60))  # the two months at least
        elif claim.needed and claim.within is not None:
            of_business = Decimal(claim.within.business_days * 7) / 5  # five in a week
            exact = Decimal(claim.within.microseconds) / (MONTH // 30)
            days.append(of_business + Decimal(claim.within.months * 30) + exact)
        else:
            days.append(Decimal(36_500))  # 100 years without a deadline
    return Stance("time_to_claim", said, clause, min(days), "higher")


# --- exclusions


def _limits(terms: Terms) -> Iterator[Stance]:
    on_outages = [guarantee for guarantee in terms.guarantees if guarantee.metric == "availability"]
    clocks = _each(f"downtime starts {words.clock_words(guarantee)}" for guarantee in on_outages)
    clause = on_outages[0].clause_of("clock") if on_outages else ""
    yield Stance("start_of_downtime", clocks, clause)
    excluded = {kind for guarantee in on_outages for kind in guarantee.exclude.maintenance}
    kinds = [kind for kind in terms.maintenance if kind.kind in excluded]
    said = _each(
        f"{words.maintenance_name(kind)}: {words.maintenance_words(kind, read_whole=terms.read_whole)}"
        for kind in kinds
    )
    notices = [_seconds(kind.notice) if kind.notice else Decimal(0) for kind in kinds]
    clause = "; ".join(dict.fromkeys(kind.clause for kind in kinds))
    value = said if kinds else "no maintenance is excluded" if on_outages else NOT_STATED
    figure = min(notices) if notices else Decimal(10**9) if on_outages else None
    unread = not terms.read_whole and any(kind.notice is None for kind in kinds)
    figure = None if unread else figure
    yield Stance("maintenance_excluded", value, clause, figure, "higher", not kinds)
    causes = ", ".join(dict.fromkeys(readable(c) for guarantee in on_outages for c in guarantee.exclude.causes))
    clause = on_outages[0].clause_of("causes") if on_outages else ""
    yield Stance("causes_excluded", causes or "none", clause, silent=not causes)


# --- people, data, and the contract


def _people(terms: Terms, answers: Mapping[str, str]) -> Iterator[Stance]:
    hours = words.hours_words(terms.support.hours) if terms.support else NOT_STATED
    clause = terms.support.clause if terms.support else ""
    yield Stance("support_hours", hours, clause)
    for metric, code in answers.items():
        own = [guarantee for guarantee in terms.guarantees if guarantee.metric == metric]
        said = _each(f"{words.times(guarantee.within)}{_effort(guarantee)}" for guarantee in own)
        unanswered, fastest = Decimal(10**9), []  # for the most urgent ticket [s]
        for guarantee in own:
            times = guarantee.within.values() if isinstance(guarantee.within, dict) else [guarantee.within]
            shortest = min((_seconds(time) for time in times if time is not None), default=unanswered)
            fastest.append(_firm(guarantee, shortest, unanswered))
        clause = own[0].clause_of("within") if own else ""
        value = said if own else "no guarantee"
        figure = min(fastest, default=unanswered)
        yield Stance(code, value, clause, figure, "lower", silent=not own)


def _seconds(time: Duration) -> Decimal:
    return seconds_of(time.microseconds) + time.business_days * Decimal(86_400)


def _data_and_contract(terms: Terms) -> Iterator[Stance]:
    points = _each(f"{words.longest_words(loss.rpo)} ({loss.id})" for loss in terms.recovery if loss.rpo)
    times = _each(f"{words.longest_words(loss.rto)} ({loss.id})" for loss in terms.recovery if loss.rto)
    clause = "; ".join(dict.fromkeys(loss.clause for loss in terms.recovery))
    yield Stance("rpo", points, clause)
    yield Stance("rto", times, clause)
    every = _each(words.every_words(copy.every) for copy in terms.backups if copy.every)
    yield Stance("backup_interval", every, "; ".join(copy.clause for copy in terms.backups))
    monitor = terms.monitor
    by, clause = (words.MONITORS[monitor.by], monitor.clause) if monitor else ("not stated", "")
    yield Stance("measured", by, clause, silent=monitor is None)
    changes = terms.contract.changes
    value = NOT_STATED
    if changes is not None:
        at_once = "at once, without notice" if terms.read_whole else "notice not read"
        value = f"{changes.notice} in advance" if changes.notice else at_once
    yield Stance("notice_of_changed_terms", value, changes.clause if changes else "")
    sole = terms.contract.sole_remedy
    yield Stance(
        "other_remedies",
        "credits are the sole remedy" if sole else "not limited by the document",
        sole.clause if sole else "",
        silent=sole is None,
    )
