"""Findings about the text as a whole: what was noticed, assumptions, tiers, age, terms around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from slakit import locales
from slakit.finding.model import Codes, Finding
from slakit.finding.questions import Answered, question_findings
from slakit.policy import words
from slakit.policy.document import Policy
from slakit.policy.plan_names import part_names
from slakit.policy.printing import listed, print_count
from slakit.policy.quantities import Duration
from slakit.policy.terms import Terms
from slakit.remedy.values import remedies_of

CODES: Codes = {
    "contradiction": ("defect", "two places in the text do not go together"),
    "silence": ("gap", "the text does not say, and more than one answer is possible"),
    "unclear": ("risk", "a place that can be read in more than one way"),
    "unstated": ("gap", "a term that the text does not state, and that is assumed"),
    "window-unstated": ("gap", "the window over which a level is judged is not stated"),
    "sole-remedy": ("risk", "credits are the only compensation"),
    "changes-at-once": ("risk", "the provider can change the terms without notice"),
    "suspended": ("risk", "guarantees are suspended while something else is unpaid"),
    "tier-promises-less": ("risk", "a higher-priced tier guarantees less on some term"),
    "terms-old": ("risk", "the text is older than a year"),
    "tier-adds-nothing": ("note", "a higher-priced tier guarantees nothing more"),
    "right": ("note", "a breach gives a right beside credits"),
    "auto-renewal": ("note", "the contract renews by itself"),
    "undated": ("note", "the text carries no date"),
}
YEAR = timedelta(days=365)


def contract_findings(policy: Policy, terms: Terms, answered: Answered, as_of: date | None) -> Iterator[Finding]:
    """Find what a buyer should know about the text, for one plan of it."""
    yield from question_findings(policy, answered)
    for noticed in policy.noticed:
        if noticed.tiers is None or terms.tier in noticed.tiers:
            yield Finding(noticed.kind, "Text", noticed.says, "", tuple(noticed.clauses))
    for assumed in policy.assumed:
        code = "window-unstated" if assumed.term.endswith(".window") else "unstated"
        figure = f"Assumed: {words.assumed_words(assumed.term, assumed.value)}"
        yield Finding(code, words.term_words(assumed.term), assumed.because, figure)
    for right in terms.rights:
        sentence = f"A breach of {listed(right.guarantees)} gives a right beside credits"
        yield Finding("right", right.id, sentence, words.right_words(right), (right.clause,))

    contract = terms.contract
    if contract.sole_remedy is not None:
        sentence = "Credits are the only compensation, whatever the loss"
        figure = contract.sole_remedy.says
        yield Finding("sole-remedy", "contract", sentence, figure, (contract.sole_remedy.clause,))
    if contract.changes is not None:
        notice = contract.changes.notice
        if notice is None or not (notice.microseconds or notice.months or notice.business_days):
            sentence = "The provider can change the terms without notice"
            figure = f"notice of a change: none. {contract.changes.says}"
            yield Finding("changes-at-once", "contract", sentence, figure, (contract.changes.clause,))
    if contract.suspension is not None:
        sentence = "The guarantees are suspended while something else is unpaid"
        yield Finding("suspended", "contract", sentence, contract.suspension.says, (contract.suspension.clause,))
    renewal = contract.renewal
    if renewal is not None and renewal.renews != "none":
        sentence = f"The contract renews by itself ({renewal.renews.replace('_', ' ')})"
        figure = f"to stop it, write {renewal.notice} before the end" if renewal.notice else "no notice is stated"
        yield Finding("auto-renewal", "contract", sentence, figure, (renewal.clause,))

    source = policy.source
    updated = first_day_of(source.updated or "")
    if source.updated is None:
        sentence = "The text is undated: which version applies cannot be shown"
        yield Finding("undated", "source", sentence, f"read on {locales.day_of(source.retrieved)}")
    elif updated is not None and as_of is not None and as_of - updated > YEAR:
        age = print_count((as_of - updated).days)
        sentence = "The text is older than a year: ask whether it still applies"
        figure = f"dated {locales.day(updated)}, {age} days before {locales.day(as_of)}"
        yield Finding("terms-old", "source", sentence, figure)


def first_day_of(text: str) -> date | None:
    """The day, or the first day of the month or the year, that a text begins with.

    >>> first_day_of("2023-06").isoformat()
    '2023-06-01'
    """
    found = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", text)
    try:
        return date(int(found[1]), int(found[2] or 1), int(found[3] or 1)) if found else None
    except ValueError:
        return None


# --- tiers against each other


def tier_findings(policy: Policy) -> Iterator[tuple[str, Finding]]:
    """Find what a higher-priced tier loses against the one below it, or does not add; with that tier."""
    for cheap, dear in pairwise(policy.terms(tier=tier) for tier in policy.tiers):
        about = f"{cheap.tier} → {dear.tier}"
        sentence = "A higher-priced tier guarantees less"
        for figure, clause in _losses(cheap, dear):
            yield str(dear.tier), Finding("tier-promises-less", about, sentence, figure, (clause,))
        if _committed(cheap) == _committed(dear):
            sentence = f"{str(dear.tier).capitalize()} guarantees nothing and pays no credit that {cheap.tier} does not"
            yield str(dear.tier), Finding("tier-adds-nothing", about, sentence, "the same targets, the same credits")


def _committed(terms: Terms) -> str:
    held = {"policy", "tier", "reading", "undertakings", "support"}
    return terms.model_dump_json(exclude=held)


def _losses(cheap: Terms, dear: Terms) -> Iterator[tuple[str, str]]:
    after, names = {guarantee.id: guarantee for guarantee in dear.guarantees}, part_names(cheap)
    for before in cheap.guarantees:
        now = after.get(before.id)
        if now is None:
            yield f"{names[before.id]}: {words.promise(before)}; not in the higher-priced tier", before.clause
            continue
        if (now.target or Decimal(0)) < (before.target or Decimal(0)):
            yield f"{names[before.id]}: {words.promise(before)}, and then {words.promise(now)}", now.clause
        if before.commitment == "guaranteed" and now.commitment == "best_effort":
            yield f"{names[before.id]}: guaranteed, and then best effort", now.clause_of("commitment")
        if remedies_of(cheap, before.id) and not remedies_of(dear, before.id):
            yield f"{names[before.id]}: a credit for a breach, and then none", now.clause
        times: list[tuple[str, Duration, Duration]] = []
        if isinstance(before.within, dict) and isinstance(now.within, dict):
            both = [priority for priority in before.within if priority in now.within]
            times = [
                (f"{names[now.id]} {priority}", before.within[priority], now.within[priority]) for priority in both
            ]
        elif isinstance(before.within, Duration) and isinstance(now.within, Duration):
            times = [(names[now.id], before.within, now.within)]
        for about, first, then in times:
            if then.microseconds > first.microseconds > 0 or then.business_days > first.business_days > 0:
                yield f"{about}: within {first}, and then {then}", now.clause_of("within")
