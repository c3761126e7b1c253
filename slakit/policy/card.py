"""A policy as a card: every term it has, in words, with its clause."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from slakit import locales
from slakit.policy import words
from slakit.policy.model import PolicyModel
from slakit.policy.plan_names import part_names
from slakit.policy.printing import listed, readable
from slakit.policy.remedies import Claims, Remedy
from slakit.policy.terms import Terms, terms_of
from slakit.policy.unread import NOT_READ, READ, unread_terms

PRINTED_PER = {"1d": "day", "1mo": "month", "1y": "year"}
FLAWS = {
    "contradiction": "The text says two things",
    "silence": "The text does not say",
    "unclear": "The text can be read in several ways",
}


class Entry(NamedTuple):
    """One term on a card."""

    section: str
    term: str
    value: str
    clause: str


def policy_card(policy: PolicyModel, tier: str | None = None) -> list[Entry]:
    """All terms of a policy, for one tier or for each.

    Raises
    ------
    InputError
        The tier is not of this policy.
    """
    tiers: list[str | None] = [tier] if tier is not None else [*policy.tiers] or [None]
    by_tier = {name: list(_entries(terms_of(policy, name, {}))) for name in tiers}
    names: dict[Entry, list[str]] = {}
    for name, entries in by_tier.items():
        for entry in entries:
            names.setdefault(entry, []).append(name or "")
    together = [
        entry if len(of) == len(tiers) else entry._replace(value=f"{', '.join(of)}: {entry.value}")
        for entry, of in names.items()
    ]
    together += _of_document(policy)
    sections = list(dict.fromkeys(entry.section for entry in together))
    terms = list(dict.fromkeys((entry.section, entry.term) for entry in together))
    return sorted(together, key=lambda entry: (sections.index(entry.section), terms.index((entry.section, entry.term))))


def _entries(terms: Terms) -> Iterator[Entry]:
    """Yield the terms of one tier, section by section."""
    names = part_names(terms)
    for guarantee in terms.guarantees:
        name = guarantee.name or guarantee.id
        firmness = "" if guarantee.commitment == "guaranteed" else " (best effort)"
        yield Entry("Guarantees", name, words.promise(guarantee) + firmness, guarantee.clause_of("commitment"))
        for term, key, said in words.guarantee_words(guarantee):
            yield Entry("Guarantees", f"{name}: {term}", said, guarantee.clause_of(key))
        if guarantee.begins:
            late = guarantee.begins.wait
            begins = f"{late} after the start" if late != "next_month" else "the first of the month after the start"
            yield Entry("Guarantees", f"{name}: begins", begins, guarantee.begins.clause or "")
        for printed_budget in guarantee.printed:
            value = f"{printed_budget.downtime} per {PRINTED_PER[printed_budget.per]}, as printed"
            yield Entry("Guarantees", f"{name}: budget", value, printed_budget.clause)
    for kind in terms.maintenance:
        said = words.maintenance_words(kind, read_whole=terms.read_whole)
        yield Entry("Maintenance", words.maintenance_name(kind), said, kind.clause)
    for remedy in terms.remedies:
        yield from _remedy(remedy, names)
    for choice in terms.one_of:
        yield Entry("Credits", f"one of {readable(choice.id)}", words.choice_words(choice, names), choice.clause or "")
    if not terms.remedies and terms.read_whole:
        yield Entry("Credits", "none", "no credit is due for a breach", "")
    for right in terms.rights:
        said = f"{words.right_words(right)} ({listed(names[one] for one in right.guarantees)})"
        yield Entry("Rights", right.id, said, right.clause)
    if terms.claims is not None:
        yield from _claim(terms, "", terms.claims)
    for remedy in terms.remedies:
        if remedy.claims is not None:
            yield from _claim(terms, f"{names[remedy.id]}: ", remedy.claims)
    yield from _around(terms)
    for unread in unread_terms(terms):
        yield Entry("Not read", unread.term, f"{NOT_READ}; in a calculation {unread.taken}", "")


def _remedy(remedy: Remedy, names: Mapping[str, str]) -> Iterator[Entry]:
    """Yield what a breach earns: each schedule in its own words, and what becomes of all of them together."""
    title = names[remedy.id]
    several = len(remedy.credit) > 1
    for number, credit in enumerate(remedy.credit, 1):
        name = f"{title} ({number} of {len(remedy.credit)})" if several else title
        said = words.credit_words(credit) if several else words.remedy_words(remedy)
        yield Entry("Credits", name, said, credit.clause)
        if credit.payout:
            yield Entry("Credits", f"{name}: paid as", credit.payout.replace("_", " "), credit.clause)
        for cap in credit.caps:
            yield Entry("Credits", f"{name}: cap", words.cap_words(cap), cap.clause or credit.clause)
        if several:
            for term, said, clause in words.limit_words(credit):
                yield Entry("Credits", f"{name}: {term}", said, clause)
    clause = remedy.clause or ""
    if several:
        yield Entry("Credits", f"{title}: altogether", words.together_words(remedy), clause)
    elif clause and clause != remedy.credit[0].clause:
        yield Entry("Credits", f"{title}: for", listed(names[one] for one in remedy.guarantees), clause)
    for cap in remedy.caps:
        yield Entry("Credits", f"{title}: cap", words.cap_words(cap), cap.clause or clause)
    for term, said, stated in words.limit_words(remedy):
        yield Entry("Credits", f"{title}: {term}", said, stated)


def _claim(terms: Terms, of: str, claims: Claims) -> Iterator[Entry]:
    clause = claims.clause or ""
    yield Entry("Claims", f"{of}how", words.claim_words(claims, read_whole=terms.read_whole), clause)
    if claims.report is not None and claims.report.clause:
        yield Entry("Claims", f"{of}report", words.report_words(claims.report), claims.report.clause)
    for requirement in claims.requires:
        yield Entry(
            "Claims", f"{of}requires {readable(requirement.id)}", requirement.says, requirement.clause or clause
        )
    if claims.evidence:
        yield Entry("Claims", f"{of}with", ", ".join(claims.evidence), clause)
    if claims.form is not None:
        for term, said in words.form_words(claims.form):
            yield Entry("Claims", f"{of}{term}", said, clause)
    if claims.payout:
        yield Entry("Claims", f"{of}paid as", claims.payout.replace("_", " "), clause)


def _around(terms: Terms) -> Iterator[Entry]:
    """Yield the terms around what is guaranteed: support, recovery, contract."""
    support = terms.support
    if support is not None:
        hours_clause = support.hours.clause if support.hours is not None else None
        yield Entry("Support", "hours", words.hours_words(support.hours), hours_clause or support.clause)
        stated = [("coverage", support.coverage), ("channels", ", ".join(support.channels))]
        stated += [("priority decided by", support.ranked_by)]
        stated += [(f"priority {priority.id}", priority.means or "not described") for priority in support.priorities]
        for term, value in stated:
            if value:
                yield Entry("Support", term, value, support.clause)
        if support.matrix:
            for impact, row in support.matrix.impact.items():
                cells = ", ".join(f"urgency {urgency} → {priority}" for urgency, priority in row.items())
                yield Entry("Support", f"impact {impact}", cells, support.matrix.clause)
    for recovery in terms.recovery:
        firmness = "" if recovery.commitment == "guaranteed" else " (best effort)"
        excluded = f", excluded: {recovery.excludes}" if recovery.excludes else ""
        said = f"{words.recovery_words(recovery)}{firmness}{excluded}"
        yield Entry("Recovery", recovery.means or recovery.id, said, recovery.clause)
    for backup in terms.backups:
        every = words.every_words(backup.every) if backup.every else ""
        every = f"at least {every}" if every.startswith("every") else every
        kept = words.kept_words(backup.kept) if backup.kept else ""
        places = f"in {backup.places} places" if backup.places else ""
        restores = f"restores: {backup.restores}" if backup.restores else ""
        said = ", ".join(filter(None, (every, kept, places, restores)))
        yield Entry("Recovery", f"backup {backup.id}", said, backup.clause)
    contract = terms.contract
    if terms.time_zone is not None:
        yield Entry("Contract", "time zone", terms.time_zone, "")
    if terms.currency is not None:
        yield Entry("Contract", "currency", terms.currency, "")
    for name in ("billing", "sole_remedy", "changes", "suspension"):
        term = getattr(contract, name)
        if term is not None:
            yield Entry("Contract", name.replace("_", " "), term.says, term.clause)
    if contract.changes is not None and contract.changes.notice is not None:
        yield Entry("Contract", "notice of changes", f"{contract.changes.notice} ahead", contract.changes.clause)
    if contract.renewal is not None:
        notice = f", unless ended {contract.renewal.notice} before" if contract.renewal.notice else ""
        value = f"renews: {contract.renewal.renews.replace('_', ' ')}{notice}"
        yield Entry("Contract", "renewal", value, contract.renewal.clause)
    if terms.monitor is not None:
        yield Entry("Contract", "monitored", words.MONITORS[terms.monitor.by], terms.monitor.clause)
    for undertaking in terms.undertakings:
        yield Entry("Other commitments", "", undertaking.says, undertaking.clause)


def _of_document(policy: PolicyModel) -> Iterator[Entry]:
    """Yield what is said of the document as a whole, whatever the tier: its flaws, what is assumed, its source."""
    if policy.tiers:
        yield Entry("Contract", "plans", ", ".join(policy.tiers), "")
    for question in policy.readings:
        answers = "; ".join(
            f"{readable(name)}{' (assumed)' * (name == question.default)}"
            + (f": {answer.because}" if answer.because else "")
            for name, answer in question.answers.items()
        )
        said = f"{question.question} {FLAWS[question.kind]}. {answers}"
        yield Entry("Open questions", readable(question.id), said, "; ".join(question.clauses))
    for noticed in policy.noticed:
        of_tiers = f"{', '.join(noticed.tiers)}: " if noticed.tiers is not None else ""
        yield Entry("Noticed", noticed.kind, f"{of_tiers}{noticed.says}", "; ".join(noticed.clauses))
    for assumed in policy.assumed:
        said = f"{words.assumed_words(assumed.term, assumed.value)}: {assumed.because}"
        yield Entry("Assumed", words.term_words(assumed.term), said, "")
    source = policy.source
    dates = f"retrieved {locales.day_of(source.retrieved)}"
    dates += f", updated {locales.day_of(source.updated)}" if source.updated else ""
    attribution = f", {source.attribution}" if source.attribution else ""
    yield Entry("Source", source.title, f"in {source.language}, {dates}, read: {READ[source.read]}{attribution}", "")
    if source.url:
        yield Entry("Source", "address", source.url, "")
    if source.note:
        yield Entry("Source", "note", source.note, "")


def policy_card_html(policy: PolicyModel) -> str:
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
