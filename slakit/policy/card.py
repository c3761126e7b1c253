"""A policy as a card: every term it has, in words, with its clause."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import NamedTuple

from slakit import locales
from slakit.policy import words
from slakit.policy.document import Policy
from slakit.policy.guarantees import Guarantee
from slakit.policy.remedies import Claims
from slakit.policy.terms import Terms
from slakit.policy.unread import NOT_READ, READ, unread_terms


class Entry(NamedTuple):
    """One term on a card."""

    section: str
    term: str
    value: str
    clause: str


def policy_card(policy: Policy, tier: str | None = None) -> list[Entry]:
    """All terms of a policy, for one tier or for each.

    Raises
    ------
    InputError
        The tier is not of this policy.
    """
    tiers: list[str | None] = [tier] if tier is not None else [*policy.tiers] or [None]
    by_tier = {name: list(_entries(policy.terms(tier=name))) for name in tiers}
    merged: dict[Entry, list[str]] = {}
    for name, entries in by_tier.items():
        for entry in entries:
            merged.setdefault(entry, []).append(name or "")
    together = [_for_tiers(entry, names, len(tiers)) for entry, names in merged.items()]
    together += [*_questions(policy), *_source(policy)]
    sections = list(dict.fromkeys(entry.section for entry in together))
    names = list(dict.fromkeys((entry.section, entry.term) for entry in together))
    return sorted(together, key=lambda entry: (sections.index(entry.section), names.index((entry.section, entry.term))))


def _for_tiers(entry: Entry, names: list[str], count: int) -> Entry:
    if len(names) == count:
        return entry
    return entry._replace(value=f"{', '.join(names)}: {entry.value}")


def _entries(terms: Terms) -> Iterator[Entry]:
    for guarantee in terms.guarantees:
        yield from _guarantee(guarantee)
    for kind in terms.maintenance:
        yield Entry("Maintenance", kind.kind, words.maintenance_words(kind, read_whole=terms.read_whole), kind.clause)
    for remedy in terms.remedies:
        title = remedy.name or remedy.id
        yield Entry("Credits", title, words.remedy_words(remedy), remedy.clause or remedy.credit[0].clause)
        for cap in remedy.all_caps:
            yield Entry("Credits", f"{title}: cap", words.cap_words(cap), cap.clause or "")
        for term, said, clause in words.limit_words(remedy):
            yield Entry("Credits", f"{title}: {term}", said, clause)
    if not terms.remedies and terms.read_whole:
        yield Entry("Credits", "none", "no credit is promised for a breach", "")
    for right in terms.rights:
        said = f"{words.right_words(right)} ({', '.join(right.guarantees)})"
        yield Entry("Rights", right.id, said, right.clause)
    yield from _claims(terms)
    yield from _support(terms)
    yield from _recovery(terms)
    yield from _contract(terms)
    for unread in unread_terms(terms):
        yield Entry("Not read", unread.term, f"{NOT_READ}; in a calculation {unread.taken}", "")


def _guarantee(guarantee: Guarantee) -> Iterator[Entry]:
    name = guarantee.name or guarantee.id
    firmness = "" if guarantee.commitment == "guaranteed" else " (best effort)"
    yield Entry("Promises", name, words.promise(guarantee) + firmness, guarantee.clause)
    if guarantee.covers:
        yield Entry("Promises", f"{name}: covers", guarantee.covers, guarantee.clause_of("components"))
    if guarantee.on_outages:
        yield Entry(
            "Promises",
            f"{name}: clock",
            f"starts {words.CLOCKS[guarantee.clock]}",
            guarantee.clause_of("clock"),
        )
    left_out = [*(f"{kind} maintenance" for kind in guarantee.exclude.maintenance), *guarantee.exclude.causes]
    left_out += [f"tickets of kind {kind}" for kind in guarantee.exclude.tickets]
    left_out += [f"{kind} tickets with a deadline of their own" for kind in guarantee.exclude.own_deadline]
    if left_out:
        printed = ", ".join(word.replace("_", " ") for word in left_out)
        yield Entry("Promises", f"{name}: leaves out", printed, guarantee.clause_of("causes"))
    for term, said in words.concern_words(guarantee):
        yield Entry("Promises", f"{name}: concerns", said, guarantee.clause_of(term))
    for rounding in words.rounding_words(guarantee):
        yield Entry("Promises", f"{name}: rounded", rounding, guarantee.clause_of("rounded"))
    if guarantee.begins:
        late = guarantee.begins.wait
        begins = f"{late} after the start" if late else "the first of the month after the start"
        yield Entry("Promises", f"{name}: begins", begins, guarantee.begins.clause or "")
    for printed_budget in guarantee.printed:
        value = f"{printed_budget.downtime} per {printed_budget.per}, as printed"
        yield Entry("Promises", f"{name}: budget", value, printed_budget.clause)


def _claims(terms: Terms) -> Iterator[Entry]:
    if terms.claims is not None:
        yield from _claim(terms, "", terms.claims)
    for remedy in terms.remedies:
        if remedy.claims is not None:
            yield from _claim(terms, f"{remedy.name or remedy.id}: ", remedy.claims)


def _claim(terms: Terms, of: str, claims: Claims) -> Iterator[Entry]:
    clause = claims.clause or ""
    yield Entry("Claims", f"{of}how", words.claim_words(claims, read_whole=terms.read_whole), clause)
    if claims.evidence:
        yield Entry("Claims", f"{of}with", ", ".join(claims.evidence), clause)
    if claims.payout:
        yield Entry("Claims", f"{of}paid as", claims.payout.replace("_", " "), clause)


def _support(terms: Terms) -> Iterator[Entry]:
    support = terms.support
    if support is None:
        return
    yield Entry("Support", "hours", words.hours_words(support.hours), support.clause)
    if support.coverage:
        yield Entry("Support", "coverage", support.coverage, support.clause)
    if support.channels:
        yield Entry("Support", "channels", ", ".join(support.channels), support.clause)
    for priority in support.priorities:
        if priority.means:
            yield Entry("Support", f"priority {priority.id}", priority.means, support.clause)
    if support.matrix:
        for impact, row in support.matrix.impact.items():
            cells = ", ".join(f"urgency {urgency} → {priority}" for urgency, priority in row.items())
            yield Entry("Support", f"impact {impact}", cells, support.matrix.clause)


def _recovery(terms: Terms) -> Iterator[Entry]:
    for recovery in terms.recovery:
        firmness = "" if recovery.commitment == "guaranteed" else " (best effort)"
        yield Entry(
            "Recovery", recovery.means or recovery.id, f"{words.recovery_words(recovery)}{firmness}", recovery.clause
        )
    for backup in terms.backups:
        every = f"at least every {backup.every}" if backup.every else ""
        kept = f"kept {'up to ' if backup.kept_at_most else ''}{backup.kept}" if backup.kept else ""
        places = f"in {backup.places} places" if backup.places else ""
        yield Entry("Recovery", f"backup {backup.id}", ", ".join(filter(None, (every, kept, places))), backup.clause)


def _contract(terms: Terms) -> Iterator[Entry]:
    contract = terms.contract
    for name in ("billing", "sole_remedy", "changes", "suspension"):
        stated = getattr(contract, name)
        if stated is not None:
            yield Entry("Contract", name.replace("_", " "), stated.says, stated.clause)
    if contract.renewal is not None:
        notice = f", unless ended {contract.renewal.notice} before" if contract.renewal.notice else ""
        value = f"renews: {contract.renewal.renews.replace('_', ' ')}{notice}"
        yield Entry("Contract", "renewal", value, contract.renewal.clause)
    if terms.monitor is not None:
        yield Entry("Contract", "monitored", words.MONITORS[terms.monitor.by], terms.monitor.clause)
    for said in terms.undertakings:
        yield Entry("Also promised", "", said.says, said.clause)


def _questions(policy: Policy) -> Iterator[Entry]:
    for question in policy.readings:
        answers = ", ".join(f"{name} (default)" if name == question.default else name for name in question.answers)
        yield Entry("Open questions", question.id, f"{question.question} {answers}", "; ".join(question.clauses))
    for noticed in policy.noticed:
        yield Entry("Noticed", noticed.kind, noticed.says, "; ".join(noticed.clauses))
    for assumed in policy.assumed:
        yield Entry("Assumed", assumed.term, f"{assumed.value}: {assumed.because}", "")


def _source(policy: Policy) -> Iterator[Entry]:
    source = policy.source
    dates = f"retrieved {locales.day_of(source.retrieved)}"
    dates += f", updated {locales.day_of(source.updated)}" if source.updated else ""
    attribution = f", {source.attribution}" if source.attribution else ""
    yield Entry("Source", source.title, f"in {source.language}, {dates}, read: {READ[source.read]}{attribution}", "")


def policy_card_html(policy: Policy) -> str:
    """The card as an HTML table; text of the file appears as text."""
    rows, section = [], None
    for entry in policy_card(policy):
        if entry.section != section:
            section = entry.section
            rows.append(f'<tr><th colspan="3" style="text-align:left">{html.escape(section)}</th></tr>')
        cells = "".join(f'<td style="text-align:left">{html.escape(cell)}</td>' for cell in entry[1:])
        rows.append(f"<tr>{cells}</tr>")
    title = html.escape(f"{policy.provider} · {policy.service}")
    return f"<table><caption>{title}</caption>{''.join(rows)}</table>"
